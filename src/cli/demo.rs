//! `lookout demo`: a clip as a camera, the real daemon on it, and a small command centre that acknowledges.
//!
//! Three processes, as in the field: this one plays the clip through an RTSP server on the loopback address,
//! `lookout run` watches it with its own broker (mosquitto), `lookout tail` shows and acknowledges.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use toml::{Table, Value};

use crate::input_file;
use crate::mqtt::embedded;
use crate::text::{Sentence, argument, demo as say, foreign};
use crate::video::{Auth, Mount, Play, RtspServer};

use super::{Failure, language, line_of, named_path, stop};

/// The ports in the demo's configurations; others are taken where these are busy.
const RTSP_PORT: u16 = 8554;
const BROKER_PORT: u16 = 1883;
/// What the daemon gets to load the model and open its broker.
const START_WITHIN: Duration = Duration::from_secs(60);
/// What it gets to stop in order.
const STOP_WITHIN: Duration = Duration::from_secs(20);
/// How often the children are looked after.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LABEL_COLUMNS: usize = 9;
/// How much of the daemon's log is shown when something went wrong.
const LOG_TAIL_BYTES: u64 = 4000;

/// What runs on the bundled clip, whose zones are drawn for it.
const LANE_CONFIG: &str = include_str!("../../config/demo-lane.toml");
/// What runs on any other clip.
const ANY_CONFIG: &str = include_str!("../../config/demo.toml");
/// Where the bundled clip stands, from the repository's root or from the installed data.
const LANE_CLIP: &str = "tests/scenes/lane-day.mp4";

/// Arguments of `lookout demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The clip to play: mp4, mkv or avi [default: the bundled lane-day.mp4]
    #[arg(long, value_name = "FILE")]
    video: Option<PathBuf>,
    /// The model to use [default: the configuration's]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// The model manifest, or its folder [default: the configuration's, else LOOKOUT_MODELS, models/, beside the program,
    /// /usr/share/lookout/models]
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The configuration; its first camera gets the clip [default: a bundled one that fits the clip]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How many seconds it runs [default: until Ctrl-C]
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
}

/// Runs it.
///
/// # Errors
/// A part that does not start, and, at the end, if no alert was published and acknowledged.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let clip = clip(args.video.as_deref())?;
    embedded::installed().map_err(|error| Failure::tried(error.sentence()).hint_if(error.hint()))?;
    let stop = stop::when_asked(say::no_signals, say::no_thread)?;
    let folder = DemoFolder::make()?;
    let (rtsp_port, broker_port) = (free_port(RTSP_PORT)?, free_port(BROKER_PORT)?);
    let mount = Mount {
        path: "/demo".to_owned(),
        play: Play::File { path: clip.clone(), repeat: true, from: 0.0 },
        auth: Auth::None,
    };
    let _server = RtspServer::start(rtsp_port, vec![mount])
        .map_err(|error| Failure::tried(say::server_not_started(error.sentence())))?;
    let text = config_text(&args)?;
    let config = folder.path.join("lookout.toml");
    let url = format!("rtsp://127.0.0.1:{rtsp_port}/demo");
    let text = adapted(&text, &url, broker_port, &folder.path, args.model.as_deref())?;
    fs::write(&config, text).map_err(|error| named_path::unwritable(&config, &error))?;

    let language = language::of_this_run();
    let show = |label: Sentence, value: String| {
        say!("{} {value}", language::padded(&label.in_language(language), LABEL_COLUMNS));
    };
    let broker = format!("127.0.0.1:{broker_port}   (mosquitto_sub -p {broker_port} -t 'lookout/#' -v)");
    show(say::label_clip(), clip.display().to_string());
    show(say::label_camera(), url);
    show(say::label_broker(), broker);
    show(say::label_config(), config.display().to_string());
    show(say::label_log(), folder.log().display().to_string());
    show(say::label_evidence(), format!("{}\n", folder.path.join("evidence").display()));

    let mut daemon = start_daemon(&config, args.manifest.as_deref(), &folder)?;
    wait_for_broker(&mut daemon, broker_port, &folder, &stop)?;
    let mut centre = start_centre(broker_port, args.seconds)?;
    let outcome = look_after(&mut daemon, &mut centre, &stop, &folder);
    stop_child(&mut centre, Signal::INT);
    stop_child(&mut daemon, Signal::TERM);
    outcome
}

/// The clip to play, as an absolute path.
fn clip(wanted: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = wanted {
        let what = say::the_clip(path.display());
        named_path::need(what.clone(), path)?;
        return fs::canonicalize(path).map_err(|error| named_path::unreadable(what, path, &error));
    }
    let beside_program = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned));
    let folders = [Some(PathBuf::from(".")), beside_program, Some(PathBuf::from("/usr/share/lookout"))];
    let found =
        folders.into_iter().flatten().map(|folder| folder.join(LANE_CLIP)).find(|path| path.is_file());
    found
        .and_then(|path| fs::canonicalize(path).ok())
        .ok_or_else(|| Failure::refused(say::no_bundled_clip(LANE_CLIP)).hint(say::try_root_or_video()))
}

fn config_text(args: &Args) -> Result<String, Failure> {
    match &args.config {
        Some(path) => {
            let what = argument::the_configuration(path.display());
            input_file::read_text(path).map_err(|error| named_path::unreadable(what, path, &error))
        }
        None if args.video.is_some() => Ok(ANY_CONFIG.to_owned()),
        None => Ok(LANE_CONFIG.to_owned()),
    }
}

/// The configuration with this run's camera, ports, folders and model in place of those written in it.
fn adapted(
    text: &str,
    url: &str,
    broker_port: u16,
    folder: &Path,
    model: Option<&str>,
) -> Result<String, Failure> {
    let wrong = |why: Sentence| Failure::refused(say::configuration_wrong(why));
    let no_toml = |error: toml::de::Error| wrong(say::in_line(line_of(text, &error), error.message()));
    let mut document: Table = text.parse().map_err(no_toml)?;
    let first =
        document.get_mut("camera").and_then(Value::as_array_mut).and_then(|cameras| cameras.first_mut());
    let camera = first.and_then(Value::as_table_mut).ok_or_else(|| wrong(say::no_camera()))?;
    for key in ["file", "user", "secret"] {
        camera.remove(key);
    }
    camera.insert("url".to_owned(), Value::from(url));
    document.remove("mqtt");
    set(&mut document, "mqtt", "embedded_port", Value::from(i64::from(broker_port)));
    set(&mut document, "outbox", "dir", Value::from(folder.join("outbox").display().to_string()));
    set(&mut document, "evidence", "dir", Value::from(folder.join("evidence").display().to_string()));
    if let Some(model) = model {
        set(&mut document, "detector", "model", Value::from(model));
    }
    toml::to_string(&document).map_err(|error| wrong(foreign::words(error.to_string())))
}

fn set(document: &mut Table, section: &str, key: &str, value: Value) {
    let section = document.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Some(section) = section.as_table_mut() {
        section.insert(key.to_owned(), value);
    }
}

/// The wanted port if nobody has it, otherwise any free one.
fn free_port(wanted: u16) -> Result<u16, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", wanted)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)));
    let address = listener.and_then(|listener| listener.local_addr());
    address.map(|address| address.port()).map_err(|error| Failure::tried(say::no_port(error.to_string())))
}

fn start_daemon(config: &Path, manifest: Option<&Path>, folder: &DemoFolder) -> Result<Child, Failure> {
    let log = File::create(folder.log()).map_err(|error| Failure::tried(say::no_log(error.to_string())))?;
    let mut command = this_program()?;
    command.args(["run", "--config"]).arg(config);
    if let Some(manifest) = manifest {
        command.arg("--manifest").arg(manifest);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().map_err(|error| Failure::tried(say::daemon_not_started(error.to_string())))
}

fn start_centre(broker_port: u16, seconds: Option<u64>) -> Result<Child, Failure> {
    let mut command = this_program()?;
    command.args(["tail", "--ack-as", "demo-desk", "--url", &format!("mqtt://127.0.0.1:{broker_port}")]);
    if let Some(seconds) = seconds {
        command.args(["--seconds", &seconds.to_string()]);
    }
    command.stdin(Stdio::null());
    command.spawn().map_err(|error| Failure::tried(say::tail_not_started(error.to_string())))
}

fn this_program() -> Result<Command, Failure> {
    let path =
        std::env::current_exe().map_err(|error| Failure::tried(say::program_unknown(error.to_string())))?;
    let mut command = Command::new(path);
    if let Some(language) = language::asked() {
        command.args(["--language", language.tag()]);
    }
    Ok(command)
}

fn wait_for_broker(
    daemon: &mut Child,
    port: u16,
    folder: &DemoFolder,
    stop: &AtomicBool,
) -> Result<(), Failure> {
    let deadline = Instant::now() + START_WITHIN;
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if let Ok(Some(status)) = daemon.try_wait() {
            return Err(daemon_ended(status, folder));
        }
        if Instant::now() > deadline || stop.load(Ordering::Relaxed) {
            stop_child(daemon, Signal::TERM);
            return Err(Failure::tried(say::no_broker(START_WITHIN.as_secs(), folder.log_tail())));
        }
        std::thread::park_timeout(LOOK_EVERY);
    }
    Ok(())
}

fn daemon_ended(status: ExitStatus, folder: &DemoFolder) -> Failure {
    Failure::tried(say::daemon_ended(status.to_string(), folder.log_tail()))
}

/// Until the centre has seen enough, the daemon dies, or somebody presses Ctrl-C.
fn look_after(
    daemon: &mut Child,
    centre: &mut Child,
    stop: &AtomicBool,
    folder: &DemoFolder,
) -> Result<(), Failure> {
    let nothing = || Failure::tried(say::nothing_acknowledged()).hint(say::try_log(folder.log_tail()));
    loop {
        if let Ok(Some(status)) = daemon.try_wait() {
            return Err(daemon_ended(status, folder));
        }
        if let Ok(Some(status)) = centre.try_wait() {
            return if status.success() { Ok(()) } else { Err(nothing()) };
        }
        if stop.load(Ordering::Relaxed) {
            // Ctrl-C reached the centre too; it says by its exit code what it saw.
            let status = stop_child(centre, Signal::INT);
            return if status { Ok(()) } else { Err(nothing()) };
        }
        std::thread::park_timeout(LOOK_EVERY);
    }
}

/// Asks a child to stop, then makes it; true if it ended well.
fn stop_child(child: &mut Child, how: Signal) -> bool {
    if let Ok(Some(status)) = child.try_wait() {
        return status.success();
    }
    // It may end by itself just now; then there is nobody to signal.
    let _ = kill_process(Pid::from_child(child), how);
    let deadline = Instant::now() + STOP_WITHIN;
    while Instant::now() < deadline {
        if let Ok(Some(status)) = child.try_wait() {
            return status.success();
        }
        std::thread::park_timeout(LOOK_EVERY);
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// A folder of this run: configuration, queue, evidence, log. Kept afterwards, for looking at.
struct DemoFolder {
    path: PathBuf,
}

impl DemoFolder {
    fn make() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("lookout-demo-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(|error| named_path::folder_not_made(&path, &error))?;
        Ok(DemoFolder { path })
    }

    fn log(&self) -> PathBuf {
        self.path.join("daemon.log")
    }

    /// The last lines of the daemon's log.
    fn log_tail(&self) -> String {
        let read = || -> io::Result<String> {
            let mut file = File::open(self.log())?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL_BYTES)))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        read().unwrap_or_else(|error| say::log_unread(error.to_string()).in_language(language::of_this_run()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Language;

    #[test]
    fn a_configuration_that_is_no_toml_is_not_quoted() {
        let text = "[site]\nbox = \"b\"\nsecret = hunter2\n";
        for (language, line) in [(Language::English, "line 3: "), (Language::Chinese, "第 3 行")] {
            let failure = adapted(text, "rtsp://127.0.0.1/demo", 1883, Path::new("."), None).unwrap_err();
            let message = failure.in_language(language).message;
            assert!(message.contains(line) && !message.contains("hunter2"), "{message}");
        }
    }
}
