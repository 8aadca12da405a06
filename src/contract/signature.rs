//! Who may say what to a box: roles, keys, and messages signed with them.
//!
//! A signed message is a JWS in compact form (RFC 7515) over Ed25519, `alg: EdDSA` (RFC 8037) or, by its newer name,
//! `Ed25519` (RFC 9864); `kid` names the key.
//! There are libraries for it in every language, and the signature covers the bytes as they were sent, so nobody has
//! to agree on how JSON is written. A private key is kept as a JWK (RFC 8037, section 2).
//!
//! Pure: bytes in, bytes out. Must never take an algorithm from a message but the one above, and never show a
//! private key in an error or a `Debug`.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::text::{Sentence, command as say, key};

/// Longest name of a key, in bytes; as long as other ids.
const KEY_ID_BYTES: usize = 64;

/// The names of the one algorithm: RFC 8037's, which also stands for Ed448, and RFC 9864's, which does not.
const ALGORITHMS: [&str; 2] = ["EdDSA", "Ed25519"];

/// What somebody may ask of a box. Each role may do what the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works on alerts, and asks how the box does and what a camera sees.
    Desk,
    /// Also changes thresholds and which rules run, mutes alerts, and asks for sealed originals.
    Operator,
    /// Also decides what runs: sends the whole configuration, and confirms one on trial.
    Admin,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Role; 3] = [Role::Desk, Role::Operator, Role::Admin];

    /// The name in the configuration and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Role::Desk => "desk",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Whether a text may name a key: as ids in the configuration.
pub(crate) fn is_key_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= KEY_ID_BYTES
        && text.bytes().next().is_some_and(plain)
        && text.bytes().all(|b| plain(b) || b == b'-' || b == b'_')
}

/// Half of a key that everybody may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads 43 characters of base64url, the `x` of a JWK; `None` for anything else.
    pub fn parse(text: &str) -> Option<PublicKey> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(PublicKey)
    }

    /// As [`PublicKey::parse`] reads it.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// A key that a box knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// Its name, the `kid` of what it signs.
    pub id: Arc<str>,
    /// What its holder may do.
    pub role: Role,
    /// Checks signatures.
    pub public: PublicKey,
}

/// Why a message is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Untrusted {
    /// Plain JSON where a signature is asked for.
    Unsigned,
    /// Looks signed and is not well formed.
    Form(Sentence),
    /// Signed by somebody this box does not know.
    UnknownKey(String),
    /// Not signed with that key, or changed on the way.
    BadSignature(Arc<str>),
}

impl Untrusted {
    /// For people.
    pub fn sentence(&self) -> Sentence {
        match self {
            Untrusted::Unsigned => say::unsigned(),
            Untrusted::Form(why) => say::no_jws(why.clone()),
            Untrusted::UnknownKey(key) => say::unknown_key(key),
            Untrusted::BadSignature(key) => say::bad_signature(&**key),
        }
    }
}

/// In English.
impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for Untrusted {}

/// Whether a message looks like a JWS rather than JSON.
pub(crate) fn looks_signed(message: &[u8]) -> bool {
    let first = message.iter().find(|byte| !byte.is_ascii_whitespace());
    first.is_some_and(|byte| !matches!(byte, b'{' | b'['))
        && message.iter().filter(|byte| **byte == b'.').count() == 2
}

/// The payload of what looks signed, unchecked: only to answer a refusal where no key is in force.
pub(crate) fn unverified_payload(message: &[u8]) -> Option<Vec<u8>> {
    if !looks_signed(message) {
        return None;
    }
    let payload = std::str::from_utf8(message).ok()?.trim_ascii().split('.').nth(1)?;
    URL_SAFE_NO_PAD.decode(payload).ok()
}

/// The payload of a signed message and the key that signed it.
///
/// # Errors
/// [`Untrusted`]; nothing of the payload may be used then.
pub fn verify<'k>(message: &[u8], keys: &'k [KnownKey]) -> Result<(Vec<u8>, &'k KnownKey), Untrusted> {
    if !looks_signed(message) {
        return Err(Untrusted::Unsigned);
    }
    let form = Untrusted::Form;
    let text = std::str::from_utf8(message).map_err(|_| form(say::jws_no_text()))?.trim_ascii();
    let missing = || form(say::jws_part_missing());
    let (signed, signature) = text.rsplit_once('.').ok_or_else(missing)?;
    let (header, payload) = signed.split_once('.').ok_or_else(missing)?;
    let decoded =
        |part: &str, name: Sentence| URL_SAFE_NO_PAD.decode(part).map_err(|_| form(say::jws_no_base64(name)));
    let header = decoded(header, say::jws_header())?;
    let payload = decoded(payload, say::jws_payload())?;
    let signature = decoded(signature, say::jws_signature())?;
    let header: Value = serde_json::from_slice(&header).map_err(|_| form(say::jws_header_no_json()))?;
    if !header["alg"].as_str().is_some_and(|algorithm| ALGORITHMS.contains(&algorithm)) {
        return Err(form(say::jws_algorithm()));
    }
    // What is critical is by definition something that this reader does not know (RFC 7515, 4.1.11).
    if header.get("crit").is_some() {
        return Err(form(say::jws_extensions()));
    }
    let id = header["kid"].as_str().filter(|id| is_key_id(id));
    let id = id.ok_or_else(|| form(say::jws_no_kid()))?;
    let key = keys.iter().find(|key| &*key.id == id).ok_or_else(|| Untrusted::UnknownKey(id.to_owned()))?;
    UnparsedPublicKey::new(&ED25519, key.public.0)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| Untrusted::BadSignature(key.id.clone()))?;
    Ok((payload, key))
}

/// Whether this is the detached signature (`header..signature`, RFC 7515 appendix F) of a message by the key of that name.
#[cfg(feature = "centre")]
pub(crate) fn verifies_detached(key: &PublicKey, kid: &str, jws: &str, message: &[u8]) -> bool {
    let Some((header, signature)) = jws.trim_ascii().split_once("..") else { return false };
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let Some((read, signature)) = decoded(header).zip(decoded(signature)) else { return false };
    let Ok(read) = serde_json::from_slice::<Value>(&read) else { return false };
    let is_ours = read["alg"].as_str().is_some_and(|algorithm| ALGORITHMS.contains(&algorithm))
        && read["kid"].as_str() == Some(kid)
        && read.get("crit").is_none();
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(message));
    is_ours && UnparsedPublicKey::new(&ED25519, key.0).verify(signed.as_bytes(), &signature).is_ok()
}

/// A whole key, for those who sign.
pub struct PrivateKey {
    id: String,
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why there is no private key. Never shows what was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyError {
    /// Not a JWK of our kind.
    Form(Sentence),
    /// Not a name.
    Name,
    /// No random numbers.
    Random,
}

impl KeyError {
    /// For people.
    pub fn sentence(&self) -> Sentence {
        match self {
            KeyError::Form(why) => key::no_private_key(why.clone()),
            KeyError::Name => key::no_name(),
            KeyError::Random => key::no_random_numbers(),
        }
    }
}

/// In English.
impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for KeyError {}

impl PrivateKey {
    /// A new key.
    ///
    /// # Errors
    /// `id` cannot name a key, or the system gives no random numbers.
    pub fn generate(id: &str) -> Result<PrivateKey, KeyError> {
        if !is_key_id(id) {
            return Err(KeyError::Name);
        }
        PrivateKey::generate_as(|_| id.to_owned())
    }

    /// A new key, named by its public half.
    pub(super) fn generate_as(name: impl FnOnce(&PublicKey) -> String) -> Result<PrivateKey, KeyError> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| KeyError::Random)?;
        let mut key = PrivateKey::of_seed(String::new(), seed)?;
        key.id = name(&key.public());
        Ok(key)
    }

    fn of_seed(id: String, seed: [u8; 32]) -> Result<PrivateKey, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| KeyError::Form(key::d_no_key()))?;
        Ok(PrivateKey { id, seed, pair })
    }

    /// Reads a JWK with `kid`, `d` and `x`.
    ///
    /// # Errors
    /// It is not such a key, or its two halves do not belong together.
    pub fn from_jwk(text: &str) -> Result<PrivateKey, KeyError> {
        let (id, key) = PrivateKey::of_jwk(text)?;
        if is_key_id(&id) { Ok(key) } else { Err(KeyError::Name) }
    }

    /// The same, whatever its name.
    pub(super) fn of_jwk(text: &str) -> Result<(String, PrivateKey), KeyError> {
        let jwk: Value = serde_json::from_str(text).map_err(|_| KeyError::Form(key::not_json()))?;
        if jwk["kty"] != "OKP" || jwk["crv"] != "Ed25519" {
            return Err(KeyError::Form(key::other_kind()));
        }
        let id = jwk["kid"].as_str().ok_or_else(|| KeyError::Form(say::missing("kid")))?;
        let seed = jwk["d"].as_str().ok_or_else(|| KeyError::Form(key::d_missing()))?;
        let seed = URL_SAFE_NO_PAD.decode(seed).ok().and_then(|seed| seed.try_into().ok());
        let seed = seed.ok_or_else(|| KeyError::Form(key::d_wrong_size()))?;
        let key = PrivateKey::of_seed(id.to_owned(), seed)?;
        if jwk["x"].as_str().is_some_and(|x| x != key.public().text()) {
            return Err(KeyError::Form(key::other_half()));
        }
        Ok((id.to_owned(), key))
    }

    /// As [`PrivateKey::from_jwk`] reads it. A secret: to be written to a file that its owner alone can read. Without `alg`: a
    /// library would sign with no other name of the algorithm than the one there, and boxes take both.
    pub fn to_jwk(&self) -> String {
        let jwk = json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig",
            "kid": self.id, "x": self.public().text(), "d": URL_SAFE_NO_PAD.encode(self.seed),
        });
        format!("{jwk:#}\n")
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The half that a box is configured with.
    pub fn public(&self) -> PublicKey {
        let mut public = [0; 32];
        public.copy_from_slice(self.pair.public_key().as_ref());
        PublicKey(public)
    }

    /// Signs: a JWS in compact form.
    pub fn sign(&self, payload: &[u8]) -> String {
        let (header, payload, signature) = self.sign_parts(payload);
        format!("{header}.{payload}.{signature}")
    }

    /// Header, payload and signature, each in base64url. `EdDSA` is the name that all libraries know.
    pub(super) fn sign_parts(&self, payload: &[u8]) -> (String, String, String) {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": "EdDSA", "kid": self.id }).to_string());
        let payload = URL_SAFE_NO_PAD.encode(payload);
        let signature = self.pair.sign(format!("{header}.{payload}").as_bytes());
        (header, payload, URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A: key, signing input and signature.
    const RFC_KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"rfc","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    const RFC_SIGNED: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

    fn known(key: &PrivateKey, role: Role) -> KnownKey {
        KnownKey { id: key.id().into(), role, public: key.public() }
    }

    #[test]
    fn what_was_signed_is_read_back_and_nothing_else_is() {
        let key = PrivateKey::generate("desk-1").unwrap();
        let other = PrivateKey::generate("desk-1").unwrap();
        let keys = [known(&key, Role::Desk)];
        let token = key.sign(b"{\"a\":1}");
        let (payload, by) = verify(token.as_bytes(), &keys).unwrap();
        assert_eq!((payload.as_slice(), &*by.id), (&b"{\"a\":1}"[..], "desk-1"));
        assert_eq!(
            verify(other.sign(b"x").as_bytes(), &keys),
            Err(Untrusted::BadSignature("desk-1".into())),
            "the name alone proves nothing"
        );
        assert_eq!(verify(token.as_bytes(), &[]), Err(Untrusted::UnknownKey("desk-1".to_owned())));
    }

    #[test]
    fn a_change_of_any_character_is_noticed() {
        let key = PrivateKey::generate("desk-1").unwrap();
        let keys = [known(&key, Role::Desk)];
        let token = key.sign(b"{\"request_id\":\"r1\"}").into_bytes();
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(verify(&changed, &keys).is_err(), "character {at}");
        }
    }

    #[test]
    fn keys_and_signatures_are_those_of_the_standard() {
        let key = PrivateKey::from_jwk(RFC_KEY).unwrap();
        assert_eq!(key.public().text(), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let (signed, signature) = RFC_SIGNED.rsplit_once('.').unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(key.pair.sign(signed.as_bytes())), signature);
        // Its header names no key, so a box cannot know whose it is.
        assert!(matches!(verify(RFC_SIGNED.as_bytes(), &[known(&key, Role::Desk)]), Err(Untrusted::Form(_))));
        let again = PrivateKey::from_jwk(&key.to_jwk()).unwrap();
        assert_eq!(again.public(), key.public());
    }

    /// A library signs with no other algorithm than the one that a key names; the one of Ed25519 has two names.
    #[test]
    fn a_key_names_no_algorithm_and_one_that_does_is_read_all_the_same() {
        let key = PrivateKey::generate("k").unwrap();
        let mut jwk: serde_json::Value = serde_json::from_str(&key.to_jwk()).unwrap();
        assert_eq!(jwk.get("alg"), None, "{}", jwk["kid"]);
        for name in ALGORITHMS {
            jwk["alg"] = json!(name);
            assert_eq!(PrivateKey::from_jwk(&jwk.to_string()).unwrap().public(), key.public(), "{name}");
        }
    }

    fn signed_with(key: &PrivateKey, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = URL_SAFE_NO_PAD.encode(key.pair.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    #[test]
    fn the_algorithm_is_taken_by_its_newer_name_too() {
        let key = PrivateKey::generate("k").unwrap();
        let keys = [known(&key, Role::Desk)];
        for name in ["EdDSA", "Ed25519"] {
            let token = signed_with(&key, &format!(r#"{{"alg":"{name}","kid":"k"}}"#), "{}");
            assert_eq!(
                verify(token.as_bytes(), &keys).map(|(payload, _)| payload),
                Ok(b"{}".to_vec()),
                "{name}"
            );
            let stranger = PrivateKey::generate("k").unwrap();
            let token = signed_with(&stranger, &format!(r#"{{"alg":"{name}","kid":"k"}}"#), "{}");
            assert_eq!(verify(token.as_bytes(), &keys), Err(Untrusted::BadSignature("k".into())), "{name}");
        }
    }

    #[test]
    fn only_one_algorithm_is_taken() {
        let key = PrivateKey::generate("k").unwrap();
        let keys = [known(&key, Role::Admin)];
        for header in [
            r#"{"alg":"none","kid":"k"}"#,
            r#"{"alg":"HS256","kid":"k"}"#,
            r#"{"alg":"Ed448","kid":"k"}"#,
            r#"{"alg":"ed25519","kid":"k"}"#,
            r#"{"alg":["EdDSA"],"kid":"k"}"#,
            r#"{"kid":"k"}"#,
            r#"{"alg":"EdDSA","kid":"k","crit":["b64"],"b64":false}"#,
            r#"{"alg":"EdDSA","kid":7}"#,
            "[]",
        ] {
            let token = signed_with(&key, header, "{}");
            assert!(matches!(verify(token.as_bytes(), &keys), Err(Untrusted::Form(_))), "{header}");
            let (signed, _) = token.rsplit_once('.').unwrap();
            assert!(verify(format!("{signed}.").as_bytes(), &keys).is_err(), "{header}");
        }
    }

    #[test]
    fn no_error_and_no_debug_shows_a_private_key() {
        let key = PrivateKey::from_jwk(RFC_KEY).unwrap();
        let broken = RFC_KEY.replace("\"x\":\"1", "\"x\":\"2");
        let shown = format!("{key:?} {:?}", PrivateKey::from_jwk(&broken).unwrap_err());
        assert!(!shown.contains("nWGxne"), "{shown}");
    }
}
