//! Answers to commands.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::long_text::LongText;
use crate::analysis::alert::Acknowledgement;
use crate::analysis::alert_lifecycle::AlertError;
use crate::analysis::alert_lifecycle::handling::NotHandled;
use crate::contract::alert::{Acknowledged, SeqData};
use crate::contract::command::{
    GoneReason, Outcome, Refusal, ReplyData, ResendResult, SealedOriginal, SelftestResult, SnapshotPicture,
    TextPart, Unanswered,
};

use crate::text::{Joint, Sentence, Words, command as say, foreign};
use crate::types::language::Language;

/// Maximum number of characters of what a sender wrote in what is said about it.
pub(super) const MOST_CHARS: usize = 512;

/// Receives the outcome of a command.
pub type Answering = Box<dyn FnOnce(Answer) + Send>;

/// What became of a command.
#[derive(Debug)]
pub struct Answer {
    /// In a word.
    pub outcome: Outcome,
    /// Why not, for programs.
    pub code: Option<Refusal>,
    /// The message for people.
    pub message: Option<Words>,
    /// What to try.
    hint: Option<Sentence>,
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
    pub fn done(message: Option<Words>) -> Self {
        Answer {
            outcome: Outcome::Done,
            code: None,
            message,
            hint: None,
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

    /// Done, and this is to be said about it.
    pub fn done_with(message: impl Into<Words>) -> Self {
        Answer::done(Some(message.into()))
    }

    /// It was so before.
    pub fn already(message: impl Into<Words>) -> Self {
        Answer { outcome: Outcome::Already, message: Some(message.into()), ..Answer::done(None) }
    }

    /// Already done by another sender; the time is in the site's zone.
    pub(super) fn taken_by(before: Acknowledgement, zone: &TimeZone) -> Self {
        let since = before.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%:z");
        let message = say::taken_by(&before.by, since.to_string());
        Answer { acknowledged: Some(before.into()), ..Answer::already(message) }
    }

    /// What became of something that was done about an alert; the time is in the site's zone.
    pub(super) fn handled(taken: Result<(), NotHandled>, zone: &TimeZone) -> Self {
        let Err(error) = taken else { return Answer::done(None) };
        let code = match &error {
            NotHandled::Before { what, before } => {
                let since = before.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%:z");
                // What was so comes first: programs go by its code.
                let who = say::by_at(&before.by, since.to_string());
                let message = Words::List(vec![what.clone().into(), who.into()], Joint::Clauses);
                return Answer { acknowledged: Some(before.clone().into()), ..Answer::already(message) };
            }
            NotHandled::Unknown(AlertError::Unknown(_)) => Refusal::UnknownAlert,
            NotHandled::Unknown(AlertError::Ended(_)) => Refusal::AlertEnded,
            NotHandled::Closed(_) => Refusal::Conflict,
            NotHandled::Word { .. } => Refusal::Invalid,
        };
        Answer::refused_with(code, error.sentence(), error.hint())
    }

    /// Refused, with a hint.
    pub(super) fn refused_with(code: Refusal, message: Sentence, hint: Option<Sentence>) -> Self {
        Answer { hint, ..Answer::refused(code, message) }
    }

    /// What there is to say, for people who read that language.
    pub(super) fn message_text(&self, language: Language) -> Option<String> {
        let message = self.message.as_ref()?.in_language(language);
        Some(match &self.hint {
            Some(hint) => format!("{message}\n  {}", foreign::hint(hint.clone()).in_language(language)),
            None => message,
        })
    }

    /// What there is to say and what to try, for who reads it later.
    pub(super) fn words(&self) -> Option<Words> {
        let message = self.message.clone()?;
        Some(match &self.hint {
            Some(hint) => Words::List(vec![message, foreign::hint(hint.clone()).into()], Joint::Then),
            None => message,
        })
    }

    /// Refused for good: sending it again does not help.
    pub fn refused(code: Refusal, message: impl Into<Words>) -> Self {
        // What was asked for stands in it, and it may have been anything.
        let (code, message) = (Some(code), Some(message.into().shortened(MOST_CHARS)));
        Answer { outcome: Outcome::Refused, code, message, ..Answer::done(None) }
    }

    /// Failed because of a fault in the box.
    pub fn failed(message: impl Into<Words>) -> Self {
        Answer { outcome: Outcome::Failed, ..Answer::refused(Refusal::Storage, message) }
    }

    /// The picture that was asked for.
    pub fn picture(made: Result<SnapshotPicture, Sentence>) -> Self {
        match made {
            Ok(picture) => Answer { picture: Some(picture), ..Answer::done(None) },
            Err(why) => Answer::refused(Refusal::Unavailable, why),
        }
    }

    /// The sealed original that was asked for, on its way.
    pub fn original(sealed: SealedOriginal) -> Self {
        Answer { original: Some(sealed), ..Answer::done(None) }
    }

    /// What goes out again, if anything does. A number that was not given yet is not gone: what gets it comes by itself.
    pub(super) fn resent(result: ResendResult) -> Self {
        let count = |is_counted: fn(GoneReason) -> bool| {
            let counted = result.gone.iter().filter(|gone| is_counted(gone.why));
            counted.fold(0_u64, |sum, gone| sum.saturating_add((gone.to - gone.from).saturating_add(1)))
        };
        let gone = count(|why| why != GoneReason::NotGiven);
        let not_given = count(|why| why == GoneReason::NotGiven);
        let message_text = match (result.records, gone) {
            (0, 0) => None,
            (0, gone) if not_given > 0 => Some(say::numbers_gone(gone)),
            (0, _) => Some(say::all_gone()),
            (records, 0) => Some(say::sent_again(records)),
            (records, gone) => Some(say::sent_again_in_part(records, gone)),
        };
        let to_come = (not_given > 0).then(|| say::not_given(not_given));
        let message =
            Words::List(message_text.into_iter().chain(to_come).map(Words::from).collect(), Joint::Then);
        let answer = match (result.records, gone) {
            (0, 0) => Answer::refused(Refusal::NotGiven, message),
            (0, _) => Answer::refused(Refusal::Gone, message),
            _ => Answer::done_with(message),
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
    pub(super) fn for_unanswered(unanswered: Unanswered, message: Sentence) -> Self {
        Answer { unanswered: Some(unanswered), ..Answer::refused(Refusal::Busy, message) }
    }

    /// The reply as published, in a language.
    pub(super) fn into_reply(self, to: AnsweredCommand, seq: SeqData, language: Language) -> ReplyData {
        let AnsweredCommand { request_id, command, ignored } = to;
        let message_text = self.message_text(language);
        let Answer {
            outcome,
            code,
            message,
            hint: _,
            acknowledged,
            health,
            picture,
            original,
            resend,
            text: _,
            part,
            unanswered,
        } = self;
        let first = message.as_ref().and_then(first_sentence);
        ReplyData {
            request_id,
            command,
            outcome,
            code,
            message_code: first.map(|sentence| sentence.code().to_owned()),
            message_args: first.map_or_else(BTreeMap::new, |sentence| sentence.args(language)),
            message: message_text,
            ignored,
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

/// The command that an answer belongs to.
#[derive(Debug, Clone)]
pub(super) struct AnsweredCommand {
    pub request_id: String,
    pub command: String,
    /// Fields that were not known.
    pub ignored: Vec<String>,
}

/// The sentence of the catalogue that programs go by: the first, where there are several.
pub(crate) fn first_sentence(words: &Words) -> Option<&Sentence> {
    match words {
        Words::Plain(_) => None,
        Words::Sentence(sentence) => Some(sentence),
        Words::List(parts, _) => parts.iter().find_map(first_sentence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::command::TextKind;

    #[test]
    fn a_reply_is_in_the_language_of_the_site_and_its_code_in_none() {
        let reply = |language| {
            let to = AnsweredCommand {
                request_id: "r".to_owned(),
                command: "snapshot".to_owned(),
                ignored: vec![],
            };
            let seq = SeqData { stream: "S".to_owned(), n: 1 };
            Answer::refused(Refusal::Invalid, say::no_camera("cam-9")).into_reply(to, seq, language)
        };
        let (english, chinese) = (reply(Language::English), reply(Language::Chinese));
        assert_eq!(english.message.as_deref(), Some("there is no camera `cam-9`"));
        assert_eq!(chinese.message.as_deref(), Some("没有摄像机 `cam-9`"));
        for message_text in [english, chinese] {
            assert_eq!(message_text.message_code.as_deref(), Some("command.no_camera"));
            assert_eq!(message_text.message_args["id"], "cam-9");
        }
    }

    #[test]
    fn what_is_to_be_said_about_a_text_is_in_its_first_part() {
        let text = LongText { what: TextKind::Audit, text: "x".repeat(100_000), next: None, hidden: None };
        let answer = Answer { message: Some("not on that topic".into()), ..Answer::text(text) };
        let said: Vec<Option<Words>> = answer.into_messages().into_iter().map(|one| one.message).collect();
        assert!(said.len() > 1, "{said:?}");
        assert_eq!(said[0], Some("not on that topic".into()));
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
