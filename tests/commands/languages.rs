//! The language of a command: what `--language` asks for, else the terminal's; and what programs read of a failure.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn lookout(terminal: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(arguments).env("LC_ALL", terminal).stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_command_takes_the_language_before_it_and_behind_it() {
    for command in [
        "demo", "run", "check", "probe", "discover", "capacity", "detect", "replay", "compare", "explain",
        "sensors", "tail", "keys", "secret", "audit", "coverage", "models", "schema",
    ] {
        for (terminal, arguments, usage) in [
            ("C", &["--language", "zh-CN", command, "--help"][..], "用法："),
            ("C", &[command, "--language=zh", "--help"], "用法："),
            ("zh_CN.UTF-8", &[command, "--help"], "用法："),
            ("zh_CN.UTF-8", &[command, "--help", "--language", "en"], "Usage: "),
            ("C", &[command, "--help"], "Usage: "),
        ] {
            let output = lookout(terminal, arguments);
            let help = text(&output.stdout);
            assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
            assert!(help.contains(&format!("\n{usage}lookout {command}")), "{arguments:?}: {help}");
            assert!(help.contains("--language"), "{arguments:?}: {help}");
        }
    }
}

#[test]
fn what_is_wrong_with_the_arguments_is_said_in_the_terminals_language() {
    let arguments = ["probe", "rtsp://10.0.0.31/a", "--uzer", "admin"];
    let output = lookout("zh_CN.UTF-8", &arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.starts_with("错误：不认识 `--uzer`\n  提示：是否要写 `--user`？\n\n用法：lookout probe "),
        "{said}"
    );
    let output = lookout("C", &arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("error: unexpected argument '--uzer' found"), "{said}");
}

#[test]
fn a_probe_that_fails_prints_one_object_for_programs_and_says_the_same_to_people() {
    for (target, code, name, argument) in [
        ("rtsp://127.0.0.1:9/none", 1, "camera.refused", Some(("address", "127.0.0.1:9"))),
        ("rtsp://10.0.0.31：554/a", 2, "probe.full_width_signs", Some(("signs", "`：`"))),
        ("no-such-file.mp4", 2, "probe.no_target", None),
        ("10.0.0.31", 2, "probe.no_target", None),
        ("rtsp:/10.0.0.31/a", 2, "camera.address_scheme", None),
    ] {
        let output = lookout("C", &["probe", target, "--seconds", "5", "--json", "--language", "zh-CN"]);
        let (printed, said) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{target}: {said}");
        assert_eq!(printed.lines().count(), 1, "{target}: {printed}");
        let error = &serde_json::from_str::<Value>(&printed).unwrap()["error"];
        assert_eq!(error["code"], name, "{target}: {error}");
        if let Some((key, value)) = argument {
            assert_eq!(error["args"][key], value, "{target}: {error}");
        }
        let what = error["text"].as_str().unwrap();
        assert!(said.contains(&format!("错误：{what}")), "{target}: {said}");
        assert!(
            said.contains(&format!("\n  提示：{}", error["hint"].as_str().unwrap())),
            "{target}: {error}"
        );
    }
}

#[test]
fn the_key_of_a_box_is_reported_in_the_language_that_is_asked_for_else_in_the_sites() {
    let folder = tempfile::tempdir().unwrap();
    let minimal = include_str!("../../config/minimal.toml");
    for (language, asked, begins) in [
        ("zh-CN", None, "错误："),
        ("zh-CN", Some("en"), "error: "),
        ("en", None, "error: "),
        ("en", Some("zh-CN"), "错误："),
    ] {
        let site = format!("area = \"530127\"\nlanguage = \"{language}\"");
        let outbox = folder.path().join("outbox").display().to_string();
        let config =
            format!("{}\n[outbox]\ndir = \"{outbox}\"\n", minimal.replace("area = \"530127\"", &site));
        let file = folder.path().join("site.toml");
        std::fs::write(&file, config).unwrap();
        let file = file.display().to_string();
        let mut arguments = vec!["keys", "box", "--config", &file];
        arguments.extend(asked.map(|_| "--language").into_iter().chain(asked));
        let output = lookout("C", &arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with(begins), "{arguments:?} of a site in {language}: {said}");
    }
}
