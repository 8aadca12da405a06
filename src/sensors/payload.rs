//! From the bytes of a message to JSON, as small boards write it.
//!
//! Read without guessing: a byte order mark, whatever lies behind a NUL, UTF-16 and GBK, a missing or broken number
//! *beside* the one that is wanted (`nan`, `inf`, `0x1f`, `1e999`, nothing at all), commas before a closing bracket,
//! names without quotes or with single ones, JSON in a text, a decimal comma in an object (`21,5` where no name follows).
//! What has two readings is refused with its name: `1,234` (a decimal comma or thousands), `020` without quotes (decimal, or
//! octal as in C), a name that stands twice with different values, more than one JSON text.
//!
//! Strict JSON (`serde_json`) comes first; only what it refuses is mended and offered once more. Pure.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Stands for a number with leading zeros in mended JSON: a table with this name alone, which no device sends.
const LEADING_ZEROS: &str = "\\u0000leading zeros";
/// The same, read.
const LEADING_ZEROS_NAME: &str = "\0leading zeros";
/// A text that holds JSON is looked into at most so many times in a row.
const TEXT_IN_TEXT: usize = 3;

/// A JSON value that remembers names that stand twice.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// A number with zeros in front and without quotes, which JSON does not have.
    LeadingZeros(String),
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
        behind_the_first(text)?;
        if !text.starts_with(['{', '[', '"', '\'']) {
            return Err(format!("the message is no JSON: {strict}"));
        }
        let mended = mend(text).map_err(|why| format!("the message is no JSON: {why}"))?;
        let error = match serde_json::from_str(&mended) {
            Ok(json) => return Ok(json),
            Err(error) => error,
        };
        behind_the_first(&mended)?;
        // Of a text in single quotes the strict reader sees no more than the first of them.
        let error = if text.contains('\'') { error } else { strict };
        Err(format!("the message is no JSON: {error}"))
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
            Json::Text(text) | Json::LeadingZeros(text) => Some(text),
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

/// # Errors
/// In words: something stands behind a whole JSON text.
fn behind_the_first(text: &str) -> Result<(), String> {
    let mut texts = serde_json::Deserializer::from_str(text).into_iter::<Json>();
    if !text.starts_with(['{', '[']) || !matches!(texts.next(), Some(Ok(_))) {
        return Ok(());
    }
    match text.get(texts.byte_offset()..).unwrap_or_default().trim() {
        "" => Ok(()),
        rest if rest.starts_with(['{', '[']) => {
            Err("the message holds more than one JSON text; each needs a message of its own".to_owned())
        }
        rest => Err(format!("the message goes on behind its JSON: `{}`", super::extract::shown(rest))),
    }
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
    // Where in `mended` the number begins that has just ended, with nothing behind it yet.
    let mut number: Option<usize> = None;
    while let Some(c) = rest.chars().next() {
        let after = rest[c.len_utf8()..].trim_start();
        let just_ended = number.take();
        match c {
            '"' => {
                let length = quoted(rest, &mut mended);
                rest = &rest[length..];
            }
            '\'' => {
                let length = single_quoted(rest, &mut mended)?;
                rest = &rest[length..];
            }
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
            ',' if open.last() == Some(&'{') && just_ended.is_some_and(|at| is_whole(&mended[at..])) => {
                let whole = &mended[just_ended.unwrap_or_default()..];
                match decimals(whole, &rest[1..])? {
                    Some(decimals) => {
                        mended.push('.');
                        mended.push_str(decimals);
                        rest = &rest[1 + decimals.len()..];
                        last = '0';
                        continue;
                    }
                    None => {
                        if !after.starts_with('}') {
                            mended.push(c);
                        }
                        rest = &rest[1..];
                    }
                }
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
                            "a number goes on behind a comma, `{before}, {}`: numbers have a point and stand alone",
                            super::extract::shown(word)
                        ),
                        false => format!("`{}` stands where a name should be", super::extract::shown(word)),
                    });
                }
                let at = mended.len();
                bare(word, is_name, &mut mended);
                number = (!is_name && is_number(word)).then_some(at);
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

/// Copies a text in single quotes as one in double quotes; how many bytes of `from` it had.
///
/// # Errors
/// In words: it ends nowhere, or goes on behind its end.
fn single_quoted(from: &str, mended: &mut String) -> Result<usize, String> {
    let mut text = String::new();
    let mut chars = from.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => {
                let behind = from[at + 1..].trim_start();
                if !behind.is_empty() && !behind.starts_with([':', ',', '}', ']']) {
                    let text = super::extract::shown(&from[..at + 1]);
                    return Err(format!(
                        "something stands behind the text {text}: a text with an apostrophe in it needs double quotes"
                    ));
                }
                // Cannot fail: it is a text.
                mended.push_str(&serde_json::to_string(&text).unwrap_or_default());
                return Ok(at + 1);
            }
            '\\' => match chars.peek().copied() {
                Some((_, '\'')) => {
                    text.push('\'');
                    chars.next();
                }
                Some((_, escaped)) if "\"\\/bfnrtu".contains(escaped) => {
                    // As strict JSON reads it, with what belongs to it.
                    let length = if escaped == 'u' { 5 } else { 1 };
                    let escape: String = from[at..].chars().take(1 + length).collect();
                    match serde_json::from_str::<String>(&format!("\"{escape}\"")) {
                        Ok(read) => {
                            text.push_str(&read);
                            chars.by_ref().take(length).for_each(drop);
                        }
                        Err(_) => text.push(c),
                    }
                }
                _ => text.push(c),
            },
            c => text.push(c),
        }
    }
    Err("a text in single quotes has no end".to_owned())
}

/// The digits behind a decimal comma, if `behind` begins with such: nothing but digits, and then no name. `whole`: what
/// stands in front of the comma.
///
/// # Errors
/// In words: it may as well be a comma between thousands.
fn decimals<'t>(whole: &str, behind: &'t str) -> Result<Option<&'t str>, String> {
    let length = behind.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, next) = behind.split_at(length);
    if digits.is_empty() || !next.trim_start().starts_with([',', '}']) {
        return Ok(None);
    }
    let in_front = whole.trim_start_matches('-');
    if digits.len() == 3 && in_front.len() <= 3 && in_front != "0" {
        return Err(format!(
            "`{whole},{digits}` may be {whole}.{digits} or {whole}{digits}: numbers have a point, and no comma between thousands"
        ));
    }
    Ok(Some(digits))
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
        None if !is_name && has_leading_zeros(word) => {
            mended.push_str(&format!("{{\"{LEADING_ZEROS}\":\"{word}\"}}"));
        }
        // Cannot fail: it is a text.
        None => mended.push_str(&serde_json::to_string(word).unwrap_or_default()),
    }
}

fn is_number(word: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(word).is_ok()
}

/// Whether a number, as [`is_number`] has it, has neither point nor exponent.
fn is_whole(number: &str) -> bool {
    is_digits(number.trim_start_matches('-'))
}

/// `020`, `-007`, `021.5`.
fn has_leading_zeros(word: &str) -> bool {
    let digits = word.trim_start_matches(['-', '+']);
    let bare = digits.trim_start_matches('0');
    let is_cut = bare.len() < digits.len() && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    is_cut && bare.bytes().all(|b| b.is_ascii_digit() || b == b'.')
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
        let mut table: Vec<(String, Json)> = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            table.push(entry);
        }
        if let [(name, Json::Text(digits))] = table.as_slice()
            && name == LEADING_ZEROS_NAME
        {
            return Ok(Json::LeadingZeros(digits.clone()));
        }
        Ok(Json::Table(table))
    }
}

#[cfg(test)]
mod tests;
