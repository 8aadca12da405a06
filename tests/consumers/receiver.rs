//! A command centre of public libraries alone against the real daemon: it reads every message with the CloudEvents SDK, and has
//! its commands answered on topics of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::field::{BASE, SOON, post, write_token};
use crate::support::daemon::{Daemon, write_config};
use crate::support::mosquitto::{Mosquitto, free_port};
use crate::tools::{data, tool};

/// A box with a water gauge that is posted.
fn site(folder: &Path, broker: &Mosquitto, webhook: u16) -> PathBuf {
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
url = "{broker}"

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
stale_after_secs = 600
webhook = {{ path = "/drain-2", pointer = "/m" }}

[fusion]
catalogue = ["flooding"]
"#,
        at = folder.display(),
        broker = broker.url(),
    );
    write_token(folder);
    write_config(folder, &text)
}

/// Killed when dropped.
struct Receiver(Child);

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "needs public tools: deploy/test.sh installs them and runs it"]
fn the_cloud_events_sdk_reads_every_message_and_answers_come_where_they_were_asked_for() {
    let (folder, broker, webhook) = (tempfile::tempdir().unwrap(), Mosquitto::start(), free_port());
    let config = site(folder.path(), &broker, webhook);
    let mut command = tool("bin/python");
    command.arg(data("receiver.py")).args([&broker.port().to_string(), BASE]).stdout(Stdio::piped());
    let mut receiver = Receiver(command.spawn().unwrap());
    let mut said = BufReader::new(receiver.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert_eq!(said.next().as_deref(), Some("ready"));

    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(["run", "--config"]).arg(&config).env("STATE_DIRECTORY", folder.path());
    let daemon = Daemon::spawn(command);
    daemon.wait_for_log("readings can be posted", SOON);
    post(webhook, "drain-2", 0.9);
    let Some(read) = said.next() else { panic!("the receiver failed; the box said:\n{}", daemon.log()) };
    assert!(receiver.0.wait().unwrap().success(), "{read}");
    let read: Vec<String> = serde_json::from_str::<Value>(&read)
        .map(|types| types.as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_owned()).collect())
        .unwrap();
    for name in ["active", "alert", "config", "health", "meta", "quality", "reply", "sensor", "state"] {
        assert!(read.contains(&format!("lookout.{name}.v1")), "{name} is not among {read:?}");
    }
    assert_eq!(daemon.stop(SOON), 0);
}
