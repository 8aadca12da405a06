//! How what is sent is signed: with MQTT 5 in a property of the message itself, with 3.1.1 by a message that goes before it.
//!
//! A signature is made when its message is sent, with the key of now: what waited in the outbox while the key was replaced
//! is signed with the new one, and what is sent again is signed again. The signature on `up/signature` is nobody's record.
//! It goes out before its message on the same connection, so a broker that acknowledged the message had the signature;
//! whoever gets the message again gets the signature again, too.

use tracing::error;

use super::Connection;
use crate::contract::alert::SeqData;
use crate::contract::box_key::{SIGNATURE_PROPERTY, SignatureData};
use crate::outbox::{Kind, Sending};
use crate::types::mqtt::Version;

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
        match self.settings.version {
            Version::V5 if !body.is_empty() => Some(signing.key.sign(body)),
            Version::V5 | Version::V311 => None,
        }
    }

    /// By how much the property makes a message larger.
    pub(super) fn property_bytes(&self) -> u64 {
        let is_signed = self.shared.bodies.signing.is_some() && self.settings.version == Version::V5;
        if is_signed { (PROPERTY_BYTES + SIGNATURE_BYTES + SIGNATURE_PROPERTY.len()) as u64 } else { 0 }
    }

    /// What has to be sent before a record, over MQTT 3.1.1: the body of its signature.
    pub(super) fn signature_before(&self, sending: &Sending) -> Option<Vec<u8>> {
        let signing = self.shared.bodies.signing.as_ref()?;
        if self.settings.version == Version::V5 || !has_signature_beside(sending.kind) {
            return None;
        }
        let seq = sending.seq.as_ref()?;
        let seq = SeqData { stream: seq.stream.to_string(), n: seq.n };
        let signature = SignatureData::of(&sending.body, &sending.topic_suffix, seq, &signing.key);
        (signing.body)(signature, self.shared.clock.now().utc)
            .inspect_err(
                |error| error!(%error, "a signature could not be written; its message goes without it"),
            )
            .ok()
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
