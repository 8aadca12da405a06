//! Files of other formats.

use rusqlite::Connection;

use super::*;

/// A queue of format 2, one record of each kind and more; `tests/data/outbox-v2.py` says what is in it.
const FORMAT_2: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/outbox-v2.db"));
const BOX: &str = "530127/box-7f3a";
const STREAM: &str = "01KAHZ5N8GQ4R6S7T8V9W0X1Y2";
const TRUCK: &str = "01KAJ7Q3V2X5T8W9Y0Z1A2B3C4";
const QUEUE: &str = "01KAJ7Q3V2X5T8W9Y0Z1A2B3D5";

/// A folder with it, changed by `sql`.
fn format_2(sql: &str) -> TempDir {
    let dir = dir();
    let path = dir.path().join("outbox.db");
    fs::write(&path, FORMAT_2).unwrap();
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    dir
}

fn open_box(dir: &Path) -> (Store, Opened) {
    Store::open(dir, now(), BOX, options(u64::MAX / 2, u64::MAX / 2)).unwrap()
}

fn user_version(path: &Path) -> i64 {
    Connection::open(path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

/// Names of the tables and indexes.
fn names(conn: &Connection) -> Vec<String> {
    let mut statement = conn.prepare("SELECT name FROM sqlite_master ORDER BY name").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_queue_of_format_2_goes_on_as_it_was() {
    let dir = format_2("");
    let (mut store, opened) = open_box(dir.path());
    assert_eq!(opened, Opened::Continued);
    let depth = store.depth();
    assert_eq!((depth.stream.as_str(), depth.last_n, depth.marks), (STREAM, 9, true));
    assert_eq!((depth.rows, depth.unsent, depth.unmarked, depth.kept), (9, 7, 2, 0));
    store.connected().unwrap();
    // The orange one; the others in order; a picture; again what has no mark yet, and its picture.
    assert_eq!(lend(&mut store, 100, EVERYTHING), [5, 4, 6, 7, 8, 9, 0, 3, 0]);
    assert_eq!(store.marked(STREAM, 3, now()).unwrap(), Marked::Released(1));
    let seq = alert(&mut store, 1, Level::Red);
    assert_eq!((&*seq.stream, seq.n), (STREAM, 10));
    store.close().unwrap();
    assert_eq!(user_version(&dir.path().join("outbox.db")), 5);
    let (store, opened) = open_box(dir.path());
    assert_eq!((opened, store.depth().rows), (Opened::Continued, 9));
}

#[test]
fn alerts_of_format_2_are_known_by_what_was_published_until_their_next_revision() {
    let dir = format_2("");
    let (mut store, _) = open_box(dir.path());
    let next = |rev, end| Record {
        alert_id: Some(TRUCK.to_owned()),
        ..record(Kind::Alert, 0, rev, Level::Orange, end)
    };
    let found = store.open_alerts().unwrap();
    // In the order of their beginning, not of the table.
    assert_eq!(found.iter().map(|alert| alert.alert_id.as_str()).collect::<Vec<_>>(), [TRUCK, QUEUE]);
    for alert in found {
        let AlertState::Published(message) = alert.state else { panic!("{:?}", alert.state) };
        let message: serde_json::Value = serde_json::from_slice(&message).unwrap();
        assert_eq!(message["data"]["alert_id"], alert.alert_id);
        assert_eq!(message["data"]["rev"], alert.rev);
    }
    store.append(next(3, false), |_| Ok(b"{}".to_vec())).unwrap();
    let found = store.open_alerts().unwrap();
    assert_eq!((found[0].rev, &found[0].state), (3, &AlertState::Own(b"state 3".to_vec())));
    store.append(next(4, true), |_| Ok(b"{}".to_vec())).unwrap();
    let found = store.open_alerts().unwrap();
    assert_eq!(found.iter().map(|alert| alert.alert_id.as_str()).collect::<Vec<_>>(), [QUEUE]);
}

/// Takes away what format 5 added: the record itself said how far it got.
const BACK_TO_4: &str = "
    UPDATE record SET (acked, release_n) = (SELECT acked, release_n FROM progress WHERE progress.id = record.id);
    DROP TABLE progress;
    DROP TABLE arrival;
    CREATE INDEX record_turn ON record(acked, class, id);
    PRAGMA user_version = 4;";

#[test]
fn a_queue_of_format_4_goes_on_with_each_record_as_far_as_it_was() {
    let dir = dir();
    let kept = ConsumerPolicy { rows: 100, bytes: u64::MAX, pictures: true };
    let options = || Options { expect_marks: true, ..options(100, u64::MAX / 2) };
    let (mut store, _) = open_with(dir.path(), options());
    store.register("history", kept).unwrap();
    // Marked and kept; a picture and an alert that are acknowledged; another that waits.
    let stream = alert(&mut store, 1, Level::Blue).stream;
    picture(&mut store, 2, Level::Blue, 10);
    alert(&mut store, 2, Level::Blue);
    store.acked(&[1, 2, 3].map(|row| RecordId { generation: 0, row })).unwrap();
    store.marked(&stream, 1, now()).unwrap();
    alert(&mut store, 3, Level::Red);
    let before = store.depth();
    assert_eq!((before.unsent, before.unmarked, before.kept), (1, 2, 1));
    store.close().unwrap();
    let path = dir.path().join("outbox.db");
    Connection::open(&path).unwrap().execute_batch(BACK_TO_4).unwrap();

    let (mut store, opened) = open_with(dir.path(), options());
    let after = store.depth();
    assert_eq!(opened, Opened::Continued);
    assert_eq!((after.unsent, after.unmarked, after.kept), (1, 2, 1));
    store.connected().unwrap();
    assert_eq!(lend(&mut store, 10, EVERYTHING), [3, 2, 0], "what waits, then once more what has no mark");
    assert_eq!(store.marked(&stream, 2, now()).unwrap(), Marked::Released(1), "the picture waits for 3");
    assert_eq!(store.marked(&stream, 3, now()).unwrap(), Marked::Released(1), "the picture");
    assert_eq!((store.depth().rows, store.depth().kept), (1, 3));
    store.close().unwrap();
    assert_eq!(user_version(&path), 5);
}

/// What formats 4 and 5 added is taken away again: the rest of a file of format 3 is the same.
#[test]
fn a_queue_of_format_3_goes_on_and_keeps_what_ends_from_then_on() {
    let dir = dir();
    let mut store = open(dir.path());
    alert(&mut store, 1, Level::Red);
    store.close().unwrap();
    let path = dir.path().join("outbox.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch(&format!("{BACK_TO_4} DROP TABLE ended_alert; PRAGMA user_version = 3;"))
        .unwrap();
    let (mut store, opened) = open_with(dir.path(), options(u64::MAX / 2, u64::MAX / 2));
    assert_eq!((opened, store.open_alerts().unwrap().len()), (Opened::Continued, 1));
    revision(&mut store, 1, 2, Level::Red, true);
    assert_eq!(store.ended_alerts().unwrap(), [b"state 2".to_vec()]);
    store.close().unwrap();
    assert_eq!(user_version(&path), 5);
}

#[test]
fn a_queue_of_format_1_is_taken_over() {
    let dir = format_2("ALTER TABLE record DROP COLUMN sum; PRAGMA user_version = 1;");
    let (mut store, opened) = open_box(dir.path());
    assert_eq!((opened, store.depth().rows), (Opened::Continued, 9));
    store.connected().unwrap();
    assert_eq!(lend(&mut store, 100, EVERYTHING).len(), 9);
    assert_eq!(alert(&mut store, 3, Level::Blue).n, 10);
}

/// Tables with their columns, and indexes with theirs. In which order a table has its columns is no matter.
fn shapes(conn: &Connection) -> Vec<Vec<rusqlite::types::Value>> {
    let columns = "SELECT m.name, p.name, p.type, p.\"notnull\", p.dflt_value, p.pk
                   FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p
                   WHERE m.type = 'table' ORDER BY m.name, p.name";
    let indexes = "SELECT m.name, l.name, l.\"unique\", l.partial, i.seqno, i.name
                   FROM sqlite_master AS m JOIN pragma_index_list(m.name) AS l JOIN pragma_index_info(l.name) AS i
                   WHERE m.type = 'table' ORDER BY m.name, l.name, i.seqno";
    let mut shapes = Vec::new();
    for sql in [columns, indexes] {
        let mut statement = conn.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| (0..6).map(|at| row.get(at)).collect()).unwrap();
        shapes.extend(rows.map(Result::unwrap));
    }
    shapes
}

#[test]
fn what_was_taken_over_has_the_tables_of_a_new_queue() {
    let new = dir();
    let expected = shapes(&open(new.path()).conn);
    assert!(expected.len() > 40, "{expected:?}");
    for sql in ["", "ALTER TABLE record DROP COLUMN sum; PRAGMA user_version = 1;"] {
        let old = format_2(sql);
        assert_eq!(shapes(&open_box(old.path()).0.conn), expected, "{sql}");
    }
}

#[test]
fn a_step_to_the_next_format_that_fails_changes_nothing_of_the_file() {
    // The first table of the step can be made, the second is there.
    let dir = format_2("CREATE TABLE open_alert (anything)");
    let (mut store, opened) = open_box(dir.path());
    let Opened::Damaged { aside, records: 9 } = opened else { panic!("{opened:?}") };
    let conn = Connection::open(&aside).unwrap();
    let alerts: i64 = conn.query_row("SELECT count(*) FROM alert", [], |row| row.get(0)).unwrap();
    assert_eq!((user_version(&aside), alerts), (2, 2));
    assert!(!names(&conn).contains(&"consumer".to_owned()), "not half a step");
    assert_eq!(store.open_alerts().unwrap().len(), 2, "carried over from the old table");
}

/// Each on a connection of its own, which goes by the tables as the one before has written them down.
fn change_behind_its_back(dir: &Path, steps: &[&str]) {
    for sql in steps {
        let conn = Connection::open(dir.join("outbox.db")).unwrap();
        conn.execute_batch(&format!("PRAGMA writable_schema = ON; {sql};")).unwrap();
    }
}

/// The index is again said to hold all records, whatever it holds.
const INDEX_OF_ALL: &str =
    "UPDATE sqlite_master SET sql = 'CREATE INDEX record_turn ON record(acked, class, id)'
                            WHERE name = 'record_turn'";

#[test]
fn a_queue_of_an_earlier_format_whose_index_holds_a_record_twice_is_salvaged() {
    let dir = format_2("");
    change_behind_its_back(
        dir.path(),
        &[
            "UPDATE sqlite_master SET sql = sql || ' WHERE acked = 1' WHERE name = 'record_turn'",
            "UPDATE record SET acked = 1 WHERE id = (SELECT max(id) FROM record WHERE acked = 0)",
            INDEX_OF_ALL,
        ],
    );
    let (mut store, opened) = open_box(dir.path());
    assert!(matches!(opened, Opened::Damaged { records: 9, .. }), "{opened:?}");
    assert_eq!(store.open_alerts().unwrap().len(), 2);
}

#[test]
fn no_record_stays_behind_that_a_large_queue_of_an_earlier_format_lacks_in_its_index() {
    // Larger than what is checked at every start.
    let dir = format_2(
        "CREATE TABLE ballast (bytes BLOB); INSERT INTO ballast VALUES (zeroblob(17 << 20));
         UPDATE queue SET orderly = 1;
         DROP INDEX record_turn; CREATE INDEX record_turn ON record(acked, class, id) WHERE id > 5",
    );
    change_behind_its_back(dir.path(), &[INDEX_OF_ALL]);
    assert!(fs::metadata(dir.path().join("outbox.db")).unwrap().len() > 16 << 20);
    let (store, opened) = open_box(dir.path());
    assert!(matches!(opened, Opened::Damaged { records: 9, .. }), "{opened:?}");
    assert_eq!(store.depth().rows, 10, "all that waited, and a gap record");
}

#[test]
fn a_queue_of_an_earlier_format_with_what_the_next_one_does_not_take_is_salvaged() {
    // Each open alert twice, in a table that allows it.
    let dir = format_2(
        "CREATE TABLE twice AS SELECT * FROM alert; INSERT INTO twice SELECT * FROM alert;
         DROP TABLE alert; ALTER TABLE twice RENAME TO alert;",
    );
    let (mut store, opened) = open_box(dir.path());
    assert!(matches!(opened, Opened::Damaged { records: 9, .. }), "{opened:?}");
    assert_eq!(store.open_alerts().unwrap().len(), 2, "each once");
}

#[test]
fn a_file_of_another_format_than_it_says_is_salvaged() {
    for format in [0, 1, 2, 3, 4, -1] {
        let dir = dir();
        let (mut store, _) = open_box(dir.path());
        alert(&mut store, 1, Level::Red);
        store.close().unwrap();
        let path = dir.path().join("outbox.db");
        Connection::open(&path).unwrap().pragma_update(None, "user_version", format).unwrap();
        let (mut store, opened) = open_box(dir.path());
        assert!(matches!(opened, Opened::Damaged { records: 1, .. }), "{format}: {opened:?}");
        assert_eq!(store.open_alerts().unwrap().len(), 1, "{format}");
    }
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let dir = dir();
    open(dir.path()).close().unwrap();
    let path = dir.path().join("outbox.db");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&path).unwrap();
    let error = Store::open(dir.path(), now(), "box-1", options(10, 10)).err().unwrap();
    assert!(matches!(error, OutboxError::TooNew { found: 99, .. }), "{error}");
    assert!(fs::read(&path).unwrap() == before, "not a byte changed");
}
