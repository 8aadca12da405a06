//! What the journal says of an hour, minute by minute, small enough to be kept: of each camera what was found, whether it
//! could see, and what was published. Made of entries in the order in which they were recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analysis::alert::AlertId;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::rules::CameraPlan;
use crate::analysis::time::Timestamp;
use crate::analysis::tracker::DEFAULT_THRESHOLD;
use crate::journal::{Configuration, Entry, Hole, Input, Look, Published, Unwatched};
use crate::retune::judge::config_of;
use crate::types::level::Level;

/// Minutes of an hour.
pub(super) const MINUTES: usize = 60;
/// One of so many frames that had to give way is overload; now and then one does on any box (a guess).
const OVERLOADED_FROM: u64 = 10;

/// How well a camera saw in a minute, the best first: of several minutes the worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sight {
    /// Its pictures were looked at.
    Clear,
    /// Its pictures came and nobody looked at them, or it was no part of the configuration.
    NotLookedAt,
    /// The box was too busy for a tenth of its pictures or more.
    Overloaded,
    /// Covered, dark, frozen and so on for most of the minute.
    Blind,
    /// No picture came.
    Silent,
    /// Nothing was recorded at all: the box was off, or kept no journal.
    Unrecorded,
}

impl Sight {
    pub(super) const ALL: [Sight; 6] =
        [Sight::Clear, Sight::NotLookedAt, Sight::Overloaded, Sight::Blind, Sight::Silent, Sight::Unrecorded];
}

/// An alert as far as this hour has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// Its first revision here.
    pub(super) from: Timestamp,
    /// Its last one here.
    pub(super) to: Timestamp,
    /// Its highest level here.
    pub(super) level: Level,
    pub(super) kind: Arc<str>,
}

impl Mark {
    fn of(published: &Published) -> Self {
        let Published { at, level, kind, .. } = published;
        Mark { from: at.utc, to: at.utc, level: *level, kind: kind.clone() }
    }

    /// Takes in what else is known of the same alert.
    pub(super) fn join(&mut self, other: &Mark) {
        self.from = self.from.min(other.from);
        self.to = self.to.max(other.to);
        self.level = self.level.max(other.level);
    }
}

/// A bit for each minute.
type Minutes = u64;

/// A camera in an hour.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CameraHour {
    /// The most in one look, by class and minute.
    pub(super) found: BTreeMap<Class, [u8; MINUTES]>,
    pub(super) alerts: BTreeMap<AlertId, Mark>,
    looked: Minutes,
    reported: [Option<Sight>; MINUTES],
}

impl Default for CameraHour {
    fn default() -> Self {
        CameraHour { found: BTreeMap::new(), alerts: BTreeMap::new(), looked: 0, reported: [None; MINUTES] }
    }
}

/// All cameras in an hour.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Hour {
    /// The minutes in which anything was recorded.
    recorded: Minutes,
    pub(super) cameras: BTreeMap<Arc<str>, CameraHour>,
    pub(super) holes: Vec<Hole>,
}

impl Hour {
    /// Whether anything was recorded in that minute.
    pub(super) fn is_recorded(&self, minute: usize) -> bool {
        self.recorded & (1 << minute) != 0
    }

    /// How well a camera saw in that minute.
    pub(super) fn sight(&self, camera: &str, minute: usize) -> Sight {
        let bit = 1 << minute;
        if !self.is_recorded(minute) {
            return Sight::Unrecorded;
        }
        let Some(camera) = self.cameras.get(camera) else { return Sight::NotLookedAt };
        match camera.reported[minute] {
            Some(Sight::NotLookedAt) | None if camera.looked & bit != 0 => Sight::Clear,
            Some(sight) => sight,
            None => Sight::NotLookedAt,
        }
    }
}

/// The number of an hour since 1970, and the minute in it.
pub(super) fn hour_of(at: Timestamp) -> (i64, usize) {
    let seconds = at.as_second();
    (seconds.div_euclid(3_600), (seconds.rem_euclid(3_600) / 60) as usize)
}

/// Hours that are being read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) hours: BTreeMap<i64, Hour>,
    /// The cameras of what ran.
    plans: BTreeMap<Arc<str>, CameraPlan>,
    latest: Option<Timestamp>,
}

impl Reading {
    /// Takes the next entry.
    pub(super) fn take(&mut self, entry: &Entry) {
        let at = entry.at().map(|at| at.utc).or(self.latest);
        if let Some(at) = at {
            let (hour, minute) = hour_of(at);
            self.hours.entry(hour).or_default().recorded |= 1 << minute;
            self.latest = Some(at);
        }
        match entry {
            Entry::Session(session) => self.runs(&session.configuration),
            Entry::Reload { configuration, .. } => self.runs(configuration),
            Entry::Input(Input::Look(look)) => self.look(look),
            Entry::Input(_) | Entry::Mutes { .. } | Entry::Shadow(_) | Entry::Stop { .. } => {}
            Entry::Published(published) => self.published(published),
            Entry::Unwatched(unwatched) => self.unwatched(unwatched),
            Entry::Hole(hole) => {
                // One whose time nobody knows is as late as what came before it.
                let at = at.unwrap_or(Timestamp::UNIX_EPOCH);
                self.hours.entry(hour_of(at).0).or_default().holes.push(hole.clone());
            }
        }
    }

    /// One that this version cannot read has the usual thresholds.
    fn runs(&mut self, configuration: &Configuration) {
        let plan = config_of(configuration).ok().map(|config| config.plan_with(&configuration.recommended));
        let cameras = plan.into_iter().flat_map(|plan| plan.cameras);
        self.plans = cameras.map(|camera| (camera.id.clone(), camera)).collect();
    }

    fn camera(&mut self, at: Timestamp, camera: &Arc<str>) -> (&mut CameraHour, usize) {
        let (hour, minute) = hour_of(at);
        (self.hours.entry(hour).or_default().cameras.entry(camera.clone()).or_default(), minute)
    }

    fn look(&mut self, look: &Look) {
        let mut counts: BTreeMap<Class, u8> = BTreeMap::new();
        let thresholds = Thresholds::of(self.plans.get(&look.camera), look.at.utc);
        for one in look.detections.iter().filter(|one| thresholds.pass(one)) {
            let count = counts.entry(one.class).or_default();
            *count = count.saturating_add(1);
        }
        let (camera, minute) = self.camera(look.at.utc, &look.camera);
        camera.looked |= 1 << minute;
        for (class, count) in counts {
            let most = &mut camera.found.entry(class).or_insert([0; MINUTES])[minute];
            *most = count.max(*most);
        }
    }

    fn published(&mut self, published: &Published) {
        let Some(camera) = &published.camera else { return };
        let mark = Mark::of(published);
        let (camera, _) = self.camera(published.at.utc, camera);
        camera.alerts.entry(published.alert.clone()).and_modify(|known| known.join(&mark)).or_insert(mark);
    }

    /// It is about the time before it, so each minute of which the middle is in that time is one of those.
    fn unwatched(&mut self, unwatched: &Unwatched) {
        let sight = sight_of(unwatched);
        let end = unwatched.at.utc.as_second();
        let begin = end - unwatched.over.as_secs().min(3_600) as i64;
        for minute in (begin - 30).div_euclid(60) + 1..=(end - 30).div_euclid(60) {
            let Ok(at) = Timestamp::from_second(minute * 60) else { continue };
            let (camera, minute) = self.camera(at, &unwatched.camera);
            camera.reported[minute] = Some(sight);
        }
    }
}

/// From which score on something is found, on one camera at one time.
struct Thresholds<'p> {
    plan: Option<&'p CameraPlan>,
    is_night: bool,
}

impl<'p> Thresholds<'p> {
    fn of(plan: Option<&'p CameraPlan>, at: Timestamp) -> Self {
        let night = plan.and_then(|plan| plan.night.as_ref());
        Thresholds { plan, is_night: night.is_some_and(|night| night.schedule.in_force(at)) }
    }

    fn pass(&self, one: &Detection) -> bool {
        let Some(plan) = self.plan else { return one.score >= DEFAULT_THRESHOLD };
        let night = plan.night.as_ref().filter(|_| self.is_night);
        let of_night = night.and_then(|night| night.thresholds.get(&one.class));
        let own = of_night.or_else(|| plan.thresholds.get(&one.class));
        one.score >= own.copied().unwrap_or(DEFAULT_THRESHOLD)
    }
}

fn sight_of(unwatched: &Unwatched) -> Sight {
    let Unwatched { over, blind, units, looked, overloaded, given_up, .. } = unwatched;
    let lost = overloaded + given_up;
    if blind.saturating_mul(2) >= *over && !over.is_zero() {
        return if *units == 0 && *looked == 0 { Sight::Silent } else { Sight::Blind };
    }
    if lost > 0 && lost.saturating_mul(OVERLOADED_FROM) >= lost + looked {
        return Sight::Overloaded;
    }
    if *looked == 0 { Sight::NotLookedAt } else { Sight::Clear }
}
