//! The ledger of a running daemon: what is over is written, and remembered until it was handed on to be published.
//!
//! While the disk takes nothing, hours that are over are kept in memory, two days of them at most; then the oldest go, and the
//! ledger has a hole there. Waits for the disk: it belongs on a thread of its own. Must never stop the daemon: without a ledger it
//! watches as well.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use super::ledger::{Before, Ledger};
use super::{Accumulator, Checkpoint, ClockState, Record, Watch};
use crate::analysis::time::{Moment, Timestamp};
use crate::text::{coverage as say, log_warn};

/// Hours that are kept while they cannot be written, or not published.
pub(crate) const KEPT_HOURS: usize = 48;

/// See the module.
#[derive(Debug)]
pub(crate) struct Keeper {
    ledger: Ledger,
    folder: PathBuf,
    /// So many files are kept.
    keep: usize,
    /// Hours that the disk has not taken yet.
    unwritten: VecDeque<Record>,
    /// Lines that were not handed on yet, each with its number.
    unpublished: VecDeque<(u64, Record)>,
    /// The number of the last line that was.
    published: u64,
    is_failing: bool,
}

impl Keeper {
    /// Opens the ledger in `folder`. Also gives what divides time from here on, which goes on where an earlier run ended.
    /// `runs_already`: the daemon ran meanwhile without one.
    ///
    /// # Errors
    /// The folder or a file cannot be used.
    pub(crate) fn open(
        folder: &Path,
        days: u16,
        (at, clock): (Moment, &ClockState),
        watches: Vec<Watch>,
        runs_already: bool,
    ) -> io::Result<(Self, Accumulator)> {
        let (ledger, before) = Ledger::open(folder, at.utc)?;
        let (accumulator, finished) = match before {
            Some(Before { mut checkpoint, is_lost }) => {
                checkpoint.not_kept |= runs_already;
                Accumulator::resume(&checkpoint, is_lost, at, clock, watches)
            }
            None => (Accumulator::new(at, watches), Vec::new()),
        };
        let published = ledger.published();
        let unpublished = ledger.lines_after(published, KEPT_HOURS);
        let mut keeper = Keeper {
            ledger,
            folder: folder.to_owned(),
            keep: files_for(days),
            unwritten: finished.into(),
            unpublished,
            published,
            is_failing: false,
        };
        keeper.forget_oldest();
        Ok((keeper, accumulator))
    }

    /// So many days are kept from now on.
    pub(crate) fn set_days(&mut self, days: u16) {
        self.keep = files_for(days);
    }

    /// Writes hours that are over, and where the next one is.
    pub(crate) fn write(&mut self, finished: Vec<Record>, checkpoint: Checkpoint, at: Timestamp) {
        self.unwritten.extend(finished);
        let written = self.write_down(checkpoint, at);
        if let Err(error) = &written
            && !self.is_failing
        {
            log_warn!(say::unwritten(); folder = %self.folder.display(), %error);
        }
        self.is_failing = written.is_err();
        self.forget_oldest();
    }

    fn write_down(&mut self, checkpoint: Checkpoint, at: Timestamp) -> io::Result<()> {
        while let Some(record) = self.unwritten.front() {
            let n = self.ledger.append(record, at, self.keep)?;
            self.unpublished.extend(self.unwritten.pop_front().map(|record| (n, record)));
        }
        self.ledger.checkpoint(Checkpoint { published: Some(self.published), ..checkpoint })
    }

    /// The oldest line that was not handed on to be published, with its number.
    pub(crate) fn unpublished(&self) -> Option<&(u64, Record)> {
        self.unpublished.front()
    }

    /// That line was. It is known after a restart when the checkpoint was written next.
    pub(crate) fn set_published(&mut self) {
        if let Some((n, _)) = self.unpublished.pop_front() {
            self.published = n;
        }
    }

    fn forget_oldest(&mut self) {
        let too_many = self.unwritten.len().saturating_sub(KEPT_HOURS);
        if too_many > 0 {
            log_warn!(say::hours_lost(); folder = %self.folder.display(), hours = too_many);
            self.unwritten.drain(..too_many);
        }
        let too_many = self.unpublished.len().saturating_sub(KEPT_HOURS);
        if too_many > 0 {
            log_warn!(say::counts_lost(); hours = too_many);
            (0..too_many).for_each(|_| self.set_published());
        }
    }
}

/// Those of whole days, and the one that is written to.
fn files_for(days: u16) -> usize {
    usize::from(days) + 1
}
