//! The wait before the next attempt: by what went wrong, and by how often it did.
//!
//! What passes by itself is tried again within seconds. What somebody has to change is tried again after minutes, each
//! time later: a camera without such a stream has none a second later either. A refused password is tried so seldom that
//! no camera locks the user out over it.
//!
//! Pure: randomness is an argument. Waits for what passes have full jitter (a uniform draw from zero to a doubling
//! ceiling), which lets a box whose switch was rebooted come back to its cameras one by one and not all at once; see
//! Brooker, "Exponential Backoff And Jitter" (2015), which measured it against its alternatives. The others are drawn
//! from the upper half, because they are long to be few.

use std::time::Duration;

use crate::types::backoff::doubled;

/// How a fault goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persistence {
    /// By itself: a restart, a cable, a full camera.
    Passing,
    /// When a name server answers again, or somebody corrects the name.
    Name,
    /// When somebody changes a setting, of the camera or of this box.
    Lasting,
    /// When the camera or the box gets another password. Trying again may do harm.
    Login,
}

impl Persistence {
    /// Within this time another attempt would most likely end alike.
    pub(super) fn lasts(self) -> Duration {
        match self {
            Persistence::Passing => Duration::ZERO,
            Persistence::Name => NAME_MOST,
            Persistence::Lasting => LASTING_MOST,
            Persistence::Login => LOGIN_MOST,
        }
    }
}

/// A name server that was down with the router is back within this.
const NAME_MOST: Duration = Duration::from_secs(120);
/// Longest wait until a changed setting takes effect; a reload takes effect at once.
const LASTING_MOST: Duration = Duration::from_secs(300);
/// A password that was right in this run is tried again this soon: a camera that boots refuses everybody until it has read
/// its users.
const LOGIN_SOON: Duration = Duration::from_secs(5);
/// So many times in a row; fewer than any camera we know of counts before it locks the user out.
const LOGINS_SOON: u32 = 3;
/// The first wait after a refused user, for a camera that boots while the box does.
const LOGIN_FIRST: Duration = Duration::from_secs(60);
/// Every later one. Some cameras lock a user out after five wrong passwords within half an hour, and the first attempt may
/// count twice.
const LOGIN_MOST: Duration = Duration::from_secs(900);

/// Bounds of the waits between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryLimits {
    /// Ceiling of the first wait.
    pub first: Duration,
    /// Ceiling that is never exceeded while what is wrong may pass by itself.
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
    /// Failures of one sort in a row.
    failures: u32,
    sort: Persistence,
    /// Refusals of the user since pictures came last, whatever else failed in between.
    refusals: u32,
    /// Pictures came in this run, so user and password were right once.
    is_proven: bool,
}

impl Backoff {
    /// The initial state.
    pub fn new(limits: RetryLimits) -> Self {
        Backoff { limits, failures: 0, sort: Persistence::Passing, refusals: 0, is_proven: false }
    }

    /// Pictures came, so that user and password are right.
    pub(super) fn pictures_came(&mut self) {
        self.is_proven = true;
        self.refusals = 0;
        if self.sort != Persistence::Passing {
            // What had to be changed was changed.
            self.failures = 0;
        }
    }

    /// Whether user and password were right once.
    pub(super) fn is_proven(&self) -> bool {
        self.is_proven
    }

    /// The wait after one more failure; `random` is a uniform draw from 0 to 1. Another sort of fault than before starts
    /// from short waits: what was to be changed was changed, or the camera restarts.
    pub(super) fn wait_after(&mut self, sort: Persistence, random: f64) -> Duration {
        if sort != self.sort {
            (self.sort, self.failures) = (sort, 0);
        }
        let part = if random.is_finite() { random.clamp(0.0, 1.0) } else { 1.0 };
        let ceiling = self.ceiling();
        self.failures = self.failures.saturating_add(1);
        match sort {
            Persistence::Passing => ceiling.mul_f64(part),
            Persistence::Name | Persistence::Lasting => ceiling.mul_f64(0.5 + 0.5 * part),
            Persistence::Login => {
                self.refusals = self.refusals.saturating_add(1);
                let soon = if self.is_proven { LOGINS_SOON } else { 0 };
                match self.refusals.saturating_sub(soon) {
                    0 => LOGIN_SOON,
                    1 => LOGIN_FIRST + self.limits.first.mul_f64(part),
                    _ => LOGIN_MOST + LOGIN_FIRST.mul_f64(part),
                }
            }
        }
    }

    /// What the next wait for a fault of the same sort cannot exceed, logins apart.
    fn ceiling(&self) -> Duration {
        let most = match self.sort {
            Persistence::Passing => self.limits.most,
            Persistence::Name => NAME_MOST,
            Persistence::Lasting | Persistence::Login => LASTING_MOST,
        };
        doubled(self.limits.first, self.failures, most)
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

    fn longest_waits(sort: Persistence, count: usize) -> Vec<u64> {
        let mut backoff = Backoff::new(RetryLimits::default());
        (0..count).map(|_| backoff.wait_after(sort, 1.0).as_millis() as u64).collect()
    }

    #[test]
    fn what_passes_by_itself_is_tried_again_within_seconds() {
        assert_eq!(
            longest_waits(Persistence::Passing, 9),
            [500, 1000, 2000, 3000, 3000, 3000, 3000, 3000, 3000]
        );
    }

    #[test]
    fn what_somebody_must_change_is_tried_again_after_minutes() {
        let secs = |waits: Vec<u64>| waits.iter().map(|ms| ms / 1000).collect::<Vec<_>>();
        assert_eq!(
            secs(longest_waits(Persistence::Lasting, 12)),
            [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
        );
        assert_eq!(secs(longest_waits(Persistence::Name, 10)), [0, 1, 2, 4, 8, 16, 32, 64, 120, 120]);
        // Even with the shortest draws there are few in a minute and a half, and some hundred in a day.
        let mut backoff = Backoff::new(RetryLimits::default());
        let (mut at, mut early, mut of_day) = (Duration::ZERO, 0, 0);
        while at < Duration::from_secs(86_400) {
            early += usize::from(at < Duration::from_secs(95));
            of_day += 1;
            at += backoff.wait_after(Persistence::Lasting, 0.0);
        }
        assert!(early <= 10 && of_day < 600, "{early} in 95 s, {of_day} in a day");
    }

    #[test]
    fn another_sort_of_fault_is_tried_again_soon() {
        let mut backoff = Backoff::new(RetryLimits::default());
        for _ in 0..12 {
            backoff.wait_after(Persistence::Lasting, 1.0);
        }
        assert_eq!(backoff.wait_after(Persistence::Passing, 1.0), Duration::from_millis(500));
        assert_eq!(backoff.wait_after(Persistence::Lasting, 1.0), Duration::from_millis(500));
    }

    /// Attempts are counted over every half hour, with the shortest draws; the first may count twice, where the camera
    /// offers a choice of logins. Other faults in between (a camera that hangs up on a locked user) change nothing.
    #[test]
    fn a_wrong_password_never_locks_the_user_out() {
        for faults_between in [0, 3] {
            let mut backoff = Backoff::new(RetryLimits::default());
            let mut at = Duration::ZERO;
            let mut refused = vec![at];
            while at < Duration::from_secs(86_400) {
                refused.push(at);
                at += backoff.wait_after(Persistence::Login, 0.0);
                for _ in 0..faults_between {
                    at += backoff.wait_after(Persistence::Passing, 0.0);
                }
            }
            let half_hour = Duration::from_secs(1800);
            for from in &refused {
                let within = refused.iter().filter(|at| *at >= from && **at < *from + half_hour).count();
                assert!(within < 5, "{within} wrong passwords from {from:?} on");
            }
        }
    }

    #[test]
    fn a_password_that_was_right_is_tried_soon_a_few_times() {
        let mut backoff = Backoff::new(RetryLimits::default());
        backoff.pictures_came();
        let waits: Vec<u64> = (0..6).map(|_| backoff.wait_after(Persistence::Login, 0.0).as_secs()).collect();
        assert_eq!(waits, [5, 5, 5, 60, 900, 900]);
        backoff.pictures_came();
        assert_eq!(backoff.wait_after(Persistence::Login, 0.0), LOGIN_SOON);
    }

    #[test]
    fn after_a_stable_time_waits_are_short_again() {
        let mut backoff = Backoff::new(RetryLimits::default());
        for _ in 0..20 {
            backoff.wait_after(Persistence::Passing, 0.5);
        }
        backoff.reset();
        assert_eq!(backoff.wait_after(Persistence::Passing, 1.0), Duration::from_millis(500));
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
                prop_assert!(backoff.wait_after(Persistence::Passing, random) <= ceiling);
                prop_assert!(ceiling <= limits.most);
                prop_assert!(ceiling <= backoff.ceiling(), "the ceiling never falls by itself");
            }
        }
    }
}
