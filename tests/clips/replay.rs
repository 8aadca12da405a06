//! `lookout replay` on real clips, as an operator runs it. What must come out is written in
//! `tests/data/clips.md`, read from the pictures and not from any output.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::places;
use crate::support::clips::shared;
use crate::support::daemon::write_config;
use crate::support::site::public_models;

/// In the morning there.
const START: &str = "2026-01-07T00:00:00Z";

/// One camera with zones and lines, and the rules to try on it.
fn config(folder: &Path, model: &str, hz: f32, camera: &str, rules: &str) -> String {
    let folder = folder.display();
    format!(
        r#"
[site]
box = "box-1"
area = "530127"
language = "zh-CN"
time_zone = "Asia/Shanghai"
mode = "test"

[detector]
model = "{model}"

[outbox]
dir = "{folder}/outbox"

[[camera]]
id = "cam-01"
eye = "village"
url = "rtsp://127.0.0.1/not-asked"
grid = "53012700300102"
analysis_fps = {hz}
{camera}

{rules}
"#
    )
}

fn replay(folder: &Path, clip: &str, config: &str) -> Output {
    let manifest = public_models(folder);
    let config = write_config(folder, config);
    let output = Command::new(env!("CARGO_BIN_EXE_lookout"))
        .arg("replay")
        .arg(shared().join("videos").join(clip))
        .arg("--config")
        .arg(config)
        .arg("--manifest")
        .arg(manifest)
        // Some of the clips say when they were made.
        .args(["--start", START])
        .output()
        .expect("lookout runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// An alert of a replay: when its condition began and ended, seconds into the clip, and its last value.
#[derive(Debug)]
struct Published {
    rule: String,
    began: f64,
    ended: Option<f64>,
    value: f64,
}

fn published(output: &Output) -> Vec<Published> {
    let start: jiff::Timestamp = START.parse().expect("a time");
    let seconds = |value: &Value| {
        let at: jiff::Timestamp = value.as_str()?.parse().ok()?;
        Some(at.duration_since(start).as_secs_f64())
    };
    let mut alerts: Vec<(String, Published)> = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let data = serde_json::from_str::<Value>(line).expect("a JSON line")["data"].clone();
        let id = data["alert_id"].as_str().expect("an id").to_owned();
        let alert = Published {
            rule: data["why"]["rule"].as_str().expect("a rule").to_owned(),
            began: seconds(&data["started_at"]).expect("a start"),
            ended: seconds(&data["ended_at"]),
            value: data["why"]["signals"][0]["value"].as_f64().expect("a value"),
        };
        match alerts.iter_mut().find(|(known, _)| *known == id) {
            Some((_, known)) => *known = alert,
            None => alerts.push((id, alert)),
        }
    }
    alerts.into_iter().map(|(_, alert)| alert).collect()
}

fn of<'a>(alerts: &'a [Published], rule: &str) -> Vec<&'a Published> {
    alerts.iter().filter(|alert| alert.rule == rule).collect()
}

/// Each alert begins when the table says, within `slack` seconds, and there are no others.
fn assert_began(alerts: &[&Published], expected: &[f64], slack: f64) {
    let began: Vec<f64> = alerts.iter().map(|alert| alert.began).collect();
    let close =
        began.len() == expected.len() && began.iter().zip(expected).all(|(b, e)| (b - e).abs() <= slack);
    assert!(close, "began at {began:?}, the picture says {expected:?}");
}

const PEOPLE_RULES: &str = r#"
[[rule]]
id = "present"
cameras = ["cam-01"]
hold_secs = 2
cooldown_secs = 0
present = { zone = "room", classes = ["person"], for_secs = 3 }
[[rule]]
id = "dwell-5"
cameras = ["cam-01"]
hold_secs = 2
cooldown_secs = 0
dwell = { zone = "table", classes = ["person"], for_secs = 5 }
[[rule]]
id = "dwell-14"
cameras = ["cam-01"]
hold_secs = 2
cooldown_secs = 0
dwell = { zone = "table", classes = ["person"], for_secs = 14 }
[[rule]]
id = "out"
cameras = ["cam-01"]
hold_secs = 40
cooldown_secs = 0
line = { line = "way-out", classes = ["person"], direction = "left_to_right" }
[[rule]]
id = "in"
cameras = ["cam-01"]
line = { line = "way-out", classes = ["person"], direction = "right_to_left" }
[[rule]]
id = "at-night"
cameras = ["cam-01"]
schedule = "daily 22:00-06:00"
present = { zone = "room", classes = ["person"], for_secs = 3 }
"#;

#[test]
#[ignore = "needs ../shared: clips and public weights"]
fn six_people_come_stand_and_leave_one_by_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = config(folder.path(), "yolox_nano_416", 5.0, places::ROOM, PEOPLE_RULES);
    let alerts = published(&replay(folder.path(), "people-one-by-one.mp4", &text));

    let head_and_shoulders = [6.4, 23.0, 50.6, 74.8, 92.6, 123.8];
    assert_began(&of(&alerts, "present"), &head_and_shoulders, 1.0);
    let at_the_table = [7.4, 24.0, 51.6, 76.0, 93.8, 125.0];
    assert_began(&of(&alerts, "dwell-5"), &at_the_table, 2.0);
    assert_began(&of(&alerts, "dwell-14"), &[24.0, 51.6, 93.8], 2.0);
    let out = of(&alerts, "out");
    assert_began(&out, &[18.8], 1.0);
    assert_eq!(out[0].value, 6.0, "six people cross on their way out");
    assert!(of(&alerts, "in").is_empty(), "nobody comes in from the right");
    assert!(of(&alerts, "at-night").is_empty(), "it is morning");
    for (alert, gone) in of(&alerts, "present").iter().zip([19.7, 44.9, 69.7, 86.6, 119.7, 135.7]) {
        let ended = alert.ended.expect("everybody leaves");
        assert!((gone..gone + 4.0).contains(&ended), "gone at {gone}, ended at {ended}, with 2 s of hold");
    }
}

#[test]
#[ignore = "needs ../shared: clips and public weights"]
fn eight_vehicles_drive_by_and_one_stands_in_a_drive() {
    let rules = r#"
[[rule]]
id = "across"
cameras = ["cam-01"]
hold_secs = 0.5
cooldown_secs = 0
line = { line = "across", classes = ["car", "truck", "bus"], direction = "left_to_right" }
[[rule]]
id = "back"
cameras = ["cam-01"]
line = { line = "across", classes = ["car", "truck", "bus"], direction = "right_to_left" }
[[rule]]
id = "in-the-drive"
cameras = ["cam-01"]
parked = { zone = "drive", for_secs = 15 }
[[rule]]
id = "in-the-lane"
cameras = ["cam-01"]
parked = { zone = "lane", for_secs = 3 }
"#;
    let folder = tempfile::tempdir().expect("a folder");
    let text = config(folder.path(), "yolox_nano_416", 12.0, places::STREET, rules);
    let alerts = published(&replay(folder.path(), "street-cars.mp4", &text));
    assert_began(&of(&alerts, "across"), &[0.7, 3.0, 5.2, 7.2, 9.8, 17.3, 19.7, 29.4], 0.7);
    assert!(of(&alerts, "back").is_empty());
    assert_began(&of(&alerts, "in-the-drive"), &[0.0], 2.0);
    assert!(of(&alerts, "in-the-lane").is_empty(), "they all drive on");
}

#[test]
#[ignore = "needs ../shared: clips and public weights"]
fn a_plaza_is_crowded_by_six_for_ever_by_ten_for_a_moment_by_twenty_never() {
    let rules: String = [(6, 3), (10, 1), (20, 1)]
        .map(|(people, secs)| {
            format!(
                "[[rule]]\nid = \"crowd-{people}\"\ncameras = [\"cam-01\"]\n\
                 crowd = {{ zone = \"plaza\", at_least = {people}, for_secs = {secs} }}\n"
            )
        })
        .concat();
    let folder = tempfile::tempdir().expect("a folder");
    let text = config(folder.path(), "yolox_nano_416", 5.0, places::PLAZA, &rules);
    let alerts = published(&replay(folder.path(), "plaza-crowd.mp4", &text));
    let six = of(&alerts, "crowd-6");
    assert_began(&six, &[0.0], 1.5);
    assert_eq!(six[0].ended, None, "it never empties");
    assert_began(&of(&alerts, "crowd-10"), &[2.0], 2.0);
    assert!(of(&alerts, "crowd-20").is_empty());
}

#[test]
#[ignore = "needs ../shared: clips and public weights"]
fn a_clip_with_nobody_in_it_raises_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let rules = "[[rule]]\nid = \"present\"\ncameras = [\"cam-01\"]\n\
                 present = { zone = \"room\", classes = [\"car\", \"bus\", \"truck\", \"two_wheeler\"], for_secs = 1 }\n";
    let text = config(folder.path(), "yolox_nano_416", 5.0, places::ROOM, rules);
    let output = replay(folder.path(), "bottles-no-people.mp4", &text);
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
#[ignore = "needs ../shared: clips and public weights"]
fn two_replays_are_the_same_byte_for_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = config(folder.path(), "yolox_nano_416", 5.0, places::ROOM, PEOPLE_RULES);
    let clip = "worker-in-zone-1080p.mp4";
    let rules = text.replace("for_secs = 3", "for_secs = 0.5");
    let first = replay(folder.path(), clip, &rules).stdout;
    let again = tempfile::tempdir().expect("a folder");
    // The folder of the outbox is part of the configuration and so of its digest: the same file again.
    let second = replay(again.path(), clip, &rules).stdout;
    assert!(!first.is_empty(), "a worker walks through the picture");
    assert_eq!(String::from_utf8_lossy(&first), String::from_utf8_lossy(&second));
}
