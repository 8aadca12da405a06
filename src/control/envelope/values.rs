//! The values of a command's fields, as they are read: names, texts, times, and who says that they ask. Must never let through
//! what looks like something else than it is.

use schemars::{JsonSchema as _, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::super::local::PAGE_PREFIX;
use crate::analysis::time::Timestamp;
use crate::contract::words::Time;
use crate::text::{Sentence, command as say, page};

/// Longest `request_id`, `by` and the like, in characters. A guess: longer ones are no names.
pub(super) const NAME_CHARS: usize = 128;

/// A required text that names something.
pub(in crate::control) fn name(data: &Value, key: &str) -> Result<String, Sentence> {
    let value = data.get(key).ok_or_else(|| say::missing(key))?;
    let text = value.as_str().ok_or_else(|| say::no_text(key))?;
    if text.trim().is_empty() {
        return Err(say::empty(key));
    }
    if text.chars().count() > NAME_CHARS {
        return Err(say::too_long(key, NAME_CHARS));
    }
    if text.chars().any(char::is_control) {
        return Err(say::control_characters(key));
    }
    if text.chars().any(is_hidden) {
        return Err(say::hidden_characters(key));
    }
    Ok(text.to_owned())
}

/// Whether a character has no width, or turns the direction of what stands around it (Unicode Bidirectional Algorithm,
/// table 4): two names that differ by it look alike, and one that is shown is not the one that was written.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Who says that they ask: anybody but the box's own page, which knows who that is.
pub(super) fn sender(data: &Value) -> Result<String, Sentence> {
    let by = name(data, "by")?;
    if is_like_page(&by) { Err(page::name_is_reserved(PAGE_PREFIX)) } else { Ok(by) }
}

/// Whether a reader could take it for a name of the page's: blanks and what looks like one, how wide letters are and whether they are
/// capitals makes no other name, nor do letters of other scripts that look the same.
fn is_like_page(by: &str) -> bool {
    let is_seen = |c: &char| {
        !c.is_whitespace()
            && !matches!(*c,
                '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{2800}'
                | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}'
                | '\u{E0080}'..='\u{E0FFF}')
    };
    let plain = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{FE13}' | '\u{FE55}' | '\u{2236}' | '\u{A789}' | '\u{2D0}' | '\u{589}' | '\u{5C3}' => ':',
        'а' | 'А' | 'ɑ' => 'a',
        'р' | 'Р' => 'p',
        'е' | 'Е' => 'e',
        'ɡ' => 'g',
        other => other,
    };
    let seen = by.chars().filter(is_seen).map(plain).flat_map(char::to_lowercase);
    seen.take(PAGE_PREFIX.len()).eq(PAGE_PREFIX.chars())
}

/// A text that may be absent, of at most so many characters.
pub(in crate::control) fn text(data: &Value, key: &str, most: usize) -> Result<Option<String>, Sentence> {
    let text = match data.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value.as_str().ok_or_else(|| say::no_text(key))?,
    };
    if text.chars().count() > most {
        return Err(say::too_long(key, most));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(say::control_characters(key));
    }
    Ok((!text.trim().is_empty()).then(|| text.to_owned()))
}

/// The schema of what [`time`] reads.
pub(in crate::control) fn time_or_seconds(generator: &mut SchemaGenerator) -> Schema {
    let text = Time::json_schema(generator);
    json_schema!({ "anyOf": [text, { "type": "integer", "description": "Seconds since 1970, as tokens have them (RFC 7519)." }] })
}

/// RFC 3339 text, or seconds since 1970 as JWTs have it.
pub(in crate::control) fn time(data: &Value, key: &str) -> Result<Option<Timestamp>, Sentence> {
    let wrong = || say::no_time(key);
    match data.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|_| wrong()),
        Some(value) => {
            let seconds = value.as_i64().ok_or_else(wrong)?;
            Timestamp::from_second(seconds).map(Some).map_err(|_| wrong())
        }
    }
}
