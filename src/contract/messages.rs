//! The table of messages: where each one goes, how it is sent, what is in it, and one of its kind as an example.
//!
//! The publisher, the subscriber, JSON Schema, AsyncAPI, the documentation of commands and the tests read these rows;
//! nobody else names a topic, a quality of service or a retain flag. The rows of commands stand with the commands
//! (`control::commands`), because their handlers do; `control::messages` gives the whole table.

use std::time::Duration;

use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema};

use super::alert::{AlertData, GapData};
use super::box_key::SignatureData;
use super::box_status::{ActiveData, ConfigData, MetaData, StateData};
use super::command::{MarkData, ReplyData};
use super::count::CountData;
use super::coverage::CoverageData;
use super::examples::{self, ExampleError};
use super::health::{CameraData, HealthData, PART_EVERY, SensorData};
use super::meta_part::MetaPartData;
use super::quality::QualityData;
use super::shadow::ShadowData;
use super::time_fix::TimeFixData;
use super::{Event, MAX_EVIDENCE_BYTES, Payload};
use crate::text::{Sentence, message as say};

/// What the topics of all commands begin with, below the box's; the rest is the command's name.
pub(crate) const COMMAND_TOPICS: &str = "down/cmd/";

/// The media type of a CloudEvent with its envelope (structured mode), and the MQTT 5 content type of such a message.
pub(crate) const CLOUD_EVENT: &str = "application/cloudevents+json";
/// The same of a bare JSON object.
pub const JSON: &str = "application/json";
/// The same of a signed command: a JWS in compact form (RFC 7515).
pub(crate) const SIGNED: &str = "application/jose";

/// Quality of service; Lookout uses no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qos {
    /// At most once, no acknowledgement.
    AtMostOnce,
    /// At least once.
    AtLeastOnce,
}

impl Qos {
    /// The number in MQTT and AsyncAPI.
    pub const fn number(self) -> u8 {
        match self {
            Qos::AtMostOnce => 0,
            Qos::AtLeastOnce => 1,
        }
    }
}

/// Who sends a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The box, on `up/...`.
    FromBox,
    /// The command centre, on `down/...`.
    ToBox,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Message {
    /// Its name in the documents, and that of its schema.
    pub name: &'static str,
    /// Its topic below `{prefix}/{area}/{box}/`, with `{...}` for a part that differs.
    pub topic: &'static str,
    /// Quality of service.
    pub qos: Qos,
    /// Whether the broker keeps the latest one.
    pub retain: bool,
    /// How long the broker keeps it at most (MQTT 5); always where nothing is said.
    pub expires: Option<Duration>,
    /// Whether it is sent only while the queue of records is empty: after a reconnect there may be a thousand of its kind.
    pub waits: bool,
    /// Whether one with a field that is none is refused: what changes the box must not mean less than was meant. Elsewhere the
    /// answer names the field, so that what a later version knows does no harm.
    pub is_strict: bool,
    /// What it says, in a sentence.
    pub summary: fn() -> Sentence,
    /// What is in it.
    pub payload: Content,
}

/// What is in a message.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    /// JSON.
    Json {
        /// Its schema.
        schema: fn(&mut SchemaGenerator) -> Schema,
        /// `type` of the CloudEvent; `None` for a bare object.
        event_type: Option<&'static str>,
        /// One of its kind.
        example: fn() -> Result<Vec<u8>, ExampleError>,
    },
    /// Bytes.
    Binary {
        /// Its media type.
        media_type: &'static str,
        /// What it is, in a few words.
        title: fn() -> Sentence,
        /// What is in it, how large it may be.
        about: fn() -> Sentence,
    },
}

/// A topic of a box: a message's, with the parts that differ filled in.
#[derive(Debug, Clone)]
pub struct BoxTopic {
    /// What is sent there, and how.
    pub message: &'static Message,
    /// Below `{prefix}/{area}/{box}/`.
    pub suffix: String,
}

/// One revision of an alert.
pub const ALERT: Message = event::<AlertData>("up/alert", examples::alert, say::alert);
/// What had to be dropped.
pub(crate) const GAP: Message = event::<GapData>("up/alert", examples::gap, say::gap);
/// The clock was set.
pub(crate) const TIME_FIX: Message = event::<TimeFixData>("up/alert", examples::time_fix, say::time_fix);
/// The open alerts.
pub const ACTIVE: Message = event::<ActiveData>("up/active", examples::active, say::active).retained();
/// Whether the box is there. The will is published here, too.
pub(crate) const STATE: Message = event::<StateData>("up/state", examples::state, say::state).retained();
/// The birth certificate.
pub const META: Message = event::<MetaData>("up/meta", examples::meta, say::meta).retained();
/// The rest of it.
pub(crate) const META_PART: Message =
    event::<MetaPartData>("up/meta_part/{part}", examples::meta_part, say::meta_part).retained();
/// The summary of how the box does.
pub const HEALTH: Message = event::<HealthData>("up/health", examples::health, say::health)
    .at_most_once()
    .retained()
    .expiring(Duration::from_secs(300));
/// One camera. What is said of it may stand for three times as long as passes until it is said again: a box that is gone
/// takes its word with it. Not acknowledged: for a centre that is away brokers queue only what is, and a thousand words of
/// how cameras did must not take the places of its alerts. Whoever comes back gets the latest, because it is retained.
pub const CAMERA: Message = event::<CameraData>("up/camera/{camera}", examples::camera, say::camera)
    .at_most_once()
    .retained()
    .expiring(PART_EVERY.saturating_mul(3))
    .waiting();
/// One sensor, likewise.
pub(crate) const SENSOR: Message = event::<SensorData>("up/sensor/{sensor}", examples::sensor, say::sensor)
    .at_most_once()
    .retained()
    .expiring(PART_EVERY.saturating_mul(3))
    .waiting();
/// Which configuration runs.
pub(crate) const CONFIG: Message = event::<ConfigData>("up/config", examples::config, say::config).retained();
/// Counts of a camera and minute.
pub const COUNT: Message = event::<CountData>("up/count", examples::count, say::count);
/// How long the rules of a camera could have raised an alert in an hour.
pub(crate) const COVERAGE: Message = event::<CoverageData>("up/count", examples::coverage, say::coverage);
/// How well alerts serve those who answer them.
pub(crate) const QUALITY: Message =
    event::<QualityData>("up/quality", examples::quality, say::quality).retained();
/// What a second configuration would have told that judges beside the one that runs.
pub(crate) const SHADOW: Message = event::<ShadowData>("up/shadow", examples::shadow, say::shadow);
/// The answer to a command.
pub(crate) const REPLY: Message = event::<ReplyData>("up/reply", examples::reply, say::reply);

/// The signature of another message, where that cannot carry it itself.
pub(crate) const SIGNATURE: Message =
    event::<SignatureData>("up/signature", examples::signature, say::signature);

/// Every message with JSON that a box sends.
pub(crate) const EVENTS: [&Message; 17] = [
    &ALERT, &GAP, &TIME_FIX, &ACTIVE, &STATE, &META, &META_PART, &HEALTH, &CAMERA, &SENSOR, &CONFIG, &COUNT,
    &COVERAGE, &QUALITY, &SHADOW, &REPLY, &SIGNATURE,
];

/// The centre's durable receipt.
pub(crate) const MARK: Message = Message::bare::<MarkData>("down/mark", examples::mark, say::mark).retained();

/// A redacted picture.
pub(crate) const EVIDENCE: Message = binary(
    "evidence",
    "up/evidence/{alert}/{n}",
    say::evidence,
    Content::Binary {
        media_type: "image/jpeg",
        title: say::evidence_title,
        about: || say::about_evidence(MAX_EVIDENCE_BYTES / 1024),
    },
);
/// A sealed original.
pub(crate) const SEALED: Message = binary(
    "sealed",
    "up/original/{alert}/{n}",
    say::sealed,
    Content::Binary {
        media_type: "application/octet-stream",
        title: say::sealed_title,
        about: || say::about_sealed(MAX_EVIDENCE_BYTES / 1024),
    },
);

/// The messages without JSON.
pub const PICTURES: [&Message; 2] = [&EVIDENCE, &SEALED];

const fn event<T: Payload>(
    topic: &'static str,
    example: fn() -> Result<Vec<u8>, ExampleError>,
    summary: fn() -> Sentence,
) -> Message {
    let schema = |generator: &mut SchemaGenerator| generator.subschema_for::<Event<T>>();
    let payload = Content::Json { schema, event_type: Some(T::TYPE), example };
    row(T::SCHEMA, topic, summary, payload)
}

const fn binary(
    name: &'static str,
    topic: &'static str,
    summary: fn() -> Sentence,
    payload: Content,
) -> Message {
    row(name, topic, summary, payload)
}

const fn row(
    name: &'static str,
    topic: &'static str,
    summary: fn() -> Sentence,
    payload: Content,
) -> Message {
    let (qos, retain, expires, waits, is_strict) = (Qos::AtLeastOnce, false, None, false, false);
    Message { name, topic, qos, retain, expires, waits, is_strict, summary, payload }
}

impl Message {
    /// A JSON object without an envelope, at least once and not kept. Its name is the last part of its topic.
    pub const fn bare<T: JsonSchema>(
        topic: &'static str,
        example: fn() -> Result<Vec<u8>, ExampleError>,
        summary: fn() -> Sentence,
    ) -> Self {
        let schema = |generator: &mut SchemaGenerator| generator.subschema_for::<T>();
        row(last_part(topic), topic, summary, Content::Json { schema, event_type: None, example })
    }

    /// The same by another name, where the topic's is taken.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Kept by the broker.
    #[must_use]
    pub const fn retained(mut self) -> Self {
        self.retain = true;
        self
    }

    /// Refused where it has a field that is none.
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.is_strict = true;
        self
    }

    const fn at_most_once(mut self) -> Self {
        self.qos = Qos::AtMostOnce;
        self
    }

    const fn expiring(mut self, after: Duration) -> Self {
        self.expires = Some(after);
        self
    }

    const fn waiting(mut self) -> Self {
        self.waits = true;
        self
    }

    /// Who sends it.
    pub fn direction(&self) -> Direction {
        if self.topic.starts_with("up/") { Direction::FromBox } else { Direction::ToBox }
    }

    /// The media type of what is in it, which MQTT 5 carries beside it.
    pub const fn content_type(&self) -> &'static str {
        match self.payload {
            Content::Json { event_type: Some(_), .. } => CLOUD_EVENT,
            Content::Json { event_type: None, .. } => JSON,
            Content::Binary { media_type, .. } => media_type,
        }
    }

    /// The name of its type in the schemas, where the type's own would not do: `AlertEvent`, `AckCommand`.
    pub(crate) fn type_name(&self) -> Option<String> {
        let ending = match self.payload {
            Content::Json { event_type: Some(_), .. } => "Event",
            Content::Json { event_type: None, .. } if self.topic.starts_with(COMMAND_TOPICS) => "Command",
            Content::Json { event_type: None, .. } | Content::Binary { .. } => return None,
        };
        let words: Vec<&str> = self.name.split('_').chain([ending]).collect();
        Some(pascal_case(&words))
    }

    /// The last part of its topic; of a message to the box, its name as a command.
    pub(crate) const fn last_part(&self) -> &'static str {
        last_part(self.topic)
    }

    /// The names of the parts of its topic that differ: `camera` of `up/camera/{camera}`.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.topic.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Its topic below the box's, with the parts that differ in the order in which they stand there.
    pub fn suffix(&self, parts: &[&str]) -> String {
        debug_assert_eq!(parts.len(), self.parameters().count(), "{}", self.topic);
        let mut parts = parts.iter();
        let levels = self
            .topic
            .split('/')
            .map(|level| if level.starts_with('{') { parts.next().copied().unwrap_or(level) } else { level });
        levels.collect::<Vec<_>>().join("/")
    }

    /// The same, as something to publish on.
    pub fn at(&'static self, parts: &[&str]) -> BoxTopic {
        BoxTopic { message: self, suffix: self.suffix(parts) }
    }
}

/// Words as types are named: `TimeFix` of `time` and `fix`.
pub(super) fn pascal_case(words: &[&str]) -> String {
    let capital = |word: &&str| {
        let mut letters = word.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect::<String>()
    };
    words.iter().map(capital).collect()
}

/// `mute` of `down/cmd/mute`.
const fn last_part(topic: &'static str) -> &'static str {
    let bytes = topic.as_bytes();
    let mut at = bytes.len();
    while at > 0 && bytes[at - 1] != b'/' {
        at -= 1;
    }
    topic.split_at(at).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::health::HEALTH_EVERY;

    #[test]
    fn a_topic_is_filled_in_from_left_to_right() {
        assert_eq!(EVIDENCE.suffix(&["01ABC", "2"]), "up/evidence/01ABC/2");
        assert_eq!(CAMERA.at(&["cam-03"]).suffix, "up/camera/cam-03");
        assert_eq!(STATE.suffix(&[]), "up/state");
        assert_eq!(EVIDENCE.parameters().collect::<Vec<_>>(), ["alert", "n"]);
        assert_eq!(MARK.last_part(), "mark");
    }

    #[test]
    fn what_is_kept_is_the_latest_of_its_topic_and_what_is_numbered_is_not_kept() {
        for message in EVENTS {
            // A signature goes with what is numbered; what a shadow says is no state of the box.
            let is_numbered = [&ALERT, &GAP, &TIME_FIX, &COUNT, &COVERAGE, &SHADOW, &REPLY, &SIGNATURE]
                .iter()
                .any(|m| m.name == message.name);
            assert_eq!(message.retain, !is_numbered, "{}", message.name);
            assert_eq!(message.direction(), Direction::FromBox);
        }
        assert!(EVENTS.iter().all(|m| m.expires.is_none() || m.retain), "only what is kept can expire");
    }

    #[test]
    fn how_a_box_and_its_parts_do_is_forgotten_soon_after_the_box_is_gone_and_not_while_it_is_there() {
        for (message, every) in [(HEALTH, HEALTH_EVERY), (CAMERA, PART_EVERY), (SENSOR, PART_EVERY)] {
            let expires = message.expires.expect("a box that is gone is not said to run for ever");
            assert!(expires >= every * 3, "{}: two that are lost in a row are no loss", message.name);
            assert!(expires <= Duration::from_secs(1800), "{}", message.name);
        }
    }
}
