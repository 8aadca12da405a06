//! Failover: selects the next of several brokers. Pure.
//!
//! They are tried in the order of the configuration, one round after the other. A box that has a connection stays with it;
//! when one that had proved itself ends, the first is tried first again. What waits, what was acknowledged and what is
//! marked is the outbox's business and the same whichever broker takes it.

use super::TroubleKind;

/// The broker whose turn it is, by its number in the settings.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct BrokerOrder {
    at: usize,
}

impl BrokerOrder {
    /// Its number.
    pub(super) fn turn(self) -> usize {
        self.at
    }

    /// A connection has ended, because of this; `settled` if it had proved itself. Says whether this round has another broker,
    /// so that there is no reason to wait for long.
    pub(super) fn next(&mut self, brokers: usize, why: TroubleKind, settled: bool) -> bool {
        if why == TroubleKind::TakenOver {
            // Another one would take us, and then there would be two boxes of one name that do not know it.
            return false;
        }
        self.at = if settled || brokers == 0 { 0 } else { (self.at + 1) % brokers };
        self.at != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_after_the_other_is_tried_and_a_round_ends_with_the_last() {
        let mut order = BrokerOrder::default();
        let mut tried = Vec::new();
        for _ in 0..6 {
            let turn = order.turn();
            tried.push((turn, order.next(3, TroubleKind::Refused, false)));
        }
        let round = [(0, true), (1, true), (2, false)];
        assert_eq!(tried, [round, round].concat());
    }

    #[test]
    fn after_a_connection_that_had_proved_itself_the_first_is_tried_again() {
        let mut order = BrokerOrder::default();
        assert!(order.next(2, TroubleKind::Unreachable, false));
        assert_eq!(order.turn(), 1);
        assert!(!order.next(2, TroubleKind::Closed, true));
        assert_eq!(order.turn(), 0);
    }

    #[test]
    fn one_that_is_taken_over_stays_where_it_was() {
        let mut order = BrokerOrder::default();
        order.next(2, TroubleKind::Refused, false);
        assert!(!order.next(2, TroubleKind::TakenOver, false));
        assert_eq!(order.turn(), 1);
    }

    #[test]
    fn a_broker_alone_is_always_next() {
        let mut order = BrokerOrder::default();
        for brokers in [0, 1, 1] {
            assert!(!order.next(brokers, TroubleKind::Refused, false));
            assert_eq!(order.turn(), 0);
        }
        // Fewer are configured now than there were.
        let mut order = BrokerOrder { at: 4 };
        assert!(order.next(2, TroubleKind::Refused, false));
        assert_eq!(order.turn(), 1);
    }
}
