//! `lookout capacity` as an installer runs it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

fn lookout(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lookout"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .args(args)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn one_camera_holds_and_what_it_costs_is_told_by_part() {
    let output = lookout(&[
        "capacity",
        "--clip",
        "tests/scenes/lane-day.mp4",
        "--only",
        "1",
        "--seconds",
        "5",
        "--json",
    ]);
    assert!(output.status.success(), "{}", said(&output));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["cameras"], 1, "{told}");
    assert_eq!(told["forecast"]["made_with"], 1, "{told}");
    assert!(told["forecast"]["cameras"].as_u64() >= Some(1), "{told}");
    let figures = &told["figures"];
    let number = |name: &str| figures[name].as_f64().unwrap();
    assert!(number("fps_in") > 5.0 && number("looks_per_second") > 0.0, "{told}");
    assert!(number("cores_looking") > 0.0 && number("cores_decoding") > 0.0, "{told}");
    let parts = number("cores_looking") + number("cores_decoding");
    assert!(parts <= number("cores") * 1.1 + 0.05, "parts are no larger than the whole: {told}");
    assert_eq!(figures["not_running"], 0);
    assert!(told["server_cores"].as_f64().unwrap() < number("cores"), "{told}");
    assert!(["decoding", "looking", "receiving"].contains(&told["bottleneck"].as_str().unwrap()));
}

#[test]
fn a_site_whose_camera_does_not_answer_is_told_why() {
    let folder = tempfile::tempdir().unwrap();
    let config =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/demo.toml")).unwrap();
    let config = config.replace("rtsp://127.0.0.1:8554/demo", "rtsp://127.0.0.1:9/nobody");
    let path = folder.path().join("site.toml");
    std::fs::write(&path, config).unwrap();
    let output = lookout(&["capacity", "--config", path.to_str().unwrap(), "--only", "1", "--seconds", "1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("not every camera gives pictures"), "{}", said(&output));
}

#[test]
fn what_cannot_be_watched_is_refused_with_what_to_try() {
    for (args, code, words) in [
        (&["capacity"][..], 2, "--clip"),
        (&["capacity", "--clip", "no-such.mp4"], 2, "no-such.mp4"),
        (&["capacity", "--clip", "Cargo.toml"], 1, "cannot be played"),
        (&["capacity", "--config", "no-such.toml"], 2, "no-such.toml"),
    ] {
        let output = lookout(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", said(&output));
        assert!(said(&output).contains(words), "{args:?}: {}", said(&output));
    }
}
