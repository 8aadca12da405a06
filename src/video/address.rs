//! The address of a camera, without user information, as it is asked and as people may read it.
//!
//! Input is the checked configuration or the command line. Must never show a password, nor what could be one: an address
//! that can be read in two ways is refused.

use std::fmt;

use super::source::Credentials;
use crate::contract::stream_address::{self, AddressTrouble};
use crate::text::{Sentence, camera};
use crate::types::language::Language;
use crate::types::secret::Secret;

/// Why a text is no camera address. Never shows the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlError {
    /// The scheme is missing or unknown.
    Scheme,
    /// The host is missing.
    Host,
    /// A port that is no number below 65536.
    Port,
    /// An IPv6 address without its brackets.
    Brackets,
    /// An IPv6 address of one link only.
    Zone,
    /// User information where it does not belong.
    Credentials,
    /// An `@` behind something that is a host with a port or a user with a password.
    TwoReadings,
    /// `{user}` or `{password}` in it, and no login that they stand for.
    NoLogin,
    /// An unknown name in braces.
    UnknownPlace(String),
    /// Spaces or control characters.
    Characters,
}

impl UrlError {
    /// What is wrong, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            UrlError::Scheme => camera::address_scheme(),
            UrlError::Host => camera::address_host(),
            UrlError::Port => camera::address_port(),
            UrlError::Brackets => camera::address_brackets(),
            UrlError::Zone => camera::address_zone(),
            UrlError::Credentials => camera::address_credentials(),
            UrlError::TwoReadings => camera::address_two_readings(),
            UrlError::NoLogin => camera::address_no_login(),
            UrlError::UnknownPlace(place) => camera::address_unknown_place(place),
            UrlError::Characters => camera::address_characters(),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<Sentence> {
        Some(match self {
            UrlError::Scheme | UrlError::Host => camera::try_address_like_this(),
            UrlError::Brackets => camera::try_brackets(),
            UrlError::Zone => camera::try_without_zone(),
            UrlError::Credentials => camera::try_without_login(),
            UrlError::TwoReadings => camera::try_escape(),
            UrlError::NoLogin => camera::try_login_in_secret(),
            UrlError::UnknownPlace(_) => camera::try_known_place(),
            UrlError::Port | UrlError::Characters => return None,
        })
    }

    /// Message and hint, in that language.
    pub fn in_language(&self, language: Language) -> String {
        self.sentence().with_hint(self.hint().as_ref(), language)
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl std::error::Error for UrlError {}

/// An `rtsp://` or `rtsps://` address without user information.
///
/// `Display` and `Debug` hide what could be a password: values of parameters (in query and path) that are named like one,
/// and what was filled in from a secret file.
#[derive(Clone, PartialEq, Eq)]
pub struct RtspUrl {
    full: String,
    shown: String,
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

    /// Reads an address in which `{user}` and `{password}` stand for the login.
    pub fn parse_and_fill(text: &str, login: Option<&Credentials>) -> Result<Self, UrlError> {
        let text = &*stream_address::without_login_places(text.trim());
        if let Some(place) = stream_address::unknown_place(text) {
            return Err(UrlError::UnknownPlace(place.chars().take(20).collect()));
        }
        if !stream_address::has_places(text) {
            return Self::parse(text);
        }
        let login = login.ok_or(UrlError::NoLogin)?;
        let template = Self::parse(text)?;
        if stream_address::has_places(&template.host) {
            return Err(UrlError::Host);
        }
        let full = stream_address::filled(&template.full, &login.user, login.password.reveal());
        Ok(RtspUrl { full, ..template })
    }

    /// Reads an address and takes `user:password@` out of it.
    ///
    /// People paste passwords unescaped, so the *last* `@` before the path ends the user information,
    /// and percent escapes are decoded where they are valid.
    pub(crate) fn parse_with_credentials(text: &str) -> Result<(Self, Option<Credentials>), UrlError> {
        let text = text.trim();
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(UrlError::Characters);
        }
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        // The ports that IANA lists.
        let default_port = match scheme.as_str() {
            "rtsp" => 554,
            "rtsps" => 322,
            _ => return Err(UrlError::Scheme),
        };
        let (authority, path) = split_authority(rest)?;
        let (credentials, host_and_port) = match authority.rsplit_once('@') {
            Some((user_information, host)) => (Some(credentials_from(user_information)), host),
            None => (None, authority),
        };
        let (host, port) = split_port(host_and_port)?;
        // GStreamer takes 554 for `rtsps` too, so that port is always named.
        let full = match port {
            None if scheme == "rtsps" => format!("{scheme}://{host_and_port}:{default_port}{path}"),
            _ => format!("{scheme}://{host_and_port}{path}"),
        };
        let port = port.unwrap_or(default_port);
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let shown = stream_address::shown(&format!("{scheme}://{host_and_port}{path}"));
        Ok((RtspUrl { full, shown, host, port }, credentials))
    }

    /// The whole address for the camera. It may hold a password: not for people.
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
    pub(crate) fn host_and_port(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Whether the connection is encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.full.starts_with("rtsps:")
    }

    pub(super) fn secrets(&self) -> Vec<Secret> {
        stream_address::hidden(&self.full).into_iter().map(|span| Secret::new(&self.full[span])).collect()
    }
}

impl fmt::Display for RtspUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for RtspUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RtspUrl({self})")
    }
}

/// Splits what follows `//` into authority and path. An `@` after the first slash still belongs to the
/// authority when what stands before that slash looks like `user:`, because a pasted password may
/// contain a slash; where it looks like a host as well, nobody can tell.
fn split_authority(rest: &str) -> Result<(&str, &str), UrlError> {
    let end_from =
        |from: usize| rest[from..].find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(from + at));
    let (authority, path) = end_from(0);
    let Some(at) = path.rfind('@') else { return Ok((authority, path)) };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let is_host = match host == authority {
        true => stream_address::is_plain_host(host),
        false => stream_address::is_numeric_host(host),
    };
    if is_host {
        return Ok((authority, path));
    }
    let unfinished_user =
        host == authority && host.split_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_err());
    if unfinished_user { Ok(end_from(authority.len() + at)) } else { Err(UrlError::TwoReadings) }
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
fn split_port(host_and_port: &str) -> Result<(&str, Option<u16>), UrlError> {
    match stream_address::trouble(host_and_port) {
        Some(AddressTrouble::Brackets) => return Err(UrlError::Brackets),
        Some(AddressTrouble::Zone) => return Err(UrlError::Zone),
        None => {}
    }
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
    fn an_encrypted_camera_is_asked_at_the_port_that_is_named() {
        for (text, asked) in [
            ("rtsps://cam/x", "rtsps://cam:322/x"),
            ("rtsps://[fe80::1]/x", "rtsps://[fe80::1]:322/x"),
            ("rtsps://cam:8555/x", "rtsps://cam:8555/x"),
            ("rtsp://cam/x", "rtsp://cam/x"),
        ] {
            let (url, _) = parsed(text);
            assert_eq!((url.full(), url.to_string().as_str()), (asked, text));
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
            ("rtsp://fe80::31/stream", UrlError::Brackets),
            ("rtsp://fe80::31:8554/stream", UrlError::Brackets),
            ("rtsp://fe80::31%eth0/stream", UrlError::Brackets),
            ("rtsp://[fe80::31%eth0]:554/stream", UrlError::Zone),
            ("rtsp://[fe80::31%25eth0]/stream", UrlError::Zone),
            ("rtsp://admin:2024/cam@host", UrlError::TwoReadings),
            ("rtsp://admin:2024?cam@host", UrlError::TwoReadings),
            ("rtsp://admin:p@ss/word@cam/s", UrlError::TwoReadings),
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
    fn an_at_sign_in_the_path_is_no_password_where_no_other_reading_is_possible() {
        for (text, shown) in [
            ("rtsp://10.0.0.31:8554/live@main", "rtsp://10.0.0.31:8554/***@main"),
            ("rtsp://[fd00::31]:8554/live@main", "rtsp://[fd00::31]:8554/***@main"),
            ("rtsp://cam/live@main", "rtsp://cam/***@main"),
        ] {
            let (url, credentials) = parsed(text);
            assert_eq!(credentials, None);
            assert_eq!(url.full(), text);
            assert_eq!(url.to_string(), shown, "but it could be, so it is not shown");
        }
        let (url, credentials) = parsed("rtsp://admin:pw@10.0.0.31/live@main");
        assert_eq!((url.host(), credentials.unwrap().password.reveal()), ("10.0.0.31", "pw"));
    }

    #[test]
    fn passwords_in_parameters_are_sent_but_not_shown() {
        let (url, _) = parsed("rtsp://cam/user=admin_password=tlJwpbo6_channel=1?pwd=abc&x=1");
        assert!(url.full().contains("tlJwpbo6"));
        assert_eq!(url.to_string(), "rtsp://cam/user=admin_password=***_channel=1?pwd=***&x=1");
        assert!(!format!("{url:?}").contains("tlJwpbo6"));
    }

    #[test]
    fn the_login_is_filled_in_where_the_address_has_a_place_for_it() {
        let login = |password| Credentials { user: "admin".into(), password: Secret::new(password) };
        let text = "rtsp://10.0.0.31:554/user={user}&password={password}&channel=1";
        let url = RtspUrl::parse_and_fill(text, Some(&login("p@ss/w"))).unwrap();
        assert_eq!(url.full(), "rtsp://10.0.0.31:554/user=admin&password=p%40ss%2Fw&channel=1");
        assert_eq!(url.to_string(), text);
        let url = RtspUrl::parse_and_fill(text, Some(&login(""))).unwrap();
        assert_eq!(url.full(), "rtsp://10.0.0.31:554/user=admin&password=&channel=1");
        for (text, login, expected) in [
            (text, None, UrlError::NoLogin),
            ("rtsp://cam/{pass}", Some(&login("x")), UrlError::UnknownPlace("pass".into())),
            ("rtsp://{user}/x", Some(&login("x")), UrlError::Host),
        ] {
            assert_eq!(RtspUrl::parse_and_fill(text, login), Err(expected), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_unreadable(text in ".{0,60}") {
            let _ = RtspUrl::parse_with_credentials(&text);
            let _ = RtspUrl::parse_and_fill(&text, None);
        }
    }
}
