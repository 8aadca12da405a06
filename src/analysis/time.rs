//! Moments: every input of the analysis carries one. Must never read a clock.

use std::time::Duration;

pub use jiff::Timestamp;

/// When something happened, on two clocks at once.
///
/// Durations (dwell, hold, cooldown) are measured on `mono`, which never jumps; schedules and what people
/// read use `utc`, which may be corrected while we run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Monotonic time since an origin that is the same for the whole run (process start, or the first
    /// frame in a replay).
    pub mono: Duration,
    /// Coordinated universal time, as far as the box knows it.
    pub utc: Timestamp,
}

impl Moment {
    /// A moment of a replayed day: `mono` after an origin that stood at `origin` on the wall.
    ///
    /// Saturates at the end of representable time (year 9999).
    pub fn after_origin(origin: Timestamp, mono: Duration) -> Self {
        let utc = origin.checked_add(mono).unwrap_or(Timestamp::MAX);
        Moment { mono, utc }
    }

    /// Time that passed since `earlier`; zero if `earlier` is in fact later.
    pub fn since(self, earlier: Moment) -> Duration {
        self.mono.saturating_sub(earlier.mono)
    }

    /// The moment `by` later on both clocks.
    pub(crate) fn plus(self, by: Duration) -> Self {
        Moment { mono: self.mono.saturating_add(by), utc: self.utc.checked_add(by).unwrap_or(Timestamp::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_went_backwards_has_not_passed() {
        let early = Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_secs(5));
        let late = early.plus(Duration::from_secs(2));
        assert_eq!(late.since(early), Duration::from_secs(2));
        assert_eq!(early.since(late), Duration::ZERO);
    }

    #[test]
    fn the_end_of_time_is_not_passed() {
        let end = Moment::after_origin(Timestamp::MAX, Duration::MAX).plus(Duration::MAX);
        assert_eq!(end, Moment { mono: Duration::MAX, utc: Timestamp::MAX });
    }
}
