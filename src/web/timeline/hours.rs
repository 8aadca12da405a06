//! The hours of the journal that were looked at lately: read when somebody asks for them, on a thread of their own, and kept
//! for whoever asks next. At most [`MOST`] are kept, a few megabytes with 64 cameras. Must never keep a request waiting
//! for the disk.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::hour::{Hour, Reading, hour_of};
use crate::analysis::time::Timestamp;
use crate::clock::thread_cpu_time;
use crate::journal;
use crate::text::{Words, page as say_page};
use crate::web::worker::{Brake, NotBegun, Progress, Worker};

/// Hours that are kept: a day and the one before it, and the hours at their edges.
const MOST: usize = 52;
/// The journal is written some half a minute late; what is said of a minute may come a minute later.
const SETTLED_AFTER: Duration = Duration::from_secs(180);
/// An hour that is not over is read again no sooner than this.
const AGAIN_AFTER: Duration = Duration::from_secs(20);
/// What is read at once before it is asked whether to go on.
const AT_ONCE: usize = 1_024;

/// What is known of the hours that were asked for.
#[derive(Debug)]
pub(super) enum Answer {
    /// All of them, by their numbers.
    Hours(BTreeMap<i64, Arc<Hour>>),
    /// They are being read.
    Reading(Progress),
    /// The folder cannot be read.
    Unreadable(Words),
}

#[derive(Debug)]
struct Kept {
    hour: Arc<Hour>,
    read_at: Timestamp,
    asked_at: Timestamp,
}

#[derive(Debug, Default)]
struct State {
    folder: PathBuf,
    hours: BTreeMap<i64, Kept>,
    reading: Option<Progress>,
    failed: Option<Words>,
}

impl State {
    /// The hours of a range that are not known, or not as they are by now.
    fn missing(&self, hours: Range<i64>, now: Timestamp) -> Option<Range<i64>> {
        let is_known = |hour: &i64| {
            self.hours.get(hour).is_some_and(|kept| {
                let settled = start_of(hour + 1).checked_add(SETTLED_AFTER).unwrap_or(Timestamp::MAX);
                kept.read_at >= settled || now.duration_since(kept.read_at) < to_signed(AGAIN_AFTER)
            })
        };
        let mut missing = hours.filter(|hour| !is_known(hour));
        let first = missing.next()?;
        Some(first..missing.next_back().unwrap_or(first) + 1)
    }

    /// The hours that nobody asked for lately go first.
    fn keep(&mut self, read: BTreeMap<i64, Hour>, now: Timestamp) {
        for (number, hour) in read {
            self.hours.insert(number, Kept { hour: Arc::new(hour), read_at: now, asked_at: now });
        }
        while self.hours.len() > MOST {
            let oldest = self.hours.iter().min_by_key(|(number, kept)| (kept.asked_at, **number));
            let Some(oldest) = oldest.map(|(number, _)| *number) else { return };
            self.hours.remove(&oldest);
        }
    }
}

fn to_signed(duration: Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(duration).unwrap_or(jiff::SignedDuration::MAX)
}

/// When an hour begins.
pub(super) fn start_of(hour: i64) -> Timestamp {
    Timestamp::from_second(hour.saturating_mul(3_600)).unwrap_or(Timestamp::MAX)
}

/// The hours in which something from one time to another lies.
pub(super) fn hours_of(from: Timestamp, to: Timestamp) -> Range<i64> {
    let (first, _) = hour_of(from);
    let (last, minute) = hour_of(to);
    let is_full = minute == 0 && to.as_second().rem_euclid(60) == 0;
    first..(if is_full { last } else { last + 1 }).max(first + 1)
}

/// The hours of the box's journal.
#[derive(Debug)]
pub(in crate::web) struct Hours {
    worker: Worker,
    state: Arc<Mutex<State>>,
    /// A new number whenever more is known.
    changed: watch::Sender<u64>,
}

impl Hours {
    pub(in crate::web) fn new(changed: watch::Sender<u64>) -> Self {
        Hours { worker: Worker::new("page-journal"), state: Arc::default(), changed }
    }

    /// These hours of the journal in that folder. Where they are not known yet they begin to be read.
    pub(super) fn ask(&self, folder: &Path, hours: Range<i64>, now: Timestamp) -> Answer {
        let mut state = self.state.lock();
        if state.folder != folder {
            // What is being read is of the other folder.
            self.worker.cancel();
            *state = State { folder: folder.to_owned(), reading: state.reading, ..State::default() };
        }
        if let Some(why) = state.failed.take() {
            return Answer::Unreadable(why);
        }
        let Some(missing) = state.missing(hours.clone(), now) else {
            let asked = state.hours.range_mut(hours).map(|(number, kept)| {
                kept.asked_at = now;
                (*number, kept.hour.clone())
            });
            return Answer::Hours(asked.collect());
        };
        if let Some(progress) = state.reading {
            return Answer::Reading(progress);
        }
        state.reading = Some(Progress::BEGUN);
        let work = Work {
            folder: folder.to_owned(),
            hours: missing,
            now,
            state: self.state.clone(),
            changed: self.changed.clone(),
        };
        let begun = self.worker.begin(move |brake| work.go_on(brake));
        if begun.is_err() {
            state.reading = None;
        }
        match begun {
            // The one before it is about to end: whoever asks again is served.
            Ok(()) | Err(NotBegun::Busy) => Answer::Reading(Progress::BEGUN),
            Err(NotBegun::NoThread(error)) => {
                Answer::Unreadable(say_page::no_thread(error.to_string()).into())
            }
        }
    }

    pub(in crate::web) fn stop(&self, within: Duration) {
        self.worker.stop(within);
    }
}

/// Reads some hours.
struct Work {
    folder: PathBuf,
    hours: Range<i64>,
    now: Timestamp,
    state: Arc<Mutex<State>>,
    changed: watch::Sender<u64>,
}

impl Work {
    fn go_on(self, brake: &Brake) {
        let read = catch_unwind(AssertUnwindSafe(|| self.read(brake)));
        let mut state = self.state.lock();
        state.reading = None;
        // Another folder counts by now.
        if state.folder == self.folder {
            match read {
                Ok(Ok(Some(hours))) => state.keep(hours, self.now),
                Ok(Ok(None)) => {}
                Ok(Err(error)) => state.failed = Some(error.to_string().into()),
                Err(_) => state.failed = Some(say_page::log_panicked().into()),
            }
        }
        drop(state);
        self.changed.send_modify(|number| *number += 1);
    }

    /// `None`: it is not to go on.
    fn read(&self, brake: &Brake) -> std::io::Result<Option<BTreeMap<i64, Hour>>> {
        let (from, end) = (start_of(self.hours.start), start_of(self.hours.end));
        let to = end.checked_add(SETTLED_AFTER).unwrap_or(Timestamp::MAX);
        let mut reading = Reading::default();
        let mut percent = 0;
        for (number, entry) in journal::read(&self.folder, from..to)?.enumerate() {
            reading.take(&entry);
            if number % AT_ONCE != 0 {
                continue;
            }
            if brake.hold(thread_cpu_time()).is_err() {
                return Ok(None);
            }
            let part = entry.at().map_or(0.0, |at| part_of(from, end.min(self.now), at.utc));
            let progress = Progress::new(part, brake.elapsed());
            self.state.lock().reading = Some(progress);
            if progress.percent() != percent {
                percent = progress.percent();
                self.changed.send_modify(|number| *number += 1);
            }
        }
        let mut hours = reading.hours;
        hours.retain(|hour, _| self.hours.contains(hour));
        // Of which nothing was recorded is known, too.
        for hour in self.hours.clone() {
            hours.entry(hour).or_default();
        }
        Ok(Some(hours))
    }
}

/// How far a time is on the way from one to another, 0..1.
pub(in crate::web) fn part_of(from: Timestamp, to: Timestamp, at: Timestamp) -> f64 {
    let ms = |at: Timestamp| at.as_millisecond() as f64;
    ((ms(at) - ms(from)) / (ms(to) - ms(from)).max(1.0)).clamp(0.0, 1.0)
}
