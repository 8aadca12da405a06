//! Pixelates what differs from the empty view, in blocks that are counted in the picture's height and so coarse that no
//! face survives; vehicles that were found stay a little clearer, so that it can be seen what happened.
//!
//! Must never leave a marked pixel as it was: also vehicles are pixelated, because somebody may sit in them or stand before
//! them.

use image::RgbImage;

use crate::analysis::alert::Shown;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::empty_view::{COLUMNS, Changed, ROWS, fill};
use crate::analysis::geometry::BBox;

use super::Covered;
use super::redact::fill_with_mean;

/// Blocks from top to bottom where parts of the picture are pixelated. Detectors miss small heads, not large ones: a head of an
/// eighth of the picture's height is five blocks high, which nobody recognises, and a car on the road is still one.
const PARTS: u32 = 40;
/// The same where everything is: nothing is known of how large people may be in it.
const WHOLE: u32 = 36;
/// The same in vehicles,
const VEHICLES: u32 = 72;
/// but no more than this from a vehicle's top to its bottom: a head is a sixth of a car's height.
const OF_VEHICLE: f32 = 24.0;
/// A vehicle must be as certain as this to stay clearer: a doubtful one may be somebody.
const CERTAIN: f32 = 0.5;
/// Somebody found is covered with so much around them, parts of their size.
const AROUND: f32 = 0.15;

/// Pixelates the marked cells and everybody who was found, and says how much that was.
pub(crate) fn pixelate_changed(
    image: &mut RgbImage,
    changed: Changed,
    seen: &[Detection],
    shown: &[Shown],
) -> Covered {
    let seen_boxes = seen.iter().map(|d| (d.class, d.box_in_frame));
    let others: Vec<BBox> = seen_boxes
        .chain(shown.iter().map(|s| (s.class, s.box_in_frame)))
        .filter(|(class, _)| !is_vehicle(*class))
        .map(|(_, b)| b.grown(AROUND * b.width(), AROUND * b.height()))
        .collect();
    let (covered, cells) = match changed {
        Changed::Anywhere => (Covered::Everything, None),
        Changed::Cells(cells) if cells.contains(&true) => (Covered::Parts, Some(cells)),
        Changed::Cells(cells) => (Covered::Nothing, Some(cells)),
    };
    let cells = cells.map(|mut cells| {
        for somebody in others.iter().filter(|b| b.is_sound()) {
            fill(&mut cells, *somebody);
        }
        cells
    });
    let vehicles: Vec<BBox> = seen
        .iter()
        .filter(|d| is_vehicle(d.class) && d.score >= CERTAIN && d.box_in_frame.is_sound())
        .map(|d| d.box_in_frame)
        .collect();
    let lattice = Lattice { source: image.clone(), cells, vehicles, others };
    lattice.paint(image);
    covered
}

/// What may stay clearer. A two-wheeler may not: its rider is part of it.
fn is_vehicle(class: Class) -> bool {
    [Class::CAR, Class::BUS, Class::TRUCK].contains(&class)
}

struct Lattice {
    source: RgbImage,
    /// `None`: everything.
    cells: Option<Vec<bool>>,
    vehicles: Vec<BBox>,
    /// Whatever else was found, with what is around it.
    others: Vec<BBox>,
}

impl Lattice {
    fn paint(&self, image: &mut RgbImage) {
        let (width, height) = image.dimensions();
        let block = height.div_ceil(if self.cells.is_some() { PARTS } else { WHOLE }).max(1);
        for top in (0..height).step_by(block as usize) {
            for left in (0..width).step_by(block as usize) {
                let area =
                    Area { left, top, right: (left + block).min(width), bottom: (top + block).min(height) };
                if self.is_marked(&area) {
                    fill_with_mean(image, area.left, area.top, area.right, area.bottom);
                    self.paint_vehicles(image, &area);
                }
            }
        }
    }

    /// Whether anything marked lies in an area.
    fn is_marked(&self, area: &Area) -> bool {
        let Some(cells) = &self.cells else { return true };
        let (width, height) = self.source.dimensions();
        let cell =
            |at: u32, count: usize, length: u32| (u64::from(at) * count as u64 / u64::from(length)) as usize;
        let columns = cell(area.left, COLUMNS, width)..=cell(area.right - 1, COLUMNS, width);
        (cell(area.top, ROWS, height)..=cell(area.bottom - 1, ROWS, height))
            .any(|row| cells[row * COLUMNS..][columns.clone()].contains(&true))
    }

    /// Paints the parts of an area that show nothing but a vehicle once more, in finer blocks.
    fn paint_vehicles(&self, image: &mut RgbImage, area: &Area) {
        let (width, height) = self.source.dimensions();
        for vehicle in &self.vehicles {
            let of_vehicle = (vehicle.height() * height as f32 / OF_VEHICLE).ceil() as u32;
            let fine = height.div_ceil(VEHICLES).max(of_vehicle).max(1);
            for top in (area.top..area.bottom).step_by(fine as usize) {
                for left in (area.left..area.right).step_by(fine as usize) {
                    let part = Area {
                        left,
                        top,
                        right: (left + fine).min(area.right),
                        bottom: (top + fine).min(area.bottom),
                    };
                    let place = part.in_frame(width, height);
                    let is_within = place.x0 >= vehicle.x0
                        && place.y0 >= vehicle.y0
                        && place.x1 <= vehicle.x1
                        && place.y1 <= vehicle.y1;
                    if is_within && !self.others.iter().any(|other| other.intersection(&place).is_some()) {
                        part.copy(&self.source, image);
                        fill_with_mean(image, part.left, part.top, part.right, part.bottom);
                    }
                }
            }
        }
    }
}

/// Pixels, from the first to before the last.
struct Area {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Area {
    fn in_frame(&self, width: u32, height: u32) -> BBox {
        let (width, height) = (width as f32, height as f32);
        BBox {
            x0: self.left as f32 / width,
            y0: self.top as f32 / height,
            x1: self.right as f32 / width,
            y1: self.bottom as f32 / height,
        }
    }

    fn copy(&self, from: &RgbImage, to: &mut RgbImage) {
        for y in self.top..self.bottom {
            for x in self.left..self.right {
                to.put_pixel(x, y, *from.get_pixel(x, y));
            }
        }
    }
}
