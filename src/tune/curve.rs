//! [`Curve`]: what each value of a parameter would have made of the alerts of a rule at a camera, in numbers; and
//! [`Precision`]: how many of the judged ones were right.
//!
//! Alerts that nobody judged are counted apart and never guessed. One that is told as part of another alert is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use serde::Serialize;

use super::parameter::Parameter;
use crate::analysis::alert::AlertId;
use crate::analysis::time::Timestamp;
use crate::comparison::{AlertLife, Difference, Pairing, of_lives};
use crate::types::verdict::Verdict;

/// From so many verdicts on, a precision is said: with ten of ten the interval still reaches down to 0.72.
pub(crate) const FEWEST_VERDICTS: u64 = 10;
/// The 97.5th percentile of the normal distribution: intervals are of 95 %.
const Z: f64 = 1.959_964;
const DAY_SECS: f64 = 86_400.0;

/// How many judged alerts were right.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub(crate) struct Precision {
    /// Alerts that were confirmed.
    pub(crate) confirmed: u64,
    /// False alarms.
    pub(crate) false_alarms: u64,
    /// Duplicates and drills: they say nothing of the rule.
    pub(crate) other: u64,
    /// Alerts without a verdict.
    pub(crate) unjudged: u64,
}

impl Precision {
    /// One more alert.
    pub(super) fn add(&mut self, verdict: Option<Verdict>) {
        match verdict {
            Some(Verdict::Confirmed) => self.confirmed += 1,
            Some(Verdict::FalseAlarm) => self.false_alarms += 1,
            Some(Verdict::Duplicate | Verdict::Exercise) => self.other += 1,
            None => self.unjudged += 1,
        }
    }

    /// Verdicts that count.
    pub(crate) fn verdicts(&self) -> u64 {
        self.confirmed + self.false_alarms
    }

    /// All alerts.
    pub(crate) fn alerts(&self) -> u64 {
        self.verdicts() + self.other + self.unjudged
    }

    /// The share of confirmed ones among those that were judged, 0..1; `None` where too few were.
    pub(crate) fn share(&self) -> Option<f64> {
        (self.verdicts() >= FEWEST_VERDICTS).then(|| self.confirmed as f64 / self.verdicts() as f64)
    }

    /// Between what the share lies with 95 %, as far as the judged alerts are like the others: Wilson's score interval
    /// (E. B. Wilson, 1927), which holds also for few verdicts and for shares near 0 and 1.
    pub(crate) fn interval(&self) -> Option<(f64, f64)> {
        let share = self.share()?;
        let n = self.verdicts() as f64;
        let squared = Z * Z;
        let middle = share + squared / (2.0 * n);
        let half = Z * (share * (1.0 - share) / n + squared / (4.0 * n * n)).sqrt();
        let whole = 1.0 + squared / n;
        Some((((middle - half) / whole).max(0.0), ((middle + half) / whole).min(1.0)))
    }
}

/// What becomes of the alerts of one verdict.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub(crate) struct Fate {
    /// How many were told live.
    pub(crate) all: u64,
    /// How many of them are told still, on their own or as part of another alert.
    pub(crate) told: u64,
    /// How many of them are told later than with the configuration as it is.
    pub(crate) later: u64,
    /// The longest delay, seconds.
    pub(crate) latest_by_s: f64,
    /// All delays together, seconds.
    pub(crate) delay_s: f64,
}

impl Fate {
    /// `in_force`: how much later than live the configuration, as it is, tells it; `None`: not at all.
    fn add(&mut self, difference: &Difference, in_force: Option<SignedDuration>) {
        self.all += 1;
        let is_told = !matches!(difference.pairing, Pairing::Disappeared(_));
        self.told += u64::from(is_told);
        let by = in_force.filter(|_| is_told).map(|now| difference.changes().begins_by - now);
        if let Some(by) = by.filter(|by| by.is_positive()) {
            let by = by.as_secs_f64();
            self.later += 1;
            self.latest_by_s = self.latest_by_s.max(by);
            self.delay_s += by;
        }
    }
}

/// What one value makes of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub(crate) struct Point {
    /// The value.
    pub(crate) value: f64,
    /// Alerts that are told with it.
    pub(crate) told: u64,
    /// The same by the day; `None` where less than a day was judged.
    pub(crate) per_day: Option<f64>,
    /// Alerts that were confirmed.
    pub(crate) confirmed: Fate,
    /// False alarms.
    pub(crate) false_alarms: Fate,
    /// Duplicates and drills.
    pub(crate) other: Fate,
    /// Alerts without a verdict.
    pub(crate) unjudged: Fate,
    /// Alerts that were not told live, so that nobody could judge them.
    pub(crate) new: u64,
    /// What it costs beside these.
    pub(crate) elsewhere: Elsewhere,
}

/// What a value costs of the alerts that it changes besides those of the rule at the camera: a duration is of all cameras of the
/// rule, a threshold of all rules at the camera.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub(crate) struct Elsewhere {
    /// Confirmed alerts that are told with the value in force and not with this one.
    pub(crate) missed: u64,
    /// Confirmed alerts that are told later.
    pub(crate) later: u64,
    /// The longest delay, seconds.
    pub(crate) latest_by_s: f64,
    /// All delays together, seconds.
    pub(crate) delay_s: f64,
    /// Alerts without a verdict that are told with the value in force and not with this one.
    pub(crate) unjudged_gone: u64,
}

impl Elsewhere {
    /// Of what the value in force makes of those alerts, and this one.
    pub(super) fn of(now: &Point, then: &Point) -> Self {
        let Fate { later, latest_by_s, delay_s, .. } = then.confirmed;
        Elsewhere {
            missed: now.confirmed.told.saturating_sub(then.confirmed.told),
            later,
            latest_by_s,
            delay_s,
            unjudged_gone: now.unjudged.told.saturating_sub(then.unjudged.told),
        }
    }
}

/// What is told for each value of a parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Curve {
    /// The rule; `None`: it is a signal's.
    pub(crate) rule: Option<String>,
    /// The camera; `None`: it is a signal's.
    pub(crate) camera: Option<String>,
    /// The signal.
    pub(crate) signal: Option<String>,
    /// The parameter's name: `thresholds.person`, `for_secs`, `at_least`, `min_height`, `level`.
    #[serde(serialize_with = "by_name")]
    pub(crate) parameter: Parameter,
    /// The value in force, which the first point is of.
    pub(crate) in_force: f64,
    /// By value, rising.
    pub(crate) points: Vec<Point>,
}

fn by_name<S: serde::Serializer>(parameter: &Parameter, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&parameter.name())
}

/// What was told live, and over which time it is judged.
pub(super) struct Live {
    /// In the order in which they were told.
    pub(super) lives: Vec<Arc<AlertLife>>,
    /// The latest verdict on each.
    pub(super) verdicts: BTreeMap<AlertId, Verdict>,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// How long of that the box was off.
    pub(super) off: SignedDuration,
    /// How much later the configuration, as it is, tells each.
    pub(super) in_force: BTreeMap<AlertId, SignedDuration>,
}

impl Live {
    pub(super) fn is_within(&self, life: &AlertLife) -> bool {
        (self.from..self.to).contains(&life.raised_at)
    }

    /// For how long it is judged: while the box is off nothing can be told.
    pub(super) fn lasting(&self) -> SignedDuration {
        self.to.duration_since(self.from) - self.off
    }

    /// Alerts by the day; `None` where less than a day was judged.
    fn per_day(&self, told: u64) -> Option<f64> {
        let days = self.lasting().as_secs_f64() / DAY_SECS;
        (days >= 1.0).then(|| told as f64 / days)
    }

    /// What those alerts were, of which it is asked.
    pub(super) fn precision(&self, is_asked: impl Fn(&AlertLife) -> bool) -> Precision {
        let mut precision = Precision::default();
        for life in self.lives.iter().filter(|life| self.is_within(life) && is_asked(life)) {
            precision.add(self.verdicts.get(&life.alert).copied());
        }
        precision
    }

    /// What becomes of the alerts that `raised` names.
    pub(super) fn differences(
        &self,
        after: &[Arc<AlertLife>],
        raised: impl Fn(&AlertLife) -> bool,
    ) -> Vec<Difference> {
        let of_them = |lives: &[Arc<AlertLife>]| -> Vec<Arc<AlertLife>> {
            lives.iter().filter(|life| raised(life)).cloned().collect()
        };
        of_lives(&of_them(&self.lives), &of_them(after))
    }

    /// What a value makes of alerts, as far as `is_asked` asks about them.
    pub(super) fn point(
        &self,
        value: f64,
        differences: &[Difference],
        is_asked: impl Fn(&AlertLife) -> bool,
    ) -> Point {
        let mut point = Point { value, ..Point::default() };
        for difference in differences {
            let known = difference.known();
            if !self.is_within(known) || !is_asked(known) {
                continue;
            }
            point.told += u64::from(difference.after().is_some());
            let Some(before) = difference.before() else {
                point.new += 1;
                continue;
            };
            let in_force = self.in_force.get(&before.alert).copied();
            match self.verdicts.get(&before.alert) {
                Some(Verdict::Confirmed) => point.confirmed.add(difference, in_force),
                Some(Verdict::FalseAlarm) => point.false_alarms.add(difference, in_force),
                Some(Verdict::Duplicate | Verdict::Exercise) => point.other.add(difference, in_force),
                None => point.unjudged.add(difference, in_force),
            }
        }
        point.per_day = self.per_day(point.told);
        point
    }
}
