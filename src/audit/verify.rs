//! Verifies the hash chain of the audit log: every line follows from the one before.

use std::io;
use std::path::{Path, PathBuf};

use super::{Line, NOTHING_BEFORE};
use crate::input_file;
use crate::text::{Sentence, audit as say};
use crate::types::hex::sha256_hex;

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
pub fn verify(files: &[PathBuf]) -> io::Result<Result<Verified, Fault>> {
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
            if let Err(what) = chain.follow(line, complete) {
                return Ok(Err(fault(path, index, what)));
            }
        }
    }
    let head = chain.before.unwrap_or_else(|| NOTHING_BEFORE.to_owned());
    Ok(Ok(Verified { lines: chain.lines, first: chain.first, head }))
}

fn fault(path: &Path, index: usize, what: Sentence) -> Fault {
    Fault { file: path.to_owned(), line: index as u64 + 1, what }
}

struct Chain {
    lines: u64,
    first: u64,
    n: u64,
    before: Option<String>,
}

impl Chain {
    fn follow(&mut self, text: &[u8], complete: bool) -> Result<(), Sentence> {
        if !complete {
            return Err(say::no_end());
        }
        let line: Line = serde_json::from_slice(text).map_err(|error| say::no_line(error.to_string()))?;
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
