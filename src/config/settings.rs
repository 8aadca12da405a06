//! The checked configuration: what the rest of the program reads. Every type here holds what its fields promise.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::document::Precision;
use super::secret::{Contents, Credentials, same_secret};
use crate::analysis::acceptance::AcceptancePlan;
use crate::analysis::detection::Class;
use crate::analysis::filters::ClassMask;
use crate::analysis::geometry::{Line, Polygon};
use crate::analysis::grid::GridCode;
use crate::analysis::ground::Horizon;
use crate::analysis::heights::HeightLimits;
use crate::analysis::rules::Night;
use crate::analysis::sensor::SensorPlan;
use crate::contract::words::{Eye, Language, Mode};
use crate::sensors::Source;
use crate::types::camera_condition::CameraCondition;
use crate::types::decoding::{DecodePolicy, Decoder};
use crate::types::mqtt;
use crate::types::provider::Provider;
use crate::types::responsible::Responsible;
use crate::types::transport::Transport;
use crate::types::trust::Trust;

/// The area that the package's first configuration names: no county has it, and no grid can be right with it.
pub(crate) const PLACEHOLDER_AREA: &str = "000000";

/// The box and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Name of the box; fit to be one level of a topic.
    pub box_id: Arc<str>,
    /// Six digits.
    pub area: Arc<str>,
    /// Name for people.
    pub name: Option<String>,
    /// Language of titles.
    pub language: Language,
    /// Whether places are published in GCJ-02, too.
    pub also_gcj02: bool,
    /// Time zone of schedules.
    pub time_zone: TimeZone,
    /// Its name in the IANA database.
    pub time_zone_name: String,
    /// Whether alerts are meant seriously.
    pub mode: Mode,
    /// When alerts must have been taken on.
    pub acceptance: AcceptancePlan,
}

#[cfg(feature = "web")]
impl Site {
    /// Whether nobody has said yet in which county the box stands.
    pub(crate) fn has_no_area_yet(&self) -> bool {
        *self.area == *PLACEHOLDER_AREA
    }
}

/// The destination of alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct Mqtt {
    /// The broker.
    pub broker: Broker,
    /// First part of every topic, without slashes at its ends.
    pub prefix: String,
    /// Version of the protocol.
    pub version: mqtt::Version,
    /// Records stay in the queue until the centre's mark, from the first message on.
    pub expect_marks: bool,
}

impl Mqtt {
    /// Whether the file says the same of both, whatever the secrets and certificates it names hold.
    pub fn is_equivalent(&self, other: &Mqtt) -> bool {
        let Mqtt { broker, prefix, version, expect_marks } = self;
        broker.is_equivalent(&other.broker)
            && (prefix, version, expect_marks) == (&other.prefix, &other.version, &other.expect_marks)
    }
}

/// Which broker.
#[derive(Debug, Clone, PartialEq)]
pub enum Broker {
    /// Our own, on the loopback address.
    Embedded {
        /// Its port; 0 picks a free one.
        port: u16,
    },
    /// The command centre's.
    Remote {
        /// Host name or address.
        host: String,
        /// Port.
        port: u16,
        /// Further ones, tried in this order after it, encrypted as it is: host and port.
        others: Vec<(String, u16)>,
        /// Encryption; `None` for `mqtt://`.
        tls: Option<Tls>,
        /// Who logs in.
        credentials: Option<Credentials>,
    },
}

impl Broker {
    fn is_equivalent(&self, other: &Broker) -> bool {
        match (self, other) {
            (Broker::Embedded { port }, Broker::Embedded { port: other }) => port == other,
            (
                Broker::Remote { host, port, others, tls, credentials },
                Broker::Remote {
                    host: other_host,
                    port: other_port,
                    others: their_others,
                    tls: other_tls,
                    credentials: other,
                },
            ) => {
                (host, port, others) == (other_host, other_port, their_others)
                    && same_files(tls.as_ref(), other_tls.as_ref())
                    && same_secret(credentials.as_ref(), other.as_ref())
            }
            (Broker::Embedded { .. }, Broker::Remote { .. })
            | (Broker::Remote { .. }, Broker::Embedded { .. }) => false,
        }
    }
}

/// Encryption towards a broker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// PEM file with the authorities to trust; the system's if there is none.
    pub ca_file: Option<PathBuf>,
    /// PEM files with our certificate and its key.
    pub client: Option<(PathBuf, PathBuf)>,
    /// What these files held.
    pub contents: Contents,
}

impl Tls {
    /// The files, with what they hold now.
    pub fn read(ca_file: Option<PathBuf>, client: Option<(PathBuf, PathBuf)>) -> Self {
        let of_ours = client.iter().flat_map(|(cert, key)| [cert, key]);
        let contents = Contents::of(ca_file.iter().chain(of_ours).map(PathBuf::as_path));
        Tls { ca_file, client, contents }
    }
}

/// Whether both trust and show the same files, whatever these hold.
fn same_files(one: Option<&Tls>, other: Option<&Tls>) -> bool {
    let files = |tls: Option<&Tls>| tls.map(|tls| (tls.ca_file.clone(), tls.client.clone()));
    files(one) == files(other)
}

/// What looks at the pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detector {
    /// Name of the structure model.
    pub model: String,
    /// What looks for faces in the pictures that leave the box.
    pub face_model: FaceModel,
    /// The list of models; the installed one if there is none.
    pub manifest: Option<PathBuf>,
    /// Execution providers, best first; empty: chosen by measurement.
    pub providers: Vec<Provider>,
    /// What a measurement may choose from.
    pub precision: Precision,
    /// Worker threads; as many as cores if there is none.
    pub workers: Option<usize>,
}

/// The model that looks for faces in the pictures that leave the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaceModel {
    /// The usual one, where it is installed.
    Usual,
    /// None.
    Off,
    /// The one of this name.
    Named(String),
}

/// The queue on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbox {
    /// Its folder.
    pub dir: PathBuf,
    /// Maximum number of messages.
    pub max_rows: u64,
    /// Maximum bytes on disk.
    pub max_bytes: u64,
    /// Free bytes to leave alone.
    pub min_free_bytes: u64,
    /// How long sent messages are kept for requests to resend them; zero: not at all.
    pub resend_for: Duration,
    /// Maximum bytes of them.
    pub resend_bytes: u64,
}

/// The redacted pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Whether they are made.
    pub enabled: bool,
    /// Their folder.
    pub dir: PathBuf,
    /// How long they are kept.
    pub keep: Duration,
    /// Maximum bytes on disk.
    pub max_bytes: u64,
    /// Whether originals are kept, sealed.
    pub originals: Option<Originals>,
}

/// The detection journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// Its folder, in that of the queue.
    pub dir: PathBuf,
    /// How long it is kept; zero: nothing is.
    pub keep: Duration,
    /// Maximum bytes on disk.
    pub max_bytes: u64,
}

/// The coverage ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Its folder, in that of the queue.
    pub dir: PathBuf,
    /// How many days are kept; zero: nothing is.
    pub days: u16,
}

/// Sealed originals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Originals {
    /// The age public key that opens them.
    pub recipient: String,
    /// How long they are kept.
    pub keep: Duration,
}

/// One camera.
#[derive(Debug, Clone, PartialEq)]
pub struct Camera {
    /// Its id.
    pub id: Arc<str>,
    /// Who owns it.
    pub eye: Eye,
    /// Where its pictures come from.
    pub source: CameraSource,
    /// The larger stream of the same camera, opened for a moment when an alert begins; holds neither user nor password.
    pub url_main: Option<String>,
    /// Who logs in.
    pub credentials: Option<Credentials>,
    /// The trusted certificate, if the address is encrypted.
    pub trust: Trust,
    /// What it gets for one answer, where the file says so.
    pub answer_within: Option<Duration>,
    /// Its place.
    pub grid: GridCode,
    /// Address in words.
    pub address: Option<String>,
    /// Longitude and latitude in degrees.
    pub lonlat: Option<[f64; 2]>,
    /// What people call it, and who answers for it.
    pub responsible: Responsible,
    /// Pictures per second that are looked at, 0.1..30.
    pub analysis_hz: f32,
    /// How much it counts beside the others when there is not time for all, 0.1..10.
    pub weight: f32,
    /// Minimum score per class, 0..1.
    pub thresholds: BTreeMap<Class, f32>,
    /// Other ones at other hours.
    pub night: Option<Night>,
    /// How tall boxes may be, by class.
    pub heights: BTreeMap<Class, HeightLimits>,
    /// The horizon.
    pub horizon: Option<Horizon>,
    /// Which decoder.
    pub decoder: Decoder,
    /// Clockwise degrees by which its pictures must be turned: 0, 90, 180 or 270.
    pub rotate: u16,
    /// Width to height of its upright picture as people see it, where the stream does not say so.
    pub display_aspect: Option<(u32, u32)>,
    /// How much of its stream is decoded.
    pub policy: DecodePolicy,
    /// Whether what was found before is taken as still there where nothing moved.
    pub skip_still: bool,
    /// Whether what moved and was not found is looked at from near.
    pub look_closer: bool,
    /// Whether what is taken for a person and never moves is learnt, and left out.
    pub learn_furniture: bool,
    /// Time without a picture after which the stream is opened again.
    pub stall_after: Duration,
    /// Named areas.
    pub zones: BTreeMap<Arc<str>, Polygon>,
    /// Zones whose comings and goings are counted.
    pub counted: Vec<Arc<str>>,
    /// Named lines.
    pub lines: BTreeMap<Arc<str>, Line>,
    /// What is usual for it and no trouble.
    pub ignore_conditions: Vec<CameraCondition>,
    /// Part of the picture above which a box that touches three borders is no detection.
    pub largest_box: f32,
    /// Areas that are never looked at.
    pub masks: Vec<Polygon>,
    /// Areas in which things of some classes are left out.
    pub class_masks: Vec<ClassMask>,
}

/// Where a camera's pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraSource {
    /// A stream.
    Rtsp {
        /// `rtsp://` or `rtsps://`; holds neither user nor password.
        url: String,
        /// How the pictures travel.
        transport: Transport,
    },
    /// A video file, played at real-time pace.
    File(PathBuf),
}

/// The sensors and what they share.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sensors {
    /// The sensors, in the order of the file.
    pub list: Vec<Sensor>,
    /// The brokers they name; empty if all publish to the one on this machine.
    pub brokers: Vec<SensorBroker>,
    /// The listener for posted readings.
    pub webhook: Option<WebhookListener>,
}

/// The page on the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    /// Whether it is served.
    pub enabled: bool,
    /// Where.
    pub listen: WebListen,
    /// How long it knows alerts.
    pub keep: Duration,
    /// Maximum bytes of them.
    pub keep_bytes: u64,
}

impl Web {
    /// Whether this program can serve it.
    pub const IS_BUILT_IN: bool = cfg!(feature = "web");
}

/// The listener for metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricsListener {
    /// The address it listens on; other machines reach it only where there is a token.
    pub listen: SocketAddr,
    /// What a reader must show, as the password; `None` also in a configuration for another machine.
    pub token: Option<Credentials>,
}

impl MetricsListener {
    /// Whether the file says the same of both, whatever the token is.
    pub fn is_equivalent(&self, other: &MetricsListener) -> bool {
        let MetricsListener { listen, token } = self;
        *listen == other.listen && same_secret(token.as_ref(), other.token.as_ref())
    }
}

/// The address of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebListen {
    /// For this machine alone, on the usual port or the next one that is free.
    Usual,
    /// Here and nowhere else.
    At(SocketAddr),
}

/// A broker that sensors publish to.
#[derive(Debug, Clone, PartialEq)]
pub struct SensorBroker {
    /// Its name.
    pub id: Arc<str>,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Encryption; `None` for `mqtt://`. Never with a certificate of ours.
    pub tls: Option<Tls>,
    /// Who logs in.
    pub credentials: Option<Credentials>,
}

impl SensorBroker {
    /// Whether the file says the same of where both are and what they are shown.
    pub(crate) fn is_same_place(&self, other: &SensorBroker) -> bool {
        (&self.host, self.port) == (&other.host, other.port)
            && same_files(self.tls.as_ref(), other.tls.as_ref())
            && same_secret(self.credentials.as_ref(), other.credentials.as_ref())
    }
}

/// The listener for posted readings.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookListener {
    /// The address it listens on.
    pub listen: SocketAddr,
    /// What a sender must show, as the password; `None` only in a configuration for another machine.
    pub token: Option<Credentials>,
    /// Maximum number of posts per second.
    pub posts_per_sec: u32,
}

impl WebhookListener {
    /// Whether the file says the same of both, whatever the token is.
    pub fn is_equivalent(&self, other: &WebhookListener) -> bool {
        let WebhookListener { listen, token, posts_per_sec } = self;
        (listen, posts_per_sec) == (&other.listen, &other.posts_per_sec)
            && same_secret(token.as_ref(), other.token.as_ref())
    }
}

/// One sensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensor {
    /// What it measures and what is plausible; also its id and place.
    pub plan: Arc<SensorPlan>,
    /// Address in words.
    pub address: Option<String>,
    /// Longitude and latitude in degrees.
    pub lonlat: Option<[f64; 2]>,
    /// What people call it, and who answers for it.
    pub responsible: Responsible,
    /// Where its numbers come from.
    pub source: Source,
}
