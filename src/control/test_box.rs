//! A box for tests of commands: what runs is only noted.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::answer::Answer;
use super::commands::original::{OriginalData, Requests};
use super::commands::{self, Work};
use super::envelope::{CommandEnvelope, ReceivedCommand};
use super::overrides::{Overrides, StoredOverrides};
use super::running_box::{Offer, OriginalReply, PictureReply, RunningBox, ShadowOrder, SnapshotReply};
use super::transfers::Transfers;
use super::{LocalDesk, Signer, settings};
use crate::analysis::detection::Class;
use crate::analysis::time::{Moment, Timestamp};
use crate::audit::Audit;
use crate::config::{Config, Problems, Surroundings};
use crate::contract::EventError;
use crate::contract::command::SelftestResult;
use crate::contract::signature::Role;
use crate::evidence::{NoOriginal, NoPicture};
use crate::outbox::{OutboxError, Resent};
use crate::text::{Sentence, Words, foreign};

/// A box that runs `config/minimal.toml`.
pub(super) struct TestBox {
    pub file: Config,
    pub base: Config,
    pub config: Config,
    pub overrides: StoredOverrides,
    pub requests: Requests,
    pub transfers: Transfers,
    /// What becomes of every request for numbers.
    pub resent: Resent,
    audit: Arc<Audit>,
    _folder: TempDir,
    /// Whether nothing can be written.
    pub is_full: bool,
    /// What was refused, as it is published.
    pub refused: Vec<String>,
    /// Digest of what judges beside what runs.
    pub shadow: Option<(String, ShadowOrder)>,
}

impl TestBox {
    pub(super) fn new() -> Self {
        let path = Path::new("site.toml");
        let text = include_str!("../../config/minimal.toml");
        let file =
            Config::from_text(path, text, &Surroundings::elsewhere(path)).unwrap_or_else(|p| panic!("{p}"));
        let folder = tempfile::tempdir().unwrap();
        let audit = Arc::new(Audit::open(folder.path(), Timestamp::UNIX_EPOCH).unwrap());
        TestBox {
            base: file.clone(),
            config: file.clone(),
            file,
            overrides: StoredOverrides::default(),
            requests: Requests::default(),
            transfers: Transfers::default(),
            resent: Resent::default(),
            audit,
            _folder: folder,
            is_full: false,
            refused: Vec::new(),
            shadow: None,
        }
    }

    /// Runs the file with more at its end.
    pub(crate) fn add_to_file(&mut self, more: &str) {
        let path = self.file.path().to_owned();
        let text = format!("{}{more}", self.file.text());
        self.file = Config::from_text(&path, &text, &Surroundings::elsewhere(&path))
            .unwrap_or_else(|p| panic!("{p}"));
        (self.base, self.config) = (self.file.clone(), self.file.clone());
    }

    /// What becomes of a command of somebody with that role.
    pub(super) fn ask(&mut self, name: &str, role: Role, data: &Value) -> Answer {
        let spec = commands::spec(name).unwrap();
        let envelope = CommandEnvelope {
            spec,
            request_id: "r".to_owned(),
            by: "desk 2".to_owned(),
            reason: Some("road works".to_owned()),
            signer: Some(Signer { key: "k".into(), role }),
            expires: None,
            counter: None,
            clock_is_set: true,
            at: self.now().utc,
            retained: false,
            respond_to: None,
            local: None,
            ignored: Vec::new(),
        };
        let (to, answered) = std::sync::mpsc::channel();
        match spec.read(data).unwrap().work {
            Work::Main(work) => work(&envelope, self, Box::new(move |answer| to.send(answer).unwrap())),
            Work::Alerts(_) => panic!("`{name}` is about an alert"),
        }
        answered.try_recv().unwrap()
    }

    /// The same for somebody who logged in at the page.
    pub(super) fn ask_at_page(&mut self, name: &str, role: Role, data: &Value) -> Answer {
        let (commands, mut taken) = tokio::sync::mpsc::channel(1);
        let desk = LocalDesk::new(commands);
        if let Err(refused) = desk.ask("li", role, name, data, self.now().utc) {
            return *refused;
        }
        let ReceivedCommand { envelope, work, .. } = taken.try_recv().unwrap();
        let (to, answered) = std::sync::mpsc::channel();
        match work {
            Work::Main(work) => work(&envelope, self, Box::new(move |answer| to.send(answer).unwrap())),
            Work::Alerts(_) => panic!("`{name}` is about an alert"),
        }
        answered.try_recv().unwrap()
    }
}

impl RunningBox for TestBox {
    fn file(&self) -> &Config {
        &self.file
    }

    fn base(&self) -> &Config {
        &self.base
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn overrides(&self) -> &StoredOverrides {
        &self.overrides
    }

    fn now(&self) -> Moment {
        Moment { mono: Duration::from_secs(5000), utc: Timestamp::from_second(1_800_000_000).unwrap() }
    }

    fn classes(&self) -> Vec<Class> {
        vec![Class::PERSON]
    }

    fn take_up(&mut self, base: Config, next: StoredOverrides, _: &Offer) -> Result<(), Problems> {
        self.config = settings::apply(base.clone(), &next.now.settings);
        (self.base, self.overrides) = (base, next);
        Ok(())
    }

    fn refuse(&mut self, _: &Offer, problems: &Problems) {
        self.refused.push(problems.to_string());
    }

    fn store_overrides(&mut self, next: StoredOverrides) -> io::Result<()> {
        if self.is_full {
            return Err(io::Error::other("the disk is full"));
        }
        self.overrides = next;
        Ok(())
    }

    fn keep_in_file(&mut self) -> Result<(), Sentence> {
        if self.is_full {
            return Err(foreign::words("the disk is full"));
        }
        self.file = self.base.clone();
        (self.overrides.now, self.overrides.trial) = (Overrides::default(), None);
        Ok(())
    }

    fn go_back(&mut self) -> Result<(), Problems> {
        let before = *self.overrides.trial.take().unwrap().before;
        let path = self.file.path();
        let base = match &before.wanted {
            Some(wanted) => Config::from_text(path, &wanted.toml, &Surroundings::elsewhere(path))?,
            None => self.file.clone(),
        };
        self.config = settings::apply(base.clone(), &before.settings);
        (self.base, self.overrides.now) = (base, before);
        Ok(())
    }

    fn begin_shadow(&mut self, config: Config, order: ShadowOrder) -> Result<(), Words> {
        self.shadow = Some((config.sha256, order));
        Ok(())
    }

    fn end_shadow(&mut self) -> bool {
        self.shadow.take().is_some()
    }

    fn selftest(&mut self) -> SelftestResult {
        SelftestResult {
            ok: true,
            cameras_running: 1,
            cameras: 1,
            queued: 0,
            config_sha256: self.config.sha256.clone(),
            degraded: Vec::new(),
        }
    }

    fn snapshot(&mut self, _: Arc<str>, reply: SnapshotReply) {
        reply(Err(foreign::words("the camera gives none")));
    }

    fn original(&mut self, _: OriginalData, reply: OriginalReply) {
        reply(Err(NoOriginal::Unknown));
    }

    fn original_requests(&mut self) -> &mut Requests {
        &mut self.requests
    }

    fn resend(&mut self, _: &str, _: u64, _: u64) -> Result<Resent, OutboxError> {
        Ok(self.resent.clone())
    }

    fn picture_again(&mut self, _: String, _: u32, reply: PictureReply) {
        reply(Err(NoPicture::Unknown));
    }

    fn picture_requests(&mut self) -> &mut Requests {
        &mut self.requests
    }

    fn meta(&mut self) -> Result<String, EventError> {
        Ok("{}\n".to_owned())
    }

    fn audit(&self) -> Arc<Audit> {
        self.audit.clone()
    }

    fn text_requests(&mut self) -> &mut Requests {
        &mut self.requests
    }

    fn transfers(&mut self) -> &mut Transfers {
        &mut self.transfers
    }
}

mod tests {
    use super::*;
    use crate::contract::command::{Outcome, Refusal};

    #[test]
    fn a_mute_that_could_not_be_written_is_not_in_force() {
        let mut here = TestBox::new();
        let mute = json!({ "kind": "presence", "for_secs": 60 });
        here.is_full = true;
        assert_eq!(here.ask("mute", Role::Operator, &mute).outcome, Outcome::Failed);
        assert!(here.overrides.mutes.is_empty());
        here.is_full = false;
        assert_eq!(here.ask("mute", Role::Operator, &mute).outcome, Outcome::Done);
        assert_eq!(here.overrides.mutes.len(), 1);
        let over = json!({ "kind": "presence", "for_secs": 0 });
        let ended = here.ask("mute", Role::Operator, &over);
        assert_eq!(ended.outcome, Outcome::Done);
        assert!(ended.message.unwrap().to_string().starts_with("muted no more"));
        assert!(here.overrides.mutes.is_empty(), "0 ends it");
        assert_eq!(here.ask("mute", Role::Operator, &over).outcome, Outcome::Already, "it was over");
        let of_the_site = here.config.rules[0].signal.to_string();
        for kind in [&*of_the_site, "flooding", "test_alert"] {
            let mute = json!({ "kind": kind, "for_secs": 60 });
            assert_eq!(here.ask("mute", Role::Operator, &mute).outcome, Outcome::Done, "{kind}");
        }
        let unknown = json!({ "kind": "nonsense", "for_secs": 60 });
        assert_eq!(here.ask("mute", Role::Operator, &unknown).code, Some(Refusal::Invalid));
        // What was muted and is not configured any more.
        here.overrides.mutes[0].kind = Some("nonsense".to_owned());
        let over = json!({ "kind": "nonsense", "for_secs": 0 });
        assert_eq!(here.ask("mute", Role::Operator, &over).outcome, Outcome::Done);
        let both = json!({ "kind": "presence", "camera": "cam-1", "for_secs": 60 });
        assert_eq!(here.ask("mute", Role::Operator, &both).code, Some(Refusal::Invalid));
    }

    #[test]
    fn a_value_is_set_on_trial_only_by_who_knows_what_runs_and_confirmed_by_who_knows_what_is_on_trial() {
        let mut here = TestBox::new();
        let before = here.config.sha256.clone();
        let set = |expected: &str| {
            json!({ "expect_config": expected, "revert_after_secs": 60,
                "cameras": { "cam-1": { "analysis_fps": 2.0 } } })
        };
        assert_eq!(here.ask("set", Role::Operator, &set("another")).code, Some(Refusal::Conflict));
        assert_eq!(here.config.sha256, before);
        assert_eq!(here.ask("set", Role::Operator, &set(&before)).outcome, Outcome::Done);
        let on_trial = here.config.sha256.clone();
        assert!(on_trial != before && here.overrides.trial.is_some());
        let again = here.ask("set", Role::Operator, &set(&on_trial));
        assert_eq!(again.code, Some(Refusal::Conflict), "one trial at a time");
        let confirm = |config: &str| json!({ "config": config });
        assert_eq!(here.ask("confirm", Role::Operator, &confirm(&before)).code, Some(Refusal::Conflict));
        assert_eq!(here.ask("confirm", Role::Operator, &confirm(&on_trial)).outcome, Outcome::Done);
        assert!(here.overrides.trial.is_none());
        assert_eq!(here.ask("confirm", Role::Operator, &confirm(&on_trial)).outcome, Outcome::Already);
    }

    #[test]
    fn a_configuration_that_may_not_run_is_refused_with_every_problem() {
        let mut here = TestBox::new();
        let running = here.config.sha256.clone();
        let wanted = json!({ "version": 1, "toml": here.file.text(), "expect_config": running });
        let answer = here.ask("config", Role::Admin, &wanted);
        // Nobody could command the box any more: the file names no key.
        assert_eq!(answer.code, Some(Refusal::Invalid), "{answer:?}");
        assert!(here.refused[0].contains("`[[command_key]]`"), "{:?}", here.refused);
        assert_eq!(here.config.sha256, running);
    }

    /// The file with another rate, as somebody at the page tries it.
    fn tried(here: &TestBox, fps: &str) -> Value {
        let toml =
            here.file.text().replace("id = \"cam-1\"\n", &format!("id = \"cam-1\"\nanalysis_fps = {fps}\n"));
        assert_ne!(toml, here.file.text());
        json!({ "version": 1, "toml": toml, "expect_config": here.config.sha256, "revert_after_secs": 600 })
    }

    #[test]
    fn what_is_tried_at_the_page_comes_back_or_goes_into_the_file() {
        let mut here = TestBox::new();
        let before = here.config.sha256.clone();
        let first = tried(&here, "2.0");
        assert_eq!(here.ask_at_page("config", Role::Operator, &first).code, Some(Refusal::NotAllowed));
        // The file names no key of an administrator, and its own people may do all that it may.
        let answer = here.ask_at_page("config", Role::Admin, &first);
        assert_eq!(answer.outcome, Outcome::Done, "{answer:?}");
        assert_eq!(here.config.cameras[0].analysis_hz, 2.0);
        assert_eq!(here.overrides.version, 0, "the centre's versions are its own");
        // Something else in its place: what comes back is still what ran before.
        let second = tried(&here, "3.0");
        assert_eq!(
            here.ask_at_page("config", Role::Admin, &first).code,
            Some(Refusal::Conflict),
            "it expects the file"
        );
        assert_eq!(here.ask_at_page("config", Role::Admin, &second).outcome, Outcome::Done);
        assert_eq!(here.overrides.trial.as_ref().unwrap().before.wanted, None);
        let on_trial = json!({ "config": here.config.sha256 });
        assert_eq!(here.ask_at_page("revert", Role::Operator, &on_trial).code, Some(Refusal::NotAllowed));
        assert_eq!(here.ask_at_page("revert", Role::Admin, &on_trial).outcome, Outcome::Done);
        assert_eq!((&here.config.sha256, &here.overrides.trial), (&before, &None));
        assert_eq!(here.ask_at_page("revert", Role::Admin, &on_trial).outcome, Outcome::Already);

        assert_eq!(here.ask_at_page("config", Role::Admin, &first).outcome, Outcome::Done);
        let on_trial = json!({ "config": here.config.sha256 });
        assert_eq!(here.ask_at_page("confirm", Role::Operator, &on_trial).code, Some(Refusal::NotAllowed));
        here.is_full = true;
        assert_eq!(here.ask_at_page("confirm", Role::Admin, &on_trial).outcome, Outcome::Failed);
        assert!(here.overrides.trial.is_some(), "it comes back by itself");
        here.is_full = false;
        assert_eq!(here.ask_at_page("confirm", Role::Admin, &on_trial).outcome, Outcome::Done);
        assert_eq!(here.file.text(), first["toml"].as_str().unwrap());
        assert_eq!((&here.overrides.now, &here.overrides.trial), (&Overrides::default(), &None));
    }

    #[test]
    fn what_the_centre_tries_is_not_replaced_at_the_page_and_nothing_is_without_an_end() {
        let mut here = TestBox::new();
        let set = json!({ "expect_config": here.config.sha256, "revert_after_secs": 60,
            "cameras": { "cam-1": { "analysis_fps": 2.0 } } });
        assert_eq!(here.ask("set", Role::Operator, &set).outcome, Outcome::Done);
        let refused = here.ask_at_page("config", Role::Admin, &tried(&here, "3.0"));
        assert_eq!(refused.code, Some(Refusal::Conflict), "{refused:?}");
        let mut here = TestBox::new();
        let mut for_good = tried(&here, "3.0");
        for_good.as_object_mut().unwrap().remove("revert_after_secs");
        assert_eq!(here.ask_at_page("config", Role::Admin, &for_good).code, Some(Refusal::Invalid));
        assert!(crate::control::commands::spec("revert").is_none(), "not from afar");
    }

    #[test]
    fn a_picture_of_a_camera_that_is_not_there_is_not_asked_for() {
        let mut here = TestBox::new();
        let answer = here.ask("snapshot", Role::Desk, &json!({ "camera": "cam-9" }));
        assert!(matches!(answer.code, Some(Refusal::Invalid)), "{answer:?}");
        let answer = here.ask("selftest", Role::Desk, &json!({}));
        assert_eq!(answer.outcome, Outcome::Done);
    }
}
