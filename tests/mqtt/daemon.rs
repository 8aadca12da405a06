//! The real daemon and its brokers: its own one, which comes and goes with it, and one that it shares with a namesake.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::here::{PATIENCE, wait};
use crate::support::daemon::{Daemon, write_config};
use crate::support::listener::Listener;
use crate::support::mosquitto::{Mosquitto, free_port};

const CONNECTED: &str = "connected to the command centre";

/// A box whose one camera is not there.
fn site(folder: &Path, mqtt: &str) -> PathBuf {
    let text = format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\n[mqtt]\n{mqtt}\n[outbox]\ndir = \"{0}/outbox\"\n\
         [evidence]\ndir = \"{0}/evidence\"\n[[camera]]\nid = \"cam\"\neye = \"village\"\n\
         url = \"rtsp://127.0.0.1:{1}/none\"\ngrid = \"53012700300102\"\n",
        folder.display(),
        free_port(),
    );
    write_config(folder, &text)
}

fn start(config: &Path, environment: &[(&str, &OsStr)]) -> Daemon {
    Daemon::start_with(config, &manifest(), environment)
}

fn manifest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml")
}

/// The brokers that serve with the configuration in this folder.
fn brokers_of(folder: &Path) -> Vec<Pid> {
    let wanted = format!("-c\0{}\0", folder.join("outbox/broker/mosquitto.conf").display());
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .filter(|(_, path)| {
            let line = std::fs::read(path.join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).ends_with(&wanted)
        })
        .filter_map(|(number, _)| Pid::from_raw(number))
        .collect()
}

fn wait_for_no_broker_of(folder: &Path) {
    wait(|| format!("no broker: {:?}", brokers_of(folder)), || brokers_of(folder).is_empty());
}

/// Keeps cores busy until it is dropped.
struct BusyLoops {
    stop: Arc<AtomicBool>,
}

impl BusyLoops {
    fn start(count: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..count {
            let stop = stop.clone();
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        BusyLoops { stop }
    }
}

impl Drop for BusyLoops {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// When a line of the log was written, which begins with it.
fn written_at(log: &str, text: &str) -> lookout::analysis::time::Timestamp {
    let line = log.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("no {text:?}:\n{log}"));
    line.split_whitespace().next().unwrap().parse().unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// `LOOKOUT_FAULT_ROUNDS` says how often (`deploy/soak.sh`: 200).
#[test]
#[expect(clippy::print_stderr, reason = "somebody reads it")]
fn it_starts_with_its_own_broker_beside_busy_loops_again_and_again() {
    let rounds = std::env::var("LOOKOUT_FAULT_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let folder = tempfile::tempdir().unwrap();
    let config = site(folder.path(), &format!("embedded_port = {}", free_port()));
    let busy = BusyLoops::start(2);
    let mut took = Vec::new();
    for round in 1..=rounds {
        let daemon = start(&config, &[]);
        daemon.wait_for_log(CONNECTED, PATIENCE);
        let (code, log) = daemon.stop_for_log(PATIENCE);
        assert_eq!(code, 0, "round {round}:\n{log}");
        assert!(!log.contains("panicked"), "round {round}:\n{log}");
        assert_eq!(log.matches("embedded MQTT broker").count(), 1, "round {round}: started again:\n{log}");
        let is_goodbye = |line: &str| line.contains("MQTT stopped") && line.contains("goodbye_heard=true");
        assert!(log.lines().any(is_goodbye), "round {round}: the goodbye is lost:\n{log}");
        let line = log.lines().find(|line| line.contains("embedded MQTT broker")).unwrap();
        let since_folder = written_at(&log, "the queue is open");
        took.push(written_at(&log, CONNECTED).duration_since(since_folder).as_millis());
        assert!(!log.contains("no connection to the command centre"), "round {round}, {line}:\n{log}");
    }
    drop(busy);
    took.sort_unstable();
    eprintln!(
        "{rounds} starts; from the open queue to the broker's connection: median {} ms, most {} ms",
        took[took.len() / 2],
        took[took.len() - 1]
    );
    wait_for_no_broker_of(folder.path());
}

#[test]
fn its_own_broker_dies_with_it_also_when_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let config = site(folder.path(), &format!("embedded_port = {}", free_port()));
    let daemon = start(&config, &[]);
    daemon.wait_for_log(CONNECTED, PATIENCE);
    assert_eq!(brokers_of(folder.path()).len(), 1);
    daemon.kill();
    wait_for_no_broker_of(folder.path());
    let daemon = start(&config, &[]);
    daemon.wait_for_log(CONNECTED, PATIENCE);
    assert_eq!(daemon.stop(PATIENCE), 0);
    wait_for_no_broker_of(folder.path());
}

#[test]
fn its_own_broker_is_started_again_and_that_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let config = site(folder.path(), &format!("embedded_port = {port}"));
    let daemon = start(&config, &[]);
    daemon.wait_for_log(CONNECTED, PATIENCE);
    let listener = Listener::start(port, "lookout/v1/530127/box-1/up/#");
    listener.wait_one("the first state", |one| one.topic.ends_with("/up/state"));
    let subscribed = listener.subscriptions();
    kill_process(brokers_of(folder.path())[0], Signal::KILL).unwrap();
    listener.wait_subscribed(subscribed + 1);
    wait(
        || format!("a second connection:\n{}", daemon.log()),
        || daemon.log().matches(CONNECTED).count() == 2,
    );
    let log = daemon.log();
    assert_eq!(log.matches("was killed by signal 9: it is started again").count(), 1, "{log}");
    assert_eq!(daemon.stop(PATIENCE), 0);
}

/// `tail` listed a box that was named twice for ever: as itself, and as one that is switched off.
#[test]
fn a_box_that_was_named_leaves_nothing_of_its_former_name_at_its_own_broker() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let config = site(folder.path(), &format!("embedded_port = {port}"));
    // What the broker kept, by its topics below the name, once everything is there.
    let kept_of = |name: &str, is_settled: &dyn Fn(&BTreeSet<String>) -> bool| {
        let until = Instant::now() + PATIENCE;
        loop {
            let listener = Listener::start(port, &format!("lookout/v1/530127/{name}/#"));
            // A message of our own comes behind everything that was kept.
            listener.publish(&format!("lookout/v1/530127/{name}/end"), false, "{}");
            let received =
                listener.wait_for("the end", |all| all.iter().any(|one| one.topic.ends_with("/end")));
            let kept = received.iter().filter(|one| one.retain && !one.payload.is_empty());
            let kept: BTreeSet<String> =
                kept.filter_map(|one| Some(one.topic.split_once(name)?.1.to_owned())).collect();
            if is_settled(&kept) {
                return kept;
            }
            assert!(Instant::now() < until, "{name}: {kept:?}");
            std::thread::park_timeout(Duration::from_millis(200));
        }
    };
    let is_whole = |kept: &BTreeSet<String>| {
        ["/up/state", "/up/meta", "/up/active", "/up/config", "/up/camera/cam"]
            .iter()
            .all(|one| kept.contains(*one))
    };
    let daemon = start(&config, &[]);
    kept_of("box-1", &is_whole);
    assert_eq!(daemon.stop(PATIENCE), 0);

    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("\"box-1\"", "\"east-gate\"")).unwrap();
    let daemon = start(&config, &[]);
    kept_of("east-gate", &is_whole);
    kept_of("box-1", &BTreeSet::is_empty);
    assert_eq!(daemon.stop(PATIENCE), 0);
}

#[test]
fn where_the_program_is_missing_it_says_what_to_install_and_watches_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let config = site(folder.path(), &format!("embedded_port = {}", free_port()));
    let daemon = start(&config, &[("LOOKOUT_MOSQUITTO", "/nowhere/mosquitto".as_ref())]);
    daemon.wait_for_log("watching", PATIENCE);
    daemon.wait_for_log("`sudo apt install mosquitto`", PATIENCE);
    // It is tried again meanwhile.
    daemon.wait_for_log("the embedded broker is tried again", PATIENCE);
    let log = daemon.log();
    assert_eq!(log.matches("ERROR the embedded broker cannot start").count(), 1, "once:\n{log}");
    assert_eq!(daemon.stop(PATIENCE), 0);
}

#[test]
fn a_port_that_another_program_has_is_named_and_it_watches_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    // It answers nothing that a broker would.
    std::thread::spawn(move || other.incoming().for_each(drop));
    let config = site(folder.path(), &format!("embedded_port = {port}"));
    let daemon = start(&config, &[]);
    daemon.wait_for_log("watching", PATIENCE);
    daemon.wait_for_log(&format!("127.0.0.1:{port}: address already in use by another program"), PATIENCE);
    assert_eq!(daemon.stop(PATIENCE), 0);
}

#[test]
fn the_log_speaks_as_the_site_does_unless_the_command_line_says_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let config = site(folder.path(), &format!("embedded_port = {}", free_port()));
    for (options, said) in [(&[][..], "视频流中断"), (&["--language", "en"][..], "stream lost")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
        command.arg("run").args(options).arg("--config").arg(&config).arg("--manifest").arg(manifest());
        let daemon = Daemon::spawn(command);
        daemon.wait_for_log(&format!(" WARN {said} "), PATIENCE);
        assert_eq!(daemon.stop(PATIENCE), 0);
    }
}

#[test]
fn two_boxes_of_one_name_say_so_in_their_logs_and_in_their_health() {
    let broker = Mosquitto::start();
    let listener = Listener::start(broker.port(), "lookout/v1/530127/box-1/up/health");
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let url = format!("url = \"mqtt://127.0.0.1:{}\"", broker.port());
    let first = start(&site(folders[0].path(), &url), &[]);
    first.wait_for_log(CONNECTED, PATIENCE);
    let second = start(&site(folders[1].path(), &url), &[]);
    for daemon in [&first, &second] {
        daemon.wait_for_log("another client uses this box's name", PATIENCE);
        daemon.wait_for_log("client id `530127.box-1`", PATIENCE);
    }
    let who_say_so = |received: &[crate::support::listener::Received]| -> BTreeSet<String> {
        let says = |health: &serde_json::Value| {
            health["data"]["degraded"].as_array().is_some_and(|degraded| {
                degraded.iter().any(|one| {
                    one["part"] == "mqtt"
                        // In the language of the site.
                        && one["reason"].as_str().is_some_and(|reason| reason.contains("另有客户端"))
                })
            })
        };
        let healths = received.iter().map(crate::support::listener::Received::json).filter(says);
        healths.filter_map(|health| Some(health["data"]["spool"]["stream"].as_str()?.to_owned())).collect()
    };
    let begun = Instant::now();
    listener.wait_for("both to say so", |received| who_say_so(received).len() == 2);
    // Longer than the first back-off may take: then they have given way to each other.
    assert!(begun.elapsed() < Duration::from_secs(300));
    for daemon in [first, second] {
        assert_eq!(daemon.stop(PATIENCE), 0);
    }
}
