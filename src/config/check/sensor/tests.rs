use std::path::Path;

use super::*;
use crate::config::{Config, Surroundings};
use crate::sensors::{Line, Place, Poll, RegisterQuery, Subscription};
use crate::types::language::Language;
use crate::types::modbus;

const MINIMAL: &str = include_str!("../../../../config/minimal.toml");
const EXAMPLE: &str = include_str!("../../../../config/example.toml");

/// A door at the broker on this machine.
const DOOR: &str = r#"
[[sensor]]
id = "door"
quantity = "door"
grid = "53012700300102"
stale_after_secs = 3600
mqtt_json = { topic = "zigbee2mqtt/door", pointer = "/contact" }
"#;

/// A gauge over Modbus.
const GAUGE: &str = r#"
[[sensor]]
id = "gauge"
quantity = "water_level"
grid = "53012700300102"
modbus_tcp = { address = "10.0.0.8", register = 17, kind = "f32" }
"#;

const WEBHOOK: &str = r#"
[[sensor]]
id = "dust"
quantity = "pm10"
grid = "53012700300102"
stale_after_secs = 60
webhook = { path = "/dust" }

[sensors.webhook]
secret = "webhook"
"#;

fn surroundings(at_home: bool, base: &Path) -> Surroundings {
    Surroundings {
        base: base.to_owned(),
        state_dir: "/var/lib/lookout".into(),
        credentials_dir: None,
        at_home,
    }
}

/// A text behind `minimal.toml`, checked for another machine.
fn check(sensors: &str) -> Result<Config, String> {
    let text = format!("{MINIMAL}\n{sensors}");
    Config::from_text(Path::new("site.toml"), &text, &surroundings(false, Path::new("/etc/lookout")))
        .map_err(|problems| problems.to_string())
}

/// What is said, errors or warnings.
fn said(sensors: &str) -> String {
    match check(sensors) {
        Ok(config) => {
            config.warnings.iter().map(|p| format!("{}\n", p.of(config.path(), Language::English))).collect()
        }
        Err(problems) => problems,
    }
}

fn query(config: &Config) -> &RegisterQuery {
    match &config.sensors.list[0].source {
        Source::Modbus(Poll { query, .. }) => query,
        other => panic!("no Modbus: {other:?}"),
    }
}

fn subscription(sensor: &Sensor) -> &Subscription {
    match &sensor.source {
        Source::Mqtt(subscription) => subscription,
        other => panic!("no MQTT: {other:?}"),
    }
}

/// Of `asked every 5s of unit 1 at 10.0.0.8:502` only `asked at`.
fn shape(description: &str) -> String {
    let first = description.split(' ').next().unwrap_or_default();
    let way = if first == "asked" && description.contains(" on /") { " on" } else { " at" };
    format!("{first}{}", if first == "asked" { way } else { "" })
}

#[test]
fn what_is_left_out_is_the_usual() {
    let config = check(&format!("{DOOR}{GAUGE}")).unwrap();
    let [door, gauge] = config.sensors.list.as_slice() else { panic!("two sensors") };
    assert_eq!((&*door.plan.unit, door.plan.range, door.plan.is_binary()), ("0/1", Some([0.0, 1.0]), true));
    assert_eq!((&*gauge.plan.unit, gauge.plan.range), ("m", Some([-10.0, 100.0])));
    assert_eq!((gauge.plan.scale, gauge.plan.offset, gauge.plan.debounce), (1.0, 0.0, Duration::ZERO));
    assert_eq!(gauge.plan.stale_after, Duration::from_secs(16), "three polls and an answer");
    let Source::Modbus(Poll { line: Line::Tcp { host, port: 502, framing: modbus::Framing::Tcp }, query }) =
        &gauge.source
    else {
        panic!("no Modbus")
    };
    assert_eq!((host.as_str(), query.unit, query.poll), ("10.0.0.8", 1, Duration::from_secs(5)));
    assert_eq!((query.table, query.order), (modbus::Table::Holding, modbus::Order::Big));
    assert_eq!(&*subscription(door).broker, ON_THIS_MACHINE);
    assert!(config.sensors.brokers.is_empty() && config.sensors.webhook.is_none());
}

#[test]
fn the_example_shows_every_source() {
    let there = surroundings(false, Path::new("/etc/lookout"));
    let config = Config::from_text(Path::new("example.toml"), EXAMPLE, &there).unwrap();
    let mut ways: Vec<String> = config
        .sensors
        .list
        .iter()
        .map(|sensor| sensor.source.described())
        .map(|description| shape(&description.to_string()))
        .collect();
    ways.sort_unstable();
    ways.dedup();
    assert_eq!(ways, ["asked at", "asked on", "from", "posted"]);
    for name in SensorDocument::SOURCES {
        assert!(EXAMPLE.contains(&format!("\n{name} = {{")), "{name}");
    }
    let door = config.sensors.list.iter().find(|sensor| &*sensor.plan.id == "depot-door").unwrap();
    let Subscription { broker, extract, .. } = subscription(door);
    // Its own words count more than the usual ones, which it has as well: a door knows two states.
    let word = |word: &str| extract.words.get(word).copied();
    assert_eq!([word("false"), word("true"), word("on")], [Some(1.0), Some(0.0), Some(1.0)]);
    assert!(matches!(&extract.place, Place::Pointer(_)));
    assert_eq!(&**broker, "zigbee");
}

#[test]
fn each_slip_is_answered_once_with_what_to_do() {
    let two_brokers = "\n[[sensors.broker]]\nid = \"a\"\nurl = \"mqtt://10.0.0.1\"\n\n[[sensors.broker]]\nid = \"b\"\nurl = \"mqtts://10.0.0.2\"\n";
    for (from, to, said_instead) in [
        ("door\"\ngrid", "doors\"\nunit = \"0/1\"\ngrid", "did you mean `door`?"),
        ("\"door\"\ngrid", "\"Door\"\ngrid", "this is no name of a quantity: `Door`"),
        ("\"door\"\ngrid", "\"gas\"\ngrid", "needs a `unit`"),
        ("\"door\"\ngrid", "\"soil_moisture\"\ngrid", "the quantity `soil_moisture` needs a `unit`"),
        (
            "\"door\"\ngrid",
            "\"water_level\"\nunit = \"ft\"\ngrid",
            "`unit` of `water_level` must be `m`, `cm` or `mm`",
        ),
        ("grid = \"530127", "grid = \"530128", "lies outside the area"),
        ("stale_after_secs = 3600", "", "`stale_after_secs` is missing"),
        (
            "stale_after_secs = 3600",
            "stale_after_secs = 3600\ndebounce_secs = 3600",
            "must be less than `stale_after_secs`",
        ),
        ("stale_after_secs = 3600", "stale_after_secs = 3600\nscale = 0", "`scale` must not be 0"),
        ("stale_after_secs = 3600", "stale_after_secs = 3600\nrange = [1, 0]", "hint: range = [0, 1]"),
        ("zigbee2mqtt/door", "zigbee2mqtt/+", "may hold no wildcard"),
        ("\"/contact\"", "\"object.contact\"", "for example \"/object/contact\""),
        ("\"/contact\"", "\"$.contact\"", "for example \"/contact\""),
        ("\"/contact\"", "\"/a~2\"", "stands before 0 or 1 only"),
        ("pointer = \"/contact\"", "pointr = \"/contact\"", "did you mean `pointer`?"),
        ("pointer = \"/contact\"", "broker = \"zigbee\"", "names an unknown broker: `zigbee`"),
        ("mqtt_json = {", "mqtt_jsn = {", "did you mean `mqtt_json`?"),
        (
            "mqtt_json = {",
            "webhook = { path = \"/door\" }\nmqtt_json = {",
            "has both `webhook` and `mqtt_json`",
        ),
        ("mqtt_json = { topic = \"zigbee2mqtt/door\", pointer = \"/contact\" }", "", "has no source"),
        ("id = \"door\"", "id = \"Front door\"", "this is no id of a sensor"),
    ] {
        assert!(DOOR.contains(from), "{from}");
        let said = said(&DOOR.replace(from, to));
        assert!(said.contains(said_instead), "{to}: expected `{said_instead}`\n{said}");
        let count = said.matches("error: ").count() + said.matches("warning: ").count();
        assert_eq!(count, 1, "{to}:\n{said}");
    }
    let ambiguous = said(&format!("{DOOR}{two_brokers}"));
    assert!(
        ambiguous.contains("there are several brokers") && ambiguous.contains("broker = `a` or `b`"),
        "{ambiguous}"
    );
    let twice = said(&format!("{DOOR}{DOOR}"));
    assert!(twice.contains("there is another sensor `door`"), "{twice}");
}

#[test]
fn registers_and_lines_are_checked() {
    for (from, to, said_instead) in [
        ("\"10.0.0.8\"", "\"tcp://10.0.0.8\"", "`address` must be a host and a port"),
        (", kind = \"f32\"", "", "`kind` is missing"),
        ("17, kind = \"f32\"", "65535, kind = \"f32\"", "there is no second register after 65535"),
        ("kind = \"f32\"", "kind = \"f32\", table = \"coil\"", "hold one bit"),
        ("kind = \"f32\"", "kind = \"f64\"", "`kind` must be"),
        ("kind = \"f32\"", "kind = \"f32\", unit = 300", "`unit` must be"),
        ("modbus_tcp", "stale_after_secs = 5\nmodbus_tcp", "must be more than `poll_secs`"),
    ] {
        let said = said(&GAUGE.replace(from, to));
        assert!(said.contains(said_instead), "{to}: expected `{said_instead}`\n{said}");
        assert_eq!(said.matches("error: ").count(), 1, "{to}:\n{said}");
    }
    let coil = GAUGE.replace("kind = \"f32\"", "table = \"discrete\"").replace("water_level", "door");
    let config = check(&coil).unwrap();
    assert_eq!(query(&config).kind, modbus::Kind::Bool);

    for (from, to, said_instead) in [
        ("modbus_tcp", "modbus_rtu_over_tcp", "write modbus_tcp = { framing = \"rtu\", ... }"),
        ("modbus_tcp", "modbus_rtu", "write modbus_tcp = { address = \"HOST:PORT\", framing = \"rtu\""),
        ("kind =", "framing = \"ascii\", kind =", "`framing` must be `tcp` or `rtu`"),
    ] {
        let said = said(&GAUGE.replace(from, to));
        assert!(said.contains(said_instead), "{to}: expected `{said_instead}`\n{said}");
    }
    let bridge = |id: &str, more: &str| {
        GAUGE.replace("\"gauge\"", &format!("\"{id}\"")).replace("kind =", &format!("{more}kind ="))
    };
    let served =
        check(&bridge("one", "framing = \"rtu\", connect_pause_secs = 2, any_unit = true, ")).unwrap();
    let Source::Modbus(Poll { line: Line::Tcp { framing: modbus::Framing::Rtu, .. }, query: asked }) =
        &served.sensors.list[0].source
    else {
        panic!("no RTU over TCP")
    };
    assert_eq!((asked.any_unit, asked.connect_pause), (true, Some(Duration::from_secs(2))));
    let differ = said(&format!("{}{}", bridge("one", "framing = \"rtu\", "), bridge("two", "unit = 2, ")));
    assert!(
        differ.contains("sensor `two`: speaks with the same address in another framing than"),
        "{differ}"
    );

    let rtu = |id: &str, more: &str| {
        GAUGE.replace("\"gauge\"", &format!("\"{id}\"")).replace(
            "modbus_tcp = { address = \"10.0.0.8\"",
            &format!("modbus_rtu = {{ device = \"/dev/ttyUSB0\"{more}"),
        )
    };
    assert!(check(&format!("{}{}", rtu("one", ""), rtu("two", ", unit = 2"))).is_ok());
    let differ = said(&format!("{}{}", rtu("one", ""), rtu("two", ", baud = 19200")));
    assert!(differ.contains("sensor `two`: sets the serial port otherwise than sensor `one`"), "{differ}");
    let relative = said(&rtu("one", "").replace("/dev/ttyUSB0", "COM3"));
    assert!(relative.contains("the whole path of a serial port"), "{relative}");
    for address in ["10.0.0.8:4001", "socket://10.0.0.8:4001", "tcp://nport"] {
        let served = said(&rtu("one", "").replace("/dev/ttyUSB0", address));
        assert!(
            served.contains("an address of the network") && served.contains("framing = \"rtu\""),
            "{served}"
        );
    }
}

#[test]
fn registers_are_read_as_manuals_write_them_or_it_is_said_what_to_set() {
    let with = |from_manual: &str| GAUGE.replace("register = 17, kind = \"f32\"", from_manual);
    let read = |from_manual: &str| {
        let config = check(&with(from_manual)).unwrap();
        (query(&config).table, query(&config).register)
    };
    // Six digits are no register of the protocol: they can only be a manual's.
    assert_eq!(read("register = 400001, kind = \"u16\""), (modbus::Table::Holding, 0));
    assert_eq!(read("register = 400018, kind = \"f32\""), (modbus::Table::Holding, 17));
    assert_eq!(read("register = 300018, kind = \"f32\""), (modbus::Table::Input, 17));
    assert_eq!(read("register = 100018"), (modbus::Table::Discrete, 17));
    assert_eq!(said(&with("register = 400018, kind = \"f32\", table = \"holding\"")), "");
    // Five digits may be meant as they stand.
    assert_eq!(read("register = 40018, kind = \"f32\""), (modbus::Table::Holding, 40_018));
    for (from_manual, said_instead) in [
        ("register = 40001, kind = \"u16\"", "set table = \"holding\", register = 0; if not"),
        ("register = 30018, kind = \"u16\"", "set table = \"input\", register = 17; if not"),
        ("register = 300018, kind = \"u16\", table = \"holding\"", "300018 is a number of table \"input\""),
        ("register = 200018, kind = \"u16\"", "`register` must be from 0 to 65535, not 200018"),
        ("register = 500018, kind = \"u16\"", "`register` must be"),
    ] {
        let said = said(&with(from_manual));
        assert!(said.contains(said_instead), "{from_manual}: expected `{said_instead}`\n{said}");
        assert_eq!(said.matches("error: ").count() + said.matches("warning: ").count(), 1, "{said}");
    }
    for quiet in [
        "register = 40018, kind = \"f32\", table = \"holding\"",
        "register = 40018, kind = \"f32\", table = \"input\"",
        "register = 12000, kind = \"u16\"",
        "register = 60000, kind = \"u16\"",
    ] {
        assert_eq!(said(&with(quiet)), "", "{quiet}");
    }
    // What the device may say to it later is answered with the same.
    let config = check(&with("register = 40018, kind = \"f32\", table = \"holding\"")).unwrap();
    let hint = query(&config).if_missing.as_ref().map(ToString::to_string);
    assert_eq!(
        hint.as_deref(),
        Some("if 40018 is the manual's number, set table = \"holding\", register = 17")
    );
}

#[test]
fn the_webhook_needs_its_section_and_a_token_that_nobody_guesses() {
    let config = check(WEBHOOK).unwrap();
    let webhook = config.sensors.webhook.unwrap();
    assert_eq!(webhook.listen.to_string(), "127.0.0.1:8090");
    let without = said(WEBHOOK.split("[sensors.webhook]").next().unwrap());
    assert!(without.contains("`webhook` without the section `[sensors.webhook]`"), "{without}");
    let no_secret = said(&WEBHOOK.replace("secret = \"webhook\"", ""));
    assert!(no_secret.contains("`secret` is missing"), "{no_secret}");
    let open = said(&WEBHOOK.replace("secret =", "listen = \"0.0.0.0:8090\"\nsecret ="));
    assert!(open.contains("warning:") && open.contains("unencrypted"), "{open}");
    for path in ["dust", "/a b", "/dust?x=1", "http://box/dust"] {
        let said = said(&WEBHOOK.replace("\"/dust\"", &format!("\"{path}\"")));
        assert!(said.contains("`path` must begin with `/`"), "{path}: {said}");
    }
    let unused = said("\n[sensors.webhook]\nsecret = \"webhook\"\n");
    assert!(unused.contains("warning:") && unused.contains("no sensor has `webhook`"), "{unused}");
}

#[test]
fn a_token_is_read_from_its_file_and_never_shown() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let secrets = dir.path().join("secrets");
    std::fs::create_dir(&secrets).unwrap();
    let write = |token: &str| {
        std::fs::write(secrets.join("webhook"), token).unwrap();
        std::fs::set_permissions(secrets.join("webhook"), std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    let text = format!("{MINIMAL}\n{WEBHOOK}").replace("[site]", "[site]\nsecrets_dir = \"secrets\"");
    let load = || Config::from_text(&dir.path().join("site.toml"), &text, &surroundings(true, dir.path()));
    write("correct:horse:battery\n");
    let config = load().unwrap();
    let token = config.sensors.webhook.as_ref().unwrap().token.as_ref().unwrap();
    assert_eq!(token.password.reveal(), "correct:horse:battery", "a token may hold colons");
    assert!(!format!("{config:?}").contains("horse"));
    write("short-horse\n");
    let said = load().unwrap_err().to_string();
    assert!(said.contains("fewer than 16 characters") && said.contains("openssl rand"), "{said}");
    assert!(!said.contains("horse"), "{said}");
}

#[test]
fn a_broker_that_serves_nobody_is_worth_a_warning() {
    let one = "\n[[sensors.broker]]\nid = \"a\"\nurl = \"mqtt://10.0.0.1\"\n";
    assert_eq!(said(&format!("{DOOR}{one}")), "", "the only broker is meant");
    assert!(said(&format!("{GAUGE}{one}")).contains("the broker `a` serves no sensor"));
    let inside = said(&format!("{DOOR}{}", one.replace("10.0.0.1", "u:hunter2@10.0.0.1")));
    assert!(inside.contains("`url` holds a password") && !inside.contains("hunter2"), "{inside}");
}
