//! Commands that change values, mute, ask, and the log of all that.

use std::process::Command;

use lookout::audit;
use serde_json::{Value, json};

use crate::here::*;
use crate::support::site::{BEFORE_SOMEBODY_COMES, lane_camera, lane_url};

fn lookout(args: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lookout")).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn values_are_set_within_safe_ranges_and_only_if_the_centre_knows_what_runs() {
    let mut here = Here::start();
    let first = here.running();
    let set = json!({ "expect_config": first, "cameras": { "cam-01": { "analysis_fps": 500.0, "thresholds": { "person": 0.4 } } } });
    let reply = here.ask(&here.operator, "set", set.clone());
    assert_eq!(reply["outcome"], "done", "{reply}");
    assert!(reply["message"].as_str().unwrap().contains("set to 15"), "{reply}");
    let published = here.wait("up/config", "the change", |m| m["data"]["adjusted"] == true);
    let second = published["data"]["running_sha256"].as_str().unwrap().to_owned();
    assert_ne!(first, second);

    let stale = here.ask(&here.operator, "set", set);
    assert_eq!(stale["code"], "conflict", "something else runs by now: {stale}");
    let refused = |data: Value, want: &str| {
        let mut data = data;
        data["expect_config"] = json!(second);
        let reply = here.ask(&here.operator, "set", data);
        assert_eq!(reply["code"], "invalid", "{reply}");
        assert!(reply["message"].as_str().unwrap().contains(want), "{reply}");
    };
    refused(json!({ "cameras": { "cam-09": {} } }), "no camera `cam-09`");
    refused(json!({ "rules": { "nobody": false } }), "no rule `nobody`");
    refused(json!({ "rules": { "somebody-there": false } }), "at least one rule");
    refused(json!({ "cameras": { "cam-01": { "thresholds": { "soul": 0.4 } } } }), "class `soul`");

    // It goes on after a kill.
    here.kill();
    let times = here.received("up/config", |m| m["data"]["running_sha256"] == second.as_str()).len();
    here.run();
    here.centre.wait_for("the same configuration", |received| {
        let again = received.iter().filter(|m| m.topic.ends_with("up/config"));
        again.filter(|m| m.json()["data"]["running_sha256"] == second.as_str()).count() > times
    });
}

#[test]
fn what_nobody_confirms_falls_and_what_is_confirmed_stays() {
    let here = Here::start();
    let first = here.running();
    let set = |expect: &str, fps: f64| json!({ "expect_config": expect, "revert_after_secs": 10, "cameras": { "cam-01": { "analysis_fps": fps } } });
    assert_eq!(here.ask(&here.operator, "set", set(&first, 2.0))["outcome"], "done");
    let trial = here.wait("up/config", "a trial", |m| m["data"]["reverts_at"].is_string());
    let second = trial["data"]["running_sha256"].as_str().unwrap().to_owned();
    let meanwhile = here.ask(&here.operator, "set", set(&second, 3.0));
    assert_eq!(meanwhile["code"], "conflict", "one trial at a time: {meanwhile}");
    let reverted = here.wait("up/config", "the end of the trial", |m| m["data"]["outcome"] == "reverted");
    assert_eq!(reverted["data"]["running_sha256"], first.as_str());

    assert_eq!(here.ask(&here.operator, "set", set(&first, 2.0))["outcome"], "done");
    assert_eq!(here.ask(&here.desk, "confirm", json!({ "config": second }))["code"], "not_allowed");
    assert_eq!(here.ask(&here.operator, "confirm", json!({ "config": first }))["code"], "conflict");
    assert_eq!(here.ask(&here.operator, "confirm", json!({ "config": second }))["outcome"], "done");
    assert_eq!(here.ask(&here.operator, "confirm", json!({ "config": second }))["outcome"], "already");
    let settled = here.wait("up/config", "what stays", |m| {
        m["data"]["running_sha256"] == second.as_str() && m["data"]["reverts_at"].is_null()
    });
    assert_eq!(settled["data"]["outcome"], "applied");
}

#[test]
fn the_log_tells_who_did_what_and_its_chain_is_checked() {
    let mut here = Here::start();
    here.ask(
        &here.operator,
        "mute",
        json!({ "camera": "cam-01", "for_secs": 60, "by": "desk 2", "reason": "works" }),
    );
    here.ask(&here.desk, "selftest", json!({}));
    here.send("ack", b"nonsense");
    here.wait("up/reply", "that it was refused", |m| m["data"]["command"] == "ack");
    here.stop();
    let config = here.config.to_str().unwrap();
    let (good, out, _) = lookout(&["audit", "verify", "--config", config]);
    assert!(good && out.starts_with("whole: "), "{out}");
    let (_, shown, _) = lookout(&["audit", "show", "--config", config]);
    for want in [
        "by desk 2  key operator-1  because: works",
        "finished  selftest",
        "refused  ack",
        "started",
        "config",
    ] {
        assert!(shown.contains(want), "{want}: {shown}");
    }
    // The site speaks English, and who reads it does not.
    let (_, chinese, _) = lookout(&["audit", "show", "--config", config, "--language", "zh-CN"]);
    for want in
        ["由 desk 2  密钥 operator-1  原因：works", "已处理  selftest", "启动  lookout ", "3 把命令密钥"]
    {
        assert!(chinese.contains(want), "{want}: {chinese}");
    }
    for line in chinese.lines() {
        assert!(line.split("  ").next().unwrap().ends_with("+08:00"), "the site's time: {line}");
    }
    let path = audit::files(&here.control()).pop().unwrap();
    std::fs::write(&path, read(&path).replace("desk 2", "desk 3")).unwrap();
    let (good, _, said) = lookout(&["audit", "verify", path.to_str().unwrap()]);
    assert!(!good && said.contains("was changed after it was written"), "{said}");
}

#[test]
fn keys_are_made_listed_and_used_from_the_command_line() {
    let mut here = Here::prepare("url = \"rtsp://127.0.0.1:9/none\"");
    let folder = here.folder.path().join("keys");
    let out = folder.to_str().unwrap();
    let (good, lines, _) = lookout(&["keys", "make", "desk-9", "--role", "desk", "--out", out]);
    assert!(good && lines.starts_with("[[command_key]]"), "{lines}");
    let file = folder.join("desk-9.jwk");
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(
        !lookout(&["keys", "make", "desk-9", "--role", "desk", "--out", out]).0,
        "nothing is overwritten"
    );
    std::fs::write(&here.config, format!("{}\n{lines}", read(&here.config))).unwrap();
    let config = here.config.to_str().unwrap();
    let (_, listed, _) = lookout(&["keys", "list", "--config", config]);
    assert!(listed.contains("desk-9               desk") && listed.contains("admin-1"), "{listed}");

    here.run();
    let body = command_body("selftest", json!({}));
    let command = folder.join("command.json");
    std::fs::write(&command, body.to_string()).unwrap();
    let (good, signed, said) =
        lookout(&["keys", "sign", "--key", file.to_str().unwrap(), command.to_str().unwrap()]);
    assert!(good, "{said}");
    here.send("selftest", signed.trim().as_bytes());
    assert_eq!(here.reply(body["request_id"].as_str().unwrap())["outcome"], "done");

    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let (good, _, said) =
        lookout(&["keys", "sign", "--key", file.to_str().unwrap(), command.to_str().unwrap()]);
    assert!(!good && said.contains("can be read by other users (mode 640)"), "{said}");
}

#[test]
fn a_picture_that_is_asked_for_comes_redacted_and_muted_alerts_come_all_the_same() {
    let server = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let mut here = Here::prepare(&lane_url(&server));
    here.run();
    let muted = here.ask(
        &here.operator,
        "mute",
        json!({ "kind": "presence", "for_secs": 600, "by": "desk 2", "reason": "a fair" }),
    );
    assert_eq!(muted["outcome"], "done", "{muted}");

    let reply = here.ask(&here.desk, "snapshot", json!({ "camera": "cam-01", "reason": "who called?" }));
    assert_eq!(reply["outcome"], "done", "{reply}");
    let topic = reply["picture"]["topic"].as_str().unwrap().to_owned();
    let picture = here.centre.wait_one("the picture", |m| m.topic.ends_with(&topic)).payload;
    assert_eq!(picture.len() as u64, reply["picture"]["bytes"].as_u64().unwrap());
    assert_eq!(picture[..3], [0xff, 0xd8, 0xff], "a JPEG");
    assert_eq!(here.ask(&here.desk, "snapshot", json!({ "camera": "cam-09" }))["code"], "invalid");
    let silent = here.ask(&here.desk, "snapshot", json!({ "camera": "cam-01", "reason": null }));
    assert_eq!(silent["code"], "malformed", "a reason is required: {silent}");

    let alert = here.wait("up/alert", "a muted alert", |m| m["data"]["kind"] == "presence");
    assert_eq!(alert["data"]["muted"]["reason"], "a fair", "{alert}");
    // Red is never muted.
    std::fs::write(&here.config, read(&here.config).replace("level = \"orange\"", "level = \"red\""))
        .unwrap();
    let red = here.centre.wait_for("a red alert", |received| {
        received.iter().any(|m| m.topic.ends_with("up/alert") && m.json()["data"]["level"] == "red")
    });
    let red = red
        .iter()
        .find(|m| m.topic.ends_with("up/alert") && m.json()["data"]["level"] == "red")
        .unwrap()
        .json();
    assert!(red["data"]["muted"].is_null(), "{red}");
    let log = here.audit();
    assert!(
        log.iter()
            .any(|l| l["command"] == "snapshot" && l["event"] == "accepted" && l["reason"] == "who called?")
    );
    here.stop();
}

/// Who keeps what came on `up/alert` and who reads `up/active` must show the same.
#[test]
fn an_open_alert_is_reported_anew_when_it_is_muted_and_when_that_is_ended() {
    let mut here = Here::prepare("url = \"rtsp://127.0.0.1:9/none\"");
    let text = read(&here.config).replace("camera_trouble = false", "camera_trouble = true");
    std::fs::write(&here.config, text).unwrap();
    here.run();
    let trouble = here.wait("up/alert", "that the camera is lost", |m| m["data"]["kind"] == "camera_trouble");
    let alert = trouble["data"]["alert_id"].clone();
    let mute = |for_secs: u32| json!({ "kind": "camera_trouble", "for_secs": for_secs, "reason": "known" });
    let published = |what: &str, since: u64, is_muted: bool| {
        let is_it = |one: &Value| {
            one["alert_id"] == alert
                && one["rev"].as_u64().is_some_and(|rev| rev > since)
                && one["muted"].is_object() == is_muted
        };
        let revision = here.wait("up/alert", what, |m| is_it(&m["data"]))["data"].clone();
        assert_eq!(revision["phase_reason"], "mute_changed", "at once, and for no other reason: {revision}");
        let active =
            here.wait("up/active", what, |m| m["data"]["alerts"].as_array().unwrap().iter().any(is_it));
        let listed =
            active["data"]["alerts"].as_array().unwrap().iter().find(|one| is_it(one)).unwrap().clone();
        assert_eq!(listed["muted"], revision["muted"], "{listed}");
        revision
    };
    let done = here.ask(&here.operator, "mute", mute(600));
    assert_eq!((&done["outcome"], &done["message_code"]), (&json!("done"), &json!("command.muted")));
    let muted = published("the muted alert", 0, true);
    assert_eq!(muted["muted"]["reason"], "known", "{muted}");
    let over = here.ask(&here.operator, "mute", mute(0));
    assert_eq!((&over["outcome"], &over["message_code"]), (&json!("done"), &json!("command.mute_ended")));
    published("the alert that is muted no more", muted["rev"].as_u64().unwrap(), false);
    let again = here.ask(&here.operator, "mute", mute(0));
    assert_eq!((&again["outcome"], &again["message_code"]), (&json!("already"), &json!("command.not_muted")));
    let unknown = json!({ "kind": "nonsense", "for_secs": 60, "reason": "known" });
    assert_eq!(here.ask(&here.operator, "mute", unknown)["code"], "invalid");
    here.stop();
}
