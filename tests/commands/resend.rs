//! What is asked for again: numbers and pictures.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::here::*;
use crate::support::site::{BEFORE_SOMEBODY_COMES, lane_camera, lane_url};

/// Every numbered message that was heard: its bytes, as often as they came, by number. The stream is that of the last one.
fn by_number(here: &Here) -> (String, BTreeMap<u64, Vec<Vec<u8>>>) {
    let mut stream = String::new();
    let mut all: BTreeMap<u64, Vec<Vec<u8>>> = BTreeMap::new();
    for message in here.centre.received() {
        if !["up/reply", "up/alert", "up/count"].iter().any(|topic| message.topic.ends_with(topic)) {
            continue;
        }
        let body = message.json();
        let Some(n) = body["data"]["seq"]["n"].as_u64() else { continue };
        stream = body["data"]["seq"]["stream"].as_str().unwrap().to_owned();
        all.entry(n).or_default().push(message.payload);
    }
    (stream, all)
}

/// Answers are numbered like alerts: so many are asked for.
fn make_records(here: &Here, count: usize) {
    for _ in 0..count {
        assert_eq!(here.ask(&here.desk, "selftest", json!({}))["outcome"], "done");
    }
}

fn numbers(stream: &str, from: u64, to: u64) -> Value {
    json!({ "stream": stream, "from": from, "to": to })
}

#[test]
fn a_hole_that_is_asked_for_comes_again_with_the_same_bytes_also_after_a_kill() {
    let mut here = Here::start();
    make_records(&here, 5);
    let (stream, first) = by_number(&here);
    assert!(first.keys().copied().eq(1..=5), "{:?}", first.keys());
    let reply = here.ask(&here.desk, "resend", numbers(&stream, 2, 4));
    assert_eq!(reply["outcome"], "done", "{reply}");
    assert_eq!(reply["resend"]["again"], json!([{ "from": 2, "to": 4 }]));
    assert_eq!((&reply["resend"]["through"], &reply["resend"]["gone"]), (&json!(4), &json!([])));
    let came_again = |n: u64, times: usize| {
        here.centre.wait_for(&format!("number {n} again"), |received| {
            received
                .iter()
                .filter(|m| m.topic.ends_with("up/reply") && m.json()["data"]["seq"]["n"] == n)
                .count()
                >= times
        });
    };
    (2..=4).for_each(|n| came_again(n, 2));
    let (_, now) = by_number(&here);
    for n in 2..=4 {
        assert!(now[&n].iter().all(|body| *body == first[&n][0]), "number {n} has the bytes that it had");
    }
    assert_eq!((now[&1].len(), now[&5].len()), (1, 1), "only what was asked for");

    here.kill();
    here.run();
    let reply = here.ask(&here.desk, "resend", numbers(&stream, 1, 1));
    assert_eq!(reply["outcome"], "done", "the history outlasts a kill: {reply}");
    here.centre.wait_for("number 1 again", |received| {
        received.iter().filter(|m| m.topic.ends_with("up/reply") && m.json()["data"]["seq"]["n"] == 1).count()
            >= 2
    });
    let (_, now) = by_number(&here);
    assert!(now[&1].iter().all(|body| *body == first[&1][0]));
    here.stop();
}

#[test]
fn what_is_gone_is_answered_with_the_reason() {
    let mut here = Here::prepare("url = \"rtsp://127.0.0.1:9/none\"");
    let text = read(&here.config).replace("[outbox]\n", "[outbox]\nresend_days = 0\n");
    std::fs::write(&here.config, text).unwrap();
    here.run();
    make_records(&here, 3);
    let (stream, _) = by_number(&here);
    let refused = |stream: &str, from: u64, to: u64, code: &str| {
        let reply = here.ask(&here.desk, "resend", numbers(stream, from, to));
        assert_eq!((&reply["outcome"], &reply["code"]), (&json!("refused"), &json!(code)), "{reply}");
        reply["resend"]["gone"].clone()
    };
    let gone = |stream: &str, from: u64, to: u64| refused(stream, from, to, "gone");
    assert_eq!(gone(&stream, 1, 2), json!([{ "from": 1, "to": 2, "why": "not_kept" }]));
    assert_eq!(
        refused(&stream, 1000, 1001, "not_given"),
        json!([{ "from": 1000, "to": 1001, "why": "not_given" }])
    );
    let other = "01JAB3XW2R0000000000000000";
    assert_eq!(gone(other, 1, 9), json!([{ "from": 1, "to": 9, "why": "other_stream" }]));

    // From now on what has no mark waits, and what has one is gone.
    let mark = command_body("mark", json!({ "stream": stream, "n": 2 }));
    here.send("mark", here.desk.sign(mark.to_string().as_bytes()).as_bytes());
    wait_until(|| "the mark".to_owned(), || here.audit().iter().any(|line| line["event"] == "marks"));
    assert_eq!(gone(&stream, 1, 2), json!([{ "from": 1, "to": 2, "why": "marked" }]));
    let last = by_number(&here).1.keys().max().copied().unwrap();
    let reply = here.ask(&here.desk, "resend", numbers(&stream, 2, last));
    assert_eq!(reply["outcome"], "done", "{reply}");
    assert_eq!(reply["resend"]["gone"][0]["why"], "marked", "{reply}");
    assert_eq!(reply["resend"]["again"].as_array().unwrap().last().unwrap()["to"], last, "{reply}");

    for (data, want) in [
        (json!({}), "say what"),
        (numbers(&stream, 3, 2), "`to` is below `from`"),
        (json!({ "stream": stream, "from": 1, "to": 1, "alert_id": "A", "n": 1 }), "one of them"),
    ] {
        let reply = here.ask(&here.desk, "resend", data);
        assert_eq!(reply["code"], "malformed", "{reply}");
        assert!(reply["message"].as_str().unwrap().contains(want), "{want}: {reply}");
    }
    here.stop();
}

#[test]
fn of_an_answer_in_parts_the_command_is_asked_again_not_the_number() {
    let mut here = Here::start();
    make_records(&here, 1);
    let part = here.ask(&here.admin, "get", json!({ "what": "config" }));
    assert_eq!(part["part"]["index"], 1, "{part}");
    let (stream, n) = (part["seq"]["stream"].as_str().unwrap(), part["seq"]["n"].as_u64().unwrap());
    // Once its PUBACK came.
    wait_until(
        || format!("number {n} is not kept"),
        || {
            let reply = here.ask(&here.desk, "resend", numbers(stream, n, n));
            reply["code"] == "gone" && reply["resend"]["gone"][0]["why"] == "not_kept"
        },
    );
    assert_eq!(here.ask(&here.desk, "resend", numbers(stream, 1, 1))["outcome"], "done", "what is whole is");
    here.stop();
}

#[test]
fn a_picture_that_is_asked_for_comes_again_as_it_was() {
    let server = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let mut here = Here::prepare(&lane_url(&server));
    here.run();
    let is_picture = |topic: &str| topic.contains("/up/evidence/") && topic.ends_with("/1");
    let first = here.centre.wait_one("a picture", |m| is_picture(&m.topic));
    let alert = first.topic.rsplit('/').nth(1).unwrap().to_owned();
    let asked = |n: u32| json!({ "alert_id": alert, "n": n });
    let reply = here.ask(&here.desk, "resend", asked(1));
    assert_eq!(reply["outcome"], "done", "{reply}");
    assert_eq!(reply["picture"]["topic"], format!("up/evidence/{alert}/1"));
    assert_eq!(reply["picture"]["sha256"], lookout::types::hex::sha256_hex(&first.payload).as_str());
    let received = here.centre.wait_for("the picture again", |received| {
        received.iter().filter(|m| m.topic == first.topic).count() >= 2
    });
    assert!(received.iter().filter(|m| m.topic == first.topic).all(|m| m.payload == first.payload));

    assert_eq!(here.ask(&here.desk, "resend", asked(99))["code"], "unknown_alert");
    std::fs::remove_file(here.folder.path().join(format!("evidence/{alert}-1.jpg"))).unwrap();
    let gone = here.ask(&here.desk, "resend", asked(1));
    assert_eq!(gone["code"], "unknown_alert", "the file is gone: {gone}");
    here.stop();
}
