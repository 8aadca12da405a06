//! TLS, passwords, and what people read when they are wrong.

use std::path::{Path, PathBuf};

use lookout::mqtt::{Settings, Status, TroubleKind};
use lookout::types::level::Level;
use lookout::types::mqtt::Version;

use crate::here::*;
use crate::support::mosquitto::{Mosquitto, Options, free_port, make_certificates};

const PASSWORD: &str = "correct horse battery";

fn file(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn trouble(settings: Settings, kind: TroubleKind) -> (String, Status) {
    let here = Here::start(settings);
    let status = here.wait_status(&format!("{kind:?}"), |status| {
        status.trouble.as_ref().is_some_and(|trouble| trouble.kind == kind)
    });
    assert!(!status.connected);
    (status.trouble.as_ref().unwrap().to_string(), status)
}

#[test]
fn a_password_over_tls_works_with_both_versions() {
    let dir = tempfile::tempdir().unwrap();
    let broker =
        Mosquitto::start_with(Options { tls: true, login: Some(("box", PASSWORD)), ..Options::default() });
    for version in [Version::V5, Version::V311] {
        let here = Here::start(Settings {
            ca_file: Some(broker.ca_file()),
            user: Some("box".to_owned()),
            password_file: Some(file(dir.path(), "password", &format!("{PASSWORD}\n"))),
            ..settings(&broker.url(), version)
        });
        here.alert(1, Level::Red);
        here.wait_empty();
    }
}

#[test]
fn a_wrong_password_is_said_without_the_password() {
    let dir = tempfile::tempdir().unwrap();
    let broker = Mosquitto::start_with(Options { login: Some(("box", PASSWORD)), ..Options::default() });
    for version in [Version::V5, Version::V311] {
        let wrong = Settings {
            user: Some("box".to_owned()),
            password_file: Some(file(dir.path(), "password", "swordfish")),
            ..settings(&broker.url(), version)
        };
        let (text, status) = trouble(wrong.clone(), TroubleKind::NotAllowed);
        let port = broker.port();
        assert_eq!(
            text,
            format!(
                "127.0.0.1:{port} refused user `box`: not allowed\n  hint: check `user` and the password file, \
                 and the rights this user has on the broker"
            )
        );
        assert!(!format!("{status:?}{wrong:?}").contains("swordfish"));
        let (text, _) = trouble(settings(&broker.url(), version), TroubleKind::NotAllowed);
        assert!(text.contains("the broker wants a user and a password"), "{text}");
    }
}

#[test]
fn what_is_wrong_with_the_address_is_said_in_words() {
    let port = free_port();
    let (text, _) = trouble(settings(&format!("mqtt://127.0.0.1:{port}"), Version::V5), TroubleKind::Refused);
    assert!(text.starts_with(&format!("nobody listens at 127.0.0.1:{port}: connection refused")), "{text}");
    let url = "mqtt://no-such-broker.invalid";
    let (text, _) = trouble(settings(url, Version::V5), TroubleKind::UnknownHost);
    assert!(text.starts_with("no such host: no-such-broker.invalid"), "{text}");
}

#[test]
fn what_is_wrong_with_certificates_is_said_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let broker = Mosquitto::start_with(Options { tls: true, ..Options::default() });
    let with_ca = |url: &str, ca: PathBuf| Settings { ca_file: Some(ca), ..settings(url, Version::V5) };

    make_certificates(dir.path(), "localhost");
    let (text, _) = trouble(with_ca(&broker.url(), dir.path().join("ca.pem")), TroubleKind::Tls);
    assert!(
        text.contains("it is not signed by a known authority") || text.contains("BadSignature"),
        "{text}"
    );

    let by_address = format!("mqtts://127.0.0.1:{}", broker.port());
    let (text, _) = trouble(with_ca(&by_address, broker.ca_file()), TroubleKind::Tls);
    assert!(text.contains("it is not made for the name 127.0.0.1"), "{text}");
    // As an editor left it, with a byte order mark and blanks in front of its lines.
    let authority = std::fs::read_to_string(broker.ca_file()).unwrap().replace('\n', "\n  ");
    let edited = file(dir.path(), "edited.pem", &format!("\u{feff}  {authority}"));
    let (text, _) = trouble(with_ca(&by_address, edited), TroubleKind::Tls);
    assert!(text.contains("it is not made for the name 127.0.0.1"), "{text}");

    let (text, _) = trouble(with_ca(&broker.url(), file(dir.path(), "empty.pem", "hello")), TroubleKind::Tls);
    assert!(text.contains("empty.pem holds no certificate"), "{text}");

    let (text, _) = trouble(with_ca(&broker.url(), dir.path().join("missing.pem")), TroubleKind::Settings);
    assert!(text.contains("missing.pem cannot be read"), "{text}");

    let plain = Mosquitto::start();
    let tls_to_plain = format!("mqtts://localhost:{}", plain.port());
    let here = Here::start(with_ca(&tls_to_plain, broker.ca_file()));
    here.wait_status("a trouble", |status| status.trouble.is_some());

    let plain_to_tls = format!("mqtt://localhost:{}", broker.port());
    let (text, _) = trouble(settings(&plain_to_tls, Version::V5), TroubleKind::Closed);
    assert!(text.contains("closed the connection before it answered"), "{text}");
    assert!(text.contains("does this port speak TLS"), "{text}");
}

#[test]
fn a_url_with_a_password_is_refused_without_repeating_it() {
    let problems = settings("mqtt://box:swordfish@centre.example", Version::V5).problems();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].to_string().contains("secrets live in files"), "{problems:?}");
    assert!(!format!("{problems:?}").contains("swordfish"));
}

#[test]
fn settings_that_cannot_work_are_all_named() {
    let settings = Settings {
        box_name: "box/1".to_owned(),
        area: String::new(),
        client_key: Some("/key".into()),
        password_file: Some("/password".into()),
        ..settings("http://broker", Version::V5)
    };
    let problems = settings.problems().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for want in [
        "`http:`",
        "the area is empty",
        "'/'",
        "`client_cert` and `client_key` go together",
        "without `user`",
    ] {
        assert!(problems.contains(want), "{want}: {problems}");
    }
}
