//! [`AlertLife`]: one alert from its first revision to its last, as far as it was judged.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analysis::alert::{AlertId, Basis, Origin, Revision};
use crate::analysis::time::Timestamp;
use crate::text::Words;
use crate::types::level::Level;

/// One alert over its life.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AlertLife {
    pub(crate) alert: AlertId,
    /// The rule that decided; `None` where a belief did.
    pub(crate) rule: Option<Arc<str>>,
    pub(crate) kind: Arc<str>,
    /// The grid code of its place.
    pub(crate) grid: Arc<str>,
    /// Everything that was part of it.
    pub(crate) origin: Origin,
    /// When its condition began.
    pub(crate) started_at: Timestamp,
    /// When it was published first.
    pub(crate) raised_at: Timestamp,
    /// When it ended; the end of what was judged where it was open then.
    pub(crate) ended_at: Timestamp,
    /// Whether it was open at the end of what was judged.
    pub(crate) is_open: bool,
    /// The highest level it had.
    pub(crate) level: Level,
    /// What was wanted, in words and numbers.
    pub(crate) condition: Words,
}

impl AlertLife {
    fn of(first: &Revision) -> Self {
        AlertLife {
            alert: first.alert.clone(),
            rule: first.why.basis.rule().cloned(),
            kind: first.kind.clone(),
            grid: first.grid.clone(),
            origin: first.origin.clone(),
            started_at: first.started_at,
            raised_at: first.at.utc,
            ended_at: first.at.utc,
            is_open: true,
            level: first.level_max,
            condition: first.why.condition.clone(),
        }
    }

    fn goes_on(&mut self, revision: &Revision) {
        self.origin = revision.origin.clone().joined_by(&self.origin);
        self.level = self.level.max(revision.level_max);
        if let Some(ended_at) = revision.ended_at.filter(|_| revision.is_last()) {
            (self.ended_at, self.is_open) = (ended_at, false);
        }
    }

    /// The lives of the alerts of these revisions, in the order in which they were published first. `until`: the end of what
    /// was judged. Tests of the delivery are no alerts here.
    pub(crate) fn all(revisions: &[Revision], until: Timestamp) -> Vec<Arc<AlertLife>> {
        let mut lives = Lives::default();
        revisions.iter().for_each(|revision| lives.take(revision));
        lives.finish(until)
    }

    /// The camera that saw what is shown.
    pub(crate) fn camera(&self) -> Option<&Arc<str>> {
        self.origin.cameras.first()
    }

    /// Where it is, as people find it: its cameras, else its sensors, else the code of its place.
    pub(crate) fn place(&self) -> String {
        let names = match (&self.origin.cameras, &self.origin.sensors) {
            (cameras, _) if !cameras.is_empty() => cameras,
            (_, sensors) if !sensors.is_empty() => sensors,
            _ => return self.grid.to_string(),
        };
        names.join(", ")
    }

    /// What decided, as people find it: the rule's id, or the kind that is believed in.
    pub(crate) fn decided_by(&self) -> &Arc<str> {
        self.rule.as_ref().unwrap_or(&self.kind)
    }

    /// Whether both were there at the same time, for so many milliseconds; one that ended at once was there for none.
    pub(super) fn overlap_ms(&self, other: &AlertLife) -> Option<i64> {
        let from = self.started_at.max(other.started_at);
        let to = self.ended_at.min(other.ended_at);
        (from <= to).then(|| to.as_millisecond() - from.as_millisecond())
    }
}

/// Lives that are gathered revision by revision: much less than the revisions are.
#[derive(Debug, Default)]
pub(crate) struct Lives(BTreeMap<AlertId, AlertLife>);

impl Lives {
    /// Takes one, in the order in which they were published. Tests of the delivery are left out.
    pub(crate) fn take(&mut self, revision: &Revision) {
        if revision.why.basis == Basis::Test {
            return;
        }
        match self.0.get_mut(&revision.alert) {
            Some(life) => life.goes_on(revision),
            None => {
                let mut life = AlertLife::of(revision);
                life.goes_on(revision);
                self.0.insert(revision.alert.clone(), life);
            }
        }
    }

    /// How many there are.
    #[cfg_attr(
        not(feature = "web"),
        allow(dead_code, reason = "only the search for better values counts them")
    )]
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The lives in the order in which they were published first; `until` as in [`AlertLife::all`].
    pub(crate) fn finish(self, until: Timestamp) -> Vec<Arc<AlertLife>> {
        let ended = |mut life: AlertLife| {
            if life.is_open {
                life.ended_at = until.max(life.raised_at);
            }
            Arc::new(life)
        };
        let mut lives: Vec<Arc<AlertLife>> = self.0.into_values().map(ended).collect();
        lives.sort_by(|a, b| (a.raised_at, &a.alert).cmp(&(b.raised_at, &b.alert)));
        lives
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_alerts::{at, ended, raised, updated};
    use super::*;
    use crate::analysis::alert::Why;

    #[test]
    fn a_life_begins_with_the_first_revision_and_ends_with_the_last() {
        let new = raised("A", "yard", "cam-1", 10);
        let mut grown = updated(&new, 40);
        grown.level_max = Level::Red;
        grown.origin.cameras.push("cam-2".into());
        let lives = AlertLife::all(&[new.clone(), grown.clone(), ended(&grown, 70)], at(1_000));
        let [life] = &lives[..] else { panic!("{lives:?}") };
        assert_eq!((life.raised_at, life.ended_at, life.is_open), (at(10), at(70), false));
        assert_eq!((life.level, &*life.place()), (Level::Red, "cam-1, cam-2"));
        assert_eq!(&**life.decided_by(), "yard");
    }

    #[test]
    fn one_that_is_open_lasts_until_the_end_of_what_was_judged_and_a_test_is_none() {
        let new = raised("A", "yard", "cam-1", 10);
        let mut test = raised("B", "yard", "cam-1", 20);
        test.why = Why { basis: Basis::Test, ..test.why };
        let lives = AlertLife::all(&[new, test], at(1_000));
        let [life] = &lives[..] else { panic!("{lives:?}") };
        assert_eq!((life.ended_at, life.is_open), (at(1_000), true));
    }
}
