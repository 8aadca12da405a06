//! [`Version`]: which MQTT a broker speaks.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// Version of MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Version {
    /// MQTT 5.
    #[default]
    V5,
    /// MQTT 3.1.1, for brokers such as NATS. PUBACKs carry no reason there.
    V311,
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl de::Visitor<'_> for Reader {
            type Value = Version;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("\"5\" or \"3.1.1\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Version, E> {
                match text {
                    "5" => Ok(Version::V5),
                    "3.1.1" => Ok(Version::V311),
                    _ => Err(E::custom("expected \"5\" or \"3.1.1\"")),
                }
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Version, E> {
                if number == 5 { Ok(Version::V5) } else { Err(E::custom("expected \"5\" or \"3.1.1\"")) }
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl JsonSchema for Version {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "MqttVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": ["5", "3.1.1", 5], "default": "5" })
    }
}
