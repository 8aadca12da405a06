//! Movement between two pictures of a camera taken about a tenth of a second apart: dense optical flow on a
//! coarse grid. `frame::flow` makes it; this is what rules ask of it.
//!
//! Holds velocities only, nothing that looks like a picture. Must never be taken for a look of its own: it belongs to
//! the frame of its moment, or to none.

use std::cell::RefCell;
use std::time::Duration;

use super::derived::{AreaDisorder, answer_for};
use super::geometry::BBox;

/// Cells across the picture.
pub const COLUMNS: usize = 80;
/// Cells down the picture.
pub const ROWS: usize = 45;
/// Steps of a displacement in one cell's side.
pub(crate) const STEPS_PER_CELL: f32 = 32.0;
/// The side of the blocks within which movement is compared, in parts of a body's height: about a limb. Of .2, .3 and
/// .4 the one that separates fights from ordinary moments best.
const LIMB: f32 = 0.3;

/// Displacements of all cells between two pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// The time between the two pictures.
    pub over: Duration,
    /// Displacement of each cell to the right and downwards, row by row, in `STEPS_PER_CELL`ths of a cell.
    pub cells: [[i8; 2]; COLUMNS * ROWS],
}

impl Flow {
    /// Nothing moves.
    pub fn still() -> Self {
        Flow { over: Duration::from_millis(100), cells: [[0; 2]; COLUMNS * ROWS] }
    }

    /// How far the movement within an area goes in several directions at once, in bodies of `height` (parts of the
    /// picture's height) per second: in blocks of a limb's size the mean speed without the speed of their mean movement.
    /// A walker moves all of a limb alike; limbs that strike, pull and tear loose do not.
    pub(crate) fn disorder(&self, area: &BBox, height: f32) -> f32 {
        let secs = self.over.as_secs_f32();
        if secs <= 0.0 || height <= 0.0 {
            return 0.0;
        }
        let side = ((height * ROWS as f32 * LIMB).round() as usize).max(1);
        let cell = |at: f32, cells: usize| (at.clamp(0.0, 1.0) * cells as f32).round() as usize;
        let (left, right) = (cell(area.x0, COLUMNS), cell(area.x1, COLUMNS));
        let (top, bottom) = (cell(area.y0, ROWS), cell(area.y1, ROWS));
        let (mut sum, mut blocks) = (0.0, 0.0);
        for row in (top..(bottom + 1).saturating_sub(side)).step_by(side) {
            for column in (left..(right + 1).saturating_sub(side)).step_by(side) {
                sum += self.disorder_of_block(column, row, side);
                blocks += 1.0;
            }
        }
        if blocks == 0.0 { 0.0 } else { sum / blocks / (STEPS_PER_CELL * ROWS as f32 * secs * height) }
    }

    /// In steps.
    fn disorder_of_block(&self, column: usize, row: usize, side: usize) -> f32 {
        let (mut speeds, mut right, mut down) = (0.0, 0.0, 0.0);
        for row in row..row + side {
            for [dx, dy] in &self.cells[row * COLUMNS + column..][..side] {
                let (dx, dy) = (f32::from(*dx), f32::from(*dy));
                speeds += dx.hypot(dy);
                right += dx;
                down += dy;
            }
        }
        (speeds - right.hypot(down)) / (side * side) as f32
    }
}

/// What moved in a look, for who asks about an area of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Movement<'a> {
    /// The flow, and what was said of the areas that were asked about.
    Seen(&'a Flow, &'a RefCell<Vec<AreaDisorder>>),
    /// What the flow said of some areas, when it was there.
    Recalled(&'a [AreaDisorder]),
}

impl Movement<'_> {
    /// See [`Flow::disorder`]. Of an area that nobody asked about while the flow was there nothing is known, which is none.
    pub(crate) fn disorder(&self, area: &BBox, height: f32) -> f32 {
        match self {
            Movement::Seen(flow, said) => {
                let disorder = flow.disorder(area, height);
                let answer = AreaDisorder { area: *area, height, disorder };
                let mut said = said.borrow_mut();
                if !said.contains(&answer) {
                    said.push(answer);
                }
                disorder
            }
            Movement::Recalled(said) => {
                let same = said.iter().find(|one| one.area == *area && one.height == height);
                same.map(|one| one.disorder).unwrap_or_else(|| {
                    let near = answer_for(area, said, |one| &one.area);
                    // In bodies: the same movement of smaller ones is more.
                    near.map_or(0.0, |one| one.disorder * one.height / height.max(f32::MIN_POSITIVE))
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In a picture of which the left half moves as `left` says by the cell, and the right half is still.
    fn flow(left: impl Fn(usize, usize) -> [i8; 2]) -> Flow {
        let mut flow = Flow::still();
        for (index, cell) in flow.cells.iter_mut().enumerate() {
            let (row, column) = (index / COLUMNS, index % COLUMNS);
            *cell = if column < COLUMNS / 2 { left(column, row) } else { [0, 0] };
        }
        flow
    }

    const LEFT: BBox = BBox { x0: 0.1, y0: 0.2, x1: 0.4, y1: 0.8 };
    const RIGHT: BBox = BBox { x0: 0.6, y0: 0.2, x1: 0.9, y1: 0.8 };

    #[test]
    fn what_moves_together_is_in_order_however_fast() {
        let flow = flow(|_, _| [100, -60]);
        assert!(flow.disorder(&LEFT, 0.6) < 1e-4);
        assert_eq!(flow.disorder(&RIGHT, 0.6), 0.0);
    }

    #[test]
    fn what_moves_against_each_other_is_not() {
        // Every other row goes the other way: none of the speed leads anywhere, but for the odd row of a block.
        let flow = flow(|_, row| [if row.is_multiple_of(2) { 32 } else { -32 }, 0]);
        let speed = 1.0 / (ROWS as f32 * 0.1 * 0.6);
        let disorder = flow.disorder(&LEFT, 0.6);
        assert!(disorder > 0.9 * speed && disorder <= speed, "{disorder} of {speed}");
        assert_eq!(flow.disorder(&RIGHT, 0.6), 0.0);
    }

    #[test]
    fn it_is_measured_in_bodies_and_seconds() {
        let towards = |_: usize, row: usize| [if row.is_multiple_of(2) { 32 } else { -32 }, 0];
        let (fast, mut slow) = (flow(towards), flow(towards));
        slow.over = fast.over * 2;
        assert!((fast.disorder(&LEFT, 0.6) / slow.disorder(&LEFT, 0.6) - 2.0).abs() < 1e-3);
    }

    #[test]
    fn an_area_without_a_whole_block_or_outside_the_picture_says_nothing() {
        let flow = flow(|_, row| [if row.is_multiple_of(2) { 32 } else { -32 }, 0]);
        for area in [
            BBox { x0: 0.1, y0: 0.1, x1: 0.1, y1: 0.1 },
            BBox { x0: -3.0, y0: -3.0, x1: -2.0, y1: -2.0 },
            BBox { x0: 2.0, y0: 2.0, x1: 3.0, y1: 3.0 },
            BBox { x0: 0.4, y0: 0.8, x1: 0.1, y1: 0.2 },
        ] {
            assert_eq!(flow.disorder(&area, 0.5), 0.0, "{area:?}");
        }
        assert_eq!(flow.disorder(&LEFT, 0.0), 0.0);
        assert!(flow.disorder(&BBox { x0: -1.0, y0: -1.0, x1: 2.0, y1: 2.0 }, 5.0).is_finite());
    }
}
