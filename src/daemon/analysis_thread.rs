//! The thread that owns the analysis: one queue in, revisions out.
//!
//! Every track, rule and open alert has this one owner. The queue is bounded; when it is full, whoever
//! sends waits, so workers slow down and frames are dropped at the mailboxes, where it is counted. Must
//! never touch disk, network or pixels.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::tz::TimeZone;
use parking_lot::Mutex;

use crate::alerts::alert_enricher::muted_by;
use crate::alerts::writer_message::{AlertWriterQueue, Ping, Snapshot, SnapshotRequest, WriterMessage};
use crate::analysis::alert::{AckOutcome, Acknowledgement, AlertId, Basis, Revision};
use crate::analysis::alert_lifecycle::handling::HandlingStep;
use crate::analysis::camera_health::NoVideoCause;
use crate::analysis::detection::Detection;
use crate::analysis::fusion::SignalState;
use crate::analysis::quality::Quality;
use crate::analysis::time::Moment;
use crate::analysis::{Analysis, Event, Plan, RequiredRate};
use crate::clock::Clock;
use crate::contract::mute::Mute;
use crate::control::command_thread::SiteReaders;
use crate::control::running_box::{AcknowledgeReply, Alerts, HandledReply, TestReply};
use crate::frame::Frame;
use crate::journal::{
    self, Configuration, Entry, Input, Listener, Published, Recorder, Session, Shadow, ShadowEvent,
};
use crate::lifeline;
use crate::pipeline::camera_slot::Look;
use crate::pipeline::decode_demand::DecodeDemands;
use crate::pipeline::frame_gate::Looked;
use crate::pipeline::inference_workers::LookSink;
use crate::sensors::SensorUpdate;
use crate::text::{box_log, daemon, language_of_log, log_error, log_warn, time::within};
use crate::types::camera_condition::CameraCondition;
use crate::types::phase::{Phase, PhaseReason};
use crate::view::{LIVE_EVERY, Pending, Tap};

use super::furniture::KnownFurniture;
use super::live_view;

/// Notes that may wait. Each is one looked-at frame at most; a second's worth on a busy box.
const QUEUE: usize = 64;

/// Period of the analysis tick.
const TICK: Duration = Duration::from_secs(1);

/// How long the frame of a witness is kept, so that an alert raised by another source soon after can show it.
const WITNESS_KEPT: Duration = Duration::from_secs(60);

/// How long the next frame of a camera may take.
const SNAPSHOT_WITHIN: Duration = Duration::from_secs(20);
/// Pictures that may be waited for at once.
const SNAPSHOTS: usize = 8;

/// Whether a picture goes with a revision: its first one, and where several sources decide also when one joins or it
/// becomes more urgent.
fn wants_picture(revision: &Revision) -> bool {
    let has_more = matches!(revision.reason, PhaseReason::Joined | PhaseReason::LevelRose);
    revision.phase == Phase::New || (revision.why.basis == Basis::Belief && has_more)
}

/// Messages to the analysis thread.
pub(crate) enum AnalysisMessage {
    /// A worker looked at a frame, which is kept for evidence.
    Looked(Frame, Look),
    /// A camera stopped giving frames, or still gives none; why, where that is known.
    Silent(Arc<str>, Option<NoVideoCause>),
    /// A camera gives frames again.
    Back(Arc<str>),
    /// A sensor said something.
    Reading(SensorUpdate),
    /// An acknowledgement; the answer goes to `reply`.
    Acknowledge {
        /// Which alert.
        alert: AlertId,
        /// Who, when, what they wrote.
        acknowledgement: Acknowledgement,
        /// Hears what became of it; `Some`: who had it before.
        reply: AcknowledgeReply,
    },
    /// A handling step; the answer goes to `reply`.
    Handle {
        /// Which alert.
        alert: AlertId,
        /// What they did, who and when.
        step: HandlingStep,
        /// Hears what became of it.
        reply: HandledReply,
    },
    /// What is muted changed: each open alert that it concerns is reported anew.
    Mutes {
        /// What was.
        before: Vec<Mute>,
        /// What is, and is in force already.
        after: Vec<Mute>,
    },
    /// A request for a test alert; the answer goes to `reply`.
    Test {
        /// Who.
        by: String,
        /// The code of its place.
        grid: Arc<str>,
        /// Hears which alert it is.
        reply: TestReply,
    },
    /// The watchdog's question, to be passed on.
    Ping(Ping),
    /// A request for a snapshot.
    Snapshot(SnapshotRequest),
    /// A new configuration, checked, and as the journal keeps it.
    Reconfigure(Box<Plan>, Arc<Configuration>),
    /// A shadow is to be given everything that is recorded from here on; `None`: none is any more.
    Shadow(Option<Box<ShadowFeed>>),
    /// The last note.
    Stop,
}

/// What gives a shadow its entries.
pub(crate) struct ShadowFeed {
    /// Its queue.
    pub listener: Listener,
    /// Its configuration, as the journal keeps it.
    pub configuration: Arc<Configuration>,
}

/// What the analysis last knew, for the health report.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What is wrong with cameras.
    pub conditions: Mutex<BTreeMap<Arc<str>, Vec<CameraCondition>>>,
    /// Every signal at every place.
    pub signals: Mutex<Vec<SignalState>>,
    /// What never moves before the cameras.
    pub furniture: Mutex<KnownFurniture>,
    /// How alerts were answered.
    pub quality: Mutex<Quality>,
}

/// The queue of messages to the analysis thread.
pub(super) type AnalysisQueue = SyncSender<AnalysisMessage>;

/// The two ends of the queue. Whoever starts before the thread can send already.
pub(super) fn queue() -> (AnalysisQueue, Receiver<AnalysisMessage>) {
    sync_channel(QUEUE)
}

/// The sink for the results of the inference workers.
pub(crate) fn look_sink(queue: AnalysisQueue) -> LookSink {
    Arc::new(move |frame, look| queue.send(AnalysisMessage::Looked(frame, look)).is_ok())
}

/// The alerts as commands reach them.
pub(super) struct AnalysisAlerts {
    /// To the thread.
    pub queue: AnalysisQueue,
    /// The box's place, which is that of what happens nowhere else.
    pub area: Arc<str>,
    /// For the times that people read.
    pub readers: SiteReaders,
}

impl Alerts for AnalysisAlerts {
    fn acknowledge(&self, alert: AlertId, acknowledgement: Acknowledgement, reply: AcknowledgeReply) -> bool {
        self.queue.send(AnalysisMessage::Acknowledge { alert, acknowledgement, reply }).is_ok()
    }

    fn handle(&self, alert: AlertId, step: HandlingStep, reply: HandledReply) -> bool {
        self.queue.send(AnalysisMessage::Handle { alert, step, reply }).is_ok()
    }

    fn test(&self, by: &str, reply: TestReply) -> bool {
        self.queue.send(AnalysisMessage::Test { by: by.to_owned(), grid: self.area.clone(), reply }).is_ok()
    }

    fn time_zone(&self) -> TimeZone {
        self.readers.read().time_zone.clone()
    }
}

/// What the thread begins with.
pub(super) struct AnalysisStart {
    /// It has its open alerts already.
    pub analysis: Analysis,
    /// What restoring them made.
    pub revisions: Vec<Revision>,
    /// What runs, for the journal.
    pub session: Session,
    /// Takes down every input and every revision.
    pub recorder: Recorder,
    /// The configuration of the shadow that listens to it already.
    pub shadow: Option<Arc<Configuration>>,
}

/// The running thread.
pub(super) struct AnalysisThread {
    thread: JoinHandle<()>,
}

impl AnalysisThread {
    /// Starts the thread.
    pub(super) fn start(
        start: AnalysisStart,
        notes: Receiver<AnalysisMessage>,
        clock: Clock,
        alert_writer: AlertWriterQueue,
        known: Arc<Known>,
        decode_demands: Arc<DecodeDemands>,
        tap: Tap,
    ) -> std::io::Result<Self> {
        let thread = thread::Builder::new().name("analyst".to_owned()).spawn(move || {
            let _essential = lifeline::essential("analyst");
            let AnalysisStart { analysis, revisions, session, recorder, shadow } = start;
            let goes_on = Session { goes_on: true, restored: Vec::new(), ..session.clone() };
            let at = session.at;
            let mut analysis_loop = AnalysisLoop {
                analysis,
                clock,
                alert_writer,
                known,
                decode_demands,
                tap,
                recorder,
                session: goes_on,
                witnessed: BTreeMap::new(),
                snapshots: Vec::new(),
                furniture_changes: 0,
            };
            analysis_loop.recorder.record(Entry::Session(Box::new(session)));
            analysis_loop.note_shadow(shadow, at);
            analysis_loop.resend_revisions(revisions);
            analysis_loop.work(&notes);
        })?;
        Ok(AnalysisThread { thread })
    }

    /// Waits until the thread has worked off its queue; [`AnalysisMessage::Stop`] must have been sent.
    pub(super) fn join(self) {
        if self.thread.join().is_err() {
            log_error!(box_log::analyst_panicked());
        }
    }
}

struct AnalysisLoop {
    analysis: Analysis,
    clock: Clock,
    alert_writer: AlertWriterQueue,
    known: Arc<Known>,
    decode_demands: Arc<DecodeDemands>,
    /// The live view.
    tap: Tap,
    /// Every input and every revision, in order.
    recorder: Recorder,
    /// What runs, for who listens from the middle of the run on.
    session: Session,
    /// The latest frame of each camera in which a rule saw what a signal asks for: an alert of several sources is
    /// often raised by another one than the camera that shows it.
    witnessed: BTreeMap<Arc<str>, (Duration, Snapshot)>,
    /// Requested snapshots with their deadlines.
    snapshots: Vec<(Duration, SnapshotRequest)>,
    /// The number of changes of the furniture that were last shared.
    furniture_changes: u64,
}

impl AnalysisLoop {
    fn work(&mut self, notes: &Receiver<AnalysisMessage>) {
        let mut next_tick = self.clock.now().mono + TICK;
        loop {
            let wait = next_tick.saturating_sub(self.clock.now().mono);
            match notes.recv_timeout(wait) {
                Ok(AnalysisMessage::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.recorder.record(Entry::Stop { at: self.clock.now() });
                    return self.share_furniture();
                }
                Ok(note) => self.take(note),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = self.clock.now();
            if now.mono >= next_tick {
                next_tick = now.mono + TICK;
                self.record(|| Input::Tick { at: now });
                let revisions = self.analysis.apply(&Event::Tick { at: now });
                self.send_revisions(revisions, None);
                *self.known.conditions.lock() = self.analysis.conditions().into_iter().collect();
                *self.known.signals.lock() = self.analysis.signals(now);
                self.share_furniture();
                self.give_up_snapshots(now.mono);
                self.witnessed.retain(|_, (at, _)| now.mono.saturating_sub(*at) < WITNESS_KEPT);
                let minutes = self.analysis.take_counts();
                if !minutes.is_empty() {
                    self.send(WriterMessage::Counts { minutes, at: now.utc });
                }
            }
        }
    }

    fn take(&mut self, note: AnalysisMessage) {
        match note {
            AnalysisMessage::Looked(frame, look) => self.looked(frame, look),
            AnalysisMessage::Silent(camera, cause) => {
                let at = self.clock.now();
                self.apply(Input::Silent { camera, at, cause });
            }
            AnalysisMessage::Back(camera) => {
                let at = self.clock.now();
                self.apply(Input::Back { camera, at });
            }
            AnalysisMessage::Reading(SensorUpdate { sensor, at, reading }) => {
                self.apply(Input::Reading { sensor, at, reading });
            }
            AnalysisMessage::Acknowledge { alert, acknowledgement, reply } => {
                self.acknowledge(&alert, &acknowledgement, reply);
            }
            AnalysisMessage::Handle { alert, step, reply } => {
                let at = self.clock.now();
                self.record(|| Input::Handle { alert: alert.clone(), step: step.clone(), at });
                match self.analysis.handle(&alert, &step, at) {
                    Ok(revision) => {
                        // Told before it is answered, as above.
                        self.send_revisions(vec![revision], None);
                        reply(Ok(()));
                    }
                    Err(error) => reply(Err(error)),
                }
            }
            AnalysisMessage::Mutes { before, after } => self.mutes_changed(&before, &after),
            AnalysisMessage::Test { by, grid, reply } => {
                let at = self.clock.now();
                self.record(|| Input::Test { by: by.clone(), grid: grid.clone(), at });
                let begun = self.analysis.begin_test(&by, &grid, at);
                reply(begun.map(|revision| {
                    let alert = revision.alert.clone();
                    self.send_revisions(vec![revision], None);
                    alert
                }));
            }
            AnalysisMessage::Ping(ping) => self.send(WriterMessage::Ping(ping)),
            AnalysisMessage::Reconfigure(plan, configuration) => self.reconfigure(*plan, configuration),
            AnalysisMessage::Shadow(feed) => self.set_shadow(feed),
            AnalysisMessage::Snapshot(snapshot) => {
                if self.snapshots.len() < SNAPSHOTS {
                    self.snapshots.push((self.clock.now().mono + SNAPSHOT_WITHIN, snapshot));
                } else {
                    (snapshot.reply)(Err(daemon::too_many_pictures()));
                }
            }
            AnalysisMessage::Stop => {}
        }
    }

    fn acknowledge(&mut self, alert: &AlertId, acknowledgement: &Acknowledgement, reply: AcknowledgeReply) {
        let at = self.clock.now();
        self.record(|| Input::Acknowledge {
            alert: alert.clone(),
            acknowledgement: acknowledgement.clone(),
            at,
        });
        match self.analysis.acknowledge(alert, acknowledgement, at) {
            Ok(AckOutcome::Now(revision)) => {
                // Sent before the answer: with "done" the revision is on its way.
                self.send_revisions(vec![*revision], None);
                reply(Ok(None));
            }
            Ok(AckOutcome::Before(before)) => reply(Ok(Some(before))),
            Err(error) => reply(Err(error)),
        }
    }

    /// Every open alert that is muted now and was not, or the other way round, says so.
    fn mutes_changed(&mut self, before: &[Mute], after: &[Mute]) {
        let at = self.clock.now();
        // Also where nothing is kept: whoever listens from the middle of the run on begins with it.
        self.session.mutes = after.to_vec();
        self.recorder.record(Entry::Mutes { at, mutes: after.to_vec() });
        let is_concerned = |revision: &&Revision| {
            muted_by(before, revision, revision.at.utc) != muted_by(after, revision, at.utc)
        };
        let concerned: Vec<AlertId> =
            self.analysis.open().filter(is_concerned).map(|revision| revision.alert.clone()).collect();
        for alert in concerned {
            self.apply(Input::MuteChanged { alert, at });
        }
    }

    fn looked(&mut self, frame: Frame, look: Look) {
        let Look { detections, looked, image_stats, flow, coarse, .. } = look;
        if let Some(stats) = image_stats {
            let event = Event::ImageStats { camera: frame.camera.clone(), at: frame.at, stats };
            let revisions = self.analysis.apply(&event);
            if let Some(reading) = self.analysis.health_reading(&frame.camera) {
                let (camera, reading) = (frame.camera.clone(), Box::new(reading));
                self.record(|| Input::Health { camera, at: frame.at, reading });
            }
            self.send_revisions(revisions, None);
        }
        self.serve_snapshots(&frame, &detections);
        // Also of a frame that is taken in later: no other picture comes so soon.
        if let Some(coarse) = coarse {
            let event = Event::Picture { camera: frame.camera.clone(), at: frame.at, coarse };
            self.analysis.apply(&event);
        }
        if self.decode_demands.must_look_back(&mut self.analysis, &frame, &detections) {
            return;
        }
        if let Some(flow) = flow {
            self.analysis.apply(&Event::Flow { camera: frame.camera.clone(), at: frame.at, flow });
        }
        let event = Event::Detections { camera: frame.camera.clone(), at: frame.at, detections };
        let revisions = self.analysis.apply(&event);
        let Event::Detections { detections, .. } = event else { return };
        self.record_look(&frame, looked, &detections);
        let is_looked_at = self.tap.is_wanted();
        if let Some(pace) = self.analysis.pace(&frame.camera) {
            let pace = if is_looked_at { self.pace_of_viewers(&frame.camera, pace) } else { pace };
            self.decode_demands.set(&frame.camera, pace);
        }
        let is_witness = self.analysis.is_witness(&frame.camera);
        let saw = Snapshot { picture: frame.picture, detections };
        let shown =
            (is_looked_at && self.tap.takes(&frame.camera, self.clock.now().mono)).then(|| saw.clone());
        if is_witness {
            self.witnessed.insert(frame.camera.clone(), (frame.at.mono, saw.clone()));
        }
        self.send_revisions(revisions, Some((&frame.camera, saw)));
        // Whoever looks comes after whoever is alerted.
        if let Some(shown) = shown {
            self.show(&frame.camera, frame.at, shown);
        }
    }

    /// Records an input, applies it, and sends on what follows.
    fn apply(&mut self, input: Input) {
        self.record(|| input.clone());
        let revisions = input.apply(&mut self.analysis);
        self.send_revisions(revisions, None);
    }

    fn record(&mut self, input: impl FnOnce() -> Input) {
        if self.recorder.is_on() {
            self.recorder.record(Entry::Input(input()));
        }
    }

    /// With what its picture said, which is known once the look was applied.
    fn record_look(&mut self, frame: &Frame, looked: Looked, detections: &[Detection]) {
        if !self.recorder.is_on() {
            return;
        }
        let verdicts = self.analysis.verdicts(&frame.camera).cloned().unwrap_or_default();
        let look = journal::Look {
            camera: frame.camera.clone(),
            at: frame.at,
            looked: match looked {
                Looked::NotAtAll => journal::Looked::NotAtAll,
                Looked::Once => journal::Looked::Once,
                Looked::Twice => journal::Looked::Twice,
            },
            detections: detections.to_vec(),
            verdicts: Box::new(verdicts),
        };
        self.recorder.record(Entry::Input(Input::Look(look)));
    }

    /// From here on a shadow is given what is recorded. It is told first what runs and what is open.
    fn set_shadow(&mut self, feed: Option<Box<ShadowFeed>>) {
        let Some(feed) = feed else { return self.recorder.set_listener(None) };
        let ShadowFeed { mut listener, configuration } = *feed;
        let at = self.clock.now();
        listener.give(Entry::Session(Box::new(Session { at, ..self.session.clone() })));
        for open in self.analysis.open() {
            // Its first revision was made before the shadow began, whichever it is by now.
            listener.give(Entry::Published(Published { phase: Phase::Update, ..Published::of(open) }));
        }
        self.recorder.set_listener(Some(listener));
        self.note_shadow(Some(configuration), at);
    }

    /// Where a shadow begins is in the journal.
    fn note_shadow(&mut self, configuration: Option<Arc<Configuration>>, at: Moment) {
        if let Some(configuration) = configuration {
            let event = ShadowEvent::Began(configuration);
            self.recorder.keep(Entry::Shadow(Shadow { at, event }));
        }
    }

    fn reconfigure(&mut self, plan: Plan, configuration: Arc<Configuration>) {
        let at = self.clock.now();
        match self.analysis.reconfigure(plan, at) {
            // Open alerts are published with the texts and the language of this configuration.
            Ok(revisions) => {
                self.session.configuration = configuration.clone();
                self.recorder.record(Entry::Reload { at, configuration });
                self.resend_revisions(revisions);
            }
            // The configuration was checked; if this happens all the same, the old rules go on.
            Err(error) => {
                let error = error.sentence().in_language(language_of_log());
                log_warn!(box_log::rules_unchanged(); %error);
            }
        }
    }

    /// The rate for viewers of the live picture, as far as the camera's own rate allows.
    fn pace_of_viewers(&self, camera: &str, pace: RequiredRate) -> RequiredRate {
        let plan = self.analysis.camera_plan(camera).filter(|_| self.tap.is_live(camera));
        let Some(plan) = plan else { return pace };
        let live = LIVE_EVERY.max(Duration::from_secs_f32(1.0 / plan.analysis_hz.max(0.01)));
        RequiredRate { every: Some(pace.every.map_or(live, |every| every.min(live))), ..pace }
    }

    /// Hands a frame on to whoever looks at its camera.
    fn show(&self, camera: &str, at: Moment, saw: Snapshot) {
        let Snapshot { picture, detections } = saw;
        let seen = live_view::seen(&self.analysis, camera, at);
        self.tap.offer(camera, Pending { picture, detections, at, seen }, self.clock.now().mono);
    }

    /// The frame that was just looked at is the one that can be redacted.
    fn serve_snapshots(&mut self, frame: &Frame, detections: &[Detection]) {
        while let Some(at) = self.snapshots.iter().position(|(_, wanted)| wanted.camera == frame.camera) {
            let (_, request) = self.snapshots.swap_remove(at);
            let snapshot = Snapshot { picture: frame.picture.clone(), detections: detections.to_vec() };
            self.send(WriterMessage::Snapshot { request, snapshot, at: frame.at.utc });
        }
    }

    fn give_up_snapshots(&mut self, now: Duration) {
        while let Some(at) = self.snapshots.iter().position(|(until, _)| *until <= now) {
            let (_, snapshot) = self.snapshots.swap_remove(at);
            let why = daemon::no_picture_from(&*snapshot.camera, within(SNAPSHOT_WITHIN));
            (snapshot.reply)(Err(why));
        }
    }

    /// Shares the furniture if it changed.
    fn share_furniture(&mut self) {
        let changes = self.analysis.furniture().map(|(_, furniture)| furniture.changes()).sum();
        if std::mem::replace(&mut self.furniture_changes, changes) != changes {
            self.known.furniture.lock().learn(self.analysis.furniture());
        }
    }

    /// Sends revisions to the alert writer, in order, with the frame that shows them.
    fn send_revisions(&mut self, revisions: Vec<Revision>, saw: Option<(&Arc<str>, Snapshot)>) {
        if revisions.is_empty() {
            return;
        }
        for revision in revisions {
            self.known.quality.lock().see(&revision);
            if self.recorder.is_on() {
                self.recorder.record(Entry::Published(Published::of(&revision)));
            }
            let saw = revision.camera().filter(|_| wants_picture(&revision)).and_then(|camera| match &saw {
                Some((of, saw)) if *of == camera => Some(saw.clone()),
                _ => self.witnessed.get(camera).map(|(_, saw)| saw.clone()),
            });
            self.send(WriterMessage::Revision { revision: Box::new(revision), snapshot: saw });
        }
        self.send_open();
    }

    /// As [`AnalysisLoop::send_revisions`], but sends the open alerts even without a revision.
    fn resend_revisions(&mut self, revisions: Vec<Revision>) {
        if revisions.is_empty() {
            return self.send_open();
        }
        self.send_revisions(revisions, None);
    }

    fn send_open(&self) {
        self.send(WriterMessage::Open(self.analysis.open().cloned().collect()));
    }

    fn send(&self, message: WriterMessage) {
        if self.alert_writer.send(message).is_err() {
            // Only when the alert writer is gone: the daemon is coming down after a panic there.
            log_error!(box_log::alert_writer_gone());
        }
    }
}
