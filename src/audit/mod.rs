//! The audit log: who asked this box for what, and what became of it. One JSON object a line, each with the SHA-256
//! of the line before, so that nothing can be changed or taken out in the middle without being noticed.
//!
//! # Format and crash rules
//!
//! `audit.jsonl` is written to, `audit.1.jsonl` (the next older) to `audit.8.jsonl` are full. Every line holds `n` (counts
//! without holes over all files), `before` (SHA-256 of the line before, without its end; zeros for the very first) and
//! what happened. The chain goes on over files. [`Audit::record`] returns when the line is on disk: a command takes
//! effect after that. A line that was torn by a power cut is cut off at the next start, and a line says so. What
//! is cut off at the end by somebody who can write the file leaves no trace here: keep copies elsewhere against that.
//!
//! Must never hold a secret, and must never grow without bound: callers sum up floods before they come here.

mod excerpt;
mod verify;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::analysis::time::Timestamp;
use crate::contract::words::Time;
use crate::text::{Catalogue, Words, audit as say};
use crate::types::hex::sha256_hex;
use crate::types::language::Language;

pub use excerpt::Excerpt;
pub use verify::{Fault, Verified, verify};

/// A full file is this large.
const FILE_BYTES: u64 = 1024 * 1024;
/// Full files that are kept: with the one that is written, about 40,000 lines.
const FULL_FILES: u32 = 8;
/// What stands for the line before the very first.
const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What happened, as the log has it. What does not apply is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What sort of thing: `accepted`, `refused`, `refused_many`, `finished`, `marks`, `config`, `started`, `torn`.
    pub event: String,
    /// The command.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub command: Option<String>,
    /// Its request.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_id: Option<String>,
    /// The key whose signature was verified, if any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
    /// Who, in their own words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<String>,
    /// Why, in their own words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// `done`, `already`, `refused`, `failed`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<String>,
    /// What is to be said about it, in the language of the site.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    /// The detail as code and arguments, for readers of another language; absent in lines of older versions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub told: Option<Value>,
    /// How many, where one line stands for several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub count: Option<u64>,
    /// What was asked for, in full, where it changes how the box works.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub data: Option<Value>,
}

impl Entry {
    /// One of that sort, with nothing else said.
    pub fn of(event: &str) -> Self {
        Entry { event: event.to_owned(), ..Entry::default() }
    }

    /// Adds the detail, in the language of the site and as a code for other languages.
    #[must_use]
    pub(crate) fn with_detail(self, words: impl Into<Words>, language: Language) -> Self {
        let words = words.into();
        let told = match &words {
            // It says the same in every language.
            Words::Plain(_) => None,
            Words::Sentence(_) | Words::List(..) => Some(words.kept()),
        };
        Entry { detail: Some(words.in_language(language)), told, ..self }
    }

    /// What is to be said about it, for who reads that language: of an older version, or of one that is newer, as the site read
    /// it.
    pub(crate) fn detail_in(&self, language: Language, catalogue: &Catalogue) -> Option<String> {
        let words = self.told.as_ref().and_then(|told| Words::of_kept(told, catalogue));
        words.map(|words| words.in_language(language)).or_else(|| self.detail.clone())
    }
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its number, from 1.
    pub n: u64,
    /// When, by the box's clock.
    pub at: Time,
    /// SHA-256 of the line before, hexadecimal.
    pub before: String,
    /// What happened.
    #[serde(flatten)]
    pub entry: Entry,
}

/// The log, open for writing.
#[derive(Debug)]
pub struct Audit {
    pen: Mutex<Pen>,
}

#[derive(Debug)]
struct Pen {
    folder: PathBuf,
    file: File,
    bytes: u64,
    n: u64,
    before: String,
}

impl Audit {
    /// Opens the log in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// The folder or the file cannot be used.
    pub fn open(folder: &Path, now: Timestamp) -> io::Result<Audit> {
        fs::create_dir_all(folder)?;
        let path = file_in(folder, 0);
        let text = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        if whole < text.len() {
            file.set_len(whole as u64)?;
        }
        sync_folder(folder)?;
        let last = match last_line(&text[..whole]) {
            Some(last) => Some(last.to_vec()),
            // Just rotated, or the first start.
            None => fs::read(file_in(folder, 1)).ok().and_then(|full| last_line(&full).map(<[u8]>::to_vec)),
        };
        let n = last.as_deref().and_then(number_of).unwrap_or(0);
        let before = last.as_deref().map_or_else(|| NOTHING_BEFORE.to_owned(), sha256_hex);
        let pen = Pen { folder: folder.to_owned(), file, bytes: whole as u64, n, before };
        let audit = Audit { pen: Mutex::new(pen) };
        if whole < text.len() {
            let torn = Entry::of("torn").with_detail(say::torn(text.len() - whole), Language::English);
            audit.record(now, torn)?;
        }
        Ok(audit)
    }

    /// Writes a line; it is on disk when this returns.
    ///
    /// # Errors
    /// It could not be written: whatever it was about must not take effect.
    pub fn record(&self, at: Timestamp, entry: Entry) -> io::Result<()> {
        let mut pen = self.pen.lock();
        if pen.bytes >= FILE_BYTES {
            pen.turn_over()?;
        }
        let line = Line { n: pen.n + 1, at: Time(at), before: pen.before.clone(), entry };
        let mut text = serde_json::to_vec(&line)?;
        let hash = sha256_hex(&text);
        text.push(b'\n');
        if let Err(error) = pen.file.write_all(&text).and_then(|()| pen.file.sync_data()) {
            // Half a line would break the chain for good.
            let bytes = pen.bytes;
            let _ = pen.file.set_len(bytes);
            return Err(error);
        }
        pen.bytes += text.len() as u64;
        pen.n += 1;
        pen.before = hash;
        Ok(())
    }
}

impl Pen {
    /// Begins a new file; the oldest one goes. Where this was broken off before, it goes on: files move up only as far as there
    /// is no gap, so that none is lost for a file that cannot be made, however often that is tried.
    fn turn_over(&mut self) -> io::Result<()> {
        let is_free = |older: &u32| !file_in(&self.folder, *older).exists();
        let gap = (0..=FULL_FILES).find(is_free).unwrap_or(FULL_FILES);
        for older in (0..gap).rev() {
            fs::rename(file_in(&self.folder, older), file_in(&self.folder, older + 1))?;
        }
        self.file = OpenOptions::new().create(true).append(true).open(file_in(&self.folder, 0))?;
        self.bytes = 0;
        sync_folder(&self.folder)
    }
}

/// The log's files in `folder` that are there, oldest first.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    (0..=FULL_FILES).rev().map(|older| file_in(folder, older)).filter(|path| path.exists()).collect()
}

fn file_in(folder: &Path, older: u32) -> PathBuf {
    folder.join(if older == 0 { "audit.jsonl".to_owned() } else { format!("audit.{older}.jsonl") })
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn last_line(text: &[u8]) -> Option<&[u8]> {
    text.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty())
}

fn number_of(line: &[u8]) -> Option<u64> {
    serde_json::from_slice::<Line>(line).ok().map(|line| line.n)
}

#[cfg(test)]
mod tests;
