//! Extracts a number from a message: JSON, a place in it, and words that stand for numbers.
//!
//! The place is a JSON pointer (RFC 6901), or a data item of an ONVIF event. ONVIF events over MQTT are
//! described in the ONVIF Core Specification, "JSON Event Payload" (prefix `onvif-ej`):
//!
//! ```json
//! { "UtcTime": "2025-07-15T14:30:00Z", "Source": { "SensorID": "temp_001" }, "Data": { "Value": 298.65, "Threshold": 295.15 } }
//! ```
//!
//! Values may stand in quotes there, and temperatures are in kelvin. Some devices keep the XML's form
//! (`"Data": {"SimpleItem": [{"Name": "State", "Value": "true"}]}`) and its `PropertyOperation`; both are read.
//!
//! Pure. Must never take for a number what the configuration does not call one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::SourceCheck;
use super::payload::{self, Json};
use crate::analysis::sensor::RawReading;
use crate::text::{Sentence, source as say};
use crate::types::at::{At, text_of};

/// Largest message that is read. An uplink of ChirpStack has a few kilobytes.
pub(super) const MESSAGE_BYTES: usize = 64 * 1024;

/// What usual devices say, in lower case.
const USUAL_WORDS: [(&str, f64); 28] = [
    ("true", 1.0),
    ("on", 1.0),
    ("open", 1.0),
    ("opened", 1.0),
    ("yes", 1.0),
    ("alarm", 1.0),
    ("detected", 1.0),
    ("wet", 1.0),
    ("leak", 1.0),
    ("smoke", 1.0),
    ("active", 1.0),
    ("high", 1.0),
    ("triggered", 1.0),
    ("occupied", 1.0),
    ("false", 0.0),
    ("off", 0.0),
    ("closed", 0.0),
    ("close", 0.0),
    ("no", 0.0),
    ("normal", 0.0),
    ("clear", 0.0),
    ("ok", 0.0),
    ("dry", 0.0),
    ("idle", 0.0),
    ("inactive", 0.0),
    ("low", 0.0),
    ("none", 0.0),
    ("standby", 0.0),
];

/// The words that are known without being configured.
pub fn usual_words() -> BTreeMap<String, f64> {
    USUAL_WORDS.iter().map(|(word, value)| ((*word).to_owned(), *value)).collect()
}

/// Words that stand for numbers, as the configuration says them.
pub(super) type WordsDocument = Option<At<BTreeMap<String, At<f64>>>>;

/// Those of the configuration in lower case, as they are compared, and the usual ones, which stand for states: a gauge that
/// says `high` has not measured one metre.
pub(super) fn words_of(typed: &WordsDocument, is_binary: bool) -> BTreeMap<String, f64> {
    let mut words = if is_binary { usual_words() } else { BTreeMap::new() };
    let own = typed.iter().flat_map(|table| &table.value);
    words.extend(own.map(|(word, value)| (word.trim().to_lowercase(), value.value)));
    words
}

/// Whether a path may be repeated in a hint.
fn is_path(path: &str) -> bool {
    !path.is_empty()
        && path.len() <= 64
        && path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/'))
}

/// The place of the value in a message, and how it may be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Extract {
    /// The place.
    pub place: Place,
    /// Words that stand for numbers, in lower case. JSON's `true` and `false` are words too, so a device that
    /// says `true` for a closed door can be turned round.
    pub words: BTreeMap<String, f64>,
    /// Messages without this place are passed over: for devices that send several kinds of message. Otherwise they
    /// make the reading bad.
    pub skip_missing: bool,
}

/// The place of the value in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A JSON pointer; empty for the whole message.
    Pointer(String),
    /// A data item of an ONVIF event.
    Onvif {
        /// Items of the event's source that must be there with these values.
        source: BTreeMap<String, String>,
        /// Name of the data item.
        data_key: String,
    },
}

/// What a message says to one sensor.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Extracted {
    Reading(RawReading),
    /// It is not meant for this sensor.
    Nothing,
}

impl Extract {
    /// The place that a JSON pointer of the configuration names; `None` if it is none, which is reported.
    pub(super) fn checked(
        pointer: &Option<At<String>>,
        words: &WordsDocument,
        skip_missing: bool,
        check: &mut SourceCheck<'_>,
    ) -> Option<Self> {
        let text = text_of(pointer).unwrap_or_default();
        let words = words_of(words, check.is_binary);
        let Some(field) = pointer else {
            return Some(Extract { place: Place::Pointer(text), words, skip_missing });
        };
        if !text.starts_with('/') {
            let path = text
                .trim_start_matches('$')
                .trim_start_matches('.')
                .replace(['.', '['], "/")
                .replace(']', "");
            let path = if is_path(&path) { path.as_str() } else { "level" };
            check.error(&field.span, say::pointer_without_slash(), say::try_pointer(path));
            return None;
        }
        let escapes_well = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        if !escapes_well {
            check.error(&field.span, say::pointer_escape(), say::try_escape());
            return None;
        }
        Some(Extract { place: Place::Pointer(text), words, skip_missing })
    }

    /// Reads one message.
    pub(super) fn read(&self, message: &[u8]) -> Extracted {
        if message.len() > MESSAGE_BYTES {
            return unreadable(say::too_long(message.len(), MESSAGE_BYTES));
        }
        let text = match payload::text(message) {
            Ok(text) => text,
            Err(why) => return unreadable(why),
        };
        let is_whole = matches!(&self.place, Place::Pointer(pointer) if pointer.is_empty());
        match Json::read(&text) {
            Ok(json) => self.read_json(&json).unwrap_or_else(unreadable),
            // Some devices publish a bare word.
            Err(_) if is_whole && self.is_of_two_switches(&text) => unreadable(say::two_switches(&*text)),
            Err(_) if is_whole => Extracted::Reading(self.number(&Json::Text(text.into_owned()))),
            Err(why) => unreadable(why),
        }
    }

    /// A whole message like `0,1`: who has a decimal comma and nothing else to say hardly ever measures just that.
    fn is_of_two_switches(&self, text: &str) -> bool {
        !self.words.contains_key(text) && matches!(text.split_once(','), Some(("0" | "1", "0" | "1")))
    }

    fn read_json(&self, json: &Json) -> Result<Extracted, Sentence> {
        let (found, place) = match &self.place {
            Place::Pointer(pointer) => (json.at(pointer)?, shown(pointer)),
            Place::Onvif { source, data_key } => {
                let mut is_meant = true;
                for (name, value) in source {
                    let found = item(json.get("Source")?, name)?;
                    if let Some(Json::Unreadable(why)) = found {
                        return Err(why.clone());
                    }
                    is_meant &= found.is_some_and(|found| is_text(found, value));
                }
                // A property that is gone has no value, whatever stands in the message.
                let operation = json.get("PropertyOperation")?.and_then(Json::as_text);
                if !is_meant || operation == Some("Deleted") {
                    return Ok(Extracted::Nothing);
                }
                let found = item(json.get("Data")?, data_key)?;
                (found.map(Cow::Borrowed), format!("`Data` `{}`", shown(data_key)))
            }
        };
        Ok(match found {
            Some(value) => Extracted::Reading(self.number(&value)),
            None if self.skip_missing => Extracted::Nothing,
            None => unreadable(match self.chirpstack_3(json) {
                Some(there) => say::nothing_there_but(place, there),
                None => say::nothing_there(place),
            }),
        })
    }

    /// Where ChirpStack 3 has what version 4 has in `object`.
    fn chirpstack_3(&self, json: &Json) -> Option<String> {
        let Place::Pointer(pointer) = &self.place else { return None };
        let there = format!("/objectJSON{}", pointer.strip_prefix("/object")?);
        json.at(&there).ok()??;
        Some(shown(&there))
    }

    fn number(&self, value: &Json) -> RawReading {
        let text = match value {
            Json::Number(number) => return RawReading::Value(*number),
            Json::Bool(state) => {
                let word = if *state { "true" } else { "false" };
                return match self.words.get(word) {
                    Some(number) => RawReading::Value(*number),
                    None => RawReading::Unreadable(say::word_without_number(word).into()),
                };
            }
            Json::Text(text) => text.trim(),
            Json::Unreadable(why) => return RawReading::Unreadable(why.clone().into()),
            Json::Null => return RawReading::Unreadable(say::null_for_number().into()),
            Json::List(_) => return RawReading::Unreadable(say::list_for_number().into()),
            Json::Table(_) => return RawReading::Unreadable(say::object_for_number().into()),
        };
        if let Some(number) = self.words.get(&text.to_lowercase()) {
            return RawReading::Value(*number);
        }
        match plain_number(text).map(Ok).or_else(|| payload::decimal_comma(text)) {
            Some(Ok(number)) => RawReading::Value(number),
            Some(Err(why)) => RawReading::Unreadable(why.into()),
            None => {
                let why = match hint(text) {
                    Some(hint) => say::neither_because(shown(text), hint),
                    None => say::neither_number_nor_word(shown(text)),
                };
                RawReading::Unreadable(why.into())
            }
        }
    }
}

/// A number as devices write it: `inf`, `nan` and the like are Rust's idea of numbers, not a sensor's.
fn plain_number(text: &str) -> Option<f64> {
    let is_numeric =
        text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    text.parse::<f64>().ok().filter(|number| is_numeric && number.is_finite())
}

/// What to try where a text looks like a number and is none.
fn hint(text: &str) -> Option<Sentence> {
    let lower = text.to_ascii_lowercase();
    let bare = lower.trim_start_matches(['-', '+']);
    if ["nan", "inf", "1.#", "null", "none"].iter().any(|word| bare.starts_with(word)) {
        return Some(say::measured_nothing());
    }
    let is_hex = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if bare.strip_prefix("0x").is_some_and(is_hex) {
        return Some(say::hexadecimal());
    }
    let has_digit = text.bytes().any(|b| b.is_ascii_digit());
    if has_digit && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b',' | b'.' | b'-' | b'+')) {
        return Some(say::one_number());
    }
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(0);
    plain_number(&text[..end]).map(|_| say::number_with_unit())
}

fn unreadable(why: Sentence) -> Extracted {
    Extracted::Reading(RawReading::Unreadable(why.into()))
}

/// An item by its name, in either form.
fn item<'j>(list: Option<&'j Json>, name: &str) -> Result<Option<&'j Json>, Sentence> {
    let Some(list) = list else { return Ok(None) };
    if let Some(plain) = list.get(name)? {
        return Ok(Some(plain));
    }
    let items = match list.get("SimpleItem")? {
        None => return Ok(None),
        Some(Json::List(items)) => items.as_slice(),
        Some(alone) => std::slice::from_ref(alone),
    };
    for item in items {
        if item.get("Name")?.and_then(Json::as_text) == Some(name) {
            return item.get("Value");
        }
    }
    Ok(None)
}

/// Whether a value is this text; quotes may be omitted around numbers and `true`, `false`.
fn is_text(value: &Json, text: &str) -> bool {
    match value {
        Json::Text(found) => found == text,
        Json::Bool(state) => text == if *state { "true" } else { "false" },
        Json::Number(number) => plain_number(text) == Some(*number),
        Json::Null | Json::Unreadable(_) | Json::List(_) | Json::Table(_) => false,
    }
}

/// Somebody else's text in a message of ours: short, and nothing that steers a terminal.
pub(super) fn shown(text: &str) -> String {
    let mut short: String =
        text.chars().take(40).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn at(pointer: &str) -> Extract {
        Extract { place: Place::Pointer(pointer.to_owned()), words: usual_words(), skip_missing: false }
    }

    fn onvif(source: &[(&str, &str)], data_key: &str) -> Extract {
        let source = source.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Extract { place: Place::Onvif { source, data_key: data_key.to_owned() }, ..at("") }
    }

    fn number(extract: &Extract, message: &Value) -> Option<f64> {
        match extract.read(message.to_string().as_bytes()) {
            Extracted::Reading(RawReading::Value(number)) => Some(number),
            _ => None,
        }
    }

    fn why(extract: &Extract, message: &str) -> String {
        match extract.read(message.as_bytes()) {
            Extracted::Reading(RawReading::Unreadable(why)) => why.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn numbers_words_and_numbers_in_quotes_are_read() {
        let message =
            json!({"level": 0.31, "state": "ON", "contact": true, "text": " 21.5 ", "a/b": [7], "m~n": 8});
        for (pointer, value) in [
            ("/level", 0.31),
            ("/state", 1.0),
            ("/contact", 1.0),
            ("/text", 21.5),
            ("/a~1b/0", 7.0),
            ("/m~0n", 8.0),
        ] {
            assert_eq!(number(&at(pointer), &message), Some(value), "{pointer}");
        }
        assert_eq!(number(&at(""), &json!(4.5)), Some(4.5));
        assert!(matches!(at("").read(b"closed\n"), Extracted::Reading(RawReading::Value(0.0))));
    }

    #[test]
    fn words_of_the_site_come_before_everything() {
        // zigbee2mqtt's `contact` is true when the door is closed.
        let mut door = at("/contact");
        door.words.insert("true".to_owned(), 0.0);
        door.words.insert("false".to_owned(), 1.0);
        assert_eq!(number(&door, &json!({"contact": true})), Some(0.0));
        assert_eq!(number(&door, &json!({"contact": false})), Some(1.0));
    }

    fn value(number: f64) -> Extracted {
        Extracted::Reading(RawReading::Value(number))
    }

    /// Alone, in quotes, in a list and in an object alike: JSON has no octal numbers.
    #[test]
    fn numbers_with_zeros_in_front_are_decimal() {
        for (text, expected) in [
            ("08", 8.0),
            ("021.5", 21.5),
            ("020", 20.0),
            ("-007.5", -7.5),
            ("+09", 9.0),
            ("00", 0.0),
            ("00.5", 0.5),
        ] {
            assert_eq!(at("").read(format!("{text}\r\n").as_bytes()), value(expected), "{text}");
            for (pointer, message) in [
                ("/level", format!("{{\"level\":{text}}}")),
                ("/level", format!("{{\"t\":007,\"level\": {text} ,\"u\":1}}")),
                ("/level", format!("{{\"level\":\"{text}\"}}")),
                ("/0", format!("[{text}]")),
            ] {
                assert_eq!(at(pointer).read(message.as_bytes()), value(expected), "{message}");
            }
        }
        assert!(why(&at("/level"), r#"{"level":0-7}"#).contains("`0-7` is neither"));
    }

    #[test]
    fn a_decimal_comma_is_read_as_a_whole_message_and_in_quotes() {
        for (text, expected) in [
            ("21,5", 21.5),
            ("-3,25", -3.25),
            ("+0,5", 0.5),
            ("0,125", 0.125),
            ("021,500", 21.5),
            ("1234,567", 1234.567),
            ("1,2345", 1.2345),
        ] {
            assert_eq!(at("").read(format!("{text}\r\n").as_bytes()), value(expected), "{text}");
            for message in [
                format!("{{\"level\":\"{text}\"}}"),
                format!("{{'level': ' {text} '}}"),
                format!("{{\"level\":{text}}}"),
            ] {
                assert_eq!(at("/level").read(message.as_bytes()), value(expected), "{message}");
            }
        }
        let event = json!({"Source": {}, "Data": {"Value": "298,65"}});
        assert_eq!(number(&onvif(&[], "Value"), &event), Some(298.65));
        for (text, said) in [
            ("1,234", "`1,234` may be 1.234 or 1234: set the device to write a decimal point"),
            ("-21,500", "`-21,500` may be -21.500 or -21500"),
            ("1,234,567", "neither a number nor a known word: one number is read"),
            ("1.234,5", "neither a number nor a known word: one number is read"),
            (",5", "neither a number"),
            ("5,", "neither a number"),
            ("--5,1", "neither a number"),
        ] {
            assert!(why(&at(""), text).contains(said), "{text}: {}", why(&at(""), text));
            let quoted = format!("{{\"level\":\"{text}\"}}");
            assert!(why(&at("/level"), &quoted).contains(said), "{quoted}");
        }
        assert_eq!(at("").read(b"21,48"), value(21.48));
        // Two switches, as the whole message; in an object it is one value.
        for text in ["0,1", "1,0", "1,1", "0,0"] {
            let said = why(&at(""), text);
            assert!(said.contains(&format!("`{text}` may be two switches or one number")), "{said}");
        }
        assert_eq!(at("/level").read(br#"{"level":0,1}"#), value(0.1));
        let mut site = at("");
        site.words.insert("0,1".to_owned(), 1.0);
        assert_eq!(site.read(b"0,1"), value(1.0), "a word of the site's");
    }

    #[test]
    fn a_source_of_an_event_that_cannot_be_read_is_not_taken_for_another() {
        let said = why(&onvif(&[("Name", "it's")], "Value"), "{'Source':{'Name':'it's'},'Data':{'Value':1}}");
        assert!(said.contains("a text with an apostrophe in it needs double quotes"), "{said}");
    }

    #[test]
    fn what_is_no_number_says_why() {
        let level = at("/level");
        for (message, said) in [
            ("{}", "nothing at /level"),
            (r#"{"level":null}"#, "null in place"),
            (r#"{"level":[1]}"#, "a list in place"),
            (r#"{"level":{"v":1}}"#, "an object in place"),
            (r#"{"level":"inf"}"#, "`inf` is neither"),
            (r#"{"level":"NaN"}"#, "`NaN` is neither"),
            (r#"{"level":"1e999"}"#, "`1e999` is neither"),
            (r#"{"level":"0x1f"}"#, "`0x1f` is neither"),
            (r#"{"level":""}"#, "`` is neither"),
            (r#"{"level":1"#, "no JSON"),
            ("[]", "nothing at /level"),
            ("", "the message is empty"),
            (r#"{"level":nan,"t":1}"#, "`nan` is neither a number nor a known word: the device says"),
            (r#"{"level":-inf}"#, "`-inf` is neither a number nor a known word: the device says"),
            (r#"{"level":0x1f}"#, "`0x1f` is neither a number nor a known word: it is hexadecimal"),
            (r#"{"level":3, 14}"#, "a number goes on behind a comma, `3, 14`"),
            (r#"{"level":1,234}"#, "`1,234` may be 1.234 or 1234"),
            (r#"{"level":[21,5]}"#, "a list in place of a number"),
            (r#"{'level':'it's'}"#, "something stands behind the text 'it': a text with an apostrophe in it"),
            (r#"{"level":"21.5 C"}"#, "must stand alone, without a unit"),
            (r#"{"level":[[3]]}"#, "`/0` behind the pointer"),
            (r#"{"level":}"#, "null in place"),
            (r#"{"level":1e999}"#, "`1e999` is neither"),
        ] {
            let why = why(&level, message);
            assert!(why.contains(said), "{message}: {why}");
        }
        let long = format!("{{\"level\":\"{}\\u001b[2J\"}}", "x".repeat(1000));
        assert!(why(&level, &long).len() < 200);
        let huge = format!("{{\"level\":1,\"pad\":\"{}\"}}", "x".repeat(MESSAGE_BYTES));
        assert!(why(&level, &huge).contains("at most 65536 are read"));
        assert!(
            why(&level, &"[".repeat(10_000)).contains("no JSON"),
            "deep nesting is refused, not followed"
        );
    }

    #[test]
    fn other_messages_of_the_same_device_can_be_passed_over() {
        let level = Extract { skip_missing: true, ..at("/object/level") };
        assert_eq!(level.read(br#"{"object":{"battery":3.6}}"#), Extracted::Nothing);
        assert_eq!(
            why(&level, "{"),
            "the message is no JSON: EOF while parsing an object at line 1 column 1"
        );
    }

    #[test]
    fn an_onvif_event_is_read_in_both_forms() {
        // The temperature event of the specification, in kelvin.
        let event = json!({"UtcTime": "2025-07-15T14:30:00Z", "Source": {"SensorID": "temp_001"},
            "Data": {"Value": 298.65, "Threshold": 295.15}});
        assert_eq!(number(&onvif(&[("SensorID", "temp_001")], "Value"), &event), Some(298.65));
        assert_eq!(
            onvif(&[("SensorID", "other")], "Value").read(event.to_string().as_bytes()),
            Extracted::Nothing
        );
        let quoted = json!({"UtcTime": "2026-01-01T00:00:00Z", "Source": {"RelayToken": "Relay-1"},
            "Data": {"LogicalState": "active"}});
        assert_eq!(number(&onvif(&[], "LogicalState"), &quoted), Some(1.0));
        let long = json!({"Source": {"SimpleItem": [{"Name": "InputToken", "Value": "1"}]},
            "Data": {"SimpleItem": [{"Name": "State", "Value": "true"}]}});
        assert_eq!(number(&onvif(&[("InputToken", "1")], "State"), &long), Some(1.0));
        let alone =
            json!({"Source": {"InputToken": 1}, "Data": {"SimpleItem": {"Name": "State", "Value": "false"}}});
        assert_eq!(number(&onvif(&[("InputToken", "1")], "State"), &alone), Some(0.0));
        let gone = json!({"PropertyOperation": "Deleted", "Source": {}, "Data": {"State": true}});
        assert_eq!(onvif(&[], "State").read(gone.to_string().as_bytes()), Extracted::Nothing);
    }

    #[test]
    fn what_small_boards_send_is_read() {
        let level = at("/level");
        for message in [
            &b"{\"level\":0.31}\0"[..],
            b"{\"level\":\"0.31\",\"t\":nan}\r\n",
            b"\xef\xbb\xbf{\"t\":-inf,\"level\":0.31,}\0\0",
            b"{\"name\":\"\xcb\xae\xce\xbb\",\"level\":\"+.31\"}",
        ] {
            assert_eq!(level.read(message), Extracted::Reading(RawReading::Value(0.31)));
        }
        assert_eq!(at("").read(b"open\0\0"), Extracted::Reading(RawReading::Value(1.0)), "a bare word");
        assert_eq!(at("").read(b"\xef\xbb\xbf0.31\r\n"), Extracted::Reading(RawReading::Value(0.31)));
        let uplink = br#"{"applicationID":"1","objectJSON":"{\"level\":0.31}"}"#;
        assert_eq!(at("/objectJSON/level").read(uplink), Extracted::Reading(RawReading::Value(0.31)));
        let Extracted::Reading(RawReading::Unreadable(why)) = at("/object/level").read(uplink) else {
            panic!()
        };
        assert_eq!(
            why.to_string(),
            "the message holds nothing at /object/level; it is at /objectJSON/level, as in ChirpStack 3"
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), pointer in ".{0,20}") {
            let _ = at(&pointer).read(&bytes);
            let _ = onvif(&[("a", "b")], &pointer).read(&bytes);
        }

        #[test]
        fn a_number_comes_out_as_it_went_in(n in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
            let message = json!({"v": n});
            let read = number(&at("/v"), &message).expect("a number");
            prop_assert!((read - n).abs() <= n.abs() * 1e-15);
        }
    }
}
