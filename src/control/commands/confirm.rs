//! `confirm`: what runs on trial stays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::answer::Answer;
use super::super::envelope::{Command, CommandEnvelope};
use super::super::overrides::StoredOverrides;
use super::super::running_box::{RunningBox, other_runs, runs_now};
use super::{CommandData, Handler, Replay, example};
use crate::contract::command::Refusal;
use crate::contract::examples;
use crate::contract::messages::Message;
use crate::contract::patterns;
use crate::contract::signature::Role;
use crate::text::{Sentences, command as say, sentences};

sentences! {
    message {
        confirm():
            "Keeps what runs on trial; with the role `admin` where that is a whole configuration.",
            "确认试运行的内容，使其保留；试运行的是整份配置时须为 `admin`";
    }
    command {
        confirm_takes_admin():
            "a configuration is on trial, which takes the role `admin` to confirm",
            "正在试运行的是整份配置，须由角色 `admin` 确认";
    }
}

/// `down/cmd/confirm`: what runs on trial stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ConfirmData {
    /// `running_sha256` of what is to stay.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub config: String,
}

impl CommandData for ConfirmData {
    const MESSAGE: Message = Message::bare::<Command<ConfirmData>>(
        "down/cmd/confirm",
        || example("admin 1", ConfirmData { config: examples::SHA256.to_owned() }),
        message::confirm,
    );
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Operator;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Now(confirm);
}

fn confirm(data: ConfirmData, envelope: &CommandEnvelope, at: &mut dyn RunningBox) -> Answer {
    if data.config != at.config().sha256 {
        return Answer::refused(Refusal::Conflict, other_runs(at, envelope));
    }
    let Some(trial) = &at.overrides().trial else {
        return Answer::already(say::nothing_on_trial());
    };
    let at_page = envelope.local.as_ref().map(|local| local.role);
    let role = envelope.signer.as_ref().map(|signer| signer.role).or(at_page);
    let is_admin = role.is_some_and(|role| role >= Role::Admin);
    if trial.before.wanted != at.overrides().now.wanted && !is_admin {
        return Answer::refused(Refusal::NotAllowed, command::confirm_takes_admin());
    }
    if at.overrides().now.of_page().is_some() {
        return match at.keep_in_file() {
            Ok(()) => Answer::done_with(runs_now(at)),
            Err(why) => Answer::failed(why),
        };
    }
    let next = StoredOverrides { trial: None, ..at.overrides().clone() };
    if let Err(error) = at.store_overrides(next) {
        return Answer::failed(say::not_written_down(error.to_string()));
    }
    Answer::done_with(runs_now(at))
}
