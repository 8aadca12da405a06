//! Plausibility of boxes: what is too large, too small or too thin for that is no detection.
//!
//! A detector that is unsure takes a whole empty street for a car; such a box is the same in every picture of a night,
//! so no rule that waits can tell it from something that stands there. It is left out here, once, before anything
//! follows it. Evidence is redacted from all boxes: that something is implausible must never uncover anybody.

use super::detection::{Class, Detection};
use super::geometry::BBox;

/// A box that covers more than this part of the picture and touches three of its borders is no thing, where a camera
/// says nothing else. People before the lens reach 0.5 with three borders and 0.8 with two (clips of fights).
pub(crate) const LARGEST_BOX: f64 = 0.6;
/// A vehicle that a detector is less sure of than this and that covers more than [`LARGEST_UNSURE_VEHICLE`] of the picture,
/// cut by its lower border and another one, is none: the near half of an empty street scores up to 0.5 for as long as the
/// light falls so, a real vehicle that close 0.7 and more (the street clip, with walkers and without).
const SURE_VEHICLE: f32 = 0.55;
/// See [`SURE_VEHICLE`].
const LARGEST_UNSURE_VEHICLE: f32 = 0.4;
/// With so much of the picture it is none whatever it touches.
const NEARLY_ALL: f32 = 0.9;
/// So near to a border is at it: boxes of large things end a little inside.
pub(super) const AT_BORDER: f32 = 0.02;
/// Longer than that for its other side is no person and no vehicle, on a wide picture or an upright one: people are up
/// to three times as tall as wide, trains of lorries four times as wide as tall, and a picture's own shape is not known.
const MOST_ELONGATED: f32 = 10.0;
/// Width or height below this: two pixels of a model's 416.
const SMALLEST_SIDE: f32 = 0.005;
/// Width over height of a picture of which nothing else is known: nearly every camera of today is 16:9.
pub(super) const ASPECT: f32 = 16.0 / 9.0;

/// Whether a box may hold what it says. `largest` as in [`LARGEST_BOX`]; 1 asks nothing of large boxes.
pub(super) fn is_plausible(detection: &Detection, largest: f32) -> bool {
    let b = detection.box_in_frame.clipped();
    // Smoke fills a picture, and flames have any shape.
    if [Class::FIRE, Class::SMOKE].contains(&detection.class) {
        return true;
    }
    let borders = borders_touched(&b);
    let is_ground = is_vehicle(detection.class)
        && detection.score < SURE_VEHICLE
        && b.y1 >= 1.0 - AT_BORDER
        && borders >= 2
        && b.area() > largest_unsure_vehicle(largest);
    let is_too_large =
        largest < 1.0 && (b.area() > NEARLY_ALL || (borders >= 3 && b.area() > largest) || is_ground);
    let is_too_small = b.width() < SMALLEST_SIDE || b.height() < SMALLEST_SIDE;
    // What a border cuts has any shape.
    let shape = b.width() * ASPECT / b.height().max(f32::MIN_POSITIVE);
    let is_too_thin = borders == 0 && !(1.0 / MOST_ELONGATED..=MOST_ELONGATED).contains(&shape);
    !is_too_large && !is_too_small && !is_too_thin
}

fn is_vehicle(class: Class) -> bool {
    [Class::CAR, Class::BUS, Class::TRUCK].contains(&class)
}

/// Who says that things before a camera are larger than usual means those at two borders as well.
fn largest_unsure_vehicle(largest: f32) -> f32 {
    if largest > LARGEST_BOX as f32 { largest } else { LARGEST_UNSURE_VEHICLE.min(largest) }
}

fn borders_touched(b: &BBox) -> usize {
    let (low, high) = (AT_BORDER, 1.0 - AT_BORDER);
    [b.x0 <= low, b.y0 <= low, b.x1 >= high, b.y1 >= high].into_iter().filter(|touches| *touches).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: f32 = LARGEST_BOX as f32;

    fn of(class: Class, x0: f32, y0: f32, x1: f32, y1: f32) -> Detection {
        Detection { class, score: 0.27, box_in_frame: BBox { x0, y0, x1, y1 } }
    }

    #[test]
    fn what_fills_the_picture_up_to_three_borders_is_no_thing() {
        for class in [Class::CAR, Class::TRUCK, Class::PERSON, Class::named("bench")] {
            for (what, implausible) in [
                ("an empty street", of(class, 0.0, 0.15, 1.0, 1.0)),
                ("all of it", of(class, 0.0, 0.0, 1.0, 1.0)),
                ("nearly all of it, a little inside", of(class, 0.025, 0.025, 0.98, 0.98)),
                ("a box that jitters at the borders", of(class, 0.015, 0.2, 0.985, 0.99)),
                ("the left two thirds", of(class, 0.0, 0.0, 0.68, 1.0)),
            ] {
                assert!(!is_plausible(&implausible, USUAL), "{class}: {what}");
            }
        }
    }

    #[test]
    fn people_before_the_lens_lorries_and_smoke_are_things() {
        for (what, plausible) in [
            ("somebody before the lens", of(Class::PERSON, 0.2, 0.0, 0.9, 1.0)),
            ("somebody who leans in from the side", of(Class::PERSON, 0.0, 0.0, 0.5, 1.0)),
            ("a lorry that passes close by", of(Class::TRUCK, 0.0, 0.35, 1.0, 0.85)),
            ("a car that comes in", of(Class::CAR, 0.0, 0.6, 0.3, 0.9)),
            ("a cloud over everything", of(Class::SMOKE, 0.0, 0.0, 1.0, 1.0)),
            ("somebody far away", of(Class::PERSON, 0.5, 0.5, 0.506, 0.53)),
            ("somebody thin in a wide picture", of(Class::PERSON, 0.5, 0.4, 0.52, 0.6)),
            ("somebody who lies in an upright picture", of(Class::PERSON, 0.2, 0.6, 0.8, 0.72)),
            ("an arm's breadth at the border", of(Class::PERSON, 0.0, 0.3, 0.012, 0.9)),
        ] {
            assert!(is_plausible(&plausible, USUAL), "{what}");
        }
    }

    #[test]
    fn the_near_half_of_an_empty_street_is_no_vehicle_however_few_borders_it_touches() {
        for class in [Class::CAR, Class::TRUCK, Class::BUS] {
            for (score, phantom) in [
                (0.31, of(class, 0.0, 0.19, 0.77, 1.0)),
                (0.25, of(class, 0.0, 0.19, 0.77, 0.99)),
                (0.44, of(class, 0.016, 0.215, 0.64, 1.0)),
                (0.30, of(class, 0.3, 0.2, 1.0, 1.0)),
            ] {
                assert!(!is_plausible(&Detection { score, ..phantom }, USUAL), "{class}: {phantom:?}");
                assert!(
                    is_plausible(&Detection { score: 0.7, ..phantom }, USUAL),
                    "a sure {class}: {phantom:?}"
                );
                assert!(
                    is_plausible(&Detection { score, ..phantom }, 0.8),
                    "a camera of its own: {phantom:?}"
                );
            }
            for (what, plausible) in [
                ("one that comes in below", of(class, 0.0, 0.45, 0.6, 1.0)),
                ("one that stands free", of(class, 0.1, 0.2, 0.9, 0.95)),
                ("one cut below alone", of(class, 0.1, 0.3, 0.9, 1.0)),
                ("a lorry at both sides", of(class, 0.0, 0.3, 1.0, 0.9)),
            ] {
                assert!(is_plausible(&plausible, USUAL), "{class}: {what}");
            }
        }
        // People do stand that close, and half hidden they score little.
        assert!(is_plausible(&of(Class::PERSON, 0.0, 0.19, 0.77, 1.0), USUAL));
    }

    #[test]
    fn threads_and_specks_are_no_things() {
        for (what, implausible) in [
            ("a cable", of(Class::PERSON, 0.1, 0.5, 0.9, 0.52)),
            ("a post", of(Class::PERSON, 0.5, 0.1, 0.53, 0.9)),
            ("a speck", of(Class::CAR, 0.5, 0.5, 0.502, 0.52)),
        ] {
            assert!(!is_plausible(&implausible, USUAL), "{what}");
        }
    }

    #[test]
    fn a_camera_may_ask_nothing_of_large_boxes() {
        let whole = of(Class::CAR, 0.0, 0.0, 1.0, 1.0);
        assert!(is_plausible(&whole, 1.0));
        let half = of(Class::CAR, 0.0, 0.3, 1.0, 1.0);
        assert!(!is_plausible(&half, USUAL) && is_plausible(&half, 0.8));
    }
}
