//! Makes people unrecognisable: mean colour over blocks so coarse that no face survives.

use image::{Rgb, RgbImage};

use crate::analysis::alert::Shown;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::geometry::{BBox, Point, Polygon};

/// Blocks across the shorter side of a region: a face of six blocks identifies nobody.
const BLOCKS_ACROSS: u32 = 6;
/// Blocks are never finer than this, pixels: below it, JPEG keeps little anyway.
const MIN_BLOCK_PX: u32 = 6;
/// Part of a standing person's box that is taken for the head with hair and hat. Adults measure 7 to 8
/// heads, children 5 to 6; boxes are loose, people bend.
const HEAD_PART: f32 = 0.30;
/// A detected face is widened by this on every side, parts of its size: hair, ears, chin.
const FACE_MARGIN: f32 = 0.35;
/// A head may lean out of the box, parts of the person's width and head height.
const HEAD_MARGIN: f32 = 0.15;

/// Pixelates every face and every head; says how many regions that were.
pub(crate) fn pixelate_people(image: &mut RgbImage, seen: &[Detection], shown: &[Shown]) -> usize {
    let seen = seen.iter().map(|d| (d.class, d.box_in_frame));
    // What the alert shows may be a track's smoothed box, a little beside the detection: both are covered.
    let shown = shown.iter().map(|s| (s.class, s.box_in_frame));
    let mut regions = 0;
    for (class, box_in_frame) in seen.chain(shown) {
        let region = match class {
            Class::FACE => widened(box_in_frame, FACE_MARGIN, FACE_MARGIN),
            Class::PERSON => head_region(image, box_in_frame),
            _ => continue,
        };
        regions += usize::from(pixelate(image, region));
    }
    regions
}

/// Paints the masked areas black.
pub(crate) fn paint_masks(image: &mut RgbImage, masks: &[Polygon]) {
    let (width, height) = (image.width() as f32, image.height() as f32);
    for mask in masks {
        for (x, y, pixel) in image.enumerate_pixels_mut() {
            if mask.contains(Point::new((x as f32 + 0.5) / width, (y as f32 + 0.5) / height)) {
                *pixel = Rgb([0, 0, 0]);
            }
        }
    }
}

/// The part of a person's box that may hold the head. Who lies or bends may have it anywhere, so a box that
/// is not clearly upright counts as a whole.
fn head_region(image: &RgbImage, person: BBox) -> BBox {
    let width_px = person.width() * image.width() as f32;
    let height_px = person.height() * image.height() as f32;
    let upright = height_px > width_px * 1.2;
    if !upright {
        return person;
    }
    // A person who is cut off by the lower edge shows less body, so the head is a larger part of the box.
    let part = if person.y1 > 0.98 { 0.5 } else { HEAD_PART };
    let head = BBox { y1: person.y0 + person.height() * part, ..person };
    widened(head, HEAD_MARGIN, HEAD_MARGIN)
}

fn widened(b: BBox, by_width: f32, by_height: f32) -> BBox {
    let (dx, dy) = (b.width() * by_width, b.height() * by_height);
    BBox { x0: b.x0 - dx, y0: b.y0 - dy, x1: b.x1 + dx, y1: b.y1 + dy }
}

/// Mean colour over blocks of the region; false if the region lies outside the picture.
fn pixelate(image: &mut RgbImage, region: BBox) -> bool {
    let region = region.clipped();
    let (width, height) = (image.width(), image.height());
    let x0 = (region.x0 * width as f32).floor() as u32;
    let y0 = (region.y0 * height as f32).floor() as u32;
    let x1 = ((region.x1 * width as f32).ceil() as u32).min(width);
    let y1 = ((region.y1 * height as f32).ceil() as u32).min(height);
    if x0 >= x1 || y0 >= y1 {
        return false;
    }
    let block = ((x1 - x0).min(y1 - y0) / BLOCKS_ACROSS).max(MIN_BLOCK_PX);
    for top in (y0..y1).step_by(block as usize) {
        for left in (x0..x1).step_by(block as usize) {
            fill_with_mean(image, left, top, (left + block).min(x1), (top + block).min(y1));
        }
    }
    true
}

pub(crate) fn fill_with_mean(image: &mut RgbImage, x0: u32, y0: u32, x1: u32, y1: u32) {
    let mut sum = [0u64; 3];
    for y in y0..y1 {
        for x in x0..x1 {
            let pixel = image.get_pixel(x, y).0;
            for (total, channel) in sum.iter_mut().zip(pixel) {
                *total += u64::from(channel);
            }
        }
    }
    let count = u64::from((x1 - x0) * (y1 - y0));
    let mean = Rgb(sum.map(|total| (total / count) as u8));
    for y in y0..y1 {
        for x in x0..x1 {
            image.put_pixel(x, y, mean);
        }
    }
}
