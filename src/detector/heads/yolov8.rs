//! YOLOv8's form: everything is decoded in the graph; rows are x, y, w, h and one score per class, columns
//! are cells.

use super::{Candidate, Grid, ModelInput, Wanted, best_class, edges, keep};

pub(super) fn decode(
    outputs: &[&[f32]],
    input: &ModelInput,
    strides: &[usize],
    wanted: &[Wanted],
    found: &mut Vec<Candidate>,
) {
    let [output] = outputs else { return };
    let cells: usize = strides.iter().map(|&s| Grid::new(input, s).cells()).sum();
    if cells == 0 || output.len() < 5 * cells {
        return;
    }
    let (boxes, scores) = output.split_at(4 * cells);
    for cell in 0..cells {
        let score_of = |column: usize| scores.get(column * cells + cell).copied().unwrap_or(0.0);
        if let Some(best) = best_class(wanted, score_of) {
            let value = |row: usize| boxes[row * cells + cell];
            keep(found, best, edges(value(0), value(1), value(2), value(3)));
        }
    }
}
