//! What is too small, too large or masked is not reported, and the same thing within bounds is; thresholds of the night.

use super::*;
use crate::analysis::filters::{ClassMask, Filter};
use crate::analysis::ground::Horizon;
use crate::analysis::heights::HeightLimits;
use crate::analysis::schedule::Schedule;

/// Somebody so tall in the picture, with the feet there.
fn tall(height: f32, x: f64, y: f64) -> Detection {
    let (x, y) = (x as f32, y as f32);
    let box_in_frame = BBox::new(x - height / 6.0, y - height, x + height / 6.0, y);
    Detection { box_in_frame, ..person(0.0, 0.0) }
}

/// How many alerts a rule raises of what stands there for five seconds, and how many detections were left out before.
fn published_of(plan: CameraPlan, rule: Rule, seen: &[Detection]) -> (usize, u64) {
    let mut stage = Stage::with(plan, vec![rule]);
    stage.look(5.0, |_| seen.to_vec());
    let left_out = stage.analysis.left_out("cam");
    let all = [Filter::Implausible, Filter::Mask, Filter::Height, Filter::Horizon];
    (raised(&stage).len(), all.into_iter().map(|filter| left_out.by(filter)).sum())
}

#[test]
fn a_class_of_a_camera_has_heights() {
    let mut limited = plan();
    limited.heights.insert(Class::PERSON, HeightLimits { min: 0.1, max: 0.5 });
    let of = |seen: Detection| published_of(limited.clone(), rule(present("all", 1.0)), &[seen]);
    assert_eq!(of(tall(0.08, 0.5, 0.8)), (0, 25), "too small");
    assert_eq!(of(tall(0.12, 0.5, 0.8)), (1, 0));
    assert_eq!(of(tall(0.45, 0.5, 0.8)), (1, 0));
    assert_eq!(of(tall(0.55, 0.5, 0.8)), (0, 25), "too tall");
    assert_eq!(of(tall(0.06, 0.5, 1.0)), (1, 0), "whose feet are below the picture");
    let without = published_of(plan(), rule(present("all", 1.0)), &[tall(0.55, 0.5, 0.8)]);
    assert_eq!(without, (1, 0));
    let cars = Rule { when: parked("all", 1.0), ..rule(present("all", 0.0)) };
    assert_eq!(published_of(limited.clone(), cars, &[car(0.5, 0.8)]), (1, 0), "other classes have none");
}

#[test]
fn a_rule_has_heights_of_its_own_and_the_other_rules_see_everything() {
    let near =
        Rule { id: "near".into(), heights: HeightLimits { min: 0.3, max: 0.6 }, ..rule(dwell("all", 3.0)) };
    for (height, published) in [(0.2, 0), (0.4, 1), (0.7, 0)] {
        let mut stage = Stage::of(vec![rule(dwell("all", 3.0)), near.clone()]);
        stage.look(5.0, |_| vec![tall(height, 0.5, 0.9)]);
        let of_near = stage.published.iter().filter(|r| r.why.basis == Basis::Rule("near".into())).count();
        assert_eq!(of_near, published, "{height}");
        assert_eq!(raised(&stage).len(), 1 + published, "{height}: the rule without limits sees it");
        assert!(stage.analysis.left_out("cam").is_empty(), "it is followed for the other rule");
    }
}

#[test]
fn a_rule_for_near_things_needs_no_closer_look_at_far_ones() {
    let crossing = Condition::LineCrossed(LineCrossed {
        line: "middle".into(),
        classes: vec![Class::PERSON],
        direction: Direction::Both,
    });
    let pace_of = |heights| {
        let mut stage = Stage::of(vec![Rule { heights, ..rule(crossing.clone()) }]);
        stage.look(2.0, |t| vec![tall(0.1, 0.3 + 0.05 * t, 0.8)]);
        stage.analysis.pace("cam").expect("a camera").every
    };
    assert!(pace_of(HeightLimits::default()).is_some(), "somebody walks towards the line");
    assert_eq!(pace_of(HeightLimits { min: 0.3, max: 1.0 }), None);
}

#[test]
fn what_does_not_fit_where_it_stands_is_not_reported() {
    // 3 m over the ground; 0.5 below the horizon a person of 1.8 m is 0.3 tall, 0.1 below it 0.06.
    let with_horizon = || {
        let level = vec![Point::new(0.0, 0.3), Point::new(1.0, 0.3)];
        CameraPlan { horizon: Horizon::new(level, 3.0), ..plan() }
    };
    let of = |seen: Detection| published_of(with_horizon(), rule(present("all", 1.0)), &[seen]);
    for (what, seen, published) in [
        ("somebody near", tall(0.3, 0.5, 0.8), (1, 0)),
        ("somebody far away", tall(0.06, 0.5, 0.4), (1, 0)),
        ("a doll near", tall(0.06, 0.5, 0.8), (0, 25)),
        ("a giant far away", tall(0.3, 0.5, 0.4), (0, 25)),
        ("somebody on a cloud", tall(0.06, 0.5, 0.2), (0, 25)),
        ("somebody whose feet are below the picture", tall(0.06, 0.5, 1.0), (1, 0)),
    ] {
        assert_eq!(of(seen), published, "{what}");
        assert_eq!(
            published_of(plan(), rule(present("all", 1.0)), &[seen]),
            (1, 0),
            "{what}, without a horizon"
        );
    }
}

#[test]
fn who_lies_on_the_ground_is_reported_under_a_horizon() {
    let level = vec![Point::new(0.0, 0.3), Point::new(1.0, 0.3)];
    let plan = CameraPlan { horizon: Horizon::new(level, 3.0), ..plan() };
    // 0.36 m high and 1.7 m long.
    let lying = Detection { box_in_frame: BBox::new(0.4, 0.74, 0.56, 0.80), ..person(0.0, 0.0) };
    assert_eq!(published_of(plan, rule(present("all", 1.0)), &[lying]), (1, 0));
}

#[test]
fn a_passing_car_makes_nobody_behind_it_too_small() {
    let mut plan = plan();
    plan.heights.insert(Class::PERSON, HeightLimits { min: 0.25, max: 1.0 });
    let mut stage = Stage::with(plan, vec![rule(dwell("all", 15.0))]);
    stage.look(20.0, |t| {
        let standing = tall(0.3, 0.5, 0.7);
        let head = BBox { y1: 0.62, ..standing.box_in_frame };
        let hidden = Detection { box_in_frame: head, ..standing };
        if (6.0..10.0).contains(&t) { vec![hidden, car(0.5, 0.8)] } else { vec![standing] }
    });
    assert_eq!(raised(&stage).len(), 1);
    assert!(stage.analysis.left_out("cam").is_empty());
}

#[test]
fn a_mask_of_people_leaves_cars_where_they_are() {
    let mut plan = plan();
    plan.class_masks.push(ClassMask { polygon: rectangle(0.4, 0.0, 1.0, 1.0), classes: vec![Class::PERSON] });
    let people = rule(present("all", 1.0));
    assert_eq!(published_of(plan.clone(), people.clone(), &[person(0.7, 0.9)]), (0, 25));
    assert_eq!(published_of(plan.clone(), people, &[person(0.2, 0.9)]), (1, 0));
    assert_eq!(published_of(plan, rule(parked("all", 1.0)), &[car(0.7, 0.9)]), (1, 0));
}

#[test]
fn the_night_has_thresholds_of_its_own() {
    // The stage begins at midnight: the night is over after thirty seconds.
    let schedule = Schedule::parse("daily 23:00-00:01", jiff::tz::TimeZone::UTC).expect("a schedule");
    let night = |class, threshold| {
        let thresholds = BTreeMap::from([(class, threshold)]);
        Some(Night { schedule: schedule.clone(), thresholds })
    };
    let dim = |score| move |_| vec![scored(person(0.5, 0.9), score)];
    let mut surer = Stage::with(
        CameraPlan { night: night(Class::PERSON, 0.7), ..plan() },
        vec![rule(present("all", 1.0))],
    );
    surer.look(55.0, dim(0.6));
    assert_eq!(surer.published(), [], "0.6 is not sure by night");
    surer.look(10.0, dim(0.6));
    assert_near(&raised(&surer), &[61.5], 1.0);
    let mut bolder = Stage::with(
        CameraPlan { night: night(Class::PERSON, 0.3), ..plan() },
        vec![rule(present("all", 1.0))],
    );
    bolder.look(30.0, dim(0.4));
    assert_near(&raised(&bolder), &[1.3], 0.5);
    bolder.look(20.0, |_| vec![]);
    bolder.published.clear();
    bolder.look(20.0, |t| if t > 12.0 { vec![scored(person(0.5, 0.9), 0.4)] } else { vec![] });
    assert_eq!(raised(&bolder), [0.0; 0], "by day 0.4 is not sure");
    let mut cars =
        Stage::with(CameraPlan { night: night(Class::CAR, 0.9), ..plan() }, vec![rule(present("all", 1.0))]);
    cars.look(10.0, dim(0.6));
    assert_eq!(raised(&cars).len(), 1, "what the night does not name stays as it is");
}
