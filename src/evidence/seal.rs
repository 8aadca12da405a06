//! Originals: pictures as the camera gave them, sealed (age, <https://age-encryption.org/v1>) to a public key of the command
//! centre before they touch a disk. The box has no key to open them.
//!
//! Must never write or hand out an original that is not sealed. Masks are painted over here, too.

use std::fmt;
use std::str::FromStr;

use crate::analysis::geometry::Polygon;
use crate::frame::Picture;
use crate::text::{Sentence, evidence as say};
use crate::types::language::Language;

use super::{EvidenceError, MAX_BYTES, MAX_WIDTH, encode_within, redact, rgb_from_picture, scaled};

/// Who can open originals: an age public key, `age1...`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient(age::x25519::Recipient);

/// Not an age public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRecipient {
    why: Sentence,
}

impl NoRecipient {
    /// Why, for people.
    pub fn sentence(&self) -> Sentence {
        self.why.clone()
    }

    /// What to try.
    pub fn hint(&self) -> Sentence {
        say::try_age_keygen()
    }
}

impl fmt::Display for NoRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence().with_hint(Some(&self.hint()), Language::English))
    }
}

impl std::error::Error for NoRecipient {}

impl FromStr for Recipient {
    type Err = NoRecipient;

    fn from_str(text: &str) -> Result<Self, NoRecipient> {
        // A line that was copied by mistake must not get into a log.
        if text.trim_start().to_ascii_uppercase().starts_with("AGE-SECRET-KEY") {
            return Err(NoRecipient { why: say::secret_key() });
        }
        let parsed = age::x25519::Recipient::from_str(text.trim());
        parsed.map(Recipient).map_err(|why| NoRecipient { why: say::no_public_key(why) })
    }
}

/// A picture with everybody recognisable, as a sealed JPEG of at most `MAX_BYTES`.
///
/// # Errors
/// As [`super::make`]; sealing failed.
pub fn original(
    picture: &Picture,
    masks: &[Polygon],
    recipient: &Recipient,
) -> Result<Vec<u8>, EvidenceError> {
    let mut image = rgb_from_picture(picture);
    if image.width() == 0 || image.height() == 0 {
        return Err(EvidenceError::Empty);
    }
    if image.width() > MAX_WIDTH {
        image = scaled(&image, MAX_WIDTH);
    }
    redact::paint_masks(&mut image, masks);
    let jpeg = encode_within(image, MAX_BYTES - SEAL_BYTES)?;
    age::encrypt(&recipient.0, &jpeg.bytes).map_err(|error| EvidenceError::Seal(error.to_string()))
}

/// What sealing adds at most: a header of one recipient, and 16 bytes for each 64 KiB.
const SEAL_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::geometry::Point;
    use crate::frame::test_support::gray;

    fn picture() -> Picture {
        gray(64, 64, 64, |_, _| 200)
    }

    #[test]
    fn only_the_centres_key_opens_an_original_and_masks_are_painted_in_it() {
        let centre = age::x25519::Identity::generate();
        let somebody = age::x25519::Identity::generate();
        let recipient: Recipient = centre.to_public().to_string().parse().expect("a public key");
        let left = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)].map(|(x, y)| Point::new(x, y));
        let mask = Polygon::new(left.to_vec()).expect("a polygon");
        let sealed = original(&picture(), &[mask], &recipient).expect("sealed");
        assert!(sealed.starts_with(b"age-encryption.org/v1"));
        assert!(!sealed.windows(3).any(|bytes| bytes == [0xFF, 0xD8, 0xFF]), "a JPEG's beginning is in it");
        assert!(age::decrypt(&somebody, &sealed).is_err());
        let jpeg = age::decrypt(&centre, &sealed).expect("opens");
        let image = image::load_from_memory(&jpeg).expect("a JPEG").into_luma8();
        assert!(image.get_pixel(8, 32).0[0] < 20, "the mask is black");
        assert!(image.get_pixel(56, 32).0[0] > 180, "the rest is as it was");
    }

    #[test]
    fn what_is_no_public_key_is_refused_and_a_secret_key_is_not_repeated() {
        use age::secrecy::ExposeSecret as _;
        let secret = age::x25519::Identity::generate().to_string();
        let said = secret.expose_secret().parse::<Recipient>().expect_err("no public key").to_string();
        assert!(said.contains("secret key") && !said.contains(&secret.expose_secret()[15..]), "{said}");
        for text in ["", "age1", "age1qqqqqqqq", "ssh-ed25519 AAAA"] {
            let said = text.parse::<Recipient>().expect_err(text).to_string();
            assert!(said.contains("age-keygen"), "{said}");
        }
    }
}
