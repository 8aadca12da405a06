//! Who may read, and who keeps nobody out.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::here::{SOON, SmallBox, TOKEN, exchange, get, scrape};
use super::support::daemon::{Daemon, write_config};
use super::support::site::bundled_models;

#[test]
fn a_box_says_how_it_is_and_what_nobody_asked_for_is_refused() {
    let site = SmallBox::new("");
    let daemon = site.run();
    let text = scrape(site.address, "");
    assert_eq!(text.status, 200, "{}", text.body);
    assert!(text.head.contains("text/plain; version=0.0.4"), "{}", text.head);
    assert!(text.body.contains("lookout_box_info{area=\"530127\",box=\"box-1\"} 1\n"), "{}", text.body);
    assert!(
        text.body.contains("lookout_sensor_state{sensor=\"door\",state=\"silent\"} 1\n"),
        "{}",
        text.body
    );
    assert!(!text.body.contains("127.0.0.1"), "no address: {}", text.body);
    let open = get(site.address, "/metrics", "Accept: application/openmetrics-text;version=1.0.0\r\n");
    assert!(open.head.contains("application/openmetrics-text; version=1.0.0"), "{}", open.head);
    assert!(open.body.ends_with("# EOF\n") && open.body.matches("# EOF").count() == 1, "{}", open.body);

    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: box\r\n\r\n", 404),
        ("GET /metrics/x HTTP/1.1\r\nHost: box\r\n\r\n", 404),
        ("POST /metrics HTTP/1.1\r\nHost: box\r\nContent-Length: 3\r\n\r\nabc", 405),
        ("HEAD /metrics HTTP/1.1\r\nHost: box\r\n\r\n", 200),
        ("GARBAGE\r\n\r\n", 400),
    ] {
        // A little apart, so that it is not the rate that refuses.
        std::thread::sleep(Duration::from_millis(250));
        let answer = exchange(site.address, request.as_bytes()).unwrap();
        assert_eq!(answer.status, status, "{request:?}: {}", answer.head);
    }
    let long = format!("GET /metrics HTTP/1.1\r\nHost: box\r\nX: {}\r\n\r\n", "a".repeat(64 * 1024));
    let refused = exchange(site.address, long.as_bytes());
    assert!(refused.is_none_or(|answer| answer.status == 431), "a head without end is not read");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(scrape(site.address, "").status, 200, "and it goes on");
    assert_eq!(daemon.stop(SOON), 0);
}

#[test]
fn without_the_token_nobody_reads_and_guessing_keeps_nobody_out() {
    let site = SmallBox::new("secret = \"metrics\"\n");
    let daemon = site.run();
    let with = format!("Authorization: Bearer {TOKEN}\r\n");
    assert_eq!(scrape(site.address, &with).status, 200);
    for wrong in ["", "Authorization: Bearer canary\r\n", "Authorization: Basic Y2FuYXJ5\r\n"] {
        let answer = get(site.address, "/metrics", wrong);
        assert_eq!(answer.status, 401, "{wrong:?}");
        assert!(answer.head.to_lowercase().contains("www-authenticate: bearer"), "{}", answer.head);
        assert!(!answer.body.contains("lookout_"), "{}", answer.body);
    }
    let statuses: Vec<u16> = (0..60).map(|_| get(site.address, "/nothing", "").status).collect();
    assert!(statuses.contains(&429) && !statuses.contains(&404), "{statuses:?}");
    assert_eq!(get(site.address, "/metrics", &with).status, 200, "who has it reads on");
    let (code, log) = daemon.stop_for_log(SOON);
    assert_eq!(code, 0);
    assert!(!log.contains("canary"), "{log}");
}

#[test]
fn those_who_say_nothing_or_read_nothing_are_cut_off_and_are_in_nobodys_way() {
    let site = SmallBox::new("");
    let daemon = site.run();
    scrape(site.address, "");
    let began = Instant::now();
    let mut silent: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(site.address).unwrap()).collect();
    for stream in &mut silent {
        // A head that never ends. It may be cut off already.
        let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost:");
    }
    let asked = Instant::now();
    let answer = scrape(site.address, "");
    assert_eq!(answer.status, 200);
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    let last = silent.last_mut().unwrap();
    last.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut left = Vec::new();
    // Reset or closed; perhaps with a word.
    let _ = last.read_to_end(&mut left);
    assert!(began.elapsed() < Duration::from_secs(25), "the last of them is cut off: {:?}", began.elapsed());
    assert_eq!(daemon.stop(SOON), 0);
}

#[test]
fn a_port_that_is_taken_degrades_the_box_until_it_is_free_and_a_reload_takes_the_listener_away() {
    let site = SmallBox::new("");
    let taken = TcpListener::bind(site.address).unwrap();
    let daemon = Daemon::start(&site.config, &bundled_models());
    daemon.wait_for_log("metrics cannot be read at", SOON);
    drop(taken);
    daemon.wait_for_log("metrics can be read", SOON);
    let body = scrape(site.address, "").body;
    assert!(body.contains("lookout_degraded{part=\"configuration\"} 0\n"), "{body}");
    let (without, _) = site.text.split_once("[metrics]").unwrap();
    write_config(site.folder.path(), without);
    daemon.reload();
    let deadline = Instant::now() + SOON;
    while TcpStream::connect(site.address).is_ok() {
        assert!(Instant::now() < deadline, "somebody still listens:\n{}", daemon.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(daemon.stop(SOON), 0);
}
