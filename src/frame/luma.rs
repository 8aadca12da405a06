//! The luma plane of a picture as a coarse grid of means: what movement is told by.
//!
//! Allocates nothing. Takes any size from one pixel up; must never read the padding of a row.

use super::{Picture, Range};

/// Fills `out`, row by row, with the mean luma of each cell of a grid over the picture, spread to 0..255.
///
/// `out` holds `columns * rows` values; a cell of less than a pixel takes the pixel it lies in.
pub fn reduce(picture: &Picture, columns: usize, rows: usize, out: &mut [u8]) {
    let format = picture.format();
    let (width, height, stride) = (format.width, format.height, format.strides[0]);
    let plane = picture.plane(0);
    for (row, cells) in out.chunks_exact_mut(columns).take(rows).enumerate() {
        let from = (row * height / rows).min(height - 1);
        let to = ((row + 1) * height / rows).clamp(from + 1, height);
        for (column, cell) in cells.iter_mut().enumerate() {
            let left = (column * width / columns).min(width - 1);
            let right = ((column + 1) * width / columns).clamp(left + 1, width);
            let mut sum = 0u32;
            for y in from..to {
                let pixels = &plane[y * stride + left..y * stride + right];
                sum += pixels.iter().map(|pixel| u32::from(*pixel)).sum::<u32>();
            }
            let mean = sum / ((to - from) * (right - left)) as u32;
            *cell = match format.range {
                Range::Full => mean as u8,
                Range::Limited => ((mean.saturating_sub(16)) * 255 / 219).min(255) as u8,
            };
        }
    }
}
