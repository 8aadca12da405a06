//! `close`: an alert is settled.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::answer::{Answer, Answering};
use super::super::envelope::{Command, CommandEnvelope};
use super::super::fields::{Faults, Reader};
use super::super::running_box::Alerts;
use super::verdict::NOTE_CHARS;
use super::{CommandData, Handler, Replay, example};
use crate::analysis::alert::AlertId;
use crate::analysis::alert_lifecycle::handling::{Closed, HandlingStep};
use crate::contract::examples;
use crate::contract::messages::Message;
use crate::contract::patterns;
use crate::contract::signature::Role;
use crate::text::{Sentences, sentences};
use crate::types::verdict::about_outcomes;

sentences! {
    message {
        close():
            "An alert is settled, also after its end.",
            "办结一条预警；预警结束后也可以";
    }
}

/// `down/cmd/close`: an alert is settled. The alert's next revision carries it in `handling`, also after its end. The first
/// closure stands: a second one is answered `already`. The box goes on telling what it sees: an alert ends when its condition
/// does. On an alert that nobody took on it counts as taking it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct CloseData {
    /// Which alert.
    #[schemars(length(min = 26, max = 26), regex(pattern = patterns::ULID))]
    pub alert_id: String,
    /// How it was settled.
    #[schemars(length(min = 1, max = 128), description = about_outcomes())]
    pub outcome: String,
    /// What there is to say about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(max = 500))]
    pub note: Option<String>,
}

impl CommandData for CloseData {
    const MESSAGE: Message = Message::bare::<Command<CloseData>>(
        "down/cmd/close",
        || {
            let data = CloseData {
                alert_id: examples::ALERT.to_owned(),
                outcome: "resolved".to_owned(),
                note: Some(examples::LANE_FREE.to_owned()),
            };
            example(examples::DESK, data)
        },
        message::close,
    );
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Desk;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Alerts(close);

    fn read(data: &Value) -> Result<Self, Faults> {
        let mut fields = Reader::of(data);
        let (alert_id, outcome) = (fields.name("alert_id"), fields.name("outcome"));
        let note = fields.text("note", NOTE_CHARS);
        fields.finish(Some(CloseData { alert_id, outcome, note }))
    }
}

fn close(data: CloseData, envelope: &CommandEnvelope, alerts: &dyn Alerts, answering: Answering) -> bool {
    let CloseData { alert_id, outcome, note } = data;
    let step = HandlingStep::Close(Closed { act: envelope.act(note), outcome });
    let zone = alerts.time_zone();
    alerts.handle(
        AlertId(Arc::from(alert_id)),
        step,
        Box::new(move |taken| answering(Answer::handled(taken, &zone))),
    )
}
