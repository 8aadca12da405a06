//! The same things happen before a camera of which everything is decoded and before one that is decoded as its rules
//! need it: the same alerts are reported.

use super::*;
use crate::analysis::Event;
use std::sync::Arc;

/// Seconds between keyframes.
const GOP: f64 = 2.0;
const LOOK: f64 = 0.2;

/// Plays a script to a camera behind a gate; says how many looks of all possible ones it took.
fn gated(stage: &mut Stage, for_secs: f64, script: impl Fn(f64) -> Vec<Detection>) -> f64 {
    let camera: Arc<str> = "cam".into();
    let frames = (for_secs / LOOK).round() as usize;
    let gop = (GOP / LOOK).round() as usize;
    let time = |frame: usize| (frame as f64 + 1.0) * LOOK;
    let (mut looks, mut burst_every, mut last_look) = (0u32, None::<f64>, f64::NEG_INFINITY);
    for frame in 0..frames {
        let now = time(frame);
        if frame % 5 == 4 {
            stage.apply(&Event::Tick { at: moment(now) });
        }
        match burst_every {
            Some(every) if now - last_look < every - 0.01 => continue,
            None if !frame.is_multiple_of(gop) => continue,
            None => {
                // What a keyframe alone shows; where it shows that something was missed, all since the look before.
                let detections = script(now);
                if stage.analysis.missed_something(&camera, moment(now), &detections) {
                    let from = frame.saturating_sub(gop) + 1;
                    for missed in from..frame {
                        let at = moment(time(missed));
                        let detections = script(time(missed));
                        stage.apply(&Event::Detections { camera: camera.clone(), at, detections });
                        looks += 1;
                    }
                }
            }
            Some(_) => {}
        }
        let at = moment(now);
        stage.apply(&Event::Detections { camera: camera.clone(), at, detections: script(now) });
        (looks, last_look) = (looks + 1, now);
        let pace = stage.analysis.pace(&camera).expect("the camera is known");
        burst_every = pace.every.map(|every| every.as_secs_f64()).filter(|every| *every < GOP);
        assert_eq!(pace.seen_to, Some(moment(now).mono));
    }
    f64::from(looks) / frames as f64
}

/// Plays it to both; the phases must be the same, and their times but for a keyframe's distance.
#[track_caller]
fn same_alerts(rules: &[Rule], for_secs: f64, most_looks: f64, script: impl Fn(f64) -> Vec<Detection>) {
    let mut full = Stage::of(rules.to_vec());
    full.look(for_secs, &script);
    let mut seldom = Stage::of(rules.to_vec());
    let share = gated(&mut seldom, for_secs, &script);
    let published = |stage: &Stage| -> Vec<(Phase, f64)> {
        let new_and_end = stage.published.iter().filter(|r| matches!(r.phase, Phase::New | Phase::End));
        new_and_end.map(|r| (r.phase, r.at.mono.as_secs_f64())).collect()
    };
    let (all, some) = (published(&full), published(&seldom));
    assert!(!all.is_empty(), "the script shows nothing");
    let phases = |published: &[(Phase, f64)]| published.iter().map(|(phase, _)| *phase).collect::<Vec<_>>();
    assert_eq!(phases(&some), phases(&all), "{some:.1?} {all:.1?}");
    for ((_, a), (_, b)) in all.iter().zip(&some) {
        assert!((a - b).abs() <= 2.0 * GOP + 0.5, "{some:.1?} {all:.1?}");
    }
    assert!(share <= most_looks, "it took {share:.2} of all looks");
}

fn line() -> Condition {
    Condition::LineCrossed(LineCrossed {
        line: "middle".into(),
        classes: vec![Class::PERSON],
        direction: Direction::Both,
    })
}

fn nothing() -> Vec<Detection> {
    Vec::new()
}

#[test]
fn somebody_who_crosses_a_line_is_reported_and_the_empty_street_is_slept_through() {
    same_alerts(&[rule(line())], 120.0, 0.25, |t| {
        if (40.3..50.3).contains(&t) { vec![walker(t - 40.3)] } else { nothing() }
    });
}

#[test]
fn somebody_who_appears_and_crosses_between_two_keyframes_is_reported() {
    // In view from 40.6 to 42.4 s only; keyframes at 40.2 and 42.2 s.
    same_alerts(&[rule(line())], 80.0, 0.25, |t| {
        if (40.6..42.4).contains(&t) { vec![person(0.2 + 0.35 * (t - 40.6), 0.9)] } else { nothing() }
    });
}

#[test]
fn a_parked_car_is_reported_with_a_look_at_each_keyframe() {
    let usual_hold = Rule { hold: secs(10.0), ..rule(parked("right", 30.0)) };
    same_alerts(&[usual_hold], 150.0, 0.15, |t| {
        if (20.0..100.0).contains(&t) { vec![car(0.7, 0.8)] } else { nothing() }
    });
}

#[test]
fn somebody_who_walks_about_in_a_zone_dwells_there() {
    same_alerts(&[rule(dwell("right", 20.0))], 120.0, 0.3, |t| {
        if (20.0..60.0).contains(&t) { vec![person(0.75 + 0.15 * (t * 0.7).sin(), 0.9)] } else { nothing() }
    });
}

#[test]
fn a_short_visit_to_a_zone_is_not_missed() {
    same_alerts(&[rule(present("right", 1.0))], 80.0, 0.35, |t| {
        if (40.5..44.0).contains(&t) { vec![person(0.7, 0.9)] } else { nothing() }
    });
}

#[test]
fn a_crowd_that_mills_about_is_counted() {
    same_alerts(&[rule(crowd("all", 4, 10.0))], 120.0, 0.3, |t| {
        let there = if (30.0..80.0).contains(&t) { 5 } else { 0 };
        (0..there)
            .map(|n| person(0.15 + 0.17 * f64::from(n) + 0.05 * (t + f64::from(n)).sin(), 0.9))
            .collect()
    });
}

#[test]
fn a_car_that_stood_and_drives_off_over_the_line_is_reported() {
    let over = Condition::LineCrossed(LineCrossed {
        line: "middle".into(),
        classes: vec![Class::CAR],
        direction: Direction::Both,
    });
    same_alerts(&[rule(over)], 100.0, 0.3, |t| match t {
        t if t < 50.7 => vec![car(0.2, 0.8)],
        t if t < 52.5 => vec![car(0.2 + 0.5 * (t - 50.7), 0.8)],
        _ => nothing(),
    });
}

#[test]
fn a_short_hold_is_kept_to_the_second() {
    // Gone for three seconds between two visits: two alerts, as with every look.
    let short = Rule { hold: secs(1.5), cooldown: secs(0.0), ..rule(present("right", 1.0)) };
    same_alerts(&[short], 100.0, 0.6, |t| {
        let there = (40.5..55.0).contains(&t) || (59.0..75.0).contains(&t);
        if there { vec![person(0.7, 0.9)] } else { nothing() }
    });
}

#[test]
fn a_rule_that_is_not_in_force_needs_nothing() {
    let mut stage = Stage::of(vec![Rule { cameras: vec!["other".into()], ..rule(line()) }]);
    let share = gated(&mut stage, 60.0, |t| vec![walker(t / 6.0)]);
    assert!(share < 0.12, "{share}");
}

#[test]
fn a_sensor_that_rises_wakes_the_cameras_round_it_for_a_while() {
    use crate::analysis::grid::GridCode;
    use crate::analysis::sensor::{Quantity, RawReading, SensorPlan, Threshold};
    use crate::analysis::signals::{DEFAULT_ORIGIN_CAP, DEFAULT_PRIOR, Feed, Selector, SignalPlan};
    use crate::analysis::{Analysis, Plan};

    let grids = ["53012700300102", "53012700300103", "53012700300109"];
    let camera = |(id, grid): (&str, &str)| CameraPlan { grid: grid.into(), ..CameraPlan::new(id, 5.0) };
    let sensor = SensorPlan {
        id: "drain".into(),
        unit: "m".into(),
        quantity: Quantity::KNOWN[0].clone(),
        scale: 1.0,
        offset: 0.0,
        range: None,
        max_rate_per_sec: None,
        stale_after: secs(60.0),
        debounce: Duration::ZERO,
        grid: GridCode::parse(grids[0]).expect("14 digits"),
    };
    let threshold = Threshold::above(0.3);
    let feed = Feed {
        from: Selector::Sensor { sensor: "drain".into(), threshold },
        weight: 2.0,
        only_supports: false,
    };
    let signal = SignalPlan {
        kind: "flooding".into(),
        from: vec![feed],
        prior: DEFAULT_PRIOR,
        half_life: secs(60.0),
        origin_cap: DEFAULT_ORIGIN_CAP,
        levels: Vec::new(),
        clear: 0.35,
        hold: secs(30.0),
        cooldown: secs(300.0),
        join_neighbours: false,
        each_camera: false,
    };
    let plan = Plan {
        cameras: ["here", "beside", "far"].into_iter().zip(grids).map(camera).collect(),
        sensors: vec![Arc::new(sensor)],
        signals: vec![signal],
        neighbours: [(grids[1].into(), grids[0].into())].into(),
        ..Plan::default()
    };
    let mut analysis = Analysis::new("box", plan).expect("there are no rules");
    let mut awake_after = |t: f64, value: f64| -> Vec<&str> {
        let event =
            Event::Reading { sensor: "drain".into(), at: moment(t), reading: RawReading::Value(value) };
        analysis.apply(&event);
        let cameras = ["here", "beside", "far"].into_iter();
        let awake = cameras.filter(|camera| {
            let at = moment(t + 1.0);
            analysis.apply(&Event::Detections { camera: Arc::from(*camera), at, detections: Vec::new() });
            analysis.pace(camera).and_then(|pace| pace.every).is_some_and(|every| every < secs(0.25))
        });
        awake.collect()
    };
    assert!(awake_after(1.0, 0.1).is_empty());
    assert_eq!(awake_after(10.0, 0.5), ["here", "beside"]);
    assert_eq!(awake_after(20.0, 0.1), ["here", "beside"], "a while longer");
    assert!(awake_after(60.0, 0.1).is_empty());
}
