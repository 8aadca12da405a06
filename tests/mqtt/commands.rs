//! Commands from the centre.

use lookout::types::level::Level;
use lookout::types::mqtt::Version;
use serde_json::json;

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
    let told = centre.wait_one("the answer for the rest", |one| !one.json()["unanswered"].is_null()).json();
    assert_eq!((&told["unanswered"], &told["outcome"]), (&json!(90), &json!("refused")), "{told}");
    let message = told["message"].as_str().unwrap();
    assert!(message.starts_with("90 more commands without a good signature were refused from "), "{message}");
    assert_eq!(here.outbox.depth().last_n, 11, "ten answers and this one");
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
    assert_eq!(second.n, 1);
    centre.wait_for("both", |heard| alert_ids(heard) == ids([1, 2]));
}
