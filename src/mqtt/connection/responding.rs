//! Answers on their response topics: the same bytes as on `up/reply`, right after them and once. What does not arrive
//! there is not sent again.

use std::time::Instant;

use super::super::publisher::Delivery;
use super::super::response::Target;
use super::super::wire::{Client, Properties};
use super::{Connection, Item, packet_bytes};
use crate::contract::messages::REPLY;
use crate::text::{log_warn, mqtt as say};

/// An answer that is on `up/reply`.
#[derive(Debug)]
pub(super) struct Response {
    topic: String,
    correlation_data: Option<Vec<u8>>,
    body: Vec<u8>,
}

impl Connection {
    /// Takes note of an answer that goes somewhere else, too.
    pub(super) fn respond_next(&mut self, target: Option<&Target>, body: &[u8]) {
        let Some(Target { topic: Some(topic), correlation_data, .. }) = target else { return };
        self.responses.push_back(Response {
            topic: topic.clone(),
            correlation_data: correlation_data.clone(),
            body: body.to_vec(),
        });
    }

    /// Hands one over; `false` if there is none.
    pub(super) fn feed_response(&mut self, client: &Client) -> bool {
        let delivery = Delivery::of(&REPLY);
        while let Some(Response { topic, correlation_data, body }) = self.responses.pop_front() {
            if self.is_left_unanswered(&topic) {
                log_warn!(say::response_topic_left_out(); topic);
                continue;
            }
            let bytes = packet_bytes(&topic, delivery, correlation_data.as_deref(), body.len())
                + self.property_bytes();
            if self.max_packet.is_some_and(|most| bytes > u64::from(most)) {
                log_warn!(say::response_too_large(); topic, bytes);
                continue;
            }
            let item = Item::Response { topic: topic.clone() };
            let properties = Properties { signature: self.property(&body), correlation_data };
            return self.publish(client, topic, delivery, body, properties, item);
        }
        false
    }

    /// Some brokers end the connection over a topic on which the box may not publish.
    fn is_left_unanswered(&self, topic: &str) -> bool {
        let mut suspects = self.shared.suspects.lock();
        suspects.not_taken(&self.broker).unanswered.get(topic).is_some_and(|until| *until > Instant::now())
    }
}
