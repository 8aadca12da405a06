//! Layers as they are typed: what cameras have unless they say otherwise.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{At, CameraDocument};

/// What one camera has and no other, so that no layer can say it.
pub(crate) const OF_ONE_CAMERA: [&str; 8] =
    ["id", "like", "url", "url_main", "file", "certificate_sha256", "lonlat", "name"];

/// Values that stand once for many.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefaultsDocument {
    /// What every camera has unless its `[[camera_type]]` or the camera itself says otherwise. Every key of `[[camera]]` may
    /// stand here but those of one camera alone: `id`, `like`, `url`, `url_main`, `file`, `certificate_sha256`, `lonlat`, `name`.
    pub camera: Option<At<CameraDefaultsDocument>>,
}

/// What every camera has unless it says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct CameraDefaultsDocument(pub CameraDocument);

/// What all cameras of a type have unless they say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct CameraTypeDocument(pub CameraDocument);

impl JsonSchema for CameraDefaultsDocument {
    fn schema_name() -> Cow<'static, str> {
        "CameraDefaultsDocument".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let own = json_schema!({
            "description": "What every camera has unless it says otherwise.",
            "type": "object",
            "properties": {},
        });
        layer(generator, own)
    }
}

impl JsonSchema for CameraTypeDocument {
    fn schema_name() -> Cow<'static, str> {
        "CameraTypeDocument".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let own = json_schema!({
            "description": "What all cameras of a type have unless they say otherwise.",
            "type": "object",
            "properties": {
                "id": {
                    "description": "Its name, unique among the types: lower-case letters, digits, `-` and `_`. Cameras of \
                                    this type say `like = \"lane\"`, and rules watch all of them with \
                                    `cameras = [\"lane/*\"]`.",
                    "type": "string",
                    "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$",
                    "examples": ["lane"],
                },
            },
        });
        let mut schema = layer(generator, own);
        schema.insert("required".to_owned(), json!(["id"]));
        schema
    }
}

/// With every field of a camera that several may share, each described where the camera's is.
fn layer(generator: &mut SchemaGenerator, mut schema: Schema) -> Schema {
    let camera = generator.subschema_for::<CameraDocument>();
    let camera = camera.get("$ref").and_then(Value::as_str).unwrap_or_default().to_owned();
    let whole = CameraDocument::json_schema(generator);
    let names =
        whole.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name);
    let mut shared = Map::new();
    for name in names.filter(|name| !OF_ONE_CAMERA.contains(&name.as_str())) {
        shared.insert(name.clone(), json!({ "$ref": format!("{camera}/properties/{name}") }));
    }
    if let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        fields.extend(shared);
    }
    schema.insert("additionalProperties".to_owned(), false.into());
    schema
}
