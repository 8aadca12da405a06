//! A payload that is no JSON: the request that it names all the same, so that its sender can be answered.

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::{json_text, readable};

/// The request that a payload names before the place where it stops being JSON.
pub(super) fn request_id_before_fault(payload: &[u8]) -> Option<String> {
    struct Names<'f>(&'f mut Option<Value>);
    impl<'de> Visitor<'de> for Names<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(name) = map.next_key::<String>()? {
                if name == "request_id" {
                    *self.0 = Some(map.next_value()?);
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(())
        }
    }
    let mut found = None;
    // That it is no JSON is known.
    let _ = serde_json::Deserializer::from_slice(json_text(payload)).deserialize_map(Names(&mut found));
    found.as_ref().and_then(readable)
}
