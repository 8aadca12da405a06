//! The whole path as its users run it: a real RTSP camera, the real daemon as a process of its own, a real
//! broker, a consumer that shares no code with Lookout. With the clip and the model that come with Lookout.
#![cfg(feature = "demo")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use lookout::video::RtspServer;
use serde_json::{Value, json};

use support::clips::units_of_file;
use support::consumer::{Consumer, Message, alert_where, alerts};
use support::daemon::{Daemon, write_config};
use support::mosquitto::{Mosquitto, Options};
use support::rtsp_packets::{Coding, ElementaryStream};
use support::rtsp_plain::{Behaviour, Login, PlainServer};
use support::site::{BEFORE_SOMEBODY_COMES, bundled_models, lane_camera, lane_clip, lane_url, presence};

/// Loading a model and connecting a camera, on a machine that builds something else at the same time.
const SOON: Duration = Duration::from_secs(60);
/// Of each round of thirty seconds the clip shows somebody on the square for half.
const THREE_ROUNDS: Duration = Duration::from_secs(90);

/// A camera of the lane clip, on whose square somebody will be soon.
fn camera() -> RtspServer {
    lane_camera(0, BEFORE_SOMEBODY_COMES)
}

fn broker(port: u16) -> String {
    format!("url = \"mqtt://127.0.0.1:{port}\"")
}

fn has(phase: &'static str) -> impl Fn(&Value) -> bool {
    move |alert| alert["data"]["phase"] == phase
}

/// The distinct messages of the alert stream by number; a number with two contents would be a lie.
fn by_number(messages: &[Message]) -> BTreeMap<(String, u64), Value> {
    let mut numbered = BTreeMap::new();
    let counted = |m: &&Message| m.topic.ends_with("/up/alert") || m.topic.ends_with("/up/reply");
    for message in messages.iter().filter(counted) {
        let json = message.json();
        let stream = json["data"]["seq"]["stream"].as_str().expect("a stream").to_owned();
        let n = json["data"]["seq"]["n"].as_u64().expect("a number");
        if let Some(known) = numbered.insert((stream, n), json.clone()) {
            assert_eq!(known, json, "number {n} was given twice");
        }
    }
    numbered
}

/// Nothing is missing between the first and the last number, and revisions of an alert rise by one.
fn assert_nothing_lost(messages: &[Message]) {
    let numbered = by_number(messages);
    let streams: BTreeSet<&String> = numbered.keys().map(|(stream, _)| stream).collect();
    assert_eq!(streams.len(), 1, "one life of the queue has one stream");
    let numbers: Vec<u64> = numbered.keys().map(|(_, n)| *n).collect();
    let last = *numbers.last().expect("something came");
    assert_eq!(numbers, (1..=last).collect::<Vec<_>>(), "no hole in the numbers");
    let mut revisions: BTreeMap<String, u64> = BTreeMap::new();
    for alert in numbered.values().filter(|m| m["type"] == "lookout.alert.v1") {
        let id = alert["data"]["alert_id"].as_str().expect("an id").to_owned();
        let rev = alert["data"]["rev"].as_u64().expect("a revision");
        let before = revisions.insert(id, rev).unwrap_or(0);
        assert_eq!(rev, before + 1, "revisions rise by one");
    }
}

#[test]
fn an_alert_reaches_a_subscriber_and_its_acknowledgement_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mosquitto = Mosquitto::start();
    let server = camera();
    let centre = Consumer::connect(mosquitto.port(), "centre");
    let text = presence(folder.path(), &lane_url(&server), &broker(mosquitto.port()));
    let daemon = Daemon::start(&write_config(folder.path(), &text), &bundled_models());

    let alert = centre.wait_for("an alert", SOON, |m| alert_where(m, has("new")));
    let data = &alert["data"];
    assert_eq!(data["kind"], "presence");
    assert_eq!(data["level"], "orange");
    assert_eq!(data["mode"], "test");
    assert_eq!(data["place"]["grid"], "53012700300102");
    assert_eq!(data["origin"]["cameras"][0]["id"], "cam-01");
    assert_eq!(alert["id"], format!("{}.1", data["alert_id"].as_str().expect("an id")));
    let shown = data["geometry"]["objects"].as_array().expect("objects");
    assert!(shown.iter().any(|thing| thing["class"] == "person"), "{shown:?}");

    // The picture follows, is the one that was meant, and is a picture.
    let id = data["alert_id"].as_str().expect("an id").to_owned();
    let topic = format!("lookout/v1/530127/box-1/up/evidence/{id}/1");
    let picture =
        centre.wait_for("evidence", SOON, |m| m.iter().find(|m| m.topic == topic).map(|m| m.payload.clone()));
    let entry = &data["evidence"][0];
    assert_eq!(entry["bytes"], picture.len());
    assert_eq!(entry["redaction"], "pixelated");
    assert_eq!(entry["sha256"], sha256(&picture));
    let picture = image::load_from_memory(&picture).expect("a JPEG");
    assert_eq!((picture.width(), picture.height()), (640, 360));

    let now = jiff::Timestamp::now();
    let command = json!({
        "request_id": "r-1", "by": "desk-2", "iat": now.to_string(),
        "exp": (now + Duration::from_secs(60)).to_string(),
        "alert_id": id, "note": "on my way",
    });
    centre.publish("lookout/v1/530127/box-1/down/cmd/ack", &command);
    let acknowledged = centre.wait_for("the acknowledged revision", SOON, |m| {
        alert_where(m, |a| {
            a["data"]["alert_id"] == id.as_str() && a["data"]["acknowledged"]["by"] == "desk-2"
        })
    });
    assert_eq!(acknowledged["data"]["acknowledged"]["note"], "on my way");
    let reply = centre.wait_for("the reply", SOON, |m| {
        m.iter().filter(|m| m.topic.ends_with("/up/reply")).map(Message::json).next()
    });
    assert_eq!((&reply["data"]["request_id"], &reply["data"]["outcome"]), (&json!("r-1"), &json!("done")));

    // Every later revision carries it, up to the end.
    let end = centre.wait_for("the end", THREE_ROUNDS, |m| {
        alert_where(m, |a| a["data"]["alert_id"] == id.as_str() && a["data"]["phase"] == "end")
    });
    assert_eq!(end["data"]["acknowledged"]["by"], "desk-2");
    assert_eq!(daemon.stop(SOON), 0);
    let state = centre.wait_for("the farewell", SOON, |m| {
        m.iter()
            .filter(|m| m.topic.ends_with("/up/state"))
            .map(Message::json)
            .find(|s| s["data"]["state"] == "stopped")
    });
    assert_eq!(state["type"], "lookout.state.v1");
    assert_nothing_lost(&centre.messages());
}

#[test]
fn a_broker_that_dies_in_the_middle_costs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    // It remembers its consumers over a `kill -9`: otherwise a message that comes before the consumer is back
    // is lost behind the box's back, which is what marks are for.
    let remembers = ["autosave_on_changes true", "autosave_interval 1"].map(str::to_owned).to_vec();
    let mut mosquitto =
        Mosquitto::start_with(Options { persistence: true, lines: remembers, ..Options::default() });
    let server = camera();
    let centre = Consumer::connect(mosquitto.port(), "centre");
    let text = presence(folder.path(), &lane_url(&server), &broker(mosquitto.port()));
    let daemon = Daemon::start(&write_config(folder.path(), &text), &bundled_models());
    centre.wait_for("an alert", SOON, |m| alert_where(m, has("new")));

    mosquitto.kill();
    // The alert goes on without anybody to hear it: at least its end is stored meanwhile.
    daemon.wait_for_log("phase=\"end\"", THREE_ROUNDS);
    mosquitto.restart();

    centre.wait_for("the end of the alert", THREE_ROUNDS, |m| alert_where(m, has("end")));
    assert_eq!(daemon.stop(SOON), 0);
    assert_nothing_lost(&centre.messages());
}

#[test]
fn a_camera_that_dies_comes_back_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let mosquitto = Mosquitto::start();
    let server = camera();
    let port = server.port();
    let centre = Consumer::connect(mosquitto.port(), "centre");
    let text = presence(folder.path(), &lane_url(&server), &broker(mosquitto.port()));
    let daemon = Daemon::start(&write_config(folder.path(), &text), &bundled_models());
    centre.wait_for("an alert", SOON, |m| alert_where(m, has("new")));

    server.stop(SOON);
    let lost = centre.wait_for("the loss in the health report", SOON, |m| {
        healths(m).find(|h| h["data"]["cameras"][0]["state"] == "lost")
    });
    let degraded = lost["data"]["degraded"].as_array().expect("a list");
    let camera = degraded.iter().find(|one| one["part"] == "camera:cam-01").expect("the camera among them");
    let reason = camera["reason"].as_str().expect("a reason");
    assert!(reason.contains("cam-01"), "{reason}");

    let before = alerts(&centre.messages()).iter().filter(|a| has("new")(a)).count();
    // From the beginning of the clip on: what was reported before ends first.
    let _server = lane_camera(port, 0.0);
    centre.wait_for("another alert", THREE_ROUNDS, |m| {
        (alerts(m).iter().filter(|a| has("new")(a)).count() > before).then_some(())
    });
    assert_eq!(daemon.stop(SOON), 0);
    assert_nothing_lost(&centre.messages());
}

#[test]
fn what_was_stored_before_a_kill_is_delivered_after_it() {
    let folder = tempfile::tempdir().expect("a folder");
    // Nobody listens: what is found is stored and cannot be published.
    let mut mosquitto = Mosquitto::start();
    mosquitto.kill();
    let server = camera();
    let text = presence(folder.path(), &lane_url(&server), &broker(mosquitto.port()));
    let config = write_config(folder.path(), &text);
    let daemon = Daemon::start(&config, &bundled_models());
    daemon.wait_for_log("alert stored", SOON);
    let log = daemon.log();
    let stored = log.lines().find(|line| line.contains("alert stored")).expect("just seen");
    let id = stored.split("alert=").nth(1).and_then(|rest| rest.get(..26)).expect("an alert id").to_owned();
    daemon.kill();

    mosquitto.restart();
    let centre = Consumer::connect(mosquitto.port(), "centre");
    let daemon = Daemon::start(&config, &bundled_models());
    let first = centre.wait_for("the alert from before the kill", SOON, |m| {
        alert_where(m, |a| a["data"]["alert_id"] == id.as_str() && a["data"]["rev"] == 1)
    });
    assert_eq!(first["data"]["seq"]["n"], 1);
    // And it goes on or ends; it is never left open without a word.
    centre.wait_for("a word about it from the new life", THREE_ROUNDS, |m| {
        alert_where(m, |a| a["data"]["alert_id"] == id.as_str() && a["data"]["rev"].as_u64() > Some(1))
    });
    assert_eq!(daemon.stop(SOON), 0);
    assert_nothing_lost(&centre.messages());
}

#[test]
fn a_camera_that_is_not_built_on_gstreamer_is_watched_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let mosquitto = Mosquitto::start();
    // All but the last second of the clip, over and over.
    let units = units_of_file(&lane_clip(), 290);
    let stream = ElementaryStream::from_annex_b(Coding::H264, 10, &units);
    let login =
        Login::Digest { user: "viewer".to_owned(), password: "canary-7c1f".to_owned(), sha256: false };
    let server = PlainServer::start(stream, Behaviour { login, ..Behaviour::default() });
    let secret = folder.path().join("cam-01");
    fs::write(&secret, "viewer:canary-7c1f\n").expect("written");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("for its owner only");

    let centre = Consumer::connect(mosquitto.port(), "centre");
    let url = format!("url = \"rtsp://127.0.0.1:{}/stream\"\nsecret = \"cam-01\"", server.port());
    let text = presence(folder.path(), &url, &broker(mosquitto.port()));
    let text = text.replace("[site]", &format!("[site]\nsecrets_dir = \"{}\"", folder.path().display()));
    let daemon = Daemon::start(&write_config(folder.path(), &text), &bundled_models());
    centre.wait_for("an alert", SOON, |m| alert_where(m, has("new")));
    assert!(!daemon.log().contains("canary-7c1f"), "the password is in the log");
    for message in centre.messages() {
        assert!(!message.payload.windows(11).any(|part| part == b"canary-7c1f"), "in {}", message.topic);
    }
    assert_eq!(daemon.stop(SOON), 0);
    server.stop();
}

#[test]
fn without_a_broker_of_its_own_the_box_serves_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = support::mosquitto::free_port();
    let server = camera();
    let text = presence(folder.path(), &lane_url(&server), &format!("embedded_port = {port}"));
    let daemon = Daemon::start(&write_config(folder.path(), &text), &bundled_models());
    daemon.wait_for_log("watching", SOON);
    let centre = Consumer::connect(port, "centre");
    centre.wait_for("an alert", SOON, |m| alert_where(m, has("new")));
    assert_eq!(daemon.stop(SOON), 0);
}

#[test]
fn a_reload_with_a_mistake_changes_nothing_and_a_good_one_keeps_the_stream() {
    let folder = tempfile::tempdir().expect("a folder");
    let mosquitto = Mosquitto::start();
    let server = camera();
    let centre = Consumer::connect(mosquitto.port(), "centre");
    let text = presence(folder.path(), &lane_url(&server), &broker(mosquitto.port()));
    let config = write_config(folder.path(), &text);
    let daemon = Daemon::start(&config, &bundled_models());
    let applied = centre.wait_for("the running configuration", SOON, |m| configs(m).next());
    assert_eq!(applied["data"]["outcome"], "applied");

    fs::write(&config, text.replace("zone = \"square\"", "zone = \"sqare\"")).expect("written");
    daemon.reload();
    let rejected =
        centre.wait_for("the refusal", SOON, |m| configs(m).find(|c| c["data"]["outcome"] == "rejected"));
    assert_eq!(rejected["data"]["running_sha256"], applied["data"]["running_sha256"]);
    let problem = rejected["data"]["problems"][0].to_string();
    assert!(problem.contains("sqare") && problem.contains("square"), "{problem}");

    fs::write(&config, text.replace("level = \"orange\"", "level = \"red\"")).expect("written");
    daemon.reload();
    centre.wait_for("the new configuration", SOON, |m| {
        configs(m).find(|c| {
            c["data"]["outcome"] == "applied"
                && c["data"]["running_sha256"] != applied["data"]["running_sha256"]
        })
    });
    centre.wait_for("an alert of the new level", THREE_ROUNDS, |m| {
        alert_where(m, |a| a["data"]["level"] == "red")
    });
    let reconnects =
        healths(&centre.messages()).last().map(|h| h["data"]["cameras"][0]["reconnects"].clone());
    assert_eq!(reconnects, Some(json!(0)), "the stream went on");
    assert_eq!(daemon.stop(SOON), 0);
}

/// Two sensors and a signal that one of them raises by itself.
fn sensors(port: u16) -> String {
    format!(
        r#"
[[sensors.broker]]
id = "field"
url = "mqtt://127.0.0.1:{port}"

[[sensor]]
id = "gas"
quantity = "smoke"
unit = "0/1"
grid = "53012700300102"
stale_after_secs = 7200
mqtt_json = {{ topic = "field/gas", pointer = "/v", broker = "field" }}

[[sensor]]
id = "drain"
quantity = "water_level"
grid = "53012700300102"
stale_after_secs = 7200
mqtt_json = {{ topic = "field/drain", pointer = "/v", broker = "field" }}

[[signal]]
kind = "trouble"
from = [{{ sensor = "gas", above = 0.5, weight = 6.0 }}, {{ sensor = "drain", above = 0.3, weight = 1.0 }}]
origin_cap = 20
half_life_secs = 1
levels = {{ orange = 0.9 }}
clear = 0.85
hold_secs = 0
cooldown_secs = 0
"#
    )
}

/// What a sensor says again and again, until so many alerts of the signal have come to that phase.
fn say_until(centre: &Consumer, value: f64, phase: &str, count: usize) {
    let deadline = Instant::now() + SOON;
    let so_far = || {
        let is_it = |alert: &&Value| alert["data"]["kind"] == "trouble" && alert["data"]["phase"] == phase;
        alerts(&centre.messages()).iter().filter(is_it).count()
    };
    while so_far() < count {
        assert!(Instant::now() < deadline, "{} of {count} times `{phase}`", so_far());
        centre.publish("field/gas", &json!({ "v": value }));
        centre.publish("field/drain", &json!({ "v": 0.8 * value }));
        std::thread::park_timeout(Duration::from_millis(250));
    }
}

/// Waits until somebody comes or goes once more: another revision of what the camera shows.
fn wait_for_another_revision(centre: &Consumer, before: usize) {
    centre.wait_for("another revision", THREE_ROUNDS, |m| (revisions(m) > before).then_some(()));
}

fn revisions(messages: &[Message]) -> usize {
    alerts(messages).iter().filter(|alert| alert["data"]["kind"] == "presence").count()
}

/// What `lookout retune` says of the configuration that ran last, and the codes of its notes.
fn retuned(config: &Path) -> (Value, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(["retune", "--json", "--language", "en", "--config"]).arg(config);
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let judged: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let code = |note: &Value| note["code"].as_str().unwrap_or_default().to_owned();
    let codes = judged["notes"].as_array().expect("notes").iter().map(code).collect();
    (judged, codes)
}

#[test]
fn the_journal_makes_again_byte_for_byte_what_a_box_published_over_a_reload_a_fault_and_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let mosquitto = Mosquitto::start();
    let server = camera();
    let port = server.port();
    let centre = Consumer::connect(mosquitto.port(), "centre");
    let text = presence(folder.path(), &lane_url(&server), &broker(mosquitto.port()));
    let text = text + &sensors(mosquitto.port());
    let config = write_config(folder.path(), &text);
    let daemon = Daemon::start(&config, &bundled_models());
    centre.wait_for("an alert", SOON, |m| alert_where(m, has("new")));
    say_until(&centre, 1.0, "new", 1);

    // While both alerts may be open.
    let applied = configs(&centre.messages()).last().expect("what runs")["data"]["running_sha256"].clone();
    let by_night = "\n[[rule]]\nid = \"more\"\ncameras = [\"cam-01\"]\n\
                    parked = { zone = \"square\", for_secs = 3600 }\n";
    fs::write(&config, text + by_night).expect("written");
    daemon.reload();
    centre.wait_for("the new configuration", SOON, |m| {
        configs(m).find(|c| c["data"]["outcome"] == "applied" && c["data"]["running_sha256"] != applied)
    });
    say_until(&centre, 0.0, "end", 1);

    server.stop(SOON);
    centre.wait_for("the loss of the camera", SOON, |m| {
        healths(m).find(|h| h["data"]["cameras"][0]["state"] == "lost")
    });
    let before = revisions(&centre.messages());
    let _server = lane_camera(port, 0.0);
    wait_for_another_revision(&centre, before);
    assert_eq!(daemon.stop(SOON), 0);

    let before = revisions(&centre.messages());
    let daemon = Daemon::start(&config, &bundled_models());
    say_until(&centre, 1.0, "new", 2);
    wait_for_another_revision(&centre, before);
    assert_eq!(daemon.stop(SOON), 0);

    let (judged, codes) = retuned(&config);
    assert_eq!(codes[0], "retune.reproduced", "{judged:#}");
    for missing in ["retune.killed", "retune.gaps"] {
        assert!(!codes.iter().any(|code| code == missing), "{judged:#}");
    }
    assert_eq!(judged["differences"], json!([]), "the rule that was added says nothing: {judged:#}");
    assert!(judged["same"].as_u64() >= Some(3), "{judged:#}");
}

#[test]
fn what_a_kill_took_from_the_journal_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let mosquitto = Mosquitto::start();
    let server = camera();
    let centre = Consumer::connect(mosquitto.port(), "centre");
    let text = presence(folder.path(), &lane_url(&server), &broker(mosquitto.port()));
    let config = write_config(folder.path(), &(text + &sensors(mosquitto.port())));
    let daemon = Daemon::start(&config, &bundled_models());
    centre.wait_for("an alert", SOON, |m| alert_where(m, has("new")));
    // A block is written every half minute: once there is one, what comes next is not in it.
    let journal = folder.path().join("outbox/journal");
    let deadline = Instant::now() + SOON;
    while fs::read_dir(&journal).map_or(0, Iterator::count) == 0 {
        assert!(Instant::now() < deadline, "nothing in {}", journal.display());
        std::thread::park_timeout(Duration::from_millis(100));
    }
    say_until(&centre, 1.0, "new", 1);
    daemon.kill();

    let before = revisions(&centre.messages());
    let daemon = Daemon::start(&config, &bundled_models());
    wait_for_another_revision(&centre, before);
    assert_eq!(daemon.stop(SOON), 0);

    let (judged, codes) = retuned(&config);
    assert!(codes.iter().any(|code| code == "retune.killed"), "{judged:#}");
    let first = &judged["notes"][0];
    match codes[0].as_str() {
        "retune.reproduced" => {}
        // What was lost is why, and nothing else.
        "retune.not_reproduced" => {
            let details = first["details"].as_array().expect("why");
            let is_known = |detail: &Value| detail.to_string().contains("records are missing before them");
            assert!(!details.is_empty() && details.iter().all(is_known), "{first:#}");
        }
        _ => panic!("{judged:#}"),
    }
}

fn healths(messages: &[Message]) -> impl Iterator<Item = Value> {
    messages.iter().filter(|m| m.topic.ends_with("/up/health")).map(Message::json)
}

fn configs(messages: &[Message]) -> impl Iterator<Item = Value> {
    messages.iter().filter(|m| m.topic.ends_with("/up/config")).map(Message::json)
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}
