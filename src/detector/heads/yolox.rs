//! YOLOX, raw boxes: the centre moves from the cell's corner, the size is an exponent, both in cells; the
//! score is objectness times class score (the sigmoids are in the graph).

use super::{
    Candidate, Grid, Head, HeadOutput, Kind, Layout, ModelInput, SelectedClass, Shape, Usual, all_cells,
    behind_the_box, classes_behind, edges, keep_all_at, lowest, one_output,
};

/// What its makers do: demo/ONNXRuntime, BGR as OpenCV reads it, 114, score 0.3, NMS 0.45.
pub(super) const KIND: Kind = Kind {
    name: "yolox",
    usual: Usual {
        colour: "bgr",
        fit: "letterbox-top-left",
        pad: 114.0,
        mean: [0.0; 3],
        std: [1.0; 3],
        threshold: 0.3,
        nms_iou: 0.45,
    },
    own: &[],
    only_stride: None,
    finds_faces_only: false,
    reads_any_size: false,
    not_classes: None,
    head: |strides, _| Head::Yolox(Yolox { strides }),
};

/// YOLOX with raw boxes (Ge et al. 2021, arXiv 2107.08430): one output `[1, cells, 5 + classes]`, each row
/// `x, y, w, h` relative to its cell, objectness, class scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Yolox {
    strides: Vec<usize>,
}

impl Layout for Yolox {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn strides(&self) -> &[usize] {
        &self.strides
    }

    fn outputs(&self, input: &ModelInput, classes: usize) -> Vec<HeadOutput> {
        one_output([1, all_cells(&self.strides, input), 5 + classes])
    }

    fn possible_classes(&self, shapes: &[Shape]) -> Vec<usize> {
        classes_behind(shapes, 2, 5)
    }

    fn decode(
        &self,
        outputs: &[&[f32]],
        input: &ModelInput,
        wanted: &[SelectedClass],
        found: &mut Vec<Candidate>,
    ) {
        let [output] = outputs else { return };
        let cells = all_cells(&self.strides, input);
        let Some(columns) = output.len().checked_div(cells).filter(|c| *c > 5) else { return };
        let worth_a_look = lowest(wanted);
        let mut rows = output.chunks_exact(columns);
        for &stride in &self.strides {
            let grid = Grid::new(input, stride);
            for (cell, row) in rows.by_ref().take(grid.cells()).enumerate() {
                let (objectness, scores) = (row[4], &row[5..]);
                // Class scores are at most 1, so nothing can come of it. (NaN passes here and fails below.)
                if objectness < worth_a_look {
                    continue;
                }
                let score_of = |column: usize| scores.get(column).map_or(0.0, |s| s * objectness);
                keep_all_at(found, wanted, score_of, || {
                    let (column, line) = grid.place(cell);
                    let (cx, cy) = ((row[0] + column) * grid.stride, (row[1] + line) * grid.stride);
                    edges(cx, cy, row[2].exp() * grid.stride, row[3].exp() * grid.stride)
                });
            }
        }
    }

    fn scores<'o>(&self, outputs: &'o [&'o [f32]], input: &ModelInput) -> Box<dyn Iterator<Item = f32> + 'o> {
        behind_the_box(outputs, all_cells(&self.strides, input))
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::*;

    #[test]
    fn the_centre_moves_from_the_cells_corner_and_the_scores_are_multiplied() {
        let head = usual("yolox");
        let mut outputs = blank(&head, 3);
        assert_eq!(head.outputs(&small_input(), 3)[0].shape, [1, 42, 8]);
        // Cell 5 of stride 16 is column 1, row 1 (four columns); 32 cells of stride 8 come before it.
        let row = &mut outputs[0][(32 + 5) * 8..][..8];
        row.copy_from_slice(&[0.25, 0.5, 2f32.ln(), 0.0, 0.9, 0.8, 1.0, 0.1]);
        // centre (1.25, 1.5) * 16 = (20, 24), size (2, 1) * 16 = (32, 16), score 0.9 * 0.8; class 1 is not wanted.
        let found = decoded(&head, &outputs, &person_and_car());
        assert_one_box(&found, Class::PERSON, 0.72, [4.0, 16.0, 36.0, 32.0]);
    }

    #[test]
    fn objectness_must_be_a_probability_and_a_coordinate_need_not() {
        let head = usual("yolox");
        assert_eq!((impossible(&head, 0, 4), impossible(&head, 0, 3)), (Some(7.5), None));
    }
}
