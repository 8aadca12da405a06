//! `config`, the message `wanted`: the whole configuration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::answer::Answer;
use super::super::envelope::CommandEnvelope;
use super::super::overrides::{Overrides, StoredOverrides, Wanted};
use super::super::remote_config_policy;
use super::super::running_box::{Offer, RunningBox, changed, in_short, may_change, runs_now};
use super::{CommandData, Handler, Replay};
use crate::config::restart::takes_a_restart;
use crate::config::{Config, Problems, Surroundings};
use crate::contract::box_status::ConfigSource;
use crate::contract::command::Refusal;
use crate::contract::examples::{self, ExampleError};
use crate::contract::messages::Message;
use crate::contract::patterns;
use crate::contract::signature::Role;
use crate::contract::words::Time;

/// `down/config`: the wanted configuration, whole, as a signed command named `config`. May be retained.
///
/// It is judged like the file on the box. What became of it is told on `up/config`, with every problem. A change of
/// the file on the box made afterwards wins. At most about 40 KiB of TOML fit into a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WantedConfigData {
    /// Higher than that of every configuration that the box took this way before.
    #[schemars(range(min = 1))]
    pub version: u64,
    /// The whole file.
    pub toml: String,
    /// `running_sha256` of `up/config` as the centre knows it: if something else runs by now, nothing is changed.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub expect_config: String,
    /// Seconds after which what ran before comes back, also over a restart, unless `confirm` came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 10, max = 86_400))]
    pub revert_after_secs: Option<u32>,
}

/// The wanted configuration as a message. Its `version` says what `exp` says of a command, so that one may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WantedConfig {
    /// Chosen by the centre, unique. The answer on `up/reply` repeats it.
    #[schemars(length(min = 1, max = 128))]
    pub request_id: String,
    /// The county's code of the box that is meant.
    pub area: String,
    /// The box that is meant.
    #[serde(rename = "box")]
    pub box_id: String,
    /// `config`.
    pub command: String,
    /// When it was issued.
    pub iat: Time,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exp: Option<Time>,
    /// Who issues it: a person or a desk, for the audit log.
    #[schemars(length(min = 1, max = 128))]
    pub by: String,
    /// Why, in words, for the audit log.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(max = 512))]
    pub reason: Option<String>,
    /// What is wanted; its fields stand beside the others.
    #[serde(flatten)]
    pub data: WantedConfigData,
}

impl CommandData for WantedConfigData {
    const MESSAGE: Message = Message::bare::<WantedConfig>(
        "down/config",
        example,
        "The wanted configuration, whole and versioned; signed.",
    )
    .named("wanted")
    .retained();
    const SUMMARY_ZH: &'static str = "下发整份配置，带版本号";
    const ROLE: Role = Role::Admin;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::ByVersion;
    const HANDLER: Handler<Self> = Handler::Now(take_up);

    /// The whole text is kept beside the log while it runs.
    fn logged(&self) -> Option<Value> {
        Some(serde_json::json!({ "version": self.version, "expect_config": self.expect_config,
            "revert_after_secs": self.revert_after_secs }))
    }
}

fn example() -> Result<Vec<u8>, ExampleError> {
    let wanted = WantedConfig {
        request_id: "r-20261121-19".to_owned(),
        area: "530127".to_owned(),
        box_id: "box-7f3a".to_owned(),
        command: "config".to_owned(),
        iat: Time(examples::at(180)?),
        exp: None,
        by: "admin 1".to_owned(),
        reason: Some("new zone at the east gate".to_owned()),
        data: WantedConfigData {
            version: 8,
            toml: "[site]\nbox = \"box-7f3a\"\narea = \"530127\"\n...".to_owned(),
            expect_config: examples::SHA256.to_owned(),
            revert_after_secs: Some(600),
        },
    };
    Ok(serde_json::to_vec(&wanted)?)
}

fn take_up(data: WantedConfigData, envelope: &CommandEnvelope, at: &mut dyn RunningBox) -> Answer {
    let highest = at.overrides().version;
    // A broker that keeps an old one says nothing new at every connection.
    if envelope.retained && data.version <= highest {
        return Answer::already("the broker keeps a configuration that was taken up, or judged, before");
    }
    let running = at.overrides().now.wanted.as_ref();
    if running.is_some_and(|running| running.version == data.version && running.toml == data.toml) {
        return Answer::already("this configuration runs");
    }
    if data.version <= highest {
        let why =
            format!("version {} is not above {highest}, the highest that was taken up so far", data.version);
        return Answer::refused(Refusal::Conflict, why);
    }
    if let Err((code, why)) = may_change(at, &data.expect_config, data.revert_after_secs) {
        return Answer::refused(code, why);
    }
    let offer = Offer { source: ConfigSource::Remote, version: Some(data.version) };
    let taken = judged(at, &data).and_then(|base| {
        let wanted = Wanted { version: data.version, toml: data.toml.clone() };
        let now = Overrides { wanted: Some(wanted), ..Overrides::default() };
        let next = StoredOverrides { version: data.version, ..changed(at, now, data.revert_after_secs) };
        at.take_up(base, next, &offer)
    });
    match taken {
        Ok(()) => Answer::done(runs_now(at)),
        Err(problems) => {
            at.refuse(&offer, &problems);
            Answer::refused(Refusal::Invalid, in_short(&problems))
        }
    }
}

/// Judged like the file, and then some.
fn judged(at: &dyn RunningBox, data: &WantedConfigData) -> Result<Config, Problems> {
    let path = at.file().path();
    let base = Config::from_text(path, &data.toml, &Surroundings::of(path))?;
    let mut wrong = takes_a_restart(at.base(), &base);
    wrong.extend(remote_config_policy::forbidden(at.file(), at.base(), &base, at.now().utc));
    if wrong.is_empty() {
        Ok(base)
    } else {
        let sha256 = base.sha256.clone();
        Err(Problems::of_the_whole(path, Some(&sha256), wrong))
    }
}
