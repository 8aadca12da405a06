//! A log whose lines hold together: one JSON object a line, each with its number and the SHA-256 of the line before, so that
//! nothing can be changed or taken out in the middle without being noticed. The audit log and the coverage ledger are such logs.
//!
//! # Format and crash rules
//!
//! Every line holds `n` (counts without holes over all files of a log), `at`, `before` (SHA-256 of the line before, without its
//! end; zeros for the very first) and what the log is for. The chain goes on over files. [`Pen::write`] returns when the line
//! is on disk.
//!
//! When the log is opened again, a last line that a power cut left torn is cut off, and that is said: one without its end, or one
//! that is no line at all. Anything else that does not fit at the end is damage: it is said, nothing is cut off, and the chain goes
//! on so that [`verify`] finds the place for good. What is cut off at the end by somebody who can write the file is noticed
//! where the log's owner keeps a [`Head`] beside it; against somebody who changes both, keep copies elsewhere.
//!
//! Must never decide when a file is full, or what a line says.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::analysis::time::Timestamp;
use crate::contract::words::Time;
use crate::input_file;
use crate::text::{Sentence, audit as say};
use crate::types::hex::sha256_hex;

/// What stands for the line before the very first.
pub(crate) const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line<E> {
    /// Its number, from 1.
    pub n: u64,
    /// When, by the box's clock.
    pub at: Time,
    /// SHA-256 of the line before, hexadecimal.
    pub before: String,
    /// What the log is for.
    #[serde(flatten)]
    pub entry: E,
}

/// What the lines of a log hold.
pub(crate) trait Chained: DeserializeOwned {
    /// That a line is none of this log, and what the reader of JSON says.
    fn no_line(error: String) -> Sentence;
}

/// The last line of a log, as its owner keeps it beside the log: what was written by then must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its number.
    pub(crate) n: u64,
    /// Its SHA-256, hexadecimal.
    pub(crate) sha256: String,
}

/// The end of a log, open for writing.
#[derive(Debug)]
pub(crate) struct Pen {
    file: File,
    bytes: u64,
    n: u64,
    before: String,
}

/// A log that was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) pen: Pen,
    /// Bytes of a torn line that were cut off.
    pub(crate) torn: usize,
    /// What does not fit at its end.
    pub(crate) fault: Option<Sentence>,
}

impl Pen {
    /// Opens the file at `path`, which is made if it is not there; `older` is the full one before it. Where the log does not
    /// reach as far as `head`, or its last line is another one, it goes on after `head`, so that the place never fits again.
    ///
    /// # Errors
    /// A file cannot be used.
    pub(crate) fn open<E: Chained>(
        path: &Path,
        older: Option<&Path>,
        head: Option<&Head>,
    ) -> io::Result<Opened> {
        let text = read_if_there(path)?;
        let whole = whole::<E>(&text);
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        if whole < text.len() {
            file.set_len(whole as u64)?;
        }
        sync_folder_of(path)?;
        let here = lines(&text[..whole]).count();
        let older = match older.filter(|_| here < 2) {
            Some(older) => read_if_there(older)?,
            None => Vec::new(),
        };
        let mut end: Vec<&[u8]> = lines(&text[..whole]).rev().chain(lines(&older).rev()).take(2).collect();
        end.reverse();
        let (n, before) = match end.last() {
            Some(last) => (number_of(last).unwrap_or(0), sha256_hex(last)),
            None => (0, NOTHING_BEFORE.to_owned()),
        };
        let mut pen = Pen { file, bytes: whole as u64, n, before };
        let is_behind = head.and_then(|head| pen.go_on_after(head));
        let fault = is_behind.or_else(|| does_not_fit::<E>(&end));
        Ok(Opened { pen, torn: text.len() - whole, fault })
    }

    /// Where the end is not what it was, it goes on as if it were. Gives what is wrong.
    fn go_on_after(&mut self, head: &Head) -> Option<Sentence> {
        let fault = wrong_end(self.n, &self.before, head)?;
        (self.n, self.before) = (head.n, head.sha256.clone());
        Some(fault)
    }

    /// Writes a line; it is on disk when this returns.
    ///
    /// # Errors
    /// It could not be written; nothing of it is left.
    pub(crate) fn write<E: Serialize>(&mut self, at: Timestamp, entry: E) -> io::Result<()> {
        let line = Line { n: self.n + 1, at: Time(at), before: self.before.clone(), entry };
        let mut text = serde_json::to_vec(&line)?;
        let hash = sha256_hex(&text);
        text.push(b'\n');
        if let Err(error) = self.file.write_all(&text).and_then(|()| self.file.sync_data()) {
            // Half a line would break the chain for good.
            let _ = self.file.set_len(self.bytes);
            return Err(error);
        }
        self.bytes += text.len() as u64;
        self.n += 1;
        self.before = hash;
        Ok(())
    }

    /// Goes on in another file, which holds no line yet.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn go_on_in(&mut self, path: &Path) -> io::Result<()> {
        self.file = OpenOptions::new().create(true).append(true).open(path)?;
        self.bytes = 0;
        sync_folder_of(path)
    }

    /// Bytes of the file that is written to.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The number of the last line; 0 before the first.
    pub(crate) fn n(&self) -> u64 {
        self.n
    }

    /// The last line, to be kept beside the log; none before the first.
    pub(crate) fn head(&self) -> Option<Head> {
        (self.n > 0).then(|| Head { n: self.n, sha256: self.before.clone() })
    }
}

fn read_if_there(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

/// How much of a file is left without a last line that is torn: that has no end, or is no line.
fn whole<E: Chained>(text: &[u8]) -> usize {
    let end_of_line = |text: &[u8]| text.iter().rposition(|byte| *byte == b'\n');
    let Some(end) = end_of_line(text) else { return 0 };
    if end + 1 < text.len() {
        return end + 1;
    }
    let begin = end_of_line(&text[..end]).map_or(0, |before| before + 1);
    let is_line = serde_json::from_slice::<Line<E>>(&text[begin..end]).is_ok();
    if is_line { text.len() } else { begin }
}

/// What is wrong with the last two lines, taken by themselves.
fn does_not_fit<E: Chained>(end: &[&[u8]]) -> Option<Sentence> {
    let mut chain = Chain::default();
    end.iter().find_map(|line| chain.follow::<E>(line, true).err())
}

/// What is wrong with a last line of this number and hash.
fn wrong_end(n: u64, sha256: &str, head: &Head) -> Option<Sentence> {
    match n {
        n if n < head.n => Some(say::end_missing(n + 1, head.n)),
        n if n == head.n && sha256 != head.sha256 => Some(say::last_changed(n)),
        _ => None,
    }
}

/// The number of a line; `None` where it cannot be read.
pub(crate) fn number_of(line: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Numbered {
        n: u64,
    }
    serde_json::from_slice::<Numbered>(line).ok().map(|line| line.n)
}

fn lines(text: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// A log that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Lines read.
    pub lines: u64,
    /// Number of the first one: above 1 where older files are gone.
    pub first: u64,
    /// SHA-256 of the last line: to compare with a copy kept elsewhere.
    pub head: String,
}

impl Verified {
    /// For people.
    pub(crate) fn sentence(&self) -> Sentence {
        let lines = if self.lines == 1 { say::one_line() } else { say::lines(self.lines) };
        say::whole(lines, self.first, self.head.as_str())
    }
}

/// The first line that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: Sentence,
}

impl Fault {
    /// For people.
    pub fn sentence(&self) -> Sentence {
        say::does_not_fit(self.file.display(), self.line, self.what.clone())
    }
}

/// Reads `files`, oldest first, as one log, which must reach as far as `head`.
///
/// # Errors
/// A file cannot be read; inside, the first line that does not fit.
pub(crate) fn verify<E: Chained>(
    files: &[PathBuf],
    head: Option<&Head>,
) -> io::Result<Result<Verified, Fault>> {
    let mut chain = Chain::default();
    let mut line_of_end = 0;
    for path in files {
        let text = input_file::read(path)?;
        let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        // What follows the last line's end is nothing, or a line that is torn.
        let whole = lines.len().saturating_sub(1);
        for (index, line) in lines.iter().enumerate() {
            if index == whole && line.is_empty() {
                break;
            }
            let complete = index < whole;
            if let Err(what) = chain.follow::<E>(line, complete) {
                return Ok(Err(Fault { file: path.clone(), line: index as u64 + 1, what }));
            }
        }
        line_of_end = whole as u64;
    }
    let sha256 = chain.before.unwrap_or_else(|| NOTHING_BEFORE.to_owned());
    if let Some(what) = head.and_then(|head| wrong_end(chain.n, &sha256, head)) {
        let file = files.last().cloned().unwrap_or_default();
        return Ok(Err(Fault { file, line: line_of_end.max(1), what }));
    }
    Ok(Ok(Verified { lines: chain.lines, first: chain.first, head: sha256 }))
}

#[derive(Default)]
struct Chain {
    lines: u64,
    first: u64,
    n: u64,
    before: Option<String>,
}

impl Chain {
    fn follow<E: Chained>(&mut self, text: &[u8], complete: bool) -> Result<(), Sentence> {
        if !complete {
            return Err(say::no_end());
        }
        let line: Line<E> = serde_json::from_slice(text).map_err(|error| E::no_line(error.to_string()))?;
        match &self.before {
            None => {
                let begins = line.n == 1;
                if begins != (line.before == NOTHING_BEFORE) {
                    return Err(say::not_the_first());
                }
                self.first = line.n;
            }
            Some(_) if line.n != self.n + 1 => {
                return Err(say::lines_missing(line.n, self.n));
            }
            Some(before) if *before != line.before => {
                return Err(say::changed_before(self.n));
            }
            Some(_) => {}
        }
        self.lines += 1;
        self.n = line.n;
        self.before = Some(sha256_hex(text));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
