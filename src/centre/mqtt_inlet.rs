//! Messages from one MQTT 5 broker that keeps sessions (mosquitto): for a community with one broker and no JetStream.
//!
//! The session is this process's own, so that each process gets everything; they store the same rows. A message is
//! acknowledged after it is stored. A client for each connection: what was taken on the last one comes again on the next.

use std::sync::Arc;
use std::time::Duration;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish, PublishProperties, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use tokio::sync::{mpsc, watch};
use url::Url;

use super::desk::Outgoing;
use super::inbound::Incoming;
use super::settings::Mqtt;
use super::station::{Station, Worker};
use super::{tasks, tls};
use crate::contract::box_key::SIGNATURE_PROPERTY;
use crate::outbox;
use crate::text::{Sentence, centre as say, log_info, log_warn};

/// Most messages of one transaction.
const BATCH: usize = 256;
/// Largest packet taken: a picture and its topic, with room to spare.
const MOST_BYTES: u32 = 512 * 1024;
/// So long a broker keeps what comes while this process is away.
const SESSION_SECS: u32 = 14 * 86_400;
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Between two connections.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Runs until it is stopped.
///
/// # Errors
/// The certificates cannot be used, or the address is none.
pub(super) async fn run(
    station: Arc<Station>,
    mqtt: &Mqtt,
    stop: watch::Receiver<bool>,
) -> Result<(), Sentence> {
    let mut worker = Worker::new(station.clone(), "mqtt", stop.clone());
    let (questions, mut requests) = mpsc::channel(8);
    let tasks =
        tokio::spawn(tasks::run(Worker::new(station, "tasks", stop.clone()), questions, stop.clone()));
    let mut reported = None;
    while !*stop.borrow() {
        let (client, events) = AsyncClient::new(options(mqtt)?, 1024);
        let Some(why) = connection(&mut worker, client, events, &mut requests).await else { break };
        if reported.as_ref() != Some(&why) {
            log_warn!(say::broker_away(&why));
            reported = Some(why);
        }
        let mut stop = stop.clone();
        tokio::select! {
            () = tokio::time::sleep(TRY_AGAIN) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
    let _ = tasks.await;
    Ok(())
}

fn options(mqtt: &Mqtt) -> Result<MqttOptions, Sentence> {
    let url = Url::parse(&mqtt.url).map_err(|_| say::no_url())?;
    let encrypted = url.scheme() == "mqtts";
    let port = url.port().unwrap_or(if encrypted { 8883 } else { 1883 });
    let mut options = MqttOptions::new(&mqtt.client_id, url.host_str().unwrap_or_default(), port);
    options
        .set_clean_start(false)
        .set_session_expiry_interval(Some(SESSION_SECS))
        .set_keep_alive(KEEP_ALIVE)
        .set_manual_acks(true)
        .set_max_packet_size(Some(MOST_BYTES));
    if encrypted {
        let config = tls::client_config(&mqtt.tls)?;
        options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::new(config))));
    }
    Ok(options)
}

/// One connection; why it ended, `None` if it is to stop.
async fn connection(
    worker: &mut Worker,
    client: AsyncClient,
    events: EventLoop,
    requests: &mut mpsc::Receiver<Vec<Outgoing>>,
) -> Option<String> {
    let everything = format!("{}/+/+/up/#", worker.station.prefix);
    let (taken, mut publishes) = mpsc::channel(BATCH);
    // A poll that is cancelled may lose a packet, so that nothing else is waited for in that task.
    let mut polling = tokio::spawn(poll(client.clone(), events, everything, taken));
    let mut stop = worker.stop.clone();
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        tokio::select! {
            count = publishes.recv_many(&mut batch, BATCH) => if count == 0 { break },
            Some(questions) = requests.recv() => {
                send(&client, questions);
                continue;
            }
            _ = stop.wait_for(|stop| *stop) => {
                polling.abort();
                return None;
            }
        }
        let committed = worker.store(batch.iter().map(incoming).collect()).await?;
        outbox::crash_point("centre-after-commit");
        for publish in batch.drain(..) {
            // Lost with the connection, it comes again and is there already.
            let _ = client.try_ack(&publish);
        }
        send(&client, committed.marks.iter().map(|mark| worker.station.desk.mark(mark)).collect());
    }
    let why = (&mut polling).await;
    Some(why.unwrap_or_else(|failure| failure.to_string()))
}

/// Hands on what comes, until the connection ends; why it did.
async fn poll(
    client: AsyncClient,
    mut events: EventLoop,
    filter: String,
    taken: mpsc::Sender<Publish>,
) -> String {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                // Subscribing at each connection brings the latest retained messages, too.
                if client.try_subscribe(&filter, QoS::AtLeastOnce).is_err() {
                    return String::new();
                }
            }
            Ok(Event::Incoming(Packet::SubAck(ack))) => {
                let refusal =
                    ack.return_codes.iter().find(|code| !matches!(code, SubscribeReasonCode::Success(_)));
                if let Some(refusal) = refusal {
                    return format!("{filter}: {refusal:?}");
                }
                log_info!(say::broker_there());
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                if taken.send(publish).await.is_err() {
                    return String::new();
                }
            }
            Ok(_) => {}
            Err(error) => return error.to_string(),
        }
    }
}

fn incoming(publish: &Publish) -> Incoming {
    let properties = publish.properties.iter().flat_map(|properties| &properties.user_properties);
    let jws =
        properties.filter(|(name, _)| name == SIGNATURE_PROPERTY).map(|(_, value)| value.clone()).next();
    let topic = String::from_utf8_lossy(&publish.topic).into_owned();
    Incoming { topic, body: publish.payload.to_vec(), jws }
}

/// What finds no room is sent again: marks with the next message of the box, questions after a minute.
fn send(client: &AsyncClient, all: Vec<Outgoing>) {
    for Outgoing { topic, body, retain, content_type } in all {
        let properties =
            PublishProperties { content_type: Some(content_type.to_owned()), ..PublishProperties::default() };
        let _ = client.try_publish_with_properties(topic, QoS::AtLeastOnce, retain, body, properties);
    }
}
