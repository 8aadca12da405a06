//! `lookout tail` against a box that does what it is told.

use lookout::analysis::alert::Level;
use lookout::analysis::time::Timestamp;
use lookout::cli::tail::{Args, Outcome, Screen, follow};
use lookout::mqtt::embedded::Embedded;
use lookout::mqtt::{Ack, Command, Version};
use lookout::outbox::{Kind, Outbox, Record};

use crate::here::*;
use crate::support::mosquitto::{Mosquitto, Options};

/// What the daemon does with an acknowledgement: it is stored, and the next revision carries it.
fn acknowledged(outbox: &Outbox, ack: Ack) {
    let record = Record {
        kind: Kind::Alert,
        alert_id: Some(ack.alert_id.clone()),
        rev: 2,
        level: Some(Level::Orange),
        phase_end: false,
        topic_suffix: "up/alert".to_owned(),
        at: Timestamp::now(),
    };
    assert!(outbox.store_ack(&ack.alert_id, ack.by.clone().into_bytes()).unwrap());
    outbox
        .append(record, move |seq| {
            serde_json::json!({
                "id": format!("{}.2", ack.alert_id),
                "data": { "alert_id": ack.alert_id, "rev": 2, "phase": "update", "level": "orange", "title": "a test",
                          "ack": { "by": ack.by }, "seq": { "stream": &*seq.stream, "n": seq.n } },
            })
            .to_string()
            .into_bytes()
        })
        .unwrap();
}

fn run(args: &Args) -> (Outcome, String, String) {
    let mut screen = Screen { out: Vec::new(), talk: Vec::new(), json: args.json, paint: false };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(follow(args, &mut screen)).unwrap();
    (outcome, String::from_utf8(screen.out).unwrap(), String::from_utf8(screen.talk).unwrap())
}

/// A box with one alert, which acknowledges as asked until the test is over.
fn busy_box(url: &str, version: Version) -> Outbox {
    let mut here = Here::start(settings(url, version));
    here.alert(1, Level::Orange);
    let outbox = here.outbox.clone();
    let for_thread = outbox.clone();
    std::thread::spawn(move || {
        while let Some(command) = here.commands.blocking_recv() {
            if let Command::Ack(ack) = command {
                acknowledged(&for_thread, ack);
            }
        }
    });
    outbox
}

#[test]
fn it_shows_an_alert_acknowledges_it_and_ends_when_the_acknowledgement_came_back() {
    let broker = Embedded::start(0).unwrap();
    for (mqtt5, version) in [(false, Version::V5), (true, Version::V311)] {
        let args = Args {
            url: broker.url(),
            mqtt5,
            ack_as: Some("desk-2".to_owned()),
            until_acknowledged: true,
            ..Args::default()
        };
        // The command centre is there first: an alert it was not there for is the broker's to forget.
        let url = broker.url();
        let starter = std::thread::spawn(move || {
            // Its subscriptions cannot be seen from here; alerts go on until it has seen one.
            let outbox = busy_box(&url, version);
            for number in 2..200 {
                append(&outbox, number, Level::Orange);
                std::thread::park_timeout(std::time::Duration::from_millis(50));
            }
        });
        let (outcome, out, talk) = run(&args);
        assert!(outcome.alerts >= 1 && outcome.acknowledged == 1, "{outcome:?}\n{out}\n{talk}");
        assert!(out.contains("orange  a test · new rev 1"), "{out}");
        assert!(out.contains("update rev 2 · ACKNOWLEDGED by desk-2"), "{out}");
        assert!(talk.contains("connected; waiting for alerts"), "{talk}");
        drop(starter);
    }
}

#[test]
fn with_json_every_line_is_a_message_as_it_came_and_marks_empty_the_outbox() {
    let broker = Mosquitto::start();
    let url = broker.url();
    let here = Here::start(settings(&url, Version::V5));
    here.wait_connected();
    let args = Args { url, json: true, mark: true, seconds: Some(6), ..Args::default() };
    let outbox = here.outbox.clone();
    let feeder = std::thread::spawn(move || {
        for number in 0..40 {
            append(&outbox, number, Level::Yellow);
            std::thread::park_timeout(std::time::Duration::from_millis(100));
        }
    });
    let (outcome, out, _) = run(&args);
    feeder.join().unwrap();
    let ids: Vec<String> = out
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(ids.len(), outcome.alerts, "each once");
    assert!(ids.len() >= 10, "{ids:?}");
    assert!(here.outbox.depth().marks, "it marked");
    assert!(here.outbox.depth().rows < 5, "and what it had left the outbox: {:?}", here.outbox.depth());
}

#[test]
fn a_wrong_password_is_said_once_and_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let password = dir.path().join("password");
    std::fs::write(&password, "wrong").unwrap();
    let broker = Mosquitto::start_with(Options { login: Some(("centre", "right")), ..Options::default() });
    let args = Args {
        url: broker.url(),
        user: Some("centre".to_owned()),
        password_file: Some(password),
        seconds: Some(2),
        ..Args::default()
    };
    let (outcome, _, talk) = run(&args);
    assert_eq!(outcome.alerts, 0);
    assert_eq!(talk.matches("refused user `centre`: not allowed").count(), 1, "{talk}");
}
