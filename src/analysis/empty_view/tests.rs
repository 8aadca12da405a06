//! What is learnt, how long it takes, and what is never learnt.

use super::*;

/// One look in so many seconds.
const LOOK: usize = 5;
const STEP: Duration = Duration::from_secs(LOOK as u64);

/// A wall with some pattern.
fn wall() -> Coarse {
    let mut wall = Coarse::even(0);
    for (cell, luma) in wall.luma.iter_mut().enumerate() {
        *luma = 80 + (cell % COLUMNS / 8 * 7 % 60) as u8;
    }
    wall
}

/// Somebody in it: darker, from the given column on, six cells wide and twenty high.
fn with_somebody(mut scene: Coarse, column: usize) -> Coarse {
    for row in 40..60 {
        scene.luma[row * COLUMNS..][column..column + 6].fill(30);
    }
    scene
}

fn somebody(column: usize) -> BBox {
    let at = |cell: usize, count: usize| cell as f32 / count as f32;
    BBox::new(at(column, COLUMNS), at(40, ROWS), at(column + 6, COLUMNS), at(60, ROWS))
}

fn learn(view: &mut EmptyView, scene: &Coarse, secs: usize, found: &[BBox]) {
    for _ in 0..secs / LOOK {
        view.learn(scene, STEP, found.iter().copied());
    }
}

/// A view of the wall, well known.
fn known() -> EmptyView {
    let mut view = EmptyView::new();
    learn(&mut view, &wall(), 1900, &[]);
    view
}

fn cells(changed: Changed) -> Vec<bool> {
    let Changed::Cells(cells) = changed else { panic!("the view is not known") };
    cells
}

/// Whether somebody of those above is covered whole.
fn covers(cells: &[bool], column: usize) -> bool {
    (40..60).all(|row| cells[row * COLUMNS..][column..column + 6].iter().all(|cell| *cell))
}

#[test]
fn nothing_is_known_before_ten_minutes() {
    let mut view = EmptyView::new();
    assert_eq!(view.changed(&wall()), Changed::Anywhere);
    learn(&mut view, &wall(), 595, &[]);
    assert_eq!(view.changed(&wall()), Changed::Anywhere);
    learn(&mut view, &wall(), 10, &[]);
    assert!(!cells(view.changed(&wall())).contains(&true));
    view.forget();
    assert_eq!(view.changed(&wall()), Changed::Anywhere);
}

#[test]
fn somebody_who_comes_is_covered_with_what_is_around_and_the_rest_is_not() {
    let view = known();
    let cells = cells(view.changed(&with_somebody(wall(), 70)));
    assert!(covers(&cells, 70) && cells[38 * COLUMNS + 68] && cells[61 * COLUMNS + 77]);
    assert_eq!(cells.iter().filter(|cell| **cell).count(), (6 + 2 * REACH) * (20 + 2 * REACH));
}

#[test]
fn somebody_whom_nothing_finds_is_covered_for_thirty_minutes_of_standing_still() {
    let mut view = known();
    let scene = with_somebody(wall(), 70);
    for minute in 0..29 {
        assert!(covers(&cells(view.changed(&scene)), 70), "after {minute} minutes");
        learn(&mut view, &scene, 60, &[]);
    }
    learn(&mut view, &scene, 300, &[]);
    assert!(!covers(&cells(view.changed(&scene)), 70), "and is a part of the view then");
}

#[test]
fn somebody_who_is_found_is_never_learnt_and_what_is_behind_them_stays_known() {
    let mut view = known();
    let scene = with_somebody(wall(), 70);
    learn(&mut view, &scene, 2700, &[somebody(70)]);
    assert!(covers(&cells(view.changed(&scene)), 70));
    assert!(!cells(view.changed(&wall())).contains(&true), "they left");
}

#[test]
fn where_somebody_was_from_the_beginning_nothing_is_known() {
    let mut view = EmptyView::new();
    let scene = with_somebody(wall(), 70);
    learn(&mut view, &scene, 2700, &[somebody(70)]);
    assert!(covers(&cells(view.changed(&scene)), 70));
}

#[test]
fn somebody_whom_nothing_finds_and_who_sways_is_never_learnt() {
    let mut view = EmptyView::new();
    for look in 0..3600 / LOOK {
        // To the side by one cell for ten seconds of every twenty-five.
        let column = if look % 5 < 2 { 71 } else { 70 };
        view.learn(&with_somebody(wall(), column), STEP, std::iter::empty());
    }
    let cells = cells(view.changed(&with_somebody(wall(), 70)));
    // What lies within reach of their outline.
    for row in 40..60 {
        for column in 70..76 {
            assert!(cells[row * COLUMNS + column], "row {row}, column {column}");
        }
    }
}

#[test]
fn a_place_where_people_pass_is_learnt_more_slowly() {
    let mut view = EmptyView::new();
    for look in 0..2400 / LOOK {
        let scene = if look % 10 < 1 { with_somebody(wall(), 70) } else { wall() };
        view.learn(&scene, STEP, std::iter::empty());
        if look == 120 {
            assert!(covers(&cells(view.changed(&wall())), 70), "not known yet");
        }
    }
    assert!(!cells(view.changed(&wall())).contains(&true));
    assert!(covers(&cells(view.changed(&with_somebody(wall(), 70))), 70));
}

#[test]
fn a_little_more_or_less_light_changes_nothing_and_another_light_makes_all_of_it_unknown() {
    let view = known();
    let lit = |by: f32| {
        let mut scene = wall();
        scene.luma.iter_mut().for_each(|luma| *luma = (f32::from(*luma) * by) as u8);
        scene
    };
    for by in [0.85, 1.2] {
        assert!(!cells(view.changed(&lit(by))).contains(&true), "{by}");
        assert!(covers(&cells(view.changed(&with_somebody(lit(by), 70))), 70), "{by}");
    }
    for by in [0.4, 1.7] {
        assert_eq!(view.changed(&lit(by)), Changed::Anywhere, "{by}");
    }
}

#[test]
fn another_colour_of_the_same_brightness_is_a_difference() {
    let mut scene = wall();
    for row in 40..60 {
        scene.chroma[1][row * COLUMNS..][70..76].fill(150);
    }
    assert!(covers(&cells(known().changed(&scene)), 70));
}

#[test]
fn another_scene_is_learnt_anew() {
    let mut view = known();
    let mut scene = wall();
    scene.luma.reverse();
    scene.chroma[0].fill(140);
    assert_eq!(view.changed(&scene), Changed::Anywhere);
    learn(&mut view, &scene, 30, &[]);
    assert_eq!(view.known(), 0.0);
    learn(&mut view, &scene, 590, &[]);
    assert_eq!(view.changed(&scene), Changed::Anywhere);
    learn(&mut view, &scene, 30, &[]);
    assert!(!cells(view.changed(&scene)).contains(&true));
}

#[test]
fn a_pause_proves_little() {
    let mut view = EmptyView::new();
    learn(&mut view, &wall(), 10, &[]);
    view.learn(&wall(), Duration::from_secs(86_400), std::iter::empty());
    assert_eq!(view.known(), 0.0);
}

#[test]
fn boxes_that_are_not_numbers_or_outside_are_harmless() {
    let mut view = known();
    let wild = [
        BBox { x0: f32::NAN, y0: 0.0, x1: 1.0, y1: f32::INFINITY },
        BBox { x0: -5.0, y0: -5.0, x1: -4.0, y1: 9.0 },
        BBox { x0: 0.5, y0: 0.5, x1: 7.0, y1: 0.5 },
    ];
    learn(&mut view, &wall(), 15, &wild);
    assert!(!cells(view.changed(&wall())).contains(&true));
}
