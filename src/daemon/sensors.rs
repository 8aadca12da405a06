//! The sensors' side of the daemon: which run, and their words on the way to the analysis thread.
//!
//! Must never decide anything about a reading; it only translates the configuration and passes words on.

use std::sync::Arc;
use std::time::Duration;

use tracing::error;

use crate::clock::Clock;
use crate::config;
use crate::config::{ModbusRegister, SensorSource};
use crate::sensors::{
    Broker, BrokerTls, Extract, Line, Out, Place, Question, Sensor, SensorStats, Sensors, Serial, Setup,
    Source, Timing, Webhook, usual_words,
};

use super::analysis_thread::{AnalysisQueue, Note};

/// What stopping all sources may take.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// Name of the broker on this machine; no id can be this.
const ON_THIS_MACHINE: &str = "(on this machine)";
/// Where a broker on this machine listens, unless it is the embedded one.
const USUAL_PORT: u16 = config::document::DEFAULT_EMBEDDED_PORT;

/// The running sensors, if there are any.
pub struct RunningSensors {
    clock: Clock,
    embedded: Option<u16>,
    analyst: AnalysisQueue,
    configured: config::Sensors,
    running: Option<Sensors>,
}

impl RunningSensors {
    /// No sensor runs yet. `embedded` is the port of the embedded broker, where it runs.
    pub fn new(clock: Clock, embedded: Option<u16>, analyst: AnalysisQueue) -> Self {
        RunningSensors { clock, embedded, analyst, configured: config::Sensors::default(), running: None }
    }

    /// Makes the running sensors those that are configured. Nothing happens where nothing changed; otherwise
    /// all are started anew, which costs no reading that is worth anything.
    pub fn become_those(&mut self, configured: &config::Sensors) {
        if self.configured == *configured {
            return;
        }
        self.stop();
        self.configured = configured.clone();
        if configured.list.is_empty() {
            return;
        }
        let analyst = self.analyst.clone();
        let out: Out = Box::new(move |word| {
            // Fails only while the daemon is stopping.
            let _ = analyst.send(Note::Reading(word));
        });
        match Sensors::start(setup(configured, self.embedded), self.clock, out) {
            Ok(running) => self.running = Some(running),
            Err(error) => error!(%error, "the sensors could not be started"),
        }
    }

    /// Every sensor's figures.
    pub fn stats(&self) -> Vec<SensorStats> {
        self.running.as_ref().map(Sensors::stats).unwrap_or_default()
    }

    /// The embedded broker is at another port now, or not there any more. Counts from the next
    /// [`become_those`](Self::become_those) on.
    pub fn set_embedded(&mut self, embedded: Option<u16>) {
        if self.embedded != embedded {
            self.embedded = embedded;
            // Whoever listens at the broker on this machine must look for it anew.
            self.stop();
            self.configured = config::Sensors::default();
        }
    }

    /// Stops all sources; what they said before is with the analysis thread then.
    pub fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop(STOP_WITHIN);
        }
    }
}

/// The configuration as the sensors want it. `embedded` is the port of the embedded broker, where it runs.
pub fn setup(configured: &config::Sensors, embedded: Option<u16>) -> Setup {
    let mut brokers: Vec<Broker> = configured.brokers.iter().map(broker).collect();
    brokers.push(Broker {
        name: ON_THIS_MACHINE.into(),
        host: "127.0.0.1".to_owned(),
        port: embedded.unwrap_or(USUAL_PORT),
        tls: None,
        login: None,
    });
    let webhook = configured.webhook.as_ref().and_then(|webhook| {
        Some(Webhook {
            listen: webhook.listen,
            token: webhook.token.as_ref()?.password.clone(),
            per_second: webhook.posts_per_sec,
        })
    });
    Setup {
        sensors: configured.list.iter().map(sensor).collect(),
        brokers,
        webhook,
        timing: Timing::default(),
    }
}

fn broker(broker: &config::SensorBroker) -> Broker {
    Broker {
        name: broker.id.clone(),
        host: broker.host.clone(),
        port: broker.port,
        tls: broker.tls.as_ref().map(|tls| BrokerTls { ca_file: tls.ca_file.clone() }),
        login: broker.credentials.as_ref().map(|known| (known.user.clone(), known.password.clone())),
    }
}

fn sensor(sensor: &config::Sensor) -> Sensor {
    // Usual words stand for states. A gauge that says `high` has not measured one metre.
    let words_with = |own: &std::collections::BTreeMap<String, f64>| {
        let mut words = if sensor.plan.is_binary() { usual_words() } else { Default::default() };
        words.extend(own.iter().map(|(word, value)| (word.clone(), *value)));
        words
    };
    let from_json = |value: &config::JsonValue| Extract {
        place: Place::Pointer(value.pointer.clone()),
        words: words_with(&value.words),
        skip_missing: value.skip_missing,
    };
    let named = |broker: &Option<Arc<str>>| broker.clone().unwrap_or_else(|| ON_THIS_MACHINE.into());
    let source = match &sensor.source {
        SensorSource::MqttJson { topic, value, broker } => {
            Source::Mqtt { broker: named(broker), topic: topic.clone(), extract: from_json(value) }
        }
        SensorSource::OnvifMqtt { topic, source, data_key, words, broker } => Source::Mqtt {
            broker: named(broker),
            topic: topic.clone(),
            extract: Extract {
                place: Place::Onvif { source: source.clone(), data_key: data_key.clone() },
                words: words_with(words),
                skip_missing: false,
            },
        },
        SensorSource::ModbusTcp { host, port, framing, register } => Source::Modbus {
            line: Line::Tcp { host: host.clone(), port: *port, framing: *framing },
            question: question(register),
        },
        SensorSource::ModbusRtu { port, register } => Source::Modbus {
            line: Line::Rtu(Serial {
                device: port.device.clone(),
                baud: port.baud,
                parity: port.parity,
                stop_bits: port.stop_bits,
            }),
            question: question(register),
        },
        SensorSource::Webhook { path, value } => {
            Source::Webhook { path: path.clone(), extract: from_json(value) }
        }
    };
    Sensor { plan: sensor.plan.clone(), source }
}

fn question(register: &ModbusRegister) -> Question {
    Question {
        unit: register.unit,
        table: register.table,
        register: register.register,
        kind: register.kind,
        order: register.order,
        poll: register.poll,
        timeout: register.timeout,
        connect_pause: register.connect_pause,
        any_unit: register.any_unit,
        if_missing: register.if_missing.clone(),
    }
}
