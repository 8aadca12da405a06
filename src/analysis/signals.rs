//! Signals: the running belief that *one kind of thing* happens at *one place*, from many weak hints.
//!
//! A source (a rule at a camera, a sensor's threshold, a condition of a camera) says how strongly it sees the
//! thing. What it says counts in log-odds, with the weight that configuration gives it, and fades with a
//! half-life once it is no longer said. Belief is the logistic function of the prior's log-odds plus what all
//! sources have said. A source that says "nothing" never lowers belief: hints only fade.
//!
//! One origin (a camera or a sensor, whatever its rules) counts for at most [`SignalPlan::origin_cap`], so that
//! one camera cannot shout alone. Pure: no clock; two words of the same moment count the same in either order.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::rules::Rule;
use super::sensor::{SensorPlan, Threshold};
use crate::types::level::Level;

/// Belief in a thing of which nothing was seen. With it, one source of weight 2 gives 0.65, two give 0.93: one
/// sure source is worth a look, two agreeing ones are worth going. A choice, not a measurement.
pub(crate) const DEFAULT_PRIOR: f64 = 0.2;
/// Maximum contribution of one origin, in log-odds. With [`DEFAULT_PRIOR`] it gives a belief of 0.83: below the
/// usual 0.85 of orange, so that orange takes a second origin.
pub(crate) const DEFAULT_ORIGIN_CAP: f64 = 3.0;
/// Weight of a rule that feeds a signal without being listed in its `from`.
pub(crate) const DEFAULT_WEIGHT: f64 = 2.0;
/// Belief at which each level begins, where configuration does not say (DESIGN section 5).
pub(crate) const DEFAULT_LEVELS: [f64; 4] = [0.5, 0.7, 0.85, 0.95];

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceId {
    /// A rule, as seen by one of its cameras.
    Rule {
        /// The rule.
        rule: Arc<str>,
        /// The camera.
        camera: Arc<str>,
    },
    /// A sensor's threshold.
    Sensor {
        /// The sensor.
        sensor: Arc<str>,
        /// Which threshold of it, in words: a sensor may have several.
        threshold: Arc<str>,
    },
    /// A condition of a camera itself.
    Camera {
        /// The camera.
        camera: Arc<str>,
        /// Its name, such as `covered`.
        condition: &'static str,
    },
}

impl SourceId {
    /// The camera that speaks, where it is one.
    pub fn camera(&self) -> Option<&Arc<str>> {
        match self {
            SourceId::Rule { camera, .. } | SourceId::Camera { camera, .. } => Some(camera),
            SourceId::Sensor { .. } => None,
        }
    }

    /// A sensor's threshold as a source.
    pub(crate) fn of_sensor(sensor: &Arc<str>, threshold: &Threshold) -> Self {
        SourceId::Sensor { sensor: sensor.clone(), threshold: format!("{threshold:?}").into() }
    }

    /// The camera or sensor behind it.
    pub fn origin(&self) -> OriginId {
        match self {
            SourceId::Rule { camera, .. } | SourceId::Camera { camera, .. } => {
                OriginId::Camera(camera.clone())
            }
            SourceId::Sensor { sensor, .. } => OriginId::Sensor(sensor.clone()),
        }
    }
}

/// As alerts name it: `rule:fire-lane-blocked@cam-03`, `sensor:drain-2`, `camera:cam-03:covered`.
impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceId::Rule { rule, camera } => write!(f, "rule:{rule}@{camera}"),
            SourceId::Sensor { sensor, .. } => write!(f, "sensor:{sensor}"),
            SourceId::Camera { camera, condition } => write!(f, "camera:{camera}:{condition}"),
        }
    }
}

/// The thing in the field that a source belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OriginId {
    /// A camera.
    Camera(Arc<str>),
    /// A sensor.
    Sensor(Arc<str>),
}

/// Which sources feed a signal.
#[derive(Debug, Clone, PartialEq)]
pub enum Selector {
    /// One rule, on all of its cameras.
    Rule(Arc<str>),
    /// Every rule of this kind.
    RuleKind(Arc<str>),
    /// One sensor, beyond a threshold.
    Sensor {
        /// The sensor.
        sensor: Arc<str>,
        /// The threshold.
        threshold: Threshold,
    },
    /// Every sensor of a quantity, beyond a threshold.
    Quantity {
        /// The quantity, such as `water_level`.
        quantity: Arc<str>,
        /// The threshold.
        threshold: Threshold,
    },
    /// Conditions of cameras.
    Cameras {
        /// Which ones; all if empty.
        cameras: Vec<Arc<str>>,
        /// Which conditions.
        conditions: Vec<&'static str>,
    },
}

/// One kind of source of a signal, and what it weighs.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Which sources.
    pub from: Selector,
    /// Log-odds of a sure "yes".
    pub weight: f64,
    /// It counts only while a source that does not only support counts: noise makes a scuffle surer, but is none.
    pub only_supports: bool,
}

impl Feed {
    /// Whether it is a condition of cameras.
    pub(crate) fn is_of_cameras(&self) -> bool {
        matches!(self.from, Selector::Cameras { .. })
    }

    /// Whether it is what sensors measure.
    pub(crate) fn is_of_sensors(&self) -> bool {
        matches!(self.from, Selector::Sensor { .. } | Selector::Quantity { .. })
    }
}

/// What a level takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelPlan {
    /// The level.
    pub level: Level,
    /// Belief from which it begins, 0..1.
    pub belief: f64,
    /// For how long belief must have been there.
    pub after: Duration,
    /// How many cameras and sensors must be part of it.
    pub origins: usize,
}

/// One `[[signal]]`, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalPlan {
    /// The kind of thing, and of its alerts.
    pub kind: Arc<str>,
    /// What feeds it.
    pub from: Vec<Feed>,
    /// Belief while nothing was seen, between 0 and 1.
    pub prior: f64,
    /// After this long without a word, what was said counts half.
    pub half_life: Duration,
    /// Maximum contribution of one camera or sensor, in log-odds.
    pub origin_cap: f64,
    /// The levels that it may have, rising in level and belief; at least one.
    pub levels: Vec<LevelPlan>,
    /// Belief below which it is over; below the first level's.
    pub clear: f64,
    /// For how long belief must be below `clear` before the alert ends, and below its level before that falls.
    pub hold: Duration,
    /// How long after an end no new alert begins, unless it is more urgent than the one that ended.
    pub cooldown: Duration,
    /// Whether neighbouring grid cells share an alert.
    pub join_neighbours: bool,
    /// Whether each camera has an alert of its own, whatever else its grid cell holds.
    pub each_camera: bool,
}

impl SignalPlan {
    /// The weight with which a rule feeds it, and whether it only supports; `None` if it does not feed it.
    ///
    /// A rule that reports the signal's kind always does, so that none is lost for not being listed.
    pub(crate) fn feed_of(&self, rule: &Rule) -> Option<(f64, bool)> {
        let listed = self.from.iter().find_map(|feed| match &feed.from {
            Selector::Rule(id) if *id == rule.id => Some((feed.weight, feed.only_supports)),
            Selector::RuleKind(kind) if *kind == rule.signal => Some((feed.weight, feed.only_supports)),
            Selector::Rule(_)
            | Selector::RuleKind(_)
            | Selector::Sensor { .. }
            | Selector::Quantity { .. }
            | Selector::Cameras { .. } => None,
        });
        listed.or_else(|| (rule.signal == self.kind).then_some((DEFAULT_WEIGHT, false)))
    }

    /// The thresholds of a sensor that it listens to.
    pub(crate) fn thresholds_of<'a>(
        &'a self,
        plan: &'a SensorPlan,
    ) -> impl Iterator<Item = (&'a Threshold, &'a Feed)> {
        self.from.iter().filter_map(|feed| match &feed.from {
            Selector::Sensor { sensor, threshold } if *sensor == plan.id => Some((threshold, feed)),
            Selector::Quantity { quantity, threshold } if **quantity == *plan.quantity.name() => {
                Some((threshold, feed))
            }
            Selector::Rule(_)
            | Selector::RuleKind(_)
            | Selector::Sensor { .. }
            | Selector::Quantity { .. }
            | Selector::Cameras { .. } => None,
        })
    }

    /// Belief at which the first level begins.
    pub fn raise(&self) -> f64 {
        self.levels.first().map_or(1.0, |first| first.belief)
    }
}

/// Log-odds of a probability strictly between 0 and 1.
pub(crate) fn log_odds(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// The probability of log-odds.
pub(crate) fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// What one source has said: its strongest word, each fading from the moment at which it was said.
///
/// Words may be repeated as often as one likes and come in any order within a moment: only the greatest of what is
/// left of each counts, so more words never lower it and a source that babbles counts no more than its weight.
#[derive(Debug, Clone)]
pub(crate) struct Charge {
    /// Log-odds of a sure "yes".
    weight: f64,
    half_life: Duration,
    /// What it counted for at the latest moment, in parts of the weight.
    part: f64,
    /// The latest moment at which it spoke.
    at: Duration,
    /// Whether it says "yes", as of its latest moment.
    is_positive: bool,
}

impl Charge {
    /// A source that has said nothing.
    pub(crate) fn new(weight: f64, half_life: Duration) -> Self {
        Charge { weight, half_life, part: 0.0, at: Duration::ZERO, is_positive: false }
    }

    /// The contribution with the weight and half-life of another charge, after a change of configuration.
    pub(crate) fn revalue(&mut self, to: &Charge) {
        self.weight = to.weight;
        self.half_life = to.half_life;
    }

    /// What a sure "yes" is worth.
    pub(crate) fn weight(&self) -> f64 {
        self.weight
    }

    /// Whether it says "yes", as far as is known.
    pub(crate) fn is_positive(&self) -> bool {
        self.is_positive
    }

    /// Takes a word: how strongly it says "yes", 0..1 (0: it looked and saw nothing). A word from before the
    /// latest one is left out.
    pub(crate) fn say(&mut self, at: Duration, strength: f32) {
        if at < self.at {
            return;
        }
        let is_new_moment = at > self.at;
        self.part = self.part_left(at).max(f64::from(strength.clamp(0.0, 1.0)));
        self.is_positive = strength > 0.0 || (self.is_positive && !is_new_moment);
        self.at = at;
    }

    /// The source has stopped: its contribution fades.
    pub(crate) fn fall_silent(&mut self) {
        self.is_positive = false;
    }

    /// What it counts for at that time, in log-odds, never negative.
    pub(crate) fn value(&self, at: Duration) -> f64 {
        self.weight * self.part_left(at)
    }

    fn part_left(&self, at: Duration) -> f64 {
        let age = at.saturating_sub(self.at).as_secs_f64();
        if age <= 0.0 || self.part <= 0.0 {
            return self.part;
        }
        self.part * (-age / self.half_life.as_secs_f64().max(1e-3)).exp2()
    }
}
