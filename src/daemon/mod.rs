//! The wiring: start in order, supervise, stop in order.
//!
//! ```text
//!  cameras ─► scheduler ─► inference workers ─► analysis thread ─► alert writer ─► outbox ─► publisher ─► broker
//!  sensors ──────────────────────────────────────►   ▲                                           │
//!                                                    └──────────────── commands ◄────────────────┘
//! ```
//!
//! Each part is a thread (or a few) with a bounded queue in front; what is full makes the one before wait,
//! down to the mailboxes, where frames are dropped and counted. Stopping goes the way of the frames, so that
//! everything seen before the stop is stored. Must never hold logic of a part.

pub mod alert_enricher;
mod alert_state;
mod alert_writer;
mod analysis_thread;
mod cameras;
pub mod clock_watch;
mod close_up;
pub mod crash_loop;
mod descriptors;
mod evidence_retention;
pub mod faces;
pub mod failed_start;
mod file_watch;
mod furniture;
mod last_known_good;
pub mod load_test;
pub mod loaded_models;
mod machine;
mod meta;
mod part_reports;
mod privacy;
mod quality_report;
mod redactor;
mod report;
mod restore;
mod running;
pub mod sensors;
mod watchdog;
mod wiring;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info, warn};

use crate::analysis::Analysis;
use crate::analysis::furniture::Furniture;
use crate::analysis::time::Timestamp;
use crate::audit::{Audit, Entry};
use crate::clock::Clock;
use crate::config::{Config, Problems};
use crate::control::command_thread::{self, CommandThread, MainCommand, SiteZone};
use crate::control::commands::original::Requests;
use crate::control::refusal_stats::Tally;
use crate::control::{Gate, Inbox};
use crate::lifeline::{self, Doing, Lifeline};
use crate::mqtt::Publisher;
use crate::pipeline::camera_slot::CameraSlots;
use crate::pipeline::decode_demand::DecodeDemands;
use crate::pipeline::inference_workers::{InferenceCounts, InferenceWorkers};
use crate::pipeline::scheduler::Scheduler;

pub use wiring::picture_shape;

use alert_enricher::Mutes;
use alert_writer::{AlertWriter, AlertWriterCounts, Outlets, Told};
use analysis_thread::{AnalysisAlerts, AnalysisThread, Known, Note, look_sink};
use cameras::Cameras;
use clock_watch::ClockWatch;
use close_up::CloseUps;
use crash_loop::ShortRuns;
use evidence_retention::EvidenceRetention;
use file_watch::SecretFiles;
use furniture::{FurnitureFile, KnownFurniture};
use loaded_models::LoadedModels;
use part_reports::PartReports;
use quality_report::QualityReport;
use report::Health;
use running::{Beginning, Gauges, Running};
use sensors::RunningSensors;
use watchdog::Watchdog;
use wiring::{OpenedOutbox, Site};

pub use last_known_good::configuration as stored_configuration;

/// How often the daemon looks at its parts, and at the clock.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What the outbox and the publisher get to finish.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Folder within the outbox's for what the command centre asked for: the audit log, requests, a configuration.
const CONTROL_DIR: &str = "control";

/// Folder within the outbox's for the embedded broker.
const BROKER_DIR: &str = "broker";
/// The embedded broker usually serves long before it is wanted; nobody waits longer than this for it.
const BROKER_WITHIN: Duration = Duration::from_millis(300);

/// Where a box keeps what the command centre asked of it.
pub fn control_dir(config: &Config) -> PathBuf {
    config.outbox.dir.join(CONTROL_DIR)
}

/// What the command line may say beside the configuration.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The list of models.
    pub manifest: Option<PathBuf>,
    /// What is wrong with the file on the box, where what runs is what the command centre sent before.
    pub broken_file: Option<Problems>,
    /// Runs before this one that ended by themselves.
    pub short_runs: Option<ShortRuns>,
    /// Whether the memory of the daemon, passwords and all, may be written into a core file and read by a debugger.
    pub may_be_dumped: bool,
}

/// Why the daemon could not start, as people read it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DaemonError(String);

impl DaemonError {
    fn new(error: impl std::fmt::Display) -> Self {
        DaemonError(error.to_string())
    }
}

/// What the daemon is asked from outside while it runs.
enum Control {
    /// By SIGHUP.
    Reload,
    /// The configuration file is another one.
    FileChanged,
    /// A secret file or certificate that the configuration names is another one.
    SecretsChanged,
    Stop,
    /// A command that is not about an alert.
    Command(Box<MainCommand>),
}

/// Runs until SIGTERM or SIGINT. SIGHUP reads the configuration again.
///
/// # Errors
/// Whatever could not be started, in a sentence. Once it runs, nothing ends it but a signal.
pub fn run(file: Config, options: Options) -> Result<(), DaemonError> {
    if !options.may_be_dumped {
        privacy::keep_memory_private();
    }
    descriptors::make_room(file.cameras.len(), file.sensors.list.len()).map_err(DaemonError::new)?;
    let lifeline = Lifeline::start().map_err(DaemonError::new)?;
    let clock = Clock::start();
    // Where its folder cannot be used, the queue is elsewhere, and what the centre asks for is, too.
    let opened = wiring::open_outbox(&file, clock.now().utc)?;
    let OpenedOutbox { outbox, dir: spool_dir, trouble: spool_trouble } = opened;
    let control_dir = spool_dir.join(CONTROL_DIR);
    std::fs::create_dir_all(&control_dir)
        .map_err(|error| DaemonError(format!("{}: {error}", control_dir.display())))?;
    let Beginning { base, config, standing, trial_left } =
        running::begin(&file, options.broken_file.is_some(), &control_dir, clock);
    let mutes: Mutes = Arc::new(RwLock::new(standing.mutes.clone()));
    // Early: it comes up while the models are loaded.
    let broker_dir = spool_dir.join(BROKER_DIR);
    let broker = wiring::start_broker(&config, &broker_dir)?;
    let settings = wiring::mqtt_settings(&config, &broker);
    for warning in &config.warnings {
        warn!(file = %config.path().display(), line = warning.line, column = warning.column, "{}", warning.what);
    }
    let mut loaded_models =
        LoadedModels::load(&config, options.manifest.as_deref(), None).map_err(DaemonError::new)?;
    loaded_models.look_for_faces(&config, options.manifest.as_deref()).map_err(DaemonError::new)?;
    config.check_classes(&loaded_models.classes()).map_err(DaemonError::new)?;
    let (notes, control) = channel();
    listen_to_signals(notes.clone())?;
    let secret_files = SecretFiles::default();
    file_watch::start(file.path().to_owned(), secret_files.clone(), notes.clone())
        .map_err(DaemonError::new)?;
    let clock_data = Arc::new(Mutex::new(machine::clock(clock.now().utc)));
    let site = Site::new(&config, &loaded_models, clock_data.clone(), mutes.clone())?;

    // From the far end of the flow to the near one: nothing is seen before it can be stored.
    let audit = open_audit(&control_dir, &config, clock.now().utc)?;
    let refusal_stats = Arc::new(Tally::default());
    wiring::warn_of_open_door(&config);
    let gate = Arc::new(Gate::default());
    gate.set_keys(&config.command_keys);
    let (inbox, commands) =
        Inbox::new(config.site.area.to_string(), config.site.box_id.to_string(), gate.clone());
    let embedded = broker.port();
    let bodies = wiring::bodies(config.sender(), refusal_stats.clone(), clock, inbox);
    broker.wait_until_ready(BROKER_WITHIN);
    let publisher =
        Arc::new(Publisher::start(settings, bodies, outbox.clone(), clock).map_err(DaemonError::new)?);
    let (evidence_retention, troubles) = EvidenceRetention::open(&config);
    for trouble in troubles {
        warn!("{trouble}: pictures are not kept there");
    }
    let restored = restore::open_alerts(&outbox, clock.now());
    let counts = Arc::new(AlertWriterCounts::default());
    let tell_open = wiring::tell_open(publisher.clone(), outbox.clone(), clock);
    let (close_up_queue, close_ups_wanted) = close_up::queue();
    let slots = Arc::new(CameraSlots::default());
    slots.set_cameras(site.detect_options());
    let (alert_writer, recorder_queue) = AlertWriter::start(
        site.recorder_settings(),
        restored.evidence,
        restored.ended_evidence,
        Outlets {
            outbox: outbox.clone(),
            evidence_retention,
            tell_open,
            close_ups: close_up_queue,
            slots: slots.clone(),
        },
        clock,
        counts.clone(),
    )
    .map_err(DaemonError::new)?;
    let models = Arc::new(RwLock::new(loaded_models.models()));
    let of_now = models.clone();
    let make_detector = move || loaded_models::detector(&of_now.read());
    let close_ups = CloseUps::start(close_ups_wanted, make_detector, recorder_queue.clone(), clock)
        .map_err(DaemonError::new)?;
    let mut analysis = Analysis::new(config.site.box_id.clone(), site.plan()).map_err(DaemonError::new)?;
    let told = analysis.restore(restored.revisions, clock.now());
    let furniture = Mutex::new(recall_furniture(&mut analysis, &control_dir));
    let quality = Mutex::new(quality_report::recall(&control_dir));
    let known = Arc::new(Known { furniture, quality, ..Known::default() });
    let scheduler = Arc::new(Scheduler::new());
    let decode_demands = Arc::new(DecodeDemands::new(scheduler.clone(), slots.clone()));
    let (analyst, analyst_queue) = AnalysisThread::start(
        analysis,
        told,
        clock,
        recorder_queue.clone(),
        known.clone(),
        decode_demands.clone(),
    )
    .map_err(DaemonError::new)?;
    let zone: SiteZone = Arc::new(RwLock::new(config.site.time_zone.clone()));
    let parts = command_thread::Parts {
        alerts: Box::new(AnalysisAlerts { queue: analyst_queue.clone(), zone: zone.clone() }),
        to_main: Box::new(move |command| notes.send(Control::Command(Box::new(command))).is_ok()),
        outbox: outbox.clone(),
        sender: config.sender(),
        audit: audit.clone(),
        refusal_stats,
        clock,
    };
    let commands = CommandThread::start(commands, &control_dir, parts, || lifeline::essential("commands"))
        .map_err(|error| DaemonError(format!("{}: {error}", control_dir.display())))?;
    let looked = Arc::new(InferenceCounts::default());
    let detectors = site.detectors(&loaded_models)?;
    let workers = detectors.len();
    let inference_workers = InferenceWorkers::start(
        detectors,
        &scheduler,
        &slots,
        look_sink(analyst_queue.clone()),
        &looked,
        clock,
    )
    .map_err(DaemonError::new)?;
    let mut cameras = Cameras::new(clock, scheduler.clone(), decode_demands, analyst_queue.clone());
    for (camera, error) in cameras.become_those(site.wanted_cameras()) {
        error!(%camera, %error, "the camera could not be started");
    }
    let mut sensors = RunningSensors::new(clock, embedded, analyst_queue.clone());
    sensors.become_those(&config.sensors);
    info!(
        cameras = config.cameras.len(),
        sensors = config.sensors.list.len(),
        rules = config.rules.len(),
        workers,
        "watching"
    );

    let gauges = Gauges {
        scheduler: scheduler.clone(),
        known: known.clone(),
        looked,
        stored: counts,
        workers,
        spool_trouble,
    };
    let clock_watch = ClockWatch::new(clock.now(), clock_data.clone(), outbox.clone());
    let watchdog = Watchdog::new(analyst_queue.clone(), outbox.clone(), clock.now().mono);
    let mut running = Running {
        trial_ends: trial_left.map(|left| clock.now().mono + left),
        health: Health::new(config.sender(), clock.now()),
        parts: PartReports::open(&control_dir),
        furniture: FurnitureFile::within(&control_dir),
        quality: QualityReport::within(&control_dir),
        meta_parts: 0,
        short_runs: options.short_runs,
        file,
        base,
        config,
        last_offer: standing.last_offer.clone(),
        standing,
        file_trouble: None,
        secret_trouble: None,
        secret_files,
        manifest: options.manifest,
        original_requests: Requests::default(),
        folder: control_dir,
        loaded_models,
        models,
        close_ups_outdated: close_ups.outdated(),
        inference_workers,
        slots,
        broker,
        broker_dir,
        site,
        clock,
        publisher: publisher.clone(),
        outbox: outbox.clone(),
        audit,
        alert_writer: recorder_queue.clone(),
        analyst: analyst_queue.clone(),
        gate,
        zone,
        mutes,
        cameras,
        sensors,
        gauges,
        clock_data,
        clock_watch,
        watchdog,
        report_at: Duration::ZERO,
    };
    running.watch_secrets(&BTreeSet::new());
    running.announce();
    if let Some(problems) = &options.broken_file {
        running.tell_broken_file(problems);
    }
    failed_start::forget();
    crash_loop::started(options.short_runs);
    watchdog::tell_ready();
    serve(&mut running, &control, &lifeline);

    info!("stopping");
    crash_loop::forget();
    lifeline.beat(Doing::Stopping);
    watchdog::tell_stopping();
    running.sensors.stop();
    running.cameras.stop_all();
    // The queue on disk closes when nobody holds the rest any more.
    let (inference_workers, mut furniture, mut quality, broker) = running.into_last();
    scheduler.close();
    inference_workers.join();
    // Each of these has worked off what was told to it before it ends.
    let _ = analyst_queue.send(Note::Stop);
    analyst.join();
    furniture.finish(&known.furniture);
    quality.finish(&known.quality);
    close_ups.give_up();
    let _ = recorder_queue.send(Told::Stop);
    alert_writer.join();
    close_ups.join();
    publisher.stop(STOP_WITHIN);
    drop(publisher);
    commands.stop(STOP_WITHIN);
    if !outbox.close(STOP_WITHIN) {
        warn!(
            "the queue on disk did not close in time; nothing is lost, the next start takes a moment longer"
        );
    }
    broker.stop(STOP_WITHIN);
    info!("stopped");
    Ok(())
}

/// Works off notes, reports, and looks at what is on trial, until it is told to stop.
fn serve(running: &mut Running, control: &Receiver<Control>, lifeline: &Lifeline) {
    let mut next_look = running.clock.now().mono;
    loop {
        lifeline.beat(Doing::Running);
        let now = running.clock.now().mono;
        if now >= next_look {
            running.look();
            next_look = now + LOOK_EVERY;
        }
        let wake = running.trial_ends.map_or(next_look, |ends| ends.min(next_look));
        match control.recv_timeout(wake.saturating_sub(now)) {
            Ok(Control::Reload) => running.reload(true),
            Ok(Control::FileChanged) => running.reload(false),
            Ok(Control::SecretsChanged) => running.renew_secrets(),
            Ok(Control::Command(command)) => command.carry_out(running),
            Ok(Control::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        running.look_at_trial();
    }
}

/// Signals become notes for the main thread.
fn listen_to_signals(notes: Sender<Control>) -> Result<(), DaemonError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(DaemonError::new)?;
    let inside = runtime.enter();
    let mut hang_up = signal(SignalKind::hangup()).map_err(DaemonError::new)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(DaemonError::new)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(DaemonError::new)?;
    drop(inside);
    let listen = async move {
        loop {
            let note = tokio::select! {
                _ = hang_up.recv() => Control::Reload,
                _ = terminate.recv() => Control::Stop,
                _ = interrupt.recv() => Control::Stop,
            };
            if notes.send(note).is_err() {
                // The daemon did not come up and only waits: nothing is left to be stopped in order.
                std::process::exit(1);
            }
        }
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let _essential = lifeline::essential("signals");
            runtime.block_on(listen);
        })
        .map_err(DaemonError::new)?;
    Ok(())
}

/// What was known before the restart to never move.
fn recall_furniture(analysis: &mut Analysis, folder: &Path) -> KnownFurniture {
    let (memories, damage) = furniture::load(folder);
    if let Some(damage) = damage {
        error!(%damage, "what never moves before the cameras cannot be read and is learnt anew");
    }
    for (camera, places) in &memories {
        analysis.recall_furniture(camera, Furniture::of(places.clone()));
    }
    KnownFurniture::kept(memories)
}

/// The audit log, with a line that the daemon started.
fn open_audit(folder: &Path, config: &Config, now: Timestamp) -> Result<Arc<Audit>, DaemonError> {
    let started = Entry {
        detail: Some(format!(
            "lookout {}, configuration {}, {} command keys",
            env!("CARGO_PKG_VERSION"),
            config.sha256,
            config.command_keys.len()
        )),
        ..Entry::of("started")
    };
    let audit = Audit::open(folder, now).and_then(|audit| audit.record(now, started).map(|()| audit));
    let audit = audit.map_err(|error| {
        DaemonError(format!("the audit log in {} cannot be written: {error}", folder.display()))
    })?;
    Ok(Arc::new(audit))
}
