//! What moves the wrong way, runs, falls or fights.

use super::*;
use crate::analysis::Event;
use crate::analysis::flow::{self, Flow};

/// Where one thing is at each second.
pub(super) type Scene = fn(f64) -> Vec<Detection>;
type Script = fn(f64) -> Detection;
/// Where several are.
type Scripts = Box<dyn Fn(f64) -> Vec<Detection>>;

fn wrong_way(heading_deg: f32, for_secs: f64) -> Condition {
    Condition::WrongWay(WrongWay {
        zone: "all".into(),
        classes: vec![Class::PERSON, Class::CAR],
        heading_deg,
        tolerance_deg: 60.0,
        for_at_least: secs(for_secs),
    })
}

#[test]
fn the_heading_is_degrees_from_the_right_and_up() {
    // To the right, up (away from the camera), to the left, down: against each the opposite one is wrong.
    let ways: [(f32, Script); 4] = [
        (0.0, |t| person(0.9 - 0.08 * t, 0.9)),
        (90.0, |t| person(0.5, 0.4 + 0.06 * t)),
        (180.0, |t| person(0.1 + 0.08 * t, 0.9)),
        (270.0, |t| person(0.5, 0.9 - 0.06 * t)),
    ];
    for (heading, _) in ways {
        for (other, walk) in ways {
            let mut stage = Stage::of(vec![rule(wrong_way(heading, 2.0))]);
            stage.look(9.0, |t| vec![walk(t)]);
            assert_eq!(raised(&stage).len(), usize::from(heading == other), "{heading} {other}");
        }
    }
}

#[test]
fn a_slanted_way_counts_within_the_tolerance() {
    for (slant_deg, is_wrong) in [(0.0, true), (50.0, true), (70.0, false), (120.0, false)] {
        let slant = f64::to_radians(slant_deg);
        let mut stage = Stage::of(vec![rule(wrong_way(0.0, 1.0))]);
        // To the left and upwards, 0.1 picture heights a second.
        let (x, y) = (-0.1 * slant.cos() / (16.0 / 9.0), -0.1 * slant.sin());
        stage.look(4.0, |t| vec![person(0.6 + x * t, 0.95 + y * t)]);
        assert_eq!(!stage.published().is_empty(), is_wrong, "{slant_deg}");
    }
}

#[test]
fn who_stands_never_goes_the_wrong_way() {
    let mut stage = Stage::of(vec![rule(wrong_way(0.0, 0.0))]);
    // Sways, turns, and is half hidden by something that passes.
    stage.look(60.0, |t| {
        let mut there = person(0.5 + 0.02 * (2.0 * t).sin(), 0.8);
        if (20.0..24.0).contains(&t) {
            there.box_in_frame.y1 -= 0.15;
        }
        if (30.0..36.0).contains(&t) {
            there.box_in_frame.x1 -= 0.04;
        }
        vec![there]
    });
    assert_eq!(stage.published(), []);
    // A car that rolls back a hand's breadth.
    let mut stage = Stage::of(vec![rule(wrong_way(0.0, 0.0))]);
    stage.look(30.0, |t| vec![car(0.5 - 0.002 * t.min(10.0), 0.8)]);
    assert_eq!(stage.published(), []);
}

pub(super) fn fallen(for_secs: f64) -> Condition {
    Condition::Fallen(Fallen {
        zone: "all".into(),
        classes: vec![Class::PERSON],
        low: 0.55,
        for_at_least: secs(for_secs),
    })
}

/// Somebody whose feet are there, of that share of the upright height, and that wide for it (16:9).
pub(super) fn posture(x: f64, y: f64, height: f64, shape: f64) -> Detection {
    let height = 0.3 * height;
    let half = height * shape * 9.0 / 16.0 / 2.0;
    let [x0, y0, x1, y1] = [x - half, y - height, x + half, y].map(|v| v as f32);
    Detection { class: Class::PERSON, score: 0.7, box_in_frame: BBox::new(x0, y0, x1, y1) }
}

/// Walks for four seconds, goes down within `takes` seconds to a height and shape, and stays so.
pub(super) fn going_down(t: f64, takes: f64, low: f64, shape: f64) -> Detection {
    let down = ((t - 4.0) / takes).clamp(0.0, 1.0);
    let x = 0.3 + 0.05 * t.min(4.0);
    posture(x, 0.8, 1.0 + (low - 1.0) * down, 0.4 + (shape - 0.4) * down)
}

#[test]
fn who_falls_and_lies_has_fallen() {
    // Across the view, and along it.
    for (low, shape) in [(0.28, 3.0), (0.45, 1.0)] {
        let mut stage = Stage::of(vec![rule(fallen(5.0))]);
        stage.look(20.0, |t| vec![going_down(t, 0.8, low, shape)]);
        assert_near(&raised(&stage), &[9.8], 0.8);
    }
}

/// The same person as in a 16:9 picture, on a camera whose pictures have another shape.
fn on_a_camera_of(aspect: f32, of_usual: Detection) -> Detection {
    let b = of_usual.box_in_frame;
    let (middle, half) = (b.centre().x, b.width() / 2.0 * 16.0 / 9.0 / aspect);
    Detection { box_in_frame: BBox { x0: middle - half, x1: middle + half, ..b }, ..of_usual }
}

#[test]
fn in_a_picture_of_any_shape_who_falls_has_fallen_and_who_squats_has_not() {
    use crate::analysis::Event;
    use crate::analysis::camera_health::image_stats::ImageStats;
    for aspect in [9.0 / 16.0, 1.0, 4.0 / 3.0, 2.4] {
        for (low, shape, has_fallen) in [(0.45, 1.0, true), (0.5, 2.0, true), (0.52, 0.7, false)] {
            let mut stage = Stage::of(vec![rule(fallen(5.0))]);
            let stats = Box::new(ImageStats { aspect, ..ImageStats::even(128) });
            stage.apply(&Event::ImageStats { camera: "cam".into(), at: moment(0.0), stats });
            stage.look(20.0, |t| vec![on_a_camera_of(aspect, going_down(t, 0.8, low, shape))]);
            assert_eq!(raised(&stage).len(), usize::from(has_fallen), "{aspect}: {low}, {shape}");
        }
    }
}

#[test]
fn who_gets_up_again_in_time_or_only_bends_sits_or_squats_has_not() {
    let stories: [(&str, Script); 5] = [
        ("gets up", |t| if t < 8.0 { going_down(t, 0.8, 0.28, 3.0) } else { posture(0.5, 0.8, 1.0, 0.4) }),
        ("sits down", |t| going_down(t, 1.0, 0.7, 0.6)),
        ("squats", |t| going_down(t, 1.0, 0.52, 0.7)),
        ("sinks slowly", |t| going_down(t, 8.0, 0.3, 2.0)),
        ("walks behind a wall", |t| {
            let mut seen = posture(0.3 + 0.03 * t, 0.8, 1.0, 0.4);
            if t > 4.0 {
                seen.box_in_frame.y1 -= 0.2;
            }
            seen
        }),
    ];
    for (story, script) in stories {
        let mut stage = Stage::of(vec![rule(fallen(5.0))]);
        stage.look(20.0, |t| vec![script(t)]);
        assert_eq!(stage.published(), [], "{story}");
    }
}

#[test]
fn who_leaves_below_the_picture_has_not_fallen() {
    let mut stage = Stage::of(vec![rule(fallen(0.5))]);
    stage.look(6.0, |t| {
        // Comes nearer, and so becomes as much wider.
        let mut seen = posture(0.5, 0.8 + 0.12 * t, 1.0 + 0.2 * t, 0.4);
        seen.box_in_frame = seen.box_in_frame.clipped();
        if seen.box_in_frame.is_sound() { vec![seen] } else { vec![] }
    });
    assert_eq!(stage.published(), []);
}

/// People who are hidden, cut or found in part are no people who fell, also where the rule waits two seconds only.
#[test]
fn nobody_falls_in_a_crowd_that_walks() {
    let stories: [(&str, Scene); 4] = [
        ("walks out below, the box ends a little inside", |t| {
            let mut own = posture(0.5, 0.8 + 0.12 * t, 1.0 + 0.1 * t, 0.4);
            own.box_in_frame.y1 = own.box_in_frame.y1.min(0.985);
            if own.box_in_frame.height() > 0.05 { vec![own] } else { vec![] }
        }),
        ("only the legs are found behind somebody's umbrella, and walk on", |t| {
            let legs = (4.0..9.0).contains(&t);
            let (height, shape) = if legs { (0.4, 1.0) } else { (1.0, 0.4) };
            vec![posture(0.1 + 0.08 * t, 0.8, height, shape)]
        }),
        ("somebody nearer stands before the upper part", |t| {
            let mut seen =
                vec![posture(0.5, 0.75, if t > 4.0 { 0.4 } else { 1.0 }, if t > 4.0 { 1.0 } else { 0.4 })];
            if t > 3.8 {
                seen.push(posture(0.5, 0.77, 1.4, 0.4));
            }
            seen
        }),
        ("a low box now and then", |t| {
            let low = t > 4.0 && t % 2.0 < 0.3;
            vec![posture(0.5, 0.8, if low { 0.4 } else { 0.65 }, if low { 1.2 } else { 0.7 })]
        }),
    ];
    for (story, script) in stories {
        let mut stage = Stage::of(vec![rule(fallen(2.0))]);
        stage.look(12.0, script);
        assert_eq!(stage.published(), [], "{story}");
    }
}

/// A parked vehicle stands before what is missing of somebody only where it stands nearer to the camera than they lie.
#[test]
fn who_falls_beside_a_parked_car_has_fallen_and_who_is_behind_a_bus_is_hidden() {
    use crate::analysis::camera_health::image_stats::ImageStats;
    let bus = Detection { class: Class::BUS, score: 0.9, box_in_frame: BBox::new(0.3, 0.45, 0.7, 0.85) };
    for (parked, is_published) in [(car(0.5, 0.79), true), (bus, false)] {
        for aspect in [9.0 / 16.0, 16.0 / 9.0] {
            let mut stage = Stage::of(vec![rule(fallen(5.0))]);
            let stats = Box::new(ImageStats { aspect, ..ImageStats::even(128) });
            stage.apply(&Event::ImageStats { camera: "cam".into(), at: moment(0.0), stats });
            stage.look(20.0, |t| vec![parked, on_a_camera_of(aspect, going_down(t, 0.8, 0.45, 1.0))]);
            assert_eq!(raised(&stage).len(), usize::from(is_published), "{}, {aspect}", parked.class);
        }
    }
}

#[test]
fn a_fall_between_others_who_come_to_help_is_reported() {
    let mut stage = Stage::of(vec![rule(fallen(5.0))]);
    stage.look(20.0, |t| {
        // Somebody walks beside them, behind, and bends over them afterwards; two more come.
        let mut seen = vec![going_down(t, 0.8, 0.28, 3.0), posture(0.38 + 0.05 * t.min(4.0), 0.76, 1.0, 0.4)];
        if t > 8.0 {
            seen.push(posture((0.9 - 0.1 * (t - 8.0)).max(0.62), 0.83, 1.0, 0.4));
        }
        seen
    });
    assert_near(&raised(&stage), &[9.8], 1.0);
}

#[test]
fn a_fall_is_reported_although_the_detector_loses_who_fell() {
    // Lost during the fall, found lying a second later, and then only every other second.
    let mut stage = Stage::of(vec![rule(fallen(5.0))]);
    stage.look(20.0, |t| {
        let is_missed = (4.2..5.4).contains(&t) || (t > 6.0 && t % 2.0 < 1.0);
        if is_missed { vec![] } else { vec![going_down(t, 0.6, 0.28, 3.0)] }
    });
    assert_eq!(raised(&stage).len(), 1, "{:?}", raised(&stage));
    // Somebody else lies there already: one more who passes by is no fall.
    let mut stage = Stage::of(vec![rule(fallen(5.0))]);
    stage.look(20.0, |t| vec![posture(0.5, 0.8, 0.28, 3.0), posture(0.05 * t, 0.95, 1.0, 0.4)]);
    assert_eq!(stage.published(), []);
}

fn rush(at_least: usize) -> Condition {
    Condition::Rush(Rush {
        zone: "all".into(),
        classes: vec![Class::PERSON],
        at_least,
        speed: 1.5,
        for_at_least: secs(1.0),
    })
}

/// Four people who move to the right at that many body heights a second, one after the other.
fn moving(t: f64, speed: f64) -> Vec<Detection> {
    let x = |i: usize| 0.1 + 0.08 * i as f64 + speed * 0.3 * 9.0 / 16.0 * t;
    (0..4).map(|i| person(x(i), 0.5 + 0.12 * i as f64)).filter(|d| d.box_in_frame.x1 < 0.99).collect()
}

#[test]
fn many_who_run_are_a_rush_and_who_walk_are_not() {
    for (speed, at_least, is_rush) in [(2.2, 3, true), (2.2, 5, false), (0.9, 3, false), (1.2, 3, false)] {
        let mut stage = Stage::of(vec![rule(rush(at_least))]);
        stage.look(3.0, |t| moving(t, speed));
        assert_eq!(!stage.published().is_empty(), is_rush, "{speed} {at_least}");
    }
}

#[test]
fn people_who_run_apart_are_a_rush_too() {
    let mut stage = Stage::with(CameraPlan { analysis_hz: 10.0, ..plan() }, vec![rule(rush(3))]);
    // Half as tall as elsewhere; 2 body heights a second, to the left, to the right and towards the camera.
    let small = |x: f64, y: f64| posture(x, y, 0.5, 0.4);
    stage.look(2.0, |_| vec![small(0.45, 0.5), small(0.5, 0.3), small(0.55, 0.5)]);
    assert_eq!(stage.published(), []);
    stage.look(2.2, |t| {
        let (sideways, down) = (0.3 * 9.0 / 16.0 * t, 0.3 * t);
        vec![small(0.45 - sideways, 0.5), small(0.5, 0.3 + down), small(0.55 + sideways, 0.5)]
    });
    stage.look(2.0, |_| vec![]);
    assert_eq!(raised(&stage).len(), 1);
}

#[test]
fn boxes_that_jump_do_not_run() {
    let mut stage = Stage::of(vec![rule(rush(2))]);
    // Each box is off by a third of its height in every third look, as in a crowd.
    stage.look(30.0, |t| {
        let off = |i: f64| if ((5.0 * t).round() + i) % 3.0 == 0.0 { 0.05 } else { 0.0 };
        (0..4).map(|i| person(0.2 + 0.15 * f64::from(i) + off(f64::from(i)), 0.7)).collect()
    });
    assert_eq!(stage.published(), []);
}

fn scuffle(for_secs: f64) -> Condition {
    Condition::Scuffle(Scuffle {
        zone: "all".into(),
        classes: vec![Class::PERSON],
        people: 2,
        unrest: 0.5,
        for_at_least: secs(for_secs),
    })
}

/// A camera that is looked at ten times a second.
fn fast() -> Stage {
    Stage::with(CameraPlan { analysis_hz: 10.0, ..plan() }, vec![rule(scuffle(1.0))])
}

/// Somebody who is pulled about at a place: steps of a fifth of their height, the box wider and narrower.
fn struggling(x: f64, t: f64, phase: f64) -> Detection {
    let sway = 0.035 * (9.0 * t + phase).sin();
    posture(x + sway, 0.8, 1.0 - 0.12 * (7.0 * t + phase).cos().abs(), 0.5 + 0.25 * (8.0 * t + phase).sin())
}

#[test]
fn two_who_wrestle_are_a_scuffle() {
    let mut stage = fast();
    stage.look(10.0, |t| vec![struggling(0.45, t, 0.0), struggling(0.57, t, 2.0)]);
    assert_eq!(raised(&stage).len(), 1);
    assert!(raised(&stage)[0] < 5.0, "{:?}", raised(&stage));
    assert!(latest(&stage).why.contributions[0].value >= 0.5);
    assert_eq!(latest(&stage).shown.len(), 2);
}

/// Two who stand there, each as high as that, while the picture's rows move as `flow` says at each second, up to the
/// frame in which they are seen; raised when.
fn by_flow(height: f64, flow: impl Fn(f64) -> Option<[i8; 2]>) -> Vec<f64> {
    let mut stage = Stage::of(vec![rule(scuffle(0.5))]);
    let pair = || vec![posture(0.45, 0.8, height / 0.3, 0.4), posture(0.57, 0.8, height / 0.3, 0.4)];
    for look in 0..50 {
        let secs = 0.2 * f64::from(look);
        let at = moment(secs);
        if let Some([even, odd]) = flow(secs) {
            let mut moved = Box::new(Flow::still());
            for (index, cell) in moved.cells.iter_mut().enumerate() {
                *cell = [if (index / flow::COLUMNS).is_multiple_of(2) { even } else { odd }, 0];
            }
            stage.apply(&Event::Flow { camera: "cam".into(), at, flow: moved });
        }
        stage.apply(&Event::Detections { camera: "cam".into(), at, detections: pair() });
    }
    raised(&stage)
}

#[test]
fn two_whose_limbs_go_in_all_directions_are_a_scuffle_though_their_boxes_stand_still() {
    let fight = |secs: f64| (secs >= 3.0).then_some([60, -60]);
    assert_near(&by_flow(0.4, fight), &[3.7], 0.4);
    let strike_and_wait = |secs: f64| (secs >= 3.0 && (secs + 0.05) % 1.2 < 0.1).then_some([60, -60]);
    assert_eq!(by_flow(0.4, strike_and_wait).len(), 1, "a blow a second");
}

#[test]
fn flow_is_no_scuffle_in_one_direction_once_or_among_the_far_away() {
    for (what, height, flow) in [
        ("both walk", 0.4, (|_| Some([60, 60])) as fn(f64) -> Option<[i8; 2]>),
        ("they tremble", 0.4, |_| Some([4, -4])),
        ("one look", 0.4, |secs| (secs > 2.9 && secs < 3.1).then_some([60, -60])),
        ("a look now and then", 0.4, |secs| ((secs + 0.05) % 2.4 < 0.1).then_some([60, -60])),
        ("they are far away", 0.2, |_| Some([60, -60])),
        ("nobody asked", 0.4, |_| None),
    ] {
        assert!(by_flow(height, flow).is_empty(), "{what}");
    }
}

#[test]
fn a_camera_is_decoded_as_a_whole_while_two_are_close_enough_to_fight_however_still() {
    let mut stage = Stage::of(vec![rule(scuffle(0.5))]);
    let pair =
        |height: f64| vec![posture(0.45, 0.8, height / 0.3, 0.4), posture(0.57, 0.8, height / 0.3, 0.4)];
    stage.look(20.0, |_| pair(0.4));
    let every = |stage: &mut Stage| stage.analysis.pace("cam").expect("it is known").every;
    assert!(every(&mut stage).is_some_and(|every| every <= secs(0.21)));
    // Far away the flow would say nothing, and the boxes say that nobody moves.
    stage.look(20.0, |_| pair(0.2));
    assert_eq!(every(&mut stage), None);
}

#[test]
fn the_flow_of_another_frame_says_nothing() {
    let mut stage = Stage::of(vec![rule(scuffle(0.5))]);
    for look in 0..50 {
        let secs = 0.2 * f64::from(look);
        let mut moved = Box::new(Flow::still());
        for (index, cell) in moved.cells.iter_mut().enumerate() {
            *cell = [if (index / flow::COLUMNS).is_multiple_of(2) { 60 } else { -60 }, 0];
        }
        stage.apply(&Event::Flow { camera: "cam".into(), at: moment(secs + 0.05), flow: moved });
        let detections = vec![posture(0.45, 0.8, 1.3, 0.4), posture(0.57, 0.8, 1.3, 0.4)];
        stage.apply(&Event::Detections { camera: "cam".into(), at: moment(secs), detections });
    }
    assert_near(&raised(&stage), &[], 0.0);
}

#[test]
fn who_walks_past_walks_together_or_talks_is_no_scuffle() {
    let sway = |t: f64| 0.004 * (8.0 * t).sin();
    let stories: [(&str, Scripts); 5] = [
        ("past each other", Box::new(|t| vec![person(0.1 + 0.08 * t, 0.8), person(0.9 - 0.08 * t, 0.82)])),
        ("together", Box::new(|t| vec![person(0.1 + 0.08 * t, 0.8), person(0.18 + 0.08 * t, 0.82)])),
        ("talk", Box::new(move |t| vec![person(0.45 + sway(t), 0.8), person(0.55 + sway(t + 1.0), 0.8)])),
        ("one waves", Box::new(|t| vec![struggling(0.45, t, 0.0), person(0.57, 0.8)])),
        ("far apart", Box::new(|t| vec![struggling(0.2, t, 0.0), struggling(0.8, t, 2.0)])),
    ];
    for (story, script) in stories {
        let mut stage = fast();
        stage.look(10.0, script);
        assert_eq!(stage.published(), [], "{story}");
    }
}

#[test]
fn a_shove_is_shorter_than_a_scuffle() {
    let mut stage = fast();
    stage.look(10.0, |t| {
        let moves = if (4.0..4.5).contains(&t) { t } else { 4.0 };
        vec![struggling(0.45, moves, 0.0), struggling(0.57, moves, 2.0)]
    });
    assert_eq!(stage.published(), []);
}
