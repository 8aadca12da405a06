//! `test`: an alert that goes the whole way and tells of nothing. Given at the page on the box alone, where its stations are
//! shown, so it is no message at the broker.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::answer::{Answer, Answering};
use super::super::envelope::{Command, CommandEnvelope};
use super::super::running_box::Alerts;
use super::{CommandData, Handler, Replay, example};
use crate::analysis::alert::AlertId;
use crate::contract::messages::Message;
use crate::contract::signature::Role;
use crate::text::{command as say, message};

/// A test alert.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TestAlertData {}

impl CommandData for TestAlertData {
    const MESSAGE: Message = Message::bare::<Command<TestAlertData>>(
        "down/cmd/test",
        || example("operator 1", TestAlertData {}),
        message::test_alert,
    );
    const ROLE: Role = Role::Operator;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Alerts(begin);

    fn logged(&self) -> Option<Value> {
        None
    }
}

/// Which alert it is stands in the answer as `alert`.
fn begin(_: TestAlertData, envelope: &CommandEnvelope, alerts: &dyn Alerts, answering: Answering) -> bool {
    let reply = Box::new(move |begun: Result<AlertId, AlertId>| {
        answering(match begun {
            Ok(alert) => Answer::said(say::test_is_told(&*alert.0)),
            Err(open) => Answer::already(say::test_is_open(&*open.0)),
        });
    });
    alerts.test(&envelope.by, reply)
}
