//! Rules: what an installer asks to be told about, as plain checked types.
//!
//! Configuration is turned into these types; nothing here can be half valid.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::alert::Level;
use super::detection::Class;
use super::geometry::{Line, Polygon};
use super::schedule::Schedule;

/// What the analysis knows about one camera.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraPlan {
    /// The camera's id.
    pub id: Arc<str>,
    /// Named areas.
    pub zones: BTreeMap<Arc<str>, Polygon>,
    /// Named lines.
    pub lines: BTreeMap<Arc<str>, Line>,
    /// Areas that are never analysed and never in evidence.
    pub masks: Vec<Polygon>,
    /// How often a frame of it is looked at, per second.
    pub analysis_hz: f32,
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
