//! The integrator's worked example (`tests/data/centre/consumer.py`, explained in `config/INTEGRATION.md`): a command centre
//! written against the generated types alone, with the real daemon, a real broker, 96 dead cameras and gauges that raise
//! alerts. What it did is looked at from outside: in its database, on the broker, and in the box's log.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use lookout::contract::signature::{KnownKey, PrivateKey, Role, verify};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::field::{BASE, SOON, post, write_token};
use crate::generated::centre_types_for_python;
use crate::support::daemon::{Daemon, write_config};
use crate::support::listener::{Listener, Received};
use crate::support::mosquitto::{Mosquitto, Options, free_port};
use crate::support::site::bundled_models;
use crate::support::stored::all_ids;
use crate::tools::tool;

const CAMERAS: usize = 96;
const GAUGES: usize = 3;
const KEY_ID: &str = "desk-1";

fn camera(number: usize) -> String {
    format!("cam-{number:02}")
}

/// A box that takes signed commands only, with cameras at a port where nobody listens, and gauges in places of their own.
fn site(folder: &Path, broker: &Mosquitto, webhook: u16, desk: &PrivateKey) -> PathBuf {
    let mut text = format!(
        r#"
[site]
box = "box-1"
area = "530127"
language = "en"
time_zone = "Asia/Shanghai"
mode = "test"
secrets_dir = "{at}/secrets"

[mqtt]
url = "{broker}"
expect_marks = true

[outbox]
dir = "{at}/outbox"
min_free_mib = 0

[evidence]
dir = "{at}/evidence"

[sensors.webhook]
listen = "127.0.0.1:{webhook}"
secret = "webhook"

[fusion]
catalogue = ["flooding"]

[[command_key]]
id = "{KEY_ID}"
role = "desk"
public_key = "{key}"
"#,
        at = folder.display(),
        broker = broker.url(),
        key = desk.public().text(),
    );
    for gauge in 0..GAUGES {
        write!(
            text,
            "[[sensor]]\nid = \"drain-{gauge}\"\nquantity = \"water_level\"\nunit = \"m\"\ngrid = \"5301270030020{gauge}\"\n\
             stale_after_secs = 7200\nwebhook = {{ path = \"/drain-{gauge}\", pointer = \"/m\" }}\n"
        )
        .unwrap();
    }
    let nobody = free_port();
    for number in 0..CAMERAS {
        write!(
            text,
            "[[camera]]\nid = \"{}\"\neye = \"village\"\nurl = \"rtsp://127.0.0.1:{nobody}/{number}\"\ngrid = \"530127003001{:02}\"\n",
            camera(number),
            number / 8 + 1
        )
        .unwrap();
    }
    write_token(folder);
    write_config(folder, &text)
}

/// The running example. Killed when dropped.
struct Centre {
    child: Child,
    people: ChildStdin,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Centre {
    /// In a folder with `lookout_types.py`, `boxes` and `desk-1.jwk`; goes on with the database there, if there is one.
    fn start(folder: &Path, port: u16) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/centre/consumer.py");
        let mut command = tool("bin/python");
        command.arg(script).current_dir(folder).env("PYTHONPATH", folder);
        command.args(["--broker", &format!("127.0.0.1:{port}"), "--boxes", "boxes", "--key", "desk-1.jwk"]);
        command.args(["--store", "centre.db", "--by", "desk 1"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (people, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            BufReader::new(output)
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line).map_err(drop))
        });
        let mut centre = Centre { child, people, lines, said: Vec::new() };
        centre.wait_for("ready");
        centre
    }

    /// Somebody at the desk types a line.
    fn type_in(&mut self, line: &str) {
        writeln!(self.people, "{line}").unwrap();
    }

    /// The next line with that text, after those that were waited for.
    fn wait_for(&mut self, text: &str) -> String {
        let until = Instant::now() + SOON;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("the centre never said {text:?} but:\n{}", self.said.join("\n"))
            };
            self.said.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    /// A command of the desk, and what the box answered.
    fn command(&mut self, line: &str) -> String {
        self.type_in(line);
        let sent = self.wait_for("sent ");
        let request = sent.rsplit(' ').next().unwrap().to_owned();
        let answer = self.wait_for(&format!(" {request}: "));
        answer.split_once(": ").unwrap().1.to_owned()
    }

    /// The table of health.
    fn health(&mut self) -> Vec<String> {
        let before = self.said.len();
        self.type_in("health");
        self.wait_for("end of health");
        self.said[before..].to_vec()
    }

    /// `kill -9`.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        // Already gone after `kill`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks until it is so: a database has no event to wait for.
fn wait_until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let until = Instant::now() + SOON;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "waited in vain for {what}");
        thread::park_timeout(Duration::from_millis(50));
    }
}

/// What the centre has stored: number, id and bytes of each message.
fn in_database(file: &Path) -> Vec<(u64, String, Vec<u8>)> {
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut all = database.prepare("SELECT n, id, body FROM messages ORDER BY n").unwrap();
    all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// Waits until the box has stored more than so many, and the centre has all of them; how many that are.
fn wait_for_all(daemon: &Daemon, database: &Path, more_than: usize) -> usize {
    wait_until("every alert that the box accepted in the centre's database", || {
        // The box first: what it stores meanwhile is not asked for.
        let accepted = all_ids(&daemon.log());
        let there: BTreeSet<String> = in_database(database).into_iter().map(|(_, id, _)| id).collect();
        (accepted.len() > more_than && accepted.is_subset(&there)).then_some(accepted.len())
    })
}

/// The first alert of the gauge, as the broker had it.
fn wait_for_flood(received: &Listener, gauge: &str) -> Received {
    received.wait_one("a flood", |message| {
        let data = message.json()["data"].clone();
        message.topic.ends_with("/up/alert")
            && data["kind"] == "flooding"
            && data["origin"]["sensors"] == json!([gauge])
    })
}

/// The answer on the broker to a command for which `wanted` holds.
fn wait_for_reply(received: &Listener, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let is_reply =
        |message: &Received| message.topic.ends_with("/up/reply") && wanted(&message.json()["data"]);
    received.wait_one(what, is_reply).json()["data"].clone()
}

/// Runs the box, and waits until it takes commands.
fn start_box(folder: &Path, config: &Path) -> Daemon {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(["run", "--config"]).arg(config).arg("--manifest").arg(bundled_models());
    command.env("STATE_DIRECTORY", folder);
    let daemon = Daemon::spawn(command);
    daemon.wait_for_log("connected to the command centre", SOON);
    daemon
}

/// As the installer does.
fn bring_key_of_the_box(config: &Path, centre_folder: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    let printed = command.args(["keys", "box", "--json", "--config"]).arg(config).output().unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    fs::write(centre_folder.join("boxes/530127.box-1.jwk"), printed.stdout).unwrap();
}

/// A folder for the example, with its types and the key of the desk.
fn centre_folder_in(folder: &Path, desk: &PrivateKey) -> PathBuf {
    let centre_folder = folder.join("centre");
    fs::create_dir_all(centre_folder.join("boxes")).unwrap();
    centre_types_for_python(&centre_folder);
    fs::write(centre_folder.join("desk-1.jwk"), desk.to_jwk()).unwrap();
    centre_folder
}

/// A broker keeps nothing that is said to a box while it is away.
#[test]
#[ignore = "needs public tools: deploy/test.sh installs them and runs it"]
fn what_is_decided_while_a_box_is_away_is_repeated_until_the_box_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let desk = PrivateKey::generate(KEY_ID).unwrap();
    let centre_folder = centre_folder_in(folder.path(), &desk);
    let (broker, webhook) = (Mosquitto::start_with(Options::default()), free_port());
    let received = Listener::start(broker.port(), "lookout/#");
    let config = site(folder.path(), &broker, webhook, &desk);
    let daemon = start_box(folder.path(), &config);
    bring_key_of_the_box(&config, &centre_folder);
    let mut centre = Centre::start(&centre_folder, broker.port());
    post(webhook, "drain-0", 0.9);
    let alert = wait_for_flood(&received, "drain-0").json()["data"]["alert_id"].as_str().unwrap().to_owned();
    centre.wait_for(&alert);

    assert_eq!(daemon.stop(SOON), 0);
    received.wait_one("that the box is away", |message| {
        message.topic.ends_with("/up/state") && message.json()["data"]["state"] == "stopped"
    });
    centre.type_in(&format!("ack {alert} on the way"));
    let sent = centre.wait_for("sent ack ");
    let request = sent.rsplit(' ').next().unwrap();
    received.wait_one("the command, which nobody hears", |message| message.topic.ends_with("/down/cmd/ack"));

    let daemon = start_box(folder.path(), &config);
    let answer = centre.wait_for(&format!("answer ack {request}: "));
    assert!(answer.ends_with(": done"), "{answer}");
    assert!(
        centre.said.iter().any(|line| line.ends_with(&format!("repeated: ack {request}"))),
        "{:?}",
        centre.said
    );
    let taken = received.wait_one("the alert that somebody took on", |message| {
        let data = message.json()["data"].clone();
        message.topic.ends_with("/up/alert")
            && data["alert_id"] == alert.as_str()
            && data["acknowledged"].is_object()
    });
    let acknowledged = taken.json()["data"]["acknowledged"].clone();
    assert_eq!((&acknowledged["by"], &acknowledged["note"]), (&json!("desk 1"), &json!("on the way")));
    assert_eq!(daemon.stop(SOON), 0);
}

#[test]
#[ignore = "needs public tools: deploy/test.sh installs them and runs it"]
fn the_worked_example_stores_handles_asks_again_and_shows_all_as_the_integrators_guide_says() {
    let folder = tempfile::tempdir().unwrap();
    let desk = PrivateKey::generate(KEY_ID).unwrap();
    let centre_folder = centre_folder_in(folder.path(), &desk);
    let known = [KnownKey { id: KEY_ID.into(), role: Role::Desk, public: desk.public() }];

    // What a box says while nobody has subscribed is not kept by any broker: the first hole is there from the start.
    let lines = vec!["max_queued_messages 100000".to_owned()];
    let (broker, webhook) = (Mosquitto::start_with(Options { lines, ..Options::default() }), free_port());
    let received = Listener::start(broker.port(), "lookout/#");
    let config = site(folder.path(), &broker, webhook, &desk);
    let daemon = start_box(folder.path(), &config);
    received.wait_for("a numbered message", |received| {
        received.iter().any(|one| one.topic.ends_with("/up/alert"))
    });

    bring_key_of_the_box(&config, &centre_folder);

    let mut centre = Centre::start(&centre_folder, broker.port());
    let database = centre_folder.join("centre.db");

    // Stored, every one of them, also those that came before the centre did.
    post(webhook, "drain-0", 0.9);
    let flood = wait_for_flood(&received, "drain-0");
    // Each camera has an alert, and the flood.
    let accepted = wait_for_all(&daemon, &database, CAMERAS);

    // What nobody signed is no message of the box.
    let forged = String::from_utf8(flood.payload.clone()).unwrap().replace("Flooding", "All is well");
    received.publish(&format!("{BASE}/up/alert"), false, forged.replace(".1\"", ".999\""));
    let ignored = centre.wait_for("has no good signature");
    assert!(ignored.contains(&format!("{BASE}/up/alert ")), "{ignored}");
    assert!(in_database(&database).iter().all(|(_, id, _)| !id.ends_with(".999")));

    // Taken on, judged, closed; each with the key that proves it.
    let alert = flood.json()["data"]["alert_id"].as_str().unwrap().to_owned();
    assert_eq!(centre.command(&format!("ack {alert} on the way")), "done");
    assert_eq!(centre.command(&format!("ack {alert}")), "already (first: desk 1)");
    assert_eq!(centre.command(&format!("verdict {alert} confirmed rain")), "done");
    assert_eq!(centre.command(&format!("close {alert} resolved")), "done");
    let handled = received.wait_one("the alert with its closure", |message| {
        let data = message.json()["data"].clone();
        data["alert_id"] == alert.as_str() && data["handling"]["closed"].is_object()
    });
    let handling = handled.json()["data"]["handling"].clone();
    for what in ["accepted", "verdict", "closed"] {
        assert_eq!(
            (&handling[what]["key_id"], &handling[what]["by"]),
            (&json!(KEY_ID), &json!("desk 1")),
            "{handling}"
        );
    }
    assert_eq!(handling["accepted"]["note"], "on the way");
    assert_eq!(
        (&handling["verdict"]["verdict"], &handling["verdict"]["cause"], &handling["closed"]["outcome"]),
        (&json!("confirmed"), &json!("rain"), &json!("resolved"))
    );

    // Every dead camera is shown with its reason.
    let is_shown = |table: &[String], number: usize| {
        let shown = table.iter().filter(|line| line.split_whitespace().nth(1) == Some(&*camera(number)));
        shown.filter(|line| line.contains(" connection_refused ")).count() == 1
    };
    let until = Instant::now() + SOON;
    let table = loop {
        let table = centre.health();
        if (0..CAMERAS).all(|number| is_shown(&table, number)) {
            break table;
        }
        assert!(Instant::now() < until, "{}", table.join("\n"));
        thread::park_timeout(Duration::from_millis(200));
    };
    assert!(table.iter().any(|line| line == "  cameras: 96 of 96 shown"), "{}", table.join("\n"));

    // Marked up to the last: the box keeps none of it because of us, and sends none of it by itself.
    let last = in_database(&database).last().unwrap().0;
    received.wait_for("a mark that covers all", |received| {
        received.iter().filter(|message| message.topic.ends_with("/down/mark")).any(|message| {
            let (payload, key) = verify(&message.payload, &known).unwrap();
            let mark: Value = serde_json::from_slice(&payload).unwrap();
            &*key.id == KEY_ID && mark["n"].as_u64().unwrap() >= last
        })
    });

    // The centre dies, and its database is one from a backup, in which five are missing. Meanwhile the box goes on.
    centre.kill();
    let before = in_database(&database);
    let (first_lost, last_lost) = (3, 7);
    let lost: Vec<_> =
        before.iter().filter(|(n, ..)| (first_lost..=last_lost).contains(n)).cloned().collect();
    assert_eq!(lost.len(), 5, "they were there");
    let backup = Connection::open(&database).unwrap();
    backup.execute("DELETE FROM messages WHERE n BETWEEN ?1 AND ?2", [first_lost, last_lost]).unwrap();
    drop(backup);
    post(webhook, "drain-1", 0.9);
    wait_for_flood(&received, "drain-1");

    // It goes on where it was, notices, asks, and has them again, byte for byte.
    let mut centre = Centre::start(&centre_folder, broker.port());
    let asked = centre.wait_for("asked for ");
    assert!(asked.ends_with(" 3..7"), "{asked}");
    let answer = wait_for_reply(&received, "the answer about the hole", |reply| {
        reply["command"] == "resend"
            && reply["resend"]["again"] == json!([{ "from": first_lost, "to": last_lost }])
    });
    assert_eq!((&answer["outcome"], &answer["resend"]["gone"]), (&json!("done"), &json!([])), "{answer}");
    wait_until("what was lost", || {
        let now = in_database(&database);
        lost.iter().all(|one| now.contains(one)).then_some(())
    });
    wait_for_all(&daemon, &database, accepted);
    // What is urgent overtakes: a number may be late.
    wait_until("numbers without a hole", || {
        let numbers: Vec<u64> = in_database(&database).into_iter().map(|(n, ..)| n).collect();
        numbers.iter().copied().eq(1..=numbers.len() as u64).then_some(())
    });

    centre.type_in("quit");
    assert!(centre.child.wait().unwrap().success());
    assert_eq!(daemon.stop(SOON), 0);
}
