//! Checks the files of certificates and keys: otherwise a connection that fails would be the first to say so.
//!
//! Input: files in PEM that can be read here. What they hold is no reason not to start: one that is empty after a power cut
//! stops one connection, and no camera. Must never repeat what a file holds.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::pki_types::pem::{PemObject as _, SectionKind, SliceIter};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, RootCertStore};

use super::{Checker, quoted};
use crate::analysis::pem;
use crate::analysis::time::Timestamp;
use crate::config::document::At;
use crate::config::secret::{close_command, mode_if_open_beyond_the_service, pem_bytes};
use crate::text::config::of;
use crate::text::{Sentence, Words, config_certificate as text};

/// A field with a certificate of our own.
const OURS: &str = "cert_file";

/// What a file holds instead of what it should: what follows its name in a sentence, and what to try.
type Instead = (Sentence, Sentence);

impl Checker<'_, '_> {
    /// A file with certificates: those of authorities, or our own and those behind it. Gives those that can be read.
    pub(super) fn certificates(
        &mut self,
        field: &At<String>,
        name: &str,
        owner: &Words,
    ) -> (PathBuf, Vec<CertificateDer<'static>>) {
        let path = self.file(field, name, owner);
        let Some(bytes) = self.pem(&path) else { return (path, Vec::new()) };
        let found = certificates_in(&bytes);
        let broken = found.iter().filter(|found| found.is_err()).count();
        let whole: Vec<CertificateDer<'static>> = found.into_iter().flatten().collect();
        if whole.is_empty() {
            let (what, hint) = no_certificate(&bytes, name == OURS, &path);
            self.unusable(field, owner, text::field(name, what), &path, hint);
            return (path, whole);
        }
        if broken > 0 {
            let what = text::some_broken(name, broken, broken + whole.len(), path.display());
            self.report.warning(&field.span, of(owner, what)).hint(text::copy_again());
        }
        // While an authority is replaced, its old certificate stands beside the new one.
        let counted = if name == OURS { &whole[..1] } else { &whole[..] };
        let days: Option<Vec<String>> = counted.iter().map(|certificate| ended(certificate, now())).collect();
        if let Some(day) = days.and_then(|days| days.into_iter().max()) {
            let what = match day.as_str() {
                "" => text::expired(name, path.display()),
                day => text::expired_on(name, day, path.display()),
            };
            self.report.warning(&field.span, of(owner, what)).hint(text::get_the_new_one());
        }
        (path, whole)
    }

    /// The certificate of this box and its private key.
    pub(super) fn certificate_and_key(
        &mut self,
        certificate: &At<String>,
        key: &At<String>,
        owner: &Words,
    ) -> (PathBuf, PathBuf) {
        let (file, chain) = self.certificates(certificate, OURS, owner);
        let (path, private) = self.private_key(key, owner);
        let Some(private) = private.filter(|_| !chain.is_empty()) else { return (file, path) };
        let (field, what, of_file, hint) = match pair(&chain, &private) {
            Pair::Good => return (file, path),
            Pair::LaterInTheFile => {
                (certificate, text::begins_with_another(OURS), &file, text::own_comes_first())
            }
            Pair::BadCertificate => (certificate, text::cannot_be_used(OURS), &file, text::sign_anew()),
            Pair::OfAnother => {
                (key, text::key_of_another(OURS), &path, text::compare(file.display(), path.display()))
            }
            Pair::BadKey => (key, text::key_cannot_be_used(), &path, text::make_a_key()),
        };
        self.unusable(field, owner, what, of_file, hint);
        (file, path)
    }

    /// Where brokers go by the names of certificates, as the one that is shipped does: a box with another name than its
    /// client id gets in, and may publish nothing.
    pub(super) fn certificate_is_named(
        &mut self,
        field: &At<String>,
        path: &Path,
        client_id: &str,
        owner: &Words,
    ) {
        let Some(bytes) = self.pem(path) else { return };
        let Some(Ok(own)) = certificates_in(&bytes).into_iter().next() else { return };
        let Some(name) = common_name(&own).filter(|name| name != client_id) else { return };
        self.report
            .warning(&field.span, of(owner, text::other_name(quoted(&name), client_id, path.display())))
            .hint(text::sign_for(client_id));
    }

    /// What a file holds is of no use.
    fn unusable(&mut self, field: &At<String>, owner: &Words, what: Sentence, path: &Path, hint: Sentence) {
        let what = text::unusable(of(owner, what), path.display());
        self.report.warning(&field.span, what).hint(hint);
    }

    /// A key that others can read is no key. Systemd guards its own folder, whatever the mode of a file in it.
    fn private_key(
        &mut self,
        field: &At<String>,
        owner: &Words,
    ) -> (PathBuf, Option<PrivateKeyDer<'static>>) {
        let path = self.file(field, "key_file", owner);
        let guarded = self.surroundings.credentials_dir.as_ref().is_some_and(|dir| path.starts_with(dir));
        let metadata = path.metadata().ok().filter(|_| self.surroundings.at_home && !guarded);
        if let Some(mode) = metadata.as_ref().and_then(mode_if_open_beyond_the_service) {
            self.report
                .error(&field.span, of(owner, text::key_is_open(format!("{mode:03o}"))))
                .hint(close_command(&path));
        }
        let Some(bytes) = self.pem(&path) else { return (path, None) };
        let key = PrivateKeyDer::from_pem_slice(&pem::plain(&bytes)).ok();
        if key.is_none() {
            let (what, hint) = no_key(&bytes, &path);
            self.unusable(field, owner, text::field("key_file", what), &path, hint);
        }
        (path, key)
    }

    /// The contents of a file; `None` if it cannot be read, which was reported already.
    fn pem(&self, path: &Path) -> Option<Vec<u8>> {
        if !self.surroundings.at_home || !path.is_file() {
            return None;
        }
        pem_bytes(path).ok()
    }
}

/// The lines around a certificate; other things in the same file, such as a key, are none that is broken.
const BEGIN: &[u8] = b"\n-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"\n-----END CERTIFICATE-----";

/// The certificates of a text in PEM, each as it is or not to be read.
fn certificates_in(pem: &[u8]) -> Vec<Result<CertificateDer<'static>, ()>> {
    let text = [&b"\n"[..], &pem::plain(pem)].concat();
    let place = |text: &[u8], line: &[u8]| text.windows(line.len()).position(|part| part == line);
    let (mut rest, mut found) = (text.as_slice(), Vec::new());
    while let Some(start) = place(rest, BEGIN) {
        let from = &rest[start..];
        let end = place(from, END).map_or(from.len(), |at| at + END.len());
        let read = CertificateDer::from_pem_slice(&from[..end]).ok();
        found.push(read.filter(is_certificate).ok_or(()));
        rest = &from[end..];
    }
    found
}

/// How a key goes with the certificates of this box.
enum Pair {
    Good,
    /// Another certificate precedes its own.
    LaterInTheFile,
    /// The first certificate is none that can be used.
    BadCertificate,
    OfAnother,
    BadKey,
}

fn pair(chain: &[CertificateDer<'static>], key: &PrivateKeyDer<'static>) -> Pair {
    let provider = rustls::crypto::ring::default_provider();
    let with = |certificates| CertifiedKey::from_der(certificates, key.clone_key(), &provider);
    let later = || chain.iter().skip(1).any(|certificate| with(vec![certificate.clone()]).is_ok());
    match with(chain.to_vec()) {
        Ok(_) => Pair::Good,
        Err(Error::InconsistentKeys(_) | Error::InvalidCertificate(_)) if later() => Pair::LaterInTheFile,
        Err(Error::InvalidCertificate(_)) => Pair::BadCertificate,
        Err(Error::InconsistentKeys(_)) => Pair::OfAnother,
        Err(_) => Pair::BadKey,
    }
}

/// Whether these bytes are a certificate. One that asks for more than is understood here counts: cameras are believed by
/// another library.
fn is_certificate(der: &CertificateDer<'_>) -> bool {
    let added = RootCertStore::empty().add(der.clone());
    !matches!(added, Err(Error::InvalidCertificate(CertificateError::BadEncoding)))
}

/// What a file holds that should hold certificates.
fn no_certificate(bytes: &[u8], is_ours: bool, path: &Path) -> Instead {
    let wanted = match is_ours {
        true => text::of_this_box(),
        false => text::of_the_authority(),
    };
    if bytes.trim_ascii().is_empty() {
        return (text::is_empty(), text::copy_into_it(wanted));
    }
    if is_certificate(&CertificateDer::from(bytes)) {
        return (text::is_der(), text::convert(path.display()));
    }
    if !certificates_in(bytes).is_empty() {
        return (text::none_to_be_read(), text::copy_again());
    }
    if holds_a_key(bytes) {
        return (text::only_a_key(), text::name_it_instead(wanted));
    }
    (text::no_certificate(), text::name_pem(wanted))
}

/// The common name of whom a certificate is for, where it has one (RFC 5280, section 4.1 and appendix A).
fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    /// The tag of the version, which may be missing; that of texts in UTF-8, ASCII and its parts; the id of the name.
    const VERSION: u8 = 0xA0;
    const TEXTS: [u8; 3] = [0x0C, 0x13, 0x16];
    const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
    let (_, whole, _) = der_value(certificate)?;
    let (_, signed, _) = der_value(whole)?;
    let (tag, _, behind) = der_value(signed)?;
    let mut fields = if tag == VERSION { behind } else { signed };
    for _number_algorithm_issuer_and_validity in 0..4 {
        (_, _, fields) = der_value(fields)?;
    }
    let (_, mut names, _) = der_value(fields)?;
    while let Some((_, set, behind)) = der_value(names) {
        names = behind;
        let (_, pair, _) = der_value(set)?;
        let (_, id, text) = der_value(pair)?;
        if id == COMMON_NAME {
            let (tag, text, _) = der_value(text)?;
            return TEXTS.contains(&tag).then(|| String::from_utf8(text.to_vec()).ok()).flatten();
        }
    }
    None
}

/// The first value of some in DER (X.690, section 8.1): its tag, its content, and what stands behind it.
fn der_value(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
        let number = |sum: usize, digit: &u8| sum.checked_mul(256)?.checked_add(usize::from(*digit));
        (digits.iter().try_fold(0, number)?, rest)
    };
    let (content, behind) = rest.split_at_checked(length)?;
    Some((tag, content, behind))
}

/// What a file holds that should hold a private key.
fn no_key(bytes: &[u8], path: &Path) -> Instead {
    if bytes.trim_ascii().is_empty() {
        return (text::is_empty(), text::copy_key_into_it());
    }
    if bytes.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED) {
        return (text::locked_key(), text::unlock(path.display()));
    }
    if certificates_in(bytes).iter().any(Result::is_ok) {
        return (text::only_a_certificate(), text::name_its_key());
    }
    (text::no_key(), text::key_in_pem(path.display()))
}

/// Stands in the first lines of a key with a passphrase, of the old kind and of the new one.
const ENCRYPTED: &[u8] = b"ENCRYPTED";

fn holds_a_key(pem: &[u8]) -> bool {
    let kinds = [SectionKind::PrivateKey, SectionKind::RsaPrivateKey, SectionKind::EcPrivateKey];
    let text = pem::plain(pem);
    SliceIter::<(SectionKind, Vec<u8>)>::new(&text).flatten().any(|(kind, _)| kinds.contains(&kind))
}

fn now() -> UnixTime {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    UnixTime::since_unix_epoch(since_1970.unwrap_or_default())
}

/// The day on which a certificate ended, where its time is over; empty where it has none.
fn ended(certificate: &CertificateDer<'_>, now: UnixTime) -> Option<String> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    // The time is the first thing that is looked at; only then that nobody is believed.
    let nobody = RootCertStore::empty();
    match verify_server_cert_signed_by_trust_anchor(&parsed, &nobody, &[], now, &[]) {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            let at = i64::try_from(not_after.as_secs()).ok().and_then(|at| Timestamp::from_second(at).ok());
            Some(at.map_or(String::new(), |at| at.strftime("%Y-%m-%d").to_string()))
        }
        // Its end lies before its beginning.
        Err(Error::InvalidCertificate(CertificateError::Expired)) => Some(String::new()),
        Ok(()) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Of an authority whose key was not kept, good through 2020.
    const OF_2020: &str = "\
-----BEGIN CERTIFICATE-----
MIIBTzCB96ADAgECAgEBMAoGCCqGSM49BAMCMBgxFjAUBgNVBAMMDU9sZCBhdXRo
b3JpdHkwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAYMRYwFAYDVQQD
DA1PbGQgYXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE5dDLE2iI
THIUeygPOVPHO+eMUNFe4owG4Y52ZCy68EBm54GQUgG/WziMlGMWvMwzmL4CJPDa
bAhshgqZvC5moqMyMDAwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUlhhUZHRL
vLsp4qWzWEFQhmrYa1QwCgYIKoZIzj0EAwIDRwAwRAIgeBSs+opVZ0FDcIhCffY2
Xn+3rHbxAlTexwYrcx2AqLYCIGZsa5y7lFfq+JZPPH3MvtSjJfqHCFtn2F7FGCAj
qKCX
-----END CERTIFICATE-----
";

    fn of_2020() -> CertificateDer<'static> {
        certificates_in(OF_2020.as_bytes()).remove(0).expect("one that can be read")
    }

    #[test]
    fn a_certificate_that_was_cut_has_no_name_and_stops_nothing() {
        let whole = of_2020();
        assert_eq!(common_name(&whole).as_deref(), Some("Old authority"));
        for length in 0..whole.len() {
            assert_eq!(common_name(&CertificateDer::from(&whole[..length])), None, "of {length} bytes");
        }
    }

    #[test]
    fn a_certificate_ends_at_its_end() {
        let at = |text: &str| {
            let at: Timestamp = text.parse().expect("a time");
            ended(&of_2020(), UnixTime::since_unix_epoch(Duration::from_secs(at.as_second().unsigned_abs())))
        };
        assert_eq!(at("2019-12-31T00:00:00Z"), None, "a clock that is not set yet says nothing");
        assert_eq!(at("2020-12-31T23:59:59Z"), None);
        assert_eq!(at("2021-01-01T00:00:01Z").as_deref(), Some("2021-01-01"));
    }

    /// As a camera's library reads them.
    #[test]
    fn certificates_are_found_however_their_lines_are_set() {
        let indented: String = OF_2020.lines().map(|line| format!("  \t{line} \r\n")).collect();
        let locked = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n????\n-----END RSA PRIVATE KEY-----\n";
        for text in [
            format!("\u{feff}{OF_2020}"),
            format!("\u{feff}{indented}"),
            format!("Certificate:\n{OF_2020}"),
            format!("{locked}{OF_2020}"),
            format!("{OF_2020}{locked}"),
        ] {
            assert_eq!(certificates_in(text.as_bytes()), [Ok(of_2020())], "{text}");
        }
        let damaged = OF_2020.replace("MIIB", "####");
        assert_eq!(certificates_in(format!("{damaged}{OF_2020}").as_bytes()), [Err(()), Ok(of_2020())]);
        let endless = &OF_2020[..200];
        assert_eq!(certificates_in(format!("{OF_2020}{endless}").as_bytes()), [Ok(of_2020()), Err(())]);
    }

    #[test]
    fn what_a_file_holds_instead_of_a_certificate_is_distinguished() {
        let cut = &OF_2020[..200];
        let der = of_2020();
        let key = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n";
        let said = |bytes: &[u8]| no_certificate(bytes, false, Path::new("ca.pem")).0.to_string();
        assert_eq!(said(b" \n"), "is empty");
        assert_eq!(said(b"0hello"), "holds no certificate");
        assert_eq!(said(key), "holds a private key and no certificate");
        assert_eq!(said(&der), "holds a certificate in DER, not in PEM");
        assert_eq!(said(cut.as_bytes()), "holds no certificate that can be read");
        let rubbish = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        assert_eq!(said(rubbish.as_bytes()), "holds no certificate that can be read");
        let said = |bytes: &[u8]| no_key(bytes, Path::new("box.key")).0.to_string();
        assert_eq!(said(b""), "is empty");
        assert_eq!(said(OF_2020.as_bytes()), "holds a certificate and no private key");
        assert_eq!(said(b"hello"), "holds no private key");
        let locked = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        assert_eq!(said(locked), "holds a private key that is locked with a passphrase");
    }
}
