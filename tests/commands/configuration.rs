//! The wanted configuration on `down/config`.

use lookout::contract::signature::PrivateKey;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::here::*;

fn send(here: &Here, version: u64, toml: &str, more: Value) -> Value {
    let mut data = json!({ "version": version, "toml": toml, "expect_config": here.running() });
    for (name, value) in more.as_object().unwrap() {
        data[name] = value.clone();
    }
    here.ask(&here.admin, "config", data)
}

fn wait_running(here: &Here, what: &str, wanted: impl Fn(&Value) -> bool) -> String {
    let published = here.wait("up/config", what, |m| wanted(&m["data"]));
    published["data"]["running_sha256"].as_str().unwrap().to_owned()
}

#[test]
fn a_good_one_runs_survives_a_kill_and_gives_way_to_an_edit_of_the_file() {
    let mut here = Here::start();
    let first = here.running();
    let text = read(&here.config);
    let louder = text.replace("level = \"orange\"", "level = \"yellow\"");
    let reply = send(&here, 7, &louder, json!({}));
    assert_eq!(reply["outcome"], "done", "{reply}");
    let second = wait_running(&here, "the remote one", |d| d["source"] == "remote" && d["version"] == 7);
    assert_ne!(first, second);

    assert_eq!(send(&here, 7, &louder, json!({}))["outcome"], "already");
    assert_eq!(send(&here, 6, &text, json!({}))["code"], "conflict", "versions never go back");
    assert_eq!(send(&here, 8, &text, json!({ "expect_config": first }))["code"], "conflict");

    here.kill();
    let before = here.received("up/config", |m| m["data"]["running_sha256"] == second.as_str()).len();
    here.run();
    here.centre.wait_for("the remote one after the kill", |received| {
        let all = received.iter().filter(|m| m.topic.ends_with("up/config"));
        all.filter(|m| m.json()["data"]["running_sha256"] == second.as_str()).count() > before
    });

    std::fs::write(&here.config, text.replace("level = \"orange\"", "level = \"blue\"")).unwrap();
    let third = wait_running(&here, "the file again", |d| {
        d["source"] == "file" && d["running_sha256"] != first.as_str()
    });
    assert_ne!(second, third);
    let log = here.daemon.as_ref().unwrap().log();
    assert!(log.contains("the file on the box was edited"), "{log}");
    assert_eq!(send(&here, 7, &louder, json!({}))["code"], "conflict", "an old version does not come back");
}

#[test]
fn what_nobody_confirms_falls_also_over_a_kill() {
    let mut here = Here::start();
    let first = here.running();
    let louder = read(&here.config).replace("level = \"orange\"", "level = \"yellow\"");
    assert_eq!(send(&here, 1, &louder, json!({ "revert_after_secs": 12 }))["outcome"], "done");
    let trial = wait_running(&here, "the trial", |d| d["version"] == 1 && d["reverts_at"].is_string());
    let by_operator = here.ask(&here.operator, "confirm", json!({ "config": trial }));
    assert_eq!(by_operator["code"], "not_allowed", "{by_operator}");
    here.kill();
    here.run();
    let before = here.received("up/config", |_| true).len();
    here.centre.wait_for("what ran before", |received| {
        let all: Vec<_> = received.iter().filter(|m| m.topic.ends_with("up/config")).collect();
        all.len() >= before
            && all.last().is_some_and(|m| m.json()["data"]["running_sha256"] == first.as_str())
    });
    assert_eq!(send(&here, 1, &louder, json!({}))["code"], "conflict", "it had its chance");
}

#[test]
fn a_kept_one_is_taken_up_by_a_box_that_was_away_and_is_no_news_later() {
    let mut here = Here::start();
    let first = here.running();
    let louder = read(&here.config).replace("level = \"orange\"", "level = \"yellow\"");
    here.stop();
    let body =
        command_body("config", json!({ "version": 3, "toml": louder, "expect_config": first, "exp": null }));
    here.centre.publish(&topic_of("config"), true, here.admin.sign(body.to_string().as_bytes()));
    here.run();
    let id = body["request_id"].as_str().unwrap();
    assert_eq!(here.reply(id)["outcome"], "done");
    here.stop();
    here.run();
    assert_eq!(here.ask(&here.desk, "selftest", json!({}))["outcome"], "done");
    let answers = here.received("up/reply", |m| m["data"]["request_id"] == id);
    let mut published: Vec<&Value> = answers.iter().map(|m| &m["data"]["outcome"]).collect();
    published.dedup();
    assert_eq!(published, ["done"], "the same again is not answered");
}

#[test]
fn nobody_far_away_switches_a_box_off_or_moves_it() {
    let here = Here::start();
    let text = read(&here.config);
    let rule = text.find("[[rule]]").unwrap();
    let keys = text.find("[[command_key]]").unwrap();
    let cases = [
        (format!("{}{}", &text[..rule], &text[keys..]), "no rule left"),
        (
            text.replace("signal = \"presence\"", "signal = \"presence\"\nschedule = \"daily 03:00-03:30\""),
            "hours a week",
        ),
        (text.replace("role = \"admin\"", "role = \"desk\""), "nobody could command it"),
        (text.replace("box = \"box-1\"", "box = \"box-2\""), "takes a restart"),
        (text.replace("/evidence\"", "/elsewhere\""), "[evidence] `dir`"),
        (
            text.replace("analysis_fps = 5", "analysis_fps = 5\nthresholds = { person = 0.99 }"),
            "as good as blind",
        ),
    ];
    let running = here.running();
    for (version, (toml, want)) in (1..).zip(cases) {
        let reply = send(&here, version, &toml, json!({}));
        assert_eq!(reply["code"], "invalid", "{want}: {reply}");
        assert!(reply["message"].as_str().unwrap().contains(want), "{want}: {reply}");
        let published = here.wait("up/config", "the refusal", |m| m["data"]["offered_version"] == version);
        assert_eq!(published["data"]["outcome"], "rejected");
    }
    assert_eq!(here.running(), running);
}

/// The good text with something broken in it.
pub fn broken(random: &mut StdRng, good: &str) -> String {
    let names = ["box =", "area =", "id =", "cameras =", "polygon =", "grid =", "present =", "model ="];
    let line_of = |at: usize| good[at..].find('\n').map_or(good.len(), |end| at + end);
    let name = names[random.random_range(0..names.len())];
    let at = good.find(name).unwrap();
    match random.random_range(0..5) {
        // A name nobody knows.
        0 => good.replacen(name, &format!("x{name}"), 1),
        // A value of the wrong type.
        1 => format!("{} 1979-05-27{}", &good[..at + name.len()], &good[line_of(at)..]),
        // No value.
        2 => format!("{}{}", &good[..at + name.len()], &good[line_of(at)..]),
        // A byte that ends a text too early.
        3 => format!("{}\u{1}{}", &good[..at], &good[at..]),
        // Said twice.
        _ => format!("{}{}\n{}", &good[..at], &good[at..line_of(at)], &good[at..]),
    }
}

#[test]
fn no_broken_configuration_is_taken_up_and_every_one_is_reported_with_line_and_column() {
    let mut here = Here::prepare("url = \"rtsp://127.0.0.1:9/none\"");
    // Several hands: one is not allowed so many in a row.
    let hands: Vec<_> =
        (0..=rounds()).map(|hand| PrivateKey::generate(&format!("hand-{hand}")).unwrap()).collect();
    let mut good = read(&here.config);
    for key in &hands {
        let (id, public) = (key.id(), key.public().text());
        good.push_str(&format!(
            "\n[[command_key]]\nid = \"{id}\"\nrole = \"admin\"\npublic_key = \"{public}\"\n"
        ));
    }
    std::fs::write(&here.config, &good).unwrap();
    here.run();
    let running = here.running();
    let mut random = StdRng::seed_from_u64(7);
    let count = 100 * rounds() as u64;
    for version in 1..=count {
        let data =
            json!({ "version": version, "toml": broken(&mut random, &good), "expect_config": running });
        let reply = here.ask(&hands[version as usize / 100], "config", data);
        assert_eq!(reply["code"], "invalid", "{reply}");
        assert!(reply["message"].as_str().unwrap().starts_with("line "), "{reply}");
    }
    let rejected = here.wait("up/config", "the last refusal", |m| m["data"]["offered_version"] == count);
    assert_eq!(rejected["data"]["outcome"], "rejected");
    assert!(rejected["data"]["problems"][0]["line"].as_u64() >= Some(1));
    assert_eq!(here.running(), running);
    assert_eq!(send(&here, count + 1, &good.replace("\"orange\"", "\"blue\""), json!({}))["outcome"], "done");
    let counts = json!({ "configurations": count, "taken": 0, "told with a line": count });
    report_refused("broken configurations to a running box, by `down/config`", counts);
}

/// What people read: the cameras' reports that the broker keeps, and the answers.
#[test]
fn after_a_change_of_language_everything_is_reported_in_it_at_once() {
    let here = Here::start();
    let has_chinese = |m: &Value| m.to_string().chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    here.wait("up/camera/cam-01", "what is wrong with the camera", |m| m.to_string().contains("error_code"));
    assert!(here.received("up/camera/cam-01", has_chinese).is_empty());
    let text = read(&here.config).replace("language = \"en\"", "language = \"zh-CN\"");
    let reply = send(&here, 7, &text, json!({}));
    assert_eq!(reply["outcome"], "done", "{reply}");
    here.wait("up/camera/cam-01", "the same in Chinese", has_chinese);
    let set = json!({ "expect_config": here.running(), "cameras": { "cam-09": {} } });
    let reply = here.ask(&here.operator, "set", set);
    assert_eq!(reply["message"], "没有摄像机 `cam-09`", "{reply}");
    assert_eq!(
        (&reply["message_code"], &reply["message_args"]["id"]),
        (&json!("command.no_camera"), &json!("cam-09"))
    );
}

/// A misspelt `revert_after_secs` would make a change for good.
#[test]
fn a_field_that_is_none_is_refused_where_it_could_do_harm_and_named_elsewhere() {
    let here = Here::start();
    let first = here.running();
    let text = read(&here.config).replace("level = \"orange\"", "level = \"yellow\"");
    let reply = send(&here, 7, &text, json!({ "revert_after_sec": 600 }));
    assert_eq!(reply["code"], "malformed", "{reply}");
    assert_eq!(reply["message"], "there is no field `revert_after_sec`: did you mean `revert_after_secs`?");
    assert_eq!(here.running(), first);
    let reply = here.ask(&here.operator, "selftest", json!({ "colour": "red" }));
    assert_eq!((&reply["outcome"], &reply["ignored"]), (&json!("done"), &json!(["colour"])), "{reply}");
}
