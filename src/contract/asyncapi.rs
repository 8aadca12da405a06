//! The AsyncAPI 3.0 documents: all messages with their topics, once as the box sees them and once as the command centre
//! does, each whole in itself. Made from the table of messages, like the schemas.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::examples::ExampleError;
use super::messages::{Content, Direction, JSON, MARK, Message, REPLY, pascal_case};
use super::schema::finish;
use super::topics::DEFAULT_PREFIX;

/// Longest MQTT 5 response topic that a box answers on, in bytes.
pub(crate) const RESPONSE_TOPIC_BYTES: usize = 256;
/// Longest MQTT 5 correlation data that a box gives back.
pub(crate) const CORRELATION_BYTES: usize = 256;

/// Who reads the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The box: it sends `up/...` and receives `down/...`.
    Box,
    /// The command centre: the other way round.
    Centre,
}

impl View {
    /// Name of the document's file, and of the document for `lookout schema`, without its ending.
    pub const fn name(self) -> &'static str {
        match self {
            View::Box => "asyncapi",
            View::Centre => "asyncapi-centre",
        }
    }

    /// What the reader of the document does with a message.
    fn action(self, direction: Direction) -> &'static str {
        match (self, direction) {
            (View::Box, Direction::FromBox) | (View::Centre, Direction::ToBox) => "send",
            (View::Box, Direction::ToBox) | (View::Centre, Direction::FromBox) => "receive",
        }
    }
}

/// The document of these messages.
///
/// # Errors
///
/// `ExampleError`, only by a slip in our examples.
pub fn asyncapi(table: &[&Message], view: View) -> Result<Value, ExampleError> {
    let (messages, schemas) = components(table)?;
    Ok(json!({
        "asyncapi": "3.0.0",
        "id": match view {
            View::Box => "urn:lookout:asyncapi:v1",
            View::Centre => "urn:lookout:asyncapi:v1:centre",
        },
        "info": info(view),
        "defaultContentType": JSON,
        "servers": servers(),
        "channels": channels(table),
        "operations": operations(table, view),
        "components": { "messages": messages, "schemas": schemas, "securitySchemes": security_schemes() },
    }))
}

type ByName = Map<String, Value>;

/// The messages and the types in them.
fn components(table: &[&Message]) -> Result<(ByName, ByName), ExampleError> {
    // AsyncAPI's own schema dialect is a superset of draft 7.
    let settings = SchemaSettings::draft07().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    // Which definition is which message's, by the name that schemars gives it.
    let mut roots = Vec::new();
    for &message in table {
        if let Content::Json { schema, event_type, .. } = message.payload {
            let reference = schema(&mut generator).to_value();
            let name = reference.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
            roots.push((message, event_type, name.unwrap_or_default().to_owned()));
        }
    }
    let mut made = generator.take_definitions(true);
    finish(&mut made);
    let mut schemas = Map::new();
    let mut messages = Map::new();
    for (name, mut schema) in made {
        let root = roots.iter().find(|(_, _, root)| *root == name);
        if let (Some((message, event_type, _)), Value::Object(schema)) = (root, &mut schema) {
            message.narrow(*event_type, schema);
        }
        let better = root.and_then(|(message, _, _)| message.type_name());
        schemas.insert(better.unwrap_or(name), schema);
    }
    for &message in table {
        let root = roots.iter().find(|(other, _, _)| other.name == message.name);
        let payload = root.map(|(_, _, root)| message.type_name().unwrap_or_else(|| root.clone()));
        messages.insert(message.name.to_owned(), described(message, payload.as_deref())?);
    }
    Ok((messages, schemas))
}

/// A message whose type has that name; one without JSON has none, its content type says what it is.
fn described(message: &Message, payload: Option<&str>) -> Result<Value, ExampleError> {
    let mut described = json!({ "name": message.name, "contentType": message.content_type() });
    match message.payload {
        Content::Json { .. } => described["title"] = (message.summary)().to_string().into(),
        Content::Binary { title, about, .. } => {
            described["title"] = title().to_string().into();
            described["summary"] = about().to_string().into();
        }
    }
    if let Some(name) = payload {
        described["payload"] = json!({ "$ref": format!("#/components/schemas/{name}") });
    }
    if let Some(example) = message.example()? {
        described["examples"] = json!([{ "payload": example }]);
    }
    if message.name == REPLY.name {
        described["correlationId"] = json!({
            "description": "The command's `request_id`. With MQTT 5 the command's correlation data comes back, too.",
            "location": "$message.payload#/data/request_id",
        });
    }
    if message.direction() == Direction::ToBox {
        described["description"] =
            "Where the box's configuration names keys, what is sent is a JWS in compact form (RFC 7515; \
             `alg` `EdDSA`) whose payload is this object, with the content type `application/jose`."
                .into();
    }
    if is_answered(message) {
        described["correlationId"] = json!({
            "description": "The answer repeats it.",
            "location": "$message.payload#/request_id",
        });
        described["bindings"] = json!({ "mqtt": {
            "responseTopic": {
                "type": "string",
                "maxLength": RESPONSE_TOPIC_BYTES,
                "examples": [format!("{DEFAULT_PREFIX}/530127/box-7f3a/up/reply/desk-2")],
                "description": "May be left out: every answer is on `up/reply`. Where it is given, the answer goes there as well, \
                    once, if it lies below the box's topic prefix and no message of a box has it.",
            },
            "correlationData": {
                "type": "string",
                "maxLength": CORRELATION_BYTES,
                "description": "May be left out. Comes back with the answer, byte for byte.",
            },
            "bindingVersion": "0.2.0",
        }});
    }
    Ok(described)
}

/// Whether a box answers it: every command, and no receipt.
fn is_answered(message: &Message) -> bool {
    message.direction() == Direction::ToBox && message.name != MARK.name
}

fn info(view: View) -> Value {
    let seen = match view {
        View::Box => "Seen from the box: it sends `up/...` and receives `down/...`.",
        View::Centre => "Seen from the command centre: it receives `up/...` and sends `down/...`.",
    };
    json!({
        "title": match view {
            View::Box => "Lookout",
            View::Centre => "Lookout, the command centre's side",
        },
        "version": "1.0.0",
        "description": format!(
            "Early-warning alerts from boxes that stand beside a community's cameras. Detection, never identification. {seen} \
             Delivery is at least once: drop repeats by `id`, keep the highest `rev` of each `alert_id`; after `end` only `end` \
             again follows, with what people did about it (`handling`). Consumers ignore fields they do not know, and take words \
             that they do not know. Topics begin with `{DEFAULT_PREFIX}` unless the boxes' `[mqtt] prefix` says otherwise."
        ),
        "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
    })
}

fn servers() -> Value {
    let scheme = |name: &str| json!({ "$ref": format!("#/components/securitySchemes/{name}") });
    json!({
        "centre": {
            "host": "centre.example:8883",
            "protocol": "mqtts",
            "protocolVersion": "5.0",
            "description": "The command centre's broker, as `[mqtt] url` names it. MQTT 5 or 3.1.1.",
            "security": [scheme("login"), scheme("certificate")],
        },
        "embedded": {
            "host": "127.0.0.1:1883",
            "protocol": "mqtt",
            "description": "The box's own broker, where no other is configured. Takes connections of its own machine, without a login.",
        },
    })
}

fn security_schemes() -> Value {
    json!({
        "login": {
            "type": "userPassword",
            "description": "`[mqtt] user` and `password_file`.",
        },
        "certificate": {
            "type": "X509",
            "description": "`[mqtt] client_cert` and `client_key`: a certificate whose name is the client id, `{area}.{box}`.",
        },
    })
}

/// Channels by name; several messages may share one.
fn channels(table: &[&Message]) -> Value {
    let mut channels = Map::new();
    for &message in table {
        let reference = json!({ "$ref": format!("#/components/messages/{}", message.name) });
        let channel = channels.entry(channel_name(message)).or_insert_with(|| channel(message));
        channel["messages"][message.name] = reference;
    }
    channels.into()
}

/// What the parts of topics are, by name.
const PARAMETERS: [(&str, &str); 7] = [
    ("area", "Six digits of the county."),
    ("box", "Name of the box."),
    ("camera", "Id of the camera, as in the configuration."),
    ("sensor", "Id of the sensor, as in the configuration."),
    ("part", "Number of the part, from 1 to the `parts` of `up/meta`."),
    ("alert", "The alert's `alert_id`; `snapshot-...` for a picture that a command asked for."),
    ("n", "Number of the picture, the `id` in the alert's `evidence`."),
];

fn channel(message: &Message) -> Value {
    let address = format!("{DEFAULT_PREFIX}/{{area}}/{{box}}/{}", message.topic);
    let is_part = |name: &str| address.contains(&format!("{{{name}}}"));
    let parameters: Map<String, Value> = PARAMETERS
        .iter()
        .filter(|(name, _)| is_part(name))
        .map(|(name, description)| ((*name).to_owned(), json!({ "description": description })))
        .collect();
    json!({ "address": address, "messages": {}, "parameters": parameters })
}

/// `upAlert` of `up/alert`, `upMetaPart` of `up/meta_part/{part}`.
fn channel_name(message: &Message) -> String {
    let fixed = message.topic.split('/').filter(|part| !part.starts_with('{'));
    let words: Vec<&str> = fixed.flat_map(|part| part.split('_')).collect();
    match words.as_slice() {
        [first, rest @ ..] => format!("{first}{}", pascal_case(rest)),
        [] => String::new(),
    }
}

fn operations(table: &[&Message], view: View) -> Value {
    let mut operations = Map::new();
    for &message in table {
        let action = view.action(message.direction());
        let channel = channel_name(message);
        let mut binding =
            json!({ "qos": message.qos.number(), "retain": message.retain, "bindingVersion": "0.2.0" });
        if let Some(expires) = message.expires {
            binding["messageExpiryInterval"] = expires.as_secs().into();
        }
        let mut operation = json!({
            "action": action,
            "channel": { "$ref": format!("#/channels/{channel}") },
            "summary": (message.summary)().to_string(),
            "messages": [{ "$ref": format!("#/channels/{channel}/messages/{}", message.name) }],
            "bindings": { "mqtt": binding },
        });
        if is_answered(message) {
            let answers = channel_name(&REPLY);
            operation["reply"] = json!({
                "channel": { "$ref": format!("#/channels/{answers}") },
                "messages": [{ "$ref": format!("#/channels/{answers}/messages/{}", REPLY.name) }],
            });
        }
        let name = pascal_case(&message.name.split('_').collect::<Vec<_>>());
        operations.insert(format!("{action}{name}"), operation);
    }
    operations.into()
}
