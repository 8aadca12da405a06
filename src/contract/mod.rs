//! What the command centre reads and writes: the types behind every JSON payload, their schemas, their topics.
//!
//! The types are the contract; JSON Schema and AsyncAPI are made from them and their doc comments
//! (`lookout schema`), so a doc comment here is a sentence that a command-centre developer reads.
//! Must never hold how something is delivered or decided, and must never have a field that could
//! tell one person from another: things are counted, located and followed within one camera's view.
//!
//! Rules of every payload:
//!
//! - `up/...`: CloudEvents 1.0, structured JSON, UTF-8, at most [`MAX_EVENT_BYTES`]. Evidence is the
//!   exception: a bare JPEG.
//! - Fields keep their order and absent options are left out, so the same facts give the same bytes.
//! - New fields may appear in any version; consumers ignore those they do not know. A field never changes
//!   its meaning: that would be `lookout/v2`.
//! - What does not fit into 32 KiB is cut where it hurts least, and a count says how much is missing.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::{Sentence, message};

pub mod alert;
pub mod alert_event;
pub(crate) mod alert_words;
pub mod asyncapi;
pub mod box_key;
pub mod box_status;
pub(crate) mod camera_condition;
pub mod command;
pub(crate) mod count;
pub(crate) mod coverage;
pub(crate) mod examples;
pub mod explain;
pub(crate) mod gcj02;
pub(crate) mod handling;
pub mod health;
pub(crate) mod kinds;
pub mod messages;
pub(crate) mod meta_part;
pub(crate) mod meta_rules;
pub(crate) mod mute;
pub(crate) mod patterns;
pub(crate) mod portable_json;
pub mod quality;
pub(crate) mod schema;
pub(crate) mod shadow;
pub mod signature;
pub(crate) mod stream_address;
pub mod time_fix;
pub(crate) mod topics;
pub(crate) mod words;

pub use alert::{AlertData, GapData};
pub use alert_event::{AlertContext, Seq, alert_event, gap_event};
pub use messages::{BoxTopic, Message, Qos};
pub use topics::Topics;
pub use words::{Eye, Language, Mode, Time};

/// Most bytes of one JSON event. MQTT brokers and NATS take far more; small messages pass slow links and
/// small consumers.
pub const MAX_EVENT_BYTES: usize = 32 * 1024;

/// Most bytes of one evidence picture.
pub(crate) const MAX_EVIDENCE_BYTES: usize = 256 * 1024;

/// The envelope of every JSON message from a box: CloudEvents 1.0 in structured mode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event<T> {
    /// Version of CloudEvents, always `1.0`.
    #[schemars(extend("const" = "1.0"))]
    pub specversion: String,
    /// Identity of this message together with `source`. A message that is delivered again has the same `id`:
    /// a consumer that has seen it drops it. For alerts it is `alert_id.rev`.
    pub id: String,
    /// Which box speaks: `/lookout/{area}/{box}`.
    pub source: String,
    /// What `data` is: one of the types `lookout.*.v1`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is about: the `alert_id` for alerts, absent for messages about the box itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    /// When it was made, by the clock of the box (see `data.clock` for how far to trust it).
    pub time: Time,
    /// Always `application/json`.
    #[schemars(extend("const" = "application/json"))]
    pub datacontenttype: String,
    /// Name of the JSON Schema of this message, as printed by `lookout schema`.
    pub dataschema: String,
    /// The message itself.
    pub data: T,
}

/// A payload that travels in an [`Event`].
pub trait Payload: Serialize + JsonSchema {
    /// CloudEvents type: `lookout.alert.v1`.
    const TYPE: &'static str;
    /// Name of its schema: `alert`, for the file `alert.json`.
    const SCHEMA: &'static str;

    /// Makes itself smaller once; `false` when there is nothing left to leave out.
    ///
    /// Called again and again while the event is larger than [`MAX_EVENT_BYTES`].
    fn shrink(&mut self) -> bool {
        false
    }
}

/// Who speaks: the part of the envelope that is the same for every message of a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Six digits of the county.
    pub area: String,
    /// Name of the box.
    pub box_id: String,
}

impl Sender {
    /// The CloudEvents source.
    pub fn source(&self) -> String {
        format!("/lookout/{}/{}", self.area, self.box_id)
    }

    /// Puts `data` into its envelope and writes it as JSON, cut down to [`MAX_EVENT_BYTES`].
    ///
    /// # Errors
    ///
    /// A payload that stays too large when nothing is left to cut, or that is no JSON (a map with keys
    /// that are no text); neither happens with the types of this module.
    pub fn event<T: Payload>(
        &self,
        id: impl Into<String>,
        subject: Option<String>,
        at: Timestamp,
        data: T,
    ) -> Result<Vec<u8>, EventError> {
        let mut event = Event {
            specversion: "1.0".to_owned(),
            id: id.into(),
            source: self.source(),
            kind: T::TYPE.to_owned(),
            subject,
            time: Time(at),
            datacontenttype: "application/json".to_owned(),
            dataschema: schema_id(T::SCHEMA),
            data,
        };
        loop {
            let body = serde_json::to_vec(&event)
                .map_err(|error| EventError::NoJson { what: T::SCHEMA, why: error.to_string() })?;
            if body.len() <= MAX_EVENT_BYTES {
                return Ok(body);
            }
            if !event.data.shrink() {
                return Err(EventError::TooLarge { what: T::SCHEMA, bytes: body.len() });
            }
        }
    }
}

/// Why a message could not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventError {
    /// Nothing left to cut.
    TooLarge {
        /// Name of the schema.
        what: &'static str,
        /// Its size when nothing was left to cut.
        bytes: usize,
    },
    /// Not representable.
    NoJson {
        /// Name of the schema.
        what: &'static str,
        /// What the JSON writer says.
        why: String,
    },
}

impl EventError {
    /// The same, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            EventError::TooLarge { what, bytes } => message::too_large(*what, *bytes, MAX_EVENT_BYTES),
            EventError::NoJson { what, why } => message::no_json(*what, why),
        }
    }
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for EventError {}

/// The identifier of a published schema. A name, not an address: boxes have no internet.
pub fn schema_id(name: &str) -> String {
    format!("urn:lookout:schema:v1:{name}")
}

/// Halves a list that does not fit and counts what was left out; `false` when it is empty already.
pub(crate) fn halve<T>(list: &mut Vec<T>, omitted: &mut u32) -> bool {
    if list.is_empty() {
        return false;
    }
    let keep = list.len() / 2;
    *omitted = omitted.saturating_add(u32::try_from(list.len() - keep).unwrap_or(u32::MAX));
    list.truncate(keep);
    true
}

/// For `skip_serializing_if`.
pub(crate) fn is_zero(n: &u32) -> bool {
    *n == 0
}
