//! The broker inside the daemon, for a box without a command centre's: `rumqttd` behind a door of our own,
//! on the loopback address only.
//!
//! The door is there because rumqttd 0.20 alone cannot do what is wanted. It has one listener per protocol
//! version, so the door reads the CONNECT packet and passes MQTT 3.1.1 and MQTT 5 on to the right one: one
//! port serves both. rumqttd does not tell which port it got and only logs when it got none; the door binds
//! first and says so in a sentence. A client id with one of `+ $ # /` (and a second try with it) makes rumqttd
//! panic and refuse everybody from then on; the door refuses such a client politely, and should rumqttd
//! break all the same, the door notices and puts a new one in its place. rumqttd cannot be stopped; the door
//! can be closed, and its threads end with the process.
//!
//! Must never listen on anything but 127.0.0.1: it asks nobody for a password. It keeps retained messages and
//! what is on its way in memory only: the outbox is what survives.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tracing::{debug, info, warn};

/// The port MQTT clients try first.
pub const DEFAULT_PORT: u16 = 1883;

/// Connections at once. rumqttd breaks for good when it has to refuse one, so the door does.
const CONNECTIONS: usize = 200;
/// A client that has not sent its CONNECT by then is sent away.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Largest CONNECT; a will of 64 KiB is the largest thing in it.
const CONNECT_BYTES: usize = 128 * 1024;
/// rumqttd must listen by then; measured: milliseconds.
const READY_WITHIN: Duration = Duration::from_secs(10);
/// How often rumqttd is asked whether it still answers, and how long it may take. It is replaced after two
/// failures in a row.
const PROBE_EVERY: Duration = Duration::from_secs(30);
const PROBE_WITHIN: Duration = Duration::from_secs(5);
/// Largest message: a picture and then some.
const MESSAGE_BYTES: usize = 1024 * 1024;
/// Per subscription filter: segments of so many bytes, so many of them. Bounds what a slow subscriber holds.
const SEGMENT_BYTES: usize = 2 * 1024 * 1024;
const SEGMENTS: usize = 4;

/// Why the embedded broker does not run.
#[derive(Debug, Error)]
pub enum EmbeddedError {
    /// Somebody else has the port.
    #[error(
        "the embedded broker cannot listen on 127.0.0.1:{port}: address already in use\n  hint: another broker runs on this machine: set `[mqtt] url` to it, or choose another `embedded_port`"
    )]
    InUse {
        /// Which.
        port: u16,
    },
    /// The port cannot be had for another reason.
    #[error(
        "the embedded broker cannot listen on 127.0.0.1:{port}: {source}\n  hint: ports below 1024 need root"
    )]
    Listen {
        /// Which.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// rumqttd does not answer.
    #[error("the embedded broker does not answer: {0}")]
    Start(String),
}

/// The running broker. Dropping it closes the door.
#[derive(Debug)]
pub struct Embedded {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Embedded {
    /// Starts it on `127.0.0.1:port`, any free port for 0, and waits until it answers.
    ///
    /// # Errors
    /// The port is taken or not allowed, or rumqttd does not come up.
    pub fn start(port: u16) -> Result<Self, EmbeddedError> {
        Self::start_probing(port, PROBE_EVERY).map(|(embedded, _)| embedded)
    }

    /// The same, with rumqttd's listeners for a test that breaks it.
    fn start_probing(
        port: u16,
        probe_every: Duration,
    ) -> Result<(Self, watch::Receiver<Rooms>), EmbeddedError> {
        let listen = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => EmbeddedError::InUse { port },
            _ => EmbeddedError::Listen { port, source },
        };
        let door = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(listen)?;
        door.set_nonblocking(true).map_err(listen)?;
        let address = door.local_addr().map_err(listen)?;
        let rooms = watch::Sender::new(start_rumqttd()?);
        let seen = rooms.subscribe();
        let stop = watch::Sender::new(false);
        let stopped = stop.subscribe();
        let start = |error: io::Error| EmbeddedError::Start(error.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(start)?;
        let thread = std::thread::Builder::new()
            .name("mqtt-broker".to_owned())
            .spawn(move || runtime.block_on(keep_house(door, rooms, probe_every, stopped)))
            .map_err(start)?;
        info!(%address, "embedded MQTT broker");
        Ok((Embedded { address, stop, thread: Some(thread) }, seen))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// For [`super::Settings::url`].
    pub fn url(&self) -> String {
        format!("mqtt://{}", self.address)
    }

    /// Closes the door and every connection. Returns whether it was closed within `deadline`.
    pub fn stop(mut self, deadline: Duration) -> bool {
        self.stop.send_replace(true);
        let until = Instant::now() + deadline;
        let Some(thread) = self.thread.take() else { return true };
        while !thread.is_finished() {
            if Instant::now() >= until {
                return false;
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        thread.join().is_ok()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// rumqttd's listeners.
#[derive(Debug, Clone, Copy)]
struct Rooms {
    v4: SocketAddr,
    v5: SocketAddr,
}

fn start_rumqttd() -> Result<Rooms, EmbeddedError> {
    let mut last = String::new();
    // A port that was free a moment ago can be taken; rumqttd would only log it.
    for _ in 0..3 {
        let start = |error: io::Error| EmbeddedError::Start(error.to_string());
        let rooms = Rooms { v4: free_address().map_err(start)?, v5: free_address().map_err(start)? };
        let mut broker = rumqttd::Broker::new(config(rooms));
        std::thread::Builder::new()
            .name("mqtt-broker-rumqttd".to_owned())
            .spawn(move || {
                if let Err(error) = broker.start() {
                    warn!(?error, "rumqttd did not start");
                }
            })
            .map_err(start)?;
        match wait_until_ready(rooms, READY_WITHIN) {
            Ok(()) => return Ok(rooms),
            Err(error) => last = error.to_string(),
        }
    }
    Err(EmbeddedError::Start(last))
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn config(rooms: Rooms) -> rumqttd::Config {
    let server = |name: &str, listen| rumqttd::ServerSettings {
        name: name.to_owned(),
        listen,
        tls: None,
        next_connection_delay_ms: 0,
        connections: rumqttd::ConnectionSettings {
            connection_timeout_ms: 5000,
            max_payload_size: MESSAGE_BYTES,
            max_inflight_count: 100,
            auth: None,
            external_auth: None,
            dynamic_filters: false,
        },
    };
    rumqttd::Config {
        id: 0,
        router: rumqttd::RouterConfig {
            max_connections: 10 * CONNECTIONS,
            max_outgoing_packet_count: 200,
            max_segment_size: SEGMENT_BYTES,
            max_segment_count: SEGMENTS,
            ..rumqttd::RouterConfig::default()
        },
        v4: Some(HashMap::from([("v4".to_owned(), server("mqtt-broker-v4", rooms.v4))])),
        v5: Some(HashMap::from([("v5".to_owned(), server("mqtt-broker-v5", rooms.v5))])),
        ..rumqttd::Config::default()
    }
}

/// Asks both listeners for a connection, as a client would.
fn wait_until_ready(rooms: Rooms, within: Duration) -> io::Result<()> {
    use std::io::{Read as _, Write as _};
    let until = Instant::now() + within;
    for (address, level) in [(rooms.v4, 4_u8), (rooms.v5, 5)] {
        loop {
            let ask = || -> io::Result<()> {
                let mut stream = std::net::TcpStream::connect(address)?;
                stream.set_read_timeout(Some(Duration::from_secs(2)))?;
                stream.write_all(&hello(level))?;
                let mut answer = [0_u8; 4];
                stream.read_exact(&mut answer)?;
                let accepted = answer[0] == 0x20 && answer[3] == 0;
                // DISCONNECT
                stream.write_all(&[0xe0, 0])?;
                if accepted { Ok(()) } else { Err(io::Error::other("not the answer of a broker")) }
            };
            match ask() {
                Ok(()) => break,
                Err(error) if Instant::now() >= until => return Err(error),
                // It has not bound its port yet and tells nobody when it has.
                Err(_) => std::thread::park_timeout(Duration::from_millis(10)),
            }
        }
    }
    Ok(())
}

/// A CONNECT with a clean session, 60 s, and a name of our own.
fn hello(level: u8) -> Vec<u8> {
    let id = b"lookout-door";
    let mut body = vec![0, 4, b'M', b'Q', b'T', b'T', level, 0b10, 0, 60];
    if level == 5 {
        body.push(0);
    }
    body.extend([0, id.len() as u8]);
    body.extend(id);
    let mut packet = vec![0x10, body.len() as u8];
    packet.extend(body);
    packet
}

/// The door and the caretaker, until the house is closed.
async fn keep_house(
    door: TcpListener,
    rooms: watch::Sender<Rooms>,
    probe_every: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let open = keep_door(door, rooms.subscribe());
    tokio::select! {
        () = open => {}
        () = take_care(&rooms, probe_every) => {}
        _ = stopped.changed() => {}
    }
    // Ends the connections, too: they watch the rooms.
    drop(rooms);
}

async fn keep_door(door: TcpListener, rooms: watch::Receiver<Rooms>) {
    let door = match tokio::net::TcpListener::from_std(door) {
        Ok(door) => door,
        Err(error) => {
            warn!(%error, "the embedded broker's listener failed");
            return;
        }
    };
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let (stream, from) = match door.accept().await {
            Ok(guest) => guest,
            Err(error) => {
                // Out of file descriptors, most likely: room may come back.
                warn!(%error, "the embedded broker cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            warn!(%from, most = CONNECTIONS, "the embedded broker is full");
            continue;
        };
        let mut rooms = rooms.clone();
        let now = *rooms.borrow_and_update();
        // Ends with its connection, with the rooms it was shown to, or with the house.
        tokio::spawn(async move {
            tokio::select! {
                outcome = show_in(stream, now) => if let Err(error) = outcome {
                    debug!(%from, %error, "a client of the embedded broker left");
                },
                _ = rooms.changed() => {}
            }
            drop(place);
        });
    }
}

/// Asks rumqttd again and again whether it still answers; replaces it when it does not.
async fn take_care(rooms: &watch::Sender<Rooms>, probe_every: Duration) {
    let mut failures = 0;
    loop {
        tokio::time::sleep(probe_every).await;
        let now = *rooms.borrow();
        let probe = tokio::task::spawn_blocking(move || wait_until_ready(now, PROBE_WITHIN)).await;
        let Ok(Err(error)) = probe else {
            failures = 0;
            continue;
        };
        failures += 1;
        warn!(%error, failures, "the embedded broker does not answer");
        if failures < 2 {
            continue;
        }
        match tokio::task::spawn_blocking(start_rumqttd).await {
            Ok(Ok(fresh)) => {
                warn!(
                    "the embedded broker was started anew; what it had retained comes again from the boxes"
                );
                rooms.send_replace(fresh);
                failures = 0;
            }
            Ok(Err(error)) => warn!(%error, "the embedded broker cannot be started anew"),
            Err(error) => warn!(%error, "the embedded broker cannot be started anew"),
        }
    }
}

/// Reads who it is, and passes everything between it and the right listener.
async fn show_in(mut guest: TcpStream, rooms: Rooms) -> io::Result<()> {
    guest.set_nodelay(true)?;
    let packet = tokio::time::timeout(CONNECT_WITHIN, read_connect(&mut guest))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let connect = parse_connect(&packet).ok_or_else(|| io::Error::other("not an MQTT CONNECT"))?;
    if connect.client_id.chars().any(|c| "+$#/".contains(c)) {
        // "Client Identifier not valid", in the words of its version.
        let answer: &[u8] = if connect.level == 5 { &[0x20, 3, 0, 0x85, 0] } else { &[0x20, 2, 0, 2] };
        guest.write_all(answer).await?;
        guest.shutdown().await?;
        return Err(io::Error::other("a client id with one of + $ # /"));
    }
    let room = if connect.level == 5 { rooms.v5 } else { rooms.v4 };
    let mut inside = TcpStream::connect(room).await?;
    inside.set_nodelay(true)?;
    inside.write_all(&packet).await?;
    copy_bidirectional(&mut guest, &mut inside).await.map(|_| ())
}

/// One whole packet.
async fn read_connect(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut packet = vec![stream.read_u8().await?];
    let mut length = 0_usize;
    for shift in [0, 7, 14, 21] {
        let byte = stream.read_u8().await?;
        packet.push(byte);
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    if packet[0] != 0x10 || length > CONNECT_BYTES {
        return Err(io::Error::other("not an MQTT CONNECT"));
    }
    let begin = packet.len();
    packet.resize(begin + length, 0);
    stream.read_exact(&mut packet[begin..]).await?;
    Ok(packet)
}

#[derive(Debug, PartialEq, Eq)]
struct ConnectPacket {
    level: u8,
    client_id: String,
}

/// Version and client id of a CONNECT (MQTT 3.1.1 section 3.1, MQTT 5 section 3.1).
fn parse_connect(packet: &[u8]) -> Option<ConnectPacket> {
    let (_, mut rest) = take_length(packet.get(1..)?)?;
    let name = take_string(&mut rest)?;
    let (&level, after) = rest.split_first()?;
    if name != b"MQTT" || !matches!(level, 4 | 5) {
        return None;
    }
    // Flags and keep-alive.
    rest = after.get(3..)?;
    if level == 5 {
        let (length, properties) = take_length(rest)?;
        rest = properties.get(length..)?;
    }
    let client_id = String::from_utf8(take_string(&mut rest)?.to_vec()).ok()?;
    Some(ConnectPacket { level, client_id })
}

fn take_string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<2>()?;
    let (text, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    *rest = after;
    Some(text)
}

fn take_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut length = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((length, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn version_and_client_id_are_read_of_both_versions() {
        for level in [4, 5] {
            let want = ConnectPacket { level, client_id: "lookout-door".to_owned() };
            assert_eq!(parse_connect(&hello(level)), Some(want));
        }
        assert_eq!(parse_connect(&hello(3)), None, "an older version");
    }

    /// Two tries with such a client id, past the door, and rumqttd 0.20 refuses everybody. Should a newer
    /// version not do that any more, this test and the door's check may go.
    #[test]
    fn a_broken_rumqttd_is_replaced() {
        use std::io::{Read as _, Write as _};
        let (broker, mut rooms) = Embedded::start_probing(0, Duration::from_millis(50)).unwrap();
        let first = *rooms.borrow_and_update();
        let ask = |address: SocketAddr, id: &[u8]| -> io::Result<u8> {
            let mut stream = std::net::TcpStream::connect(address)?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            let mut packet =
                vec![0x10, 12 + id.len() as u8, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 60, 0, id.len() as u8];
            packet.extend(id);
            stream.write_all(&packet)?;
            let mut answer = [0_u8; 4];
            stream.read_exact(&mut answer)?;
            Ok(answer[3])
        };
        for _ in 0..2 {
            assert!(ask(first.v4, b"a/b").is_err());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let replaced = async { tokio::time::timeout(Duration::from_secs(60), rooms.changed()).await };
        runtime.block_on(replaced).expect("in time").unwrap();
        assert_eq!(ask(broker.address(), b"somebody").unwrap(), 0, "accepted");
        assert_eq!(ask(broker.address(), b"a/b").unwrap(), 2, "refused at the door");
        assert_eq!(ask(broker.address(), b"somebody").unwrap(), 0, "and nothing is broken by it");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            parse_connect(&bytes);
        }

        #[test]
        fn no_cut_makes_it_panic(cut in 0_usize..30) {
            let whole = hello(5);
            prop_assert!(cut >= whole.len() || parse_connect(&whole[..cut]).is_none());
        }
    }
}
