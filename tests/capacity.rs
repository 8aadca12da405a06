//! `lookout capacity` as an installer runs it.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use parking_lot::{Mutex, MutexGuard};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde_json::Value;

/// Who measures does so alone.
static MEASURING: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    MEASURING.lock()
}

/// What is found out about so many copies of our own clip.
fn measured(cameras: u64) -> Value {
    let cameras = cameras.to_string();
    let clip = "tests/scenes/lane-day.mp4";
    let output = lookout(&["capacity", "--clip", clip, "--only", &cameras, "--seconds", "5", "--json"]);
    assert!(output.status.success(), "{}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The same of so many as should hold: what else runs here may be in the way of one measurement, hardly of three.
fn holding(cameras: u64) -> Value {
    let mut latest = measured(cameras);
    for _ in 0..2 {
        if latest["cameras"] == cameras {
            break;
        }
        latest = measured(cameras);
    }
    latest
}

/// With no more processors than a small box has: to try a forecast for sixteen takes hundreds of streams.
fn on_two_processors(measure: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        // What this thread starts may use what it may use.
        let measuring = scope.spawn(|| {
            let allowed = sched_getaffinity(None).unwrap();
            let mut two = CpuSet::new();
            (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu)).take(2).for_each(|cpu| two.set(cpu));
            sched_setaffinity(None, &two).unwrap();
            measure();
        });
        measuring.join().unwrap();
    });
}

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
fn one_camera_holds_and_what_it_costs_is_reported_by_part() {
    let _alone = alone();
    let measurement = measured(1);
    assert_eq!(measurement["cameras"], 1, "{measurement}");
    assert_eq!(measurement["forecast"]["made_with"], 1, "{measurement}");
    assert!(measurement["forecast"]["cameras"].as_u64() >= Some(1), "{measurement}");
    let figures = &measurement["figures"];
    let number = |name: &str| figures[name].as_f64().unwrap();
    assert!(number("fps_in") > 5.0 && number("looks_per_second") > 0.0, "{measurement}");
    assert!(number("cores_looking") > 0.0 && number("cores_decoding") > 0.0, "{measurement}");
    let parts = number("cores_looking") + number("cores_decoding");
    assert!(parts <= number("cores") * 1.1 + 0.05, "parts are no larger than the whole: {measurement}");
    assert_eq!(figures["not_running"], 0);
    assert!(measurement["server_cores"].as_f64().unwrap() < number("cores"), "{measurement}");
    assert!(["decoding", "looking", "receiving"].contains(&measurement["bottleneck"].as_str().unwrap()));
}

/// A forecast by a few cameras is off by up to a quarter, and too low where the machine did something else meanwhile: so half of
/// what is forecast must hold, and three times as many must not. Where they do, the forecast that they give is the one to judge.
#[test]
fn what_is_forecast_holds_and_far_more_does_not() {
    let _alone = alone();
    on_two_processors(|| {
        let forecast_of = |measurement: &Value| {
            measurement["forecast"]["cameras"]
                .as_u64()
                .unwrap_or_else(|| panic!("no forecast: {measurement}"))
        };
        let mut forecast = forecast_of(&holding(2));
        let half = (forecast / 2).max(2);
        let held = holding(half);
        assert_eq!((held["cameras"].as_u64(), &held["too_many"]), (Some(half), &Value::Null), "{held}");
        forecast = forecast.max(forecast_of(&held));
        let mut overloaded = measured(3 * forecast);
        if overloaded["cameras"] != 0 {
            forecast = forecast_of(&overloaded);
            overloaded = measured(3 * forecast);
        }
        let far_more = 3 * forecast;
        assert_eq!(overloaded["cameras"], 0, "{far_more} of {forecast} forecast cameras hold: {overloaded}");
        assert_eq!(overloaded["too_many"], far_more, "{overloaded}");
        assert!(overloaded["forecast"].is_null(), "{overloaded}");
    });
}

#[test]
fn a_site_whose_camera_does_not_answer_is_notified_why() {
    let _alone = alone();
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
