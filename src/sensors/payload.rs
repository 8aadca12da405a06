//! From the bytes of a message to JSON, as small boards write it.
//!
//! Read without guessing: a byte order mark, whatever lies behind a NUL, UTF-16 and GBK, a missing or broken number
//! *beside* the one that is wanted (`nan`, `inf`, `0x1f`, `1e999`, nothing at all), commas before a closing bracket,
//! names without quotes, JSON in a text. What has two readings is refused with its name: single quotes, a decimal
//! comma, a name that stands twice with different values, more than one JSON text.
//!
//! Strict JSON (`serde_json`) comes first; only what it refuses is mended and offered once more. Pure.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A text that holds JSON is looked into at most so many times in a row.
const TEXT_IN_TEXT: usize = 3;

/// A JSON value that remembers names that stand twice.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    /// In the order of the message.
    Table(Vec<(String, Json)>),
}

/// The text of a message: without a byte order mark, what lies behind a NUL, and control characters around it.
///
/// Bytes that are neither UTF-8 nor GBK become replacement characters: they can only stand in words.
///
/// # Errors
/// In words: there is no text.
pub(super) fn text(message: &[u8]) -> Result<Cow<'_, str>, String> {
    if message.starts_with(&[0x1f, 0x8b]) {
        return Err("the message is compressed (gzip): it must be plain text".to_owned());
    }
    if message.starts_with(&[0xff, 0xfe]) || message.starts_with(&[0xfe, 0xff]) {
        let encoding =
            if message.starts_with(&[0xff]) { encoding_rs::UTF_16LE } else { encoding_rs::UTF_16BE };
        let (text, _) = encoding.decode_with_bom_removal(message);
        return Ok(Cow::Owned(trimmed(&text)?.to_owned()));
    }
    let message = message.strip_prefix(b"\xef\xbb\xbf").unwrap_or(message);
    if let [first, second, ..] = message
        && (*first == 0) != (*second == 0)
        && message.iter().filter(|byte| **byte == 0).count() * 3 > message.len()
    {
        return Err("the message is UTF-16 without a byte order mark: it must be UTF-8".to_owned());
    }
    // Boards send their whole buffer: the text ends at the first NUL, as it does for them.
    let end = message.iter().position(|byte| *byte == 0).unwrap_or(message.len());
    let message = &message[..end];
    match std::str::from_utf8(message) {
        Ok(text) => Ok(Cow::Borrowed(trimmed(text)?)),
        Err(_) => {
            // Not by lossy reading: the second byte of a GBK character may be a backslash.
            let gbk = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(message);
            let text = gbk.unwrap_or_else(|| String::from_utf8_lossy(message));
            Ok(Cow::Owned(trimmed(&text)?.to_owned()))
        }
    }
}

fn trimmed(text: &str) -> Result<&str, String> {
    let text = text.trim_matches(|c: char| c.is_control() || c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() { Err("the message is empty".to_owned()) } else { Ok(text) }
}

impl Json {
    /// Reads a text.
    ///
    /// # Errors
    /// In words: why it is no JSON, or has two readings.
    pub(super) fn read(text: &str) -> Result<Json, String> {
        let strict = match serde_json::from_str(text) {
            Ok(json) => return Ok(json),
            Err(error) => error,
        };
        if let Some(rest) = behind_the_first(text) {
            return Err(match rest.starts_with(['{', '[']) {
                true => {
                    "the message holds more than one JSON text; each needs a message of its own".to_owned()
                }
                false => format!("the message goes on behind its JSON: `{}`", super::extract::shown(rest)),
            });
        }
        if !text.starts_with(['{', '[', '"']) {
            return Err(format!("the message is no JSON: {strict}"));
        }
        let mended = mend(text).map_err(|why| format!("the message is no JSON: {why}"))?;
        serde_json::from_str(&mended).map_err(|_| format!("the message is no JSON: {strict}"))
    }

    /// What stands at a JSON pointer (RFC 6901), also inside texts that hold JSON.
    ///
    /// # Errors
    /// In words: it stands there twice, with different values.
    pub(super) fn at(&self, pointer: &str) -> Result<Option<Cow<'_, Json>>, String> {
        let names = pointer.split('/').skip(1);
        let mut here = Cow::Borrowed(self);
        for name in names {
            let name = name.replace("~1", "/").replace("~0", "~");
            let Some(next) = step(here, &name)? else { return Ok(None) };
            here = next;
        }
        Ok(Some(here))
    }

    /// The entry of a table by its name.
    ///
    /// # Errors
    /// In words: the name stands there twice, with different values.
    pub(super) fn get(&self, name: &str) -> Result<Option<&Json>, String> {
        let Json::Table(entries) = self else { return Ok(None) };
        let mut named = entries.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let first = named.next();
        if named.any(|other| Some(other) != first) {
            let name = super::extract::shown(name);
            return Err(format!("`{name}` stands in the message twice, with different values"));
        }
        Ok(first)
    }

    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::List(_) | Json::Table(_) => None,
        }
    }
}

/// One step of a pointer; into a text that holds JSON, too (`objectJSON` of ChirpStack 3).
fn step<'j>(here: Cow<'j, Json>, name: &str) -> Result<Option<Cow<'j, Json>>, String> {
    let mut here = here;
    for _ in 0..TEXT_IN_TEXT {
        let Some(inner) = here.as_text() else { break };
        match Json::read(inner.trim()) {
            Ok(json) => here = Cow::Owned(json),
            Err(_) => return Ok(None),
        }
    }
    Ok(match here {
        Cow::Borrowed(Json::List(list)) => index(name).and_then(|i| list.get(i)).map(Cow::Borrowed),
        Cow::Owned(Json::List(mut list)) => {
            index(name).filter(|i| *i < list.len()).map(|i| Cow::Owned(list.swap_remove(i)))
        }
        Cow::Borrowed(table) => table.get(name)?.map(Cow::Borrowed),
        Cow::Owned(table) => table.get(name)?.cloned().map(Cow::Owned),
    })
}

/// A place in a list, as RFC 6901 writes it.
fn index(name: &str) -> Option<usize> {
    let is_plain = name.bytes().all(|b| b.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    name.parse().ok().filter(|_| is_plain)
}

/// What stands behind a whole JSON text, if there is more than one text in it.
fn behind_the_first(text: &str) -> Option<&str> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let mut texts = serde_json::Deserializer::from_str(text).into_iter::<Json>();
    texts.next()?.ok()?;
    text.get(texts.byte_offset()..).map(str::trim).filter(|rest| !rest.is_empty())
}

/// The same text as strict JSON: what is no JSON value becomes a text, what is missing becomes null.
///
/// # Errors
/// In words: it has two readings.
fn mend(text: &str) -> Result<String, String> {
    let mut mended = String::with_capacity(text.len() + 16);
    let mut rest = text;
    // The last character that counts, and what is open.
    let mut last = ' ';
    let mut open: Vec<char> = Vec::new();
    while let Some(c) = rest.chars().next() {
        let after = rest[c.len_utf8()..].trim_start();
        match c {
            '"' => {
                let length = quoted(rest, &mut mended);
                rest = &rest[length..];
            }
            '\'' => return Err("it has single quotes where JSON has double ones".to_owned()),
            '{' | '[' => {
                open.push(c);
                mended.push(c);
                rest = &rest[1..];
            }
            '}' | ']' => {
                open.pop();
                mended.push(c);
                rest = &rest[1..];
            }
            ':' => {
                mended.push(c);
                if after.starts_with([',', '}']) {
                    mended.push_str("null");
                }
                rest = &rest[1..];
            }
            ',' => {
                if !after.starts_with(['}', ']']) {
                    mended.push(c);
                }
                rest = &rest[1..];
            }
            c if c.is_whitespace() => {
                mended.push(' ');
                rest = &rest[c.len_utf8()..];
                continue;
            }
            _ => {
                let ends =
                    |c: char| c.is_whitespace() || matches!(c, '{' | '}' | '[' | ']' | ',' | ':' | '"');
                let length = rest.find(ends).unwrap_or(rest.len());
                let (word, behind) = rest.split_at(length);
                let is_name = open.last() == Some(&'{') && matches!(last, '{' | ',');
                if is_name && !behind.trim_start().starts_with(':') {
                    let before = mended.rsplit([':', '{', '[']).next().unwrap_or("").trim();
                    let before = before.trim_end_matches(',').trim();
                    return Err(match is_digits(word) && is_number(before) {
                        true => format!(
                            "it has a decimal comma, `{before},{}`: numbers have a point, {before}.{word}",
                            super::extract::shown(word)
                        ),
                        false => format!("`{}` stands where a name should be", super::extract::shown(word)),
                    });
                }
                bare(word, is_name, &mut mended);
                rest = behind;
            }
        }
        last = c;
    }
    Ok(mended)
}

/// Copies a text in double quotes, with what JSON allows in it; how many bytes of `from` it had.
fn quoted(from: &str, mended: &mut String) -> usize {
    mended.push('"');
    let mut chars = from.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                mended.push('"');
                return at + 1;
            }
            '\\' => match chars.peek() {
                Some((_, escaped)) if "\"\\/bfnrtu".contains(*escaped) => {
                    mended.push('\\');
                    mended.push(*escaped);
                    chars.next();
                }
                // A path of Windows, for example: the backslash means itself.
                _ => mended.push_str("\\\\"),
            },
            c if c < ' ' => mended.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => mended.push(c),
        }
    }
    from.len()
}

/// A word without quotes: a name, one of JSON's own, a number, or a text.
fn bare(word: &str, is_name: bool, mended: &mut String) {
    let own = match word.to_ascii_lowercase().as_str() {
        "true" => Some("true"),
        "false" => Some("false"),
        "null" | "none" | "undefined" => Some("null"),
        _ => None,
    };
    match own.filter(|_| !is_name) {
        Some(own) => mended.push_str(own),
        None if !is_name && is_number(word) => mended.push_str(word),
        // Cannot fail: it is a text.
        None => mended.push_str(&serde_json::to_string(word).unwrap_or_default()),
    }
}

fn is_number(word: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(word).is_ok()
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, state: bool) -> Result<Json, E> {
        Ok(Json::Bool(state))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element()? {
            list.push(entry);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut table = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            table.push(entry);
        }
        Ok(Json::Table(table))
    }
}

#[cfg(test)]
mod tests;
