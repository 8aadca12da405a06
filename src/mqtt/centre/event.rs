//! What a centre receives, and the parts of it that its users read.

use serde_json::Value;

use crate::analysis::time::Timestamp;
use crate::mqtt::Trouble;

/// An event for the user of the centre.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CentreEvent {
    /// The broker confirmed the subscriptions.
    Connected,
    /// The connection ended or could not be made; it is tried again.
    Lost(Trouble),
    /// A new revision of an alert.
    Alert(Box<Alert>),
    /// A repeated revision: delivery is at least once.
    Repeat(String),
    /// An answer to a command.
    Reply(Value),
    /// What had to be dropped.
    Gap(Value),
    /// A box's clock was set.
    TimeFix(Value),
    /// A box's state: area, box, `online`, `stopped` or `offline`.
    State(String, String, String),
    /// The description that a box published of itself.
    About(About),
    /// The alerts that a box has open, as the broker kept the list: at the start and after every reconnect.
    Open(OpenList),
    /// The broker refused this subscription, with the reason; the others go on.
    SubscriptionRefused(String, String),
    /// The broker has one of our commands.
    Sent(String),
    /// Something on `up/alert` that is no alert.
    Unreadable(String),
}

/// How a box's people read texts and times, from `up/meta`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct About {
    /// County code, from the topic.
    pub area: String,
    /// Box, from the topic.
    pub box_name: String,
    /// A name of the IANA database.
    pub time_zone: String,
    /// A tag of BCP 47.
    pub language: String,
}

/// The open alerts of a box, from `up/active`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OpenList {
    /// County code, from the topic.
    pub area: String,
    /// Box, from the topic.
    pub box_name: String,
    /// The alerts that fit into the message.
    pub alerts: Vec<OpenAlert>,
    /// How many more there are.
    pub omitted: u64,
    /// The whole message.
    pub raw: Value,
}

/// One open alert, as far as the list follows the contract.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OpenAlert {
    /// Which alert.
    pub alert_id: String,
    /// `blue`, `yellow`, `orange` or `red`.
    pub level: String,
    /// What kind of thing.
    pub kind: String,
    /// In the site's language.
    pub title: String,
    /// `actual`, `exercise` or `test`.
    pub mode: String,
    /// Its camera, or else its first sensor.
    pub source: String,
    /// The code of its place.
    pub grid: String,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// Whether somebody took it on.
    pub is_acknowledged: bool,
    /// Who took it on, where the list says so.
    pub acknowledged_by: Option<String>,
}

/// A revision of an alert, as far as it follows the contract.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Alert {
    /// County code, from the topic.
    pub area: String,
    /// Box, from the topic.
    pub box_name: String,
    /// The CloudEvent's id.
    pub id: String,
    /// Which alert.
    pub alert_id: String,
    /// Which revision.
    pub rev: u64,
    /// `new`, `update`, `end` or `retract`.
    pub phase: String,
    /// `blue`, `yellow`, `orange` or `red`.
    pub level: String,
    /// What kind of thing.
    pub kind: String,
    /// In the site's language.
    pub title: String,
    /// Who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// Stream and number.
    pub seq: Option<(String, u64)>,
    /// The whole message.
    pub raw: Value,
}

pub(super) fn open_list(area: &str, box_name: &str, body: Value) -> OpenList {
    let data = body.get("data").unwrap_or(&body);
    let alerts = data["alerts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let alerts = alerts.iter().filter_map(open_alert).collect();
    let omitted = data["omitted"].as_u64().unwrap_or(0);
    OpenList { area: area.to_owned(), box_name: box_name.to_owned(), alerts, omitted, raw: body }
}

fn open_alert(alert: &Value) -> Option<OpenAlert> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let source = alert["camera"].as_str().or_else(|| alert["sensors"][0].as_str());
    Some(OpenAlert {
        alert_id: alert["alert_id"].as_str()?.to_owned(),
        level: text(&alert["level"]),
        kind: text(&alert["kind"]),
        title: text(&alert["title"]),
        mode: text(&alert["mode"]),
        source: source.unwrap_or_default().to_owned(),
        grid: text(&alert["grid"]),
        started_at: alert["started_at"].as_str().and_then(|at| at.parse().ok()),
        is_acknowledged: alert["acknowledged"].as_bool().unwrap_or(false),
        acknowledged_by: alert["acknowledgement"]["by"].as_str().map(str::to_owned),
    })
}
