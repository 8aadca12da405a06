//! What the models that come with Lookout find in labelled pictures may not become less without anybody noticing:
//! average precision at IoU 0.5 on the pictures that nothing was trained on, class by class.
//!
//! ```sh
//! cargo test --test clips model_floors:: -- --include-ignored --nocapture
//! ```
//!
//! prints what was found as rows for [`FLOORS`]: a model that is added gets its rows from there.
//! `benches/accuracy` has the whole table, beside the public weights.

use std::path::Path;
use std::sync::Arc;

use lookout::analysis::detection::Class;
use lookout::detector::manifest::Manifest;
use lookout::detector::{Detector, Inference, Model, Thresholds};
use lookout::types::provider::Provider;

use crate::support::clips::shared;
use crate::support::labels::{Score, held_out};

/// Every box counts, by its rank.
const LEAST_SCORE: f32 = 0.01;

/// Folders of labelled pictures.
const FOLDERS: [&str; 2] = ["train", "train2"];

/// In the order of the floors.
const CLASSES: [&str; 8] = ["person", "face", "two_wheeler", "car", "bus", "truck", "fire", "smoke"];

/// A floor lies so much below what was measured when its row was added.
const BELOW: f64 = 0.01;

/// A model, a folder of pictures, and the least that each class must reach there.
///
/// On `train2` street-nano finds no fire and smoke.
const FLOORS: [(&str, &str, [f64; 8]); 8] = [
    ("street-small", "train", [0.739, 0.283, 0.610, 0.620, 0.416, 0.375, 0.543, 0.430]),
    ("street-small", "train2", [0.634, 0.227, 0.691, 0.804, 0.421, 0.414, 0.279, 0.208]),
    ("street-small-int8", "train", [0.739, 0.288, 0.612, 0.621, 0.412, 0.382, 0.541, 0.425]),
    ("street-small-int8", "train2", [0.636, 0.195, 0.695, 0.805, 0.419, 0.414, 0.281, 0.201]),
    ("street-nano", "train", [0.599, 0.219, 0.531, 0.599, 0.344, 0.274, 0.589, 0.491]),
    ("street-nano", "train2", [0.474, 0.123, 0.551, 0.696, 0.156, 0.095, 0.000, 0.000]),
    ("street-nano-int8", "train", [0.597, 0.221, 0.529, 0.597, 0.348, 0.272, 0.584, 0.489]),
    ("street-nano-int8", "train2", [0.475, 0.128, 0.539, 0.696, 0.158, 0.091, 0.000, 0.000]),
];

/// A model with its floors, and what it found so far.
struct Measured {
    name: &'static str,
    inference: Inference,
    floors: [f64; 8],
    scores: [Score; 8],
}

fn bundled() -> Manifest {
    let manifest = Manifest::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml"));
    manifest.expect("our manifest is good")
}

/// The models that have floors on the pictures of a folder.
fn measured_on(folder: &str) -> Vec<Measured> {
    let manifest = bundled();
    let load = |name: &str| {
        let model =
            Model::load(manifest.model(name).expect("described"), &[Provider::Cpu]).expect("it loads");
        Inference::new(&[Arc::new(model)]).expect("buffers")
    };
    let here = FLOORS.into_iter().filter(|(_, pictures, _)| *pictures == folder);
    here.map(|(name, _, floors)| Measured {
        name,
        inference: load(name),
        floors,
        scores: CLASSES.map(Score::of),
    })
    .collect()
}

fn assert_floors_are_reached(folder: &str) {
    let thresholds: Thresholds = CLASSES.iter().map(|class| (Class::named(class), LEAST_SCORE)).collect();
    let mut models = measured_on(folder);
    let mut seen = Vec::new();
    // Reading a picture takes about as long as looking at it, so each is read once for all.
    for labelled in held_out(&shared().join(folder)) {
        let picture = labelled.picture();
        for model in &mut models {
            model.inference.detect(&picture, None, &thresholds, &mut seen).expect("it runs");
            for score in &mut model.scores {
                score.add(&seen, &labelled);
            }
        }
    }
    let mut below = Vec::new();
    for Measured { name, floors, scores, .. } in &mut models {
        let mut row = Vec::new();
        for ((class, floor), score) in CLASSES.iter().zip(floors.iter()).zip(scores.iter_mut()) {
            assert!(score.labels > 0, "nobody labelled {class} in {folder}");
            let (ap, recall) = score.ap_and_recall();
            eprintln!("{name} {folder} {class}: {} labelled, AP50 {ap:.3}, found {recall:.3}", score.labels);
            if ap < *floor {
                below.push(format!("{name}: {class} {ap:.3} instead of {floor:.3}"));
            }
            row.push(format!("{:.3}", (ap - BELOW).max(0.0)));
        }
        eprintln!("    (\"{name}\", \"{folder}\", [{}]),", row.join(", "));
    }
    assert!(below.is_empty(), "{folder}: {below:#?}");
}

#[test]
#[ignore = "needs ../shared: labelled pictures"]
fn no_model_finds_less_in_the_first_folder_than_it_did() {
    assert_floors_are_reached("train");
}

#[test]
#[ignore = "needs ../shared: labelled pictures"]
fn no_model_finds_less_in_the_second_folder_than_it_did() {
    assert_floors_are_reached("train2");
}

#[test]
fn every_model_that_comes_with_lookout_has_floors_in_every_folder() {
    let manifest = bundled();
    let names = manifest.models().iter().map(|model| model.name.as_str());
    let wanted: Vec<(&str, &str)> = names.flat_map(|name| FOLDERS.map(|folder| (name, folder))).collect();
    let with_floors: Vec<(&str, &str)> = FLOORS.iter().map(|(name, folder, _)| (*name, *folder)).collect();
    assert_eq!(with_floors, wanted, "as the manifest lists them");
}
