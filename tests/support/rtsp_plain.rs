//! A small programmable RTSP server on plain sockets: the camera of the fault tests.
//!
//! Not built on GStreamer, so a misunderstanding of GStreamer's client shows. Every answer and the flow
//! of media can be changed while it runs ([`Behaviour`]); what clients asked for can be read
//! ([`PlainServer::requests`]). To add a fault: a field or variant in `Behaviour`, and the one place that
//! looks at it (`answer` for requests, `send_media` for packets).

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gstreamer::glib;
use parking_lot::{Condvar, Mutex};
use sha2::{Digest as _, Sha256};

use super::rtsp_packets::{CLOCK, ElementaryStream, Packetiser};

/// How the server answers a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A status and its words.
    Status(u16, &'static str),
    /// Nothing at all; the connection stays.
    Silence,
    /// The connection is closed instead.
    Close,
}

/// How media flow after PLAY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Media {
    /// Picture after picture, from the start again at the end.
    #[default]
    Runs,
    /// Not one packet; the connection stays and is answered.
    Never,
    /// So many pictures, then nothing; the connection stays and is answered.
    StopsAfter(u64),
    /// So many pictures, then half a packet, then the connection is closed.
    ClosesInMidFrame(u64),
}

/// Who may watch.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Login {
    #[default]
    Open,
    Basic {
        user: String,
        password: String,
    },
    /// MD5, or SHA-256 only.
    Digest {
        user: String,
        password: String,
        sha256: bool,
    },
}

/// Everything a test may change, also while the server runs.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// Methods that are not answered as they should be.
    pub answers: HashMap<&'static str, Answer>,
    pub media: Media,
    pub login: Login,
    /// Sent in the place of the stream's own description.
    pub sdp: Option<String>,
    /// `Server:` header.
    pub server_name: Option<String>,
    /// Every n-th packet is lost on its way (by UDP).
    pub lose_every: Option<u64>,
    /// First sequence number, for tests of its wrap.
    pub first_sequence: u16,
}

/// A request as it came: method, address, headers in lower case.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: HashMap<String, String>,
}

pub struct PlainServer {
    address: SocketAddr,
    inner: Arc<Inner>,
    acceptor: Option<JoinHandle<()>>,
}

struct Inner {
    stream: ElementaryStream,
    behaviour: Mutex<Behaviour>,
    requests: Mutex<Vec<Request>>,
    connections: Mutex<Vec<TcpStream>>,
    workers: Mutex<Vec<JoinHandle<()>>>,
    stopped: Mutex<bool>,
    stop: Condvar,
    media_sent: AtomicU64,
}

impl PlainServer {
    pub fn start(stream: ElementaryStream, behaviour: Behaviour) -> Self {
        Self::start_on(0, stream, behaviour)
    }

    /// On a given port, for a camera that comes back.
    pub fn start_on(port: u16, stream: ElementaryStream, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            stream,
            behaviour: Mutex::new(behaviour),
            requests: Mutex::default(),
            connections: Mutex::default(),
            workers: Mutex::default(),
            stopped: Mutex::new(false),
            stop: Condvar::new(),
            media_sent: AtomicU64::new(0),
        });
        let accepting = inner.clone();
        let acceptor = std::thread::spawn(move || accept_all(&listener, &accepting));
        PlainServer { address, inner, acceptor: Some(acceptor) }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> lookout::video::RtspUrl {
        lookout::video::RtspUrl::parse(&format!("rtsp://{}/stream", self.address)).unwrap()
    }

    /// Changes how it behaves from now on.
    pub fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.inner.behaviour.lock());
    }

    pub fn requests(&self) -> Vec<Request> {
        self.inner.requests.lock().clone()
    }

    pub fn count(&self, method: &str) -> usize {
        self.inner.requests.lock().iter().filter(|request| request.method == method).count()
    }

    /// Pictures sent so far.
    pub fn pictures_sent(&self) -> u64 {
        self.inner.media_sent.load(Ordering::SeqCst)
    }

    /// Closes everything, as a camera that loses power; the port is free afterwards.
    pub fn stop(mut self) {
        self.close();
    }

    fn close(&mut self) {
        *self.inner.stopped.lock() = true;
        self.inner.stop.notify_all();
        // Wakes the acceptor; it fails where the acceptor is already gone.
        let _ = TcpStream::connect(self.address);
        for connection in self.inner.connections.lock().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.join().unwrap();
        }
        let workers: Vec<_> = self.inner.workers.lock().drain(..).collect();
        for worker in workers {
            worker.join().unwrap();
        }
    }
}

impl Drop for PlainServer {
    fn drop(&mut self) {
        if self.acceptor.is_some() {
            self.close();
        }
    }
}

impl Inner {
    fn is_stopped(&self) -> bool {
        *self.stopped.lock()
    }

    /// Waits until `until`; true if the server was stopped meanwhile.
    fn stopped_before(&self, until: Instant) -> bool {
        let mut stopped = self.stopped.lock();
        while !*stopped {
            if self.stop.wait_until(&mut stopped, until).timed_out() {
                return *stopped;
            }
        }
        true
    }

    fn behaviour(&self) -> Behaviour {
        self.behaviour.lock().clone()
    }
}

fn accept_all(listener: &TcpListener, inner: &Arc<Inner>) {
    for connection in listener.incoming() {
        if inner.is_stopped() {
            return;
        }
        let Ok(connection) = connection else { continue };
        let Ok(again) = connection.try_clone() else { continue };
        inner.connections.lock().push(again);
        let serving = inner.clone();
        let worker = std::thread::spawn(move || {
            // A client that is gone again before it could be asked who it is needs no answer.
            if let Ok(connection) = Connection::new(connection, serving) {
                connection.serve();
            }
        });
        inner.workers.lock().push(worker);
    }
}

/// Where packets go after SETUP.
enum Outlet {
    Interleaved { channel: u8 },
    Udp { socket: UdpSocket, _control: UdpSocket, to: SocketAddr },
}

struct Connection {
    inner: Arc<Inner>,
    reader: BufReader<TcpStream>,
    /// Answers and packets share the connection; each is written whole.
    writer: Arc<Mutex<TcpStream>>,
    peer: SocketAddr,
    outlet: Option<Outlet>,
    playing: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Connection {
    fn new(socket: TcpStream, inner: Arc<Inner>) -> std::io::Result<Self> {
        let peer = socket.peer_addr()?;
        let writer = Arc::new(Mutex::new(socket.try_clone()?));
        Ok(Connection { inner, reader: BufReader::new(socket), writer, peer, outlet: None, playing: None })
    }

    fn serve(mut self) {
        while let Some(request) = self.next_request() {
            self.inner.requests.lock().push(request.clone());
            if !self.answer(&request) {
                break;
            }
        }
        if let Some((over, sender)) = self.playing.take() {
            over.store(true, Ordering::SeqCst);
            sender.join().unwrap();
        }
        let _ = self.writer.lock().shutdown(Shutdown::Both);
    }

    /// The next request; skips what the client sends on interleaved channels (RTCP).
    fn next_request(&mut self) -> Option<Request> {
        loop {
            let first = *self.reader.fill_buf().ok()?.first()?;
            if first != b'$' {
                break;
            }
            let mut header = [0; 4];
            self.reader.read_exact(&mut header).ok()?;
            let mut data = vec![0; usize::from(u16::from_be_bytes([header[2], header[3]]))];
            self.reader.read_exact(&mut data).ok()?;
        }
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_owned();
            match (line.is_empty(), lines.is_empty()) {
                (true, true) => continue,
                (true, false) => break,
                (false, _) => lines.push(line),
            }
        }
        let mut words = lines[0].split(' ').map(str::to_owned);
        let (method, url) = (words.next()?, words.next()?);
        let headers: HashMap<String, String> = lines[1..]
            .iter()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        self.reader.read_exact(&mut vec![0; length]).ok()?;
        Some(Request { method, url, headers })
    }

    /// Answers one request; false when the connection is over.
    fn answer(&mut self, request: &Request) -> bool {
        let behaviour = self.inner.behaviour();
        match behaviour.answers.get(request.method.as_str()) {
            Some(Answer::Silence) => return true,
            Some(Answer::Close) => return false,
            Some(Answer::Status(status, words)) => {
                return self.reply(request, &format!("{status} {words}"), &[], "");
            }
            None => {}
        }
        if request.method != "OPTIONS"
            && let Some(challenge) = refused(&behaviour.login, request)
        {
            return self.reply(request, "401 Unauthorized", &[("WWW-Authenticate", &challenge)], "");
        }
        match request.method.as_str() {
            "OPTIONS" => {
                let public = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER";
                self.reply(request, "200 OK", &[("Public", public)], "")
            }
            "DESCRIBE" => {
                let sdp = behaviour.sdp.clone().unwrap_or_else(|| self.describe());
                let base = format!("{}/", request.url);
                self.reply(
                    request,
                    "200 OK",
                    &[("Content-Type", "application/sdp"), ("Content-Base", &base)],
                    &sdp,
                )
            }
            "SETUP" => self.set_up(request),
            "PLAY" => self.play(request, &behaviour),
            "TEARDOWN" => {
                self.reply(request, "200 OK", &[("Session", SESSION)], "");
                false
            }
            "GET_PARAMETER" | "SET_PARAMETER" => self.reply(request, "200 OK", &[("Session", SESSION)], ""),
            _ => self.reply(request, "501 Not Implemented", &[], ""),
        }
    }

    fn describe(&self) -> String {
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Plain camera\r\nt=0 0\r\na=control:*\r\n\
             m=video 0 RTP/AVP 96\r\na=rtpmap:96 {}/90000\r\na=framerate:{}\r\na=control:track1\r\n",
            self.inner.stream.encoding(),
            self.inner.stream.fps
        )
    }

    fn set_up(&mut self, request: &Request) -> bool {
        let wanted = request.headers.get("transport").cloned().unwrap_or_default();
        let parameter = |name: &str| {
            wanted.split(';').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
        };
        let transport = if wanted.contains("RTP/AVP/TCP") {
            let channel =
                parameter("interleaved").and_then(|text| text.split('-').next()?.parse().ok()).unwrap_or(0);
            self.outlet = Some(Outlet::Interleaved { channel });
            format!("RTP/AVP/TCP;unicast;interleaved={channel}-{}", channel + 1)
        } else {
            let ports = parameter("client_port").unwrap_or_default();
            let Some(port) = ports.split('-').next().and_then(|text| text.parse::<u16>().ok()) else {
                return self.reply(request, "461 Unsupported Transport", &[], "");
            };
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            let control = UdpSocket::bind("127.0.0.1:0").unwrap();
            let own =
                format!("{}-{}", socket.local_addr().unwrap().port(), control.local_addr().unwrap().port());
            let to = SocketAddr::new(self.peer.ip(), port);
            self.outlet = Some(Outlet::Udp { socket, _control: control, to });
            format!("RTP/AVP;unicast;client_port={ports};server_port={own}")
        };
        let session = format!("{SESSION};timeout=60");
        self.reply(request, "200 OK", &[("Transport", &transport), ("Session", &session)], "")
    }

    fn play(&mut self, request: &Request, behaviour: &Behaviour) -> bool {
        let Some(outlet) = self.outlet.take() else {
            return self.reply(request, "455 Method Not Valid in This State", &[], "");
        };
        let sequence = behaviour.first_sequence;
        let info = format!("url={}/track1;seq={sequence};rtptime=0", request.url.trim_end_matches('/'));
        let answered = self.reply(
            request,
            "200 OK",
            &[("Session", SESSION), ("Range", "npt=0-"), ("RTP-Info", &info)],
            "",
        );
        let over = Arc::new(AtomicBool::new(false));
        let (inner, writer, ended) = (self.inner.clone(), self.writer.clone(), over.clone());
        let sender = std::thread::spawn(move || send_media(&inner, &writer, outlet, &ended, sequence));
        self.playing = Some((over, sender));
        answered
    }

    fn reply(&self, request: &Request, status: &str, headers: &[(&str, &str)], body: &str) -> bool {
        let mut text = format!("RTSP/1.0 {status}\r\n");
        let sequence = request.headers.get("cseq").map_or("0", String::as_str);
        text.push_str(&format!("CSeq: {sequence}\r\n"));
        if let Some(name) = self.inner.behaviour().server_name {
            text.push_str(&format!("Server: {name}\r\n"));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        self.writer.lock().write_all(text.as_bytes()).is_ok()
    }
}

const SESSION: &str = "4711";
const SSRC: u32 = 0x1234_5678;

/// Sends picture after picture at the stream's rate until it is over.
fn send_media(inner: &Inner, writer: &Mutex<TcpStream>, outlet: Outlet, over: &AtomicBool, sequence: u16) {
    let stream = &inner.stream;
    let mut packetiser = Packetiser::new(stream.coding, 96, sequence, SSRC);
    let started = Instant::now();
    let step = Duration::from_secs(1) / stream.fps;
    let mut packets_sent = 0u64;
    for (n, unit) in (0u64..).zip(stream.units.iter().cycle()) {
        let due = started + step * u32::try_from(n).unwrap_or(u32::MAX);
        if inner.stopped_before(due) || over.load(Ordering::SeqCst) {
            return;
        }
        let behaviour = inner.behaviour();
        let packets = packetiser.packets(unit, (n * CLOCK / u64::from(stream.fps)) as u32);
        match behaviour.media {
            Media::Never => continue,
            Media::StopsAfter(limit) if n >= limit => continue,
            Media::ClosesInMidFrame(limit) if n >= limit => {
                let _ = writer.lock().write_all(&interleaved(0, &packets[0])[..packets[0].len() / 2]);
                let _ = writer.lock().shutdown(Shutdown::Both);
                return;
            }
            _ => {}
        }
        for packet in packets {
            packets_sent += 1;
            let sent = match &outlet {
                Outlet::Interleaved { channel } => {
                    writer.lock().write_all(&interleaved(*channel, &packet)).is_ok()
                }
                Outlet::Udp { .. }
                    if behaviour.lose_every.is_some_and(|every| packets_sent.is_multiple_of(every)) =>
                {
                    true
                }
                Outlet::Udp { socket, to, .. } => socket.send_to(&packet, to).is_ok(),
            };
            if !sent {
                return;
            }
        }
        inner.media_sent.fetch_add(1, Ordering::SeqCst);
    }
}

fn interleaved(channel: u8, packet: &[u8]) -> Vec<u8> {
    let mut framed = vec![b'$', channel];
    framed.extend((packet.len() as u16).to_be_bytes());
    framed.extend_from_slice(packet);
    framed
}

// ---- passwords (RFC 2617, RFC 7616)

const REALM: &str = "plain camera";
const NONCE: &str = "dcd98b7102dd2f0e8b11d0f600bfb0c093";

/// The challenge for a request that does not prove who it is; `None` when it does.
fn refused(login: &Login, request: &Request) -> Option<String> {
    let given = request.headers.get("authorization").map_or("", String::as_str);
    match login {
        Login::Open => None,
        Login::Basic { user, password } => {
            let right = format!("Basic {}", glib::base64_encode(format!("{user}:{password}").as_bytes()));
            (given != right).then(|| format!("Basic realm=\"{REALM}\""))
        }
        Login::Digest { user, password, sha256 } => {
            let hash = |text: String| if *sha256 { sha256_hex(&text) } else { md5_hex(&text) };
            let field = |name: &str| {
                let parts = given.trim_start_matches("Digest ").split(',').map(str::trim);
                let mut fields = parts.filter_map(|part| part.split_once('='));
                fields.find(|(key, _)| *key == name).map(|(_, value)| value.trim_matches('"').to_owned())
            };
            let secret = hash(format!("{user}:{REALM}:{password}"));
            let asked = hash(format!("{}:{}", request.method, field("uri").unwrap_or_default()));
            let right = hash(format!("{secret}:{NONCE}:{asked}"));
            let algorithm = if *sha256 { ", algorithm=SHA-256" } else { "" };
            (field("response") != Some(right))
                .then(|| format!("Digest realm=\"{REALM}\", nonce=\"{NONCE}\"{algorithm}"))
        }
    }
}

fn md5_hex(text: &str) -> String {
    glib::compute_checksum_for_string(glib::ChecksumType::Md5, text).unwrap().to_string()
}

fn sha256_hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
