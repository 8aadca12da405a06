//! The catalogue as it is shipped: the bundled clip and model, and simulated sensors whose course is written here. What
//! must be reported follows from that course and from the scene's events, which are known exactly. Needs nothing but
//! the repository and ONNX Runtime's library.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The demo's lane, its rules, five sensors and the whole catalogue.
fn configuration() -> String {
    let mut text = fs::read_to_string(in_repository("config/demo-lane.toml")).unwrap();
    text.push_str("\n[fusion]\ncatalogue = [\"all\"]\n");
    let sensors = [
        ("drain-2", "water_level", "m"),
        ("stairs", "smoke", "0/1"),
        ("street", "noise", "dB"),
        ("site", "pm10", "µg/m³"),
        ("broken", "noise", "dB"),
    ];
    for (id, quantity, unit) in sensors {
        write!(
            text,
            "\n[[sensor]]\nid = \"{id}\"\nquantity = \"{quantity}\"\nunit = \"{unit}\"\ngrid = \"53012700300102\"\n\
             stale_after_secs = 30\nmqtt_json = {{ topic = \"test/{id}\", pointer = \"/value\" }}\n"
        )
        .unwrap();
    }
    text
}

/// Every 5 s for 700 s: the drain fills for five minutes, there is smoke for one, noise and dust go on, and one
/// sensor says something that no microphone can measure.
fn readings() -> String {
    let mut lines = String::new();
    for secs in (0..700).step_by(5) {
        let water = if (10..300).contains(&secs) { 0.5 } else { 0.0 };
        let smoke = if (60..120).contains(&secs) { 1.0 } else { 0.0 };
        let said =
            [("drain-2", water), ("stairs", smoke), ("street", 88.0), ("site", 500.0), ("broken", 4000.0)];
        for (sensor, value) in said {
            writeln!(lines, "{{\"secs\": {secs}, \"sensor\": \"{sensor}\", \"value\": {value}}}").unwrap();
        }
    }
    lines
}

fn replay(folder: &Path) -> Output {
    let (config, said) = (folder.join("site.toml"), folder.join("readings.jsonl"));
    fs::write(&config, configuration()).unwrap();
    fs::write(&said, readings()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_lookout"))
        .arg("replay")
        .arg(in_repository("tests/scenes/lane-day.mp4"))
        .args(["--config".as_ref(), config.as_os_str(), "--readings".as_ref(), said.as_os_str()])
        .args(["--camera", "lane", "--manifest"])
        .arg(in_repository("models/manifest.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn alerts(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["data"].clone()).collect()
}

#[test]
fn the_catalogue_tells_at_least_six_kinds_of_things_and_explains_each() {
    let folder = tempfile::tempdir().unwrap();
    let output = replay(folder.path());
    let published = alerts(&output);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for alert in published.iter().filter(|alert| alert["phase"] == "new") {
        *kinds.entry(alert["kind"].as_str().unwrap()).or_default() += 1;
    }
    // What the sensors' course asks for, whatever the model sees.
    for kind in ["flooding", "fire", "noise", "dust"] {
        assert_eq!(kinds.get(kind), Some(&1), "{kind}: {kinds:?}");
    }
    // What happens in the scene.
    let in_the_scene: BTreeSet<&str> = ["fire_lane_blocked", "night_presence", "crowd"].into();
    let seen = in_the_scene.iter().filter(|kind| kinds.contains_key(**kind)).count();
    assert!(seen >= 2, "of {in_the_scene:?} only {kinds:?}");
    assert!(kinds.len() >= 6, "{kinds:?}");
    // The gate is crossed (a rule that raises alone). The video ends while the sensors go on, which is no fault of the
    // camera.
    for kind in kinds.keys() {
        let expected = in_the_scene.contains(kind)
            || ["flooding", "fire", "noise", "dust", "line_crossed"].contains(kind);
        assert!(expected, "nothing of {kind} happens: {kinds:?}");
    }

    let alone: BTreeSet<&str> = published.iter().filter_map(|alert| alert["why"]["rule"].as_str()).collect();
    assert_eq!(alone, BTreeSet::from(["through-the-gate"]), "rules that feed a signal raise nothing alone");
    for alert in published.iter().filter(|alert| alert["why"]["fusion"].is_string()) {
        let why = &alert["why"];
        let parts = why["signals"].as_array().unwrap();
        assert!(!parts.is_empty(), "an alert that names no source: {alert}");
        let shares: f64 = parts.iter().map(|part| part["contribution"].as_f64().unwrap()).sum();
        assert!((shares - 1.0).abs() < 0.01, "{why}");
        assert_eq!(why["fusion"], alert["kind"]);
        assert!(!parts.iter().any(|part| part["source"] == "sensor:broken"), "{why}");
    }
    // Nobody acknowledges anything here.
    let escalated = published.iter().find(|alert| alert["phase_reason"] == "escalated").unwrap();
    assert_eq!(escalated["escalated"]["to"], "530127003001");

    for language in ["en", "zh-CN"] {
        let words = explained(&output.stdout, language);
        let explained: Vec<&str> = words.split("\n\n").collect();
        assert_eq!(explained.len(), published.len());
        assert!(explained.iter().all(|one| one.contains(" %  ")), "{words}");
    }
}

#[test]
fn a_replay_with_sensors_gives_the_same_bytes_twice() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(replay(folder.path()).stdout, replay(folder.path()).stdout);
}

#[test]
fn readings_that_make_no_sense_are_refused_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("site.toml");
    fs::write(&config, configuration()).unwrap();
    for (line, what) in [
        ("{\"secs\": 1, \"sensor\": \"drain-9\", \"value\": 1}", "no sensor `drain-9`"),
        ("{\"secs\": -1, \"sensor\": \"drain-2\", \"value\": 1}", "no time after the beginning"),
        ("secs=1", "this is no reading"),
    ] {
        let said = folder.path().join("readings.jsonl");
        fs::write(&said, format!("\n{line}\n")).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_lookout"))
            .arg("replay")
            .arg(in_repository("tests/scenes/lane-day.mp4"))
            .args(["--config".as_ref(), config.as_os_str(), "--readings".as_ref(), said.as_os_str()])
            .arg("--manifest")
            .arg(in_repository("models/manifest.toml"))
            .output()
            .unwrap();
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{talk}");
        assert!(talk.contains(what) && talk.contains("readings.jsonl:2") && talk.contains("hint:"), "{talk}");
    }
}

fn explained(alerts: &[u8], language: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lookout"))
        .args(["explain", "-", "--language", language])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(alerts).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}
