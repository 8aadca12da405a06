//! The fields of commands: which there are, what is wrong with those that came, all at once, and what in a message is none.

use serde::Deserializer;
use serde::de::value::Error;
use serde::de::{DeserializeOwned, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::commands::CommandData;
use super::envelope;
use crate::config::{misfits, nearest_name};
use crate::contract::schema::TOKEN_CLAIMS;
use crate::text::{Sentence, command as say, foreign};

/// What is wrong with a message, all of it.
pub(crate) type Faults = Vec<Sentence>;

/// What every command may have.
pub(crate) const OF_ALL: [&str; 9] =
    ["request_id", "area", "box", "command", "iat", "exp", "counter", "by", "reason"];

/// Fields that are named at most, and characters of each name.
const MOST: (usize, usize) = (10, 64);

/// A field that no such command has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name, fit to be shown.
    pub name: String,
    /// What may have been meant.
    pub nearest: Option<&'static str>,
}

impl Field {
    /// The field is unknown.
    pub(crate) fn sentence(&self) -> Sentence {
        match self.nearest {
            Some(nearest) => say::unknown_field_meant(&self.name, nearest),
            None => say::unknown_field(&self.name),
        }
    }
}

/// The fields in `data` that are neither the command's own, nor of every command, nor [what libraries for tokens
/// add](TOKEN_CLAIMS).
pub(crate) fn unknown(data: &Value, own: &'static [&'static str]) -> Vec<Field> {
    let known = || own.iter().copied().chain(OF_ALL);
    let (most, characters) = MOST;
    let names = data.as_object().into_iter().flat_map(|fields| fields.keys());
    names
        .filter(|name| known().chain(TOKEN_CLAIMS).all(|known| known != name.as_str()))
        .take(most)
        .map(|name| Field {
            name: name.chars().filter(|c| !c.is_control()).take(characters).collect(),
            nearest: nearest_name(name, known()),
        })
        .collect()
}

/// The fields of a mark. `seq` is how alerts write its pair.
pub(crate) fn of_mark() -> &'static [&'static str] {
    &["stream", "n", "seq"]
}

/// Takes the fields of a command one by one, and notes what is wrong.
#[derive(Debug)]
pub(crate) struct Reader<'v> {
    data: &'v Value,
    faults: Faults,
}

impl<'v> Reader<'v> {
    /// Of these fields.
    pub(crate) fn of(data: &'v Value) -> Self {
        Reader { data, faults: Faults::new() }
    }

    /// What was read, or its default where it is wrong.
    pub(crate) fn take<T: Default>(&mut self, read: Result<T, Sentence>) -> T {
        read.unwrap_or_else(|why| {
            self.faults.push(why);
            T::default()
        })
    }

    /// A required text that names something.
    pub(crate) fn name(&mut self, key: &str) -> String {
        self.take(envelope::name(self.data, key))
    }

    /// A text that may be absent, of at most so many characters.
    pub(crate) fn text(&mut self, key: &str, most: usize) -> Option<String> {
        self.take(envelope::text(self.data, key, most))
    }

    /// One of some words.
    pub(crate) fn word<T: DeserializeOwned>(&mut self, key: &str, words: &[&str]) -> Option<T> {
        let Some(value) = self.data.get(key) else {
            self.faults.push(say::missing(key));
            return None;
        };
        let word = serde_json::from_value(value.clone()).ok();
        if word.is_none() {
            self.faults.push(say::no_such_word(key, words.join(", ")));
        }
        word
    }

    /// A whole number that may be absent.
    pub(crate) fn number(&mut self, key: &str, least: u64) -> Option<u64> {
        let value = self.data.get(key).filter(|value| !value.is_null())?;
        let number = value.as_u64().filter(|number| *number >= least);
        if number.is_none() {
            self.faults.push(say::no_whole_number(key, least));
        }
        number
    }

    /// Something else is wrong.
    pub(crate) fn fault(&mut self, why: Sentence) {
        self.faults.push(why);
    }

    /// What was read, if nothing is wrong.
    ///
    /// # Errors
    /// Everything that is.
    pub(crate) fn finish<C>(self, read: Option<C>) -> Result<C, Faults> {
        match read.filter(|_| self.faults.is_empty()) {
            Some(read) => Ok(read),
            None => Err(self.faults),
        }
    }
}

/// Reads the parameters of a command as they stand.
///
/// # Errors
/// Every field that is missing or holds something else.
pub(crate) fn read<C: CommandData>(data: &Value) -> Result<C, Faults> {
    serde_json::from_value(data.clone()).map_err(|error| {
        let faults = faults_of::<C>(data);
        // What its fields have to do with one another.
        if faults.is_empty() { vec![foreign::words(error.to_string())] } else { faults }
    })
}

/// Looks at each field by itself, in the place of a good one.
fn faults_of<C: CommandData>(data: &Value) -> Faults {
    let Some(example) = example::<C>() else { return Faults::new() };
    let schema = C::MESSAGE.json_schema().ok().flatten().unwrap_or_default();
    let faults = |name: &&'static str| -> Faults {
        let Some(value) = data.get(*name) else {
            let is_missing = is_required::<C>(&example, name);
            return is_missing.then(|| say::missing(*name)).into_iter().collect();
        };
        let mut with = example.clone();
        with[*name] = value.clone();
        let Some(error) = serde_json::from_value::<C>(with).err() else { return Faults::new() };
        let message = misfits(&schema, &schema["properties"][*name], name, value);
        // What the schema takes and a box does not: in its own words.
        if message.is_empty() { vec![say::wrong_value(*name, error.to_string())] } else { message }
    };
    names::<C>().iter().flat_map(faults).collect()
}

fn example<C: CommandData>() -> Option<Value> {
    C::MESSAGE.example().ok().flatten()
}

fn is_required<C: CommandData>(example: &Value, name: &str) -> bool {
    let mut without = example.clone();
    let was_there = without.as_object_mut().is_some_and(|fields| fields.remove(name).is_some());
    was_there && serde_json::from_value::<C>(without).is_err()
}

/// The fields that a command must have.
pub(crate) fn required<C: CommandData>() -> Vec<&'static str> {
    let Some(example) = example::<C>() else { return Vec::new() };
    names::<C>().iter().copied().filter(|name| is_required::<C>(&example, name)).collect()
}

/// The names of the fields that a struct is read from.
pub(crate) fn names<T: DeserializeOwned>() -> &'static [&'static str] {
    struct Asking<'n>(&'n mut &'static [&'static str]);
    impl<'de> Deserializer<'de> for Asking<'_> {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(Error::custom(""))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Error> {
            *self.0 = fields;
            Err(Error::custom(""))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }
    let mut names: &'static [&'static str] = &[];
    // It never gives a value; the names are what was asked for.
    let _ = T::deserialize(Asking(&mut names));
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::control::COMMANDS;
    use crate::control::commands::patch::PatchData;
    use crate::control::commands::set::SetData;
    use crate::types::language::Language;

    #[test]
    fn the_names_of_a_commands_fields_are_those_that_its_example_has() {
        assert_eq!(names::<PatchData>(), ["version", "expect_config", "set", "remove", "revert_after_secs"]);
        assert_eq!(required::<PatchData>(), ["version", "expect_config"]);
        for command in COMMANDS {
            let example = command.message.example().unwrap().unwrap();
            assert_eq!(unknown(&example, command.fields()), [], "{}", command.name());
        }
    }

    #[test]
    fn what_no_command_has_is_named_with_what_may_have_been_meant() {
        let data =
            json!({ "request_id": "r", "revert_after_sec": 60, "colour": "red", "expect_config": "x" });
        let message: Vec<String> =
            unknown(&data, names::<SetData>()).iter().map(|field| field.sentence().to_string()).collect();
        assert_eq!(
            message,
            [
                "there is no field `revert_after_sec`: did you mean `revert_after_secs`?",
                "there is no field `colour`"
            ]
        );
    }

    /// A schema that takes what the box refuses, or refuses what it takes, misleads the authors of commands.
    #[test]
    fn the_schema_of_a_strict_command_is_closed_but_for_the_claims_of_tokens() {
        for command in COMMANDS {
            let schema = command.message.json_schema().unwrap().unwrap();
            let is_closed = schema.get("additionalProperties") == Some(&json!(false));
            assert_eq!(is_closed, command.message.is_strict, "{}", command.name());
            let mut data = command.message.example().unwrap().unwrap();
            for claim in TOKEN_CLAIMS {
                data[claim] = json!(1_800_000_000);
                assert_eq!(
                    schema["properties"].get(claim).is_some(),
                    is_closed,
                    "{}: {claim}",
                    command.name()
                );
            }
            assert_eq!(unknown(&data, command.fields()), [], "{}", command.name());
        }
        assert_eq!(COMMANDS.iter().filter(|command| command.message.is_strict).count(), 3);
    }

    /// What the schema says of a time is what a box reads.
    #[test]
    fn the_schema_takes_times_as_texts_and_as_seconds() {
        for command in COMMANDS {
            let schema = command.message.json_schema().unwrap().unwrap();
            for name in ["iat", "exp", "since"] {
                let Some(field) = schema["properties"].get(name) else { continue };
                let types: Vec<&Value> =
                    field["anyOf"].as_array().unwrap().iter().map(|choice| &choice["type"]).collect();
                assert_eq!(types, ["string", "integer"], "{}: {name}", command.name());
                for given in [json!("2026-11-21T03:04:05Z"), json!(1_795_230_245)] {
                    let read = super::super::envelope::time(&json!({ name: given.clone() }), name);
                    assert!(read.unwrap().is_some(), "{name}: {given}");
                }
            }
            assert!(schema["properties"].get("iat").is_some(), "{}", command.name());
        }
    }

    #[test]
    fn everything_that_is_wrong_with_the_fields_is_said_at_once() {
        let data = json!({ "version": "nine", "set": [{ "pth": "a", "value": 1 }], "revert_after_secs": 60 });
        let faults = read::<PatchData>(&data).unwrap_err();
        let message: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(message.len(), 3, "{message:?}");
        assert_eq!(message[0], "`version` must be a whole number, not a text");
        assert_eq!(message[1], "`expect_config` is missing");
        assert_eq!(message[2], "unknown name: `set[0].pth`; did you mean `path`?");
    }

    #[test]
    fn what_was_mistyped_is_reported_as_in_a_configuration_in_both_languages() {
        let digest = "0".repeat(64);
        let of = |cameras: Value, after: Value| json!({ "expect_config": digest, "cameras": cameras, "revert_after_secs": after });
        for (data, english, chinese) in [
            (
                of(json!({ "cam-03": { "analysis_fps": "3" } }), json!(60)),
                "`cameras.cam-03.analysis_fps` must be a number, not a text; write 3, without quotes",
                "`cameras.cam-03.analysis_fps` 应为数字，而不是文本；请写 3，不加引号",
            ),
            (
                of(json!({}), json!(-1)),
                "`revert_after_secs` must be a whole number from 10 to 86400, not -1",
                "`revert_after_secs` 应为介于 10 与 86400 之间的整数，而不是 -1",
            ),
            (
                of(json!({ "cam-03": { "analysis_fp": 3 } }), json!(60)),
                "unknown name: `cameras.cam-03.analysis_fp`; did you mean `analysis_fps`?",
                "没有 `cameras.cam-03.analysis_fp` 这个名称；是否想写 `analysis_fps`？",
            ),
        ] {
            let faults = read::<SetData>(&data).unwrap_err();
            let [fault] = faults.as_slice() else { panic!("{faults:?}") };
            assert_eq!(fault.in_language(Language::English), english);
            assert_eq!(fault.in_language(Language::Chinese), chinese);
        }
    }
}
