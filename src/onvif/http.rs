//! One question over HTTP, answered within limits. Follows nothing and knows no password.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use hyper_util::rt::TokioIo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use super::address::shown;
use super::error::OnvifError;

/// What a name server gets.
const RESOLVE: Duration = Duration::from_secs(3);
/// What a connection and its encryption get, each.
const CONNECT: Duration = Duration::from_secs(4);
/// What an answer gets, to its end: small cameras take seconds to collect their profiles.
const ANSWER: Duration = Duration::from_secs(10);
/// A recorder's profiles of 64 channels are 1 MB.
const MOST_BYTES: usize = 3 * 1024 * 1024;
/// All headers together.
const HEADER_BYTES: usize = 64 * 1024;
/// Maximum number of headers.
const MOST_HEADERS: usize = 64;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// What `WWW-Authenticate` says, each.
    pub(super) challenges: Vec<String>,
    pub(super) location: Option<String>,
    pub(super) body: Bytes,
    /// Who answered.
    pub(super) ip: IpAddr,
}

/// Path and query, as they stand in the request and in a proof.
pub(super) fn target(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Posts a SOAP message. `at`: who answered before, whatever the name stands for by now.
pub(super) async fn post(
    url: &Url,
    at: Option<IpAddr>,
    action: &str,
    body: String,
    authorization: Option<String>,
) -> Result<Answer, OnvifError> {
    let address = shown(url);
    let no_answer = || OnvifError::NoAnswer { address: address.clone() };
    let content_type = format!("application/soap+xml; charset=utf-8; action=\"{action}\"");
    let mut request = Request::post(target(url))
        .header(HOST, &address)
        .header(CONTENT_TYPE, content_type)
        .header(CONNECTION, HeaderValue::from_static("close"));
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let request = request.body(Full::new(Bytes::from(body)));
    let request = request.map_err(|_| OnvifError::NoAddress { given: address.clone() })?;
    let (stream, ip) = connected(url, at).await?;
    if url.scheme() != "https" {
        return timeout(ANSWER, exchanged(stream, request, &address, ip)).await.map_err(|_| no_answer())?;
    }
    let stream = timeout(CONNECT, encrypted(stream, url)).await.map_err(|_| no_answer())?;
    let stream = stream.map_err(|detail| OnvifError::NotEncrypted { address: address.clone(), detail })?;
    timeout(ANSWER, exchanged(stream, request, &address, ip)).await.map_err(|_| no_answer())?
}

async fn connected(url: &Url, at: Option<IpAddr>) -> Result<(TcpStream, IpAddr), OnvifError> {
    let address = shown(url);
    let port = url.port_or_known_default().unwrap_or(80);
    let first = match at {
        Some(ip) => SocketAddr::new(ip, port),
        None => resolved(url, port).await?,
    };
    let silent = |detail: String| OnvifError::Unreachable { address: address.clone(), detail };
    match timeout(CONNECT, TcpStream::connect(first)).await {
        Ok(Ok(stream)) => Ok((stream, first.ip())),
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
            Err(OnvifError::Refused { address })
        }
        Ok(Err(error)) => Err(silent(error.to_string())),
        Err(_) => Err(silent(std::io::Error::from(ErrorKind::TimedOut).to_string())),
    }
}

async fn resolved(url: &Url, port: u16) -> Result<SocketAddr, OnvifError> {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let unknown = || OnvifError::UnknownHost { host: host.clone() };
    let resolved = timeout(RESOLVE, lookup_host((host.as_str(), port))).await.map_err(|_| unknown())?;
    resolved.map_err(|_| unknown())?.next().ok_or_else(unknown)
}

async fn exchanged<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    address: &str,
    ip: IpAddr,
) -> Result<Answer, OnvifError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |_| OnvifError::NoAnswer { address: address.to_owned() };
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEADER_BYTES).max_headers(MOST_HEADERS).ignore_invalid_headers_in_responses(true);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends with the exchange: a caller that gives up drops both.
    let mut connection = std::pin::pin!(connection);
    let exchange = async {
        let answer = sender.send_request(request).await.map_err(broken)?;
        let (head, body) = answer.into_parts();
        let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        let challenges = head.headers.get_all(WWW_AUTHENTICATE).iter().filter_map(text).collect();
        let location = head.headers.get(LOCATION).and_then(text);
        let body = Limited::new(body, MOST_BYTES).collect().await.map_err(|error| {
            match error.downcast_ref::<http_body_util::LengthLimitError>() {
                Some(_) => OnvifError::TooLarge { address: address.to_owned() },
                None => OnvifError::NoAnswer { address: address.to_owned() },
            }
        })?;
        Ok(Answer { status: head.status.as_u16(), challenges, location, body: body.to_bytes(), ip })
    };
    let mut exchange = std::pin::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        // What was read before the end is still there to be taken.
        _ = &mut connection => exchange.await,
    }
}

// ---- encryption

/// Cameras sign their certificates themselves, and nobody keeps a list of them: any is taken. What is protected is read by
/// nobody who only listens; a password is proved by digest as without encryption, so that nobody in between gets more.
async fn encrypted(
    stream: TcpStream,
    url: &Url,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, String> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth();
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| error.to_string())
}

/// Takes every certificate whose key the other side has.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
