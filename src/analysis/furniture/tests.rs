//! Days before a camera, looked at every forty seconds; the first begins at midnight.

use std::sync::Arc;

use super::*;
use crate::analysis::camera_health::image_stats::{self, ImageStats};
use crate::analysis::empty_view::{COLUMNS, ROWS};
use crate::analysis::filters::Filter;
use crate::analysis::rules::{CameraPlan, Condition, Gone, Rule};
use crate::analysis::test_support::*;
use crate::analysis::{Analysis, Event, Plan};
use crate::types::camera_condition::CameraCondition;
use crate::types::phase::Phase::{self, End, New};

const HZ: f32 = 0.025;

/// A street of stones.
fn street() -> Coarse {
    let mut picture = Coarse::even(0);
    for (cell, luma) in picture.luma.iter_mut().enumerate() {
        *luma = 130 + (cell / COLUMNS % 6 * 4 + cell % COLUMNS / 10 % 3 * 5) as u8;
    }
    picture
}

/// The same with something in it, darker than the street; each number is another thing, or another posture of somebody.
fn with(mut picture: Coarse, thing: &Detection, number: u32) -> Coarse {
    let b = thing.box_in_frame;
    let cells = |from: f32, to: f32, cells: usize| {
        let cell = |part: f32| (part * cells as f32).round() as usize;
        cell(from)..cell(to)
    };
    let columns = cells(b.x0, b.x1, COLUMNS);
    for (row, line) in picture.luma.chunks_exact_mut(COLUMNS).enumerate() {
        if !cells(b.y0, b.y1, ROWS).contains(&row) {
            continue;
        }
        for (column, luma) in line.iter_mut().enumerate().filter(|(column, _)| columns.contains(column)) {
            let block = (column / 3 + row / 4 * 64) as u32 + number * 8192;
            let mixed = block.wrapping_mul(2_654_435_761);
            let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_519);
            *luma = 10 + (mixed >> 24) as u8 % 90;
        }
    }
    picture
}

/// By night.
fn dimmed(mut picture: Coarse) -> Coarse {
    picture.luma.iter_mut().for_each(|luma| *luma = *luma / 5 * 2);
    picture
}

/// By lamps that light every other part of it.
fn lamplit(mut picture: Coarse) -> Coarse {
    for (cell, luma) in picture.luma.iter_mut().enumerate() {
        *luma /= if cell % COLUMNS % 40 < 20 { 3 } else { 1 };
    }
    picture
}

/// What is taken for somebody who stands in the middle of the street.
fn bench() -> Detection {
    person(0.5, 0.8)
}

/// As a detector sees it: never twice at the same place.
fn jittering(thing: &Detection, hours: f64) -> Detection {
    let look = (hours * 90.0).round() as u32;
    let off = |by: u32| ((look * by % 7) as f32 - 3.0) * 0.002;
    let BBox { x0, y0, x1, y1 } = thing.box_in_frame;
    let box_in_frame = BBox::new(x0 + off(3), y0 + off(5), x1 + off(2), y1 + off(4));
    Detection { box_in_frame, ..*thing }
}

fn slow_plan() -> CameraPlan {
    CameraPlan { analysis_hz: HZ, ..plan() }
}

/// Reports anybody anywhere.
fn anybody() -> Rule {
    rule(present("all", 0.0))
}

/// Looks for so many hours at what the script shows; it is given the hours since midnight of the first day.
fn evaluator(stage: &mut Stage, hours: f64, script: impl Fn(f64) -> (Coarse, Vec<Detection>)) {
    for _ in 0..(hours * 90.0).round() as u32 {
        stage.now += 40.0;
        let (camera, at): (Arc<str>, _) = ("cam".into(), moment(stage.now));
        let (coarse, detections) = script(stage.now / 3600.0);
        stage.apply(&Event::Picture { camera: camera.clone(), at, coarse: Box::new(coarse) });
        stage.apply(&Event::Detections { camera, at, detections });
        stage.apply(&Event::Tick { at });
    }
}

/// Alerts that began and ended.
fn published(stage: &mut Stage) -> Vec<Phase> {
    stage.published().into_iter().map(|(phase, _)| phase).filter(|phase| *phase != Phase::Update).collect()
}

/// Places that are left out.
fn remembered(stage: &Stage) -> usize {
    stage.analysis.furniture().map(|(_, furniture)| furniture.count()).sum()
}

fn memories(stage: &Stage) -> Vec<PlaceMemory> {
    stage.analysis.furniture().flat_map(|(_, furniture)| furniture.memories().cloned()).collect()
}

/// The bench in this picture, as it is remembered.
fn memory_of_the_bench(picture: &Coarse) -> PlaceMemory {
    let box_in_frame = bench().box_in_frame;
    let mut light = [0; SAMPLES];
    patch::take(picture, &box_in_frame, &mut light);
    let lights = vec![light];
    PlaceMemory {
        box_in_frame,
        is_furniture: true,
        good_days: DAYS,
        bad_days: 0,
        day: Day::default(),
        lights,
    }
}

/// A stage on which the bench is known.
fn with_known_bench() -> (Stage, Coarse) {
    let picture = with(street(), &bench(), 1);
    let mut stage = Stage::with(slow_plan(), vec![anybody()]);
    stage.analysis.recall_furniture("cam", Furniture::of(vec![memory_of_the_bench(&picture)]));
    (stage, picture)
}

#[test]
fn a_bench_is_furniture_after_three_days_and_stays_so_over_a_restart() {
    let picture = with(street(), &bench(), 1);
    let look = |hours: f64| (picture.clone(), vec![jittering(&bench(), hours)]);
    let mut stage = Stage::with(slow_plan(), vec![anybody()]);
    evaluator(&mut stage, 72.9, look);
    assert_eq!((published(&mut stage), remembered(&stage)), (vec![New], 0));
    evaluator(&mut stage, 0.6, look);
    assert_eq!((published(&mut stage), remembered(&stage)), (vec![End], 1));
    evaluator(&mut stage, 24.0, look);
    assert_eq!((published(&mut stage), remembered(&stage)), (vec![], 1));
    assert!(stage.analysis.left_out("cam").by(Filter::Furniture) > 24 * 89);
    let mut restarted = Stage::with(slow_plan(), vec![anybody()]);
    restarted.now = stage.now + 600.0;
    restarted.analysis.recall_furniture("cam", Furniture::of(memories(&stage)));
    evaluator(&mut restarted, 24.0, look);
    assert_eq!((published(&mut restarted), remembered(&restarted)), (vec![], 1));
}

#[test]
fn a_post_that_is_found_by_day_only_is_furniture_where_it_does_not_change() {
    let picture = with(street(), &bench(), 1);
    let mut stage = Stage::with(slow_plan(), vec![anybody()]);
    evaluator(&mut stage, 82.0, |hours| {
        let is_found = (8.0..18.0).contains(&(hours % 24.0));
        (picture.clone(), if is_found { vec![bench()] } else { vec![] })
    });
    assert_eq!(remembered(&stage), 1);
}

#[test]
fn who_sleeps_there_every_night_is_reported_every_night() {
    // The lamps are on for longer than somebody sleeps, or go on as they come and off as they leave.
    for dark in [(18.0, 7.0), (22.0, 6.0)] {
        let (empty, asleep) = (street(), with(street(), &bench(), 1));
        let (dark_empty, dark_asleep) = (dimmed(empty.clone()), dimmed(asleep.clone()));
        let mut stage = Stage::with(slow_plan(), vec![anybody()]);
        evaluator(&mut stage, 120.0, |hours| {
            let hour = hours % 24.0;
            let (is_there, is_dark) = (!(6.0..22.0).contains(&hour), !(dark.1..dark.0).contains(&hour));
            let picture = match (is_dark, is_there) {
                (false, false) => &empty,
                (false, true) => &asleep,
                (true, false) => &dark_empty,
                (true, true) => &dark_asleep,
            };
            (picture.clone(), if is_there { vec![bench()] } else { vec![] })
        });
        let nights = published(&mut stage).into_iter().filter(|phase| *phase == New).count();
        assert_eq!((nights, remembered(&stage)), (6, 0), "dark from {} to {}", dark.0, dark.1);
    }
}

#[test]
fn who_stays_for_days_and_shifts_in_their_seat_is_reported_until_they_leave() {
    let empty = street();
    let mut stage = Stage::with(slow_plan(), vec![anybody()]);
    let posture = |hours: f64| (hours * 6.0) as u32;
    evaluator(&mut stage, 110.0, |hours| (with(empty.clone(), &bench(), posture(hours)), vec![bench()]));
    assert_eq!((published(&mut stage), remembered(&stage)), (vec![New], 0));
    evaluator(&mut stage, 1.0, |_| (empty.clone(), vec![]));
    assert_eq!(published(&mut stage), [End]);
}

#[test]
fn who_lies_on_the_ground_for_two_days_is_reported_until_they_are_found() {
    let lying = Detection { box_in_frame: BBox::new(0.3, 0.7, 0.5, 0.8), ..bench() };
    let (empty, picture) = (street(), with(street(), &lying, 1));
    let mut stage = Stage::with(slow_plan(), vec![anybody()]);
    evaluator(&mut stage, 60.0, |_| (picture.clone(), vec![lying]));
    assert_eq!((published(&mut stage), remembered(&stage)), (vec![New], 0));
    evaluator(&mut stage, 48.0, |_| (empty.clone(), vec![]));
    assert_eq!((published(&mut stage), remembered(&stage)), (vec![End], 0));
    assert_eq!(memories(&stage), [], "nothing is kept of them");
}

#[test]
fn a_car_that_stands_for_days_is_reported_until_it_leaves() {
    let parked_car = car(0.5, 0.8);
    let (empty, picture) = (street(), with(street(), &parked_car, 1));
    let mut stage = Stage::with(slow_plan(), vec![rule(parked("all", 60.0))]);
    evaluator(&mut stage, 1.0, |_| (empty.clone(), vec![]));
    evaluator(&mut stage, 100.0, |hours| (picture.clone(), vec![jittering(&parked_car, hours)]));
    assert_eq!((published(&mut stage), remembered(&stage)), (vec![New], 0));
    evaluator(&mut stage, 1.0, |_| (empty.clone(), vec![]));
    assert_eq!(published(&mut stage), [End]);
}

#[test]
fn what_differs_from_known_furniture_is_reported() {
    let with_head = Detection { box_in_frame: BBox::new(0.45, 0.41, 0.55, 0.8), ..bench() };
    let head = Detection { box_in_frame: BBox::new(0.45, 0.41, 0.55, 0.5), ..bench() };
    let beside = person(0.7, 0.8);
    let parked = car(0.5, 0.9);
    let face = Detection { class: Class::FACE, box_in_frame: BBox::new(0.475, 0.5, 0.525, 0.65), ..bench() };
    let bag_box = BBox::new(0.475, 0.62, 0.525, 0.76);
    let bag = Detection { class: Class::named("handbag"), box_in_frame: bag_box, ..bench() };
    let larger = Detection { box_in_frame: BBox::new(0.4, 0.2, 0.6, 0.9), ..bench() };
    let alone = with(street(), &bench(), 1);
    let cases = [
        ("nothing but the bench", alone.clone(), vec![bench()], vec![]),
        ("somebody who sits on it", with(alone.clone(), &bench(), 2), vec![bench()], vec![New]),
        ("somebody behind it", with(alone.clone(), &head, 2), vec![with_head], vec![New]),
        ("somebody beside it", with(alone.clone(), &beside, 2), vec![bench(), beside], vec![New]),
        ("somebody before it", with(alone.clone(), &larger, 2), vec![larger], vec![New]),
        (
            "somebody over it whose face is found",
            with(alone.clone(), &face, 2),
            vec![bench(), face],
            vec![New],
        ),
        ("a bag that is put on it", with(alone.clone(), &bag, 2), vec![bench(), bag], vec![New]),
        ("the bench where it was put", with(street(), &beside, 1), vec![beside], vec![New]),
        ("the bench in a light that is not known", lamplit(alone.clone()), vec![bench()], vec![New]),
        ("a car before its feet", with(alone, &parked, 2), vec![bench(), parked], vec![]),
    ];
    for (what, picture, found, expected) in cases {
        let (mut stage, usual) = with_known_bench();
        evaluator(&mut stage, 1.0, |_| (usual.clone(), vec![bench()]));
        assert_eq!(published(&mut stage), [], "before {what}");
        evaluator(&mut stage, 0.1, |_| (picture.clone(), found.clone()));
        assert_eq!(published(&mut stage), expected, "{what}");
    }
}

#[test]
fn another_light_is_learnt_and_known_the_next_time() {
    let (mut stage, picture) = with_known_bench();
    let by_lamps = lamplit(picture.clone());
    evaluator(&mut stage, 1.0, |_| (picture.clone(), vec![bench()]));
    assert_eq!(published(&mut stage), []);
    evaluator(&mut stage, 1.0, |_| (by_lamps.clone(), vec![bench()]));
    assert_eq!(published(&mut stage), [New, End], "for the ten minutes in which it is learnt");
    for light in [&picture, &by_lamps, &picture] {
        evaluator(&mut stage, 1.0, |_| (light.clone(), vec![bench()]));
    }
    assert_eq!(published(&mut stage), []);
}

#[test]
fn who_sits_down_while_the_light_changes_is_not_learnt() {
    let (mut stage, picture) = with_known_bench();
    let near = person(0.6, 0.8);
    let (alone, passes) = (lamplit(picture.clone()), lamplit(with(picture.clone(), &near, 2)));
    let sits = lamplit(with(picture.clone(), &bench(), 2));
    evaluator(&mut stage, 1.0, |_| (picture.clone(), vec![bench()]));
    evaluator(&mut stage, 0.05, |_| (alone.clone(), vec![bench()]));
    evaluator(&mut stage, 0.05, |_| (passes.clone(), vec![bench(), near]));
    evaluator(&mut stage, 5.0, |_| (sits.clone(), vec![bench()]));
    assert_eq!(published(&mut stage), [New], "and they are told for as long as they sit there");
    assert_eq!(memories(&stage)[0].lights.len(), 1);
}

#[test]
fn who_sits_down_in_a_light_that_is_being_learnt_is_not_learnt_although_nobody_came_near_before() {
    let (mut stage, picture) = with_known_bench();
    let (alone, sits) = (lamplit(picture.clone()), lamplit(with(picture.clone(), &bench(), 2)));
    evaluator(&mut stage, 1.0, |_| (picture.clone(), vec![bench()]));
    evaluator(&mut stage, 0.1, |_| (alone.clone(), vec![bench()]));
    evaluator(&mut stage, 5.0, |_| (sits.clone(), vec![bench()]));
    assert_eq!(published(&mut stage), [New], "and they are told for as long as they sit there");
    assert_eq!(memories(&stage)[0].lights.len(), 1);
}

#[test]
fn a_bench_is_left_out_of_the_frames_that_are_looked_back_at() {
    let picture = with(street(), &bench(), 1);
    let mut stage = Stage::with(plan(), vec![anybody()]);
    stage.analysis.recall_furniture("cam", Furniture::of(vec![memory_of_the_bench(&picture)]));
    let camera: Arc<str> = "cam".into();
    let show = |stage: &mut Stage, secs: f64| {
        let (camera, at) = (camera.clone(), moment(secs));
        stage.apply(&Event::Picture { camera, at, coarse: Box::new(picture.clone()) });
    };
    let find = |stage: &mut Stage, secs: f64| {
        let (camera, at) = (camera.clone(), moment(secs));
        stage.apply(&Event::Detections { camera, at, detections: vec![bench()] });
    };
    show(&mut stage, 1.0);
    find(&mut stage, 1.0);
    // Five seconds later a keyframe comes. The bench alone asks for no look back, somebody beside it does.
    let missed =
        |stage: &Stage, found: &[Detection]| stage.analysis.missed_something("cam", moment(6.0), found);
    assert!(!missed(&stage, &[bench()]));
    assert!(missed(&stage, &[bench(), person(0.8, 0.8)]));
    // The keyframe's picture is there before the frames that led up to it.
    show(&mut stage, 6.0);
    (6..=30).for_each(|look| find(&mut stage, 0.2 * f64::from(look)));
    assert_eq!(published(&mut stage), []);
    // Where no picture comes, what the last one showed soon says nothing.
    (31..=50).for_each(|look| find(&mut stage, 0.2 * f64::from(look)));
    assert_eq!(published(&mut stage), [New]);
}

#[test]
fn furniture_that_was_taken_away_is_forgotten_after_three_days() {
    let (mut stage, _) = with_known_bench();
    let empty = street();
    evaluator(&mut stage, 71.9, |_| (empty.clone(), vec![]));
    assert_eq!(remembered(&stage), 1);
    evaluator(&mut stage, 0.2, |_| (empty.clone(), vec![]));
    assert_eq!((remembered(&stage), memories(&stage).len()), (0, 0));
}

/// A view of blocks as camera health sees it; another number is another view.
fn view(number: u32, look: u32) -> Box<ImageStats> {
    let mut view = Box::new(ImageStats::even(0));
    let (wide, high) = if number == 1 { (5, 4) } else { (8, 7) };
    for (cell, luma) in view.luma.iter_mut().enumerate() {
        let block = (cell % image_stats::COLUMNS + 2) / wide + (cell / image_stats::COLUMNS + 2) / high * 13;
        *luma = (40 + (block as u32 + number * 977).wrapping_mul(2_654_435_761) % 160) as u8;
    }
    for patch in 0..image_stats::PATCHES as u32 {
        view.detail[patch as usize] = 20 + (patch * 37 % 180) as u16;
        view.mark[patch as usize] = look.wrapping_mul(2_654_435_761) ^ patch;
    }
    view.colour = 6.0;
    view
}

#[test]
fn a_camera_that_is_turned_forgets_what_stood_before_it() {
    let (mut stage, _) = with_known_bench();
    let mut look = 0;
    let mut show = |stage: &mut Stage, number: u32, secs: u32| {
        for _ in 0..2 * secs {
            (look, stage.now) = (look + 1, stage.now + 0.5);
            let (camera, at): (Arc<str>, _) = ("cam".into(), moment(stage.now));
            stage.apply(&Event::ImageStats { camera, at, stats: view(number, look) });
        }
    };
    show(&mut stage, 1, 60);
    assert_eq!((stage.analysis.conditions(), remembered(&stage)), (vec![], 1));
    show(&mut stage, 2, 10);
    let camera: Arc<str> = "cam".into();
    assert_eq!(stage.analysis.conditions(), [(camera, vec![CameraCondition::Moved])]);
    assert_eq!((remembered(&stage), memories(&stage).len()), (0, 0));
}

#[test]
fn it_is_not_learnt_where_it_is_switched_off_or_could_hide_what_is_waited_for() {
    let classes = vec![Class::PERSON];
    let guard_is_gone =
        Condition::Gone(Gone { zone: "all".into(), classes, for_at_least: Duration::from_secs(60) });
    let learns = |plan: CameraPlan, rules: Vec<Rule>| {
        let analysis = Analysis::new("box", Plan::of(vec![plan], rules)).expect("a good plan");
        analysis.furniture().count() == 1
    };
    assert!(learns(plan(), vec![anybody()]));
    assert!(!learns(CameraPlan { learn_furniture: false, ..plan() }, vec![anybody()]));
    assert!(!learns(plan(), vec![anybody(), rule(guard_is_gone)]));
    let steered = CameraPlan { ignore_conditions: vec![CameraCondition::Moved], ..plan() };
    assert!(!learns(steered, vec![anybody()]));
}

#[test]
fn what_is_learnt_goes_on_over_a_change_of_configuration_and_ends_when_it_is_switched_off() {
    let (mut stage, _) = with_known_bench();
    for (learn_furniture, expected) in [(true, 1), (false, 0), (true, 0)] {
        let plan = Plan::of(vec![CameraPlan { learn_furniture, ..slow_plan() }], vec![anybody()]);
        stage.analysis.reconfigure(plan, moment(stage.now)).expect("a good plan");
        assert_eq!(remembered(&stage), expected);
    }
}

#[test]
fn there_are_never_more_places_than_fit_and_known_furniture_stays() {
    let picture = with(street(), &bench(), 1);
    let mut furniture = Furniture::of(vec![memory_of_the_bench(&picture)]);
    for number in 0..60_u8 {
        let (x, y) = (f32::from(number % 10) * 0.1, f32::from(number / 10) * 0.16);
        furniture.begin(BBox::new(x, y, x + 0.04, y + 0.1));
    }
    assert_eq!((furniture.places.len(), furniture.count()), (MOST_PLACES, 1));
}
