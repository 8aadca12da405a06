//! The reports of the box: open alerts, health, configuration. Gathers what each part last
//! reported and writes the contract's payloads. Must never wait for any of the parts.

mod trouble;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::alerts::alert_enricher::AlertEnricher;
use crate::alerts::alert_writer::AlertWriterCounts;
use crate::analysis::alert::Revision;
use crate::analysis::fusion::{SignalState, State};
use crate::analysis::sensor::SensorReading;
use crate::analysis::time::{Moment, Timestamp};
use crate::config::{Config, Problem, Problems};
use crate::contract::alert::SeqData;
use crate::contract::box_status::{
    ActiveAlert, ActiveCounts, ActiveData, ConfigData, ConfigOutcome, ConfigProblem, ConfigSource, Software,
};
use crate::contract::command::SelftestResult;
use crate::contract::health::{
    self, CameraData, CameraHealth, CameraState, DROP_REASONS, Decoding, Degraded, DetectorHealth,
    HealthCounts, HealthData, Said, SensorData, SensorHealth, SensorState, ShadowHealth, SignalHealth,
    SignalWord, SpoolHealth,
};
use crate::contract::messages::{self, BoxTopic};
use crate::contract::words::{Language, Time};
use crate::contract::{EventError, Sender};
use crate::control::overrides::LastOffer;
use crate::metrics;
use crate::mqtt;
use crate::outbox::Depth;
use crate::pipeline::inference_workers::InferenceCounts;
use crate::pipeline::scheduler::Counts;
use crate::sensors::SensorStats;
use crate::text::{Rendered, Sentence, Words, health as say, sensor};
use crate::video::{self, CameraStats, GateMode, Unsuited};

use super::analysis_thread::Known;
use super::crash_loop::ShortRuns;
use super::machine::{self, CpuReading};

#[cfg(feature = "web")]
pub(super) use trouble::is_waiting;
pub(super) use trouble::{Reason, degraded_parts, sensor_reason};

use trouble::{parts, reasons};

/// The list of open alerts.
///
/// # Errors
/// It cannot be made small enough.
pub(super) fn active(
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
    let up_to = (seq > 0).then(|| SeqData { stream: stream.clone(), n: seq });
    // The same number comes again in the next stream, and where the list is reported anew.
    let id = format!("active.{stream}.{seq}.{}", at.as_millisecond());
    let data = ActiveData { stream, seq, up_to, alerts, omitted: 0, counts };
    alert_enricher.sender().event(id, None, at, data)
}

/// Which configuration runs, and how it came to.
pub(super) struct ConfigReport<'a> {
    /// What runs.
    pub running: &'a Config,
    /// The one that was offered last, if that does not run.
    pub offered: Option<&'a LastOffer>,
    /// The source of what runs.
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
/// It cannot be made small enough.
pub(super) fn config(report: &ConfigReport<'_>, at: Timestamp) -> Result<Vec<u8>, EventError> {
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

/// Problems as published in that language.
pub(super) fn problems(problems: &Problems, language: Language) -> Vec<ConfigProblem> {
    let parts = |reported: Option<Rendered>| {
        reported.map_or_else(Default::default, |reported| (Some(reported.code), reported.args))
    };
    let reported = |problem: &Problem| {
        let (code, args) = parts(problem.rendered(language));
        let (hint_code, hint_args) = parts(problem.hint_rendered(language));
        ConfigProblem {
            line: problem.line,
            column: problem.column,
            what: problem.what.in_language(language),
            code,
            args,
            hint: problem.hint.as_ref().map(|hint| hint.in_language(language)),
            hint_code,
            hint_args,
        }
    };
    problems.iter().map(reported).collect()
}

/// Everything a health report is made from.
pub(super) struct Readings {
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
    /// The second configuration that judges beside the one that runs.
    pub shadow: Option<ShadowHealth>,
    /// The queue.
    pub depth: Depth,
    /// Why the queue is not where it should be.
    pub spool_trouble: Option<Sentence>,
    /// What is wrong with the file on the box.
    pub file_trouble: Option<Sentence>,
    /// Why a secret that changed was not taken up.
    pub secret_trouble: Option<Sentence>,
    /// Runs before this one that ended by themselves.
    pub short_runs: Option<ShortRuns>,
    /// Why messages are not signed.
    pub signing_trouble: Option<(Sentence, Sentence)>,
    /// Why the page cannot be opened, and what to try.
    pub page_trouble: Option<(Sentence, Option<Sentence>)>,
    /// Why metrics cannot be read.
    pub metrics_trouble: Option<metrics::Trouble>,
    /// Why fewer faces are made unrecognisable than wanted.
    pub redaction_trouble: Option<Words>,
    /// The connection to the broker.
    pub broker: mqtt::Status,
    /// What runs the models.
    pub provider: String,
    /// Worker threads.
    pub workers: usize,
}

/// What is said of how the box does.
pub(super) struct Report {
    /// The summary.
    pub summary: Result<Vec<u8>, EventError>,
    /// Every camera and sensor.
    pub parts: Vec<Part>,
    /// The summary without its lists of parts, for the page.
    #[cfg_attr(not(feature = "web"), allow(dead_code, reason = "there is no page"))]
    pub of_the_box: HealthData,
}

/// A camera or a sensor, as published.
pub(super) struct Part {
    /// Its topic.
    pub topic: BoxTopic,
    /// What about it is news when it changes: not how many frames came.
    pub state: String,
    /// What is said of it.
    pub data: PartData,
}

/// A camera or a sensor, as it is published.
pub(crate) enum PartData {
    /// A camera.
    Camera(Box<CameraData>),
    /// A sensor.
    Sensor(Box<SensorData>),
}

impl Part {
    /// Its message.
    ///
    /// # Errors
    /// It cannot be made small enough.
    pub(super) fn message(&self, sender: &Sender, at: Timestamp) -> Result<Vec<u8>, EventError> {
        match &self.data {
            PartData::Camera(data) => {
                let id = &data.health.id;
                sender.event(format!("camera.{id}.{at}"), Some(id.clone()), at, CameraData::clone(data))
            }
            PartData::Sensor(data) => {
                let id = &data.health.id;
                sender.event(format!("sensor.{id}.{at}"), Some(id.clone()), at, SensorData::clone(data))
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
            state: format!("{:?} {}", health.state, explains(health)),
            data: PartData::Sensor(Box::new(SensorData {
                grid: sensor.plan.grid.to_string(),
                address: sensor.address.clone(),
                health: health.clone(),
            })),
        })
    });
    of_cameras.chain(of_sensors).collect()
}

/// Writes health reports; remembers the last one, because rates are differences.
pub(super) struct Health {
    /// Who speaks.
    pub sender: Sender,
    started: Moment,
    last: Last,
    /// The parts that were degraded in the last report.
    reported: BTreeSet<String>,
    /// Start of the degradation of a part, or of the state of a camera.
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
    pub(super) fn new(sender: Sender, started: Moment) -> Self {
        let last = Last { at: started.mono, cpu: CpuReading::take(started.mono), ..Last::default() };
        Health { sender, started, last, reported: BTreeSet::new(), since: BTreeMap::new() }
    }

    /// Whether other parts are degraded than the last report said: worth a report of its own.
    pub(crate) fn is_news(&self, readings: &Readings) -> bool {
        parts(&self.reasons(readings, &TimeZone::UTC)) != self.reported
    }

    /// One report: the summary, and every camera and sensor of `config`.
    pub(super) fn report(&mut self, readings: &Readings, config: &Config) -> Report {
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
        let language = config.site.language;
        let cameras = self.cameras(readings, seconds, language);
        let sensors: Vec<SensorHealth> =
            readings.sensors.iter().map(|stats| sensor_health(stats, language)).collect();
        let signals = signals(&readings.known.signals.lock());
        let degraded = self.degraded(readings, config);
        let parts = parts_of(config, &cameras, &sensors);
        let of_the_box = HealthData {
            uptime_s: at.since(self.started).as_secs(),
            software: Some(Software::this()),
            config_sha256: Some(config.sha256.clone()),
            counts: Some(HealthCounts::of(&cameras, &sensors, &signals, degraded.len())),
            degraded: Vec::new(),
            cameras: Vec::new(),
            cameras_omitted: 0,
            sensors: Vec::new(),
            sensors_omitted: 0,
            signals,
            signals_omitted: 0,
            detector,
            shadow: readings.shadow.clone(),
            spool: spool(&readings.depth),
            machine: machine::health(cpu.cores_since(&self.last.cpu), readings.depth.free_bytes),
            language,
        };
        let data = HealthData { degraded, cameras, sensors, ..of_the_box.clone() };
        self.last.at = at.mono;
        self.last.cpu = cpu;
        self.last.looked = looked;
        self.last.still = still;
        self.last.closer = closer;
        self.last.busy_us = busy_us;
        let summary = self.sender.event(format!("health.{}", at.utc), None, at.utc, data);
        Report { summary, parts, of_the_box }
    }

    /// The answer to `selftest`.
    pub(crate) fn in_short(&mut self, readings: &Readings, config: &Config) -> SelftestResult {
        let mut degraded = self.degraded(readings, config);
        health::shorten_list(&mut degraded, MOST_IN_ANSWER, config.site.language);
        let running = readings.cameras.iter().filter(|(_, stats)| stats.state == video::CameraState::Running);
        SelftestResult {
            ok: degraded.is_empty(),
            cameras_running: running.count() as u32,
            cameras: readings.cameras.len() as u32,
            queued: readings.depth.rows,
            config_sha256: config.sha256.clone(),
            degraded: degraded
                .into_iter()
                .take(MOST_IN_ANSWER)
                .map(|d| format!("{}: {}", d.part, d.reason))
                .collect(),
        }
    }

    fn cameras(&mut self, readings: &Readings, seconds: f64, language: Language) -> Vec<CameraHealth> {
        let mut list = Vec::with_capacity(readings.cameras.len());
        let conditions = readings.known.conditions.lock();
        let furniture = readings.known.furniture.lock();
        for (id, stats) in &readings.cameras {
            let counts = readings.frames.iter().find(|(camera, _)| camera == id).map(|(_, counts)| *counts);
            let counts = counts.unwrap_or_default();
            let frames = Frames { came: stats.units, decoded: stats.frames, looked_at: counts.taken };
            let before = self.last.frames.insert(id.clone(), frames).unwrap_or_default();
            let mode = stats.gate.map(|(mode, _)| mode).filter(|_| stats.frames > 0);
            let rate = |now: u64, before: u64| tenth(now.saturating_sub(before) as f64 / seconds);
            let state = camera_state(stats.state);
            let advice = mode.and_then(advice);
            let error = stats.last_error.as_ref();
            // The text names the camera; the code is the fault's own.
            let fault = error.map(|error| error.fault.sentence());
            let last_frame_at = stats.last_frame_age.and_then(|age| readings.at.utc.checked_sub(age).ok());
            list.push(CameraHealth {
                id: id.to_string(),
                state,
                since: Time(self.since(format!("camera:{id}"), format!("{state:?}"), readings.at.utc)),
                fps_in: rate(stats.units, before.came),
                fps_decoded: rate(stats.frames, before.decoded),
                fps_analysed: rate(counts.taken, before.looked_at),
                decoding: mode.map(decoding),
                advice_code: code_of(advice.as_ref()),
                advice_args: args_of(advice.as_ref(), language),
                advice: advice.map(|advice| advice.in_language(language)),
                last_frame_at: last_frame_at.map(Time),
                decoder: stats.stream.as_ref().map(|stream| stream.decoder.clone()),
                dropped: DROP_REASONS.map(str::to_owned).into_iter().zip(dropped(stats, counts)).collect(),
                reconnects: stats.reconnects,
                error: error.map(|error| error.in_language(language)),
                error_code: code_of(fault.as_ref()),
                error_args: args_of(fault.as_ref(), language),
                cause: error.map(|error| error.fault.cause().name().to_owned()),
                conditions: conditions.get(id).into_iter().flatten().copied().collect(),
                furniture: furniture.count(id),
            });
        }
        list
    }

    /// What is wrong now.
    pub(crate) fn reasons(&self, readings: &Readings, zone: &TimeZone) -> Vec<Reason> {
        reasons(readings, readings.at.since(self.started), &self.reported, zone)
    }

    fn degraded(&mut self, readings: &Readings, config: &Config) -> Vec<Degraded> {
        let reasons = self.reasons(readings, &config.site.time_zone);
        self.reported = parts(&reasons);
        let reported = &self.reported;
        self.since.retain(|key, _| key.strip_prefix("degraded:").is_none_or(|part| reported.contains(part)));
        let (at, language) = (readings.at.utc, config.site.language);
        reasons
            .into_iter()
            .map(|Reason { part, what, hint, code }| {
                let since = self.since(format!("degraded:{part}"), String::new(), at);
                let mut entry = Degraded::new(&part, &what, hint.as_ref(), Time(since), language);
                if let Some(own) = code {
                    (entry.code, entry.args) = (Some(own.code().to_owned()), own.args(language));
                }
                entry
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

fn code_of(sentence: Option<&Sentence>) -> Option<String> {
    sentence.map(|sentence| sentence.code().to_owned())
}

fn args_of(sentence: Option<&Sentence>, language: Language) -> BTreeMap<String, String> {
    sentence.map(|sentence| sentence.args(language)).unwrap_or_default()
}

/// What a camera does, as it is published.
pub(super) fn camera_state(state: video::CameraState) -> CameraState {
    match state {
        video::CameraState::Connecting => CameraState::Connecting,
        video::CameraState::Running => CameraState::Running,
        video::CameraState::Waiting | video::CameraState::Stopped => CameraState::Lost,
        video::CameraState::Ended => CameraState::Ended,
    }
}

/// Frames of a camera that were not looked at, in the order of [`DROP_REASONS`].
pub(super) fn dropped(stats: &CameraStats, counts: Counts) -> [u64; DROP_REASONS.len()] {
    let gate = stats.gate.map(|(_, gate)| gate).unwrap_or_default();
    [gate.slept_through, gate.given_up, counts.not_due, counts.replaced, stats.unreadable]
}

/// Whether a sensor is believed, as it is published, and the moment of its last reading.
pub(super) fn sensor_state(reading: &SensorReading) -> (SensorState, Option<Moment>) {
    match reading {
        SensorReading::Good { at, .. } => (SensorState::Good, Some(*at)),
        SensorReading::Bad { at, .. } => (SensorState::Bad, Some(*at)),
        SensorReading::Silent { since } => (SensorState::Silent, *since),
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
pub(crate) fn advice(mode: GateMode) -> Option<Sentence> {
    Some(match mode {
        GateMode::Overloaded => say::overloaded(),
        GateMode::Patrol | GateMode::Burst | GateMode::Full => return None,
        GateMode::Forced(Unsuited::FarApart { longest }) => {
            say::keyframes_far_apart(format!("{:.1}", longest.as_secs_f32()))
        }
        GateMode::Forced(Unsuited::NoKeyframes) => say::no_keyframes(),
        GateMode::Forced(Unsuited::TooLarge) => say::keyframes_too_large(),
        GateMode::Forced(Unsuited::NotAlone) => say::keyframes_not_alone(),
    })
}

/// Maximum number of parts that the answer to `selftest` names.
const MOST_IN_ANSWER: usize = 10;
/// Whether a reason says more than that nothing comes.
fn explains(health: &SensorHealth) -> bool {
    let says_little =
        |code: &str| [sensor::fell_silent(), sensor::not_spoken()].iter().any(|s| s.code() == code);
    health.reason.is_some() && !health.reason_code.as_deref().is_some_and(says_little)
}

fn sensor_health(stats: &SensorStats, language: Language) -> SensorHealth {
    let (state, at) = sensor_state(&stats.reading);
    let reason = sensor_reason(stats).map(|words| Said::new(&words, None, language));
    let is_there = reason.is_some();
    let Said { text, code, args } = reason.unwrap_or_default();
    SensorHealth {
        id: stats.plan.id.to_string(),
        quantity: stats.plan.quantity.to_string(),
        state,
        value: stats.reading.value(),
        unit: stats.plan.unit.to_string(),
        at: at.map(|at| Time(at.utc)),
        reason: is_there.then_some(text),
        reason_code: code,
        reason_args: args,
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
    use crate::analysis::sensor::BadReason;
    use crate::config::Surroundings;
    use crate::contract::MAX_EVENT_BYTES;
    use crate::video::Fault;

    fn config(cameras: usize, sensors: usize) -> Config {
        let mut text = "[site]\nbox = \"box-1\"\narea = \"530127\"\nlanguage = \"en\"\n".to_owned();
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

    /// The schema knows no number 0.
    #[test]
    fn the_list_of_open_alerts_names_no_number_before_the_first() {
        use crate::contract::alert::{ClockData, ClockSync, ModelRef};
        let clock = ClockData { sync: ClockSync::Synced, err_ms: None };
        let clock = Arc::new(parking_lot::Mutex::new(clock));
        let enricher = AlertEnricher::new(&config(1, 0), ModelRef::none(), clock, Arc::default()).unwrap();
        let at = "2026-01-01T08:00:00Z".parse().unwrap();
        let up_to = |last_n: u64| {
            let depth = Depth { stream: "01JAB3XW2R0000000000000000".to_owned(), last_n, ..Depth::default() };
            let message = active(&[], &enricher, depth, at).unwrap();
            let message: serde_json::Value = serde_json::from_slice(&message).unwrap();
            message["data"]["up_to"]["n"].as_u64()
        };
        assert_eq!((up_to(0), up_to(1)), (None, Some(1)));
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
    fn of_a_thousand_cameras_and_five_hundred_sensors_each_is_counted_and_reported() {
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
            let trouble = (number % 5 == 0).then(|| "10.0.0.8:502 does not answer".into());
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
            sensors: config.sensors.list.iter().map(|s| s.plan.clone()).enumerate().map(sensor).collect(),
            spool_trouble: Some(say::spool_over_limit()),
            ..nothing_read(at)
        };
        let mut health = Health::new(config.sender(), at);
        let answer = health.in_short(&readings, &config);
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
        assert_eq!(summary["data"]["degraded"][0]["code"], "health.spool_over_limit");

        let topics: std::collections::BTreeSet<&str> =
            report.parts.iter().map(|part| part.topic.suffix.as_str()).collect();
        assert_eq!(topics.len(), 1500, "each has a topic of its own");
        for part in &report.parts {
            let message = part.message(&health.sender, at.utc).unwrap();
            assert!(message.len() <= MAX_EVENT_BYTES, "{}", part.topic.suffix);
        }
    }

    fn nothing_read(at: Moment) -> Readings {
        Readings {
            at,
            cameras: Vec::new(),
            frames: Vec::new(),
            sensors: Vec::new(),
            shadow: None,
            known: Arc::default(),
            inference_workers: Arc::default(),
            alert_writer: Arc::default(),
            depth: Depth::default(),
            spool_trouble: None,
            file_trouble: None,
            secret_trouble: None,
            short_runs: None,
            signing_trouble: None,
            redaction_trouble: None,
            page_trouble: None,
            metrics_trouble: None,
            broker: mqtt::Status { connected: true, ..mqtt::Status::default() },
            provider: "cpu".to_owned(),
            workers: 2,
        }
    }

    #[test]
    fn a_report_is_in_the_language_of_the_site_and_its_codes_in_none() {
        let at = Moment { mono: Duration::from_secs(100), utc: "2026-01-01T08:00:00Z".parse().unwrap() };
        let fault = Fault::PasswordWrong { url: "rtsp://10.0.0.1/0".to_owned(), user: "admin".to_owned() };
        let mut reported = Vec::new();
        for language in [Language::English, Language::Chinese] {
            let mut config = config(1, 1);
            config.site.language = language;
            let camera = config.cameras[0].id.clone();
            let error = video::VideoError { camera: Some(camera.clone()), fault: fault.clone() };
            let plan = config.sensors.list[0].plan.clone();
            let reason = BadReason::OutOfRange { value: 9.0, range: [-0.5, 8.0] };
            let sensor = SensorStats {
                plan,
                reading: SensorReading::Bad { value: Some(9.0), reason: reason.clone(), at, since: at },
                numbers: 1,
                unreadable: 0,
                retained: 0,
                passed_over: 0,
                errors: 0,
                trouble: None,
                lasting_fault: Some(reason.words()),
            };
            let readings = Readings {
                cameras: vec![(camera, stats(video::CameraState::Waiting, Some(error)))],
                sensors: vec![sensor],
                ..nothing_read(at)
            };
            let report = Health::new(config.sender(), at).report(&readings, &config);
            let summary: serde_json::Value = serde_json::from_slice(&report.summary.unwrap()).unwrap();
            reported.push(summary["data"].clone());
        }
        let [english, chinese] = &reported[..] else { panic!("two reports") };
        for (at, english_says, chinese_says) in [
            (
                "/degraded/0/reason",
                "camera `cam-0000`: rtsp://10.0.0.1/0 refuses the password of user `admin`\n  hint: check user and \
                 password; many cameras lock a user out for half an hour after a few wrong ones",
                "摄像机 `cam-0000`：rtsp://10.0.0.1/0 拒绝了用户 `admin` 的密码\n  提示：请检查用户名和密码；\
                 许多摄像机在输错几次后会锁定该用户半小时",
            ),
            ("/degraded/1/reason", "9 is outside -0.5 to 8", "9 超出 -0.5 至 8 的范围"),
            ("/sensors/0/reason", "9 is outside -0.5 to 8", "9 超出 -0.5 至 8 的范围"),
        ] {
            assert_eq!(english.pointer(at).unwrap(), english_says);
            assert_eq!(chinese.pointer(at).unwrap(), chinese_says);
        }
        assert_eq!(chinese["cameras"][0]["error"], chinese["degraded"][0]["reason"]);
        for data in [english, chinese] {
            assert_eq!(data["degraded"][0]["code"], "camera.password_wrong");
            let args = serde_json::json!({ "url": "rtsp://10.0.0.1/0", "user": "admin" });
            assert_eq!(data["degraded"][0]["args"], args);
            assert_eq!(data["cameras"][0]["error_code"], "camera.password_wrong");
            assert_eq!(data["cameras"][0]["error_args"], args);
            assert_eq!(data["cameras"][0]["cause"], "wrong_password");
            assert_eq!(data["sensors"][0]["reason_code"], "sensor.out_of_range");
            assert_eq!(data["sensors"][0]["reason_args"]["least"], "-0.5");
        }
    }
}
