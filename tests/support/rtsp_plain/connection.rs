//! Requests to the programmable camera, and its answers.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Inner;
use super::behaviour::{Answer, Behaviour, ContentBase};
use super::login;
use super::media::{self, Outlet};
use crate::support::rtsp_packets::ElementaryStream;

/// A request as it came: method, address, headers in lower case.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: HashMap<String, String>,
}

/// A client that is connected.
pub struct Connection {
    inner: Arc<Inner>,
    reader: BufReader<TcpStream>,
    /// Answers and packets share the connection; each is written whole.
    writer: Arc<Mutex<TcpStream>>,
    peer: SocketAddr,
    outlet: Option<Outlet>,
    last_sign: Arc<Mutex<Instant>>,
    playing: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Connection {
    pub fn new(socket: TcpStream, inner: Arc<Inner>) -> std::io::Result<Self> {
        let peer = socket.peer_addr()?;
        let writer = Arc::new(Mutex::new(socket.try_clone()?));
        let reader = BufReader::new(socket);
        let last_sign = Arc::new(Mutex::new(Instant::now()));
        Ok(Connection { inner, reader, writer, peer, outlet: None, last_sign, playing: None })
    }

    pub fn serve(mut self) {
        while let Some(request) = self.next_request() {
            *self.last_sign.lock() = Instant::now();
            self.inner.requests.lock().push(request.clone());
            if !self.answer(&request) {
                break;
            }
        }
        if let Some((over, sender)) = self.playing.take() {
            over.store(true, Ordering::SeqCst);
            // A sender may be held up by a client that reads no more.
            let _ = self.reader.get_ref().shutdown(Shutdown::Both);
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
            if self.inner.behaviour().takes_reports {
                *self.last_sign.lock() = Instant::now();
            }
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
        if let Some(delay) = behaviour.delays.get(request.method.as_str()) {
            self.inner.stopped_before(Instant::now() + *delay);
        }
        match behaviour.answers.get(request.method.as_str()) {
            Some(Answer::Redirect(status, to)) => {
                return self.reply(request, &format!("{status} Elsewhere"), &[("Location", to)], "");
            }
            Some(Answer::Silence) => return true,
            Some(Answer::Close) => return false,
            Some(Answer::Status(status, words)) => {
                return self.reply(request, &format!("{status} {words}"), &[], "");
            }
            Some(Answer::Once(status, words)) => {
                self.inner.behaviour.lock().answers.remove(request.method.as_str());
                return self.reply(request, &format!("{status} {words}"), &[], "");
            }
            Some(Answer::StatusAndClose(status, words)) => {
                self.reply(request, &format!("{status} {words}"), &[], "");
                return false;
            }
            Some(Answer::RedirectKnown(..)) | None => {}
        }
        if request.method != "OPTIONS" {
            let challenges = login::challenges(&behaviour, &mut self.inner.nonce.lock(), request);
            if !challenges.is_empty() {
                let headers: Vec<(&str, &str)> =
                    challenges.iter().map(|challenge| ("WWW-Authenticate", challenge.as_str())).collect();
                return self.reply(request, "401 Unauthorized", &headers, "");
            }
        }
        if let Some(Answer::RedirectKnown(status, to)) = behaviour.answers.get(request.method.as_str()) {
            return self.reply(request, &format!("{status} Elsewhere"), &[("Location", to)], "");
        }
        if !behaviour.public.split(", ").any(|method| method == request.method) {
            self.reply(request, "400 Bad Request", &[], "");
            return false;
        }
        match request.method.as_str() {
            "OPTIONS" => self.reply(request, "200 OK", &[("Public", behaviour.public)], ""),
            "DESCRIBE" => self.describe(request, &behaviour),
            "SETUP" => self.set_up(request, &behaviour),
            "PLAY" => self.play(request, &behaviour),
            "TEARDOWN" => {
                self.reply(request, "200 OK", &[("Session", SESSION)], "");
                false
            }
            "GET_PARAMETER" | "SET_PARAMETER" => self.reply(request, "200 OK", &[("Session", SESSION)], ""),
            _ => self.reply(request, "501 Not Implemented", &[], ""),
        }
    }

    fn describe(&self, request: &Request, behaviour: &Behaviour) -> bool {
        let sdp = behaviour.sdp.clone().unwrap_or_else(|| description(&self.inner.stream));
        let base = match behaviour.content_base {
            ContentBase::Absolute => Some(format!("{}/", request.url)),
            ContentBase::Relative => Some("/stream/".to_owned()),
            ContentBase::Missing => None,
        };
        let mut headers = Vec::new();
        if behaviour.content_type {
            headers.push(("Content-Type", "application/sdp"));
        }
        headers.extend(base.as_deref().map(|base| ("Content-Base", base)));
        self.reply(request, "200 OK", &headers, &sdp)
    }

    fn set_up(&mut self, request: &Request, behaviour: &Behaviour) -> bool {
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
        let session = match behaviour.timeout_secs {
            Some(secs) => format!("{SESSION};timeout={secs}"),
            None => SESSION.to_owned(),
        };
        if let Some(lines) = behaviour.set_up {
            let headers: Vec<_> = lines.lines().filter_map(|line| line.split_once(':')).collect();
            return self.reply(request, "200 OK", &headers, "");
        }
        self.reply(request, "200 OK", &[("Transport", &transport), ("Session", &session)], "")
    }

    fn play(&mut self, request: &Request, behaviour: &Behaviour) -> bool {
        let Some(outlet) = self.outlet.take() else {
            return self.reply(request, "455 Method Not Valid in This State", &[], "");
        };
        let over = Arc::new(AtomicBool::new(false));
        let (inner, writer, ended) = (self.inner.clone(), self.writer.clone(), over.clone());
        let last_sign = self.last_sign.clone();
        let send = move || media::send(&inner, &writer, &outlet, &ended, &last_sign);
        let sequence = behaviour.first_sequence;
        let info = format!("url={}/track1;seq={sequence};rtptime=0", request.url.trim_end_matches('/'));
        let session = if behaviour.session_changes { "4712" } else { SESSION };
        let headers = [("Session", session), ("Range", "npt=0-"), ("RTP-Info", &info)];
        if !behaviour.early_media {
            let answered = self.reply(request, "200 OK", &headers, "");
            self.playing = Some((over, std::thread::spawn(send)));
            return answered;
        }
        let (before, deadline) =
            (self.inner.media_sent.load(Ordering::SeqCst), Instant::now() + Duration::from_secs(5));
        self.playing = Some((over, std::thread::spawn(send)));
        while self.inner.media_sent.load(Ordering::SeqCst) < before + 3 && Instant::now() < deadline {
            std::thread::yield_now();
        }
        self.reply(request, "200 OK", &headers, "")
    }

    fn reply(&self, request: &Request, status: &str, headers: &[(&str, &str)], body: &str) -> bool {
        let behaviour = self.inner.behaviour();
        let end = if behaviour.trailing_spaces { "  \r\n" } else { "\r\n" };
        let mut text = format!("RTSP/1.0 {status}{end}");
        let sequence = request.headers.get("cseq").map_or("0", String::as_str);
        if behaviour.numbered {
            text.push_str(&format!("CSeq: {sequence}{end}"));
        }
        if let Some(name) = behaviour.server_name {
            text.push_str(&format!("Server: {name}{end}"));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}{end}"));
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}{end}", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        self.writer.lock().write_all(text.as_bytes()).is_ok()
    }
}

const SESSION: &str = "4711";

/// The description of a film, as this camera gives it.
pub fn description(film: &ElementaryStream) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Plain camera\r\nt=0 0\r\na=control:*\r\n\
         m=video 0 RTP/AVP 96\r\na=rtpmap:96 {}/90000\r\na=framerate:{}\r\na=control:track1\r\n",
        film.encoding(),
        film.fps
    )
}
