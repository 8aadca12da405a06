//! A broker that does what a test tells it, and a cable that can be cut.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;

/// A packet from the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    Connect { level: u8 },
    Publish { topic: String, pkid: u16, payload: Vec<u8> },
    Subscribe { pkid: u16 },
    PingReq,
    Disconnect,
    Other(u8),
}

/// One accepted connection; `nth` counts from 0.
pub struct Guest {
    pub stream: TcpStream,
    pub nth: usize,
    level: u8,
}

impl Guest {
    /// The next packet; an error when the box has gone.
    pub fn read(&mut self) -> io::Result<Packet> {
        let mut first = [0_u8; 1];
        self.stream.read_exact(&mut first)?;
        let mut length = 0_usize;
        for shift in [0, 7, 14, 21] {
            let mut byte = [0_u8; 1];
            self.stream.read_exact(&mut byte)?;
            length |= usize::from(byte[0] & 0x7f) << shift;
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0_u8; length];
        self.stream.read_exact(&mut body)?;
        Ok(match first[0] >> 4 {
            1 => {
                self.level = body[6];
                Packet::Connect { level: body[6] }
            }
            3 => {
                let topic_end = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
                let topic = String::from_utf8(body[2..topic_end].to_vec()).unwrap();
                let qos = (first[0] >> 1) & 3;
                let mut at = topic_end;
                let mut pkid = 0;
                if qos > 0 {
                    pkid = u16::from_be_bytes([body[at], body[at + 1]]);
                    at += 2;
                }
                if self.level == 5 {
                    // Their length has seven bits in each byte.
                    let bytes = body[at..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
                    let length = (0..bytes).map(|nth| usize::from(body[at + nth] & 0x7f) << (7 * nth));
                    at += bytes + length.sum::<usize>();
                }
                Packet::Publish { topic, pkid, payload: body[at..].to_vec() }
            }
            8 => Packet::Subscribe { pkid: u16::from_be_bytes([body[0], body[1]]) },
            12 => Packet::PingReq,
            14 => Packet::Disconnect,
            other => Packet::Other(other),
        })
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Accepts the connection, with these v5 properties.
    pub fn accept(&mut self, properties: &[u8]) -> io::Result<()> {
        let Packet::Connect { level } = self.read()? else { panic!("a CONNECT first") };
        if level == 5 {
            let mut answer = vec![0x20, 3 + properties.len() as u8, 0, 0, properties.len() as u8];
            answer.extend(properties);
            self.send(&answer)
        } else {
            self.send(&[0x20, 2, 0, 0])
        }
    }

    /// A PUBACK, with a reason where it is not 0.
    pub fn puback(&mut self, pkid: u16, reason: u8) -> io::Result<()> {
        let [high, low] = pkid.to_be_bytes();
        if reason == 0 {
            self.send(&[0x40, 2, high, low])
        } else {
            self.send(&[0x40, 4, high, low, reason, 0])
        }
    }

    /// Says something with a response topic, as MQTT 5 has it.
    pub fn ask(&mut self, topic: &str, response_topic: &str, payload: &str) -> io::Result<()> {
        let text = |text: &str| [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat();
        let properties = [&[8][..], &text(response_topic)].concat();
        let body =
            [text(topic), vec![properties.len() as u8], properties, payload.as_bytes().to_vec()].concat();
        let length = match body.len() {
            short @ ..128 => vec![short as u8],
            long @ ..16_384 => vec![(long % 128) as u8 | 0x80, (long / 128) as u8],
            other => panic!("{other} bytes are more than is asked for here"),
        };
        self.send(&[&[0x30][..], &length, &body].concat())
    }

    /// Ends the connection in such a way that what was acknowledged arrives.
    pub fn leave(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        while self.stream.read(&mut [0; 1024])? > 0 {}
        Ok(())
    }

    fn suback(&mut self, pkid: u16) -> io::Result<()> {
        let [high, low] = pkid.to_be_bytes();
        let answer: &[u8] =
            if self.level == 5 { &[0x90, 4, high, low, 0, 1] } else { &[0x90, 3, high, low, 1] };
        self.send(answer)
    }

    /// Lets the box subscribe and answers its pings, and acknowledges nothing that it publishes.
    pub fn take_nothing(&mut self) -> io::Result<()> {
        loop {
            match self.read()? {
                Packet::Subscribe { pkid } => self.suback(pkid)?,
                Packet::PingReq => self.send(&[0xd0, 0])?,
                Packet::Publish { .. } => {}
                other => return Err(io::Error::other(format!("{other:?}"))),
            }
        }
    }

    /// Does what every broker does; returns publishes on `up/alert` and `up/evidence`, not acknowledged yet.
    pub fn next_record(&mut self) -> io::Result<(u16, String, Vec<u8>)> {
        self.next_on(|topic| topic.contains("/up/alert") || topic.contains("/up/evidence"))
    }

    /// The same for the topics that are `wanted`.
    pub fn next_on(&mut self, wanted: impl Fn(&str) -> bool) -> io::Result<(u16, String, Vec<u8>)> {
        loop {
            match self.read()? {
                Packet::Subscribe { pkid } => self.suback(pkid)?,
                Packet::PingReq => self.send(&[0xd0, 0])?,
                Packet::Publish { topic, pkid, payload } if wanted(&topic) => {
                    return Ok((pkid, topic, payload));
                }
                Packet::Publish { pkid, .. } if pkid > 0 => self.puback(pkid, 0)?,
                Packet::Publish { .. } => {}
                other => return Err(io::Error::other(format!("{other:?}"))),
            }
        }
    }

    /// Acknowledges everything until the box goes.
    pub fn behave(&mut self, taken: &Taken) -> io::Result<()> {
        loop {
            let (pkid, _, payload) = self.next_record()?;
            taken.note(&payload);
            self.puback(pkid, 0)?;
        }
    }
}

/// Ids of the alerts that were taken, in order.
#[derive(Debug, Clone, Default)]
pub struct Taken(Arc<Mutex<Vec<String>>>);

impl Taken {
    pub fn note(&self, payload: &[u8]) {
        self.0.lock().push(id_of(payload));
    }

    pub fn ids(&self) -> std::collections::BTreeSet<String> {
        self.0.lock().iter().cloned().collect()
    }

    pub fn times(&self, id: &str) -> usize {
        self.0.lock().iter().filter(|taken| *taken == id).count()
    }
}

/// The CloudEvent's id in a body.
pub fn id_of(payload: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(payload).unwrap_or_default();
    body["id"].as_str().unwrap_or("none").to_owned()
}

/// A listener that hands every connection to a script.
pub struct FakeBroker {
    pub address: SocketAddr,
    pub connections: Arc<AtomicUsize>,
}

impl FakeBroker {
    /// The script's errors mean that the box has gone.
    pub fn start(script: impl Fn(&mut Guest) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, script) = (connections.clone(), Arc::new(script));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let script = script.clone();
                let mut guest = Guest { stream, nth: count.fetch_add(1, Ordering::SeqCst), level: 0 };
                std::thread::spawn(move || {
                    let _ = script(&mut guest);
                });
            }
        });
        FakeBroker { address, connections }
    }

    pub fn url(&self) -> String {
        format!("mqtt://{}", self.address)
    }
}

/// Passes bytes on to a broker until it is cut.
pub struct Cable {
    pub address: SocketAddr,
    ends: Arc<Mutex<Vec<TcpStream>>>,
    cut: Arc<AtomicBool>,
}

impl Cable {
    pub fn to(broker: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let ends: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let cut = Arc::new(AtomicBool::new(false));
        let (kept, is_cut) = (ends.clone(), cut.clone());
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let far = TcpStream::connect(broker).unwrap();
                for (mut from, mut to) in [
                    (near.try_clone().unwrap(), far.try_clone().unwrap()),
                    (far.try_clone().unwrap(), near.try_clone().unwrap()),
                ] {
                    std::thread::spawn(move || {
                        let _ = io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                kept.lock().extend([near, far]);
            }
        });
        Cable { address, ends, cut }
    }

    pub fn url(&self) -> String {
        format!("mqtt://{}", self.address)
    }

    /// Ends all connections and takes no new ones.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        for end in self.ends.lock().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}
