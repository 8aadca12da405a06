//! Certificates of cameras: their fingerprints, and what is wrong with one.
//!
//! Pure.

use std::fmt;

use sha2::{Digest, Sha256};

/// The SHA-256 over a certificate as it is sent (DER).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// As it was read from the configuration or the command line.
    pub fn new(bytes: [u8; 32]) -> Self {
        Fingerprint(bytes)
    }

    /// Of a certificate.
    pub(super) fn of(der: &[u8]) -> Self {
        Fingerprint(Sha256::digest(der).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

/// Why a certificate is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateTrouble {
    /// The camera signed it itself.
    SelfSigned,
    /// Nobody that is believed signed it.
    UnknownAuthority,
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It is for another name than that of the address.
    WrongName,
    /// It was withdrawn, or is signed in a way that is no longer safe.
    Unsafe,
    /// It is another one than the pinned.
    NotThePinned,
}

impl CertificateTrouble {
    pub(super) fn kind(self) -> &'static str {
        match self {
            CertificateTrouble::SelfSigned => "certificate_self_signed",
            CertificateTrouble::UnknownAuthority => "certificate_unknown_authority",
            CertificateTrouble::Expired => "certificate_expired",
            CertificateTrouble::NotYetValid => "certificate_not_yet_valid",
            CertificateTrouble::WrongName => "certificate_wrong_name",
            CertificateTrouble::Unsafe => "certificate_unsafe",
            CertificateTrouble::NotThePinned => "certificate_not_the_pinned",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            CertificateTrouble::SelfSigned => "it is signed by the camera itself",
            CertificateTrouble::UnknownAuthority => "no authority that is believed signed it",
            CertificateTrouble::Expired => "it has expired",
            CertificateTrouble::NotYetValid => "it is not valid yet",
            CertificateTrouble::WrongName => "it is for another name than the address has",
            CertificateTrouble::Unsafe => "it was withdrawn or is signed in an unsafe way",
            CertificateTrouble::NotThePinned => "it is another one than the pinned one",
        }
    }

    pub(super) fn hint(self, fingerprint: &Fingerprint) -> String {
        let pin = format!("pin it: certificate_sha256 = \"{fingerprint}\"");
        match self {
            CertificateTrouble::SelfSigned => {
                format!("if it is the camera's own (its settings show the fingerprint), {pin}")
            }
            CertificateTrouble::UnknownAuthority => {
                format!(
                    "name the file of its authority: ca_file = \"FILE.pem\"; or, if it is the camera's own, {pin}"
                )
            }
            CertificateTrouble::Expired => {
                format!("renew it in the camera, and check the clock of this machine; or {pin}")
            }
            CertificateTrouble::NotYetValid => {
                "check the clocks of this machine and of the camera".to_owned()
            }
            CertificateTrouble::WrongName => {
                format!("use the name in the certificate as host in the address; or {pin}")
            }
            CertificateTrouble::Unsafe => format!("make a new one in the camera; or {pin}"),
            CertificateTrouble::NotThePinned => format!(
                "if the camera was replaced or made a new one, {pin}; if not, somebody else answers in its place"
            ),
        }
    }
}
