//! Finds the heads that fit a network's outputs, by their shapes alone: for a file that nobody has
//! described yet. A guess to help somebody along; [`Model::load`](crate::detector::Model::load) decides.

use super::{Head, HeadOutput, ModelInput};
use crate::text::{Sentence, model as say};

/// Sizes of a tensor, batch first; `None` is left open by the network.
pub(crate) type Shape = Vec<Option<usize>>;

impl Head {
    /// The number of classes with which outputs of these shapes can be read by this head.
    pub(crate) fn classes_of(&self, input: &ModelInput, shapes: &[Shape]) -> Option<usize> {
        let mut counts = self.layout().possible_classes(shapes);
        counts.dedup();
        counts.into_iter().find(|classes| self.order_of(input, *classes, shapes).is_some())
    }

    /// Which of the network's outputs is which of this head's, by shape: the file's own order where that fits,
    /// otherwise the only order that does. `None` where none fits, or several do.
    pub(crate) fn order_of(
        &self,
        input: &ModelInput,
        classes: usize,
        shapes: &[Shape],
    ) -> Option<Vec<usize>> {
        let wanted = self.outputs(input, classes);
        if shapes.len() >= wanted.len() && shapes.iter().zip(&wanted).all(|(shape, want)| fits(shape, want)) {
            return Some((0..wanted.len()).collect());
        }
        let only = |want: &HeadOutput| {
            let mut fitting = (0..shapes.len()).filter(|i| fits(&shapes[*i], want));
            fitting.next().filter(|_| fitting.next().is_none())
        };
        let order: Vec<usize> = wanted.iter().map(only).collect::<Option<_>>()?;
        let distinct = (1..order.len()).all(|i| !order[..i].contains(&order[i]));
        distinct.then_some(order)
    }
}

/// What a network is that no head reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// Boxes with an outline in pixels: 32 more values for each box and a second output of prototypes.
    Segmentation,
    /// Boxes with joints: three values more for each joint, of which COCO has 17.
    Pose,
    /// Boxes that are turned: an angle more for each.
    TurnedBoxes,
    /// One score per class for the whole picture.
    Classifier,
    /// Boxes that are suppressed already: a few hundred rows of corners, score and class.
    Suppressed,
    /// Three boxes for each cell, as YOLOv5 and YOLOv7 have them.
    Anchors,
}

impl Stranger {
    /// What it is, for people.
    pub fn sentence(self) -> Sentence {
        match self {
            Stranger::Segmentation => say::segmentation(),
            Stranger::Pose => say::pose(),
            Stranger::TurnedBoxes => say::turned_boxes(),
            Stranger::Classifier => say::classifier(),
            Stranger::Suppressed => say::suppressed(),
            Stranger::Anchors => say::three_boxes_a_cell(),
        }
    }

    /// What to try.
    pub fn hint(self) -> Sentence {
        match self {
            Stranger::Segmentation => say::try_not_seg(),
            Stranger::Pose => say::try_not_pose(),
            Stranger::TurnedBoxes => say::try_not_obb(),
            Stranger::Classifier => say::try_detection(),
            Stranger::Suppressed => say::try_without_nms(),
            Stranger::Anchors => say::try_later_family(),
        }
    }
}

/// What outputs of these shapes are, where `head` with so many classes (0: not said) does not read them.
pub fn stranger(head: &Head, input: &ModelInput, classes: usize, shapes: &[Shape]) -> Option<Stranger> {
    let sizes = |shape: &Shape| shape.iter().copied().collect::<Option<Vec<usize>>>();
    let first = sizes(shapes.first()?)?;
    let cells: usize =
        head.outputs(input, 1).first().and_then(|o| o.shape.iter().skip(1).max().copied()).unwrap_or(0);
    let values = first.iter().copied().filter(|size| *size != cells).max();
    let more_than_boxes = match first.as_slice() {
        [1, values, of] | [1, of, values] if *of == cells => values.checked_sub(4 + classes).unwrap_or(0),
        [1, rows, 6 | 7] if *rows <= 1000 => return Some(Stranger::Suppressed),
        [1, rows, _] if cells > 0 && *rows == 3 * cells => return Some(Stranger::Anchors),
        [1, _] | [1, _, 1, 1] => return Some(Stranger::Classifier),
        _ => return None,
    };
    let has_prototypes =
        shapes.iter().skip(1).filter_map(sizes).any(|shape| matches!(shape.as_slice(), [1, 32, _, _]));
    match more_than_boxes {
        _ if has_prototypes => Some(Stranger::Segmentation),
        _ if classes == 0 => None,
        32 => Some(Stranger::Segmentation),
        51 => Some(Stranger::Pose),
        // Four edges, one score, 17 points of three values; the classes that were named are somebody's guess.
        _ if values == Some(56) && classes != 52 => Some(Stranger::Pose),
        // One more may be an angle, and a class that was forgotten: only the exporter's own word counts.
        _ => None,
    }
}

fn fits(shape: &Shape, wanted: &HeadOutput) -> bool {
    let same = |(has, want): (&Option<usize>, &usize)| has.is_none_or(|has| has == *want);
    shape.len() == wanted.shape.len() && shape.iter().zip(&wanted.shape).all(same)
}

#[cfg(test)]
mod tests {
    use super::super::KINDS;
    use super::super::test_support::{small_input as input, usual};
    use super::*;

    #[test]
    fn what_no_head_reads_is_named_by_its_shapes() {
        let head = &usual("yolov8");
        let cells = 8 * 4 + 4 * 2 + 2;
        let shape = |sizes: &[usize]| -> Shape { sizes.iter().map(|size| Some(*size)).collect() };
        for (shapes, classes, wanted) in [
            (vec![shape(&[1, 116, cells]), shape(&[1, 32, 16, 16])], 80, Some(Stranger::Segmentation)),
            (vec![shape(&[1, 116, cells]), shape(&[1, 32, 16, 16])], 0, Some(Stranger::Segmentation)),
            (vec![shape(&[1, cells, 116])], 80, Some(Stranger::Segmentation)),
            (vec![shape(&[1, 56, cells])], 1, Some(Stranger::Pose)),
            (vec![shape(&[1, 56, cells])], 80, Some(Stranger::Pose)),
            (vec![shape(&[1, 56, cells])], 52, None),
            (vec![shape(&[1, 20, cells])], 15, None),
            (vec![shape(&[1, 300, 6])], 80, Some(Stranger::Suppressed)),
            (vec![shape(&[1, 3 * cells, 85])], 80, Some(Stranger::Anchors)),
            (vec![shape(&[1, 1000])], 0, Some(Stranger::Classifier)),
            (vec![shape(&[1, 84, cells])], 80, None),
            (vec![vec![Some(1), None, None]], 80, None),
            (vec![], 80, None),
        ] {
            assert_eq!(stranger(head, &input(), classes, &shapes), wanted, "{shapes:?} with {classes}");
        }
    }

    fn shapes_of(head: &Head, classes: usize) -> Vec<Shape> {
        let outputs = head.outputs(&input(), classes);
        outputs.into_iter().map(|o| o.shape.into_iter().map(Some).collect()).collect()
    }

    #[test]
    fn each_head_knows_its_own_outputs_and_no_others() {
        for network in KINDS.iter().map(|kind| usual(kind.name)) {
            let classes = if network.kind().finds_faces_only { 1 } else { 20 };
            let shapes = shapes_of(&network, classes);
            for head in KINDS.iter().map(|kind| usual(kind.name)) {
                let found = head.classes_of(&input(), &shapes);
                let is_its_own = network.name() == head.name();
                let (network, head) = (network.name(), head.name());
                assert_eq!(found, is_its_own.then_some(classes), "{network} read by {head}");
            }
        }
    }

    #[test]
    fn outputs_in_turns_are_put_in_order_and_what_could_be_either_is_not() {
        let nanodet = &usual("nanodet");
        let mut shapes = shapes_of(nanodet, 20);
        let in_turns = [0, 3, 1, 4, 2, 5].map(|i: usize| shapes[i].clone());
        assert_eq!(nanodet.order_of(&input(), 20, &in_turns), Some(vec![0, 2, 4, 1, 3, 5]));
        // As many classes as distances: in another order nobody can tell which is which.
        shapes = shapes_of(nanodet, 32);
        assert_eq!(nanodet.order_of(&input(), 32, &shapes), Some(vec![0, 1, 2, 3, 4, 5]));
        shapes.swap(0, 1);
        assert_eq!(nanodet.order_of(&input(), 32, &shapes), None);
    }

    #[test]
    fn sizes_that_are_left_open_fit_and_nothing_fits_nothing() {
        let yolox = &usual("yolox");
        assert_eq!(yolox.classes_of(&input(), &[vec![Some(1), None, Some(85)]]), Some(80));
        for shapes in
            [vec![], vec![vec![]], vec![vec![None, None, None]], vec![vec![Some(1), Some(42), Some(5)]]]
        {
            assert_eq!(yolox.classes_of(&input(), &shapes), None, "{shapes:?}");
        }
    }
}
