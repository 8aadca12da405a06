//! A camera with two streams: the small one is watched, the large one is opened for a moment when an alert begins.
#![cfg(feature = "demo")]

mod support;

use std::path::Path;
use std::time::Duration;

use lookout::video::{Auth, Mount, Play, RtspServer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use support::consumer::{Consumer, Message, alert_where};
use support::daemon::{Daemon, write_config};
use support::mosquitto::Mosquitto;
use support::site::{BEFORE_SOMEBODY_COMES, bundled_models, lane_clip, presence};

/// Loading a model and connecting a camera, on a machine that builds something else at the same time.
const SOON: Duration = Duration::from_secs(60);

/// A camera whose small stream shows the lane, soon with somebody on its square, and whose large one shows a test card, so
/// that it is plain from which stream a picture is.
fn camera() -> RtspServer {
    let mount = |path: &str, play: Play| Mount { path: path.to_owned(), play, auth: Auth::None };
    let card = "( videotestsrc is-live=true ! video/x-raw,format=I420,width=1280,height=720,framerate=10/1 \
                ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph264pay name=pay0 )";
    let lane = Play::File { path: lane_clip(), repeat: true, from: BEFORE_SOMEBODY_COMES };
    let mounts = vec![mount("/small", lane), mount("/large", Play::Launch(card.to_owned()))];
    RtspServer::start(0, mounts).expect("the RTSP server starts")
}

/// The daemon, and its first alert.
struct Site {
    daemon: Daemon,
    centre: Consumer,
    _mosquitto: Mosquitto,
    alert: Value,
}

/// A daemon that watches `/small`, with `url_main` at `main`, until somebody is there.
fn site(folder: &Path, server: &RtspServer, main: &str) -> Site {
    let mosquitto = Mosquitto::start();
    let centre = Consumer::connect(mosquitto.port(), "centre");
    let port = server.port();
    let lines =
        format!("url = \"rtsp://127.0.0.1:{port}/small\"\nurl_main = \"rtsp://127.0.0.1:{port}{main}\"");
    let broker = format!("url = \"mqtt://127.0.0.1:{}\"", mosquitto.port());
    let text = presence(folder, &lines, &broker);
    let daemon = Daemon::start(&write_config(folder, &text), &bundled_models());
    let alert = centre.wait_for("an alert", SOON, |m| alert_where(m, |a| a["data"]["phase"] == "new"));
    Site { daemon, centre, _mosquitto: mosquitto, alert }
}

fn picture(messages: &[Message], alert: &str, number: u32) -> Option<Vec<u8>> {
    let topic = format!("lookout/v1/530127/box-1/up/evidence/{alert}/{number}");
    messages.iter().find(|m| m.topic == topic).map(|m| m.payload.clone())
}

#[test]
fn a_picture_of_the_large_stream_follows_the_alert_redacted_and_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = camera();
    let site = site(folder.path(), &server, "/large");
    let id = site.alert["data"]["alert_id"].as_str().expect("an id").to_owned();
    let before = site.alert["data"]["evidence"].as_array().expect("a list").clone();
    assert_eq!(before.len(), 1, "the alert did not wait for it: {before:?}");
    assert!(before[0].get("main_stream_at").is_none());

    let jpeg = site.centre.wait_for("a picture of the large stream", SOON, |m| picture(m, &id, 2));
    let image = image::load_from_memory(&jpeg).expect("a JPEG");
    assert_eq!((image.width(), image.height()), (1280, 720), "that of the large stream");
    if let Some(folder) = std::env::var_os("LOOKOUT_KEEP_PICTURES") {
        std::fs::write(Path::new(&folder).join("close-up.jpg"), &jpeg).expect("the picture is kept");
    }

    // Whatever is reported of the alert next names it.
    let now = jiff::Timestamp::now();
    let command = json!({
        "request_id": "r-1", "by": "desk-2", "iat": now.to_string(),
        "exp": (now + Duration::from_secs(60)).to_string(), "alert_id": id,
    });
    site.centre.publish("lookout/v1/530127/box-1/down/cmd/ack", &command);
    let next = site.centre.wait_for("a revision that names it", SOON, |m| {
        alert_where(m, |a| a["data"]["alert_id"] == id.as_str() && a["data"]["evidence"][1].is_object())
    });
    let entry = &next["data"]["evidence"][1];
    assert_eq!(entry["id"], 2);
    assert_eq!(entry["bytes"], jpeg.len());
    let digest: String = Sha256::digest(&jpeg).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(entry["sha256"], digest);
    assert_eq!(entry["redaction"], "pixelated", "nobody knows yet what it shows when nobody is there");
    let at: jiff::Timestamp = entry["main_stream_at"].as_str().expect("a time").parse().expect("a time");
    let began: jiff::Timestamp =
        site.alert["data"]["started_at"].as_str().expect("a time").parse().expect("a time");
    let later = at.duration_since(began).as_secs_f64();
    assert!((0.0..20.0).contains(&later), "{later} s after it began");
    assert_eq!(site.daemon.stop(SOON), 0);
}

#[test]
fn a_large_stream_that_is_not_there_costs_the_alert_nothing_and_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = camera();
    let site = site(folder.path(), &server, "/none");
    let id = site.alert["data"]["alert_id"].as_str().expect("an id").to_owned();
    site.daemon.wait_for_log("no picture of the large stream", SOON);
    let end = site.centre.wait_for("the end", Duration::from_secs(90), |m| {
        alert_where(m, |a| a["data"]["alert_id"] == id.as_str() && a["data"]["phase"] == "end")
    });
    assert_eq!(end["data"]["evidence"].as_array().map(Vec::len), Some(1));
    let (code, log) = site.daemon.stop_for_log(SOON);
    assert_eq!(code, 0);
    let line = log.lines().find(|line| line.contains("no picture of the large stream")).expect("a line");
    assert!(line.contains("cam-01") && line.contains("knows no stream"), "{line}");
}
