//! Problems of a configuration file: collected while it is read, told all at once, each with its place.
//!
//! Input: the text of the file. Must never show a secret: lines on which one could stand are never quoted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::layers::Places;
use super::quotable::{Broken, could_hold_a_secret, without_comment};
use super::{lookalike, suggest};
use crate::text::{Sentence, Told, Words, config, config_syntax, foreign};
use crate::types::language::Language;

/// The text of a configuration file and where it came from.
#[derive(Clone)]
pub(crate) struct Source {
    path: Arc<Path>,
    text: Arc<str>,
    /// The first byte of each line.
    line_starts: Arc<[usize]>,
    /// As it was typed, where slips in the text were put right: the same lines, and those are shown.
    typed: Option<Arc<Source>>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the text: it may be long, and a broken one may hold anything.
        f.debug_struct("Source").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Source {
    /// A text that was read from `path`.
    pub(crate) fn new(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Self {
        let text: Arc<str> = text.into();
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(after_breaks).collect();
        Source { path: path.into().into(), text, line_starts, typed: None }
    }

    /// This text as another one that has the same lines, in which slips are put right.
    pub(super) fn mended(&self, text: String) -> Self {
        let mended = Source { path: Arc::clone(&self.path), ..Source::new("", text) };
        Source { typed: Some(Arc::new(self.clone())), ..mended }
    }

    /// Where it came from.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Line and column (in characters), both from 1, of a byte. Bytes past the end count as the end.
    pub(crate) fn position(&self, byte: usize) -> (u32, u32) {
        let byte = byte.min(self.text.len());
        let line = self.line_index(byte);
        let before = &self.text.as_bytes()[self.line_starts[line]..byte];
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        let column = match &self.typed {
            Some(_) => column.min(self.typed_line(line).chars().count() + 1),
            None => column,
        };
        (u32::try_from(line + 1).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// The lines without their ends, each with its first byte.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.line_starts.iter().enumerate().map(|(line, &start)| (start, self.typed_line(line)))
    }

    /// The lines above the one that holds a byte, the nearest first.
    pub(super) fn lines_above(&self, byte: usize) -> impl Iterator<Item = &str> {
        (0..self.line_index(byte.min(self.text.len()))).rev().map(|line| self.typed_line(line))
    }

    /// The first byte of the line that holds a byte.
    pub(super) fn line_start(&self, byte: usize) -> usize {
        self.line_starts[self.line_index(byte.min(self.text.len()))]
    }

    /// The line that holds a byte, without its end, as it was typed.
    pub(super) fn line_at(&self, byte: usize) -> &str {
        self.typed_line(self.line_index(byte.min(self.text.len())))
    }

    /// A line by its number from 0, without its end, as it was typed.
    fn typed_line(&self, line: usize) -> &str {
        let Source { text, line_starts, .. } = self.typed.as_deref().unwrap_or(self);
        let start = line_starts.get(line).copied().unwrap_or(text.len());
        let end = line_starts.get(line + 1).copied().unwrap_or(text.len());
        text[start..end].trim_end_matches(['\n', '\r'])
    }

    /// From 0; there is always a first line.
    fn line_index(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|&start| start <= byte).saturating_sub(1)
    }
}

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
    /// Whether it is of the file as a whole: then its place is the beginning, and not told to people.
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
        let told: Vec<String> =
            self.iter().map(|problem| problem.of(&self.path, language).to_string()).collect();
        told.join("\n")
    }

    /// Problems of a configuration as a whole, with no place in it.
    pub(crate) fn of_the_whole(path: &Path, sha256: Option<&str>, whats: Vec<impl Into<Words>>) -> Problems {
        let problem = |what| Problem {
            severity: Severity::Error,
            line: 1,
            column: 1,
            is_of_whole: true,
            what,
            hint: None,
            excerpt: None,
        };
        let list = whats.into_iter().map(Into::into).map(problem).collect();
        let sha256 = sha256.map(str::to_owned);
        Problems { path: path.to_owned(), list, sha256, secret_files: BTreeSet::new() }
    }

    /// The same, of a configuration that names these secret files and certificates.
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
    /// The problem as people read it, with its file.
    pub fn of<'p>(&'p self, path: &'p Path, language: Language) -> impl fmt::Display {
        fmt::from_fn(move |f| write_problem(f, path, self, language))
    }

    /// What is wrong as it is published: the code of what is said, what stands in it, and as `owner` what it is said of.
    /// Nothing where that is no sentence.
    pub fn told(&self, language: Language) -> Option<Told> {
        let whole = self.what.sentence()?;
        let inner = whole.value("what").filter(|_| whole.code() == OF).and_then(Words::sentence);
        let Some(what) = inner else { return Some(whole.told(language)) };
        let of_owner = whole.args(language).into_iter();
        let mut args: BTreeMap<String, String> =
            of_owner.filter(|(name, _)| name == "owner" || name.starts_with("owner.")).collect();
        args.extend(what.args(language));
        Some(Told { code: what.code().to_owned(), args, text: whole.in_language(language) })
    }

    /// What to try as it is published; nothing where that is no sentence.
    pub(crate) fn hint_told(&self, language: Language) -> Option<Told> {
        Some(self.hint.as_ref()?.sentence()?.told(language))
    }

    /// What is wrong, without what it is said of.
    #[cfg(feature = "web")]
    pub(crate) fn what_alone(&self) -> &Words {
        let whole = self.what.sentence().filter(|whole| whole.code() == OF);
        whole.and_then(|whole| whole.value("what")).unwrap_or(&self.what)
    }

    /// Says one thing more of what to try.
    fn also(&mut self, more: Sentence) {
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
    let told = match problem.severity {
        Severity::Error => foreign::error(what),
        Severity::Warning => foreign::warning(what),
    };
    f.write_str(&told.in_language(language))?;
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

/// Most problems that are told of one file; a file with more has one mistake that is made again and again.
const MOST_PROBLEMS: usize = 200;

/// A problem while the file is still being read.
#[derive(Debug)]
struct Found {
    span: Range<usize>,
    severity: Severity,
    what: Words,
    hint: Option<Words>,
    /// May only be there because something else could not be read.
    consequence: bool,
}

/// Collects the problems of one file.
#[derive(Debug)]
pub(super) struct Report<'s> {
    source: &'s Source,
    found: Vec<Found>,
    /// Bytes at which the text is no TOML.
    unreadable_at: BTreeSet<usize>,
    /// Where the values stand that several cameras have in common.
    shared: Places,
    /// Where something begins that may hold a secret, whatever it looks like.
    hidden: BTreeMap<usize, Hidden>,
}

/// What is not quoted of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hidden {
    /// All of it.
    Whole,
    /// What stands behind a name.
    Behind,
}

impl<'s> Report<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        Report {
            source,
            found: Vec::new(),
            unreadable_at: BTreeSet::new(),
            shared: Places::new(),
            hidden: BTreeMap::new(),
        }
    }

    pub(super) fn error(&mut self, span: &Range<usize>, what: impl Into<Words>) -> Note<'_> {
        self.add(span, Severity::Error, what.into())
    }

    pub(super) fn warning(&mut self, span: &Range<usize>, what: impl Into<Words>) -> Note<'_> {
        self.add(span, Severity::Warning, what.into())
    }

    /// The text is no TOML at this place.
    pub(super) fn unreadable(&mut self, span: &Range<usize>, what: impl Into<Words>) -> Note<'_> {
        self.unreadable_at.insert(span.start);
        self.add(span, Severity::Error, what.into())
    }

    fn add(&mut self, span: &Range<usize>, severity: Severity, what: Words) -> Note<'_> {
        let at = self.found.len();
        self.found.push(Found { span: span.clone(), severity, what, hint: None, consequence: false });
        Note { found: &mut self.found[at] }
    }

    /// These values are those of several cameras: what is wrong with one of them is told once for all of these.
    pub(super) fn has_layers(&mut self, places: Places) {
        self.shared = places;
    }

    /// The text of the file.
    pub(super) fn text(&self) -> &'s str {
        self.source.text()
    }

    /// What stands there may hold a secret, whatever it looks like: it is never quoted.
    pub(super) fn hide(&mut self, span: &Range<usize>) {
        self.hidden.insert(span.start, Hidden::Whole);
    }

    /// A name that nobody knows stands there: nobody knows either whether what follows may be quoted.
    pub(super) fn hide_behind(&mut self, name: &Range<usize>) {
        self.hidden.entry(name.start).or_insert(Hidden::Behind);
    }

    /// Line and column of a place.
    pub(super) fn position(&self, span: &Range<usize>) -> (u32, u32) {
        self.source.position(span.start)
    }

    pub(super) fn has_errors(&self) -> bool {
        self.found.iter().any(|found| found.severity == Severity::Error)
    }

    /// Everything found, each once: errors in the order of the file, then warnings.
    ///
    /// Where the text is no TOML, what the reader made of the rest is a guess: then what stands on such a
    /// line, and what may be a mere consequence, is left out.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        let broken_lines: BTreeSet<u32> =
            self.unreadable_at.iter().map(|&byte| self.source.position(byte).0).collect();
        self.found.sort_by_key(|found| (found.severity, found.span.start));
        self.found = once_for_all_cameras(self.found, &self.shared);
        let broken = (!broken_lines.is_empty()).then(|| Broken::of(self.source));
        let mut problems: Vec<Problem> = Vec::new();
        let mut told_lines: BTreeSet<u32> = BTreeSet::new();
        for (told, found) in self.found.iter().enumerate() {
            if problems.len() == MOST_PROBLEMS {
                problems.push(self.and_more(found, self.found.len() - told));
                break;
            }
            let (line, _) = self.source.position(found.span.start);
            let is_syntax = self.unreadable_at.contains(&found.span.start);
            let is_echo = match broken_lines.contains(&line) {
                true => !is_syntax || !told_lines.insert(line),
                false => found.consequence && !broken_lines.is_empty(),
            };
            if is_echo {
                continue;
            }
            let mut problem = self.problem(found, broken.as_ref());
            let line_text = self.source.line_at(found.span.start);
            let is_hidden = self.hides(&found.span, broken.as_ref());
            let alike = if is_syntax {
                lookalike::on_line(line_text, is_hidden)
            } else {
                let typed = self.source.text.get(found.span.clone()).unwrap_or_default();
                lookalike::in_value(typed, is_hidden)
            };
            // Typed right, it may be what was wanted: anything else is for the next time.
            problem.hint = alike.or(problem.hint);
            if is_syntax && is_hidden && !line_text.trim().is_empty() {
                problem.also(config_syntax::withheld());
            }
            let layer = self.shared.get(&found.span.start).filter(|_| is_of_cameras(&found.what));
            if let Some(layer) = layer {
                // Who leaves out what a layer says looks for it in vain in the camera.
                problem.also(config::stands_in(layer.told()));
            }
            let same_place = |other: &&Problem| (other.line, other.column) == (problem.line, problem.column);
            let is_told = problems.iter().rev().take_while(same_place).any(|other| *other == problem);
            if !is_told {
                problems.push(problem);
            }
        }
        problems
    }

    fn problem(&self, found: &Found, broken: Option<&Broken<'_>>) -> Problem {
        let (line, column) = self.source.position(found.span.start);
        let excerpt = match self.hidden.get(&found.span.start) {
            None => excerpt(self.source, &found.span, broken),
            Some(Hidden::Behind) => excerpt_up_to(self.source, &found.span, broken),
            Some(Hidden::Whole) => None,
        };
        let Found { severity, what, hint, .. } = found;
        let (what, hint) = (what.clone(), hint.clone());
        Problem { severity: *severity, line, column, is_of_whole: false, what, hint, excerpt }
    }

    /// Whether a secret could stand on the line where something begins.
    fn hides(&self, span: &Range<usize>, broken: Option<&Broken<'_>>) -> bool {
        self.hidden.get(&span.start) == Some(&Hidden::Whole)
            || hides(self.source.line_at(span.start), span.start, broken)
    }

    /// Stands for the problems that nobody would read.
    fn and_more(&self, next: &Found, count: usize) -> Problem {
        let what = config::and_more(count).into();
        Problem { what, hint: None, excerpt: None, ..self.problem(next, None) }
    }
}

/// What is said of one value of a layer for one camera after the other, said once: of all of these cameras. `found` is
/// sorted by place.
fn once_for_all_cameras(found: Vec<Found>, shared: &Places) -> Vec<Found> {
    struct OnceTold {
        found: Found,
        /// What is said of whichever camera, and of which.
        of_cameras: Option<(Words, BTreeSet<String>)>,
    }
    let mut told: Vec<OnceTold> = Vec::with_capacity(found.len());
    for next in found {
        let place = next.span.start;
        let Some(camera) = shared.get(&place).and_then(|_| first_camera(&next.what)) else {
            told.push(OnceTold { found: next, of_cameras: None });
            continue;
        };
        let said = next.what.clone().with_first_of(CAMERA, Words::Plain(String::new()));
        let at_this_place = told.iter_mut().rev().take_while(|told| told.found.span.start == place);
        let same = at_this_place
            .filter(|told| told.found.severity == next.severity)
            .filter_map(|told| told.of_cameras.as_mut())
            .find(|(other, _)| *other == said);
        match same {
            Some((_, cameras)) => _ = cameras.insert(camera),
            None => told.push(OnceTold { found: next, of_cameras: Some((said, BTreeSet::from([camera]))) }),
        }
    }
    let joined = told.into_iter().map(|OnceTold { found, of_cameras }| {
        let Some((_, cameras)) = of_cameras.filter(|(_, cameras)| cameras.len() > 1) else { return found };
        let cameras: Vec<&str> = cameras.iter().map(String::as_str).collect();
        let all = config::cameras(suggest::listed(&cameras)).into();
        Found { what: found.what.clone().with_first_of(CAMERA, all), ..found }
    });
    joined.collect()
}

/// The sentence that names a camera: [`config::camera`].
const CAMERA: &str = "config.camera";
/// The one that names several: [`config::cameras`].
const CAMERAS: &str = "config.cameras";
/// The one that says something of something: [`config::of`].
const OF: &str = "config.of";

/// The camera that a sentence names first.
fn first_camera(what: &Words) -> Option<String> {
    Some(what.first_of(CAMERA)?.value("id")?.to_string())
}

/// Whether a sentence is of one camera or of several.
fn is_of_cameras(what: &Words) -> bool {
    what.first_of(CAMERA).is_some() || what.first_of(CAMERAS).is_some()
}

/// The problem that was just added, to say more about it.
pub(super) struct Note<'r> {
    found: &'r mut Found,
}

impl Note<'_> {
    pub(super) fn hint(self, hint: impl Into<Words>) -> Self {
        self.found.hint = Some(hint.into());
        self
    }

    pub(super) fn maybe_hint(self, hint: Option<impl Into<Words>>) -> Self {
        self.found.hint = hint.map(Into::into);
        self
    }

    /// It may only be there because something else could not be read.
    pub(super) fn consequence(self) -> Self {
        self.found.consequence = true;
        self
    }
}

/// The line of a problem, unless a secret could stand on it; `broken` where the text is no TOML.
fn excerpt(source: &Source, span: &Range<usize>, broken: Option<&Broken<'_>>) -> Option<(String, usize)> {
    let whole = source.line_at(span.start);
    let line = without_comment(whole);
    // What is missing altogether is reported at the beginning of the file, which says nothing about it.
    if span.end == 0 {
        return None;
    }
    if line.trim().is_empty() || line.chars().count() > 200 || hides(whole, span.start, broken) {
        return None;
    }
    let (first, column) = source.position(span.start);
    let (last, end_column) = source.position(span.end.max(span.start));
    let room = line.chars().count() + 1 - (column as usize - 1).min(line.chars().count());
    let width = if first == last { (end_column - column) as usize } else { room.saturating_sub(1) };
    Some((line.trim_end().to_owned(), width.clamp(1, room)))
}

/// The line up to the end of a name, where only names and brackets stand before it: a header, or the beginning of a line.
fn excerpt_up_to(
    source: &Source,
    name: &Range<usize>,
    broken: Option<&Broken<'_>>,
) -> Option<(String, usize)> {
    let (line, width) = excerpt(source, name, broken)?;
    let (_, column) = source.position(name.start);
    let is_of_names =
        |c: char| c.is_alphanumeric() || c.is_whitespace() || matches!(c, '[' | '.' | '_' | '-');
    let (before, end) = (column as usize - 1, column as usize - 1 + width);
    let brackets = line.chars().skip(end).take_while(|c| *c == ']').count();
    let shown = line.chars().take(end + brackets).collect();
    line.chars().take(before).all(is_of_names).then_some((shown, width))
}

/// Whether a secret could stand on the line that holds a byte.
fn hides(line: &str, byte: usize, broken: Option<&Broken<'_>>) -> bool {
    could_hold_a_secret(line) || broken.is_some_and(|broken| broken.could_hold_a_secret(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_characters_and_survives_any_byte() {
        let source = Source::new("site.toml", "a = 1\n地 = 2\r\nx");
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(6), (2, 1));
        assert_eq!(source.position(9), (2, 2));
        assert_eq!(source.position(10_000), (3, 2));
        for byte in 0..20 {
            source.position(byte);
            excerpt(&source, &(byte..byte + 3), None);
            excerpt(&source, &(byte..byte + 3), Some(&Broken::of(&source)));
            source.line_at(byte);
        }
    }

    /// The lines of a broken file that may be quoted.
    fn quotable(text: &str) -> Vec<String> {
        let source = Source::new("site.toml", text);
        let broken = Broken::of(&source);
        let is_quoted = |start: &&usize| excerpt(&source, &(**start..**start + 1), Some(&broken)).is_some();
        source.line_starts.iter().filter(is_quoted).map(|start| source.line_at(*start).to_owned()).collect()
    }

    #[test]
    fn a_broken_file_is_quoted_where_no_secret_can_stand() {
        let text = "[site]\nbox = \"b\narea ＝ \"530127\"\nurl = \"rtsp://10.0.0.31\nsecret = \"hunter2\n[[camera]\n";
        // What `secret` began may go on in the line below it.
        assert_eq!(quotable(text)[1..], ["box = \"b", "area ＝ \"530127\""]);
        for broken in [
            "secret = \"\"\"\nhunter2\nx = \"hunter2\"\n\"\"\"",
            "secret = [\n\"hunter2\",\nx = \"hunter2\"",
            "secret = {\n  value = \"hunter2\"",
            "secret =\nx = hunter2",
            "secret = \"my\nhunter2\"",
            "pasword = hunter2",
            "[secrets]\ncam-1 = hunter2",
            "passwor\nd = \"hunter2\"",
            "secre\nt = \"hunter2\"",
            "secret = \"us\ner:hunter2\"",
            "admin:hunter2",
            "pasword: hunter2",
            "pasword ＝ \"hunter2\"",
            "ｓｅｃｒｅｔ ＝ “hunter2”",
            "pw = hunter2",
            "psw = hunter2",
            "口令 = \"hunter2\"",
            "密钥 = \"hunter2\"",
            "令牌 = \"hunter2\"",
            "用户 = \"hunter2\"",
            "whatever = \"hunter2\"",
            "whatever = [\nbox = \"hunter2\"",
            "whatever = [\n12,\nbox = \"hunter2\"",
            "hunter2",
        ] {
            let text = format!("[site]\nbox ＝ \"b\"\n[[camera]]\n{broken}\n");
            let quoted = quotable(&text);
            assert!(!quoted.join("\n").contains("hunter2"), "{broken}");
            assert!(quoted.iter().any(|line| line.starts_with("box ＝")), "{broken}: {quoted:?}");
            assert!(!quotable(broken).join("\n").contains("hunter2"), "{broken}");
        }
    }

    #[test]
    fn no_character_of_what_may_be_a_secret_is_named_in_a_broken_file() {
        let source = Source::new("site.toml", "id ＝ ３\nwhatever ＝ ｈｕｎｔｅｒ２\n");
        let mut report = Report::new(&source);
        for name in ["id", "whatever"] {
            let start = source.text().find(name).unwrap();
            report.unreadable(&(start..start + 2), config::leave_out());
        }
        let problems = report.finish();
        let hints = problems.iter().map(|problem| problem.hint.as_ref().unwrap().to_string());
        let [known, unknown] = &hints.collect::<Vec<_>>()[..] else { panic!("{problems:#?}") };
        assert!(known.contains('＝') && known.contains('３'), "{known}");
        assert!(unknown.contains('＝') && !unknown.contains(['ｈ', 'ｕ', 'ｎ']), "{unknown}");
        assert_eq!((problems[0].excerpt.is_some(), &problems[1].excerpt), (true, &None));
    }

    #[test]
    fn nothing_is_quoted_behind_a_text_over_several_lines_and_consequences_are_left_out() {
        let line = "box = \"b\"\n";
        for (begins, is_quoted) in [("# a comment\n", true), ("name = '''\n", false)] {
            let source = Source::new("site.toml", format!("{begins}{}[site\n", line.repeat(20_000)));
            let mut report = Report::new(&source);
            for number in 0..20_000 {
                let start = begins.len() + number * line.len();
                report.error(&(start..start + 3), config::leave_out()).consequence();
            }
            let start = source.text().len() - 6;
            report.unreadable(&(start..start + 5), config::leave_out());
            let problems = report.finish();
            let [problem] = &problems[..] else { panic!("{} problems", problems.len()) };
            assert_eq!((problem.line, problem.excerpt.is_some()), (20_002, is_quoted), "{begins}");
        }
    }

    #[test]
    fn a_problem_of_many_cameras_is_of_each_of_them() {
        let source = Source::new("site.toml", "analysis_fps = 50\n");
        let mut report = Report::new(&source);
        report.has_layers(Places::from([(15, super::super::layers::Layer::Defaults)]));
        let cameras: Vec<String> = (10..30).map(|number| format!("cam-{number}")).collect();
        for camera in &cameras {
            report.error(&(15..17), config::of(config::camera(camera), config::leave_out()));
        }
        let problems = report.finish();
        let [all] = &problems[..] else { panic!("{problems:#?}") };
        assert!(cameras.iter().all(|camera| all.is_of_camera(camera)), "{all:#?}");
        assert!(!all.is_of_camera("cam-30"));
        let (english, chinese) = (all.what.to_string(), all.what.in_language(Language::Chinese));
        assert!(english.contains("`cam-21` and 8 more: ") && !english.contains("cam-22"), "{english}");
        assert!(chinese.contains("`cam-21` 和另外 8 个：") && !chinese.contains("cam-22"), "{chinese}");
    }

    #[test]
    fn what_is_said_of_several_cameras_is_said_once_and_keeps_its_code() {
        let source = Source::new("site.toml", "analysis_fps = 50\n");
        let mut report = Report::new(&source);
        report.has_layers(Places::from([(15, super::super::layers::Layer::Defaults)]));
        for camera in ["cam-1", "cam-2", "cam-1"] {
            report.error(&(15..17), config::of(config::camera(camera), config::leave_out()));
        }
        report.error(&(15..17), config::of(config::camera("cam-3"), config::did_you_mean("x")));
        let problems = report.finish();
        let [both, one] = &problems[..] else { panic!("{problems:#?}") };
        assert_eq!(both.what.to_string(), "cameras `cam-1` and `cam-2`: leave it out");
        assert_eq!(both.what.in_language(Language::Chinese), "摄像机 `cam-1` 和 `cam-2`：请去掉这一项");
        assert!(both.is_of_camera("cam-2") && !both.is_of_camera("cam-3") && one.is_of_camera("cam-3"));
        let told = one.told(Language::Chinese).unwrap();
        assert_eq!((told.code.as_str(), told.args["name"].as_str()), ("config.did_you_mean", "x"));
        assert_eq!(
            (told.args["owner"].as_str(), told.args["owner.id"].as_str()),
            ("摄像机 `cam-3`", "cam-3")
        );
        assert_eq!(told.text, "摄像机 `cam-3`：是否想写 `x`？");
        assert_eq!(one.hint_told(Language::English).unwrap().code, "config.stands_in");
    }

    #[test]
    fn a_problem_is_told_in_both_languages() {
        let source = Source::new("site.toml", "box = \"地 7\"\n");
        let mut report = Report::new(&source);
        report
            .warning(&(6..13), config::of(config::section("site"), config::leave_out()))
            .hint(config::leave_out());
        let problem = &report.finish()[0];
        assert_eq!(
            problem.of(source.path(), Language::Chinese).to_string(),
            "警告：site.toml:1:7：[site]：请去掉这一项\n  1 | box = \"地 7\"\n    |       ^^^^^\n  提示：请去掉这一项"
        );
        assert!(
            problem
                .of(source.path(), Language::English)
                .to_string()
                .starts_with("warning: site.toml:1:7: [site]: leave")
        );
    }
}
