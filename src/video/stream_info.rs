//! The properties of a stream, from its first picture and what came before it.

use super::decoder::Codec;
use super::orientation::Orientation;
use super::picture::{PictureShape, is_probably_squeezed};
use crate::frame::PixelAspect;
use crate::text::Sentence;
use crate::types::transport::Transport;

/// What a stream is, known with its first picture.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamInfo {
    /// Codec.
    pub codec: Codec,
    /// Profile as the parser names it (`high`, `main`), where it does.
    pub profile: Option<String>,
    /// Width in pixels, as it is sent.
    pub width: u32,
    /// Height in pixels, as it is sent.
    pub height: u32,
    /// The shape of a pixel, as the stream announces it.
    pub pixel_aspect: PixelAspect,
    /// How its pictures are turned, because a file says so or the configuration does.
    pub orientation: Orientation,
    /// What the reader of a file should know about it, a sentence each.
    pub remarks: Vec<Sentence>,
    /// Announced frames per second, where the stream announces them.
    pub fps: Option<f64>,
    /// Decoder that runs, by its GStreamer name.
    pub decoder: String,
    /// How packets travel; `None` for a file.
    pub transport: Option<Transport>,
    /// What the stream calls itself (SDP tool or session name), where it does.
    pub name: Option<String>,
}

impl StreamInfo {
    /// Whether its pictures are probably meant to be wider or narrower than they are shown, and nobody says so.
    pub(crate) fn seems_squeezed(&self, shape: &PictureShape) -> bool {
        shape.display_aspect.is_none()
            && self.pixel_aspect.is_square()
            && is_probably_squeezed(self.width, self.height)
    }
}
