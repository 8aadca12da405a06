//! Another detector while the box runs.

use std::path::Path;

use lookout::config::document::DEFAULT_MODEL;
use lookout::detector::manifest::Manifest;
use serde_json::Value;

use crate::here::PATIENCE;
use crate::support::daemon::{Daemon, write_config};
use crate::support::listener::{Listener, Received};
use crate::support::mosquitto::Mosquitto;
use crate::support::site::one_camera;

fn last(received: &[Received], topic: &str) -> Option<Value> {
    received.iter().rfind(|m| m.topic.ends_with(topic)).map(Received::json)
}

#[test]
fn another_model_and_more_workers_look_from_then_on_and_the_camera_goes_on() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (folder, broker) = (tempfile::tempdir().unwrap(), Mosquitto::start());
    let centre = Listener::start(broker.port(), "lookout/#");
    let camera = format!("file = \"{}\"", here.join("tests/scenes/lane-day.mp4").display());
    let manifest = Manifest::read(&here.join("models/manifest.toml")).unwrap();
    let (usual, other) = (DEFAULT_MODEL, manifest.model(DEFAULT_MODEL).unwrap().int8.as_deref().unwrap());
    let detector = format!("[detector]\nmodel = \"{usual}\"\nworkers = 1\n");
    let mqtt = format!("url = \"mqtt://127.0.0.1:{}\"", broker.port());
    let text = one_camera(folder.path(), &camera, &mqtt, &detector);
    let config = write_config(folder.path(), &text);
    let daemon = Daemon::start(&config, manifest.file());
    let looks = |received: &[Received], workers: u64| {
        last(received, "up/health").is_some_and(|m| {
            let detector = &m["data"]["detector"];
            let rate = |name: &str| detector[name].as_f64().unwrap_or(0.0);
            detector["workers"] == workers && rate("per_second") + rate("still_per_second") > 0.0
        })
    };
    let received = centre.wait_for("that one looks", |received| looks(received, 1));
    let before = last(&received, "up/health").unwrap()["data"]["cameras"][0].clone();
    assert_eq!(last(&received, "up/meta").unwrap()["data"]["models"][0]["name"], usual);

    // One that is not there changes nothing.
    std::fs::write(&config, text.replace(usual, "street-giant")).unwrap();
    centre.wait_for("the refusal", |received| {
        last(received, "up/config").is_some_and(|m| m["data"]["outcome"] == "rejected")
    });

    let next = text.replace(&format!("\"{usual}\"\nworkers = 1"), &format!("\"{other}\"\nworkers = 2"));
    std::fs::write(&config, next).unwrap();
    centre.wait_for("the other model", |received| {
        last(received, "up/meta").is_some_and(|m| m["data"]["models"][0]["name"] == other)
    });
    let received = centre.wait_for("that two look", |received| looks(received, 2));
    let after = last(&received, "up/health").unwrap()["data"]["cameras"][0].clone();
    assert_eq!((&after["since"], &after["reconnects"]), (&before["since"], &before["reconnects"]), "{after}");
    assert_eq!(daemon.stop(PATIENCE), 0);
}
