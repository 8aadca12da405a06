//! What people did about an alert, as it is published.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alert::Acknowledged;
use super::words::Time;
use crate::analysis::alert::{Act, Revision};
use crate::analysis::alert_lifecycle::handling::{Assigned, Closed, GivenVerdict};
use crate::types::verdict::{Verdict, about_causes, about_outcomes};

/// What people did about the alert. In each part `by` is what the command centre said, which nothing proves, and `key_id` is
/// the key whose signature was good, which proves who sent it. Where `by` begins with `page:`, somebody did it who is logged in
/// at the box's own page with the name that follows; nobody else may use such a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HandlingData {
    /// Who took it on: the first `ack`, or whoever did one of the following first. The same as `acknowledged`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub accepted: Option<Acknowledged>,
    /// To whom it was given; the latest one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub assigned: Option<AssignedData>,
    /// Who is there; the latest one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub on_site: Option<AssignedData>,
    /// What it turned out to be; the latest verdict stands.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict: Option<VerdictGiven>,
    /// That it is settled; the first closure stands.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub closed: Option<ClosedData>,
}

/// To whom an alert was given, or who is there because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AssignedData {
    /// A desk, a patrol or a role, as the command centre named it.
    pub to: String,
    /// Who says so, as the command centre named them.
    pub by: String,
    /// The key that signed it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key_id: Option<String>,
    /// When the box received it.
    pub at: Time,
    /// What they wrote.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

/// What an alert turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictGiven {
    /// What it was.
    pub verdict: Verdict,
    /// Why it came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(description = about_causes())]
    pub cause: Option<String>,
    /// Who says so, as the command centre named them.
    pub by: String,
    /// The key that signed it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key_id: Option<String>,
    /// When the box received it.
    pub at: Time,
    /// What they wrote.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

/// That an alert is settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClosedData {
    /// How it was settled.
    #[schemars(description = about_outcomes())]
    pub outcome: String,
    /// Who says so, as the command centre named them.
    pub by: String,
    /// The key that signed it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key_id: Option<String>,
    /// When the box received it.
    pub at: Time,
    /// What they wrote.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

impl HandlingData {
    /// `None` where nobody did anything.
    pub(super) fn of(revision: &Revision) -> Option<Self> {
        let handling = &revision.handling;
        if revision.acknowledged.is_none() && handling.is_empty() {
            return None;
        }
        Some(HandlingData {
            accepted: revision.acknowledged.clone().map(Acknowledged::from),
            assigned: handling.assigned.clone().map(AssignedData::from),
            on_site: handling.on_site.clone().map(AssignedData::from),
            verdict: handling.verdict.clone().map(VerdictGiven::from),
            closed: handling.closed.clone().map(ClosedData::from),
        })
    }

    /// What people wrote, to be cut where there is no room.
    pub(super) fn notes(&mut self) -> impl Iterator<Item = &mut String> {
        let HandlingData { accepted, assigned, on_site, verdict, closed } = self;
        let accepted = accepted.as_mut().and_then(|one| one.note.as_mut());
        let assigned = assigned.as_mut().and_then(|one| one.note.as_mut());
        let on_site = on_site.as_mut().and_then(|one| one.note.as_mut());
        let verdict = verdict.as_mut().and_then(|one| one.note.as_mut());
        let closed = closed.as_mut().and_then(|one| one.note.as_mut());
        [accepted, assigned, on_site, verdict, closed].into_iter().flatten()
    }
}

impl From<Assigned> for AssignedData {
    fn from(Assigned { act: Act { by, key, at, note }, to }: Assigned) -> Self {
        AssignedData { to, by, key_id: key.map(|key| key.to_string()), at: Time(at), note }
    }
}

impl From<GivenVerdict> for VerdictGiven {
    fn from(GivenVerdict { act: Act { by, key, at, note }, verdict, cause }: GivenVerdict) -> Self {
        VerdictGiven { verdict, cause, by, key_id: key.map(|key| key.to_string()), at: Time(at), note }
    }
}

impl From<Closed> for ClosedData {
    fn from(Closed { act: Act { by, key, at, note }, outcome }: Closed) -> Self {
        ClosedData { outcome, by, key_id: key.map(|key| key.to_string()), at: Time(at), note }
    }
}
