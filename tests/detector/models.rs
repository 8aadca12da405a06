//! From a model file to boxes, with tiny networks of our own that see colours: what they must find can be known
//! by heart. And: whatever is wrong with a file, it is refused with a sentence.
//!
//! Needs ONNX Runtime, which `deploy/setup.sh` installs; the files were made by `data/detector/fixtures.py`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lookout::analysis::detection::Detection;
use lookout::analysis::geometry::BBox;
use lookout::config::document::DEFAULT_MODEL;
use lookout::detector::choose::{self, OnThisBox, Question};
use lookout::detector::manifest::{Manifest, ModelEntry};
use lookout::detector::{Detector, Inference, Model, Thresholds};
use lookout::frame::{Layout, Matrix, Picture, PictureFormat, PixelAspect, Range};
use lookout::types::provider::Provider;
use sha2::{Digest, Sha256};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/detector").join(name)
}

fn sha256(file: &Path) -> String {
    let bytes = std::fs::read(file).expect("a file");
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The entry of a file that is described as `colours.onnx`, with its own digest.
fn described(file: &Path) -> ModelEntry {
    let digest = if file.is_file() { sha256(file) } else { "0".repeat(64) };
    entry_with(file, &digest, "")
}

fn entry_with(file: &Path, sha256: &str, changes: &str) -> ModelEntry {
    let mut text = format!(
        r#"
[[model]]
name = "colours"
file = "{}"
sha256 = "{sha256}"
licence = "Apache-2.0"
origin = "a test"
head = "yolov8"
classes = ["person", "car", "fire"]
thresholds = {{ person = 0.5, car = 0.5, fire = 0.5 }}
input = {{ width = 64, height = 32, colour = "rgb", fit = "letterbox-top-left", pad = 0 }}
"#,
        file.display()
    );
    for change in changes.split(';').filter(|c| !c.is_empty()) {
        let (from, to) = change.split_once("=>").expect("what is replaced by what");
        assert!(text.contains(from), "there is no {from}");
        text = text.replace(from, to);
    }
    let manifest = Manifest::parse(&text, Path::new("manifest.toml")).expect("a good manifest");
    manifest.models()[0].clone()
}

fn colours() -> Arc<Model> {
    Arc::new(Model::load(&described(&data("colours.onnx")), &[Provider::Cpu]).expect("loads"))
}

/// Why it is refused, without the folder of this checkout.
fn refusal(entry: &ModelEntry) -> String {
    let error = Model::load(entry, &[Provider::Cpu]).expect_err("must be refused").to_string();
    let folder = entry.file.parent().map(|p| format!("{}/", p.display())).unwrap_or_default();
    error.replace(&folder, "")
}

/// A black I444 picture with coloured squares: (x, y, side, colour).
fn squares(width: usize, height: usize, squares: &[(usize, usize, usize, [f32; 3])]) -> Picture {
    let mut planes = vec![vec![0u8; width * height], vec![128; width * height], vec![128; width * height]];
    for &(left, top, side, [r, g, b]) in squares {
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        let yuv = [y, 128.0 + (b - y) / 1.772, 128.0 + (r - y) / 1.402];
        for (plane, value) in planes.iter_mut().zip(yuv) {
            for row in top..top + side {
                plane[row * width + left..row * width + left + side].fill(value.round() as u8);
            }
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
    Picture::new(format, Box::new(planes)).expect("whole planes")
}

const RED: [f32; 3] = [255.0, 0.0, 0.0];
const GREEN: [f32; 3] = [0.0, 255.0, 0.0];
const BLUE: [f32; 3] = [0.0, 0.0, 255.0];

fn assert_found(found: &[Detection], wanted: &[(&str, [f32; 4])]) {
    let mut names: Vec<&str> = found.iter().map(|d| d.class.name()).collect();
    names.sort_unstable();
    let mut wanted_names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
    wanted_names.sort_unstable();
    assert_eq!(names, wanted_names, "{found:?}");
    for (name, [x0, y0, x1, y1]) in wanted {
        let place = BBox::new(*x0, *y0, *x1, *y1);
        let here = found
            .iter()
            .any(|d| d.class.name() == *name && d.box_in_frame.iou(&place) > 0.99 && d.score > 0.97);
        assert!(here, "no {name} at {place:?} in {found:?}");
    }
}

#[test]
fn things_are_found_where_they_are_by_their_colour() {
    let mut inference = Inference::new(&[colours()]).expect("tensors");
    let mut found = vec![];
    // Twice the model's size: squares of 32 pixels are its cells of stride 16.
    let picture = squares(128, 64, &[(0, 0, 32, RED), (64, 32, 32, GREEN), (96, 0, 32, BLUE)]);
    inference.detect(&picture, None, &Thresholds::default(), &mut found).expect("runs");
    assert_found(
        &found,
        &[("person", [0.0, 0.0, 0.25, 0.5]), ("car", [0.5, 0.5, 0.75, 1.0]), ("fire", [0.75, 0.0, 1.0, 0.5])],
    );
    // Letterboxed: a square picture covers the left half of the input.
    let picture = squares(96, 96, &[(48, 0, 48, GREEN)]);
    inference.detect(&picture, None, &Thresholds::default(), &mut found).expect("runs");
    assert_found(&found, &[("car", [0.5, 0.0, 1.0, 0.5])]);
}

#[test]
fn only_the_region_is_looked_at_and_boxes_are_reported_in_the_frame() {
    let mut inference = Inference::new(&[colours()]).expect("tensors");
    let mut found = vec![];
    let picture = squares(256, 128, &[(0, 0, 32, RED), (128, 64, 32, BLUE)]);
    let lower_right = BBox::new(0.5, 0.5, 1.0, 1.0);
    inference.detect(&picture, Some(lower_right), &Thresholds::default(), &mut found).expect("runs");
    assert_found(&found, &[("fire", [0.5, 0.5, 0.625, 0.75])]);
    let error = inference
        .detect(&picture, Some(BBox::new(2.0, 2.0, 3.0, 3.0)), &Thresholds::default(), &mut found)
        .expect_err("nothing to see there");
    assert!(error.to_string().starts_with("model `colours`: the region"), "{error}");
    assert!(found.is_empty());
}

#[test]
fn a_camera_may_want_other_thresholds_than_the_manifest_recommends() {
    let mut inference = Inference::new(&[colours()]).expect("tensors");
    let dim = [102.0, 0.0, 0.0]; // a person of 0.4
    let picture = squares(64, 32, &[(0, 0, 16, dim)]);
    let mut count = |thresholds: Thresholds| {
        let mut found = vec![];
        inference.detect(&picture, None, &thresholds, &mut found).expect("runs");
        found.len()
    };
    let person = lookout::analysis::detection::Class::PERSON;
    assert_eq!(count(Thresholds::default()), 0);
    assert_eq!(count(Thresholds::default().with(person, 0.35)), 1);
    assert_eq!(count(Thresholds::default().with(person, 0.45)), 0);
    assert_eq!(count(Thresholds::default().scaled(0.7)), 1);
}

#[test]
fn a_swapped_channel_order_would_be_noticed() {
    let file = data("colours.onnx");
    let entry = entry_with(&file, &sha256(&file), "\"rgb\"=>\"bgr\"");
    let model = Arc::new(Model::load(&entry, &[Provider::Cpu]).expect("loads"));
    let mut found = vec![];
    let picture = squares(64, 32, &[(0, 0, 16, RED)]);
    Inference::new(&[model])
        .expect("tensors")
        .detect(&picture, None, &Thresholds::default(), &mut found)
        .expect("runs");
    assert_found(&found, &[("fire", [0.0, 0.0, 0.25, 0.5])]);
}

#[test]
fn workers_share_a_model_and_do_not_disturb_one_another() {
    let model = colours();
    std::thread::scope(|scope| {
        for worker in 0..4usize {
            let model = Arc::clone(&model);
            scope.spawn(move || {
                let mut inference = Inference::new(&[model]).expect("tensors");
                let mut found = vec![];
                for round in 0..200 {
                    let column = (worker + round) % 4;
                    let picture = squares(64, 32, &[(column * 16, 0, 16, RED)]);
                    inference.detect(&picture, None, &Thresholds::default(), &mut found).expect("runs");
                    let left = column as f32 * 0.25;
                    assert_found(&found, &[("person", [left, 0.0, left + 0.25, 0.5])]);
                }
            });
        }
    });
}

#[test]
fn two_models_run_together_and_what_both_find_is_reported_once() {
    let mut inference = Inference::new(&[colours(), colours()]).expect("tensors");
    let mut found = vec![];
    let picture = squares(64, 32, &[(0, 0, 16, RED), (48, 16, 16, GREEN)]);
    inference.detect(&picture, None, &Thresholds::default(), &mut found).expect("runs");
    assert_found(&found, &[("person", [0.0, 0.0, 0.25, 0.5]), ("car", [0.75, 0.5, 1.0, 1.0])]);
    assert_eq!(inference.models().count(), 2);
}

#[test]
fn a_provider_that_is_not_there_is_passed_over() {
    let wanted = [Provider::Cuda, Provider::Acl, Provider::Cpu];
    let model = Model::load(&described(&data("colours.onnx")), &wanted).expect("loads");
    assert_eq!(model.provider(), Provider::Cpu);
}

#[test]
fn of_what_is_there_the_fastest_that_agrees_with_cpu_is_chosen_and_remembered() {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = folder.path().join("provider.json");
    let street = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let manifest = Manifest::read(&street.join("manifest.toml")).expect("our own models");
    let entry = manifest.model(DEFAULT_MODEL).expect("is there");
    let int8 = manifest.model(entry.int8.as_deref().expect("has an 8-bit version")).expect("is there");
    let picture = image::open(street.join("test-picture.jpg")).expect("a picture").into_rgb8();
    let question = Question { entry, int8: Some(int8), less_precise: true };
    let choice = choose::choose(question, Some(&memory), &mut OnThisBox { picture: &picture });
    eprintln!("{} on {}: {}", choice.model, choice.provider, choice.times());

    let tried = |model: &str, provider: &str| {
        choice.tried.iter().find(|t| t.model == model && t.provider == provider).expect("was tried").clone()
    };
    for model in [&entry.name, &int8.name] {
        assert!(
            tried(model, "cpu").run_ms.is_some_and(|ms| ms > 0.0) && tried(model, "cpu").refused.is_none()
        );
        // No library that we install has it, and that is reported, not taken for a time.
        assert!(tried(model, "acl").run_ms.is_none() && tried(model, "acl").refused.is_some());
    }
    let fit = choice.tried.iter().filter(|t| t.refused.is_none());
    let fastest = fit.min_by(|a, b| a.run_ms.partial_cmp(&b.run_ms).expect("times")).expect("cpu at least");
    assert_eq!((&fastest.model, &fastest.provider), (&choice.model, &choice.provider));
    let again = choose::choose(question, Some(&memory), &mut OnThisBox { picture: &picture });
    assert_eq!((again.remembered, again.tried), (true, choice.tried));
}

// ---- files that are wrong

#[test]
fn a_file_that_is_no_model_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = std::fs::read(data("colours.onnx")).expect("the fixture");
    let random: Vec<u8> = (0..5000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut all = vec![];
    let mut refused = |name: &str, bytes: &[u8]| {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).expect("written");
        all.push(refusal(&described(&file)));
    };
    refused("empty.onnx", b"");
    refused("random.onnx", &random);
    refused("text.onnx", b"<html><body>404 Not Found</body></html>");
    refused("half.onnx", &good[..good.len() / 2]);
    refused("without-its-end.onnx", &good[..good.len() - 1]);
    std::fs::create_dir(folder.path().join("folder.onnx")).expect("made");
    all.push(refusal(&described(&folder.path().join("folder.onnx"))));
    all.push(refusal(&described(&folder.path().join("missing.onnx"))));
    insta::assert_snapshot!(all.join("\n"), @r#"
    model `colours` (empty.onnx) is empty, where a model file of at most 512 MiB was expected
    model `colours` (random.onnx): ONNX Runtime cannot load it: Failed to load model because protobuf parsing failed.
      hint: an ONNX file is needed; .pt, .tflite and .engine files have to be exported to ONNX first
    model `colours` (text.onnx): it is a web page, no ONNX file
      hint: the download answered with a page: log in, or take the link of the file itself
    model `colours` (half.onnx): ONNX Runtime cannot load it: Failed to load model because protobuf parsing failed.
      hint: the file is damaged or incomplete: fetch or export it again
    model `colours` (without-its-end.onnx): ONNX Runtime cannot load it: Failed to load model because protobuf parsing failed.
      hint: the file is damaged or incomplete: fetch or export it again
    model `colours` (folder.onnx) is a folder, where a model file of at most 512 MiB was expected
    model `colours` (missing.onnx): cannot be read: there is no such file
      hint: is the file where the manifest says?
    "#);
}

#[test]
fn a_file_that_is_another_model_than_described_is_refused_with_a_sentence() {
    let file = data("colours.onnx");
    let digest = sha256(&file);
    let all = [
        refusal(&entry_with(&file, &"ab".repeat(32), "")).replace(&digest, "DIGEST"),
        refusal(&entry_with(&file, &digest, "\"fire\"]=>\"fire\", \"smoke\"]")),
        refusal(&entry_with(&file, &digest, "width = 64=>width = 96")),
        refusal(&entry_with(&file, &digest, "yolov8=>yolox")),
        refusal(&entry_with(&file, &digest, "yolov8=>nanodet")),
        refusal(&entry_with(&file, &digest, "head = =>outputs = [\"boxes\"]\nhead = ")),
        refusal(&entry_with(
            &file,
            &digest,
            "head = =>strides = [1]\nhead = ;width = 64=>width = 4096;height = 32=>height = 4096",
        )),
        refusal(&described(&data("colours-too-sure.onnx"))),
        // What it failed over depends on the last bit of a cosine.
        refusal(&described(&data("colours-failing.onnx"))).split(". ").next().unwrap_or_default().to_owned(),
        refusal(&entry_with(
            &data("colours-bytes.onnx"),
            &sha256(&data("colours-bytes.onnx")),
            "pad = 0=>pad = 0, std = [255, 255, 255]",
        )),
        refusal(&described(&data("colours-two-inputs.onnx"))),
        refusal(&entry_with(
            &data("colours-open.onnx"),
            &sha256(&data("colours-open.onnx")),
            "width = 64=>width = 96",
        )),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    model `colours` (colours.onnx): SHA-256 is DIGEST, where the manifest says abababababababababababababababababababababababababababababababab
      hint: the file is damaged, incomplete or another one; fetch it again
    model `colours` (colours.onnx): `output`, read as the boxes and scores of head `yolov8`, should be Tensor<f32>(1, 8, 42), but the file has Tensor<f32>(1, 7, 42)
      hint: compare the manifest's entry with the file's origin
    model `colours` (colours.onnx): the input should be Tensor<f32>(1, 3, 32, 96), but the file has `images` Tensor<f32>(1, 3, 32, 64)
      hint: compare the manifest's entry with the file's origin
    model `colours` (colours.onnx): `output`, read as the boxes and scores of head `yolox`, should be Tensor<f32>(1, 42, 8), but the file has Tensor<f32>(1, 7, 42)
      hint: compare the manifest's entry with the file's origin
    model `colours` (colours.onnx): there should be 6 outputs for head `nanodet`, but the file has `output` Tensor<f32>(1, 7, 42)
      hint: compare the manifest's entry with the file's origin
    model `colours` (colours.onnx): there should be an output `boxes`, but the file has `output` Tensor<f32>(1, 7, 42)
      hint: compare the manifest's entry with the file's origin
    model `colours` (colours.onnx): the tensors of the description should have at most 67108864 values, but the file has 167772160
      hint: compare the manifest's entry with the file's origin
    model `colours` (colours-too-sure.onnx): scores should be within 0..1, but the file has 6.4: another head than `yolov8`, or no sigmoid in the graph?
      hint: compare the manifest's entry with the file's origin
    model `colours` (colours-failing.onnx): the trial run failed: Non-zero status code returned while running Gather node
    model `colours` (colours-bytes.onnx): the input should be of f32, because `mean` and `std` are to be applied, but the file has `images` Tensor<u8>(1, 3, 32, 64)
      hint: compare the manifest's entry with the file's origin
    model `colours` (colours-two-inputs.onnx): the input should be one picture, but the file has `images` Tensor<f32>(1, 3, 32, 64), `more` Tensor<f32>(1)
      hint: Lookout feeds a picture and nothing else: export the network without its other inputs
    model `colours` (colours-open.onnx): `output`, read as the boxes and scores of head `yolov8`, should be Tensor<f32>(1, 7, 63), but the file has Tensor<f32>(1, 7, 42)
      hint: compare the manifest's entry with the file's origin
    "#);
}

#[test]
fn a_network_that_takes_bytes_gets_the_picture_as_it_is() {
    let model = Model::load(&described(&data("colours-bytes.onnx")), &[Provider::Cpu]).expect("loads");
    let picture = squares(64, 32, &[(0, 0, 16, RED), (48, 16, 16, GREEN)]);
    let (mut bytes, mut floats) = (vec![], vec![]);
    let mut inference = Inference::new(&[Arc::new(model)]).expect("tensors");
    inference.detect(&picture, None, &Thresholds::default(), &mut bytes).expect("runs");
    assert_found(&bytes, &[("person", [0.0, 0.0, 0.25, 0.5]), ("car", [0.75, 0.5, 1.0, 1.0])]);
    let mut inference = Inference::new(&[colours()]).expect("tensors");
    inference.detect(&picture, None, &Thresholds::default(), &mut floats).expect("runs");
    for (byte, float) in bytes.iter().zip(&floats) {
        // Half a step of 255.
        assert!((byte.score - float.score).abs() < 0.002, "{byte:?} {float:?}");
    }
}

#[test]
fn a_file_that_leaves_its_sizes_open_takes_those_of_the_description() {
    let model = Model::load(&described(&data("colours-open.onnx")), &[Provider::Cpu]).expect("loads");
    let mut found = vec![];
    let picture = squares(64, 32, &[(16, 16, 16, BLUE)]);
    let mut inference = Inference::new(&[Arc::new(model)]).expect("tensors");
    inference.detect(&picture, None, &Thresholds::default(), &mut found).expect("runs");
    assert_found(&found, &[("fire", [0.25, 0.5, 0.5, 1.0])]);
}

/// With the digest corrected for each: somebody means it.
#[test]
fn a_file_with_any_bit_turned_either_works_or_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = std::fs::read(data("colours.onnx")).expect("the fixture");
    let file = folder.path().join("turned.onnx");
    let (mut loaded, mut refused) = (0, 0);
    for bit in (0..good.len() * 8).step_by(23) {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&file, &bytes).expect("written");
        match Model::load(&described(&file), &[Provider::Cpu]) {
            Ok(_) => loaded += 1,
            Err(error) => {
                refused += 1;
                assert!(error.to_string().starts_with("model `colours` ("), "{error}");
            }
        }
    }
    assert!(loaded > 0 && refused > 100, "{loaded} loaded, {refused} refused");
}
