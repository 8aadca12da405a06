//! A picture's planes as RGB, for people's eyes. Plain and unhurried: evidence is rare. The hot path has
//! its own conversion in `detector`.

use image::imageops::FilterType;
use image::{Rgb, RgbImage};

use crate::frame::{Layout, Matrix, Picture, Range};

/// The picture as 8-bit RGB, full range, with square pixels: a squeezed picture is drawn out.
pub fn rgb_from_picture(picture: &Picture) -> RgbImage {
    let format = picture.format();
    let image = pixels(picture);
    if format.pixel_aspect.is_square() || image.is_empty() {
        return image;
    }
    let (width, height) = format.shown_size();
    image::imageops::resize(&image, width as u32, height as u32, FilterType::Triangle)
}

/// Every pixel as it is; nearest chroma sample.
fn pixels(picture: &Picture) -> RgbImage {
    let format = *picture.format();
    let mut image = RgbImage::new(format.width as u32, format.height as u32);
    let luma = picture.plane(0);
    let (shift_x, shift_y) = format.layout.chroma_shift().unwrap_or((0, 0));
    for y in 0..format.height {
        let luma_row = &luma[y * format.strides[0]..];
        let chroma_y = y >> shift_y;
        for (x, &y_sample) in luma_row.iter().enumerate().take(format.width) {
            let chroma_x = x >> shift_x;
            let (u, v) = match format.layout {
                Layout::Gray => (128, 128),
                Layout::Nv12 => {
                    let at = chroma_y * format.strides[1] + chroma_x * 2;
                    (picture.plane(1)[at], picture.plane(1)[at + 1])
                }
                Layout::I420 | Layout::I422 | Layout::I444 => (
                    picture.plane(1)[chroma_y * format.strides[1] + chroma_x],
                    picture.plane(2)[chroma_y * format.strides[2] + chroma_x],
                ),
            };
            let pixel = rgb_from_yuv([y_sample, u, v], format.range, format.matrix);
            image.put_pixel(x as u32, y as u32, Rgb(pixel));
        }
    }
    image
}

/// ITU-R BT.601 and BT.709, the non-constant-luminance equations.
fn rgb_from_yuv([y, u, v]: [u8; 3], range: Range, matrix: Matrix) -> [u8; 3] {
    let (y, u, v) = match range {
        Range::Full => (f32::from(y), f32::from(u) - 128.0, f32::from(v) - 128.0),
        Range::Limited => (
            (f32::from(y) - 16.0) * 255.0 / 219.0,
            (f32::from(u) - 128.0) * 255.0 / 224.0,
            (f32::from(v) - 128.0) * 255.0 / 224.0,
        ),
    };
    let (kr, kb) = match matrix {
        Matrix::Bt601 => (0.299, 0.114),
        Matrix::Bt709 => (0.2126, 0.0722),
    };
    let kg = 1.0 - kr - kb;
    let r = y + 2.0 * (1.0 - kr) * v;
    let b = y + 2.0 * (1.0 - kb) * u;
    let g = y - 2.0 * kb * (1.0 - kb) / kg * u - 2.0 * kr * (1.0 - kr) / kg * v;
    [r, g, b].map(|c| c.round().clamp(0.0, 255.0) as u8)
}
