//! Sensors: instruments beside the cameras, polled or subscribed to; each reading is passed on as received.
//!
//! ```text
//!  MQTT brokers ─┐
//!  Modbus lines ─┼─► tasks on one small runtime ─► board (what is known) ─► queue ─► out(SensorWord)
//!  HTTP webhook ─┘
//! ```
//!
//! - `mqtt_json`, `onvif_mqtt`, `modbus_tcp`, `modbus_rtu`, `webhook`: the sources, as `[[sensor]]` names them: the table in the
//!   configuration, its check, and what becomes of it. `with_sources` lists them: a new one is its file, its `mod` and its
//!   entry there.
//! - `brokers`: MQTT messages, one connection for each broker. `modbus`: registers of Modbus devices, one connection for each
//!   address. `webhook`: JSON that somebody posts, with a token. These are the ways by which numbers come (`transports` lists them).
//! - `payload`: from bytes to JSON. `extract`: from JSON to a number. `latest_values`: what each sensor last said, for health.
//!
//! Input from outside never panics and never becomes a number it is not: what cannot be read is passed on
//! as [`RawReading::Unreadable`]. Whether a number is plausible and what it means is the analysis's business,
//! not this module's. A source that is down says nothing; the sensor falls silent, which is never "normal".
//!
//! Threads: `sensors` runs all sources; `sensor-words` hands words over and may block. The queue between them
//! is bounded: when it is full the sources wait, so messages wait at the broker and questions are asked
//! later. Nothing is dropped here. [`Sensors::stop`] ends both.

mod brokers;
mod extract;
mod latest_values;
mod modbus;
mod modbus_client;
mod modbus_frame;
mod modbus_register;
pub(crate) mod modbus_rtu;
pub(crate) mod modbus_tcp;
mod modbus_transport;
pub(crate) mod mqtt_json;
pub(crate) mod onvif_mqtt;
mod payload;
mod source;
mod state_log;
pub(crate) mod webhook;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::analysis::sensor::{RawReading, SensorPlan};
use crate::analysis::time::Moment;
use crate::clock::Clock;
use crate::text::{Fields, Sentence, Sentences, box_log, log_error, log_warn};
use crate::types::backoff::doubled;
use crate::types::secret::Secret;

pub use extract::{Extract, Place, usual_words};
pub use latest_values::SensorStats;

/// The number in a message, or why there is none; `None` where the message is not meant for the sensor.
#[cfg(fuzzing)]
pub fn read_number(extract: &Extract, message: &[u8]) -> Option<Result<f64, String>> {
    use crate::analysis::sensor::RawReading;
    match extract.read(message) {
        extract::Extracted::Reading(RawReading::Value(number)) => Some(Ok(number)),
        extract::Extracted::Reading(RawReading::Unreadable(why)) => Some(Err(why.to_string())),
        extract::Extracted::Nothing => None,
    }
}
pub use modbus::RegisterQuery;
pub use modbus_transport::{Line, Serial};
pub(crate) use source::{Agreed, Around, Polled, SourceCheck, SourceDocument};

use latest_values::{LatestValues, ReadingSink};
use source::{Running, SensorTransport};

/// Capacity of the queue of readings. A second's worth of a box with many sensors.
const QUEUE: usize = 256;

/// A reading of a sensor, as received.
#[derive(Debug, Clone, PartialEq)]
pub struct SensorUpdate {
    /// Which sensor.
    pub sensor: Arc<str>,
    /// When it arrived. What devices say about the time is not believed.
    pub at: Moment,
    /// The reading.
    pub reading: RawReading,
}

/// Takes readings, from one thread, in the order of their arrival. May block.
pub type Out = Box<dyn FnMut(SensorUpdate) + Send>;

/// One sensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensor {
    /// What it measures and what is plausible.
    pub plan: Arc<SensorPlan>,
    /// The source of its values.
    pub source: Source,
}

/// Hands the sources to a macro: their names in `[[sensor]]`, which are those of their files, each with its sentence in the
/// reference and the type of its table.
macro_rules! with_sources {
    ($macro:ident) => {
        $macro! {
            /// Messages with JSON on an MQTT topic: zigbee2mqtt, ChirpStack, Tasmota and many others.
            mqtt_json: MqttJsonDocument,
            /// ONVIF events with JSON on an MQTT topic (prefix `onvif-ej`).
            onvif_mqtt: OnvifMqttDocument,
            /// A register that is asked for over Modbus TCP, or in RTU frames behind a serial server.
            modbus_tcp: ModbusTcpDocument,
            /// A register that is asked for over Modbus RTU on a serial port.
            modbus_rtu: ModbusRtuDocument,
            /// Readings that somebody posts over HTTP, see `[sensors.webhook]`.
            webhook: WebhookDocument,
        }
    };
}
pub(crate) use with_sources;

macro_rules! words_of_sources {
    ($($(#[doc = $sentence:literal])+ $name:ident: $Document:ident,)+) => {
        /// What the reference says of them.
        pub(crate) const FIELDS: &[Fields] = &[$($name::FIELDS),+];
    };
}
with_sources!(words_of_sources);

/// Lists the ways by which numbers come: the enum, what each says of itself, and how all are started.
macro_rules! transports {
    ($($file:ident::$Wanted:ident as $Name:ident),+ $(,)?) => {
        $(pub use $file::$Wanted;)+

        /// What they say, each in its own file.
        pub(crate) const SENTENCES: &[Sentences] = &[$($file::SENTENCES),+];

        /// Where a sensor's numbers come from.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Source {
            $(
                #[doc = concat!("See `", stringify!($file), ".rs`.")]
                $Name($Wanted),
            )+
        }

        impl Source {
            fn transport(&self) -> &dyn SensorTransport {
                match self {
                    $(Source::$Name(wanted) => wanted,)+
                }
            }
        }

        fn start_all(sensors: &[Sensor], running: &Running, tasks: &mut JoinSet<()>) {
            $(
                let wanted = sensors.iter().filter_map(|Sensor { plan, source }| {
                    let Source::$Name(wanted) = source else { return None };
                    Some((plan.id.clone(), wanted.clone()))
                });
                <$Wanted>::start(wanted.collect(), running, tasks);
            )+
        }
    };
}

transports! {
    brokers::Subscription as Mqtt,
    modbus::Poll as Modbus,
    webhook::WebhookPath as Webhook,
}

impl Source {
    /// Where the numbers come from, for people: `asked every 5s of unit 1 at 10.0.0.8:502`.
    pub fn described(&self) -> Sentence {
        self.transport().described()
    }

    /// How often the sensor is asked, where it is.
    pub(crate) fn polled(&self) -> Option<Polled> {
        self.transport().polled()
    }

    /// The device of this machine that it uses.
    pub fn device(&self) -> Option<&Path> {
        self.transport().device()
    }
}

/// Name of the broker on this machine; no id can be this.
pub(crate) const ON_THIS_MACHINE: &str = "(on this machine)";

/// A broker that sensors publish to. Spoken to in MQTT 3.1.1, which all of them know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Its name among the brokers.
    pub name: Arc<str>,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Encryption.
    pub tls: Option<BrokerTls>,
    /// User and password.
    pub login: Option<(String, Secret)>,
}

/// Encryption towards a broker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BrokerTls {
    /// PEM file with the authorities to trust; the system's if there is none.
    pub ca_file: Option<PathBuf>,
}

/// The listener to which readings are posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where it listens. Not encrypted: beyond the loopback address a proxy with TLS belongs in front.
    pub listen: SocketAddr,
    /// What `Authorization: Bearer` must hold.
    pub token: Secret,
    /// Maximum number of posts per second, all senders together; twice as many may come at once.
    pub per_second: u32,
}

/// How long things may take; the defaults are for the field, tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// The first wait after a connection broke is between zero and this (full jitter).
    pub retry_first: Duration,
    /// And no wait is longer than this.
    pub retry_most: Duration,
    /// From opening a connection to being able to use it.
    pub connect: Duration,
    /// A whole HTTP request, and a pause between two on one connection.
    pub request: Duration,
    /// How long a Modbus device that was just connected is asked again and again, as it may swallow what comes first.
    pub first_answer: Duration,
}

impl Default for Timing {
    /// Somebody on a ladder waits for the first wait, a switch that was rebooted for the longest. Guesses.
    fn default() -> Self {
        Timing {
            retry_first: Duration::from_millis(500),
            retry_most: Duration::from_secs(30),
            connect: Duration::from_secs(10),
            request: Duration::from_secs(10),
            first_answer: Duration::from_secs(10),
        }
    }
}

/// Everything that is wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Setup {
    /// The sensors; ids are unique.
    pub sensors: Vec<Sensor>,
    /// The brokers that sensors name.
    pub brokers: Vec<Broker>,
    /// The listener, where a sensor needs one.
    pub webhook: Option<Webhook>,
    /// How long things may take.
    pub timing: Timing,
}

/// The running sources.
pub struct Sensors {
    latest: Arc<LatestValues>,
    stop: Option<oneshot::Sender<()>>,
    /// Closed when a thread is gone.
    ended: Receiver<()>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Sensors {
    /// Starts all sources. A source that is down now is tried again and again; it fails nothing else.
    ///
    /// # Errors
    /// No thread or no runtime can be started.
    pub fn start(setup: Setup, clock: Clock, mut out: Out) -> io::Result<Self> {
        let latest =
            Arc::new(LatestValues::new(clock, setup.sensors.iter().map(|sensor| sensor.plan.clone())));
        let (words, mut taken) = mpsc::channel::<SensorUpdate>(QUEUE);
        let (stop, mut stopped) = oneshot::channel::<()>();
        let (alive, ended) = sync_channel::<()>(0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let sink = ReadingSink::new(latest.clone(), words);
        let also_alive = alive.clone();
        let sources = thread::Builder::new().name("sensors".to_owned()).spawn(move || {
            let _alive = alive;
            runtime.block_on(async {
                let mut tasks = all_tasks(setup, &sink);
                drop(sink);
                loop {
                    tokio::select! {
                        _ = &mut stopped => break,
                        Some(ended) = tasks.join_next() => {
                            // A task never ends by itself; a panic is our bug and stops only its source.
                            if let Err(error) = ended {
                                log_error!(box_log::sensor_source_ended(); %error);
                            }
                        }
                    }
                }
                tasks.shutdown().await;
            });
            // A name lookup may still block; it is left behind.
            runtime.shutdown_background();
        })?;
        let taker = thread::Builder::new().name("sensor-words".to_owned()).spawn(move || {
            let _alive = also_alive;
            while let Some(word) = taken.blocking_recv() {
                out(word);
            }
        })?;
        Ok(Sensors { latest, stop: Some(stop), ended, threads: vec![sources, taker] })
    }

    /// What is known of each sensor now, by id.
    pub fn stats(&self) -> Vec<SensorStats> {
        self.latest.stats()
    }

    /// Ends all sources; what they said before has been handed over when this returns `true`. `false`: it
    /// took longer and the threads were left behind.
    pub fn stop(mut self, within: Duration) -> bool {
        self.send_stop();
        let deadline = Instant::now() + within;
        // Nothing is ever sent: it ends with an error when both threads have dropped their end.
        let left = deadline.saturating_duration_since(Instant::now());
        if let Err(std::sync::mpsc::RecvTimeoutError::Timeout) = self.ended.recv_timeout(left) {
            log_warn!(box_log::sensor_threads_late());
            return false;
        }
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                log_error!(box_log::sensor_thread_panicked());
            }
        }
        true
    }

    fn send_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Fails only if the thread is gone.
            let _ = stop.send(());
        }
    }
}

impl Drop for Sensors {
    fn drop(&mut self) {
        self.send_stop();
    }
}

/// The tasks of all sources, and one that notices which sensors have fallen silent.
fn all_tasks(setup: Setup, sink: &ReadingSink) -> JoinSet<()> {
    let Setup { sensors, brokers, webhook, timing } = setup;
    let mut tasks = JoinSet::new();
    start_all(&sensors, &Running { brokers, webhook, timing, sink: sink.clone() }, &mut tasks);
    tasks.spawn(latest_values::watch_silence(sink.latest().clone()));
    tasks
}

/// Full-jitter backoff (Brooker, "Exponential Backoff And Jitter", 2015): a uniform draw below a doubling ceiling.
#[derive(Debug)]
struct Retry {
    timing: Timing,
    failures: u32,
}

impl Retry {
    fn new(timing: Timing) -> Self {
        Retry { timing, failures: 0 }
    }

    fn next_wait(&mut self) -> Duration {
        let ceiling = doubled(self.timing.retry_first, self.failures, self.timing.retry_most);
        self.failures = self.failures.saturating_add(1);
        ceiling.mul_f64(rand::random_range(0.0..=1.0))
    }

    fn reset(&mut self) {
        self.failures = 0;
    }
}
