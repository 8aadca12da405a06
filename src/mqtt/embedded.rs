//! The broker of a box that has no command centre's: Debian's `mosquitto` as a supervised child process, on the
//! loopback address only, with a configuration and a state folder of its own.
//!
//! A thread starts it and stays with it: the kernel ends the child when this thread ends (`PR_SET_PDEATHSIG` goes by
//! thread), so it dies with the daemon even when that is killed. One that was left behind all the same is found by its
//! command line and ended. A child that ends is started again with growing waits, and said once. One that hangs is
//! found by asking it for a connection, and replaced.
//!
//! Where another broker has the port already (Debian's own service, a zigbee2mqtt installation's), that one is used and
//! watched; where it is something else, this is said and tried again. Nobody waits for any of this: alerts are in the
//! outbox until a broker takes them.
//!
//! Must never listen on anything but 127.0.0.1: it asks nobody for a password.

mod child;
mod probe;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tracing::debug;

use crate::text::{Sentence, broker as say, language_of_log, log_error, log_info, log_warn};
use crate::threads::join_until;
use crate::types::language::Language;
use child::{Event, Mosquitto};
use probe::Answer;

pub use child::installed;

/// The port MQTT clients try first.
pub(crate) const DEFAULT_PORT: u16 = 1883;

/// Why the embedded broker does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmbeddedError {
    /// The program is not here.
    Missing,
    /// Another program has the port and is no usable broker.
    InUse {
        /// Which.
        port: u16,
        /// What it answered.
        who: Sentence,
    },
    /// The port cannot be had for another reason.
    Listen {
        /// Which.
        port: u16,
        /// Why.
        why: String,
    },
    /// Its folder or its configuration cannot be written.
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        why: String,
    },
    /// It ended, or never listened.
    Ended {
        /// Which port it has.
        port: u16,
        /// How, with its last words.
        how: Sentence,
    },
}

impl EmbeddedError {
    /// What is wrong.
    pub fn sentence(&self) -> Sentence {
        match self {
            EmbeddedError::Missing => say::missing(),
            EmbeddedError::InUse { port, who } => say::port_in_use(*port, who.clone()),
            EmbeddedError::Listen { port, why } => say::cannot_listen(*port, why),
            EmbeddedError::Folder { folder, why } => say::folder(folder.display(), why),
            EmbeddedError::Ended { port, how } => say::child(*port, how.clone()),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<Sentence> {
        match self {
            EmbeddedError::Missing => Some(say::try_installing()),
            EmbeddedError::InUse { .. } => Some(say::try_other_port()),
            EmbeddedError::Listen { .. } => Some(say::try_higher_port()),
            EmbeddedError::Folder { .. } => Some(say::try_writable_folder()),
            EmbeddedError::Ended { .. } => None,
        }
    }
}

/// In English.
impl fmt::Display for EmbeddedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence().with_hint(self.hint().as_ref(), Language::English))
    }
}

impl std::error::Error for EmbeddedError {}

/// How it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Not there yet.
    Starting,
    /// Our child serves.
    Running {
        /// Its process.
        pid: u32,
    },
    /// Another broker had the port, and is used.
    Another,
    /// No broker runs; it is tried again.
    Down(EmbeddedError),
}

/// Times; shortened by tests.
#[derive(Debug, Clone)]
pub struct Timing {
    /// How often the broker is asked whether it still answers.
    pub probe_every: Duration,
    /// How long it may take to answer. A guess for a machine whose cores are all busy; it is replaced after
    /// three failures in a row.
    pub probe_within: Duration,
    /// The wait after the first failure; doubles.
    pub wait_first: Duration,
    /// No wait is longer.
    pub wait_most: Duration,
    /// One that ran so long has proved itself: the waits begin anew.
    pub proved: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            probe_every: Duration::from_secs(30),
            probe_within: Duration::from_secs(10),
            wait_first: Duration::from_millis(250),
            wait_most: Duration::from_secs(30),
            proved: Duration::from_secs(60),
        }
    }
}

/// A child that has not opened its port by then is replaced; measured: 20 ms, beside busy loops 200 ms.
const READY_WITHIN: Duration = Duration::from_secs(15);
/// Between two looks whether it listens.
const READY_LOOK: Duration = Duration::from_millis(5);
/// Between two looks whether another broker, which is used, has gone.
const STAND_BY_LOOK: Duration = Duration::from_secs(2);
/// Unanswered questions in a row before it is replaced.
const UNANSWERED: u32 = 3;
/// What stays wrong is said again after so long.
const SAY_AGAIN: Duration = Duration::from_secs(3600);
/// What an orderly end may take: it writes its state.
const END_WITHIN: Duration = Duration::from_secs(5);

/// The supervised broker. Dropping it ends the child, without waiting.
#[derive(Debug)]
pub struct Embedded {
    port: u16,
    condition: Arc<Cell>,
    events: Sender<Event>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Cell {
    condition: Mutex<Condition>,
    changed: Condvar,
}

impl Cell {
    fn set(&self, condition: Condition) {
        *self.condition.lock() = condition;
        self.changed.notify_all();
    }
}

impl Embedded {
    /// Begins to serve on `127.0.0.1:port`, any free port for 0, with its state in `folder`, which must be this
    /// daemon's alone. Does not wait: see [`Embedded::wait_until_ready`].
    ///
    /// # Errors
    /// No free port, or no thread can be started.
    pub fn start(port: u16, folder: &Path) -> io::Result<Self> {
        Self::start_with(port, folder, Timing::default())
    }

    /// The same with other times.
    ///
    /// # Errors
    /// As above.
    pub fn start_with(port: u16, folder: &Path, timing: Timing) -> io::Result<Self> {
        let port = if port == 0 { free_port()? } else { port };
        // Its command line is how a child that was left behind is known.
        let folder = std::path::absolute(folder)?;
        let condition =
            Arc::new(Cell { condition: Mutex::new(Condition::Starting), changed: Condvar::new() });
        let (events, received) = channel();
        let supervisor = Supervisor {
            port,
            folder,
            timing,
            condition: condition.clone(),
            to_me: events.clone(),
            events: received,
            children: 0,
            reported: None,
        };
        let thread = std::thread::Builder::new()
            .name("mqtt-broker".to_owned())
            .spawn(move || supervisor.supervise())?;
        Ok(Embedded { port, condition, events, thread: Some(thread) })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// For [`super::Settings::url`].
    pub fn url(&self) -> String {
        format!("mqtt://{}", self.address())
    }

    /// How it is now.
    pub fn condition(&self) -> Condition {
        self.condition.condition.lock().clone()
    }

    /// Waits until a broker serves or it is known why none does, at most so long.
    pub fn wait_until_ready(&self, within: Duration) -> Condition {
        let until = Instant::now() + within;
        let mut condition = self.condition.condition.lock();
        while *condition == Condition::Starting {
            if self.condition.changed.wait_until(&mut condition, until).timed_out() {
                break;
            }
        }
        condition.clone()
    }

    /// Ends the child in order. Returns whether it ended within `deadline`.
    pub fn stop(mut self, deadline: Duration) -> bool {
        let _ = self.events.send(Event::Stop);
        let until = Instant::now() + deadline;
        let Some(thread) = self.thread.take() else { return true };
        join_until(thread, until).is_ok()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // Fails where it has ended.
        let _ = self.events.send(Event::Stop);
    }
}

/// Below the ports that the system gives to clients: one that tries again and again to reach a broker that is down
/// could be given the broker's own port, and meet itself.
fn free_port() -> io::Result<u16> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..100 {
        let port = rand::random_range(10_000..32_000);
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => return Ok(port),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// How one try ended.
enum End {
    /// As asked.
    Stopped,
    /// The other broker has gone: it is our turn at once.
    OurTurn,
    /// By itself.
    Failed(EmbeddedError),
}

/// The thread's side.
struct Supervisor {
    port: u16,
    folder: PathBuf,
    timing: Timing,
    condition: Arc<Cell>,
    to_me: Sender<Event>,
    events: Receiver<Event>,
    /// How many were started: events of an earlier one mean nothing.
    children: u64,
    /// What was said last, and when.
    reported: Option<(EmbeddedError, Instant)>,
}

impl Supervisor {
    fn supervise(mut self) {
        let mut failures: u32 = 0;
        loop {
            let began = Instant::now();
            let trouble = match self.run_once() {
                End::Stopped => return,
                End::OurTurn => continue,
                End::Failed(trouble) => trouble,
            };
            if began.elapsed() >= self.timing.proved {
                failures = 0;
                self.reported = None;
            }
            let wait =
                self.timing.wait_first.saturating_mul(1 << failures.min(16)).min(self.timing.wait_most);
            failures = failures.saturating_add(1);
            self.say(&trouble);
            self.condition.set(Condition::Down(trouble));
            if self.is_stopped_within(wait) {
                return;
            }
        }
    }

    /// From a free port to the end of the child.
    fn run_once(&mut self) -> End {
        let program = match installed() {
            Ok(program) => program,
            Err(missing) => return self.without_program(missing),
        };
        let folder =
            |error: io::Error| EmbeddedError::Folder { folder: self.folder.clone(), why: error.to_string() };
        let configuration = match child::write_configuration(&self.folder, self.port).map_err(folder) {
            Ok(path) => path,
            Err(trouble) => return End::Failed(trouble),
        };
        child::end_left_behind(&configuration);
        if let Err(trouble) = self.port_is_free() {
            return self.use_another(trouble);
        }
        self.children += 1;
        let began = Instant::now();
        let started = Mosquitto::start(&program, &configuration, self.children, self.to_me.clone());
        let mut child = match started {
            Ok(child) => child,
            Err(error) => return self.ended(say::not_started(error.to_string())),
        };
        let end = self.wait_until_it_listens(&mut child, began).unwrap_or_else(|| self.stay_with(&mut child));
        child.end(END_WITHIN);
        end
    }

    /// Without the program, another broker will do.
    fn without_program(&mut self, missing: EmbeddedError) -> End {
        match self.port_is_free() {
            Ok(()) => End::Failed(missing),
            Err(taken) => match self.use_another(taken) {
                End::Failed(_) => End::Failed(missing),
                end => end,
            },
        }
    }

    fn port_is_free(&self) -> Result<(), EmbeddedError> {
        let port = self.port;
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                Err(EmbeddedError::InUse { port, who: say::answers_otherwise() })
            }
            Err(error) => Err(EmbeddedError::Listen { port, why: error.to_string() }),
        }
    }

    /// The port is taken: by a broker that takes us?
    fn use_another(&mut self, trouble: EmbeddedError) -> End {
        let EmbeddedError::InUse { port, who } = trouble else { return End::Failed(trouble) };
        match probe::ask(port, self.timing.probe_within) {
            Answer::Accepted => {}
            Answer::Refused => {
                return End::Failed(EmbeddedError::InUse { port, who: say::wants_login() });
            }
            Answer::Closed | Answer::Silent => return End::Failed(EmbeddedError::InUse { port, who }),
        }
        let hint = say::try_own_port().in_language(language_of_log());
        log_warn!(say::another_serves(port); %hint);
        self.condition.set(Condition::Another);
        loop {
            if self.is_stopped_within(STAND_BY_LOOK) {
                return End::Stopped;
            }
            if self.port_is_free().is_ok() {
                log_info!(say::other_gone(port));
                return End::OurTurn;
            }
        }
    }

    /// `None` once it listens.
    fn wait_until_it_listens(&mut self, child: &mut Mosquitto, began: Instant) -> Option<End> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        while TcpStream::connect_timeout(&address, READY_WITHIN).is_err() {
            match self.next_event(READY_LOOK) {
                Some(Event::Stop) => return Some(End::Stopped),
                Some(Event::Ended(_)) => return Some(self.never_listened(child)),
                Some(Event::Line(_, line)) => debug!(%line, "mosquitto"),
                None if began.elapsed() >= READY_WITHIN => {
                    return Some(self.ended(say::never_listened(READY_WITHIN.as_secs())));
                }
                None => {}
            }
        }
        let pid = child.pid();
        let took = began.elapsed().as_secs_f32();
        log_info!(say::listens(); %address, pid, took_secs = %format_args!("{took:.1}"));
        self.condition.set(Condition::Running { pid });
        None
    }

    /// It ended before it listened: a damaged file of its own must not keep it from ever starting again.
    fn never_listened(&self, child: &mut Mosquitto) -> End {
        let (how, words) = child.how_it_ended();
        if words.contains("database") {
            match child::put_database_aside(&self.folder) {
                Ok(aside) => log_warn!(say::begins_anew(); kept_as = %aside.display(), why = %words),
                Err(error) => log_warn!(say::not_put_aside(); %error),
            }
        }
        // Mosquitto's own words.
        if words.contains("Address already in use") {
            return End::Failed(EmbeddedError::InUse { port: self.port, who: say::just_taken() });
        }
        self.ended(how)
    }

    /// Watches it until it ends or is to end, and probes it regularly.
    fn stay_with(&mut self, child: &mut Mosquitto) -> End {
        let mut unanswered = 0;
        let mut next_probe = Instant::now() + self.timing.probe_every;
        loop {
            match self.next_event(next_probe.saturating_duration_since(Instant::now())) {
                Some(Event::Stop) => return End::Stopped,
                Some(Event::Ended(_)) => return self.ended(child.how_it_ended().0),
                Some(Event::Line(_, line)) => debug!(%line, "mosquitto"),
                None => {
                    next_probe = Instant::now() + self.timing.probe_every;
                    match probe::ask(self.port, self.timing.probe_within) {
                        // Full, or configured to refuse us: alive all the same.
                        Answer::Accepted | Answer::Refused | Answer::Closed => unanswered = 0,
                        Answer::Silent => unanswered += 1,
                    }
                    if unanswered >= UNANSWERED {
                        return self.ended(say::unanswered(unanswered));
                    }
                }
            }
        }
    }

    fn ended(&self, how: Sentence) -> End {
        End::Failed(EmbeddedError::Ended { port: self.port, how })
    }

    /// What stays wrong is said once, and once an hour.
    fn say(&mut self, trouble: &EmbeddedError) {
        let is_new = self
            .reported
            .as_ref()
            .is_none_or(|(reported, at)| reported != trouble || at.elapsed() >= SAY_AGAIN);
        if !is_new {
            debug!(%trouble, "the embedded broker is tried again");
            return;
        }
        self.reported = Some((trouble.clone(), Instant::now()));
        match trouble {
            EmbeddedError::Ended { .. } => log_warn!(say::started_again(trouble.sentence())),
            EmbeddedError::Missing
            | EmbeddedError::InUse { .. }
            | EmbeddedError::Listen { .. }
            | EmbeddedError::Folder { .. } => {
                let hint = trouble.hint().map(|hint| hint.in_language(language_of_log()));
                log_error!(say::and_tried_again(trouble.sentence()); hint);
            }
        }
    }

    /// The next event of the child that runs now, or none within so long.
    fn next_event(&self, within: Duration) -> Option<Event> {
        let until = Instant::now() + within;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => return Some(Event::Stop),
                Ok(Event::Line(child, _) | Event::Ended(child)) if child != self.children => {}
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Timeout) => return None,
            }
        }
    }

    fn is_stopped_within(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        loop {
            match self.next_event(until.saturating_duration_since(Instant::now())) {
                Some(Event::Stop) => return true,
                Some(Event::Line(..) | Event::Ended(_)) => {}
                None => return false,
            }
        }
    }
}
