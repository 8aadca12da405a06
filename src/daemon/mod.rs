//! The wiring: start in order, supervise, stop in order.
//!
//! ```text
//!  cameras ─► scheduler ─► lookers ─► analyst ─► recorder ─► outbox ─► publisher ─► broker
//!  sensors ───────────────────────────►  ▲                                │
//!                                        └────────── commands ◄───────────┘
//! ```
//!
//! Each part is a thread (or a few) with a bounded queue in front; what is full makes the one before wait,
//! down to the mailboxes, where frames are dropped and counted. Stopping goes the way of the frames, so that
//! everything seen before the stop is stored. Must never hold logic of a part.

mod analyst;
mod cameras;
pub mod clock_watch;
mod commands;
mod keeper;
mod lookers;
mod machine;
mod recorder;
mod report;
mod restore;
pub mod sensors;
pub mod sight;
mod site;
pub mod teller;
mod watchdog;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info, warn};

use crate::analysis::Analysis;
use crate::clock::Clock;
use crate::config::{Config, Problems};
use crate::contract::EventError;
use crate::mqtt::{Publisher, Qos};
use crate::scheduler::Scheduler;

use analyst::{Analyst, AnalystQueue, Known, Note};
use cameras::Cameras;
use clock_watch::{ClockWatch, SharedClockData};
use keeper::Keeper;
use lookers::{LookerCounts, Lookers};
use recorder::{Recorder, RecorderCounts, RecorderQueue, Told};
use report::{Health, Readings};
use sensors::RunningSensors;
use sight::Sight;
use site::{OpenedOutbox, Site};
use watchdog::{Progress, Watchdog};

/// How often `up/health` is published, and at once when a part becomes degraded or well.
const REPORT_EVERY: Duration = Duration::from_secs(10);
/// How often the daemon looks at its parts, and at the clock.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What the outbox and the publisher get to finish.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// What the command line may say beside the configuration.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The list of models.
    pub manifest: Option<PathBuf>,
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
    Reload,
    Stop,
}

/// Runs until SIGTERM or SIGINT. SIGHUP reads the configuration again.
///
/// # Errors
/// Whatever could not be started, in a sentence. Once it runs, nothing ends it but a signal.
pub fn run(config: Config, options: Options) -> Result<(), DaemonError> {
    let clock = Clock::start();
    for warning in &config.warnings {
        warn!(file = %config.path().display(), line = warning.line, column = warning.column, "{}", warning.what);
    }
    let sight = Sight::load(&config, options.manifest.as_deref(), None).map_err(DaemonError::new)?;
    config.check_classes(&sight.classes()).map_err(DaemonError::new)?;
    let control = listen_to_signals()?;
    let clock_data = Arc::new(Mutex::new(machine::clock(clock.now().utc)));
    let site = Site::new(&config, &sight, clock_data.clone())?;

    // From the far end of the flow to the near one: nothing is seen before it can be stored.
    let OpenedOutbox { outbox, trouble: spool_trouble } = site::open_outbox(&config, clock.now().utc)?;
    let (settings, broker) = site::broker(&config)?;
    let embedded = broker.port();
    let bodies = site::bodies(config.sender());
    let (publisher, commands) =
        Publisher::start(settings, bodies, outbox.clone(), clock).map_err(DaemonError::new)?;
    let publisher = Arc::new(publisher);
    let restored = restore::open_alerts(&outbox, clock.now());
    let counts = Arc::new(RecorderCounts::default());
    let tell_open = site::tell_open(publisher.clone(), outbox.clone(), clock);
    let (recorder, recorder_queue) = Recorder::start(
        site.recorder_settings(),
        restored.evidence,
        outbox.clone(),
        Keeper::open(&config),
        clock,
        counts.clone(),
        tell_open,
    )
    .map_err(DaemonError::new)?;
    let mut analysis = Analysis::new(config.site.box_id.clone(), site.plan()).map_err(DaemonError::new)?;
    let told = analysis.restore(restored.revisions, clock.now());
    let known = Arc::new(Known::default());
    let (analyst, analyst_queue) =
        Analyst::start(analysis, told, clock, recorder_queue.clone(), known.clone())
            .map_err(DaemonError::new)?;
    commands::start(commands, analyst_queue.clone(), outbox.clone(), config.sender(), clock)
        .map_err(DaemonError::new)?;
    let scheduler = Arc::new(Scheduler::new());
    let looked = Arc::new(LookerCounts::default());
    let detectors = site.detectors(&sight)?;
    let workers = detectors.len();
    let lookers = Lookers::start(detectors, &scheduler, site.thresholds(), &analyst_queue, &looked)
        .map_err(DaemonError::new)?;
    let mut cameras = Cameras::new(clock, scheduler.clone(), analyst_queue.clone());
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

    let health = Health::new(config.sender(), clock.now());
    let mut clock_watch = ClockWatch::new(clock.now(), clock_data.clone(), outbox.clone());
    let mut report_at = Duration::ZERO;
    let mut running = Running {
        config,
        sight,
        site,
        clock,
        publisher: publisher.clone(),
        recorder: recorder_queue.clone(),
        analyst: analyst_queue.clone(),
        health,
        clock_data,
    };
    running.announce(None);
    let mut watchdog = Watchdog::new(analyst_queue.clone(), outbox.clone(), clock.now().mono);
    watchdog::tell_ready();
    loop {
        match control.recv_timeout(LOOK_EVERY) {
            Ok(Control::Reload) => running.reload(&mut cameras, &mut sensors),
            Ok(Control::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let at = clock.now();
        clock_watch.look(at, &running.health.sender);
        let readings = Readings {
            at,
            cameras: cameras.stats(),
            frames: scheduler.counts(),
            sensors: sensors.stats(),
            known: &known,
            lookers: &looked,
            recorder: &counts,
            depth: outbox.depth(),
            spool_trouble: spool_trouble.as_deref(),
            broker: publisher.status(),
            provider: running.sight.provider(),
            workers,
        };
        watchdog.look(at.mono, progress(&readings, &publisher));
        if at.mono >= report_at || running.health.is_news(&readings) {
            report_at = at.mono + REPORT_EVERY;
            running.report(&readings);
        }
    }

    info!("stopping");
    watchdog::tell_stopping();
    sensors.stop();
    cameras.stop_all();
    scheduler.close();
    lookers.join();
    // Each of these has worked off what was told to it before it ends.
    let _ = analyst_queue.send(Note::Stop);
    analyst.join();
    let _ = recorder_queue.send(Told::Stop);
    recorder.join();
    publisher.stop(STOP_WITHIN);
    if !outbox.close(STOP_WITHIN) {
        warn!(
            "the queue on disk did not close in time; nothing is lost, the next start takes a moment longer"
        );
    }
    broker.stop(STOP_WITHIN);
    info!("stopped");
    Ok(())
}

/// What is needed to report and to take up another configuration.
struct Running {
    config: Config,
    sight: Sight,
    site: Site,
    clock: Clock,
    publisher: Arc<Publisher>,
    recorder: RecorderQueue,
    analyst: AnalystQueue,
    health: Health,
    clock_data: SharedClockData,
}

impl Running {
    /// Birth and configuration, after the start and after every reload.
    fn announce(&self, refused: Option<&Problems>) {
        let at = self.clock.now().utc;
        self.publish("up/meta", report::meta(&self.config, self.sight.meta(), at));
        self.publish("up/config", report::config(&self.config, refused, at));
    }

    fn report(&mut self, readings: &Readings<'_>) {
        match self.health.report(readings) {
            Ok(message) => self.publisher.set_latest("up/health", Qos::AtMostOnce, true, message),
            Err(error) => error!(%error, "the health report could not be written"),
        }
    }

    fn publish(&self, topic: &str, message: Result<Vec<u8>, EventError>) {
        match message {
            Ok(message) => self.publisher.set_latest(topic, Qos::AtLeastOnce, true, message),
            Err(error) => error!(%error, topic, "a message could not be written"),
        }
    }

    /// Takes up the configuration file as it is now. One with a problem changes nothing.
    fn reload(&mut self, cameras: &mut Cameras, sensors: &mut RunningSensors) {
        info!(file = %self.config.path().display(), "reading the configuration again");
        match self.prepare() {
            Ok((config, site)) => self.become_that(config, site, cameras, sensors),
            Err(Refused::Problems(problems)) => {
                error!("the configuration was not taken up, the last good one goes on:\n{problems}");
                self.announce(Some(&problems));
            }
            Err(Refused::Other(reason)) => {
                error!(reason, "the configuration was not taken up, the last good one goes on");
            }
        }
    }

    /// Everything that can fail, before anything changes.
    fn prepare(&self) -> Result<(Config, Site), Refused> {
        let config = Config::load(self.config.path()).map_err(Refused::Problems)?;
        let restart_only = [
            (
                "[site] box or area",
                config.site.box_id != self.config.site.box_id || config.site.area != self.config.site.area,
            ),
            ("[mqtt]", config.mqtt != self.config.mqtt),
            ("[detector]", config.detector != self.config.detector),
            ("[outbox]", config.outbox != self.config.outbox),
        ];
        if let Some((what, _)) = restart_only.iter().find(|(_, changed)| *changed) {
            return Err(Refused::Other(format!("{what} changed, which takes a restart of the daemon")));
        }
        config.check_classes(&self.sight.classes()).map_err(Refused::Problems)?;
        let site = Site::new(&config, &self.sight, self.clock_data.clone())
            .map_err(|error| Refused::Other(error.to_string()))?;
        Ok((config, site))
    }

    fn become_that(
        &mut self,
        config: Config,
        mut site: Site,
        cameras: &mut Cameras,
        sensors: &mut RunningSensors,
    ) {
        site.share_thresholds_of(&self.site);
        // Places and titles before rules, rules before frames: no alert is told with settings it does not have.
        let _ = self.recorder.send(Told::Settings(Box::new(site.recorder_settings())));
        let _ = self.analyst.send(Note::Reconfigure(Box::new(site.plan())));
        for (camera, error) in cameras.become_those(site.wanted_cameras()) {
            error!(%camera, %error, "the camera could not be started");
        }
        sensors.become_those(&config.sensors);
        info!(
            cameras = config.cameras.len(),
            sensors = config.sensors.list.len(),
            rules = config.rules.len(),
            sha256 = config.sha256,
            "took up the configuration"
        );
        self.config = config;
        self.site = site;
        self.announce(None);
    }
}

/// What the watchdog looks at.
fn progress(seen: &Readings<'_>, publisher: &Publisher) -> Progress {
    let looked = seen.lookers.looked.load(Ordering::Relaxed) + seen.lookers.failed.load(Ordering::Relaxed);
    Progress {
        mqtt: publisher.beats(),
        looked,
        overtaken: seen.frames.iter().map(|(_, counts)| counts.replaced).sum(),
        cameras: seen.cameras.iter().map(|(_, stats)| stats.frames + stats.reconnects).sum(),
        wanted_cameras: seen.cameras.len(),
    }
}

/// Why a configuration was not taken up.
enum Refused {
    Problems(Problems),
    Other(String),
}

/// Signals become notes for the main thread.
fn listen_to_signals() -> Result<Receiver<Control>, DaemonError> {
    let (notes, control) = channel();
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
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || runtime.block_on(listen))
        .map_err(DaemonError::new)?;
    Ok(control)
}
