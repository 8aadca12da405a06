//! What a box publishes about itself: state, birth, open alerts, running configuration. How it does is in
//! [`health`](super::health).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alert::{Acknowledged, Escalated, Muted, SeqData};
use super::box_key::PublicJwk;
use super::meta_rules::{MetaNight, MetaRule, MetaSignal, MetaThreshold, MetaZone};
use super::words::{Crs, Eye, Language, Mode, Time};
use super::{MAX_EVENT_BYTES, Payload, halve, is_zero, patterns};
use crate::types::box_state::BoxState;
use crate::types::level::Level;
use crate::types::phase::Phase;
use crate::types::responsible::Responsible;

/// Whether the box is there. Retained on `up/state`; the broker publishes the `offline` form by itself (the
/// MQTT will) when the connection breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StateData {
    /// What it is now.
    pub state: BoxState,
    /// Identity of this run of the connection, a ULID. A late `offline` of an old session is told by it:
    /// ignore an `offline` whose session is not the one of the last `online`.
    #[schemars(regex(pattern = patterns::ULID))]
    pub session: String,
    /// When this session began.
    pub since: Time,
}

impl Payload for StateData {
    const TYPE: &'static str = "lookout.state.v1";
    const SCHEMA: &'static str = "state";
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
    /// The grids it watches: those of its cameras and of its sensors.
    #[schemars(inner(regex(pattern = patterns::GRID)))]
    pub grids: Vec<String>,
    /// How many more grids there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub grids_omitted: u32,
    /// Its cameras. Addresses of streams and passwords are never told.
    pub cameras: Vec<MetaCamera>,
    /// How many more cameras there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub cameras_omitted: u32,
    /// Its sensors. Addresses are never told.
    #[serde(default)]
    pub sensors: Vec<MetaSensor>,
    /// How many more sensors there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub sensors_omitted: u32,
    /// The zones and lines that are drawn on its cameras' pictures.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub zones: Vec<MetaZone>,
    /// How many more zones and lines there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub zones_omitted: u32,
    /// Its rules that are in force, with what each asks for.
    pub rules: Vec<MetaRule>,
    /// How many more rules there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub rules_omitted: u32,
    /// Its signals, with what feeds each and what each level takes. What is believed of them at each place is in
    /// `up/health` and `up/alert`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub signals: Vec<MetaSignal>,
    /// How many more signals there are than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub signals_omitted: u32,
    /// Its models; none on a box without cameras.
    pub models: Vec<MetaModel>,
    /// SHA-256 of the configuration in force, hexadecimal.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub config_sha256: String,
    /// The commands it understands, as in `down/cmd/{command}`.
    pub commands: Vec<String>,
    /// The public half of the key by which it signs. It proves nothing by standing here: compare it with the one that was
    /// registered for this box (`lookout keys box`). Absent where the box cannot sign, and from boxes of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signing_key: Option<PublicJwk>,
    /// On how many further topics, `up/meta_part/1` and so on, stands what is omitted here: nothing is left out. Absent when
    /// all is here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub parts: u32,
}

impl Payload for MetaData {
    const TYPE: &'static str = "lookout.meta.v1";
    const SCHEMA: &'static str = "meta";

    fn shrink(&mut self) -> bool {
        let (zones, signals) = (self.zones.len(), self.signals.len());
        let (cameras, sensors, rules) = (self.cameras.len(), self.sensors.len(), self.rules.len());
        let longest = [cameras, sensors, zones, rules, signals].into_iter().max().unwrap_or(0);
        if zones == longest {
            halve(&mut self.zones, &mut self.zones_omitted)
        } else if cameras == longest {
            halve(&mut self.cameras, &mut self.cameras_omitted)
        } else if sensors == longest {
            halve(&mut self.sensors, &mut self.sensors_omitted)
        } else if rules == longest {
            halve(&mut self.rules, &mut self.rules_omitted)
        } else {
            halve(&mut self.signals, &mut self.signals_omitted)
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
    #[schemars(regex(pattern = patterns::GRID))]
    pub grid: String,
    /// Address in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// Longitude and latitude in degrees (WGS 84).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lonlat: Option<[f64; 2]>,
    /// Most pictures per second that are looked at.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub analysis_fps: Option<f64>,
    /// From which score on a class counts, where the configuration or `set` says so.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub thresholds: Vec<MetaThreshold>,
    /// Other scores at other hours; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub night: Option<MetaNight>,
    /// The coordinates in which `lonlat` is given; absent without `lonlat`, and from boxes of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub crs: Option<Crs>,
    /// The same place on a map of GCJ-02, longitude and latitude in degrees, where the site asks for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lonlat_gcj02: Option<[f64; 2]>,
    /// What people call it, and who answers for it.
    #[serde(flatten)]
    pub responsible: Responsible,
}

/// One sensor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetaSensor {
    /// Its id.
    pub id: String,
    /// What it measures: `water_level`, `temperature`, ...
    pub quantity: String,
    /// Unit of its values; `0/1` for a sensor that knows two states.
    pub unit: String,
    /// Its place.
    #[schemars(regex(pattern = patterns::GRID))]
    pub grid: String,
    /// Address in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// Longitude and latitude in degrees (WGS 84).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lonlat: Option<[f64; 2]>,
    /// The coordinates in which `lonlat` is given; absent without `lonlat`, and from boxes of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub crs: Option<Crs>,
    /// The same place on a map of GCJ-02, longitude and latitude in degrees, where the site asks for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lonlat_gcj02: Option<[f64; 2]>,
    /// What people call it, and who answers for it.
    #[serde(flatten)]
    pub responsible: Responsible,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MetaModel {
    /// Its name.
    pub name: String,
    /// SHA-256 of its file, hexadecimal.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub sha256: String,
    /// The classes it knows.
    pub classes: Vec<String>,
}

/// The open alerts, retained on `up/active`: for a consumer that just arrived and for one that wants to
/// know whether it missed an end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActiveData {
    /// The stream in which alerts are numbered, as in `seq.stream` of an alert.
    #[serde(default)]
    pub stream: String,
    /// The last number given in that stream when this list was made. Everywhere else `seq` is the pair of stream and number:
    /// here that is `up_to`.
    pub seq: u64,
    /// Both, as every numbered message has them in `seq`: no later revision is in this list. Absent
    /// before the first number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub up_to: Option<SeqData>,
    /// The open alerts, most urgent first, then oldest first.
    pub alerts: Vec<ActiveAlert>,
    /// How many more are open than fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub omitted: u32,
    /// How many are open, those that are not listed among them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub counts: Option<ActiveCounts>,
}

/// How many alerts are open, all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActiveCounts {
    /// All.
    pub total: u32,
    /// Those that somebody took on.
    pub acknowledged: u32,
    /// Those whose level is blue now.
    pub blue: u32,
    /// Yellow.
    pub yellow: u32,
    /// Orange.
    pub orange: u32,
    /// Red.
    pub red: u32,
}

impl ActiveCounts {
    /// Counts what the list holds.
    pub fn of(alerts: &[ActiveAlert]) -> Self {
        let mut counts = ActiveCounts::default();
        for alert in alerts {
            counts.total += 1;
            counts.acknowledged += u32::from(alert.acknowledged);
            *match alert.level {
                Level::Blue => &mut counts.blue,
                Level::Yellow => &mut counts.yellow,
                Level::Orange => &mut counts.orange,
                Level::Red => &mut counts.red,
            } += 1;
        }
        counts
    }
}

/// Bytes of a message that are kept for what is not in its list.
const BESIDE_THE_LIST: usize = 1024;

impl Payload for ActiveData {
    const TYPE: &'static str = "lookout.active.v1";
    const SCHEMA: &'static str = "active";

    fn shrink(&mut self) -> bool {
        let mut left = MAX_EVENT_BYTES - BESIDE_THE_LIST;
        let fits = |alert: &&ActiveAlert| {
            let bytes = serde_json::to_vec(alert).map_or(0, |json| json.len()) + 1;
            let fits = bytes <= left;
            left = left.saturating_sub(bytes);
            fits
        };
        // As many as there is room for, and one less each time that it was not enough.
        let keep = self.alerts.iter().take_while(fits).count().min(self.alerts.len().saturating_sub(1));
        let dropped = self.alerts.len() - keep;
        self.alerts.truncate(keep);
        self.omitted = self.omitted.saturating_add(u32::try_from(dropped).unwrap_or(u32::MAX));
        dropped > 0
    }
}

/// One open alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActiveAlert {
    /// Which alert.
    #[schemars(regex(pattern = patterns::ULID))]
    pub alert_id: String,
    /// Its latest revision.
    pub rev: u32,
    /// Where in its life: `new` or `update`.
    pub phase: Phase,
    /// Suggested level now.
    pub level: Level,
    /// The same as a number: 1 blue, 2 yellow, 3 orange, 4 red. Absent from boxes of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(min = 1, max = 4))]
    pub severity: Option<u8>,
    /// The kind of thing.
    pub kind: String,
    /// What it is, in the site's language.
    #[serde(default)]
    pub title: String,
    /// Whether it is meant seriously.
    #[serde(default = "Mode::serious")]
    pub mode: Mode,
    /// The camera; the first one where there are several, absent where only sensors tell of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub camera: Option<String>,
    /// The sensors that tell of it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sensors: Vec<String>,
    /// Its place.
    #[schemars(regex(pattern = patterns::GRID))]
    pub grid: String,
    /// When the condition began.
    pub started_at: Time,
    /// Whether somebody took it on.
    pub acknowledged: bool,
    /// Who took it on, and when; absent while nobody did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub acknowledgement: Option<Acknowledged>,
    /// To whom it was passed on because nobody took it on in time; absent until that happens.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub escalated: Option<Escalated>,
    /// Who asked that no noise be made for it; absent when nobody did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub muted: Option<Muted>,
}

/// Which configuration runs, retained on `up/config`, and what became of the one that was offered last. The latter is
/// still told after a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigData {
    /// What became of the last configuration that was offered.
    pub outcome: ConfigOutcome,
    /// SHA-256 of the configuration in force, hexadecimal.
    #[schemars(regex(pattern = patterns::DIGEST))]
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
    /// SHA-256 of the configuration that was refused or that fell: over its bytes where it is no TOML, so never that of
    /// what runs. Absent when one was applied, and where the refused one could not even be read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub offered_sha256: Option<String>,
    /// Where the one that was refused or that fell came from; absent when one was applied.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offered_source: Option<ConfigSource>,
    /// The version of the one that was refused or that fell, where the command centre sent it; absent where only
    /// values that it had `set` fell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offered_version: Option<u64>,
    /// When that was, also if the box was restarted since.
    pub at: Time,
    /// Why it was rejected; empty when it was applied or fell.
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
    /// Somebody at the page on the box, who tries it: once it is confirmed it stands in the file.
    Page,
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
    /// What is wrong, in the language of the site.
    pub what: String,
    /// Which sentence `what` is, without that which it is said of: `structure.unknown_name`, ... Absent where nobody but the
    /// text says it. An open list: more codes may come.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// What stands in `what`, by name; `owner` is that which it is said of, such as a camera, and `owner.id` its id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub args: BTreeMap<String, String>,
    /// What to try, in the language of the site.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// Which sentence `hint` is, as `code`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint_code: Option<String>,
    /// What stands in `hint`, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub hint_args: BTreeMap<String, String>,
}
