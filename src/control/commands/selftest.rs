//! `selftest`: how the box does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::answer::Answer;
use super::super::envelope::Command;
use super::{CommandData, Handler, Replay, example};
use crate::contract::examples;
use crate::contract::messages::Message;
use crate::contract::signature::Role;
use crate::text::{Sentences, sentences};

sentences! {
    message {
        selftest():
            "Asks how the box does, answered on `up/reply`.",
            "询问盒子的状况，回答在 `up/reply` 上";
    }
}

/// `down/cmd/selftest`: how the box does, in the reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SelftestData {}

impl CommandData for SelftestData {
    const MESSAGE: Message = Message::bare::<Command<SelftestData>>(
        "down/cmd/selftest",
        || example(examples::DESK, SelftestData {}),
        message::selftest,
    );
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Desk;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::OnceAnswered;
    const HANDLER: Handler<Self> = Handler::Now(|_, _, at| Answer::health(at.selftest()));

    fn logged(&self) -> Option<Value> {
        None
    }
}
