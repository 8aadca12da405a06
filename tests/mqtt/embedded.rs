//! The embedded broker, alone and with the publisher.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lookout::mqtt::embedded::{Condition, Embedded, EmbeddedError, Timing};
use lookout::types::level::Level;
use lookout::types::mqtt::Version;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

use crate::fake::Cable;
use crate::here::*;
use crate::support::listener::Listener;
use crate::support::mosquitto::{Mosquitto, Options, free_port};

/// An embedded broker with a folder of its own.
pub struct Own {
    pub broker: Embedded,
    dir: TempDir,
}

impl Own {
    pub fn start() -> Self {
        Self::start_on(0)
    }

    fn start_on(port: u16) -> Self {
        let dir = directory();
        let broker = Embedded::start_with(port, dir.path(), short()).unwrap();
        Own { broker, dir }
    }

    /// The same port, the same folder.
    fn start_again(self) -> Self {
        let Own { broker, dir } = self;
        let port = broker.address().port();
        assert!(broker.stop(PATIENCE));
        Own { broker: Embedded::start_with(port, dir.path(), short()).unwrap(), dir }
    }

    pub fn port(&self) -> u16 {
        self.broker.address().port()
    }

    /// Waits until it serves; its process.
    fn running(&self) -> u32 {
        self.running_but(0)
    }

    /// Waits until another process than this serves.
    fn running_but(&self, earlier: u32) -> u32 {
        let mut found = 0;
        wait(
            || format!("a broker: {:?}", self.broker.condition()),
            || match self.broker.condition() {
                Condition::Running { pid } if pid != earlier => {
                    found = pid;
                    true
                }
                _ => false,
            },
        );
        found
    }

    fn down(&self) -> EmbeddedError {
        let mut found = None;
        wait(
            || format!("trouble: {:?}", self.broker.condition()),
            || {
                if let Condition::Down(trouble) = self.broker.condition() {
                    found = Some(trouble);
                }
                found.is_some()
            },
        );
        found.unwrap()
    }
}

fn short() -> Timing {
    Timing {
        probe_every: Duration::from_millis(50),
        probe_within: Duration::from_secs(2),
        wait_first: Duration::from_millis(50),
        wait_most: Duration::from_millis(200),
        proved: Duration::from_secs(60),
    }
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(number.try_into().unwrap()).unwrap()
}

fn kept(port: u16, topic: &str) -> String {
    let output = Command::new("mosquitto_sub")
        .args(["-p", &port.to_string(), "-t", topic, "-C", "1", "-W", "20"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn keep(port: u16, topic: &str, text: &str) {
    let publish = Command::new("mosquitto_pub")
        .args(["-p", &port.to_string(), "-t", topic, "-m", text, "-r", "-q", "1"])
        .status()
        .unwrap();
    assert!(publish.success());
}

#[test]
fn one_port_serves_both_versions_and_mosquittos_own_programs() {
    let own = Own::start();
    own.running();
    let port = own.port();
    let mut subscriber = Command::new("mosquitto_sub")
        .args(["-p", &port.to_string(), "-t", "lookout/#", "-v", "-C", "3"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let listener = Listener::start(port, "lookout/#");
    for version in [Version::V5, Version::V311] {
        let here = Here::start(settings(&own.broker.url(), version));
        here.alert(version as u32, Level::Red);
        here.wait_empty();
        listener.wait_for("the alert", |received| {
            alert_ids(received).contains(&format!("alert-{}.1", version as u32))
        });
        assert!(here.publisher.stop(Duration::from_secs(5)));
    }
    let output = subscriber.wait().unwrap();
    assert!(output.success());
    assert!(own.broker.stop(PATIENCE));
}

#[test]
fn nobody_outside_this_machine_can_reach_it() {
    let own = Own::start();
    own.running();
    // Were it bound to every address, nobody else could have the port on another one.
    TcpListener::bind(("127.0.0.2", own.port())).expect("only 127.0.0.1 is taken");
}

#[test]
fn a_port_that_another_program_has_is_said_and_taken_when_it_is_free() {
    let other = TcpListener::bind(("127.0.0.1", free_port())).unwrap();
    let port = other.local_addr().unwrap().port();
    let own = Own::start_on(port);
    let text = own.down().to_string();
    assert!(text.contains(&format!("127.0.0.1:{port}: address already in use")), "{text}");
    assert!(text.contains("hint: set `[mqtt] url`"), "{text}");
    drop(other);
    own.running();
}

#[test]
fn another_broker_that_has_the_port_serves_and_is_followed_by_our_own() {
    let mut other = Mosquitto::start();
    let own = Own::start_on(other.port());
    wait(|| "the other one to be used".to_owned(), || own.broker.condition() == Condition::Another);
    let here = Here::start(settings(&own.broker.url(), Version::V5));
    here.alert(1, Level::Red);
    here.wait_empty();
    other.kill();
    own.running();
    here.alert(2, Level::Red);
    here.wait_empty();
}

#[test]
fn another_broker_that_wants_a_login_is_named_as_one() {
    let other = Mosquitto::start_with(Options { login: Some(("desk", "secret-a")), ..Options::default() });
    let own = Own::start_on(other.port());
    let text = own.down().to_string();
    assert!(text.contains("wants a user and a password"), "{text}");
    assert!(text.contains(&format!("127.0.0.1:{}", other.port())), "{text}");
}

#[test]
fn a_broker_that_is_killed_is_started_again_and_everything_goes_on() {
    let own = Own::start();
    let first = own.running();
    let listener = Listener::start(own.port(), "lookout/#");
    let here = Here::start(settings(&own.broker.url(), Version::V5));
    here.alert(1, Level::Yellow);
    listener.wait_for("the first", |received| alert_ids(received) == ids([1]));
    here.wait_empty();
    let before = listener.subscriptions();
    kill_process(pid(first), Signal::KILL).unwrap();
    own.running_but(first);
    listener.wait_subscribed(before + 1);
    here.alert(2, Level::Yellow);
    here.wait_empty();
    assert_eq!(here.outbox.depth().delivered, 2);
}

#[test]
fn a_broker_that_hangs_is_replaced() {
    let dir = directory();
    let timing = Timing { probe_within: Duration::from_millis(300), ..short() };
    let own = Own { broker: Embedded::start_with(0, dir.path(), timing).unwrap(), dir };
    let first = own.running();
    kill_process(pid(first), Signal::STOP).unwrap();
    own.running_but(first);
    assert!(test_kill_process(pid(first)).is_err(), "the hung one is still there");
}

/// An hour of checks: 120.
#[test]
fn being_asked_again_and_again_disturbs_nobody() {
    let own = Own::start();
    let first = own.running();
    let here = Here::start(settings(&own.broker.url(), Version::V311));
    here.wait_connected();
    let until = Instant::now() + 120 * short().probe_every;
    let mut number = 0;
    while Instant::now() < until {
        here.alert(number, Level::Red);
        here.wait_empty();
        number += 1;
    }
    assert_eq!(here.publisher.status().connections, 1, "thrown off");
    assert_eq!(own.running(), first, "replaced");
}

#[test]
fn what_it_keeps_survives_a_restart() {
    let own = Own::start();
    own.running();
    keep(own.port(), "zigbee/door", "closed");
    let own = own.start_again();
    own.running();
    assert_eq!(kept(own.port(), "zigbee/door"), "closed");
}

/// As after a power cut while it was writing.
#[test]
fn a_damaged_file_of_its_own_does_not_keep_it_from_starting() {
    for damage in [&b""[..], b"not what it was", &[0; 4096]] {
        let dir = directory();
        std::fs::write(dir.path().join("mosquitto.db"), damage).unwrap();
        let own = Own { broker: Embedded::start_with(0, dir.path(), short()).unwrap(), dir };
        own.running();
        keep(own.port(), "a", "b");
        let own = own.start_again();
        own.running();
        assert_eq!(kept(own.port(), "a"), "b");
    }
}

/// Killed, and then gone: a zombie of ours would count as there.
struct LeftBehind(Child);

impl LeftBehind {
    fn start(folder: &Path) -> Self {
        let child = Command::new("/usr/sbin/mosquitto")
            .arg("-c")
            .arg(folder.join("mosquitto.conf"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        LeftBehind(child)
    }
}

impl Drop for LeftBehind {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn one_that_was_left_behind_is_ended() {
    let own = Own::start();
    own.running();
    let Own { broker, dir } = own;
    let port = broker.address().port();
    assert!(broker.stop(PATIENCE));
    let mut left = LeftBehind::start(dir.path());
    wait(|| "it to listen".to_owned(), || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let own = Own { broker: Embedded::start_with(port, dir.path(), short()).unwrap(), dir };
    own.running_but(left.0.id());
    wait(|| "it to be ended".to_owned(), || left.0.try_wait().unwrap().is_some());
}

#[test]
fn a_connection_that_dies_leaves_a_will() {
    let own = Own::start();
    own.running();
    let listener = Listener::start(own.port(), &format!("{BASE}/up/state"));
    let cable = Cable::to(own.broker.address());
    let here = Here::start(settings(&cable.url(), Version::V5));
    here.wait_connected();
    let online = listener.wait_one("online", |one| one.json()["state"] == "online").json();
    cable.cut();
    let offline = listener.wait_one("the will", |one| one.json()["state"] == "offline").json();
    assert_eq!(online["session"], offline["session"], "so that it can be told from the next connection");
}

#[test]
fn it_ends_with_the_thread_that_started_it() {
    let dir = directory();
    let child;
    {
        let broker = Embedded::start_with(0, dir.path(), short()).unwrap();
        let Condition::Running { pid: number } = broker.wait_until_ready(PATIENCE) else {
            panic!("{:?}", broker.condition())
        };
        child = number;
    }
    wait(|| "it to end".to_owned(), || test_kill_process(pid(child)).is_err());
}
