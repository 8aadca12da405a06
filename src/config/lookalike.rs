//! Characters that only look like those that a configuration needs, and files that are no TOML at all: named, so that
//! nobody looks for the difference between `＝` and `=` on a small screen.
//!
//! Input: pieces of the file at which something is wrong anyway. Must never show a character of a secret.

use crate::analysis::typography;
use crate::text::{Joint, Sentence, Words, config};

/// Maximum number of characters that are named of one place.
const MOST: usize = 3;

/// What to do about look-alikes on a line that is no TOML; those in texts and comments may stand there. Of a line that
/// could hold a secret, only marks are named.
pub(super) fn on_line(line: &str, could_hold_a_secret: bool) -> Option<Words> {
    let mut outside = Vec::new();
    let mut inside = Vec::new();
    let mut quote = None;
    let mut escaped = false;
    for c in line.chars() {
        match quote {
            None if c == '#' => break,
            None if c == '"' || c == '\'' => quote = Some(c),
            None => outside.push(c),
            Some('"') if c == '\\' && !escaped => {
                escaped = true;
                continue;
            }
            Some(open) if c == open && !escaped => {
                quote = None;
                inside.clear();
            }
            Some(_) => inside.push(c),
        }
        escaped = false;
    }
    // In front of a value nothing else is meant.
    let colon =
        outside.iter().find(|c| typography::plain(**c) == Some(':')).filter(|_| !outside.contains(&'='));
    if let Some(colon) = colon {
        return Some(config::colon_for_equals(colon.to_string()).into());
    }
    let may_be_named = |c: &char| !could_hold_a_secret || !c.is_alphanumeric();
    // A text that does not end: it was closed with a mark that only looks like its own.
    let closes = |c: &char| quote.is_some() && typography::plain(*c) == quote;
    explanation(outside.into_iter().filter(may_be_named).chain(inside.into_iter().filter(closes)))
}

/// What to do about look-alikes in a name or value that is refused. Prose may hold them: where Chinese stands beside
/// them nothing is said.
pub(super) fn in_value(text: &str, could_hold_a_secret: bool) -> Option<Words> {
    let is_ideograph = |c: char| matches!(c, '\u{3400}'..='\u{9fff}');
    if could_hold_a_secret || text.contains(is_ideograph) || text.contains(['\n', '{', '[']) {
        return None;
    }
    explanation(text.chars())
}

fn explanation(chars: impl Iterator<Item = char>) -> Option<Words> {
    let mut alike: Vec<(char, char)> = Vec::new();
    let mut sentences: Vec<Words> = Vec::new();
    for c in chars {
        let number = || format!("U+{:04X}", u32::from(c));
        let sentence: Words = match typography::plain(c) {
            Some(' ') => config::no_blank(number()).into(),
            Some(plain) => {
                if !alike.contains(&(c, plain)) && alike.len() < MOST {
                    alike.push((c, plain));
                }
                continue;
            }
            None if typography::is_invisible(c) => config::invisible(number()).into(),
            None => continue,
        };
        if !sentences.contains(&sentence) && sentences.len() < MOST {
            sentences.push(sentence);
        }
    }
    let quoted = |mut chars: Vec<char>| {
        chars.dedup();
        let quoted = chars.into_iter().map(|c| Words::from(format!("`{c}`"))).collect();
        Words::List(quoted, Joint::And)
    };
    let of_alike = match alike.as_slice() {
        [] => None,
        [(typed, meant)] => Some(config::only_looks_like(typed.to_string(), meant.to_string())),
        several => {
            let (typed, meant) = several.iter().copied().unzip();
            Some(config::only_look_like(quoted(typed), quoted(meant)))
        }
    };
    let mut all: Vec<Words> = of_alike.into_iter().map(Words::from).chain(sentences).collect();
    match all.len() {
        0 | 1 => all.pop(),
        _ => Some(Words::List(all, Joint::Then)),
    }
}

/// Recognises a text in another format than TOML.
pub(super) fn other_format(text: &str) -> Option<Sentence> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let after_bracket = text.strip_prefix('[').map(str::trim_start);
    if text.starts_with('{') || after_bracket.is_some_and(|rest| rest.starts_with('{')) {
        return Some(config::no_toml_but("JSON"));
    }
    if text.starts_with("<?xml") || text.starts_with("<!DOCTYPE") || text.starts_with("<html") {
        return Some(config::no_toml_but(config::xml_or_a_web_page()));
    }
    let is_comment = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let first = text.lines().find(|line| !is_comment(line))?;
    let is_key = |key: &str| {
        let key = key.trim_start_matches("- ").trim().trim_matches(['"', '\'']);
        !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
    };
    let is_yaml = first.trim() == "---"
        || first.split_once(':').is_some_and(|(key, value)| {
            is_key(key) && (value.is_empty() || value.starts_with([' ', '\r'])) && !value.contains(" = ")
        });
    is_yaml.then(|| config::no_toml_but("YAML"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::language::Language;

    #[test]
    fn a_look_alike_is_named_where_it_breaks_a_line_and_not_where_it_is_prose() {
        for (line, named) in [
            ("id ＝ \"cam-1\"", "`＝` only looks like `=`"),
            ("id = “cam-1”", "`“` and `”` only look like `\"`: type them"),
            ("id = 「cam-1」", "`「` and `」` only look like `\"`: type them"),
            ("id = \"cam-1”", "`”` only looks like `\"`"),
            ("id： \"cam-1\"", "`：` stands where `=` belongs"),
            ("for_secs = ３", "`３` only looks like `3`"),
            ("【site】", "`【` and `】` only look like `[` and `]`"),
            ("polygon = [[0.1，0.2]、[0.3, 0.4]]", "`，` and `、` only look like `,`"),
            ("　id = \"cam-1\"", "the blank U+3000 is none"),
            ("i\u{200b}d = \"cam-1\"", "an invisible character (U+200B)"),
            ("＃ a comment", "`＃` only looks like `#`"),
        ] {
            let explanation =
                on_line(line, false).map_or_else(String::new, |explanation| explanation.to_string());
            assert!(explanation.contains(named), "{line}: {explanation}");
        }
        let several = on_line("for_secs = ３５５", false).unwrap();
        assert_eq!(
            several.to_string(),
            "`３` and `５` only look like `3` and `5`: type them half-width (English input)"
        );
        assert_eq!(
            several.in_language(Language::Chinese),
            "`３` 和 `５` 不是 `3` 和 `5`，只是看起来像：请用英文输入法输入半角字符"
        );
        for line in ["name = \"东门，一号\" = 3", "id = 3 # 门口：东", "id = = 3", "x = \"a\\\"“b\" y"]
        {
            assert_eq!(on_line(line, false), None, "{line}");
        }
    }

    #[test]
    fn no_letter_or_digit_of_a_line_that_could_hold_a_secret_is_named() {
        let explanation = on_line("password ＝ ｈｕｎｔｅｒ２", true).unwrap().to_string();
        assert!(explanation.contains('＝') && !explanation.contains(['ｈ', '２']), "{explanation}");
        assert_eq!(in_value("\"ｈunter2\"", true), None);
        assert!(
            in_value("\"cam－１\"", false).is_some_and(|explanation| explanation.to_string().contains('１'))
        );
        assert_eq!(in_value("\"东门，一号\"", false), None);
    }

    #[test]
    fn another_format_is_known_by_its_beginning() {
        for (text, format) in [
            ("{\"site\": {\"box\": \"b\"}}", Some("JSON")),
            ("[\n  {\"id\": 1}]", Some("JSON")),
            ("---\nsite:\n  box: b\n", Some("YAML")),
            ("# mine\nsite:\n  box: b\n", Some("YAML")),
            ("mqtt: {host: x}\n", Some("YAML")),
            ("- id: cam-1\n", Some("YAML")),
            ("<?xml version=\"1.0\"?>", Some("XML or a web page")),
            ("[site]\nbox: \"b\"\n", None),
            ("[[camera]]\nid = \"x\"\n", None),
            ("box = \"rtsp://x\"\n", None),
            ("", None),
        ] {
            let explanation = other_format(text).map(|explanation| explanation.to_string());
            assert_eq!(explanation, format.map(|format| format!("this is {format}, no TOML")), "{text}");
        }
    }
}
