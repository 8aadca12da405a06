//! Authorisation: verifies every message from the centre before it is parsed.
//!
//! Where the configuration names keys, a message is taken only with the signature of one whose role allows it, marks
//! included: a forged mark would make the box forget alerts. Where it names none, only acknowledgements and marks are
//! taken. Pure but for the list of keys, which a new configuration replaces. Must never pass on a byte that was not
//! covered by the signature it asked for.

use std::borrow::Cow;
use std::sync::Arc;

use parking_lot::RwLock;

use super::{is_taken_without_keys, role_for};
use crate::contract::command::Refusal as RefusalKind;
use crate::contract::signature::{self, KnownKey, Role, Untrusted};
use crate::text::{Sentence, command as say};

/// Who signed a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The key's name.
    pub key: Arc<str>,
    /// What its holder may do.
    pub role: Role,
}

/// The keys that a box knows.
#[derive(Debug, Default)]
pub struct Gate {
    keys: RwLock<Arc<[KnownKey]>>,
}

impl PartialEq for Gate {
    fn eq(&self, other: &Gate) -> bool {
        *self.keys.read() == *other.keys.read()
    }
}

impl Eq for Gate {}

/// A message that may come in.
#[derive(Debug)]
pub(super) struct Admitted<'p> {
    /// What is inside the signature.
    pub payload: Cow<'p, [u8]>,
    /// Who signed it; `None` where no signature is asked for.
    pub signer: Option<Signer>,
}

/// A message that may not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rejected {
    pub kind: RefusalKind,
    pub why: Sentence,
    /// The key whose signature was verified, if any.
    pub key: Option<Arc<str>>,
    /// What is inside, to answer with its `request_id`: where keys are in force only if the signature is good.
    pub payload: Option<Vec<u8>>,
}

impl Rejected {
    fn new(kind: RefusalKind, why: Sentence) -> Self {
        Rejected { kind, why, key: None, payload: None }
    }
}

impl Gate {
    /// Takes other keys from here on.
    pub fn set_keys(&self, keys: &[KnownKey]) {
        *self.keys.write() = keys.into();
    }

    /// Whether `command` (`ack`, `mark`, `config`, ...) may come in as `message`.
    pub(super) fn admit<'p>(&self, command: &str, message: &'p [u8]) -> Result<Admitted<'p>, Rejected> {
        let keys = self.keys.read().clone();
        if keys.is_empty() {
            return open_house(command, message);
        }
        let Some(needed) = role_for(command) else {
            let verified = signature::verify(message, &keys).ok();
            let (payload, key) = verified.map(|(payload, key)| (payload, key.id.clone())).unzip();
            return Err(Rejected { key, payload, ..unknown(command) });
        };
        let (payload, key) = signature::verify(message, &keys).map_err(untrusted)?;
        let signer = Signer { key: key.id.clone(), role: key.role };
        if key.role < needed {
            let why = say::role_too_low(&*key.id, key.role.name(), command, needed.name());
            return Err(Rejected {
                kind: RefusalKind::NotAllowed,
                why,
                key: Some(key.id.clone()),
                payload: Some(payload),
            });
        }
        Ok(Admitted { payload: payload.into(), signer: Some(signer) })
    }
}

/// Without keys, what changes nothing but the state of alerts is taken from every client of the broker.
fn open_house<'p>(command: &str, message: &'p [u8]) -> Result<Admitted<'p>, Rejected> {
    let payload = Some(signature::unverified_payload(message).unwrap_or_else(|| message.to_vec()));
    if role_for(command).is_none() {
        return Err(Rejected { payload, ..unknown(command) });
    }
    if !is_taken_without_keys(command) {
        let why = say::signature_needed(command);
        return Err(Rejected { payload, ..Rejected::new(RefusalKind::Unsigned, why) });
    }
    if signature::looks_signed(message) {
        let why = say::no_key_to_check();
        return Err(Rejected { payload, ..Rejected::new(RefusalKind::UnknownKey, why) });
    }
    Ok(Admitted { payload: message.into(), signer: None })
}

fn unknown(command: &str) -> Rejected {
    Rejected::new(RefusalKind::UnknownCommand, say::unknown(tame(command)))
}

fn untrusted(error: Untrusted) -> Rejected {
    let kind = match &error {
        Untrusted::Unsigned => RefusalKind::Unsigned,
        Untrusted::Form(_) => RefusalKind::Malformed,
        Untrusted::UnknownKey(_) => RefusalKind::UnknownKey,
        Untrusted::BadSignature(_) => RefusalKind::BadSignature,
    };
    Rejected::new(kind, error.sentence())
}

/// A name from a topic, fit to be shown and stored.
pub(super) fn tame(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::signature::PrivateKey;
    use crate::control::{COMMANDS, CommandSpec};

    fn gate(role: Role) -> (Gate, PrivateKey) {
        let key = PrivateKey::generate("k").unwrap();
        let gate = Gate::default();
        gate.set_keys(&[KnownKey { id: "k".into(), role, public: key.public() }]);
        (gate, key)
    }

    #[test]
    fn without_keys_only_acknowledgements_and_marks_come_in() {
        let gate = Gate::default();
        assert!(gate.admit("ack", b"{}").is_ok() && gate.admit("mark", b"{}").is_ok());
        for command in COMMANDS.iter().map(CommandSpec::name).filter(|name| *name != "ack") {
            assert_eq!(gate.admit(command, b"{}").unwrap_err().kind, RefusalKind::Unsigned, "{command}");
        }
        assert_eq!(gate.admit("reboot", b"{}").unwrap_err().kind, RefusalKind::UnknownCommand);
    }

    #[test]
    fn with_keys_everything_is_signed_by_somebody_who_may() {
        let (gate, key) = gate(Role::Desk);
        let signed = key.sign(b"{}");
        assert_eq!(gate.admit("mark", b"{}").unwrap_err().kind, RefusalKind::Unsigned);
        assert_eq!(gate.admit("ack", b"{}").unwrap_err().kind, RefusalKind::Unsigned);
        let admitted = gate.admit("ack", signed.as_bytes()).unwrap();
        assert_eq!((&*admitted.payload, admitted.signer.unwrap().role), (&b"{}"[..], Role::Desk));
        assert_eq!(gate.admit("set", signed.as_bytes()).unwrap_err().kind, RefusalKind::NotAllowed);
        let stranger = PrivateKey::generate("k").unwrap().sign(b"{}");
        assert_eq!(gate.admit("ack", stranger.as_bytes()).unwrap_err().kind, RefusalKind::BadSignature);
    }

    #[test]
    fn a_refusal_can_name_the_request_unless_keys_are_in_force_and_the_signature_is_not_good() {
        let request = br#"{"request_id":"r1"}"#;
        let payload = |gate: &Gate, command: &str, message: &[u8]| {
            gate.admit(command, message).unwrap_err().payload.map(|p| String::from_utf8(p).unwrap())
        };
        let expected = Some(r#"{"request_id":"r1"}"#.to_owned());
        let stranger = PrivateKey::generate("k").unwrap().sign(request);
        let open = Gate::default();
        for command in ["set", "reboot"] {
            assert_eq!(payload(&open, command, request), expected, "{command}, bare");
            assert_eq!(payload(&open, command, stranger.as_bytes()), expected, "{command}, signed");
        }
        assert_eq!(payload(&open, "ack", stranger.as_bytes()), expected, "signed where no key is known");
        let (gate, key) = gate(Role::Desk);
        let signed = key.sign(request);
        for command in ["set", "reboot"] {
            assert_eq!(payload(&gate, command, signed.as_bytes()), expected, "{command}");
            assert_eq!(payload(&gate, command, stranger.as_bytes()), None, "{command}, a stranger's");
            assert_eq!(payload(&gate, command, request), None, "{command}, unsigned");
        }
    }

    #[test]
    fn a_key_that_was_taken_out_opens_nothing() {
        let (gate, key) = gate(Role::Admin);
        let signed = key.sign(b"{}");
        assert!(gate.admit("config", signed.as_bytes()).is_ok());
        gate.set_keys(&[]);
        assert_eq!(gate.admit("ack", signed.as_bytes()).unwrap_err().kind, RefusalKind::UnknownKey);
    }
}
