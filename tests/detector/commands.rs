//! `lookout detect` and `lookout models` as somebody types them, with a tiny network of our own that sees
//! colours. Needs ONNX Runtime, which `deploy/setup.sh` installs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::{Rgb, RgbImage};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A folder with a manifest, a good model and one whose file is damaged.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let network = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/detector/colours.onnx");
    let bytes = std::fs::read(network).expect("the fixture");
    let sha256: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    std::fs::write(folder.path().join("colours.onnx"), &bytes).expect("written");
    std::fs::write(folder.path().join("damaged.onnx"), &bytes[1..]).expect("written");
    let model = |name: &str| {
        format!(
            r#"
[[model]]
name = "{name}"
file = "{name}.onnx"
sha256 = "{sha256}"
licence = "Apache-2.0"
origin = "a test"
head = "yolov8"
classes = ["person", "car", "fire"]
input = {{ width = 64, height = 32, colour = "rgb", fit = "letterbox-top-left", pad = 0 }}
"#
        )
    };
    let manifest = ["colours", "damaged", "missing"].map(model).concat();
    std::fs::write(folder.path().join("manifest.toml"), manifest).expect("written");
    folder
}

/// A black picture with a red square in its upper left quarter and a green one lower down.
fn picture(file: PathBuf) -> PathBuf {
    let mut image = RgbImage::new(128, 64);
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        if x < 32 && y < 32 {
            *pixel = Rgb([255, 0, 0]);
        } else if (64..96).contains(&x) && y >= 32 {
            *pixel = Rgb([0, 200, 0]);
        }
    }
    image.save(&file).expect("written");
    file
}

fn lookout(folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lookout"))
        .args(arguments)
        .current_dir(folder.path())
        .env("LOOKOUT_MODELS", folder.path())
        .output()
        .expect("it starts")
}

/// What somebody at a terminal sees, with the exit code.
fn seen(folder: &TempDir, output: &Output) -> String {
    let text =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&folder.path().display().to_string(), "DIR");
    let code = output.status.code().expect("an exit code");
    format!("{}--- {code}\n{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn detect_prints_a_line_of_json_for_each_box_and_saves_a_picture_with_them() {
    let folder = folder();
    picture(folder.path().join("lane.png"));
    let output = lookout(&folder, &["detect", "lane.png", "--save", "out"]);
    insta::assert_snapshot!(seen(&folder, &output), @r#"
    {"file":"lane.png","class":"person","score":0.9963,"box":[0.0,0.0,0.25,0.5]}
    {"file":"lane.png","class":"car","score":0.7831,"box":[0.5,0.5,0.75,1.0]}
    --- 0
    "#);
    let pixels =
        |name: &str| image::open(folder.path().join(name)).expect("a picture").into_rgb8().into_raw();
    let (before, after) = (pixels("lane.png"), pixels("out/lane.png"));
    let drawn = before.iter().zip(&after).filter(|(a, b)| a != b).count();
    assert!(drawn > 100, "only {drawn} samples were changed");
}

#[test]
fn detect_takes_what_it_can_and_names_what_it_cannot() {
    let folder = folder();
    picture(folder.path().join("lane.png"));
    std::fs::write(folder.path().join("note.txt"), "no picture").expect("written");
    let output = lookout(&folder, &["detect", "gone.jpg", "note.txt", "lane.png", "--threshold", "0.9"]);
    insta::assert_snapshot!(seen(&folder, &output), @r#"
    {"file":"lane.png","class":"person","score":0.9963,"box":[0.0,0.0,0.25,0.5]}
    --- 1
    error: the picture gone.jpg cannot be read: there is no such file
      hint: check the name and the folder
    error: note.txt: is no picture that can be read: The image format could not be determined
    "#);
    let output = lookout(&folder, &["detect", "gone.jpg", "lane.png", "--threshold", "0.9"]);
    insta::assert_snapshot!(seen(&folder, &output), @r#"
    {"file":"lane.png","class":"person","score":0.9963,"box":[0.0,0.0,0.25,0.5]}
    --- 2
    error: the picture gone.jpg cannot be read: there is no such file
      hint: check the name and the folder
    "#);
}

#[test]
fn detect_with_a_model_that_nobody_described_tries_nothing() {
    let folder = folder();
    let output = lookout(&folder, &["detect", "lane.png", "--model", "street-nano"]);
    insta::assert_snapshot!(seen(&folder, &output), @r#"
    --- 2
    error: DIR/manifest.toml has no model `street-nano`
      hint: it has `colours`, `damaged`, `missing`
    "#);
}

#[test]
fn models_list_says_what_each_model_finds_and_whether_its_file_is_there() {
    let folder = folder();
    let output = lookout(&folder, &["models", "list"]);
    insta::assert_snapshot!(seen(&folder, &output), @r#"
    NAME     HEAD    INPUT  LICENCE     FILE     FINDS
    colours  yolov8  64x32  Apache-2.0  there    person car fire
    damaged  yolov8  64x32  Apache-2.0  there    person car fire
    missing  yolov8  64x32  Apache-2.0  missing  person car fire
    --- 0
    "#);
    let output = lookout(&folder, &["models", "list", "--json"]);
    insta::assert_snapshot!(seen(&folder, &output), @r#"
    {"name":"colours","head":"yolov8","input":[64,32],"classes":["person","car","fire"],"licence":"Apache-2.0","origin":"a test","file":"DIR/colours.onnx","present":true}
    {"name":"damaged","head":"yolov8","input":[64,32],"classes":["person","car","fire"],"licence":"Apache-2.0","origin":"a test","file":"DIR/damaged.onnx","present":true}
    {"name":"missing","head":"yolov8","input":[64,32],"classes":["person","car","fire"],"licence":"Apache-2.0","origin":"a test","file":"DIR/missing.onnx","present":false}
    --- 0
    "#);
}

/// The text after the first `before` up to the next `after`.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split(before).nth(1).and_then(|rest| rest.split(after).next()).expect("it is there")
}

#[test]
fn models_verify_runs_the_good_one_and_refuses_the_others() {
    let folder = folder();
    let output = lookout(&folder, &["models", "verify", "--json"]);
    let text = seen(&folder, &output);
    // How long a run takes is the machine's business; digests change with the fixture.
    let run_ms = between(&text, "\"run_ms\":", "}");
    assert!(run_ms.parse::<f64>().expect("milliseconds") > 0.0);
    let (another, described) = (between(&text, "SHA-256 is ", ","), between(&text, "manifest says ", "\\n"));
    let text = text.replace(run_ms, "MS").replace(another, "ANOTHER").replace(described, "DESCRIBED");
    insta::assert_snapshot!(text, @r#"
    {"name":"colours","ok":true,"provider":"cpu","run_ms":MS}
    {"name":"damaged","ok":false,"error":"model `damaged` (DIR/damaged.onnx): SHA-256 is ANOTHER, where the manifest says DESCRIBED\n  hint: the file is damaged, incomplete or another one; fetch it again"}
    {"name":"missing","ok":false,"error":"model `missing` (DIR/missing.onnx): cannot be read: there is no such file\n  hint: is the file where the manifest says?"}
    --- 1
    error: model `damaged` (DIR/damaged.onnx): SHA-256 is ANOTHER, where the manifest says DESCRIBED
      hint: the file is damaged, incomplete or another one; fetch it again
    error: model `missing` (DIR/missing.onnx): cannot be read: there is no such file
      hint: is the file where the manifest says?
    "#);
}

/// One camera with a rule, and no broker of our own.
fn site(detector: &str) -> String {
    format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\n[mqtt]\nurl = \"mqtt://127.0.0.1:9\"\n[outbox]\ndir = \"outbox\"\n\
         [evidence]\nenabled = false\n[detector]\nface_model = \"none\"\nproviders = [\"cpu\"]\n{detector}\n[[camera]]\n\
         id = \"cam-1\"\neye = \"village\"\nurl = \"rtsp://127.0.0.1:9/none\"\ngrid = \"53012700300102\"\n\
         [[camera.zone]]\nid = \"lane\"\npolygon = [[0, 0], [1, 0], [1, 1], [0, 1]]\n[[rule]]\nid = \"somebody\"\n\
         cameras = [\"cam-1\"]\nsignal = \"person_present\"\npresent = {{ zone = \"lane\", classes = [\"person\"], for_secs = 3 }}\n"
    )
}

/// What somebody has to mend in a file is told as `check` tells it, and is no failed attempt.
#[test]
fn run_and_check_end_alike_where_the_models_cannot_be_used() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("empty")).expect("made");
    std::fs::write(folder.path().join("no-toml"), "[[model\n").expect("written");
    std::fs::write(folder.path().join("wrong.toml"), "[[model]]\nname = \"colours\"\n").expect("written");
    for (models, model, runtime, published) in [
        ("gone", "colours", None, "gone cannot be read: there is no such file"),
        ("empty", "colours", None, "empty/manifest.toml cannot be read: there is no such file"),
        ("no-toml", "colours", None, "no-toml:"),
        ("wrong.toml", "colours", None, "wrong.toml:"),
        ("manifest.toml", "nope", None, "`nope`"),
        ("manifest.toml", "missing", None, "missing.onnx"),
        ("manifest.toml", "damaged", None, "SHA-256 is "),
        (
            "manifest.toml",
            "colours",
            Some("/nowhere/libonnxruntime.so"),
            "ONNX Runtime cannot be loaded from /nowhere/libonnxruntime.so",
        ),
    ] {
        let file = folder.path().join("site.toml");
        std::fs::write(&file, site(&format!("model = \"{model}\""))).expect("written");
        for arguments in [&["check", "site.toml"][..], &["run", "--config", "site.toml"]] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
            command.args(arguments).args(["--language", "en"]).current_dir(folder.path());
            command.env("LOOKOUT_MODELS", folder.path().join(models));
            command.env_remove("RUNTIME_DIRECTORY").env_remove("STATE_DIRECTORY");
            if let Some(library) = runtime {
                command.env("LOOKOUT_ORT_LIB", library);
            }
            let output = command.output().expect("it starts");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{models} {model} {arguments:?}: {said}");
            assert!(said.contains(published), "{models} {model} {arguments:?}: {said}");
        }
    }
}
