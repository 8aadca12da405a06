//! The wiring: start in order, supervise, stop in the opposite order.
//!
//! ```text
//!  cameras ─► scheduler ─► inference workers ─► analysis thread ─► alert writer ─► outbox ─► publisher ─► broker
//!  sensors ──────────────────────────────────────►   ▲                                           │
//!                                                    └──────────────── commands ◄────────────────┘
//! ```
//!
//! Each part is a thread (or a few) with a bounded queue in front; what is full makes the one before wait,
//! down to the mailboxes, where frames are dropped and counted. [`run`] reads from top to bottom: the stages (`stages`) start
//! from the outbox to the cameras and stop the way of the frames, so that everything seen before the stop is stored. Must
//! never hold logic of a part.

mod analysis_thread;
pub(crate) mod box_key;
mod cameras;
pub(crate) mod clock_watch;
mod coverage;
pub(crate) mod crash_loop;
mod descriptors;
pub(crate) mod failed_start;
mod file_watch;
mod former_name;
mod furniture;
mod journal;
pub(crate) mod known_models;
mod last_known_good;
mod live_view;
#[cfg(feature = "demo")]
pub(crate) mod load_test;
pub(crate) mod loaded_models;
mod machine;
mod meta;
mod metrics;
#[cfg(feature = "web")]
mod page;
#[cfg(not(feature = "web"))]
#[path = "no_page.rs"]
mod page;
mod part_reports;
mod privacy;
mod quality_report;
mod report;
mod running;
pub(crate) mod sensors;
mod sent_history;
mod shadow;
mod stages;
mod watchdog;
mod wiring;

use std::fmt;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::analysis::rules::UnknownName;
use crate::clock::{Clock, log_in_zone};
use crate::config::{Config, Problems};
use crate::control::command_thread::MainCommand;
use crate::lifeline::{self, Doing, Lifeline};
use crate::metrics::Metrics;
use crate::text::{Sentence, box_log, language_of_log, log_error, log_info, log_speaks};
use crate::types::language::Language;

pub(crate) use live_view::seen;
pub(crate) use wiring::picture_shape;

use crash_loop::ShortRuns;
use file_watch::SecretFiles;
use live_view::ViewStage;
use page::PageStage;
use running::Running;
use stages::{
    AlertStage, AnalysisStage, CommandStage, Context, FramePath, InferenceStage, LoadedSite, Stages, Storage,
};

pub(crate) use last_known_good::configuration as stored_configuration;

/// How often the daemon looks at its parts, and at the clock.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long whoever asked for a restart has to be told of it.
const RESTARTS_AFTER: Duration = Duration::from_secs(2);
/// Folder within the outbox's for what the command centre asked for: the audit log, requests, a configuration.
const CONTROL_DIR: &str = "control";

/// The folder for the requests of the command centre.
pub(crate) fn control_dir(config: &Config) -> PathBuf {
    config.outbox.dir.join(CONTROL_DIR)
}

/// What the command line may say beside the configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// The list of models.
    pub manifest: Option<PathBuf>,
    /// What is wrong with the file on the box, where what runs is what the command centre sent before.
    pub broken_file: Option<Problems>,
    /// Runs before this one that ended by themselves.
    pub short_runs: Option<ShortRuns>,
    /// Whether the memory of the daemon, passwords and all, may be written into a core file and read by a debugger.
    pub may_be_dumped: bool,
    /// The language of the log, where it is not to be the site's.
    pub language: Option<Language>,
}

/// Why the daemon could not start, as people read it.
#[derive(Debug)]
pub(crate) struct DaemonError {
    english: String,
    chinese: String,
    /// Whether a file has to be mended: the configuration, the list of models, a model, or the library that runs them.
    pub(crate) is_to_mend: bool,
}

impl DaemonError {
    fn new(error: impl fmt::Display) -> Self {
        DaemonError::localized(|_| error.to_string())
    }

    /// A sentence of the catalogue.
    fn of_sentence(what: &Sentence) -> Self {
        DaemonError::localized(|language| what.in_language(language))
    }

    /// A rule that names what is not there.
    fn unknown_name(error: &UnknownName) -> Self {
        DaemonError::localized(|language| error.sentence().with_hint(Some(&error.hint()), language))
            .mendable()
    }

    /// The same of what lies in a file that somebody has to mend.
    fn mendable(self) -> Self {
        DaemonError { is_to_mend: true, ..self }
    }

    /// Makes the error from a message in any language.
    fn localized(in_language: impl Fn(Language) -> String) -> Self {
        let (english, chinese) = (in_language(Language::English), in_language(Language::Chinese));
        DaemonError { english, chinese, is_to_mend: false }
    }

    /// The text, with what to try.
    pub(crate) fn in_language(&self, language: Language) -> &str {
        match language {
            Language::English => &self.english,
            Language::Chinese => &self.chinese,
        }
    }
}

/// In the language of the log.
impl fmt::Display for DaemonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.in_language(language_of_log()))
    }
}

impl std::error::Error for DaemonError {}

/// What the daemon is asked from outside while it runs.
enum Control {
    /// By SIGHUP.
    Reload,
    /// The configuration file is another one.
    FileChanged,
    /// A secret file or certificate that the configuration names is another one.
    SecretsChanged,
    Stop,
    /// By somebody at the page, who wrote what takes a restart.
    #[cfg_attr(not(feature = "web"), allow(dead_code, reason = "only the page asks for it"))]
    Restart,
    /// A command that is not about an alert.
    Command(Box<MainCommand>),
}

/// Why the daemon ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stop,
    Restart,
}

/// Runs until SIGTERM or SIGINT. SIGHUP reads the configuration again.
///
/// # Errors
/// Whatever could not be started, in a sentence. Once it runs, nothing ends it but a signal.
pub(crate) fn run(file: Config, options: Options) -> Result<(), DaemonError> {
    log_for(&file, options.language);
    let lifeline = prepare_process(&file, options.may_be_dumped)?;
    let clock = Clock::start();
    let (notes, control) = channel();

    // From the far end of the flow to the near one: nothing is seen before it can be stored.
    let mut storage = Storage::start(&file, clock)?;
    let beginning = running::begin(&file, options.broken_file.is_some(), &storage.control_dir, clock);
    let config = &beginning.config;
    log_for(config, options.language);
    storage.set_limits(config);
    // Early: it comes up while the models are loaded.
    let broker = wiring::start_broker(config, &storage.broker_dir)?;
    let loaded = LoadedSite::load(&beginning, options.manifest.as_deref(), clock)?;
    let context = Context { config, loaded: &loaded, clock };
    let secret_files = listen(&file, &notes)?;
    let (queue, queued) = analysis_thread::queue();
    let restarts = notes.clone();
    let (commands, inbox) = CommandStage::start(context, &storage, queue.clone(), notes)?;
    let desk = inbox.desk();
    let publisher = stages::start_publisher(context, &storage, &broker, &commands, inbox)?;
    let frames = FramePath::new(&loaded.site, clock);
    let (alerts, open) = AlertStage::start(context, &storage, &publisher, &frames)?;
    let analysis = AnalysisStage::start(context, &storage, open, (queue.clone(), queued), &alerts, &frames)?;
    let inference = InferenceStage::start(context, &frames, queue.clone())?;
    let cameras = stages::start_cameras(context, &frames, queue.clone());
    let sensors = stages::start_sensors(context, &broker, queue);
    // Last: nothing else waits for them.
    let views = ViewStage::start(context, &frames, options.manifest.clone())?;
    let viewer = views.views.viewer();
    let manifest = options.manifest.clone();
    let page = PageStage::start(context, &storage, &commands, desk, viewer, restarts, manifest);
    let metrics = Metrics::start(config.metrics.as_ref(), machine::process);
    let stages = Stages {
        storage,
        broker,
        commands,
        publisher,
        alerts,
        analysis,
        inference,
        cameras,
        sensors,
        views,
        page,
        metrics,
    };

    let mut running = Running::new(file, &options, beginning, loaded, secret_files, stages, clock);
    running.announce_start(options.broken_file.as_ref());
    let end = serve(&mut running, &control, &lifeline);

    log_info!(box_log::stopping());
    crash_loop::forget();
    lifeline.beat(Doing::Stopping);
    watchdog::notify_stopping();
    running.into_stages().stop();
    log_info!(box_log::stopped());
    match end {
        End::Stop => {}
        End::Restart => start_anew(),
    }
    Ok(())
}

/// The log is for the people of the site: in their language, unless another one was asked for, and by their clocks.
fn log_for(config: &Config, asked: Option<Language>) {
    log_speaks(asked.unwrap_or(config.site.language));
    log_in_zone(&config.site.time_zone);
}

/// In place of this process; systemd, which was reported that it stops, starts it by itself.
fn start_anew() {
    if std::env::var_os("NOTIFY_SOCKET").is_some() {
        return;
    }
    let error = match std::env::current_exe() {
        Ok(program) => Command::new(program).args(std::env::args_os().skip(1)).exec(),
        Err(error) => error,
    };
    log_error!(box_log::not_started_anew(); %error);
}

/// What the process needs before anything else: private memory, enough files, and somebody who ends it where it hangs.
fn prepare_process(file: &Config, may_be_dumped: bool) -> Result<Lifeline, DaemonError> {
    if !may_be_dumped {
        privacy::keep_memory_private();
    }
    descriptors::make_room(file.cameras.len(), file.sensors.list.len())
        .map_err(|error| DaemonError::localized(|language| error.in_language(language)))?;
    Lifeline::start().map_err(DaemonError::new)
}

/// Signals, and changes of the file and of the secrets that it names, become notes for the main thread.
fn listen(file: &Config, notes: &Sender<Control>) -> Result<SecretFiles, DaemonError> {
    listen_to_signals(notes.clone())?;
    let secret_files = SecretFiles::default();
    file_watch::start(file.path().to_owned(), secret_files.clone(), notes.clone())
        .map_err(DaemonError::new)?;
    Ok(secret_files)
}

/// The main loop: handles messages, reports, and checks the trial, until it is told to stop.
fn serve(running: &mut Running, control: &Receiver<Control>, lifeline: &Lifeline) -> End {
    let mut next_look = running.clock.now().mono;
    let mut restarts_at: Option<Duration> = None;
    loop {
        lifeline.beat(Doing::Running);
        let now = running.clock.now().mono;
        if restarts_at.is_some_and(|at| now >= at) {
            return End::Restart;
        }
        if now >= next_look {
            running.look();
            next_look = now + LOOK_EVERY;
        }
        let wake = running.trial_ends.map_or(next_look, |ends| ends.min(next_look));
        match control.recv_timeout(wake.saturating_sub(now)) {
            Ok(Control::Reload) => running.reload(true),
            // The next start reads it.
            Ok(Control::FileChanged) if restarts_at.is_some() => {}
            Ok(Control::FileChanged) => running.reload(false),
            Ok(Control::SecretsChanged) => running.renew_secrets(),
            Ok(Control::Command(command)) => command.carry_out(running),
            Ok(Control::Restart) => {
                log_info!(box_log::starts_anew());
                restarts_at = Some(now + RESTARTS_AFTER);
            }
            Ok(Control::Stop) | Err(RecvTimeoutError::Disconnected) => return End::Stop,
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
