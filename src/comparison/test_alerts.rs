//! For tests: alerts made by hand, by seconds after a Monday midnight UTC.

use std::sync::Arc;
use std::time::Duration;

use crate::analysis::alert::{AlertId, Basis, Contribution, Origin, Revision, Why};
use crate::analysis::alert_lifecycle::handling::Handling;
use crate::analysis::time::{Moment, Timestamp};
use crate::text::Words;
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};

/// Monday, 16 November 2026.
const MONDAY: i64 = 1_794_787_200;

pub(super) fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(MONDAY + secs).unwrap()
}

/// An alert of a rule on a camera in the zone `lane`, of level yellow, published so many seconds after midnight; its condition
/// began 3 s before.
pub(super) fn raised(id: &str, rule: &str, camera: &str, secs: i64) -> Revision {
    let contribution = Contribution {
        source: format!("rule:{rule}@{camera}"),
        value: 3.0,
        contribution: 1.0,
        weight: 1.0,
        age_secs: 0.0,
        cause: None,
    };
    Revision {
        alert: AlertId(id.into()),
        rev: 1,
        phase: Phase::New,
        reason: PhaseReason::Raised,
        kind: "presence".into(),
        level: Level::Yellow,
        level_max: Level::Yellow,
        confidence: 0.8,
        started_at: at(secs - 3),
        last_seen_at: at(secs),
        ended_at: None,
        at: Moment { mono: Duration::from_secs(secs.unsigned_abs()), utc: at(secs) },
        grid: "53012700300102".into(),
        origin: Origin { cameras: vec![Arc::from(camera)], zones: vec!["lane".into()], sensors: Vec::new() },
        shown: Vec::new(),
        why: Why {
            basis: Basis::Rule(rule.into()),
            condition: Words::from("person is in lane for 3 s"),
            threshold: 3.0,
            contributions: vec![contribution],
            silent: Vec::new(),
        },
        end_reason: None,
        acknowledged: None,
        handling: Handling::default(),
        escalated: None,
    }
}

/// The same alert at a later time.
pub(super) fn updated(before: &Revision, secs: i64) -> Revision {
    let mut revision = before.clone();
    revision.rev += 1;
    (revision.phase, revision.reason) = (Phase::Update, PhaseReason::StillThere);
    revision.last_seen_at = at(secs);
    revision.at = Moment { mono: Duration::from_secs(secs.unsigned_abs()), utc: at(secs) };
    revision
}

/// Its end.
pub(super) fn ended(before: &Revision, secs: i64) -> Revision {
    let mut revision = updated(before, secs);
    (revision.phase, revision.reason) = (Phase::End, PhaseReason::Cleared);
    revision.end_reason = Some(PhaseReason::Cleared);
    revision.ended_at = Some(at(secs));
    revision
}

/// An alert from its beginning to its end.
pub(super) fn life(id: &str, rule: &str, camera: &str, secs: i64, until: i64) -> Vec<Revision> {
    let new = raised(id, rule, camera, secs);
    vec![new.clone(), ended(&new, until)]
}
