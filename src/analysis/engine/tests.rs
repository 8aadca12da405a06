//! The life cycle of alerts, driven by events.

use proptest::prelude::*;

use super::*;
use crate::analysis::alert_lifecycle::{GREW_AT_MOST_EVERY, RESTORED_WAIT};
use crate::analysis::camera_health::image_stats::ImageStats;
use crate::analysis::detection::Class;
use crate::analysis::geometry::BBox;
use crate::analysis::rules::{CameraPlan, LineCrossed};
use crate::analysis::schedule::Schedule;
use crate::analysis::test_support::*;
use crate::types::direction::Direction;
use crate::types::phase::Phase::{End, New, Update};
use crate::types::phase::PhaseReason::*;

mod handling;

fn somebody(_: f64) -> Vec<Detection> {
    vec![person(0.7, 0.9)]
}

fn nobody(_: f64) -> Vec<Detection> {
    vec![]
}

/// A stage with an open alert of `present` for 1 s.
fn alerted() -> Stage {
    let mut stage = Stage::of(vec![rule(present("all", 1.0))]);
    stage.look(5.0, somebody);
    stage
}

fn the_open(stage: &Stage) -> Revision {
    let open: Vec<&Revision> = stage.analysis.open().collect();
    assert_eq!(open.len(), 1);
    open[0].clone()
}

fn by(name: &str) -> Acknowledgement {
    Acknowledgement { by: name.to_owned(), key: None, at: moment(0.0).utc, note: None }
}

#[test]
fn an_alert_is_raised_goes_on_and_ends() {
    let mut stage = alerted();
    stage.look(120.0, somebody);
    stage.look(10.0, nobody);
    let published = std::mem::take(&mut stage.published);
    let phases: Vec<_> = published.iter().map(|r| (r.rev, r.phase, r.reason)).collect();
    assert_eq!(
        phases,
        [(1, New, Raised), (2, Update, StillThere), (3, Update, StillThere), (4, End, Cleared)]
    );
    let (first, last) = (&published[0], &published[3]);
    assert!(published.iter().all(|r| r.alert == first.alert && r.started_at == first.started_at));
    assert_eq!(last.last_seen_at, moment(125.0).utc);
    assert_eq!(last.ended_at, Some(last.at.utc));
    let held = last.at.since(moment(125.0)).as_secs_f64();
    assert!((held - 5.0).abs() < 0.3, "ended {held} s after the last sight, hold is 5");
    assert_eq!(stage.analysis.open().count(), 0);
}

#[test]
fn flicker_opens_no_second_alert() {
    let mut stage = alerted();
    stage.look(60.0, |t| if t % 6.0 < 4.5 { vec![] } else { vec![person(0.7, 0.9)] });
    assert_eq!(stage.published(), [(New, Raised), (Update, StillThere)]);
}

#[test]
fn an_alert_is_not_repeated_during_cooldown_and_reported_after_it() {
    let mut stage = alerted();
    stage.look(6.0, nobody);
    stage.look(18.0, somebody);
    assert_eq!(stage.published(), [(New, Raised), (End, Cleared)]);
    stage.look(4.0, somebody);
    assert_eq!(stage.published(), [(New, Raised)]);
}

#[test]
fn a_growing_crowd_is_reported_at_most_every_ten_seconds() {
    let mut stage = Stage::of(vec![rule(crowd("all", 2, 0.0))]);
    stage.look(40.0, |t| {
        let count = 2 + (t / 4.0) as usize;
        (0..count.min(8)).map(|i| person(0.08 + 0.12 * i as f64, 0.9)).collect()
    });
    let grew: Vec<Moment> = stage.published.iter().filter(|r| r.reason == Grew).map(|r| r.at).collect();
    assert!((2..=3).contains(&grew.len()), "{grew:?}");
    assert!(grew.windows(2).all(|pair| pair[1].since(pair[0]) >= GREW_AT_MOST_EVERY));
}

#[test]
fn a_count_that_falls_and_comes_back_is_not_reported_as_growth() {
    let mut stage = Stage::of(vec![rule(crowd("all", 2, 0.0))]);
    stage.look(50.0, |t| {
        let count = if t % 10.0 < 5.0 { 5 } else { 3 };
        (0..count).map(|i| person(0.08 + 0.12 * i as f64, 0.9)).collect()
    });
    assert_eq!(stage.published(), [(New, Raised)]);
}

#[test]
fn more_confidence_is_growth() {
    let mut stage = Stage::of(vec![rule(present("all", 0.0))]);
    stage.look(12.0, |_| vec![scored(person(0.5, 0.9), 0.5)]);
    stage.look(8.0, |_| vec![scored(person(0.5, 0.9), 0.9)]);
    assert_eq!(stage.published(), [(New, Raised), (Update, Grew)]);
}

#[test]
fn the_end_of_the_schedule_ends_the_alert_at_once() {
    let schedule = Schedule::parse("mon 00:00-00:01", jiff::tz::TimeZone::UTC).expect("a schedule");
    let mut stage = Stage::of(vec![Rule { schedule, ..rule(present("all", 1.0)) }]);
    stage.look(59.0, somebody);
    assert_eq!(stage.published(), [(New, Raised)]);
    stage.look(30.0, somebody);
    assert_eq!(stage.published(), [(End, ScheduleEnded)]);
}

#[test]
fn the_end_of_the_schedule_ends_the_alert_of_a_silent_camera_too() {
    let schedule = Schedule::parse("mon 00:00-00:01", jiff::tz::TimeZone::UTC).expect("a schedule");
    let mut stage = Stage::of(vec![Rule { schedule, ..rule(present("all", 1.0)) }]);
    stage.look(30.0, somebody);
    stage.silence(31.0);
    assert_eq!(stage.published(), [(New, Raised), (End, ScheduleEnded)]);
}

#[test]
fn what_was_there_before_the_schedule_counts_from_its_beginning() {
    let schedule = Schedule::parse("mon 00:01-06:00", jiff::tz::TimeZone::UTC).expect("a schedule");
    let mut stage = Stage::of(vec![Rule { schedule, ..rule(present("all", 10.0)) }]);
    stage.look(69.0, somebody);
    assert_eq!(stage.published(), []);
    stage.look(3.0, somebody);
    assert_eq!(stage.published(), [(New, Raised)]);
}

#[test]
fn a_camera_that_falls_silent_clears_nothing() {
    let mut stage = alerted();
    stage.silence(250.0);
    assert_eq!(stage.published(), [(New, Raised)]);
    assert_eq!(the_open(&stage).phase, New);
}

#[test]
fn a_camera_that_stays_silent_ends_its_alerts_as_unknown() {
    let mut stage = alerted();
    stage.silence(310.0);
    assert_eq!(stage.published(), [(New, Raised), (End, SourceSilent)]);
    // No cooldown: it is reported again at once if it is still there.
    stage.look(3.0, somebody);
    assert_eq!(stage.published(), [(New, Raised)]);
}

#[test]
fn after_an_outage_the_alert_goes_on_if_the_thing_is_still_there() {
    // Parked for 60 s must be seen for 60 s again; the hold of 5 s must not end it meanwhile.
    let mut stage = Stage::of(vec![rule(parked("right", 60.0))]);
    let one_car = |_| vec![car(0.75, 0.8)];
    stage.look(65.0, one_car);
    let (camera, at) = ("cam".into(), moment(stage.now));
    stage.apply(&Event::CameraSilent { camera, at, cause: None });
    stage.silence(40.0);
    let (camera, at) = ("cam".into(), moment(stage.now));
    stage.apply(&Event::CameraBack { camera, at });
    stage.look(65.0, one_car);
    assert_eq!(stage.published(), [(New, Raised), (Update, StillThere)]);
}

#[test]
fn a_pause_in_which_nobody_looks_is_no_fault_of_the_camera() {
    for is_paused in [false, true] {
        let mut stage = alerted();
        let (camera, at): (Arc<str>, _) = ("cam".into(), moment(stage.now));
        stage.apply(&Event::ImageStats {
            camera: camera.clone(),
            at,
            stats: Box::new(ImageStats::even(128)),
        });
        if is_paused {
            stage.apply(&Event::CameraPaused { camera, at });
        }
        stage.silence(3600.0);
        let is_well = stage.analysis.conditions().is_empty();
        assert_eq!(is_well, is_paused, "{:?}", stage.analysis.conditions());
        // What was open is not known any more, and what is there afterwards is reported anew.
        assert_eq!(stage.published(), [(New, Raised), (End, SourceSilent)]);
        stage.look(3.0, somebody);
        assert_eq!(stage.published(), [(New, Raised)]);
        let (camera, at) = ("cam".into(), moment(stage.now));
        stage.apply(&Event::ImageStats { camera, at, stats: Box::new(ImageStats::even(128)) });
        stage.silence(61.0);
        assert!(!stage.analysis.conditions().is_empty(), "once it was looked at again it may fail");
    }
}

#[test]
fn after_an_outage_the_alert_ends_if_the_thing_is_gone() {
    let mut stage = Stage::of(vec![rule(parked("right", 60.0))]);
    stage.look(65.0, |_| vec![car(0.75, 0.8)]);
    stage.silence(40.0);
    stage.look(4.0, nobody);
    assert_eq!(stage.published(), [(New, Raised)]);
    stage.look(3.0, nobody);
    assert_eq!(stage.published(), [(End, Cleared)]);
}

#[test]
fn time_in_which_nobody_looked_does_not_count_towards_the_hold() {
    let mut stage = alerted();
    stage.look(1.0, nobody);
    stage.silence(8.0);
    stage.look(2.6, nobody);
    assert_eq!(stage.published(), [(New, Raised)]);
    stage.look(2.0, nobody);
    assert_eq!(stage.published(), [(End, Cleared)]);
}

#[test]
fn an_acknowledgement_is_the_next_revision_and_stays() {
    let mut stage = alerted();
    let open = the_open(&stage);
    let at = moment(stage.now);
    let published = taken(stage.analysis.acknowledge(&open.alert, &by("duty desk"), at));
    assert_eq!((published.rev, published.phase, published.reason), (open.rev + 1, Update, Acknowledged));
    assert_eq!(published.acknowledged, Some(by("duty desk")));
    let again = stage.analysis.acknowledge(&open.alert, &by("duty desk"), at);
    assert_eq!(again, Ok(AckOutcome::Before(by("duty desk"))));
    stage.look(10.0, nobody);
    let last = stage.published.last().expect("the end");
    assert_eq!((last.rev, last.phase), (open.rev + 2, End));
    assert_eq!(last.acknowledged, Some(by("duty desk")));
}

fn taken(outcome: Result<AckOutcome, AlertError>) -> Revision {
    match outcome {
        Ok(AckOutcome::Now(revision)) => *revision,
        other => panic!("it was free: {other:?}"),
    }
}

#[test]
fn the_first_acknowledgement_wins_and_the_second_receives_who_has_it() {
    let mut stage = alerted();
    let alert = the_open(&stage).alert;
    let at = moment(stage.now);
    taken(stage.analysis.acknowledge(&alert, &by("duty desk"), at));
    let rev = the_open(&stage).rev;
    let second = Acknowledgement { note: Some("mine".to_owned()), ..by("fire brigade") };
    let outcome = stage.analysis.acknowledge(&alert, &second, moment(stage.now + 1.0));
    assert_eq!(outcome, Ok(AckOutcome::Before(by("duty desk"))));
    let open = the_open(&stage);
    assert_eq!((open.rev, open.acknowledged), (rev, Some(by("duty desk"))), "nothing is published anew");
}

#[test]
fn who_has_an_alert_still_has_it_after_a_restart() {
    let mut stage = alerted();
    let open = the_open(&stage);
    let published = taken(stage.analysis.acknowledge(&open.alert, &by("duty desk"), moment(stage.now)));
    let mut after = restarted(present("all", 1.0), published);
    let outcome = after.analysis.acknowledge(&open.alert, &by("fire brigade"), moment(1.0));
    assert_eq!(outcome, Ok(AckOutcome::Before(by("duty desk"))));
}

#[test]
fn ended_and_unknown_alerts_cannot_be_acknowledged() {
    let mut stage = alerted();
    let alert = the_open(&stage).alert;
    stage.look(10.0, nobody);
    let at = moment(stage.now);
    let ended = stage.analysis.acknowledge(&alert, &by("duty desk"), at);
    assert_eq!(ended, Err(AlertError::Ended(alert.clone())));
    assert_eq!(stage.analysis.mute_changed(&alert, at), Err(AlertError::Ended(alert)));
    let never = AlertId("01JD0000000000000000000000".into());
    let unknown = stage.analysis.acknowledge(&never, &by("duty desk"), at);
    assert_eq!(unknown, Err(AlertError::Unknown(never)));
}

#[test]
fn that_an_alert_was_muted_is_reported_as_a_revision() {
    let mut stage = alerted();
    let open = the_open(&stage);
    let published = stage.analysis.mute_changed(&open.alert, moment(stage.now)).expect("it is open");
    assert_eq!((published.rev, published.phase, published.reason), (open.rev + 1, Update, MuteChanged));
    let test =
        stage.analysis.begin_test("desk", &"530127001001".into(), moment(stage.now)).expect("none is open");
    let published = stage.analysis.mute_changed(&test.alert, moment(stage.now)).expect("it is open");
    assert_eq!((published.rev, published.phase, published.reason), (2, Update, MuteChanged));
}

/// The open alert of a run, taken to the next one.
fn restarted(when: Condition, open: Revision) -> Stage {
    let mut stage = Stage::of(vec![rule(when)]);
    assert_eq!(stage.analysis.restore(vec![open], moment(0.0)), []);
    stage
}

use crate::analysis::rules::Condition;

#[test]
fn after_a_restart_the_same_alert_goes_on() {
    let open = the_open(&alerted());
    let mut stage = restarted(present("all", 1.0), open.clone());
    assert_eq!(the_open(&stage), open);
    stage.look(30.0, somebody);
    assert_eq!(stage.published.len(), 1);
    let published = &stage.published[0];
    assert_eq!((published.phase, published.reason), (Update, StillThere));
    assert_eq!((&published.alert, published.rev), (&open.alert, open.rev + 1));
    assert_eq!(published.started_at, open.started_at);
    stage.look(10.0, nobody);
    assert_eq!(stage.published.last().map(|r| (r.phase, r.reason)), Some((End, Cleared)));
}

#[test]
fn after_a_restart_an_alert_that_is_not_seen_again_ends_as_such() {
    let mut stage = restarted(present("all", 1.0), the_open(&alerted()));
    stage.look(RESTORED_WAIT.as_secs_f64() - 2.0, nobody);
    assert_eq!(stage.published(), []);
    stage.look(5.0, nobody);
    assert_eq!(stage.published(), [(End, NotSeenSinceRestart)]);
}

#[test]
fn after_a_restart_the_wait_counts_only_while_the_camera_is_watched() {
    let mut stage = restarted(present("all", 1.0), the_open(&alerted()));
    stage.silence(200.0);
    assert_eq!(stage.published(), []);
    stage.look(10.0, somebody);
    assert_eq!(stage.published(), [(Update, StillThere)]);
}

#[test]
fn after_a_restart_with_a_dead_camera_the_alert_ends_as_unknown() {
    let mut stage = restarted(present("all", 1.0), the_open(&alerted()));
    stage.silence(310.0);
    assert_eq!(stage.published(), [(End, SourceSilent)]);
}

#[test]
fn after_a_restart_alerts_of_rules_that_are_gone_end() {
    let open = the_open(&alerted());
    let mut analysis = Analysis::new("box-7f3a", Plan::of(vec![plan()], vec![])).expect("no rules");
    let published = analysis.restore(vec![open.clone()], moment(0.0));
    assert_eq!(published.len(), 1);
    assert_eq!((published[0].phase, published[0].reason, published[0].rev), (End, RuleRemoved, open.rev + 1));
    let late = analysis.acknowledge(&open.alert, &by("duty desk"), moment(1.0));
    assert_eq!(late, Err(AlertError::Ended(open.alert)));
}

#[test]
fn a_reload_keeps_what_it_does_not_touch() {
    let mut stage = Stage::of(vec![rule(present("all", 10.0))]);
    stage.look(8.0, somebody);
    let tracks = stage.analysis.tracks("cam").to_vec();
    let other = Rule { id: "other".into(), ..rule(crowd("all", 50, 1.0)) };
    let rules = vec![other, rule(present("all", 10.0))];
    let published = stage.analysis.reconfigure(Plan::of(vec![plan()], rules), moment(stage.now));
    assert_eq!(published, Ok(vec![]));
    assert_eq!(stage.analysis.tracks("cam"), tracks);
    stage.look(3.0, somebody);
    assert_eq!(stage.published(), [(New, Raised)]);
}

#[test]
fn a_reload_without_the_rule_ends_its_alert() {
    let mut stage = alerted();
    let published =
        stage.analysis.reconfigure(Plan::of(vec![plan()], vec![]), moment(stage.now)).expect("valid");
    assert_eq!(published.iter().map(|r| (r.phase, r.reason)).collect::<Vec<_>>(), [(End, RuleRemoved)]);
    assert_eq!(stage.analysis.open().count(), 0);
}

#[test]
fn a_rule_that_was_changed_keeps_its_alert_if_it_still_sees_it() {
    let mut stage = alerted();
    let alert = the_open(&stage).alert;
    let stricter = Rule { level: crate::types::level::Level::Red, ..rule(present("all", 20.0)) };
    let published = stage.analysis.reconfigure(Plan::of(vec![plan()], vec![stricter]), moment(stage.now));
    assert_eq!(published, Ok(vec![]));
    stage.look(70.0, somebody);
    assert_eq!(stage.published(), [(New, Raised), (Update, StillThere)]);
    assert_eq!(the_open(&stage).alert, alert);
    assert_eq!(the_open(&stage).level, crate::types::level::Level::Red);
}

#[test]
fn a_reload_that_names_what_is_not_drawn_changes_nothing() {
    let mut stage = alerted();
    let wrong = rule(present("nowhere", 1.0));
    assert!(stage.analysis.reconfigure(Plan::of(vec![plan()], vec![wrong]), moment(stage.now)).is_err());
    assert_eq!(stage.analysis.open().count(), 1);
    stage.look(10.0, nobody);
    assert_eq!(stage.published(), [(New, Raised), (End, Cleared)]);
}

#[test]
fn each_camera_of_a_rule_has_an_alert_of_its_own() {
    let both = Rule { cameras: vec!["cam".into(), "cam-2".into()], ..rule(present("all", 0.0)) };
    let second = CameraPlan { id: "cam-2".into(), ..plan() };
    let mut analysis = Analysis::new("box", Plan::of(vec![plan(), second], vec![both])).expect("drawn");
    for look in 0..5 {
        for camera in ["cam", "cam-2"] {
            let at = moment(f64::from(look) * 0.2);
            analysis.apply(&Event::Detections { camera: camera.into(), at, detections: somebody(0.0) });
        }
    }
    let open: Vec<&Revision> = analysis.open().collect();
    assert_eq!(open.len(), 2);
    assert_ne!(open[0].alert, open[1].alert);
}

#[test]
fn ids_are_ulids_of_the_time_the_alert_began_and_come_again_in_a_replay() {
    let (once, again) = (the_open(&alerted()), the_open(&alerted()));
    assert_eq!(once, again);
    let ulid: ulid::Ulid = once.alert.0.parse().expect("a ULID");
    assert_eq!(ulid.timestamp_ms() as i64, once.started_at.as_millisecond());
    let mut elsewhere = Stage::of(vec![rule(present("all", 1.0))]);
    elsewhere.analysis =
        Analysis::new("box-b", Plan::of(vec![plan()], vec![rule(present("all", 1.0))])).expect("drawn");
    elsewhere.look(5.0, somebody);
    assert_ne!(the_open(&elsewhere).alert, once.alert);
}

#[test]
fn a_clock_that_is_set_back_disturbs_no_duration() {
    let mut stage = Stage::of(vec![rule(present("all", 10.0))]);
    let mut published = Vec::new();
    for look in 0..200 {
        let mut at = moment(f64::from(look) * 0.2);
        if look > 20 {
            at.utc -= jiff::SignedDuration::from_secs(3600);
        }
        let detections = if look < 150 { somebody(0.0) } else { vec![] };
        published.extend(stage.analysis.apply(&Event::Detections { camera: "cam".into(), at, detections }));
    }
    let phases: Vec<_> = published.iter().map(|r| (r.phase, r.reason)).collect();
    assert_eq!(phases, [(New, Raised), (End, Cleared)]);
    assert!((published[0].at.mono.as_secs_f64() - 10.2).abs() < 0.3);
    assert!(published[1].ended_at.is_some_and(|ended| ended >= published[1].last_seen_at));
    assert!(published[1].last_seen_at >= published[1].started_at);
}

#[test]
fn a_piece_of_a_resting_bus_asks_for_no_look_back_and_another_vehicle_does() {
    let vehicle = |class, score, box_in_frame| Detection { class, score, box_in_frame };
    let bus = vehicle(Class::BUS, 0.9, BBox::new(0.2, 0.3, 0.8, 0.75));
    let classes = vec![Class::CAR, Class::BUS];
    let over =
        Condition::LineCrossed(LineCrossed { line: "middle".into(), classes, direction: Direction::Both });
    let mut stage = Stage::of(vec![rule(over)]);
    stage.look(6.0, |_| vec![bus]);
    let front = BBox::new(0.2, 0.32, 0.4, 0.75);
    for (what, found, is_missed) in [
        ("the bus alone", None, false),
        ("its front, less surely than the whole", Some(vehicle(Class::CAR, 0.5, front)), false),
        ("as sure as the bus", Some(vehicle(Class::CAR, 0.8, front)), true),
        ("beside it", Some(vehicle(Class::CAR, 0.5, BBox::new(0.82, 0.5, 0.98, 0.7))), true),
    ] {
        let found: Vec<Detection> = std::iter::once(bus).chain(found).collect();
        let missed = stage.analysis.missed_something("cam", moment(stage.now + 2.0), &found);
        assert_eq!(missed, is_missed, "{what}");
    }
}

#[test]
fn an_unknown_camera_is_no_harm() {
    let mut stage = Stage::of(vec![rule(present("all", 0.0))]);
    let (camera, at): (Arc<str>, _) = ("cam-99".into(), moment(0.0));
    stage.apply(&Event::Detections { camera: camera.clone(), at, detections: somebody(0.0) });
    stage.apply(&Event::CameraSilent { camera, at, cause: None });
    assert_eq!(stage.published(), []);
    assert_eq!(stage.analysis.tracks("cam-99"), []);
}

/// What may happen to a camera, in pieces of some seconds.
#[derive(Debug, Clone)]
enum Piece {
    Somebody(f64),
    Nobody(f64),
    Crowd(f64, usize),
    Silence(f64),
    Acknowledge,
    Reload,
    Restart,
}

fn any_piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        3 => (0.2_f64..30.0).prop_map(Piece::Somebody),
        3 => (0.2_f64..30.0).prop_map(Piece::Nobody),
        1 => (0.2_f64..20.0, 2_usize..8).prop_map(|(s, n)| Piece::Crowd(s, n)),
        1 => (1.0_f64..400.0).prop_map(Piece::Silence),
        1 => Just(Piece::Acknowledge),
        1 => Just(Piece::Reload),
        1 => Just(Piece::Restart),
    ]
}

fn three_rules() -> Vec<Rule> {
    let named = |id: &str, when| Rule { id: id.into(), ..rule(when) };
    vec![
        named("present", present("all", 2.0)),
        named("dwell", dwell("right", 6.0)),
        named("crowd", crowd("all", 4, 3.0)),
    ]
}

fn play(pieces: &[Piece]) -> Vec<Revision> {
    let mut stage = Stage::of(three_rules());
    for piece in pieces {
        match *piece {
            Piece::Somebody(secs) => stage.look(secs, somebody),
            Piece::Nobody(secs) => stage.look(secs, nobody),
            Piece::Crowd(secs, count) => {
                stage.look(secs, |_| (0..count).map(|i| person(0.08 + 0.12 * i as f64, 0.9)).collect())
            }
            Piece::Silence(secs) => stage.silence(secs),
            Piece::Acknowledge => {
                let open: Vec<AlertId> = stage.analysis.open().map(|r| r.alert.clone()).collect();
                for alert in open {
                    match stage.analysis.acknowledge(&alert, &by("desk"), moment(stage.now)) {
                        Ok(AckOutcome::Now(published)) => stage.published.push(*published),
                        Ok(AckOutcome::Before(before)) => assert_eq!(before, by("desk")),
                        Err(error) => panic!("it is open: {error}"),
                    }
                }
                &mut stage
            }
            Piece::Reload => {
                let mut rules = three_rules();
                rules.remove(stage.published.len() % 3);
                let at = moment(stage.now);
                let published = stage.analysis.reconfigure(Plan::of(vec![plan()], rules), at).expect("drawn");
                stage.published.extend(published);
                let published =
                    stage.analysis.reconfigure(Plan::of(vec![plan()], three_rules()), at).expect("drawn");
                stage.published.extend(published);
                &mut stage
            }
            Piece::Restart => {
                let open: Vec<Revision> = stage.analysis.open().cloned().collect();
                stage.analysis =
                    Analysis::new("box-7f3a", Plan::of(vec![plan()], three_rules())).expect("drawn");
                let published = stage.analysis.restore(open, moment(stage.now));
                stage.published.extend(published);
                &mut stage
            }
        };
    }
    stage.published
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    /// The contract with the consumers of alerts.
    #[test]
    fn every_alert_is_new_once_counts_its_revisions_and_is_silent_after_its_end(
        pieces in proptest::collection::vec(any_piece(), 1..20),
    ) {
        let published = play(&pieces);
        let mut latest: BTreeMap<AlertId, Revision> = BTreeMap::new();
        for revision in &published {
            match latest.get(&revision.alert) {
                None => prop_assert_eq!((revision.rev, revision.phase), (1, New)),
                Some(before) => {
                    prop_assert_ne!(before.phase, End);
                    prop_assert_ne!(revision.phase, New);
                    prop_assert_eq!(revision.rev, before.rev + 1);
                    prop_assert_eq!(revision.started_at, before.started_at);
                    // An acknowledgement, once given, is never lost.
                    prop_assert!(before.acknowledged.is_none() || revision.acknowledged.is_some());
                }
            }
            prop_assert!((0.0..=1.0).contains(&revision.confidence));
            prop_assert!(revision.last_seen_at >= revision.started_at);
            prop_assert_eq!(revision.ended_at.is_some(), revision.phase == End);
            // One open alert of a rule and camera at most.
            let rivals = latest.values().filter(|r| {
                r.phase != End && r.why.basis == revision.why.basis && r.alert != revision.alert
            });
            prop_assert_eq!(rivals.count(), 0);
            latest.insert(revision.alert.clone(), revision.clone());
        }
    }

    #[test]
    fn the_same_day_twice_gives_the_same_revisions(
        pieces in proptest::collection::vec(any_piece(), 1..10),
    ) {
        prop_assert_eq!(play(&pieces), play(&pieces));
    }
}
