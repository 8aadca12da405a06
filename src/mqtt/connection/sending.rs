//! What goes out on one connection, one publish at a time: subscriptions, then `online`, then the latest values, then records
//! as the outbox lends them.

use std::time::Instant;

use super::super::flight::Publish;
use super::super::publisher::{Delivery, Latest, Shared};
use super::super::wire::{Client, Properties};
use super::super::{Qos, Trouble};
use super::Connection;
use super::item::{Fit, Item, delivery_of, fit, item_of, packet_bytes};
use crate::contract::messages::{SIGNATURE, STATE};
use crate::outbox::{Kind, Policy, SendOrder, Sending};
use crate::text::{log_error, mqtt as say};
use crate::types::box_state::BoxState;

impl Connection {
    /// Hands over as much as there is room for: one publish at a time.
    pub(super) async fn feed(&mut self, client: &Client) -> Result<(), Trouble> {
        if self.connected_at.is_none() || self.leaving {
            return Ok(());
        }
        if self.subscribing.is_some() {
            return Ok(());
        }
        if let Some(suffix) = self.subscriptions.pop_front() {
            if client.subscribe(&self.topic(&suffix)) {
                self.flight.number_taken();
                self.subscribing = Some((suffix, Instant::now()));
            } else {
                self.subscriptions.push_front(suffix);
            }
            return Ok(());
        }
        if !self.announced {
            self.announce();
        }
        while self.flight.has_room() {
            if !self.feed_one(client).await? {
                break;
            }
        }
        self.shared.status.send_if_modified(|status| {
            let in_flight = self.flight.len() as u64;
            std::mem::replace(&mut status.in_flight, in_flight) != in_flight
        });
        Ok(())
    }

    /// Hands over one publish; `false` if there is nothing to send now.
    async fn feed_one(&mut self, client: &Client) -> Result<bool, Trouble> {
        if let Some(sending) = self.signed.take() {
            return Ok(self.hand_over_signed(client, sending));
        }
        if self.stop_until.is_some() {
            return Ok(self.feed_goodbye(client));
        }
        if let Some(state) = self.state_to_say
            && self.state_not_before.is_none_or(|at| at <= Instant::now())
        {
            if let Some(body) = state_body(&self.shared, state, &self.session) {
                self.state_to_say = None;
                let item = Item::State(state);
                return Ok(self.hand_over(client, STATE.topic, Delivery::of(&STATE), body, item));
            }
            // The broker may keep an `offline` of an earlier connection: said later rather than never.
            self.state_not_before = Some(Instant::now() + self.timing().hold_first);
        }
        if self.feed_latest(client, false) || self.feed_response(client) {
            return Ok(true);
        }
        Ok(self.feed_record(client).await? || self.feed_latest(client, true))
    }

    /// Hands over a latest value, if one of those that wait for records or of the others is to be sent.
    fn feed_latest(&mut self, client: &Client, waits: bool) -> bool {
        let Some((topic, latest)) = self.next_latest(waits) else { return false };
        let item = Item::Latest { topic: topic.clone(), version: latest.version };
        self.hand_over(client, &topic, latest.delivery, latest.bytes, item)
    }

    fn feed_goodbye(&mut self, client: &Client) -> bool {
        if self.state_to_say == Some(BoxState::Stopped) && self.flight.is_empty() {
            self.state_to_say = None;
            let stopped = Item::State(BoxState::Stopped);
            match state_body(&self.shared, BoxState::Stopped, &self.session) {
                Some(body) => {
                    return self.hand_over(client, STATE.topic, Delivery::of(&STATE), body, stopped);
                }
                None => self.leaving = client.disconnect(),
            }
        }
        if self.stopped_confirmed && !self.leaving {
            self.leaving = client.disconnect();
        }
        false
    }

    /// A latest value that was not sent on this connection, is not in flight and is not put aside.
    fn next_latest(&self, waits: bool) -> Option<(String, Latest)> {
        let now = Instant::now();
        let latest = self.shared.latest.lock();
        let mut suspects = self.shared.suspects.lock();
        let held_latest = &suspects.not_taken(&self.broker).held_latest;
        latest
            .iter()
            .find(|(topic, value)| {
                let sent = self.latest_sent.get(*topic) == Some(&value.version);
                let in_flight = self
                    .flight
                    .items()
                    .any(|item| matches!(item, Item::Latest { topic: other, .. } if other == *topic));
                let held = held_latest
                    .get(*topic)
                    .is_some_and(|(version, until)| *version == value.version && *until > now);
                value.delivery.waits == waits && !sent && !in_flight && !held
            })
            .map(|(topic, value)| (topic.clone(), value.clone()))
    }

    async fn feed_record(&mut self, client: &Client) -> Result<bool, Trouble> {
        let now = Instant::now();
        if !self.look && self.look_at.is_none_or(|at| at > now) {
            return Ok(false);
        }
        let backlog = self.backlog.has_one(now);
        let evidence =
            !self.flight.items().any(|item| matches!(item, Item::Record { kind: Kind::Evidence, .. }));
        let settled = self.connected_at.is_some_and(|at| now >= at + self.timing().mark_grace);
        let policy = Policy { backlog, evidence, again: backlog && settled };
        let in_flight = self
            .shared
            .outbox
            .next_async(1, policy, now)
            .await
            .map_err(|error| self.outbox_failed(&error))?;
        let Some(sending) = in_flight.into_iter().next() else {
            self.nothing_now(policy, now).await?;
            return Ok(false);
        };
        if matches!(sending.turn, SendOrder::Backlog | SendOrder::Asked | SendOrder::Again) {
            self.backlog.take(now);
        }
        let delivery = delivery_of(&sending);
        let response = sending.seq.as_ref().and_then(|seq| self.shared.responses.take(seq));
        let mut correlation_data = response.as_ref().and_then(|target| target.correlation_data.clone());
        let topic = self.topic(&sending.topic_suffix);
        let bare = packet_bytes(&topic, delivery, None, sending.body.len());
        let correlation = correlation_data.as_ref().map_or(0, Vec::len) as u64;
        let fit = fit(self.max_packet, bare, self.property_bytes(), correlation);
        if fit != Fit::Whole {
            correlation_data = None;
        }
        if fit == Fit::TooLarge {
            let most = self.max_packet.unwrap_or(u32::MAX);
            let why = say::larger_than_taken(bare, most);
            self.put_aside(&item_of(&sending), why.into(), self.timing().hold_most).await;
            return Ok(true);
        }
        if let Some(signature) = self.signature_before(&sending) {
            self.signed = Some(sending);
            let delivery = Delivery::of(&SIGNATURE);
            return Ok(self.hand_over(client, SIGNATURE.topic, delivery, signature, Item::Signature));
        }
        self.respond_next(response.as_deref(), &sending.body);
        let item = item_of(&sending);
        let mut properties = Properties { signature: self.property(&sending.body), correlation_data };
        if fit == Fit::Bare && properties.signature.take().is_some() {
            self.shared.suspects.lock().not_taken(&self.broker).too_small = self.max_packet;
            self.report_unsigned();
        }
        Ok(self.publish(client, topic, delivery, sending.body, properties, item))
    }

    /// What [`Connection::signature_before`] went before: MQTT 3.1.1 has no response topics.
    fn hand_over_signed(&mut self, client: &Client, sending: Sending) -> bool {
        let (item, delivery) = (item_of(&sending), delivery_of(&sending));
        self.hand_over(client, &sending.topic_suffix, delivery, sending.body, item)
    }

    /// The outbox had nothing to lend under this policy: when might it?
    async fn nothing_now(&mut self, policy: Policy, now: Instant) -> Result<(), Trouble> {
        self.look = false;
        let hold_end =
            self.shared.outbox.next_hold_end_async().await.map_err(|error| self.outbox_failed(&error))?;
        let token = (!policy.backlog).then(|| self.backlog.next_at(now));
        let grace = self.connected_at.map(|at| at + self.timing().mark_grace).filter(|at| *at > now);
        self.look_at = [hold_end, token, grace].into_iter().flatten().min();
        if self.shared.outbox.depth().unsent == 0 {
            self.shared.suspects.lock().no_record_waits();
            self.shared.report_last_refusal();
        }
        Ok(())
    }

    pub(super) fn hand_over(
        &mut self,
        client: &Client,
        suffix: &str,
        delivery: Delivery,
        body: Vec<u8>,
        item: Item,
    ) -> bool {
        let properties = Properties { signature: self.property(&body), correlation_data: None };
        self.publish(client, self.topic(suffix), delivery, body, properties, item)
    }

    pub(super) fn publish(
        &mut self,
        client: &Client,
        topic: String,
        delivery: Delivery,
        body: Vec<u8>,
        properties: Properties,
        item: Item,
    ) -> bool {
        let bytes = packet_bytes(&topic, delivery, properties.correlation_data.as_deref(), body.len());
        let acknowledged = delivery.qos == Qos::AtLeastOnce;
        let taken = client.publish(&topic, delivery, body, properties);
        // The channel has room for one and nothing else is in it: see `Flight::has_room`. Were it
        // otherwise, the publish counts as in flight, is never sent, and the stall watch ends the connection.
        debug_assert!(taken, "the wire takes one publish at a time");
        self.flight.hand_over(Publish { item, bytes, since: Instant::now(), acknowledged });
        taken
    }
}

/// The message on `up/state`; `None` where it cannot be built. An empty one would delete what the broker keeps.
pub(super) fn state_body(shared: &Shared, state: BoxState, session: &str) -> Option<Vec<u8>> {
    (shared.bodies.state)(state, session, shared.clock.now().utc)
        .inspect_err(|error| log_error!(say::state_untold(); %error))
        .ok()
}
