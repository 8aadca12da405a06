//! A backup that is made at the page is restored by the command, and only by whoever knows its passphrase.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::client::Client;
use super::here::{PASSWORD, Site};

const PASSPHRASE: &str = "four words that differ";

fn ask(client: &mut Client, fields: &[(&str, &str)]) -> super::client::Answer {
    let token = client.get("/").token();
    client.post("/backup", &[&[("token", token.as_str())], fields].concat())
}

/// `lookout ...` with a passphrase on standard input.
fn lookout(args: &[&str], config: &Path, passphrase: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    command.args(args).arg("--config").arg(config).args(["--language", "en"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    // It may have ended already, for another reason than its passphrase.
    let _ = running.stdin.take().unwrap().write_all(format!("{passphrase}\n").as_bytes());
    running.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A file of that content, where `lookout restore` finds it.
fn kept(site: &Site, bytes: &[u8]) -> PathBuf {
    let file = site.folder.path().join("box-1.backup.age");
    fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn a_backup_from_the_page_puts_a_box_back() {
    let mut site = Site::start();
    let mut li = site.enrolled("li", "installer");
    let good = [("passphrase", PASSPHRASE), ("again", PASSPHRASE), ("password", PASSWORD)];
    let answer = ask(&mut li, &good);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let name = answer.header("content-disposition").unwrap();
    assert!(name.contains("lookout-530127.box-1-") && name.ends_with(".backup.age\""), "{name}");
    assert!(answer.body.starts_with(b"age-encryption.org/v1"));
    assert!(!answer.text().contains("0123456789abcdef-token"), "a secret leaves as it is");
    assert_eq!(site.logged("page_backup")[0]["by"], "page:li");
    site.stop();

    // What it holds are the files that a box really has.
    let state =
        ["box-key.jwk", "box-key.box", "page/accounts.json", "page/certificate.pem", "page/certificate.key"];
    let outbox = site.folder.path().join("outbox");
    let files: Vec<PathBuf> = std::iter::once(site.config.clone())
        .chain(std::iter::once(site.folder.path().join("secrets/webhook")))
        .chain(state.map(|name| outbox.join(name)))
        .collect();
    let before: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let file = kept(&site, &answer.body);
    let path = file.to_str().unwrap();
    let same = lookout(&["restore", path, "--check"], &site.config, PASSPHRASE);
    assert!(same.status.success(), "{}", said(&same));
    assert_eq!(said(&same).matches("the same already").count(), files.len(), "{}", said(&same));

    for file in &files {
        fs::remove_file(file).unwrap();
    }
    let wrong = lookout(&["restore", path], &site.config, "four words that differ not");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(said(&wrong).contains("does not open") && !site.config.exists(), "{}", said(&wrong));
    let restored = lookout(&["restore", path], &site.config, PASSPHRASE);
    assert!(restored.status.success(), "{}", said(&restored));
    for (file, before) in files.iter().zip(&before) {
        assert_eq!(&fs::read(file).unwrap(), before, "{}", file.display());
    }

    // The box is the one that it was: whoever could log in still can.
    site.run();
    let mut li = site.client();
    let token = li.get("/login").token();
    let answer = li.post("/login", &[("token", &token), ("name", "li"), ("password", PASSWORD)]);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.text());
}

#[test]
fn nothing_is_replaced_that_nobody_agreed_to_have_replaced() {
    let mut site = Site::start();
    site.stop();
    let file = site.folder.path().join("by-command.backup.age");
    let path = file.to_str().unwrap().to_owned();
    let made = lookout(&["backup", &path], &site.config, PASSPHRASE);
    assert!(made.status.success(), "{}", said(&made));
    let again = lookout(&["backup", &path], &site.config, PASSPHRASE);
    assert_eq!(again.status.code(), Some(2));
    assert!(said(&again).contains("is there already"), "{}", said(&again));
    let weak = lookout(&["backup", &format!("{path}.other")], &site.config, "short");
    assert_eq!(weak.status.code(), Some(2));
    assert!(said(&weak).contains("fewer than 12 characters"), "{}", said(&weak));

    let before = fs::read_to_string(&site.config).unwrap();
    let changed = format!("{before}# later\n");
    fs::write(&site.config, &changed).unwrap();
    let refused = lookout(&["restore", &path], &site.config, PASSPHRASE);
    assert_eq!(refused.status.code(), Some(1));
    let printed = said(&refused);
    assert!(printed.contains("would be replaced") && printed.contains("nothing was written"), "{printed}");
    assert_eq!(fs::read_to_string(&site.config).unwrap(), changed);
    let replaced = lookout(&["restore", &path, "--replace"], &site.config, PASSPHRASE);
    assert!(replaced.status.success(), "{}", said(&replaced));
    assert_eq!(fs::read_to_string(&site.config).unwrap(), before);
    assert_eq!(fs::read_to_string(site.config.with_extension("toml.bak")).unwrap(), changed);
    let once_more = lookout(&["restore", &path], &site.config, PASSPHRASE);
    assert!(said(&once_more).contains("everything is here already"), "{}", said(&once_more));
}

/// Whoever made the backup wrote the configuration in it, too, and root restores it.
#[test]
fn where_only_the_backup_says_so_nothing_is_written_without_consent() {
    let (here, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (config, secret) = (here.path().join("lookout.toml"), elsewhere.path().join("secrets/cam-1"));
    let text = format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\nsecrets_dir = \"{}/secrets\"\n[outbox]\ndir = \"{}/outbox\"\n",
        elsewhere.path().display(),
        here.path().display()
    );
    fs::write(&config, text).unwrap();
    fs::create_dir(secret.parent().unwrap()).unwrap();
    fs::write(&secret, "li:hunter2\n").unwrap();
    let file = here.path().join("box-1.backup.age");
    let path = file.to_str().unwrap();
    let made = lookout(&["backup", path], &config, PASSPHRASE);
    assert!(made.status.success(), "{}", said(&made));
    fs::remove_file(&secret).unwrap();
    let refused = lookout(&["restore", path], &config, PASSPHRASE);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert!(said(&refused).contains("outside of the configuration's folder: /"), "{}", said(&refused));
    assert!(said(&refused).contains("nothing was written") && !secret.exists());
    let agreed = lookout(&["restore", path, "--replace"], &config, PASSPHRASE);
    assert!(agreed.status.success(), "{}", said(&agreed));
    assert_eq!(fs::read_to_string(&secret).unwrap(), "li:hunter2\n");
}

#[test]
fn a_session_alone_takes_no_backup() {
    let site = Site::start();
    let mut wang = site.enrolled("wang", "operator");
    assert!(wang.get("/backup").text().contains("Only installers"));
    let good = [("passphrase", PASSPHRASE), ("again", PASSPHRASE), ("password", PASSWORD)];
    assert_eq!(ask(&mut wang, &good).status, 403);

    let mut li = site.enrolled("li", "installer");
    let bad: [(&[(&str, &str)], &str); 3] = [
        (&[("passphrase", "short"), ("again", "short"), ("password", PASSWORD)], "fewer than 12 characters"),
        (&[("passphrase", PASSPHRASE), ("again", "other words"), ("password", PASSWORD)], "are not the same"),
        (
            &[("passphrase", PASSPHRASE), ("again", PASSPHRASE), ("password", "guessed")],
            "password is not right",
        ),
    ];
    for (fields, why) in bad {
        let answer = ask(&mut li, fields);
        assert_eq!(answer.status, 400, "{why}");
        let text = answer.text();
        assert!(text.contains(why) && !text.contains(PASSPHRASE), "{text}");
    }
    assert_eq!(site.logged("page_backup").len(), 0);
    assert_eq!(site.logged("page_login_failed").len(), 1, "a guess is one as at the login");
    assert_eq!(ask(&mut li, &good).status, 200);
}
