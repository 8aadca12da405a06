//! What those do not achieve who mean harm: to fill memory, to keep others out, to read files, to stop an alert.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::here::Site;

#[test]
fn what_is_too_large_is_refused_and_the_page_goes_on() {
    let site = Site::start();
    let mut li = site.enrolled("li", "operator");
    let token = li.get("/").token();
    let note = "x".repeat(10 << 20);
    let refused = li.post("/alerts/01KAJ7Q3V2X5T8W9Y0Z1A2B3C4/ack", &[("token", &token), ("note", &note)]);
    assert!([0, 413].contains(&refused.status), "{}", refused.status);
    let mut stranger = site.client();
    let fields = [("token", "x"), ("name", "li"), ("password", note.as_str())];
    assert!([0, 403, 413].contains(&stranger.post("/login", &fields).status));
    let long = format!("/alerts?kind={}", "x".repeat(64 << 10));
    let status = li.get(&long).status;
    assert!([0, 414, 431].contains(&status), "{status}");
    let many: Vec<(String, String)> = (0..200).map(|n| (format!("X-{n}"), "y".to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert!([0, 431].contains(&li.send("GET", "/", &many, None).status));
    assert_eq!(li.get("/").status, 200);
}

#[test]
fn a_path_leads_to_a_page_or_nowhere() {
    let site = Site::start();
    let mut li = site.enrolled("li", "installer");
    for path in [
        "/../../etc/passwd",
        "/assets/../../../etc/passwd",
        "/assets/..%2f..%2fetc%2fpasswd",
        "/assets/%2e%2e/page.css",
        "/assets/page.css%00.html",
        "/alerts/..%2f..%2foutbox.db",
        "//etc/passwd",
        "/alerts/%ff%fe",
        "/accounts.json",
        "/page/accounts.json",
        "/alerts/01KAJ7Q3V2X5T8W9Y0Z1A2B3C4/pictures/-1",
        "/alerts/01KAJ7Q3V2X5T8W9Y0Z1A2B3C4/pictures/1",
        "/alerts/01KAJ7Q3V2X5T8W9Y0Z1A2B3C4",
        "/alerts/'%20OR%201=1",
    ] {
        let answer = li.get(path);
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
        assert!(!answer.text().contains("root:"), "{path}");
    }
    assert!(li.get("/alerts?kind='%20OR%201=1&camera=%25&after=over.'--").text().contains("No alert fits"));
    assert_eq!(li.get("/assets/page.css").status, 200);
    for path in ["/", "/alerts", "/alerts.csv", "/alerts.json", "/live", "/alerts/x", "/alerts/x/pictures/1"]
    {
        let answer = site.client().get(path);
        let to = answer.header("location").unwrap().split('?').next();
        assert_eq!((answer.status, to), (303, Some("/login")), "{path}");
    }
}

/// More than the page keeps open, each of them silent, or slow in the middle of something.
#[test]
fn a_thousand_slow_connections_keep_nobody_out_and_delay_no_alert() {
    let site = Site::start();
    let mut li = site.enrolled("li", "operator");
    let mut slow: Vec<TcpStream> = Vec::new();
    for number in 0..1000 {
        let Ok(mut stream) = TcpStream::connect(site.address) else { break };
        if number % 2 == 0 {
            // The beginning of a TLS record that never ends.
            let _ = stream.write_all(&[0x16, 0x03, 0x01, 0x02]);
        }
        slow.push(stream);
    }
    assert!(slow.len() > 500, "{}", slow.len());
    let began = Instant::now();
    assert_eq!(li.get("/").status, 200);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let alert = site.flooded();
    site.shown(&mut li, "/alerts", |text| text.contains(&alert));
    drop(slow);
    assert_eq!(li.get("/").status, 200);
}

#[test]
fn changes_are_reported_as_they_come() {
    let site = Site::start();
    let mut li = site.enrolled("li", "viewer");
    let mut stream = li.connect();
    let cookies: Vec<String> = li.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request =
        format!("GET /live HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n", site.address, cookies.join("; "));
    stream.write_all(request.as_bytes()).unwrap();
    let mut received = String::new();
    let mut read_until = |what: &str, fits: &dyn Fn(&str) -> bool| {
        let until = Instant::now() + super::here::SOON;
        let mut piece = [0; 4096];
        while !fits(&received) {
            assert!(Instant::now() < until, "{what}: {received}");
            let read = stream.read(&mut piece).unwrap_or_else(|error| panic!("{what}: {error}: {received}"));
            assert!(read > 0, "{what}: it ended: {received}");
            received.push_str(&String::from_utf8_lossy(&piece[..read]));
        }
        received.clone()
    };
    let first = read_until("the first word", &|received| received.contains("event:change"));
    assert!(first.contains("text/event-stream") && first.contains("\"alerts\":0"), "{first}");
    let alert = site.flooded();
    read_until("the alert", &|received| received.contains("\"alerts\":1"));
    assert!(li.get("/alerts").text().contains(&alert));
}

/// Many tabs of one browser: those beyond a few go without news of changes, and the pages are answered all the same.
#[test]
fn many_tabs_leave_connections_for_the_pages() {
    let site = Site::start();
    let mut li = site.enrolled("li", "viewer");
    let cookies: Vec<String> = li.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request =
        format!("GET /live HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n", site.address, cookies.join("; "));
    let mut tabs = Vec::new();
    let mut answers = Vec::new();
    for _ in 0..7 {
        let mut stream = li.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        answers.push(String::from_utf8_lossy(&head).into_owned());
        tabs.push(stream);
    }
    assert!(answers[..4].iter().all(|head| head == "HTTP/1.1 200"), "{answers:?}");
    assert!(answers[4..].iter().all(|head| head == "HTTP/1.1 503"), "{answers:?}");
    assert_eq!(li.get("/alerts").status, 200);
    let mut wang = site.enrolled("wang", "viewer");
    assert_eq!(wang.get("/").status, 200);
}

#[test]
fn a_browser_that_forgot_the_encryption_is_reported() {
    let site = Site::start();
    let mut stream = TcpStream::connect(site.address).unwrap();
    stream.write_all(format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", site.address).as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("https://"), "{answer}");
}
