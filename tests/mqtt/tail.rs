//! `lookout tail` against a box that does what it is told.

use lookout::analysis::time::Timestamp;
use lookout::cli::tail::{Args, Outcome, Screen, follow};
use lookout::contract::messages::{ACTIVE, META};
use lookout::outbox::{Kind, Outbox, Record};
use lookout::types::level::Level;
use lookout::types::mqtt::Version;
use serde_json::json;

use crate::here::*;
use crate::support::listener::Listener;
use crate::support::mosquitto::{Mosquitto, Options};

/// What the daemon does with an acknowledgement: the next revision carries it.
fn acknowledged(outbox: &Outbox, alert_id: String, by: String) {
    let record = Record {
        kind: Kind::Alert,
        alert_id: Some(alert_id.clone()),
        rev: 2,
        level: Some(Level::Orange),
        phase_end: false,
        topic_suffix: "up/alert".to_owned(),
        at: Timestamp::now(),
        state: Some(state_of(&alert_id, 2)),
    };
    outbox
        .append(record, move |seq| {
            let event = serde_json::json!({
                "id": format!("{alert_id}.2"),
                "data": { "alert_id": alert_id, "rev": 2, "phase": "update", "level": "orange", "title": "a test",
                          "ack": { "by": by }, "seq": { "stream": &*seq.stream, "n": seq.n } },
            });
            Ok(event.to_string().into_bytes())
        })
        .unwrap();
}

/// Standard error of the command; does something when it says that it is connected.
struct Talk<F> {
    text: Vec<u8>,
    when_connected: Option<F>,
}

impl<F: FnOnce()> std::io::Write for Talk<F> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.text.extend_from_slice(bytes);
        let connected = String::from_utf8_lossy(&self.text).contains("connected; waiting for alerts");
        if let Some(act) = self.when_connected.take_if(|_| connected) {
            act();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The alert that somebody took on, and who.
fn next_acknowledgement(here: &mut Here) -> (String, String) {
    let command = here.next_command();
    assert_eq!(command.envelope.command(), "ack");
    let alert = command.logged.unwrap()["alert_id"].as_str().unwrap().to_owned();
    (alert, command.envelope.by)
}

/// Runs the command; `when_connected` happens once it listens.
fn run(args: &Args, when_connected: impl FnOnce()) -> (Outcome, String, String) {
    let talk = Talk { text: Vec::new(), when_connected: Some(when_connected) };
    let mut screen = Screen { out: Vec::new(), talk, json: args.json, paint: false };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(follow(args, &mut screen)).unwrap();
    (outcome, String::from_utf8(screen.out).unwrap(), String::from_utf8(screen.talk.text).unwrap())
}

#[test]
fn it_shows_an_alert_acknowledges_it_and_ends_when_the_acknowledgement_came_back() {
    // Slashes round the prefix are no part of it.
    for (mqtt5, version, prefix) in
        [(false, Version::V5, "lookout/v1"), (true, Version::V311, "/lookout/v1/")]
    {
        let broker = Mosquitto::start();
        let mut here = Here::start(settings(&broker.url(), version));
        here.wait_connected();
        let args = Args {
            url: broker.url(),
            mqtt5,
            prefix: prefix.to_owned(),
            ack_as: Some("desk-2".to_owned()),
            until_acknowledged: true,
            seconds: Some(60),
            ..Args::default()
        };
        let outbox = here.outbox.clone();
        let (outcome, out, talk) = std::thread::scope(|scope| {
            let daemon = scope.spawn(|| {
                let (alert_id, by) = next_acknowledgement(&mut here);
                acknowledged(&outbox, alert_id, by);
            });
            let seen = run(&args, || {
                append(&outbox, 1, Level::Orange);
            });
            daemon.join().unwrap();
            seen
        });
        assert_eq!((outcome.alerts, outcome.acknowledged), (1, 1), "{out}{talk}");
        assert_eq!(open_alert_ids(&outbox), ["alert-1.2".to_owned()].into());
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines.len(), 2, "{out}");
        assert!(lines[0].contains("orange  a test · new rev 1 · [box-1 alert-1]"), "{out}");
        assert!(lines[1].contains("update rev 2 · ACKNOWLEDGED by desk-2"), "{out}");
    }
}

#[test]
fn with_json_every_line_is_a_message_as_it_came_and_marks_empty_the_outbox() {
    let broker = Mosquitto::start();
    let here = Here::start(settings(&broker.url(), Version::V5));
    here.wait_connected();
    let args = Args { url: broker.url(), json: true, mark: true, seconds: Some(4), ..Args::default() };
    let (outcome, out, _) = run(&args, || {
        for number in 0..40 {
            append(&here.outbox, number, Level::Yellow);
        }
    });
    let seen: std::collections::BTreeSet<String> = out
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(seen, ids(0..40));
    assert_eq!((outcome.alerts, out.lines().count()), (40, 40), "each once");
    assert!(here.outbox.depth().marks, "it marked");
    here.wait_empty();
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
    let (outcome, _, talk) = run(&args, || ());
    assert_eq!(outcome.alerts, 0);
    assert_eq!(talk.matches("refused user `centre`: not allowed").count(), 1, "{talk}");
}

#[test]
fn what_is_open_when_it_starts_is_shown_as_the_site_reads_it_and_acknowledged() {
    let broker = Mosquitto::start();
    let mut here = Here::start(settings(&broker.url(), Version::V5));
    let meta = json!({ "data": { "time_zone": "Asia/Shanghai", "language": "en" } });
    let alert = |id: &str, acknowledged: bool| {
        json!({ "alert_id": id, "rev": 1, "level": "orange", "kind": "fire", "title": "Fire", "mode": "test",
                "camera": "cam-03", "grid": "530127", "started_at": "2026-01-01T20:30:00.000Z",
                "acknowledged": acknowledged })
    };
    let mut taken = alert("alert-0", true);
    taken["acknowledgement"] = json!({ "by": "desk-9", "at": "2026-01-01T20:31:00.000Z" });
    let active = json!({ "data": { "stream": "S", "seq": 2, "alerts": [alert("alert-1", false), taken] } });
    append(&here.outbox, 1, Level::Orange);
    for (message, body) in [(&META, &meta), (&ACTIVE, &active)] {
        here.publisher.set_latest(message.at(&[]), body.to_string().into_bytes());
    }
    let kept = Listener::start(broker.port(), &format!("{BASE}/up/active"));
    kept.wait_one("the list", |m| m.topic.ends_with("up/active"));
    here.wait_empty();
    let args = Args {
        url: broker.url(),
        ack_as: Some("desk-2".to_owned()),
        until_acknowledged: true,
        ..Args::default()
    };
    let outbox = here.outbox.clone();
    let (outcome, out, talk) = std::thread::scope(|scope| {
        scope.spawn(|| {
            let (alert_id, by) = next_acknowledgement(&mut here);
            assert_eq!((alert_id.as_str(), by.as_str()), ("alert-1", "desk-2"), "only what nobody took");
            acknowledged(&outbox, alert_id, by);
        });
        run(&args, || ())
    });
    assert_eq!((outcome.alerts, outcome.asked, outcome.acknowledged), (2, 1, 1), "{out}{talk}");
    let lines: Vec<&str> = out.lines().collect();
    assert!(
        lines[0].ends_with(
            "Fire (fire) · 530127 · cam-03 · open since 01-02 04:30:00 · TEST · not acknowledged · [box-1 alert-1]"
        ),
        "{out}"
    );
    assert!(lines[1].contains("acknowledged by desk-9"), "{out}");
    assert!(lines[2].contains("ACKNOWLEDGED by desk-2"), "{out}");
    assert!(
        talk.contains("connected; waiting for alerts (2 are open, 1 of them not acknowledged)"),
        "{talk}"
    );
    assert!(talk.contains("acknowledged: 1; taken on by others before: 0"), "{talk}");
}
