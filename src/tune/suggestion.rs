//! [`Suggestion`]: the mildest value that takes false alarms away and misses no confirmed alert, with its price in words.
//!
//! Of the values with which no confirmed alert is lost that is told now, nor one of another rule or camera that they change too, those are left that take away at least nine tenths of the
//! false alarms that any of them takes away; of these the one that loses the fewest alerts of which nobody said what they
//! were, then delays least, then changes least. Without [`super::curve::FEWEST_VERDICTS`] verdicts nothing is suggested.

use jiff::SignedDuration;

use super::curve::{Curve, Elsewhere, FEWEST_VERDICTS, Point, Precision};
use super::parameter::Parameter;
use crate::comparison::lasting;
use crate::text::{Joint, Sentence, Words, tune as say};

/// Which part of what can be taken away is enough: the last tenth costs most (a guess).
const ENOUGH: f64 = 0.9;

/// A value that may be better than the one in force.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Suggestion {
    /// What to turn.
    pub(crate) parameter: Parameter,
    /// What the value in force makes of the journal.
    pub(crate) now: Point,
    /// What the suggested one makes of it.
    pub(crate) then: Point,
}

impl Suggestion {
    /// Of the curves of one rule at a camera, or of a signal.
    pub(super) fn of(precision: &Precision, curves: &[Curve]) -> Option<Self> {
        if precision.verdicts() < FEWEST_VERDICTS {
            return None;
        }
        let mut possible: Vec<Suggestion> = Vec::new();
        for curve in curves {
            let Some((now, higher)) = curve.points.split_first() else { continue };
            let is_possible = |then: &&Point| {
                then.confirmed.told >= now.confirmed.told
                    && then.elsewhere.missed == 0
                    && then.false_alarms.told < now.false_alarms.told
            };
            possible.extend(higher.iter().filter(is_possible).map(|then| Suggestion {
                parameter: curve.parameter.clone(),
                now: *now,
                then: *then,
            }));
        }
        // A value with which the rule reports nothing is a suggestion only where there is no other.
        if possible.iter().any(|one| one.then.told > 0) {
            possible.retain(|one| one.then.told > 0);
        }
        let most = possible.iter().map(Suggestion::false_alarms_gone).max()?;
        possible.retain(|one| one.false_alarms_gone() as f64 >= ENOUGH * most as f64);
        // The first of equal ones: in the order of parameters and values.
        possible.into_iter().min_by(|a, b| {
            let by_unjudged = a.unjudged_gone().cmp(&b.unjudged_gone());
            by_unjudged.then(a.delay_s().total_cmp(&b.delay_s()))
        })
    }

    /// False alarms that are told now and would not be.
    pub(crate) fn false_alarms_gone(&self) -> u64 {
        self.now.false_alarms.told.saturating_sub(self.then.false_alarms.told)
    }

    /// Alerts without a verdict that are told now and would not be, also elsewhere.
    fn unjudged_gone(&self) -> u64 {
        self.now.unjudged.told.saturating_sub(self.then.unjudged.told) + self.then.elsewhere.unjudged_gone
    }

    /// All delays of confirmed alerts together, also elsewhere.
    fn delay_s(&self) -> f64 {
        self.then.confirmed.delay_s + self.then.elsewhere.delay_s
    }

    /// `0.42 instead of 0.30: 11 of 12 false alarms gone, ...`
    pub(crate) fn sentence(&self) -> Sentence {
        let is = self.parameter.shown(self.then.value);
        let was = self.parameter.shown(self.now.value);
        say::suggestion(self.parameter.sentence(), is, was, price(&self.now, &self.then))
    }
}

/// What a value costs and brings beside the one in force.
pub(super) fn price(now: &Point, then: &Point) -> Words {
    let gone = |now: u64, then: u64| now.saturating_sub(then);
    let mut parts: Vec<Words> = Vec::new();
    if now.false_alarms.told > 0 {
        let of_false = gone(now.false_alarms.told, then.false_alarms.told);
        parts.push(say::false_alarms_gone(of_false, now.false_alarms.told).into());
    }
    if now.confirmed.told > 0 {
        if then.confirmed.later > 0 {
            parts
                .push(say::confirmed_later(then.confirmed.later, seconds(then.confirmed.latest_by_s)).into());
        }
        parts.push(match gone(now.confirmed.told, then.confirmed.told) {
            0 => say::none_missed().into(),
            missed => say::confirmed_missed(missed, now.confirmed.told).into(),
        });
    }
    let of_unjudged = gone(now.unjudged.told, then.unjudged.told);
    if of_unjudged > 0 {
        parts.push(say::unjudged_gone(of_unjudged, now.unjudged.told).into());
    }
    if now.told > 0 && then.told == 0 {
        parts.push(say::reports_nothing().into());
    }
    parts.extend(elsewhere(&then.elsewhere).map(|cost| say::costs_elsewhere(cost).into()));
    Words::List(parts, Joint::Clauses)
}

/// What a value costs besides, as long as it misses nothing there; `None` where that is nothing.
fn elsewhere(of: &Elsewhere) -> Option<Words> {
    let mut parts: Vec<Words> = Vec::new();
    if of.later > 0 {
        parts.push(say::later_elsewhere(of.later, seconds(of.latest_by_s)).into());
    }
    if of.unjudged_gone > 0 {
        parts.push(say::unjudged_elsewhere(of.unjudged_gone).into());
    }
    (!parts.is_empty()).then_some(Words::List(parts, Joint::Clauses))
}

/// A length in words.
pub(super) fn seconds(secs: f64) -> Sentence {
    lasting(SignedDuration::try_from_secs_f64(secs).unwrap_or(SignedDuration::MAX))
}

impl Parameter {
    /// A value of it, as people read it.
    pub(crate) fn shown(&self, value: f64) -> Words {
        match self {
            Parameter::Threshold { .. } | Parameter::MinHeight { .. } | Parameter::Level { .. } => {
                format!("{value:.2}").into()
            }
            Parameter::ForSecs { .. } => seconds(value).into(),
            Parameter::AtLeast { .. } => value.to_string().into(),
        }
    }
}
