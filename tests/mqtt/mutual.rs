//! Certificates on both sides, with the broker's configuration and access list that we ship: who has none does not get
//! in, and one box cannot speak or listen in another's name.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use lookout::mqtt::{Settings, TroubleKind};
use lookout::types::level::Level;
use lookout::types::mqtt::Version;

use crate::here::*;
use crate::support::mosquitto::{Mosquitto, make_certificates, make_client_certificate};

/// The box of these tests, another one of its area, and its namesake in another area.
const BOXES: [&str; 3] = ["530127.box-1", "530127.box-2", "530128.box-1"];
const BOX: &str = BOXES[0];

/// What the shipped script writes for these boxes.
fn access_list(boxes: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/broker/acl.sh");
    let output = Command::new(script).args(boxes).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The shipped files, with the test's folder and port.
struct Shipped {
    broker: Mosquitto,
    dir: tempfile::TempDir,
}

impl Shipped {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        make_certificates(dir.path(), "localhost");
        for name in BOXES.iter().chain(&["centre"]) {
            make_client_certificate(dir.path(), name);
        }
        let shipped = |name: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/broker").join(name);
            std::fs::read_to_string(path).unwrap()
        };
        std::fs::write(dir.path().join("boxes.acl"), access_list(&BOXES)).unwrap();
        let here = dir.path().display().to_string();
        let configuration = shipped("mosquitto.conf")
            .replace("/etc/mosquitto/lookout", &here)
            .replace("/var/lib/mosquitto", &here);
        assert!(configuration.contains("require_certificate true"));
        let broker = Mosquitto::start_from(configuration, "listener 8883");
        Shipped { broker, dir }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A box that says it is `box-1`, with this certificate.
    fn settings(&self, certificate: Option<&str>) -> Settings {
        Settings {
            ca_file: Some(self.file("ca.pem")),
            client_cert: certificate.map(|name| self.file(&format!("{name}.pem"))),
            client_key: certificate.map(|name| self.file(&format!("{name}.key"))),
            ..settings(&format!("mqtts://localhost:{}", self.broker.port()), Version::V5)
        }
    }

    /// One of mosquitto's own programs, with this certificate.
    fn program(&self, program: &str, certificate: &str) -> Command {
        let mut command = Command::new(program);
        command.args(["-h", "localhost", "-p", &self.broker.port().to_string(), "-V", "5"]);
        command.arg("--cafile").arg(self.file("ca.pem"));
        command.arg("--cert").arg(self.file(&format!("{certificate}.pem")));
        command.arg("--key").arg(self.file(&format!("{certificate}.key")));
        command
    }
}

/// The centre: mosquitto's own subscriber, which writes every message on a line.
struct Centre {
    child: Child,
    journal: PathBuf,
}

impl Centre {
    fn start(shipped: &Shipped) -> Self {
        let journal = shipped.file("journal");
        let file = std::fs::File::create(&journal).unwrap();
        let child = shipped
            .program("mosquitto_sub", "centre")
            .args(["-q", "1", "-t", "lookout/v1/+/+/up/#", "-F", "%t %p"])
            .stdout(file)
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        Centre { child, journal }
    }

    fn has(&self, text: &str) -> bool {
        std::fs::read_to_string(&self.journal).unwrap_or_default().contains(text)
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_box_with_its_own_certificate_is_accepted() {
    let shipped = Shipped::start();
    let centre = Centre::start(&shipped);
    let here = Here::start(shipped.settings(Some(BOX)));
    here.wait_connected();
    // Again and again until the subscriber is there: it does not say when it is.
    let mut number = 0;
    wait(
        || "an alert at the centre".to_owned(),
        || {
            number += 1;
            here.alert(number, Level::Red);
            centre.has("\"alert-")
        },
    );
    assert!(here.publisher.status().deaf_to.is_empty(), "it may listen to what is said to it");
}

#[test]
fn without_a_certificate_nobody_gets_in_and_it_is_said_why() {
    let shipped = Shipped::start();
    let here = Here::start(shipped.settings(None));
    let status = here.wait_status("the refusal", |status| status.trouble.is_some());
    let trouble = status.trouble.unwrap();
    let text = trouble.to_string();
    assert!(!status.connected && text.contains("client_cert"), "{text}");
    assert!(matches!(trouble.kind, TroubleKind::Tls | TroubleKind::Closed), "{text}");
}

#[test]
fn one_box_cannot_speak_or_listen_in_anothers_name() {
    let shipped = Shipped::start();
    let centre = Centre::start(&shipped);
    for (round, other) in (1..).zip(&BOXES[1..]) {
        // With the certificate of its neighbour, or of its namesake in another area, it says it is box 1.
        let impostor = Here::start(shipped.settings(Some(other)));
        impostor.alert(666, Level::Red);
        impostor.wait_status("the refusal of its alert", |status| {
            status.last_refusal.as_ref().is_some_and(|why| why.to_string().contains("up/alert"))
        });

        // A mark that is forged would make box 1 forget its alerts; so would a command.
        let here = Here::start(shipped.settings(Some(BOX)));
        here.wait_connected();
        let seq = here.alert(round * 1000, Level::Red);
        here.wait_empty();
        let mark = |n: u64| serde_json::json!({ "stream": &*seq.stream, "n": n }).to_string();
        let publish_mark = |by: &str, n: u64| {
            let mut publish = shipped.program("mosquitto_pub", by);
            // Its exit code says nothing about rights in this version.
            publish.args(["-q", "1", "-t", &format!("{BASE}/down/mark"), "-m", &mark(n)]).status().unwrap();
        };
        // A mark of numbers never given would begin a new stream, if it came through. The broker acknowledged it before
        // the centre's own is sent, so it would come first.
        publish_mark(other, 1_000_000);
        publish_mark("centre", seq.n);
        wait(|| "the centre's mark".to_owned(), || here.outbox.depth().marks);
        assert_eq!(here.outbox.depth().stream, *seq.stream, "another box's mark was taken");

        let first = round * 1000 + 1;
        let mut number = round * 1000;
        wait(
            || "an alert of the real box".to_owned(),
            || {
                number += 1;
                here.alert(number, Level::Red);
                // Not the first ones: the subscriber may have come later.
                (first..=number).any(|alert| centre.has(&format!("\"alert-{alert}.1\"")))
            },
        );
        assert!(!centre.has("alert-666"), "the impostor {other} was heard");
        assert!(!impostor.outbox.depth().marks, "the impostor {other} heard what was said to box 1");
    }
}

#[test]
fn a_namesake_in_another_area_is_heard_there_and_throws_nobody_off() {
    let shipped = Shipped::start();
    let there = Settings { area: "530128".to_owned(), ..shipped.settings(Some(BOXES[2])) };
    let boxes = [Here::start(shipped.settings(Some(BOX))), Here::start(there)];
    for here in &boxes {
        here.wait_connected();
        here.alert(1, Level::Red);
        here.wait_empty();
    }
    for here in &boxes {
        let status = here.publisher.status();
        assert_eq!((status.connections, status.last_refusal, status.namesake), (1, None, None));
        assert!(status.deaf_to.is_empty());
    }
}

#[test]
fn a_box_that_is_not_on_the_list_may_do_nothing_and_is_reported() {
    let shipped = Shipped::start();
    std::fs::write(shipped.file("boxes.acl"), access_list(&BOXES[1..])).unwrap();
    let here = Here::start(shipped.settings(Some(BOX)));
    // The broker goes by the list it has read.
    here.wait_connected();
    drop(here);
    shipped.broker.reload();
    let here = Here::start(shipped.settings(Some(BOX)));
    here.alert(1, Level::Red);
    here.wait_status("a refusal", |status| status.last_refusal.is_some());
}

#[test]
fn the_shipped_list_is_what_the_script_writes_and_a_name_that_is_none_is_refused() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/broker/boxes.acl");
    assert_eq!(std::fs::read_to_string(path).unwrap(), access_list(&["530127.box-7f3a"]));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/broker/acl.sh");
    for name in ["box-1", "530127/box-1", "530127.+", "530127.#", "530127.Box", "530127.box-1/x"] {
        let output = Command::new(&script).arg(name).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && text.contains("is no name of a box"), "{name}: {text}");
    }
}
