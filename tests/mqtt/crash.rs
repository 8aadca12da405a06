//! `kill -9` between storing and publishing.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use lookout::types::level::Level;
use lookout::types::mqtt::Version;

use crate::here::*;
use crate::support::listener::Listener;
use crate::support::mosquitto::Mosquitto;

const DIRECTORY: &str = "LOOKOUT_TEST_CRASH_DIRECTORY";

/// The child: stores alerts without end, and says each number once it is stored.
#[test]
#[ignore = "the child process of `what_was_stored_before_a_kill_is_delivered_after_it`"]
#[expect(clippy::print_stdout, reason = "its parent reads it")]
fn child() {
    let Some(dir) = std::env::var_os(DIRECTORY) else { return };
    let outbox = open(&PathBuf::from(dir));
    for number in 0.. {
        let seq = append(&outbox, number, if number % 3 == 0 { Level::Red } else { Level::Blue });
        println!("stored {}", seq.n);
    }
}

#[test]
fn what_was_stored_before_a_kill_is_delivered_after_it() {
    let broker = Mosquitto::start();
    let listener = Listener::start(broker.port(), "lookout/#");
    let dir = tempfile::tempdir().unwrap();
    let mut confirmed = 0;
    // Killed three times, each time in the middle of storing.
    for _ in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--ignored", "--nocapture", "--test-threads", "1"])
            .env(DIRECTORY, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines =
            lines.map_while(Result::ok).filter_map(|line| line.rsplit_once("stored ")?.1.parse::<u64>().ok());
        let first = lines.next().expect("the child stores something");
        assert!(first > confirmed && first <= confirmed + 2, "numbers go on: {first} after {confirmed}");
        confirmed = lines.by_ref().nth(60).expect("and more");
        child.kill().unwrap();
        // What it said before it died was stored, too.
        confirmed = lines.last().unwrap_or(confirmed);
        child.wait().unwrap();
    }

    let outbox = open(dir.path());
    let depth = outbox.depth();
    assert!(depth.last_n == confirmed || depth.last_n == confirmed + 1, "{confirmed} confirmed: {depth:?}");
    assert_eq!(depth.rows, depth.last_n, "every number is there");
    let (bodies, _commands) = bodies();
    let publisher = lookout::mqtt::Publisher::start(
        settings(&broker.url(), Version::V5),
        bodies,
        outbox.clone(),
        lookout::clock::Clock::start(),
    )
    .unwrap();
    let numbers = |received: &[crate::support::listener::Received]| {
        received
            .iter()
            .filter_map(|one| one.json()["data"]["seq"]["n"].as_u64())
            .collect::<std::collections::BTreeSet<u64>>()
    };
    let received =
        listener.wait_for("every number", |received| numbers(received).len() as u64 == depth.last_n);
    assert_eq!(numbers(&received), (1..=depth.last_n).collect());
    assert_eq!(
        open_alert_ids(&outbox),
        alert_ids(&received),
        "what is told to be open is what is taken up again"
    );
    wait(|| "an empty outbox".to_owned(), || outbox.depth().rows == 0);
    drop(publisher);
}
