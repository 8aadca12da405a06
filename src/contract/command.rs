//! What the command centre writes to a box, and what the box answers.
//!
//! The types say what a centre should send. The box reads more kindly than this (`mqtt`), and answers every
//! refusal with a word that a program can read and a sentence that a person can.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Payload;
use super::alert::{Acknowledged, SeqData};
use super::words::Time;

/// A command on `down/cmd/{command}`, or the wanted configuration on `down/config`. Where the box's configuration names
/// keys (`[[command_key]]`), this object is the payload of a JWS in compact form (RFC 7515) with `alg: EdDSA` (RFC 8037)
/// whose `kid` names the key, and the message is that text; `area`, `box`, `command`, `iat` and `exp` are required then.
/// Where it names none, `ack` and `mark` are taken as bare JSON objects. A retained command is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Command<T> {
    /// Chosen by the centre, unique per command. The answer on `up/reply` repeats it. A signed command that was carried
    /// out is never carried out again: a repeat is answered `already`.
    #[schemars(length(min = 1, max = 128))]
    pub request_id: String,
    /// The county's code of the box that is meant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub area: Option<String>,
    /// The box that is meant: a command for one box means nothing to another.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none", default)]
    pub box_id: Option<String>,
    /// The command, as in the topic: one kind of command cannot be sent as another.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub command: Option<String>,
    /// When it was issued.
    pub iat: Time,
    /// When it expires, not before `iat` and at most a day after it. A command that arrives later (by the box's clock,
    /// with half a minute of grace) is refused, so that nothing old takes effect after an outage.
    pub exp: Time,
    /// For boxes whose clock may not be set: a number that rises with every command of the same key. A box whose clock
    /// is not set takes a command only with a higher one than ever before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub counter: Option<u64>,
    /// Who issues it: a person or a desk, for the audit log.
    #[schemars(length(min = 1, max = 128))]
    pub by: String,
    /// Why, in words, for the audit log. `mute`, `snapshot` and `original` require it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(max = 512))]
    pub reason: Option<String>,
    /// What to do; its fields stand beside the others.
    #[serde(flatten)]
    pub data: T,
}

/// `down/cmd/ack`: somebody takes an alert on. The alert's next revision carries it. The first one wins: a second one is
/// answered `already`, with who has the alert and since when.
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

/// `down/config`: the wanted configuration, whole, as a signed command named `config`. May be retained.
///
/// It is judged like the file on the box. What became of it is told on `up/config`, with every problem. A change of
/// the file on the box made afterwards wins. At most about 40 KiB of TOML fit into a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WantedConfigData {
    /// Higher than that of every configuration that the box took this way before.
    #[schemars(range(min = 1))]
    pub version: u64,
    /// The whole file.
    pub toml: String,
    /// `running_sha256` of `up/config` as the centre knows it: if something else runs by now, nothing is changed.
    pub expect_config: String,
    /// Seconds after which what ran before comes back, also over a restart, unless `confirm` came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 10, max = 86_400))]
    pub revert_after_secs: Option<u32>,
}

/// The wanted configuration as a message. Its `version` says what `exp` says of a command, so that one may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WantedConfig {
    /// Chosen by the centre, unique. The answer on `up/reply` repeats it.
    #[schemars(length(min = 1, max = 128))]
    pub request_id: String,
    /// The county's code of the box that is meant.
    pub area: String,
    /// The box that is meant.
    #[serde(rename = "box")]
    pub box_id: String,
    /// `config`.
    pub command: String,
    /// When it was issued.
    pub iat: Time,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exp: Option<Time>,
    /// Who issues it: a person or a desk, for the audit log.
    #[schemars(length(min = 1, max = 128))]
    pub by: String,
    /// Why, in words, for the audit log.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(max = 512))]
    pub reason: Option<String>,
    /// What is wanted; its fields stand beside the others.
    #[serde(flatten)]
    pub data: WantedConfigData,
}

/// `down/cmd/confirm`: what runs on trial stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfirmData {
    /// `running_sha256` of what is to stay.
    pub config: String,
}

/// `down/cmd/set`: a few values, without a new configuration. They go on until another configuration is taken up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SetData {
    /// Whether to forget what earlier `set`s said.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub clear: bool,
    /// By id of the camera.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub cameras: BTreeMap<String, CameraSetting>,
    /// By id of the rule: whether it is in force. At least one rule stays in force.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub rules: BTreeMap<String, bool>,
    /// As in the wanted configuration: `running_sha256` of `up/config`.
    pub expect_config: String,
    /// Seconds after which what ran before comes back, also over a restart, unless `confirm` came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 10, max = 86_400))]
    pub revert_after_secs: Option<u32>,
}

/// What can be set of a camera. Values outside the safe range are taken as its nearest end, and the reply says so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CameraSetting {
    /// Pictures per second that are looked at: 0.5 to 15.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub analysis_fps: Option<f64>,
    /// How sure the detector must be, per class: 0.2 to 0.9.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub thresholds: BTreeMap<String, f64>,
}

/// `down/cmd/mute`: alerts of one kind, rule or camera are marked as muted for a while. They are stored, counted and
/// published all the same; a centre makes no noise for them. Red alerts are never muted. Requires a `reason`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MuteData {
    /// The kind of alert. Exactly one of the three.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    /// The rule.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<String>,
    /// The camera.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub camera: Option<String>,
    /// For so long, at most a day; 0 ends it.
    #[schemars(range(max = 86_400))]
    pub for_secs: u32,
}

/// `down/cmd/snapshot`: a redacted picture of a camera, now. Requires a `reason`; only where evidence is enabled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotData {
    /// Which camera.
    pub camera: String,
}

/// `down/cmd/original`: a picture of an alert as the camera gave it, sealed so that only the holder of the centre's own
/// key can open it. Requires a `reason` and the role `operator`; only where originals are kept, and as long as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OriginalData {
    /// Which alert.
    #[schemars(length(min = 26, max = 26))]
    pub alert_id: String,
    /// Which of its pictures: the `id` in the alert's `evidence`.
    #[schemars(range(min = 1))]
    pub n: u32,
}

/// `down/cmd/selftest`: how the box does, in the reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SelftestData {}

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
    /// The same for people, in English.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<String>,
    /// Who took the alert on, and when: the answer to an `ack` that came second.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub acknowledged: Option<Acknowledged>,
    /// How the box does: the answer to `selftest`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub health: Option<SelftestResult>,
    /// The picture that was asked for: the answer to `snapshot`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub picture: Option<SnapshotPicture>,
    /// The sealed original that was asked for: the answer to `original`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub original: Option<SealedOriginal>,
    /// This answer stands for refused commands that were not answered one by one; then `request_id` is empty, and `command`
    /// is `several` where they had different names.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unanswered: Option<Unanswered>,
    /// Its number: answers are counted in the same stream as alerts.
    pub seq: SeqData,
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
    pub config_sha256: String,
    /// What is not as it should be, at most ten.
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
    pub sha256: String,
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
    /// Something else runs than the command expects, or something is on trial.
    Conflict,
    /// It asks for something that is not there or not allowed.
    Invalid,
    /// Too many commands at once; sending it again helps.
    Busy,
    /// A command that this version does not know.
    UnknownCommand,
    /// No open alert has this id; for `original`: no original of it is kept.
    UnknownAlert,
    /// The alert is over.
    AlertEnded,
    /// There is no picture: the camera gives none, it cannot be redacted, or it was kept as long as it may be and is
    /// deleted.
    Unavailable,
    /// The box could not store it.
    Storage,
}
