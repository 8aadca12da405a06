//! The walk test's grid: cells in which a walker was detected, and cells in which they were lost.
//!
//! Between two looks in a row somebody walked in a straight line, and was found on it. Who was not found for a while and is
//! found again, by their number or as the only one who was lost, walked in a straight line, too, and was lost on it. Who is
//! lost at a border left the picture. Pure: time is an argument.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Cells from left to right.
pub(in crate::web) const COLUMNS: usize = 32;
/// Cells from top to bottom.
pub(in crate::web) const ROWS: usize = 18;

/// Maximum time between two detections of one walk.
const LOST_FOR: Duration = Duration::from_secs(30);
/// A box this close to a border of the picture may go on beyond it.
const BORDER: f32 = 0.015;

/// One person in one look.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct Walker {
    /// Their number while they are followed.
    pub(in crate::web) track: u64,
    /// Left, top, right, bottom, parts of the picture.
    pub(in crate::web) area: [f32; 4],
    /// Parts of the picture's height.
    pub(in crate::web) height: f32,
    /// How sure the detector is, 0..1.
    pub(in crate::web) score: f32,
}

impl Walker {
    fn foot(&self) -> [f32; 2] {
        let [x0, _, x1, y1] = self.area;
        [f32::midpoint(x0, x1), y1]
    }

    fn is_at_border(&self) -> bool {
        let [x0, y0, x1, y1] = self.area;
        x0 <= BORDER || y0 <= BORDER || x1 >= 1.0 - BORDER || y1 >= 1.0 - BORDER
    }
}

/// See the module. What is kept of a walk is [`Walked`](super::Walked).
#[derive(Debug, Default)]
pub(in crate::web) struct WalkGrid {
    cells: Cells,
    /// The last place of each walker.
    last: BTreeMap<u64, Last>,
    /// Counts the looks.
    looks: u64,
    smallest: Option<f32>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    walker: Walker,
    at: Duration,
    look: u64,
}

/// Cells are counted row by row from the top left corner.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(in crate::web) struct Cells {
    /// Cells with detections and their best score, in percent.
    pub(in crate::web) found: BTreeMap<usize, u8>,
    /// Cells that were walked through without a detection.
    pub(in crate::web) lost: BTreeSet<usize>,
}

impl Cells {
    fn found(&mut self, point: [f32; 2], score: f32) {
        let cell = cell(point);
        // Between 0 and 100 by the clamp.
        let percent = (score.clamp(0.0, 1.0) * 100.0).round() as u8;
        let best = self.found.entry(cell).or_default();
        *best = percent.max(*best);
        self.lost.remove(&cell);
    }

    fn lost(&mut self, point: [f32; 2]) {
        let cell = cell(point);
        if !self.found.contains_key(&cell) {
            self.lost.insert(cell);
        }
    }

    /// Part of the places walked through in which somebody was found, percent; `None` where nobody was.
    pub(in crate::web) fn coverage(&self) -> Option<usize> {
        let found = self.found.len();
        (found > 0).then(|| found * 100 / (found + self.lost.len()))
    }
}

/// The cell in which a point lies; of one outside, the nearest.
fn cell([x, y]: [f32; 2]) -> usize {
    let along = |part: f32, cells: usize| ((part.clamp(0.0, 1.0) * cells as f32) as usize).min(cells - 1);
    along(y, ROWS) * COLUMNS + along(x, COLUMNS)
}

/// Points between two, close enough to miss no cell but for its corners; neither end is one of them.
fn between([ax, ay]: [f32; 2], [bx, by]: [f32; 2]) -> impl Iterator<Item = [f32; 2]> {
    let longest = ((bx - ax).abs() * COLUMNS as f32).max((by - ay).abs() * ROWS as f32);
    // At most twice the cells of a side, as both points lie in the picture.
    let steps = (longest.clamp(0.0, COLUMNS as f32) * 2.0).ceil() as u16;
    (1..steps).map(move |step| {
        let part = f32::from(step) / f32::from(steps);
        [ax + (bx - ax) * part, ay + (by - ay) * part]
    })
}

impl WalkGrid {
    /// Takes in who is found in a look.
    pub(in crate::web) fn see(&mut self, at: Duration, walkers: &[Walker]) {
        self.looks += 1;
        let look = self.looks;
        let here: BTreeSet<u64> = walkers.iter().map(|walker| walker.track).collect();
        for walker in walkers {
            let before = self.last.get(&walker.track).copied().or_else(|| self.only_lost(&here, walker));
            if let Some(before) = before {
                self.go(&before, walker, look);
            }
            self.cells.found(walker.foot(), walker.score);
            if !walker.is_at_border() {
                self.smallest = Some(self.smallest.map_or(walker.height, |least| least.min(walker.height)));
            }
            self.last.insert(walker.track, Last { walker: *walker, at, look });
        }
        self.last.retain(|_, last| at.saturating_sub(last.at) < LOST_FOR);
    }

    /// Who was lost, for somebody new: the only one who may be the same, and who is then no longer lost.
    fn only_lost(&mut self, here: &BTreeSet<u64>, new: &Walker) -> Option<Last> {
        let is_lost = |track: &u64, last: &Last| !here.contains(track) && !last.walker.is_at_border();
        let mut lost = self.last.iter().filter(|(track, last)| is_lost(track, last)).map(|(track, _)| *track);
        let (only, more) = (lost.next()?, lost.next());
        if more.is_some() || new.is_at_border() {
            return None;
        }
        self.last.remove(&only)
    }

    /// From there to here.
    fn go(&mut self, before: &Last, now: &Walker, look: u64) {
        let was_found = look - before.look <= 1 && before.walker.track == now.track;
        let left = before.walker.is_at_border() && now.is_at_border();
        for point in between(before.walker.foot(), now.foot()) {
            if was_found {
                self.cells.found(point, before.walker.score.min(now.score));
            } else if !left {
                self.cells.lost(point);
            }
        }
    }

    /// Whether there was a look at all.
    pub(in crate::web) fn has_looked(&self) -> bool {
        self.looks > 0
    }

    pub(in crate::web) fn cells(&self) -> &Cells {
        &self.cells
    }

    /// The least height of somebody who was seen whole, parts of the picture's height.
    pub(in crate::web) fn smallest(&self) -> Option<f32> {
        self.smallest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// Somebody whose foot is in the middle of that cell.
    fn somebody(track: u64, column: u16, row: u16) -> Walker {
        let x = (f32::from(column) + 0.5) / COLUMNS as f32;
        let y = (f32::from(row) + 0.5) / ROWS as f32;
        Walker { track, area: [x - 0.01, y - 0.2, x + 0.01, y], height: 0.2, score: 0.8 }
    }

    fn columns(cells: impl IntoIterator<Item = usize>, row: usize) -> Vec<usize> {
        cells.into_iter().map(|cell| cell - row * COLUMNS).collect()
    }

    #[test]
    fn between_two_looks_in_a_row_somebody_was_found() {
        let mut grid = WalkGrid::default();
        grid.see(at(0), &[somebody(1, 5, 9)]);
        grid.see(at(1), &[somebody(1, 9, 9)]);
        assert_eq!(columns(grid.cells().found.keys().copied(), 9), [5, 6, 7, 8, 9]);
        assert!(grid.cells().lost.is_empty());
        assert_eq!(grid.cells().coverage(), Some(100));
    }

    #[test]
    fn where_somebody_was_lost_in_between_they_were_not_found() {
        for returns_as in [1, 2] {
            let mut grid = WalkGrid::default();
            grid.see(at(0), &[somebody(1, 5, 9)]);
            grid.see(at(1), &[]);
            grid.see(at(2), &[somebody(returns_as, 9, 9)]);
            assert_eq!(columns(grid.cells().found.keys().copied(), 9), [5, 9], "as {returns_as}");
            assert_eq!(columns(grid.cells().lost.iter().copied(), 9), [6, 7, 8], "as {returns_as}");
            assert_eq!(grid.cells().coverage(), Some(40));
            // Another time they are found there.
            grid.see(at(3), &[somebody(returns_as, 5, 9)]);
            assert_eq!(grid.cells().coverage(), Some(100));
        }
    }

    #[test]
    fn somebody_new_is_nobody_who_left_or_may_be_either_of_two() {
        let left = Walker { area: [0.0, 0.3, 0.1, 0.5], ..somebody(1, 0, 0) };
        let mut grid = WalkGrid::default();
        grid.see(at(0), &[left]);
        grid.see(at(1), &[]);
        grid.see(at(2), &[somebody(2, 20, 9)]);
        assert!(grid.cells().lost.is_empty(), "they left over the border");

        let mut grid = WalkGrid::default();
        grid.see(at(0), &[somebody(1, 5, 9), somebody(2, 6, 12)]);
        grid.see(at(1), &[]);
        grid.see(at(2), &[somebody(3, 20, 9)]);
        assert!(grid.cells().lost.is_empty(), "which of both is unknown");

        let mut grid = WalkGrid::default();
        grid.see(at(0), &[somebody(1, 5, 9)]);
        grid.see(at(31), &[]);
        grid.see(at(32), &[somebody(2, 20, 9)]);
        assert!(grid.cells().lost.is_empty(), "too long ago");
    }

    #[test]
    fn the_smallest_is_somebody_who_was_seen_whole() {
        let mut grid = WalkGrid::default();
        assert_eq!((grid.smallest(), grid.cells().coverage()), (None, None));
        let cut = Walker { area: [0.4, 0.9, 0.5, 1.0], height: 0.1, ..somebody(1, 0, 0) };
        grid.see(at(0), &[cut, somebody(2, 5, 9), Walker { height: 0.15, ..somebody(3, 9, 9) }]);
        assert_eq!(grid.smallest(), Some(0.15));
    }

    #[test]
    fn numbers_that_are_none_and_places_outside_harm_nothing() {
        let mut grid = WalkGrid::default();
        let wild = [f32::NAN, f32::INFINITY, -5.0, 7.0];
        for (track, x) in (0..).zip(wild) {
            grid.see(at(track), &[Walker { track: 1, area: [x, x, x, x], height: x, score: x }]);
        }
        assert!(grid.cells().found.keys().all(|cell| *cell < COLUMNS * ROWS));
    }
}
