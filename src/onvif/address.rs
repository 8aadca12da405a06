//! Where a camera is asked, and whether an address that stands in its answer leads to the same device.
//!
//! A password goes to the host that was asked and to no other. Cameras often name themselves by another address than the
//! one by which they are reached: by the private one behind NAT, by one of before the network changed, by a name that only
//! they know. Such an address is taken with the host that was asked in its place. A public address of another host, or
//! another name of the internet, is not followed.

use std::net::{IpAddr, Ipv4Addr};

use url::Url;

use super::error::OnvifError;
use super::{Login, clean};
use crate::contract::stream_address;

/// Where ONVIF's core specification (section 5.1.1) has every device answer.
const DEVICE_SERVICE: &str = "/onvif/device_service";

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
pub(super) struct Asked {
    /// Its device service.
    pub(super) service: Url,
    /// The address behind the name.
    pub(super) ip: Option<IpAddr>,
    /// The port under which it names its own device service, where it does.
    pub(super) own_port: Option<u16>,
}

impl Asked {
    pub(super) fn new(service: Url) -> Self {
        Asked { ip: ip_of(&service), service, own_port: None }
    }

    /// A service that an answer names, as it is reached from here.
    ///
    /// # Errors
    /// Another host, or no address of a service.
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
    /// Another host, or no address of a stream.
    pub(super) fn stream(&self, given: &str) -> Result<Url, OnvifError> {
        self.reached(given, &["rtsp", "rtsps"]).map(|(url, _)| url)
    }

    /// Where a redirect leads: the same host, and never from an encrypted connection to one that is not.
    ///
    /// # Errors
    /// Another place.
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
    let Some(login) = login.filter(|login| !login.password.reveal().is_empty()) else {
        return url.to_owned();
    };
    let (plain, encoded) = (login.password.reveal(), stream_address::encoded(login.password.reveal()));
    let mut clean = url.to_owned();
    for span in stream_address::hidden(url).into_iter().rev() {
        if url.get(span.clone()).is_some_and(|value| value == plain || value == encoded) {
            clean.replace_range(span, "{password}");
        }
    }
    clean
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
