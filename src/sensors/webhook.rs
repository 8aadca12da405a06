//! The HTTP listener to which readings are posted: `POST /path` with a bearer token and JSON.
//!
//! | answer | when |
//! |---|---|
//! | 204 | taken (or passed over by design) |
//! | 400 | no JSON, or no number where the sensor's is expected; the reading is bad |
//! | 401 | no token or a wrong one; before anything else, so that paths cannot be guessed |
//! | 404 | no sensor has this path |
//! | 405 | another method than POST |
//! | 408 | the body took too long |
//! | 413 | the body is too large |
//! | 429 | too many posts, or too many wrong tokens |
//! | 503 | too many connections |
//!
//! HTTP is read by hyper. Not encrypted: beyond the loopback address a proxy with TLS belongs in front. Must
//! never take a reading without the token, and never tell by its pace how much of a token was right.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::debug;

use super::extract::{Extract, Extracted, MESSAGE_BYTES};
use super::latest_values::ReadingSink;
use super::source::{Running, SensorTransport};
use super::state_log::{LogLine, StateLog};
use super::{Retry, Source, SourceCheck, SourceDocument, Timing, Webhook};
use crate::analysis::sensor::RawReading;
use crate::text::{
    Sentence, box_log, fields, language_of_log, log_info, log_warn, sensor, sentences, source as say,
};
use crate::types::at::{At, value_of};
use crate::types::rate::Bucket;
use crate::types::secret::Secret;

sentences! {
    source {
        posted_to(path):
            "posted to {path}",
            "由 HTTP 上报到 {path}";
        no_webhook_section():
            "`webhook` without the section `[sensors.webhook]`",
            "用了 `webhook`，却没有 `[sensors.webhook]` 一节";
        try_webhook_section():
            "add [sensors.webhook] with secret = \"FILE\", a file that holds the token",
            "请添加 [sensors.webhook]，并用 secret = \"FILE\" 指定存放令牌的文件";
        path_not_plain():
            "`path` must begin with `/` and be plain ASCII",
            "`path` 须以 `/` 开头，且只含 ASCII 字符";
        too_many_connections():
            "too many connections",
            "连接太多";
        too_many_wrong_tokens():
            "too many wrong tokens",
            "令牌错误次数太多";
        no_token():
            "the header `Authorization: Bearer TOKEN` is missing or holds another token",
            "缺少请求头 `Authorization: Bearer TOKEN`，或其中的令牌不对";
        too_many_posts():
            "too many posts; wait a second",
            "上报太频繁，请稍候再发";
        unknown_path():
            "no sensor has this path",
            "没有传感器使用这个路径";
        not_post():
            "readings are sent with POST",
            "读数须用 POST 发送";
        body_too_large(most):
            "the body is too large: at most {most} bytes",
            "请求体太大：最多 {most} 字节";
        body_broken():
            "the body could not be read to its end",
            "请求体没有接收完整";
        body_too_slow():
            "the body took too long",
            "请求体接收超时";
        of_sensor(sensor, why):
            "{sensor}: {why}",
            "{sensor}：{why}";
    }
}

fields! {
    "Readings that somebody posts over HTTP, see `[sensors.webhook]`.":
        "由别的程序通过 HTTP 上报的读数，见 `[sensors.webhook]`。";
    "The path. Several sensors may share one and take their values from different places of the same message.":
        "路径。几个传感器可以共用一个路径，各从同一条消息的不同位置取值。";
    "Pass over messages that lack the place. Otherwise they make the reading bad and are answered with 400.":
        "略过没有该位置的消息。否则这样的消息使读数无效，并以 400 应答。";
}

/// Connections at once. A handful of senders have one each.
const CONNECTIONS: usize = 64;
/// Wrong tokens per second that are answered; more are turned away without a look.
const WRONG_TOKENS: u32 = 5;
/// A failed accept (no more file descriptors) is tried again after this.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// What answers hold.
const PLAIN_TEXT: &str = "text/plain; charset=utf-8";
/// All headers together.
const HEADER_BYTES: usize = 16 * 1024;

/// Readings that somebody posts over HTTP.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookDocument {
    /// The path. Several sensors may share one and take their values from different places of the same message.
    #[schemars(required, length(max = 128), extend("examples" = ["/readings/drain-2"]))]
    pub path: Option<At<String>>,
    /// Where in the message the value is, as a JSON pointer (RFC 6901). Without it, the whole message is the value.
    #[schemars(length(max = 512), extend("examples" = ["/level"]))]
    pub pointer: Option<At<String>>,
    /// Words that stand for numbers, in addition to the usual ones for 0/1 sensors.
    #[schemars(extend("examples" = [{"true": 0, "false": 1}]))]
    pub words: Option<At<BTreeMap<String, At<f64>>>>,
    /// Pass over messages that lack the place. Otherwise they make the reading bad and are answered with 400.
    #[schemars(extend("default" = false))]
    pub skip_missing: Option<At<bool>>,
}

impl SourceDocument for WebhookDocument {
    fn check(&self, check: &mut SourceCheck<'_>) -> Option<Source> {
        if !check.around.has_listener() {
            check.error_of_table(source::no_webhook_section(), source::try_webhook_section());
        }
        let skip_missing = value_of(&self.skip_missing).unwrap_or(false);
        let extract = Extract::checked(&self.pointer, &self.words, skip_missing, check);
        let field = self.path.as_ref()?;
        let path = field.value.trim();
        let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '%');
        if !path.starts_with('/') || !path.chars().all(is_plain) {
            check.error(&field.span, source::path_not_plain(), say::try_path());
            return None;
        }
        Some(Source::Webhook(WebhookPath { path: path.to_owned(), extract: extract? }))
    }
}

/// Bodies that are posted to a path.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookPath {
    /// Begins with a slash.
    pub path: String,
    /// Where in a body the number is.
    pub extract: Extract,
}

impl SensorTransport for WebhookPath {
    fn described(&self) -> Sentence {
        source::posted_to(&self.path)
    }

    fn start(wanted: Vec<(Arc<str>, Self)>, running: &Running, tasks: &mut JoinSet<()>) {
        if wanted.is_empty() {
            return;
        }
        let posted: Vec<Listener> = wanted
            .into_iter()
            .map(|(sensor, WebhookPath { path, extract })| Listener { sensor, path, extract })
            .collect();
        match running.webhook.clone() {
            Some(webhook) => {
                tasks.spawn(serve(webhook, posted, running.sink.clone(), running.timing));
            }
            None => {
                for listener in posted {
                    running.sink.trouble(&listener.sensor, sensor::no_listener());
                }
            }
        }
    }
}

/// A sensor and where its readings are posted.
#[derive(Debug, Clone)]
struct Listener {
    sensor: Arc<str>,
    path: String,
    extract: Extract,
}

/// Everything a request needs.
struct Counter {
    token: Secret,
    by_path: BTreeMap<String, Vec<Listener>>,
    sink: ReadingSink,
    posts: Mutex<Bucket>,
    wrong_tokens: Mutex<Bucket>,
    request_within: Duration,
}

/// Listens, for ever. A port that is taken now is tried again.
async fn serve(webhook: Webhook, listeners: Vec<Listener>, sink: ReadingSink, timing: Timing) {
    let Webhook { listen, token, per_second } = webhook;
    let mut by_path: BTreeMap<String, Vec<Listener>> = BTreeMap::new();
    for listener in listeners {
        by_path.entry(listener.path.clone()).or_default().push(listener);
    }
    let door = open_door(listen, &by_path, &sink, timing).await;
    let counter = Arc::new(Counter {
        token,
        by_path,
        sink,
        posts: limit(per_second),
        wrong_tokens: limit(WRONG_TOKENS),
        request_within: timing.request,
    });
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // Connections end with this task: they live in a set of its own.
    let mut guests = tokio::task::JoinSet::new();
    let mut accepting = StateLog::new(None, counter.sink.now());
    loop {
        let accepted = tokio::select! {
            accepted = door.accept() => accepted,
            Some(_) = guests.join_next() => continue,
        };
        let (stream, guest) = match accepted {
            Ok(accepted) => {
                accepting.note(None, false, counter.sink.now());
                accepted
            }
            Err(error) => {
                match accepting.note(Some(error.kind()), true, counter.sink.now()) {
                    LogLine::Nothing => {}
                    LogLine::Changed { changes_left_out } => {
                        log_warn!(box_log::webhook_cannot_accept(); %error, changes_left_out);
                    }
                    LogLine::Still { times, changes_left_out } => {
                        log_warn!(box_log::webhook_still_cannot_accept(); %error, times, changes_left_out);
                    }
                }
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        match places.clone().try_acquire_owned() {
            Ok(place) => {
                let counter = counter.clone();
                guests.spawn(async move {
                    let _place = place;
                    attend(stream, guest, counter).await;
                });
            }
            Err(_) => turn_away(stream).await,
        }
    }
}

async fn open_door(
    listen: SocketAddr,
    by_path: &BTreeMap<String, Vec<Listener>>,
    sink: &ReadingSink,
    timing: Timing,
) -> TcpListener {
    let mut retry = Retry::new(timing);
    let mut log = StateLog::new(None, sink.now());
    loop {
        match TcpListener::bind(listen).await {
            Ok(door) => {
                log_info!(box_log::webhook_listens(); %listen, paths = by_path.len());
                by_path.values().flatten().for_each(|listener| sink.well(&listener.sensor));
                return door;
            }
            Err(error) => {
                match log.note(Some(error.kind()), true, sink.now()) {
                    LogLine::Nothing => {}
                    LogLine::Changed { .. } => {
                        log_warn!(box_log::webhook_cannot_listen(); %listen, %error);
                    }
                    LogLine::Still { times, .. } => {
                        log_warn!(box_log::webhook_still_cannot_listen(); %listen, %error, times);
                    }
                }
                let trouble = sensor::cannot_listen(listen.to_string(), error.to_string());
                by_path
                    .values()
                    .flatten()
                    .for_each(|listener| sink.trouble(&listener.sensor, trouble.clone()));
                sleep(retry.next_wait()).await;
            }
        }
    }
}

/// No place is left; the answer is short and nobody waits for it to be read.
async fn turn_away(mut stream: TcpStream) {
    let what = in_words(&source::too_many_connections());
    let full = format!(
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: {PLAIN_TEXT}\r\nContent-Length: {}\r\n\r\n{what}",
        what.len()
    );
    let _ = timeout(ACCEPT_PAUSE, stream.write_all(full.as_bytes())).await;
}

async fn attend(stream: TcpStream, guest: SocketAddr, counter: Arc<Counter>) {
    let within = counter.request_within;
    let service = service_fn(move |request| {
        let counter = counter.clone();
        async move { Ok::<_, Infallible>(counter.answer(request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(within)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        debug!(%guest, %error, "an HTTP connection ended");
    }
}

impl Counter {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !self.may_enter(&request) {
            if !self.wrong_tokens.lock().take(Instant::now()) {
                return too_many(&source::too_many_wrong_tokens());
            }
            let mut answer = text(StatusCode::UNAUTHORIZED, &source::no_token());
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return close(answer);
        }
        if !self.posts.lock().take(Instant::now()) {
            return close(too_many(&source::too_many_posts()));
        }
        let Some(listeners) = self.by_path.get(request.uri().path()) else {
            return close(text(StatusCode::NOT_FOUND, &source::unknown_path()));
        };
        if request.method() != Method::POST {
            let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, &source::not_post());
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            return close(answer);
        }
        let body =
            match timeout(self.request_within, Limited::new(request.into_body(), MESSAGE_BYTES).collect())
                .await
            {
                Ok(Ok(body)) => body.to_bytes(),
                Ok(Err(error)) if error.is::<LengthLimitError>() => {
                    return close(text(
                        StatusCode::PAYLOAD_TOO_LARGE,
                        &source::body_too_large(MESSAGE_BYTES),
                    ));
                }
                Ok(Err(_)) => return close(text(StatusCode::BAD_REQUEST, &source::body_broken())),
                Err(_) => return close(text(StatusCode::REQUEST_TIMEOUT, &source::body_too_slow())),
            };
        self.take(listeners, &body).await
    }

    async fn take(&self, listeners: &[Listener], body: &[u8]) -> Response<Full<Bytes>> {
        let mut faults = Vec::new();
        for listener in listeners {
            match listener.extract.read(body) {
                Extracted::Reading(reading) => {
                    if let RawReading::Unreadable(why) = &reading {
                        faults.push(in_words(&source::of_sensor(&*listener.sensor, why.clone())));
                    }
                    self.sink.take(&listener.sensor, reading).await;
                }
                Extracted::Nothing => self.sink.passed_over(&listener.sensor),
            }
        }
        if faults.is_empty() {
            let mut answer = Response::new(Full::default());
            *answer.status_mut() = StatusCode::NO_CONTENT;
            return answer;
        }
        plain(StatusCode::BAD_REQUEST, faults.concat())
    }

    /// Whether the request has the token. Takes the same time for every token of the right length.
    fn may_enter(&self, request: &Request<Incoming>) -> bool {
        let Some(header) = request.headers().get(AUTHORIZATION) else { return false };
        let header = header.as_bytes();
        let Some((scheme, token)) = header.split_at_checked("Bearer ".len()) else { return false };
        scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(token.ct_eq(self.token.reveal().as_bytes()))
    }
}

/// A line for the person who reads the sender's log: in the language of this box.
fn in_words(what: &Sentence) -> String {
    format!("{}\n", what.in_language(language_of_log()))
}

fn text(status: StatusCode, what: &Sentence) -> Response<Full<Bytes>> {
    plain(status, in_words(what))
}

fn plain(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PLAIN_TEXT));
    answer
}

fn too_many(what: &Sentence) -> Response<Full<Bytes>> {
    let mut answer = text(StatusCode::TOO_MANY_REQUESTS, what);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

/// The rest of the request is not read, so the connection cannot go on.
fn close(mut answer: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    answer.headers_mut().insert(hyper::header::CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// So many a second, twice as many at once.
fn limit(per_second: u32) -> Mutex<Bucket> {
    let per_second = f64::from(per_second.max(1));
    Mutex::new(Bucket::new(per_second, 2.0 * per_second, Instant::now()))
}
