//! The configuration as each part of the daemon wants it. Plain translation: nothing is decided here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::alerts::SharedClockData;
use crate::alerts::alert_enricher::{AlertEnricher, Mutes};
use crate::alerts::alert_writer::{PublishOpen, WriterSettings};
use crate::alerts::close_up::MainStream;
use crate::analysis::Plan;
use crate::analysis::time::Timestamp;
use crate::clock::Clock;
use crate::config::{Broker, Camera, CameraSource, Config};
use crate::contract::alert::{GapData, GapRange, SeqData};
use crate::contract::box_key::BoxKey;
use crate::contract::box_status::StateData;
use crate::contract::command::{Outcome, ReplyData, Unanswered};
use crate::contract::messages::{ACTIVE, GAP};
use crate::contract::words::Time;
use crate::contract::{Sender, gap_event};
use crate::control::command_thread::SiteReaders;
use crate::control::refusal_stats::RefusalStats;
use crate::control::{Inbox, answer};
use crate::detector::Detector;
use crate::mqtt::{self, Publisher};
use crate::outbox::{self, Depth, Gap, GapBody, Limits, Opened, Outbox, OutboxError, Seq};
use crate::pipeline::frame_gate::DetectOptions;
use crate::text::{
    Sentence, box_log, camera as of_camera, daemon, foreign, health as say, language_of_log, log_error,
    log_info, log_warn,
};
use crate::video::{self, Location, Orientation, Pace, PictureShape, RtspUrl, Source};

use super::DaemonError;
use super::cameras::CameraSpec;
use super::loaded_models::LoadedModels;
use super::report;

/// Everything that follows from a configuration and its models.
pub(super) struct Site {
    plan: Plan,
    wanted: Vec<CameraSpec>,
    alert_writer: WriterSettings,
    detect_options: Vec<(Arc<str>, DetectOptions)>,
    workers: usize,
}

impl Site {
    /// Translates.
    ///
    /// # Errors
    /// A camera address that only the video side finds wrong.
    pub(super) fn new(
        config: &Config,
        loaded_models: &LoadedModels,
        clock: SharedClockData,
        mutes: Mutes,
    ) -> Result<Self, DaemonError> {
        let wanted = config.cameras.iter().map(wanted).collect::<Result<Vec<_>, _>>()?;
        let alert_enricher = AlertEnricher::new(config, loaded_models.model_ref(), clock, mutes)
            .map_err(|error| DaemonError::of_sentence(&error.sentence()).mendable())?;
        let mut main_streams = BTreeMap::new();
        for camera in &config.cameras {
            if let Some(stream) = main_stream(camera, loaded_models)? {
                main_streams.insert(camera.id.clone(), Arc::new(stream));
            }
        }
        let alert_writer = WriterSettings {
            alert_enricher,
            evidence: config.evidence.enabled,
            classes: loaded_models.classes(),
            face_model: loaded_models.faces().model().cloned(),
            masks: config.cameras.iter().map(|camera| (camera.id.clone(), camera.masks.clone())).collect(),
            main_streams,
        };
        let detect_options =
            |camera: &Camera| (camera.id.clone(), loaded_models.detect_options(config, camera));
        let detect_options = config.cameras.iter().map(detect_options).collect();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Site {
            plan: config.plan(config.cameras.iter().map(|camera| loaded_models.plan(camera)).collect()),
            wanted,
            alert_writer,
            detect_options,
            workers: if config.cameras.is_empty() {
                0
            } else {
                config.detector.workers.unwrap_or(cores).max(1)
            },
        })
    }

    /// For the analysis.
    pub(super) fn plan(&self) -> Plan {
        self.plan.clone()
    }

    /// For the video side.
    pub(crate) fn wanted_cameras(&self) -> Vec<CameraSpec> {
        self.wanted.clone()
    }

    /// For the alert writer.
    pub(crate) fn writer_settings(&self) -> WriterSettings {
        self.alert_writer.clone()
    }

    /// How each camera is looked at, for the pipeline.
    pub(super) fn detect_options(&self) -> Vec<(Arc<str>, DetectOptions)> {
        self.detect_options.clone()
    }

    /// One detector per worker; none where there is no camera.
    ///
    /// # Errors
    /// Buffers for the models cannot be had.
    pub(crate) fn detectors(
        &self,
        loaded_models: &LoadedModels,
    ) -> Result<Vec<Box<dyn Detector>>, DaemonError> {
        (0..self.workers)
            .map(|_| {
                loaded_models
                    .detector()
                    .map_err(|error| DaemonError::localized(|language| error.in_language(language)))
            })
            .collect()
    }
}

/// How a camera's pictures must be shown.
pub(crate) fn picture_shape(camera: &Camera) -> PictureShape {
    PictureShape {
        // Anything else was refused with the configuration.
        orientation: Orientation::clockwise(camera.rotate).unwrap_or_default(),
        display_aspect: camera.display_aspect,
    }
}

/// A stream of a camera, opened as the camera is.
fn stream(camera: &Camera, source: &CameraSource) -> Result<Source, DaemonError> {
    let location = match source {
        CameraSource::Rtsp { url, transport } => {
            let credentials = camera.credentials.as_ref().map(|known| video::Credentials {
                user: known.user.clone(),
                password: known.password.clone(),
            });
            let url = RtspUrl::parse_and_fill(url, credentials.as_ref()).map_err(|error| {
                DaemonError::of_sentence(&of_camera::of(&*camera.id, error.sentence())).mendable()
            })?;
            Location::Rtsp { url, transport: *transport, credentials }
        }
        CameraSource::File(path) => Location::File { path: path.clone(), pace: Pace::RealTime, repeat: true },
    };
    let mut source = Source::new(camera.id.clone(), location);
    source.stall_after = camera.stall_after;
    source.shape = picture_shape(camera);
    source.answer_within = camera.answer_within;
    source.trust = camera.trust.clone();
    source.decoder = camera.decoder.into();
    Ok(source)
}

/// The camera's large stream, if it has one.
fn main_stream(camera: &Camera, loaded_models: &LoadedModels) -> Result<Option<MainStream>, DaemonError> {
    let (Some(url), CameraSource::Rtsp { transport, .. }) = (&camera.url_main, &camera.source) else {
        return Ok(None);
    };
    let source = stream(camera, &CameraSource::Rtsp { url: url.clone(), transport: *transport })?;
    Ok(Some(MainStream { source, thresholds: loaded_models.thresholds(camera) }))
}

fn wanted(camera: &Camera) -> Result<CameraSpec, DaemonError> {
    let mut source = stream(camera, &camera.source)?;
    source.policy = camera.policy;
    Ok(CameraSpec { source, analysis_hz: camera.analysis_hz, weight: camera.weight })
}

/// The endpoint of the broker. The embedded one runs as long as this is kept.
pub(super) enum RunningBroker {
    /// A child process of ours.
    Embedded(mqtt::embedded::Embedded),
    /// Somewhere else.
    Remote,
}

impl RunningBroker {
    /// The embedded one's port on the loopback address.
    pub(super) fn port(&self) -> Option<u16> {
        match self {
            RunningBroker::Embedded(broker) => Some(broker.address().port()),
            RunningBroker::Remote => None,
        }
    }

    /// Gives the embedded one so long to begin to serve; goes on without it then.
    pub(super) fn wait_until_ready(&self, within: Duration) {
        if let RunningBroker::Embedded(broker) = self {
            broker.wait_until_ready(within);
        }
    }

    /// The embedded one's address.
    fn url(&self) -> Option<String> {
        match self {
            RunningBroker::Embedded(broker) => Some(broker.url()),
            RunningBroker::Remote => None,
        }
    }

    /// Ends the embedded one.
    pub(super) fn stop(self, deadline: Duration) {
        if let RunningBroker::Embedded(broker) = self {
            broker.stop(deadline);
        }
    }
}

/// Starts the embedded broker, with its state in `folder`, where no other one is configured.
///
/// # Errors
/// There is no free port for it. That it cannot serve for another reason is no error: it is tried again.
pub(crate) fn start_broker(config: &Config, folder: &Path) -> Result<RunningBroker, DaemonError> {
    match &config.mqtt.broker {
        Broker::Embedded { port } => {
            let broker = mqtt::embedded::Embedded::start(*port, folder)
                .map_err(|error| foreign::words(error.to_string()))
                .map_err(|why| DaemonError::of_sentence(&daemon::no_embedded_broker(why)))?;
            Ok(RunningBroker::Embedded(broker))
        }
        Broker::Remote { .. } => Ok(RunningBroker::Remote),
    }
}

/// The address of a broker. One of IPv6 stands in brackets.
fn url_of(scheme: &str, host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("{scheme}://[{host}]:{port}")
    } else {
        format!("{scheme}://{host}:{port}")
    }
}

/// How to reach the broker; `running` is what [`start_broker`] gave for this configuration.
pub(crate) fn mqtt_settings(config: &Config, running: &RunningBroker) -> mqtt::Settings {
    let mut settings = mqtt::Settings::new(config.site.area.to_string(), config.site.box_id.to_string());
    settings.prefix = config.mqtt.prefix.clone();
    settings.version = config.mqtt.version;
    settings.time_zone = config.site.time_zone.clone();
    match &config.mqtt.broker {
        Broker::Embedded { .. } => settings.url = running.url(),
        Broker::Remote { host, port, others, tls, credentials } => {
            let scheme = if tls.is_some() { "mqtts" } else { "mqtt" };
            settings.url = Some(url_of(scheme, host, *port));
            settings.more_urls = others.iter().map(|(host, port)| url_of(scheme, host, *port)).collect();
            if let Some(tls) = tls {
                settings.ca_file = tls.ca_file.clone();
                let (cert, key): (Option<PathBuf>, Option<PathBuf>) = tls.client.clone().unzip();
                settings.client_cert = cert;
                settings.client_key = key;
            }
            if let Some(known) = credentials {
                settings.user = Some(known.user.clone());
                settings.password_file = Some(known.file.clone());
            }
        }
    }
    settings
}

/// Says so where whoever reaches the broker may acknowledge alerts.
pub(crate) fn warn_of_open_door(config: &Config) {
    let here = match &config.mqtt.broker {
        Broker::Embedded { .. } => true,
        Broker::Remote { host, others, .. } => {
            std::iter::once(host).chain(others.iter().map(|(host, _)| host)).all(|host| {
                host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
            })
        }
    };
    if config.command_keys.is_empty() && !here {
        log_warn!(box_log::open_door());
    }
}

/// The queue, and what is wrong with where it is.
pub(super) struct OpenedOutbox {
    /// The queue.
    pub outbox: Outbox,
    /// Its folder.
    pub dir: PathBuf,
    /// Why that is not the configured one, if so.
    pub trouble: Option<Sentence>,
}

/// Opens the queue on disk and says what was found there. Where the disk is read-only, full or broken, the queue is
/// opened in a temporary folder instead, which is usually memory: a box that warns until its next restart is better
/// than one that does not start.
///
/// # Errors
/// The folder is another process's or a later version's, or there is no temporary folder either.
pub(crate) fn open_outbox(config: &Config, now: Timestamp) -> Result<OpenedOutbox, DaemonError> {
    let error = match open_outbox_in(&config.outbox.dir, config, now) {
        Ok(outbox) => {
            return Ok(OpenedOutbox { outbox, dir: config.outbox.dir.clone(), trouble: None });
        }
        Err(error @ (OutboxError::InUse { .. } | OutboxError::TooNew { .. })) => {
            return Err(DaemonError::localized(|language| error.in_language(language)));
        }
        Err(error) => error,
    };
    let name = format!("lookout-outbox-{:016x}", rand::random::<u64>());
    let dir = std::env::temp_dir().join(name);
    let message = error.in_language(language_of_log());
    log_error!(box_log::outbox_folder_unusable(); error = %message, instead = %dir.display());
    let outbox = open_outbox_in(&dir, config, now)
        .map_err(|_| DaemonError::localized(|language| error.in_language(language)))?;
    let trouble = say::spool_is_elsewhere(error.sentence(), dir.display());
    Ok(OpenedOutbox { outbox, dir, trouble: Some(trouble) })
}

/// How much the queue may keep.
pub(super) fn limits(config: &Config) -> Limits {
    Limits {
        rows: config.outbox.max_rows,
        bytes: config.outbox.max_bytes,
        free_bytes: config.outbox.min_free_bytes,
    }
}

fn open_outbox_in(dir: &Path, config: &Config, now: Timestamp) -> Result<Outbox, OutboxError> {
    let limits = limits(config);
    let sender = config.sender();
    let gap_body: GapBody = Arc::new(move |gap, seq| gap_event(gap_data(gap, seq), &sender));
    let options = outbox::Options {
        limits,
        gap_body,
        gap_topic: GAP.topic.to_owned(),
        expect_marks: config.mqtt.expect_marks,
        ..outbox::Options::default()
    };
    let identity = format!("{}/{}", config.site.area, config.site.box_id);
    let (outbox, opened) = Outbox::open(dir, now, &identity, options)?;
    // What was not as usual stands in the log already.
    let opened = match opened {
        Opened::New => "new",
        Opened::Continued => "continued",
        Opened::Damaged { .. } => "damaged",
        Opened::OtherBox(_) => "other_box",
    };
    let Depth { rows: waiting, stream, .. } = outbox.depth();
    log_info!(box_log::queue_open(); folder = %dir.display(), opened, %stream, waiting);
    Ok(outbox)
}

fn gap_data(gap: &Gap, seq: &Seq) -> GapData {
    GapData {
        seq: SeqData { stream: seq.stream.to_string(), n: seq.n },
        missing_stream: gap.stream.to_string(),
        missing: gap.ranges.iter().map(|(from, to)| GapRange { from: *from, to: *to }).collect(),
        missing_omitted: 0,
        pictures: gap.pictures,
        reason: gap.reason,
        began_at: Time(gap.from),
        until_at: Time(gap.to),
    }
}

/// As it is published.
fn unanswered(unanswered: &mqtt::Unanswered) -> Unanswered {
    let mqtt::Unanswered { count, from, until, request_ids } = unanswered.clone();
    Unanswered { count, from: Time(from), until: Time(until), request_ids }
}

/// The messages of the publisher itself, as the contract has them, and the receiver of inbound ones.
pub(super) fn bodies(
    sender: Sender,
    refusal_stats: Arc<RefusalStats>,
    clock: Clock,
    inbox: Inbox,
    key: Option<Arc<BoxKey>>,
    readers: SiteReaders,
) -> mqtt::Bodies {
    let (replier, signer) = (sender.clone(), sender.clone());
    mqtt::Bodies {
        state: Arc::new(move |state, session, at| {
            let id = format!("state.{session}.{}", at.as_millisecond());
            let data = StateData { state, session: session.to_owned(), since: Time(at) };
            sender.event(id, None, at, data)
        }),
        reply: Arc::new(move |refusal, seq| {
            let language = readers.read().language;
            let sentence = answer::first_sentence(&refusal.why);
            let request_id = refusal.request_id.clone().unwrap_or_default();
            let number = SeqData { stream: seq.stream.to_string(), n: seq.n };
            let reply = ReplyData {
                code: Some(refusal.kind),
                message: Some(refusal.why.in_language(language)),
                message_code: sentence.map(|sentence| sentence.code().to_owned()),
                message_args: sentence.map(|sentence| sentence.args(language)).unwrap_or_default(),
                unanswered: refusal.unanswered.as_deref().map(unanswered),
                ..ReplyData::new(request_id, refusal.verb.clone(), Outcome::Refused, number)
            };
            replier.event(format!("reply.{}.{}", seq.stream, seq.n), None, refusal.at, reply)
        }),
        observer: Arc::new(move |inbound| match inbound {
            Ok((stream, n)) => refusal_stats.mark(stream, n, clock.now().utc),
            Err(refusal) => refusal_stats.refused(refusal),
        }),
        downlink: Arc::new(inbox),
        signing: key.map(|key| mqtt::Signing {
            key,
            body: Arc::new(move |signature, at| signer.event(signature.event_id(), None, at, signature)),
        }),
    }
}

/// Publishes the list of open alerts whenever it changes.
pub(crate) fn publish_open(publisher: Arc<Publisher>, outbox: Outbox, clock: Clock) -> PublishOpen {
    Box::new(move |open, alert_enricher| {
        match report::active(open, alert_enricher, outbox.depth(), clock.now().utc) {
            Ok(message) => publisher.set_latest(ACTIVE.at(&[]), message),
            Err(error) => log_error!(box_log::open_alerts_not_written(); %error),
        }
    })
}
