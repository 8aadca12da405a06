//! The row numbers of some time ago: records stored just before a connection ended count as live on the next one,
//! and must not wait behind a day's backlog because of a short interruption.
//!
//! Pure. Must never call live what was there before this run.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The times are known to this.
const STEP: Duration = Duration::from_secs(1);

/// The latest rows, by when they were stored.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// When a row was stored, and the row before it; a second apart at least.
    stored: VecDeque<(Instant, i64)>,
}

impl Recent {
    /// A row after `before` is stored. Forgets what is older than `reach`.
    pub(super) fn note(&mut self, before: i64, at: Instant, reach: Duration) {
        while self.stored.front().is_some_and(|(then, _)| at.saturating_duration_since(*then) > reach) {
            self.stored.pop_front();
        }
        if self.stored.back().is_none_or(|(then, _)| at.saturating_duration_since(*then) >= STEP) {
            self.stored.push_back((at, before));
        }
    }

    /// The last row that was stored longer ago than `reach`, if `last` is the last one of all.
    pub(crate) fn older_than(&self, reach: Duration, now: Instant, last: i64) -> i64 {
        let since = self.stored.iter().find(|(then, _)| now.saturating_duration_since(*then) < reach);
        since.map_or(last, |(_, before)| *before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REACH: Duration = Duration::from_secs(30);

    /// A row a second for a hundred seconds, beginning with row 11.
    fn busy(began: Instant) -> Recent {
        let mut recent = Recent::default();
        for second in 0..100_i64 {
            recent.note(10 + second, began + Duration::from_secs(second.unsigned_abs()), REACH);
        }
        recent
    }

    #[test]
    fn what_was_stored_lately_is_distinguished_from_what_is_old() {
        let began = Instant::now();
        let recent = busy(began);
        let at = |secs| began + Duration::from_secs(secs);
        // At 100 s rows up to 110 are there; the one of 71 s is row 82, and was stored less than thirty seconds ago.
        assert_eq!(recent.older_than(REACH, at(100), 110), 81);
        assert_eq!(recent.older_than(REACH, at(200), 110), 110, "all of it is old");
        assert_eq!(recent.older_than(Duration::ZERO, at(100), 110), 110);
        assert_eq!(Recent::default().older_than(REACH, at(0), 10), 10, "all of it was there before this run");
    }

    #[test]
    fn a_storm_fills_no_memory() {
        let began = Instant::now();
        let mut recent = Recent::default();
        for row in 0..100_000_i64 {
            recent.note(row, began + Duration::from_millis(row.unsigned_abs()), REACH);
        }
        assert!(recent.stored.len() <= 32, "{}", recent.stored.len());
    }
}
