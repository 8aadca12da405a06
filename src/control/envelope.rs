//! What the command centre says: bytes that were let in become a [`ReceivedCommand`] or a mark, or a [`Refusal`] that
//! says in words what is wrong with them. Pure.
//!
//! [`Command`] says what a centre should send; the box reads more kindly than that. Must never trust what came: sizes,
//! characters, times and whom it is meant for are checked here, once.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::authorisation::{Gate, Rejected, Signer, tame};
use super::commands::{self, COMMANDS, CommandSpec, Parsed, Replay, Work};
use super::local::{LocalAnswer, PAGE_PREFIX};
use crate::analysis::alert::Act;
use crate::analysis::time::Timestamp;
use crate::contract::command::Refusal as RefusalKind;
use crate::contract::messages::MARK;
use crate::contract::portable_json;
use crate::contract::signature::Role;
use crate::contract::words::Time;
use crate::mqtt::{Refusal, RespondTo};
use crate::text::page;

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
    pub iat: Time,
    /// When it expires, not before `iat` and at most a day after it. A command that arrives later (by the box's clock,
    /// with half a minute of grace) is refused, so that nothing old takes effect after an outage.
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
    let required: Vec<String> =
        COMMANDS.iter().filter(|c| c.needs_reason).map(|c| format!("`{}`", c.name())).collect();
    let sentence = match required.as_slice() {
        [] => "No command requires it.".to_owned(),
        [only] => format!("{only} requires it."),
        [before @ .., last] => format!("{} and {last} require it.", before.join(", ")),
    };
    format!("Why, in words, for the audit log. {sentence}")
}

/// Longest `request_id`, `by` and the like, in characters. A guess: longer ones are no names.
const NAME_CHARS: usize = 128;
/// Longest `reason`, in characters.
const REASON_CHARS: usize = 512;
/// A command is good so long after its `exp`, for clocks that differ.
const CLOCK_SLACK_SECS: i64 = 30;
/// And may have been issued so long after now. More than the above: nothing takes effect too late by it.
const EARLY_SECS: i64 = 300;
/// Longest time from `iat` to `exp`: so long the box remembers what it carried out.
const GOOD_FOR_SECS: i64 = 24 * 60 * 60;
/// This software did not exist before 2026: a clock that says so was never set.
const CLOCK_IS_SET_AFTER: i64 = 1_767_225_600;

/// What came, checked as far as its form and its sender go.
#[derive(Debug)]
pub enum Received {
    /// To be carried out and answered.
    Command(Box<ReceivedCommand>),
    /// The centre's durable receipt.
    Mark {
        /// The stream.
        stream: String,
        /// Everything up to here is stored at the centre.
        n: u64,
    },
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
    fn refusal(&self, request_id: Option<&str>, kind: RefusalKind, why: String) -> Refusal {
        Refusal {
            kind,
            request_id: request_id.map(str::to_owned),
            key: self.signer.as_ref().map(|signer| signer.key.clone()),
            verb: tame(self.command),
            why,
            at: self.now,
            unanswered: None,
        }
    }
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
        return mark(inbound, addressee).map(|(stream, n)| Received::Mark { stream, n });
    }
    command(inbound, addressee).map(|command| Received::Command(Box::new(command)))
}

/// Why the box that a command names would refuse it at `now`, signed by somebody who may do everything; `None` if it
/// would not. What it asks for must make sense to that box besides. For those who write commands.
pub fn objection(payload: &[u8], now: Timestamp) -> Option<String> {
    let body = match object(payload) {
        Ok(body) => body,
        Err(why) => return Some(why),
    };
    let data = data_of(&body);
    let named = |key: &str| match data.get(key) {
        None => Err(format!("a signed command must name its `{key}`")),
        Some(value) => value.as_str().ok_or(format!("`{key}` must be text")),
    };
    let addressed = named("area").and_then(|area| Ok((area, named("box")?, named("command")?)));
    let (area, box_name, command) = match addressed {
        Ok(addressed) => addressed,
        Err(why) => return Some(why),
    };
    let signer = Some(Signer { key: "any".into(), role: Role::Admin });
    let inbound = Inbound { command, payload, signer, retained: false, now };
    read_admitted(&inbound, Addressee { area, box_name }).err().map(|refusal| refusal.why)
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
        why: rejected.why,
        at: now,
        unanswered: None,
    }
}

/// A command from a topic of its own.
fn command(inbound: &Inbound<'_>, addressee: Addressee<'_>) -> Result<ReceivedCommand, Refusal> {
    let body = object(inbound.payload).map_err(|why| broken(inbound, why))?;
    let data = data_of(&body);
    let request_id = name(data, "request_id")
        .map_err(|why| inbound.refusal(readable_request_id(data).as_deref(), RefusalKind::Malformed, why))?;
    let refuse_as = |kind: RefusalKind, why: String| inbound.refusal(Some(&request_id), kind, why);
    let refuse = |why: String| refuse_as(RefusalKind::Malformed, why);
    // Authorisation lets no other in; who only writes commands may have misspelt it.
    let unknown = || refuse(format!("`{}` is no command of this box", tame(inbound.command)));
    let spec = commands::spec(inbound.command).ok_or_else(unknown)?;
    // A kept configuration is what a box that was away finds when it comes back; its version tells it from older ones.
    if inbound.retained && spec.replay != Replay::ByVersion {
        // It would be carried out again at every reconnect, by every box that comes to have this name.
        return Err(refuse_as(RefusalKind::Retained, "a retained command is never carried out; publish it without the retain flag, and clear it by an empty retained message".to_owned()));
    }
    portable_json::check_names(json_text(inbound.payload)).map_err(refuse)?;
    check_address(data, inbound, addressee).map_err(|why| refuse_as(RefusalKind::Misdirected, why))?;
    let clock_is_set = inbound.now.as_second() > CLOCK_IS_SET_AFTER;
    let (expires, counter) =
        check_times(data, inbound, spec.replay, clock_is_set).map_err(|(kind, why)| refuse_as(kind, why))?;
    let reason = text(data, "reason", REASON_CHARS).map_err(refuse)?;
    if spec.needs_reason && reason.is_none() {
        return Err(refuse(format!("`{}` needs a `reason`", inbound.command)));
    }
    let Parsed { logged, work } = spec.read(data).map_err(refuse)?;
    let envelope = CommandEnvelope {
        spec,
        by: sender(data).map_err(refuse)?,
        request_id,
        reason,
        signer: inbound.signer.clone(),
        expires,
        counter,
        clock_is_set,
        at: inbound.now,
        retained: inbound.retained,
        respond_to: None,
        local: None,
    };
    Ok(ReceivedCommand { envelope, logged, work })
}

/// A signed command says where it belongs, so that it means nothing to another box or as another command.
fn check_address(data: &Value, inbound: &Inbound<'_>, addressee: Addressee<'_>) -> Result<(), String> {
    let wanted = [("area", addressee.area), ("box", addressee.box_name), ("command", inbound.command)];
    for (key, wanted) in wanted {
        match data.get(key) {
            None if inbound.signer.is_some() => {
                return Err(format!("a signed command must name its `{key}`: \"{wanted}\""));
            }
            None => {}
            Some(given) if given == wanted => {}
            Some(_) => return Err(format!("its `{key}` is not \"{wanted}\"")),
        }
    }
    Ok(())
}

/// A mark from `down/mark`: stream and number.
///
/// A mark may come again at every reconnect, whatever its age: it never moves backwards.
fn mark(inbound: &Inbound<'_>, addressee: Addressee<'_>) -> Result<(String, u64), Refusal> {
    let body = object(inbound.payload).map_err(|why| broken(inbound, why))?;
    let data = data_of(&body);
    // A mark needs none; a centre that gives one hears which mark was refused.
    let request_id = readable_request_id(data);
    let refuse_as = |kind: RefusalKind, why: String| inbound.refusal(request_id.as_deref(), kind, why);
    let malformed = |why: String| refuse_as(RefusalKind::Malformed, why);
    portable_json::check_names(json_text(inbound.payload)).map_err(malformed)?;
    check_address(data, inbound, addressee).map_err(|why| refuse_as(RefusalKind::Misdirected, why))?;
    // DESIGN names the pair as alerts do: `seq {stream, n}`; a plain pair is as clear.
    let pair = data.get("seq").filter(|seq| seq.is_object()).unwrap_or(data);
    let n = pair.get("n").or_else(|| pair.get("seq")).and_then(Value::as_u64);
    let n = n.ok_or_else(|| malformed("`n` must be a whole number, 0 or more".to_owned()))?;
    Ok((name(pair, "stream").map_err(malformed)?, n))
}

/// Without what editors and small boards put around a text.
fn json_text(payload: &[u8]) -> &[u8] {
    let text = payload.strip_prefix("\u{feff}".as_bytes()).unwrap_or(payload);
    text.trim_ascii_end().strip_suffix(b"\0").unwrap_or(text)
}

fn object(payload: &[u8]) -> Result<Value, String> {
    let body: Value =
        serde_json::from_slice(json_text(payload)).map_err(|error| format!("it is not JSON: {error}"))?;
    if body.is_object() { Ok(body) } else { Err("it is not a JSON object".to_owned()) }
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
fn broken(inbound: &Inbound<'_>, why: String) -> Refusal {
    let request_id = request_id_before_fault(inbound.payload);
    inbound.refusal(request_id.as_deref(), RefusalKind::Malformed, why)
}

/// The request that a payload names before the place where it stops being JSON.
fn request_id_before_fault(payload: &[u8]) -> Option<String> {
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

/// A required text that names something.
pub(super) fn name(data: &Value, key: &str) -> Result<String, String> {
    let value = data.get(key).ok_or_else(|| format!("`{key}` is missing"))?;
    let text = value.as_str().ok_or_else(|| format!("`{key}` must be text"))?;
    if text.trim().is_empty() {
        return Err(format!("`{key}` is empty"));
    }
    if text.chars().count() > NAME_CHARS {
        return Err(format!("`{key}` is longer than {NAME_CHARS} characters"));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("`{key}` contains control characters"));
    }
    Ok(text.to_owned())
}

/// Who says that they ask: anybody but the box's own page, which knows who that is.
fn sender(data: &Value) -> Result<String, String> {
    let by = name(data, "by")?;
    if by.starts_with(PAGE_PREFIX) { Err(page::name_is_reserved(PAGE_PREFIX).to_string()) } else { Ok(by) }
}

/// A text that may be absent, of at most so many characters.
pub(super) fn text(data: &Value, key: &str, most: usize) -> Result<Option<String>, String> {
    let text = match data.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value.as_str().ok_or_else(|| format!("`{key}` must be text"))?,
    };
    if text.chars().count() > most {
        return Err(format!("`{key}` is longer than {most} characters"));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(format!("`{key}` contains control characters"));
    }
    Ok((!text.trim().is_empty()).then(|| text.to_owned()))
}

/// When the command ends, and its counter.
type Limits = (Option<Timestamp>, Option<u64>);

fn check_times(
    data: &Value,
    inbound: &Inbound<'_>,
    replay: Replay,
    clock_is_set: bool,
) -> Result<Limits, (RefusalKind, String)> {
    let malformed = |why: String| (RefusalKind::Malformed, why);
    let issued = time(data, "iat").map_err(malformed)?;
    let expires = time(data, "exp").map_err(malformed)?;
    let counter = match data.get("counter") {
        None | Some(Value::Null) => None,
        Some(value) => Some(
            value
                .as_u64()
                .ok_or_else(|| malformed("`counter` must be a whole number, 0 or more".to_owned()))?,
        ),
    };
    if let (Some(issued), Some(expires)) = (issued, expires)
        && expires < issued
    {
        return Err(malformed("`exp` is before `iat`".to_owned()));
    }
    let now = inbound.now;
    if inbound.signer.is_some() {
        let issued = issued.ok_or_else(|| malformed("a signed command needs `iat`".to_owned()))?;
        // The version of a configuration says what `exp` says of a command.
        if replay != Replay::ByVersion {
            let expires = expires.ok_or_else(|| malformed("a signed command needs `exp`".to_owned()))?;
            if expires.as_second().saturating_sub(issued.as_second()) > GOOD_FOR_SECS {
                return Err(malformed("from `iat` to `exp` it may be at most a day".to_owned()));
            }
        }
        if !clock_is_set {
            let why = "the box's clock is not set: it takes commands only with a `counter` that rises";
            return if counter.is_some() {
                Ok((expires, counter))
            } else {
                Err((RefusalKind::Expired, why.to_owned()))
            };
        }
        if issued.as_second() > now.as_second().saturating_add(EARLY_SECS) {
            let why = format!("it was issued at {issued}, which is yet to come; the box's clock says {now}");
            return Err((RefusalKind::Expired, why));
        }
    }
    if let Some(expires) = expires
        && now.as_second() > expires.as_second().saturating_add(CLOCK_SLACK_SECS)
    {
        return Err((RefusalKind::Expired, format!("it expired at {expires}; the box's clock says {now}")));
    }
    Ok((expires, counter))
}

/// RFC 3339 text, or seconds since 1970 as JWTs have it.
pub(super) fn time(data: &Value, key: &str) -> Result<Option<Timestamp>, String> {
    let wrong = || format!("`{key}` must be a time: \"2026-01-01T08:00:00Z\", or seconds since 1970");
    match data.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|_| wrong()),
        Some(value) => {
            let seconds = value.as_i64().ok_or_else(wrong)?;
            Timestamp::from_second(seconds).map(Some).map_err(|_| wrong())
        }
    }
}

#[cfg(test)]
mod tests;
