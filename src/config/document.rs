//! The configuration file as it is typed: what may stand where, before anything is checked.
//!
//! These types are the one description of the file. From them come the editor's schema, the reference
//! (`config/REFERENCE.md`) and the check of names and types, so a doc comment here is a sentence that an
//! installer reads; its Chinese stands in `src/text/reference_fields.rs`. Must never decide whether values make
//! sense together: that is `super::check`.
//!
//! Every field is an `Option`: what is missing or broken is reported by `super::structure` and left out, so
//! that the rest of the file can still be checked.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use crate::contract::signature::Role;
use crate::contract::words::{Language, Mode};
use crate::types::level::Level;
use crate::types::mqtt;
use crate::types::provider::Provider;

mod camera;
mod layers;
mod metrics;
mod rule;
mod signal;
mod web;

pub use camera::*;
pub use layers::*;
pub use metrics::*;
pub(crate) use rule::{Given, RuleDocument};
pub(crate) use signal::{
    DEFAULT_HALF_LIFE_SECS, FeedDocument, FusionDocument, LevelsDocument, SignalDocument,
};
mod sensor;

pub use crate::types::at::{At, Names};
pub use sensor::*;
pub use web::*;

/// The configuration of one box: one TOML file.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Lookout configuration")]
pub struct Document {
    /// The box and where it stands.
    #[schemars(required)]
    pub site: Option<At<SiteDocument>>,
    /// Where alerts go. Without this section a broker of the box's own (`mosquitto`, started by the daemon) serves on
    /// `127.0.0.1:1883`; where another broker of this machine serves there already, that one is used.
    pub mqtt: Option<At<MqttDocument>>,
    /// What looks at the pictures.
    pub detector: Option<At<DetectorDocument>>,
    /// The queue on disk in which alerts wait for their receipt.
    pub outbox: Option<At<OutboxDocument>>,
    /// The redacted pictures that go with alerts.
    pub evidence: Option<At<EvidenceDocument>>,
    /// What was found in the last days, without pictures: what another configuration would have reported can be judged by
    /// it.
    pub journal: Option<At<JournalDocument>>,
    /// How long each rule could have raised an alert, hour by hour: with it, "no alert" says something.
    pub coverage: Option<At<CoverageDocument>>,
    /// The page on the box, for a browser: how everything does, and what was told. It is always encrypted, and nobody sees
    /// anything without a login; `lookout page` says how to open it.
    pub web: Option<At<WebDocument>>,
    /// Metrics for a scrape by Prometheus or whatever reads OpenMetrics (`deploy/METRICS.md`). Without this section nobody can
    /// read them.
    pub metrics: Option<At<MetricsDocument>>,
    /// What grids are called and who answers for them, one `[[grid]]` for each that has something to say; goes into every
    /// alert of that grid.
    #[serde(default)]
    pub grid: Vec<At<GridDocument>>,
    /// The cameras, one `[[camera]]` for each.
    #[serde(default)]
    pub camera: Vec<At<CameraDocument>>,
    /// Values that stand once for many.
    pub defaults: Option<At<DefaultsDocument>>,
    /// What cameras of a type have in common, one `[[camera_type]]` for each. A camera takes what it says itself, else what its
    /// type says (`like = "lane"`), else what `[defaults.camera]` says, else what is usual. Tables such as `thresholds` are taken
    /// value by value, zones and lines by their `id`, masks of all of them together, any other list as a whole. Every key of
    /// `[[camera]]` may stand here but those of one camera alone: `like`, `url`, `url_main`, `file`, `certificate_sha256`,
    /// `lonlat`, `name`. `lookout check --explain CAMERA` prints where each value comes from.
    #[serde(default)]
    pub camera_type: Vec<At<CameraTypeDocument>>,
    /// What to tell about, one `[[rule]]` for each.
    #[serde(default)]
    pub rule: Vec<At<RuleDocument>>,
    /// How hints of several cameras and sensors become one alert.
    pub fusion: Option<At<FusionDocument>>,
    /// Kinds of things that several hints together make believed, one `[[signal]]` for each.
    #[serde(default)]
    pub signal: Vec<At<SignalDocument>>,
    /// What sensors share: brokers and the listener for posted readings.
    pub sensors: Option<At<SensorsDocument>>,
    /// The sensors, one `[[sensor]]` for each.
    #[serde(default)]
    pub sensor: Vec<At<SensorDocument>>,
    /// Who may command this box over MQTT, one `[[command_key]]` for each; `lookout keys make` prints it. With at least
    /// one, everything unsigned is refused. Without any, acknowledgements and marks are taken from whoever reaches the
    /// broker, and nothing else.
    #[serde(default)]
    pub command_key: Vec<At<CommandKeyDocument>>,
}

/// Who may command this box over MQTT. Only the public half of a key stands here.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandKeyDocument {
    /// Its name, unique in the file: the `kid` of what it signs, and its name in the audit log.
    #[schemars(required, extend("pattern" = "^[a-z0-9][a-z0-9_-]{0,63}$", "examples" = ["desk-1"]))]
    pub id: Option<At<String>>,
    /// What its holder may do: `desk` (works on alerts), `operator` (also changes thresholds and mutes alerts) or `admin` (also
    /// decides what runs). The commands of each role are listed in `config/COMMANDS.md`.
    #[schemars(required)]
    pub role: Option<At<Role>>,
    /// The public Ed25519 key: 43 characters of base64url, the `x` of its JWK.
    #[schemars(required, extend("pattern" = "^[A-Za-z0-9_-]{43}$", "examples" = ["3GNLJrUsVTLEIzIXAJxVfQsYE3-HNNPRrWAe2FdOGUk"]))]
    pub public_key: Option<At<String>>,
}

/// The box and where it stands.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteDocument {
    /// Name of the box, unique within the area: lower-case letters, digits and `-`, at most 32. Part of every topic.
    #[serde(rename = "box")]
    #[schemars(required, extend("pattern" = "^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$", "examples" = ["box-7f3a"]))]
    pub box_id: Option<At<String>>,
    /// The county's code, six digits. Part of every topic; every grid code begins with it.
    #[schemars(required, extend("pattern" = "^[0-9]{6}$", "examples" = ["530127"]))]
    pub area: Option<At<String>>,
    /// Name of the site for people; goes into every alert.
    #[schemars(length(max = 100), extend("examples" = ["Yangqiao community"]))]
    pub name: Option<At<String>>,
    /// Language of what people read from the box, its log included: `zh-CN` or `en`.
    #[schemars(extend("default" = DEFAULT_LANGUAGE.tag()))]
    pub language: Option<At<Language>>,
    /// Whether places are also given in GCJ-02, the coordinates of maps published in China, beside WGS 84 (`lonlat_gcj02` in
    /// alerts and in `up/meta`).
    #[schemars(extend("default" = false))]
    pub also_gcj02: Option<At<bool>>,
    /// Time zone of the schedules and of the local times in alerts, a name of the IANA database.
    #[schemars(extend("default" = DEFAULT_TIME_ZONE, "examples" = ["Asia/Shanghai"]))]
    pub time_zone: Option<At<String>>,
    /// Whether alerts are meant seriously: `actual`, `exercise` (a drill) or `test` (setting up).
    #[schemars(extend("default" = DEFAULT_MODE.name()))]
    pub mode: Option<At<Mode>>,
    /// Seconds within which somebody must acknowledge an alert before it is told again as `escalated`, to the next
    /// place up the grid; 0 for never.
    #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = DEFAULT_ACCEPT_WITHIN_SECS))]
    pub accept_within_secs: Option<At<f64>>,
    /// The least level of alerts that escalate.
    #[schemars(extend("default" = "blue"))]
    pub escalate_from: Option<At<Level>>,
    /// Folder with one file per secret. Systemd's credentials are used instead where the service has them.
    #[schemars(extend("default" = DEFAULT_SECRETS_DIR))]
    pub secrets_dir: Option<At<String>>,
}

/// What a grid is called and who answers for it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GridDocument {
    /// Its code: county 6 digits, sub-district 3, community 3, grid 2 or more.
    #[schemars(required, extend("pattern" = "^[0-9]{6}([0-9]{3}([0-9]{3}([0-9]{2,8})?)?)?$", "examples" = ["53012700300102"]))]
    pub code: Option<At<String>>,
    /// What people call it; goes into every alert of this grid.
    #[schemars(length(max = 100), extend("examples" = ["Yangqiao community, grid 2"]))]
    pub name: Option<At<String>>,
    /// How to reach whoever answers for it, such as the telephone number of a desk; goes into every alert of this grid.
    #[schemars(length(max = 100), extend("examples" = ["0871-5550102"]))]
    pub contact: Option<At<String>>,
    /// Who answers for it; goes into every alert of this grid.
    #[schemars(length(max = 100), extend("examples" = ["grid officer on duty"]))]
    pub officer: Option<At<String>>,
}

/// Where alerts go.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MqttDocument {
    /// The command centre's broker: `mqtt://host:1883` or `mqtts://host:8883` (encrypted). Leave it out and a
    /// broker of the box's own serves on the loopback address. Never with a password inside.
    #[schemars(extend("examples" = ["mqtts://centre.example:8883"]))]
    pub url: Option<At<String>>,
    /// Several brokers of the command centre instead of one `url`, tried in this order: the next one when one cannot be
    /// reached or does not take the box, the first one again when a connection that had lasted ends. All of them begin with
    /// `mqtts://`, or all with `mqtt://`; login, authorities and certificate are the same for all.
    #[schemars(extend("examples" = [["mqtts://a.centre.example:8883", "mqtts://b.centre.example:8883"]]))]
    pub urls: Option<At<Vec<At<String>>>>,
    /// Protocol version: `"5"`, and 3.1.1 with a broker that speaks nothing else, such as NATS; or `"3.1.1"` with every broker.
    pub version: Option<At<mqtt::Version>>,
    /// User name at the broker, where the secret file holds only the password.
    #[schemars(length(max = 256))]
    pub user: Option<At<String>>,
    /// Name of the secret file that holds `user:password`, or only the password when `user` is given.
    pub secret: Option<At<String>>,
    /// PEM file with the authorities to trust, for a broker with a private one. Only with `mqtts://`.
    pub ca_file: Option<At<String>>,
    /// PEM file with this box's certificate, for brokers that ask for one; its name is `area.box`, such as
    /// `530127.box-7f3a`. Goes with `key_file`.
    pub cert_file: Option<At<String>>,
    /// PEM file with the certificate's private key, readable by its owner only. Goes with `cert_file`.
    pub key_file: Option<At<String>>,
    /// The command centre sends marks (`down/mark`): nothing leaves the box's queue before the centre has it, from the very
    /// first message on. Without it the box believes the broker until it hears a first mark.
    #[schemars(extend("default" = false))]
    pub expect_marks: Option<At<bool>>,
    /// First part of every topic.
    #[schemars(length(max = 128), extend("default" = crate::contract::topics::DEFAULT_PREFIX))]
    pub prefix: Option<At<String>>,
    /// Port of the box's own broker on the loopback address; 0 picks a free one.
    #[schemars(extend("default" = DEFAULT_EMBEDDED_PORT))]
    pub embedded_port: Option<At<u16>>,
}

/// What looks at the pictures.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DetectorDocument {
    /// Name of the model that finds people and vehicles, as `lookout models list` prints it.
    #[schemars(extend("default" = DEFAULT_MODEL))]
    pub model: Option<At<String>>,
    /// Name of the model that looks for faces in the pictures that leave the box, to blur them. It does not look at what
    /// cameras send otherwise, so rules cannot use what it finds. Without it `centerface` looks, where it is installed;
    /// `none`: no second model looks, and what the structure model finds and the head part of every person are blurred.
    #[schemars(extend("default" = DEFAULT_FACE_MODEL))]
    pub face_model: Option<At<String>>,
    /// The list of models. Without it, the one that was installed with the program.
    pub manifest: Option<At<String>>,
    /// Where ONNX Runtime computes, best first: `cpu`, `openvino`, `openvino_bf16`, `cuda`, `tensorrt`, `xnnpack`, `acl`.
    /// One that does not work is skipped with a warning. `["auto"]`: at the first start what is there is
    /// timed with the model (`tensorrt` is not, it prepares for minutes), and the fastest that finds on a picture what
    /// `cpu` finds runs it. The result is kept beside the queue until model, library or processor change.
    #[schemars(extend("default" = ["cpu"]))]
    pub providers: Option<At<Vec<At<ProviderDocument>>>>,
    /// What `["auto"]` may choose from: `full`: only what computes with the model's own precision; `auto`: also
    /// `openvino_bf16`, and the 8-bit version of the model where the manifest names one. Faster on most processors, but it
    /// finds a little less, small and distant things above all: `lookout replay` on a recording of yours shows what.
    #[schemars(extend("default" = "full"))]
    pub precision: Option<At<Precision>>,
    /// Worker threads; as many as processor cores if left out.
    #[schemars(range(min = 1, max = 256))]
    pub workers: Option<At<u16>>,
}

/// What a measurement may choose from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Only what computes with the model's own precision.
    #[default]
    Full,
    /// Also with less.
    Auto,
}

/// Where ONNX Runtime computes, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderDocument {
    /// Whatever a measurement says, alone in its list.
    Auto,
    /// This one.
    #[serde(untagged)]
    Named(Provider),
}

impl JsonSchema for ProviderDocument {
    fn schema_name() -> Cow<'static, str> {
        Provider::schema_name()
    }

    /// The words of [`Provider`], with `auto` before them.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Provider::json_schema(generator);
        if let Some(words) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
            let auto = json_schema!({
                "description": "Whatever a measurement says, alone in its list.",
                "type": "string",
                "const": "auto",
            });
            words.insert(0, auto.to_value());
        }
        schema
    }
}

/// The queue on disk.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutboxDocument {
    /// Folder of the queue. Must survive a restart. Without it `outbox` in the service's state folder
    /// (`/var/lib/lookout`).
    pub dir: Option<At<String>>,
    /// Most messages that wait; then the least urgent are given up, with a gap record.
    #[schemars(range(min = 100, max = 10_000_000), extend("default" = DEFAULT_MAX_ROWS))]
    pub max_rows: Option<At<u64>>,
    /// Most disk space in MiB.
    #[schemars(range(min = 8, max = 1_048_576), extend("default" = DEFAULT_OUTBOX_MIB))]
    pub max_mib: Option<At<u64>>,
    /// Free disk space in MiB that is left alone.
    #[schemars(range(max = 1_048_576), extend("default" = DEFAULT_MIN_FREE_MIB))]
    pub min_free_mib: Option<At<u64>>,
    /// How many days messages are kept after they arrived, so that the command centre can ask for them again (`resend`); 0:
    /// not at all. Where the disk is short they go before anything else.
    #[schemars(range(max = 365), extend("default" = DEFAULT_RESEND_DAYS))]
    pub resend_days: Option<At<u16>>,
    /// Most disk space for them in MiB, beside `max_mib`; then the oldest counts go, then the oldest answers, then
    /// the oldest of the rest.
    #[schemars(range(min = 1, max = 1_048_576), extend("default" = DEFAULT_RESEND_MIB))]
    pub resend_max_mib: Option<At<u64>>,
}

/// The redacted pictures.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceDocument {
    /// Whether pictures are made at all.
    #[schemars(extend("default" = true))]
    pub enabled: Option<At<bool>>,
    /// Folder of the pictures. Without it `evidence` in the service's state folder (`/var/lib/lookout`).
    pub dir: Option<At<String>>,
    /// How many days pictures are kept in the box.
    #[schemars(range(min = 1, max = 365), extend("default" = DEFAULT_KEEP_DAYS))]
    pub keep_days: Option<At<u16>>,
    /// Most disk space in MiB; then the oldest pictures go.
    #[schemars(range(min = 1, max = 1_048_576), extend("default" = DEFAULT_EVIDENCE_MIB))]
    pub max_mib: Option<At<u64>>,
    /// Public key (age) of the command centre: pictures are also kept as the camera gave them, sealed so that only the
    /// centre can open them. Without it no original is ever written. They stay in the box, in `originals` in the folder.
    #[schemars(extend("pattern" = "^age1[0-9a-z]{58}$"))]
    pub originals_for: Option<At<String>>,
    /// How many days sealed originals are kept. Only with `originals_for`.
    #[schemars(range(min = 1, max = 90), extend("default" = DEFAULT_ORIGINALS_DAYS))]
    pub originals_days: Option<At<u16>>,
}

/// The detection journal.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JournalDocument {
    /// How many days are kept: boxes, classes and scores of what was found, and readings, never a picture; 0: nothing is
    /// kept. It lies in `journal` in the folder of the queue. Where the disk is short it goes before anything else.
    #[schemars(range(min = 0, max = 30), extend("default" = DEFAULT_JOURNAL_DAYS))]
    pub days: Option<At<u16>>,
    /// Most disk space in MiB; then the oldest hours go.
    #[schemars(range(min = 16, max = 1_048_576), extend("default" = DEFAULT_JOURNAL_MIB))]
    pub max_mib: Option<At<u64>>,
}

/// The coverage ledger.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoverageDocument {
    /// How many days are kept, on which the box ran; 0: nothing is kept. It lies in `coverage` in the folder of the queue, and
    /// takes about 150 KiB a day with 64 cameras of 6 rules.
    #[schemars(range(min = 0, max = 3_660), extend("default" = DEFAULT_COVERAGE_DAYS))]
    pub days: Option<At<u16>>,
}

/// Most boxes stand in China; a site elsewhere says so.
pub(crate) const DEFAULT_TIME_ZONE: &str = "Asia/Shanghai";
/// For the same reason.
pub(crate) const DEFAULT_LANGUAGE: Language = Language::Chinese;
/// Alerts are meant seriously unless somebody says otherwise: a forgotten line must not silence a street.
pub(crate) const DEFAULT_MODE: Mode = Mode::Actual;
/// The model that comes with Lookout.
pub const DEFAULT_MODEL: &str = "street-small";
/// Looks for faces where nothing else is said.
pub(crate) const DEFAULT_FACE_MODEL: &str = "centerface";
/// Says that no face model is wanted.
pub(crate) const NO_FACE_MODEL: &str = "none";
/// Where Debian packages of daemons keep such things.
pub(crate) const DEFAULT_SECRETS_DIR: &str = "/etc/lookout/secrets";
/// Where state is kept when systemd names no folder.
pub(crate) const DEFAULT_STATE_DIR: &str = "/var/lib/lookout";
/// IANA's port for MQTT.
pub(crate) const DEFAULT_EMBEDDED_PORT: u16 = 1883;
/// A week without the broker at ten messages a minute.
pub(crate) const DEFAULT_MAX_ROWS: u64 = 100_000;
/// Fits the smallest cards in the field beside everything else. A guess.
pub(crate) const DEFAULT_OUTBOX_MIB: u64 = 512;
/// So that the system itself can go on logging. A guess.
pub(crate) const DEFAULT_MIN_FREE_MIB: u64 = 256;
/// As long as pictures are kept.
pub(crate) const DEFAULT_RESEND_DAYS: u16 = DEFAULT_KEEP_DAYS;
/// With it the queue of a box that is connected stays below the size up to which its file is checked at every start.
pub(crate) const DEFAULT_RESEND_MIB: u64 = 12;
/// Long enough for the people who follow an alert up, short enough for privacy. A guess.
pub(crate) const DEFAULT_KEEP_DAYS: u16 = 7;
/// Long enough to ask for one after a report, no longer. A guess.
pub(crate) const DEFAULT_ORIGINALS_DAYS: u16 = 3;
/// About ten thousand pictures of 100 KiB.
pub(crate) const DEFAULT_EVIDENCE_MIB: u64 = 1024;
/// As long as pictures are kept: with them it can be seen what a change would have done.
pub(crate) const DEFAULT_JOURNAL_DAYS: u16 = DEFAULT_KEEP_DAYS;
/// Seven days of 64 cameras fit.
pub(crate) const DEFAULT_JOURNAL_MIB: u64 = 4096;
/// A year, and some to look at it.
pub(crate) const DEFAULT_COVERAGE_DAYS: u16 = 400;
/// Longer than somebody is hidden behind a passing vehicle.
pub(crate) const DEFAULT_HOLD_SECS: f64 = 10.0;
/// So that one event is one alert. A guess.
pub(crate) const DEFAULT_COOLDOWN_SECS: f64 = 60.0;
/// Belief fades slowly, so a short dip is no end.
pub(crate) const DEFAULT_SIGNAL_HOLD_SECS: f64 = 30.0;
/// So that one incident is one alert (DESIGN section 5).
pub(crate) const DEFAULT_SIGNAL_COOLDOWN_SECS: f64 = 300.0;
/// "Accepted in 3 minutes" (DESIGN).
pub(crate) const DEFAULT_ACCEPT_WITHIN_SECS: f64 = 180.0;
/// Every alert is worth an answer.
pub(crate) const DEFAULT_ESCALATE_FROM: Level = Level::Blue;
