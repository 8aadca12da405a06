//! Passwords of the programmable camera (RFC 2617, RFC 7616).

use gstreamer::glib;
use sha2::{Digest as _, Sha256};

use super::behaviour::{Behaviour, Login};
use super::connection::Request;

const REALM: &str = "plain camera";

/// The number that a Digest is made with: how many there were before it, and how often it was used.
#[derive(Default)]
pub struct Nonce {
    number: u64,
    used: u32,
}

impl Nonce {
    fn text(&self) -> String {
        format!("dcd98b7102dd2f0e8b11d0f6{:010x}", self.number)
    }

    pub fn renew(&mut self) {
        *self = Nonce { number: self.number + 1, used: 0 };
    }
}

/// The challenges for a request that does not prove who it is; empty when it does.
pub fn challenges(behaviour: &Behaviour, nonce: &mut Nonce, request: &Request) -> Vec<String> {
    let given = request.headers.get("authorization").map_or("", String::as_str);
    match &behaviour.login {
        Login::Open => Vec::new(),
        Login::Basic { user, password } => {
            if is_basic(given, user, password) {
                Vec::new()
            } else {
                vec![basic()]
            }
        }
        Login::Digest { user, password, sha256 } => {
            match proof(given, request, user, password, *sha256, nonce) {
                Proof::Right if !worn_out(behaviour, nonce) => Vec::new(),
                Proof::Wrong => vec![digest(nonce, *sha256, false)],
                Proof::Right | Proof::Stale => vec![digest(nonce, *sha256, true)],
            }
        }
        Login::Several { user, password } => {
            let known = is_basic(given, user, password)
                || matches!(proof(given, request, user, password, false, nonce), Proof::Right);
            if known {
                Vec::new()
            } else {
                vec![digest(nonce, true, false), digest(nonce, false, false), basic()]
            }
        }
    }
}

fn basic() -> String {
    format!("Basic realm=\"{REALM}\"")
}

fn is_basic(given: &str, user: &str, password: &str) -> bool {
    given == format!("Basic {}", glib::base64_encode(format!("{user}:{password}").as_bytes()))
}

fn digest(nonce: &Nonce, sha256: bool, stale: bool) -> String {
    let algorithm = if sha256 { ", algorithm=SHA-256" } else { "" };
    let stale = if stale { ", stale=TRUE" } else { "" };
    format!("Digest realm=\"{REALM}\", nonce=\"{}\"{algorithm}{stale}", nonce.text())
}

/// Counts a use; true if the nonce had served its time already, which renews it.
fn worn_out(behaviour: &Behaviour, nonce: &mut Nonce) -> bool {
    nonce.used += 1;
    let worn = behaviour.nonce_uses.is_some_and(|most| nonce.used > most);
    if worn {
        nonce.renew();
    }
    worn
}

enum Proof {
    Right,
    Wrong,
    /// The password is right, the nonce is an old one.
    Stale,
}

fn proof(given: &str, request: &Request, user: &str, password: &str, sha256: bool, nonce: &Nonce) -> Proof {
    let hash = |text: String| if sha256 { sha256_hex(&text) } else { md5_hex(&text) };
    let Some(given) = given.strip_prefix("Digest ") else { return Proof::Wrong };
    let field = |name: &str| {
        let mut fields = given.split(',').map(str::trim).filter_map(|part| part.split_once('='));
        fields.find(|(key, _)| *key == name).map(|(_, value)| value.trim_matches('"').to_owned())
    };
    let used = field("nonce").unwrap_or_default();
    let secret = hash(format!("{user}:{REALM}:{password}"));
    let asked = hash(format!("{}:{}", request.method, field("uri").unwrap_or_default()));
    if field("response") != Some(hash(format!("{secret}:{used}:{asked}"))) {
        Proof::Wrong
    } else if used == nonce.text() {
        Proof::Right
    } else {
        Proof::Stale
    }
}

fn md5_hex(text: &str) -> String {
    glib::compute_checksum_for_string(glib::ChecksumType::Md5, text).unwrap().to_string()
}

fn sha256_hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
