//! The coverage ledger: for each rule at each camera and each hour, how long it could have raised an alert and how long not,
//! and why not. With it, "no alert" says something.
//!
//! ```text
//!  readings, once a second ─► Accumulator ─ an hour that is over ─► Keeper, Ledger ─► files ─► calendar
//!                                 └─ once a minute, where it is ────────┘
//! ```
//!
//! # What is counted
//!
//! Each second belongs to one [`CoverageState`]. The states of one rule at one camera in one hour of UTC add up to that hour:
//! to `until - from - shift_ms` of their `Stretch`. `from` and `until` are within the hour where the rule came or went in it;
//! `shift_ms` says by how much the clock was set meanwhile (set back by twenty minutes: the hour lasted that much longer).
//! Daylight saving changes nothing, as hours are those of UTC. While the daemon did not run is entered when it starts again.
//!
//! What nobody knows is not claimed. How long the daemon did not run is what the machine counted, where it was on all the time;
//! otherwise it is what the clock on the wall says, up to a day where neither a time server nor a hardware clock keeps that clock:
//! many a box has none that goes on without power. Beyond that, and wherever the clock is set to another hour, the hour ends with `set_to`, and
//! nothing is said of what lies between; a time in which no ledger was kept is left out as well (`not_kept_until`).
//!
//! # Format
//!
//! ```text
//! folder  0000000001-20261130.jsonl  number, day of its first line (UTC, for people)
//!         0000000002-20261201.jsonl  one file a day; the last one is written to
//!         now.json                   the hour that goes on, as it was a minute ago at most
//! line    {"n": 7, "at": .., "before": SHA-256 of the line before, "from": .., "until": .., "rules": [
//!            {"ms": {"watched": 3600000}, "of": {"cam-03": ["yard", "gate"]}},
//!            {"from": .., "ms": {"watched": 1200000, "dark": 600000}, "of": {"cam-04": ["yard"]}}]}
//! ```
//!
//! A line is one hour of all rules at all cameras; those that did alike stand together. Lines hold together as
//! `hash_chain` says. Several hours in which the daemon did not run are one line. `set_to` says that the hour ended
//! because the clock was set to another hour; `not_kept_until`, that no ledger was kept from its end until then.
//!
//! # Crash rules
//!
//! - A line is on disk before `now.json` goes on without it; `now.json` says after which line it stands, and is replaced as a
//!   whole once a minute and at the end. Only the hour that goes on is not in the chain yet.
//! - A kill takes a minute at most. At the next start that minute is [`CoverageState::Unknown`], and what follows it is
//!   [`CoverageState::NotRunning`]: had the daemon lived, `now.json` would say so. After an orderly end nothing is unknown.
//! - Where `now.json` is gone, everything since the last line is unknown, up to a day.
//! - `now.json` says up to which line everything was handed to the queue of the command centre. What follows is handed over at the
//!   next start, under the same ids: they have the number of the line. At most two days are.
//! - While the disk takes nothing `now.json` grows old; what ran meanwhile is in memory only, and a kill takes it.
//! - A line that was torn is cut off; the hour it stood for is then where `now.json` left it.
//! - `now.json` also holds the hash of the line after which it stands. A ledger that ends before it, or with another line, was cut
//!   or changed: the start says so, and the chain goes on after what is missing, so that `--verify` finds the place for good.
//!
//! # Bounds
//!
//! `[coverage] days` files are kept beside the one that is written to: so many days on which the box ran, whatever its clock
//! says. A rule at a camera takes about 400 bytes a day, measured with 64 cameras of 6 rules (`tests`); a file of 16 MiB ends
//! before its day. Must never be in the way of an alert, and never hold anything of a picture.

mod accumulator;
mod calendar;
mod keeper;
mod ledger;
#[cfg(test)]
mod tests;
mod times;

pub(crate) use accumulator::{Accumulator, CHECKPOINT_EVERY, Watch};
pub use calendar::{Asked, Break, BreakReason, Calendar, Day, Gap, Hour, Row, calendar};
pub(crate) use keeper::{KEPT_HOURS, Keeper};
pub(crate) use ledger::is_kept;
pub use ledger::{files, notes_its_end, verify};
pub use times::Times;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::analysis::time::Timestamp;
use crate::contract::words::Time;
pub use crate::types::coverage_state::CoverageState;

/// An hour, milliseconds.
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// An hour of all rules at all cameras, or several in which the daemon did not run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// When it began; a whole hour of UTC, but for one in which the clock was set.
    pub(crate) from: Time,
    /// When it ended.
    pub(crate) until: Time,
    /// It ended because the clock was set to this time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) set_to: Option<Time>,
    /// No ledger was kept from its end until this time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) not_kept_until: Option<Time>,
    /// What became of it, those that did alike together.
    pub(crate) rules: Vec<Stretch>,
}

/// What rules at cameras did alike within an hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stretch {
    /// Where they came within the hour.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) from: Option<Time>,
    /// Where they went within it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) until: Option<Time>,
    /// By how much the clock was set forward meanwhile, milliseconds; below zero where back.
    #[serde(skip_serializing_if = "is_none", default)]
    pub(crate) shift_ms: i64,
    /// How long each state lasted.
    pub(crate) ms: Times,
    /// The rules, by camera.
    pub(crate) of: BTreeMap<String, Vec<String>>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none(shift_ms: &i64) -> bool {
    *shift_ms == 0
}

/// The hour that goes on, on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    /// The number of the line after which it stands.
    pub(crate) after: u64,
    /// SHA-256 of that line; absent before the first, and in those of older versions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) sha256: Option<String>,
    /// Up to which line everything was handed on to be published; absent in those of older versions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) published: Option<u64>,
    /// Whether the daemon ended in order.
    pub(crate) stopped: bool,
    /// Whether no ledger was kept from here on.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub(crate) not_kept: bool,
    /// How far to rely on the clock on the wall; absent in those of older versions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) clock: Option<ClockState>,
    /// The hour, up to `until`.
    #[serde(flatten)]
    pub(crate) hour: Record,
}

/// Why nothing follows the hour that goes on, if nothing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    GoesOn,
    /// The daemon ends in order.
    Stopped,
    /// The ledger is switched off.
    NotKept,
}

impl Checkpoint {
    /// Of that hour. The ledger knows its own part.
    pub(crate) fn new(hour: Record, ending: Ending, clock: &ClockState) -> Self {
        let (stopped, not_kept) = match ending {
            Ending::GoesOn => (false, false),
            Ending::Stopped => (true, false),
            Ending::NotKept => (false, true),
        };
        let clock = Some(clock.clone());
        Checkpoint { after: 0, sha256: None, published: None, stopped, not_kept, clock, hour }
    }
}

/// How far to rely on the clock on the wall, and what else the machine knows of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClockState {
    /// It follows a time server, or a hardware clock that goes on without power.
    pub(crate) is_kept: bool,
    /// Stays the same until the machine is switched off; absent where it does not say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) boot: Option<String>,
    /// For how long the machine has been on, milliseconds.
    pub(crate) on_for_ms: i64,
}

impl ClockState {
    /// How long ago `before` was, milliseconds, where the machine was on all the time.
    fn since_ms(&self, before: &ClockState) -> Option<i64> {
        let is_same = self.boot.is_some() && self.boot == before.boot;
        is_same.then(|| (self.on_for_ms - before.on_for_ms).max(0))
    }
}

/// The time of so many milliseconds after 1970; the nearest there is.
pub(crate) fn time_of(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// The beginning of its hour.
pub(crate) fn hour_of(ms: i64) -> i64 {
    ms.div_euclid(HOUR_MS) * HOUR_MS
}
