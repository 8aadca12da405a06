//! `ack`: somebody takes an alert on.

use std::sync::Arc;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::answer::{Answer, Answering};
use super::super::envelope::{Command, CommandEnvelope};
use super::super::fields::{Faults, Reader};
use super::super::running_box::Alerts;
use super::{CommandData, Handler, Replay};
use crate::analysis::alert::{Acknowledgement, AlertId};
use crate::analysis::alert_lifecycle::AlertError;
use crate::contract::command::Refusal;
use crate::contract::examples::{self, ExampleError};
use crate::contract::messages::Message;
use crate::contract::patterns;
use crate::contract::signature::Role;
use crate::contract::words::Time;
use crate::text::{Sentences, sentences};

sentences! {
    message {
        ack():
            "Somebody takes an alert on; the first one has it, and the second is answered `already`.",
            "签收一条预警；先到先得，第二个得到 `already`";
    }
}

/// Longest `note`, in characters.
const NOTE_CHARS: usize = 2000;

/// `down/cmd/ack`: somebody takes an alert on. The alert's next revision carries it. The first one wins: a second one is
/// answered `already`, with who has the alert and since when. Whoever is the first to assign an alert, to give a verdict or to
/// close it has taken it on, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AckData {
    /// Which alert.
    #[schemars(length(min = 26, max = 26), regex(pattern = patterns::ULID))]
    pub alert_id: String,
    /// What they want to say about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(max = 2000))]
    pub note: Option<String>,
}

/// An acknowledgement as a command.
pub type AckCommand = Command<AckData>;

impl CommandData for AckData {
    const MESSAGE: Message = Message::bare::<AckCommand>("down/cmd/ack", example, message::ack);
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Desk;
    const WITHOUT_KEYS: bool = true;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Alerts(acknowledge);

    fn read(data: &Value) -> Result<Self, Faults> {
        let mut fields = Reader::of(data);
        let (alert_id, note) = (fields.name("alert_id"), fields.text("note", NOTE_CHARS));
        fields.finish(Some(AckData { alert_id, note }))
    }

    /// A note that was not given differs from one that was not written down.
    fn logged(&self) -> Option<Value> {
        Some(serde_json::json!({ "alert_id": self.alert_id, "note": self.note }))
    }
}

fn example() -> Result<Vec<u8>, ExampleError> {
    let command = AckCommand {
        request_id: "r-20261121-17".to_owned(),
        iat: Time(examples::at(180)?),
        exp: Time(examples::at(480)?),
        by: examples::DESK.to_owned(),
        area: Some("530127".to_owned()),
        box_id: Some("box-7f3a".to_owned()),
        command: Some("ack".to_owned()),
        counter: None,
        reason: None,
        data: AckData { alert_id: examples::ALERT.to_owned(), note: Some(examples::ON_ITS_WAY.to_owned()) },
    };
    Ok(serde_json::to_vec(&command)?)
}

fn acknowledge(data: AckData, envelope: &CommandEnvelope, alerts: &dyn Alerts, answering: Answering) -> bool {
    let alert = AlertId(Arc::from(data.alert_id.as_str()));
    let acknowledgement = envelope.act(data.note);
    let zone = alerts.time_zone();
    alerts.acknowledge(alert, acknowledgement, Box::new(move |taken| answering(answer(taken, &zone))))
}

fn answer(taken: Result<Option<Acknowledgement>, AlertError>, zone: &TimeZone) -> Answer {
    match taken {
        Ok(None) => Answer::done(None),
        Ok(Some(before)) => Answer::taken_by(before, zone),
        Err(error) => {
            let code = match error {
                AlertError::Unknown(_) => Refusal::UnknownAlert,
                AlertError::Ended(_) => Refusal::AlertEnded,
            };
            Answer::refused_with(code, error.sentence(), Some(error.hint()))
        }
    }
}
