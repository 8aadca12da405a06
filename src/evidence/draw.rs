//! Frames and labels on a picture, with an alphabet of its own: no font file on the box.

use image::{Rgb, RgbImage};

use super::wide_glyphs::{SIDE, wide_glyph};
use crate::analysis::alert::Shown;
use crate::analysis::detection::Class;
use crate::analysis::geometry::BBox;

/// Glyphs are 5 pixels wide and 7 high, one byte a row, the leftmost pixel in bit 4.
const GLYPH_WIDTH: u32 = 5;
const GLYPH_HEIGHT: u32 = 7;

/// Frames what an alert is about and writes class and score beside it.
pub(crate) fn frame_shown(image: &mut RgbImage, shown: &[Shown]) {
    for thing in shown {
        let text = format!("{} {:.2}", thing.class, thing.score);
        label(image, thing.box_in_frame, thing.class, &text);
    }
}

/// One frame with a text above it (below the upper edge where there is no room above).
pub fn label(image: &mut RgbImage, box_in_frame: BBox, class: Class, text: &str) {
    let scale = (image.height() / 360).max(1);
    label_in_size(image, box_in_frame, class, text, scale);
}

/// The same with letters whose pixels are so large.
pub(crate) fn label_in_size(image: &mut RgbImage, box_in_frame: BBox, class: Class, text: &str, scale: u32) {
    let colour = colour_of(class);
    let b = box_in_frame.clipped();
    let (width, height) = (image.width(), image.height());
    if width == 0 || height == 0 {
        return;
    }
    let x0 = ((b.x0 * width as f32) as u32).min(width - 1);
    let y0 = ((b.y0 * height as f32) as u32).min(height - 1);
    let x1 = ((b.x1 * width as f32) as u32).min(width - 1);
    let y1 = ((b.y1 * height as f32) as u32).min(height - 1);
    let thickness = (height / 360).max(1);
    fill(image, x0, y0, x1, y0 + thickness, colour);
    fill(image, x0, y1.saturating_sub(thickness), x1, y1, colour);
    fill(image, x0, y0, x0 + thickness, y1, colour);
    fill(image, x1.saturating_sub(thickness), y0, x1, y1, colour);

    let text_height = (GLYPH_HEIGHT + 2) * scale;
    let text_width = text_width(text, scale) + scale;
    let top = if y0 >= text_height { y0 - text_height } else { y0 };
    let left = x0.min(width.saturating_sub(text_width));
    fill(image, left, top, left + text_width, top + text_height, colour);
    self::text(image, (left + scale, top + scale), scale, BLACK, text);
}

/// Height of a text whose pixels are single ones.
pub(crate) const TEXT_HEIGHT: u32 = GLYPH_HEIGHT;
const BLACK: Rgb<u8> = Rgb([0, 0, 0]);

/// Width of a text whose pixels are so large.
pub(crate) fn text_width(text: &str, scale: u32) -> u32 {
    text.chars().map(|character| advance(character, scale)).sum()
}

/// How far behind a character the next one stands.
fn advance(character: char, scale: u32) -> u32 {
    match wide_glyph(character) {
        Some(_) => (SIDE + 1) * wide_pixel(scale),
        None => (GLYPH_WIDTH + 1) * scale,
    }
}

/// A Chinese character is about as high as letters that are twice as coarse.
fn wide_pixel(scale: u32) -> u32 {
    (scale / 2).max(1)
}

/// One colour per class; classes outside the street vocabulary share one.
pub(crate) fn colour_of(class: Class) -> Rgb<u8> {
    match class {
        Class::PERSON => Rgb([255, 200, 0]),
        Class::FACE => Rgb([255, 255, 255]),
        Class::TWO_WHEELER => Rgb([0, 220, 220]),
        Class::CAR | Class::BUS | Class::TRUCK => Rgb([90, 200, 255]),
        Class::FIRE => Rgb([255, 70, 30]),
        Class::SMOKE => Rgb([190, 190, 190]),
        _ => Rgb([120, 255, 120]),
    }
}

fn fill(image: &mut RgbImage, x0: u32, y0: u32, x1: u32, y1: u32, colour: Rgb<u8>) {
    for y in y0..y1.min(image.height()) {
        for x in x0..x1.min(image.width()) {
            image.put_pixel(x, y, colour);
        }
    }
}

/// Writes a text whose upper left corner is there; what lies outside of the picture is left out.
pub(crate) fn text(image: &mut RgbImage, (left, top): (u32, u32), scale: u32, colour: Rgb<u8>, text: &str) {
    let mut x = left;
    for character in text.chars() {
        match wide_glyph(character) {
            Some(rows) => draw_wide(image, (x, top), scale, colour, rows),
            None => {
                let rows = glyph(character).map(u16::from);
                bits(image, (x, top), scale, colour, &rows, GLYPH_WIDTH);
            }
        }
        x += advance(character, scale);
    }
}

/// In the middle of a line of letters, over which it stands out a little.
fn draw_wide(
    image: &mut RgbImage,
    (left, top): (u32, u32),
    scale: u32,
    colour: Rgb<u8>,
    rows: &[u16; SIDE as usize],
) {
    let pixel = wide_pixel(scale);
    let above = (SIDE * pixel).saturating_sub(GLYPH_HEIGHT * scale) / 2;
    bits(image, (left, top.saturating_sub(above)), pixel, colour, rows, SIDE);
}

/// The bits that are set, of rows so many wide, as squares of that many pixels.
fn bits(
    image: &mut RgbImage,
    (left, top): (u32, u32),
    pixel: u32,
    colour: Rgb<u8>,
    rows: &[u16],
    width: u32,
) {
    for (row, bits) in (0..).zip(rows) {
        for column in 0..width {
            if bits & (1 << (width - 1 - column)) != 0 {
                let (x, y) = (left + column * pixel, top + row * pixel);
                fill(image, x, y, x + pixel, y + pixel, colour);
            }
        }
    }
}

/// Small letters, digits and a few signs; anything else is an empty box.
fn glyph(character: char) -> [u8; 7] {
    match character.to_ascii_lowercase() {
        'a' => [0x00, 0x00, 0x0e, 0x01, 0x0f, 0x11, 0x0f],
        'b' => [0x10, 0x10, 0x1e, 0x11, 0x11, 0x11, 0x1e],
        'c' => [0x00, 0x00, 0x0e, 0x10, 0x10, 0x11, 0x0e],
        'd' => [0x01, 0x01, 0x0f, 0x11, 0x11, 0x11, 0x0f],
        'e' => [0x00, 0x00, 0x0e, 0x11, 0x1f, 0x10, 0x0e],
        'f' => [0x06, 0x09, 0x08, 0x1c, 0x08, 0x08, 0x08],
        'g' => [0x00, 0x0f, 0x11, 0x11, 0x0f, 0x01, 0x0e],
        'h' => [0x10, 0x10, 0x16, 0x19, 0x11, 0x11, 0x11],
        'i' => [0x04, 0x00, 0x0c, 0x04, 0x04, 0x04, 0x0e],
        'j' => [0x02, 0x00, 0x06, 0x02, 0x02, 0x12, 0x0c],
        'k' => [0x10, 0x10, 0x12, 0x14, 0x18, 0x14, 0x12],
        'l' => [0x0c, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e],
        'm' => [0x00, 0x00, 0x1a, 0x15, 0x15, 0x11, 0x11],
        'n' => [0x00, 0x00, 0x16, 0x19, 0x11, 0x11, 0x11],
        'o' => [0x00, 0x00, 0x0e, 0x11, 0x11, 0x11, 0x0e],
        'p' => [0x00, 0x00, 0x1e, 0x11, 0x1e, 0x10, 0x10],
        'q' => [0x00, 0x00, 0x0d, 0x13, 0x0f, 0x01, 0x01],
        'r' => [0x00, 0x00, 0x16, 0x19, 0x10, 0x10, 0x10],
        's' => [0x00, 0x00, 0x0e, 0x10, 0x0e, 0x01, 0x1e],
        't' => [0x08, 0x08, 0x1c, 0x08, 0x08, 0x09, 0x06],
        'u' => [0x00, 0x00, 0x11, 0x11, 0x11, 0x13, 0x0d],
        'v' => [0x00, 0x00, 0x11, 0x11, 0x11, 0x0a, 0x04],
        'w' => [0x00, 0x00, 0x11, 0x11, 0x15, 0x15, 0x0a],
        'x' => [0x00, 0x00, 0x11, 0x0a, 0x04, 0x0a, 0x11],
        'y' => [0x00, 0x00, 0x11, 0x11, 0x0f, 0x01, 0x0e],
        'z' => [0x00, 0x00, 0x1f, 0x02, 0x04, 0x08, 0x1f],
        '0' => [0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e],
        '1' => [0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e],
        '2' => [0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f],
        '3' => [0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e],
        '4' => [0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02],
        '5' => [0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e],
        '6' => [0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e],
        '7' => [0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
        '8' => [0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e],
        '9' => [0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c],
        '.' => [0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x0c],
        '-' => [0x00, 0x00, 0x00, 0x1f, 0x00, 0x00, 0x00],
        '_' => [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1f],
        ':' => [0x00, 0x0c, 0x0c, 0x00, 0x0c, 0x0c, 0x00],
        '+' => [0x00, 0x04, 0x04, 0x1f, 0x04, 0x04, 0x00],
        '%' => [0x18, 0x19, 0x02, 0x04, 0x08, 0x13, 0x03],
        '/' => [0x01, 0x01, 0x02, 0x04, 0x08, 0x10, 0x10],
        ' ' => [0x00; 7],
        _ => [0x1f, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1f],
    }
}
