//! Pictures: made redacted for an alert, for who asks for one, and from a camera's large stream; kept, and put into the
//! queue.

use std::sync::Arc;

use ulid::Ulid;

use super::super::close_up::{CloseUp, CloseUpRequest};
use super::super::writer_message::Snapshot;
use super::{Writer, WriterSettings};
use crate::analysis::alert::{AlertId, Revision, Shown};
use crate::analysis::time::Timestamp;
use crate::contract::alert::{Evidence, EvidenceState, Redaction, RedactionWay};
use crate::contract::command::{SealedOriginal, SnapshotPicture};
use crate::contract::messages::{EVIDENCE, SEALED};
use crate::contract::words::Time;
use crate::evidence::{self, Covered, EvidenceError, NoOriginal, NoPicture};
use crate::outbox::{self, OutboxError};
use crate::text::{
    Sentence, alert as say, config, evidence as evidence_text, language_of_log, log_info, log_warn,
};
use crate::types::hex::sha256_hex;
use crate::types::level::Level;

/// What a picture belongs to.
pub(super) struct Shows<'a> {
    pub(super) alert: &'a AlertId,
    pub(super) level: Level,
    pub(super) camera: Option<&'a Arc<str>>,
    pub(super) zone: Option<String>,
    pub(super) at: Timestamp,
}

impl Writer {
    /// A redacted picture that goes with no alert: kept and sent like those that do, with a name of its own.
    pub(super) fn snapshot(
        &mut self,
        camera: &str,
        snapshot: &Snapshot,
        at: Timestamp,
    ) -> Result<SnapshotPicture, Sentence> {
        if !self.settings.evidence {
            return Err(evidence_text::switched_off());
        }
        let masks = self.settings.masks.get(camera).map_or(&[][..], Vec::as_slice);
        let WriterSettings { classes, face_model, .. } = &self.settings;
        let view = (self.empty_views)(camera);
        let made = self
            .redactor
            .make(classes, face_model.as_ref(), snapshot, &[], masks, view.as_ref())
            .map_err(|error| with_hint(error.sentence(), error.hint()))?;
        let name = format!("snapshot-{}", Ulid::new());
        self.evidence_retention.keep_redacted(&name, 1, at, &made.jpeg);
        let topic = EVIDENCE.suffix(&[&name, "1"]);
        let picture =
            SnapshotPicture { topic: topic.clone(), bytes: made.jpeg.len() as u64, sha256: made.sha256 };
        let stored =
            outbox::Evidence { alert_id: name, level: Level::Blue, topic_suffix: topic, at, jpeg: made.jpeg };
        self.outbox.append_evidence(stored).map_err(|error| with_hint(error.sentence(), error.hint()))?;
        Ok(picture)
    }

    /// Puts a sealed original into the queue, behind everything else.
    pub(super) fn original(&mut self, alert_id: &str, n: u32) -> Result<SealedOriginal, NoOriginal> {
        let now = self.clock.now().utc;
        let sealed = self.evidence_retention.original(alert_id, n, now)?;
        let topic = SEALED.suffix(&[alert_id, &n.to_string()]);
        let original =
            SealedOriginal { topic: topic.clone(), bytes: sealed.len() as u64, sha256: sha256_hex(&sealed) };
        let stored = outbox::Evidence {
            alert_id: alert_id.to_owned(),
            level: Level::Blue,
            topic_suffix: topic,
            at: now,
            jpeg: sealed,
        };
        self.outbox
            .append_evidence(stored)
            .map_err(|error| NoOriginal::Unreadable(with_hint(error.sentence(), error.hint())))?;
        Ok(original)
    }

    /// Sends a redacted picture again: from the queue while it is there, otherwise as it is kept on the box.
    pub(super) fn picture_again(&mut self, alert_id: &str, n: u32) -> Result<SnapshotPicture, NoPicture> {
        let unreadable =
            |error: OutboxError| NoPicture::Unreadable(with_hint(error.sentence(), error.hint()));
        let topic = EVIDENCE.suffix(&[alert_id, &n.to_string()]);
        let picture = |jpeg: &[u8]| SnapshotPicture {
            topic: topic.clone(),
            bytes: jpeg.len() as u64,
            sha256: sha256_hex(jpeg),
        };
        if let Some(jpeg) = self.outbox.resend_picture(alert_id, &topic).map_err(unreadable)? {
            return Ok(picture(&jpeg));
        }
        let now = self.clock.now().utc;
        let jpeg = self.evidence_retention.redacted(alert_id, n, now)?;
        let made = picture(&jpeg);
        let stored = outbox::Evidence {
            alert_id: alert_id.to_owned(),
            level: Level::Blue,
            topic_suffix: topic,
            at: now,
            jpeg,
        };
        // One more of what was seen before is not worth one that nobody has seen.
        let is_stored = self.outbox.append_evidence_where_room(stored).map_err(unreadable)?;
        if is_stored { Ok(made) } else { Err(NoPicture::NoRoom) }
    }

    /// Asks for a picture of the camera's large stream, if it has one.
    pub(super) fn request_close_up(&self, revision: &Revision) {
        let Some((camera, stream)) =
            revision.camera().and_then(|camera| self.settings.main_streams.get_key_value(camera))
        else {
            return;
        };
        let request = CloseUpRequest {
            alert: revision.alert.clone(),
            level: revision.level,
            stream: stream.clone(),
            requested_at: self.clock.now().mono,
        };
        if self.close_ups.try_send(request).is_err() {
            log_warn!(say::no_close_up_for_many(); %camera, alert = %revision.alert.0);
        }
    }

    /// Adds the picture to its alert; the next revision reports it.
    pub(super) fn close_up(&mut self, CloseUp { alert, level, frame, detections }: CloseUp) {
        let Some(before) = self.evidence.get(&alert) else {
            log_info!(say::close_up_too_late(); alert = %alert.0);
            return;
        };
        let zone = before.first().and_then(|first| first.zone.clone());
        let shows = Shows { alert: &alert, level, camera: Some(&frame.camera), zone, at: frame.at.utc };
        let snapshot = Snapshot { picture: frame.picture, detections };
        let (mut entry, picture) = self.picture(shows, &snapshot, &[]);
        let Some(picture) = picture else { return };
        entry.main_stream_at = Some(Time(frame.at.utc));
        match self.outbox.append_evidence(picture) {
            Ok(()) => self.evidence.entry(alert).or_default().push(entry),
            Err(error) => {
                let error = error.in_language(language_of_log());
                log_warn!(say::close_up_not_stored(); alert = %alert.0, %error)
            }
        }
    }

    /// Makes a redacted picture, keeps it, and says what is to be said of it.
    pub(super) fn picture(
        &mut self,
        shows: Shows<'_>,
        snapshot: &Snapshot,
        framed: &[Shown],
    ) -> (Evidence, Option<outbox::Evidence>) {
        let Shows { alert, level, camera, zone, at } = shows;
        let id = self.evidence.get(alert).map_or(0, Vec::len) as u32 + 1;
        let masks = camera.and_then(|camera| self.settings.masks.get(camera));
        let masks = masks.map_or(&[][..], Vec::as_slice);
        let WriterSettings { classes, face_model, .. } = &self.settings;
        let view = camera.and_then(|camera| (self.empty_views)(camera));
        let made = self.redactor.make(classes, face_model.as_ref(), snapshot, framed, masks, view.as_ref());
        let made = match made {
            Ok(made) => made,
            Err(error) => {
                let why = error.in_language(language_of_log());
                log_warn!(say::no_picture(); camera = camera.map(|camera| &**camera), alert = %alert.0, error = %why);
                return (Evidence { zone, ..no_picture(id, &error, camera, at) }, None);
            }
        };
        self.evidence_retention.keep(alert, id, at, &made.jpeg, &snapshot.picture, masks);
        let entry = Evidence {
            id,
            media_type: "image/jpeg".to_owned(),
            bytes: made.jpeg.len() as u64,
            redaction: redaction(&made),
            redaction_ways: redaction_ways(&made),
            sha256: made.sha256,
            state: EvidenceState::Queued,
            camera: camera.map(|camera| camera.to_string()),
            zone,
            taken_at: Some(Time(at)),
            main_stream_at: None,
        };
        let picture = outbox::Evidence {
            alert_id: alert.0.to_string(),
            level,
            topic_suffix: EVIDENCE.suffix(&[&alert.0, &id.to_string()]),
            at,
            jpeg: made.jpeg,
        };
        (entry, Some(picture))
    }
}

/// What is wrong and what to try, for an answer of one line.
fn with_hint(what: Sentence, hint: Option<Sentence>) -> Sentence {
    match hint {
        Some(hint) => config::and_also(what, hint),
        None => what,
    }
}

fn redaction(made: &evidence::Evidence) -> Redaction {
    if redaction_ways(made).is_empty() { Redaction::NobodyInPicture } else { Redaction::Pixelated }
}

fn redaction_ways(made: &evidence::Evidence) -> Vec<RedactionWay> {
    let found = (made.redacted > 0).then_some(RedactionWay::Found);
    let covered = match made.covered {
        Covered::Nothing => None,
        Covered::Parts => Some(RedactionWay::Changed),
        Covered::Everything => Some(RedactionWay::Whole),
    };
    found.into_iter().chain(covered).collect()
}

fn no_picture(id: u32, error: &EvidenceError, camera: Option<&Arc<str>>, at: Timestamp) -> Evidence {
    let redaction = match error {
        EvidenceError::CannotRedact => Redaction::Failed,
        EvidenceError::Empty
        | EvidenceError::Encode(_)
        | EvidenceError::Seal(_)
        | EvidenceError::TooLarge => Redaction::NobodyInPicture,
    };
    Evidence {
        id,
        media_type: "image/jpeg".to_owned(),
        bytes: 0,
        sha256: String::new(),
        redaction,
        redaction_ways: Vec::new(),
        state: EvidenceState::None,
        camera: camera.map(|camera| camera.to_string()),
        zone: None,
        taken_at: Some(Time(at)),
        main_stream_at: None,
    }
}
