//! JSON Schema of the messages, made from the table of messages, the types and their doc comments; nothing is written
//! twice. [`asyncapi`](super::asyncapi) has the documents that put them together.
//!
//! Output: `lookout schema`, and the files under `config/` that a test compares with it.

use std::collections::BTreeSet;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::{Map, Value, json};

use super::examples::ExampleError;
use super::messages::{Content, Message};
use super::schema_id;

/// Lists of words that stay as they are as long as topics say `v1`: programs decide on these. To all others words may be
/// added.
const CLOSED: [&str; 4] = ["Level", "Mode", "Phase", "Verdict"];

/// Claims of RFC 7519 that libraries for tokens add by themselves, beside `iat` and `exp`. A box takes them without effect.
pub(crate) const TOKEN_CLAIMS: [&str; 5] = ["iss", "sub", "aud", "nbf", "jti"];

impl Message {
    /// One of its kind; `None` where there is no JSON in it.
    ///
    /// # Errors
    ///
    /// `ExampleError`, only by a slip in our examples.
    pub fn example(&self) -> Result<Option<Value>, ExampleError> {
        match self.payload {
            Content::Json { example, .. } => Ok(Some(serde_json::from_slice(&example()?)?)),
            Content::Binary { .. } => Ok(None),
        }
    }

    /// Its JSON Schema, draft 2020-12, with an example; `None` where there is no JSON in it.
    ///
    /// # Errors
    ///
    /// `ExampleError`, only by a slip in our examples.
    pub fn json_schema(&self) -> Result<Option<Value>, ExampleError> {
        let Content::Json { schema: make, event_type, .. } = self.payload else { return Ok(None) };
        let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        let reference = make(&mut generator).to_value();
        let mut definitions = generator.take_definitions(true);
        finish(&mut definitions);
        let root = reference.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/"));
        let title = self.type_name().or_else(|| root.map(str::to_owned));
        let mut schema = Map::new();
        schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
        schema.insert("$id".to_owned(), schema_id(self.name).into());
        schema.insert("title".to_owned(), title.unwrap_or_else(|| self.name.to_owned()).into());
        schema.insert("description".to_owned(), (self.summary)().to_string().into());
        // The message itself stands at the root, where readers look for it; its parts stay definitions.
        if let Some(Value::Object(root)) = root.and_then(|name| definitions.remove(name)) {
            for (key, value) in root {
                schema.entry(key).or_insert(value);
            }
        }
        self.narrow(event_type, &mut schema);
        schema.insert("examples".to_owned(), self.example()?.into_iter().collect());
        schema.insert("$defs".to_owned(), definitions.into());
        Ok(Some(Value::Object(schema)))
    }

    /// In the schema of an event, `type` and `dataschema` can have one value only; that of a strict command takes no other
    /// fields.
    pub(super) fn narrow(&self, event_type: Option<&str>, schema: &mut Map<String, Value>) {
        if self.is_strict {
            close(schema);
        }
        let Some(kind) = event_type else { return };
        let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
        for (field, only) in [("type", kind.to_owned()), ("dataschema", schema_id(self.name))] {
            if let Some(Value::Object(field)) = fields.get_mut(field) {
                field.insert("const".to_owned(), only.into());
            }
        }
    }
}

/// Makes of what schemars gives what readers and code generators can use.
pub(super) fn finish(definitions: &mut Map<String, Value>) {
    let mut open = BTreeSet::new();
    for (name, definition) in definitions.iter_mut() {
        tidy(definition);
        let is_open = !CLOSED.contains(&name.as_str());
        if become_enumeration(definition, is_open) && is_open {
            open.insert(name.clone());
        }
    }
    for definition in definitions.values_mut() {
        open_lists(definition, &open);
    }
}

/// Nothing else stands in it, but for what libraries for tokens add.
fn close(schema: &mut Map<String, Value>) {
    if let Some(Value::Object(fields)) = schema.get_mut("properties") {
        for claim in TOKEN_CLAIMS {
            let about = "A library for tokens (RFC 7519) may add it; it has no effect.";
            fields.insert(claim.to_owned(), json!({ "description": about }));
        }
    }
    schema.insert("additionalProperties".to_owned(), false.into());
}

/// A list of words as one enumeration with a name, which generators make a type of, and not as a choice of constants;
/// `false` where it is something else.
fn become_enumeration(definition: &mut Value, is_open: bool) -> bool {
    let Some(schema) = definition.as_object_mut() else { return false };
    let words = match (schema.get("oneOf"), schema.get("enum")) {
        (Some(Value::Array(choices)), None) => {
            let words: Option<Vec<_>> = choices.iter().map(words_of).collect();
            match words {
                Some(words) => words.concat(),
                None => return false,
            }
        }
        (None, Some(Value::Array(words))) => {
            words.iter().filter_map(|word| Some((word.as_str()?.to_owned(), None))).collect()
        }
        _ => return false,
    };
    let about = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let mut about = about.to_owned();
    if is_open {
        about.push_str(
            "\n\nAn open list: more words may come, so take any, and treat one that you do not know as data.",
        );
    }
    let explained: Vec<String> =
        words.iter().filter_map(|(word, about)| Some(format!("- `{word}`: {}", about.as_ref()?))).collect();
    if !explained.is_empty() {
        about.push_str("\n\n");
        about.push_str(&explained.join("\n"));
    }
    schema.shift_remove("oneOf");
    schema.insert("description".to_owned(), about.trim_start().into());
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), words.into_iter().map(|(word, _)| Value::from(word)).collect());
    true
}

/// The words of one choice, each with what it means; `None` where the choice is no word.
fn words_of(choice: &Value) -> Option<Vec<(String, Option<String>)>> {
    let about = choice.get("description").and_then(Value::as_str).map(str::to_owned);
    if let Some(word) = choice.get("const") {
        return Some(vec![(word.as_str()?.to_owned(), about)]);
    }
    let words = choice.get("enum")?.as_array()?;
    words.iter().map(|word| Some((word.as_str()?.to_owned(), None))).collect()
}

/// Where an open list of words is used, any other text fits, too: a generated type takes a word of tomorrow.
fn open_lists(schema: &mut Value, open: &BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            // Draft 7 ignores what stands beside a reference, so schemars wraps it; its readers do not, and generators
            // make a type without a name of the wrapping.
            if let Some(Value::Array(parts)) = object.get("allOf")
                && let [part] = parts.as_slice()
                && let Some(reference) = part.get("$ref").cloned()
            {
                object.shift_remove("allOf");
                object.insert("$ref".to_owned(), reference);
            }
            for (key, value) in object.iter_mut() {
                if !matches!(key.as_str(), "examples" | "enum" | "const" | "required") {
                    open_lists(value, open);
                }
            }
            let name = object.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
            if name.is_some_and(|name| open.contains(name))
                && let Some(reference) = object.shift_remove("$ref")
            {
                let either = json!([{ "$ref": reference }, { "type": "string" }]);
                object.insert("anyOf".to_owned(), either);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| open_lists(item, open)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Takes out of a schema what only says how Rust stores a value, or that an absent field could be null (it never is).
pub(crate) fn tidy(schema: &mut Value) {
    if let Ok(schema) = <&mut Schema>::try_from(schema) {
        RecursiveTransform(without_null).transform(schema);
    }
}

/// An optional field is there or not, never null. Takes out what schemars adds for `Option`.
fn without_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::String(description)) = object.get_mut("description") {
        *description = without_line_breaks(description);
    }
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
    // `format: double`, `uint32`: editors and validators warn about them.
    if object.get("format").is_some_and(|format| format != "date-time") {
        object.remove("format");
    }
}

/// A doc comment's lines break where the source is full; a description's break at paragraphs only.
fn without_line_breaks(text: &str) -> String {
    text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n\n")
}
