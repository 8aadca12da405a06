//! A box whose metrics are read, and a reader that says what it is told to.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::support::daemon::{Daemon, write_config};
use super::support::mosquitto::free_port;
use super::support::site::bundled_models;

/// Starting a daemon, on a machine that builds something else at the same time.
pub const SOON: Duration = Duration::from_secs(90);
pub const TOKEN: &str = "canary-0123456789abcdef";

/// An address of this machine that nobody listens on.
pub fn free_address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

/// A box without cameras, so that nothing is loaded, and with a sensor that never answers; `more` stands at the end.
pub struct SmallBox {
    pub folder: tempfile::TempDir,
    pub config: PathBuf,
    pub text: String,
    pub address: SocketAddr,
}

impl SmallBox {
    pub fn new(metrics: &str) -> Self {
        let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
        let at = folder.path().display();
        let text = format!(
            "[site]\nbox = \"box-1\"\narea = \"530127\"\nlanguage = \"en\"\nsecrets_dir = \"{at}\"\n\
             [mqtt]\nembedded_port = 0\n[web]\nenabled = false\n\
             [outbox]\ndir = \"{at}/outbox\"\nmin_free_mib = 0\n[evidence]\ndir = \"{at}/evidence\"\n\
             [[sensor]]\nid = \"door\"\nquantity = \"door\"\ngrid = \"53012700300101\"\nstale_after_secs = 60\n\
             modbus_tcp = {{ address = \"127.0.0.1:{}\", register = 1, kind = \"u16\", poll_secs = 5 }}\n\
             [metrics]\nlisten = \"{address}\"\n{metrics}",
            free_port()
        );
        put_secret(&folder.path().join("metrics"), TOKEN);
        let config = write_config(folder.path(), &text);
        SmallBox { folder, config, text, address }
    }

    /// Runs it, and waits until its metrics can be read.
    pub fn run(&self) -> Daemon {
        let daemon = Daemon::start(&self.config, &bundled_models());
        daemon.wait_for_log("metrics can be read", SOON);
        daemon
    }
}

pub fn put_secret(path: &Path, line: &str) {
    fs::write(path, line).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Sends these bytes, and reads until the other side closes.
pub fn exchange(address: SocketAddr, request: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // Fails where it was closed in the middle; what came before counts.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

/// `GET path` with more lines of the head.
pub fn get(address: SocketAddr, path: &str, lines: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nHost: box\r\n{lines}\r\n");
    exchange(address, request.as_bytes()).unwrap_or_else(|| panic!("no answer to {path}"))
}

/// Tries until the box has taken its first look at itself.
pub fn scrape(address: SocketAddr, lines: &str) -> Answer {
    let deadline = std::time::Instant::now() + SOON;
    loop {
        let answer = get(address, "/metrics", lines);
        if answer.status != 503 {
            return answer;
        }
        assert!(std::time::Instant::now() < deadline, "{}", answer.body);
        std::thread::sleep(Duration::from_millis(300));
    }
}
