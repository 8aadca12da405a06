//! The coverage ledger of the real daemon, as `lookout coverage` reads it.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::here::{Here, wait_until};

/// Exit code, standard output, standard error.
fn coverage(config: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.arg("coverage").arg("--config").arg(config).args(arguments);
    let output = command.env("LC_ALL", "C").stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Milliseconds of each state, of the only rule at the only camera.
fn ms(config: &Path) -> Value {
    let (code, out, said) = coverage(config, &["--json"]);
    assert_eq!(code, 0, "{said}");
    let calendar: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(calendar["rows"].as_array().unwrap().len(), 1, "{calendar}");
    calendar["rows"][0]["ms"].clone()
}

#[test]
fn a_box_says_how_long_its_rules_could_have_reported_over_a_stop_and_a_kill() {
    let mut here = Here::prepare("url = \"rtsp://127.0.0.1:9/none\"");
    let config = here.config.clone();
    let ledger = here.folder.path().join("outbox/coverage");
    let (code, _, said) = coverage(&config, &[]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("there is no coverage ledger in ") && said.contains("hint: "), "{said}");

    here.run();
    let is_written = || ledger.join("now.json").exists();
    wait_until(|| "the hour that goes on".to_owned(), is_written);
    here.wait("up/health", "a few seconds", |m| m["data"]["uptime_s"].as_u64() >= Some(3));
    here.stop();
    let first = ms(&config);
    assert!(first["no_video"].as_u64().is_some_and(|ms| ms > 0), "{first}");
    assert!(first.get("watched").is_none() && first.get("unknown").is_none(), "{first}");

    std::fs::remove_file(ledger.join("now.json")).unwrap();
    here.run();
    wait_until(|| "the hour that goes on".to_owned(), is_written);
    here.kill();
    here.run();
    here.stop();
    assert!(ms(&config)["unknown"].as_u64().is_some_and(|ms| ms > 0), "a kill is in it");

    let (code, out, said) = coverage(&config, &[]);
    assert_eq!(code, 0, "{said}");
    for part in ["could have reported in 0 s of ", " (0 %)", " no video", "marks: "] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let (code, out, _) = coverage(&config, &["--verify"]);
    assert!(code == 0 && out.starts_with("whole: "), "{out}");
    for wrong in [["--camera", "cam-l"], ["--rule", "nothing-like-it"]] {
        let (code, _, said) = coverage(&config, &wrong);
        assert!(code == 2 && said.contains("nothing is recorded of a "), "{said}");
        assert!(said.contains("there are: `"), "{said}");
    }
    // As if two lines had been cut off at the end.
    let path = ledger.join("now.json");
    let mut now: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let last = now["after"].as_u64().unwrap();
    (now["after"], now["sha256"]) = ((last + 2).into(), "0".repeat(64).into());
    std::fs::write(&path, now.to_string()).unwrap();
    let (code, _, said) = coverage(&config, &["--verify"]);
    let missing = format!("lines number {} to {} were written and are gone", last + 1, last + 2);
    assert!(code == 1 && said.contains(&missing), "{said}");
    std::fs::remove_file(&path).unwrap();
    let (code, _, said) = coverage(&config, &["--verify"]);
    assert!(code == 0 && said.contains("cannot be said"), "{said}");
}
