//! What systemd hears of the daemon, and what the unit file allows. A socket plays systemd's part.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
#[cfg(debug_assertions)]
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use std::time::{Duration, Instant};

use support::daemon::{Daemon, write_config};
use support::listener::Listener;
use support::mosquitto::{Mosquitto, free_port};

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

/// A camera that is not there: a box whose cameras are all away lives, too.
fn site(folder: &Path, port: u16) -> std::path::PathBuf {
    let text = format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\n[mqtt]\nembedded_port = {port}\n[outbox]\ndir = \"{0}/outbox\"\n\
         [evidence]\ndir = \"{0}/evidence\"\n[[camera]]\nid = \"cam\"\neye = \"village\"\n\
         url = \"rtsp://127.0.0.1:{1}/none\"\ngrid = \"53012700300102\"\n",
        folder.display(),
        free_port(),
    );
    write_config(folder, &text)
}

#[test]
fn systemd_hears_that_the_daemon_is_ready_lives_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let config = site(folder.path(), free_port());
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

/// One part hangs for good; the main thread, the cameras and the connection get on, and must not speak for it.
#[test]
#[cfg(debug_assertions)]
fn systemd_hears_nothing_any_more_when_one_part_hangs_though_the_others_get_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let port = free_port();
    let config = site(folder.path(), port);
    let daemon = Daemon::start_with(
        &config,
        &in_repository("models/manifest.toml"),
        &[("NOTIFY_SOCKET", path.as_os_str()), ("LOOKOUT_HANG_AT", "recorder-question:3".as_ref())],
    );
    heard(&socket, "READY=1");
    heard(&socket, "WATCHDOG=1");
    // Read away all the time, as systemd does: who writes to a full socket waits.
    let fed = Arc::new(AtomicUsize::new(0));
    let counting = fed.clone();
    std::thread::spawn(move || {
        let mut bytes = [0u8; 512];
        socket.set_read_timeout(None).unwrap();
        while let Ok(length) = socket.recv(&mut bytes) {
            let said = String::from_utf8_lossy(&bytes[..length]).lines().any(|line| line == "WATCHDOG=1");
            counting.fetch_add(usize::from(said), Ordering::SeqCst);
        }
    });
    let centre = Listener::start(port, "lookout/v1/530127/box-1/up/health");
    daemon.wait_for_log("not alive: systemd is not told that we are", 2 * SOON);
    assert!(daemon.log().contains("no answer on the way of an alert"), "{}", daemon.log());
    // The others get on: reports come as ever, and between two of them are ten looks at the parts.
    let reports = |more: usize| {
        let before = centre.heard().len();
        centre.wait_for("more reports", |heard| heard.len() >= before + more);
    };
    reports(1);
    let so_far = fed.load(Ordering::SeqCst);
    assert!(so_far > 20, "it was fed while the question was young: {so_far}");
    reports(2);
    assert_eq!(fed.load(Ordering::SeqCst), so_far, "fed all the same");
    daemon.kill();
}

/// At a stop, systemd would end the daemon's broker before the daemon has said its last word through it.
#[test]
fn only_the_daemon_is_asked_to_stop() {
    let unit = std::fs::read_to_string(in_repository("deploy/systemd/lookout.service")).unwrap();
    assert!(unit.lines().any(|line| line == "KillMode=mixed"), "{unit}");
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

/// A shell sets the limit for the daemon that takes its place. `-S`: only the limit that a process may raise.
fn with_descriptors(config: &Path, limit: &str) -> Daemon {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("ulimit {limit} && exec \"$@\""))
        .arg("sh")
        .arg(env!("CARGO_BIN_EXE_lookout"))
        .args(["run", "--config"])
        .arg(config)
        .arg("--manifest")
        .arg(in_repository("models/manifest.toml"));
    Daemon::spawn(command)
}

/// Libraries below us hang or end the process when none is left; whoever started it must be told instead.
#[test]
fn a_limit_of_too_few_descriptors_ends_the_start_with_a_sentence_and_never_in_a_hang() {
    for limit in [24, 32, 48, 64, 80] {
        let folder = tempfile::tempdir().unwrap();
        let config = site(folder.path(), free_port());
        let (code, log) = with_descriptors(&config, &format!("-n {limit}")).ended_for_log(SOON);
        assert_eq!(code, Some(1), "{limit}: {log}");
        let sentence = format!("this process may have {limit} files and connections open");
        assert!(log.contains(&sentence) && log.contains("LimitNOFILE="), "{limit}: {log}");
    }
}

/// As few as are accepted are enough, also with a camera that is tried again and again; and a low limit that may be raised
/// is raised.
#[test]
fn a_limit_that_is_accepted_is_enough_and_one_that_may_be_raised_is() {
    for limit in ["-n 82", "-n 100", "-S -n 24"] {
        let folder = tempfile::tempdir().unwrap();
        let broker = Mosquitto::start();
        let config = site(folder.path(), broker.port());
        let text = std::fs::read_to_string(&config).unwrap();
        let embedded = format!("embedded_port = {}", broker.port());
        std::fs::write(&config, text.replace(&embedded, &format!("url = \"{}\"", broker.url()))).unwrap();
        let daemon = with_descriptors(&config, limit);
        daemon.wait_for_log("watching", SOON);
        let centre = Listener::start(broker.port(), "lookout/v1/530127/box-1/up/health");
        centre.wait_for("reports", |heard| heard.len() >= 3);
        let (code, log) = daemon.stop_for_log(SOON);
        assert_eq!(code, 0, "{limit}: {log}");
        assert!(!log.contains("Too many open files"), "{limit}: {log}");
    }
}

/// A thread without which no alert is stored panics: the process must not stay as a shell that does nothing.
#[test]
#[cfg(debug_assertions)]
fn a_thread_that_panics_ends_the_process_with_its_name_and_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let config = site(folder.path(), free_port());
    let daemon = Daemon::start_with(
        &config,
        &in_repository("models/manifest.toml"),
        &[("LOOKOUT_PANIC_AT", "recorder-question:3".as_ref())],
    );
    let (code, log) = daemon.ended_for_log(SOON);
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("the thread `recorder` ended with a panic"), "{log}");
}
