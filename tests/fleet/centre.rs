//! `lookout centre` as a child process, with a key for the desk and a folder of boxes' keys.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lookout::contract::signature::{KnownKey, PrivateKey, Role};
use tempfile::TempDir;

use crate::played::PlayedBox;
use crate::servers::{Nats, PATIENCE, Postgres, wait};

/// What a centre needs on disk; several processes may share it.
pub struct Desk {
    pub folder: TempDir,
    key: PrivateKey,
}

impl Desk {
    /// That believes these boxes.
    pub fn new(boxes: &[&PlayedBox]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = PrivateKey::generate("desk-1").unwrap();
        fs::write(folder.path().join("desk-1.jwk"), key.to_jwk()).unwrap();
        fs::create_dir(folder.path().join("boxes")).unwrap();
        for one in boxes {
            let jwk = serde_json::to_string(&one.key.public()).unwrap();
            fs::write(folder.path().join(format!("boxes/530127.{}.jwk", one.name)), jwk).unwrap();
        }
        Desk { folder, key }
    }

    /// By which a box checks what the centre says.
    pub fn public(&self) -> [KnownKey; 1] {
        [KnownKey { id: "desk-1".into(), role: Role::Desk, public: self.key.public() }]
    }

    pub fn evidence(&self) -> PathBuf {
        self.folder.path().join("evidence")
    }

    pub fn nats(&self, nats: &Nats, postgres: &Postgres) -> PathBuf {
        let inlet = format!(
            "[nats]\nurls = [\"nats://127.0.0.1:{}\"]\nreplicas = 1\nstream_max_mib = 256\n",
            nats.port
        );
        self.configuration(&inlet, postgres)
    }

    pub fn configuration(&self, inlet: &str, postgres: &Postgres) -> PathBuf {
        let text = format!(
            "language = \"en\"\nboxes = \"boxes\"\nevidence = \"evidence\"\n{inlet}\n[database]\nurl = \"{}\"\n\n[desk]\nkey_file = \"desk-1.jwk\"\n",
            postgres.url()
        );
        let path = self.folder.path().join("centre.toml");
        fs::write(&path, text).unwrap();
        path
    }
}

/// A running process of the centre. Killed when dropped.
pub struct Centre {
    child: Child,
}

impl Centre {
    pub fn start(configuration: &PathBuf) -> Self {
        Self::start_with(configuration, None)
    }

    /// `crash`: at which point it kills itself, and at which time it comes by there.
    pub fn start_with(configuration: &PathBuf, crash: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
        command.args(["centre", "--config"]).arg(configuration).stdin(Stdio::null());
        if let Some(crash) = crash {
            command.env("LOOKOUT_CRASH_AT", crash);
        }
        Centre { child: command.spawn().unwrap() }
    }

    /// Waits until it has killed itself.
    pub fn wait_killed(mut self) {
        let until = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "the centre goes on");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until the streams are there, from where on nothing that is published is missed.
pub fn wait_ready(nats: &Nats, postgres: &Postgres) {
    let probe = PlayedBox::new("box-probe", nats.mqtt);
    // Nobody knows this box: that it is refused shows that it was received.
    wait(
        || "the centre to listen".to_owned(),
        || {
            probe.publish("up/alert", b"{}");
            probe.publish("up/health", b"{}");
            let refused_on = |topic: &str| {
                let of_probe = format!("name = 'box-probe' AND topic LIKE '%{topic}'");
                postgres.query(&format!("SELECT count(*) FROM refused WHERE {of_probe}")).parse().unwrap_or(0)
            };
            refused_on("alert") > 0 && refused_on("health") > 0
        },
    );
}
