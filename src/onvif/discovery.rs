//! WS-Discovery: the question goes to everybody on each network of this machine, and every camera answers.
//!
//! By IPv4 only: what answers by a link-local address of IPv6 could not be opened by an address in the configuration.
//! Answers are believed in what they say of themselves, never in where they lead: a camera is asked where its answer came
//! from.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket as StdUdpSocket};
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::Mutex;
use rustix::net::sockopt;
use tokio::net::UdpSocket;
use tokio::time::{Instant, sleep_until, timeout_at};
use ulid::Ulid;
use url::Url;

use super::address::{ip_of, is_loopback, is_of_the_site, with_host};
use super::error::OnvifError;
use super::named;
use super::xml::{self, Element};

/// Seconds for cameras to answer: they do within one, and the question goes out twice.
pub(crate) const SEARCH_SECONDS: u64 = 4;
/// Group and port (WS-Discovery 1.0, section 2.4).
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
const PORT: u16 = 3702;
/// UDP loses packets: each question goes out so often, at first and half way, so that a late answer still counts.
const REPEATS: u32 = 2;
/// Answers of a whole site at once; more come from somebody who means harm.
const MOST_ANSWERS: usize = 4_096;
/// Cameras in one network.
const MOST_FOUND: usize = 1_024;
/// Maximum behind one address, as routers have them, so that one machine cannot use up all places.
const MOST_AT_ONE_ADDRESS: usize = 64;
/// Cameras for which one answer speaks.
const MOST_IN_ONE_ANSWER: usize = 16;
/// Longest address of a service, in bytes.
const LONGEST_ADDRESS: usize = 500;
/// The largest datagram there is.
const DATAGRAM_BYTES: usize = 65_536;
/// Maximum number of scopes of a camera: they say what it is called and can do.
const MOST_SCOPES: usize = 64;
/// Networks of one machine; containers have dozens.
const MOST_NETWORKS: usize = 64;

const ENVELOPE: &str = "http://www.w3.org/2003/05/soap-envelope";
const ADDRESSING: &str = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
const DISCOVERY: &str = "http://schemas.xmlsoap.org/ws/2005/04/discovery";
/// What a camera may call itself: of ONVIF's first version, and of a later one. Some answer to one of them only.
const TYPES: [(&str, &str); 2] = [
    ("NetworkVideoTransmitter", "http://www.onvif.org/ver10/network/wsdl"),
    ("Device", "http://www.onvif.org/ver10/device/wsdl"),
];
/// How scopes begin that mean something to everybody.
const SCOPES: &str = "onvif://www.onvif.org/";

/// A camera that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The sender of the answer.
    pub address: IpAddr,
    /// Its device service, at that address.
    pub service: Url,
    /// What it is called.
    pub name: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// What it says of itself, as it does: `onvif://www.onvif.org/location/gate`.
    pub scopes: Vec<String>,
    /// Its number, which it keeps.
    pub endpoint: String,
}

/// The cameras that answer on any network of this machine, by address.
///
/// # Errors
/// No network could be asked.
pub async fn discover(within: Duration) -> Result<Vec<Found>, OnvifError> {
    let no_network = |error: io::Error| OnvifError::NoNetwork { detail: error.to_string() };
    let mut sockets = Vec::new();
    let mut last = None;
    for network in networks().map_err(no_network)? {
        match socket_in(network) {
            Ok(socket) => sockets.push((socket, SocketAddr::from((GROUP, PORT)))),
            Err(error) => last = Some(error),
        }
    }
    if sockets.is_empty() {
        return Err(no_network(last.unwrap_or_else(|| io::Error::from(io::ErrorKind::NetworkUnreachable))));
    }
    let questions: Vec<String> = TYPES.iter().map(probe).collect();
    let deadline = Instant::now() + within;
    let found = Mutex::new(Answered::default());
    let asked = sockets.iter().map(|(socket, to)| ask(socket, *to, &questions, deadline, within, &found));
    let mut sent = false;
    for result in join_all(asked).await {
        match result {
            Ok(()) => sent = true,
            Err(error) => last = Some(error),
        }
    }
    if !sent {
        return Err(no_network(last.unwrap_or_else(|| io::Error::from(io::ErrorKind::NetworkUnreachable))));
    }
    Ok(found.into_inner().sorted())
}

/// The camera at one address, asked by WS-Discovery for where its service is; none where it does not answer. Many are
/// found that have ONVIF on another port than that of HTTP.
pub(super) async fn find(address: IpAddr, within: Duration) -> Option<Found> {
    let any: IpAddr =
        if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { std::net::Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await.ok()?;
    let questions: Vec<String> = TYPES.iter().map(probe).collect();
    let deadline = Instant::now() + within;
    let found = Mutex::new(Answered::default());
    ask(&socket, SocketAddr::new(address, PORT), &questions, deadline, within, &found).await.ok()?;
    found.into_inner().sorted().into_iter().find(|found| found.address == address)
}

// ---- networks

/// One that is up: the number by which the system knows it, and whether it is this machine itself.
#[derive(Debug, Clone, Copy)]
struct Network {
    number: u32,
    is_loopback: bool,
}

/// Bits of an interface's flags (Linux, if.h).
const IS_UP: u32 = 0x1;
const IS_LOOPBACK: u32 = 0x8;

fn networks() -> io::Result<Vec<Network>> {
    let mut networks = Vec::new();
    for entry in fs::read_dir("/sys/class/net")?.flatten().take(MOST_NETWORKS) {
        let read = |name| fs::read_to_string(entry.path().join(name)).ok();
        let flags = read("flags")
            .and_then(|flags| u32::from_str_radix(flags.trim().trim_start_matches("0x"), 16).ok());
        let number = read("ifindex").and_then(|number| number.trim().parse().ok());
        if let (Some(flags), Some(number)) = (flags, number)
            && flags & IS_UP != 0
        {
            networks.push(Network { number, is_loopback: flags & IS_LOOPBACK != 0 });
        }
    }
    Ok(networks)
}

fn socket_in(network: Network) -> io::Result<UdpSocket> {
    let socket = StdUdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.set_nonblocking(true)?;
    // Not beyond the network's router.
    socket.set_multicast_ttl_v4(1)?;
    let from = if network.is_loopback { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
    sockopt::set_ip_multicast_if_with_ifindex(&socket, &GROUP, &from, network.number)?;
    UdpSocket::from_std(socket)
}

// ---- question and answer

/// Asks, and collects what comes until the time is over.
async fn ask(
    socket: &UdpSocket,
    to: SocketAddr,
    questions: &[String],
    deadline: Instant,
    within: Duration,
    found: &Mutex<Answered>,
) -> io::Result<()> {
    let sending = async {
        let mut sent = Err(io::Error::from(io::ErrorKind::NetworkUnreachable));
        for repeat in 0..REPEATS {
            // The last one is early enough to be answered.
            sleep_until(deadline - within + within * repeat / REPEATS).await;
            for question in questions {
                match socket.send_to(question.as_bytes(), to).await {
                    Ok(_) => sent = Ok(()),
                    Err(error) if sent.is_err() => sent = Err(error),
                    Err(_) => {}
                }
            }
            // A network without an address will not get one.
            if sent.is_err() {
                break;
            }
        }
        sent
    };
    let receiving = async {
        let mut datagram = vec![0; DATAGRAM_BYTES];
        for _ in 0..MOST_ANSWERS {
            match timeout_at(deadline, socket.recv_from(&mut datagram)).await {
                Ok(Ok((bytes, from))) => {
                    if let Ok(answer) = xml::parse(datagram.get(..bytes).unwrap_or_default()) {
                        let mut found = found.lock();
                        matches_of(&answer, from.ip()).for_each(|camera| found.add(camera));
                    }
                }
                // Nobody listens at one address that was asked: that is reported of the socket's next packet.
                Ok(Err(_)) => {}
                Err(_) => break,
            }
            // A device that sends without end keeps no other waiting.
            tokio::task::yield_now().await;
        }
    };
    let mut sending = std::pin::pin!(sending);
    let mut receiving = std::pin::pin!(receiving);
    tokio::select! {
        () = &mut receiving => Ok(()),
        sent = &mut sending => {
            sent?;
            receiving.await;
            Ok(())
        }
    }
}

fn probe((name, space): &(&str, &str)) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><e:Envelope xmlns:e=\"{ENVELOPE}\" xmlns:w=\"{ADDRESSING}\" \
         xmlns:d=\"{DISCOVERY}\" xmlns:dn=\"{space}\"><e:Header><w:MessageID>uuid:{id}</w:MessageID>\
         <w:To e:mustUnderstand=\"true\">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>\
         <w:Action e:mustUnderstand=\"true\">{DISCOVERY}/Probe</w:Action></e:Header><e:Body><d:Probe>\
         <d:Types>dn:{name}</d:Types></d:Probe></e:Body></e:Envelope>",
        id = uuid(),
    )
}

/// A number of its own, as RFC 4122 writes it.
fn uuid() -> String {
    let hex = format!("{:032x}", u128::from(Ulid::new()));
    let parts = [hex.get(..8), hex.get(8..12), hex.get(12..16), hex.get(16..20), hex.get(20..)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("-")
}

/// The cameras in an answer that came from there. Some leave out what is around a match.
fn matches_of(envelope: &Element, from: IpAddr) -> impl Iterator<Item = Found> {
    let of_discovery = |space: &str| space == DISCOVERY;
    let bodies = envelope.children.iter().filter(|child| child.name == "Body");
    let answers = bodies.flat_map(move |body| body.all("ProbeMatches", of_discovery).chain([body]));
    let matches = answers.flat_map(move |answer| answer.all("ProbeMatch", of_discovery));
    matches.take(MOST_IN_ONE_ANSWER).filter_map(move |found| matched(found, from))
}

fn matched(element: &Element, from: IpAddr) -> Option<Found> {
    let of_discovery = |space: &str| space == DISCOVERY;
    let text = |name| element.all(name, of_discovery).next().map(Element::text).unwrap_or_default();
    let addresses: Vec<Url> = text("XAddrs")
        .split_whitespace()
        .filter_map(|address| Url::parse(address).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .collect();
    let same = addresses.iter().find(|url| ip_of(url) == Some(from));
    // Cameras behind NAT, and those with an old address, are reached where they answer from.
    let same_kind = |url: &&Url| ip_of(url).is_some_and(|ip| ip.is_ipv4() == from.is_ipv4());
    let of_site = || addresses.iter().filter(|url| is_of_the_site(url));
    let service = same.or_else(|| of_site().find(same_kind)).or_else(|| of_site().next())?;
    let service = with_host(service, from).filter(|service| service.as_str().len() <= LONGEST_ADDRESS)?;
    let any = |_: &str| true;
    let endpoint = element.all("EndpointReference", any).next();
    let endpoint = endpoint.and_then(|reference| reference.all("Address", any).next());
    let scopes: Vec<String> = text("Scopes")
        .split_whitespace()
        .take(MOST_SCOPES)
        .filter_map(|scope| named(&decoded(scope)))
        .collect();
    let scope = |kind: &str| {
        let mut values = scopes.iter().filter_map(|scope| scope.strip_prefix(SCOPES)?.strip_prefix(kind));
        values.find_map(|value| named(value.trim_matches('/')))
    };
    Some(Found {
        address: from,
        service,
        name: scope("name/"),
        model: scope("hardware/"),
        endpoint: endpoint.and_then(|endpoint| named(endpoint.text())).unwrap_or_default(),
        scopes,
    })
}

/// Percent escapes as characters; where they are no text, as they are.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut read, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let escape = (*byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(value) => {
                read.push(value);
                at += 3;
            }
            None => {
                read.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(read).unwrap_or_else(|_| text.to_owned())
}

/// Who answered, each camera once, and no more of them than may be.
#[derive(Debug, Default)]
pub(super) struct Answered {
    by_service: HashMap<(IpAddr, Option<u16>), Found>,
    at_address: HashMap<IpAddr, usize>,
}

impl Answered {
    pub(super) fn add(&mut self, found: Found) {
        let key = (found.address, found.service.port_or_known_default());
        if let Some(known) = self.by_service.get_mut(&key) {
            // A device that answered both questions may have said more to one.
            known.name = known.name.take().or(found.name);
            known.model = known.model.take().or(found.model);
            return;
        }
        let here = self.at_address.get(&found.address).copied().unwrap_or(0);
        if self.by_service.len() < MOST_FOUND && here < MOST_AT_ONE_ADDRESS {
            self.at_address.insert(found.address, here + 1);
            self.by_service.insert(key, found);
        }
    }

    /// By address. Two that call themselves by the same number at two addresses stay two, as copies of one firmware do so;
    /// only this machine's own loopback address is no second one.
    pub(super) fn sorted(self) -> Vec<Found> {
        let mut found: Vec<Found> = self.by_service.into_values().collect();
        let elsewhere: HashSet<(String, Option<u16>)> = found
            .iter()
            .filter(|found| !is_loopback(found.address) && !found.endpoint.is_empty())
            .map(|found| (found.endpoint.clone(), found.service.port_or_known_default()))
            .collect();
        found.retain(|found| {
            let key = (found.endpoint.clone(), found.service.port_or_known_default());
            !is_loopback(found.address) || !elsewhere.contains(&key)
        });
        found.sort_by_key(|found| (found.address, found.service.port_or_known_default()));
        found
    }
}
