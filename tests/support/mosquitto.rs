//! A real mosquitto for one test: Debian's, on a free port, with a configuration of its own.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Where Debian puts it.
const PROGRAM: &str = "/usr/sbin/mosquitto";

/// What is different from an open broker that keeps nothing.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Keep retained messages and sessions over a restart.
    pub persistence: bool,
    /// Only this user, with this password.
    pub login: Option<(&'static str, &'static str)>,
    /// TLS with a certificate for `localhost`, signed by an authority made for the test.
    pub tls: bool,
    /// More lines for the configuration file.
    pub lines: Vec<String>,
}

/// A running, or killed, broker. Its port stays the same over restarts.
pub struct Mosquitto {
    child: Option<Child>,
    port: u16,
    options: Options,
    dir: TempDir,
}

impl Mosquitto {
    pub fn start() -> Self {
        Self::start_with(Options::default())
    }

    pub fn start_with(options: Options) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut broker = Mosquitto { child: None, port: free_port(), options, dir };
        broker.write_files();
        broker.restart();
        broker
    }

    /// With a whole configuration; the line `listener` in it is replaced by one on a free port of this machine.
    pub fn start_from(configuration: String, listener: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let port = free_port();
        assert!(configuration.contains(listener), "{configuration}");
        let configuration = configuration.replace(listener, &format!("listener {port} 127.0.0.1"));
        let configuration = format!("user {}\n{configuration}", whoami());
        std::fs::write(dir.path().join("mosquitto.conf"), configuration).expect("a configuration");
        let mut broker = Mosquitto { child: None, port, options: Options::default(), dir };
        broker.restart();
        broker
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        if self.options.tls {
            format!("mqtts://localhost:{}", self.port)
        } else {
            format!("mqtt://127.0.0.1:{}", self.port)
        }
    }

    /// The authority that signed the broker's certificate.
    pub fn ca_file(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// Starts it again and waits until it listens.
    pub fn restart(&mut self) {
        assert!(self.child.is_none(), "still running");
        let log = std::fs::File::create(self.dir.path().join("mosquitto.out")).expect("a log file");
        let child = Command::new(PROGRAM)
            .arg("-c")
            .arg(self.dir.path().join("mosquitto.conf"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{PROGRAM}: {error}; deploy/test.sh installs it"));
        self.child = Some(child);
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).is_err() {
            assert!(Instant::now() < until, "mosquitto does not listen: {}", self.log());
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("running");
        child.kill().expect("SIGKILL");
        child.wait().expect("gone");
    }

    /// Reads its configuration's files again.
    pub fn reload(&self) {
        let child = self.child.as_ref().expect("running");
        rustix::process::kill_process(rustix::process::Pid::from_child(child), rustix::process::Signal::HUP)
            .expect("SIGHUP");
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("mosquitto.out")).unwrap_or_default()
    }

    fn write_files(&self) {
        let dir = self.dir.path();
        let mut lines = vec![
            "per_listener_settings false".to_owned(),
            format!("listener {} 127.0.0.1", self.port),
            "log_type error\nlog_type warning\nlog_type notice".to_owned(),
            // Otherwise Debian's build drops to a user that cannot read the test's directory.
            format!("user {}", whoami()),
        ];
        if self.options.persistence {
            lines.push(format!(
                "persistence true\npersistence_location {}/\nautosave_interval 1",
                dir.display()
            ));
        }
        match self.options.login {
            Some((user, password)) => {
                let file = dir.join("passwords");
                run(Command::new("mosquitto_passwd").args(["-b", "-c"]).arg(&file).args([user, password]));
                lines.push(format!("allow_anonymous false\npassword_file {}", file.display()));
            }
            None => lines.push("allow_anonymous true".to_owned()),
        }
        if self.options.tls {
            make_certificates(dir, "localhost");
            lines.push(format!("certfile {0}/server.pem\nkeyfile {0}/server.key", dir.display()));
        }
        lines.extend(self.options.lines.iter().cloned());
        let mut file = std::fs::File::create(dir.join("mosquitto.conf")).expect("its configuration");
        writeln!(file, "{}", lines.join("\n")).expect("its configuration");
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// `ca.pem`, and `server.pem` with `server.key` for the host `name`, signed by it.
pub fn make_certificates(dir: &Path, name: &str) {
    let authority =
        ["req", "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=Test authority"];
    openssl(dir, &[&authority[..], &NEW_KEY].concat());
    sign(dir, "server", name, &format!("subjectAltName=DNS:{name}\nbasicConstraints=CA:FALSE\n"));
}

/// `name.pem` with `name.key`, for a client, signed by the authority of [`make_certificates`].
pub fn make_client_certificate(dir: &Path, name: &str) {
    sign(dir, name, name, "extendedKeyUsage=clientAuth\nbasicConstraints=CA:FALSE\n");
}

const NEW_KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

fn openssl(dir: &Path, args: &[&str]) {
    run(Command::new("openssl").args(args).current_dir(dir));
}

fn sign(dir: &Path, file: &str, name: &str, extensions: &str) {
    let (key, request, certificate) = (format!("{file}.key"), format!("{file}.csr"), format!("{file}.pem"));
    let subject = format!("/CN={name}");
    openssl(dir, &[&["req", "-keyout", &key, "-out", &request, "-subj", &subject][..], &NEW_KEY].concat());
    std::fs::write(dir.join("extensions"), extensions).expect("extensions");
    let by =
        ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "extensions"];
    openssl(dir, &[&["x509", "-req", "-in", &request, "-out", &certificate][..], &by].concat());
}

/// A port that was free a moment ago, below those the system gives to clients: one of them that tries again
/// and again to reach a broker that is down could otherwise be given the broker's port, and meet itself. No two
/// of one process are the same: whoever asked first may not listen there yet.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let port = rand::random_range(10_000..32_000);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() && given.insert(port) {
            return port;
        }
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn whoami() -> String {
    let output = Command::new("id").arg("-un").output().expect("id");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
