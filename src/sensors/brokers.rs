//! MQTT brokers that sensors publish to: one connection for each, shared by its sensors.
//!
//! Spoken to in MQTT 3.1.1, which every broker knows, with a clean session: what was published while we were
//! away is old, and a reading has to be new. For the same reason retained messages are counted and not taken.
//!
//! Traps of the client library, as in `mqtt`: a new client for every connection; an incoming packet over its
//! limit ends the connection, so the limit is far above what is read ([`super::extract`]) and what no sensor
//! sends. Must never publish anything.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rumqttc::{
    AsyncClient, ConnectionError, Event, MqttOptions, NetworkOptions, Packet, Publish, QoS,
    SubscribeReasonCode, TlsConfiguration, Transport,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::extract::{Extract, Extracted};
use super::latest_values::ReadingSink;
use super::source::{Running, SensorTransport};
use super::state_log::{LogLine, StateLog};
use super::{Broker, BrokerTls, ON_THIS_MACHINE, Retry, SourceCheck, Timing};
use crate::analysis::pem;
use crate::input_file;
use crate::text::{
    Sentence, Words, argument, box_log, language_of_log, log_info, log_warn, sensor as text, sentences,
};
use crate::types::at::At;

sentences! {
    source {
        from_broker(topic, broker):
            "from {topic} at the broker {broker}",
            "来自 MQTT 服务器 {broker} 的主题 {topic}";
        from_this_machine(topic):
            "from {topic} at the broker on this machine",
            "来自本机 MQTT 服务器的主题 {topic}";
        topic_wildcard():
            "`topic` may hold no wildcard (`+`, `#`)",
            "`topic` 中不能有通配符（`+`、`#`）";
        try_whole_topic():
            "a sensor is one device: write its whole topic; `mosquitto_sub -v -t '#'` shows them",
            "一个传感器就是一台设备：请写出完整的主题；可用 `mosquitto_sub -v -t '#'` 查看";
    }
}

/// Largest packet of a broker that does not end the connection. Larger than any message of a sensor, and small
/// enough for the smallest box.
const PACKET_BYTES: usize = 1024 * 1024;
/// Between two signs of life.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// A connection that lived so long has proved itself.
const SETTLED: Duration = Duration::from_secs(30);
/// Where Debian, Alpine and their children keep the authorities everybody knows.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Messages on a topic.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// Name of one of the brokers.
    pub broker: Arc<str>,
    /// Without wildcards.
    pub topic: String,
    /// The place of the value in a message.
    pub extract: Extract,
}

impl SensorTransport for Subscription {
    fn described(&self) -> Sentence {
        match *self.broker == *ON_THIS_MACHINE {
            true => source::from_this_machine(&self.topic),
            false => source::from_broker(&self.topic, &*self.broker),
        }
    }

    fn start(wanted: Vec<(Arc<str>, Self)>, running: &Running, tasks: &mut JoinSet<()>) {
        let mut by_broker: BTreeMap<Arc<str>, Vec<Listener>> = BTreeMap::new();
        for (sensor, Subscription { broker, topic, extract }) in wanted {
            by_broker.entry(broker).or_default().push(Listener { sensor, topic, extract });
        }
        for (name, listeners) in by_broker {
            match running.brokers.iter().find(|broker| broker.name == name) {
                Some(broker) => {
                    tasks.spawn(listen(broker.clone(), listeners, running.sink.clone(), running.timing));
                }
                None => {
                    for listener in listeners {
                        running.sink.trouble(&listener.sensor, text::no_such_broker(&*name));
                    }
                }
            }
        }
    }
}

/// The topic of one device.
pub(super) fn checked_topic(field: &At<String>, check: &mut SourceCheck<'_>) -> Option<String> {
    let topic = field.value.trim();
    if topic.contains(['+', '#']) {
        check.error(&field.span, source::topic_wildcard(), source::try_whole_topic());
        return None;
    }
    Some(topic.to_owned())
}

/// A sensor and what it listens to.
#[derive(Debug, Clone)]
struct Listener {
    sensor: Arc<str>,
    topic: String,
    extract: Extract,
}

/// Listens, for ever.
async fn listen(broker: Broker, listeners: Vec<Listener>, sink: ReadingSink, timing: Timing) {
    let mut by_topic: BTreeMap<String, Vec<Listener>> = BTreeMap::new();
    for listener in listeners {
        by_topic.entry(listener.topic.clone()).or_default().push(listener);
    }
    let mut retry = Retry::new(timing);
    let mut log = Log { state: StateLog::new(State::NotYet, sink.now()), forbidden: BTreeSet::new() };
    loop {
        let began = Instant::now();
        let error = connection(&broker, &by_topic, &sink, timing, &mut log).await;
        if began.elapsed() >= SETTLED {
            retry.reset();
        }
        let trouble = text::broker(format!("{}:{}", broker.host, broker.port), error.clone());
        match log.state.note(State::Lost(error.clone()), true, sink.now()) {
            LogLine::Nothing => {}
            LogLine::Changed { changes_left_out } => {
                let error = error.in_language(language_of_log());
                log_warn!(box_log::no_sensor_broker(); broker = %broker.name, %error, changes_left_out);
            }
            LogLine::Still { times, changes_left_out } => {
                let error = error.in_language(language_of_log());
                log_warn!(box_log::still_no_sensor_broker(); broker = %broker.name, %error, times, changes_left_out);
            }
        }
        by_topic.values().flatten().for_each(|listener| sink.trouble(&listener.sensor, trouble.clone()));
        sleep(retry.next_wait()).await;
    }
}

/// What the log knows of a broker.
struct Log {
    state: StateLog<State>,
    /// Topics that may not be read.
    forbidden: BTreeSet<String>,
}

#[derive(PartialEq)]
enum State {
    NotYet,
    Listening,
    /// Why.
    Lost(Words),
}

/// One connection from its beginning to its end; why it ended.
async fn connection(
    broker: &Broker,
    by_topic: &BTreeMap<String, Vec<Listener>>,
    sink: &ReadingSink,
    timing: Timing,
    log: &mut Log,
) -> Words {
    let options = match options(broker) {
        Ok(options) => options,
        Err(error) => return error.into(),
    };
    // Topics are asked for in packets of this many, each of which is one request.
    const IN_ONE: usize = 50;
    let topics: Vec<&String> = by_topic.keys().collect();
    let (client, mut events) = AsyncClient::new(options, topics.len() / IN_ONE + 2);
    let mut network = NetworkOptions::new();
    network.set_connection_timeout(timing.connect.as_secs().max(1));
    events.set_network_options(network);
    let mut unanswered: VecDeque<&[&String]> = VecDeque::new();
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                for chunk in topics.chunks(IN_ONE) {
                    let filters = chunk
                        .iter()
                        .map(|topic| rumqttc::SubscribeFilter::new((*topic).clone(), QoS::AtLeastOnce));
                    if client.try_subscribe_many(filters).is_err() {
                        return text::no_subscription().into();
                    }
                    unanswered.push_back(chunk);
                }
            }
            Ok(Event::Incoming(Packet::SubAck(ack))) => {
                // Answers come in the order of the questions.
                let Some(asked) = unanswered.pop_front() else { continue };
                for (topic, code) in asked.iter().zip(&ack.return_codes) {
                    may_listen(topic, *code, by_topic, sink, log);
                }
                if unanswered.is_empty()
                    && let LogLine::Changed { .. } | LogLine::Still { .. } =
                        log.state.note(State::Listening, false, sink.now())
                {
                    log_info!(box_log::sensors_listening(); broker = %broker.name, topics = topics.len());
                }
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                read(&publish, by_topic.get(&publish.topic).map_or(&[], Vec::as_slice), sink).await;
            }
            Ok(_) => {}
            Err(error) => return explain(&error, broker.login.is_some()),
        }
    }
}

async fn read(publish: &Publish, listeners: &[Listener], sink: &ReadingSink) {
    for listener in listeners {
        if publish.retain {
            sink.retained(&listener.sensor);
            continue;
        }
        match listener.extract.read(&publish.payload) {
            Extracted::Reading(reading) => sink.take(&listener.sensor, reading).await,
            Extracted::Nothing => sink.passed_over(&listener.sensor),
        }
    }
}

/// What the broker answered to the subscription of a topic.
fn may_listen(
    topic: &str,
    code: SubscribeReasonCode,
    by_topic: &BTreeMap<String, Vec<Listener>>,
    sink: &ReadingSink,
    log: &mut Log,
) {
    let is_news = match code {
        SubscribeReasonCode::Success(_) => log.forbidden.remove(topic),
        SubscribeReasonCode::Failure => log.forbidden.insert(topic.to_owned()),
    };
    for listener in by_topic.get(topic).into_iter().flatten() {
        match code {
            SubscribeReasonCode::Success(_) => sink.well(&listener.sensor),
            SubscribeReasonCode::Failure => {
                if is_news {
                    log_warn!(box_log::sensor_topic_forbidden(); sensor = %listener.sensor, topic);
                }
                sink.trouble(&listener.sensor, text::topic_forbidden(topic));
            }
        }
    }
}

fn options(broker: &Broker) -> Result<MqttOptions, Sentence> {
    let id = format!("lookout-sensors-{:08x}", rand::random::<u32>());
    let mut options = MqttOptions::new(id, &broker.host, broker.port);
    options
        .set_keep_alive(KEEP_ALIVE)
        .set_clean_session(true)
        .set_max_packet_size(PACKET_BYTES, PACKET_BYTES);
    if let Some((user, password)) = &broker.login {
        options.set_credentials(user, password.reveal());
    }
    if let Some(tls) = &broker.tls {
        let config = Arc::new(client_config(tls)?);
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(config)));
    }
    Ok(options)
}

/// Reads the authorities anew for each connection, so that a new certificate needs no restart.
fn client_config(tls: &BrokerTls) -> Result<ClientConfig, Sentence> {
    let path = tls.ca_file.as_deref().unwrap_or(Path::new(SYSTEM_AUTHORITIES));
    let authorities = input_file::read(path)
        .map_err(|error| text::authorities(path.display(), argument::why_unread(&error)))?;
    let mut roots = RootCertStore::empty();
    let authorities = pem::plain(&authorities);
    let certificates = CertificateDer::pem_slice_iter(&authorities).filter_map(Result::ok);
    if roots.add_parsable_certificates(certificates).0 == 0 {
        return Err(text::no_certificate(path.display()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| text::no_tls(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The library's errors in words.
fn explain(error: &ConnectionError, has_login: bool) -> Words {
    match error {
        ConnectionError::Io(error) => text::connection_failed(error.to_string()).into(),
        ConnectionError::ConnectionRefused(code) => match (has_login, format!("{code:?}")) {
            (true, code) => text::login_refused(code).into(),
            (false, code) => text::login_missing(code).into(),
        },
        ConnectionError::NetworkTimeout | ConnectionError::FlushTimeout => text::late().into(),
        other => text::connection_failed(other.to_string()).into(),
    }
}
