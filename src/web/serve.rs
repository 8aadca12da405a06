//! Connections: TLS, one request after another, and limits against those who are slow on purpose.
//!
//! At most [`MOST_CONNECTIONS`] are open. One more takes the place of the oldest stranger's of the address that has most of
//! them: a thousand connections that say nothing keep nobody out. A stranger's is one on which nobody is logged in, or of
//! a session that has more than [`MOST_OF_A_SESSION`]. Whoever reads or writes too slowly is cut off. Must never wait for one connection while another one waits.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
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

use super::pace::Pace;
use super::request::Visitor;
use super::sessions::SessionKey;
use crate::contract::words::Language;
use crate::text::page as say;

/// A browser opens six; a dozen people look at once. Each takes about 50 KiB.
const MOST_CONNECTIONS: usize = 96;
/// Maximum of one session, as long as others need room.
const MOST_OF_A_SESSION: usize = 8;
/// From the first byte to an encrypted connection. A guess: slow phones take two seconds.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(8);
/// For the head of a request, and between two requests.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// Without a byte in either direction.
const QUIET_FOR: Duration = Duration::from_secs(45);
/// Minimum number of bytes that a slow reader takes within [`QUIET_FOR`].
const LEAST_TAKEN: usize = 16 * 1024;
/// Largest head of a request; browsers send about one.
const HEAD_BYTES: usize = 16 * 1024;
/// Maximum number of lines of it.
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
    session: Mutex<Option<SessionKey>>,
}

impl Connection {
    fn new(address: IpAddr) -> Self {
        Connection { address, is_known: AtomicBool::new(false), session: Mutex::new(None) }
    }

    /// Marks it as a connection of a logged-in user.
    pub(super) fn is_known(&self) {
        self.is_known.store(true, Ordering::Relaxed);
    }
}

/// Notes whose connection it is.
pub(super) async fn note_session(request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    if let (Some(connection), Some(visitor)) =
        (extensions.get::<Arc<Connection>>(), extensions.get::<Visitor>())
    {
        *connection.session.lock() = Some(visitor.key);
    }
    next.run(request).await
}

/// The open connections, the oldest first.
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
        let Some(at) = least_missed(list.iter().map(|entry| &*entry.connection)) else { return false };
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

/// Whose place somebody else gets, of connections from the oldest to the latest: the oldest stranger's of the address with
/// the most of them.
fn least_missed<'a>(
    all: impl DoubleEndedIterator<Item = &'a Connection> + ExactSizeIterator,
) -> Option<usize> {
    let mut of_sessions: HashMap<SessionKey, usize> = HashMap::new();
    // How many strangers an address has, and the oldest of them.
    let mut strangers: HashMap<IpAddr, (usize, usize)> = HashMap::new();
    for (at, connection) in all.enumerate().rev() {
        let is_one_too_many = connection.session.lock().is_some_and(|session| {
            let count = of_sessions.entry(session).or_default();
            *count += 1;
            *count > MOST_OF_A_SESSION
        });
        if is_one_too_many || !connection.is_known.load(Ordering::Relaxed) {
            let entry = strangers.entry(connection.address).or_default();
            *entry = (entry.0 + 1, at);
        }
    }
    strangers
        .into_values()
        .max_by_key(|(count, oldest)| (*count, std::cmp::Reverse(*oldest)))
        .map(|(_, at)| at)
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
pub(super) async fn serve(listener: TcpListener, tls: Arc<ServerConfig>, routes: Router, pace: Arc<Pace>) {
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
        let connection = Arc::new(Connection::new(address.ip()));
        let entered = Entered { open: open.clone(), number };
        open.list.lock().push(Entry { number, connection: connection.clone(), task: None });
        let routes = routes.clone().layer(axum::Extension(connection));
        let task = tokio::spawn(one(
            stream,
            address,
            Secured { acceptor: acceptor.clone(), pace: pace.clone() },
            routes,
            entered,
        ));
        let handle = task.abort_handle();
        if let Some(entry) = open.list.lock().iter_mut().find(|entry| entry.number == number) {
            entry.task = Some(handle);
        }
    }
}

/// What makes a connection an encrypted one, and when.
struct Secured {
    acceptor: TlsAcceptor,
    pace: Arc<Pace>,
}

async fn one(stream: TcpStream, address: SocketAddr, secured: Secured, routes: Router, entered: Entered) {
    let _entered = entered;
    // Small answers must not wait for others.
    let _ = stream.set_nodelay(true);
    // A handshake costs as much as a few answers.
    secured.pace.wait().await;
    let stream = match timeout(HANDSHAKE_WITHIN, handshake(stream, secured.acceptor)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return debug!(%address, %error, "no encrypted connection"),
        Err(_) => return debug!(%address, "too slow for an encrypted connection"),
    };
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(
            TokioIo::new(Unquiet::new(stream, QUIET_FOR, LEAST_TAKEN)),
            TowerToHyperService::new(routes),
        );
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

/// A stream that ends when nothing moves on it for too long, or too little of what is written.
struct Unquiet<S> {
    inner: S,
    quiet: Pin<Box<Sleep>>,
    /// The other side does not take what is written as fast as it comes: until when it has to have taken so many bytes more.
    behind: Option<(Pin<Box<Sleep>>, usize)>,
    quiet_for: Duration,
    least_taken: usize,
}

impl<S> Unquiet<S> {
    fn new(inner: S, quiet_for: Duration, least_taken: usize) -> Self {
        let quiet = Box::pin(tokio::time::sleep(quiet_for));
        Unquiet { inner, quiet, behind: None, quiet_for, least_taken }
    }

    /// Something moved, or it was quiet for too long.
    fn judge<T>(&mut self, moved: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        match moved {
            Poll::Ready(moved) => {
                self.quiet.as_mut().reset(Instant::now() + self.quiet_for);
                Poll::Ready(moved)
            }
            Poll::Pending => {
                ready!(self.quiet.as_mut().poll(cx));
                Poll::Ready(Err(io::Error::from(io::ErrorKind::TimedOut)))
            }
        }
    }

    /// The number of bytes written, or pending.
    fn judge_written<T>(
        &mut self,
        moved: Poll<io::Result<T>>,
        taken: impl FnOnce(&T) -> usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        match &moved {
            Poll::Ready(Ok(moved)) => {
                if let Some((_, missing)) = &mut self.behind {
                    *missing = missing.saturating_sub(taken(moved));
                    if *missing == 0 {
                        self.behind = None;
                    }
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let (until, _) = self
                    .behind
                    .get_or_insert_with(|| (Box::pin(tokio::time::sleep(self.quiet_for)), self.least_taken));
                if until.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Err(io::Error::from(io::ErrorKind::TimedOut)));
                }
            }
        }
        self.judge(moved, cx)
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
        self.judge_written(moved, |bytes| *bytes, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let moved = Pin::new(&mut self.inner).poll_flush(cx);
        // Everything is taken.
        self.judge_written(moved, |()| usize::MAX, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let moved = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.judge(moved, cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    fn from(address: u8, session: Option<&str>) -> Connection {
        let connection = Connection::new(IpAddr::from([10, 0, 0, address]));
        if let Some(session) = session {
            connection.is_known();
            *connection.session.lock() = Some(SessionKey::of(session));
        }
        connection
    }

    #[test]
    fn whoever_has_most_strangers_gives_up_the_oldest_of_them() {
        let all = [from(1, None), from(2, None), from(3, Some("a")), from(2, None), from(2, Some("b"))];
        assert_eq!(
            least_missed(all.iter()),
            Some(1),
            "not the oldest of all, which is its address's only one"
        );
        assert_eq!(least_missed(all[..1].iter()), Some(0));
        let known = [from(1, Some("a")), from(1, Some("b"))];
        assert_eq!(least_missed(known.iter()), None);
    }

    #[test]
    fn a_session_that_has_too_many_gives_up_its_oldest() {
        let mut all: Vec<Connection> = (0..=MOST_OF_A_SESSION).map(|_| from(1, Some("a"))).collect();
        all.insert(0, from(2, Some("b")));
        assert_eq!(least_missed(all.iter()), Some(1));
        all.pop();
        assert_eq!(least_missed(all.iter()), None);
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn whoever_takes_a_byte_now_and_then_is_cut_off() {
        runtime().block_on(async {
            let (here, mut there) = tokio::io::duplex(16);
            let mut stream = Unquiet::new(here, Duration::from_millis(400), 1024);
            let reading = tokio::spawn(async move {
                while there.read_u8().await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            });
            let written = timeout(Duration::from_secs(30), stream.write_all(&[0; 1 << 16])).await;
            let error = written.expect("it is cut off").unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            drop(stream);
            reading.await.unwrap();
        });
    }

    #[test]
    fn whoever_reads_on_gets_everything_however_much_it_is() {
        runtime().block_on(async {
            let (here, mut there) = tokio::io::duplex(16);
            let mut stream = Unquiet::new(here, Duration::from_secs(30), 1024);
            let reading = tokio::spawn(async move {
                let mut all = Vec::new();
                there.read_to_end(&mut all).await.unwrap();
                all.len()
            });
            stream.write_all(&[0; 1 << 16]).await.unwrap();
            stream.flush().await.unwrap();
            assert!(stream.behind.is_none(), "it owes nothing");
            drop(stream);
            assert_eq!(reading.await.unwrap(), 1 << 16);
        });
    }
}
