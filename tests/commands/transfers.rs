//! What does not fit into one message: texts that are asked for, configurations that come in parts, and patches.

use lookout::types::hex::sha256_hex;
use serde_json::{Value, json};

use crate::here::*;

/// Bytes of text in a part: less than a message of 64 KiB holds once it is signed.
const PART_BYTES: usize = 16 * 1024;

/// The text with 63 cameras more, each with three zones.
fn of_64_cameras(text: &str) -> String {
    let mut large = text.to_owned();
    for camera in 2..=64 {
        large.push_str(&format!(
            "\n[[camera]]\nid = \"cam-{camera:02}\"\neye = \"village\"\nurl = \"rtsp://127.0.0.1:9/none-{camera}\"\n\
             grid = \"53012700300102\"\naddress = \"Yangqiao community, lane {camera}, beside the east gate of the old market, second pole\"\n"
        ));
        for zone in ["lane", "gate", "yard"] {
            large.push_str(&format!(
                "\n[[camera.zone]]\nid = \"{zone}\"\npolygon = [[0.0125, 0.1025], [0.5025, 0.0525], [0.9875, 0.1525], \
                 [0.9625, 0.5025], [0.9025, 0.9625], [0.4825, 0.9825], [0.0525, 0.9425], [0.0225, 0.5225]]\n"
            ));
        }
    }
    large
}

fn parts_of(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = (0..=PART_BYTES.min(rest.len())).rev().find(|at| rest.is_char_boundary(*at)).unwrap();
        let (part, more) = rest.split_at(at);
        parts.push(part);
        rest = more;
    }
    parts
}

fn part(transfer: &str, index: usize, parts: &[&str]) -> Value {
    let sha256 = sha256_hex(parts.concat().as_bytes());
    json!({ "transfer": transfer, "index": index, "total": parts.len(), "sha256": sha256, "text": parts[index - 1] })
}

fn wanted(here: &Here, version: u64, transfer: &str, text: &str) -> Value {
    json!({ "version": version, "transfer": { "id": transfer, "sha256": sha256_hex(text.as_bytes()) },
        "expect_config": here.running(), "revert_after_secs": 600 })
}

/// The answer to `get`, put together and compared with its digest.
fn get(here: &Here, data: Value) -> (String, Value) {
    let body = command_body("get", data);
    let id = body["request_id"].as_str().unwrap();
    here.send("get", here.admin.sign(body.to_string().as_bytes()).as_bytes());
    let first = here.reply(id);
    assert_eq!(first["outcome"], "done", "{first}");
    let total = first["part"]["total"].as_u64().unwrap();
    let mine = |m: &crate::support::listener::Received| {
        m.topic.ends_with("up/reply") && m.json()["data"]["request_id"] == id
    };
    let received = here
        .centre
        .wait_for("all parts", |received| received.iter().filter(|m| mine(m)).count() as u64 >= total);
    let mut parts: Vec<Value> =
        received.iter().filter(|m| mine(m)).map(|m| m.json()["data"]["part"].clone()).collect();
    assert!(received.iter().filter(|m| mine(m)).all(|m| m.payload.len() <= 32 * 1024));
    parts.sort_by_key(|part| part["index"].as_u64());
    let text: String = parts.iter().map(|part| part["text"].as_str().unwrap()).collect();
    assert_eq!(parts[0]["sha256"], sha256_hex(text.as_bytes()).as_str());
    assert_eq!(parts[0]["bytes"], text.len());
    (text, parts[0].clone())
}

#[test]
fn a_configuration_of_64_cameras_comes_in_parts_is_confirmed_and_is_reported_in_parts() {
    let mut here = Here::start();
    let large = of_64_cameras(&read(&here.config));
    assert!(large.len() > 45 * 1024, "{} bytes", large.len());
    let parts = parts_of(&large);
    assert!(parts.len() >= 3);
    let send = |index: usize| here.ask(&here.admin, "part", part("t-1", index, &parts));

    // The last one first, one of them twice, and not yet all.
    assert_eq!(here.ask(&here.operator, "part", part("t-1", 1, &parts))["code"], "not_allowed");
    assert_eq!(send(parts.len())["outcome"], "done");
    assert_eq!(send(parts.len())["outcome"], "already");
    let early = here.ask(&here.admin, "config", wanted(&here, 1, "t-1", &large));
    assert_eq!(early["code"], "unavailable", "{early}");
    assert!(early["message"].as_str().unwrap().contains("missing: 1"), "{early}");

    // What does not belong to it.
    let mut foreign = part("t-1", 1, &parts);
    foreign["sha256"] = json!(sha256_hex(b"another text"));
    assert_eq!(here.ask(&here.admin, "part", foreign)["code"], "conflict", "two texts in one transfer");
    let mut changed = part("t-1", parts.len(), &parts);
    changed["text"] = json!("# another end\n");
    assert_eq!(here.ask(&here.admin, "part", changed)["code"], "conflict", "two texts for one number");
    let mut beyond = part("t-2", 1, &["a"]);
    beyond["total"] = json!(257);
    assert_eq!(here.ask(&here.admin, "part", beyond)["code"], "invalid", "too many parts");
    let mut other = part("t-3", 1, &["a", "b"]);
    assert_eq!(
        here.ask(&here.admin, "part", other.clone())["outcome"],
        "done",
        "a second transfer beside it"
    );
    other["index"] = json!(2);
    let digest = here.ask(&here.admin, "part", other);
    assert_eq!(digest["code"], "invalid", "the parts are not what was meant: {digest}");

    (1..parts.len()).for_each(|index| assert_eq!(send(index)["outcome"], "done"));
    let wrong = here.ask(&here.admin, "config", wanted(&here, 1, "t-1", &read(&here.config)));
    assert_eq!(wrong["code"], "conflict", "another text was signed: {wrong}");
    let running = here.running();
    let reply = here.ask(&here.admin, "config", wanted(&here, 1, "t-1", &large));
    assert_eq!(reply["outcome"], "done", "{reply}");
    let trial = here.wait("up/config", "the trial", |m| m["data"]["reverts_at"].is_string());
    let now = trial["data"]["running_sha256"].as_str().unwrap().to_owned();
    assert_ne!(now, running);
    assert_eq!(here.ask(&here.admin, "confirm", json!({ "config": now }))["outcome"], "done");
    let settled =
        |m: &Value| m["data"]["running_sha256"] == now.as_str() && m["data"]["reverts_at"].is_null();
    here.wait("up/config", "what stays", settled);
    let again = here.ask(&here.admin, "config", wanted(&here, 2, "t-1", &large));
    assert_eq!(again["code"], "unavailable", "a transfer is used once: {again}");

    // It is reported as it is, without its comments.
    let (text, published) = get(&here, json!({ "what": "config" }));
    assert!(
        published["total"].as_u64().unwrap() >= 2 && published["hidden"].is_null(),
        "{}",
        published["total"]
    );
    assert!(text.contains("id = \"cam-64\"") && !text.contains("# "), "{text}");
    let reply =
        here.ask(&here.admin, "config", json!({ "version": 2, "expect_config": "another", "toml": "" }));
    assert_eq!(reply["code"], "conflict");
    let (meta, _) = get(&here, json!({ "what": "meta" }));
    let first: Value = serde_json::from_str(meta.lines().next().unwrap()).unwrap();
    assert_eq!(first["type"], "lookout.meta.v1");
    here.stop();
}

#[test]
fn the_audit_log_is_reported_line_by_line_to_an_admin_who_says_why() {
    let mut here = Here::start();
    here.ask(&here.desk, "selftest", json!({}));
    assert_eq!(here.ask(&here.operator, "get", json!({ "what": "audit" }))["code"], "not_allowed");
    let silent = here.ask(&here.admin, "get", json!({ "what": "audit", "reason": null }));
    assert_eq!(silent["code"], "malformed", "{silent}");
    let (text, published) = get(&here, json!({ "what": "audit" }));
    assert!(published["next"].is_null(), "{published}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[..], here.audit()[..lines.len()], "as it stands there");
    assert!(lines.iter().any(|line| line["command"] == "selftest"));
    let last = lines.last().unwrap()["n"].as_u64().unwrap();
    let (more, _) = get(&here, json!({ "what": "audit", "after": last }));
    let first: Value = serde_json::from_str(more.lines().next().unwrap()).unwrap();
    assert_eq!(first["n"], last + 1);
    let (none, _) = get(&here, json!({ "what": "audit", "since": "2999-01-01T00:00:00Z" }));
    assert_eq!(none, "");
    here.stop();
}

#[test]
fn a_patch_changes_what_it_names_and_only_where_the_centre_knows_what_runs() {
    let mut here = Here::start();
    let first = here.running();
    let patch = |version: u64, expected: &str, set: Value, remove: Value| json!({ "version": version, "expect_config": expected, "set": set, "remove": remove });
    let louder = json!([{ "path": "rule.somebody-there.level", "value": "yellow" }]);
    let stale = here.ask(&here.admin, "patch", patch(1, "0".repeat(64).as_str(), louder.clone(), json!([])));
    assert_eq!(stale["code"], "conflict", "{stale}");
    assert!(stale["message"].as_str().unwrap().contains("`expect_config` is not what runs"), "{stale}");
    let by_operator = here.ask(&here.operator, "patch", patch(1, &first, louder.clone(), json!([])));
    assert_eq!(by_operator["code"], "not_allowed");
    for (set, remove, want) in [
        (json!([]), json!(["camera.cam-09"]), "there is no camera `cam-09`"),
        (json!([{ "path": "camera.cam-01.analysis_fps", "value": "fast" }]), json!([]), "`analysis_fps`"),
        (json!([]), json!(["command_key.admin-1"]), "nobody could command it"),
        (json!([{ "path": "mqtt.prefix", "value": "elsewhere" }]), json!([]), "[mqtt]"),
    ] {
        let reply = here.ask(&here.admin, "patch", patch(1, &first, set, remove));
        assert_eq!(reply["code"], "invalid", "{want}: {reply}");
        assert!(reply["message"].as_str().unwrap().contains(want), "{want}: {reply}");
    }
    assert_eq!(here.running(), first, "none of them took effect");

    let zone = json!({ "polygon": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]] });
    let set = json!([louder[0], { "path": "camera.cam-01.zone.bench", "value": zone }]);
    let reply = here.ask(&here.admin, "patch", patch(1, &first, set, json!([])));
    assert_eq!(reply["outcome"], "done", "{reply}");
    let published = here.wait("up/config", "the patched one", |m| m["data"]["version"] == 1);
    let second = published["data"]["running_sha256"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let (text, _) = get(&here, json!({ "what": "config" }));
    assert!(text.contains("level = \"yellow\"") && text.contains("id = \"bench\""), "{text}");
    let again = here.ask(&here.admin, "patch", patch(1, &first, louder, json!([])));
    assert_eq!(again["outcome"], "already", "it is part of what runs: {again}");
    let other = json!([{ "path": "rule.somebody-there.level", "value": "blue" }]);
    let old = here.ask(&here.admin, "patch", patch(1, &second, other, json!([])));
    assert_eq!(old["code"], "conflict", "versions never go back: {old}");

    here.kill();
    let before = here.received("up/config", |m| m["data"]["running_sha256"] == second.as_str()).len();
    here.run();
    here.centre.wait_for("the patched one after the kill", |received| {
        let all = received.iter().filter(|m| m.topic.ends_with("up/config"));
        all.filter(|m| m.json()["data"]["running_sha256"] == second.as_str()).count() > before
    });
    let accepted =
        here.audit().into_iter().find(|line| line["command"] == "patch" && line["event"] == "accepted");
    assert_eq!(accepted.unwrap()["data"]["set"], json!(["rule.somebody-there.level"]), "paths, no values");
    here.stop();
}
