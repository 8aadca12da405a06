//! A box with three keys, the real daemon on it, a real broker, and a centre that signs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lookout::analysis::time::Timestamp;
use lookout::contract::signature::{PrivateKey, Role};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::daemon::{Daemon, write_config};
use crate::support::fault_report;
use crate::support::listener::Listener;
use crate::support::mosquitto::{Mosquitto, Options};
use crate::support::site::{bundled_models, presence};

pub const BASE: &str = "lookout/v1/530127/box-1";
/// Everything must have happened by then, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Nobody listens there: a camera that is lost is enough to be commanded.
const NO_CAMERA: &str = "url = \"rtsp://127.0.0.1:9/none\"";

pub struct Here {
    pub desk: PrivateKey,
    pub operator: PrivateKey,
    pub admin: PrivateKey,
    pub centre: Listener,
    _broker: Mosquitto,
    pub daemon: Option<Daemon>,
    pub config: PathBuf,
    pub manifest: PathBuf,
    pub folder: TempDir,
}

impl Here {
    /// Runs the daemon with a camera that is never there.
    pub fn start() -> Here {
        let mut here = Here::prepare(NO_CAMERA);
        here.run();
        here
    }

    /// Everything but the daemon.
    pub fn prepare(camera: &str) -> Here {
        let folder = tempfile::tempdir().unwrap();
        let manifest = bundled_models();
        let lines = vec!["max_queued_messages 0".to_owned(), "max_inflight_messages 0".to_owned()];
        let broker = Mosquitto::start_with(Options { lines, ..Options::default() });
        let key = |name: &str| PrivateKey::generate(name).unwrap();
        let (desk, operator, admin) = (key("desk-1"), key("operator-1"), key("admin-1"));
        let mut text =
            presence(folder.path(), camera, &format!("url = \"mqtt://127.0.0.1:{}\"", broker.port()));
        for (key, role) in [(&desk, Role::Desk), (&operator, Role::Operator), (&admin, Role::Admin)] {
            text.push_str(&format!(
                "\n[[command_key]]\nid = \"{}\"\nrole = \"{}\"\npublic_key = \"{}\"\n",
                key.id(),
                role.name(),
                key.public().text()
            ));
        }
        let config = write_config(folder.path(), &text);
        let centre = Listener::start(broker.port(), &format!("{BASE}/up/#"));
        Here { desk, operator, admin, centre, _broker: broker, daemon: None, config, manifest, folder }
    }

    /// Starts the daemon, again if it ran before, and waits until it takes commands.
    pub fn run(&mut self) {
        let subscribed = self.received("up/state", |state| state["data"]["state"] == "online").len();
        // As the service has it; the configuration's folders are below it, too.
        let state = [("STATE_DIRECTORY", self.folder.path().as_os_str())];
        self.daemon = Some(Daemon::start_with(&self.config, &self.manifest, &state));
        self.centre.wait_for("the box", |received| {
            received
                .iter()
                .filter(|m| m.topic.ends_with("up/state") && m.json()["data"]["state"] == "online")
                .count()
                > subscribed
        });
    }

    /// SIGTERM, and waits.
    pub fn stop(&mut self) {
        assert_eq!(self.daemon.take().unwrap().stop(PATIENCE), 0);
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.daemon.take().unwrap().kill();
    }

    pub fn control(&self) -> PathBuf {
        self.folder.path().join("outbox/control")
    }

    /// What runs, as the box last said.
    pub fn running(&self) -> String {
        let last = self
            .centre
            .wait_for("up/config", |received| received.iter().any(|m| m.topic.ends_with("up/config")));
        let last = last.iter().rfind(|m| m.topic.ends_with("up/config")).unwrap().json();
        last["data"]["running_sha256"].as_str().unwrap().to_owned()
    }

    /// Waits for a message of that topic for which `wanted` holds.
    pub fn wait(&self, topic: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.centre.wait_one(what, |m| m.topic.ends_with(topic) && wanted(&m.json())).json()
    }

    /// What was heard on a topic so far.
    pub fn received(&self, topic: &str, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let of_topic = self.centre.received().into_iter().filter(|m| m.topic.ends_with(topic));
        of_topic.map(|m| m.json()).filter(wanted).collect()
    }

    /// Topics of everything that was heard.
    pub fn received_topics(&self) -> Vec<String> {
        self.centre.received().into_iter().map(|m| m.topic).collect()
    }

    /// Signs and sends; returns the answer's data.
    pub fn ask(&self, key: &PrivateKey, command: &str, data: Value) -> Value {
        let body = command_body(command, data);
        let id = body["request_id"].as_str().unwrap().to_owned();
        self.send(command, key.sign(body.to_string().as_bytes()).as_bytes());
        self.reply(&id)
    }

    /// Sends as it is.
    pub fn send(&self, command: &str, message: &[u8]) {
        self.centre.publish(&topic_of(command), false, message);
    }

    pub fn reply(&self, id: &str) -> Value {
        let reply = self.wait("up/reply", &format!("the answer to {id}"), |m| m["data"]["request_id"] == id);
        reply["data"].clone()
    }

    /// Every line of the audit log.
    pub fn audit(&self) -> Vec<Value> {
        lookout::audit::files(&self.control())
            .iter()
            .flat_map(|file| {
                let text = std::fs::read_to_string(file).unwrap();
                // What is being written just now has no end yet.
                let whole = text.rfind('\n').map_or("", |end| &text[..end]);
                whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>()
            })
            .collect()
    }

    /// How many were refused, as the audit log has it.
    pub fn refused(&self) -> u64 {
        let refused =
            |line: &&Value| line["event"].as_str().is_some_and(|event| event.starts_with("refused"));
        self.audit().iter().filter(refused).map(|line| line["count"].as_u64().unwrap_or(1)).sum()
    }

    /// How many were carried out, as the audit log has it.
    pub fn accepted(&self) -> usize {
        self.audit().iter().filter(|line| line["event"] == "accepted").count()
    }
}

pub fn topic_of(command: &str) -> String {
    match command {
        "mark" | "config" => format!("{BASE}/down/{command}"),
        _ => format!("{BASE}/down/cmd/{command}"),
    }
}

/// A command that is good for five minutes, with `data` beside the rest; `null` in `data` takes a field out.
pub fn command_body(command: &str, data: Value) -> Value {
    let now = Timestamp::now().as_second();
    let mut body = json!({
        "request_id": format!("r-{:016x}", rand::random::<u64>()),
        "area": "530127", "box": "box-1", "command": command,
        "by": "somebody", "reason": "a test", "iat": now, "exp": now + 300,
    });
    for (name, value) in data.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Looks until it is so. For files, which have no event to wait for.
pub fn wait_until(what: impl Fn() -> String, so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < until, "waited in vain for {}", what());
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// How much larger than usual the hostile tests are.
pub fn rounds() -> usize {
    fault_report::rounds(1)
}

/// Adds what a hostile test sent, none of which took effect, to the table of the fault bench.
pub fn report_refused(row: &str, counts: Value) {
    fault_report::report(row, rounds(), counts, true, "");
}

pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
