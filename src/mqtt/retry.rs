//! The wait before the next connection. Pure, but for the dice.

use std::time::Duration;

use super::{Timing, TroubleKind};
use crate::types::backoff::doubled;

/// So many connections in a row that were accepted and soon closed are no accident: another client may have our client
/// id. Three are what a poisonous message may cost, twice.
const CLOSED_EARLY: u32 = 6;

/// What is known of the connections before.
#[derive(Debug, Default)]
pub(super) struct Retries {
    attempts: u32,
    taken_over: u32,
    closed_early: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    /// The wait.
    pub usual: Duration,
    /// At most so long while something urgent waits.
    pub urgent: Duration,
}

impl Retries {
    /// A connection has ended: because of this; whether it had proved itself, whether the broker had accepted it, and whether
    /// another broker is to be tried before all of them were.
    pub(super) fn next(
        &mut self,
        timing: &Timing,
        why: TroubleKind,
        settled: bool,
        accepted: bool,
        another: bool,
    ) -> Wait {
        let closed_early = why == TroubleKind::Closed && accepted && !settled;
        self.closed_early = if closed_early { self.closed_early.saturating_add(1) } else { 0 };
        if why == TroubleKind::TakenOver {
            let most = doubled(timing.taken_over_first, self.taken_over, timing.taken_over_most);
            self.taken_over = self.taken_over.saturating_add(1);
            // Not full jitter: each of the two is to have its turn.
            let usual = most.mul_f64(rand::random_range(0.5..1.0));
            return Wait { usual, urgent: timing.taken_over_urgent.mul_f64(rand::random_range(0.5..1.0)) };
        }
        if another {
            // Still jitter: a thousand boxes go from one broker to the next together.
            let usual = timing.backoff_first.mul_f64(rand::random::<f64>());
            return Wait { usual, urgent: usual.min(timing.backoff_urgent) };
        }
        if settled {
            self.taken_over = 0;
            self.attempts = 0;
        } else {
            self.attempts = self.attempts.saturating_add(1);
        }
        // Full jitter (Brooker, "Exponential Backoff And Jitter", AWS 2015): anything between zero and twice as
        // much as last time, so that a thousand boxes that lost the same broker do not come back at once.
        let most = doubled(timing.backoff_first, self.attempts.saturating_sub(1), timing.backoff_most);
        Wait {
            usual: most.mul_f64(rand::random::<f64>()),
            urgent: timing.backoff_urgent.mul_f64(rand::random::<f64>()),
        }
    }

    /// Whether the broker closes one connection after the other.
    pub(crate) fn is_thrown_off(&self) -> bool {
        self.closed_early >= CLOSED_EARLY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_clients_of_one_name_wait_longer_and_longer_and_each_has_its_turn() {
        let timing = Timing::default();
        let mut retries = Retries::default();
        let mut waits = (0..8).map(|_| retries.next(&timing, TroubleKind::TakenOver, false, true, false));
        let first = waits.next().unwrap().usual;
        assert!(first >= timing.taken_over_first / 2 && first <= timing.taken_over_first, "{first:?}");
        let last = waits.last().unwrap();
        assert!(last.usual >= timing.taken_over_most / 2 && last.usual <= timing.taken_over_most, "{last:?}");
        assert!(last.urgent >= timing.taken_over_urgent / 2, "nor is there a fight over what is urgent");
    }

    #[test]
    fn waits_grow_from_round_to_round_and_not_within_one() {
        let timing = Timing::default();
        let mut retries = Retries::default();
        for round in 0..40 {
            for _ in 0..4 {
                let wait = retries.next(&timing, TroubleKind::Refused, false, false, true);
                assert!(wait.usual <= timing.backoff_first && wait.urgent <= wait.usual, "{round}: {wait:?}");
            }
            let most = doubled(timing.backoff_first, round, timing.backoff_most);
            let wait = retries.next(&timing, TroubleKind::Refused, false, false, false);
            assert!(wait.usual <= most, "{round}: {wait:?}");
        }
        let longest = (0..40).map(|_| retries.next(&timing, TroubleKind::Refused, false, false, false).usual);
        assert!(longest.max().unwrap() > timing.backoff_first, "they do grow");
    }

    #[test]
    fn a_long_life_between_two_take_overs_does_not_begin_the_fight_anew() {
        let timing = Timing::default();
        let mut retries = Retries::default();
        let waits = (0..8).map(|_| retries.next(&timing, TroubleKind::TakenOver, true, true, false));
        assert!(waits.last().unwrap().usual >= timing.taken_over_most / 2);
    }

    #[test]
    fn connections_that_are_accepted_and_closed_again_and_again_are_no_accident() {
        let timing = Timing::default();
        let mut retries = Retries::default();
        for _ in 1..CLOSED_EARLY {
            retries.next(&timing, TroubleKind::Closed, false, true, false);
            assert!(!retries.is_thrown_off());
        }
        retries.next(&timing, TroubleKind::Closed, false, true, false);
        assert!(retries.is_thrown_off());
        retries.next(&timing, TroubleKind::Closed, true, true, false);
        assert!(!retries.is_thrown_off(), "this one lived");
        for _ in 0..2 * CLOSED_EARLY {
            retries.next(&timing, TroubleKind::Closed, false, false, false);
            assert!(!retries.is_thrown_off(), "never accepted: that is another trouble");
        }
    }
}
