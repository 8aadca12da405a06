//! What a message from a broker is: whose, of which kind, and whether it is believed. Pure: topic, bytes and keys in, a verdict out.
//!
//! Must never take anything of a message before its box has a key, nor let a message speak for another box than its topic's.
//! What is acted on (alerts, gap and time records, answers) needs a signature, beside it or as a message of its own
//! ([`crate::contract::box_key`]); a picture is covered by the digest in its alert, and everything else by the broker's access list.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::box_keys::BoxKeys;
use super::{BoxName, wire_names};
use crate::contract::box_key::SignatureData;
use crate::contract::count::CountData;
use crate::contract::coverage::CoverageData;
use crate::contract::messages::{COUNT, EVIDENCE, Message, SEALED, SHADOW, SIGNATURE, STATE};
use crate::contract::{Event, MAX_EVENT_BYTES, MAX_EVIDENCE_BYTES, Payload, Sender};
use crate::types::hex::digest_from_hex;

/// A sealed original is a little larger than its picture (age: a header, and 16 bytes in each 64 KiB).
const MOST_PICTURE_BYTES: usize = MAX_EVIDENCE_BYTES + 4096;
/// Larger numbers are no numbers of a box: it counts from one, and PostgreSQL has eight bytes with a sign.
const MOST_N: u64 = 1 << 53;

/// A message as it came.
#[derive(Debug, Clone)]
pub(super) struct Incoming {
    /// Its topic in MQTT's form.
    pub topic: String,
    /// The bytes.
    pub body: Vec<u8>,
    /// The signature beside it (MQTT 5).
    pub jws: Option<String>,
}

/// Why something is not believed. The names stand in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Why {
    /// No topic of the contract.
    Topic,
    /// No key is registered for the box.
    UnknownBox,
    /// No signature came.
    Unsigned,
    /// The signature is another's.
    BadSignature,
    /// It names another box than its topic.
    Misdirected,
    /// It is not what such a message is.
    Malformed,
    /// Its number was given to another message.
    NumberTaken,
    /// A picture that no alert announced.
    Unannounced,
}

impl Why {
    /// The name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Why::Topic => "topic",
            Why::UnknownBox => "unknown_box",
            Why::Unsigned => "unsigned",
            Why::BadSignature => "bad_signature",
            Why::Misdirected => "misdirected",
            Why::Malformed => "malformed",
            Why::NumberTaken => "number_taken",
            Why::Unannounced => "unannounced",
        }
    }
}

/// A message that is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// The box of the topic, which need not be who sent it.
    pub of: BoxName,
    pub why: Why,
    pub topic: String,
    pub body: Vec<u8>,
}

/// A message with a number.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub of: BoxName,
    /// Its topic below the box's.
    pub suffix: String,
    pub stream: String,
    pub n: i64,
    pub event_id: String,
    /// The CloudEvents type.
    pub kind: String,
    pub event_time: Timestamp,
    pub signed: bool,
    pub sha256: [u8; 32],
    pub body: Vec<u8>,
    /// `data`.
    pub data: Value,
}

/// A picture.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub of: BoxName,
    pub alert_id: String,
    pub n: i32,
    pub is_original: bool,
    pub sha256: [u8; 32],
    pub body: Vec<u8>,
}

/// The latest word on a topic.
#[derive(Debug, Clone)]
pub(super) struct Latest {
    pub of: BoxName,
    pub suffix: String,
    /// Of `up/state`; else empty.
    pub session: String,
    /// `online`, `stopped`, `offline` of `up/state`; else empty.
    pub word: String,
    pub event_time: Timestamp,
    pub body: Vec<u8>,
    pub data: Value,
}

/// A signature that came as a message of its own.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    pub of: BoxName,
    /// Of the message that it signs.
    pub sha256: [u8; 32],
    pub jws: String,
}

/// What a message is.
#[derive(Debug, Clone)]
pub(super) enum Judged {
    Record(Arc<Record>),
    /// It needs a signature, which may have come or may come as a message of its own.
    Unproven(Arc<Record>),
    Signature(Signature),
    Picture(Arc<Picture>),
    Latest(Arc<Latest>),
    /// The box took back what it had said on a topic.
    Cleared(BoxName, String),
    Refused(Refused),
}

/// Judges a message.
pub(super) fn judge(prefix: &str, keys: &BoxKeys, incoming: Incoming) -> Judged {
    let Some((of, suffix)) = box_of(prefix, &incoming.topic) else {
        let of = BoxName { area: String::new(), name: String::new() };
        return refused(of, Why::Topic, incoming);
    };
    let Some((message, parts)) = wire_names::message_at(&suffix) else {
        return refused(of, Why::Topic, incoming);
    };
    let Some(key) = keys.of(&of) else { return refused(of, Why::UnknownBox, incoming) };
    if let Some(jws) = &incoming.jws
        && !key.verifies(jws, &incoming.body)
    {
        return refused(of, Why::BadSignature, incoming);
    }
    let judged = if message.topic == EVIDENCE.topic || message.topic == SEALED.topic {
        picture(&of, message, &parts, &incoming.body)
    } else if incoming.body.is_empty() && message.retain {
        return Judged::Cleared(of, suffix);
    } else if message.topic == SIGNATURE.topic {
        signature(&of, &incoming.body)
    } else if message.retain || message.topic == SHADOW.topic {
        // What a shadow makes has no number: its counts are of its whole time, so the latest has them all.
        latest(&of, &suffix, &incoming.body)
    } else {
        record_of(&of, &suffix, incoming.body.clone(), incoming.jws.is_some()).map(|record| {
            // By what it says it is, too: an alert on that topic is none the more believed.
            let needs_none =
                suffix == COUNT.topic && [CountData::TYPE, CoverageData::TYPE].contains(&&*record.kind);
            let is_proven = record.signed || needs_none;
            if is_proven { Judged::Record(Arc::new(record)) } else { Judged::Unproven(Arc::new(record)) }
        })
    };
    judged.unwrap_or_else(|why| refused(of, why, incoming))
}

fn refused(of: BoxName, why: Why, incoming: Incoming) -> Judged {
    Judged::Refused(Refused { of, why, topic: incoming.topic, body: incoming.body })
}

/// The box of a topic, and what stands behind it.
fn box_of(prefix: &str, topic: &str) -> Option<(BoxName, String)> {
    let mut parts = topic.strip_prefix(prefix)?.strip_prefix('/')?.splitn(3, '/');
    let (area, name, suffix) = (parts.next()?, parts.next()?, parts.next()?);
    Some((BoxName { area: area.to_owned(), name: name.to_owned() }, suffix.to_owned()))
}

/// A message with a number, as it came on this topic; `signed`: its signature was good.
///
/// # Errors
/// Why it is none.
pub(super) fn record_of(of: &BoxName, suffix: &str, body: Vec<u8>, signed: bool) -> Result<Record, Why> {
    let event = event_of::<Value>(of, &body)?;
    let seq = &event.data["seq"];
    let n = seq["n"].as_u64().filter(|n| (1..=MOST_N).contains(n)).ok_or(Why::Malformed)?;
    let stream = seq["stream"].as_str().ok_or(Why::Malformed)?.to_owned();
    Ok(Record {
        of: of.clone(),
        suffix: suffix.to_owned(),
        stream,
        n: n.cast_signed(),
        event_id: event.id,
        kind: event.kind,
        event_time: event.time.0,
        signed,
        sha256: Sha256::digest(&body).into(),
        body,
        data: event.data,
    })
}

fn event_of<T: serde::de::DeserializeOwned>(of: &BoxName, body: &[u8]) -> Result<Event<T>, Why> {
    if body.len() > MAX_EVENT_BYTES {
        return Err(Why::Malformed);
    }
    let event: Event<T> = serde_json::from_slice(body).map_err(|_| Why::Malformed)?;
    let BoxName { area, name } = of;
    let sender = Sender { area: area.clone(), box_id: name.clone() };
    if event.source == sender.source() { Ok(event) } else { Err(Why::Misdirected) }
}

fn signature(of: &BoxName, body: &[u8]) -> Result<Judged, Why> {
    let SignatureData { of: signed, jws, .. } = event_of::<SignatureData>(of, body)?.data;
    let sha256 = digest_from_hex(&signed.sha256).ok_or(Why::Malformed)?;
    Ok(Judged::Signature(Signature { of: of.clone(), sha256, jws }))
}

fn latest(of: &BoxName, suffix: &str, body: &[u8]) -> Result<Judged, Why> {
    let event = event_of::<Value>(of, body)?;
    let of_state = |field: &str| match suffix == STATE.topic {
        true => event.data[field].as_str().map(str::to_owned).ok_or(Why::Malformed),
        false => Ok(String::new()),
    };
    Ok(Judged::Latest(Arc::new(Latest {
        of: of.clone(),
        suffix: suffix.to_owned(),
        session: of_state("session")?,
        word: of_state("state")?,
        event_time: event.time.0,
        body: body.to_vec(),
        data: event.data,
    })))
}

fn picture(of: &BoxName, message: &Message, parts: &[&str], body: &[u8]) -> Result<Judged, Why> {
    let [alert_id, n] = parts else { return Err(Why::Topic) };
    if body.is_empty() || body.len() > MOST_PICTURE_BYTES {
        return Err(Why::Malformed);
    }
    Ok(Judged::Picture(Arc::new(Picture {
        of: of.clone(),
        alert_id: (*alert_id).to_owned(),
        n: n.parse().map_err(|_| Why::Topic)?,
        is_original: message.topic == SEALED.topic,
        sha256: Sha256::digest(body).into(),
        body: body.to_vec(),
    })))
}

#[cfg(test)]
mod tests;
