//! How long to wait before the next attempt: exponential backoff with full jitter.
//!
//! Pure: randomness is an argument. Full jitter (a uniform draw from zero to a doubling ceiling) lets a
//! box whose switch was rebooted come back to its cameras one by one and not all at once; see Brooker,
//! "Exponential Backoff And Jitter" (2015), which measured it against its alternatives.

use std::time::Duration;

/// Bounds of the waits between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryLimits {
    /// Ceiling of the first wait.
    pub first: Duration,
    /// Ceiling that is never exceeded.
    pub most: Duration,
}

impl Default for RetryLimits {
    /// 0.5 s, because most interruptions are a moment long; 3 s, because with what a camera gets for an answer and a key frame
    /// it makes ten: nobody on a ladder waits longer for the picture to come back. An attempt costs a few milliseconds.
    fn default() -> Self {
        RetryLimits { first: Duration::from_millis(500), most: Duration::from_secs(3) }
    }
}

/// Counts attempts that failed in a row and turns them into waits.
#[derive(Debug, Clone)]
pub struct Backoff {
    limits: RetryLimits,
    failures: u32,
}

impl Backoff {
    /// Nothing failed yet.
    pub fn new(limits: RetryLimits) -> Self {
        Backoff { limits, failures: 0 }
    }

    /// The wait after one more failure; `random` is a uniform draw from 0 to 1.
    pub fn wait_after_failure(&mut self, random: f64) -> Duration {
        let ceiling = self.ceiling();
        self.failures = self.failures.saturating_add(1);
        let part = if random.is_finite() { random.clamp(0.0, 1.0) } else { 1.0 };
        ceiling.mul_f64(part)
    }

    /// What the next wait cannot exceed.
    pub fn ceiling(&self) -> Duration {
        let factor = 2u32.checked_pow(self.failures).unwrap_or(u32::MAX);
        self.limits.first.saturating_mul(factor).min(self.limits.most)
    }

    /// The stream held for a while: the next failure starts from the first wait again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ceiling_doubles_up_to_the_limit() {
        let mut backoff = Backoff::new(RetryLimits::default());
        let waits: Vec<u64> = (0..9).map(|_| backoff.wait_after_failure(1.0).as_millis() as u64).collect();
        assert_eq!(waits, [500, 1000, 2000, 3000, 3000, 3000, 3000, 3000, 3000]);
    }

    #[test]
    fn after_a_stable_time_waits_are_short_again() {
        let mut backoff = Backoff::new(RetryLimits::default());
        for _ in 0..20 {
            backoff.wait_after_failure(0.5);
        }
        backoff.reset();
        assert_eq!(backoff.wait_after_failure(1.0), Duration::from_millis(500));
    }

    proptest! {
        #[test]
        fn a_wait_lies_between_nothing_and_the_limit(
            first_ms in 0u64..5_000, most_ms in 0u64..100_000,
            draws in prop::collection::vec(prop_oneof![0.0f64..=1.0, Just(f64::NAN), Just(7.0), Just(-1.0)], 1..80),
        ) {
            let limits = RetryLimits { first: Duration::from_millis(first_ms), most: Duration::from_millis(most_ms) };
            let mut backoff = Backoff::new(limits);
            for random in draws {
                let ceiling = backoff.ceiling();
                prop_assert!(backoff.wait_after_failure(random) <= ceiling);
                prop_assert!(ceiling <= limits.most);
                prop_assert!(ceiling <= backoff.ceiling(), "the ceiling never falls by itself");
            }
        }
    }
}
