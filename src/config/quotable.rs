//! Which lines of a configuration may be shown with a problem: none on which a secret could stand.
//!
//! Input: lines as typed, also of a text that is no TOML. Of such a text nobody knows where a value ends, so only lines that
//! are known to be harmless are shown.

use toml::de::DeTable;

use super::problem::Source;
use super::{schema, suggest};
use crate::analysis::typography;

/// Whether a line may hold a password: it names one, or holds an address in which one could stand.
pub(super) fn could_hold_a_secret(line: &str) -> bool {
    const SIGNS: [&str; 18] = [
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
        "口令",
        "密钥",
        "令牌",
        "用户",
    ];
    let line = plainly(line);
    let is_short_for_password = |word: &str| word.starts_with("pw") || word.ends_with("pw");
    SIGNS.iter().any(|sign| line.contains(sign))
        || line.split(|c: char| !c.is_alphanumeric()).any(is_short_for_password)
        || names_of(&line).any(|name| name.contains("admin") || is_nearly_a_secret(name))
}

/// Whether a line of a text that is no TOML is a header, a comment, or a value of fields that hold no secret.
pub(super) fn is_harmless(line: &str) -> bool {
    if could_hold_a_secret(line) {
        return false;
    }
    let line = plainly(line);
    let line = line.trim();
    if line.starts_with('#') {
        return true;
    }
    if let Some(header) = line.strip_prefix('[') {
        let header = header.split('#').next().unwrap_or_default();
        let is_of_headers = |c: char| c.is_alphanumeric() || "[]_-. \t".contains(c);
        return header.trim_start_matches(['[', ' ']).starts_with(char::is_alphabetic)
            && header.chars().all(is_of_headers);
    }
    let has_a_name = line.split(['{', ',']).next().is_some_and(|first| first.contains(['=', ':']));
    has_a_name && names_of(line).all(is_a_harmless_field)
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
fn plainly(line: &str) -> String {
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
    /// Where the first text over several lines begins, or ends: from there on any line may be part of one.
    several_lines_from: usize,
    /// First bytes of the lines that look like headers.
    headers: Vec<usize>,
}

/// Most lines that are looked at before one that is to be quoted, and most characters of each.
const MOST_BEFORE: (usize, usize) = (20, 200);

impl<'s> Broken<'s> {
    pub(super) fn of(source: &'s Source) -> Self {
        let text = source.text();
        let marks = ["\"\"\"", "'''"].into_iter().filter_map(|mark| text.find(mark));
        let headers = source.lines().filter(|(_, line)| line.trim_start().starts_with('['));
        Broken {
            source,
            several_lines_from: marks.min().unwrap_or(text.len()),
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
        let before = &self.source.text()[..start];
        let (most_lines, most_characters) = MOST_BEFORE;
        for (number, line) in before.lines().rev().filter(|line| !line.trim().is_empty()).enumerate() {
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
    fn headers_comments_and_known_fields_are_harmless_in_a_broken_text() {
        for line in [
            "[site",
            "【site】",
            "[[camera.zone]  # the gate",
            "# a comment",
            "＃ a comment",
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
            "[\"hunter2\",",
            "\"hunter2\", box = \"b\"",
            "present = { zone = \"gate\", geheim = \"hunter2\" }",
        ] {
            assert!(!is_harmless(line), "{line}");
        }
    }
}
