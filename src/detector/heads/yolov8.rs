//! YOLOv8's form: everything is decoded in the graph. Rows are x, y, w, h and one score per class, columns are cells;
//! turned, it is the other way round.

use super::{
    Candidate, Head, HeadOutput, Kind, Layout, ModelInput, SelectedClass, Shape, Usual, all_cells,
    behind_the_box, classes_behind, edges, keep_all_at, one_output,
};
use crate::text::model as say;

/// What its makers do: Ultralytics' export, RGB in 0..1, centred on 114; score 0.25, NMS 0.7.
pub(super) const KIND: Kind = Kind {
    name: "yolov8",
    usual: Usual {
        colour: "rgb",
        fit: "letterbox-centre",
        pad: 114.0,
        mean: [0.0; 3],
        std: [255.0; 3],
        threshold: 0.25,
        nms_iou: 0.7,
    },
    own: &[],
    only_stride: None,
    finds_faces_only: false,
    reads_any_size: false,
    // An angle, or joints of a number of one's own, look like classes.
    not_classes: Some(say::not_classes),
    head: |strides, _| Head::Yolov8(Yolov8 { strides, is_turned: false }),
};

/// YOLOv8's form: one output `[1, 4 + classes, cells]`, centre and size in model pixels, then class scores. Turned, as
/// some exporters do it, the output is `[1, cells, 4 + classes]`; a manifest never says so: the shape does.
#[derive(Debug, Clone, PartialEq)]
pub struct Yolov8 {
    /// Only their number of cells matters.
    strides: Vec<usize>,
    is_turned: bool,
}

impl Layout for Yolov8 {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn strides(&self) -> &[usize] {
        &self.strides
    }

    fn outputs(&self, input: &ModelInput, classes: usize) -> Vec<HeadOutput> {
        let (values, cells) = (4 + classes, all_cells(&self.strides, input));
        one_output(if self.is_turned { [1, cells, values] } else { [1, values, cells] })
    }

    fn possible_classes(&self, shapes: &[Shape]) -> Vec<usize> {
        classes_behind(shapes, if self.is_turned { 2 } else { 1 }, 4)
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
        if cells == 0 || output.len() < 5 * cells {
            return;
        }
        let values = output.len() / cells;
        let place = |value: usize, cell: usize| {
            if self.is_turned { cell * values + value } else { value * cells + cell }
        };
        for cell in 0..cells {
            let value_of = |value: usize| output.get(place(value, cell)).copied().unwrap_or(0.0);
            let score_of = |column: usize| if column + 4 < values { value_of(column + 4) } else { 0.0 };
            keep_all_at(found, wanted, score_of, || {
                edges(value_of(0), value_of(1), value_of(2), value_of(3))
            });
        }
    }

    fn scores<'o>(&self, outputs: &'o [&'o [f32]], input: &ModelInput) -> Box<dyn Iterator<Item = f32> + 'o> {
        let cells = all_cells(&self.strides, input);
        if self.is_turned {
            return behind_the_box(outputs, cells);
        }
        let output: &[f32] = outputs.first().copied().unwrap_or_default();
        Box::new(output.iter().skip(4 * cells).copied())
    }

    fn turned(&self) -> Option<Head> {
        Some(Head::Yolov8(Yolov8 { strides: self.strides.clone(), is_turned: !self.is_turned }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::*;

    #[test]
    fn columns_are_finished_boxes() {
        let head = usual("yolov8");
        let mut outputs = blank(&head, 3);
        assert_eq!(head.outputs(&small_input(), 3)[0].shape, [1, 7, 42]);
        for (row, value) in [30.0, 16.0, 20.0, 8.0, 0.3, 0.99, 0.6].into_iter().enumerate() {
            outputs[0][row * 42 + 40] = value;
        }
        let found = decoded(&head, &outputs, &person_and_car());
        assert_one_box(&found, Class::CAR, 0.6, [20.0, 12.0, 40.0, 20.0]);
    }

    #[test]
    fn a_rider_and_the_machine_are_two_and_a_vehicle_is_one() {
        let head = usual("yolov8");
        let wanted =
            [("person", 0.4), ("two_wheeler", 0.3), ("two_wheeler", 0.3), ("car", 0.3), ("truck", 0.3)];
        let wanted: Vec<SelectedClass> = (0..)
            .zip(wanted)
            .map(|(column, (class, at_least))| SelectedClass { column, class: Class::named(class), at_least })
            .collect();
        let at_one_place = |scores: [f32; 5]| {
            let mut outputs = blank(&head, 5);
            for (row, value) in [30.0, 16.0, 20.0, 8.0].into_iter().chain(scores).enumerate() {
                outputs[0][row * 42 + 40] = value;
            }
            let mut found: Vec<(&str, f32)> =
                decoded(&head, &outputs, &wanted).iter().map(|c| (c.class.name(), c.score)).collect();
            found.sort_by_key(|(name, _)| *name);
            found
        };
        assert_eq!(at_one_place([0.5, 0.4, 0.6, 0.0, 0.0]), [("person", 0.5), ("two_wheeler", 0.6)]);
        assert_eq!(at_one_place([0.9, 0.2, 0.45, 0.0, 0.0]), [("person", 0.9), ("two_wheeler", 0.45)]);
        assert_eq!(
            at_one_place([0.9, 0.2, 0.35, 0.0, 0.0]),
            [("person", 0.9), ("two_wheeler", 0.35)],
            "a rider hides much of the machine"
        );
        assert_eq!(
            at_one_place([0.45, 0.2, 0.95, 0.0, 0.0]),
            [("two_wheeler", 0.95)],
            "it stands there alone"
        );
        assert_eq!(at_one_place([0.3, 0.2, 0.6, 0.0, 0.0]), [("two_wheeler", 0.6)], "nobody rides it");
        assert_eq!(at_one_place([0.5, 0.0, 0.0, 0.6, 0.5]), [("car", 0.6)], "a car hides who is in it");
    }

    #[test]
    fn the_same_boxes_are_read_from_an_output_that_was_turned() {
        let plain = usual("yolov8");
        let turned = plain.turned().expect("exporters turn it");
        let mut outputs = [blank(&plain, 3), blank(&turned, 3)];
        assert_eq!(turned.outputs(&small_input(), 3)[0].shape, [1, 42, 7]);
        for (row, value) in [30.0, 16.0, 20.0, 8.0, 0.3, 0.99, 0.6].into_iter().enumerate() {
            outputs[0][0][row * 42 + 40] = value;
            outputs[1][0][40 * 7 + row] = value;
        }
        let [as_it_was, turned_back] = [(&plain, &outputs[0]), (&turned, &outputs[1])]
            .map(|(head, o)| decoded(head, o, &person_and_car()));
        assert_one_box(&turned_back, Class::CAR, 0.6, [20.0, 12.0, 40.0, 20.0]);
        assert_eq!(turned_back, as_it_was);
        // A score of 1.5 is reported, a coordinate of 30 is none.
        let values = |o: &[Vec<f32>]| turned.first_impossible_score(&[&o[0]], &small_input());
        assert_eq!(values(&outputs[1]), None);
        outputs[1][0][41 * 7 + 5] = 1.5;
        assert_eq!(values(&outputs[1]), Some(1.5));
    }

    #[test]
    fn a_turned_output_is_known_by_its_shape() {
        let head = usual("yolov8");
        let turned = head.turned().expect("exporters turn it");
        let shapes = [vec![Some(1), Some(42), Some(84)]];
        assert_eq!(head.classes_of(&small_input(), &shapes), None);
        assert_eq!(turned.classes_of(&small_input(), &shapes), Some(80));
        assert_eq!((turned.name(), turned.turned()), ("yolov8", Some(head)));
    }

    #[test]
    fn scores_must_be_probabilities_and_coordinates_need_not() {
        let head = usual("yolov8");
        assert_eq!((impossible(&head, 0, 4 * 42), impossible(&head, 0, 4 * 42 - 1)), (Some(7.5), None));
    }

    #[test]
    fn a_class_that_nobody_wants_does_not_hide_one_that_is_wanted() {
        let head = usual("yolov8");
        let mut outputs = blank(&head, 3);
        for (row, value) in [30.0, 16.0, 20.0, 8.0, 0.45, 0.99, 0.48].into_iter().enumerate() {
            outputs[0][row * 42] = value;
        }
        // Of the wanted, the car scores highest but too low for a car.
        let found = decoded(&head, &outputs, &person_and_car());
        assert_one_box(&found, Class::PERSON, 0.45, [20.0, 12.0, 40.0, 20.0]);
    }
}
