//! The centre's receipts, and what a box answers to commands: every refusal has a word that a program can read and a
//! sentence that a person can. The commands themselves stand in `control::commands`, each with its handler.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alert::{Acknowledged, SeqData};
use super::words::Time;
use super::{Payload, patterns};
use crate::types::gap::GapReason;

/// The centre's durable receipt, retained on `down/mark`: everything up to `n` of `stream` is stored there. It is the
/// `data.seq` object of the last alert that was stored, sent back.
///
/// A broker's receipt says only that the broker has a message. Once a centre has written a mark, the box keeps each
/// message until a mark covers it. A mark never moves backwards. Where the box's configuration names keys, `area`, `box` and
/// `command` are required.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarkData {
    /// The county's code of the box that is meant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub area: Option<String>,
    /// The box that is meant.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none", default)]
    pub box_id: Option<String>,
    /// `mark`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub command: Option<String>,
    /// The stream, as in `data.seq.stream`.
    #[schemars(regex(pattern = patterns::ULID))]
    pub stream: String,
    /// The highest number up to which all numbers, without a hole, are stored or named in a gap record.
    pub n: u64,
}

/// The answer to a command, on `up/reply`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplyData {
    /// The command's `request_id`. Empty where it could not be read, and where the box's configuration names keys and the
    /// signature was not good.
    pub request_id: String,
    /// The command's name, the last part of its topic.
    pub command: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was refused or failed, for a program; absent when it was done.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<Refusal>,
    /// The same for people, in the language of the site, or what else there is to say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<String>,
    /// Which sentence `message` is, of several the first: `command.no_camera`, ... Finer than `code`. An open list: more codes
    /// may come.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message_code: Option<String>,
    /// What stands in that sentence, by name; as in `degraded[].args` of the health report.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub message_args: BTreeMap<String, String>,
    /// Fields of the command that this version does not know: it was carried out as if they were not there. The first ten.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ignored: Vec<String>,
    /// Who did it first, and when: the answer to an `ack`, `assign`, `verdict` or `close` that came second.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub acknowledged: Option<Acknowledged>,
    /// How the box does: the answer to `selftest`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub health: Option<SelftestResult>,
    /// The picture that was asked for: the answer to `snapshot`, and to a `resend` of a picture.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub picture: Option<SnapshotPicture>,
    /// The sealed original that was asked for: the answer to `original`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub original: Option<SealedOriginal>,
    /// What goes out again and what is gone: the answer to a `resend` of numbers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resend: Option<ResendResult>,
    /// One part of what was asked for: the answer to `get`, which is as many messages with this `request_id` as there are
    /// parts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub part: Option<TextPart>,
    /// This answer stands for refused commands that were not answered one by one; then `request_id` is empty, and `command`
    /// is `several` where they had different names.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unanswered: Option<Unanswered>,
    /// Its number: answers are counted in the same stream as alerts.
    pub seq: SeqData,
}

impl ReplyData {
    /// An answer that says what became of the command, and nothing more.
    pub(crate) fn new(request_id: String, command: String, outcome: Outcome, seq: SeqData) -> Self {
        ReplyData {
            request_id,
            command,
            outcome,
            code: None,
            message: None,
            message_code: None,
            message_args: BTreeMap::new(),
            ignored: Vec::new(),
            acknowledged: None,
            health: None,
            picture: None,
            original: None,
            resend: None,
            part: None,
            unanswered: None,
            seq,
        }
    }
}

impl Payload for ReplyData {
    const TYPE: &'static str = "lookout.reply.v1";
    const SCHEMA: &'static str = "reply";
}

/// Refused commands that were not answered one by one, because too many of one sender were refused in a short time. Senders
/// are told apart by the key whose signature was good; all others are one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unanswered {
    /// How many.
    pub count: u64,
    /// When the first of them was refused.
    pub from: Time,
    /// When the last of them was refused; from then on refusals are answered again.
    pub until: Time,
    /// The `request_id` of the first of them, at most ten, as far as they could be read.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub request_ids: Vec<String>,
}

/// How the box does, in short; `up/health` says more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SelftestResult {
    /// Whether nothing is degraded.
    pub ok: bool,
    /// Cameras that give pictures.
    pub cameras_running: u32,
    /// Cameras that are configured.
    pub cameras: u32,
    /// Messages that wait for their receipt.
    pub queued: u64,
    /// SHA-256 of the configuration in force.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub config_sha256: String,
    /// What is not as it should be, at most ten: where there is more, all cameras in trouble are one entry, and all sensors.
    pub degraded: Vec<String>,
}

/// A picture that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotPicture {
    /// Where it is published, below `{prefix}/{area}/{box}/`.
    pub topic: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the picture.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub sha256: String,
}

/// A sealed original that was asked for. `age -d -i centre.key` opens it; what is in it is a JPEG.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SealedOriginal {
    /// Where it is published, below `{prefix}/{area}/{box}/`: one message, after everything else.
    pub topic: String,
    /// Size in bytes of what is published, sealed.
    pub bytes: u64,
    /// SHA-256 of what is published, sealed.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub sha256: String,
}

/// What becomes of numbers that were asked for again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResendResult {
    /// The stream that was asked about.
    pub stream: String,
    /// The last number that this answer speaks of. Where it is below `to` of the request, ask again for what is above it.
    pub through: u64,
    /// How many records go out again, each with the number, id and bytes that it had, at the rate of old records.
    pub records: u64,
    /// Their numbers, rising. What still waited to be sent for the first time is among them.
    pub again: Vec<NumberRange>,
    /// The other numbers, rising: they do not come because of this request, and those that are not `not_given` never will.
    pub gone: Vec<GoneNumbers>,
}

/// Numbers of a stream, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NumberRange {
    /// The first.
    #[schemars(range(min = 1))]
    pub from: u64,
    /// The last.
    #[schemars(range(min = 1))]
    pub to: u64,
}

/// Numbers that cannot be sent again, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GoneNumbers {
    /// The first.
    #[schemars(range(min = 1))]
    pub from: u64,
    /// The last.
    #[schemars(range(min = 1))]
    pub to: u64,
    /// Why.
    pub why: GoneReason,
    /// With `dropped`: why that was, as the gap record says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dropped_for: Option<GapReason>,
}

/// Why a number cannot be sent again. New words may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoneReason {
    /// A mark covers it, and the box does not keep it any more (`[outbox] resend_days`, `resend_max_mib`).
    Marked,
    /// The broker acknowledged it, or it was dropped and the gap record that says so is gone as well; the box does not keep
    /// it any more.
    NotKept,
    /// It was dropped, as a gap record says.
    Dropped,
    /// The stream has not come so far: what gets the number will still come, by itself.
    NotGiven,
    /// The box knows nothing of this stream: its queue has begun anew since, or it is another box's.
    OtherStream,
}

/// One part of a text that does not fit into one message. The texts of all parts in the order of `index`, joined without
/// anything between them, are the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextPart {
    /// What was asked for.
    pub what: TextKind,
    /// Its number, from 1.
    #[schemars(range(min = 1))]
    pub index: u32,
    /// How many parts there are.
    #[schemars(range(min = 1))]
    pub total: u32,
    /// Bytes of the whole, in UTF-8.
    pub bytes: u64,
    /// SHA-256 of the whole, in UTF-8. Of `config` it is not that of `up/config`, which is of what a configuration says.
    pub sha256: String,
    /// Of `audit`, where there is more than one answer holds: the number `n` of the last line here. Ask again with it as
    /// `after`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<u64>,
    /// Of `config`: how many addresses are not whole here, because a parameter in them may be a secret (`***`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hidden: Option<u32>,
    /// This part of the text.
    pub text: String,
}

/// What a box tells about itself when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// The configuration that runs, before `set` changed values of it: TOML without comments.
    Config,
    /// Lines of the audit log, a JSON object each, as they stand there.
    Audit,
    /// The messages of `up/meta` and `up/meta_part`, a JSON object a line.
    Meta,
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Stored and in effect.
    Done,
    /// Was done before, by this request or by another one: nothing changed.
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
    /// Past its `exp`, or its counter did not rise.
    Expired,
    /// Not signed, where this must be.
    Unsigned,
    /// Signed with a key that the box does not know.
    UnknownKey,
    /// The signature is wrong.
    BadSignature,
    /// The key's role does not allow it.
    NotAllowed,
    /// It is meant for another box or another command.
    Misdirected,
    /// Something else runs than the command expects, or something is on trial; for `assign`: the alert was closed.
    Conflict,
    /// It asks for something that is not there or not allowed.
    Invalid,
    /// Too many commands at once, or too many texts, originals or pictures within an hour, or no room for what is asked for;
    /// sending it again later helps.
    Busy,
    /// A command that this version does not know.
    UnknownCommand,
    /// No open alert has this id, and for `assign`, `verdict` and `close` none that ended not long ago; for `original` and
    /// `resend`: no such picture of it is kept.
    UnknownAlert,
    /// The alert is over; a verdict can be given and it can be closed all the same.
    AlertEnded,
    /// There is no picture: the camera gives none, it cannot be redacted, or it was kept as long as it may be and is
    /// deleted. For `config`: parts of the transfer that it names are not here.
    Unavailable,
    /// Nothing of what `resend` asks for is there any more; `resend.gone` says of each number why.
    Gone,
    /// The stream has come to none of the numbers that `resend` asks for: what gets them will still come, by itself.
    NotGiven,
    /// The box could not store it.
    Storage,
}
