//! Commands from the centre.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lookout::analysis::time::Timestamp;
use lookout::outbox::Evidence;
use lookout::types::level::Level;
use lookout::types::mqtt::Version;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::fake::FakeBroker;
use crate::here::*;
use crate::support::listener::Listener;
use crate::support::mosquitto::Mosquitto;

#[test]
fn an_acknowledgement_comes_out_and_a_wrong_one_is_answered_with_what_is_wrong() {
    let broker = Mosquitto::start();
    let centre = Listener::start(broker.port(), &format!("{BASE}/up/reply"));
    let mut here = Here::start(settings(&broker.url(), Version::V5));
    here.wait_connected();
    let topic = format!("{BASE}/down/cmd/ack");

    centre.publish(&topic, false, json!({ "request_id": "r1", "alert_id": "A", "by": "desk-2" }).to_string());
    let command = here.next_command();
    let envelope = &command.envelope;
    assert_eq!(
        (envelope.command(), envelope.request_id.as_str(), envelope.by.as_str()),
        ("ack", "r1", "desk-2")
    );
    assert_eq!(command.logged, Some(json!({ "alert_id": "A", "note": null })));

    centre.publish(&topic, false, json!({ "request_id": "r2", "alert_id": "A" }).to_string());
    let reply = centre.wait_one("the answer", |one| one.json()["request_id"] == "r2").json();
    assert_eq!(reply["outcome"], "refused");
    assert_eq!(reply["message"], "`by` is missing");

    let expired = json!({ "request_id": "r3", "alert_id": "A", "by": "d", "exp": "2020-01-01T00:00:00Z" });
    centre.publish(&topic, false, expired.to_string());
    let reply = centre.wait_one("the answer", |one| one.json()["request_id"] == "r3").json();
    assert!(reply["message"].as_str().unwrap().starts_with("it expired at"), "{reply}");

    centre.publish(&topic, false, "{");
    let reply = centre.wait_one("the answer", |one| one.json()["request_id"].is_null()).json();
    assert!(reply["message"].as_str().unwrap().starts_with("it is not JSON"), "{reply}");
    centre.publish(&format!("{BASE}/down/cmd/dance"), false, json!({ "request_id": "r4" }).to_string());
    let reply = centre.wait_one("the answer", |one| one.json()["request_id"] == "r4").json();
    assert!(reply["message"].as_str().unwrap().contains("knows no command `dance`"), "{reply}");
    centre.publish(&format!("{BASE}/down/cmd/selftest"), false, json!({ "request_id": "r5" }).to_string());
    let reply = centre.wait_one("the answer", |one| one.json()["request_id"] == "r5").json();
    assert!(reply["message"].as_str().unwrap().contains("only with a signature"), "{reply}");
    here.wait_refused(5);
    assert_eq!(here.publisher.status().commands, 1);
}

/// Request and response as MQTT 5 has them, and what every message says of itself.
#[test]
fn an_answer_comes_on_its_response_topic_with_its_correlation_data() {
    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties};
    use rumqttc::v5::{Client, Event, MqttOptions};

    let broker = Mosquitto::start();
    let here = Here::start(settings(&broker.url(), Version::V5));
    here.wait_connected();
    let mut options = MqttOptions::new("desk", "127.0.0.1", broker.port());
    options.set_keep_alive(Duration::from_secs(5));
    let (client, mut connection) = Client::new(options, 8);
    client.subscribe("#", QoS::AtLeastOnce).unwrap();
    let asks = [
        ("r1", Some("lookout/v1/530127/box-1/up/reply/desk-2"), Some(&b"\x00\xff"[..])),
        ("r2", Some("elsewhere/answers"), None),
        ("r3", None, Some(&b"three"[..])),
        // Only for what is not refused.
        ("r4", Some("lookout/v1/centre/answers"), None),
    ];
    for (request_id, response_topic, correlation_data) in asks {
        let properties = PublishProperties {
            response_topic: response_topic.map(str::to_owned),
            correlation_data: correlation_data.map(|data| data.to_vec().into()),
            ..PublishProperties::default()
        };
        let (topic, body) = (
            format!("{BASE}/down/cmd/ack"),
            json!({ "request_id": request_id, "alert_id": "A" }).to_string(),
        );
        client.publish_with_properties(topic, QoS::AtLeastOnce, false, body, properties).unwrap();
    }
    // Once the desk listens: nothing comes again for those who subscribe later.
    let announce = || {
        here.alert(1, Level::Yellow);
        append_picture(&here.outbox, 1, Level::Red, 100);
        let sealed = Evidence {
            alert_id: "alert-1".to_owned(),
            level: Level::Red,
            topic_suffix: "up/original/alert-1/1".to_owned(),
            at: Timestamp::now(),
            jpeg: b"sealed".to_vec(),
        };
        here.outbox.append_evidence(sealed).unwrap();
    };

    let wanted = [
        ("up/state", 1),
        ("up/alert", 1),
        ("up/reply", 4),
        ("up/evidence/alert-1/1", 1),
        ("up/original/alert-1/1", 1),
        ("up/reply/desk-2", 1),
    ];
    let begun = Instant::now();
    let mut received: Vec<Publish> = Vec::new();
    let of = |received: &[Publish], end: &str| -> Vec<Publish> {
        received.iter().filter(|one| one.topic.ends_with(end.as_bytes())).cloned().collect()
    };
    for event in connection.iter() {
        match event.unwrap() {
            Event::Incoming(Packet::SubAck(_)) => announce(),
            Event::Incoming(Packet::Publish(publish)) => received.push(publish),
            _ => {}
        }
        if wanted.iter().all(|(end, count)| of(&received, end).len() >= *count) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {received:#?}");
    }
    let property = |one: &Publish| one.properties.clone().unwrap_or_default();
    for (end, content_type) in [
        ("up/state", "application/cloudevents+json"),
        ("up/alert", "application/cloudevents+json"),
        ("up/reply", "application/cloudevents+json"),
        ("up/reply/desk-2", "application/cloudevents+json"),
        ("up/evidence/alert-1/1", "image/jpeg"),
        ("up/original/alert-1/1", "application/octet-stream"),
    ] {
        for one in of(&received, end) {
            assert_eq!(property(&one).content_type.as_deref(), Some(content_type), "{end}");
        }
    }
    let direct = &of(&received, "up/reply/desk-2")[0];
    let answers = of(&received, "up/reply");
    assert_eq!(direct.payload, answers[0].payload, "the same bytes");
    let back = |one: &Publish| property(one).correlation_data.map(|data| data.to_vec());
    assert_eq!((back(direct), back(&answers[0])), (Some(b"\x00\xff".to_vec()), Some(b"\x00\xff".to_vec())));
    assert_eq!(back(&answers[1]), None);
    let said: Value = serde_json::from_slice(&answers[1].payload).unwrap();
    let message = said["message"].as_str().unwrap();
    assert!(message.starts_with("`by` is missing; the response topic does not lie below"), "{message}");
    assert_eq!(back(&answers[2]), Some(b"three".to_vec()));
    let said: Value = serde_json::from_slice(&answers[3].payload).unwrap();
    assert!(said["message"].as_str().unwrap().contains("refused without a good signature"), "{said}");
    assert!(of(&received, "/answers").is_empty());
}

/// Some brokers end the connection over a topic on which the box may not publish; then it goes on without.
#[test]
fn a_response_topic_with_which_a_connection_ended_is_left_out() {
    type Came = Arc<Mutex<Vec<(usize, String, Value)>>>;
    let came: Came = Arc::default();
    let noted = came.clone();
    let broker = FakeBroker::start(move |guest| {
        guest.accept(&[])?;
        let mut is_asked = false;
        loop {
            let (pkid, topic, payload) = guest.next_on(|_| true)?;
            let body: Value = serde_json::from_slice(&payload).unwrap_or_default();
            noted.lock().push((guest.nth, topic.clone(), body["request_id"].clone()));
            if topic.ends_with("/up/reply/desk-2") {
                return Ok(());
            }
            if pkid > 0 {
                guest.puback(pkid, 0)?;
            }
            if !is_asked {
                is_asked = true;
                let response_topic = format!("{BASE}/up/reply/desk-2");
                let request = json!({ "request_id": format!("r{}", guest.nth) }).to_string();
                guest.ask(&format!("{BASE}/down/cmd/ack"), &response_topic, &request)?;
            }
        }
    });
    let here = Here::start(settings(&broker.url(), Version::V5));
    let is_answered = || came.lock().iter().any(|(_, topic, id)| topic.ends_with("/up/reply") && id == "r1");
    wait(|| "the second answer".to_owned(), is_answered);
    // It would have gone after its response.
    here.alert(1, Level::Red);
    here.wait_empty();
    let came = came.lock();
    let direct: Vec<_> = came.iter().filter(|(_, topic, _)| topic.ends_with("/up/reply/desk-2")).collect();
    assert_eq!(direct.len(), 1, "{came:?}");
    assert_eq!(direct[0].0, 0, "{came:?}");
}

#[test]
fn a_retained_command_is_refused_at_every_connection_and_never_carried_out() {
    let broker = Mosquitto::start();
    let centre = Listener::start(broker.port(), "lookout/#");
    let topic = format!("{BASE}/down/cmd/ack");
    centre.publish(&topic, true, json!({ "request_id": "kept", "alert_id": "A", "by": "desk" }).to_string());
    centre.wait_one("the command", |one| one.topic == topic);
    let mut here = Here::start(settings(&broker.url(), Version::V5));
    let reply = centre.wait_one("the answer", |one| one.json()["outcome"] == "refused").json();
    assert_eq!(reply["request_id"], "kept");
    assert!(reply["message"].as_str().unwrap().contains("retained"), "{reply}");
    assert!(here.commands.try_recv().is_err(), "not carried out");
}

#[test]
fn a_flood_of_nonsense_is_counted_but_not_answered_one_by_one() {
    let broker = Mosquitto::start();
    let centre = Listener::start(broker.port(), "nothing");
    let here = Here::start(settings(&broker.url(), Version::V5));
    here.wait_connected();
    for _ in 0..100 {
        centre.publish(&format!("{BASE}/down/cmd/ack"), false, "nonsense");
    }
    here.wait_refused(100);
    assert_eq!(here.outbox.depth().last_n, 10, "answers");
}

/// Its sender may be honest, and must learn that it was not heard.
#[test]
fn after_a_flood_one_answer_says_how_many_got_none() {
    let broker = Mosquitto::start();
    let centre = Listener::start(broker.port(), &format!("{BASE}/up/reply"));
    let mut settings = settings(&broker.url(), Version::V5);
    settings.timing.refusals_within = std::time::Duration::from_secs(5);
    let here = Here::start(settings);
    here.wait_connected();
    for number in 0..100 {
        centre.publish(
            &format!("{BASE}/down/cmd/ack"),
            false,
            json!({ "request_id": format!("r{number}") }).to_string(),
        );
    }
    here.wait_refused(100);
    let published =
        centre.wait_one("the answer for the rest", |one| !one.json()["unanswered"].is_null()).json();
    assert_eq!(
        (&published["unanswered"], &published["outcome"]),
        (&json!(90), &json!("refused")),
        "{published}"
    );
    let message = published["message"].as_str().unwrap();
    assert!(message.starts_with("90 more commands without a good signature were refused from "), "{message}");
    assert_eq!(here.outbox.depth().last_n, 11, "ten answers and this one");
}

/// As after a restored backup, of the box or of the centre.
#[test]
fn a_mark_of_numbers_that_were_never_given_is_answered_and_a_new_stream_begins() {
    let broker = Mosquitto::start();
    let centre = Listener::start(broker.port(), &format!("{BASE}/up/reply"));
    let here = Here::start(settings(&broker.url(), Version::V5));
    here.wait_connected();
    let stream = here.outbox.depth().stream.to_string();
    let mark = json!({ "request_id": "m1", "stream": stream, "n": 99 });
    centre.publish(&format!("{BASE}/down/mark"), true, mark.to_string());
    let reply = centre.wait_one("the answer", |one| one.json()["request_id"] == "m1").json();
    assert_eq!((&reply["outcome"], &reply["command"]), (&json!("refused"), &json!("mark")), "{reply}");
    let message = reply["message"].as_str().unwrap();
    assert!(message.starts_with("the mark says 99") && message.contains("a new stream begins"), "{message}");
    assert_ne!(reply["seq"]["stream"], json!(stream));
    here.wait_refused(1);
    assert_eq!(here.outbox.depth().last_n, 1, "the broker keeps the mark, and it is not answered again");
}

#[test]
fn more_commands_than_the_daemon_takes_are_refused_as_busy() {
    let broker = Mosquitto::start();
    let centre = Listener::start(broker.port(), &format!("{BASE}/up/reply"));
    let here = Here::start(settings(&broker.url(), Version::V5));
    here.wait_connected();
    for number in 0..40 {
        let body = json!({ "request_id": format!("r{number}"), "alert_id": "A", "by": "desk" });
        centre.publish(&format!("{BASE}/down/cmd/ack"), false, body.to_string());
    }
    here.wait_refused(8);
    here.wait_status("the others", |status| status.commands == 32);
    let reply = centre.wait_one("the answer", |one| one.json()["request_id"] == "r32").json();
    assert_eq!(reply["message"], "too many commands at once; try again");
}

#[test]
fn a_mark_of_numbers_never_given_begins_a_new_stream() {
    let broker = Mosquitto::start();
    let centre = Listener::start(broker.port(), "lookout/#");
    let here = Here::start(settings(&broker.url(), Version::V5));
    let first = here.alert(1, Level::Yellow);
    let mark = json!({ "stream": &*first.stream, "n": 500 }).to_string();
    centre.publish(&format!("{BASE}/down/mark"), true, mark);
    wait(|| "a new stream".to_owned(), || here.outbox.depth().stream != *first.stream);
    let second = here.alert(2, Level::Yellow);
    // The answer to the mark has a number of the new stream, too.
    assert!(second.stream != first.stream && second.n <= 2, "{}", second.n);
    centre.wait_for("both", |received| alert_ids(received) == ids([1, 2]));
}
