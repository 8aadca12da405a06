//! Which head a network's outputs could be read by, told by their shapes alone: for a file that nobody has
//! described yet. A guess to help somebody along; [`Model::load`](crate::detector::Model::load) decides.

use super::{Head, HeadOutput, ModelInput};

/// Sizes of a tensor, batch first; `None` is left open by the network.
pub type Shape = Vec<Option<usize>>;

impl Head {
    /// The number of classes with which outputs of these shapes can be read by this head.
    pub fn classes_of(&self, input: &ModelInput, shapes: &[Shape]) -> Option<usize> {
        let size = |shape: &Shape, axis: usize| shape.get(axis).copied().flatten();
        let first = |axis, others: usize| size(shapes.first()?, axis)?.checked_sub(others).filter(|n| *n > 0);
        let mut counts: Vec<usize> = match self {
            Head::Yolox { .. } => first(2, 5).into_iter().collect(),
            Head::Yolov8 { .. } => first(1, 4).into_iter().collect(),
            Head::Nanodet { .. } => shapes.iter().filter_map(|shape| size(shape, 2)).collect(),
            Head::Scrfd { .. } | Head::Yunet { .. } => vec![1],
        };
        counts.dedup();
        counts.into_iter().find(|classes| self.order_of(input, *classes, shapes).is_some())
    }

    /// Which of the network's outputs is which of this head's, by shape: the file's own order where that fits,
    /// otherwise the only order that does. `None` where none fits, or several do.
    pub fn order_of(&self, input: &ModelInput, classes: usize, shapes: &[Shape]) -> Option<Vec<usize>> {
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

fn fits(shape: &Shape, wanted: &HeadOutput) -> bool {
    let same = |(has, want): (&Option<usize>, &usize)| has.is_none_or(|has| has == *want);
    shape.len() == wanted.shape.len() && shape.iter().zip(&wanted.shape).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::convert::{Colour, Fit};

    fn input() -> ModelInput {
        ModelInput {
            width: 64,
            height: 32,
            colour: Colour::Rgb,
            mean: [0.0; 3],
            std: [1.0; 3],
            fit: Fit::Stretch,
            pad: 0.0,
        }
    }

    fn heads() -> [Head; 5] {
        let strides = vec![8, 16, 32];
        [
            Head::Yolox { strides: strides.clone() },
            Head::Nanodet { strides: strides.clone(), reg_max: 7, cell_centre: 0.5 },
            Head::Yolov8 { strides: strides.clone() },
            Head::Scrfd { strides: strides.clone(), anchors: 2 },
            Head::Yunet { strides },
        ]
    }

    fn shapes_of(head: &Head, classes: usize) -> Vec<Shape> {
        let outputs = head.outputs(&input(), classes);
        outputs.into_iter().map(|o| o.shape.into_iter().map(Some).collect()).collect()
    }

    #[test]
    fn each_head_knows_its_own_outputs_and_no_others() {
        for (number, network) in heads().iter().enumerate() {
            let classes = if number < 3 { 20 } else { 1 };
            let shapes = shapes_of(network, classes);
            for (other, head) in heads().iter().enumerate() {
                let found = head.classes_of(&input(), &shapes);
                assert_eq!(
                    found,
                    (number == other).then_some(classes),
                    "{} read by {}",
                    network.name(),
                    head.name()
                );
            }
        }
    }

    #[test]
    fn outputs_in_turns_are_put_in_order_and_what_could_be_either_is_not() {
        let nanodet = &heads()[1];
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
        let yolox = &heads()[0];
        assert_eq!(yolox.classes_of(&input(), &[vec![Some(1), None, Some(85)]]), Some(80));
        for shapes in
            [vec![], vec![vec![]], vec![vec![None, None, None]], vec![vec![Some(1), Some(42), Some(5)]]]
        {
            assert_eq!(yolox.classes_of(&input(), &shapes), None, "{shapes:?}");
        }
    }
}
