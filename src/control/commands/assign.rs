//! `assign`: an alert is given to somebody, or somebody is there because of it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::answer::{Answer, Answering};
use super::super::envelope::{Command, CommandEnvelope, name, text};
use super::super::running_box::Alerts;
use super::verdict::NOTE_CHARS;
use super::{CommandData, Handler, Replay, example};
use crate::analysis::alert::AlertId;
use crate::analysis::alert_lifecycle::handling::{Assigned, HandlingStep};
use crate::contract::examples;
use crate::contract::messages::Message;
use crate::contract::patterns;
use crate::contract::signature::Role;

/// `down/cmd/assign`: an alert is given to somebody, or, with `on_site`, somebody is there because of it. The alert's next
/// revision carries it in `handling`, also after its end. Another one replaces it; the same one again is answered `already`.
/// On an alert that nobody took on it counts as taking it on. What was closed cannot be assigned any more (`conflict`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AssignData {
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
            example("grid desk 2", data)
        },
        "An alert is given to somebody, or somebody is there because of it.",
    );
    const SUMMARY_ZH: &'static str = "派单给某人，或说明某人已到场（`on_site`）";
    const ROLE: Role = Role::Desk;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Alerts(assign);

    fn read(data: &Value) -> Result<Self, String> {
        let on_site = match data.get("on_site") {
            None | Some(Value::Null) => false,
            Some(value) => value.as_bool().ok_or("`on_site` must be true or false")?,
        };
        Ok(AssignData {
            alert_id: name(data, "alert_id")?,
            to: name(data, "to")?,
            on_site,
            note: text(data, "note", NOTE_CHARS)?,
        })
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
