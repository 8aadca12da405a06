//! Cameras that are dead or refuse to be watched: what the command centre learns of each of them, however many there are,
//! without a line in the configuration that asks for it. The daemon, the broker and the consumer are real.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use support::consumer::{Consumer, Message, alerts};
use support::daemon::{Daemon, write_config};
use support::listener::Listener;
use support::mosquitto::{Mosquitto, free_port};
use support::rtsp_cameras::h264;
use support::rtsp_plain::{Answer, Behaviour, Login, PlainServer};

/// Loading a model and asking every camera, on a machine that builds something else at the same time.
const SOON: Duration = Duration::from_secs(120);
const BASE: &str = "lookout/v1/530127/box-1";
const CAMERAS: usize = 96;

fn manifest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml")
}

/// A box without one rule.
fn site(folder: &Path, broker: u16, language: &str) -> String {
    format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\nlanguage = \"{language}\"\nsecrets_dir = \"{secrets}\"\n\
         [mqtt]\nurl = \"mqtt://127.0.0.1:{broker}\"\n[outbox]\ndir = \"{0}/outbox\"\nmin_free_mib = 0\n\
         [evidence]\ndir = \"{0}/evidence\"\n",
        folder.display(),
        secrets = folder.parent().unwrap().display()
    )
}

fn id(number: usize) -> String {
    format!("cam-{number:02}")
}

/// So many cameras in grids of eight, at a port where nobody listens.
fn dead(mut text: String, cameras: usize, port: u16) -> String {
    for number in 0..cameras {
        write!(
            text,
            "[[camera]]\nid = \"{}\"\neye = \"village\"\nurl = \"rtsp://127.0.0.1:{port}/{number}\"\n\
             grid = \"530127003001{:02}\"\n",
            id(number),
            number / 8 + 1
        )
        .unwrap();
    }
    text
}

/// The latest message on each topic below `up/camera/`, by camera; an empty one takes its camera away.
fn cameras(messages: &[Message]) -> BTreeMap<String, Value> {
    let mut latest = BTreeMap::new();
    for message in messages {
        let Some(camera) = message.topic.strip_prefix(&format!("{BASE}/up/camera/")) else { continue };
        if message.payload.is_empty() {
            latest.remove(camera);
        } else {
            latest.insert(camera.to_owned(), message.json());
        }
    }
    latest
}

fn latest_health(messages: &[Message]) -> Option<Value> {
    messages.iter().rev().find(|message| message.topic.ends_with("/up/health")).map(Message::json)
}

/// First revisions of alerts about cameras, by camera.
fn troubles(messages: &[Message]) -> BTreeMap<String, Value> {
    let new = alerts(messages)
        .into_iter()
        .filter(|alert| alert["data"]["kind"] == "camera_trouble" && alert["data"]["phase"] == "new");
    let camera = |alert: &Value| alert["data"]["origin"]["cameras"][0]["id"].as_str().unwrap().to_owned();
    new.map(|alert| (camera(&alert), alert["data"].clone())).collect()
}

/// What a consumer finds that comes late.
fn kept(broker: u16, cameras: usize) -> BTreeSet<String> {
    let late = Listener::start(broker, &format!("{BASE}/up/camera/+"));
    let received = late.wait_for("what the broker keeps", |received| received.len() >= cameras);
    received.iter().map(|received| received.topic.rsplit('/').next().unwrap().to_owned()).collect()
}

#[test]
fn of_96_dead_cameras_every_one_is_counted_reported_and_has_its_alert_and_one_that_is_taken_out_is_taken_back()
 {
    let folder = tempfile::tempdir().unwrap();
    let (broker, nobody) = (Mosquitto::start(), free_port());
    let centre = Consumer::connect(broker.port(), "centre");
    let start = site(folder.path(), broker.port(), "en");
    let config = write_config(folder.path(), &dead(start.clone(), CAMERAS, nobody));
    let daemon = Daemon::start(&config, &manifest());

    let health = centre.wait_for("a report that counts all", SOON, |messages| {
        latest_health(messages)
            .filter(|health| health["data"]["counts"]["cameras"]["causes"]["connection_refused"] == CAMERAS)
    });
    let counts = &health["data"]["counts"];
    assert_eq!(counts["cameras"]["total"], CAMERAS);
    assert_eq!(counts["cameras"]["running"], 0);
    assert!(counts["degraded"].as_u64().unwrap() >= CAMERAS as u64, "{counts}");
    let listed = health["data"]["cameras"].as_array().unwrap().len();
    assert!(listed == 0 || listed == CAMERAS, "half a list reads like all of it: {listed}");

    let published = centre.wait_for("a message of each", SOON, |messages| {
        let published = cameras(messages);
        (published.len() == CAMERAS
            && published.values().all(|one| one["data"]["cause"] == "connection_refused"))
        .then_some(published)
    });
    assert_eq!(published[&id(9)]["data"]["grid"], "53012700300102");
    assert_eq!(published[&id(9)]["type"], "lookout.camera.v1");

    let alerts = centre.wait_for("an alert of each", SOON, |messages| {
        Some(troubles(messages)).filter(|alerts| alerts.len() == CAMERAS)
    });
    let (first, second) = (&alerts[&id(0)], &alerts[&id(1)]);
    assert_eq!(first["place"]["grid"], second["place"]["grid"], "they share a grid and not an alert");
    assert_eq!(
        first["title"],
        format!("Camera cam-00 gives no video: connection refused (127.0.0.1:{nobody})")
    );
    assert_eq!(first["why"]["signals"][0]["cause"], "connection_refused");

    let active = centre.wait_for("a list of open alerts that counts all", SOON, |messages| {
        let last = messages.iter().rev().find(|message| message.topic.ends_with("/up/active"))?.json();
        (last["data"]["counts"]["total"] == CAMERAS).then_some(last)
    });
    let listed = active["data"]["alerts"].as_array().unwrap().len() as u64;
    assert_eq!(listed + active["data"]["omitted"].as_u64().unwrap_or(0), CAMERAS as u64);

    // Taken out while the box runs, and while it is off.
    fs::write(&config, dead(start.clone(), CAMERAS - 1, nobody)).unwrap();
    daemon.reload();
    let is_empty = |camera: usize| {
        let topic = format!("{BASE}/up/camera/{}", id(camera));
        move |messages: &[Message]| {
            messages.iter().any(|m| m.topic == topic && m.payload.is_empty()).then_some(())
        }
    };
    centre.wait_for("the camera that was taken out", SOON, is_empty(CAMERAS - 1));
    assert_eq!(kept(broker.port(), CAMERAS - 1), (0..CAMERAS - 1).map(id).collect());
    daemon.kill();
    fs::write(&config, dead(start, CAMERAS - 2, nobody)).unwrap();
    let daemon = Daemon::start(&config, &manifest());
    centre.wait_for("the camera that was taken out meanwhile", SOON, is_empty(CAMERAS - 2));
    assert_eq!(kept(broker.port(), CAMERAS - 2), (0..CAMERAS - 2).map(id).collect());
    assert_eq!(daemon.stop(SOON), 0);
}

#[test]
fn an_alert_says_which_camera_where_and_what_is_wrong_in_the_language_of_the_site() {
    const PASSWORD: &str = "geheim-7";
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("cameras");
    fs::write(&secret, PASSWORD).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let basic = Login::Basic { user: "admin".into(), password: "another".into() };
    let asks = PlainServer::start(h264(), Behaviour { login: basic, ..Behaviour::default() });
    let answers = |status, words| Behaviour {
        answers: [("DESCRIBE", Answer::Status(status, words))].into(),
        ..Behaviour::default()
    };
    let knows_none = PlainServer::start(h264(), answers(404, "Not Found"));
    let forbids = PlainServer::start(h264(), answers(403, "Forbidden"));
    let elsewhere = PlainServer::start(
        h264(),
        Behaviour {
            answers: [(
                "DESCRIBE",
                Answer::Redirect(302, format!("rtsp://localhost:{}/stream", asks.port())),
            )]
            .into(),
            ..Behaviour::default()
        },
    );
    let camera = |id: &str, address: &str, login: &str| {
        format!(
            "[[camera]]\nid = \"{id}\"\neye = \"village\"\nurl = \"rtsp://{address}/stream\"\n{login}\
             grid = \"53012700300102\"\n"
        )
    };
    let login = "user = \"admin\"\nsecret = \"cameras\"\n";
    let local = |server: &PlainServer| format!("127.0.0.1:{}", server.port());
    let expected = [
        ("wrong", local(&asks), login, "wrong_password", "密码错误", "wrong password"),
        ("none", local(&asks), "", "password_needed", "需要密码但未配置", "asks for a password"),
        ("gone", local(&knows_none), "", "no_such_stream", "没有该视频流", "no such stream"),
        ("closed", local(&forbids), "", "forbidden", "密码错误或该用户无权查看此视频流", "wrong password"),
        (
            "sent",
            local(&elsewhere),
            login,
            "login_elsewhere",
            "被转到另一台主机，且该主机要求密码",
            "sends us on to another host, which asks for a password",
        ),
        (
            "nameless",
            "no-such-camera.invalid:554".to_owned(),
            "",
            "unknown_host",
            "主机名无法解析",
            "unknown host",
        ),
    ];
    for (language, which) in [("zh-CN", 0), ("en", 1)] {
        let broker = Mosquitto::start();
        let centre = Consumer::connect(broker.port(), "centre");
        let place = folder.path().join(language);
        fs::create_dir_all(&place).unwrap();
        let mut text = site(&place, broker.port(), language);
        for (id, address, login, ..) in &expected {
            text += &camera(id, address, login);
        }
        let daemon = Daemon::start(&write_config(&place, &text), &manifest());
        let published = centre.wait_for("an alert of each", SOON, |messages| {
            Some(troubles(messages)).filter(|alerts| alerts.len() == expected.len())
        });
        for (id, address, _, cause, chinese, english) in &expected {
            let title = published[*id]["title"].as_str().unwrap();
            let words = [chinese, english][which];
            for part in [*id, address.as_str(), words] {
                assert!(title.contains(part), "{part} is missing in {title}");
            }
            assert_eq!(published[*id]["why"]["signals"][0]["cause"], **cause, "{title}");
        }
        let (code, log) = daemon.stop_for_log(SOON);
        assert_eq!(code, 0);
        assert!(!log.contains(PASSWORD), "{log}");
        for message in centre.messages() {
            assert!(!String::from_utf8_lossy(&message.payload).contains(PASSWORD), "{}", message.topic);
        }
    }
}
