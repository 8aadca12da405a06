//! What sensors' sources write into the log: a state when it changes, not each time that it is found.

use std::io::Write;
use std::net::TcpListener;
use std::sync::{Mutex, Once};

use lookout::sensors::{Broker, Line, Poll, Setup, Source, Subscription, Webhook, WebhookPath};
use lookout::types::modbus::Framing;
use lookout::types::secret::Secret;

use super::here::{QUICK, Running, at, sensor};
use super::modbus_late::level;
use super::support::mosquitto::free_port;

static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Writer;

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        WRITTEN.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps what is written from now on, of all tests.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::fmt().with_ansi(false).with_writer(|| Writer).init());
}

/// Lines of INFO and above that hold all of these.
fn lines_with(parts: &[&str]) -> Vec<String> {
    let written = String::from_utf8_lossy(&WRITTEN.lock().unwrap()).into_owned();
    let fits = |line: &&str| parts.iter().all(|part| line.contains(part));
    written.lines().filter(fits).map(str::to_owned).collect()
}

#[test]
fn a_line_to_which_there_is_no_connection_is_reported_once_and_its_return_too() {
    listen();
    let port = free_port();
    let line = Line::Tcp { host: "127.0.0.1".to_owned(), port, framing: Framing::Tcp };
    let running = Running::start(Setup {
        sensors: vec![sensor("seven", Source::Modbus(Poll { line, query: level(7) }))],
        brokers: Vec::new(),
        webhook: None,
        timing: QUICK,
    });
    running.wait_until("seven", "tried twenty times", |stats| stats.errors >= 20);
    let name = format!("127.0.0.1:{port}");
    let logged = lines_with(&[&name]);
    assert_eq!(logged.len(), 1, "{logged:#?}");
    assert!(
        logged[0].contains("WARN") && logged[0].contains("no connection to the Modbus line"),
        "{logged:?}"
    );
    let door = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let _guest = door.accept().unwrap();
    running.wait_until("seven", "asked", |stats| {
        stats.trouble.as_ref().is_some_and(|trouble| trouble.to_string().contains("no answer"))
    });
    assert_eq!(lines_with(&[&name, "INFO", "is there again"]).len(), 1);
    running.stop();
}

#[test]
fn a_broker_that_is_not_there_is_reported_once() {
    listen();
    let broker = Broker {
        name: "told-once".into(),
        host: "127.0.0.1".to_owned(),
        port: free_port(),
        tls: None,
        login: None,
    };
    let source =
        Source::Mqtt(Subscription { broker: broker.name.clone(), topic: "t".to_owned(), extract: at("") });
    let running = Running::start(Setup {
        sensors: vec![sensor("door", source)],
        brokers: vec![broker],
        webhook: None,
        timing: QUICK,
    });
    running.wait_until("door", "tried twenty times", |stats| stats.errors >= 20);
    let logged = lines_with(&["told-once"]);
    assert_eq!(logged.len(), 1, "{logged:#?}");
    running.stop();
}

#[test]
fn a_port_that_is_taken_is_reported_once() {
    listen();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = holder.local_addr().unwrap();
    let source = Source::Webhook(WebhookPath { path: "/door".to_owned(), extract: at("") });
    let running = Running::start(Setup {
        sensors: vec![sensor("door", source)],
        brokers: Vec::new(),
        webhook: Some(Webhook { listen, token: Secret::new("0123456789abcdef"), per_second: 10 }),
        timing: QUICK,
    });
    running.wait_until("door", "tried twenty times", |stats| stats.errors >= 20);
    let logged = lines_with(&[&listen.to_string()]);
    assert_eq!(logged.len(), 1, "{logged:#?}");
    running.stop();
}
