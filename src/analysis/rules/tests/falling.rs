//! Who fell and who did not, as seen in real clips: boxes of crowds, of things, and of people of whom a detector is unsure.

use super::moving::{Scene, fallen, going_down, posture};
use super::*;
use crate::analysis::heights::HeightLimits;

/// The same place and size, of which the detector is too unsure to begin a track.
fn unsure(detection: Detection) -> Detection {
    scored(detection, 0.2)
}

/// What is reported of a scene of twenty seconds where the rule waits for five.
fn published(script: Scene) -> Vec<f64> {
    let mut stage = Stage::of(vec![rule(fallen(5.0))]);
    stage.look(20.0, script);
    raised(&stage)
}

#[test]
fn a_detector_may_be_unsure_of_who_lies() {
    let mut stage = Stage::of(vec![rule(fallen(5.0))]);
    stage.look(12.0, |t| {
        let one = going_down(t, 0.8, 0.28, 3.0);
        if t > 4.5 { vec![unsure(one)] } else { vec![one] }
    });
    assert_near(&raised(&stage), &[9.8], 0.8);
    let shown = &latest(&stage).shown;
    assert_eq!(shown.iter().map(|shown| shown.score).collect::<Vec<_>>(), [0.2]);
    // A low box of which it is unsure is not enough where nobody stood before.
    assert_eq!(published(|_| vec![unsure(posture(0.5, 0.8, 0.28, 3.0))]), [0.0; 0]);
}

#[test]
fn helpers_who_stand_before_who_lies_do_not_raise_them() {
    let published = published(|t| {
        let mut seen = vec![going_down(t, 0.8, 0.28, 3.0)];
        if t > 4.8 {
            // Found in every other look.
            let is_found = (5.0 * t).round() as i64 % 2 == 0;
            seen = if is_found { vec![unsure(seen[0])] } else { vec![] };
        }
        if t > 6.0 {
            // Two come and stay, the nearer one stands before half of who lies.
            let come = 0.1 * (t - 6.0);
            seen.push(posture((0.9 - come).max(0.56), 0.84, 1.0, 0.4));
            seen.push(posture((0.1 + come).min(0.42), 0.78, 1.0, 0.4));
        }
        seen
    });
    assert_near(&published, &[9.9], 1.2);
}

#[test]
fn who_falls_slantwise_or_at_a_border_has_fallen() {
    let falls: [(&str, Scene); 3] = [
        ("slantwise", |t| vec![going_down(t, 0.8, 0.7, 1.3)]),
        ("cut by the left border", |t| {
            let mut seen = going_down(t, 0.8, 0.28, 3.0);
            seen.box_in_frame.x0 -= 0.4;
            seen.box_in_frame.x1 -= 0.4;
            vec![Detection { box_in_frame: seen.box_in_frame.clipped(), ..seen }]
        }),
        ("low in the picture, the box reaches its border", |t| {
            let mut seen = going_down(t, 0.8, 0.35, 3.0);
            let down = if t > 4.4 { 0.19 } else { 0.15 };
            seen.box_in_frame.y0 += 0.15;
            seen.box_in_frame.y1 += down;
            vec![seen]
        }),
    ];
    for (fall, script) in falls {
        assert_eq!(published(script).len(), 1, "{fall}");
    }
    // Who turns as little and as slowly sits down on the floor.
    assert_eq!(published(|t| vec![going_down(t, 3.4, 0.7, 1.3)]), [0.0; 0]);
}

#[test]
fn a_thing_that_lies_there_is_nobody_who_fell() {
    // A walkway: a kerb, half believed all the time, becomes the next box of a walker who is lost a step before it.
    fn kerb() -> Detection {
        unsure(posture(0.3, 0.8, 0.35, 1.0))
    }
    assert_eq!(
        published(|t| {
            let walker = posture(0.62 - 0.06 * t, 0.8, 1.0, 0.4);
            if t < 4.8 { vec![kerb(), walker] } else { vec![Detection { score: 0.6, ..kerb() }] }
        }),
        [0.0; 0]
    );
    // Without the kerb, the same has fallen.
    assert_eq!(
        published(|t| {
            let walker = posture(0.62 - 0.06 * t, 0.8, 1.0, 0.4);
            if t < 4.8 { vec![walker] } else { vec![Detection { score: 0.6, ..kerb() }] }
        })
        .len(),
        1
    );
}

#[test]
fn who_stands_again_beside_something_low_has_not_fallen() {
    fn trolley() -> Detection {
        unsure(posture(0.5, 0.8, 0.45, 1.0))
    }
    let stories: [(&str, Scene); 4] = [
        ("bends over a trolley, then stands beside it", |t| match t {
            ..4.0 => vec![posture(0.5, 0.8, 1.0, 0.4)],
            4.0..6.0 => vec![posture(0.5, 0.8, 0.5, 1.0)],
            _ => vec![posture(0.5, 0.8, 1.0, 0.4), trolley()],
        }),
        ("and walks off", |t| match t {
            ..4.0 => vec![posture(0.5, 0.8, 1.0, 0.4)],
            4.0..6.0 => vec![posture(0.5, 0.8, 0.5, 1.0)],
            6.0..12.0 => vec![posture(0.5 + 0.08 * (t - 6.0), 0.8, 1.0, 0.4), trolley()],
            _ => vec![trolley()],
        }),
        ("is missed in two looks as a dog sits down beside them", |t| {
            let dog = unsure(posture(0.54, 0.81, 0.35, 1.4));
            let is_missed = (4.1..4.5).contains(&t);
            match t {
                ..4.1 => vec![posture(0.5, 0.8, 1.0, 0.4)],
                _ if is_missed => vec![dog],
                _ => vec![posture(0.5, 0.8, 1.0, 0.4), dog],
            }
        }),
        ("bends beside a bag that stood there, and is lost", |t| {
            let bag = unsure(posture(0.525, 0.8, 0.3, 1.4));
            match t {
                ..4.0 => vec![bag, posture(0.5, 0.8, 1.0, 0.4)],
                4.0..5.7 => vec![bag, posture(0.5, 0.8, 0.5, 1.0)],
                _ => vec![bag],
            }
        }),
    ];
    for (story, script) in stories {
        assert_eq!(published(script), [0.0; 0], "{story}");
    }
}

#[test]
fn who_walks_up_to_the_camera_and_stops_has_not_fallen() {
    // From 5.6 to 2.9 m within 2.3 s: nearly twice as wide, and only head and shoulders are in the picture.
    let published = published(|t| {
        let nearer = ((t - 4.0) / 2.3).clamp(0.0, 1.0);
        let height = 1.0 - 0.38 * nearer;
        let shape = 0.4 * (1.0 + 0.86 * nearer) / height;
        vec![posture(0.5, 0.96 + 0.04 * (5.0 * nearer).min(1.0), height, shape)]
    });
    assert_eq!(published, [0.0; 0]);
}

#[test]
fn who_is_nearly_as_tall_as_upright_has_not_fallen_whatever_the_rule_says() {
    let published_where_low_is = |low: f32, script: Scene| {
        let Condition::Fallen(usual) = fallen(5.0) else { unreachable!("made as `fallen`") };
        let mut stage = Stage::of(vec![rule(Condition::Fallen(Fallen { low, ..usual }))]);
        stage.look(20.0, script);
        raised(&stage)
    };
    let stories: [(&str, Scene); 2] = [
        ("comes a step nearer with something wide in their arms", |t| {
            vec![if t < 4.0 { posture(0.5, 0.8, 1.0, 0.4) } else { posture(0.5, 0.86, 0.85, 1.15) }]
        }),
        ("bends, then stands with their arms out", |t| match t {
            ..4.0 => vec![posture(0.5, 0.8, 1.0, 0.4)],
            4.0..6.0 => vec![posture(0.5, 0.8, 0.5, 1.0)],
            _ => vec![posture(0.5, 0.8, 0.92, 0.8)],
        }),
    ];
    for (story, script) in stories {
        assert_eq!(published_where_low_is(0.8, script), [0.0; 0], "{story}");
    }
    let squats: Scene = |t| vec![going_down(t, 0.3, 0.6, 0.9)];
    assert_eq!(
        (published_where_low_is(0.8, squats).len(), published_where_low_is(0.55, squats).len()),
        (1, 0)
    );
}

#[test]
fn who_sits_down_with_the_legs_out_has_not_fallen() {
    for (height, shape) in [(0.74, 1.15), (0.74, 1.4), (0.6, 0.9)] {
        let mut stage = Stage::of(vec![rule(fallen(5.0))]);
        stage.look(20.0, |t| vec![going_down(t, 1.0, height, shape)]);
        assert_eq!(stage.published(), [], "{height} high, {shape} wide for it");
    }
}

#[test]
fn the_heights_of_a_rule_hold_for_who_is_down_and_nobody_is_gone_for_being_too_tall() {
    let published = |min: f32, max: f32, script: Scene| {
        let heights = HeightLimits { min, max };
        let mut stage = Stage::of(vec![Rule { heights, ..rule(fallen(5.0)) }]);
        stage.look(20.0, script);
        raised(&stage).len()
    };
    // 0.084 high as they lie.
    let falls: Scene = |t| vec![going_down(t, 0.8, 0.28, 3.0)];
    assert_eq!((published(0.05, 1.0, falls), published(0.1, 1.0, falls)), (1, 0));
    // 0.3 tall, then 0.36; a dog sits at their feet.
    let steps_nearer: Scene = |t| {
        if t < 4.0 {
            vec![posture(0.5, 0.8, 1.0, 0.4)]
        } else {
            vec![posture(0.5, 0.84, 1.2, 0.4), unsure(posture(0.53, 0.84, 0.35, 1.4))]
        }
    };
    assert_eq!(published(0.05, 0.32, steps_nearer), 0);
}

#[test]
fn a_bench_before_which_somebody_stood_for_long_is_nobody_who_fell() {
    let mut stage = Stage::of(vec![rule(fallen(5.0))]);
    stage.look(60.0, |t| {
        let bench = unsure(posture(0.5, 0.8, 0.3, 2.0));
        vec![if (4.0..44.0).contains(&t) { posture(0.5, 0.82, 1.0, 0.4) } else { bench }]
    });
    assert_eq!(stage.published(), []);
}

#[test]
fn a_thing_is_learnt_also_where_the_detector_half_believes_in_many_others() {
    let published = published(|t| {
        let kerb = unsure(posture(0.3, 0.8, 0.35, 1.0));
        let walker = posture(0.62 - 0.06 * t, 0.8, 1.0, 0.4);
        let mut seen = match t {
            ..1.0 => vec![walker],
            1.0..4.8 => vec![kerb, walker],
            _ => vec![Detection { score: 0.6, ..kerb }],
        };
        // Forty others at each look, elsewhere than in the nine looks before.
        let look = (5.0 * t).round() as usize;
        seen.extend((0..40).map(|i| {
            let place = (40 * look + i) % 400;
            unsure(posture(0.03 + 0.039 * (place % 25) as f64, 0.03 + 0.025 * (place / 25) as f64, 0.06, 3.0))
        }));
        seen
    });
    assert_eq!(published, [0.0; 0]);
}

#[test]
fn who_falls_where_somebody_sat_upright_has_fallen() {
    let published = published(|t| {
        let mut seen = vec![going_down(t, 0.8, 0.4, 0.95)];
        if t < 3.0 {
            seen.push(unsure(posture(0.5, 0.8, 0.4, 0.7)));
        }
        seen
    });
    assert_near(&published, &[9.8], 0.8);
}

#[test]
fn what_is_left_to_see_behind_others_is_nobody_who_fell() {
    let crowds: [(&str, Scene); 4] = [
        ("a customer behind another: their boxes merge, and a part of both is found low", |t| {
            let mut seen = vec![posture(0.5, 0.8, 1.0, 0.45)];
            if t > 4.0 {
                seen = vec![posture(0.52, 0.86, 1.1, 0.6), unsure(posture(0.5, 0.78, 0.45, 1.0))];
            }
            seen
        }),
        ("two stand one behind the other, then the lower half of both is found", |t| {
            let (near, far) = (posture(0.5, 0.8, 1.0, 0.4), posture(0.52, 0.74, 1.0, 0.4));
            vec![far, if t < 4.0 { near } else { unsure(posture(0.5, 0.8, 0.5, 1.0)) }]
        }),
        ("somebody walks on, unseen, past somebody else who sits", |t| {
            let sits = unsure(posture(0.62, 0.82, 0.5, 0.9));
            if t < 4.0 { vec![posture(0.3 + 0.05 * t, 0.8, 1.0, 0.4), sits] } else { vec![sits] }
        }),
        ("and somebody is found who sits two steps away", |t| {
            let (walks, sits) = (posture(0.3 + 0.05 * t, 0.8, 1.0, 0.4), posture(0.75, 0.8, 0.5, 1.0));
            vec![if t < 4.0 { walks } else { sits }]
        }),
    ];
    for (crowd, script) in crowds {
        assert_eq!(published(script), [0.0; 0], "{crowd}");
    }
}

#[test]
fn who_is_seldom_found_low_or_squats_has_not_fallen() {
    let stories: [(&str, Scene); 2] = [
        ("found low in one look of five, and not at all in the others", |t| {
            let is_low = (5.0 * t).round() as i64 % 5 == 0;
            if t < 4.0 {
                vec![posture(0.5, 0.8, 1.0, 0.4)]
            } else if is_low {
                vec![posture(0.5, 0.8, 0.3, 2.0)]
            } else {
                vec![]
            }
        }),
        ("bends over something wide, then squats beside it", |t| {
            let bends = (4.0..5.0).contains(&t);
            vec![if bends { posture(0.5, 0.8, 0.5, 1.0) } else { going_down(t, 0.5, 0.55, 0.65) }]
        }),
    ];
    for (story, script) in stories {
        assert_eq!(published(script), [0.0; 0], "{story}");
    }
}

#[test]
fn who_gets_up_and_falls_again_in_the_same_place_is_reported_again() {
    let mut stage = Stage::of(vec![rule(fallen(5.0))]);
    // Lies from second 5 to 15, walks in the same place, and falls again 30 seconds after the first time.
    stage.look(55.0, |t| {
        let t = t % 35.0;
        let up = posture(0.5, 0.8, 1.0, 0.4);
        vec![if t < 15.0 { going_down(t, 0.8, 0.28, 3.0) } else { up }]
    });
    assert_near(&raised(&stage), &[9.8, 44.8], 0.8);
}

#[test]
fn who_lies_has_not_got_up_when_their_track_goes_over_to_a_helper() {
    let helped: [(&str, Scene); 2] = [
        ("a helper steps in from beside, where they are not found for a moment", |t| {
            let lies = unsure(going_down(t, 0.8, 0.28, 3.0));
            match t {
                ..4.9 => vec![Detection { score: 0.7, ..lies }],
                4.9..6.3 => vec![],
                6.3..6.7 => vec![posture(0.56, 0.81, 1.0, 0.4)],
                _ => vec![lies, posture(0.56, 0.81, 1.0, 0.4)],
            }
        }),
        ("a helper is found together with them at first", |t| {
            let lies = going_down(t, 0.8, 0.4, 1.6);
            match t {
                ..6.1 => vec![lies],
                6.1..6.7 => vec![posture(0.5, 0.81, 0.95, 0.85)],
                _ => vec![unsure(lies), posture(0.53, 0.81, 1.0, 0.4)],
            }
        }),
    ];
    for (story, script) in helped {
        assert_eq!(published(script).len(), 1, "{story}");
    }
}
