//! `revert`: what is on trial ends now, and what was there before comes back. Given at the page on the box alone, so it is no
//! message at the broker.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::answer::Answer;
use super::super::envelope::{Command, CommandEnvelope};
use super::super::running_box::{RunningBox, in_short, other_runs, runs_now};
use super::{CommandData, Handler, Replay, example};
use crate::contract::command::Refusal;
use crate::contract::examples;
use crate::contract::messages::Message;
use crate::contract::patterns;
use crate::contract::signature::Role;
use crate::text::{Sentences, command as say, sentences};

sentences! {
    message {
        revert():
            "Ends what is on trial: what ran before comes back at once.",
            "结束试运行，立即恢复原来的内容";
    }
}

/// What is on trial ends now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct RevertData {
    /// The digest of what is on trial.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub config: String,
}

impl CommandData for RevertData {
    const MESSAGE: Message = Message::bare::<Command<RevertData>>(
        "down/cmd/revert",
        || example("admin 1", RevertData { config: examples::SHA256.to_owned() }),
        message::revert,
    );
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Admin;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Now(revert);
}

fn revert(data: RevertData, envelope: &CommandEnvelope, at: &mut dyn RunningBox) -> Answer {
    if at.overrides().trial.is_none() {
        return Answer::already(say::nothing_on_trial());
    }
    if data.config != at.config().sha256 {
        return Answer::refused(Refusal::Conflict, other_runs(at, envelope));
    }
    match at.go_back() {
        Ok(()) => Answer::done_with(runs_now(at)),
        Err(problems) => Answer::failed(in_short(&problems)),
    }
}
