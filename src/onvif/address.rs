//! Addresses of ONVIF services, and whether an address in an answer leads to the same device.
//!
//! A password goes to the host that was asked and to no other. Cameras often name themselves by another address than the
//! one by which they are reached: by the private one behind NAT, by one of before the network changed, by a name that only
//! they know. Such an address is taken with the host that was asked in its place. A public address of another host, or
//! another name of the internet, is not followed. No name is looked up twice: what a name stood for at first is asked to
//! the end.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::time::Duration;

use url::Url;

use super::error::OnvifError;
use super::{Login, clean, discovery};
use crate::contract::stream_address;

/// Where ONVIF's core specification (section 5.1.1) has every device answer.
const DEVICE_SERVICE: &str = "/onvif/device_service";
/// What a camera gets to say where its service is, before the usual place is tried.
const FIND_WITHIN: Duration = Duration::from_secs(1);
/// Longest address that somebody types.
pub(crate) const MOST_ADDRESS_CHARS: usize = 500;
/// Maximum length of an invalid address that is quoted.
const SHOWN_CHARS: usize = 80;
/// A password of fewer characters is taken out of an address only where a password stands by its name.
const SHORT_PASSWORD: usize = 4;

/// The address of a camera as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraAddress {
    /// Its ONVIF service.
    Service(Url),
    /// Its IP address alone: it says itself on which port ONVIF is.
    Ip(IpAddr),
}

/// Why what was typed is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressError {
    /// It is no address; what was typed, without what could be a password.
    NoAddress(String),
    /// User or password stand in it.
    HasLogin,
}

impl CameraAddress {
    /// Reads `10.0.0.31`, `10.0.0.31:8080`, `gate-cam.local`, `http://10.0.0.31/onvif/device_service`; full-width signs as
    /// well.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn read(typed: &str) -> Result<Self, AddressError> {
        let none = || {
            let shown = stream_address::shown(typed.trim());
            AddressError::NoAddress(clean(&shown.chars().take(SHOWN_CHARS).collect::<String>()))
        };
        let typed = half_width(typed.trim());
        if typed.chars().count() > MOST_ADDRESS_CHARS {
            return Err(none());
        }
        if typed.contains("://") {
            return Self::of_url(&typed, none);
        }
        if typed.contains('@') {
            return Err(AddressError::HasLogin);
        }
        if let Ok(ip) = typed.trim_start_matches('[').trim_end_matches(']').parse() {
            return Ok(CameraAddress::Ip(ip));
        }
        let (host, port) = match typed.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().map_err(|_| none())?)),
            None => (&*typed, None),
        };
        service_at(host, port).map(CameraAddress::Service).map_err(|_| none())
    }

    fn of_url(typed: &str, none: impl Fn() -> AddressError) -> Result<Self, AddressError> {
        let mut service = Url::parse(typed).map_err(|_| none())?;
        if !matches!(service.scheme(), "http" | "https") {
            return Err(none());
        }
        if service.password().is_some() || !service.username().is_empty() {
            return Err(AddressError::HasLogin);
        }
        if service.path() == "/" {
            service.set_path(DEVICE_SERVICE);
        }
        Ok(CameraAddress::Service(service))
    }

    /// Its ONVIF service: where it says that it is, else at the usual place.
    pub async fn service(self) -> Result<Url, OnvifError> {
        match self {
            CameraAddress::Service(service) => Ok(service),
            CameraAddress::Ip(ip) => match discovery::find(ip, FIND_WITHIN).await {
                Some(found) => Ok(found.service),
                None => service_at(&ip.to_string(), None),
            },
        }
    }
}

/// As keyboards without an input method write it. Paths of addresses may hold such characters and stay.
pub(crate) fn half_width(typed: &str) -> String {
    let half = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3002}' => '.',
        c => c,
    };
    if typed.contains("://") { typed.to_owned() } else { typed.chars().map(half).collect() }
}

/// A name that says where a camera is: `cam-31` for 10.0.0.31, `cam-gate` for gate.local.
pub fn short_name(host: &str) -> String {
    let is_ip = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let part =
        if is_ip { host.rsplit(['.', ':']).next() } else { host.split('.').next() }.unwrap_or_default();
    let part: String = part
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-')
        .take(30)
        .collect();
    if part.is_empty() { "cam".to_owned() } else { format!("cam-{part}") }
}

/// The device service of a camera at an address typed by hand: `10.0.0.31`, a name, an IPv6 address with or without
/// brackets. Without a port it is that of HTTP.
///
/// # Errors
/// [`OnvifError::NoAddress`].
pub fn service_at(host: &str, port: Option<u16>) -> Result<Url, OnvifError> {
    let none = || OnvifError::NoAddress { given: clean(host) };
    let bare = host.trim().trim_start_matches('[').trim_end_matches(']');
    let is_of_a_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if bare.is_empty() || !bare.chars().all(is_of_a_host) {
        return Err(none());
    }
    let bracketed = if bare.contains(':') { format!("[{bare}]") } else { bare.to_owned() };
    let mut url = Url::parse(&format!("http://{bracketed}{DEVICE_SERVICE}")).map_err(|_| none())?;
    url.set_port(port).map_err(|()| none())?;
    Ok(url)
}

/// `10.0.0.31`, `10.0.0.31:8080`: as people read it, without path.
pub(super) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The host as an IP address, if it is one. Other schemes than HTTP's keep it as a text.
pub(super) fn ip_of(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether an address has a meaning in one site only, so that it may stand for the device that named it.
pub(super) fn is_of_the_site(url: &Url) -> bool {
    match (ip_of(url), url.host_str()) {
        (Some(IpAddr::V4(ip)), _) => {
            let [a, b, ..] = ip.octets();
            // The last one: carriers' own addresses (RFC 6598).
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || a == 100 && b & 0xc0 == 64
        }
        (Some(IpAddr::V6(ip)), _) => {
            ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        // A name of one word, or of the local network (RFC 6762), is no name of the internet.
        (None, Some(host)) => !host.trim_end_matches('.').contains('.') || host.ends_with(".local"),
        (None, None) => true,
    }
}

/// How a camera was asked.
#[derive(Debug, Clone)]
pub(super) struct AskedDevice {
    /// Its device service.
    pub(super) service: Url,
    /// The address behind the name.
    pub(super) ip: Option<IpAddr>,
    /// The port under which it names its own device service, where it does.
    pub(super) own_port: Option<u16>,
}

impl AskedDevice {
    pub(super) fn new(service: Url) -> Self {
        AskedDevice { ip: ip_of(&service), service, own_port: None }
    }

    /// A service that an answer names, as it is reached from here.
    ///
    /// # Errors
    /// The address has another host, or is none of a service.
    pub(super) fn service(&self, given: &str) -> Result<Url, OnvifError> {
        let (mut url, is_replaced) = self.reached(given, &["http", "https"])?;
        if is_replaced && url.port_or_known_default() == self.own_port {
            // A router has another port for what the device takes for its own.
            url.set_port(self.service.port()).map_err(|()| self.elsewhere(given))?;
        }
        if self.service.scheme() == "https" && url.scheme() == "http" {
            url.set_scheme("https").map_err(|()| self.elsewhere(given))?;
            url.set_port(self.service.port()).map_err(|()| self.elsewhere(given))?;
        }
        Ok(url)
    }

    /// A stream that an answer names, as it is reached from here.
    ///
    /// # Errors
    /// The address has another host, or is none of a stream.
    pub(super) fn stream(&self, given: &str) -> Result<Url, OnvifError> {
        let (mut url, _) = self.reached(given, &["rtsp", "rtsps"])?;
        // No camera may have our password filled in where it likes: only what stands there itself is a place of one.
        let query = url.query().map(|query| query.replace('{', "%7B").replace('}', "%7D"));
        url.set_query(query.as_deref());
        url.set_fragment(None);
        Ok(url)
    }

    /// Where a redirect leads: the same host, and never from an encrypted connection to one that is not.
    ///
    /// # Errors
    /// The redirect leads elsewhere.
    pub(super) fn redirect(&self, from: &Url, location: &str) -> Result<Url, OnvifError> {
        let to = from.join(location).map_err(|_| self.elsewhere(location))?;
        let is_safe = to.scheme() == "https" || (to.scheme() == "http" && from.scheme() == "http");
        if !is_safe || to.host_str() != from.host_str() {
            return Err(self.elsewhere(location));
        }
        Ok(to)
    }

    /// The address, and whether the host that was asked took the place of another one.
    fn reached(&self, given: &str, schemes: &[&str]) -> Result<(Url, bool), OnvifError> {
        let mut url = Url::parse(given.trim()).map_err(|_| self.elsewhere(given))?;
        if !schemes.contains(&url.scheme()) {
            return Err(self.elsewhere(given));
        }
        // A login in it is not ours.
        let cannot = |()| self.elsewhere(given);
        url.set_username("").map_err(cannot)?;
        url.set_password(None).map_err(cannot)?;
        let is_the_same = url.host_str().is_some_and(|host| {
            self.service.host_str().is_some_and(|asked| asked.eq_ignore_ascii_case(host))
        }) || (self.ip.is_some() && ip_of(&url) == self.ip);
        if !is_the_same {
            if !is_of_the_site(&url) {
                return Err(self.elsewhere(given));
            }
            url.set_host(self.service.host_str()).map_err(|_| self.elsewhere(given))?;
        }
        Ok((url, !is_the_same))
    }

    fn elsewhere(&self, given: &str) -> OnvifError {
        let host = Url::parse(given.trim()).ok().and_then(|url| url.host_str().map(str::to_owned));
        // What is no address at all may hold a login.
        let to = host.map_or_else(|| "?".to_owned(), |host| clean(&host));
        OnvifError::SentElsewhere { address: shown(&self.service), to }
    }
}

/// The address of a stream with `{password}` where the password stands that we gave: some cameras write it there. So
/// it may stand in a configuration.
pub(super) fn without_password(url: &str, login: Option<&Login>) -> String {
    let Some(password) = login.map(|login| login.password.reveal()).filter(|password| !password.is_empty())
    else {
        return url.to_owned();
    };
    let encoded = stream_address::encoded(password);
    let named = stream_address::hidden(url).into_iter();
    let mut spans: Vec<Range<usize>> = named
        .filter(|span| url.get(span.clone()).is_some_and(|value| value == password || value == encoded))
        .collect();
    if password.chars().count() >= SHORT_PASSWORD {
        spans.extend(standing_alone(url, password).chain(standing_alone(url, &encoded)));
    }
    spans.sort_unstable_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut clean = String::with_capacity(url.len());
    let mut at = 0;
    for span in spans {
        // The same place may be found in several ways.
        if span.start >= at {
            clean.push_str(&url[at..span.start]);
            clean.push_str(stream_address::PASSWORD_PLACE);
            at = span.end;
        }
    }
    clean.push_str(&url[at..]);
    clean
}

/// The place of a whole word behind the host.
fn standing_alone<'u>(url: &'u str, word: &'u str) -> impl Iterator<Item = Range<usize>> {
    let host = url.find("://").map_or(0, |at| at + 3);
    let path = url[host..].find(['/', '?']).map_or(url.len(), |at| host + at);
    let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let found = url[path..].match_indices(word).map(move |(at, _)| path + at..path + at + word.len());
    found.filter(move |span| {
        is_end(url[..span.start].chars().next_back()) && is_end(url[span.end..].chars().next())
    })
}

/// The service with this address as its host.
pub(super) fn with_host(url: &Url, ip: IpAddr) -> Option<Url> {
    let mut url = url.clone();
    url.set_ip_host(ip).ok()?;
    Some(url)
}

/// Whether nobody else's machine can be meant by it.
pub(super) fn is_loopback(ip: IpAddr) -> bool {
    ip.is_loopback() || ip == IpAddr::V4(Ipv4Addr::UNSPECIFIED)
}
