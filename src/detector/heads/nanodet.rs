//! NanoDet: each edge's distance from the cell's reference point is a distribution over 0..=reg_max cells;
//! its mean counts. The sigmoid of the class scores is in the graph, the softmax of the distances is not.

use super::{
    Candidate, Grid, Head, HeadOutput, Kind, Layout, ModelInput, Parameter, SelectedClass, Shape, Usual,
    keep_all_at, per_level, values_of,
};
use crate::text::model as say;

/// What its makers do: config/nanodet-m.yml, ImageNet's mean and deviation in BGR; score 0.35 and NMS 0.6 of its demo.
/// The fit is the one with which our reference boxes were computed.
pub(super) const KIND: Kind = Kind {
    name: "nanodet",
    usual: Usual {
        colour: "bgr",
        fit: "letterbox-top-left",
        pad: 114.0,
        mean: [103.53, 116.28, 123.675],
        std: [57.375, 57.12, 58.395],
        threshold: 0.35,
        nms_iou: 0.6,
    },
    own: &[REG_MAX, CELL_CENTRE],
    only_stride: None,
    finds_faces_only: false,
    reads_any_size: false,
    not_classes: None,
    head: |strides, own| {
        let (reg_max, cell_centre) = (own.whole(&REG_MAX), own.of(&CELL_CENTRE) as f32);
        Head::Nanodet(Nanodet { strides, reg_max, cell_centre })
    },
};

const REG_MAX: Parameter = Parameter {
    key: "reg_max",
    option: "reg-max",
    value: "CELLS",
    help: say::reg_max,
    is_whole: true,
    least: 1.0,
    most: 64.0,
    usual: 7.0,
};

const CELL_CENTRE: Parameter = Parameter {
    key: "cell_centre",
    option: "cell-centre",
    value: "0..1",
    help: say::cell_centre,
    is_whole: false,
    least: 0.0,
    most: 1.0,
    usual: 0.5,
};

/// NanoDet (generalised focal loss, Li et al. 2020, arXiv 2006.04388): per level class scores
/// `[1, cells, classes]`, then per level edge distances as distributions `[1, cells, 4 * (reg_max + 1)]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Nanodet {
    strides: Vec<usize>,
    /// Largest distance in cells; the distribution has one bin more.
    reg_max: usize,
    /// Where in its cell a cell's reference point lies, in cells.
    cell_centre: f32,
}

impl Layout for Nanodet {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn strides(&self) -> &[usize] {
        &self.strides
    }

    fn outputs(&self, input: &ModelInput, classes: usize) -> Vec<HeadOutput> {
        let columns = self.reg_max.saturating_add(1).saturating_mul(4);
        let mut outputs = per_level(say::class_scores, &self.strides, input, 1, classes);
        outputs.extend(per_level(say::distances, &self.strides, input, 1, columns));
        outputs
    }

    fn possible_classes(&self, shapes: &[Shape]) -> Vec<usize> {
        shapes.iter().filter_map(|shape| shape.get(2).copied().flatten()).collect()
    }

    fn decode(
        &self,
        outputs: &[&[f32]],
        input: &ModelInput,
        wanted: &[SelectedClass],
        found: &mut Vec<Candidate>,
    ) {
        if outputs.len() != 2 * self.strides.len() {
            return;
        }
        let bins = self.reg_max + 1;
        let (scores_of_levels, distances_of_levels) = outputs.split_at(self.strides.len());
        for ((&stride, scores), distances) in
            self.strides.iter().zip(scores_of_levels).zip(distances_of_levels)
        {
            let grid = Grid::new(input, stride);
            let Some(classes) = scores.len().checked_div(grid.cells()).filter(|c| *c > 0) else { continue };
            let cells = scores.chunks_exact(classes).zip(distances.chunks_exact(4 * bins)).take(grid.cells());
            for (cell, (scores, distances)) in cells.enumerate() {
                let score_of = |column: usize| scores.get(column).copied().unwrap_or(0.0);
                keep_all_at(found, wanted, score_of, || {
                    let (column, line) = grid.place(cell);
                    let (cx, cy) =
                        ((column + self.cell_centre) * grid.stride, (line + self.cell_centre) * grid.stride);
                    let edge =
                        |side: usize| mean_bin(&distances[side * bins..(side + 1) * bins]) * grid.stride;
                    [cx - edge(0), cy - edge(1), cx + edge(2), cy + edge(3)]
                });
            }
        }
    }

    fn scores<'o>(&self, outputs: &'o [&'o [f32]], _: &ModelInput) -> Box<dyn Iterator<Item = f32> + 'o> {
        values_of(outputs, self.strides.len())
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

#[cfg(test)]
mod tests {
    use super::super::test_support::*;

    #[test]
    fn each_edge_is_the_mean_of_its_distribution() {
        let head = with("nanodet", &[("reg_max", 3.0)]);
        let mut outputs = blank(&head, 3);
        // Stride 32, cell 1: reference point (1.5, 0.5) * 32 = (48, 16).
        outputs[2][3..6].copy_from_slice(&[0.1, 0.2, 0.7]);
        let certain = |bin: usize| (0..4).map(|b| if b == bin { 40.0 } else { 0.0 }).collect::<Vec<f32>>();
        // left exactly 1 cell, top even over 0..=3 (mean 1.5), right 0 cells plus nothing, bottom 2 cells.
        let distances = [certain(1), vec![5.0; 4], certain(0), certain(2)].concat();
        outputs[5][16..32].copy_from_slice(&distances);
        let found = decoded(&head, &outputs, &person_and_car());
        assert_one_box(&found, Class::CAR, 0.7, [16.0, -32.0, 48.0, 80.0]);
        let plus = with("nanodet", &[("reg_max", 3.0), ("cell_centre", 0.0)]);
        let found = decoded(&plus, &outputs, &person_and_car());
        assert_one_box(&found, Class::CAR, 0.7, [0.0, -48.0, 32.0, 64.0]);
    }

    #[test]
    fn class_scores_must_be_probabilities_and_distances_need_not() {
        let head = usual("nanodet");
        assert_eq!((impossible(&head, 2, 0), impossible(&head, 3, 0)), (Some(7.5), None));
    }
}
