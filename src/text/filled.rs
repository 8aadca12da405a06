//! A template with what stands in it. In Chinese a blank stands beside a name and none beside a word: a sentence that stands in
//! another one closes up to the Chinese around it.

use super::{Sentence, Words, is_han};
use crate::types::language::Language;

/// Marks of Chinese texts that stand at the edge of a sentence.
const MARKS: &str = "，。；：、（）“”《》？！";

/// A part of a template.
enum Piece<'t> {
    /// As it stands.
    Text(&'t str),
    /// The name of an argument.
    Value(&'t str),
}

/// The compiler has read the template, so it is well formed.
fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        pieces.push(Piece::Text(&rest[..at]));
        let brace = &rest[at..];
        if brace.starts_with("{{") || brace.starts_with("}}") {
            pieces.push(Piece::Text(&brace[..1]));
            rest = &brace[2..];
            continue;
        }
        let end = brace.find('}').unwrap_or(brace.len() - 1);
        pieces.push(Piece::Value(brace.get(1..end).unwrap_or("")));
        rest = &brace[end + 1..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// The template with each `{name}` replaced.
pub(crate) fn fill(template: &str, value_of: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    for piece in pieces(template) {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Value(name) => text.push_str(&value_of(name).unwrap_or_default()),
        }
    }
    text
}

/// The sentence in Chinese.
pub(super) fn in_chinese(sentence: &Sentence) -> String {
    let mut text = String::with_capacity(sentence.entry.chinese.len() + 32);
    // Whether what stands before, but for a blank, is Chinese and no name; and whether it is a value.
    let (mut after_chinese, mut after_value) = (false, false);
    for piece in pieces(sentence.entry.chinese) {
        match piece {
            Piece::Text(part) => {
                let closes_up = after_value && after_chinese;
                let closed = part.strip_prefix(' ').filter(|rest| closes_up && rest.starts_with(is_chinese));
                text.push_str(closed.unwrap_or(part));
                if let Some(last) = part.trim_end().chars().next_back() {
                    (after_chinese, after_value) = (is_chinese(last), false);
                }
            }
            Piece::Value(name) => {
                let Some(value) = sentence.value(name) else { continue };
                if after_chinese && text.ends_with(' ') && begins_in_chinese(value) {
                    text.pop();
                }
                text.push_str(&value.in_language(Language::Chinese));
                (after_chinese, after_value) = (ends_in_chinese(value), true);
            }
        }
    }
    text
}

fn is_chinese(c: char) -> bool {
    is_han(c) || MARKS.contains(c)
}

/// Whether the first sign is Chinese of ours; a name may be Chinese, too.
fn begins_in_chinese(words: &Words) -> bool {
    match words {
        Words::Plain(_) => false,
        Words::List(parts, _) => parts.first().is_some_and(begins_in_chinese),
        Words::Sentence(sentence) => match edge(pieces(sentence.entry.chinese).iter()) {
            None => false,
            Some(Piece::Text(text)) => text.starts_with(is_chinese),
            Some(Piece::Value(name)) => sentence.value(name).is_some_and(begins_in_chinese),
        },
    }
}

/// The same of the last sign.
fn ends_in_chinese(words: &Words) -> bool {
    match words {
        Words::Plain(_) => false,
        Words::List(parts, _) => parts.last().is_some_and(ends_in_chinese),
        Words::Sentence(sentence) => match edge(pieces(sentence.entry.chinese).iter().rev()) {
            None => false,
            Some(Piece::Text(text)) => text.ends_with(is_chinese),
            Some(Piece::Value(name)) => sentence.value(name).is_some_and(ends_in_chinese),
        },
    }
}

/// The first piece in which something stands.
fn edge<'p, 't: 'p>(mut pieces: impl Iterator<Item = &'p Piece<'t>>) -> Option<&'p Piece<'t>> {
    pieces.find(|piece| !matches!(piece, Piece::Text("")))
}
