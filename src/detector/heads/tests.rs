//! Heads on numbers worked out by hand, and on rubbish.

use proptest::prelude::*;

use super::super::convert::{Colour, Fit};
use super::*;

/// A 64x32 input: 32 cells of stride 8, 8 of stride 16, 2 of stride 32.
fn small_input() -> ModelInput {
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

const STRIDES: [usize; 3] = [8, 16, 32];

fn strides() -> Vec<usize> {
    STRIDES.to_vec()
}

fn person_and_car() -> [Wanted; 2] {
    [
        Wanted { column: 0, class: Class::PERSON, at_least: 0.4 },
        Wanted { column: 2, class: Class::CAR, at_least: 0.5 },
    ]
}

fn face() -> [Wanted; 1] {
    [Wanted { column: 0, class: Class::FACE, at_least: 0.5 }]
}

fn decoded(head: &Head, outputs: &[Vec<f32>], wanted: &[Wanted]) -> Vec<Candidate> {
    let outputs: Vec<&[f32]> = outputs.iter().map(Vec::as_slice).collect();
    let mut found = Vec::new();
    head.decode(&outputs, &small_input(), wanted, &mut found);
    found
}

fn assert_one_box(found: &[Candidate], class: Class, score: f32, [x0, y0, x1, y1]: [f32; 4]) {
    let [one] = found else { panic!("one box was expected, not {found:?}") };
    assert_eq!(one.class, class);
    assert!((one.score - score).abs() < 1e-5, "score {} where {score} was expected", one.score);
    let b = one.box_in_model;
    for (got, want) in [(b.x0, x0), (b.y0, y0), (b.x1, x1), (b.y1, y1)] {
        assert!((got - want).abs() < 1e-3, "{b:?} where {:?} was expected", [x0, y0, x1, y1]);
    }
}

/// Outputs of the right shapes, all zero.
fn blank(head: &Head, classes: usize) -> Vec<Vec<f32>> {
    head.outputs(&small_input(), classes).iter().map(|o| vec![0.0; o.shape.iter().product()]).collect()
}

#[test]
fn yolox_moves_the_centre_from_the_cells_corner_and_multiplies_the_scores() {
    let head = Head::Yolox { strides: strides() };
    let mut outputs = blank(&head, 3);
    assert_eq!(head.outputs(&small_input(), 3)[0].shape, [1, 42, 8]);
    // Cell 5 of stride 16 is column 1, row 1 (four columns); 32 cells of stride 8 come before it.
    let row = &mut outputs[0][(32 + 5) * 8..][..8];
    row.copy_from_slice(&[0.25, 0.5, 2f32.ln(), 0.0, 0.9, 0.8, 1.0, 0.1]);
    // centre (1.25, 1.5) * 16 = (20, 24), size (2, 1) * 16 = (32, 16), score 0.9 * 0.8; class 1 is not wanted.
    assert_one_box(
        &decoded(&head, &outputs, &person_and_car()),
        Class::PERSON,
        0.72,
        [4.0, 16.0, 36.0, 32.0],
    );
}

#[test]
fn yolov8_reads_columns_of_finished_boxes() {
    let head = Head::Yolov8 { strides: strides() };
    let mut outputs = blank(&head, 3);
    assert_eq!(head.outputs(&small_input(), 3)[0].shape, [1, 7, 42]);
    for (row, value) in [30.0, 16.0, 20.0, 8.0, 0.3, 0.99, 0.6].into_iter().enumerate() {
        outputs[0][row * 42 + 40] = value;
    }
    assert_one_box(&decoded(&head, &outputs, &person_and_car()), Class::CAR, 0.6, [20.0, 12.0, 40.0, 20.0]);
}

#[test]
fn yolov8_reads_the_same_boxes_from_an_output_that_was_turned() {
    let plain = Head::Yolov8 { strides: strides() };
    let turned = plain.turned().expect("exporters turn it");
    let mut outputs = [blank(&plain, 3), blank(&turned, 3)];
    assert_eq!(turned.outputs(&small_input(), 3)[0].shape, [1, 42, 7]);
    for (row, value) in [30.0, 16.0, 20.0, 8.0, 0.3, 0.99, 0.6].into_iter().enumerate() {
        outputs[0][0][row * 42 + 40] = value;
        outputs[1][0][40 * 7 + row] = value;
    }
    let [as_it_was, turned_back] =
        [(&plain, &outputs[0]), (&turned, &outputs[1])].map(|(head, o)| decoded(head, o, &person_and_car()));
    assert_one_box(&turned_back, Class::CAR, 0.6, [20.0, 12.0, 40.0, 20.0]);
    assert_eq!(turned_back, as_it_was);
    // A score of 1.5 is told, a coordinate of 30 is none.
    let values = |o: &[Vec<f32>]| turned.first_impossible_score(&[&o[0]], &small_input());
    assert_eq!(values(&outputs[1]), None);
    outputs[1][0][41 * 7 + 5] = 1.5;
    assert_eq!(values(&outputs[1]), Some(1.5));
}

#[test]
fn nanodet_takes_the_mean_of_each_edges_distribution() {
    let head = Head::Nanodet { strides: strides(), reg_max: 3, cell_centre: 0.5 };
    let mut outputs = blank(&head, 3);
    // Stride 32, cell 1: reference point (1.5, 0.5) * 32 = (48, 16).
    outputs[2][3..6].copy_from_slice(&[0.1, 0.2, 0.7]);
    let certain = |bin: usize| (0..4).map(|b| if b == bin { 40.0 } else { 0.0 }).collect::<Vec<f32>>();
    // left exactly 1 cell, top even over 0..=3 (mean 1.5), right 0 cells plus nothing, bottom 2 cells.
    let distances = [certain(1), vec![5.0; 4], certain(0), certain(2)].concat();
    outputs[5][16..32].copy_from_slice(&distances);
    let found = decoded(&head, &outputs, &person_and_car());
    assert_one_box(&found, Class::CAR, 0.7, [16.0, -32.0, 48.0, 80.0]);
    let plus = Head::Nanodet { strides: strides(), reg_max: 3, cell_centre: 0.0 };
    let found = decoded(&plus, &outputs, &person_and_car());
    assert_one_box(&found, Class::CAR, 0.7, [0.0, -48.0, 32.0, 64.0]);
}

#[test]
fn scrfd_has_two_boxes_in_each_cell() {
    let head = Head::Scrfd { strides: strides(), anchors: 2 };
    let mut outputs = blank(&head, 1);
    assert_eq!(head.outputs(&small_input(), 1)[0].shape, [1, 64, 1]);
    // Stride 8, cell 9 (column 1, row 1 of eight columns), second box.
    outputs[0][19] = 0.75;
    outputs[3][19 * 4..20 * 4].copy_from_slice(&[0.5, 0.25, 1.0, 2.0]);
    assert_one_box(&decoded(&head, &outputs, &face()), Class::FACE, 0.75, [4.0, 6.0, 16.0, 24.0]);
}

#[test]
fn yunet_scores_with_the_geometric_mean() {
    let head = Head::Yunet { strides: strides() };
    let mut outputs = blank(&head, 1);
    // Stride 16, cell 6: column 2, row 1.
    outputs[1][6] = 0.9;
    outputs[4][6] = 0.4;
    outputs[7][24..28].copy_from_slice(&[0.5, 0.0, 0.0, 2f32.ln()]);
    // centre (2.5, 1) * 16 = (40, 16), size (1, 2) * 16, score sqrt(0.36).
    assert_one_box(&decoded(&head, &outputs, &face()), Class::FACE, 0.6, [32.0, 0.0, 48.0, 32.0]);
}

#[test]
fn centerface_reads_height_and_width_of_a_face_around_its_middle() {
    let head = Head::CenterFace;
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
fn a_class_that_nobody_wants_does_not_hide_one_that_is_wanted() {
    let head = Head::Yolov8 { strides: strides() };
    let mut outputs = blank(&head, 3);
    for (row, value) in [30.0, 16.0, 20.0, 8.0, 0.45, 0.99, 0.48].into_iter().enumerate() {
        outputs[0][row * 42] = value;
    }
    // Of the wanted, the car scores highest but too low for a car.
    assert_one_box(
        &decoded(&head, &outputs, &person_and_car()),
        Class::PERSON,
        0.45,
        [20.0, 12.0, 40.0, 20.0],
    );
}

fn candidate(class: Class, score: f32, box_in_model: [f32; 4]) -> Candidate {
    let [x0, y0, x1, y1] = box_in_model;
    Candidate { class, score, box_in_model: BBox { x0, y0, x1, y1 } }
}

#[test]
fn of_overlapping_boxes_of_one_class_the_surest_stays() {
    let mut found = vec![
        candidate(Class::PERSON, 0.6, [1.0, 0.0, 11.0, 10.0]), // IoU 0.82 with the next
        candidate(Class::PERSON, 0.9, [0.0, 0.0, 10.0, 10.0]),
        candidate(Class::CAR, 0.5, [0.0, 0.0, 10.0, 10.0]),
        candidate(Class::PERSON, 0.3, [5.0, 0.0, 15.0, 10.0]), // IoU 0.33 with the second
    ];
    suppress_doubles(&mut found, 0.5);
    let kept: Vec<(Class, f32)> = found.iter().map(|c| (c.class, c.score)).collect();
    assert_eq!(kept, [(Class::PERSON, 0.9), (Class::CAR, 0.5), (Class::PERSON, 0.3)]);
}

#[test]
fn rubbish_from_a_network_is_bounded_work() {
    let mut found: Vec<Candidate> = (0..50_000)
        .map(|i| {
            let (x, y) = ((i % 500) as f32 * 10.0, (i / 500) as f32 * 10.0);
            candidate(Class::PERSON, (i % 1000) as f32 / 1000.0, [x, y, x + 5.0, y + 5.0])
        })
        .collect();
    suppress_doubles(&mut found, 0.5);
    assert_eq!(found.len(), 300);
    assert!(found.iter().all(|c| c.score > 0.97), "the surest ones were not kept");
}

fn heads() -> impl Strategy<Value = Head> {
    prop_oneof![
        Just(Head::Yolox { strides: strides() }),
        (1usize..9, 0f32..1.0).prop_map(|(reg_max, cell_centre)| Head::Nanodet {
            strides: strides(),
            reg_max,
            cell_centre
        }),
        Just(Head::Yolov8 { strides: strides() }),
        Just(Head::Yolov8Turned { strides: strides() }),
        (1usize..4).prop_map(|anchors| Head::Scrfd { strides: strides(), anchors }),
        Just(Head::Yunet { strides: strides() }),
        Just(Head::CenterFace),
    ]
}

/// Values as a broken graph may put out, among some that look reasonable.
fn rubbish() -> impl Strategy<Value = f32> {
    prop_oneof![
        any::<f32>(),
        Just(f32::NAN),
        Just(f32::INFINITY),
        Just(f32::NEG_INFINITY),
        -3f32..3.0,
        0f32..1.0,
    ]
}

proptest! {
    #[test]
    fn rubbish_never_panics_and_what_remains_are_boxes(
        head in heads(),
        classes in 1usize..5,
        values in prop::collection::vec(rubbish(), 64),
        cut in prop::option::of((0usize..12, 0usize..400)),
        iou in rubbish(),
    ) {
        let mut next = values.iter().cycle();
        let mut outputs: Vec<Vec<f32>> = head
            .outputs(&small_input(), classes)
            .iter()
            .map(|o| next.by_ref().take(o.shape.iter().product()).copied().collect())
            .collect();
        // Also outputs that are shorter than they should be, and too few of them.
        if let Some((which, length)) = cut {
            match outputs.get_mut(which) {
                Some(output) => output.truncate(length),
                None => outputs.truncate(length % 3),
            }
        }
        let wanted: Vec<Wanted> = (0..6)
            .map(|column| Wanted { column, class: Class::STREET[column], at_least: 0.3 })
            .collect();
        let views: Vec<&[f32]> = outputs.iter().map(Vec::as_slice).collect();
        let _ = head.first_impossible_score(&views, &small_input());
        let mut found = decoded(&head, &outputs, &wanted);
        suppress_doubles(&mut found, iou);
        for c in found {
            let b = c.box_in_model;
            prop_assert!((0.3..=1.0).contains(&c.score), "{c:?}");
            prop_assert!(b.x0 < b.x1 && b.y0 < b.y1, "{c:?}");
            prop_assert!([b.x0, b.y0, b.x1, b.y1].iter().all(|v| v.is_finite()), "{c:?}");
        }
    }

    #[test]
    fn boxes_that_stay_overlap_no_more_than_allowed_and_suppressing_again_changes_nothing(
        boxes in prop::collection::vec((0u8..2, 0f32..1.0, 0f32..50.0, 0f32..50.0, 1f32..40.0, 1f32..40.0), 0..60),
        iou in 0.05f32..0.95,
    ) {
        let mut found: Vec<Candidate> = boxes
            .into_iter()
            .map(|(class, score, x, y, w, h)| candidate(Class::STREET[usize::from(class)], score, [x, y, x + w, y + h]))
            .collect();
        let before = found.clone();
        suppress_doubles(&mut found, iou);
        for (i, a) in found.iter().enumerate() {
            for b in &found[i + 1..] {
                prop_assert!(a.score >= b.score);
                prop_assert!(a.class != b.class || a.box_in_model.iou(&b.box_in_model) <= iou);
            }
        }
        // Whatever went has a surer one of its class that it overlaps.
        for gone in before.iter().filter(|c| !found.contains(c)) {
            let covered = found.iter().any(|k| {
                k.class == gone.class && k.score >= gone.score && k.box_in_model.iou(&gone.box_in_model) > iou
            });
            prop_assert!(covered, "{gone:?} went without a reason");
        }
        let once = found.clone();
        suppress_doubles(&mut found, iou);
        prop_assert_eq!(found, once);
    }
}

#[test]
fn a_score_that_is_no_probability_is_noticed_where_it_is_and_nowhere_else() {
    let impossible = |head: &Head, which: usize, place: usize| {
        let mut outputs = blank(head, 3);
        outputs[which][place] = 7.5;
        let views: Vec<&[f32]> = outputs.iter().map(Vec::as_slice).collect();
        head.first_impossible_score(&views, &small_input())
    };
    let yolox = Head::Yolox { strides: strides() };
    assert_eq!((impossible(&yolox, 0, 4), impossible(&yolox, 0, 3)), (Some(7.5), None));
    let yolov8 = Head::Yolov8 { strides: strides() };
    assert_eq!((impossible(&yolov8, 0, 4 * 42), impossible(&yolov8, 0, 4 * 42 - 1)), (Some(7.5), None));
    let nanodet = Head::Nanodet { strides: strides(), reg_max: 7, cell_centre: 0.5 };
    assert_eq!((impossible(&nanodet, 2, 0), impossible(&nanodet, 3, 0)), (Some(7.5), None));
    let yunet = Head::Yunet { strides: strides() };
    assert_eq!((impossible(&yunet, 5, 0), impossible(&yunet, 6, 0)), (Some(7.5), None));
    let centerface = Head::CenterFace;
    assert_eq!((impossible(&centerface, 0, 127), impossible(&centerface, 1, 0)), (Some(7.5), None));
}
