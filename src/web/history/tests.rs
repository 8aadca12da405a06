use super::database::Stored;
use super::*;
use crate::contract::examples;
use crate::contract::messages;
use crate::outbox::{Limits, Options, Record};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn example() -> AlertData {
    let event = messages::ALERT.example().unwrap().unwrap();
    serde_json::from_value::<Event<AlertData>>(event).unwrap().data
}

/// Message of an alert that is like the example but for these.
fn message(id: &str, rev: u32, change: impl FnOnce(&mut AlertData)) -> Vec<u8> {
    let mut event = messages::ALERT.example().unwrap().unwrap();
    let mut alert = example();
    (alert.alert_id, alert.rev) = (id.to_owned(), rev);
    change(&mut alert);
    event["data"] = serde_json::to_value(alert).unwrap();
    serde_json::to_vec(&event).unwrap()
}

struct Here {
    folder: tempfile::TempDir,
    outbox: Outbox,
    now: Timestamp,
}

impl Here {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = examples::at(400).unwrap();
        let limits = Limits { free_bytes: 0, ..Limits::default() };
        let options = Options { limits, ..Options::default() };
        let (outbox, _) = Outbox::open(&folder.path().join("outbox"), now, "box-1", options).unwrap();
        Here { folder, outbox, now }
    }

    fn append(&self, id: &str, rev: u32, body: Vec<u8>) {
        let record = Record {
            kind: Kind::Alert,
            alert_id: Some(id.to_owned()),
            rev,
            level: Some(Level::Orange),
            phase_end: false,
            topic_suffix: "up/alert".to_owned(),
            at: self.now,
            state: None,
        };
        self.outbox.append(record, |_| Ok(body)).unwrap();
    }

    fn history(&self, keep_bytes: u64) -> History {
        History::open(self.folder.path(), 90 * DAY, keep_bytes).unwrap()
    }

    fn followed(&self, keep_bytes: u64) -> History {
        let history = Mutex::new(self.history(keep_bytes));
        let consumer = register(&self.outbox).unwrap();
        while History::follow(&history, &self.outbox, &consumer, self.now).unwrap().is_some() {}
        history.into_inner()
    }
}

fn ids(list: &[Listed]) -> Vec<&str> {
    list.iter().map(|listed| listed.at.alert_id.as_str()).collect()
}

fn revs(history: &History, id: &str) -> Vec<u32> {
    history.revisions(id).unwrap().iter().map(|revision| revision.rev).collect()
}

#[test]
fn open_alerts_come_first_and_a_page_goes_on_where_the_last_one_ended() {
    let here = Here::new();
    for (id, is_over) in [("A1", true), ("A2", false), ("A3", true), ("A4", false)] {
        here.append(id, 1, message(id, 1, |_| {}));
        if is_over {
            here.append(id, 2, message(id, 2, |alert| alert.phase = Phase::End));
        }
    }
    let history = here.followed(1 << 20);
    let all = Filter::default();
    assert_eq!(ids(&history.list(&all, None, 10).unwrap()), ["A4", "A2", "A3", "A1"]);
    let first = history.list(&all, None, 2).unwrap();
    assert_eq!(first[1].at, After { is_over: false, alert_id: "A2".to_owned() });
    assert_eq!(ids(&history.list(&all, Some(&first[1].at), 10).unwrap()), ["A3", "A1"]);
    assert_eq!(history.latest("A3").unwrap().unwrap().rev, 2, "the latest revision stands for the alert");
    assert_eq!(revs(&history, "A1"), [2, 1]);
    assert_eq!(history.open_counts().unwrap(), (2, 2));
}

#[test]
fn each_filter_finds_its_own() {
    let here = Here::new();
    here.append("A1", 1, message("A1", 1, |alert| alert.level = Level::Red));
    here.append("A2", 1, message("A2", 1, |alert| alert.kind = "crowd".to_owned()));
    here.append("A3", 1, message("A3", 1, |alert| alert.place.grid = "53012700400101".to_owned()));
    here.append("A4", 1, message("A4", 1, |alert| alert.origin.cameras[0].id = "cam-09".to_owned()));
    here.append("A5", 1, message("A5", 1, |alert| alert.started_at.0 += DAY));
    here.append("A6", 1, message("A6", 1, |alert| alert.phase = Phase::Retract));
    let history = here.followed(1 << 20);
    let found = |filter: Filter| {
        ids(&history.list(&filter, None, 10).unwrap()).iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(Filter { level: Some(Level::Red), ..Filter::default() }), ["A1"]);
    assert_eq!(found(Filter { kind: Some("crowd".to_owned()), ..Filter::default() }), ["A2"]);
    assert_eq!(found(Filter { grid: Some("530127004".to_owned()), ..Filter::default() }), ["A3"]);
    assert_eq!(found(Filter { camera: Some("cam-09".to_owned()), ..Filter::default() }), ["A4"]);
    assert_eq!(found(Filter { camera: Some("cam-0".to_owned()), ..Filter::default() }), [""; 0]);
    let later = example().started_at.0 + DAY / 2;
    assert_eq!(found(Filter { from: Some(later), ..Filter::default() }), ["A5"]);
    assert_eq!(found(Filter { until: Some(later), ..Filter::default() }).len(), 5);
    assert_eq!(found(Filter { is_over: Some(true), ..Filter::default() }), ["A6"]);
    let choices = history.choices().unwrap();
    assert!(choices.kinds.contains(&"crowd".to_owned()) && choices.cameras.contains(&"cam-09".to_owned()));
}

#[test]
fn what_is_read_again_after_a_crash_is_there_once_and_stays_over_a_restart() {
    let here = Here::new();
    here.append("A1", 1, message("A1", 1, |_| {}));
    let history = here.history(1 << 20);
    let consumer = register(&here.outbox).unwrap();
    // Stored here, and the power went before the cursor moved.
    let batch = consumer.read(BATCH).unwrap();
    let stored = store(&history.conn, &example_of(&batch.records[0].body), &batch.records[0].body).unwrap();
    assert!(stored.added > 0);
    let history = Mutex::new(history);
    let follow = || History::follow(&history, &here.outbox, &consumer, here.now).unwrap();
    assert_eq!(follow(), Some(0), "nothing of it is news");
    while follow().is_some() {}
    assert_eq!(revs(&history.lock(), "A1"), [1]);
    drop(history);
    let again = here.history(1 << 20);
    assert_eq!(revs(&again, "A1"), [1]);
    assert!(!again.is_in_memory && !again.is_new);
}

#[test]
fn a_database_made_anew_has_what_the_outbox_still_has() {
    let here = Here::new();
    here.append("A1", 1, message("A1", 1, |_| {}));
    assert_eq!(revs(&here.followed(1 << 20), "A1"), [1]);
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(here.folder.path().join(format!("{FILE}{end}")));
    }
    here.append("A2", 1, message("A2", 1, |_| {}));
    let history = here.followed(1 << 20);
    assert_eq!(ids(&history.list(&Filter::default(), None, 10).unwrap()), ["A2", "A1"]);
}

#[test]
fn of_reminders_in_a_row_the_last_one_stays_and_of_many_revisions_the_last_ones() {
    let here = Here::new();
    let mut history = here.history(1 << 20);
    let publish = |rev: u32, reason: PhaseReason| {
        let body = message("A1", rev, |alert| alert.phase_reason = reason);
        store(&history.conn, &example_of(&body), &body).unwrap()
    };
    publish(1, PhaseReason::Raised);
    for rev in 2..=40 {
        publish(rev, PhaseReason::StillThere);
    }
    publish(41, PhaseReason::Grew);
    publish(42, PhaseReason::StillThere);
    assert_eq!(publish(30, PhaseReason::StillThere), Stored::default(), "it was here");
    assert_eq!(revs(&history, "A1"), [42, 41, 40, 1]);
    let publish = |rev: u32| {
        let body = message("A1", rev, |alert| alert.phase_reason = PhaseReason::Grew);
        store(&history.conn, &example_of(&body), &body).unwrap()
    };
    for rev in 43..=200 {
        publish(rev);
    }
    assert_eq!(revs(&history, "A1"), (151..=200).rev().collect::<Vec<_>>());
    assert_eq!(history.latest("A1").unwrap().unwrap().rev, 200);
    history.trim(here.now).unwrap();
}

#[test]
fn an_alert_that_cannot_be_read_does_not_end_a_list() {
    let here = Here::new();
    for id in ["A1", "A2", "A3"] {
        here.append(id, 1, message(id, 1, |_| {}));
    }
    let history = here.followed(1 << 20);
    history.conn.execute("UPDATE alert SET body = x'00' WHERE alert_id = 'A2'", []).unwrap();
    let first = history.list(&Filter::default(), None, 2).unwrap();
    assert_eq!(ids(&first), ["A3", "A2"]);
    assert!(first[0].alert.is_some() && first[1].alert.is_none());
    assert_eq!(ids(&history.list(&Filter::default(), Some(&first[1].at), 2).unwrap()), ["A1"]);
}

fn example_of(body: &[u8]) -> AlertData {
    read(body).unwrap()
}

#[test]
fn the_oldest_go_when_there_is_too_much_and_when_they_are_too_old() {
    let here = Here::new();
    let one = message("A10", 1, |_| {}).len() as u64;
    for number in 10..20 {
        let id = format!("A{number}");
        here.append(&id, 1, message(&id, 1, |_| {}));
    }
    let mut history = here.followed(5 * one);
    let left = history.list(&Filter::default(), None, 20).unwrap();
    assert!((3..=5).contains(&left.len()), "{}", left.len());
    assert_eq!(left[0].at.alert_id, "A19");
    history.trim(here.now + 100 * DAY).unwrap();
    assert!(history.list(&Filter::default(), None, 20).unwrap().is_empty());
    assert_eq!(history.bytes, 0);
}

#[test]
fn a_database_that_is_damaged_is_moved_aside() {
    let here = Here::new();
    fs::write(here.folder.path().join(FILE), vec![b'x'; 8192]).unwrap();
    let history = here.followed(1 << 20);
    assert!(!history.is_in_memory);
    assert!(here.folder.path().join("alerts.db.damaged").exists());
}

#[test]
fn alerts_that_are_over_go_before_open_ones() {
    let here = Here::new();
    let one = message("A10", 1, |_| {}).len() as u64;
    for number in 10..20 {
        let id = format!("A{number}");
        let phase = if number == 10 { Phase::Update } else { Phase::End };
        here.append(&id, 1, message(&id, 1, |alert| alert.phase = phase));
    }
    let history = here.followed(5 * one);
    let left = history.list(&Filter::default(), None, 20).unwrap();
    assert!((3..=5).contains(&left.len()), "{}", left.len());
    assert_eq!(ids(&left)[..2], ["A10", "A19"], "the oldest is open");
}

#[test]
fn damage_that_is_found_later_costs_what_is_here_and_not_what_comes() {
    let here = Here::new();
    here.append("A1", 1, message("A1", 1, |_| {}));
    let mut history = here.followed(1 << 20);
    let other = rusqlite::Error::QueryReturnedNoRows;
    assert!(!history.mend(&other) && !history.is_new);
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    assert!(history.mend(&rusqlite::Error::SqliteFailure(code, None)));
    assert!(history.is_new && !history.is_in_memory);
    assert!(here.folder.path().join("alerts.db.damaged").exists());
    drop(history);
    assert_eq!(revs(&here.followed(1 << 20), "A1"), [1], "the outbox still has it");
}

#[test]
fn in_memory_there_is_little_of_it() {
    let here = Here::new();
    fs::create_dir(here.folder.path().join(FILE)).unwrap();
    let history = here.history(1 << 30);
    assert!(history.is_in_memory);
    assert_eq!(history.keep_bytes, IN_MEMORY_BYTES);
}

#[test]
fn nothing_stays_of_a_page_that_is_switched_off() {
    let here = Here::new();
    here.append("A1", 1, message("A1", 1, |_| {}));
    drop(here.followed(1 << 20));
    let consumer = register(&here.outbox).unwrap();
    forget(&here.outbox, here.folder.path()).unwrap();
    assert!(!here.folder.path().join(FILE).exists());
    assert!(consumer.read(1).is_err(), "nobody of that name is known");
    forget(&here.outbox, here.folder.path()).unwrap();
}

#[test]
fn alerts_are_counted_by_level_and_slice_and_a_test_counts_for_nothing() {
    let here = Here::new();
    let began = |text: &str| {
        let at: Timestamp = text.parse().unwrap();
        move |alert: &mut AlertData| {
            alert.started_at.0 = at;
            alert.level = Level::Red;
        }
    };
    here.append("A1", 1, message("A1", 1, began("2026-11-21T08:14:59Z")));
    here.append("A2", 1, message("A2", 1, began("2026-11-21T08:00:00Z")));
    here.append("A3", 1, message("A3", 1, began("2026-11-21T08:15:00Z")));
    here.append(
        "A4",
        1,
        message("A4", 1, |alert| {
            began("2026-11-21T08:15:00Z")(alert);
            alert.level = Level::Blue;
        }),
    );
    here.append(
        "A5",
        1,
        message("A5", 1, |alert| {
            began("2026-11-21T08:15:00Z")(alert);
            alert.kind = TEST_ALERT.to_owned();
        }),
    );
    let history = here.followed(1 << 20);
    let from = |text: &str| text.parse::<Timestamp>().unwrap();
    let counts = |filter: &Filter| {
        let began = history.began(filter).unwrap();
        began.into_iter().map(|one| (one.from, one.level, one.count)).collect::<Vec<_>>()
    };
    let (first, second) = (from("2026-11-21T08:00:00Z"), from("2026-11-21T08:15:00Z"));
    let all = [(first, Level::Red, 2), (second, Level::Blue, 1), (second, Level::Red, 1)];
    assert_eq!(counts(&Filter::default()), all);
    assert_eq!(counts(&Filter { from: Some(second), ..Filter::default() }), all[1..]);
    assert_eq!(counts(&Filter { level: Some(Level::Blue), ..Filter::default() }), all[1..2]);
    assert_eq!(history.open_counts().unwrap(), (4, 4), "nobody need take a test on");
    assert_eq!(history.list(&Filter::default(), None, 10).unwrap().len(), 5, "it is shown all the same");
}

/// How SQLite finds what is asked of the table, line by line.
fn plan_of(history: &History, sql: &str) -> String {
    let mut statement = history.conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let nothing = vec![Value::from(0_i64); statement.parameter_count()];
    let steps = statement.query_map(params_from_iter(nothing), |row| row.get::<_, String>(3)).unwrap();
    steps.collect::<rusqlite::Result<Vec<_>>>().unwrap().join("; ")
}

#[test]
fn what_every_page_asks_reads_no_message_that_it_does_not_show() {
    let here = Here::new();
    let history = here.history(1 << 20);
    let some =
        Filter { kind: Some("crowd".to_owned()), camera: Some("cam-01".to_owned()), ..Filter::default() };
    let after = After { is_over: true, alert_id: "A1".to_owned() };
    let since = Filter { from: Some(here.now), ..some.clone() };
    let lists = [Filter::default().listed(None, 50), some.listed(Some(&after), 50), since.listed(None, 50)];
    for (sql, _) in lists {
        let plan = plan_of(&history, &sql);
        assert!(plan.contains("USING INDEX alert_listed") && !plan.contains("ORDER BY"), "{sql}: {plan}");
    }
    let (between, _) = Filter { until: Some(here.now), ..since.clone() }.listed(None, 50);
    let plan = plan_of(&history, &between);
    assert!(plan.contains("USING INDEX alert_counted (started_ms>? AND started_ms<?)"), "{plan}");
    let (counted, _) = since.counted(900_000);
    for sql in [counted.as_str(), CAMERAS, KINDS, GRIDS] {
        let plan = plan_of(&history, sql);
        assert!(plan.contains("USING COVERING INDEX alert_counted"), "{sql}: {plan}");
    }
    let plan = plan_of(&history, OPEN_COUNTS);
    assert!(plan.contains("SEARCH alert USING INDEX alert_listed (is_over=?)"), "{plan}");
}

#[test]
fn alerts_that_are_here_stay_where_the_disk_has_no_room_for_an_index() {
    let here = Here::new();
    here.append("A1", 1, message("A1", 1, |_| {}));
    let history = here.followed(1 << 20);
    history.conn.execute_batch("DROP INDEX alert_listed; DROP INDEX alert_counted; VACUUM;").unwrap();
    drop(history);
    let conn = Connection::open(here.folder.path().join(FILE)).unwrap();
    // No less than there are; none may be added.
    conn.pragma_update(None, "max_page_count", 1).unwrap();
    let (conn, is_new) = prepared(conn).unwrap();
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let indexes = "SELECT count(*) FROM sqlite_master WHERE name IN ('alert_listed', 'alert_counted')";
    assert_eq!((is_new, count(indexes), count("SELECT count(*) FROM alert")), (false, 0, 1));
}

#[test]
fn a_database_of_an_older_version_keeps_its_alerts_and_gets_the_indexes() {
    let here = Here::new();
    here.append("A1", 1, message("A1", 1, |_| {}));
    let history = here.followed(1 << 20);
    history.conn.execute_batch(
        "DROP INDEX alert_listed; DROP INDEX alert_counted; CREATE INDEX alert_order ON alert (is_over, alert_id);",
    ).unwrap();
    drop(history);
    let again = here.history(1 << 20);
    assert_eq!(ids(&again.list(&Filter::default(), None, 10).unwrap()), ["A1"]);
    let indexes: i64 = again
        .conn
        .query_row(
            "SELECT count(*) FROM sqlite_master WHERE name IN ('alert_listed', 'alert_counted')",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(indexes, 2);
}
