//! Brokers that misbehave, each in its own way. Nothing they do may lose a record or stop the others.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lookout::contract::messages::{CAMERA, META};
use lookout::mqtt::{Settings, Status, Timing, TroubleKind};
use lookout::types::level::Level;
use lookout::types::mqtt::Version;
use parking_lot::Mutex;

use crate::fake::{FakeBroker, Guest, Packet, Taken, id_of};
use crate::here::*;

const BOTH: [Version; 2] = [Version::V5, Version::V311];

fn soon(url: &str, version: Version) -> Settings {
    let settings = settings(url, version);
    let timing =
        Timing { connect: Duration::from_secs(1), stall: Duration::from_secs(1), ..settings.timing.clone() };
    Settings { timing, ..settings }
}

/// Blocks until the box has gone.
fn wait_for_the_end(guest: &mut Guest) -> io::Result<()> {
    loop {
        guest.read()?;
    }
}

fn everything_arrives(
    version: Version,
    script: impl Fn(&mut Guest, &Taken) -> io::Result<()> + Send + Sync + 'static,
) -> (Here, Taken, FakeBroker) {
    let taken = Taken::default();
    let for_script = taken.clone();
    let broker = FakeBroker::start(move |guest| script(guest, &for_script));
    let here = Here::start(soon(&broker.url(), version));
    for number in 0..30 {
        here.alert(number, Level::Yellow);
    }
    wait(|| format!("{version:?}: all of them; taken {:?}", taken.ids()), || taken.ids() == ids(0..30));
    here.wait_empty();
    (here, taken, broker)
}

#[test]
fn a_broker_that_accepts_and_never_answers_is_left_and_tried_again() {
    for version in BOTH {
        let broker = FakeBroker::start(wait_for_the_end);
        let here = Here::start(soon(&broker.url(), version));
        let is_out_of_reach = |status: &Status| {
            status.trouble.as_ref().is_some_and(|trouble| trouble.kind == TroubleKind::Unreachable)
        };
        let status = here.wait_status("the trouble", is_out_of_reach);
        let text = status.trouble.unwrap().to_string();
        assert!(text.starts_with(&format!("no answer from {} in time", broker.address)), "{text}");
        wait(|| "a second try".to_owned(), || broker.connections.load(Ordering::SeqCst) > 1);
    }
}

#[test]
fn a_broker_that_is_none_is_distinguished_from_a_broken_one() {
    for version in BOTH {
        for (answer, kind, want) in [
            (
                &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
                TroubleKind::Closed,
                "closed the connection before it answered",
            ),
            (&[0x00, 0x00], TroubleKind::Protocol, "does an MQTT broker listen on this port"),
        ] {
            let broker = FakeBroker::start(move |guest| {
                guest.read()?;
                guest.send(answer)
            });
            let here = Here::start(soon(&broker.url(), version));
            let status = here.wait_status("the trouble", |status| status.trouble.is_some());
            let trouble = status.trouble.unwrap();
            let text = trouble.to_string();
            assert_eq!(trouble.kind, kind, "{text}");
            assert!(text.contains(want), "{text}");
        }
    }
}

#[test]
fn what_is_never_acknowledged_is_sent_again_on_a_new_connection() {
    for version in BOTH {
        let (here, _, broker) = everything_arrives(version, |guest, taken| {
            guest.accept(&[])?;
            if guest.nth == 0 {
                loop {
                    guest.next_record()?;
                }
            }
            guest.behave(taken)
        });
        assert!(broker.connections.load(Ordering::SeqCst) >= 2);
        assert!(here.publisher.status().connected);
    }
}

#[test]
fn one_record_that_is_never_acknowledged_does_not_stop_the_others() {
    for version in BOTH {
        let taken = Taken::default();
        let for_script = taken.clone();
        let broker = FakeBroker::start(move |guest| {
            guest.accept(&[])?;
            loop {
                let (pkid, _, payload) = guest.next_record()?;
                if id_of(&payload) != "alert-3.1" {
                    for_script.note(&payload);
                    guest.puback(pkid, 0)?;
                }
            }
        });
        let here = Here::start(soon(&broker.url(), version));
        for number in 0..30 {
            here.alert(number, Level::Yellow);
        }
        let want = ids((0..30).filter(|number| *number != 3));
        wait(|| format!("the others; taken {:?}", taken.ids()), || taken.ids() == want);
        wait(|| format!("{:?}", here.outbox.depth()), || here.outbox.depth().rows == 1);
        here.wait_status("to be put aside", |status| status.last_refusal.is_some());
    }
}

#[test]
fn a_puback_with_an_error_puts_that_record_aside_and_tries_it_again() {
    let refusals = Arc::new(AtomicUsize::new(0));
    let count = refusals.clone();
    let (here, taken, broker) = everything_arrives(Version::V5, move |guest, taken| {
        guest.accept(&[])?;
        loop {
            let (pkid, _, payload) = guest.next_record()?;
            if id_of(&payload) == "alert-3.1" && count.fetch_add(1, Ordering::SeqCst) < 2 {
                // Quota exceeded.
                guest.puback(pkid, 0x97)?;
            } else {
                taken.note(&payload);
                guest.puback(pkid, 0)?;
            }
        }
    });
    assert_eq!(refusals.load(Ordering::SeqCst), 3);
    let status = here.publisher.status();
    assert_eq!(status.last_refusal, None, "it was taken in the end");
    assert_eq!(broker.connections.load(Ordering::SeqCst), 1, "no reconnect for that");
    assert_eq!(taken.times("alert-3.1"), 1);
}

#[test]
fn pubacks_that_come_twice_lose_nothing_and_end_nothing_for_good() {
    for version in BOTH {
        everything_arrives(version, |guest, taken| {
            guest.accept(&[])?;
            loop {
                let (pkid, _, payload) = guest.next_record()?;
                taken.note(&payload);
                let [high, low] = pkid.to_be_bytes();
                // In one piece, so that the library reads the second one right behind the first.
                guest.send(&[0x40, 2, high, low, 0x40, 2, high, low])?;
            }
        });
    }
}

#[test]
fn pubacks_for_nothing_are_survived() {
    for version in BOTH {
        everything_arrives(version, |guest, taken| {
            guest.accept(&[])?;
            if guest.nth < 3 {
                guest.next_record()?;
                guest.puback(60, 0)?;
                return wait_for_the_end(guest);
            }
            guest.behave(taken)
        });
    }
}

#[test]
fn pubacks_out_of_order_are_bound_to_their_own_record() {
    // Receive maximum 3, 5 and the library's own: packet numbers wrap early.
    for (version, properties) in [
        (Version::V5, &[0x21, 0, 3][..]),
        (Version::V5, &[0x21, 0, 5]),
        (Version::V5, &[]),
        (Version::V311, &[]),
    ] {
        let properties = properties.to_vec();
        let window = if properties.is_empty() { 8 } else { usize::from(properties[2]) };
        let (_, taken, broker) = everything_arrives(version, move |guest, taken| {
            guest.accept(&properties)?;
            let mut open: Vec<(u16, Vec<u8>)> = Vec::new();
            // Acknowledges the newest first, and keeps the oldest for as long as it can.
            guest.stream.set_read_timeout(Some(Duration::from_millis(50)))?;
            loop {
                match guest.next_record() {
                    Ok((pkid, _, payload)) => {
                        assert!(open.iter().all(|(taken, _)| *taken != pkid), "number {pkid} is in flight");
                        open.push((pkid, payload));
                        assert!(open.len() <= window, "more than the window");
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
                if open.len() == window.min(3) || open.len() == 1 {
                    let (pkid, payload) = open.pop().unwrap();
                    taken.note(&payload);
                    guest.puback(pkid, 0)?;
                }
            }
        });
        for id in ids(0..30) {
            assert_eq!(taken.times(&id), 1, "{id}");
        }
        assert_eq!(broker.connections.load(Ordering::SeqCst), 1, "no collision, no stall");
    }
}

#[test]
fn a_broker_that_stops_reading_is_left() {
    for version in BOTH {
        let taken = Taken::default();
        let for_script = taken.clone();
        let broker = FakeBroker::start(move |guest| {
            guest.accept(&[])?;
            if guest.nth == 0 {
                guest.next_record()?;
                // Reads no more, until the box leaves: its flush hangs when the buffers are full.
                while guest.stream.peek(&mut [0; 1]).is_ok_and(|n| n > 0)
                    && guest.stream.take_error()?.is_none()
                {
                    if guest.send(&[0xd0, 0]).is_err() {
                        return Ok(());
                    }
                    std::thread::park_timeout(Duration::from_millis(100));
                }
                return Ok(());
            }
            guest.behave(&for_script)
        });
        let here = Here::start_after(soon(&broker.url(), version), |outbox| {
            for number in 0..20 {
                append_padded(outbox, number, Level::Yellow, 200_000);
            }
        });
        wait(|| format!("all of them; taken {:?}", taken.ids()), || taken.ids() == ids(0..20));
        here.wait_empty();
    }
}

#[test]
fn a_broker_that_wants_no_keep_alive_is_not_flooded_with_pings() {
    let pings = Arc::new(AtomicUsize::new(0));
    let count = pings.clone();
    let broker = FakeBroker::start(move |guest| {
        // Server keep alive: 0.
        guest.accept(&[0x13, 0, 0])?;
        loop {
            match guest.read()? {
                Packet::PingReq => {
                    count.fetch_add(1, Ordering::SeqCst);
                    guest.send(&[0xd0, 0])?;
                }
                Packet::Subscribe { pkid } => {
                    let [high, low] = pkid.to_be_bytes();
                    guest.send(&[0x90, 4, high, low, 0, 1])?;
                }
                Packet::Publish { pkid, .. } => guest.puback(pkid, 0)?,
                _ => {}
            }
        }
    });
    let here = Here::start(soon(&broker.url(), Version::V5));
    here.alert(1, Level::Yellow);
    here.wait_empty();
    let until = Instant::now() + Duration::from_millis(500);
    wait(|| "half a second".to_owned(), || Instant::now() >= until);
    assert!(pings.load(Ordering::SeqCst) <= 1, "{} pings", pings.load(Ordering::SeqCst));
}

#[test]
fn a_broker_that_takes_nothing_is_named() {
    // Receive maximum 0 is against the standard.
    let broker = FakeBroker::start(|guest| {
        guest.accept(&[0x21, 0, 0])?;
        wait_for_the_end(guest)
    });
    let here = Here::start(soon(&broker.url(), Version::V5));
    let status = here.wait_status("the trouble", |status| status.trouble.is_some());
    assert!(status.trouble.unwrap().to_string().contains("takes no publishes"));
}

#[test]
fn a_latest_value_that_ends_the_connection_does_not_stop_the_alerts() {
    let taken = Taken::default();
    let for_script = taken.clone();
    let broker = FakeBroker::start(move |guest| {
        guest.accept(&[])?;
        loop {
            match guest.read()? {
                Packet::Subscribe { pkid } => {
                    let [high, low] = pkid.to_be_bytes();
                    guest.send(&[0x90, 4, high, low, 0, 1])?;
                }
                // Closes the connection, as brokers do on what is too large for them.
                Packet::Publish { topic, .. } if topic.ends_with("/up/meta") => return Ok(()),
                Packet::Publish { topic, pkid, payload } => {
                    if topic.ends_with("/up/alert") {
                        for_script.note(&payload);
                    }
                    guest.puback(pkid, 0)?;
                }
                _ => {}
            }
        }
    });
    let here = Here::start(soon(&broker.url(), Version::V5));
    here.publisher.set_latest(META.at(&[]), vec![b'x'; 100]);
    for number in 0..5 {
        here.alert(number, Level::Yellow);
    }
    wait(|| format!("the alerts; {:?}", here.publisher.status()), || taken.ids() == ids(0..5));
    here.wait_empty();
}

#[test]
fn while_a_red_alert_waits_the_box_knocks_again_soon() {
    let taken = Taken::default();
    let for_script = taken.clone();
    let broker = FakeBroker::start(move |guest| {
        if guest.nth == 0 {
            return Ok(());
        }
        guest.accept(&[])?;
        guest.behave(&for_script)
    });
    let settings = soon(&broker.url(), Version::V5);
    let rarely = Duration::from_secs(3600);
    let timing = Timing {
        backoff_first: rarely,
        backoff_most: rarely,
        backoff_urgent: Duration::from_millis(200),
        ..settings.timing.clone()
    };
    let here = Here::start(Settings { timing, ..settings });
    here.wait_status("the first attempt to fail", |status| status.trouble.is_some());
    // A yellow one can wait, a red one cannot.
    here.alert(1, Level::Yellow);
    here.alert(2, Level::Red);
    wait(|| format!("both; taken {:?}", taken.ids()), || taken.ids() == ids(1..3));
}

/// After a reconnect there may be a thousand messages about cameras; an alert does not wait for them.
#[test]
fn alerts_go_before_what_is_said_of_a_thousand_cameras() {
    let (is_open, order) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let (for_script, topics) = (is_open.clone(), order.clone());
    let broker = FakeBroker::start(move |guest| {
        if !for_script.load(Ordering::SeqCst) {
            return Ok(());
        }
        guest.accept(&[])?;
        loop {
            match guest.read()? {
                Packet::Subscribe { pkid } => {
                    let [high, low] = pkid.to_be_bytes();
                    guest.send(&[0x90, 4, high, low, 0, 1])?;
                }
                Packet::Publish { topic, pkid, .. } => {
                    topics.lock().push(topic);
                    guest.puback(pkid, 0)?;
                }
                _ => {}
            }
        }
    });
    let here = Here::start(soon(&broker.url(), Version::V5));
    for number in 0..1000 {
        here.publisher.set_latest(CAMERA.at(&[&format!("cam-{number}")]), b"{}".to_vec());
    }
    here.alert(1, Level::Yellow);
    is_open.store(true, Ordering::SeqCst);
    let cameras = |topics: &[String]| topics.iter().filter(|topic| topic.contains("/up/camera/")).count();
    wait(|| format!("every camera; {}", cameras(&order.lock())), || cameras(&order.lock()) >= 1000);
    let order = order.lock();
    let alert = order.iter().position(|topic| topic.ends_with("/up/alert")).unwrap();
    assert_eq!(cameras(&order[..alert]), 0, "they came before the alert");
}
