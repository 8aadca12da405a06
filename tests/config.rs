//! The configuration as its users meet it: the files that come with Lookout, every mistake at once, secrets
//! that never show, and what comes out of a good file.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lookout::analysis::detection::Class;
use lookout::analysis::rules::{
    Condition, Crowd, Fallen, Fire, Indoors, LeftBehind, LineCrossed, Parked, Rush, Scuffle, Smoke, Vending,
    Works, WrongWay,
};
use lookout::config::document::DEFAULT_MODEL;
use lookout::config::{
    Broker, CameraSource, Config, KnownModel, ModelRequest, Problem, Problems, Severity, Surroundings,
};
use lookout::contract::Language;
use lookout::types::direction::Direction;
use lookout::types::level::Level;

#[path = "config/cases.rs"]
mod cases;
#[path = "config/layers.rs"]
mod layers;
#[path = "support/mosquitto.rs"]
#[allow(dead_code, reason = "only its certificates are used")]
mod mosquitto;

use mosquitto::{make_certificates, make_client_certificate};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn surroundings(at_home: bool, base: &Path) -> Surroundings {
    Surroundings {
        base: base.to_owned(),
        state_dir: "/var/lib/lookout".into(),
        credentials_dir: None,
        at_home,
    }
}

/// Checks a text as a file for another machine.
fn check(text: &str) -> Result<Config, Problems> {
    Config::from_text(Path::new("site.toml"), text, &surroundings(false, Path::new("/etc/lookout")))
}

fn shipped(name: &str) -> String {
    fs::read_to_string(repository().join("config").join(name)).unwrap()
}

/// A problem of the file at `path`, as it is told in English.
fn rendered(path: &Path, problem: &Problem) -> String {
    problem.of(path, Language::English).to_string()
}

/// What is said about `minimal.toml` after a change.
fn said_after(from: &str, to: &str) -> String {
    let text = shipped("minimal.toml");
    assert!(text.contains(from), "minimal.toml has no `{from}`");
    match check(&text.replace(from, to)) {
        Ok(config) => config.warnings.iter().map(|p| format!("{}\n", rendered(config.path(), p))).collect(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn a_camera_is_turned_by_quarters_and_shown_in_proportions_that_exist() {
    let said = |line: &str| said_after("[[camera.zone]]", &format!("{line}\n[[camera.zone]]"));
    for line in [
        "rotate = 0",
        "rotate = 90",
        "rotate = 270",
        "display_aspect = \"16:9\"",
        "display_aspect = \"9:16\"",
    ] {
        assert_eq!(said(line), "", "{line}");
    }
    for (line, what) in [
        ("rotate = 45", "`rotate` is 0, 90, 180 or 270, not 45"),
        ("rotate = 360", "`rotate` is 0, 90, 180 or 270, not 360"),
        ("display_aspect = \"wide\"", "`display_aspect` is no width to height"),
        ("display_aspect = \"0:9\"", "for example \"16:9\" or \"4:3\""),
        ("display_aspect = \"90:1\"", "`display_aspect` is no width to height"),
    ] {
        assert!(said(line).contains(what), "{line}: {}", said(line));
    }
}

#[test]
fn the_files_that_come_with_lookout_have_no_problem() {
    for name in ["example.toml", "minimal.toml", "sensors-only.toml", "demo.toml"] {
        let config = check(&shipped(name)).unwrap_or_else(|problems| panic!("{name}:\n{problems}"));
        assert!(config.warnings.is_empty(), "{name}: {:#?}", config.warnings);
    }
}

#[test]
fn the_shipped_files_are_good_for_an_editor_too() {
    let schema = lookout::config::schema::editor_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for name in ["example.toml", "minimal.toml", "sensors-only.toml", "demo.toml"] {
        let value: toml::Value = toml::from_str(&shipped(name)).unwrap();
        let value = serde_json::to_value(value).unwrap();
        let complaints: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{} {e}", e.instance_path())).collect();
        assert!(complaints.is_empty(), "{name}: {complaints:#?}");
    }
}

#[test]
fn a_good_file_becomes_what_it_says() {
    let config = check(&shipped("example.toml")).unwrap();
    assert_eq!(&*config.site.area, "530127");
    assert_eq!(config.topics().of("up/alert"), "lookout/v1/530127/box-7f3a/up/alert");
    let Broker::Remote { host, port, tls, .. } = &config.mqtt.broker else { panic!("an embedded broker") };
    assert_eq!((host.as_str(), *port), ("centre.example", 8883));
    assert_eq!(tls.as_ref().unwrap().ca_file.as_deref(), Some(Path::new("/etc/lookout/ca.pem")));
    assert_eq!(config.outbox.dir, Path::new("/var/lib/lookout/outbox"));

    let camera = config.camera("cam-03").unwrap();
    let CameraSource::Rtsp { url, .. } = &camera.source else { panic!("no stream") };
    assert_eq!(url, "rtsp://10.0.0.31/stream2");
    let plan = &config.camera_plans()[0];
    assert_eq!(plan.zones.keys().map(|id| &**id).collect::<Vec<_>>(), ["all", "fire-lane", "gate"]);
    assert_eq!(plan.counted, ["gate".into()]);
    assert!(plan.thresholds.is_empty(), "the example misses what the model's own thresholds find");
    let stricter = shipped("example.toml").replace("# thresholds = {", "thresholds = {");
    assert_eq!(check(&stricter).unwrap().camera_plans()[0].thresholds[&Class::CAR], 0.4);
    assert_eq!((plan.lines.len(), plan.masks.len(), plan.analysis_hz), (1, 1, 5.0));

    let blocked = &config.rules[0];
    assert_eq!((&*blocked.signal, blocked.level), ("fire_lane_blocked", Level::Orange));
    assert_eq!((blocked.hold, blocked.cooldown), (Duration::from_secs(30), Duration::from_secs(300)));
    // 21 November 2026 is a Saturday, the 23rd a Monday; 07:00 in Shanghai is 23:00 UTC the day before.
    assert!(!blocked.schedule.in_force("2026-11-21T04:00:00Z".parse().unwrap()));
    assert!(blocked.schedule.in_force("2026-11-22T23:00:00Z".parse().unwrap()));
    // What a rule leaves out is the usual.
    let crowd = &config.rules[1];
    assert_eq!((&*crowd.signal, crowd.level), ("crowd", Level::Orange));
    assert!(
        matches!(&crowd.when, Condition::Crowd(Crowd { classes, at_least: 8, .. }) if classes == &[Class::PERSON])
    );
    let line = &config.rules[2];
    assert!(matches!(
        &line.when,
        Condition::LineCrossed(LineCrossed { direction: Direction::LeftToRight, .. })
    ));
    // A schedule over the night makes any rule one for after hours.
    let after_hours = &config.rules[3];
    assert_eq!((&*after_hours.signal, after_hours.level), ("after_hours", Level::Yellow));
    assert!(after_hours.schedule.in_force("2026-11-21T18:00:00Z".parse().unwrap()), "02:00 in Shanghai");
    assert!(!after_hours.schedule.in_force("2026-11-21T04:00:00Z".parse().unwrap()), "noon in Shanghai");
    assert_eq!(config.titles[&line.id], "Somebody went in at night");
}

#[test]
fn several_brokers_are_tried_in_the_order_of_the_file() {
    let minimal = shipped("minimal.toml");
    let with = |lines: &str| check(&format!("{minimal}\n[mqtt]\n{lines}\n"));
    let config =
        with("urls = [\"mqtts://a.example\", \"mqtts://b.example:9883\", \"mqtts://[fd00::31]\"]").unwrap();
    let Broker::Remote { host, port, others, tls, .. } = &config.mqtt.broker else {
        panic!("an embedded broker")
    };
    assert_eq!((host.as_str(), *port, tls.is_some()), ("a.example", 8883, true));
    assert_eq!(*others, [("b.example".to_owned(), 9883), ("fd00::31".to_owned(), 8883)]);
    let one = with("url = \"mqtts://a.example\"").unwrap();
    assert!(with("urls = [\"mqtts://a.example:8883\"]").unwrap().mqtt.is_equivalent(&one.mqtt));
    assert!(!config.mqtt.is_equivalent(&one.mqtt));
    for (lines, said) in [
        ("urls = []", "`urls` is empty"),
        ("url = \"mqtt://a.example\"\nurls = [\"mqtt://b.example\"]", "`urls` together with `url`"),
        (
            "urls = [\"mqtt://a.example\", \"mqtt://b.example\", \"mqtt://A.example:1883\"]",
            "`urls` names a.example:1883 twice",
        ),
        (
            "urls = [\"mqtts://a.example\", \"mqtt://b.example\"]",
            "`urls` mixes `mqtts://` (a.example:8883) and `mqtt://` (b.example:1883)",
        ),
        ("urls = [\"mqtt://a.example\", \"http://b.example\"]", "`urls` cannot begin with `http://`"),
        ("urls = [\"mqtt://a.example\", \"mqtt://b.example/topic\"]", "`urls` goes on after the port"),
        ("urls = [\"mqtt://a.example\"]\nembedded_port = 1884", "`embedded_port` together with `url`"),
    ] {
        let problems = with(lines).unwrap_err().to_string();
        assert!(problems.contains(said), "{lines}: {problems}");
    }
    // A password in any of them is not shown.
    let problems = with("urls = [\"mqtt://a.example\", \"mqtt://box:hunter2@b.example\"]").unwrap_err();
    assert!(problems.to_string().contains("`urls` holds a password"), "{problems}");
    assert!(!problems.to_string().contains("hunter2"), "{problems}");
}

#[test]
fn grids_cameras_and_sensors_say_who_answers_for_them() {
    let grid = |lines: &str| format!("{}\n[[grid]]\n{lines}\n", shipped("minimal.toml"));
    let code = "53012700300102";
    let config = check(
        &grid(&format!("code = \"{code}\"\nname = \"羊桥二网格\"\ncontact = \"110\"\nofficer = \"desk\""))
            .replace("[[camera.zone]]", "name = \"East gate\"\ncontact = \"119\"\n[[camera.zone]]"),
    )
    .unwrap();
    let known = &config.grids[code];
    assert_eq!(known.name.as_deref(), Some("羊桥二网格"));
    assert_eq!((known.contact.as_deref(), known.officer.as_deref()), (Some("110"), Some("desk")));
    let camera = &config.cameras[0].responsible;
    assert_eq!((camera.name.as_deref(), camera.contact.as_deref()), (Some("East gate"), Some("119")));
    assert_eq!(camera.officer, None);
    assert!(!config.site.also_gcj02, "only where it is asked for");
    assert!(
        !config.warnings.iter().any(|warning| warning.what.to_string().contains("grid")),
        "{:?}",
        config.warnings
    );
    let said = |text: &str| match check(text) {
        Ok(config) => config.warnings.iter().map(|problem| problem.what.to_string()).collect(),
        Err(problems) => problems.to_string(),
    };
    for (text, what) in [
        (grid("name = \"x\""), "`code` is missing"),
        (grid("code = \"5301\"\nname = \"x\""), "no grid code"),
        (grid("code = \"110105\"\nname = \"x\""), "lies outside the area 530127"),
        (grid("code = \"530127\""), "[[grid]] 530127 says nothing of its grid"),
        (
            grid("code = \"53012700300120\"\nname = \"x\""),
            "no camera and no sensor is in [[grid]] 53012700300120",
        ),
        (
            grid("code = \"530127\"\nname = \"x\"\n[[grid]]\ncode = \"530127\"\nname = \"y\""),
            "another [[grid]] with the code 530127",
        ),
    ] {
        let problems = said(&text);
        assert!(problems.contains(what), "{what}: {problems}");
    }
}

#[test]
fn conditions_leave_out_what_is_usual() {
    let secs = Duration::from_secs_f64;
    let zone = || "gate".into();
    let people = || vec![Class::PERSON];
    for (typed, wanted) in [
        (
            r#"wrong_way = { zone = "gate", heading_deg = 90, classes = ["car"], for_secs = 2 }"#,
            Condition::WrongWay(WrongWay {
                zone: zone(),
                classes: vec![Class::CAR],
                heading_deg: 90.0,
                tolerance_deg: 60.0,
                for_at_least: secs(2.0),
            }),
        ),
        (
            r#"left_behind = { zone = "gate", for_secs = 60 }"#,
            Condition::LeftBehind(LeftBehind {
                zone: zone(),
                classes: vec![Class::TWO_WHEELER],
                owner_away: true,
                for_at_least: secs(60.0),
            }),
        ),
        (
            r#"fallen = { zone = "gate" }"#,
            Condition::Fallen(Fallen { zone: zone(), classes: people(), low: 0.55, for_at_least: secs(5.0) }),
        ),
        (
            r#"rush = { zone = "gate", at_least = 5 }"#,
            Condition::Rush(Rush {
                zone: zone(),
                classes: people(),
                at_least: 5,
                speed: 1.5,
                for_at_least: secs(1.0),
            }),
        ),
        (
            r#"fire = { zone = "gate" }"#,
            Condition::Fire(Fire { zone: zone(), classes: vec![Class::FIRE], for_at_least: secs(3.0) }),
        ),
        (
            r#"smoke = { zone = "gate" }"#,
            Smoke { zone: zone(), classes: vec![Class::SMOKE], for_at_least: secs(5.0) }.into(),
        ),
        (
            r#"scuffle = { zone = "gate" }"#,
            Scuffle { zone: zone(), classes: people(), people: 2, unrest: 0.25, for_at_least: secs(0.5) }
                .into(),
        ),
        (
            r#"parked = { zone = "gate", for_secs = 60 }"#,
            Parked {
                zone: zone(),
                classes: vec![Class::CAR, Class::TRUCK, Class::BUS],
                for_at_least: secs(60.0),
            }
            .into(),
        ),
        (
            r#"indoors = { zone = "gate", for_secs = 2 }"#,
            Indoors { zone: zone(), classes: vec![Class::TWO_WHEELER], for_at_least: secs(2.0) }.into(),
        ),
        (
            r#"vending = { zone = "gate", for_secs = 300 }"#,
            Vending {
                zone: zone(),
                classes: vec![Class::PERSON, Class::TWO_WHEELER, Class::TRUCK, Class::CAR],
                for_at_least: secs(300.0),
            }
            .into(),
        ),
        (
            r#"crowd = { zone = "gate", density = 0.25, for_secs = 10 }"#,
            Condition::Crowd(Crowd {
                zone: zone(),
                classes: people(),
                at_least: 2,
                density: Some(0.25),
                for_at_least: secs(10.0),
            }),
        ),
        (
            r#"works = { zone = "gate", for_secs = 300 }"#,
            Condition::Works(Works {
                zone: zone(),
                classes: vec![Class::TRUCK, Class::PERSON],
                at_least: 2,
                for_at_least: secs(300.0),
            }),
        ),
    ] {
        let text = with_rule(typed);
        let config = check(&text).unwrap_or_else(|problems| panic!("{typed}: {problems}"));
        let rule = config.rules.last().unwrap();
        assert_eq!(rule.when, wanted, "{typed}");
        assert_eq!(*rule.signal, *wanted.name());
    }
}

#[test]
fn conditions_that_make_no_sense_are_refused_with_a_hint() {
    for (typed, complaint, hint) in [
        (r#"crowd = { zone = "gate", for_secs = 10 }"#, "does not say how many", "density = 0.4"),
        (
            r#"wrong_way = { zone = "gate", heading_deg = 400, classes = ["car"], for_secs = 2 }"#,
            "heading_deg",
            "360",
        ),
        (r#"wrong_way = { zone = "gate", classes = ["car"], for_secs = 2 }"#, "heading_deg", ""),
        (
            r#"vending = { zone = "gate", for_secs = 300, classes = ["person"] }"#,
            "names people only",
            "dwell",
        ),
        (r#"fallen = { zone = "gat" }"#, "unknown zone", "gate"),
        (r#"fire = { zone = "gate", classes = ["fire"] }"#, "classes", ""),
        (r#"gone = { zone = "gate", for_secs = 300 }"#, "classes", ""),
    ] {
        let problems = check(&with_rule(typed)).unwrap_err().to_string();
        assert!(problems.contains(complaint) && problems.contains(hint), "{typed}: {problems}");
    }
}

/// `example.toml` with one more rule.
fn with_rule(condition: &str) -> String {
    shipped("example.toml") + "\n[[rule]]\nid = \"one-more\"\ncameras = [\"cam-03\"]\n" + condition + "\n"
}

#[test]
fn without_a_broker_there_is_an_embedded_one() {
    let config = check(&shipped("minimal.toml")).unwrap();
    assert_eq!(config.mqtt.broker, Broker::Embedded { port: 1883 });
}

#[test]
fn a_slip_is_answered_with_what_was_meant() {
    for (from, to, hint) in [
        ("[[camera.zone]]", "[[camera.zones]]", "did you mean `zone`?"),
        ("zone = \"lane\"", "zone = \"lame\"", "did you mean `lane`? camera `cam-1` has the zone `lane`"),
        ("cameras = [\"cam-1\"]", "cameras = [\"cam1\"]", "did you mean `cam-1`?"),
        ("eye = \"village\"", "eye = \"Village\"", "did you mean `village`?"),
        ("present = {", "presence = {", "did you mean `present`?"),
        ("present = {", "loiter = {", "did you mean `dwell`?"),
        ("present = {", "fight = {", "did you mean `scuffle`?"),
        ("present = {", "goat = {", "the conditions of a rule are `gone`, "),
        ("eye = \"village\"", "eye = \"村眼\"", "did you mean `village`?"),
        ("mode = \"test\"", "mode = \"debug\"", "did you mean `test`?"),
        ("eye = \"village\"", "eye = \"village\"\nstal_seconds = 3", "known here: `stall_after_secs`, "),
        (
            "eye = \"village\"",
            "eye = \"village\"\nstal_seconds = 3",
            "`lookout schema --reference` describes all",
        ),
        ("area = \"530127\"", "area = 530127", "write area = \"530127\""),
        ("[site]", "[[site]]", "write [site] with one bracket"),
        ("[[rule]]", "[rule]", "write [[rule]] with two brackets"),
        ("person_present", "person_presnt", "did you mean `person_present`?"),
        ("eye = \"village\"", "eye = \"village\"\nmodel = \"x\"", "`model` belongs into `[detector]`"),
        (
            "eye = \"village\"",
            "eye = \"village\"\npassword = \"x\"",
            "write it to a file in the secrets folder",
        ),
    ] {
        let said = said_after(from, to);
        assert!(said.contains(hint), "{from} -> {to}: expected the hint `{hint}`\n{said}");
    }
}

#[test]
fn the_large_stream_is_one_of_the_same_camera() {
    let url = "url = \"rtsp://10.0.0.31/stream2\"";
    let with = |main: &str| format!("{url}\nurl_main = \"{main}\"");
    assert_eq!(said_after(url, &with("rtsp://10.0.0.31/stream1")), "");
    for (main, said) in [
        ("rtsp://10.0.0.32/stream1", "`url_main` is another host than `url`"),
        ("rtsps://10.0.0.31/stream1", "`url_main` is another host than `url`"),
        ("rtsp://10.0.0.31:8554/stream1", "`url_main` is another host than `url`"),
        ("rtsp://10.0.0.31/stream2", "`url_main` is the stream of `url`"),
        ("http://10.0.0.31/stream1", "`url_main` cannot begin with `http://`"),
        ("rtsp://viewer:hunter2@10.0.0.31/stream1", "`url_main` holds a password"),
    ] {
        let answer = said_after(url, &with(main));
        assert!(answer.contains(said) && !answer.contains("hunter2"), "{main}: {answer}");
    }
    let file = "file = \"clip.mp4\"\nurl_main = \"rtsp://10.0.0.31/stream1\"";
    assert!(said_after(url, file).contains("`url_main` stands beside a file"));
}

#[test]
fn what_only_follows_from_another_mistake_is_not_reported() {
    // One wrong name of a section, one wrong type: one complaint each, though rules refer to what is in them.
    for (from, to) in [
        ("[[camera.zone]]", "[[camera.zones]]"),
        ("[[camera]]", "[[cameras]]"),
        ("[site]", "[sites]"),
        ("area = ", "aera = "),
        ("url = \"rtsp://10.0.0.31/stream2\"", "url = 5"),
        ("id = \"cam-1\"", "id = \"Cam 1\""),
        ("present = {", "presnt = {"),
    ] {
        let text = shipped("minimal.toml").replace(from, to);
        let text =
            if to == "[[cameras]]" { text.replace("[[camera.zone]]", "[[cameras.zone]]") } else { text };
        // The id stands in the rule too.
        let text = if from.starts_with("id =") { text.replace("[\"cam-1\"]", "[\"Cam 1\"]") } else { text };
        let problems = check(&text).unwrap_err();
        assert_eq!(problems.iter().count(), 1, "{from} -> {to}:\n{problems}");
    }
}

#[test]
fn a_broken_line_hides_no_mistake_elsewhere() {
    let text = shipped("minimal.toml")
        .replace("grid = \"53012700300102\"", "grid = \"53012700300102")
        .replace("for_secs = 3", "for_secs = -3");
    let said = check(&text).unwrap_err().to_string();
    assert!(said.contains("this is no TOML"), "{said}");
    assert!(said.contains("`for_secs` must be a number from 0 to 86400, not -3"), "{said}");
}

#[test]
fn every_condition_is_named_where_none_is_like_what_was_typed() {
    let said = said_after("present = {", "goat = {");
    let hint = said.split_once("the conditions of a rule are ").unwrap().1.lines().next().unwrap();
    assert_eq!(hint.matches('`').count(), 2 * 16, "{hint}");
    assert!(hint.contains("`crowd`") && hint.contains("`works`"), "{hint}");
}

#[test]
fn a_bracket_that_is_never_closed_is_reported_where_it_is_opened_and_hides_nothing() {
    for (from, to, mark, close) in [
        ("cameras = [\"cam-1\"]", "cameras = [\"cam-1\"", '[', ']'),
        ("cameras = [\"cam-1\"]", "cameras = [\n  \"cam-1\",", '[', ']'),
        ("cameras = [\"cam-1\"]", "cameras = [\"cam-1]", '"', '"'),
        ("[0.1, 1.0]]", "[0.1, 1.0]", '[', ']'),
        ("[0.9, 1.0], [0.1, 1.0]]", "[0.9, 1.0, [0.1, 1.0]]", '[', ']'),
    ] {
        let text = shipped("minimal.toml").replace(from, to).replace("for_secs = 3", "for_secs = -3");
        let problems = check(&text).unwrap_err();
        let rendered: Vec<String> =
            problems.iter().map(|problem| rendered(&problems.path, problem)).collect();
        let [open, seconds] = &rendered[..] else { panic!("{to}: {problems}") };
        let field = if to.starts_with("cameras") { "cameras = " } else { "polygon = " };
        let line = text.lines().position(|line| line.starts_with(field)).unwrap() + 1;
        assert!(open.starts_with(&format!("error: site.toml:{line}:")), "{to}: {open}");
        assert!(
            open.contains(&format!("this is no TOML: the `{mark}` here is never closed\n")),
            "{to}: {open}"
        );
        assert!(open.contains(&format!("hint: close it with `{close}` before")), "{to}: {open}");
        // Shown as it was typed.
        let typed = text.lines().nth(line - 1).unwrap().split('#').next().unwrap().trim_end();
        assert!(open.contains(&format!("\n  {line} | {typed}\n")), "{to}: {open}");
        assert!(seconds.contains("`for_secs` must be a number from 0 to 86400, not -3"), "{to}: {seconds}");
    }
}

#[test]
fn a_zone_below_a_type_and_before_any_camera_hides_no_other_mistake() {
    let zone = "[[camera.zone]]\nid = \"yard\"\npolygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.5]]\n\n";
    let text = shipped("minimal.toml")
        .replacen(
            "[[camera]]",
            &format!("[[camera_type]]\nid = \"yard\"\n\n{zone}[[camera]]\nlike = \"yard\""),
            1,
        )
        .replace("for_secs = 3", "for_secs = -3");
    let problems = check(&text).unwrap_err();
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    let whats: Vec<String> = errors.map(|problem| problem.what.to_string()).collect();
    let [header, corner, seconds] = &whats[..] else { panic!("{problems}") };
    assert_eq!(header, "`[[camera.zone]]` stands below a camera type and belongs to no camera");
    assert!(corner.contains("zone `yard`"), "{corner}");
    assert!(seconds.contains("`for_secs` must be"), "{seconds}");
}

#[test]
fn a_text_that_is_no_toml_comes_with_what_to_try_and_says_what_it_does_not_show() {
    let withheld = "the line is not shown, as it may hold a password";
    for (from, to, hint, is_shown) in [
        ("grid = \"53012700300102\"", "grid = \"53012700300102", "a text begins and ends with a quote", true),
        ("stream2\"", "stream2", "a text begins and ends with a quote", false),
        ("eye = \"village\"", "eye = village", "a text in quotes", true),
        ("eye = \"village\"", "eye = \"village\"\neye = \"sky\"", "each name stands once", true),
        ("[site]", "[site", "a section is `[site]`", true),
        ("eye = \"village\"", "eye", "each line is `name = value`", false),
    ] {
        let said = said_after(from, to);
        assert!(said.contains("this is no TOML") && said.contains(hint), "{to}: {said}");
        assert_eq!((said.contains(" | "), said.contains(withheld)), (is_shown, !is_shown), "{to}: {said}");
    }
}

#[test]
fn what_a_chinese_keyboard_puts_in_place_of_a_mark_is_named() {
    for (from, to, named) in [
        ("id = \"cam-1\"", "id ＝ \"cam-1\"", "`＝` only looks like `=`"),
        ("id = \"cam-1\"", "id = “cam-1”", "`“` and `”` only look like `\"`: type them"),
        ("id = \"cam-1\"", "id： \"cam-1\"", "`：` stands where `=` belongs"),
        ("id = \"cam-1\"", "　id = \"cam-1\"", "U+3000"),
        ("for_secs = 3", "for_secs = ３", "`３` only looks like `3`"),
        ("[site]", "【site】", "`【` and `】` only look like `[` and `]`"),
        ("[0.1, 0.5]", "[0.1，0.5]", "`，` only looks like `,`"),
        // TOML, but no id, no code, no number, no address, no name of a field.
        ("id = \"cam-1\"", "id = \"cam－１\"", "`－` and `１` only look like `-` and `1`"),
        (
            "grid = \"53012700300102\"",
            "grid = \"５３０１２７００３００１０２\"",
            "`５`, `３` and `０` only look like `5`, `3` and `0`",
        ),
        ("area = \"530127\"", "area = \"５30127\"", "`５` only looks like `5`"),
        ("box = \"box-1\"", "box = \"ｂox-1\"", "`ｂ` only looks like `b`"),
        ("for_secs = 3", "for_secs = \"３\"", "`３` only looks like `3`"),
        ("eye = \"village\"", "\"ｅye\" = \"village\"", "`ｅ` only looks like `e`"),
        ("classes = [\"person\"]", "classes = [\"ｐerson\"]", "`ｐ` only looks like `p`"),
    ] {
        let said = said_after(from, to);
        assert!(said.contains(named) && said.contains("error: "), "{from} -> {to}: no `{named}`\n{said}");
    }
    // Where it is prose, or unambiguous, it may stand.
    for (from, to) in [
        ("area = \"530127\"", "area = \"530127\"\nname = \"东门，一号：（北）\""),
        (
            "cameras = [\"cam-1\"]",
            "cameras = [\"cam-1\"]\nschedule = \"周一至周五　０８：００－２０：００、周六周日\"",
        ),
        ("[site]", "\u{feff}[site]"),
    ] {
        let text = if to.starts_with('\u{feff}') {
            format!("\u{feff}{}", shipped("minimal.toml"))
        } else {
            shipped("minimal.toml").replace(from, to)
        };
        let said = check(&text).map_or_else(|problems| problems.to_string(), |_| String::new());
        assert_eq!(said, "", "{to}");
    }
}

#[test]
fn another_format_is_one_problem_and_not_a_hundred() {
    for (text, format) in [
        ("site:\n  box: box-1\n  area: '530127'\ncamera:\n  - id: cam-1\n    password: hunter2\n", "YAML"),
        ("{\n  \"site\": { \"box\": \"box-1\", \"password\": \"hunter2\" }\n}\n", "JSON"),
    ] {
        let problems = check(text).unwrap_err();
        let said = problems.to_string();
        assert_eq!(problems.iter().count(), 1, "{said}");
        assert!(said.contains(&format!("this is {format}, no TOML")) && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn the_zone_of_china_is_suggested_for_what_people_call_it() {
    for typed in ["CST", "UTC+8", "GMT+8", "UTC+08:00", "Beijing", "Asia/Beijing", "北京时间"] {
        let said = said_after("area = \"530127\"", &format!("area = \"530127\"\ntime_zone = \"{typed}\""));
        assert!(
            said.contains("unknown time zone") && said.contains("did you mean `Asia/Shanghai`?"),
            "{typed}: {said}"
        );
    }
    for known in ["Asia/Shanghai", "PRC", "Asia/Chongqing", "Asia/Urumqi", "UTC", "Etc/GMT-8"] {
        assert_eq!(
            said_after("area = \"530127\"", &format!("area = \"530127\"\ntime_zone = \"{known}\"")),
            "",
            "{known}"
        );
    }
    let said = said_after("area = \"530127\"", "area = \"530127\"\ntime_zone = \"Etc/GMT+8\"");
    assert!(
        said.contains("warning: ")
            && said.contains("is 8 hours behind UTC")
            && said.contains("`Asia/Shanghai`"),
        "{said}"
    );
}

#[test]
fn a_camera_that_nobody_watches_is_worth_a_warning() {
    let text = shipped("minimal.toml").replace(
        "[[rule]]",
        "[[camera]]\nid = \"idle\"\neye = \"sky\"\nurl = \"rtsp://10.0.0.9/\"\ngrid = \"530127\"\n\n[[rule]]",
    );
    let config = check(&text).unwrap();
    assert_eq!(config.warnings.len(), 1, "{:#?}", config.warnings);
    assert_eq!(config.warnings[0].severity, Severity::Warning);
    assert!(config.warnings[0].what.to_string().contains("camera `idle` is watched by no rule"));
}

#[test]
fn the_digest_follows_what_a_file_says_and_not_how_it_looks() {
    let text = shipped("minimal.toml");
    let digest = |text: &str| check(text).unwrap().sha256;
    let plain = digest(&text);
    assert_eq!(plain.len(), 64);
    let without_comments: String =
        text.lines().map(|line| line.split('#').next().unwrap().trim_end().to_owned() + "\n").collect();
    assert_eq!(digest(&without_comments), plain);
    assert_eq!(digest(&text.replace("for_secs = 3", "for_secs = 3.0")), plain);
    assert_eq!(digest(&text.replace("\n", "\r\n")), plain);
    assert_ne!(digest(&text.replace("for_secs = 3", "for_secs = 4")), plain);
}

#[test]
fn classes_and_models_are_checked_once_the_models_are_known() {
    let config = check(&shipped("example.toml")).unwrap();
    let all =
        [Class::PERSON, Class::CAR, Class::TRUCK, Class::TWO_WHEELER, Class::FIRE, Class::SMOKE, Class::BUS];
    assert!(config.check_classes(&all).is_ok());
    let problems = config.check_classes(&all[..6]).unwrap_err();
    let said = problems.to_string();
    assert_eq!(problems.iter().count(), 1, "{said}");
    assert!(
        said.contains("rule `fire-lane-blocked`: the chosen models do not find the class `bus`"),
        "{said}"
    );
}

/// What is said of a text in one pass, models and classes with it.
fn surveyed(text: &str, models: &[(&str, &[Class])]) -> Vec<String> {
    let known = |_: ModelRequest<'_>| {
        let model = |(name, classes): &(&str, &[Class])| KnownModel {
            name: (*name).to_owned(),
            classes: classes.to_vec(),
            trouble: None,
        };
        Ok(Some(models.iter().map(model).collect()))
    };
    let path = Path::new("site.toml");
    let around = surroundings(false, Path::new("/etc/lookout"));
    let survey = Config::survey(path, text, &around, &known, &|_| None);
    survey.problems.iter().map(|problem| rendered(path, problem)).collect()
}

#[test]
fn a_crossed_polygon_an_unknown_class_and_an_unknown_model_come_in_the_same_pass() {
    let wrong = shipped("minimal.toml")
        .replace(
            "[[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0]]",
            "[[0.1, 0.5], [0.9, 1.0], [0.9, 0.5], [0.1, 1.2]]",
        )
        .replace("area = \"530127\"", "area = \"5301\"")
        .replace("[\"person\"]", "[\"persn\"]")
        .replace("[[camera]]", "[detector]\nmodel = \"street-smal\"\n[[camera]]");
    let said = surveyed(&wrong, &[(DEFAULT_MODEL, &[Class::PERSON, Class::CAR])]).join("\n");
    for wanted in [
        "`area` must be a county's six digits",
        "`model` names an unknown model: `street-smal`",
        "did you mean `street-small`?",
        "y must be from 0 to 1, not 1.2",
        "the polygon crosses itself",
        "rule `person-in-lane`: no model finds the class `persn`",
        "did you mean `person`?",
    ] {
        assert!(said.contains(wanted), "`{wanted}` comes later:\n{said}");
    }
    // Also where the only camera has a mistake, and nothing else but names.
    let wrong = shipped("minimal.toml")
        .replace("rtsp://", "rtsp//")
        .replace("[\"person\"]", "[\"persn\"]")
        .replace("[[camera]]", "[detector]\nmodel = \"street-smal\"\n[[camera]]");
    let said = surveyed(&wrong, &[(DEFAULT_MODEL, &[Class::PERSON, Class::CAR])]).join("\n");
    for wanted in ["`url`", "unknown model: `street-smal`", "no model finds the class `persn`"] {
        assert!(said.contains(wanted), "`{wanted}` comes later:\n{said}");
    }
    let good = shipped("minimal.toml");
    assert_eq!(surveyed(&good, &[(DEFAULT_MODEL, &[Class::PERSON])]), [""; 0]);
    let said = surveyed(&good, &[("street-tiny", &[Class::PERSON])]).join("\n");
    let wanted = format!("the usual model `{DEFAULT_MODEL}` is not in the list of models");
    assert!(said.contains(&wanted), "{said}");
}

/// minimal.toml with a camera and a rule that leave something out.
fn with_filters(camera: &str, rule: &str) -> String {
    shipped("minimal.toml")
        .replace("\n[[camera.zone]]", &format!("\n{camera}\n[[camera.zone]]"))
        .replace("signal = ", &format!("{rule}\nsignal = "))
}

/// What is said of it.
fn said_of_filters(camera: &str, rule: &str) -> String {
    let text = with_filters(camera, rule);
    let models: [(&str, &[Class]); 1] = [(DEFAULT_MODEL, &[Class::PERSON, Class::CAR, Class::TRUCK])];
    surveyed(&text, &models).join("\n")
}

#[test]
fn what_is_left_out_becomes_what_it_says() {
    let camera = "heights = { person = { min = 0.05, max = 0.7 }, car = { max = 0.5 } }\n\
                  horizon = { points = [[1.2, -0.1], [-0.2, 0.3]], camera_height_m = 3.5 }\n\
                  night = { schedule = \"daily 19:00-06:00\", thresholds = { person = 0.6 } }\n\
                  learn_furniture = false\n\
                  [[camera.mask]]\npolygon = [[0, 0], [0.2, 0], [0.2, 0.2]]\nclasses = [\"person\"]\n\
                  [[camera.mask]]\npolygon = [[0.5, 0], [0.7, 0], [0.7, 0.2]]\n";
    assert_eq!(said_of_filters(camera, "min_height = 0.1\nmax_height = 1"), "");
    let text = shipped("minimal.toml")
        .replace("\n[[camera.zone]]", &format!("\n{camera}\n[[camera.zone]]"))
        .replace("signal = ", "max_height = 0.4\nsignal = ");
    let config = check(&text).unwrap();
    let plan = &config.camera_plans()[0];
    let limits = |class| (plan.heights[&class].min, plan.heights[&class].max);
    assert_eq!((limits(Class::PERSON), limits(Class::CAR)), ((0.05, 0.7), (0.0, 0.5)));
    let horizon = plan.horizon.as_ref().unwrap();
    // 0.4 over 1.4 of the picture's width; the lens is 3.5 m up, and what reaches from the horizon to the ground as well.
    assert!((horizon.y_at(0.5) - 0.1).abs() < 1e-6, "{}", horizon.y_at(0.5));
    let night = plan.night.as_ref().unwrap();
    assert_eq!(night.thresholds[&Class::PERSON], 0.6);
    assert!(night.schedule.in_force("2026-11-21T18:00:00Z".parse().unwrap()), "02:00 in Shanghai");
    assert!(!night.schedule.in_force("2026-11-21T04:00:00Z".parse().unwrap()), "noon in Shanghai");
    assert!(!plan.learn_furniture, "it is learnt unless the camera says otherwise");
    assert!(check(&shipped("minimal.toml")).unwrap().camera_plans()[0].learn_furniture);
    // Only the mask of everything is black in evidence.
    assert_eq!((plan.masks.len(), plan.class_masks.len()), (1, 1));
    assert_eq!(plan.class_masks[0].classes, [Class::PERSON]);
    let heights = config.rules[0].heights;
    assert_eq!((heights.min, heights.max), (0.0, 0.4));
    // The same in sections of their own.
    let sections = "[camera.horizon]\npoints = [[0, 0.3], [1, 0.3]]\ncamera_height_m = 3\n\
                    [camera.night]\nschedule = \"22:00-06:00\"\nthresholds = { person = 0.6 }\n\
                    [camera.heights.person]\nmin = 0.1\n";
    assert_eq!(said_of_filters(sections, ""), "");
}

#[test]
fn heights_that_nothing_has_are_refused_with_what_to_try() {
    for (camera, what, hint) in [
        (
            "heights = { person = { min = 0 } }",
            "`heights.person.min` must be above 0 and at most 1, not 0",
            "leave it out",
        ),
        (
            "heights = { person = { max = -0.1 } }",
            "`heights.person.max` must be above 0 and at most 1",
            "leave it out",
        ),
        ("heights = { person = { max = 120 } }", "above 0 and at most 1, not 120", "not pixels: 108 of 1080"),
        (
            "heights = { person = { min = 0.6, max = 0.4 } }",
            "`heights.person.min` (0.6) is not below `heights.person.max` (0.4)",
            "exchange them",
        ),
        ("heights = { person = {} }", "`heights` says nothing of `person`", "{ min = 0.05, max = 0.7 }"),
        ("heights = { persn = { min = 0.1 } }", "do not find the class `persn`", "did you mean `person`?"),
        (
            "heights = { person = { mni = 0.1 } }",
            "`person` of `heights` of camera `cam-1`: unknown name: `mni`",
            "did you mean `min`?",
        ),
        ("heights = { person = 0.1 }", "`person` must be a table, not a number", ""),
        ("heights = 0.1", "`heights` must be a table, not a number", ""),
    ] {
        let said = said_of_filters(camera, "");
        assert!(
            said.contains(what) && said.contains(hint) && said.contains("site.toml:"),
            "{camera}:\n{said}"
        );
        assert_eq!(said.matches("error:").count(), 1, "{camera}:\n{said}");
    }
    for (rule, what) in [
        ("min_height = 0", "rule `person-in-lane`: `min_height` must be above 0 and at most 1, not 0"),
        ("max_height = 1.5", "rule `person-in-lane`: `max_height` must be above 0 and at most 1, not 1.5"),
        (
            "min_height = 0.5\nmax_height = 0.5",
            "rule `person-in-lane`: `min_height` (0.5) is not below `max_height` (0.5): nothing is as tall",
        ),
        ("min_height = nan", "`min_height` must be a number that is finite"),
        ("min_hight = 0.1", "did you mean `min_height`?"),
    ] {
        let said = said_of_filters("", rule);
        assert!(said.contains(what), "{rule}:\n{said}");
        assert_eq!(said.matches("error:").count(), 1, "{rule}:\n{said}");
    }
}

#[test]
fn a_horizon_that_is_none_is_refused_with_what_to_try() {
    for (points, height, what, hint) in [
        ("[[0.1, 0.3]]", "3", "a horizon has 2 to 16 points, this one has 1", "from left to right"),
        ("[]", "3", "this one has 0", "from left to right"),
        ("[[0.5, 0.3], [0.5, 0.3]]", "3", "the same point twice", "from left to right"),
        ("[[0.5, 0.3], [0.5, 0.9]]", "3", "two points above one another", "from left to right"),
        ("[[0, 0.3], [0.5, 0.3], [0.502, 0.4]]", "3", "two points above one another", "from left to right"),
        ("[[0, 320], [1, 320]]", "3", "y must be from -5 to 6, not 320", "540 of 1080 pixels is 0.5"),
        ("[[0, 1.2], [1, 1.1]]", "3", "lies below the picture", "y grows downwards"),
        ("[[0, 0.3], [1]]", "3", "takes 2 values in each pair of brackets, not 1", ""),
        (
            "[[0, 0.3], [1, 0.3]]",
            "0",
            "`camera_height_m` must be above 0 and at most 100, not 0",
            "in metres",
        ),
        ("[[0, 0.3], [1, 0.3]]", "-3.5", "`camera_height_m` must be above 0", "in metres"),
        ("[[0, 0.3], [1, 0.3]]", "350", "at most 100, not 350", "not in centimetres"),
    ] {
        let said =
            said_of_filters(&format!("horizon = {{ points = {points}, camera_height_m = {height} }}"), "");
        assert!(said.contains(what) && said.contains(hint), "{points} {height}:\n{said}");
        assert!(said.contains("of camera `cam-1`"), "{points} {height}:\n{said}");
    }
    let without = said_of_filters("horizon = { points = [[0, 0.3], [1, 0.3]] }", "");
    assert!(without.contains("`horizon` of camera `cam-1`: `camera_height_m` is missing"), "{without}");
    assert!(without.contains("for example: camera_height_m = 3.5"), "{without}");
}

#[test]
fn a_night_without_hours_or_with_unknown_classes_is_refused_with_what_to_try() {
    for (night, what, hint) in [
        (
            "{ schedule = \"at night\", thresholds = { person = 0.6 } }",
            "`night` of camera `cam-1`: `at night` is no schedule",
            "22:00-06:00",
        ),
        ("{ thresholds = { person = 0.6 } }", "`schedule` is missing", "daily 19:00-06:00"),
        ("{ schedule = \"22:00-06:00\" }", "`thresholds` is missing", "for example"),
        ("{ schedule = \"22:00-06:00\", thresholds = {} }", "`thresholds` names no class", "person = 0.5"),
        (
            "{ schedule = \"22:00-06:00\", thresholds = { person = 60 } }",
            "the threshold of `person` must be from 0 to 1, not 60",
            "0.5 is a usual one",
        ),
        (
            "{ schedule = \"22:00-06:00\", thresholds = { trcuk = 0.6 } }",
            "`night` of camera `cam-1`: the chosen models do not find the class `trcuk`",
            "did you mean `truck`?",
        ),
    ] {
        let said = said_of_filters(&format!("night = {night}"), "");
        assert!(said.contains(what) && said.contains(hint), "{night}:\n{said}");
        assert_eq!(said.matches("error:").count(), 1, "{night}:\n{said}");
    }
}

#[test]
fn masks_of_classes_name_some_that_the_models_find_and_rules_ask_about() {
    let mask = |classes: &str| {
        let area = "polygon = [[0, 0], [0.2, 0], [0.2, 0.2]]";
        said_of_filters(&format!("[[camera.mask]]\n{area}\nclasses = {classes}\n"), "")
    };
    assert_eq!(mask("[\"person\"]"), "");
    let unknown = mask("[\"perosn\"]");
    assert!(unknown.contains("mask 1 of camera `cam-1`: the chosen models do not find"), "{unknown}");
    assert!(unknown.contains("did you mean `person`?"), "{unknown}");
    let empty = mask("[]");
    assert!(empty.contains("error: ") && empty.contains("`classes` is empty"), "{empty}");
    assert!(empty.contains("or leave the line out: then everything is"), "{empty}");
    let unused = mask("[\"person\", \"car\"]");
    assert!(unused.contains("warning: ") && !unused.contains("error: "), "{unused}");
    assert!(
        unused.contains("mask 1 of camera `cam-1`: no rule of this camera asks about the class `car`"),
        "{unused}"
    );
    let counted = said_after("id = \"lane\" ", "count = true\nid = \"lane\" ");
    assert_eq!(counted, "");
    let text = shipped("minimal.toml").replace("id = \"lane\" ", "count = true\nid = \"lane\" ");
    let area =
        "[[camera.mask]]\npolygon = [[0, 0], [0.2, 0], [0.2, 0.2]]\nclasses = [\"car\"]\n[[camera.zone]]";
    assert!(
        check(&text.replace("[[camera.zone]]", area)).unwrap().warnings.is_empty(),
        "counts are of all classes"
    );
}

#[test]
fn filters_that_leave_a_rule_nothing_are_reported_with_both_places() {
    const ALL: &str = "polygon = [[0, 0], [1, 0], [1, 1], [0, 1]]";
    const LANE: &str = "polygon = [[0.05, 0.4], [0.95, 0.4], [0.95, 1], [0.05, 1]]";
    let of_all = format!("[[camera.mask]]\n{ALL}");
    let of_lane = format!("[[camera.mask]]\n{LANE}");
    let halves = "[[camera.mask]]\npolygon = [[0, 0.4], [0.5, 0.4], [0.5, 1], [0, 1]]\n\
                  [[camera.mask]]\npolygon = [[0.5, 0.4], [1, 0.4], [1, 1], [0.5, 1]]";
    let of_people = format!("{of_all}\nclasses = [\"person\"]");
    let high = "horizon = { points = [[0, 0.3], [1, 0.3]], camera_height_m = 60 }";
    let high_and_tall = format!("{high}\nheights = {{ person = {{ min = 0.1 }} }}");
    for (camera, rule, what, other, hint) in [
        (
            "heights = { person = { max = 0.5 } }",
            "min_height = 0.6",
            "rule `person-in-lane`: `min_height` (0.6) is not below `heights.person.max` (0.5) of camera `cam-1`",
            "heights = ",
            "min_height = 0.25",
        ),
        (
            "heights = { person = { min = 0.4 } }",
            "max_height = 0.3",
            "rule `person-in-lane`: `max_height` (0.3) is not above `heights.person.min` (0.4) of camera `cam-1`",
            "heights = ",
            "max_height = 0.8",
        ),
        (
            of_all.as_str(),
            "",
            "masks cover the whole picture of camera `cam-1`",
            "present = ",
            "polygon = [[0.8, 0.0]",
        ),
        (
            of_lane.as_str(),
            "",
            "all of the zone `lane` of camera `cam-1` lies in masks",
            LANE,
            "classes = [\"face\"]",
        ),
        (halves, "", "lies in masks", "[[0, 0.4], [0.5, 0.4]", "classes = [\"face\"]"),
        (of_people.as_str(), "", "no `person` is looked for there", ALL, "classes = [\"face\"]"),
        (
            "thresholds = { person = 1 }",
            "",
            "camera `cam-1`: hardly any detection reaches the threshold 1 of `person`, so rule `person-in-lane`",
            "present = ",
            "thresholds = { person = 0.5 }",
        ),
        (
            "night = { schedule = \"22:00-06:00\", thresholds = { person = 0.99 } }",
            "",
            "hardly any detection reaches the threshold 0.99 of `person`, so rule `person-in-lane` in line 28 sees none at night",
            "present = ",
            "night.thresholds = { person = 0.5 }",
        ),
        (
            "horizon = { points = [[0, 0.95], [1, 1.5]], camera_height_m = 3 }",
            "",
            "all of the zone `lane` lies above the `horizon` of camera `cam-1`",
            "horizon = ",
            "points = [[0.0, 0.3], [1.0, 0.3]]",
        ),
        (
            high,
            "min_height = 0.1",
            "a `person` there is at most 0.030 of the picture tall, and `min_height` asks for 0.1",
            "horizon = ",
            "min_height = 0.015",
        ),
        (
            high_and_tall.as_str(),
            "",
            "a `person` there is at most 0.030 of the picture tall, and `heights` asks for 0.1",
            "horizon = ",
            "heights = { person = { min = 0.015 } }",
        ),
        (
            "thresholds = { person = 0.4 }\nnight = { schedule = \"daily\", thresholds = { person = 0.6 } }",
            "",
            "`night` of camera `cam-1` is in force at all hours, so the threshold of `person`",
            "thresholds = { person = 0.4 }",
            "schedule = \"daily 19:00-06:00\"",
        ),
    ] {
        let said = said_of_filters(camera, rule);
        assert!(said.contains("warning: ") && !said.contains("error: "), "{camera} {rule}:\n{said}");
        assert_eq!(said.matches("warning: ").count(), 1, "{camera} {rule}:\n{said}");
        assert!(said.contains(what) && said.contains(hint), "{camera} {rule}:\n{said}");
        let text = with_filters(camera, rule);
        let line = text.lines().position(|line| line.contains(other)).unwrap() + 1;
        assert!(said.contains(&format!("line {line}")), "line {line}, {camera} {rule}:\n{said}");
    }
    for name in ["heights", "thresholds"] {
        let said = said_of_filters(&format!("{name} = {{}}"), "");
        let wanted =
            format!("warning: site.toml:18:{}: camera `cam-1`: `{name}` names no class", name.len() + 4);
        assert!(
            said.contains(&wanted) && said.contains(&format!("for example {name} = ")),
            "{wanted}:\n{said}"
        );
    }
    // Little is something.
    let by_night = "thresholds = { person = 0.99 }\nnight = { schedule = \"22:00-06:00\", thresholds = { person = 0.5 } }";
    let beside = "[[camera.mask]]\npolygon = [[0, 0], [1, 0], [1, 0.9], [0, 0.9]]";
    let of_cars = format!("{of_lane}\nclasses = [\"car\"]");
    for (camera, rule) in [
        ("heights = { person = { min = 0.1, max = 0.5 } }", "min_height = 0.4"),
        (beside, ""),
        ("thresholds = { person = 0.9, car = 1 }", ""),
        ("horizon = { points = [[0, 0.6], [1, 0.6]], camera_height_m = 3 }", "min_height = 0.1"),
        ("night = { schedule = \"always\", thresholds = { person = 0.6 } }", ""),
        (by_night, ""),
        ("night = { schedule = \"22:00-06:00\", thresholds = { person = 1 } }", "schedule = \"08:00-18:00\""),
    ] {
        assert_eq!(said_of_filters(camera, rule), "", "{camera} {rule}");
    }
    // Whether a vehicle or a bag stands in the zone, or flames do, its box says, not its feet.
    let models: [(&str, &[Class]); 1] = [(DEFAULT_MODEL, &[Class::PERSON, Class::FIRE, Class::SMOKE])];
    let present = "present = { zone = \"lane\", classes = [\"person\"], for_secs = 3 }";
    for condition in [
        "parked = { zone = \"lane\", classes = [\"person\"], for_secs = 60 }",
        "left_behind = { zone = \"lane\", classes = [\"person\"], for_secs = 60 }",
        "fire = { zone = \"lane\" }",
        "smoke = { zone = \"lane\" }",
    ] {
        let in_the_sky = "horizon = { points = [[0, 0.95], [1, 1.5]], camera_height_m = 3 }";
        for camera in [of_lane.as_str(), in_the_sky] {
            let text = with_filters(camera, "").replace(present, condition);
            assert!(text.contains(condition));
            let said = surveyed(&text, &models).join("\n");
            assert!(!said.contains("all of the zone") && !said.contains("error: "), "{condition}:\n{said}");
        }
    }
    assert!(
        !said_of_filters(&of_cars, "").contains("lies in masks"),
        "cars are not what the rule asks about"
    );
}

/// A folder with a configuration and one secret file.
fn home(content: &str, mode: u32) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secrets/cam-1");
    fs::create_dir(dir.path().join("secrets")).unwrap();
    fs::write(&secret, content).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).unwrap();
    let text = shipped("minimal.toml")
        .replace("[site]", "[site]\nsecrets_dir = \"secrets\"")
        .replace("# secret =", "secret =");
    (dir, text)
}

#[test]
fn credentials_come_from_a_file_that_only_its_owner_can_read() {
    let (dir, text) = home("viewer:hunter2\n", 0o600);
    let at_home = surroundings(true, dir.path());
    let path = dir.path().join("site.toml");
    let config = Config::from_text(&path, &text, &at_home).unwrap();
    let known = config.cameras[0].credentials.as_ref().unwrap();
    assert_eq!((known.user.as_str(), known.password.reveal()), ("viewer", "hunter2"));
    assert!(!format!("{config:?}").contains("hunter2"), "Debug shows a password");

    fs::set_permissions(dir.path().join("secrets/cam-1"), fs::Permissions::from_mode(0o644)).unwrap();
    let said = Config::from_text(&path, &text, &at_home).unwrap_err().to_string();
    assert!(said.contains("can be read by other users (mode 644)") && said.contains("hint: ch"), "{said}");

    // Systemd's folder comes first and is guarded by systemd.
    let guarded = Surroundings { credentials_dir: Some(dir.path().join("secrets")), ..at_home };
    assert!(Config::from_text(&path, &text, &guarded).is_ok());
}

#[test]
fn a_private_key_that_others_can_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let text = shipped("minimal.toml")
        + "\n[mqtt]\nurl = \"mqtts://centre.example\"\ncert_file = \"box.pem\"\nkey_file = \"box.key\"\n";
    let path = dir.path().join("site.toml");
    let said = |text: &str| match Config::from_text(&path, text, &surroundings(true, dir.path())) {
        Ok(_) => String::new(),
        Err(problems) => problems.to_string(),
    };
    assert!(said(&text).contains("`key_file` names no file"), "{}", said(&text));
    make_certificates(dir.path(), "localhost");
    make_client_certificate(dir.path(), "box");
    fs::set_permissions(dir.path().join("box.key"), fs::Permissions::from_mode(0o604)).unwrap();
    assert!(said(&text).contains("`key_file` can be read by other users (mode 604)"), "{}", said(&text));
    fs::set_permissions(dir.path().join("box.key"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(said(&text), "");
}

/// Of whichever section: a connection that fails is no place to find out.
#[test]
fn a_file_named_for_certificates_or_a_key_holds_them() {
    let dir = tempfile::tempdir().unwrap();
    make_certificates(dir.path(), "localhost");
    make_client_certificate(dir.path(), "box");
    let write = |name: &str, content: &[u8]| {
        fs::write(dir.path().join(name), content).unwrap();
        fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    };
    let read = |name: &str| fs::read(dir.path().join(name)).unwrap();
    let authority = String::from_utf8(read("ca.pem")).unwrap();
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        let output = command.args(arguments.split(' ')).current_dir(dir.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    openssl("x509 -in ca.pem -outform der -out ca.der");
    openssl("x509 -req -in box.csr -signkey box.key -days -1 -extfile extensions -out old.pem");
    write("both.pem", &[read("old.pem"), read("ca.pem")].concat());
    write("marked.pem", format!("\u{feff}  {}", authority.replace('\n', "\r\n\t")).as_bytes());
    openssl("ec -aes128 -passout pass:1234 -in server.key -out locked.key");
    write("beside.pem", &[read("ca.pem"), read("locked.key")].concat());
    openssl("x509 -req -in box.csr -signkey box.key -days 9 -out version1.pem");
    write("turned.pem", &[read("ca.pem"), read("box.pem")].concat());
    write("chain.pem", &[read("box.pem"), read("ca.pem")].concat());
    write("empty.pem", b"");
    write("hello.pem", b"hello");
    write("damaged.pem", authority.replace("MII", "###").as_bytes());
    write("half.pem", format!("{authority}-----BEGIN CERTIFICATE-----\naGVsbG8=\n").as_bytes());
    for key in ["ca.key", "box.key", "server.key"] {
        write(key, &read(key));
    }
    let minimal = shipped("minimal.toml");
    let encrypted = minimal.replace("url = \"rtsp:", "url = \"rtsps:");
    assert_ne!(encrypted, minimal);
    let mqtt = |lines: &str| format!("{minimal}\n[mqtt]\nurl = \"mqtts://centre.example\"\n{lines}\n");
    let of_broker = |file: &str| mqtt(&format!("ca_file = \"{file}\""));
    let of_camera =
        |file: &str| encrypted.replace("[[camera.zone]]", &format!("ca_file = \"{file}\"\n[[camera.zone]]"));
    let of_sensors = |file: &str| {
        format!(
            "{minimal}\n[[sensors.broker]]\nid = \"gates\"\nurl = \"mqtts://10.0.0.9\"\nca_file = \"{file}\"\n"
        )
    };
    let path = dir.path().join("site.toml");
    let said = |text: &str| match Config::from_text(&path, text, &surroundings(true, dir.path())) {
        Ok(config) => {
            config.warnings.iter().map(|p| format!("{}\n", rendered(config.path(), p))).collect::<String>()
        }
        Err(problems) => problems.to_string(),
    };
    for owner in ["[mqtt]", "camera `cam-1`", "broker `gates`"] {
        let with = |file: &str| match owner {
            "[mqtt]" => of_broker(file),
            "broker `gates`" => of_sensors(file),
            _ => of_camera(file),
        };
        for (file, what, hint) in [
            ("empty.pem", "is empty", "copy the certificate of the authority"),
            ("hello.pem", "holds no certificate", "-----BEGIN CERTIFICATE-----"),
            ("ca.key", "holds a private key and no certificate", "name the certificate of the authority"),
            ("ca.der", "holds a certificate in DER, not in PEM", "openssl x509 -inform der -in"),
            ("damaged.pem", "holds no certificate that can be read", "copy each of them again"),
        ] {
            let said = said(&with(file));
            let wanted = format!("{owner}: `ca_file` {what}: {}", dir.path().join(file).display());
            assert!(
                said.contains("warning: ") && said.contains(&wanted) && said.contains(hint),
                "{wanted}: {said}"
            );
            // No camera stays unwatched for it.
            assert!(!said.contains("error: ") && said.contains("the connection fails until"), "{said}");
        }
        let half = said(&with("half.pem"));
        assert!(half.contains("warning: ") && half.contains("cannot be read (1 of 2)"), "{half}");
        let old = said(&with("old.pem"));
        assert!(old.contains("warning: ") && old.contains("`ca_file` has expired"), "{old}");
        for file in ["ca.pem", "both.pem", "marked.pem", "beside.pem"] {
            let good = said(&with(file));
            assert!(!good.contains("ca_file"), "{owner}: {good}");
        }
    }
    for (certificate, key, what) in [
        ("box.pem", "box.key", ""),
        ("hello.pem", "box.key", "`cert_file` holds no certificate: "),
        ("box.key", "box.key", "`cert_file` holds a private key and no certificate: "),
        ("box.pem", "box.pem", "`key_file` holds a certificate and no private key: "),
        ("box.pem", "empty.pem", "`key_file` is empty: "),
        ("old.pem", "box.key", "`cert_file` has expired"),
        ("box.pem", "server.key", "`key_file` belongs to another certificate than `cert_file`: "),
        ("chain.pem", "box.key", ""),
        ("turned.pem", "box.key", "`cert_file` begins with another certificate than that of `key_file`: "),
        ("turned.pem", "server.key", "`key_file` belongs to another certificate than `cert_file`: "),
        ("version1.pem", "box.key", "`cert_file` holds a certificate that cannot be used: "),
    ] {
        let said = said(&mqtt(&format!("cert_file = \"{certificate}\"\nkey_file = \"{key}\"")));
        assert_eq!(said.contains("_file` "), !what.is_empty(), "{certificate} {key}: {said}");
        // A certificate in the key's place may be read by all.
        let is_error = |line: &&str| line.contains("error: ") && !line.contains("can be read by other users");
        assert!(said.contains(what), "{certificate} {key}: {said}");
        assert_eq!(said.lines().find(is_error), None, "{certificate} {key}: {said}");
    }
    // By that name the broker that is shipped knows a box.
    let of_certificate =
        |name: &str| said(&mqtt(&format!("cert_file = \"{name}.pem\"\nkey_file = \"{name}.key\"")));
    let other = of_certificate("box");
    assert!(
        other.contains("warning: ") && other.contains("its certificate is made out to another name: `box`: "),
        "{other}"
    );
    let name = other.split('`').find(|part| part.starts_with("530127.")).unwrap_or_else(|| panic!("{other}"));
    assert!(other.contains(&format!("with the common name `{name}`")), "{other}");
    make_client_certificate(dir.path(), name);
    fs::set_permissions(dir.path().join(format!("{name}.key")), fs::Permissions::from_mode(0o600)).unwrap();
    let own = of_certificate(name);
    assert!(!own.contains("made out to"), "{own}");
    // What a file holds is nobody's business but its owner's.
    let shown = said(&of_broker("ca.key"));
    let secret = String::from_utf8(read("ca.key")).unwrap();
    assert!(!shown.contains(secret.lines().nth(1).unwrap()), "{shown}");
}

/// Recorders that want the login as part of the address: it stands in the secret file all the same.
#[test]
fn an_address_may_have_places_for_the_login() {
    let (dir, text) = home("admin:\n", 0o600);
    let at_home = surroundings(true, dir.path());
    let url = "url = \"rtsp://10.0.0.31/stream2\"";
    let with = |address: &str| text.replace(url, &format!("url = \"{address}\""));
    let said = |text: &str| match Config::from_text(&dir.path().join("site.toml"), text, &at_home) {
        Ok(config) => {
            let CameraSource::Rtsp { url, .. } = &config.cameras[0].source else { panic!("no stream") };
            format!("reads {url}")
        }
        Err(problems) => problems.to_string(),
    };
    for (address, reads) in [
        ("rtsp://10.0.0.31/user={user}&password={password}&channel=1", None),
        ("rtsp://10.0.0.31/{user}/{password}/ch0?p={password}", None),
        ("rtsp://10.0.0.31/user=admin&password=&channel=1", None),
        ("rtsp://{user}:{password}@10.0.0.31/s", Some("rtsp://10.0.0.31/s")),
    ] {
        assert_eq!(said(&with(address)), format!("reads {}", reads.unwrap_or(address)));
    }
    for (address, why) in [
        (
            "rtsp://10.0.0.31/user=admin&password=hunter2&channel=1",
            "write {user} and {password} in their places",
        ),
        ("rtsp://10.0.0.31/{user}/{pass}/ch0", "`url` has a place that nothing fills in: `pass`"),
        ("rtsp://admin:2024/cam@10.0.0.31", "`url` holds what looks like a user or a password"),
        ("rtsp://fe80::31/s", "write it like rtsp://[fd00::31]:554/stream2"),
        ("rtsp://[fe80::31%eth0]/s", "an IPv6 address with a zone"),
    ] {
        let answer = said(&with(address));
        assert!(
            answer.contains(why) && !answer.contains("hunter2") && !answer.contains("2024"),
            "{address}: {answer}"
        );
    }
    let without = with("rtsp://10.0.0.31/{user}/{password}").replace("secret =", "# secret =");
    let answer = said(&without);
    assert!(answer.contains("`url` has a place for the login, but there is no `secret`"), "{answer}");
}

#[test]
fn an_encrypted_camera_names_whom_to_believe() {
    let pin = "0A:".repeat(31) + "0A";
    let url = "url = \"rtsp://10.0.0.31/stream2\"";
    let encrypted = url.replace("rtsp:", "rtsps:");
    for (lines, said) in [
        (format!("{encrypted}\ncertificate_sha256 = \"{pin}\"\nanswer_within_secs = 20"), ""),
        (
            format!("{url}\ncertificate_sha256 = \"{pin}\""),
            "`certificate_sha256` with an address that is not encrypted",
        ),
        (format!("{url}\nca_file = \"ca.pem\""), "`ca_file` with an address that is not encrypted"),
        (
            format!("{encrypted}\nca_file = \"ca.pem\"\ncertificate_sha256 = \"{pin}\""),
            "has both `ca_file` and `certificate_sha256`",
        ),
        (format!("{encrypted}\ncertificate_sha256 = \"{}\"", &pin[3..]), "certificate_sha256"),
        (format!("{url}\nanswer_within_secs = 31"), "answer_within_secs"),
    ] {
        let answer = said_after(url, &lines);
        assert!(answer.contains(said) && answer.is_empty() == said.is_empty(), "{lines}: {answer}");
    }
}

#[test]
fn a_configuration_for_another_machine_needs_no_secrets_here() {
    let (dir, text) = home("viewer:hunter2\n", 0o600);
    fs::remove_file(dir.path().join("secrets/cam-1")).unwrap();
    let path = dir.path().join("site.toml");
    assert!(Config::from_text(&path, &text, &surroundings(false, dir.path())).is_ok());
    let said = Config::from_text(&path, &text, &surroundings(true, dir.path())).unwrap_err().to_string();
    assert!(said.contains("is not there"), "{said}");
}

#[test]
fn a_file_that_cannot_be_read_is_a_problem_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Config::load(&dir.path().join("none.toml")).unwrap_err().to_string();
    assert!(missing.contains("none.toml: the file cannot be read: there is no such file"), "{missing}");
    let problems = Config::load(&dir.path().join("none.toml")).unwrap_err();
    let chinese = problems.in_language(Language::Chinese);
    assert!(chinese.contains("none.toml：文件无法读取：没有这个文件\n  提示：请检查文件名"), "{chinese}");
    let folder = Config::load(dir.path()).unwrap_err().to_string();
    assert!(folder.contains("the file cannot be read: it is a folder\n"), "{folder}");
    let latin = dir.path().join("latin.toml");
    fs::write(&latin, b"[site]\nname = \"caf\xe9\"\n").unwrap();
    let said = Config::load(&latin).unwrap_err().to_string();
    assert!(said.contains("latin.toml:2:12: the file is no text in UTF-8"), "{said}");
}

#[test]
fn a_file_made_to_hurt_is_answered_like_any_other() {
    let deep = format!("a = {}", "[".repeat(200_000));
    assert!(check(&deep).unwrap_err().to_string().contains("this is no TOML"));
    let wide: String = (0..50_000).map(|i| format!("[[camera]]\nid = {i}\n")).collect();
    let problems = check(&wide).unwrap_err();
    assert_eq!(problems.iter().count(), 201, "more problems than anybody reads");
    assert!(problems.iter().last().unwrap().what.to_string().contains("more, from here on"));
    let names: String = (0..2_000).map(|i| format!("[x{i}.y{i}.z{i}]\n")).collect();
    assert!(check(&names).is_err());
    for text in ["", "\u{feff}", "\u{0}", "[site]\r", "=", "[[[", "site = 1"] {
        assert!(check(text).is_err(), "{text:?} is a configuration");
    }
}

/// Deterministic chance (xorshift), so that a failure names a seed that shows it again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

/// A slip of the kind that people and editors make.
fn mutated(text: &str, chance: &mut Chance) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=chance.below(3) {
        let at = chance.below(chars.len());
        let odd = [
            '"', '[', ']', '{', '}', '=', '\n', '#', '.', '-', '0', '9', 'x', '你', '\u{0}', '\t', ',', '@',
            ':',
        ];
        match chance.below(5) {
            0 => {
                chars.remove(at);
            }
            1 => chars.insert(at, odd[chance.below(odd.len())]),
            2 => chars[at] = odd[chance.below(odd.len())],
            3 => {
                // A line goes missing.
                let begin = chars[..at].iter().rposition(|&c| c == '\n').map_or(0, |i| i + 1);
                let end = chars[at..].iter().position(|&c| c == '\n').map_or(chars.len(), |i| at + i + 1);
                chars.drain(begin..end);
            }
            _ => {
                // A line comes twice, somewhere else.
                let whole: String = chars.iter().collect();
                let mut lines: Vec<String> = whole.lines().map(str::to_owned).collect();
                let line = lines[chance.below(lines.len())].clone();
                lines.insert(chance.below(lines.len()), line);
                chars = lines.join("\n").chars().collect();
            }
        }
        if chars.is_empty() {
            break;
        }
    }
    chars.into_iter().collect()
}

#[test]
fn two_thousand_slips_never_panic_never_show_a_password_and_always_have_a_place() {
    const CANARY: &str = "c4n4ry-pw";
    let example = shipped("example.toml");
    let mut with_canary = vec![
        example.clone(),
        example.replace("rtsp://10.0.0.31", &format!("rtsp://admin:{CANARY}@10.0.0.31")),
        example.replace("mqtts://centre", &format!("mqtts://box:{CANARY}@centre")),
        example.replace("secret = \"cam-03\"", &format!("password = \"{CANARY}\"")),
        example.replace("secret = \"centre\"", &format!("secret = \"box:{CANARY}!\"")),
    ];
    with_canary.extend(cases::texts().iter().map(|text| text.replace("hunter2", CANARY)));
    let mut refused = 0;
    for seed in 1..=2_000_u64 {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let text = mutated(&with_canary[chance.below(with_canary.len())], &mut chance);
        let lines = text.split('\n').count() as u32;
        let outcome = check(&text);
        let Err(problems) = outcome else { continue };
        let shown = format!("{problems} {problems:?}");
        refused += 1;
        assert!(!shown.contains(CANARY), "seed {seed} shows the password:\n{shown}");
        assert!(problems.iter().next().is_some(), "seed {seed}: refused without a reason");
        for problem in problems.iter() {
            assert!(!problem.what.to_string().is_empty(), "seed {seed}");
            assert!((1..=lines).contains(&problem.line), "seed {seed}: line {} of {lines}", problem.line);
            let line = text.split('\n').nth(problem.line as usize - 1).unwrap();
            let most = line.chars().count() as u32 + 1;
            assert!((1..=most).contains(&problem.column), "seed {seed}: column {} of {most}", problem.column);
        }
    }
    assert!(refused > 1_000, "only {refused} of the mutated files were refused: the mutations are too tame");
}

/// Runs the program in an empty folder, where no list of models is found.
fn lookout(arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_lookout"))
        .args(arguments)
        .current_dir(folder.path())
        .env_remove("LOOKOUT_MODELS")
        .env_remove("STATE_DIRECTORY")
        .env_remove("CREDENTIALS_DIRECTORY")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn path_of(name: &str) -> String {
    repository().join(name).display().to_string()
}

#[test]
fn check_says_what_a_good_configuration_makes_the_box_do() {
    let (code, out, err) = lookout(&["check", "--elsewhere", &path_of("config/example.toml")]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    for rendered in [
        "box-7f3a in 530127, Asia/Shanghai, titles in zh-CN, mode actual",
        "centre.example:8883 (MQTT 5, encrypted",
        "lookout/v1/530127/box-7f3a/up/...",
        format!("{DEFAULT_MODEL} on openvino, else cpu").as_str(),
        "cam-03               rtsp://10.0.0.31/stream2, 5 looks a second, 3 zones, 1 line, 1 mask",
        "fire-lane-blocked         fire_lane_blocked (orange) on cam-03",
    ] {
        assert!(out.contains(rendered), "`{rendered}` is not told:\n{out}");
    }
}

#[test]
fn check_ends_with_2_and_says_everything_on_standard_error() {
    let (code, out, err) =
        lookout(&["check", "--elsewhere", &path_of("tests/data/config/cases/structure.toml")]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        err.contains("structure.toml:4:7: [site]: this is no name of a box")
            && err.trim_end().ends_with("errors")
    );
    assert!(!err.contains("hunter2"), "{err}");
}

#[test]
fn a_configuration_that_is_not_there_ends_every_command_alike() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("none.toml").display().to_string();
    for command in [
        &["check", &gone][..],
        &["check", "--config", &gone],
        &["run", "--config", &gone],
        &["sensors", "--config", &gone],
        &["capacity", "--config", &gone],
        &["replay", "--config", &gone, "clip.mp4"],
        &["compare", &gone, &gone, "clip.mp4"],
    ] {
        let (code, out, err) = lookout(&[command, &["--language", "en"]].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{command:?}: {err}");
        let wanted =
            format!("error: {gone}: the file cannot be read: there is no such file\n  hint: check the name");
        assert!(err.contains(&wanted) && !err.contains("os error"), "{command:?}: {err}");
    }
}

#[test]
fn errors_come_before_warnings() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("site.toml");
    let idle =
        "[[camera]]\nid = \"idle\"\neye = \"sky\"\nurl = \"rtsp://10.0.0.9/\"\ngrid = \"530127\"\n\n[[rule]]";
    let text = shipped("minimal.toml").replace("[[rule]]", idle).replace("for_secs = 3", "for_secs = -3");
    fs::write(&path, text).unwrap();
    let (code, _, err) = lookout(&["check", "--elsewhere", "--language", "en", &path.display().to_string()]);
    let places: Vec<Option<usize>> =
        ["error: ", "warning: ", "\n1 error\n"].map(|part| err.find(part)).to_vec();
    assert!(code == 2 && places.iter().all(Option::is_some) && places.is_sorted(), "{err}");
}

#[test]
fn check_answers_programs_in_json() {
    let (good, broken) = (path_of("config/minimal.toml"), path_of("tests/data/config/cases/structure.toml"));
    let (code, out, _) = lookout(&["check", "--elsewhere", "--json", &good, &broken]);
    assert_eq!(code, 2);
    let answers: Vec<serde_json::Value> =
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((answers[0]["valid"].clone(), answers[0]["cameras"].clone()), (true.into(), 1.into()));
    assert_eq!(
        (answers[1]["valid"].clone(), answers[1]["problems"][0]["line"].clone()),
        (false.into(), 4.into())
    );
    let first = &answers[1]["problems"][0];
    assert_eq!(first["code"], "config_site.no_box_name");
    assert_eq!(first["args"]["owner"], "[site]");
    assert!(first["hint_code"].is_string() && first["hint_args"].is_object(), "{first}");
    // The codes are the same in every language, and the texts are not.
    let (_, chinese, _) = lookout(&["check", "--elsewhere", "--json", "--language", "zh-CN", &broken]);
    let chinese: serde_json::Value = serde_json::from_str(chinese.trim()).unwrap();
    let codes = |answer: &serde_json::Value| -> Vec<serde_json::Value> {
        answer["problems"].as_array().unwrap().iter().map(|problem| problem["code"].clone()).collect()
    };
    assert_eq!(codes(&chinese), codes(&answers[1]));
    assert_ne!(chinese["problems"][0]["what"], first["what"]);
}

#[test]
fn check_says_in_chinese_what_a_good_configuration_makes_the_box_do() {
    let (code, out, err) =
        lookout(&["check", "--elsewhere", "--language", "zh-CN", &path_of("config/example.toml")]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    for rendered in [
        "example.toml：没有错误\n  盒子     box-7f3a，位于 530127，时区 Asia/Shanghai，标题语言 zh-CN，模式 actual\n",
        "centre.example:8883（MQTT 5，加密，",
        "，主题 lookout/v1/530127/box-7f3a/up/...\n",
        "cam-03               rtsp://10.0.0.31/stream2，每秒分析 5 次，3 个区域，1 条线，1 个遮罩\n",
        "fire-lane-blocked         fire_lane_blocked（orange），监看 cam-03\n",
    ] {
        assert!(out.contains(rendered), "`{rendered}` is not told:\n{out}");
    }
}

/// What rules ask for, but for one class.
const STREET: &str = r#""person", "car", "truck", "two_wheeler", "fire", "smoke""#;

/// A model of a manifest, whose file is not there.
fn described(name: &str, classes: &str) -> String {
    format!(
        "[[model]]\nname = \"{name}\"\nfile = \"m.onnx\"\nsha256 = \"{}\"\nlicence = \"Apache-2.0\"\n\
         origin = \"test\"\nhead = \"yolov8\"\nclasses = [{classes}]\n\
         input = {{ width = 416, height = 256, colour = \"rgb\", fit = \"letterbox-top-left\" }}\n",
        "0".repeat(64)
    )
}

#[test]
fn check_compares_names_with_the_list_of_models() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("manifest.toml");
    let example = path_of("config/example.toml");
    let check =
        || lookout(&["check", "--elsewhere", "--manifest", &manifest.display().to_string(), &example]);
    fs::write(&manifest, described(DEFAULT_MODEL, &format!("{STREET}, \"bus\""))).unwrap();
    assert_eq!(check().0, 0, "{}", check().2);
    fs::write(&manifest, described(DEFAULT_MODEL, STREET)).unwrap();
    let (code, _, err) = check();
    assert!(code == 2 && err.contains("the chosen models do not find the class `bus`"), "{err}");
    fs::write(&manifest, described("street-tiny", "\"person\"")).unwrap();
    let (code, _, err) = check();
    let wanted = format!("`model` names an unknown model: `{DEFAULT_MODEL}`");
    assert!(code == 2 && err.contains(&wanted), "{err}");
    assert!(err.contains("did you mean `street-tiny`?") || err.contains("there are `street-tiny`"), "{err}");
}

#[test]
fn the_face_model_looks_at_pictures_that_leave_so_rules_cannot_use_it_and_none_does_without() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = repository().join("models/manifest.toml").display().to_string();
    let site = folder.path().join("site.toml");
    let check = |face_model: &str| {
        let detector = format!("[detector]\nface_model = \"{face_model}\"\n");
        fs::write(&site, format!("{}\n{detector}", shipped("minimal.toml"))).unwrap();
        lookout(&["check", "--elsewhere", "--manifest", &manifest, &site.display().to_string()])
    };
    for good in ["none", "centerface"] {
        let (code, _, err) = check(good);
        assert_eq!((code, err.as_str()), (0, ""), "{good}");
    }
    let (_, out, _) = check("none");
    assert!(out.contains("faces    no model of their own"), "{out}");
    let (code, _, err) = check("nobody");
    assert!(code == 2 && err.contains("`face_model` names an unknown model: `nobody`"), "{err}");
    let no_faces = folder.path().join("manifest.toml");
    fs::write(&no_faces, described(DEFAULT_MODEL, STREET) + &described("faceless", STREET)).unwrap();
    let arguments = ["check", "--elsewhere", "--manifest", &no_faces.display().to_string()];
    fs::write(&site, format!("{}\n[detector]\nface_model = \"faceless\"\n", shipped("minimal.toml")))
        .unwrap();
    let (code, _, err) = lookout(&[&arguments[..], &[&site.display().to_string()]].concat());
    assert!(code == 2 && err.contains("a model that finds no faces: `faceless`"), "{err}");
}

#[test]
fn a_missing_list_of_models_or_model_is_an_error_in_the_same_pass() {
    let folder = tempfile::tempdir().unwrap();
    let crossed = shipped("minimal.toml").replace("[0.9, 0.5], [0.9, 1.0]", "[0.9, 1.0], [0.9, 0.5]");
    let site = folder.path().join("site.toml");
    fs::write(&site, format!("{crossed}[outbox]\ndir = \"outbox\"\n[evidence]\nenabled = false\n")).unwrap();
    let site = site.display().to_string();
    let (code, _, err) = lookout(&["check", &site]);
    assert!(code == 2 && err.contains("no model manifest found") && err.contains("crosses itself"), "{err}");
    // A list, and a model whose file is not there: the service could not start.
    let manifest = folder.path().join("manifest.toml");
    fs::copy(repository().join("models/manifest.toml"), &manifest).unwrap();
    let (code, _, err) = lookout(&["check", "--manifest", &manifest.display().to_string(), &site]);
    assert!(code == 2 && err.contains(&format!("{DEFAULT_MODEL}.onnx): cannot be read")), "{err}");
    assert!(err.contains("crosses itself"), "{err}");
    let file = format!("{DEFAULT_MODEL}.onnx");
    fs::copy(repository().join("models").join(&file), folder.path().join(file)).unwrap();
    let (_, _, err) = lookout(&["check", "--manifest", &manifest.display().to_string(), &site]);
    assert!(err.contains("crosses itself") && err.trim_end().ends_with("\n1 error"), "{err}");
}

#[test]
fn schema_prints_what_is_checked_in() {
    let (code, out, _) = lookout(&["schema", "alert"]);
    assert_eq!((code, out), (0, shipped("schema/alert.json")));
    let (code, out, _) = lookout(&["schema", "--reference"]);
    assert_eq!((code, out), (0, shipped("REFERENCE.md")));
    let (code, _, err) = lookout(&["schema", "alarm"]);
    assert!(
        code == 2 && err.contains("there is no schema `alarm`") && err.contains("hint: there are alert"),
        "{err}"
    );
}

/// `example.toml` with something added at its end.
fn example_and(more: &str) -> Result<Config, Problems> {
    check(&(shipped("example.toml") + more))
}

#[test]
fn the_whole_catalogue_can_be_taken() {
    let text = shipped("example.toml")
        .replace("catalogue = [\"fire\", \"camera_trouble\"]", "catalogue = [\"all\"]");
    let config = check(&text).unwrap();
    let kinds: Vec<&str> = config.signals.iter().map(|signal| &*signal.kind).collect();
    for kind in ["loitering", "fire", "flooding", "e_bike_indoors", "noise", "camera_trouble"] {
        assert!(kinds.contains(&kind), "{kind} is missing in {kinds:?}");
    }
    let own = config.signals.iter().filter(|signal| &*signal.kind == "loitering").count();
    assert_eq!(own, 1);
}

#[test]
fn a_signal_of_the_file_takes_the_place_of_the_catalogues() {
    let config = example_and("[[signal]]\nkind = \"fire\"\nlevels = { red = 0.6 }\n").unwrap();
    let fire: Vec<_> = config.signals.iter().filter(|signal| &*signal.kind == "fire").collect();
    assert_eq!(fire.len(), 1);
    assert_eq!(fire[0].levels.len(), 1);
    assert_eq!(fire[0].levels[0].level, Level::Red);
}

/// Whoever watches nothing must learn of it, so that needs no line in the file.
#[test]
fn trouble_of_cameras_is_reported_unless_it_is_switched_off() {
    let plain = shipped("example.toml").replace("catalogue = [\"fire\", \"camera_trouble\"]", "#");
    let kinds = |text: &str| -> Vec<String> {
        check(text).unwrap().signals.iter().map(|signal| signal.kind.to_string()).collect()
    };
    let has_it = |kinds: &[String]| kinds.iter().filter(|kind| *kind == "camera_trouble").count();
    assert_eq!(has_it(&kinds(&plain)), 1, "without a word");
    let with = |line: &str| plain.replace("[fusion]\n", &format!("[fusion]\n{line}\n"));
    assert_eq!(has_it(&kinds(&with("catalogue = [\"fire\"]"))), 1, "beside others");
    assert_eq!(has_it(&kinds(&with("catalogue = [\"all\"]"))), 1, "once");
    assert_eq!(has_it(&kinds(&with("camera_trouble = true"))), 1);
    assert_eq!(has_it(&kinds(&with("camera_trouble = false"))), 0);
    assert_eq!(has_it(&kinds(&with("camera_trouble = false\ncatalogue = [\"all\"]"))), 0);
    let both = with("camera_trouble = false\ncatalogue = [\"fire\", \"camera_trouble\"]");
    let text = check(&both).unwrap_err().to_string();
    assert!(text.contains("switched off here and wanted by `catalogue`") && text.contains("hint:"), "{text}");
    let own = format!(
        "{plain}\n[[signal]]\nkind = \"camera_trouble\"\nfrom = [{{ conditions = [\"no_video\"], weight = 3.0 }}]\n"
    );
    let config = check(&own).unwrap();
    let own: Vec<_> = config.signals.iter().filter(|s| &*s.kind == "camera_trouble").collect();
    assert_eq!((own.len(), own[0].from.len()), (1, 1), "the file's takes the place of the catalogue's");
    assert!(own[0].each_camera, "conditions alone are told camera by camera");
}

#[test]
fn a_rule_that_feeds_a_signal_raises_nothing_by_itself() {
    let config = example_and("").unwrap();
    let plan = config.plan(config.camera_plans());
    let alone: Vec<&str> =
        plan.rules.iter().filter(|rule| plan.raises_alone(rule)).map(|rule| &*rule.id).collect();
    assert!(alone.contains(&"fire-lane-blocked"), "{alone:?}");
    assert!(!alone.contains(&"lingering-in-the-yard"), "{alone:?}");
    assert!(!alone.contains(&"gathering-at-the-gate"), "{alone:?}");
    let fed: Vec<String> = plan
        .sources()
        .iter()
        .filter(|source| &*source.kind == "loitering")
        .map(|source| format!("{} {} {}", source.id, source.grid, source.weight))
        .collect();
    let expected = [
        "rule:gathering-at-the-gate@cam-03 53012700300102 1.2",
        "rule:lingering-in-the-yard@yard-1 53012700300105 2.4",
    ];
    assert_eq!(fed, expected);
}

#[test]
fn what_is_wrong_with_a_signal_is_said_with_what_to_try() {
    let cases = [
        ("from = [{ rule = \"fire-lane\", weight = 1.0 }]", "unknown rule: `fire-lane`", "fire-lane-blocked"),
        (
            "from = [{ rule = \"fire-lane-blocked\", kind = \"parked\", weight = 1.0 }]",
            "both `rule` and `kind`",
            "exactly one",
        ),
        ("from = [{ weight = 1.0 }]", "does not say what it is", "exactly one"),
        (
            "from = [{ kind = \"parked\", above = 3.0, weight = 1.0 }]",
            "`above` is for sensors",
            "leave it out",
        ),
        ("from = [{ quantity = \"noise\", weight = 1.0 }]", "either `above` or `below`", "for example"),
        (
            "from = [{ quantity = \"noise\", above = 70.0, sure_at = 60.0, weight = 1.0 }]",
            "must lie above",
            "counts fully",
        ),
        ("from = [{ conditions = [\"coverd\"], weight = 1.0 }]", "no such condition: `coverd`", "covered"),
        ("levels = { blue = 0.7, yellow = 0.6 }", "takes no more belief", "they rise"),
        ("levels = { blue = 1.5 }", "between 0 and 1", "for example"),
        ("levels = {}", "never become an alert", "leave it out"),
        ("prior = 0.6", "do not fit together", "must be able to end"),
        ("clear = 0.9", "do not fit together", "first level"),
        (
            "each_camera = true\nfrom = [{ quantity = \"noise\", above = 70.0, weight = 2.0 }]",
            "they belong to no camera",
            "leave `each_camera` out",
        ),
        (
            "each_camera = true\njoin_neighbours = true",
            "one alert of several places",
            "leave `each_camera` out",
        ),
    ];
    for (line, what, hint) in cases {
        let problems = example_and(&format!("\n[[signal]]\nkind = \"noise\"\n{line}\n")).unwrap_err();
        let text = problems.to_string();
        assert!(text.contains(what), "{line}:\n{text}");
        assert!(text.contains(hint), "{line}:\n{text}");
    }
    let text = example_and("\n[[signal]]\nkind = \"loitering\"\n").unwrap_err().to_string();
    assert!(text.contains("another signal `loitering`"), "{text}");
    let wrong = shipped("example.toml").replace("\"camera_trouble\"]", "\"camera_troubel\"]");
    let text = check(&wrong).unwrap_err().to_string();
    assert!(text.contains("the catalogue has no such signal") && text.contains("camera_trouble"), "{text}");
}

/// What can be read of it may be just what the good one says.
#[test]
fn a_text_that_is_no_toml_never_has_the_digest_of_a_good_one() {
    let good = shipped("minimal.toml");
    let running = check(&good).unwrap().sha256;
    for broken in [format!("{good}\n[[camera\n"), format!("{good}\nmode\n"), format!("== 5\n{good}")] {
        let problems = check(&broken).unwrap_err();
        assert!(problems.to_string().contains("this is no TOML"), "{problems}");
        let offered = problems.sha256().expect("it was read");
        assert_ne!(offered, running, "{problems}");
        assert_eq!(check(&broken).unwrap_err().sha256(), Some(offered), "the same each time");
    }
    // One that is TOML and has a mistake keeps the digest of what it says, whatever its comments.
    let wrong = good.replace("area = \"530127\"", "area = \"5301\"");
    let commented = check(&format!("# a comment\n{wrong}")).unwrap_err();
    assert_eq!(check(&wrong).unwrap_err().sha256(), commented.sha256());
}
