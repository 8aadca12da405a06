//! `lookout replay` and `lookout compare` as an operator runs them on the bundled clip: whose time it is, which rules could
//! say nothing, what is drawn, and what another configuration would have told.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use lookout::frame::Picture;
use lookout::video::{FileOptions, read_file};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::daemon::write_config;
use crate::support::recordings::{ffmpeg, lane, of_lane};
use crate::support::site::{bundled_models, presence};

const CAMERA: &str = "url = \"rtsp://127.0.0.1/not-asked\"";

fn lookout<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(arguments).env("LC_ALL", "C").env("LOOKOUT_MODELS", bundled_models());
    command.stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The configuration of the square, as it is or changed, under a name of its own.
fn configuration(folder: &Path, name: &str, change: impl Fn(String) -> String) -> PathBuf {
    let of_its_own = folder.join(name);
    fs::create_dir_all(&of_its_own).unwrap();
    write_config(&of_its_own, &change(presence(folder, CAMERA, "url = \"mqtt://127.0.0.1:9\"")))
}

/// Six seconds of the clip; somebody is on the square from a second and a half on.
fn somebody_comes(folder: &Path) -> PathBuf {
    let (lane, name) = (lane(), "comes.mp4");
    ffmpeg(
        folder,
        &["-ss", "12", "-i", lane.to_str().unwrap(), "-t", "6", "-c:v", "libx264", "-crf", "16", name],
    );
    folder.join(name)
}

fn replay(video: &Path, config: &Path, more: &[&str]) -> Output {
    let known = [OsStr::new("replay"), video.as_os_str(), OsStr::new("--config"), config.as_os_str()];
    lookout(known.into_iter().chain(more.iter().map(OsStr::new)))
}

#[test]
fn a_rule_that_could_say_nothing_is_named_and_so_is_whose_time_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let clip = of_lane(folder, "short.mp4", "1", &["-c:v", "copy"]);
    let rules = r#"
[[rule]]
id = "at-night"
cameras = ["cam-01"]
schedule = "daily 22:00-06:00"
present = { zone = "square", classes = ["person"], for_secs = 0.2 }

[[rule]]
id = "parked"
cameras = ["cam-01"]
parked = { zone = "square", for_secs = 120 }
"#;
    let config = configuration(folder, "night", |text| text + rules);

    let assumed = text(&replay(&clip, &config, &[]).stderr);
    assert!(
        assumed.contains("is taken for one that began at 2026-01-07 08:00:00 (Asia/Shanghai)"),
        "{assumed}"
    );
    assert!(assumed.contains("the rule `at-night` was never in force"), "{assumed}");
    assert!(assumed.contains("hint: say when it really began: --start 2026-01-07T22:00"), "{assumed}");
    assert!(
        assumed.contains("the rule `parked` could never decide: its condition must last 120 s"),
        "{assumed}"
    );

    // On the clock of the site.
    let given = replay(&clip, &config, &["--start", "2026-11-28 23:20"]);
    let said = text(&given.stderr);
    assert!(said.contains("began at 2026-11-28 23:20:00 (Asia/Shanghai), as --start says"), "{said}");
    assert!(!said.contains("`at-night`"), "{said}");

    // What the file says counts where nobody says otherwise.
    let dated = of_lane(
        folder,
        "dated.mp4",
        "1",
        &["-c:v", "copy", "-metadata", "creation_time=2026-11-28T15:20:00Z"],
    );
    let said = text(&replay(&dated, &config, &[]).stderr);
    assert!(said.contains("began at 2026-11-28 23:20:00 (Asia/Shanghai), as the file itself says"), "{said}");
    assert!(!said.contains("`at-night`"), "{said}");
    let said = text(&replay(&dated, &config, &["--start", "2026-11-28 08:00", "--language", "zh-CN"]).stderr);
    assert!(said.contains("录像从 2026-11-28 08:00:00 开始（Asia/Shanghai），以 --start 为准"), "{said}");
    assert!(said.contains("规则 `at-night` 始终没有生效"), "{said}");
    // A clock that was never set says nothing.
    let unset = of_lane(
        folder,
        "unset.mp4",
        "1",
        &["-c:v", "copy", "-metadata", "creation_time=1970-01-01T00:01:00Z"],
    );
    let said = text(&replay(&unset, &config, &[]).stderr);
    assert!(said.contains("is taken for one that began at"), "{said}");
}

#[test]
fn a_camera_that_no_rule_watches_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let clip = of_lane(folder.path(), "short.mp4", "1", &["-c:v", "copy"]);
    let config =
        configuration(folder.path(), "none", |text| text[..text.find("[[rule]]").unwrap()].to_owned());
    let said = text(&replay(&clip, &config, &[]).stderr);
    assert!(said.contains("no rule watches the camera `cam-01`"), "{said}");
    assert!(said.contains("hint: name it in a rule: cameras = [\"cam-01\"]"), "{said}");
}

/// Mean difference of neighbours in a row, within a part of the picture: left, top, right, bottom in pixels.
fn roughness(picture: &Picture, [left, top, right, bottom]: [usize; 4]) -> f64 {
    let (mut sum, mut count) = (0, 0);
    for y in top..bottom {
        let row = &picture.plane(0)[y * picture.format().strides[0]..];
        for x in left..right {
            sum += u64::from(row[x].abs_diff(row[x + 1]));
            count += 1;
        }
    }
    sum as f64 / f64::from(count)
}

#[test]
fn what_is_drawn_is_as_long_as_the_recording_and_shows_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Somebody walks in front, close to the camera.
    let clip = of_lane(folder, "walker.mp4", "2", &["-c:v", "libx264", "-crf", "16"]);
    let (config, drawn) = (configuration(folder, "draw", |text| text), folder.join("drawn.mp4"));
    let output = replay(&clip, &config, &["--draw", drawn.to_str().unwrap()]);
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("people made unrecognisable as in evidence"), "{said}");
    assert!(said.contains("10 of 10 pictures are coarse everywhere"), "{said}");
    let around = text(&output.stderr);
    assert!(!around.contains("OpenH264"), "{around}");

    let mut frames = read_file(&drawn, FileOptions::default()).unwrap();
    let mut original = read_file(&clip, FileOptions::default()).unwrap();
    let (_, before) = original.next_frame().unwrap().unwrap();
    let mut count: u32 = 0;
    let mut first = None;
    while let Some((at, picture)) = frames.next_frame().unwrap() {
        // A picture is looked at when it is due, and the recording has one every tenth of a second.
        let due = Duration::from_millis(200) * count;
        assert!(at.abs_diff(due) <= Duration::from_millis(105), "{at:?}, due {due:?}");
        count += 1;
        first.get_or_insert(picture);
    }
    assert_eq!(count, 10, "a picture for every look");
    let length = frames.duration().unwrap();
    // The last picture is shown for as long as the one before it.
    assert!(length.abs_diff(Duration::from_secs(2)) <= Duration::from_millis(200), "{length:?}");

    // Large enough for its letters, with the state of the rules below.
    let first = first.unwrap();
    let (width, height) = (first.format().width, first.format().height);
    assert!(width == 960 && height > 540, "{width} x {height}");
    // Head and shoulders of who walks there (tests/scenes/lane-day.json), within the frame that is drawn around them.
    let part = [566, 226, 590, 262];
    let (drawn, before) = (roughness(&first, part.map(|at| at * 3 / 2)), roughness(&before, part));
    assert!(drawn < 0.6 * before, "{drawn} where it was {before}");
}

#[test]
fn who_ends_a_drawing_has_it_up_to_there_and_nothing_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let clip = somebody_comes(folder);
    let (config, drawn) = (configuration(folder, "draw", |text| text), folder.join("drawn.mp4"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.arg("replay").arg(&clip).arg("--config").arg(&config).arg("--draw").arg(&drawn);
    command.env("LC_ALL", "C").env("LOOKOUT_MODELS", bundled_models());
    let mut running =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // With its first alert it has begun to draw.
    let mut alerts = BufReader::new(running.stdout.take().unwrap()).lines();
    alerts.next().unwrap().unwrap();
    assert!(folder.join("drawn.mp4.part").exists());
    kill_process(Pid::from_child(&running), Signal::TERM).unwrap();
    alerts.for_each(drop);
    assert!(running.wait().unwrap().success());
    assert!(drawn.exists() && !folder.join("drawn.mp4.part").exists());
}

#[test]
fn what_cannot_be_drawn_is_said_before_the_work_with_what_to_try() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let clip = of_lane(folder, "short.mp4", "1", &["-c:v", "copy"]);
    let config = configuration(folder, "draw", |text| text);
    let before = fs::read(&clip).unwrap();
    for (name, what) in [
        ("drawn.gif", "is the name of no mp4 file\n  hint: name a file that ends in .mp4"),
        ("gone/drawn.mp4", "cannot be written: there is no such folder\n  hint: "),
        ("short.mp4", "is the recording itself\n  hint: "),
    ] {
        let output = replay(&clip, &config, &["--draw", folder.join(name).to_str().unwrap()]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(what), "{said}");
    }
    assert_eq!(fs::read(&clip).unwrap(), before);
    let off = configuration(folder, "off", |text| text.replace("[evidence]", "[evidence]\nenabled = false"));
    let said = text(&replay(&clip, &off, &["--draw", folder.join("a.mp4").to_str().unwrap()]).stderr);
    assert!(said.contains("pictures are switched off"), "{said}");
    // A recording that cannot be read to its end leaves no half of a video.
    fs::write(folder.join("text.mp4"), "no video at all").unwrap();
    let output =
        replay(&folder.join("text.mp4"), &config, &["--draw", folder.join("a.mp4").to_str().unwrap()]);
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("\n  hint: "), "{said}");
    assert!(!folder.join("a.mp4").exists() && !folder.join("a.mp4.part").exists());
}

#[test]
fn another_threshold_is_compared_with_the_one_that_is_and_the_alert_that_disappears_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let clip = somebody_comes(folder);
    let old = configuration(folder, "old", |text| text);
    let new = configuration(folder, "new", |text| {
        text.replace("analysis_fps = 5", "analysis_fps = 5\nthresholds = { person = 0.99 }")
    });
    let html = folder.join("report.html");
    let compare = |more: &[&str]| {
        let known = [OsStr::new("compare"), old.as_os_str(), new.as_os_str(), clip.as_os_str()];
        lookout(known.into_iter().chain(more.iter().map(OsStr::new)))
    };
    let output = compare(&["--json", "--html", html.to_str().unwrap()]);
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    let compared: Value = serde_json::from_slice(&output.stdout).unwrap();
    let differences = compared["differences"].as_array().unwrap();
    assert_eq!(differences.len(), 1, "{compared}");
    assert_eq!(differences[0]["outcome"], "disappeared", "{compared}");
    assert_eq!(differences[0]["before"]["rule"], "somebody-there", "{compared}");
    assert!(differences[0]["reasons"][0].to_string().contains("0.99"), "{compared}");
    let page = fs::read_to_string(&html).unwrap();
    assert!(page.contains("somebody-there") && !page.contains("<script"), "{}", page.len());

    let words = text(&compare(&["--start", "2026-11-28 18:20"]).stdout);
    assert!(words.contains("somebody-there") && words.contains("does not come any more"), "{words}");
    assert!(words.contains("2026-11-28 18:20"), "{words}");

    // The other way round, and with itself.
    let same = lookout([OsStr::new("compare"), old.as_os_str(), old.as_os_str(), clip.as_os_str()]);
    assert!(!text(&same.stdout).contains("does not come any more"), "{}", text(&same.stdout));
}

#[test]
fn what_cannot_be_compared_is_said_with_what_to_try() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let clip = of_lane(folder, "short.mp4", "1", &["-c:v", "copy"]);
    let old = configuration(folder, "old", |text| text);
    let other = configuration(folder, "other", |text| text.replace("cam-01", "cam-02"));
    let gone = folder.join("gone.mp4");
    let report = folder.join("gone/report.html");
    let words = |path: &Path| path.as_os_str().to_owned();
    for (arguments, what) in [
        (vec![words(&old), words(&old), words(&gone)], "cannot be read: there is no such file\n  hint: "),
        (vec![words(&old), words(&other), words(&clip)], "have no camera in common\n  hint: "),
        (
            vec![words(&old), words(&old), words(&clip), "--camera".into(), "x".into()],
            "has no camera `x`\n  hint: ",
        ),
        (
            vec![words(&old), words(&old), words(&clip), "--html".into(), words(&report)],
            "cannot be written: there is no such folder\n  hint: ",
        ),
    ] {
        let output = lookout(std::iter::once("compare".into()).chain(arguments));
        let said = text(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty(), "{said}");
        assert!(said.contains(what), "{said}");
    }
}
