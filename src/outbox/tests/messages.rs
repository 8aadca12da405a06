//! Messages that cannot be built: an error that is reported, never an empty body, and nothing lost by it.

use super::*;
use crate::contract::EventError;

#[test]
fn a_body_that_panics_stores_nothing_and_uses_no_number() {
    let dir = dir();
    let mut options = options(100, 1 << 20);
    options.limits.free_bytes = 0;
    let (outbox, _) = Outbox::open(dir.path(), now(), "box-1", options).unwrap();
    let bad = outbox.append(record(Kind::Alert, 1, 1, Level::Red, false), |_| panic!("no body"));
    let error = bad.unwrap_err();
    assert!(error.is_about_the_message());
    assert!(matches!(error, OutboxError::Panicked(text) if text == "no body"));
    let good = outbox.append(record(Kind::Alert, 1, 1, Level::Red, false), |_| Ok(b"x".to_vec())).unwrap();
    assert_eq!(good.n, 1);
    assert!(outbox.close(Duration::from_secs(10)));
}

#[test]
fn a_body_that_is_too_large_is_refused_and_uses_no_number() {
    let dir = dir();
    let mut store = open(dir.path());
    let error = store
        .append(record(Kind::Alert, 1, 1, Level::Red, false), |_| Ok(vec![0; EVIDENCE_BYTES + 1]))
        .unwrap_err();
    assert_eq!(error.to_string(), "a message for up/alert has 262145 bytes, at most 262144 are allowed");
    assert_eq!(alert(&mut store, 1, Level::Red).n, 1);
}

#[test]
fn a_panic_of_the_queue_itself_is_not_the_messages_fault() {
    let dir = dir();
    let (outbox, _) = Outbox::open(dir.path(), now(), "box-1", options(100, 1 << 20)).unwrap();
    let broken: Result<(), OutboxError> = outbox.call(|_| panic!("a slip"));
    let error = broken.unwrap_err();
    assert_eq!(error.to_string(), "the outbox failed by itself (a bug): a slip");
    assert!(!error.is_about_the_message(), "the caller asks again");
    let good = outbox.append(record(Kind::Alert, 1, 1, Level::Red, false), |_| Ok(b"x".to_vec())).unwrap();
    assert_eq!(good.n, 1);
}

fn unbuildable() -> BuiltMessage {
    Err(EventError::NoJson { what: "alert", why: "as a test wants it".to_owned() })
}

pub(super) fn unbuildable_gap(_: &Gap, _: &Seq) -> BuiltMessage {
    unbuildable()
}

fn empty_gap(_: &Gap, _: &Seq) -> BuiltMessage {
    Ok(Vec::new())
}

fn panicking_gap(_: &Gap, _: &Seq) -> BuiltMessage {
    panic!("as a test wants it")
}

#[test]
fn a_message_that_cannot_be_built_or_is_empty_stores_nothing_and_uses_no_number() {
    let dir = dir();
    let mut store = open(dir.path());
    let red = || record(Kind::Alert, 1, 1, Level::Red, false);
    let error = store.append(red(), |_| unbuildable()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a message for up/alert cannot be built: a message `alert` cannot be written as JSON: as a test wants it"
    );
    assert!(error.is_about_the_message());
    let error = store.append(red(), |_| Ok(Vec::new())).unwrap_err();
    assert_eq!(error.to_string(), "a message for up/alert is empty");
    assert!(error.is_about_the_message());
    assert_eq!((store.depth().rows, store.open_alerts().unwrap()), (0, Vec::new()));
    assert_eq!(alert(&mut store, 1, Level::Red).n, 1);
}

#[test]
fn nothing_is_dropped_of_which_no_gap_record_can_tell() {
    let gap_bodies: [fn(&Gap, &Seq) -> BuiltMessage; 3] = [unbuildable_gap, empty_gap, panicking_gap];
    for gap_body in gap_bodies {
        let dir = dir();
        let mut store =
            open_with(dir.path(), Options { gap_body: Arc::new(gap_body), ..options(4, 1 << 30) }).0;
        for number in 0..10 {
            assert_eq!(alert(&mut store, number, Level::Blue).n, u64::from(number) + 1);
        }
        let depth = store.depth();
        assert_eq!((depth.rows, depth.dropped, depth.over_limit), (10, 0, true));
        store.options.gap_body = Options::default().gap_body;
        alert(&mut store, 10, Level::Blue);
        let depth = store.depth();
        assert!(depth.rows <= 4 && depth.dropped > 0 && !depth.over_limit, "{depth:?}");
    }
}

#[test]
fn a_changed_record_of_which_no_gap_record_can_tell_is_put_aside_and_not_sent() {
    let dir = dir();
    let mut store =
        open_with(dir.path(), Options { gap_body: Arc::new(unbuildable_gap), ..options(100, 1 << 30) }).0;
    for number in 0..3 {
        alert(&mut store, number, Level::Red);
    }
    store.conn.execute("UPDATE record SET body = x'00' WHERE n = 2", []).unwrap();
    assert_eq!(lend(&mut store, 10, EVERYTHING), [1, 3]);
    assert_eq!((store.depth().rows, store.depth().held), (3, 1));
    store.options.gap_body = Options::default().gap_body;
    let later = Instant::now() + Duration::from_secs(7200);
    let reported = store.next(10, EVERYTHING, later).unwrap();
    assert_eq!(
        reported.iter().map(|sending| (sending.kind, n_of(sending))).collect::<Vec<_>>(),
        [(Kind::Gap, 4)]
    );
    assert_eq!(store.depth().rows, 3, "the gap record in its place");
}

#[test]
fn an_empty_body_that_an_earlier_version_stored_is_not_sent_and_its_number_is_reported() {
    let dir = dir();
    let mut store = open(dir.path());
    store.register("history", ConsumerPolicy { rows: 100, bytes: 1 << 20, pictures: true }).unwrap();
    for number in 0..3 {
        alert(&mut store, number, Level::Red);
    }
    let sum = super::super::format::sum(&store.depth().stream, Some(2), "up/alert", b"");
    store.conn.execute("UPDATE record SET body = x'', sum = ? WHERE n = 2", [sum]).unwrap();
    let in_flight = store.next(10, EVERYTHING, Instant::now()).unwrap();
    let kinds: Vec<_> = in_flight.iter().map(|sending| (sending.kind, n_of(sending))).collect();
    assert_eq!(kinds, [(Kind::Alert, 1), (Kind::Alert, 3), (Kind::Gap, 4)]);
    let body: serde_json::Value = serde_json::from_slice(&in_flight[2].body).unwrap();
    assert_eq!(body["ranges"], serde_json::json!([[2, 2]]));
    // One that a consumer meets first.
    let sum = super::super::format::sum(&store.depth().stream, Some(3), "up/alert", b"");
    store.conn.execute("UPDATE record SET body = x'', sum = ? WHERE n = 3", [sum]).unwrap();
    let read = store.read("history", 10).unwrap().records;
    assert!(read.iter().all(|record| !record.body.is_empty()), "{read:?}");
}
