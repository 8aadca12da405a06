//! JSON that every reader reads alike, as I-JSON (RFC 7493) has it: names and numbers.
//!
//! Where a name stands twice in an object, some readers take the first of its values and some the last; numbers beyond 2^53
//! are rounded by all that keep them as floating point. What is signed must mean one thing. Pure.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::text::{Sentence, command as say};

/// The largest whole number that every reader keeps: 2^53 - 1.
const LARGEST: u64 = (1 << 53) - 1;

/// Whether every name stands once in its object.
///
/// # Errors
/// Which one stands twice, and where; or why it is no JSON.
pub(crate) fn check_names(json: &[u8]) -> Result<(), Sentence> {
    read(json, false)
}

/// The same, and whether no number is one that some readers round.
///
/// # Errors
/// Which name or number it is, and where; or why it is no JSON.
pub(crate) fn check(json: &[u8]) -> Result<(), Sentence> {
    read(json, true)
}

fn read(json: &[u8], also_numbers: bool) -> Result<(), Sentence> {
    let found = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = Alike { also_numbers, found: &found }.deserialize(&mut reader);
    let Err(error) = read.and_then(|()| reader.end()) else { return Ok(()) };
    let (line, column) = (error.line(), error.column());
    Err(match found.into_inner() {
        Some(Unlike::Name(name)) => say::name_twice(name, line, column),
        Some(Unlike::Number(number)) => say::number_too_large(number, LARGEST, line, column),
        None => say::not_json(error.to_string()),
    })
}

/// What some read in one way and some in another.
enum Unlike {
    Name(String),
    Number(String),
}

/// A value that is read alike by all; what is not is put down.
#[derive(Clone, Copy)]
struct Alike<'f> {
    also_numbers: bool,
    found: &'f RefCell<Option<Unlike>>,
}

impl Alike<'_> {
    fn number<E: Error>(self, is_small: bool, number: impl fmt::Display) -> Result<(), E> {
        if self.also_numbers && !is_small {
            return self.unlike(Unlike::Number(number.to_string()));
        }
        Ok(())
    }

    fn unlike<E: Error>(self, what: Unlike) -> Result<(), E> {
        *self.found.borrow_mut() = Some(what);
        // The reader adds where that is.
        Err(E::custom(""))
    }
}

impl<'de> DeserializeSeed<'de> for Alike<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Alike<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.number(number.unsigned_abs() <= LARGEST, number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.number(number <= LARGEST, number)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.number(number.abs() <= LARGEST as f64, format!("{number:e}"))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while entries.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = entries.next_key::<String>()? {
            if names.contains(&name) {
                return self.unlike(Unlike::Name(name.escape_debug().take(40).collect()));
            }
            names.insert(name);
            entries.next_value_seed(self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_reported_with_its_place() {
        let why = check_names(b"{\"a\":1,\n \"exp\":5,\"b\":[{}, {\"exp\":1}], \"exp\" : 9}")
            .unwrap_err()
            .to_string();
        assert!(why.starts_with("the name `exp` stands twice in one object at line 2 column "), "{why}");
        for twice in
            [r#"{"data":{"n":1,"n":1}}"#, r#"[{"n":1},{"n":1,"m":[],"n":2}]"#, r#"{"n":{},"\u006e":{}}"#]
        {
            let why = check_names(twice.as_bytes()).unwrap_err().to_string();
            assert!(why.starts_with("the name `n` stands twice"), "{twice}: {why}");
        }
        let why = check_names(br#"{"\u001b[2J":1,"\u001b[2J":1}"#).unwrap_err().to_string();
        assert!(!why.contains('\u{1b}'), "{why:?}");
        assert!(check_names(br#"{"a":{"a":{"a":null}},"b":[{"c":true},{"c":"a"}]}"#).is_ok());
    }

    #[test]
    fn numbers_that_some_readers_round_are_reported() {
        for huge in [
            "9007199254740992",
            "-9007199254740992",
            "12345678901234567890",
            "12345678901234567890123",
            "-1e300",
            "9007199254740992.0",
        ] {
            let json = format!("{{\"a\":[0,{{\"n\":{huge}}}]}}");
            let why = check(json.as_bytes()).unwrap_err().to_string();
            assert!(why.contains("is beyond 9007199254740991, where many readers round at line 1"), "{why}");
            assert!(check_names(json.as_bytes()).is_ok(), "{huge}: its names are fine");
        }
        for good in ["9007199254740991", "-9007199254740991", "0.25", "1767225600", "1e15"] {
            assert_eq!(check(format!("{{\"n\":{good}}}").as_bytes()), Ok(()), "{good}");
        }
    }
}
