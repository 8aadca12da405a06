//! Reduces a decoded picture to a [`Coarse`] one: means of cells of all planes.
//!
//! Allocates nothing. Luma is read once, chroma in two of the rows of each cell: at most a few hundred thousand samples.

use super::{Layout, Picture, Range, luma};
use crate::analysis::empty_view::{COLUMNS, Coarse, ROWS};

/// Chroma rows that are read for each row of cells.
const CHROMA_ROWS: usize = 2;

/// Looks at a picture and writes what it sees into `coarse`.
pub fn coarse(picture: &Picture, coarse: &mut Coarse) {
    let format = picture.format();
    luma::reduce(picture, COLUMNS, ROWS, &mut coarse.luma);
    let [u, v] = &mut coarse.chroma;
    let Some((shift_x, shift_y)) = format.layout.chroma_shift() else {
        u.fill(128);
        v.fill(128);
        return to_full_range(format.range, coarse);
    };
    let size =
        ((format.width + (1 << shift_x) - 1) >> shift_x, (format.height + (1 << shift_y) - 1) >> shift_y);
    if format.layout == Layout::Nv12 {
        let samples =
            |first| Samples { bytes: picture.plane(1), stride: format.strides[1], first, step: 2, size };
        samples(0).reduce(u);
        samples(1).reduce(v);
    } else {
        let samples = |plane: usize| Samples {
            bytes: picture.plane(plane),
            stride: format.strides[plane],
            first: 0,
            step: 1,
            size,
        };
        samples(1).reduce(u);
        samples(2).reduce(v);
    }
    to_full_range(format.range, coarse);
}

/// One chroma plane, or half of one in which two alternate.
struct Samples<'a> {
    bytes: &'a [u8],
    stride: usize,
    first: usize,
    step: usize,
    size: (usize, usize),
}

impl Samples<'_> {
    fn reduce(&self, out: &mut [u8]) {
        let (width, height) = self.size;
        for (row, out) in out.chunks_exact_mut(COLUMNS).take(ROWS).enumerate() {
            let mut sums = [0u32; COLUMNS];
            for read in row * CHROMA_ROWS..(row + 1) * CHROMA_ROWS {
                let y = ((read * height + height / 2) / (ROWS * CHROMA_ROWS)).min(height - 1);
                let line = &self.bytes[y * self.stride + self.first..];
                for (column, sum) in sums.iter_mut().enumerate() {
                    let (from, to) = cell(column, width);
                    for x in from..to {
                        *sum += u32::from(line[x * self.step]);
                    }
                }
            }
            for (column, (out, sum)) in out.iter_mut().zip(sums).enumerate() {
                let (from, to) = cell(column, width);
                let samples = ((to - from) * CHROMA_ROWS) as u32;
                *out = ((sum + samples / 2) / samples) as u8;
            }
        }
    }
}

fn cell(column: usize, width: usize) -> (usize, usize) {
    let from = (column * width / COLUMNS).min(width - 1);
    (from, ((column + 1) * width / COLUMNS).max(from + 1))
}

fn to_full_range(range: Range, coarse: &mut Coarse) {
    match range {
        Range::Full => {}
        Range::Limited => {
            for luma in &mut coarse.luma {
                *luma = ((u32::from(luma.saturating_sub(16)) * 255 + 109) / 219).min(255) as u8;
            }
            for chroma in coarse.chroma.iter_mut().flatten() {
                let off = (i32::from(*chroma) - 128) * 255 / 224;
                *chroma = (128 + off).clamp(0, 255) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Matrix, PictureFormat, PixelAspect};

    fn picture(layout: Layout, width: usize, height: usize, range: Range) -> Picture {
        let (shift_x, shift_y) = layout.chroma_shift().unwrap_or((0, 0));
        let (chroma_width, chroma_height) =
            ((width + (1 << shift_x) - 1) >> shift_x, (height + (1 << shift_y) - 1) >> shift_y);
        let chroma_stride = if layout == Layout::Nv12 { 2 * chroma_width } else { chroma_width } + 3;
        let format = PictureFormat {
            width,
            height,
            layout,
            strides: [width + 5, chroma_stride, chroma_stride],
            range,
            matrix: Matrix::Bt601,
            pixel_aspect: PixelAspect::SQUARE,
        };
        // The left half dark and blue, the right half bright and red; what follows a row is something else.
        let mut luma = vec![1; (width + 5) * height];
        for row in luma.chunks_exact_mut(width + 5) {
            for (x, sample) in row.iter_mut().take(width).enumerate() {
                *sample = if 2 * x < width { 40 } else { 200 };
            }
        }
        let chroma = |value: fn(bool, usize) -> u8| {
            let mut plane = vec![1; chroma_stride * chroma_height];
            for row in plane.chunks_exact_mut(chroma_stride) {
                let step = if layout == Layout::Nv12 { 2 } else { 1 };
                for (x, sample) in row.iter_mut().take(chroma_width * step).enumerate() {
                    *sample = value(2 * (x / step) < chroma_width, x % step);
                }
            }
            plane
        };
        let planes = match layout {
            Layout::Gray => vec![luma],
            Layout::Nv12 => vec![luma, chroma(|left, v| if left == (v == 0) { 160 } else { 90 })],
            Layout::I420 | Layout::I422 | Layout::I444 => vec![
                luma,
                chroma(|left, _| if left { 160 } else { 90 }),
                chroma(|left, _| if left { 90 } else { 160 }),
            ],
        };
        Picture::new(format, Box::new(planes)).expect("a whole picture")
    }

    #[test]
    fn every_layout_and_size_gives_the_same_cells() {
        for layout in [Layout::I420, Layout::Nv12, Layout::I422, Layout::I444, Layout::Gray] {
            for (width, height) in [(1, 1), (2, 3), (320, 180), (641, 359), (1920, 1080)] {
                let mut seen = Coarse::even(0);
                coarse(&picture(layout, width, height, Range::Full), &mut seen);
                if width < 320 {
                    continue; // it is enough that nothing is read outside
                }
                let (left, right) = (45 * COLUMNS + 10, 45 * COLUMNS + 150);
                assert_eq!((seen.luma[left], seen.luma[right]), (40, 200), "{layout:?} {width}x{height}");
                let expected = if layout == Layout::Gray { [128; 4] } else { [160, 90, 90, 160] };
                let [u, v] = &seen.chroma;
                assert_eq!([u[left], v[left], u[right], v[right]], expected, "{layout:?} {width}x{height}");
            }
        }
    }

    #[test]
    fn limited_range_is_spread() {
        let mut seen = Coarse::even(0);
        coarse(&picture(Layout::I420, 640, 360, Range::Limited), &mut seen);
        assert_eq!((seen.luma[0], seen.luma[COLUMNS - 1]), (28, 214));
        assert_eq!((seen.chroma[0][0], seen.chroma[1][0]), (164, 85));
    }
}
