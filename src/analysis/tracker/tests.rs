//! The tracker's laws, and the walkers it must not confuse.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::analysis::test_support::{car, moment, person, scored, trembling};

/// Numbers of the tracks that are surely there now.
fn confirmed(tracker: &Tracker) -> Vec<u64> {
    tracker.tracks().iter().filter(|t| t.is_confirmed()).map(|t| t.number.0).collect()
}

fn watched(hz: f64, looks: usize, script: impl Fn(f64) -> Vec<Detection>) -> Tracker {
    let mut tracker = Tracker::new(hz as f32, &[]);
    for look in 0..looks {
        let t = look as f64 / hz;
        tracker.update(moment(t), &script(t));
    }
    tracker
}

#[test]
fn a_thing_is_a_track_when_seen_twice() {
    let mut tracker = Tracker::new(5.0, &[]);
    tracker.update(moment(0.0), &[person(0.5, 0.8)]);
    assert_eq!(tracker.tracks()[0].state, TrackState::Tentative);
    tracker.update(moment(0.2), &[person(0.51, 0.8)]);
    assert_eq!(tracker.tracks()[0].state, TrackState::Confirmed);
    assert_eq!(tracker.tracks()[0].first_seen, moment(0.0));
}

#[test]
fn a_box_seen_once_is_forgotten_without_ever_being_sure() {
    let mut tracker = Tracker::new(5.0, &[]);
    tracker.update(moment(0.0), &[person(0.5, 0.8)]);
    for look in 1..10 {
        tracker.update(moment(f64::from(look) * 0.2), &[]);
        assert!(confirmed(&tracker).is_empty());
    }
    assert_eq!(tracker.tracks(), []);
}

#[test]
fn unsure_boxes_continue_a_track_and_never_begin_one() {
    let script = |t: f64| {
        let score = if t < 1.0 { 0.8 } else { 0.15 };
        vec![scored(person(0.3 + 0.05 * t, 0.8), score), scored(person(0.8, 0.5), 0.3)]
    };
    let tracker = watched(5.0, 25, script);
    assert_eq!(confirmed(&tracker), [1]);
    assert_eq!(tracker.tracks().len(), 1);
}

#[test]
fn a_threshold_of_its_own_makes_a_class_sure() {
    let script = |_| vec![scored(car(0.5, 0.8), 0.36), scored(person(0.2, 0.8), 0.36)];
    let mut tracker = Tracker::new(5.0, &[(Class::CAR, 0.35)]);
    for look in 0..3 {
        tracker.update(moment(f64::from(look) * 0.2), &script(0));
    }
    let classes: Vec<Class> = tracker.tracks().iter().map(|t| t.class).collect();
    assert_eq!(classes, [Class::CAR]);
}

#[test]
fn a_walker_behind_a_tree_is_the_same_walker() {
    let gone = |t: f64| (2.0..3.5).contains(&t);
    let script = |t: f64| if gone(t) { vec![] } else { vec![person(0.1 + 0.1 * t, 0.8)] };
    assert_eq!(confirmed(&watched(5.0, 25, script)), [1]);
}

#[test]
fn after_five_seconds_another_one_comes() {
    let script = |t: f64| match t {
        t if t < 2.0 => vec![person(0.1 + 0.1 * t, 0.8)],
        t if t < 7.0 => vec![],
        _ => vec![person(0.3, 0.8)],
    };
    assert_eq!(confirmed(&watched(5.0, 45, script)), [2]);
}

#[test]
fn a_standing_car_is_still_there_after_the_bus_has_passed() {
    let script = |t: f64| if (9.0..17.0).contains(&t) { vec![] } else { vec![car(0.5, 0.8)] };
    assert_eq!(confirmed(&watched(5.0, 95, script)), [1]);
}

/// A bus that stands, and from second 10 on, while `is_seen`, another box within its own, of which the detector is half as
/// sure: how many vehicles there are at second 30.
fn vehicles_at_a_bus(within: BBox, is_seen: impl Fn(f64) -> bool) -> usize {
    let bus = Detection { class: Class::BUS, score: 0.9, box_in_frame: BBox::new(0.2, 0.3, 0.8, 0.75) };
    let other = Detection { class: Class::CAR, score: 0.5, box_in_frame: within };
    let tracker = watched(5.0, 150, |t| {
        let mut seen = vec![trembling(bus, t)];
        if t >= 10.0 && is_seen(t) {
            seen.push(trembling(other, t));
        }
        seen
    });
    confirmed(&tracker).len()
}

#[test]
fn a_car_that_stands_before_a_resting_bus_is_a_vehicle_of_its_own() {
    for (what, car) in [
        ("before its far end", BBox::new(0.4, 0.58, 0.62, 0.74)),
        ("nearer", BBox::new(0.42, 0.62, 0.64, 0.81)),
        ("nearer, before its corner", BBox::new(0.2, 0.62, 0.42, 0.81)),
    ] {
        assert_eq!(vehicles_at_a_bus(car, |_| true), 2, "{what}");
        assert_eq!(
            vehicles_at_a_bus(car, |t| (t * 5.0).round() % 3.0 > 0.0),
            2,
            "{what}, in two looks of three"
        );
    }
}

#[test]
fn a_piece_of_a_resting_bus_is_no_vehicle_however_long_it_is_seen() {
    for (what, piece) in [
        ("its front", BBox::new(0.2, 0.32, 0.4, 0.75)),
        ("its tail", BBox::new(0.6, 0.4, 0.8, 0.65)),
        ("its windows", BBox::new(0.3, 0.3, 0.7, 0.5)),
    ] {
        assert_eq!(vehicles_at_a_bus(piece, |_| true), 1, "{what}");
    }
    let before = BBox::new(0.42, 0.62, 0.64, 0.81);
    assert_eq!(vehicles_at_a_bus(before, |t| t % 4.0 < 2.0), 1, "what comes and goes");
}

#[test]
fn who_comes_near_the_place_of_a_thing_long_gone_is_another() {
    let script = |t: f64| match t {
        t if t < 3.0 => vec![person(0.5, 0.8)],
        t if t < 8.0 => vec![],
        _ => vec![person(0.6, 0.8)],
    };
    assert_eq!(confirmed(&watched(5.0, 50, script)), [2]);
}

#[test]
fn car_and_truck_in_turns_are_one_vehicle_of_the_commoner_class() {
    let script = |t: f64| {
        let look = (t * 5.0).round() as u32;
        let class = if look.is_multiple_of(3) { Class::TRUCK } else { Class::CAR };
        vec![Detection { class, ..car(0.3 + 0.02 * t, 0.8) }]
    };
    let tracker = watched(5.0, 30, script);
    assert_eq!(tracker.tracks().len(), 1);
    assert_eq!(tracker.tracks()[0].class, Class::CAR);
}

#[test]
fn one_vehicle_with_two_names_in_one_frame_is_one_track() {
    let script = |_| vec![car(0.5, 0.8), Detection { class: Class::TRUCK, score: 0.6, ..car(0.505, 0.8) }];
    assert_eq!(watched(5.0, 5, script).tracks().len(), 1);
}

#[test]
fn a_rider_and_the_bicycle_are_two_things() {
    let bicycle = Detection { class: Class::TWO_WHEELER, ..person(0.5, 0.8) };
    let tracker = watched(5.0, 5, |_| vec![person(0.5, 0.8), bicycle]);
    assert_eq!(confirmed(&tracker).len(), 2);
}

#[test]
fn two_who_pass_each_other_keep_their_numbers() {
    for hz in [3.0, 5.0, 15.0] {
        let script = |t: f64| vec![person(0.2 + 0.12 * t, 0.80), person(0.8 - 0.12 * t, 0.85)];
        let tracker = watched(hz, (5.0 * hz) as usize, script);
        assert_eq!(confirmed(&tracker), [1, 2], "{hz} Hz");
        let (first, second) = (&tracker.tracks()[0], &tracker.tracks()[1]);
        // Of equal scores the left one comes first, and the left one walks on the higher lane.
        assert!(first.box_in_frame.y1 < second.box_in_frame.y1, "{hz} Hz");
    }
}

#[test]
fn a_frame_from_the_past_changes_nothing() {
    let mut tracker = watched(5.0, 5, |_| vec![person(0.5, 0.8)]);
    let before = tracker.tracks().to_vec();
    assert!(!tracker.update(moment(0.3), &[person(0.9, 0.8)]));
    assert_eq!(tracker.tracks(), before);
}

#[test]
fn two_frames_of_the_same_moment_are_taken_in() {
    let mut tracker = watched(5.0, 5, |_| vec![person(0.5, 0.8)]);
    assert!(tracker.update(moment(0.8), &[person(0.5, 0.8)]));
    assert_eq!(confirmed(&tracker), [1]);
}

#[test]
fn an_overloaded_box_that_looks_every_three_seconds_still_follows_what_stands() {
    let mut tracker = Tracker::new(5.0, &[]);
    for look in 0..10 {
        tracker.update(moment(f64::from(look) * 3.0), &[person(0.5, 0.8)]);
    }
    assert_eq!(confirmed(&tracker).len(), 1);
    assert!(tracker.patience() > Duration::from_secs(3));
}

#[test]
fn numbers_go_on_after_the_tracker_was_made_to_forget() {
    let mut tracker = watched(5.0, 3, |_| vec![person(0.5, 0.8)]);
    tracker.forget();
    tracker.update(moment(1.0), &[person(0.5, 0.8)]);
    assert_eq!(tracker.tracks()[0].number, TrackNumber(2));
}

/// Anything a broken model could say.
fn any_detection() -> impl Strategy<Value = Detection> {
    let edge = prop_oneof![
        8 => -0.2_f32..1.2,
        1 => prop_oneof![Just(f32::NAN), Just(f32::INFINITY), Just(0.0_f32), Just(f32::MAX)],
    ];
    let score = prop_oneof![8 => 0.0_f32..1.0, 1 => Just(f32::NAN), 1 => Just(f32::INFINITY)];
    let class = prop_oneof![
        Just(Class::PERSON),
        Just(Class::CAR),
        Just(Class::TRUCK),
        Just(Class::BUS),
        Just(Class::TWO_WHEELER)
    ];
    (class, score, [edge.clone(), edge.clone(), edge.clone(), edge]).prop_map(|(class, score, e)| Detection {
        class,
        score,
        box_in_frame: BBox { x0: e[0], y0: e[1], x1: e[2], y1: e[3] },
    })
}

/// Frames with their distance from the one before in milliseconds.
fn any_frames() -> impl Strategy<Value = Vec<(i64, Vec<Detection>)>> {
    let gap = prop_oneof![4 => 60_i64..400, 1 => Just(0_i64), 1 => -500_i64..0, 1 => 400_i64..15_000];
    proptest::collection::vec((gap, proptest::collection::vec(any_detection(), 0..8)), 1..25)
}

fn replay(frames: &[(i64, Vec<Detection>)], mut see: impl FnMut(&Tracker)) {
    let mut tracker = Tracker::new(5.0, &[]);
    let mut ms = 10_000;
    for (gap, detections) in frames {
        ms += gap;
        tracker.update(moment(ms.max(0) as f64 / 1000.0), detections);
        see(&tracker);
    }
}

proptest! {
    // Failures are written down as tests of their own, not as seeds in a folder.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_track_number_never_recurs(frames in any_frames()) {
        let mut gone = BTreeSet::new();
        let mut before = BTreeSet::new();
        let mut fault = None;
        replay(&frames, |tracker| {
            let now: BTreeSet<u64> = tracker.tracks().iter().map(|t| t.number.0).collect();
            if now.len() != tracker.tracks().len() || !now.is_disjoint(&gone) {
                fault = Some(now.clone());
            }
            gone.extend(before.difference(&now).copied());
            before = now;
        });
        prop_assert_eq!(fault, None);
    }

    #[test]
    fn whatever_comes_in_tracks_stay_sound(frames in any_frames()) {
        let mut sound = true;
        replay(&frames, |tracker| {
            sound &= tracker.tracks().iter().all(|t| {
                t.box_in_frame.is_sound() && t.speed().is_finite() && (0.0..=1.0).contains(&t.score)
            });
        });
        prop_assert!(sound);
    }

    #[test]
    fn the_order_of_detections_in_a_frame_does_not_matter(
        frames in any_frames(), seed in any::<u64>(),
    ) {
        let mut in_order = Vec::new();
        replay(&frames, |tracker| in_order.push(tracker.tracks().to_vec()));
        let mut shuffled = frames.clone();
        let mut state = seed | 1;
        for (_, detections) in &mut shuffled {
            for i in (1..detections.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                detections.swap(i, (state >> 33) as usize % (i + 1));
            }
        }
        let mut out_of_order = Vec::new();
        replay(&shuffled, |tracker| out_of_order.push(tracker.tracks().to_vec()));
        prop_assert_eq!(in_order, out_of_order);
    }

    #[test]
    fn a_perfect_detector_gives_straight_walkers_one_track_each(
        walkers in proptest::collection::vec((0.1_f64..0.9, -0.12_f64..0.12), 1..4),
        hz in prop_oneof![Just(1.0_f64), Just(2.0), Just(5.0), Just(10.0), Just(15.0)],
        missing in proptest::collection::vec(0_usize..40, 0..6),
    ) {
        // Each walks on a lane of their own, 0.31 apart, at up to 0.7 own sizes (of 0.17) a second.
        let mut tracker = Tracker::new(hz as f32, &[]);
        let lanes = [0.33, 0.65, 0.97];
        let looks = (hz * 8.0) as usize;
        let mut began = BTreeSet::new();
        for look in 0..looks {
            // Frames go missing, but never in a first second, and never two seconds on end.
            let is_missing = missing.contains(&look) && look as f64 > 2.0 * hz && look % 2 == 0;
            if is_missing {
                continue;
            }
            let t = look as f64 / hz;
            let seen: Vec<Detection> = walkers
                .iter()
                .zip(lanes)
                .map(|((x, v), lane)| person((x + v * t).clamp(0.05, 0.95), lane))
                .collect();
            tracker.update(moment(t), &seen);
            began.extend(tracker.tracks().iter().map(|t| t.number));
        }
        prop_assert_eq!(began.len(), walkers.len());
        prop_assert_eq!(confirmed(&tracker).len(), walkers.len());
    }
}
