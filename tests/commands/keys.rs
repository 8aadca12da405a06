//! `lookout keys sign` as somebody meets it first: what it says of a wrong key and of a wrong command.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use lookout::analysis::time::Timestamp;
use lookout::contract::box_key::BoxKey;
use lookout::contract::signature::{KnownKey, PrivateKey, Role, verify};
use serde_json::{Value, json};

/// Exit code, standard output, standard error.
fn keys(folder: &Path, arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lookout"))
        .arg("keys")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended before it read anything.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), out, err)
}

/// A folder with the key `desk-1.jwk`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, err) = keys(folder.path(), &["make", "desk-1", "--role", "desk", "--out", "."], b"");
    assert_eq!(code, 0, "{err}");
    folder
}

fn command() -> Value {
    let now = Timestamp::now().as_second();
    json!({ "request_id": "r1", "area": "530127", "box": "box-7f3a", "command": "selftest", "by": "desk 2",
            "iat": now, "exp": now + 300 })
}

#[test]
fn a_good_command_is_signed_from_a_file_and_from_standard_input_without_a_word() {
    let folder = folder();
    let command = command();
    let text = format!("\u{feff}{command:#}\r\n");
    fs::write(folder.path().join("command.json"), &text).unwrap();
    let key = PrivateKey::from_jwk(&fs::read_to_string(folder.path().join("desk-1.jwk")).unwrap()).unwrap();
    let known = KnownKey { id: "desk-1".into(), role: Role::Desk, public: key.public() };
    for arguments in [&["command.json"][..], &["-"], &[]] {
        let all = [&["sign", "--key", "desk-1.jwk"], arguments].concat();
        let (code, out, err) = keys(folder.path(), &all, text.as_bytes());
        assert_eq!((code, err.as_str()), (0, ""));
        let (payload, _) = verify(out.trim().as_bytes(), std::slice::from_ref(&known)).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&payload).unwrap(), command);
    }
}

#[test]
fn what_the_box_would_refuse_is_said_when_it_is_signed() {
    let folder = folder();
    let without = |name: &str| {
        let mut command = command();
        command.as_object_mut().unwrap().remove(name);
        command
    };
    let with = |name: &str, value: Value| {
        let mut command = command();
        command[name] = value;
        command
    };
    for (command, why) in [
        (without("request_id"), "`request_id` is missing"),
        (without("area"), "a signed command must name its `area`"),
        (without("command"), "a signed command must name its `command`"),
        (without("iat"), "a signed command needs `iat`"),
        (without("exp"), "a signed command needs `exp`"),
        (without("by"), "`by` is missing"),
        (with("exp", json!(1_700_000_000)), "`exp` is before `iat`"),
        (with("iat", json!("...")), "`iat` must be a time"),
    ] {
        let (code, out, err) =
            keys(folder.path(), &["sign", "--key", "desk-1.jwk"], command.to_string().as_bytes());
        assert!(err.starts_with("warning: the box will refuse this command: "), "{command}: {err}");
        assert!(err.contains(why) && err.contains("\n  hint: "), "{command}: {err}");
        assert!(code == 0 && out.split('.').count() == 3, "it is signed all the same: {out}");
    }
    let mark = json!({ "area": "530127", "box": "b", "command": "mark", "stream": "S", "n": 7 });
    let (code, _, err) = keys(folder.path(), &["sign", "--key", "desk-1.jwk"], mark.to_string().as_bytes());
    assert_eq!((code, err.as_str()), (0, ""), "a mark needs no times");
}

#[test]
fn a_command_that_there_is_not_is_signed_only_where_that_is_meant() {
    let folder = folder();
    let sign = |name: &str, arguments: &[&str]| {
        let mut command = command();
        command["command"] = json!(name);
        let all = [&["sign", "--key", "desk-1.jwk"], arguments].concat();
        keys(folder.path(), &all, command.to_string().as_bytes())
    };
    for (name, meant) in [("ackk", Some("did you mean `ack`?")), ("dance", None)] {
        let (code, out, err) = sign(name, &[]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        let what =
            format!("error: the command on standard input is not signed: there is no command `{name}`");
        assert!(err.starts_with(&what), "{err}");
        assert_eq!(err.contains("did you mean"), meant.is_some(), "{err}");
        assert!(meant.is_none_or(|meant| err.contains(meant)), "{err}");
        for listed in ["`selftest`", "`patch`", "`mark`", "--allow-unknown"] {
            assert!(err.contains(listed), "{listed}: {err}");
        }
        let (code, out, err) = sign(name, &["--allow-unknown"]);
        assert_eq!((code, out.trim().split('.').count()), (0, 3), "{err}");
        assert!(err.starts_with("warning: ") && err.contains(&format!("`{name}`")), "{err}");
    }
}

/// A misspelt `revert_after_secs` would make a change for good.
#[test]
fn a_field_that_no_such_command_has_is_signed_only_where_that_is_meant() {
    let folder = folder();
    let now = Timestamp::now().as_second();
    let patch = json!({ "request_id": "r1", "area": "530127", "box": "box-7f3a", "command": "patch", "by": "a",
        "iat": now, "exp": now + 300, "version": 9, "expect_config": "x", "remove": ["camera.cam-09"],
        "revert_after_sec": 600 });
    let sign = |arguments: &[&str]| {
        let all = [&["sign", "--key", "desk-1.jwk"], arguments].concat();
        keys(folder.path(), &all, patch.to_string().as_bytes())
    };
    let (code, out, err) = sign(&[]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.starts_with("error: the command on standard input is not signed: "), "{err}");
    assert!(err.contains("no field `revert_after_sec`: did you mean `revert_after_secs`?"), "{err}");
    assert!(err.contains("--allow-unknown"), "{err}");
    let (code, out, err) = sign(&["--allow-unknown"]);
    assert_eq!((code, out.trim().split('.').count()), (0, 3), "{err}");
    assert!(err.starts_with("warning: ") && err.contains("`revert_after_sec`"), "{err}");
}

#[test]
fn all_that_is_wrong_is_said_at_once_with_the_fields_and_an_example_of_that_command() {
    let folder = folder();
    let sign = |command: &str| keys(folder.path(), &["sign", "--key", "desk-1.jwk"], command.as_bytes());
    let (code, _, err) = sign(r#"{"command":"mute","area":"530127","box":"box-9","for_secs":"long"}"#);
    assert_eq!(code, 0, "{err}");
    for why in [
        "`request_id` is missing",
        "a signed command needs `iat`",
        "a signed command needs `exp`",
        "`mute` needs a `reason`",
        "`for_secs` must be a whole number, not a text",
        "`by` is missing",
    ] {
        assert!(err.contains(why), "{why}: {err}");
    }
    assert!(
        err.contains("hint: `mute` takes `for_secs`, and if need be `kind`, `rule` and `camera`"),
        "{err}"
    );
    let example = err.split("one looks like ").nth(1).unwrap().trim();
    let example: Value = serde_json::from_str(example).unwrap();
    assert_eq!((&example["command"], &example["box"]), (&json!("mute"), &json!("box-9")));
    // What is shown is good as it stands.
    let (code, _, err) = sign(&example.to_string());
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn the_help_names_the_fields_of_every_command() {
    let folder = folder();
    let (code, out, _) = keys(folder.path(), &["sign", "--help"], b"");
    assert_eq!(code, 0);
    for line in ["`patch` takes `version` and `expect_config`", "`selftest` takes no fields of its own"] {
        assert!(out.contains(line), "{line}: {out}");
    }
}

#[test]
fn a_wrong_command_is_reported_with_its_place_and_what_to_try() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("commands")).unwrap();
    let (_, signed, _) = keys(folder.path(), &["sign", "--key", "desk-1.jwk"], b"{}");
    let long = format!("{{\"note\":\"{}\"}}", "x".repeat(300 * 1024));
    for (input, code, why) in [
        ("", 2, "the command on standard input is empty"),
        ("{\"request_id\": \"r1\",\n oops}", 2, "is no JSON: key must be a string at line 2 column 2"),
        ("{'request_id': 'r1'}", 2, "JSON has double quotes"),
        ("[{}]", 2, "must be a JSON object, and it is a list"),
        (
            "{\"request_id\":\"r1\",\n \"exp\":1,\"exp\":2}",
            2,
            "cannot be signed: the name `exp` stands twice in one object at line 2 column",
        ),
        ("{\"data\":{\"n\":1,\"n\":1}}", 2, "the name `n` stands twice"),
        ("{\"n\":9007199254740993}", 2, "the number 9007199254740993 is beyond 9007199254740991"),
        ("{\"n\":12345678901234567890123}", 2, "is beyond 9007199254740991, where many readers round"),
        ("\"selftest\"", 2, "must be a JSON object, and it is a text"),
        (signed.as_str(), 2, "is signed already"),
        (long.as_str(), 2, "it is longer than 256 KiB"),
    ] {
        let (got, out, err) = keys(folder.path(), &["sign", "--key", "desk-1.jwk"], input.as_bytes());
        assert_eq!((got, out.as_str()), (code, ""), "{err}");
        assert!(err.starts_with("error: the command on standard input ") && err.contains(why), "{err}");
        assert!(err.contains("\n  hint: "), "{err}");
    }
    for (name, why) in [("gone.json", "there is no such file"), ("commands", "it is a folder")] {
        let (code, _, err) = keys(folder.path(), &["sign", "--key", "desk-1.jwk", name], b"");
        assert!(
            code == 2 && err.contains(&format!("error: the command {name} cannot be read: {why}")),
            "{err}"
        );
        assert!(err.contains("\n  hint: "), "{err}");
    }
}

/// Nothing is made, and nothing that is there is called a key.
#[test]
fn where_no_key_can_be_written_that_is_said_with_what_to_try() {
    let folder = folder();
    let before = fs::read_to_string(folder.path().join("desk-1.jwk")).unwrap();
    for (out, code, why, hint) in [
        ("desk-1.jwk", 2, "--out must name a folder, and desk-1.jwk is a file", "name another one"),
        (
            "keys/desk-2.jwk",
            2,
            "--out must name a folder, and keys/desk-2.jwk looks like the name of a file",
            "in that folder: --out keys",
        ),
        (
            "desk-1.jwk/keys",
            1,
            "--out: the folder desk-1.jwk/keys cannot be made: a part of its path is a file",
            "name a folder that this user may write",
        ),
        ("/proc/no-such/keys", 1, "--out: the folder /proc/no-such/keys cannot be made: ", "name a folder"),
        (".", 1, "./desk-1.jwk is there already", "nothing is overwritten"),
    ] {
        let name = if out == "." { "desk-1" } else { "desk-2" };
        let (got, printed, err) = keys(folder.path(), &["make", name, "--role", "desk", "--out", out], b"");
        assert_eq!((got, printed.as_str()), (code, ""), "{out}: {err}");
        assert!(err.starts_with(&format!("error: {why}")), "{out}: {err}");
        assert!(err.contains("\n  hint: ") && err.contains(hint), "{out}: {err}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("desk-1.jwk")).unwrap(), before);
    assert!(!folder.path().join("keys").exists());
}

#[test]
fn a_wrong_key_is_reported_with_what_it_is_and_where_the_right_one_comes_from() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let key = fs::read_to_string(path("desk-1.jwk")).unwrap();
    let public = PrivateKey::from_jwk(&key).unwrap().public().text();
    let write = |name: &str, text: &str| {
        fs::write(path(name), text).unwrap();
        fs::set_permissions(path(name), Permissions::from_mode(0o600)).unwrap();
    };
    write("public.txt", &format!("{public}\n"));
    write("lines.toml", &format!("[[command_key]]\nid = \"desk-1\"\npublic_key = \"{public}\"\n"));
    write("key.pem", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n");
    write("empty.jwk", "");
    write(
        "box.toml",
        &format!("# A box.\n[site]\nbox = \"b\"\n[[command_key]]\npublic_key = \"{public}\"\n"),
    );
    write("ack.json", &command().to_string());
    write("ack.jws", &PrivateKey::from_jwk(&key).unwrap().sign(b"{}"));
    write("box-key.jwk", &BoxKey::generate().unwrap().to_jwk());
    write("no-d.jwk", &json!({ "kty": "OKP", "crv": "Ed25519", "kid": "desk-1", "x": public }).to_string());
    for (name, code, why, hint) in [
        ("gone.jwk", 2, "there is no such file", "`lookout keys make NAME --role desk --out DIR` makes one"),
        (".", 2, "it is a folder", "in it there are ./box-key.jwk, ./desk-1.jwk"),
        ("public.txt", 2, "it is no private Ed25519 key as a JWK", "this is the public half"),
        ("lines.toml", 2, "it is no private Ed25519 key as a JWK", "this is the public half"),
        (
            "box.toml",
            2,
            "it is no private Ed25519 key as a JWK",
            "this is a configuration, which names public",
        ),
        ("ack.json", 2, "it is no private Ed25519 key as a JWK", "this is a command, not a key"),
        ("ack.jws", 2, "it is no private Ed25519 key as a JWK", "this is a signed command, not a key"),
        ("box-key.jwk", 2, "this is no name of a key", "the key by which a box signs what it says"),
        ("key.pem", 2, "it is no private Ed25519 key as a JWK", "a key or certificate in PEM"),
        ("empty.jwk", 2, "it is no private Ed25519 key as a JWK", "the file is empty"),
        ("no-d.jwk", 2, "`d` is missing: is this a public key?", "signing takes the private half"),
    ] {
        let (got, out, err) = keys(folder.path(), &["sign", "--key", name], b"{}");
        assert_eq!((got, out.as_str()), (code, ""), "{name}: {err}");
        assert!(err.starts_with(&format!("error: the key {name}")) && err.contains(why), "{name}: {err}");
        assert!(err.contains("\n  hint: ") && err.contains(hint), "{name}: {err}");
        assert!(!err.contains(key.split("\"d\": \"").nth(1).unwrap().split('"').next().unwrap()), "{err}");
    }
    fs::set_permissions(path("desk-1.jwk"), Permissions::from_mode(0o644)).unwrap();
    let (code, out, err) = keys(folder.path(), &["sign", "--key", "desk-1.jwk"], b"{}");
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("can be read by other users (mode 644)\n  hint: chmod 600"), "{err}");
}
