//! `benches/accuracy` counts what it should, and says in words what it is given wrong. A script stands in for the
//! program: what it finds and tells is known by heart, so what the tables must say is, too.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use lookout::config::document::DEFAULT_MODEL;
use serde_json::{Value, json};

/// Finds every person and of the cars one, tells a scuffle in every fight and a fall in an ordinary moment.
const STAND_IN: &str = r#"#!/bin/sh
for last in "$@"; do case $last in */manifest.toml | */public-models.toml) manifest=$last ;; esac; done
alert() { echo '{"data":{"phase":"new","kind":"'"$1"'","started_at":"2026-01-07T00:00:20.5Z","why":{"rule":"'"$2"'"}}}'; }
case "$1 $2" in
  "models list") sed -n 's/^name = "\(.*\)"/{"name":"\1","file":"\1.onnx","classes":["person","face","car","fire","smoke"]}/p' "$manifest" ;;
  "models verify")
    sed -n 's/^name = "\(.*\)"/\1/p' "$manifest" | while read -r name; do
      if [ "$name" = "$REFUSED" ]; then echo '{"name":"'"$name"'","ok":false,"error":"it is another file"}'
      else echo '{"name":"'"$name"'","ok":true}'; fi
    done ;;
  detect*)
    for file in "$@"; do case $file in *.jpg)
      echo '{"file":"'"$file"'","class":"person","score":0.9,"box":[0.1,0.1,0.3,0.5]}'
      case $file in */p0.jpg) echo '{"file":"'"$file"'","class":"car","score":0.8,"box":[0.5,0.5,0.9,0.9]}' ;; esac ;;
    esac; done ;;
  replay*)
    case $last in
      */fight/*) alert scuffle scuffle ;;
      */nofi001.mp4) alert fallen fallen ;;
      */lane-day.mp4) alert crowd people-gather; alert intrusion somebody-in-the-yard ;;
    esac
    echo "$last: frames looked at: 50; 1 alerts, 0 of them still open at the end" >&2 ;;
esac
"#;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the benchmark is given: `--quick` takes two of the pictures of each folder and 14 of the clips.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        bench.write("lookout", STAND_IN);
        fs::set_permissions(bench.path("lookout"), fs::Permissions::from_mode(0o755)).unwrap();
        bench.write("shared/models/FastestDet.onnx", "");
        for folder in ["train", "train2"] {
            let mut labels = String::new();
            for number in 0..11 {
                let pool = if number == 0 { "near" } else { "far" };
                let label = json!({
                    "image": format!("p{number}.jpg"), "split": "val", "pool": pool, "fire_smoke_complete": false,
                    "boxes": [
                        {"box": [0.1, 0.1, 0.3, 0.5], "class": "person", "score": 1.0, "by": "person"},
                        {"box": [0.5, 0.5, 0.9, 0.9], "class": "car", "score": 0.6, "by": "model"},
                    ],
                });
                labels.push_str(&format!("{label}\n"));
                bench.write(&format!("shared/{folder}/images/p{number}.jpg"), "");
            }
            bench.write(&format!("shared/{folder}/labels.jsonl"), &labels);
        }
        for truth in ["fights", "ordinary", "quiet", "fire"] {
            let text = fs::read_to_string(root().join(format!("tests/truth/{truth}.json"))).unwrap();
            for clip in serde_json::from_str::<Value>(&text).unwrap()["clips"].as_array().unwrap() {
                bench.write(&format!("shared/videos/{}", clip["file"].as_str().unwrap()), "");
            }
        }
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Exit code, tables and talk, where one model is refused.
    fn run(&self, refused: &str) -> (Option<i32>, String, String) {
        let output = Command::new("python3")
            .arg(root().join("benches/accuracy/run.py"))
            .args(["--quick", "--lookout"])
            .arg(self.path("lookout"))
            .arg("--shared")
            .arg(self.path("shared"))
            .arg("--out")
            .arg(self.path("out"))
            .env("REFUSED", refused)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .expect("python3, which deploy/setup.sh installs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// What is said where it cannot go on.
    fn refusal(&self, refused: &str) -> String {
        let (code, out, err) = self.run(refused);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
        assert!(!err.contains("Traceback"), "{err}");
        err
    }
}

#[test]
fn the_tables_and_pictures_say_what_was_found_and_reported() {
    let bench = Bench::new();
    let (code, out, err) = bench.run("nanodet_m_416");
    assert_eq!(code, Some(0), "{err}");
    for wanted in [
        // person, face, two_wheeler, car, bus, truck, fire, smoke: both people, one of two cars, and nothing else is labelled.
        format!("| {DEFAULT_MODEL} | 1.000 | - | - | 0.500 | - | - | - | - |\n"),
        // The cars were labelled by models.
        format!("| {DEFAULT_MODEL} | 1.000 | - | - | - | - | - | - | - |\n"),
        format!("| far (1) | {DEFAULT_MODEL} | 1.000 | - | - | 0.000 | - | - | - | - |\n"),
        format!("| near (1) | {DEFAULT_MODEL} | 1.000 | - | - | 1.000 | - | - | - | - |\n"),
        // Of 14 clips of ten seconds six are fights, in one of which somebody falls; an ordinary one is taken for a fall.
        format!("| {DEFAULT_MODEL} | scuffle | 6 | 6 | 1.000 | 0 | 0.022 | 0.0 |\n"),
        format!("| {DEFAULT_MODEL} | fallen | 0 | 1 | 0.000 | 1 | 0.036 | 27.7 |\n"),
        format!("| {DEFAULT_MODEL} | fire | 0 | 1 | 0.000 | 0 | 0.036 | 0.0 |\n"),
        // Four gather from second 19.7 on; the yard is entered at 13.0, so an alert that begins at 20.5 is none of it.
        format!("| {DEFAULT_MODEL} | crowd | 1 | 1 | 0 | 10 |\n"),
        format!("| {DEFAULT_MODEL} | present | 0 | 1 | 1 | 10 |\n"),
        "left out: nanodet_m_416: it is another file\n".to_owned(),
        "left out: FastestDet: tests/data/detector/public-models.toml does not describe it\n".to_owned(),
    ] {
        assert!(out.contains(&wanted), "there is no {wanted}\n{out}");
    }
    assert!(!out.contains("| nanodet_m_416 |"), "{out}");
    let picture = |name: &str| fs::read_to_string(bench.path("out").join(name)).unwrap();
    let (curves, events) = (picture("precision-recall.svg"), picture("events.svg"));
    for (svg, wanted) in [(&curves, "person (4 labels)"), (&events, "scuffle (6 of 14 clips)")] {
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.contains(wanted), "{svg}");
        assert!(svg.contains(DEFAULT_MODEL), "{svg}");
    }
    // Ours and the public one beside it, person and car.
    assert_eq!(curves.matches("<polyline").count(), 4, "{curves}");
}

#[test]
fn what_is_missing_or_wrong_is_named_before_anything_is_measured() {
    let bench = Bench::new();
    assert!(bench.refusal(DEFAULT_MODEL).contains("a model of ours does not work:\nit is another file"));

    fs::remove_file(bench.path("shared/videos/fight/fi001.mp4")).unwrap();
    let said = bench.refusal("");
    assert!(said.contains("1 of 14 clips are missing: ") && said.contains("fight/fi001.mp4"), "{said}");
    assert!(said.contains("hint: LOOKOUT_SHARED="), "{said}");

    fs::remove_file(bench.path("shared/train/images/p10.jpg")).unwrap();
    let said = bench.refusal("");
    assert!(said.contains("1 of 2 pictures are missing: ") && said.contains("p10.jpg"), "{said}");

    let labels = fs::read_to_string(bench.path("shared/train/labels.jsonl")).unwrap();
    for (second, why) in
        [("{\"image\":", "Expecting value"), ("{\"image\": \"a.jpg\"}", "'split' is missing"), ("7", "int")]
    {
        let (first, rest) = labels.split_once('\n').unwrap();
        bench.write("shared/train/labels.jsonl", &format!("{first}\n{second}\n{rest}"));
        let said = bench.refusal("");
        let wanted = "train/labels.jsonl:2: this is no label of a picture: ";
        assert!(said.contains(wanted) && said.contains(why), "{said}");
    }

    bench.write("shared/train/labels.jsonl", "");
    assert!(bench.refusal("").contains("train/labels.jsonl has no picture of the split `val`"));
    fs::remove_file(bench.path("shared/train/labels.jsonl")).unwrap();
    assert!(bench.refusal("").contains("train/labels.jsonl cannot be read: No such file or directory"));

    fs::remove_file(bench.path("lookout")).unwrap();
    bench.write("shared/train/labels.jsonl", &labels);
    bench.write("shared/train/images/p10.jpg", "");
    bench.write("shared/videos/fight/fi001.mp4", "");
    assert!(bench.refusal("").contains("cannot be run: "));
}
