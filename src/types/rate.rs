//! [`Bucket`]: a rate limit with a burst. The time is an argument.

use std::time::{Duration, Instant};

/// A token bucket: a rate per second, and a burst after a pause.
#[derive(Debug)]
pub(crate) struct Bucket {
    per_sec: f64,
    most: f64,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// A full one; `per_sec` is above zero, `most` at least one.
    pub(crate) fn new(per_sec: f64, most: f64, now: Instant) -> Self {
        Bucket { per_sec, most, tokens: most, at: now }
    }

    fn refill(&mut self, now: Instant) {
        let earned = now.saturating_duration_since(self.at).as_secs_f64() * self.per_sec;
        self.tokens = (self.tokens + earned).min(self.most);
        self.at = now;
    }

    /// Whether there is room for one.
    pub(crate) fn has_one(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.tokens >= 1.0
    }

    /// Takes one if there is room; whether there was.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let has = self.has_one(now);
        if has {
            self.tokens -= 1.0;
        }
        has
    }

    /// When there will be room for one.
    pub(crate) fn next_at(&mut self, now: Instant) -> Instant {
        self.refill(now);
        now + Duration::from_secs_f64((1.0 - self.tokens).max(0.0) / self.per_sec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_so_many_a_second() {
        let begin = Instant::now();
        let mut bucket = Bucket::new(2.0, 4.0, begin);
        for _ in 0..4 {
            assert!(bucket.take(begin));
        }
        assert!(!bucket.take(begin));
        let next = bucket.next_at(begin);
        assert_eq!(next, begin + Duration::from_millis(500));
        assert!(bucket.take(next) && !bucket.take(next));
        let much_later = begin + Duration::from_secs(60);
        assert_eq!(
            (0..10).filter(|_| bucket.take(much_later)).count(),
            4,
            "a pause saves no more than a burst"
        );
    }
}
