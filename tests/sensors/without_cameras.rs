//! A box with sensors and no camera: it needs neither models nor the runtime that runs them, tells alerts, and takes up
//! what changes while it runs.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use lookout::analysis::time::Timestamp;
use lookout::contract::signature::{PrivateKey, Role};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::here::SOON;
use super::support::daemon::{Daemon, write_config};
use super::support::listener::{Listener, Received};
use super::support::mosquitto::{Mosquitto, free_port};

const BASE: &str = "lookout/v1/530127/box-1";
pub const TOKEN: &str = "0123456789abcdef-token";

pub struct Site {
    folder: TempDir,
    pub config: PathBuf,
    broker: Mosquitto,
    centre: Listener,
    webhook: u16,
    admin: PrivateKey,
    daemon: Option<Daemon>,
}

impl Site {
    /// A water gauge that is posted, and a broker with a password. `more` stands at the end of the file.
    pub fn prepare(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (broker, webhook) = (Mosquitto::start(), free_port());
        let at = folder.path().display();
        let text = format!(
            r#"
[site]
box = "box-1"
area = "530127"
language = "en"
time_zone = "Asia/Shanghai"
mode = "actual"
secrets_dir = "{at}/secrets"

[mqtt]
url = "mqtt://127.0.0.1:{broker}"
user = "box"
secret = "broker"

[outbox]
dir = "{at}/outbox"

[evidence]
dir = "{at}/evidence"

[sensors.webhook]
listen = "127.0.0.1:{webhook}"
secret = "webhook"

[[sensor]]
id = "drain-2"
quantity = "water_level"
unit = "m"
grid = "53012700300102"
address = "underpass, drain 2"
range = [-0.5, 8.0]
stale_after_secs = 600
webhook = {{ path = "/drain-2", pointer = "/m" }}

[fusion]
catalogue = ["flooding"]
{more}"#,
            broker = broker.port()
        );
        fs::create_dir(folder.path().join("secrets")).unwrap();
        let config = write_config(folder.path(), &text);
        let centre = Listener::start(broker.port(), "lookout/#");
        let admin = PrivateKey::generate("admin-1").unwrap();
        let site = Site { folder, config, broker, centre, webhook, admin, daemon: None };
        site.secret("broker", "one");
        site.secret("webhook", TOKEN);
        site
    }

    pub fn start() -> Self {
        let mut site = Site::prepare("");
        site.run();
        site
    }

    /// The same, and only what `admin` signs is believed.
    pub fn signed() -> Self {
        let mut site = Site::prepare("");
        let key = format!(
            "\n[[command_key]]\nid = \"admin-1\"\nrole = \"{}\"\npublic_key = \"{}\"\n",
            Role::Admin.name(),
            site.admin.public().text()
        );
        fs::write(&site.config, site.text() + &key).unwrap();
        site.run();
        site
    }

    pub fn run(&mut self) {
        let before = self.published("up/state", |m| m["data"]["state"] == "online").len();
        let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
        command.args(["run", "--config"]).arg(&self.config);
        // There is no such file, and nobody misses it.
        command.env("LOOKOUT_ORT_LIB", "/nowhere/libonnxruntime.so");
        command.env("STATE_DIRECTORY", self.folder.path());
        self.daemon = Some(Daemon::spawn(command));
        self.centre.wait_for("the box", |received| {
            let online =
                |m: &&Received| m.topic.ends_with("up/state") && m.json()["data"]["state"] == "online";
            received.iter().filter(online).count() > before
        });
        self.daemon().wait_for_log("readings can be posted", SOON);
    }

    pub fn stop(&mut self) {
        assert_eq!(self.daemon.take().unwrap().stop(SOON), 0);
    }

    fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().unwrap()
    }

    pub fn text(&self) -> String {
        fs::read_to_string(&self.config).unwrap()
    }

    pub fn edit(&self, from: &str, to: &str) {
        let text = self.text();
        assert!(text.contains(from), "{from}");
        fs::write(&self.config, text.replace(from, to)).unwrap();
    }

    fn secret(&self, name: &str, content: &str) {
        let path = self.folder.path().join("secrets").join(name);
        let aside = path.with_extension("new");
        fs::write(&aside, content).unwrap();
        fs::set_permissions(&aside, fs::Permissions::from_mode(0o600)).unwrap();
        fs::rename(aside, path).unwrap();
    }

    /// Posts a level; the status line of the answer, or nothing while nobody listens.
    pub fn post(&self, token: &str, level: f64) -> String {
        let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", self.webhook)) else {
            return String::new();
        };
        let body = format!("{{\"m\":{level}}}");
        let request = format!(
            "POST /drain-2 HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer {token}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut answer = String::new();
        let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_string(&mut answer));
        answer.lines().next().unwrap_or_default().to_owned()
    }

    pub fn published(&self, topic: &str, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let of_topic = self.centre.received().into_iter().filter(|m| m.topic.ends_with(topic));
        of_topic.map(|m| m.json()).filter(wanted).collect()
    }

    pub fn wait(&self, topic: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.centre.wait_one(what, |m| m.topic.ends_with(topic) && wanted(&m.json())).json()
    }

    /// Waits until the last message of that topic is as wanted.
    pub fn wait_last(&self, topic: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let received = self.centre.wait_for(what, |received| {
            received.iter().rfind(|m| m.topic.ends_with(topic)).is_some_and(|m| wanted(&m.json()))
        });
        received.iter().rfind(|m| m.topic.ends_with(topic)).unwrap().json()
    }

    /// How often the box said that it is there, each time as somebody new.
    fn sessions(&self) -> usize {
        sessions_in(&self.centre.received())
    }

    fn wait_session(&self, what: &str, before: usize) {
        self.centre.wait_for(what, |received| sessions_in(received) > before);
    }

    pub fn running(&self) -> String {
        let last = self.wait_last("up/config", "what runs", |_| true);
        last["data"]["running_sha256"].as_str().unwrap().to_owned()
    }

    /// Floods the underpass; the alert.
    fn flood(&self) -> Value {
        assert_eq!(self.post(TOKEN, 0.9), "HTTP/1.1 204 No Content");
        self.wait("up/alert", "the alert", |m| m["data"]["kind"] == "flooding")
    }

    pub fn ask(&self, command: &str, data: Value) -> Value {
        let now = Timestamp::now().as_second();
        let mut body = json!({
            "request_id": format!("r-{:016x}", rand::random::<u64>()), "area": "530127", "box": "box-1",
            "command": command, "by": "somebody", "reason": "a test", "iat": now, "exp": now + 300,
        });
        for (name, value) in data.as_object().unwrap() {
            body[name] = value.clone();
        }
        let topic = if command == "config" {
            format!("{BASE}/down/config")
        } else {
            format!("{BASE}/down/cmd/{command}")
        };
        let id = body["request_id"].as_str().unwrap().to_owned();
        let message = if self.text().contains("[[command_key]]") {
            self.admin.sign(body.to_string().as_bytes())
        } else {
            body.to_string()
        };
        self.centre.publish(&topic, false, message);
        self.wait("up/reply", "the answer", |m| m["data"]["request_id"] == id.as_str())["data"].clone()
    }
}

fn sessions_in(received: &[Received]) -> usize {
    let online = received.iter().filter(|m| m.topic.ends_with("up/state")).map(Received::json);
    let online = online.filter(|m| m["data"]["state"] == "online");
    online.map(|m| m["data"]["session"].to_string()).collect::<BTreeSet<_>>().len()
}

#[test]
fn a_box_without_a_camera_tells_a_flood_and_the_first_to_take_it_on_has_it() {
    let mut site = Site::start();
    let alert = site.flood();
    let data = &alert["data"];
    assert_eq!(data["origin"]["sensors"], json!(["drain-2"]));
    assert_eq!(data["place"]["address"], "underpass, drain 2");
    assert_eq!(data["model"], json!({ "name": "none", "sha256": "" }));
    let id = data["alert_id"].as_str().unwrap().to_owned();

    let open =
        site.wait_last("up/active", "that it is open", |m| m["data"]["alerts"][0]["alert_id"] == id.as_str());
    let list_id = open["id"].clone();
    let open = &open["data"];
    assert_eq!(open["stream"], data["seq"]["stream"]);
    // A list of the same number is reported again, and every stream begins at 1.
    let begins = format!("active.{}.{}.", open["stream"].as_str().unwrap(), open["seq"]);
    assert!(list_id.as_str().is_some_and(|id| id.starts_with(&begins)), "{list_id}");
    let one = &open["alerts"][0];
    assert_eq!((&one["title"], &one["mode"]), (&json!("Flooding"), &json!("actual")));
    assert_eq!((&one["sensors"], &one["acknowledged"]), (&json!(["drain-2"]), &json!(false)));

    let meta = site.wait_last("up/meta", "what it is", |_| true);
    assert_eq!((&meta["data"]["cameras"], &meta["data"]["models"]), (&json!([]), &json!([])));
    assert_eq!(meta["data"]["sensors"][0]["id"], "drain-2");
    assert_eq!(meta["data"]["grids"], json!(["53012700300102"]));
    let health = site.wait_last("up/health", "how it does", |m| m["data"]["sensors"][0]["state"] == "good");
    assert_eq!((&health["data"]["cameras"], &health["data"]["degraded"]), (&json!([]), &json!([])));
    assert_eq!(health["data"]["detector"]["provider"], "none");

    let first = site.ask("ack", json!({ "alert_id": id, "by": "desk-1", "note": "on my way" }));
    assert_eq!(first["outcome"], "done", "{first}");
    let second = site.ask("ack", json!({ "alert_id": id, "by": "desk-2" }));
    assert_eq!(second["outcome"], "already", "{second}");
    assert_eq!(
        (&second["acknowledged"]["by"], &second["acknowledged"]["note"]),
        (&json!("desk-1"), &json!("on my way"))
    );
    let at: Timestamp = second["acknowledged"]["at"].as_str().unwrap().parse().unwrap();
    let there = at.in_tz("Asia/Shanghai").unwrap().strftime("%H:%M:%S").to_string();
    let message = second["message"].as_str().unwrap();
    assert!(message.starts_with("desk-1 took this alert on at ") && message.contains(&there), "{message}");
    let open = site.wait_last("up/active", "who has it", |m| m["data"]["alerts"][0]["acknowledged"] == true);
    assert_eq!(open["data"]["alerts"][0]["acknowledgement"]["by"], "desk-1");
    assert_ne!(open["id"], list_id);

    // The same after a restart: the first one still has it.
    site.stop();
    site.run();
    let third = site.ask("ack", json!({ "alert_id": id, "by": "desk-3" }));
    assert_eq!((&third["outcome"], &third["acknowledged"]["by"]), (&json!("already"), &json!("desk-1")));
    let others = site
        .published("up/alert", |m| m["data"]["acknowledged"]["by"].as_str().is_some_and(|by| by != "desk-1"));
    assert!(others.is_empty(), "{others:?}");
    site.stop();
}

#[test]
fn what_people_find_out_is_reported_after_the_end_of_an_alert_and_after_a_restart() {
    let mut site = Site::signed();
    let id = site.flood()["data"]["alert_id"].as_str().unwrap().to_owned();
    let published = |site: &Site, what: &str, wanted: &dyn Fn(&Value) -> bool| {
        site.wait("up/alert", what, |m| m["data"]["alert_id"] == id.as_str() && wanted(&m["data"]))["data"]
            .clone()
    };
    let given = json!({ "alert_id": id, "to": "patrol 4", "by": "desk-1", "request_id": "r-assign" });
    assert_eq!(site.ask("assign", given.clone())["outcome"], "done");
    let open = published(&site, "who has it", &|data| data["handling"]["assigned"]["to"] == "patrol 4");
    assert_eq!((&open["phase"], &open["phase_reason"]), (&json!("update"), &json!("handled")));
    let accepted = &open["handling"]["accepted"];
    assert_eq!(
        (&accepted["by"], &accepted["key_id"]),
        (&json!("desk-1"), &json!("admin-1")),
        "said and proven"
    );
    assert_eq!(&open["acknowledged"], accepted);
    let second = site.ask("ack", json!({ "alert_id": id, "by": "desk-2" }));
    assert_eq!((&second["outcome"], &second["acknowledged"]["by"]), (&json!("already"), &json!("desk-1")));
    // The same request again does nothing again.
    site.ask("assign", given);
    site.wait("up/reply", "that it was answered before", |m| {
        m["data"]["request_id"] == "r-assign" && m["data"]["outcome"] == "already"
    });
    let wrong = site.ask("verdict", json!({ "alert_id": id, "verdict": "false_alarm", "cause": "moon" }));
    assert_eq!(wrong["code"], "invalid", "{wrong}");
    assert!(wrong["message"].as_str().unwrap().contains("sensor_fault"), "{wrong}");

    // Nobody watches for floods any more: the alert ends.
    site.edit("catalogue = [\"flooding\"]", "catalogue = [\"drain_blocked\"]");
    let end = published(&site, "the end", &|data| data["phase"] == "end");
    assert_eq!((&end["phase_reason"], &end["end_reason"]), (&json!("rule_removed"), &json!("rule_removed")));
    let verdict =
        json!({ "alert_id": id, "verdict": "false_alarm", "cause": "sensor_fault", "note": "a leaf" });
    assert_eq!(site.ask("verdict", verdict)["outcome"], "done");
    let judged =
        published(&site, "the verdict", &|data| data["handling"]["verdict"]["verdict"] == "false_alarm");
    assert_eq!((&judged["phase"], &judged["phase_reason"]), (&json!("end"), &json!("handled")));
    assert_eq!((&judged["end_reason"], &judged["ended_at"]), (&json!("rule_removed"), &end["ended_at"]));
    assert_eq!(judged["rev"], end["rev"].as_u64().unwrap() + 1);

    site.stop();
    site.run();
    assert_eq!(site.ask("close", json!({ "alert_id": id, "outcome": "resolved" }))["outcome"], "done");
    let closed =
        published(&site, "that it is settled", &|data| data["handling"]["closed"]["outcome"] == "resolved");
    assert_eq!(closed["rev"], judged["rev"].as_u64().unwrap() + 1);
    assert_eq!(closed["handling"]["verdict"], judged["handling"]["verdict"]);
    let again = site.ask("close", json!({ "alert_id": id, "outcome": "other" }));
    assert_eq!((&again["outcome"], &again["acknowledged"]["by"]), (&json!("already"), &json!("somebody")));
    let never = json!({ "alert_id": "01JD0000000000000000000000", "outcome": "resolved" });
    assert_eq!(site.ask("close", never)["code"], "unknown_alert");
    let quality = site.wait("up/quality", "what is counted", |m| m["data"]["all"]["false_alarm"] == 1);
    let row =
        &quality["data"]["rows"].as_array().unwrap().iter().find(|row| row["kind"] == "flooding").unwrap();
    assert_eq!((&row["sensor"], &row["counts"]["told"]), (&json!("drain-2"), &json!(1)));
    assert_eq!(row["counts"]["acknowledged_in_time"], 1);
    site.stop();
}

#[test]
fn a_password_that_was_renewed_is_used_at_once_and_blocks_no_later_edit() {
    let mut site = Site::start();
    let first = site.running();
    let before = site.sessions();
    site.secret("broker", "two");
    site.daemon().wait_for_log("took up secrets that were renewed", SOON);
    site.wait_session("a new connection", before);
    let others = site.published("up/config", |m| m["data"]["running_sha256"] != first.as_str());
    assert!(others.is_empty(), "a secret is no other configuration: {others:?}");
    assert_eq!(site.running(), first);

    site.edit("range = [-0.5, 8.0]", "range = [-0.5, 7.0]");
    let next = site.wait_last("up/config", "the edit", |m| m["data"]["running_sha256"] != first.as_str());
    assert_eq!((&next["data"]["outcome"], &next["data"]["problems"]), (&json!("applied"), &json!([])));

    // One that others can read is not taken up, and said; the connection stays.
    let connections = site.sessions();
    site.secret("broker", "three");
    let path = site.folder.path().join("secrets/broker");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let degraded = |m: &Value| {
        m["data"]["degraded"].as_array().is_some_and(|all| all.iter().any(|d| d["part"] == "secrets"))
    };
    let health = site.wait_last("up/health", "the complaint", degraded);
    let reason = health["data"]["degraded"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("can be read by other users"), "{reason}");
    assert_eq!(site.sessions(), connections);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    site.wait_last("up/health", "that all is well", |m| !degraded(m));
    site.wait_session("a new connection", connections);
    site.stop();
}

#[test]
fn a_token_that_was_renewed_counts_and_the_old_one_does_not_any_more() {
    let mut site = Site::start();
    assert_eq!(site.post(TOKEN, 0.0), "HTTP/1.1 204 No Content");
    let other = "another-token-of-some-length";
    site.secret("webhook", other);
    let until = std::time::Instant::now() + SOON;
    while site.post(other, 0.0) != "HTTP/1.1 204 No Content" {
        assert!(std::time::Instant::now() < until, "the new token is not taken");
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    }
    assert!(site.post(TOKEN, 0.0).starts_with("HTTP/1.1 401"), "{}", site.post(TOKEN, 0.0));
    site.stop();
}

#[test]
fn a_file_that_names_a_secret_which_is_not_there_is_taken_up_once_it_is() {
    let mut site = Site::start();
    site.edit("secret = \"broker\"", "secret = \"broker-2\"");
    let refused = site.wait_last("up/config", "the refusal", |m| m["data"]["outcome"] == "rejected");
    let what = refused["data"]["problems"][0]["what"].as_str().unwrap();
    assert!(what.contains("broker-2") && what.contains("is not there"), "{what}");
    site.secret("broker-2", "four");
    site.wait_last("up/config", "that it runs", |m| m["data"]["outcome"] == "applied");
    site.stop();
}

#[test]
fn broker_queue_and_detector_change_while_the_box_runs_and_the_rest_says_why_not() {
    let mut site = Site::start();
    let first = site.running();
    // What cannot change says so, with the reason.
    for (from, to, key) in [
        ("box = \"box-1\"", "box = \"box-2\"", "[site] box"),
        ("area = \"530127\"", "area = \"530128\"", "[site] area"),
        ("/outbox\"", "/elsewhere\"", "[outbox] dir"),
    ] {
        let good = site.text();
        let published = site.published("up/config", |_| true).len();
        fs::write(
            &site.config,
            good.replace(from, to).replace(
                "grid = \"530127",
                if key == "[site] area" { "grid = \"530128" } else { "grid = \"530127" },
            ),
        )
        .unwrap();
        site.centre.wait_for("the refusal", |received| {
            received.iter().filter(|m| m.topic.ends_with("up/config")).count() > published
        });
        let last = site.wait_last("up/config", "the refusal", |m| m["data"]["outcome"] == "rejected");
        let what = last["data"]["problems"][0]["what"].as_str().unwrap();
        assert!(what.starts_with(key) && what.contains("takes a restart of the daemon: "), "{what}");
        fs::write(&site.config, good).unwrap();
        site.wait_last("up/config", "the file as it was", |m| m["data"]["outcome"] == "applied");
    }

    site.edit("[outbox]", "[detector]\nworkers = 1\n\n[outbox]\nmax_rows = 1000");
    let second =
        site.wait_last("up/config", "queue and detector", |m| m["data"]["running_sha256"] != first.as_str());
    assert_eq!(second["data"]["outcome"], "applied", "{second}");
    let second = second["data"]["running_sha256"].clone();

    // To another broker, below other topics: here it says that it went, and there everything goes on.
    let elsewhere = Mosquitto::start();
    let there = Listener::start(elsewhere.port(), "elsewhere/#");
    let text = site.text().replace(
        &format!(":{}\"", site.broker.port()),
        &format!(":{}\"\nprefix = \"elsewhere/v1\"", elsewhere.port()),
    );
    fs::write(&site.config, text).unwrap();
    site.wait_last("up/state", "that it left", |m| m["data"]["state"] == "stopped");
    there.wait_one("the box", |m| m.topic.ends_with("up/state") && m.json()["data"]["state"] == "online");
    // What ran before may come first, as it stood there for those who come later.
    let is_new =
        |m: &Received| m.topic.ends_with("up/config") && m.json()["data"]["running_sha256"] != second;
    let config = there.wait_one("what runs", is_new).json();
    assert_eq!(config["data"]["outcome"], "applied");
    assert_eq!(site.post(TOKEN, 0.9), "HTTP/1.1 204 No Content");
    let alert = there.wait_one("the alert", |m| m.topic == "elsewhere/v1/530127/box-1/up/alert").json();
    assert_eq!(alert["data"]["kind"], "flooding");
    site.stop();
}

#[test]
fn what_fell_or_was_refused_is_reported_with_its_version_also_after_a_restart() {
    let mut site = Site::signed();
    let first = site.running();
    let text = site.text();
    let other = text.replace("range = [-0.5, 8.0]", "range = [-0.5, 7.0]");
    let wanted = json!({ "version": 4, "toml": other, "expect_config": first, "revert_after_secs": 10 });
    assert_eq!(site.ask("config", wanted)["outcome"], "done");
    let trial = site.wait("up/config", "the trial", |m| m["data"]["version"] == 4)["data"].clone();
    let fell = |m: &Value| m["data"]["outcome"] == "reverted";
    let published = site.wait_last("up/config", "that it fell", fell)["data"].clone();
    assert_eq!(
        (&published["offered_version"], &published["offered_source"]),
        (&json!(4), &json!("remote")),
        "{published}"
    );
    assert_eq!(
        (&published["offered_sha256"], &published["running_sha256"]),
        (&trial["running_sha256"], &json!(first))
    );
    let published_before = site.published("up/config", |_| true).len();
    site.stop();
    site.run();
    let again = |received: &[Received]| {
        received.iter().filter(|m| m.topic.ends_with("up/config")).count() > published_before
    };
    site.centre.wait_for("the configuration after the restart", again);
    assert_eq!(site.wait_last("up/config", "the same", |_| true)["data"], published);

    // A refused one the same.
    let bad = text.replace("range = [-0.5, 8.0]", "rang = [-0.5, 8.0]");
    let wanted = json!({ "version": 5, "toml": bad, "expect_config": first });
    assert_eq!(site.ask("config", wanted)["code"], "invalid");
    let published =
        site.wait_last("up/config", "the refusal", |m| m["data"]["offered_version"] == 5)["data"].clone();
    assert_eq!(published["outcome"], "rejected");
    let published_before = site.published("up/config", |_| true).len();
    site.daemon.take().unwrap().kill();
    site.run();
    let again = |received: &[Received]| {
        received.iter().filter(|m| m.topic.ends_with("up/config")).count() > published_before
    };
    site.centre.wait_for("the configuration after the kill", again);
    assert_eq!(site.wait_last("up/config", "the same", |_| true)["data"], published);

    // Until something runs that was offered later.
    let good = json!({ "version": 6, "toml": other, "expect_config": first });
    assert_eq!(site.ask("config", good)["outcome"], "done");
    let published = site.wait_last("up/config", "version 6", |m| m["data"]["version"] == 6)["data"].clone();
    assert_eq!((&published["outcome"], &published["offered_version"]), (&json!("applied"), &Value::Null));

    // Nobody far away moves the box to another broker, and a renewed secret is no reason to refuse.
    let running = site.running();
    let moved = other.replace("user = \"box\"", "user = \"thief\"");
    let reply = site.ask("config", json!({ "version": 7, "toml": moved, "expect_config": running }));
    assert!(reply["message"].as_str().unwrap().contains("[mqtt] is another one than in the file"), "{reply}");
    let before = site.sessions();
    site.secret("broker", "two");
    site.secret("webhook", "another-token-of-some-length");
    site.daemon().wait_for_log("took up secrets that were renewed", SOON);
    // A command that comes while the box connects anew is lost, as any that comes while it is away.
    site.wait_session("the new connection", before);
    let louder = other.replace("7.0]", "6.0]");
    let reply = site.ask("config", json!({ "version": 8, "toml": louder, "expect_config": running }));
    assert_eq!(reply["outcome"], "done", "{reply}");
    site.stop();
}

#[test]
fn the_example_of_a_box_without_cameras_is_good_and_capacity_says_what_it_cannot_do() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sensors-only.toml");
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_lookout")).args(args).arg(&example).output().unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text)
    };
    let (code, text) = run(&["check", "--elsewhere"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("models   none, as there is no camera"), "{text}");
    assert!(!text.contains("not checked"), "{text}");
    let (code, text) = run(&["capacity", "--config"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("has no camera, so there is nothing to measure"), "{text}");
}
