//! The thread through which every revision passes, in order: evidence is made, the message written, both stored.
//! What this thread stored is safe; what happens before it may be made again.
//!
//! Owns the list of evidence of every open alert. When storing fails it keeps what it could not store and
//! tries again: revisions are never dropped here silently; when memory for them runs out, the oldest
//! update goes first, counted and said aloud. Must never wait for the network.

mod pictures;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::Mutex;
use tracing::debug;

use crate::analysis::alert::{AlertId, Origin, Revision};
use crate::analysis::alert_lifecycle::ended::KEPT;
use crate::analysis::counts::ZoneMinute;
use crate::analysis::detection::Class;
use crate::analysis::empty_view::EmptyView;
use crate::analysis::geometry::Polygon;
use crate::analysis::time::Timestamp;
use crate::clock::Clock;
use crate::contract::alert::Evidence;
use crate::contract::alert_event::Seq;
use crate::contract::messages::{ALERT, COUNT};
use crate::detector::Model;
use crate::lifeline;
use crate::outbox::{self, Kind, Outbox, OutboxError, Record};
use crate::text::{Sentence, alert as say, language_of_log, log_error, log_info, log_warn};
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};

use super::alert_enricher::AlertEnricher;
use super::alert_state;
use super::close_up::{CloseUpQueue, MainStream};
use super::evidence_retention::EvidenceRetention;
use super::redactor::Redactor;
use super::writer_message::{AlertWriterQueue, Snapshot, WriterMessage};
use pictures::Shows;

/// Revisions that may wait for this thread; a sender of more waits.
const QUEUE: usize = 256;
/// Revisions kept in memory while storing fails, about 20 MB.
const UNSTORED: usize = 5_000;
/// Number of them whose picture is kept as well, about 16 MB more.
const UNSTORED_PICTURES: usize = 64;
/// Pictures of one alert at most: one whose sources come and go for days would have hundreds. A guess.
const PICTURES: usize = 16;
/// How often storing is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// What the writer needs to know of the configuration.
#[derive(Debug, Clone)]
pub(crate) struct WriterSettings {
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
pub(crate) struct AlertWriterCounts {
    /// Revisions stored.
    pub stored: AtomicU64,
    /// Of them, first ones, by kind and level.
    pub begun: Mutex<BTreeMap<(Arc<str>, Level), u64>>,
    /// Alerts that are open, by level.
    pub open: Mutex<BTreeMap<Level, u64>>,
    /// Revisions that wait in memory because storing fails.
    pub waiting: AtomicU64,
    /// Revisions lost because memory for them ran out.
    pub lost: AtomicU64,
    /// Revisions of which no message can be made, by a fault of ours.
    pub unwritable: AtomicU64,
    /// Why storing fails, while it does.
    pub failing: Mutex<Option<OutboxError>>,
    /// Why the face model did not look at the last picture, if it did not.
    pub no_faces: Mutex<Option<Sentence>>,
}

/// What a camera sees when nobody is there, where that is known.
pub(crate) type EmptyViews = Box<dyn Fn(&str) -> Option<EmptyView> + Send>;

/// What the writer works with beside its settings.
pub(crate) struct Outlets {
    /// The queue on disk.
    pub outbox: Outbox,
    /// The box's own pictures.
    pub evidence_retention: EvidenceRetention,
    /// Publishes which alerts are open.
    pub publish_open: PublishOpen,
    /// Opens large streams.
    pub close_ups: CloseUpQueue,
    /// For the redaction.
    pub empty_views: EmptyViews,
}

/// The running thread.
pub(crate) struct AlertWriter {
    thread: JoinHandle<()>,
}

/// Called with the open alerts whenever they change.
pub(crate) type PublishOpen = Box<dyn Fn(&[Revision], &AlertEnricher) + Send>;

impl AlertWriter {
    /// Starts the thread. `known` is the evidence of the alerts that are open already, `ended` of those that have ended,
    /// earliest end first.
    pub(crate) fn start(
        settings: WriterSettings,
        known: BTreeMap<AlertId, Vec<Evidence>>,
        ended: Vec<(AlertId, Vec<Evidence>)>,
        outlets: Outlets,
        clock: Clock,
        counts: Arc<AlertWriterCounts>,
    ) -> std::io::Result<(Self, AlertWriterQueue)> {
        let (queue, messages) = sync_channel(QUEUE);
        let Outlets { outbox, evidence_retention, publish_open, close_ups, empty_views } = outlets;
        let unstored = VecDeque::new();
        let evidence = known;
        let redactor = Redactor::new(counts.clone());
        let writer = Writer {
            settings,
            evidence,
            ended: ended.into(),
            redactor,
            outbox,
            evidence_retention,
            clock,
            counts,
            publish_open,
            close_ups,
            empty_views,
            unstored,
        };
        let thread = thread::Builder::new().name("alert-writer".to_owned()).spawn(move || {
            let _essential = lifeline::essential("alert-writer");
            writer.work(&messages);
        })?;
        Ok((AlertWriter { thread }, queue))
    }

    /// Waits until everything received was stored or given up; [`WriterMessage::Stop`] must have been sent.
    pub(crate) fn join(self) {
        if self.thread.join().is_err() {
            log_error!(say::writer_panicked());
        }
    }
}

/// The state of the thread.
struct Writer {
    settings: WriterSettings,
    evidence: BTreeMap<AlertId, Vec<Evidence>>,
    /// Evidence of ended alerts, for later revisions; sorted by end, the earliest is evicted first.
    ended: VecDeque<(AlertId, Vec<Evidence>)>,
    redactor: Redactor,
    outbox: Outbox,
    evidence_retention: EvidenceRetention,
    clock: Clock,
    counts: Arc<AlertWriterCounts>,
    publish_open: PublishOpen,
    close_ups: CloseUpQueue,
    empty_views: EmptyViews,
    unstored: VecDeque<Unstored>,
}

/// A revision with its evidence, not on disk yet.
struct Unstored {
    revision: Box<Revision>,
    evidence: Vec<Evidence>,
    picture: Option<outbox::Evidence>,
}

impl Writer {
    fn work(mut self, messages: &Receiver<WriterMessage>) {
        loop {
            match messages.recv_timeout(AGAIN) {
                Ok(WriterMessage::Revision { revision, snapshot }) => {
                    let unstored = self.prepare(revision, snapshot);
                    self.unstored.push_back(unstored);
                }
                Ok(WriterMessage::Open(open)) => {
                    self.count_open(&open);
                    (self.publish_open)(&open, &self.settings.alert_enricher);
                }
                Ok(WriterMessage::Counts { minutes, at }) => self.store_counts(&minutes, at),
                Ok(WriterMessage::Ping(ping)) => {
                    outbox::crash_point("alert-writer-question");
                    ping.answer();
                }
                Ok(WriterMessage::Snapshot { request, snapshot, at }) => {
                    let made = self.snapshot(&request.camera, &snapshot, at);
                    (request.reply)(made);
                }
                Ok(WriterMessage::CloseUp(close_up)) => self.close_up(close_up),
                Ok(WriterMessage::Original(request)) => {
                    let made = self.original(&request.alert_id, request.n);
                    (request.reply)(made);
                }
                Ok(WriterMessage::Again(request)) => {
                    let found = self.picture_again(&request.alert_id, request.n);
                    (request.reply)(found);
                }
                Ok(WriterMessage::Settings(settings)) => self.settings = *settings,
                Ok(WriterMessage::Retention(evidence_retention)) => {
                    self.evidence_retention = *evidence_retention
                }
                Ok(WriterMessage::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.store_waiting();
            self.evidence_retention.tidy(self.clock.now().utc);
        }
        self.store_waiting();
        if !self.unstored.is_empty() {
            log_error!(say::stopped_unstored(); lost = self.unstored.len());
        }
    }

    /// Makes the picture where one is wanted, and adds it to the alert's list.
    fn prepare(&mut self, revision: Box<Revision>, snapshot: Option<Snapshot>) -> Unstored {
        let mut picture = None;
        let pictures = self.evidence.get(&revision.alert).map_or(0, Vec::len);
        if let Some(snapshot) = snapshot.filter(|_| self.settings.evidence && pictures < PICTURES) {
            let shown = Shows {
                alert: &revision.alert,
                level: revision.level,
                camera: revision.camera(),
                zone: self.settings.alert_enricher.zone(&revision),
                at: revision.at.utc,
            };
            let (entry, jpeg) = self.picture(shown, &snapshot, &revision.shown);
            self.evidence.entry(revision.alert.clone()).or_default().push(entry);
            picture = jpeg;
            if revision.phase == Phase::New {
                self.request_close_up(&revision);
            }
        }
        let evidence = if revision.is_last() {
            self.evidence_at_the_end(&revision.alert)
        } else {
            self.evidence.get(&revision.alert).cloned().unwrap_or_default()
        };
        Unstored { revision, evidence, picture }
    }

    /// What is said after the end takes nothing in and moves nothing: an alert keeps its place by its end.
    fn evidence_at_the_end(&mut self, alert: &AlertId) -> Vec<Evidence> {
        let Some(evidence) = self.evidence.remove(alert) else {
            let kept = self.ended.iter().find(|(ended, _)| ended == alert);
            return kept.map(|(_, evidence)| evidence.clone()).unwrap_or_default();
        };
        self.ended.push_back((alert.clone(), evidence.clone()));
        if self.ended.len() > KEPT {
            self.ended.pop_front();
        }
        evidence
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
                let error = error.in_language(language_of_log());
                log_error!(say::not_told(); alert = %r.alert.0, rev = r.rev, level = r.level.name(), %error);
                self.counts.unwritable.fetch_add(1, Ordering::Relaxed);
                self.unstored.pop_front();
                continue;
            }
            if let Err(error) = stored {
                let mut failing = self.counts.failing.lock();
                if failing.is_none() {
                    log_error!(say::not_stored(); error = %error.in_language(language_of_log()));
                }
                *failing = Some(error);
                drop(failing);
                self.make_room();
                break;
            }
            self.counts.stored.fetch_add(1, Ordering::Relaxed);
            let Revision { rev, kind, level, .. } = &*next.revision;
            if *rev == 1 {
                *self.counts.begun.lock().entry((kind.clone(), *level)).or_default() += 1;
            }
            self.unstored.pop_front();
        }
        // Also where the last that waited turned out to be one that cannot be reported.
        if self.unstored.is_empty() && self.counts.failing.lock().take().is_some() {
            log_info!(say::stored_again());
        }
        self.counts.waiting.store(self.unstored.len() as u64, Ordering::Relaxed);
    }

    fn count_open(&self, open: &[Revision]) {
        let mut counts = self.counts.open.lock();
        counts.clear();
        for revision in open.iter().filter(|revision| !revision.is_last()) {
            *counts.entry(revision.level).or_default() += 1;
        }
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
            state: alert_state::to_bytes(revision, &next.evidence, self.settings.alert_enricher.language())
                .inspect_err(|error| {
                    log_error!(say::unknown_after_restart(); alert = %revision.alert.0, %error);
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
            let Origin { cameras, zones, sensors } = &r.origin;
            log_info!(
                say::stored();
                alert = %r.alert.0, rev = r.rev, phase = r.phase.name(), kind = %r.kind, level = r.level.name(),
                cameras = in_a_row(cameras), zones = in_a_row(zones), sensors = in_a_row(sensors),
                rule = r.why.basis.rule().map(|rule| &**rule), seq = seq.n
            );
        }
        if let Some(picture) = next.picture.clone() {
            // The alert is safe; a picture that finds no room is worth a line, not an alert.
            if let Err(error) = self.outbox.append_evidence(picture) {
                let error = error.in_language(language_of_log());
                log_warn!(say::picture_not_stored(); alert = %r.alert.0, %error);
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
                let error = error.in_language(language_of_log());
                log_warn!(say::counts_lost(); camera = %first.camera, from = %first.from, %error);
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
            log_warn!(say::picture_lost(); alert = %least.revision.alert.0);
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
                log_error!(say::lost(); alert = %r.alert.0, rev = r.rev, level = r.level.name());
            }
        }
    }
}

/// Names for the log; `None` where there are none.
fn in_a_row(names: &[Arc<str>]) -> Option<String> {
    (!names.is_empty()).then(|| names.join(", "))
}

/// How much a revision would be missed: red, orange and the last one of an alert most; an update less than the first
/// word of its level.
fn missed(level: Level, is_last: bool, phase: Phase) -> (bool, Level, bool) {
    let must_stay = level >= Level::Orange || is_last;
    (must_stay, level, phase != Phase::Update)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::restore::tests::{picture, revision};
    use super::*;
    use crate::config::{Config, Surroundings};
    use crate::contract::alert::{ClockData, ClockSync, ModelRef};
    use crate::frame::test_support::gray;
    use crate::outbox::{Limits, Options};

    fn desk(dir: &Path) -> Writer {
        let path = Path::new("site.toml");
        let text = include_str!("../../config/minimal.toml");
        let config =
            Config::from_text(path, text, &Surroundings::elsewhere(path)).unwrap_or_else(|p| panic!("{p}"));
        let clock_data = Arc::new(Mutex::new(ClockData { sync: ClockSync::Synced, err_ms: None }));
        let alert_enricher =
            AlertEnricher::new(&config, ModelRef::none(), clock_data, Arc::default()).unwrap();
        let clock = Clock::start();
        let options = Options { limits: Limits { free_bytes: 0, ..Limits::default() }, ..Options::default() };
        let counts = Arc::new(AlertWriterCounts::default());
        Writer {
            settings: WriterSettings {
                alert_enricher,
                evidence: false,
                classes: Vec::new(),
                face_model: None,
                masks: BTreeMap::new(),
                main_streams: BTreeMap::new(),
            },
            evidence: BTreeMap::new(),
            redactor: Redactor::new(counts.clone()),
            outbox: Outbox::open(dir, clock.now().utc, "box-1", options).unwrap().0,
            evidence_retention: EvidenceRetention::default(),
            clock,
            counts,
            ended: VecDeque::new(),
            publish_open: Box::new(|_, _| {}),
            close_ups: sync_channel(1).0,
            empty_views: Box::new(|_| None),
            unstored: VecDeque::new(),
        }
    }

    fn wait_in(desk: &mut Writer, revision: Revision) {
        desk.unstored.push_back(Unstored {
            revision: Box::new(revision),
            evidence: Vec::new(),
            picture: None,
        });
    }

    #[test]
    fn an_alert_that_cannot_be_reported_is_counted_and_not_in_the_way_of_those_behind_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut desk = desk(dir.path());
        // Of a name there is nothing to cut.
        wait_in(&mut desk, revision(&"x".repeat(300_000), 1));
        wait_in(&mut desk, revision("01KAJ7Q3V2X5T8W9Y0Z1A2B3C4", 1));
        desk.store_waiting();
        let counts = desk.counts.clone();
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        assert_eq!((count(&counts.unwritable), count(&counts.stored), count(&counts.waiting)), (1, 1, 0));
        let open = desk.outbox.open_alerts().unwrap();
        assert_eq!(
            open.iter().map(|alert| &*alert.alert_id).collect::<Vec<_>>(),
            ["01KAJ7Q3V2X5T8W9Y0Z1A2B3C4"]
        );
    }

    #[test]
    fn the_pictures_of_the_alert_that_ended_first_are_forgotten_first() {
        let dir = tempfile::tempdir().unwrap();
        let mut desk = desk(dir.path());
        let published = |desk: &mut Writer, alert: &str, reason| {
            let last = Revision { phase: Phase::End, reason, ..revision(alert, 9) };
            desk.prepare(Box::new(last), None).evidence.len()
        };
        let end = |desk: &mut Writer, alert: &str| {
            desk.evidence.insert(AlertId(alert.into()), vec![picture()]);
            published(desk, alert, PhaseReason::Cleared)
        };
        let handled = |desk: &mut Writer, alert: &str| published(desk, alert, PhaseReason::Handled);
        for n in 1..=KEPT {
            assert_eq!(end(&mut desk, &format!("B{n:04}")), 1);
        }
        assert_eq!(handled(&mut desk, "B0001"), 1, "the earliest end, which this does not renew");
        assert_eq!(end(&mut desk, "A0001"), 1, "it began before all of them and ended last");
        assert_eq!(handled(&mut desk, "A0001"), 1);
        assert_eq!(handled(&mut desk, "B0001"), 0);
        assert_eq!(handled(&mut desk, "B0002"), 1, "one that is forgotten takes no place");
    }

    #[test]
    fn an_alert_whose_sources_come_and_go_for_days_has_only_so_many_pictures() {
        let dir = tempfile::tempdir().unwrap();
        let mut desk = desk(dir.path());
        desk.settings.evidence = true;
        let snapshot = Snapshot { picture: Arc::new(gray(64, 48, 64, |_, _| 90)), detections: Vec::new() };
        let mut published = 0;
        for rev in 1..=40 {
            let joined = Revision { reason: PhaseReason::Joined, ..revision("A0001", rev) };
            published = desk.prepare(Box::new(joined), Some(snapshot.clone())).evidence.len();
        }
        assert_eq!(published, PICTURES);
    }

    #[test]
    fn storing_no_longer_fails_when_the_last_that_waited_cannot_be_reported() {
        let dir = tempfile::tempdir().unwrap();
        let mut desk = desk(dir.path());
        *desk.counts.failing.lock() = Some(OutboxError::Closed);
        wait_in(&mut desk, revision(&"x".repeat(300_000), 1));
        desk.store_waiting();
        assert!(desk.counts.failing.lock().is_none());
    }

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
