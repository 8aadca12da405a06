use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::super::status::BrokerStatus;
use super::*;
use crate::contract::alert::ClockData;
use crate::contract::health::{
    CameraData, CameraHealth, DetectorHealth, MachineHealth, SensorData, SensorHealth, SpoolHealth,
};
use crate::contract::words::Time;
use crate::text::{camera as camera_text, schedule, sensor as sensor_text};
use crate::types::level::Level;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn a_camera(id: &str, state: CameraState) -> CameraStatus {
    let health = CameraHealth {
        id: id.to_owned(),
        state,
        since: Time(at("2026-11-29T08:00:00Z")),
        fps_in: 25.0,
        fps_decoded: 1.25,
        fps_analysed: 1.0,
        decoding: Some(Decoding::Keyframes),
        advice: None,
        advice_code: None,
        advice_args: BTreeMap::new(),
        last_frame_at: Some(Time(at("2026-11-29T08:59:58Z"))),
        decoder: None,
        dropped: BTreeMap::new(),
        reconnects: 0,
        error: None,
        error_code: None,
        error_args: BTreeMap::new(),
        cause: None,
        conditions: Vec::new(),
        furniture: 0,
    };
    let data = CameraData {
        eye: Eye::Village,
        grid: "53012700300102".to_owned(),
        address: Some("lane 3".to_owned()),
        health,
    };
    CameraStatus { data, name: None, error: None, hint: None, advice: None, rules: Vec::new() }
}

fn a_box() -> BoxStatus {
    BoxStatus {
        at: at("2026-11-29T09:00:00Z"),
        name: "530127.box-1".to_owned(),
        site: None,
        language: Language::Chinese,
        time_zone: TimeZone::get("Asia/Shanghai").unwrap(),
        mode: Mode::Actual,
        pictures: None,
        uptime: Duration::from_secs(7_200),
        version: "0.1.0".to_owned(),
        config_sha256: "ab".repeat(32),
        troubles: Vec::new(),
        cameras: Vec::new(),
        sensors: Vec::new(),
        signals: Vec::new(),
        broker: BrokerStatus { is_connected: true, address: "10.0.0.9:8883".to_owned(), is_own: false },
        spool: SpoolHealth { queued: 3, bytes: 4_096, stream: "S".to_owned(), last_seq: 9, dropped: 0 },
        machine: MachineHealth {
            cpu_cores: Some(0.5),
            memory_bytes: Some(200 << 20),
            disk_free_bytes: Some(3 << 30),
            temperatures_c: BTreeMap::from([("cpu".to_owned(), 54.4)]),
        },
        detector: DetectorHealth {
            provider: "cpu".to_owned(),
            per_second: 4.0,
            still_per_second: 0.0,
            closer_per_second: 0.0,
            mean_ms: 14.0,
            workers: 2,
        },
        clock: ClockData { sync: ClockSync::Synced, err_ms: None },
    }
}

fn shown(status: &BoxStatus, language: Language) -> String {
    let now = at("2026-11-29T09:00:10Z");
    view(status, language, false, (0, 0), now)
}

fn view(
    status: &BoxStatus,
    language: Language,
    has_no_area: bool,
    (open, waiting): (u64, u64),
    now: Timestamp,
) -> String {
    let small = BTreeMap::new();
    View { status, small: &small, language, may_add: true, has_no_area, open, waiting, now }
        .body()
        .into_string()
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}

#[test]
fn an_empty_box_says_what_to_do_next() {
    let status = a_box();
    has(
        &shown(&status, Language::English),
        &["Nothing is watched yet", "No camera yet", "/add-camera", "No sensor."],
    );
    has(&shown(&status, Language::Chinese), &["尚未接入", "还没有摄像机", "没有传感器"]);
}

#[test]
fn a_box_that_nobody_has_placed_says_that_this_comes_first() {
    let text = view(&a_box(), Language::English, true, (0, 0), at("2026-11-29T09:00:10Z"));
    has(&text, &["Nobody has said yet where this box stands", "href=\"/site\"", "Say where it stands"]);
    assert!(!shown(&a_box(), Language::English).contains("/site"));
}

#[test]
fn not_all_is_well_while_alerts_are_open_or_cameras_are_being_opened() {
    let now = at("2026-11-29T09:00:10Z");
    let mut status = a_box();
    status.cameras = vec![a_camera("cam-03", CameraState::Running)];
    has(&shown(&status, Language::English), &["<h1>All is well</h1>"]);
    let waiting = view(&status, Language::English, false, (2, 1), now);
    has(&waiting, &["<h1>Alerts wait for somebody: 1</h1>", "href=\"/alerts?state=open\""]);
    let taken = view(&status, Language::Chinese, false, (2, 0), now);
    has(&taken, &["<h1>有 2 条预警进行中</h1>"]);
    status.cameras =
        vec![a_camera("cam-03", CameraState::Connecting), a_camera("cam-04", CameraState::Connecting)];
    let opening = shown(&status, Language::English);
    has(&opening, &["<h1>Cameras that are being opened: 2</h1>", "Cameras with pictures: 0 of 2"]);
    assert!(!opening.contains("All is well"), "{opening}");
    status.cameras = vec![a_camera("cam-03", CameraState::Running)];
    status.cameras[0].data.health.conditions = vec![CameraCondition::Covered];
    let covered = shown(&status, Language::English);
    has(&covered, &["<h1>One thing needs attention</h1>", "What to do", "href=\"/cameras/cam-03\""]);
}

#[test]
fn each_trouble_is_reported_with_what_to_try_in_the_readers_language() {
    let mut status = a_box();
    let fault = camera_text::password_wrong("rtsp://10.0.0.31/a", "admin");
    let mut camera = a_camera("cam-03", CameraState::Lost);
    (camera.error, camera.hint) = (Some(fault.clone()), Some(camera_text::try_spelling()));
    camera.data.health.last_frame_at = None;
    status.cameras = vec![camera];
    status.troubles = vec![Trouble {
        part: "camera:cam-03".to_owned(),
        what: fault.into(),
        hint: Some(camera_text::try_spelling()),
    }];
    let english = shown(&status, Language::English);
    has(
        &english,
        &["One thing needs attention", "Camera cam-03", "refuses the password", "What to do: check the"],
    );
    has(&english, &["gives no pictures", "none yet", "Cameras with pictures: 0 of 1", "No rule watches it"]);
    let chinese = shown(&status, Language::Chinese);
    has(&chinese, &["有 1 项需要处理", "摄像机 cam-03", "拒绝了用户", "处理办法：请检查", "无画面", "暂无"]);
    assert!(!chinese.contains("refuses"), "{chinese}");
    status.cameras[0].name = Some("East gate".to_owned());
    has(&shown(&status, Language::English), &["<a href=\"/cameras/cam-03\">Camera East gate</a>"]);
}

#[test]
fn a_picture_that_is_of_no_use_is_no_good_picture() {
    for condition in CameraCondition::ALL {
        let mut status = a_box();
        let mut camera = a_camera("cam-03", CameraState::Running);
        camera.data.health.conditions = vec![condition];
        status.cameras = vec![camera];
        for language in Language::ALL {
            let text = shown(&status, language);
            has(
                &text,
                &[&condition.title("cam-03", language), &try_condition(condition).in_language(language)],
            );
            assert!(text.contains("sign ill") && !text.contains("sign well"), "{text}");
        }
    }
}

#[test]
fn a_camera_that_runs_shows_its_cost_and_its_rules() {
    let mut status = a_box();
    let mut camera = a_camera("cam-03", CameraState::Running);
    camera.name = Some("East gate".to_owned());
    camera.rules = vec![RuleStatus {
        id: "fire-lane".to_owned(),
        kind: "fire_lane_blocked".to_owned(),
        title: None,
        level: Level::Orange,
        place: "lane".to_owned(),
        schedule: schedule::always().into(),
    }];
    status.cameras = vec![camera];
    let text = shown(&status, Language::English);
    has(&text, &["East gate", "cam-03", "12 s ago", "25.0 pictures/s received, 1.2 decoded, 1.0 looked at"]);
    has(&text, &["Rules (1)", "Fire lane blocked", "class=\"level orange\"", "fire-lane · lane · always"]);
    has(
        &text,
        &[
            "lane 3",
            "connected to 10.0.0.9:8883",
            "Messages that wait: 3 (4.0 KiB)",
            "3.0 GiB free",
            "cpu 54 °C",
        ],
    );
}

#[test]
fn what_a_sensor_says_is_shown_only_while_it_is_believed() {
    let reason = sensor_text::fell_silent();
    let sensor = |state, value, reason: Option<Sentence>| SensorStatus {
        data: SensorData {
            grid: "53012700300102".to_owned(),
            address: None,
            health: SensorHealth {
                id: "drain-2".to_owned(),
                quantity: "water_level".to_owned(),
                state,
                value,
                unit: "m".to_owned(),
                at: Some(Time(at("2026-11-29T08:30:10Z"))),
                reason: None,
                reason_code: None,
                reason_args: BTreeMap::new(),
            },
        },
        name: None,
        reason: reason.map(Words::from),
    };
    let mut status = a_box();
    status.sensors = vec![sensor(SensorState::Good, Some(0.3214), None)];
    has(&shown(&status, Language::English), &["0.321", "water level", "believed", "30 min ago"]);
    status.sensors = vec![sensor(SensorState::Silent, None, Some(reason.clone()))];
    let chinese = reason.in_language(Language::Chinese);
    has(&shown(&status, Language::Chinese), &["无数据", chinese.as_str(), "水位"]);
}

#[test]
fn what_others_wrote_is_text_and_never_markup() {
    let mut status = a_box();
    let script = "<script>alert(1)</script>";
    let mut camera = a_camera("cam-03", CameraState::Running);
    camera.name = Some(script.to_owned());
    camera.data.address = Some("\"><img src=x onerror=y>".to_owned());
    status.cameras = vec![camera];
    status.troubles = vec![Trouble { part: script.to_owned(), what: script.into(), hint: None }];
    let text = shown(&status, Language::English);
    assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
}

#[test]
fn a_camera_of_which_nothing_is_reported_yet_is_being_opened() {
    for language in Language::ALL {
        let shown = condition_of(None, language).into_string();
        assert!(shown.contains(&say::camera_connects().in_language(language)), "{shown}");
    }
    let runs = a_camera("cam-1", CameraState::Running);
    assert!(!condition_of(Some(&runs), Language::English).into_string().contains("<li>"));
}

#[test]
fn a_box_without_a_camera_needs_no_model() {
    let mut status = a_box();
    status.detector.provider = "none".to_owned();
    has(&shown(&status, Language::English), &["not needed without a camera", "A <code>[[sensor]]</code> in"]);
    let chinese = shown(&status, Language::Chinese);
    assert!(chinese.contains("没有摄像机，无需运行") && !chinese.contains("none<"), "{chinese}");
}
