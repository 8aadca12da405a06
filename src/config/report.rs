//! Collects the problems of a configuration file while it is read, and says each once.
//!
//! Input: the text of the file. Must never show a secret: lines on which one could stand are never quoted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::layers::Places;
use super::problem::{CAMERA, CAMERAS, Problem, Severity};
use super::quotable::{Broken, could_hold_a_secret, without_comment};
use super::source::Source;
use super::{lookalike, suggest};
use crate::text::{Words, config, config_syntax};

/// Maximum number of problems that are reported of one file; a file with more has one mistake that is made again and again.
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
    /// The places of values that several cameras share.
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

    /// These values are those of several cameras: what is wrong with one of them is reported once for all of these.
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
        let mut reported_lines: BTreeSet<u32> = BTreeSet::new();
        for (reported, found) in self.found.iter().enumerate() {
            if problems.len() == MOST_PROBLEMS {
                problems.push(self.and_more(found, self.found.len() - reported));
                break;
            }
            let (line, _) = self.source.position(found.span.start);
            let is_syntax = self.unreadable_at.contains(&found.span.start);
            let is_echo = match broken_lines.contains(&line) {
                true => !is_syntax || !reported_lines.insert(line),
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
                let typed = self.source.text().get(found.span.clone()).unwrap_or_default();
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
                problem.also(config::stands_in(layer.sentence()));
            }
            let same_place = |other: &&Problem| (other.line, other.column) == (problem.line, problem.column);
            let is_reported = problems.iter().rev().take_while(same_place).any(|other| *other == problem);
            if !is_reported {
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
    struct Merged {
        found: Found,
        /// What is said of whichever camera, and of which.
        of_cameras: Option<(Words, BTreeSet<String>)>,
    }
    let mut reported: Vec<Merged> = Vec::with_capacity(found.len());
    for next in found {
        let place = next.span.start;
        let Some(camera) = shared.get(&place).and_then(|_| first_camera(&next.what)) else {
            reported.push(Merged { found: next, of_cameras: None });
            continue;
        };
        let said = next.what.clone().with_first_of(CAMERA, Words::Plain(String::new()));
        let at_this_place =
            reported.iter_mut().rev().take_while(|reported| reported.found.span.start == place);
        let same = at_this_place
            .filter(|reported| reported.found.severity == next.severity)
            .filter_map(|reported| reported.of_cameras.as_mut())
            .find(|(other, _)| *other == said);
        match same {
            Some((_, cameras)) => _ = cameras.insert(camera),
            None => reported.push(Merged { found: next, of_cameras: Some((said, BTreeSet::from([camera]))) }),
        }
    }
    let joined = reported.into_iter().map(|Merged { found, of_cameras }| {
        let Some((_, cameras)) = of_cameras.filter(|(_, cameras)| cameras.len() > 1) else { return found };
        let cameras: Vec<&str> = cameras.iter().map(String::as_str).collect();
        let all = config::cameras(suggest::listed(&cameras)).into();
        Found { what: found.what.clone().with_first_of(CAMERA, all), ..found }
    });
    joined.collect()
}

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
    use crate::types::language::Language;

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
        let is_quoted =
            |(start, _): &(usize, &str)| excerpt(&source, &(*start..*start + 1), Some(&broken)).is_some();
        source.lines().filter(is_quoted).map(|(_, line)| line.to_owned()).collect()
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
        let reported = one.rendered(Language::Chinese).unwrap();
        assert_eq!((reported.code.as_str(), reported.args["name"].as_str()), ("config.did_you_mean", "x"));
        assert_eq!(
            (reported.args["owner"].as_str(), reported.args["owner.id"].as_str()),
            ("摄像机 `cam-3`", "cam-3")
        );
        assert_eq!(reported.text, "摄像机 `cam-3`：是否想写 `x`？");
        assert_eq!(one.hint_rendered(Language::English).unwrap().code, "config.stands_in");
    }

    #[test]
    fn a_problem_is_reported_in_both_languages() {
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
