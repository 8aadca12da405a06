//! What the models that come with Lookout find in labelled pictures may not become less without anybody noticing:
//! average precision at IoU 0.5 on the pictures that nothing was trained on, class by class.
//!
//! ```sh
//! cargo test --test model_floors -- --include-ignored --nocapture
//! ```
//!
//! `benches/accuracy` has the whole table, beside the public weights.

mod support;

use std::path::Path;
use std::sync::Arc;

use lookout::analysis::detection::Class;
use lookout::detector::manifest::Manifest;
use lookout::detector::{Detector, Inference, Model, Provider, Thresholds};

use support::clips::shared;
use support::labels::{Score, held_out};

/// Every box counts, by its rank.
const LEAST_SCORE: f32 = 0.01;

/// The least that each class must reach, 0.01 below what was measured when the model was added.
type Floors = [(&'static str, f64); 8];

const STREET_NANO: Floors = [
    ("person", 0.599),
    ("face", 0.219),
    ("two_wheeler", 0.530),
    ("car", 0.599),
    ("bus", 0.344),
    ("truck", 0.274),
    ("fire", 0.589),
    ("smoke", 0.491),
];

fn assert_reaches(model: &str, folder: &str, floors: Floors) {
    let manifest = Manifest::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml"));
    let manifest = manifest.expect("our manifest is good");
    let model = Model::load(manifest.model(model).expect("described"), &[Provider::Cpu]).expect("it loads");
    let mut inference = Inference::new(&[Arc::new(model)]).expect("buffers");
    let thresholds = floors.iter().fold(Thresholds::default(), |thresholds, (class, _)| {
        thresholds.with(Class::named(class), LEAST_SCORE)
    });
    let mut scores = floors.map(|(class, _)| Score::of(class));
    let mut seen = Vec::new();
    for labelled in held_out(&shared().join(folder)) {
        inference.detect(&labelled.picture(), None, &thresholds, &mut seen).expect("it runs");
        for score in &mut scores {
            score.add(&seen, &labelled);
        }
    }
    let mut below = Vec::new();
    for ((class, floor), score) in floors.into_iter().zip(&mut scores) {
        let (ap, recall) = score.ap_and_recall();
        eprintln!("{folder} {class:12} {:5} labelled, AP50 {ap:.3}, found {recall:.3}", score.labels);
        if ap < floor {
            below.push(format!("{class}: {ap:.3} instead of {floor:.3}"));
        }
    }
    assert!(below.is_empty(), "{folder}: {below:?}");
}

#[test]
#[ignore = "needs ../shared: labelled pictures"]
fn street_nano_finds_what_it_found() {
    assert_reaches("street-nano", "train", STREET_NANO);
}
