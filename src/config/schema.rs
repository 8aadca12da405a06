//! The schema of the configuration file, made from the document types.
//!
//! One schema, two readers: editors (`config/lookout.schema.json`) and [`super::structure`].

use std::sync::OnceLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::document::Document;
use crate::contract::schema::tidy;

/// The schema as [`super::structure`] walks it: JSON Schema 2020-12. Made once, as it costs milliseconds.
pub(super) fn document_schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| made::<Document>(SchemaSettings::draft2020_12()))
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
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    // TOML has no null: an optional field is there or not.
    tidy(&mut schema);
    schema
}
