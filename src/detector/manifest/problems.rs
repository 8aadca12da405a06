//! What may be wrong with a manifest, in words: where, what, and what to try. Reads and decides nothing.

use std::fmt;
use std::path::{Path, PathBuf};

use super::ENVIRONMENT;

/// Why there is no manifest to work with.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// None of the usual places has one.
    #[error(
        "no model manifest found; looked for {}\n  hint: name one with --manifest FILE or {ENVIRONMENT}=FILE",
        list_of_paths(.searched)
    )]
    NotFound {
        /// Where it was looked for.
        searched: Vec<PathBuf>,
    },
    /// The file cannot be read.
    #[error("model manifest {}: {error}", file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file cannot be written; it is as it was.
    #[error("model manifest {}: cannot be written: {error}\n  hint: may you write there? --manifest FILE names another one", file.display())]
    Write {
        /// Which file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Somebody else wrote the file while an entry was being made for it; it is as they left it.
    #[error("model manifest {}: was changed meanwhile, and nothing was written\n  hint: try again", file.display())]
    Changed {
        /// Which file.
        file: PathBuf,
    },
    /// The file is wrong; every problem found.
    #[error("{}", join(problems, file))]
    Problems {
        /// Which file.
        file: PathBuf,
        /// What is wrong, in the order of the file.
        problems: Vec<Problem>,
    },
    /// Nobody has described a model of that name.
    #[error("{} has no model `{name}`\n  hint: {}", file.display(), known_models(.known))]
    UnknownModel {
        /// As asked for.
        name: String,
        /// Which manifest.
        file: PathBuf,
        /// What it has.
        known: Vec<String>,
    },
}

/// One thing that is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line and column, from 1.
    pub at: (usize, usize),
    /// What is wrong.
    pub what: String,
    /// What to try.
    pub hint: Option<String>,
}

/// Line and column (in characters) of a byte offset, from 1.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// All problems as the user reads them. The caller writes the first `error: `.
fn join(problems: &[Problem], file: &Path) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| {
            let (line, column) = problem.at;
            let hint = problem.hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
            format!("{}:{line}:{column}: {}{hint}", file.display(), problem.what)
        })
        .collect();
    lines.join("\nerror: ")
}

fn list_of_paths(paths: &[PathBuf]) -> String {
    paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn known_models(known: &[String]) -> String {
    if known.is_empty() {
        return "it describes no model at all".to_owned();
    }
    let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("it has {}", names.join(", "))
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.at.0, self.at.1, self.what)
    }
}
