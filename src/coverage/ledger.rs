//! The files of the ledger: written by one thread, read by anybody. Format and crash rules are those of the module above.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{Checkpoint, ClockState, Ending, Record};
use crate::analysis::time::Timestamp;
use crate::contract::words::Time;
use crate::hash_chain::{self, Chained, Fault, Head, Line, Pen, Verified};
use crate::text::{Sentence, audit as say_audit, coverage as say, log_error, log_warn};

/// The hour that goes on.
const CHECKPOINT: &str = "now.json";
/// What a file of lines ends with.
const ENDING: &str = ".jsonl";
/// A file that is this large ends before its day does: where a clock is set again and again, lines come more often.
const FILE_BYTES: u64 = 16 << 20;

impl Chained for Record {
    fn no_line(error: String) -> Sentence {
        say::no_line(error)
    }
}

/// What is left of an earlier run.
#[derive(Debug)]
pub(super) struct Before {
    /// Where it was.
    pub(super) checkpoint: Checkpoint,
    /// That is only what the last line says.
    pub(super) is_lost: bool,
}

/// The ledger, open for writing.
#[derive(Debug)]
pub(super) struct Ledger {
    folder: PathBuf,
    pen: Pen,
    /// The file that is written to.
    current: PathBuf,
}

impl Ledger {
    /// Opens the ledger in `folder`, which is made if it is not there. Also gives what is left of an earlier run. What does not
    /// fit at its end is said, and what is torn is cut off.
    ///
    /// # Errors
    /// The folder or a file cannot be used.
    pub(super) fn open(folder: &Path, now: Timestamp) -> io::Result<(Ledger, Option<Before>)> {
        fs::create_dir_all(folder)?;
        let mut files = files(folder);
        let current = files.pop().unwrap_or_else(|| folder.join(file_name(1, now)));
        let head = read_checkpoint(folder).as_ref().and_then(head_of);
        let hash_chain::Opened { pen, torn, fault } =
            Pen::open::<Record>(&current, files.last().map(PathBuf::as_path), head.as_ref())?;
        if torn > 0 {
            log_warn!(say::torn(torn); folder = %folder.display());
        }
        if let Some(what) = fault {
            log_error!(say::is_damaged(what); folder = %folder.display());
        }
        let ledger = Ledger { folder: folder.to_owned(), pen, current };
        let before = ledger.before();
        Ok((ledger, before))
    }

    fn before(&self) -> Option<Before> {
        let checkpoint = read_checkpoint(&self.folder);
        if let Some(checkpoint) = checkpoint.filter(|checkpoint| checkpoint.after == self.pen.n()) {
            return Some(Before { checkpoint, is_lost: false });
        }
        // The line of the hour was written, and what was to follow was not.
        let files = files(&self.folder);
        let (_, last) = files.iter().rev().find_map(|path| lines(path).records.pop())?;
        let is_behind = read_checkpoint(&self.folder).is_some_and(|before| before.after < self.pen.n());
        let rules = last.rules.into_iter().filter(|stretch| stretch.until.is_none());
        let rules = rules.map(|stretch| super::Stretch {
            from: None,
            shift_ms: 0,
            ms: super::Times::default(),
            ..stretch
        });
        let begin = last.set_to.unwrap_or(last.until);
        let begin = last.not_kept_until.unwrap_or(begin);
        let hour =
            Record { from: begin, until: begin, set_to: None, not_kept_until: None, rules: rules.collect() };
        let mut checkpoint = Checkpoint::new(hour, Ending::GoesOn, &ClockState::default());
        checkpoint.clock = None;
        Some(Before { checkpoint, is_lost: !is_behind })
    }

    /// Up to which line everything was handed on to be published. Where nothing says so, that is all but the last one, which does
    /// no harm when it is published twice.
    pub(super) fn published(&self) -> u64 {
        let n = self.pen.n();
        match read_checkpoint(&self.folder) {
            Some(checkpoint) => checkpoint.published.unwrap_or(n).min(n),
            None => n.saturating_sub(1),
        }
    }

    /// The lines after number `n` that can be read, oldest first. Where there are more than `most`, the oldest may be missing.
    pub(super) fn lines_after(&self, n: u64, most: usize) -> VecDeque<(u64, Record)> {
        let mut after = VecDeque::new();
        for path in files(&self.folder).iter().rev() {
            let lines = lines(path);
            let is_enough = lines.records.iter().any(|(number, _)| *number <= n);
            for line in lines.records.into_iter().rev().filter(|(number, _)| *number > n) {
                after.push_front(line);
            }
            if is_enough || after.len() >= most {
                break;
            }
        }
        after
    }

    /// Writes a line; it is on disk when this returns, with its number. Of the files, the latest `keep` stay.
    ///
    /// # Errors
    /// It could not be written.
    pub(super) fn append(&mut self, record: &Record, at: Timestamp, keep: usize) -> io::Result<u64> {
        let is_of_its_day = parts_of(&self.current).is_some_and(|(_, day)| day == day_of(record.from.0));
        if self.pen.bytes() > 0 && (!is_of_its_day || self.pen.bytes() >= FILE_BYTES) {
            let number = number_in(&self.current).unwrap_or(0).saturating_add(1);
            let next = self.folder.join(file_name(number, record.from.0));
            self.pen.go_on_in(&next)?;
            self.current = next;
            let there = files(&self.folder);
            let too_many = there.len().saturating_sub(keep.max(1));
            // The oldest one goes first, so that the chain has no hole wherever this ends.
            for old in &there[..too_many] {
                fs::remove_file(old)?;
            }
        }
        self.pen.write(at, record)?;
        Ok(self.pen.n())
    }

    /// Says where the hour is that goes on.
    ///
    /// # Errors
    /// It could not be written; what was there before is there still.
    pub(super) fn checkpoint(&self, checkpoint: Checkpoint) -> io::Result<()> {
        let path = self.folder.join(CHECKPOINT);
        let aside = path.with_extension("new");
        let mut file = File::create(&aside)?;
        let sha256 = self.pen.head().map(|head| head.sha256);
        file.write_all(&serde_json::to_vec(&Checkpoint { after: self.pen.n(), sha256, ..checkpoint })?)?;
        file.sync_all()?;
        fs::rename(&aside, &path)
    }
}

/// The files of lines in `folder`, oldest first.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries.filter(|path| number_in(path).is_some()).collect();
    files.sort_by_key(|path| number_in(path));
    files
}

/// Follows the chain of the ledger in `folder` from line to line, as far as it had reached when its hour was last written.
///
/// # Errors
/// A file cannot be read; inside, the first line that does not fit.
pub fn verify(folder: &Path) -> io::Result<Result<Verified, Fault>> {
    // Read first: the daemon may write on meanwhile.
    let head = read_checkpoint(folder).as_ref().and_then(head_of);
    let files = files(folder);
    match head {
        // No line is left to point at.
        Some(head) if files.is_empty() => {
            let what = say_audit::end_missing(1_u64, head.n);
            Ok(Err(Fault { file: folder.join(CHECKPOINT), line: 1, what }))
        }
        head => hash_chain::verify::<Record>(&files, head.as_ref()),
    }
}

/// Whether it is known how far the ledger in `folder` had reached: otherwise nobody notices where it was cut off at its end.
pub fn notes_its_end(folder: &Path) -> bool {
    read_checkpoint(folder).is_some_and(|checkpoint| checkpoint.after == 0 || checkpoint.sha256.is_some())
}

/// Whether a ledger was kept in `folder` when something was last written there.
pub(crate) fn is_kept(folder: &Path) -> bool {
    read_checkpoint(folder).is_some_and(|checkpoint| !checkpoint.not_kept)
}

/// The line after which it stands.
fn head_of(checkpoint: &Checkpoint) -> Option<Head> {
    let sha256 = checkpoint.sha256.clone()?;
    Some(Head { n: checkpoint.after, sha256 })
}

/// What the lines of a file say.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// In their order, each with its number.
    pub(super) records: Vec<(u64, Record)>,
    /// The number of the last one that can be read; 0 where none can.
    pub(super) last: u64,
    /// Lines that are whole and cannot be read.
    pub(super) damaged: u64,
    /// Whether something stands behind the last whole line.
    pub(super) is_torn: bool,
}

/// Lines as they stand there; what is torn at the end is none yet.
pub(super) fn lines(path: &Path) -> Lines {
    let text = fs::read(path).unwrap_or_default();
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut lines = Lines { is_torn: whole < text.len(), ..Lines::default() };
    for line in text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match serde_json::from_slice::<Line<Record>>(line) {
            Ok(line) => {
                lines.last = line.n;
                lines.records.push((line.n, line.entry));
            }
            Err(_) => lines.damaged += 1,
        }
    }
    lines
}

/// The hour that goes on; none where nothing says so, or nothing that can be read.
pub(super) fn read_checkpoint(folder: &Path) -> Option<Checkpoint> {
    serde_json::from_slice(&fs::read(folder.join(CHECKPOINT)).ok()?).ok()
}

fn file_name(number: u64, day: Timestamp) -> String {
    format!("{number:010}-{}{ENDING}", day_of(day))
}

/// `20261130`
fn day_of(at: Timestamp) -> String {
    Time(at).to_string()[..10].replace('-', "")
}

/// Of the files in `folder`, those that can hold lines of that time: those of its days, and the one before if nothing ran then.
pub(super) fn files_of(folder: &Path, from: Timestamp, until: Timestamp) -> Vec<PathBuf> {
    let (first, last) = (day_of(from), day_of(until));
    let files = files(folder);
    let day = |path: &Path| parts_of(path).map(|(_, day)| day.to_owned()).unwrap_or_default();
    let days: Vec<String> = files.iter().map(|path| day(path)).collect();
    let holds = |at: usize| {
        let next = days.get(at + 1);
        let is_within = first <= days[at] && days[at] <= last;
        is_within || days[at] < first && next.is_none_or(|next| *next >= first)
    };
    let places = files.into_iter().enumerate().filter(|(at, _)| holds(*at));
    places.map(|(_, path)| path).collect()
}

/// The number and the day of the name of a file of lines.
fn parts_of(path: &Path) -> Option<(u64, &str)> {
    let (number, day) = path.file_name()?.to_str()?.strip_suffix(ENDING)?.split_once('-')?;
    Some((number.parse().ok()?, day))
}

fn number_in(path: &Path) -> Option<u64> {
    parts_of(path).map(|(number, _)| number)
}
