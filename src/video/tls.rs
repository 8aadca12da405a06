//! Encrypted cameras: whose certificate is believed, and what is wrong where the connection fails.
//!
//! The connection itself is GStreamer's (GLib with GnuTLS, which also speaks with old cameras). GLib goes on with a session
//! that it had with the same server without asking anew; nobody else can take part in such a session. What it does not tell is
//! asked through a connection of our own, after a failure or for `probe` only; over that one nothing is sent.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use parking_lot::Mutex;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};

use super::address::RtspUrl;
use super::certificate::CertificateTrouble;
use super::deadline;
use super::error::Fault;
use super::pipeline::{AttemptContext, AttemptEvent};
use crate::text::{Sentence, camera, stream};
use crate::types::trust::{Fingerprint, Trust};

/// How long the host gets for each step.
const PATIENCE: Duration = Duration::from_secs(2);
/// An authority that signs nothing: its key was never kept, and its day is over. With it alone every certificate is asked
/// about, also one that the authorities of this machine signed.
const NOBODY: &str = "\
-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIUTm6ESaAbCNPgeG7OLUBpLqyiAd8wCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGTm9ib2R5MB4XDTI2MTEyODIwNDcwN1oXDTI2MTEyOTIwNDcw
N1owETEPMA0GA1UEAwwGTm9ib2R5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
icpAu99dOR8dlY/R3sFsdGQIZLPUZPDAXpkDa+eVQ2hbjwed0iHE4RYKSs5Rq2x1
m9KYi4N7HZGeDKT2b01sB6NTMFEwHQYDVR0OBBYEFKm0GvOtcHunX1dh1zW02/Ew
fjWFMB8GA1UdIwQYMBaAFKm0GvOtcHunX1dh1zW02/EwfjWFMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgHmhgaLf7HYIyzjjAzWjXApLWF9ijsRaS
HDgh87b3s5ACIQDEvysHfoQKwFDiE71pHu42R1OFw/DvtAZ+NY3NNOfvqQ==
-----END CERTIFICATE-----
";

/// Sets which certificates `rtspsrc` trusts; an untrusted one is noted with its fingerprint.
pub(super) fn believe(source: &gst::Element, context: &Arc<AttemptContext>) -> Result<(), Fault> {
    let authorities = match &context.source.trust {
        _ if !context.is_encrypted() => None,
        Trust::System => None,
        Trust::Authority(file) => Some(authorities(file)?),
        Trust::Pinned(_) => Some(nobody()?),
    };
    if let Some(authorities) = authorities {
        source.set_property("tls-database", authorities.upcast::<gio::TlsDatabase>());
    }
    let context = context.clone();
    source.connect("accept-certificate", false, move |values| {
        let mut accepted = false;
        context.guarded(|| {
            let certificate = values.get(2).and_then(|value| value.get::<gio::TlsCertificate>().ok());
            let flags = values.get(3).and_then(|value| value.get::<gio::TlsCertificateFlags>().ok());
            let Some(certificate) = certificate else { return Ok(()) };
            let fingerprint = fingerprint_of(&certificate);
            let why = match context.source.trust {
                Trust::Pinned(pinned) if fingerprint == Some(pinned) => {
                    accepted = true;
                    return Ok(());
                }
                Trust::Pinned(_) => CertificateTrouble::NotThePinned,
                Trust::System | Trust::Authority(_) => {
                    trouble(flags.unwrap_or(gio::TlsCertificateFlags::UNKNOWN_CA), &certificate)
                }
            };
            if let Some(fingerprint) = fingerprint {
                let address = context.host_and_port();
                context.note(AttemptEvent::Failed(Fault::Certificate { address, why, fingerprint }));
            }
            Ok(())
        });
        Some(accepted.to_value())
    });
    Ok(())
}

fn authorities(file: &Path) -> Result<gio::TlsFileDatabase, Fault> {
    gio::TlsFileDatabase::new(file)
        .map_err(|error| Fault::Authorities { path: file.to_owned(), detail: error.message().to_owned() })
}

/// GLib reads authorities from files only; this one exists in memory while it is read.
fn nobody() -> Result<gio::TlsFileDatabase, Fault> {
    let broken = |error: std::io::Error| Fault::Broken { detail: stream::no_memory_file(error.to_string()) };
    let held =
        rustix::fs::memfd_create("nobody", rustix::fs::MemfdFlags::CLOEXEC).map_err(|e| broken(e.into()))?;
    let mut file = std::fs::File::from(held);
    file.write_all(NOBODY.as_bytes()).map_err(broken)?;
    authorities(Path::new(&format!("/proc/self/fd/{}", file.as_raw_fd())))
}

fn fingerprint_of(certificate: &gio::TlsCertificate) -> Option<Fingerprint> {
    let der = certificate.property::<Option<glib::ByteArray>>("certificate")?;
    Some(Fingerprint::of(&der))
}

/// The first thing to say about it.
fn trouble(flags: gio::TlsCertificateFlags, certificate: &gio::TlsCertificate) -> CertificateTrouble {
    use gio::TlsCertificateFlags as Flags;
    let is_self_signed = || {
        let names = ["issuer-name", "subject-name"];
        let [issuer, subject] = names.map(|name| {
            certificate.find_property(name).and_then(|_| certificate.property::<Option<String>>(name))
        });
        issuer.is_some() && issuer == subject
    };
    if flags.contains(Flags::UNKNOWN_CA) {
        let is_own = is_self_signed();
        return if is_own { CertificateTrouble::SelfSigned } else { CertificateTrouble::UnknownAuthority };
    }
    let others = [
        (Flags::EXPIRED, CertificateTrouble::Expired),
        (Flags::NOT_ACTIVATED, CertificateTrouble::NotYetValid),
        (Flags::BAD_IDENTITY, CertificateTrouble::WrongName),
    ];
    let found = others.into_iter().find(|(flag, _)| flags.contains(*flag));
    found.map_or(CertificateTrouble::Unsafe, |(_, trouble)| trouble)
}

/// What a look at an encrypted port shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TlsLook {
    /// It speaks TLS, with this certificate.
    Certificate(Fingerprint),
    /// It does not, or does not want to.
    Refused(Sentence),
    /// It could not be looked at.
    Nothing,
}

/// Looks at the certificate of a camera, whatever it is. Sends nothing but what TLS begins with.
pub(super) fn look(url: &RtspUrl) -> TlsLook {
    let url = url.clone();
    deadline::within(PATIENCE * 3, "video-certificate", move || look_now(&url)).unwrap_or(TlsLook::Nothing)
}

fn look_now(url: &RtspUrl) -> TlsLook {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let seen = Arc::new(Look { certificate: Mutex::new(None), provider: provider.clone() });
    let Ok(config) = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
    else {
        return TlsLook::Nothing;
    };
    let config = config.dangerous().with_custom_certificate_verifier(seen.clone()).with_no_client_auth();
    let Ok(name) = ServerName::try_from(url.host().to_owned()) else { return TlsLook::Nothing };
    let (Ok(mut connection), Ok(mut socket)) =
        (ClientConnection::new(Arc::new(config), name), TcpStream::connect((url.host(), url.port())))
    else {
        return TlsLook::Nothing;
    };
    let timed =
        socket.set_read_timeout(Some(PATIENCE)).and_then(|()| socket.set_write_timeout(Some(PATIENCE)));
    if timed.is_err() {
        return TlsLook::Nothing;
    }
    let outcome = hand_shake(&mut connection, &mut socket);
    if let Some(certificate) = *seen.certificate.lock() {
        return TlsLook::Certificate(certificate);
    }
    match outcome {
        Err(Trouble::NotTls) => TlsLook::Refused(camera::speaks_no_tls()),
        Err(Trouble::Alert) => TlsLook::Refused(camera::tls_alert()),
        Err(Trouble::Closed) => TlsLook::Refused(camera::tls_closed()),
        Err(Trouble::Silence) => TlsLook::Refused(camera::tls_silent()),
        Ok(()) | Err(Trouble::Other) => TlsLook::Nothing,
    }
}

enum Trouble {
    NotTls,
    Alert,
    Closed,
    Silence,
    Other,
}

fn hand_shake(connection: &mut ClientConnection, socket: &mut TcpStream) -> Result<(), Trouble> {
    let meaning = |error: std::io::Error| match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Trouble::Silence,
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Trouble::Closed,
        _ => Trouble::Other,
    };
    while connection.is_handshaking() {
        while connection.wants_write() {
            connection.write_tls(socket).map_err(meaning)?;
        }
        socket.flush().map_err(meaning)?;
        let mut bytes = [0; 4096];
        let count = socket.read(&mut bytes).map_err(meaning)?;
        if count == 0 {
            return Err(Trouble::Closed);
        }
        let mut received = &bytes[..count];
        while !received.is_empty() {
            connection.read_tls(&mut received).map_err(meaning)?;
            connection.process_new_packets().map_err(|error| match error {
                rustls::Error::InvalidMessage(_) => Trouble::NotTls,
                rustls::Error::AlertReceived(_) | rustls::Error::PeerIncompatible(_) => Trouble::Alert,
                _ => Trouble::Other,
            })?;
        }
    }
    Ok(())
}

/// Keeps the certificate and believes everything: nothing is sent over such a connection.
#[derive(Debug)]
struct Look {
    certificate: Mutex<Option<Fingerprint>>,
    provider: Arc<rustls::crypto::CryptoProvider>,
}

impl ServerCertVerifier for Look {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.certificate.lock() = Some(Fingerprint::of(end_entity));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
