//! The lines of a configuration that may be quoted with a problem: none on which a secret could stand.
//!
//! Input: lines as typed, also of a text that is no TOML. Of such a text nobody knows where a value ends, so only lines that
//! are known to be harmless are shown.

use toml::de::DeTable;

use super::source::Source;
use super::{schema, suggest};
use crate::analysis::typography;

/// Whether a line may hold a password: it names one, or holds an address in which one could stand.
pub(super) fn could_hold_a_secret(line: &str) -> bool {
    const SIGNS: [&str; 23] = [
        "://",
        "@",
        "url",
        "user",
        "secret",
        "pass",
        "pwd",
        "psw",
        "token",
        "key",
        "credential",
        "login",
        "auth",
        "密码",
        "密碼",
        "口令",
        "密钥",
        "令牌",
        "用户",
        "账号",
        "帐号",
        "登录",
        "凭证",
    ];
    let line = plainly(line);
    let is_short_for_password = |word: &str| word.starts_with("pw") || word.ends_with("pw");
    SIGNS.iter().any(|sign| line.contains(sign))
        || line.split(|c: char| !c.is_alphanumeric()).any(is_short_for_password)
        || names_of(&line).any(|name| name.contains("admin") || is_nearly_a_secret(name))
}

/// The line up to its comment: what somebody noted there is nobody's business. A text that does not end holds none.
pub(super) fn without_comment(line: &str) -> &str {
    let (mut quoted_by, mut inside) = (None, None);
    for (at, c) in line.char_indices() {
        match (quoted_by, c) {
            (None, '#' | '\u{ff03}') => return &line[..at],
            (None, '"' | '\'') => (quoted_by, inside) = (Some(c), None),
            (Some(mark), _) if mark == c => quoted_by = None,
            (Some(_), '#' | '\u{ff03}') => inside = inside.or(Some(at)),
            (None | Some(_), _) => {}
        }
    }
    match quoted_by.and(inside) {
        Some(at) => &line[..at],
        None => line,
    }
}

/// Whether a line of a text that is no TOML is a header or a value of fields that hold no secret, its comment aside.
pub(super) fn is_harmless(line: &str) -> bool {
    if could_hold_a_secret(line) {
        return false;
    }
    let line = plainly(line);
    let line = without_comment(&line).trim();
    if let Some(header) = line.strip_prefix('[') {
        let is_of_headers = |c: char| c.is_alphanumeric() || "[]_-. \t".contains(c);
        return header.trim_start_matches(['[', ' ']).starts_with(char::is_alphabetic)
            && header.chars().all(is_of_headers);
    }
    let has_a_name = line.split(['{', ',']).next().is_some_and(|first| first.contains(['=', ':']));
    // A second name without a comma before it belongs to nothing that is known.
    let has_one_name = |part: &str| separators(part) <= 1 && !part.contains(';');
    has_a_name && line.split(['{', ',']).all(has_one_name) && names_of(line).all(is_a_harmless_field)
}

/// How many `=` and `:` stand outside of quotes.
fn separators(part: &str) -> usize {
    let mut quoted_by = None;
    let mut count = 0;
    for c in part.chars() {
        match (quoted_by, c) {
            (None, '=' | ':') => count += 1,
            (None, '"' | '\'') => quoted_by = Some(c),
            (Some(mark), _) if mark == c => quoted_by = None,
            _ => {}
        }
    }
    count
}

/// Fields that are addresses, whatever they are called.
const ADDRESSES: [&str; 3] = ["address", "broker", "webhook"];

/// Whether a name, perhaps with dots in it, is of fields of the configuration that hold no secret.
fn is_a_harmless_field(name: &str) -> bool {
    name.split('.').map(|part| part.trim().trim_matches(['"', '\''])).all(|part| {
        schema::field_names().contains(part) && !ADDRESSES.contains(&part) && !could_hold_a_secret(part)
    })
}

/// The line in small letters as a keyboard without an input method writes it.
pub(super) fn plainly(line: &str) -> String {
    let seen = line.chars().filter(|c| !typography::is_invisible(*c));
    seen.map(|c| typography::plain(c).unwrap_or(c)).collect::<String>().to_lowercase()
}

/// What stands before each `=` or `:` of a plain line.
fn names_of(line: &str) -> impl Iterator<Item = &str> {
    line.split(['{', ',']).filter_map(|part| Some(part.split_once(['=', ':'])?.0.trim()))
}

/// A name with a slip in it still stands before what it was meant to name.
fn is_nearly_a_secret(name: &str) -> bool {
    suggest::nearest(name, ["secret", "password", "passwd", "token"]).is_some()
}

/// A text that is no TOML, looked through once.
#[derive(Debug)]
pub(super) struct Broken<'s> {
    source: &'s Source,
    /// The line in which the first text over several lines begins, or ends: any line below may be part of one.
    several_lines_from: usize,
    /// First bytes of the lines that look like headers.
    headers: Vec<usize>,
}

fn is_a_header(line: &str) -> bool {
    let line = plainly(line);
    let inside = line.trim_start().strip_prefix('[').map(|rest| rest.trim_start_matches(['[', ' ']));
    inside.is_some_and(|inside| inside.starts_with(|c: char| c.is_alphabetic()))
}

/// Maximum number of lines that are looked at before one that is to be quoted, and most characters of each.
const MOST_BEFORE: (usize, usize) = (20, 200);

impl<'s> Broken<'s> {
    pub(super) fn of(source: &'s Source) -> Self {
        let begins_several = |(_, line): &(usize, &str)| line.contains("\"\"\"") || line.contains("'''");
        let headers = source.lines().filter(|(_, line)| is_a_header(line));
        Broken {
            source,
            several_lines_from: source
                .lines()
                .find(begins_several)
                .map_or(source.text().len(), |(start, _)| start),
            headers: headers.map(|(start, _)| start).collect(),
        }
    }

    /// Whether the line that holds a byte may hold a secret: it is not known to be harmless, or it may be part of what an
    /// earlier one began. That is so where a text over several lines began somewhere before it, its header could hold a
    /// secret, or a line right before it that is not complete could.
    pub(super) fn could_hold_a_secret(&self, byte: usize) -> bool {
        let (start, line) = (self.source.line_start(byte), self.source.line_at(byte));
        if !is_harmless(line) || self.several_lines_from < start {
            return true;
        }
        let above = self.headers[..self.headers.partition_point(|&header| header < start)].last();
        let is_secret = |word: &str| is_nearly_a_secret(word) || could_hold_a_secret(word);
        let is_of_secrets = |line: &str| {
            could_hold_a_secret(line) || line.split(|c: char| !c.is_alphanumeric()).any(is_secret)
        };
        if above.is_some_and(|&header| is_of_secrets(self.source.line_at(header))) {
            return true;
        }
        let (most_lines, most_characters) = MOST_BEFORE;
        let is_empty = |line: &str| without_comment(line).trim().is_empty();
        for (number, line) in self.source.lines_above(start).filter(|line| !is_empty(line)).enumerate() {
            if number == most_lines || line.chars().count() > most_characters {
                return true;
            }
            if DeTable::parse(line).is_ok() {
                return false;
            }
            // Numbers alone go on with what stands before them.
            let holds_words = line.contains(|c: char| c.is_alphabetic() || matches!(c, '"' | '\''));
            if holds_words && !is_harmless(line) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_could_hold_a_secret_is_never_quoted() {
        for line in [
            "url = 5",
            "password = \"x\"",
            "x = \"rtsp://a:b@c\"",
            "Secret = 1",
            "密码 = \"x\"",
            "口令 = \"x\"",
            "密钥 = \"x\"",
            "令牌 = \"x\"",
            "用户 = \"x\"",
            "pw = x",
            "mqtt_pw = x",
            "psw = x",
            "admin:x",
            "ｓｅｃｒｅｔ ＝ “x”",
            "x = \"a：b＠c\"",
            "pasword: x",
            "pasword ＝ \"x\"",
            "s0cret = \"a:b\"",
            "x = { tokn = \"b\" }",
        ] {
            assert!(could_hold_a_secret(line) && !is_harmless(line), "{line}");
        }
        for line in ["analysis_fps = 50", "role = \"admin\"", "id = \"upward\""] {
            assert!(!could_hold_a_secret(line), "{line}");
        }
    }

    #[test]
    fn a_comment_ends_what_is_shown_and_a_mark_inside_quotes_begins_none() {
        assert_eq!(without_comment("analysis_fps = 50 # admin/hunter2"), "analysis_fps = 50 ");
        assert_eq!(without_comment("analysis_fps = 50 ＃ admin/hunter2"), "analysis_fps = 50 ");
        assert_eq!(without_comment("title = \"gate # 3\" # x"), "title = \"gate # 3\" ");
        assert_eq!(without_comment("title = 'it\"s # 3'"), "title = 'it\"s # 3'");
        assert_eq!(without_comment("title = \"gate # 3\" \"# x"), "title = \"gate # 3\" \"");
        assert_eq!(without_comment("title = \"gate # admin/hunter2"), "title = \"gate ");
    }

    #[test]
    fn headers_and_known_fields_are_harmless_in_a_broken_text() {
        for line in [
            "[site",
            "【site】",
            "[[camera.zone]  # the gate",
            "id： \"cam-03\"",
            "　id = “cam-1”",
            "analysis_fps = ５",
            "\"eye\" = \"village\"",
            "night.eye = \"village",
            "present = { zone = \"gate\", classes = [\"person\"], for_secs = 3 }",
        ] {
            assert!(is_harmless(line), "{line}");
        }
        for line in [
            "",
            "hunter2",
            "x = \"hunter2\"",
            "address = \"hunter2\"",
            "key_file = \"hunter2\"",
            "[site] box = \"hunter2\"",
            "# hunter2",
            "＃ hunter2",
            "id = \"cam-1\" mima = \"hunter2\"",
            "id = \"cam-1\"; mima = \"hunter2\"",
            "[\"hunter2\",",
            "\"hunter2\", box = \"b\"",
            "present = { zone = \"gate\", geheim = \"hunter2\" }",
        ] {
            assert!(!is_harmless(line), "{line}");
        }
    }
}
