//! The page's certificate and its key, made at the first start and read at every later one. The box signs it itself, so
//! people compare its fingerprint once, with what `lookout page` prints on the box.
//!
//! Must never replace a key that is there, and never use one that others could have read.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, SanType, date_time_ymd};
use ring::digest::{SHA256, digest};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, crypto};

use super::files;
use crate::config::secret::mode_if_open_to_others;
use crate::text::{Sentence, page as say};

/// The certificate, in the page's folder.
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "certificate.key";
/// Maximum bytes of either.
const MOST_BYTES: u64 = 64 * 1024;

/// Why there is no certificate to serve with.
#[derive(Debug)]
pub(super) enum CertificateTrouble {
    /// Others can read the key.
    Open(PathBuf, u32),
    /// What is there is no certificate with its key.
    Damaged(PathBuf, String),
    /// It cannot be read, made or written.
    File(PathBuf, io::Error),
}

impl CertificateTrouble {
    /// For people.
    pub(super) fn sentence(&self) -> Sentence {
        match self {
            CertificateTrouble::Open(path, mode) => say::key_is_open(path.display(), format!("{mode:03o}")),
            CertificateTrouble::Damaged(path, why) => say::certificate_damaged(path.display(), why),
            CertificateTrouble::File(path, error) => say::certificate_file(path.display(), error.to_string()),
        }
    }

    /// What to try.
    pub(super) fn hint(&self) -> Sentence {
        match self {
            CertificateTrouble::Open(path, _) | CertificateTrouble::Damaged(path, _) => {
                let folder = path.parent().unwrap_or(path).display();
                say::try_new_certificate(folder)
            }
            CertificateTrouble::File(..) => say::try_room(),
        }
    }
}

/// The fingerprint of the certificate in that folder, as browsers show it; `None` where there is none yet.
///
/// # Errors
/// It cannot be read.
pub fn fingerprint(folder: &Path) -> io::Result<Option<String>> {
    match read(&folder.join(CERTIFICATE)) {
        Ok(pem) => Ok(CertificateDer::from_pem_slice(&pem).ok().map(|der| fingerprint_of(&der))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn fingerprint_of(certificate: &CertificateDer<'_>) -> String {
    let bytes = digest(&SHA256, certificate);
    bytes.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// TLS with the certificate in that folder, made for the box of that name where there is none.
pub(super) fn server(folder: &Path, box_name: &str) -> Result<Arc<ServerConfig>, CertificateTrouble> {
    let (certificate, key) = (folder.join(CERTIFICATE), folder.join(KEY));
    let in_file = |path: &PathBuf| {
        let path = path.clone();
        move |error| CertificateTrouble::File(path, error)
    };
    files::make_folder(folder).map_err(in_file(&certificate))?;
    if !key.exists() {
        make(folder, box_name).map_err(in_file(&key))?;
    }
    let metadata = fs::metadata(&key).map_err(in_file(&key))?;
    let owner_of_folder = fs::metadata(folder).map_err(in_file(&key))?.uid();
    let this = rustix::process::geteuid().as_raw();
    let is_ours = [this, 0, owner_of_folder].contains(&metadata.uid());
    if let Some(mode) = mode_if_open_to_others(&metadata) {
        return Err(CertificateTrouble::Open(key, mode));
    }
    if !is_ours {
        return Err(CertificateTrouble::Open(key, metadata.mode() & 0o777));
    }
    let damaged = |path: &PathBuf, why: String| CertificateTrouble::Damaged(path.clone(), why);
    let chain = CertificateDer::from_pem_slice(&read(&certificate).map_err(in_file(&certificate))?)
        .map_err(|error| damaged(&certificate, error.to_string()))?;
    let private = PrivateKeyDer::from_pem_slice(&read(&key).map_err(in_file(&key))?)
        .map_err(|error| damaged(&key, error.to_string()))?;
    let provider = Arc::new(crypto::ring::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![chain], private))
        .map_err(|error| damaged(&certificate, error.to_string()))?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(server))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The key is written last: without it the certificate says nothing.
fn make(folder: &Path, box_name: &str) -> io::Result<()> {
    let failed = |error: rcgen::Error| io::Error::other(error.to_string());
    let key = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, box_name);
    for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        params.subject_alt_names.push(SanType::IpAddress(address));
    }
    // Not from and until some day near now: the clock of a box at its first start may be anywhere, and it is the
    // fingerprint that is trusted.
    (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2099, 12, 31));
    let certificate = params.self_signed(&key).map_err(failed)?;
    files::write_private(folder, CERTIFICATE, certificate.pem().as_bytes())?;
    files::write_private(folder, KEY, key.serialize_pem().as_bytes())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_certificate_stays_and_its_key_is_for_the_box_alone() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(fingerprint(folder.path()).unwrap(), None);
        server(folder.path(), "530127.box-1").unwrap();
        let first = fingerprint(folder.path()).unwrap().unwrap();
        assert_eq!(first.len(), 32 * 3 - 1, "{first}");
        server(folder.path(), "530127.box-1").unwrap();
        assert_eq!(fingerprint(folder.path()).unwrap(), Some(first));
        let key = folder.path().join(KEY);
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let trouble = server(folder.path(), "530127.box-1").unwrap_err();
        assert!(matches!(trouble, CertificateTrouble::Open(_, 0o644)), "{trouble:?}");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&key, "-----BEGIN PRIVATE KEY-----\nnothing\n-----END PRIVATE KEY-----\n").unwrap();
        assert!(matches!(server(folder.path(), "530127.box-1"), Err(CertificateTrouble::Damaged(..))));
    }
}
