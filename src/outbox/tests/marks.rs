//! Marks of the centre: records they release, records held back, and records sent again.

use super::*;

#[test]
fn a_mark_beyond_what_was_given_begins_a_new_stream_and_releases_nothing() {
    let dir = dir();
    let mut store = open(dir.path());
    let first = alert(&mut store, 1, Level::Red);
    assert_eq!(store.marked(&first.stream, u64::MAX, now()).unwrap(), Marked::Ahead);
    assert_eq!(store.depth().rows, 1);
    // Retained, it comes again, also after a restart, when the broker has acknowledged what is of the old stream.
    store.connected().unwrap();
    let sent = store.next(8, EVERYTHING, Instant::now()).unwrap();
    store.marks = true;
    store.acked(&[sent[0].id]).unwrap();
    assert_eq!(store.marked(&first.stream, u64::MAX, now()).unwrap(), Marked::OtherStream);
    drop(store);
    let mut store = open(dir.path());
    store.marks = true;
    assert_eq!(store.marked(&first.stream, 2, now()).unwrap(), Marked::OtherStream);
    assert_eq!(store.depth().rows, 1, "nothing was received by it");
    assert_eq!(store.marked(&first.stream, 1, now()).unwrap(), Marked::Released(1), "a receipt");
    assert_eq!(store.marked("01UNKNOWN", 5, now()).unwrap(), Marked::OtherStream);
    assert_eq!(alert(&mut store, 2, Level::Red).n, 1);
}

#[test]
fn streams_that_are_over_are_forgotten_once_no_record_of_theirs_is_left() {
    let dir = dir();
    let mut store = open(dir.path());
    let end_one = |store: &mut Store, number| {
        let stream = alert(store, number, Level::Red).stream;
        assert_eq!(store.marked(&stream, 100, now()).unwrap(), Marked::Ahead);
        stream.to_string()
    };
    let known = |store: &Store| {
        let mut rows = store.conn.prepare("SELECT stream FROM ended_stream ORDER BY rowid").unwrap();
        let streams = rows.query_map([], |row| row.get(0)).unwrap();
        streams.collect::<Result<Vec<String>, _>>().unwrap()
    };
    let ended: Vec<String> = (1..=3).map(|number| end_one(&mut store, number)).collect();
    assert_eq!(known(&store), ended);
    // What is of the first two arrives.
    store.connected().unwrap();
    let sent = store.next(8, EVERYTHING, Instant::now()).unwrap();
    store.acked(&[sent[0].id, sent[1].id]).unwrap();
    let last = end_one(&mut store, 4);
    assert_eq!(known(&store), [ended[2].clone(), last]);
}

#[test]
fn a_mark_beyond_what_was_given_releases_nothing_after_damage_either() {
    let dir = dir();
    let mut store = open(dir.path());
    let first = alert(&mut store, 1, Level::Red);
    assert_eq!(store.marked(&first.stream, 100, now()).unwrap(), Marked::Ahead);
    let second = alert(&mut store, 2, Level::Red);
    store.close().unwrap();
    let path = dir.path().join("outbox.db");
    rusqlite::Connection::open(path).unwrap().execute("DELETE FROM progress WHERE id = 1", []).unwrap();

    let (mut store, opened) = open_with(dir.path(), options(100, u64::MAX / 2));
    assert!(matches!(opened, Opened::Damaged { records: 2, .. }), "{opened:?}");
    store.connected().unwrap();
    let sent = store.next(8, EVERYTHING, Instant::now()).unwrap();
    store.marks = true;
    store.acked(&sent.iter().map(|sending| sending.id).collect::<Vec<_>>()).unwrap();
    for seq in [&first, &second] {
        assert_ne!(store.depth().stream, *seq.stream);
        assert_eq!(store.marked(&seq.stream, 2, now()).unwrap(), Marked::OtherStream);
    }
    assert_eq!(store.depth().rows, 3, "both and the gap record");
    assert_eq!(store.marked(&first.stream, 1, now()).unwrap(), Marked::Released(1));
    // Stored when the file broke in between: its number is the one behind those that the damaged file knew.
    store.conn.execute("UPDATE ended_stream SET last_n = 0 WHERE stream = ?", [&*second.stream]).unwrap();
    assert_eq!(store.marked(&second.stream, 2, now()).unwrap(), Marked::OtherStream);
    assert_eq!(store.marked(&second.stream, 1, now()).unwrap(), Marked::Released(1));
}

/// A broker acknowledges records without a subscriber: the box keeps them while the centre is known to send marks.
#[test]
fn with_marks_expected_nothing_leaves_before_the_first_mark() {
    for (expect_marks, left) in [(false, 0), (true, 1)] {
        let dir = dir();
        let (mut store, _) = open_with(dir.path(), Options { expect_marks, ..options(100, u64::MAX / 2) });
        alert(&mut store, 1, Level::Red);
        store.connected().unwrap();
        let sent = store.next(8, EVERYTHING, Instant::now()).unwrap();
        store.acked(&[sent[0].id]).unwrap();
        assert_eq!(store.depth().rows, left, "marks expected: {expect_marks}");
    }
}

/// A link that breaks every few seconds: there is time for a few records on each connection.
#[test]
fn what_holds_the_mark_back_is_sent_again_before_everything_else() {
    let dir = dir();
    let (mut store, _) = open_with(dir.path(), Options { expect_marks: true, ..options(100, u64::MAX / 2) });
    for number in 1..=5 {
        alert(&mut store, number, Level::Red);
    }
    let missing = alert(&mut store, 6, Level::Blue);
    for number in 7..=30 {
        alert(&mut store, number, Level::Red);
    }
    store.connected().unwrap();
    let sent = store.next(100, EVERYTHING, Instant::now()).unwrap();
    let ids: Vec<_> = sent.iter().map(|sending| sending.id).collect();
    store.acked(&ids).unwrap();
    store.marked(&missing.stream, 5, now()).unwrap();
    for _ in 0..3 {
        store.connected().unwrap();
        assert_eq!(lend(&mut store, 6, EVERYTHING), [6, 7, 8, 9, 10, 11]);
        assert_eq!(lend(&mut store, 2, EVERYTHING), [12, 13], "each of them once");
    }
}

#[test]
fn a_stream_that_nobody_marks_any_more_does_not_hide_what_holds_the_present_one_back() {
    let dir = dir();
    let (mut store, _) = open_with(dir.path(), Options { expect_marks: true, ..options(100, u64::MAX / 2) });
    let send_all = |store: &mut Store| {
        let sent = store.next(100, EVERYTHING, Instant::now()).unwrap();
        let ids: Vec<_> = sent.iter().map(|sending| sending.id).collect();
        store.acked(&ids).unwrap();
    };
    let mut old = None;
    for number in 1..=8 {
        old = Some(alert(&mut store, number, Level::Red));
    }
    store.connected().unwrap();
    send_all(&mut store);
    // A centre that was restored from an older copy: a new stream.
    assert_eq!(store.marked(&old.unwrap().stream, 1000, now()).unwrap(), Marked::Ahead);
    alert(&mut store, 9, Level::Blue);
    alert(&mut store, 10, Level::Red);
    send_all(&mut store);
    store.connected().unwrap();
    // Both of the new stream, the blue one as well, then the first of the old one.
    assert_eq!(lend(&mut store, 3, EVERYTHING), [1, 2, 1]);
}

/// The connection lasts and the centre was away when the broker acknowledged.
#[test]
fn what_is_not_marked_in_time_comes_again_on_the_same_connection() {
    let dir = dir();
    let again_after = Duration::from_secs(300);
    let options = Options { expect_marks: true, again_after, ..options(100, u64::MAX / 2) };
    let (mut store, _) = open_with(dir.path(), options);
    let seq = alert(&mut store, 1, Level::Red);
    store.connected().unwrap();
    let sent = store.next(8, EVERYTHING, Instant::now()).unwrap();
    store.acked(&[sent[0].id]).unwrap();
    let now = Instant::now();
    assert!(store.next(8, EVERYTHING, now).unwrap().is_empty(), "not at once");
    let due = store.next_hold_end().expect("the wire knows when to look again");
    assert!(due > now && due <= now + again_after);
    let again = store.next(8, EVERYTHING, now + again_after).unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].turn, &again[0].seq), (SendOrder::Again, &Some(seq.clone())));
    store.acked(&[again[0].id]).unwrap();
    store.marked(&seq.stream, seq.n, super::now()).unwrap();
    assert_eq!(store.depth().rows, 0);
}
