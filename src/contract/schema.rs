//! What is published about the contract: a JSON Schema for each message, and one AsyncAPI document.
//!
//! Both are made from the types and their doc comments; nothing is written twice. Output: `lookout schema`, and
//! the files under `config/` that a test compares with it.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::alert::{AlertData, GapData};
use super::box_status::{ActiveData, ConfigData, MetaData, StateData};
use super::command::{
    AckCommand, Command, ConfirmData, MarkData, MuteData, OriginalData, ReplyData, SelftestData, SetData,
    SnapshotData, WantedConfig,
};
use super::count::CountData;
use super::examples::{ExampleError, example};
use super::health::{CameraData, HealthData, SensorData};
use super::meta_part::MetaPartData;
use super::time_fix::TimeFixData;
use super::{Event, Payload, schema_id};

/// One kind of message: where it goes and what it is.
#[derive(Debug, Clone, Copy)]
pub struct Message {
    /// Name of its schema.
    pub name: &'static str,
    /// Topic below `{prefix}/{area}/{box}/`.
    pub topic: &'static str,
    /// Quality of service.
    pub qos: u8,
    /// Whether the broker keeps the latest one.
    pub retain: bool,
    /// What it tells, in a sentence.
    pub summary: &'static str,
    schema: fn(&mut SchemaGenerator) -> Schema,
    cloud_event_type: Option<&'static str>,
}

/// Every message with a JSON payload. Pictures, redacted and sealed, are only in the AsyncAPI document.
pub const MESSAGES: [Message; 22] = [
    event::<AlertData>("up/alert", 1, false, "One revision of one alert; each is complete."),
    event::<GapData>("up/alert", 1, false, "Numbers that will never arrive, and why."),
    event::<TimeFixData>(
        "up/alert",
        1,
        false,
        "The clock of the box was set; what that means for times told before.",
    ),
    event::<ActiveData>("up/active", 1, true, "The alerts that are open now."),
    event::<StateData>(
        "up/state",
        1,
        true,
        "Whether the box is there; the broker publishes `offline` by itself (the will).",
    ),
    event::<MetaData>("up/meta", 1, true, "What the box is: software, cameras, rules, models."),
    event::<MetaPartData>("up/meta_part/{part}", 1, true, "What did not fit into `up/meta`, if anything."),
    event::<HealthData>(
        "up/health",
        0,
        true,
        "How the box does: counts of cameras and sensors, queue, drops.",
    ),
    event::<CameraData>("up/camera/{camera}", 1, true, "How one camera does."),
    event::<SensorData>("up/sensor/{sensor}", 1, true, "How one sensor does."),
    event::<ConfigData>("up/config", 1, true, "Which configuration runs, or why one was refused."),
    event::<CountData>(
        "up/count",
        1,
        false,
        "How many entered, left and were there, of one camera and minute.",
    ),
    event::<ReplyData>("up/reply", 1, false, "The answer to a command."),
    bare::<AckCommand>("ack", "down/cmd/ack", false, "Somebody takes an alert on."),
    bare::<Command<SetData>>("set", "down/cmd/set", false, "Changes a few values; signed."),
    bare::<Command<MuteData>>("mute", "down/cmd/mute", false, "Marks alerts as muted for a while; signed."),
    bare::<Command<ConfirmData>>("confirm", "down/cmd/confirm", false, "Keeps what runs on trial; signed."),
    bare::<Command<SelftestData>>("selftest", "down/cmd/selftest", false, "Asks how the box does; signed."),
    bare::<Command<SnapshotData>>(
        "snapshot",
        "down/cmd/snapshot",
        false,
        "Asks for a redacted picture; signed.",
    ),
    bare::<Command<OriginalData>>(
        "original",
        "down/cmd/original",
        false,
        "Asks for the sealed original of an alert's picture; signed.",
    ),
    bare::<WantedConfig>(
        "wanted",
        "down/config",
        true,
        "The wanted configuration, whole and versioned; signed.",
    ),
    bare::<MarkData>(
        "mark",
        "down/mark",
        true,
        "The centre's durable receipt: everything up to `n` is stored there.",
    ),
];

const fn event<T: Payload>(topic: &'static str, qos: u8, retain: bool, summary: &'static str) -> Message {
    let schema = |generator: &mut SchemaGenerator| generator.subschema_for::<Event<T>>();
    Message { name: T::SCHEMA, topic, qos, retain, summary, schema, cloud_event_type: Some(T::TYPE) }
}

const fn bare<T: JsonSchema>(
    name: &'static str,
    topic: &'static str,
    retain: bool,
    summary: &'static str,
) -> Message {
    let schema = |generator: &mut SchemaGenerator| generator.subschema_for::<T>();
    Message { name, topic, qos: 1, retain, summary, schema, cloud_event_type: None }
}

/// The message of that name.
pub fn message(name: &str) -> Option<&'static Message> {
    MESSAGES.iter().find(|message| message.name == name)
}

impl Message {
    /// Its JSON Schema, draft 2020-12, with an example.
    ///
    /// # Errors
    ///
    /// [`ExampleError`], only by a slip in our examples.
    pub fn json_schema(&self) -> Result<Value, ExampleError> {
        let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        let reference = (self.schema)(&mut generator).to_value();
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
        self.name_the_type(&mut schema);
        schema.insert("examples".to_owned(), example(self.name)?.into_iter().collect());
        schema.insert("$defs".to_owned(), definitions.into());
        Ok(Value::Object(schema))
    }

    /// In the schema of an event, `type` and `dataschema` can have one value only.
    fn name_the_type(&self, schema: &mut Map<String, Value>) {
        let Some(kind) = self.cloud_event_type else { return };
        let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
        for (field, only) in [("type", kind.to_owned()), ("dataschema", schema_id(self.name))] {
            if let Some(Value::Object(field)) = fields.get_mut(field) {
                field.insert("const".to_owned(), only.into());
            }
        }
    }

    fn is_from_box(&self) -> bool {
        self.topic.starts_with("up/")
    }
}

/// The AsyncAPI 3.0 document, seen from the box: it sends `up/...` and receives `down/...`.
///
/// # Errors
///
/// [`ExampleError`], only by a slip in our examples.
pub fn asyncapi() -> Result<Value, ExampleError> {
    // AsyncAPI's own schema dialect is a superset of draft 7.
    let settings = SchemaSettings::draft07().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut messages = Map::new();
    let mut roots: Vec<(&Message, String)> = Vec::new();
    for message in &MESSAGES {
        let reference = (message.schema)(&mut generator).to_value();
        if let Some(name) = reference.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next()) {
            roots.push((message, name.to_owned()));
        }
        let example = example(message.name)?;
        messages.insert(
            message.name.to_owned(),
            json!({
                "name": message.name,
                "title": message.summary,
                "contentType": if message.cloud_event_type.is_some() { "application/cloudevents+json" } else { "application/json" },
                "payload": reference,
                "examples": example.into_iter().map(|payload| json!({ "payload": payload })).collect::<Vec<_>>(),
            }),
        );
    }
    messages.insert("evidence".to_owned(), evidence_message());
    messages.insert("sealed".to_owned(), sealed_message());
    let mut schemas = generator.take_definitions(true);
    for schema in schemas.values_mut() {
        tidy(schema);
    }
    for (message, root) in roots {
        if let Some(Value::Object(schema)) = schemas.get_mut(&root) {
            message.name_the_type(schema);
        }
    }
    Ok(json!({
        "asyncapi": "3.0.0",
        "id": "urn:lookout:asyncapi:v1",
        "info": info(),
        "defaultContentType": "application/json",
        "servers": servers(),
        "channels": channels(),
        "operations": operations(),
        "components": { "messages": messages, "schemas": schemas },
    }))
}

fn info() -> Value {
    json!({
        "title": "Lookout",
        "version": "1.0.0",
        "description": "Early-warning alerts from boxes that stand beside a community's cameras. Detection, never \
            identification. Seen from the box: it sends `up/...` and receives `down/...`. Delivery is at least once: drop \
            repeats by `id`, keep the highest `rev` of each `alert_id`, drop what follows `end` or `retract`. Consumers \
            ignore fields they do not know.",
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

/// Channels by the last parts of their topics; several messages may share one.
fn channels() -> Value {
    let mut channels = Map::new();
    for message in &MESSAGES {
        let reference = json!({ "$ref": format!("#/components/messages/{}", message.name) });
        let channel = channels.entry(channel_name(message.topic)).or_insert_with(|| {
            let own = [("camera", CAMERA), ("sensor", SENSOR), ("part", PART)];
            let own = own.into_iter().filter(|(name, _)| message.topic.contains(&format!("{{{name}}}")));
            let of_all = [("prefix", PREFIX), ("area", AREA), ("box", BOX)];
            channel(message.topic, &of_all.into_iter().chain(own).collect::<Vec<_>>())
        });
        channel["messages"][message.name] = reference;
    }
    let parameters = [("prefix", PREFIX), ("area", AREA), ("box", BOX), ("alert", ALERT), ("n", PICTURE)];
    let mut evidence = channel("up/evidence/{alert}/{n}", &parameters);
    evidence["messages"]["evidence"] = json!({ "$ref": "#/components/messages/evidence" });
    channels.insert("evidence".to_owned(), evidence);
    let mut sealed = channel("up/original/{alert}/{n}", &parameters);
    sealed["messages"]["sealed"] = json!({ "$ref": "#/components/messages/sealed" });
    channels.insert("sealed".to_owned(), sealed);
    channels.into()
}

const PREFIX: &str = "First part of every topic, `lookout/v1` unless configured otherwise.";
const AREA: &str = "Six digits of the county.";
const BOX: &str = "Name of the box.";
const CAMERA: &str = "Id of the camera, as in the configuration.";
const SENSOR: &str = "Id of the sensor, as in the configuration.";
const PART: &str = "Number of the part, from 1 to the `parts` of `up/meta`.";
const ALERT: &str = "The alert's `alert_id`; `snapshot-...` for a picture that a command asked for.";
const PICTURE: &str = "Number of the picture, the `id` in the alert's `evidence`.";

fn channel(topic: &str, parameters: &[(&str, &str)]) -> Value {
    let parameters: Map<String, Value> = parameters
        .iter()
        .map(|(name, description)| ((*name).to_owned(), json!({ "description": description })))
        .collect();
    json!({
        "address": format!("{{prefix}}/{{area}}/{{box}}/{topic}"),
        "messages": {},
        "parameters": parameters,
    })
}

/// `alert` for `up/alert`, `ack` for `down/cmd/ack`, `camera` for `up/camera/{camera}`.
fn channel_name(topic: &str) -> String {
    if topic == "down/config" {
        return "wanted".to_owned();
    }
    let last = topic.rsplit('/').find(|part| !part.starts_with('{'));
    last.unwrap_or(topic).to_owned()
}

fn operations() -> Value {
    let mut operations = Map::new();
    for message in &MESSAGES {
        let (action, verb) = if message.is_from_box() { ("send", "send") } else { ("receive", "receive") };
        let channel = channel_name(message.topic);
        let mut name = message.name.to_owned();
        name[..1].make_ascii_uppercase();
        operations.insert(
            format!("{verb}{name}"),
            json!({
                "action": action,
                "channel": { "$ref": format!("#/channels/{channel}") },
                "summary": message.summary,
                "messages": [{ "$ref": format!("#/channels/{channel}/messages/{}", message.name) }],
                "bindings": { "mqtt": { "qos": message.qos, "retain": message.retain, "bindingVersion": "0.2.0" } },
            }),
        );
    }
    operations.insert(
        "sendEvidence".to_owned(),
        json!({
            "action": "send",
            "channel": { "$ref": "#/channels/evidence" },
            "summary": "A redacted picture, after its alert and with the lowest priority.",
            "messages": [{ "$ref": "#/channels/evidence/messages/evidence" }],
            "bindings": { "mqtt": { "qos": 1, "retain": false, "bindingVersion": "0.2.0" } },
        }),
    );
    operations.insert(
        "sendSealed".to_owned(),
        json!({
            "action": "send",
            "channel": { "$ref": "#/channels/sealed" },
            "summary": "A sealed original that `original` asked for, with the lowest priority.",
            "messages": [{ "$ref": "#/channels/sealed/messages/sealed" }],
            "bindings": { "mqtt": { "qos": 1, "retain": false, "bindingVersion": "0.2.0" } },
        }),
    );
    operations.into()
}

fn sealed_message() -> Value {
    json!({
        "name": "sealed",
        "title": "A sealed original.",
        "summary": format!(
            "An age file (age-encryption.org/v1) of at most {} KiB; in it a JPEG as the camera gave it, masks painted \
            over. Only the key that `[evidence] originals_for` names opens it. The reply to `original` tells its size \
            and SHA-256.",
            super::MAX_EVIDENCE_BYTES / 1024
        ),
        "contentType": "application/octet-stream",
        "payload": { "type": "string", "format": "binary" },
    })
}

/// Pictures are the only messages without JSON.
fn evidence_message() -> Value {
    json!({
        "name": "evidence",
        "title": "A redacted picture.",
        "summary": format!(
            "A JPEG of at most {} KiB, faces and heads pixelated, masks painted over. The alert's `evidence` tells \
            its size and SHA-256.",
            super::MAX_EVIDENCE_BYTES / 1024
        ),
        "contentType": "image/jpeg",
        "payload": { "type": "string", "format": "binary" },
    })
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
