//! [`Analysis`]: the one owner of all tracks, rules and alerts, driven by events.
//!
//! Events come in with their time, revisions of alerts go out; a test drives it with a list. The daemon
//! gives it one thread and feeds it from a queue; a replay feeds it as fast as it can.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::acceptance::AcceptancePlan;
use super::alert::{AckOutcome, Acknowledgement, AlertId, Basis, Contribution, Revision};
use super::alert_lifecycle::handling::{HandlingStep, NotHandled};
use super::alert_lifecycle::{AlertError, AlertIds, end_without_rule};
use super::counts::ZoneMinute;
use super::derived::{HealthReading, LookVerdicts};
use super::detection::Detection;
use super::filters::LeftOut;
use super::fusion::{Fusion, SignalState};
use super::plan::Plan;
use super::rules::{CameraPlan, Rule, UnknownName};
use super::sensor::RawReading;
use super::sensor_evaluator::SensorEvaluator;
use super::test_alert::TestAlert;
use super::time::Moment;
use super::tracker::Track;
use crate::types::camera_condition::CameraCondition;
use crate::types::phase::PhaseReason;
use build::{BuiltPlan, build};
use camera::Camera;
use rule_instance::RuleInstance;

mod build;
mod camera;
mod event;
mod rule_instance;
mod unmoved;

pub use event::Event;

/// A gap of this length between two frames of a camera is an absence: what was followed before it is
/// forgotten. The tracker looks for nothing longer than that.
const ABSENCE: Duration = Duration::from_secs(10);

/// A camera that a sensor woke looks closely for so long after its last word (a guess: readings come every few seconds).
const WOKEN_FOR: Duration = Duration::from_secs(20);

/// The analysis rate that a camera's rules require now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequiredRate {
    /// The longest time between looks that serves all its rules; `None` where any will do.
    pub every: Option<Duration>,
    /// Its latest frame that was taken in, on the monotonic clock.
    pub seen_to: Option<Duration>,
}

/// Everything the box knows about what its cameras see.
///
/// ```
/// use std::time::Duration;
///
/// use lookout::analysis::detection::{Class, Detection};
/// use lookout::analysis::geometry::{BBox, Polygon};
/// use lookout::analysis::heights::HeightLimits;
/// use lookout::analysis::rules::{CameraPlan, Present, Rule};
/// use lookout::analysis::schedule::Schedule;
/// use lookout::analysis::time::{Moment, Timestamp};
/// use lookout::analysis::{Analysis, Event, Plan};
/// use lookout::types::level::Level;
/// use lookout::types::phase::Phase;
///
/// let mut camera = CameraPlan::new("cam-1", 5.0);
/// camera.zones.insert("lane".into(), Polygon::whole_picture());
/// let classes = vec![Class::PERSON];
/// let rule = Rule {
///     id: "person-in-lane".into(),
///     cameras: vec!["cam-1".into()],
///     signal: "person_present".into(),
///     level: Level::Blue,
///     schedule: Schedule::always(),
///     hold: Duration::from_secs(5),
///     cooldown: Duration::ZERO,
///     heights: HeightLimits::default(),
///     when: Present { zone: "lane".into(), classes, for_at_least: Duration::from_secs(3) }.into(),
/// };
/// let mut analysis = Analysis::new("box-1", Plan::of(vec![camera], vec![rule])).unwrap();
///
/// // Somebody stands there for ten seconds; time is what the events say.
/// let box_in_frame = BBox::new(0.45, 0.5, 0.55, 0.8);
/// let mut published = Vec::new();
/// for look in 0..50 {
///     let at = Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_millis(200 * look));
///     let detections = vec![Detection { class: Class::PERSON, score: 0.8, box_in_frame }];
///     published.extend(analysis.apply(&Event::Detections { camera: "cam-1".into(), at, detections }));
/// }
/// assert_eq!((published[0].phase, &*published[0].kind), (Phase::New, "person_present"));
/// ```
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
    test: TestAlert,
}

impl Analysis {
    /// An analysis that has seen nothing yet. Cameras that a rule names and no plan describes are left out.
    ///
    /// # Errors
    /// When a rule names a zone or line that one of its cameras does not have.
    pub fn new(box_id: impl Into<Arc<str>>, plan: Plan) -> Result<Self, UnknownName> {
        let neighbours = plan.neighbours.clone();
        let BuiltPlan { cameras, sensors, fusion, acceptance } = build(plan)?;
        let shared =
            SharedState { ids: AlertIds::new(box_id.into()), fusion, acceptance, test: TestAlert::default() };
        Ok(Analysis { shared, cameras, sensors, neighbours })
    }

    /// Applies an event and returns the revisions that follow, in order.
    ///
    /// Frames of cameras that are not (or no longer) configured, and frames older than the camera's latest,
    /// change nothing.
    pub fn apply(&mut self, event: &Event) -> Vec<Revision> {
        let mut published = Vec::new();
        let shared = &mut self.shared;
        match event {
            Event::Detections { camera, at, detections } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.look(shared, *at, detections, None, &mut published);
                }
            }
            Event::Judged { camera, at, detections, verdicts } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.look(shared, *at, detections, Some(verdicts), &mut published);
                }
            }
            Event::ImageStats { camera, at, stats } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.take_stats(shared, *at, stats, &mut published);
                }
            }
            Event::HealthRead { camera, at, reading } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.recall_health(shared, *at, reading, &mut published);
                }
            }
            Event::Flow { camera, at, flow } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.see_flow(*at, flow);
                }
            }
            Event::Picture { camera, at, coarse } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.see(*at, coarse);
                }
            }
            Event::CameraSilent { camera, at, cause } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.fall_silent(shared, *at, *cause, &mut published);
                }
            }
            Event::CameraBack { camera, at } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.come_back(shared, *at, &mut published);
                }
            }
            Event::CameraPaused { camera, at } => {
                if let Some(camera) = self.cameras.get_mut(camera) {
                    camera.pause(shared, *at);
                }
            }
            Event::Reading { sensor, at, reading } => self.read(sensor, *at, reading, &mut published),
            Event::Tick { at } => self.tick(*at, &mut published),
        }
        published
    }

    fn read(&mut self, sensor: &str, at: Moment, reading: &RawReading, published: &mut Vec<Revision>) {
        let Some(evaluator) = self.sensors.get_mut(sensor) else { return };
        let SharedState { ids, fusion, .. } = &mut self.shared;
        evaluator.take(ids, fusion, at, reading, published);
        if let Some(grid) = evaluator.wants_a_look_at() {
            wake(&mut self.cameras, &self.neighbours, grid, at);
        }
    }

    fn tick(&mut self, at: Moment, published: &mut Vec<Revision>) {
        for camera in self.cameras.values_mut() {
            camera.tick(&mut self.shared, at, published);
        }
        let SharedState { ids, fusion, acceptance, test } = &mut self.shared;
        for sensor_evaluator in self.sensors.values_mut() {
            sensor_evaluator.tick(ids, fusion, at, published);
        }
        fusion.tick(ids, acceptance, at, published);
        test.tick(ids, at, published);
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
        let SharedState { ids, fusion, test, .. } = &mut self.shared;
        let taken = fusion.acknowledge(alert, acknowledgement, at);
        taken.or_else(|| test.acknowledge(alert, acknowledgement, at)).ok_or_else(|| ids.why_not(alert))
    }

    /// Raises a test alert, which is delivered as every other one; `grid` is the code of its place.
    ///
    /// # Errors
    /// One is open: which.
    pub(crate) fn begin_test(&mut self, by: &str, grid: &Arc<str>, at: Moment) -> Result<Revision, AlertId> {
        let SharedState { ids, test, .. } = &mut self.shared;
        test.begin(ids, by, grid, at)
    }

    /// Notes what somebody did about an alert: assigned it, gave a verdict, closed it. Also of alerts that ended not long
    /// ago (`super::alert_lifecycle::ended`).
    ///
    /// # Errors
    /// When the alert is unknown, the step makes no sense or was taken before; nothing has changed then.
    pub fn handle(
        &mut self,
        alert: &AlertId,
        step: &HandlingStep,
        at: Moment,
    ) -> Result<Revision, NotHandled> {
        let of_rule = self
            .instance_of(alert)
            .and_then(|instance| instance.lifecycle.handle(instance.evaluator.rule(), step, at));
        let SharedState { ids, fusion, test, .. } = &mut self.shared;
        let of_open =
            of_rule.or_else(|| fusion.handle(alert, step, at)).or_else(|| test.handle(alert, step, at));
        of_open.unwrap_or_else(|| ids.handle_ended(alert, step, at))
    }

    /// The revision with which an alert is muted, or is no longer; who mutes which alerts is not known here.
    ///
    /// # Errors
    /// When the alert is unknown or has ended: nothing follows an end.
    pub(crate) fn mute_changed(&mut self, alert: &AlertId, at: Moment) -> Result<Revision, AlertError> {
        if let Some(instance) = self.instance_of(alert) {
            let published = instance.lifecycle.mute_changed(instance.evaluator.rule(), at);
            return published.ok_or_else(|| self.shared.ids.why_not(alert));
        }
        let SharedState { ids, fusion, test, .. } = &mut self.shared;
        let published = fusion.mute_changed(alert, at).or_else(|| test.mute_changed(alert, at));
        published.ok_or_else(|| ids.why_not(alert))
    }

    /// Takes up the alerts that were open when the box stopped, and those that had ended not long before, in the order of
    /// their ends; called once, before the first event.
    ///
    /// Each goes on when its rule or signal sees it again, and otherwise ends once the camera has been watched
    /// long enough to say so. Returned are the ends of those whose rule, signal or camera is gone.
    pub(crate) fn restore(&mut self, latest: Vec<Revision>, at: Moment) -> Vec<Revision> {
        let mut published = Vec::new();
        let (ended, open): (Vec<_>, Vec<_>) = latest.into_iter().partition(Revision::is_last);
        for last in &ended {
            self.shared.ids.note_end(last);
        }
        for revision in open {
            let homeless = match &revision.why.basis {
                Basis::Belief => self.shared.fusion.restore(revision, at),
                Basis::Test => self.shared.test.restore(revision, at),
                Basis::Rule(_) => self.restore_alone(revision, at, &mut published),
            };
            published.extend(homeless.map(|revision| {
                end_without_rule(&mut self.shared.ids, revision, PhaseReason::RuleRemoved, at)
            }));
        }
        published
    }

    /// Takes up the alert of one rule; gives it back if that rule is gone.
    fn restore_alone(
        &mut self,
        revision: Revision,
        at: Moment,
        published: &mut Vec<Revision>,
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
                published.push(end_without_rule(&mut self.shared.ids, revision, reason, at));
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
    pub(crate) fn reconfigure(&mut self, plan: Plan, at: Moment) -> Result<Vec<Revision>, UnknownName> {
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

    /// The latest revision of every open alert: of rules by camera, then of signals by kind and place, then a test.
    pub fn open(&self) -> impl Iterator<Item = &Revision> {
        let of_rules = self.cameras.values().flat_map(|camera| &camera.instances);
        let of_rules = of_rules.filter_map(|instance| instance.lifecycle.open());
        of_rules.chain(self.shared.fusion.open()).chain(self.shared.test.open())
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
    pub(crate) fn is_witness(&self, camera: &str) -> bool {
        self.cameras.get(camera).is_some_and(|camera| {
            camera
                .instances
                .iter()
                .any(|instance| instance.is_positive && self.shared.fusion.is_fed_by(&instance.source))
        })
    }

    /// How often a camera must be looked at from its latest frame on; `None` for an unknown camera.
    pub fn pace(&mut self, camera: &str) -> Option<RequiredRate> {
        self.cameras.get_mut(camera).map(Camera::pace)
    }

    /// Whether a frame of a camera that is looked at seldom shows that something happened since the look before that
    /// its rules must see. The frames in between should be taken in first, and this one after them.
    pub(crate) fn missed_something(&self, camera: &str, at: Moment, detections: &[Detection]) -> bool {
        self.cameras.get(camera).is_some_and(|camera| camera.missed_something(at, detections))
    }

    /// What the picture of a camera's latest look said; `None` for an unknown camera.
    pub fn verdicts(&self, camera: &str) -> Option<&LookVerdicts> {
        self.cameras.get(camera).map(|camera| &camera.verdicts)
    }

    /// What a camera's latest image statistics said about its health; `None` for an unknown camera.
    pub fn health_reading(&self, camera: &str) -> Option<HealthReading> {
        self.cameras.get(camera).map(|camera| camera.health.reading(camera.aspect))
    }

    /// The counts of minutes that are over, by camera; each is given once.
    pub(crate) fn take_counts(&mut self) -> Vec<ZoneMinute> {
        self.cameras.values_mut().flat_map(|camera| camera.counts.take_finished()).collect()
    }

    /// How many sure detections of a camera were left out since its configuration came; none for an unknown camera.
    pub(crate) fn left_out(&self, camera: &str) -> LeftOut {
        self.cameras.get(camera).map(|camera| camera.left_out).unwrap_or_default()
    }

    /// What is followed in a camera's view; empty for an unknown camera.
    pub fn tracks(&self, camera: &str) -> &[Track] {
        self.cameras.get(camera).map_or(&[], |camera| camera.tracker.tracks())
    }

    /// How a camera is watched; `None` for an unknown one.
    pub(crate) fn camera_plan(&self, camera: &str) -> Option<&CameraPlan> {
        self.cameras.get(camera).map(|camera| &camera.plan)
    }

    /// The rules of a camera whose condition held in its latest frame.
    pub(crate) fn holding(&self, camera: &str) -> impl Iterator<Item = &Rule> {
        let instances = self.cameras.get(camera).into_iter().flat_map(|camera| &camera.instances);
        instances.filter(|instance| instance.is_positive).map(|instance| &**instance.evaluator.rule())
    }

    /// The signals that a camera feeds, each with who contributes to it now, the greatest first.
    pub(crate) fn signals_of(&self, camera: &str, at: Moment) -> Vec<(SignalState, Vec<Contribution>)> {
        self.shared.fusion.states_of(camera, at)
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

#[cfg(test)]
mod tests;
