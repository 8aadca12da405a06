//! Image statistics: the few numbers of a picture from which the health of its camera is judged, and its shape.
//!
//! Made from a decoded picture by `frame::image_stats`; a few kilobytes, no pixels that a person could be
//! recognised from. Must never grow into a picture.

use crate::analysis::plausible::ASPECT;

/// Columns of the coarse picture.
pub const COLUMNS: usize = 64;
/// Rows of the coarse picture.
pub const ROWS: usize = 36;
/// Cells of the coarse picture.
pub const CELLS: usize = COLUMNS * ROWS;
/// Columns of the patches in which detail is measured: two coarse cells wide.
pub(crate) const PATCH_COLUMNS: usize = COLUMNS / 2;
/// Rows of the patches: two coarse cells high.
pub(crate) const PATCH_ROWS: usize = ROWS / 2;
/// Patches of a picture.
pub(crate) const PATCHES: usize = PATCH_COLUMNS * PATCH_ROWS;

/// One picture, coarsely. Row by row from the top left corner, however the camera is turned.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageStats {
    /// Mean luma of each coarse cell, 0 black to 255 white, whatever the stream's range.
    pub luma: [u8; CELLS],
    /// Detail of each patch: mean of the absolute differences to the pixel 1/640 of the width to the right
    /// and below, both added, in sixteenths of a grey level.
    pub detail: [u16; PATCHES],
    /// A checksum of the sampled pixels of each patch: equal pixels give equal numbers, and two different
    /// pictures do not agree in more than a patch or two by chance.
    pub mark: [u32; PATCHES],
    /// Mean distance of the chroma from grey, 0 to 128; exactly grey pictures (infrared at night) give 0.
    pub colour: f32,
    /// Width over height of the picture as people see it, whatever the shape of its pixels.
    pub aspect: f32,
}

impl ImageStats {
    /// The statistics of an even grey picture of the usual shape, as a buffer for the next ones.
    pub fn even(luma: u8) -> Self {
        ImageStats {
            luma: [luma; CELLS],
            detail: [0; PATCHES],
            mark: [0; PATCHES],
            colour: 0.0,
            aspect: ASPECT,
        }
    }

    /// Mean luma of the four coarse cells of a patch.
    pub(super) fn patch_luma(&self, patch: usize) -> f32 {
        self.cells_of(patch).into_iter().sum::<f32>() / 4.0
    }

    /// Contrast between the four coarse cells of a patch, in grey levels: what blur leaves alone and haze takes.
    pub(super) fn patch_contrast(&self, patch: usize) -> f32 {
        let [a, b, c, d] = self.cells_of(patch);
        (a - b).abs().max((c - d).abs()).max((a - c).abs()).max((b - d).abs())
    }

    fn cells_of(&self, patch: usize) -> [f32; 4] {
        let (column, row) = (patch % PATCH_COLUMNS * 2, patch / PATCH_COLUMNS * 2);
        let at = row * COLUMNS + column;
        [at, at + 1, at + COLUMNS, at + COLUMNS + 1].map(|cell| f32::from(self.luma[cell]))
    }
}
