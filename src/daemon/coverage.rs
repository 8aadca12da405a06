//! The coverage ledger in the daemon: once a second what each rule at each camera could have reported, from the readings that
//! the main thread takes anyway. A thread of its own divides the time, writes and publishes it. Must never wait for a disk.

mod clock_trust;
mod ledger_thread;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::machine;
use super::report::Readings;
use crate::analysis::Plan;
use crate::analysis::schedule::Schedule;
use crate::analysis::time::Moment;
use crate::clock::boot_id;
use crate::config::Config;
use crate::coverage::{CoverageState, Times, Watch};
use crate::outbox::Outbox;
use crate::text::{coverage as say, log_warn};
use crate::types::camera_condition::CameraCondition;
use crate::video::{CameraState, CameraStats, GateMode};
use clock_trust::ClockTrust;
use ledger_thread::{LedgerThread, Reading, Settings, Work};

/// A camera of which nothing came for so long is silent, also while nobody has given its stream up yet. As a tracker looks for
/// nothing much longer, what happens after it is not seen as it is.
const SILENT_AFTER: Duration = Duration::from_secs(5);
/// Whether a camera is looked at often enough is judged over so many seconds.
const JUDGED_OVER: usize = 10;
/// Of the looks that a rule needs in that time, this part must have been taken. A guess: a worker that is late now and then
/// costs no rule anything.
const ENOUGH: f64 = 0.8;
/// What the last piece gets to be written. It comes out of what the analysis gets to stop.
const STOP_WITHIN: Duration = Duration::from_millis(1500);

/// See the module.
pub(super) struct CoverageStage {
    thread: Option<LedgerThread>,
    watched: Watched,
    settings: Arc<Settings>,
    /// The thread has no room for readings.
    is_behind: bool,
    /// The outbox is not where it should be: a ledger beside it would fill the memory, and be lost.
    is_elsewhere: bool,
    lasted: Arc<Mutex<Times>>,
    clock: ClockTrust,
}

impl CoverageStage {
    /// Starts it, where an earlier run ended. Where no ledger can be kept that is said, and it watches as well.
    pub(super) fn start(
        config: &Config,
        plan: &Plan,
        is_elsewhere: bool,
        outbox: Outbox,
        at: Moment,
    ) -> Self {
        let watched = Watched::new(plan);
        let settings = Arc::new(settings(config, &watched, is_elsewhere));
        let (lasted, clock) = (Arc::default(), ClockTrust::new(at, machine::hardware_clock(), boot_id()));
        let work = Work::new(settings.clone(), outbox, (at, clock.state(at)), Arc::clone(&lasted));
        let folder = config.coverage.dir.display();
        let thread = LedgerThread::start(work)
            .inspect_err(|error| log_warn!(say::not_kept(folder, error.to_string())))
            .ok();
        CoverageStage { thread, watched, settings, is_behind: false, is_elsewhere, lasted, clock }
    }

    /// From now on these rules and settings count.
    pub(super) fn set(&mut self, config: &Config, plan: &Plan) {
        let before = std::mem::replace(&mut self.watched, Watched::new(plan));
        self.watched.take_over(before);
        self.settings = Arc::new(settings(config, &self.watched, self.is_elsewhere));
    }

    /// Once a second: how everything is now.
    pub(super) fn look(&mut self, readings: &Readings) {
        self.watched.read(readings);
        self.pass_on(readings.at);
    }

    fn pass_on(&mut self, at: Moment) {
        let Some(thread) = &self.thread else { return };
        let states = (0..self.watched.of.len()).map(|place| self.watched.state(place)).collect();
        let clock = self.clock.state(at);
        let is_taken = thread.take(Reading { at, clock, settings: self.settings.clone(), states });
        if !is_taken && !self.is_behind {
            log_warn!(say::falls_behind());
        }
        self.is_behind = !is_taken;
    }

    /// How long each state lasted since the start, of all rules at all cameras together.
    pub(super) fn lasted(&self) -> [Duration; CoverageState::ALL.len()] {
        let all = *self.lasted.lock();
        CoverageState::ALL.map(|state| Duration::from_millis(all.ms(state)))
    }

    /// Writes what is left.
    pub(super) fn stop(self) {
        if let Some(thread) = self.thread {
            thread.stop(STOP_WITHIN);
        }
    }
}

fn settings(config: &Config, watched: &Watched, is_elsewhere: bool) -> Settings {
    let grid = |camera: &WatchedCamera| (camera.id.clone(), camera.grid.clone());
    Settings {
        folder: (!is_elsewhere).then(|| config.coverage.dir.clone()),
        days: if is_elsewhere { 0 } else { config.coverage.days },
        mode: config.site.mode,
        sender: config.sender(),
        watches: watched.watches(),
        grids: watched.cameras.iter().map(grid).collect(),
    }
}

/// What is to be watched, and how it is just now.
#[derive(Debug, Default)]
struct Watched {
    cameras: Vec<WatchedCamera>,
    rules: Vec<WatchedRule>,
    /// Each rule at each camera, in the order in which time is divided.
    of: Vec<RuleAtCamera>,
    detector: DetectorState,
}

/// Whether pictures can be looked at, whoever asks for it.
#[derive(Debug, Clone, Copy, Default)]
struct DetectorState {
    looked: u64,
    failed: u64,
    is_failing: bool,
}

impl DetectorState {
    /// It fails from its first failure on, until it has looked at a picture again.
    fn take(&mut self, looked: u64, failed: u64) {
        if looked != self.looked {
            self.is_failing = false;
        } else if failed != self.failed {
            self.is_failing = true;
        }
        (self.looked, self.failed) = (looked, failed);
    }
}

#[derive(Debug)]
struct WatchedRule {
    id: Arc<str>,
    schedule: Schedule,
    is_in_force: bool,
}

#[derive(Debug)]
struct RuleAtCamera {
    /// Its place among the cameras.
    camera: usize,
    /// Its place among the rules.
    rule: usize,
    /// How often it needs a look.
    every: Duration,
}

#[derive(Debug)]
struct WatchedCamera {
    id: Arc<str>,
    grid: Arc<str>,
    /// What keeps it from seeing, if anything.
    unseeing: Option<CoverageState>,
    /// How much had come of it, and since when it is no more.
    came: (u64, Duration),
    looks: Looks,
}

impl WatchedCamera {
    /// Whether video comes.
    fn gives_video(&mut self, stats: Option<&CameraStats>, now: Duration) -> bool {
        let Some(stats) = stats else { return false };
        let came = stats.units.saturating_add(stats.frames);
        if came != self.came.0 {
            self.came = (came, now);
        }
        stats.state == CameraState::Running && now.saturating_sub(self.came.1) <= SILENT_AFTER
    }
}

impl Watched {
    fn new(plan: &Plan) -> Self {
        let cameras: Vec<WatchedCamera> = plan
            .cameras
            .iter()
            .map(|camera| WatchedCamera {
                id: camera.id.clone(),
                grid: camera.grid.clone(),
                unseeing: Some(CoverageState::NoVideo),
                came: (0, Duration::ZERO),
                looks: Looks::default(),
            })
            .collect();
        let rules = plan.rules.iter().map(|rule| WatchedRule {
            id: rule.id.clone(),
            schedule: rule.schedule.clone(),
            is_in_force: false,
        });
        let mut of = Vec::new();
        for (rule, plan_of_rule) in plan.rules.iter().enumerate() {
            for (camera, plan_of_camera) in plan.cameras.iter().enumerate() {
                if plan_of_rule.cameras.contains(&plan_of_camera.id) {
                    let usual = Duration::from_secs_f32(1.0 / plan_of_camera.analysis_hz.max(0.01));
                    let every = plan_of_rule.when.needs_a_look_every(usual);
                    of.push(RuleAtCamera { camera, rule, every });
                }
            }
        }
        Watched { rules: rules.collect(), cameras, of, detector: DetectorState::default() }
    }

    /// What is known of cameras that stay is kept.
    fn take_over(&mut self, before: Watched) {
        self.detector = before.detector;
        let mut before: BTreeMap<Arc<str>, WatchedCamera> =
            before.cameras.into_iter().map(|camera| (camera.id.clone(), camera)).collect();
        for camera in &mut self.cameras {
            if let Some(before) = before.remove(&camera.id) {
                (camera.unseeing, camera.came, camera.looks) = (before.unseeing, before.came, before.looks);
            }
        }
    }

    fn watches(&self) -> Vec<Watch> {
        let watch = |of: &RuleAtCamera| Watch {
            camera: self.cameras[of.camera].id.clone(),
            rule: self.rules[of.rule].id.clone(),
        };
        self.of.iter().map(watch).collect()
    }

    /// How everything is now.
    fn read(&mut self, readings: &Readings) {
        for rule in &mut self.rules {
            rule.is_in_force = rule.schedule.in_force(readings.at.utc);
        }
        let count = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        let workers = &readings.inference_workers;
        self.detector.take(count(&workers.looked), count(&workers.failed));
        let conditions = readings.known.conditions.lock();
        for camera in &mut self.cameras {
            let stats = readings.cameras.iter().find(|(id, _)| *id == camera.id).map(|(_, stats)| stats);
            let frames = readings.frames.iter().find(|(id, _)| *id == camera.id).map(|(_, counts)| *counts);
            let gate = stats.and_then(|stats| stats.gate);
            let frames = frames.unwrap_or_default();
            let given_up = gate.map_or(0, |(_, counts)| counts.given_up);
            let is_resting = gate.is_some_and(|(mode, _)| mode == GateMode::Overloaded);
            camera
                .looks
                .take(Counted { taken: frames.taken, replaced: frames.replaced, given_up }, is_resting);
            let gives_video = camera.gives_video(stats, readings.at.mono);
            let conditions = conditions.get(&camera.id).map(Vec::as_slice).unwrap_or_default();
            camera.unseeing = match gives_video {
                true => unseeing(conditions),
                false => Some(CoverageState::NoVideo),
            };
        }
    }

    fn state(&self, place: usize) -> CoverageState {
        let Some(RuleAtCamera { camera, rule, every }) = self.of.get(place) else {
            return CoverageState::Unknown;
        };
        let camera = &self.cameras[*camera];
        if !self.rules[*rule].is_in_force {
            return CoverageState::NotInForce;
        }
        if let Some(state) = camera.unseeing {
            return state;
        }
        if self.detector.is_failing {
            return CoverageState::Failing;
        }
        match camera.looks.are_too_few(*every) {
            true => CoverageState::Overloaded,
            false => CoverageState::Watched,
        }
    }
}

/// What keeps a camera with these conditions from seeing; the first in their order.
fn unseeing(conditions: &[CameraCondition]) -> Option<CoverageState> {
    let all = CameraCondition::ALL.into_iter().filter(|condition| conditions.contains(condition));
    all.filter_map(CoverageState::of).next()
}

/// What became of a camera's frames up to a moment, or between two.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    /// Looked at.
    taken: u64,
    /// Due, and pushed out before a worker had time.
    replaced: u64,
    /// Needed, and not decoded because the decoder was behind.
    given_up: u64,
}

impl Counted {
    /// Counters of an attempt begin anew with each.
    fn since(self, before: Counted) -> Counted {
        let more = |now: u64, before: u64| if now >= before { now - before } else { now };
        Counted {
            taken: more(self.taken, before.taken),
            replaced: more(self.replaced, before.replaced),
            given_up: more(self.given_up, before.given_up),
        }
    }
}

/// How often a camera was looked at in the last seconds, and how often not because the box had too much to do.
#[derive(Debug, Default)]
struct Looks {
    before: Option<Counted>,
    latest: [Counted; JUDGED_OVER],
    next: usize,
    /// Its decoder has given up for a while.
    is_resting: bool,
}

impl Looks {
    /// Another second.
    fn take(&mut self, now: Counted, is_resting: bool) {
        let since = self.before.replace(now).map_or_else(Counted::default, |before| now.since(before));
        self.latest[self.next] = since;
        self.next = (self.next + 1) % JUDGED_OVER;
        self.is_resting = is_resting;
    }

    /// Whether, for lack of time and for nothing else, a rule that needs a look so often had too few.
    fn are_too_few(&self, every: Duration) -> bool {
        let sum = |count: fn(&Counted) -> u64| self.latest.iter().map(count).sum::<u64>() as f64;
        let (taken, replaced, given_up) =
            (sum(|one| one.taken), sum(|one| one.replaced), sum(|one| one.given_up));
        let is_behind = given_up > 0.0 || self.is_resting;
        if replaced == 0.0 && !is_behind {
            return false;
        }
        // What the decoder gave up are not looks; all that the rule needs may have been among them.
        let due = if is_behind { f64::INFINITY } else { taken + replaced };
        let needed = due.min(JUDGED_OVER as f64 / every.as_secs_f64().max(0.01));
        taken < needed * ENOUGH
    }
}

#[cfg(test)]
mod tests;
