//! Commands that change what runs: a configuration, values, mutes; and those that ask how the box does.

use std::sync::Arc;
use std::time::Duration;

use crate::analysis::time::Timestamp;
use crate::config::restart::takes_a_restart;
use crate::config::{Config, Problems, Surroundings};
use crate::contract::box_status::ConfigSource;
use crate::contract::command::{
    ConfirmData, MuteData, Refusal, SealedOriginal, SetData, SnapshotData, WantedConfigData,
};
use crate::contract::signature::Role;
use crate::contract::words::Time;
use crate::mqtt::{Ask, Order};

use super::super::alert_writer::Told;
use super::super::analysis_thread::{Note, Snapshot};
use super::super::commands::{Answer, Answering};
use super::super::evidence_retention::NoOriginal;
use super::super::overrides::{Mute, Overrides, StoredOverrides, Trial, Wanted};
use super::super::{remote_config_policy, settings};
use super::{Offer, Running};

/// Why not, for a program and for people.
type No = (Refusal, String);

/// A trial takes between these, in seconds: long enough to be confirmed, short enough to be one.
const TRIAL_SECS: std::ops::RangeInclusive<u32> = 10..=86_400;
/// A mute takes a day at most.
const MUTE_SECS: u32 = 86_400;
/// So many originals may be asked for within [`ORIGINALS_WITHIN`], found or not. A guess: one incident has a few pictures.
const ORIGINALS: usize = 12;
const ORIGINALS_WITHIN: Duration = Duration::from_secs(3600);
/// Mutes at once; who needs more should change the rules.
const MUTES: usize = 100;

impl Running {
    /// A command that is not about an alert.
    pub fn carry_out(&mut self, order: &Order, answering: Answering) {
        let answer = match &order.ask {
            // Takes as long as the camera's next frame.
            Ask::Snapshot(wanted) => match self.snapshot(wanted) {
                Ok(camera) => {
                    let reply = Box::new(move |made| answering(Answer::picture(made)));
                    // Fails only while the daemon is stopping; the centre hears nothing and asks again.
                    let _ = self.analyst.send(Note::Snapshot(Snapshot { camera, reply }));
                    return;
                }
                Err((code, why)) => Answer::refused(code, why),
            },
            Ask::Original(wanted) => match self.original() {
                Ok(()) => {
                    let reply = Box::new(move |made: Result<SealedOriginal, NoOriginal>| {
                        answering(made.map_or_else(no_original, Answer::original));
                    });
                    // As above.
                    let _ = self.alert_writer.send(Told::Original { wanted: wanted.clone(), reply });
                    return;
                }
                Err((code, why)) => Answer::refused(code, why),
            },
            // A broker that keeps an old one says nothing new at every connection.
            Ask::Config(wanted) if order.retained && wanted.version <= self.standing.version => {
                Answer::already("the broker keeps a configuration that was taken up, or judged, before")
            }
            Ask::Config(wanted) => self.wanted(wanted),
            Ask::Set(set) => self.set(set),
            Ask::Confirm(confirm) => self.confirm(confirm, order),
            Ask::Mute(mute) => self.mute(mute, order),
            Ask::Selftest => {
                let readings = self.readings();
                Answer::health(self.health.in_short(&readings, &self.config.sha256))
            }
            // The analysis thread's.
            Ask::Ack { .. } => {
                Answer::refused(Refusal::UnknownCommand, "not a command for this part of the box")
            }
        };
        answering(answer);
    }

    fn snapshot(&self, wanted: &SnapshotData) -> Result<Arc<str>, No> {
        if !self.config.evidence.enabled {
            let why = "pictures are switched off on this box ([evidence] `enabled`)";
            return Err((Refusal::Invalid, why.to_owned()));
        }
        let camera = self.config.camera(&wanted.camera).map(|camera| camera.id.clone());
        camera.ok_or_else(|| (Refusal::Invalid, format!("there is no camera `{}`", wanted.camera)))
    }

    /// Whether one more original may leave. Who came by a key must not be able to empty the archive in a night.
    fn original(&mut self) -> Result<(), No> {
        if self.config.evidence.originals.is_none() || !self.config.evidence.enabled {
            return Err((Refusal::Invalid, NoOriginal::NotKept.to_string()));
        }
        let now = self.clock.now().mono;
        self.originals_at.retain(|at| now.saturating_sub(*at) < ORIGINALS_WITHIN);
        if self.originals_at.len() >= ORIGINALS {
            let why = format!("{ORIGINALS} originals were asked for within an hour, which is the most");
            return Err((Refusal::Busy, why));
        }
        self.originals_at.push(now);
        Ok(())
    }

    /// What both changes need: that the centre knows what runs, and that nothing is on trial.
    fn may_change(&self, expected: &str, revert_after_secs: Option<u32>) -> Result<(), No> {
        if let Some(secs) = revert_after_secs.filter(|secs| !TRIAL_SECS.contains(secs)) {
            let why = format!(
                "`revert_after_secs` is {secs}; it may be {} to {}",
                TRIAL_SECS.start(),
                TRIAL_SECS.end()
            );
            return Err((Refusal::Invalid, why));
        }
        if self.standing.trial.is_some() {
            let why = "something is on trial: confirm it, or wait until what ran before is back";
            return Err((Refusal::Conflict, why.into()));
        }
        if expected != self.config.sha256 {
            let why = format!(
                "`expect_config` is not what runs: that is {}; look at it before you change it",
                self.config.sha256
            );
            return Err((Refusal::Conflict, why));
        }
        Ok(())
    }

    fn wanted(&mut self, data: &WantedConfigData) -> Answer {
        let running = self.standing.now.wanted.as_ref();
        if running.is_some_and(|running| running.version == data.version && running.toml == data.toml) {
            return Answer::already("this configuration runs");
        }
        if data.version <= self.standing.version {
            let why = format!(
                "version {} is not above {}, the highest that was taken up so far",
                data.version, self.standing.version
            );
            return Answer::refused(Refusal::Conflict, why);
        }
        if let Err((code, why)) = self.may_change(&data.expect_config, data.revert_after_secs) {
            return Answer::refused(code, why);
        }
        let offer = Offer { source: ConfigSource::Remote, version: Some(data.version) };
        match self.judged(data).and_then(|base| {
            let wanted = Wanted { version: data.version, toml: data.toml.clone() };
            let now = Overrides { wanted: Some(wanted), ..Overrides::default() };
            let next = StoredOverrides { version: data.version, ..self.changed(now, data.revert_after_secs) };
            self.take_up(base, next, &offer, None)
        }) {
            Ok(()) => Answer::done(self.runs_now()),
            Err(problems) => {
                self.refuse(&offer, &problems);
                Answer::refused(Refusal::Invalid, in_short(&problems))
            }
        }
    }

    /// Judged like the file, and then some.
    fn judged(&self, data: &WantedConfigData) -> Result<Config, Problems> {
        let path = self.file.path();
        let base = Config::from_text(path, &data.toml, &Surroundings::of(path))?;
        let mut wrong = takes_a_restart(&self.base, &base);
        wrong.extend(remote_config_policy::forbidden(&self.file, &self.base, &base, self.clock.now().utc));
        if wrong.is_empty() {
            Ok(base)
        } else {
            let sha256 = base.sha256.clone();
            Err(Problems::of_the_whole(path, Some(&sha256), wrong))
        }
    }

    fn set(&mut self, set: &SetData) -> Answer {
        if let Err((code, why)) = self.may_change(&set.expect_config, set.revert_after_secs) {
            return Answer::refused(code, why);
        }
        let classes = self.loaded_models.classes();
        let (settings, said) = match settings::changed(&self.base, &classes, &self.standing.now.settings, set)
        {
            Ok(changed) => changed,
            Err(why) => return Answer::refused(Refusal::Invalid, why),
        };
        let now = Overrides { settings, ..self.standing.now.clone() };
        let version = now.wanted.as_ref().map(|wanted| wanted.version);
        let source = if version.is_some() { ConfigSource::Remote } else { ConfigSource::File };
        let next = self.changed(now, set.revert_after_secs);
        match self.take_up(self.base.clone(), next, &Offer { source, version }, None) {
            Ok(()) => {
                Answer::done(Some(said.into_iter().chain(self.runs_now()).collect::<Vec<_>>().join("; ")))
            }
            Err(problems) => Answer::failed(in_short(&problems)),
        }
    }

    /// What stands after a change to `now`.
    fn changed(&self, now: Overrides, revert_after_secs: Option<u32>) -> StoredOverrides {
        let trial = revert_after_secs.map(|secs| Trial {
            until: Time(later(self.clock.now().utc, secs)),
            secs,
            before: Box::new(self.standing.now.clone()),
        });
        StoredOverrides { now, trial, ..self.standing.clone() }
    }

    fn confirm(&mut self, confirm: &ConfirmData, order: &Order) -> Answer {
        if confirm.config != self.config.sha256 {
            let why = format!("that is not what runs: {} does", self.config.sha256);
            return Answer::refused(Refusal::Conflict, why);
        }
        let Some(trial) = &self.standing.trial else {
            return Answer::already("nothing is on trial");
        };
        let is_admin = order.signer.as_ref().is_some_and(|signer| signer.role >= Role::Admin);
        if trial.before.wanted != self.standing.now.wanted && !is_admin {
            let why = "a configuration is on trial, which takes the role `admin` to confirm";
            return Answer::refused(Refusal::NotAllowed, why);
        }
        let next = StoredOverrides { trial: None, ..self.standing.clone() };
        if let Err(error) = next.save(&self.folder) {
            return Answer::failed(format!("it could not be written down: {error}"));
        }
        self.standing = next;
        self.trial_ends = None;
        self.announce();
        Answer::done(self.runs_now())
    }

    fn mute(&mut self, data: &MuteData, order: &Order) -> Answer {
        let invalid = |why: String| Answer::refused(Refusal::Invalid, why);
        let named = [&data.kind, &data.rule, &data.camera].into_iter().flatten().count();
        if named != 1 {
            return invalid("`mute` takes exactly one of `kind`, `rule` and `camera`".to_owned());
        }
        if data.for_secs > MUTE_SECS {
            return invalid(format!("`for_secs` is {}; a day, {MUTE_SECS}, is the most", data.for_secs));
        }
        if let Some(camera) = data.camera.as_ref().filter(|id| self.config.camera(id).is_none()) {
            return invalid(format!("there is no camera `{camera}`"));
        }
        if let Some(rule) = data.rule.as_ref().filter(|id| self.base.rules.iter().all(|r| *r.id != ***id)) {
            return invalid(format!("there is no rule `{rule}`"));
        }
        let now = self.clock.now().utc;
        let mut next = self.standing.clone();
        next.forget_mutes(now);
        let same =
            |mute: &Mute| (&mute.kind, &mute.rule, &mute.camera) == (&data.kind, &data.rule, &data.camera);
        next.mutes.retain(|mute| !same(mute));
        if data.for_secs > 0 {
            if next.mutes.len() >= MUTES {
                return invalid(format!("{MUTES} mutes are in force, which is the most"));
            }
            next.mutes.push(Mute {
                kind: data.kind.clone(),
                rule: data.rule.clone(),
                camera: data.camera.clone(),
                until: Time(later(now, data.for_secs)),
                by: order.by.clone(),
                reason: order.reason.clone().unwrap_or_default(),
            });
        }
        if let Err(error) = next.save(&self.folder) {
            return Answer::failed(format!("it could not be written down: {error}"));
        }
        self.mutes.write().clone_from(&next.mutes);
        self.standing = next;
        Answer::done(Some(
            "red alerts are never muted; what is muted is stored and counted all the same".to_owned(),
        ))
    }

    fn runs_now(&self) -> Option<String> {
        Some(format!("{} runs now", self.config.sha256))
    }
}

fn no_original(why: NoOriginal) -> Answer {
    let code = match &why {
        NoOriginal::NotKept => Refusal::Invalid,
        NoOriginal::Unknown => Refusal::UnknownAlert,
        NoOriginal::Over { .. } => Refusal::Unavailable,
        NoOriginal::Unreadable(_) => return Answer::failed(why.to_string()),
    };
    Answer::refused(code, why.to_string())
}

fn later(now: Timestamp, secs: u32) -> Timestamp {
    Timestamp::from_second(now.as_second() + i64::from(secs)).unwrap_or(Timestamp::MAX)
}

fn in_short(problems: &Problems) -> String {
    let first = problems
        .iter()
        .next()
        .map_or_else(String::new, |p| format!("line {}, column {}: {}", p.line, p.column, p.what));
    match problems.list.len() {
        0 | 1 => first,
        n => format!("{first}; {} more problems are on up/config", n - 1),
    }
}
