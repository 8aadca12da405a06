//! What pairs of pictures say of a box: flames, still things, and all that is neither.

use super::*;
use crate::analysis::detection::Detection;
use crate::analysis::test_support::*;

/// Sixteen cells wide and nine high, in the middle of the picture.
const BOX: BBox = BBox { x0: 0.45, y0: 0.5, x1: 0.55, y1: 0.6 };

/// Some number that looks like chance.
fn mixed(number: usize) -> u32 {
    let number = (number as u32).wrapping_mul(2_654_435_761);
    (number ^ (number >> 15)).wrapping_mul(2_246_822_519) >> 8
}

/// A view of blocks; another number is another view. A second number moves it to the left by so many cells.
fn view(number: usize, moved: usize) -> Coarse {
    let mut picture = Coarse::even(0);
    for (cell, luma) in picture.luma.iter_mut().enumerate() {
        let block = (cell % COLUMNS + moved) / 7 + cell / COLUMNS / 6 * 64;
        *luma = 50 + (mixed(block + number * 8192) % 110) as u8;
    }
    picture
}

/// The same with something in the box that looks different at each number.
fn with_flames(mut picture: Coarse, number: usize) -> Coarse {
    each_cell(&BOX, |cell| {
        let tongue = cell % COLUMNS / 4 + cell / COLUMNS / 4 * 64;
        picture.luma[cell] = 40 + (mixed(tongue + number * 8192) % 200) as u8;
    });
    picture
}

/// What two pictures, a second apart, say of the box, with what is found in the later one.
fn said(pictures: [&Coarse; 2], tracks: &[Track]) -> Option<Witness> {
    let mut change = PixelChange::new();
    change.see(moment(9.0), pictures[0]);
    assert!(change.judge(moment(9.0), &[], true).is_none(), "one picture is no pair");
    change.see(moment(10.0), pictures[1]);
    change.judge(moment(10.0), tracks, true).map(|changes| changes.under(&BOX))
}

fn found(detection: Detection) -> Track {
    standing_track(1, 8.0, 10.0, detection)
}

#[test]
fn flames_change_and_a_still_thing_does_not() {
    let street = view(0, 0);
    let mut noisy = street.clone();
    noisy.luma.iter_mut().enumerate().for_each(|(cell, luma)| *luma += (mixed(cell) % 5) as u8);
    let burning = |number| with_flames(street.clone(), number);
    assert_eq!(said([&street, &noisy], &[]), Some(Witness::Still));
    assert_eq!(said([&burning(1), &burning(2)], &[]), Some(Witness::Lively));
    assert_eq!(said([&burning(1), &burning(1)], &[]), Some(Witness::Still));
    // Colour alone is enough.
    let mut red = street.clone();
    each_cell(&BOX, |cell| red.chroma[1][cell] = 150);
    assert_eq!(said([&street, &red], &[]), Some(Witness::Lively));
}

#[test]
fn a_place_that_a_hand_passed_or_to_which_something_came_changes_once() {
    let table = view(0, 0);
    let mut hand = table.clone();
    each_cell(&BOX.grown(0.02, 0.1), |cell| hand.luma[cell] = 230);
    let burning = |number| with_flames(table.clone(), number);
    let (still, lively) = (Some(Witness::Still), Some(Witness::Lively));
    let mut change = PixelChange::new();
    let mut said = |secs: f64, picture: &Coarse| {
        change.see(moment(secs), picture);
        change.judge(moment(secs), &[], true).map(|changes| changes.under(&BOX))
    };
    let seen = [
        (&table, None),
        (&table, still),
        (&hand, lively),
        (&table, still),
        (&table, still),
        (&hand, lively),
        (&hand, still),
        (&burning(1), lively),
        (&burning(2), lively),
        (&burning(3), lively),
    ];
    for (second, (picture, expected)) in seen.into_iter().enumerate() {
        assert_eq!(said(second as f64, picture), expected, "second {second}");
    }
}

#[test]
fn another_exposure_and_white_balance_are_no_change() {
    let street = view(0, 0);
    for gain in [0.6, 0.9, 1.1, 1.5] {
        let mut other = street.clone();
        other.luma.iter_mut().for_each(|luma| *luma = (gain * f32::from(*luma)).round() as u8);
        other.chroma[0].fill(119);
        other.chroma[1].fill(136);
        assert_eq!(said([&street, &other], &[]), Some(Witness::Still), "{gain}");
        assert_eq!(said([&street, &with_flames(other, 1)], &[]), Some(Witness::Lively), "{gain}");
    }
}

#[test]
fn a_camera_that_trembles_changes_nothing_and_one_that_turns_cannot_say() {
    let street = view(0, 0);
    for moved in [1, 2] {
        assert_eq!(said([&street, &view(0, moved)], &[]), Some(Witness::Still), "{moved} cells");
    }
    assert_eq!(said([&street, &view(1, 0)], &[]), Some(Witness::Moving));
}

#[test]
fn people_and_passing_vehicles_are_left_out_and_a_burning_one_is_not() {
    let street = view(0, 0);
    let (before, after) = (with_flames(street.clone(), 1), with_flames(street, 2));
    let at = |found: Detection, box_in_frame| Detection { box_in_frame, ..found };
    let all = BOX.grown(0.05, 0.05);
    let somebody = found(at(person(0.5, 0.6), all));
    assert_eq!(said([&before, &after], &[somebody]), Some(Witness::Hidden), "a red coat");
    let bike = || Detection { class: Class::TWO_WHEELER, ..car(0.5, 0.6) };
    for vehicle in [car(0.5, 0.6), bike()] {
        let vehicle = found(at(vehicle, all));
        assert_eq!(said([&before, &after], &[vehicle]), Some(Witness::Lively), "what burns itself");
    }
    let rider = [found(at(person(0.5, 0.6), all)), found(at(bike(), all))];
    assert_eq!(said([&before, &after], &rider), Some(Witness::Hidden), "who rides past in a red coat");
    // Something that passes over a corner changes that corner alone.
    let corner = BBox { x1: BOX.x0 + 0.02, ..BOX };
    let mut passed = view(0, 0);
    each_cell(&corner, |cell| passed.luma[cell] = 250);
    assert_eq!(said([&view(0, 0), &passed], &[]), Some(Witness::Lively));
    let vehicle = found(at(car(0.5, 0.6), corner));
    assert_eq!(said([&view(0, 0), &passed], &[vehicle]), Some(Witness::Still));
}

#[test]
fn what_keeps_still_before_most_of_a_box_hides_it_and_before_less_does_not() {
    let street = view(0, 0);
    let before = |detection: Detection, share: f32| {
        let x1 = BOX.x0 + share * BOX.width();
        let thing = found(Detection { box_in_frame: BBox { x1, ..BOX }, ..detection });
        said([&street, &street], &[thing])
    };
    for detection in
        [person(0.5, 0.6), car(0.5, 0.6), Detection { class: Class::TWO_WHEELER, ..car(0.5, 0.6) }]
    {
        let class = detection.class;
        assert_eq!(before(detection, 0.9), Some(Witness::Hidden), "{class:?}");
        assert_eq!(before(detection, 0.6), Some(Witness::Hidden), "{class:?}");
        assert_eq!(before(detection, 0.2), Some(Witness::Still), "{class:?}");
    }
    // Flames beside it are seen all the same.
    let (before, after) = (with_flames(street.clone(), 1), with_flames(street, 2));
    let half = BBox { x1: 0.5, ..BOX };
    let bike = found(Detection { class: Class::TWO_WHEELER, box_in_frame: half, ..car(0.5, 0.6) });
    assert_eq!(said([&before, &after], &[bike]), Some(Witness::Lively));
}

#[test]
fn an_even_picture_cannot_say_whether_what_fills_it_changes() {
    let large = BBox { x0: 0.1, y0: 0.1, x1: 0.9, y1: 0.9 };
    let under = |picture: &Coarse, b: &BBox| {
        let mut change = PixelChange::new();
        for secs in [9.0, 10.0] {
            change.see(moment(secs), picture);
            if let Some(changes) = change.judge(moment(secs), &[], true) {
                return changes.under(b);
            }
        }
        panic!("two pictures are a pair")
    };
    let mut smoke = view(0, 0);
    each_cell(&large, |cell| smoke.luma[cell] = 150 + (cell / COLUMNS / 4) as u8);
    assert_eq!(under(&smoke, &large), Witness::Even);
    assert_eq!(under(&smoke, &BOX), Witness::Still, "a wall behind a small box");
    assert_eq!(under(&view(0, 0), &large), Witness::Still, "a street");
}

#[test]
fn pictures_that_are_far_apart_or_whose_frame_is_unknown_are_no_pair() {
    let (before, after) = (with_flames(view(0, 0), 1), with_flames(view(0, 0), 2));
    let mut change = PixelChange::new();
    let mut next = |secs: f64, picture: &Coarse, is_judged: bool| {
        change.see(moment(secs), picture);
        is_judged && change.judge(moment(secs), &[], true).is_some()
    };
    assert!(!next(0.0, &before, true));
    assert!(next(1.0, &after, true));
    assert!(!next(1.2, &before, true), "too close");
    assert!(!next(4.4, &after, true), "too far");
    assert!(!next(5.4, &before, false));
    assert!(!next(6.4, &after, true), "who stood in the frame before is not known");
    assert!(next(7.4, &before, true));
    assert!(!next(7.0, &after, true), "late");
    change.forget();
    change.see(moment(8.4), &after);
    assert!(change.judge(moment(8.4), &[], true).is_none(), "the camera was away");
    // A frame without a picture says nothing, and neither does one that nobody asks.
    assert!(change.judge(moment(8.6), &[], true).is_none());
    change.see(moment(9.4), &before);
    assert!(change.judge(moment(9.4), &[], false).is_none());
}
