//! Rows of the table: how long they run, what they counted, and where that is written.
//!
//! | variable | what |
//! |---|---|
//! | `LOOKOUT_FAULT_ROUNDS` | rounds (or records, or seeds) of a row, in place of the few of a short run |
//! | `LOOKOUT_FAULT_SECS` | seconds of the rows that last, in place of the few of a short run |
//! | `LOOKOUT_FAULTS_REPORT` | a file that gets one line of JSON for each row |

use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Map, Value, json};

/// Rows that need the processor for themselves take turns: a limit of seconds means nothing beside nine others.
static TURN: Mutex<()> = Mutex::new(());

/// How many rounds: what the environment says, or so many in a short run.
pub fn rounds(short: u32) -> u32 {
    number("LOOKOUT_FAULT_ROUNDS").map_or(short, |n| n as u32)
}

/// How long: what the environment says, or so long in a short run.
pub fn lasting(short: Duration) -> Duration {
    number("LOOKOUT_FAULT_SECS").map_or(short, Duration::from_secs)
}

/// Whether this is a long run, in which limits of time are held. A short one shares its processor with builds and
/// other tests, and only reports them.
pub fn is_long() -> bool {
    number("LOOKOUT_FAULT_ROUNDS").is_some() || number("LOOKOUT_FAULT_SECS").is_some()
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a whole number, and is {text:?}")))
}

/// One row of the table while it is filled. A row that is dropped without [`Row::pass`] is written as failed.
pub struct Row {
    name: &'static str,
    began: Instant,
    counts: Map<String, Value>,
    misses: Vec<String>,
    is_done: bool,
    _turn: parking_lot::MutexGuard<'static, ()>,
}

impl Row {
    /// Waits for the rows before it.
    pub fn begin(name: &'static str) -> Self {
        let turn = TURN.lock();
        Row {
            name,
            began: Instant::now(),
            counts: Map::new(),
            misses: Vec::new(),
            is_done: false,
            _turn: turn,
        }
    }

    /// A count for the table.
    pub fn set(&mut self, what: &str, n: impl Into<Value>) {
        self.counts.insert(what.to_owned(), n.into());
    }

    /// Adds to a count.
    pub fn add(&mut self, what: &str, n: u64) {
        let before = self.counts.get(what).and_then(Value::as_u64).unwrap_or(0);
        self.set(what, before + n);
    }

    /// Keeps the greatest of what was measured, in milliseconds.
    pub fn longest(&mut self, what: &str, took: Duration) {
        let took = took.as_millis() as u64;
        let before = self.counts.get(what).and_then(Value::as_u64).unwrap_or(0);
        self.set(what, before.max(took));
    }

    /// Notes something that must not be.
    pub fn miss(&mut self, what: impl Into<String>) {
        let what = what.into();
        eprintln!("{}: {what}", self.name);
        if self.misses.len() < 20 {
            self.misses.push(what);
        }
    }

    /// Notes it unless it is so.
    pub fn check(&mut self, so: bool, what: impl FnOnce() -> String) {
        if !so {
            self.miss(what());
        }
    }

    /// Holds a limit of time in a long run; notes the longest in any.
    pub fn within(&mut self, what: &str, took: Duration, limit: Duration) {
        self.longest(&format!("longest {what}, ms"), took);
        if took > limit && is_long() {
            self.miss(format!("{what} took {took:?}, more than {limit:?}"));
        }
    }

    /// Says how far it is, in a long run.
    pub fn progress(&self, done: u32, of: u32) {
        if is_long() && (done.is_multiple_of(10) || done == of) {
            eprintln!("{}: {done} of {of} after {} s", self.name, self.began.elapsed().as_secs());
        }
    }

    /// Writes the row, and fails the test if something was noted.
    pub fn pass(mut self) {
        self.write();
        let misses = std::mem::take(&mut self.misses);
        assert!(misses.is_empty(), "{}: {misses:#?}", self.name);
    }

    fn write(&mut self) {
        self.is_done = true;
        let line = json!({
            "row": self.name,
            "passed": self.misses.is_empty() && !std::thread::panicking(),
            "long": is_long(),
            "seconds": self.began.elapsed().as_secs(),
            "counts": self.counts,
            "misses": self.misses,
        });
        eprintln!("{line}");
        if let Some(path) = std::env::var_os("LOOKOUT_FAULTS_REPORT") {
            let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
            writeln!(file, "{line}").unwrap();
        }
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        if !self.is_done {
            self.write();
        }
    }
}
