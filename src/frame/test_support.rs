//! For tests: grey pictures, made sample by sample.

use super::{Layout, Matrix, Picture, PictureFormat, PixelAspect, Range};

/// What lies between a row's end and the stride: a test finds out who reads it.
const PADDING: u8 = 0xA5;

/// Of a picture whose rows are `stride` bytes apart.
pub(crate) fn gray_format(width: usize, height: usize, stride: usize) -> PictureFormat {
    PictureFormat {
        width,
        height,
        layout: Layout::Gray,
        strides: [stride, 0, 0],
        range: Range::Full,
        matrix: Matrix::Bt601,
        pixel_aspect: PixelAspect::SQUARE,
    }
}

/// A picture of such samples, each made of its column and row.
pub(crate) fn gray(
    width: usize,
    height: usize,
    stride: usize,
    sample: impl Fn(usize, usize) -> u8,
) -> Picture {
    let mut plane = vec![PADDING; stride * (height - 1) + width];
    for (y, row) in plane.chunks_mut(stride).enumerate() {
        for (x, byte) in row[..width].iter_mut().enumerate() {
            *byte = sample(x, y);
        }
    }
    Picture::new(gray_format(width, height, stride), Box::new(vec![plane])).expect("a whole picture")
}
