//! The endpoint: URL, certificates and password, read at each connection.
//!
//! Must never let a password into an error, a log line or `Debug`.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::{Settings, Trouble, TroubleKind};
use crate::analysis::pem;
use crate::input_file;
use crate::text::{Sentence, argument, mqtt as say};

/// Where Debian, Alpine and their children keep the authorities everybody knows.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A broker's address, from its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// As for name lookup: an IPv6 address in brackets.
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, Trouble> {
        // The text itself is not repeated: it may hold a password that does not belong there.
        let settings = |what: Sentence| Trouble::new(TroubleKind::Settings, what);
        let parsed = Url::parse(url)
            .map_err(|error| settings(say::url_unreadable(error.to_string())).try_this(say::try_url()))?;
        let tls = match parsed.scheme() {
            "mqtt" => false,
            "mqtts" => true,
            other => return Err(settings(say::url_scheme(other)).try_this(say::try_url())),
        };
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(settings(say::url_with_login()).try_this(say::try_login_files()));
        }
        if !matches!(parsed.path(), "" | "/") || parsed.query().is_some() {
            return Err(settings(say::url_with_path()).try_this(say::try_url()));
        }
        let host = parsed.host_str().unwrap_or_default().to_owned();
        if host.is_empty() {
            return Err(settings(say::url_without_host()).try_this(say::try_url()));
        }
        if tls && ServerName::try_from(host.as_str()).is_err() {
            return Err(settings(say::host_without_certificate(host)).try_this(say::try_host_name()));
        }
        Ok(Address { host, port: parsed.port().unwrap_or(if tls { 8883 } else { 1883 }), tls })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Everything one connection needs, secrets included.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub address: Address,
    pub tls: Option<Arc<ClientConfig>>,
    pub login: Option<(String, String)>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Reads the files the settings name, for the first broker.
    pub(super) fn read(settings: &Settings) -> Result<Self, Trouble> {
        Endpoint::read_nth(settings, 0)
    }

    /// Reads the files the settings name, for the `nth` broker, the first where there are not so many.
    pub(crate) fn read_nth(settings: &Settings, nth: usize) -> Result<Self, Trouble> {
        let url = settings
            .urls()
            .nth(nth)
            .or(settings.url.as_deref())
            .ok_or_else(|| Trouble::new(TroubleKind::Settings, say::no_broker()))?;
        let address = Address::parse(url)?;
        let tls = if address.tls { Some(Arc::new(client_config(settings)?)) } else { None };
        let login = match &settings.user {
            Some(user) => {
                let password = match &settings.password_file {
                    Some(path) => read_password(path, user)?,
                    None => String::new(),
                };
                Some((user.clone(), password))
            }
            None => None,
        };
        Ok(Endpoint { address, tls, login })
    }
}

fn read_file(path: &Path, what: Sentence) -> Result<Vec<u8>, Trouble> {
    input_file::read(path).map_err(|error| {
        Trouble::new(
            TroubleKind::Settings,
            say::file_unread(what, path.display(), argument::why_unread(&error)),
        )
        .try_this(say::try_file())
    })
}

/// The password in a secret file: all of it, or what follows `user:` as the configuration allows both.
fn read_password(path: &Path, user: &str) -> Result<String, Trouble> {
    let text = String::from_utf8(read_file(path, say::password_file())?).map_err(|_| {
        Trouble::new(TroubleKind::Settings, say::file_no_text(say::password_file(), path.display()))
    })?;
    let line = text.strip_suffix('\n').map(|t| t.strip_suffix('\r').unwrap_or(t)).unwrap_or(&text);
    let after_user = line.strip_prefix(user).and_then(|rest| rest.strip_prefix(':'));
    Ok(after_user.unwrap_or(line).to_owned())
}

/// What a connection is encrypted with, of the files that the settings name.
pub(crate) fn client_config(settings: &Settings) -> Result<ClientConfig, Trouble> {
    let tls = |what: Sentence| Trouble::new(TroubleKind::Tls, what);
    let ca_path = settings.ca_file.as_deref().unwrap_or(Path::new(SYSTEM_AUTHORITIES));
    let authorities = read_file(ca_path, say::authorities_file()).map_err(|trouble| {
        if settings.ca_file.is_some() { trouble } else { trouble.try_this(say::try_authorities()) }
    })?;
    let authorities = pem::plain(&authorities);
    let mut roots = RootCertStore::empty();
    let (good, _) =
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&authorities).filter_map(Result::ok));
    let no_certificate =
        |path: &Path| tls(say::no_certificate(path.display())).try_this(say::try_certificate());
    if good == 0 {
        return Err(no_certificate(ca_path));
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| tls(say::no_tls(error.to_string())))?
        .with_root_certificates(roots);
    let (Some(cert_path), Some(key_path)) = (&settings.client_cert, &settings.client_key) else {
        return Ok(builder.with_no_client_auth());
    };
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(&pem::plain(&read_file(cert_path, say::client_certificate())?))
            .filter_map(Result::ok)
            .collect();
    if chain.is_empty() {
        return Err(no_certificate(cert_path));
    }
    let key = PrivateKeyDer::from_pem_slice(&pem::plain(&read_file(key_path, say::client_key())?))
        .map_err(|_| tls(say::no_private_key(key_path.display())).try_this(say::try_private_key()))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|error| tls(say::not_a_pair(cert_path.display(), key_path.display(), error.to_string())))
}
