//! Alerts that were open when the box stopped, read back from the messages that told of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::{info, warn};

use crate::analysis::alert::{
    Acknowledgement, AlertId, Basis, Contribution, Escalation, Origin, Revision, Shown, Why,
};
use crate::analysis::camera_health::NoVideoCause;
use crate::analysis::detection::Class;
use crate::analysis::geometry::BBox;
use crate::analysis::time::Moment;
use crate::contract::Event;
use crate::contract::alert::{AlertData, Evidence};
use crate::outbox::Outbox;
use crate::types::phase::PhaseReason;

/// What was open.
#[derive(Debug, Default)]
pub struct Restored {
    /// The latest revision of each.
    pub revisions: Vec<Revision>,
    /// The pictures of each.
    pub evidence: BTreeMap<AlertId, Vec<Evidence>>,
}

/// Reads them. One that cannot be read is said aloud and left out: its alert stays open at the consumer,
/// which `up/active` corrects.
pub fn open_alerts(outbox: &Outbox, now: Moment) -> Restored {
    let open = match outbox.open_alerts() {
        Ok(open) => open,
        Err(error) => {
            warn!(%error, "the alerts that were open before the restart are unknown");
            return Restored::default();
        }
    };
    let mut restored = Restored::default();
    for alert in open {
        match serde_json::from_slice::<Event<AlertData>>(&alert.revision) {
            Ok(event) => {
                let revision = revision(&event.data, now);
                restored.evidence.insert(revision.alert.clone(), event.data.evidence);
                restored.revisions.push(revision);
            }
            Err(error) => warn!(alert = %alert.alert_id, %error, "an open alert could not be read back"),
        }
    }
    if !restored.revisions.is_empty() {
        info!(open = restored.revisions.len(), "took up the alerts that were open before the restart");
    }
    restored
}

fn revision(data: &AlertData, now: Moment) -> Revision {
    Revision {
        alert: AlertId(Arc::from(data.alert_id.as_str())),
        rev: data.rev,
        phase: data.phase,
        reason: PhaseReason::StillThere,
        kind: Arc::from(data.kind.as_str()),
        level: data.level,
        level_max: data.level_max,
        confidence: data.confidence as f32,
        started_at: data.started_at.0,
        last_seen_at: data.last_seen_at.0,
        ended_at: data.ended_at.map(|t| t.0),
        at: now,
        grid: Arc::from(data.place.grid.as_str()),
        origin: Origin {
            cameras: data.origin.cameras.iter().map(|camera| Arc::from(camera.id.as_str())).collect(),
            zones: data.origin.zones.iter().map(|zone| Arc::from(zone.as_str())).collect(),
            sensors: data.origin.sensors.iter().map(|sensor| Arc::from(sensor.as_str())).collect(),
        },
        shown: data
            .geometry
            .objects
            .iter()
            .map(|object| Shown {
                class: Class::named(&object.class),
                score: object.score as f32,
                box_in_frame: {
                    let [x0, y0, x1, y1] = object.box_in_frame.map(|v| v as f32);
                    BBox::new(x0, y0, x1, y1)
                },
            })
            .collect(),
        why: Why {
            basis: match &data.why.rule {
                Some(rule) => Basis::Rule(Arc::from(rule.as_str())),
                None => Basis::Belief,
            },
            condition: data.why.condition.clone(),
            threshold: data.why.threshold,
            contributions: data
                .why
                .signals
                .iter()
                .map(|s| Contribution {
                    source: s.source.clone(),
                    value: s.value,
                    contribution: s.contribution,
                    weight: s.weight,
                    age_secs: s.age_s,
                    cause: s.cause.as_deref().and_then(NoVideoCause::named),
                })
                .collect(),
            silent: data.why.silent.clone(),
        },
        acknowledged: data.acknowledged.as_ref().map(|a| Acknowledgement {
            by: a.by.clone(),
            at: a.at.0,
            note: a.note.clone(),
        }),
        escalated: data.escalated.as_ref().map(|e| Escalation {
            level: e.level,
            step: e.step,
            to: Arc::from(e.to.as_str()),
            at: e.at.0,
        }),
    }
}
