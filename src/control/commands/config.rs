//! `config`, the message `wanted`: the whole configuration.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::answer::Answer;
use super::super::envelope::{CommandEnvelope, time_or_seconds};
use super::super::fields::{self, Faults};
use super::super::local::PAGE_PREFIX;
use super::super::overrides::{OfferedConfig, Overrides, StoredOverrides, digest};
use super::super::remote_config_policy;
use super::super::running_box::{
    Offer, RunningBox, ShadowOrder, changed, in_short, knows_what_runs, may_change, may_try, runs_now,
};
use super::part::not_taken;
use super::{CommandData, Handler, Replay};
use crate::config::restart::takes_a_restart;
use crate::config::{Config, Problems, Surroundings};
use crate::contract::command::Refusal;
use crate::contract::examples::{self, ExampleError};
use crate::contract::messages::Message;
use crate::contract::patterns;
use crate::contract::shadow::LASTS_AT_MOST_SECS;
use crate::contract::signature::Role;
use crate::contract::words::Time;
use crate::text::{Sentences, Words, command as say, sentences, shadow};

sentences! {
    message {
        wanted():
            "The wanted configuration, whole and versioned.",
            "下发整份配置，带版本号";
    }
    command {
        toml_missing():
            "missing field `toml`, or `transfer` where it came in parts",
            "缺少 `toml`；分片上传的须写 `transfer`";
        toml_and_transfer():
            "`toml` and `transfer`: only one of them says what is wanted",
            "`toml` 和 `transfer` 只能写一个";
        known_config():
            "the broker keeps a configuration that was taken up, or judged, before",
            "MQTT 服务器上保留的配置先前已采用或检查过";
        config_runs():
            "this configuration runs",
            "正在运行的就是这份配置";
        no_config():
            "it says no configuration",
            "其中没有配置";
        shadow_for_alone():
            "`shadow_for_secs` is for a shadow: write `shadow: true` beside it",
            "`shadow_for_secs` 只用于影子配置：须同时写 `shadow: true`";
        shadow_changes_nothing():
            "a shadow changes nothing that could come back: leave out `revert_after_secs`",
            "影子配置不改变任何内容，无需恢复：不要写 `revert_after_secs`";
        shadow_ends_alone():
            "`shadow_for_secs` 0 ends the shadow: leave out `toml` and `transfer`",
            "`shadow_for_secs` 为 0 表示结束影子配置：不要写 `toml` 和 `transfer`";
        shadow_is_not_kept():
            "the broker keeps this message; a shadow must not be retained, as the wanted configuration stands there",
            "此消息由 MQTT 服务器保留；影子配置不得保留，那里是要下发的配置的位置";
        shadow_judges(sha256):
            "{sha256} judges beside the configuration that runs; what it makes goes to `up/shadow`",
            "{sha256} 开始与运行中的配置并行判断，结果发往 `up/shadow`";
        shadow_ended():
            "the shadow has ended",
            "影子配置已结束";
        no_shadow():
            "no shadow judges",
            "没有影子配置在判断";
        version_too_low(version, highest):
            "version {version} is not above {highest}, the highest that was taken up so far",
            "版本 {version} 没有超过至今采用过的最高版本 {highest}";
    }
}

/// `down/config`: the wanted configuration, whole, as a signed command named `config`. May be retained.
///
/// It is judged like the file on the box. What became of it is told on `up/config`, with every problem. A change of
/// the file on the box made afterwards wins. At most about 40 KiB of TOML fit into a message; a larger one comes in parts
/// (`down/cmd/part`) and is named here by `transfer`, and single entries are changed by `down/cmd/patch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct WantedConfigData {
    /// Higher than that of every configuration that the box took this way before.
    #[schemars(range(min = 1))]
    pub version: u64,
    /// The whole file; this or `transfer`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub toml: Option<String>,
    /// The whole file, which came in parts by `down/cmd/part`; then it must not be retained.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub transfer: Option<TransferName>,
    /// `running_sha256` of `up/config` as the centre knows it: if something else runs by now, nothing is changed.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub expect_config: String,
    /// Seconds after which what ran before comes back, also over a restart, unless `confirm` came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 10, max = 86_400))]
    pub revert_after_secs: Option<u32>,
    /// Whether it only judges beside what runs, which nothing of it changes: what it would have told goes to `up/shadow`. It is
    /// checked as one that is to run, and must not be retained.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub shadow: bool,
    /// Seconds for which a shadow judges, a week by default; 0 ends the one that judges, without `toml` and `transfer`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 0, max = 2_678_400))]
    pub shadow_for_secs: Option<u32>,
}

/// A text that came in parts, and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferName {
    /// `transfer` of its parts.
    #[schemars(length(min = 1, max = 128))]
    pub id: String,
    /// SHA-256 of the whole text in UTF-8, hexadecimal: what is signed here is the whole.
    #[schemars(length(min = 64, max = 64))]
    pub sha256: String,
}

/// The wanted configuration as a message. Its `version` says what `exp` says of a command, so that one may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct WantedConfig {
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
    #[schemars(schema_with = "time_or_seconds")]
    pub iat: Time,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(schema_with = "time_or_seconds")]
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
    const MESSAGE: Message = Message::bare::<WantedConfig>("down/config", example, message::wanted)
        .named("wanted")
        .retained()
        .strict();
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Admin;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::ByVersion;
    const HANDLER: Handler<Self> = Handler::Now(take_up);

    fn read(data: &Value) -> Result<Self, Faults> {
        let mut wanted: Self = fields::read(data)?;
        if let Some(transfer) = &mut wanted.transfer {
            // As in the parts.
            transfer.sha256.make_ascii_lowercase();
        }
        if wanted.shadow_for_secs.is_some() && !wanted.shadow {
            return Err(vec![command::shadow_for_alone()]);
        }
        if wanted.shadow_for_secs.is_some_and(|secs| secs > LASTS_AT_MOST_SECS) {
            return Err(vec![shadow::lasts_too_long(LASTS_AT_MOST_SECS / 86_400)]);
        }
        if wanted.shadow && wanted.revert_after_secs.is_some() {
            return Err(vec![command::shadow_changes_nothing()]);
        }
        if wanted.ends_shadow() {
            return match (&wanted.toml, &wanted.transfer) {
                (None, None) => Ok(wanted),
                (Some(_), _) | (_, Some(_)) => Err(vec![command::shadow_ends_alone()]),
            };
        }
        match (&wanted.toml, &wanted.transfer) {
            (Some(_), None) | (None, Some(_)) => Ok(wanted),
            (None, None) => Err(vec![command::toml_missing()]),
            (Some(_), Some(_)) => Err(vec![command::toml_and_transfer()]),
        }
    }

    /// The whole text is kept beside the log while it runs.
    fn logged(&self) -> Option<Value> {
        let mut logged = serde_json::json!({ "version": self.version, "expect_config": self.expect_config,
            "revert_after_secs": self.revert_after_secs });
        if self.shadow {
            logged["shadow"] = true.into();
            logged["shadow_for_secs"] = serde_json::json!(self.shadow_for_secs);
        }
        if let Some(transfer) = &self.transfer {
            logged["transfer"] = serde_json::json!(transfer);
        }
        Some(logged)
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
        reason: Some(examples::NEW_ZONE.to_owned()),
        data: WantedConfigData {
            version: 8,
            toml: Some("[site]\nbox = \"box-7f3a\"\narea = \"530127\"\n...".to_owned()),
            transfer: None,
            expect_config: examples::SHA256.to_owned(),
            revert_after_secs: Some(600),
            shadow: false,
            shadow_for_secs: None,
        },
    };
    Ok(serde_json::to_vec(&wanted)?)
}

fn take_up(data: WantedConfigData, envelope: &CommandEnvelope, at: &mut dyn RunningBox) -> Answer {
    if envelope.local.is_some() {
        return try_out(data, &envelope.by, at);
    }
    let highest = at.overrides().version;
    // A broker that keeps an old one says nothing new at every connection.
    if envelope.retained && data.version <= highest {
        return Answer::already(command::known_config());
    }
    if data.shadow && envelope.retained {
        return Answer::refused(Refusal::Invalid, command::shadow_is_not_kept());
    }
    let ends_shadow = data.ends_shadow();
    let WantedConfigData {
        version,
        toml,
        transfer,
        expect_config,
        revert_after_secs,
        shadow,
        shadow_for_secs,
    } = data;
    let is_it = |text: &str| match (&toml, &transfer) {
        (Some(toml), _) => text == toml,
        (None, Some(transfer)) => digest(text) == transfer.sha256,
        (None, None) => false,
    };
    let running = at.overrides().now.of_centre().filter(|_| !shadow);
    if running.is_some_and(|running| running.version == version && is_it(&running.toml)) {
        return Answer::already(command::config_runs());
    }
    if let Some(answer) = too_old(at, version) {
        return answer;
    }
    // Also beside what is on trial: a shadow changes nothing.
    let allowed = match shadow {
        true => knows_what_runs(at, &expect_config, None),
        false => may_change(at, &expect_config, revert_after_secs),
    };
    if let Err((code, why)) = allowed {
        return Answer::refused(code, why);
    }
    if ends_shadow {
        return end_shadow(version, at);
    }
    let key = envelope.signer.as_ref().map(|signer| &*signer.key);
    let toml = match text_of(toml, transfer.as_ref(), key, at) {
        Ok(toml) => toml,
        Err(answer) => return *answer,
    };
    let answer = match shadow {
        true => begin_shadow(at, version, &toml, shadow_for_secs, &envelope.by),
        false => put_in_place(at, Offered { version, toml, revert_after_secs, tried_by: None }),
    };
    // Also one that may not run: it will not get better, and is in the way of the one that is.
    if let Some(TransferName { id, .. }) = transfer {
        at.transfers().forget(key, &id);
    }
    answer
}

/// The whole text, as it stands in the message or came in parts.
fn text_of(
    toml: Option<String>,
    transfer: Option<&TransferName>,
    key: Option<&str>,
    at: &mut dyn RunningBox,
) -> Result<String, Box<Answer>> {
    match (toml, transfer) {
        (Some(toml), _) => Ok(toml),
        (None, Some(TransferName { id, sha256 })) => {
            let now = at.now().mono;
            at.transfers().text(key, id, sha256, now).map_err(|error| Box::new(not_taken(&error)))
        }
        (None, None) => Err(Box::new(Answer::refused(Refusal::Invalid, command::no_config()))),
    }
}

impl WantedConfigData {
    fn ends_shadow(&self) -> bool {
        self.shadow && self.shadow_for_secs == Some(0)
    }
}

/// The version counts, so that nobody who kept the message can send it again.
fn take_version(at: &mut dyn RunningBox, version: u64) -> Result<(), Box<Answer>> {
    let next = StoredOverrides { version, ..at.overrides().clone() };
    at.store_overrides(next)
        .map_err(|error| Box::new(Answer::failed(say::not_written_down(error.to_string()))))
}

/// It is judged as one that is to run, and judges beside what runs.
fn begin_shadow(
    at: &mut dyn RunningBox,
    version: u64,
    toml: &str,
    lasts_secs: Option<u32>,
    by: &str,
) -> Answer {
    let judged = judged(at, toml, false);
    let config = match judged.and_then(|config| config.check_classes(&at.classes()).map(|()| config)) {
        Ok(config) => config,
        // Not on `up/config`: nothing was to run.
        Err(problems) => return Answer::refused(Refusal::Invalid, in_short(&problems)),
    };
    // What is refused takes no version.
    if config.sha256 == at.config().sha256 {
        return Answer::refused(Refusal::Invalid, shadow::is_what_runs());
    }
    if let Err(answer) = take_version(at, version) {
        return *answer;
    }
    let (name, sha256) = (format!("down/config {version}"), config.sha256.clone());
    let lasts = lasts_secs.map(|secs| Duration::from_secs(secs.into()));
    let order = ShadowOrder { name, lasts, by: by.to_owned() };
    match at.begin_shadow(config, order) {
        Ok(()) => Answer::done_with(command::shadow_judges(sha256)),
        // It was judged before: what is wrong now is the box.
        Err(why) => Answer::failed(why),
    }
}

fn end_shadow(version: u64, at: &mut dyn RunningBox) -> Answer {
    if let Err(answer) = take_version(at, version) {
        return *answer;
    }
    ended(at.end_shadow())
}

fn ended(one_judged: bool) -> Answer {
    match one_judged {
        true => Answer::done_with(command::shadow_ended()),
        false => Answer::already(command::no_shadow()),
    }
}

/// Somebody at the page tries it, and it comes back by itself. Who may do that was decided at the box, so it may be all
/// that the file may be, and it takes no version from the centre.
fn try_out(data: WantedConfigData, by: &str, at: &mut dyn RunningBox) -> Answer {
    let (Some(toml), Some(secs)) = (data.toml, data.revert_after_secs) else {
        return Answer::refused(Refusal::Invalid, command::no_config());
    };
    if let Err((code, why)) = may_try(at, &data.expect_config, secs) {
        return Answer::refused(code, why);
    }
    let version = at.overrides().version;
    let by = by.strip_prefix(PAGE_PREFIX).unwrap_or(by).to_owned();
    put_in_place(at, Offered { version, toml, revert_after_secs: Some(secs), tried_by: Some(by) })
}

/// A configuration of somebody who knows what runs.
pub(super) struct Offered {
    pub version: u64,
    pub toml: String,
    pub revert_after_secs: Option<u32>,
    /// Who tries it at the page on the box; `None`: it comes from the centre.
    pub tried_by: Option<String>,
}

/// Versions never go back: the answer to one that does.
pub(super) fn too_old(at: &dyn RunningBox, version: u64) -> Option<Answer> {
    let highest = at.overrides().version;
    (version <= highest)
        .then(|| Answer::refused(Refusal::Conflict, command::version_too_low(version, highest)))
}

/// Judges it and makes it what runs, on trial where that is asked for.
pub(super) fn put_in_place(at: &mut dyn RunningBox, offered: Offered) -> Answer {
    let Offered { version, toml, revert_after_secs, tried_by } = offered;
    let from_page = tried_by.is_some();
    let wanted = OfferedConfig { version, toml, from_page };
    let judged = judged(at, &wanted.toml, from_page);
    let now = Overrides { wanted: Some(wanted), ..Overrides::default() };
    let (source, offered_version) = now.source();
    let offer = Offer { source, version: offered_version };
    let taken = judged.and_then(|base| {
        let mut next = StoredOverrides { version, ..changed(at, now, revert_after_secs) };
        if let Some(trial) = &mut next.trial {
            trial.by = tried_by;
        }
        at.take_up(base, next, &offer)
    });
    match taken {
        Ok(()) => Answer::done_with(runs_now(at)),
        Err(problems) => {
            at.refuse(&offer, &problems);
            Answer::refused(Refusal::Invalid, in_short(&problems))
        }
    }
}

/// Judged like the file, and then some where it comes from afar.
fn judged(at: &dyn RunningBox, toml: &str, from_page: bool) -> Result<Config, Problems> {
    let path = at.file().path();
    let base = Config::from_text(path, toml, &Surroundings::of(path))?;
    let restart = takes_a_restart(at.base(), &base).into_iter().map(Words::from);
    let forbidden = match from_page {
        true => Vec::new(),
        false => remote_config_policy::forbidden(at.file(), at.base(), &base, at.now().utc),
    };
    let wrong: Vec<Words> = restart.chain(forbidden.into_iter().map(Words::from)).collect();
    if wrong.is_empty() {
        Ok(base)
    } else {
        let sha256 = base.sha256.clone();
        Err(Problems::of_the_whole(path, Some(&sha256), wrong))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::test_box::TestBox;
    use super::*;
    use crate::contract::command::Outcome;

    #[test]
    fn what_is_tried_at_the_page_is_not_what_the_centre_sent_though_it_reads_the_same() {
        let mut here = TestBox::new();
        here.overrides.version = 7;
        let toml = format!("{}# wider\n", here.file.text());
        let wanted = |here: &TestBox| json!({ "version": 7, "toml": toml, "expect_config": here.config.sha256, "revert_after_secs": 600 });
        let tried = here.ask_at_page("config", Role::Admin, &wanted(&here));
        assert_eq!(tried.outcome, Outcome::Done, "{tried:?}");
        let by = here.overrides.trial.as_ref().and_then(|trial| trial.by.as_deref());
        assert_eq!(by, Some("li"), "who tries it is known by the name at the page");
        let sent = here.ask("config", Role::Admin, &wanted(&here));
        assert_eq!((sent.outcome, sent.code), (Outcome::Refused, Some(Refusal::Conflict)), "{sent:?}");
        let area = json!([{ "path": "site.area", "value": "530127" }]);
        let patch = json!({ "version": 7, "expect_config": here.config.sha256, "set": area });
        let sent = here.ask("patch", Role::Admin, &patch);
        assert_eq!((sent.outcome, sent.code), (Outcome::Refused, Some(Refusal::Conflict)), "{sent:?}");
    }

    /// A box that may be commanded by somebody.
    fn commanded() -> TestBox {
        let mut here = TestBox::new();
        here.add_to_file(
            "\n[[command_key]]\nid = \"admin-1\"\nrole = \"admin\"\n\
             public_key = \"3GNLJrUsVTLEIzIXAJxVfQsYE3-HNNPRrWAe2FdOGUk\"\n",
        );
        here
    }

    /// The file with another rate, to judge beside it.
    fn beside(here: &TestBox, version: u64) -> serde_json::Value {
        let toml = here.file.text().replace("id = \"cam-1\"\n", "id = \"cam-1\"\nanalysis_fps = 2.0\n");
        json!({ "version": version, "toml": toml, "expect_config": here.config.sha256, "shadow": true })
    }

    #[test]
    fn a_shadow_judges_beside_what_runs_and_its_version_counts() {
        let mut here = commanded();
        let runs = here.config.sha256.clone();
        let shadow = beside(&here, 3);
        let begun = here.ask("config", Role::Admin, &shadow);
        assert_eq!(begun.outcome, Outcome::Done, "{begun:?}");
        let (sha256, order) = here.shadow.clone().unwrap();
        assert!(sha256 != runs && here.config.sha256 == runs && here.overrides.trial.is_none());
        assert_eq!((order.lasts, &*order.by), (None, "desk 2"));
        assert_eq!(here.overrides.version, 3);
        let again = here.ask("config", Role::Admin, &shadow);
        assert_eq!(again.code, Some(Refusal::Conflict), "whoever kept it cannot send it again");
        let mut other = beside(&here, 4);
        other["expect_config"] = json!("another");
        assert_eq!(here.ask("config", Role::Admin, &other).code, Some(Refusal::Conflict));

        let end = json!({ "version": 4, "expect_config": runs, "shadow": true, "shadow_for_secs": 0 });
        assert_eq!(here.ask("config", Role::Admin, &end).outcome, Outcome::Done);
        assert_eq!((here.shadow.clone(), here.overrides.version), (None, 4));
        let end = json!({ "version": 5, "expect_config": runs, "shadow": true, "shadow_for_secs": 0 });
        assert_eq!(here.ask("config", Role::Admin, &end).outcome, Outcome::Already, "none judges");
    }

    #[test]
    fn a_shadow_may_no_more_than_what_runs_and_is_never_taken_for_it() {
        let mut here = commanded();
        let mut mute = beside(&here, 1);
        mute["toml"] = json!(here.file.text().replace("[[command_key]]", "[[command_key_]]"));
        let refused = here.ask("config", Role::Admin, &mute);
        assert_eq!((refused.code, &here.shadow), (Some(Refusal::Invalid), &None), "{refused:?}");
        assert_eq!(here.overrides.version, 0, "what is refused takes no version");
        here.is_full = true;
        let shadow = beside(&here, 1);
        assert_eq!(here.ask("config", Role::Admin, &shadow).outcome, Outcome::Failed);
        assert_eq!(here.shadow, None, "it is on disk that it may not come again, before it judges");
        here.is_full = false;
        for (field, value) in [
            ("revert_after_secs", json!(60)),
            ("shadow_for_secs", json!(0)),
            ("shadow_for_secs", json!(2_678_401)),
        ] {
            let mut wrong = beside(&here, 1);
            wrong[field] = value;
            assert!(WantedConfigData::read(&wrong).is_err(), "{field}");
        }
        let mut runs = beside(&here, 1);
        runs["shadow"] = json!(false);
        runs["shadow_for_secs"] = json!(60);
        assert!(WantedConfigData::read(&runs).is_err(), "somebody meant a shadow");
        let logged = WantedConfigData::read(&beside(&here, 1)).unwrap().logged().unwrap();
        assert_eq!(logged["shadow"], true);
    }

    #[test]
    fn what_runs_already_is_refused_as_a_shadow_and_takes_no_version() {
        let mut here = commanded();
        let mut same = beside(&here, 1);
        same["toml"] = json!(here.file.text());
        let refused = here.ask("config", Role::Admin, &same);
        assert_eq!((refused.code, &here.shadow), (Some(Refusal::Invalid), &None), "{refused:?}");
        assert_eq!(here.overrides.version, 0);
    }

    #[test]
    fn a_shadow_of_what_no_model_of_the_box_finds_is_refused_and_takes_no_version() {
        let mut here = commanded();
        let mut other = beside(&here, 1);
        other["toml"] = json!(here.file.text().replace("classes = [\"person\"]", "classes = [\"bus\"]"));
        let refused = here.ask("config", Role::Admin, &other);
        assert_eq!((refused.code, &here.shadow), (Some(Refusal::Invalid), &None), "{refused:?}");
        assert_eq!(here.overrides.version, 0);
    }

    #[test]
    fn nothing_judges_beside_what_runs_by_a_command_of_the_page() {
        let mut here = TestBox::new();
        let shadow = beside(&here, 1);
        assert_eq!(here.ask_at_page("config", Role::Admin, &shadow).code, Some(Refusal::Invalid));
        assert_eq!((here.shadow, here.overrides.version), (None, 0), "it asks as `lookout shadow` does");
    }
}
