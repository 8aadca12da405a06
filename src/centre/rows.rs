//! What a batch of messages makes of the tables: rows of alerts and counts, numbers that are settled, pictures that are announced.
//! Pure.
//!
//! Read from the JSON itself and not through the types of a box of this version: whatever has a number is stored, also what only a
//! later version says, and a field that is missing leaves one thing out instead of the whole message.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::BoxName;
use super::inbound::Record;
use super::wire_names::message_at;
use crate::contract::alert::{AlertData, GapData};
use crate::contract::command::{GoneReason, ReplyData};
use crate::contract::count::CountData;
use crate::contract::messages::SEALED;
use crate::contract::{Event, Payload};
use crate::types::gap::GapReason;
use crate::types::hex::digest_from_hex;

/// A box's stream.
pub(super) type StreamOf = (BoxName, String);

/// Numbers that will not come, both ends included, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    pub of: StreamOf,
    pub first: i64,
    pub last: i64,
    pub why: String,
}

/// A picture that an alert or an answer speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Announced {
    pub of: BoxName,
    pub alert_id: String,
    pub n: i32,
    pub is_original: bool,
    pub sha256: [u8; 32],
    pub bytes: i64,
}

/// An alert as it stands.
#[derive(Debug, Clone)]
pub(super) struct AlertRow {
    pub record: Arc<Record>,
    pub alert_id: String,
    pub rev: i64,
}

impl AlertRow {
    /// A text of it; empty where it has none.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.record.data.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// A time of it, as it is written.
    pub(super) fn time(&self, pointer: &str) -> Option<&str> {
        self.record.data.pointer(pointer).and_then(Value::as_str)
    }

    /// 1 blue to 4 red; 0 where it does not say.
    pub(super) fn severity(&self) -> i16 {
        self.record.data["severity"].as_i64().and_then(|severity| severity.try_into().ok()).unwrap_or(0)
    }
}

/// What numbered messages say beside being there.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Of each alert its highest revision.
    pub alerts: BTreeMap<(BoxName, String), AlertRow>,
    /// Counts, which are kept as rows only.
    pub counts: Vec<Arc<Record>>,
    pub missing: Vec<Missing>,
    /// Streams of which the box does not know what is missing.
    pub damaged: Vec<StreamOf>,
    pub announced: Vec<Announced>,
    /// Numbers that are stored or will not come, both ends included.
    pub settled: BTreeMap<StreamOf, Vec<(i64, i64)>>,
}

/// Whether it is a count, of which there are more than of everything else.
pub(super) fn is_count(record: &Record) -> bool {
    record.kind == CountData::TYPE
}

impl Rows {
    /// Of messages that are proven and whose numbers are theirs.
    pub(super) fn of(records: &[Arc<Record>]) -> Rows {
        let mut rows = Rows::default();
        for record in records {
            let of = (record.of.clone(), record.stream.clone());
            rows.settled.entry(of).or_default().push((record.n, record.n));
            match record.kind.as_str() {
                AlertData::TYPE => rows.alert(record),
                CountData::TYPE => rows.counts.push(record.clone()),
                GapData::TYPE => rows.gap(record),
                ReplyData::TYPE => rows.reply(record),
                // Time records, and what only a later version says.
                _ => {}
            }
        }
        rows
    }

    fn alert(&mut self, record: &Arc<Record>) {
        let data = &record.data;
        let Some((alert_id, rev)) = data["alert_id"].as_str().zip(data["rev"].as_i64()) else { return };
        let key = (record.of.clone(), alert_id.to_owned());
        if self.alerts.get(&key).is_none_or(|known| known.rev < rev) {
            self.alerts.insert(key, AlertRow { record: record.clone(), alert_id: alert_id.to_owned(), rev });
        }
        for picture in data["evidence"].as_array().into_iter().flatten() {
            let n = picture["id"].as_i64().and_then(|n| n.try_into().ok());
            if let Some((n, sha256)) = n.zip(digest(picture)) {
                self.announced.push(Announced {
                    of: record.of.clone(),
                    alert_id: alert_id.to_owned(),
                    n,
                    is_original: false,
                    sha256,
                    bytes: picture["bytes"].as_i64().unwrap_or(0),
                });
            }
        }
    }

    fn gap(&mut self, record: &Record) {
        let Ok(Event { data, .. }) = serde_json::from_slice::<Event<GapData>>(&record.body) else { return };
        let of = (record.of.clone(), data.missing_stream);
        if data.reason == GapReason::Damaged && data.missing.is_empty() {
            return self.damaged.push(of);
        }
        for range in data.missing {
            self.miss(&of, range.from, range.to, word(&data.reason));
        }
    }

    fn reply(&mut self, record: &Record) {
        for (name, is_original) in [("picture", false), ("original", true)] {
            self.announced.extend(announced_by(record, &record.data[name], is_original));
        }
        // What a box answers is what it says, so its own words are read by its own types.
        let Ok(Event { data, .. }) = serde_json::from_slice::<Event<ReplyData>>(&record.body) else { return };
        let Some(resend) = data.resend else { return };
        let of = (record.of.clone(), resend.stream);
        for gone in resend.gone {
            match gone.why {
                // What gets the number will still come.
                GoneReason::NotGiven => {}
                GoneReason::Marked | GoneReason::NotKept | GoneReason::Dropped | GoneReason::OtherStream => {
                    self.miss(&of, gone.from, gone.to, word(&gone.why));
                }
            }
        }
    }

    fn miss(&mut self, of: &StreamOf, from: u64, to: u64, why: String) {
        let ends = i64::try_from(from).ok().zip(i64::try_from(to).ok());
        let Some((first, last)) =
            ends.filter(|(first, last)| *first >= 1 && first <= last && *last < i64::MAX)
        else {
            return;
        };
        self.settled.entry(of.clone()).or_default().push((first, last));
        self.missing.push(Missing { of: of.clone(), first, last, why });
    }
}

/// A picture in an answer: `{topic, bytes, sha256}`.
fn announced_by(record: &Record, picture: &Value, is_original: bool) -> Option<Announced> {
    let (message, parts) = message_at(picture["topic"].as_str()?)?;
    let [alert_id, n] = parts.as_slice() else { return None };
    Some(Announced {
        of: record.of.clone(),
        alert_id: (*alert_id).to_owned(),
        n: n.parse().ok().filter(|_| (message.topic == SEALED.topic) == is_original)?,
        is_original,
        sha256: digest(picture)?,
        bytes: picture["bytes"].as_i64().unwrap_or(0),
    })
}

fn digest(picture: &Value) -> Option<[u8; 32]> {
    digest_from_hex(picture["sha256"].as_str()?)
}

/// The word of a reason in messages.
fn word(reason: &impl serde::Serialize) -> String {
    let word = serde_json::to_value(reason).ok();
    word.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// As PostgreSQL reads a multirange: `{[1,2],[5,9]}`. It joins what touches.
pub(super) fn multirange(ranges: &[(i64, i64)]) -> String {
    let ranges: Vec<String> = ranges.iter().map(|(first, last)| format!("[{first},{last}]")).collect();
    format!("{{{}}}", ranges.join(","))
}

/// The ranges of a multirange as PostgreSQL writes it (`{[1,3),[5,10)}`), both ends included.
pub(super) fn ranges_of(multirange: &str) -> Vec<(i64, i64)> {
    let inner = multirange.trim_matches(['{', '}']);
    let ranges = inner.split_terminator(')').filter_map(|range| {
        let (first, end) = range.trim_start_matches([',', '[']).split_once(',')?;
        Some((first.parse().ok()?, end.parse::<i64>().ok()? - 1))
    });
    ranges.collect()
}

#[cfg(test)]
mod tests;
