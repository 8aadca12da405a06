//! `test`: an alert that goes the whole way and stands for nothing. Given at the page on the box alone, where its stations
//! are shown, so it is no message at the broker.

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
use crate::text::{Sentences, sentences};

sentences! {
    message {
        test_alert():
            "Tells an alert that goes the whole way and tells of nothing.",
            "发送一条走完全程的测试预警，不代表任何事件";
    }
    command {
        test_is_told(alert):
            "the test alert {alert} is on its way",
            "测试预警 {alert} 已发出";
        test_is_open(alert):
            "the test alert {alert} is still open; another one can follow when it is over",
            "测试预警 {alert} 尚未结束；结束后才能再发一条";
    }
}

/// A test alert.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TestAlertData {}

impl CommandData for TestAlertData {
    const MESSAGE: Message = Message::bare::<Command<TestAlertData>>(
        "down/cmd/test",
        || example("operator 1", TestAlertData {}),
        message::test_alert,
    );
    const SENTENCES: Sentences = SENTENCES;
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
            Ok(alert) => Answer::done_with(command::test_is_told(&*alert.0)),
            Err(open) => Answer::already(command::test_is_open(&*open.0)),
        });
    });
    alerts.test(&envelope.by, reply)
}
