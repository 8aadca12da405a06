//! Sensors as an installer meets them: a configuration file, `lookout sensors`, and the daemon's health report.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::here::SOON;
use super::support::consumer::Consumer;
use super::support::daemon::{Daemon, write_config};
use super::support::mosquitto::{Mosquitto, free_port};
use super::support::site::{bundled_models, presence};

const TOKEN: &str = "0123456789abcdef-token";

/// A door at a broker, a gauge that is posted, and a device that does not exist.
fn sensors(broker: u16, webhook: u16) -> String {
    format!(
        r#"
[[sensors.broker]]
id = "zigbee"
url = "mqtt://127.0.0.1:{broker}"

[sensors.webhook]
listen = "127.0.0.1:{webhook}"
secret = "webhook"

[[sensor]]
id = "door-1"
quantity = "door"
grid = "53012700300102"
stale_after_secs = 7200
mqtt_json = {{ topic = "zigbee2mqtt/door-1", pointer = "/contact", words = {{ true = 0, false = 1 }} }}

[[sensor]]
id = "drain-2"
quantity = "water_level"
grid = "53012700300102"
range = [-0.5, 8.0]
scale = 0.001
stale_after_secs = 60
webhook = {{ path = "/drain-2", pointer = "/mm" }}

[[sensor]]
id = "gone"
quantity = "temperature"
grid = "53012700300102"
modbus_tcp = {{ address = "127.0.0.1:9", register = 0, kind = "i16" }}
"#
    )
}

/// The configuration of a box with these sensors, and its secret.
fn site(folder: &Path, mqtt: &str, sensors: &str) -> std::path::PathBuf {
    let secrets = folder.join("secrets");
    fs::create_dir(&secrets).unwrap();
    fs::write(secrets.join("webhook"), format!("{TOKEN}\n")).unwrap();
    fs::set_permissions(secrets.join("webhook"), fs::Permissions::from_mode(0o600)).unwrap();
    let text = presence(folder, "url = \"rtsp://127.0.0.1:9/none\"", mqtt) + sensors;
    write_config(folder, &text.replace("[site]", &format!("[site]\nsecrets_dir = \"{}\"", secrets.display())))
}

fn publish_door(port: u16) {
    let done = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-q", "1", "-t", "zigbee2mqtt/door-1"])
        .args(["-m", r#"{"contact":false,"battery":97}"#])
        .status()
        .expect("mosquitto_pub; deploy/test.sh installs it");
    assert!(done.success());
}

/// Posts a level; `false` while nobody listens.
fn post_level(port: u16, millimetres: i32) -> bool {
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let body = format!("{{\"mm\":{millimetres}}}");
    let request = format!(
        "POST /drain-2 HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    true
}

/// `lookout sensors --json`, its lines as they come.
struct Shown {
    child: Child,
    lines: Receiver<Value>,
}

impl Shown {
    fn start(config: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lookout"))
            .args(["sensors", "--json", "--seconds", "120", "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (received, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ =
                    received.send(serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}")));
            }
        });
        Shown { child, lines }
    }

    /// Waits for a line that fits, doing `meanwhile` again and again.
    fn wait_for(&self, what: &str, mut meanwhile: impl FnMut(), fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + SOON;
        let mut others = Vec::new();
        loop {
            assert!(Instant::now() < deadline, "{what} was not shown: {others:#?}");
            meanwhile();
            match self.lines.recv_timeout(Duration::from_millis(200)) {
                Ok(line) if fits(&line) => return line,
                Ok(line) => others.push(line),
                Err(_) => {}
            }
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn an_installer_sees_every_reading_as_it_comes() {
    let broker = Mosquitto::start();
    let webhook = free_port();
    let folder = tempfile::tempdir().unwrap();
    let config = site(folder.path(), "", &sensors(broker.port(), webhook));
    let shown = Shown::start(&config);
    let is = |sensor: &'static str, state: &'static str| {
        move |line: &Value| line["sensor"] == sensor && line["state"] == state
    };
    let door = shown.wait_for("the door", || publish_door(broker.port()), is("door-1", "good"));
    assert_eq!((&door["value"], &door["unit"]), (&Value::from(1.0), &Value::from("0/1")), "{door}");
    let post = |millimetres| {
        // Again until somebody listens.
        let _ = post_level(webhook, millimetres);
    };
    let level = shown.wait_for("the level", || post(420), is("drain-2", "good"));
    assert_eq!((level["value"].as_f64().unwrap(), &level["raw"]), (0.42, &Value::from(420.0)), "{level}");
    let high = shown.wait_for("a bad level", || post(9000), is("drain-2", "bad"));
    assert_eq!(high["reason"], "9 is outside -0.5 to 8", "{high}");
    assert!(high["value"].is_null(), "{high}");
}

#[test]
fn the_health_report_says_how_each_sensor_does() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Mosquitto::start();
    let webhook = free_port();
    let mqtt = format!("url = \"mqtt://127.0.0.1:{}\"", broker.port());
    let config = site(folder.path(), &mqtt, &sensors(broker.port(), webhook));
    let consumer = Consumer::connect(broker.port(), "centre");
    let daemon = Daemon::start(&config, &bundled_models());
    daemon.wait_for_log("readings can be posted", SOON * 2);
    daemon.wait_for_log("listening to sensors", SOON);
    publish_door(broker.port());
    assert!(post_level(webhook, 420));
    let health = consumer.wait_for("a health report with a level", SOON, |messages| {
        let reports = messages.iter().filter(|m| m.topic.ends_with("/up/health")).map(|m| m.json());
        reports.into_iter().find(|report| report["data"]["sensors"][1]["state"] == "good")
    });
    let sensors = &health["data"]["sensors"];
    assert_eq!(sensors[0]["id"], "door-1");
    assert_eq!((&sensors[0]["state"], &sensors[0]["value"]), (&Value::from("good"), &Value::from(1.0)));
    assert_eq!((&sensors[1]["value"], &sensors[1]["unit"]), (&Value::from(0.42), &Value::from("m")));
    assert_eq!((&sensors[2]["id"], &sensors[2]["state"]), (&Value::from("gone"), &Value::from("silent")));
    let reason = sensors[2]["reason"].as_str().unwrap();
    assert!(reason.contains("no connection to 127.0.0.1:9"), "{reason}");
    assert!(sensors[2]["value"].is_null(), "silence has no value");
    let degraded = health["data"]["degraded"].as_array().unwrap();
    assert!(degraded.iter().any(|one| one["part"] == "sensor:gone"), "{degraded:#?}");
    assert!(!degraded.iter().any(|one| one["part"] == "sensor:drain-2"), "{degraded:#?}");

    // A changed sensor is taken up; one that is bad is reported.
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("range = [-0.5, 8.0]", "range = [-0.5, 0.3]")).unwrap();
    daemon.reload();
    daemon.wait_for_log("took up the configuration", SOON);
    consumer.wait_for("a report that the level is bad", SOON * 2, |messages| {
        // Again and again: the listener may still be starting.
        let _ = std::panic::catch_unwind(|| post_level(webhook, 420));
        let last = messages.iter().rev().find(|m| m.topic.ends_with("/up/health"))?.json();
        let level = last["data"]["sensors"][1].clone();
        (level["state"] == "bad").then(|| assert_eq!(level["reason"], "0.42 is outside -0.5 to 0.3"))
    });
    assert_eq!(daemon.stop(SOON), 0);
}
