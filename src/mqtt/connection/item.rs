//! What is in flight, and how it is sent. Must never decide what goes when.

use super::super::publisher::{Delivery, Key};
use crate::contract::messages::{self, Message, SEALED, SIGNATURE, STATE};
use crate::outbox::{Kind, RecordId, Sending};
use crate::types::box_state::BoxState;

/// Something in flight.
#[derive(Debug)]
pub(super) enum Item {
    State(BoxState),
    Latest {
        topic: String,
        version: u64,
    },
    Record {
        id: RecordId,
        kind: Kind,
        topic: String,
    },
    /// An answer on its response topic; on `up/reply` it is a record.
    Response {
        topic: String,
    },
    /// Of the record that goes next.
    Signature,
}

/// How a record is sent. Sealed originals are queued as pictures, and sent alike; their topic tells them apart.
pub(super) fn delivery_of(sending: &Sending) -> Delivery {
    let is_sealed = sending.kind == Kind::Evidence
        && SEALED.topic.split('{').next().is_some_and(|fixed| sending.topic_suffix.starts_with(fixed));
    Delivery::of(if is_sealed { &SEALED } else { message_of(sending.kind) })
}

/// The row of the table that says how a record is sent.
fn message_of(kind: Kind) -> &'static Message {
    match kind {
        Kind::Alert => &messages::ALERT,
        Kind::Count => &messages::COUNT,
        Kind::Reply => &messages::REPLY,
        Kind::Gap => &messages::GAP,
        Kind::Evidence => &messages::EVIDENCE,
        Kind::TimeFix => &messages::TIME_FIX,
    }
}

pub(super) fn item_of(sending: &Sending) -> Item {
    Item::Record { id: sending.id, kind: sending.kind, topic: sending.topic_suffix.clone() }
}

pub(super) fn key_of(item: &Item) -> Key {
    match item {
        Item::State(_) => Key::Latest(STATE.topic.to_owned()),
        Item::Signature => Key::Latest(SIGNATURE.topic.to_owned()),
        Item::Latest { topic, .. } | Item::Response { topic } => Key::Latest(topic.clone()),
        Item::Record { id, .. } => Key::Record(*id),
    }
}

/// Size of a QoS 1 publish on the wire, at most: fixed header, topic, packet number, properties (their length, when it
/// expires, and two with lengths of their own).
pub(super) fn packet_bytes(
    topic: &str,
    delivery: Delivery,
    correlation_data: Option<&[u8]>,
    body: usize,
) -> u64 {
    let properties = 4 + 5 + 3 + delivery.content_type.len() + 3 + correlation_data.map_or(0, <[u8]>::len);
    (1 + 4 + 2 + topic.len() + 2 + properties + body) as u64
}
