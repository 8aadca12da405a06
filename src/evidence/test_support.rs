//! What tests measure of redacted pictures.

use std::time::Duration;

use image::RgbImage;

use crate::analysis::empty_view::{Coarse, EmptyView};
use crate::analysis::geometry::BBox;
use crate::frame::Picture;
use crate::frame::coarse::coarse;

/// A view that was learnt from one picture for half an hour.
pub(crate) fn view_of(picture: &Picture) -> EmptyView {
    let mut now = Coarse::even(0);
    coarse(picture, &mut now);
    let mut view = EmptyView::new();
    for _ in 0..360 {
        view.learn(&now, Duration::from_secs(5), std::iter::empty());
    }
    view
}

/// Standard deviation of the luma in a part of the picture: detail that is left.
pub(crate) fn detail(image: &RgbImage, b: BBox) -> f32 {
    let (w, h) = (image.width() as f32, image.height() as f32);
    let mut values = Vec::new();
    for y in (b.y0 * h) as u32..(b.y1 * h) as u32 {
        for x in (b.x0 * w) as u32..(b.x1 * w) as u32 {
            values.push(f32::from(image.get_pixel(x, y).0[1]));
        }
    }
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32).sqrt()
}
