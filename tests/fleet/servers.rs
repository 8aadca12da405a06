//! NATS and PostgreSQL for one test, on free ports, in folders of their own.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::mosquitto::free_port;

/// Everything must have happened by then, on a machine that builds something else at the same time.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Waits until it is so.
#[track_caller]
pub fn wait(what: impl Fn() -> String, is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "waited in vain for {}", what());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// One node of NATS with JetStream and its MQTT gateway, open to everybody.
pub struct Nats {
    child: Child,
    pub port: u16,
    pub mqtt: u16,
    _folder: TempDir,
}

impl Nats {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, mqtt) = (free_port(), free_port());
        let text = format!(
            "server_name: one\nlisten: \"127.0.0.1:{port}\"\njetstream {{ store_dir: \"{}\" }}\nmqtt {{ listen: \"127.0.0.1:{mqtt}\" }}\n",
            folder.path().display()
        );
        let file = folder.path().join("nats.conf");
        fs::write(&file, text).unwrap();
        let child = Command::new("nats-server")
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server");
        for port in [port, mqtt] {
            wait(|| format!("NATS on port {port}"), || TcpStream::connect(("127.0.0.1", port)).is_ok());
        }
        Nats { child, port, mqtt, _folder: folder }
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A PostgreSQL of its own with an empty database `lookout`.
pub struct Postgres {
    pub port: u16,
    folder: TempDir,
}

impl Postgres {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        if is_root() {
            // It refuses to run as root.
            run(Command::new("chown").arg("postgres").arg(&data));
            run(Command::new("chmod").arg("711").arg(folder.path()));
        }
        let postgres = Postgres { port: free_port(), folder };
        run(postgres.program("initdb").args(["-U", "postgres", "-A", "trust", "-E", "UTF8"]));
        postgres.start_again();
        let created = Command::new("psql")
            .args(postgres.address("postgres"))
            .args(["-c", "CREATE DATABASE lookout"])
            .output();
        assert!(created.unwrap().status.success());
        postgres
    }

    pub fn url(&self) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/lookout", self.port)
    }

    pub fn start_again(&self) {
        let options = format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''", self.port);
        let log = self.data().join("log");
        run(self.program("pg_ctl").arg("-o").arg(options).arg("-l").arg(log).args(["-w", "start"]));
    }

    /// As a machine that lost its power: nothing is tidied up.
    pub fn stop_at_once(&self) {
        run(self.program("pg_ctl").args(["-m", "immediate", "-w", "stop"]));
    }

    /// What a query gives, a row a line, its columns with `|` between them; empty where the tables are not there yet.
    pub fn query(&self, query: &str) -> String {
        let mut command = Command::new("psql");
        let output = command.args(self.address("lookout")).args(["-c", query]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Waits until a query gives this.
    #[track_caller]
    pub fn wait_for(&self, query: &str, wanted: &str) {
        wait(|| format!("{query}: {wanted}, not {}", self.query(query)), || self.query(query) == wanted);
    }

    fn address(&self, database: &str) -> Vec<String> {
        let port = self.port.to_string();
        let words = ["-XAtq", "-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-d", database];
        words.map(str::to_owned).to_vec()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn program(&self, name: &str) -> Command {
        let program = newest_version().join("bin").join(name);
        let mut command = if is_root() {
            let mut as_postgres = Command::new("runuser");
            as_postgres.args(["-u", "postgres", "--"]).arg(program);
            as_postgres
        } else {
            Command::new(program)
        };
        command.arg("-D").arg(self.data()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.program("pg_ctl").args(["-m", "immediate", "stop"]).status();
    }
}

fn newest_version() -> PathBuf {
    let versions = fs::read_dir(Path::new("/usr/lib/postgresql")).expect("postgresql");
    versions.flatten().map(|entry| entry.path()).max().expect("a version of PostgreSQL")
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[track_caller]
fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}");
}
