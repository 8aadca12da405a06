//! One message of each kind, made by the same code that makes the real ones: they stand in the schemas, so that a
//! command-centre developer can start from something, and tests check them against the schemas. Those of commands stand
//! with the commands.

mod meta;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::alert::{
    ClockData, ClockSync, Evidence, EvidenceState, GapData, GapRange, ModelRef, Redaction, RedactionWay,
    SeqData,
};
use super::alert_event::{AlertContext, CameraPlace, Seq, alert_event, gap_event};
use super::box_key::{BoxKey, SignatureData};
use super::box_status::{
    ActiveAlert, ActiveCounts, ActiveData, ConfigData, ConfigOutcome, ConfigProblem, ConfigSource, StateData,
};
use super::command::{MarkData, Outcome, ReplyData};
use super::count::{ClassCount, CountData, ZoneCount};
use super::coverage::{CoverageData, RuleCoverage, StateSecs};
use super::health::{
    CameraData, CameraHealth, CameraState, Decoding, Degraded, DetectorHealth, HealthCounts, HealthData,
    MachineHealth, Said, SensorData, SensorHealth, SensorState, ShadowHealth, SignalHealth, SignalWord,
    SpoolHealth,
};
use super::quality::{QualityCounts, QualityData, QualityRow};
use super::shadow::{SHADOW_PREFIX, ShadowCounts, ShadowData, ShadowRevision};
use super::signature::KeyError;
use super::time_fix::{TimeFixData, ToldRange};
use super::words::{Eye, Language, Mode, Time};
use super::{EventError, Sender, box_status, kinds, messages};
use crate::analysis::alert::{AlertId, Basis, Contribution, Origin, Revision, Shown, Why};
use crate::analysis::alert_lifecycle::handling::Handling;
use crate::analysis::detection::Class;
use crate::analysis::geometry::{BBox, Polygon};
use crate::analysis::grid::GridCode;
use crate::analysis::quality::{ACCEPT_WITHIN_SECS, CLOSE_WITHIN_SECS};
use crate::analysis::rules::{Condition, Parked};
use crate::analysis::time::{Moment, Timestamp};
use crate::text::{self, Words};
use crate::types::box_state::BoxState;
use crate::types::camera_condition::CameraCondition;
use crate::types::coverage_state::CoverageState;
use crate::types::gap::GapReason;
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};
use crate::types::responsible::Responsible;

/// What the rule of the examples waits for.
fn condition() -> Words {
    let classes = vec![Class::CAR, Class::TRUCK, Class::BUS];
    let parked = Parked { zone: "fire-lane".into(), classes, for_at_least: Duration::from_secs(120) };
    Condition::from(parked).sentence().into()
}

/// The alert of the examples.
pub(crate) const ALERT: &str = "01KAJ7Q3V2X5T8W9Y0Z1A2B3C4";
pub(crate) const STREAM: &str = "01KAHZ5N8GQ4R6S7T8V9W0X1Y2";
/// Who takes an alert on.
pub(crate) const DESK: &str = "grid desk 2";
/// What they say about it.
pub(crate) const ON_ITS_WAY: &str = "patrol 4 is on its way";
/// And when it was looked at.
pub(crate) const OWNER_CAME: &str = "the owner was called and drove away";
/// And when it is settled.
pub(crate) const LANE_FREE: &str = "the lane is free";
/// Why somebody asks for something.
pub(crate) const ROAD_WORKS: &str = "road works until Friday";
/// Why somebody changes what runs.
pub(crate) const NEW_ZONE: &str = "new zone at the east gate";
const SESSION: &str = "01KAJ6ZZ0M1N2P3Q4R5S6T7V8W";
/// A digest, of nothing in particular.
pub(crate) const SHA256: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
/// Saturday, 21 November 2026, 11:04:05 in Shanghai.
const BEGAN: i64 = 1_795_230_245;

/// The key of the examples' box, RFC 8037's: everybody knows its private half.
const BOX_KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}"#;

/// Why there is no example: only by a slip in this file.
#[derive(Debug, thiserror::Error)]
pub enum ExampleError {
    /// The message cannot be written.
    #[error(transparent)]
    Event(#[from] EventError),
    /// It is no JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The key of the box is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A time or place in it is none.
    #[error("an example names no real time or place")]
    Fact,
}

pub(super) fn gap() -> Result<Vec<u8>, ExampleError> {
    Ok(gap_event(gap_data()?, &sender())?)
}

pub(super) fn time_fix() -> Result<Vec<u8>, ExampleError> {
    Ok(sender().event(format!("time_fix.{STREAM}.4712"), None, at(60)?, time_fix_data()?)?)
}

pub(super) fn state() -> Result<Vec<u8>, ExampleError> {
    Ok(sender().event(format!("state.{SESSION}"), None, at(0)?, state_data()?)?)
}

pub(super) fn meta() -> Result<Vec<u8>, ExampleError> {
    Ok(sender().event("meta.1", None, at(0)?, meta::meta_data()?)?)
}

pub(super) fn meta_part() -> Result<Vec<u8>, ExampleError> {
    Ok(sender().event("meta.1.1", None, at(0)?, meta::meta_part_data()?)?)
}

pub(super) fn active() -> Result<Vec<u8>, ExampleError> {
    let at = at(125)?;
    Ok(sender().event(format!("active.{STREAM}.4711.{}", at.as_millisecond()), None, at, active_data()?)?)
}

pub(super) fn health() -> Result<Vec<u8>, ExampleError> {
    Ok(sender().event("health.1", None, at(130)?, health_data()?)?)
}

pub(super) fn camera() -> Result<Vec<u8>, ExampleError> {
    Ok(sender().event("camera.cam-03.1", Some("cam-03".to_owned()), at(20)?, lost_camera()?)?)
}

pub(super) fn sensor() -> Result<Vec<u8>, ExampleError> {
    Ok(sender().event("sensor.drain-2.1", Some("drain-2".to_owned()), at(130)?, sensor_data()?)?)
}

pub(super) fn config() -> Result<Vec<u8>, ExampleError> {
    Ok(sender().event("config.1", None, at(0)?, config_data()?)?)
}

pub(super) fn count() -> Result<Vec<u8>, ExampleError> {
    Ok(sender().event("count.cam-03.1795230240", None, at(56)?, count_data()?)?)
}

pub(super) fn coverage() -> Result<Vec<u8>, ExampleError> {
    Ok(sender().event("coverage.cam-03.1795230000.1795233600.17", None, at(3_800)?, coverage_data()?)?)
}

pub(super) fn quality() -> Result<Vec<u8>, ExampleError> {
    Ok(sender().event("quality.1", None, at(600)?, quality_data()?)?)
}

pub(super) fn shadow() -> Result<Vec<u8>, ExampleError> {
    Ok(sender().event("shadow.1", None, at(600)?, shadow_data()?)?)
}

pub(super) fn reply() -> Result<Vec<u8>, ExampleError> {
    Ok(sender().event("reply.r-20261121-17", None, at(190)?, reply_data()?)?)
}

/// That of the example of an alert.
pub(super) fn signature() -> Result<Vec<u8>, ExampleError> {
    let seq = SeqData { stream: STREAM.to_owned(), n: 4711 };
    let data = SignatureData::of(&alert()?, messages::ALERT.topic, seq, &BoxKey::from_jwk(BOX_KEY)?);
    Ok(sender().event(data.event_id(), None, at(125)?, data)?)
}

pub(super) fn mark() -> Result<Vec<u8>, ExampleError> {
    let Sender { area, box_id } = sender();
    let (area, box_id, command) = (Some(area), Some(box_id), Some("mark".to_owned()));
    Ok(serde_json::to_vec(&MarkData { area, box_id, command, stream: STREAM.to_owned(), n: 4711 })?)
}

fn sender() -> Sender {
    Sender { area: "530127".to_owned(), box_id: "box-7f3a".to_owned() }
}

/// So many seconds after it began.
pub(crate) fn at(secs: i64) -> Result<Timestamp, ExampleError> {
    Timestamp::from_second(BEGAN + secs).map_err(|_| ExampleError::Fact)
}

pub(super) fn alert() -> Result<Vec<u8>, ExampleError> {
    let revision = revision()?;
    let grid = GridCode::parse("53012700300102").map_err(|_| ExampleError::Fact)?;
    let sender = sender();
    let model = ModelRef { name: "street-small".to_owned(), sha256: SHA256.to_owned() };
    let evidence = [evidence()?];
    let grids = BTreeMap::from([(Arc::from("53012700300102"), grid_two())]);
    let zone = TimeZone::get("Asia/Shanghai").map_err(|_| ExampleError::Fact)?;
    let cameras = BTreeMap::from([(Arc::from("cam-03"), camera_place(&grid))]);
    let context = AlertContext {
        sender: &sender,
        site: Some("Yangqiao community"),
        language: Language::Chinese,
        time_zone: &zone,
        also_gcj02: true,
        grids: &grids,
        mode: Mode::Actual,
        title: None,
        cameras: &cameras,
        sensors: &BTreeMap::new(),
        area: &grid,
        model: &model,
        config_sha256: SHA256,
        clock: ClockData { sync: ClockSync::Synced, err_ms: Some(12) },
        evidence: &evidence,
        muted: None,
    };
    Ok(alert_event(&revision, &context, Seq { stream: Arc::from(STREAM), n: 4711 })?)
}

fn revision() -> Result<Revision, ExampleError> {
    let truck = Class::TRUCK;
    Ok(Revision {
        alert: AlertId(Arc::from(ALERT)),
        rev: 2,
        phase: Phase::Update,
        reason: PhaseReason::EvidenceAdded,
        kind: Arc::from("fire_lane_blocked"),
        level: Level::Orange,
        level_max: Level::Orange,
        confidence: 0.87,
        started_at: at(0)?,
        last_seen_at: at(124)?,
        ended_at: None,
        end_reason: None,
        at: Moment { mono: Duration::from_secs(125), utc: at(125)? },
        grid: Arc::from("53012700300102"),
        origin: Origin {
            cameras: vec![Arc::from("cam-03")],
            zones: vec![Arc::from("fire-lane")],
            sensors: Vec::new(),
        },
        shown: vec![Shown { class: truck, score: 0.87, box_in_frame: BBox::new(0.21, 0.52, 0.58, 0.93) }],
        why: Why {
            basis: Basis::Rule(Arc::from("fire-lane-blocked")),
            condition: condition(),
            threshold: 120.0,
            contributions: vec![Contribution {
                source: "rule:fire-lane-blocked".to_owned(),
                value: 124.2,
                contribution: 1.0,
                weight: 1.0,
                age_secs: 0.2,
                cause: None,
            }],
            silent: Vec::new(),
        },
        acknowledged: None,
        handling: Handling::default(),
        escalated: None,
    })
}

fn evidence() -> Result<Evidence, ExampleError> {
    Ok(Evidence {
        id: 1,
        media_type: "image/jpeg".to_owned(),
        bytes: 84_512,
        sha256: SHA256.to_owned(),
        redaction: Redaction::Pixelated,
        redaction_ways: vec![RedactionWay::Found, RedactionWay::Changed],
        state: EvidenceState::Queued,
        camera: Some("cam-03".to_owned()),
        zone: Some("fire-lane".to_owned()),
        taken_at: Some(Time(at(124)?)),
        main_stream_at: None,
    })
}

fn camera_place(grid: &GridCode) -> CameraPlace {
    CameraPlace {
        eye: Eye::Village,
        grid: grid.clone(),
        address: Some("Yangqiao, lane 3, east gate".to_owned()),
        lonlat: Some([102.912, 25.046]),
        responsible: east_gate(),
        zones: BTreeMap::from([(Arc::from("fire-lane"), Some(Polygon::whole_picture()))]),
        device: Some("10.0.0.31:554".to_owned()),
    }
}

/// The example's camera.
fn east_gate() -> Responsible {
    Responsible {
        name: Some("东门枪机".to_owned()),
        contact: Some("0871-5550100".to_owned()),
        officer: Some("Property office, lane 3".to_owned()),
    }
}

/// The example's grid.
fn grid_two() -> Responsible {
    Responsible {
        name: Some("羊桥社区第二网格".to_owned()),
        contact: Some("0871-5550102".to_owned()),
        officer: Some("Grid officer on duty".to_owned()),
    }
}

fn gap_data() -> Result<GapData, ExampleError> {
    Ok(GapData {
        seq: SeqData { stream: STREAM.to_owned(), n: 5300 },
        missing_stream: STREAM.to_owned(),
        missing: vec![GapRange { from: 4720, to: 4731 }, GapRange { from: 4740, to: 4740 }],
        missing_omitted: 0,
        pictures: 40,
        reason: GapReason::RowLimit,
        began_at: Time(at(90_000)?),
        until_at: Time(at(93_600)?),
    })
}

fn shadow_data() -> Result<ShadowData, ExampleError> {
    let made = ShadowRevision {
        n: 7,
        shadow_id: format!("{SHADOW_PREFIX}{ALERT}"),
        rev: 1,
        phase: Phase::New,
        phase_reason: PhaseReason::Raised,
        level: Level::Yellow,
        kind: "fire_lane_blocked".to_owned(),
        rule: Some("fire-lane-blocked".to_owned()),
        camera: Some("cam-03".to_owned()),
        grid: "53012700300102".to_owned(),
        started_at: Time(at(0)?),
        at: Time(at(120)?),
    };
    Ok(ShadowData {
        config_sha256: SHA256.to_owned(),
        since: Time(at(-86_400)?),
        until: Time(at(6 * 86_400)?),
        by: "admin 1".to_owned(),
        ended: None,
        counts: shadow_counts(),
        revisions: vec![made],
        omitted: 0,
    })
}

fn shadow_counts() -> ShadowCounts {
    ShadowCounts {
        alerts: 3,
        alerts_published: 5,
        same: 2,
        changed: 1,
        only_shadow: 0,
        only_published: 2,
        revisions: 7,
        missed: 0,
    }
}

fn time_fix_data() -> Result<TimeFixData, ExampleError> {
    let unset = Timestamp::from_second(125).map_err(|_| ExampleError::Fact)?;
    let now = at(60)?;
    Ok(TimeFixData {
        seq: SeqData { stream: STREAM.to_owned(), n: 4712 },
        shift_ms: now.as_millisecond() - unset.as_millisecond(),
        clock_said: Time(unset),
        clock_says: Time(now),
        clock_before: ClockData { sync: ClockSync::Unsynced, err_ms: None },
        clock: ClockData { sync: ClockSync::Synced, err_ms: Some(12) },
        told: Some(ToldRange { from: 4709, to: 4711 }),
    })
}

fn state_data() -> Result<StateData, ExampleError> {
    Ok(StateData { state: BoxState::Online, session: SESSION.to_owned(), since: Time(at(0)?) })
}

/// Not this build's own: the example must not change with the machine that writes it.
fn software() -> box_status::Software {
    box_status::Software {
        name: "lookout".to_owned(),
        version: "0.1.0".to_owned(),
        arch: "aarch64".to_owned(),
    }
}

fn active_data() -> Result<ActiveData, ExampleError> {
    Ok(ActiveData {
        stream: STREAM.to_owned(),
        seq: 4711,
        up_to: Some(SeqData { stream: STREAM.to_owned(), n: 4711 }),
        alerts: vec![ActiveAlert {
            alert_id: ALERT.to_owned(),
            rev: 2,
            phase: Phase::Update,
            level: Level::Orange,
            severity: Some(Level::Orange.severity()),
            kind: "fire_lane_blocked".to_owned(),
            title: kinds::title("fire_lane_blocked", None, Language::English),
            mode: Mode::Actual,
            camera: Some("cam-03".to_owned()),
            sensors: Vec::new(),
            grid: "53012700300102".to_owned(),
            started_at: Time(at(0)?),
            acknowledged: false,
            acknowledgement: None,
            escalated: None,
            muted: None,
        }],
        omitted: 0,
        counts: Some(ActiveCounts { total: 1, orange: 1, ..ActiveCounts::default() }),
    })
}

fn count_data() -> Result<CountData, ExampleError> {
    let class =
        |class: &str, entered, left, most| ClassCount { class: class.to_owned(), entered, left, most };
    Ok(CountData {
        seq: SeqData { stream: STREAM.to_owned(), n: 4712 },
        mode: Mode::Actual,
        camera: "cam-03".to_owned(),
        grid: "53012700300102".to_owned(),
        from: Time(at(-5)?),
        until: Time(at(55)?),
        watched_secs: 60.0,
        zones: vec![ZoneCount {
            zone: "gate".to_owned(),
            classes: vec![class("person", 7, 5, 4), class("two_wheeler", 2, 2, 1)],
        }],
    })
}

fn coverage_data() -> Result<CoverageData, ExampleError> {
    let rule = |rule: &str, watched_secs, not: &[(CoverageState, f64)]| RuleCoverage {
        rule: rule.to_owned(),
        from: None,
        until: None,
        clock_set_secs: None,
        watched_secs,
        not: not.iter().map(|(state, secs)| StateSecs { state: *state, secs: *secs }).collect(),
    };
    let hour = BEGAN.div_euclid(3_600) * 3_600 - BEGAN;
    Ok(CoverageData {
        seq: SeqData { stream: STREAM.to_owned(), n: 4790 },
        mode: Mode::Actual,
        camera: "cam-03".to_owned(),
        grid: "53012700300102".to_owned(),
        from: Time(at(hour)?),
        until: Time(at(hour + 3_600)?),
        rules: vec![
            rule("fire-lane-blocked", 3_412.0, &[(CoverageState::NoVideo, 188.0)]),
            rule("yard", 1_612.0, &[(CoverageState::NotInForce, 1_800.0), (CoverageState::NoVideo, 188.0)]),
        ],
        omitted: 0,
    })
}

fn camera_health() -> Result<CameraHealth, ExampleError> {
    let advice = Words::Sentence(text::health::keyframes_far_apart("10.0"));
    let advice = Said::new(&advice, None, Language::English);
    Ok(CameraHealth {
        id: "cam-03".to_owned(),
        state: CameraState::Running,
        since: Time(at(-3600)?),
        fps_in: 15.0,
        fps_decoded: 15.0,
        fps_analysed: 5.0,
        decoding: Some(Decoding::Forced),
        advice: Some(advice.text),
        advice_code: advice.code,
        advice_args: advice.args,
        last_frame_at: Some(Time(at(130)?)),
        decoder: Some("avdec_h264".to_owned()),
        dropped: [("not_due".to_owned(), 36_012)].into(),
        reconnects: 1,
        error: None,
        error_code: None,
        error_args: [].into(),
        cause: None,
        conditions: vec![CameraCondition::Blurred],
        furniture: 1,
    })
}

/// A camera whose password was changed.
fn lost_camera() -> Result<CameraData, ExampleError> {
    let fault = text::camera::password_wrong("rtsp://10.0.0.31/stream2", "admin");
    let error = text::camera::of("cam-03", fault.clone());
    let health = CameraHealth {
        state: CameraState::Lost,
        since: Time(at(10)?),
        fps_in: 0.0,
        fps_decoded: 0.0,
        fps_analysed: 0.0,
        decoding: None,
        advice: None,
        advice_code: None,
        advice_args: [].into(),
        last_frame_at: Some(Time(at(9)?)),
        error: Some(error.with_hint(Some(&text::camera::try_password()), Language::English)),
        error_code: Some(fault.code().to_owned()),
        error_args: fault.args(Language::English),
        cause: Some("wrong_password".to_owned()),
        conditions: vec![CameraCondition::NoVideo],
        ..camera_health()?
    };
    Ok(CameraData {
        eye: Eye::Village,
        grid: "53012700300102".to_owned(),
        address: Some("Yangqiao, lane 3, east gate".to_owned()),
        health,
    })
}

fn sensor_health() -> Result<SensorHealth, ExampleError> {
    Ok(SensorHealth {
        id: "drain-2".to_owned(),
        quantity: "water_level".to_owned(),
        state: SensorState::Good,
        value: Some(0.12),
        unit: "m".to_owned(),
        at: Some(Time(at(128)?)),
        reason: None,
        reason_code: None,
        reason_args: [].into(),
    })
}

fn sensor_data() -> Result<SensorData, ExampleError> {
    Ok(SensorData { grid: "53012700300102".to_owned(), address: None, health: sensor_health()? })
}

fn health_data() -> Result<HealthData, ExampleError> {
    let (cameras, sensors) = (vec![camera_health()?], vec![sensor_health()?]);
    let signals = vec![SignalHealth {
        kind: "flooding".to_owned(),
        grid: "53012700300102".to_owned(),
        state: SignalWord::Unknown,
        belief: 0.2,
    }];
    Ok(HealthData {
        uptime_s: 86_400,
        software: Some(software()),
        config_sha256: Some(SHA256.to_owned()),
        counts: Some(HealthCounts::of(&cameras, &sensors, &signals, 1)),
        degraded: vec![Degraded {
            part: "mqtt".to_owned(),
            reason: "the broker does not answer; alerts wait in the queue".to_owned(),
            code: None,
            args: [].into(),
            since: Time(at(100)?),
        }],
        cameras,
        cameras_omitted: 0,
        sensors,
        sensors_omitted: 0,
        signals,
        signals_omitted: 0,
        shadow: Some(ShadowHealth {
            config_sha256: SHA256.to_owned(),
            since: Time(at(-86_400)?),
            until: Time(at(6 * 86_400)?),
            counts: shadow_counts(),
        }),
        detector: DetectorHealth {
            provider: "cpu".to_owned(),
            per_second: 5.0,
            still_per_second: 1.2,
            closer_per_second: 0.3,
            mean_ms: 14.2,
            workers: 2,
        },
        spool: SpoolHealth {
            queued: 3,
            bytes: 98_304,
            stream: STREAM.to_owned(),
            last_seq: 4711,
            dropped: 0,
        },
        machine: MachineHealth {
            cpu_cores: Some(0.21),
            memory_bytes: Some(143_000_000),
            disk_free_bytes: Some(21_000_000_000),
            temperatures_c: [("cpu".to_owned(), 51.5)].into(),
        },
        language: Language::English,
    })
}

fn quality_data() -> Result<QualityData, ExampleError> {
    let counts = QualityCounts {
        told: 12,
        acknowledged: 11,
        acknowledged_in_time: 9,
        closed: 10,
        closed_in_time: 7,
        confirmed: 8,
        false_alarms: 2,
        duplicate: 0,
        exercise: 1,
        accept_median_s: Some(74.5),
        close_median_s: Some(412.0),
    };
    let row = QualityRow {
        rule: Some("fire-lane-blocked".to_owned()),
        kind: "fire_lane_blocked".to_owned(),
        camera: Some("cam-03".to_owned()),
        sensor: None,
        counts: counts.clone(),
    };
    Ok(QualityData {
        from: Some(Time(at(-500_000)?)),
        until: Time(at(600)?),
        accept_target_s: ACCEPT_WITHIN_SECS,
        close_target_s: CLOSE_WITHIN_SECS,
        all: counts,
        rows: vec![row],
        omitted: 0,
    })
}

fn config_data() -> Result<ConfigData, ExampleError> {
    let (zone, name) = (text::config_check::a_zone(), text::config_check::quoted("fire-line"));
    let what = text::config_check::names_unknown(text::config::rule("fire-lane-blocked"), zone, name);
    let what = what.rendered(Language::English);
    let hint = text::config::did_you_mean("fire-lane").rendered(Language::English);
    Ok(ConfigData {
        outcome: ConfigOutcome::Rejected,
        running_sha256: SHA256.to_owned(),
        source: ConfigSource::File,
        version: None,
        adjusted: false,
        reverts_at: None,
        offered_sha256: Some(SHA256.chars().rev().collect()),
        offered_source: Some(ConfigSource::Remote),
        offered_version: Some(8),
        at: Time(at(0)?),
        problems: vec![ConfigProblem {
            line: 41,
            column: 19,
            what: what.text,
            code: Some(what.code),
            args: what.args,
            hint: Some(hint.text),
            hint_code: Some(hint.code),
            hint_args: hint.args,
        }],
        problems_omitted: 0,
    })
}

fn reply_data() -> Result<ReplyData, ExampleError> {
    let seq = SeqData { stream: STREAM.to_owned(), n: 4713 };
    Ok(ReplyData::new("r-20261121-17".to_owned(), "ack".to_owned(), Outcome::Done, seq))
}
