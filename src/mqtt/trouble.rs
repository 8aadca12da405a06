//! What is wrong with the connection, in words for somebody on a ladder.
//!
//! Turns the client library's errors into sentences that name the broker, the reason and what to try.
//! Must never contain a password.

use std::fmt;
use std::io;

use rumqttc::v5;

use crate::contract::words::Language;
use crate::types::mqtt::Version;

/// Which sort of trouble, for health and for decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TroubleKind {
    /// The settings or the files they name.
    Settings,
    /// The host has no address.
    UnknownHost,
    /// Nobody listens there.
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
    /// Somebody else uses our client id.
    TakenOver,
    /// What came was not MQTT as we know it.
    Protocol,
}

/// One trouble: what failed, which broker, why, what to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its sort.
    pub kind: TroubleKind,
    text: String,
    hint: Option<String>,
    /// The same, sentence and hint, where it is said in Chinese too.
    chinese: Option<(String, String)>,
}

impl Trouble {
    pub(super) fn new(kind: TroubleKind, text: impl Into<String>) -> Self {
        Trouble { kind, text: text.into(), hint: None, chinese: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn in_chinese(mut self, text: String, hint: &str) -> Self {
        self.chinese = Some((text, hint.to_owned()));
        self
    }

    /// For those who put it into other words.
    #[cfg(test)]
    pub(crate) fn test(kind: TroubleKind, text: &str) -> Self {
        Trouble::new(kind, text)
    }

    pub(super) fn taken_over(broker: &str, client_id: &str) -> Self {
        let text = format!(
            "another client uses this box's name at {broker} (client id `{client_id}`): the broker ends one's connection when the other comes"
        );
        Trouble::new(TroubleKind::TakenOver, text).hint(
            "give each box of an area its own `[site] box`; a copied disk brings its name along, and so does lookout running twice",
        )
        .in_chinese(
            format!("另有客户端在 {broker} 用了这个盒子的名字（客户端标识 `{client_id}`）：一方连上，MQTT 服务器就断开另一方"),
            "同一区划里每个盒子的 `[site] box` 要各不相同；复制磁盘会把名字一起复制，程序运行两份也会这样",
        )
    }

    /// Not as sure: it was closed again and again, and nobody said why.
    pub(super) fn thrown_off(broker: &str, client_id: &str) -> Self {
        let text = format!(
            "{broker} closes each connection soon after it was made: another client may use this box's name (client id `{client_id}`)"
        );
        Trouble::new(TroubleKind::Closed, text).hint(
            "give each box of an area its own `[site] box`, and each program a certificate of its own; the broker's log says why it closes",
        )
        .in_chinese(
            format!("{broker} 每次都在连上后不久就断开：可能另有客户端用了这个盒子的名字（客户端标识 `{client_id}`）"),
            "同一区划里每个盒子的 `[site] box` 要各不相同，每个程序要有自己的证书；断开的原因见 MQTT 服务器的日志",
        )
    }

    /// The first line: without the hint.
    pub fn sentence(&self) -> &str {
        &self.text
    }

    /// The first line in that language, in English where there is none in Chinese.
    pub fn sentence_in(&self, language: Language) -> &str {
        match (language, &self.chinese) {
            (Language::Chinese, Some((text, _))) => text,
            (Language::Chinese, None) | (Language::English, _) => &self.text,
        }
    }

    /// The first line in Chinese, where there is one, for the log beside the English one.
    pub fn chinese(&self) -> Option<&str> {
        self.chinese.as_ref().map(|(text, _)| text.as_str())
    }

    /// All of it in that language, in English where there is none in Chinese.
    pub fn text_in(&self, language: Language) -> String {
        match (language, &self.chinese) {
            (Language::Chinese, Some((text, hint))) => format!("{text}\n  hint: {hint}"),
            (Language::Chinese, None) | (Language::English, _) => self.to_string(),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
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
    pub fn explain_v5(&self, error: &v5::ConnectionError) -> Trouble {
        use v5::{ConnectionError as E, StateError as S};
        match error {
            E::Timeout(_) => self.timeout(),
            E::Tls(error) => self.tls(error),
            E::Io(error) => self.io(error),
            E::ConnectionRefused(code) => self.refused(&format!("{code:?}")),
            E::NotConnAck(_) => self.not_mqtt(),
            E::RequestsDone => Trouble::new(TroubleKind::Closed, "the connection was given up"),
            E::MqttState(state) => match state {
                S::Io(error) => self.io(error),
                S::Deserialization(error) => self.codec_v5(error),
                S::ConnectionAborted => self.closed(),
                S::ConnFail { reason } => self.refused(&format!("{reason:?}")),
                S::AwaitPingResp | S::CollisionTimeout => self.silent(),
                S::IncomingPacketTooLarge { pkt_size, max } => self.too_large(*pkt_size, *max),
                S::ServerDisconnect { reason_code, reason_string } => {
                    self.told_to_go(&format!("{reason_code:?}"), reason_string.as_deref())
                }
                other => self.protocol(&other.to_string()),
            },
        }
    }

    /// Whatever `poll()` of the 3.1.1 client fails with.
    pub fn explain_v4(&self, error: &rumqttc::ConnectionError) -> Trouble {
        use rumqttc::{ConnectionError as E, StateError as S};
        match error {
            E::NetworkTimeout | E::FlushTimeout => self.timeout(),
            E::Tls(error) => self.tls(error),
            E::Io(error) => self.io(error),
            E::ConnectionRefused(code) => self.refused(&format!("{code:?}")),
            E::NotConnAck(_) => self.not_mqtt(),
            E::RequestsDone => Trouble::new(TroubleKind::Closed, "the connection was given up"),
            E::MqttState(state) => match state {
                S::Io(error) => self.io(error),
                S::Deserialization(error) => self.codec_v4(error),
                S::ConnectionAborted => self.closed(),
                S::AwaitPingResp | S::CollisionTimeout => self.silent(),
                other => self.protocol(&other.to_string()),
            },
        }
    }

    fn codec_v5(&self, error: &v5::mqttbytes::Error) -> Trouble {
        match error {
            v5::mqttbytes::Error::Io(error) => self.io(error),
            v5::mqttbytes::Error::PayloadSizeLimitExceeded { pkt_size, max } => {
                self.too_large(*pkt_size, *max as usize)
            }
            other => self.protocol(&other.to_string()),
        }
    }

    fn codec_v4(&self, error: &rumqttc::mqttbytes::Error) -> Trouble {
        match error {
            rumqttc::mqttbytes::Error::Io(error) => self.io(error),
            rumqttc::mqttbytes::Error::PayloadSizeLimitExceeded(size) => {
                self.too_large(*size, super::wire::INCOMING_BYTES)
            }
            other => self.protocol(&other.to_string()),
        }
    }

    pub fn io(&self, error: &io::Error) -> Trouble {
        let broker = self.broker;
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return self.rustls(tls);
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                Trouble::new(TroubleKind::Refused, format!("nobody listens at {broker}: connection refused"))
                    .hint("is the broker running, and is the port right (usually 1883, with TLS 8883)?")
            }
            io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Trouble::new(TroubleKind::Unreachable, format!("no way to {broker}: {error}"))
                    .hint("check the cable, the mobile link, the route and the firewall")
            }
            _ if error.to_string().contains("failed to lookup address") => {
                Trouble::new(TroubleKind::UnknownHost, format!("no such host: {}", self.host))
                    .hint("check the spelling of the `url`, and the name server of this box (`getent hosts`)")
            }
            _ if !self.connected => self.closed(),
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => self.closed(),
            _ => Trouble::new(TroubleKind::Closed, format!("the connection to {broker} failed: {error}")),
        }
    }

    fn closed(&self) -> Trouble {
        let broker = self.broker;
        if self.connected {
            return Trouble::new(TroubleKind::Closed, format!("{broker} closed the connection"));
        }
        let hint = match (self.tls, self.version) {
            (true, _) => "does the broker ask for a client certificate (`client_cert`, `client_key`)?",
            (false, Version::V5) => {
                "does this port speak TLS (then `mqtts://`), or only MQTT 3.1.1 (then `version = \"3.1.1\"`)?"
            }
            (false, Version::V311) => "does this port speak TLS (then `mqtts://`)?",
        };
        Trouble::new(TroubleKind::Closed, format!("{broker} closed the connection before it answered"))
            .hint(hint)
    }

    pub fn timeout(&self) -> Trouble {
        let broker = self.broker;
        if self.connected {
            return self.silent();
        }
        Trouble::new(TroubleKind::Unreachable, format!("no answer from {broker} in time")).hint(
            "a firewall that drops packets looks like this; so does a port that speaks another protocol",
        )
    }

    fn silent(&self) -> Trouble {
        Trouble::new(TroubleKind::Stalled, format!("{} stopped answering", self.broker))
    }

    fn not_mqtt(&self) -> Trouble {
        self.protocol("its first answer was not the one to a connect")
    }

    fn protocol(&self, what: &str) -> Trouble {
        let trouble =
            Trouble::new(TroubleKind::Protocol, format!("{} sent something unexpected: {what}", self.broker));
        if self.connected {
            return trouble;
        }
        trouble.hint("does an MQTT broker listen on this port, and does it speak the configured version?")
    }

    fn too_large(&self, bytes: usize, max: usize) -> Trouble {
        Trouble::new(
            TroubleKind::TooLarge,
            format!("{} sent a message of {bytes} bytes; at most {max} are taken", self.broker),
        )
    }

    fn refused(&self, code: &str) -> Trouble {
        let broker = self.broker;
        match code {
            "BadUserNamePassword" | "NotAuthorized" | "BadAuthenticationMethod" => {
                let (who, hint) = match self.user {
                    Some(user) => (
                        format!("user `{user}`"),
                        "check `user` and the password file, and the rights this user has on the broker",
                    ),
                    None => (
                        "a connection without user".to_owned(),
                        "the broker wants a user and a password: `user` and `password_file`",
                    ),
                };
                Trouble::new(TroubleKind::NotAllowed, format!("{broker} refused {who}: not allowed"))
                    .hint(hint)
            }
            "RefusedProtocolVersion" | "UnsupportedProtocolVersion" => {
                Trouble::new(TroubleKind::Rejected, format!("{broker} does not speak this version of MQTT"))
                    .hint("set `version = \"3.1.1\"` (or leave it out, if it is set)")
            }
            "BadClientId" | "ClientIdentifierNotValid" => Trouble::new(
                TroubleKind::Rejected,
                format!("{broker} does not accept the client id `{}`", self.client_id),
            )
            .hint("`area.box` is the client id; some brokers must be told to allow more than 23 letters and digits"),
            other => Trouble::new(TroubleKind::Rejected, format!("{broker} refused the connection: {other}")),
        }
    }

    fn told_to_go(&self, code: &str, reason: Option<&str>) -> Trouble {
        let broker = self.broker;
        let because = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        match code {
            "SessionTakenOver" => Trouble::taken_over(broker, self.client_id),
            "NotAuthorized" => Trouble::new(
                TroubleKind::NotAllowed,
                format!("{broker} ended the connection: not allowed{because}"),
            )
            .hint("which topics may this user publish and subscribe to?"),
            other => {
                Trouble::new(TroubleKind::Closed, format!("{broker} ended the connection: {other}{because}"))
            }
        }
    }

    fn tls(&self, error: &rumqttc::TlsError) -> Trouble {
        match error {
            rumqttc::TlsError::Io(error) => self.io(error),
            rumqttc::TlsError::TLS(error) => self.rustls(error),
            other => {
                Trouble::new(TroubleKind::Tls, format!("no secure connection to {}: {other}", self.broker))
            }
        }
    }

    fn rustls(&self, error: &rustls::Error) -> Trouble {
        use rustls::{CertificateError as C, Error as E};
        let broker = self.broker;
        let certificate = |what: &str| format!("the certificate of {broker} is not accepted: {what}");
        let (text, hint) = match error {
            E::InvalidCertificate(C::UnknownIssuer) => (
                certificate("it is not signed by a known authority"),
                "set `ca_file` to the certificate of the authority that signed the broker's",
            ),
            E::InvalidCertificate(C::NotValidForName | C::NotValidForNameContext { .. }) => (
                certificate(&format!("it is not made for the name {}", self.host)),
                "use the name in the certificate (`openssl s_client -connect`) as host in the `url`",
            ),
            E::InvalidCertificate(
                C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. },
            ) => (
                certificate("it is not valid at this time"),
                "is the clock of this box right (`timedatectl`)? Otherwise the broker needs a new certificate",
            ),
            E::InvalidCertificate(other) => {
                (certificate(&format!("{other:?}")), "look at it with `openssl s_client -connect`")
            }
            E::InvalidMessage(_) => (
                format!("{broker} does not speak TLS on this port"),
                "use `mqtt://`, or the broker's TLS port (usually 8883)",
            ),
            E::AlertReceived(alert) => (
                format!("{broker} refused the secure connection: {alert:?}"),
                "does the broker ask for a client certificate (`client_cert`, `client_key`)?",
            ),
            other => (
                format!("no secure connection to {broker}: {other}"),
                "look at it with `openssl s_client -connect`",
            ),
        };
        Trouble::new(TroubleKind::Tls, text).hint(hint)
    }
}
