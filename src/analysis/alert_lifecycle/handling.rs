//! What people did about an alert: who has it, who is there, what it was, how it was settled.
//!
//! Each step has who asked for it and the key that proves it. The first acknowledgement and the first closure stand; who is
//! on it and the verdict may change, and the latest stands. Must never end an alert: the box goes on telling what it sees.

use super::AlertError;
use crate::analysis::alert::{Act, Revision};
use crate::types::verdict::{OUTCOMES, Verdict};

/// What people did about an alert, besides taking it on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handling {
    /// To whom it was given.
    pub assigned: Option<Assigned>,
    /// Who is there.
    pub on_site: Option<Assigned>,
    /// What it turned out to be.
    pub verdict: Option<GivenVerdict>,
    /// That it is settled.
    pub closed: Option<Closed>,
}

impl Handling {
    /// Whether nobody did anything.
    pub fn is_empty(&self) -> bool {
        *self == Handling::default()
    }
}

/// Somebody was given an alert, or is there because of it.
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

/// That an alert is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Who says so, when, and what they wrote.
    pub act: Act,
    /// How.
    pub outcome: String,
}

/// What somebody wants to be noted of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandlingStep {
    /// Somebody is given it.
    Assign(Assigned),
    /// Somebody is there.
    Arrive(Assigned),
    /// It turned out to be something.
    Judge(GivenVerdict),
    /// It is settled.
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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotHandled {
    /// No such alert.
    #[error(transparent)]
    Unknown(AlertError),
    /// It was so before.
    #[error("{what} before, by {}", .before.by)]
    Before {
        /// What was so, in a few words.
        what: String,
        /// Who did it first.
        before: Act,
    },
    /// It was closed, so nobody need go there any more.
    #[error("the alert was closed by {}, so it cannot be assigned any more\n  hint: a verdict can still be given", .0.by)]
    Closed(Act),
    /// A word that is none for this alert.
    #[error("{what} `{word}` is none for an alert of the kind `{kind}`\n  hint: {hint}")]
    Word {
        /// Which word.
        what: &'static str,
        /// As it was given.
        word: String,
        /// The alert's kind.
        kind: String,
        /// Which words there are.
        hint: String,
    },
}

/// Notes a step in the latest revision. Whoever takes a step on an alert that nobody took on has it.
pub(in crate::analysis) fn take(told: &mut Revision, step: &HandlingStep) -> Result<(), NotHandled> {
    let now = &mut told.handling;
    match step {
        HandlingStep::Assign(to) | HandlingStep::Arrive(to) => {
            let is_there = matches!(step, HandlingStep::Arrive(_));
            let (slot, what) =
                if is_there { (&mut now.on_site, "was there") } else { (&mut now.assigned, "was given it") };
            if let Some(before) = slot.as_ref().filter(|before| before.to == to.to) {
                let what = format!("{} {what}", before.to);
                return Err(NotHandled::Before { what, before: before.act.clone() });
            }
            if let Some(closed) = &now.closed {
                return Err(NotHandled::Closed(closed.act.clone()));
            }
            *slot = Some(to.clone());
        }
        HandlingStep::Judge(given) => {
            check_cause(given, &told.kind)?;
            let is_same =
                |before: &&GivenVerdict| (before.verdict, &before.cause) == (given.verdict, &given.cause);
            if let Some(before) = now.verdict.as_ref().filter(is_same) {
                let what = format!("the verdict was `{}`", before.verdict.name());
                return Err(NotHandled::Before { what, before: before.act.clone() });
            }
            now.verdict = Some(given.clone());
        }
        HandlingStep::Close(closed) => {
            check_outcome(&closed.outcome, &told.kind)?;
            if let Some(before) = &now.closed {
                let what = format!("the alert was closed as `{}`", before.outcome);
                return Err(NotHandled::Before { what, before: before.act.clone() });
            }
            now.closed = Some(closed.clone());
        }
    }
    // The note belongs to the step.
    told.acknowledged.get_or_insert_with(|| Act { note: None, ..step.act().clone() });
    Ok(())
}

fn check_cause(given: &GivenVerdict, kind: &str) -> Result<(), NotHandled> {
    let Some(cause) = &given.cause else { return Ok(()) };
    let known = given.verdict.causes(kind);
    if known.contains(&cause.as_str()) {
        return Ok(());
    }
    let verdict = given.verdict.name();
    let hint = if known.is_empty() {
        format!("a verdict `{verdict}` has no cause; write what there is to say into `note`")
    } else {
        format!("a verdict `{verdict}` may have one of: {}", known.join(", "))
    };
    Err(NotHandled::Word { what: "the cause", word: cause.clone(), kind: kind.to_owned(), hint })
}

fn check_outcome(outcome: &str, kind: &str) -> Result<(), NotHandled> {
    if OUTCOMES.contains(&outcome) {
        return Ok(());
    }
    let hint = format!("one of: {}", OUTCOMES.join(", "));
    Err(NotHandled::Word { what: "the outcome", word: outcome.to_owned(), kind: kind.to_owned(), hint })
}
