//! How much is written to the disk when something arrives: never the bodies again.

use super::super::store::Changes;
use super::*;

/// Three quarters of a page: each record has a page of its own, which every change of its row writes again.
const BODY: usize = 3000;
const RECORDS: u32 = 20_500;

/// With the usual bound of the history, and with one that nothing passes.
const HISTORIES: [u64; 2] = [12 << 20, u64::MAX];

/// So many blue alerts, in a few transactions.
fn backlog(store: &mut Store, count: u32) {
    for first in (0..count).step_by(500) {
        store
            .try_write(&|store: &Store, tx: &rusqlite::Transaction<'_>, changes: &mut Changes| {
                for number in first..count.min(first + 500) {
                    let seq = Seq { stream: store.stream.clone(), n: changes.next_n };
                    let blue = Record { state: None, ..record(Kind::Alert, number, 1, Level::Blue, false) };
                    store.insert_record(tx, &blue, &seq, &[b'0'; BODY], changes)?;
                }
                Ok(())
            })
            .unwrap();
    }
}

fn rows(count: u32) -> Vec<RecordId> {
    (1..=i64::from(count)).map(|row| RecordId { generation: 0, row }).collect()
}

/// Bytes that `work` adds to the log: all that it writes.
fn written(dir: &Path, store: &mut Store, work: impl FnOnce(&mut Store)) -> u64 {
    store.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    store.conn.query_row("PRAGMA wal_autocheckpoint = 0", [], |_| Ok(())).unwrap();
    let log = dir.join("outbox.db-wal");
    let before = fs::metadata(&log).map_or(0, |file| file.len());
    work(store);
    let after = fs::metadata(&log).unwrap().len();
    assert!(after > before, "something is written");
    after - before
}

#[test]
fn a_mark_over_a_large_backlog_writes_a_fraction_of_its_bodies() {
    for bytes in HISTORIES {
        let dir = dir();
        let limits = options(u64::MAX / 2, u64::MAX / 2);
        let (mut store, _) = open_with(dir.path(), Options { expect_marks: true, ..limits });
        store.register("sent-history", ConsumerPolicy { rows: u64::MAX, bytes, pictures: false }).unwrap();
        backlog(&mut store, RECORDS);
        let stream = store.stream.to_string();
        let bodies = u64::from(RECORDS) * BODY as u64;
        let acknowledged = written(dir.path(), &mut store, |store| store.acked(&rows(RECORDS)).unwrap());
        assert!(acknowledged * 20 < bodies, "{acknowledged} bytes for the PUBACKs of {bytes}");
        let marked = written(dir.path(), &mut store, |store| {
            let released = store.marked(&stream, u64::from(RECORDS), now()).unwrap();
            assert_eq!(released, Marked::Released(RECORDS as usize));
        });
        assert!(marked * 10 < bodies, "{marked} bytes for the mark, history of {bytes}");
        let kept = store.depth().kept * BODY as u64;
        assert!(kept <= bytes && kept > bodies.min(bytes) / 10 * 9, "{kept} of {bytes}");
    }
}

#[test]
fn what_arrives_one_by_one_is_written_once() {
    let dir = dir();
    let mut store = open(dir.path());
    store.register("sent-history", ConsumerPolicy { rows: 100, bytes: u64::MAX, pictures: false }).unwrap();
    backlog(&mut store, 20);
    let mut acknowledged = 0;
    for id in rows(20) {
        acknowledged += written(dir.path(), &mut store, |store| store.acked(&[id]).unwrap());
    }
    // Two pages, of the place and of its index, and the head of the log: not those of a record with its body.
    assert!(acknowledged <= 20 * (2 * (4096 + 24) + 32), "{acknowledged}");
    assert_eq!((store.depth().rows, store.depth().kept), (0, 20));
}

#[test]
fn a_record_whose_place_is_lost_is_noticed_at_opening_and_sent() {
    for sql in ["DELETE FROM progress WHERE id = 2", "DELETE FROM record WHERE id = 2"] {
        let dir = dir();
        let mut store = open(dir.path());
        (1..=3).for_each(|number| drop(alert(&mut store, number, Level::Red)));
        store.close().unwrap();
        rusqlite::Connection::open(dir.path().join("outbox.db")).unwrap().execute(sql, []).unwrap();
        let (mut store, opened) = open_with(dir.path(), options(u64::MAX / 2, u64::MAX / 2));
        let Opened::Damaged { records, .. } = opened else { panic!("{sql}: {opened:?}") };
        let alerts = store.next(10, EVERYTHING, Instant::now()).unwrap();
        let alerts = alerts.iter().filter(|sending| sending.kind == Kind::Alert).count() as u64;
        assert_eq!((records, alerts), if sql.contains("progress") { (3, 3) } else { (2, 2) });
    }
}

#[test]
fn a_record_whose_place_is_lost_while_the_queue_is_open_is_salvaged() {
    let dir = dir();
    let mut store = open(dir.path());
    store.register("sent-history", ConsumerPolicy { rows: 100, bytes: u64::MAX, pictures: false }).unwrap();
    let seq = alert(&mut store, 1, Level::Red);
    store.acked(&rows(1)).unwrap();
    store.resend(&seq.stream, 1, 1).unwrap();
    store.conn.execute("DELETE FROM progress", []).unwrap();
    let in_flight = store.next(10, EVERYTHING, Instant::now()).unwrap();
    assert_ne!(store.depth().stream, *seq.stream, "a new stream");
    let in_flight: Vec<_> = in_flight.into_iter().map(|sending| (sending.kind, sending.seq)).collect();
    assert_eq!(in_flight[0], (Kind::Alert, Some(seq)), "how far it got is not known: once more");
    assert_eq!((in_flight.len(), in_flight[1].0), (2, Kind::Gap));
}
