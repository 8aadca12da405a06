//! Sealed originals: how they leave the box, for whom, and how they do not; and where pictures are kept.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use lookout::video::RtspServer;
use serde_json::{Value, json};

use crate::here::*;
use crate::support::site::{BEFORE_SOMEBODY_COMES, lane_camera, lane_url};

/// A camera before which somebody will be soon, and again half a minute later.
fn camera() -> RtspServer {
    lane_camera(0, BEFORE_SOMEBODY_COMES)
}

/// A pair made by the centre's own program: the file with the secret key, and the public one.
fn key_pair(file: &Path) -> String {
    let made = Command::new("age-keygen").arg("-o").arg(file).output().expect("deploy/test.sh installs age");
    assert!(made.status.success(), "{made:?}");
    read(file).lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned()
}

fn with_originals(text: &str, public: &str) -> String {
    text.replace("[evidence]\n", &format!("[evidence]\noriginals_for = \"{public}\"\noriginals_days = 3\n"))
}

/// Alert and number of a file of originals, once there is one in `folder`.
fn first_original(folder: &Path) -> (PathBuf, String) {
    let found = || {
        let files = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
        files.filter(|path| path.to_string_lossy().ends_with("-1.jpg.age")).min()
    };
    wait_until(|| format!("an original in {}", folder.display()), || found().is_some());
    let file = found().unwrap();
    let alert = file.file_name().unwrap().to_str().unwrap().split('-').next().unwrap().to_owned();
    (file, alert)
}

#[test]
fn a_sealed_original_comes_to_who_may_have_it_and_opens_with_the_centres_key_only() {
    let server = camera();
    let mut here = Here::prepare(&lane_url(&server));
    let key = here.folder.path().join("centre.key");
    let public = key_pair(&key);
    std::fs::write(&here.config, with_originals(&read(&here.config), &public)).unwrap();
    here.run();
    let (file, alert) = first_original(&here.folder.path().join("evidence/originals"));
    let kept = std::fs::read(&file).unwrap();
    let asked = |n: u32| json!({ "alert_id": alert, "n": n, "by": "desk 2", "reason": "the police ask" });

    // Who may not, and who does not say why.
    assert_eq!(here.ask(&here.desk, "original", asked(1))["code"], "not_allowed");
    let silent = here.ask(&here.operator, "original", json!({ "alert_id": alert, "n": 1, "reason": null }));
    assert_eq!(silent["code"], "malformed", "{silent}");
    assert!(silent["message"].as_str().unwrap().contains("needs a `reason`"), "{silent}");
    assert!(here.received_topics().iter().all(|topic| !topic.contains("/up/original/")), "nothing has left");

    let reply = here.ask(&here.operator, "original", asked(1));
    assert_eq!(reply["outcome"], "done", "{reply}");
    let topic = reply["original"]["topic"].as_str().unwrap().to_owned();
    assert_eq!(topic, format!("up/original/{alert}/1"));
    let sealed = here.centre.wait_one("the original", |m| m.topic.ends_with(&topic));
    assert!(!sealed.retain);
    assert_eq!(sealed.payload, kept, "as it was kept");
    assert_eq!(reply["original"]["bytes"], sealed.payload.len());
    assert_eq!(reply["original"]["sha256"], lookout::types::hex::sha256_hex(&sealed.payload).as_str());
    let came = here.folder.path().join("came.age");
    std::fs::write(&came, &sealed.payload).unwrap();
    let open = |key: &Path| Command::new("age").arg("-d").arg("-i").arg(key).arg(&came).output().unwrap();
    let opened = open(&key);
    assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
    assert_eq!(opened.stdout[..3], [0xff, 0xd8, 0xff], "a JPEG");
    let stranger = here.folder.path().join("stranger.key");
    key_pair(&stranger);
    assert!(!open(&stranger).status.success());

    // What is not there, and what is there no more.
    let code = |data: Value| here.ask(&here.operator, "original", data)["code"].clone();
    // Of today: the number of an older alert says by itself that its originals are gone.
    let nobody = json!({ "alert_id": ulid::Ulid::new().to_string(), "n": 1 });
    assert_eq!(code(nobody), "unknown_alert");
    assert_eq!(code(asked(99)), "unknown_alert");
    let long_ago = SystemTime::now() - Duration::from_secs(4 * 86_400);
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(long_ago).unwrap();
    let over = here.ask(&here.operator, "original", asked(1));
    assert_eq!(over["code"], "unavailable", "{over}");
    assert!(over["message"].as_str().unwrap().contains("kept for 3 days"), "{over}");

    // Not without end.
    let mut answers = (0..12).map(|_| code(asked(99)));
    assert!(answers.any(|code| code == "busy"));

    // Who, why, which, and what came of it.
    let log = here.audit();
    let line = |event: &str, outcome: &str| {
        log.iter().find(|l| {
            l["command"] == "original"
                && l["event"] == event
                && l["outcome"].as_str().unwrap_or("") == outcome
        })
    };
    let accepted = line("accepted", "").unwrap();
    assert_eq!(
        (&accepted["by"], &accepted["reason"], &accepted["key"], &accepted["data"]["alert_id"]),
        (&json!("desk 2"), &json!("the police ask"), &json!("operator-1"), &json!(alert))
    );
    assert!(line("finished", "done").is_some(), "{log:?}");
    let refused = line("finished", "refused").unwrap();
    assert!(!refused["detail"].as_str().unwrap().is_empty(), "{refused}");
    wait_until(
        || "the refusals in the log".to_owned(),
        || here.audit().iter().filter(|l| l["event"] == "refused").count() >= 2,
    );
    here.stop();
}

#[test]
fn where_pictures_are_kept_changes_without_a_restart() {
    let server = camera();
    let mut here = Here::prepare(&lane_url(&server));
    here.run();
    let none =
        here.ask(&here.operator, "original", json!({ "alert_id": "01M80BCYYJXPY84WEZM4Q9BTPQ", "n": 1 }));
    assert_eq!(none["code"], "invalid", "no originals are kept: {none}");

    let text = read(&here.config);
    let public = key_pair(&here.folder.path().join("centre.key"));
    let moved = with_originals(&text, &public).replace("/evidence\"", "/elsewhere\"");
    std::fs::write(&here.config, &moved).unwrap();
    let folder = here.folder.path().join("elsewhere");
    let (_, alert) = first_original(&folder.join("originals"));
    assert!(folder.join(format!("{alert}-1.jpg")).exists(), "the redacted one is beside it");
    assert_eq!(here.ask(&here.operator, "original", json!({ "alert_id": alert, "n": 1 }))["outcome"], "done");

    // A folder that cannot be: told, and nothing changes.
    let running = here.running();
    std::fs::write(here.folder.path().join("a-file"), "").unwrap();
    std::fs::write(&here.config, moved.replace("/elsewhere\"", "/a-file/evidence\"")).unwrap();
    let published = here.wait("up/config", "the refusal", |m| m["data"]["outcome"] == "rejected");
    assert_eq!(published["data"]["running_sha256"], running.as_str());
    assert!(published["data"]["problems"][0]["what"].as_str().unwrap().contains("a-file"), "{published}");

    // From afar nobody else can make originals readable for themselves.
    std::fs::write(&here.config, &moved).unwrap();
    here.wait("up/config", "that all is well", |m| {
        m["data"]["outcome"] == "applied" && m["data"]["running_sha256"] == running.as_str()
    });
    let other = moved.replace(&public, &key_pair(&here.folder.path().join("other.key")));
    let wanted = json!({ "version": 1, "toml": other, "expect_config": here.running() });
    let reply = here.ask(&here.admin, "config", wanted);
    assert_eq!(reply["code"], "invalid", "{reply}");
    assert!(reply["message"].as_str().unwrap().contains("originals_for"), "{reply}");
    here.stop();
}
