//! JSON that every reader reads alike, as I-JSON (RFC 7493) has it: names and numbers.
//!
//! Where a name stands twice in an object, some readers take the first of its values and some the last; numbers beyond 2^53
//! are rounded by all that keep them as floating point. What is signed must mean one thing. Pure.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The largest whole number that every reader keeps: 2^53 - 1.
const LARGEST: u64 = (1 << 53) - 1;

/// Whether every name stands once in its object.
///
/// # Errors
/// In words: which one stands twice, and where; or why it is no JSON.
pub fn check_names(json: &[u8]) -> Result<(), String> {
    read::<false>(json)
}

/// The same, and whether no number is one that some readers round.
///
/// # Errors
/// In words: which name or number it is, and where; or why it is no JSON.
pub fn check(json: &[u8]) -> Result<(), String> {
    read::<true>(json)
}

fn read<const NUMBERS: bool>(json: &[u8]) -> Result<(), String> {
    match serde_json::from_slice::<Alike<NUMBERS>>(json) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// A value that is read alike by all; `NUMBERS`: its numbers, too.
struct Alike<const NUMBERS: bool>;

impl<const NUMBERS: bool> Alike<NUMBERS> {
    fn number<E: Error>(self, is_small: bool, number: impl fmt::Display) -> Result<Self, E> {
        if NUMBERS && !is_small {
            return Err(E::custom(format!(
                "the number {number} is beyond {LARGEST}, where many readers round"
            )));
        }
        Ok(self)
    }
}

impl<'de, const NUMBERS: bool> Deserialize<'de> for Alike<NUMBERS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Alike::<NUMBERS>)
    }
}

impl<'de, const NUMBERS: bool> Visitor<'de> for Alike<NUMBERS> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self, E> {
        self.number(number.unsigned_abs() <= LARGEST, number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self, E> {
        self.number(number <= LARGEST, number)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self, E> {
        self.number(number.abs() <= LARGEST as f64, format!("{number:e}"))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        while entries.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = entries.next_key::<String>()? {
            if names.contains(&name) {
                let shown: String = name.escape_debug().take(40).collect();
                return Err(A::Error::custom(format!("the name `{shown}` stands twice in one object")));
            }
            names.insert(name);
            entries.next_value::<Self>()?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_told_with_its_place() {
        let why = check_names(b"{\"a\":1,\n \"exp\":5,\"b\":[{}, {\"exp\":1}], \"exp\" : 9}").unwrap_err();
        assert!(why.starts_with("the name `exp` stands twice in one object at line 2 column "), "{why}");
        for twice in
            [r#"{"data":{"n":1,"n":1}}"#, r#"[{"n":1},{"n":1,"m":[],"n":2}]"#, r#"{"n":{},"\u006e":{}}"#]
        {
            let why = check_names(twice.as_bytes()).unwrap_err();
            assert!(why.starts_with("the name `n` stands twice"), "{twice}: {why}");
        }
        let why = check_names(br#"{"\u001b[2J":1,"\u001b[2J":1}"#).unwrap_err();
        assert!(!why.contains('\u{1b}'), "{why:?}");
        assert!(check_names(br#"{"a":{"a":{"a":null}},"b":[{"c":true},{"c":"a"}]}"#).is_ok());
    }

    #[test]
    fn numbers_that_some_readers_round_are_told() {
        for huge in [
            "9007199254740992",
            "-9007199254740992",
            "12345678901234567890",
            "12345678901234567890123",
            "-1e300",
            "9007199254740992.0",
        ] {
            let json = format!("{{\"a\":[0,{{\"n\":{huge}}}]}}");
            let why = check(json.as_bytes()).unwrap_err();
            assert!(why.contains("is beyond 9007199254740991, where many readers round at line 1"), "{why}");
            assert!(check_names(json.as_bytes()).is_ok(), "{huge}: its names are fine");
        }
        for good in ["9007199254740991", "-9007199254740991", "0.25", "1767225600", "1e15"] {
            assert_eq!(check(format!("{{\"n\":{good}}}").as_bytes()), Ok(()), "{good}");
        }
    }
}
