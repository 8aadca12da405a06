//! `lookout discover` as people and programs use it.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::support::onvif_camera::{OnvifCamera, Setup, Stream};

fn discover(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.arg("discover").args(arguments).env_remove("LC_ALL").env("LANG", "C.UTF-8").stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder with `password` in it, which holds that.
fn secret(content: &str) -> (tempfile::TempDir, String) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, content).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    (folder, file.display().to_string())
}

fn address(camera: &OnvifCamera) -> String {
    format!("127.0.0.1:{}", camera.port())
}

#[test]
fn all_cameras_are_listed_for_people_and_for_programs() {
    let camera = OnvifCamera::start(Setup::default());
    let output = discover(&["--seconds", "2"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(table.starts_with("address"), "{table}");
    let line =
        table.lines().find(|line| line.ends_with(&camera.service())).unwrap_or_else(|| panic!("{table}"));
    assert!(
        line.starts_with("127.0.0.1") && line.contains("Sim Gate & Lane") && line.contains("SIM-1"),
        "{table}"
    );

    let output = discover(&["--seconds", "2", "--language", "zh-CN"]);
    assert!(text(&output.stdout).starts_with("地址"), "{}", text(&output.stdout));

    let output = discover(&["--seconds", "2", "--json"]);
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cameras = read["cameras"].as_array().unwrap();
    let own = cameras.iter().find(|found| found["service"] == camera.service()).unwrap();
    assert_eq!((&own["name"], &own["model"]), (&"Sim Gate & Lane".into(), &"SIM-1".into()));
}

#[test]
fn one_camera_is_listed_with_what_to_write_into_the_configuration() {
    let camera = OnvifCamera::start(Setup::default());
    let (_folder, file) = secret("admin:p<ss&w0rd");
    let output = discover(&[&address(&camera), "--secret-file", &file]);
    let report = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for part in
        ["Simulated", "SubStream", "640 x 360", "1280 kbit/s", "100 pictures (4.0 s)", "to watch (url)"]
    {
        assert!(report.contains(part), "{part} is missing in:\n{report}");
    }
    assert!(!report.contains("w0rd") && !text(&output.stderr).contains("w0rd"), "{report}");
    let toml = report.split_once("[[camera]]").map(|(_, toml)| format!("[[camera]]{toml}")).unwrap();
    let read: toml::Table = toml.parse().unwrap_or_else(|error| panic!("{error}:\n{toml}"));
    let written = &read["camera"][0];
    assert_eq!(written["id"].as_str(), Some("cam-1"));
    assert_eq!(written["url"].as_str(), Some("rtsp://127.0.0.1:554/sub?a=1&b=2"));
    assert_eq!(written["url_main"].as_str(), Some("rtsp://127.0.0.1:554/main?a=1&b=2"));
    assert_eq!(written["secret"].as_str(), Some("cam-1"));
}

#[test]
fn the_keyframe_interval_is_set_by_the_command() {
    let streams =
        vec![Stream::new("main", "Main", (1920, 1080), 50), Stream::new("sub", "Sub", (704, 576), 250)];
    let camera = OnvifCamera::start(Setup { streams, ..Setup::default() });
    let (_folder, file) = secret("p<ss&w0rd");
    let who = [&address(&camera), "--user", "admin", "--secret-file", &file];
    let output = discover(&who);
    let report = text(&output.stdout);
    assert!(report.contains("sends a keyframe every 10 s") && report.contains("--keyframes 50"), "{report}");
    let output = discover(&[&who[..], &["--keyframes", "50", "--json"]].concat());
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    let view = &read["views"][0];
    assert_eq!((&view["watch"], &view["keyframes_got"]), (&"sub".into(), &50.into()), "{read}");
    assert_eq!(camera.keyframe_interval("sub"), 50);
    assert!(view["toml"].as_str().unwrap().contains("user = \"admin\""), "{read}");
}

#[test]
fn a_wrong_password_is_reported_in_both_languages_and_as_json() {
    let camera = OnvifCamera::start(Setup::default());
    let (_folder, file) = secret("admin:wrong-one");
    let at = address(&camera);
    let output = discover(&[&at, "--secret-file", &file]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("refuses the password of user `admin`") && said.contains("\n  hint: "), "{said}");
    assert!(!said.contains("wrong-one"), "{said}");
    let output = discover(&[&at, "--secret-file", &file, "--language", "zh-CN"]);
    let said = text(&output.stderr);
    assert!(said.contains("拒绝了用户 `admin` 的密码") && said.contains("\n  提示："), "{said}");
    let output = discover(&[&at, "--secret-file", &file, "--json"]);
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read["error"]["code"], "onvif.password_wrong", "{read}");
}

#[test]
fn what_is_no_address_is_refused_before_anything_is_asked() {
    for none in [
        "rtsp://127.0.0.1/x",
        "http://admin:pw@127.0.0.1/",
        "127.0.0.1:port",
        "a b",
        "999.1.1.1",
        "admin:hunter2@127.0.0.1",
    ] {
        let output = discover(&[none]);
        assert_eq!(output.status.code(), Some(2), "{none}");
        let said = text(&output.stderr);
        assert!(said.contains("\n  hint: ") && !said.contains("panicked"), "{none}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let output = discover(&["127.0.0.1:9", "--user", "admin"]);
    assert_eq!(output.status.code(), Some(2), "there is no terminal to ask on");
}
