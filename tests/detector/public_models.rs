//! Each head against public weights on real frames. What is expected was computed without Lookout, by
//! `data/detector/reference.py`, and the boxes were looked at.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use lookout::analysis::detection::Detection;
use lookout::analysis::geometry::BBox;
use lookout::detector::manifest::Manifest;
use lookout::detector::{Detector, Inference, Model, Thresholds};
use lookout::frame::{Matrix, Picture};
use lookout::types::provider::Provider;
use serde::Deserialize;

use crate::clip_frames;

#[derive(Deserialize)]
struct ReferenceFrame {
    clip: String,
    number: usize,
    matrix: String,
    luma_crc32: u32,
    models: std::collections::BTreeMap<String, Vec<ReferenceBox>>,
}

#[derive(Deserialize)]
struct ReferenceBox {
    class: String,
    score: f32,
    #[serde(rename = "box")]
    edges: [f32; 4],
}

impl ReferenceBox {
    fn same_thing(&self, detection: &Detection) -> bool {
        detection.class.name() == self.class && self.place().iou(&detection.box_in_frame) >= 0.9
    }

    fn place(&self) -> BBox {
        let [x0, y0, x1, y1] = self.edges;
        BBox { x0, y0, x1, y1 }
    }
}

fn shared() -> std::path::PathBuf {
    clip_frames::shared().expect("clips and public weights")
}

fn manifest() -> Manifest {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/detector/public-models.toml");
    Manifest::read(&file).expect("a good manifest").with_files_in(&shared().join("models"))
}

fn model(name: &str) -> Arc<Model> {
    Arc::new(Model::load(manifest().model(name).expect("described"), &[Provider::Cpu]).expect("loads"))
}

/// The reference with its pictures; decoded once for all tests.
fn reference() -> &'static [(ReferenceFrame, Picture)] {
    static FRAMES: OnceLock<Vec<(ReferenceFrame, Picture)>> = OnceLock::new();
    FRAMES.get_or_init(|| {
        let text = include_str!("../data/detector/reference.json");
        let frames: Vec<ReferenceFrame> = serde_json::from_str(text).expect("reference boxes");
        frames
            .into_iter()
            .map(|frame| {
                let picture = picture(&frame);
                (frame, picture)
            })
            .collect()
    })
}

/// The very frame that the reference saw: same luma to the last bit, read with the same matrix.
fn picture(frame: &ReferenceFrame) -> Picture {
    let picture = clip_frames::frame(&shared().join("videos").join(&frame.clip), frame.number);
    let format = picture.format();
    let rows = picture.plane(0).chunks(format.strides[0]).take(format.height);
    let luma: Vec<u8> = rows.flat_map(|row| &row[..format.width]).copied().collect();
    assert_eq!(crc32(&luma), frame.luma_crc32, "{} frame {} is another picture", frame.clip, frame.number);
    let matrix = if format.matrix == Matrix::Bt709 { "bt709" } else { "bt601" };
    assert_eq!(matrix, frame.matrix, "{} is read with another colour matrix", frame.clip);
    picture
}

/// CRC-32 as in zlib.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xEDB8_8320 } else { c >> 1 })
    };
    !bytes.iter().fold(!0, step)
}

/// Everything clearly seen by one side is seen by the other, at the same place and as surely.
fn agrees_with_the_reference(name: &str, clear: f32, at_least: usize) {
    const NEARLY: f32 = 0.05;
    let mut inference = Inference::new(&[model(name)]).expect("tensors");
    let mut thresholds = Thresholds::default();
    for class in manifest().model(name).expect("described").reported() {
        thresholds = thresholds.with(class, clear - NEARLY);
    }
    let (mut found, mut compared, mut problems) = (Vec::new(), 0, Vec::new());
    for (frame, picture) in reference() {
        let wanted = &frame.models[name];
        inference.detect(picture, None, &thresholds, &mut found).expect("runs");
        for thing in wanted.iter().filter(|thing| thing.score >= clear) {
            compared += 1;
            let here = found.iter().find(|d| thing.same_thing(d));
            if !here.is_some_and(|d| (d.score - thing.score).abs() <= NEARLY) {
                problems.push(format!("{}: {} {} became {here:?}", frame.clip, thing.class, thing.score));
            }
        }
        for detection in found.iter().filter(|d| d.score >= clear) {
            if !wanted.iter().any(|thing| thing.same_thing(detection)) {
                problems.push(format!("{}: {detection:?} is not in the reference", frame.clip));
            }
        }
    }
    assert!(problems.is_empty(), "{name}:\n{}", problems.join("\n"));
    assert!(compared >= at_least, "only {compared} boxes were compared");
}

#[test]
#[ignore = "needs ../shared: clips and public weights"]
fn yolox_finds_what_the_reference_finds() {
    agrees_with_the_reference("yolox_nano_416", 0.4, 40);
}

#[test]
#[ignore = "needs ../shared: clips and public weights"]
fn nanodet_finds_what_the_reference_finds() {
    agrees_with_the_reference("nanodet_m_416", 0.4, 40);
}

#[test]
#[ignore = "needs ../shared: clips and public weights"]
fn scrfd_finds_the_faces_that_the_reference_finds() {
    agrees_with_the_reference("scrfd_2.5g_kps", 0.4, 6);
}

#[test]
#[ignore = "needs ../shared: clips and public weights"]
fn yunet_finds_the_faces_that_the_reference_finds() {
    agrees_with_the_reference("yunet_n_640", 0.4, 8);
}
