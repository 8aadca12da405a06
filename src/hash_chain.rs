//! A log whose lines hold together: one JSON object a line, each with its number and the SHA-256 of the line before, so that
//! nothing can be changed or taken out in the middle without being noticed. The audit log and the coverage ledger are such logs.
//!
//! # Format and crash rules
//!
//! Every line holds `n` (counts without holes over all files of a log), `at`, `before` (SHA-256 of the line before, without its
//! end; zeros for the very first) and what the log is for. The chain goes on over files. [`Pen::write`] returns when the line
//! is on disk. A line that was torn by a power cut is cut off when the log is opened again. What is cut off at the end by
//! somebody who can write the file leaves no trace here: keep copies elsewhere against that.
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

/// The end of a log, open for writing.
#[derive(Debug)]
pub(crate) struct Pen {
    file: File,
    bytes: u64,
    n: u64,
    before: String,
}

impl Pen {
    /// Opens the file at `path`, which is made if it is not there; `older` is the full one before it. Also returns how many
    /// bytes of a torn line were cut off.
    ///
    /// # Errors
    /// The file cannot be used.
    pub(crate) fn open(path: &Path, older: Option<&Path>) -> io::Result<(Pen, usize)> {
        let text = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        if whole < text.len() {
            file.set_len(whole as u64)?;
        }
        sync_folder_of(path)?;
        let last = match last_line(&text[..whole]) {
            Some(last) => Some(last.to_vec()),
            // Just rotated, or the first start.
            None => older
                .and_then(|older| fs::read(older).ok())
                .as_deref()
                .and_then(last_line)
                .map(<[u8]>::to_vec),
        };
        let n = last.as_deref().and_then(number_of).unwrap_or(0);
        let before = last.as_deref().map_or_else(|| NOTHING_BEFORE.to_owned(), sha256_hex);
        Ok((Pen { file, bytes: whole as u64, n, before }, text.len() - whole))
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
}

/// The number of a line; `None` where it cannot be read.
pub(crate) fn number_of(line: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Numbered {
        n: u64,
    }
    serde_json::from_slice::<Numbered>(line).ok().map(|line| line.n)
}

fn last_line(text: &[u8]) -> Option<&[u8]> {
    text.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty())
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

/// Reads `files`, oldest first, as one log.
///
/// # Errors
/// A file cannot be read; inside, the first line that does not fit.
pub(crate) fn verify<E: Chained>(files: &[PathBuf]) -> io::Result<Result<Verified, Fault>> {
    let mut chain = Chain { lines: 0, first: 0, n: 0, before: None };
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
    }
    let head = chain.before.unwrap_or_else(|| NOTHING_BEFORE.to_owned());
    Ok(Ok(Verified { lines: chain.lines, first: chain.first, head }))
}

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
