//! Files and folders that arguments name and that cannot be used: what is said, in the language of the reader.

use std::process::{Command, Stdio};

use lookout::contract::messages;

#[test]
fn a_path_that_cannot_be_used_is_reported_with_the_reason_and_what_to_try() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "as it was").unwrap();
    let (file, gone) = (file.display().to_string(), folder.path().join("gone").display().to_string());
    let here = folder.path().display().to_string();
    let no_file = "cannot be read: there is no such file\n  hint: check the name and the folder";
    let url = ["--url", "mqtts://127.0.0.1:9", "--seconds", "1"];
    let tail = |more: &[&'static str]| [&["tail"][..], &url, more].concat();
    let with = |arguments: &[&'static str], path: &str| {
        arguments.iter().map(|argument| (*argument).to_owned()).chain([path.to_owned()]).collect::<Vec<_>>()
    };
    for (arguments, code, said) in [
        (
            with(&["schema", "--dir"], &file),
            2,
            format!("error: --dir must name a folder, and {file} is a file"),
        ),
        (with(&["secret", "set", "cam-1", "--dir"], &file), 2, "error: --dir must name a folder".to_owned()),
        (with(&["audit", "show"], &gone), 2, format!("error: the log {gone} {no_file}")),
        (with(&["audit", "verify"], &gone), 2, format!("error: the log {gone} {no_file}")),
        (with(&["demo", "--video"], &gone), 2, format!("error: the clip {gone} {no_file}")),
        (
            with(&["probe", "rtsps://127.0.0.1:9/none", "--ca-file"], &gone),
            2,
            format!("error: `--ca-file`: the file {gone} {no_file}"),
        ),
        (
            with(&["replay", "--config", "config/minimal.toml"], &gone),
            2,
            format!("error: the recording {gone} {no_file}"),
        ),
        (
            with(&["keys", "sign", "--key"], &gone),
            2,
            format!("error: the key {gone} cannot be read: there is no such file"),
        ),
        (
            with(&["models", "add", "--head", "yolov8", "--classes", "person"], &gone),
            2,
            format!("error: the model {gone} {no_file}"),
        ),
        (with(&["models", "fetch", "--from"], &gone), 2, format!("{gone} {no_file}")),
        (
            with(&["models", "list", "--manifest"], &gone),
            2,
            format!("error: the model manifest {gone} {no_file}"),
        ),
        (with(&["explain"], &gone), 2, format!("error: the alert in {gone} {no_file}")),
        (
            with(&["explain", "--language", "zh-CN"], &gone),
            2,
            format!("错误：预警文件 {gone} 无法读取：没有这个文件\n  提示："),
        ),
        (
            with(&["explain", "--language", "zh-CN"], &file),
            2,
            format!("错误：{file}：这不是预警消息（原文："),
        ),
        (with(&["restore"], &gone), 2, format!("error: the backup {gone} {no_file}")),
        (
            with(&["restore", "--language", "zh-CN"], &gone),
            2,
            format!("错误：备份文件 {gone} 无法读取：没有这个文件\n  提示："),
        ),
        (
            with(&["restore", "--language", "zh-CN"], &here),
            2,
            format!("错误：备份文件 {here} 无法读取：这是一个目录\n  提示："),
        ),
        (with(&tail(&["--ca"]), &gone), 2, format!("error: `--ca`: the file {gone} {no_file}")),
        (
            with(&tail(&["--language", "zh-CN", "--ca"]), &gone),
            2,
            format!("错误：--ca 指定的文件 {gone} 无法读取：没有这个文件\n  提示："),
        ),
        (
            with(&tail(&["--language", "zh-CN", "--key"]), &gone),
            2,
            format!("错误：密钥 {gone} 无法读取：没有这个文件\n  提示："),
        ),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_lookout"))
            .args(&arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {err}");
        assert!(err.contains(&said), "{arguments:?}: {err}");
        assert!(err.contains("\n  hint: ") != err.contains("\n  提示："), "{arguments:?}: {err}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "as it was");
}

fn lookout(arguments: &[String], folder: &std::path::Path) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(arguments).env("LC_ALL", "C").env("STATE_DIRECTORY", folder).stdin(Stdio::null());
    command.output().unwrap()
}

/// Each waited for ever for somebody who writes into the pipe.
#[test]
fn a_pipe_into_which_nobody_writes_a_socket_and_a_device_are_named_by_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    let [pipe, socket] = ["pipe", "socket"].map(|name| at(name).display().to_string());
    let zero = "/dev/zero".to_owned();
    let (is_silent, is_pipe) = ("it is a pipe, and nobody wrote into it for 5 s", "it is a pipe and no file");
    let no_device = "it is a device and no file";
    let is_socket = "it is a socket and no file";
    // What is read from a pipe on purpose, too, and what is not.
    let (once, never) = ([is_silent, is_socket, no_device], [is_pipe, is_socket, no_device]);
    let commands: [(&[&str], [&str; 3]); 17] = [
        (&["check"], once),
        (&["check", "--explain", "*"], once),
        (&["run", "--config"], never),
        (&["page", "--config"], once),
        (&["page", "open", "--config"], once),
        (&["sensors", "--config"], once),
        (&["keys", "box", "--config"], once),
        (&["backup", "none.sealed", "--config"], once),
        (&["audit", "show", "--config"], once),
        (&["coverage", "--config"], once),
        (&["replay", "tests/data/none.mp4", "--config"], once),
        (&["keys", "sign", "--key"], once),
        (&["explain"], once),
        (&["audit", "verify"], once),
        (&["restore"], once),
        (&["models", "list", "--manifest"], once),
        (&["models", "add", "--head", "yolov8", "--classes", "person"], never),
    ];
    // Each waits for five seconds: all of them do so together.
    std::thread::scope(|scope| {
        for (arguments, said) in commands {
            for (path, said) in [&pipe, &socket, &zero].into_iter().zip(said) {
                let mut arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
                arguments.push(path.clone());
                let here = folder.path();
                scope.spawn(move || {
                    let output = lookout(&arguments, here);
                    let all = String::from_utf8([output.stderr, output.stdout].concat()).unwrap();
                    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {all}");
                    assert!(
                        all.contains(said) && all.contains("name the file itself"),
                        "{arguments:?}: {all}"
                    );
                });
            }
        }
    });
}

#[test]
fn a_configuration_is_read_from_another_program() {
    let folder = tempfile::tempdir().unwrap();
    let piped = |through: &str, arguments: &str| {
        let command = format!("cat config/minimal.toml | \"$LOOKOUT\" {arguments} {through}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).env("LOOKOUT", env!("CARGO_BIN_EXE_lookout")).env("LC_ALL", "C");
        let output = shell.env("STATE_DIRECTORY", folder.path()).output().unwrap();
        (output.status.code(), String::from_utf8([output.stderr, output.stdout].concat()).unwrap())
    };
    let (code, of_file) = piped("config/minimal.toml", "check --elsewhere");
    assert_eq!(code, Some(0), "{of_file}");
    let (code, of_pipe) = piped("/dev/stdin", "check --elsewhere");
    assert_eq!((code, of_pipe.replace("/dev/stdin", "config/minimal.toml")), (Some(0), of_file));
    let (code, run) = piped("/dev/stdin", "run --config");
    assert!(code == Some(2) && run.contains("it is a pipe and no file"), "{run}");
}

/// `tail --json` prints what is open first, and what else a box says between its alerts.
#[test]
fn the_alerts_among_other_messages_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let explained = |name: &str, lines: &[&messages::Message]| {
        let file = folder.path().join(name);
        let lines = lines.iter().map(|message| message.example().unwrap().unwrap().to_string() + "\n");
        std::fs::write(&file, lines.collect::<String>()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
        let output = command.arg("explain").arg(file).env("LC_ALL", "C").output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, alone, err) = explained("alone", &[&messages::ALERT]);
    assert!(code == Some(0) && !alone.is_empty() && err.is_empty(), "{err}");
    let (code, among, err) = explained("among", &[&messages::ACTIVE, &messages::ALERT, &messages::COUNT]);
    assert_eq!((code, among), (Some(0), alone), "{err}");
    assert!(err.contains("not explained: 2"), "{err}");
    let (code, none, err) = explained("none", &[&messages::ACTIVE]);
    assert!(code == Some(2) && none.is_empty() && err.contains("there is no alert in it"), "{err}");
}
