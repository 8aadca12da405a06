//! Statistics of refused commands and received marks: the first few word for word, the rest as numbers.
//!
//! Filled by the MQTT thread, which must not wait; written to the audit log by the command thread. A flood costs some
//! lines an interval, never one each.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use crate::analysis::time::Timestamp;
use crate::audit::{Audit, Entry};
use crate::mqtt::Refusal;
use crate::text::{command as say, log_error};
use crate::types::language::Language;

/// Refusals that are written word for word, per interval.
const WORD_FOR_WORD: usize = 10;
/// Sorts that are counted apart, per interval.
const SORTS: usize = 50;
/// Marks are summed up in a line for so many, or one every so often.
const MARKS_A_LINE: u64 = 1000;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct RefusalStats {
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    refused: Vec<Refusal>,
    /// By command, reason and key.
    more: BTreeMap<(String, String, Option<String>), u64>,
    marks: u64,
    last_mark: Option<(String, u64)>,
    marks_written: Option<Timestamp>,
    last_at: Option<Timestamp>,
}

impl RefusalStats {
    /// A command was refused.
    pub(crate) fn refused(&self, refusal: &Refusal) {
        let mut inside = self.inside.lock();
        inside.last_at = Some(refusal.at);
        if inside.refused.len() < WORD_FOR_WORD {
            inside.refused.push(refusal.clone());
            return;
        }
        let key = refusal.key.as_ref().map(|key| key.to_string());
        let mut sort = (refusal.verb.clone(), format!("{:?}", refusal.kind), key);
        if inside.more.len() >= SORTS && !inside.more.contains_key(&sort) {
            sort = ("others".to_owned(), "several".to_owned(), None);
        }
        *inside.more.entry(sort).or_default() += 1;
    }

    /// A mark was taken.
    pub(crate) fn mark(&self, stream: &str, n: u64, at: Timestamp) {
        let mut inside = self.inside.lock();
        inside.marks += 1;
        inside.last_at = Some(at);
        inside.last_mark = Some((stream.to_owned(), n));
    }

    /// Writes down what came since the last time, for people who read that language.
    pub(crate) fn write_down(&self, audit: &Audit, language: Language) {
        let (at, entries) = self.take(language);
        for entry in entries {
            if let Err(error) = audit.record(at, entry) {
                log_error!(say::audit_unwritable(); %error);
            }
        }
    }

    fn take(&self, language: Language) -> (Timestamp, Vec<Entry>) {
        let mut inside = self.inside.lock();
        let at = inside.last_at.unwrap_or_default();
        let mut entries: Vec<Entry> =
            inside.refused.drain(..).map(|refusal| word_for_word(refusal, language)).collect();
        for ((command, kind, key), count) in std::mem::take(&mut inside.more) {
            let entry = Entry {
                command: Some(command),
                key,
                outcome: Some("refused".to_owned()),
                count: Some(count),
                ..Entry::of("refused_many")
            };
            entries.push(entry.with_detail(say::not_one_by_one(kind), language));
        }
        let long_ago =
            inside.marks_written.is_none_or(|written| at.as_second() - written.as_second() >= 3600);
        if inside.marks > 0 && (long_ago || inside.marks >= MARKS_A_LINE) {
            let marks = Entry { count: Some(inside.marks), ..Entry::of("marks") };
            entries.push(match &inside.last_mark {
                Some((stream, n)) => marks.with_detail(say::marked_up_to(*n, stream), language),
                None => marks,
            });
            inside.marks = 0;
            inside.marks_written = Some(at);
        }
        (at, entries)
    }
}

fn word_for_word(refusal: Refusal, language: Language) -> Entry {
    let entry = Entry {
        command: Some(refusal.verb),
        request_id: refusal.request_id,
        key: refusal.key.map(|key| key.to_string()),
        outcome: Some("refused".to_owned()),
        ..Entry::of("refused")
    };
    entry.with_detail(*refusal.why, language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::RefusalKind;

    fn refusal(number: u32) -> Refusal {
        Refusal {
            kind: RefusalKind::Malformed,
            request_id: None,
            key: None,
            verb: format!("c{}", number % 3),
            why: Box::new("it is not JSON".into()),
            at: "2026-01-01T08:00:00Z".parse().unwrap(),
            unanswered: None,
        }
    }

    #[test]
    fn a_flood_becomes_a_few_lines_and_no_refusal_is_left_out() {
        let refusal_stats = RefusalStats::default();
        (0..10_000).for_each(|number| refusal_stats.refused(&refusal(number)));
        let (_, entries) = refusal_stats.take(Language::English);
        assert_eq!(entries.len(), 13);
        let counted: u64 = entries.iter().map(|entry| entry.count.unwrap_or(1)).sum();
        assert_eq!(counted, 10_000);
        assert!(refusal_stats.take(Language::English).1.is_empty());
    }

    #[test]
    fn sorts_that_somebody_makes_up_are_bounded() {
        let refusal_stats = RefusalStats::default();
        for number in 0..10_000 {
            refusal_stats.refused(&Refusal { verb: format!("c{number}"), ..refusal(0) });
        }
        assert!(refusal_stats.take(Language::English).1.len() <= WORD_FOR_WORD + SORTS + 1);
    }
}
