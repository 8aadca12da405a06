//! Messages about a text that is no TOML: the parser's own, and our hint.
//!
//! Input: what the reader of TOML says. Must never repeat a piece of the text: it may hold a secret.

use super::mend::{Slip, SlipKind, closes};
use super::report::Report;
use crate::text::{Sentence, config, config_syntax as say, structure};

/// Reports the slips that were put right and what cannot be read all the same.
pub(super) fn report_slips(slips: &[Slip], unreadable: &[toml::de::Error], report: &mut Report<'_>) {
    for Slip { span, kind } in slips {
        match kind {
            SlipKind::Open(mark) => {
                let hint = say::close_it(closes(*mark).to_string());
                report.unreadable(span, say::never_closed(mark.to_string())).hint(hint);
            }
            SlipKind::BelowType(typed, of_type) => {
                report.error(span, structure::below_a_type(typed)).hint(structure::header_of_type(of_type));
            }
        }
    }
    for error in unreadable {
        let span = error.span().unwrap_or(0..0);
        let before = report.text().get(..span.start).and_then(|text| text.rsplit('\n').next()).unwrap_or("");
        let hint = hint(error.message(), before);
        report.unreadable(&span, config::no_toml(error.message())).maybe_hint(hint);
    }
}

/// What to try, by what the reader says first.
type Hint = (&'static [&'static str], fn() -> Sentence);

/// The words are those of `toml_parser` 1.1.
const HINTS: [Hint; 12] = [
    (&["unclosed table", "unclosed array table", "missing table open", "invalid table"], say::try_header),
    (&["unclosed array", "missing array opening", "unexpected `=` in array"], say::try_brackets),
    (&["missing comma", "extra comma"], say::try_commas),
    (
        &[
            "unclosed inline table",
            "missing inline table opening",
            "invalid inline table",
            "missing key for inline",
        ],
        say::try_braces,
    ),
    (&["duplicate key", "cannot extend"], say::try_once),
    (
        &[
            "string values must be quoted",
            "invalid value",
            "missing value",
            "invalid boolean",
            "invalid date",
            "invalid time",
        ],
        say::try_value,
    ),
    (&["missing escaped value", "too few unicode"], say::try_backslash),
    (
        &["invalid basic string", "invalid literal string", "missing opening quote", "invalid string"],
        say::try_quotes,
    ),
    (&["invalid multi-line"], say::try_several_lines),
    (
        &["invalid unquoted key", "unquoted keys cannot be empty", "invalid key", "keys cannot be"],
        say::try_name,
    ),
    (
        &[
            "key with no value",
            "missing assignment",
            "extra assignment",
            "extra `=`",
            "unexpected key or value",
            "unexpected content",
        ],
        say::try_assignment,
    ),
    (
        &[
            "invalid integer",
            "invalid float",
            "invalid mantissa",
            "invalid fraction",
            "invalid exponent",
            "invalid hexadecimal",
            "invalid octal",
            "invalid binary",
            "unexpected leading zero",
            "unexpected sign",
            "redundant",
            "radix must be",
            "integers with a radix",
            "`_` may only",
        ],
        say::try_number,
    ),
];

/// `before`: the line up to where the reader stopped.
fn hint(message: &str, before: &str) -> Option<Sentence> {
    if message.starts_with("duplicate key") && before.trim_start().starts_with("[[") {
        return Some(say::try_list_first());
    }
    // The longest beginning counts: `invalid key-value pair` is no `invalid key`.
    if message.starts_with("invalid key-value pair") {
        return Some(say::try_assignment());
    }
    let begins = |(words, _): &&Hint| words.iter().any(|word| message.starts_with(word));
    HINTS.iter().find(begins).map(|(_, hint)| hint())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_comes_with_what_to_try() {
        for (text, tried) in [
            ("[site\n", say::try_header()),
            ("[[rule]\n", say::try_header()),
            ("a = [\"x\" \"y\"]\n", say::try_commas()),
            ("a = [1,, 2]\n", say::try_commas()),
            ("a = { b = 1 c = 2 }\n", say::try_commas()),
            ("a = True\n", say::try_value()),
            ("a = 2026-13-01\n", say::try_value()),
            ("a == 1\n", say::try_assignment()),
            ("a = 1\na = 2\n", say::try_once()),
            ("[a]\n[a]\n", say::try_once()),
            ("[[a.b]]\nc = 1\n[[a]]\n", say::try_list_first()),
            ("[a]\n[[a]]\n", say::try_list_first()),
            ("a = village\n", say::try_value()),
            ("a =\n", say::try_value()),
            ("a = \"C:\\new\\qa\"\n", say::try_backslash()),
            ("a = \"x\n", say::try_quotes()),
            ("a = 'x\n", say::try_quotes()),
            ("a = \"\"\"x\n", say::try_several_lines()),
            ("a\n", say::try_assignment()),
            ("a = 1 b = 2\n", say::try_assignment()),
            ("地 = 1\n", say::try_name()),
            ("a = 007\n", say::try_number()),
            ("a = 1__0\n", say::try_number()),
        ] {
            let (_, errors) = toml::de::DeTable::parse_recoverable(text);
            let messages: Vec<&str> = errors.iter().map(toml::de::Error::message).collect();
            let before = |error: &toml::de::Error| text[..error.span().unwrap().start].rsplit('\n').next();
            let hints: Vec<_> =
                errors.iter().map(|error| hint(error.message(), before(error).unwrap())).collect();
            assert!(!hints.is_empty() && hints.iter().all(Option::is_some), "{text}: {messages:?}");
            assert!(hints.contains(&Some(tried)), "{text}: {messages:?}");
        }
    }
}
