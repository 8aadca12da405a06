//! What a box watches for, as `up/meta` lists it: rules, signals, the zones and lines that rules are about, and the numbers
//! that decide. The names of the fields are those of the configuration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::types::level::Level;

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetaRule {
    /// Its id.
    pub id: String,
    /// The kind of alert it raises.
    pub kind: String,
    /// The level it suggests.
    pub level: Level,
    /// Title of its alerts, where it gives one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<String>,
    /// What it waits for, by the name in the configuration: `present`, `dwell`, `parked`, ...
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub when: String,
    /// The same in words and numbers, as in an alert's `why.condition`.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub condition: String,
    /// The zone that it is about, one of `zones` on each of its cameras; absent where it is about a line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub zone: Option<String>,
    /// The line that it is about, one of `zones` on each of its cameras; absent where it is about a zone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<String>,
    /// The classes that count.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub classes: Vec<String>,
    /// What must be passed, as in an alert's `why.threshold`: a number of things for lines, crowds and rushes, a share of
    /// the zone for dense crowds, body heights per second for scuffles, seconds for everything else.
    #[serde(skip_serializing_if = "is_nothing", default)]
    pub threshold: f64,
    /// For how many seconds it must last; absent for what is over as soon as it happened.
    #[serde(skip_serializing_if = "is_nothing", default)]
    pub for_secs: f64,
    /// Least height of what counts, in parts of the picture's height; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub min_height: Option<f64>,
    /// Greatest height of what counts, in parts of the picture's height; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_height: Option<f64>,
    /// When it is in force, in the box's time zone: `always`, `workdays 07:00-20:00`.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub schedule: String,
    /// Seconds for which its condition must be gone before an alert ends; absent: none.
    #[serde(skip_serializing_if = "is_nothing", default)]
    pub hold_secs: f64,
    /// Seconds after an alert's end in which it raises no new one on the same camera; absent: none.
    #[serde(skip_serializing_if = "is_nothing", default)]
    pub cooldown_secs: f64,
    /// The cameras it watches.
    pub cameras: Vec<String>,
}

/// Boxes of earlier versions told none of it, so it is not required.
fn is_nothing(value: &f64) -> bool {
    *value <= 0.0
}

/// A zone or line that is drawn on a camera's picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetaZone {
    /// The camera.
    pub camera: String,
    /// Its id, unique among the zones and among the lines of its camera.
    pub id: String,
    /// Whether it is an area or a line.
    pub shape: ZoneShape,
    /// Its corners in the order of drawing, or the two ends of a line: `[x, y]` in parts of the picture, from the top left.
    pub points: Vec<[f64; 2]>,
    /// Whether comings and goings are counted in it (`up/count`).
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub counted: bool,
}

/// Area or line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ZoneShape {
    /// A closed area.
    Area,
    /// A line from one point to another.
    Line,
}

/// One kind of thing that is believed when enough hints of it come together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetaSignal {
    /// The kind of thing, and of its alerts.
    pub kind: String,
    /// The levels that its alerts may have, the least urgent first.
    pub levels: Vec<MetaLevel>,
    /// Belief below which it is over.
    pub clear: f64,
    /// Belief while nothing was seen.
    pub prior: f64,
    /// After so many seconds without a word, what was said counts half.
    pub half_life_secs: f64,
    /// Most that one camera or sensor counts for, in log-odds.
    pub origin_cap: f64,
    /// Seconds for which belief must be too low before an alert ends or its level falls.
    pub hold_secs: f64,
    /// Seconds after an end in which no new alert begins, unless it is more urgent.
    pub cooldown_secs: f64,
    /// Whether neighbouring grids share an alert.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub join_neighbours: bool,
    /// Whether each camera has an alert of its own.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub each_camera: bool,
    /// What feeds it. A rule of its kind always does, whether it is here or not.
    pub from: Vec<MetaFeed>,
}

/// What a level of a signal takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetaLevel {
    /// The level.
    pub level: Level,
    /// Belief from which it begins, 0 to 1.
    pub belief: f64,
    /// Seconds for which belief must have been there.
    pub after_secs: f64,
    /// How many cameras and sensors must agree.
    pub origins: u32,
}

/// One source of a signal, or several of a kind: exactly one of `rule`, `kind`, `sensor`, `quantity` and `conditions` is
/// there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetaFeed {
    /// One rule, by id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<String>,
    /// Every rule of this kind.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    /// One sensor, by id, beyond `above` or `below`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sensor: Option<String>,
    /// Every sensor of this quantity, beyond `above` or `below`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quantity: Option<String>,
    /// Conditions of cameras, as in `conditions` of `up/camera`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub conditions: Vec<String>,
    /// The cameras whose conditions count; absent where those of all do.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub cameras: Vec<String>,
    /// A sensor says "yes" from this value on, in its unit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub above: Option<f64>,
    /// A sensor says "yes" from this value down, in its unit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub below: Option<f64>,
    /// From which value on, or down, a sensor counts fully; absent where it does at once.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sure_at: Option<f64>,
    /// How far back a sensor's value must come before "yes" is taken back; absent where any way back will do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hysteresis: Option<f64>,
    /// Seconds for which a sensor's value must be beyond the threshold; absent where it counts at once.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub for_secs: Option<f64>,
    /// What a sure "yes" counts for, in log-odds.
    pub weight: f64,
    /// Whether it counts only while another source says "yes".
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub only_supports: bool,
}

/// From which score on a class counts as surely seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetaThreshold {
    /// The class.
    pub class: String,
    /// The score, 0 to 1.
    pub score: f64,
}

/// Scores that hold at some hours in place of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetaNight {
    /// When, in the box's time zone.
    pub schedule: String,
    /// The scores.
    pub thresholds: Vec<MetaThreshold>,
}
