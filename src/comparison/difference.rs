//! [`Difference`]: which alert of the one configuration is which of the other.
//!
//! Two alerts are the same one if they are of the same rule or the same kind, at the same place and at the same time. Of
//! several that could be, the pair is taken that has most in common: rule, kind, zone, then the time that both were there. One
//! that is left, of which the same rule tells under another alert, is no loss: it was joined to that one, or parted from it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;

use super::alert_life::AlertLife;
use crate::analysis::alert::Revision;
use crate::analysis::time::Timestamp;
use crate::text::Sentence;
use crate::types::level::Level;

/// An alert in the one, in the other, or in both.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pairing {
    /// Only the new configuration raises it.
    Appeared(Arc<AlertLife>),
    /// Only the old configuration raised it.
    Disappeared(Arc<AlertLife>),
    /// The old configuration raised it; with the new one it is part of another alert of the same rule.
    Joined { before: Arc<AlertLife>, into: Arc<AlertLife> },
    /// The new configuration raises it; with the old one it was part of another alert of the same rule.
    Parted { after: Arc<AlertLife>, from: Arc<AlertLife> },
    /// Both raise it.
    Both { before: Arc<AlertLife>, after: Arc<AlertLife> },
}

/// One alert, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    pub(crate) pairing: Pairing,
    /// Why, as far as it is known ([`super::give_reasons`]).
    pub(crate) reasons: Vec<Sentence>,
}

/// What is different of an alert that both configurations raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    /// How much later it is published; negative: earlier.
    pub(crate) begins_by: SignedDuration,
    /// How much later it ends; negative: earlier.
    pub(crate) ends_by: SignedDuration,
    /// Its highest level before and after, where they differ.
    pub(crate) level: Option<(Level, Level)>,
}

impl Difference {
    fn of(pairing: Pairing) -> Self {
        Difference { pairing, reasons: Vec::new() }
    }

    /// As the old configuration raised it.
    pub(crate) fn before(&self) -> Option<&Arc<AlertLife>> {
        match &self.pairing {
            Pairing::Appeared(_) | Pairing::Parted { .. } => None,
            Pairing::Disappeared(before) | Pairing::Joined { before, .. } | Pairing::Both { before, .. } => {
                Some(before)
            }
        }
    }

    /// As the new configuration raises it.
    pub(crate) fn after(&self) -> Option<&Arc<AlertLife>> {
        match &self.pairing {
            Pairing::Disappeared(_) | Pairing::Joined { .. } => None,
            Pairing::Appeared(after) | Pairing::Parted { after, .. } | Pairing::Both { after, .. } => {
                Some(after)
            }
        }
    }

    /// What is known of it: of both, as it was.
    pub(crate) fn known(&self) -> &Arc<AlertLife> {
        match &self.pairing {
            Pairing::Appeared(life) | Pairing::Disappeared(life) => life,
            Pairing::Joined { before, .. } | Pairing::Both { before, .. } => before,
            Pairing::Parted { after, .. } => after,
        }
    }

    /// What is different where both raise it; nothing otherwise.
    pub(crate) fn changes(&self) -> Changes {
        let Pairing::Both { before, after } = &self.pairing else { return Changes::default() };
        Changes {
            begins_by: after.raised_at.duration_since(before.raised_at),
            ends_by: after.ended_at.duration_since(before.ended_at),
            level: (before.level != after.level).then_some((before.level, after.level)),
        }
    }

    /// Whether the change of configuration changes nothing about it.
    pub(crate) fn is_same(&self) -> bool {
        matches!(self.pairing, Pairing::Both { .. }) && self.changes() == Changes::default()
    }
}

/// The differences of two lists of revisions, each in the order in which it was published; `until` is the end of what was
/// judged. In order of time.
pub(crate) fn differences(before: &[Revision], after: &[Revision], until: Timestamp) -> Vec<Difference> {
    of_lives(&AlertLife::all(before, until), &AlertLife::all(after, until))
}

/// The same of alerts whose lives are known.
pub(crate) fn of_lives(before: &[Arc<AlertLife>], after: &[Arc<AlertLife>]) -> Vec<Difference> {
    let candidates = candidates(before, after);
    let (mut taken_before, mut taken_after) = (vec![None; before.len()], vec![None; after.len()]);
    for candidate in &candidates {
        let (b, a) = (candidate.before, candidate.after);
        if taken_before[b].is_none() && taken_after[a].is_none() {
            (taken_before[b], taken_after[a]) = (Some(a), Some(b));
        }
    }
    // Whom the others are part of: the likeliest first.
    let mut same_rule_before: BTreeMap<usize, usize> = BTreeMap::new();
    let mut same_rule_after: BTreeMap<usize, usize> = BTreeMap::new();
    for candidate in candidates.iter().filter(|candidate| candidate.likeness.same_rule) {
        same_rule_before.entry(candidate.before).or_insert(candidate.after);
        same_rule_after.entry(candidate.after).or_insert(candidate.before);
    }
    let mut differences = Vec::new();
    for (b, life) in before.iter().enumerate() {
        let before_life = life.clone();
        let pairing = match (taken_before[b], same_rule_before.get(&b)) {
            (Some(a), _) => Pairing::Both { before: before_life, after: after[a].clone() },
            (None, Some(a)) => Pairing::Joined { before: before_life, into: after[*a].clone() },
            (None, None) => Pairing::Disappeared(before_life),
        };
        differences.push(Difference::of(pairing));
    }
    for (a, life) in after.iter().enumerate().filter(|(a, _)| taken_after[*a].is_none()) {
        let pairing = match same_rule_after.get(&a) {
            Some(b) => Pairing::Parted { after: life.clone(), from: before[*b].clone() },
            None => Pairing::Appeared(life.clone()),
        };
        differences.push(Difference::of(pairing));
    }
    differences.sort_by(|a, b| {
        let key = |difference: &Difference| (difference.known().raised_at, difference.known().alert.clone());
        key(a).cmp(&key(b))
    });
    differences
}

/// How much two alerts have in common; the more, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Likeness {
    same_rule: bool,
    same_kind: bool,
    same_zone: bool,
    overlap_ms: i64,
    /// The nearer the first revisions, the better.
    apart_ms: Reverse<i64>,
}

/// Two alerts that may be one, by their places in the lists.
struct Candidate {
    likeness: Likeness,
    before: usize,
    after: usize,
}

/// All pairs that may be one alert, the likeliest first.
fn candidates(before: &[Arc<AlertLife>], after: &[Arc<AlertLife>]) -> Vec<Candidate> {
    let after_at = by_place(after);
    let mut seen = BTreeSet::new();
    let mut candidates = Vec::new();
    for (place, of_before) in by_place(before) {
        let Some(of_after) = after_at.get(&place) else { continue };
        let mut first = 0;
        for b in of_before {
            let life = &before[b];
            // Both are in order of their beginnings; what ended before this one began is over for all that follow, unless
            // something before it lasts longer.
            while first < of_after.len() && after[of_after[first]].ended_at < life.started_at {
                first += 1;
            }
            for &a in of_after[first..].iter().take_while(|a| after[**a].started_at <= life.ended_at) {
                let Some(likeness) = likeness(life, &after[a]) else { continue };
                if seen.insert((b, a)) {
                    candidates.push(Candidate { likeness, before: b, after: a });
                }
            }
        }
    }
    candidates.sort_by_key(|candidate| (Reverse(candidate.likeness), candidate.before, candidate.after));
    candidates
}

fn likeness(before: &AlertLife, after: &AlertLife) -> Option<Likeness> {
    let same_rule = before.rule == after.rule && (before.rule.is_some() || before.kind == after.kind);
    let same_kind = before.kind == after.kind;
    let overlap_ms = before.overlap_ms(after)?;
    let apart_ms = before.raised_at.as_millisecond().abs_diff(after.raised_at.as_millisecond());
    (same_rule || same_kind).then_some(Likeness {
        same_rule,
        same_kind,
        same_zone: before.origin.zones.iter().any(|zone| after.origin.zones.contains(zone)),
        overlap_ms,
        apart_ms: Reverse(i64::try_from(apart_ms).unwrap_or(i64::MAX)),
    })
}

/// Where an alert is: one of a rule at its camera, one that is believed in also at its sensors and its grid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Camera(Arc<str>),
    Sensor(Arc<str>),
    Grid(Arc<str>),
}

/// The alerts at each place, by their places in the list, in the order in which their conditions began.
fn by_place(lives: &[Arc<AlertLife>]) -> BTreeMap<Place, Vec<usize>> {
    let mut places: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
    for (at, life) in lives.iter().enumerate() {
        let cameras = life.origin.cameras.iter().cloned().map(Place::Camera);
        let sensors = life.origin.sensors.iter().cloned().map(Place::Sensor);
        let grid = life.rule.is_none().then(|| Place::Grid(life.grid.clone()));
        for place in cameras.chain(sensors).chain(grid) {
            places.entry(place).or_default().push(at);
        }
    }
    for of_place in places.values_mut() {
        of_place.sort_by_key(|at| (lives[*at].started_at, *at));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::super::test_alerts::{at, ended, life, raised, updated};
    use super::*;
    use crate::analysis::alert::Basis;

    fn compared(before: &[Revision], after: &[Revision]) -> Vec<Difference> {
        differences(before, after, at(10_000))
    }

    /// Each by what became of it.
    fn told(differences: &[Difference]) -> Vec<String> {
        let one = |difference: &Difference| match &difference.pairing {
            Pairing::Appeared(life) => format!("+{}", life.alert.0),
            Pairing::Disappeared(life) => format!("-{}", life.alert.0),
            Pairing::Joined { before, into } => format!("{}>{}", before.alert.0, into.alert.0),
            Pairing::Parted { after, from } => format!("{}<{}", after.alert.0, from.alert.0),
            Pairing::Both { before, after } => format!("{}={}", before.alert.0, after.alert.0),
        };
        differences.iter().map(one).collect()
    }

    #[test]
    fn the_same_alerts_are_the_same_whatever_their_ids() {
        let before = [life("A", "yard", "cam-1", 10, 60), life("B", "yard", "cam-2", 20, 70)].concat();
        let after = [life("X", "yard", "cam-1", 10, 60), life("Y", "yard", "cam-2", 20, 70)].concat();
        let differences = compared(&before, &after);
        assert_eq!(told(&differences), ["A=X", "B=Y"]);
        assert!(differences.iter().all(Difference::is_same));
        assert_eq!(compared(&[], &[]), []);
    }

    #[test]
    fn an_alert_in_one_of_them_only_appears_or_disappears() {
        let before = [life("A", "yard", "cam-1", 10, 60), life("B", "yard", "cam-1", 400, 460)].concat();
        let after = [life("A", "yard", "cam-1", 10, 60), life("C", "yard", "cam-1", 900, 960)].concat();
        assert_eq!(told(&compared(&before, &after)), ["A=A", "-B", "+C"]);
        assert_eq!(told(&compared(&after, &before)), ["A=A", "+B", "-C"]);
        assert_eq!(told(&compared(&before, &[])), ["-A", "-B"]);
    }

    #[test]
    fn another_camera_or_another_time_is_another_alert() {
        let before = life("A", "yard", "cam-1", 10, 60);
        assert_eq!(told(&compared(&before, &life("B", "yard", "cam-2", 10, 60))), ["-A", "+B"]);
        assert_eq!(told(&compared(&before, &life("B", "yard", "cam-1", 70, 90))), ["-A", "+B"]);
    }

    #[test]
    fn what_begins_later_or_ends_earlier_says_by_how_much() {
        let before = life("A", "yard", "cam-1", 10, 60);
        let mut after = life("B", "yard", "cam-1", 12, 55);
        after[1].level_max = Level::Red;
        let differences = compared(&before, &after);
        let expected = Changes {
            begins_by: SignedDuration::from_secs(2),
            ends_by: SignedDuration::from_secs(-5),
            level: Some((Level::Yellow, Level::Red)),
        };
        assert_eq!((told(&differences), differences[0].changes()), (vec!["A=B".to_owned()], expected));
        assert!(!differences[0].is_same());
    }

    #[test]
    fn an_alert_that_is_open_at_the_end_is_the_same_if_it_is_open_in_both() {
        let open = [raised("A", "yard", "cam-1", 10)];
        assert!(compared(&open, &open)[0].is_same());
        let over = life("B", "yard", "cam-1", 10, 60);
        let changes = compared(&open, &over)[0].changes();
        assert_eq!(changes.ends_by, SignedDuration::from_secs(60 - 10_000));
    }

    #[test]
    fn visits_that_a_longer_hold_joins_are_no_loss_and_a_shorter_one_parts_them() {
        let visits = [
            life("A", "yard", "cam-1", 10, 40),
            life("B", "yard", "cam-1", 100, 150),
            life("C", "yard", "cam-1", 200, 220),
        ]
        .concat();
        let one = life("X", "yard", "cam-1", 10, 230);
        assert_eq!(told(&compared(&visits, &one)), ["A>X", "B=X", "C>X"]);
        assert_eq!(told(&compared(&one, &visits)), ["A<X", "X=B", "C<X"]);
    }

    #[test]
    fn a_rule_with_another_name_is_found_by_its_kind_and_its_own_name_comes_first() {
        let before = life("A", "yard", "cam-1", 10, 60);
        let renamed = life("B", "court", "cam-1", 11, 60);
        assert_eq!(told(&compared(&before, &renamed)), ["A=B"]);
        let both = [renamed, life("C", "yard", "cam-1", 14, 30)].concat();
        assert_eq!(told(&compared(&before, &both)), ["A=C", "+B"]);
    }

    #[test]
    fn of_two_rules_of_one_kind_neither_takes_the_others_place() {
        let before = [life("A", "yard", "cam-1", 10, 60), life("B", "gate", "cam-1", 10, 60)].concat();
        let mut after = life("X", "gate", "cam-1", 10, 60);
        assert_eq!(told(&compared(&before, &after)), ["-A", "B=X"]);
        for revision in &mut after {
            revision.kind = "loitering".into();
        }
        assert_eq!(told(&compared(&before, &after)), ["-A", "B=X"], "it is found by its rule");
    }

    #[test]
    fn what_is_believed_is_found_by_its_place_also_without_the_camera() {
        let believed = |id: &str, cameras: &[&str], secs, until| {
            let mut revisions = life(id, "rule", "cam-1", secs, until);
            for revision in &mut revisions {
                revision.why.basis = Basis::Belief;
                revision.origin.cameras = cameras.iter().map(|camera| Arc::from(*camera)).collect();
                revision.origin.zones.clear();
            }
            revisions
        };
        let before = believed("A", &["cam-1"], 10, 60);
        let after = believed("B", &[], 13, 60);
        assert_eq!(told(&compared(&before, &after)), ["A=B"]);
        let mut elsewhere = after.clone();
        for revision in &mut elsewhere {
            revision.grid = "53012700300199".into();
        }
        assert_eq!(told(&compared(&before, &elsewhere)), ["-A", "+B"]);
    }

    #[test]
    fn a_long_alert_meets_those_that_come_late_in_it() {
        let new = raised("L", "yard", "cam-1", 10);
        let long = [new.clone(), updated(&new, 5_000), ended(&new, 9_000)].to_vec();
        let before = [long, life("S", "gate", "cam-1", 20, 30)].concat();
        let after = life("X", "yard", "cam-1", 8_000, 9_500);
        assert_eq!(told(&compared(&before, &after)), ["L=X", "-S"]);
    }
}
