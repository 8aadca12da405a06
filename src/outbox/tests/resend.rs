//! What is asked for again: what goes out, and why the rest does not.

use super::super::resend::{Absence, AbsentNumbers, Resent};
use super::*;
use crate::types::gap::GapReason;

const HISTORY: ConsumerPolicy = ConsumerPolicy { rows: u64::MAX, bytes: u64::MAX, pictures: false };

fn keep_sent(store: &mut Store, policy: ConsumerPolicy) {
    store.register("sent-history", policy).unwrap();
}

/// What goes out now, in order, with its bytes; all of it is acknowledged.
fn deliver(store: &mut Store) -> Vec<Sending> {
    let mut all = Vec::new();
    loop {
        let in_flight = store.next(100, EVERYTHING, Instant::now()).unwrap();
        if in_flight.is_empty() {
            return all;
        }
        store.acked(&in_flight.iter().map(|sending| sending.id).collect::<Vec<_>>()).unwrap();
        all.extend(in_flight);
    }
}

fn numbers(sent: &[Sending]) -> Vec<u64> {
    sent.iter().map(n_of).collect()
}

fn absent(from: u64, to: u64, why: Absence) -> AbsentNumbers {
    AbsentNumbers { from, to, why }
}

fn many(store: &mut Store, count: u32) -> String {
    for number in 1..=count {
        alert(store, number, Level::Blue);
    }
    store.stream.to_string()
}

#[test]
fn what_arrived_goes_out_again_with_the_same_number_and_bytes() {
    let dir = dir();
    let mut store = open(dir.path());
    keep_sent(&mut store, HISTORY);
    let stream = many(&mut store, 5);
    let first = deliver(&mut store);
    assert_eq!((store.depth().rows, store.depth().kept), (0, 5));
    let resent = store.resend(&stream, 2, 4).unwrap();
    assert_eq!(resent, Resent { through: 4, records: 3, again: vec![(2, 4)], absent: Vec::new() });
    let again = deliver(&mut store);
    assert_eq!(numbers(&again), [2, 3, 4]);
    for sending in &again {
        let before = first.iter().find(|before| before.seq == sending.seq).unwrap();
        assert_eq!((&sending.body, &sending.topic_suffix), (&before.body, &before.topic_suffix));
        assert_eq!(sending.turn, SendOrder::Asked);
    }
    assert!(deliver(&mut store).is_empty(), "once for each request");
    assert_eq!((store.depth().rows, store.depth().kept), (0, 5), "it stays for the next one");
}

#[test]
fn what_was_asked_for_and_not_acknowledged_goes_out_on_the_next_connection() {
    let dir = dir();
    let mut store = open(dir.path());
    keep_sent(&mut store, HISTORY);
    let stream = many(&mut store, 3);
    deliver(&mut store);
    store.resend(&stream, 1, 3).unwrap();
    assert_eq!(lend(&mut store, 2, EVERYTHING), [1, 2]);
    store.connected().unwrap();
    assert_eq!(numbers(&deliver(&mut store)), [1, 2, 3]);
}

#[test]
fn what_waits_for_its_mark_is_sent_again_at_once_and_what_waits_to_be_sent_is_sent_once() {
    let dir = dir();
    let (mut store, _) = open_with(dir.path(), Options { expect_marks: true, ..options(100, u64::MAX / 2) });
    let stream = many(&mut store, 2);
    deliver(&mut store);
    assert!(lend(&mut store, 10, EVERYTHING).is_empty(), "they wait for their mark");
    alert(&mut store, 3, Level::Blue);
    let resent = store.resend(&stream, 1, 3).unwrap();
    assert_eq!((resent.records, resent.again), (3, vec![(1, 3)]));
    let mut sent = numbers(&deliver(&mut store));
    sent.sort_unstable();
    assert_eq!(sent, [1, 2, 3]);
    assert_eq!((store.depth().unsent, store.depth().unmarked), (0, 3), "how far they got is as it was");
    assert!(deliver(&mut store).is_empty());
}

#[test]
fn what_was_asked_for_is_not_sent_twice_where_its_mark_comes_while_it_is_in_flight() {
    let dir = dir();
    let (mut store, _) = open_with(dir.path(), Options { expect_marks: true, ..options(100, u64::MAX / 2) });
    keep_sent(&mut store, HISTORY);
    let stream = many(&mut store, 2);
    deliver(&mut store);
    store.resend(&stream, 1, 2).unwrap();
    let in_flight = store.next(10, EVERYTHING, Instant::now()).unwrap();
    assert_eq!(numbers(&in_flight), [1, 2]);
    assert_eq!(store.marked(&stream, 2, now()).unwrap(), Marked::Released(2));
    assert!(lend(&mut store, 10, EVERYTHING).is_empty(), "both are in flight");
    store.acked(&[in_flight[0].id]).unwrap();
    assert!(lend(&mut store, 10, EVERYTHING).is_empty(), "one arrived, the other is in flight");
    store.connected().unwrap();
    assert_eq!(numbers(&deliver(&mut store)), [2], "it had not arrived when the link was lost");
    assert!(deliver(&mut store).is_empty());
    assert_eq!((store.depth().rows, store.depth().kept), (0, 2));
}

#[test]
fn of_what_is_not_there_the_reason_is_reported() {
    let dir = dir();
    let mut store = open(dir.path());
    let stream = many(&mut store, 4);
    deliver(&mut store);
    // Without marks, and without a history.
    let resent = store.resend(&stream, 3, 6).unwrap();
    assert_eq!(resent.absent, [absent(3, 4, Absence::NotKept), absent(5, 6, Absence::NotGiven)]);
    assert_eq!((resent.through, resent.records), (6, 0));
    store.marked(&stream, 3, now()).unwrap();
    let resent = store.resend(&stream, 3, 4).unwrap();
    assert_eq!(resent.absent, [absent(3, 3, Absence::Marked), absent(4, 4, Absence::NotKept)]);
    let other = store.resend("01JAB3XW2R0000000000000000", 1, u64::MAX).unwrap();
    assert_eq!(other.absent, [absent(1, i64::MAX as u64, Absence::OtherStream)]);
    assert!(deliver(&mut store).is_empty());
}

#[test]
fn what_was_dropped_is_reported_with_its_reason() {
    let dir = dir();
    let (mut store, _) = open_with(dir.path(), options(5, u64::MAX / 2));
    keep_sent(&mut store, ConsumerPolicy { rows: 0, ..HISTORY });
    let stream = many(&mut store, 7);
    let resent = store.resend(&stream, 1, 3).unwrap();
    assert_eq!(
        resent.absent.first(),
        Some(&absent(1, 3, Absence::Dropped(GapReason::RowLimit))),
        "{resent:?}"
    );
}

#[test]
fn the_history_is_bounded_in_bytes_and_in_time_and_gone_when_it_is_not_wanted() {
    let dir = dir();
    let mut store = open(dir.path());
    // Each body is its number.
    keep_sent(&mut store, ConsumerPolicy { bytes: 4, ..HISTORY });
    let stream = many(&mut store, 9);
    deliver(&mut store);
    assert!((2..=4).contains(&store.depth().kept), "{:?}", store.depth());
    let resent = store.resend(&stream, 1, 9).unwrap();
    assert_eq!(resent.absent, [absent(1, 9 - resent.records, Absence::NotKept)]);
    assert_eq!(numbers(&deliver(&mut store)).len() as u64, resent.records);

    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    store.forget_sent(now(), hours(2)).unwrap();
    alert(&mut store, 10, Level::Blue);
    deliver(&mut store);
    store.forget_sent(now() + hours(1), hours(2)).unwrap();
    assert!(store.depth().kept > 1, "none is older than two hours");
    store.forget_sent(now() + hours(2) + hours(1) / 2, hours(2)).unwrap();
    assert_eq!(store.depth().kept, 1, "the younger one");
    assert_eq!(store.resend(&stream, 10, 10).unwrap().records, 1);
    store.forget_sent(now() + hours(4), hours(2)).unwrap();
    assert_eq!(store.depth().kept, 0);
    // What was asked for left before it was sent: nothing is sent, and nothing is wrong with the file.
    assert!(deliver(&mut store).is_empty());
    let loaded = super::super::consumers::Consumers::load(&store.conn).unwrap();
    assert_eq!(store.consumers, loaded);

    alert(&mut store, 11, Level::Blue);
    deliver(&mut store);
    assert_eq!(store.depth().kept, 1);
    store.unregister("sent-history").unwrap();
    assert_eq!(store.depth().kept, 0);
}

#[test]
fn what_waits_is_never_passed_over_and_what_arrived_behind_it_stays() {
    let dir = dir();
    let mut store = open(dir.path());
    keep_sent(&mut store, HISTORY);
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let stream = many(&mut store, 1);
    deliver(&mut store);
    store.forget_sent(now(), hours(2)).unwrap();
    alert(&mut store, 2, Level::Blue);
    alert(&mut store, 3, Level::Red);
    // The red one overtakes.
    let in_flight = store.next(1, EVERYTHING, Instant::now()).unwrap();
    assert_eq!(n_of(&in_flight[0]), 3);
    store.acked(&[in_flight[0].id]).unwrap();
    for hour in 1..100 {
        store.forget_sent(now() + hours(hour), hours(2)).unwrap();
    }
    assert_eq!(store.depth().kept, 1, "the first is forgotten, the third is behind one that waits");
    deliver(&mut store);
    store.forget_sent(now() + hours(100), hours(2)).unwrap();
    store.forget_sent(now() + hours(101), hours(2)).unwrap();
    let resent = store.resend(&stream, 1, 3).unwrap();
    assert_eq!((resent.again, resent.absent), (vec![(2, 3)], vec![absent(1, 1, Absence::NotKept)]));
    store.forget_sent(now() + hours(103), hours(2)).unwrap();
    assert_eq!(store.depth().kept, 0);
}

#[test]
fn a_restart_forgets_no_time_of_arrival_and_a_clock_that_was_set_those_of_this_run() {
    let dir = dir();
    let mut store = open(dir.path());
    keep_sent(&mut store, HISTORY);
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    many(&mut store, 1);
    deliver(&mut store);
    store.forget_sent(now(), hours(2)).unwrap();
    let dir = crash(store, dir.path());
    let mut store = open(dir.path());
    alert(&mut store, 2, Level::Blue);
    store.connected().unwrap();
    deliver(&mut store);
    store.forget_sent(now(), hours(2)).unwrap();
    store.forget_arrival_times().unwrap();
    store.forget_sent(now() + hours(3), hours(2)).unwrap();
    assert_eq!(store.depth().kept, 1, "the first is as old as it was, the second is dated anew");
    store.forget_sent(now() + hours(6), hours(2)).unwrap();
    assert_eq!(store.depth().kept, 0);
}

#[test]
fn one_request_is_bounded_and_says_how_far_it_came() {
    let dir = dir();
    let mut store = open(dir.path());
    keep_sent(&mut store, HISTORY);
    let stream = many(&mut store, 1100);
    deliver(&mut store);
    let resent = store.resend(&stream, 1, 1100).unwrap();
    assert_eq!((resent.through, resent.records), (1000, 1000));
    let rest = store.resend(&stream, resent.through + 1, 1100).unwrap();
    assert_eq!((rest.through, rest.records), (1100, 100));
    assert_eq!(deliver(&mut store).len(), 1100);
}

#[test]
fn a_picture_is_sent_again_while_it_is_in_the_queue() {
    let dir = dir();
    let (mut store, _) = open_with(dir.path(), Options { expect_marks: true, ..options(100, u64::MAX / 2) });
    picture(&mut store, 1, Level::Blue, 10);
    let topic = "up/evidence/alert-1/1";
    assert_eq!(store.resend_picture("alert-1", topic).unwrap(), Some(vec![0; 10]));
    assert_eq!(numbers(&deliver(&mut store)), [0], "it goes anyway, once");
    assert_eq!(store.resend_picture("alert-1", topic).unwrap(), Some(vec![0; 10]));
    assert!(lend(&mut store, 10, Policy { evidence: false, ..EVERYTHING }).is_empty(), "when there is time");
    assert_eq!(numbers(&deliver(&mut store)), [0]);
    assert_eq!(store.resend_picture("alert-1", "up/evidence/alert-1/2").unwrap(), None);
    assert_eq!(store.resend_picture("alert-2", topic).unwrap(), None);
}

fn stored(store: &mut Store, kind: Kind, rev: u32, bytes: usize) -> u64 {
    let level = Level::Blue;
    store.append(record(kind, 1, rev, level, false), |_| Ok(vec![b'0'; bytes])).unwrap().n
}

#[test]
fn counts_go_out_of_the_history_first_then_answers_then_the_oldest_alerts() {
    let dir = dir();
    let mut store = open(dir.path());
    keep_sent(&mut store, ConsumerPolicy { bytes: 10_000, ..HISTORY });
    let stream = store.stream.to_string();
    let first_alert = stored(&mut store, Kind::Alert, 1, 1000);
    let reply = stored(&mut store, Kind::Reply, 0, 1000);
    deliver(&mut store);
    // A day of cameras that count.
    for _ in 0..200 {
        stored(&mut store, Kind::Count, 0, 300);
        deliver(&mut store);
    }
    let here = |store: &mut Store, n: u64| {
        let found = store.resend(&stream, n, n).unwrap().records == 1;
        deliver(store);
        found
    };
    assert!(here(&mut store, first_alert) && here(&mut store, reply), "counts make room for counts");
    let last_count = store.next_n - 1;
    assert!(here(&mut store, last_count) && !here(&mut store, 3), "the oldest of them go");
    let more = |store: &mut Store, revisions: std::ops::RangeInclusive<u32>| {
        for rev in revisions {
            stored(store, Kind::Alert, rev, 1000);
            deliver(store);
        }
    };
    more(&mut store, 2..=8);
    assert!(here(&mut store, first_alert) && here(&mut store, reply), "counts make room for alerts");
    more(&mut store, 9..=9);
    assert!(!here(&mut store, last_count) && !here(&mut store, reply), "then answers do");
    assert!(here(&mut store, first_alert));
    more(&mut store, 10..=11);
    assert!(!here(&mut store, first_alert), "then the oldest goes");
    let loaded = super::super::consumers::Consumers::load(&store.conn).unwrap();
    assert_eq!(store.consumers, loaded);
}

#[test]
fn answers_in_parts_are_not_kept_in_the_history() {
    let dir = dir();
    let mut store = open(dir.path());
    keep_sent(&mut store, HISTORY);
    for part in 1..=3 {
        stored(&mut store, Kind::Reply, part, 1000);
    }
    stored(&mut store, Kind::Reply, 0, 1000);
    deliver(&mut store);
    assert_eq!((store.depth().rows, store.depth().kept), (0, 1), "the one that is whole");
    // Where somebody else has not read them yet, they are kept for him.
    store.register("export", HISTORY).unwrap();
    stored(&mut store, Kind::Reply, 1, 1000);
    deliver(&mut store);
    assert_eq!(store.depth().kept, 2);
    let read = store.read("export", 100).unwrap().records;
    store.advance("export", read.last().unwrap().id).unwrap();
    assert_eq!(store.depth().kept, 1, "and leave when he has");
    let loaded = super::super::consumers::Consumers::load(&store.conn).unwrap();
    assert_eq!(store.consumers, loaded);
}

/// A store with a history, and two consumers that have not read the part of an answer that is kept for them.
fn with_a_part(dir: &Path, policy: ConsumerPolicy) -> Store {
    let mut store = open(dir);
    keep_sent(&mut store, HISTORY);
    store.register("export", policy).unwrap();
    store.register("page", HISTORY).unwrap();
    stored(&mut store, Kind::Reply, 1, 1000);
    deliver(&mut store);
    store
}

fn read_all(store: &mut Store, name: &str) {
    let last = store.read(name, 100).unwrap().records.last().unwrap().id;
    store.advance(name, last).unwrap();
}

#[test]
fn a_part_of_an_answer_leaves_with_the_last_one_who_has_not_read_it() {
    let dir = dir();
    let mut store = with_a_part(dir.path(), HISTORY);
    read_all(&mut store, "page");
    assert_eq!(store.depth().kept, 1, "one of two has not read it");
    store.close().unwrap();
    let mut store = open(dir.path());
    assert_eq!(store.depth().kept, 1, "nor after a restart");
    store.unregister("export").unwrap();
    assert_eq!(store.depth().kept, 0, "and he never will");
    let loaded = super::super::consumers::Consumers::load(&store.conn).unwrap();
    assert_eq!(store.consumers, loaded);
}

#[test]
fn a_part_of_an_answer_leaves_when_it_is_given_up() {
    let dir = dir();
    let mut store = with_a_part(dir.path(), ConsumerPolicy { rows: 2, ..HISTORY });
    read_all(&mut store, "page");
    for rev in 1..=2 {
        stored(&mut store, Kind::Alert, rev, 1000);
        deliver(&mut store);
    }
    let missed = store.read("export", 100).unwrap().missed;
    assert!(missed >= 1, "more is kept for him than may be");
    assert_eq!(store.depth().kept, 2, "the two alerts, which the history keeps");
}

#[test]
fn where_the_disk_is_short_parts_of_answers_leave_before_alerts() {
    let dir = dir();
    let mut store = open(dir.path());
    keep_sent(&mut store, HISTORY);
    // Its turn is behind the history's, by its name.
    store.register("zone", HISTORY).unwrap();
    let stream = store.stream.to_string();
    let oldest = stored(&mut store, Kind::Alert, 1, 500);
    deliver(&mut store);
    read_all(&mut store, "zone");
    stored(&mut store, Kind::Reply, 1, 5000);
    deliver(&mut store);
    assert_eq!(store.depth().kept, 2);
    let tx = store.conn.unchecked_transaction().unwrap();
    let mut consumers = store.consumers.clone();
    let freed = consumers.give_up_bytes(&tx, 2000).unwrap();
    tx.commit().unwrap();
    store.consumers = consumers;
    assert!((5000..5500).contains(&freed), "{freed}");
    assert_eq!(store.depth().kept, 1);
    assert_eq!(store.resend(&stream, oldest, oldest).unwrap().records, 1, "the alert is there still");
}

#[test]
fn what_another_consumer_has_not_read_is_not_given_up_for_the_history() {
    let dir = dir();
    let mut store = open(dir.path());
    store.register("export", HISTORY).unwrap();
    keep_sent(&mut store, ConsumerPolicy { bytes: 2000, ..HISTORY });
    for _ in 0..20 {
        stored(&mut store, Kind::Count, 0, 300);
        deliver(&mut store);
    }
    let batch = store.read("export", 100).unwrap();
    assert_eq!((batch.records.len(), batch.missed), (20, 0));
}

#[test]
fn a_picture_that_is_sent_again_takes_no_place_of_one_that_waits() {
    let evidence = || Evidence {
        alert_id: "alert-9".to_owned(),
        level: Level::Blue,
        topic_suffix: "up/evidence/alert-9/1".to_owned(),
        at: now(),
        jpeg: vec![1; 100],
    };
    for limits in [options(3, u64::MAX / 2), options(100, 350)] {
        let dir = dir();
        let (mut store, _) = open_with(dir.path(), limits);
        (1..=3).for_each(|number| picture(&mut store, number, Level::Blue, 100));
        assert!(!store.append_evidence_where_room(evidence()).unwrap());
        assert_eq!((store.depth().rows, store.depth().dropped_pictures), (3, 0), "all three wait as before");
        deliver(&mut store);
        assert!(store.append_evidence_where_room(evidence()).unwrap());
        assert_eq!(store.depth().rows, 1);
    }
    let dir = dir();
    let mut disk_is_short = options(100, u64::MAX / 2);
    disk_is_short.limits.free_bytes = u64::MAX / 2;
    let (mut store, _) = open_with(dir.path(), disk_is_short);
    assert!(!store.append_evidence_where_room(evidence()).unwrap());
}
