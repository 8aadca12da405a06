//! The file on the box: a change is taken up by itself, whole or not at all.

use std::os::unix::fs::symlink;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::configuration::broken;
use crate::here::*;
use crate::support::site::{BEFORE_SOMEBODY_COMES, lane_camera, lane_url};

fn applied(here: &Here, what: &str, not: &[&str]) -> String {
    let published = here.wait("up/config", what, |m| {
        m["data"]["outcome"] == "applied" && !not.iter().any(|sha| m["data"]["running_sha256"] == *sha)
    });
    published["data"]["running_sha256"].as_str().unwrap().to_owned()
}

fn camera_health(message: &Value) -> &Value {
    &message["data"]["cameras"][0]
}

#[test]
fn a_change_is_taken_up_by_itself_and_the_camera_goes_on() {
    let server = lane_camera(0, BEFORE_SOMEBODY_COMES);
    let mut here = Here::prepare(&lane_url(&server));
    let good = read(&here.config);
    // The file is a link, as where a cluster mounts it.
    let folder = here.folder.path().to_owned();
    std::fs::rename(&here.config, folder.join("one.toml")).unwrap();
    symlink(folder.join("one.toml"), &here.config).unwrap();
    here.run();
    let running =
        |m: &Value| camera_health(m)["state"] == "running" && camera_health(m)["fps_in"].as_f64() > Some(5.0);
    let before = here.wait("up/health", "the camera", running);
    let since = camera_health(&before)["since"].clone();
    let first = here.running();

    // The link points elsewhere.
    std::fs::write(folder.join("two.toml"), good.replace("\"orange\"", "\"yellow\"")).unwrap();
    symlink(folder.join("two.toml"), folder.join("new")).unwrap();
    std::fs::rename(folder.join("new"), &here.config).unwrap();
    let second = applied(&here, "what the link points to now", &[&first]);

    // An editor that empties the file, waits, and writes.
    std::fs::write(folder.join("two.toml"), "").unwrap();
    std::fs::write(folder.join("two.toml"), good.replace("\"orange\"", "\"blue\"")).unwrap();
    let third = applied(&here, "what was written in two steps", &[&first, &second]);
    let rejected = here.received("up/config", |m| m["data"]["outcome"] == "rejected");
    assert!(rejected.is_empty(), "half of it was never judged: {rejected:?}");

    // A mistake changes nothing and is reported; put right, it is reported that all is well.
    std::fs::write(folder.join("two.toml"), good.replace("zone = \"square\"", "zone = \"sqare\"")).unwrap();
    let rejected = here.wait("up/config", "the refusal", |m| m["data"]["outcome"] == "rejected");
    assert_eq!(rejected["data"]["running_sha256"], third.as_str());
    assert!(rejected["data"]["problems"][0]["what"].as_str().unwrap().contains("sqare"), "{rejected}");
    let published = here.received("up/config", |_| true).len();
    std::fs::write(folder.join("two.toml"), good.replace("\"orange\"", "\"blue\"")).unwrap();
    here.centre.wait_for("that all is well again", |received| {
        let all: Vec<_> = received.iter().filter(|m| m.topic.ends_with("up/config")).collect();
        all.len() > published && all.last().is_some_and(|m| m.json()["data"]["outcome"] == "applied")
    });

    // The same connection all the time, and frames go on.
    let seen = here.received("up/health", |_| true).len();
    here.centre.wait_for("two more health reports", |received| {
        received.iter().filter(|m| m.topic.ends_with("up/health")).count() >= seen + 2
    });
    let last = here.received("up/health", |_| true).pop().unwrap();
    let camera = camera_health(&last);
    assert_eq!((&camera["since"], &camera["reconnects"]), (&since, &Value::from(0)), "{camera}");
    assert!(camera["fps_in"].as_f64() > Some(5.0), "{camera}");
    here.stop();
}

#[test]
fn no_broken_file_is_taken_up() {
    let mut here = Here::start();
    let running = here.running();
    let good = read(&here.config);
    let lines: Vec<&str> = good.lines().collect();
    // Every line that says something, spoilt, one after the other.
    let spoilt = lines.iter().enumerate().filter(|(_, line)| line.contains(" = ")).step_by(4);
    let mut count = 0;
    for (number, line) in spoilt.take(6 * rounds()) {
        let mut changed = lines.clone();
        let bad = line.replacen(" = ", " == ", 1);
        changed[number] = &bad;
        let published = here.received("up/config", |_| true).len();
        std::fs::write(&here.config, changed.join("\n")).unwrap();
        here.centre.wait_for("the refusal", |received| {
            received.iter().filter(|m| m.topic.ends_with("up/config")).count() > published
        });
        let last = here.received("up/config", |_| true).pop().unwrap();
        assert_eq!(
            (&last["data"]["outcome"], &last["data"]["running_sha256"]),
            (&"rejected".into(), &running.as_str().into())
        );
        let offered = last["data"]["offered_sha256"].as_str().expect("which file was refused");
        assert_ne!(offered, running, "a refused file with the digest of what runs");
        let problems = last["data"]["problems"].as_array().unwrap();
        assert!(problems.iter().any(|p| p["line"] == number as u64 + 1), "line {}: {problems:?}", number + 1);
        count += 1;
    }
    assert!(count >= 4, "{count}");
    std::fs::remove_file(&here.config).unwrap();
    here.wait("up/config", "that it is gone", |m| {
        m["data"]["problems"][0]["what"].as_str().is_some_and(|w| w.contains("cannot be read"))
    });
    assert_eq!(here.running(), running);
    here.stop();
}

#[test]
fn no_broken_file_is_taken_up_however_fast_they_come() {
    let mut here = Here::start();
    let running = here.running();
    let good = read(&here.config);
    let mut random = StdRng::seed_from_u64(11);
    let count = 100 * rounds();
    let refusals = |here: &Here| {
        here.audit().iter().filter(|l| l["event"] == "config" && l["outcome"] == "rejected").count()
    };
    for number in 0..count {
        // Whole at once, so that each is judged as it is.
        let aside = here.folder.path().join("next");
        std::fs::write(&aside, broken(&mut random, &good)).unwrap();
        std::fs::rename(&aside, &here.config).unwrap();
        here.daemon.as_ref().unwrap().reload();
        wait_until(|| format!("refusal {number}"), || refusals(&here) > number);
    }
    let published = here.received("up/config", |m| m["data"]["running_sha256"] != running.as_str());
    assert!(published.is_empty(), "{published:?}");
    let last = here.received("up/config", |_| true).pop().unwrap();
    assert!(last["data"]["problems"][0]["line"].as_u64() >= Some(1), "{last}");
    std::fs::write(&here.config, good.replace("\"orange\"", "\"blue\"")).unwrap();
    applied(&here, "a good one at last", &[&running]);
    here.stop();
    report_refused(
        "broken configurations to a running box, by file",
        json!({ "configurations": count, "taken": 0 }),
    );
}

#[test]
fn a_box_whose_file_broke_starts_with_what_the_centre_sent_and_says_so() {
    let mut here = Here::start();
    let good = read(&here.config);
    let louder = good.replace("\"orange\"", "\"yellow\"");
    let wanted = json!({ "version": 3, "toml": louder, "expect_config": here.running() });
    assert_eq!(here.ask(&here.admin, "config", wanted)["outcome"], "done");
    let remote = here.wait("up/config", "the remote one", |m| m["data"]["version"] == 3);
    let remote = remote["data"]["running_sha256"].as_str().unwrap().to_owned();
    here.stop();

    // A slip of the pen, an editor that wrote nothing, a disk that was full in the middle of a line.
    let cut = good.split("rtsp://").next().unwrap().to_owned();
    for broken in [good.replace("area = ", "area == "), String::new(), cut] {
        std::fs::write(&here.config, &broken).unwrap();
        let before = here.received("up/config", |m| m["data"]["outcome"] == "rejected").len();
        let earlier = here.received("up/health", |_| true).len();
        here.run();
        here.centre.wait_for("the problems", |received| {
            let rejected = received.iter().filter(|m| m.topic.ends_with("up/config")).map(|m| m.json());
            rejected.filter(|m| m["data"]["outcome"] == "rejected").count() > before
        });
        let published = here.received("up/config", |m| m["data"]["outcome"] == "rejected").pop().unwrap();
        let data = &published["data"];
        assert_eq!((&data["running_sha256"], &data["source"]), (&remote.as_str().into(), &"remote".into()));
        assert_eq!((&data["version"], &data["offered_source"]), (&3.into(), &"file".into()), "{published}");
        assert!(!data["problems"].as_array().unwrap().is_empty(), "{published}");
        here.centre.wait_for("that it is degraded", |received| {
            let health = received.iter().filter(|m| m.topic.ends_with("up/health")).skip(earlier);
            health.map(|m| m.json()).any(|m| {
                let list = m["data"]["degraded"].as_array().cloned().unwrap_or_default();
                list.iter().any(|d| d["part"] == "configuration")
            })
        });
        // It is commanded as ever.
        assert_eq!(here.ask(&here.desk, "selftest", json!({}))["health"]["ok"], false);
        here.stop();
    }
    // The file as it was: what the centre sent goes on, and all is well again.
    std::fs::write(&here.config, &good).unwrap();
    here.run();
    assert_eq!(here.running(), remote);
    // An edit of it counts again.
    std::fs::write(&here.config, good.replace("\"orange\"", "\"blue\"")).unwrap();
    here.wait("up/config", "the file again", |m| {
        m["data"]["source"] == "file" && m["data"]["outcome"] == "applied" && m["data"]["version"].is_null()
    });
    here.stop();

    // With nothing to fall back on it does not start, and says why.
    std::fs::write(&here.config, "no TOML").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_lookout"))
        .args(["run", "--config"])
        .arg(&here.config)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("this is no TOML"), "{output:?}");
}

#[test]
fn a_file_that_is_put_right_while_the_box_runs_on_what_the_centre_sent_is_taken_up() {
    let mut here = Here::start();
    let good = read(&here.config);
    let wanted = json!({ "version": 1, "toml": good.replace("\"orange\"", "\"yellow\""), "expect_config": here.running() });
    assert_eq!(here.ask(&here.admin, "config", wanted)["outcome"], "done");
    here.stop();
    std::fs::write(&here.config, "[site").unwrap();
    here.run();
    here.wait("up/config", "the problems", |m| m["data"]["outcome"] == "rejected");
    let published = here.received("up/config", |_| true).len();
    // Back to what it was: nothing changes, and nothing is wrong any more.
    std::fs::write(&here.config, &good).unwrap();
    here.centre.wait_for("that all is well", |received| {
        let all: Vec<_> =
            received.iter().filter(|m| m.topic.ends_with("up/config")).skip(published).collect();
        all.last()
            .is_some_and(|m| m.json()["data"]["outcome"] == "applied" && m.json()["data"]["version"] == 1)
    });
    let seen = here.received("up/health", |_| true).len();
    here.centre.wait_for("a report without complaint", |received| {
        let health = received.iter().filter(|m| m.topic.ends_with("up/health")).skip(seen).map(|m| m.json());
        health.into_iter().any(|m| {
            let list = m["data"]["degraded"].as_array().cloned().unwrap_or_default();
            list.iter().all(|d| d["part"] != "configuration")
        })
    });
    here.stop();
}
