//! Alerts that hold several visits: `hold_secs` keeps an alert open while nobody is there, so that whoever comes within that
//! time belongs to it. That is meant, and surprises everybody who counts alerts. Input is the state of the analysis after
//! every look; output a sentence for every rule.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::analysis::Analysis;
use crate::analysis::alert::AlertId;
use crate::text::{Sentence, replay as say};

/// A condition that is gone for less was never gone: detectors blink. As the rules have it.
const FLICKER: Duration = Duration::from_secs(2);
/// Two visits in one alert are no news.
const WORTH_A_WORD: usize = 3;

/// The visits of one alert.
#[derive(Debug)]
struct Visits {
    rule: Arc<str>,
    count: usize,
    /// When its condition ceased to hold.
    gone_since: Option<Duration>,
}

/// The visits of all alerts of rules.
#[derive(Debug, Default)]
pub(super) struct JoinedVisits {
    alerts: BTreeMap<AlertId, Visits>,
}

impl JoinedVisits {
    /// A frame was looked at.
    pub(super) fn look(&mut self, analysis: &Analysis, camera: &str, now: Duration) {
        let open = analysis.open().filter_map(|open| Some((open, open.why.basis.rule()?)));
        let of_rules: Vec<_> = open.map(|(open, rule)| (&open.alert, rule)).collect();
        for (alert, rule) in of_rules {
            let holds = analysis.holding(camera).any(|holding| holding.id == *rule);
            self.note(alert, rule, holds, now);
        }
    }

    fn note(&mut self, alert: &AlertId, rule: &Arc<str>, holds: bool, now: Duration) {
        let Some(visits) = self.alerts.get_mut(alert) else {
            let visits = Visits { rule: rule.clone(), count: 1, gone_since: None };
            self.alerts.insert(alert.clone(), visits);
            return;
        };
        match (holds, visits.gone_since) {
            (true, Some(since)) => {
                visits.count += usize::from(now.saturating_sub(since) >= FLICKER);
                visits.gone_since = None;
            }
            (false, None) => visits.gone_since = Some(now),
            (true, None) | (false, Some(_)) => {}
        }
    }

    /// What is to be said of the rules, given how long each holds its alerts.
    pub(super) fn notes(&self, hold_of: impl Fn(&str) -> Option<Duration>) -> Vec<Sentence> {
        let mut of_rules: BTreeMap<&Arc<str>, (usize, usize)> = BTreeMap::new();
        for visits in self.alerts.values().filter(|visits| visits.count >= WORTH_A_WORD) {
            let (alerts, count) = of_rules.entry(&visits.rule).or_default();
            *alerts += 1;
            *count += visits.count;
        }
        let note = |(rule, (alerts, visits)): (&Arc<str>, (usize, usize))| {
            let hold = hold_of(rule)?.as_secs_f64().to_string();
            Some(match alerts {
                1 => say::visits_are_one_alert(&**rule, visits, hold),
                _ => say::visits_are_alerts(&**rule, visits, alerts, hold),
            })
        };
        of_rules.into_iter().filter_map(note).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(alert: &str, pattern: &str) -> Vec<String> {
        let mut joined = JoinedVisits::default();
        for (second, holds) in (0..).zip(pattern.chars()) {
            joined.note(&AlertId(alert.into()), &"gate".into(), holds == '#', Duration::from_secs(second));
        }
        joined.notes(|_| Some(Duration::from_secs(60))).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn visits_that_the_hold_joins_are_counted() {
        let note = notes("a", "###...##....#####...##");
        assert_eq!(note, ["the rule `gate`: 4 visits are one alert, as `hold_secs` is 60"]);
    }

    #[test]
    fn blinking_and_a_second_visit_are_not_worth_a_word() {
        assert!(notes("a", "##.##.##.##.##").is_empty());
        assert!(notes("a", "###.....####").is_empty());
    }
}
