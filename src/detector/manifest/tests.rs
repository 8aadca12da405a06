//! Manifests, good and bad, and the words for what is wrong with them.

use super::*;
use crate::detector::convert::{Colour, Fit};

const GOOD: &str = r#"
[[model]]
name = "street"
file = "street.onnx"
sha256 = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
licence = "Apache-2.0"
origin = "a test"
head = "yolov8"
classes = ["person", "bicycle", "car", "motorcycle", "bench", ""]
words = { person = "person", bicycle = "two_wheeler", motorcycle = "two_wheeler", car = "car", bench = "" }
thresholds = { person = 0.35, two_wheeler = 0.25 }
nms_iou = 0.6
[model.input]
width = 416
height = 256
colour = "bgr"
fit = "letterbox-centre"
pad = 0
mean = [103.53, 116.28, 123.675]
std = [57.375, 57.12, 58.395]

[[model]]
name = "faces"
file = "faces.onnx"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
licence = "MIT"
origin = "a test"
head = "scrfd"
anchors = 1
strides = [8, 16]
outputs = ["s8", "s16", "d8", "d16"]
classes = ["face"]
input = { width = 64, height = 32, colour = "rgb", fit = "stretch" }
"#;

fn parsed(text: &str) -> Manifest {
    Manifest::parse(text, Path::new("models/manifest.toml")).expect("a good manifest")
}

fn problems(text: &str) -> String {
    Manifest::parse(text, Path::new("models/manifest.toml")).expect_err("a wrong manifest").to_string()
}

#[test]
fn a_good_manifest_is_read_as_written() {
    let manifest = parsed(GOOD);
    let street = manifest.model("street").expect("described");
    assert_eq!(street.file, Path::new("models/street.onnx"));
    assert_eq!((street.sha256[0], street.sha256[1], street.sha256[31]), (0x00, 0x11, 0xff));
    assert_eq!((street.input.width, street.input.height, street.input.pad), (416, 256, 0.0));
    assert_eq!((street.input.colour, street.input.fit), (Colour::Bgr, Fit::LetterboxCentre));
    assert_eq!(street.input.mean, [103.53, 116.28, 123.675]);
    assert_eq!(Some(&street.head), Head::usual("yolov8").as_ref());
    assert_eq!((street.nms_iou, &street.outputs), (0.6, &None));
    let faces = manifest.model("faces").expect("described");
    assert_eq!((faces.head.name(), faces.head.strides()), ("scrfd", [8, 16].as_slice()));
    assert_eq!(faces.head.outputs(&faces.input, 1)[0].shape[1], faces.input.width * faces.input.height / 64);
    assert_eq!((faces.input.mean, faces.input.std, faces.input.pad), ([0.0; 3], [1.0; 3], 114.0));
    assert_eq!(faces.outputs.as_ref().map(Vec::len), Some(4));
}

#[test]
fn the_networks_labels_become_our_words_and_the_rest_is_dropped() {
    let manifest = parsed(GOOD);
    let street = &manifest.models()[0];
    let words: Vec<&str> = street.classes.iter().map(|c| c.map_or("-", Class::name)).collect();
    assert_eq!(words, ["person", "two_wheeler", "car", "two_wheeler", "-", "-"]);
    assert_eq!(street.thresholds, [(Class::PERSON, 0.35), (Class::TWO_WHEELER, 0.25), (Class::CAR, 0.5)]);
    assert_eq!(street.reported().collect::<Vec<_>>(), [Class::PERSON, Class::TWO_WHEELER, Class::CAR]);
}

#[test]
fn without_words_every_label_keeps_its_name() {
    let text = GOOD.replace("words = {", "# {").replace("thresholds", "# thresholds");
    let words: Vec<&str> =
        parsed(&text).models()[0].classes.iter().map(|c| c.map_or("-", Class::name)).collect();
    assert_eq!(words, ["person", "bicycle", "car", "motorcycle", "bench", "-"]);
}

#[test]
fn a_manifest_may_describe_nothing_and_says_so_when_asked() {
    let manifest = parsed("# to come\n");
    let error = manifest.model("street-nano").expect_err("there is none");
    insta::assert_snapshot!(error, @r"
    models/manifest.toml has no model `street-nano`
      hint: it describes no model at all
    ");
    let error = parsed(GOOD).model("street-nano").expect_err("there is none");
    insta::assert_snapshot!(error, @r"
    models/manifest.toml has no model `street-nano`
      hint: it has `street`, `faces`
    ");
}

#[test]
fn every_problem_is_reported_at_once_with_its_place_and_a_hint() {
    let text = r#"
[[model]]
name = "street"
file = " "
sha256 = "beef"
licence = "Apache-2.0"
head = "yolo9"
classes = ["person", "car", "person"]
words = { cat = "animal", person = "person" }
thresholds = { person = 1.5, dog = 0.4 }
nms_iou = 0.0
[model.input]
width = 0
height = 100000
colour = "grey"
fit = "crop"
pad = 300
std = [1.0, 0.0, 1.0]

[[model]]
name = "street"
file = "a.onnx"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
licence = "MIT"
origin = "a test"
head = "yunet"
strides = [8, 24]
reg_max = 7
outputs = ["a", "b"]
classes = ["face", "person"]
input = { width = 100, height = 64, colour = "rgb", fit = "stretch" }
"#;
    insta::assert_snapshot!(problems(text), @r#"
    models/manifest.toml:2:1: model `street` has no `origin`
    error: models/manifest.toml:4:8: model `street`: `file` is empty
    error: models/manifest.toml:5:10: model `street`: `sha256` is not 64 hexadecimal digits
      hint: `sha256sum FILE` prints it
    error: models/manifest.toml:7:8: model `street`: unknown head `yolo9`
      hint: known are `yolox`, `nanodet`, `yolov8`, `scrfd`, `yunet`, `centerface`
    error: models/manifest.toml:8:11: model `street`: class `person` is listed twice
    error: models/manifest.toml:9:11: model `street`: `words` names a class that is not in `classes`: `cat`
    error: models/manifest.toml:10:25: model `street`: `thresholds.person` is 1.5, not above 0 and at most 1
    error: models/manifest.toml:10:30: model `street`: `thresholds` names `dog`, which it does not report
      hint: it reports `person`
    error: models/manifest.toml:11:11: model `street`: `nms_iou` is 0, not above 0 and at most 1
    error: models/manifest.toml:13:9: model `street`: `width` is 0, not in 1..4096
    error: models/manifest.toml:14:10: model `street`: `height` is 100000, not in 1..4096
    error: models/manifest.toml:15:10: model `street`: unknown colour `grey`
      hint: known are `rgb`, `bgr`
    error: models/manifest.toml:16:7: model `street`: unknown fit `crop`
      hint: known are `letterbox-top-left`, `letterbox-centre`, `stretch`
    error: models/manifest.toml:17:7: model `street`: `pad` is 300, not in 0..255
    error: models/manifest.toml:18:7: model `street`: `std` cannot be [1.0, 0.0, 1.0]
    error: models/manifest.toml:21:8: model `street` is described twice, first in line 3
    error: models/manifest.toml:27:11: model `street`: 100x64 is no multiple of stride 8
    error: models/manifest.toml:27:11: model `street`: 100x64 is no multiple of stride 24
    error: models/manifest.toml:28:11: model `street`: `reg_max` belongs to head `nanodet`, not `yunet`
    error: models/manifest.toml:29:11: model `street`: head `yunet` reads 6 outputs, not 2
      hint: in this order: class scores of stride 8, class scores of stride 24, objectness of stride 8, objectness of stride 24, boxes of stride 8, boxes of stride 24
    error: models/manifest.toml:30:11: model `street`: head `yunet` finds one class, not 2
      hint: classes = ["face"]
    "#);
}

#[test]
fn a_number_too_large_for_a_parameter_is_reported_with_all_other_problems() {
    let text = GOOD.replace("anchors = 1", "anchors = 5000000000").replace("nms_iou = 0.6", "nms_iou = 0.0");
    let message = problems(&text);
    assert!(message.contains("`anchors` is 5000000000, not in"), "{message}");
    assert!(message.contains("`nms_iou` is 0, not above 0"), "{message}");
}

#[test]
fn what_is_no_toml_or_no_manifest_is_reported_with_its_place() {
    let report =
        ["[[model]]\nname = \"a\nfile = 1", "[[model]]\nname = 7", "[[model]]\nnaem = \"a\""].map(problems);
    insta::assert_snapshot!(report.join("\n"), @r#"
    models/manifest.toml:2:10: invalid basic string, expected `"`
    models/manifest.toml:2:8: invalid type: integer `7`, expected a string
    models/manifest.toml:2:1: unknown field `naem`, expected one of `name`, `file`, `sha256`, `licence`, `origin`, `head`, `strides`, `reg_max`, `cell_centre`, `anchors`, `outputs`, `classes`, `words`, `thresholds`, `nms_iou`, `int8`, `input`
    "#);
}

#[test]
fn the_files_of_a_manifest_may_lie_elsewhere() {
    let manifest = parsed(GOOD).with_files_in(Path::new("/elsewhere"));
    assert_eq!(manifest.models()[1].file, Path::new("/elsewhere/faces.onnx"));
}

#[test]
fn a_manifest_that_is_named_but_missing_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = Manifest::find(Some(&folder.path().join("none.toml"))).expect_err("there is none");
    assert!(error.to_string().contains("none.toml cannot be read: there is no such file"), "{error}");
    // A folder stands for the manifest in it.
    std::fs::write(folder.path().join(FILE_NAME), GOOD).expect("written");
    let manifest = Manifest::find(Some(folder.path())).expect("found");
    assert_eq!(manifest.models()[0].file, folder.path().join("street.onnx"));
}
