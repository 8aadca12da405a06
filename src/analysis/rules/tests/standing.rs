//! What stands, is left, is missing, is sold from or dug with.

use super::*;

fn two_wheeler(x: f64, y: f64) -> Detection {
    let (x, y) = (x as f32, y as f32);
    Detection {
        class: Class::TWO_WHEELER,
        score: 0.8,
        box_in_frame: BBox::new(x - 0.06, y - 0.15, x + 0.06, y),
    }
}

fn truck(x: f64, y: f64) -> Detection {
    Detection { class: Class::TRUCK, ..car(x, y) }
}

fn left_behind(for_secs: f64, owner_away: bool) -> Condition {
    let classes = vec![Class::TWO_WHEELER];
    Condition::LeftBehind(LeftBehind {
        zone: "all".into(),
        classes,
        owner_away,
        for_at_least: secs(for_secs),
    })
}

/// Somebody pushes a two-wheeler to the middle within five seconds, stays for `stays`, walks off to the right.
fn brought(t: f64, stays: f64) -> Vec<Detection> {
    let thing = two_wheeler((0.1 + 0.08 * t).min(0.5), 0.8);
    let owner = if t < 5.0 + stays { (0.05 + 0.08 * t).min(0.45) } else { 0.45 + 0.15 * (t - 5.0 - stays) };
    let mut seen = vec![thing];
    if owner < 1.0 {
        seen.push(person(owner, 0.82));
    }
    seen
}

#[test]
fn what_somebody_brings_and_leaves_is_left_behind_once_they_are_away() {
    let mut stage = Stage::of(vec![rule(left_behind(20.0, true))]);
    stage.look(60.0, |t| brought(t, 10.0));
    // They walk off at second 15 and are no longer beside it two seconds later.
    assert_near(&raised(&stage), &[36.0], 3.0);
    let mut stage = Stage::of(vec![rule(left_behind(20.0, true))]);
    stage.look(60.0, |t| brought(t, 100.0));
    assert_eq!(stage.published(), [], "its owner is still there");
    let mut stage = Stage::of(vec![rule(left_behind(20.0, false))]);
    stage.look(60.0, |t| brought(t, 100.0));
    assert_near(&raised(&stage), &[25.5], 3.0);
}

#[test]
fn who_passes_by_does_not_look_after_it_and_who_lingers_does() {
    for (lingers, wanted) in [(false, vec![36.0]), (true, vec![])] {
        let mut stage = Stage::of(vec![rule(left_behind(20.0, true))]);
        stage.look(50.0, |t| {
            let mut seen = brought(t, 10.0);
            let other = if lingers { 0.62 } else { 0.1 + 0.2 * (t - 25.0) };
            if t > 25.0 && other < 1.0 {
                seen.push(person(other, 0.83));
            }
            seen
        });
        assert_near(&raised(&stage), &wanted, 3.0);
    }
}

/// Somebody rides to the middle within five seconds, waits for so long, and rides on: a person and a two-wheeler.
fn rider(t: f64, waits: f64) -> Vec<Detection> {
    let x = 0.1 + 0.08 * (t.min(5.0) + (t - 5.0 - waits).max(0.0));
    if x < 1.0 { vec![person(x, 0.8), two_wheeler(x, 0.8)] } else { vec![] }
}

#[test]
fn a_rider_leaves_nothing_behind_until_they_park_and_walk_away() {
    for waits in [0.0, 40.0] {
        let mut stage = Stage::of(vec![rule(left_behind(20.0, true))]);
        stage.look(80.0, |t| rider(t, waits));
        assert_eq!(stage.published(), [], "waits for {waits} s");
    }
    let mut stage = Stage::of(vec![rule(left_behind(20.0, true))]);
    stage.look(60.0, |t| match 0.5 + 0.15 * (t - 10.0) {
        _ if t < 10.0 => rider(t, 100.0),
        x if x < 1.0 => vec![two_wheeler(0.5, 0.8), person(x, 0.82)],
        _ => vec![two_wheeler(0.5, 0.8)],
    });
    assert_near(&raised(&stage), &[32.5], 3.0);
}

#[test]
fn what_was_there_from_the_start_was_not_left_behind() {
    let mut stage = Stage::of(vec![rule(left_behind(10.0, true))]);
    stage.look(60.0, |_| vec![two_wheeler(0.5, 0.8)]);
    assert_eq!(stage.published(), []);
    // Nor is what a detector loses and finds again.
    stage.look(60.0, |t| if (20.0..35.0).contains(&t) { vec![] } else { vec![two_wheeler(0.5, 0.8)] });
    assert_eq!(stage.published(), []);
}

#[test]
fn a_thing_whose_owner_nobody_saw_is_reported_less_surely() {
    let mut stage = Stage::of(vec![rule(left_behind(10.0, true))]);
    stage.look(10.0, |_| vec![]).look(20.0, |_| vec![two_wheeler(0.5, 0.8)]);
    assert_near(&raised(&stage), &[20.2], 1.0);
    let unowned = stage.published[0].confidence;
    let mut stage = Stage::of(vec![rule(left_behind(20.0, true))]);
    stage.look(60.0, |t| brought(t, 10.0));
    assert!(unowned < 0.8 * stage.published[0].confidence, "{unowned}");
}

fn gone(for_secs: f64) -> Condition {
    Condition::Gone(Gone { zone: "right".into(), classes: vec![Class::CAR], for_at_least: secs(for_secs) })
}

#[test]
fn what_stood_there_and_is_missing_is_gone() {
    let mut stage = Stage::of(vec![rule(gone(20.0))]);
    stage.look(40.0, |_| vec![car(0.75, 0.8)]).look(30.0, |_| vec![]);
    assert_near(&raised(&stage), &[60.2], 1.0);
    let published = latest(&stage);
    let began = published.started_at.duration_since(moment(0.0).utc).as_secs_f64();
    assert!((began - 40.0).abs() < 0.5, "it was last there at {began}");
    // The empty place is what is shown.
    assert!(published.shown[0].box_in_frame.iou(&car(0.75, 0.8).box_in_frame) > 0.9);
    // It comes back.
    stage.look(20.0, |_| vec![car(0.75, 0.8)]);
    assert_eq!(stage.published().last(), Some(&(Phase::End, PhaseReason::Cleared)));
}

#[test]
fn what_never_stayed_is_not_missed() {
    let mut stage = Stage::of(vec![rule(gone(20.0))]);
    // It drives through, and another stands for a moment.
    stage.look(10.0, |t| vec![car(0.2 + 0.08 * t, 0.8)]);
    stage.look(8.0, |_| vec![car(0.75, 0.8)]).look(60.0, |_| vec![]);
    assert_eq!(stage.published(), []);
}

#[test]
fn what_is_covered_is_not_gone() {
    let mut stage = Stage::of(vec![rule(gone(10.0))]);
    stage.look(20.0, |_| vec![car(0.75, 0.7)]);
    // A truck stops in front of it for half a minute, then the car is seen again.
    stage.look(30.0, |_| vec![truck(0.74, 0.78)]).look(10.0, |_| vec![car(0.75, 0.7)]);
    assert_eq!(stage.published(), []);
    // The truck goes and there is nothing any more.
    stage.look(30.0, |_| vec![truck(0.74, 0.78)]).look(14.0, |_| vec![]);
    assert_eq!(raised(&stage).len(), 1);
}

#[test]
fn a_camera_that_was_away_misses_nothing() {
    let mut stage = Stage::of(vec![rule(gone(10.0))]);
    stage.look(30.0, |_| vec![car(0.75, 0.8)]).silence(60.0).look(60.0, |_| vec![]);
    assert_eq!(stage.published(), []);
}

fn vending(for_secs: f64) -> Condition {
    let classes = vec![Class::PERSON, Class::TWO_WHEELER];
    Condition::Vending(Vending { zone: "right".into(), classes, for_at_least: secs(for_secs) })
}

#[test]
fn a_cart_with_people_round_it_is_a_stall_and_a_parked_one_is_not() {
    let cart = || two_wheeler(0.75, 0.8);
    let mut stage = Stage::of(vec![rule(vending(60.0))]);
    stage.look(90.0, |_| vec![cart()]);
    assert_eq!(stage.published(), [], "nobody is beside it");
    let mut stage = Stage::of(vec![rule(vending(60.0))]);
    // Customers come and go, and hide it half of the time.
    stage.look(90.0, |t| {
        let mut seen = vec![person(if t % 10.0 < 8.0 { 0.85 } else { 0.2 }, 0.82)];
        if t % 20.0 < 6.0 {
            seen.push(person(0.75, 0.86));
        } else {
            seen.push(cart());
        }
        seen
    });
    assert_near(&raised(&stage), &[62.0], 8.0);
    assert!(latest(&stage).shown.iter().any(|shown| shown.class == Class::PERSON));
    let mut stage = Stage::of(vec![rule(vending(60.0))]);
    // Unloads for twenty seconds.
    stage.look(150.0, |t| {
        let mut seen = vec![cart()];
        if t < 20.0 {
            seen.push(person(0.85, 0.82));
        }
        seen
    });
    assert_eq!(stage.published(), []);
}

#[test]
fn a_rider_who_waits_is_no_stall_and_one_with_customers_is() {
    let waiting = || vec![person(0.75, 0.8), two_wheeler(0.75, 0.8)];
    for parked in [0.0, 30.0] {
        let mut stage = Stage::of(vec![rule(vending(60.0))]);
        // Or somebody sits down on a two-wheeler that was parked before.
        stage.look(150.0, |t| if t < parked { vec![two_wheeler(0.75, 0.8)] } else { waiting() });
        assert_eq!(stage.published(), [], "parked for {parked} s");
    }
    // With a foot on the ground, with a pillion, beside another one as close as two can stand.
    let riders = |xs: [f64; 2]| xs.map(|x| person(x, 0.8)).to_vec();
    let two_wheelers = |xs: [f64; 2]| xs.map(|x| two_wheeler(x, 0.8)).to_vec();
    for (name, people, things) in [
        ("a foot on the ground", vec![person(0.75, 0.815)], vec![two_wheeler(0.75, 0.8)]),
        ("a pillion", riders([0.735, 0.765]), vec![two_wheeler(0.75, 0.8)]),
        ("side by side", riders([0.72, 0.779]), two_wheelers([0.72, 0.779])),
    ] {
        let mut stage = Stage::of(vec![rule(vending(60.0))]);
        stage.look(150.0, |_| [people.clone(), things.clone()].concat());
        assert_eq!(stage.published(), [], "{name}");
    }
    let mut stage = Stage::of(vec![rule(vending(60.0))]);
    stage.look(90.0, |t| {
        let mut seen = waiting();
        if t % 10.0 < 8.0 {
            seen.push(person(0.88, 0.82));
        }
        seen
    });
    assert_near(&raised(&stage), &[62.0], 8.0);
}

#[test]
fn those_who_sell_behind_a_stall_are_not_all_its_riders() {
    let mut stage = Stage::of(vec![rule(vending(60.0))]);
    stage.look(90.0, |_| vec![two_wheeler(0.75, 0.8), person(0.71, 0.77), person(0.79, 0.77)]);
    assert_near(&raised(&stage), &[62.0], 8.0);
}

#[test]
fn a_crowd_of_people_counts_riders_once_and_parked_two_wheelers_not_at_all() {
    let street = |_: f64| {
        vec![
            person(0.2, 0.8),
            two_wheeler(0.2, 0.8),
            person(0.8, 0.8),
            two_wheeler(0.8, 0.8),
            two_wheeler(0.5, 0.8),
        ]
    };
    let classes = vec![Class::PERSON, Class::TWO_WHEELER];
    let both = |at_least| {
        let (zone, classes) = ("all".into(), classes.clone());
        Condition::Crowd(Crowd { zone, classes, at_least, density: None, for_at_least: secs(3.0) })
    };
    for (when, is_crowd) in
        [(crowd("all", 2, 3.0), true), (crowd("all", 3, 3.0), false), (both(5), true), (both(6), false)]
    {
        let mut stage = Stage::of(vec![rule(when.clone())]);
        stage.look(10.0, street);
        assert_eq!(!stage.published().is_empty(), is_crowd, "{when:?}");
    }
}

fn works(for_secs: f64) -> Condition {
    let classes = vec![Class::TRUCK, Class::PERSON];
    Condition::Works(Works { zone: "right".into(), classes, at_least: 2, for_at_least: secs(for_secs) })
}

#[test]
fn a_truck_with_somebody_who_digs_is_works_and_parking_or_passing_is_not() {
    let digs = |t: f64| person(0.6 + 0.06 * (0.8 * t).sin(), 0.85);
    let mut stage = Stage::of(vec![rule(works(60.0))]);
    stage.look(100.0, |t| vec![truck(0.8, 0.8), digs(t)]);
    assert_near(&raised(&stage), &[69.0], 4.0);
    let mut stage = Stage::of(vec![rule(works(60.0))]);
    stage.look(150.0, |_| vec![truck(0.8, 0.8), person(0.6, 0.85)]);
    assert_eq!(stage.published(), [], "nothing moves");
    let mut stage = Stage::of(vec![rule(works(60.0))]);
    stage.look(150.0, |t| vec![truck(0.8, 0.8), person(0.5 + 0.06 * (t % 8.0), 0.85)]);
    assert_eq!(stage.published(), [], "people pass");
}

#[test]
fn works_go_on_over_a_pause() {
    let mut stage = Stage::of(vec![rule(works(60.0))]);
    stage.look(150.0, |t| {
        let mut seen = vec![truck(0.8, 0.8)];
        if t % 40.0 < 30.0 {
            seen.push(person(0.6 + 0.06 * (0.8 * t).sin(), 0.85));
        }
        seen
    });
    assert_eq!(raised(&stage).len(), 1);
}

#[test]
fn a_two_wheeler_inside_the_door_is_indoors_and_one_that_passes_is_not() {
    let mut plan = plan();
    plan.zones.insert("hall".into(), rectangle(0.4, 0.5, 0.6, 0.8));
    let indoors = Condition::Indoors(Indoors {
        zone: "hall".into(),
        classes: vec![Class::TWO_WHEELER],
        for_at_least: secs(3.0),
    });
    for (y, is_in) in [(0.75, true), (0.88, false), (0.52, false)] {
        let mut stage = Stage::with(plan.clone(), vec![rule(indoors.clone())]);
        stage.look(10.0, |_| vec![two_wheeler(0.5, y)]);
        assert_eq!(!stage.published().is_empty(), is_in, "{y}");
    }
    let mut stage = Stage::with(plan, vec![rule(indoors)]);
    stage.look(10.0, |t| vec![two_wheeler(0.1 * t, 0.75)]);
    assert_eq!(stage.published(), [], "it drives through within two seconds");
}

#[test]
fn a_dense_crowd_is_one_that_covers_the_zone() {
    let mut plan = plan();
    plan.zones.insert("stair".into(), rectangle(0.3, 0.5, 0.7, 0.9));
    let dense = |at_least, density| {
        Condition::Crowd(Crowd {
            zone: "stair".into(),
            classes: vec![Class::PERSON],
            at_least,
            density: Some(density),
            for_at_least: secs(3.0),
        })
    };
    // Four people side by side cover 0.3 x 0.4 of the stair's 0.4 x 0.4.
    let four = |apart: f64| {
        move |_: f64| (0..4).map(|i| person(0.35 + apart * f64::from(i), 0.85)).collect::<Vec<_>>()
    };
    for (at_least, density, apart, is_crowd) in [
        (2, 0.5, 0.1, true),
        (2, 0.9, 0.1, false),
        (6, 0.5, 0.1, false),  // dense, but not six
        (2, 0.5, 0.02, false), // one behind the other they cover less
    ] {
        let mut stage = Stage::with(plan.clone(), vec![rule(dense(at_least, density))]);
        stage.look(8.0, four(apart));
        assert_eq!(!stage.published.is_empty(), is_crowd, "{at_least} {density} {apart}");
        if is_crowd {
            let value = latest(&stage).why.contributions[0].value;
            assert!((0.6..0.85).contains(&value), "the value is the share covered: {value}");
            assert_eq!(latest(&stage).why.threshold, f64::from(0.5_f32));
        }
    }
}

/// Somebody stands there, the camera stops seeing, they leave meanwhile: nobody is called out to an empty room.
#[test]
fn what_a_blind_camera_saw_is_not_escalated() {
    use crate::analysis::Event;
    use crate::analysis::acceptance::AcceptancePlan;
    use crate::analysis::{Analysis, Plan};
    use crate::types::level::Level;
    let acceptance = AcceptancePlan { within: Some(secs(60.0)), from: Level::Blue };
    let plan = CameraPlan { grid: "53012700300102".into(), ..plan() };
    for stays in [false, true] {
        let plan = Plan { acceptance, ..Plan::of(vec![plan.clone()], vec![rule(present("right", 2.0))]) };
        let mut stage = Stage::of(Vec::new());
        stage.analysis = Analysis::new("box", plan).expect("the zone is drawn");
        stage.look(30.0, |_| vec![person(0.7, 0.9)]);
        stage.apply(&Event::CameraSilent { camera: "cam".into(), at: moment(stage.now), cause: None });
        stage.silence(120.0);
        let escalated =
            |stage: &Stage| stage.published.iter().filter(|r| r.reason == PhaseReason::Escalated).count();
        assert_eq!(escalated(&stage), 0, "nobody can see whether they are still there");
        stage.apply(&Event::CameraBack { camera: "cam".into(), at: moment(stage.now) });
        stage.look(30.0, |_| if stays { vec![person(0.7, 0.9)] } else { vec![] });
        assert_eq!(escalated(&stage), usize::from(stays));
    }
}

#[test]
fn a_car_as_large_as_the_street_is_no_car() {
    let street = Detection { class: Class::CAR, score: 0.9, box_in_frame: BBox::new(0.0, 0.2, 1.0, 1.0) };
    let conditions = || {
        vec![
            Rule { id: "parked".into(), ..rule(parked("all", 10.0)) },
            Rule {
                id: "left".into(),
                ..rule(Condition::LeftBehind(LeftBehind {
                    zone: "all".into(),
                    classes: vec![Class::CAR],
                    owner_away: true,
                    for_at_least: secs(10.0),
                }))
            },
        ]
    };
    let mut stage = Stage::of(conditions());
    stage.look(10.0, |_| vec![]).look(60.0, |_| vec![street]);
    assert_eq!(stage.published(), []);
    assert_eq!(stage.analysis.tracks("cam"), []);
    // Where lorries load right before the lens somebody says so.
    let mut stage = Stage::with(CameraPlan { largest_box: 1.0, ..plan() }, conditions());
    stage.look(10.0, |_| vec![]).look(60.0, |_| vec![street]);
    assert_eq!(raised(&stage).len(), 2);
}

#[test]
fn nothing_is_left_or_missing_that_was_only_just_believed() {
    let thing = |score| scored(two_wheeler(0.75, 0.8), score);
    let gone = Condition::Gone(Gone {
        zone: "right".into(),
        classes: vec![Class::TWO_WHEELER],
        for_at_least: secs(20.0),
    });
    for (threshold, barely, well) in [(0.25, 0.27, 0.4), (0.45, 0.47, 0.6), (0.6, 0.62, 0.7)] {
        for (score, wanted) in [(barely, 0), (well, 1)] {
            let plan = || {
                let mut plan = plan();
                plan.thresholds.insert(Class::TWO_WHEELER, threshold);
                plan
            };
            let mut stage = Stage::with(plan(), vec![rule(left_behind(20.0, true))]);
            stage.look(10.0, |_| vec![]).look(60.0, |_| vec![thing(score)]);
            assert_eq!(raised(&stage).len(), wanted, "left: {score} where {threshold} is enough");
            let mut stage = Stage::with(plan(), vec![rule(gone.clone())]);
            stage.look(60.0, |_| vec![thing(score)]).look(40.0, |_| vec![]);
            assert_eq!(raised(&stage).len(), wanted, "gone: {score} where {threshold} is enough");
        }
    }
}
