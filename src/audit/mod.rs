//! The audit log: who asked this box for what, and what became of it. One JSON object a line, each with the SHA-256
//! of the line before, so that nothing can be changed or taken out in the middle without being noticed.
//!
//! # Format and crash rules
//!
//! `audit.jsonl` is written to, `audit.1.jsonl` (the next older) to `audit.8.jsonl` are full; their lines are as
//! `hash_chain` says. [`Audit::record`] returns when the line is on disk: a command takes effect after that. A line
//! that was torn by a power cut is cut off at the next start, and a line says so; one says, too, if the end does not fit.
//!
//! Must never hold a secret, and must never grow without bound: callers sum up floods before they come here.

mod excerpt;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::analysis::time::Timestamp;
use crate::hash_chain::{self, Chained, number_of};
use crate::text::{Catalogue, Sentence, Words, audit as say, log_error};
use crate::types::language::Language;

pub use crate::hash_chain::{Fault, Verified};
pub use excerpt::Excerpt;

/// A full file is this large.
const FILE_BYTES: u64 = 1024 * 1024;
/// Full files that are kept: with the one that is written, about 40,000 lines.
const FULL_FILES: u32 = 8;

/// What happened, as the log has it. What does not apply is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What sort of thing: `accepted`, `refused`, `refused_many`, `finished`, `marks`, `config`, `started`, `torn`, `damaged`.
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
pub type Line = hash_chain::Line<Entry>;

impl Chained for Entry {
    fn no_line(error: String) -> Sentence {
        say::no_line(error)
    }
}

/// The log, open for writing.
#[derive(Debug)]
pub struct Audit {
    pen: Mutex<Pen>,
}

#[derive(Debug)]
struct Pen {
    folder: PathBuf,
    chain: hash_chain::Pen,
}

impl Audit {
    /// Opens the log in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// The folder or the file cannot be used.
    pub fn open(folder: &Path, now: Timestamp) -> io::Result<Audit> {
        fs::create_dir_all(folder)?;
        let hash_chain::Opened { pen: chain, torn, fault } =
            hash_chain::Pen::open::<Entry>(&file_in(folder, 0), Some(&file_in(folder, 1)), None)?;
        let audit = Audit { pen: Mutex::new(Pen { folder: folder.to_owned(), chain }) };
        if torn > 0 {
            audit.record(now, Entry::of("torn").with_detail(say::torn(torn), Language::English))?;
        }
        if let Some(what) = fault {
            log_error!(say::is_damaged(what.clone()); folder = %folder.display());
            audit.record(now, Entry::of("damaged").with_detail(what, Language::English))?;
        }
        Ok(audit)
    }

    /// Writes a line; it is on disk when this returns.
    ///
    /// # Errors
    /// It could not be written: whatever it was about must not take effect.
    pub fn record(&self, at: Timestamp, entry: Entry) -> io::Result<()> {
        let mut pen = self.pen.lock();
        if pen.chain.bytes() >= FILE_BYTES {
            pen.turn_over()?;
        }
        pen.chain.write(at, entry)
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
        self.chain.go_on_in(&file_in(&self.folder, 0))
    }
}

/// Reads `files`, oldest first, as one log.
///
/// # Errors
/// A file cannot be read; inside, the first line that does not fit.
pub fn verify(files: &[PathBuf]) -> io::Result<Result<Verified, Fault>> {
    hash_chain::verify::<Entry>(files, None)
}

/// The log's files in `folder` that are there, oldest first.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    (0..=FULL_FILES).rev().map(|older| file_in(folder, older)).filter(|path| path.exists()).collect()
}

fn file_in(folder: &Path, older: u32) -> PathBuf {
    folder.join(if older == 0 { "audit.jsonl".to_owned() } else { format!("audit.{older}.jsonl") })
}

#[cfg(test)]
mod tests;
