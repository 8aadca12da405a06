//! `lookout models add` and `fetch` as somebody types them, with a tiny network of our own that sees colours and
//! a web server of the test's own. Needs ONNX Runtime, which `deploy/setup.sh` installs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::{Rgb, RgbImage};
use lookout::analysis::geometry::BBox;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

#[path = "support/clip_frames.rs"]
mod clip_frames;
#[path = "support/http.rs"]
mod http;
#[path = "support/mosquitto.rs"]
#[allow(dead_code, reason = "only its certificates are used")]
mod mosquitto;

#[path = "support/onnx.rs"]
#[allow(dead_code, reason = "what is made to do harm is tried elsewhere")]
mod onnx;

use http::{Answer, Server};
use onnx::{FLOATS, HALF_FLOATS, Node, Odd};

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn network() -> Vec<u8> {
    fs::read(in_repository("tests/data/detector/colours.onnx")).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// A manifest with a comment and a model that is not there, the network, and a picture: a red square at the
/// upper left, a green one lower down.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("colours.onnx"), network()).unwrap();
    fs::write(path("manifest.toml"), MANIFEST).unwrap();
    let mut image = RgbImage::new(128, 64);
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        if x < 32 && y < 32 {
            *pixel = Rgb([255, 0, 0]);
        } else if (64..96).contains(&x) && y >= 32 {
            *pixel = Rgb([0, 200, 0]);
        }
    }
    image.save(path("lane.png")).unwrap();
    folder
}

const MANIFEST: &str = r#"# Our own models,   with odd spaces that stay.

[[model]]
name   = "old"    # the first one
file = "old.onnx"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
licence = "MIT"
origin = "a test"
head = "yolov8"
classes = ["person"]
input = { width = 64, height = 32, colour = "rgb", fit = "stretch" }
# the end"#;

fn lookout_in(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(arguments).current_dir(folder).env_remove("LOOKOUT_MODELS");
    command
}

fn lookout(folder: &TempDir, arguments: &[&str]) -> Output {
    lookout_in(folder.path(), arguments).env("LOOKOUT_MODELS", folder.path()).output().unwrap()
}

/// What somebody at a terminal sees, with the exit code; without what changes with machine and fixture.
fn seen(folder: &TempDir, output: &Output) -> String {
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).replace(&folder.path().display().to_string(), "DIR");
        let text = text
            .replace(&sha256(&network()), "DIGEST")
            .replace(&format!("{} KiB", network().len().div_ceil(1024)), "N KiB");
        let lines: Vec<String> = text
            .lines()
            .map(|line| match line.split_once("one run   ") {
                Some((before, _)) => format!("{before}one run   MS on cpu"),
                None => line.to_owned(),
            })
            .collect();
        lines.join("\n")
    };
    let code = output.status.code().expect("an exit code");
    format!("{}\n--- {code}\n{}", text(&output.stdout), text(&output.stderr))
}

/// Names and bytes of everything in a folder.
fn everything_in(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let bytes = fs::read(&path).unwrap_or_default();
            (path, bytes)
        })
        .collect();
    files.sort();
    files
}

const AS_IT_IS: [&str; 10] = [
    "--head",
    "yolov8",
    "--classes",
    "person,car,fire",
    "--std",
    "1",
    "--fit",
    "letterbox-top-left",
    "--pad",
    "0",
];

fn add_with(more: &[&str]) -> Vec<String> {
    ["models", "add", "colours.onnx"].iter().chain(&AS_IT_IS).chain(more).map(|a| (*a).to_owned()).collect()
}

fn run_add(folder: &TempDir, more: &[&str]) -> Output {
    let arguments = add_with(more);
    lookout(folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_model_is_measured_described_and_then_detects() {
    let folder = folder();
    let output = run_add(&folder, &["--name", "mine", "--licence", "Apache-2.0", "--picture", "lane.png"]);
    insta::assert_snapshot!(seen(&folder, &output), @r#"
    [[model]]
    name = "mine"
    file = "colours.onnx"
    sha256 = "DIGEST"
    licence = "Apache-2.0"
    origin = "added from colours.onnx"
    head = "yolov8"
    classes = ["person", "car", "fire"]
    thresholds = { person = 0.25, car = 0.25, fire = 0.25 }
    nms_iou = 0.7
    input = { width = 64, height = 32, colour = "rgb", fit = "letterbox-top-left", pad = 0 }
    --- 0
    DIR/colours.onnx: N KiB, SHA-256 DIGEST
      fed       images 1x3x32x64
      puts out  output 1x7x42: head yolov8, strides 8 16 32, 3 classes
      reports   person, car, fire
      one run   MS on cpu
      found     1 x person (1.00), 1 x car (0.78)
                on lane.png
    added `mine` to DIR/manifest.toml
      try: lookout detect PICTURE --model mine --manifest DIR/manifest.toml
    "#);
    let manifest = fs::read_to_string(folder.path().join("manifest.toml")).unwrap();
    assert!(manifest.starts_with(MANIFEST), "what stood there stays:\n{manifest}");
    let output = lookout(&folder, &["detect", "lane.png", "--model", "mine", "--threshold", "0.5"]);
    insta::assert_snapshot!(seen(&folder, &output), @r#"
    {"file":"lane.png","class":"person","score":0.9963,"box":[0.0,0.0,0.25,0.5]}
    {"file":"lane.png","class":"car","score":0.7831,"box":[0.5,0.5,0.75,1.0]}
    --- 0
    "#);
    let output = lookout(&folder, &["models", "verify", "mine", "--json"]);
    assert!(output.status.success(), "{}", seen(&folder, &output));
}

/// `lookout models add ... | true`: the description is for whoever looks, and the entry is what was asked for.
#[test]
fn a_model_is_added_though_nobody_reads_its_description() {
    let folder = folder();
    let (reader, unread) = std::io::pipe().unwrap();
    drop(reader);
    let arguments = add_with(&["--name", "mine", "--licence", "Apache-2.0", "--picture", "lane.png"]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = lookout_in(folder.path(), &arguments);
    let status = command.env("LOOKOUT_MODELS", folder.path()).stdout(unread).status().unwrap();
    assert!(status.success(), "{status}");
    let manifest = fs::read_to_string(folder.path().join("manifest.toml")).unwrap();
    assert!(manifest.contains("name = \"mine\""), "{manifest}");
}

#[test]
fn a_dry_run_prints_the_entry_that_would_be_written_and_writes_nothing() {
    let folder = folder();
    let before = everything_in(folder.path());
    let output = run_add(&folder, &["--dry-run", "--picture", "lane.png"]);
    assert!(output.status.success(), "{}", seen(&folder, &output));
    assert_eq!(everything_in(folder.path()), before);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(run_add(&folder, &["--picture", "lane.png"]).status.success());
    let manifest = fs::read_to_string(folder.path().join("manifest.toml")).unwrap();
    assert_eq!(manifest, format!("{MANIFEST}\n\n{printed}"));
}

#[test]
fn names_of_classes_come_from_a_file_and_become_our_words() {
    let folder = folder();
    fs::write(folder.path().join("names.txt"), "pedestrian\n\nbarrel fire\n").unwrap();
    let arguments = [
        "models",
        "add",
        "colours.onnx",
        "--head",
        "yolov8",
        "--classes-file",
        "names.txt",
        "--words",
        "pedestrian=person,barrel fire=fire",
        "--thresholds",
        "fire=0.7",
        "--dry-run",
    ];
    let output = lookout(&folder, &arguments);
    let entry = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = entry
        .lines()
        .filter(|l| ["classes", "words", "thresholds"].iter().any(|key| l.starts_with(key)))
        .collect();
    assert_eq!(
        lines,
        [
            r#"classes = ["pedestrian", "", "barrel fire"]"#,
            r#"words = { pedestrian = "person", "barrel fire" = "fire" }"#,
            "thresholds = { person = 0.25, fire = 0.7 }",
        ],
        "{}",
        seen(&folder, &output)
    );
}

#[test]
fn where_there_is_no_manifest_a_new_one_lies_beside_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().join("mine");
    fs::create_dir(&models).unwrap();
    fs::write(models.join("colours.onnx"), network()).unwrap();
    let mut arguments = vec!["models", "add", "mine/colours.onnx"];
    arguments.extend(AS_IT_IS);
    let output = lookout_in(folder.path(), &arguments).output().unwrap();
    assert!(output.status.success(), "{}", seen(&folder, &output));
    let verify = ["models", "verify", "--manifest", "mine"];
    let output = lookout_in(folder.path(), &verify).output().unwrap();
    assert!(output.status.success(), "{}", seen(&folder, &output));
    // And one that was named is made, with the model's whole path in it.
    arguments.extend(["--manifest", "elsewhere/models.toml"]);
    let output = lookout_in(folder.path(), &arguments).output().unwrap();
    assert!(output.status.success(), "{}", seen(&folder, &output));
    let verify = ["models", "verify", "--manifest", "elsewhere/models.toml"];
    let output = lookout_in(folder.path(), &verify).output().unwrap();
    assert!(output.status.success(), "{}", seen(&folder, &output));
}

#[test]
fn what_cannot_be_added_is_refused_with_a_sentence_and_nothing_is_written() {
    let folder = folder();
    fs::write(folder.path().join("page.onnx"), "<html>404</html>").unwrap();
    fs::write(folder.path().join("empty.txt"), "\n").unwrap();
    for fixture in ["colours-too-sure.onnx", "colours-bytes.onnx", "colours-two-inputs.onnx"] {
        fs::copy(in_repository("tests/data/detector").join(fixture), folder.path().join(fixture)).unwrap();
    }
    let before = everything_in(folder.path());
    let mut all = Vec::new();
    let mut refused = |arguments: &str| {
        let arguments: Vec<&str> = ["models", "add"].into_iter().chain(arguments.split(' ')).collect();
        let output = lookout(&folder, &arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
        let text = seen(&folder, &output);
        all.push(text.trim_start().to_owned());
    };
    refused("colours.onnx --head yolov8 --classes a1,b1,c1 --name old");
    refused("colours.onnx --head yolox --classes person,car,fire");
    refused("colours.onnx --head nanodet --classes person,car,fire");
    refused("colours.onnx --head yolov8 --classes person,car");
    refused("colours.onnx --head yolov8 --classes coco");
    refused("colours.onnx --head yolov8");
    refused("colours.onnx --head yolov8 --classes person,car,fire --input 416x256");
    refused("colours.onnx --head yolov8 --classes male,female,car");
    refused("colours.onnx --head yolov8 --classes person,car,license_plate");
    refused("colours.onnx --head yolov8 --classes person,car,fire --words cat=animal --pad 300");
    refused("colours.onnx --head yolov8 --classes person,car,fire --picture gone.jpg");
    refused("colours.onnx --head yolov8 --classes-file gone.txt");
    refused("colours.onnx --head yolov8 --classes-file empty.txt");
    refused("colours-too-sure.onnx --head yolov8 --classes person,car,fire --std 1");
    refused("colours-bytes.onnx --head yolov8 --classes person,car,fire");
    refused("colours-two-inputs.onnx --head yolov8 --classes person,car,fire");
    refused("page.onnx --head yolov8 --classes person");
    refused("gone.onnx --head yolov8 --classes person");
    assert_eq!(everything_in(folder.path()), before);
    insta::assert_snapshot!(all.join("\n"), @r#"
    --- 2
    error: DIR/manifest.toml describes a model `old` already
      hint: --name gives this one another name, --manifest another home
    --- 2
    error: colours.onnx: its outputs are not those of head `yolox`: it puts out output 1x7x42, where 1x42x8 was expected for 3 classes at 64x32
      hint: they look like --head yolov8 with 3 classes
    --- 2
    error: colours.onnx: its outputs are not those of head `nanodet`: it puts out output 1x7x42, where 1x32x3, 1x8x3, 1x2x3, 1x32x32, 1x8x32, 1x2x32 was expected for 3 classes at 64x32
      hint: they look like --head yolov8 with 3 classes
    --- 2
    error: colours.onnx: it tells 3 classes apart, but 2 are named
      hint: name all of them, in the network's order; with "" for those that should never be reported; a network of turned boxes (-obb) or joints (-pose) has other values behind its boxes and is not read: export the detection model of the same family
    --- 2
    error: colours.onnx: it tells 3 classes apart, but 80 are named
      hint: name all of them, in the network's order; with "" for those that should never be reported; a network of turned boxes (-obb) or joints (-pose) has other values behind its boxes and is not read: export the detection model of the same family
    --- 2
    error: colours.onnx: it tells 3 classes apart, and nobody said what they are called
      hint: --classes a,b,c or --classes-file FILE, in the network's order
    --- 2
    error: colours.onnx: its input is 64 pixels wide, not 416
      hint: leave --input away, or export the model with that size
    --- 2
    error: model `colours`: the class `male` would say who somebody is (`male`)
      hint: Lookout detects and never identifies; `words` can report such a class as the thing it is (a man is a `person`), or leave it out
    error: model `colours`: the class `female` would say who somebody is (`female`)
      hint: Lookout detects and never identifies; `words` can report such a class as the thing it is (a man is a `person`), or leave it out
    --- 2
    error: model `colours`: the class `license_plate` would say who somebody is (`plate`)
      hint: Lookout detects and never identifies; `words` can report such a class as the thing it is (a man is a `person`), or leave it out
    --- 2
    error: model `colours`: nothing would be reported: no class has a name
    error: model `colours`: `words` names a class that is not in `classes`: `cat`
    error: model `colours`: `pad` is 300, not in 0..255
    --- 2
    error: the picture gone.jpg cannot be read: there is no such file
      hint: check the name and the folder
    --- 2
    error: the class names gone.txt cannot be read: there is no such file
      hint: check the name and the folder
    --- 2
    error: class names empty.txt: the file is empty
    --- 1
    error: model `colours-too-sure` (DIR/colours-too-sure.onnx): scores should be within 0..1, but the file has 6.4: another head than `yolov8`, or no sigmoid in the graph?
      hint: compare the manifest's entry with the file's origin
    --- 1
    error: colours-bytes.onnx: is fed images 1x3x32x64 of u8, where one picture of 1x3xHEIGHTxWIDTH in f32 was expected
      hint: was it exported with its preprocessing (bytes, height x width x 3) in the graph? Export it without
    --- 1
    error: colours-two-inputs.onnx: is fed images 1x3x32x64, more 1, where one picture of 1x3xHEIGHTxWIDTH in f32 was expected
      hint: Lookout feeds a picture and nothing else: export the network without its other inputs
    --- 1
    error: model `page` (page.onnx): it is a web page, no ONNX file
      hint: the download answered with a page: log in, or take the link of the file itself
    --- 2
    error: the model gone.onnx cannot be read: there is no such file
      hint: check the name and the folder
    "#);
}

/// A plain YOLOv8 of eight classes at 416x256 that finds nothing.
const PLAIN: Odd<'_> = Odd {
    input: (FLOATS, &[1, 3, 256, 416]),
    outputs: &[(FLOATS, &[1, 12, CELLS])],
    values: None,
    opset: 13,
    ir_version: 8,
    task: None,
};
const CELLS: u64 = 2184;
const EIGHT: &str = "person,face,two_wheeler,car,bus,truck,fire,smoke";

#[test]
fn an_output_that_lies_turned_is_read_as_it_lies() {
    let folder = folder();
    // One box of 104x64 pixels in the middle, a person of .9; the rest is nothing.
    let mut values = vec![0.0_f32; 12 * CELLS as usize];
    values[..5].copy_from_slice(&[208.0, 128.0, 104.0, 64.0, 0.9]);
    let turned = Odd { outputs: &[(FLOATS, &[1, CELLS, 12])], values: Some(&values), ..PLAIN };
    fs::write(folder.path().join("turned.onnx"), turned.bytes()).unwrap();
    let add = ["models", "add", "turned.onnx", "--head", "yolov8", "--classes", EIGHT, "--fit", "stretch"];
    let output = lookout(&folder, &add);
    let printed = seen(&folder, &output);
    assert!(output.status.success() && printed.contains("1 x person (0.90)"), "{printed}");
    let output = lookout(&folder, &["detect", "lane.png", "--model", "turned"]);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["box"], serde_json::json!([0.375, 0.375, 0.625, 0.625]));
    // Read as another head it is refused with the one that fits.
    let as_yolox = ["models", "add", "turned.onnx", "--head", "yolox", "--classes", EIGHT, "--name", "x"];
    let printed = seen(&folder, &lookout(&folder, &as_yolox));
    assert!(printed.contains("tells 7 classes apart, but 8 are named"), "{printed}");
    assert!(printed.contains("hint: it looks like --head yolov8 with 8 classes"), "{printed}");
    let printed =
        seen(&folder, &lookout(&folder, &["models", "add", "turned.onnx", "--head", "yolox", "--name", "x"]));
    assert!(printed.contains("or is it --head yolov8 with 8 classes?"), "{printed}");
}

/// Each file is refused with its true reason and a remedy, when it is added and when a manifest that somebody wrote by
/// hand describes it as if it were good.
#[test]
fn what_lookout_does_not_read_is_named_with_what_to_do() {
    let folder = folder();
    let outside = onnx::model(
        &[Node::new("Identity", &["outside"], &["output"])],
        &[onnx::external_tensor("outside", &[1, 12, 2184], "street.onnx.data")],
    );
    let plug_in = onnx::model(&[Node::new("YoloLayer_TRT", &["images"], &["output"])], &[]);
    let prototypes: (u64, &[u64]) = (FLOATS, &[1, 32, 64, 104]);
    let cases: [(&str, Vec<u8>, &str, &str); 16] = [
        ("outside", outside, "its weights lie in another file, `street.onnx.data`", "onnx.save(onnx.load("),
        (
            "opset",
            Odd { opset: 99, ..PLAIN }.bytes(),
            "it needs ONNX operators 99, and this ONNX Runtime knows them up to 2",
            "opset=17",
        ),
        (
            "format",
            Odd { ir_version: 99, ..PLAIN }.bytes(),
            "its file format (IR version 99) is newer",
            "m.ir_version = 1",
        ),
        (
            "plug-in",
            plug_in,
            "it uses the operator `YoloLayer_TRT`, which this ONNX Runtime does not have",
            "without plug-ins",
        ),
        ("half", Odd { input: (HALF_FLOATS, &[1, 3, 256, 416]), ..PLAIN }.bytes(), "f16", "half=False"),
        (
            "half-out",
            Odd { outputs: &[(HALF_FLOATS, &[1, 12, CELLS])], ..PLAIN }.bytes(),
            "f16",
            "half=False",
        ),
        ("last", Odd { input: (FLOATS, &[1, 256, 416, 3]), ..PLAIN }.bytes(), "256", "channels first"),
        ("batch", Odd { input: (FLOATS, &[4, 3, 256, 416]), ..PLAIN }.bytes(), "4", "batch=1"),
        ("grey", Odd { input: (FLOATS, &[1, 1, 256, 416]), ..PLAIN }.bytes(), "256", "grey pictures"),
        (
            "segment",
            Odd { outputs: &[(FLOATS, &[1, 44, CELLS]), prototypes], ..PLAIN }.bytes(),
            "it is a segmentation network",
            "not yolov8n-seg.pt",
        ),
        (
            "pose",
            Odd { outputs: &[(FLOATS, &[1, 63, CELLS])], ..PLAIN }.bytes(),
            "it is a pose network",
            "not yolov8n-pose.pt",
        ),
        (
            "end-to-end",
            Odd { outputs: &[(FLOATS, &[1, 300, 6])], ..PLAIN }.bytes(),
            "suppressed in the graph already",
            "nms=False",
        ),
        (
            "anchors",
            Odd { outputs: &[(FLOATS, &[1, 3 * CELLS, 13])], ..PLAIN }.bytes(),
            "as YOLOv5 and YOLOv7",
            "YOLOX, YOLOv8",
        ),
        (
            "classifier",
            Odd { outputs: &[(FLOATS, &[1, 1000])], ..PLAIN }.bytes(),
            "it is a classifier",
            "export a detection model",
        ),
        (
            "lfs",
            b"version https://git-lfs.github.com/spec/v1\n".to_vec(),
            "it is a pointer of Git LFS",
            "git lfs pull",
        ),
        ("torch", b"PK\x03\x04archive/data.pkl".to_vec(), "it is a PyTorch file", "format=onnx"),
    ];
    // ONNX Runtime would take weights of that name from the folder in which it runs; nobody compared them with anything.
    fs::write(folder.path().join("street.onnx.data"), vec![0; 4 * 12 * CELLS as usize]).unwrap();
    let mut described = String::new();
    for (name, bytes, reason, remedy) in &cases {
        let file = format!("{name}.onnx");
        fs::write(folder.path().join(&file), bytes).unwrap();
        let add = ["models", "add", &file, "--head", "yolov8", "--classes", EIGHT];
        let output = lookout(&folder, &add);
        let printed = seen(&folder, &output);
        assert!(!output.status.success(), "{name} was added: {printed}");
        assert!(printed.contains(reason) && printed.contains(&file), "{name}: no `{reason}`: {printed}");
        assert!(
            printed.contains("\n  hint: ") && printed.contains(remedy),
            "{name}: no `{remedy}`: {printed}"
        );
        described.push_str(&format!(
            "[[model]]\nname = \"{name}\"\nfile = \"{file}\"\nsha256 = \"{}\"\nlicence = \"MIT\"\norigin = \"a test\"\n\
             head = \"yolov8\"\nclasses = {:?}\ninput = {{ width = 416, height = 256, colour = \"rgb\", fit = \"stretch\" }}\n",
            sha256(bytes),
            EIGHT.split(',').collect::<Vec<_>>(),
        ));
    }
    fs::write(folder.path().join("described.toml"), described).unwrap();
    let output = lookout(&folder, &["models", "verify", "--json", "--manifest", "described.toml"]);
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), cases.len());
    for (line, (name, _, reason, remedy)) in lines.iter().zip(&cases) {
        let said = line["error"].as_str().unwrap_or_default();
        assert!(line["ok"] == false && said.contains(reason), "{name}: no `{reason}`: {line}");
        assert!(said.contains(remedy), "{name}: no `{remedy}`: {line}");
    }
}

/// Without a word of its exporter, and with names that are somebody's guess.
#[test]
fn joints_and_turned_boxes_are_named_although_they_look_like_classes() {
    let folder = folder();
    for (name, values, classes, reason, remedy) in [
        ("pose", 56, "coco", "it is a pose network", "not yolov8n-pose.pt"),
        ("pose", 56, "person", "it is a pose network", "not yolov8n-pose.pt"),
        ("obb", 20, "coco", "it tells 16 classes apart, but 80 are named", "turned boxes (-obb)"),
        ("obb", 13, EIGHT, "it tells 9 classes apart, but 8 are named", "turned boxes (-obb)"),
    ] {
        let outputs: &[(u64, &[u64])] = &[(FLOATS, &[1, values, CELLS])];
        fs::write(folder.path().join("unsaid.onnx"), Odd { outputs, ..PLAIN }.bytes()).unwrap();
        let add = ["models", "add", "unsaid.onnx", "--head", "yolov8", "--classes", classes];
        let printed = seen(&folder, &lookout(&folder, &add));
        assert!(printed.contains(reason) && printed.contains(remedy), "{name} with {classes}: {printed}");
    }
}

#[test]
fn a_network_that_says_what_it_is_for_is_believed() {
    let folder = folder();
    for (task, reason) in [
        ("segment", "it is a segmentation network"),
        ("pose", "it is a pose network"),
        ("obb", "its boxes are turned (OBB)"),
        ("classify", "it is a classifier"),
    ] {
        fs::write(folder.path().join("said.onnx"), Odd { task: Some(task), ..PLAIN }.bytes()).unwrap();
        let printed = seen(&folder, &lookout(&folder, &["models", "add", "said.onnx", "--head", "yolov8"]));
        assert!(printed.contains(reason), "{task}: {printed}");
    }
    fs::write(folder.path().join("said.onnx"), Odd { task: Some("detect"), ..PLAIN }.bytes()).unwrap();
    let add = ["models", "add", "said.onnx", "--head", "yolov8", "--classes", EIGHT, "--dry-run"];
    let output = lookout(&folder, &add);
    assert!(output.status.success(), "{}", seen(&folder, &output));
}

#[test]
fn a_manifest_that_is_wrong_already_is_not_added_to() {
    let folder = folder();
    let wrong = MANIFEST.replace("yolov8", "yolov99");
    fs::write(folder.path().join("manifest.toml"), &wrong).unwrap();
    let output = run_add(&folder, &[]);
    insta::assert_snapshot!(seen(&folder, &output), @r#"
    --- 2
    error: DIR/manifest.toml:9:8: model `old`: unknown head `yolov99`
      hint: known are `yolox`, `nanodet`, `yolov8`, `scrfd`, `yunet`, `centerface`
    "#);
    assert_eq!(fs::read_to_string(folder.path().join("manifest.toml")).unwrap(), wrong);
}

// ---- fetch

/// A catalogue of one model, `colours`, at that address.
fn catalogue(folder: &TempDir, url: &str, sha256: Option<&str>, more: &str) {
    let digest = sha256.map(|digest| format!("sha256 = \"{digest}\"\n")).unwrap_or_default();
    let text = format!(
        "[[public]]\nname = \"colours\"\nwhat = \"colours\"\nmaker = \"a test\"\npage = \"https://example.org/colours\"\n\
         url = \"{url}\"\nlicence = \"Apache-2.0\"\n{digest}{more}\n[public.model]\nhead = \"yolov8\"\n\
         classes = [\"person\", \"car\", \"fire\"]\ninput = {{ std = [1.0, 1.0, 1.0], fit = \"letterbox-top-left\", pad = 0.0 }}\n"
    );
    fs::write(folder.path().join("public.toml"), text).unwrap();
}

/// A folder with a manifest and no model.
fn place() -> TempDir {
    let folder = folder();
    fs::remove_file(folder.path().join("colours.onnx")).unwrap();
    folder
}

fn fetch(folder: &TempDir, more: &[&str]) -> Output {
    let arguments: Vec<&str> =
        ["models", "fetch", "colours", "--from", "public.toml"].iter().chain(more).copied().collect();
    lookout(folder, &arguments)
}

fn server() -> Server {
    Server::start(|_| vec![("/v1/colours.onnx", Answer::File(network()))])
}

#[test]
fn a_public_model_is_fetched_added_and_detects() {
    let (folder, server) = (place(), server());
    catalogue(&folder, &server.url("/v1/colours.onnx"), Some(&sha256(&network())), "");
    let output = fetch(&folder, &["--picture", "lane.png"]);
    let text = seen(&folder, &output).replace(&server.url(""), "http://SERVER");
    insta::assert_snapshot!(text, @r#"
    [[model]]
    name = "colours"
    file = "colours.onnx"
    sha256 = "DIGEST"
    licence = "Apache-2.0"
    origin = "a test, http://SERVER/v1/colours.onnx"
    head = "yolov8"
    classes = ["person", "car", "fire"]
    thresholds = { person = 0.25, car = 0.25, fire = 0.25 }
    nms_iou = 0.7
    input = { width = 64, height = 32, colour = "rgb", fit = "letterbox-top-left", pad = 0 }
    --- 0
    colours: colours
      licence Apache-2.0, by a test: https://example.org/colours
    fetching http://SERVER/v1/colours.onnx
    DIR/colours.onnx: N KiB, SHA-256 DIGEST
      fed       images 1x3x32x64
      puts out  output 1x7x42: head yolov8, strides 8 16 32, 3 classes
      reports   person, car, fire
      one run   MS on cpu
      found     1 x person (1.00), 1 x car (0.78)
                on lane.png
    added `colours` to DIR/manifest.toml
      try: lookout detect PICTURE --model colours --manifest DIR/manifest.toml
    "#);
    assert_eq!(fs::read(folder.path().join("colours.onnx")).unwrap(), network());
    let output = lookout(&folder, &["detect", "lane.png", "--model", "colours", "--threshold", "0.9"]);
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("\"class\":\"person\""),
        "{}",
        seen(&folder, &output)
    );
    // Once more under another name: what is there with the right digest is not fetched again.
    let output = fetch(&folder, &["--name", "again"]);
    assert!(output.status.success(), "{}", seen(&folder, &output));
    assert_eq!(server.requests(), 1);
    let output = lookout(&folder, &["models", "verify", "colours", "again"]);
    assert!(output.status.success(), "{}", seen(&folder, &output));
}

#[test]
fn what_comes_in_chunks_or_by_redirect_is_fetched_too() {
    let server = Server::start(|itself| {
        vec![
            ("/chunked/colours.onnx", Answer::Chunked(network())),
            ("/moved/colours.onnx", Answer::Redirect(format!("{itself}/here?signature=secret"))),
            ("/relative/colours.onnx", Answer::Redirect("/here".into())),
            ("/here", Answer::File(network())),
        ]
    });
    for path in ["/chunked/colours.onnx", "/moved/colours.onnx", "/relative/colours.onnx"] {
        let folder = place();
        catalogue(&folder, &server.url(path), Some(&sha256(&network())), "");
        let output = fetch(&folder, &[]);
        assert!(output.status.success(), "{path}: {}", seen(&folder, &output));
        assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"));
    }
}

#[test]
fn a_server_is_believed_only_with_a_certificate_of_a_known_authority_for_its_name() {
    let (right, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    mosquitto::make_certificates(right.path(), "localhost");
    mosquitto::make_certificates(other.path(), "other.example");
    let answers = || vec![("/v1/colours.onnx", Answer::File(network()))];
    let server = Server::start_tls(right.path(), answers());
    let wrong_name = Server::start_tls(other.path(), answers());
    let fetch_trusting = |server: &Server, authorities: &Path| {
        let folder = place();
        catalogue(&folder, &server.tls_url("/v1/colours.onnx"), Some(&sha256(&network())), "");
        let before = everything_in(folder.path());
        let arguments = ["models", "fetch", "colours", "--from", "public.toml", "--manifest", "."];
        let output =
            lookout_in(folder.path(), &arguments).env("SSL_CERT_FILE", authorities.join("ca.pem")).output();
        let output = output.unwrap();
        if !output.status.success() {
            assert_eq!(everything_in(folder.path()), before);
        }
        (output.status.success(), seen(&folder, &output))
    };
    let (good, text) = fetch_trusting(&server, right.path());
    assert!(good, "{text}");
    for (server, authorities) in [(&server, other.path()), (&wrong_name, other.path())] {
        let (good, text) = fetch_trusting(server, authorities);
        assert!(!good && text.contains("its certificate is not believed"), "{text}");
    }
}

#[test]
fn whatever_fails_leaves_the_folder_as_it_was() {
    let good = network();
    let server = Server::start(|itself| {
        let mut damaged = network();
        damaged[100] ^= 1;
        let half = good.len() / 2;
        vec![
            ("/another/colours.onnx", Answer::File(damaged)),
            ("/page/colours.onnx", Answer::Status(200)),
            ("/forbidden/colours.onnx", Answer::Status(403)),
            ("/broken/colours.onnx", Answer::Status(503)),
            ("/cut/colours.onnx", Answer::Cut(network(), half)),
            ("/large/colours.onnx", Answer::File(vec![0; 300_000])),
            ("/large-chunked/colours.onnx", Answer::Chunked(vec![0; 300_000])),
            ("/away/colours.onnx", Answer::Redirect("http://example.org/a?token=secret".into())),
            ("/file/colours.onnx", Answer::Redirect("file:///etc/passwd".into())),
            ("/circle/colours.onnx", Answer::Redirect(format!("{itself}/circle/colours.onnx"))),
            ("/silence/colours.onnx", Answer::Silence),
        ]
    });
    let mut all = Vec::new();
    for case in [
        "another",
        "page",
        "gone",
        "forbidden",
        "broken",
        "cut",
        "large",
        "large-chunked",
        "away",
        "file",
        "circle",
        "silence",
    ] {
        let folder = place();
        let url = server.url(&format!("/{case}/colours.onnx"));
        let most = format!("bytes = {}", if case == "page" { 54 } else { good.len() });
        catalogue(&folder, &url, Some(&sha256(&good)), &most);
        let before = everything_in(folder.path());
        let output = fetch(&folder, &["--timeout", if case == "silence" { "2" } else { "60" }]);
        assert_eq!(output.status.code(), Some(1), "{case}: {}", seen(&folder, &output));
        assert_eq!(everything_in(folder.path()), before, "{case}");
        let text = seen(&folder, &output).replace(&server.url(""), "http://SERVER");
        let said = text.lines().skip_while(|line| !line.starts_with("error")).collect::<Vec<_>>().join("\n");
        all.push(said.replace(&good.len().to_string(), "ALL").replace(&(good.len() / 2).to_string(), "HALF"));
    }
    insta::assert_snapshot!(all.join("\n"), @r#"
    error: `colours`: what came is another file: SHA-256 925f05a00c7c317d7532cc9aebfdc355dad68f96776c47c168fa9f533409563c, where the catalogue says DIGEST; it was thrown away
      hint: its maker has published another version, or somebody stands between; look at https://example.org/colours
    error: `colours`: what came is another file: SHA-256 a3591eec8e3e3a3a024eb3f2b8eaa9b55256ea35ade36cf7bcab3b8bfe3155b7, where the catalogue says DIGEST; it was thrown away
      hint: its maker has published another version, or somebody stands between; look at https://example.org/colours
    error: `colours`: http://SERVER/gone/colours.onnx: answers 404
      hint: its maker has moved or withdrawn it; look at its page, and use `lookout models add`
    error: `colours`: http://SERVER/forbidden/colours.onnx: answers 403
      hint: its maker does not give it to everybody; download it yourself and use `lookout models add`
    error: `colours`: http://SERVER/broken/colours.onnx: answers 503
      hint: try again later
    error: `colours`: http://SERVER/cut/colours.onnx: the connection ended after HALF of ALL bytes
      hint: try again
    error: `colours`: http://SERVER/large/colours.onnx: is 300000 bytes, more than the ALL bytes that are expected at most
      hint: is it still the same file? Nothing was kept
    error: `colours`: http://SERVER/large-chunked/colours.onnx: is more than the ALL bytes that are expected at most
      hint: is it still the same file? Nothing was kept
    error: `colours`: http://SERVER/away/colours.onnx: redirects to http://example.org/a, away from https; nothing was fetched
    error: `colours`: http://SERVER/file/colours.onnx: redirects to file:///etc/passwd, away from https; nothing was fetched
    error: `colours`: http://SERVER/circle/colours.onnx: redirects more than 5 times
    error: `colours`: http://SERVER/silence/colours.onnx: not finished within 2 s
      hint: try again, with --timeout for a slow line
    "#);
}

#[test]
fn what_must_not_be_fetched_is_refused_before_anybody_is_asked() {
    let server = server();
    let mut all = Vec::new();
    let mut refused = |url: &str, digest: Option<&str>, more: &[&str]| {
        let folder = place();
        catalogue(&folder, url, digest, "");
        let before = everything_in(folder.path());
        let output = fetch(&folder, more);
        assert_eq!(output.status.code(), Some(2), "{}", seen(&folder, &output));
        assert_eq!(everything_in(folder.path()), before);
        let text = seen(&folder, &output);
        all.push(text.lines().skip_while(|line| !line.starts_with("error")).collect::<Vec<_>>().join("\n"));
    };
    let (url, digest) = (server.url("/v1/colours.onnx"), sha256(&network()));
    refused(&url, None, &[]);
    refused(&url, Some("beef"), &[]);
    refused(&url, Some(&digest), &["--name", "old"]);
    refused("http://example.org/colours.onnx", Some(&digest), &[]);
    refused("https://me:secret@example.org/colours.onnx", Some(&digest), &[]);
    refused("https://example.org/models/", Some(&digest), &[]);
    let folder = place();
    let output = lookout(&folder, &["models", "fetch", "street-giant"]);
    all.push(seen(&folder, &output));
    assert_eq!(server.requests(), 0);
    insta::assert_snapshot!(all.join("\n"), @r#"
    error: `colours` has no pinned digest, so nothing is fetched
      hint: download it yourself from https://example.org/colours and use `lookout models add`
    error: `colours`: its `sha256` is not 64 hexadecimal digits
    error: DIR/manifest.toml describes a model `old` already
      hint: --name gives this one another name, --manifest another home
    error: `colours`: http://example.org/colours.onnx: only https addresses are fetched (http from this machine itself)
      hint: download it yourself and use `lookout models add`
    error: `colours`: https://example.org/colours.onnx: the address holds a user name or password, which does not belong into a catalogue
    error: `colours`: its address does not end in a file's name

    --- 2
    error: Lookout's catalogue has no model `street-giant`
      hint: it has `yolox-nano`, `yolox-tiny`, `yolox-s`, `yunet-2023mar`
    "#);
}

#[test]
fn a_file_that_somebody_put_there_is_never_overwritten_and_a_model_that_does_not_work_is_not_kept() {
    let (folder, server) = (place(), server());
    catalogue(&folder, &server.url("/v1/colours.onnx"), Some(&sha256(&network())), "");
    let theirs = folder.path().join("colours.onnx");
    fs::write(&theirs, "theirs").unwrap();
    let output = fetch(&folder, &[]);
    assert!(
        seen(&folder, &output).contains("DIR/colours.onnx is there already and is another file"),
        "{}",
        seen(&folder, &output)
    );
    assert_eq!((fs::read(&theirs).unwrap(), server.requests()), (b"theirs".to_vec(), 0));
    // The right bytes, described as something else: nothing stays.
    fs::remove_file(&theirs).unwrap();
    let text = fs::read_to_string(folder.path().join("public.toml")).unwrap();
    fs::write(folder.path().join("public.toml"), text.replace("\"fire\"", "\"fire\", \"smoke\"")).unwrap();
    let before = everything_in(folder.path());
    let output = fetch(&folder, &[]);
    assert!(
        seen(&folder, &output).contains("it tells 3 classes apart, but 4 are named"),
        "{}",
        seen(&folder, &output)
    );
    assert_eq!(everything_in(folder.path()), before);
}

#[test]
fn the_catalogue_is_listed_with_licences_and_makers() {
    let folder = place();
    let output = lookout(&folder, &["models", "fetch"]);
    insta::assert_snapshot!(seen(&folder, &output), @r#"
    yolox-nano: people, two-wheelers, cars, buses, trucks; COCO, 416x416, the smallest of its family
        Apache-2.0; Megvii; https://github.com/Megvii-BaseDetection/YOLOX
    yolox-tiny: the same, 416x416, about six times the work of nano
        Apache-2.0; Megvii; https://github.com/Megvii-BaseDetection/YOLOX
    yolox-s: the same, 640x640, about twenty-five times the work of nano
        Apache-2.0; Megvii; https://github.com/Megvii-BaseDetection/YOLOX
    yunet-2023mar: faces, to be counted and blurred; 640x640
        MIT; Shiqi Yu and others, published by OpenCV Zoo; https://github.com/opencv/opencv_zoo/tree/main/models/face_detection_yunet
    --- 0
    "#);
}

// ---- public weights

/// Frame 240 of the rendered clip, of which the truth is known.
fn things_in_the_test_picture(class: &str, highest_at_least: f32) -> Vec<BBox> {
    let text = fs::read_to_string(in_repository("tests/scenes/lane-day.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&text).unwrap();
    let boxes = truth["frames"][240]["boxes"].as_array().unwrap();
    let edges = |thing: &serde_json::Value| [0, 1, 2, 3].map(|i| thing["box"][i].as_f64().unwrap() as f32);
    boxes
        .iter()
        .filter(|thing| thing["class"] == class && thing["visible"].as_f64().unwrap() > 0.8)
        .map(edges)
        .filter(|[_, y0, _, y1]| y1 - y0 >= highest_at_least)
        .map(|[x0, y0, x1, y1]| BBox { x0, y0, x1, y1 })
        .collect()
}

#[test]
#[ignore = "needs ../shared: public weights"]
fn public_weights_are_added_with_one_command_and_find_what_is_in_the_picture() {
    let shared = clip_frames::shared().expect("public weights");
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("manifest.toml");
    let add = |file: &str, arguments: &[&str]| {
        let file = shared.join("models").join(file);
        let mut all = vec!["models", "add", file.to_str().unwrap(), "--manifest", manifest.to_str().unwrap()];
        all.extend(arguments);
        let output = lookout_in(folder.path(), &all).output().unwrap();
        assert!(output.status.success(), "{}", seen(&folder, &output));
    };
    add("yolox_nano_416.onnx", &["--head", "yolox", "--classes", "coco"]);
    add("nanodet_m_416.onnx", &["--head", "nanodet", "--classes", "coco"]);
    add("scrfd_2.5g_kps.onnx", &["--head", "scrfd"]);
    add("yunet_n_640.onnx", &["--head", "yunet"]);
    add("yunet_n_dynamic.onnx", &["--head", "yunet"]);
    let picture = in_repository("models/test-picture.jpg");
    let mut persons = things_in_the_test_picture("person", 0.25);
    persons.extend(things_in_the_test_picture("car", 0.2));
    assert_eq!(persons.len(), 6, "five people in front and a car");
    for model in ["yolox_nano_416", "nanodet_m_416"] {
        let arguments =
            ["detect", picture.to_str().unwrap(), "--model", model, "--manifest", manifest.to_str().unwrap()];
        let output = lookout_in(folder.path(), &arguments).output().unwrap();
        let found: Vec<BBox> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter(|found| found["class"] == "person" || found["class"] == "car")
            .map(|found| [0, 1, 2, 3].map(|i| found["box"][i].as_f64().unwrap() as f32))
            .map(|[x0, y0, x1, y1]| BBox { x0, y0, x1, y1 })
            .collect();
        let missed = persons.iter().filter(|thing| !found.iter().any(|f| f.iou(thing) >= 0.5)).count();
        assert!(missed <= 1, "{model} missed {missed} of six: {found:?}");
    }
}

/// The luma of a picture as a decoder's, row by row without padding.
fn luma_of(frame: &lookout::frame::Picture) -> Vec<u8> {
    let format = frame.format();
    let rows = frame.plane(0).chunks(format.strides[0]).take(format.height);
    rows.flat_map(|row| &row[..format.width]).copied().collect()
}

#[test]
fn the_built_in_picture_is_the_frame_whose_truth_is_known() {
    let picture = image::open(in_repository("models/test-picture.jpg")).unwrap().into_luma8();
    let difference = |frame: &lookout::frame::Picture| -> u64 {
        // The decoder's luma is 16..235, the picture's 0..255.
        let full = |luma: u8| (f32::from(luma) - 16.0) * 255.0 / 219.0;
        let pairs = luma_of(frame).into_iter().zip(picture.pixels());
        pairs.map(|(luma, pixel)| (full(luma) - f32::from(pixel.0[0])).abs() as u64).sum()
    };
    let frames = clip_frames::first_frames(&in_repository("tests/scenes/lane-day.mp4"), 251);
    let nearest = (230..251).min_by_key(|number| difference(&frames[*number])).unwrap();
    assert_eq!(nearest, 240);
}
