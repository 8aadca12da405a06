//! Serialises a revision of an alert to the bytes that are stored and sent.
//!
//! Pure: the same revision, context and number give the same bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::analysis::alert::{self, Basis, Revision};
use crate::analysis::geometry::{Point, Polygon};
use crate::analysis::grid::GridCode;

use super::alert::{
    Acknowledged, AlertData, ClockData, ConfigRef, Delivery, Escalated, Evidence, GapData, Geometry,
    Guarantee, LevelAuthority, LocalTimes, ModelRef, Muted, Object, Origin, OriginCamera, OriginSensor,
    Place, SeqData, SignalData, WhyData,
};
use super::box_status::ActiveAlert;
use super::handling::HandlingData;
use super::words::{Crs, Eye, Language, LocalTime, Mode, Time};
use super::{EventError, Sender, gcj02, kinds};
use crate::types::camera_condition::CameraCondition;
use crate::types::level::Level;
use crate::types::responsible::Responsible;

/// What the analysis does not know about an alert and the command centre wants to know.
#[derive(Debug, Clone, Copy)]
pub struct AlertContext<'a> {
    /// Which box speaks.
    pub sender: &'a Sender,
    /// Name of the site, if it has one.
    pub site: Option<&'a str>,
    /// Language of the title.
    pub language: Language,
    /// Time zone of the site.
    pub time_zone: &'a TimeZone,
    /// Whether places are given in GCJ-02, too.
    pub also_gcj02: bool,
    /// What grids are called and who answers for them, by code.
    pub grids: &'a BTreeMap<Arc<str>, Responsible>,
    /// Whether to act on it.
    pub mode: Mode,
    /// The rule's own title, if it has one.
    pub title: Option<&'a str>,
    /// Every camera, by id.
    pub cameras: &'a BTreeMap<Arc<str>, CameraPlace>,
    /// Every sensor, by id.
    pub sensors: &'a BTreeMap<Arc<str>, SensorPlace>,
    /// The place of an alert whose cameras and sensors are no longer configured.
    pub area: &'a GridCode,
    /// The model that looked.
    pub model: &'a ModelRef,
    /// Digest of the configuration in force, hexadecimal.
    pub config_sha256: &'a str,
    /// How far to trust the times.
    pub clock: ClockData,
    /// Its pictures.
    pub evidence: &'a [Evidence],
    /// Who asked that no noise be made for it.
    pub muted: Option<&'a Muted>,
}

/// The place and owner of a camera.
#[derive(Debug, Clone)]
pub struct CameraPlace {
    /// Who owns it.
    pub eye: Eye,
    /// Its place.
    pub grid: GridCode,
    /// Address in words.
    pub address: Option<String>,
    /// Longitude and latitude in degrees.
    pub lonlat: Option<[f64; 2]>,
    /// What people call it, and who answers for it.
    pub responsible: Responsible,
    /// Its zones; lines have no area.
    pub zones: BTreeMap<Arc<str>, Option<Polygon>>,
    /// Where it is in the network: host and port, or the name of a file. Never more of its address, which may hold a
    /// password.
    pub device: Option<String>,
}

/// The place of a sensor.
#[derive(Debug, Clone, Default)]
pub struct SensorPlace {
    /// Address in words.
    pub address: Option<String>,
    /// Longitude and latitude in degrees.
    pub lonlat: Option<[f64; 2]>,
    /// What people call it, and who answers for it.
    pub responsible: Responsible,
}

/// A number in a stream, given by the outbox in the transaction that stores the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seq {
    /// Which count: new for every life of the box's queue.
    pub stream: Arc<str>,
    /// The number, from 1, without holes.
    pub n: u64,
}

/// Writes one revision as the JSON that is stored in the outbox and published on `up/alert`.
///
/// # Errors
///
/// See [`Sender::event`]; does not happen with alerts of our analysis, whose texts are short.
pub fn alert_event(revision: &Revision, context: &AlertContext<'_>, seq: Seq) -> Result<Vec<u8>, EventError> {
    let id = format!("{}.{}", revision.alert.0, revision.rev);
    let data = alert_data(revision, context, &seq);
    context.sender.event(id, Some(revision.alert.0.to_string()), revision.at.utc, data)
}

/// Writes a gap record, published on `up/alert` in place of the numbers it names.
///
/// # Errors
///
/// See [`Sender::event`]; a gap record is small.
pub fn gap_event(gap: GapData, sender: &Sender) -> Result<Vec<u8>, EventError> {
    let id = format!("gap.{}.{}", gap.seq.stream, gap.seq.n);
    let at = gap.until_at.0;
    sender.event(id, None, at, gap)
}

fn alert_data(revision: &Revision, context: &AlertContext<'_>, seq: &Seq) -> AlertData {
    AlertData {
        alert_id: revision.alert.0.to_string(),
        rev: revision.rev,
        phase: revision.phase,
        phase_reason: revision.reason,
        mode: context.mode,
        kind: revision.kind.to_string(),
        title: title(revision, context),
        level: revision.level,
        severity: Some(revision.level.severity()),
        level_max: revision.level_max,
        level_authority: LevelAuthority::Suggested,
        confidence: part(revision.confidence),
        started_at: Time(revision.started_at),
        last_seen_at: Time(revision.last_seen_at),
        ended_at: revision.ended_at.map(Time),
        end_reason: revision.end_reason,
        local: Some(local_times(revision, context.time_zone)),
        place: place(revision, context),
        origin: Origin {
            cameras: revision.origin.cameras.iter().map(|id| origin_camera(id, context)).collect(),
            zones: texts(&revision.origin.zones),
            sensors: texts(&revision.origin.sensors),
            sensor_details: sensor_details(revision, context),
        },
        geometry: geometry(revision, context),
        evidence: context.evidence.to_vec(),
        why: why(revision, context.language),
        acknowledged: revision.acknowledged.clone().map(Acknowledged::from),
        handling: HandlingData::of(revision),
        escalated: revision.escalated.clone().map(Escalated::from),
        muted: context.muted.cloned(),
        model: context.model.clone(),
        config: ConfigRef { sha256: context.config_sha256.to_owned() },
        clock: context.clock,
        seq: SeqData { stream: seq.stream.to_string(), n: seq.n },
        delivery: Delivery {
            guarantee: Guarantee::AtLeastOnce,
            droppable: !revision.phase.is_last() && revision.level < Level::Orange,
        },
    }
}

/// One line of `up/active`.
pub(crate) fn active_alert(revision: &Revision, context: &AlertContext<'_>) -> ActiveAlert {
    ActiveAlert {
        alert_id: revision.alert.0.to_string(),
        rev: revision.rev,
        phase: revision.phase,
        level: revision.level,
        severity: Some(revision.level.severity()),
        kind: revision.kind.to_string(),
        title: title(revision, context),
        mode: context.mode,
        camera: revision.camera().map(|camera| camera.to_string()),
        sensors: texts(&revision.origin.sensors),
        grid: revision.grid.to_string(),
        started_at: Time(revision.started_at),
        acknowledged: revision.acknowledged.is_some(),
        acknowledgement: revision.acknowledged.clone().map(Acknowledged::from),
        escalated: revision.escalated.clone().map(Escalated::from),
        muted: context.muted.cloned(),
    }
}

impl From<alert::Act> for Acknowledged {
    fn from(alert::Act { by, key, at, note }: alert::Act) -> Self {
        Acknowledged { by, key_id: key.map(|key| key.to_string()), at: Time(at), note }
    }
}

impl From<alert::Escalation> for Escalated {
    fn from(alert::Escalation { level, step, to, at }: alert::Escalation) -> Self {
        Escalated { level, step, to: to.to_string(), at: Time(at) }
    }
}

/// An alert about a camera says which one, what is wrong with it, and why where that is known.
fn title(revision: &Revision, context: &AlertContext<'_>) -> String {
    let own = || kinds::title(&revision.kind, context.title, context.language);
    if &*revision.kind != kinds::CAMERA_TROUBLE || context.title.is_some() {
        return own();
    }
    let Some(first) = revision.why.contributions.first() else { return own() };
    let named = first.source.strip_prefix("camera:").and_then(|rest| rest.rsplit_once(':'));
    let condition = named.and_then(|(camera, name)| Some((camera, CameraCondition::named(name)?)));
    match condition {
        Some((camera, CameraCondition::NoVideo)) => {
            let device = context.cameras.get(camera).and_then(|camera| camera.device.as_deref());
            CameraCondition::no_video_title(camera, first.cause, device, context.language)
        }
        Some((camera, condition)) => condition.title(camera, context.language),
        None => own(),
    }
}

fn texts(names: &[Arc<str>]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

fn origin_camera(id: &Arc<str>, context: &AlertContext<'_>) -> OriginCamera {
    let known = context.cameras.get(id);
    OriginCamera {
        id: id.to_string(),
        eye: known.map_or(Eye::Village, |camera| camera.eye),
        responsible: known.map(|camera| camera.responsible.clone()).unwrap_or_default(),
    }
}

fn sensor_details(revision: &Revision, context: &AlertContext<'_>) -> Vec<OriginSensor> {
    let known = revision.origin.sensors.iter().filter_map(|id| Some((id, context.sensors.get(id)?)));
    known
        .filter(|(_, sensor)| sensor.responsible != Responsible::default())
        .map(|(id, sensor)| OriginSensor { id: id.to_string(), responsible: sensor.responsible.clone() })
        .collect()
}

fn local_times(revision: &Revision, zone: &TimeZone) -> LocalTimes {
    LocalTimes {
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        started_at: LocalTime::new(revision.started_at, zone),
        last_seen_at: LocalTime::new(revision.last_seen_at, zone),
        ended_at: revision.ended_at.map(|at| LocalTime::new(at, zone)),
    }
}

/// The grid is the alert's; address and coordinates are those of its first camera, or else its first sensor.
fn place(revision: &Revision, context: &AlertContext<'_>) -> Place {
    let camera = revision.camera().and_then(|id| context.cameras.get(id));
    let sensor = revision.origin.sensors.first().and_then(|id| context.sensors.get(id));
    let (address, lonlat) = match (camera, sensor) {
        (Some(camera), _) => (camera.address.clone(), camera.lonlat),
        (None, Some(sensor)) => (sensor.address.clone(), sensor.lonlat),
        (None, None) => (None, None),
    };
    let own = GridCode::parse(&revision.grid).ok();
    let grid = own.as_ref().or(camera.map(|camera| &camera.grid)).unwrap_or(context.area);
    Place {
        site: context.site.map(str::to_owned),
        grid: grid.as_str().to_owned(),
        path: grid.path().into_iter().map(str::to_owned).collect(),
        address,
        lonlat,
        crs: lonlat.map(|_| Crs::Wgs84),
        lonlat_gcj02: lonlat.filter(|_| context.also_gcj02).map(gcj02::from_wgs84),
        grid_responsible: context.grids.get(grid.as_str()).cloned().unwrap_or_default(),
    }
}

/// The zone or line for which something counts that stands at `foot` in the picture of the alert's camera: of those of the
/// alert that are this camera's the one in which it stands, or else the first.
pub(crate) fn zone_of(
    revision: &Revision,
    camera: Option<&CameraPlace>,
    foot: Option<Point>,
) -> Option<String> {
    let zones = &revision.origin.zones;
    let Some(camera) = camera else { return zones.first().map(|zone| zone.to_string()) };
    let of_camera = || zones.iter().filter_map(|name| camera.zones.get_key_value(name));
    let contains =
        |area: &Option<Polygon>| foot.zip(area.as_ref()).is_some_and(|(foot, area)| area.contains(foot));
    let stands_in = of_camera().find(|(_, area)| contains(area));
    stands_in.or_else(|| of_camera().next()).map(|(name, _)| name.to_string())
}

fn geometry(revision: &Revision, context: &AlertContext<'_>) -> Geometry {
    let camera = revision.camera();
    let place = camera.and_then(|id| context.cameras.get(id));
    let objects = revision
        .shown
        .iter()
        .map(|shown| {
            let b = shown.box_in_frame.clipped();
            let edges = [b.x0, b.y0, b.x1, b.y1];
            Object {
                class: shown.class.name().to_owned(),
                score: part(shown.score),
                box_in_frame: edges.map(part),
                camera: camera.map(|id| id.to_string()),
                zone: zone_of(revision, place, Some(b.standing_point())),
                taken_at: camera.map(|_| Time(revision.last_seen_at)),
            }
        })
        .collect();
    Geometry { objects, omitted: 0 }
}

fn why(revision: &Revision, language: Language) -> WhyData {
    let why = &revision.why;
    let said = why.condition.sentence();
    WhyData {
        rule: why.basis.rule().map(|rule| rule.to_string()),
        fusion: (why.basis == Basis::Belief).then(|| revision.kind.to_string()),
        condition: why.condition.in_language(language),
        condition_code: said.map(|said| said.code().to_owned()),
        condition_args: said.map(|said| said.args_with_parts(language)).unwrap_or_default(),
        threshold: rounded(why.threshold),
        signals: why
            .contributions
            .iter()
            .map(|c| SignalData {
                source: c.source.clone(),
                value: rounded(c.value),
                weight: rounded(c.weight),
                contribution: part(c.contribution as f32),
                age_s: rounded(c.age_secs),
                cause: c.cause.map(|cause| cause.name().to_owned()),
            })
            .collect(),
        silent: why.silent.clone(),
        omitted: 0,
    }
}

/// A share or a coordinate, 0..1.
fn part(value: f32) -> f64 {
    rounded(f64::from(value)).clamp(0.0, 1.0)
}

/// Four decimals are a fifth of a pixel in a 2,000 pixel picture, and keep `0.45` from being reported as
/// `0.44999998807907104`. What is no number becomes 0: JSON has no word for it.
pub(crate) fn rounded(value: f64) -> f64 {
    let rounded = (value * 1e4).round() / 1e4;
    if rounded.is_finite() { rounded } else { 0.0 }
}
