//! Parses the typed address of a camera, and derives its short name.

use super::state::{Target, Trouble, Way};
use crate::onvif::{self, AddressError, CameraAddress, MOST_ADDRESS_CHARS, half_width};
use crate::text::page_wizard as say;
use crate::types::secret::Secret;
use crate::video::{Credentials, RtspUrl, UrlError};

/// Reads an address: of a host, of its ONVIF service, or of a stream.
pub(super) fn read(typed: &str) -> Result<Target, Trouble> {
    let typed = half_width(typed.trim());
    if typed.is_empty() {
        return Err(Trouble::new(say::address_is_missing(), Some(say::about_address())));
    }
    match typed.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase()).as_deref() {
        Some("rtsp" | "rtsps") if typed.chars().count() <= MOST_ADDRESS_CHARS => stream(&typed),
        Some(_) | None => CameraAddress::read(&typed).map(of_camera).map_err(|error| match error {
            AddressError::NoAddress(given) => {
                Trouble::new(say::no_address(given), Some(say::about_address()))
            }
            AddressError::HasLogin => Trouble::new(say::login_in_address(), None),
        }),
    }
}

/// A camera that is asked by ONVIF.
pub(super) fn of_camera(address: CameraAddress) -> Target {
    let host = match &address {
        CameraAddress::Service(service) => service.host_str().unwrap_or_default().to_owned(),
        CameraAddress::Ip(ip) if ip.is_ipv6() => format!("[{ip}]"),
        CameraAddress::Ip(ip) => ip.to_string(),
    };
    // Two cameras behind one address differ in it.
    let port = match &address {
        CameraAddress::Service(service) => service.port(),
        CameraAddress::Ip(_) => None,
    };
    Target { host, port, title: None, way: Way::Onvif(address) }
}

fn stream(typed: &str) -> Result<Target, Trouble> {
    // Whether places of the login are filled in well shows when it is opened.
    let anybody = Credentials { user: "user".to_owned(), password: Secret::new("password") };
    let url = RtspUrl::parse_and_fill(typed, Some(&anybody)).map_err(|error| match error {
        UrlError::Credentials => Trouble::new(say::login_in_address(), None),
        error => Trouble::new(error.sentence(), error.hint()),
    })?;
    let host = if url.host().contains(':') { format!("[{}]", url.host()) } else { url.host().to_owned() };
    // RtspUrl fills in the usual one, which nobody typed.
    let port = Some(url.port()).filter(|port| typed.contains(&format!(":{port}")));
    Ok(Target { host, port, title: None, way: Way::Stream(typed.to_owned()) })
}

/// A short name that says where a camera is: `cam-31` for 10.0.0.31, `cam-31-2` where that is taken.
pub(super) fn short_name(host: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let first = onvif::short_name(host);
    let more = (2..).map(|number: u32| format!("{first}-{number}"));
    std::iter::once(first.clone()).chain(more).find(|name| !is_taken(name)).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(typed: &str) -> String {
        match read(typed) {
            Ok(Target { way: Way::Onvif(CameraAddress::Service(url)), .. }) => url.to_string(),
            Ok(Target { way: Way::Onvif(CameraAddress::Ip(ip)), host, .. }) => format!("ask {ip} at {host}"),
            Ok(Target { way: Way::Stream(url), host, .. }) => format!("{host} {url}"),
            Err(trouble) => trouble.what.to_string(),
        }
    }

    #[test]
    fn an_address_is_read_as_people_type_it() {
        for (typed, expected) in [
            (" 10.0.0.31 ", "ask 10.0.0.31 at 10.0.0.31"),
            ("１０。０．0.31", "ask 10.0.0.31 at 10.0.0.31"),
            ("[fe80::1]", "ask fe80::1 at [fe80::1]"),
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
        assert_eq!(way(" "), say::address_is_missing().to_string());
        for typed in ["no address", "10.0.0.31:x", "ftp://10.0.0.31/", "http://"] {
            assert!(way(typed).contains("is no address"), "{typed}: {}", way(typed));
        }
    }

    #[test]
    fn what_is_read_of_a_camera_has_its_port() {
        for (typed, expected) in [
            ("10.0.0.31", "10.0.0.31"),
            ("10.0.0.31:8080", "10.0.0.31:8080"),
            ("http://10.0.0.31:80/onvif/own", "10.0.0.31"),
            ("rtsp://10.0.0.31/a", "10.0.0.31"),
            ("rtsp://10.0.0.31:8554/a", "10.0.0.31:8554"),
            ("rtsp://[fe80::1]:8554/a", "[fe80::1]:8554"),
        ] {
            let target = read(typed).unwrap_or_else(|trouble| panic!("{typed}: {}", trouble.what));
            assert_eq!(target.shown(), expected, "{typed}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_taken_and_not_said_again() {
        for typed in [
            "rtsp://admin:hunter2@10.0.0.31/a",
            "http://admin:hunter2@10.0.0.31/",
            "ftp://a:hunter2@b/",
            "admin:hunter2@10.0.0.31",
            "admin:hunter2＠10.0.0.31",
        ] {
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
