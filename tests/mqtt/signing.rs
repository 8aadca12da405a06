//! What a box signs, and who verifies it: a command centre that shares no code with Lookout (joserfc and paho-mqtt).

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lookout::contract::box_key::BoxKey;
use lookout::contract::messages::CAMERA;
use lookout::contract::signature::{KnownKey, PrivateKey, Role, verify};
use lookout::types::hex::sha256_hex;
use lookout::types::level::Level;
use lookout::types::mqtt::Version;
use parking_lot::Mutex;
use serde_json::Value;

use crate::fake::{FakeBroker, Taken};
use crate::here::*;
use crate::support::daemon::{Daemon, write_config};
use crate::support::listener::Listener;
use crate::support::mosquitto::{Mosquitto, free_port};
use crate::support::python::python;

fn script(name: &str) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/centre").join(name);
    let mut command = Command::new(python("joserfc", "LOOKOUT_JOSERFC"));
    // The library warns that the algorithm has a newer name.
    command.args(["-W", "ignore"]).arg(script).stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// A command centre that verifies; listens when it was made.
struct Centre {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Centre {
    /// Until on each topic that `wanted` begin a message came that verifies by the public `key`.
    fn start(port: u16, version: &str, key: &Path, wanted: &[&str]) -> Self {
        let mut command = script("verify.py");
        command.args([&port.to_string(), BASE, version]).arg(key).args(wanted);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready", "the centre does not listen");
        Centre { child, lines }
    }

    /// What it said of each message, when it had all that were wanted.
    fn end(mut self) -> Vec<Value> {
        let lines = std::io::Read::by_ref(&mut self.lines).lines();
        let reported: Vec<Value> = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        assert!(self.child.wait().unwrap().success(), "{reported:#?}");
        reported
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The public half of a key in a file, as a centre registers it.
fn registered(folder: &Path, key: &BoxKey) -> PathBuf {
    let file = folder.join("box.jwk");
    fs::write(&file, serde_json::to_string(&key.public()).unwrap()).unwrap();
    file
}

fn on<'t>(reported: &'t [Value], topic: &str) -> Vec<&'t Value> {
    reported.iter().filter(|one| one["topic"].as_str().unwrap().starts_with(topic)).collect()
}

#[test]
#[ignore = "needs joserfc, which deploy/test.sh installs"]
fn with_mqtt_5_everything_that_a_box_says_verifies_and_with_a_byte_changed_nothing_does() {
    let broker = Mosquitto::start();
    let folder = directory();
    let key = Arc::new(BoxKey::generate().unwrap());
    let file = registered(folder.path(), &key);
    let centre = Centre::start(broker.port(), "5", &file, &["up/state", "up/alert", "up/evidence/alert-1"]);
    let here = Here::start_signing(settings(&broker.url(), Version::V5), key, |_| {});
    here.alert(1, Level::Red);
    append_picture(&here.outbox, 1, Level::Red, 100_000);
    let reported = centre.end();
    assert!(reported.iter().all(|one| one["verifies"] == true && one["changed"] == false), "{reported:#?}");
    assert_eq!(on(&reported, "up/alert")[0]["id"], "alert-1.1");
}

#[test]
#[ignore = "needs joserfc, which deploy/test.sh installs"]
fn with_mqtt_3_1_1_the_signature_comes_beside_and_verifies() {
    let broker = Mosquitto::start();
    let folder = directory();
    let key = Arc::new(BoxKey::generate().unwrap());
    let file = registered(folder.path(), &key);
    let centre = Centre::start(broker.port(), "3.1.1", &file, &["up/alert"]);
    let here = Here::start_signing(settings(&broker.url(), Version::V311), key, |_| {});
    here.alert(1, Level::Red);
    let reported = centre.end();
    let alerts = on(&reported, "up/alert");
    assert_eq!((&alerts[0]["id"], &alerts[0]["verifies"]), (&Value::from("alert-1.1"), &Value::from(true)));
    assert_eq!(alerts[0]["changed"], false);
}

#[test]
#[ignore = "needs joserfc, which deploy/test.sh installs"]
fn what_another_key_signed_does_not_verify() {
    let broker = Mosquitto::start();
    let folder = directory();
    let [key, other] = [BoxKey::generate().unwrap(), BoxKey::generate().unwrap()].map(Arc::new);
    let file = registered(folder.path(), &key);
    // It ends with what the registered key signs.
    let centre = Centre::start(broker.port(), "5", &file, &["up/alert"]);
    let stranger = Here::start_signing(settings(&broker.url(), Version::V5), other, |_| {});
    stranger.alert(1, Level::Red);
    stranger.wait_empty();
    stranger.publisher.stop(Duration::from_secs(5));
    let here = Here::start_signing(settings(&broker.url(), Version::V5), key, |_| {});
    here.alert(2, Level::Red);
    let reported = centre.end();
    let alerts: Vec<_> =
        on(&reported, "up/alert").iter().map(|one| (one["id"].clone(), one["verifies"].clone())).collect();
    let expected =
        [("alert-1.1", false), ("alert-2.1", true)].map(|(id, good)| (Value::from(id), Value::from(good)));
    assert_eq!(alerts, expected, "{reported:#?}");
    assert!(on(&reported, "up/alert").iter().all(|one| one["signed"] == true), "{reported:#?}");
}

/// A box whose one camera is not there, which is worth an alert.
fn site(folder: &Path, port: u16, more: &str) -> PathBuf {
    let text = format!(
        "[site]\nbox = \"box-1\"\narea = \"530127\"\nlanguage = \"en\"\n[mqtt]\nurl = \"mqtt://127.0.0.1:{port}\"\n{more}\n[outbox]\ndir = \"{0}/outbox\"\n\
         [evidence]\ndir = \"{0}/evidence\"\n[[camera]]\nid = \"cam\"\neye = \"village\"\n\
         url = \"rtsp://127.0.0.1:{1}/none\"\ngrid = \"53012700300102\"\n",
        folder.display(),
        free_port(),
    );
    write_config(folder, &text)
}

fn start(config: &Path) -> Daemon {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/manifest.toml");
    Daemon::start(config, &manifest)
}

/// Exit code, standard output, standard error.
fn keys_box(config: &Path, more: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lookout"));
    let output = command.args(["keys", "box", "--config"]).arg(config).args(more).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), out, err)
}

#[test]
#[ignore = "needs joserfc, which deploy/test.sh installs"]
fn the_alerts_of_the_daemon_verify_by_the_key_that_lookout_keys_box_prints() {
    for (version, more, wanted) in [
        ("5", "", &["up/state", "up/meta", "up/health", "up/alert"][..]),
        ("3.1.1", "version = \"3.1.1\"", &["up/alert"]),
    ] {
        let broker = Mosquitto::start();
        let folder = tempfile::tempdir().unwrap();
        let config = site(folder.path(), broker.port(), more);
        // The key is made by the first start; the second one signs with the same.
        let daemon = start(&config);
        daemon.wait_for_log("connected to the command centre", PATIENCE);
        assert_eq!(daemon.stop(PATIENCE), 0);
        let (code, jwk, err) = keys_box(&config, &["--json"]);
        assert_eq!((code, err.as_str()), (0, ""));
        let file = folder.path().join("box.jwk");
        fs::write(&file, jwk).unwrap();
        let centre = Centre::start(broker.port(), version, &file, wanted);
        let daemon = start(&config);
        let reported = centre.end();
        let alerts = on(&reported, "up/alert");
        assert!(alerts.iter().all(|one| one["verifies"] == true && one["changed"] == false), "{reported:#?}");
        assert_eq!(daemon.stop(PATIENCE), 0);
    }
}

#[test]
fn the_key_that_is_printed_is_the_one_that_up_meta_tells_and_the_private_half_stays() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().unwrap();
    let config = site(folder.path(), broker.port(), "");
    let (code, out, err) = keys_box(&config, &[]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("has no key yet") && err.contains("hint: it is made at the first start"), "{err}");
    let listener = Listener::start(broker.port(), "lookout/v1/530127/box-1/up/#");
    let daemon = start(&config);
    let meta = listener.wait_one("the birth message", |one| one.topic.ends_with("up/meta"));
    let (code, out, err) = keys_box(&config, &["--json"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let printed: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(meta.json()["data"]["signing_key"], printed);
    let file = folder.path().join("outbox/box-key.jwk");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let private: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let secret = private["d"].as_str().unwrap();
    let (_, for_people, _) = keys_box(&config, &[]);
    assert!(for_people.contains("530127.box-1") && for_people.contains(printed["kid"].as_str().unwrap()));
    let (code, log) = daemon.stop_for_log(PATIENCE);
    assert_eq!(code, 0);
    let received = listener.received();
    let mut said = received.iter().map(|one| String::from_utf8_lossy(&one.payload));
    for (what, text) in [("the command", out), ("the command", for_people), ("the log", log)] {
        assert!(!text.contains(secret), "{what}: {text}");
    }
    assert!(said.all(|text| !text.contains(secret)), "a message");
}

#[test]
fn a_key_that_cannot_be_used_is_reported_and_kept_and_the_box_goes_on_unsigned() {
    for (content, mode, why) in
        [("{\"kty\":\"OKP\"", 0o600, "is damaged"), ("{}", 0o644, "can be read by other users")]
    {
        let broker = Mosquitto::start();
        let folder = tempfile::tempdir().unwrap();
        let config = site(folder.path(), broker.port(), "version = \"3.1.1\"");
        let file = folder.path().join("outbox/box-key.jwk");
        fs::create_dir(folder.path().join("outbox")).unwrap();
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let (code, _, err) = keys_box(&config, &[]);
        assert!(code == 1 && err.contains(why) && err.contains("hint: "), "{code}: {err}");
        let listener = Listener::start(broker.port(), "lookout/v1/530127/box-1/up/#");
        let daemon = start(&config);
        let reported = listener.wait_one("that it cannot sign", |one| {
            let degraded = one.json()["data"]["degraded"].clone();
            one.topic.ends_with("up/health")
                && degraded.as_array().into_iter().flatten().any(|entry| entry["part"] == "signing")
        });
        let entries = reported.json()["data"]["degraded"].clone();
        let entry =
            entries.as_array().unwrap().iter().find(|entry| entry["part"] == "signing").unwrap().clone();
        let reason = entry["reason"].as_str().unwrap();
        assert!(reason.contains("messages are not signed") && reason.contains(why), "{reason}");
        let alert = listener.wait_one("an alert", |one| one.topic.ends_with("up/alert"));
        assert_eq!(alert.json()["data"]["kind"], "camera_trouble");
        let received = listener.received();
        assert!(received.iter().all(|one| !one.topic.ends_with("up/signature")), "signed with what?");
        let meta = received.iter().find(|one| one.topic.ends_with("up/meta")).unwrap().json();
        assert!(meta["data"].is_object() && meta["data"]["signing_key"].is_null());
        let (code, log) = daemon.stop_for_log(PATIENCE);
        assert!(code == 0 && log.contains(why) && log.contains("messages are sent unsigned"), "{log}");
        assert_eq!(fs::read_to_string(&file).unwrap(), content, "what was there stays");
    }
}

/// What is kept and expires is signed like what is not kept.
#[test]
fn with_mqtt_5_the_signature_is_a_property_of_the_message_and_nothing_comes_beside() {
    use rumqttc::v5::mqttbytes::QoS;
    use rumqttc::v5::mqttbytes::v5::Packet;
    use rumqttc::v5::{Client, Event, MqttOptions};

    let broker = Mosquitto::start();
    let key = Arc::new(BoxKey::generate().unwrap());
    let here = Here::start_signing(settings(&broker.url(), Version::V5), key.clone(), |_| {});
    here.publisher.set_latest(CAMERA.at(&["cam-1"]), b"{\"camera\":1}".to_vec());
    let mut options = MqttOptions::new("centre", "127.0.0.1", broker.port());
    options.set_keep_alive(Duration::from_secs(5));
    let (client, mut connection) = Client::new(options, 8);
    client.subscribe(format!("{BASE}/up/#"), QoS::AtLeastOnce).unwrap();
    let mut came = BTreeSet::new();
    for event in connection.iter() {
        let publish = match event.unwrap() {
            Event::Incoming(Packet::SubAck(_)) => {
                here.alert(1, Level::Red);
                continue;
            }
            Event::Incoming(Packet::Publish(publish)) => publish,
            _ => continue,
        };
        let topic = String::from_utf8_lossy(&publish.topic).into_owned();
        let properties = publish.properties.unwrap_or_default();
        let expected = vec![("jws".to_owned(), key.sign(&publish.payload))];
        assert_eq!(properties.user_properties, expected, "{topic}");
        assert_eq!(properties.message_expiry_interval.is_some(), topic.ends_with("cam-1"), "{topic}");
        came.insert(topic.trim_start_matches(BASE).to_owned());
        if came.len() == 3 {
            break;
        }
    }
    assert_eq!(came, ["/up/alert", "/up/camera/cam-1", "/up/state"].map(str::to_owned).into());
}

/// A signature is no record of the outbox, and must not be lost where its message is not.
#[test]
fn over_mqtt_3_1_1_a_signature_comes_before_its_message_and_again_when_the_connection_is_lost() {
    type Came = Arc<Mutex<Vec<(usize, String, Vec<u8>)>>>;
    let came: Came = Arc::default();
    let noted = came.clone();
    let broker = FakeBroker::start(move |guest| {
        guest.accept(&[])?;
        loop {
            let (pkid, topic, payload) = guest.next_on(is_alert_or_signature)?;
            guest.puback(pkid, 0)?;
            let topic = topic.rsplit_once('/').unwrap().1.to_owned();
            let is_signature = topic == "signature";
            noted.lock().push((guest.nth, topic, payload));
            if guest.nth == 0 && is_signature {
                // The connection ends between the two.
                return Ok(());
            }
        }
    });
    let key = Arc::new(BoxKey::generate().unwrap());
    let settings = settings(&broker.url(), Version::V311);
    let here = Here::start_signing(settings, key.clone(), |outbox| {
        append(outbox, 1, Level::Red);
        append(outbox, 2, Level::Red);
    });
    here.wait_empty();
    let came = came.lock();
    let topics = |nth: usize| -> Vec<&str> {
        came.iter().filter(|one| one.0 == nth).map(|(_, topic, _)| topic.as_str()).collect()
    };
    assert_eq!(topics(0), ["signature"]);
    assert_eq!(topics(1), ["signature", "alert", "signature", "alert"]);
    let of_second: Vec<&Vec<u8>> =
        came.iter().filter(|one| one.0 == 1).map(|(_, _, payload)| payload).collect();
    for pair in of_second.chunks(2) {
        let signature: Value = serde_json::from_slice(pair[0]).unwrap();
        let alert: Value = serde_json::from_slice(pair[1]).unwrap();
        assert_eq!(signature["type"], "lookout.signature.v1");
        assert_eq!(signature["data"]["of"]["topic"], "up/alert");
        assert_eq!(signature["data"]["of"]["sha256"], sha256_hex(pair[1]));
        assert_eq!(signature["data"]["of"]["seq"], alert["data"]["seq"]);
        assert_eq!(signature["data"]["jws"], key.sign(pair[1]));
    }
}

fn is_alert_or_signature(topic: &str) -> bool {
    topic.ends_with("/up/alert") || topic.ends_with("/up/signature")
}

/// Access rules that nobody widened for `up/signature` must not silence a box, whether the broker ends the connection or only
/// keeps still.
#[test]
fn over_mqtt_3_1_1_a_broker_that_takes_no_signatures_gets_the_alerts_without_them() {
    for is_closed in [true, false] {
        let taken = Taken::default();
        let (noted, signatures) = (taken.clone(), Arc::new(Mutex::new(0)));
        let count = signatures.clone();
        let broker = FakeBroker::start(move |guest| {
            guest.accept(&[])?;
            loop {
                let (pkid, topic, payload) = guest.next_on(is_alert_or_signature)?;
                if topic.ends_with("/up/alert") {
                    noted.note(&payload);
                    guest.puback(pkid, 0)?;
                    continue;
                }
                *count.lock() += 1;
                if is_closed {
                    return guest.leave();
                }
                guest.take_nothing()?;
            }
        });
        let mut settings = settings(&broker.url(), Version::V311);
        settings.timing.stall = Duration::from_secs(2);
        settings.timing.hold_first = PATIENCE;
        let here = Here::start_signing(settings, Arc::new(BoxKey::generate().unwrap()), |outbox| {
            append(outbox, 1, Level::Red);
            append(outbox, 2, Level::Red);
        });
        here.wait_empty();
        assert_eq!(taken.ids(), ids([1, 2]), "{is_closed}");
        let of_both = *signatures.lock();
        assert_eq!(of_both, 3, "{is_closed}");
        let status = here.wait_status("that it is told", |status| status.unsigned.is_some());
        let (reported, hint) = status.unsigned.unwrap();
        let reported = format!("{reported}\n{hint}");
        assert!(
            reported.contains("does not take `up/signature`") && !hint.to_string().is_empty(),
            "{reported}"
        );
        here.alert(3, Level::Red);
        here.wait_empty();
        assert_eq!((taken.ids(), *signatures.lock()), (ids([1, 2, 3]), of_both), "none is tried again yet");
    }
}

/// Three connections may as well end because of the link.
#[test]
fn over_mqtt_3_1_1_signatures_are_tried_again_soon_and_given_up_for_a_day_only_if_it_is_they() {
    for takes_signatures in [true, false] {
        let signatures = Arc::new(Mutex::new(0));
        let count = signatures.clone();
        let broker = FakeBroker::start(move |guest| {
            guest.accept(&[])?;
            loop {
                let (pkid, topic, _) = guest.next_on(is_alert_or_signature)?;
                if topic.ends_with("/up/signature") {
                    *count.lock() += 1;
                    if guest.nth < 3 || !takes_signatures {
                        return guest.leave();
                    }
                }
                guest.puback(pkid, 0)?;
            }
        });
        let settings = settings(&broker.url(), Version::V311);
        let hold = settings.timing.hold_first;
        let here = Here::start_signing(settings, Arc::new(BoxKey::generate().unwrap()), |outbox| {
            append(outbox, 1, Level::Red);
        });
        let is_over = |hold: Duration| {
            let since = Instant::now();
            wait(|| "the time to be over".to_owned(), || since.elapsed() > hold);
        };
        here.wait_empty();
        assert_eq!(*signatures.lock(), 3, "{takes_signatures}");
        here.wait_status("that it is told", |status| status.unsigned.is_some());
        is_over(hold);
        here.alert(2, Level::Red);
        here.wait_empty();
        assert_eq!(*signatures.lock(), 4, "it is tried again: {takes_signatures}");
        if takes_signatures {
            here.wait_status("that it signs", |status| status.unsigned.is_none());
        }
        is_over(2 * hold);
        here.alert(3, Level::Red);
        here.wait_empty();
        let of_all = if takes_signatures { 5 } else { 4 };
        assert_eq!(*signatures.lock(), of_all, "{takes_signatures}");
        assert_eq!(here.publisher.status().unsigned.is_none(), takes_signatures);
    }
}

#[test]
fn with_mqtt_5_a_message_that_is_too_large_only_with_its_signature_arrives_without() {
    let taken = Taken::default();
    let noted = taken.clone();
    let broker = FakeBroker::start(move |guest| {
        // Maximum Packet Size 2000.
        guest.accept(&[0x27, 0, 0, 0x07, 0xd0])?;
        guest.behave(&noted)
    });
    let settings = settings(&broker.url(), Version::V5);
    let here = Here::start_signing(settings, Arc::new(BoxKey::generate().unwrap()), |outbox| {
        append(outbox, 1, Level::Red);
    });
    here.wait_empty();
    assert_eq!(here.publisher.status().unsigned, None);
    append_padded(&here.outbox, 2, Level::Red, 1600);
    here.wait_empty();
    assert_eq!(taken.ids(), ids([1, 2]));
    let status = here.wait_status("that it is told", |status| status.unsigned.is_some());
    let (reported, hint) = status.unsigned.unwrap();
    let reported = format!("{reported}\n{hint}");
    assert!(reported.contains("larger than the 2000 bytes") && !hint.to_string().is_empty(), "{reported}");
}

#[test]
#[ignore = "needs joserfc, which deploy/test.sh installs"]
fn a_command_that_a_public_library_signed_is_believed_by_either_name_of_the_algorithm() {
    let folder = directory();
    let key = PrivateKey::generate("desk-1").unwrap();
    let file = folder.path().join("desk-1.jwk");
    fs::write(&file, key.to_jwk()).unwrap();
    let known = [KnownKey { id: "desk-1".into(), role: Role::Desk, public: key.public() }];
    for algorithm in ["EdDSA", "Ed25519"] {
        let mut child = script("sign.py").arg(&file).arg(algorithm).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"{\"request_id\":\"r1\"}").unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{algorithm}");
        let (payload, by) = verify(output.stdout.trim_ascii(), &known).unwrap();
        assert_eq!((payload.as_slice(), &*by.id), (&b"{\"request_id\":\"r1\"}"[..], "desk-1"), "{algorithm}");
    }
}
