//! SCRFD: distances of the four edges from the cell's corner, in cells; each cell has `anchors` boxes, one
//! after the other. The sigmoid of the scores is in the graph.

use super::{
    Candidate, Grid, Head, HeadOutput, Kind, Layout, ModelInput, Parameter, SelectedClass, Shape, Usual,
    best_class, keep, per_level, values_of,
};
use crate::text::model as say;

/// What its makers do: InsightFace detection/scrfd, RGB, (x - 127.5) / 128, on black at the top left; score 0.5, NMS 0.4.
pub(super) const KIND: Kind = Kind {
    name: "scrfd",
    usual: Usual {
        colour: "rgb",
        fit: "letterbox-top-left",
        pad: 0.0,
        mean: [127.5; 3],
        std: [128.0; 3],
        threshold: 0.5,
        nms_iou: 0.4,
    },
    own: &[ANCHORS],
    only_stride: None,
    finds_faces_only: true,
    reads_any_size: false,
    not_classes: None,
    head: |strides, own| Head::Scrfd(Scrfd { strides, anchors: own.whole(&ANCHORS) }),
};

const ANCHORS: Parameter = Parameter {
    key: "anchors",
    option: "anchors",
    value: "NUMBER",
    help: say::anchors,
    is_whole: true,
    least: 1.0,
    most: 16.0,
    usual: 2.0,
};

/// SCRFD faces (Guo et al. 2021, arXiv 2105.04714): per level scores `[1, cells * anchors, 1]`, then per
/// level edge distances in cells `[1, cells * anchors, 4]`. Its landmarks are deliberately not read.
#[derive(Debug, Clone, PartialEq)]
pub struct Scrfd {
    strides: Vec<usize>,
    /// Boxes per cell.
    anchors: usize,
}

impl Layout for Scrfd {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn strides(&self) -> &[usize] {
        &self.strides
    }

    fn outputs(&self, input: &ModelInput, _: usize) -> Vec<HeadOutput> {
        let mut outputs = per_level(say::scores, &self.strides, input, self.anchors, 1);
        outputs.extend(per_level(say::distances, &self.strides, input, self.anchors, 4));
        outputs
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
        if outputs.len() != 2 * self.strides.len() || self.anchors == 0 {
            return;
        }
        let (scores_of_levels, distances_of_levels) = outputs.split_at(self.strides.len());
        for ((&stride, scores), distances) in
            self.strides.iter().zip(scores_of_levels).zip(distances_of_levels)
        {
            let grid = Grid::new(input, stride);
            let boxes = scores.iter().zip(distances.chunks_exact(4)).take(grid.cells() * self.anchors);
            for (number, (score, distances)) in boxes.enumerate() {
                let score_of = |column: usize| if column == 0 { *score } else { 0.0 };
                if let Some(best) = best_class(wanted, score_of) {
                    let (column, line) = grid.place(number / self.anchors);
                    let (cx, cy) = (column * grid.stride, line * grid.stride);
                    let edge = |side: usize| distances[side] * grid.stride;
                    keep(found, best, [cx - edge(0), cy - edge(1), cx + edge(2), cy + edge(3)]);
                }
            }
        }
    }

    fn scores<'o>(&self, outputs: &'o [&'o [f32]], _: &ModelInput) -> Box<dyn Iterator<Item = f32> + 'o> {
        values_of(outputs, self.strides.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::*;

    #[test]
    fn there_are_two_boxes_in_each_cell() {
        let head = usual("scrfd");
        let mut outputs = blank(&head, 1);
        assert_eq!(head.outputs(&small_input(), 1)[0].shape, [1, 64, 1]);
        // Stride 8, cell 9 (column 1, row 1 of eight columns), second box.
        outputs[0][19] = 0.75;
        outputs[3][19 * 4..20 * 4].copy_from_slice(&[0.5, 0.25, 1.0, 2.0]);
        assert_one_box(&decoded(&head, &outputs, &face()), Class::FACE, 0.75, [4.0, 6.0, 16.0, 24.0]);
    }

    #[test]
    fn scores_must_be_probabilities_and_distances_need_not() {
        let head = usual("scrfd");
        assert_eq!((impossible(&head, 2, 0), impossible(&head, 3, 0)), (Some(7.5), None));
    }
}
