//! The contract with the command centre: what is checked in is what the types say, what is sent fits the published
//! schemas, and consumers of today can live with the fields of tomorrow.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jsonschema::Validator;
use lookout::analysis::alert::{
    Acknowledgement, Act, AlertId, Basis, Contribution, Origin, Revision, Shown, Why,
};
use lookout::analysis::alert_lifecycle::handling::{Assigned, Closed, GivenVerdict, Handling};
use lookout::analysis::detection::Class;
use lookout::analysis::geometry::{BBox, Point, Polygon};
use lookout::analysis::grid::GridCode;
use lookout::analysis::time::Moment;
use lookout::cli::schema::published_files;
use lookout::contract::alert::{AlertData, ClockData, ClockSync, GapData, GapRange, ModelRef, SeqData};
use lookout::contract::alert_event::{AlertContext, CameraPlace, SensorPlace, Seq};
use lookout::contract::asyncapi::{View, asyncapi};
use lookout::contract::box_key::{BoxKey, SignatureData};
use lookout::contract::box_status::{ActiveAlert, ActiveCounts, ActiveData, ConfigData, MetaData, StateData};
use lookout::contract::command::{MarkData, ReplyData};
use lookout::contract::explain::explain;
use lookout::contract::health::{
    CameraData, CameraState, Decoding, Degraded, HealthCounts, HealthData, SensorData, SensorState,
};
use lookout::contract::quality::QualityData;
use lookout::contract::time_fix::TimeFixData;
use lookout::contract::{
    Event, Eye, Language, MAX_EVENT_BYTES, Message, Mode, Sender, Time, alert_event, gap_event, schema_id,
};
use lookout::control::commands::ack::AckCommand;
use lookout::control::{COMMANDS, message, messages};
use lookout::types::camera_condition::CameraCondition;
use lookout::types::gap::GapReason;
use lookout::types::hex::sha256_hex;
use lookout::types::level::Level;
use lookout::types::phase::{Phase, PhaseReason};
use lookout::types::responsible::Responsible;
use lookout::types::verdict::Verdict;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The messages with JSON, each with its schema.
fn with_schemas() -> impl Iterator<Item = (&'static Message, Value)> {
    messages().into_iter().filter_map(|message| Some((message, message.json_schema().unwrap()?)))
}

fn example(name: &str) -> Value {
    message(name).unwrap().example().unwrap().unwrap()
}

fn validator(name: &str) -> Validator {
    let schema = message(name).unwrap().json_schema().unwrap().unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn assert_valid(name: &str, payload: &Value) {
    let validator = validator(name);
    let complaints: Vec<String> =
        validator.iter_errors(payload).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(complaints.is_empty(), "{name} does not fit its schema: {complaints:#?}\n{payload:#}");
}

#[test]
fn the_files_that_are_checked_in_are_those_that_the_types_make() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let files = published_files().unwrap();
    for (path, made) in &files {
        let kept = fs::read_to_string(config.join(path)).unwrap_or_default();
        assert!(
            kept == *made,
            "config/{} is not what the types say.\n  hint: cargo run -- schema --dir config, then read the difference: \
             a changed schema is a changed promise",
            path.display()
        );
    }
    let made: BTreeSet<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
    for entry in fs::read_dir(config.join("schema")).unwrap() {
        let name = format!("schema/{}", entry.unwrap().file_name().to_string_lossy());
        assert!(made.contains(&name), "config/{name} belongs to no message any more: remove it");
    }
}

#[test]
fn every_schema_is_one_and_its_example_fits_it() {
    for (message, schema) in with_schemas() {
        assert!(jsonschema::meta::is_valid(&schema), "the schema of {} is no JSON Schema", message.name);
        let example = example(message.name);
        assert_valid(message.name, &example);
        assert_eq!(schema["examples"][0], example, "{}", message.name);
    }
}

/// A schema that anything fits would be worth nothing.
#[test]
fn a_message_that_lacks_a_required_field_does_not_fit() {
    for (message, schema) in with_schemas() {
        let validator = validator(message.name);
        let whole = example(message.name);
        for field in schema["required"].as_array().unwrap() {
            let mut without = whole.clone();
            without.as_object_mut().unwrap().remove(field.as_str().unwrap());
            assert!(!validator.is_valid(&without), "{} fits without {field}", message.name);
        }
        let mut wrong = whole.clone();
        wrong.as_object_mut().unwrap().values_mut().for_each(|value| *value = json!(["wrong"]));
        assert!(!validator.is_valid(&wrong), "{} may hold anything", message.name);
        if whole.get("type").is_some() {
            let mut other = whole.clone();
            other["type"] = json!("lookout.other.v1");
            assert!(!validator.is_valid(&other), "{} may call itself anything", message.name);
        }
    }
}

#[test]
fn every_field_is_explained() {
    for (message, schema) in with_schemas() {
        let mut unexplained = Vec::new();
        collect_unexplained(&schema, &schema, message.name, &mut unexplained);
        assert!(unexplained.is_empty(), "fields without a description: {unexplained:?}");
    }
    let mut unexplained = Vec::new();
    let schema = lookout::config::schema::editor_schema();
    collect_unexplained(&schema, &schema, "configuration", &mut unexplained);
    assert!(unexplained.is_empty(), "fields without a description: {unexplained:?}");
}

fn collect_unexplained(root: &Value, schema: &Value, path: &str, found: &mut Vec<String>) {
    let Some(fields) = schema.as_object() else { return };
    if let Some(properties) = fields.get("properties").and_then(Value::as_object) {
        for (name, field) in properties {
            // The envelope's `data` is explained by its type.
            // A layer's field is explained where the camera's is.
            let of_another = field["$ref"].as_str().filter(|path| path.contains("/properties/"));
            let field = of_another.and_then(|path| root.pointer(&path[1..])).unwrap_or(field);
            let explained = field.get("description").is_some_and(|d| !d.as_str().unwrap_or("").is_empty());
            if !explained {
                found.push(format!("{path}.{name}"));
            }
        }
    }
    for (name, value) in fields {
        // What is only asked under a condition is described where it is defined.
        if !["examples", "if", "then", "else"].contains(&name.as_str()) {
            match value {
                Value::Object(_) => collect_unexplained(root, value, &format!("{path}.{name}"), found),
                Value::Array(items) => {
                    items
                        .iter()
                        .for_each(|item| collect_unexplained(root, item, &format!("{path}.{name}"), found));
                }
                _ => {}
            }
        }
    }
}

/// Puts an unknown field into every object, but for those whose names a sentence chooses.
fn from_the_future(value: &Value) -> Value {
    let of_field = |name: &str, value: &Value| match name.ends_with("args") {
        true => value.clone(),
        false => from_the_future(value),
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), of_field(name, value)))
            .chain([("x_of_tomorrow".to_owned(), json!({ "any": ["thing"] }))])
            .collect(),
        Value::Array(items) => items.iter().map(from_the_future).collect(),
        other => other.clone(),
    }
}

fn lives_with_the_future<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(name: &str) {
    let today = example(name);
    let tomorrow = from_the_future(&today);
    let read_today: T = serde_json::from_value(today.clone()).unwrap();
    let read_tomorrow: T = serde_json::from_value(tomorrow.clone()).unwrap();
    assert_eq!(read_today, read_tomorrow, "{name}");
    assert_eq!(serde_json::to_value(&read_today).unwrap(), today, "{name} loses something on the way");
    // `temperatures_c` and `dropped` have names that the machine chooses, so their values are checked.
    if name != "health" {
        assert_valid(name, &tomorrow);
    }
}

#[test]
fn consumers_that_ignore_unknown_fields_read_tomorrows_messages() {
    lives_with_the_future::<Event<AlertData>>("alert");
    lives_with_the_future::<Event<GapData>>("gap");
    lives_with_the_future::<Event<TimeFixData>>("time_fix");
    lives_with_the_future::<Event<StateData>>("state");
    lives_with_the_future::<Event<MetaData>>("meta");
    lives_with_the_future::<Event<ActiveData>>("active");
    lives_with_the_future::<Event<ConfigData>>("config");
    lives_with_the_future::<Event<ReplyData>>("reply");
    lives_with_the_future::<Event<QualityData>>("quality");
    lives_with_the_future::<Event<SignatureData>>("signature");
    lives_with_the_future::<AckCommand>("ack");
    lives_with_the_future::<MarkData>("mark");
    lives_with_the_future::<Event<SensorData>>("sensor");
    let camera = example("camera");
    let read: Event<CameraData> = serde_json::from_value(camera.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), camera);
    let health = example("health");
    let read: Event<HealthData> = serde_json::from_value(health.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), health);
}

fn sender() -> Sender {
    Sender { area: "530127".to_owned(), box_id: "box-7f3a".to_owned() }
}

fn revision(shown: usize) -> Revision {
    let at = Moment { mono: Duration::from_secs(200), utc: "2026-11-21T03:07:25.5Z".parse().unwrap() };
    let place = |i: usize| {
        let x = (i % 20) as f32 / 20.0;
        BBox::new(x, 0.3, x + 0.041_234_5, 0.7)
    };
    Revision {
        alert: AlertId(Arc::from("01KAJ7Q3V2X5T8W9Y0Z1A2B3C4")),
        rev: 1,
        phase: Phase::New,
        reason: PhaseReason::Raised,
        kind: Arc::from("crowd"),
        level: Level::Yellow,
        level_max: Level::Yellow,
        confidence: 0.45,
        started_at: "2026-11-21T03:04:05Z".parse().unwrap(),
        last_seen_at: at.utc,
        ended_at: None,
        end_reason: None,
        at,
        grid: Arc::from("53012700300102"),
        origin: Origin {
            cameras: vec![Arc::from("cam-03")],
            zones: vec![Arc::from("square")],
            sensors: Vec::new(),
        },
        shown: (0..shown)
            .map(|i| Shown { class: Class::PERSON, score: 0.45, box_in_frame: place(i) })
            .collect(),
        why: Why {
            basis: Basis::Rule(Arc::from("gathering")),
            condition: "at least 8 persons in square for 20 s".into(),
            threshold: 8.0,
            contributions: vec![Contribution {
                source: "rule:gathering".to_owned(),
                value: shown as f64,
                contribution: 1.0,
                weight: 1.0,
                age_secs: 0.0,
                cause: None,
            }],
            silent: Vec::new(),
        },
        acknowledged: None,
        handling: Handling::default(),
        escalated: None,
    }
}

/// Without anything that the configuration may leave out.
fn camera_place() -> CameraPlace {
    CameraPlace {
        eye: Eye::Sky,
        grid: GridCode::parse("53012700300102").unwrap(),
        address: None,
        lonlat: None,
        responsible: Responsible::default(),
        zones: BTreeMap::new(),
        device: None,
    }
}

fn written(revision: &Revision, note: Option<&str>) -> Vec<u8> {
    let grid = GridCode::parse("53012700300102").unwrap();
    let model = ModelRef { name: "street-nano".to_owned(), sha256: "ab".repeat(32) };
    let camera = camera_place();
    let cameras = BTreeMap::from([(Arc::from("cam-03"), camera)]);
    let context = AlertContext {
        sender: &sender(),
        site: None,
        language: Language::English,
        time_zone: &TimeZone::UTC,
        also_gcj02: false,
        grids: &BTreeMap::new(),
        mode: Mode::Exercise,
        title: note,
        cameras: &cameras,
        sensors: &BTreeMap::new(),
        area: &grid,
        model: &model,
        config_sha256: &"cd".repeat(32),
        clock: ClockData { sync: ClockSync::Unknown, err_ms: None },
        evidence: &[],
        muted: None,
    };
    alert_event(revision, &context, Seq { stream: Arc::from("01KAHZ5N8GQ4R6S7T8V9W0X1Y2"), n: 7 }).unwrap()
}

#[test]
fn the_same_revision_gives_the_same_bytes() {
    let revision = revision(12);
    let bytes = written(&revision, None);
    assert_eq!(bytes, written(&revision.clone(), None));
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with(r#"{"specversion":"1.0","id":"01KAJ7Q3V2X5T8W9Y0Z1A2B3C4.1","source":"/lookout/530127/box-7f3a","type":"lookout.alert.v1","subject":"01KAJ7Q3V2X5T8W9Y0Z1A2B3C4","time":"2026-11-21T03:07:25.500Z""#), "{text}");
    // Numbers read as they were meant: no 0.44999998807907104.
    assert!(
        text.contains(r#""confidence":0.45"#) && text.contains(r#""box":[0.0,0.3,0.0412,0.7]"#),
        "{text}"
    );
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["dataschema"], schema_id("alert"));
}

#[test]
fn an_alert_tells_what_the_revision_says() {
    let mut revision = revision(9);
    revision.acknowledged = Some(Acknowledgement {
        by: "desk 2".to_owned(),
        key: Some("desk-key".into()),
        at: "2026-11-21T03:07:00Z".parse().unwrap(),
        note: None,
    });
    let event: Event<AlertData> = serde_json::from_slice(&written(&revision, None)).unwrap();
    let data = event.data;
    assert_eq!((data.kind.as_str(), data.title.as_str()), ("crowd", "Crowd gathering"));
    assert_eq!((data.mode, data.place.path.join("/")), (Mode::Exercise, "530127/003/001/02".to_owned()));
    assert_eq!((data.geometry.objects.len(), data.geometry.omitted), (9, 0));
    let acknowledged = data.acknowledged.unwrap();
    assert_eq!((acknowledged.by.as_str(), acknowledged.key_id.as_deref()), ("desk 2", Some("desk-key")));
    assert_eq!(data.handling.unwrap().accepted, Some(acknowledged));
    assert_eq!(data.seq, SeqData { stream: "01KAHZ5N8GQ4R6S7T8V9W0X1Y2".to_owned(), n: 7 });
    assert!(data.delivery.droppable, "a yellow alert that goes on may be given up when the disk is full");
}

fn responsible(name: &str) -> Responsible {
    Responsible {
        name: Some(name.to_owned()),
        contact: Some(format!("telephone of {name}")),
        officer: Some(format!("officer of {name}")),
    }
}

#[test]
fn everything_in_a_picture_can_be_placed_in_space_and_time() {
    let mut revision = revision(0);
    let corners = |x0: f32, x1: f32| {
        let corners = [(x0, 0.0), (x1, 0.0), (x1, 1.0), (x0, 1.0)];
        Polygon::new(corners.into_iter().map(|(x, y)| Point { x, y }).collect()).unwrap()
    };
    // The square belongs to another camera.
    revision.origin.cameras.push(Arc::from("cam-09"));
    revision.origin.zones = ["square", "left", "right"].map(Arc::from).to_vec();
    revision.origin.sensors = vec![Arc::from("drain-2"), Arc::from("drain-3")];
    let person = |x0: f32| BBox::new(x0, 0.3, x0 + 0.1, 0.7);
    revision.shown =
        [0.1, 0.8].map(|x0| Shown { class: Class::PERSON, score: 0.9, box_in_frame: person(x0) }).to_vec();
    let zones = [("left", Some(corners(0.0, 0.5))), ("right", Some(corners(0.5, 1.0))), ("gate", None)];
    let zones = zones.into_iter().map(|(name, area)| (Arc::from(name), area)).collect();
    let lonlat = Some([116.36657, 39.95094]);
    let camera = CameraPlace { lonlat, responsible: responsible("camera"), zones, ..camera_place() };
    let cameras = BTreeMap::from([(Arc::from("cam-03"), camera)]);
    let drain = SensorPlace { responsible: responsible("drain"), ..SensorPlace::default() };
    let sensors =
        BTreeMap::from([(Arc::from("drain-2"), drain), (Arc::from("drain-3"), SensorPlace::default())]);
    let grids = BTreeMap::from([
        (Arc::from("53012700300102"), responsible("grid")),
        (Arc::from("530127003001"), responsible("community")),
    ]);
    let grid = GridCode::parse("530127").unwrap();
    let model = ModelRef { name: "street-nano".to_owned(), sha256: "ab".repeat(32) };
    let context = AlertContext {
        sender: &sender(),
        site: None,
        language: Language::Chinese,
        time_zone: &TimeZone::get("Asia/Shanghai").unwrap(),
        also_gcj02: true,
        grids: &grids,
        mode: Mode::Actual,
        title: None,
        cameras: &cameras,
        sensors: &sensors,
        area: &grid,
        model: &model,
        config_sha256: &"cd".repeat(32),
        clock: ClockData { sync: ClockSync::Synced, err_ms: None },
        evidence: &[],
        muted: None,
    };
    let seq = || Seq { stream: Arc::from("01KAHZ5N8GQ4R6S7T8V9W0X1Y2"), n: 7 };
    let event: Value = serde_json::from_slice(&alert_event(&revision, &context, seq()).unwrap()).unwrap();
    assert_valid("alert", &event);
    let data = &event["data"];
    let of_objects = |field: &str| -> Vec<Value> {
        data["geometry"]["objects"].as_array().unwrap().iter().map(|object| object[field].clone()).collect()
    };
    assert_eq!(of_objects("zone"), ["left", "right"]);
    assert_eq!(of_objects("camera"), ["cam-03", "cam-03"]);
    assert_eq!(of_objects("taken_at"), [&data["last_seen_at"], &data["last_seen_at"]].map(Clone::clone));
    assert_eq!((&data["level"], &data["severity"]), (&json!("yellow"), &json!(2)));
    assert_eq!(
        data["local"],
        json!({ "time_zone": "Asia/Shanghai", "started_at": "2026-11-21T11:04:05.000+08:00",
                "last_seen_at": "2026-11-21T11:07:25.500+08:00" })
    );
    let place = &data["place"];
    assert_eq!(place["crs"], "WGS84");
    assert_eq!(place["lonlat"], json!([116.36657, 39.95094]));
    // A point that a map service of China publishes, to a fifth of a metre.
    for (axis, published) in [116.372789, 39.95232].into_iter().enumerate() {
        let made = place["lonlat_gcj02"][axis].as_f64().unwrap();
        assert!((made - published).abs() < 2e-6, "{place}");
    }
    assert_eq!((&place["name"], &place["officer"]), (&json!("grid"), &json!("officer of grid")));
    let cameras = &data["origin"]["cameras"];
    assert_eq!(cameras[0]["contact"], "telephone of camera");
    assert_eq!(cameras[1], json!({ "id": "cam-09", "eye": "village" }), "it is no longer configured");
    assert_eq!(data["origin"]["sensors"], json!(["drain-2", "drain-3"]));
    assert_eq!(
        data["origin"]["sensor_details"],
        json!([{ "id": "drain-2", "name": "drain", "contact": "telephone of drain", "officer": "officer of drain" }])
    );

    // Without what the configuration may leave out, nothing of it is there.
    let plain: Value = serde_json::from_slice(&written(&revision, None)).unwrap();
    let place = plain["data"]["place"].as_object().unwrap();
    for absent in ["lonlat", "crs", "lonlat_gcj02", "name", "contact", "officer"] {
        assert!(!place.contains_key(absent), "{absent}: {place:?}");
    }
}

#[test]
fn a_greater_severity_is_a_more_urgent_level() {
    let levels = [Level::Blue, Level::Yellow, Level::Orange, Level::Red];
    assert_eq!(levels.map(Level::severity), [1, 2, 3, 4]);
    assert!(levels.is_sorted());
}

/// What an earlier box sends, and what its queue still holds.
#[test]
fn an_alert_without_places_and_local_times_still_fits_and_is_read() {
    let mut old = example("alert");
    let data = &mut old["data"];
    let leave_out = |value: &mut Value, fields: &[&str]| {
        let object = value.as_object_mut().unwrap();
        for field in fields {
            assert!(object.remove(*field).is_some(), "the example has no `{field}`");
        }
    };
    leave_out(data, &["severity", "local"]);
    leave_out(&mut data["place"], &["crs", "lonlat_gcj02", "name", "contact", "officer"]);
    leave_out(&mut data["origin"]["cameras"][0], &["name", "contact", "officer"]);
    leave_out(&mut data["geometry"]["objects"][0], &["camera", "zone", "taken_at"]);
    leave_out(&mut data["evidence"][0], &["camera", "zone", "taken_at"]);
    assert_valid("alert", &old);
    let read: Event<AlertData> = serde_json::from_value(old.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), old);
    let mut active = example("active");
    leave_out(&mut active["data"]["alerts"][0], &["severity"]);
    assert_valid("active", &active);
}

#[test]
fn what_people_did_about_an_alert_is_reported_with_who_said_it_and_what_proves_it() {
    let act = |by: &str, note: &str| Act {
        by: by.to_owned(),
        key: Some("desk-key".into()),
        at: "2026-11-21T04:00:00Z".parse().unwrap(),
        note: Some(note.to_owned()),
    };
    let mut revision = Revision {
        phase: Phase::End,
        reason: PhaseReason::Handled,
        end_reason: Some(PhaseReason::Cleared),
        ..revision(3)
    };
    revision.ended_at = Some(revision.last_seen_at);
    let nothing: Value = serde_json::from_slice(&written(&revision, None)).unwrap();
    assert!(nothing["data"].get("handling").is_none());
    revision.handling = Handling {
        assigned: Some(Assigned { act: act("desk 2", "go"), to: "patrol 4".to_owned() }),
        on_site: Some(Assigned { act: act("desk 2", "there"), to: "patrol 4".to_owned() }),
        verdict: Some(GivenVerdict {
            act: act("desk 3", "a parade"),
            verdict: Verdict::FalseAlarm,
            cause: Some("allowed".to_owned()),
        }),
        closed: Some(Closed { act: act("desk 3", &"完".repeat(20_000)), outcome: "resolved".to_owned() }),
    };
    let bytes = written(&revision, None);
    assert!(bytes.len() <= MAX_EVENT_BYTES, "{} bytes", bytes.len());
    let event: Value = serde_json::from_slice(&bytes).unwrap();
    assert_valid("alert", &event);
    let data = &event["data"];
    assert_eq!(
        (&data["phase"], &data["phase_reason"], &data["end_reason"]),
        (&"end".into(), &"handled".into(), &"cleared".into())
    );
    let handling = &data["handling"];
    assert_eq!(
        (&handling["assigned"]["to"], &handling["on_site"]["by"]),
        (&"patrol 4".into(), &"desk 2".into())
    );
    let verdict = &handling["verdict"];
    assert_eq!((&verdict["verdict"], &verdict["cause"]), (&"false_alarm".into(), &"allowed".into()));
    assert_eq!((&verdict["by"], &verdict["key_id"]), (&"desk 3".into(), &"desk-key".into()));
    assert_eq!(handling["closed"]["outcome"], "resolved");
    // A consumer takes words that it does not know.
    let mut later = event.clone();
    later["data"]["handling"]["verdict"]["cause"] = "eclipse".into();
    assert_valid("alert", &later);
    let alert: Event<AlertData> = serde_json::from_value(event).unwrap();
    let text = explain(&alert.data, Language::English);
    assert!(
        text.contains("given to: patrol 4") && text.contains("verdict: a false alarm, it is allowed there"),
        "{text}"
    );
}

#[test]
fn what_must_never_be_given_up_says_so() {
    for (level, phase, droppable) in [
        (Level::Blue, Phase::New, true),
        (Level::Yellow, Phase::Update, true),
        (Level::Orange, Phase::New, false),
        (Level::Red, Phase::Update, false),
        (Level::Blue, Phase::End, false),
        (Level::Blue, Phase::Retract, false),
    ] {
        let changed = Revision { level, phase, ..revision(1) };
        let event: Event<AlertData> = serde_json::from_slice(&written(&changed, None)).unwrap();
        assert_eq!(event.data.delivery.droppable, droppable, "{level:?} {phase:?}");
    }
}

#[test]
fn a_thousand_people_fit_into_32_kib_and_those_left_out_are_counted() {
    let bytes = written(&revision(1_000), None);
    assert!(bytes.len() <= MAX_EVENT_BYTES, "{} bytes", bytes.len());
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_valid("alert", &value);
    let event: Event<AlertData> = serde_json::from_value(value).unwrap();
    let geometry = event.data.geometry;
    assert_eq!(geometry.objects.len() + geometry.omitted as usize, 1_000);
    assert!(geometry.objects.len() >= 200, "only {} were kept", geometry.objects.len());
}

#[test]
fn a_text_that_is_too_long_is_cut_and_not_refused() {
    let mut revision = revision(3);
    revision.why.condition = "长".repeat(30_000).into();
    revision.acknowledged = Some(Acknowledgement {
        by: "desk".to_owned(),
        key: None,
        at: revision.started_at,
        note: Some("好".repeat(20_000)),
    });
    let bytes = written(&revision, Some(&"题".repeat(9_000)));
    assert!(bytes.len() <= MAX_EVENT_BYTES, "{} bytes", bytes.len());
    assert_valid("alert", &serde_json::from_slice(&bytes).unwrap());
}

#[test]
fn a_gap_of_many_ranges_fits() {
    let ranges =
        |n: u64| (0..n).map(|i| GapRange { from: 1_000_000 + 3 * i, to: 1_000_001 + 3 * i }).collect();
    let seq = SeqData { stream: "01KAHZ5N8GQ4R6S7T8V9W0X1Y2".to_owned(), n: 9_999_999 };
    let at = Time("2026-11-21T03:07:25Z".parse().unwrap());
    let gap = GapData {
        missing_stream: seq.stream.clone(),
        seq,
        missing: ranges(5_000),
        missing_omitted: 0,
        pictures: 3,
        reason: GapReason::SizeLimit,
        began_at: at,
        until_at: at,
    };
    let bytes = gap_event(gap, &sender()).unwrap();
    assert!(bytes.len() <= MAX_EVENT_BYTES, "{} bytes", bytes.len());
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_valid("gap", &value);
    let event: Event<GapData> = serde_json::from_value(value).unwrap();
    assert_eq!(event.data.missing.len() + event.data.missing_omitted as usize, 5_000);
}

#[test]
fn a_box_of_a_thousand_cameras_still_introduces_itself() {
    let mut meta: Event<MetaData> = serde_json::from_value(example("meta")).unwrap();
    let mut health: Event<HealthData> = serde_json::from_value(example("health")).unwrap();
    for i in 0..1_000 {
        let mut camera = meta.data.cameras[0].clone();
        camera.id = format!("cam-{i}");
        meta.data.cameras.push(camera);
        let mut camera = health.data.cameras[0].clone();
        camera.id = format!("cam-{i}");
        health.data.cameras.push(camera);
    }
    let at = meta.time.0;
    let bytes = sender().event("meta.1", None, at, meta.data).unwrap();
    assert!(bytes.len() <= MAX_EVENT_BYTES);
    let published: Event<MetaData> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(published.data.cameras.len() + published.data.cameras_omitted as usize, 1_001);
    let HealthData { cameras, sensors, signals, .. } = &health.data;
    health.data.counts = Some(HealthCounts::of(cameras, sensors, signals, 1_001));
    for camera in &health.data.cameras {
        health.data.degraded.push(Degraded {
            part: format!("camera:{}", camera.id),
            reason: "rtsp://10.0.0.31/stream2 refuses the password of user `admin`".to_owned(),
            code: Some("camera.password_wrong".to_owned()),
            args: [("user".to_owned(), "admin".to_owned())].into(),
            since: Time(at),
        });
    }
    let bytes = sender().event("health.1", None, at, health.data).unwrap();
    assert!(bytes.len() <= MAX_EVENT_BYTES);
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_valid("health", &value);
    let published: Event<HealthData> = serde_json::from_value(value).unwrap();
    let counts = published.data.counts.unwrap();
    assert_eq!((counts.cameras.total, counts.cameras.running, counts.degraded), (1_001, 1_001, 1_001));
    assert_eq!(
        (published.data.cameras.len(), published.data.cameras_omitted),
        (0, 1_001),
        "a list is whole or not there"
    );
    let parts: Vec<&str> = published.data.degraded.iter().map(|entry| entry.part.as_str()).collect();
    assert_eq!(parts, ["mqtt", "cameras"], "all cameras in one entry, and the others as they are");
}

/// In every state there is: the counts must not depend on what is left out of the lists.
#[test]
fn a_thousand_cameras_and_five_hundred_sensors_are_all_counted_in_a_message_that_fits() {
    let health: Event<HealthData> = serde_json::from_value(example("health")).unwrap();
    let at = health.time;
    let camera = |i: usize| {
        let mut camera = health.data.cameras[0].clone();
        camera.id = format!("cam-{i}");
        let (state, decoding, cause) = match i % 8 {
            0 => (CameraState::Running, Some(Decoding::Overloaded), None),
            1..4 => (CameraState::Running, Some(Decoding::Keyframes), None),
            4 => (CameraState::Lost, None, Some("wrong_password")),
            5 => (CameraState::Lost, None, Some("connection_refused")),
            6 => (CameraState::Connecting, None, None),
            _ => (CameraState::Ended, None, None),
        };
        (camera.state, camera.decoding, camera.cause) = (state, decoding, cause.map(str::to_owned));
        camera.conditions = if i.is_multiple_of(10) { vec![CameraCondition::Dark] } else { Vec::new() };
        camera
    };
    let sensor = |i: usize| {
        let mut sensor = health.data.sensors[0].clone();
        sensor.id = format!("drain-{i}");
        sensor.state = [SensorState::Good, SensorState::Bad, SensorState::Silent][i % 3];
        sensor
    };
    let cameras: Vec<_> = (0..1_000).map(camera).collect();
    let sensors: Vec<_> = (0..500).map(sensor).collect();
    let signals: Vec<_> = std::iter::repeat_n(health.data.signals[0].clone(), 300).collect();
    let lost = cameras.iter().filter(|camera| camera.state == CameraState::Lost);
    let silent = sensors.iter().filter(|sensor| sensor.state == SensorState::Silent);
    let parts = lost.map(|camera| format!("camera:{}", camera.id));
    let parts = parts.chain(silent.map(|sensor| format!("sensor:{}", sensor.id)));
    let degraded: Vec<Degraded> = std::iter::once("spool".to_owned())
        .chain(parts)
        .map(|part| Degraded {
            part,
            reason: "rtsp://10.0.0.31/stream2 refuses the password of user `admin`".repeat(3),
            code: Some("camera.password_wrong".to_owned()),
            args: [("url".to_owned(), "rtsp://10.0.0.31/stream2".repeat(3))].into(),
            since: at,
        })
        .collect();
    assert_eq!(degraded.len(), 1 + 250 + 166);
    let counts = HealthCounts::of(&cameras, &sensors, &signals, degraded.len());
    let data =
        HealthData { counts: Some(counts), degraded, cameras, sensors, signals, ..health.data.clone() };

    let bytes = sender().event("health.1", None, at.0, data).unwrap();
    assert!(bytes.len() <= MAX_EVENT_BYTES, "{} bytes", bytes.len());
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_valid("health", &value);
    let counts = &value["data"]["counts"];
    let expected = json!({
        "total": 1_000, "running": 500, "connecting": 125, "lost": 250, "ended": 125,
        "causes": { "wrong_password": 125, "connection_refused": 125 },
        "conditions": { "dark": 100 },
        "decoding": { "overloaded": 125, "keyframes": 375 },
    });
    assert_eq!(counts["cameras"], expected);
    assert_eq!(counts["sensors"], json!({ "total": 500, "good": 167, "bad": 167, "silent": 166 }));
    assert_eq!(counts["signals"], json!({ "total": 300, "on": 0, "off": 0, "unknown": 300 }));
    assert_eq!(counts["degraded"], 417);
    for (list, all) in [("cameras", 1_000), ("sensors", 500), ("signals", 300)] {
        let here = value["data"][list].as_array().unwrap().len();
        let omitted = value["data"][format!("{list}_omitted")].as_u64().unwrap_or(0);
        assert!([(all, 0), (0, all as u64)].contains(&(here, omitted)), "{list}: {here} and {omitted}");
    }
    let degraded = value["data"]["degraded"].as_array().unwrap();
    assert_eq!(degraded[0]["part"], "spool", "the box's own faults are not left out for its cameras'");
    let cameras = degraded.iter().find(|entry| entry["part"] == "cameras").unwrap();
    assert!(cameras["reason"].as_str().unwrap().starts_with("250 cameras "), "{cameras}");
}

/// A camera may answer with a page of text.
#[test]
fn reasons_that_are_too_long_are_cut_and_nothing_is_left_out_for_them() {
    let mut camera: Event<CameraData> = serde_json::from_value(example("camera")).unwrap();
    camera.data.health.error = Some("no".repeat(100_000));
    let bytes = sender().event("camera.1", None, camera.time.0, camera.data).unwrap();
    assert!(bytes.len() <= MAX_EVENT_BYTES);
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_valid("camera", &value);
    assert_eq!(value["data"]["cause"], "wrong_password");
    let mut health: Event<HealthData> = serde_json::from_value(example("health")).unwrap();
    let parts: Vec<String> = (0..20).map(|i| format!("part-{i}")).collect();
    let entry = |part: &String| Degraded {
        part: part.clone(),
        reason: "the broker says no. ".repeat(1_000),
        code: None,
        args: [("detail".to_owned(), "no. ".repeat(1_000))].into(),
        since: health.time,
    };
    health.data.degraded = parts.iter().map(entry).collect();
    let bytes = sender().event("health.1", None, health.time.0, health.data).unwrap();
    assert!(bytes.len() <= MAX_EVENT_BYTES);
    let published: Event<HealthData> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        published.data.degraded.iter().map(|entry| &entry.part).collect::<Vec<_>>(),
        parts.iter().collect::<Vec<_>>()
    );
}

#[test]
fn of_a_thousand_open_alerts_the_list_holds_as_many_as_fit_and_counts_all() {
    let mut active: Event<ActiveData> = serde_json::from_value(example("active")).unwrap();
    let one = active.data.alerts[0].clone();
    let levels = [Level::Red, Level::Orange, Level::Yellow, Level::Blue];
    active.data.alerts = (0..1_000)
        .map(|i| {
            let (level, acknowledged) = (levels[i / 250], i % 2 == 0);
            ActiveAlert { alert_id: format!("{i:026}"), level, acknowledged, ..one.clone() }
        })
        .collect();
    active.data.counts = Some(ActiveCounts::of(&active.data.alerts));
    let bytes = sender().event(active.id, None, active.time.0, active.data).unwrap();
    assert!((MAX_EVENT_BYTES - 2_048..=MAX_EVENT_BYTES).contains(&bytes.len()), "{} bytes", bytes.len());
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_valid("active", &value);
    let published: Event<ActiveData> = serde_json::from_value(value).unwrap();
    assert_eq!(published.data.alerts.len() + published.data.omitted as usize, 1_000);
    assert!(published.data.alerts.iter().all(|alert| alert.level == Level::Red), "the most urgent stay");
    let (total, acknowledged) = (1_000, 500);
    let counts = ActiveCounts { total, acknowledged, blue: 250, yellow: 250, orange: 250, red: 250 };
    assert_eq!(published.data.counts, Some(counts));
}

/// Whoever tries a library on the published examples must not learn that it is wrong.
#[test]
fn the_example_of_a_signature_is_that_of_the_example_of_an_alert() {
    let signature = &example("signature")["data"];
    // As it is published; the schema shows the same, laid out.
    let alert = serde_json::to_vec(&example("alert")).unwrap();
    assert_eq!(signature["of"]["sha256"], sha256_hex(&alert));
    assert_eq!(signature["of"]["seq"], example("alert")["data"]["seq"]);
    // Whoever keeps numbers reads them there, in every message.
    assert!(signature["seq"].is_null(), "a signature is no message of the stream");
    // RFC 8037, appendix A.1.
    let key = r#"{"kty":"OKP","crv":"Ed25519","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}"#;
    let key = BoxKey::from_jwk(key).unwrap();
    assert_eq!(signature["jws"], key.sign(&alert));
    assert_eq!(example("meta")["data"]["signing_key"], serde_json::to_value(key.public()).unwrap());
}

/// What a box of before these fields sends must not be taken for wrong.
#[test]
fn a_birth_message_and_a_list_of_alerts_without_the_newer_fields_still_fit() {
    let mut meta = example("meta");
    let data = meta["data"].as_object_mut().unwrap();
    for field in ["zones", "signals", "signing_key"] {
        assert!(data.remove(field).is_some(), "{field}");
    }
    for field in ["analysis_fps", "thresholds"] {
        assert!(data["cameras"][0].as_object_mut().unwrap().remove(field).is_some(), "{field}");
    }
    let older = ["id", "kind", "level", "cameras"];
    data["rules"][0].as_object_mut().unwrap().retain(|field, _| older.contains(&field.as_str()));
    assert_valid("meta", &meta);
    let read: Event<MetaData> = serde_json::from_value(meta).unwrap();
    assert!(read.data.zones.is_empty() && read.data.rules[0].condition.is_empty());
    let mut active = example("active");
    assert!(active["data"].as_object_mut().unwrap().remove("counts").is_some());
    assert_valid("active", &active);
}

/// What a box of before these fields sends must not be taken for wrong.
#[test]
fn a_health_report_without_counts_still_fits() {
    let mut health = example("health");
    let data = health["data"].as_object_mut().unwrap();
    for field in ["counts", "software", "config_sha256"] {
        assert!(data.remove(field).is_some(), "{field}");
    }
    assert_valid("health", &health);
    let read: Event<HealthData> = serde_json::from_value(health).unwrap();
    assert!(read.data.counts.is_none());
}

#[test]
fn the_published_words_of_levels_and_reasons_stay() {
    let reasons = [
        (PhaseReason::Raised, "raised"),
        (PhaseReason::StillThere, "still_there"),
        (PhaseReason::Grew, "grew"),
        (PhaseReason::Acknowledged, "acknowledged"),
        (PhaseReason::EvidenceAdded, "evidence_added"),
        (PhaseReason::Cleared, "cleared"),
        (PhaseReason::ScheduleEnded, "schedule_ended"),
        (PhaseReason::SourceSilent, "source_silent"),
        (PhaseReason::NotSeenSinceRestart, "not_seen_since_restart"),
        (PhaseReason::RuleRemoved, "rule_removed"),
        (PhaseReason::Handled, "handled"),
        (PhaseReason::MuteChanged, "mute_changed"),
    ];
    for (reason, word) in reasons {
        assert_eq!(serde_json::to_value(reason).unwrap(), word);
    }
    for level in [Level::Blue, Level::Yellow, Level::Orange, Level::Red] {
        assert_eq!(serde_json::to_value(level).unwrap(), level.name());
    }
}

/// A row of a Markdown table: its cells.
fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_matches('|').split('|').map(str::trim).collect()
}

/// The tables that people read say of every message what the box does.
#[test]
fn topic_quality_of_service_and_retain_are_reported_as_they_are() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let words = [("CONTRACT.md", "yes", "no"), ("CONTRACT.zh-CN.md", "是", "否")];
    for (file, yes, no) in words {
        let text = fs::read_to_string(config.join(file)).unwrap();
        let rows: Vec<Vec<&str>> = text.lines().filter(|line| line.starts_with("| `")).map(cells).collect();
        // Commands have a file of their own, and a configuration may be kept or not.
        let of_commands: BTreeSet<&str> = COMMANDS.iter().map(|command| command.message.topic).collect();
        let published = messages().into_iter().filter(|m| !of_commands.contains(m.topic));
        for message in published {
            let cell = format!("`{}`", message.topic);
            let row = rows.iter().find(|row| row[0] == cell);
            let row = row.unwrap_or_else(|| panic!("{file} has no row for {cell}"));
            assert_eq!(row[1], message.qos.number().to_string(), "{file}: {cell}");
            assert_eq!(row[2], if message.retain { yes } else { no }, "{file}: {cell}");
        }
    }
}

#[test]
fn the_schema_requires_of_every_command_what_the_box_requires() {
    for command in COMMANDS {
        let (name, schema) = (command.name(), command.message.json_schema().unwrap().unwrap());
        let described = schema["properties"]["reason"]["description"].as_str().unwrap();
        assert!(!command.needs_reason || described.contains(&format!("`{name}`")), "{name}: {described}");
        let example = command.message.example().unwrap().unwrap();
        assert_eq!(example["command"], name);
    }
}

/// As they were when this was written; boxes in the field go on sending them.
#[test]
fn the_messages_of_earlier_versions_fit_the_schemas_of_today() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/contract/messages-2026-11.json");
    let recorded: BTreeMap<String, Value> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(recorded.len(), 26);
    for (name, payload) in recorded {
        assert_valid(&name, &payload);
    }
}

/// A word that comes later must not break whoever made code of the schema; a level is not made up later.
#[test]
fn open_lists_take_any_word_and_closed_ones_only_theirs() {
    let alert = example("alert");
    let validator = validator("alert");
    let changed = |pointer: &str, value: Value| {
        let mut alert = alert.clone();
        *alert.pointer_mut(pointer).unwrap() = value;
        validator.is_valid(&alert)
    };
    for open in [
        "/data/phase_reason",
        "/data/level_authority",
        "/data/evidence/0/state",
        "/data/origin/cameras/0/eye",
    ] {
        assert!(changed(open, json!("a_word_of_tomorrow")), "{open}");
        assert!(!changed(open, json!(7)), "{open}");
    }
    for closed in ["/data/level", "/data/level_max", "/data/phase", "/data/mode"] {
        assert!(!changed(closed, json!("a_word_of_tomorrow")), "{closed}");
    }
    let schema = message("alert").unwrap().json_schema().unwrap().unwrap();
    assert_eq!(schema["title"], "AlertEvent");
    assert_eq!(schema["$defs"]["Level"]["enum"], json!(["blue", "yellow", "orange", "red"]));
    let reason = &schema["$defs"]["PhaseReason"];
    assert!(reason["enum"].as_array().unwrap().contains(&json!("handled")), "{reason}");
    let about = reason["description"].as_str().unwrap();
    assert!(about.contains("An open list") && about.contains("- `joined`: Another camera"), "{about}");
    let mut leftover = Vec::new();
    collect_choices_of_constants(&schema, &mut leftover);
    assert!(leftover.is_empty(), "no enumerations: {leftover:?}");
}

fn collect_choices_of_constants(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("oneOf").filter(|choices| choices[0].get("const").is_some()).cloned());
            fields.values().for_each(|value| collect_choices_of_constants(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_choices_of_constants(item, found)),
        _ => {}
    }
}

#[test]
fn places_identities_and_digests_have_a_form() {
    let alert = example("alert");
    let validator = validator("alert");
    for (pointer, wrong) in [
        ("/data/alert_id", json!("01kaj7q3v2x5t8w9y0z1a2b3c4")),
        ("/data/alert_id", json!("91KAJ7Q3V2X5T8W9Y0Z1A2B3C4")),
        ("/data/seq/stream", json!("stream-1")),
        ("/data/place/grid", json!("5301270030010")),
        ("/data/place/grid", json!("53012a")),
        ("/data/config/sha256", json!("")),
        ("/data/model/sha256", json!("ABCD")),
        ("/data/evidence/0/sha256", json!("abcd")),
        ("/data/geometry/objects/0/box", json!([0.0, 0.1, 0.2])),
        ("/data/geometry/objects/0/box", json!([0.0, 0.1, 0.2, 1.1])),
    ] {
        let mut alert = alert.clone();
        *alert.pointer_mut(pointer).unwrap() = wrong.clone();
        assert!(!validator.is_valid(&alert), "{pointer} may be {wrong}");
    }
    // Where nothing looked, there is no model's digest.
    let mut without = alert.clone();
    without["data"]["model"] = json!({ "name": "none", "sha256": "" });
    assert_valid("alert", &without);
    let mut gate = example("count");
    for grid in ["530127", "530127003", "530127003001", "53012700300102", "53012700300102345678"] {
        assert!(GridCode::parse(grid).is_ok());
        gate["data"]["grid"] = json!(grid);
        assert_valid("count", &gate);
    }
}

#[test]
fn a_message_says_what_is_in_it() {
    for message in messages() {
        let expected = match message.name {
            "evidence" => "image/jpeg",
            "sealed" => "application/octet-stream",
            _ if message.topic.starts_with("up/") => "application/cloudevents+json",
            _ => "application/json",
        };
        assert_eq!(message.content_type(), expected, "{}", message.name);
    }
}

#[test]
fn the_asyncapi_documents_refer_only_to_what_is_in_them() {
    for view in [View::Box, View::Centre] {
        let document = asyncapi(&messages(), view).unwrap();
        assert_eq!(document["asyncapi"], "3.0.0");
        let mut references = Vec::new();
        collect_references(&document, &mut references);
        assert!(references.len() > 40);
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
        // Every message goes somewhere.
        let operations = document["operations"].as_object().unwrap();
        assert_eq!(operations.len(), messages().len());
        assert_eq!(
            operations.len(),
            with_schemas().count() + 2,
            "pictures, redacted and sealed, have no JSON"
        );
        let names: Vec<&String> = document["components"]["schemas"].as_object().unwrap().keys().collect();
        let is_numbered = |name: &&&String| name.ends_with(|c: char| c.is_ascii_digit());
        assert_eq!(names.iter().find(is_numbered), None, "a type without a name of its own: {names:?}");
    }
}

#[test]
fn the_asyncapi_documents_say_what_the_contract_does() {
    let document = asyncapi(&messages(), View::Box).unwrap();
    let operations = &document["operations"];
    assert_eq!(operations["sendAlert"]["bindings"]["mqtt"]["qos"], 1);
    assert_eq!(operations["sendHealth"]["bindings"]["mqtt"]["retain"], true);
    assert_eq!(operations["sendHealth"]["bindings"]["mqtt"]["messageExpiryInterval"], 300);
    assert_eq!(operations["receiveAck"]["action"], "receive");
    assert_eq!(operations["receiveAck"]["reply"]["channel"]["$ref"], "#/channels/upReply");
    assert!(
        operations["receiveMark"].get("reply").is_none() && operations["sendAlert"].get("reply").is_none()
    );
    assert_eq!(document["channels"]["upAlert"]["address"], "lookout/v1/{area}/{box}/up/alert");
    let camera = &document["channels"]["upCamera"];
    assert_eq!(camera["address"], "lookout/v1/{area}/{box}/up/camera/{camera}");
    assert!(
        camera["parameters"]["camera"]["description"].is_string() && camera["parameters"]["alert"].is_null()
    );
    assert_eq!(document["channels"]["upSensor"]["address"], "lookout/v1/{area}/{box}/up/sensor/{sensor}");
    let messages_of = &document["components"]["messages"];
    assert_eq!(messages_of["alert"]["payload"]["$ref"], "#/components/schemas/AlertEvent");
    assert_eq!(messages_of["ack"]["payload"]["$ref"], "#/components/schemas/AckCommand");
    assert_eq!(messages_of["alert"]["contentType"], "application/cloudevents+json");
    assert_eq!(messages_of["ack"]["bindings"]["mqtt"]["correlationData"]["maxLength"], 256);
    let security = document["servers"]["centre"]["security"].as_array().unwrap();
    assert_eq!(security[0]["$ref"], "#/components/securitySchemes/login");
    // A type and a description beside it: generators of today read both.
    let level = &document["components"]["schemas"]["AlertData"]["properties"]["level"];
    assert_eq!(level["$ref"], "#/components/schemas/Level");
    assert!(level["description"].is_string());

    // The centre does the opposite of the box, on the same topics with the same messages.
    let centre = asyncapi(&messages(), View::Centre).unwrap();
    assert_eq!(centre["operations"]["receiveAlert"]["action"], "receive");
    assert_eq!(centre["operations"]["sendAck"]["reply"]["channel"]["$ref"], "#/channels/upReply");
    for same in ["channels", "components", "servers"] {
        assert_eq!(centre[same], document[same], "{same}");
    }
    assert_ne!(centre["id"], document["id"]);
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(reference) if name == "$ref" => found.push(reference.clone()),
                    _ => collect_references(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        _ => {}
    }
}

proptest! {
    /// Whatever the analysis finds, the message fits its schema and its size.
    #[test]
    fn any_revision_becomes_a_message_that_fits(
        rev in 1_u32..,
        phase in 0..4_usize,
        confidence in proptest::num::f32::ANY,
        threshold in proptest::num::f64::ANY,
        boxes in proptest::collection::vec(proptest::array::uniform4(-2.0_f32..3.0), 0..50),
        note in proptest::option::of(".{0,300}"),
        secs in -2_000_000_000_i64..20_000_000_000,
    ) {
        use Phase::{End, New, Retract, Update};
        let mut revision = revision(0);
        revision.rev = rev;
        revision.phase = [New, Update, End, Retract][phase];
        revision.confidence = confidence;
        revision.why.threshold = threshold;
        revision.started_at = lookout::analysis::time::Timestamp::from_second(secs).unwrap();
        revision.ended_at = matches!(revision.phase, End | Retract).then_some(revision.last_seen_at);
        let shown = |[a, b, c, d]: [f32; 4]| Shown { class: Class::CAR, score: a, box_in_frame: BBox::new(a, b, c, d) };
        revision.shown = boxes.into_iter().map(shown).collect();
        revision.acknowledged =
            note.map(|note| Acknowledgement { by: "desk".to_owned(), key: None, at: revision.started_at, note: Some(note) });
        let bytes = written(&revision, None);
        prop_assert!(bytes.len() <= MAX_EVENT_BYTES);
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let validator = VALIDATOR.with(Clone::clone);
        prop_assert!(validator.is_valid(&value), "{value:#}");
    }
}

thread_local! {
    /// Made once: compiling a schema costs more than checking a message.
    static VALIDATOR: Arc<Validator> = Arc::new(validator("alert"));
}
