//! What systemd hears of the daemon, and what the unit file allows. A socket plays systemd's part.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use support::daemon::{Daemon, write_config};
use support::mosquitto::free_port;

/// Loading a model, on a machine that builds something else at the same time.
const SOON: Duration = Duration::from_secs(60);
/// The unit's exposure as `systemd-analyze` states it, of 10; what remains is that it speaks to a network.
const MOST_EXPOSED: f64 = 2.0;

fn in_repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Waits for a message with this line.
fn heard(socket: &UnixDatagram, line: &str) {
    let deadline = Instant::now() + SOON;
    let mut all = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "no {line:?} within {SOON:?}, only {all:?}");
        socket.set_read_timeout(Some(left)).unwrap();
        let mut bytes = [0u8; 512];
        let Ok(length) = socket.recv(&mut bytes) else { continue };
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        if text.lines().any(|said| said == line) {
            return;
        }
        all.push(text);
    }
}

#[test]
fn systemd_hears_that_the_daemon_is_ready_lives_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    // A camera that is not there: a box whose cameras are all away lives, too.
    let text = format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\n[mqtt]\nembedded_port = {}\n[outbox]\ndir = \"{}/outbox\"\n\
         [evidence]\ndir = \"{}/evidence\"\n[[camera]]\nid = \"cam\"\neye = \"village\"\n\
         url = \"rtsp://127.0.0.1:{}/none\"\ngrid = \"53012700300102\"\n",
        free_port(),
        folder.path().display(),
        folder.path().display(),
        free_port(),
    );
    let config = write_config(folder.path(), &text);
    let daemon = Daemon::start_with(
        &config,
        &in_repository("models/manifest.toml"),
        &[("NOTIFY_SOCKET", path.as_os_str()), ("WATCHDOG_USEC", "60000000".as_ref())],
    );
    heard(&socket, "READY=1");
    heard(&socket, "WATCHDOG=1");
    heard(&socket, "WATCHDOG=1");
    assert_eq!(daemon.stop(SOON), 0);
    heard(&socket, "STOPPING=1");
}

#[test]
fn the_unit_file_is_hardened() {
    let unit = in_repository("deploy/systemd/lookout.service");
    let asked = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(&unit)
        .output();
    let Ok(output) = asked else {
        eprintln!("not checked: no systemd-analyze here");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| line.contains("Overall exposure level")).expect("a score");
    let score: f64 = line.split(':').nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert!(score <= MOST_EXPOSED, "{line}");
}
