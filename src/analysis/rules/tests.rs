//! Each rule, on things that move as a script says.

mod burning;
mod falling;
mod filtered;
mod gated;
mod hidden;
mod moving;
mod standing;

use super::*;
use crate::analysis::alert::{Basis, Revision};
use crate::analysis::detection::Class;
use crate::analysis::detection::Detection;
use crate::analysis::geometry::{BBox, Point};
use crate::analysis::test_support::*;
use crate::types::direction::Direction;
use crate::types::phase::{Phase, PhaseReason};

/// Seconds after the stage's beginning at which alerts were raised, and for how long the condition had
/// been true by then.
fn raised(stage: &Stage) -> Vec<f64> {
    let raised = stage.published.iter().filter(|r| r.phase == Phase::New);
    raised.map(|r| r.at.mono.as_secs_f64()).collect()
}

fn latest(stage: &Stage) -> &Revision {
    stage.published.last().expect("something was published")
}

#[track_caller]
fn assert_near(got: &[f64], wanted: &[f64], within: f64) {
    let near = got.len() == wanted.len() && got.iter().zip(wanted).all(|(g, w)| (g - w).abs() <= within);
    assert!(near, "got {got:.1?}, wanted {wanted:.1?} within {within}");
}

/// From the left edge to the right one in ten seconds.
fn walker(t: f64) -> Detection {
    person(0.05 + 0.09 * t, 0.9)
}

#[test]
fn present_asks_where_the_feet_are() {
    // Head and trunk reach into the zone, the feet stand below it.
    let mut plan = plan();
    plan.zones.insert("wall".into(), rectangle(0.0, 0.0, 1.0, 0.7));
    let mut stage = Stage::with(plan, vec![rule(present("wall", 0.0))]);
    stage.look(5.0, |_| vec![person(0.5, 0.8)]);
    assert_eq!(stage.published(), []);
    stage.look(1.0, |_| vec![person(0.5, 0.6)]);
    assert_eq!(stage.published(), [(Phase::New, PhaseReason::Raised)]);
}

#[test]
fn present_does_not_mind_who_it_is() {
    // One leaves as the next one comes: nobody stays for 8 s, somebody does.
    let mut stage = Stage::of(vec![
        rule(present("right", 8.0)),
        Rule { id: "stays".into(), ..rule(dwell("right", 8.0)) },
    ]);
    stage.look(5.0, |t| vec![person(0.6 - 0.02 * t, 0.9)]);
    stage.look(10.0, |t| vec![person(0.9 - 0.06 * t, 0.7)]);
    assert_near(&raised(&stage), &[8.2], 0.3);
    assert_eq!(stage.published[0].why.basis, Basis::Rule("rule".into()));
}

#[test]
fn present_bridges_a_flicker_and_not_a_real_gap() {
    let blinking = |gap: f64| move |t: f64| if t % 4.0 < gap { vec![] } else { vec![person(0.7, 0.9)] };
    let mut stage = Stage::of(vec![rule(present("right", 10.0))]);
    stage.look(30.0, blinking(1.8));
    // Since second 2; second 12 falls into a gap.
    assert_near(&raised(&stage), &[14.0], 0.3);
    let mut stage = Stage::of(vec![rule(present("right", 10.0))]);
    stage.look(30.0, blinking(2.6));
    assert_near(&raised(&stage), &[], 0.0);
}

#[test]
fn other_classes_do_not_count() {
    let mut stage = Stage::of(vec![rule(present("all", 0.0))]);
    stage.look(5.0, |_| vec![car(0.5, 0.8)]);
    assert_eq!(stage.published(), []);
}

#[test]
fn dwell_wants_the_same_one_to_stay() {
    let mut stage = Stage::of(vec![rule(dwell("right", 5.0))]);
    stage.look(4.0, |_| vec![person(0.6, 0.6)]);
    stage.look(4.0, |_| vec![person(0.9, 0.9)]);
    assert_eq!(stage.published(), []);
    stage.look(2.0, |_| vec![person(0.9, 0.9)]);
    assert_eq!(stage.published(), [(Phase::New, PhaseReason::Raised)]);
}

#[test]
fn dwell_begins_when_the_zone_is_entered() {
    let mut stage = Stage::of(vec![rule(dwell("right", 3.0))]);
    // In the zone from second 5 on.
    stage.look(10.0, |t| vec![walker(t)]);
    assert_near(&raised(&stage), &[8.2], 0.3);
    let began = stage.published[0].started_at.duration_since(moment(0.0).utc).as_secs_f64();
    assert!((began - 5.1).abs() < 0.3, "{began}");
    assert!(stage.published[0].why.contributions[0].value >= 3.0);
}

#[test]
fn a_step_out_of_the_zone_is_no_leaving() {
    let mut stage = Stage::of(vec![rule(dwell("right", 10.0))]);
    stage.look(12.0, |t| vec![person(if (5.0..6.0).contains(&t) { 0.46 } else { 0.54 }, 0.9)]);
    assert_near(&raised(&stage), &[10.2], 0.3);
    let mut stage = Stage::of(vec![rule(dwell("right", 10.0))]);
    stage.look(12.0, |t| vec![person(if (5.0..8.0).contains(&t) { 0.46 } else { 0.54 }, 0.9)]);
    assert_eq!(stage.published(), []);
}

#[test]
fn a_mistake_of_one_frame_is_never_reported() {
    for when in [present("all", 0.0), dwell("all", 0.0), crowd("all", 1, 0.0)] {
        let mut stage = Stage::of(vec![rule(when)]);
        stage.look(10.0, |t| if (4.9..5.1).contains(&t) { vec![person(0.5, 0.8)] } else { vec![] });
        assert_eq!(stage.published(), []);
    }
}

fn line(direction: Direction) -> Condition {
    Condition::LineCrossed(LineCrossed { line: "middle".into(), classes: vec![Class::PERSON], direction })
}

#[test]
fn a_line_is_crossed_once_and_in_one_direction() {
    for (direction, crossings) in
        [(Direction::LeftToRight, 1), (Direction::Both, 1), (Direction::RightToLeft, 0)]
    {
        let mut stage = Stage::of(vec![rule(line(direction))]);
        stage.look(10.0, |t| vec![walker(t)]);
        assert_eq!(raised(&stage).len(), crossings, "{direction:?}");
    }
}

#[test]
fn who_stands_on_the_line_and_sways_crosses_nothing() {
    let mut stage = Stage::of(vec![rule(line(Direction::Both))]);
    stage.look(60.0, |t| vec![person(0.5 + 0.015 * (3.0 * t).sin(), 0.9)]);
    assert_eq!(stage.published(), []);
    // Comes from the left, sways on the line, goes on to the right: one crossing.
    stage.look(4.0, |t| vec![person(0.35 + 0.0375 * t, 0.9)]);
    stage.look(20.0, |t| vec![person(0.5 + 0.015 * (3.0 * t).sin(), 0.9)]);
    stage.look(4.0, |t| vec![person(0.5 + 0.0375 * t, 0.9)]);
    assert_eq!(raised(&stage).len(), 1);
    assert_eq!(latest(&stage).why.contributions[0].value, 1.0);
}

#[test]
fn who_goes_round_the_end_of_the_line_has_not_crossed_it() {
    // The line ends at a height of 0.2; these feet pass above it.
    let mut plan = plan();
    let line_low = Line { from: Point::new(0.5, 1.0), to: Point::new(0.5, 0.7) };
    plan.lines.insert("middle".into(), line_low);
    let mut stage = Stage::with(plan, vec![rule(line(Direction::Both))]);
    stage.look(10.0, |t| vec![person(0.05 + 0.09 * t, 0.5)]);
    assert_eq!(stage.published(), []);
}

#[test]
fn a_crossing_behind_a_pillar_is_counted_when_they_come_out() {
    let mut stage = Stage::of(vec![rule(line(Direction::LeftToRight))]);
    stage.look(10.0, |t| if (4.4..6.0).contains(&t) { vec![] } else { vec![walker(t)] });
    assert_near(&raised(&stage), &[6.0], 0.3);
}

#[test]
fn crossings_of_a_burst_are_counted() {
    let mut stage = Stage::of(vec![rule(line(Direction::Both))]);
    // Three, four seconds apart; the hold is five.
    stage.look(20.0, |t| {
        let lanes = [(0.0, 0.4), (4.0, 0.7), (8.0, 0.98)];
        let on_their_way = lanes.iter().filter(|(from, _)| (*from..from + 10.0).contains(&t));
        on_their_way.map(|(from, lane)| person(0.05 + 0.09 * (t - from), *lane)).collect()
    });
    stage.look(10.0, |_| vec![]);
    assert_eq!(raised(&stage).len(), 1);
    assert_eq!(latest(&stage).phase, Phase::End);
    assert_eq!(latest(&stage).why.contributions[0].value, 3.0);
}

/// So many people in two rows.
fn people(count: usize) -> Vec<Detection> {
    (0..count).map(|i| person(0.08 + 0.12 * (i % 8) as f64, if i < 8 { 0.45 } else { 0.9 })).collect()
}

#[test]
fn a_crowd_is_reported_with_everybody_in_it() {
    let mut stage = Stage::of(vec![rule(crowd("all", 10, 5.0))]);
    stage.look(10.0, |_| people(9));
    assert_eq!(stage.published(), []);
    stage.look(10.0, |_| people(12));
    assert_eq!(raised(&stage).len(), 1);
    assert_eq!(latest(&stage).shown.len(), 12);
    assert_eq!(latest(&stage).why.contributions[0].value, 12.0);
    assert_eq!(latest(&stage).why.threshold, 10.0);
}

#[test]
fn a_crowd_of_blinking_people_is_a_crowd() {
    // Each of ten is missed in every fourth frame, never all at once.
    let mut stage = Stage::of(vec![rule(crowd("all", 10, 5.0))]);
    stage.look(20.0, |t| {
        let look = (t * 5.0).round() as usize;
        let mut people = people(10);
        let mut index = 0;
        people.retain(|_| {
            index += 1;
            !(index + look).is_multiple_of(4)
        });
        people
    });
    assert_near(&raised(&stage), &[6.5], 1.5);
}

#[test]
fn one_frame_too_many_makes_no_crowd() {
    let mut stage = Stage::of(vec![rule(crowd("all", 10, 5.0))]);
    // Every other second two mistakes appear for three frames, each time elsewhere.
    stage.look(30.0, |t| {
        let mut seen = people(9);
        if t % 2.0 < 0.5 {
            let x = [0.15, 0.55, 0.85, 0.35, 0.70, 0.25, 0.45][(t / 2.0) as usize % 7];
            seen.extend([person(x, 0.70), person(x, 0.95)]);
        }
        seen
    });
    assert_eq!(stage.published(), []);
}

#[test]
fn a_vehicle_that_stands_is_parked_and_one_that_creeps_is_not() {
    let mut stage = Stage::of(vec![rule(parked("right", 20.0))]);
    // A tenth of its length each second: a queue.
    stage.look(30.0, |t| vec![car(0.55 + 0.01 * t, 0.8)]);
    assert_eq!(stage.published(), []);
    stage.look(25.0, |_| vec![car(0.85, 0.8)]);
    // It stood within a quarter of its size for some seconds before it stopped.
    assert_near(&raised(&stage), &[50.0 - 5.0], 5.0);
}

#[test]
fn a_parked_car_counts_by_the_ground_it_stands_on() {
    let mut plan = plan();
    plan.zones.insert("lane".into(), rectangle(0.0, 0.68, 1.0, 0.9));
    plan.zones.insert("bay".into(), rectangle(0.47, 0.74, 0.53, 0.79));
    for (zone, wheels, is_in) in [
        ("lane", 0.80, true),
        ("lane", 0.62, false), // behind the lane
        ("lane", 0.99, false), // before it, only its roof in the lane
        ("bay", 0.80, true),   // the bay is smaller than the car
        ("bay", 0.60, false),
    ] {
        let mut stage = Stage::with(plan.clone(), vec![rule(parked(zone, 5.0))]);
        stage.look(10.0, |_| vec![car(0.5, wheels)]);
        assert_eq!(!stage.published().is_empty(), is_in, "{zone} {wheels}");
    }
}

#[test]
fn a_parked_car_behind_passing_traffic_goes_on_being_parked() {
    let mut stage = Stage::of(vec![rule(parked("right", 20.0))]);
    stage.look(25.0, |t| {
        let mut seen = vec![car(0.2 + 0.08 * (t % 8.0), 0.95)];
        if !(10.0..16.0).contains(&t) {
            seen.push(car(0.75, 0.6));
        }
        seen
    });
    assert_near(&raised(&stage), &[20.2], 0.5);
}

#[test]
fn what_stands_in_a_mask_is_not_seen() {
    let mut plan = plan();
    plan.masks.push(rectangle(0.4, 0.0, 1.0, 1.0));
    let mut stage = Stage::with(plan, vec![rule(present("all", 0.0))]);
    stage.look(5.0, |_| vec![person(0.7, 0.9)]);
    assert_eq!(stage.published(), []);
    assert_eq!(stage.analysis.tracks("cam"), []);
    stage.look(5.0, |_| vec![person(0.2, 0.9)]);
    assert_eq!(raised(&stage).len(), 1);
}

#[test]
fn feet_below_the_picture_still_stand_in_a_zone_drawn_to_its_edge() {
    let mut plan = plan();
    plan.zones.insert("front".into(), rectangle(0.2, 0.6, 0.8, 0.99));
    let mut stage = Stage::with(plan, vec![rule(present("front", 0.0))]);
    stage.look(2.0, |_| vec![person(0.5, 1.0)]);
    assert_eq!(raised(&stage).len(), 1);
}

#[test]
fn conditions_read_as_sentences() {
    let vehicles = parked("fire-lane", 120.0);
    assert_eq!(vehicles.to_string(), "car, truck or bus stays still in fire-lane for 120 s");
    assert_eq!(present("gate", 0.0).to_string(), "person is in gate");
    assert_eq!(dwell("gate", 7.5).to_string(), "the same person stays in gate for 7.5 s");
    assert_eq!(crowd("square", 30, 60.0).to_string(), "at least 30 of person are in square for 60 s");
    assert_eq!(line(Direction::LeftToRight).to_string(), "person crosses middle from left to right");
}

#[test]
fn each_kind_reads_as_a_sentence_and_says_what_must_be_passed() {
    let zone = || Arc::from("yard");
    let people = || vec![Class::PERSON];
    let vehicles = || vec![Class::CAR, Class::TRUCK];
    let for_at_least = secs(5.0);
    let cases: [(Condition, &str, f64); 14] = [
        (
            Crowd { zone: zone(), classes: people(), at_least: 4, density: Some(0.5), for_at_least }.into(),
            "at least 4 of person are in yard and cover 50 % of it for 5 s",
            0.5,
        ),
        (
            Crowd { zone: zone(), classes: people(), at_least: 4, density: None, for_at_least }.into(),
            "at least 4 of person are in yard for 5 s",
            4.0,
        ),
        (line(Direction::Both), "person crosses middle", 1.0),
        (
            WrongWay {
                zone: zone(),
                classes: vehicles(),
                heading_deg: 90.0,
                tolerance_deg: 60.0,
                for_at_least,
            }
            .into(),
            "car or truck moves against 90 degrees in yard for 5 s",
            5.0,
        ),
        (
            LeftBehind { zone: zone(), classes: vehicles(), owner_away: true, for_at_least }.into(),
            "car or truck is left in yard with nobody beside it for 5 s",
            5.0,
        ),
        (
            Gone { zone: zone(), classes: vehicles(), for_at_least }.into(),
            "car or truck that stood in yard is missing for 5 s",
            5.0,
        ),
        (
            Fallen { zone: zone(), classes: people(), low: 0.5, for_at_least }.into(),
            "person went down in yard and stays down for 5 s",
            5.0,
        ),
        (
            Scuffle { zone: zone(), classes: people(), people: 2, unrest: 0.25, for_at_least }.into(),
            "at least 2 of person close together move by 0.25 body heights a second to and fro in yard for 5 s",
            0.25,
        ),
        (
            Rush { zone: zone(), classes: people(), at_least: 3, speed: 1.5, for_at_least }.into(),
            "at least 3 of person run at 1.5 body heights a second in yard for 5 s",
            3.0,
        ),
        (
            Fire { zone: zone(), classes: vec![Class::FIRE], for_at_least }.into(),
            "flames burn in yard for 5 s",
            5.0,
        ),
        (
            Smoke { zone: zone(), classes: vec![Class::SMOKE], for_at_least }.into(),
            "smoke rises in yard for 5 s",
            5.0,
        ),
        (
            Indoors { zone: zone(), classes: vehicles(), for_at_least }.into(),
            "car or truck is inside yard for 5 s",
            5.0,
        ),
        (
            Vending { zone: zone(), classes: vec![Class::PERSON, Class::CAR], for_at_least }.into(),
            "car stands in yard with people round it for 5 s",
            5.0,
        ),
        (
            Works { zone: zone(), classes: people(), at_least: 2, for_at_least }.into(),
            "at least 2 of person are busy in yard for 5 s",
            5.0,
        ),
    ];
    for (when, sentence, threshold) in cases {
        assert_eq!(when.to_string(), sentence);
        assert_eq!(when.threshold(), threshold, "{sentence}");
    }
}

#[test]
fn a_rule_that_names_what_its_camera_lacks_is_refused() {
    let error =
        RuleEvaluator::new(Arc::new(rule(present("fire-line", 1.0))), &plan()).expect_err("no such zone");
    assert_eq!(
        error.to_string(),
        "rule `rule` names `fire-line`, which camera `cam` does not have\n  hint: draw it on that camera, or take the camera out of the rule"
    );
}
