//! Damage at the end of SQLite's log, which SQLite itself takes for the end.

use super::*;

/// A queue that was killed after twenty records, with nothing of them in the file yet but its tables.
fn killed() -> (TempDir, String) {
    let dir = dir();
    let mut store = open(dir.path());
    let stream = store.depth().stream;
    for number in 0..20 {
        alert(&mut store, number, Level::Red);
    }
    (crash(store, dir.path()), stream)
}

/// The first commit is the tables' and the queue's row; cut behind it, the database knows its stream.
fn shorten_log(dir: &Path, keep: f64) {
    let log = dir.join("outbox.db-wal");
    let length = fs::metadata(&log).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(log).unwrap();
    file.set_len((length as f64 * keep) as u64).unwrap();
}

/// Of the gap records that wait: stream, missing ranges.
fn gaps(store: &mut Store) -> Vec<(String, serde_json::Value)> {
    let in_flight = store.next(1000, EVERYTHING, Instant::now()).unwrap();
    let gaps = in_flight.iter().filter(|sending| sending.kind == Kind::Gap);
    gaps.map(|gap| {
        let body: serde_json::Value = serde_json::from_slice(&gap.body).unwrap();
        assert_eq!(body["reason"], "damaged");
        (body["stream"].as_str().unwrap().to_owned(), body["ranges"].clone())
    })
    .collect()
}

#[test]
fn what_the_end_of_a_damaged_log_took_along_is_named_and_its_numbers_are_not_given_again() {
    let (killed, stream) = killed();
    shorten_log(killed.path(), 0.7);
    let mut store = open(killed.path());
    let there = store.depth().rows - 1;
    assert!((1..20).contains(&there), "{there} of 20 are there");
    assert_eq!(store.depth().stream, stream, "the stream goes on");
    assert_eq!(alert(&mut store, 99, Level::Red).n, 22, "20 were given, 21 is the gap record");
    let expected = serde_json::json!([[there + 1, 20]]);
    assert_eq!(gaps(&mut store), [(stream, expected)]);
}

#[test]
fn it_is_reported_once_and_after_another_crash_again_as_long_as_it_is_not_stored() {
    let (killed, _) = killed();
    shorten_log(killed.path(), 0.7);
    let store = open(killed.path());
    let again = crash(store, killed.path());
    let mut store = open(again.path());
    assert_eq!(gaps(&mut store).len(), 1, "the one of the first opening");
    let third = crash(store, again.path());
    // The record of the loss is lost with the end of the log, too.
    shorten_log(third.path(), 0.7);
    let mut store = open(third.path());
    let reported = gaps(&mut store);
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert_eq!(reported[0].1[0][1], 21, "up to the record that reported the first loss");
}

#[test]
fn as_long_as_it_cannot_be_reported_records_are_stored_all_the_same() {
    let (killed, stream) = killed();
    shorten_log(killed.path(), 0.7);
    let unbuildable = Options { gap_body: Arc::new(messages::unbuildable_gap), ..options(100, u64::MAX / 2) };
    let mut store = open_with(killed.path(), unbuildable).0;
    assert_eq!(alert(&mut store, 98, Level::Red).n, 21);
    assert_eq!(gaps(&mut store), []);
    store.options.gap_body = Options::default().gap_body;
    assert_eq!(alert(&mut store, 99, Level::Red).n, 22);
    let reported = gaps(&mut store);
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert_eq!((&reported[0].0, &reported[0].1[0][1]), (&stream, &20.into()));
}

#[test]
fn a_log_that_is_gone_as_a_whole_begins_a_new_stream_that_names_the_old_one() {
    let (killed, stream) = killed();
    fs::remove_file(killed.path().join("outbox.db-wal")).unwrap();
    let mut store = open(killed.path());
    assert_ne!(store.depth().stream, stream);
    assert_eq!(gaps(&mut store), [(stream, serde_json::json!([]))]);
}

#[test]
fn without_a_mark_or_with_a_broken_one_nothing_is_claimed() {
    for broken in [None, Some(Vec::new()), Some(vec![0; 64]), Some(vec![b'x'; 500])] {
        let (killed, _) = killed();
        let mark = killed.path().join("outbox.high");
        fs::remove_file(&mark).unwrap();
        if let Some(bytes) = &broken {
            fs::write(&mark, bytes).unwrap();
        }
        let mut store = open(killed.path());
        assert_eq!(gaps(&mut store), [], "{broken:?}");
        assert_eq!(alert(&mut store, 99, Level::Red).n, 21, "{broken:?}");
        // From now on there is one again.
        let again = crash(store, killed.path());
        shorten_log(again.path(), 0.8);
        assert_eq!(gaps(&mut open(again.path())).len(), 1, "{broken:?}");
    }
}

#[test]
fn a_mark_that_stayed_behind_is_no_loss() {
    let dir = dir();
    let mut store = open(dir.path());
    alert(&mut store, 1, Level::Red);
    let early = fs::read(dir.path().join("outbox.high")).unwrap();
    alert(&mut store, 2, Level::Red);
    let killed = crash(store, dir.path());
    fs::write(killed.path().join("outbox.high"), early).unwrap();
    let mut store = open(killed.path());
    assert_eq!(gaps(&mut store), []);
    assert_eq!(alert(&mut store, 3, Level::Red).n, 3);
}

#[test]
fn the_marks_of_a_stream_that_is_over_are_no_loss() {
    let dir = dir();
    let mut store = open(dir.path());
    let first = alert(&mut store, 1, Level::Red);
    // The centre knows more than this box: a new stream.
    assert_eq!(store.marked(&first.stream, 100, now()).unwrap(), Marked::Ahead);
    let before_any = crash(store, dir.path());
    let mut store = open(before_any.path());
    assert_eq!(gaps(&mut store), []);
    // The mark of the new stream is there, its beginning in the database is not: as if the power went in between.
    fs::remove_file(before_any.path().join("outbox.db-wal")).ok();
    let between = crash(store, before_any.path());
    assert_eq!(gaps(&mut open(between.path())), []);
}

#[test]
fn the_mark_costs_little_beside_the_append_that_it_guards() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for number in 0..800 {
        // One by one in turn: a disk has better and worse seconds.
        let is_kept = number % 2 == 0;
        let idle = crate::outbox::high_water::HighWater::idle();
        let real = (!is_kept).then(|| std::mem::replace(&mut store.high_water, idle));
        let began = Instant::now();
        alert_of(&mut store, number, Level::Red, 600);
        if is_kept { &mut with } else { &mut without }.push(began.elapsed());
        if let Some(real) = real {
            store.high_water = real;
        }
    }
    let middle = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64()
    };
    let ratio = middle(&mut with) / middle(&mut without);
    // Usually 1.07: the mark is written, and needs no sync of its own.
    assert!(ratio < 1.5, "an append takes {ratio:.3} times as long with the mark (medians of 400 each)");
}

#[test]
fn what_could_not_be_reported_before_a_restart_is_reported_after_it_and_once() {
    let (killed, stream) = killed();
    shorten_log(killed.path(), 0.7);
    let unbuildable = Options { gap_body: Arc::new(messages::unbuildable_gap), ..options(100, u64::MAX / 2) };
    let mut store = open_with(killed.path(), unbuildable.clone()).0;
    let there = store.depth().rows;
    assert_eq!(alert(&mut store, 98, Level::Red).n, 21);
    // Twice in a row without a word.
    let killed = crash(store, killed.path());
    let store = open_with(killed.path(), unbuildable).0;
    let killed = crash(store, killed.path());
    let mut store = open(killed.path());
    let expected = [(stream, serde_json::json!([[there + 1, 20]]))];
    assert_eq!(gaps(&mut store), expected);
    assert_eq!(alert(&mut store, 99, Level::Red).n, 23, "22 is the gap record");
    let killed = crash(store, killed.path());
    assert_eq!(gaps(&mut open(killed.path())), expected, "the record that waits, and no other");
}
