//! The publisher against Debian's mosquitto: nothing lost, nothing twice, whatever the broker does.

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use lookout::analysis::alert::Level;
use lookout::analysis::time::Timestamp;
use lookout::clock::Clock;
use lookout::mqtt::{Bodies, Command, Publisher, Qos, Settings, Timing, TroubleKind, Version};
use lookout::outbox::{Evidence, Kind, Options, Outbox, Record, Seq};
use support::listener::{Heard, Listener};
use support::mosquitto::{Mosquitto, Options as Broker};
use tempfile::TempDir;
use tokio::sync::mpsc;

const BASE: &str = "lookout/v1/530127/box-1";

/// A box: an outbox in a directory of its own, and a publisher.
struct Box1 {
    outbox: Outbox,
    publisher: Publisher,
    commands: mpsc::Receiver<Command>,
    _dir: TempDir,
}

fn settings(url: &str, version: Version) -> Settings {
    Settings {
        url: Some(url.to_owned()),
        version,
        timing: Timing {
            connect: Duration::from_secs(5),
            keep_alive: Duration::from_secs(5),
            stall: Duration::from_secs(10),
            backoff_first: Duration::from_millis(50),
            backoff_most: Duration::from_millis(200),
            hold_first: Duration::from_millis(300),
            hold_most: Duration::from_secs(60),
            mark_grace: Duration::from_millis(200),
            ..Timing::default()
        },
        backlog_per_sec: 2000,
        ..Settings::new("530127", "box-1")
    }
}

impl Box1 {
    fn start(settings: Settings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let outbox = open(dir.path());
        let (publisher, commands) =
            Publisher::start(settings, Bodies::default(), outbox.clone(), Clock::start()).unwrap();
        Box1 { outbox, publisher, commands, _dir: dir }
    }

    fn wait_connected(&self) {
        wait("a connection", || self.publisher.status().connected);
    }

    fn alert(&self, number: u32, level: Level) -> Seq {
        append(&self.outbox, number, level)
    }
}

fn open(dir: &Path) -> Outbox {
    let mut options = Options::default();
    options.limits.free_bytes = 0;
    Outbox::open(dir, Timestamp::now(), "box-1", options).unwrap().0
}

/// A CloudEvent with the id `alert-{number}.1`.
fn append(outbox: &Outbox, number: u32, level: Level) -> Seq {
    let record = Record {
        kind: Kind::Alert,
        alert_id: Some(format!("alert-{number}")),
        rev: 1,
        level: Some(level),
        phase_end: false,
        topic_suffix: "up/alert".to_owned(),
        at: Timestamp::now(),
    };
    outbox
        .append(record, move |seq| {
            serde_json::json!({
                "specversion": "1.0",
                "id": format!("alert-{number}.1"),
                "data": { "alert_id": format!("alert-{number}"), "rev": 1,
                          "seq": { "stream": &*seq.stream, "n": seq.n } },
            })
            .to_string()
            .into_bytes()
        })
        .unwrap()
}

/// Looks until it is so; a second at a time would be slow, a busy loop would starve the broker.
fn wait(what: &str, so: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(30);
    while !so() {
        assert!(Instant::now() < until, "waited in vain for {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn alert_ids(heard: &[Heard]) -> BTreeSet<String> {
    heard.iter().filter(|one| one.topic.ends_with("/up/alert")).filter_map(Heard::id).collect()
}

fn expected(numbers: impl Iterator<Item = u32>) -> BTreeSet<String> {
    numbers.map(|number| format!("alert-{number}.1")).collect()
}

#[test]
fn an_alert_arrives_and_leaves_the_outbox_with_both_versions() {
    let broker = Mosquitto::start();
    for version in [Version::V5, Version::V311] {
        let listener = Listener::start(broker.port(), "lookout/#");
        let this = Box1::start(settings(&broker.url(), version));
        this.alert(1, Level::Yellow);
        let heard = listener.wait_for("the alert", |heard| !alert_ids(heard).is_empty());
        assert_eq!(alert_ids(&heard), expected(1..2), "{version:?}");
        wait("an empty outbox", || this.outbox.depth().rows == 0);
        assert!(this.publisher.stop(Duration::from_secs(5)), "the broker hears the goodbye");
    }
}
