//! Authentication as the camera requires it (Basic; Digest with MD5 or SHA-256).
//!
//! The proof is the library http-auth's. Must never show a password.

use http_auth::{PasswordClient, PasswordParams};

use super::message::Head;
use crate::video::source::Credentials;

/// A nonce may be stale once and its successor once more; then the camera will not have us.
const MOST_TRIES: u32 = 3;

/// What a refusal (401) of a request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Ask once more, with a new proof.
    AskAgain,
    /// No password is configured.
    NoPassword,
    /// The password is wrong.
    WrongPassword,
    /// It was right before: the camera asks for more than we know to give.
    AgainAndAgain,
    /// A way to log in that is not known here.
    UnknownWay,
}

/// What is known of a camera's way to ask.
#[derive(Debug)]
pub(super) struct Login {
    credentials: Option<Credentials>,
    challenge: Option<PasswordClient>,
    /// A proof was taken.
    accepted: bool,
}

impl Login {
    pub(super) fn new(credentials: Option<Credentials>) -> Self {
        Login { credentials, challenge: None, accepted: false }
    }

    /// The value of `Authorization` for a request; `None` while the camera did not ask for one.
    pub(super) fn proof(&mut self, method: &str, url: &str) -> Option<String> {
        let known = self.credentials.as_ref()?;
        let parameters = PasswordParams {
            username: &known.user,
            password: known.password.reveal(),
            uri: url,
            method,
            body: Some(&[]),
        };
        self.challenge.as_mut()?.respond(&parameters).ok()
    }

    /// A request that carried a proof was not refused.
    pub(crate) fn was_accepted(&mut self) {
        self.accepted |= self.challenge.is_some();
    }

    /// The camera refused a request for the `tries`-th time (from 1) and said what it wants.
    pub(super) fn refused(&mut self, head: &Head, tries: u32) -> Refused {
        if self.credentials.is_none() {
            return Refused::NoPassword;
        }
        let challenges = head.all("WWW-Authenticate").collect::<Vec<_>>().join(", ");
        let Ok(challenge) = PasswordClient::try_from(&*challenges) else { return Refused::UnknownWay };
        let before = self.challenge.replace(challenge);
        let is_stale = match (&before, &self.challenge) {
            (Some(PasswordClient::Digest(before)), Some(PasswordClient::Digest(now))) => {
                now.stale() || (self.accepted && now.nonce() != before.nonce())
            }
            _ => false,
        };
        match (before.is_none() || is_stale, self.accepted) {
            (true, _) if tries < MOST_TRIES => Refused::AskAgain,
            (_, true) => Refused::AgainAndAgain,
            (_, false) => Refused::WrongPassword,
        }
    }
}
