//! Problems of a manifest: where, what, and what to try. Reads and decides nothing.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::ENVIRONMENT;
use crate::text::{Sentence, argument, foreign, model as say};
use crate::types::language::Language;

/// Why there is no manifest to work with.
#[derive(Debug)]
pub enum ManifestError {
    /// No manifest at any of the usual places.
    NotFound {
        /// The places searched.
        searched: Vec<PathBuf>,
    },
    /// The file cannot be read.
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file cannot be written; it is as it was.
    Write {
        /// Which file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Somebody else wrote the file while an entry was being made for it; it is as they left it.
    Changed {
        /// Which file.
        file: PathBuf,
    },
    /// The file is wrong; every problem found.
    Problems {
        /// Which file.
        file: PathBuf,
        /// What is wrong, in the order of the file.
        problems: Vec<Problem>,
    },
    /// The manifest has no model of that name.
    UnknownModel {
        /// As asked for.
        name: String,
        /// Which manifest.
        file: PathBuf,
        /// What it has.
        known: Vec<String>,
    },
}

impl ManifestError {
    /// What is wrong, for people; of several problems of a file the first.
    pub fn sentence(&self) -> Sentence {
        use ManifestError as E;
        match self {
            E::NotFound { searched } => {
                say::no_manifest(say::listed(searched.iter().map(|path| path.display().to_string())))
            }
            E::Read { file, error } => say::manifest_unread(file.display(), argument::why_unread(error)),
            E::Write { file, error } => {
                say::manifest_unwritten(file.display(), argument::why_unwritten(error))
            }
            E::Changed { file } => say::manifest_changed(file.display()),
            E::Problems { file, problems } => match problems.first() {
                Some(first) => first.sentence(file),
                None => say::manifest_unread(file.display(), ""),
            },
            E::UnknownModel { name, file, .. } => say::unknown_model(file.display(), name),
        }
    }

    /// What to try; of several problems of a file with the first.
    pub fn hint(&self) -> Option<Sentence> {
        use ManifestError as E;
        match self {
            E::NotFound { .. } => Some(say::try_naming_manifest(ENVIRONMENT)),
            E::Write { .. } => Some(say::try_manifest_elsewhere()),
            E::Changed { .. } => Some(say::try_again()),
            E::Problems { problems, .. } => problems.first()?.hint.clone(),
            E::UnknownModel { known, .. } if known.is_empty() => Some(say::describes_none()),
            E::UnknownModel { known, .. } => {
                Some(say::it_has(say::listed(known.iter().map(|name| format!("`{name}`")))))
            }
            E::Read { error, .. } => Some(match error.kind() {
                io::ErrorKind::NotFound => argument::try_name(),
                _ => argument::hint_unread(error),
            }),
        }
    }

    /// All problems of a file with their hints, in that language. The caller writes the first `error: `.
    pub fn in_language(&self, language: Language) -> String {
        let ManifestError::Problems { file, problems } = self else {
            return self.sentence().with_hint(self.hint().as_ref(), language);
        };
        let lines =
            problems.iter().map(|problem| problem.sentence(file).with_hint(problem.hint.as_ref(), language));
        lines.collect::<Vec<_>>().join(&format!("\n{}", foreign::error("").in_language(language)))
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl std::error::Error for ManifestError {}

/// One thing that is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line and column, from 1.
    pub at: (usize, usize),
    /// What is wrong.
    pub what: Sentence,
    /// What to try.
    pub hint: Option<Sentence>,
}

/// Line and column (in characters) of a byte offset, from 1.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

impl Problem {
    /// With its place in the file.
    fn sentence(&self, file: &Path) -> Sentence {
        let (line, column) = self.at;
        say::problem(file.display(), line, column, self.what.clone())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.at.0, self.at.1, self.what)
    }
}
