//! `lookout ... | head -1`: whoever reads what a command prints may go away at any time.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::here::PATIENCE;

/// A pipe that nobody reads: every write to it fails.
fn unread() -> std::io::PipeWriter {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer
}

fn lookout(arguments: &[&str]) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(arguments).current_dir(root).env("LOOKOUT_MODELS", root.join("models"));
    command.stdin(Stdio::null()).stdout(unread()).stderr(Stdio::piped());
    command
}

/// Its exit code; none where it was ended by a signal.
fn ended(mut child: Child, what: &[&str]) -> Option<i32> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("{what:?} goes on though nobody reads");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_command_whose_reader_went_away_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    fs::write(file("alert.json"), "{}").unwrap();
    let alert = lookout::contract::messages::ALERT.example().unwrap().unwrap();
    fs::write(file("alert.json"), alert.to_string()).unwrap();
    let (alert, made) = (file("alert.json"), file("keys"));
    let commands: [&[&str]; 11] = [
        &["schema"],
        &["schema", "asyncapi"],
        &["schema", "--reference"],
        &["schema", "--dir", &made],
        &["check", "--elsewhere", "config/minimal.toml", "config/example.toml"],
        &["check", "--elsewhere", "--json", "config/minimal.toml"],
        &["keys", "make", "desk-1", "--role", "desk", "--out", &made],
        &["explain", &alert],
        &["models", "list"],
        // Whoever saw enough of the first picture waits for no other.
        &["detect", "models/test-picture.jpg", "no-such.jpg"],
        // Nobody listens there, so that it would never print an alert.
        &["tail", "--url", "mqtt://127.0.0.1:9"],
    ];
    for arguments in commands {
        let output = {
            let mut child = lookout(arguments).spawn().unwrap();
            let stderr = child.stderr.take().unwrap();
            let reading = std::thread::spawn(move || std::io::read_to_string(stderr).unwrap());
            (ended(child, arguments), reading.join().unwrap())
        };
        assert_eq!(output.0, Some(0), "{arguments:?}: {}", output.1);
        let is_bad =
            |line: &&str| ["error", "panicked", "Broken pipe"].iter().any(|word| line.contains(word));
        assert_eq!(output.1.lines().find(is_bad), None, "{arguments:?}");
        // `2>&1 | head`: nobody reads what it says either.
        let child = lookout(arguments).stderr(unread()).spawn().unwrap();
        let code = ended(child, arguments);
        // A key is made once.
        let expected = if arguments[0] == "keys" { Some(1) } else { Some(0) };
        assert_eq!(code, expected, "{arguments:?} with standard error");
    }
}

/// `lookout check --json FILE | true` in a script that asks for the exit code of the first: it is the answer.
#[test]
fn a_reader_that_went_away_changes_no_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    fs::write(file("bad.toml"), "[site]\nbox = \"box-1\"\n").unwrap();
    let alert = lookout::contract::messages::ALERT.example().unwrap().unwrap();
    fs::write(file("alerts.json"), format!("{alert}\n{{}}\n")).unwrap();
    // It lists models whose files are elsewhere.
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml"), file("manifest.toml"))
        .unwrap();
    let files = ["bad.toml", "alerts.json", "manifest.toml"].map(&file);
    let [bad, alerts, manifest] = files.each_ref().map(String::as_str);
    let boxes = file("boxes");
    for (arguments, code) in [
        (&["check", "--elsewhere", "--json", bad][..], 2),
        (&["check", "--elsewhere", "--json", bad, "config/minimal.toml"], 2),
        (&["check", "--elsewhere", "config/minimal.toml", bad], 2),
        (&["explain", alerts], 2),
        (&["models", "verify", "--json", "--manifest", manifest], 1),
        (&["detect", "no-such.jpg", "models/test-picture.jpg"], 2),
        (&["detect", "models/test-picture.jpg", "no-such.jpg", "--save", boxes.as_str()], 2),
    ] {
        let child = lookout(arguments).spawn().unwrap();
        assert_eq!(ended(child, arguments), Some(code), "{arguments:?}");
    }
}

/// What goes wrong is told by the exit code, also where nobody reads the sentence.
#[test]
fn a_command_that_fails_unheard_does_not_panic() {
    for (arguments, code) in [
        (&["check", "--elsewhere", "no-such.toml"][..], 2),
        (&["keys", "sign", "--key", "no-such.jwk"], 2),
        (&["capacity", "--config", "no-such.toml"], 2),
        (&["replay", "no-such.mp4", "--config", "config/demo.toml"], 2),
        (&["probe", "rtsp://127.0.0.1:9/none", "--seconds", "5"], 1),
        (&["run", "--config", "no-such.toml"], 2),
    ] {
        let child = lookout(arguments).stderr(unread()).spawn().unwrap();
        assert_eq!(ended(child, arguments), Some(code), "{arguments:?}");
    }
}
