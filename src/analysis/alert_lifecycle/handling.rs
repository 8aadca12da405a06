//! Handling of an alert by people: assignment, arrival, verdict, closure.
//!
//! Each step has who asked for it and the key that proves it. The first acknowledgement and the first closure stand; who is
//! on it and the verdict may change, and the latest stands. Must never end an alert: the box goes on reporting what it sees.

use std::fmt;

use super::AlertError;
use crate::analysis::alert::{Act, Revision};
use crate::text::{Sentence, alert as say};
use crate::types::language::Language;
use crate::types::verdict::{OUTCOMES, Verdict};

/// What people did about an alert, besides taking it on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handling {
    /// The assignment.
    pub assigned: Option<Assigned>,
    /// The people on site.
    pub on_site: Option<Assigned>,
    /// The verdict.
    pub verdict: Option<GivenVerdict>,
    /// The closure.
    pub closed: Option<Closed>,
}

impl Handling {
    /// Whether no step was taken.
    pub fn is_empty(&self) -> bool {
        *self == Handling::default()
    }
}

/// An assignment of an alert, or the arrival of people because of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// Who says so, when, and what they wrote.
    pub act: Act,
    /// A desk, a patrol or a role.
    pub to: String,
}

/// What an alert turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenVerdict {
    /// Who says so, when, and what they wrote.
    pub act: Act,
    /// What it was.
    pub verdict: Verdict,
    /// Why it came.
    pub cause: Option<String>,
}

/// The closure of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Who says so, when, and what they wrote.
    pub act: Act,
    /// How.
    pub outcome: String,
}

/// A step in the handling of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandlingStep {
    /// It is assigned.
    Assign(Assigned),
    /// People are on site.
    Arrive(Assigned),
    /// A verdict is given.
    Judge(GivenVerdict),
    /// It is closed.
    Close(Closed),
}

impl HandlingStep {
    fn act(&self) -> &Act {
        match self {
            HandlingStep::Assign(assigned) | HandlingStep::Arrive(assigned) => &assigned.act,
            HandlingStep::Judge(given) => &given.act,
            HandlingStep::Close(closed) => &closed.act,
        }
    }
}

/// Why a step was not noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotHandled {
    /// No such alert.
    Unknown(AlertError),
    /// It was so before.
    Before {
        /// What was so, in a few words.
        what: Sentence,
        /// Who did it first.
        before: Act,
    },
    /// It was closed, so nobody need go there any more.
    Closed(Act),
    /// A word that is none for this alert.
    Word {
        /// Which word, and for which kind.
        what: Sentence,
        /// Which words there are.
        hint: Sentence,
    },
}

impl NotHandled {
    /// Why, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            NotHandled::Unknown(error) => error.sentence(),
            NotHandled::Before { what, before } => say::before(what.clone(), &before.by),
            NotHandled::Closed(act) => say::is_closed(&act.by),
            NotHandled::Word { what, .. } => what.clone(),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<Sentence> {
        match self {
            NotHandled::Unknown(error) => Some(error.hint()),
            NotHandled::Before { .. } => None,
            NotHandled::Closed(_) => Some(say::try_verdict()),
            NotHandled::Word { hint, .. } => Some(hint.clone()),
        }
    }
}

impl fmt::Display for NotHandled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence().with_hint(self.hint().as_ref(), Language::English))
    }
}

impl std::error::Error for NotHandled {}

/// Notes a step in the latest revision. A step on an alert that nobody took on takes it on.
pub(in crate::analysis) fn take(published: &mut Revision, step: &HandlingStep) -> Result<(), NotHandled> {
    let now = &mut published.handling;
    match step {
        HandlingStep::Assign(to) | HandlingStep::Arrive(to) => {
            let is_there = matches!(step, HandlingStep::Arrive(_));
            let slot = if is_there { &mut now.on_site } else { &mut now.assigned };
            if let Some(before) = slot.as_ref().filter(|before| before.to == to.to) {
                let who = &before.to;
                let what = if is_there { say::was_there(who) } else { say::was_given_it(who) };
                return Err(NotHandled::Before { what, before: before.act.clone() });
            }
            if let Some(closed) = &now.closed {
                return Err(NotHandled::Closed(closed.act.clone()));
            }
            *slot = Some(to.clone());
        }
        HandlingStep::Judge(given) => {
            check_cause(given, &published.kind)?;
            let is_same =
                |before: &&GivenVerdict| (before.verdict, &before.cause) == (given.verdict, &given.cause);
            if let Some(before) = now.verdict.as_ref().filter(is_same) {
                let what = say::verdict_was(before.verdict.name());
                return Err(NotHandled::Before { what, before: before.act.clone() });
            }
            now.verdict = Some(given.clone());
        }
        HandlingStep::Close(closed) => {
            check_outcome(&closed.outcome, &published.kind)?;
            if let Some(before) = &now.closed {
                let what = say::closed_as(&before.outcome);
                return Err(NotHandled::Before { what, before: before.act.clone() });
            }
            now.closed = Some(closed.clone());
        }
    }
    // The note belongs to the step.
    published.acknowledged.get_or_insert_with(|| Act { note: None, ..step.act().clone() });
    Ok(())
}

fn check_cause(given: &GivenVerdict, kind: &str) -> Result<(), NotHandled> {
    let Some(cause) = &given.cause else { return Ok(()) };
    let known = given.verdict.causes(kind);
    if known.contains(&cause.as_str()) {
        return Ok(());
    }
    let verdict = given.verdict.name();
    let hint = match known.is_empty() {
        true => say::verdict_has_no_cause(verdict),
        false => say::causes_of_verdict(verdict, known.join(", ")),
    };
    Err(NotHandled::Word { what: say::no_such_cause(cause, kind), hint })
}

fn check_outcome(outcome: &str, kind: &str) -> Result<(), NotHandled> {
    if OUTCOMES.contains(&outcome) {
        return Ok(());
    }
    let hint = say::one_of(OUTCOMES.join(", "));
    Err(NotHandled::Word { what: say::no_such_outcome(outcome, kind), hint })
}
