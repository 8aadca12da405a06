//! Consumers beside the centre: each gets everything, and none is in the way of another.

use super::*;

const ALL: ConsumerPolicy = ConsumerPolicy { rows: u64::MAX, bytes: u64::MAX, pictures: true };

/// The centre gets and acknowledges everything there is.
fn deliver(store: &mut Store) {
    loop {
        let in_flight = store.next(100, EVERYTHING, Instant::now()).unwrap();
        if in_flight.is_empty() {
            return;
        }
        store.acked(&in_flight.iter().map(|sending| sending.id).collect::<Vec<_>>()).unwrap();
    }
}

/// Numbers that a consumer reads now; 0 for a picture.
fn read(store: &mut Store, name: &str, limit: usize) -> Vec<u64> {
    let batch = store.read(name, limit).unwrap();
    batch.records.iter().map(|record| record.seq.as_ref().map_or(0, |seq| seq.n)).collect()
}

/// Reads and moves on.
fn take(store: &mut Store, name: &str, limit: usize) -> Vec<u64> {
    let batch = store.read(name, limit).unwrap();
    if let Some(last) = batch.records.last() {
        store.advance(name, last.id).unwrap();
    }
    batch.records.iter().map(|record| record.seq.as_ref().map_or(0, |seq| seq.n)).collect()
}

fn missed(store: &mut Store, name: &str) -> u64 {
    store.read(name, 1).unwrap().missed
}

/// What is counted in memory is what is on the disk.
fn check_counts(store: &Store) {
    let loaded = super::super::consumers::Consumers::load(&store.conn).unwrap();
    assert_eq!(store.consumers, loaded);
}

#[test]
fn a_record_stays_until_the_centre_and_the_consumer_have_it() {
    let dir = dir();
    let mut store = open(dir.path());
    store.register("history", ALL).unwrap();
    (1..=3).for_each(|number| drop(alert(&mut store, number, Level::Blue)));
    assert_eq!(take(&mut store, "history", 1), [1], "before the centre has it");
    deliver(&mut store);
    let depth = store.depth();
    assert_eq!((depth.rows, depth.bytes, depth.unsent, depth.kept), (0, 0, 0, 2));
    assert_eq!(read(&mut store, "history", 10), [2, 3]);
    assert_eq!(read(&mut store, "history", 10), [2, 3], "again, as long as the cursor stays");
    assert_eq!(take(&mut store, "history", 1), [2]);
    check_counts(&store);
    let dir = crash(store, dir.path());
    let mut store = open(dir.path());
    assert_eq!((store.depth().rows, store.depth().kept), (0, 1));
    assert!(lend(&mut store, 10, EVERYTHING).is_empty(), "the centre has it");
    store.register("history", ALL).unwrap();
    assert_eq!(take(&mut store, "history", 10), [3]);
    assert_eq!(store.depth().kept, 0);
    let left: i64 = store.conn.query_row("SELECT count(*) FROM record", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn what_waits_for_its_mark_is_kept_for_the_consumer_once_the_mark_came() {
    let dir = dir();
    let (mut store, _) = open_with(dir.path(), Options { expect_marks: true, ..options(100, u64::MAX / 2) });
    store.register("history", ALL).unwrap();
    let seq = alert(&mut store, 1, Level::Red);
    let sent = store.next(8, EVERYTHING, Instant::now()).unwrap();
    store.acked(&[sent[0].id]).unwrap();
    assert_eq!((store.depth().unmarked, store.depth().kept), (1, 0));
    assert_eq!(store.marked(&seq.stream, 1, now()).unwrap(), Marked::Released(1));
    assert_eq!((store.depth().rows, store.depth().kept), (0, 1));
    store.acked(&[sent[0].id]).unwrap();
    assert_eq!(store.depth().kept, 1, "a PUBACK that comes twice is nothing");
    assert_eq!(take(&mut store, "history", 8), [1]);
    check_counts(&store);
}

#[test]
fn each_consumer_has_a_place_of_its_own() {
    let dir = dir();
    let mut store = open(dir.path());
    store.register("history", ALL).unwrap();
    alert(&mut store, 1, Level::Blue);
    store.register("export", ALL).unwrap();
    alert(&mut store, 2, Level::Blue);
    deliver(&mut store);
    assert_eq!(take(&mut store, "export", 10), [1, 2], "from the oldest that is there");
    assert_eq!(store.depth().kept, 2);
    assert_eq!(take(&mut store, "history", 1), [1]);
    assert_eq!(store.depth().kept, 1);
    check_counts(&store);
    store.unregister("history").unwrap();
    assert_eq!(store.depth().kept, 0, "nobody needs the rest");
    let error = store.read("history", 1).unwrap_err();
    assert_eq!(error.to_string(), "the outbox knows no consumer `history`");
    store.unregister("nobody").unwrap();
    check_counts(&store);
}

#[test]
fn pictures_are_kept_for_those_who_want_them() {
    let dir = dir();
    let mut store = open(dir.path());
    store.register("history", ConsumerPolicy { pictures: false, ..ALL }).unwrap();
    picture(&mut store, 1, Level::Blue, 10);
    alert(&mut store, 1, Level::Blue);
    assert_eq!(read(&mut store, "history", 10), [1]);
    deliver(&mut store);
    assert_eq!(store.depth().kept, 1);
    store.register("gallery", ALL).unwrap();
    picture(&mut store, 1, Level::Blue, 10);
    deliver(&mut store);
    assert_eq!(read(&mut store, "gallery", 10), [1, 0]);
    assert_eq!(take(&mut store, "history", 10), [1]);
    assert_eq!(store.depth().kept, 2);
    assert_eq!(take(&mut store, "gallery", 10), [1, 0]);
    assert_eq!(store.depth().kept, 0);
    check_counts(&store);
}

#[test]
fn a_consumer_that_stays_behind_loses_its_oldest_and_is_notified_how_many() {
    for policy in [ConsumerPolicy { rows: 10, ..ALL }, ConsumerPolicy { bytes: 10 * 300, ..ALL }] {
        let dir = dir();
        let mut store = open(dir.path());
        store.register("history", policy).unwrap();
        store.register("export", ALL).unwrap();
        for number in 0..100 {
            alert_of(&mut store, number, Level::Red, 300);
            deliver(&mut store);
        }
        assert_eq!(take(&mut store, "export", 1000).len(), 100, "the bound of one is not the other's");
        let depth = store.depth();
        assert!((5..=10).contains(&depth.kept), "{depth:?}");
        assert_eq!(missed(&mut store, "history"), 100 - depth.kept);
        let numbers = read(&mut store, "history", 1000);
        assert_eq!(numbers, ((101 - depth.kept)..=100).collect::<Vec<_>>());
        check_counts(&store);
        let dir = crash(store, dir.path());
        assert_eq!(missed(&mut open(dir.path()), "history"), 100 - depth.kept);
    }
}

#[test]
fn what_still_waits_for_the_centre_is_not_given_up_for_a_consumer_that_is_over_its_bound() {
    let dir = dir();
    let mut store = open(dir.path());
    store.register("history", ConsumerPolicy { rows: 10, ..ALL }).unwrap();
    (1..=20).for_each(|number| drop(alert(&mut store, number, Level::Blue)));
    // The connection is back: what is red overtakes the backlog.
    store.connected().unwrap();
    let urgent = Policy { backlog: false, evidence: false, again: false };
    for number in 21..=40 {
        alert(&mut store, number, Level::Red);
        let in_flight = store.next(1, urgent, Instant::now()).unwrap();
        assert_eq!(n_of(&in_flight[0]), u64::from(number));
        store.acked(&[in_flight[0].id]).unwrap();
    }
    let depth = store.depth();
    assert!(depth.unsent == 20 && (5..=10).contains(&depth.kept), "{depth:?}");
    let newest = (41 - depth.kept)..=40;
    assert_eq!(missed(&mut store, "history"), 20 - depth.kept);
    assert_eq!(read(&mut store, "history", 100), (1..=20).chain(newest.clone()).collect::<Vec<_>>());
    // Who else registers changes nothing of it.
    store.register("export", ConsumerPolicy { rows: 0, ..ALL }).unwrap();
    store.unregister("export").unwrap();
    assert_eq!(take(&mut store, "history", 5), [1, 2, 3, 4, 5]);
    // Of the backlog, what it has not read when the centre has it is the oldest, and it is still over its bound.
    deliver(&mut store);
    assert_eq!(store.depth().kept, depth.kept);
    assert_eq!(missed(&mut store, "history"), 20 - depth.kept + 15);
    assert_eq!(take(&mut store, "history", 100), newest.collect::<Vec<_>>());
    assert_eq!(store.depth().kept, 0);
    check_counts(&store);
}

#[test]
fn what_is_kept_for_a_consumer_neither_drops_nor_holds_up_what_is_the_centres() {
    let dir = dir();
    let mut store = open_with(dir.path(), options(10, 10 * 300)).0;
    store.register("history", ALL).unwrap();
    for number in 0..100 {
        alert_of(&mut store, number, Level::Blue, 300);
        deliver(&mut store);
    }
    for number in 100..105 {
        alert_of(&mut store, number, Level::Red, 300);
    }
    let depth = store.depth();
    assert_eq!((depth.rows, depth.kept, depth.dropped, depth.over_limit), (5, 100, 0, false));
    assert_eq!(lend(&mut store, 8, EVERYTHING), [101, 102, 103, 104, 105]);
}

#[test]
fn what_the_centre_loses_for_lack_of_room_the_consumer_still_reads() {
    let dir = dir();
    let mut store = open_with(dir.path(), options(10, u64::MAX / 2)).0;
    store.register("history", ALL).unwrap();
    for number in 0..30 {
        alert(&mut store, number, Level::Blue);
    }
    assert!(store.depth().dropped > 0 && store.depth().rows <= 10);
    let batch = store.read("history", 1000).unwrap();
    let alerts = batch.records.iter().filter(|record| record.kind == Kind::Alert).count();
    assert_eq!((alerts, batch.missed), (30, 0));
    // What was read of a gap stays as it is.
    let gap = batch.records.iter().find(|record| record.kind == Kind::Gap).unwrap();
    for number in 30..60 {
        alert(&mut store, number, Level::Blue);
    }
    let again = store.read("history", 1000).unwrap();
    assert!(again.records.contains(gap));
    check_counts(&store);
}

#[test]
fn where_the_disk_is_short_what_is_kept_for_consumers_goes_first() {
    let dir = dir();
    let mut store = open(dir.path());
    store.register("history", ALL).unwrap();
    for number in 0..20 {
        alert_of(&mut store, number, Level::Red, 300);
        picture(&mut store, number, Level::Red, 300);
    }
    deliver(&mut store);
    picture(&mut store, 20, Level::Blue, 300);
    assert_eq!((store.depth().rows, store.depth().kept), (1, 40));
    // Short of ten records' bytes.
    let free = free_disk(dir.path());
    store.options.limits.free_bytes = free + 3000;
    store.free_bytes = Some(free);
    store
        .try_write(&|store: &Store,
                     tx: &rusqlite::Transaction<'_>,
                     changes: &mut super::super::store::Changes| {
            store.trim(tx, now(), changes)
        })
        .unwrap();
    let depth = store.depth();
    assert_eq!((depth.rows, depth.kept, depth.dropped_pictures), (1, 30, 0), "the centre's picture stays");
    assert_eq!(missed(&mut store, "history"), 10);
    check_counts(&store);
}

fn free_disk(dir: &Path) -> u64 {
    super::super::retention::free_bytes(dir).unwrap().max(Limits::FLOOR_BYTES)
}

#[test]
fn a_salvaged_queue_knows_how_far_each_consumer_was_and_sends_nothing_again_for_it() {
    let dir = dir();
    let path = dir.path().join("outbox.db");
    let mut store = open(dir.path());
    store.register("history", ALL).unwrap();
    for number in 0..200 {
        alert_of(&mut store, number, Level::Red, 2000);
    }
    deliver(&mut store);
    assert_eq!(take(&mut store, "history", 50).len(), 50);
    let waits = alert(&mut store, 200, Level::Red);
    let old = store.depth().stream;
    store.close().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 16384].fill(0xff);
    fs::write(&path, bytes).unwrap();

    let (mut store, opened) = open_with(dir.path(), options(u64::MAX / 2, u64::MAX / 2));
    assert!(matches!(opened, Opened::Damaged { .. }), "{opened:?}");
    let in_flight = store.next(1000, EVERYTHING, Instant::now()).unwrap();
    let in_flight: Vec<_> =
        in_flight.iter().map(|sending| (sending.kind, sending.seq.clone().unwrap())).collect();
    assert_eq!(in_flight[0], (Kind::Alert, waits), "what the centre had not got");
    assert_eq!((in_flight.len(), in_flight[1].0), (2, Kind::Gap));
    let records = store.read("history", 1000).unwrap().records;
    let numbers: Vec<u64> = records
        .iter()
        .filter_map(|record| record.seq.clone())
        .filter(|seq| *seq.stream == *old)
        .map(|seq| seq.n)
        .collect();
    assert!(numbers.is_sorted() && numbers[0] > 50 && numbers.last() == Some(&201), "{numbers:?}");
    assert!(numbers.len() > 100, "{} of 151", numbers.len());
    check_counts(&store);
}

#[test]
fn a_handle_on_a_record_of_a_database_that_was_replaced_moves_no_cursor() {
    let dir = dir();
    let mut store = open(dir.path());
    store.register("history", ALL).unwrap();
    (1..=3).for_each(|number| drop(alert(&mut store, number, Level::Blue)));
    let before = store.read("history", 10).unwrap().records;
    store.generation += 1;
    store.advance("history", before[2].id).unwrap();
    assert_eq!(read(&mut store, "history", 10), [1, 2, 3]);
}

#[test]
fn a_changed_body_is_not_read_and_no_gap_is_reported_of_what_the_centre_has() {
    let dir = dir();
    let mut store = open(dir.path());
    store.register("history", ALL).unwrap();
    (1..=3).for_each(|number| drop(alert(&mut store, number, Level::Blue)));
    deliver(&mut store);
    alert(&mut store, 4, Level::Blue);
    store.conn.execute("UPDATE record SET body = x'00' WHERE n IN (2, 4)", []).unwrap();
    let batch = store.read("history", 10).unwrap();
    let read: Vec<_> =
        batch.records.iter().map(|record| (record.kind, record.seq.as_ref().unwrap().n)).collect();
    assert_eq!(read, [(Kind::Alert, 1), (Kind::Alert, 3), (Kind::Gap, 5)]);
    assert_eq!(batch.missed, 2);
    let in_flight = store.next(10, EVERYTHING, Instant::now()).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&in_flight[0].body).unwrap();
    assert_eq!((in_flight.len(), &body["ranges"]), (1, &serde_json::json!([[4, 4]])));
    check_counts(&store);
}

#[test]
fn a_second_consumer_takes_three_calls() {
    let dir = dir();
    let (outbox, _) = Outbox::open(dir.path(), now(), "box-1", options(100, u64::MAX / 2)).unwrap();
    outbox.append(record(Kind::Alert, 7, 1, Level::Red, false), |_| Ok(b"body".to_vec())).unwrap();
    let history = outbox.register("history", ALL).unwrap();
    let Batch { records, missed } = history.read(100).unwrap();
    let [only] = &records[..] else { panic!("{records:?}") };
    assert_eq!((only.kind, only.alert_id.as_deref(), only.rev), (Kind::Alert, Some("alert-7"), 1));
    assert_eq!((only.level, only.phase_end, only.at), (Some(Level::Red), false, now()));
    assert_eq!((&*only.topic_suffix, &only.body[..], missed), ("up/alert", &b"body"[..], 0));
    history.advance(only.id).unwrap();
    assert_eq!(history.read(100).unwrap(), Batch::default());
    drop(history);
    outbox.unregister("history").unwrap();
    assert!(outbox.close(Duration::from_secs(10)));
}

#[derive(Debug, Clone)]
enum Step {
    Append { urgent: bool },
    Picture,
    Deliver { limit: usize },
    Take { limit: usize },
    Reopen { crash: bool },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(|urgent| Step::Append { urgent }),
        1 => Just(Step::Picture),
        3 => (1_usize..5).prop_map(|limit| Step::Deliver { limit }),
        3 => (1_usize..5).prop_map(|limit| Step::Take { limit }),
        1 => any::<bool>().prop_map(|crash| Step::Reopen { crash }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_consumer_reads_everything_once_and_in_order_whatever_the_centre_does(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut dir = dir();
        let mut store = open(dir.path());
        store.register("history", ALL).unwrap();
        let (mut stored, mut got) = (Vec::new(), Vec::new());
        for step in &steps {
            match step {
                Step::Append { urgent } => {
                    let level = if *urgent { Level::Red } else { Level::Blue };
                    stored.push(alert(&mut store, 0, level).n);
                }
                Step::Picture => {
                    picture(&mut store, 0, Level::Blue, 10);
                    stored.push(0);
                }
                Step::Deliver { limit } => {
                    for sending in store.next(*limit, EVERYTHING, Instant::now()).unwrap() {
                        store.acked(&[sending.id]).unwrap();
                    }
                }
                Step::Take { limit } => got.extend(take(&mut store, "history", *limit)),
                Step::Reopen { crash: true } => {
                    let next = crash(store, dir.path());
                    dir = next;
                    store = open(dir.path());
                }
                Step::Reopen { crash: false } => {
                    store.close().unwrap();
                    store = open(dir.path());
                }
            }
            check_counts(&store);
        }
        got.extend(take(&mut store, "history", 1000));
        prop_assert_eq!(got, stored);
        store.connected().unwrap();
        deliver(&mut store);
        let left: i64 = store.conn.query_row("SELECT count(*) FROM record", [], |row| row.get(0)).unwrap();
        prop_assert_eq!((left, store.depth().rows, store.depth().kept), (0, 0, 0));
    }
}
