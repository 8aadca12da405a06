//! [`Price`]: what a change of configuration costs and what it brings, in numbers: alerts a day before and after, and of those
//! that people judged how many are lost, gone or late.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::difference::{Difference, Pairing};
use super::lasting::lasting;
use crate::analysis::alert::AlertId;
use crate::text::{Sentence, comparison as say};
use crate::types::verdict::Verdict;

/// From so long on, alerts are counted by the day.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What a change costs and brings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Price {
    /// How long a time was judged, without that in which the box was off.
    pub(crate) judged: SignedDuration,
    /// Alerts that the old configuration raised.
    pub(crate) before: u64,
    /// Alerts that the new configuration raises.
    pub(crate) after: u64,
    /// In the old only, but for those that are part of another one now.
    pub(crate) disappeared: u64,
    /// In the new only, but for those that were part of another one.
    pub(crate) appeared: u64,
    /// Alerts that were confirmed.
    pub(crate) confirmed: Fate,
    /// Alerts that were false.
    pub(crate) false_alarms: Fate,
}

/// What becomes of the alerts of one verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fate {
    /// How many there were.
    pub(crate) all: u64,
    /// How many of them are not raised any more.
    pub(crate) gone: u64,
    /// How many of them are raised later.
    pub(crate) later: u64,
    /// The longest delay.
    pub(crate) latest_by: SignedDuration,
}

impl Fate {
    fn add(&mut self, difference: &Difference) {
        self.all += 1;
        self.gone += u64::from(matches!(difference.pairing, Pairing::Disappeared(_)));
        let by = difference.changes().begins_by;
        self.later += u64::from(by > SignedDuration::ZERO);
        self.latest_by = self.latest_by.max(by);
    }
}

impl Price {
    /// The price of these differences, `judged` over so long a time; `verdicts` are what people said of alerts of the old
    /// configuration.
    pub(crate) fn of(
        differences: &[Difference],
        verdicts: &BTreeMap<AlertId, Verdict>,
        judged: SignedDuration,
    ) -> Self {
        let mut price = Price {
            judged,
            before: 0,
            after: 0,
            disappeared: 0,
            appeared: 0,
            confirmed: Fate::default(),
            false_alarms: Fate::default(),
        };
        for difference in differences {
            price.before += u64::from(difference.before().is_some());
            price.after += u64::from(difference.after().is_some());
            match &difference.pairing {
                Pairing::Appeared(_) => price.appeared += 1,
                Pairing::Disappeared(_) => price.disappeared += 1,
                Pairing::Joined { .. } | Pairing::Parted { .. } | Pairing::Both { .. } => {}
            }
            let verdict = difference.before().and_then(|life| verdicts.get(&life.alert));
            match verdict {
                Some(Verdict::Confirmed) => price.confirmed.add(difference),
                Some(Verdict::FalseAlarm) => price.false_alarms.add(difference),
                // Another alert, or a drill: neither gain nor loss.
                Some(Verdict::Duplicate | Verdict::Exercise) | None => {}
            }
        }
        price
    }

    /// Alerts a day before and after; `None` where less than a day was judged.
    pub(crate) fn per_day(&self) -> Option<(f64, f64)> {
        let days = self.judged.as_secs_f64() / DAY.as_secs_f64();
        (self.judged >= DAY).then(|| (self.before as f64 / days, self.after as f64 / days))
    }

    /// Whether somebody judged one of the alerts.
    pub(crate) fn is_judged(&self) -> bool {
        self.confirmed.all + self.false_alarms.all > 0
    }

    /// The price in words, a sentence a line.
    pub(crate) fn sentences(&self) -> Vec<Sentence> {
        let mut sentences = vec![match self.per_day() {
            Some((before, after)) => {
                say::alerts_per_day(rounded(before), rounded(after), self.before, self.after)
            }
            None => say::alerts(self.before, self.after),
        }];
        if self.before + self.after == 0 {
            return sentences;
        }
        if !self.is_judged() {
            sentences.push(say::nobody_judged());
            return sentences;
        }
        let Fate { all, gone, .. } = self.false_alarms;
        if all > 0 {
            sentences.push(say::false_alarms_gone(gone, all));
        }
        let Fate { all, gone, later, latest_by } = self.confirmed;
        if all > 0 {
            sentences.push(if gone == 0 { say::none_missed(all) } else { say::confirmed_missed(gone, all) });
        }
        if later > 0 {
            sentences.push(say::confirmed_later(later, lasting(latest_by)));
        }
        if self.appeared > 0 {
            sentences.push(say::new_are_not_judged(self.appeared));
        }
        sentences
    }
}

/// One digit behind the point.
fn rounded(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::super::difference::differences;
    use super::super::test_alerts::{at, life};
    use super::*;
    use crate::types::language::Language;

    const TWO_DAYS: i64 = 2 * 86_400;
    const MINUTES: SignedDuration = SignedDuration::from_mins(10);

    /// By hand: 5 alerts, of which one false alarm and one confirmed are gone, one confirmed is 2 s late, one false alarm stays and
    /// one that nobody judged is gone; one is new.
    fn example() -> Price {
        let before = [
            life("F1", "yard", "cam-1", 1_000, 1_100),
            life("F2", "yard", "cam-1", 2_000, 2_100),
            life("C1", "yard", "cam-1", 3_000, 3_100),
            life("C2", "yard", "cam-1", 4_000, 4_100),
            life("U1", "yard", "cam-1", 5_000, 5_100),
        ]
        .concat();
        let after = [
            life("F2", "yard", "cam-1", 2_000, 2_100),
            life("X1", "yard", "cam-1", 3_002, 3_100),
            life("X2", "yard", "cam-1", 9_000, 9_100),
        ]
        .concat();
        let verdicts = [
            ("F1", Verdict::FalseAlarm),
            ("F2", Verdict::FalseAlarm),
            ("C1", Verdict::Confirmed),
            ("C2", Verdict::Confirmed),
            ("X2", Verdict::Confirmed),
        ];
        let verdicts = verdicts.map(|(id, verdict)| (AlertId(id.into()), verdict)).into();
        Price::of(&differences(&before, &after, at(TWO_DAYS)), &verdicts, SignedDuration::from_secs(TWO_DAYS))
    }

    #[test]
    fn the_price_is_the_one_computed_by_hand() {
        let confirmed = Fate { all: 2, gone: 1, later: 1, latest_by: SignedDuration::from_secs(2) };
        let false_alarms = Fate { all: 2, gone: 1, ..Fate::default() };
        let expected = Price {
            judged: SignedDuration::from_hours(48),
            before: 5,
            after: 3,
            disappeared: 3,
            appeared: 1,
            confirmed,
            false_alarms,
        };
        assert_eq!(example(), expected);
        assert_eq!(example().per_day(), Some((2.5, 1.5)));
    }

    #[test]
    fn the_price_is_told_in_words() {
        let english: Vec<String> = example().sentences().iter().map(ToString::to_string).collect();
        assert_eq!(
            english,
            [
                "Alerts a day: 2.5 before, 1.5 after (5 and 3 in all).",
                "False alarms: 1 of 2 gone.",
                "Confirmed alerts: 1 of 2 would have been missed.",
                "Confirmed alerts that would have come later: 1, by 2 s at the most.",
                "Alerts that only the new configuration raises: 1. Nobody has judged those.",
            ]
        );
        let chinese = example().sentences()[1].in_language(Language::Chinese);
        assert_eq!(chinese, "误报：2 条中减少 1 条。");
    }

    #[test]
    fn less_than_a_day_is_not_counted_by_the_day_and_without_verdicts_it_says_so() {
        let before = life("A", "yard", "cam-1", 10, 60);
        let price = Price::of(&differences(&before, &[], at(600)), &BTreeMap::new(), MINUTES);
        assert_eq!(price.per_day(), None);
        let english: Vec<String> = price.sentences().iter().map(ToString::to_string).collect();
        assert_eq!(
            english,
            [
                "Alerts: 1 before, 0 after.",
                "Nobody has said which of these alerts were right: look at what is gone before you decide.",
            ]
        );
    }

    #[test]
    fn a_confirmed_alert_that_another_one_tells_of_now_is_not_missed() {
        let before = [life("A", "yard", "cam-1", 10, 40), life("B", "yard", "cam-1", 100, 190)].concat();
        let after = life("X", "yard", "cam-1", 10, 200);
        let verdicts = ["A", "B"].map(|id| (AlertId(id.into()), Verdict::Confirmed)).into();
        let price = Price::of(&differences(&before, &after, at(600)), &verdicts, MINUTES);
        assert_eq!((price.confirmed.all, price.confirmed.gone, price.disappeared), (2, 0, 0));
    }
}
