//! [`Analysis`]: the one owner of all tracks, rules and alerts, driven by events.
//!
//! Events come in with their time, revisions of alerts go out; a test drives it with a list. The daemon
//! gives it one thread and feeds it from a queue; a replay feeds it as fast as it can.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::acceptance::AcceptancePlan;
use super::alert::{AckOutcome, Acknowledgement, AlertId, Basis, PhaseReason, Revision};
use super::alert_lifecycle::{AlertError, AlertIds, AlertLifecycle, SILENCE_ENDS, end_without_rule};
use super::camera_health::image_stats::ImageStats;
use super::camera_health::{CameraCondition, NoVideoCause};
use super::camera_health_state::CameraHealthState;
use super::counts::{self, Counts, ZoneMinute};
use super::detection::Detection;
use super::empty_view::Coarse;
use super::filters::LeftOut;
use super::flow::Flow;
use super::furniture::Furniture;
use super::fusion::{Fusion, SignalState};
use super::heights::{TracksWithin, is_whole};
use super::plan::Plan;
use super::plausible::ASPECT;
use super::rules::{CameraPlan, FLICKER, Rule, RuleEvaluator, Scene, UnknownName, View};
use super::sensor::RawReading;
use super::sensor_evaluator::SensorEvaluator;
use super::signals::SourceId;
use super::time::Moment;
use super::tracker::{Track, Tracker};
use rule_instance::RuleInstance;

mod rule_instance;
mod unmoved;

/// A gap of this length between two frames of a camera is an absence: what was followed before it is
/// forgotten. The tracker looks for nothing longer than that.
const ABSENCE: Duration = Duration::from_secs(10);

/// What needed more looks a moment ago may need them again in a moment: detectors blink, walkers stop.
const PACE_KEPT: Duration = Duration::from_secs(2);
/// A camera that a sensor woke looks closely for so long after its last word (a guess: readings come every few seconds).
const WOKEN_FOR: Duration = Duration::from_secs(20);
/// Counting people in and out is following them.
const COUNTING_PACE: Duration = Duration::from_millis(500);
/// With looks as close as this nothing lies between them.
const NOTHING_BETWEEN: Duration = Duration::from_millis(600);

/// How often a camera must be looked at now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The longest time between looks that serves all its rules; `None` where any will do.
    pub every: Option<Duration>,
    /// Its latest frame that was taken in, on the monotonic clock.
    pub seen_to: Option<Duration>,
}

/// Something that happened. Acknowledgements and evidence have an answer and so are methods of their own.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// One frame of a camera was looked at. An empty list is as important as a full one.
    Detections {
        /// The camera.
        camera: Arc<str>,
        /// When the frame was taken.
        at: Moment,
        /// What is in it, unsure detections included, in any order.
        detections: Vec<Detection>,
    },
    /// What a frame of a camera looks like as a whole; wanted about twice a second.
    ImageStats {
        /// The camera.
        camera: Arc<str>,
        /// When the frame was taken.
        at: Moment,
        /// What it looks like.
        glance: Box<ImageStats>,
    },
    /// What moved where in the frame that is told of next, since a moment before; wanted while people are close together.
    Flow {
        /// The camera.
        camera: Arc<str>,
        /// When the frame was taken.
        at: Moment,
        /// What moved.
        flow: Box<Flow>,
    },
    /// What a frame of a camera shows, coarsely; wanted about once a second, before what was found in that frame.
    Picture {
        /// The camera.
        camera: Arc<str>,
        /// When the frame was taken.
        at: Moment,
        /// What it shows.
        coarse: Box<Coarse>,
    },
    /// The camera stopped giving frames.
    CameraSilent {
        /// The camera.
        camera: Arc<str>,
        /// When that was noticed.
        at: Moment,
        /// Why, where that is known.
        cause: Option<NoVideoCause>,
    },
    /// The camera gives frames again.
    CameraBack {
        /// The camera.
        camera: Arc<str>,
        /// When its first frame came.
        at: Moment,
    },
    /// Nobody looks at the camera until its next frame, as in the pause of a recording: nothing is known of it
    /// meanwhile, and nothing is wrong with it.
    CameraPaused {
        /// The camera.
        camera: Arc<str>,
        /// When its latest frame was taken.
        at: Moment,
    },
    /// A sensor said something.
    Reading {
        /// The sensor.
        sensor: Arc<str>,
        /// When it was received.
        at: Moment,
        /// What it said.
        reading: RawReading,
    },
    /// Time passed; wanted about once a second.
    Tick {
        /// Now.
        at: Moment,
    },
}

/// Everything the box knows about what its cameras see.
#[derive(Debug, Clone)]
pub struct Analysis {
    shared: SharedState,
    cameras: BTreeMap<Arc<str>, Camera>,
    sensors: BTreeMap<Arc<str>, SensorEvaluator>,
    /// Pairs of grid codes that touch.
    neighbours: BTreeSet<(Arc<str>, Arc<str>)>,
}

/// What all cameras share.
#[derive(Debug, Clone)]
struct SharedState {
    ids: AlertIds,
    fusion: Fusion,
    acceptance: AcceptancePlan,
}

#[derive(Debug, Clone)]
struct Camera {
    plan: CameraPlan,
    tracker: Tracker,
    instances: Vec<RuleInstance>,
    /// Whether it can see.
    health: CameraHealthState,
    /// Rules that no longer raise alerts by themselves, until those have been ended.
    retired: Vec<RuleInstance>,
    /// Last proof of life: a frame; before the first one, when we began to wait.
    alive_at: Option<Moment>,
    /// Nobody looks at it until its next frame.
    is_paused: bool,
    /// The latest frame, while the camera is not silent.
    latest_frame: Option<Moment>,
    unmasked: Vec<Detection>,
    /// What moved last, and in which frame.
    flow: Option<(Moment, Box<Flow>)>,
    /// Sure detections that were left out, since the plan came.
    left_out: LeftOut,
    /// What never moves, where that is learnt.
    furniture: Option<Furniture>,
    /// Whether the thresholds of the night are in force.
    is_night: bool,
    counts: Counts,
    /// What was needed last, and until when it is kept up.
    kept_pace: Option<(Duration, Duration)>,
    /// A sensor near it asks for a closer look, until then.
    woken_until: Option<Duration>,
    /// Width over height of its pictures, as its latest glance says.
    aspect: f32,
}

impl Analysis {
    /// An analysis that has seen nothing yet. Cameras that a rule names and no plan describes are left out.
    ///
    /// # Errors
    /// When a rule names a zone or line that one of its cameras does not have.
    pub fn new(box_id: impl Into<Arc<str>>, plan: Plan) -> Result<Self, UnknownName> {
        let neighbours = plan.neighbours.clone();
        let BuiltPlan { cameras, sensors, fusion, acceptance } = build(plan)?;
        let shared = SharedState { ids: AlertIds::new(box_id.into()), fusion, acceptance };
        Ok(Analysis { shared, cameras, sensors, neighbours })
    }

    /// Takes in what happened and returns what must be told, in order.
    ///
    /// Frames of cameras that are not (or no longer) configured, and frames older than the camera's latest,
    /// change nothing.
    pub fn apply(&mut self, event: &Event) -> Vec<Revision> {
        let mut told = Vec::new();
        match event {
            Event::Detections { camera, at, detections } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.is_paused = false;
                    camera.look(&mut self.shared, *at, detections, &mut told);
                }
            }
            Event::ImageStats { camera, at, glance } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.is_paused = false;
                    camera.aspect = glance.aspect;
                    camera.health.look(*at, glance);
                    camera.update_health(&mut self.shared, *at, &mut told);
                }
            }
            Event::Flow { camera, at, flow } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    match &mut camera.flow {
                        Some((moment, latest)) => {
                            *moment = *at;
                            latest.clone_from(flow);
                        }
                        None => camera.flow = Some((*at, flow.clone())),
                    }
                }
            }
            Event::Picture { camera, at, coarse } => self.see(camera, *at, coarse),
            Event::CameraSilent { camera, at, .. } | Event::CameraBack { camera, at } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.alive_at.get_or_insert(*at);
                    camera.was_away(&mut self.shared.fusion, *at);
                    match event {
                        Event::CameraSilent { cause, .. } => camera.health.fall_silent(*at, *cause),
                        _ => camera.health.come_back(*at),
                    }
                    camera.update_health(&mut self.shared, *at, &mut told);
                }
            }
            Event::CameraPaused { camera, at } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.was_away(&mut self.shared.fusion, *at);
                    camera.is_paused = true;
                }
            }
            Event::Reading { sensor, at, reading } => {
                if let Some(sensor_evaluator) = self.sensors.get_mut(sensor) {
                    let SharedState { ids, fusion, .. } = &mut self.shared;
                    sensor_evaluator.take(ids, fusion, *at, reading, &mut told);
                    if let Some(grid) = sensor_evaluator.wants_a_look_at() {
                        wake(&mut self.cameras, &self.neighbours, grid, *at);
                    }
                }
            }
            Event::Tick { at } => {
                for camera in self.cameras.values_mut() {
                    camera.tick(&mut self.shared, *at, &mut told);
                }
                let SharedState { ids, fusion, acceptance } = &mut self.shared;
                for sensor_evaluator in self.sensors.values_mut() {
                    sensor_evaluator.tick(ids, fusion, *at, &mut told);
                }
                fusion.tick(ids, acceptance, *at, &mut told);
            }
        }
        told
    }

    /// Notes who took an alert on. The first one wins; who comes later is given the first.
    ///
    /// # Errors
    /// When the alert is unknown or has ended.
    pub fn acknowledge(
        &mut self,
        alert: &AlertId,
        acknowledgement: &Acknowledgement,
        at: Moment,
    ) -> Result<AckOutcome, AlertError> {
        if let Some(instance) = self.instance_of(alert) {
            let taken = instance.lifecycle.acknowledge(instance.evaluator.rule(), acknowledgement, at);
            return taken.ok_or_else(|| self.shared.ids.why_not(alert));
        }
        let SharedState { ids, fusion, .. } = &mut self.shared;
        fusion.acknowledge(alert, acknowledgement, at).ok_or_else(|| ids.why_not(alert))
    }

    /// The revision that tells of new evidence of an alert.
    ///
    /// # Errors
    /// When the alert is unknown or has ended: nothing follows an end.
    pub fn evidence_added(&mut self, alert: &AlertId, at: Moment) -> Result<Revision, AlertError> {
        if let Some(instance) = self.instance_of(alert) {
            let told = instance.lifecycle.evidence_added(instance.evaluator.rule(), at);
            return told.ok_or_else(|| self.shared.ids.why_not(alert));
        }
        let SharedState { ids, fusion, .. } = &mut self.shared;
        fusion.evidence_added(alert, at).ok_or_else(|| ids.why_not(alert))
    }

    /// Takes up the alerts that were open when the box stopped; called once, before the first event.
    ///
    /// Each goes on when its rule or signal sees it again, and otherwise ends once the camera has been watched
    /// long enough to say so. Returned are the ends of those whose rule, signal or camera is gone.
    pub fn restore(&mut self, latest: Vec<Revision>, at: Moment) -> Vec<Revision> {
        let mut told = Vec::new();
        for revision in latest.into_iter().filter(|revision| !revision.is_last()) {
            let homeless = match &revision.why.basis {
                Basis::Belief => self.shared.fusion.restore(revision, at),
                Basis::Rule(_) => self.restore_alone(revision, at, &mut told),
            };
            told.extend(homeless.map(|revision| {
                end_without_rule(&mut self.shared.ids, revision, PhaseReason::RuleRemoved, at)
            }));
        }
        told
    }

    /// Takes up the alert of one rule; gives it back if that rule is gone.
    fn restore_alone(
        &mut self,
        revision: Revision,
        at: Moment,
        told: &mut Vec<Revision>,
    ) -> Option<Revision> {
        let camera = revision.camera().and_then(|camera| self.cameras.get_mut(camera));
        let instance = camera.and_then(|camera| {
            camera.alive_at.get_or_insert(at);
            let is_its = |instance: &&mut RuleInstance| {
                Some(&instance.evaluator.rule().id) == revision.why.basis.rule()
            };
            camera.instances.iter_mut().filter(|instance| instance.is_alone).find(is_its)
        });
        match instance {
            Some(instance) if instance.lifecycle.open().is_none() => {
                instance.lifecycle.restore(instance.evaluator.rule(), revision, at);
                None
            }
            // Two open alerts of one rule and camera cannot be; the later one in the list is closed.
            Some(_) => {
                let reason = PhaseReason::NotSeenSinceRestart;
                told.push(end_without_rule(&mut self.shared.ids, revision, reason, at));
                None
            }
            None => Some(revision),
        }
    }

    /// Takes a new configuration and keeps the state of everything that did not change. Returned are the
    /// ends of alerts whose rule, signal or camera is gone. An open alert whose rule changed goes on if the
    /// changed rule sees its condition too.
    ///
    /// # Errors
    /// As [`Analysis::new`]; nothing has changed then.
    pub fn reconfigure(&mut self, plan: Plan, at: Moment) -> Result<Vec<Revision>, UnknownName> {
        let neighbours = plan.neighbours.clone();
        let BuiltPlan { cameras, sensors, fusion, acceptance } = build(plan)?;
        self.neighbours = neighbours;
        let sensors_before = std::mem::replace(&mut self.sensors, sensors);
        for (id, old) in sensors_before {
            if let Some(sensor_evaluator) = self.sensors.get_mut(&id) {
                sensor_evaluator.inherit(old);
            }
        }
        let mut before = std::mem::replace(&mut self.cameras, cameras);
        for (id, camera) in &mut self.cameras {
            if let Some(old) = before.get_mut(id) {
                camera.inherit(old);
            }
        }
        self.shared.acceptance = acceptance;
        let signals_before = std::mem::replace(&mut self.shared.fusion, fusion);
        let mut homeless = self.shared.fusion.inherit(signals_before);
        homeless.extend(
            before
                .into_values()
                .flat_map(|camera| camera.instances)
                .chain(self.cameras.values_mut().flat_map(|camera| camera.retired.drain(..)))
                .filter_map(|instance| instance.lifecycle.open().cloned()),
        );
        let ids = &mut self.shared.ids;
        Ok(homeless
            .into_iter()
            .map(|open| end_without_rule(ids, open, PhaseReason::RuleRemoved, at))
            .collect())
    }

    /// The latest revision of every open alert: of rules by camera, then of signals by kind and place.
    pub fn open(&self) -> impl Iterator<Item = &Revision> {
        let of_rules = self.cameras.values().flat_map(|camera| &camera.instances);
        of_rules.filter_map(|instance| instance.lifecycle.open()).chain(self.shared.fusion.open())
    }

    /// Every signal at every place.
    pub fn signals(&self, at: Moment) -> Vec<SignalState> {
        self.shared.fusion.states(at)
    }

    /// What is wrong with each camera, by camera; those that are well are left out.
    pub fn conditions(&self) -> Vec<(Arc<str>, Vec<CameraCondition>)> {
        let of = |camera: &Camera| (camera.plan.id.clone(), camera.health.conditions().collect::<Vec<_>>());
        self.cameras.values().map(of).filter(|(_, conditions)| !conditions.is_empty()).collect()
    }

    /// Whether a rule of this camera says "yes" to a signal with what it saw in its latest frame, so that the
    /// frame may become evidence.
    pub fn is_witness(&self, camera: &str) -> bool {
        self.cameras.get(camera).is_some_and(|camera| {
            camera
                .instances
                .iter()
                .any(|instance| instance.says_yes && self.shared.fusion.hears(&instance.source))
        })
    }

    /// How often a camera must be looked at from its latest frame on; `None` for an unknown camera.
    pub fn pace(&mut self, camera: &str) -> Option<Pace> {
        self.cameras.get_mut(camera).map(Camera::pace)
    }

    /// Whether a frame of a camera that is looked at seldom shows that something happened since the look before that
    /// its rules must see. The frames in between should be taken in first, and this one after them.
    pub fn missed_something(&self, camera: &str, at: Moment, detections: &[Detection]) -> bool {
        self.cameras.get(camera).is_some_and(|camera| camera.missed_something(at, detections))
    }

    /// The counts of minutes that are over, by camera; each is given once.
    pub fn take_counts(&mut self) -> Vec<ZoneMinute> {
        self.cameras.values_mut().flat_map(|camera| camera.counts.take_finished()).collect()
    }

    /// How many sure detections of a camera were left out since its configuration came; none for an unknown camera.
    pub fn left_out(&self, camera: &str) -> LeftOut {
        self.cameras.get(camera).map(|camera| camera.left_out).unwrap_or_default()
    }

    /// What is followed in a camera's view; empty for an unknown camera.
    pub fn tracks(&self, camera: &str) -> &[Track] {
        self.cameras.get(camera).map_or(&[], |camera| camera.tracker.tracks())
    }

    fn instance_of(&mut self, alert: &AlertId) -> Option<&mut RuleInstance> {
        self.cameras
            .values_mut()
            .flat_map(|camera| &mut camera.instances)
            .find(|instance| instance.lifecycle.open().is_some_and(|open| open.alert == *alert))
    }
}

/// A sensor's word wakes the cameras of its place and of those beside it.
fn wake(
    cameras: &mut BTreeMap<Arc<str>, Camera>,
    neighbours: &BTreeSet<(Arc<str>, Arc<str>)>,
    grid: &str,
    at: Moment,
) {
    let is_beside = |other: &str| {
        neighbours.iter().any(|(a, b)| (&**a, &**b) == (grid, other) || (&**a, &**b) == (other, grid))
    };
    for camera in cameras.values_mut().filter(|c| &*c.plan.grid == grid || is_beside(&c.plan.grid)) {
        camera.woken_until = Some(at.mono + WOKEN_FOR);
    }
}

struct BuiltPlan {
    cameras: BTreeMap<Arc<str>, Camera>,
    sensors: BTreeMap<Arc<str>, SensorEvaluator>,
    fusion: Fusion,
    acceptance: AcceptancePlan,
}

/// Cameras with their rules, sensors and signals, all without a past.
fn build(plan: Plan) -> Result<BuiltPlan, UnknownName> {
    let sources = plan.sources();
    let sensors = plan.sensors.iter().map(|s| (s.id.clone(), SensorEvaluator::new(s, &plan))).collect();
    let rules: Vec<(Arc<Rule>, bool)> =
        plan.rules.iter().map(|rule| (Arc::new(rule.clone()), plan.raises_alone(rule))).collect();
    let mut cameras = BTreeMap::new();
    for camera in plan.cameras {
        let mut instances = Vec::new();
        for (rule, is_alone) in rules.iter().filter(|(rule, _)| rule.cameras.contains(&camera.id)) {
            instances.push(RuleInstance {
                evaluator: RuleEvaluator::new(rule.clone(), &camera)?,
                within: TracksWithin::new(rule.heights),
                grid: camera.grid.clone(),
                lifecycle: AlertLifecycle::default(),
                is_alone: *is_alone,
                source: SourceId::Rule { rule: rule.id.clone(), camera: camera.id.clone() },
                says_yes: false,
            });
        }
        let camera = Camera {
            furniture: unmoved::furniture_of(&camera, &instances),
            tracker: Tracker::new(camera.analysis_hz, &camera.thresholds_at(false)),
            instances,
            health: CameraHealthState::new(&camera),
            retired: Vec::new(),
            alive_at: None,
            is_paused: false,
            latest_frame: None,
            unmasked: Vec::new(),
            flow: None,
            left_out: LeftOut::default(),
            is_night: false,
            counts: Counts::of(&camera),
            kept_pace: None,
            woken_until: None,
            aspect: ASPECT,
            plan: camera,
        };
        cameras.insert(camera.plan.id.clone(), camera);
    }
    let fusion = Fusion::new(plan.signals, &sources, &plan.neighbours);
    Ok(BuiltPlan { cameras, sensors, fusion, acceptance: plan.acceptance })
}

impl Camera {
    fn look(
        &mut self,
        shared: &mut SharedState,
        at: Moment,
        detections: &[Detection],
        told: &mut Vec<Revision>,
    ) {
        if self.health.is_blind() {
            return;
        }
        self.take_thresholds(at);
        self.unmasked.clear();
        for detection in detections {
            match self.plan.left_out_by(detection, detections) {
                None => self.unmasked.push(*detection),
                Some(filter) if self.tracker.is_sure(detection) => self.left_out.count(filter),
                Some(_) => {}
            }
        }
        let gap = self.latest_frame.map(|latest| at.since(latest));
        if gap.is_some_and(|gap| gap > ABSENCE.max(self.tracker.patience())) {
            self.was_away(&mut shared.fusion, at);
        }
        self.leave_out_furniture(at);
        if !self.tracker.update(at, &self.unmasked) {
            return;
        }
        let patience = self.tracker.patience();
        let scene = Scene {
            at,
            watched: gap.unwrap_or_default().min(patience.max(Duration::from_secs(1))),
            flicker: FLICKER.max(patience),
            aspect: self.aspect,
            tracks: self.tracker.tracks(),
            flow: self.flow.as_ref().filter(|(moment, _)| *moment == at).map(|(_, flow)| &**flow),
        };
        self.counts.look(at, scene.watched, scene.tracks);
        for instance in &mut self.instances {
            instance.look(shared, scene, told);
        }
        self.alive_at = Some(at);
        self.latest_frame = Some(at);
    }

    /// Those of the day or of the night.
    fn take_thresholds(&mut self, at: Moment) {
        let is_night = self.plan.night.as_ref().is_some_and(|night| night.schedule.in_force(at.utc));
        if is_night != self.is_night {
            self.is_night = is_night;
            self.tracker.configure(self.plan.analysis_hz, &self.plan.thresholds_at(is_night));
        }
    }

    fn pace(&mut self) -> Pace {
        let Some(at) = self.latest_frame else { return Pace { every: None, seen_to: None } };
        let usual = Duration::from_secs_f32(1.0 / self.plan.analysis_hz.max(0.01));
        let view = View { at, tracks: self.tracker.tracks(), usual };
        let in_force =
            self.instances.iter().filter(|instance| instance.evaluator.rule().schedule.in_force(at.utc));
        let of_rules = in_force.clone().filter_map(|instance| {
            instance.evaluator.pace(View { tracks: instance.within.latest(view.tracks), ..view })
        });
        let of_ends = in_force.filter(|instance| instance.waits_for_its_end()).map(|_| usual).min();
        let of_counts = (!self.plan.counted.is_empty() && view.has_restless(&counts::NOT_COUNTED))
            .then(|| COUNTING_PACE.max(usual));
        let of_sensors = self.woken_until.filter(|until| at.mono <= *until).map(|_| usual);
        let now = of_rules.chain(of_ends).chain(of_counts).chain(of_sensors).min();
        if let Some(every) = now {
            self.kept_pace = Some((every, at.mono + PACE_KEPT));
        }
        let kept = self.kept_pace.filter(|(_, until)| at.mono <= *until).map(|(every, _)| every);
        Pace { every: now.or(kept), seen_to: Some(at.mono) }
    }

    fn missed_something(&self, at: Moment, detections: &[Detection]) -> bool {
        let gap = self.latest_frame.map(|latest| at.since(latest));
        if self.health.is_blind() || gap.is_none_or(|gap| gap < NOTHING_BETWEEN || gap > ABSENCE) {
            return false;
        }
        let tracks = self.tracker.tracks();
        let fast = |instance: &&RuleInstance| {
            let rule = instance.evaluator.rule();
            rule.when.is_fast() && rule.schedule.in_force(at.utc)
        };
        self.instances.iter().filter(fast).any(|instance| {
            let rule = instance.evaluator.rule();
            let is_sure = |d: &Detection| {
                let (b, frame) = (&d.box_in_frame, || detections.iter().map(|other| &other.box_in_frame));
                self.tracker.is_sure(d)
                    && self.plan.left_out_by(d, detections).is_none()
                    && !self.was_furniture(at, d)
                    && rule.heights.admit(b, is_whole(b, frame()))
            };
            rule.when.missed_something(tracks, detections, is_sure)
        })
    }

    /// Says what is wrong with the camera itself. While it is blind its rules see nothing, which is not the same as
    /// seeing that nothing is there.
    fn update_health(&mut self, shared: &mut SharedState, at: Moment, told: &mut Vec<Revision>) {
        if self.health.became_blind() {
            self.was_away(&mut shared.fusion, at);
        }
        self.forget_furniture_if_turned();
        self.health.say(&mut shared.ids, &mut shared.fusion, at, told);
    }

    /// What was seen before says nothing about what is seen next.
    fn was_away(&mut self, fusion: &mut Fusion, at: Moment) {
        self.latest_frame = None;
        self.tracker.forget();
        self.counts.forget();
        for instance in &mut self.instances {
            instance.evaluator.forget();
            instance.says_yes = false;
            instance.lifecycle.doubt_after_gap(instance.evaluator.rule());
            fusion.fall_silent(&instance.source, at);
        }
    }

    fn tick(&mut self, shared: &mut SharedState, at: Moment, told: &mut Vec<Revision>) {
        self.counts.tick(at);
        let silent_for = at.since(*self.alive_at.get_or_insert(at));
        if !self.is_paused {
            self.health.tick(at);
            self.update_health(shared, at, told);
        }
        for instance in &mut self.instances {
            let rule = instance.evaluator.rule().clone();
            let is_in_force = rule.schedule.in_force(at.utc);
            if !is_in_force {
                shared.fusion.stand_down(&instance.source);
            } else if silent_for >= ABSENCE.max(self.tracker.patience()) {
                shared.fusion.fall_silent(&instance.source, at);
            }
            if silent_for >= SILENCE_ENDS {
                told.extend(instance.lifecycle.end(&mut shared.ids, &rule, PhaseReason::SourceSilent, at));
            }
            if instance.lifecycle.open().is_some() && !is_in_force {
                told.extend(instance.lifecycle.end(&mut shared.ids, &rule, PhaseReason::ScheduleEnded, at));
            }
            told.extend(instance.lifecycle.escalate(&rule, &shared.acceptance, at));
        }
    }

    /// Takes over from the camera of the same id before a change of configuration; what is taken is gone
    /// from there.
    fn inherit(&mut self, old: &mut Camera) {
        std::mem::swap(&mut self.tracker, &mut old.tracker);
        self.tracker.configure(self.plan.analysis_hz, &self.plan.thresholds_at(self.is_night));
        self.counts.inherit(&mut old.counts);
        self.inherit_furniture(old);
        self.alive_at = old.alive_at;
        self.latest_frame = old.latest_frame;
        self.health.inherit(&old.health);
        self.aspect = old.aspect;
        for instance in &mut self.instances {
            let rule = instance.evaluator.rule().clone();
            let Some(index) =
                old.instances.iter().position(|instance| instance.evaluator.rule().id == rule.id)
            else {
                continue;
            };
            let mut before = old.instances.swap_remove(index);
            if instance.is_alone {
                std::mem::swap(&mut instance.lifecycle, &mut before.lifecycle);
            }
            let place = rule.when.place();
            let is_same = **before.evaluator.rule() == *rule
                && old.plan.zones.get(place) == self.plan.zones.get(place)
                && old.plan.lines.get(place) == self.plan.lines.get(place);
            if is_same {
                std::mem::swap(&mut instance.evaluator, &mut before.evaluator);
            } else {
                instance.lifecycle.doubt_after_gap(&rule);
            }
            // It raised alerts by itself and feeds a signal now.
            if before.lifecycle.open().is_some() {
                self.retired.push(before);
            }
        }
    }
}

#[cfg(test)]
mod tests;
