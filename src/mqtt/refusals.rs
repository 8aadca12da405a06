//! Answers to refused commands: the first of each sender in a while, and then one answer for all that were left out.
//!
//! A flood stays bounded, and an honest sender whose answer drowned in it learns of that. Senders are distinguished by the key
//! whose signature was good; all others are one. Pure: time is an argument.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use super::{Refusal, RefusalKind, Unanswered};
use crate::contract::words::LocalTime;
use crate::text::{Sentence, mqtt as say};

/// Answers to one sender within [`super::Timing::refusals_within`]. A guess; they cost disk.
pub(super) const AT_MOST: u32 = 10;
/// Names of requests that one answer lists.
const NAMED: usize = 10;

/// By sender; there are as many as the configuration has named keys, and one more.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    senders: BTreeMap<Option<Arc<str>>, Sender>,
}

#[derive(Debug)]
struct Sender {
    since: Instant,
    answered: u32,
    left_out: Option<LeftOut>,
}

#[derive(Debug)]
struct LeftOut {
    unanswered: Unanswered,
    verb: String,
}

impl Refusals {
    /// Whether this one is answered; otherwise it is counted.
    pub(super) fn take(&mut self, refusal: &Refusal, within: Duration, now: Instant) -> bool {
        let new = || Sender { since: now, answered: 0, left_out: None };
        let sender = self.senders.entry(refusal.key.clone()).or_insert_with(new);
        // What was left out is reported first.
        if sender.left_out.is_none() && now >= sender.since + within {
            (sender.since, sender.answered) = (now, 0);
        }
        if sender.answered < AT_MOST {
            sender.answered += 1;
            return true;
        }
        let left_out = sender.left_out.get_or_insert_with(|| LeftOut {
            unanswered: Unanswered { count: 0, from: refusal.at, until: refusal.at, request_ids: Vec::new() },
            verb: refusal.verb.clone(),
        });
        left_out.unanswered.count += 1;
        left_out.unanswered.until = refusal.at;
        if left_out.verb != refusal.verb {
            left_out.verb = "several".to_owned();
        }
        if let Some(id) = refusal.request_id.clone().filter(|_| left_out.unanswered.request_ids.len() < NAMED)
        {
            left_out.unanswered.request_ids.push(id);
        }
        false
    }

    /// The due answers that report how many commands were left out; all of them if `at_once`.
    pub(super) fn due(
        &mut self,
        at_once: bool,
        within: Duration,
        zone: &TimeZone,
        now: Instant,
    ) -> Vec<Refusal> {
        let mut due = Vec::new();
        for (key, sender) in &mut self.senders {
            if !at_once && now < sender.since + within {
                continue;
            }
            let Some(LeftOut { unanswered, verb }) = sender.left_out.take() else { continue };
            (sender.since, sender.answered) = (now, 0);
            due.push(Refusal {
                kind: RefusalKind::Busy,
                request_id: None,
                key: key.clone(),
                verb,
                why: Box::new(sentence(&unanswered, key.as_deref(), within, zone).into()),
                at: unanswered.until,
                unanswered: Some(Box::new(unanswered)),
            });
        }
        due
    }

    /// When [`due`](Refusals::due) has something.
    pub(crate) fn next_at(&self, within: Duration) -> Option<Instant> {
        let waiting = self.senders.values().filter(|sender| sender.left_out.is_some());
        waiting.map(|sender| sender.since + within).min()
    }
}

fn sentence(unanswered: &Unanswered, key: Option<&str>, within: Duration, zone: &TimeZone) -> Sentence {
    let Unanswered { count, from, until, .. } = unanswered;
    let whose = key.map_or_else(say::of_nobody, say::of_key);
    let [from, until] = [from, until].map(|at| LocalTime::new(*at, zone).to_string());
    say::more_refused(*count, whose, from, until, AT_MOST, within.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn refusal(number: u64, key: Option<&str>) -> Refusal {
        Refusal {
            kind: RefusalKind::Malformed,
            request_id: Some(format!("r{number}")),
            key: key.map(Arc::from),
            verb: "ack".to_owned(),
            why: Box::new("it is not JSON".into()),
            at: crate::analysis::time::Timestamp::from_second(1_800_000_000 + number as i64).unwrap(),
            unanswered: None,
        }
    }

    /// What of a flood of so many, at one moment, is answered.
    fn answered(refusals: &mut Refusals, count: u64, key: Option<&str>, now: Instant) -> usize {
        (0..count).filter(|n| refusals.take(&refusal(*n, key), MINUTE, now)).count()
    }

    #[test]
    fn of_a_flood_ten_are_answered_and_then_it_is_reported_how_many_were_not() {
        let mut refusals = Refusals::default();
        let start = Instant::now();
        assert_eq!(answered(&mut refusals, 100, None, start), 10);
        assert!(refusals.due(false, MINUTE, &TimeZone::UTC, start + MINUTE / 2).is_empty());
        assert_eq!(refusals.next_at(MINUTE), Some(start + MINUTE));
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let due = refusals.due(false, MINUTE, &zone, start + MINUTE);
        let [one] = due.as_slice() else { panic!("one answer for all of them: {due:?}") };
        let unanswered = one.unanswered.as_ref().unwrap();
        assert_eq!((unanswered.count, one.verb.as_str(), one.kind), (90, "ack", RefusalKind::Busy));
        assert_eq!((unanswered.from, unanswered.until), (refusal(10, None).at, refusal(99, None).at));
        assert_eq!(unanswered.request_ids.len(), NAMED, "bounded");
        assert!(
            one.why.to_string().starts_with("90 more commands without a good signature were refused from "),
            "{}",
            one.why
        );
        assert!(
            one.why.to_string().contains("2027-01-15T16:00:10.000+08:00"),
            "the site's time: {}",
            one.why
        );
        // It goes on as before.
        assert!(refusals.due(true, MINUTE, &TimeZone::UTC, start + MINUTE).is_empty());
        assert_eq!(refusals.next_at(MINUTE), None);
        assert_eq!(answered(&mut refusals, 100, None, start + MINUTE), 10);
    }

    #[test]
    fn however_long_a_flood_lasts_its_answers_are_bounded_and_nothing_is_left_uncounted() {
        let mut refusals = Refusals::default();
        let start = Instant::now();
        let (mut answers, mut unanswered) = (0, 0);
        for second in 0..600 {
            let now = start + Duration::from_secs(second);
            for one in refusals.due(false, MINUTE, &TimeZone::UTC, now) {
                answers += 1;
                unanswered += one.unanswered.unwrap().count;
            }
            let taken = answered(&mut refusals, 50, None, now);
            answers += taken;
            unanswered += taken as u64;
        }
        unanswered += refusals
            .due(true, MINUTE, &TimeZone::UTC, start + 10 * MINUTE)
            .iter()
            .map(|one| one.unanswered.as_ref().unwrap().count)
            .sum::<u64>();
        assert_eq!(unanswered, 600 * 50);
        assert!(answers <= 10 * (AT_MOST as usize + 1), "{answers} answers in ten minutes");
    }

    #[test]
    fn whose_signature_is_good_is_not_drowned_by_others() {
        let mut refusals = Refusals::default();
        let start = Instant::now();
        answered(&mut refusals, 1000, None, start);
        assert_eq!(answered(&mut refusals, 11, Some("desk-1"), start), 10);
        assert_eq!(answered(&mut refusals, 5, Some("desk-2"), start), 5);
        let due = refusals.due(false, MINUTE, &TimeZone::UTC, start + MINUTE);
        let counts: Vec<_> =
            due.iter().map(|one| (one.key.as_deref(), one.unanswered.as_ref().unwrap().count)).collect();
        assert_eq!(counts, [(None, 990), (Some("desk-1"), 1)]);
        assert!(due[1].why.to_string().contains("of the key `desk-1`"), "{}", due[1].why);
    }

    #[test]
    fn a_slow_sender_is_always_answered() {
        let mut refusals = Refusals::default();
        let start = Instant::now();
        for number in 0..100 {
            let now = start + Duration::from_secs(7) * number;
            assert!(refusals.take(&refusal(0, None), MINUTE, now), "{number}");
        }
    }
}
