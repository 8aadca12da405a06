//! Signals as they are typed: which hints together make an alert.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{At, Names};

/// How hints of several cameras and sensors become one alert.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FusionDocument {
    /// Signals of the catalogue that are wanted, by kind; `["all"]` for every one. `config/signals.toml` lists them. A
    /// `[[signal]]` of the same kind in this file takes the place of the catalogue's.
    #[schemars(extend("default" = DEFAULT_CATALOGUE, "examples" = [["fire", "flooding", "camera_trouble"]]))]
    pub catalogue: Option<Names>,
    /// Whether a camera that gives no video, or whose picture is frozen, dark, covered, moved, blurred or sprayed, raises an
    /// alert that names it (the catalogue's `camera_trouble`). What is usual for one camera: its `ignore_conditions`.
    #[schemars(extend("default" = true))]
    pub camera_trouble: Option<At<bool>>,
    /// Pairs of grid codes that touch: what both see is one alert, for signals with `join_neighbours`.
    #[schemars(extend("examples" = [[["53012700300102", "53012700300103"]]]))]
    pub neighbours: Option<At<Vec<At<[String; 2]>>>>,
}

/// One kind of thing and the hints that make it believed. A rule whose kind is this one always feeds it; a rule that
/// feeds a signal raises no alerts by itself.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignalDocument {
    /// The kind of its alerts.
    #[schemars(required, extend("pattern" = "^[a-z][a-z0-9_]{0,63}$", "examples" = ["flooding"]))]
    pub kind: Option<At<String>>,
    /// A sentence for people: why these sources and weights.
    #[schemars(length(max = 400))]
    pub why: Option<At<String>>,
    /// The sources, each with its weight. If left out, only rules of this kind feed it.
    #[serde(default)]
    pub from: Vec<At<FeedDocument>>,
    /// Belief while nothing was seen, between 0 and 1.
    #[schemars(range(min = 0.001, max = 0.9), extend("default" = crate::analysis::signals::DEFAULT_PRIOR))]
    pub prior: Option<At<f64>>,
    /// After so many seconds without a word, what was said counts half (in log-odds).
    #[schemars(range(min = 1.0, max = 86_400.0), extend("default" = DEFAULT_HALF_LIFE_SECS))]
    pub half_life_secs: Option<At<f64>>,
    /// Most that one camera or sensor counts for, in log-odds. With the usual prior 3.0 allows a belief of 0.83.
    #[schemars(range(min = 0.1, max = 20.0), extend("default" = crate::analysis::signals::DEFAULT_ORIGIN_CAP))]
    pub origin_cap: Option<At<f64>>,
    /// Belief from which each level begins. Levels that are left out do not exist for this signal.
    pub levels: Option<At<LevelsDocument>>,
    /// Seconds for which belief must have been there before a level begins.
    pub after_secs: Option<At<LevelsDocument>>,
    /// How many cameras and sensors must agree before a level begins.
    pub origins: Option<At<LevelsDocument>>,
    /// Belief below which it is over. If left out, 0.15 below its first level.
    #[schemars(range(min = 0.0, max = 0.99))]
    pub clear: Option<At<f64>>,
    /// Seconds for which belief must be too low before the alert ends or its level falls.
    #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = super::DEFAULT_SIGNAL_HOLD_SECS))]
    pub hold_secs: Option<At<f64>>,
    /// Seconds after an end in which no new alert begins, unless it is more urgent than the one that ended.
    #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = super::DEFAULT_SIGNAL_COOLDOWN_SECS))]
    pub cooldown_secs: Option<At<f64>>,
    /// Whether what neighbouring grid cells see is one alert (`[fusion] neighbours`).
    #[schemars(extend("default" = false))]
    pub join_neighbours: Option<At<bool>>,
    /// Whether each camera has an alert of its own. If left out, true where nothing but `conditions` feeds it: two cameras
    /// in trouble are two errands.
    pub each_camera: Option<At<bool>>,
}

/// One source, or several of a kind, and what it weighs. Exactly one of `rule`, `kind`, `sensor`, `quantity`,
/// `conditions` says which.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [
    {"required": ["rule"]}, {"required": ["kind"]}, {"required": ["sensor"]},
    {"required": ["quantity"]}, {"required": ["conditions"]},
]))]
pub struct FeedDocument {
    /// One rule, by id.
    pub rule: Option<At<String>>,
    /// Every rule of this kind (its `signal`, or the name of its condition).
    pub kind: Option<At<String>>,
    /// One sensor, by id, beyond a threshold.
    pub sensor: Option<At<String>>,
    /// Every sensor of this quantity, beyond a threshold.
    pub quantity: Option<At<String>>,
    /// Conditions of cameras themselves: `no_video`, `frozen`, `dark`, `over_exposed`, `covered`, `moved`, `blurred`,
    /// `sprayed`.
    pub conditions: Option<Names>,
    /// Only these cameras, with `conditions`; all if left out.
    pub cameras: Option<Names>,
    /// A sensor says "yes" from this value on.
    pub above: Option<At<f64>>,
    /// A sensor says "yes" from this value down.
    pub below: Option<At<f64>>,
    /// How far back a sensor's value must come before "yes" is taken back, in its unit.
    #[schemars(range(min = 0.0), extend("default" = 0.0))]
    pub hysteresis: Option<At<f64>>,
    /// At `above` or `below` a sensor counts half, from this value on fully. If left out, fully at once.
    pub sure_at: Option<At<f64>>,
    /// For how many seconds a sensor's value must be beyond the threshold before it says "yes".
    #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = 0.0))]
    pub for_secs: Option<At<f64>>,
    /// What a sure "yes" counts for, in log-odds: 1 is a hint, 2 a good reason, 3 nearly certain.
    #[schemars(required, range(min = 0.05, max = 20.0))]
    pub weight: Option<At<f64>>,
    /// It makes surer what another source says, and says nothing alone: noise is no scuffle.
    #[schemars(extend("default" = false))]
    pub only_supports: Option<At<bool>>,
}

/// A number for each level.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelsDocument {
    /// Worth knowing.
    #[schemars(range(min = 0.0))]
    pub blue: Option<At<f64>>,
    /// Somebody should look when they can.
    #[schemars(range(min = 0.0))]
    pub yellow: Option<At<f64>>,
    /// Somebody should go.
    #[schemars(range(min = 0.0))]
    pub orange: Option<At<f64>>,
    /// Somebody should go now.
    #[schemars(range(min = 0.0))]
    pub red: Option<At<f64>>,
}

impl LevelsDocument {
    /// The four, the least urgent first.
    pub fn all(&self) -> [&Option<At<f64>>; 4] {
        [&self.blue, &self.yellow, &self.orange, &self.red]
    }
}

/// Nothing more of the catalogue than `camera_trouble` unless asked for: a rule alone then raises its alerts.
pub(crate) const DEFAULT_CATALOGUE: [&str; 0] = [];
/// DESIGN's example; longer than the usual distance of two sightings of one thing.
pub(crate) const DEFAULT_HALF_LIFE_SECS: f64 = 60.0;
