//! `resend`: what the centre missed goes out again, as far as it is still here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::answer::{Answer, Answering};
use super::super::envelope::{Command, CommandEnvelope};
use super::super::fields::{Faults, Reader};
use super::super::running_box::RunningBox;
use super::{CommandData, Handler, Replay, example};
use crate::contract::command::{GoneNumbers, GoneReason, NumberRange, Refusal, ResendResult};
use crate::contract::examples;
use crate::contract::messages::Message;
use crate::contract::signature::Role;
use crate::evidence::NoPicture;
use crate::outbox::{Absence, Resent};
use crate::text::{Sentences, command as say, sentences};

sentences! {
    message {
        resend():
            "Publishes again what was missed, by numbers or a picture, and says why where the box no longer has it.",
            "按编号补发遗漏的消息，或补发一张图片；已不在盒子里的说明原因";
    }
    command {
        pictures_an_hour(most):
            "{most} pictures were asked for within an hour, which is the most",
            "一小时内已索取 {most} 张图片，达到上限";
        resend_what():
            "say what: `stream`, `from` and `to`, or `alert_id` and `n` of a picture",
            "请写明要补发什么：`stream`、`from` 和 `to`，或图片的 `alert_id` 和 `n`";
        resend_one():
            "`stream` and `alert_id`: ask for one of them at a time",
            "`stream` 和 `alert_id` 一次只能写一个";
        backwards():
            "`to` is below `from`",
            "`to` 小于 `from`";
        says_nothing():
            "it does not say what",
            "没有写明要什么";
        too_much_waits():
            "too much that was asked for waits to be sent again; ask when some of it has come",
            "等待补发的内容太多；请收到一部分后再要";
    }
}

/// So many pictures may be asked for within an hour, found or not: each is stored anew, up to 256 KiB. A guess: an outage of
/// an evening.
const MOST_PICTURES: usize = 60;

/// `down/cmd/resend`: publishes again what was missed. Either `stream`, `from` and `to`: the numbers of a hole, both ends
/// included; or `alert_id` and `n`: a picture of an alert. What goes out again has the number, `id` and bytes that it had.
///
/// A record is there while it waits for its receipt, and afterwards for `[outbox] resend_days`; a picture as long as
/// `[evidence] keep_days`. The answer says of each number whether it comes, and if not, why. A restart of the box forgets
/// what has not gone out yet: ask again for what did not come. At most 60 pictures an hour, and only where the queue has
/// room for them beside what waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ResendData {
    /// The stream, as in `data.seq.stream`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stream: Option<String>,
    /// The first number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 1))]
    pub from: Option<u64>,
    /// The last number. One answer speaks of at most 1,000 records; `through` in it says how far it came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 1))]
    pub to: Option<u64>,
    /// Or a picture: of which alert.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(length(min = 26, max = 26))]
    pub alert_id: Option<String>,
    /// Which of its pictures: the `id` in the alert's `evidence`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 1))]
    pub n: Option<u32>,
}

impl CommandData for ResendData {
    const MESSAGE: Message = Message::bare::<Command<ResendData>>(
        "down/cmd/resend",
        || example("archive", an_example()),
        message::resend,
    );
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Desk;
    const NEEDS_REASON: bool = false;
    const REPLAY: Replay = Replay::OnceAnswered;
    const HANDLER: Handler<Self> = Handler::Later(send_again);

    fn read(data: &Value) -> Result<Self, Faults> {
        let has = |key: &str| data.get(key).is_some_and(|value| !value.is_null());
        let mut fields = Reader::of(data);
        let mut number = |key: &str| {
            if !has(key) {
                fields.fault(say::missing(key));
            }
            fields.number(key, 1)
        };
        let read = match (has("stream"), has("alert_id")) {
            (true, false) => {
                let (from, to) = (number("from"), number("to"));
                if to.zip(from).is_some_and(|(to, from)| to < from) {
                    fields.fault(command::backwards());
                }
                ResendData { stream: Some(fields.name("stream")), from, to, ..ResendData::default() }
            }
            (false, true) => {
                let n = number("n").map(|n| u32::try_from(n).map_err(|_| say::too_large("n")));
                let n = n.map(|n| fields.take(n));
                ResendData { alert_id: Some(fields.name("alert_id")), n, ..ResendData::default() }
            }
            (true, true) => return Err(vec![command::resend_one()]),
            (false, false) => return Err(vec![command::resend_what()]),
        };
        fields.finish(Some(read))
    }
}

fn an_example() -> ResendData {
    let (stream, from, to) = (Some(examples::STREAM.to_owned()), Some(4701), Some(4712));
    ResendData { stream, from, to, ..ResendData::default() }
}

fn send_again(data: ResendData, _: &CommandEnvelope, at: &mut dyn RunningBox, answering: Answering) {
    match data {
        ResendData { stream: Some(stream), from: Some(from), to: Some(to), .. } => {
            answering(match at.resend(&stream, from, to) {
                Ok(resent) if resent.through < from => {
                    Answer::refused(Refusal::Busy, command::too_much_waits())
                }
                Ok(resent) => Answer::resent(resend_result(stream, resent)),
                Err(error) => Answer::failed(error.sentence()),
            });
        }
        ResendData { alert_id: Some(alert_id), n: Some(n), .. } => {
            if !at.config().evidence.enabled {
                return answering(Answer::refused(Refusal::Invalid, NoPicture::NotKept.sentence()));
            }
            let now = at.now().mono;
            if !at.picture_requests().take(now, MOST_PICTURES) {
                return answering(Answer::refused(Refusal::Busy, command::pictures_an_hour(MOST_PICTURES)));
            }
            at.picture_again(
                alert_id,
                n,
                Box::new(move |found| {
                    answering(found.map_or_else(no_picture, |picture| Answer::picture(Ok(picture))));
                }),
            );
        }
        ResendData { .. } => answering(Answer::refused(Refusal::Invalid, command::says_nothing())),
    }
}

fn no_picture(why: NoPicture) -> Answer {
    let code = match &why {
        NoPicture::NotKept => Refusal::Invalid,
        NoPicture::Unknown => Refusal::UnknownAlert,
        NoPicture::Over { .. } => Refusal::Unavailable,
        NoPicture::NoRoom => Refusal::Busy,
        NoPicture::Unreadable(_) => return Answer::failed(why.sentence()),
    };
    Answer::refused(code, why.sentence())
}

/// As it is published.
fn resend_result(stream: String, resent: Resent) -> ResendResult {
    let Resent { through, records, again, absent } = resent;
    let gone = absent.into_iter().map(|numbers| {
        let (why, dropped_for) = match numbers.why {
            Absence::OtherStream => (GoneReason::OtherStream, None),
            Absence::NotGiven => (GoneReason::NotGiven, None),
            Absence::Marked => (GoneReason::Marked, None),
            Absence::Dropped(reason) => (GoneReason::Dropped, Some(reason)),
            Absence::NotKept => (GoneReason::NotKept, None),
        };
        GoneNumbers { from: numbers.from, to: numbers.to, why, dropped_for }
    });
    ResendResult {
        stream,
        through,
        records,
        again: again.into_iter().map(|(from, to)| NumberRange { from, to }).collect(),
        gone: gone.collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::test_box::TestBox;
    use super::*;
    use crate::contract::alert::SeqData;
    use crate::contract::command::Outcome;
    use crate::control::answer::AnsweredCommand;
    use crate::outbox::AbsentNumbers;
    use crate::types::gap::GapReason;
    use crate::types::language::Language;

    #[test]
    fn what_is_asked_for_must_be_clear() {
        let refused = |data: Value| {
            let faults = ResendData::read(&data).unwrap_err();
            faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        assert!(refused(json!({})).starts_with("say what"));
        assert_eq!(refused(json!({ "stream": "S", "from": 3 })), "`to` is missing");
        assert_eq!(
            refused(json!({ "stream": "S", "from": 0, "to": 3 })),
            "`from` must be a whole number, 1 or more"
        );
        assert_eq!(refused(json!({ "stream": "S", "from": 4, "to": 3 })), "`to` is below `from`");
        assert_eq!(refused(json!({ "alert_id": "A" })), "`n` is missing");
        assert_eq!(refused(json!({ "alert_id": "A", "n": u64::MAX })), "`n` is too large");
        let both = json!({ "stream": "S", "from": 1, "to": 1, "alert_id": "A", "n": 1 });
        assert!(refused(both).contains("one of them"));
    }

    #[test]
    fn it_is_answered_what_comes_and_why_the_rest_does_not() {
        let mut here = TestBox::new();
        let ask = json!({ "stream": "S", "from": 5, "to": 9 });
        let absent = |from, to, why| AbsentNumbers { from, to, why };
        here.resent = Resent {
            through: 9,
            records: 2,
            again: vec![(6, 7)],
            absent: vec![absent(5, 5, Absence::Dropped(GapReason::DiskFull)), absent(8, 9, Absence::Marked)],
        };
        let answer = here.ask("resend", Role::Desk, &ask);
        assert_eq!((answer.outcome, answer.code), (Outcome::Done, None));
        assert_eq!(answer.message.unwrap().to_string(), "2 records go out again, 3 numbers are gone");
        let gone = absent(5, 5, Absence::NotKept);
        let to_come = absent(6, 9, Absence::NotGiven);
        for (records, again, absent, resend_result) in [
            (
                2,
                vec![(6, 7)],
                vec![absent(5, 5, Absence::NotKept), absent(8, 9, Absence::NotGiven)],
                (
                    None,
                    "2 records go out again, 1 numbers are gone; 2 numbers are not given yet: they will still come",
                ),
            ),
            (
                0,
                Vec::new(),
                vec![gone, to_come],
                (
                    Some(Refusal::Gone),
                    "1 numbers are gone; 4 numbers are not given yet: they will still come",
                ),
            ),
            (
                0,
                Vec::new(),
                vec![absent(5, 9, Absence::NotGiven)],
                (Some(Refusal::NotGiven), "5 numbers are not given yet: they will still come"),
            ),
        ] {
            here.resent = Resent { through: 9, records, again, absent };
            let answer = here.ask("resend", Role::Desk, &ask);
            assert_eq!((answer.code, &*answer.message.unwrap().to_string()), resend_result);
        }
        here.resent =
            Resent { through: 9, absent: vec![absent(5, 9, Absence::OtherStream)], ..Resent::default() };
        assert_eq!(here.ask("resend", Role::Desk, &ask).code, Some(Refusal::Gone));
        here.resent = Resent { through: 4, ..Resent::default() };
        assert_eq!(here.ask("resend", Role::Desk, &ask).code, Some(Refusal::Busy));
        let picture = json!({ "alert_id": examples::ALERT, "n": 1 });
        assert_eq!(here.ask("resend", Role::Desk, &picture).code, Some(Refusal::UnknownAlert));
    }

    #[test]
    fn of_a_flood_of_requests_for_pictures_sixty_an_hour_are_taken() {
        let mut here = TestBox::new();
        let picture = json!({ "alert_id": examples::ALERT, "n": 1 });
        let asked = |here: &mut TestBox| here.ask("resend", Role::Desk, &picture);
        for _ in 0..MOST_PICTURES {
            assert_eq!(asked(&mut here).code, Some(Refusal::UnknownAlert));
        }
        let refused = asked(&mut here);
        assert_eq!(refused.code, Some(Refusal::Busy));
        assert!(refused.message.unwrap().to_string().starts_with("60 pictures"));
        let numbers = json!({ "stream": "S", "from": 5, "to": 9 });
        here.resent = Resent { through: 9, records: 5, again: vec![(5, 9)], absent: Vec::new() };
        assert_eq!(here.ask("resend", Role::Desk, &numbers).code, None, "records are bounded by themselves");
    }

    #[test]
    fn where_the_queue_has_no_room_the_centre_is_to_ask_again() {
        let answer = no_picture(NoPicture::NoRoom);
        let seq = SeqData { stream: "S".to_owned(), n: 1 };
        let to =
            AnsweredCommand { request_id: "r".to_owned(), command: "resend".to_owned(), ignored: Vec::new() };
        assert_eq!(answer.into_reply(to, seq, Language::English).code, Some(Refusal::Busy));
    }
}
