//! Response topics: MQTT 5's response topic and correlation data for an answer, besides `up/reply`.
//!
//! Every answer is a numbered message on `up/reply`, stored until it arrived. A sender that names a response topic gets
//! the same bytes there as well, once, on the connection on which they are sent first: who waits there waits now.
//! Neither is covered by a signature, so neither may do harm: a response topic lies below the box's own prefix and is no
//! topic on which boxes or the centre say something else, and both are short. Must never hold more than [`WAITING`] of them.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::contract::asyncapi::{CORRELATION_BYTES, RESPONSE_TOPIC_BYTES};
use crate::contract::messages::REPLY;
use crate::outbox::Seq;
use crate::text::{Joint, Sentence, Words, mqtt as say};

/// Commands whose answers are not sent yet and go somewhere besides; of more, the oldest are on `up/reply` only. Twice as
/// many as commands can wait.
const WAITING: usize = 64;

/// What a command said about its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RequestProperties {
    pub response_topic: Option<String>,
    pub correlation_data: Option<Vec<u8>>,
}

/// The destination of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    /// The response topic in full, besides `up/reply`.
    pub topic: Option<String>,
    /// What goes with it, on both topics.
    pub correlation_data: Option<Vec<u8>>,
    /// Why what was asked for is not done.
    ignored: Option<Sentence>,
}

/// Where the answer to one command goes, and the numbers of it that were not sent yet: a long text is many messages.
type Numbered = (Arc<Target>, Vec<Seq>);

/// Answers that were numbered and not sent yet, with where they go.
#[derive(Debug, Clone, Default)]
pub(super) struct Responses {
    waiting: Arc<Mutex<VecDeque<Numbered>>>,
}

/// What one command asked for about its answer.
#[derive(Debug, Clone)]
pub struct RespondTo {
    target: Arc<Target>,
    waiting: Arc<Mutex<VecDeque<Numbered>>>,
}

impl Responses {
    /// What is done for a command with these properties; `None` where it asked for nothing. `base` is
    /// `prefix/area/box`.
    pub(crate) fn for_request(
        &self,
        request: RequestProperties,
        prefix: &str,
        base: &str,
    ) -> Option<RespondTo> {
        let RequestProperties { response_topic, correlation_data } = request;
        if response_topic.is_none() && correlation_data.is_none() {
            return None;
        }
        let target = if correlation_data.as_ref().is_some_and(|data| data.len() > CORRELATION_BYTES) {
            let why = say::only_on_reply(say::long_correlation_data(CORRELATION_BYTES));
            Target { ignored: Some(why), ..Target::default() }
        } else {
            let judged = response_topic.map_or(Ok(None), |topic| judge(topic, prefix, base));
            let (topic, ignored) = match judged {
                Ok(topic) => (topic, None),
                Err(why) => (None, Some(why)),
            };
            Target { topic, correlation_data, ignored }
        };
        Some(RespondTo { target: Arc::new(target), waiting: self.waiting.clone() })
    }

    /// Where the answer of that number goes; asked once.
    pub(super) fn take(&self, seq: &Seq) -> Option<Arc<Target>> {
        let mut waiting = self.waiting.lock();
        let place = |(_, numbers): &Numbered| numbers.iter().position(|other| other == seq);
        let (at, nth) = waiting.iter().enumerate().find_map(|(at, one)| Some((at, place(one)?)))?;
        let (target, numbers) = waiting.get_mut(at)?;
        numbers.remove(nth);
        let (target, is_over) = (target.clone(), numbers.is_empty());
        if is_over {
            waiting.remove(at);
        }
        Some(target)
    }
}

impl RespondTo {
    /// The answer, or a part of it, is about to be stored under this number.
    pub(crate) fn remember(&self, seq: &Seq) {
        let mut waiting = self.waiting.lock();
        if let Some((_, numbers)) = waiting.iter_mut().find(|(target, _)| Arc::ptr_eq(target, &self.target)) {
            return numbers.push(seq.clone());
        }
        if waiting.len() >= WAITING {
            waiting.pop_front();
        }
        waiting.push_back((self.target.clone(), vec![seq.clone()]));
    }

    /// It could not be stored; its number, the latest, goes to another message.
    pub fn forget(&self) {
        self.waiting.lock().retain_mut(|(target, numbers)| {
            if Arc::ptr_eq(target, &self.target) {
                numbers.pop();
            }
            !numbers.is_empty()
        });
    }

    /// For a refusal of what nobody's key signed: on no topic but one below the `up/reply` of the box itself.
    pub(super) fn only_below(self, base: &str) -> Self {
        let Some(topic) = &self.target.topic else { return self };
        let own_replies = format!("{base}/{}", REPLY.topic);
        if topic.strip_prefix(&own_replies).is_some_and(|rest| rest.starts_with('/')) {
            return self;
        }
        let why = say::only_on_reply(say::response_topic_not_below_own(own_replies));
        let correlation_data = self.target.correlation_data.clone();
        let target = Target { topic: None, correlation_data, ignored: Some(why) };
        RespondTo { target: Arc::new(target), waiting: self.waiting }
    }

    /// Why what was asked for is not done, for the answer itself.
    pub fn ignored(&self) -> Option<&Sentence> {
        self.target.ignored.as_ref()
    }

    /// The message of an answer, with that sentence where there is one.
    pub(crate) fn amended(&self, message: Option<Words>) -> Option<Words> {
        let ignored = self.ignored().cloned().map(Words::from);
        match (message, ignored) {
            (Some(message), Some(ignored)) => Some(Words::List(vec![message, ignored], Joint::Then)),
            (message, ignored) => message.or(ignored),
        }
    }
}

/// The topic, unless it is `up/reply` itself, where the answer is anyway.
fn judge(topic: String, prefix: &str, base: &str) -> Result<Option<String>, Sentence> {
    let ignored = |why: Sentence| Err(say::only_on_reply(why));
    if topic.len() > RESPONSE_TOPIC_BYTES {
        return ignored(say::response_topic_long(RESPONSE_TOPIC_BYTES));
    }
    let Some(rest) = topic.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) else {
        return ignored(say::response_topic_elsewhere(prefix));
    };
    let levels: Vec<&str> = rest.split('/').collect();
    let is_bad =
        |level: &&str| level.is_empty() || level.contains(['+', '#']) || level.contains(char::is_control);
    if levels.iter().any(is_bad) {
        return ignored(say::response_topic_bad());
    }
    let own_replies = format!("{base}/{}", REPLY.topic);
    if topic == own_replies {
        return Ok(None);
    }
    let is_below_own = topic.strip_prefix(&own_replies).is_some_and(|rest| rest.starts_with('/'));
    let is_a_boxs = levels.get(2).is_some_and(|level| matches!(*level, "up" | "down"));
    if is_a_boxs && !is_below_own {
        return ignored(say::response_topic_taken(own_replies));
    }
    Ok(Some(topic))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "lookout/v1";
    const BASE: &str = "lookout/v1/530127/box-1";

    fn target(topic: Option<&str>, correlation_data: Option<Vec<u8>>) -> Arc<Target> {
        let request = RequestProperties { response_topic: topic.map(str::to_owned), correlation_data };
        Responses::default().for_request(request, PREFIX, BASE).unwrap().target
    }

    #[test]
    fn an_answer_goes_where_it_can_do_no_harm() {
        for good in [
            "lookout/v1/530127/box-1/up/reply/desk-2",
            "lookout/v1/answers",
            "lookout/v1/centre/desk-2/answers",
        ] {
            let target = target(Some(good), Some(b"c".to_vec()));
            assert_eq!((target.topic.as_deref(), &target.ignored), (Some(good), &None), "{good}");
        }
        let own = target(Some("lookout/v1/530127/box-1/up/reply"), Some(b"c".to_vec()));
        assert_eq!(
            (&own.topic, own.correlation_data.as_deref()),
            (&None, Some(&b"c"[..])),
            "it is there anyway"
        );
        assert_eq!(own.ignored, None);
        for (bad, why) in [
            ("elsewhere/answers", "does not lie below `lookout/v1/`"),
            ("lookout/v10/answers", "does not lie below `lookout/v1/`"),
            ("$SYS/answers", "does not lie below `lookout/v1/`"),
            ("lookout/v1/530127/box-1/down/cmd/ack", "boxes say something else"),
            ("lookout/v1/530127/box-2/down/config", "boxes say something else"),
            ("lookout/v1/530127/box-1/up/alert", "boxes say something else"),
            ("lookout/v1/530127/box-1/up/reply-2", "boxes say something else"),
            ("lookout/v1/530127/box-2/up/reply/desk-2", "boxes say something else"),
            ("lookout/v1/answers/+", "a wildcard"),
            ("lookout/v1/answers/#", "a wildcard"),
            ("lookout/v1//answers", "an empty level"),
            ("lookout/v1/", "an empty level"),
        ] {
            let target = target(Some(bad), Some(b"c".to_vec()));
            assert_eq!(target.topic, None, "{bad}");
            assert!(
                target.ignored.as_ref().is_some_and(|said| said.to_string().contains(why)),
                "{bad}: {:?}",
                target.ignored
            );
        }
        let long = format!("lookout/v1/{}", "a".repeat(RESPONSE_TOPIC_BYTES));
        assert!(
            target(Some(&long), None)
                .ignored
                .as_ref()
                .is_some_and(|said| said.to_string().contains("longer than 256"))
        );
        let target = target(Some("lookout/v1/answers"), Some(vec![0; CORRELATION_BYTES + 1]));
        assert_eq!((&target.topic, &target.correlation_data), (&None, &None));
        assert!(
            target
                .ignored
                .as_ref()
                .is_some_and(|said| said.to_string().contains("correlation data is longer than 256"))
        );
    }

    #[test]
    fn nobody_without_a_key_is_answered_anywhere_but_below_the_boxs_own_replies() {
        let respond_to = |topic: &str| {
            let request = RequestProperties {
                response_topic: Some(topic.to_owned()),
                correlation_data: Some(b"c".to_vec()),
            };
            Responses::default().for_request(request, PREFIX, BASE).unwrap().only_below(BASE)
        };
        let own = "lookout/v1/530127/box-1/up/reply/desk-2";
        assert_eq!(respond_to(own).target.topic.as_deref(), Some(own));
        let other = respond_to("lookout/v1/answers");
        assert_eq!((&other.target.topic, other.target.correlation_data.as_deref()), (&None, Some(&b"c"[..])));
        assert!(
            other
                .ignored()
                .unwrap()
                .to_string()
                .contains("does not lie below `lookout/v1/530127/box-1/up/reply/`")
        );
        assert_eq!(
            respond_to("elsewhere").ignored().unwrap().to_string().matches("does not lie below").count(),
            1
        );
    }

    #[test]
    fn a_number_leads_to_where_its_answer_goes_once_and_never_to_anothers() {
        let responses = Responses::default();
        let asked = |correlation: u8| {
            let request =
                RequestProperties { response_topic: None, correlation_data: Some(vec![correlation]) };
            responses.for_request(request, PREFIX, BASE).unwrap()
        };
        let seq = |n: u64| Seq { stream: "S".into(), n };
        assert!(
            responses.for_request(RequestProperties::default(), PREFIX, BASE).is_none(),
            "asked for nothing"
        );
        let (first, second) = (asked(1), asked(2));
        first.remember(&seq(7));
        // The disk was full: the number goes to the next answer.
        first.forget();
        second.remember(&seq(7));
        assert_eq!(responses.take(&seq(7)).unwrap().correlation_data, Some(vec![2]));
        assert_eq!(responses.take(&seq(7)), None, "sent again, it is on up/reply only");
        for n in 0..WAITING as u64 + 1 {
            asked(3).remember(&seq(100 + n));
        }
        assert_eq!(responses.take(&seq(100)), None, "the oldest made room");
        assert!(responses.take(&seq(101)).is_some());
    }

    /// More parts than answers can wait.
    #[test]
    fn all_parts_of_a_long_answer_go_where_it_goes_and_push_nobody_elses_out() {
        let responses = Responses::default();
        let asked = |correlation: u8| {
            let request =
                RequestProperties { response_topic: None, correlation_data: Some(vec![correlation]) };
            responses.for_request(request, PREFIX, BASE).unwrap()
        };
        let seq = |n: u64| Seq { stream: "S".into(), n };
        let (other, long) = (asked(1), asked(2));
        other.remember(&seq(0));
        for n in 1..=3 * WAITING as u64 {
            long.remember(&seq(2 * n));
        }
        long.remember(&seq(1));
        // The last part could not be stored.
        long.forget();
        assert_eq!(responses.take(&seq(1)), None);
        assert_eq!(responses.take(&seq(0)).unwrap().correlation_data, Some(vec![1]));
        for n in 1..=3 * WAITING as u64 {
            assert_eq!(responses.take(&seq(2 * n)).unwrap().correlation_data, Some(vec![2]), "{n}");
            assert_eq!(responses.take(&seq(2 * n + 1)), None, "between them are other messages");
        }
        assert!(responses.waiting.lock().is_empty());
    }

    #[test]
    fn what_is_ignored_is_said_in_the_answer() {
        let responses = Responses::default();
        let request =
            RequestProperties { response_topic: Some("elsewhere".to_owned()), correlation_data: None };
        let respond_to = responses.for_request(request, PREFIX, BASE).unwrap();
        let said = respond_to.amended(None).unwrap().to_string();
        assert!(said.starts_with("the response topic does not lie below"), "{said}");
        assert_eq!(
            respond_to.amended(Some("`by` is missing".into())).unwrap().to_string(),
            format!("`by` is missing; {said}")
        );
    }
}
