//! A rate limit with a burst, for the backlog. Pure: time is an argument.

use std::time::{Duration, Instant};

/// So many per second, and so many at once after a pause.
#[derive(Debug)]
pub(super) struct Bucket {
    per_sec: f64,
    most: f64,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub fn new(per_sec: f64, most: f64, now: Instant) -> Self {
        Bucket { per_sec, most, tokens: most, at: now }
    }

    fn refill(&mut self, now: Instant) {
        let earned = now.saturating_duration_since(self.at).as_secs_f64() * self.per_sec;
        self.tokens = (self.tokens + earned).min(self.most);
        self.at = now;
    }

    pub fn has_one(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.tokens >= 1.0
    }

    pub fn take(&mut self, now: Instant) -> bool {
        let has = self.has_one(now);
        if has {
            self.tokens -= 1.0;
        }
        has
    }

    /// When there will be room for one.
    pub fn next_at(&mut self, now: Instant) -> Instant {
        self.refill(now);
        now + Duration::from_secs_f64((1.0 - self.tokens).max(0.0) / self.per_sec)
    }
}
