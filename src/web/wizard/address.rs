//! What somebody typed as the address of a camera, and the short name that follows from it.

use std::net::IpAddr;

use url::Url;

use super::state::{Target, Trouble, Way};
use crate::contract::stream_address;
use crate::onvif;
use crate::text::page_wizard as say;
use crate::types::secret::Secret;
use crate::video::{Credentials, RtspUrl, UrlError};

/// Longest address.
const MOST_CHARS: usize = 500;
/// So much of what is no address is said again.
const SHOWN_CHARS: usize = 80;

/// Reads an address: of a host, of its ONVIF service, or of a stream.
pub(super) fn read(typed: &str) -> Result<Target, Trouble> {
    let none = || Trouble::new(say::no_address(shown(typed)), Some(say::about_address()));
    let typed = half_width(typed.trim());
    if typed.is_empty() || typed.chars().count() > MOST_CHARS {
        return Err(none());
    }
    match typed.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase()).as_deref() {
        None => host(&typed, none),
        Some("http" | "https") => service(&typed, none),
        Some("rtsp" | "rtsps") => stream(&typed),
        Some(_) => Err(none()),
    }
}

/// It may hold a password.
fn shown(typed: &str) -> String {
    stream_address::shown(typed.trim()).chars().take(SHOWN_CHARS).collect()
}

/// As keyboards without an input method write it. Paths of streams may hold such characters and stay.
fn half_width(typed: &str) -> String {
    let half = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3002}' => '.',
        c => c,
    };
    let all: String = typed.chars().map(half).collect();
    if all.contains("://") && typed.contains("://") { typed.to_owned() } else { all }
}

fn host(typed: &str, none: impl Fn() -> Trouble) -> Result<Target, Trouble> {
    let ip: Option<IpAddr> = typed.trim_start_matches('[').trim_end_matches(']').parse().ok();
    if let Some(ip) = ip {
        return Ok(Target { host: bracketed(ip), title: None, way: Way::Asked(ip) });
    }
    let (host, port) = match typed.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().map_err(|_| none())?)),
        None => (typed, None),
    };
    let service = onvif::service_at(host, port).map_err(|_| none())?;
    Ok(of_service(service))
}

fn bracketed(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

fn service(typed: &str, none: impl Fn() -> Trouble) -> Result<Target, Trouble> {
    let mut service = Url::parse(typed).map_err(|_| none())?;
    if service.password().is_some() || !service.username().is_empty() {
        return Err(Trouble::new(say::login_in_address(), None));
    }
    let host = service.host_str().ok_or_else(&none)?;
    if service.path() == "/" {
        let usual = onvif::service_at(host, None).map_err(|_| none())?;
        service.set_path(usual.path());
    }
    Ok(of_service(service))
}

/// A camera at its ONVIF service.
pub(super) fn of_service(service: Url) -> Target {
    Target {
        host: service.host_str().unwrap_or_default().to_owned(),
        title: None,
        way: Way::Service(service),
    }
}

fn stream(typed: &str) -> Result<Target, Trouble> {
    // Whether places of the login are filled in well shows when it is opened.
    let anybody = Credentials { user: "user".to_owned(), password: Secret::new("password") };
    let url = RtspUrl::parse_and_fill(typed, Some(&anybody)).map_err(|error| match error {
        UrlError::Credentials => Trouble::new(say::login_in_address(), None),
        error => Trouble::new(error.sentence(), error.hint()),
    })?;
    let host = if url.host().contains(':') { format!("[{}]", url.host()) } else { url.host().to_owned() };
    Ok(Target { host, title: None, way: Way::Stream(typed.to_owned()) })
}

/// A short name that says where a camera is: `cam-31` for 10.0.0.31, `cam-31-2` where that is taken.
pub(super) fn short_name(host: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let is_ip = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let part =
        if is_ip { host.rsplit(['.', ':']).next() } else { host.split('.').next() }.unwrap_or_default();
    let part: String = part
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-')
        .take(30)
        .collect();
    let first = if part.is_empty() { "cam".to_owned() } else { format!("cam-{part}") };
    let more = (2..).map(|number: u32| format!("{first}-{number}"));
    std::iter::once(first.clone()).chain(more).find(|name| !is_taken(name)).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(typed: &str) -> String {
        match read(typed) {
            Ok(Target { way: Way::Service(url), .. }) => url.to_string(),
            Ok(Target { way: Way::Asked(ip), .. }) => format!("ask {ip}"),
            Ok(Target { way: Way::Stream(url), host, .. }) => format!("{host} {url}"),
            Err(trouble) => trouble.what.to_string(),
        }
    }

    #[test]
    fn an_address_is_read_as_people_type_it() {
        for (typed, expected) in [
            (" 10.0.0.31 ", "ask 10.0.0.31"),
            ("１０。０．0.31", "ask 10.0.0.31"),
            ("[fe80::1]", "ask fe80::1"),
            ("10.0.0.31:8080", "http://10.0.0.31:8080/onvif/device_service"),
            ("10.0.0.31：8080", "http://10.0.0.31:8080/onvif/device_service"),
            ("gate-cam.local", "http://gate-cam.local/onvif/device_service"),
            ("http://10.0.0.31", "http://10.0.0.31/onvif/device_service"),
            ("https://10.0.0.31:8443/onvif/own", "https://10.0.0.31:8443/onvif/own"),
            ("rtsp://10.0.0.31:8554/stream2", "10.0.0.31 rtsp://10.0.0.31:8554/stream2"),
            ("rtsp://[fe80::1]/a", "[fe80::1] rtsp://[fe80::1]/a"),
            ("rtsp://10.0.0.31/u={user}&p={password}", "10.0.0.31 rtsp://10.0.0.31/u={user}&p={password}"),
        ] {
            assert_eq!(way(typed), expected, "{typed}");
        }
        for typed in ["", "no address", "10.0.0.31:x", "ftp://10.0.0.31/", "http://"] {
            assert!(way(typed).contains("is no address"), "{typed}: {}", way(typed));
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_taken_and_not_said_again() {
        for typed in
            ["rtsp://admin:hunter2@10.0.0.31/a", "http://admin:hunter2@10.0.0.31/", "ftp://a:hunter2@b/"]
        {
            assert!(!way(typed).contains("hunter2"), "{typed}: {}", way(typed));
        }
    }

    #[test]
    fn a_short_name_says_where_and_is_free() {
        assert_eq!(short_name("10.0.0.31", |_| false), "cam-31");
        assert_eq!(short_name("10.0.0.31", |name| name == "cam-31"), "cam-31-2");
        assert_eq!(short_name("Gate_Cam.local", |_| false), "cam-gatecam");
        assert_eq!(short_name("[fe80::1]", |_| false), "cam-1");
    }
}
