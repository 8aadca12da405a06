//! Connections: TLS, one request after another, and limits against those who are slow on purpose.
//!
//! At most [`MOST_CONNECTIONS`] are open. One more takes the place of the one that was quiet for the longest time and on
//! which nobody is logged in: a thousand connections that say nothing keep nobody out. Whoever reads or writes too slowly
//! is cut off. Must never wait for one connection while another one waits.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use parking_lot::Mutex;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::{Instant, Sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::debug;

use crate::contract::words::Language;
use crate::text::page as say;

/// A browser opens six; a dozen people look at once. Each takes about 50 KiB.
const MOST_CONNECTIONS: usize = 96;
/// From the first byte to an encrypted connection. A guess: slow phones take two seconds.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(8);
/// For the head of a request, and between two requests.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// Without a byte in either direction.
const QUIET_FOR: Duration = Duration::from_secs(45);
/// Largest head of a request; browsers send about one.
const HEAD_BYTES: usize = 16 * 1024;
/// Most lines of it.
const HEADERS: usize = 64;
/// What a browser that was told `http://` is answered; a sentence follows.
const NOT_ENCRYPTED: &str =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n";
/// The first byte of TLS.
const TLS_RECORD: u8 = 0x16;

/// One connection, as requests on it see it.
#[derive(Debug)]
pub(super) struct Connection {
    /// Who is at the other end.
    pub(super) address: IpAddr,
    is_known: AtomicBool,
}

impl Connection {
    /// Somebody who is logged in uses it.
    pub(super) fn is_known(&self) {
        self.is_known.store(true, Ordering::Relaxed);
    }
}

/// Those that are open, the longest-lived first.
#[derive(Default)]
struct Open {
    list: Mutex<Vec<Entry>>,
}

struct Entry {
    number: u64,
    connection: Arc<Connection>,
    task: Option<AbortHandle>,
}

impl Open {
    /// Makes room for one more; `false` where everybody is logged in.
    fn make_room(&self) -> bool {
        let mut list = self.list.lock();
        if list.len() < MOST_CONNECTIONS {
            return true;
        }
        let stranger = list.iter().position(|entry| !entry.connection.is_known.load(Ordering::Relaxed));
        let Some(at) = stranger else { return false };
        let entry = list.remove(at);
        // Whoever ends takes itself out of the list.
        drop(list);
        if let Some(task) = entry.task {
            task.abort();
        }
        true
    }

    fn remove(&self, number: u64) {
        self.list.lock().retain(|entry| entry.number != number);
    }
}

/// Removes its connection from the list, however it ends.
struct Entered {
    open: Arc<Open>,
    number: u64,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.open.remove(self.number);
    }
}

/// Serves until it is dropped.
pub(super) async fn serve(listener: TcpListener, tls: Arc<ServerConfig>, routes: Router) {
    let acceptor = TlsAcceptor::from(tls);
    let open = Arc::new(Open::default());
    for number in 0.. {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of files, for example: somebody else has to let go of one first.
                debug!(%error, "no connection was accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        if !open.make_room() {
            continue;
        }
        let connection = Arc::new(Connection { address: address.ip(), is_known: AtomicBool::new(false) });
        let entered = Entered { open: open.clone(), number };
        open.list.lock().push(Entry { number, connection: connection.clone(), task: None });
        let routes = routes.clone().layer(axum::Extension(connection));
        let task = tokio::spawn(one(stream, address, acceptor.clone(), routes, entered));
        let handle = task.abort_handle();
        if let Some(entry) = open.list.lock().iter_mut().find(|entry| entry.number == number) {
            entry.task = Some(handle);
        }
    }
}

async fn one(
    stream: TcpStream,
    address: SocketAddr,
    acceptor: TlsAcceptor,
    routes: Router,
    entered: Entered,
) {
    let _entered = entered;
    // Small answers must not wait for others.
    let _ = stream.set_nodelay(true);
    let stream = match timeout(HANDSHAKE_WITHIN, handshake(stream, acceptor)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return debug!(%address, %error, "no encrypted connection"),
        Err(_) => return debug!(%address, "too slow for an encrypted connection"),
    };
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(Unquiet::new(stream)), TowerToHyperService::new(routes));
    if let Err(error) = served.await {
        debug!(%address, %error, "a connection ended");
    }
}

async fn handshake(
    mut stream: TcpStream,
    acceptor: TlsAcceptor,
) -> io::Result<tokio_rustls::server::TlsStream<TcpStream>> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 1 && first[0] != TLS_RECORD && first[0].is_ascii_alphabetic() {
        let both = Language::ALL.map(|language| say::not_encrypted().in_language(language)).join("\n");
        stream.write_all(format!("{NOT_ENCRYPTED}{both}\n").as_bytes()).await?;
        stream.shutdown().await?;
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    acceptor.accept(stream).await
}

/// A stream that ends when nothing moves on it for too long.
struct Unquiet<S> {
    inner: S,
    quiet: Pin<Box<Sleep>>,
}

impl<S> Unquiet<S> {
    fn new(inner: S) -> Self {
        Unquiet { inner, quiet: Box::pin(tokio::time::sleep(QUIET_FOR)) }
    }

    /// Something moved, or it was quiet for too long.
    fn judge<T>(&mut self, moved: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        match moved {
            Poll::Ready(moved) => {
                self.quiet.as_mut().reset(Instant::now() + QUIET_FOR);
                Poll::Ready(moved)
            }
            Poll::Pending => {
                ready!(self.quiet.as_mut().poll(cx));
                Poll::Ready(Err(io::Error::from(io::ErrorKind::TimedOut)))
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Unquiet<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let moved = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.judge(moved, cx)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Unquiet<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let moved = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.judge(moved, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let moved = Pin::new(&mut self.inner).poll_flush(cx);
        self.judge(moved, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let moved = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.judge(moved, cx)
    }
}
