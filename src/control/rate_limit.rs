//! The rate limit of commands by key: enough for a busy desk, not enough to wear out the disk or to push
//! everything else out of the audit log.

use std::collections::HashMap;
use std::time::Duration;

use crate::analysis::time::{Moment, Timestamp};

/// At once: a desk that acknowledges a long list.
const AT_ONCE: f64 = 200.0;
/// And then so many a second.
const PER_SEC: f64 = 2.0;
/// Names of requests that one answer lists.
const NAMED: usize = 10;

/// By key: what is left, and as of when.
#[derive(Debug, Default)]
pub(crate) struct RateLimit {
    left: HashMap<String, (f64, Duration)>,
    /// Keys whose last command was too many, and what of them was not answered.
    over_limit: HashMap<String, Option<LeftOut>>,
}

/// The decision about one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateDecision {
    /// It is carried out.
    Go,
    /// It is the first of its key that is too many: worth an answer.
    TooMany,
    /// It is one more that is too many.
    StillTooMany,
}

/// Commands of one key that were too many and got no answer of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// How many.
    pub count: u64,
    /// When the first of them came.
    pub from: Timestamp,
    /// And the last.
    pub until: Timestamp,
    /// Ids of the first of them.
    pub request_ids: Vec<String>,
}

impl RateLimit {
    /// Whether one more command of this key may be carried out at `now`. There are as many keys as the configuration has
    /// named since the start.
    pub(crate) fn take(&mut self, key: &str, request_id: &str, now: Moment) -> RateDecision {
        let (left, at) = self.left.entry(key.to_owned()).or_insert((AT_ONCE, now.mono));
        *left = (*left + now.mono.saturating_sub(*at).as_secs_f64() * PER_SEC).min(AT_ONCE);
        *at = now.mono;
        if *left >= 1.0 {
            *left -= 1.0;
            // The commands left out are still to be reported.
            self.over_limit.retain(|other, left_out| other != key || left_out.is_some());
            return RateDecision::Go;
        }
        let Some(left_out) = self.over_limit.get_mut(key) else {
            self.over_limit.insert(key.to_owned(), None);
            return RateDecision::TooMany;
        };
        let new = || LeftOut { count: 0, from: now.utc, until: now.utc, request_ids: Vec::new() };
        let left_out = left_out.get_or_insert_with(new);
        left_out.count += 1;
        left_out.until = now.utc;
        if left_out.request_ids.len() < NAMED {
            left_out.request_ids.push(request_id.to_owned());
        }
        RateDecision::StillTooMany
    }

    /// What got no answer since the last time, by key.
    pub(crate) fn take_left_out(&mut self) -> Vec<(String, LeftOut)> {
        let taken = |(key, left_out): (&String, &mut Option<LeftOut>)| Some((key.clone(), left_out.take()?));
        self.over_limit.iter_mut().filter_map(taken).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: f64) -> Moment {
        let mono = Duration::from_secs_f64(secs);
        Moment::after_origin(Timestamp::from_second(1_800_000_000).unwrap(), mono)
    }

    #[test]
    fn a_flood_is_slowed_down_and_others_are_not() {
        let mut pace = RateLimit::default();
        let now = at(5.0);
        let turns: Vec<RateDecision> = (0..1000).map(|_| pace.take("desk-1", "r", now)).collect();
        let count = |wanted: RateDecision| turns.iter().filter(|turn| **turn == wanted).count();
        assert_eq!(
            (count(RateDecision::Go), count(RateDecision::TooMany)),
            (AT_ONCE as usize, 1),
            "one answer at once"
        );
        assert_eq!(pace.take("desk-2", "r", now), RateDecision::Go);
        assert_eq!(pace.take("desk-1", "r", at(5.1)), RateDecision::StillTooMany);
        assert_eq!(pace.take("desk-1", "r", at(6.0)), RateDecision::Go);
    }

    #[test]
    fn it_is_reported_how_many_got_no_answer_also_when_some_are_carried_out_again() {
        let mut pace = RateLimit::default();
        for number in 0..250 {
            pace.take("desk-1", &format!("r{number}"), at(5.0));
        }
        pace.take("desk-2", "r", at(5.0));
        pace.take("desk-1", "late", at(5.4));
        assert_eq!(pace.take("desk-1", "again", at(6.0)), RateDecision::Go);
        let left_out = pace.take_left_out();
        let [(key, unanswered)] = left_out.as_slice() else { panic!("of one key: {left_out:?}") };
        assert_eq!(
            (key.as_str(), unanswered.count),
            ("desk-1", 50),
            "201 of 251 were carried out or answered"
        );
        assert_eq!((unanswered.from, unanswered.until), (at(5.0).utc, at(5.4).utc));
        assert_eq!((unanswered.request_ids.len(), unanswered.request_ids[0].as_str()), (NAMED, "r201"));
        assert!(pace.take_left_out().is_empty());
    }
}
