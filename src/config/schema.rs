//! The schema of the configuration file, made from the document types.
//!
//! One schema, two readers: editors (`config/lookout.schema.json`) and [`super::structure`].

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::document::Document;

/// The schema as [`super::structure`] walks it: JSON Schema 2020-12.
pub(super) fn document_schema() -> Value {
    made::<Document>(SchemaSettings::draft2020_12())
}

/// The schema for editors: draft 7, which taplo and most editors understand.
pub fn editor_schema() -> Value {
    let mut schema = made::<Document>(SchemaSettings::draft07());
    if let Some(root) = schema.as_object_mut() {
        root.insert("$id".to_owned(), "urn:lookout:schema:config".into());
    }
    schema
}

fn made<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(without_null).transform(&mut schema);
    schema.to_value()
}

/// TOML has no null: an optional field is there or not. Takes out what schemars adds for `Option`.
fn without_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(words)) = object.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
    // `format: double` and the like say how Rust stores a number; editors warn about them.
    object.remove("format");
}
