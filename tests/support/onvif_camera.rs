//! A camera that speaks ONVIF and shares no code with Lookout: it answers WS-Discovery on the loopback network, and SOAP
//! over HTTP with a login by Digest or WS-UsernameToken. Its prefixes are others than Lookout's, its faults are chosen by
//! the test, and it remembers what it was asked.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use md5::Md5;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use sha2::{Digest as _, Sha256};

const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
const REALM: &str = "Sim cam";
/// Where every device answers.
const DEVICE: &str = "/onvif/device_service";
const NOBODY_ASKED: Duration = Duration::from_millis(100);

/// How it wants a login proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    Open,
    Digest,
    DigestSha256,
    Token,
    /// A 401 that offers Basic alone, and looks for a token in the message.
    BasicOrToken,
}

/// Which services it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    Both,
    Media1,
    Media2,
    /// No `GetServices`, as before 2011: only `GetCapabilities`.
    Capabilities,
    /// Names Media2, and does not know it when asked.
    PretendsMedia2,
}

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    None,
    /// Takes the connection and says nothing.
    Silent,
    /// A page instead of SOAP.
    Page(u16),
    /// Sends without end.
    Endless,
    /// XML that declares entities.
    Entities,
    /// XML that ends in the middle.
    Torn,
    /// 302 to there.
    Redirect(String),
    /// Names its services at this host and port.
    NamesItself(String),
    /// Names its streams at this host and port.
    NamesStreams(String),
    /// The user may not list the streams.
    NoRights,
    /// HTTP 503.
    Overloaded,
    /// Refuses changes with HTTP 400 and ONVIF's codes.
    RefusesChanges,
    /// Says after wrong passwords that the user is locked, also when the password is right.
    LocksAfter(u32),
}

/// One stream.
#[derive(Clone, Debug)]
pub struct Stream {
    pub token: &'static str,
    pub name: &'static str,
    /// As ONVIF writes it: `H264`, `H265`, `JPEG`.
    pub encoding: &'static str,
    pub size: (u32, u32),
    pub fps: u32,
    pub kbps: u32,
    pub keyframe_interval: u32,
    pub source: &'static str,
    /// The whole address; `HOST` stands for its host.
    pub url: String,
}

impl Stream {
    pub fn new(token: &'static str, name: &'static str, size: (u32, u32), keyframe_interval: u32) -> Self {
        let url = format!("rtsp://HOST:554/{token}?a=1&b=2");
        let (fps, kbps) = (25, size.0 * 2);
        Stream { token, name, encoding: "H264", size, fps, kbps, keyframe_interval, source: "VS_1", url }
    }
}

/// What kind of camera.
#[derive(Clone, Debug)]
pub struct Setup {
    pub name: &'static str,
    pub login: (&'static str, &'static str),
    pub auth: Auth,
    pub media: Media,
    pub streams: Vec<Stream>,
    pub trouble: Trouble,
    /// How far its clock is ahead, in seconds.
    pub clock_ahead: i64,
    /// No keyframe interval beyond this.
    pub most_keyframe_interval: u32,
    /// A nonce is good for so many requests.
    pub nonce_good_for: u32,
}

impl Default for Setup {
    fn default() -> Self {
        Setup {
            name: "Sim Gate & Lane",
            login: ("admin", "p<ss&w0rd"),
            auth: Auth::Digest,
            media: Media::Both,
            streams: vec![
                Stream::new("main", "MainStream", (2560, 1440), 250),
                Stream::new("sub", "SubStream", (640, 360), 100),
                Stream::new("tiny", "Third", (320, 180), 50),
            ],
            trouble: Trouble::None,
            clock_ahead: 0,
            most_keyframe_interval: 400,
            nonce_good_for: 1_000,
        }
    }
}

/// What it was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The name of the first element of the body.
    pub action: String,
    pub path: String,
    pub authorization: Option<String>,
    pub has_token: bool,
    pub message: String,
}

struct State {
    setup: Setup,
    address: SocketAddr,
    endpoint: String,
    asked: Mutex<Vec<Asked>>,
    intervals: Mutex<Vec<u32>>,
    nonce: Mutex<(String, u32)>,
    seen_nonces: Mutex<HashSet<String>>,
    wrong: Mutex<u32>,
    stop: AtomicBool,
}

pub struct OnvifCamera {
    state: Arc<State>,
    threads: Vec<JoinHandle<()>>,
}

impl OnvifCamera {
    pub fn start(setup: Setup) -> OnvifCamera {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            intervals: Mutex::new(setup.streams.iter().map(|stream| stream.keyframe_interval).collect()),
            setup,
            address,
            endpoint: format!("urn:uuid:5f5a69c2-e0ae-504f-829b-{:012x}", address.port()),
            asked: Mutex::default(),
            nonce: Mutex::new(("nonce-0".to_owned(), 0)),
            seen_nonces: Mutex::default(),
            wrong: Mutex::new(0),
            stop: AtomicBool::new(false),
        });
        let udp = discovery_socket();
        let (for_http, for_udp) = (state.clone(), state.clone());
        let threads = vec![
            thread::spawn(move || {
                for stream in listener.incoming() {
                    if for_http.stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let (state, stream) = (for_http.clone(), stream.unwrap());
                    // A client that hangs up early is part of some tests.
                    thread::spawn(move || drop(state.serve(stream)));
                }
            }),
            thread::spawn(move || for_udp.answer_probes(&udp)),
        ];
        OnvifCamera { state, threads }
    }

    pub fn port(&self) -> u16 {
        self.state.address.port()
    }

    /// Its device service.
    pub fn service(&self) -> String {
        format!("http://{}{DEVICE}", self.state.address)
    }

    /// The number by which it answers probes.
    pub fn endpoint(&self) -> &str {
        &self.state.endpoint
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap().clone()
    }

    /// How often a password was tried that is wrong.
    pub fn wrong_passwords(&self) -> u32 {
        *self.state.wrong.lock().unwrap()
    }

    pub fn keyframe_interval(&self, token: &str) -> u32 {
        let at = self.state.setup.streams.iter().position(|stream| stream.token == token).unwrap();
        self.state.intervals.lock().unwrap()[at]
    }
}

impl Drop for OnvifCamera {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.state.address);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Many cameras share it, as many programs of one machine do.
fn discovery_socket() -> UdpSocket {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, 3702)).into()).unwrap();
    socket.join_multicast_v4(&GROUP, &Ipv4Addr::LOCALHOST).unwrap();
    let socket = UdpSocket::from(socket);
    socket.set_read_timeout(Some(NOBODY_ASKED)).unwrap();
    socket
}

/// What stands in the first element of that name, whatever its prefix.
fn text_of<'m>(message: &'m str, name: &str) -> Option<&'m str> {
    let is_begin = |(at, found): &(usize, &str)| {
        let tag = message[..*at].rfind('<').map(|begin| &message[begin..*at]);
        message[at + found.len()..].starts_with(['>', ' ']) && tag.is_some_and(|tag| !tag.starts_with("</"))
    };
    let (at, _) = message.match_indices(&format!(":{name}")).find(is_begin)?;
    let behind = &message[at..];
    let start = behind.find('>')? + 1;
    let end = behind[start..].find("</")?;
    Some(&behind[start..start + end])
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A value of `Authorization`.
fn parameter(header: &str, name: &str) -> String {
    let mut parts = header.split([' ', ',']).filter_map(|part| part.split_once('='));
    // The realm has a blank in it, and is known.
    parts
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.trim_matches('"').to_owned())
        .unwrap_or_default()
}

impl State {
    // ---- WS-Discovery

    fn answer_probes(&self, socket: &UdpSocket) {
        let mut bytes = [0; 8192];
        while !self.stop.load(Ordering::SeqCst) {
            let Ok((length, from)) = socket.recv_from(&mut bytes) else { continue };
            let message = String::from_utf8_lossy(&bytes[..length]).into_owned();
            let Some(id) = text_of(&message, "MessageID").filter(|_| message.contains(":Probe>")) else {
                continue;
            };
            // Some know the one word, some the other; this one knows both.
            assert!(message.contains("NetworkVideoTransmitter") || message.contains(":Device<"), "{message}");
            let host = match &self.setup.trouble {
                Trouble::NamesItself(host) => host.clone(),
                _ => self.address.to_string(),
            };
            let answer = format!(
                "<?xml version=\"1.0\"?><SOAP:Envelope xmlns:SOAP=\"http://www.w3.org/2003/05/soap-envelope\" \
                 xmlns:addr=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
                 xmlns:disc=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><SOAP:Header>\
                 <addr:RelatesTo>{id}</addr:RelatesTo></SOAP:Header><SOAP:Body><disc:ProbeMatches><disc:ProbeMatch>\
                 <addr:EndpointReference><addr:Address>{endpoint}</addr:Address></addr:EndpointReference>\
                 <disc:Types>whatever:NetworkVideoTransmitter</disc:Types>\
                 <disc:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/{name} \
                 onvif://www.onvif.org/hardware/SIM-1 onvif://www.onvif.org/location/gate</disc:Scopes>\
                 <disc:XAddrs>http://[fe80::1]/onvif/device_service http://{host}{DEVICE}</disc:XAddrs>\
                 <disc:MetadataVersion>1</disc:MetadataVersion></disc:ProbeMatch></disc:ProbeMatches></SOAP:Body>\
                 </SOAP:Envelope>",
                endpoint = self.endpoint,
                name = self.setup.name.replace(' ', "%20").replace('&', "%26"),
            );
            let _ = socket.send_to(answer.as_bytes(), from);
        }
    }

    // ---- HTTP

    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut reader = BufReader::new(stream);
        let (mut first, mut authorization, mut length) = (String::new(), None, 0);
        reader.read_line(&mut first)?;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? <= 2 {
                break;
            }
            let (name, value) = line.split_once(':').unwrap();
            match name.to_ascii_lowercase().as_str() {
                "authorization" => authorization = Some(value.trim().to_owned()),
                "content-length" => length = value.trim().parse().unwrap(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let message = String::from_utf8(body).unwrap();
        let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let body = message.split_once(":Body>").map_or("", |(_, body)| body);
        let action = body.trim_start_matches('<').split(['>', '/', ' ']).next().unwrap_or_default();
        let action = action.rsplit(':').next().unwrap_or_default().to_owned();
        let has_token = message.contains(":UsernameToken>");
        let asked = Asked { action, path, authorization, has_token, message };
        self.asked.lock().unwrap().push(asked.clone());
        let stream = reader.get_mut();
        match &self.setup.trouble {
            Trouble::Silent => return stream.read(&mut [0]).map(drop),
            Trouble::Endless => {
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n<a>")?;
                while !self.stop.load(Ordering::SeqCst) {
                    stream.write_all(&[b'x'; 65_536])?;
                }
                return Ok(());
            }
            Trouble::Page(status) => return answer(stream, *status, "", "<html><body>Welcome</body></html>"),
            Trouble::Overloaded => return answer(stream, 503, "", ""),
            Trouble::Redirect(to) => return answer(stream, 302, &format!("Location: {to}\r\n"), ""),
            Trouble::Entities => {
                let bomb = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
                return answer(stream, 200, "", bomb);
            }
            Trouble::Torn => {
                let start =
                    "<SOAP:Envelope xmlns:SOAP=\"http://www.w3.org/2003/05/soap-envelope\"><SOAP:Body><x>";
                return answer(stream, 200, "", start);
            }
            Trouble::None
            | Trouble::NamesItself(_)
            | Trouble::NamesStreams(_)
            | Trouble::NoRights
            | Trouble::RefusesChanges
            | Trouble::LocksAfter(_) => {}
        }
        if let Some((status, headers, body)) = self.refusal(&asked) {
            return answer(stream, status, &headers, &body);
        }
        let (status, body) = self.soap(&asked);
        answer(stream, status, "", &body)
    }

    /// What whoever may not ask gets.
    fn refusal(&self, asked: &Asked) -> Option<(u16, String, String)> {
        let open = ["GetSystemDateAndTime", "GetServices", "GetCapabilities"];
        if open.contains(&asked.action.as_str()) {
            return None;
        }
        let (_, password) = self.setup.login;
        let is_tried = asked.authorization.is_some() || asked.has_token;
        let is_right = match self.setup.auth {
            Auth::Open => true,
            Auth::Digest | Auth::DigestSha256 => {
                if asked.authorization.is_some() && self.nonce_is_over() {
                    return Some(self.challenge(true));
                }
                asked.authorization.as_deref().is_some_and(|header| self.digest_is_right(header, password))
            }
            Auth::Token | Auth::BasicOrToken => self.token_is_right(&asked.message, password),
        };
        if let Trouble::LocksAfter(most) = self.setup.trouble
            && *self.wrong.lock().unwrap() >= most
            && is_tried
        {
            return Some((
                400,
                String::new(),
                fault(&["ter:NotAuthorized"], "The account is locked, try later"),
            ));
        }
        if is_right {
            return None;
        }
        *self.wrong.lock().unwrap() += u32::from(is_tried);
        Some(match self.setup.auth {
            Auth::Open => unreachable!(),
            Auth::Digest | Auth::DigestSha256 => self.challenge(false),
            Auth::BasicOrToken => {
                let header = "WWW-Authenticate: Basic realm=\"cam\"\r\n".to_owned();
                (401, header, "<html>401</html>".to_owned())
            }
            Auth::Token => (400, String::new(), fault(&["ter:NotAuthorized"], "Sender not authorized")),
        })
    }

    fn nonce_is_over(&self) -> bool {
        let mut nonce = self.nonce.lock().unwrap();
        nonce.1 += 1;
        nonce.1 > self.setup.nonce_good_for
    }

    fn challenge(&self, is_stale: bool) -> (u16, String, String) {
        let mut nonce = self.nonce.lock().unwrap();
        if is_stale {
            let next = nonce.0.trim_start_matches("nonce-").parse::<u32>().unwrap() + 1;
            *nonce = (format!("nonce-{next}"), 0);
        }
        let algorithm = if self.setup.auth == Auth::DigestSha256 { "SHA-256" } else { "MD5" };
        let header = format!(
            "WWW-Authenticate: Basic realm=\"cam\"\r\nWWW-Authenticate: Digest realm=\"{realm}\", qop=\"auth\", \
             algorithm={algorithm}, nonce=\"{nonce}\", stale={is_stale}\r\n",
            realm = REALM,
            nonce = nonce.0,
        );
        (401, header, "<html>401</html>".to_owned())
    }

    fn digest_is_right(&self, header: &str, password: &str) -> bool {
        let hash = |text: String| match self.setup.auth {
            Auth::DigestSha256 => hex(&Sha256::digest(text)),
            _ => hex(&Md5::digest(text)),
        };
        let of = |name: &str| parameter(header, name);
        if of("nonce") != self.nonce.lock().unwrap().0 {
            return false;
        }
        let who = hash(format!("{}:{REALM}:{password}", of("username")));
        let what = hash(format!("POST:{}", of("uri")));
        let expected =
            hash(format!("{who}:{}:{}:{}:{}:{what}", of("nonce"), of("nc"), of("cnonce"), of("qop")));
        of("username") == self.setup.login.0 && of("response") == expected
    }

    fn token_is_right(&self, message: &str, password: &str) -> bool {
        let of = |name| text_of(message, name).map(unescaped).unwrap_or_default();
        let (nonce, created) = (of("Nonce"), of("Created"));
        let (Ok(bytes), Ok(at)) = (STANDARD.decode(&nonce), created.parse::<Timestamp>()) else {
            return false;
        };
        let now = Timestamp::now() + SignedDuration::from_secs(self.setup.clock_ahead);
        let is_fresh = at.duration_since(now).abs() < SignedDuration::from_secs(30);
        let proof = [&bytes, created.as_bytes(), password.as_bytes()].concat();
        let expected = STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &proof));
        let is_new = self.seen_nonces.lock().unwrap().insert(nonce);
        is_fresh && is_new && of("Username") == self.setup.login.0 && of("Password") == expected
    }

    // ---- SOAP

    fn soap(&self, asked: &Asked) -> (u16, String) {
        let is_media2 = asked.path == "/onvif/media2";
        let knows_media2 = matches!(self.setup.media, Media::Both | Media::Media2);
        let unknown = || (400, fault(&["ter:ActionNotSupported"], "Optional Action Not Implemented"));
        if is_media2 && !knows_media2 {
            return unknown();
        }
        let prefix = if is_media2 { "m2" } else { "m1" };
        let token =
            text_of(&asked.message, "ProfileToken").or_else(|| text_of(&asked.message, "ConfigurationToken"));
        let at = self.setup.streams.iter().position(|stream| {
            token.is_some_and(|token| token == stream.token || token == format!("enc-{}", stream.token))
        });
        let response = match (asked.action.as_str(), at) {
            ("GetSystemDateAndTime", _) => self.date(),
            ("GetServices", _) if self.setup.media == Media::Capabilities => return unknown(),
            ("GetServices", _) => self.services(),
            ("GetCapabilities", _) => self.capabilities(),
            ("GetDeviceInformation", _) => {
                "<d1:GetDeviceInformationResponse><d1:Manufacturer>Simulated</d1:Manufacturer>\
                <d1:Model>SIM-1\n\u{1b}[31m</d1:Model><d1:FirmwareVersion>1.0 &lt;b&gt;</d1:FirmwareVersion>\
                <d1:SerialNumber>4711</d1:SerialNumber></d1:GetDeviceInformationResponse>"
                    .replace('\u{1b}', "&#x9b;")
            }
            ("GetProfiles", _) if self.setup.trouble == Trouble::NoRights => {
                return (400, fault(&["ter:NotAuthorized"], "The action requires authorization"));
            }
            ("GetProfiles", _) => {
                let profiles: String =
                    (0..self.setup.streams.len()).map(|at| self.profile(at, is_media2)).collect();
                format!("<{prefix}:GetProfilesResponse>{profiles}</{prefix}:GetProfilesResponse>")
            }
            ("GetStreamUri", Some(at)) => {
                let uri = escaped(&self.stream_url(at));
                match is_media2 {
                    true => {
                        format!("<m2:GetStreamUriResponse><m2:Uri>{uri}</m2:Uri></m2:GetStreamUriResponse>")
                    }
                    false => format!(
                        "<m1:GetStreamUriResponse><m1:MediaUri><sch:Uri>{uri}</sch:Uri>\
                         <sch:InvalidAfterConnect>false</sch:InvalidAfterConnect></m1:MediaUri></m1:GetStreamUriResponse>"
                    ),
                }
            }
            ("GetVideoEncoderConfigurations", Some(at)) if is_media2 => format!(
                "<m2:GetVideoEncoderConfigurationsResponse>{}</m2:GetVideoEncoderConfigurationsResponse>",
                self.encoder(at, "m2:Configurations", true)
            ),
            ("GetVideoEncoderConfiguration", Some(at)) if !is_media2 => format!(
                "<m1:GetVideoEncoderConfigurationResponse>{}</m1:GetVideoEncoderConfigurationResponse>",
                self.encoder(at, "m1:Configuration", false)
            ),
            ("SetVideoEncoderConfiguration", _) => match self.set_encoder(&asked.message, is_media2) {
                Ok(()) => format!("<{prefix}:SetVideoEncoderConfigurationResponse/>"),
                Err(reason) => return (400, fault(&["ter:InvalidArgVal", "ter:ConfigModify"], reason)),
            },
            (_, None) => return (400, fault(&["ter:InvalidArgVal", "ter:NoProfile"], "no such token")),
            (_, Some(_)) => return unknown(),
        };
        (200, envelope(&response))
    }

    /// Where it says that it is.
    fn host(&self) -> String {
        match &self.setup.trouble {
            Trouble::NamesItself(host) => host.clone(),
            _ => self.address.to_string(),
        }
    }

    fn stream_url(&self, at: usize) -> String {
        let host = match &self.setup.trouble {
            Trouble::NamesStreams(host) => host.clone(),
            Trouble::NamesItself(host) => host.split(':').next().unwrap().to_owned(),
            _ => self.address.ip().to_string(),
        };
        self.setup.streams[at].url.replace("HOST", &host)
    }

    fn date(&self) -> String {
        let now = Timestamp::now() + SignedDuration::from_secs(self.setup.clock_ahead);
        let now = now.to_zoned(jiff::tz::TimeZone::UTC);
        format!(
            "<d1:GetSystemDateAndTimeResponse><d1:SystemDateAndTime><sch:DateTimeType>Manual</sch:DateTimeType>\
             <sch:DaylightSavings>false</sch:DaylightSavings><sch:UTCDateTime><sch:Time><sch:Hour>{}</sch:Hour>\
             <sch:Minute>{}</sch:Minute><sch:Second>{}</sch:Second></sch:Time><sch:Date><sch:Year>{}</sch:Year>\
             <sch:Month>{}</sch:Month><sch:Day>{}</sch:Day></sch:Date></sch:UTCDateTime></d1:SystemDateAndTime>\
             </d1:GetSystemDateAndTimeResponse>",
            now.hour(),
            now.minute(),
            now.second(),
            now.year(),
            now.month(),
            now.day()
        )
    }

    fn services(&self) -> String {
        let host = self.host();
        let mut services = vec![("http://www.onvif.org/ver10/device/wsdl", DEVICE)];
        let media = ("http://www.onvif.org/ver10/media/wsdl", "/onvif/media");
        let media2 = ("http://www.onvif.org/ver20/media/wsdl", "/onvif/media2");
        services.extend(match self.setup.media {
            Media::Both | Media::PretendsMedia2 => vec![media, media2],
            Media::Media2 => vec![media2],
            Media::Media1 | Media::Capabilities => vec![media],
        });
        let services: String = services
            .iter()
            .map(|(space, path)| {
                format!(
                    "<d1:Service><d1:Namespace>{space}</d1:Namespace><d1:XAddr>http://{host}{path}</d1:XAddr>\
                     <d1:Version><sch:Major>2</sch:Major><sch:Minor>60</sch:Minor></d1:Version></d1:Service>"
                )
            })
            .collect();
        format!("<d1:GetServicesResponse>{services}</d1:GetServicesResponse>")
    }

    fn capabilities(&self) -> String {
        let host = self.host();
        format!(
            "<d1:GetCapabilitiesResponse><d1:Capabilities><sch:Device><sch:XAddr>http://{host}{DEVICE}</sch:XAddr>\
             </sch:Device><sch:Media><sch:XAddr>http://{host}/onvif/media</sch:XAddr></sch:Media></d1:Capabilities>\
             </d1:GetCapabilitiesResponse>"
        )
    }

    fn profile(&self, at: usize, is_media2: bool) -> String {
        let Stream { token, name, source, .. } = &self.setup.streams[at];
        // Something of its maker's, under a name that ONVIF has, too.
        let makers = "<vnd:Name xmlns:vnd=\"http://vendor.example/v1\">not this</vnd:Name>";
        let source = format!(
            "token=\"src-{token}\"><sch:Name>source</sch:Name><sch:SourceToken>{source}</sch:SourceToken>"
        );
        match is_media2 {
            true => format!(
                "<m2:Profiles token=\"{token}\" fixed=\"true\">{makers}<m2:Name>{name}</m2:Name><m2:Configurations>\
                 <m2:VideoSource {source}</m2:VideoSource>{}</m2:Configurations></m2:Profiles>",
                self.encoder(at, "m2:VideoEncoder", true)
            ),
            false => format!(
                "<m1:Profiles token=\"{token}\" fixed=\"true\">{makers}<sch:Name>{name}</sch:Name>\
                 <sch:VideoSourceConfiguration {source}</sch:VideoSourceConfiguration>{}</m1:Profiles>",
                self.encoder(at, "sch:VideoEncoderConfiguration", false)
            ),
        }
    }

    fn encoder(&self, at: usize, element: &str, is_media2: bool) -> String {
        let Stream { token, encoding, size: (width, height), fps, kbps, .. } = &self.setup.streams[at];
        let interval = self.intervals.lock().unwrap()[at];
        let in_attribute =
            if is_media2 { format!(" GovLength=\"{interval}\" Profile=\"Main\"") } else { String::new() };
        let inside = match (is_media2, *encoding) {
            (false, "H264") => format!(
                "<sch:H264><sch:GovLength>{interval}</sch:GovLength><sch:H264Profile>Main</sch:H264Profile></sch:H264>"
            ),
            _ => String::new(),
        };
        format!(
            "<{element} token=\"enc-{token}\"{in_attribute}><sch:Name>encoder &amp; more</sch:Name><sch:UseCount>1\
             </sch:UseCount><sch:Encoding>{encoding}</sch:Encoding><sch:Resolution><sch:Width>{width}</sch:Width>\
             <sch:Height>{height}</sch:Height></sch:Resolution><sch:Quality>4</sch:Quality><sch:RateControl>\
             <sch:FrameRateLimit>{fps}</sch:FrameRateLimit><sch:EncodingInterval>1</sch:EncodingInterval>\
             <sch:BitrateLimit>{kbps}</sch:BitrateLimit></sch:RateControl>{inside}</{element}>"
        )
    }

    /// Takes settings that came back whole, and nothing else.
    fn set_encoder(&self, message: &str, is_media2: bool) -> Result<(), &'static str> {
        if self.setup.trouble == Trouble::RefusesChanges {
            return Err("The encoder is used by an analytics module");
        }
        let at = self
            .setup
            .streams
            .iter()
            .position(|stream| message.contains(&format!("token=\"enc-{}\"", stream.token)))
            .ok_or("no such configuration")?;
        let stream = &self.setup.streams[at];
        for (name, value) in [
            ("Width", stream.size.0.to_string()),
            ("Height", stream.size.1.to_string()),
            ("Quality", "4".to_owned()),
            ("BitrateLimit", stream.kbps.to_string()),
            ("Encoding", stream.encoding.to_owned()),
            ("Name", "encoder &amp; more".to_owned()),
        ] {
            if text_of(message, name) != Some(value.as_str()) {
                return Err("a setting is missing");
            }
        }
        let frames = if is_media2 {
            let behind = message.split_once("GovLength=\"").ok_or("no GovLength")?.1;
            behind.split('"').next()
        } else {
            text_of(message, "GovLength")
        };
        let frames: u32 = frames.and_then(|frames| frames.parse().ok()).ok_or("no GovLength")?;
        self.intervals.lock().unwrap()[at] = frames.min(self.setup.most_keyframe_interval);
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<SOAP:Envelope xmlns:SOAP=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:sch=\"http://www.onvif.org/ver10/schema\" xmlns:d1=\"http://www.onvif.org/ver10/device/wsdl\" \
         xmlns:m1=\"http://www.onvif.org/ver10/media/wsdl\" xmlns:m2=\"http://www.onvif.org/ver20/media/wsdl\">\n\
         <SOAP:Body>{body}</SOAP:Body></SOAP:Envelope>"
    )
}

/// With ONVIF's codes, from the general to the particular.
fn fault(codes: &[&str], reason: &str) -> String {
    let nested = codes.iter().rev().fold(String::new(), |inner, code| {
        format!("<SOAP:Subcode><SOAP:Value>{code}</SOAP:Value>{inner}</SOAP:Subcode>")
    });
    envelope(&format!(
        "<SOAP:Fault><SOAP:Code><SOAP:Value>SOAP:Sender</SOAP:Value>{nested}</SOAP:Code><SOAP:Reason>\
         <SOAP:Text xml:lang=\"en\">{reason}</SOAP:Text></SOAP:Reason></SOAP:Fault>"
    ))
}

fn answer(stream: &mut TcpStream, status: u16, headers: &str, body: &str) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status} Whatever\r\n{headers}Content-Type: application/soap+xml; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
