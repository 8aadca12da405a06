//! Rules: what an installer wants reported, as plain checked types, and the `RuleEvaluator` that evaluates
//! one rule on one camera.
//!
//! Configuration is turned into these types; nothing here can be half valid. A watch gets the tracks of
//! each frame and answers with an `Observation`; it knows nothing of alerts and never reads a clock.
//! Where things stand is asked of their foot, as zones are drawn on the ground.
//!
//! A kind of rule is a file: its parameters in the configuration, its description, and how it watches. The kinds
//! are listed once, here; whatever concerns all of them is made of that list or asks through the traits in `kind`.

mod condition;
mod crowd;
mod duty_cycle;
mod dwell;
mod evaluator;
mod fallen;
mod fire;
mod fire_smoke;
mod gone;
mod indoors;
mod kind;
mod left_behind;
mod line;
mod parked;
mod path;
mod prelude;
mod present;
mod remembered_objects;
mod required_rate;
mod rush;
mod scuffle;
mod smoke;
mod stationary;
pub(crate) mod typed;
mod vending;
mod works;
mod wrong_way;

/// Every kind of rule, by the name of its table in the configuration: its parameters, and those as they are typed.
///
/// Gives the list to the macro that it is called with, which makes of it what needs all kinds: [`Condition`], the table
/// of a rule in the configuration, what rules say. A new kind is a file, its `mod` above, and a line here.
macro_rules! rule_kinds {
    ($made_of:ident) => {
        $made_of! {
            present: Present, PresentDocument;
            dwell: Dwell, DwellDocument;
            line: LineCrossed, LineCrossedDocument;
            crowd: Crowd, CrowdDocument;
            parked: Parked, ParkedDocument;
            wrong_way: WrongWay, WrongWayDocument;
            left_behind: LeftBehind, LeftBehindDocument;
            gone: Gone, GoneDocument;
            fallen: Fallen, FallenDocument;
            scuffle: Scuffle, ScuffleDocument;
            rush: Rush, RushDocument;
            fire: Fire, FireDocument;
            smoke: Smoke, SmokeDocument;
            indoors: Indoors, IndoorsDocument;
            vending: Vending, VendingDocument;
            works: Works, WorksDocument;
        }
    };
}
pub(crate) use rule_kinds;

macro_rules! parameters {
    ($($name:ident: $Rule:ident, $Document:ident;)*) => {
        $(
            pub use $name::$Rule;
            pub(crate) use $name::$Document;
        )*

        /// What rules say.
        pub(crate) const SENTENCES: &[Sentences] = &[$($name::SENTENCES),*];

        /// What the reference says of their fields.
        pub(crate) const FIELDS: &[Fields] = &[$($name::FIELDS),*];
    };
}
rule_kinds!(parameters);

pub use condition::Condition;
pub(crate) use condition::KINDS;
pub use evaluator::UnknownName;
pub(crate) use evaluator::{FLICKER, Observation, RuleEvaluator, Scene};
pub(crate) use kind::AlertKind;
pub use required_rate::View;
pub use scuffle::is_worth_a_flow;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::detection::Class;
use super::filters::ClassMask;
use super::geometry::{Line, Polygon};
use super::ground::Horizon;
use super::heights::HeightLimits;
use super::plausible::LARGEST_BOX;
use super::schedule::Schedule;
use crate::text::{Fields, Sentences};
use crate::types::camera_condition::CameraCondition;
use crate::types::level::Level;

/// What the analysis knows about one camera.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraPlan {
    /// The camera's id.
    pub id: Arc<str>,
    /// The grid code of its place.
    pub grid: Arc<str>,
    /// Named areas.
    pub zones: BTreeMap<Arc<str>, Polygon>,
    /// Zones whose comings and goings are counted (`super::counts`).
    pub counted: Vec<Arc<str>>,
    /// Named lines.
    pub lines: BTreeMap<Arc<str>, Line>,
    /// Areas that are never analysed and never in evidence.
    pub masks: Vec<Polygon>,
    /// Areas in which things of some classes are left out.
    pub class_masks: Vec<ClassMask>,
    /// How tall boxes may be, by class.
    pub heights: BTreeMap<Class, HeightLimits>,
    /// Where level ground meets the sky, where that was drawn.
    pub horizon: Option<Horizon>,
    /// From which score on a class counts as surely seen;
    /// `DEFAULT_THRESHOLD` where none is given. The detector must give
    /// what scores less too, down to `SCORE_FLOOR`: it continues tracks.
    pub thresholds: BTreeMap<Class, f32>,
    /// Other thresholds at other hours.
    pub night: Option<Night>,
    /// How often a frame of it is looked at, per second.
    pub analysis_hz: f32,
    /// What is usual for this camera and no trouble: `moved` for one that is steered.
    pub ignore_conditions: Vec<CameraCondition>,
    /// How large a box may be that touches three borders (`LARGEST_BOX`).
    pub largest_box: f32,
    /// Whether what is taken for a person and never moves is learnt, and left out (`super::furniture`).
    pub learn_furniture: bool,
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
            class_masks: Vec::new(),
            heights: BTreeMap::new(),
            horizon: None,
            thresholds: BTreeMap::new(),
            night: None,
            analysis_hz,
            ignore_conditions: Vec::new(),
            largest_box: LARGEST_BOX as f32,
            learn_furniture: true,
        }
    }

    /// The thresholds by day or by night.
    pub(crate) fn thresholds_at(&self, is_night: bool) -> Vec<(Class, f32)> {
        let mut thresholds = self.thresholds.clone();
        thresholds.extend(self.night.iter().filter(|_| is_night).flat_map(|night| &night.thresholds));
        thresholds.into_iter().collect()
    }
}

/// Thresholds of some classes that are in force at some hours, in place of the camera's others.
#[derive(Debug, Clone, PartialEq)]
pub struct Night {
    /// When.
    pub schedule: Schedule,
    /// From which score on a class counts as surely seen.
    pub thresholds: BTreeMap<Class, f32>,
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
    /// How tall, in parts of the picture's height, what it looks at may be.
    pub heights: HeightLimits,
    /// The condition.
    pub when: Condition,
}

#[cfg(test)]
mod tests;
