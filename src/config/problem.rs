//! Problems of a configuration file, ready to be read: reported all at once, each with its place. They are collected in
//! [`super::report`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::text::{Rendered, Sentence, Words, config, foreign};
use crate::types::language::Language;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// It can, but probably says something that was not meant.
    Warning,
}

/// One problem, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Whether it concerns the file as a whole: then its place is the beginning and is not shown.
    pub is_of_whole: bool,
    /// What is wrong, with which thing.
    pub what: Words,
    /// What to try.
    pub hint: Option<Words>,
    /// The line itself and how many characters of it are meant; absent where a secret could stand on it.
    pub excerpt: Option<(String, usize)>,
}

/// All problems of one file: errors in the order of the file, then warnings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file.
    pub path: PathBuf,
    /// At least one.
    pub list: Vec<Problem>,
    pub(super) sha256: Option<String>,
    /// The secret files and certificates that it names: once one of them is put right, it may be right as well.
    pub(crate) secret_files: BTreeSet<PathBuf>,
}

impl Problems {
    /// Errors in the order of the file, then warnings.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// All of them, one below the other.
    pub fn in_language(&self, language: Language) -> String {
        let reported: Vec<String> =
            self.iter().map(|problem| problem.of(&self.path, language).to_string()).collect();
        reported.join("\n")
    }

    /// Problems of a configuration as a whole, with no place in it.
    pub(crate) fn of_the_whole(path: &Path, sha256: Option<&str>, whats: Vec<impl Into<Words>>) -> Problems {
        let list = whats.into_iter().map(Problem::of_the_whole).collect();
        let sha256 = sha256.map(str::to_owned);
        Problems { path: path.to_owned(), list, sha256, secret_files: BTreeSet::new() }
    }

    /// Adds the secret files and certificates that the configuration names.
    pub(crate) fn naming(mut self, secret_files: BTreeSet<PathBuf>) -> Problems {
        self.secret_files = secret_files;
        self
    }

    /// SHA-256 over what the file says; over its bytes where it is no TOML.
    pub fn sha256(&self) -> Option<&str> {
        self.sha256.as_deref()
    }
}

impl std::error::Error for Problems {}

/// In English.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl Problem {
    /// An error of a configuration as a whole, with no place in it.
    pub(crate) fn of_the_whole(what: impl Into<Words>) -> Problem {
        Problem {
            severity: Severity::Error,
            line: 1,
            column: 1,
            is_of_whole: true,
            what: what.into(),
            hint: None,
            excerpt: None,
        }
    }

    /// The problem as people read it, with its file.
    pub fn of<'p>(&'p self, path: &'p Path, language: Language) -> impl fmt::Display {
        fmt::from_fn(move |f| write_problem(f, path, self, language))
    }

    /// What is wrong as it is published: the code of what is said, what stands in it, and as `owner` what it is said of.
    /// `None` if it is no sentence.
    pub fn rendered(&self, language: Language) -> Option<Rendered> {
        let whole = self.what.sentence()?;
        let inner = whole.value("what").filter(|_| whole.code() == OF).and_then(Words::sentence);
        let Some(what) = inner else { return Some(whole.rendered(language)) };
        let of_owner = whole.args(language).into_iter();
        let mut args: BTreeMap<String, String> =
            of_owner.filter(|(name, _)| name == "owner" || name.starts_with("owner.")).collect();
        args.extend(what.args(language));
        Some(Rendered { code: what.code().to_owned(), args, text: whole.in_language(language) })
    }

    /// What to try as it is published; nothing where that is no sentence.
    pub(crate) fn hint_rendered(&self, language: Language) -> Option<Rendered> {
        Some(self.hint.as_ref()?.sentence()?.rendered(language))
    }

    /// What is wrong, without what it is said of.
    #[cfg(feature = "web")]
    pub(crate) fn what_alone(&self) -> &Words {
        let whole = self.what.sentence().filter(|whole| whole.code() == OF);
        whole.and_then(|whole| whole.value("what")).unwrap_or(&self.what)
    }

    /// Says one thing more of what to try.
    pub(super) fn also(&mut self, more: Sentence) {
        self.hint = Some(match self.hint.take() {
            Some(hint) => config::and_also(hint, more).into(),
            None => more.into(),
        });
    }

    /// Whether it is said of that camera, alone or with others.
    pub(crate) fn is_of_camera(&self, id: &str) -> bool {
        let names = |code: &str, name: &str| Some(self.what.first_of(code)?.value(name)?.clone());
        match (names(CAMERA, "id"), names(CAMERAS, "ids")) {
            (Some(one), _) => one.to_string() == id,
            (None, Some(Words::List(several, _))) => {
                several.iter().any(|one| one.to_string() == format!("`{id}`"))
            }
            (None, _) => false,
        }
    }
}

fn write_problem(
    f: &mut fmt::Formatter<'_>,
    path: &Path,
    problem: &Problem,
    language: Language,
) -> fmt::Result {
    let Problem { line, column, .. } = problem;
    let place = match problem.is_of_whole {
        true => path.display().to_string(),
        false => format!("{}:{line}:{column}", path.display()),
    };
    let what = config::at(place, problem.what.clone());
    let reported = match problem.severity {
        Severity::Error => foreign::error(what),
        Severity::Warning => foreign::warning(what),
    };
    f.write_str(&reported.in_language(language))?;
    if let Some((text, width)) = &problem.excerpt {
        let margin = " ".repeat(line.to_string().len());
        let before: String = text
            .chars()
            .take(*column as usize - 1)
            // A tab keeps its width, and a Chinese character takes two columns on a terminal.
            .map(|c| {
                if c == '\t' {
                    "\t"
                } else if is_wide(c) {
                    "  "
                } else {
                    " "
                }
            })
            .collect();
        write!(f, "\n  {line} | {text}\n  {margin} | {before}{}", "^".repeat((*width).max(1)))?;
    }
    if let Some(hint) = &problem.hint {
        write!(f, "\n  {}", foreign::hint(hint.clone()).in_language(language))?;
    }
    Ok(())
}

/// Whether a character takes two columns: the East Asian blocks that occur in addresses.
fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe4f | 0xff00..=0xff60 | 0xffe0..=0xffe6)
}

/// The sentence that names a camera: [`config::camera`].
pub(super) const CAMERA: &str = "config.camera";
/// The one that names several: [`config::cameras`].
pub(super) const CAMERAS: &str = "config.cameras";
/// The one that says something of something: [`config::of`].
const OF: &str = "config.of";
