//! What the command centre writes to a box, and what the box answers.
//!
//! Commands come from outside and are read with care: a limit on size, strict times, and every refusal
//! has a word that a program can read and a sentence that a person can.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Payload;
use super::words::Time;

/// Most bytes of a command. Larger ones are refused unread.
pub const MAX_COMMAND_BYTES: usize = 16 * 1024;

/// How far the clocks of box and centre may differ before a command counts as not yet issued.
/// A guess: boxes without a time server drift by seconds a day.
pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(120);

/// A command on `down/cmd/{command}`. Never retained: a retained command is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Command<T> {
    /// Chosen by the centre, unique per command: 1 to 64 characters. The answer on `up/reply` repeats it. A command
    /// whose `request_id` was seen before is answered again but not carried out again.
    #[schemars(length(min = 1, max = 64))]
    pub request_id: String,
    /// When it was issued.
    pub iat: Time,
    /// When it expires. A command that arrives later is refused, so that nothing old takes effect after an outage.
    pub exp: Time,
    /// Who issues it: a desk or a role, for the audit trail.
    #[schemars(length(min = 1, max = 128))]
    pub by: String,
    /// Why, in words, for the audit trail.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(max = 512))]
    pub reason: Option<String>,
    /// Reserved for signed commands; a box of this version neither needs nor checks it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signature: Option<String>,
    /// What to do; its fields stand beside the others.
    #[serde(flatten)]
    pub data: T,
}

/// `down/cmd/ack`: somebody takes an alert on. The alert's next revision carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AckData {
    /// Which alert.
    #[schemars(length(min = 26, max = 26))]
    pub alert_id: String,
    /// What they want to say about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(max = 1000))]
    pub note: Option<String>,
}

/// An acknowledgement as a command.
pub type AckCommand = Command<AckData>;

/// The centre's durable receipt, retained on `down/mark`: everything up to `seq` of `stream` is stored there.
///
/// A broker's receipt says only that the broker has a message. A centre that writes marks makes the box keep
/// each message until the mark has passed it. A mark never moves backwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarkData {
    /// The stream whose numbers are meant: `alert`.
    pub stream: String,
    /// The highest number up to which all numbers, without a hole, are stored (or named in a gap record).
    pub seq: u64,
    /// When it was written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<Time>,
}

/// The answer to a command, on `up/reply`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplyData {
    /// The command's `request_id`; empty where it could not be read.
    pub request_id: String,
    /// The command's name, the last part of its topic.
    pub command: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was refused or failed, for a program; absent when it was done.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<Refusal>,
    /// The same for people, in English.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<String>,
}

impl Payload for ReplyData {
    const TYPE: &'static str = "lookout.reply.v1";
    const SCHEMA: &'static str = "reply";
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Stored and in effect.
    Done,
    /// Was done before: the same `request_id`, or the alert is acknowledged already.
    Already,
    /// Not carried out; sending the same command again will not help.
    Refused,
    /// Not carried out because of trouble in the box; sending it again may help.
    Failed,
}

/// Why a command was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No JSON of the expected form, or too large.
    Malformed,
    /// A retained message.
    Retained,
    /// Past its `exp`.
    Expired,
    /// Its `iat` lies in the future by more than two minutes: one of the two clocks is wrong.
    NotYetValid,
    /// A command that this version does not know.
    UnknownCommand,
    /// No open alert has this id.
    UnknownAlert,
    /// The alert is over.
    AlertEnded,
    /// The box could not store it.
    Storage,
}

/// A command that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// Its `request_id` where it could be read, else empty.
    pub request_id: String,
    /// For a program.
    pub code: Refusal,
    /// For people.
    pub message: String,
}

impl Refused {
    /// The answer to send.
    pub fn reply(&self, command: &str) -> ReplyData {
        let outcome = if self.code == Refusal::Storage { Outcome::Failed } else { Outcome::Refused };
        ReplyData {
            request_id: self.request_id.clone(),
            command: command.to_owned(),
            outcome,
            code: Some(self.code),
            message: Some(self.message.clone()),
        }
    }
}

/// Reads a command that arrived at `now`, as bytes from the broker.
///
/// # Errors
///
/// [`Refused`] for what is retained, too large, not of the expected form, expired or not yet valid. Never quotes
/// the message itself.
pub fn read_command<T: DeserializeOwned>(
    bytes: &[u8],
    retained: bool,
    now: Timestamp,
) -> Result<Command<T>, Refused> {
    let refused = |code, message: String| Refused { request_id: request_id_of(bytes), code, message };
    if bytes.len() > MAX_COMMAND_BYTES {
        let message = format!("a command has at most {MAX_COMMAND_BYTES} bytes, this one {}", bytes.len());
        return Err(Refused { request_id: String::new(), code: Refusal::Malformed, message });
    }
    if retained {
        let message = "a retained command is refused: publish it without the retain flag".to_owned();
        return Err(refused(Refusal::Retained, message));
    }
    let command: Command<T> = serde_json::from_slice(bytes)
        .map_err(|error| refused(Refusal::Malformed, format!("not a command: {}", without_values(&error))))?;
    if let Some(fault) = fault_of_form(&command) {
        return Err(refused(Refusal::Malformed, fault.to_owned()));
    }
    if now > command.exp.0 {
        let message = format!("expired at {}, it is {} here", command.exp, Time(now));
        return Err(refused(Refusal::Expired, message));
    }
    if command.iat.0.duration_since(now) > CLOCK_SKEW {
        let message =
            format!("issued at {}, but it is only {} here: check both clocks", command.iat, Time(now));
        return Err(refused(Refusal::NotYetValid, message));
    }
    Ok(command)
}

/// What is wrong with the texts and times of a command, apart from `now`.
fn fault_of_form<T>(command: &Command<T>) -> Option<&'static str> {
    let id = &command.request_id;
    if id.is_empty() || id.len() > 64 || id.chars().any(char::is_control) {
        return Some("`request_id` must have 1 to 64 characters");
    }
    if command.by.trim().is_empty() || command.by.len() > 128 || command.by.chars().any(char::is_control) {
        return Some("`by` must say in 1 to 128 characters who issues the command");
    }
    if command.reason.as_ref().is_some_and(|reason| reason.chars().count() > 512) {
        return Some("`reason` has more than 512 characters");
    }
    if command.exp.0 < command.iat.0 {
        return Some("`exp` lies before `iat`");
    }
    None
}

/// The id of a command that may be broken otherwise, so that its sender learns which one it was.
fn request_id_of(bytes: &[u8]) -> String {
    #[derive(Deserialize)]
    struct OnlyId {
        request_id: String,
    }
    match serde_json::from_slice::<OnlyId>(bytes) {
        Ok(only) if only.request_id.len() <= 64 => only.request_id,
        _ => String::new(),
    }
}

/// The JSON reader's complaint reduced to its kind and place: values could be anything, also a password.
fn without_values(error: &serde_json::Error) -> String {
    let kind = match error.classify() {
        serde_json::error::Category::Syntax => "no JSON",
        serde_json::error::Category::Eof => "JSON that ends too early",
        serde_json::error::Category::Data => "a field is missing or has the wrong type",
        serde_json::error::Category::Io => "unreadable",
    };
    format!("{kind} at line {}, column {}", error.line(), error.column())
}
