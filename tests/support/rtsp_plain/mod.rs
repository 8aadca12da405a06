//! A small programmable RTSP server on plain sockets: the camera of the fault tests.
//!
//! Not built on GStreamer, so a misunderstanding of GStreamer's client shows. Every answer and the flow
//! of media can be changed while it runs ([`Behaviour`]); what clients asked for can be read
//! ([`PlainServer::requests`]). To add a fault: a field or variant in `behaviour`, and the one place that
//! looks at it (`connection` for requests, `login` for passwords, `media` for packets).

mod behaviour;
mod connection;
mod login;
mod media;

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::rtsp_packets::ElementaryStream;

#[allow(unused_imports, reason = "every test binary uses its own part")]
pub use behaviour::{Answer, Behaviour, ContentBase, Login, Media, Rework, SSRC, Stamps};
use connection::Connection;
#[allow(unused_imports, reason = "every test binary uses its own part")]
pub use connection::{Request, description};
use login::Nonce;

pub struct PlainServer {
    address: SocketAddr,
    inner: Arc<Inner>,
    acceptor: Option<JoinHandle<()>>,
}

struct Inner {
    stream: Arc<ElementaryStream>,
    behaviour: Mutex<Behaviour>,
    nonce: Mutex<Nonce>,
    requests: Mutex<Vec<Request>>,
    connections: Mutex<Vec<TcpStream>>,
    workers: Mutex<Vec<JoinHandle<()>>>,
    stopped: Mutex<bool>,
    stop: Condvar,
    media_sent: AtomicU64,
}

impl PlainServer {
    pub fn start(stream: ElementaryStream, behaviour: Behaviour) -> Self {
        Self::start_on(0, Arc::new(stream), behaviour)
    }

    /// On a given port, for a camera that comes back.
    pub fn start_on(port: u16, stream: Arc<ElementaryStream>, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            stream,
            behaviour: Mutex::new(behaviour),
            nonce: Mutex::default(),
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

    /// Every nonce that was given out is stale from now on.
    pub fn forget_nonces(&self) {
        self.inner.nonce.lock().renew();
    }

    pub fn requests(&self) -> Vec<Request> {
        self.inner.requests.lock().clone()
    }

    pub fn count(&self, method: &str) -> usize {
        self.inner.requests.lock().iter().filter(|request| request.method == method).count()
    }

    /// Waits until a method was asked for so many times; panics when it takes longer than `within`.
    pub fn wait_asked(&self, method: &str, count: usize, within: Duration) {
        let deadline = Instant::now() + within;
        while self.count(method) < count {
            assert!(Instant::now() < deadline, "no {count} {method} within {within:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
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

    /// Keeps a connection to be closed with the server. Those that ended meanwhile are let go: a camera that is
    /// tried for hours must not run out of descriptors.
    fn keep(&self, connection: TcpStream, worker: JoinHandle<()>) {
        self.connections.lock().push(connection);
        let mut workers = self.workers.lock();
        workers.retain(|worker| !worker.is_finished());
        workers.push(worker);
    }

    fn let_go(&self, peer: SocketAddr) {
        self.connections.lock().retain(|kept| kept.peer_addr().is_ok_and(|address| address != peer));
    }
}

fn accept_all(listener: &TcpListener, inner: &Arc<Inner>) {
    for connection in listener.incoming() {
        if inner.is_stopped() {
            return;
        }
        let Ok(connection) = connection else { continue };
        let (Ok(again), Ok(peer)) = (connection.try_clone(), connection.peer_addr()) else { continue };
        // Packets of a live stream wait for nothing.
        connection.set_nodelay(true).unwrap();
        let serving = inner.clone();
        let worker = std::thread::spawn(move || {
            // A client that is gone again before it could be asked who it is needs no answer.
            if let Ok(connection) = Connection::new(connection, serving.clone()) {
                connection.serve();
            }
            serving.let_go(peer);
        });
        inner.keep(again, worker);
    }
}
