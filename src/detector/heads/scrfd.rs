//! SCRFD: distances of the four edges from the cell's corner, in cells; each cell has `anchors` boxes, one
//! after the other. The sigmoid of the scores is in the graph.

use super::{Candidate, Grid, ModelInput, Wanted, best_class, keep};

pub(super) fn decode(
    outputs: &[&[f32]],
    input: &ModelInput,
    strides: &[usize],
    anchors: usize,
    wanted: &[Wanted],
    found: &mut Vec<Candidate>,
) {
    if outputs.len() != 2 * strides.len() || anchors == 0 {
        return;
    }
    let (scores_of_levels, distances_of_levels) = outputs.split_at(strides.len());
    for ((&stride, scores), distances) in strides.iter().zip(scores_of_levels).zip(distances_of_levels) {
        let grid = Grid::new(input, stride);
        let boxes = scores.iter().zip(distances.chunks_exact(4)).take(grid.cells() * anchors);
        for (number, (score, distances)) in boxes.enumerate() {
            let score_of = |column: usize| if column == 0 { *score } else { 0.0 };
            if let Some(best) = best_class(wanted, score_of) {
                let (column, line) = grid.place(number / anchors);
                let (cx, cy) = (column * grid.stride, line * grid.stride);
                let edge = |side: usize| distances[side] * grid.stride;
                keep(found, best, [cx - edge(0), cy - edge(1), cx + edge(2), cy + edge(3)]);
            }
        }
    }
}
