//! Parses the bytes of a message as JSON, tolerating what small boards write.
//!
//! Read without guessing: a byte order mark, whatever lies behind a NUL, UTF-16 and GBK, commas before a closing bracket,
//! names without quotes or with single ones, JSON in a text, numbers with zeros in front (`021.5`: JSON has no octal ones),
//! a decimal comma (`21,5` in a text, or in an object where no name follows).
//! A value that has two readings, `1,234` (a decimal comma or thousands) or `'it's'`, is kept as [`Json::Unreadable`] with
//! the reason: it is refused where it is the one that is wanted, and in the way of no other. So is any other broken value
//! (`nan`, `0x1f`, `1e999`, nothing at all). What leaves the message as a whole in doubt is refused with its name: a name
//! that stands twice with different values where it is wanted, more than one JSON text, a name or a bracket that is missing.
//!
//! Strict JSON (`serde_json`) comes first; only what it refuses is mended and offered once more. Pure.

mod mend;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::extract::shown;
use crate::text::{Sentence, foreign, source as say};

pub(super) use mend::decimal_comma;
use mend::mend;

/// Stands in mended JSON for a value that cannot be read: a table with this name alone and the number of the reason.
const UNREADABLE: &str = "(unreadable)";
/// A text that holds JSON is looked into at most so many times in a row.
const TEXT_IN_TEXT: usize = 3;

/// A JSON value that remembers names that stand twice.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// A value that has two readings, or is none; why.
    Unreadable(Sentence),
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
pub(super) fn text(message: &[u8]) -> Result<Cow<'_, str>, Sentence> {
    if message.starts_with(&[0x1f, 0x8b]) {
        return Err(say::compressed());
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
        return Err(say::utf16_without_mark());
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

fn trimmed(text: &str) -> Result<&str, Sentence> {
    let text = text.trim_matches(|c: char| c.is_control() || c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() { Err(say::empty()) } else { Ok(text) }
}

impl Json {
    /// Reads a text.
    ///
    /// # Errors
    /// In words: why it is no JSON, or has two readings.
    pub(super) fn read(text: &str) -> Result<Json, Sentence> {
        let strict = match serde_json::from_str(text) {
            Ok(json) => return Ok(json),
            Err(error) => error,
        };
        behind_the_first(text)?;
        let no_json = |error: serde_json::Error| say::no_json(foreign::words(error.to_string()));
        if !text.starts_with(['{', '[', '"', '\'']) {
            return Err(no_json(strict));
        }
        let mended = mend(text).map_err(say::no_json)?;
        let error = match serde_json::from_str::<Json>(&mended.text) {
            Ok(json) => return Ok(json.with_reasons(&mended.reasons)),
            Err(error) => error,
        };
        behind_the_first(&mended.text)?;
        // Of a text in single quotes the strict reader sees no more than the first of them.
        let error = if text.contains('\'') { error } else { strict };
        Err(no_json(error))
    }

    /// The same with the reasons in the places of what could not be read.
    fn with_reasons(self, reasons: &[Sentence]) -> Json {
        match self {
            Json::List(list) => {
                Json::List(list.into_iter().map(|entry| entry.with_reasons(reasons)).collect())
            }
            Json::Table(entries) => {
                if let [(name, Json::Number(which))] = entries.as_slice()
                    && name == UNREADABLE
                    && let Some(why) = reasons.get(*which as usize)
                {
                    return Json::Unreadable(why.clone());
                }
                let entries = entries.into_iter().map(|(name, value)| (name, value.with_reasons(reasons)));
                Json::Table(entries.collect())
            }
            same @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::Unreadable(_)) => {
                same
            }
        }
    }

    /// What stands at a JSON pointer (RFC 6901), also inside texts that hold JSON.
    ///
    /// # Errors
    /// In words: it stands there twice, with different values, or in something that cannot be read.
    pub(super) fn at(&self, pointer: &str) -> Result<Option<Cow<'_, Json>>, Sentence> {
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
    /// In words: the name stands there twice, with different values, or what should be the table cannot be read.
    pub(super) fn get(&self, name: &str) -> Result<Option<&Json>, Sentence> {
        let entries = match self {
            Json::Table(entries) => entries,
            Json::Unreadable(why) => return Err(why.clone()),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::List(_) => return Ok(None),
        };
        let mut named = entries.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let first = named.next();
        if named.any(|other| Some(other) != first) {
            return Err(say::name_twice(shown(name)));
        }
        Ok(first)
    }

    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            Json::Null
            | Json::Bool(_)
            | Json::Number(_)
            | Json::Unreadable(_)
            | Json::List(_)
            | Json::Table(_) => None,
        }
    }
}

/// One step of a pointer; into a text that holds JSON, too (`objectJSON` of ChirpStack 3).
fn step<'j>(here: Cow<'j, Json>, name: &str) -> Result<Option<Cow<'j, Json>>, Sentence> {
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

/// # Errors
/// In words: something stands behind a whole JSON text.
fn behind_the_first(text: &str) -> Result<(), Sentence> {
    let mut texts = serde_json::Deserializer::from_str(text).into_iter::<Json>();
    if !text.starts_with(['{', '[']) || !matches!(texts.next(), Some(Ok(_))) {
        return Ok(());
    }
    match text.get(texts.byte_offset()..).unwrap_or_default().trim() {
        "" => Ok(()),
        rest if rest.starts_with(['{', '[']) => Err(say::several_texts()),
        rest => Err(say::goes_on(shown(rest))),
    }
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
        let mut table: Vec<(String, Json)> = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            table.push(entry);
        }
        Ok(Json::Table(table))
    }
}

#[cfg(test)]
mod tests;
