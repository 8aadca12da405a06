//! The child process: its program, its configuration, its start and end.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, getpid, getppid, kill_process, set_parent_process_death_signal};

use super::EmbeddedError;
use crate::text::{Sentence, broker as say, log_warn};

/// Names the program where it is not in one of the usual places.
const ENVIRONMENT: &str = "LOOKOUT_MOSQUITTO";
/// Where Debian and others put it; often not in a user's `PATH`.
const USUAL_PLACES: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/usr/bin"];
/// Its configuration, in its folder.
const CONFIGURATION: &str = "mosquitto.conf";
/// What it keeps, in its folder.
const DATABASE: &str = "mosquitto.db";
const DAMAGED: &str = "mosquitto.db.damaged";
/// Last words that are remembered.
const LINES: usize = 4;
/// Between two looks whether it has ended.
const END_LOOK: Duration = Duration::from_millis(5);

/// What happens to the supervisor.
#[derive(Debug)]
pub(super) enum Event {
    /// The child with this number wrote a line.
    Line(u64, String),
    /// The child with this number closed its output: it ended.
    Ended(u64),
    /// End it.
    Stop,
}

/// The path of the program.
///
/// # Errors
/// [`EmbeddedError::Missing`].
pub fn installed() -> Result<PathBuf, EmbeddedError> {
    if let Some(named) = std::env::var_os(ENVIRONMENT) {
        let path = PathBuf::from(named);
        return if path.is_file() { Ok(path) } else { Err(EmbeddedError::Missing) };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(USUAL_PLACES.map(PathBuf::from));
    let found = folders.map(|folder| folder.join("mosquitto")).find(|path| path.is_file());
    found.ok_or(EmbeddedError::Missing)
}

/// Makes the folder where it is missing, and writes the configuration. Returns the configuration's path.
pub(super) fn write_configuration(folder: &Path, port: u16) -> io::Result<PathBuf> {
    // What it keeps are alerts.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let path = folder.join(CONFIGURATION);
    let wanted = configuration(folder, port);
    if fs::read(&path).is_ok_and(|there| there == wanted.as_bytes()) {
        return Ok(path);
    }
    // In whole or not at all: a full disk must not leave one without the line that keeps it on this machine.
    let new = folder.join("mosquitto.conf.new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(wanted.as_bytes())?;
    fs::rename(&new, &path)?;
    Ok(path)
}

/// Understood by mosquitto 2.0 and later.
fn configuration(folder: &Path, port: u16) -> String {
    format!(
        "# Written by lookout at every start; what is changed here is lost.\n\
         listener {port} 127.0.0.1\n\
         allow_anonymous true\n\
         # Started by root it would become another user, who may not read this folder, and would outlive the daemon:\n\
         # the kernel forgets whose death ends it. Otherwise this line means nothing.\n\
         user root\n\
         # Retained messages and waiting subscribers survive a restart; what was acknowledged in the last half minute\n\
         # does not survive a power cut.\n\
         persistence true\n\
         persistence_location {}/\n\
         autosave_interval 30\n\
         persistent_client_expiration 14d\n\
         # Largest message: a picture and then some. What waits for one subscriber, and how many there may be.\n\
         max_packet_size 1048576\n\
         max_queued_bytes 67108864\n\
         max_connections 200\n\
         set_tcp_nodelay true\n\
         sys_interval 0\n\
         connection_messages false\n\
         log_dest stderr\n\
         log_type error\n\
         log_type warning\n\
         log_timestamp false\n",
        folder.display()
    )
}

/// Moves what it kept out of its way.
pub(super) fn put_database_aside(folder: &Path) -> io::Result<PathBuf> {
    let aside = folder.join(DAMAGED);
    fs::rename(folder.join(DATABASE), &aside)?;
    Ok(aside)
}

/// Ends a broker that serves with this configuration already: an earlier daemon's, which died without taking it along.
pub(super) fn end_left_behind(configuration: &Path) {
    for pid in serving_with(configuration) {
        log_warn!(say::left_behind(); pid = pid.as_raw_nonzero().get());
        // It may end by itself just now.
        let _ = kill_process(pid, Signal::TERM);
        let until = Instant::now() + Duration::from_secs(2);
        while serving_with(configuration).contains(&pid) {
            if Instant::now() >= until {
                let _ = kill_process(pid, Signal::KILL);
                break;
            }
            std::thread::park_timeout(END_LOOK);
        }
    }
}

/// The processes whose command line is the one that [`Mosquitto::start`] gives.
fn serving_with(configuration: &Path) -> Vec<Pid> {
    let wanted = [OsStr::new("-c"), configuration.as_os_str()];
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let mut found = Vec::new();
    for entry in processes.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw)
        else {
            continue;
        };
        // Not ours to read, or gone.
        let Ok(line) = fs::read(entry.path().join("cmdline")) else { continue };
        let mut words = line.strip_suffix(b"\0").unwrap_or(&line).split(|byte| *byte == 0);
        let is_mosquitto = words.next().is_some_and(|program| {
            Path::new(OsStr::from_bytes(program)).file_name() == Some(OsStr::new("mosquitto"))
        });
        if is_mosquitto && words.eq(wanted.map(OsStr::as_bytes)) {
            found.push(pid);
        }
    }
    found
}

/// A running child.
pub(super) struct Mosquitto {
    child: Child,
    last_lines: Arc<Mutex<VecDeque<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Mosquitto {
    /// Starts it; it ends when the calling thread does.
    pub(super) fn start(
        program: &Path,
        configuration: &Path,
        number: u64,
        events: Sender<Event>,
    ) -> io::Result<Self> {
        let parent = getpid();
        let mut command = Command::new(program);
        command.arg("-c").arg(configuration);
        // It must not speak to systemd in our name, and needs nothing else.
        command.env_clear();
        // Ctrl-C in a terminal is for the daemon, which ends it in order.
        command.process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let die_with_parent = move || -> io::Result<()> {
            set_parent_process_death_signal(Some(Signal::TERM))?;
            // The parent may have died before.
            if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
        };
        // SAFETY: between fork and exec only two system calls are made, and nothing is allocated.
        unsafe { command.pre_exec(die_with_parent) };
        let mut child = command.spawn()?;
        let last_lines: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let reader = child.stderr.take().map(|stderr| {
            let lines = last_lines.clone();
            let read = move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    let mut lines = lines.lock();
                    if lines.len() == LINES {
                        lines.pop_front();
                    }
                    lines.push_back(line.clone());
                    drop(lines);
                    let _ = events.send(Event::Line(number, line));
                }
                let _ = events.send(Event::Ended(number));
            };
            std::thread::Builder::new().name("mqtt-broker-log".to_owned()).spawn(read)
        });
        let mut started = Mosquitto { child, last_lines, reader: None };
        match reader.transpose() {
            Ok(reader) => started.reader = reader,
            Err(error) => {
                started.end(Duration::ZERO);
                return Err(error);
            }
        }
        Ok(started)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// After [`Event::Ended`]: how, and its last words, which are in it, too.
    pub(crate) fn how_it_ended(&mut self) -> (Sentence, String) {
        let how = match self.child.wait() {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => say::exited(code.to_string()),
                (None, Some(signal)) => say::killed(signal.to_string()),
                (None, None) => say::ended(status.to_string()),
            },
            Err(error) => say::ended(error.to_string()),
        };
        let lines = self.last_lines.lock();
        // What it says at every start, and what is meant.
        let words = lines.iter().filter(|line| !line.contains("should not be run as root"));
        let words: Vec<&str> = words.map(|line| line.trim()).collect();
        let words = words.join(" / ");
        if words.is_empty() { (how, words) } else { (say::last_words(how, &words), words) }
    }

    /// Asks it to end, and makes it after so long.
    pub(super) fn end(&mut self, within: Duration) {
        let until = Instant::now() + within;
        if !within.is_zero() && matches!(self.child.try_wait(), Ok(None)) {
            // It may end by itself just now.
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        }
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() >= until {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break;
            }
            std::thread::park_timeout(END_LOOK);
        }
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}
