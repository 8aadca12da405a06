//! Rules: what an installer asks to be told about, as plain checked types, and the [`Watch`] that evaluates
//! one rule on one camera.
//!
//! Configuration is turned into these types; nothing here can be half valid. A watch gets the tracks of
//! each frame and answers with an [`Observation`]; it knows nothing of alerts and never reads a clock.
//! Where things stand is asked of their foot, as zones are drawn on the ground.

mod crowd;
mod dwell;
mod line;
mod parked;
mod present;
mod watch;

pub use watch::{FLICKER, Observation, Scene, UnknownName, Watch};

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::alert::Level;
use super::camera_health::CameraCondition;
use super::detection::Class;
use super::geometry::{BBox, Line, Polygon};
use super::schedule::Schedule;

/// What the analysis knows about one camera.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraPlan {
    /// The camera's id.
    pub id: Arc<str>,
    /// The grid code of its place.
    pub grid: Arc<str>,
    /// Named areas.
    pub zones: BTreeMap<Arc<str>, Polygon>,
    /// Named lines.
    pub lines: BTreeMap<Arc<str>, Line>,
    /// Areas that are never analysed and never in evidence.
    pub masks: Vec<Polygon>,
    /// From which score on a class counts as surely seen;
    /// [`DEFAULT_THRESHOLD`](super::tracker::DEFAULT_THRESHOLD) where none is given. The detector must give
    /// what scores less too, down to [`SCORE_FLOOR`](super::tracker::SCORE_FLOOR): it continues tracks.
    pub thresholds: BTreeMap<Class, f32>,
    /// How often a frame of it is looked at, per second.
    pub analysis_hz: f32,
    /// What is usual for this camera and no trouble: `moved` for one that is steered.
    pub ignore_conditions: Vec<CameraCondition>,
}

impl CameraPlan {
    /// A camera without place, zones, lines or masks.
    pub fn new(id: impl Into<Arc<str>>, analysis_hz: f32) -> Self {
        CameraPlan {
            id: id.into(),
            grid: "".into(),
            zones: BTreeMap::new(),
            lines: BTreeMap::new(),
            masks: Vec::new(),
            thresholds: BTreeMap::new(),
            analysis_hz,
            ignore_conditions: Vec::new(),
        }
    }

    /// Whether a detection there is to be left out: it stands in a mask, or a mask covers half of it.
    pub fn masks_out(&self, b: &BBox) -> bool {
        let foot = b.standing_point();
        self.masks.iter().any(|mask| mask.contains(foot) || mask.share_of(b) >= 0.5)
    }
}

/// One rule, on one or more cameras.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its id.
    pub id: Arc<str>,
    /// Cameras it watches; each has its own state and its own alerts.
    pub cameras: Vec<Arc<str>>,
    /// The kind of alert it raises.
    pub signal: Arc<str>,
    /// The level of its alerts.
    pub level: Level,
    /// When it is in force.
    pub schedule: Schedule,
    /// How long the condition must be gone before its alert ends.
    pub hold: Duration,
    /// How long after an end the same rule on the same camera raises no new alert.
    pub cooldown: Duration,
    /// The condition.
    pub when: Condition,
}

/// Which crossings of a line count, seen along the drawn line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Only left to right.
    LeftToRight,
    /// Only right to left.
    RightToLeft,
    /// Both ways.
    Both,
}

/// What must be seen. Zones and lines are names in the [`CameraPlan`]; that they exist there was checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Anything of these classes in the zone, without a gap longer than flicker, for that long.
    Present {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How long.
        for_at_least: Duration,
    },
    /// The *same* thing stays in the zone for that long.
    Dwell {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How long.
        for_at_least: Duration,
    },
    /// Something crosses the line.
    Line {
        /// Line name.
        line: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// Which way.
        direction: Direction,
    },
    /// At least so many at once in the zone, for that long.
    Crowd {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How many.
        at_least: usize,
        /// How long.
        for_at_least: Duration,
    },
    /// The same vehicle stays *still* in the zone for that long.
    Parked {
        /// Zone name.
        zone: Arc<str>,
        /// Classes that count.
        classes: Vec<Class>,
        /// How long.
        for_at_least: Duration,
    },
}

impl Condition {
    /// Name of the zone or line it is about.
    pub fn place(&self) -> &Arc<str> {
        match self {
            Condition::Present { zone, .. }
            | Condition::Dwell { zone, .. }
            | Condition::Crowd { zone, .. }
            | Condition::Parked { zone, .. } => zone,
            Condition::Line { line, .. } => line,
        }
    }

    /// Classes that count.
    pub fn classes(&self) -> &[Class] {
        match self {
            Condition::Present { classes, .. }
            | Condition::Dwell { classes, .. }
            | Condition::Line { classes, .. }
            | Condition::Crowd { classes, .. }
            | Condition::Parked { classes, .. } => classes,
        }
    }

    /// How long it must last; zero for crossings, which are instants.
    pub fn lasting(&self) -> Duration {
        match self {
            Condition::Present { for_at_least, .. }
            | Condition::Dwell { for_at_least, .. }
            | Condition::Crowd { for_at_least, .. }
            | Condition::Parked { for_at_least, .. } => *for_at_least,
            Condition::Line { .. } => Duration::ZERO,
        }
    }

    /// What must be passed, in the unit of [`Observation::value`]: seconds, or a count for lines and crowds.
    pub fn threshold(&self) -> f64 {
        match self {
            Condition::Line { .. } => 1.0,
            Condition::Crowd { at_least, .. } => *at_least as f64,
            _ => self.lasting().as_secs_f64(),
        }
    }
}

/// The condition in words and numbers: `car, truck or bus stays still in fire-lane for 120 s`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (classes, place) = (Names(self.classes()), self.place());
        match self {
            Condition::Present { .. } => write!(f, "{classes} is in {place}")?,
            Condition::Dwell { .. } => write!(f, "the same {classes} stays in {place}")?,
            Condition::Parked { .. } => write!(f, "{classes} stays still in {place}")?,
            Condition::Crowd { at_least, .. } => {
                write!(f, "at least {at_least} of {classes} are in {place}")?;
            }
            Condition::Line { direction, .. } => {
                let way = match direction {
                    Direction::LeftToRight => " from left to right",
                    Direction::RightToLeft => " from right to left",
                    Direction::Both => "",
                };
                return write!(f, "{classes} crosses {place}{way}");
            }
        }
        match self.lasting() {
            Duration::ZERO => Ok(()),
            lasting => write!(f, " for {} s", lasting.as_secs_f64()),
        }
    }
}

/// `car, truck or bus`.
struct Names<'a>(&'a [Class]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, class) in self.0.iter().enumerate() {
            let joint = match i {
                0 => "",
                _ if i + 1 == self.0.len() => " or ",
                _ => ", ",
            };
            write!(f, "{joint}{class}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
