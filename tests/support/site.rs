//! A whole site for end-to-end tests: models, configuration, folders.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use lookout::config::document::DEFAULT_MODEL;
#[cfg(feature = "demo")]
use lookout::video::{Auth, Mount, Play, RtspServer};

use super::clips::shared;

/// The models that come with Lookout.
pub fn bundled_models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml")
}

/// The clip that comes with Lookout: thirty seconds of a lane, ten pictures a second, a keyframe every two seconds. On its
/// square is nobody until second 13.5, and always somebody from then on (`tests/scenes/lane-day.json`).
pub fn lane_clip() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenes/lane-day.mp4")
}

/// The part of the clip at which a second and a half are left until somebody comes.
pub const BEFORE_SOMEBODY_COMES: f64 = 0.4;

/// A camera that plays the clip for ever at `/lane`; its first round begins at that part of it.
#[cfg(feature = "demo")]
pub fn lane_camera(port: u16, from: f64) -> RtspServer {
    let play = Play::File { path: lane_clip(), repeat: true, from };
    let mount = Mount { path: "/lane".to_owned(), play, auth: Auth::None };
    RtspServer::start(port, vec![mount]).expect("the RTSP server starts")
}

/// The line of a configuration that names such a camera.
#[cfg(feature = "demo")]
pub fn lane_url(camera: &RtspServer) -> String {
    format!("url = \"rtsp://127.0.0.1:{}/lane\"", camera.port())
}

/// A manifest of the public weights beside links to them, so that the program finds them as a user's would.
pub fn public_models(folder: &Path) -> PathBuf {
    let models = folder.join("models");
    fs::create_dir_all(&models).expect("a folder");
    for entry in fs::read_dir(shared().join("models")).expect("the public weights").flatten() {
        if entry.path().extension().is_some_and(|e| e == "onnx") {
            symlink(entry.path(), models.join(entry.file_name())).expect("a link");
        }
    }
    let manifest = models.join("manifest.toml");
    let described = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/detector/public-models.toml");
    fs::copy(described, &manifest).expect("the manifest is copied");
    manifest
}

/// A configuration of one camera `cam-01` whose rule tells when somebody is on the square of the lane clip for a second.
pub fn presence(folder: &Path, camera: &str, mqtt: &str) -> String {
    let camera = format!("{camera}\naddress = \"the test bench\"\nanalysis_fps = 5\nstall_after_secs = 3");
    let rules = format!(
        r#"
[[camera.zone]]
id = "square"
polygon = [[0.006, 0.944], [0.141, 1.0], [0.775, 1.0], [0.789, 0.927], [0.209, 0.754]]

[detector]
model = "{DEFAULT_MODEL}"

[[rule]]
id = "somebody-there"
cameras = ["cam-01"]
signal = "presence"
level = "orange"
hold_secs = 1.5
cooldown_secs = 0
present = {{ zone = "square", classes = ["person"], for_secs = 1 }}
"#
    );
    one_camera(folder, &camera, mqtt, &rules)
}

/// A configuration of one camera `cam-01` with a zone `room`, the whole picture; `more` may go on with its lines. Trouble
/// of the camera itself raises nothing: tests that look for the first alert look for a rule's.
pub fn one_camera(folder: &Path, camera: &str, mqtt: &str, more: &str) -> String {
    let folder = folder.display();
    format!(
        r#"
[site]
box = "box-1"
area = "530127"
language = "en"
time_zone = "Asia/Shanghai"
mode = "test"

[mqtt]
{mqtt}

[fusion]
camera_trouble = false

[outbox]
dir = "{folder}/outbox"

[evidence]
dir = "{folder}/evidence"

[[camera]]
id = "cam-01"
eye = "village"
{camera}
grid = "53012700300102"

[[camera.zone]]
id = "room"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
{more}"#
    )
}
