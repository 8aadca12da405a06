//! What the box says about itself: open alerts, health, configuration. Gathers what each part last
//! reported and writes the contract's payloads. Must never wait for any of the parts.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::alerts::alert_enricher::AlertEnricher;
use crate::alerts::alert_writer::AlertWriterCounts;
use crate::analysis::alert::Revision;
use crate::analysis::fusion::{SignalState, State};
use crate::analysis::sensor::SensorReading;
use crate::analysis::time::{Moment, Timestamp};
use crate::config::{Config, Problem, Problems};
use crate::contract::box_status::{
    ActiveAlert, ActiveCounts, ActiveData, ConfigData, ConfigOutcome, ConfigProblem, ConfigSource, Software,
};
use crate::contract::command::SelftestResult;
use crate::contract::health::{
    self, CameraData, CameraHealth, CameraState, Decoding, Degraded, DetectorHealth, HealthCounts,
    HealthData, SensorData, SensorHealth, SensorState, SignalHealth, SignalWord, SpoolHealth,
};
use crate::contract::messages::{self, BoxTopic};
use crate::contract::words::Time;
use crate::contract::{EventError, Sender};
use crate::control::overrides::LastOffer;
use crate::mqtt;
use crate::outbox::Depth;
use crate::pipeline::inference_workers::InferenceCounts;
use crate::pipeline::scheduler::Counts;
use crate::sensors::SensorStats;
use crate::video::{self, CameraStats, GateMode, Unsuited};

use super::analysis_thread::Known;
use super::clock_watch;
use super::crash_loop::ShortRuns;
use super::machine::{self, CpuReading};

/// The list of open alerts.
///
/// # Errors
/// Only if it cannot be made small enough.
pub fn active(
    open: &[Revision],
    alert_enricher: &AlertEnricher,
    depth: Depth,
    at: Timestamp,
) -> Result<Vec<u8>, EventError> {
    let mut open: Vec<&Revision> = open.iter().filter(|revision| !revision.is_last()).collect();
    // What does not fit into the message is cut off at the end.
    open.sort_by_key(|revision| (Reverse(revision.level), revision.started_at));
    let alerts: Vec<ActiveAlert> =
        open.into_iter().map(|revision| alert_enricher.open_alert(revision)).collect();
    let Depth { stream, last_n: seq, .. } = depth;
    let counts = Some(ActiveCounts::of(&alerts));
    let data = ActiveData { stream, seq, alerts, omitted: 0, counts };
    alert_enricher.sender().event(format!("active.{seq}"), None, at, data)
}

/// Which configuration runs, and how it came to.
pub struct ConfigReport<'a> {
    /// What runs.
    pub running: &'a Config,
    /// The one that was offered last, if that does not run.
    pub offered: Option<&'a LastOffer>,
    /// Where what runs came from.
    pub source: ConfigSource,
    /// Its version, if from the centre.
    pub version: Option<u64>,
    /// Whether values of it were set.
    pub adjusted: bool,
    /// When it falls.
    pub reverts_at: Option<Time>,
}

/// Which configuration runs, and whether the one last offered was taken.
///
/// # Errors
/// Only if it cannot be made small enough.
pub fn config(report: &ConfigReport<'_>, at: Timestamp) -> Result<Vec<u8>, EventError> {
    let offered = report.offered;
    let data = ConfigData {
        outcome: offered.map_or(ConfigOutcome::Applied, |offered| offered.outcome),
        running_sha256: report.running.sha256.clone(),
        source: report.source,
        version: report.version,
        adjusted: report.adjusted,
        reverts_at: report.reverts_at,
        offered_sha256: offered.and_then(|offered| offered.sha256.clone()),
        offered_source: offered.map(|offered| offered.source),
        offered_version: offered.and_then(|offered| offered.version),
        at: offered.map_or(Time(at), |offered| offered.at),
        problems: offered.map(|offered| offered.problems.clone()).unwrap_or_default(),
        problems_omitted: 0,
    };
    report.running.sender().event(format!("config.{at}"), None, at, data)
}

/// Problems as they are told.
pub fn problems(problems: &Problems) -> Vec<ConfigProblem> {
    let told = |problem: &Problem| ConfigProblem {
        line: problem.line,
        column: problem.column,
        what: problem.what.clone(),
        hint: problem.hint.clone(),
    };
    problems.iter().map(told).collect()
}

/// Everything a health report is made from.
pub struct Readings {
    /// Now.
    pub at: Moment,
    /// Every camera's figures.
    pub cameras: Vec<(Arc<str>, CameraStats)>,
    /// What became of their frames.
    pub frames: Vec<(Arc<str>, Counts)>,
    /// Every sensor's figures.
    pub sensors: Vec<SensorStats>,
    /// What the analysis last knew.
    pub known: Arc<Known>,
    /// The workers' figures.
    pub inference_workers: Arc<InferenceCounts>,
    /// The recorder's figures.
    pub alert_writer: Arc<AlertWriterCounts>,
    /// The queue.
    pub depth: Depth,
    /// Why the queue is not where it should be.
    pub spool_trouble: Option<String>,
    /// What is wrong with the file on the box.
    pub file_trouble: Option<String>,
    /// Why a secret that changed was not taken up.
    pub secret_trouble: Option<String>,
    /// Runs before this one that ended by themselves.
    pub short_runs: Option<ShortRuns>,
    /// Why messages are not signed.
    pub signing_trouble: Option<String>,
    /// Why fewer faces are made unrecognisable than wanted.
    pub redaction_trouble: Option<String>,
    /// The connection to the broker.
    pub broker: mqtt::Status,
    /// What runs the models.
    pub provider: String,
    /// Worker threads.
    pub workers: usize,
}

/// What is said of how the box does.
pub struct Report {
    /// The summary.
    pub summary: Result<Vec<u8>, EventError>,
    /// Every camera and sensor.
    pub parts: Vec<Part>,
}

/// A camera or a sensor, as it is told of.
pub struct Part {
    /// Where it is told.
    pub topic: BoxTopic,
    /// What about it is news when it changes: not how many frames came.
    pub state: String,
    data: PartData,
}

enum PartData {
    Camera(Box<CameraData>),
    Sensor(SensorData),
}

impl Part {
    /// Its message.
    ///
    /// # Errors
    /// Only if it cannot be made small enough.
    pub fn message(&self, sender: &Sender, at: Timestamp) -> Result<Vec<u8>, EventError> {
        match &self.data {
            PartData::Camera(data) => {
                let id = &data.health.id;
                sender.event(format!("camera.{id}.{at}"), Some(id.clone()), at, CameraData::clone(data))
            }
            PartData::Sensor(data) => {
                let id = &data.health.id;
                sender.event(format!("sensor.{id}.{at}"), Some(id.clone()), at, data.clone())
            }
        }
    }
}

/// Those that are configured; a part that is being started or stopped has no figures for a moment.
fn parts_of(config: &Config, cameras: &[CameraHealth], sensors: &[SensorHealth]) -> Vec<Part> {
    let of_cameras = cameras.iter().filter_map(|health| {
        let camera = config.cameras.iter().find(|camera| *camera.id == *health.id)?;
        // An attempt in between changes nothing for whoever reads it.
        let state = match health.state {
            CameraState::Connecting if health.cause.is_some() => CameraState::Lost,
            state => state,
        };
        let (cause, conditions) = (&health.cause, &health.conditions);
        Some(Part {
            topic: messages::CAMERA.at(&[&camera.id]),
            state: format!(
                "{state:?} {cause:?} {conditions:?} {} {}",
                health.advice.is_some(),
                health.furniture
            ),
            data: PartData::Camera(Box::new(CameraData {
                eye: camera.eye,
                grid: camera.grid.to_string(),
                address: camera.address.clone(),
                health: health.clone(),
            })),
        })
    });
    let of_sensors = sensors.iter().filter_map(|health| {
        let sensor = config.sensors.list.iter().find(|sensor| *sensor.plan.id == *health.id)?;
        Some(Part {
            topic: messages::SENSOR.at(&[&health.id]),
            // Each attempt may fail in other words; that there are words at all is news.
            state: format!("{:?} {}", health.state, health.reason.as_deref().is_some_and(explains)),
            data: PartData::Sensor(SensorData {
                grid: sensor.plan.grid.to_string(),
                address: sensor.address.clone(),
                health: health.clone(),
            }),
        })
    });
    of_cameras.chain(of_sensors).collect()
}

/// Writes health reports; remembers the last one, because rates are differences.
pub struct Health {
    /// Who speaks.
    pub sender: Sender,
    started: Moment,
    last: Last,
    /// The parts that were degraded in the last report.
    told: BTreeSet<String>,
    /// Since when a part is degraded, or a camera in its state.
    since: BTreeMap<String, (String, Timestamp)>,
}

#[derive(Default)]
struct Last {
    at: Duration,
    cpu: CpuReading,
    frames: BTreeMap<Arc<str>, Frames>,
    looked: u64,
    still: u64,
    closer: u64,
    busy_us: u64,
}

/// How many frames of a camera had come, were decoded and looked at.
#[derive(Default, Clone, Copy)]
struct Frames {
    came: u64,
    decoded: u64,
    looked_at: u64,
}

impl Health {
    /// Before the first report.
    pub fn new(sender: Sender, started: Moment) -> Self {
        let last = Last { at: started.mono, cpu: CpuReading::take(started.mono), ..Last::default() };
        Health { sender, started, last, told: BTreeSet::new(), since: BTreeMap::new() }
    }

    /// Whether other parts are degraded than the last report said: worth a report of its own.
    pub fn is_news(&self, readings: &Readings) -> bool {
        parts(&self.reasons(readings)) != self.told
    }

    /// One report: the summary, and every camera and sensor of `config`.
    pub fn report(&mut self, readings: &Readings, config: &Config) -> Report {
        let at = readings.at;
        let cpu = CpuReading::take(at.mono);
        let seconds = at.mono.saturating_sub(self.last.at).as_secs_f64().max(0.001);
        let looked = readings.inference_workers.looked.load(Ordering::Relaxed);
        let busy_us = readings.inference_workers.busy_us.load(Ordering::Relaxed);
        let still = readings.inference_workers.still.load(Ordering::Relaxed);
        let closer = readings.inference_workers.closer.load(Ordering::Relaxed);
        let (new_looked, new_busy) = (looked - self.last.looked, busy_us - self.last.busy_us);
        let detector = DetectorHealth {
            provider: readings.provider.clone(),
            per_second: tenth(new_looked as f64 / seconds),
            still_per_second: tenth((still - self.last.still) as f64 / seconds),
            closer_per_second: tenth((closer - self.last.closer) as f64 / seconds),
            mean_ms: if new_looked == 0 { 0.0 } else { tenth(new_busy as f64 / 1000.0 / new_looked as f64) },
            workers: readings.workers as u32,
        };
        let cameras = self.cameras(readings, seconds);
        let sensors: Vec<SensorHealth> = readings.sensors.iter().map(sensor).collect();
        let signals = signals(&readings.known.signals.lock());
        let degraded = self.degraded(readings);
        let parts = parts_of(config, &cameras, &sensors);
        let data = HealthData {
            uptime_s: at.since(self.started).as_secs(),
            software: Some(Software::this()),
            config_sha256: Some(config.sha256.clone()),
            counts: Some(HealthCounts::of(&cameras, &sensors, &signals, degraded.len())),
            degraded,
            cameras,
            cameras_omitted: 0,
            sensors,
            sensors_omitted: 0,
            signals,
            signals_omitted: 0,
            detector,
            spool: spool(&readings.depth),
            machine: machine::health(cpu.cores_since(&self.last.cpu), readings.depth.free_bytes),
        };
        self.last.at = at.mono;
        self.last.cpu = cpu;
        self.last.looked = looked;
        self.last.still = still;
        self.last.closer = closer;
        self.last.busy_us = busy_us;
        Report { summary: self.sender.event(format!("health.{}", at.utc), None, at.utc, data), parts }
    }

    /// The answer to `selftest`.
    pub fn in_short(&mut self, readings: &Readings, config_sha256: &str) -> SelftestResult {
        let mut degraded = self.degraded(readings);
        health::shorten_list(&mut degraded, MOST_IN_ANSWER);
        let running = readings.cameras.iter().filter(|(_, stats)| stats.state == video::CameraState::Running);
        SelftestResult {
            ok: degraded.is_empty(),
            cameras_running: running.count() as u32,
            cameras: readings.cameras.len() as u32,
            queued: readings.depth.rows,
            config_sha256: config_sha256.to_owned(),
            degraded: degraded
                .into_iter()
                .take(MOST_IN_ANSWER)
                .map(|d| format!("{}: {}", d.part, d.reason))
                .collect(),
        }
    }

    fn cameras(&mut self, readings: &Readings, seconds: f64) -> Vec<CameraHealth> {
        let mut list = Vec::with_capacity(readings.cameras.len());
        let conditions = readings.known.conditions.lock();
        let furniture = readings.known.furniture.lock();
        for (id, stats) in &readings.cameras {
            let counts = readings.frames.iter().find(|(camera, _)| camera == id).map(|(_, counts)| *counts);
            let counts = counts.unwrap_or_default();
            let frames = Frames { came: stats.units, decoded: stats.frames, looked_at: counts.taken };
            let before = self.last.frames.insert(id.clone(), frames).unwrap_or_default();
            let gate = stats.gate.map(|(_, gate)| gate).unwrap_or_default();
            let mode = stats.gate.map(|(mode, _)| mode).filter(|_| stats.frames > 0);
            let rate = |now: u64, before: u64| tenth(now.saturating_sub(before) as f64 / seconds);
            let state = match stats.state {
                video::CameraState::Connecting => CameraState::Connecting,
                video::CameraState::Running => CameraState::Running,
                video::CameraState::Waiting | video::CameraState::Stopped => CameraState::Lost,
                video::CameraState::Ended => CameraState::Ended,
            };
            let last_frame_at = stats.last_frame_age.and_then(|age| readings.at.utc.checked_sub(age).ok());
            list.push(CameraHealth {
                id: id.to_string(),
                state,
                since: Time(self.since(format!("camera:{id}"), format!("{state:?}"), readings.at.utc)),
                fps_in: rate(stats.units, before.came),
                fps_decoded: rate(stats.frames, before.decoded),
                fps_analysed: rate(counts.taken, before.looked_at),
                decoding: mode.map(decoding),
                advice: mode.and_then(advice),
                last_frame_at: last_frame_at.map(Time),
                decoder: stats.stream.as_ref().map(|stream| stream.decoder.clone()),
                dropped: BTreeMap::from([
                    ("asleep".to_owned(), gate.slept_through),
                    ("late".to_owned(), gate.given_up),
                    ("not_due".to_owned(), counts.not_due),
                    ("overload".to_owned(), counts.replaced),
                    ("unreadable".to_owned(), stats.unreadable),
                ]),
                reconnects: stats.reconnects,
                error: stats.last_error.as_ref().map(|error| error.to_string()),
                cause: stats.last_error.as_ref().map(|error| error.fault.cause().name().to_owned()),
                conditions: conditions.get(id).into_iter().flatten().copied().collect(),
                furniture: furniture.count(id),
            });
        }
        list
    }

    fn reasons(&self, readings: &Readings) -> Vec<(String, String)> {
        reasons(readings, readings.at.since(self.started), &self.told)
    }

    fn degraded(&mut self, readings: &Readings) -> Vec<Degraded> {
        let reasons = self.reasons(readings);
        self.told = parts(&reasons);
        let told = &self.told;
        self.since.retain(|key, _| key.strip_prefix("degraded:").is_none_or(|part| told.contains(part)));
        let at = readings.at.utc;
        reasons
            .into_iter()
            .map(|(part, reason)| {
                let since = self.since(format!("degraded:{part}"), String::new(), at);
                Degraded { part, reason, since: Time(since) }
            })
            .collect()
    }

    /// When `key` came into `state`, remembered from report to report.
    fn since(&mut self, key: String, state: String, now: Timestamp) -> Timestamp {
        let entry = self.since.entry(key).or_insert_with(|| (state.clone(), now));
        if entry.0 != state {
            *entry = (state, now);
        }
        entry.1
    }
}

fn decoding(mode: GateMode) -> Decoding {
    match mode {
        GateMode::Patrol => Decoding::Keyframes,
        GateMode::Burst => Decoding::Burst,
        GateMode::Full => Decoding::Full,
        GateMode::Forced(_) => Decoding::Forced,
        GateMode::Overloaded => Decoding::Overloaded,
    }
}

/// What would let a camera be decoded as it is needed.
fn advice(mode: GateMode) -> Option<String> {
    const SET: &str = "set the camera's keyframe interval (I-frame interval, GOP) to 1 to 2 s";
    let why = match mode {
        GateMode::Forced(why) => why,
        GateMode::Overloaded => {
            return Some(
                "this box has no time to see it as often as its rules need: lower `analysis_fps`, give it fewer cameras, \
                 or see with `lookout capacity` what it holds"
                    .to_owned(),
            );
        }
        GateMode::Patrol | GateMode::Burst | GateMode::Full => return None,
    };
    Some(match why {
        Unsuited::FarApart { longest } => format!(
            "its keyframes are up to {:.1} s apart, so all of it is decoded: {SET}, and turn smart coding off",
            longest.as_secs_f32()
        ),
        Unsuited::NoKeyframes => {
            format!("it sends no keyframes (intra refresh), so all of it is decoded: {SET}")
        }
        Unsuited::TooLarge => format!(
            "too many bytes lie between its keyframes, so all of it is decoded: take the camera's small stream, or {SET}"
        ),
        Unsuited::NotAlone => {
            "its keyframes give no picture on their own, so all of it is decoded: choose another codec or profile at the camera"
                .to_owned()
        }
    })
}

/// Most parts that the answer to `selftest` names.
const MOST_IN_ANSWER: usize = 10;
/// The part that stands for the disk of the queue.
const DISK: &str = "disk";

/// What is short on the disk. Once it was told, an eighth more must be free before it is well: a disk at its limit would
/// otherwise come and go.
fn short_disk(depth: &Depth, is_told: bool) -> Option<String> {
    let free = depth.free_bytes?;
    let least = depth.least_free_bytes;
    let enough = if is_told { least.saturating_add(least / 8) } else { least };
    let mib = |bytes: u64| bytes >> 20;
    (free < enough).then(|| {
        format!(
            "{} MiB are free where the queue is, and [outbox] min_free_mib leaves {} to others: pictures and the least urgent alerts are dropped first",
            mib(free),
            mib(least)
        )
    })
}

/// What is wrong now: part and reason, first the box's own, then the cameras, then the sensors. `told` are the parts of the
/// last report.
fn reasons(readings: &Readings, uptime: Duration, told: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut reasons: Vec<(String, String)> = Vec::new();
    if let Some(trouble) = readings.broker.trouble.as_ref().filter(|_| !readings.broker.connected) {
        reasons.push(("mqtt".to_owned(), trouble.clone()));
    }
    if let Some(namesake) = &readings.broker.namesake {
        reasons.push(("mqtt".to_owned(), namesake.clone()));
    }
    if let Some(refusal) = &readings.broker.last_refusal {
        reasons.push(("mqtt".to_owned(), format!("the broker refused a message: {refusal}")));
    }
    for missing in &readings.broker.deaf_to {
        reasons.push(("mqtt".to_owned(), format!("not subscribed: {missing}")));
    }
    if let Some(error) = readings.alert_writer.failing.lock().as_ref() {
        let waiting = readings.alert_writer.waiting.load(Ordering::Relaxed);
        reasons.push(("spool".to_owned(), format!("{error}; {waiting} revisions wait in memory")));
    } else if readings.depth.over_limit {
        let reason = "what must not be dropped passes the limits of [outbox] by itself".to_owned();
        reasons.push(("spool".to_owned(), reason));
    }
    if let Some(reason) = short_disk(&readings.depth, told.contains(DISK)) {
        reasons.push((DISK.to_owned(), reason));
    }
    let failed = readings.inference_workers.failed.load(Ordering::Relaxed);
    if failed > 0 && readings.inference_workers.looked.load(Ordering::Relaxed) == 0 {
        reasons.push(("detector".to_owned(), format!("{failed} frames could not be looked at, none could")));
    }
    if let Some(trouble) = &readings.spool_trouble {
        reasons.push(("spool".to_owned(), trouble.to_owned()));
    }
    if let Some(reason) = readings.short_runs.and_then(|before| before.reason(uptime)) {
        reasons.push(("service".to_owned(), reason));
    }
    if let Some(trouble) = &readings.secret_trouble {
        reasons.push(("secrets".to_owned(), trouble.to_owned()));
    }
    if let Some(trouble) = &readings.signing_trouble {
        reasons.push(("signing".to_owned(), trouble.to_owned()));
    }
    if let Some(unsigned) = &readings.broker.unsigned {
        reasons.push(("signing".to_owned(), unsigned.clone()));
    }
    if let Some(trouble) = &readings.file_trouble {
        reasons.push(("configuration".to_owned(), trouble.to_owned()));
    }
    let no_faces = readings.alert_writer.no_faces.lock();
    if let Some(trouble) = readings.redaction_trouble.as_ref().or(no_faces.as_ref()) {
        reasons.push(("redaction".to_owned(), trouble.clone()));
    }
    drop(no_faces);
    let lost = readings.alert_writer.lost.load(Ordering::Relaxed);
    if lost > 0 {
        reasons.push((
            "spool".to_owned(),
            format!("{lost} revisions are lost: there was no disk and no memory left"),
        ));
    }
    let unwritable = readings.alert_writer.unwritable.load(Ordering::Relaxed);
    if unwritable > 0 {
        reasons.push((
            "spool".to_owned(),
            format!("{unwritable} revisions were not told: no message could be made of them, see the log"),
        ));
    }
    if clock_watch::is_impossible(readings.at.utc) {
        reasons.push(("clock".to_owned(), format!("the clock was never set: it says {}", readings.at.utc)));
    }
    for (id, stats) in &readings.cameras {
        if let Some(error) = &stats.last_error {
            reasons.push((format!("camera:{id}"), error.to_string()));
        }
    }
    for (stats, sensor) in readings.sensors.iter().map(|stats| (stats, sensor(stats))) {
        let lasting = stats.lasting_fault.clone();
        if let Some(reason) = lasting.or(sensor.reason).filter(|_| !is_waiting(stats)) {
            reasons.push((format!("sensor:{}", sensor.id), reason));
        }
    }
    reasons
}

/// The names of the parts.
fn parts(reasons: &[(String, String)]) -> BTreeSet<String> {
    reasons.iter().map(|(part, _)| part.clone()).collect()
}

const FELL_SILENT: &str = "it fell silent";
const NOT_SPOKEN: &str = "it has not spoken yet";

/// Whether a reason says more than that nothing comes.
fn explains(reason: &str) -> bool {
    ![FELL_SILENT, NOT_SPOKEN].contains(&reason)
}

/// A sensor that has not spoken yet, and of which nothing speaks against it.
fn is_waiting(stats: &SensorStats) -> bool {
    matches!(stats.reading, SensorReading::Silent { since: None }) && stats.trouble.is_none()
}

fn sensor(stats: &SensorStats) -> SensorHealth {
    let (state, at, reason) = match &stats.reading {
        SensorReading::Good { at, .. } => (SensorState::Good, Some(*at), None),
        SensorReading::Bad { at, reason, .. } => (SensorState::Bad, Some(*at), Some(reason.to_string())),
        SensorReading::Silent { since } => {
            let said = if since.is_some() { FELL_SILENT } else { NOT_SPOKEN };
            (SensorState::Silent, *since, Some(stats.trouble.clone().unwrap_or_else(|| said.to_owned())))
        }
    };
    SensorHealth {
        id: stats.plan.id.to_string(),
        quantity: stats.plan.quantity.to_string(),
        state,
        value: stats.reading.value(),
        unit: stats.plan.unit.to_string(),
        at: at.map(|at| Time(at.utc)),
        reason,
    }
}

/// One entry for each kind and place. Where each camera has a signal of its own, the most urgent of them stands for the
/// place: what it is with each camera is said of the camera.
fn signals(states: &[SignalState]) -> Vec<SignalHealth> {
    let mut list: Vec<SignalHealth> = Vec::new();
    for of_place in states.chunk_by(|a, b| (&a.kind, &a.grid) == (&b.kind, &b.grid)) {
        let urgent = |state: &&SignalState| match state.state {
            State::On => 2,
            State::Unknown => 1,
            State::Off => 0,
        };
        let Some(signal) = of_place.iter().max_by_key(urgent) else { continue };
        let belief = of_place.iter().map(|signal| signal.belief).fold(0.0, f64::max);
        list.push(SignalHealth {
            kind: signal.kind.to_string(),
            grid: signal.grid.to_string(),
            state: match signal.state {
                State::On => SignalWord::On,
                State::Off => SignalWord::Off,
                State::Unknown => SignalWord::Unknown,
            },
            belief: (belief * 100.0).round() / 100.0,
        });
    }
    list
}

fn spool(depth: &Depth) -> SpoolHealth {
    SpoolHealth {
        queued: depth.rows,
        bytes: depth.bytes,
        stream: depth.stream.clone(),
        last_seq: depth.last_n,
        dropped: depth.dropped + depth.dropped_pictures,
    }
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use super::*;
    use crate::config::Surroundings;
    use crate::contract::MAX_EVENT_BYTES;
    use crate::video::Fault;

    fn config(cameras: usize, sensors: usize) -> Config {
        let mut text = "[site]\nbox = \"box-1\"\narea = \"530127\"\n".to_owned();
        for number in 0..cameras {
            write!(
                text,
                "[[camera]]\nid = \"cam-{number:04}\"\neye = \"village\"\nurl = \"rtsp://10.0.0.1/{number}\"\n\
                 grid = \"5301270030{:04}\"\n",
                number / 8
            )
            .unwrap();
        }
        for number in 0..sensors {
            write!(
                text,
                "[[sensor]]\nid = \"drain-{number:04}\"\nquantity = \"water_level\"\nunit = \"m\"\n\
                 grid = \"53012700300101\"\nstale_after_secs = 60\n\
                 modbus_tcp = {{ address = \"10.0.0.8:502\", register = {number}, kind = \"u16\", poll_secs = 5 }}\n"
            )
            .unwrap();
        }
        let path = Path::new("site.toml");
        Config::from_text(path, &text, &Surroundings::elsewhere(path))
            .unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn stats(state: video::CameraState, last_error: Option<video::VideoError>) -> CameraStats {
        CameraStats {
            state,
            units: 0,
            frames: 0,
            unwanted: 0,
            unreadable: 0,
            reconnects: 0,
            beats: 0,
            last_frame_age: None,
            stream: None,
            measure: video::StreamMeasure::default(),
            received_by: None,
            gate: None,
            redirected_to: None,
            last_error,
        }
    }

    /// Nine cameras of ten are dead, each fifth sensor has never answered, and the queue cannot be written.
    #[test]
    fn of_a_thousand_cameras_and_five_hundred_sensors_each_is_counted_and_told_of() {
        let config = config(1000, 500);
        let at = Moment { mono: Duration::from_secs(100), utc: "2026-01-01T08:00:00Z".parse().unwrap() };
        let camera = |(number, id): (usize, &Arc<str>)| {
            let fault = Fault::Refused { address: "10.0.0.1:554".to_owned() };
            let error = video::VideoError { camera: Some(id.clone()), fault };
            let stats = match number % 10 {
                0 => stats(video::CameraState::Running, None),
                _ => stats(video::CameraState::Waiting, Some(error)),
            };
            (id.clone(), stats)
        };
        let sensor = |(number, plan)| {
            let reading = match number % 5 {
                0 => SensorReading::Silent { since: None },
                _ => SensorReading::Good { value: 0.1, at, since: at },
            };
            let trouble = (number % 5 == 0).then(|| "10.0.0.8:502 does not answer".to_owned());
            SensorStats {
                plan,
                reading,
                numbers: 0,
                unreadable: 0,
                retained: 0,
                passed_over: 0,
                errors: 0,
                trouble,
                lasting_fault: None,
            }
        };
        let readings = Readings {
            at,
            cameras: config.cameras.iter().map(|camera| &camera.id).enumerate().map(camera).collect(),
            frames: Vec::new(),
            sensors: config.sensors.list.iter().map(|s| s.plan.clone()).enumerate().map(sensor).collect(),
            known: Arc::default(),
            inference_workers: Arc::default(),
            alert_writer: Arc::default(),
            depth: Depth::default(),
            spool_trouble: Some("the queue is in memory".to_owned()),
            file_trouble: None,
            secret_trouble: None,
            short_runs: None,
            signing_trouble: None,
            redaction_trouble: None,
            broker: mqtt::Status { connected: true, ..mqtt::Status::default() },
            provider: "cpu".to_owned(),
            workers: 2,
        };
        let mut health = Health::new(config.sender(), at);
        let answer = health.in_short(&readings, &config.sha256);
        assert_eq!(answer.degraded.len(), 3, "{:?}", answer.degraded);
        assert!(answer.degraded[0].starts_with("spool: "), "{:?}", answer.degraded);
        assert!(
            answer.degraded[1].starts_with("cameras: 900 cameras are in trouble"),
            "{:?}",
            answer.degraded
        );
        assert!(
            answer.degraded[2].starts_with("sensors: 100 sensors are in trouble"),
            "{:?}",
            answer.degraded
        );

        let report = health.report(&readings, &config);
        let summary = report.summary.unwrap();
        assert!(summary.len() <= MAX_EVENT_BYTES, "{} bytes", summary.len());
        let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
        let counts = &summary["data"]["counts"];
        let of = |what: &str, state: &str| counts[what][state].as_u64();
        assert_eq!((of("cameras", "total"), of("cameras", "running")), (Some(1000), Some(100)));
        assert_eq!(of("cameras", "lost"), Some(900));
        assert_eq!(counts["cameras"]["causes"]["connection_refused"], 900);
        assert_eq!((of("sensors", "good"), of("sensors", "silent")), (Some(400), Some(100)));
        assert_eq!(counts["degraded"], 1001);
        assert_eq!(summary["data"]["degraded"][0]["part"], "spool");

        let topics: std::collections::BTreeSet<&str> =
            report.parts.iter().map(|part| part.topic.suffix.as_str()).collect();
        assert_eq!(topics.len(), 1500, "each has a topic of its own");
        for part in &report.parts {
            let message = part.message(&health.sender, at.utc).unwrap();
            assert!(message.len() <= MAX_EVENT_BYTES, "{}", part.topic.suffix);
        }
    }

    #[test]
    fn a_disk_that_others_filled_is_told_and_does_not_come_and_go() {
        let depth = |free_mib: u64| Depth {
            free_bytes: Some(free_mib << 20),
            least_free_bytes: 256 << 20,
            ..Depth::default()
        };
        assert_eq!(short_disk(&depth(256), false), None);
        let full = short_disk(&depth(0), false).expect("a full disk is told");
        assert!(
            full.starts_with("0 MiB are free where the queue is, and [outbox] min_free_mib leaves 256"),
            "{full}"
        );
        assert!(short_disk(&depth(270), true).is_some(), "at its limit it stays told");
        assert_eq!(short_disk(&depth(288), true), None);
        let unknown = Depth { free_bytes: None, ..depth(0) };
        assert_eq!(short_disk(&unknown, false), None);
    }
}
