//! `set`: a few values, without a new configuration.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::answer::Answer;
use super::super::envelope::{Command, CommandEnvelope};
use super::super::overrides::Overrides;
use super::super::running_box::{Offer, RunningBox, changed, in_short, may_change, runs_now};
use super::super::settings;
use super::{CommandData, Handler, Replay, example};
use crate::contract::command::Refusal;
use crate::contract::examples::{self, ExampleError};
use crate::contract::messages::Message;
use crate::contract::patterns;
use crate::contract::signature::Role;
use crate::text::{Joint, Sentences, Words, sentences};

sentences! {
    message {
        set():
            "Changes thresholds and `analysis_fps` within safe bounds, and switches rules on and off.",
            "在安全范围内调整阈值、`analysis_fps`，启用或停用规则";
    }
}

/// `down/cmd/set`: a few values, without a new configuration. They go on until another configuration is taken up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SetData {
    /// Whether to forget what earlier `set`s said.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub clear: bool,
    /// By id of the camera.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub cameras: BTreeMap<String, CameraSetting>,
    /// By id of the rule: whether it is in force. At least one rule stays in force.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub rules: BTreeMap<String, bool>,
    /// As in the wanted configuration: `running_sha256` of `up/config`.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub expect_config: String,
    /// Seconds after which what ran before comes back, also over a restart, unless `confirm` came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 10, max = 86_400))]
    pub revert_after_secs: Option<u32>,
}

/// What can be set of a camera. Values outside the safe range are taken as its nearest end, and the reply says so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CameraSetting {
    /// Pictures per second that are looked at: 0.5 to 15.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub analysis_fps: Option<f64>,
    /// How sure the detector must be, per class: 0.2 to 0.9.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub thresholds: BTreeMap<String, f64>,
}

impl CommandData for SetData {
    const MESSAGE: Message =
        Message::bare::<Command<SetData>>("down/cmd/set", set_example, message::set).strict();
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Operator;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Now(set);
}

fn set_example() -> Result<Vec<u8>, ExampleError> {
    let setting = CameraSetting { analysis_fps: Some(3.0), thresholds: [("person".to_owned(), 0.5)].into() };
    let data = SetData {
        cameras: [("cam-03".to_owned(), setting)].into(),
        rules: [("fire-lane-blocked".to_owned(), true)].into(),
        expect_config: examples::SHA256.to_owned(),
        revert_after_secs: Some(3600),
        ..SetData::default()
    };
    example("operator 1", data)
}

fn set(data: SetData, _: &CommandEnvelope, at: &mut dyn RunningBox) -> Answer {
    if let Err((code, why)) = may_change(at, &data.expect_config, data.revert_after_secs) {
        return Answer::refused(code, why);
    }
    let taken = settings::changed(at.base(), &at.classes(), &at.overrides().now.settings, &data);
    let (settings, said) = match taken {
        Ok(taken) => taken,
        Err(why) => return Answer::refused(Refusal::Invalid, why),
    };
    let now = Overrides { settings, ..at.overrides().now.clone() };
    let (source, version) = now.source();
    let next = changed(at, now, data.revert_after_secs);
    let base = at.base().clone();
    match at.take_up(base, next, &Offer { source, version }) {
        Ok(()) => {
            let said = said.into_iter().chain([runs_now(at)]).map(Words::from).collect();
            Answer::done_with(Words::List(said, Joint::Then))
        }
        Err(problems) => Answer::failed(in_short(&problems)),
    }
}
