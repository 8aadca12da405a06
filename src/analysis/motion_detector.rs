//! The motion detector: whether anything moved in a camera's picture since it was last looked at closely: where nothing
//! did, nothing need be detected again.
//!
//! Input is the luma plane reduced to a coarse grid, a few times a second or once in seconds; it is compared with the
//! grid of the frame in which things were last detected, so that what creeps is found as well. What all cells do
//! together (a cloud, an exposure step) is light and not movement; what the camera's noise does is learnt from the
//! picture itself; a cell that keeps flickering (leaves, water, a lamp) must change by more than it usually does.
//!
//! Pure. Allocates nothing once it has seen its first grid. Must never say "nothing moved" without something to
//! compare with.

use std::cmp::Reverse;

use super::geometry::BBox;

/// Columns of the grid. With 160 by 90 cells one is four pixels of a 640 wide picture: somebody 25 pixels tall covers
/// fifteen of them.
pub(crate) const COLUMNS: usize = 160;
/// Rows of the grid.
pub(crate) const ROWS: usize = 90;

/// The least change of a cell's mean that can be more than noise, in grey levels. A guess: somebody in clothes of the
/// colour of the road differs by more in most of their cells.
const LEAST_CHANGE: i32 = 7;
/// So many times the picture's own noise (the median change) is no noise. A normal distribution stays within six
/// times its median distance but for one value in twenty thousand.
const OVER_NOISE: i32 = 6;
/// Factor over the usual change of a cell.
const OVER_USUAL: i32 = 3;
/// What a cell usually changes by counts up to this: nothing moving is hidden for good by leaves.
const MOST_USUAL: i32 = 16;
/// A changed cell needs so many changed ones among its eight neighbours, or it is a speck.
const NEIGHBOURS: usize = 2;
/// Minimum number of cells, larger than specks, that are movement.
const CELLS: usize = 4;
/// Cells with no more than this between them hang together: legs and a body of the road's colour.
const GAP: usize = 2;

/// The memory of one camera.
#[derive(Debug, Clone)]
pub(crate) struct MotionDetector {
    reference: Vec<u8>,
    latest: Vec<u8>,
    /// Mean change of each cell from look to look, in sixteenths of a grey level.
    usual: Vec<u16>,
    changed: Vec<bool>,
    /// Changed cells that are more than specks, while they are gathered into clusters.
    firm: Vec<bool>,
    /// Cells of a cluster whose neighbours are still to be looked at.
    open: Vec<u16>,
    /// How many cells each cluster has, and where it is.
    clusters: Vec<(usize, Cells)>,
    has_reference: bool,
}

/// A part of the grid; `right` and `bottom` are one beyond it.
#[derive(Debug, Clone, Copy)]
struct Cells {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

impl Cells {
    /// The cells that a box touches, and one more on each side.
    fn around(b: &BBox) -> Self {
        let place = |part: f32, of: usize| (part.clamp(0.0, 1.0) * of as f32) as usize;
        Cells {
            left: place(b.x0, COLUMNS).saturating_sub(1),
            top: place(b.y0, ROWS).saturating_sub(1),
            right: (place(b.x1, COLUMNS) + 2).min(COLUMNS),
            bottom: (place(b.y1, ROWS) + 2).min(ROWS),
        }
    }

    fn as_box(&self) -> BBox {
        let (w, h) = (COLUMNS as f32, ROWS as f32);
        BBox::new(self.left as f32 / w, self.top as f32 / h, self.right as f32 / w, self.bottom as f32 / h)
    }
}

impl Default for MotionDetector {
    fn default() -> Self {
        MotionDetector::new()
    }
}

impl MotionDetector {
    /// Before the first picture.
    pub(crate) fn new() -> Self {
        MotionDetector {
            reference: vec![0; COLUMNS * ROWS],
            latest: vec![0; COLUMNS * ROWS],
            usual: vec![0; COLUMNS * ROWS],
            changed: vec![false; COLUMNS * ROWS],
            firm: vec![false; COLUMNS * ROWS],
            open: Vec::with_capacity(COLUMNS * ROWS),
            // No more of them fit side by side.
            clusters: Vec::with_capacity(COLUMNS * ROWS / CELLS),
            has_reference: false,
        }
    }

    /// The grid to be filled with the means of the next picture, row by row.
    pub(crate) fn grid_mut(&mut self) -> &mut [u8] {
        &mut self.latest
    }

    /// Whether something moved between the reference and the grid that was just filled in.
    ///
    /// True before there is a reference.
    pub(crate) fn has_moved(&mut self) -> bool {
        if !self.has_reference {
            return true;
        }
        let light = self.median(|reference, latest| i32::from(latest) - i32::from(reference));
        let noise = self.median(|reference, latest| (i32::from(latest) - i32::from(reference) - light).abs());
        let least = LEAST_CHANGE.max(noise * OVER_NOISE);
        let cells = self.changed.iter_mut().zip(&mut self.usual).zip(self.reference.iter().zip(&self.latest));
        for ((changed, usual), (reference, latest)) in cells {
            let by = (i32::from(*latest) - i32::from(*reference) - light).abs();
            let often = (i32::from(*usual) / 16).min(MOST_USUAL);
            *changed = by > least.max(often * OVER_USUAL);
            // A sixteenth of the way each time.
            let step = by * 16 - i32::from(*usual);
            *usual = (i32::from(*usual) + step / 16).clamp(0, i32::from(u16::MAX)) as u16;
        }
        let mut cells = 0;
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                if self.changed[row * COLUMNS + column] && self.changed_round(row, column) >= NEIGHBOURS {
                    cells += 1;
                    if cells >= CELLS {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// The connected parts of the picture that changed and lie in none of the boxes, the largest first, after
    /// [`has_moved`](Self::has_moved) said that something did; in parts of the picture.
    pub(crate) fn unexplained(&mut self, boxes: impl Iterator<Item = BBox>) -> impl Iterator<Item = BBox> {
        for place in 0..self.firm.len() {
            let (row, column) = (place / COLUMNS, place % COLUMNS);
            self.firm[place] = self.changed[place] && self.changed_round(row, column) >= NEIGHBOURS;
        }
        for cells in boxes.map(|b| Cells::around(&b)) {
            for row in cells.top..cells.bottom {
                self.firm[row * COLUMNS + cells.left..row * COLUMNS + cells.right].fill(false);
            }
        }
        self.clusters.clear();
        for place in 0..self.firm.len() {
            if self.firm[place] {
                let (count, cells) = self.take_cluster(place);
                if count >= CELLS {
                    self.clusters.push((count, cells));
                }
            }
        }
        self.clusters.sort_unstable_by_key(|(count, _)| Reverse(*count));
        self.clusters.iter().map(|(_, cells)| cells.as_box())
    }

    /// Whether anything changed in a box, after [`has_moved`](Self::has_moved) was asked.
    pub(crate) fn has_changed_in(&self, b: &BBox) -> bool {
        let cells = Cells::around(b);
        let rows = (cells.top..cells.bottom).map(|row| row * COLUMNS);
        rows.flat_map(|row| &self.changed[row + cells.left..row + cells.right]).filter(|c| **c).count()
            >= CELLS
    }

    /// Takes the firm cells that hang together with one out of `firm`: how many, and where.
    fn take_cluster(&mut self, place: usize) -> (usize, Cells) {
        let mut cells = Cells { left: COLUMNS, top: ROWS, right: 0, bottom: 0 };
        let mut count = 0;
        self.firm[place] = false;
        self.open.push(place as u16);
        while let Some(place) = self.open.pop() {
            let place = usize::from(place);
            let (row, column) = (place / COLUMNS, place % COLUMNS);
            count += 1;
            cells.left = cells.left.min(column);
            cells.right = cells.right.max(column + 1);
            cells.top = cells.top.min(row);
            cells.bottom = cells.bottom.max(row + 1);
            for r in row.saturating_sub(GAP)..(row + GAP + 1).min(ROWS) {
                for c in column.saturating_sub(GAP)..(column + GAP + 1).min(COLUMNS) {
                    if std::mem::take(&mut self.firm[r * COLUMNS + c]) {
                        self.open.push((r * COLUMNS + c) as u16);
                    }
                }
            }
        }
        (count, cells)
    }

    /// Things were detected in the picture whose grid was filled in: the next ones are compared with it.
    pub(crate) fn take_as_reference(&mut self) {
        self.reference.copy_from_slice(&self.latest);
        self.has_reference = true;
    }

    /// Whether there is something to compare with.
    pub(crate) fn has_reference(&self) -> bool {
        self.has_reference
    }

    /// Forgets everything, for a camera whose picture has another form.
    pub(crate) fn forget(&mut self) {
        self.has_reference = false;
        self.usual.fill(0);
    }

    /// The median over all cells of a number within -255..=255.
    fn median(&self, of: impl Fn(u8, u8) -> i32) -> i32 {
        let mut histogram = [0u32; 511];
        for (reference, latest) in self.reference.iter().zip(&self.latest) {
            let place = (of(*reference, *latest) + 255).clamp(0, 510);
            histogram[place as usize] += 1;
        }
        let half = (COLUMNS * ROWS) as u32 / 2;
        let mut so_far = 0;
        for (place, count) in (-255..).zip(histogram) {
            so_far += count;
            if so_far > half {
                return place;
            }
        }
        0
    }

    fn changed_round(&self, row: usize, column: usize) -> usize {
        let rows = row.saturating_sub(1)..=(row + 1).min(ROWS - 1);
        let around = rows.flat_map(|r| {
            let columns = column.saturating_sub(1)..=(column + 1).min(COLUMNS - 1);
            columns.map(move |c| (r, c))
        });
        around.filter(|place| *place != (row, column)).filter(|(r, c)| self.changed[r * COLUMNS + c]).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A street with texture and noise of a few levels; `light` is added, and a grey box may stand in it.
    fn scene(
        movement: &mut MotionDetector,
        seed: u32,
        light: i32,
        noise: i32,
        thing: Option<(usize, usize, usize, usize)>,
    ) {
        let mut random = seed.wrapping_mul(2_654_435_761) | 1;
        for (place, cell) in movement.grid_mut().iter_mut().enumerate() {
            let (row, column) = (place / COLUMNS, place % COLUMNS);
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            let speck = (random % (2 * noise as u32 + 1)) as i32 - noise;
            let inside =
                thing.is_some_and(|(x, y, w, h)| (x..x + w).contains(&column) && (y..y + h).contains(&row));
            let ground = 90 + ((row * 31 + column * 17) % 40) as i32;
            let level = if inside { ground - 25 } else { ground };
            *cell = (level + light + speck).clamp(0, 255) as u8;
        }
    }

    fn looked(noise: i32) -> MotionDetector {
        let mut movement = MotionDetector::new();
        scene(&mut movement, 1, 0, noise, None);
        assert!(movement.has_moved(), "nothing is known yet");
        movement.take_as_reference();
        movement
    }

    #[test]
    fn an_empty_street_with_noise_and_changing_light_is_still() {
        for noise in [0, 1, 3, 6] {
            let mut movement = looked(noise);
            for look in 2..60 {
                scene(&mut movement, look, look as i32 % 30, noise, None);
                assert!(!movement.has_moved(), "noise {noise}, look {look}");
            }
        }
    }

    #[test]
    fn somebody_far_away_is_found_and_where() {
        // Ten by twenty-five pixels in a picture of 640 by 360.
        let mut movement = looked(2);
        scene(&mut movement, 2, 5, 2, Some((100, 40, 3, 6)));
        assert!(movement.has_moved());
        let region = movement.unexplained([].into_iter()).next().expect("a place");
        assert!(
            (region.x0 - 100.0 / 160.0).abs() < 0.01 && (region.y1 - 46.0 / 90.0).abs() < 0.02,
            "{region:?}"
        );
    }

    #[test]
    fn what_a_box_explains_is_left_out_and_the_rest_is_reported_by_size() {
        let mut movement = looked(1);
        scene(&mut movement, 2, 0, 1, Some((20, 30, 10, 20)));
        let grid = movement.grid_mut();
        for (rows, columns) in [(40..44, 100..102), (60..66, 120..123)] {
            for row in rows {
                grid[row * COLUMNS..][columns.clone()].fill(10);
            }
        }
        assert!(movement.has_moved());
        let near = BBox::new(20.0 / 160.0, 30.0 / 90.0, 30.0 / 160.0, 50.0 / 90.0);
        let far = movement.unexplained([near].into_iter()).next().expect("there is more");
        assert!((far.x0 - 120.0 / 160.0).abs() < 0.01 && (far.y0 - 60.0 / 90.0).abs() < 0.02, "{far:?}");
        assert!(movement.has_changed_in(&far));
        let all: Vec<BBox> = movement.unexplained([].into_iter()).collect();
        assert!(all.len() == 3 && (all[0].x0 - near.x0).abs() < 0.01 && all[1] == far, "{all:?}");
        let still = BBox::new(0.5, 0.1, 0.55, 0.2);
        assert!(!movement.has_changed_in(&still));
    }

    #[test]
    fn single_cells_are_specks() {
        let mut movement = looked(1);
        scene(&mut movement, 2, 0, 1, None);
        for place in [500, 3000, 9000] {
            movement.grid_mut()[place] = 255;
        }
        assert!(!movement.has_moved());
    }

    #[test]
    fn what_creeps_is_found_because_the_reference_stays() {
        let mut movement = looked(1);
        let mut found_at = None;
        for look in 2..40u32 {
            scene(&mut movement, look, 0, 1, Some((60, 60, 1 + look as usize / 8, 8)));
            if movement.has_moved() {
                found_at = Some(look);
                break;
            }
        }
        assert!(found_at.is_some());
    }

    #[test]
    fn leaves_are_learnt_and_somebody_before_them_is_still_found() {
        let mut movement = looked(1);
        let leaves = |movement: &mut MotionDetector, look: u32| {
            scene(movement, look, 0, 1, None);
            let grid = movement.grid_mut();
            for row in 10..30 {
                for column in 20..50 {
                    let sway = ((look as usize * 7 + row * 3 + column * 5) % 3) as i32 * 12 - 12;
                    let cell = &mut grid[row * COLUMNS + column];
                    *cell = (i32::from(*cell) + sway).clamp(0, 255) as u8;
                }
            }
        };
        let mut moved_late = 0;
        for look in 2..120 {
            leaves(&mut movement, look);
            let moved = movement.has_moved();
            moved_late += u32::from(moved && look > 60);
        }
        assert!(moved_late <= 3, "{moved_late} of 60 looks at leaves");
        leaves(&mut movement, 200);
        for row in 14..24 {
            for column in 30..34 {
                movement.grid_mut()[row * COLUMNS + column] = 10;
            }
        }
        assert!(movement.has_moved());
    }
}
