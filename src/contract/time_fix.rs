//! `lookout.time_fix.v1`: the clock of the box was set, and what that means for times told before.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Payload;
use super::alert::{ClockData, SeqData};
use super::words::Time;

/// The clock of the box was set. Published on `up/alert` among the alerts, with a number, and never given up.
/// Durations are not concerned: the box measures them with a clock that cannot be set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimeFixData {
    /// The number of this message itself.
    pub seq: SeqData,
    /// By how many milliseconds the clock was set forward; negative: back. Where `clock_before.sync` is not
    /// `synced`, add this to the times in the messages named by `told` and they are as right as the clock is now.
    pub shift_ms: i64,
    /// What the clock would say now had it not been set.
    pub clock_said: Time,
    /// What it says.
    pub clock_says: Time,
    /// How far the clock was to be trusted before.
    pub clock_before: ClockData,
    /// And how far it is now.
    pub clock: ClockData,
    /// The messages of `seq.stream` told by the clock as it was before, in this run of the box; absent where there
    /// are none. The last of them may, within a second, have the new time already.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub told: Option<ToldRange>,
}

/// Numbers of messages, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToldRange {
    /// First number.
    #[schemars(range(min = 1))]
    pub from: u64,
    /// Last number.
    #[schemars(range(min = 1))]
    pub to: u64,
}

impl Payload for TimeFixData {
    const TYPE: &'static str = "lookout.time_fix.v1";
    const SCHEMA: &'static str = "time_fix";
}
