//! SOAP around ONVIF's messages: the envelope, who asks (WS-UsernameToken), and what a fault means.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp, Unit};
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use super::xml::{self, Element, PREFIXES, escaped};
use super::{Login, clean};

/// SOAP 1.2 as ONVIF has it, and 1.1 as some cameras answer.
const ENVELOPES: [&str; 2] =
    ["http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/"];
const SECURITY: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const UTILITY: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const DIGEST: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
const ENCODING: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

/// Codes of faults that mean: not with this login (ONVIF core, section 5.8.2; WS-Security 1.0, section 12).
const NOT_AUTHORISED: [&str; 5] =
    ["NotAuthorized", "SenderNotAuthorized", "FailedAuthentication", "InvalidSecurityToken", "FailedCheck"];

/// A message with a header that says who asks, where somebody does.
pub(super) fn envelope(body: &str, token: Option<&str>) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope");
    for (space, prefix) in PREFIXES {
        text.push_str(&format!(" xmlns:{prefix}=\"{space}\""));
    }
    text.push('>');
    if let Some(token) = token {
        text.push_str(&format!("<s:Header>{token}</s:Header>"));
    }
    text.push_str(&format!("<s:Body>{body}</s:Body></s:Envelope>"));
    text
}

/// The proof that we know the password, at the time that the camera's own clock shows: it refuses what it takes for old
/// (UsernameToken profile 1.0, section 3.1).
pub(super) fn username_token(login: &Login, ahead: SignedDuration) -> String {
    let created = Timestamp::now().checked_add(ahead).unwrap_or_else(|_| Timestamp::now());
    let created = created.round(Unit::Millisecond).unwrap_or(created).to_string();
    token_of(login, &created, &rand::random::<[u8; 16]>())
}

pub(super) fn token_of(login: &Login, created: &str, nonce: &[u8]) -> String {
    let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    digest.update(nonce);
    digest.update(created.as_bytes());
    digest.update(login.password.reveal().as_bytes());
    let (digest, nonce) = (STANDARD.encode(digest.finish()), STANDARD.encode(nonce));
    format!(
        "<wsse:Security s:mustUnderstand=\"1\" xmlns:wsse=\"{SECURITY}\" xmlns:wsu=\"{UTILITY}\"><wsse:UsernameToken>\
         <wsse:Username>{user}</wsse:Username><wsse:Password Type=\"{DIGEST}\">{digest}</wsse:Password>\
         <wsse:Nonce EncodingType=\"{ENCODING}\">{nonce}</wsse:Nonce><wsu:Created>{created}</wsu:Created>\
         </wsse:UsernameToken></wsse:Security>",
        user = escaped(&login.user),
    )
}

/// A refusal in SOAP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// From the general to the particular, without prefixes: `Sender`, `InvalidArgVal`, `NoProfile`.
    pub(super) codes: Vec<String>,
    /// The camera's words.
    pub(super) reason: String,
}

impl Fault {
    /// Whether the login, or that there is none, is the reason.
    pub(super) fn is_about_login(&self) -> bool {
        let reason = self.reason.to_ascii_lowercase();
        self.codes.iter().any(|code| NOT_AUTHORISED.contains(&code.as_str()))
            // Cameras that know no codes.
            || ["not authorized", "not authorised", "unauthorized", "authority failure"]
                .iter()
                .any(|words| reason.contains(words))
    }

    /// Whether the user is locked out; no code means that, so the words must.
    pub(super) fn is_lock_out(&self) -> bool {
        let reason = self.reason.to_ascii_lowercase();
        let names_a_lock =
            reason.split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "locked" | "lockout"));
        names_a_lock || self.codes.iter().any(|code| code.ends_with("Locked"))
    }

    /// The codes that say more than who is to blame.
    pub(super) fn code(&self) -> String {
        let mut codes = self.codes.as_slice();
        if codes.len() > 1 {
            codes = &codes[1..];
        }
        clean(&codes.join("/"))
    }
}

/// What an answer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    /// The first element of the body.
    Body(Element),
    Fault(Fault),
    /// No SOAP.
    Other,
}

/// Reads an answer.
pub(super) fn message(bytes: &[u8]) -> Result<Message, xml::Unreadable> {
    let mut envelope = xml::parse(bytes)?;
    if envelope.name != "Envelope" || !is_envelope(&envelope.space) {
        return Ok(Message::Other);
    }
    let Some(at) =
        envelope.children.iter().position(|child| child.name == "Body" && is_envelope(&child.space))
    else {
        return Ok(Message::Other);
    };
    let mut body = envelope.children.swap_remove(at);
    // Some confirm a change with nothing.
    if body.children.is_empty() {
        return Ok(Message::Body(Element::default()));
    }
    let first = body.children.swap_remove(0);
    if first.name == "Fault" && is_envelope(&first.space) {
        return Ok(Message::Fault(fault(&first)));
    }
    Ok(Message::Body(first))
}

fn is_envelope(space: &str) -> bool {
    ENVELOPES.contains(&space)
}

fn fault(element: &Element) -> Fault {
    let local = |code: &Element| code.text().rsplit(':').next().unwrap_or_default().to_owned();
    let mut codes = Vec::new();
    // SOAP 1.2 nests its codes, at most as deep as an element is read.
    let mut code = child(element, "Code");
    while let Some(known) = code {
        codes.extend(child(known, "Value").map(local));
        code = child(known, "Subcode");
    }
    // SOAP 1.1 has one.
    codes.extend(child(element, "faultcode").map(local));
    codes.retain(|code| !code.is_empty());
    let reason = child(element, "Reason").and_then(|reason| child(reason, "Text"));
    let reason = reason.or_else(|| child(element, "faultstring"));
    Fault { codes, reason: reason.map(|reason| clean(reason.text())).unwrap_or_default() }
}

fn child<'e>(of: &'e Element, name: &str) -> Option<&'e Element> {
    of.children.iter().find(|child| child.name == name)
}
