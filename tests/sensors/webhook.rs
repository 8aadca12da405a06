//! Readings posted over real HTTP, by curl and by clients that misbehave.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lookout::analysis::sensor::RawReading;
use lookout::sensors::{Extract, Sensor, Setup, Source, Timing, Webhook, WebhookPath};
use lookout::types::secret::Secret;

use super::here::{QUICK, Running, SOON, at, sensor, value};
use super::support::mosquitto::free_port;

const TOKEN: &str = "correct-horse-battery-staple";

struct Posted {
    running: Running,
    port: u16,
}

fn on(id: &str, path: &str, extract: Extract) -> Sensor {
    sensor(id, Source::Webhook(WebhookPath { path: path.to_owned(), extract }))
}

fn start_with(per_second: u32, timing: Timing) -> Posted {
    let port = free_port();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let sensors = vec![
        on("level", "/readings/drain-2", at("/level")),
        on("battery", "/readings/drain-2", Extract { skip_missing: true, ..at("/battery") }),
        on("door", "/readings/door", at("")),
    ];
    let webhook = Some(Webhook { listen, token: Secret::new(TOKEN), per_second });
    let running = Running::start(Setup { sensors, brokers: Vec::new(), webhook, timing });
    let deadline = Instant::now() + SOON;
    while TcpStream::connect(listen).is_err() {
        assert!(Instant::now() < deadline, "nobody listens");
        std::thread::park_timeout(Duration::from_millis(5));
    }
    Posted { running, port }
}

fn start() -> Posted {
    start_with(1000, QUICK)
}

impl Posted {
    /// What curl gets: status and body.
    fn curl(&self, path: &str, token: Option<&str>, body: &str, more: &[&str]) -> (u16, String) {
        let mut command = Command::new("curl");
        command.args(["-sS", "-w", "\n%{http_code}", "--max-time", "20", "--data-binary", "@-"]);
        if let Some(token) = token {
            command.args(["-H", &format!("Authorization: Bearer {token}")]);
        }
        let mut child = command
            .args(more)
            .arg(format!("http://127.0.0.1:{}{path}", self.port))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("curl; deploy/test.sh installs it");
        // A server that answers before it has read everything closes the pipe early.
        let _ = child.stdin.take().unwrap().write_all(body.as_bytes());
        let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        let (body, status) = output.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), body.trim_end().to_owned())
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream
    }
}

#[test]
fn a_reading_that_is_posted_with_the_token_is_taken() {
    let posted = start();
    let taken = posted.curl("/readings/drain-2", Some(TOKEN), r#"{"level": 0.42, "battery": 3.6}"#, &[]);
    assert_eq!(taken, (204, String::new()));
    assert_eq!(posted.running.wait_for("level", 1), [value(0.42)]);
    assert_eq!(posted.running.wait_for("battery", 1), [value(3.6)], "two sensors share a path");
    assert_eq!(posted.curl("/readings/drain-2", Some(TOKEN), r#"{"level": 0.43}"#, &[]).0, 204);
    assert_eq!(posted.running.wait_for("level", 2)[1], value(0.43));
    assert_eq!(posted.running.stats("battery").passed_over, 1);
    assert_eq!(posted.curl("/readings/door?from=gate", Some(TOKEN), "open", &[]).0, 204);
    assert_eq!(posted.running.wait_for("door", 1), [value(1.0)]);
    posted.running.stop();
}

#[test]
fn nothing_is_taken_without_the_token() {
    let posted = start();
    let body = r#"{"level": 0.42}"#;
    for token in [
        None,
        Some(""),
        Some("wrong"),
        Some(&TOKEN[1..]),
        Some(&format!("{TOKEN}x")),
        Some(&TOKEN.to_uppercase()),
    ] {
        let (status, said) = posted.curl("/readings/drain-2", token, body, &[]);
        assert_eq!(status, 401, "{token:?}: {said}");
        assert!(!said.contains(TOKEN), "{said}");
    }
    // As a password of Basic, or in the address, it is no token either.
    assert_eq!(posted.curl("/readings/drain-2", None, body, &["-u", &format!("Bearer:{TOKEN}")]).0, 401);
    assert_eq!(posted.curl(&format!("/readings/drain-2?token={TOKEN}"), None, body, &[]).0, 401);
    // Somebody without the token does not even learn which paths there are.
    assert_eq!(posted.curl("/nothing", None, body, &[]).0, 401);
    assert_eq!(posted.running.said("level"), []);
    assert_eq!(
        posted.curl("/readings/drain-2", Some(TOKEN), body, &[]).0,
        204,
        "the right one is still let in"
    );
    posted.running.stop();
}

#[test]
fn what_is_wrong_is_said() {
    let posted = start();
    let said = |path, body: &str, more: &[&str]| posted.curl(path, Some(TOKEN), body, more);
    assert_eq!(said("/readings/drain", "{}", &[]), (404, "no sensor has this path".to_owned()));
    assert_eq!(
        said("/readings/drain-2", "{}", &["-X", "PUT"]),
        (405, "readings are sent with POST".to_owned())
    );
    let no_level = said("/readings/drain-2", r#"{"lvl": 1}"#, &[]);
    assert_eq!(no_level, (400, "level: the message holds nothing at /level".to_owned()));
    let (status, why) = said("/readings/drain-2", "level=1", &[]);
    assert!(status == 400 && why.contains("the message is no JSON"), "{why}");
    let large = format!("{{\"level\": 1, \"pad\": \"{}\"}}", "x".repeat(200_000));
    assert_eq!(
        said("/readings/drain-2", &large, &[]),
        (413, "the body is too large: at most 65536 bytes".to_owned())
    );
    let chunked = said("/readings/drain-2", &large, &["-H", "Transfer-Encoding: chunked"]);
    assert_eq!(chunked.0, 413, "without a length too");
    // Two bodies were read and held no number: the sensor is bad, and no value came of it.
    let readings = posted.running.wait_for("level", 2);
    assert!(readings.iter().all(|said| matches!(said, RawReading::Unreadable(_))), "{readings:?}");
    assert_eq!(readings.len(), 2);
    posted.running.stop();
}

#[test]
fn a_flood_is_turned_away_and_ends() {
    let posted = start_with(2, QUICK);
    let statuses: Vec<u16> =
        (0..12).map(|_| posted.curl("/readings/door", Some(TOKEN), "closed", &[]).0).collect();
    assert!(statuses.contains(&429) && statuses.starts_with(&[204]), "{statuses:?}");
    let taken = statuses.iter().filter(|status| **status == 204).count();
    assert_eq!(posted.running.wait_for("door", taken).len(), taken);
    // It ends when the flood does.
    let deadline = Instant::now() + SOON;
    while posted.curl("/readings/door", Some(TOKEN), "open", &[]).0 != 204 {
        assert!(Instant::now() < deadline);
        std::thread::park_timeout(Duration::from_millis(600));
    }
    // Guessing tokens has its own limit, and does not shut out who has the right one.
    let guesses: Vec<u16> =
        (0..40).map(|_| posted.curl("/readings/door", Some("guess"), "open", &[]).0).collect();
    assert!(guesses.contains(&429) && !guesses.contains(&204), "{guesses:?}");
    posted.running.stop();
}

/// Reads until the other side closes; what it said, and how long it took.
fn until_closed(mut stream: TcpStream) -> (String, Duration) {
    let began = Instant::now();
    let mut said = Vec::new();
    // A reset is a close too.
    let _ = stream.read_to_end(&mut said);
    (String::from_utf8_lossy(&said).into_owned(), began.elapsed())
}

#[test]
fn slow_clients_are_sent_away_and_do_not_hold_up_others() {
    let impatient = Timing { request: Duration::from_millis(500), ..QUICK };
    let posted = start_with(1000, impatient);
    let head = format!("POST /readings/door HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n");
    // Says nothing; half a head; a head and half a body.
    let silent = posted.connect();
    let mut half_head = posted.connect();
    half_head.write_all(head.as_bytes()).unwrap();
    let mut half_body = posted.connect();
    half_body.write_all(format!("{head}Content-Length: 100\r\n\r\nope").as_bytes()).unwrap();
    assert_eq!(
        posted.curl("/readings/door", Some(TOKEN), "closed", &[]).0,
        204,
        "others are served meanwhile"
    );
    assert_eq!(posted.running.wait_for("door", 1), [value(0.0)]);
    for (who, stream) in [("silent", silent), ("half a head", half_head)] {
        let (said, took) = until_closed(stream);
        assert!(took < SOON, "{who} was kept");
        assert!(!said.contains("204"), "{who}: {said}");
    }
    let (said, _) = until_closed(half_body);
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    assert_eq!(posted.running.said("door").len(), 1, "half a body is no reading");
    posted.running.stop();
}

#[test]
fn too_many_connections_are_refused_and_their_end_makes_room() {
    let posted = start_with(1000, Timing { request: Duration::from_secs(60), ..QUICK });
    let mut idle: Vec<TcpStream> = (0..64).map(|_| posted.connect()).collect();
    // Whoever asked at the start whether somebody listens may have had a place still, which one more gets then.
    let is_refused = (0..4).any(|_| {
        let mut extra = posted.connect();
        extra.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut head = [0; 12];
        let is_refused = extra.read_exact(&mut head).is_ok() && &head == b"HTTP/1.1 503";
        idle.push(extra);
        is_refused
    });
    assert!(is_refused, "each of {} has a place", idle.len());
    drop(idle);
    let deadline = Instant::now() + SOON;
    while posted.curl("/readings/door", Some(TOKEN), "open", &[]).0 != 204 {
        assert!(Instant::now() < deadline, "no room was made");
    }
    posted.running.stop();
}

#[test]
fn garbage_on_the_port_is_no_reading_and_ends_nothing() {
    let posted = start();
    for garbage in [
        &b"\x00\xff\x16\x03\x01"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /readings/door HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /readings/door HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"\r\n\r\n\r\n",
    ] {
        let mut stream = posted.connect();
        stream.write_all(garbage).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let (said, _) = until_closed(stream);
        assert!(!said.contains("204"), "{said}");
    }
    assert_eq!(posted.running.said("door"), []);
    assert_eq!(posted.curl("/readings/door", Some(TOKEN), "open", &[]).0, 204);
    posted.running.stop();
}

#[test]
fn a_port_that_is_taken_is_said_and_tried_again() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = holder.local_addr().unwrap();
    let webhook = Some(Webhook { listen, token: Secret::new(TOKEN), per_second: 10 });
    let sensors = vec![on("door", "/readings/door", at(""))];
    let running = Running::start(Setup { sensors, brokers: Vec::new(), webhook, timing: QUICK });
    let trouble =
        running.wait_until("door", "troubled", |stats| stats.trouble.is_some()).trouble.unwrap().to_string();
    assert!(trouble.starts_with(&format!("cannot listen on {listen}")), "{trouble}");
    drop(holder);
    running.wait_until("door", "well", |stats| stats.trouble.is_none());
    running.stop();
}
