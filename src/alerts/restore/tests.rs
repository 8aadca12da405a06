use std::path::Path;
use std::time::Duration;

use super::*;
use crate::analysis::alert::{Acknowledgement, Act, Basis, Contribution, Escalation, Origin, Shown, Why};
use crate::analysis::alert_lifecycle::handling::{Assigned, Closed, GivenVerdict, Handling};
use crate::analysis::detection::Class;
use crate::analysis::geometry::BBox;
use crate::analysis::time::Timestamp;
use crate::contract::alert::{EvidenceState, Redaction};
use crate::outbox::{Kind, Limits, Options, Record};
use crate::types::language::Language;
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};
use crate::types::verdict::Verdict;

const BOX: &str = "530127/box-7f3a";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Moment {
    Moment { mono: Duration::from_secs(7), utc: at("2026-11-21T04:00:00Z") }
}

fn open(dir: &Path) -> Outbox {
    let options = Options { limits: Limits { free_bytes: 0, ..Limits::default() }, ..Options::default() };
    Outbox::open(dir, now().utc, BOX, options).unwrap().0
}

fn act(time: &str) -> Act {
    Act {
        by: "desk 3".to_owned(),
        key: Some("desk-3-key".into()),
        at: at(&format!("2026-11-21T{time}Z")),
        note: Some("the keeper was called".to_owned()),
    }
}

/// Everything a message would round, cut or leave out.
pub(crate) fn revision(alert: &str, rev: u32) -> Revision {
    Revision {
        alert: AlertId(alert.into()),
        rev,
        phase: Phase::Update,
        reason: PhaseReason::StillThere,
        kind: "fire_lane_blocked".into(),
        level: Level::Yellow,
        level_max: Level::Orange,
        confidence: 0.123_456_79,
        started_at: at("2026-11-21T03:04:05.123456789Z"),
        last_seen_at: at("2026-11-21T03:06:05.000000001Z"),
        ended_at: None,
        end_reason: None,
        at: now(),
        grid: "53012700300102".into(),
        origin: Origin {
            cameras: vec!["cam-03".into(), "cam-04".into()],
            zones: vec!["fire-lane".into()],
            sensors: vec!["drain-2".into()],
        },
        shown: (0..400)
            .map(|i| Shown {
                class: Class::TRUCK,
                score: 1.0 / 3.0,
                box_in_frame: BBox::new(0.111_111_1, 0.2, 0.3, 0.4 + i as f32 * 1e-5),
            })
            .collect(),
        why: Why {
            basis: Basis::Rule("fire-lane-blocked".into()),
            condition: "condition ".repeat(200).into(),
            threshold: 120.000_001,
            contributions: vec![Contribution {
                source: "rule:fire-lane-blocked".to_owned(),
                value: 1.0 / 3.0,
                contribution: 1.0,
                weight: 0.7,
                age_secs: 0.123_456_789,
                cause: None,
            }],
            silent: vec!["sensor:drain-9".to_owned()],
        },
        acknowledged: Some(Acknowledgement {
            by: "desk-2".to_owned(),
            key: Some("desk-2-key".into()),
            at: at("2026-11-21T03:05:00.5Z"),
            note: Some("on the way".to_owned()),
        }),
        handling: Handling {
            assigned: Some(Assigned { act: act("03:07:00.000000001"), to: "patrol 4".to_owned() }),
            on_site: Some(Assigned { act: act("03:09:00"), to: "patrol 4".to_owned() }),
            verdict: Some(GivenVerdict {
                act: act("03:11:00"),
                verdict: Verdict::Confirmed,
                cause: Some("parked".to_owned()),
            }),
            closed: Some(Closed {
                act: Act { key: None, ..act("03:12:00") },
                outcome: "resolved".to_owned(),
            }),
        },
        escalated: Some(Escalation {
            level: Level::Orange,
            step: 1,
            to: "530127003001".into(),
            at: at("2026-11-21T03:05:30.000001Z"),
        }),
    }
}

pub(crate) fn picture() -> Evidence {
    Evidence {
        id: 1,
        media_type: "image/jpeg".to_owned(),
        bytes: 84_512,
        sha256: "9f86".to_owned(),
        redaction: Redaction::Pixelated,
        redaction_ways: Vec::new(),
        state: EvidenceState::Queued,
        camera: Some("cam-03".to_owned()),
        zone: Some("fire-lane".to_owned()),
        taken_at: Some(at("2026-11-21T03:04:06Z").into()),
        main_stream_at: None,
    }
}

/// Stores a revision; of what is published nothing could be read back.
fn store(outbox: &Outbox, revision: &Revision, evidence: &[Evidence]) {
    let record = Record {
        kind: Kind::Alert,
        alert_id: Some(revision.alert.0.to_string()),
        rev: revision.rev,
        level: Some(revision.level),
        phase_end: revision.is_last(),
        topic_suffix: "up/alert".to_owned(),
        at: revision.at.utc,
        state: Some(alert_state::to_bytes(revision, evidence, Language::English).unwrap()),
    };
    outbox.append(record, |_| Ok(b"no JSON".to_vec())).unwrap();
}

#[test]
fn an_open_alert_comes_back_from_the_outbox_as_it_was_and_not_as_it_was_published() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    store(&outbox, &revision("01KAJ7Q3V2X5T8W9Y0Z1A2B3C4", 1), &[]);
    let latest = revision("01KAJ7Q3V2X5T8W9Y0Z1A2B3C4", 2);
    store(&outbox, &latest, &[picture()]);
    let belief = Revision {
        why: Why { basis: Basis::Belief, ..latest.why.clone() },
        acknowledged: None,
        escalated: None,
        ..revision("01KAJ7Q3V2X5T8W9Y0Z1A2B3D5", 7)
    };
    store(&outbox, &belief, &[]);
    assert!(outbox.close(Duration::from_secs(10)));
    let restored = open_alerts(&open(dir.path()), now());
    assert_eq!(restored.evidence[&latest.alert], [picture()]);
    assert!(restored.evidence[&belief.alert].is_empty());
    assert_eq!(restored.revisions, [latest, belief]);
}

#[test]
fn why_an_alert_came_is_known_in_every_language_after_a_restart() {
    let parked = crate::analysis::rules::Parked {
        zone: "fire-lane".into(),
        classes: vec![Class::CAR, Class::TRUCK],
        for_at_least: Duration::from_secs(120),
    };
    let condition = crate::analysis::rules::Condition::from(parked).sentence();
    let latest = revision("01KAJ7Q3V2X5T8W9Y0Z1A2B3C4", 2);
    let latest = Revision { why: Why { condition: condition.into(), ..latest.why.clone() }, ..latest };
    let state = alert_state::to_bytes(&latest, &[], Language::Chinese).unwrap();
    assert_eq!(alert_state::from_bytes(&state, now()).unwrap().0, latest);
    // An earlier version kept the site's language alone.
    let mut state: serde_json::Value = serde_json::from_slice(&state).unwrap();
    state.as_object_mut().unwrap().remove("condition_kept");
    let (restored, _) = alert_state::from_bytes(state.to_string().as_bytes(), now()).unwrap();
    assert_eq!(restored.why.condition, latest.why.condition.in_language(Language::Chinese).into());
}

#[test]
fn an_alert_that_has_ended_comes_back_with_what_people_did_and_its_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let ended = Revision {
        phase: Phase::End,
        reason: PhaseReason::StillThere,
        ended_at: Some(at("2026-11-21T03:20:00.000000001Z")),
        end_reason: Some(PhaseReason::SourceSilent),
        ..revision("01KAJ7Q3V2X5T8W9Y0Z1A2B3C4", 4)
    };
    store(&outbox, &Revision { handling: Handling::default(), ..ended.clone() }, &[picture()]);
    let handled = Revision { rev: 5, ..ended };
    store(&outbox, &handled, &[picture()]);
    assert!(outbox.close(Duration::from_secs(10)));
    let restored = open_alerts(&open(dir.path()), now());
    assert!(restored.evidence.is_empty(), "no picture can follow");
    assert_eq!(restored.ended_evidence, [(handled.alert.clone(), vec![picture()])]);
    assert_eq!(restored.revisions, [handled]);
}

#[test]
fn what_is_no_number_does_not_keep_an_alert_from_coming_back_from_the_outbox() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = open(dir.path());
    let odd = Revision { confidence: f32::NAN, ..revision("01KAJ7Q3V2X5T8W9Y0Z1A2B3C4", 1) };
    store(&outbox, &odd, &[]);
    let restored = open_alerts(&outbox, now());
    assert_eq!(restored.revisions, [Revision { confidence: 0.0, ..odd }]);
}

#[test]
fn alerts_of_an_outbox_that_kept_no_state_come_back_from_what_was_published() {
    let dir = tempfile::tempdir().unwrap();
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/outbox-v2.db");
    std::fs::copy(old, dir.path().join("outbox.db")).unwrap();
    let outbox = open(dir.path());
    let Restored { revisions, evidence, .. } = open_alerts(&outbox, now());
    let seen: Vec<_> = revisions.iter().map(|r| (&*r.alert.0, r.rev, r.level, &r.why.basis)).collect();
    assert_eq!(
        seen,
        [
            ("01KAJ7Q3V2X5T8W9Y0Z1A2B3C4", 2, Level::Orange, &Basis::Rule("fire-lane-blocked".into())),
            ("01KAJ7Q3V2X5T8W9Y0Z1A2B3D5", 1, Level::Blue, &Basis::Belief),
        ]
    );
    let truck = &revisions[0];
    assert_eq!(truck.started_at, at("2026-11-21T03:04:05Z"));
    assert_eq!(truck.camera().map(|camera| &**camera), Some("cam-03"));
    assert_eq!(truck.acknowledged.as_ref().map(|a| a.by.as_str()), Some("desk-2"));
    assert_eq!(evidence[&truck.alert].len(), 1);
    // From its next revision on the box's own state counts.
    let next = Revision { rev: 3, ..truck.clone() };
    store(&outbox, &next, &[]);
    assert_eq!(open_alerts(&outbox, now()).revisions[0], next);
}
