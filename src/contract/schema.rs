//! What is published about the contract: a JSON Schema for each message, and one AsyncAPI document.
//!
//! Both are made from the table of messages, the types and their doc comments; nothing is written twice. Output: `lookout schema`, and
//! the files under `config/` that a test compares with it.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::{Map, Value, json};

use super::examples::ExampleError;
use super::messages::{Content, Direction, Message};
use super::schema_id;

impl Message {
    /// One of its kind; `None` where there is no JSON in it.
    ///
    /// # Errors
    ///
    /// [`ExampleError`], only by a slip in our examples.
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
    /// [`ExampleError`], only by a slip in our examples.
    pub fn json_schema(&self) -> Result<Option<Value>, ExampleError> {
        let Content::Json { schema: make, event_type, .. } = self.payload else { return Ok(None) };
        let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        let reference = make(&mut generator).to_value();
        let mut definitions = generator.take_definitions(true);
        for definition in definitions.values_mut() {
            tidy(definition);
        }
        let mut schema = Map::new();
        schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
        schema.insert("$id".to_owned(), schema_id(self.name).into());
        schema.insert("title".to_owned(), format!("Lookout: {}", self.name).into());
        schema.insert("description".to_owned(), self.summary.into());
        // The message itself stands at the root, where readers look for it; its parts stay definitions.
        let root = reference.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/"));
        if let Some(Value::Object(root)) = root.and_then(|name| definitions.remove(name)) {
            for (key, value) in root {
                schema.entry(key).or_insert(value);
            }
        }
        self.name_the_type(event_type, &mut schema);
        schema.insert("examples".to_owned(), self.example()?.into_iter().collect());
        schema.insert("$defs".to_owned(), definitions.into());
        Ok(Some(Value::Object(schema)))
    }

    /// In the schema of an event, `type` and `dataschema` can have one value only.
    fn name_the_type(&self, event_type: Option<&str>, schema: &mut Map<String, Value>) {
        let Some(kind) = event_type else { return };
        let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
        for (field, only) in [("type", kind.to_owned()), ("dataschema", schema_id(self.name))] {
            if let Some(Value::Object(field)) = fields.get_mut(field) {
                field.insert("const".to_owned(), only.into());
            }
        }
    }
}

/// The AsyncAPI 3.0 document of these messages, seen from the box: it sends `up/...` and receives `down/...`.
///
/// # Errors
///
/// [`ExampleError`], only by a slip in our examples.
pub fn asyncapi(table: &[&Message]) -> Result<Value, ExampleError> {
    // AsyncAPI's own schema dialect is a superset of draft 7.
    let settings = SchemaSettings::draft07().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut messages = Map::new();
    let mut roots: Vec<(&Message, Option<&str>, String)> = Vec::new();
    for &message in table {
        let described = match message.payload {
            Content::Json { schema, event_type, .. } => {
                let reference = schema(&mut generator).to_value();
                let root = reference.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
                if let Some(root) = root {
                    roots.push((message, event_type, root.to_owned()));
                }
                let media_type =
                    if event_type.is_some() { "application/cloudevents+json" } else { "application/json" };
                let examples = message.example()?.into_iter().map(|payload| json!({ "payload": payload }));
                json!({
                    "name": message.name,
                    "title": message.summary,
                    "contentType": media_type,
                    "payload": reference,
                    "examples": examples.collect::<Vec<_>>(),
                })
            }
            Content::Binary { media_type, title, about } => json!({
                "name": message.name,
                "title": title,
                "summary": about(),
                "contentType": media_type,
                "payload": { "type": "string", "format": "binary" },
            }),
        };
        messages.insert(message.name.to_owned(), described);
    }
    let mut schemas = generator.take_definitions(true);
    for schema in schemas.values_mut() {
        tidy(schema);
    }
    for (message, event_type, root) in roots {
        if let Some(Value::Object(schema)) = schemas.get_mut(&root) {
            message.name_the_type(event_type, schema);
        }
    }
    Ok(json!({
        "asyncapi": "3.0.0",
        "id": "urn:lookout:asyncapi:v1",
        "info": info(),
        "defaultContentType": "application/json",
        "servers": servers(),
        "channels": channels(table),
        "operations": operations(table),
        "components": { "messages": messages, "schemas": schemas },
    }))
}

fn info() -> Value {
    json!({
        "title": "Lookout",
        "version": "1.0.0",
        "description": "Early-warning alerts from boxes that stand beside a community's cameras. Detection, never \
            identification. Seen from the box: it sends `up/...` and receives `down/...`. Delivery is at least once: drop \
            repeats by `id`, keep the highest `rev` of each `alert_id`; after `end` only `end` again follows, with what people did \
            about it (`handling`). Consumers ignore fields they do not know.",
        "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
    })
}

fn servers() -> Value {
    json!({
        "centre": {
            "host": "centre.example:8883",
            "protocol": "mqtts",
            "description": "The command centre's broker, as `[mqtt] url` names it. MQTT 5 or 3.1.1.",
        },
        "embedded": {
            "host": "127.0.0.1:1883",
            "protocol": "mqtt",
            "description": "The box's own broker, where no other is configured.",
        },
    })
}

/// Channels, each named by the first message on its topic; several messages may share one.
fn channels(table: &[&Message]) -> Value {
    let mut channels = Map::new();
    for &message in table {
        let reference = json!({ "$ref": format!("#/components/messages/{}", message.name) });
        let channel = channels.entry(channel_name(table, message)).or_insert_with(|| channel(message));
        channel["messages"][message.name] = reference;
    }
    channels.into()
}

/// What the parts of topics are, by name.
const PARAMETERS: [(&str, &str); 8] = [
    ("prefix", "First part of every topic, `lookout/v1` unless configured otherwise."),
    ("area", "Six digits of the county."),
    ("box", "Name of the box."),
    ("camera", "Id of the camera, as in the configuration."),
    ("sensor", "Id of the sensor, as in the configuration."),
    ("part", "Number of the part, from 1 to the `parts` of `up/meta`."),
    ("alert", "The alert's `alert_id`; `snapshot-...` for a picture that a command asked for."),
    ("n", "Number of the picture, the `id` in the alert's `evidence`."),
];

fn channel(message: &Message) -> Value {
    let address = format!("{{prefix}}/{{area}}/{{box}}/{}", message.topic);
    let is_part = |name: &str| address.contains(&format!("{{{name}}}"));
    let parameters: Map<String, Value> = PARAMETERS
        .iter()
        .filter(|(name, _)| is_part(name))
        .map(|(name, description)| ((*name).to_owned(), json!({ "description": description })))
        .collect();
    json!({ "address": address, "messages": {}, "parameters": parameters })
}

fn channel_name(table: &[&Message], message: &Message) -> String {
    let first = table.iter().find(|other| other.topic == message.topic);
    first.map_or(message.name, |first| first.name).to_owned()
}

fn operations(table: &[&Message]) -> Value {
    let mut operations = Map::new();
    for &message in table {
        let action = match message.direction() {
            Direction::FromBox => "send",
            Direction::ToBox => "receive",
        };
        let channel = channel_name(table, message);
        let mut name = message.name.to_owned();
        name[..1].make_ascii_uppercase();
        operations.insert(
            format!("{action}{name}"),
            json!({
                "action": action,
                "channel": { "$ref": format!("#/channels/{channel}") },
                "summary": message.summary,
                "messages": [{ "$ref": format!("#/channels/{channel}/messages/{}", message.name) }],
                "bindings": { "mqtt": { "qos": message.qos.number(), "retain": message.retain, "bindingVersion": "0.2.0" } },
            }),
        );
    }
    operations.into()
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
