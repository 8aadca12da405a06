//! A decoded picture as it leaves a decoder: 8-bit luma and chroma planes with their real strides.
//!
//! The neutral ground between `video` (which makes frames), `detector` and `evidence` (which read them).
//! Must never copy pixels and never convert them: a reader that needs another form reads the planes. A picture is upright;
//! its pixels need not be square ([`PixelAspect`]).

pub mod coarse;
pub mod flow;
pub mod image_stats;
pub mod luma;

use std::fmt;
use std::sync::Arc;

use crate::analysis::time::Moment;
use crate::text::{Sentence, runtime as say};

/// How the planes of a picture are laid out. 8 bits per sample throughout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Y, U, V planes; chroma halved in both directions (4:2:0).
    I420,
    /// Y plane, then one plane of U and V in turns; chroma halved in both directions (4:2:0).
    Nv12,
    /// Y, U, V planes; chroma halved horizontally (4:2:2), the usual motion JPEG.
    I422,
    /// Y, U, V planes; full chroma (4:4:4).
    I444,
    /// Y only.
    Gray,
}

impl Layout {
    /// Horizontal and vertical chroma subsampling as shifts; `None` without chroma.
    pub fn chroma_shift(self) -> Option<(u32, u32)> {
        match self {
            Layout::I420 | Layout::Nv12 => Some((1, 1)),
            Layout::I422 => Some((1, 0)),
            Layout::I444 => Some((0, 0)),
            Layout::Gray => None,
        }
    }

    /// Number of planes.
    pub fn planes(self) -> usize {
        match self {
            Layout::I420 | Layout::I422 | Layout::I444 => 3,
            Layout::Nv12 => 2,
            Layout::Gray => 1,
        }
    }
}

/// Which sample values mean black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// Luma 16..235, chroma 16..240 (broadcast).
    Limited,
    /// 0..255 (JPEG).
    Full,
}

/// Which matrix turns YUV into RGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// ITU-R BT.601, standard definition and JPEG.
    Bt601,
    /// ITU-R BT.709, high definition.
    Bt709,
}

/// The shape of a pixel: so many parts wide and so many high.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelAspect {
    wide: u32,
    high: u32,
}

impl PixelAspect {
    /// As wide as high.
    pub const SQUARE: PixelAspect = PixelAspect { wide: 1, high: 1 };
    /// Stretched more than this in either direction, it was misread: half-width pictures have 2:1, half-height ones 1:2.
    const MOST: u32 = 4;

    /// In lowest terms; square where it is none that a camera would have.
    pub fn new(wide: u32, high: u32) -> Self {
        let (mut divisor, mut rest) = (wide, high);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        let is_credible = wide > 0
            && high > 0
            && u64::from(wide) <= u64::from(high) * u64::from(Self::MOST)
            && u64::from(high) <= u64::from(wide) * u64::from(Self::MOST);
        if is_credible {
            PixelAspect { wide: wide / divisor, high: high / divisor }
        } else {
            PixelAspect::SQUARE
        }
    }

    /// Of a picture lying on its side.
    pub(crate) fn on_its_side(self) -> Self {
        PixelAspect { wide: self.high, high: self.wide }
    }

    /// Whether it is as wide as high.
    pub(crate) fn is_square(self) -> bool {
        self == PixelAspect::SQUARE
    }

    /// Width over height.
    pub fn ratio(self) -> f64 {
        f64::from(self.wide) / f64::from(self.high)
    }
}

impl fmt::Display for PixelAspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.wide, self.high)
    }
}

/// Somebody who holds the bytes of the planes: a mapped decoder buffer, or a vector in tests.
pub trait Planes: Send + Sync {
    /// Bytes of plane `index` from its first row on; at least `stride * (rows - 1) + bytes of a row`.
    fn plane(&self, index: usize) -> &[u8];
}

impl Planes for Vec<Vec<u8>> {
    fn plane(&self, index: usize) -> &[u8] {
        &self[index]
    }
}

/// What a picture is, without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureFormat {
    /// Width in pixels; may be odd.
    pub width: usize,
    /// Height in pixels; may be odd.
    pub height: usize,
    /// Plane layout.
    pub layout: Layout,
    /// Bytes from one row to the next, per plane.
    pub strides: [usize; 3],
    /// Sample range.
    pub range: Range,
    /// Colour matrix.
    pub matrix: Matrix,
    /// The shape of a pixel.
    pub pixel_aspect: PixelAspect,
}

impl PictureFormat {
    /// Width and height with square pixels, as people see it: never smaller than what the camera sent.
    pub fn shown_size(&self) -> (usize, usize) {
        let ratio = self.pixel_aspect.ratio();
        let scaled = |length: usize, by: f64| ((length as f64 * by).round() as usize).max(1);
        if ratio >= 1.0 {
            (scaled(self.width, ratio), self.height)
        } else {
            (self.width, scaled(self.height, 1.0 / ratio))
        }
    }
}

/// Why planes do not make a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureError {
    plane: usize,
    width: usize,
    height: usize,
    have: usize,
    need: usize,
}

impl PictureError {
    /// Why, for people.
    pub fn sentence(&self) -> Sentence {
        let PictureError { plane, width, height, have, need } = *self;
        say::short_plane(plane, width, height, have, need)
    }
}

impl fmt::Display for PictureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for PictureError {}

/// A picture whose planes are known to hold every pixel. Holds by construction, so readers may index.
pub struct Picture {
    format: PictureFormat,
    planes: Box<dyn Planes>,
}

impl Picture {
    /// Checks that every plane is large enough for the format.
    pub fn new(format: PictureFormat, planes: Box<dyn Planes>) -> Result<Self, PictureError> {
        for plane in 0..format.layout.planes() {
            let (row_bytes, rows) = row_bytes_and_rows(&format, plane);
            let stride = format.strides[plane];
            let have = planes.plane(plane).len();
            let need = if rows == 0 { 0 } else { stride * (rows - 1) + row_bytes };
            if have < need || stride < row_bytes || row_bytes == 0 {
                return Err(PictureError { plane, width: format.width, height: format.height, have, need });
            }
        }
        Ok(Picture { format, planes })
    }

    /// The same with pixels of another shape.
    #[must_use]
    pub(crate) fn with_pixel_aspect(mut self, pixel_aspect: PixelAspect) -> Self {
        self.format.pixel_aspect = pixel_aspect;
        self
    }

    /// What it is.
    pub fn format(&self) -> &PictureFormat {
        &self.format
    }

    /// Bytes of one plane, from its first row.
    pub fn plane(&self, index: usize) -> &[u8] {
        self.planes.plane(index)
    }
}

/// Bytes that matter in a row, and rows, of one plane.
fn row_bytes_and_rows(format: &PictureFormat, plane: usize) -> (usize, usize) {
    if plane == 0 {
        return (format.width, format.height);
    }
    let (sx, sy) = format.layout.chroma_shift().unwrap_or((0, 0));
    let width = (format.width + (1 << sx) - 1) >> sx;
    let height = (format.height + (1 << sy) - 1) >> sy;
    if format.layout == Layout::Nv12 { (width * 2, height) } else { (width, height) }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").field("format", &self.format).finish_non_exhaustive()
    }
}

/// How a frame came to be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// In its turn: every frame of its camera is decoded at the moment.
    InTurn,
    /// In its turn, and late, as it is meant to be: it came before everything of its camera was decoded.
    Replayed,
    /// Alone: only keyframes of its camera are decoded at the moment.
    OnPatrol,
}

/// One decoded picture of one camera. Cloning shares the picture.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The camera's id in the configuration.
    pub camera: Arc<str>,
    /// Counts frames of this camera's current connection, from 0.
    pub number: u64,
    /// When it arrived (live), or its place in the file (replay).
    pub at: Moment,
    /// How it came to be decoded.
    pub taken: Taken,
    /// The pixels.
    pub picture: Arc<Picture>,
}

#[cfg(test)]
pub(crate) mod test_support;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_pixel_is_kept_in_lowest_terms_and_believed_within_reason() {
        for (wide, high, expected) in [
            (1, 1, "1:1"),
            (24, 22, "12:11"),
            (2, 1, "2:1"),
            (64, 45, "64:45"),
            (0, 1, "1:1"),
            (1, 0, "1:1"),
            (0, 0, "1:1"),
            (65535, 1, "1:1"),
            (1, 5, "1:1"),
            (u32::MAX, u32::MAX, "1:1"),
        ] {
            assert_eq!(PixelAspect::new(wide, high).to_string(), expected, "{wide}:{high}");
        }
        assert_eq!(PixelAspect::new(12, 11).on_its_side(), PixelAspect::new(11, 12));
    }

    #[test]
    fn a_picture_is_shown_as_large_as_it_is_and_as_wide_as_it_should_be() {
        let shown = |width, height, wide, high| {
            let pixel_aspect = PixelAspect::new(wide, high);
            let format = PictureFormat { pixel_aspect, ..test_support::gray_format(width, height, width) };
            format.shown_size()
        };
        assert_eq!(shown(960, 1080, 2, 1), (1920, 1080));
        assert_eq!(shown(704, 576, 12, 11), (768, 576));
        assert_eq!(shown(704, 576, 16, 11), (1024, 576));
        assert_eq!(shown(704, 480, 10, 11), (704, 528));
        assert_eq!(shown(640, 360, 1, 1), (640, 360));
        assert_eq!(shown(1, 1, 1, 2), (1, 2));
    }
}
