//! The HTTP listener of the metrics.
//!
//! | answer | when |
//! |---|---|
//! | 200 | `GET /metrics` |
//! | 401 | no token or a wrong one, where one is asked for; before anything else |
//! | 404 | another path |
//! | 405 | another method than GET and HEAD |
//! | 429 | too many requests, or too many wrong tokens |
//! | 503 | the box is only starting |
//!
//! HTTP is read by hyper. One request a connection, which lives at most [`CONNECTION_WITHIN`] whatever either side does. At most
//! [`MOST_CONNECTIONS`] are open; one more takes the place of the oldest, so that connections that say nothing keep nobody
//! out. Must never tell by its pace how much of a token was right.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use subtle::ConstantTimeEq as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::debug;

use super::ReadProcess;
use super::exposition::Format;
use super::snapshot::Snapshot;
use crate::text::{Sentence, language_of_log, metrics as say};
use crate::types::rate::Bucket;
use crate::types::secret::Secret;

/// A scrape is one; two readers at once are many.
const MOST_CONNECTIONS: usize = 16;
/// From its first byte to the last of the answer. Prometheus gives up after ten seconds, too.
const CONNECTION_WITHIN: Duration = Duration::from_secs(10);
/// For the head of the request.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// Largest head; a scrape sends less than one.
const HEAD_BYTES: usize = 8 * 1024;
/// Maximum number of lines of it.
const HEADERS: usize = 32;
/// Requests per second that are answered: a scrape comes every 15 seconds.
const PER_SECOND: f64 = 5.0;
/// Wrong tokens per second that are answered; more are turned away without a look.
const WRONG_TOKENS: f64 = 5.0;
/// A failed accept (no more file descriptors) is tried again after this.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// What every request needs.
pub(super) struct Counter {
    token: Option<Secret>,
    snapshot: watch::Receiver<Arc<Snapshot>>,
    read_process: ReadProcess,
    requests: Mutex<Bucket>,
    wrong_tokens: Mutex<Bucket>,
}

impl Counter {
    /// With `token`, nobody reads without it.
    pub(super) fn new(
        token: Option<Secret>,
        snapshot: watch::Receiver<Arc<Snapshot>>,
        read_process: ReadProcess,
    ) -> Self {
        // Twice as many at once.
        let bucket = |per_second: f64| Mutex::new(Bucket::new(per_second, 2.0 * per_second, Instant::now()));
        let (requests, wrong_tokens) = (bucket(PER_SECOND), bucket(WRONG_TOKENS));
        Counter { token, snapshot, read_process, requests, wrong_tokens }
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if !self.may_enter(request) {
            if !self.wrong_tokens.lock().take(Instant::now()) {
                return too_many();
            }
            let mut answer = text(StatusCode::UNAUTHORIZED, &say::no_token());
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return answer;
        }
        if !self.requests.lock().take(Instant::now()) {
            return too_many();
        }
        if request.uri().path() != "/metrics" {
            return text(StatusCode::NOT_FOUND, &say::where_they_are());
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, &say::only_get());
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return answer;
        }
        let snapshot = self.snapshot.borrow().clone();
        if snapshot.box_id.is_empty() {
            return text(StatusCode::SERVICE_UNAVAILABLE, &say::not_yet());
        }
        let accepted = request.headers().get(ACCEPT).and_then(|header| header.to_str().ok());
        let format = Format::accepted(accepted);
        let scrape = snapshot.written(&(self.read_process)(), format);
        with_type(StatusCode::OK, scrape, format.content_type())
    }

    /// Whether no token is asked for, or the request has it. Takes the same time for every token of the right length.
    fn may_enter(&self, request: &Request<Incoming>) -> bool {
        let Some(token) = &self.token else { return true };
        let Some(header) = request.headers().get(AUTHORIZATION) else { return false };
        let Some((scheme, shown)) = header.as_bytes().split_at_checked("Bearer ".len()) else { return false };
        scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(shown.ct_eq(token.reveal().as_bytes()))
    }
}

/// Serves until it is dropped, and its connections with it.
pub(super) async fn serve(listener: TcpListener, counter: Arc<Counter>) {
    let mut connections = JoinSet::new();
    let mut open: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of files, for example: somebody else has to let go of one first.
                debug!(%error, "no connection was accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        open.retain(|connection| !connection.is_finished());
        if open.len() >= MOST_CONNECTIONS
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        open.push_back(connections.spawn(attend(stream, address, counter.clone())));
    }
}

async fn attend(stream: TcpStream, address: SocketAddr, counter: Arc<Counter>) {
    let service = service_fn(move |request| {
        let answer = counter.answer(&request);
        async move { Ok::<_, Infallible>(answer) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match timeout(CONNECTION_WITHIN, served).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(%address, %error, "a connection ended"),
        Err(_) => debug!(%address, "a connection was too slow"),
    }
}

fn text(status: StatusCode, what: &Sentence) -> Response<Full<Bytes>> {
    let line = format!("{}\n", what.in_language(language_of_log()));
    with_type(status, line, "text/plain; charset=utf-8")
}

fn with_type(status: StatusCode, body: String, content_type: &'static str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

fn too_many() -> Response<Full<Bytes>> {
    let mut answer = text(StatusCode::TOO_MANY_REQUESTS, &say::too_many_requests());
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}
