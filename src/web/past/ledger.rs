//! The coverage ledger for the calendar: read when somebody asks for it, on a thread of its own, one at a time, and kept for a moment
//! for whoever asks the same. A month of a large box takes seconds of a small processor, and is charged like all other work on
//! the past (`worker`). Must never keep a request waiting for the disk, nor more in memory than is shown.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::calendar::{MOST_CALENDARS, share};
use crate::analysis::time::Timestamp;
use crate::clock::thread_cpu_time;
use crate::coverage::{Asked, Calendar, Times, calendar};
use crate::text::{Words, page as say_page, page_coverage as say};
use crate::web::worker::{Brake, NotBegun, Progress, Worker};

/// Answers that are kept, of some hundred kilobytes each with 64 cameras.
const MOST: usize = 6;
/// The hour that goes on is written once a minute: nothing is read again sooner than this.
const AGAIN_AFTER: Duration = Duration::from_secs(20);

/// What is asked for, up to now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) folder: PathBuf,
    pub(super) from: Timestamp,
    /// Of the site.
    pub(super) zone: TimeZone,
    /// This one alone.
    pub(super) camera: Option<String>,
    /// The same of a rule.
    pub(super) rule: Option<String>,
}

/// What there is of it.
#[derive(Debug, Clone)]
pub(super) enum Found {
    /// Those that could report least come first; more than [`MOST_CALENDARS`] have their sums alone.
    Calendar(Arc<Calendar>),
    /// There is no ledger.
    Nothing,
    /// Why it cannot be read.
    Unreadable(Words),
}

#[derive(Debug)]
struct Kept {
    wanted: Wanted,
    found: Found,
    read_at: Instant,
}

/// Reads the box's coverage ledger.
#[derive(Debug)]
pub(in crate::web) struct LedgerReader {
    worker: Worker,
    /// The latest first.
    kept: Arc<Mutex<VecDeque<Kept>>>,
    /// A new number whenever something was read, and when the next may be.
    changed: watch::Sender<u64>,
}

impl LedgerReader {
    pub(in crate::web) fn new(changed: watch::Sender<u64>) -> Self {
        LedgerReader { worker: Worker::new("page-coverage"), kept: Arc::default(), changed }
    }

    /// What there is of it; `Err`: it is being read, or begins to be once that is free.
    pub(super) fn ask(&self, wanted: &Wanted, until: Timestamp, now: Instant) -> Result<Found, Progress> {
        let kept = self.kept.lock();
        let is_fresh = |one: &&Kept| now.saturating_duration_since(one.read_at) < AGAIN_AFTER;
        if let Some(one) = kept.iter().find(|one| one.wanted == *wanted).filter(is_fresh) {
            return Ok(one.found.clone());
        }
        let (wanted, all, changed) = (wanted.clone(), self.kept.clone(), self.changed.clone());
        let work = Work { wanted, until, kept: all, changed };
        match self.worker.begin(move |brake| work.go_on(brake)) {
            // Where another is read, or has not earned yet what it took, whoever asks again is served.
            Ok(()) | Err(NotBegun::Busy) => Err(Progress::BEGUN),
            Err(NotBegun::NoThread(error)) => {
                Ok(Found::Unreadable(say_page::no_thread(error.to_string()).into()))
            }
        }
    }

    pub(in crate::web) fn stop(&self, within: Duration) {
        self.worker.stop(within);
    }
}

/// One that is read.
struct Work {
    wanted: Wanted,
    until: Timestamp,
    kept: Arc<Mutex<VecDeque<Kept>>>,
    changed: watch::Sender<u64>,
}

impl Work {
    fn go_on(self, brake: &Brake) {
        let found = catch_unwind(AssertUnwindSafe(|| self.read()));
        let found = found.unwrap_or_else(|_| Found::Unreadable(say_page::log_panicked().into()));
        let mut kept = self.kept.lock();
        kept.retain(|one| one.wanted != self.wanted);
        kept.push_front(Kept { wanted: self.wanted, found, read_at: Instant::now() });
        kept.truncate(MOST);
        drop(kept);
        self.changed.send_modify(|number| *number += 1);
        // A page that ends ends this, too.
        let _ = brake.settle(thread_cpu_time());
        self.changed.send_modify(|number| *number += 1);
    }

    fn read(&self) -> Found {
        let Wanted { folder, from, zone, camera, rule } = &self.wanted;
        let (cameras, rules) = (camera.as_slice(), rule.as_slice());
        let asked = Asked { cameras, rules, from: *from, until: self.until, zone };
        match calendar(folder, &asked) {
            Ok(mut calendar) => {
                let part = |ms: &Times| share(ms).unwrap_or(2.0);
                calendar.rows.sort_by(|a, b| part(&a.ms).total_cmp(&part(&b.ms)));
                if calendar.rows.len() > MOST_CALENDARS {
                    for row in &mut calendar.rows {
                        (row.days, row.gaps) = (Vec::new(), Vec::new());
                    }
                }
                Found::Calendar(Arc::new(calendar))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Nothing,
            Err(error) => Found::Unreadable(say::unreadable(error.to_string()).into()),
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
