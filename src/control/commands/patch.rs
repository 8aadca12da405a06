//! `patch`: a few entries and values of the configuration, by their ids, in place of a whole one.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::answer::Answer;
use super::super::envelope::{Command, CommandEnvelope};
use super::super::fields::{self, Faults};
use super::super::running_box::{RunningBox, may_change, runs_now};
use super::config::{Offered, put_in_place, too_old};
use super::{CommandData, Handler, Replay, example};
use crate::config::PatchStep;
use crate::config::patch::patched;
use crate::contract::command::Refusal;
use crate::contract::examples;
use crate::contract::messages::Message;
use crate::contract::patterns;
use crate::contract::signature::Role;
use crate::text::{Sentences, sentences};

sentences! {
    message {
        patch():
            "Changes, adds or removes entries of the configuration by their ids, versioned and checked like a whole one.",
            "按编号修改、增加或删除配置中的条目，带版本号，与整份配置同样检查";
    }
    command {
        patch_runs(now):
            "this patch is part of what runs; {now}",
            "这个补丁已包含在正在运行的配置中；{now}";
        patch_changes_nothing():
            "it changes nothing: `set` and `remove` are empty",
            "没有任何更改：`set` 和 `remove` 都是空的";
        path_twice():
            "the same path stands in it twice",
            "同一路径出现了两次";
    }
}

/// `down/cmd/patch`: changes a few entries of the configuration that runs. What comes of it is judged, tried and written
/// down like a whole configuration on `down/config`; what `set` said before is forgotten, as it is then. First `remove`, then
/// `set`, each in its order; all of it, or nothing.
///
/// A path leads from the top of the file down, its steps with a dot between them: a name, and behind the name of a list of
/// entries the `id` of one (of a grid its `code`), such as `camera.cam-03.zone.gate.polygon`. An entry that is not there is
/// added by a path to it with an object. Lists without ids (`mask`) are set as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PatchData {
    /// Higher than that of every configuration that the box took this way before.
    #[schemars(range(min = 1))]
    pub version: u64,
    /// `running_sha256` of `up/config` as the centre knows it: if something else runs by now, nothing is changed.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub expect_config: String,
    /// What is to stand where.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub set: Vec<SetAt>,
    /// Paths to what is to go.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub remove: Vec<String>,
    /// Seconds after which what ran before comes back, also over a restart, unless `confirm` came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 10, max = 86_400))]
    pub revert_after_secs: Option<u32>,
}

/// One value of a patch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetAt {
    /// Where.
    #[schemars(length(min = 1, max = 512))]
    pub path: String,
    /// What: a value as JSON has it, with an object for an entry or a table.
    pub value: Value,
}

impl CommandData for PatchData {
    const MESSAGE: Message = Message::bare::<Command<PatchData>>(
        "down/cmd/patch",
        || example("admin 1", an_example()),
        message::patch,
    )
    .strict();
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Admin;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Now(change);

    fn read(data: &Value) -> Result<Self, Faults> {
        let patch: Self = fields::read(data)?;
        if patch.set.is_empty() && patch.remove.is_empty() {
            return Err(vec![command::patch_changes_nothing()]);
        }
        let mut seen = HashSet::new();
        let all = patch.set.iter().map(|set| &set.path).chain(&patch.remove);
        match all.into_iter().find(|path| !seen.insert(path.as_str())) {
            Some(_) => Err(vec![command::path_twice()]),
            None => Ok(patch),
        }
    }

    /// Paths only: a value that is refused may hold what must not be written down.
    fn logged(&self) -> Option<Value> {
        let set: Vec<&str> = self.set.iter().map(|set| set.path.as_str()).collect();
        Some(serde_json::json!({ "version": self.version, "expect_config": self.expect_config, "set": set,
            "remove": self.remove, "revert_after_secs": self.revert_after_secs }))
    }
}

fn an_example() -> PatchData {
    PatchData {
        version: 9,
        expect_config: examples::SHA256.to_owned(),
        set: vec![SetAt { path: "camera.cam-03.analysis_fps".to_owned(), value: Value::from(3) }],
        remove: vec!["camera.cam-09".to_owned()],
        revert_after_secs: Some(600),
    }
}

fn change(data: PatchData, _: &CommandEnvelope, at: &mut dyn RunningBox) -> Answer {
    let running = at.overrides().now.of_centre();
    if running.is_some_and(|running| running.version == data.version && is_in(&running.toml, &data)) {
        return Answer::already(command::patch_runs(runs_now(at)));
    }
    if let Some(answer) = too_old(at, data.version) {
        return answer;
    }
    if let Err((code, why)) = may_change(at, &data.expect_config, data.revert_after_secs) {
        return Answer::refused(code, why);
    }
    let removed = data.remove.into_iter().map(|path| PatchStep::Remove { path });
    let set = data.set.into_iter().map(|SetAt { path, value }| PatchStep::Set { path, value });
    let steps: Vec<PatchStep> = removed.chain(set).collect();
    match patched(at.base().text(), &steps) {
        Ok(toml) => put_in_place(
            at,
            Offered {
                version: data.version,
                toml,
                revert_after_secs: data.revert_after_secs,
                tried_by: None,
            },
        ),
        Err(why) => Answer::refused(Refusal::Invalid, why),
    }
}

/// Whether a text says already what the patch makes of it: a power cut may come between the change and its answer.
fn is_in(text: &str, data: &PatchData) -> bool {
    let set = data
        .set
        .iter()
        .map(|SetAt { path, value }| PatchStep::Set { path: path.clone(), value: value.clone() });
    let set: Vec<PatchStep> = set.collect();
    let is_gone = |path: &String| patched(text, &[PatchStep::Remove { path: path.clone() }]).is_err();
    let as_it_is = patched(text, &[]);
    as_it_is.is_ok() && as_it_is == patched(text, &set) && data.remove.iter().all(is_gone)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::test_box::TestBox;
    use super::*;
    use crate::contract::command::Outcome;

    /// A box that may be commanded by somebody.
    fn commanded() -> TestBox {
        let mut here = TestBox::new();
        here.add_to_file(
            "\n[[command_key]]\nid = \"admin-1\"\nrole = \"admin\"\n\
             public_key = \"3GNLJrUsVTLEIzIXAJxVfQsYE3-HNNPRrWAe2FdOGUk\"\n",
        );
        here
    }

    #[test]
    fn a_patch_is_put_in_place_like_a_whole_configuration() {
        let mut here = commanded();
        let before = here.config.sha256.clone();
        let patch = |version: u64, expected: &str| {
            json!({ "version": version, "expect_config": expected, "revert_after_secs": 60,
                "set": [{ "path": "camera.cam-1.analysis_fps", "value": 2.5 }] })
        };
        assert_eq!(here.ask("patch", Role::Admin, &patch(1, "another")).code, Some(Refusal::Conflict));
        assert_eq!(here.config.sha256, before);
        let answer = here.ask("patch", Role::Admin, &patch(1, &before));
        assert_eq!(answer.outcome, Outcome::Done, "{answer:?}");
        assert_eq!(here.config.cameras[0].analysis_hz, 2.5);
        assert!(here.overrides.trial.is_some() && here.overrides.version == 1);
        let now = here.config.sha256.clone();
        // The power went before the answer: the centre still expects what ran before.
        let again = here.ask("patch", Role::Admin, &patch(1, &before));
        assert_eq!(again.outcome, Outcome::Already, "{again:?}");
        assert!(again.message.unwrap().to_string().contains(&format!("{now} runs now")));
        let mut another = patch(1, &now);
        another["set"][0]["value"] = json!(3.5);
        let another = here.ask("patch", Role::Admin, &another);
        assert_eq!(another.code, Some(Refusal::Conflict), "no other one of that version");
        let mut more = patch(1, &now);
        more["remove"] = json!(["site.name"]);
        assert_eq!(here.ask("patch", Role::Admin, &more).outcome, Outcome::Already, "it is not there anyway");
        more["remove"] = json!(["camera.cam-1.eye"]);
        assert_eq!(here.ask("patch", Role::Admin, &more).code, Some(Refusal::Conflict), "it is there");
        assert_eq!(here.ask("patch", Role::Admin, &patch(2, &now)).code, Some(Refusal::Conflict), "on trial");
    }

    #[test]
    fn a_patch_may_no_more_than_a_whole_configuration() {
        let mut here = commanded();
        let before = here.config.sha256.clone();
        let mut refused = |set: Value, remove: Value| {
            let patch = json!({ "version": 1, "expect_config": before, "set": set, "remove": remove });
            let answer = here.ask("patch", Role::Admin, &patch);
            assert_eq!(answer.code, Some(Refusal::Invalid), "{answer:?}");
            assert_eq!(here.config.sha256, before);
            format!("{} {}", answer.message.unwrap(), here.refused.concat())
        };
        assert!(refused(json!([]), json!(["camera.cam-9"])).contains("there is no camera `cam-9`"));
        assert!(refused(json!([]), json!(["command_key.admin-1"])).contains("nobody could command it"));
        let fast = json!([{ "path": "camera.cam-1.analysis_fps", "value": "fast" }]);
        assert!(refused(fast, json!([])).contains("`analysis_fps`"));
        let elsewhere = json!([{ "path": "mqtt.url", "value": "mqtt://203.0.113.9" }]);
        let message = refused(elsewhere, json!([]));
        for why in ["only that file changes it", "From afar go `site`, ", "site.toml on the box"] {
            assert!(message.contains(why), "{why}: {message}");
        }
    }

    #[test]
    fn what_is_written_down_of_a_patch_holds_no_value() {
        let set = vec![SetAt { path: "camera.cam-1.url".to_owned(), value: json!("rtsp://u:hunter2@h/s") }];
        let patch = PatchData { set, ..an_example() };
        let logged = patch.logged().unwrap().to_string();
        assert!(logged.contains("camera.cam-1.url") && !logged.contains("hunter2"), "{logged}");
        let nothing = json!({ "version": 1, "expect_config": "x" });
        assert!(PatchData::read(&nothing).unwrap_err()[0].to_string().contains("changes nothing"));
        let twice = json!({ "version": 1, "expect_config": "x", "remove": ["a", "a"] });
        assert!(PatchData::read(&twice).unwrap_err()[0].to_string().contains("twice"));
    }
}
