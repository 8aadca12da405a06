//! How long each rule of a camera could have raised an alert in an hour, and what kept it from it (`up/count`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alert::SeqData;
use super::words::{Mode, Time};
use super::{Payload, halve, is_zero, patterns};
use crate::text::{Sentence, condition, coverage as say};
use crate::types::coverage_state::CoverageState;

/// How long each rule of a camera could have raised an alert in an hour: with it, "no alert" says something. Published on
/// `up/count` soon after the hour, one message for each camera, in the rank of the counts: when the queue is full, it goes first.
/// The box keeps a ledger of it that holds together by hashes (`lookout coverage`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct CoverageData {
    /// Its number among all messages of the box.
    pub seq: SeqData,
    /// Whether the box means what it says.
    pub mode: Mode,
    /// The camera.
    pub camera: String,
    /// Where the camera is, as a grid code.
    #[schemars(regex(pattern = patterns::GRID))]
    pub grid: String,
    /// When the hour began; a whole hour of UTC, but for one in which the clock was set to another hour.
    pub from: Time,
    /// When it ended. Several hours after `from` where the daemon did not run in between.
    pub until: Time,
    /// The rules, by name.
    pub rules: Vec<RuleCoverage>,
    /// How many more there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub omitted: u32,
}

/// One rule at the camera. `watched_secs` and all of `not` together are the time from `from` to `until`, less `clock_set_secs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct RuleCoverage {
    /// The rule.
    pub rule: String,
    /// When it came, where that was within the hour.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<Time>,
    /// When it went, where that was within the hour.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Time>,
    /// By how many seconds the clock of the box was set forward meanwhile, below zero where back; absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clock_set_secs: Option<f64>,
    /// How many seconds it could have raised an alert.
    #[schemars(range(min = 0.0))]
    pub watched_secs: f64,
    /// What kept it from it, each for how long.
    pub not: Vec<StateSecs>,
}

/// How long one state lasted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct StateSecs {
    /// What was so; never `watched`.
    pub state: CoverageState,
    /// For how many seconds.
    #[schemars(range(min = 0.0))]
    pub secs: f64,
}

impl Payload for CoverageData {
    const TYPE: &'static str = "lookout.coverage.v1";
    const SCHEMA: &'static str = "coverage";

    /// About 150 rules of a camera fit.
    fn shrink(&mut self) -> bool {
        halve(&mut self.rules, &mut self.omitted)
    }
}

impl CoverageState {
    /// In a few words.
    pub(crate) fn words(self) -> Sentence {
        match self {
            CoverageState::Watched => say::watched(),
            CoverageState::NotInForce => say::not_in_force(),
            CoverageState::NoVideo => condition::word_no_video(),
            CoverageState::Frozen => condition::word_frozen(),
            CoverageState::Dark => condition::word_dark(),
            CoverageState::OverExposed => condition::word_over_exposed(),
            CoverageState::Covered => condition::word_covered(),
            CoverageState::Moved => condition::word_moved(),
            CoverageState::Sprayed => condition::word_sprayed(),
            CoverageState::Failing => say::failing(),
            CoverageState::Overloaded => say::overloaded(),
            CoverageState::NotRunning => say::not_running(),
            CoverageState::Unknown => say::unknown(),
        }
    }
}
