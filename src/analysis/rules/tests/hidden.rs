//! What stands and is partly hidden for a moment stands all the same: one edge of its box moves, the thing does not.

use super::*;

/// What is left to see of a thing behind another: the largest part beside or above it, less surely; nothing where less
/// than an eighth is left.
fn behind(thing: Detection, hides: &BBox) -> Option<Detection> {
    let b = thing.box_in_frame;
    let Some(common) = b.intersection(hides) else { return Some(thing) };
    let parts = [
        BBox { x1: common.x0, ..b },
        BBox { x0: common.x1, ..b },
        BBox { y1: common.y0, ..b },
        BBox { y0: common.y1, ..b },
    ];
    let area = |b: &BBox| if b.x0 < b.x1 && b.y0 < b.y1 { b.area() } else { 0.0 };
    let largest = parts.into_iter().max_by(|a, b| area(a).total_cmp(&area(b)))?;
    let share = area(&largest) / b.area();
    (share >= 0.125).then_some(Detection {
        score: thing.score * (0.4 + 0.6 * share),
        box_in_frame: largest,
        ..thing
    })
}

/// A thing and, from `from` on, something nearer that passes before it with `speed` (parts of the picture a second).
fn passed(thing: Detection, passing: impl Fn(f64) -> Detection, t: f64) -> Vec<Detection> {
    let before = passing(t);
    let is_in_view = before.box_in_frame.x1 > 0.02 && before.box_in_frame.x0 < 0.98;
    let mut seen: Vec<Detection> = if is_in_view { vec![before] } else { vec![] };
    seen.extend(if is_in_view { behind(thing, &before.box_in_frame) } else { Some(thing) });
    seen
}

fn bus(x: f64, y: f64) -> Detection {
    let (x, y) = (x as f32, y as f32);
    Detection { class: Class::BUS, score: 0.9, box_in_frame: BBox::new(x - 0.3, y - 0.45, x + 0.3, y) }
}

/// A wall of a bonnet, before which feet cannot be seen.
fn low_car(x: f64, y: f64) -> Detection {
    car(x, y)
}

fn at_rates() -> [f64; 4] {
    [1.0, 2.0, 5.0, 10.0]
}

fn staged(hz: f64, rules: Vec<Rule>) -> Stage {
    Stage::with(CameraPlan { analysis_hz: hz as f32, ..plan() }, rules)
}

/// Somebody near the camera, as tall as a third of the picture more than the car.
fn passer(x: f64) -> Detection {
    let x = x as f32;
    Detection {
        class: Class::PERSON,
        score: 0.8,
        box_in_frame: BBox::new((x - 0.08).clamp(0.0, 1.0), 0.3, (x + 0.08).clamp(0.0, 1.0), 0.85),
    }
}

#[test]
fn a_parked_car_that_people_walk_past_is_one_alert() {
    for hz in at_rates() {
        for (speed, every) in [(0.1, 20.0), (0.2, 10.0), (0.05, 40.0)] {
            for way in [1.0, -1.0] {
                let mut stage = staged(hz, vec![rule(parked("right", 60.0))]);
                stage.look(240.0, |t| {
                    let x = (t % every) * speed - 0.2;
                    passed(car(0.75, 0.75), |_| passer(if way > 0.0 { x } else { 1.0 - x }), t)
                });
                let told: Vec<_> = stage.told.iter().map(|r| (r.phase, r.reason)).collect();
                let raised = raised(&stage);
                let is_once = raised.len() == 1 && (raised[0] - 61.0).abs() <= 3.0;
                assert!(is_once, "{hz} looks a second, {speed}, {way}: raised at {raised:?}");
                assert!(!told.iter().any(|(phase, _)| *phase == Phase::End), "{hz} {speed} {way}: {told:?}");
            }
        }
    }
}

#[test]
fn a_busy_lane_reaches_the_time_of_a_long_rule() {
    for hz in at_rates() {
        let mut stage = staged(hz, vec![rule(parked("right", 120.0))]);
        // Somebody passes every seven seconds from the first second on, so the car is first seen in part.
        stage.look(150.0, |t| passed(car(0.75, 0.75), |t| passer(0.72 + 0.15 * (t % 7.0)), t));
        assert_near(&raised(&stage), &[121.0], 3.0);
    }
}

#[test]
fn a_car_half_hidden_for_half_a_minute_stays_parked_and_one_that_leaves_does_not() {
    for leaves in [false, true] {
        let mut stage = Stage::of(vec![rule(parked("right", 30.0))]);
        stage.look(150.0, |t| {
            let own = if leaves && t > 80.0 { car(0.75 + 0.1 * (t - 80.0), 0.75) } else { car(0.75, 0.75) };
            // A truck stops before its left half.
            passed(own, |t| if (50.0..80.0).contains(&t) { bus(0.45, 0.9) } else { bus(-3.0, 0.9) }, t)
        });
        assert_near(&raised(&stage), &[30.5], 1.0);
        let ended = stage.told().iter().any(|(phase, _)| *phase == Phase::End);
        assert_eq!(ended, leaves);
    }
}

#[test]
fn somebody_who_stands_behind_what_passes_dwells_from_when_they_came() {
    let low = |t: f64| low_car(0.3 * (t - 15.0), 0.95);
    let high = |t: f64| bus(0.3 * (t - 15.0) - 0.2, 0.95);
    let slow = |t: f64| bus(0.1 * (t - 15.0) - 0.3, 0.95);
    let pillar = |t: f64| {
        let x = (0.4 + 0.05 * (t - 15.0)) as f32;
        Detection {
            class: Class::named("pillar"),
            score: 0.9,
            box_in_frame: BBox::new(x, 0.0, x + 0.07, 1.0),
        }
    };
    let cases: [(&str, &dyn Fn(f64) -> Detection); 4] =
        [("low", &low), ("high", &high), ("slow", &slow), ("pillar", &pillar)];
    for hz in at_rates() {
        for (name, passing) in cases {
            let mut stage = staged(hz, vec![rule(dwell("right", 35.0))]);
            stage.look(70.0, |t| passed(person(0.7, 0.9), passing, t));
            let raised = raised(&stage);
            assert!(
                raised.len() == 1 && (raised[0] - 36.0).abs() <= 2.5,
                "{name} at {hz} looks a second: {raised:?}"
            );
            assert!(!stage.told().iter().any(|(phase, _)| *phase == Phase::End), "{name} {hz}");
        }
    }
}

#[test]
fn feet_that_are_hidden_leave_no_zone_and_cross_no_line() {
    let mut plan = plan();
    plan.zones.insert("kerb".into(), rectangle(0.5, 0.8, 1.0, 1.0));
    plan.lines.insert("kerb".into(), Line { from: Point::new(0.4, 0.8), to: Point::new(1.0, 0.8) });
    plan.counted.push("kerb".into());
    let crosses =
        Condition::Line { line: "kerb".into(), classes: vec![Class::PERSON], direction: Direction::Both };
    let rules = vec![
        Rule { id: "line".into(), ..rule(crosses) },
        Rule { id: "dwell".into(), ..rule(dwell("kerb", 30.0)) },
    ];
    let mut stage = Stage::with(plan, rules);
    // A car stops before their legs for six seconds, again and again.
    stage.look(60.0, |t| {
        let stops = t % 15.0 > 8.0;
        passed(person(0.7, 0.9), |_| if stops { low_car(0.7, 0.95) } else { low_car(-1.0, 0.95) }, t)
    });
    let of = |name: &str, stage: &Stage| {
        let its = |r: &&Revision| r.why.basis == Basis::Rule(name.into()) && r.phase != Phase::Update;
        stage.told.iter().filter(its).map(|r| (r.phase, r.at.mono.as_secs_f64())).collect::<Vec<_>>()
    };
    assert_eq!(of("line", &stage), []);
    let dwelt = of("dwell", &stage);
    assert!(matches!(dwelt[..], [(Phase::New, at)] if (at - 30.2).abs() < 1.0), "{dwelt:?}");
    let minutes = stage.analysis.take_counts();
    let moved = minutes
        .iter()
        .flat_map(|minute| &minute.classes)
        .any(|(_, count)| count.left > 0 || count.entered > 1);
    assert!(!moved, "{minutes:?}");
}

#[test]
fn what_is_half_hidden_is_not_gone() {
    let gone = Condition::Gone { zone: "right".into(), classes: vec![Class::CAR], for_at_least: secs(10.0) };
    let mut stage = Stage::of(vec![rule(gone)]);
    // A pillar of scaffolding that no detector knows hides its left two thirds for a minute.
    let scaffold = BBox::new(0.5, 0.0, 0.8, 1.0);
    stage.look(100.0, |t| {
        let own = car(0.75, 0.75);
        let seen = if (30.0..85.0).contains(&t) { behind(own, &scaffold) } else { Some(own) };
        seen.into_iter().collect()
    });
    assert_eq!(stage.told(), []);
}

#[test]
fn who_walks_behind_a_parked_car_or_creeps_past_a_wall_does_not_stand() {
    let mut stage = Stage::of(vec![
        Rule { id: "parked".into(), ..rule(parked("all", 10.0)) },
        Rule { id: "dwell".into(), ..rule(dwell("right", 8.0)) },
    ]);
    // A car that drives out from behind a wall, across, and behind another; somebody who walks behind a hedge.
    let (wall, end) = (BBox::new(0.0, 0.0, 0.2, 1.0), BBox::new(0.8, 0.0, 1.0, 1.0));
    let hedge = BBox::new(0.0, 0.75, 1.0, 0.95);
    stage.look(30.0, |t| {
        let own = car(-0.2 + 0.05 * t, 0.5);
        let mut seen: Vec<Detection> =
            behind(own, &wall).and_then(|own| behind(own, &end)).into_iter().collect();
        seen.extend(behind(person(0.1 + 0.08 * (t % 10.0), 0.9), &hedge));
        seen
    });
    assert_eq!(stage.told(), []);
}
