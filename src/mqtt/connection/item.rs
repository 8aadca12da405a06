//! Items in flight, and how each is sent. Must never decide the order.

use super::super::publisher::{Delivery, Key, Suspects};
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
    /// The signature of the record that is sent next.
    Signature,
}

/// How a record is sent. Sealed originals are queued as pictures, and sent alike; their topic distinguishes them.
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

/// Of what was in flight when a connection ended, oldest first: what may have been the reason. A signature only where nothing
/// before it was unacknowledged: many go out, and each of them counts for all.
pub(super) fn suspected(items: &[Item]) -> Vec<&Item> {
    let is_suspected = |(nth, item): &(usize, &Item)| match item {
        Item::State(_) => false,
        Item::Signature => *nth == 0,
        Item::Latest { .. } | Item::Record { .. } | Item::Response { .. } => true,
    };
    items.iter().enumerate().filter(is_suspected).map(|(_, item)| item).collect()
}

/// One more strike; returns how many it has. Signatures are counted for each broker: all of them are one.
pub(super) fn strike(suspects: &mut Suspects, broker: &str, item: &Item) -> u32 {
    // Records that were dropped meanwhile leave their strikes behind; nobody misses old ones.
    if suspects.strikes.len() > 1000 {
        suspects.strikes.clear();
    }
    let strikes = match item {
        Item::Signature => &mut suspects.not_taken(broker).signature_strikes,
        Item::State(_) | Item::Latest { .. } | Item::Record { .. } | Item::Response { .. } => {
            suspects.strikes.entry(key_of(item)).or_insert(0)
        }
    };
    *strikes = strikes.saturating_add(1);
    *strikes
}

/// What of a record's properties goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Whole,
    WithoutCorrelation,
    /// Without its signature, either.
    Bare,
    /// The broker does not take it at all.
    TooLarge,
}

/// What fits into the largest packet that the broker takes. The message must arrive; what is left out of it may be missed.
pub(super) fn fit(most: Option<u32>, bare: u64, signature: u64, correlation: u64) -> Fit {
    let Some(most) = most.map(u64::from) else { return Fit::Whole };
    if bare + signature + correlation <= most {
        Fit::Whole
    } else if bare + signature <= most {
        Fit::WithoutCorrelation
    } else if bare <= most {
        Fit::Bare
    } else {
        Fit::TooLarge
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_suspected_only_where_nothing_before_it_waits() {
        let latest = || Item::Latest { topic: "up/health".to_owned(), version: 1 };
        let count = |items: &[Item]| {
            let suspected = suspected(items);
            let signatures = suspected.iter().filter(|item| matches!(item, Item::Signature)).count();
            (signatures, suspected.len())
        };
        assert_eq!(count(&[Item::Signature, latest(), Item::Signature]), (1, 2));
        assert_eq!(count(&[Item::State(BoxState::Online), Item::Signature, latest()]), (0, 1));
        assert_eq!(count(&[latest(), Item::Signature]), (0, 1));
        assert_eq!(count(&[Item::State(BoxState::Online)]), (0, 0));
    }

    #[test]
    fn what_may_be_missed_is_left_out_before_a_message_is_kept_back() {
        for (most, expected) in [
            (600, Fit::Whole),
            (599, Fit::WithoutCorrelation),
            (400, Fit::WithoutCorrelation),
            (399, Fit::Bare),
            (200, Fit::Bare),
            (199, Fit::TooLarge),
        ] {
            assert_eq!(fit(Some(most), 200, 200, 200), expected, "{most}");
        }
        assert_eq!(fit(None, 200, 200, 200), Fit::Whole);
    }

    #[test]
    fn what_one_broker_did_with_signatures_counts_for_no_other() {
        let mut suspects = Suspects::default();
        let latest = Item::Latest { topic: "up/health".to_owned(), version: 1 };
        let mut count = |broker: &str, item: &Item| strike(&mut suspects, broker, item);
        assert_eq!([count("a", &Item::Signature), count("a", &Item::Signature)], [1, 2]);
        assert_eq!(count("b", &Item::Signature), 1);
        assert_eq!([count("a", &latest), count("b", &latest)], [1, 2]);
    }
}
