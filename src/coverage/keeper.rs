//! The thread that writes the ledger, so that nobody waits for the disk.
//!
//! Its queue is short. While it is full, or the disk takes nothing, hours that are over are kept in memory, two days of them at
//! most; then the oldest go, and the ledger has a hole there. Must never stop the daemon: without a ledger it watches as well.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::ledger::{Before, Ledger};
use super::{Accumulator, Checkpoint, Record, Watch};
use crate::analysis::time::{Moment, Timestamp};
use crate::text::{coverage as say, log_warn};

/// Two minutes of a disk that hangs.
const QUEUE: usize = 2;
/// Hours that are kept while they cannot be written.
const KEPT_HOURS: usize = 48;

/// What is to be written.
#[derive(Debug)]
struct Work {
    /// Hours that are over.
    records: Vec<Record>,
    /// Where the next one is.
    checkpoint: Checkpoint,
    at: Timestamp,
    /// So many files are kept.
    keep: usize,
}

/// The ledger of a running daemon.
#[derive(Debug)]
pub(crate) struct Keeper {
    sender: SyncSender<Work>,
    thread: JoinHandle<()>,
    keep: usize,
    /// What the queue did not take.
    waiting: VecDeque<Record>,
}

impl Keeper {
    /// Opens the ledger in `folder`. Also gives what divides time from here on, which goes on where an earlier run ended, and the
    /// hours that are over by that. `runs_already`: the daemon ran meanwhile without one, so that time is unknown.
    ///
    /// # Errors
    /// The folder or a file cannot be used, or no thread started; the watches come back.
    pub(crate) fn start(
        folder: &Path,
        days: u16,
        at: Moment,
        watches: Vec<Watch>,
        runs_already: bool,
    ) -> io::Result<(Self, Accumulator, Vec<Record>)> {
        let (ledger, before) = Ledger::open(folder, at.utc)?;
        let (accumulator, finished) = match before {
            Some(Before { checkpoint, is_lost }) => {
                Accumulator::resume(&checkpoint, is_lost || runs_already, at, watches)
            }
            None => (Accumulator::new(at, watches), Vec::new()),
        };
        let (sender, works) = sync_channel(QUEUE);
        let folder = folder.to_owned();
        let thread = thread::Builder::new().name("coverage".to_owned()).spawn(move || {
            Writing { ledger, folder, unwritten: VecDeque::new(), is_failing: false }.work(&works)
        })?;
        let keep = files_for(days);
        let waiting = finished.iter().cloned().collect();
        Ok((Keeper { sender, thread, keep, waiting }, accumulator, finished))
    }

    /// So many days are kept from now on.
    pub(crate) fn set_days(&mut self, days: u16) {
        self.keep = files_for(days);
    }

    /// Writes hours that are over, and where the next one is. Never waits.
    pub(crate) fn write(&mut self, finished: &[Record], checkpoint: Checkpoint, at: Timestamp) {
        self.waiting.extend(finished.iter().cloned());
        let work = Work { records: self.waiting.drain(..).collect(), checkpoint, at, keep: self.keep };
        match self.sender.try_send(work) {
            Ok(()) => {}
            Err(TrySendError::Full(work) | TrySendError::Disconnected(work)) => {
                self.waiting = work.records.into();
                shorten(&mut self.waiting);
            }
        }
    }

    /// Writes what is left and ends. A disk that hangs is left behind after `within`.
    pub(crate) fn stop(mut self, checkpoint: Checkpoint, at: Timestamp, within: Duration) {
        let deadline = Instant::now() + within;
        let mut work = Work { records: self.waiting.drain(..).collect(), checkpoint, at, keep: self.keep };
        while let Err(TrySendError::Full(back)) = self.sender.try_send(work) {
            if Instant::now() >= deadline {
                return;
            }
            work = back;
            thread::park_timeout(Duration::from_millis(20));
        }
        drop(self.sender);
        while !self.thread.is_finished() && Instant::now() < deadline {
            thread::park_timeout(Duration::from_millis(5));
        }
    }
}

/// Those of whole days, and the one that is written to.
fn files_for(days: u16) -> usize {
    usize::from(days) + 1
}

/// The oldest go.
fn shorten(records: &mut VecDeque<Record>) {
    let too_many = records.len().saturating_sub(KEPT_HOURS);
    records.drain(..too_many);
}

/// What the thread has.
struct Writing {
    ledger: Ledger,
    folder: PathBuf,
    /// Hours that the disk did not take.
    unwritten: VecDeque<Record>,
    is_failing: bool,
}

impl Writing {
    fn work(mut self, works: &Receiver<Work>) {
        while let Ok(work) = works.recv() {
            let written = self.write(work);
            if let Err(error) = &written
                && !self.is_failing
            {
                log_warn!(say::unwritten(); folder = %self.folder.display(), %error);
            }
            self.is_failing = written.is_err();
        }
    }

    fn write(&mut self, work: Work) -> io::Result<()> {
        let Work { records, checkpoint, at, keep } = work;
        self.unwritten.extend(records);
        shorten(&mut self.unwritten);
        while let Some(record) = self.unwritten.front() {
            self.ledger.append(record, at, keep)?;
            self.unwritten.pop_front();
        }
        self.ledger.checkpoint(checkpoint)
    }
}
