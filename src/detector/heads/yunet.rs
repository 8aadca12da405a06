//! YuNet: the centre moves from the cell's corner, the size is an exponent, both in cells; the score is the
//! geometric mean of class score and objectness.

use super::{Candidate, Grid, ModelInput, Wanted, best_class, edges, keep};

pub(super) fn decode(
    outputs: &[&[f32]],
    input: &ModelInput,
    strides: &[usize],
    wanted: &[Wanted],
    found: &mut Vec<Candidate>,
) {
    let levels = strides.len();
    if outputs.len() != 3 * levels {
        return;
    }
    for (level, &stride) in strides.iter().enumerate() {
        let grid = Grid::new(input, stride);
        let (classes, objectness, boxes) =
            (outputs[level], outputs[levels + level], outputs[2 * levels + level]);
        let rows = classes.iter().zip(objectness).zip(boxes.chunks_exact(4)).take(grid.cells());
        for (cell, ((class, objectness), row)) in rows.enumerate() {
            // Graphs without a final clamp put out values a little beyond 0..1; NaN stays NaN.
            let score = (class.clamp(0.0, 1.0) * objectness.clamp(0.0, 1.0)).sqrt();
            let score_of = |column: usize| if column == 0 { score } else { 0.0 };
            if let Some(best) = best_class(wanted, score_of) {
                let (column, line) = grid.place(cell);
                let (cx, cy) = ((column + row[0]) * grid.stride, (line + row[1]) * grid.stride);
                keep(found, best, edges(cx, cy, row[2].exp() * grid.stride, row[3].exp() * grid.stride));
            }
        }
    }
}
