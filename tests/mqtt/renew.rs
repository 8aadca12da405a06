//! Other settings while it runs: another broker, other topics, a password that was renewed.

use lookout::mqtt::{Settings, TroubleKind};
use lookout::types::level::Level;
use lookout::types::mqtt::Version;
use serde_json::json;

use crate::fake::{FakeBroker, Taken};
use crate::here::*;
use crate::support::listener::Listener;
use crate::support::mosquitto::{Mosquitto, Options};

#[test]
fn another_broker_gets_what_waits_and_the_first_one_is_notified_that_the_box_left() {
    for version in [Version::V5, Version::V311] {
        let (first, second) = (Mosquitto::start(), Mosquitto::start());
        let here_listens = Listener::start(first.port(), "lookout/#");
        let there_listens = Listener::start(second.port(), "elsewhere/#");
        let here = Here::start(settings(&first.url(), version));
        here.wait_connected();
        here.alert(1, Level::Orange);
        here.wait_empty();

        let moved = Settings { prefix: "elsewhere/v1".to_owned(), ..settings(&second.url(), version) };
        here.publisher.reconnect(moved).unwrap();
        let state = |wanted: &'static str| {
            move |m: &crate::support::listener::Received| {
                m.topic.ends_with("up/state") && m.json()["state"] == wanted
            }
        };
        here_listens.wait_one("that it left", state("stopped"));
        there_listens.wait_one("that it is there", state("online"));
        here.alert(2, Level::Orange);
        here.wait_empty();
        let alert = there_listens.wait_one("the alert", |m| m.topic.ends_with("up/alert"));
        assert_eq!(alert.topic, "elsewhere/v1/530127/box-1/up/alert");
        let published_here = here_listens.received().iter().filter(|m| m.topic.ends_with("up/alert")).count();
        assert_eq!(published_here, 1, "the second one went elsewhere");
    }
}

#[test]
fn a_box_that_cannot_connect_does_so_at_once_with_other_settings() {
    let broker = Mosquitto::start_with(Options { login: Some(("box", "right")), ..Options::default() });
    let dir = tempfile::tempdir().unwrap();
    let file = |text: &str| {
        let path = dir.path().join(text);
        std::fs::write(&path, text).unwrap();
        Some(path)
    };
    let with = |password: &str| {
        let mut settings = settings(&broker.url(), Version::V5);
        (settings.user, settings.password_file) = (Some("box".to_owned()), file(password));
        // Only the change itself is soon enough.
        settings.timing.backoff_first = std::time::Duration::from_secs(3000);
        settings.timing.backoff_most = settings.timing.backoff_first;
        settings.timing.backoff_urgent = settings.timing.backoff_first;
        settings
    };
    let here = Here::start(with("wrong"));
    here.wait_status("the refusal", |status| {
        status.trouble.as_ref().is_some_and(|trouble| trouble.kind == TroubleKind::NotAllowed)
    });
    here.publisher.reconnect(with("right")).unwrap();
    here.wait_connected();
    assert!(here.publisher.stop(PATIENCE), "it still stops in order");
}

#[test]
fn what_was_refused_under_earlier_settings_is_sent_at_once_with_other_ones() {
    for is_same_broker in [true, false] {
        let (taken, there) = (Taken::default(), Taken::default());
        let (for_first, for_second) = (taken.clone(), there.clone());
        let first = FakeBroker::start(move |guest| {
            guest.accept(&[])?;
            if guest.nth > 0 {
                return guest.behave(&for_first);
            }
            loop {
                let (pkid, ..) = guest.next_record()?;
                // Not authorized.
                guest.puback(pkid, 0x87)?;
            }
        });
        let second = FakeBroker::start(move |guest| {
            guest.accept(&[])?;
            guest.behave(&for_second)
        });
        let mut settings = settings(&first.url(), Version::V5);
        // Longer than this test waits.
        (settings.timing.hold_first, settings.timing.hold_most) = (5 * PATIENCE, 5 * PATIENCE);
        let here = Here::start(settings.clone());
        here.alert(1, Level::Red);
        here.wait_status("the refusal", |status| status.last_refusal.is_some());
        wait(|| format!("{:?}", here.outbox.depth()), || here.outbox.depth().held == 1);

        let url = if is_same_broker { first.url() } else { second.url() };
        here.publisher.reconnect(Settings { url: Some(url), ..settings }).unwrap();
        let taken = if is_same_broker { taken } else { there };
        wait(|| "the alert".to_owned(), || taken.ids() == ids([1]));
        here.wait_empty();
        assert_eq!(here.publisher.status().last_refusal, None);
    }
}

#[test]
fn another_time_zone_counts_at_once_on_the_same_connection() {
    let broker = Mosquitto::start();
    let centre = Listener::start(broker.port(), &format!("{BASE}/up/reply"));
    let here = Here::start(settings(&broker.url(), Version::V5));
    here.wait_connected();
    let published = |request: &str| {
        let expired =
            json!({ "request_id": request, "alert_id": "A", "by": "d", "exp": "2020-01-01T00:00:00Z" });
        centre.publish(&format!("{BASE}/down/cmd/ack"), false, expired.to_string());
        let reply = centre.wait_one("the answer", |one| one.json()["request_id"] == request).json();
        reply["message"].as_str().unwrap().to_owned()
    };
    assert!(published("r1").contains("2020-01-01T00:00:00"), "of a box without a zone: UTC");
    let session = here.publisher.status().session;
    here.publisher.set_time_zone(jiff::tz::TimeZone::get("Asia/Shanghai").unwrap());
    let message = published("r2");
    assert!(message.contains("2020-01-01T08:00:00"), "{message}");
    let status = here.publisher.status();
    assert_eq!((status.session, status.connections), (session, 1));
}

#[test]
fn settings_that_cannot_work_change_nothing() {
    let broker = Mosquitto::start();
    let here = Here::start(settings(&broker.url(), Version::V5));
    here.wait_connected();
    let bad = settings("http://127.0.0.1:1883", Version::V5);
    assert_eq!(here.publisher.reconnect(bad).unwrap_err().kind, TroubleKind::Settings);
    here.alert(1, Level::Red);
    here.wait_empty();
}
