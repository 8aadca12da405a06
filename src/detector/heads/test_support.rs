//! Test support of the heads: a small input, outputs to write into, and what is expected of boxes.

pub(super) use super::*;

use super::super::convert::{Colour, Fit};

/// A 64x32 input: 32 cells of stride 8, 8 of stride 16, 2 of stride 32.
pub(super) fn small_input() -> ModelInput {
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

/// The head of that name, as it usually is.
pub(super) fn usual(name: &str) -> Head {
    Head::usual(name).unwrap_or_else(|| panic!("there is no head `{name}`"))
}

/// The head of that name with parameters of its own.
pub(super) fn with(name: &str, own: &[(&'static str, f64)]) -> Head {
    let kind = kind_named(name).unwrap_or_else(|| panic!("there is no head `{name}`"));
    (kind.head)(USUAL_STRIDES.to_vec(), &own.iter().copied().collect())
}

pub(super) fn person_and_car() -> [SelectedClass; 2] {
    [
        SelectedClass { column: 0, class: Class::PERSON, at_least: 0.4 },
        SelectedClass { column: 2, class: Class::CAR, at_least: 0.5 },
    ]
}

pub(super) fn face() -> [SelectedClass; 1] {
    [SelectedClass { column: 0, class: Class::FACE, at_least: 0.5 }]
}

pub(super) fn decoded(head: &Head, outputs: &[Vec<f32>], wanted: &[SelectedClass]) -> Vec<Candidate> {
    let outputs: Vec<&[f32]> = outputs.iter().map(Vec::as_slice).collect();
    let mut found = Vec::new();
    head.decode(&outputs, &small_input(), wanted, &mut found);
    found
}

pub(super) fn assert_one_box(found: &[Candidate], class: Class, score: f32, [x0, y0, x1, y1]: [f32; 4]) {
    let [one] = found else { panic!("one box was expected, not {found:?}") };
    assert_eq!(one.class, class);
    assert!((one.score - score).abs() < 1e-5, "score {} where {score} was expected", one.score);
    let b = one.box_in_model;
    for (got, want) in [(b.x0, x0), (b.y0, y0), (b.x1, x1), (b.y1, y1)] {
        assert!((got - want).abs() < 1e-3, "{b:?} where {:?} was expected", [x0, y0, x1, y1]);
    }
}

/// Outputs of the right shapes, all zero.
pub(super) fn blank(head: &Head, classes: usize) -> Vec<Vec<f32>> {
    head.outputs(&small_input(), classes).iter().map(|o| vec![0.0; o.shape.iter().product()]).collect()
}

/// What is said of one value of 7.5 at that place of that output.
pub(super) fn impossible(head: &Head, which: usize, place: usize) -> Option<f32> {
    let mut outputs = blank(head, 3);
    outputs[which][place] = 7.5;
    let views: Vec<&[f32]> = outputs.iter().map(Vec::as_slice).collect();
    head.first_impossible_score(&views, &small_input())
}
