//! Watches the clock on the wall against the one that cannot be set, says how far to trust it, and reports to the centre
//! when it was set.
//!
//! Everything that lasts (holds, stale sensors, backoffs, escalations) is measured on the monotonic clock and is not
//! concerned. Must never correct a time by itself: which clock is right is not for a box to guess.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::alerts::SharedClockData;
use crate::analysis::time::{Moment, Timestamp};
use crate::contract::Sender;
use crate::contract::alert::{ClockData, ClockSync, SeqData};
use crate::contract::messages::TIME_FIX;
use crate::contract::time_fix::{TimeFixData, ToldRange};
use crate::contract::words::{LocalTime, Time};
use crate::outbox::{Kind, Outbox, Record};
use crate::text::{box_log, language_of_log, log_error, log_warn};

use super::machine;

/// Less is what a time server corrects by running the clock faster or slower, and what scheduling may look like.
const NOTABLE: Duration = Duration::from_secs(1);

/// The clock was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Jump {
    shift_ms: i64,
    said: Timestamp,
    says: Timestamp,
}

/// Compares the clocks of one moment with those of the one before. Pure.
#[derive(Debug, Clone, Copy)]
struct Compare {
    last: Moment,
}

impl Compare {
    fn look(&mut self, now: Moment) -> Option<Jump> {
        let said = self.last.utc.checked_add(now.since(self.last)).unwrap_or(Timestamp::MAX);
        self.last = now;
        let shift_ms = now.utc.as_millisecond() - said.as_millisecond();
        let is_notable = shift_ms.unsigned_abs() >= NOTABLE.as_millis() as u64;
        is_notable.then_some(Jump { shift_ms, said, says: now.utc })
    }
}

/// The watch of a running daemon.
pub(crate) struct ClockWatch {
    compare: Compare,
    shared: SharedClockData,
    outbox: Outbox,
    /// The first number published with the present clock.
    first_n: u64,
    /// Jumps that are not stored yet.
    waiting: VecDeque<(Jump, ClockData, ClockData, Option<ToldRange>)>,
}

impl ClockWatch {
    /// Begins with the clock as it is.
    pub(crate) fn new(now: Moment, shared: SharedClockData, outbox: Outbox) -> Self {
        let first_n = outbox.depth().last_n + 1;
        ClockWatch { compare: Compare { last: now }, shared, outbox, first_n, waiting: VecDeque::new() }
    }

    /// Compares the clocks and reports a jump; called about every second. The log has times in the site's zone.
    pub(crate) fn look(&mut self, now: Moment, sender: &Sender, zone: &TimeZone) {
        let after = machine::clock(now.utc);
        let before = std::mem::replace(&mut *self.shared.lock(), after);
        if let Some(jump) = self.compare.look(now) {
            let at_site = |at: Timestamp| LocalTime::new(at, zone);
            let (said, says) = (at_site(jump.said), at_site(jump.says));
            log_warn!(box_log::clock_was_set(); shift_ms = jump.shift_ms, %said, %says);
            let last = self.outbox.depth().last_n;
            let told = (last >= self.first_n).then_some(ToldRange { from: self.first_n, to: last });
            self.first_n = last + 1;
            self.waiting.push_back((jump, before, after, told));
        }
        while let Some(next) = self.waiting.front() {
            if !self.publish(*next, sender) {
                // The alert writer has said why; it is tried again in a second.
                return;
            }
            self.waiting.pop_front();
        }
    }

    fn publish(&self, what: (Jump, ClockData, ClockData, Option<ToldRange>), sender: &Sender) -> bool {
        let (jump, clock_before, clock, told) = what;
        let record = Record {
            kind: Kind::TimeFix,
            alert_id: None,
            rev: 0,
            level: None,
            phase_end: false,
            topic_suffix: TIME_FIX.topic.to_owned(),
            at: jump.says,
            state: None,
        };
        let sender = sender.clone();
        let stored = self.outbox.append(record, move |seq| {
            let data = TimeFixData {
                seq: SeqData { stream: seq.stream.to_string(), n: seq.n },
                shift_ms: jump.shift_ms,
                clock_said: Time(jump.said),
                clock_says: Time(jump.says),
                clock_before,
                clock,
                told,
            };
            sender.event(format!("time_fix.{}.{}", seq.stream, seq.n), None, jump.says, data)
        });
        match stored {
            Ok(_) => true,
            Err(error) if error.is_about_the_message() => {
                let error = error.in_language(language_of_log());
                log_error!(box_log::clock_set_not_told(); %error);
                true
            }
            Err(_) => false,
        }
    }
}

/// Whether the clock says a time at which this program did not exist: it was never set since the box was switched on.
pub(crate) fn is_impossible(now: Timestamp) -> bool {
    // The year in which Lookout was begun.
    now.as_second() < 1_767_225_600
}

/// The word for a clock with what the system says of it.
pub(crate) fn judged(now: Timestamp, by_system: ClockData) -> ClockData {
    if is_impossible(now) { ClockData { sync: ClockSync::Unsynced, err_ms: None } } else { by_system }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mono_secs: u64, utc_secs: i64) -> Moment {
        Moment { mono: Duration::from_secs(mono_secs), utc: Timestamp::from_second(utc_secs).unwrap() }
    }

    #[test]
    fn a_clock_that_is_set_is_reported_once_with_what_it_would_have_said() {
        let mut compare = Compare { last: at(10, 1000) };
        assert_eq!(compare.look(at(11, 1001)), None);
        let jump = compare.look(at(12, 1_800_000_000)).unwrap();
        assert_eq!((jump.said.as_second(), jump.says.as_second()), (1002, 1_800_000_000));
        assert_eq!(jump.shift_ms, (1_800_000_000 - 1002) * 1000);
        assert_eq!(compare.look(at(13, 1_800_000_001)), None);
        assert_eq!(compare.look(at(14, 1_799_996_402)).map(|jump| jump.shift_ms), Some(-3_600_000));
    }

    #[test]
    fn a_clock_that_is_steered_and_a_watch_that_comes_late_are_no_jump() {
        let mut compare = Compare { last: at(10, 1000) };
        // Half a second of steering, and a minute in which nobody looked.
        let mut late = at(70, 1060);
        late.utc = late.utc.checked_add(Duration::from_millis(500)).unwrap();
        assert_eq!(compare.look(late), None);
    }

    #[test]
    fn nobody_believes_1970() {
        let synced = ClockData { sync: ClockSync::Synced, err_ms: Some(3) };
        assert_eq!(judged(Timestamp::from_second(100).unwrap(), synced).sync, ClockSync::Unsynced);
        assert_eq!(judged(Timestamp::from_second(1_800_000_000).unwrap(), synced), synced);
    }
}
