//! YOLOX, raw boxes: the centre moves from the cell's corner, the size is an exponent, both in cells; the
//! score is objectness times class score (the sigmoids are in the graph).

use super::{Candidate, Grid, ModelInput, Wanted, best_class, edges, keep, lowest};

pub(super) fn decode(
    outputs: &[&[f32]],
    input: &ModelInput,
    strides: &[usize],
    wanted: &[Wanted],
    found: &mut Vec<Candidate>,
) {
    let [output] = outputs else { return };
    let cells: usize = strides.iter().map(|&s| Grid::new(input, s).cells()).sum();
    let Some(columns) = output.len().checked_div(cells).filter(|c| *c > 5) else { return };
    let worth_a_look = lowest(wanted);
    let mut rows = output.chunks_exact(columns);
    for &stride in strides {
        let grid = Grid::new(input, stride);
        for (cell, row) in rows.by_ref().take(grid.cells()).enumerate() {
            let (objectness, scores) = (row[4], &row[5..]);
            // Class scores are at most 1, so nothing can come of it. (NaN passes here and fails below.)
            if objectness < worth_a_look {
                continue;
            }
            let score_of = |column: usize| scores.get(column).map_or(0.0, |s| s * objectness);
            if let Some(best) = best_class(wanted, score_of) {
                let (column, line) = grid.place(cell);
                let (cx, cy) = ((row[0] + column) * grid.stride, (row[1] + line) * grid.stride);
                keep(found, best, edges(cx, cy, row[2].exp() * grid.stride, row[3].exp() * grid.stride));
            }
        }
    }
}
