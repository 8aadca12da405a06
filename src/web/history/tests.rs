use super::*;
use crate::contract::examples;
use crate::contract::messages;
use crate::outbox::{Limits, Options, Record};
use crate::types::phase::Phase;

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
        while History::follow(&history, &consumer, self.now).unwrap().is_some() {}
        history.into_inner()
    }
}

fn ids(list: &[AlertData]) -> Vec<&str> {
    list.iter().map(|alert| alert.alert_id.as_str()).collect()
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
    let after = After { is_over: false, alert_id: first[1].alert_id.clone() };
    assert_eq!(ids(&history.list(&all, Some(&after), 10).unwrap()), ["A3", "A1"]);
    assert_eq!(history.list(&all, None, 10).unwrap()[2].rev, 2, "the latest revision stands for the alert");
    assert_eq!(history.alert("A1").unwrap().len(), 2);
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
    let bytes = store(&history.conn, &example_of(&batch.records[0].body), &batch.records[0].body).unwrap();
    assert!(bytes > 0);
    let history = Mutex::new(history);
    assert_eq!(History::follow(&history, &consumer, here.now).unwrap(), Some(0), "nothing of it is news");
    assert_eq!(History::follow(&history, &consumer, here.now).unwrap(), None);
    assert_eq!(history.lock().alert("A1").unwrap().len(), 1);
    drop(history);
    let again = here.history(1 << 20);
    assert_eq!(again.alert("A1").unwrap().len(), 1);
    assert!(!again.is_in_memory);
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
    assert_eq!(left[0].alert_id, "A19");
    history.trim(here.now + 100 * DAY).unwrap();
    assert_eq!(history.list(&Filter::default(), None, 20).unwrap(), []);
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
