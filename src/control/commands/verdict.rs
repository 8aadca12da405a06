//! `verdict`: somebody says what an alert turned out to be.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::answer::{Answer, Answering};
use super::super::envelope::{Command, CommandEnvelope};
use super::super::fields::{Faults, Reader};
use super::super::running_box::Alerts;
use super::{CommandData, Handler, Replay, example};
use crate::analysis::alert::AlertId;
use crate::analysis::alert_lifecycle::handling::{GivenVerdict, HandlingStep};
use crate::contract::examples;
use crate::contract::messages::Message;
use crate::contract::patterns;
use crate::contract::signature::Role;
use crate::text::{Sentences, sentences};
use crate::types::verdict::{Verdict, about_causes};

sentences! {
    message {
        verdict():
            "Somebody says what an alert turned out to be, also after its end.",
            "给出核实结果：属实、误报、重复或演练；预警结束后也可以";
    }
}

/// Longest `note` of a step, in characters: all of them stand in one message.
pub(super) const NOTE_CHARS: usize = 500;

/// `down/cmd/verdict`: what an alert turned out to be. The alert's next revision carries it in `handling`, also after its
/// end, for a week and of the last 1,024 alerts that ended. Another verdict replaces it; the same one again is answered
/// `already`. On an alert that nobody took on it counts as taking it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct VerdictData {
    /// Which alert.
    #[schemars(length(min = 26, max = 26), regex(pattern = patterns::ULID))]
    pub alert_id: String,
    /// What it was.
    pub verdict: Verdict,
    /// Why it came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(max = 128), description = about_causes())]
    pub cause: Option<String>,
    /// What they want to say about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(max = 500))]
    pub note: Option<String>,
}

impl CommandData for VerdictData {
    const MESSAGE: Message = Message::bare::<Command<VerdictData>>(
        "down/cmd/verdict",
        || example(examples::DESK, an_example()),
        message::verdict,
    );
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Desk;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Alerts(judge);

    fn read(data: &Value) -> Result<Self, Faults> {
        let mut fields = Reader::of(data);
        let alert_id = fields.name("alert_id");
        let verdict = fields.word("verdict", &["confirmed", "false_alarm", "duplicate", "exercise"]);
        let (cause, note) = (fields.text("cause", 128), fields.text("note", NOTE_CHARS));
        fields.finish(verdict.map(|verdict| VerdictData { alert_id, verdict, cause, note }))
    }
}

fn an_example() -> VerdictData {
    VerdictData {
        alert_id: examples::ALERT.to_owned(),
        verdict: Verdict::Confirmed,
        cause: Some("parked".to_owned()),
        note: Some(examples::OWNER_CAME.to_owned()),
    }
}

fn judge(data: VerdictData, envelope: &CommandEnvelope, alerts: &dyn Alerts, answering: Answering) -> bool {
    let VerdictData { alert_id, verdict, cause, note } = data;
    let step = HandlingStep::Judge(GivenVerdict { act: envelope.act(note), verdict, cause });
    let zone = alerts.time_zone();
    alerts.handle(
        AlertId(Arc::from(alert_id)),
        step,
        Box::new(move |taken| answering(Answer::handled(taken, &zone))),
    )
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;
    use crate::analysis::alert::Act;
    use crate::analysis::alert_lifecycle::AlertError;
    use crate::analysis::alert_lifecycle::handling::NotHandled;
    use crate::contract::alert::SeqData;
    use crate::contract::command::{Outcome, Refusal};
    use crate::control::answer::AnsweredCommand;
    use crate::text::alert as text;
    use crate::types::language::Language;

    #[test]
    fn what_is_wrong_with_a_verdict_is_said() {
        let read = |data: Value| {
            let faults = VerdictData::read(&data).unwrap_err();
            faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(read(json!({ "alert_id": "A" })), "`verdict` is missing");
        let words = read(json!({ "alert_id": "A", "verdict": "true" }));
        assert!(words.contains("false_alarm") && words.contains("exercise"), "{words}");
        assert_eq!(read(json!({ "verdict": "confirmed" })), "`alert_id` is missing");
        let long = json!({ "alert_id": "A", "verdict": "confirmed", "note": "好".repeat(NOTE_CHARS + 1) });
        assert_eq!(read(long), "`note` is longer than 500 characters");
    }

    #[test]
    fn each_reason_why_it_is_not_noted_has_a_word_and_a_sentence() {
        let alert = AlertId("01KAJ7Q3V2X5T8W9Y0Z1A2B3C4".into());
        let at = "2026-11-21T03:00:00Z".parse().unwrap();
        let first = Act { by: "desk 1".to_owned(), key: Some("k".into()), at, note: None };
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let answer = |error| Answer::handled(Err(error), &zone);
        let (what, hint) = (text::no_such_cause("moon", "crowd"), text::one_of("glare"));
        let word = NotHandled::Word { what, hint };
        assert_eq!(answer(word).code, Some(Refusal::Invalid));
        let unknown = answer(NotHandled::Unknown(AlertError::Unknown(alert)));
        assert_eq!(unknown.code, Some(Refusal::UnknownAlert));
        assert!(unknown.message_text(Language::English).unwrap().contains("7 days"));
        assert_eq!(answer(NotHandled::Closed(first.clone())).code, Some(Refusal::Conflict));
        let what = text::verdict_was("confirmed");
        let before = answer(NotHandled::Before { what, before: first });
        assert_eq!((before.outcome, before.code), (Outcome::Already, None));
        assert_eq!(
            before.message.unwrap().to_string(),
            "the verdict was `confirmed`, by desk 1 at 2026-11-21 11:00:00+08:00",
            "in the site's zone"
        );
    }

    #[test]
    fn a_program_is_reported_by_the_code_what_was_so_before() {
        let before = Act {
            by: "desk 1".to_owned(),
            key: None,
            at: "2026-11-21T03:00:00Z".parse().unwrap(),
            note: None,
        };
        for (what, code, arg) in [
            (text::verdict_was("confirmed"), "alert.verdict_was", ("verdict", "confirmed")),
            (text::was_given_it("patrol 4"), "alert.was_given_it", ("who", "patrol 4")),
            (text::was_there("patrol 4"), "alert.was_there", ("who", "patrol 4")),
            (text::closed_as("resolved"), "alert.closed_as", ("outcome", "resolved")),
        ] {
            let taken = Err(NotHandled::Before { what, before: before.clone() });
            let answer = Answer::handled(taken, &TimeZone::UTC);
            let seq = SeqData { stream: "S".to_owned(), n: 1 };
            let to = AnsweredCommand {
                request_id: "r".to_owned(),
                command: "verdict".to_owned(),
                ignored: vec![],
            };
            let reply = answer.into_reply(to, seq, Language::English);
            assert_eq!(reply.message_code.as_deref(), Some(code));
            assert_eq!(reply.message_args[arg.0], arg.1, "{code}");
        }
    }

    #[test]
    fn nothing_more_is_said_of_what_is_noted() {
        let zone = TimeZone::UTC;
        assert_eq!(Answer::handled(Ok(()), &zone).outcome, Outcome::Done);
    }
}
