//! A second configuration that judges live beside the one that runs, on a box with a sensor alone: what it would have told is
//! seen and goes nowhere, over a restart, until somebody ends it or it is put in force.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::here::SOON;
use super::without_cameras::{Site, TOKEN};

/// What `lookout shadow` said: whether it went well, and both outputs.
fn shadow(site: &Site, args: &[&str]) -> (bool, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(["shadow", "--language", "en", "--config"]).arg(&site.config).args(args);
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// What it found, once it is as wanted; it is written every few seconds.
fn found(site: &Site, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + SOON;
    loop {
        let (is_done, out, err) = shadow(site, &["--json"]);
        assert!(is_done, "{err}");
        let found: Value = serde_json::from_str(&out).unwrap();
        if wanted(&found) {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} within {SOON:?}: {found:#}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A file beside the box's own.
fn beside(site: &Site, text: &str) -> PathBuf {
    let path = site.config.with_file_name("new.toml");
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn what_a_shadow_would_have_told_is_seen_and_nobody_is_alerted_over_a_restart_until_it_is_ended() {
    let mut site = Site::prepare("");
    site.edit("catalogue = [\"flooding\"]", "catalogue = []");
    site.run();
    let (_, _, none) = shadow(&site, &[]);
    assert!(none.contains("none has judged here yet"), "{none}");
    let new = beside(&site, &site.text().replace("catalogue = []", "catalogue = [\"flooding\"]"));
    let new = new.to_str().unwrap();
    let (is_done, _, said) = shadow(&site, &[new, "--for", "12h"]);
    assert!(is_done && said.contains("it judges beside the configuration that runs until"), "{said}");
    assert!(
        said.contains("only frames that were looked at then"),
        "what it cannot say is said first: {said}"
    );
    let begun = site.wait("up/shadow", "that it began", |m| m["data"]["ended"].is_null());
    assert_eq!(begun["type"], "lookout.shadow.v1");
    let sha256 = begun["data"]["config_sha256"].clone();
    assert_ne!(sha256, site.running().as_str());
    site.wait_last("up/health", "that one judges", |m| m["data"]["shadow"]["config_sha256"] == sha256);

    assert_eq!(site.post(TOKEN, 0.9), "HTTP/1.1 204 No Content");
    let one = found(&site, "an alert", |found| found["counts"]["alerts"] == 1);
    assert_eq!((&one["counts"]["only_shadow"], &one["counts"]["alerts_published"]), (&json!(1), &json!(0)));
    site.stop();
    // Written at the stop, as of then: what is newer comes of the next run.
    let stopped = found(&site, "what it found", |_| true);
    site.run();
    let again = found(&site, "that it goes on", |found| found["at"].as_str() > stopped["at"].as_str());
    assert_eq!(
        (&again["ended"], &again["counts"]["alerts"], &again["since"]),
        (&Value::Null, &json!(1), &one["since"])
    );
    let (_, text, _) = shadow(&site, &[]);
    assert!(text.contains("only the shadow") && text.contains("lookout retune --config"), "{text}");

    let (is_done, _, err) = shadow(&site, &["--stop"]);
    assert!(is_done, "{err}");
    let ended = site.wait("up/shadow", "that it ended", |m| m["data"]["ended"]["why"] == "stopped");
    let made = ended["data"]["revisions"].as_array().unwrap();
    assert!(made.iter().all(|one| one["shadow_id"].as_str().unwrap().starts_with("shadow.")), "{made:?}");
    assert!(!made.is_empty() && made.iter().enumerate().all(|(at, one)| one["n"] == at + 1), "{made:?}");
    assert_eq!(site.published("up/alert", |_| true), [] as [Value; 0], "nobody was alerted");
    site.wait_last("up/health", "that none judges", |m| m["data"]["shadow"].is_null());
    let (is_done, _, said) = shadow(&site, &["--stop"]);
    assert!(!is_done && said.contains("no shadow judges"), "{said}");
    let (is_done, text, _) = shadow(&site, &[]);
    assert!(is_done && text.contains("somebody ended it"), "what it found stays: {text}");
}

#[test]
fn the_centre_lets_one_judge_and_it_ends_when_it_is_put_in_force() {
    let site = Site::signed();
    let runs = site.running();
    let toml = site.text().replace("stale_after_secs = 600", "stale_after_secs = 500");
    let wanted = json!({ "version": 1, "toml": toml, "expect_config": runs, "shadow": true });
    let answer = site.ask("config", wanted.clone());
    assert_eq!(answer["outcome"], "done", "{answer:#}");
    site.wait("up/shadow", "that it began", |m| m["data"]["by"] == "somebody");
    assert_eq!(site.running(), runs, "nothing that runs has changed");
    let again = site.ask("config", wanted);
    assert_eq!(again["code"], "conflict", "{again:#}");
    site.edit("stale_after_secs = 600", "stale_after_secs = 500");
    site.wait("up/shadow", "that it ended", |m| m["data"]["ended"]["why"] == "runs");
}

#[test]
fn one_in_place_of_another_and_one_whose_time_ran_out_while_the_box_was_off_are_said_everywhere() {
    let mut site = Site::start();
    let with =
        |secs: u32| site.text().replace("stale_after_secs = 600", &format!("stale_after_secs = {secs}"));
    let (first, second) = (with(500), with(400));
    let judges = |text: &str| {
        let (is_done, _, said) = shadow(&site, &[beside(&site, text).to_str().unwrap()]);
        assert!(is_done, "{said}");
        found(&site, "that it judges", |found| found["ended"].is_null())["sha256"].clone()
    };
    let former = judges(&first);
    let latter = judges(&second);
    assert_ne!(former, latter);
    site.wait("up/shadow", "that another judges in its place", |m| {
        m["data"]["config_sha256"] == former && m["data"]["ended"]["why"] == "replaced"
    });
    site.stop();
    let stored = control(&site).join("shadow.json");
    let mut until: Value = serde_json::from_slice(&fs::read(&stored).unwrap()).unwrap();
    until["until"] = until["since"].clone();
    fs::write(&stored, until.to_string()).unwrap();
    // Asked of a box that does not run, days ago.
    let asked = json!({ "id": "A", "by": "root", "at": "2026-01-01T00:00:00Z" });
    fs::write(control(&site).join("shadow-request.json"), asked.to_string()).unwrap();
    site.run();
    let ended =
        site.wait("up/shadow", "that its time was over", |m| m["data"]["ended"]["why"] == "time_is_over");
    assert_eq!(ended["data"]["config_sha256"], latter);
    let answer = control(&site).join("shadow-answer.json");
    let deadline = Instant::now() + SOON;
    let late = |text: String| text.contains("\"A\"") && text.contains("ask again");
    while !fs::read_to_string(&answer).is_ok_and(late) {
        assert!(Instant::now() < deadline, "what was asked too long ago is answered so");
        std::thread::sleep(Duration::from_millis(100));
    }
    let audit = Command::new(env!("CARGO_BIN_EXE_lookout"))
        .args(["audit", "show", "--language", "en", "--config"])
        .arg(&site.config)
        .output()
        .unwrap();
    let audit = String::from_utf8(audit.stdout).unwrap();
    assert!(
        audit.contains("another one judges in its place") && audit.contains("its time is over"),
        "{audit}"
    );
}

/// The folder of what was asked of the box.
fn control(site: &Site) -> PathBuf {
    let folders = walk(site.config.parent().unwrap());
    let found = folders.into_iter().find(|path| path.ends_with("shadow-summary.json"));
    found.expect("a shadow has judged here").parent().unwrap().to_owned()
}

fn walk(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn a_configuration_that_runs_already_and_a_box_that_is_not_there_are_said() {
    let mut site = Site::start();
    let same = beside(&site, &format!("# the same\n{}", site.text()));
    let (is_done, _, said) = shadow(&site, &[same.to_str().unwrap()]);
    assert!(!is_done && said.contains("nothing to compare"), "{said}");
    let broken = beside(&site, &site.text().replace("stale_after_secs = 600", "stale_after_secs = \"long\""));
    let (is_done, _, said) = shadow(&site, &[broken.to_str().unwrap()]);
    assert!(!is_done && said.contains("stale_after_secs"), "every problem with its place: {said}");
    site.stop();
    let (is_done, _, said) = shadow(&site, &["--stop"]);
    assert!(!is_done && said.contains("the box does not answer"), "{said}");
}
