//! Faults of the connection, in words for somebody on a ladder.
//!
//! Turns the client library's errors into sentences that name the broker, the reason and what to try.
//! Must never contain a password.

use std::fmt;
use std::io;

use rumqttc::v5;

use crate::text::{Sentence, foreign, mqtt as say};
use crate::types::language::Language;
use crate::types::mqtt::Version;

/// Which sort of trouble, for health and for decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TroubleKind {
    /// The settings or the files they name.
    Settings,
    /// The host has no address.
    UnknownHost,
    /// The connection is refused.
    Refused,
    /// No way there, or no answer in time.
    Unreachable,
    /// Certificates, or one side speaks TLS and the other does not.
    Tls,
    /// User, password or certificate not accepted.
    NotAllowed,
    /// The broker answered, and does not want us for another reason.
    Rejected,
    /// The connection was there and ended.
    Closed,
    /// The broker accepted something and never acknowledged it.
    Stalled,
    /// A message for us is larger than we take.
    TooLarge,
    /// Another client uses our client id.
    TakenOver,
    /// What came was not MQTT as we know it.
    Protocol,
}

/// One trouble: what failed, which broker, why, what to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its sort.
    pub kind: TroubleKind,
    sentence: Sentence,
    hint: Option<Sentence>,
}

impl Trouble {
    pub(super) fn new(kind: TroubleKind, sentence: Sentence) -> Self {
        Trouble { kind, sentence, hint: None }
    }

    pub(super) fn try_this(mut self, hint: Sentence) -> Self {
        self.hint = Some(hint);
        self
    }

    pub(crate) fn taken_over(broker: &str, client_id: &str) -> Self {
        Trouble::new(TroubleKind::TakenOver, say::taken_over(broker, client_id)).try_this(say::try_own_name())
    }

    /// Not as sure: it was closed again and again, and nobody said why.
    pub(super) fn thrown_off(broker: &str, client_id: &str) -> Self {
        Trouble::new(TroubleKind::Closed, say::thrown_off(broker, client_id))
            .try_this(say::try_own_name_and_log())
    }

    /// What is wrong.
    pub fn sentence(&self) -> &Sentence {
        &self.sentence
    }

    /// What to try.
    pub fn hint(&self) -> Option<&Sentence> {
        self.hint.as_ref()
    }

    /// Message and hint, in that language.
    pub fn in_language(&self, language: Language) -> String {
        self.sentence.with_hint(self.hint.as_ref(), language)
    }
}

/// In English.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl std::error::Error for Trouble {}

/// What is known of the connection when it fails.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// `host:port`.
    pub broker: &'a str,
    pub host: &'a str,
    pub tls: bool,
    pub user: Option<&'a str>,
    pub client_id: &'a str,
    pub version: Version,
    /// Whether the broker had accepted the connection.
    pub connected: bool,
}

impl Context<'_> {
    /// Whatever `poll()` of the v5 client fails with.
    pub(crate) fn explain_v5(&self, error: &v5::ConnectionError) -> Trouble {
        use v5::{ConnectionError as E, StateError as S};
        match error {
            E::Timeout(_) => self.timeout(),
            E::Tls(error) => self.tls(error),
            E::Io(error) => self.io(error),
            E::ConnectionRefused(code) => self.refused(&format!("{code:?}")),
            E::NotConnAck(_) => self.not_mqtt(),
            E::RequestsDone => Trouble::new(TroubleKind::Closed, say::given_up()),
            E::MqttState(state) => match state {
                S::Io(error) => self.io(error),
                S::Deserialization(error) => self.codec_v5(error),
                S::ConnectionAborted => self.closed(),
                S::ConnFail { reason } => self.refused(&format!("{reason:?}")),
                S::AwaitPingResp | S::CollisionTimeout => self.silent(),
                S::IncomingPacketTooLarge { pkt_size, max } => self.too_large(*pkt_size, *max),
                S::ServerDisconnect { reason_code, reason_string } => {
                    self.disconnected(&format!("{reason_code:?}"), reason_string.as_deref())
                }
                other => self.unexpected(other.to_string()),
            },
        }
    }

    /// Whatever `poll()` of the 3.1.1 client fails with.
    pub(crate) fn explain_v4(&self, error: &rumqttc::ConnectionError) -> Trouble {
        use rumqttc::{ConnectionError as E, StateError as S};
        match error {
            E::NetworkTimeout | E::FlushTimeout => self.timeout(),
            E::Tls(error) => self.tls(error),
            E::Io(error) => self.io(error),
            E::ConnectionRefused(code) => self.refused(&format!("{code:?}")),
            E::NotConnAck(_) => self.not_mqtt(),
            E::RequestsDone => Trouble::new(TroubleKind::Closed, say::given_up()),
            E::MqttState(state) => match state {
                S::Io(error) => self.io(error),
                S::Deserialization(error) => self.codec_v4(error),
                S::ConnectionAborted => self.closed(),
                S::AwaitPingResp | S::CollisionTimeout => self.silent(),
                other => self.unexpected(other.to_string()),
            },
        }
    }

    fn codec_v5(&self, error: &v5::mqttbytes::Error) -> Trouble {
        match error {
            v5::mqttbytes::Error::Io(error) => self.io(error),
            v5::mqttbytes::Error::PayloadSizeLimitExceeded { pkt_size, max } => {
                self.too_large(*pkt_size, *max as usize)
            }
            other => self.unexpected(other.to_string()),
        }
    }

    fn codec_v4(&self, error: &rumqttc::mqttbytes::Error) -> Trouble {
        match error {
            rumqttc::mqttbytes::Error::Io(error) => self.io(error),
            rumqttc::mqttbytes::Error::PayloadSizeLimitExceeded(size) => {
                self.too_large(*size, super::wire::INCOMING_BYTES)
            }
            other => self.unexpected(other.to_string()),
        }
    }

    pub(super) fn io(&self, error: &io::Error) -> Trouble {
        let broker = self.broker;
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return self.rustls(tls);
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                Trouble::new(TroubleKind::Refused, say::nobody_listens(broker)).try_this(say::try_port())
            }
            io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Trouble::new(TroubleKind::Unreachable, say::no_way(broker, error.to_string()))
                    .try_this(say::try_network())
            }
            // The resolver's own words: its error has no kind.
            _ if error.to_string().contains("failed to lookup address") => {
                Trouble::new(TroubleKind::UnknownHost, say::no_such_host(self.host))
                    .try_this(say::try_spelling())
            }
            _ if !self.connected => self.closed(),
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => self.closed(),
            _ => Trouble::new(TroubleKind::Closed, say::failed(broker, error.to_string())),
        }
    }

    fn closed(&self) -> Trouble {
        let broker = self.broker;
        if self.connected {
            return Trouble::new(TroubleKind::Closed, say::closed(broker));
        }
        let hint = match (self.tls, self.version) {
            (true, _) => say::try_client_certificate(),
            (false, Version::V5) => say::try_tls_or_311(),
            (false, Version::V311) => say::try_tls(),
        };
        Trouble::new(TroubleKind::Closed, say::closed_early(broker)).try_this(hint)
    }

    pub(super) fn timeout(&self) -> Trouble {
        if self.connected {
            return self.silent();
        }
        Trouble::new(TroubleKind::Unreachable, say::no_answer(self.broker)).try_this(say::try_firewall())
    }

    fn silent(&self) -> Trouble {
        Trouble::new(TroubleKind::Stalled, say::silent(self.broker))
    }

    fn not_mqtt(&self) -> Trouble {
        self.protocol(say::wrong_first_answer(self.broker))
    }

    fn unexpected(&self, what: String) -> Trouble {
        self.protocol(say::unexpected(self.broker, what))
    }

    fn protocol(&self, what: Sentence) -> Trouble {
        let trouble = Trouble::new(TroubleKind::Protocol, what);
        if self.connected { trouble } else { trouble.try_this(say::try_mqtt()) }
    }

    fn too_large(&self, bytes: usize, most: usize) -> Trouble {
        Trouble::new(TroubleKind::TooLarge, say::too_large(self.broker, bytes, most))
    }

    fn refused(&self, code: &str) -> Trouble {
        let broker = self.broker;
        match code {
            "BadUserNamePassword" | "NotAuthorized" | "BadAuthenticationMethod" => {
                let (sentence, hint) = match self.user {
                    Some(user) => (say::refused_user(broker, user), say::try_login()),
                    None => (say::refused_nameless(broker), say::try_logging_in()),
                };
                Trouble::new(TroubleKind::NotAllowed, sentence).try_this(hint)
            }
            "RefusedProtocolVersion" | "UnsupportedProtocolVersion" => {
                Trouble::new(TroubleKind::Rejected, say::version_unknown(broker)).try_this(say::try_version())
            }
            "BadClientId" | "ClientIdentifierNotValid" => {
                Trouble::new(TroubleKind::Rejected, say::client_id_refused(broker, self.client_id))
                    .try_this(say::try_longer_ids())
            }
            other => Trouble::new(TroubleKind::Rejected, say::refused(broker, other)),
        }
    }

    fn disconnected(&self, code: &str, reason: Option<&str>) -> Trouble {
        let broker = self.broker;
        match (code, reason) {
            ("SessionTakenOver", _) => Trouble::taken_over(broker, self.client_id),
            ("NotAuthorized", reason) => {
                let sentence = match reason {
                    Some(reason) => say::sent_away_because(broker, reason),
                    None => say::sent_away(broker),
                };
                Trouble::new(TroubleKind::NotAllowed, sentence).try_this(say::try_rights())
            }
            (other, Some(reason)) => {
                Trouble::new(TroubleKind::Closed, say::ended(broker, format!("{other} ({reason})")))
            }
            (other, None) => Trouble::new(TroubleKind::Closed, say::ended(broker, other)),
        }
    }

    fn tls(&self, error: &rumqttc::TlsError) -> Trouble {
        match error {
            rumqttc::TlsError::Io(error) => self.io(error),
            rumqttc::TlsError::TLS(error) => self.rustls(error),
            other => Trouble::new(TroubleKind::Tls, say::insecure(self.broker, other.to_string())),
        }
    }

    fn rustls(&self, error: &rustls::Error) -> Trouble {
        use rustls::{CertificateError as C, Error as E};
        let broker = self.broker;
        let (sentence, hint) = match error {
            E::InvalidCertificate(C::UnknownIssuer) => {
                (say::untrusted(broker, say::unknown_authority()), say::try_authority())
            }
            E::InvalidCertificate(C::NotValidForName | C::NotValidForNameContext { .. }) => {
                (say::untrusted(broker, say::another_name(self.host)), say::try_name_in_certificate())
            }
            E::InvalidCertificate(
                C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. },
            ) => (say::untrusted(broker, say::not_valid_now()), say::try_clock()),
            E::InvalidCertificate(other) => {
                let why = foreign::words(format!("{other:?}"));
                (say::untrusted(broker, why), say::try_looking_at_it())
            }
            E::InvalidMessage(_) => (say::speaks_no_tls(broker), say::try_plain()),
            E::AlertReceived(alert) => {
                (say::tls_refused(broker, format!("{alert:?}")), say::try_client_certificate())
            }
            other => (say::insecure(broker, other.to_string()), say::try_looking_at_it()),
        };
        Trouble::new(TroubleKind::Tls, sentence).try_this(hint)
    }
}
