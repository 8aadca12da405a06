//! The daemon before a camera of which only keyframes are decoded until somebody comes: the events are reported, and soon.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use lookout::analysis::time::Timestamp;
use lookout::video::{Auth, Mount, Play, RtspServer};
use support::clips::shared;
use support::daemon::{Daemon, write_config};
use support::listener::{Listener, Received};
use support::mosquitto::Mosquitto;
use support::site::one_camera;

/// A keyframe comes every two seconds; what it shows leads to a look back at the two seconds before it. The rest is
/// room for a machine that does other work.
const SOON_SECS: f64 = 10.0;

/// Somebody comes after five seconds, stands, and leaves to the right after nineteen; then the room is empty for nine.
fn visit(folder: &Path) -> std::path::PathBuf {
    let clip = folder.join("visit.mp4");
    let done = Command::new("ffmpeg")
        .args(["-v", "error", "-ss", "0", "-t", "22", "-i"])
        .arg(shared().join("videos/people-one-by-one.mp4"))
        .args(["-vf", "fps=15,scale=640:360,tpad=stop_mode=clone:stop_duration=6"])
        .args([
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-g",
            "30",
            "-keyint_min",
            "30",
            "-sc_threshold",
            "0",
            "-bf",
            "0",
        ])
        .args(["-pix_fmt", "yuv420p"])
        .arg(&clip)
        .status()
        .unwrap();
    assert!(done.success());
    clip
}

const RULES: &str = r#"
[[camera.line]]
id = "door"
points = [[0.82, 1.0], [0.82, 0.0]]
[[rule]]
id = "stays"
cameras = ["cam-01"]
signal = "loitering"
level = "blue"
cooldown_secs = 0
hold_secs = 2
dwell = { zone = "room", classes = ["person"], for_secs = 5 }
[[rule]]
id = "leaves"
cameras = ["cam-01"]
signal = "line_crossed"
level = "blue"
cooldown_secs = 0
hold_secs = 2
line = { line = "door", classes = ["person"], direction = "both" }
"#;

fn is_new(received: &Received) -> bool {
    received.topic.ends_with("up/alert") && received.json()["data"]["phase"] == "new"
}

#[test]
#[ignore = "needs ../shared: clips"]
fn who_comes_stays_and_leaves_is_reported_soon_although_only_keyframes_are_decoded_before() {
    let folder = tempfile::tempdir().unwrap();
    let play = Play::File { path: visit(folder.path()), repeat: true, from: 0.0 };
    let server = RtspServer::start(0, vec![Mount { path: "/room".into(), play, auth: Auth::None }]).unwrap();
    let broker = Mosquitto::start();
    let listener = Listener::start(broker.port(), "lookout/#");
    let camera = format!("url = \"rtsp://127.0.0.1:{}/room\"\npolicy = \"auto\"", server.port());
    let mqtt = format!("url = \"mqtt://127.0.0.1:{}\"", broker.port());
    let config = write_config(folder.path(), &one_camera(folder.path(), &camera, &mqtt, RULES));
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml");
    let daemon = Daemon::start(&config, &manifest);
    let mut published: Vec<(String, f64)> = Vec::new();
    // Two visits, of which the first may have begun before the daemon did.
    while published.iter().filter(|(kind, _)| kind == "line_crossed").count() < 2 {
        let received = listener.wait_for("the next alert", |received| {
            received.iter().filter(|h| is_new(h)).count() > published.len()
        });
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
        for alert in received.iter().filter(|h| is_new(h)).skip(published.len()) {
            let data = &alert.json()["data"];
            let seen: Timestamp = data["last_seen_at"].as_str().unwrap().parse().unwrap();
            published.push((
                data["kind"].as_str().unwrap().to_owned(),
                now - seen.as_millisecond() as f64 / 1000.0,
            ));
        }
    }
    assert!(published.iter().any(|(kind, _)| kind == "loitering"), "{published:.1?}");
    assert!(
        published.iter().all(|(_, after)| *after < SOON_SECS),
        "told so long after it was seen: {published:.1?}"
    );
    let health = listener.wait_one("a health report", |h| {
        let camera = &h.json()["data"]["cameras"][0];
        h.topic.ends_with("up/health") && camera["dropped"]["asleep"].as_u64() > Some(100)
    });
    let camera = &health.json()["data"]["cameras"][0];
    assert!(camera["fps_in"].as_f64() > camera["fps_decoded"].as_f64(), "{camera}");
    drop(daemon);
}
