//! The digest of a configuration: the same for two files that say the same, whatever their comments and layout.

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use crate::types::hex::sha256_hex;

/// SHA-256, hexadecimal, over the values as JSON with sorted names.
pub(super) fn of(root: &DeTable<'_>) -> String {
    let canonical = table(root).to_string();
    sha256_hex(canonical.as_bytes())
}

/// The digest of a text that is no TOML: over its bytes, so that it never equals that of valid TOML.
pub(super) fn of_text(text: &str) -> String {
    sha256_hex(text.as_bytes())
}

fn table(table: &DeTable<'_>) -> Value {
    let mut fields: Vec<(&str, &DeValue<'_>)> =
        table.iter().map(|(name, value)| (name.get_ref().as_ref(), value.get_ref())).collect();
    fields.sort_by_key(|(name, _)| *name);
    fields.into_iter().map(|(name, field)| (name.to_owned(), value(field))).collect()
}

/// A value as JSON.
pub(super) fn value(v: &DeValue<'_>) -> Value {
    match v {
        DeValue::String(text) => Value::from(text.as_ref()),
        // `5` and `5.0` say the same.
        DeValue::Integer(n) => match i64::from_str_radix(n.as_str(), n.radix()) {
            Ok(number) => number_of(number as f64),
            Err(_) => Value::from(n.as_str()),
        },
        DeValue::Float(n) => n.as_str().parse().map_or_else(|_| Value::from(n.as_str()), number_of),
        DeValue::Boolean(b) => Value::from(*b),
        DeValue::Datetime(d) => Value::from(d.to_string()),
        DeValue::Array(items) => items.iter().map(|item| value(item.get_ref())).collect(),
        DeValue::Table(fields) => table(fields),
    }
}

fn number_of(n: f64) -> Value {
    if n.is_finite() { Value::from(n) } else { Value::from(n.to_string()) }
}
