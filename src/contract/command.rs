//! What the command centre writes to a box, and what the box answers.
//!
//! The types say what a centre should send. The box reads more kindly than this (`mqtt`), and answers every
//! refusal with a word that a program can read and a sentence that a person can.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Payload;
use super::alert::SeqData;
use super::words::Time;

/// A command on `down/cmd/{command}`, as a bare JSON object. Never retained: a retained command is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Command<T> {
    /// Chosen by the centre, unique per command. The answer on `up/reply` repeats it.
    #[schemars(length(min = 1, max = 128))]
    pub request_id: String,
    /// When it was issued.
    pub iat: Time,
    /// When it expires, not before `iat`. A command that arrives later (by the box's clock, with half a minute of
    /// grace) is refused, so that nothing old takes effect after an outage.
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
    #[schemars(length(max = 2000))]
    pub note: Option<String>,
}

/// An acknowledgement as a command.
pub type AckCommand = Command<AckData>;

/// The centre's durable receipt, retained on `down/mark`: everything up to `n` of `stream` is stored there. It is the
/// `data.seq` object of the last alert that was stored, sent back.
///
/// A broker's receipt says only that the broker has a message. Once a centre has written a mark, the box keeps each
/// message until a mark covers it. A mark never moves backwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarkData {
    /// The stream, as in `data.seq.stream`.
    pub stream: String,
    /// The highest number up to which all numbers, without a hole, are stored or named in a gap record.
    pub n: u64,
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
    /// Its number: answers are counted in the same stream as alerts.
    pub seq: SeqData,
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
    /// Was done before: the alert is acknowledged already.
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
    /// Too many commands at once; sending it again helps.
    Busy,
    /// A command that this version does not know.
    UnknownCommand,
    /// No open alert has this id.
    UnknownAlert,
    /// The alert is over.
    AlertEnded,
    /// The box could not store it.
    Storage,
}
