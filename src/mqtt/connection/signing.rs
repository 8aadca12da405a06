//! Signing of sent messages: with MQTT 5 in a property of the message itself, with 3.1.1 by a message that goes before it.
//!
//! A signature is made when its message is sent, with the key of now: what waited in the outbox while the key was replaced
//! is signed with the new one, and what is sent again is signed again. The signature on `up/signature` is nobody's record.
//! It goes out before its message on the same connection, so a broker that acknowledged the message had the signature;
//! a redelivered message comes with its signature again.
//!
//! A broker that takes no signatures must not keep the records back: after a few connections that ended with one, it gets
//! the records alone for a while, which doubles; for a day, if it took records alone and then ended a connection with a signature
//! again; and until the settings change at most.

use std::time::{Duration, Instant};

use super::super::publisher::Unsigned;
use super::Connection;
use crate::contract::alert::SeqData;
use crate::contract::box_key::{SIGNATURE_PROPERTY, SignatureData};
use crate::outbox::{Kind, Sending};
use crate::text::{log_error, mqtt as say};
use crate::types::backoff::doubled;
use crate::types::mqtt::Version;

/// So long a broker that surely takes no signatures gets none, and no other one for longer. Each try may keep an alert back
/// for as long as a connection takes to be given up.
const UNSIGNED_FOR: Duration = Duration::from_secs(86_400);

/// Bytes of a user property beside its name and value (MQTT 5, 2.2.2.2): its sort and two lengths, and two more for a length of
/// all properties that takes more than a byte.
const PROPERTY_BYTES: usize = 7;
/// Length of every signature: 90 characters of header, two dots, 86 of signature.
const SIGNATURE_BYTES: usize = 178;

/// Whether a signature is worth a message of its own: of what is acted on. Counts are not, and pictures are covered by their
/// alert, which has their digests.
fn has_signature_beside(kind: Kind) -> bool {
    match kind {
        Kind::Alert | Kind::Gap | Kind::TimeFix | Kind::Reply => true,
        Kind::Count | Kind::Evidence => false,
    }
}

impl Connection {
    /// What goes with the message as a property: its signature. `None` over MQTT 3.1.1, where the box has no key, and for an
    /// empty message, which says nothing.
    pub(super) fn property(&self, body: &[u8]) -> Option<String> {
        let signing = self.shared.bodies.signing.as_ref()?;
        match self.version {
            Version::V5 if !body.is_empty() => Some(signing.key.sign(body)),
            Version::V5 | Version::V311 => None,
        }
    }

    /// By how much the property makes a message larger.
    pub(super) fn property_bytes(&self) -> u64 {
        let is_signed = self.shared.bodies.signing.is_some() && self.version == Version::V5;
        if is_signed { (PROPERTY_BYTES + SIGNATURE_BYTES + SIGNATURE_PROPERTY.len()) as u64 } else { 0 }
    }

    /// What has to be sent before a record, over MQTT 3.1.1: the body of its signature.
    pub(super) fn signature_before(&self, sending: &Sending) -> Option<Vec<u8>> {
        let signing = self.shared.bodies.signing.as_ref()?;
        if self.version == Version::V5
            || !has_signature_beside(sending.kind)
            || self.is_unsigned(Instant::now())
        {
            return None;
        }
        let seq = sending.seq.as_ref()?;
        let seq = SeqData { stream: seq.stream.to_string(), n: seq.n };
        let signature = SignatureData::of(&sending.body, &sending.topic_suffix, seq, &signing.key);
        (signing.body)(signature, self.shared.clock.now().utc)
            .inspect_err(|error| log_error!(say::signature_unwritten(); %error))
            .ok()
    }

    /// Whether this broker does not take signatures of their own now.
    fn is_unsigned(&self, now: Instant) -> bool {
        let mut suspects = self.shared.suspects.lock();
        suspects.not_taken(&self.broker).unsigned.as_ref().is_some_and(|unsigned| unsigned.until > now)
    }

    /// How long this broker gets no signatures, when it was tried again so often in vain. The link may have been lost each time.
    pub(super) fn unsigned_for(&self, tries: u32) -> Duration {
        let mut suspects = self.shared.suspects.lock();
        let unsigned = suspects.not_taken(&self.broker).unsigned.as_ref();
        if unsigned.is_some_and(|unsigned| unsigned.is_proven) {
            return UNSIGNED_FOR;
        }
        doubled(self.timing().hold_first, tries, UNSIGNED_FOR)
    }

    /// The broker took a record; if connections ended with signatures before, without one.
    pub(super) fn taken_alone(&self, kind: Kind) {
        if has_signature_beside(kind)
            && let Some(unsigned) = &mut self.shared.suspects.lock().not_taken(&self.broker).unsigned
        {
            unsigned.is_proven = true;
        }
    }

    /// The broker took a signature.
    pub(super) fn sign_again(&self) {
        {
            let mut suspects = self.shared.suspects.lock();
            let not_taken = suspects.not_taken(&self.broker);
            (not_taken.unsigned, not_taken.signature_strikes) = (None, 0);
        }
        self.report_unsigned();
    }

    /// Says in the status whether this broker gets records without their signatures.
    pub(super) fn report_unsigned(&self) {
        let is_beside = self.shared.bodies.signing.is_some() && self.version == Version::V311;
        let (unsigned, too_small) = {
            let mut suspects = self.shared.suspects.lock();
            let not_taken = suspects.not_taken(&self.broker);
            (not_taken.unsigned.clone().filter(|_| is_beside), not_taken.too_small)
        };
        let broker = &self.broker;
        let small = too_small.map(|most| (say::some_unsigned(broker, most), say::try_larger_packets()));
        let beside =
            unsigned.map(|Unsigned { why, .. }| (say::unsigned(broker, why), say::try_signature_topic()));
        let sentence = beside.or(small);
        self.shared
            .status
            .send_if_modified(|status| std::mem::replace(&mut status.unsigned, sentence.clone()) != sentence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::box_key::BoxKey;

    #[test]
    fn every_signature_is_as_long_as_is_said() {
        for message in [&b""[..], &[0; 100_000]] {
            assert_eq!(BoxKey::generate().unwrap().sign(message).len(), SIGNATURE_BYTES);
        }
    }
}
