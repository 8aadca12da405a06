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

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::extract::shown;
use crate::text::{Sentence, foreign, source as say};

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

/// Strict JSON, and why the values that stand in it as [`UNREADABLE`] cannot be read.
#[derive(Debug)]
struct Mended {
    text: String,
    reasons: Vec<Sentence>,
}

impl Mended {
    /// Puts a value that cannot be read in the place of all that begins at `at`.
    fn unreadable(&mut self, at: usize, why: Sentence) {
        self.text.truncate(at);
        self.text.push_str(&format!("{{\"{UNREADABLE}\":{}}}", self.reasons.len()));
        self.reasons.push(why);
    }

    /// A further number, perhaps with a unit, stands behind the comma of the one that begins at `at`, and no name: neither is
    /// the value.
    fn goes_on(&mut self, at: usize, further: &str) {
        let number = self.text[at..].trim_end_matches([',', ' ']);
        if number.starts_with('{') {
            // Unreadable already.
            let end = at + number.len();
            self.text.truncate(end);
            return;
        }
        let why = say::number_goes_on(shown(number), shown(further));
        self.unreadable(at, why);
    }
}

/// A number without quotes behind which nothing but commas and blanks have come.
#[derive(Debug, Clone, Copy)]
struct BareNumber<'t> {
    /// Its start in the mended text.
    at: usize,
    /// The original text.
    word: &'t str,
    /// Whether nothing at all has come.
    just_ended: bool,
}

impl BareNumber<'_> {
    /// The same once something has come.
    fn past(self) -> Self {
        BareNumber { just_ended: false, ..self }
    }
}

/// The same text as strict JSON: what is no JSON value becomes a text, what is missing becomes null, and what has two
/// readings a reason.
///
/// # Errors
/// In words: where values begin and end is in doubt.
fn mend(text: &str) -> Result<Mended, Sentence> {
    let mended = Mended { text: String::with_capacity(text.len() + 16), reasons: Vec::new() };
    let mut mender = Mender { mended, rest: text, last: ' ', open: Vec::new(), number: None };
    while let Some(c) = mender.rest.chars().next() {
        mender.last = mender.take(c)?;
    }
    Ok(mender.mended)
}

/// A text on its way to strict JSON.
struct Mender<'t> {
    mended: Mended,
    /// What is still to be read.
    rest: &'t str,
    /// The last character that counts.
    last: char,
    /// The brackets that are open.
    open: Vec<char>,
    /// The number that may go on behind a comma.
    number: Option<BareNumber<'t>>,
}

impl<'t> Mender<'t> {
    fn in_object(&self) -> bool {
        self.open.last() == Some(&'{')
    }

    /// Whether a name comes next.
    fn is_name(&self) -> bool {
        self.in_object() && matches!(self.last, '{' | ',')
    }

    /// Whether a value comes next.
    fn is_value(&self) -> bool {
        matches!(self.last, ':' | '[') || (self.last == ',' && self.open.last() == Some(&'['))
    }

    /// Takes what begins with `c`, the next character, and returns the last one that counts then.
    fn take(&mut self, c: char) -> Result<char, Sentence> {
        let before = self.number.take();
        match c {
            '"' | '\'' => self.take_quoted(c)?,
            '{' | '[' => {
                self.open.push(c);
                self.pass(c);
            }
            '}' | ']' => {
                self.open.pop();
                self.pass(c);
            }
            ':' => {
                self.pass(c);
                if self.rest.trim_start().starts_with([',', '}']) {
                    self.mended.text.push_str("null");
                }
            }
            ',' => {
                self.number = before.map(BareNumber::past);
                if self.take_decimals(before) {
                    return Ok('0');
                }
                match self.rest[1..].trim_start().starts_with(['}', ']']) {
                    true => self.rest = &self.rest[1..],
                    false => self.pass(c),
                }
            }
            c if c.is_whitespace() => {
                self.number = before.map(BareNumber::past);
                self.mended.text.push(' ');
                self.rest = &self.rest[c.len_utf8()..];
                return Ok(self.last);
            }
            _ => return self.take_word(c, before),
        }
        Ok(c)
    }

    /// Takes a character of one byte as it is.
    fn pass(&mut self, c: char) {
        self.mended.text.push(c);
        self.rest = &self.rest[1..];
    }

    fn take_quoted(&mut self, quote: char) -> Result<(), Sentence> {
        let broken = if self.is_value() { text_with_quotes(self.rest)? } else { None };
        let length = match broken {
            Some((length, why)) => {
                self.mended.unreadable(self.mended.text.len(), why);
                length
            }
            None if quote == '"' => quoted(self.rest, &mut self.mended.text),
            None => single_quoted(self.rest, &mut self.mended.text)?,
        };
        self.rest = &self.rest[length..];
        Ok(())
    }

    /// Takes the comma and what stands behind it where both belong to the number `before` it.
    fn take_decimals(&mut self, before: Option<BareNumber<'t>>) -> bool {
        let in_object = self.in_object();
        let whole = before.filter(|number| in_object && number.just_ended && is_whole(number.word));
        let Some((BareNumber { at, word, .. }, decimals)) = whole.zip(decimals(&self.rest[1..])) else {
            return false;
        };
        match two_readings(word, decimals) {
            Some(why) => self.mended.unreadable(at, why),
            None => {
                self.mended.text.push('.');
                self.mended.text.push_str(decimals);
            }
        }
        self.rest = &self.rest[1 + decimals.len()..];
        true
    }

    /// Takes a word without quotes that begins with `c`, or what goes on with the number `before` it; returns as
    /// [`take`](Self::take).
    fn take_word(&mut self, c: char, before: Option<BareNumber<'t>>) -> Result<char, Sentence> {
        let is_name = self.is_name();
        if let Some((number, further)) = before.filter(|_| is_name).zip(further(self.rest)) {
            self.mended.goes_on(number.at, further);
            self.rest = &self.rest[further.len()..];
            self.number = Some(number.past());
            return Ok('0');
        }
        let length = if self.is_value() { value_length(self.rest) } else { word_length(self.rest) };
        let (word, behind) = self.rest.split_at(length);
        self.rest = behind;
        if is_name && !behind.trim_start().starts_with(':') {
            return Err(say::not_a_name(shown(word)));
        }
        let at = self.mended.text.len();
        bare(word, is_name, &mut self.mended.text);
        let is_number = !is_name && as_number(word).is_some();
        self.number = is_number.then_some(BareNumber { at, word, just_ended: true });
        Ok(c)
    }
}

/// What stands behind the comma of a number in an object and is no name, if `from` begins with such: digits, and whatever
/// follows them up to the next comma or the end.
fn further(from: &str) -> Option<&str> {
    let end = from.find([',', '{', '}', '[', ']', ':', '"', '\'']).unwrap_or(from.len());
    let (further, next) = from.split_at(end);
    let is_no_name = further.starts_with(|c: char| c.is_ascii_digit()) && next.starts_with([',', '}']);
    is_no_name.then(|| further.trim_end())
}

/// How many bytes a word without quotes has.
fn word_length(from: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || matches!(c, '{' | '}' | '[' | ']' | ',' | ':' | '"');
    from.find(ends).unwrap_or(from.len())
}

/// How many bytes a value without quotes has: it may be several words, or a time of the day.
fn value_length(from: &str) -> usize {
    let end = from.find(['{', '}', '[', ']', ',', '"']).unwrap_or(from.len());
    let value = from[..end].trim_end();
    // The comma in front of a name is missing: what is the value's is not sure.
    let is_name = |word: &str| word.contains(':') && !word.starts_with(|c: char| c.is_ascii_digit());
    if value.split_whitespace().skip(1).any(is_name) { word_length(from) } else { value.len() }
}

/// A value in whose text its own quotes stand, as in `'it's'`: how many bytes it has, up to the first of them behind which a
/// value can end, and why it cannot be read. `None` for any other text.
///
/// # Errors
/// In words: it may as well have ended before a name.
fn text_with_quotes(from: &str) -> Result<Option<(usize, Sentence)>, Sentence> {
    let quote = if from.starts_with('"') { '"' } else { '\'' };
    let mut why: Option<Sentence> = None;
    let mut chars = from.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        }
        if c != quote {
            continue;
        }
        // It begins the next value, so that where this one ended is not sure.
        if why.is_some() && from[..at].trim_end().ends_with([',', ':', '[', '{']) {
            break;
        }
        let behind = from[at + 1..].trim_start();
        if behind.is_empty() || behind.starts_with([',', '}', ']']) {
            return Ok(why.map(|why| (at + 1, why)));
        }
        if behind.starts_with(':') {
            break;
        }
        if why.is_none() {
            why = Some(more_behind(&from[..=at]));
        }
    }
    why.map_or(Ok(None), Err)
}

/// What is wrong where a text in quotes ends and something else than a comma or bracket follows.
fn more_behind(text: &str) -> Sentence {
    let why = match text.starts_with('"') {
        true => say::quotes_need_backslash(),
        false => say::apostrophe_needs_quotes(),
    };
    say::behind_text(shown(text), why)
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
fn single_quoted(from: &str, mended: &mut String) -> Result<usize, Sentence> {
    let mut text = String::new();
    let mut chars = from.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => {
                let behind = from[at + 1..].trim_start();
                if !behind.is_empty() && !behind.starts_with([':', ',', '}', ']']) {
                    return Err(more_behind(&from[..=at]));
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
    Err(say::text_without_end())
}

/// The digits behind a comma in an object, if `behind` begins with such: nothing but digits, and then no name.
fn decimals(behind: &str) -> Option<&str> {
    let length = behind.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, next) = behind.split_at(length);
    (!digits.is_empty() && next.trim_start().starts_with([',', '}'])).then_some(digits)
}

/// Why a comma between the digits of a number may be a decimal comma as well as one between thousands, if it may.
fn two_readings(whole: &str, decimals: &str) -> Option<Sentence> {
    let in_front = whole.trim_start_matches(['-', '+']);
    // What stands in front of three digits for thousands has at most three itself, and no zero in front.
    let may_be_thousands = decimals.len() == 3 && in_front.len() <= 3 && !in_front.starts_with('0');
    may_be_thousands.then(|| say::two_readings(whole, decimals))
}

/// The number in `21,5`: digits, one comma, digits. `None` for anything else.
///
/// # Errors
/// In words: it has two readings.
pub(super) fn decimal_comma(text: &str) -> Option<Result<f64, Sentence>> {
    let (whole, decimals) = text.split_once(',')?;
    if !is_digits(whole.strip_prefix(['-', '+']).unwrap_or(whole)) || !is_digits(decimals) {
        return None;
    }
    if let Some(why) = two_readings(whole, decimals) {
        return Some(Err(why));
    }
    let number: f64 = format!("{whole}.{decimals}").parse().ok()?;
    number.is_finite().then_some(Ok(number))
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
        None => match as_number(word).filter(|_| !is_name) {
            Some(number) => mended.push_str(&number),
            // Cannot fail: it is a text.
            None => mended.push_str(&serde_json::to_string(word).unwrap_or_default()),
        },
    }
}

/// A word as JSON writes that number: without a plus, and without the zeros in front that boards print (`%05.1f`). They are
/// decimal: JSON has no octal numbers, and no device is known that writes them.
fn as_number(word: &str) -> Option<String> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", word.strip_prefix('+').unwrap_or(word)),
    };
    let starts_with_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    if !starts_with_digit(digits) {
        return None;
    }
    let bare = digits.trim_start_matches('0');
    let zero = if starts_with_digit(bare) { "" } else { "0" };
    let number = format!("{sign}{zero}{bare}");
    serde_json::from_str::<serde_json::Number>(&number).is_ok().then_some(number)
}

/// Whether a number has neither point nor exponent.
fn is_whole(number: &str) -> bool {
    is_digits(number.trim_start_matches(['-', '+']))
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
        Ok(Json::Table(table))
    }
}

#[cfg(test)]
mod tests;
