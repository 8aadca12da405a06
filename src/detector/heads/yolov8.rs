//! YOLOv8's form: everything is decoded in the graph. Rows are x, y, w, h and one score per class, columns are cells;
//! turned, it is the other way round.

use super::{Candidate, Grid, ModelInput, Wanted, best_class, edges, keep};

pub(super) fn decode(
    outputs: &[&[f32]],
    input: &ModelInput,
    strides: &[usize],
    turned: bool,
    wanted: &[Wanted],
    found: &mut Vec<Candidate>,
) {
    let [output] = outputs else { return };
    let cells: usize = strides.iter().map(|&s| Grid::new(input, s).cells()).sum();
    if cells == 0 || output.len() < 5 * cells {
        return;
    }
    let values = output.len() / cells;
    let place = |value: usize, cell: usize| if turned { cell * values + value } else { value * cells + cell };
    for cell in 0..cells {
        let value_of = |value: usize| output.get(place(value, cell)).copied().unwrap_or(0.0);
        let score_of = |column: usize| if column + 4 < values { value_of(column + 4) } else { 0.0 };
        if let Some(best) = best_class(wanted, score_of) {
            keep(found, best, edges(value_of(0), value_of(1), value_of(2), value_of(3)));
        }
    }
}
