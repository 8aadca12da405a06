//! Evidence: one redacted picture that goes with an alert.
//!
//! From a frame, everything that was detected in it and what the camera's picture is like when nobody is there: masks
//! painted over, faces, people and whatever else differs from the empty view pixelated, what the alert is about framed and
//! labelled, encoded as JPEG of bounded size.
//! Must never let a picture out that was not redacted: where redaction cannot be done, there is no picture.

mod blocks;
mod draw;
mod redact;
mod rgb;
mod seal;
mod store;
mod wide_glyphs;

use std::fmt;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{ExtendedColorType, RgbImage};

use crate::analysis::alert::Shown;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::empty_view::{Changed, Coarse, EmptyView};
use crate::analysis::geometry::Polygon;
use crate::frame::Picture;
use crate::frame::coarse::coarse;
use crate::text::{Sentence, evidence as say};
use crate::types::hex::sha256_hex;
use crate::types::language::Language;

pub use draw::label;
pub(crate) use draw::{TEXT_HEIGHT, colour_of, label_in_size, text, text_width};
pub use rgb::rgb_from_picture;
pub use seal::{NoRecipient, Recipient, original};
pub use store::{Kept, Store};
pub(crate) use store::{NoOriginal, NoPicture};

/// The contract's limit for one evidence message, bytes.
pub(crate) const MAX_BYTES: usize = 256 * 1024;

/// Wider pictures are scaled down to this width, pixels: enough to see what happens, a fraction of the bytes.
pub(crate) const MAX_WIDTH: u32 = 1280;

/// A redacted picture, ready to leave the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The JPEG file.
    pub jpeg: Vec<u8>,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// How many faces and people were found and pixelated.
    pub redacted: usize,
    /// What was pixelated besides.
    pub covered: Covered,
}

/// What was pixelated because the empty view says nothing else about it, or something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covered {
    /// Nothing: all of the picture is as it is when nobody is there.
    Nothing,
    /// What differs from the empty view.
    Parts,
    /// Everything: the empty view is not known, or most of the picture differs from it.
    Everything,
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvidenceError {
    /// No model that finds people or faces runs on this camera, so nobody could be made unrecognisable.
    CannotRedact,
    /// A picture without pixels.
    Empty,
    /// The encoder failed.
    Encode(String),
    /// The original could not be sealed.
    Seal(String),
    /// Not even the smallest form fits.
    TooLarge,
}

impl EvidenceError {
    /// Why, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            EvidenceError::CannotRedact => say::cannot_redact(),
            EvidenceError::Empty => say::empty(),
            EvidenceError::Encode(error) => say::not_encoded(error),
            EvidenceError::Seal(error) => say::not_sealed(error),
            EvidenceError::TooLarge => say::too_large(MAX_BYTES),
        }
    }

    /// What to try.
    pub fn hint(&self) -> Option<Sentence> {
        match self {
            EvidenceError::CannotRedact => Some(say::try_person_or_face()),
            EvidenceError::Empty
            | EvidenceError::Encode(_)
            | EvidenceError::Seal(_)
            | EvidenceError::TooLarge => None,
        }
    }

    /// Message and hint, in that language.
    pub fn in_language(&self, language: Language) -> String {
        self.sentence().with_hint(self.hint().as_ref(), language)
    }
}

impl fmt::Display for EvidenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl std::error::Error for EvidenceError {}

/// What a picture is made of.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The frame.
    pub picture: &'a Picture,
    /// All that the camera's models can find.
    pub classes: &'a [Class],
    /// Everything they found in this very frame, also what was too weak for an alert: a doubtful face is pixelated too.
    pub seen: &'a [Detection],
    /// What the picture is about, which may lie a little beside what was found.
    pub shown: &'a [Shown],
    /// What must never be seen.
    pub masks: &'a [Polygon],
    /// What the camera sees when nobody is there: without one, the picture is coarse as a whole.
    pub view: Option<&'a EmptyView>,
}

/// Makes the picture.
///
/// # Errors
/// No picture can be made; the error has the reason.
pub fn make(scene: &Scene<'_>) -> Result<Evidence, EvidenceError> {
    let mut redacted = redacted(scene)?;
    draw::frame_shown(&mut redacted.image, scene.shown);
    let Redacted { image, regions, covered } = redacted;
    let jpeg = encode_within(image, MAX_BYTES)?;
    let sha256 = sha256_hex(&jpeg.bytes);
    Ok(Evidence {
        jpeg: jpeg.bytes,
        sha256,
        width: jpeg.width,
        height: jpeg.height,
        redacted: regions,
        covered,
    })
}

/// A picture in which nobody can be recognised, not encoded yet.
pub(crate) struct Redacted {
    image: RgbImage,
    regions: usize,
    covered: Covered,
}

impl Redacted {
    /// What was pixelated besides people and faces.
    pub(crate) fn covered(&self) -> Covered {
        self.covered
    }

    /// The picture itself, to be drawn on.
    pub(crate) fn image(self) -> RgbImage {
        self.image
    }

    /// As a JPEG file, so wide at most.
    ///
    /// # Errors
    /// As of [`make`].
    pub(crate) fn jpeg(&self, most_width: u32) -> Result<Encoded, EvidenceError> {
        let image = if self.image.width() > most_width {
            scaled(&self.image, most_width)
        } else {
            self.image.clone()
        };
        encode_within(image, MAX_BYTES)
    }
}

/// Redacts as [`make`] does, and frames nothing.
///
/// # Errors
/// As of [`make`].
pub(crate) fn redacted(scene: &Scene<'_>) -> Result<Redacted, EvidenceError> {
    let Scene { picture, classes, seen, shown, masks, view } = *scene;
    if !classes.iter().any(|c| *c == Class::PERSON || *c == Class::FACE) {
        return Err(EvidenceError::CannotRedact);
    }
    let mut image = rgb_from_picture(picture);
    if image.width() == 0 || image.height() == 0 {
        return Err(EvidenceError::Empty);
    }
    if image.width() > MAX_WIDTH {
        image = scaled(&image, MAX_WIDTH);
    }
    let changed = changed(picture, view);
    let covered = blocks::pixelate_changed(&mut image, changed, seen, shown);
    let regions = redact::pixelate_people(&mut image, seen, shown);
    redact::paint_masks(&mut image, masks);
    Ok(Redacted { image, regions, covered })
}

/// Whether nothing of the picture stays as it is, because the empty view is not known or says nothing about it.
pub(crate) fn covers_everything(scene: &Scene<'_>) -> bool {
    matches!(changed(scene.picture, scene.view), Changed::Anywhere)
}

/// The cells in which this picture differs from the view.
fn changed(picture: &Picture, view: Option<&EmptyView>) -> Changed {
    let Some(view) = view else { return Changed::Anywhere };
    let mut now = Coarse::even(0);
    coarse(picture, &mut now);
    view.changed(&now)
}

/// A JPEG file.
pub(crate) struct Encoded {
    /// The file.
    pub(crate) bytes: Vec<u8>,
    /// Width in pixels.
    pub(crate) width: u32,
    /// Height in pixels.
    pub(crate) height: u32,
}

/// Lowers quality first, then size, until the file fits.
fn encode_within(mut image: RgbImage, max_bytes: usize) -> Result<Encoded, EvidenceError> {
    loop {
        for quality in [85, 70, 55, 40] {
            let bytes = encode(&image, quality)?;
            if bytes.len() <= max_bytes {
                return Ok(Encoded { bytes, width: image.width(), height: image.height() });
            }
        }
        if image.width() < 64 {
            return Err(EvidenceError::TooLarge);
        }
        let width = image.width() * 3 / 4;
        image = scaled(&image, width);
    }
}

fn encode(image: &RgbImage, quality: u8) -> Result<Vec<u8>, EvidenceError> {
    let mut bytes = Vec::with_capacity(64 * 1024);
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(image.as_raw(), image.width(), image.height(), ExtendedColorType::Rgb8)
        .map_err(|error| EvidenceError::Encode(error.to_string()))?;
    Ok(bytes)
}

fn scaled(image: &RgbImage, width: u32) -> RgbImage {
    let height = (u64::from(image.height()) * u64::from(width) / u64::from(image.width())).max(1);
    image::imageops::resize(image, width, height as u32, FilterType::Triangle)
}

#[cfg(test)]
pub(crate) mod test_support;
#[cfg(test)]
mod tests;
