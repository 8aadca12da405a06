//! How a box, its cameras and its sensors do: a summary that is always complete, and a message for each of them.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alert::shorten;
use super::box_status::Software;
use super::shadow::ShadowCounts;
use super::words::{Eye, Language, Time};
use super::{Payload, is_zero, patterns};
use crate::text::{Sentence, Words, health as say};
use crate::types::camera_condition::CameraCondition;

/// How often `up/health` is published when nothing special happens.
pub(crate) const HEALTH_EVERY: Duration = Duration::from_secs(10);
/// How often `up/camera` and `up/sensor` are published when nothing about them changes.
pub(crate) const PART_EVERY: Duration = Duration::from_secs(600);

/// The parts that may be degraded: those of the box, then all cameras and all sensors, each as one. Of a camera and of a
/// sensor the report says which (`camera:cam-03`).
pub(crate) const DEGRADED_PARTS: [&str; 14] = [
    "mqtt",
    "spool",
    "disk",
    "detector",
    "service",
    "secrets",
    "configuration",
    "page",
    "metrics",
    "signing",
    "redaction",
    "clock",
    CAMERAS.all,
    SENSORS.all,
];

impl Degraded {
    /// Where a part, as a report names it, stands in [`DEGRADED_PARTS`].
    pub(crate) fn part_in_list(part: &str) -> Option<usize> {
        let all = [CAMERAS, SENSORS].into_iter().find(|kind| part.starts_with(kind.prefix));
        let name = all.map_or(part, |kind| kind.all);
        DEGRADED_PARTS.iter().position(|known| *known == name)
    }
}

/// Why frames were not looked at, as `dropped` of a camera has it.
pub(crate) const DROP_REASONS: [&str; 5] = ["asleep", "late", "not_due", "overload", "unreadable"];

fn about_health() -> String {
    format!(
        "How the box does, retained on `up/health`, every {} s and at once when something degrades or is well again. It expires after five minutes (MQTT 5), so that a box that is gone is not said to run. The counts are always complete; the lists are here as long as they fit. Each camera and each sensor has its own message, on `up/camera/{{camera}}` and `up/sensor/{{sensor}}`.",
        HEALTH_EVERY.as_secs()
    )
}

/// How the box does, on `up/health`; its description in the schema is made from `HEALTH_EVERY`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(description = about_health())]
pub struct HealthData {
    /// Seconds since the program started.
    pub uptime_s: u64,
    /// What runs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub software: Option<Software>,
    /// SHA-256 of the configuration in force, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub config_sha256: Option<String>,
    /// How many of each there are, and how they do. Never cut.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub counts: Option<HealthCounts>,
    /// Everything that is not as it should be: first the box's own parts, then its cameras, then its sensors; empty when all
    /// is well. If the list does not fit, one entry (`cameras`) stands for all cameras in trouble, and one (`sensors`) for all
    /// sensors.
    pub degraded: Vec<Degraded>,
    /// Each camera; empty where they do not fit.
    pub cameras: Vec<CameraHealth>,
    /// The number of cameras, if their list does not fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub cameras_omitted: u32,
    /// Each sensor; empty where there is none, or where they do not fit.
    #[serde(default)]
    pub sensors: Vec<SensorHealth>,
    /// The number of sensors, if their list does not fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub sensors_omitted: u32,
    /// Each signal at each place; empty where there is none, or where they do not fit.
    #[serde(default)]
    pub signals: Vec<SignalHealth>,
    /// The number of signals, if their list does not fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub signals_omitted: u32,
    /// The second configuration that judges beside the one that runs; absent where none does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shadow: Option<ShadowHealth>,
    /// The detector.
    pub detector: DetectorHealth,
    /// The queue on disk.
    pub spool: SpoolHealth,
    /// The machine.
    pub machine: MachineHealth,
    /// In which language entries are summed up where they do not fit; not published.
    #[serde(skip, default = "english")]
    pub language: Language,
}

fn english() -> Language {
    Language::English
}

/// A second configuration that judges beside the one that runs; what it makes goes to `up/shadow` and never to `up/alert`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShadowHealth {
    /// Its SHA-256, hexadecimal.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub config_sha256: String,
    /// When it began.
    pub since: Time,
    /// When it ends by itself at the latest.
    pub until: Time,
    /// What it made so far.
    pub counts: ShadowCounts,
}

/// What is believed of one kind of thing at one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignalHealth {
    /// The kind of thing.
    pub kind: String,
    /// Where.
    #[schemars(regex(pattern = patterns::GRID))]
    pub grid: String,
    /// What is believed.
    pub state: SignalWord,
    /// How much, 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub belief: f64,
}

/// What is believed of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignalWord {
    /// There is an open alert.
    On,
    /// Its sources are heard, and none speaks for it.
    Off,
    /// Too few sources can be heard to raise it. It does not mean that all is well.
    Unknown,
}

impl SignalWord {
    /// All of them.
    pub(crate) const ALL: [SignalWord; 3] = [SignalWord::On, SignalWord::Off, SignalWord::Unknown];

    /// The name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            SignalWord::On => "on",
            SignalWord::Off => "off",
            SignalWord::Unknown => "unknown",
        }
    }
}

impl Payload for HealthData {
    const TYPE: &'static str = "lookout.health.v1";
    const SCHEMA: &'static str = "health";

    /// Lists whose entries have messages of their own are left out whole: readers would take a part for all of it.
    fn shrink(&mut self) -> bool {
        let (cameras, sensors) = (self.cameras.len(), self.sensors.len());
        if self.signals.len() > cameras + sensors {
            return leave_out(&mut self.signals, &mut self.signals_omitted);
        }
        if sensors > cameras {
            return leave_out(&mut self.sensors, &mut self.sensors_omitted);
        }
        leave_out(&mut self.cameras, &mut self.cameras_omitted)
            || leave_out(&mut self.sensors, &mut self.sensors_omitted)
            || leave_out(&mut self.signals, &mut self.signals_omitted)
            || sum_up(&mut self.degraded, CAMERAS, self.language)
            || sum_up(&mut self.degraded, SENSORS, self.language)
            || self.leave_out_args()
            || self.shorten_reasons()
    }
}

impl HealthData {
    /// Whether there were any; the reasons say the same.
    fn leave_out_args(&mut self) -> bool {
        let mut any = false;
        for entry in &mut self.degraded {
            any |= leave_out_all(&mut entry.args);
        }
        any
    }

    /// Whether any reason was too long.
    fn shorten_reasons(&mut self) -> bool {
        let mut any = false;
        for entry in &mut self.degraded {
            any |= shorten(&mut entry.reason);
        }
        any
    }
}

/// Parts that may be one entry together.
#[derive(Clone, Copy)]
struct OfOneKind {
    /// What the name of each begins with.
    prefix: &'static str,
    /// The name of all of them.
    all: &'static str,
    /// That so many are in trouble.
    sentence: fn(usize) -> Sentence,
}

const CAMERAS: OfOneKind = OfOneKind { prefix: "camera:", all: "cameras", sentence: say::cameras_in_trouble };
const SENSORS: OfOneKind = OfOneKind { prefix: "sensor:", all: "sensors", sentence: say::sensors_in_trouble };

fn leave_out<T>(list: &mut Vec<T>, omitted: &mut u32) -> bool {
    if list.is_empty() {
        return false;
    }
    *omitted = u32::try_from(list.len()).unwrap_or(u32::MAX);
    list.clear();
    true
}

pub(super) fn leave_out_all(args: &mut BTreeMap<String, String>) -> bool {
    let any = !args.is_empty();
    args.clear();
    any
}

/// Makes one entry of all of a kind.
fn sum_up(degraded: &mut Vec<Degraded>, kind: OfOneKind, language: Language) -> bool {
    let (parts, others): (Vec<_>, Vec<_>) =
        std::mem::take(degraded).into_iter().partition(|entry| entry.part.starts_with(kind.prefix));
    *degraded = others;
    let Some(since) = parts.iter().map(|entry| entry.since).min() else { return false };
    let sentence = Words::Sentence((kind.sentence)(parts.len()));
    degraded.push(Degraded::new(kind.all, &sentence, None, since, language));
    true
}

/// Makes a list of more than `most` parts shorter: all cameras become one entry, then all sensors.
pub(crate) fn shorten_list(degraded: &mut Vec<Degraded>, most: usize, language: Language) {
    for kind in [CAMERAS, SENSORS] {
        if degraded.len() > most {
            sum_up(degraded, kind, language);
        }
    }
}

/// How many cameras, sensors and signals there are, and how they do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthCounts {
    /// The cameras.
    pub cameras: CameraCounts,
    /// The sensors.
    pub sensors: SensorCounts,
    /// The signals, each at each place.
    pub signals: SignalCounts,
    /// Parts that are not as they should be, all of them.
    pub degraded: u32,
}

/// The cameras of a box by what they do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CameraCounts {
    /// All of them.
    pub total: u32,
    /// Cameras whose frames arrive.
    pub running: u32,
    /// Being opened for the first time, or again.
    pub connecting: u32,
    /// Lost, or never reached.
    pub lost: u32,
    /// Files that came to their end.
    pub ended: u32,
    /// Cameras without video by the reason, as in `cause` of a camera; empty when all run.
    pub causes: BTreeMap<String, u32>,
    /// Cameras by what is wrong with their pictures, as in `conditions` of a camera; empty when nothing is.
    pub conditions: BTreeMap<String, u32>,
    /// Running cameras by how much of their stream is decoded, as in `decoding` of a camera: `overloaded` are those that the
    /// box could not keep up with. Absent before the first frame of any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub decoding: BTreeMap<String, u32>,
}

/// The sensors of a box by whether they are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SensorCounts {
    /// All of them.
    pub total: u32,
    /// Plausible.
    pub good: u32,
    /// Not believed.
    pub bad: u32,
    /// Silent.
    pub silent: u32,
}

/// The signals of a box by what is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignalCounts {
    /// All of them, each at each place.
    pub total: u32,
    /// Signals with an open alert.
    pub on: u32,
    /// Signals that no source speaks for.
    pub off: u32,
    /// Signals that may be on or off: what can still be heard could not raise them.
    pub unknown: u32,
}

impl HealthCounts {
    /// Counts what the lists hold.
    pub fn of(
        cameras: &[CameraHealth],
        sensors: &[SensorHealth],
        signals: &[SignalHealth],
        degraded: usize,
    ) -> Self {
        let mut counts = HealthCounts {
            cameras: CameraCounts::default(),
            sensors: SensorCounts::default(),
            signals: SignalCounts::default(),
            degraded: u32::try_from(degraded).unwrap_or(u32::MAX),
        };
        for camera in cameras {
            let of = &mut counts.cameras;
            of.total += 1;
            *match camera.state {
                CameraState::Connecting => &mut of.connecting,
                CameraState::Running => &mut of.running,
                CameraState::Lost => &mut of.lost,
                CameraState::Ended => &mut of.ended,
            } += 1;
            if let Some(cause) = &camera.cause {
                *of.causes.entry(cause.clone()).or_default() += 1;
            }
            for condition in &camera.conditions {
                *of.conditions.entry(condition.name().to_owned()).or_default() += 1;
            }
            if let Some(decoding) = camera.decoding.filter(|_| camera.state == CameraState::Running) {
                *of.decoding.entry(decoding.name().to_owned()).or_default() += 1;
            }
        }
        for sensor in sensors {
            let of = &mut counts.sensors;
            of.total += 1;
            *match sensor.state {
                SensorState::Good => &mut of.good,
                SensorState::Bad => &mut of.bad,
                SensorState::Silent => &mut of.silent,
            } += 1;
        }
        for signal in signals {
            let of = &mut counts.signals;
            of.total += 1;
            *match signal.state {
                SignalWord::On => &mut of.on,
                SignalWord::Off => &mut of.off,
                SignalWord::Unknown => &mut of.unknown,
            } += 1;
        }
        counts
    }
}

/// One camera, retained on `up/camera/{camera}`: when something about it changes and every ten minutes. It expires after
/// half an hour (MQTT 5). An empty message means that the camera is no longer configured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CameraData {
    /// Who owns it.
    pub eye: Eye,
    /// Its place.
    #[schemars(regex(pattern = patterns::GRID))]
    pub grid: String,
    /// Address in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// How it does.
    #[serde(flatten)]
    pub health: CameraHealth,
}

impl Payload for CameraData {
    const TYPE: &'static str = "lookout.camera.v1";
    const SCHEMA: &'static str = "camera";

    fn shrink(&mut self) -> bool {
        leave_out_all(&mut self.health.error_args)
            || self.health.error.as_mut().is_some_and(shorten)
            || self.address.as_mut().is_some_and(shorten)
    }
}

/// One sensor, retained on `up/sensor/{sensor}`: when it becomes good, bad or silent and every ten minutes. It expires
/// after half an hour (MQTT 5). An empty message means that the sensor is no longer configured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SensorData {
    /// Its place.
    #[schemars(regex(pattern = patterns::GRID))]
    pub grid: String,
    /// Address in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// How it does.
    #[serde(flatten)]
    pub health: SensorHealth,
}

impl Payload for SensorData {
    const TYPE: &'static str = "lookout.sensor.v1";
    const SCHEMA: &'static str = "sensor";

    fn shrink(&mut self) -> bool {
        leave_out_all(&mut self.health.reason_args)
            || self.health.reason.as_mut().is_some_and(shorten)
            || self.address.as_mut().is_some_and(shorten)
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Degraded {
    /// Which part: `camera:cam-03`, `sensor:drain-2`, `detector`, `spool`, `clock`, `mqtt`, `redaction`.
    pub part: String,
    /// What is wrong and what follows from it, in words, in the language of the site.
    pub reason: String,
    /// Which sentence `reason` is, for programs: `camera.password_wrong`, `outbox.disk_full`, ... Absent where nobody but
    /// the text says it. An open list: more codes may come.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// What stands in the sentence, by name: `address`, `user`, ... Of a sentence within it, `NAME` is its text, `NAME.code`
    /// its code, and `NAME.` with a name what stands in that one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub args: BTreeMap<String, String>,
    /// Since when.
    pub since: Time,
}

impl Degraded {
    /// The part and what is wrong with it, in that language; `hint` is what to try.
    pub fn new(part: &str, what: &Words, hint: Option<&Sentence>, since: Time, language: Language) -> Self {
        let Said { text, code, args } = Said::new(what, hint, language);
        Degraded { part: part.to_owned(), reason: text, code, args, since }
    }
}

/// Words as they stand in a message.
#[derive(Debug, Default)]
pub struct Said {
    /// What people read.
    pub text: String,
    /// Which sentence it is, where it is one of the catalogue.
    pub code: Option<String>,
    /// What stands in it, by name.
    pub args: BTreeMap<String, String>,
}

impl Said {
    /// In that language, with what to try below it.
    pub fn new(what: &Words, hint: Option<&Sentence>, language: Language) -> Self {
        match what.sentence() {
            Some(sentence) => Said {
                text: sentence.with_hint(hint, language),
                code: Some(sentence.code().to_owned()),
                args: sentence.args(language),
            },
            None => Said { text: what.in_language(language), ..Said::default() },
        }
    }
}

/// One camera's health.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CameraHealth {
    /// Its id.
    pub id: String,
    /// What it does now.
    pub state: CameraState,
    /// Since when.
    pub since: Time,
    /// Frames per second that arrive.
    pub fps_in: f64,
    /// Frames per second that are decoded; fewer than arrive while nothing in view needs more.
    #[serde(default)]
    pub fps_decoded: f64,
    /// Frames per second that are looked at.
    pub fps_analysed: f64,
    /// How much of its stream is decoded at the moment; absent before its first frame.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decoding: Option<Decoding>,
    /// What an installer could change so that this camera costs less, in the language of the site; absent where there is
    /// nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub advice: Option<String>,
    /// Which sentence `advice` is: `health.keyframes_far_apart`, ... An open list: more codes may come.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub advice_code: Option<String>,
    /// What stands in `advice`, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub advice_args: BTreeMap<String, String>,
    /// When the last frame arrived; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_frame_at: Option<Time>,
    /// The decoder that runs, as GStreamer names it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decoder: Option<String>,
    /// Frames that were not looked at since the program started, by reason: `asleep` (nobody needed them decoded),
    /// `not_due` (decoded, but the camera was looked at a moment before), `overload` (no time to look), `late` (no
    /// time to decode), `unreadable`.
    pub dropped: BTreeMap<String, u64>,
    /// How often the stream had to be opened again since the program started.
    pub reconnects: u64,
    /// The last error in words, in the language of the site, without passwords.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Which sentence `error` is: `camera.password_wrong`, ... Finer than `cause`. An open list: more codes may come.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error_code: Option<String>,
    /// What stands in `error`, by name; as in `degraded[].args` of the health report.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub error_args: BTreeMap<String, String>,
    /// Why no video comes, for machines: `wrong_password`, `no_such_stream`, `unknown_host`, `connection_refused`, ...,
    /// as in an alert's `why.signals[].cause`; absent while it runs. An open list: more words may come.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<String>,
    /// What is wrong with its pictures; absent when nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub conditions: Vec<CameraCondition>,
    /// The number of places where something is left out because it was taken for a person and did not move for days, such as
    /// a bench; absent if there is none.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub furniture: u32,
}

/// How much of a stream is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decoding {
    /// Keyframes: nothing is in view that must be seen more often.
    Keyframes,
    /// Everything, because something in view needs it.
    Burst,
    /// Everything, because the configuration says so.
    Full,
    /// Everything, because the stream allows nothing less; `advice` says what to change.
    Forced,
    /// Keyframes although something in view needs more: the box could not keep up and tries again in a few seconds.
    Overloaded,
}

impl Decoding {
    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Decoding::Keyframes => "keyframes",
            Decoding::Burst => "burst",
            Decoding::Full => "full",
            Decoding::Forced => "forced",
            Decoding::Overloaded => "overloaded",
        }
    }
}

/// What a camera does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CameraState {
    /// Being opened.
    Connecting,
    /// Frames arrive.
    Running,
    /// Lost; it is opened again after a pause. Its rules can say nothing: silence is not "all is well".
    Lost,
    /// A file came to its end.
    Ended,
}

impl CameraState {
    /// All of them.
    pub(crate) const ALL: [CameraState; 4] =
        [CameraState::Connecting, CameraState::Running, CameraState::Lost, CameraState::Ended];

    /// The name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            CameraState::Connecting => "connecting",
            CameraState::Running => "running",
            CameraState::Lost => "lost",
            CameraState::Ended => "ended",
        }
    }
}

/// One sensor's health, with its latest reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SensorHealth {
    /// Its id.
    pub id: String,
    /// What it measures: `water_level`, `temperature`, ...
    pub quantity: String,
    /// Whether its readings are believed.
    pub state: SensorState,
    /// The latest value, in `unit`; only while the state is `good`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<f64>,
    /// Unit of the value; `0/1` for a sensor that knows two states.
    pub unit: String,
    /// When it last spoke (`good`, `bad`), or since when it is silent; absent if it never spoke.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<Time>,
    /// Why it is bad or silent, in words, in the language of the site where they are Lookout's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Which sentence `reason` is: `sensor.out_of_range`, ...; absent where nobody but the text says it. An open list: more
    /// codes may come.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason_code: Option<String>,
    /// What stands in `reason`, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub reason_args: BTreeMap<String, String>,
}

/// Whether a sensor's readings are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SensorState {
    /// It speaks, and what it says is plausible.
    Good,
    /// It speaks, and what it says is not believed: out of range, too fast, or no number.
    Bad,
    /// It says nothing. What depends on it is unknown: silence is not "all is well".
    Silent,
}

impl SensorState {
    /// All of them.
    pub(crate) const ALL: [SensorState; 3] = [SensorState::Good, SensorState::Bad, SensorState::Silent];

    /// The name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            SensorState::Good => "good",
            SensorState::Bad => "bad",
            SensorState::Silent => "silent",
        }
    }
}

/// The detector's health.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetectorHealth {
    /// The execution provider that runs: `cpu`, `openvino`, ...; `none` on a box without cameras.
    pub provider: String,
    /// Pictures looked at per second, all cameras together.
    pub per_second: f64,
    /// Pictures per second that were not looked at because nothing had moved: what was found before is still there.
    #[serde(default)]
    pub still_per_second: f64,
    /// Pictures per second in which a part was enlarged and looked at a second time, because something moved there and
    /// nothing was found in the whole picture that explains it.
    #[serde(default)]
    pub closer_per_second: f64,
    /// Milliseconds for one picture, a second look at a part of it included, on average since the last report.
    pub mean_ms: f64,
    /// Worker threads.
    pub workers: u32,
}

/// The queue's health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpoolHealth {
    /// Messages that wait for their receipt.
    pub queued: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// The stream in which alerts are numbered.
    pub stream: String,
    /// Last number that was given in it.
    pub last_seq: u64,
    /// Messages and pictures given up since the program started (messages are named in gap records).
    pub dropped: u64,
}

/// The machine's health.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineHealth {
    /// Processor time of this program in cores: 1.5 is one and a half cores busy.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cpu_cores: Option<f64>,
    /// Memory of this program in bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memory_bytes: Option<u64>,
    /// Free bytes on the disk that holds the queue.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub disk_free_bytes: Option<u64>,
    /// Temperatures in degrees Celsius by name, where the machine tells them.
    pub temperatures_c: BTreeMap<String, f64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::time::Timestamp;

    fn degraded(parts: impl Iterator<Item = String>) -> Vec<Degraded> {
        let since = Time(Timestamp::UNIX_EPOCH);
        let broken = Words::Plain("it is broken".to_owned());
        parts.map(|part| Degraded::new(&part, &broken, None, since, Language::English)).collect()
    }

    #[test]
    fn a_fault_of_the_box_is_not_hidden_by_its_cameras() {
        let cameras = (0..96).map(|number| format!("camera:cam-{number}"));
        let sensors = (0..4).map(|number| format!("sensor:drain-{number}"));
        let mut list = degraded(["spool".to_owned()].into_iter().chain(cameras).chain(sensors));
        shorten_list(&mut list, 10, Language::English);
        let parts: Vec<&str> = list.iter().map(|entry| entry.part.as_str()).collect();
        assert_eq!(
            parts,
            ["spool", "sensor:drain-0", "sensor:drain-1", "sensor:drain-2", "sensor:drain-3", "cameras"]
        );
        assert!(list[5].reason.starts_with("96 cameras are in trouble"), "{}", list[5].reason);
        assert_eq!(list[5].code.as_deref(), Some("health.cameras_in_trouble"));
        assert_eq!(list[5].args["count"], "96");
        let before = list.clone();
        shorten_list(&mut list, 10, Language::Chinese);
        assert_eq!(list, before, "what is short enough stays");
    }

    #[test]
    fn every_way_of_decoding_is_counted_by_its_published_name() {
        for decoding in
            [Decoding::Keyframes, Decoding::Burst, Decoding::Full, Decoding::Forced, Decoding::Overloaded]
        {
            assert_eq!(serde_json::to_value(decoding).expect("a word"), decoding.name());
        }
    }

    #[test]
    fn every_state_has_its_published_name() {
        for state in CameraState::ALL {
            assert_eq!(serde_json::to_value(state).expect("a word"), state.name());
        }
        for state in SensorState::ALL {
            assert_eq!(serde_json::to_value(state).expect("a word"), state.name());
        }
        for word in SignalWord::ALL {
            assert_eq!(serde_json::to_value(word).expect("a word"), word.name());
        }
    }
}
