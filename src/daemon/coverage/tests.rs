use super::*;
use crate::analysis::detection::Class;
use crate::analysis::heights::HeightLimits;
use crate::analysis::rules::{CameraPlan, Present, Rule};
use crate::types::level::Level;

pub(super) fn rule(id: &str, cameras: &[&str], secs: u64) -> Rule {
    Rule {
        id: id.into(),
        cameras: cameras.iter().map(|camera| (*camera).into()).collect(),
        signal: "person_present".into(),
        level: Level::Blue,
        schedule: Schedule::always(),
        hold: Duration::from_secs(5),
        cooldown: Duration::ZERO,
        heights: HeightLimits::default(),
        when: Present {
            zone: "lane".into(),
            classes: vec![Class::PERSON],
            for_at_least: Duration::from_secs(secs),
        }
        .into(),
    }
}

pub(super) fn plan(cameras: &[&str], rules: Vec<Rule>) -> Plan {
    Plan::of(cameras.iter().map(|camera| CameraPlan::new(*camera, 5.0)).collect(), rules)
}

/// A camera that is looked at so often each second, and loses so many looks, for a while.
fn looks(taken: u64, replaced: u64, given_up: u64) -> Looks {
    let mut looks = Looks::default();
    for second in 0..=JUDGED_OVER as u64 {
        let counted =
            Counted { taken: second * taken, replaced: second * replaced, given_up: second * given_up };
        looks.take(counted, false);
    }
    looks
}

#[test]
fn a_rule_is_overloaded_where_looks_were_lost_and_what_is_left_is_too_little_for_it() {
    let (fast, slow) = (Duration::from_millis(200), Duration::from_secs(3));
    let cases = [
        ("every look that was due", looks(5, 0, 0), [false, false]),
        // A keyframe every now and then is all that was wanted: the gate decided so.
        ("a patrol", looks(0, 0, 0), [false, false]),
        ("one in ten was lost", looks(9, 1, 0), [false, false]),
        ("every second one was lost", looks(2, 3, 0), [true, false]),
        ("all were lost", looks(0, 5, 0), [true, true]),
        ("the decoder is behind", looks(1, 0, 20), [true, false]),
    ];
    for (case, looks, expected) in cases {
        assert_eq!([fast, slow].map(|every| looks.are_too_few(every)), expected, "{case}");
    }
}

#[test]
fn what_was_lost_ten_seconds_ago_counts_no_more() {
    let mut looks = looks(0, 5, 0);
    let every = Duration::from_millis(200);
    for second in 1..=8 {
        assert!(looks.are_too_few(every), "{second}");
        looks.take(Counted { taken: second * 5, replaced: 50, given_up: 0 }, false);
    }
    assert!(!looks.are_too_few(every));
}

#[test]
fn the_first_that_keeps_a_rule_from_watching_is_its_state() {
    let mut watched = Watched::new(&plan(&["a"], vec![rule("yard", &["a"], 3)]));
    assert_eq!(watched.state(0), CoverageState::NotInForce);
    watched.rules[0].is_in_force = true;
    assert_eq!(watched.state(0), CoverageState::NoVideo, "until its first frame");
    watched.cameras[0].looks = looks(0, 5, 0);
    watched.cameras[0].unseeing = unseeing(&[CameraCondition::Covered, CameraCondition::Dark]);
    assert_eq!(watched.state(0), CoverageState::Dark);
    watched.cameras[0].unseeing = unseeing(&[CameraCondition::Blurred]);
    assert_eq!(watched.state(0), CoverageState::Overloaded);
    watched.cameras[0].looks = looks(5, 0, 0);
    assert_eq!(watched.state(0), CoverageState::Watched);
    for (looked, failed, state) in [
        (5, 0, CoverageState::Watched),
        (5, 1, CoverageState::Failing),
        // Nothing moved meanwhile, so nobody tried.
        (5, 1, CoverageState::Failing),
        (6, 2, CoverageState::Watched),
    ] {
        watched.detector.take(looked, failed);
        assert_eq!(watched.state(0), state, "{looked} {failed}");
    }
    assert_eq!(watched.state(1), CoverageState::Unknown, "there is no such rule");
}

#[test]
fn a_camera_that_stays_keeps_what_is_known_of_it() {
    let mut before = Watched::new(&plan(&["a", "b"], vec![rule("yard", &["a", "b"], 3)]));
    before.cameras[1].unseeing = None;
    let mut after = Watched::new(&plan(&["b", "c"], vec![rule("yard", &["b", "c", "gone"], 3)]));
    after.take_over(before);
    assert_eq!(after.cameras[0].unseeing, None);
    assert_eq!(after.cameras[1].unseeing, Some(CoverageState::NoVideo));
    let names: Vec<_> = after.watches().iter().map(|watch| watch.camera.to_string()).collect();
    assert_eq!(names, ["b", "c"]);
}
