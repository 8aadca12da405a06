//! The records that come seldom, as JSON: sessions, configurations, what people did, what was published.
//!
//! A field that is added is optional or has a default, so that what was written before is read. Must never hold what comes
//! with every look.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::entry::{
    Configuration, Digest, Entry, Hole, HoleWhy, Input, Published, Session, Shadow, ShadowEvent,
};
use crate::analysis::alert::{Act, AlertId};
use crate::analysis::alert_lifecycle::handling::{Assigned, Closed, GivenVerdict, HandlingStep};
use crate::analysis::detection::Class;
use crate::analysis::time::{Moment, Timestamp};
use crate::contract::alert::ModelRef;
use crate::contract::mute::Mute;
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};
use crate::types::verdict::Verdict;

/// Seconds since 1970, and nanoseconds.
type Instant = (i64, i32);

fn instant(at: Timestamp) -> Instant {
    (at.as_second(), at.subsec_nanosecond())
}

fn timestamp((secs, nanos): Instant) -> Option<Timestamp> {
    Timestamp::new(secs, nanos).ok()
}

fn halves(digest: Digest) -> (u64, u64) {
    let whole = u128::from_be_bytes(digest);
    ((whole >> 64) as u64, whole as u64)
}

fn joined((high, low): (u64, u64)) -> Digest {
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}

/// One record without its time.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rare {
    Session(RareSession),
    Reload(RareConfiguration),
    Acknowledge {
        alert: String,
        act: RareAct,
    },
    Handle {
        alert: String,
        act: RareAct,
        step: RareStep,
    },
    MuteChanged {
        alert: String,
        /// What a shadow did; then `alert` is [`OF_A_SHADOW`]. Here because versions that know of no shadow take a record of
        /// another name for damage and leave out the rest of its block; this one they read as a change of an alert that nobody
        /// has, which changes nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shadow: Option<Box<RareShadow>>,
        /// What is muted from here on, for the same reason; then `alert` is [`OF_THE_MUTES`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mutes: Option<Vec<Mute>>,
    },
    /// As it was written for some days; it is only read.
    Mutes {
        mutes: Vec<Mute>,
    },
    Test {
        by: String,
        grid: String,
    },
    Published(RarePublished),
    /// Records were given up: because of the queue, or of the disk.
    Hole {
        overflow: bool,
        records: u64,
    },
    Stop,
}

/// In place of an alert's id, in what a shadow did.
const OF_A_SHADOW: &str = "shadow";
/// The same in what is muted.
const OF_THE_MUTES: &str = "mutes";

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RareShadow {
    Began(RareConfiguration),
    Made(RarePublished),
    Missed { records: u64 },
    Ended { why: String },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RareSession {
    id: u64,
    goes_on: bool,
    software: String,
    box_id: String,
    configuration: RareConfiguration,
    /// Each is text: the alert's state is JSON.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    restored: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mutes: Vec<Mute>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RareConfiguration {
    path: PathBuf,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<String>,
    sha256: String,
    model: String,
    model_sha256: String,
    classes: Vec<String>,
    recommended: BTreeMap<String, f32>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RareAct {
    by: String,
    key: Option<String>,
    at: Instant,
    note: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RareStep {
    Assign { to: String },
    Arrive { to: String },
    Judge { verdict: Verdict, cause: Option<String> },
    Close { outcome: String },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RarePublished {
    alert: String,
    rev: u32,
    phase: Phase,
    reason: PhaseReason,
    level: Level,
    kind: String,
    rule: Option<String>,
    camera: Option<String>,
    grid: String,
    started_at: Instant,
    digest: (u64, u64),
}

impl From<&Configuration> for RareConfiguration {
    fn from(of: &Configuration) -> Self {
        RareConfiguration {
            path: of.path.clone(),
            text: of.text.clone(),
            settings: of.settings.clone(),
            sha256: of.sha256.clone(),
            model: of.model.name.clone(),
            model_sha256: of.model.sha256.clone(),
            classes: of.classes.iter().map(|class| class.name().to_owned()).collect(),
            recommended: of
                .recommended
                .iter()
                .map(|(class, score)| (class.name().to_owned(), *score))
                .collect(),
        }
    }
}

impl RareConfiguration {
    fn whole(self) -> Arc<Configuration> {
        Arc::new(Configuration {
            path: self.path,
            text: self.text,
            settings: self.settings,
            sha256: self.sha256,
            model: ModelRef { name: self.model, sha256: self.model_sha256 },
            classes: self.classes.iter().map(|name| Class::named(name)).collect(),
            recommended: self.recommended.iter().map(|(name, score)| (Class::named(name), *score)).collect(),
        })
    }
}

impl From<&Act> for RareAct {
    fn from(act: &Act) -> Self {
        let key = act.key.as_ref().map(|key| key.to_string());
        RareAct { by: act.by.clone(), key, at: instant(act.at), note: act.note.clone() }
    }
}

impl RareAct {
    fn whole(self) -> Option<Act> {
        Some(Act { by: self.by, key: self.key.map(Arc::from), at: timestamp(self.at)?, note: self.note })
    }
}

impl From<&Published> for RarePublished {
    fn from(of: &Published) -> Self {
        let text = |name: &Arc<str>| name.to_string();
        RarePublished {
            alert: text(&of.alert.0),
            rev: of.rev,
            phase: of.phase,
            reason: of.reason,
            level: of.level,
            kind: text(&of.kind),
            rule: of.rule.as_ref().map(text),
            camera: of.camera.as_ref().map(text),
            grid: text(&of.grid),
            started_at: instant(of.started_at),
            digest: halves(of.digest),
        }
    }
}

impl RarePublished {
    fn whole(self, at: Moment) -> Option<Published> {
        Some(Published {
            at,
            alert: AlertId(self.alert.into()),
            rev: self.rev,
            phase: self.phase,
            reason: self.reason,
            level: self.level,
            kind: self.kind.into(),
            rule: self.rule.map(Arc::from),
            camera: self.camera.map(Arc::from),
            grid: self.grid.into(),
            started_at: timestamp(self.started_at)?,
            digest: joined(self.digest),
        })
    }
}

impl From<&ShadowEvent> for RareShadow {
    fn from(event: &ShadowEvent) -> Self {
        match event {
            ShadowEvent::Began(configuration) => RareShadow::Began((&**configuration).into()),
            ShadowEvent::Made(published) => RareShadow::Made((&**published).into()),
            ShadowEvent::Missed { records } => RareShadow::Missed { records: *records },
            ShadowEvent::Ended { why } => RareShadow::Ended { why: why.clone() },
        }
    }
}

impl RareShadow {
    fn whole(self, at: Moment) -> Option<Shadow> {
        let event = match self {
            RareShadow::Began(configuration) => ShadowEvent::Began(configuration.whole()),
            RareShadow::Made(published) => ShadowEvent::Made(Box::new(published.whole(at)?)),
            RareShadow::Missed { records } => ShadowEvent::Missed { records },
            RareShadow::Ended { why } => ShadowEvent::Ended { why },
        };
        Some(Shadow { at, event })
    }
}

fn step_of(step: &HandlingStep) -> (RareAct, RareStep) {
    match step {
        HandlingStep::Assign(Assigned { act, to }) => (act.into(), RareStep::Assign { to: to.clone() }),
        HandlingStep::Arrive(Assigned { act, to }) => (act.into(), RareStep::Arrive { to: to.clone() }),
        HandlingStep::Judge(GivenVerdict { act, verdict, cause }) => {
            (act.into(), RareStep::Judge { verdict: *verdict, cause: cause.clone() })
        }
        HandlingStep::Close(Closed { act, outcome }) => {
            (act.into(), RareStep::Close { outcome: outcome.clone() })
        }
    }
}

impl RareStep {
    fn whole(self, act: Act) -> HandlingStep {
        match self {
            RareStep::Assign { to } => HandlingStep::Assign(Assigned { act, to }),
            RareStep::Arrive { to } => HandlingStep::Arrive(Assigned { act, to }),
            RareStep::Judge { verdict, cause } => HandlingStep::Judge(GivenVerdict { act, verdict, cause }),
            RareStep::Close { outcome } => HandlingStep::Close(Closed { act, outcome }),
        }
    }
}

/// A hole between records that the writer left; those of damaged files are found by the reader and never written.
fn hole(why: &HoleWhy) -> Option<Rare> {
    match why {
        HoleWhy::Overflow { records } => Some(Rare::Hole { overflow: true, records: *records }),
        HoleWhy::NotWritten { records } => Some(Rare::Hole { overflow: false, records: *records }),
        HoleWhy::Damaged { .. }
        | HoleWhy::Torn { .. }
        | HoleWhy::Format { .. }
        | HoleWhy::Unreadable { .. }
        | HoleWhy::Dropped { .. } => None,
    }
}

impl Rare {
    /// A record that comes seldom; `None` for those that have columns of their own.
    pub(super) fn of(entry: &Entry) -> Option<Rare> {
        Some(match entry {
            Entry::Session(session) => Rare::Session(RareSession {
                id: session.id,
                goes_on: session.goes_on,
                software: session.software.clone(),
                box_id: session.box_id.to_string(),
                configuration: (&*session.configuration).into(),
                restored: session.restored.iter().map(|s| String::from_utf8_lossy(s).into_owned()).collect(),
                mutes: session.mutes.clone(),
            }),
            Entry::Mutes { mutes, .. } => {
                Rare::MuteChanged { alert: OF_THE_MUTES.to_owned(), shadow: None, mutes: Some(mutes.clone()) }
            }
            Entry::Reload { configuration, .. } => Rare::Reload((&**configuration).into()),
            Entry::Published(published) => Rare::Published(published.into()),
            Entry::Shadow(Shadow { event, .. }) => {
                let shadow = Some(Box::new(event.into()));
                Rare::MuteChanged { alert: OF_A_SHADOW.to_owned(), shadow, mutes: None }
            }
            Entry::Hole(Hole { why, .. }) => return hole(why),
            Entry::Stop { .. } => Rare::Stop,
            Entry::Input(Input::Acknowledge { alert, acknowledgement, .. }) => {
                Rare::Acknowledge { alert: alert.0.to_string(), act: acknowledgement.into() }
            }
            Entry::Input(Input::Handle { alert, step, .. }) => {
                let (act, step) = step_of(step);
                Rare::Handle { alert: alert.0.to_string(), act, step }
            }
            Entry::Input(Input::MuteChanged { alert, .. }) => {
                Rare::MuteChanged { alert: alert.0.to_string(), shadow: None, mutes: None }
            }
            Entry::Input(Input::Test { by, grid, .. }) => {
                Rare::Test { by: by.clone(), grid: grid.to_string() }
            }
            Entry::Input(
                Input::Look(_)
                | Input::Health { .. }
                | Input::Silent { .. }
                | Input::Back { .. }
                | Input::Paused { .. }
                | Input::Reading { .. }
                | Input::Tick { .. },
            )
            | Entry::Unwatched(_) => return None,
        })
    }

    /// The record again, with its time; `None` where it holds what cannot be.
    pub(super) fn whole(self, at: Moment) -> Option<Entry> {
        Some(match self {
            Rare::Session(of) => Entry::Session(Box::new(Session {
                at,
                id: of.id,
                goes_on: of.goes_on,
                software: of.software,
                box_id: of.box_id.into(),
                configuration: of.configuration.whole(),
                restored: of.restored.into_iter().map(String::into_bytes).collect(),
                mutes: of.mutes,
            })),
            Rare::Mutes { mutes } | Rare::MuteChanged { mutes: Some(mutes), .. } => {
                Entry::Mutes { at, mutes }
            }
            Rare::Reload(configuration) => Entry::Reload { at, configuration: configuration.whole() },
            Rare::Acknowledge { alert, act } => {
                let (alert, acknowledgement) = (AlertId(alert.into()), act.whole()?);
                Entry::Input(Input::Acknowledge { alert, acknowledgement, at })
            }
            Rare::Handle { alert, act, step } => {
                let step = step.whole(act.whole()?);
                Entry::Input(Input::Handle { alert: AlertId(alert.into()), step, at })
            }
            Rare::MuteChanged { alert, shadow: None, mutes: None } => {
                Entry::Input(Input::MuteChanged { alert: AlertId(alert.into()), at })
            }
            Rare::MuteChanged { shadow: Some(shadow), .. } => Entry::Shadow(shadow.whole(at)?),
            Rare::Test { by, grid } => Entry::Input(Input::Test { by, grid: grid.into(), at }),
            Rare::Published(published) => Entry::Published(published.whole(at)?),
            Rare::Hole { overflow, records } => {
                let why =
                    if overflow { HoleWhy::Overflow { records } } else { HoleWhy::NotWritten { records } };
                Entry::Hole(Hole { at: Some(at), why })
            }
            Rare::Stop => Entry::Stop { at },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The records that the version before shadows knew, as far as it matters.
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Before {
        MuteChanged { alert: String },
    }

    #[test]
    fn a_version_that_knows_of_no_shadow_reads_what_one_did_as_a_mute_of_an_alert_that_nobody_has() {
        let at = Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_secs(7));
        let event = ShadowEvent::Ended { why: "stopped".to_owned() };
        let entry = Entry::Shadow(Shadow { at, event });
        let json = serde_json::to_string(&Rare::of(&entry).unwrap()).unwrap();
        let before: Before = serde_json::from_str(&json).unwrap();
        assert_eq!(before, Before::MuteChanged { alert: OF_A_SHADOW.to_owned() });
        let now: Rare = serde_json::from_str(&json).unwrap();
        assert_eq!(now.whole(at), Some(entry));
        let muted = Entry::Mutes { at, mutes: Vec::new() };
        let json = serde_json::to_string(&Rare::of(&muted).unwrap()).unwrap();
        let before: Before = serde_json::from_str(&json).unwrap();
        assert_eq!(before, Before::MuteChanged { alert: OF_THE_MUTES.to_owned() });
        assert_eq!(serde_json::from_str::<Rare>(&json).unwrap().whole(at), Some(muted.clone()));
        assert_eq!(serde_json::from_str::<Rare>(r#"{"mutes":{"mutes":[]}}"#).unwrap().whole(at), Some(muted));
        // And what it wrote is read.
        let written = r#"{"mute_changed":{"alert":"A"}}"#;
        let muted = Entry::Input(Input::MuteChanged { alert: AlertId("A".into()), at });
        assert_eq!(serde_json::from_str::<Rare>(written).unwrap().whole(at), Some(muted));
    }
}
