//! The sensors' side of the daemon: which run, and their words on the way to the analysis thread.
//!
//! Must never decide anything about a reading; it only translates the configuration and passes words on.

use std::time::Duration;

use crate::clock::Clock;
use crate::config;
use crate::sensors::{
    Broker, BrokerTls, ON_THIS_MACHINE, Out, Sensor, SensorStats, Sensors, Setup, Timing, Webhook,
};
use crate::text::{box_log, log_error};

use super::analysis_thread::{AnalysisMessage, AnalysisQueue};

/// What stopping all sources may take.
pub(super) const STOP_WITHIN: Duration = Duration::from_secs(5);
/// Where a broker on this machine listens, unless it is the embedded one.
const USUAL_PORT: u16 = config::document::DEFAULT_EMBEDDED_PORT;

/// The running sensors, if there are any.
pub(crate) struct RunningSensors {
    clock: Clock,
    embedded: Option<u16>,
    analyst: AnalysisQueue,
    configured: config::Sensors,
    running: Option<Sensors>,
}

impl RunningSensors {
    /// No sensor runs yet. `embedded` is the port of the embedded broker, where it runs.
    pub(crate) fn new(clock: Clock, embedded: Option<u16>, analyst: AnalysisQueue) -> Self {
        RunningSensors { clock, embedded, analyst, configured: config::Sensors::default(), running: None }
    }

    /// Makes the running sensors those that are configured. Nothing happens where nothing changed; otherwise
    /// all are started anew, which costs no reading that is worth anything.
    pub(crate) fn become_those(&mut self, configured: &config::Sensors) {
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
            let _ = analyst.send(AnalysisMessage::Reading(word));
        });
        match Sensors::start(setup(configured, self.embedded), self.clock, out) {
            Ok(running) => self.running = Some(running),
            Err(error) => log_error!(box_log::sensors_not_started(); %error),
        }
    }

    /// Every sensor's figures.
    pub(crate) fn stats(&self) -> Vec<SensorStats> {
        self.running.as_ref().map(Sensors::stats).unwrap_or_default()
    }

    /// The embedded broker is at another port now, or not there any more. Counts from the next
    /// [`become_those`](Self::become_those) on.
    pub(crate) fn set_embedded(&mut self, embedded: Option<u16>) {
        if self.embedded != embedded {
            self.embedded = embedded;
            // Sensors at the broker on this machine must look for it anew.
            self.stop();
            self.configured = config::Sensors::default();
        }
    }

    /// Stops all sources; what they said before is with the analysis thread then.
    pub(crate) fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop(STOP_WITHIN);
        }
    }
}

/// The configuration as the sensors want it. `embedded` is the port of the embedded broker, where it runs.
pub(crate) fn setup(configured: &config::Sensors, embedded: Option<u16>) -> Setup {
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
    Sensor { plan: sensor.plan.clone(), source: sensor.source.clone() }
}
