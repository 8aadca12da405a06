//! `get`: what a box can tell about itself that does not stand on a topic, or is too long for a message.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::answer::{Answer, Answering};
use super::super::envelope::{Command, CommandEnvelope, time, time_or_seconds};
use super::super::fields::{Faults, Reader};
use super::super::long_text::LongText;
use super::super::running_box::RunningBox;
use super::{CommandData, Handler, Replay, example};
use crate::contract::command::{Refusal, TextKind};
use crate::contract::examples::{self, ExampleError};
use crate::contract::messages::Message;
use crate::contract::signature::Role;
use crate::contract::words::Time;
use crate::text::{Sentences, log_error, sentences};

sentences! {
    message {
        get():
            "Asks for the running configuration, the audit log or the birth messages, in parts with a digest; at most thirty an hour.",
            "索取正在运行的配置、审计日志或出生消息，分片答复并附摘要；每小时至多三十次";
    }
    command {
        texts_an_hour(most):
            "{most} texts were asked for within an hour, which is the most",
            "一小时内已索取 {most} 次文本，达到上限";
        only_of_audit():
            "`since` and `after` belong to `audit`",
            "`since` 和 `after` 只用于 `audit`";
        audit_unread(error):
            "the audit log cannot be read: {error}",
            "审计日志无法读取（原文：{error}）";
        audit_no_thread(error):
            "no thread can be started to read the audit log: {error}",
            "无法启动读取审计日志的线程（原文：{error}）";
        audit_unread_no_thread():
            "the audit log cannot be read for somebody: no thread",
            "无法为请求方读取审计日志：没有可用线程";
    }
}

/// Most bytes of the audit log in one answer; what is behind it is asked for with another one.
const AUDIT_BYTES: usize = 1024 * 1024;
/// So much may be asked for within an hour: answers must not push alerts out of the queue. A guess.
const AT_MOST: usize = 30;

/// `down/cmd/get`: the configuration that runs, lines of the audit log, or the birth messages. Requires a `reason`. The
/// answer comes in as many messages as it takes, each with one `part`; the last number is `total`. Passwords
/// stand in files of their own, comments are left out, and what may be a secret in an address is `***`.
/// At most thirty an hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct GetData {
    /// What.
    pub what: TextKind,
    /// Of `audit`: only what happened then or later, by the box's clock.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(schema_with = "time_or_seconds")]
    pub since: Option<Time>,
    /// Of `audit`: only lines with a higher number; `next` of an answer that did not hold all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<u64>,
}

impl CommandData for GetData {
    const MESSAGE: Message = Message::bare::<Command<GetData>>("down/cmd/get", get_example, message::get);
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Admin;
    const NEEDS_REASON: bool = true;
    const REPLAY: Replay = Replay::OnceAnswered;
    const HANDLER: Handler<Self> = Handler::Later(answer);

    fn read(data: &Value) -> Result<Self, Faults> {
        let mut fields = Reader::of(data);
        let what: Option<TextKind> = fields.word("what", &["config", "audit", "meta"]);
        let after = fields.number("after", 0);
        let since = fields.take(time(data, "since")).map(Time);
        if what.is_some_and(|what| what != TextKind::Audit) && (since.is_some() || after.is_some()) {
            fields.fault(command::only_of_audit());
        }
        fields.finish(what.map(|what| GetData { what, since, after }))
    }
}

fn get_example() -> Result<Vec<u8>, ExampleError> {
    let since = Some(Time(examples::at(0)?));
    example("admin 1", GetData { what: TextKind::Audit, since, after: None })
}

fn answer(data: GetData, _: &CommandEnvelope, at: &mut dyn RunningBox, answering: Answering) {
    let GetData { what, since, after } = data;
    let now = at.now().mono;
    if !at.text_requests().take(now, AT_MOST) {
        return answering(Answer::refused(Refusal::Busy, command::texts_an_hour(AT_MOST)));
    }
    let whole = |text: String| LongText { what, text, next: None, hidden: None };
    match what {
        TextKind::Config => answering(match at.base().public_text() {
            Ok(shown) => {
                let hidden = (shown.hidden > 0).then_some(shown.hidden);
                Answer::text(LongText { hidden, ..whole(shown.text) })
            }
            Err(why) => Answer::failed(why),
        }),
        TextKind::Meta => answering(match at.meta() {
            Ok(text) => Answer::text(whole(text)),
            Err(error) => Answer::failed(error.to_string()),
        }),
        TextKind::Audit => {
            let audit = at.audit();
            let read = move || {
                let excerpt = audit.excerpt(since.map(|since| since.0), after.unwrap_or(0), AUDIT_BYTES);
                match excerpt {
                    Ok(excerpt) => {
                        Answer::text(LongText { what, text: excerpt.text, next: excerpt.next, hidden: None })
                    }
                    Err(error) => Answer::failed(command::audit_unread(error.to_string())),
                }
            };
            // Several megabytes of a slow card: not on the main thread.
            let thread = std::thread::Builder::new().name("audit-read".to_owned());
            answer_elsewhere(answering, read, |work| thread.spawn(work).map(drop));
        }
    }
}

/// Answers with what `make` gives once `spawn` runs it; also where that fails.
fn answer_elsewhere(
    answering: Answering,
    make: impl FnOnce() -> Answer + Send + 'static,
    spawn: impl FnOnce(Box<dyn FnOnce() + Send>) -> io::Result<()>,
) {
    // Where no thread can be started, what it was to do is gone, and the answer must not be.
    let answering = Arc::new(Mutex::new(Some(answering)));
    let there = answering.clone();
    let work = move || {
        let answer = make();
        if let Some(answering) = there.lock().take() {
            answering(answer);
        }
    };
    if let Err(error) = spawn(Box::new(work)) {
        log_error!(command::audit_unread_no_thread(); %error);
        if let Some(answering) = answering.lock().take() {
            answering(Answer::failed(command::audit_no_thread(error.to_string())));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::test_box::TestBox;
    use super::*;
    use crate::config::{Config, Surroundings};
    use crate::contract::command::{Outcome, TextPart};
    use crate::types::hex::sha256_hex;

    fn parts(answer: Answer) -> Vec<TextPart> {
        let messages = answer.into_messages().into_iter();
        messages.map(|message| message.into_part().expect("a part")).collect()
    }

    #[test]
    fn what_is_wrong_with_a_request_is_said() {
        let refused = |data: Value| {
            let faults = GetData::read(&data).unwrap_err();
            faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(refused(json!({})), "`what` is missing");
        assert!(refused(json!({ "what": "secrets" })).contains("config, audit, meta"));
        assert!(refused(json!({ "what": "audit", "since": "yesterday" })).contains("must be a time"));
        assert!(refused(json!({ "what": "audit", "after": -1 })).contains("whole number"));
        assert!(refused(json!({ "what": "config", "after": 1 })).contains("belong to `audit`"));
    }

    #[test]
    fn the_configuration_comes_with_the_digest_of_what_is_in_the_parts() {
        let mut here = TestBox::new();
        let answer = here.ask("get", Role::Admin, &json!({ "what": "config" }));
        assert_eq!(answer.outcome, Outcome::Done);
        let parts = parts(answer);
        let text: String = parts.iter().map(|part| part.text.as_str()).collect();
        assert!(text.contains("id = \"cam-1\"") && !text.contains('#'), "{text}");
        assert_eq!(parts[0].sha256, sha256_hex(text.as_bytes()));
        // Sent back it is what runs; the digest of what it says is another one than that of its bytes.
        let path = here.file.path();
        let again =
            Config::from_text(path, &text, &Surroundings::elsewhere(path)).unwrap_or_else(|p| panic!("{p}"));
        assert_eq!(again.sha256, here.base.sha256);
        assert_ne!(again.sha256, parts[0].sha256);
    }

    #[test]
    fn where_no_thread_can_be_started_it_is_answered_that_it_failed() {
        let (to, answered) = std::sync::mpsc::channel();
        let answering: Answering = Box::new(move |answer| to.send(answer).unwrap());
        let no_thread = |_| Err(io::Error::other("too many threads"));
        answer_elsewhere(answering, || Answer::done(None), no_thread);
        let answer = answered.try_recv().unwrap();
        assert_eq!(answer.outcome, Outcome::Failed);
        assert!(answer.message.unwrap().to_string().contains("too many threads"));
    }

    #[test]
    fn not_without_end() {
        let mut here = TestBox::new();
        let mut ask = || here.ask("get", Role::Admin, &json!({ "what": "meta" }));
        assert!((0..AT_MOST).all(|_| ask().outcome == Outcome::Done));
        assert_eq!(ask().code, Some(Refusal::Busy));
    }
}
