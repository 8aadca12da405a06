//! Fire and smoke: what lives is reported, what only looks like it is not.

use super::*;
use crate::analysis::Event;
use crate::analysis::empty_view::{COLUMNS, Coarse};

fn flame(x: f64, size: f64, score: f32) -> Detection {
    let (x, half) = (x as f32, size as f32 / 2.0);
    Detection {
        class: Class::FIRE,
        score,
        box_in_frame: BBox::new(x - half, 0.7 - 2.0 * half, x + half, 0.7),
    }
}

fn fire(for_secs: f64) -> Condition {
    Condition::Fire(Fire { zone: "all".into(), classes: vec![Class::FIRE], for_at_least: secs(for_secs) })
}

/// Flickers about a size, and its score with it.
fn flickering(t: f64) -> Detection {
    flame(0.5, 0.1 * (1.0 + 0.25 * (7.0 * t).sin()), 0.6 + 0.15 * (5.0 * t).cos() as f32)
}

#[test]
fn a_fire_that_flickers_is_reported_after_its_time() {
    let mut stage = Stage::of(vec![rule(fire(3.0))]);
    stage.look(10.0, |_| vec![]).look(10.0, |t| vec![flickering(t)]);
    assert_near(&raised(&stage), &[13.2], 0.6);
    // Also one that the detector finds only half of the time, and one that burnt before we looked.
    let mut stage = Stage::of(vec![rule(fire(3.0))]);
    stage.look(10.0, |t| if t % 0.8 < 0.41 { vec![flickering(t)] } else { vec![] });
    assert_near(&raised(&stage), &[3.4], 1.0);
}

#[test]
fn a_blink_is_no_fire() {
    for blink in [0.2, 0.4, 1.0] {
        let mut stage = Stage::of(vec![rule(fire(3.0))]);
        stage.look(60.0, |t| if t % 20.0 < blink + 0.01 { vec![flickering(t)] } else { vec![] });
        assert_eq!(stage.published(), [], "{blink} s");
    }
}

#[test]
fn a_lamp_is_no_fire_until_it_changes() {
    let jitter = |t: f64| 0.001 * (13.0 * t).sin();
    let mut stage = Stage::of(vec![rule(fire(3.0))]);
    stage.look(120.0, |t| vec![flame(0.5 + jitter(t), 0.1, 0.7)]);
    assert_eq!(stage.published(), []);
    // Something beside it catches fire: the box grows and flickers.
    stage.look(10.0, |t| vec![flame(0.5, 0.1 + 0.01 * t + 0.02 * (7.0 * t).sin(), 0.7)]);
    assert_eq!(raised(&stage).len(), 1);
}

#[test]
fn a_lookalike_that_a_hand_disturbs_is_no_smoke() {
    // A bright table: as a hand comes in the detector takes it for smoke, finds its edges at the second look, and the
    // hand moves a bottle in between.
    let smoke = |x1: f32, y1: f32| Detection {
        class: Class::SMOKE,
        score: 0.6,
        box_in_frame: BBox::new(0.07, 0.01, x1, y1),
    };
    let when =
        Condition::Smoke(Smoke { zone: "all".into(), classes: vec![Class::SMOKE], for_at_least: secs(5.0) });
    let mut stage = Stage::of(vec![rule(when)]);
    stage.look(10.0, |_| vec![]).look(14.0, |t| match t {
        t if t < 0.3 => vec![smoke(0.55, 0.65)],
        t if (5.0..5.5).contains(&t) => vec![smoke(0.7, 0.7)],
        _ => vec![smoke(0.87, 0.79)],
    });
    assert_eq!(stage.published(), []);
}

#[test]
fn what_appears_and_never_changes_needs_three_times_as_long_and_weighs_less() {
    let mut stage = Stage::of(vec![rule(fire(3.0))]);
    stage.look(10.0, |_| vec![]).look(15.0, |_| vec![flame(0.5, 0.1, 0.7)]);
    assert_near(&raised(&stage), &[19.2], 0.6);
    let still = stage.published[0].confidence;
    let mut stage = Stage::of(vec![rule(fire(3.0))]);
    stage.look(10.0, |_| vec![]).look(15.0, |t| vec![flickering(t)]);
    assert!(still < 0.8 * stage.published[0].confidence, "{still} {}", stage.published[0].confidence);
}

#[test]
fn smoke_that_drifts_and_grows_is_reported() {
    let smoke =
        |t: f64| Detection { class: Class::SMOKE, ..flame(0.4 + 0.01 * t, 0.1 * (1.0 + 0.15 * t), 0.5) };
    let when =
        Condition::Smoke(Smoke { zone: "all".into(), classes: vec![Class::SMOKE], for_at_least: secs(5.0) });
    let mut stage = Stage::of(vec![rule(when)]);
    stage.look(10.0, |_| vec![]).look(15.0, |t| vec![smoke(t)]);
    assert_near(&raised(&stage), &[15.2], 2.0);
}

#[test]
fn fire_outside_the_zone_is_not_asked_for() {
    let when =
        Condition::Fire(Fire { zone: "right".into(), classes: vec![Class::FIRE], for_at_least: secs(1.0) });
    let mut stage = Stage::of(vec![rule(when)]);
    stage.look(10.0, |t| vec![Detection { ..flame(0.25, 0.1 * (1.0 + 0.25 * (7.0 * t).sin()), 0.7) }]);
    assert_eq!(stage.published(), []);
}

/// Looks at a script with the picture of each second, by its number.
fn watch(
    stage: &mut Stage,
    for_secs: f64,
    picture: impl Fn(u32) -> Coarse,
    script: impl Fn(f64) -> Vec<Detection>,
) {
    let began = stage.now;
    for look in 0..(5.0 * for_secs).round() as u32 {
        stage.now += 0.2;
        let (camera, at): (std::sync::Arc<str>, _) = ("cam".into(), moment(stage.now));
        if look.is_multiple_of(5) {
            let coarse = Box::new(picture(look / 5));
            stage.apply(&Event::Picture { camera: camera.clone(), at, coarse });
        }
        stage.apply(&Event::Detections { camera, at, detections: script(stage.now - began) });
        stage.apply(&Event::Tick { at });
    }
}

/// A wall of blocks, on which something as large as the flames looks different at each number.
fn wall(number: u32) -> Coarse {
    let mut picture = Coarse::even(0);
    let mixed = |number: u32| {
        let number = number.wrapping_mul(2_654_435_761);
        (number ^ (number >> 15)).wrapping_mul(2_246_822_519) >> 8
    };
    for (cell, luma) in picture.luma.iter_mut().enumerate() {
        let (column, row) = (cell % COLUMNS, cell / COLUMNS);
        let burns = (70..90).contains(&column) && (53..64).contains(&row);
        let block = (column / 4 + row / 4 * 64) as u32 + if burns { number * 8192 } else { 0 };
        *luma = 40 + (mixed(block) % if burns { 180 } else { 90 }) as u8;
    }
    picture
}

/// A hand before the whole of it.
fn with_a_hand(mut picture: Coarse) -> Coarse {
    for row in picture.luma.chunks_exact_mut(COLUMNS).take(67).skip(50) {
        row[60..100].fill(220);
    }
    picture
}

#[test]
fn what_jitters_on_a_still_picture_is_not_reported_and_on_a_flickering_one_as_soon_as_without_pictures() {
    let mut stage = Stage::of(vec![rule(fire(3.0))]);
    watch(&mut stage, 5.0, |_| wall(0), |_| vec![]);
    watch(&mut stage, 60.0, |_| wall(0), |t| vec![flickering(t)]);
    assert_eq!(stage.published(), []);
    // It catches fire.
    watch(&mut stage, 12.0, wall, |t| vec![flickering(t)]);
    assert_eq!(raised(&stage).len(), 1);
    let mut without = Stage::of(vec![rule(fire(3.0))]);
    without.look(5.0, |_| vec![]).look(10.0, |t| vec![flickering(t)]);
    let mut stage = Stage::of(vec![rule(fire(3.0))]);
    watch(&mut stage, 5.0, |_| wall(0), |_| vec![]);
    watch(&mut stage, 10.0, |second| wall(second + 1), |t| vec![flickering(t)]);
    assert_near(&raised(&stage), &raised(&without), 0.01);
}

#[test]
fn a_hand_that_passes_and_a_step_of_exposure_are_no_life() {
    // As it is first seen, or later.
    let passes = |second: u32| if [1, 9].contains(&second) { with_a_hand(wall(0)) } else { wall(0) };
    let darker = |second: u32| {
        let mut picture = wall(0);
        if second >= 2 {
            picture.luma.iter_mut().for_each(|luma| *luma = *luma / 3 * 2);
        }
        picture
    };
    for picture in [&passes as &dyn Fn(u32) -> Coarse, &darker] {
        let mut stage = Stage::of(vec![rule(fire(3.0))]);
        watch(&mut stage, 30.0, picture, |t| vec![flickering(t)]);
        assert_eq!(stage.published(), []);
    }
}

#[test]
fn a_gap_forgets_what_pictures_said() {
    let mut stage = Stage::of(vec![rule(fire(3.0))]);
    watch(&mut stage, 10.0, wall, |t| vec![flickering(t)]);
    assert_eq!(raised(&stage).len(), 1);
    stage.silence(120.0);
    stage.published.clear();
    // What comes back is still: that it burnt before the gap is no witness.
    watch(&mut stage, 30.0, |_| wall(0), |t| vec![flickering(t)]);
    assert_eq!(raised(&stage), [] as [f64; 0]);
}

/// Something large and still that stands before the flames, and the fire's box all the same.
fn behind(class: Class) -> impl Fn(f64) -> Vec<Detection> {
    move |t| {
        let box_in_frame = BBox::new(60.0 / 160.0, 50.0 / 90.0, 100.0 / 160.0, 67.0 / 90.0);
        vec![flickering(t), Detection { class, score: 0.8, box_in_frame }]
    }
}

#[test]
fn a_reported_fire_does_not_end_while_helpers_or_a_vehicle_stand_before_it_for_a_minute() {
    for class in [Class::TWO_WHEELER, Class::CAR, Class::PERSON] {
        let mut stage = Stage::of(vec![rule(fire(3.0))]);
        watch(&mut stage, 5.0, |_| wall(0), |_| vec![]);
        watch(&mut stage, 10.0, |second| wall(second + 1), |t| vec![flickering(t)]);
        assert_eq!(raised(&stage).len(), 1, "{class:?}");
        let is_over = |stage: &Stage| stage.published.iter().any(Revision::is_last);
        watch(&mut stage, 60.0, |_| with_a_hand(wall(0)), behind(class));
        assert!(!is_over(&stage), "{class:?}: {:?}", stage.published());
        // They go, and nothing burns behind them.
        watch(&mut stage, 30.0, |_| wall(0), |t| vec![flickering(t)]);
        assert!(is_over(&stage), "{class:?}");
        // What stays there for minutes without a flame beside it is a parked car that looks like fire.
        let mut stage = Stage::of(vec![rule(fire(3.0))]);
        watch(&mut stage, 10.0, wall, |t| vec![flickering(t)]);
        assert_eq!(raised(&stage).len(), 1, "{class:?}");
        watch(&mut stage, 120.0, |_| with_a_hand(wall(0)), behind(class));
        assert!(is_over(&stage), "{class:?}: {:?}", stage.published());
        // And it is not reported again.
        watch(&mut stage, 60.0, |_| with_a_hand(wall(0)), behind(class));
        assert_eq!(raised(&stage).len(), 1, "{class:?}");
    }
    // With nobody before it the same picture ends it.
    let mut stage = Stage::of(vec![rule(fire(3.0))]);
    watch(&mut stage, 5.0, |_| wall(0), |_| vec![]);
    watch(&mut stage, 10.0, |second| wall(second + 1), |t| vec![flickering(t)]);
    watch(&mut stage, 60.0, |_| with_a_hand(wall(0)), |t| vec![flickering(t)]);
    assert!(stage.published.iter().any(Revision::is_last));
}

#[test]
fn a_red_coat_is_no_fire_and_an_e_bike_that_burns_is_one() {
    for (class, alerts) in [(Class::PERSON, 0), (Class::TWO_WHEELER, 1)] {
        let mut stage = Stage::of(vec![rule(fire(3.0))]);
        watch(&mut stage, 5.0, |_| wall(0), |_| vec![]);
        watch(&mut stage, 30.0, wall, behind(class));
        assert_eq!(raised(&stage).len(), alerts, "{class:?}");
    }
}

#[test]
fn dense_smoke_that_fills_the_picture_goes_on_for_a_minute_of_being_even() {
    let b = BBox::new(0.05, 0.05, 0.95, 0.95);
    let smoke = |t: f64| {
        let score = 0.6 + 0.15 * (5.0 * t).cos() as f32;
        vec![Detection { class: Class::SMOKE, score, box_in_frame: b }]
    };
    // Within the box another wall at each number; around it always the same one.
    let filled = |level: Option<u8>, number: u32| {
        let (mut picture, other) = (wall(0), everywhere(number));
        for (cell, luma) in picture.luma.iter_mut().enumerate() {
            let (x, y) = ((cell % COLUMNS) as f32 / 160.0, (cell / COLUMNS) as f32 / 90.0);
            if (0.05..0.95).contains(&x) && (0.05..0.95).contains(&y) {
                *luma = level.unwrap_or(other.luma[cell]);
            }
        }
        picture
    };
    let when =
        Condition::Smoke(Smoke { zone: "all".into(), classes: vec![Class::SMOKE], for_at_least: secs(5.0) });
    let (even, still) = (filled(Some(170), 0), filled(None, 99));
    for (then, for_secs, is_over) in [(&even, 60.0, false), (&even, 120.0, true), (&still, 60.0, true)] {
        let mut stage = Stage::of(vec![rule(when.clone())]);
        watch(&mut stage, 5.0, |_| wall(0), |_| vec![]);
        // Its box does not change, so it takes three times the rule's time.
        watch(&mut stage, 20.0, |second| filled(None, second + 1), smoke);
        assert_eq!(raised(&stage).len(), 1, "smoke rolls in");
        watch(&mut stage, for_secs, |_| then.clone(), smoke);
        assert_eq!(stage.published.iter().any(Revision::is_last), is_over, "{for_secs} s");
    }
    // An even wall that never was anything else is no smoke.
    let mut stage = Stage::of(vec![rule(when)]);
    watch(&mut stage, 5.0, |_| filled(Some(170), 0), |_| vec![]);
    watch(&mut stage, 30.0, |_| filled(Some(170), 0), smoke);
    assert_eq!(stage.published(), []);
}

/// Another wall all over the picture at each number: the camera turns.
fn everywhere(number: u32) -> Coarse {
    blocks(number, 4)
}

/// The same of blocks of that size: of smaller ones a picture now and then looks still at one place.
fn blocks(number: u32, size: usize) -> Coarse {
    let mut picture = Coarse::even(0);
    for (cell, luma) in picture.luma.iter_mut().enumerate() {
        let block = (cell % COLUMNS / size + cell / COLUMNS / size * 64) as u32 + number * 8192;
        let mixed = block.wrapping_mul(2_654_435_761);
        *luma = 40 + ((mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_519) >> 8) as u8 % 180;
    }
    picture
}

#[test]
fn what_pictures_said_is_forgotten_while_the_camera_turns() {
    let mut stage = Stage::of(vec![rule(fire(3.0))]);
    watch(&mut stage, 5.0, |_| wall(0), |_| vec![]);
    watch(&mut stage, 20.0, |_| wall(0), |t| vec![flickering(t)]);
    assert_eq!(stage.published(), [], "nothing changes in the picture");
    watch(&mut stage, 5.0, |second| blocks(second, 12), |t| vec![flickering(t)]);
    assert_eq!(stage.published(), [], "it did not a moment ago");
    watch(&mut stage, 40.0, |second| blocks(second + 5, 12), |t| vec![flickering(t)]);
    assert_eq!(raised(&stage).len(), 1);
}

#[test]
fn of_a_camera_that_moves_the_pictures_between_say_whether_it_burns() {
    // What shows on the place that burns in the first seconds of each eight; in the others all is another view.
    let flames: fn(u32) -> Coarse = |second| {
        let (mut picture, flames) = (everywhere(second - 1), wall(second));
        for (cell, luma) in picture.luma.iter_mut().enumerate() {
            if (70..90).contains(&(cell % COLUMNS)) && (53..64).contains(&(cell / COLUMNS)) {
                *luma = flames.luma[cell];
            }
        }
        picture
    };
    let still: fn(u32) -> Coarse = |second| everywhere(second - second % 8);
    for (name, said, pictures, alerts) in
        [("one lively", 1..2, flames, 1), ("one still", 1..2, still, 0), ("two still", 1..3, still, 0)]
    {
        let mut stage = Stage::of(vec![rule(fire(3.0))]);
        watch(&mut stage, 5.0, |_| wall(0), |_| vec![]);
        let picture =
            |second: u32| if said.contains(&(second % 8)) { pictures(second) } else { everywhere(second) };
        watch(&mut stage, 30.0, picture, |t| vec![flickering(t)]);
        assert_eq!(raised(&stage).len(), alerts, "{name}");
    }
}
