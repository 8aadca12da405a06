//! Sensors on a real broker: what zigbee2mqtt, ChirpStack and ONVIF devices publish, and what goes wrong there.

use std::io::Write as _;
use std::process::{Command, Stdio};

use lookout::analysis::sensor::RawReading;
use lookout::sensors::{Broker, BrokerTls, Extract, Sensor, Setup, Source, Subscription};
use lookout::types::secret::Secret;
use serde_json::{Value, json};

use super::here::{QUICK, Running, at, onvif, sensor, value};
use super::support::mosquitto::{Mosquitto, Options};

fn broker(port: u16) -> Broker {
    Broker { name: "b".into(), host: "127.0.0.1".to_owned(), port, tls: None, login: None }
}

fn on(id: &str, topic: &str, extract: Extract) -> Sensor {
    sensor(id, Source::Mqtt(Subscription { broker: "b".into(), topic: topic.to_owned(), extract }))
}

fn start(port: u16, sensors: Vec<Sensor>) -> Running {
    Running::start(Setup { sensors, brokers: vec![broker(port)], webhook: None, timing: QUICK })
}

/// Publishes with mosquitto's own client, which ends when the broker has the message.
fn publish_with(port: u16, topic: &str, payload: &[u8], more: &[&str]) {
    let mut child = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-q", "1", "-t", topic])
        // It does not take nothing from its input.
        .arg(if payload.is_empty() { "-n" } else { "-s" })
        .args(more)
        .stdin(Stdio::piped())
        .spawn()
        .expect("mosquitto_pub; deploy/test.sh installs it");
    child.stdin.take().unwrap().write_all(payload).unwrap();
    assert!(child.wait().unwrap().success());
}

fn publish(port: u16, topic: &str, payload: &Value) {
    publish_with(port, topic, payload.to_string().as_bytes(), &[]);
}

/// Publishes until the sensors listen: the first message that arrives shows it, and all say the same.
fn publish_until_received(port: u16, running: &Running, id: &str, topic: &str, payload: &Value) {
    let before = running.said(id).len();
    let deadline = std::time::Instant::now() + super::here::SOON;
    while running.said(id).len() == before {
        assert!(std::time::Instant::now() < deadline, "{id} does not listen: {:#?}", running.stats(id));
        publish(port, topic, payload);
    }
}

/// As Zigbee2MQTT's pages of the devices describe them: a contact sensor whose `contact` is true when it is closed, a
/// smoke alarm, an air sensor. ChirpStack v4's uplink event with a decoded object. The temperature event and
/// payload form of the ONVIF Core Specification.
#[test]
fn what_usual_devices_publish_is_read() {
    let broker = Mosquitto::start();
    let mut contact = at("/contact");
    contact.words.extend([("true".to_owned(), 0.0), ("false".to_owned(), 1.0)]);
    let uplink = "application/6a3a9d4e-0b7e-4f65-9c2a-6a1f1d6d7a10/device/a84041c2f1823b5e/event/up";
    let level = Extract { skip_missing: true, ..at("/object/water_level_m") };
    let temperature = "gate/onvif-ej/Device/Sensor/Temperature/High";
    let running = start(
        broker.port(),
        vec![
            on("door", "zigbee2mqtt/door-1", contact),
            on("smoke", "zigbee2mqtt/smoke-1", at("/smoke")),
            on("dust", "zigbee2mqtt/air-1", at("/pm25")),
            on("air", "zigbee2mqtt/air-1", at("/temperature")),
            on("drain", uplink, level),
            on("onvif", temperature, onvif(&[("SensorID", "temp_001")], "Value")),
            on("relay", "gate/onvif-ej/Device/Trigger/Relay/&Relay-1", onvif(&[], "LogicalState")),
        ],
    );
    let door = |closed: bool| json!({"battery": 100, "contact": closed, "linkquality": 128, "voltage": 3045});
    publish_until_received(broker.port(), &running, "door", "zigbee2mqtt/door-1", &door(true));
    assert!(running.said("door").iter().all(|said| *said == value(0.0)), "closed is 0");
    publish(broker.port(), "zigbee2mqtt/door-1", &door(false));
    // Repeats of "closed" may still be on their way.
    let mut said = running.said("door").len().max(1);
    while *running.wait_for("door", said).last().unwrap() != value(1.0) {
        said += 1;
    }

    let smoke =
        json!({"battery": 98, "battery_low": false, "linkquality": 102, "smoke": true, "tamper": false});
    publish(broker.port(), "zigbee2mqtt/smoke-1", &smoke);
    assert_eq!(running.wait_for("smoke", 1), [value(1.0)]);
    let air = json!({"humidity": 51.2, "linkquality": 96, "pm25": 37, "temperature": 21.4, "voc": 12});
    publish(broker.port(), "zigbee2mqtt/air-1", &air);
    assert_eq!(running.wait_for("dust", 1), [value(37.0)]);
    assert_eq!(running.wait_for("air", 1), [value(21.4)], "two sensors share a topic");

    let event = |object: Value| {
        json!({
            "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
            "time": "2026-11-21T12:00:00.123456789+00:00",
            "deviceInfo": {
                "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242", "tenantName": "community",
                "applicationId": "6a3a9d4e-0b7e-4f65-9c2a-6a1f1d6d7a10", "applicationName": "drains",
                "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad", "deviceProfileName": "level",
                "deviceName": "drain-2", "devEui": "a84041c2f1823b5e", "tags": {}
            },
            "devAddr": "00189440", "adr": true, "dr": 1, "fCnt": 4, "fPort": 2, "confirmed": false,
            "data": "AQIDBA==", "object": object,
            "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -36, "snr": 10.5, "metadata": {"region_name": "cn470"}}],
            "txInfo": {"frequency": 470_300_000, "modulation": {"lora": {"bandwidth": 125_000, "spreadingFactor": 11}}}
        })
    };
    publish(broker.port(), uplink, &event(json!({"water_level_m": 0.42, "battery_v": 3.6})));
    assert_eq!(running.wait_for("drain", 1), [value(0.42)]);
    publish(broker.port(), uplink, &event(json!({"firmware": "1.2"})));
    running.wait_until("drain", "passed over", |stats| stats.passed_over == 1);

    let event = |id: &str| json!({"UtcTime": "2025-07-15T14:30:00Z", "Source": {"SensorID": id}, "Data": {"Value": 298.65, "Threshold": 295.15}});
    publish(broker.port(), temperature, &event("temp_002"));
    publish(broker.port(), temperature, &event("temp_001"));
    assert_eq!(running.wait_for("onvif", 1), [value(298.65)]);
    assert_eq!(running.stats("onvif").passed_over, 1);
    let relay = json!({"UtcTime": "2026-11-21T12:00:00Z", "Source": {"RelayToken": "Relay-1"}, "Data": {"LogicalState": "inactive"}});
    publish(broker.port(), "gate/onvif-ej/Device/Trigger/Relay/&Relay-1", &relay);
    assert_eq!(running.wait_for("relay", 1), [value(0.0)]);
    assert_eq!(running.said("drain"), [value(0.42)]);
    running.stop();
}

#[test]
fn a_retained_message_is_old_news_and_not_taken() {
    let broker = Mosquitto::start();
    publish_with(broker.port(), "s/level", br#"{"v":9.0}"#, &["-r"]);
    let running = start(broker.port(), vec![on("level", "s/level", at("/v"))]);
    // The retained one comes right with the subscription, before anything else.
    running.wait_until("level", "seen", |stats| stats.retained == 1);
    publish(broker.port(), "s/level", &json!({"v": 1.0}));
    assert_eq!(running.wait_for("level", 1), [value(1.0)]);
    // What is published live with the retain flag is live.
    publish_with(broker.port(), "s/level", br#"{"v":2.0}"#, &["-r"]);
    assert_eq!(running.wait_for("level", 2), [value(1.0), value(2.0)]);
    assert_eq!(running.stats("level").retained, 1);
    running.stop();
}

#[test]
fn garbage_is_never_a_value_and_harms_nobody() {
    let broker = Mosquitto::start();
    let running =
        start(broker.port(), vec![on("level", "s/level", at("/v")), on("other", "s/other", at("/v"))]);
    publish_until_received(broker.port(), &running, "level", "s/level", &json!({"v": 1.0}));
    // More than one of these may be on its way; this one comes after them.
    publish(broker.port(), "s/level", &json!({"v": 9.5}));
    let mut before = 1;
    while running.wait_for("level", before).last() != Some(&value(9.5)) {
        before += 1;
    }
    let before = running.said("level").len();
    let too_long = format!("{{\"v\":1.0,\"pad\":\"{}\"}}", "x".repeat(100_000));
    let garbage: [&[u8]; 14] = [
        b"",
        b"{",
        b"\x00\xff\xfe\x80",
        b"{\"v\":}",
        b"{\"v\":\"NaN\"}",
        b"{\"v\":1e400}",
        b"{\"v\":null}",
        b"{\"v\":{\"v\":1}}",
        b"{\"v\":[1,2,3]}",
        b"{\"w\":1}",
        b"<xml>1</xml>",
        b"{\"v\":\"1; DROP TABLE\"}",
        "[".repeat(50_000).leak().as_bytes(),
        too_long.as_bytes(),
    ];
    for payload in garbage {
        publish_with(broker.port(), "s/level", payload, &[]);
    }
    let said = running.wait_for("level", before + garbage.len());
    for (said, payload) in said[before..].iter().zip(garbage) {
        let shown = String::from_utf8_lossy(&payload[..payload.len().min(40)]).into_owned();
        assert!(matches!(said, RawReading::Unreadable(_)), "{shown:?} became {said:?}");
    }
    assert_eq!(running.stats("level").reading.value(), None, "the sensor is bad now");
    publish(broker.port(), "s/level", &json!({"v": 2.0}));
    publish(broker.port(), "s/other", &json!({"v": 3.0}));
    assert_eq!(running.wait_for("level", before + garbage.len() + 1).last(), Some(&value(2.0)));
    assert_eq!(running.wait_for("other", 1), [value(3.0)]);
    running.stop();
}

#[test]
fn a_broker_that_restarts_is_found_again() {
    let mut broker = Mosquitto::start();
    let running = start(broker.port(), vec![on("level", "s/level", at("/v"))]);
    publish_until_received(broker.port(), &running, "level", "s/level", &json!({"v": 1.0}));
    broker.kill();
    let stats = running.wait_until("level", "troubled", |stats| stats.trouble.is_some());
    let trouble = stats.trouble.unwrap().to_string();
    assert!(trouble.contains(&format!("127.0.0.1:{}", broker.port())), "{trouble}");
    broker.restart();
    publish_until_received(broker.port(), &running, "level", "s/level", &json!({"v": 2.0}));
    assert_eq!(running.said("level").last(), Some(&value(2.0)));
    assert_eq!(running.stats("level").trouble, None);
    running.stop();
}

#[test]
fn a_login_and_a_private_authority_are_used_and_a_wrong_password_is_said() {
    let broker = Mosquitto::start_with(Options {
        login: Some(("box", "right-password")),
        tls: true,
        ..Options::default()
    });
    let with = |password: &str| Broker {
        name: "b".into(),
        host: "localhost".to_owned(),
        port: broker.port(),
        tls: Some(BrokerTls { ca_file: Some(broker.ca_file()) }),
        login: Some(("box".to_owned(), Secret::new(password))),
    };
    let start = |password: &str| {
        Running::start(Setup {
            sensors: vec![on("level", "s/level", at("/v"))],
            brokers: vec![with(password)],
            webhook: None,
            timing: QUICK,
        })
    };
    let wrong = start("wrong-password");
    let trouble =
        wrong.wait_until("level", "refused", |stats| stats.trouble.is_some()).trouble.unwrap().to_string();
    assert!(
        trouble.contains("check its user and secret") && !trouble.contains("wrong-password"),
        "{trouble}"
    );
    assert!(!format!("{:?}", with("wrong-password")).contains("wrong-password"));
    wrong.stop();

    let right = start("right-password");
    let ca = broker.ca_file();
    let login = ["-u", "box", "-P", "right-password", "--cafile", ca.to_str().unwrap(), "-h", "localhost"];
    let deadline = std::time::Instant::now() + super::here::SOON;
    while right.said("level").is_empty() {
        assert!(std::time::Instant::now() < deadline, "{:#?}", right.stats("level"));
        publish_with(broker.port(), "s/level", br#"{"v":1.5}"#, &login);
    }
    assert_eq!(right.said("level")[0], value(1.5));
    right.stop();
}
