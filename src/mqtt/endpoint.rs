//! Where to connect: the URL, the certificates, the password, read at each connection.
//!
//! Must never let a password into an error, a log line or `Debug`.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::{Settings, Trouble, TroubleKind};
use crate::analysis::pem;

/// Where Debian, Alpine and their children keep the authorities everybody knows.
const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What to try with a file that should hold a certificate.
const CERTIFICATE: &str =
    "it must be PEM text: `-----BEGIN CERTIFICATE-----`; `openssl x509 -inform der` converts";
/// The same for a key.
const PRIVATE_KEY: &str = "it must be PEM text without a passphrase: `-----BEGIN PRIVATE KEY-----`; `openssl pkey -in FILE -out NEW` converts";

/// A broker's address, from its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// As for name lookup: an IPv6 address in brackets.
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

impl Address {
    pub fn parse(url: &str) -> Result<Self, Trouble> {
        // The text itself is not repeated: it may hold a password that does not belong there.
        let settings = |text: String| Trouble::new(TroubleKind::Settings, text);
        let example = "write it as `mqtt://host:1883`, or `mqtts://host:8883` with TLS";
        let parsed = Url::parse(url)
            .map_err(|error| settings(format!("the broker's URL cannot be read: {error}")).hint(example))?;
        let tls = match parsed.scheme() {
            "mqtt" => false,
            "mqtts" => true,
            other => {
                return Err(settings(format!("the broker's URL begins with `{other}:`, which is not known"))
                    .hint(example));
            }
        };
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(settings("the broker's URL contains a user or a password".to_owned())
                .hint("secrets live in files: use `user` and `password_file`"));
        }
        if !matches!(parsed.path(), "" | "/") || parsed.query().is_some() {
            return Err(settings("the broker's URL has something behind the port".to_owned()).hint(example));
        }
        let host = parsed.host_str().unwrap_or_default().to_owned();
        if host.is_empty() {
            return Err(settings("the broker's URL names no host".to_owned()).hint(example));
        }
        if tls && ServerName::try_from(host.as_str()).is_err() {
            return Err(settings(format!("`{host}` cannot be checked against a certificate"))
                .hint("with TLS use a host name or an IPv4 address"));
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
    pub fn read(settings: &Settings) -> Result<Self, Trouble> {
        Endpoint::read_nth(settings, 0)
    }

    /// Reads the files the settings name, for the `nth` broker, the first where there are not so many.
    pub fn read_nth(settings: &Settings, nth: usize) -> Result<Self, Trouble> {
        let url = settings.urls().nth(nth).or(settings.url.as_deref()).ok_or_else(|| {
            Trouble::new(TroubleKind::Settings, "no broker is configured and the embedded one is not running")
        })?;
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

fn read_file(path: &Path, what: &str) -> Result<Vec<u8>, Trouble> {
    fs::read(path).map_err(|error| {
        Trouble::new(TroubleKind::Settings, format!("the {what} {} cannot be read: {error}", path.display()))
            .hint("does it exist, and may the user lookout runs as read it?")
    })
}

/// The password in a secret file: all of it, or what follows `user:` as the configuration allows both.
fn read_password(path: &Path, user: &str) -> Result<String, Trouble> {
    let text = String::from_utf8(read_file(path, "password file")?).map_err(|_| {
        Trouble::new(TroubleKind::Settings, format!("the password file {} is not text", path.display()))
    })?;
    let line = text.strip_suffix('\n').map(|t| t.strip_suffix('\r').unwrap_or(t)).unwrap_or(&text);
    let after_user = line.strip_prefix(user).and_then(|rest| rest.strip_prefix(':'));
    Ok(after_user.unwrap_or(line).to_owned())
}

fn client_config(settings: &Settings) -> Result<ClientConfig, Trouble> {
    let tls = |text: String| Trouble::new(TroubleKind::Tls, text);
    let ca_path = settings.ca_file.as_deref().unwrap_or(Path::new(SYSTEM_AUTHORITIES));
    let authorities = read_file(ca_path, "file of certificate authorities").map_err(|trouble| {
        if settings.ca_file.is_some() {
            trouble
        } else {
            trouble.hint("install ca-certificates, or set `ca_file`")
        }
    })?;
    let authorities = pem::plain(&authorities);
    let mut roots = RootCertStore::empty();
    let (good, _) =
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&authorities).filter_map(Result::ok));
    if good == 0 {
        return Err(tls(format!("{} holds no certificate", ca_path.display())).hint(CERTIFICATE));
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| tls(format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots);
    let (Some(cert_path), Some(key_path)) = (&settings.client_cert, &settings.client_key) else {
        return Ok(builder.with_no_client_auth());
    };
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(&pem::plain(&read_file(cert_path, "client certificate")?))
            .filter_map(Result::ok)
            .collect();
    if chain.is_empty() {
        return Err(tls(format!("{} holds no certificate", cert_path.display())).hint(CERTIFICATE));
    }
    let key = PrivateKeyDer::from_pem_slice(&pem::plain(&read_file(key_path, "client key")?))
        .map_err(|_| tls(format!("{} holds no private key", key_path.display())).hint(PRIVATE_KEY))?;
    builder.with_client_auth_cert(chain, key).map_err(|error| {
        tls(format!("{} and {} do not go together: {error}", cert_path.display(), key_path.display()))
    })
}
