//! Whose certificate is believed at a camera that speaks encrypted.

use std::fmt;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

/// Whose certificate is believed at an `rtsps://` address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Trust {
    /// One that an authority of this machine signed for this host.
    #[default]
    System,
    /// One that an authority in this PEM file signed for this host.
    Authority(PathBuf),
    /// The one with this fingerprint, whatever it says of itself.
    Pinned(Fingerprint),
}

/// The SHA-256 over a certificate as it is sent (DER).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// As it was read from the configuration or the command line.
    pub fn new(bytes: [u8; 32]) -> Self {
        Fingerprint(bytes)
    }

    /// Of a certificate.
    pub(crate) fn of(der: &[u8]) -> Self {
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
