//! Alerts: what is worth reporting, with an identity, revisions and a life.
//!
//! `new`, then any number of `update`s, then `end` (it is over) or `retract` (it never was). What people do about it may
//! be reported after the end. Pure: ids come from what happened, not from chance, so a replay gives the same bytes.

use std::sync::Arc;

use super::alert_lifecycle::handling::Handling;
use super::camera_health::NoVideoCause;
use super::detection::Class;
use super::geometry::BBox;
use super::time::{Moment, Timestamp};
use crate::text::Words;
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};

/// An alert's identity: a ULID as text, 26 characters, first in time order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AlertId(pub Arc<str>);

/// An action of a person on an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who, as the command centre names them (a desk or a role, for the audit trail). Nothing proves it.
    pub by: String,
    /// The key that signed the command, which proves who sent it; `None` where commands need no signature.
    pub key: Option<Arc<str>>,
    /// When the command was received.
    pub at: Timestamp,
    /// What they wrote, if anything.
    pub note: Option<String>,
}

/// An acknowledgement.
pub type Acknowledgement = Act;

/// An escalation: nobody acknowledged in time, so the next place up the grid is notified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// The alert's level when it was passed on; each level is passed on from the first step.
    pub level: Level,
    /// How many steps up the grid, from 1.
    pub step: u8,
    /// The code of the place that is notified now.
    pub to: Arc<str>,
    /// When.
    pub at: Timestamp,
}

/// The outcome of an acknowledgement. The first one wins: a later one gets the name of who has the alert.
#[derive(Debug, Clone, PartialEq)]
pub enum AckOutcome {
    /// The alert has it now; this revision reports it.
    Now(Box<Revision>),
    /// It was acknowledged before.
    Before(Acknowledgement),
}

/// Where an alert comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Cameras; what is shown was seen by the first.
    pub cameras: Vec<Arc<str>>,
    /// Zones and lines in their pictures.
    pub zones: Vec<Arc<str>>,
    /// Sensors.
    pub sensors: Vec<Arc<str>>,
}

impl Origin {
    /// This one and what was part of it before.
    pub(crate) fn joined_by(mut self, before: &Origin) -> Self {
        for (mine, theirs) in [
            (&mut self.cameras, &before.cameras),
            (&mut self.zones, &before.zones),
            (&mut self.sensors, &before.sensors),
        ] {
            for name in theirs {
                if !mine.contains(name) {
                    mine.push(name.clone());
                }
            }
        }
        self
    }
}

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// One rule, by its id.
    Rule(Arc<str>),
    /// The belief that a kind of thing happens at a place.
    Belief,
    /// A test of the delivery of alerts: nothing happened.
    Test,
}

impl Basis {
    /// The rule's id, if it was a rule.
    pub fn rule(&self) -> Option<&Arc<str>> {
        match self {
            Basis::Rule(rule) => Some(rule),
            Basis::Belief | Basis::Test => None,
        }
    }
}

/// One thing that contributed, for the explanation.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// `rule:fire-lane-blocked@cam-03`, `sensor:drain-2`, `camera:cam-03:covered`.
    pub source: String,
    /// What was measured: seconds, count or score of a rule, or a sensor's value in its unit.
    pub value: f64,
    /// Share in what all of them contributed, 0..1.
    pub contribution: f64,
    /// Weight given by configuration.
    pub weight: f64,
    /// Seconds since it was measured.
    pub age_secs: f64,
    /// Why a camera gives no video, where that is known.
    pub cause: Option<NoVideoCause>,
}

/// What was wanted and what was got.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// What decided.
    pub basis: Basis,
    /// The condition in words and numbers: `car, truck or bus stays in fire-lane for 120 s`.
    pub condition: Words,
    /// The threshold that was passed: of a rule in the unit of the contributions' values, otherwise a belief.
    pub threshold: f64,
    /// What contributed.
    pub contributions: Vec<Contribution>,
    /// Sources that could have said something and are silent.
    pub silent: Vec<String>,
}

/// One thing that is part of the alert, at its latest place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// What it is.
    pub class: Class,
    /// How sure the detector is, 0..1.
    pub score: f32,
    /// Its box, in parts of the frame.
    pub box_in_frame: BBox,
}

/// One revision of one alert: the complete picture, so that a consumer needs no earlier one.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Which alert.
    pub alert: AlertId,
    /// 1 for `new`, then rising by one.
    pub rev: u32,
    /// Its phase.
    pub phase: Phase,
    /// Why this revision.
    pub reason: PhaseReason,
    /// The kind of thing: the rule's `signal`.
    pub kind: Arc<str>,
    /// Suggested level now.
    pub level: Level,
    /// Highest level so far.
    pub level_max: Level,
    /// How sure we are, 0..1.
    pub confidence: f32,
    /// When the condition began (not when it had lasted long enough).
    pub started_at: Timestamp,
    /// When it was last seen to hold.
    pub last_seen_at: Timestamp,
    /// When it ended, for `end` and `retract`.
    pub ended_at: Option<Timestamp>,
    /// The moment this revision was made.
    pub at: Moment,
    /// The grid code of the place.
    pub grid: Arc<str>,
    /// Where it comes from.
    pub origin: Origin,
    /// What is in the picture and part of it.
    pub shown: Vec<Shown>,
    /// The explanation.
    pub why: Why,
    /// Why it ended, for `end` and `retract`: later revisions have another reason of their own.
    pub end_reason: Option<PhaseReason>,
    /// Who acknowledged it.
    pub acknowledged: Option<Acknowledgement>,
    /// What else people did about it.
    pub handling: Handling,
    /// The escalation, if nobody acknowledged it.
    pub escalated: Option<Escalation>,
}

impl Revision {
    /// The camera that saw what is shown; an alert of sensors alone has none.
    pub fn camera(&self) -> Option<&Arc<str>> {
        self.origin.cameras.first()
    }

    /// Whether the alert is over.
    pub(crate) fn is_last(&self) -> bool {
        matches!(self.phase, Phase::End | Phase::Retract)
    }
}
