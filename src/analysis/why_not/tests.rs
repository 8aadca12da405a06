use std::sync::Arc;

use jiff::tz::TimeZone;

use super::*;
use crate::analysis::filters::ClassMask;
use crate::analysis::geometry::BBox;
use crate::analysis::heights::HeightLimits;
use crate::analysis::rules::Night;
use crate::analysis::schedule::Schedule;
use crate::analysis::test_support::{car, crowd, moment, person, plan, present, rectangle, rule, scored};
use crate::analysis::{Analysis, Event, Plan};

/// The looks of so many seconds, five a second, with what a live analysis makes of them.
fn looked(plan: &CameraPlan, rule: &Rule, secs: f64, script: impl Fn(f64) -> Vec<Detection>) -> Around {
    let mut analysis = Analysis::new("box-1", Plan::of(vec![plan.clone()], vec![rule.clone()])).unwrap();
    let mut around = Around::default();
    for look in 0..(secs * 5.0) as u32 {
        let at = moment(f64::from(look) / 5.0);
        let detections = script(f64::from(look) / 5.0);
        let event = Event::Detections { camera: Arc::from("cam"), at, detections: detections.clone() };
        analysis.apply(&event);
        let rule = analysis.rule_state("cam", &rule.id, at).unwrap();
        let (furniture, belief, muted) = (Vec::new(), None, None);
        around.sights.push(Sight { at, detections, furniture, is_unmoved: false, rule, belief, muted });
    }
    around
}

fn why(plan: &CameraPlan, rule: &Rule, around: &Around) -> Stage {
    why_not(plan, rule, around, moment(5.0).utc)
}

#[test]
fn what_raised_an_alert_was_stopped_by_nothing() {
    let (plan, rule) = (plan(), rule(present("right", 3.0)));
    let around = looked(&plan, &rule, 10.0, |_| vec![person(0.7, 0.9)]);
    assert_eq!(why(&plan, &rule, &around), Stage::Raised);
}

#[test]
fn a_rule_out_of_its_hours_says_when_it_is_next_in_force() {
    let (plan, mut rule) = (plan(), rule(present("right", 3.0)));
    // The moment is five seconds after midnight.
    rule.schedule = Schedule::parse("08:00-20:00", TimeZone::UTC).unwrap();
    let around = looked(&plan, &rule, 10.0, |_| vec![person(0.7, 0.9)]);
    let next = moment(8.0 * 3_600.0).utc;
    assert_eq!(why(&plan, &rule, &around), Stage::OutOfSchedule { next: Some(next) });
}

#[test]
fn a_camera_that_gave_nothing_to_look_at_says_why() {
    let (plan, rule) = (plan(), rule(present("right", 3.0)));
    assert_eq!(why(&plan, &rule, &Around::default()), Stage::NotRecorded);
    let since = moment(1.0).utc;
    let silent = Around { silent_since: Some(since), ..Around::default() };
    assert_eq!(why(&plan, &rule, &silent), Stage::Silent { since });
    let blind = Around { blind: vec![CameraCondition::Covered], ..Around::default() };
    assert_eq!(why(&plan, &rule, &blind), Stage::Blind { conditions: vec![CameraCondition::Covered] });
    let mut seldom = looked(&plan, &rule, 30.0, |_| vec![person(0.7, 0.9)]);
    seldom.sights.retain(|sight| sight.at.since(moment(0.0)).as_secs() >= 20);
    seldom.sights.iter_mut().for_each(|sight| sight.rule = RuleState::default());
    (seldom.not_decoded, seldom.overloaded) = (300, 2);
    let stage = why(&plan, &rule, &seldom);
    assert_eq!(stage, Stage::NotDecoded { for_secs: 20.0, not_decoded: 300, overloaded: 2 });
}

#[test]
fn a_picture_in_which_nothing_moved_was_not_looked_at_anew() {
    let (plan, rule) = (plan(), rule(present("right", 3.0)));
    let mut around = looked(&plan, &rule, 10.0, |_| Vec::new());
    around.sights.iter_mut().for_each(|sight| sight.is_unmoved = true);
    assert_eq!(why(&plan, &rule, &around), Stage::NothingMoved { looks: 50 });
}

#[test]
fn what_was_not_found_names_what_was_found_instead() {
    let (plan, rule) = (plan(), rule(present("right", 3.0)));
    let around = looked(&plan, &rule, 10.0, |_| vec![car(0.7, 0.9)]);
    assert_eq!(why(&plan, &rule, &around), Stage::NotFound { looks: 50, others: vec![Class::CAR] });
}

#[test]
fn what_was_found_below_the_threshold_says_by_how_much_by_day_and_by_night() {
    let (mut plan, rule) = (plan(), rule(present("right", 3.0)));
    plan.thresholds.insert(Class::PERSON, 0.5);
    let around =
        looked(&plan, &rule, 10.0, |t| vec![scored(person(0.7, 0.9), if t > 4.0 { 0.42 } else { 0.3 })]);
    let below = |threshold| Stage::BelowThreshold { class: Class::PERSON, best: 0.42, threshold };
    assert_eq!(why(&plan, &rule, &around), below(0.5));
    plan.night = Some(Night { schedule: Schedule::always(), thresholds: [(Class::PERSON, 0.6)].into() });
    assert_eq!(why(&plan, &rule, &around), below(0.6));
}

#[test]
fn what_was_seen_once_may_be_a_mistake() {
    let (plan, rule) = (plan(), rule(present("right", 3.0)));
    let around = looked(&plan, &rule, 10.0, |t| if t == 5.0 { vec![person(0.7, 0.9)] } else { Vec::new() });
    assert_eq!(why(&plan, &rule, &around), Stage::SeenOnce { class: Class::PERSON });
}

#[test]
fn what_a_filter_left_out_names_the_filter() {
    let (mut plan, rule) = (plan(), rule(present("right", 3.0)));
    let script = |_| vec![person(0.7, 0.9)];
    let left_out = |filter| Stage::LeftOut { class: Class::PERSON, filter };
    let mut around = looked(&plan, &rule, 2.0, script);
    around.sights.iter_mut().for_each(|sight| sight.furniture = vec![0]);
    assert_eq!(why(&plan, &rule, &around), left_out(Filter::Furniture));
    plan.class_masks.push(ClassMask { polygon: rectangle(0.6, 0.0, 1.0, 1.0), classes: vec![Class::PERSON] });
    assert_eq!(why(&plan, &rule, &looked(&plan, &rule, 10.0, script)), left_out(Filter::Mask));
}

#[test]
fn what_stands_beside_the_zone_says_how_far_and_the_nearest_counts() {
    let (plan, rule) = (plan(), rule(present("right", 3.0)));
    let around = looked(&plan, &rule, 10.0, |_| vec![person(0.2, 0.9), person(0.4, 0.9)]);
    let Stage::Outside { class, by } = why(&plan, &rule, &around) else { panic!("outside") };
    assert_eq!((class, (by * 100.0).round()), (Class::PERSON, 10.0));
}

#[test]
fn a_size_that_the_rule_does_not_take_says_which() {
    let (plan, mut rule) = (plan(), rule(present("right", 3.0)));
    rule.heights = HeightLimits { min: 0.4, max: 0.8 };
    let around = looked(&plan, &rule, 10.0, |_| vec![person(0.7, 0.9)]);
    let Stage::TooSmall { height, least, .. } = why(&plan, &rule, &around) else { panic!("too small") };
    assert_eq!(((height * 100.0).round(), least), (30.0, 0.4));
    rule.heights = HeightLimits { min: 0.0, max: 0.2 };
    let around = looked(&plan, &rule, 10.0, |_| vec![person(0.7, 0.9)]);
    assert!(matches!(why(&plan, &rule, &around), Stage::TooLarge { most, .. } if most == 0.2));
}

#[test]
fn who_was_there_for_too_short_a_time_comes_before_who_was_outside() {
    let (plan, rule) = (plan(), rule(present("right", 6.0)));
    let around = looked(&plan, &rule, 12.0, |t| {
        let inside = (2.0..5.0).contains(&t).then(|| person(0.7, 0.9));
        [person(0.2, 0.9)].into_iter().chain(inside).collect()
    });
    let Stage::TooShort { lasted, needed } = why(&plan, &rule, &around) else { panic!("too short") };
    assert!((2.5..=3.0).contains(&lasted.as_secs_f64()), "{lasted:?}");
    assert_eq!(needed, Duration::from_secs(6));
}

#[test]
fn too_few_of_them_is_told_as_a_number() {
    let (plan, rule) = (plan(), rule(crowd("all", 4, 2.0)));
    let around = looked(&plan, &rule, 10.0, |_| [0.2, 0.5, 0.8].map(|x| person(x, 0.9)).to_vec());
    assert_eq!(why(&plan, &rule, &around), Stage::TooLittle { value: 3.0, needed: 4.0 });
}

#[test]
fn a_second_visit_within_the_cool_down_says_how_long_it_lasts_still() {
    let (plan, rule) = (plan(), rule(present("right", 1.0)));
    // Somebody for three seconds, gone for eight; the alert ends after its hold of five, and is quiet for twenty.
    let mut around = looked(&plan, &rule, 20.0, |t| {
        if t < 3.0 || (14.0..18.0).contains(&t) { vec![person(0.7, 0.9)] } else { Vec::new() }
    });
    around.sights.retain(|sight| sight.at.since(moment(0.0)).as_secs_f64() > 13.0);
    let stage = why_not(&plan, &rule, &around, moment(16.0).utc);
    let Stage::InCooldown { left } = stage else { panic!("{stage:?}") };
    assert!((8.0..14.0).contains(&left.as_secs_f64()), "{left:?}");
}

#[test]
fn a_rule_that_feeds_a_signal_may_not_be_enough_for_it() {
    let (plan, rule) = (plan(), rule(present("right", 3.0)));
    let mut around = looked(&plan, &rule, 10.0, |_| vec![person(0.7, 0.9)]);
    for (look, sight) in (0..).zip(&mut around.sights) {
        sight.rule.is_open = false;
        sight.belief = Some((if look == 30 { 0.62 } else { 0.4 }, 0.7));
    }
    assert_eq!(why(&plan, &rule, &around), Stage::BelowLevel { belief: 0.62, needed: 0.7 });
}

#[test]
fn an_alert_that_was_muted_says_by_whom_and_until_when() {
    let (plan, rule) = (plan(), rule(present("right", 3.0)));
    let mut around = looked(&plan, &rule, 10.0, |_| vec![person(0.7, 0.9)]);
    let muted = MutedBy { by: "desk 2".to_owned(), reason: "works".to_owned(), until: moment(600.0).utc };
    around.sights.iter_mut().for_each(|sight| sight.muted = Some(muted.clone()));
    assert_eq!(why(&plan, &rule, &around), Stage::Muted(muted));
}

#[test]
fn an_alert_that_was_over_before_the_moment_is_not_the_one_that_is_missed() {
    let (plan, rule) = (plan(), rule(present("right", 1.0)));
    // Somebody for three seconds, gone for eight; and again for half a second.
    let around = looked(&plan, &rule, 20.0, |t| {
        if t < 3.0 || (14.0..14.5).contains(&t) { vec![person(0.7, 0.9)] } else { Vec::new() }
    });
    let stage = why_not(&plan, &rule, &around, moment(14.2).utc);
    assert!(matches!(stage, Stage::TooShort { .. }), "{stage:?}");
    // Where nothing else was, it is what is meant.
    let around = looked(&plan, &rule, 20.0, |t| if t < 3.0 { vec![person(0.7, 0.9)] } else { Vec::new() });
    assert_eq!(why_not(&plan, &rule, &around, moment(14.2).utc), Stage::Raised);
}

#[test]
fn who_is_in_the_zone_and_unsure_comes_before_who_is_surely_found_elsewhere() {
    let (mut plan, rule) = (plan(), rule(present("right", 3.0)));
    plan.thresholds.insert(Class::PERSON, 0.3);
    let both = |t: f64, often: bool| {
        let unsure = (often || t == 5.0).then(|| scored(person(0.7, 0.9), 0.2));
        [person(0.2, 0.9)].into_iter().chain(unsure).collect()
    };
    let around = looked(&plan, &rule, 10.0, |t| both(t, true));
    assert!(matches!(why(&plan, &rule, &around), Stage::BelowThreshold { best: 0.2, .. }));
    let around = looked(&plan, &rule, 10.0, |t| both(t, false));
    assert!(matches!(why(&plan, &rule, &around), Stage::Outside { .. }), "detectors blink");
}

#[test]
fn what_happens_at_the_moment_comes_before_what_happens_a_while_later() {
    let (plan, rule) = (plan(), rule(present("right", 3.0)));
    let around = looked(&plan, &rule, 60.0, |t| match t {
        t if t < 10.0 => vec![person(0.4, 0.9)],
        t if (40.0..42.0).contains(&t) => vec![person(0.7, 0.9)],
        _ => Vec::new(),
    });
    let at = |secs: f64| why_not(&plan, &rule, &around, moment(secs).utc);
    assert!(matches!(at(5.0), Stage::Outside { .. }), "{:?}", at(5.0));
    assert!(matches!(at(27.0), Stage::TooShort { .. }), "nothing was there: {:?}", at(27.0));
}

#[test]
fn a_gap_on_one_side_of_the_moment_is_a_gap() {
    let (plan, rule) = (plan(), rule(present("right", 3.0)));
    let mut around = looked(&plan, &rule, 30.0, |_| Vec::new());
    around.sights.retain(|sight| !(4.0..20.0).contains(&sight.at.since(moment(0.0)).as_secs_f64()));
    (around.not_decoded, around.overloaded) = (0, 80);
    let stage = why(&plan, &rule, &around);
    assert!(
        matches!(stage, Stage::NotDecoded { for_secs, overloaded: 80, .. } if for_secs > 15.0),
        "{stage:?}"
    );
}

#[test]
fn an_alert_that_was_open_over_a_gap_was_stopped_by_nothing() {
    let (plan, rule) = (plan(), rule(present("right", 3.0)));
    let mut around = looked(&plan, &rule, 60.0, |_| vec![person(0.7, 0.9)]);
    // Neither the 10 s before the moment nor the 13 s after it have a look.
    around.sights.retain(|sight| !(8..35).contains(&sight.at.since(moment(0.0)).as_secs()));
    let at = moment(20.0).utc;
    assert_eq!(why_not(&plan, &rule, &around, at), Stage::Raised);
    around.sights.iter_mut().for_each(|sight| sight.rule.is_open = false);
    let stage = why_not(&plan, &rule, &around, at);
    assert!(matches!(stage, Stage::NotDecoded { for_secs, .. } if for_secs > 27.0), "{stage:?}");
}

#[test]
fn a_noise_of_the_detector_is_nothing_that_was_found() {
    let (plan, rule) = (plan(), rule(present("right", 3.0)));
    let around = looked(&plan, &rule, 10.0, |t| {
        if t == 5.0 { vec![scored(person(0.7, 0.9), 0.05), scored(car(0.2, 0.9), 0.05)] } else { Vec::new() }
    });
    assert_eq!(why(&plan, &rule, &around), Stage::NotFound { looks: 50, others: Vec::new() });
}

#[test]
fn what_is_half_believed_hides_nobody() {
    let (mut plan, mut rule) = (plan(), rule(present("right", 3.0)));
    plan.thresholds.insert(Class::CAR, 0.5);
    rule.heights = HeightLimits { min: 0.4, max: 1.0 };
    let before = Detection { box_in_frame: BBox::new(0.6, 0.7, 0.8, 0.98), ..scored(car(0.7, 0.98), 0.2) };
    let around = looked(&plan, &rule, 10.0, |_| vec![person(0.7, 0.8), before]);
    assert!(matches!(why(&plan, &rule, &around), Stage::TooSmall { .. }));
}
