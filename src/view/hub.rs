//! The hub of viewers: who looks at which camera, the frame that waits for each, and the latest view.
//!
//! One lock around it all, held for moments only. The analysis does not even wait for that: where somebody else holds it, this
//! frame is not shown. Time is an argument, but for those who call from the page.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::watch;

use crate::analysis::detection::Detection;
use crate::analysis::time::Moment;
use crate::clock::Clock;
use crate::frame::Picture;
use crate::text::Sentence;

use super::trails::Trails;
use super::{
    Cost, LIVE_EVERY, LiveView, MOST_LIVE, NoLook, RedactionSettings, STILL_EVERY, Seen, Sighting, Still,
    ViewPicture,
};

mod viewer;

use viewer::Looking;
pub use viewer::{Follow, Look, Viewer};

/// The status page asks again while it is open; nobody who has closed it is shown anything for longer than this.
const STILL_WANTED_FOR: Duration = Duration::from_secs(45);
/// A small picture that waits to be made is replaced by a newer frame this often.
const STILL_REPLACED_EVERY: Duration = Duration::from_secs(2);
/// A picture to draw on is as good as new for so long.
const SHAPE_FRESH: Duration = Duration::from_secs(5);
/// Number of views of a camera that are kept for viewers: a browser fetches the picture after its event.
const KEPT_VIEWS: usize = 6;
/// After so many live pictures a small one has its turn, so that four live cameras do not starve the status page.
const SMALL_EVERY: u32 = 4;

/// See the module.
pub(super) struct Hub {
    /// Whether anybody looks at anything; read with every frame.
    is_wanted: AtomicBool,
    state: Mutex<State>,
    work: Condvar,
    clock: Clock,
    /// Held while a picture of no camera is redacted.
    pub(super) once: Mutex<()>,
}

#[derive(Default)]
struct State {
    settings: Option<Arc<RedactionSettings>>,
    cameras: BTreeMap<Arc<str>, Slot>,
    is_over: bool,
    turns: u32,
    numbers: u64,
    serials: u64,
}

/// One camera.
struct Slot {
    /// Another one for a camera that was away in between.
    serial: u64,
    looks: usize,
    /// Viewers without a picture.
    follows: usize,
    still_until: Option<Duration>,
    shape_until: Option<Duration>,
    /// When a frame of it was taken last, when something was made of one, and when a small picture was.
    taken_at: Option<Duration>,
    made_at: Option<Duration>,
    still_made_at: Option<Duration>,
    shape_made_at: Option<Duration>,
    pending: Option<(Pending, Wants)>,
    live: watch::Sender<Option<Arc<LiveView>>>,
    sightings: watch::Sender<Option<Arc<Sighting>>>,
    recent: VecDeque<Arc<LiveView>>,
    still: Option<Arc<Still>>,
    shape: watch::Sender<Option<Arc<Still>>>,
    trails: Trails,
    cost: Cost,
    cpu: Duration,
}

/// A frame that may be shown.
pub(crate) struct Pending {
    /// The pixels.
    pub picture: Arc<Picture>,
    /// Everything found in it.
    pub detections: Vec<Detection>,
    /// When it was taken.
    pub at: Moment,
    /// What the box made of it.
    pub seen: Seen,
}

/// What the maker is to make.
pub(super) struct Job {
    pub(super) camera: Arc<str>,
    serial: u64,
    pub(super) pending: Pending,
    pub(super) settings: Arc<RedactionSettings>,
    pub(super) wants: Wants,
}

/// Which pictures of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wants {
    pub(super) live: bool,
    pub(super) still: bool,
    pub(super) shape: bool,
}

/// What was made: of each form the picture or why there is none.
pub(super) struct Made {
    pub(super) live: Option<Result<ViewPicture, Sentence>>,
    pub(super) still: Option<Result<ViewPicture, Sentence>>,
    pub(super) shape: Option<Result<ViewPicture, Sentence>>,
    pub(super) cpu: Duration,
}

impl Slot {
    fn new(serial: u64) -> Self {
        Slot {
            serial,
            looks: 0,
            follows: 0,
            still_until: None,
            shape_until: None,
            taken_at: None,
            made_at: None,
            still_made_at: None,
            shape_made_at: None,
            pending: None,
            live: watch::Sender::new(None),
            sightings: watch::Sender::new(None),
            recent: VecDeque::new(),
            still: None,
            shape: watch::Sender::new(None),
            trails: Trails::default(),
            cost: Cost::default(),
            cpu: Duration::ZERO,
        }
    }

    fn is_live(&self) -> bool {
        self.looks > 0 || self.follows > 0
    }

    fn is_wanted(&self) -> bool {
        self.is_live() || self.still_until.is_some() || self.shape_until.is_some()
    }

    fn wants(&self, now: Duration) -> Wants {
        let is_old =
            |made_at: Option<Duration>, every| made_at.is_none_or(|at| now.saturating_sub(at) >= every);
        Wants {
            live: self.looks > 0,
            still: self.still_until.is_some() && is_old(self.still_made_at, STILL_EVERY),
            shape: self.shape_until.is_some() && is_old(self.shape_made_at, SHAPE_FRESH),
        }
    }

    /// Whether a frame of now is to be taken.
    fn takes(&self, now: Duration) -> bool {
        let Wants { still, shape, .. } = self.wants(now);
        let ago = self.taken_at.map(|at| now.saturating_sub(at));
        let is_due = |every| ago.is_none_or(|ago| ago >= every);
        ((self.is_live() || shape) && is_due(LIVE_EVERY)) || (still && is_due(STILL_REPLACED_EVERY))
    }

    /// Forgets what nobody asks for any more.
    fn forget_old_wishes(&mut self, now: Duration) {
        if self.still_until.is_some_and(|until| until <= now) {
            (self.still_until, self.still, self.still_made_at) = (None, None, None);
        }
        if self.shape_until.is_some_and(|until| until <= now) {
            (self.shape_until, self.shape_made_at) = (None, None);
            self.shape.send_replace(None);
        }
        if !self.is_wanted() {
            self.pending = None;
        }
    }

    fn forget_live(&mut self) {
        self.recent.clear();
        self.trails.forget();
        self.live.send_replace(None);
        (self.cost, self.cpu) = (Cost::default(), Duration::ZERO);
    }

    /// Pictures of another configuration are gone: its masks may have been others.
    fn forget_pictures(&mut self) {
        (self.still, self.still_made_at, self.shape_made_at) = (None, None, None);
        // What was found in it was found by the models of before.
        self.pending = None;
        self.recent.clear();
        self.live.send_replace(None);
        self.shape.send_replace(None);
    }
}

impl State {
    /// The next frame that is made into something: of those that somebody looks at live, mostly, the one whose camera has
    /// waited longest.
    fn next_job(&mut self) -> Option<Job> {
        let settings = self.settings.clone()?;
        self.turns = self.turns.wrapping_add(1);
        let small_first = self.turns.is_multiple_of(SMALL_EVERY);
        let waiting = self.cameras.iter_mut().filter(|(_, slot)| slot.pending.is_some());
        let order = |slot: &Slot| {
            let is_small = slot.looks == 0 && slot.shape_until.is_none();
            (is_small != small_first, slot.made_at)
        };
        let (camera, slot) = waiting.min_by_key(|(_, slot)| order(slot))?;
        let (serial, camera) = (slot.serial, camera.clone());
        let (pending, wants) = slot.pending.take()?;
        Some(Job { camera, serial, pending, settings, wants })
    }

    fn is_wanted(&self) -> bool {
        self.cameras.values().any(Slot::is_wanted)
    }

    fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}

impl Hub {
    fn new(clock: Clock) -> Self {
        Hub {
            is_wanted: AtomicBool::new(false),
            state: Mutex::default(),
            work: Condvar::new(),
            clock,
            once: Mutex::new(()),
        }
    }

    fn now(&self) -> Duration {
        self.clock.now().mono
    }

    pub(super) fn settings(&self) -> Option<Arc<RedactionSettings>> {
        self.state.lock().settings.clone()
    }

    fn set(&self, settings: RedactionSettings) {
        let mut state = self.state.lock();
        let State { cameras, serials, .. } = &mut *state;
        cameras.retain(|camera, _| settings.masks.contains_key(camera));
        for camera in settings.masks.keys() {
            let slot = cameras.entry(camera.clone()).or_insert_with(|| {
                *serials += 1;
                Slot::new(*serials)
            });
            slot.forget_pictures();
        }
        state.settings = Some(Arc::new(settings));
        self.report_wanted(&state);
    }

    fn report_wanted(&self, state: &State) {
        let is_wanted = state.is_wanted();
        if self.is_wanted.swap(is_wanted, Ordering::Relaxed) != is_wanted {
            // The maker of pictures sees to what is forgotten while there are any.
            self.work.notify_one();
        }
    }

    fn forget_old_wishes(&self, state: &mut State, now: Duration) {
        state.cameras.values_mut().for_each(|slot| slot.forget_old_wishes(now));
        self.report_wanted(state);
    }

    /// Whether a frame of that camera is to be offered. Never waits.
    fn takes(&self, camera: &str, now: Duration) -> bool {
        let Some(mut state) = self.state.try_lock() else { return false };
        let Some(slot) = state.cameras.get_mut(camera) else { return false };
        slot.forget_old_wishes(now);
        let is_taken = slot.takes(now);
        self.report_wanted(&state);
        is_taken
    }

    fn is_live(&self, camera: &str) -> bool {
        let state = self.state.try_lock();
        state.is_some_and(|state| state.cameras.get(camera).is_some_and(Slot::is_live))
    }

    /// Takes a frame in place of the one that waited. Never waits.
    fn offer(&self, camera: &str, pending: Pending, now: Duration) {
        let Some(mut state) = self.state.try_lock() else { return };
        let State { cameras, numbers, .. } = &mut *state;
        let Some(slot) = cameras.get_mut(camera).filter(|slot| slot.takes(now)) else { return };
        slot.taken_at = Some(now);
        if slot.follows > 0 {
            *numbers += 1;
            let sighting = Sighting { number: *numbers, seen: pending.seen.clone() };
            slot.sightings.send_replace(Some(Arc::new(sighting)));
        }
        let wants = slot.wants(now);
        if wants != Wants::default() {
            slot.pending = Some((pending, wants));
            self.work.notify_one();
        }
    }

    /// Waits for something to make; `None` once everything ends. Whenever nobody looks at anything, it calls `nobody_looks`.
    pub(super) fn next_job(&self, mut nobody_looks: impl FnMut()) -> Option<Job> {
        let mut state = self.state.lock();
        let mut is_reported = false;
        loop {
            if state.is_over {
                return None;
            }
            if let Some(job) = state.next_job() {
                return Some(job);
            }
            if state.is_wanted() {
                // A camera that gives no frames forgets nothing by them.
                self.work.wait_for(&mut state, STILL_WANTED_FOR);
                self.forget_old_wishes(&mut state, self.now());
                is_reported = false;
            } else if is_reported {
                self.work.wait(&mut state);
            } else {
                MutexGuard::unlocked(&mut state, &mut nobody_looks);
                is_reported = true;
            }
        }
    }

    /// Waits for so long; ends with everything else.
    pub(super) fn rest(&self, rest: Duration) {
        let until = self.now() + rest;
        let mut state = self.state.lock();
        while !state.is_over {
            let left = until.saturating_sub(self.now());
            if left.is_zero() {
                return;
            }
            self.work.wait_for(&mut state, left);
        }
    }

    /// Shows what was made, unless nobody wants it any more or it was made with another configuration.
    pub(super) fn publish(&self, job: Job, made: Made, now: Duration) {
        let Job { camera, serial, pending: Pending { at, mut seen, .. }, settings, .. } = job;
        let mut state = self.state.lock();
        if !state.settings.as_ref().is_some_and(|current| Arc::ptr_eq(current, &settings)) {
            return;
        }
        let number = state.next_number();
        let Some(slot) = state.cameras.get_mut(&camera).filter(|slot| slot.serial == serial) else { return };
        slot.made_at = Some(now);
        slot.cost.pictures += 1;
        slot.cpu += made.cpu;
        slot.cost.cpu_ms = u64::try_from(slot.cpu.as_millis()).unwrap_or(u64::MAX);
        let still = |picture| Arc::new(Still { number, at: at.utc, picture });
        if let Some(picture) = made.still.filter(|_| slot.still_until.is_some()) {
            slot.still_made_at = Some(now);
            slot.still = Some(still(picture));
        }
        if let Some(picture) = made.shape.filter(|_| slot.shape_until.is_some()) {
            slot.shape_made_at = Some(now);
            slot.shape.send_replace(Some(still(picture)));
        }
        if let Some(picture) = made.live.filter(|_| slot.looks > 0) {
            slot.trails.follow(&mut seen, now);
            let view = Arc::new(LiveView { number, at: at.utc, picture, seen, cost: slot.cost });
            if slot.recent.len() == KEPT_VIEWS {
                slot.recent.pop_front();
            }
            slot.recent.push_back(view.clone());
            slot.live.send_replace(Some(view));
        }
    }

    /// Another thread holds the lock.
    #[cfg(test)]
    pub(super) fn hold(&self) -> impl Sized + '_ {
        self.state.lock()
    }

    /// As the thread that makes pictures does now and then, also of cameras that give no frames.
    #[cfg(test)]
    pub(super) fn forget(&self, now: Duration) {
        self.forget_old_wishes(&mut self.state.lock(), now);
    }

    pub(super) fn clock_now(&self) -> Duration {
        self.now()
    }

    /// Counts somebody who looks at a camera; `of` says where they are counted.
    fn begin<T>(
        self: &Arc<Self>,
        camera: &str,
        of: impl FnOnce(&mut Slot) -> T,
    ) -> Result<(Looking, T), NoLook> {
        let mut state = self.state.lock();
        let live = state.cameras.values().filter(|slot| slot.is_live()).count();
        let Some((camera, slot)) = state.cameras.get_key_value(camera) else {
            return Err(NoLook::NoSuchCamera);
        };
        if !slot.is_live() && live >= MOST_LIVE {
            return Err(NoLook::TooMany);
        }
        let camera = camera.clone();
        let Some(slot) = state.cameras.get_mut(&camera) else { return Err(NoLook::NoSuchCamera) };
        let views = of(slot);
        let looking = Looking { hub: self.clone(), serial: slot.serial, camera };
        self.report_wanted(&state);
        Ok((looking, views))
    }

    /// A viewer has left.
    fn end(&self, looking: &Looking, of: impl FnOnce(&mut Slot)) {
        let mut state = self.state.lock();
        let slot = state.cameras.get_mut(&looking.camera).filter(|slot| slot.serial == looking.serial);
        if let Some(slot) = slot {
            of(slot);
            slot.forget_old_wishes(self.now());
        }
        self.report_wanted(&state);
    }

    fn still(&self, camera: &str, now: Duration) -> Option<Arc<Still>> {
        let mut state = self.state.lock();
        let slot = state.cameras.get_mut(camera)?;
        slot.still_until = Some(now + STILL_WANTED_FOR);
        let still = slot.still.clone();
        self.report_wanted(&state);
        still
    }

    fn wish_for_a_shape_picture(
        &self,
        camera: &str,
        now: Duration,
        within: Duration,
    ) -> Option<watch::Receiver<Option<Arc<Still>>>> {
        let mut state = self.state.lock();
        let slot = state.cameras.get_mut(camera)?;
        slot.forget_old_wishes(now);
        let is_fresh = slot.shape_made_at.is_some_and(|at| now.saturating_sub(at) < SHAPE_FRESH);
        if !is_fresh {
            slot.shape.send_replace(None);
        }
        let until = now + within.max(SHAPE_FRESH);
        slot.shape_until = Some(slot.shape_until.map_or(until, |before| before.max(until)));
        let pictures = slot.shape.subscribe();
        self.report_wanted(&state);
        Some(pictures)
    }

    fn has(&self, camera: &str) -> bool {
        self.state.lock().cameras.contains_key(camera)
    }

    fn view(&self, camera: &str, number: u64) -> Option<Arc<LiveView>> {
        let state = self.state.lock();
        state.cameras.get(camera)?.recent.iter().find(|view| view.number == number).cloned()
    }

    fn finish(&self) {
        let mut state = self.state.lock();
        state.is_over = true;
        // Those who wait for a view learn that none will come.
        state.cameras.clear();
        self.report_wanted(&state);
        self.work.notify_all();
    }
}

/// The daemon's end.
#[derive(Clone)]
pub(crate) struct Views(pub(super) Arc<Hub>);

impl Views {
    /// No cameras yet.
    pub(crate) fn new(clock: Clock) -> Self {
        Views(Arc::new(Hub::new(clock)))
    }

    /// From here on exactly these cameras, redacted like this. What was made before is gone.
    pub(crate) fn set(&self, settings: RedactionSettings) {
        self.0.set(settings);
    }

    /// Ends all views.
    pub(crate) fn finish(&self) {
        self.0.finish();
    }

    /// For the analysis thread.
    pub(crate) fn tap(&self) -> Tap {
        Tap(self.0.clone())
    }

    /// For the page.
    pub(crate) fn viewer(&self) -> Viewer {
        Viewer(self.0.clone())
    }
}

/// The analysis thread's end. Nothing here waits.
#[derive(Clone)]
pub(crate) struct Tap(Arc<Hub>);

impl Tap {
    /// Whether somebody looks at anything: one load.
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.is_wanted.load(Ordering::Relaxed)
    }

    /// Whether somebody looks at that camera live.
    pub(crate) fn is_live(&self, camera: &str) -> bool {
        self.0.is_live(camera)
    }

    /// Whether a frame of that camera is to be shown now.
    pub(crate) fn takes(&self, camera: &str, now: Duration) -> bool {
        self.0.takes(camera, now)
    }

    /// Shows a frame.
    pub(crate) fn offer(&self, camera: &str, pending: Pending, now: Duration) {
        self.0.offer(camera, pending, now);
    }
}
