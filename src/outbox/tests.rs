//! The queue against a model, and its crash rules one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use tempfile::TempDir;

use super::store::Store;
use super::*;

mod consumers;
mod log_end;
mod marks;
mod messages;
mod migration;
mod model;
mod resend;
mod writes;

const EVERYTHING: Policy = Policy { backlog: true, evidence: true, again: true };

fn now() -> Timestamp {
    "2026-01-01T08:00:00Z".parse().unwrap()
}

/// In memory where there is such a place: what is tested is the order of things, not the disk.
fn dir() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn options(rows: u64, bytes: u64) -> Options {
    let limits = Limits { rows, bytes, free_bytes: 0 };
    // Longer than any of these tests pretends to wait, but for the one about it.
    // What a test stores before it connects is old.
    let live_before = Duration::ZERO;
    Options { limits, again_after: Duration::from_secs(1_000_000), live_before, ..Options::default() }
}

fn open(dir: &Path) -> Store {
    open_with(dir, options(u64::MAX / 2, u64::MAX / 2)).0
}

fn open_with(dir: &Path, options: Options) -> (Store, Opened) {
    Store::open(dir, now(), "box-1", options).unwrap()
}

fn record(kind: Kind, alert: u32, rev: u32, level: Level, phase_end: bool) -> Record {
    Record {
        kind,
        alert_id: (kind == Kind::Alert).then(|| format!("alert-{alert}")),
        rev,
        level: (kind == Kind::Alert).then_some(level),
        phase_end,
        topic_suffix: "up/alert".to_owned(),
        at: now(),
        state: (kind == Kind::Alert).then(|| format!("state {rev}").into_bytes()),
    }
}

fn alert(store: &mut Store, number: u32, level: Level) -> Seq {
    revision(store, number, 1, level, false)
}

fn revision(store: &mut Store, number: u32, rev: u32, level: Level, end: bool) -> Seq {
    store
        .append(record(Kind::Alert, number, rev, level, end), |seq| Ok(seq.n.to_string().into_bytes()))
        .unwrap()
}

fn picture(store: &mut Store, number: u32, level: Level, bytes: usize) {
    store
        .append_evidence(Evidence {
            alert_id: format!("alert-{number}"),
            level,
            topic_suffix: format!("up/evidence/alert-{number}/1"),
            at: now(),
            jpeg: vec![0; bytes],
        })
        .unwrap();
}

/// Numbers lent now, in order; 0 for a picture.
fn lend(store: &mut Store, limit: usize, policy: Policy) -> Vec<u64> {
    store.next(limit, policy, Instant::now()).unwrap().iter().map(n_of).collect()
}

fn n_of(sending: &Sending) -> u64 {
    sending.seq.as_ref().map_or(0, |seq| seq.n)
}

/// The state a killed process leaves: whatever reached the files, and no goodbye.
fn crash(store: Store, from: &Path) -> TempDir {
    let dir = dir();
    for name in ["outbox.db", "outbox.db-wal", "outbox.high"] {
        if from.join(name).exists() {
            fs::copy(from.join(name), dir.path().join(name)).unwrap();
        }
    }
    drop(store);
    dir
}

#[test]
fn red_and_orange_go_first_then_live_then_backlog_then_pictures() {
    let dir = dir();
    let mut store = open(dir.path());
    picture(&mut store, 1, Level::Blue, 10);
    alert(&mut store, 1, Level::Blue);
    alert(&mut store, 2, Level::Yellow);
    alert(&mut store, 3, Level::Orange);
    store.connected().unwrap();
    alert(&mut store, 4, Level::Blue);
    alert(&mut store, 5, Level::Red);
    assert_eq!(lend(&mut store, 10, EVERYTHING), [3, 5, 4, 1, 2, 0]);
}

#[test]
fn what_was_stored_just_before_a_link_blinked_does_not_wait_behind_a_long_backlog() {
    let dir = dir();
    let live_before = Duration::from_secs(30);
    let (mut store, _) = open_with(dir.path(), options(100, u64::MAX / 2));
    alert(&mut store, 1, Level::Blue);
    drop(store);
    let (mut store, _) = open_with(dir.path(), Options { live_before, ..options(100, u64::MAX / 2) });
    store.connected().unwrap();
    alert(&mut store, 2, Level::Blue);
    store.connected().unwrap();
    let limited = Policy { backlog: false, evidence: false, again: false };
    assert_eq!(lend(&mut store, 10, limited), [2]);
    assert_eq!(lend(&mut store, 10, EVERYTHING), [1], "what was there before this run is old");
}

#[test]
fn without_room_in_the_rate_limit_only_urgent_and_live_records_are_lent() {
    let dir = dir();
    let mut store = open(dir.path());
    alert(&mut store, 1, Level::Blue);
    alert(&mut store, 2, Level::Red);
    store.connected().unwrap();
    alert(&mut store, 3, Level::Blue);
    let limited = Policy { backlog: false, evidence: false, again: false };
    assert_eq!(lend(&mut store, 10, limited), [2, 3]);
    assert_eq!(lend(&mut store, 10, EVERYTHING), [1]);
}

#[test]
fn pictures_of_the_highest_level_go_first_one_at_a_time() {
    let dir = dir();
    let mut store = open(dir.path());
    picture(&mut store, 1, Level::Blue, 10);
    picture(&mut store, 2, Level::Red, 10);
    let in_flight = store.next(5, EVERYTHING, Instant::now()).unwrap();
    assert_eq!(in_flight.len(), 1);
    assert_eq!(in_flight[0].topic_suffix, "up/evidence/alert-2/1");
}

#[test]
fn the_oldest_that_waits_is_known_until_it_has_its_receipt() {
    let dir = dir();
    let mut store = open(dir.path());
    let oldest = |store: &mut Store| {
        store.look_at_oldest();
        store.depth().oldest
    };
    assert_eq!(oldest(&mut store), None);
    let at = |minute: u32| -> Timestamp { format!("2026-01-01T08:{minute:02}:00Z").parse().unwrap() };
    for (minute, level) in [(1, Level::Blue), (2, Level::Red), (3, Level::Yellow)] {
        let record = Record { at: at(minute), ..record(Kind::Alert, minute, 1, level, false) };
        store.append(record, |_| Ok(b"x".to_vec())).unwrap();
    }
    assert_eq!(oldest(&mut store), Some(at(1)), "whatever goes first");
    for left in [Some(at(1)), Some(at(3)), None] {
        // The red one goes first.
        let lent = store.next(1, EVERYTHING, Instant::now()).unwrap();
        store.acked(&lent.iter().map(|one| one.id).collect::<Vec<_>>()).unwrap();
        assert_eq!(oldest(&mut store), left);
    }
}

#[test]
fn other_limits_count_from_the_next_record_on_and_marks_that_came_stay_known() {
    let dir = dir();
    let mut store = open(dir.path());
    (1..=10).for_each(|number| drop(alert(&mut store, number, Level::Blue)));
    store.set_limits(Limits { rows: 6, bytes: u64::MAX / 2, free_bytes: 0 }, true).unwrap();
    assert_eq!(
        (store.depth().rows, store.depth().marks),
        (10, true),
        "nothing is dropped by the change itself"
    );
    alert(&mut store, 11, Level::Red);
    let depth = store.depth();
    assert!(depth.rows <= 6 && depth.dropped > 0, "{depth:?}");
    store.set_limits(options(100, 1 << 20).limits, false).unwrap();
    assert!(!store.depth().marks, "no mark ever came");
    let stream = store.depth().stream;
    store.marked(&stream, 1, now()).unwrap();
    store.set_limits(options(100, 1 << 20).limits, false).unwrap();
    assert!(store.depth().marks, "who marked once goes on marking");
}

#[test]
fn a_held_record_waits_and_the_others_go_on() {
    let dir = dir();
    let mut store = open(dir.path());
    alert(&mut store, 1, Level::Blue);
    alert(&mut store, 2, Level::Blue);
    let first = store.next(1, EVERYTHING, Instant::now()).unwrap().remove(0);
    let until = Instant::now() + Duration::from_secs(60);
    store.hold(first.id, until);
    assert_eq!(lend(&mut store, 5, EVERYTHING), [2]);
    assert_eq!(store.next_hold_end(), Some(until));
    let again = store.next(5, EVERYTHING, until).unwrap();
    assert_eq!(again.iter().map(n_of).collect::<Vec<_>>(), [1]);
}

#[test]
fn what_is_reported_of_an_ended_alert_without_a_state_leaves_no_older_one_behind() {
    let dir = dir();
    let mut store = open(dir.path());
    revision(&mut store, 1, 2, Level::Red, true);
    revision(&mut store, 2, 2, Level::Red, true);
    let stateless = Record { state: None, ..record(Kind::Alert, 1, 3, Level::Red, true) };
    store.append(stateless, |_| Ok(b"{}".to_vec())).unwrap();
    assert_eq!(store.ended_alerts().unwrap(), [b"state 2".to_vec()], "only the other one's");
}

#[test]
fn alerts_that_ended_are_kept_for_a_week_and_what_follows_takes_the_place_of_the_end() {
    let dir = dir();
    let mut store = open(dir.path());
    alert(&mut store, 1, Level::Red);
    revision(&mut store, 1, 2, Level::Red, true);
    revision(&mut store, 2, 5, Level::Blue, true);
    revision(&mut store, 1, 3, Level::Red, true);
    let dir = crash(store, dir.path());
    let mut store = open(dir.path());
    assert!(store.open_alerts().unwrap().is_empty());
    assert_eq!(store.ended_alerts().unwrap(), [b"state 3".to_vec(), b"state 5".to_vec()]);
    let later = now().as_second() + 8 * 24 * 60 * 60;
    let later = Record {
        at: crate::analysis::time::Timestamp::from_second(later).unwrap(),
        ..record(Kind::Alert, 3, 9, Level::Blue, true)
    };
    store.append(later, |_| Ok(b"{}".to_vec())).unwrap();
    assert_eq!(store.ended_alerts().unwrap(), [b"state 9".to_vec()]);
}

#[test]
fn open_alerts_and_their_latest_states_survive_a_crash() {
    let dir = dir();
    let mut store = open(dir.path());
    alert(&mut store, 1, Level::Yellow);
    alert(&mut store, 2, Level::Red);
    revision(&mut store, 1, 2, Level::Orange, false);
    alert(&mut store, 3, Level::Blue);
    revision(&mut store, 3, 2, Level::Blue, true);
    for id in [1, 2] {
        // Delivered or not makes no difference.
        store.acked(&[RecordId { generation: 0, row: id }]).unwrap();
    }
    let dir = crash(store, dir.path());
    let open = open(dir.path()).open_alerts().unwrap();
    let seen: Vec<_> = open
        .iter()
        .map(|alert| (alert.alert_id.as_str(), alert.rev, alert.level, alert.state.clone()))
        .collect();
    let own = |text: &str| AlertState::Own(text.as_bytes().to_vec());
    assert_eq!(
        seen,
        [
            ("alert-1", 2, Some(Level::Orange), own("state 2")),
            ("alert-2", 1, Some(Level::Red), own("state 1")),
        ]
    );
}

#[test]
fn an_alert_whose_state_is_not_known_is_not_taken_up_again_from_an_earlier_revision() {
    let dir = dir();
    let mut store = open(dir.path());
    alert(&mut store, 1, Level::Yellow);
    let without = Record { state: None, ..record(Kind::Alert, 1, 2, Level::Yellow, false) };
    store.append(without, |_| Ok(b"told".to_vec())).unwrap();
    assert_eq!(
        store.open_alerts().unwrap(),
        [],
        "revision 2 is stored, and would be published a second time"
    );
    revision(&mut store, 1, 3, Level::Yellow, false);
    assert_eq!(store.open_alerts().unwrap()[0].rev, 3);
}

#[test]
fn what_goes_first_when_room_is_short() {
    let dir = dir();
    let mut store = open(dir.path());
    let reply = record(Kind::Reply, 0, 0, Level::Blue, false);
    revision(&mut store, 1, 2, Level::Blue, false); // 1, superseded by the next
    revision(&mut store, 1, 3, Level::Blue, false); // 2
    alert(&mut store, 2, Level::Yellow); // 3
    alert(&mut store, 3, Level::Red); // 4
    revision(&mut store, 4, 2, Level::Blue, true); // 5
    store.append(record(Kind::Count, 0, 0, Level::Blue, false), |_| Ok(vec![0])).unwrap(); // 6
    store.append(reply, |_| Ok(vec![0])).unwrap(); // 7
    revision(&mut store, 3, 2, Level::Orange, false); // 8
    revision(&mut store, 3, 3, Level::Orange, false); // 9
    picture(&mut store, 2, Level::Yellow, 100); // 10
    picture(&mut store, 1, Level::Blue, 100); // 11
    picture(&mut store, 1, Level::Red, 100); // 12, sent
    let stream = store.depth().stream;
    store.marked(&stream, 0, now()).unwrap();
    store.acked(&[RecordId { generation: 0, row: 12 }]).unwrap();
    let part = Record { rev: 2, ..record(Kind::Reply, 0, 0, Level::Blue, false) };
    store.append(part, |_| Ok(vec![0])).unwrap(); // 13, a part of an answer
    let mut order: Vec<i64> = Vec::new();
    for sql in super::retention::DROP_ORDER {
        let mut statement = store.conn.prepare(sql).unwrap();
        let ids: Vec<i64> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        order.extend(ids.iter().filter(|id| !order.contains(id)).copied().collect::<Vec<_>>());
    }
    assert_eq!(
        order,
        [12, 11, 10, 1, 6, 13, 2, 3, 7],
        "the sent picture, blue, yellow; the superseded update, the count, the part, blue, yellow, the reply; \
         never red, orange or the end"
    );
}

#[test]
fn what_must_not_be_dropped_passes_the_limit_and_says_so() {
    let dir = dir();
    let mut store = open_with(dir.path(), options(u64::MAX / 2, 1000)).0;
    for number in 0..5 {
        alert_of(&mut store, number, Level::Red, 300);
    }
    assert_eq!((store.depth().rows, store.depth().over_limit), (5, true));
    alert_of(&mut store, 5, Level::Blue, 300);
    assert_eq!((store.depth().rows, store.depth().dropped), (6, 1), "the blue one became a gap");
}

fn alert_of(store: &mut Store, number: u32, level: Level, bytes: usize) {
    store.append(record(Kind::Alert, number, 1, level, false), |_| Ok(vec![b'0'; bytes])).unwrap();
}

#[test]
fn gaps_are_added_up_while_they_wait() {
    let dir = dir();
    let mut store = open_with(dir.path(), options(10, u64::MAX / 2)).0;
    for number in 0..200 {
        alert(&mut store, number, Level::Blue);
    }
    let in_flight = store.next(100, EVERYTHING, Instant::now()).unwrap();
    let gaps: Vec<_> = in_flight.iter().filter(|sending| sending.kind == Kind::Gap).collect();
    assert_eq!(gaps.len(), 1, "one record for all that was dropped");
    let body: serde_json::Value = serde_json::from_slice(&gaps[0].body).unwrap();
    assert_eq!(body["reason"], "rows");
    assert_eq!(body["seq"]["n"], gaps[0].seq.as_ref().unwrap().n);
    assert!(store.depth().rows <= 10);
}

#[test]
fn a_damaged_file_is_moved_aside_and_what_can_be_read_is_carried_over() {
    let dir = dir();
    let path = dir.path().join("outbox.db");
    let mut store = open(dir.path());
    for number in 0..200 {
        alert_of(&mut store, number, Level::Red, 2000);
    }
    let old_stream = store.depth().stream;
    store.close().unwrap();
    // A flash card that lost some blocks in the middle.
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 16384].fill(0xff);
    fs::write(&path, bytes).unwrap();
    // Only after a stop that was not orderly is the file checked; a crash it was.
    rusqlite::Connection::open(&path).unwrap().execute("UPDATE queue SET orderly = 0", []).unwrap();

    let (mut store, opened) = open_with(dir.path(), options(u64::MAX / 2, u64::MAX / 2));
    let Opened::Damaged { aside, records } = opened else { panic!("{opened:?}") };
    assert!(aside.exists(), "kept for inspection");
    assert!((150..200).contains(&records), "{records} of 200");
    assert_ne!(store.depth().stream, old_stream, "a new stream");
    assert_eq!(alert(&mut store, 1000, Level::Red).n, 2, "after the gap record");
    let in_flight = store.next(1000, EVERYTHING, Instant::now()).unwrap();
    let gap = in_flight.iter().find(|sending| sending.kind == Kind::Gap).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&gap.body).unwrap();
    assert_eq!(
        (body["reason"].as_str(), body["stream"].as_str()),
        (Some("damaged"), Some(old_stream.as_str()))
    );
    assert!(store.open_alerts().unwrap().len() > 100, "open alerts are carried over too");
}

#[test]
fn a_file_that_is_no_database_is_moved_aside() {
    let dir = dir();
    fs::write(
        dir.path().join("outbox.db"),
        "not a database, not by any means, and long enough to tell".repeat(100),
    )
    .unwrap();
    let (mut store, opened) = open_with(dir.path(), options(1000, 1 << 30));
    assert!(matches!(opened, Opened::Damaged { records: 0, .. }), "{opened:?}");
    alert(&mut store, 1, Level::Red);
}

#[test]
fn a_torn_log_loses_only_what_was_never_confirmed() {
    let dir = dir();
    let mut store = open(dir.path());
    for number in 0..20 {
        alert(&mut store, number, Level::Red);
    }
    let crashed = crash(store, dir.path());
    let log = crashed.path().join("outbox.db-wal");
    let bytes = fs::read(&log).unwrap();
    // The beginning of a transaction that was never committed, half written.
    let torn = [bytes.clone(), bytes[bytes.len() - 3000..].to_vec()].concat();
    fs::write(&log, torn).unwrap();
    let mut store = open(crashed.path());
    assert_eq!(store.depth().rows, 20);
    assert_eq!(alert(&mut store, 20, Level::Red).n, 21);
}

#[test]
fn another_boxs_directory_begins_a_new_stream_and_keeps_what_is_unsent() {
    let dir = dir();
    let mut store = open(dir.path());
    let first = alert(&mut store, 1, Level::Red);
    store.close().unwrap();
    let (mut store, opened) = Store::open(dir.path(), now(), "box-2", options(1000, 1 << 30)).unwrap();
    assert_eq!(opened, Opened::OtherBox("box-1".to_owned()));
    let second = alert(&mut store, 2, Level::Red);
    assert_ne!(first.stream, second.stream);
    assert_eq!((second.n, store.depth().rows), (1, 2));
}

#[test]
fn a_second_process_is_notified_that_the_outbox_is_in_use() {
    let dir = dir();
    let _first = open(dir.path());
    let error = Store::open(dir.path(), now(), "box-1", options(10, 10)).err().unwrap();
    assert!(matches!(error, OutboxError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("hint: is lookout already running"), "{error}");
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let dir = dir();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Store::open(&file.join("outbox"), now(), "box-1", options(10, 10)).err().unwrap();
    assert!(error.to_string().starts_with("cannot use the outbox directory"), "{error}");
    assert!(error.to_string().contains("hint:"), "{error}");
}

#[test]
fn a_full_disk_is_an_error_that_uses_no_number_and_goes_away_with_room() {
    let dir = dir();
    let mut store = open(dir.path());
    assert!(dir.path().join("outbox.reserve").exists());
    let pages: i64 = store.conn.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    store.conn.pragma_update(None, "max_page_count", pages + 2).unwrap();
    let mut last = 0;
    let error = loop {
        let result = store.append(record(Kind::Alert, 1, 1, Level::Red, false), |_| Ok(vec![0; 3000]));
        match result {
            Ok(seq) => last = seq.n,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, OutboxError::DiskFull { .. }), "{error}");
    assert!(error.to_string().contains("hint: free some space"), "{error}");
    assert!(!dir.path().join("outbox.reserve").exists(), "the reserve was given up for it");
    store.conn.pragma_update(None, "max_page_count", pages + 1000).unwrap();
    assert_eq!(alert(&mut store, 1, Level::Red).n, last + 1);
    assert!(dir.path().join("outbox.reserve").exists(), "and is kept again");
}

#[test]
fn a_disk_that_others_fill_takes_the_pictures_but_never_the_alerts_of_a_small_outbox() {
    let dir = dir();
    // More than any disk has: it is always short.
    let mut options = options(1000, 1 << 30);
    options.limits.free_bytes = u64::MAX / 2;
    let mut store = open_with(dir.path(), options).0;
    for number in 0..80 {
        picture(&mut store, number, Level::Red, EVIDENCE_BYTES);
    }
    alert(&mut store, 1, Level::Blue);
    let depth = store.depth();
    assert!(depth.bytes <= Limits::FLOOR_BYTES && depth.bytes > Limits::FLOOR_BYTES / 2, "{depth:?}");
    assert_eq!(depth.dropped, 0, "a blue alert can still be stored");
    let in_flight = store.next(10, EVERYTHING, Instant::now()).unwrap();
    let gap = in_flight.iter().find(|sending| sending.kind == Kind::Gap).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&gap.body).unwrap();
    assert_eq!(
        (body["reason"].as_str(), body["pictures"].as_u64()),
        (Some("disk"), Some(depth.dropped_pictures))
    );
    assert!(in_flight.iter().any(|sending| sending.kind == Kind::Alert));
}

#[test]
fn a_gap_that_was_sent_stays_as_it_is() {
    let dir = dir();
    let mut store = open_with(dir.path(), options(4, u64::MAX / 2)).0;
    for number in 0..10 {
        alert(&mut store, number, Level::Blue);
    }
    let gaps = |store: &mut Store| -> BTreeMap<u64, Vec<u8>> {
        let in_flight = store.next(100, EVERYTHING, Instant::now()).unwrap();
        let gaps = in_flight.iter().filter(|sending| sending.kind == Kind::Gap);
        gaps.map(|sending| (n_of(sending), sending.body.clone())).collect()
    };
    let first = gaps(&mut store);
    assert_eq!(first.len(), 1);
    // It may have arrived before the connection broke; the consumer would drop a second one with its id.
    store.connected().unwrap();
    for number in 10..20 {
        alert(&mut store, number, Level::Blue);
    }
    let second = gaps(&mut store);
    assert_eq!(second.len(), 2, "a new record for what was dropped since");
    let (n, body) = first.iter().next().unwrap();
    assert_eq!(second.get(n), Some(body), "the same bytes under the same number");
}

#[test]
fn damage_while_it_is_open_costs_neither_the_record_nor_a_hole() {
    let dir = dir();
    let mut store = open(dir.path());
    for number in 0..50 {
        alert_of(&mut store, number, Level::Red, 2000);
    }
    let in_flight = store.next(2, EVERYTHING, Instant::now()).unwrap();
    let old = store.depth().stream;
    // Everything to the main file, then the schema page of the file goes bad under the open database.
    store.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let path = dir.path().join("outbox.db");
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len() - 40 * 4096;
    bytes[4096 * 3..end].fill(0xff);
    fs::write(&path, bytes).unwrap();
    store.conn.execute_batch("PRAGMA shrink_memory").unwrap();

    let seq = (0..50)
        .map(|number| {
            store.append(record(Kind::Alert, 100 + number, 1, Level::Red, false), |seq| {
                Ok(format!("{}/{}", seq.stream, seq.n).into_bytes())
            })
        })
        .map(|stored| stored.expect("stored, in this database or in the next"))
        .find(|seq| *seq.stream != *old)
        .expect("the damage was met");
    assert_eq!(seq.n, 2, "the new stream begins with its gap record");
    store.acked(&[in_flight[0].id, in_flight[1].id]).unwrap();
    let all = store.next(1000, EVERYTHING, Instant::now()).unwrap();
    for sending in all.iter().filter(|sending| sending.kind == Kind::Alert) {
        let seq = sending.seq.as_ref().unwrap();
        let body = String::from_utf8_lossy(&sending.body);
        assert!(body.starts_with('0') || body == format!("{}/{}", seq.stream, seq.n), "{body}");
    }
    assert!(all.iter().any(|sending| sending.seq.as_ref() == Some(&seq)));
    let numbers: Vec<u64> = all
        .iter()
        .filter_map(|sending| sending.seq.as_ref())
        .filter(|seq| *seq.stream != *old)
        .map(|seq| seq.n)
        .collect();
    assert_eq!(
        numbers.len() as u64,
        store.depth().last_n,
        "acknowledging rows of the old database took none of the new"
    );
}

/// A stored record is counted before its confirmation: the publisher and the tests rely on it.
#[test]
fn the_depth_never_lags_behind_an_answer() {
    let dir = dir();
    let (outbox, _) = Outbox::open(dir.path(), now(), "box-1", options(10_000, u64::MAX / 2)).unwrap();
    for number in 0..2_000 {
        let record = record(Kind::Alert, number, 1, Level::Yellow, false);
        let seq = outbox.append(record, |seq| Ok(seq.n.to_string().into_bytes())).unwrap();
        assert_eq!(outbox.depth().last_n, seq.n);
        assert_eq!(outbox.depth().rows, seq.n);
    }
}

#[test]
fn a_body_that_changed_on_the_disk_is_never_sent_and_its_number_is_reported() {
    let dir = dir();
    let path = dir.path().join("outbox.db");
    let mut store = open(dir.path());
    for number in 0..10 {
        alert(&mut store, number, Level::Red);
    }
    let stream = store.depth().stream;
    store.close().unwrap();
    // A letter more in the text of the fourth: no database notices that.
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute("UPDATE record SET body = CAST(CAST(body AS TEXT) || '!' AS BLOB) WHERE n = 4", []).unwrap();
    drop(conn);
    let mut store = open(dir.path());
    let in_flight = store.next(100, EVERYTHING, Instant::now()).unwrap();
    let numbers: Vec<u64> =
        in_flight.iter().filter(|sending| sending.kind == Kind::Alert).map(n_of).collect();
    assert_eq!(numbers, [1, 2, 3, 5, 6, 7, 8, 9, 10]);
    let gap = in_flight.iter().find(|sending| sending.kind == Kind::Gap).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&gap.body).unwrap();
    assert_eq!((&body["reason"], &body["ranges"]), (&"damaged".into(), &serde_json::json!([[4, 4]])));
    assert_eq!((store.depth().stream, store.depth().rows), (stream, 10), "the same stream goes on");
}

#[test]
fn a_page_that_stands_in_anothers_place_does_not_keep_the_queue_from_opening() {
    let dir = dir();
    let path = dir.path().join("outbox.db");
    let mut store = open(dir.path());
    for number in 0..200 {
        alert_of(&mut store, number, Level::Red, 2000);
    }
    store.close().unwrap();
    let intact = fs::read(&path).unwrap();
    for page in 20..60 {
        let mut bytes = intact.clone();
        bytes.copy_within(page * 4096..(page + 1) * 4096, (page + 7) * 4096);
        fs::write(&path, bytes).unwrap();
        let (mut store, _) = open_with(dir.path(), options(u64::MAX / 2, u64::MAX / 2));
        let mut numbers = Vec::new();
        for sending in store.next(1000, EVERYTHING, Instant::now()).unwrap() {
            numbers.push(sending.seq.map(|seq| (seq.stream.to_string(), seq.n)));
        }
        let all = numbers.len();
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), all, "page {page}: something is lent twice");
        drop(store);
        fs::remove_file(&path).unwrap();
        let _ = fs::remove_file(path.with_file_name("outbox.db-wal"));
    }
}

#[test]
fn the_stations_of_an_alert_are_known_from_the_disk_to_the_mark() {
    let dir = dir();
    let (outbox, _) = Outbox::open(dir.path(), now(), "box-1", options(1000, u64::MAX / 2)).unwrap();
    let first = record(Kind::Alert, 1, 1, Level::Blue, false);
    let alert = first.alert_id.clone().unwrap();
    assert_eq!(outbox.journey(&alert), None);
    outbox.append(first, |_| Ok(b"{}".to_vec())).unwrap();
    let journey = || {
        let journey = outbox.journey(&alert).unwrap();
        [journey.sent, journey.acked, journey.marked].map(|at| at.is_some())
    };
    assert_eq!(journey(), [false, false, false]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let in_flight = outbox.next_async(10, EVERYTHING, Instant::now()).await.unwrap();
        assert_eq!(journey(), [true, false, false]);
        outbox.acked_async(in_flight.iter().map(|sending| sending.id).collect()).await.unwrap();
        assert_eq!(journey(), [true, true, false]);
        // What comes later about the same alert is no journey of its own.
        outbox.append(record(Kind::Alert, 1, 2, Level::Blue, false), |_| Ok(b"{}".to_vec())).unwrap();
        assert_eq!(journey(), [true, true, false]);
    });
    assert_eq!(outbox.depth().delivered, 1, "a centre that never marks keeps nothing here");
}

#[test]
fn a_mark_is_the_last_station_of_everything_that_it_covers() {
    let dir = dir();
    let with_marks = Options { expect_marks: true, ..options(1000, u64::MAX / 2) };
    let (outbox, _) = Outbox::open(dir.path(), now(), "box-1", with_marks).unwrap();
    let append = |number| {
        let record = record(Kind::Alert, number, 1, Level::Blue, false);
        let alert = record.alert_id.clone().unwrap();
        (alert, outbox.append(record, |_| Ok(b"{}".to_vec())).unwrap())
    };
    let ((first, seq), (second, _)) = (append(1), append(2));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let in_flight = outbox.next_async(10, EVERYTHING, Instant::now()).await.unwrap();
        outbox.acked_async(in_flight.iter().map(|sending| sending.id).collect()).await.unwrap();
        assert_eq!(outbox.journey(&first).unwrap().marked, None);
        outbox.marked_async(seq.stream.to_string(), seq.n, now()).await.unwrap();
    });
    assert!(outbox.journey(&first).unwrap().marked.is_some());
    assert_eq!(outbox.journey(&second).unwrap().marked, None);
}
