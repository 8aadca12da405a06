//! One connection through `rumqttc`, with MQTT 5 and 3.1.1 behind the same few words.
//!
//! The only file that names the client library's events. Must never decide anything: see `connection`.

use std::time::Duration;

use rumqttc::v5;
use rumqttc::v5::mqttbytes::v5 as five;
use rumqttc::{NetworkOptions, TlsConfiguration, Transport};

use super::endpoint::Endpoint;
use super::publisher::Delivery;
use super::response::RequestProperties;
use super::trouble::Context;
use super::{Qos, Trouble};
use crate::contract::box_key::SIGNATURE_PROPERTY;
use crate::types::mqtt::Version;

/// Largest message taken; above it the library ends the connection. Commands and marks are small, a
/// wanted configuration of a box with many cameras is a few tens of kilobytes.
pub(super) const INCOMING_BYTES: usize = 64 * 1024;
/// Largest message sent: a picture and its topic, with room to spare.
const OUTGOING_BYTES: usize = 512 * 1024;
/// Packet numbers 1..=64 are used, then again from 1; far above the window.
const PACKET_NUMBERS: u16 = 64;

/// What a connection begins with.
pub(super) struct Opening<'a> {
    pub endpoint: &'a Endpoint,
    pub version: Version,
    pub client_id: &'a str,
    pub connect: Duration,
    pub keep_alive: Duration,
    /// Topic and body of the will, and how the broker publishes it.
    pub will: Option<(String, Delivery, Vec<u8>)>,
    pub incoming_bytes: usize,
}

/// What happened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The broker accepted the connection.
    Connected {
        /// How many unacknowledged publishes it takes; also where packet numbers begin again.
        receive_max: u16,
        /// Largest packet it takes.
        max_packet: Option<u32>,
        /// What both sides keep to.
        keep_alive: Duration,
    },
    /// The publish handed over before this went out under this number; 0 for QoS 0.
    Sent(u16),
    /// A PUBACK.
    Acked { pkid: u16, refusal: Option<Refused> },
    /// A SUBACK.
    Subscribed { refusal: Option<String> },
    Message {
        topic: String,
        payload: Vec<u8>,
        retain: bool,
        /// MQTT 3.1.1 has none of them.
        request: RequestProperties,
    },
    /// Our DISCONNECT is out.
    Disconnected,
    /// The library waits for a packet number that is taken, which the window should have made impossible.
    Collision,
    /// Pings and the like: a sign of life.
    Other,
}

/// Why the broker did not take a publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// The standard's name of the reason.
    pub reason: String,
    /// Whether it may be different soon.
    pub passing: bool,
}

pub(super) enum Client {
    V5(v5::AsyncClient),
    V311(rumqttc::AsyncClient),
}

pub(super) enum Wire {
    V5(Box<v5::EventLoop>, Duration),
    V311(Box<rumqttc::EventLoop>, Duration),
}

/// A client and its event loop for one connection. Nothing happens before the first poll.
pub(super) fn open(opening: Opening<'_>) -> (Client, Wire) {
    let address = &opening.endpoint.address;
    let connect_secs = opening.connect.as_secs().max(1);
    let transport = match &opening.endpoint.tls {
        Some(config) => Transport::tls_with_config(TlsConfiguration::Rustls(config.clone())),
        None => Transport::Tcp,
    };
    // rumqttc panics below 5 s (MQTT 5) and 1 s (3.1.1).
    let keep_alive = opening.keep_alive.max(Duration::from_secs(5));
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    network.set_connection_timeout(connect_secs);
    match opening.version {
        Version::V5 => {
            let mut options = v5::MqttOptions::new(opening.client_id, &address.host, address.port);
            options
                .set_transport(transport)
                .set_keep_alive(keep_alive)
                .set_clean_start(true)
                .set_connection_timeout(connect_secs)
                .set_network_options(network)
                .set_max_packet_size(u32::try_from(opening.incoming_bytes).ok())
                .set_outgoing_inflight_upper_limit(PACKET_NUMBERS)
                .set_request_channel_capacity(1);
            if let Some((user, password)) = &opening.endpoint.login {
                options.set_credentials(user, password);
            }
            if let Some((topic, delivery, body)) = opening.will {
                let (qos, retain) = (qos_of_5(delivery.qos), delivery.retain);
                let properties = will_properties(delivery.content_type);
                options.set_last_will(five::LastWill::new(topic, body, qos, retain, Some(properties)));
            }
            let (client, event_loop) = v5::AsyncClient::new(options, 1);
            (Client::V5(client), Wire::V5(Box::new(event_loop), keep_alive))
        }
        Version::V311 => {
            let mut options = rumqttc::MqttOptions::new(opening.client_id, &address.host, address.port);
            options
                .set_transport(transport)
                .set_keep_alive(keep_alive)
                .set_clean_session(true)
                .set_max_packet_size(opening.incoming_bytes, OUTGOING_BYTES)
                .set_inflight(PACKET_NUMBERS)
                .set_request_channel_capacity(1);
            if let Some((user, password)) = &opening.endpoint.login {
                options.set_credentials(user, password);
            }
            if let Some((topic, delivery, body)) = opening.will {
                let (qos, retain) = (qos_of_311(delivery.qos), delivery.retain);
                options.set_last_will(rumqttc::LastWill::new(topic, body, qos, retain));
            }
            let (client, mut event_loop) = rumqttc::AsyncClient::new(options, 1);
            event_loop.set_network_options(network);
            (Client::V311(client), Wire::V311(Box::new(event_loop), keep_alive))
        }
    }
}

fn will_properties(content_type: &str) -> five::LastWillProperties {
    five::LastWillProperties {
        delay_interval: None,
        payload_format_indicator: None,
        message_expiry_interval: None,
        content_type: Some(content_type.to_owned()),
        response_topic: None,
        correlation_data: None,
        user_properties: Vec::new(),
    }
}

fn qos_of_5(qos: Qos) -> v5::mqttbytes::QoS {
    match qos {
        Qos::AtMostOnce => v5::mqttbytes::QoS::AtMostOnce,
        Qos::AtLeastOnce => v5::mqttbytes::QoS::AtLeastOnce,
    }
}

fn qos_of_311(qos: Qos) -> rumqttc::QoS {
    match qos {
        Qos::AtMostOnce => rumqttc::QoS::AtMostOnce,
        Qos::AtLeastOnce => rumqttc::QoS::AtLeastOnce,
    }
}

/// What MQTT 5 carries beside a message; nothing of it goes with 3.1.1.
#[derive(Debug, Default)]
pub(super) struct Properties {
    /// The message's signature.
    pub signature: Option<String>,
    /// Correlation data of the request that the message answers.
    pub correlation_data: Option<Vec<u8>>,
}

impl Client {
    /// Hands a publish over; `false` if the one before it has not been taken yet.
    pub(super) fn publish(&self, topic: &str, delivery: Delivery, body: Vec<u8>, with: Properties) -> bool {
        let retain = delivery.retain;
        match self {
            Client::V5(client) => {
                let qos = qos_of_5(delivery.qos);
                // An empty message makes the broker forget: it is of no type, and has nothing that could expire.
                if body.is_empty() {
                    return client.try_publish(topic, qos, retain, body).is_ok();
                }
                let expiry = |after: Duration| u32::try_from(after.as_secs()).unwrap_or(u32::MAX);
                let signature = with.signature.map(|signature| (SIGNATURE_PROPERTY.to_owned(), signature));
                let properties = five::PublishProperties {
                    message_expiry_interval: delivery.expires.map(expiry),
                    content_type: Some(delivery.content_type.to_owned()),
                    correlation_data: with.correlation_data.map(Into::into),
                    user_properties: signature.into_iter().collect(),
                    ..five::PublishProperties::default()
                };
                client.try_publish_with_properties(topic, qos, retain, body, properties).is_ok()
            }
            Client::V311(client) => client.try_publish(topic, qos_of_311(delivery.qos), retain, body).is_ok(),
        }
    }

    /// Asks for a subscription at QoS 1.
    pub(super) fn subscribe(&self, filter: &str) -> bool {
        match self {
            Client::V5(client) => client.try_subscribe(filter, v5::mqttbytes::QoS::AtLeastOnce).is_ok(),
            Client::V311(client) => client.try_subscribe(filter, rumqttc::QoS::AtLeastOnce).is_ok(),
        }
    }

    /// Says goodbye, so that the broker keeps the will to itself.
    pub(crate) fn disconnect(&self) -> bool {
        match self {
            Client::V5(client) => client.try_disconnect().is_ok(),
            Client::V311(client) => client.try_disconnect().is_ok(),
        }
    }
}

impl Wire {
    /// The next thing that happens. Not to be polled again after an error: the library would connect anew.
    pub(super) async fn poll(&mut self, context: &mut Context<'_>) -> Result<Event, Trouble> {
        match self {
            Wire::V5(event_loop, wanted) => match event_loop.poll().await {
                Ok(event) => {
                    if let v5::Event::Incoming(five::Packet::ConnAck(_)) = &event {
                        context.connected = true;
                        // A broker that asks for no keep-alive would make the library ping without pause.
                        if event_loop.options.keep_alive() < Duration::from_secs(5) {
                            event_loop.options.set_keep_alive(*wanted);
                        }
                    }
                    Ok(from_v5(event, event_loop.options.keep_alive()))
                }
                Err(error) => Err(context.explain_v5(&error)),
            },
            Wire::V311(event_loop, keep_alive) => match event_loop.poll().await {
                Ok(event) => {
                    if let rumqttc::Event::Incoming(rumqttc::Packet::ConnAck(_)) = &event {
                        context.connected = true;
                        // From here on this limits a flush only, and a picture on a bad link takes long;
                        // the publisher watches by itself.
                        event_loop.network_options.set_connection_timeout(600);
                    }
                    Ok(from_v311(event, *keep_alive))
                }
                Err(error) => Err(context.explain_v4(&error)),
            },
        }
    }

    /// What had been read before an error: PUBACKs among it are as good as any.
    pub(crate) fn left_over(&mut self) -> Vec<Event> {
        match self {
            Wire::V5(event_loop, keep_alive) => {
                event_loop.state.events.drain(..).map(|event| from_v5(event, *keep_alive)).collect()
            }
            Wire::V311(event_loop, keep_alive) => {
                event_loop.state.events.drain(..).map(|event| from_v311(event, *keep_alive)).collect()
            }
        }
    }
}

fn from_v5(event: v5::Event, keep_alive: Duration) -> Event {
    use five::Packet as P;
    match event {
        v5::Event::Outgoing(outgoing) => from_outgoing(&outgoing),
        v5::Event::Incoming(packet) => match packet {
            P::ConnAck(ack) => {
                let properties = ack.properties;
                Event::Connected {
                    receive_max: properties
                        .as_ref()
                        .and_then(|p| p.receive_max)
                        .unwrap_or(PACKET_NUMBERS)
                        .min(PACKET_NUMBERS),
                    max_packet: properties.as_ref().and_then(|p| p.max_packet_size),
                    keep_alive,
                }
            }
            P::PubAck(ack) => {
                use five::PubAckReason as R;
                let refusal = match ack.reason {
                    R::Success | R::NoMatchingSubscribers => None,
                    reason => Some(Refused {
                        reason: format!("{reason:?}"),
                        passing: matches!(
                            reason,
                            R::UnspecifiedError
                                | R::ImplementationSpecificError
                                | R::QuotaExceeded
                                | R::PacketIdentifierInUse
                        ),
                    }),
                };
                Event::Acked { pkid: ack.pkid, refusal }
            }
            P::SubAck(ack) => {
                let refusal = ack.return_codes.iter().find_map(|code| match code {
                    five::SubscribeReasonCode::Success(_) => None,
                    other => Some(format!("{other:?}")),
                });
                Event::Subscribed { refusal }
            }
            P::Publish(publish) => {
                let asked = publish.properties.map(|properties| RequestProperties {
                    response_topic: properties.response_topic,
                    correlation_data: properties.correlation_data.map(Into::into),
                });
                Event::Message {
                    topic: String::from_utf8_lossy(&publish.topic).into_owned(),
                    payload: publish.payload.to_vec(),
                    retain: publish.retain,
                    request: asked.unwrap_or_default(),
                }
            }
            _ => Event::Other,
        },
    }
}

fn from_v311(event: rumqttc::Event, keep_alive: Duration) -> Event {
    use rumqttc::Packet as P;
    match event {
        rumqttc::Event::Outgoing(outgoing) => from_outgoing(&outgoing),
        rumqttc::Event::Incoming(packet) => match packet {
            P::ConnAck(_) => Event::Connected { receive_max: PACKET_NUMBERS, max_packet: None, keep_alive },
            P::PubAck(ack) => Event::Acked { pkid: ack.pkid, refusal: None },
            P::SubAck(ack) => {
                let refused = ack.return_codes.contains(&rumqttc::SubscribeReasonCode::Failure);
                Event::Subscribed { refusal: refused.then(|| "Failure".to_owned()) }
            }
            P::Publish(publish) => Event::Message {
                topic: publish.topic,
                payload: publish.payload.to_vec(),
                retain: publish.retain,
                request: RequestProperties::default(),
            },
            _ => Event::Other,
        },
    }
}

fn from_outgoing(outgoing: &rumqttc::Outgoing) -> Event {
    match outgoing {
        rumqttc::Outgoing::Publish(pkid) => Event::Sent(*pkid),
        rumqttc::Outgoing::AwaitAck(_) => Event::Collision,
        rumqttc::Outgoing::Disconnect => Event::Disconnected,
        _ => Event::Other,
    }
}
