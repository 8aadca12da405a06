//! Delivery times of the latest alerts: stored, handed to the connection, received by the broker, marked by the centre. For
//! the page of the test alert.
//!
//! In memory only, of this run, and of the first revision of an alert alone. Must never decide what is sent.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::{Outbox, Seq};

/// Alerts that are followed: a test is one among those of its ten minutes.
const MOST: usize = 256;

/// How far the first revision of an alert came, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Journey {
    /// It is on the disk.
    pub stored: Instant,
    /// It was handed to the connection to the broker, for the first time.
    pub sent: Option<Instant>,
    /// The broker's PUBACK came.
    pub acked: Option<Instant>,
    /// The centre's mark covers it.
    pub marked: Option<Instant>,
}

/// The latest of them, the earliest first.
#[derive(Debug, Default)]
pub(super) struct Journeys(VecDeque<Followed>);

#[derive(Debug)]
struct Followed {
    alert: Arc<str>,
    seq: Seq,
    journey: Journey,
}

impl Journeys {
    pub(super) fn stored(&mut self, alert: &str, seq: &Seq, at: Instant) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        let journey = Journey { stored: at, sent: None, acked: None, marked: None };
        self.0.push_back(Followed { alert: alert.into(), seq: seq.clone(), journey });
    }

    pub(super) fn sent(&mut self, seq: &Seq, at: Instant) {
        if let Some(journey) = self.of(&seq.stream, seq.n) {
            journey.sent.get_or_insert(at);
        }
    }

    pub(super) fn acked(&mut self, stream: &str, n: u64, at: Instant) {
        if let Some(journey) = self.of(stream, n) {
            journey.acked.get_or_insert(at);
        }
    }

    /// A mark covers everything of its stream up to a number.
    pub(super) fn marked(&mut self, stream: &str, up_to: u64, at: Instant) {
        for one in self.0.iter_mut().filter(|one| *one.seq.stream == *stream && one.seq.n <= up_to) {
            one.journey.marked.get_or_insert(at);
        }
    }

    fn of(&mut self, stream: &str, n: u64) -> Option<&mut Journey> {
        // The latest are looked for most.
        let found = self.0.iter_mut().rev().find(|one| one.seq.n == n && *one.seq.stream == *stream);
        found.map(|one| &mut one.journey)
    }
}

impl Outbox {
    /// How far the first revision of an alert of this run came; `None` where it is not known, or not any more. Does not wait
    /// for the disk.
    pub fn journey(&self, alert_id: &str) -> Option<Journey> {
        let journeys = self.journeys.lock();
        journeys.0.iter().rev().find(|one| *one.alert == *alert_id).map(|one| one.journey)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn seq(stream: &str, n: u64) -> Seq {
        Seq { stream: stream.into(), n }
    }

    #[test]
    fn each_station_has_the_time_of_its_first_passing() {
        let began = Instant::now();
        let at = |secs| began + Duration::from_secs(secs);
        let mut journeys = Journeys::default();
        journeys.stored("A", &seq("S", 1), at(0));
        journeys.stored("B", &seq("S", 2), at(0));
        journeys.sent(&seq("S", 1), at(1));
        journeys.sent(&seq("S", 1), at(2));
        journeys.sent(&seq("T", 2), at(2));
        journeys.acked("S", 1, at(3));
        journeys.acked("S", 1, at(9));
        journeys.marked("S", 1, at(4));
        journeys.marked("S", 2, at(5));
        journeys.marked("T", 9, at(1));
        let of = |alert: &str| journeys.0.iter().find(|one| *one.alert == *alert).unwrap().journey;
        let whole = Journey { stored: at(0), sent: Some(at(1)), acked: Some(at(3)), marked: Some(at(4)) };
        assert_eq!(of("A"), whole);
        assert_eq!(of("B"), Journey { stored: at(0), sent: None, acked: None, marked: Some(at(5)) });
    }

    #[test]
    fn a_storm_of_alerts_fills_no_memory() {
        let mut journeys = Journeys::default();
        for n in 1..=10 * MOST as u64 {
            journeys.stored(&n.to_string(), &seq("S", n), Instant::now());
        }
        assert_eq!(journeys.0.len(), MOST);
        assert_eq!(journeys.0.back().unwrap().seq.n, 10 * MOST as u64);
    }
}
