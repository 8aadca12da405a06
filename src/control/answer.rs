//! What became of a command, as it is answered.

use jiff::tz::TimeZone;

use crate::analysis::alert::Acknowledgement;
use crate::analysis::alert_lifecycle::AlertError;
use crate::analysis::alert_lifecycle::handling::NotHandled;
use crate::contract::alert::{Acknowledged, SeqData};
use crate::contract::command::{
    Outcome, Refusal, ReplyData, SealedOriginal, SelftestResult, SnapshotPicture, Unanswered,
};

/// Hears what became of a command.
pub type Answering = Box<dyn FnOnce(Answer) + Send>;

/// What became of a command.
#[derive(Debug)]
pub struct Answer {
    /// In a word.
    pub outcome: Outcome,
    /// Why not, for programs.
    pub code: Option<Refusal>,
    /// The same for people, or what else there is to say.
    pub message: Option<String>,
    acknowledged: Option<Acknowledged>,
    health: Option<SelftestResult>,
    picture: Option<SnapshotPicture>,
    original: Option<SealedOriginal>,
    unanswered: Option<Unanswered>,
}

impl Answer {
    /// Done, with a word about it where there is one to say.
    pub fn done(message: Option<String>) -> Self {
        Answer {
            outcome: Outcome::Done,
            code: None,
            message,
            acknowledged: None,
            health: None,
            picture: None,
            original: None,
            unanswered: None,
        }
    }

    /// It was so before.
    pub fn already(message: impl Into<String>) -> Self {
        Answer { outcome: Outcome::Already, message: Some(message.into()), ..Answer::done(None) }
    }

    /// Somebody else was faster; the time is in the site's zone.
    pub(super) fn taken_by(before: Acknowledgement, zone: &TimeZone) -> Self {
        let since = before.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S");
        let message = format!("{} took this alert on at {since}", before.by);
        Answer { acknowledged: Some(before.into()), ..Answer::already(message) }
    }

    /// What became of something that was done about an alert; the time is in the site's zone.
    pub(super) fn handled(taken: Result<(), NotHandled>, zone: &TimeZone) -> Self {
        let Err(error) = taken else { return Answer::done(None) };
        let code = match &error {
            NotHandled::Before { before, .. } => {
                let since = before.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S");
                let message = format!("{error} at {since}");
                return Answer { acknowledged: Some(before.clone().into()), ..Answer::already(message) };
            }
            NotHandled::Unknown(AlertError::Unknown(_)) => Refusal::UnknownAlert,
            NotHandled::Unknown(AlertError::Ended(_)) => Refusal::AlertEnded,
            NotHandled::Closed(_) => Refusal::Conflict,
            NotHandled::Word { .. } => Refusal::Invalid,
        };
        Answer::refused(code, error.to_string())
    }

    /// Not done, and sending it again will not help.
    pub fn refused(code: Refusal, message: impl Into<String>) -> Self {
        let (code, message) = (Some(code), Some(message.into()));
        Answer { outcome: Outcome::Refused, code, message, ..Answer::done(None) }
    }

    /// Not done for trouble in the box.
    pub fn failed(message: impl Into<String>) -> Self {
        Answer { outcome: Outcome::Failed, ..Answer::refused(Refusal::Storage, message) }
    }

    /// The picture that was asked for.
    pub fn picture(made: Result<SnapshotPicture, String>) -> Self {
        match made {
            Ok(picture) => Answer { picture: Some(picture), ..Answer::done(None) },
            Err(why) => Answer::refused(Refusal::Unavailable, why),
        }
    }

    /// The sealed original that was asked for, on its way.
    pub fn original(sealed: SealedOriginal) -> Self {
        Answer { original: Some(sealed), ..Answer::done(None) }
    }

    /// How the box does.
    pub fn health(health: SelftestResult) -> Self {
        Answer { health: Some(health), ..Answer::done(None) }
    }

    /// It stands for refused commands that got no answer of their own.
    pub(super) fn for_unanswered(unanswered: Unanswered, message: String) -> Self {
        Answer { unanswered: Some(unanswered), ..Answer::refused(Refusal::Busy, message) }
    }

    /// As it is published.
    pub(super) fn into_reply(self, request_id: String, command: String, seq: SeqData) -> ReplyData {
        let Answer { outcome, code, message, acknowledged, health, picture, original, unanswered } = self;
        ReplyData {
            request_id,
            command,
            outcome,
            code,
            message,
            acknowledged,
            health,
            picture,
            original,
            unanswered,
            seq,
        }
    }
}
