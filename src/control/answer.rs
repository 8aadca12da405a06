//! What became of a command, as it is answered.

use jiff::tz::TimeZone;

use super::long_text::LongText;
use crate::analysis::alert::Acknowledgement;
use crate::analysis::alert_lifecycle::AlertError;
use crate::analysis::alert_lifecycle::handling::NotHandled;
use crate::contract::alert::{Acknowledged, SeqData};
use crate::contract::command::{
    Outcome, Refusal, ReplyData, ResendResult, SealedOriginal, SelftestResult, SnapshotPicture, TextPart,
    Unanswered,
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
    resend: Option<ResendResult>,
    text: Option<LongText>,
    part: Option<TextPart>,
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
            resend: None,
            text: None,
            part: None,
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

    /// What goes out again, if anything does.
    pub(super) fn resent(result: ResendResult) -> Self {
        let gone: u64 = result.gone.iter().map(|gone| (gone.to - gone.from).saturating_add(1)).sum();
        let answer = match (result.records, gone) {
            (0, _) => {
                let why = "nothing of it is here any more; `resend.gone` says of each number why";
                Answer::refused(Refusal::Gone, why)
            }
            (records, 0) => Answer::done(Some(format!("{records} records go out again"))),
            (records, gone) => {
                Answer::done(Some(format!("{records} records go out again, {gone} numbers are gone")))
            }
        };
        Answer { resend: Some(result), ..answer }
    }

    /// A text that was asked for; it is answered in parts.
    pub(super) fn text(text: LongText) -> Self {
        Answer { text: Some(text), ..Answer::done(None) }
    }

    /// The messages that it takes, in their order: one, or one for each part of its text. What there is to say is in the first.
    pub(super) fn into_messages(mut self) -> Vec<Answer> {
        match self.text.take() {
            Some(text) => {
                let mut message = self.message.take();
                let with = |part| Answer { part: Some(part), ..Answer::done(message.take()) };
                text.into_parts().into_iter().map(with).collect()
            }
            None => vec![self],
        }
    }

    /// Which part of a text it is, from 1; 0 for an answer that is whole.
    pub(super) fn part_index(&self) -> u32 {
        self.part.as_ref().map_or(0, |part| part.index)
    }

    #[cfg(test)]
    pub(super) fn into_part(self) -> Option<TextPart> {
        self.part
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
        let Answer {
            outcome,
            code,
            message,
            acknowledged,
            health,
            picture,
            original,
            resend,
            text: _,
            part,
            unanswered,
        } = self;
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
            resend,
            part,
            unanswered,
            seq,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::command::TextKind;

    #[test]
    fn what_is_to_be_said_about_a_text_is_in_its_first_part() {
        let text = LongText { what: TextKind::Audit, text: "x".repeat(100_000), next: None, hidden: None };
        let answer = Answer { message: Some("not on that topic".to_owned()), ..Answer::text(text) };
        let said: Vec<Option<String>> = answer.into_messages().into_iter().map(|one| one.message).collect();
        assert!(said.len() > 1, "{said:?}");
        assert_eq!(said[0].as_deref(), Some("not on that topic"));
        assert!(said[1..].iter().all(Option::is_none), "{said:?}");
    }

    #[test]
    fn the_messages_of_a_text_know_their_parts_and_others_are_whole() {
        let text = LongText { what: TextKind::Audit, text: "x".repeat(100_000), next: None, hidden: None };
        let parts: Vec<u32> = Answer::text(text).into_messages().iter().map(Answer::part_index).collect();
        assert!(parts.len() > 2, "{parts:?}");
        assert_eq!(parts, (1..=parts.len() as u32).collect::<Vec<_>>());
        let whole = Answer::done(None).into_messages();
        assert_eq!(whole.iter().map(Answer::part_index).collect::<Vec<_>>(), [0]);
    }
}
