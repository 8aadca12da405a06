//! The cameras of the density benchmark: an RTSP server that costs almost nothing beside what it serves.
//!
//! ```sh
//! serve PORT FILE[,FPS] ...
//! ```
//!
//! Every file is an elementary stream with start codes (`.h264` or `.h265`) without B-frames; `/cam-N` plays file
//! `N mod files` from `N` golden parts of its length on, over and over, with time stamps that go on: like a camera, whose
//! encoder runs whoever comes. `/together-N` begins with the keyframe before that place, so that cameras that are opened
//! at the same time send their keyframes at the same time.
//! Only TCP interleaved, no password. Every `PLAY` is reported on standard output as JSON: which camera, where in its loop
//! it began, and when. Standard input's end is the server's; its processor time is reported then.
//!
//! Must never link the library that it measures.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Payload of one packet; with headers it fits into an Ethernet frame.
const PACKET: usize = 1400;
/// Ticks of the server a second: cameras are spread over them.
const TICKS: u64 = 500;

struct Stream {
    /// Pictures, each of some units without start codes.
    pictures: Vec<Vec<Vec<u8>>>,
    keyframes: Vec<usize>,
    fps: f64,
    h265: bool,
    sdp: String,
}

struct Player {
    camera: usize,
    socket: TcpStream,
    stream: Arc<Stream>,
    at: usize,
    sent: u64,
    began: Instant,
    sequence: u16,
    channel: u8,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [port, files @ ..] = arguments.as_slice() else {
        eprintln!("serve PORT FILE[,FPS] ...");
        std::process::exit(2);
    };
    let Ok(port) = port.parse::<u16>() else {
        eprintln!("the port is a number");
        std::process::exit(2);
    };
    let streams: Vec<Arc<Stream>> = files.iter().map(|file| Arc::new(Stream::read(file))).collect();
    if streams.is_empty() {
        eprintln!("no file to play");
        std::process::exit(2);
    }
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    let players: Arc<Mutex<Vec<Player>>> = Arc::default();
    let feeding = players.clone();
    std::thread::spawn(move || feed(&feeding));
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let (streams, players) = (streams.clone(), players.clone());
            std::thread::Builder::new()
                .stack_size(128 << 10)
                .spawn(move || {
                    // A client that is gone is nobody's loss.
                    let _ = answer(socket, &streams, &players);
                })
                .expect("a thread");
        }
    });
    let mut rest = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut rest);
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    println!("{{\"cpu_secs\":{}}}", (ticks(11) + ticks(12)) / 100.0);
}

/// Sends every player its next picture when it is due.
fn feed(players: &Mutex<Vec<Player>>) {
    let start = Instant::now();
    let mut packets = Vec::new();
    for tick in 1u64.. {
        let due = Duration::from_micros(1_000_000 / TICKS * tick);
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        players.lock().expect("no panic").retain_mut(|player| {
            while player.began.elapsed().as_secs_f64() * player.stream.fps >= player.sent as f64 {
                packets.clear();
                player.put_next_picture(&mut packets);
                if player.socket.write_all(&packets).is_err() {
                    return false;
                }
            }
            true
        });
    }
}

impl Player {
    fn put_next_picture(&mut self, out: &mut Vec<u8>) {
        let stream = self.stream.clone();
        let picture = &stream.pictures[self.at];
        self.at = (self.at + 1) % stream.pictures.len();
        let stamp = (self.sent as f64 * 90_000.0 / stream.fps) as u64 as u32;
        self.sent += 1;
        for (number, unit) in picture.iter().enumerate() {
            let last = number + 1 == picture.len();
            if unit.len() <= PACKET {
                self.put(out, last, stamp, &[], unit);
                continue;
            }
            let header = if stream.h265 { 2 } else { 1 };
            let parts: Vec<&[u8]> = unit[header..].chunks(PACKET).collect();
            for (place, part) in parts.iter().enumerate() {
                let (first, end) = (place == 0, place + 1 == parts.len());
                let flags = u8::from(first) << 7 | u8::from(end) << 6;
                if stream.h265 {
                    // RFC 7798, section 4.4.3.
                    let kind = unit[0] >> 1 & 0x3f;
                    self.put(out, end && last, stamp, &[unit[0] & 0x81 | 49 << 1, unit[1], flags | kind], part);
                } else {
                    // RFC 6184, section 5.8.
                    self.put(out, end && last, stamp, &[unit[0] & 0x60 | 28, flags | unit[0] & 0x1f], part);
                }
            }
        }
    }

    fn put(&mut self, out: &mut Vec<u8>, marker: bool, stamp: u32, head: &[u8], body: &[u8]) {
        let length = (12 + head.len() + body.len()) as u16;
        out.extend([b'$', self.channel]);
        out.extend(length.to_be_bytes());
        out.extend([0x80, 96 | u8::from(marker) << 7]);
        out.extend(self.sequence.to_be_bytes());
        out.extend(stamp.to_be_bytes());
        out.extend([0x4c, 0x4f, 0x4f, 0x4b]);
        out.extend(head);
        out.extend(body);
        self.sequence = self.sequence.wrapping_add(1);
    }
}

fn answer(
    mut socket: TcpStream,
    streams: &[Arc<Stream>],
    players: &Mutex<Vec<Player>>,
) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let (mut read, mut buffer) = (Vec::new(), [0u8; 2048]);
    loop {
        let count = socket.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        read.extend(&buffer[..count]);
        loop {
            // What a client says about its reception.
            if read.first() == Some(&b'$') {
                let Some(size) = read.get(2..4) else { break };
                let whole = 4 + usize::from(u16::from_be_bytes([size[0], size[1]]));
                if read.len() < whole {
                    break;
                }
                read.drain(..whole);
                continue;
            }
            let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else { break };
            let request = String::from_utf8_lossy(&read[..end]).into_owned();
            read.drain(..end + 4);
            let mut words = request.split_whitespace();
            let (method, url) = (words.next().unwrap_or(""), words.next().unwrap_or("").to_owned());
            let field = |name: &str| {
                let lines = request.lines().filter_map(|line| line.split_once(':'));
                lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
            };
            let together = url.contains("/together-");
            let camera: usize = url
                .split(if together { "/together-" } else { "/cam-" })
                .nth(1)
                .and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next())
                .and_then(|number| number.parse().ok())
                .unwrap_or(0);
            let stream = &streams[camera % streams.len()];
            let mut reply = format!(
                "RTSP/1.0 200 OK\r\nCSeq: {}\r\nSession: 4711;timeout=60\r\n",
                field("cseq").unwrap_or("0")
            );
            let mut body = "";
            match method {
                "OPTIONS" => {
                    reply += "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER\r\n";
                }
                "DESCRIBE" => {
                    body = &stream.sdp;
                    reply += &format!(
                        "Content-Base: {url}/\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n",
                        body.len()
                    );
                }
                "SETUP" => {
                    reply += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=4C4F4F4B\r\n";
                }
                "PLAY" => reply += "Range: npt=0-\r\n",
                _ => {}
            }
            reply += "\r\n";
            reply += body;
            socket.write_all(reply.as_bytes())?;
            if method == "PLAY" {
                let at = stream.start_of(camera, together);
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
                println!(
                    "{{\"camera\":{camera},\"at\":{now:.3},\"from\":{:.3},\"loop\":{:.3}}}",
                    at as f64 / stream.fps,
                    stream.pictures.len() as f64 / stream.fps
                );
                players.lock().expect("no panic").push(Player {
                    camera,
                    socket: socket.try_clone()?,
                    stream: stream.clone(),
                    at,
                    sent: 0,
                    began: Instant::now(),
                    sequence: 1,
                    channel: 0,
                });
            }
            if method == "TEARDOWN" {
                players.lock().expect("no panic").retain(|player| player.camera != camera);
            }
        }
    }
}

impl Stream {
    fn read(name: &str) -> Stream {
        let (file, fps) = name.split_once(',').unwrap_or((name, "25"));
        let data = std::fs::read(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let h265 = file.ends_with(".h265");
        let (mut pictures, mut keyframes, mut open) = (Vec::new(), Vec::new(), Vec::new());
        let (mut sets, mut is_key): (Vec<Vec<u8>>, bool) = (Vec::new(), false);
        for unit in units(&data) {
            let kind = if h265 { unit[0] >> 1 & 0x3f } else { unit[0] & 0x1f };
            let (is_set, is_slice, starts_key) = match h265 {
                true => ((32..=34).contains(&kind), kind < 32, (16..=21).contains(&kind)),
                false => (kind == 7 || kind == 8, kind == 1 || kind == 5, kind == 5),
            };
            if is_set && sets.iter().all(|known| known != unit) {
                sets.push(unit.to_vec());
            }
            is_key |= starts_key;
            open.push(unit.to_vec());
            // One slice for a picture, as the streams are made.
            if is_slice {
                if std::mem::take(&mut is_key) {
                    keyframes.push(pictures.len());
                }
                pictures.push(std::mem::take(&mut open));
            }
        }
        assert!(!keyframes.is_empty(), "{file} has no keyframe");
        let coded: Vec<String> = sets.iter().map(|set| base64(set)).collect();
        let format = match h265 {
            false => format!("a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets={}\r\n", coded.join(",")),
            true => format!(
                "a=rtpmap:96 H265/90000\r\na=fmtp:96 sprop-vps={};sprop-sps={};sprop-pps={}\r\n",
                coded.first().cloned().unwrap_or_default(),
                coded.get(1).cloned().unwrap_or_default(),
                coded.get(2).cloned().unwrap_or_default()
            ),
        };
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=density\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\n{format}a=framerate:{fps}\r\na=control:track1\r\n"
        );
        Stream { pictures, keyframes, fps: fps.parse().expect("frames a second"), h265, sdp }
    }

    /// Where a camera begins: spread evenly over the loop whatever their number.
    fn start_of(&self, camera: usize, on_keyframe: bool) -> usize {
        let part = (camera as f64 * 0.618_033_988_75).fract();
        let wanted = (part * self.pictures.len() as f64) as usize;
        if !on_keyframe {
            return wanted;
        }
        self.keyframes.iter().copied().rev().find(|keyframe| *keyframe <= wanted).unwrap_or(self.keyframes[0])
    }
}

/// The units between start codes.
fn units(data: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at + 3 <= data.len() {
        if data[at..at + 3] == [0, 0, 1] {
            starts.push(at + 3);
            at += 3;
        } else {
            at += 1;
        }
    }
    let ends = starts.iter().skip(1).map(|next| next - 3).chain([data.len()]);
    let cut = |(from, mut to): (&usize, usize)| {
        while to > *from && data[to - 1] == 0 {
            to -= 1;
        }
        &data[*from..to]
    };
    starts.iter().zip(ends).map(cut).filter(|unit| unit.len() > 2).collect()
}

fn base64(data: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in data.chunks(3) {
        let byte = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place)) as usize & 63] as char;
            text.push(if place <= three.len() { letter } else { '=' });
        }
    }
    text
}
