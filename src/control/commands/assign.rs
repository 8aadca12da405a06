//! `assign`: an alert is given to somebody, or somebody is there because of it.

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
use crate::analysis::alert_lifecycle::handling::{Assigned, HandlingStep};
use crate::contract::examples;
use crate::contract::messages::Message;
use crate::contract::patterns;
use crate::contract::signature::Role;
use crate::text::{Sentences, sentences};

sentences! {
    message {
        assign():
            "An alert is given to somebody, or somebody is there because of it (`on_site`).",
            "派单给某人，或说明某人已到场（`on_site`）";
    }
    command {
        no_truth(field):
            "`{field}` must be true or false",
            "`{field}` 须是 true 或 false";
    }
}

/// `down/cmd/assign`: an alert is given to somebody, or, with `on_site`, somebody is there because of it. The alert's next
/// revision carries it in `handling`, also after its end. Another one replaces it; the same one again is answered `already`.
/// On an alert that nobody took on it counts as taking it on. What was closed cannot be assigned any more (`conflict`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct AssignData {
    /// Which alert.
    #[schemars(length(min = 26, max = 26), regex(pattern = patterns::ULID))]
    pub alert_id: String,
    /// To whom: a desk, a patrol or a role.
    #[schemars(length(min = 1, max = 128))]
    pub to: String,
    /// Whether they are there by now.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub on_site: bool,
    /// What there is to say about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(max = 500))]
    pub note: Option<String>,
}

impl CommandData for AssignData {
    const MESSAGE: Message = Message::bare::<Command<AssignData>>(
        "down/cmd/assign",
        || {
            let data = AssignData {
                alert_id: examples::ALERT.to_owned(),
                to: "patrol 4".to_owned(),
                on_site: false,
                note: None,
            };
            example(examples::DESK, data)
        },
        message::assign,
    );
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Desk;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Alerts(assign);

    fn read(data: &Value) -> Result<Self, Faults> {
        let mut fields = Reader::of(data);
        let on_site = match data.get("on_site") {
            None | Some(Value::Null) => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| command::no_truth("on_site")),
        };
        let on_site = fields.take(on_site);
        let (alert_id, to) = (fields.name("alert_id"), fields.name("to"));
        let note = fields.text("note", NOTE_CHARS);
        fields.finish(Some(AssignData { alert_id, to, on_site, note }))
    }
}

fn assign(data: AssignData, envelope: &CommandEnvelope, alerts: &dyn Alerts, answering: Answering) -> bool {
    let AssignData { alert_id, to, on_site, note } = data;
    let assigned = Assigned { act: envelope.act(note), to };
    let step = if on_site { HandlingStep::Arrive(assigned) } else { HandlingStep::Assign(assigned) };
    let zone = alerts.time_zone();
    alerts.handle(
        AlertId(Arc::from(alert_id)),
        step,
        Box::new(move |taken| answering(Answer::handled(taken, &zone))),
    )
}
