//! Turns what small boards write for JSON into strict JSON, as the module above says: what is no JSON value becomes a text, what
//! is missing becomes null, and what has two readings is kept as unreadable with its reason. Must never guess between two
//! readings. Pure.

use super::super::extract::shown;
use super::UNREADABLE;
use crate::text::{Sentence, source as say};

/// Strict JSON, and why the values that stand in it as [`UNREADABLE`] cannot be read.
#[derive(Debug)]
pub(super) struct Mended {
    pub text: String,
    pub reasons: Vec<Sentence>,
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
pub(super) fn mend(text: &str) -> Result<Mended, Sentence> {
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
pub(in crate::sensors) fn decimal_comma(text: &str) -> Option<Result<f64, Sentence>> {
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
