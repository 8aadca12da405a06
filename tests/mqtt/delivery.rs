//! Nothing lost, nothing twice (after dropping repeats by id), in the right order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lookout::clock::Clock;
use lookout::contract::EventError;
use lookout::contract::Language;
use lookout::contract::messages::{CAMERA, HEALTH, META};
use lookout::mqtt::{Bodies, Publisher, Settings, TroubleKind};
use lookout::types::box_state::BoxState;
use lookout::types::level::Level;
use lookout::types::mqtt::Version;

use crate::here::*;
use crate::support::listener::{Listener, Received};
use crate::support::mosquitto::{Mosquitto, Options};

#[test]
fn an_alert_arrives_and_leaves_the_outbox_with_both_versions() {
    let broker = Mosquitto::start();
    for version in [Version::V5, Version::V311] {
        let listener = Listener::start(broker.port(), "lookout/#");
        let here = Here::start(settings(&broker.url(), version));
        here.alert(1, Level::Yellow);
        let received = listener.wait_for("the alert", |received| !alert_ids(received).is_empty());
        assert_eq!(alert_ids(&received), ids([1]), "{version:?}");
        here.wait_empty();
        assert!(here.publisher.stop(Duration::from_secs(5)), "the broker hears the goodbye");
    }
}

/// The centre of this test stores what it hears and marks what it has without a hole, as the contract asks.
fn mark_all(listener: &Listener, stream: &str, up_to: u64) {
    let body = serde_json::json!({ "stream": stream, "n": up_to }).to_string();
    listener.publish(&format!("{BASE}/down/mark"), true, body);
}

fn killed_in_the_middle(version: Version) {
    const ALERTS: u32 = 300;
    // It keeps nothing: what it has acknowledged and not delivered when it is killed is gone.
    let mut broker = Mosquitto::start();
    let listener = Listener::start(broker.port(), "lookout/#");
    let here = Here::start(settings(&broker.url(), version));
    here.wait_connected();
    let mut stream = String::new();
    for number in 0..ALERTS {
        let seq = here.alert(number, Level::Yellow);
        if number == 0 {
            stream = seq.stream.to_string();
            listener.wait_for("the first alert", |received| !alert_ids(received).is_empty());
            // From here on the box knows that this centre marks.
            mark_all(&listener, &stream, 1);
            wait(|| "the mark".to_owned(), || here.outbox.depth().marks);
        }
        if number == ALERTS / 3 || number == 2 * ALERTS / 3 {
            let (before, connections) = (listener.subscriptions(), here.publisher.status().connections);
            broker.kill();
            here.alert(1000 + number, Level::Red);
            broker.restart();
            listener.wait_subscribed(before + 1);
            here.wait_status("the reconnect", |status| status.connections > connections);
        }
    }
    let want = ids((0..ALERTS).chain([1000 + ALERTS / 3, 1000 + 2 * ALERTS / 3]));
    let received = listener.wait_for("every alert", |received| alert_ids(received).len() == want.len());
    assert_eq!(alert_ids(&received), want);
    assert!(here.publisher.status().connections >= 3, "it was killed twice");
    let depth = here.outbox.depth();
    assert_eq!(depth.last_n, u64::from(ALERTS) + 2, "numbers without holes");
    mark_all(&listener, &stream, depth.last_n);
    here.wait_empty();
}

#[test]
fn nothing_is_lost_when_the_broker_is_killed_in_the_middle_with_mqtt_5() {
    killed_in_the_middle(Version::V5);
}

#[test]
fn nothing_is_lost_when_the_broker_is_killed_in_the_middle_with_mqtt_3_1_1() {
    killed_in_the_middle(Version::V311);
}

#[test]
fn what_a_killed_broker_had_acknowledged_is_sent_again_until_it_is_marked() {
    let mut broker = Mosquitto::start();
    let here = Here::start(settings(&broker.url(), Version::V5));
    here.wait_connected();
    let seq = here.alert(1, Level::Orange);
    here.wait_empty();
    let marker = Listener::start(broker.port(), "nothing");
    mark_all(&marker, &seq.stream, 1);
    wait(|| "the mark to be known".to_owned(), || here.outbox.depth().marks);
    here.alert(2, Level::Orange);
    // Nobody was there to hear it, the broker acknowledged it, and then it died.
    wait(|| "its PUBACK".to_owned(), || here.outbox.depth().unsent == 0);
    assert_eq!(here.outbox.depth().unmarked, 1, "kept until it is marked");
    broker.kill();
    broker.restart();
    let listener = Listener::start(broker.port(), "lookout/#");
    listener.wait_for("the alert again", |received| alert_ids(received) == ids([2]));
    mark_all(&listener, &seq.stream, 2);
    here.wait_empty();
}

#[test]
fn red_and_orange_go_first_then_what_is_new_then_the_backlog() {
    let broker = Mosquitto::start();
    let listener = Listener::start(broker.port(), &format!("{BASE}/up/#"));
    let slow = lookout::mqtt::Settings { backlog_per_sec: 20, ..settings(&broker.url(), Version::V5) };
    // Stored before the publisher starts, so all of it is backlog.
    let here = Here::start_after(slow, |outbox| {
        for number in 0..60 {
            append(outbox, number, if number == 59 { Level::Red } else { Level::Yellow });
        }
        append_picture(outbox, 1, Level::Yellow, 1000);
    });
    // In the middle of the backlog: it is live and does not wait for it.
    listener.wait_for("some of the backlog", |received| alert_ids(received).len() > 25);
    here.alert(100, Level::Blue);
    let received = listener.wait_for("everything", |received| {
        alert_ids(received).len() == 61 && received.iter().any(|one| one.topic.contains("/evidence/"))
    });
    let order: Vec<String> =
        received.iter().filter(|one| one.topic.ends_with("/up/alert")).filter_map(Received::id).collect();
    assert_eq!(order[0], "alert-59.1", "red first");
    let live = order.iter().position(|id| id == "alert-100.1").unwrap();
    assert!(live < 50, "the new one overtook the backlog: {live}");
    here.wait_empty();
}

#[test]
fn the_state_is_online_then_stopped_and_the_latest_values_come_again_after_a_reconnect() {
    let mut broker = Mosquitto::start();
    let here = Here::start(settings(&broker.url(), Version::V5));
    here.publisher.set_latest(META.at(&[]), b"{\"meta\":1}".to_vec());
    here.publisher.set_latest(HEALTH.at(&[]), b"{\"health\":1}".to_vec());
    here.publisher.set_latest(HEALTH.at(&[]), b"{\"health\":2}".to_vec());
    for round in 0..2 {
        // The broker forgot everything it had retained.
        let listener = Listener::start(broker.port(), &format!("{BASE}/up/#"));
        let says = |topic: &str, text: &str| {
            let (topic, text) = (format!("{BASE}/{topic}"), text.to_owned());
            move |received: &Received| {
                received.topic == topic && String::from_utf8_lossy(&received.payload).contains(&text)
            }
        };
        listener.wait_one("online", says("up/state", "\"online\""));
        listener.wait_one("meta", says("up/meta", "\"meta\":1"));
        listener.wait_one("the newest health", says("up/health", "\"health\":2"));
        if round == 0 {
            broker.kill();
            broker.restart();
        } else {
            assert!(here.publisher.stop(Duration::from_secs(5)));
            listener.wait_one("stopped", says("up/state", "\"stopped\""));
            assert!(!listener.received().iter().any(says("up/state", "offline")), "no will after a goodbye");
        }
    }
}

#[test]
fn a_late_will_does_not_leave_the_box_offline() {
    let broker = Mosquitto::start();
    let here = Here::start(settings(&broker.url(), Version::V5));
    here.wait_connected();
    let listener = Listener::start(broker.port(), &format!("{BASE}/up/state"));
    // Kept by the broker, or said only now.
    let online = listener.wait_one("online", |one| one.json()["state"] == "online");
    let session = online.json()["session"].as_str().unwrap().to_owned();
    // What a broker publishes when it notices late that the connection before this one is gone.
    listener.publish(&online.topic, true, r#"{"state":"offline","session":"the-one-before"}"#);
    let received = listener.wait_for("online again", |received| {
        let states: Vec<_> = received.iter().map(|one| one.json()["state"].clone()).collect();
        let offline = states.iter().position(|state| state == "offline");
        offline.is_some_and(|at| states[at..].iter().any(|state| state == "online"))
    });
    assert_eq!(received.last().unwrap().json()["session"], session.as_str(), "the same connection");
    let late_comer = Listener::start(broker.port(), &format!("{BASE}/up/state"));
    let kept = late_comer.wait_one("the retained state", |one| one.retain);
    assert_eq!(kept.json()["state"], "online");
}

#[test]
fn an_online_that_cannot_be_built_at_once_is_said_later_on_the_same_connection() {
    let broker = Mosquitto::start();
    let topic = format!("{BASE}/up/state");
    let listener = Listener::start(broker.port(), &topic);
    // What the broker keeps of a box that lost its power.
    listener.publish(&topic, true, r#"{"state":"offline","session":"the-one-before"}"#);
    listener.wait_one("the old state", |one| one.json()["state"] == "offline");
    let tried = Arc::new(AtomicU32::new(0));
    let (counted, plain) = (tried.clone(), Bodies::default().state);
    let (bodies, _commands) = bodies();
    let bodies = Bodies {
        state: Arc::new(move |state, session, at| {
            if state == BoxState::Online && counted.fetch_add(1, Ordering::SeqCst) < 2 {
                return Err(EventError::NoJson { what: "state", why: "as a test wants it".to_owned() });
            }
            plain(state, session, at)
        }),
        ..bodies
    };
    let dir = directory();
    let outbox = open(dir.path());
    let settings = settings(&broker.url(), Version::V5);
    let publisher = Publisher::start(settings, bodies, outbox.clone(), Clock::start()).unwrap();
    listener.wait_one("online", |one| one.json()["state"] == "online");
    assert_eq!((tried.load(Ordering::SeqCst), publisher.status().connections), (3, 1));
}

#[test]
fn two_boxes_of_one_name_both_know_it_and_stop_throwing_each_other_off() {
    let minutes = Duration::from_secs(300);
    for version in [Version::V5, Version::V311] {
        let broker = Mosquitto::start();
        let patient = || {
            let mut settings = settings(&broker.url(), version);
            settings.timing.taken_over_first = minutes;
            settings.timing.taken_over_most = minutes;
            settings
        };
        let boxes = [Here::start(patient()), Here::start(patient())];
        for here in &boxes {
            let status = here.wait_status("to know of the other", |status| status.namesake.is_some());
            let sentence = status.namesake.unwrap().to_string();
            assert!(sentence.contains("another client uses this box's name"), "{sentence}");
            assert!(sentence.contains("client id `530127.box-1`"), "{sentence}");
        }
        wait(
            || "one of them to give way".to_owned(),
            || {
                let trouble = |here: &Here| here.publisher.status().trouble;
                boxes.iter().any(|here| trouble(here).is_some_and(|one| one.kind == TroubleKind::TakenOver))
            },
        );
        wait(
            || "the other to be connected".to_owned(),
            || boxes.iter().any(|here| here.publisher.status().connected),
        );
        // Before, they came ten times in this time.
        let connections = || boxes.iter().map(|here| here.publisher.status().connections).sum::<u64>();
        let so_far = connections();
        std::thread::park_timeout(Duration::from_secs(1));
        assert_eq!(connections(), so_far, "{version:?}: the fight goes on");
        let gone = boxes.iter().map(|here| here.publisher.status()).find(|status| !status.connected).unwrap();
        let trouble = gone.trouble.unwrap().to_string();
        assert!(trouble.contains("hint: give each box of an area its own `[site] box`"), "{trouble}");
        // What is urgent is not kept for minutes.
        let waiting = boxes.iter().find(|here| !here.publisher.status().connected).unwrap();
        waiting.alert(1, Level::Red);
        waiting.wait_empty();
    }
}

#[test]
fn a_box_whose_namesake_has_gone_says_so_no_more() {
    let broker = Mosquitto::start();
    let mut short = settings(&broker.url(), Version::V5);
    short.timing.namesake_forgotten = Duration::from_secs(1);
    let here = Here::start(short);
    here.wait_connected();
    let listener = Listener::start(broker.port(), &format!("{BASE}/up/state"));
    listener.wait_one("online", |one| one.json()["state"] == "online");
    listener.publish(&format!("{BASE}/up/state"), false, r#"{"state":"online","session":"another-box"}"#);
    here.wait_status("to know of the other", |status| status.namesake.is_some());
    here.wait_status("to forget it", |status| status.namesake.is_none() && status.connected);
}

#[test]
fn a_namesake_is_reported_of_in_chinese_too() {
    let broker = Mosquitto::start();
    let patient = || {
        let mut settings = settings(&broker.url(), Version::V5);
        settings.timing.taken_over_first = Duration::from_secs(300);
        settings.timing.taken_over_most = Duration::from_secs(300);
        settings
    };
    let boxes = [Here::start(patient()), Here::start(patient())];
    for here in &boxes {
        let status = here.wait_status("to know of the other", |status| status.namesake.is_some());
        let sentence = status.namesake.unwrap().in_language(Language::Chinese);
        assert!(sentence.contains("用了这个盒子的名字（客户端标识 `530127.box-1`）"), "{sentence}");
    }
}

#[test]
fn namesakes_in_two_areas_are_two_clients() {
    let broker = Mosquitto::start();
    let here = Here::start(settings(&broker.url(), Version::V5));
    let there = Settings { area: "530128".to_owned(), ..settings(&broker.url(), Version::V5) };
    let there = Here::start(there);
    for one in [&here, &there] {
        one.wait_connected();
        one.alert(1, Level::Yellow);
        one.wait_empty();
        assert_eq!(one.publisher.status().connections, 1);
    }
}

#[test]
fn a_big_retained_message_makes_no_endless_loop() {
    let broker = Mosquitto::start();
    let centre = Listener::start(broker.port(), "lookout/#");
    let topic = format!("{BASE}/down/config");
    centre.publish(&topic, true, vec![b'x'; 200_000]);
    centre.wait_one("the message", |one| one.topic == topic);
    for version in [Version::V5, Version::V311] {
        let mut here = Here::start(settings(&broker.url(), version));
        here.alert(1, Level::Yellow);
        here.wait_connected();
        here.wait_empty();
        if version == Version::V311 {
            // MQTT 5 lets the client say what it takes; 3.1.1 must leave the topic out.
            here.wait_status("to leave the topic out", |status| {
                status.connected
                    && status.deaf_to.iter().any(|line| line.to_string().starts_with("down/config"))
            });
        }
        let connections = here.publisher.status().connections;
        assert!(connections <= 2, "{version:?}: {connections} connections");
        // Commands still come.
        let ack = r#"{"request_id":"r","alert_id":"alert-1","by":"desk"}"#;
        centre.publish(&format!("{BASE}/down/cmd/ack"), false, ack);
        here.next_command();
        let status = here.publisher.status();
        assert!(status.connected && status.connections == connections, "{version:?}: {status:?}");
        if version == Version::V311 {
            // MQTT 5 lets the client say what it takes; 3.1.1 must leave the topic out.
            assert!(
                status.deaf_to.iter().any(|line| line.to_string().starts_with("down/config")),
                "{:?}",
                status.deaf_to
            );
        }
        here.publisher.stop(Duration::from_secs(5));
    }
}

#[test]
fn a_record_the_broker_cannot_take_is_put_aside_and_the_others_flow() {
    let limit = Options { lines: vec!["max_packet_size 4000".to_owned()], ..Options::default() };
    let broker = Mosquitto::start_with(limit);
    for version in [Version::V5, Version::V311] {
        let listener = Listener::start(broker.port(), "lookout/#");
        let here = Here::start(settings(&broker.url(), version));
        here.wait_connected();
        append_padded(&here.outbox, 1, Level::Red, 6000);
        for number in 2..20 {
            here.alert(number, Level::Yellow);
        }
        let received = listener.wait_for("the others", |received| alert_ids(received).len() == 18);
        assert_eq!(alert_ids(&received), ids(2..20), "{version:?}");
        wait(|| format!("{:?}", here.outbox.depth()), || here.outbox.depth().unsent == 1);
        let status = here.wait_status("to be put aside", |status| status.last_refusal.is_some());
        assert!(
            status.last_refusal.as_ref().unwrap().to_string().starts_with("up/alert: "),
            "{:?}",
            status.last_refusal
        );
        assert_eq!(here.outbox.depth().rows, 1, "kept, not thrown away");
        here.publisher.stop(Duration::from_secs(5));
    }
}

#[test]
fn a_topic_the_broker_refuses_holds_back_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let acl = dir.path().join("acl");
    std::fs::write(&acl, "topic readwrite #\n").unwrap();
    std::fs::write(
        &acl,
        format!("topic readwrite {BASE}/up/state\ntopic readwrite {BASE}/up/alert\ntopic read #\n"),
    )
    .unwrap();
    let broker = Mosquitto::start_with(Options {
        lines: vec![format!("acl_file {}", acl.display())],
        ..Options::default()
    });
    let listener = Listener::start(broker.port(), "lookout/#");
    let here = Here::start(settings(&broker.url(), Version::V5));
    here.wait_connected();
    append_picture(&here.outbox, 1, Level::Red, 100);
    for number in 0..30 {
        here.alert(number, Level::Yellow);
    }
    listener.wait_for("the alerts", |received| alert_ids(received).len() == 30);
    let status = here.wait_status("the refusal", |status| status.last_refusal.is_some());
    let refusal = status.last_refusal.unwrap().to_string();
    assert!(refusal.contains("up/evidence/alert-1/1") && refusal.contains("NotAuthorized"), "{refusal}");
    assert!(here.publisher.status().connections == 1, "no reconnect for that");
    wait(|| "the picture to remain".to_owned(), || here.outbox.depth().rows == 1);
}

#[test]
fn a_picture_of_the_largest_size_arrives_whole() {
    let broker = Mosquitto::start();
    let listener = Listener::start(broker.port(), "lookout/#");
    for version in [Version::V5, Version::V311] {
        let here = Here::start(settings(&broker.url(), version));
        append_picture(&here.outbox, version as u32, Level::Red, lookout::outbox::EVIDENCE_BYTES);
        let topic = format!("{BASE}/up/evidence/alert-{}/1", version as u32);
        let picture = listener.wait_one("the picture", |one| one.topic == topic);
        assert_eq!(picture.payload.len(), lookout::outbox::EVIDENCE_BYTES);
        here.wait_empty();
        here.publisher.stop(Duration::from_secs(5));
    }
}

/// What a broker keeps of a box that is gone must not stand for ever, and what it keeps of a part that is gone not at all.
#[test]
fn a_value_that_expires_says_so_to_the_broker_and_one_without_bytes_is_forgotten() {
    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::mqttbytes::v5::Packet;
    use rumqttc::v5::{Client, Event, MqttOptions};

    let broker = Mosquitto::start();
    let here = Here::start(settings(&broker.url(), Version::V5));
    here.publisher.set_latest(CAMERA.at(&["cam-1"]), b"{\"camera\":1}".to_vec());
    here.publisher.set_latest(CAMERA.at(&["cam-2"]), b"{\"camera\":2}".to_vec());
    here.publisher.set_latest(META.at(&[]), b"{\"meta\":1}".to_vec());
    let kept = |count: usize| {
        let late = Listener::start(broker.port(), &format!("{BASE}/up/#"));
        late.wait_for("what is kept", |received| {
            received.iter().filter(|one| !one.topic.ends_with("/up/state")).count() >= count
        })
    };
    kept(3);
    let mut options = MqttOptions::new("late", "127.0.0.1", broker.port());
    options.set_keep_alive(Duration::from_secs(5));
    let (client, mut connection) = Client::new(options, 8);
    client.subscribe(format!("{BASE}/up/+/cam-1"), QoS::AtLeastOnce).unwrap();
    client.subscribe(format!("{BASE}/up/meta"), QoS::AtLeastOnce).unwrap();
    let mut expiries = std::collections::BTreeMap::new();
    for event in connection.iter() {
        if let Event::Incoming(Packet::Publish(publish)) = event.unwrap() {
            let topic = String::from_utf8_lossy(&publish.topic).into_owned();
            expiries.insert(topic, publish.properties.and_then(|p| p.message_expiry_interval));
        }
        if expiries.len() == 2 {
            break;
        }
    }
    let expiry = expiries[&format!("{BASE}/up/camera/cam-1")].unwrap();
    assert!((1700..=1800).contains(&expiry), "{expiry}");
    assert_eq!(expiries[&format!("{BASE}/up/meta")], None);

    here.publisher.withdraw(&CAMERA.suffix(&["cam-2"]));
    let watcher = Listener::start(broker.port(), &format!("{BASE}/up/camera/+"));
    wait(
        || "the broker to forget".to_owned(),
        || {
            let late = Listener::start(broker.port(), &format!("{BASE}/up/camera/+"));
            let received = late.wait_for("what is kept", |received| !received.is_empty());
            received.iter().all(|one| one.topic.ends_with("cam-1"))
        },
    );
    drop(watcher);
    assert!(here.publisher.stop(Duration::from_secs(5)));
}
