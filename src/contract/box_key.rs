//! The key by which a box proves that a message is its own, and the signatures that it makes.
//!
//! A signature is a JWS in compact form with detached content (RFC 7515, appendix F): `header..signature`, over the bytes
//! of the message exactly as they are published. The content is base64url in what is signed (`b64` as ever, so without
//! RFC 7797): a consumer that puts base64url of the message between the two dots has an ordinary JWS, which every library
//! verifies. The key's name is its thumbprint (RFC 7638), so that it follows from the key and is nobody's choice.
//!
//! Pure: bytes in, bytes out. Must never show the private half but to who writes it to its file.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Payload;
use super::alert::SeqData;
use super::signature::{KeyError, PrivateKey, PublicKey};
use crate::text::key as text;
use crate::types::hex::sha256_hex;

/// Name of the MQTT 5 user property that holds the signature of a message.
pub(crate) const SIGNATURE_PROPERTY: &str = "jws";

/// The key of a box, both halves.
#[derive(Debug)]
pub struct BoxKey(PrivateKey);

impl BoxKey {
    /// A new key.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn generate() -> Result<Self, KeyError> {
        PrivateKey::generate_as(thumbprint).map(BoxKey)
    }

    /// Reads the private JWK that [`BoxKey::to_jwk`] wrote.
    ///
    /// # Errors
    /// It is no private Ed25519 key, or its name is not its thumbprint.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let (id, key) = PrivateKey::of_jwk(text)?;
        if id != thumbprint(&key.public()) {
            return Err(KeyError::Form(text::kid_no_thumbprint()));
        }
        Ok(BoxKey(key))
    }

    /// As [`BoxKey::from_jwk`] reads it. A secret: to be written to a file that its owner alone can read.
    pub fn to_jwk(&self) -> String {
        self.0.to_jwk()
    }

    /// Its name: its thumbprint (RFC 7638).
    pub fn id(&self) -> &str {
        self.0.id()
    }

    /// The half that verifies.
    pub fn public(&self) -> PublicJwk {
        PublicJwk {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: self.0.public().text(),
            kid: self.id().to_owned(),
            usage: "sig".to_owned(),
        }
    }

    /// The detached signature of a message: `header..signature`. The same message and key give the same one.
    pub fn sign(&self, message: &[u8]) -> String {
        let (header, _, signature) = self.0.sign_parts(message);
        format!("{header}..{signature}")
    }
}

/// The thumbprint of an Ed25519 key (RFC 7638, RFC 8037 section 2): SHA-256 of the required fields in the order of their
/// names, in base64url.
pub(crate) fn thumbprint(public: &PublicKey) -> String {
    let required = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, public.text());
    URL_SAFE_NO_PAD.encode(Sha256::digest(required))
}

/// The public half of the key by which a box signs what it says, a JWK (RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublicJwk {
    /// `OKP`, as RFC 8037 has it.
    pub kty: String,
    /// `Ed25519`.
    pub crv: String,
    /// The public key, 32 bytes in base64url.
    pub x: String,
    /// Name of the key: its thumbprint (RFC 7638), the `kid` of every signature made with it.
    pub kid: String,
    /// `sig`: it signs.
    #[serde(rename = "use")]
    pub usage: String,
}

/// The signature of one message, for consumers without MQTT 5: on `up/signature`, right before the message. With MQTT 5 it
/// is the user property `jws` of the message itself, and nothing is sent here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignatureData {
    /// Of what it is.
    pub of: SignedMessage,
    /// Name of the key, as in the header of `jws` and in `signing_key` of `up/meta`.
    pub kid: String,
    /// The signature: a JWS in compact form with detached content (RFC 7515, appendix F), `header..signature`. With base64url of
    /// the message's bytes between the two dots it is an ordinary JWS.
    pub jws: String,
}

/// The message that a signature is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedMessage {
    /// Topic of the signed message below the box's: `up/alert`.
    pub topic: String,
    /// Number of the signed message, its `data.seq`. The signature has none of its own.
    pub seq: SeqData,
    /// SHA-256 of the signed message's bytes, hexadecimal: by it they find one another.
    pub sha256: String,
}

impl Payload for SignatureData {
    const TYPE: &'static str = "lookout.signature.v1";
    const SCHEMA: &'static str = "signature";
}

impl SignatureData {
    /// The signature of `message`, which goes to `topic`.
    pub fn of(message: &[u8], topic: &str, seq: SeqData, key: &BoxKey) -> Self {
        SignatureData {
            of: SignedMessage { topic: topic.to_owned(), seq, sha256: sha256_hex(message) },
            kid: key.id().to_owned(),
            jws: key.sign(message),
        }
    }

    /// Identity of the event: of the same message and key always the same.
    pub fn event_id(&self) -> String {
        format!("signature.{}.{}.{}", self.of.seq.stream, self.of.seq.n, self.kid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::signature::{KnownKey, Role, verify};

    /// RFC 8037, appendix A.1 to A.4: the key, its thumbprint, what is signed, and the whole JWS.
    const RFC_KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"}"#;
    const RFC_MESSAGE: &[u8] = b"Example of Ed25519 signing";

    #[test]
    fn the_name_of_a_key_is_the_thumbprint_of_the_standard() {
        let key = BoxKey::from_jwk(RFC_KEY).unwrap();
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(key.public().x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let another = RFC_KEY.replace("kPrK", "kPrL");
        assert!(
            matches!(BoxKey::from_jwk(&another), Err(KeyError::Form(_))),
            "the name follows from the key"
        );
    }

    /// What stands between the dots is left out, and nothing else: what a reader puts there makes a JWS that this box, like
    /// every library, verifies. The signature itself is compared with the standard's in `signature`, which makes it.
    #[test]
    fn a_detached_signature_becomes_an_ordinary_one_by_the_message_in_it() {
        let key = BoxKey::from_jwk(RFC_KEY).unwrap();
        let detached = key.sign(RFC_MESSAGE);
        let (header, signature) = detached.split_once("..").unwrap();
        let read: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        assert_eq!(read, serde_json::json!({ "alg": "EdDSA", "kid": key.id() }));
        // Names of those who command are another alphabet, so the signature is verified by hand.
        let whole = format!("{header}.{}", URL_SAFE_NO_PAD.encode(RFC_MESSAGE));
        let public = URL_SAFE_NO_PAD.decode(key.public().x).unwrap();
        let verifies = |signed: &str| {
            ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, &public)
                .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
                .is_ok()
        };
        assert!(verifies(&whole));
        assert!(!verifies(&format!("{header}.{}", URL_SAFE_NO_PAD.encode(b"example of Ed25519 signing"))));
        assert_eq!(key.sign(RFC_MESSAGE), detached, "the same again");
    }

    #[test]
    fn a_key_is_written_and_read_back_and_no_key_is_that_of_another_box() {
        let key = BoxKey::generate().unwrap();
        let again = BoxKey::from_jwk(&key.to_jwk()).unwrap();
        assert_eq!((again.public(), again.sign(b"x")), (key.public(), key.sign(b"x")));
        assert_ne!(BoxKey::generate().unwrap().id(), key.id());
        let text = serde_json::to_string(&key.public()).unwrap() + &format!("{key:?}");
        let private: serde_json::Value = serde_json::from_str(&key.to_jwk()).unwrap();
        assert!(!text.contains(private["d"].as_str().unwrap()), "{text}");
    }

    /// A box that commands another one by its own key would be believed wherever its public key is written down by mistake.
    #[test]
    fn the_key_of_a_box_signs_no_commands() {
        let key = BoxKey::generate().unwrap();
        assert!(PrivateKey::from_jwk(&key.to_jwk()).is_err());
        let known = PublicKey::parse(&key.public().x).unwrap();
        let known = KnownKey { id: key.id().into(), role: Role::Admin, public: known };
        let detached = key.sign(b"{}");
        let (header, signature) = detached.split_once("..").unwrap();
        let whole = format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(b"{}"));
        assert!(verify(whole.as_bytes(), &[known]).is_err());
    }
}
