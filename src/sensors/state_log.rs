//! Decides when a state is logged: when it changes, and once an hour while it is a fault.
//!
//! A thing that goes to and fro is not worth a line each time: after a few changes only every half an hour one is
//! written, and what lies between is counted. Pure: time is an argument.

use std::time::Duration;

/// Period at which a lasting fault, and what was left out, is logged.
const AGAIN_AFTER: Duration = Duration::from_secs(3600);
/// Changes that are written one by one, before it counts as going to and fro. A choice.
const CHANGES: u32 = 6;
/// After this long without a written change one more may be written.
const ONE_MORE_AFTER: Duration = Duration::from_secs(1800);

/// The log line that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogLine {
    /// No line.
    Nothing,
    /// The state changed.
    Changed {
        /// Changes since the last line that were not written, if any.
        changes_left_out: Option<u64>,
    },
    /// The state lasts.
    Still {
        /// Number of times it was found since the last line.
        times: u64,
        /// Changes since the last line that were not written, if any.
        changes_left_out: Option<u64>,
    },
}

/// The state of one thing, as the log knows it.
#[derive(Debug, Clone)]
pub(super) struct StateLog<S> {
    state: S,
    written_at: Duration,
    times: u64,
    left_out: u64,
    /// Changes that may still be written, and when one more was given last.
    may_write: u32,
    given_at: Duration,
}

impl<S: PartialEq> StateLog<S> {
    /// A thing in a state that needs no line.
    pub(super) fn new(state: S, now: Duration) -> Self {
        StateLog { state, written_at: now, times: 0, left_out: 0, may_write: CHANGES, given_at: now }
    }

    /// It was found in this state.
    pub(super) fn note(&mut self, state: S, is_fault: bool, now: Duration) -> LogLine {
        self.times += 1;
        if state == self.state {
            return self.still(is_fault, now);
        }
        self.state = state;
        let given = now.saturating_sub(self.given_at).as_secs() / ONE_MORE_AFTER.as_secs();
        if given > 0 {
            self.may_write =
                self.may_write.saturating_add(u32::try_from(given).unwrap_or(CHANGES)).min(CHANGES);
            self.given_at = now;
        }
        if self.may_write == 0 {
            self.left_out += 1;
            return self.still(is_fault, now);
        }
        self.may_write -= 1;
        (self.written_at, self.times) = (now, 0);
        LogLine::Changed { changes_left_out: self.take_left_out() }
    }

    /// Time passed and nothing was found.
    pub(super) fn still(&mut self, is_fault: bool, now: Duration) -> LogLine {
        let is_worth_it = is_fault || self.left_out > 0;
        if !is_worth_it || now.saturating_sub(self.written_at) < AGAIN_AFTER {
            return LogLine::Nothing;
        }
        self.written_at = now;
        LogLine::Still { times: std::mem::take(&mut self.times), changes_left_out: self.take_left_out() }
    }

    fn take_left_out(&mut self) -> Option<u64> {
        Some(std::mem::take(&mut self.left_out)).filter(|left_out| *left_out > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// Lines of a day in which the thing is found in a state every `every` seconds.
    fn lines(every: u64, state: impl Fn(u64) -> u8) -> Vec<(u64, LogLine)> {
        let mut log = StateLog::new(0, Duration::ZERO);
        let finds = (0..DAY).step_by(every as usize);
        let line = |now| (now, log.note(state(now / every), state(now / every) > 0, secs(now)));
        finds.map(line).filter(|(_, line)| *line != LogLine::Nothing).collect()
    }

    #[test]
    fn what_stays_wrong_is_reported_once_and_then_every_hour_with_a_count() {
        let lines = lines(15, |_| 1);
        assert_eq!(lines[0], (0, LogLine::Changed { changes_left_out: None }));
        assert_eq!(lines[1], (3600, LogLine::Still { times: 240, changes_left_out: None }));
        assert_eq!(lines.len(), 24);
    }

    #[test]
    fn what_is_well_is_reported_when_it_becomes_so_and_not_again() {
        let lines = lines(15, |n| u8::from((10..20).contains(&n)));
        assert_eq!(
            lines,
            [
                (150, LogLine::Changed { changes_left_out: None }),
                (300, LogLine::Changed { changes_left_out: None })
            ]
        );
    }

    #[test]
    fn what_goes_to_and_fro_is_counted_and_not_reported_each_time() {
        let to_and_fro = lines(15, |n| (n % 2) as u8);
        assert!(to_and_fro.len() < 80, "{} lines in a day", to_and_fro.len());
        let changes: u64 = to_and_fro
            .iter()
            .map(|(_, line)| match line {
                LogLine::Changed { changes_left_out } => changes_left_out.unwrap_or(0) + 1,
                LogLine::Still { changes_left_out, .. } => changes_left_out.unwrap_or(0),
                LogLine::Nothing => 0,
            })
            .sum();
        assert!(changes > 5_600, "no change is lost from the count: {changes}");
        let between_faults = lines(15, |n| 1 + (n % 2) as u8);
        assert!(between_faults.len() < 80, "{} lines in a day", between_faults.len());
    }
}
