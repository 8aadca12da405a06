//! Tests of what messages make of the tables.

use serde_json::json;

use super::*;
use crate::centre::inbound::record_of;

fn name() -> BoxName {
    BoxName { area: "530127".to_owned(), name: "box-1".to_owned() }
}

fn record(kind: &str, n: u64, mut data: Value) -> Arc<Record> {
    data["seq"] = json!({ "stream": "01KAHZ5N8GQ4R6S7T8V9W0X1Y2", "n": n });
    let event = json!({ "specversion": "1.0", "id": format!("x.{n}"), "source": "/lookout/530127/box-1", "type": kind,
        "time": "2026-11-21T03:04:05Z", "datacontenttype": "application/json", "dataschema": "urn:x", "data": data });
    Arc::new(record_of(&name(), "up/alert", event.to_string().into_bytes(), true).unwrap())
}

#[test]
fn of_an_alert_the_highest_revision_counts_in_whatever_order_they_come() {
    let revision =
        |n, rev| record("lookout.alert.v1", n, json!({ "alert_id": "A", "rev": rev, "level": "red" }));
    let rows = Rows::of(&[revision(1, 1), revision(3, 3), revision(2, 2)]);
    let kept: Vec<i64> = rows.alerts.values().map(|alert| alert.rev).collect();
    assert_eq!(kept, [3]);
    assert_eq!(rows.settled.values().next().unwrap().len(), 3, "each number is settled all the same");
}

#[test]
fn what_a_gap_record_declares_is_settled_and_known_to_be_missing() {
    let gap = json!({ "missing_stream": "01KAHZ5N8GQ4R6S7T8V9W0X1Y2", "missing": [{ "from": 2, "to": 4 }, { "from": 7, "to": 7 }],
        "pictures": 0, "reason": "row_limit", "began_at": "2026-11-21T03:04:05Z", "until_at": "2026-11-21T03:04:05Z" });
    let rows = Rows::of(&[record("lookout.gap.v1", 9, gap)]);
    let missing: Vec<(i64, i64, &str)> =
        rows.missing.iter().map(|one| (one.first, one.last, one.why.as_str())).collect();
    assert_eq!(missing.iter().map(|(first, last, _)| (*first, *last)).collect::<Vec<_>>(), [(2, 4), (7, 7)]);
    assert!(missing.iter().all(|(.., why)| !why.is_empty()), "{missing:?}");
    assert_eq!(rows.settled.values().next().unwrap(), &[(9, 9), (2, 4), (7, 7)]);
}

/// Whoever settles numbers that the box has not given yet loses the alerts that get them.
#[test]
fn of_an_answer_to_resend_what_is_gone_is_settled_and_what_was_not_given_is_not() {
    let resend = json!({ "stream": "01KAHZ5N8GQ4R6S7T8V9W0X1Y2", "through": 90, "records": 0, "again": [],
        "gone": [{ "from": 1, "to": 3, "why": "not_kept" }, { "from": 80, "to": 90, "why": "not_given" }] });
    let answer = json!({ "request_id": "r", "command": "resend", "outcome": "done", "resend": resend });
    let rows = Rows::of(&[record("lookout.reply.v1", 50, answer)]);
    assert_eq!(rows.settled.values().next().unwrap(), &[(50, 50), (1, 3)]);
    assert_eq!(rows.missing.len(), 1);
}

#[test]
fn pictures_are_announced_by_alerts_and_by_answers() {
    let sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let alert = json!({ "alert_id": "A", "rev": 1, "evidence": [{ "id": 2, "sha256": sha256, "bytes": 5 }, { "id": 3 }, {}] });
    let answer = json!({ "request_id": "r", "command": "original", "outcome": "done",
        "original": { "topic": "up/original/B/1", "bytes": 7, "sha256": sha256 } });
    let rows = Rows::of(&[record("lookout.alert.v1", 1, alert), record("lookout.reply.v1", 2, answer)]);
    let found: Vec<_> =
        rows.announced.iter().map(|one| (one.alert_id.as_str(), one.n, one.is_original)).collect();
    assert_eq!(found, [("A", 2, false), ("B", 1, true)]);
}

#[test]
fn a_multirange_is_written_and_read_as_postgresql_does() {
    assert_eq!(multirange(&[(1, 1), (3, 5)]), "{[1,1],[3,5]}");
    assert_eq!(ranges_of("{[1,2),[3,6)}"), [(1, 1), (3, 5)]);
    assert_eq!(ranges_of("{}"), []);
}
