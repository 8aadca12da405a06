//! The status of the box for the page: a snapshot that the daemon makes whenever it reports its health. Sentences are
//! kept as such, so that each reader has them in their own language.

use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::analysis::rules::Rule;
use crate::analysis::time::Timestamp;
use crate::config::Config;
use crate::contract::alert::ClockData;
use crate::contract::health::{
    CameraData, DetectorHealth, MachineHealth, SensorData, SignalHealth, SpoolHealth,
};
use crate::contract::words::{Language, Mode};
use crate::text::{Sentence, Words};
use crate::types::level::Level;

/// How the box does, and what it is.
#[derive(Debug, Clone)]
pub struct BoxStatus {
    /// When this was so.
    pub at: Timestamp,
    /// The box's name with its area.
    pub name: String,
    /// Name of the site, where the configuration gives one.
    pub site: Option<String>,
    /// The site's language.
    pub language: Language,
    /// The site's time zone.
    pub time_zone: TimeZone,
    /// Whether alerts are meant seriously.
    pub mode: Mode,
    /// Where redacted pictures are kept, and for how long; `None`: nowhere.
    pub pictures: Option<(PathBuf, Duration)>,
    /// Since the program started.
    pub uptime: Duration,
    /// The program's version.
    pub version: String,
    /// Digest of the configuration that runs.
    pub config_sha256: String,
    /// Everything that is not as it should be, the box's own parts first.
    pub troubles: Vec<Trouble>,
    /// The cameras.
    pub cameras: Vec<CameraStatus>,
    /// The sensors.
    pub sensors: Vec<SensorStatus>,
    /// What is believed.
    pub signals: Vec<SignalHealth>,
    /// The connection to the command centre.
    pub broker: BrokerStatus,
    /// The queue.
    pub spool: SpoolHealth,
    /// The machine.
    pub machine: MachineHealth,
    /// The detector.
    pub detector: DetectorHealth,
    /// The clock.
    pub clock: ClockData,
}

/// Something that is not as it should be.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// Which part: `camera:cam-03`, `mqtt`, `disk`, ...
    pub part: String,
    /// What is wrong with it.
    pub what: Words,
    /// What to try.
    pub hint: Option<Sentence>,
}

/// One camera.
#[derive(Debug, Clone)]
pub struct CameraStatus {
    /// The status as published.
    pub data: CameraData,
    /// What people call it.
    pub name: Option<String>,
    /// Why no video comes.
    pub error: Option<Sentence>,
    /// What to try.
    pub hint: Option<Sentence>,
    /// What would let it cost less.
    pub advice: Option<Sentence>,
    /// The rules that watch it.
    pub rules: Vec<RuleStatus>,
}

/// A rule that watches a camera.
#[derive(Debug, Clone)]
pub struct RuleStatus {
    /// Its id.
    pub id: String,
    /// The kind of its alerts.
    pub kind: String,
    /// The title of its alerts, where it gives one.
    pub title: Option<String>,
    /// Their level.
    pub level: Level,
    /// The zone or line that it is about.
    pub place: String,
    /// When it is in force.
    pub schedule: Words,
}

impl RuleStatus {
    /// The rules that watch a camera.
    pub fn at(camera: &str, config: &Config) -> Vec<RuleStatus> {
        let watching = config.rules.iter().filter(|rule| rule.cameras.iter().any(|id| **id == *camera));
        let status = |rule: &Rule| RuleStatus {
            id: rule.id.to_string(),
            kind: rule.signal.to_string(),
            title: config.titles.get(&rule.id).cloned(),
            level: rule.level,
            place: rule.when.place().to_string(),
            schedule: rule.schedule.words(),
        };
        watching.map(status).collect()
    }
}

/// One sensor.
#[derive(Debug, Clone)]
pub struct SensorStatus {
    /// The status as published.
    pub data: SensorData,
    /// What people call it.
    pub name: Option<String>,
    /// Why it is not believed, or silent.
    pub reason: Option<Words>,
}

/// The connection to the command centre.
#[derive(Debug, Clone)]
pub struct BrokerStatus {
    /// Whether there is one.
    pub is_connected: bool,
    /// `host:port`.
    pub address: String,
    /// Whether it is the box's own broker.
    pub is_own: bool,
}
