//! The running box as commands may read and change it: the interface between the commands and the daemon.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::commands::original::{OriginalData, Requests};
use super::envelope::CommandEnvelope;
use super::overrides::{Overrides, StoredOverrides, Trial};
use super::transfers::Transfers;
use crate::analysis::alert::{Acknowledgement, AlertId};
use crate::analysis::alert_lifecycle::AlertError;
use crate::analysis::alert_lifecycle::handling::{HandlingStep, NotHandled};
use crate::analysis::detection::Class;
use crate::analysis::time::{Moment, Timestamp};
use crate::audit::Audit;
use crate::config::{Config, Problems};
use crate::contract::EventError;
use crate::contract::box_status::ConfigSource;
use crate::contract::command::{Refusal, SealedOriginal, SelftestResult, SnapshotPicture};
use crate::contract::words::Time;
use crate::evidence::{NoOriginal, NoPicture};
use crate::outbox::{OutboxError, Resent};
use crate::text::{Sentence, Words, command as say, daemon};

/// Receives the outcome of an acknowledgement; `Some`: who had the alert before.
pub(crate) type AcknowledgeReply = Box<dyn FnOnce(Result<Option<Acknowledgement>, AlertError>) + Send>;
/// Receives the outcome of a step on an alert.
pub(crate) type HandledReply = Box<dyn FnOnce(Result<(), NotHandled>) + Send>;
/// Receives which test alert began, or which one is open already.
pub(crate) type TestReply = Box<dyn FnOnce(Result<AlertId, AlertId>) + Send>;
/// Receives a picture, or why there is none.
pub(crate) type SnapshotReply = Box<dyn FnOnce(Result<SnapshotPicture, Sentence>) + Send>;
/// Receives a sealed original that is on its way, or why there is none.
pub(crate) type OriginalReply = Box<dyn FnOnce(Result<SealedOriginal, NoOriginal>) + Send>;

/// Receives a redacted picture that goes out again, or why there is none.
pub(crate) type PictureReply = Box<dyn FnOnce(Result<SnapshotPicture, NoPicture>) + Send>;

/// A trial takes between these, in seconds: long enough to be confirmed, short enough to be one.
const TRIAL_SECS: std::ops::RangeInclusive<u32> = 10..=86_400;

/// The alerts of the box, from the command thread. Must not wait.
pub trait Alerts: Send {
    /// Passes on that somebody took an alert on; `false` where nobody is there to answer.
    fn acknowledge(&self, alert: AlertId, acknowledgement: Acknowledgement, reply: AcknowledgeReply) -> bool;

    /// Passes on that somebody did something about an alert, which may have ended; likewise.
    fn handle(&self, alert: AlertId, step: HandlingStep, reply: HandledReply) -> bool;

    /// Passes on that somebody, named `by`, wants to see whether an alert arrives; likewise.
    fn test(&self, by: &str, reply: TestReply) -> bool;

    /// For the times that people read.
    fn time_zone(&self) -> TimeZone;
}

/// The rest of the box, on the main thread.
pub trait RunningBox {
    /// The file on the box, as it was when it was last good.
    fn file(&self) -> &Config;
    /// What runs, before `set` changed values of it.
    fn base(&self) -> &Config;
    /// What runs.
    fn config(&self) -> &Config;
    /// What the command centre asked for that goes on.
    fn overrides(&self) -> &StoredOverrides;
    /// The time.
    fn now(&self) -> Moment;
    /// What the models find.
    fn classes(&self) -> Vec<Class>;

    /// Makes `base` with the values of `next` what runs. Everything that can fail comes before anything changes.
    ///
    /// # Errors
    /// Why it does not run; what ran before goes on.
    fn take_up(&mut self, base: Config, next: StoredOverrides, offer: &Offer) -> Result<(), Problems>;
    /// Reports why an offer does not run.
    fn refuse(&mut self, offer: &Offer, problems: &Problems);
    /// Replaces mutes and what is on trial, where the same configuration goes on running.
    ///
    /// # Errors
    /// It could not be written; nothing changed.
    fn store_overrides(&mut self, next: StoredOverrides) -> io::Result<()>;
    /// Writes what somebody at the page tries into the file on the box, which counts from here on.
    ///
    /// # Errors
    /// Why it is not written; it is still on trial.
    fn keep_in_file(&mut self) -> Result<(), Sentence>;
    /// Ends what is on trial: what was there before comes back now.
    ///
    /// # Errors
    /// Why that does not run.
    fn go_back(&mut self) -> Result<(), Problems>;

    /// Lets a configuration judge beside the one that runs, in place of any other; nothing that runs changes.
    ///
    /// # Errors
    /// Why it does not.
    fn begin_shadow(&mut self, config: Config, order: ShadowOrder) -> Result<(), Words>;
    /// Ends that; `false` where none judges.
    fn end_shadow(&mut self) -> bool;

    /// How the box does.
    fn selftest(&mut self) -> SelftestResult;
    /// Asks for a picture of a camera that is configured. Nobody answers only while the box is stopping.
    fn snapshot(&mut self, camera: Arc<str>, reply: SnapshotReply);
    /// Asks for a sealed original, likewise.
    fn original(&mut self, wanted: OriginalData, reply: OriginalReply);
    /// Which originals were asked for lately.
    fn original_requests(&mut self) -> &mut Requests;
    /// Sends records of a stream again, as far as they are here.
    ///
    /// # Errors
    /// The queue cannot be read.
    fn resend(&mut self, stream: &str, from: u64, to: u64) -> Result<Resent, OutboxError>;
    /// Sends a redacted picture of an alert again. Nobody answers only while the box is stopping.
    fn picture_again(&mut self, alert_id: String, n: u32, reply: PictureReply);
    /// Which pictures were asked for again lately.
    fn picture_requests(&mut self) -> &mut Requests;
    /// The birth messages, one a line.
    ///
    /// # Errors
    /// They cannot be made small enough.
    fn meta(&mut self) -> Result<String, EventError>;
    /// The log of what was asked for.
    fn audit(&self) -> Arc<Audit>;
    /// Which texts were asked for lately.
    fn text_requests(&mut self) -> &mut Requests;
    /// Texts that come in parts.
    fn transfers(&mut self) -> &mut Transfers;
}

/// A configuration that is to judge beside the one that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowOrder {
    /// The file, or what the command centre calls it.
    pub name: String,
    /// How long; as long as usual where nobody said.
    pub lasts: Option<Duration>,
    /// Who asks for it.
    pub by: String,
}

/// The source of an offered configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The file, the command centre, or somebody at the page.
    pub source: ConfigSource,
    /// Its version, where it has one.
    pub version: Option<u64>,
}

impl Offer {
    /// The file on the box.
    pub const FILE: Offer = Offer { source: ConfigSource::File, version: None };

    /// Its source, in words.
    pub(crate) fn source_in_words(&self) -> Sentence {
        match self.source {
            ConfigSource::File => daemon::from_file(),
            ConfigSource::Remote => daemon::from_centre(self.version.unwrap_or_default()),
            ConfigSource::Page => daemon::from_page(),
        }
    }
}

/// What `set` and `config` both need: that the centre knows what runs, and that nothing is on trial.
pub(super) fn may_change(
    at: &dyn RunningBox,
    expected: &str,
    revert_after_secs: Option<u32>,
) -> Result<(), (Refusal, Sentence)> {
    if at.overrides().trial.is_some() {
        return Err((Refusal::Conflict, say::on_trial()));
    }
    knows_what_runs(at, expected, revert_after_secs)
}

/// The same for somebody at the page, who may try something else in place of what is tried there.
pub(super) fn may_try(
    at: &dyn RunningBox,
    expected: &str,
    revert_after_secs: u32,
) -> Result<(), (Refusal, Sentence)> {
    let StoredOverrides { trial, now, .. } = at.overrides();
    if trial.is_some() && now.of_page().is_none() {
        return Err((Refusal::Conflict, say::on_trial()));
    }
    knows_what_runs(at, expected, Some(revert_after_secs))
}

pub(super) fn knows_what_runs(
    at: &dyn RunningBox,
    expected: &str,
    revert_after_secs: Option<u32>,
) -> Result<(), (Refusal, Sentence)> {
    if let Some(secs) = revert_after_secs.filter(|secs| !TRIAL_SECS.contains(secs)) {
        let why = say::trial_seconds(secs, *TRIAL_SECS.start(), *TRIAL_SECS.end());
        return Err((Refusal::Invalid, why));
    }
    let running = &at.config().sha256;
    if expected != running {
        return Err((Refusal::Conflict, say::other_config_runs(running)));
    }
    Ok(())
}

/// What stands after a change to `now`. Where something is on trial already, what was there before that comes back.
pub(super) fn changed(
    at: &dyn RunningBox,
    now: Overrides,
    revert_after_secs: Option<u32>,
) -> StoredOverrides {
    let before = at.overrides();
    let comes_back = before.trial.as_ref().map_or_else(|| before.now.clone(), |trial| *trial.before.clone());
    let trial = revert_after_secs.map(|secs| Trial {
        until: Time(later(at.now().utc, secs)),
        secs,
        before: Box::new(comes_back),
        by: None,
    });
    StoredOverrides { now, trial, ..before.clone() }
}

/// The time that many seconds after `now`.
pub(super) fn later(now: Timestamp, secs: u32) -> Timestamp {
    Timestamp::from_second(now.as_second() + i64::from(secs)).unwrap_or(Timestamp::MAX)
}

/// For the answer to a change.
pub(super) fn runs_now(at: &dyn RunningBox) -> Sentence {
    say::runs_now(&at.config().sha256)
}

/// For the answer to whoever decides about what runs no more. A digest says nothing to people at the page.
pub(super) fn other_runs(at: &dyn RunningBox, envelope: &CommandEnvelope) -> Sentence {
    match (&envelope.local, &at.overrides().trial) {
        (None, _) => say::other_to_confirm(&at.config().sha256),
        (Some(_), None) => say::trial_is_over(),
        (Some(_), Some(_)) => say::another_is_on_trial(),
    }
}

/// For the answer to a change that was refused; the rest is on `up/config`.
pub(super) fn in_short(problems: &Problems) -> Words {
    let Some(first) = problems.iter().next() else { return Words::Plain(String::new()) };
    let first = say::problem_at(first.line, first.column, first.what.clone());
    match problems.list.len() {
        0 | 1 => first.into(),
        n => say::more_problems(first, n - 1).into(),
    }
}
