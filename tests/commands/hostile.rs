//! What must not take effect: nonsense, forgeries, and what is good but not here, not now, not for this key.

use lookout::audit;
use lookout::contract::signature::PrivateKey;
use lookout::control::{COMMANDS, CommandSpec};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::here::*;

/// Everything that a box may be reported.
fn commands() -> Vec<&'static str> {
    COMMANDS.iter().map(CommandSpec::name).chain(["mark"]).collect()
}

/// Bytes that are no command: noise, broken JSON, broken signatures.
fn malformed(random: &mut StdRng, good: &str) -> Vec<u8> {
    let noise = |random: &mut StdRng, most: usize| {
        let length = random.random_range(1..most);
        (0..length).map(|_| random.random()).collect::<Vec<u8>>()
    };
    match random.random_range(0..7) {
        0 => noise(random, 2000),
        // Cut short, anywhere.
        1 => good.as_bytes()[..random.random_range(1..good.len())].to_vec(),
        // One character is another one.
        2 => {
            let mut changed = good.as_bytes().to_vec();
            let at = random.random_range(0..changed.len());
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            changed
        }
        3 => format!("{{\"request_id\":{}", random.random::<u64>()).into_bytes(),
        4 => [b"{\"a\":".repeat(random.random_range(1..4000)), noise(random, 9)].concat(),
        5 => format!("eyJhbGciOiJub25lIn0.{}.", random.random::<u64>()).into_bytes(),
        _ => format!("{good}.{good}").into_bytes(),
    }
}

/// A well-formed command that must be refused, and to which topic it goes.
fn unwelcome(number: usize, here: &Here, stranger: &PrivateKey) -> (&'static str, String) {
    let set = |data: Value| command_body("set", data);
    let signed = |key: &PrivateKey, body: Value| key.sign(body.to_string().as_bytes());
    let expect = json!({ "expect_config": "x", "rules": { "somebody-there": false } });
    let past = json!({ "iat": 1_700_000_000, "exp": 1_700_000_300, "rules": { "somebody-there": false },
        "expect_config": here.running() });
    let now = json!({ "rules": { "somebody-there": false }, "expect_config": here.running() });
    let with = |name: &str, value: Value| {
        let mut body = set(now.clone());
        body[name] = value;
        body
    };
    match number % 12 {
        0 => ("set", set(expect).to_string()),
        1 => ("set", signed(stranger, set(now))),
        2 => ("set", signed(&here.admin, set(past))),
        3 => ("set", signed(&here.desk, set(now))),
        4 => ("set", signed(&here.admin, with("box", json!("box-2")))),
        5 => ("set", signed(&here.admin, with("area", json!("530128")))),
        // Good as a `mute` and sent as a `set`.
        6 => ("set", signed(&here.admin, with("command", json!("mute")))),
        7 => ("set", signed(&here.admin, with("exp", json!(4_000_000_000_u64)))),
        8 => ("mark", json!({ "stream": "S", "n": 9 }).to_string()),
        9 => ("mark", signed(stranger, command_body("mark", json!({ "stream": "S", "n": 9 })))),
        10 => (
            "config",
            signed(
                &here.operator,
                command_body("config", json!({ "version": 1, "toml": "", "expect_config": here.running() })),
            ),
        ),
        _ => ("ack", command_body("ack", json!({ "alert_id": "A" })).to_string()),
    }
}

#[test]
fn nothing_that_is_no_command_changes_anything_and_all_of_it_is_counted() {
    let mut here = Here::start();
    let running = here.running();
    let before = read(&here.control().join("standing.json"));
    let mut random = StdRng::seed_from_u64(20_260_101);
    let good = here.admin.sign(command_body("selftest", json!({})).to_string().as_bytes());
    let commands = commands();
    let (noise, forged) = (1000 * rounds(), 100 * rounds());
    for number in 0..noise {
        here.send(commands[number % commands.len()], &malformed(&mut random, &good));
    }
    let stranger = PrivateKey::generate("admin-1").unwrap();
    for number in 0..forged {
        let (command, message) = unwelcome(number, &here, &stranger);
        here.send(command, message.as_bytes());
    }
    let sent = (noise + forged) as u64;
    wait_until(
        || format!("{sent} refusals in the audit log, not {}", here.refused()),
        || here.refused() >= sent,
    );
    assert_eq!(here.refused(), sent, "each is counted once");
    assert_eq!(here.accepted(), 0);
    assert!(here.audit().len() < 200, "a flood is not written line by line");

    // It is still there, does what it is asked, and nothing changed.
    let health = here.ask(&here.desk, "selftest", json!({}));
    assert_eq!((&health["outcome"], &health["health"]["config_sha256"]), (&json!("done"), &json!(running)));
    assert_eq!(here.running(), running);
    assert_eq!(read(&here.control().join("standing.json")), before);
    let log = here.daemon.as_ref().unwrap().log();
    assert!(!log.contains("panicked"), "{log}");
    here.stop();
    assert!(audit::verify(&audit::files(&here.control())).unwrap().is_ok());
    let counts = json!({ "malformed": noise, "well-formed and unwelcome": forged, "counted in the audit log": sent,
        "taken": 0, "crashes": 0 });
    report_refused(
        "malformed commands, and unsigned, expired, forged, misdirected or not allowed ones",
        counts,
    );
}

#[test]
fn a_command_is_carried_out_once_however_often_it_comes_also_over_a_kill() {
    let mut here = Here::start();
    let body = command_body("mute", json!({ "kind": "presence", "for_secs": 600 }));
    let (id, message) =
        (body["request_id"].as_str().unwrap(), here.operator.sign(body.to_string().as_bytes()));
    here.send("mute", message.as_bytes());
    assert_eq!(here.reply(id)["outcome"], "done");
    let already = |here: &Here| {
        here.received("up/reply", |m| m["data"]["request_id"] == id && m["data"]["outcome"] == "already")
            .len()
    };
    let times = 50 * rounds();
    for _ in 0..times {
        here.send("mute", message.as_bytes());
    }
    // More than 32 at once are refused as busy; none is carried out.
    let published = |here: &Here| {
        let outcomes =
            here.audit().into_iter().filter(|l| l["request_id"] == id && l["outcome"] == "already");
        outcomes.count() as u64 + here.refused()
    };
    wait_until(|| format!("{times} repeats, not {}", published(&here)), || published(&here) >= times as u64);
    assert!(already(&here) > 0);
    assert_eq!(here.accepted(), 1);
    here.kill();
    let before = already(&here);
    here.run();
    here.send("mute", message.as_bytes());
    wait_until(|| "the answer after the kill".to_owned(), || already(&here) > before);
    assert_eq!(here.accepted(), 1, "also after a kill");
    report_refused(
        "the same good command again and again",
        json!({ "repeats": times, "carried out": 1, "kills": 1 }),
    );
}

#[test]
fn a_retained_command_is_refused_though_its_signature_is_good() {
    let mut here = Here::prepare("url = \"rtsp://127.0.0.1:9/none\"");
    let body = command_body("mute", json!({ "kind": "presence", "for_secs": 600 }));
    let message = here.operator.sign(body.to_string().as_bytes());
    here.centre.publish(&topic_of("mute"), true, message);
    here.run();
    let reply = here.reply(body["request_id"].as_str().unwrap());
    assert_eq!((&reply["outcome"], &reply["code"]), (&json!("refused"), &json!("retained")));
    assert_eq!(here.accepted(), 0);
}

#[test]
fn each_refusal_says_why_in_a_word_and_a_sentence() {
    let here = Here::start();
    let stranger = PrivateKey::generate("nobody").unwrap();
    let code = |key: &PrivateKey, command: &str, data: Value| here.ask(key, command, data)["code"].clone();
    assert_eq!(code(&here.desk, "set", json!({ "expect_config": "x" })), "not_allowed");
    assert_eq!(code(&here.operator, "set", json!({ "expect_config": "x" })), "conflict");
    assert_eq!(code(&here.desk, "selftest", json!({ "box": "box-2" })), "misdirected");
    assert_eq!(code(&here.desk, "ack", json!({ "alert_id": "01KAJ7Q3V2X5T8W9Y0Z1A2B3C4" })), "unknown_alert");
    assert_eq!(code(&here.operator, "mute", json!({ "kind": "fire", "for_secs": 90_000 })), "invalid");
    // What is not signed by a known key is not even read: the answer names no request.
    here.send("ack", command_body("ack", json!({})).to_string().as_bytes());
    let unsigned = here.wait("up/reply", "a refusal", |m| m["data"]["code"] == "unsigned");
    assert_eq!(unsigned["data"]["request_id"], "");
    here.send("ack", stranger.sign(b"{}").as_bytes());
    here.wait("up/reply", "a refusal", |m| m["data"]["code"] == "unknown_key");
    let forged = PrivateKey::generate("desk-1").unwrap();
    here.send("ack", forged.sign(b"{}").as_bytes());
    here.wait("up/reply", "a refusal", |m| m["data"]["code"] == "bad_signature");
}
