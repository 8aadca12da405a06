//! CenterFace: a map of how likely each cell is the middle of a face, and for each cell the face's height and width as
//! exponents and how far the middle lies from the cell's own, all in cells. The sigmoid of the map is in the graph.

use super::{Candidate, Grid, ModelInput, Wanted, best_class, edges, keep};

/// Pixels per cell; it has one level only.
pub(super) const STRIDES: [usize; 1] = [4];
/// Pixels per cell of the coarsest map inside: sides must be whole multiples of it.
pub(super) const COARSEST: usize = 32;

pub(super) fn decode(outputs: &[&[f32]], input: &ModelInput, wanted: &[Wanted], found: &mut Vec<Candidate>) {
    let grid = Grid::new(input, STRIDES[0]);
    let cells = grid.cells();
    let &[scores, sizes, moves] = outputs else { return };
    // Rows of the picture come before columns in all of them.
    let (Some((heights, widths)), Some((down, right))) =
        (sizes.split_at_checked(cells), moves.split_at_checked(cells))
    else {
        return;
    };
    let places = scores.iter().zip(heights.iter().zip(widths)).zip(down.iter().zip(right)).take(cells);
    for (cell, ((score, (height, width)), (down, right))) in places.enumerate() {
        let score_of = |column: usize| if column == 0 { *score } else { 0.0 };
        if let Some(best) = best_class(wanted, score_of) {
            let (column, line) = grid.place(cell);
            let (cx, cy) = ((column + right + 0.5) * grid.stride, (line + down + 0.5) * grid.stride);
            keep(found, best, edges(cx, cy, width.exp() * grid.stride, height.exp() * grid.stride));
        }
    }
}
