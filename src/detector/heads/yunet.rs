//! YuNet: the centre moves from the cell's corner, the size is an exponent, both in cells; the score is the
//! geometric mean of class score and objectness.

use super::{
    Candidate, Grid, Head, HeadOutput, Kind, Layout, ModelInput, SelectedClass, Shape, Usual, best_class,
    edges, keep, per_level, values_of,
};
use crate::text::model as say;

/// What OpenCV Zoo's models/face_detection_yunet does: BGR as it is, on black; score 0.6, NMS 0.3.
pub(super) const KIND: Kind = Kind {
    name: "yunet",
    usual: Usual {
        colour: "bgr",
        fit: "letterbox-top-left",
        pad: 0.0,
        mean: [0.0; 3],
        std: [1.0; 3],
        threshold: 0.6,
        nms_iou: 0.3,
    },
    own: &[],
    only_stride: None,
    finds_faces_only: true,
    reads_any_size: false,
    not_classes: None,
    head: |strides, _| Head::Yunet(Yunet { strides }),
};

/// YuNet faces (Wu et al. 2023, doi 10.1007/s11633-023-1423-y): per level class score `[1, cells, 1]`, then
/// objectness `[1, cells, 1]`, then boxes `[1, cells, 4]`. Its landmarks are deliberately not read.
#[derive(Debug, Clone, PartialEq)]
pub struct Yunet {
    strides: Vec<usize>,
}

impl Layout for Yunet {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn strides(&self) -> &[usize] {
        &self.strides
    }

    fn outputs(&self, input: &ModelInput, _: usize) -> Vec<HeadOutput> {
        let mut outputs = per_level(say::class_scores, &self.strides, input, 1, 1);
        outputs.extend(per_level(say::objectness, &self.strides, input, 1, 1));
        outputs.extend(per_level(say::boxes, &self.strides, input, 1, 4));
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
        let levels = self.strides.len();
        if outputs.len() != 3 * levels {
            return;
        }
        for (level, &stride) in self.strides.iter().enumerate() {
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

    fn scores<'o>(&self, outputs: &'o [&'o [f32]], _: &ModelInput) -> Box<dyn Iterator<Item = f32> + 'o> {
        values_of(outputs, 2 * self.strides.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::*;

    #[test]
    fn the_score_is_the_geometric_mean() {
        let head = usual("yunet");
        let mut outputs = blank(&head, 1);
        // Stride 16, cell 6: column 2, row 1.
        outputs[1][6] = 0.9;
        outputs[4][6] = 0.4;
        outputs[7][24..28].copy_from_slice(&[0.5, 0.0, 0.0, 2f32.ln()]);
        // centre (2.5, 1) * 16 = (40, 16), size (1, 2) * 16, score sqrt(0.36).
        assert_one_box(&decoded(&head, &outputs, &face()), Class::FACE, 0.6, [32.0, 0.0, 48.0, 32.0]);
    }

    #[test]
    fn scores_and_objectness_must_be_probabilities_and_boxes_need_not() {
        let head = usual("yunet");
        assert_eq!((impossible(&head, 5, 0), impossible(&head, 6, 0)), (Some(7.5), None));
    }
}
