//! One file over HTTPS, for `lookout models fetch`: certificates are checked, size and time are limited, and the
//! digest is that of the bytes that came. The only place that names the HTTP client.
//!
//! Only the command line downloads, and only when somebody asks: the daemon never does. Must never follow a
//! redirect away from HTTPS, and never show what stands in an address besides host and path (passwords, signed
//! queries). Plain HTTP is for this machine itself: tests and local mirrors.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use ureq::http::{Response, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};
use url::{Host, Url};

use crate::cli::{Failure, language};
use crate::text::{Sentence, argument, detect, model, models as say};

/// Longest chain of redirects; GitHub's releases need one.
const MOST_REDIRECTS: usize = 5;
/// Longest wait for a name, a connection, or the next bytes. A guess for a slow line.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// Bytes read at once.
const CHUNK_BYTES: usize = 64 << 10;

/// What is to be downloaded, and how much of it is taken.
#[derive(Debug)]
pub(super) struct Download {
    /// Where it is published.
    pub url: Url,
    /// More is refused.
    pub most_bytes: u64,
    /// All of it has to be here by then.
    pub within: Duration,
}

/// Why nothing came of it.
#[derive(Debug)]
pub(super) enum DownloadError {
    NotSecure { url: String },
    Credentials { url: String },
    NoAuthorities { url: String },
    Status { url: String, status: u16 },
    Redirect { url: String, why: Sentence },
    TooLarge { url: String, bytes: Option<u64>, most: u64 },
    Cut { url: String, got: u64, expected: u64 },
    TooSlow { url: String, secs: u64 },
    Certificate { url: String, message: String },
    Connection { url: String, message: String },
    Disk(io::Error),
}

impl DownloadError {
    /// What is wrong.
    fn sentence(&self) -> Sentence {
        use DownloadError as E;
        match self {
            E::NotSecure { url } => say::only_https(url),
            E::Credentials { url } => say::login_in_address(url),
            E::NoAuthorities { url } => say::no_authorities(url),
            E::Status { url, status } => say::status(url, *status),
            E::Redirect { url, why } => say::redirects(url, why.clone()),
            E::TooLarge { url, bytes: Some(bytes), most } => say::larger_by_its_word(url, *bytes, *most),
            E::TooLarge { url, bytes: None, most } => say::larger(url, *most),
            E::Cut { url, got, expected } => say::cut(url, *got, *expected),
            E::TooSlow { url, secs } => say::too_slow(url, *secs),
            E::Certificate { url, message } => say::certificate(url, message),
            E::Connection { url, message } => say::connection(url, message),
            E::Disk(error) => say::disk(argument::why_unwritten(error)),
        }
    }

    /// What to try.
    fn hint(&self) -> Option<Sentence> {
        use DownloadError as E;
        Some(match self {
            E::NotSecure { .. } => say::try_adding_it(),
            E::NoAuthorities { .. } => say::try_authorities(),
            E::Status { status: 404 | 410, .. } => say::try_page_of_maker(),
            E::Status { status: 401 | 403, .. } => say::try_asking_maker(),
            E::Status { status: 429 | 500..=599, .. } => say::try_later(),
            E::TooLarge { .. } => say::try_same_file(),
            E::Cut { .. } => model::try_again(),
            E::TooSlow { .. } => say::try_timeout(),
            E::Certificate { .. } => say::try_clock(),
            E::Connection { .. } => say::try_online(),
            E::Credentials { .. } | E::Status { .. } | E::Redirect { .. } | E::Disk(_) => return None,
        })
    }

    /// That the model of that name was not fetched into `part`.
    pub(super) fn failure(&self, name: &str, part: &Path) -> Failure {
        let what = self.sentence();
        match self {
            DownloadError::Disk(_) => Failure::tried(detect::of(part.display(), what)),
            DownloadError::NotSecure { .. } | DownloadError::Credentials { .. } => {
                Failure::refused(say::of_model(name, what)).hint_if(self.hint())
            }
            DownloadError::NoAuthorities { .. }
            | DownloadError::Status { .. }
            | DownloadError::Redirect { .. }
            | DownloadError::TooLarge { .. }
            | DownloadError::Cut { .. }
            | DownloadError::TooSlow { .. }
            | DownloadError::Certificate { .. }
            | DownloadError::Connection { .. } => {
                Failure::tried(say::of_model(name, what)).hint_if(self.hint())
            }
        }
    }
}

/// Downloads into `out` and gives the SHA-256 of what came. Progress is drawn on standard error if that is a
/// terminal. What was written is worthless after an error.
pub(super) fn download(wanted: &Download, out: &mut File) -> Result<[u8; 32], DownloadError> {
    let (url, response) = follow(wanted)?;
    let expected = response.body().content_length();
    let too_large = |bytes| DownloadError::TooLarge { url: shown(&url), bytes, most: wanted.most_bytes };
    if let Some(bytes) = expected.filter(|bytes| *bytes > wanted.most_bytes) {
        return Err(too_large(Some(bytes)));
    }
    let bar = progress(expected);
    let (mut digest, mut got) = (Sha256::new(), 0u64);
    let mut body = response.into_body().into_reader();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = match body.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) => {
                bar.finish_and_clear();
                return Err(broken(wanted, &url, ureq::Error::from(error), got, expected));
            }
        };
        got += read as u64;
        if got > wanted.most_bytes {
            bar.finish_and_clear();
            return Err(too_large(None));
        }
        digest.update(&chunk[..read]);
        out.write_all(&chunk[..read]).map_err(DownloadError::Disk)?;
        bar.set_position(got);
    }
    bar.finish_and_clear();
    if let Some(expected) = expected.filter(|expected| *expected != got) {
        return Err(DownloadError::Cut { url: shown(&url), got, expected });
    }
    out.sync_all().map_err(DownloadError::Disk)?;
    Ok(digest.finalize().into())
}

/// The answer at the end of the redirects, each of which is looked at first.
fn follow(wanted: &Download) -> Result<(Url, Response<Body>), DownloadError> {
    let mut url = wanted.url.clone();
    allowed(&url)?;
    let agent = agent(wanted)?;
    for _ in 0..=MOST_REDIRECTS {
        let response =
            agent.get(url.as_str()).call().map_err(|error| broken(wanted, &url, error, 0, None))?;
        let status = response.status();
        if status.is_redirection() {
            let redirect = |why: Sentence| DownloadError::Redirect { url: shown(&url), why };
            let location = response.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
            let next = location.and_then(|location| url.join(location).ok());
            let next = next.ok_or_else(|| redirect(say::to_nowhere()))?;
            // Nobody out there may send us to what listens on this machine.
            if next.scheme() != "https" && !(is_local(&next) && is_local(&wanted.url)) {
                return Err(redirect(say::to_insecure(shown(&next))));
            }
            url = next;
            continue;
        }
        if status.as_u16() != 200 {
            return Err(DownloadError::Status { url: shown(&url), status: status.as_u16() });
        }
        return Ok((url, response));
    }
    Err(DownloadError::Redirect { url: shown(&wanted.url), why: say::too_often(MOST_REDIRECTS) })
}

/// Whether an address may be asked at all.
pub(super) fn allowed(url: &Url) -> Result<(), DownloadError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(DownloadError::Credentials { url: shown(url) });
    }
    match url.scheme() {
        "https" if url.has_host() => Ok(()),
        "http" if is_local(url) => Ok(()),
        _ => Err(DownloadError::NotSecure { url: shown(url) }),
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The address without what may be secret in it.
fn shown(url: &Url) -> String {
    let mut bare = url.clone();
    // Fails where there is nothing to remove.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare.set_query(None);
    bare.set_fragment(None);
    bare.to_string()
}

fn agent(wanted: &Download) -> Result<Agent, DownloadError> {
    let silence = LONGEST_SILENCE.min(wanted.within);
    let mut config = Agent::config_builder()
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("lookout/", env!("CARGO_PKG_VERSION")))
        .timeout_global(Some(wanted.within))
        .timeout_resolve(Some(silence))
        .timeout_connect(Some(silence))
        .timeout_per_read(Some(silence));
    let local = is_local(&wanted.url);
    if local {
        config = config.proxy(None);
    }
    // The machine's own authorities: a site with a proxy of its own has put its there.
    let native = rustls_native_certs::load_native_certs().certs;
    if native.is_empty() && !local {
        return Err(DownloadError::NoAuthorities { url: shown(&wanted.url) });
    }
    let roots: Vec<Certificate<'static>> =
        native.iter().map(|der| Certificate::from_der(der.as_ref()).to_owned()).collect();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    config = config.https_only(!local).tls_config(tls);
    Ok(config.build().new_agent())
}

/// What the client says, in our words where they are better.
fn broken(
    wanted: &Download,
    url: &Url,
    error: ureq::Error,
    got: u64,
    expected: Option<u64>,
) -> DownloadError {
    let url = shown(url);
    match (error, expected) {
        (ureq::Error::Timeout(_), _) => DownloadError::TooSlow { url, secs: wanted.within.as_secs() },
        (ureq::Error::Io(error), Some(expected)) if is_cut(&error) => {
            DownloadError::Cut { url, got, expected }
        }
        (error, _) => {
            let message = match &error {
                ureq::Error::Io(error) => one_line(error),
                error => one_line(error),
            };
            // The client wraps what rustls says in an I/O error; its words are all there is to go by.
            match message.strip_prefix("invalid peer certificate: ") {
                Some(why) => DownloadError::Certificate { url, message: why.to_owned() },
                None => DownloadError::Connection { url, message },
            }
        }
    }
}

fn is_cut(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
    )
}

fn one_line(error: &impl fmt::Display) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn progress(bytes: Option<u64>) -> ProgressBar {
    let bar = bytes.map_or_else(ProgressBar::no_length, ProgressBar::new);
    let far = say::progress("{bytes}", "{total_bytes}", "{bytes_per_sec}");
    let template = format!("  {{bar:30}} {}", far.in_language(language::of_this_run()));
    // The template is ours; without it the bar only looks plainer.
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("an address")
    }

    #[test]
    fn only_https_is_asked_and_this_machine_itself() {
        for good in
            ["https://example.org/a.onnx", "http://127.0.0.1:8/a", "http://[::1]/a", "http://localhost/a"]
        {
            assert!(allowed(&url(good)).is_ok(), "{good}");
        }
        for bad in [
            "http://example.org/a.onnx",
            "http://localhost.example.org/a",
            "http://10.0.0.1/a",
            "ftp://127.0.0.1/a",
            "file:///etc/passwd",
            "https://me:secret@example.org/a",
        ] {
            let error = allowed(&url(bad)).expect_err(bad).sentence().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_may_be_secret_in_an_address_is_not_shown() {
        assert_eq!(shown(&url("https://me:pw@example.org/a.onnx?sig=abc#x")), "https://example.org/a.onnx");
    }
}
