//! Rules: what an installer asks to be told about, as plain checked types, and the [`Watch`] that evaluates
//! one rule on one camera.
//!
//! Configuration is turned into these types; nothing here can be half valid. A watch gets the tracks of
//! each frame and answers with an [`Observation`]; it knows nothing of alerts and never reads a clock.
//! Where things stand is asked of their foot, as zones are drawn on the ground.

mod condition;
mod crowd;
mod dwell;
mod fallen;
mod gone;
mod indoors;
mod left_behind;
mod line;
mod pace;
mod parked;
mod path;
mod plume;
mod present;
mod rush;
mod scuffle;
mod share;
mod spots;
mod stands;
mod vending;
mod watch;
mod works;
mod wrong_way;

pub use condition::{Condition, Direction};
pub use pace::View;
pub use watch::{FLICKER, Observation, Scene, UnknownName, Watch};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::alert::Level;
use super::camera_health::CameraCondition;
use super::detection::{Class, Detection};
use super::geometry::{Line, Polygon};
use super::plausible::{LARGEST_BOX, is_plausible};
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
    /// Zones whose comings and goings are counted ([`super::counts`]).
    pub counted: Vec<Arc<str>>,
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
    /// How large a box may be that touches three borders ([`LARGEST_BOX`]).
    pub largest_box: f32,
}

impl CameraPlan {
    /// A camera without place, zones, lines or masks.
    pub fn new(id: impl Into<Arc<str>>, analysis_hz: f32) -> Self {
        CameraPlan {
            id: id.into(),
            grid: "".into(),
            zones: BTreeMap::new(),
            counted: Vec::new(),
            lines: BTreeMap::new(),
            masks: Vec::new(),
            thresholds: BTreeMap::new(),
            analysis_hz,
            ignore_conditions: Vec::new(),
            largest_box: LARGEST_BOX as f32,
        }
    }

    /// Whether a detection is to be left out: it cannot be a thing, stands in a mask, or a mask covers half of it.
    pub fn leaves_out(&self, detection: &Detection) -> bool {
        let b = &detection.box_in_frame;
        let foot = b.standing_point();
        !is_plausible(detection, self.largest_box)
            || self.masks.iter().any(|mask| mask.contains(foot) || mask.share_of(b) >= 0.5)
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

#[cfg(test)]
mod tests;
