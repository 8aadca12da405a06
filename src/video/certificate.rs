//! What is wrong with the certificate of a camera.
//!
//! Pure.

use crate::text::{Sentence, camera};
use crate::types::trust::Fingerprint;

/// Why a certificate is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateTrouble {
    /// The camera signed it itself.
    SelfSigned,
    /// No trusted authority signed it.
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

    pub(super) fn words(self) -> Sentence {
        match self {
            CertificateTrouble::SelfSigned => camera::certificate_self_signed(),
            CertificateTrouble::UnknownAuthority => camera::certificate_unknown_authority(),
            CertificateTrouble::Expired => camera::certificate_expired(),
            CertificateTrouble::NotYetValid => camera::certificate_not_yet_valid(),
            CertificateTrouble::WrongName => camera::certificate_wrong_name(),
            CertificateTrouble::Unsafe => camera::certificate_unsafe(),
            CertificateTrouble::NotThePinned => camera::certificate_not_the_pinned(),
        }
    }

    pub(super) fn hint(self, fingerprint: &Fingerprint) -> Sentence {
        let fingerprint = fingerprint.to_string();
        match self {
            CertificateTrouble::SelfSigned => camera::try_pin_own(fingerprint),
            CertificateTrouble::UnknownAuthority => camera::try_authority(fingerprint),
            CertificateTrouble::Expired => camera::try_renew(fingerprint),
            CertificateTrouble::NotYetValid => camera::try_clocks(),
            CertificateTrouble::WrongName => camera::try_name_of_certificate(fingerprint),
            CertificateTrouble::Unsafe => camera::try_new_certificate(fingerprint),
            CertificateTrouble::NotThePinned => camera::try_pin_new(fingerprint),
        }
    }
}
