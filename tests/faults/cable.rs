//! A loopback proxy that is every bad link: slow, narrow, sliced, reset, half open, or a black hole.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// What the link is like now; holds for connections that exist and for new ones.
#[derive(Debug, Clone, Default)]
pub struct Weather {
    /// Each way.
    pub latency: Duration,
    /// Each way.
    pub bytes_per_sec: Option<u64>,
    /// Most bytes in one piece.
    pub slice: Option<usize>,
    /// Nothing from the box gets through, and nobody is told.
    pub hole_up: bool,
    /// Nothing to the box gets through.
    pub hole_down: bool,
    /// New connections are reset.
    pub refuse: bool,
}

/// The proxy. What is in it when it is a black hole comes out when that is over, as with TCP.
pub struct Cable {
    address: SocketAddr,
    weather: Arc<Mutex<Weather>>,
    pairs: Arc<Mutex<Vec<Pair>>>,
    connections: Arc<AtomicU64>,
}

struct Pair {
    near: Arc<TcpStream>,
    far: Arc<TcpStream>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Half open: nothing moves any more, and no end is reported.
    is_dead: AtomicBool,
    /// To be closed with a reset.
    is_reset: AtomicBool,
}

/// So much may be on its way.
const PIECES: usize = 64;

impl Cable {
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let cable = Cable {
            address: listener.local_addr().unwrap(),
            weather: Arc::default(),
            pairs: Arc::default(),
            connections: Arc::default(),
        };
        let (weather, pairs, connections) =
            (cable.weather.clone(), cable.pairs.clone(), cable.connections.clone());
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let far = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
                let (Ok(far), false) = (far, weather.lock().refuse) else {
                    let _ = socket2::SockRef::from(&near).set_linger(Some(Duration::ZERO));
                    continue;
                };
                connections.fetch_add(1, Ordering::SeqCst);
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                let pair = Pair { near: Arc::new(near), far: Arc::new(far), state: Arc::default() };
                carry(&pair.near, &pair.far, true, &pair.state, &weather);
                carry(&pair.far, &pair.near, false, &pair.state, &weather);
                let mut pairs = pairs.lock();
                // Those that have ended are in nobody else's hands.
                pairs.retain(|pair| Arc::strong_count(&pair.near) > 1);
                pairs.push(pair);
            }
        });
        cable
    }

    pub fn url(&self) -> String {
        format!("mqtt://{}", self.address)
    }

    pub fn set(&self, change: impl FnOnce(&mut Weather)) {
        change(&mut self.weather.lock());
    }

    /// Connections so far.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    /// Ends every connection with a reset, both ways.
    pub fn reset(&self) {
        for pair in self.pairs.lock().drain(..) {
            pair.state.is_reset.store(true, Ordering::SeqCst);
            for end in [&pair.near, &pair.far] {
                let _ = socket2::SockRef::from(&**end).set_linger(Some(Duration::ZERO));
                // Wakes who reads there, and says nothing to the other side.
                let _ = end.shutdown(Shutdown::Read);
            }
        }
    }

    /// The far side of every connection goes; the box is not told.
    pub fn half_open(&self) {
        for pair in self.pairs.lock().iter() {
            pair.state.is_dead.store(true, Ordering::SeqCst);
            let _ = pair.far.shutdown(Shutdown::Both);
        }
    }
}

/// Two threads: one reads, one lets out what has been under way for long enough.
fn carry(
    from: &Arc<TcpStream>,
    to: &Arc<TcpStream>,
    is_up: bool,
    state: &Arc<State>,
    weather: &Arc<Mutex<Weather>>,
) {
    let (sender, receiver) = sync_channel::<(Instant, Vec<u8>)>(PIECES);
    let (reader, for_reader) = (from.clone(), weather.clone());
    std::thread::spawn(move || {
        let mut chunk = [0; 16 * 1024];
        while let Ok(n) = (&*reader).read(&mut chunk) {
            let due = Instant::now() + for_reader.lock().latency;
            if n == 0 || sender.send((due, chunk[..n].to_vec())).is_err() {
                break;
            }
        }
    });
    let (to, from, state, weather) = (to.clone(), from.clone(), state.clone(), weather.clone());
    std::thread::spawn(move || {
        let _ = let_out(&receiver, &to, is_up, &state, &weather);
        if !state.is_dead.load(Ordering::SeqCst) && !state.is_reset.load(Ordering::SeqCst) {
            let _ = (to.shutdown(Shutdown::Write), from.shutdown(Shutdown::Read));
        }
        if state.is_dead.load(Ordering::SeqCst) && is_up {
            // Keeps the near side open for as long as the box does.
            while receiver.recv().is_ok() {}
        }
    });
}

fn let_out(
    receiver: &Receiver<(Instant, Vec<u8>)>,
    mut to: &TcpStream,
    is_up: bool,
    state: &State,
    weather: &Mutex<Weather>,
) -> io::Result<()> {
    while let Ok((due, bytes)) = receiver.recv() {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let now = weather.lock().clone();
            if state.is_dead.load(Ordering::SeqCst) || state.is_reset.load(Ordering::SeqCst) {
                return Ok(());
            }
            let is_hole = if is_up { now.hole_up } else { now.hole_down };
            if is_hole || Instant::now() < due {
                std::thread::park_timeout(Duration::from_millis(2));
                continue;
            }
            let (piece, later) = rest.split_at(rest.len().min(now.slice.unwrap_or(usize::MAX)));
            to.write_all(piece)?;
            if let Some(rate) = now.bytes_per_sec {
                std::thread::park_timeout(Duration::from_secs_f64(piece.len() as f64 / rate as f64));
            }
            rest = later;
        }
    }
    Ok(())
}
