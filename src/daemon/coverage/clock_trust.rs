//! How far the ledger relies on the clock on the wall, across a time in which nothing ran. Must never set a clock, nor ask the
//! hardware clock more than once: an answer of that may take a while.

use crate::analysis::time::{Moment, Timestamp};
use crate::clock::since_boot;
use crate::contract::alert::ClockSync;
use crate::coverage::ClockState;
use crate::daemon::{clock_watch, machine};

/// A hardware clock that differs by less is the one that the clock on the wall was set by: it is wrong by seconds a day. A guess.
const AGREES_MS: i64 = 300_000;

/// What is known at the start.
#[derive(Debug)]
pub(super) struct ClockTrust {
    boot: Option<String>,
    /// By how much the clock on the wall was ahead of the one that cannot be set, where the hardware clock agreed with it then.
    kept_ahead_ms: Option<i64>,
}

impl ClockTrust {
    /// At the start, with what the hardware clock says then.
    pub(super) fn new(at: Moment, hardware: Option<Timestamp>, boot: Option<String>) -> Self {
        let agrees = |hardware: Timestamp| {
            let by_ms = hardware.as_millisecond() - at.utc.as_millisecond();
            by_ms.abs() < AGREES_MS && !clock_watch::is_impossible(at.utc)
        };
        ClockTrust { boot, kept_ahead_ms: hardware.is_some_and(agrees).then(|| ahead_ms(at)) }
    }

    /// At a moment of this run.
    pub(super) fn state(&self, at: Moment) -> ClockState {
        let is_synced = machine::clock(at.utc).sync == ClockSync::Synced;
        let on_for_ms = i64::try_from(since_boot().as_millis()).unwrap_or(i64::MAX);
        let is_kept = is_synced || self.is_as_at_the_start(at);
        ClockState { is_kept, boot: self.boot.clone(), on_for_ms }
    }

    /// Whether it is still the clock with which the hardware clock agreed.
    fn is_as_at_the_start(&self, at: Moment) -> bool {
        self.kept_ahead_ms.is_some_and(|ahead| (ahead_ms(at) - ahead).abs() < AGREES_MS)
    }
}

fn ahead_ms(at: Moment) -> i64 {
    let mono_ms = i64::try_from(at.mono.as_millis()).unwrap_or(i64::MAX);
    at.utc.as_millisecond().saturating_sub(mono_ms)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(mono_secs: u64, utc: &str) -> Moment {
        Moment { mono: Duration::from_secs(mono_secs), utc: utc.parse().unwrap() }
    }

    #[test]
    fn a_clock_is_relied_on_where_a_hardware_clock_agreed_and_as_long_as_nobody_sets_it() {
        let start = at(5, "2026-11-30T10:00:00Z");
        let trust =
            |hardware: Option<&str>| ClockTrust::new(start, hardware.map(|text| text.parse().unwrap()), None);
        let later = at(3_605, "2026-11-30T11:00:01Z");
        assert!(trust(Some("2026-11-30T10:00:02Z")).is_as_at_the_start(later));
        // No hardware clock, and one whose battery is empty, so that the system went on from where it had stopped.
        assert!(!trust(None).is_as_at_the_start(later));
        assert!(!trust(Some("2000-01-01T00:00:09Z")).is_as_at_the_start(later));
        // Somebody set it meanwhile.
        let set = at(3_605, "2026-11-30T12:00:00Z");
        assert!(!trust(Some("2026-11-30T10:00:02Z")).is_as_at_the_start(set));
        // Both say what cannot be.
        let start = at(5, "1970-01-01T00:00:10Z");
        assert!(!ClockTrust::new(start, Some(start.utc), None).is_as_at_the_start(start));
    }
}
