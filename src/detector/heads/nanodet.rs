//! NanoDet: each edge's distance from the cell's reference point is a distribution over 0..=reg_max cells;
//! its mean counts. The sigmoid of the class scores is in the graph, the softmax of the distances is not.

use super::{Candidate, Grid, ModelInput, Wanted, best_class, keep};

pub(super) fn decode(
    outputs: &[&[f32]],
    input: &ModelInput,
    strides: &[usize],
    reg_max: usize,
    cell_centre: f32,
    wanted: &[Wanted],
    found: &mut Vec<Candidate>,
) {
    if outputs.len() != 2 * strides.len() {
        return;
    }
    let bins = reg_max + 1;
    let (scores_of_levels, distances_of_levels) = outputs.split_at(strides.len());
    for ((&stride, scores), distances) in strides.iter().zip(scores_of_levels).zip(distances_of_levels) {
        let grid = Grid::new(input, stride);
        let Some(classes) = scores.len().checked_div(grid.cells()).filter(|c| *c > 0) else { continue };
        let cells = scores.chunks_exact(classes).zip(distances.chunks_exact(4 * bins)).take(grid.cells());
        for (cell, (scores, distances)) in cells.enumerate() {
            let score_of = |column: usize| scores.get(column).copied().unwrap_or(0.0);
            if let Some(best) = best_class(wanted, score_of) {
                let (column, line) = grid.place(cell);
                let (cx, cy) = ((column + cell_centre) * grid.stride, (line + cell_centre) * grid.stride);
                let edge = |side: usize| mean_bin(&distances[side * bins..(side + 1) * bins]) * grid.stride;
                keep(found, best, [cx - edge(0), cy - edge(1), cx + edge(2), cy + edge(3)]);
            }
        }
    }
}

/// Mean of a distribution over 0, 1, 2.. given as logits.
fn mean_bin(logits: &[f32]) -> f32 {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (bin, logit) in logits.iter().enumerate() {
        let weight = (logit - highest).exp();
        sum += weight;
        weighted += weight * bin as f32;
    }
    weighted / sum
}
