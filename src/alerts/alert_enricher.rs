//! Builds the message of a revision: adds what the analysis does not know, such as places,
//! titles, the model and the configuration. Used alike by the daemon and by a replay. Must never decide anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use parking_lot::RwLock;

use crate::analysis::alert::{Basis, Revision};
use crate::analysis::counts::ZoneMinute;
use crate::analysis::geometry::Polygon;
use crate::analysis::grid::GridCode;
use crate::analysis::time::Timestamp;
use crate::config::{Camera, CameraSource, Config};
use crate::contract::alert::{Evidence, ModelRef, Muted, SeqData};
use crate::contract::alert_event::{AlertContext, CameraPlace, SensorPlace, Seq, active_alert, zone_of};
use crate::contract::box_status::ActiveAlert;
use crate::contract::count::{CountData, ZoneCount};
use crate::contract::mute::Mute;
use crate::contract::words::{Language, Mode, Time};
use crate::contract::{EventError, Sender, alert_event};
use crate::types::level::Level;
use crate::types::responsible::Responsible;
use crate::video::RtspUrl;

use super::SharedClockData;

/// Mutes that are in force, or were.
pub(crate) type Mutes = Arc<RwLock<Vec<Mute>>>;

/// Everything about the site that alerts carry.
#[derive(Debug, Clone)]
pub(crate) struct AlertEnricher {
    sender: Sender,
    site: Option<String>,
    language: Language,
    time_zone: TimeZone,
    also_gcj02: bool,
    grids: BTreeMap<Arc<str>, Responsible>,
    mode: Mode,
    model: ModelRef,
    config_sha256: String,
    clock: SharedClockData,
    cameras: BTreeMap<Arc<str>, CameraPlace>,
    sensors: BTreeMap<Arc<str>, SensorPlace>,
    titles: BTreeMap<Arc<str>, String>,
    mutes: Mutes,
    /// For alerts of cameras that are no longer configured.
    area: GridCode,
}

/// Where a camera is in the network, without anything that could be a password.
fn device(source: &CameraSource) -> Option<String> {
    match source {
        CameraSource::Rtsp { url, .. } => RtspUrl::parse(url).ok().map(|url| url.host_and_port()),
        CameraSource::File(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()),
    }
}

/// The zones of a camera, and its lines, which have no area.
fn zones(camera: &Camera) -> BTreeMap<Arc<str>, Option<Polygon>> {
    let zones = camera.zones.iter().map(|(name, area)| (name.clone(), Some(area.clone())));
    zones.chain(camera.lines.keys().map(|name| (name.clone(), None))).collect()
}

impl AlertEnricher {
    /// Takes over what the configuration says. `model` is the one that finds structure, `clock` how far the times in
    /// messages are to be trusted, as it is when each is written.
    pub(crate) fn new(
        config: &Config,
        model: ModelRef,
        clock: SharedClockData,
        mutes: Mutes,
    ) -> Result<Self, crate::analysis::grid::GridError> {
        let cameras = config.cameras.iter().map(|camera| {
            let place = CameraPlace {
                eye: camera.eye,
                grid: camera.grid.clone(),
                address: camera.address.clone(),
                lonlat: camera.lonlat,
                responsible: camera.responsible.clone(),
                zones: zones(camera),
                device: device(&camera.source),
            };
            (camera.id.clone(), place)
        });
        let sensors = config.sensors.list.iter().map(|sensor| {
            let place = SensorPlace {
                address: sensor.address.clone(),
                lonlat: sensor.lonlat,
                responsible: sensor.responsible.clone(),
            };
            (sensor.plan.id.clone(), place)
        });
        Ok(AlertEnricher {
            sender: config.sender(),
            site: config.site.name.clone(),
            language: config.site.language,
            time_zone: config.site.time_zone.clone(),
            also_gcj02: config.site.also_gcj02,
            grids: config.grids.clone(),
            mode: config.site.mode,
            model,
            config_sha256: config.sha256.clone(),
            clock,
            mutes,
            cameras: cameras.collect(),
            sensors: sensors.collect(),
            titles: config.titles.clone(),
            area: GridCode::parse(&config.site.area)?,
        })
    }

    /// Which box speaks.
    pub(crate) fn sender(&self) -> &Sender {
        &self.sender
    }

    /// The grid of a camera; the area's code where the camera is no longer configured.
    pub(crate) fn grid(&self, camera: &str) -> &GridCode {
        self.cameras.get(camera).map_or(&self.area, |place| &place.grid)
    }

    /// The zone or line because of which a picture of the alert's camera is taken.
    pub(crate) fn zone(&self, revision: &Revision) -> Option<String> {
        let camera = revision.camera().and_then(|camera| self.cameras.get(camera));
        let foot = revision.shown.first().map(|shown| shown.box_in_frame.standing_point());
        zone_of(revision, camera, foot)
    }

    /// The message with the counts of one camera and minute; all of `zones` belong to those of `first`.
    ///
    /// # Errors
    /// The message cannot be serialised: a bug.
    pub(crate) fn count(
        &self,
        first: &ZoneMinute,
        zones: &[ZoneMinute],
        at: Timestamp,
        seq: Seq,
    ) -> Result<Vec<u8>, EventError> {
        let data = CountData {
            seq: SeqData { stream: seq.stream.to_string(), n: seq.n },
            mode: self.mode,
            camera: first.camera.to_string(),
            grid: self.grid(&first.camera).to_string(),
            from: Time(first.from),
            until: Time(Timestamp::from_second(first.from.as_second() + 60).unwrap_or(first.from)),
            watched_secs: (first.watched.as_secs_f64() * 10.0).round() / 10.0,
            zones: zones.iter().map(ZoneCount::from).collect(),
        };
        let id = format!("count.{}.{}", first.camera, first.from.as_second());
        self.sender.event(id, None, at, data)
    }

    /// The alert message, as it is stored and published.
    ///
    /// # Errors
    /// See [`alert_event`](fn@alert_event): only if the message cannot be made small enough.
    pub(crate) fn alert(
        &self,
        revision: &Revision,
        evidence: &[Evidence],
        seq: Seq,
    ) -> Result<Vec<u8>, EventError> {
        let muted = self.muted(revision);
        alert_event(revision, &self.context(revision, evidence, muted.as_ref()), seq)
    }

    /// The same alert as a line of `up/active`.
    pub(crate) fn open_alert(&self, revision: &Revision) -> ActiveAlert {
        let muted = self.muted(revision);
        active_alert(revision, &self.context(revision, &[], muted.as_ref()))
    }

    /// The language of its alerts.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    fn context<'a>(
        &'a self,
        revision: &Revision,
        evidence: &'a [Evidence],
        muted: Option<&'a Muted>,
    ) -> AlertContext<'a> {
        AlertContext {
            sender: &self.sender,
            site: self.site.as_deref(),
            language: self.language,
            time_zone: &self.time_zone,
            also_gcj02: self.also_gcj02,
            grids: &self.grids,
            mode: if revision.why.basis == Basis::Test { Mode::Test } else { self.mode },
            title: revision.why.basis.rule().and_then(|rule| self.titles.get(rule)).map(String::as_str),
            cameras: &self.cameras,
            sensors: &self.sensors,
            area: &self.area,
            model: &self.model,
            config_sha256: &self.config_sha256,
            clock: *self.clock.lock(),
            evidence,
            muted,
        }
    }

    fn muted(&self, revision: &Revision) -> Option<Muted> {
        muted_by(&self.mutes.read(), revision, revision.at.utc)
    }
}

/// Who asked by one of these mutes, and from `at` on still asks, that no noise be made for it. Nobody can ask that of red
/// alerts.
pub(crate) fn muted_by(mutes: &[Mute], revision: &Revision, at: Timestamp) -> Option<Muted> {
    if revision.level == Level::Red {
        return None;
    }
    let rule = revision.why.basis.rule();
    let fits = |mute: &&Mute| {
        let kind = mute.kind.as_deref().is_some_and(|kind| kind == &*revision.kind);
        let by_rule = mute.rule.as_deref().is_some_and(|id| rule.is_some_and(|rule| **rule == *id));
        let camera = mute.camera.as_deref().is_some_and(|id| revision.camera().is_some_and(|c| **c == *id));
        mute.until.0 > at && (kind || by_rule || camera)
    };
    let mute = mutes.iter().find(fits)?;
    Some(Muted { by: mute.by.clone(), reason: mute.reason.clone(), until: mute.until })
}
