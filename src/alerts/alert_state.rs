//! An alert as the box keeps it for itself, to take it up again after a restart: everything of its latest revision, neither
//! rounded nor cut down as in the message that reports it.
//!
//! Stored with each revision, in the same transaction. A field that is added is optional or has a default: a later
//! version reads what an earlier one stored. Must never be sent: it is the box's own.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::analysis::alert::{Act, AlertId, Basis, Contribution, Escalation, Origin, Revision, Shown, Why};
use crate::analysis::alert_lifecycle::handling::{Assigned, Closed, GivenVerdict, Handling};
use crate::analysis::camera_health::NoVideoCause;
use crate::analysis::detection::Class;
use crate::analysis::geometry::BBox;
use crate::analysis::time::{Moment, Timestamp};
use crate::contract::Event;
use crate::contract::alert::{AlertData, Evidence, Object, SignalData};
use crate::contract::alert_words;
use crate::text::Words;
use crate::types::language::Language;
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};
use crate::types::verdict::Verdict;

/// What is stored.
#[derive(Debug, Serialize, Deserialize)]
struct StoredAlert {
    alert: String,
    rev: u32,
    phase: Phase,
    kind: String,
    level: Level,
    level_max: Level,
    confidence: f32,
    #[serde(with = "exact")]
    started_at: Timestamp,
    #[serde(with = "exact")]
    last_seen_at: Timestamp,
    /// Of an alert that has ended.
    #[serde(default, with = "exact_option", skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_reason: Option<PhaseReason>,
    grid: String,
    cameras: Vec<String>,
    zones: Vec<String>,
    sensors: Vec<String>,
    shown: Vec<ShownState>,
    /// `None`: a belief decided, or it is a test.
    rule: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_test: bool,
    condition: String,
    /// The same in any language; absent where it is known in the site's alone, and from an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    condition_kept: Option<Value>,
    threshold: f64,
    contributions: Vec<ContributionState>,
    silent: Vec<String>,
    acknowledged: Option<ActState>,
    #[serde(default)]
    handling: HandlingState,
    escalated: Option<EscalationState>,
    evidence: Vec<Evidence>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ShownState {
    class: String,
    score: f32,
    box_in_frame: [f32; 4],
}

#[derive(Debug, Serialize, Deserialize)]
struct ContributionState {
    source: String,
    value: f64,
    contribution: f64,
    weight: f64,
    age_secs: f64,
    cause: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ActState {
    by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(with = "exact")]
    at: Timestamp,
    note: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct HandlingState {
    /// The recipient, and who assigned it.
    assigned: Option<(String, ActState)>,
    on_site: Option<(String, ActState)>,
    /// What, why, and who says so.
    verdict: Option<(Verdict, Option<String>, ActState)>,
    /// How, and who says so.
    closed: Option<(String, ActState)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct EscalationState {
    level: Level,
    step: u8,
    to: String,
    #[serde(with = "exact")]
    at: Timestamp,
}

/// Times to the nanosecond; those of messages end at the millisecond.
mod exact {
    use jiff::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(at)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The same, where there may be none.
mod exact_option {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize as _, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        at.map(|at| at.to_string()).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(de::Error::custom)).transpose()
    }
}

impl From<Act> for ActState {
    fn from(Act { by, key, at, note }: Act) -> Self {
        ActState { by, key: key.map(|key| key.to_string()), at, note }
    }
}

impl From<ActState> for Act {
    fn from(ActState { by, key, at, note }: ActState) -> Self {
        Act { by, key: key.map(Arc::from), at, note }
    }
}

impl From<Handling> for HandlingState {
    fn from(Handling { assigned, on_site, verdict, closed }: Handling) -> Self {
        HandlingState {
            assigned: assigned.map(|one| (one.to, one.act.into())),
            on_site: on_site.map(|one| (one.to, one.act.into())),
            verdict: verdict.map(|one| (one.verdict, one.cause, one.act.into())),
            closed: closed.map(|one| (one.outcome, one.act.into())),
        }
    }
}

impl From<HandlingState> for Handling {
    fn from(HandlingState { assigned, on_site, verdict, closed }: HandlingState) -> Self {
        Handling {
            assigned: assigned.map(|(to, act)| Assigned { act: act.into(), to }),
            on_site: on_site.map(|(to, act)| Assigned { act: act.into(), to }),
            verdict: verdict.map(|(verdict, cause, act)| GivenVerdict { act: act.into(), verdict, cause }),
            closed: closed.map(|(outcome, act)| Closed { act: act.into(), outcome }),
        }
    }
}

impl From<&Shown> for ShownState {
    fn from(shown: &Shown) -> Self {
        let BBox { x0, y0, x1, y1 } = shown.box_in_frame;
        ShownState {
            class: shown.class.name().to_owned(),
            score: finite(shown.score),
            box_in_frame: [x0, y0, x1, y1].map(finite),
        }
    }
}

impl From<Object> for ShownState {
    fn from(object: Object) -> Self {
        ShownState {
            class: object.class,
            score: object.score as f32,
            box_in_frame: object.box_in_frame.map(|edge| edge as f32),
        }
    }
}

impl From<ShownState> for Shown {
    fn from(ShownState { class, score, box_in_frame: [x0, y0, x1, y1] }: ShownState) -> Self {
        Shown { class: Class::named(&class), score, box_in_frame: BBox::new(x0, y0, x1, y1) }
    }
}

impl From<&Contribution> for ContributionState {
    fn from(c: &Contribution) -> Self {
        ContributionState {
            source: c.source.clone(),
            value: finite_f64(c.value),
            contribution: finite_f64(c.contribution),
            weight: finite_f64(c.weight),
            age_secs: finite_f64(c.age_secs),
            cause: c.cause.map(|cause| cause.name().to_owned()),
        }
    }
}

impl From<SignalData> for ContributionState {
    fn from(s: SignalData) -> Self {
        ContributionState {
            source: s.source,
            value: s.value,
            contribution: s.contribution,
            weight: s.weight,
            age_secs: s.age_s,
            cause: s.cause,
        }
    }
}

impl From<ContributionState> for Contribution {
    fn from(c: ContributionState) -> Self {
        Contribution {
            source: c.source,
            value: c.value,
            contribution: c.contribution,
            weight: c.weight,
            age_secs: c.age_secs,
            cause: c.cause.as_deref().and_then(NoVideoCause::named),
        }
    }
}

/// The state of an alert, for [`crate::outbox::Record::state`]; its condition is in the language of the site.
///
/// # Errors
/// JSON cannot hold a value; the analysis makes none such.
pub(crate) fn to_bytes(
    revision: &Revision,
    evidence: &[Evidence],
    language: Language,
) -> serde_json::Result<Vec<u8>> {
    let Revision { why, origin, .. } = revision;
    let state = StoredAlert {
        alert: revision.alert.0.to_string(),
        rev: revision.rev,
        phase: revision.phase,
        kind: revision.kind.to_string(),
        level: revision.level,
        level_max: revision.level_max,
        confidence: finite(revision.confidence),
        started_at: revision.started_at,
        last_seen_at: revision.last_seen_at,
        ended_at: revision.ended_at,
        end_reason: revision.end_reason,
        grid: revision.grid.to_string(),
        cameras: texts(&origin.cameras),
        zones: texts(&origin.zones),
        sensors: texts(&origin.sensors),
        shown: revision.shown.iter().map(ShownState::from).collect(),
        rule: why.basis.rule().map(|rule| rule.to_string()),
        is_test: why.basis == Basis::Test,
        condition: why.condition.in_language(language),
        condition_kept: why.condition.sentence().map(|_| why.condition.kept()),
        threshold: finite_f64(why.threshold),
        contributions: why.contributions.iter().map(ContributionState::from).collect(),
        silent: why.silent.clone(),
        acknowledged: revision.acknowledged.clone().map(ActState::from),
        handling: revision.handling.clone().into(),
        escalated: revision.escalated.as_ref().map(|e| EscalationState {
            level: e.level,
            step: e.step,
            to: e.to.to_string(),
            at: e.at,
        }),
        evidence: evidence.to_vec(),
    };
    serde_json::to_vec(&state)
}

/// The alert as it was, at the moment `now` of this run, and its pictures.
///
/// # Errors
/// It is not what [`to_bytes`] made.
pub(crate) fn from_bytes(bytes: &[u8], now: Moment) -> serde_json::Result<(Revision, Vec<Evidence>)> {
    let state: StoredAlert = serde_json::from_slice(bytes)?;
    Ok(state.into_revision(now))
}

/// The same from the message that reported it, for an alert of a version that kept no state.
///
/// # Errors
/// It is no such message.
pub(crate) fn from_published(message: &[u8], now: Moment) -> serde_json::Result<(Revision, Vec<Evidence>)> {
    let event: Event<AlertData> = serde_json::from_slice(message)?;
    Ok(StoredAlert::from(event.data).into_revision(now))
}

impl From<AlertData> for StoredAlert {
    fn from(data: AlertData) -> Self {
        StoredAlert {
            alert: data.alert_id,
            rev: data.rev,
            phase: data.phase,
            kind: data.kind,
            level: data.level,
            level_max: data.level_max,
            confidence: data.confidence as f32,
            started_at: data.started_at.0,
            last_seen_at: data.last_seen_at.0,
            ended_at: data.ended_at.map(|at| at.0),
            end_reason: data.end_reason,
            grid: data.place.grid,
            cameras: data.origin.cameras.into_iter().map(|camera| camera.id).collect(),
            zones: data.origin.zones,
            sensors: data.origin.sensors,
            shown: data.geometry.objects.into_iter().map(ShownState::from).collect(),
            rule: data.why.rule,
            // Likewise of a version that knew no tests.
            is_test: false,
            condition: data.why.condition,
            condition_kept: None,
            threshold: data.why.threshold,
            contributions: data.why.signals.into_iter().map(ContributionState::from).collect(),
            silent: data.why.silent,
            acknowledged: data.acknowledged.map(|a| ActState {
                by: a.by,
                key: a.key_id,
                at: a.at.0,
                note: a.note,
            }),
            // A version that reported it kept a state.
            handling: HandlingState::default(),
            escalated: data.escalated.map(|e| EscalationState {
                level: e.level,
                step: e.step,
                to: e.to,
                at: e.at.0,
            }),
            evidence: data.evidence,
        }
    }
}

impl StoredAlert {
    fn into_revision(self, now: Moment) -> (Revision, Vec<Evidence>) {
        let kept = self.condition_kept.as_ref();
        let condition = kept.and_then(|kept| Words::of_kept(kept, alert_words::catalogue()));
        let revision = Revision {
            alert: AlertId(self.alert.into()),
            rev: self.rev,
            phase: self.phase,
            reason: PhaseReason::StillThere,
            kind: self.kind.into(),
            level: self.level,
            level_max: self.level_max,
            confidence: self.confidence,
            started_at: self.started_at,
            last_seen_at: self.last_seen_at,
            ended_at: self.ended_at,
            end_reason: self.end_reason,
            at: now,
            grid: self.grid.into(),
            origin: Origin {
                cameras: names(self.cameras),
                zones: names(self.zones),
                sensors: names(self.sensors),
            },
            shown: self.shown.into_iter().map(Shown::from).collect(),
            why: Why {
                basis: match self.rule {
                    Some(rule) => Basis::Rule(rule.into()),
                    None if self.is_test => Basis::Test,
                    None => Basis::Belief,
                },
                condition: condition.unwrap_or_else(|| self.condition.into()),
                threshold: self.threshold,
                contributions: self.contributions.into_iter().map(Contribution::from).collect(),
                silent: self.silent,
            },
            acknowledged: self.acknowledged.map(Act::from),
            handling: self.handling.into(),
            escalated: self.escalated.map(|e| Escalation {
                level: e.level,
                step: e.step,
                to: e.to.into(),
                at: e.at,
            }),
        };
        (revision, self.evidence)
    }
}

fn texts(names: &[Arc<str>]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

fn names(texts: Vec<String>) -> Vec<Arc<str>> {
    texts.into_iter().map(Arc::from).collect()
}

/// JSON has no word for what is no number.
fn finite(value: f32) -> f32 {
    if value.is_finite() { value } else { 0.0 }
}

fn finite_f64(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}
