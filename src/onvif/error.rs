//! Errors of ONVIF requests, in sentences, with hints.

use std::fmt;

use crate::text::{Sentence, camera, onvif as say};

/// What went wrong between this machine and a camera. Addresses are `host` or `host:port`; never a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnvifError {
    /// No network could be asked.
    NoNetwork {
        /// What the system says.
        detail: String,
    },
    /// What was typed is no address.
    NoAddress {
        /// What was typed.
        given: String,
    },
    /// The name server does not know the host.
    UnknownHost {
        /// The host.
        host: String,
    },
    /// The connection is refused.
    Refused {
        /// The address.
        address: String,
    },
    /// The address is unreachable.
    Unreachable {
        /// The address.
        address: String,
        /// What the system says.
        detail: String,
    },
    /// Connected, but no complete answer.
    NoAnswer {
        /// The address.
        address: String,
    },
    /// The encrypted connection did not come about.
    NotEncrypted {
        /// The address.
        address: String,
        /// What TLS says.
        detail: String,
    },
    /// The answer is no ONVIF.
    NotOnvif {
        /// The address.
        address: String,
        /// The status of HTTP.
        status: u16,
    },
    /// The camera names another host for what was asked.
    SentElsewhere {
        /// The address.
        address: String,
        /// The host that it names.
        to: String,
    },
    /// More than a camera has to say.
    TooLarge {
        /// The address.
        address: String,
    },
    /// No XML, or more of it than is read.
    Misread {
        /// The address.
        address: String,
        /// Why.
        why: Sentence,
    },
    /// A login is needed, and none is given.
    PasswordNeeded {
        /// The address.
        address: String,
    },
    /// The camera refuses user and password.
    PasswordWrong {
        /// The address.
        address: String,
        /// Who.
        user: String,
    },
    /// The camera listens to this user no more for a while.
    LockedOut {
        /// The address.
        address: String,
        /// Who.
        user: String,
    },
    /// The password is right, and the user may not do this.
    Forbidden {
        /// The address.
        address: String,
        /// Who.
        user: String,
    },
    /// The camera is busy or broken.
    Failed {
        /// The address.
        address: String,
        /// The status of HTTP.
        status: u16,
    },
    /// The camera cannot do that.
    Unsupported {
        /// The address.
        address: String,
        /// What.
        what: Sentence,
    },
    /// The camera refuses, with its own words.
    Fault {
        /// The address.
        address: String,
        /// ONVIF's codes, such as `InvalidArgVal/ConfigModify`.
        code: String,
        /// The camera's words.
        reason: String,
    },
    /// No stream that could be opened.
    NoStreams {
        /// The address.
        address: String,
    },
}

impl OnvifError {
    /// What is wrong.
    pub fn sentence(&self) -> Sentence {
        match self {
            OnvifError::NoNetwork { detail } => say::no_network(detail),
            OnvifError::NoAddress { given } => say::no_address(given),
            OnvifError::UnknownHost { host } => camera::unknown_host(host),
            OnvifError::Refused { address } => camera::refused(address),
            OnvifError::Unreachable { address, detail } => camera::unreachable(address, detail),
            OnvifError::NoAnswer { address } => say::no_answer(address),
            OnvifError::NotEncrypted { address, detail } => say::not_encrypted(address, detail),
            OnvifError::NotOnvif { address, status } => say::not_onvif(address, *status),
            OnvifError::SentElsewhere { address, to } => say::sent_elsewhere(address, to),
            OnvifError::TooLarge { address } => say::too_large(address),
            OnvifError::Misread { address, why } => say::misread(address, why.clone()),
            OnvifError::PasswordNeeded { address } => say::password_needed(address),
            OnvifError::PasswordWrong { address, user } => say::password_wrong(address, user),
            OnvifError::LockedOut { address, user } => say::locked_out(address, user),
            OnvifError::Forbidden { address, user } if user.is_empty() => say::forbidden_to_all(address),
            OnvifError::Forbidden { address, user } => say::forbidden(address, user),
            OnvifError::Failed { address, status } => say::failed(address, *status),
            OnvifError::Unsupported { address, what } => say::unsupported(address, what.clone()),
            OnvifError::Fault { address, code, reason } if reason.is_empty() => say::fault(address, code),
            OnvifError::Fault { address, code, reason } => say::fault_in_words(address, code, reason),
            OnvifError::NoStreams { address } => say::no_streams(address),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Sentence {
        match self {
            OnvifError::NoNetwork { .. } => say::try_network(),
            OnvifError::NoAddress { .. } => say::try_address_like_this(),
            OnvifError::UnknownHost { .. } => camera::try_spelling(),
            OnvifError::Refused { .. } => say::try_port(),
            OnvifError::Unreachable { .. } => camera::try_cable(),
            OnvifError::NoAnswer { .. } | OnvifError::Failed { .. } => say::try_restart(),
            OnvifError::NotEncrypted { .. } => say::try_unencrypted(),
            OnvifError::NotOnvif { .. } => say::try_switching_onvif_on(),
            OnvifError::SentElsewhere { .. } => say::try_that_host(),
            OnvifError::TooLarge { .. } | OnvifError::Misread { .. } => say::try_by_hand(),
            OnvifError::PasswordNeeded { .. } => say::try_login(),
            OnvifError::PasswordWrong { .. } => say::try_onvif_user(),
            OnvifError::LockedOut { .. } => say::try_later(),
            OnvifError::Forbidden { .. } => say::try_rights(),
            OnvifError::Unsupported { .. } | OnvifError::Fault { .. } => say::try_in_the_camera(),
            OnvifError::NoStreams { .. } => say::try_known_path(),
        }
    }
}

/// In English.
impl fmt::Display for OnvifError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for OnvifError {}
