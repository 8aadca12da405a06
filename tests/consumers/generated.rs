//! Types and programs that are made of the AsyncAPI documents.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lookout::contract::asyncapi::{View, asyncapi};
use lookout::control::{message, messages};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::listener::Listener;
use crate::support::mosquitto::Mosquitto;
use crate::tools::{data, run, tool, tools};

/// A document as the types make it today, in a folder of its own.
fn document(view: View) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("asyncapi.json");
    fs::write(&path, asyncapi(&messages(), view).unwrap().to_string()).unwrap();
    (folder, path)
}

/// Writes `lookout_types.py` to that folder, made of the document as CONTRACT.md says.
fn types_for_python(document: &Path, folder: &Path) {
    let arguments = [
        "--input-file-type",
        "asyncapi",
        "--output-model-type",
        "pydantic_v2.BaseModel",
        "--target-python-version",
        "3.11",
        "--use-standard-collections",
        "--use-union-operator",
        "--collapse-root-models",
    ];
    let mut generator = tool("bin/datamodel-codegen");
    generator.arg("--input").arg(document).arg("--output").arg(folder.join("lookout_types.py"));
    run(generator, arguments);
}

/// The same of the document as the command centre has it.
pub fn centre_types_for_python(folder: &Path) {
    let (_kept, document) = document(View::Centre);
    types_for_python(&document, folder);
}

/// Today's examples, `{name: message}`.
fn examples(folder: &Path) -> PathBuf {
    let examples: BTreeMap<&str, Value> = messages()
        .into_iter()
        .filter_map(|message| Some((message.name, message.example().unwrap()?)))
        .collect();
    let path = folder.join("examples.json");
    fs::write(&path, serde_json::to_string(&examples).unwrap()).unwrap();
    path
}

#[test]
#[ignore = "needs public tools: deploy/test.sh installs them and runs it"]
fn types_for_python_have_names_and_read_every_message_of_today_and_of_earlier() {
    for view in [View::Box, View::Centre] {
        let (folder, document) = document(view);
        types_for_python(&document, folder.path());
        let mut consumer = tool("bin/python");
        consumer.arg(data("use_types.py")).arg(folder.path()).arg(data("messages-2026-11.json"));
        let names = run(consumer, [examples(folder.path())]);
        assert!(names.contains(" Place "), "{names}");
    }
}

#[test]
#[ignore = "needs public tools: deploy/test.sh installs them and runs it"]
fn types_for_typescript_have_names_and_take_words_of_tomorrow() {
    let (folder, document) = document(View::Centre);
    let made = folder.path().join("types.ts");
    let mut generator = tool("bin/node");
    generator.arg(data("generate_types.mjs")).arg(tools());
    let names = run(generator, [&document, &made]);
    let names: Vec<&str> = names.split_whitespace().collect();
    for wanted in ["AlertEvent", "Place", "Level", "PhaseReason", "DetectedObject", "AckCommand"] {
        assert!(names.contains(&wanted), "{wanted} is not among {names:?}");
    }
    let is_nameless =
        |name: &&&str| name.contains("nonymous") || name.ends_with(|c: char| c.is_ascii_digit());
    assert_eq!(names.iter().find(is_nameless), None, "{names:?}");
    let types = fs::read_to_string(&made).unwrap();
    assert!(!types.contains("nonymous"), "{types}");

    let consumer = folder.path().join("consumer.ts");
    let program = r#"
        import { AckCommand, AlertEvent, Level, PhaseReason } from "./types";
        const urgent: Level[] = ["orange", "red"];
        const tomorrow: AlertEvent["data"]["phase_reason"] = "the_moon_rose";
        const today: PhaseReason = "raised";
        export function grid(alert: AlertEvent): string {
            return urgent.includes(alert.data.level) ? alert.data.place.grid : tomorrow + today;
        }
        export function ack(alert: AlertEvent): AckCommand {
            return { request_id: "r1", alert_id: alert.data.alert_id, by: "desk-2", iat: "2026-01-01T08:00:00Z", exp: "2026-01-01T08:05:00Z" };
        }
    "#;
    fs::write(&consumer, program).unwrap();
    let check = |program: &Path| {
        let mut compiler = tool("bin/node");
        compiler.arg(tools().join("node_modules/typescript/bin/tsc"));
        compiler.current_dir(folder.path()).args(["--noEmit", "--strict", "--target", "es2020"]).arg(program);
        compiler
    };
    run(check(&consumer), [""; 0]);
    // A closed list takes no other word.
    fs::write(&consumer, program.replace("\"orange\", \"red\"", "\"purple\"")).unwrap();
    assert!(!check(&consumer).output().unwrap().status.success(), "`purple` is no level");
}

/// It hears what somebody else says, by a function that is named for the operation.
#[test]
#[ignore = "needs public tools: deploy/test.sh installs them and runs it"]
fn the_program_of_the_node_template_starts_and_hears() {
    let received = [
        (View::Centre, "registerReceiveAlertMiddleware", "alert", "up/alert", "/id"),
        (View::Box, "registerReceiveAckMiddleware", "ack", "down/cmd/ack", "/request_id"),
    ];
    for (view, register, name, topic, id) in received {
        let (folder, document) = document(view);
        let program = folder.path().join("program");
        let mut generator = tool("bin/node");
        generator.arg(data("generate_node.cjs")).arg(tools());
        assert_eq!(run(generator, [&document, &program]).trim(), "made");
        std::os::unix::fs::symlink(tools().join("node_modules"), program.join("node_modules")).unwrap();
        let broker = Mosquitto::start();
        let config = program.join("config/common.yml");
        let settings = fs::read_to_string(&config).unwrap();
        let ours = settings.replace("127.0.0.1:1883", &format!("127.0.0.1:{}", broker.port()));
        assert_ne!(ours, settings, "it names no broker");
        fs::write(&config, ours).unwrap();
        let example = message(name).unwrap().example().unwrap().unwrap();
        let id = example.pointer(id).unwrap().as_str().unwrap();
        // Kept, so that it comes whenever the program subscribes.
        let other = Listener::start(broker.port(), "nothing");
        other.publish(&format!("lookout/v1/530127/box-1/{topic}"), true, example.to_string());

        let start = format!(
            "const {{ client }} = require('./src/api'); \
             client.{register}((message) => {{ console.log('heard', JSON.stringify(message.payload)); process.exit(0); }}); \
             setTimeout(() => process.exit(1), 60_000); client.init()"
        );
        let mut command = tool("bin/node");
        command.current_dir(&program).args(["-e", &start]);
        let said = run(command, [""; 0]);
        let received = said.lines().find(|line| line.starts_with("heard ")).unwrap();
        assert!(received.contains(id), "{received}");
    }
}
