//! Alert quality by rule and camera: how many alerts were raised, their verdicts, and the times to their acknowledgement and
//! closure.
//!
//! Fed with revisions; of each alert a few numbers are kept, for at most [`KEPT_DAYS`] days and of the latest [`KEPT`] alerts.
//! Must never decide anything about an alert.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::alert::{Basis, Revision};
use super::time::Timestamp;
use crate::types::verdict::Verdict;

/// Over so many days figures are made: enough alerts of a quiet camera to say something (a guess).
pub(crate) const KEPT_DAYS: i64 = 30;
/// Over at most so many alerts, which are about a megabyte on disk.
pub(crate) const KEPT: usize = 5_000;
/// Within so many seconds somebody should have taken an alert on: three minutes.
pub(crate) const ACCEPT_WITHIN_SECS: u32 = 180;
/// Within so many seconds it should be closed: ten minutes.
pub(crate) const CLOSE_WITHIN_SECS: u32 = 600;

const MS_A_DAY: i64 = 24 * 60 * 60 * 1000;

/// The recent alerts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quality {
    /// By the alert's id, so in the order in which they began.
    alerts: BTreeMap<String, Entry>,
    #[serde(skip)]
    changes: u64,
    #[serde(skip)]
    is_drill: bool,
}

/// The subject of figures.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// The rule that decided; `None` where a signal did.
    pub rule: Option<String>,
    /// The kind of alert.
    pub kind: String,
    /// Its first camera.
    pub camera: Option<String>,
    /// Its first sensor, where it has no camera.
    pub sensor: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    of: Source,
    told_ms: i64,
    accepted_after_ms: Option<i64>,
    closed_after_ms: Option<i64>,
    verdict: Option<Verdict>,
}

/// The figures of some alerts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Alerts raised.
    pub raised: u32,
    /// Alerts that were acknowledged.
    pub acknowledged: u32,
    /// Alerts acknowledged within [`ACCEPT_WITHIN_SECS`].
    pub acknowledged_in_time: u32,
    /// Alerts that were closed.
    pub closed: u32,
    /// Alerts closed within [`CLOSE_WITHIN_SECS`].
    pub closed_in_time: u32,
    /// Alerts with the verdict `confirmed`; the latest verdict counts.
    pub confirmed: u32,
    /// Alerts with the verdict `false_alarm`.
    pub false_alarms: u32,
    /// Alerts with the verdict `duplicate`.
    pub duplicates: u32,
    /// Alerts with the verdict `exercise`.
    pub exercises: u32,
    /// Median time to acknowledgement, of the acknowledged ones, in seconds.
    pub accept_median_secs: Option<f64>,
    /// Median time to closure, of the closed ones, in seconds.
    pub close_median_secs: Option<f64>,
}

impl Quality {
    /// Takes in a revision of an alert.
    pub(crate) fn see(&mut self, revision: &Revision) {
        let alert = &*revision.alert.0;
        let before = self.alerts.get(alert);
        let Some(mut entry) = before.cloned().or_else(|| self.begin(revision)) else { return };
        let after = |at: Timestamp| Some(at.as_millisecond().saturating_sub(entry.told_ms).max(0));
        let accepted_after_ms = revision.acknowledged.as_ref().and_then(|act| after(act.at));
        let closed_after_ms = revision.handling.closed.as_ref().and_then(|closed| after(closed.act.at));
        (entry.accepted_after_ms, entry.closed_after_ms) = (accepted_after_ms, closed_after_ms);
        entry.verdict = revision.handling.verdict.as_ref().map(|given| given.verdict);
        if before == Some(&entry) {
            return;
        }
        self.changes += 1;
        self.alerts.insert(alert.to_owned(), entry);
        while self.alerts.len() > KEPT {
            self.alerts.pop_first();
        }
    }

    /// A new one, or one that is not known from its beginning; `None` where it does not count.
    fn begin(&self, revision: &Revision) -> Option<Entry> {
        let entry = Entry::begin(revision);
        let is_old = entry.told_ms < counted_since(revision.at.utc);
        let first = self.alerts.first_key_value().filter(|_| self.alerts.len() >= KEPT);
        let is_beyond = first.is_some_and(|(first, _)| *revision.alert.0 < **first);
        let is_test = self.is_drill || revision.why.basis == Basis::Test;
        (!is_test && !is_old && !is_beyond).then_some(entry)
    }

    /// Whether alerts that begin from now on are a drill's or a test's, which do not count.
    pub(crate) fn set_drill(&mut self, is_drill: bool) {
        self.is_drill = is_drill;
    }

    /// Rises when figures change.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Forgets what is too old to count.
    pub(crate) fn forget_old(&mut self, now: Timestamp) {
        let since = counted_since(now);
        self.alerts.retain(|_, entry| entry.told_ms >= since);
    }

    /// Time at which the first counted alert was raised.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        let first = self.alerts.values().map(|entry| entry.told_ms).min()?;
        Timestamp::from_millisecond(first).ok()
    }

    /// The figures of all alerts.
    pub(crate) fn all(&self) -> Figures {
        figures(&self.alerts.values().collect::<Vec<_>>())
    }

    /// Figures by source, the most alerts first.
    pub(crate) fn by_source(&self) -> Vec<(Source, Figures)> {
        let mut of: BTreeMap<&Source, Vec<&Entry>> = BTreeMap::new();
        for entry in self.alerts.values() {
            of.entry(&entry.of).or_default().push(entry);
        }
        let mut rows: Vec<(Source, Figures)> =
            of.into_iter().map(|(source, entries)| (source.clone(), figures(&entries))).collect();
        rows.sort_by_key(|(_, figures)| std::cmp::Reverse(figures.raised));
        rows
    }
}

impl Entry {
    fn begin(revision: &Revision) -> Self {
        // Of an alert whose beginning was not seen here, the time at which its condition began is the nearest there is.
        let raised = if revision.rev == 1 { revision.at.utc } else { revision.started_at };
        let camera = revision.camera().map(|camera| camera.to_string());
        let sensor = revision.origin.sensors.first().filter(|_| camera.is_none());
        Entry {
            of: Source {
                rule: revision.why.basis.rule().map(|rule| rule.to_string()),
                kind: revision.kind.to_string(),
                sensor: sensor.map(|sensor| sensor.to_string()),
                camera,
            },
            told_ms: raised.as_millisecond(),
            accepted_after_ms: None,
            closed_after_ms: None,
            verdict: None,
        }
    }
}

/// Start of the counted period, in milliseconds.
fn counted_since(now: Timestamp) -> i64 {
    now.as_millisecond().saturating_sub(KEPT_DAYS * MS_A_DAY)
}

fn figures(entries: &[&Entry]) -> Figures {
    let count = |wanted: &dyn Fn(&Entry) -> bool| {
        u32::try_from(entries.iter().filter(|entry| wanted(entry)).count()).unwrap_or(u32::MAX)
    };
    let found = |verdict: Verdict| count(&|entry| entry.verdict == Some(verdict));
    let within = |after_ms: Option<i64>, secs: u32| after_ms.is_some_and(|ms| ms <= i64::from(secs) * 1000);
    Figures {
        raised: count(&|_| true),
        acknowledged: count(&|entry| entry.accepted_after_ms.is_some()),
        acknowledged_in_time: count(&|entry| within(entry.accepted_after_ms, ACCEPT_WITHIN_SECS)),
        closed: count(&|entry| entry.closed_after_ms.is_some()),
        closed_in_time: count(&|entry| within(entry.closed_after_ms, CLOSE_WITHIN_SECS)),
        confirmed: found(Verdict::Confirmed),
        false_alarms: found(Verdict::FalseAlarm),
        duplicates: found(Verdict::Duplicate),
        exercises: found(Verdict::Exercise),
        accept_median_secs: median_secs(entries.iter().filter_map(|entry| entry.accepted_after_ms)),
        close_median_secs: median_secs(entries.iter().filter_map(|entry| entry.closed_after_ms)),
    }
}

/// The middle one, or the mean of the two in the middle.
fn median_secs(times_ms: impl Iterator<Item = i64>) -> Option<f64> {
    let mut times: Vec<i64> = times_ms.collect();
    times.sort_unstable();
    let upper = *times.get(times.len() / 2)?;
    let lower = times[(times.len() - 1) / 2];
    Some((lower as f64 + upper as f64) / 2000.0)
}

#[cfg(test)]
mod tests;
