//! What `deploy/demo.sh` shows a newcomer: the bundled clip, the bundled model, the demo's rules. The alerts
//! are compared with the events of the rendered scene, which are known exactly, and not with a recording of
//! our own output. Needs nothing but the repository and ONNX Runtime's library.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which event of the scene each of the demo's rules should tell: rule, kind of event, its zone or line.
const EXPECTED: [(&str, &str, &str); 4] = [
    ("fire-lane-blocked", "parked", "fire-lane"),
    ("through-the-gate", "line", "gate"),
    ("somebody-in-the-yard", "present", "yard"),
    ("people-gather", "crowd", "square"),
];

/// A condition may be seen to begin so much before or after the scene says, seconds: a car that still rolls
/// the last metre, a crowd whose fourth head comes out from behind another.
const EARLY: f64 = 3.0;
const LATE: f64 = 4.0;

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[derive(Debug)]
struct Alert {
    rule: String,
    began: f64,
}

fn alerts() -> Vec<Alert> {
    let output = Command::new(env!("CARGO_BIN_EXE_lookout"))
        .arg("replay")
        .arg(in_repository("tests/scenes/lane-day.mp4"))
        .arg("--config")
        .arg(in_repository("config/demo-lane.toml"))
        .arg("--manifest")
        .arg(in_repository("models/manifest.toml"))
        .output()
        .expect("lookout runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let start: jiff::Timestamp = "2026-01-07T00:00:00Z".parse().expect("a time");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a JSON line")["data"].clone())
        .filter(|data| data["phase"] == "new")
        .map(|data| {
            let began: jiff::Timestamp =
                data["started_at"].as_str().and_then(|at| at.parse().ok()).expect("a start");
            let rule = data["why"]["rule"].as_str().expect("a rule").to_owned();
            Alert { rule, began: began.duration_since(start).as_secs_f64() }
        })
        .collect()
}

/// Starts of the scene's events of one kind at one place.
fn events(kind: &str, place: &str) -> Vec<f64> {
    let text = std::fs::read_to_string(in_repository("tests/scenes/lane-day.json")).expect("the truth");
    let truth: Value = serde_json::from_str(&text).expect("JSON");
    let inwards = |e: &Value| e["direction"].is_null() || e["direction"] == "left_to_right";
    let here = |e: &&Value| e["kind"] == kind && (e["zone"] == place || e["line"] == place) && inwards(e);
    let list = truth["events"].as_array().expect("events");
    list.iter().filter(here).map(|e| e["start"].as_f64().expect("a start")).collect()
}

#[test]
fn the_demo_tells_what_happens_in_the_scene_and_nothing_else() {
    let alerts = alerts();
    let mut published = 0;
    for (rule, kind, place) in EXPECTED {
        let events = events(kind, place);
        assert!(!events.is_empty(), "the scene has a {kind} at {place}");
        let of_rule: Vec<&Alert> = alerts.iter().filter(|alert| alert.rule == rule).collect();
        for alert in &of_rule {
            let true_one = events.iter().any(|start| (start - EARLY..=start + LATE).contains(&alert.began));
            assert!(true_one, "a false alarm: {alert:?}, the scene has {kind} at {events:?}");
        }
        published += usize::from(!of_rule.is_empty());
    }
    assert!(published >= 3, "at least three kinds of alert: {alerts:?}");
}
