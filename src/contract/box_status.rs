//! What a box tells about itself: state, birth, open alerts, health, running configuration.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::camera_condition::CameraCondition;
use super::words::{Eye, Language, Level, Mode, Phase, Time};
use super::{Payload, halve, is_zero};

/// Whether the box is there. Retained on `up/state`; the broker publishes the `offline` form by itself (the
/// MQTT will) when the connection breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StateData {
    /// What it is now.
    pub state: BoxState,
    /// Identity of this run of the connection, a ULID. A late `offline` of an old session is told by it:
    /// ignore an `offline` whose session is not the one of the last `online`.
    pub session: String,
    /// When this session began.
    pub since: Time,
}

impl Payload for StateData {
    const TYPE: &'static str = "lookout.state.v1";
    const SCHEMA: &'static str = "state";
}

/// Whether a box is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoxState {
    /// It is there.
    Online,
    /// It was stopped on purpose.
    Stopped,
    /// The connection broke; what the box sees waits in its queue.
    Offline,
}

/// What the box is: its birth certificate, retained on `up/meta` and published at each connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetaData {
    /// Name of the box.
    #[serde(rename = "box")]
    pub box_id: String,
    /// Six digits of the county.
    pub area: String,
    /// Name of the site, where the configuration gives one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<String>,
    /// What runs.
    pub software: Software,
    /// Whether its alerts are meant seriously.
    pub mode: Mode,
    /// Language of titles.
    pub language: Language,
    /// Time zone of schedules, a name of the IANA database.
    pub time_zone: String,
    /// The grids it watches.
    pub grids: Vec<String>,
    /// Its cameras. Addresses of streams and passwords are never told.
    pub cameras: Vec<MetaCamera>,
    /// How many more cameras there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub cameras_omitted: u32,
    /// Its rules.
    pub rules: Vec<MetaRule>,
    /// How many more rules there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub rules_omitted: u32,
    /// Its models.
    pub models: Vec<MetaModel>,
    /// SHA-256 of the configuration in force, hexadecimal.
    pub config_sha256: String,
    /// The commands it understands, as in `down/cmd/{command}`.
    pub commands: Vec<String>,
}

impl Payload for MetaData {
    const TYPE: &'static str = "lookout.meta.v1";
    const SCHEMA: &'static str = "meta";

    fn shrink(&mut self) -> bool {
        if self.cameras.len() >= self.rules.len() {
            halve(&mut self.cameras, &mut self.cameras_omitted)
        } else {
            halve(&mut self.rules, &mut self.rules_omitted)
        }
    }
}

/// A program and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Software {
    /// `lookout`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The processor it was built for: `x86_64`, `aarch64`.
    pub arch: String,
}

impl Software {
    /// This program.
    pub fn this() -> Self {
        Software {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
        }
    }
}

/// One camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetaCamera {
    /// Its id.
    pub id: String,
    /// Who owns it.
    pub eye: Eye,
    /// Its place.
    pub grid: String,
    /// Address in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// Longitude and latitude in degrees (WGS 84).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lonlat: Option<[f64; 2]>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetaRule {
    /// Its id.
    pub id: String,
    /// The kind of alert it raises.
    pub kind: String,
    /// The level it suggests.
    pub level: Level,
    /// The cameras it watches.
    pub cameras: Vec<String>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MetaModel {
    /// Its name.
    pub name: String,
    /// SHA-256 of its file, hexadecimal.
    pub sha256: String,
    /// The classes it knows.
    pub classes: Vec<String>,
}

/// The open alerts, retained on `up/active`: for a consumer that just arrived and for one that wants to
/// know whether it missed an end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActiveData {
    /// The last number given in the stream when this list was made.
    pub seq: u64,
    /// The open alerts, most urgent first, then oldest first.
    pub alerts: Vec<ActiveAlert>,
    /// How many more are open than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub omitted: u32,
}

impl Payload for ActiveData {
    const TYPE: &'static str = "lookout.active.v1";
    const SCHEMA: &'static str = "active";

    fn shrink(&mut self) -> bool {
        halve(&mut self.alerts, &mut self.omitted)
    }
}

/// One open alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActiveAlert {
    /// Which alert.
    pub alert_id: String,
    /// Its latest revision.
    pub rev: u32,
    /// Where in its life: `new` or `update`.
    pub phase: Phase,
    /// Suggested level now.
    pub level: Level,
    /// The kind of thing.
    pub kind: String,
    /// The camera; the first one where there are several, absent where only sensors tell of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub camera: Option<String>,
    /// Its place.
    pub grid: String,
    /// When the condition began.
    pub started_at: Time,
    /// Whether somebody took it on.
    pub acknowledged: bool,
}

/// How the box does, retained on `up/health`, about twice a minute and whenever something degrades.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthData {
    /// Seconds since the program started.
    pub uptime_s: u64,
    /// Everything that is not as it should be, worst first; empty when all is well.
    pub degraded: Vec<Degraded>,
    /// Each camera.
    pub cameras: Vec<CameraHealth>,
    /// How many more cameras there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub cameras_omitted: u32,
    /// Each sensor; empty where there is none.
    #[serde(default)]
    pub sensors: Vec<SensorHealth>,
    /// How many more sensors there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub sensors_omitted: u32,
    /// Each signal at each place; empty where there is none.
    #[serde(default)]
    pub signals: Vec<SignalHealth>,
    /// How many more signals there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub signals_omitted: u32,
    /// The detector.
    pub detector: DetectorHealth,
    /// The queue on disk.
    pub spool: SpoolHealth,
    /// The machine.
    pub machine: MachineHealth,
}

/// What is believed of one kind of thing at one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignalHealth {
    /// The kind of thing.
    pub kind: String,
    /// Where.
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
    /// Its sources speak and say nothing of it.
    Off,
    /// What can still be heard could not raise it: nobody knows. It does not mean that all is well.
    Unknown,
}

impl Payload for HealthData {
    const TYPE: &'static str = "lookout.health.v1";
    const SCHEMA: &'static str = "health";

    fn shrink(&mut self) -> bool {
        if self.signals.len() > self.cameras.len() + self.sensors.len() {
            return halve(&mut self.signals, &mut self.signals_omitted);
        }
        let halved = if self.cameras.len() >= self.sensors.len() {
            halve(&mut self.cameras, &mut self.cameras_omitted)
        } else {
            halve(&mut self.sensors, &mut self.sensors_omitted)
        };
        halved || {
            let keep = self.degraded.len() / 2;
            let fewer = keep < self.degraded.len();
            self.degraded.truncate(keep);
            fewer
        }
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Degraded {
    /// Which part: `camera:cam-03`, `sensor:drain-2`, `detector`, `spool`, `clock`, `mqtt`.
    pub part: String,
    /// What is wrong and what follows from it, in words.
    pub reason: String,
    /// Since when.
    pub since: Time,
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
    /// What an installer could change so that this camera costs less; absent where there is nothing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub advice: Option<String>,
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
    /// The last error in words, without passwords.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// What is wrong with its pictures; absent when nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub conditions: Vec<CameraCondition>,
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
    /// Why it is bad or silent, in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
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

/// The detector's health.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetectorHealth {
    /// The execution provider that runs: `cpu`, `openvino`, ...
    pub provider: String,
    /// Pictures looked at per second, all cameras together.
    pub per_second: f64,
    /// Pictures per second in which nothing had moved, so that what was found before was taken as still there.
    #[serde(default)]
    pub still_per_second: f64,
    /// Pictures per second of which a part was looked at a second time, enlarged, because something had moved there that
    /// the whole picture did not explain.
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

/// Which configuration runs, retained on `up/config`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigData {
    /// What became of the last configuration that was offered.
    pub outcome: ConfigOutcome,
    /// SHA-256 of the configuration in force, hexadecimal.
    pub running_sha256: String,
    /// Where it came from.
    pub source: ConfigSource,
    /// Its version, where the command centre sent it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<u64>,
    /// Whether `set` changed values of it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub adjusted: bool,
    /// When what ran before comes back, unless `confirm` comes; absent when nothing is on trial.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reverts_at: Option<Time>,
    /// SHA-256 of the configuration that was refused; absent when one was applied, and where the refused one
    /// could not even be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offered_sha256: Option<String>,
    /// Where the one that was refused came from; absent when one was applied.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offered_source: Option<ConfigSource>,
    /// The version of the one that was refused, where the command centre sent it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offered_version: Option<u64>,
    /// When.
    pub at: Time,
    /// Why it was rejected; empty when it was applied.
    pub problems: Vec<ConfigProblem>,
    /// How many more problems there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub problems_omitted: u32,
}

impl Payload for ConfigData {
    const TYPE: &'static str = "lookout.config.v1";
    const SCHEMA: &'static str = "config";

    fn shrink(&mut self) -> bool {
        halve(&mut self.problems, &mut self.problems_omitted)
    }
}

/// Where a configuration came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfigSource {
    /// The file on the box.
    File,
    /// The command centre, on `down/config`.
    Remote,
}

/// What became of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfigOutcome {
    /// It runs.
    Applied,
    /// It has problems; the one before it goes on running.
    Rejected,
    /// Nobody confirmed the one on trial; the one before it runs again.
    Reverted,
}

/// One problem of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigProblem {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub what: String,
    /// What to try.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}
