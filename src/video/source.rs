//! Where a camera's pictures come from: typed addresses and secrets.
//!
//! Input is the checked configuration or the command line. Must never print a password: [`Secret`] has
//! no way to show itself, and an [`RtspUrl`] holds no user information by construction.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::backoff::RetryLimits;
use super::decoder::DecoderChoice;
use super::gate::Policy;
use super::picture::PictureShape;

/// The default time without a frame after which a stream counts as lost: a guess that leaves room for a
/// camera that refocuses or restarts its encoder, and still tells within the time a person would wait.
pub const STALL_AFTER: Duration = Duration::from_secs(10);

/// A password. `Debug` and `Display` show stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Takes the text as it is.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Secret(text.into())
    }

    /// The text, for the one place that hands it to the camera.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Who asks the camera for its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password.
    pub password: Secret,
}

/// How RTP packets travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// Interleaved in the RTSP connection: passes firewalls, loses nothing. The default.
    #[default]
    Tcp,
    /// Datagrams to two ports of ours.
    Udp,
}

impl Transport {
    /// `tcp` or `udp`.
    pub fn name(self) -> &'static str {
        match self {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who may receive a camera's packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Receiver {
    /// What costs least and understands the camera: one thread for all cameras, else GStreamer.
    #[default]
    Auto,
    /// GStreamer, whatever it costs: four threads and some 5 ms of every second.
    Gstreamer,
}

/// Who receives a camera's packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceivedBy {
    /// The thread that all such cameras share.
    Lean,
    /// A pipeline of its own.
    Gstreamer,
}

impl ReceivedBy {
    /// `lean` or `gstreamer`.
    pub fn name(self) -> &'static str {
        match self {
            ReceivedBy::Lean => "lean",
            ReceivedBy::Gstreamer => "gstreamer",
        }
    }
}

/// How fast a file plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// One second of film in one second, as a camera would send it.
    #[default]
    RealTime,
    /// As fast as it decodes.
    AsFastAsPossible,
}

/// Where the pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A network camera.
    Rtsp {
        /// Its address, without user information.
        url: RtspUrl,
        /// How the packets travel.
        transport: Transport,
        /// User and password, where the camera asks for them.
        credentials: Option<Credentials>,
    },
    /// A recording.
    File {
        /// Where it lies.
        path: PathBuf,
        /// How fast it plays.
        pace: Pace,
        /// Start over at its end.
        repeat: bool,
    },
}

/// One camera as `supervise` and `probe` want it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id in the configuration; names it in frames, events, logs and thread names.
    pub camera: Arc<str>,
    /// Where the pictures come from.
    pub location: Location,
    /// Who may receive it, where it is a camera.
    pub receiver: Receiver,
    /// Which decoders may be used.
    pub decoder: DecoderChoice,
    /// How its pictures must be shown. What a file says of itself counts more.
    pub shape: PictureShape,
    /// How much of it is decoded.
    pub policy: Policy,
    /// Time without a frame after which the stream counts as lost.
    pub stall_after: Duration,
    /// Bounds of the waits between attempts.
    pub retry: RetryLimits,
}

impl Source {
    /// A source with the defaults: any decoder, everything decoded, 10 s watchdog, 0.5 to 3 s between attempts.
    pub fn new(camera: impl Into<Arc<str>>, location: Location) -> Self {
        Source {
            camera: camera.into(),
            location,
            receiver: Receiver::Auto,
            decoder: DecoderChoice::Auto,
            shape: PictureShape::default(),
            policy: Policy::Full,
            stall_after: STALL_AFTER,
            retry: RetryLimits::default(),
        }
    }

    /// Every text that must not appear in anything people read.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        match &self.location {
            Location::Rtsp { url, credentials, .. } => {
                let mut secrets = url.secrets();
                secrets.extend(credentials.iter().map(|known| known.password.clone()));
                secrets
            }
            Location::File { .. } => Vec::new(),
        }
    }
}

/// Why a text is no camera address. Never shows the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Another scheme, or none.
    #[error(
        "a camera address starts with rtsp:// or rtsps://\n  hint: write it like rtsp://10.0.0.31/stream2"
    )]
    Scheme,
    /// Nothing between `//` and the path.
    #[error("the camera address names no host\n  hint: write it like rtsp://10.0.0.31/stream2")]
    Host,
    /// A port that is no number below 65536.
    #[error("the camera address has a port that is no number from 1 to 65535")]
    Port,
    /// User information where it does not belong.
    #[error(
        "the camera address carries a user name or password\n  hint: take it out of the address; the user and a secret file are settings of their own"
    )]
    Credentials,
    /// Spaces or control characters.
    #[error("the camera address contains a space or a control character")]
    Characters,
}

/// An `rtsp://` or `rtsps://` address without user information.
///
/// `Display` and `Debug` hide values of query parameters (and of the `name=value` path parts of some
/// cheap recorders) that are named like a password.
#[derive(Clone, PartialEq, Eq)]
pub struct RtspUrl {
    full: String,
    host: String,
    port: u16,
}

impl RtspUrl {
    /// Reads an address; one that carries user information is refused.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        match Self::parse_with_credentials(text)? {
            (url, None) => Ok(url),
            (_, Some(_)) => Err(UrlError::Credentials),
        }
    }

    /// Reads an address and takes `user:password@` out of it.
    ///
    /// People paste passwords unescaped, so the *last* `@` before the path ends the user information,
    /// and percent escapes are decoded where they are valid.
    pub fn parse_with_credentials(text: &str) -> Result<(Self, Option<Credentials>), UrlError> {
        let text = text.trim();
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(UrlError::Characters);
        }
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "rtsp" => 554,
            "rtsps" => 322,
            _ => return Err(UrlError::Scheme),
        };
        let (authority, path) = split_authority(rest);
        let (credentials, host_and_port) = match authority.rsplit_once('@') {
            Some((user_information, host)) => (Some(credentials_from(user_information)), host),
            None => (None, authority),
        };
        let (host, port) = split_port(host_and_port)?;
        let port = port.unwrap_or(default_port);
        let full = format!("{scheme}://{host_and_port}{path}");
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok((RtspUrl { full, host, port }, credentials))
    }

    /// The whole address for the camera. Query parameters may hold a password: not for people.
    pub(super) fn full(&self) -> &str {
        &self.full
    }

    /// Host name or address, without the brackets of IPv6.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Port; 554 (`rtsps`: 322) where the address names none.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `10.0.0.31:554`, `[fe80::1]:554`: where to find it, without its path, which may hold a password.
    pub fn host_and_port(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    fn secrets(&self) -> Vec<Secret> {
        secret_spans(&self.full).into_iter().map(|(from, to)| Secret::new(&self.full[from..to])).collect()
    }
}

impl fmt::Display for RtspUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = 0;
        for (from, to) in secret_spans(&self.full) {
            f.write_str(&self.full[shown..from])?;
            f.write_str("***")?;
            shown = to;
        }
        f.write_str(&self.full[shown..])
    }
}

impl fmt::Debug for RtspUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RtspUrl({self})")
    }
}

/// Splits what follows `//` into authority and path. An `@` after the first slash still belongs to the
/// authority when what stands before that slash looks like `user:`, because a pasted password may
/// contain a slash.
fn split_authority(rest: &str) -> (&str, &str) {
    let end_from =
        |from: usize| rest[from..].find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(from + at));
    let (authority, path) = end_from(0);
    let unfinished_user = !authority.contains('@')
        && authority.split_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_err());
    match path.rfind('@') {
        Some(at) if unfinished_user => end_from(authority.len() + at),
        _ => (authority, path),
    }
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
fn split_port(host_and_port: &str) -> Result<(&str, Option<u16>), UrlError> {
    let bracket = host_and_port.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match host_and_port[bracket..].split_once(':') {
        Some((tail, port)) => (&host_and_port[..bracket + tail.len()], Some(port)),
        None => (host_and_port, None),
    };
    if host.is_empty() {
        return Err(UrlError::Host);
    }
    match port {
        None => Ok((host, None)),
        Some(text) => match text.parse::<u16>() {
            Ok(port) if port > 0 => Ok((host, Some(port))),
            _ => Err(UrlError::Port),
        },
    }
}

fn credentials_from(user_information: &str) -> Credentials {
    let (user, password) = user_information.split_once(':').unwrap_or((user_information, ""));
    Credentials { user: percent_decoded(user), password: Secret::new(percent_decoded(password)) }
}

/// Decodes `%41`; text that is no valid escape stays as it is.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes
            .get(at + 1..at + 3)
            .filter(|_| bytes[at] == b'%')
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match escape {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

/// Byte ranges that may hold a password: values of `password=`, `passwd=`, `pwd=`, `pass=`, and what stands
/// before an `@` in the path, which may be the rest of a pasted password with a slash in it.
fn secret_spans(url: &str) -> Vec<(usize, usize)> {
    let lower = url.to_ascii_lowercase();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let authority = lower.find("://").map_or(0, |at| at + 3);
    if let Some(slash) = lower[authority..].find('/').map(|at| authority + at + 1) {
        spans.extend(lower[slash..].rfind('@').filter(|at| *at > 0).map(|at| (slash, slash + at)));
    }
    for name in ["password=", "passwd=", "pwd=", "pass="] {
        for (at, _) in lower.match_indices(name) {
            let from = at + name.len();
            let length = lower[from..].find(['&', '/', '?', ';', '_']).unwrap_or(lower.len() - from);
            if length > 0 {
                spans.push((from, from + length));
            }
        }
    }
    spans.sort_unstable();
    spans.dedup_by(|later, earlier| {
        let overlaps = later.0 < earlier.1;
        if overlaps {
            earlier.1 = earlier.1.max(later.1);
        }
        overlaps
    });
    spans
}

/// Replaces user information inside addresses, and every given secret, by stars.
///
/// For texts that come from elsewhere (GStreamer's messages) on their way to people.
pub fn redact(text: &str, secrets: &[Secret]) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let end = after
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>'))
            .unwrap_or(after.len());
        let (address, others) = after.split_at(end);
        // The last `@`, also behind a slash: a path loses a few letters, a password never shows.
        match address.rfind('@') {
            Some(at) => {
                clean.push_str("***@");
                clean.push_str(&address[at + 1..]);
            }
            None => clean.push_str(address),
        }
        rest = others;
    }
    clean.push_str(rest);
    for secret in secrets.iter().filter(|secret| !secret.reveal().is_empty()) {
        clean = clean.replace(secret.reveal(), "***");
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (RtspUrl, Option<Credentials>) {
        RtspUrl::parse_with_credentials(text).unwrap()
    }

    #[test]
    fn an_address_is_read_into_host_and_port() {
        for (text, host, port) in [
            ("rtsp://10.0.0.31/stream2", "10.0.0.31", 554),
            ("rtsp://cam.example:8554/a/b?c=1", "cam.example", 8554),
            ("RTSP://cam", "cam", 554),
            ("rtsps://cam/x", "cam", 322),
            ("rtsp://[fe80::1]:8554/x", "fe80::1", 8554),
            ("rtsp://[fe80::1]/x", "fe80::1", 554),
        ] {
            let (url, credentials) = parsed(text);
            assert_eq!((url.host(), url.port()), (host, port), "{text}");
            assert_eq!(credentials, None, "{text}");
        }
    }

    #[test]
    fn what_is_no_camera_address_is_refused() {
        for (text, error) in [
            ("http://10.0.0.31/", UrlError::Scheme),
            ("10.0.0.31", UrlError::Scheme),
            ("rtsp:///stream", UrlError::Host),
            ("rtsp://:554/stream", UrlError::Host),
            ("rtsp://cam:0/", UrlError::Port),
            ("rtsp://cam:70000/", UrlError::Port),
            ("rtsp://cam/a b", UrlError::Characters),
            ("rtsp://admin:pw@cam/", UrlError::Credentials),
            ("rtsp://admin@cam/", UrlError::Credentials),
        ] {
            assert_eq!(RtspUrl::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn pasted_passwords_are_taken_out_whatever_they_contain() {
        for (text, user, password, rest) in [
            ("rtsp://admin:12345@cam/s", "admin", "12345", "rtsp://cam/s"),
            ("rtsp://admin:p@ss@cam:554/s", "admin", "p@ss", "rtsp://cam:554/s"),
            ("rtsp://admin:p%40ss%2F@cam/s", "admin", "p@ss/", "rtsp://cam/s"),
            ("rtsp://admin:a/b@cam/s", "admin", "a/b", "rtsp://cam/s"),
            ("rtsp://admin:a:b@cam/s", "admin", "a:b", "rtsp://cam/s"),
            ("rtsp://admin:100%@cam/s", "admin", "100%", "rtsp://cam/s"),
            ("rtsp://admin:@cam/s", "admin", "", "rtsp://cam/s"),
        ] {
            let (url, credentials) = parsed(text);
            let credentials = credentials.unwrap();
            assert_eq!(credentials.user, user, "{text}");
            assert_eq!(credentials.password.reveal(), password, "{text}");
            assert_eq!(url.full(), rest, "{text}");
        }
    }

    #[test]
    fn an_at_sign_in_the_path_is_no_password() {
        let (url, credentials) = parsed("rtsp://cam:8554/live@main");
        assert_eq!(credentials, None);
        assert_eq!(url.full(), "rtsp://cam:8554/live@main");
        assert_eq!(url.to_string(), "rtsp://cam:8554/***@main", "but it could be, so it is not shown");
    }

    #[test]
    fn passwords_in_parameters_are_sent_but_not_shown() {
        let (url, _) = parsed("rtsp://cam/user=admin_password=tlJwpbo6_channel=1?pwd=abc&x=1");
        assert!(url.full().contains("tlJwpbo6"));
        assert_eq!(url.to_string(), "rtsp://cam/user=admin_password=***_channel=1?pwd=***&x=1");
        assert!(!format!("{url:?}").contains("tlJwpbo6"));
    }

    #[test]
    fn debug_of_a_source_shows_no_password() {
        let (url, _) = parsed("rtsp://cam/?password=inurl77");
        let credentials = Some(Credentials { user: "admin".into(), password: Secret::new("geheim77") });
        let source = Source::new("cam-01", Location::Rtsp { url, transport: Transport::Tcp, credentials });
        let text = format!("{source:?} {source:#?} {}", Secret::new("geheim77"));
        assert!(!text.contains("geheim77") && !text.contains("inurl77"), "{text}");
        assert_eq!(source.secrets().len(), 2);
    }

    #[test]
    fn redaction_finds_user_information_and_known_secrets() {
        let secrets = [Secret::new("hunter2"), Secret::new("")];
        for (text, clean) in [
            ("open rtsp://a:b@cam/x failed", "open rtsp://***@cam/x failed"),
            ("rtsp://a:hunt/er@cam/x", "rtsp://***@cam/x"),
            ("no address, password hunter2!", "no address, password ***!"),
            ("\"rtsp://u:p@h/1\" and \"rtsp://u:p@h/2\"", "\"rtsp://***@h/1\" and \"rtsp://***@h/2\""),
            ("rtsp://a:12/x@cam/x", "rtsp://***@cam/x"),
            ("rtsp://cam:554/live", "rtsp://cam:554/live"),
        ] {
            assert_eq!(redact(text, &secrets), clean);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_unreadable(text in ".{0,60}") {
            let _ = RtspUrl::parse_with_credentials(&text);
            let _ = redact(&text, &[Secret::new("x")]);
        }

        #[test]
        fn a_password_never_survives_redaction(password in "[ -~&&[^ \"'<>]]{1,20}", host in "[a-z]{1,8}") {
            let url = format!("rtsp://user-name:{password}@{host}/stream");
            let shown = redact(&format!("could not open {url}: gone"), &[]);
            proptest::prop_assert_eq!(shown, format!("could not open rtsp://***@{host}/stream: gone"));
        }
    }
}
