//! The thread through which everything that is told passes, in order: evidence is made, the message
//! written, both stored. What this thread stored is safe; what happens before it may be made again.
//!
//! Owns the list of evidence of every open alert. When storing fails it keeps what it could not store and
//! tries again: revisions are never dropped here silently; when memory for them runs out, the oldest
//! update goes first, counted and said aloud. Must never wait for the network.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::Mutex;
use tracing::{debug, error, info, warn};
use ulid::Ulid;

use crate::analysis::alert::{AlertId, Revision, Shown};
use crate::analysis::alert_lifecycle::ended::KEPT;
use crate::analysis::counts::ZoneMinute;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::geometry::Polygon;
use crate::analysis::time::Timestamp;
use crate::clock::Clock;
use crate::contract::alert::{Evidence, EvidenceState, Redaction, RedactionWay};
use crate::contract::alert_event::Seq;
use crate::contract::command::{SealedOriginal, SnapshotPicture};
use crate::contract::messages::{ALERT, COUNT, EVIDENCE, SEALED};
use crate::contract::words::Time;
use crate::control::commands::original::{NoOriginal, OriginalData};
use crate::control::running_box::OriginalReply;
use crate::detector::Model;
use crate::evidence::{self, Covered, EvidenceError};
use crate::frame::Picture;
use crate::lifeline;
use crate::outbox::{self, Kind, Outbox, OutboxError, Record};
use crate::pipeline::camera_slot::CameraSlots;
use crate::types::hex::sha256_hex;
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};

use super::alert_enricher::AlertEnricher;
use super::alert_state;
use super::analysis_thread::Snapshot;
use super::close_up::{CloseUp, CloseUpQueue, MainStream, Wanted};
use super::evidence_retention::EvidenceRetention;
use super::redactor::Redactor;
use super::watchdog::Ping;

/// Revisions that may wait for this thread; whoever sends more waits.
const QUEUE: usize = 256;
/// Revisions kept in memory while storing fails, about 20 MB.
const UNSTORED: usize = 5_000;
/// Of them, those whose picture is kept as well, about 16 MB more.
const UNSTORED_PICTURES: usize = 64;
/// How often storing is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// A frame from which a revision was made, for its evidence.
#[derive(Debug, Clone)]
pub struct Saw {
    /// The pixels.
    pub picture: Arc<Picture>,
    /// Everything found in it.
    pub detections: Vec<Detection>,
}

/// What the recorder is told.
pub enum Told {
    /// A revision of an alert, with the frame it was made from where evidence is wanted.
    Revision {
        /// The revision.
        revision: Box<Revision>,
        /// The frame.
        saw: Option<Saw>,
    },
    /// The alerts that are open now.
    Open(Vec<Revision>),
    /// The counts of minutes that are over.
    Counts {
        /// Zone by zone, those of one camera and minute together.
        minutes: Vec<ZoneMinute>,
        /// Now.
        at: Timestamp,
    },
    /// A picture that somebody asked for.
    Snapshot {
        /// Who waits for it.
        snapshot: Snapshot,
        /// The frame.
        saw: Saw,
        /// When it was taken.
        at: Timestamp,
    },
    /// A picture of a large stream, for an alert that began a moment ago.
    CloseUp(CloseUp),
    /// A sealed original that somebody asked for.
    Original {
        /// Which.
        wanted: OriginalData,
        /// Hears what came of it, when it is in the queue.
        reply: OriginalReply,
    },
    /// The camera side changed: titles, places, masks.
    Settings(Box<Settings>),
    /// Pictures are kept elsewhere, otherwise, or not any more.
    Keep(Box<EvidenceRetention>),
    /// The watchdog's question.
    Ping(Ping),
    /// The last note.
    Stop,
}

/// Where revisions go.
pub type AlertWriterQueue = SyncSender<Told>;

/// What the recorder needs to know of the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Adds places and titles.
    pub alert_enricher: AlertEnricher,
    /// Whether pictures are wanted at all.
    pub evidence: bool,
    /// What the structure model can find.
    pub classes: Vec<Class>,
    /// What looks for faces besides.
    pub face_model: Option<Arc<Model>>,
    /// What must never be seen, per camera.
    pub masks: BTreeMap<Arc<str>, Vec<Polygon>>,
    /// The cameras' large streams, where they have one.
    pub main_streams: BTreeMap<Arc<str>, Arc<MainStream>>,
}

/// Figures for the health report.
#[derive(Debug, Default)]
pub struct AlertWriterCounts {
    /// Revisions stored.
    pub stored: AtomicU64,
    /// Revisions that wait in memory because storing fails.
    pub waiting: AtomicU64,
    /// Revisions lost because memory for them ran out.
    pub lost: AtomicU64,
    /// Revisions of which no message can be made, by a fault of ours.
    pub unwritable: AtomicU64,
    /// Why storing fails, while it does.
    pub failing: Mutex<Option<String>>,
    /// Why the face model did not look at the last picture, if it did not.
    pub no_faces: Mutex<Option<String>>,
}

/// Where what is recorded goes.
pub struct Outlets {
    /// The queue on disk.
    pub outbox: Outbox,
    /// The box's own pictures.
    pub evidence_retention: EvidenceRetention,
    /// Hears the alerts that are open.
    pub tell_open: OpenAlerts,
    /// Opens large streams.
    pub close_ups: CloseUpQueue,
    /// What the cameras see when nobody is there.
    pub slots: Arc<CameraSlots>,
}

/// The running thread.
pub struct AlertWriter {
    thread: JoinHandle<()>,
}

/// Called with the open alerts whenever they change.
pub type OpenAlerts = Box<dyn Fn(&[Revision], &AlertEnricher) + Send>;

impl AlertWriter {
    /// Starts the thread. `known` is the evidence of the alerts that are open already, `ended` of those that have ended.
    pub fn start(
        settings: Settings,
        known: BTreeMap<AlertId, Vec<Evidence>>,
        ended: BTreeMap<AlertId, Vec<Evidence>>,
        outlets: Outlets,
        clock: Clock,
        counts: Arc<AlertWriterCounts>,
    ) -> std::io::Result<(Self, AlertWriterQueue)> {
        let (queue, notes) = sync_channel(QUEUE);
        let Outlets { outbox, evidence_retention, tell_open, close_ups, slots } = outlets;
        let unstored = VecDeque::new();
        let evidence = known;
        let redactor = Redactor::new(counts.clone());
        let desk = Desk {
            settings,
            evidence,
            ended,
            redactor,
            outbox,
            evidence_retention,
            clock,
            counts,
            tell_open,
            close_ups,
            slots,
            unstored,
        };
        let thread = thread::Builder::new().name("recorder".to_owned()).spawn(move || {
            let _essential = lifeline::essential("recorder");
            desk.work(&notes);
        })?;
        Ok((AlertWriter { thread }, queue))
    }

    /// Waits until everything told was stored or given up; [`Told::Stop`] must have been sent.
    pub fn join(self) {
        if self.thread.join().is_err() {
            error!("the recorder ended with a panic");
        }
    }
}

struct Desk {
    settings: Settings,
    evidence: BTreeMap<AlertId, Vec<Evidence>>,
    /// Of alerts that have ended, for what is told of them later; the alerts that began first leave first.
    ended: BTreeMap<AlertId, Vec<Evidence>>,
    redactor: Redactor,
    outbox: Outbox,
    evidence_retention: EvidenceRetention,
    clock: Clock,
    counts: Arc<AlertWriterCounts>,
    tell_open: OpenAlerts,
    close_ups: CloseUpQueue,
    slots: Arc<CameraSlots>,
    unstored: VecDeque<Unstored>,
}

/// What a picture belongs to.
struct Shows<'a> {
    alert: &'a AlertId,
    level: Level,
    camera: Option<&'a Arc<str>>,
    at: Timestamp,
}

/// A revision with its evidence, not on disk yet.
struct Unstored {
    revision: Box<Revision>,
    evidence: Vec<Evidence>,
    picture: Option<outbox::Evidence>,
}

impl Desk {
    fn work(mut self, notes: &Receiver<Told>) {
        loop {
            match notes.recv_timeout(AGAIN) {
                Ok(Told::Revision { revision, saw }) => {
                    let unstored = self.prepare(revision, saw);
                    self.unstored.push_back(unstored);
                }
                Ok(Told::Open(open)) => (self.tell_open)(&open, &self.settings.alert_enricher),
                Ok(Told::Counts { minutes, at }) => self.store_counts(&minutes, at),
                Ok(Told::Ping(ping)) => {
                    outbox::crash_point("recorder-question");
                    ping.answer();
                }
                Ok(Told::Snapshot { snapshot, saw, at }) => {
                    let made = self.snapshot(&snapshot.camera, &saw, at);
                    (snapshot.reply)(made);
                }
                Ok(Told::CloseUp(close_up)) => self.close_up(close_up),
                Ok(Told::Original { wanted, reply }) => reply(self.original(&wanted)),
                Ok(Told::Settings(settings)) => self.settings = *settings,
                Ok(Told::Keep(evidence_retention)) => self.evidence_retention = *evidence_retention,
                Ok(Told::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.store_waiting();
            self.evidence_retention.tidy(self.clock.now().utc);
        }
        self.store_waiting();
        if !self.unstored.is_empty() {
            error!(lost = self.unstored.len(), "stopped with revisions that could not be stored");
        }
    }

    /// Makes the picture where one is wanted, and adds it to the alert's list.
    fn prepare(&mut self, revision: Box<Revision>, saw: Option<Saw>) -> Unstored {
        let mut picture = None;
        if let Some(saw) = saw.filter(|_| self.settings.evidence) {
            let shown = Shows {
                alert: &revision.alert,
                level: revision.level,
                camera: revision.camera(),
                at: revision.at.utc,
            };
            let (entry, jpeg) = self.picture(shown, &saw, &revision.shown);
            self.evidence.entry(revision.alert.clone()).or_default().push(entry);
            picture = jpeg;
            if revision.phase == Phase::New {
                self.ask_for_close_up(&revision);
            }
        }
        let evidence = if revision.is_last() {
            let open = self.evidence.remove(&revision.alert);
            let evidence = open.or_else(|| self.ended.remove(&revision.alert)).unwrap_or_default();
            self.ended.insert(revision.alert.clone(), evidence.clone());
            while self.ended.len() > KEPT {
                self.ended.pop_first();
            }
            evidence
        } else {
            self.evidence.get(&revision.alert).cloned().unwrap_or_default()
        };
        Unstored { revision, evidence, picture }
    }

    /// A redacted picture that goes with no alert: kept and sent like those that do, with a name of its own.
    fn snapshot(&mut self, camera: &str, saw: &Saw, at: Timestamp) -> Result<SnapshotPicture, String> {
        if !self.settings.evidence {
            return Err("pictures are switched off ([evidence] `enabled`)".to_owned());
        }
        let masks = self.settings.masks.get(camera).map_or(&[][..], Vec::as_slice);
        let Settings { classes, face_model, .. } = &self.settings;
        let view = self.slots.empty_view(camera);
        let made = self
            .redactor
            .make(classes, face_model.as_ref(), saw, &[], masks, view.as_ref())
            .map_err(|error| error.to_string())?;
        let name = format!("snapshot-{}", Ulid::new());
        self.evidence_retention.keep_redacted(&name, 1, at, &made.jpeg);
        let topic = EVIDENCE.suffix(&[&name, "1"]);
        let picture =
            SnapshotPicture { topic: topic.clone(), bytes: made.jpeg.len() as u64, sha256: made.sha256 };
        let stored =
            outbox::Evidence { alert_id: name, level: Level::Blue, topic_suffix: topic, at, jpeg: made.jpeg };
        self.outbox.append_evidence(stored).map_err(|error| error.to_string())?;
        Ok(picture)
    }

    /// Puts a sealed original into the queue, behind everything else.
    fn original(&mut self, wanted: &OriginalData) -> Result<SealedOriginal, NoOriginal> {
        let now = self.clock.now().utc;
        let sealed = self.evidence_retention.original(&wanted.alert_id, wanted.n, now)?;
        let topic = SEALED.suffix(&[&wanted.alert_id, &wanted.n.to_string()]);
        let told =
            SealedOriginal { topic: topic.clone(), bytes: sealed.len() as u64, sha256: sha256_hex(&sealed) };
        let stored = outbox::Evidence {
            alert_id: wanted.alert_id.clone(),
            level: Level::Blue,
            topic_suffix: topic,
            at: now,
            jpeg: sealed,
        };
        self.outbox.append_evidence(stored).map_err(|error| NoOriginal::Unreadable(error.to_string()))?;
        Ok(told)
    }

    /// Asks for a picture of the camera's large stream, if it has one.
    fn ask_for_close_up(&self, revision: &Revision) {
        let Some((camera, stream)) =
            revision.camera().and_then(|camera| self.settings.main_streams.get_key_value(camera))
        else {
            return;
        };
        let wanted = Wanted {
            alert: revision.alert.clone(),
            level: revision.level,
            stream: stream.clone(),
            asked_at: self.clock.now().mono,
        };
        if self.close_ups.try_send(wanted).is_err() {
            warn!(%camera, alert = %revision.alert.0, "no picture of the large stream: too many alerts begin at once");
        }
    }

    /// Adds the picture to its alert; the next revision tells of it.
    fn close_up(&mut self, CloseUp { alert, level, frame, detections }: CloseUp) {
        if !self.evidence.contains_key(&alert) {
            return info!(alert = %alert.0, "the alert was over before the picture of the large stream came");
        }
        let shows = Shows { alert: &alert, level, camera: Some(&frame.camera), at: frame.at.utc };
        let (mut entry, picture) = self.picture(shows, &Saw { picture: frame.picture, detections }, &[]);
        let Some(picture) = picture else { return };
        entry.main_stream_at = Some(Time(frame.at.utc));
        match self.outbox.append_evidence(picture) {
            Ok(()) => self.evidence.entry(alert).or_default().push(entry),
            Err(error) => {
                warn!(alert = %alert.0, %error, "the picture of the large stream could not be stored")
            }
        }
    }

    /// Makes a redacted picture, keeps it, and says what is to be said of it.
    fn picture(
        &mut self,
        shows: Shows<'_>,
        saw: &Saw,
        framed: &[Shown],
    ) -> (Evidence, Option<outbox::Evidence>) {
        let Shows { alert, level, camera, at } = shows;
        let id = self.evidence.get(alert).map_or(0, Vec::len) as u32 + 1;
        let masks = camera.and_then(|camera| self.settings.masks.get(camera));
        let masks = masks.map_or(&[][..], Vec::as_slice);
        let Settings { classes, face_model, .. } = &self.settings;
        let view = camera.and_then(|camera| self.slots.empty_view(camera));
        let made = self.redactor.make(classes, face_model.as_ref(), saw, framed, masks, view.as_ref());
        let made = match made {
            Ok(made) => made,
            Err(error) => {
                warn!(?camera, alert = %alert.0, %error, "no picture");
                return (no_picture(id, &error), None);
            }
        };
        self.evidence_retention.keep(alert, id, at, &made.jpeg, &saw.picture, masks);
        let entry = Evidence {
            id,
            media_type: "image/jpeg".to_owned(),
            bytes: made.jpeg.len() as u64,
            redaction: redaction(&made),
            redaction_ways: redaction_ways(&made),
            sha256: made.sha256,
            state: EvidenceState::Queued,
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

    /// Stores what waits, oldest first; stops at the first failure.
    fn store_waiting(&mut self) {
        while let Some(next) = self.unstored.front() {
            let stored = self.store_one(next);
            if let Err(error) = &stored
                && error.is_about_the_message()
            {
                // It must not be in the way of those behind it.
                let r = &next.revision;
                error!(alert = %r.alert.0, rev = r.rev, level = r.level.name(), %error, "an alert cannot be told");
                self.counts.unwritable.fetch_add(1, Ordering::Relaxed);
                self.unstored.pop_front();
                continue;
            }
            if let Err(error) = stored {
                let mut failing = self.counts.failing.lock();
                if failing.is_none() {
                    error!(%error, "alerts cannot be stored; they are kept in memory and tried again every second");
                }
                *failing = Some(error.to_string());
                drop(failing);
                self.make_room();
                break;
            }
            self.counts.stored.fetch_add(1, Ordering::Relaxed);
            if self.counts.failing.lock().take().is_some() {
                info!("alerts can be stored again");
            }
            self.unstored.pop_front();
        }
        self.counts.waiting.store(self.unstored.len() as u64, Ordering::Relaxed);
    }

    fn store_one(&self, next: &Unstored) -> Result<(), OutboxError> {
        let revision = &next.revision;
        let record = Record {
            kind: Kind::Alert,
            alert_id: Some(revision.alert.0.to_string()),
            rev: revision.rev,
            level: Some(revision.level),
            phase_end: revision.is_last(),
            topic_suffix: ALERT.topic.to_owned(),
            at: revision.at.utc,
            state: alert_state::to_bytes(revision, &next.evidence)
                .inspect_err(|error| {
                    error!(alert = %revision.alert.0, %error, "after a restart this alert will be unknown");
                })
                .ok(),
        };
        let (alert_enricher, revision, evidence) =
            (self.settings.alert_enricher.clone(), revision.clone(), next.evidence.clone());
        let seq = self.outbox.append(record, move |seq| {
            alert_enricher.alert(&revision, &evidence, Seq { stream: seq.stream.clone(), n: seq.n })
        })?;
        let r = &next.revision;
        // What only lasts is no news: a hundred dead cameras would fill the log with it.
        if r.reason == PhaseReason::StillThere {
            debug!(alert = %r.alert.0, rev = r.rev, seq = seq.n, "alert stored");
        } else {
            info!(
                alert = %r.alert.0, rev = r.rev, phase = ?r.phase, kind = %r.kind, level = r.level.name(),
                origin = ?r.origin, rule = ?r.why.basis.rule(), seq = seq.n, "alert stored"
            );
        }
        if let Some(picture) = next.picture.clone() {
            // The alert is safe; a picture that finds no room is worth a line, not an alert.
            if let Err(error) = self.outbox.append_evidence(picture) {
                warn!(alert = %r.alert.0, %error, "the picture could not be stored");
            }
        }
        Ok(())
    }

    /// One message per camera and minute. Counts that cannot be stored are lost, and said to be: memory is for
    /// alerts then.
    fn store_counts(&self, minutes: &[ZoneMinute], at: Timestamp) {
        for zones in minutes.chunk_by(|a, b| a.camera == b.camera && a.from == b.from) {
            let Some(first) = zones.first() else { continue };
            let record = Record {
                kind: Kind::Count,
                alert_id: None,
                rev: 0,
                level: None,
                phase_end: false,
                topic_suffix: COUNT.topic.to_owned(),
                at: first.from,
                state: None,
            };
            let (alert_enricher, of, zones) =
                (self.settings.alert_enricher.clone(), first.clone(), zones.to_vec());
            let stored = self.outbox.append(record, move |seq| {
                alert_enricher.count(&of, &zones, at, Seq { stream: seq.stream.clone(), n: seq.n })
            });
            if let Err(error) = stored {
                warn!(camera = %first.camera, from = %first.from, %error, "the counts of a minute are lost");
            }
        }
    }

    /// While storing fails, memory is bounded: what goes first is as in [`crate::outbox::Limits`].
    fn make_room(&mut self) {
        let mut pictures = self.unstored.iter().filter(|u| u.picture.is_some()).count();
        while pictures > UNSTORED_PICTURES {
            let with_one = self.unstored.iter_mut().filter(|u| u.picture.is_some());
            let Some(least) = with_one.min_by_key(|u| u.revision.level) else { break };
            least.picture = None;
            warn!(alert = %least.revision.alert.0, "a picture is lost: no disk and no memory left");
            pictures -= 1;
        }
        while self.unstored.len() > UNSTORED {
            let revisions = self.unstored.iter().map(|u| &*u.revision).enumerate();
            // The oldest of those that are missed least.
            let Some((least, _)) = revisions.min_by_key(|(_, r)| missed(r.level, r.is_last(), r.phase))
            else {
                break;
            };
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
            if let Some(lost) = self.unstored.remove(least) {
                let r = lost.revision;
                error!(alert = %r.alert.0, rev = r.rev, level = r.level.name(), "lost: no disk and no memory left");
            }
        }
    }
}

/// How much a revision would be missed: red, orange and the last one of an alert most; an update less than the first
/// word of its level.
fn missed(level: Level, is_last: bool, phase: Phase) -> (bool, Level, bool) {
    let must_stay = level >= Level::Orange || is_last;
    (must_stay, level, phase != Phase::Update)
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

fn no_picture(id: u32, error: &EvidenceError) -> Evidence {
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
        main_stream_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_kept_for_what_would_be_missed_most() {
        let mut rising = vec![
            missed(Level::Blue, false, Phase::Update),
            missed(Level::Blue, false, Phase::New),
            missed(Level::Yellow, false, Phase::Update),
            missed(Level::Yellow, false, Phase::New),
            missed(Level::Blue, true, Phase::End),
            missed(Level::Orange, false, Phase::Update),
            missed(Level::Red, false, Phase::Update),
            missed(Level::Red, false, Phase::New),
        ];
        let as_written = rising.clone();
        rising.sort();
        assert_eq!(rising, as_written);
    }
}
