//! Unacknowledged publishes on the wire. Pure.
//!
//! rumqttc numbers packets 1, 2, 3, ... and begins again at the broker's receive maximum without looking
//! whether a number is still in flight; a collision can wedge it for good. So the publishes are counted here
//! as it counts them, and none is handed over whose number could be taken.

use std::collections::VecDeque;
use std::time::Instant;

/// Maximum number of publishes in flight.
pub(super) const WINDOW: usize = 8;

/// The publishes in flight, oldest first. `T` is what each of them was.
#[derive(Debug)]
pub(super) struct Flight<T> {
    window: usize,
    /// How many packet numbers there are.
    numbers: u64,
    /// How many have been given.
    given: u64,
    /// Handed over, not yet seen going out. At most one: so it is clear which number it gets.
    unbound: Option<Publish<T>>,
    bound: VecDeque<(u16, u64, Publish<T>)>,
}

#[derive(Debug)]
pub(super) struct Publish<T> {
    pub item: T,
    pub bytes: u64,
    pub since: Instant,
    /// Whether a PUBACK will come.
    pub acknowledged: bool,
}

impl<T> Flight<T> {
    /// For a broker that takes `receive_max` unacknowledged publishes, at least 1.
    pub(super) fn new(receive_max: u16) -> Self {
        let numbers = u64::from(receive_max.max(1));
        let window = WINDOW.min(usize::from(receive_max.max(1)));
        Flight { window, numbers, given: 0, unbound: None, bound: VecDeque::new() }
    }

    /// Makes the window smaller, or lets it grow to what the broker takes.
    pub(crate) fn set_window(&mut self, window: usize) {
        let most = usize::try_from(self.numbers).unwrap_or(WINDOW);
        self.window = window.clamp(1, WINDOW.min(most));
    }

    /// Whether the next publish may be handed over.
    pub(super) fn has_room(&self) -> bool {
        let number_free = self.bound.front().is_none_or(|(_, nth, _)| self.given - nth < self.numbers);
        self.unbound.is_none() && self.bound.len() < self.window && number_free
    }

    /// A publish was handed over. Only when there [is room](Flight::has_room).
    pub(crate) fn hand_over(&mut self, publish: Publish<T>) {
        debug_assert!(self.unbound.is_none(), "one at a time");
        self.unbound = Some(publish);
    }

    /// A subscription took a number.
    pub(crate) fn number_taken(&mut self) {
        self.given += 1;
    }

    /// The publish handed over last went out under this number. Returns it if no PUBACK is to come.
    pub(super) fn sent(&mut self, pkid: u16) -> Option<T> {
        let publish = self.unbound.take()?;
        if !publish.acknowledged {
            return Some(publish.item);
        }
        self.bound.push_back((pkid, self.given, publish));
        self.given += 1;
        None
    }

    /// A PUBACK came: the publish it belongs to, if there is one.
    pub(super) fn acked(&mut self, pkid: u16) -> Option<T> {
        let at = self.bound.iter().position(|(number, _, _)| *number == pkid)?;
        self.bound.remove(at).map(|(_, _, publish)| publish.item)
    }

    /// Send time of the oldest unacknowledged one.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.everything().map(|publish| publish.since).min()
    }

    /// Bytes in flight.
    pub(super) fn bytes(&self) -> u64 {
        self.everything().map(|publish| publish.bytes).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.unbound.is_none() && self.bound.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.bound.len() + usize::from(self.unbound.is_some())
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &T> {
        self.everything().map(|publish| &publish.item)
    }

    /// Gives everything back: the connection is over.
    pub(crate) fn take_all(&mut self) -> Vec<T> {
        let bound = self.bound.drain(..).map(|(_, _, publish)| publish.item);
        bound.chain(self.unbound.take().map(|publish| publish.item)).collect()
    }

    fn everything(&self) -> impl Iterator<Item = &Publish<T>> {
        self.bound.iter().map(|(_, _, publish)| publish).chain(self.unbound.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn publish(item: u32) -> Publish<u32> {
        Publish { item, bytes: 10, since: Instant::now(), acknowledged: true }
    }

    /// Numbers packets as rumqttc 0.25.1 does.
    struct Library {
        last: u16,
        most: u16,
    }

    impl Library {
        fn next(&mut self) -> u16 {
            let next = self.last + 1;
            self.last = if next == self.most { 0 } else { next };
            next
        }
    }

    #[test]
    fn a_puback_for_nothing_is_nothing() {
        let mut flight: Flight<u32> = Flight::new(20);
        assert_eq!(flight.acked(3), None);
        flight.hand_over(publish(1));
        assert_eq!(flight.acked(1), None, "not sent yet, so it cannot be acknowledged");
        flight.sent(1);
        assert_eq!(flight.acked(1), Some(1));
        assert_eq!(flight.acked(1), None, "the second PUBACK");
    }

    #[test]
    fn a_publish_without_acknowledgement_is_done_when_it_is_out() {
        let mut flight = Flight::new(20);
        flight.hand_over(Publish { acknowledged: false, ..publish(7) });
        assert_eq!(flight.sent(0), Some(7));
        assert!(flight.is_empty());
    }

    proptest! {
        #[test]
        fn no_number_is_given_that_is_still_in_flight(
            receive_max in 1_u16..70,
            steps in proptest::collection::vec((0_u8..3, 0_usize..8), 1..400),
        ) {
            let most = receive_max.min(64);
            let mut flight = Flight::new(most);
            let mut library = Library { last: 0, most };
            let mut in_flight: Vec<(u16, u32)> = Vec::new();
            let mut next_item = 0;
            for (step, which) in steps {
                match step {
                    0 | 1 if flight.has_room() => {
                        next_item += 1;
                        flight.hand_over(publish(next_item));
                        let pkid = library.next();
                        prop_assert!(in_flight.iter().all(|(taken, _)| *taken != pkid), "{pkid} is taken");
                        flight.sent(pkid);
                        in_flight.push((pkid, next_item));
                        prop_assert!(in_flight.len() <= WINDOW.min(usize::from(most)));
                    }
                    // Subscriptions take numbers too, but only while nothing is in flight.
                    2 if in_flight.is_empty() => {
                        library.next();
                        flight.number_taken();
                    }
                    _ if !in_flight.is_empty() => {
                        // Out of order.
                        let (pkid, item) = in_flight.remove(which % in_flight.len());
                        prop_assert_eq!(flight.acked(pkid), Some(item));
                    }
                    _ => {}
                }
            }
        }
    }
}
