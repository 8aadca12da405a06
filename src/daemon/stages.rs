//! The stages of the daemon, each with how it starts, what it gives to those that start after it, and how it stops.
//!
//! They start from the far end of the flow to the near one and stop the other way round. Must never decide anything: what
//! a stage does is said by the module that it starts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};

use crate::alerts::SharedClockData;
use crate::alerts::alert_enricher::Mutes;
use crate::alerts::alert_writer::{AlertWriter, AlertWriterCounts, Outlets};
use crate::alerts::close_up::{self, CloseUps};
use crate::alerts::evidence_retention::EvidenceRetention;
use crate::alerts::restore;
use crate::alerts::writer_message::{AlertWriterQueue, WriterMessage};
use crate::analysis::Analysis;
use crate::analysis::alert::Revision;
use crate::analysis::furniture::Furniture;
use crate::analysis::time::Timestamp;
use crate::audit::{Audit, Entry};
use crate::clock::Clock;
use crate::config::Config;
use crate::contract::Mode;
use crate::contract::box_key::BoxKey;
use crate::control::command_thread::{self, CommandThread, Readers, SiteReaders};
use crate::control::refusal_stats::RefusalStats;
use crate::control::{Gate, Inbox};
use crate::detector::Detector;
use crate::lifeline;
use crate::metrics::Metrics;
use crate::mqtt::Publisher;
use crate::outbox::Outbox;
use crate::pipeline::camera_slot::CameraSlots;
use crate::pipeline::decode_demand::DecodeDemands;
use crate::pipeline::inference_workers::{InferenceCounts, InferenceWorkers};
use crate::pipeline::scheduler::Scheduler;
use crate::text::{box_log, daemon, foreign, language_of_log, log_error, log_warn};
use crate::view::Views;

use super::analysis_thread::{
    AnalysisAlerts, AnalysisMessage, AnalysisQueue, AnalysisStart, AnalysisThread, Known, look_sink,
};
use super::box_key::{self, BoxKeyError};
use super::cameras::{self, Cameras};
use super::coverage::CoverageStage;
use super::furniture::{self, FurnitureFile, KnownFurniture};
use super::journal::{self, JournalStage};
use super::live_view::ViewStage;
use super::loaded_models::{self, LoadModelsError, LoadedModels, Models};
use super::page::PageStage;
use super::quality_report::{self, QualityReport};
use super::running::Beginning;
use super::sensors::{self, RunningSensors};
use super::sent_history::SentHistory;
use super::shadow::ShadowStage;
use super::wiring::{self, OpenedOutbox, RunningBroker, Site};
use super::{CONTROL_DIR, Control, DaemonError, machine};

/// What publisher, commands, broker and outbox get to finish.
pub(super) const STOP_WITHIN: Duration = Duration::from_secs(5);
/// What a thread takes at most to work off its queue. A frame or a picture takes less than a second each; a guess. Nothing
/// is given up then, only said: where stopping hangs, [`lifeline`] ends the process.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);
/// What is left to a picture for a viewer, which nobody waits for any more since the first stage was stopped.
const VIEWS_WITHIN: Duration = Duration::from_millis(500);
/// What is left to a scrape that is just being answered.
const METRICS_WITHIN: Duration = Duration::from_secs(1);
/// A stage that keeps to its deadline needs a little more to say so.
const GRACE: Duration = Duration::from_secs(1);

/// What each stage gets to stop. [`lifeline::STOP_WITHIN`] is more than all of them take one after the other.
const DEADLINES: [(&str, Duration); 12] = [
    ("metrics", METRICS_WITHIN),
    ("page", STOP_WITHIN),
    ("sensors", sensors::STOP_WITHIN),
    ("cameras", cameras::STOP_WITHIN),
    ("inference", DRAIN_WITHIN),
    ("analysis", DRAIN_WITHIN),
    ("alerts", DRAIN_WITHIN),
    ("views", VIEWS_WITHIN),
    ("publisher", STOP_WITHIN),
    ("commands", STOP_WITHIN),
    ("broker", STOP_WITHIN),
    ("storage", STOP_WITHIN),
];

/// Folder within the outbox's for the embedded broker.
const BROKER_DIR: &str = "broker";
/// The embedded broker usually serves long before it is wanted; nobody waits longer than this for it.
const BROKER_WITHIN: Duration = Duration::from_millis(300);

/// Everything that was started, in that order.
pub(super) struct Stages {
    pub storage: Storage,
    pub broker: RunningBroker,
    pub commands: CommandStage,
    pub publisher: Arc<Publisher>,
    pub alerts: AlertStage,
    pub analysis: AnalysisStage,
    pub inference: InferenceStage,
    pub cameras: Cameras,
    pub sensors: RunningSensors,
    pub views: ViewStage,
    pub page: PageStage,
    pub metrics: Metrics,
}

impl Stages {
    /// Stops them, the last one first: each has worked off what it received before the one behind it ends. Whoever holds
    /// a handle of the outbox must have let go of it.
    pub(super) fn stop(self) {
        let Stages {
            storage,
            broker,
            commands,
            publisher,
            alerts,
            analysis,
            inference,
            mut cameras,
            mut sensors,
            views,
            page,
            metrics,
        } = self;
        // The picture that is just being made for a viewer has until its stage is stopped.
        views.views.finish();
        stop("metrics", |within| metrics.stop(within));
        stop("page", |within| page.stop(within));
        stop("sensors", |_| sensors.stop());
        stop("cameras", |_| cameras.stop_all());
        stop("inference", |_| inference.stop());
        stop("analysis", |_| analysis.stop());
        stop("alerts", |_| alerts.stop());
        stop("views", |within| views.stop(within));
        stop("publisher", |within| {
            publisher.stop(within);
            drop(publisher);
        });
        stop("commands", |within| commands.thread.stop(within));
        stop("broker", |within| broker.stop(within));
        stop("storage", |within| storage.stop(within));
    }
}

/// Stops one stage, and says so where that takes longer than it may.
fn stop(stage: &str, stop: impl FnOnce(Duration)) {
    let within = DEADLINES.iter().find(|(name, _)| *name == stage).map_or(STOP_WITHIN, |(_, within)| *within);
    let began = Instant::now();
    stop(within);
    let took = began.elapsed();
    if took > within + GRACE {
        let (took, within) = (took.as_secs_f32(), within.as_secs_f32());
        log_warn!(
            box_log::stage_slow_to_stop();
            stage, took_secs = %format_args!("{took:.1}"), allowed_secs = %format_args!("{within:.1}")
        );
    }
}

/// What follows from a configuration before anything starts that watches: its models, and what each part is given.
pub(super) struct LoadedSite {
    pub models: LoadedModels,
    pub site: Site,
    /// How far to trust the clock; [`ClockWatch`](super::clock_watch::ClockWatch) writes it.
    pub clock_data: SharedClockData,
    pub mutes: Mutes,
}

impl LoadedSite {
    /// Loads the models and checks the configuration against them.
    ///
    /// # Errors
    /// What a model or a camera lacks.
    pub(super) fn load(
        beginning: &Beginning,
        manifest: Option<&Path>,
        clock: Clock,
    ) -> Result<LoadedSite, DaemonError> {
        let config = &beginning.config;
        for warning in &config.warnings {
            let what = warning.what.sentence().cloned();
            let what = what.unwrap_or_else(|| foreign::words(warning.what.clone()));
            log_warn!(what; file = %config.path().display(), line = warning.line, column = warning.column);
        }
        let mut models = LoadedModels::load(config, manifest, None).map_err(not_loaded)?;
        models.look_for_faces(config, manifest).map_err(not_loaded)?;
        config.check_classes(&models.classes()).map_err(|problems| {
            DaemonError::localized(|language| problems.in_language(language)).mendable()
        })?;
        let clock_data = Arc::new(Mutex::new(machine::clock(clock.now().utc)));
        let mutes: Mutes = Arc::new(RwLock::new(beginning.overrides.mutes.clone()));
        let site = Site::new(config, &models, clock_data.clone(), mutes.clone())?;
        Ok(LoadedSite { models, site, clock_data, mutes })
    }
}

/// The inputs of every stage that analyses or publishes.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub config: &'a Config,
    pub loaded: &'a LoadedSite,
    pub clock: Clock,
}

/// The outbox and the folders beside it.
pub(super) struct Storage {
    pub outbox: Outbox,
    /// For what the command centre asked for, and for what the daemon remembers.
    pub control_dir: PathBuf,
    /// For the embedded broker.
    pub broker_dir: PathBuf,
    /// Why the outbox is not where it should be.
    pub trouble: Option<crate::text::Sentence>,
    /// By what the box signs, or why it cannot.
    pub box_key: Result<Arc<BoxKey>, BoxKeyError>,
    /// What is kept of what was sent.
    pub sent_history: SentHistory,
}

impl Storage {
    /// Opens it and gives nothing up; [`set_limits`](Self::set_limits) is for when it is known what runs. Where its folder
    /// cannot be used, the outbox is elsewhere, and the other folders are, too.
    ///
    /// # Errors
    /// Neither the outbox nor a folder can be made.
    pub(super) fn start(file: &Config, clock: Clock) -> Result<Self, DaemonError> {
        let OpenedOutbox { outbox, dir, trouble } = wiring::open_outbox(file, clock.now().utc)?;
        let control_dir = dir.join(CONTROL_DIR);
        std::fs::create_dir_all(&control_dir).map_err(|error| of_folder(&control_dir, &error))?;
        // Not where the queue is while its own folder cannot be used: a key that is gone after a restart proves nothing.
        let box_key = box_key::read_or_make(&file.outbox.dir, &file.full_name()).map(Arc::new);
        match &box_key {
            Err(error) if error.is_early() => log_warn!(box_log::unsigned(error.sentence(), error.hint())),
            Err(error) => log_error!(box_log::unsigned(error.sentence(), error.hint())),
            Ok(_) => {}
        }
        let (broker_dir, sent_history) = (dir.join(BROKER_DIR), SentHistory::default());
        Ok(Storage { outbox, control_dir, broker_dir, trouble, box_key, sent_history })
    }

    /// Limits what waits and what is kept of what was sent as `config` says, which is not always the file: what the command
    /// centre sent may allow more, and what is given up does not come back.
    pub(crate) fn set_limits(&mut self, config: &Config) {
        if let Err(error) = self.outbox.set_limits(wiring::limits(config), config.mqtt.expect_marks) {
            let error = error.in_language(language_of_log());
            log_error!(box_log::outbox_limits_unchanged(); %error);
        }
        self.sent_history.keep(&self.outbox, &config.outbox);
    }

    fn stop(self, within: Duration) {
        if !self.outbox.close(within) {
            log_warn!(box_log::outbox_slow_to_close());
        }
    }
}

/// Who may ask for what, and the thread that carries it out. Ends after those who answer commands have ended, so that
/// every answer is stored.
pub(super) struct CommandStage {
    thread: CommandThread,
    pub audit: Arc<Audit>,
    pub gate: Arc<Gate>,
    /// How people read answers.
    pub readers: SiteReaders,
    refusal_stats: Arc<RefusalStats>,
}

impl CommandStage {
    /// Starts it; also returns where the publisher puts what it receives. Commands that come before the analysis runs wait
    /// in its queue.
    ///
    /// # Errors
    /// The audit log cannot be written, or no thread started.
    pub(super) fn start(
        context: Context<'_>,
        storage: &Storage,
        analysis: AnalysisQueue,
        notes: Sender<Control>,
    ) -> Result<(Self, Inbox), DaemonError> {
        let Context { config, clock, .. } = context;
        let folder = &storage.control_dir;
        let audit = open_audit(folder, config, clock.now().utc)?;
        wiring::warn_of_open_door(config);
        let gate = Arc::new(Gate::default());
        gate.set_keys(&config.command_keys);
        let (inbox, commands) =
            Inbox::new(config.site.area.to_string(), config.site.box_id.to_string(), gate.clone());
        let refusal_stats = Arc::new(RefusalStats::default());
        let readers: SiteReaders = Arc::new(RwLock::new(Self::readers_of(config)));
        let parts = command_thread::Parts {
            alerts: Box::new(AnalysisAlerts {
                queue: analysis,
                area: config.site.area.clone(),
                readers: readers.clone(),
            }),
            to_main: Box::new(move |command| notes.send(Control::Command(Box::new(command))).is_ok()),
            outbox: storage.outbox.clone(),
            sender: config.sender(),
            audit: audit.clone(),
            refusal_stats: refusal_stats.clone(),
            clock,
            readers: readers.clone(),
        };
        let thread = CommandThread::start(commands, folder, parts, || lifeline::essential("commands"))
            .map_err(|error| of_folder(folder, &error))?;
        Ok((CommandStage { thread, audit, gate, readers, refusal_stats }, inbox))
    }

    /// The people of this site.
    pub(crate) fn readers_of(config: &Config) -> Readers {
        Readers { time_zone: config.site.time_zone.clone(), language: config.site.language }
    }
}

/// The connection to the broker.
///
/// # Errors
/// Its settings cannot work, or no thread can be started. That nobody answers is no error.
pub(crate) fn start_publisher(
    context: Context<'_>,
    storage: &Storage,
    broker: &RunningBroker,
    commands: &CommandStage,
    inbox: Inbox,
) -> Result<Arc<Publisher>, DaemonError> {
    let Context { config, clock, .. } = context;
    let key = storage.box_key.as_ref().ok().cloned();
    let (stats, readers) = (commands.refusal_stats.clone(), commands.readers.clone());
    let bodies = wiring::bodies(config.sender(), stats, clock, inbox, key, readers);
    broker.wait_until_ready(BROKER_WITHIN);
    let settings = wiring::mqtt_settings(config, broker);
    let publisher = Publisher::start(settings, bodies, storage.outbox.clone(), clock);
    Ok(Arc::new(
        publisher.map_err(|trouble| DaemonError::localized(|language| trouble.in_language(language)))?,
    ))
}

/// Where frames go and what is known of each camera: shared by those that decode, look and decide.
pub(super) struct FramePath {
    pub scheduler: Arc<Scheduler>,
    pub slots: Arc<CameraSlots>,
    decode_demands: Arc<DecodeDemands>,
    /// The live view.
    pub views: Views,
}

impl FramePath {
    /// For the cameras of the site.
    pub(super) fn new(site: &Site, clock: Clock) -> Self {
        let scheduler = Arc::new(Scheduler::new());
        let slots = Arc::new(CameraSlots::default());
        slots.set_cameras(site.detect_options());
        let decode_demands = Arc::new(DecodeDemands::new(scheduler.clone(), slots.clone()));
        FramePath { scheduler, slots, decode_demands, views: Views::new(clock) }
    }
}

/// What becomes of revisions: the alert writer, and the thread of close-ups.
pub(super) struct AlertStage {
    writer: AlertWriter,
    close_ups: CloseUps,
    /// Those that look at close-ups.
    models: Arc<RwLock<Models>>,
    pub queue: AlertWriterQueue,
    pub counts: Arc<AlertWriterCounts>,
}

impl AlertStage {
    /// Starts both; also returns the alerts that were open before the restart.
    ///
    /// # Errors
    /// No thread can be started.
    pub(super) fn start(
        context: Context<'_>,
        storage: &Storage,
        publisher: &Arc<Publisher>,
        frames: &FramePath,
    ) -> Result<(Self, Vec<Revision>), DaemonError> {
        let Context { config, loaded, clock } = context;
        let (evidence_retention, troubles) = EvidenceRetention::open(config);
        for trouble in troubles {
            log_warn!(box_log::pictures_not_kept(trouble));
        }
        let restored = restore::open_alerts(&storage.outbox, clock.now());
        let (close_up_queue, close_up_requests) = close_up::queue();
        let slots = frames.slots.clone();
        let outlets = Outlets {
            outbox: storage.outbox.clone(),
            evidence_retention,
            publish_open: wiring::publish_open(publisher.clone(), storage.outbox.clone(), clock),
            close_ups: close_up_queue,
            empty_views: Box::new(move |camera| slots.empty_view(camera)),
        };
        let counts = Arc::new(AlertWriterCounts::default());
        let (writer, queue) = AlertWriter::start(
            loaded.site.writer_settings(),
            restored.evidence,
            restored.ended_evidence,
            outlets,
            clock,
            counts.clone(),
        )
        .map_err(DaemonError::new)?;
        let models = Arc::new(RwLock::new(loaded.models.models()));
        let of_now = models.clone();
        let make_detector = move || loaded_models::detector(&of_now.read());
        let close_ups = CloseUps::start(close_up_requests, make_detector, queue.clone(), clock)
            .map_err(DaemonError::new)?;
        Ok((AlertStage { writer, close_ups, models, queue, counts }, restored.revisions))
    }

    /// The next close-up is looked at with these.
    pub(crate) fn set_models(&self, models: Models) {
        *self.models.write() = models;
        self.close_ups.renew_detector();
    }

    fn stop(self) {
        self.close_ups.give_up();
        // Fails only if the thread is gone already.
        let _ = self.queue.send(WriterMessage::Stop);
        self.writer.join();
        self.close_ups.join();
    }
}

/// The thread that owns the analysis, and what it remembers over a restart.
pub(super) struct AnalysisStage {
    thread: AnalysisThread,
    pub queue: AnalysisQueue,
    pub known: Arc<Known>,
    /// What never moves before the cameras, on disk.
    pub furniture: FurnitureFile,
    /// The alert quality, on disk and as published.
    pub quality: QualityReport,
    /// What was found in the last days.
    pub journal: JournalStage,
    /// What could have been reported.
    pub coverage: CoverageStage,
    /// A second configuration that judges the same.
    pub shadow: ShadowStage,
    clock: Clock,
}

impl AnalysisStage {
    /// Starts it with the alerts that are `open`. The two ends of its queue are made before.
    ///
    /// # Errors
    /// The rules cannot work together, or no thread can be started.
    pub(super) fn start(
        context: Context<'_>,
        storage: &Storage,
        mut open: Vec<Revision>,
        (queue, notes): (AnalysisQueue, Receiver<AnalysisMessage>),
        alerts: &AlertStage,
        frames: &FramePath,
    ) -> Result<Self, DaemonError> {
        let Context { config, loaded, clock } = context;
        let folder = &storage.control_dir;
        let mut analysis = Analysis::new(config.site.box_id.clone(), loaded.site.plan())
            .map_err(|error| DaemonError::unknown_name(&error))?;
        let at = clock.now();
        // As a replay has them: what is kept of an alert says nothing of this run's time.
        open.iter_mut().for_each(|revision| revision.at = at);
        let journal = JournalStage::start(config, storage.trouble.is_some(), clock);
        let is_elsewhere = storage.trouble.is_some();
        let outbox = storage.outbox.clone();
        let coverage = CoverageStage::start(config, &loaded.site.plan(), is_elsewhere, outbox, at);
        let mut recorder = journal.recorder();
        let (shadow, beside) = ShadowStage::start(folder, config, &loaded.models, &mut recorder, at.utc);
        let session = journal::session(config, &loaded.models, &open, loaded.mutes.read().clone(), at);
        let revisions = analysis.restore(open, at);
        let furniture = Mutex::new(recall_furniture(&mut analysis, folder));
        let mut quality = quality_report::recall(folder);
        quality.set_drill(config.site.mode != Mode::Actual);
        let quality = Mutex::new(quality);
        let known = Arc::new(Known { furniture, quality, ..Known::default() });
        let thread = AnalysisThread::start(
            AnalysisStart { analysis, revisions, session, recorder, shadow: beside },
            notes,
            clock,
            alerts.queue.clone(),
            known.clone(),
            frames.decode_demands.clone(),
            frames.views.tap(),
        )
        .map_err(DaemonError::new)?;
        let (furniture, quality) = (FurnitureFile::within(folder), QualityReport::within(folder));
        Ok(AnalysisStage { thread, queue, known, furniture, quality, journal, coverage, shadow, clock })
    }

    fn stop(mut self) {
        // Fails only if the thread is gone already.
        let _ = self.queue.send(AnalysisMessage::Stop);
        self.thread.join();
        self.shadow.stop(self.clock.now());
        self.journal.stop();
        self.coverage.stop();
        self.furniture.finish(&self.known.furniture);
        self.quality.finish(&self.known.quality);
    }
}

/// The workers that look at frames.
pub(super) struct InferenceStage {
    workers: InferenceWorkers,
    /// How many.
    pub size: usize,
    pub scheduler: Arc<Scheduler>,
    pub slots: Arc<CameraSlots>,
    pub counts: Arc<InferenceCounts>,
}

impl InferenceStage {
    /// Starts them.
    ///
    /// # Errors
    /// Memory for their buffers, or a thread, cannot be allocated.
    pub(super) fn start(
        context: Context<'_>,
        frames: &FramePath,
        analysis: AnalysisQueue,
    ) -> Result<Self, DaemonError> {
        let Context { loaded, clock, .. } = context;
        let detectors = loaded.site.detectors(&loaded.models)?;
        let size = detectors.len();
        let counts = Arc::new(InferenceCounts::default());
        let (scheduler, slots) = (frames.scheduler.clone(), frames.slots.clone());
        let workers =
            InferenceWorkers::start(detectors, &scheduler, &slots, look_sink(analysis), &counts, clock)
                .map_err(DaemonError::new)?;
        Ok(InferenceStage { workers, size, scheduler, slots, counts })
    }

    /// From the next frame on these look.
    pub(super) fn renew(&mut self, detectors: Vec<Box<dyn Detector>>) {
        self.size = detectors.len();
        if let Err(error) = self.workers.renew(detectors) {
            log_error!(box_log::workers_missing(); %error);
        }
    }

    fn stop(self) {
        self.scheduler.close();
        self.workers.join();
    }
}

/// The cameras; one that cannot be started is said and left out.
pub(crate) fn start_cameras(context: Context<'_>, frames: &FramePath, analysis: AnalysisQueue) -> Cameras {
    let (scheduler, decode_demands) = (frames.scheduler.clone(), frames.decode_demands.clone());
    let mut cameras = Cameras::new(context.clock, scheduler, decode_demands, analysis);
    for (camera, error) in cameras.become_those(context.loaded.site.wanted_cameras()) {
        let error = error.in_language(language_of_log());
        log_error!(box_log::camera_not_started(); %camera, %error);
    }
    cameras
}

/// The sensors.
pub(crate) fn start_sensors(
    context: Context<'_>,
    broker: &RunningBroker,
    analysis: AnalysisQueue,
) -> RunningSensors {
    let mut sensors = RunningSensors::new(context.clock, broker.port(), analysis);
    sensors.become_those(&context.config.sensors);
    sensors
}

/// What was known before the restart to never move.
fn recall_furniture(analysis: &mut Analysis, folder: &Path) -> KnownFurniture {
    let (memories, damage) = furniture::load(folder);
    if let Some(damage) = damage {
        let damage = damage.in_language(language_of_log());
        log_error!(box_log::furniture_unreadable(); %damage);
    }
    for (camera, places) in &memories {
        analysis.recall_furniture(camera, Furniture::of(places.clone()));
    }
    KnownFurniture::kept(memories)
}

/// The audit log, with a line that the daemon started.
fn open_audit(folder: &Path, config: &Config, now: Timestamp) -> Result<Arc<Audit>, DaemonError> {
    let keys = config.command_keys.len();
    let detail = daemon::started(env!("CARGO_PKG_VERSION"), &config.sha256, keys);
    let started = Entry::of("started").with_detail(detail, config.site.language);
    let audit = Audit::open(folder, now).and_then(|audit| audit.record(now, started).map(|()| audit));
    let audit = audit.map_err(|error| {
        let why = foreign::words(error.to_string());
        DaemonError::of_sentence(&daemon::audit_unwritable(folder.display(), why))
    })?;
    Ok(Arc::new(audit))
}

fn not_loaded(error: LoadModelsError) -> DaemonError {
    DaemonError::localized(|language| error.in_language(language)).mendable()
}

fn of_folder(folder: &Path, error: &std::io::Error) -> DaemonError {
    DaemonError::of_sentence(&daemon::file_unreadable(folder.display(), foreign::words(error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Surroundings;
    use crate::outbox::{Kind, Policy, Record};

    /// A box that keeps its queue in `dir`, with these lines in `[mqtt]` and `[outbox]`.
    fn config(dir: &Path, mqtt: &str, outbox: &str) -> Config {
        let text = format!(
            "[site]\nbox = \"box-1\"\narea = \"530127\"\n[mqtt]\n{mqtt}\n[outbox]\ndir = \"{}\"\n\
             min_free_mib = 0\n{outbox}\n[[camera]]\nid = \"cam-01\"\neye = \"village\"\n\
             url = \"rtsp://10.0.0.1/s\"\ngrid = \"53012700100199\"\n",
            dir.display()
        );
        let path = Path::new("/etc/lookout/lookout.toml");
        Config::from_text(path, &text, &Surroundings::elsewhere(path)).unwrap_or_else(|p| panic!("{p}"))
    }

    #[test]
    fn the_lifeline_waits_for_longer_than_all_stages_may_take_to_stop() {
        let together: Duration = DEADLINES.iter().map(|(_, within)| *within + GRACE).sum();
        assert!(together < lifeline::STOP_WITHIN, "{together:?}");
        let source = include_str!("stages.rs");
        for (stage, _) in DEADLINES {
            assert_eq!(source.matches(&format!("        stop(\"{stage}\", ")).count(), 1, "{stage}");
        }
        assert_eq!(
            source.matches("\n        stop(\"").count(),
            DEADLINES.len(),
            "a stage without a deadline"
        );
    }

    #[test]
    fn a_restart_gives_up_nothing_that_the_running_configuration_keeps() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::start();
        let file = config(dir.path(), "", "resend_days = 0");
        let remote = config(dir.path(), "expect_marks = true", "resend_days = 7");
        let mut storage = Storage::start(&file, clock).unwrap();
        storage.set_limits(&remote);
        assert!(storage.outbox.depth().marks, "they are expected");
        let record = Record {
            kind: Kind::Alert,
            alert_id: Some("alert-1".to_owned()),
            rev: 1,
            level: None,
            phase_end: false,
            topic_suffix: "up/alert".to_owned(),
            at: clock.now().utc,
            state: None,
        };
        let seq = storage.outbox.append(record, |_| Ok(b"x".to_vec())).unwrap();
        let outbox = &storage.outbox;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let policy = Policy { backlog: true, evidence: true, again: true };
            let lent = outbox.next_async(1, policy, Instant::now()).await.unwrap();
            outbox.acked_async(lent.iter().map(|one| one.id).collect()).await.unwrap();
            outbox.marked_async(seq.stream.to_string(), seq.n, clock.now().utc).await.unwrap();
        });
        assert_eq!(outbox.depth().kept, 1);
        storage.stop(STOP_WITHIN);

        let mut storage = Storage::start(&file, clock).unwrap();
        storage.set_limits(&remote);
        assert_eq!(storage.outbox.resend(&seq.stream, seq.n, seq.n).unwrap().records, 1);
        storage.set_limits(&file);
        assert_eq!(storage.outbox.depth().kept, 0, "what runs keeps nothing any more");
        storage.stop(STOP_WITHIN);
    }
}
