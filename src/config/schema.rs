//! The schema of the configuration file, made from the document types.
//!
//! One schema, two readers: editors (`config/lookout.schema.json`) and `super::structure`.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::document::Document;
use super::layers;
use crate::contract::schema::tidy;

/// The schema as [`super::structure`] walks it: JSON Schema 2020-12. Made once, as it costs milliseconds.
pub(super) fn document_schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| made::<Document>(SchemaSettings::draft2020_12()))
}

/// The names of all fields, wherever they stand.
pub(super) fn field_names() -> &'static BTreeSet<String> {
    static NAMES: OnceLock<BTreeSet<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names = BTreeSet::new();
        collect_names(document_schema(), &mut names);
        names
    })
}

fn collect_names(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(parts) => {
            if let Some(fields) = parts.get("properties").and_then(Value::as_object) {
                names.extend(fields.keys().cloned());
            }
            parts.values().for_each(|part| collect_names(part, names));
        }
        Value::Array(parts) => parts.iter().for_each(|part| collect_names(part, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The schema for editors: draft 7, which taplo and most editors understand.
pub fn editor_schema() -> Value {
    let mut schema = made::<Document>(SchemaSettings::draft07());
    if let Some(root) = schema.as_object_mut() {
        root.insert("$id".to_owned(), "urn:lookout:schema:config".into());
    }
    require_without_layers(&mut schema);
    schema
}

/// What a camera must have may stand in a layer, so editors ask for it only in a file that has none.
fn require_without_layers(schema: &mut Value) {
    let mut camera = taken_requirement(&mut schema["definitions"]["CameraDocument"], &["id"]);
    for (part, definition) in [("night", "NightDocument"), ("horizon", "HorizonDocument")] {
        camera["properties"][part] = taken_requirement(&mut schema["definitions"][definition], &[]);
    }
    let Some(root) = schema.as_object_mut() else { return };
    let has_none: Map<String, Value> =
        layers::SECTIONS.iter().map(|name| ((*name).to_owned(), false.into())).collect();
    root.insert("if".to_owned(), json!({ "properties": has_none }));
    root.insert("then".to_owned(), json!({ "properties": { "camera": { "items": camera } } }));
}

/// Takes out of a definition which fields it requires but for some, as a schema of its own.
fn taken_requirement(definition: &mut Value, but_for: &[&str]) -> Value {
    let all = definition["required"].take();
    let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
    let stays = |name: &&Value| name.as_str().is_some_and(|name| but_for.contains(&name));
    let (kept, taken): (Vec<&Value>, Vec<&Value>) = all.iter().partition(stays);
    let required = json!({ "required": taken });
    match (kept.is_empty(), definition.as_object_mut()) {
        (true, Some(definition)) => {
            definition.remove("required");
        }
        (false, Some(definition)) => {
            definition.insert("required".to_owned(), json!(kept));
        }
        (_, None) => {}
    }
    required
}

fn made<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    // TOML has no null: an optional field is there or not.
    tidy(&mut schema);
    schema
}
