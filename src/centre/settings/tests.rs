//! Tests of the centre's configuration.

use super::*;

const GOOD: &str = r#"
boxes = "boxes"
evidence = "/var/lib/lookout-centre/evidence"

[nats]
urls = ["tls://node-1.example:4222"]
ca_file = "ca.pem"
cert_file = "centre.pem"
key_file = "centre.key"

[database]
url = "postgresql://lookout@db.example/lookout"

[desk]
key_file = "desk-1.jwk"
"#;

fn read_text(text: &str) -> Result<Settings, String> {
    let source = Source::new("centre.toml", text.to_owned());
    read(&source, Path::new("/etc/lookout-centre")).map_err(|problems| {
        let told = problems.iter().map(|one| one.of(Path::new("centre.toml"), Language::English).to_string());
        told.collect::<Vec<_>>().join("\n")
    })
}

#[test]
fn a_short_file_is_enough_and_its_paths_are_its_folders() {
    let settings = read_text(GOOD).unwrap();
    assert_eq!(settings.boxes, Path::new("/etc/lookout-centre/boxes"));
    assert_eq!(settings.desk_key.as_deref(), Some(Path::new("/etc/lookout-centre/desk-1.jwk")));
    assert_eq!(
        (settings.workers, settings.prefix.as_str(), settings.language),
        (2, "lookout/v1", Language::Chinese)
    );
    let Inlet::Nats(nats) = settings.inlet else { panic!("NATS") };
    assert_eq!((nats.replicas, nats.tls.own.is_some()), (3, true));
    assert_eq!(settings.database.tls, None, "on the same machine it need not be encrypted");
}

/// Eight things are wrong; whoever mends them one by one runs the check eight times.
#[test]
fn every_problem_is_told_in_one_pass_with_its_place() {
    let text = r#"
language = "fr"
prefix = "lookout/#"
workers = 1000
evidence = 7

[nats]
urls = ["http://node-1.example:4222", "tls://user:hush@node-2.example"]
cert_file = "centre.pem"
replica = 3

[mqtt]
url = "mqtts://centre.example"

[database]
url = "postgresql://lookout:hush@db.example/lookout"
"#;
    let told = read_text(text).unwrap_err();
    for part in [
        "centre.toml: `boxes` is missing",
        "centre.toml:2:12: ",
        "centre.toml:3:10: `lookout/#`",
        "centre.toml:4:11: ",
        "centre.toml:5:12: `evidence` must be a text",
        "centre.toml:7:",
        "centre.toml:8:9: ",
        "a password never stands in an address",
        "unknown name: `replica`",
        "did you mean `replicas`?",
        "boxes are heard in one place",
        "centre.toml:16:7: a password",
    ] {
        assert!(told.contains(part), "{part} is missing in:\n{told}");
    }
    assert!(!told.contains("hush"), "no password is shown:\n{told}");
}

#[test]
fn a_file_that_says_nothing_is_told_what_it_takes() {
    let told = read_text("").unwrap_err();
    for part in
        ["`boxes` is missing", "`evidence` is missing", "[nats]", "`[database]` is missing", "postgresql://"]
    {
        assert!(told.contains(part), "{part} is missing in:\n{told}");
    }
}

#[test]
fn text_that_is_no_toml_is_told_by_its_line() {
    let told = read_text("boxes = \"x\"\n[nats\n").unwrap_err();
    assert!(told.starts_with("error: centre.toml:2:"), "{told}");
}
