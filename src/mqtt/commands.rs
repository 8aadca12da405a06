//! What the command centre says: bytes from the broker become a [`Command`], or a [`Refusal`] that says in
//! words what is wrong with them. Pure.
//!
//! Must never trust them: sizes, characters and times are checked here, once.

use serde_json::Value;

use super::{Refusal, RefusalKind};
use crate::analysis::time::Timestamp;

/// Longest `request_id`, `by` and the like, in characters. A guess: longer ones are no names.
const NAME_CHARS: usize = 128;
/// Longest `note`, in characters.
const NOTE_CHARS: usize = 2000;
/// A command is good so long after its `exp`, for clocks that differ.
const CLOCK_SLACK_SECS: i64 = 30;

/// A command for the daemon, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Somebody took an alert on. To be answered on `up/reply`.
    Ack(Ack),
    /// The centre's durable receipt. Already given to the outbox; here for the record.
    Mark {
        /// The stream.
        stream: String,
        /// Everything up to here is stored at the centre.
        n: u64,
    },
    /// The wanted configuration, as it came.
    Config {
        /// At most 64 KiB.
        body: Vec<u8>,
        /// Whether the broker had kept it, or it was sent just now.
        retained: bool,
    },
    /// Well formed, but of a kind this module does not know. To be answered on `up/reply`.
    Unknown {
        /// Last part of the topic.
        verb: String,
        /// To answer with.
        request_id: String,
        /// Who sent it.
        by: Option<String>,
        /// The whole command.
        body: Value,
    },
}

/// An acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// To answer with.
    pub request_id: String,
    /// Which alert.
    pub alert_id: String,
    /// Who, as the centre names them.
    pub by: String,
    /// When it was received here.
    pub at: Timestamp,
    /// What they wrote.
    pub note: Option<String>,
}

/// A command from `down/cmd/{verb}`.
pub(super) fn command(
    verb: &str,
    payload: &[u8],
    retained: bool,
    now: Timestamp,
) -> Result<Command, Refusal> {
    let refuse = |request_id: Option<&str>, kind: RefusalKind, why: String| Refusal {
        kind,
        request_id: request_id.map(str::to_owned),
        verb: verb.to_owned(),
        why,
        at: now,
    };
    let nameless = |why: String| refuse(None, RefusalKind::Malformed, why);
    let body = object(payload).map_err(nameless)?;
    let data = data_of(&body);
    let request_id = name(data, "request_id").map_err(nameless)?;
    let refuse_as = |kind: RefusalKind, why: String| refuse(Some(&request_id), kind, why);
    let refuse = |why: String| refuse_as(RefusalKind::Malformed, why);
    if retained {
        // It would be carried out again at every reconnect, by every box that comes to have this name.
        return Err(refuse_as(RefusalKind::Retained, "a retained command is never carried out; publish it without the retain flag, and clear it by an empty retained message".to_owned()));
    }
    check_times(data, now).map_err(|(kind, why)| refuse_as(kind, why))?;
    match verb {
        "ack" => Ok(Command::Ack(Ack {
            alert_id: name(data, "alert_id").map_err(refuse)?,
            by: name(data, "by").map_err(refuse)?,
            note: note(data).map_err(refuse)?,
            at: now,
            request_id,
        })),
        _ => {
            let by = match data.get("by") {
                Some(_) => Some(name(data, "by").map_err(refuse)?),
                None => None,
            };
            Ok(Command::Unknown { verb: verb.to_owned(), request_id, by, body })
        }
    }
}

/// A mark from `down/mark`: stream and number. An empty payload clears a retained one and means nothing.
pub(super) fn mark(payload: &[u8], now: Timestamp) -> Result<Option<(String, u64)>, Refusal> {
    if payload.is_empty() {
        return Ok(None);
    }
    let read = || -> Result<(String, u64), String> {
        let body = object(payload)?;
        let data = data_of(&body);
        // DESIGN names the pair as alerts do: `seq {stream, n}`; a plain pair is as clear.
        let pair = data.get("seq").filter(|seq| seq.is_object()).unwrap_or(data);
        let n = pair.get("n").or_else(|| pair.get("seq")).and_then(Value::as_u64);
        Ok((name(pair, "stream")?, n.ok_or("`n` must be a whole number, 0 or more")?))
    };
    read().map(Some).map_err(|why| Refusal {
        kind: RefusalKind::Malformed,
        request_id: None,
        verb: "mark".to_owned(),
        why,
        at: now,
    })
}

/// Session and state in a body of `up/state`.
pub(super) fn state(payload: &[u8]) -> Option<(String, String)> {
    let body = object(payload).ok()?;
    let data = data_of(&body);
    Some((data.get("state")?.as_str()?.to_owned(), data.get("session")?.as_str()?.to_owned()))
}

fn object(payload: &[u8]) -> Result<Value, String> {
    let body: Value = serde_json::from_slice(payload).map_err(|error| format!("it is not JSON: {error}"))?;
    if body.is_object() { Ok(body) } else { Err("it is not a JSON object".to_owned()) }
}

/// Commands may come bare or in a CloudEvents envelope.
fn data_of(body: &Value) -> &Value {
    match body.get("data") {
        Some(data) if body.get("specversion").is_some() && data.is_object() => data,
        _ => body,
    }
}

fn name(data: &Value, key: &str) -> Result<String, String> {
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

fn note(data: &Value) -> Result<Option<String>, String> {
    let text = match data.get("note") {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value.as_str().ok_or("`note` must be text")?,
    };
    if text.chars().count() > NOTE_CHARS {
        return Err(format!("`note` is longer than {NOTE_CHARS} characters"));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err("`note` contains control characters".to_owned());
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn check_times(data: &Value, now: Timestamp) -> Result<(), (RefusalKind, String)> {
    let malformed = |why: String| (RefusalKind::Malformed, why);
    let issued = time(data, "iat").map_err(malformed)?;
    let expires = time(data, "exp").map_err(malformed)?;
    if let (Some(issued), Some(expires)) = (issued, expires)
        && expires < issued
    {
        return Err(malformed("`exp` is before `iat`".to_owned()));
    }
    if let Some(expires) = expires
        && now.as_second() > expires.as_second().saturating_add(CLOCK_SLACK_SECS)
    {
        return Err((RefusalKind::Expired, format!("it expired at {expires}; the box's clock says {now}")));
    }
    Ok(())
}

/// RFC 3339 text, or seconds since 1970 as JWTs have it.
fn time(data: &Value, key: &str) -> Result<Option<Timestamp>, String> {
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
mod tests {
    use super::*;

    const NOW: &str = "2026-01-01T08:01:00Z";

    fn parse(verb: &str, json: &str) -> Result<Command, String> {
        command(verb, json.as_bytes(), false, NOW.parse().unwrap()).map_err(|refusal| refusal.why)
    }

    #[test]
    fn an_acknowledgement_is_read_bare_and_in_an_envelope() {
        let bare = r#"{"request_id":"r1","alert_id":"01J","by":"desk-2","note":"on my way"}"#;
        let want = Command::Ack(Ack {
            request_id: "r1".into(),
            alert_id: "01J".into(),
            by: "desk-2".into(),
            at: NOW.parse().unwrap(),
            note: Some("on my way".into()),
        });
        assert_eq!(parse("ack", bare).unwrap(), want);
        assert_eq!(parse("ack", &format!(r#"{{"specversion":"1.0","data":{bare}}}"#)).unwrap(), want);
    }

    #[test]
    fn what_is_wrong_is_said_in_words() {
        let cases = [
            ("not json", "it is not JSON"),
            ("[]", "it is not a JSON object"),
            ("{}", "`request_id` is missing"),
            (r#"{"request_id":7}"#, "`request_id` must be text"),
            (r#"{"request_id":"r"}"#, "`alert_id` is missing"),
            (r#"{"request_id":"r","alert_id":"a","by":" "}"#, "`by` is empty"),
            (r#"{"request_id":"r","alert_id":"a","by":"\u001b[2J"}"#, "control characters"),
            (r#"{"request_id":"r","alert_id":"a","by":"b","note":[]}"#, "`note` must be text"),
            (r#"{"request_id":"r","alert_id":"a","by":"b","exp":"soon"}"#, "`exp` must be a time"),
            (r#"{"request_id":"r","alert_id":"a","by":"b","iat":20,"exp":10}"#, "`exp` is before `iat`"),
            (r#"{"request_id":"r","alert_id":"a","by":"b","exp":"2026-01-01T08:00:00Z"}"#, "it expired at"),
        ];
        for (json, want) in cases {
            let why = parse("ack", json).unwrap_err();
            assert!(why.contains(want), "{json}: {why}");
        }
    }

    #[test]
    fn a_clock_that_differs_by_seconds_expires_nothing() {
        let json = r#"{"request_id":"r","alert_id":"a","by":"b","iat":"2026-01-01T08:00:00Z","exp":"2026-01-01T08:00:40Z"}"#;
        assert!(parse("ack", json).is_ok());
    }

    #[test]
    fn a_retained_command_is_refused_with_its_request_id() {
        let json = br#"{"request_id":"r1","alert_id":"a","by":"b"}"#;
        let refusal = command("ack", json, true, NOW.parse().unwrap()).unwrap_err();
        assert_eq!(refusal.request_id.as_deref(), Some("r1"));
        assert!(refusal.why.contains("retained"), "{}", refusal.why);
    }

    #[test]
    fn marks_are_pairs_of_stream_and_number() {
        let now = NOW.parse().unwrap();
        for json in
            [r#"{"stream":"S","n":5}"#, r#"{"stream":"S","seq":5}"#, r#"{"seq":{"stream":"S","n":5}}"#]
        {
            assert_eq!(mark(json.as_bytes(), now).unwrap(), Some(("S".to_owned(), 5)), "{json}");
        }
        assert_eq!(mark(b"", now).unwrap(), None);
        assert!(mark(br#"{"stream":"S","n":-1}"#, now).unwrap_err().why.contains("`n`"));
    }
}
