//! Topics on the wire: which message of the contract's table one is of, and the same as a subject of NATS. Pure.

use crate::contract::messages::{EVENTS, Message, PICTURES};

/// The message that is sent on this topic below a box's, and the parts of the topic that differ.
pub(super) fn message_at(suffix: &str) -> Option<(&'static Message, Vec<&str>)> {
    EVENTS.into_iter().chain(PICTURES).find_map(|message| Some((message, parts_of(message, suffix)?)))
}

fn parts_of<'t>(message: &Message, suffix: &'t str) -> Option<Vec<&'t str>> {
    let (wanted, levels): (Vec<&str>, Vec<&str>) =
        (message.topic.split('/').collect(), suffix.split('/').collect());
    let is_part = |level: &str| level.starts_with('{');
    let fits = wanted.len() == levels.len()
        && wanted
            .iter()
            .zip(&levels)
            .all(|(wanted, level)| if is_part(wanted) { !level.is_empty() } else { wanted == level });
    fits.then(|| {
        wanted.iter().zip(levels).filter(|(wanted, _)| is_part(wanted)).map(|(_, level)| level).collect()
    })
}

/// The subject under which NATS passes on what is published on this topic, as its MQTT gateway maps them: `/` is `.`. A topic with a
/// dot in it has none (NATS up to 2.9) or another (from 2.10 on); no topic of ours has one.
pub(super) fn subject(topic: &str) -> String {
    topic.replace('/', ".")
}

/// The topic of a subject.
pub(super) fn topic(subject: &str) -> String {
    subject.replace('.', "/")
}

/// The subjects of all boxes on which messages of the kind come.
pub(super) fn subjects(prefix: &str, messages: impl Iterator<Item = &'static Message>) -> Vec<String> {
    let any = |topic: &str| {
        let levels = topic.split('/').map(|level| if level.starts_with('{') { "*" } else { level });
        levels.collect::<Vec<_>>().join(".")
    };
    let mut subjects: Vec<String> =
        messages.map(|message| format!("{}.*.*.{}", subject(prefix), any(message.topic))).collect();
    subjects.sort();
    subjects.dedup();
    subjects
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::messages::{ALERT, EVIDENCE, GAP};

    #[test]
    fn a_topic_finds_its_row_and_a_strange_one_none() {
        let at = |suffix: &'static str| message_at(suffix).map(|(message, parts)| (message.topic, parts));
        assert_eq!(at("up/alert"), Some((ALERT.topic, vec![])));
        assert_eq!(at("up/evidence/01ABC/2"), Some((EVIDENCE.topic, vec!["01ABC", "2"])));
        for strange in ["up", "up/alert/", "up/evidence/01ABC", "up/evidence//2", "down/mark", "up/secret"] {
            assert!(at(strange).is_none(), "{strange}");
        }
    }

    #[test]
    fn a_subject_is_the_topic_with_dots() {
        assert_eq!(topic(&subject("lookout/v1/530127/box-1/up/alert")), "lookout/v1/530127/box-1/up/alert");
        let all = subjects("lookout/v1", [&ALERT, &GAP, &EVIDENCE].into_iter());
        assert_eq!(all, ["lookout.v1.*.*.up.alert", "lookout.v1.*.*.up.evidence.*.*"]);
    }
}
