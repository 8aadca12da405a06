//! Entries as they are written, and the file they are put into.

use super::*;
use crate::detector::convert::{Colour, Fit};
use crate::detector::heads::{KINDS, USUAL_STRIDES};

fn described(head: &str, classes: &[&str]) -> Description {
    let mut description = Description {
        name: Some("mine".into()),
        file: Some("mine.onnx".into()),
        sha256: Some("ab".repeat(32)),
        licence: Some("MIT".into()),
        origin: Some("a \"test\"".into()),
        head: Some(head.into()),
        classes: classes.iter().map(|c| (*c).to_owned()).collect(),
        ..Description::default()
    };
    description.input.width = Some(416);
    description.input.height = Some(256);
    description.complete();
    description
}

fn parsed(text: &str) -> Manifest {
    Manifest::parse(text, Path::new("manifest.toml")).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn every_kind_of_head_gets_an_entry_that_a_manifest_takes() {
    for kind in KINDS {
        let classes: &[&str] = if kind.finds_faces_only { &[] } else { &["person", "kite"] };
        let mut description = described(kind.name, classes);
        let least: Own = kind.own.iter().map(|parameter| (parameter.key, parameter.least)).collect();
        description.set_own(&least);
        let text = description.to_toml();
        let manifest = parsed(&text);
        let entry = manifest.model("mine").expect("described");
        let strides = kind.only_stride.map_or_else(|| USUAL_STRIDES.to_vec(), |stride| vec![stride]);
        assert_eq!((&entry.head, entry.origin.as_str()), (&(kind.head)(strides, &least), "a \"test\""));
    }
}

#[test]
fn what_was_said_is_not_overruled_by_what_is_usual() {
    let mut said = described("yolov8", &["person"]);
    said.input = Input { width: Some(64), height: Some(32), ..Input::default() };
    said.input.colour = Some("bgr".into());
    said.input.fit = Some("stretch".into());
    said.input.pad = Some(7.5);
    said.input.mean = Some([1.0, 2.0, 3.5]);
    said.input.std = Some([4.0, 5.0, 6.25]);
    said.strides = Some(vec![8, 16]);
    said.nms_iou = Some(0.33);
    said.thresholds = BTreeMap::from([("person".to_owned(), 0.77)]);
    said.complete();
    let manifest = parsed(&said.to_toml());
    let entry = &manifest.models()[0];
    assert_eq!((entry.head.name(), entry.head.strides()), ("yolov8", [8, 16].as_slice()));
    assert_eq!((entry.input.colour, entry.input.fit, entry.input.pad), (Colour::Bgr, Fit::Stretch, 7.5));
    assert_eq!((entry.input.mean, entry.input.std), ([1.0, 2.0, 3.5], [4.0, 5.0, 6.25]));
    assert_eq!((entry.nms_iou, entry.thresholds[0].1), (0.33, 0.77));
}

#[test]
fn of_coco_the_things_of_the_street_are_reported_and_of_other_lists_everything() {
    assert_eq!(described("yolox", &["coco"]).reported(), ["person", "two_wheeler", "car", "bus", "truck"]);
    let spaced: Vec<String> = COCO.iter().map(|name| name.replace('_', " ")).collect();
    let spaced: Vec<&str> = spaced.iter().map(String::as_str).collect();
    assert_eq!(described("yolox", &spaced).reported(), ["person", "two_wheeler", "car", "bus", "truck"]);
    let mixed = described("yolox", &["motorbike", "dog", "bike", "van", ""]);
    assert_eq!(mixed.reported(), ["two_wheeler", "dog", "truck"]);
    assert_eq!(described("yolox", &["person", "dog"]).words, None, "nothing needs another word");
}

#[test]
fn odd_names_are_written_so_that_they_are_read_again() {
    let odd = ["a \"b\"", "c\\d", "e\nf", "g = h", "犬", "x\u{1}y"];
    let mut description = described("yolov8", &odd);
    description.words = Some(odd.iter().map(|name| ((*name).to_owned(), format!("{name}!"))).collect());
    description.thresholds.clear();
    description.complete();
    let manifest = parsed(&description.to_toml());
    let names: Vec<&str> = manifest.models()[0].reported().map(Class::name).collect();
    assert_eq!(names, odd.map(|name| format!("{name}!")));
}

#[test]
fn an_entry_looks_like_those_that_come_with_lookout() {
    let mut description = described("nanodet", &["coco"]);
    description.outputs = Some(vec!["cls_8".into(), "dis_8".into()]);
    insta::assert_snapshot!(description.to_toml(), @r#"
    [[model]]
    name = "mine"
    file = "mine.onnx"
    sha256 = "abababababababababababababababababababababababababababababababab"
    licence = "MIT"
    origin = "a \"test\""
    head = "nanodet"
    outputs = ["cls_8", "dis_8"]
    classes = [
        "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic_light",
        "fire_hydrant", "stop_sign", "parking_meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
        "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee",
        "skis", "snowboard", "sports_ball", "kite", "baseball_bat", "baseball_glove", "skateboard", "surfboard",
        "tennis_racket", "bottle", "wine_glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
        "sandwich", "orange", "broccoli", "carrot", "hot_dog", "pizza", "donut", "cake", "chair", "couch",
        "potted_plant", "bed", "dining_table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard",
        "cell_phone", "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase",
        "scissors", "teddy_bear", "hair_drier", "toothbrush",
    ]
    words = { person = "person", bicycle = "two_wheeler", car = "car", motorcycle = "two_wheeler", bus = "bus", truck = "truck" }
    thresholds = { person = 0.35, two_wheeler = 0.35, car = 0.35, bus = 0.35, truck = 0.35 }
    nms_iou = 0.6
    input = { width = 416, height = 256, colour = "bgr", fit = "letterbox-top-left", pad = 114, mean = [103.53, 116.28, 123.675], std = [57.375, 57.12, 58.395] }
    "#);
}

#[test]
fn what_stands_in_a_manifest_stays_to_the_last_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("manifest.toml");
    let first = described("yolov8", &["person"]).to_toml();
    for before in [
        String::new(),
        "# only a comment".to_owned(),
        format!("# Ours.\r\n\n\n{first}   # kept  as it is\n\n\n# the end, without a line's end"),
    ] {
        fs::write(&file, &before).expect("written");
        let mut second = described("yolox", &["coco"]);
        second.name = Some("second".into());
        let (manifest, edit) = Manifest::with_entry(&file, &second).expect("a good entry");
        assert!(!edit.makes_the_file());
        assert_eq!(fs::read_to_string(&file).expect("there"), before, "nothing is written before `write`");
        edit.write().expect("written");
        let after = fs::read_to_string(&file).expect("there");
        assert!(after.starts_with(&before) && after.ends_with(&second.to_toml()), "{after}");
        assert_eq!(Manifest::read(&file).expect("good"), manifest);
        let names: Vec<_> =
            fs::read_dir(folder.path()).expect("there").map(|e| e.expect("named").file_name()).collect();
        assert_eq!(names, ["manifest.toml"], "nothing else is left");
    }
}

#[test]
fn a_manifest_that_somebody_else_wrote_meanwhile_is_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("manifest.toml");
    let (_, edit) = Manifest::with_entry(&file, &described("yolov8", &["person"])).expect("good");
    assert!(edit.makes_the_file());
    fs::write(&file, "# theirs\n").expect("written");
    let error = edit.write().expect_err("changed");
    assert!(matches!(error, ManifestError::Changed { .. }), "{error}");
    assert_eq!(fs::read_to_string(&file).expect("there"), "# theirs\n");
    assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 1);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_manifest_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let (real, link) = (folder.path().join("real.toml"), folder.path().join("manifest.toml"));
    fs::write(&real, "# here\n").expect("written");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("set");
    std::os::unix::fs::symlink("real.toml", &link).expect("linked");
    let (_, edit) = Manifest::with_entry(&link, &described("yolov8", &["person"])).expect("good");
    edit.write().expect("written");
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    assert!(fs::read_to_string(&real).expect("there").contains("[[model]]"));
    assert_eq!(fs::metadata(&real).expect("there").permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_name_that_is_taken_and_a_class_that_identifies_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("manifest.toml");
    fs::write(&file, described("yolov8", &["person"]).to_toml()).expect("written");
    let refused = |description: &Description| {
        let error = Manifest::with_entry(&file, description).expect_err("refused").to_string();
        error.replace(&folder.path().display().to_string(), "DIR")
    };
    let mut female = described("yolov8", &["male", "female", "car"]);
    female.name = Some("other".into());
    let all = [refused(&described("yolox", &["car"])), refused(&female)].join("\n");
    insta::assert_snapshot!(all, @r#"
    DIR/manifest.toml:14:8: model `mine` is described twice, first in line 2
    DIR/manifest.toml:20:11: model `other`: the class `male` would say who somebody is (`male`)
      hint: Lookout detects and never identifies; `words` can report such a class as the thing it is (a man is a `person`), or leave it out
    error: DIR/manifest.toml:20:11: model `other`: the class `female` would say who somebody is (`female`)
      hint: Lookout detects and never identifies; `words` can report such a class as the thing it is (a man is a `person`), or leave it out
    "#);
    // Asked for people and not for men and women, the same network is welcome.
    female.words = Some(["male", "female"].map(|label| (label.to_owned(), "person".to_owned())).into());
    female.thresholds.clear();
    female.complete();
    Manifest::with_entry(&file, &female).expect("reports people only");
}
