//! What the centre says to boxes: marks, and questions for what is missing. Signed where the desk has a key. Pure.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use ulid::Ulid;

use super::BoxName;
use super::settings::Settings;
use super::store::{Hole, Mark};
use crate::contract::messages::{COMMAND_TOPICS, JSON, MARK, SIGNED};
use crate::contract::signature::{KeyError, PrivateKey};
use crate::contract::topics::Topics;
use crate::input_file;
use crate::text::{Sentence, argument};

/// So long a question is good. A box whose clock is off by more cannot be asked.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(5);
/// Most questions about one stream at a time: what is behind them is asked for when these are answered.
const MOST_QUESTIONS: usize = 10;

/// Something to send to a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outgoing {
    /// The topic in full.
    pub topic: String,
    pub body: Vec<u8>,
    /// Whether a broker that keeps messages keeps this one.
    pub retain: bool,
    /// MQTT 5 content type.
    pub content_type: &'static str,
}

/// Who speaks for the centre.
#[derive(Debug)]
pub(super) struct Desk {
    prefix: String,
    key: Option<PrivateKey>,
    by: String,
}

/// Why there is no key.
#[derive(Debug)]
pub(super) enum NoKey {
    Unread(std::io::Error),
    Unusable(KeyError),
}

impl NoKey {
    /// For people.
    pub(super) fn sentence(&self, path: &Path) -> Sentence {
        match self {
            NoKey::Unread(error) => argument::unread(path.display(), argument::why_unread(error)),
            NoKey::Unusable(error) => argument::unread(path.display(), error.sentence()),
        }
    }
}

impl Desk {
    /// As the settings say.
    ///
    /// # Errors
    /// The key cannot be used.
    pub(super) fn open(settings: &Settings) -> Result<Self, NoKey> {
        let key = settings.desk_key.as_deref().map(key_in).transpose()?;
        Ok(Desk { prefix: settings.prefix.clone(), key, by: settings.by.clone() })
    }

    /// Whether boxes that have keys take what it says.
    pub(super) fn signs(&self) -> bool {
        self.key.is_some()
    }

    /// Everything up to a number is stored here. Needs no time: a mark never moves backwards.
    pub(super) fn mark(&self, Mark { of, stream, n }: &Mark) -> Outgoing {
        let BoxName { area, name } = of;
        let body =
            json!({ "area": area, "box": name, "command": MARK.last_part(), "stream": stream, "n": n });
        Outgoing { retain: MARK.retain, ..self.sealed(of, MARK.topic, &body) }
    }

    /// The numbers that are missing.
    pub(super) fn questions(&self, hole: &Hole, now: Timestamp) -> Vec<Outgoing> {
        let Hole { of, stream, ranges } = hole;
        let question = |(first, last): &(i64, i64)| {
            let body = json!({
                "request_id": format!("centre-{}", Ulid::from_parts(millis(now), rand::random())),
                "area": of.area, "box": of.name, "command": "resend", "by": self.by,
                "iat": now.to_string(), "exp": (now + GOOD_FOR).to_string(),
                "stream": stream, "from": first, "to": last,
            });
            self.sealed(of, &format!("{COMMAND_TOPICS}resend"), &body)
        };
        ranges.iter().take(MOST_QUESTIONS).map(question).collect()
    }

    fn sealed(&self, of: &BoxName, suffix: &str, body: &Value) -> Outgoing {
        let topic = Topics::new(&self.prefix, &of.area, &of.name).of(suffix);
        let body = body.to_string().into_bytes();
        let (body, content_type) = match &self.key {
            Some(key) => (key.sign(&body).into_bytes(), SIGNED),
            None => (body, JSON),
        };
        Outgoing { topic, body, retain: false, content_type }
    }
}

fn millis(now: Timestamp) -> u64 {
    u64::try_from(now.as_millisecond()).unwrap_or(0)
}

fn key_in(path: &Path) -> Result<PrivateKey, NoKey> {
    let text = input_file::read_text(path).map_err(NoKey::Unread)?;
    PrivateKey::from_jwk(&text).map_err(NoKey::Unusable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::command::MarkData;
    use crate::contract::signature::{KnownKey, Role, verify};

    fn desk(key: Option<PrivateKey>) -> Desk {
        Desk { prefix: "lookout/v1".to_owned(), key, by: "centre".to_owned() }
    }

    fn name() -> BoxName {
        BoxName { area: "530127".to_owned(), name: "box-1".to_owned() }
    }

    #[test]
    fn a_mark_is_signed_and_says_which_box_it_is_for() {
        let key = PrivateKey::generate("desk-1").unwrap();
        let known = [KnownKey { id: "desk-1".into(), role: Role::Desk, public: key.public() }];
        let mark = Mark { of: name(), stream: "01KAHZ5N8GQ4R6S7T8V9W0X1Y2".to_owned(), n: 7 };
        let sent = desk(Some(key)).mark(&mark);
        assert_eq!((sent.topic.as_str(), sent.retain), ("lookout/v1/530127/box-1/down/mark", true));
        let (payload, _) = verify(&sent.body, &known).unwrap();
        let read: MarkData = serde_json::from_slice(&payload).unwrap();
        assert_eq!(
            (read.box_id.as_deref(), read.command.as_deref(), read.n),
            (Some("box-1"), Some("mark"), 7)
        );
    }

    #[test]
    fn a_hole_is_asked_for_range_by_range_and_never_kept_by_the_broker() {
        let hole = Hole {
            of: name(),
            stream: "s".to_owned(),
            ranges: (0..20).map(|n| (n * 10 + 1, n * 10 + 3)).collect(),
        };
        let sent = desk(None).questions(&hole, Timestamp::UNIX_EPOCH);
        assert_eq!(sent.len(), MOST_QUESTIONS);
        let first: Value = serde_json::from_slice(&sent[0].body).unwrap();
        assert_eq!((&first["from"], &first["to"], sent[0].retain), (&json!(1), &json!(3), false));
        assert_eq!(sent[0].topic, "lookout/v1/530127/box-1/down/cmd/resend");
    }
}
