//! A value of a TOML file together with its place, so that what is wrong with it can be said where it stands.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

/// A value and its place in the file, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Range<usize>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<T>::deserialize(deserializer)?;
        Ok(At { span: spanned.span(), value: spanned.into_inner() })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// A list of texts, each with its place.
pub type Names = At<Vec<At<String>>>;

/// A value, where there is one.
pub(crate) fn value_of<T: Copy>(field: &Option<At<T>>) -> Option<T> {
    field.as_ref().map(|at| at.value)
}

/// A text without the blanks around it, where there is one.
pub(crate) fn text_of(field: &Option<At<String>>) -> Option<String> {
    field.as_ref().map(|at| at.value.trim().to_owned())
}

/// Seconds as a duration, where they are typed; their range was checked against the schema.
pub(crate) fn secs(field: &Option<At<f64>>) -> Option<Duration> {
    value_of(field).map(|secs| Duration::try_from_secs_f64(secs).unwrap_or_default())
}

/// As [`secs`], with what is usual.
pub(crate) fn secs_or(field: &Option<At<f64>>, usual: f64) -> Duration {
    Duration::try_from_secs_f64(value_of(field).unwrap_or(usual)).unwrap_or_default()
}
