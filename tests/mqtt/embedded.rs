//! The embedded broker, alone and with the publisher.

use std::time::Duration;

use lookout::analysis::alert::Level;
use lookout::mqtt::embedded::{Embedded, EmbeddedError};
use lookout::mqtt::{Settings, Version};

use crate::fake::Cable;
use crate::here::*;
use crate::support::listener::Listener;
use crate::support::mosquitto::free_port;

#[test]
fn one_port_serves_both_versions_and_mosquittos_own_programs() {
    let broker = Embedded::start(0).unwrap();
    let port = broker.address().port();
    let mut subscriber = std::process::Command::new("mosquitto_sub")
        .args(["-p", &port.to_string(), "-t", "lookout/#", "-v", "-C", "3"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let listener = Listener::start(port, "lookout/#");
    for version in [Version::V5, Version::V311] {
        let here = Here::start(settings(&broker.url(), version));
        here.alert(version as u32, Level::Red);
        here.wait_empty();
        listener
            .wait_for("the alert", |heard| alert_ids(heard).contains(&format!("alert-{}.1", version as u32)));
        assert!(here.publisher.stop(Duration::from_secs(5)));
    }
    let output = subscriber.wait().unwrap();
    assert!(output.success());
    assert!(broker.stop(Duration::from_secs(5)));
}

#[test]
fn a_port_that_is_taken_is_said_with_what_to_do() {
    let first = Embedded::start(0).unwrap();
    let port = first.address().port();
    let error = Embedded::start(port).unwrap_err();
    assert!(matches!(error, EmbeddedError::InUse { .. }));
    let text = error.to_string();
    assert!(text.contains(&format!("127.0.0.1:{port}: address already in use")), "{text}");
    assert!(text.contains("hint:"), "{text}");
}

#[test]
fn a_client_id_that_would_break_the_broker_is_refused_and_breaks_nothing() {
    let broker = Embedded::start(0).unwrap();
    let port = broker.address().port();
    for version in ["mqttv311", "mqttv5"] {
        for _ in 0..2 {
            let publish = std::process::Command::new("mosquitto_pub")
                .args(["-p", &port.to_string(), "-V", version, "-i", "a/b", "-t", "x", "-m", "y"])
                .output()
                .unwrap();
            assert!(!publish.status.success(), "{version}");
        }
    }
    let here = Here::start(settings(&broker.url(), Version::V5));
    here.alert(1, Level::Red);
    here.wait_empty();
}

#[test]
fn everything_goes_on_when_the_embedded_broker_is_started_again() {
    let broker = Embedded::start(free_port()).unwrap();
    let port = broker.address().port();
    let listener = Listener::start(port, "lookout/#");
    let here = Here::start(Settings { ..settings(&broker.url(), Version::V5) });
    here.alert(1, Level::Yellow);
    listener.wait_for("the first", |heard| alert_ids(heard) == ids([1]));
    here.wait_empty();
    let before = listener.subscriptions();
    assert!(broker.stop(Duration::from_secs(5)));
    here.wait_status("the loss", |status| !status.connected);
    here.alert(2, Level::Yellow);
    let _again = Embedded::start(port).unwrap();
    listener.wait_subscribed(before + 1);
    here.wait_empty();
    assert_eq!(here.outbox.depth().delivered, 2);
}

#[test]
fn a_connection_that_dies_leaves_a_will() {
    let broker = Embedded::start(0).unwrap();
    let listener = Listener::start(broker.address().port(), &format!("{BASE}/up/state"));
    let cable = Cable::to(broker.address());
    let here = Here::start(settings(&cable.url(), Version::V5));
    here.wait_connected();
    let online = listener.wait_one("online", |one| one.json()["state"] == "online").json();
    cable.cut();
    let offline = listener.wait_one("the will", |one| one.json()["state"] == "offline").json();
    assert_eq!(online["session"], offline["session"], "so that it can be told from the next connection");
}
