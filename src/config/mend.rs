//! Slips after which a reader of TOML misunderstands the rest of a file: a bracket that nothing closes, and a camera's header
//! where no camera is yet. What was meant is plain, so it is put right in a copy: the slip is reported where it was made, and the
//! rest is checked as if it had not been made.
//!
//! Input: the text as typed. The copy has the same lines; a line is shown as it was typed.

use std::ops::Range;

use toml::de::DeTable;

use super::headers;
use super::quotable::plainly;
use super::source::Source;

/// A slip, with its place in the copy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slip {
    pub(super) span: Range<usize>,
    pub(super) kind: SlipKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SlipKind {
    /// A bracket, a brace or a quote that nothing closes.
    Open(char),
    /// A header of a camera below a camera type and before any camera: as it is typed, and as a type has it.
    BelowType(String, String),
}

/// What to write into the copy, and why.
struct Correction {
    /// The place of the slip in the text as typed.
    at: usize,
    kind: SlipKind,
    insert_at: usize,
    insert: String,
}

/// The file with its slips put right, and these; nothing where there is none that is known. `is_toml`: whether the text can be
/// read as it is.
pub(super) fn mended(typed: &Source, is_toml: bool) -> Option<(Source, Vec<Slip>)> {
    let text = typed.text();
    let headers = headers_without_a_camera(text);
    let mut brackets = if is_toml { Vec::new() } else { unclosed(text) };
    // A wrong guess makes it worse.
    if !brackets.is_empty() {
        let errors = |text: &str| DeTable::parse_recoverable(text).1.len();
        if errors(&corrected(text, &brackets).0) >= errors(text) {
            brackets.clear();
        }
    }
    let mut corrections = headers;
    corrections.extend(brackets);
    if corrections.is_empty() {
        return None;
    }
    corrections.sort_by_key(|correction| correction.insert_at);
    let (text, slips) = corrected(text, &corrections);
    Some((typed.mended(text), slips))
}

/// The copy, and the slips with their places in it. The corrections are sorted by where they insert.
fn corrected(text: &str, corrections: &[Correction]) -> (String, Vec<Slip>) {
    let mut copy = String::with_capacity(text.len() + 8 * corrections.len());
    // How much longer the copy is behind each of them.
    let mut longer = vec![0];
    let mut from = 0;
    for Correction { insert_at, insert, .. } in corrections {
        copy.push_str(&text[from..*insert_at]);
        copy.push_str(insert);
        from = *insert_at;
        longer.push(copy.len() - from);
    }
    copy.push_str(&text[from..]);
    let slips = corrections.iter().map(|Correction { at, kind, .. }| {
        let start = at + longer[corrections.partition_point(|other| other.insert_at <= *at)];
        let length = match kind {
            SlipKind::Open(mark) => mark.len_utf8(),
            SlipKind::BelowType(typed, _) => typed.len(),
        };
        Slip { span: start..start + length, kind: kind.clone() }
    });
    let slips = slips.collect();
    (copy, slips)
}

/// Headers of a camera below a camera type and before any camera: TOML makes one table of what must be a list, and every
/// camera behind it a second one of that name.
fn headers_without_a_camera(text: &str) -> Vec<Correction> {
    let lost = headers::below_types(text).into_iter().filter(|header| !header.follows_a_camera);
    let corrections = lost.filter_map(|header| {
        let after_name = header.span.start + header.typed.find("camera")? + "camera".len();
        Some(Correction {
            at: header.span.start,
            kind: SlipKind::BelowType(header.typed.to_owned(), header.of_type()),
            insert_at: after_name,
            insert: "_type".to_owned(),
        })
    });
    corrections.collect()
}

/// Brackets and braces that are still open where something new begins, and quotes that swallow the bracket behind them.
fn unclosed(text: &str) -> Vec<Correction> {
    let mut marks = Marks::default();
    let mut start = 0;
    for whole in text.split_inclusive('\n') {
        let line = whole.trim_end_matches(['\n', '\r']);
        if let Some(at) = marks.begin_line(line, text)
            && let Some((quote_at, mark)) = marks.read_line(line, at, start)
        {
            marks.end_quote(line, quote_at, mark, start);
        }
        start += whole.len();
    }
    if marks.several_lines.is_none() {
        marks.close_all();
    }
    marks.found
}

/// What is open while a text is read line by line.
#[derive(Default)]
struct Marks {
    /// Brackets and braces, and where each stands.
    open: Vec<(usize, char)>,
    /// What a text over several lines ends with, while one lasts.
    several_lines: Option<&'static str>,
    /// The end of what was last seen outside of comments, and the quote that is open there.
    end: usize,
    open_quote: Option<char>,
    found: Vec<Correction>,
}

impl Marks {
    fn close_all(&mut self) {
        self.found.extend(closing(&mut self.open, self.end, self.open_quote));
    }

    /// Where in the line to read on; `None`: nothing in it counts.
    fn begin_line(&mut self, line: &str, text: &str) -> Option<usize> {
        let mut at = 0;
        if let Some(mark) = self.several_lines {
            at = line.find(mark)? + mark.len();
            self.several_lines = None;
        } else {
            let is_header = is_header(line, self.open.is_empty());
            if is_header || is_assignment(line, &self.open, &text[..self.end]) {
                self.close_all();
            }
            if is_header {
                return None;
            }
        }
        self.open_quote = None;
        Some(at)
    }

    /// Reads a line from `at` on. Returned is the quote that is open at its end.
    fn read_line(&mut self, line: &str, mut at: usize, start: usize) -> Option<(usize, char)> {
        let mut quote: Option<(usize, char)> = None;
        while let Some(c) = line[at..].chars().next() {
            let mut length = c.len_utf8();
            match (quote, c) {
                (Some((_, '"')), '\\') => length += line[at + 1..].chars().next().map_or(0, char::len_utf8),
                (Some((_, mark)), _) if c == mark => quote = None,
                (Some(_), _) => {}
                (None, '#') => break,
                (None, '"' | '\'') => {
                    let triple = if c == '"' { "\"\"\"" } else { "'''" };
                    match line[at..].strip_prefix(triple).map(|inside| inside.find(triple)) {
                        Some(Some(inside)) => length = inside + 2 * triple.len(),
                        Some(None) => {
                            self.several_lines = Some(triple);
                            self.end = start + line.len();
                            break;
                        }
                        None => quote = Some((start + at, c)),
                    }
                }
                (None, '[' | '{') => self.open.push((start + at, c)),
                (None, ']' | '}') => self.found.extend(close(&mut self.open, c, start + at)),
                (None, _) => {}
            }
            if !c.is_whitespace() {
                self.end = start + at + length;
            }
            at += length;
        }
        quote
    }

    /// A quote is open at the end of its line.
    fn end_quote(&mut self, line: &str, quote_at: usize, mark: char, start: usize) {
        // `["cam-1]`: the bracket was meant to close the list.
        match before_brackets(line, quote_at + mark.len_utf8() - start, &self.open) {
            Some(inside) => {
                let kind = SlipKind::Open(mark);
                let (insert_at, insert) = (start + inside, mark.to_string());
                self.found.push(Correction { at: quote_at, kind, insert_at, insert });
                for (behind, c) in line[inside..].char_indices() {
                    self.found.extend(close(&mut self.open, c, insert_at + behind));
                }
            }
            None => self.open_quote = Some(mark),
        }
    }
}

/// Closes all that is open at `end`; the outermost is reported.
fn closing(open: &mut Vec<(usize, char)>, end: usize, open_quote: Option<char>) -> Option<Correction> {
    let &(at, mark) = open.first()?;
    let brackets = open.drain(..).rev().map(|(_, mark)| closes(mark));
    let insert = open_quote.into_iter().chain(brackets).collect();
    Some(Correction { at, kind: SlipKind::Open(mark), insert_at: end, insert })
}

/// The mark that ends what this one begins.
pub(super) fn closes(mark: char) -> char {
    match mark {
        '[' => ']',
        '{' => '}',
        same => same,
    }
}

/// Takes away what a mark at `at` closes; what is still open inside of that is closed before it. A mark that closes nothing is
/// reported where the text is read.
fn close(open: &mut Vec<(usize, char)>, mark: char, at: usize) -> Option<Correction> {
    let opened = open.iter().rposition(|&(_, opened)| closes(opened) == mark && opened != mark)?;
    let mut inside = open.split_off(opened + 1);
    open.pop();
    closing(&mut inside, at, None)
}

/// Where the brackets begin with which a line ends inside a text that begins before `inside`, if they close what is open.
fn before_brackets(line: &str, inside: usize, open: &[(usize, char)]) -> Option<usize> {
    let comment = line[inside..].find('#').map(|at| inside + at);
    let ends = [comment.unwrap_or(line.len()), line.len()];
    ends.into_iter().find_map(|end| {
        let body = line[inside..end].trim_end().trim_end_matches([']', '}', ',', ' ', '\t']);
        let brackets = &line[inside + body.len()..end];
        let first = brackets.chars().find(|c| matches!(c, ']' | '}'))?;
        let is_open = open.last().is_some_and(|&(_, mark)| closes(mark) == first);
        is_open.then_some(inside + body.len())
    })
}

/// Whether a line is a header; while a list is open, only what cannot be in one.
fn is_header(line: &str, is_outside: bool) -> bool {
    let line = plainly(line);
    let Some(inside) = line.trim_start().strip_prefix('[') else { return false };
    if is_outside {
        return true;
    }
    let name = inside.trim_start_matches(['[', ' ']);
    let Some((name, behind)) = name.split_once(']') else { return false };
    let is_of_names = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    let is_value = matches!(name.trim(), "true" | "false" | "inf" | "nan");
    let behind = behind.trim_start_matches([']', ' ', '\t']);
    name.starts_with(char::is_alphabetic)
        && name.chars().all(is_of_names)
        && !is_value
        && (behind.is_empty() || behind.starts_with('#'))
}

/// Whether a line gives a name its value where that cannot be: inside a list, or inside a table in braces without a comma
/// before it.
fn is_assignment(line: &str, open: &[(usize, char)], before: &str) -> bool {
    let Some(&(_, inmost)) = open.last() else { return false };
    let Some((name, _)) = line.split_once('=') else { return false };
    let name = name.trim();
    let is_of_names = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'' | ' ');
    let quotes = name.chars().filter(|c| matches!(c, '"' | '\'')).count();
    let is_name = !name.is_empty() && name.chars().all(is_of_names) && quotes % 2 == 0;
    is_name && (inmost == '[' || !before.ends_with([',', '{']))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A slip: its line, its column, and its mark or header.
    type PlacedSlip = (u32, u32, String);

    /// The copy of a text, and each slip.
    fn mended_with_slips(text: &str) -> Option<(String, Vec<PlacedSlip>)> {
        let is_toml = DeTable::parse_recoverable(text).1.is_empty();
        let (source, slips) = mended(&Source::new("site.toml", text), is_toml)?;
        let slips = slips.iter().map(|slip| {
            let (line, column) = source.position(slip.span.start);
            let what = match &slip.kind {
                SlipKind::Open(mark) => mark.to_string(),
                SlipKind::BelowType(_, of_type) => of_type.clone(),
            };
            (line, column, what)
        });
        Some((source.text().to_owned(), slips.collect()))
    }

    #[test]
    fn an_open_bracket_is_closed_before_the_next_thing_begins() {
        for (text, copy, place, mark) in [
            ("a = [\"x\"\nb = 1\n", "a = [\"x\"]\nb = 1\n", (1, 5), "["),
            ("a = [\"x\" # one\r\n\r\nb = 1\n", "a = [\"x\"] # one\r\n\r\nb = 1\n", (1, 5), "["),
            (
                "a = [\n  [1, 2],\n  [3, 4],\n[b]\nc = 1\n",
                "a = [\n  [1, 2],\n  [3, 4],]\n[b]\nc = 1\n",
                (1, 5),
                "[",
            ),
            ("a = [[1, 2], [3, 4]\n[[b]]\n", "a = [[1, 2], [3, 4]]\n[[b]]\n", (1, 5), "["),
            (
                "x = 1\na = { b = [1, 2], c = 3\nd = 1\n",
                "x = 1\na = { b = [1, 2], c = 3}\nd = 1\n",
                (2, 5),
                "{",
            ),
            ("a = { b = [1, 2\nd = 1\n", "a = { b = [1, 2]}\nd = 1\n", (1, 5), "{"),
            ("a = { b = [1, 2 }\nd = 1\n", "a = { b = [1, 2 ]}\nd = 1\n", (1, 11), "["),
            ("a = [{ b = 1]\nd = 1\n", "a = [{ b = 1}]\nd = 1\n", (1, 6), "{"),
            ("a = [\"x\"", "a = [\"x\"]", (1, 5), "["),
            ("a = [\"x]\nb = 1\n", "a = [\"x\"]\nb = 1\n", (1, 6), "\""),
            ("a = [\"x]  # one\nb = 1\n", "a = [\"x\"]  # one\nb = 1\n", (1, 6), "\""),
            ("a = [\"x\nb = 1\n", "a = [\"x\"]\nb = 1\n", (1, 5), "["),
        ] {
            let (line, column) = place;
            let slip = (line, column, mark.to_owned());
            assert_eq!(mended_with_slips(text), Some((copy.to_owned(), vec![slip])), "{text}");
            assert!(DeTable::parse(copy).is_ok(), "{copy}");
        }
    }

    #[test]
    fn what_is_not_plain_stays_as_it_is() {
        for text in [
            "a = [\n  \"x\",\n  \"b = 1\",\n]\n",
            "a = \"\"\"\nb = [\nc = 1\n\"\"\"\n",
            "a = { b = 1,\n  c = 2 }\n",
            "a = [\n  true,\n  # [b]\n]\nb = = 1\n",
            "a = \"x\nb = 1\n",
            "a = [1 2]\n",
            "a = 1]\n",
            "[a\nb = 1\n",
            "",
        ] {
            assert_eq!(mended_with_slips(text), None, "{text}");
        }
    }

    #[test]
    fn a_header_of_a_camera_below_a_type_is_the_types_where_there_is_no_camera_yet() {
        let text =
            "[[camera_type]]\nid = \"lane\"\n  [[camera.zone]]\nid = \"z\"\n[[camera]]\n[[camera.zone]]\n";
        let (copy, slips) = mended_with_slips(text).unwrap();
        assert_eq!(copy, text.replacen("[[camera.zone]]", "[[camera_type.zone]]", 1));
        assert_eq!(slips, [(3, 3, "[[camera_type.zone]]".to_owned())]);
        assert!(DeTable::parse(&copy).is_ok());
        assert_eq!(
            mended_with_slips("[[camera]]\n[[camera_type]]\n[[camera.zone]]\n"),
            None,
            "that camera has it"
        );
    }

    #[test]
    fn a_slip_keeps_its_place_behind_others_and_its_line_is_shown_as_typed() {
        let text = "[[camera_type]]\n[[camera.zone]]\np = [[1, 2]\n[[camera]]\nc = [\"地\"\nid = 1\n";
        let is_toml = DeTable::parse_recoverable(text).1.is_empty();
        let (source, slips) = mended(&Source::new("site.toml", text), is_toml).unwrap();
        let places: Vec<(u32, u32)> = slips.iter().map(|slip| source.position(slip.span.start)).collect();
        assert_eq!(places, [(2, 1), (3, 5), (5, 5)]);
        let lines: Vec<&str> = slips.iter().map(|slip| source.line_at(slip.span.start)).collect();
        assert_eq!(lines, ["[[camera.zone]]", "p = [[1, 2]", "c = [\"地\""]);
        // Past the end of what was typed there is no place.
        let end = source.text().find("\nid").unwrap();
        assert_eq!(source.position(end), (5, 9));
    }
}
