//! Sensor readings: scaling, plausibility and debouncing of a raw number before it counts.
//!
//! ```text
//! raw number ─► scale, offset ─► range ─► rate of change ─► debounce ─► Good(value)
//!                     │            │             │
//!                     └────────────┴─────────────┴───────────────────► Bad(reason)
//!  nothing for too long ─────────────────────────────────────────────► Silent
//! ```
//!
//! [`SensorState`] is one sensor's memory, `threshold::Comparison` the question whether a reading means
//! something. A reading that is bad or missing is never an alarm and never "all is well": it is unknown.
//!
//! Input: raw readings with their times. Must never guess a value that was not measured.

pub(crate) mod quantity;
pub(crate) mod threshold;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::grid::GridCode;
use super::time::Moment;
use crate::text::{Words, sensor};

pub(crate) use quantity::BINARY;
pub use quantity::Quantity;
pub(crate) use threshold::Comparison;
pub use threshold::Threshold;

/// Maximum number of readings a median is taken of. Two a second for half a minute; a faster sensor's window is shorter.
const MOST_IN_WINDOW: usize = 64;

/// Readings that are bad stay bad for at least so long without a word. A faulty device is asked less often; it shall not be
/// bad and silent in turns. Four questions at the pace of a device that fails.
const BAD_STAYS: Duration = Duration::from_secs(120);

/// Two readings closer than this count as this far apart: gateways hand several over at once, and the time
/// between them says nothing about the time between the measurements.
const LEAST_INTERVAL: Duration = Duration::from_secs(1);

/// What a sensor measures, how its raw numbers are read, and what is plausible.
#[derive(Debug, Clone, PartialEq)]
pub struct SensorPlan {
    /// Its id, unique in the box.
    pub id: Arc<str>,
    /// What it measures.
    pub quantity: Quantity,
    /// The unit of its values after scaling.
    pub unit: Arc<str>,
    /// `value = raw * scale + offset`.
    pub scale: f64,
    /// In the unit.
    pub offset: f64,
    /// Minimum and maximum plausible value, in the unit; a value outside is bad.
    pub range: Option<[f64; 2]>,
    /// Greatest plausible change, in the unit per second; what changes faster is bad.
    pub max_rate_per_sec: Option<f64>,
    /// Without a word for so long it is silent; after a bad one, for two minutes at least.
    pub stale_after: Duration,
    /// A change is believed only when it lasted so long: see [`SensorState`].
    pub debounce: Duration,
    /// Its place.
    pub grid: GridCode,
}

impl SensorPlan {
    /// Whether its values are 0 and 1 only.
    pub(crate) fn is_binary(&self) -> bool {
        &*self.unit == BINARY
    }
}

/// What came from a sensor, as it came.
#[derive(Debug, Clone, PartialEq)]
pub enum RawReading {
    /// A number, before scaling. May be anything a device sends, also no number at all.
    Value(f64),
    /// Something came and holds no number; why, in words.
    Unreadable(Words),
}

impl From<f64> for RawReading {
    fn from(value: f64) -> Self {
        RawReading::Value(value)
    }
}

/// What is known of a sensor now.
#[derive(Debug, Clone, PartialEq)]
pub enum SensorReading {
    /// It measures, and what it measures is plausible.
    Good {
        /// In the plan's unit, debounced.
        value: f64,
        /// When it was last confirmed by a message.
        at: Moment,
        /// Start of the good readings.
        since: Moment,
    },
    /// It speaks, and what it says is not believed.
    Bad {
        /// What it said, in the plan's unit, if it was a number.
        value: Option<f64>,
        /// Why it is not believed.
        reason: BadReason,
        /// When it last said so.
        at: Moment,
        /// Start of the bad readings.
        since: Moment,
    },
    /// It says nothing.
    Silent {
        /// Start of the silence; `None` before its first reading.
        since: Option<Moment>,
    },
}

impl SensorReading {
    /// The value, if it is good.
    pub fn value(&self) -> Option<f64> {
        match self {
            SensorReading::Good { value, .. } => Some(*value),
            SensorReading::Bad { .. } | SensorReading::Silent { .. } => None,
        }
    }
}

/// Why a reading is not believed.
#[derive(Debug, Clone, PartialEq)]
pub enum BadReason {
    /// The message could not be read.
    Unreadable(Words),
    /// Not a number, or infinite.
    NotANumber,
    /// Neither 0 nor 1, of a sensor that knows nothing else.
    NotBinary(f64),
    /// Outside the plausible range.
    OutOfRange {
        /// In the unit.
        value: f64,
        /// Minimum and maximum.
        range: [f64; 2],
    },
    /// Faster than the quantity can change.
    TooFast {
        /// In the unit per second.
        rate: f64,
        /// The greatest plausible one.
        most: f64,
    },
}

impl BadReason {
    /// The reason, for people.
    pub fn words(&self) -> Words {
        Words::Sentence(match self {
            BadReason::Unreadable(why) => return why.clone(),
            BadReason::NotANumber => sensor::not_a_number(),
            BadReason::NotBinary(value) => sensor::not_binary(short(*value)),
            BadReason::OutOfRange { value, range: [least, most] } => {
                sensor::out_of_range(short(*value), short(*least), short(*most))
            }
            BadReason::TooFast { rate, most } => sensor::too_fast(short(*rate), short(*most)),
        })
    }
}

impl fmt::Display for BadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words().fmt(f)
    }
}

/// A number as people read it: no more digits than a sensor has.
fn short(value: f64) -> String {
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        let text = format!("{value:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{value:.3e}")
    }
}

/// One sensor's memory.
///
/// *Rate of change* is measured against the last plausible reading, so a single outlier is bad and the one
/// after it good again, and a level that really jumped is believed once enough time has passed to get there.
///
/// *Debounce* depends on what is measured. Of a sensor that says 0 or 1, a change counts when it lasted for
/// the whole time (the first word, and the first after bad or silent times, counts at once). Of any other,
/// the value is the median of the readings within the time, so that a spike shorter than half of it changes
/// nothing.
#[derive(Debug, Clone)]
pub struct SensorState {
    plan: Arc<SensorPlan>,
    reading: SensorReading,
    /// The last word, good or bad.
    last_received: Option<Moment>,
    /// The last plausible measurement.
    plausible: Option<(Moment, f64)>,
    /// Plausible readings within the debounce time, oldest first.
    window: VecDeque<(Moment, f64)>,
    /// Start of the time in which a binary sensor differs from the believed state.
    pending: Option<(Moment, f64)>,
}

impl SensorState {
    /// A sensor that has not spoken yet.
    pub fn new(plan: Arc<SensorPlan>) -> Self {
        SensorState {
            plan,
            reading: SensorReading::Silent { since: None },
            last_received: None,
            plausible: None,
            window: VecDeque::new(),
            pending: None,
        }
    }

    /// What it was made for.
    pub fn plan(&self) -> &Arc<SensorPlan> {
        &self.plan
    }

    /// What is known now, as of the last [`SensorState::take`] or [`SensorState::tick`].
    pub fn reading(&self) -> &SensorReading {
        &self.reading
    }

    /// Takes in what came at `at`. Times may repeat; one before the last counts as the last.
    pub fn take(&mut self, at: Moment, raw: &RawReading) -> &SensorReading {
        let at = self.not_before_last(at);
        self.tick(at);
        self.last_received = Some(at);
        match self.judge(at, raw) {
            Ok(value) => {
                self.plausible = Some((at, value));
                match self.debounced(at, value) {
                    Some(believed) => self.become_good(at, believed),
                    None => self.confirm(at),
                }
            }
            Err((value, reason)) => self.become_bad(at, value, reason),
        }
        &self.reading
    }

    /// Time passed: silence is noticed, and a change that lasted is believed. Wanted about once a second.
    pub fn tick(&mut self, at: Moment) -> &SensorReading {
        let Some(last_received) = self.last_received else { return &self.reading };
        let silent_after = match self.reading {
            SensorReading::Bad { .. } => self.plan.stale_after.max(BAD_STAYS),
            SensorReading::Good { .. } | SensorReading::Silent { .. } => self.plan.stale_after,
        };
        if at.since(last_received) > silent_after {
            if !matches!(self.reading, SensorReading::Silent { .. }) {
                self.reading = SensorReading::Silent { since: Some(last_received.plus(silent_after)) };
                self.window.clear();
                self.pending = None;
            }
        } else if let Some((since, value)) = self.pending
            && at.since(since) >= self.plan.debounce
        {
            self.become_good(last_received, value);
        }
        &self.reading
    }

    fn not_before_last(&self, at: Moment) -> Moment {
        match self.last_received {
            Some(last_received) if last_received.mono > at.mono => last_received,
            _ => at,
        }
    }

    fn judge(&self, at: Moment, raw: &RawReading) -> Result<f64, (Option<f64>, BadReason)> {
        let raw = match raw {
            RawReading::Value(raw) => *raw,
            RawReading::Unreadable(why) => return Err((None, BadReason::Unreadable(why.clone()))),
        };
        let value = raw * self.plan.scale + self.plan.offset;
        if !value.is_finite() {
            return Err((None, BadReason::NotANumber));
        }
        if self.plan.is_binary() && value != 0.0 && value != 1.0 {
            return Err((Some(value), BadReason::NotBinary(value)));
        }
        if let Some(range) = self.plan.range
            && !(range[0]..=range[1]).contains(&value)
        {
            return Err((Some(value), BadReason::OutOfRange { value, range }));
        }
        if let (Some(most), Some((before_at, before))) = (self.plan.max_rate_per_sec, self.plausible) {
            let rate = (value - before).abs() / at.since(before_at).max(LEAST_INTERVAL).as_secs_f64();
            if rate > most {
                return Err((Some(value), BadReason::TooFast { rate, most }));
            }
        }
        Ok(value)
    }

    /// The value to believe after this one; `None` if nothing changes yet.
    fn debounced(&mut self, at: Moment, value: f64) -> Option<f64> {
        let debounce = self.plan.debounce;
        if debounce.is_zero() {
            return Some(value);
        }
        if !self.plan.is_binary() {
            self.window.push_back((at, value));
            while self.window.len() > MOST_IN_WINDOW
                || self.window.front().is_some_and(|(first, _)| at.since(*first) > debounce)
            {
                self.window.pop_front();
            }
            return Some(median(self.window.iter().map(|(_, value)| *value)).unwrap_or(value));
        }
        let SensorReading::Good { value: believed, .. } = self.reading else {
            return Some(value);
        };
        if value == believed {
            return Some(value);
        }
        match self.pending {
            Some((since, pending)) if pending == value && at.since(since) >= debounce => Some(value),
            Some((_, pending)) if pending == value => None,
            _ => {
                self.pending = Some((at, value));
                None
            }
        }
    }

    fn become_good(&mut self, at: Moment, value: f64) {
        let since = match self.reading {
            SensorReading::Good { since, .. } => since,
            SensorReading::Bad { .. } | SensorReading::Silent { .. } => at,
        };
        self.pending = None;
        self.reading = SensorReading::Good { value, at, since };
    }

    /// It speaks; what is believed stays.
    fn confirm(&mut self, now: Moment) {
        if let SensorReading::Good { at, .. } = &mut self.reading {
            *at = now;
        }
    }

    fn become_bad(&mut self, at: Moment, value: Option<f64>, reason: BadReason) {
        let since = match self.reading {
            SensorReading::Bad { since, .. } => since,
            SensorReading::Good { .. } | SensorReading::Silent { .. } => at,
        };
        self.pending = None;
        self.reading = SensorReading::Bad { value, reason, at, since };
    }
}

/// The middle one, or the mean of the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(sorted.len() / 2 - 1)?;
    // Not the sum of both: it could leave the range of numbers.
    Some(lower / 2.0 + upper / 2.0)
}

#[cfg(test)]
mod tests;
