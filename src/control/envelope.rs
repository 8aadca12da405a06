//! What the command centre says: bytes that were let in become a [`ReceivedCommand`] or a mark, or a [`Refusal`] that
//! says in words what is wrong with them. Pure.
//!
//! [`Command`] says what a centre should send; the box reads more kindly than that. Must never trust what came: sizes,
//! characters, times and whom it is meant for are checked here, once.

mod fault;
mod limits;
mod values;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::MOST_CHARS;
use super::authorisation::{Gate, Rejected, Signer, tame};
use super::commands::{self, COMMANDS, CommandSpec, Parsed, Replay, Work};
use super::fields::{self, Faults, Field};
use super::local::LocalAnswer;
use crate::analysis::alert::Act;
use crate::analysis::time::Timestamp;
use crate::contract::command::Refusal as RefusalKind;
use crate::contract::messages::MARK;
use crate::contract::portable_json;
use crate::contract::signature::Role;
use crate::contract::words::Time;
use crate::mqtt::{Mark, Refusal, RespondTo};
use crate::text::{Joint, Sentence, Words, command as say, message};

use fault::request_id_before_fault;
use limits::{Limits, clock_is_set, limits};
use values::{NAME_CHARS, sender};
pub(super) use values::{name, text, time, time_or_seconds};

/// A command on `down/cmd/{command}`, or the wanted configuration on `down/config`. Where the box's configuration names
/// keys (`[[command_key]]`), this object is the payload of a JWS in compact form (RFC 7515) with `alg: EdDSA` (RFC 8037)
/// or `Ed25519` (RFC 9864) whose `kid` names the key, and the message is that text; `area`, `box`, `command`, `iat` and `exp` are required then.
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
    #[schemars(schema_with = "time_or_seconds")]
    pub iat: Time,
    /// When it expires, not before `iat` and at most a day after it. A command that arrives later (by the box's clock,
    /// with half a minute of grace) is refused, so that nothing old takes effect after an outage.
    #[schemars(schema_with = "time_or_seconds")]
    pub exp: Time,
    /// For boxes whose clock may not be set: a number that rises with every command of the same key. A box whose clock
    /// is not set takes a command only with a higher one than ever before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub counter: Option<u64>,
    /// Who issues it: a person or a desk, for the audit log. `page:` at its beginning is for people at the box's own page, and
    /// refused from anybody else.
    #[schemars(length(min = 1, max = 128))]
    pub by: String,
    /// Why, in words, for the audit log; the description in the schema says which commands require it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(max = 512), description = about_reason())]
    pub reason: Option<String>,
    /// What to do; its fields stand beside the others.
    #[serde(flatten)]
    pub data: T,
}

fn about_reason() -> String {
    let required = COMMANDS.iter().filter(|c| c.needs_reason).map(|c| format!("`{}`", c.name()).into());
    let required: Vec<Words> = required.collect();
    let which = match required.len() {
        0 => message::no_reason_required(),
        1 => message::reason_required_by_one(Words::List(required, Joint::And)),
        _ => message::reason_required_by(Words::List(required, Joint::And)),
    };
    message::about_reason(which).to_string()
}

/// Longest `reason`, in characters.
const REASON_CHARS: usize = 512;

/// What came, checked as far as its form and its sender go.
#[derive(Debug)]
pub enum Received {
    /// To be carried out and answered.
    Command(Box<ReceivedCommand>),
    /// The centre's durable receipt.
    Mark(Mark),
}

/// A command that may be carried out.
#[derive(Debug)]
pub struct ReceivedCommand {
    /// Who asks, when, and how it came.
    pub envelope: CommandEnvelope,
    /// What the audit log keeps of its parameters.
    pub logged: Option<Value>,
    /// What is to be done.
    pub work: Work,
}

/// What every command has.
#[derive(Debug, Clone)]
pub struct CommandEnvelope {
    /// Which command.
    pub spec: &'static CommandSpec,
    /// To answer with.
    pub request_id: String,
    /// Who, as the centre names them.
    pub by: String,
    /// Why, as they say.
    pub reason: Option<String>,
    /// Who signed it; `None` where the box asks for no signature.
    pub signer: Option<Signer>,
    /// A repeat cannot come after this.
    pub expires: Option<Timestamp>,
    /// Where given: must rise where `clock_is_set` is false.
    pub counter: Option<u64>,
    /// Whether the box knew the time when it judged `expires`.
    pub clock_is_set: bool,
    /// When it was received here.
    pub at: Timestamp,
    /// Whether the broker had kept it.
    pub retained: bool,
    /// What it asks for about its answer, besides `up/reply`.
    pub respond_to: Option<RespondTo>,
    /// Where its answer goes instead of the broker, where somebody at the box's own page asks.
    pub local: Option<LocalAnswer>,
    /// Fields that this version does not know, which it was carried out without.
    pub ignored: Vec<String>,
}

impl CommandEnvelope {
    /// The command's name, the last part of its topic.
    pub fn command(&self) -> &'static str {
        self.spec.name()
    }

    /// What was done by it, as an alert carries it: `by` is what the sender says, the key is what is proven.
    pub(super) fn act(&self, note: Option<String>) -> Act {
        let key = self.signer.as_ref().map(|signer| signer.key.clone());
        Act { by: self.by.clone(), key, at: self.at, note }
    }
}

/// Which box this is: a signed command must name it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addressee<'a> {
    pub area: &'a str,
    pub box_name: &'a str,
    /// Times in messages are written in it.
    pub time_zone: &'a TimeZone,
}

/// A message that was let in, and how it came.
#[derive(Debug, Clone)]
pub(super) struct Inbound<'a> {
    /// Last part of the topic.
    pub command: &'a str,
    pub payload: &'a [u8],
    pub signer: Option<Signer>,
    pub retained: bool,
    pub now: Timestamp,
}

impl Inbound<'_> {
    /// For everything that is wrong with it; the first says of what sort it is.
    fn refusal(&self, request_id: Option<&str>, faults: Vec<Fault>) -> Refusal {
        let kind = faults.first().map_or(RefusalKind::Malformed, |(kind, _)| *kind);
        Refusal {
            kind,
            request_id: request_id.map(str::to_owned),
            key: self.signer.as_ref().map(|signer| signer.key.clone()),
            verb: tame(self.command),
            why: Box::new(all_of(faults.into_iter().map(|(_, why)| why).collect())),
            at: self.now,
            unanswered: None,
        }
    }
}

/// What is wrong with a command, and of what sort that is.
type Fault = (RefusalKind, Sentence);

fn malformed(why: Sentence) -> Fault {
    (RefusalKind::Malformed, why)
}

/// One sentence, or one after the other; at most so many that the answer stays short.
fn all_of(mut faults: Faults) -> Words {
    const MOST: usize = 8;
    faults.truncate(MOST);
    let words = match faults.len() {
        1 => faults.remove(0).into(),
        _ => Words::List(faults.into_iter().map(Words::from).collect(), Joint::Then),
    };
    words.shortened(MOST_CHARS)
}

/// What a message asks for, if its sender may.
pub(super) fn read(
    gate: &Gate,
    addressee: Addressee<'_>,
    command: &str,
    message: &[u8],
    retained: bool,
    now: Timestamp,
) -> Result<Received, Refusal> {
    let admitted = gate.admit(command, message).map_err(|rejected| rejection(command, rejected, now))?;
    let inbound = Inbound { command, payload: &admitted.payload, signer: admitted.signer, retained, now };
    read_admitted(&inbound, addressee)
}

fn read_admitted(inbound: &Inbound<'_>, addressee: Addressee<'_>) -> Result<Received, Refusal> {
    if inbound.command == MARK.last_part() {
        return mark(inbound, addressee).map(Received::Mark);
    }
    command(inbound, addressee).map(|command| Received::Command(Box::new(command)))
}

/// What a box would say to a command.
#[derive(Debug, Default)]
pub struct Objections {
    /// Why it would refuse it, all of it.
    pub refused: Faults,
    /// What is in it that no such command has.
    pub unknown: Faults,
    /// Whether that, too, is a reason to refuse it.
    pub is_strict: bool,
    /// Which command it is, as far as it is one.
    pub spec: Option<&'static CommandSpec>,
    /// The name that it has in place of a command's.
    pub no_command: Option<String>,
}

/// Who looks at a command.
#[derive(Clone, Copy)]
enum Judge<'a> {
    /// The box that it reached.
    Box(Addressee<'a>),
    /// Who writes it, in that time zone.
    Writer(&'a TimeZone),
}

/// What the box that a command names would say to it at `now`, signed by somebody who may do everything. What it asks for
/// must make sense to that box besides. For those who write commands; times are written in their zone.
pub(crate) fn objections(payload: &[u8], now: Timestamp, zone: &TimeZone) -> Objections {
    let body = match object(payload) {
        Ok(body) => body,
        Err(why) => return Objections { refused: vec![why], ..Objections::default() },
    };
    let data = data_of(&body);
    let mut refused = Faults::new();
    for key in ["area", "box", "command"] {
        match data.get(key) {
            None => refused.push(say::unaddressed(key)),
            Some(value) if !value.is_string() => refused.push(say::no_text(key)),
            Some(_) => {}
        }
    }
    let name = data.get("command").and_then(Value::as_str).unwrap_or_default();
    let signer = Some(Signer { key: "any".into(), role: Role::Admin });
    let inbound = Inbound { command: name, payload, signer, retained: false, now };
    if name == MARK.last_part() {
        let (_, faults) = marked(data);
        refused.extend(faults.into_iter().map(|(_, why)| why));
        let unknown = fields::unknown(data, fields::of_mark());
        let unknown = unknown.iter().map(Field::sentence).collect();
        return Objections { refused, unknown, ..Objections::default() };
    }
    let spec = commands::spec(name);
    let no_command = (spec.is_none() && !name.is_empty()).then(|| tame(name));
    let judged = judged(data, &inbound, Judge::Writer(zone), spec);
    refused.extend(judged.faults.into_iter().map(|(_, why)| why));
    let unknown = judged.unknown.iter().map(Field::sentence).collect();
    Objections {
        refused,
        unknown,
        is_strict: spec.is_some_and(|spec| spec.message.is_strict),
        spec,
        no_command,
    }
}

/// A refusal of what was not let in; names the request as far as the gate lets it be read.
fn rejection(command: &str, rejected: Rejected, now: Timestamp) -> Refusal {
    let request_id = rejected.payload.and_then(|payload| match object(&payload) {
        Ok(body) => readable_request_id(data_of(&body)),
        Err(_) => request_id_before_fault(&payload),
    });
    Refusal {
        kind: rejected.kind,
        request_id,
        key: rejected.key,
        verb: tame(command),
        why: Box::new(rejected.why.into()),
        at: now,
        unanswered: None,
    }
}

/// A command from a topic of its own.
fn command(inbound: &Inbound<'_>, addressee: Addressee<'_>) -> Result<ReceivedCommand, Refusal> {
    let body = object(inbound.payload).map_err(|why| broken(inbound, why))?;
    let data = data_of(&body);
    let request_id = readable_request_id(data);
    let refuse = |faults: Vec<Fault>| Err(inbound.refusal(request_id.as_deref(), faults));
    let nameless = name(data, "request_id").err().map(malformed);
    let or_nameless = |fault: Fault| nameless.clone().into_iter().chain([fault]).collect();
    // Authorisation lets no other in; who only writes commands may have misspelt it.
    let Some(spec) = commands::spec(inbound.command) else {
        return refuse(or_nameless(malformed(say::no_command(tame(inbound.command)))));
    };
    // A kept configuration is what a box that was away finds when it comes back; its version distinguishes it from older
    // ones.
    if inbound.retained && spec.replay != Replay::ByVersion {
        // It would be carried out again at every reconnect, by every box that comes to have this name.
        return refuse(or_nameless((RefusalKind::Retained, say::retained())));
    }
    // What stands there twice means two things.
    if let Err(why) = portable_json::check_names(json_text(inbound.payload)) {
        return refuse(or_nameless(malformed(why)));
    }
    let Judged { mut faults, request_id: id, limits, reason, by, parsed, unknown } =
        judged(data, inbound, Judge::Box(addressee), Some(spec));
    if spec.message.is_strict {
        faults.extend(unknown.iter().map(|field| malformed(field.sentence())));
    }
    let (true, Some(id), Some(by), Some(Parsed { logged, work })) = (faults.is_empty(), id, by, parsed)
    else {
        return refuse(faults);
    };
    let (expires, counter) = limits;
    let envelope = CommandEnvelope {
        spec,
        by,
        request_id: id,
        reason,
        signer: inbound.signer.clone(),
        expires,
        counter,
        clock_is_set: clock_is_set(inbound.now),
        at: inbound.now,
        retained: inbound.retained,
        respond_to: None,
        local: None,
        ignored: unknown.into_iter().map(|field| field.name).collect(),
    };
    Ok(ReceivedCommand { envelope, logged, work })
}

/// What a command says, as far as it can be read, and everything that is wrong with it.
#[derive(Default)]
struct Judged {
    faults: Vec<Fault>,
    request_id: Option<String>,
    limits: Limits,
    reason: Option<String>,
    by: Option<String>,
    parsed: Option<Parsed>,
    /// What no such command has.
    unknown: Vec<Field>,
}

/// Looks at all of it. Where it is written it is meant for the box that it names; without a `spec` nobody knows what else
/// it has.
fn judged(
    data: &Value,
    inbound: &Inbound<'_>,
    judge: Judge<'_>,
    spec: Option<&'static CommandSpec>,
) -> Judged {
    let mut judged = Judged::default();
    let faults = &mut judged.faults;
    judged.request_id = or_fault(faults, name(data, "request_id"));
    if let Judge::Box(addressee) = judge {
        let misdirected = address_faults(data, inbound, addressee).into_iter();
        faults.extend(misdirected.map(|why| (RefusalKind::Misdirected, why)));
    }
    let replay = spec.map_or(Replay::Once, |spec| spec.replay);
    judged.limits = limits(data, inbound, replay, judge, faults);
    let reason = or_fault(faults, text(data, "reason", REASON_CHARS));
    if spec.is_some_and(|spec| spec.needs_reason) && reason == Some(None) {
        faults.push(malformed(say::no_reason(inbound.command)));
    }
    judged.reason = reason.flatten();
    match spec.map(|spec| spec.read(data)) {
        Some(Ok(parsed)) => judged.parsed = Some(parsed),
        Some(Err(wrong)) => faults.extend(wrong.into_iter().map(malformed)),
        None => {}
    }
    judged.by = or_fault(faults, sender(data));
    judged.unknown = spec.map(|spec| fields::unknown(data, spec.fields())).unwrap_or_default();
    judged
}

fn or_fault<T>(faults: &mut Vec<Fault>, read: Result<T, Sentence>) -> Option<T> {
    read.map_err(|why| faults.push(malformed(why))).ok()
}

/// A signed command says where it belongs, so that it means nothing to another box or as another command.
fn address_faults(data: &Value, inbound: &Inbound<'_>, addressee: Addressee<'_>) -> Faults {
    let wanted = [("area", addressee.area), ("box", addressee.box_name), ("command", inbound.command)];
    let fault = |(key, wanted): (&str, &str)| match data.get(key) {
        None => inbound.signer.is_some().then(|| say::unaddressed_here(key, wanted)),
        Some(given) => (given != wanted).then(|| say::misdirected(key, wanted)),
    };
    wanted.into_iter().filter_map(fault).collect()
}

/// A mark from `down/mark`: stream and number.
///
/// A mark may come again at every reconnect, whatever its age: it never moves backwards.
fn mark(inbound: &Inbound<'_>, addressee: Addressee<'_>) -> Result<Mark, Refusal> {
    let body = object(inbound.payload).map_err(|why| broken(inbound, why))?;
    let data = data_of(&body);
    // A mark needs none; a centre that gives one receives which mark was refused.
    let request_id = readable_request_id(data);
    let refuse = |faults: Vec<Fault>| Err(inbound.refusal(request_id.as_deref(), faults));
    if let Err(why) = portable_json::check_names(json_text(inbound.payload)) {
        return refuse(vec![malformed(why)]);
    }
    let misdirected = address_faults(data, inbound, addressee).into_iter();
    let mut faults: Vec<Fault> = misdirected.map(|why| (RefusalKind::Misdirected, why)).collect();
    let (marked, wrong) = marked(data);
    faults.extend(wrong);
    match marked.filter(|_| faults.is_empty()) {
        Some((stream, n)) => {
            let key = inbound.signer.as_ref().map(|signer| signer.key.clone());
            Ok(Mark { stream, n, request_id, key })
        }
        None => refuse(faults),
    }
}

/// What a mark covers, or what is wrong with it.
fn marked(data: &Value) -> (Option<(String, u64)>, Vec<Fault>) {
    let mut faults = Vec::new();
    // DESIGN names the pair as alerts do: `seq {stream, n}`; a plain pair is as clear.
    let pair = data.get("seq").filter(|seq| seq.is_object()).unwrap_or(data);
    let n = pair.get("n").or_else(|| pair.get("seq")).and_then(Value::as_u64);
    let n = or_fault(&mut faults, n.ok_or_else(|| say::no_whole_number("n", 0_u32)));
    let stream = or_fault(&mut faults, name(pair, "stream"));
    (stream.zip(n), faults)
}

/// Without what editors and small boards put around a text.
fn json_text(payload: &[u8]) -> &[u8] {
    let text = payload.strip_prefix("\u{feff}".as_bytes()).unwrap_or(payload);
    text.trim_ascii_end().strip_suffix(b"\0").unwrap_or(text)
}

fn object(payload: &[u8]) -> Result<Value, Sentence> {
    let body: Value =
        serde_json::from_slice(json_text(payload)).map_err(|error| say::not_json(error.to_string()))?;
    if body.is_object() { Ok(body) } else { Err(say::no_object()) }
}

/// Commands may come bare or in a CloudEvents envelope.
fn data_of(body: &Value) -> &Value {
    match body.get("data") {
        Some(data) if body.get("specversion").is_some() && data.is_object() => data,
        _ => body,
    }
}

/// A `request_id` to answer a refusal with, also where it is not one that a command may have: who sent a number, or a
/// text that is too long, finds the answer by what it begins with.
fn readable_request_id(data: &Value) -> Option<String> {
    readable(data.get("request_id")?)
}

fn readable(request_id: &Value) -> Option<String> {
    let text = match request_id {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let text: String = text.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
    (!text.trim().is_empty()).then_some(text)
}

/// A refusal of what is no JSON object.
fn broken(inbound: &Inbound<'_>, why: Sentence) -> Refusal {
    let request_id = request_id_before_fault(inbound.payload);
    inbound.refusal(request_id.as_deref(), vec![malformed(why)])
}

#[cfg(test)]
mod tests;
