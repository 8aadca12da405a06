//! Rules on what a real detector saw in real clips; what must happen was read from the pictures, not from
//! the output: `tests/data/clips.md` has the table, with the zones and lines.
//!
//! The detections were made once by another program (see `tests/data/tracks`), so these tests need neither
//! clips nor a model. The replay of the clips themselves through the whole program uses the same table.

use crate::support::tracks;

use std::sync::Arc;
use std::time::Duration;

use lookout::analysis::alert::Revision;
use lookout::analysis::detection::{Class, Detection};
use lookout::analysis::geometry::{Line, Point, Polygon};
use lookout::analysis::ground::Horizon;
use lookout::analysis::heights::HeightLimits;
use lookout::analysis::rules::{CameraPlan, Condition, Crowd, Dwell, LineCrossed, Parked, Present, Rule};
use lookout::analysis::schedule::Schedule;
use lookout::analysis::time::{Moment, Timestamp};
use lookout::analysis::{Analysis, Event, Plan};
use lookout::types::direction::Direction;
use lookout::types::level::Level;
use lookout::types::phase::{Phase, PhaseReason};

const VEHICLES: [Class; 3] = [Class::CAR, Class::BUS, Class::TRUCK];

/// What a detector saw in a clip, frame by frame.
struct Clip {
    frames: Vec<(Duration, Vec<Detection>)>,
}

impl Clip {
    fn read(name: &str) -> Clip {
        Clip { frames: tracks::read(name) }
    }

    /// As if the camera had been looked at less often.
    fn every(mut self, nth: usize) -> Clip {
        let mut index = 0;
        self.frames.retain(|_| {
            index += 1;
            (index - 1) % nth == 0
        });
        self
    }

    fn looks_per_second(&self) -> f32 {
        let last = self.frames.last().expect("a frame").0;
        (self.frames.len() - 1) as f32 / last.as_secs_f32()
    }

    /// All revisions that one rule makes of the clip.
    fn published(&self, plan: &CameraPlan, rule: &Rule) -> Vec<Revision> {
        let plan = CameraPlan { analysis_hz: self.looks_per_second(), ..plan.clone() };
        let camera = plan.id.clone();
        let mut analysis = Analysis::new("box-test", Plan::of(vec![plan], vec![rule.clone()]))
            .expect("zones and lines are drawn");
        let mut published = Vec::new();
        for (mono, detections) in &self.frames {
            let at = Moment::after_origin(Timestamp::UNIX_EPOCH, *mono);
            published.extend(analysis.apply(&Event::Tick { at }));
            let detections = detections.clone();
            published.extend(analysis.apply(&Event::Detections { camera: camera.clone(), at, detections }));
        }
        published
    }
}

fn plan() -> CameraPlan {
    CameraPlan::new("clip", 5.0)
}

fn zone(corners: &[(f32, f32)]) -> Polygon {
    Polygon::new(corners.iter().map(|&(x, y)| Point::new(x, y)).collect()).expect("a polygon")
}

fn rule(when: Condition) -> Rule {
    Rule {
        id: "rule".into(),
        cameras: vec!["clip".into()],
        signal: "signal".into(),
        level: Level::Yellow,
        schedule: Schedule::always(),
        hold: Duration::from_secs(2),
        cooldown: Duration::ZERO,
        heights: HeightLimits::default(),
        when,
    }
}

fn seconds(timestamp: Timestamp) -> f64 {
    timestamp.as_nanosecond() as f64 / 1e9
}

/// When each alert began, in seconds of the clip.
fn began(published: &[Revision]) -> Vec<f64> {
    published.iter().filter(|r| r.phase == Phase::New).map(|r| seconds(r.started_at)).collect()
}

/// When what each ended alert is about was last seen.
fn last_seen(published: &[Revision]) -> Vec<f64> {
    published.iter().filter(|r| r.phase == Phase::End).map(|r| seconds(r.last_seen_at)).collect()
}

#[track_caller]
fn assert_near(what: &str, got: &[f64], wanted: &[f64], within: f64) {
    let near = got.len() == wanted.len() && got.iter().zip(wanted).all(|(g, w)| (g - w).abs() <= within);
    assert!(near, "{what}: got {got:.1?}, wanted {wanted:.1?} within {within}");
}

/// people-one-by-one.mp4: head and shoulders in the picture, at the table, walking off, gone.
const SIX_PEOPLE: [[f64; 4]; 6] = [
    [6.4, 7.4, 18.4, 19.7],
    [23.0, 24.0, 43.6, 44.9],
    [50.6, 51.6, 68.3, 69.7],
    [74.8, 76.0, 85.1, 86.6],
    [92.6, 93.8, 118.1, 119.7],
    [123.8, 125.0, 134.4, 135.7],
];

fn table() -> Polygon {
    zone(&[(0.42, 0.72), (0.72, 0.72), (0.72, 1.0), (0.42, 1.0)])
}

fn column(table: &[[f64; 4]], index: usize) -> Vec<f64> {
    table.iter().map(|row| row[index]).collect()
}

#[test]
fn six_people_one_by_one_are_six_times_somebody_present() {
    for nth in [1, 2, 5] {
        let clip = Clip::read("people-one-by-one").every(nth);
        let mut plan = plan();
        plan.zones.insert("room".into(), Polygon::whole_picture());
        let when = Condition::Present(Present {
            zone: "room".into(),
            classes: vec![Class::PERSON],
            for_at_least: Duration::from_secs(3),
        });
        let published = clip.published(&plan, &rule(when));
        // Sure with the second look, and one may fail while they are only half in the picture.
        let slack = 0.7 + 0.5 * (nth as f64 - 1.0);
        assert_near("came", &began(&published), &column(&SIX_PEOPLE, 0), slack);
        assert_near("went", &last_seen(&published), &column(&SIX_PEOPLE, 3), 0.8 + nth as f64 / 5.0);
        assert!(published.iter().all(|r| r.phase != Phase::End || r.reason == PhaseReason::Cleared));
    }
}

#[test]
fn whoever_stays_at_the_table_for_fourteen_seconds_dwells() {
    for nth in [1, 2, 5] {
        let clip = Clip::read("people-one-by-one").every(nth);
        let mut plan = plan();
        plan.zones.insert("table".into(), table());
        let when = Condition::Dwell(Dwell {
            zone: "table".into(),
            classes: vec![Class::PERSON],
            for_at_least: Duration::from_secs(14),
        });
        let published = clip.published(&plan, &rule(when));
        // The first, fourth and sixth are gone after nine to eleven seconds.
        let stayed = [SIX_PEOPLE[1], SIX_PEOPLE[2], SIX_PEOPLE[4]];
        assert_near("at the table", &began(&published), &column(&stayed, 1), 1.6 + nth as f64 / 5.0);
        assert_near("walked off", &last_seen(&published), &column(&stayed, 2), 1.0 + nth as f64 / 5.0);
    }
}

#[test]
fn six_people_leave_to_the_right_and_nobody_comes_from_there() {
    for nth in [1, 2] {
        let clip = Clip::read("people-one-by-one").every(nth);
        let mut plan = plan();
        let way_out = Line { from: Point::new(0.78, 1.0), to: Point::new(0.78, 0.4) };
        plan.lines.insert("way-out".into(), way_out);
        let when = |direction| {
            Condition::LineCrossed(LineCrossed {
                line: "way-out".into(),
                classes: vec![Class::PERSON],
                direction,
            })
        };
        let published = clip.published(&plan, &rule(when(Direction::LeftToRight)));
        let crossed = [18.8, 43.9, 68.9, 85.7, 118.8, 134.9];
        assert_near("crossed", &began(&published), &crossed, 0.6 + (nth as f64 - 1.0) / 5.0);
        assert_eq!(clip.published(&plan, &rule(when(Direction::RightToLeft))), []);
    }
}

#[test]
fn crossings_near_in_time_are_one_alert_that_counts() {
    let clip = Clip::read("people-one-by-one");
    let mut plan = plan();
    let way_out = Line { from: Point::new(0.78, 1.0), to: Point::new(0.78, 0.4) };
    plan.lines.insert("way-out".into(), way_out);
    let when = Condition::LineCrossed(LineCrossed {
        line: "way-out".into(),
        classes: vec![Class::PERSON],
        direction: Direction::Both,
    });
    let published = clip.published(&plan, &Rule { hold: Duration::from_secs(40), ..rule(when) });
    assert_eq!(began(&published).len(), 1);
    assert_eq!(published.last().expect("revisions").why.contributions[0].value, 6.0);
}

#[test]
fn eight_vehicles_come_down_the_street() {
    let clip = Clip::read("street-cars");
    let mut plan = plan();
    plan.thresholds.extend(VEHICLES.map(|class| (class, 0.35)));
    let across = Line { from: Point::new(0.30, 0.68), to: Point::new(0.75, 0.56) };
    plan.lines.insert("across".into(), across);
    let when = |direction| {
        Condition::LineCrossed(LineCrossed { line: "across".into(), classes: VEHICLES.to_vec(), direction })
    };
    let short = |when| Rule { hold: Duration::from_millis(500), ..rule(when) };
    let published = clip.published(&plan, &short(when(Direction::LeftToRight)));
    // White saloon, red, grey, white pick-up, white estate, black off-roader, black saloon, grey off-roader.
    let crossed = [0.7, 3.0, 5.2, 7.2, 9.8, 17.3, 19.7, 29.4];
    assert_near("crossed", &began(&published), &crossed, 0.5);
    assert_eq!(clip.published(&plan, &short(when(Direction::RightToLeft))), []);
}

#[test]
fn the_car_in_the_drive_is_parked_and_the_passing_ones_are_not() {
    for nth in [1, 5] {
        let clip = Clip::read("street-cars").every(nth);
        let mut plan = plan();
        plan.thresholds.extend(VEHICLES.map(|class| (class, 0.35)));
        plan.zones.insert("drive".into(), zone(&[(0.90, 0.38), (1.0, 0.38), (1.0, 0.58), (0.90, 0.58)]));
        plan.zones
            .insert("lane".into(), zone(&[(0.28, 0.5), (0.6, 0.45), (1.0, 0.75), (1.0, 1.0), (0.4, 1.0)]));
        let parked = |zone: &str, secs| {
            Condition::Parked(Parked {
                zone: zone.into(),
                classes: VEHICLES.to_vec(),
                for_at_least: Duration::from_secs(secs),
            })
        };
        let published = clip.published(&plan, &rule(parked("drive", 15)));
        assert_near("parked", &began(&published), &[0.0], 0.5 + nth as f64 / 5.0);
        assert_near("left", &last_seen(&published), &[], 0.0);
        assert!(published.iter().all(|r| r.shown.len() == 1));
        assert_eq!(clip.published(&plan, &rule(parked("lane", 3))), []);
    }
}

#[test]
fn a_car_that_people_and_vans_pass_before_is_parked_once_until_it_leaves() {
    // The white estate stops at second 2.2 and drives on at 162; pairs of walkers hide all of it for a second or two
    // every 6 s, or somebody stops before its middle for 20 s, or a van hides it every 17 s.
    for scene in ["street-cars-pairs", "street-cars-loiterers", "street-cars-van"] {
        for nth in [1, 2, 5] {
            let clip = Clip::read(scene).every(nth);
            let mut plan = plan();
            plan.thresholds.extend(VEHICLES.map(|class| (class, 0.25)));
            plan.zones.insert(
                "lane".into(),
                zone(&[(0.28, 0.5), (0.6, 0.45), (1.0, 0.75), (1.0, 1.0), (0.4, 1.0)]),
            );
            for secs in [30, 120] {
                let when = Condition::Parked(Parked {
                    zone: "lane".into(),
                    classes: VEHICLES.to_vec(),
                    for_at_least: Duration::from_secs(secs),
                });
                let published = clip.published(
                    &plan,
                    &Rule { hold: Duration::from_secs(5), cooldown: Duration::from_secs(60), ..rule(when) },
                );
                let what = format!("{scene}, every look of {nth}, {secs} s");
                assert_near(&what, &began(&published), &[2.2], 1.0 + nth as f64 / 5.0);
                let raised: Vec<f64> = published
                    .iter()
                    .filter(|r| r.phase == Phase::New)
                    .map(|r| r.at.mono.as_secs_f64())
                    .collect();
                // While it cannot be seen nobody counts.
                assert_near(&what, &raised, &[secs as f64 + 2.2], 4.0 + nth as f64 / 5.0);
                // Looked at once a second, its end is reported after the clip's.
                let ended = last_seen(&published);
                if nth < 5 || !ended.is_empty() {
                    assert_near(&what, &ended, &[162.3], 1.5);
                }
            }
        }
    }
}

#[test]
fn the_plaza_is_a_crowd_of_ten_only_while_most_cross_it() {
    let clip = Clip::read("plaza-crowd");
    let mut plan = plan();
    plan.zones.insert("plaza".into(), zone(&[(0.30, 0.35), (0.995, 0.35), (0.995, 0.99), (0.30, 0.99)]));
    let crowd = |at_least, secs| {
        Condition::Crowd(Crowd {
            zone: "plaza".into(),
            classes: vec![Class::PERSON],
            at_least,
            density: None,
            for_at_least: Duration::from_secs(secs),
        })
    };
    // Seven at least are there all the time, eleven to thirteen from second 3 to 5, never twenty.
    let always = clip.published(&plan, &rule(crowd(6, 3)));
    assert_near("six", &began(&always), &[0.4], 1.0);
    assert_eq!(last_seen(&always), [0.0; 0]);
    let peak = clip.published(&plan, &rule(crowd(10, 1)));
    assert_near("ten", &began(&peak), &[3.0], 1.5);
    assert_near("ten gone", &last_seen(&peak), &[5.5], 1.5);
    assert_eq!(clip.published(&plan, &rule(crowd(20, 0))), []);
}

/// walkway-small-people.mp4, the path at the upper left: `tests/data/clips.md`.
fn path_plan() -> CameraPlan {
    let mut plan = plan();
    plan.thresholds.insert(Class::PERSON, 0.25);
    plan.zones.insert("path".into(), zone(&[(0.0, 0.19), (0.15, 0.19), (0.15, 0.28), (0.0, 0.28)]));
    plan
}

fn somebody_on_the_path() -> Rule {
    let for_at_least = Duration::from_secs(1);
    rule(Condition::Present(Present { zone: "path".into(), classes: vec![Class::PERSON], for_at_least }))
}

#[test]
fn a_board_taken_for_somebody_is_too_small_and_who_walks_past_it_is_not() {
    let clip = Clip::read("walkway-path");
    let without = clip.published(&path_plan(), &somebody_on_the_path());
    assert_near("the board", &began(&without), &[0.0], 0.5);
    assert_eq!(last_seen(&without), [0.0; 0], "it stands there to the end");

    let limits = HeightLimits { min: 0.068, max: 1.0 };
    let mut of_camera = path_plan();
    of_camera.heights.insert(Class::PERSON, limits);
    let of_rule = Rule { heights: limits, ..somebody_on_the_path() };
    for (what, plan, rule) in [("camera", of_camera, somebody_on_the_path()), ("rule", path_plan(), of_rule)]
    {
        let published = clip.published(&plan, &rule);
        assert_near(&format!("came, limits of the {what}"), &began(&published), &[14.0], 0.5);
        assert_near(&format!("went, limits of the {what}"), &last_seen(&published), &[17.2], 0.5);
    }
}

#[test]
fn with_a_horizon_who_walks_down_the_path_is_of_a_persons_height_far_away_and_near() {
    let level = vec![Point::new(0.0, -0.08), Point::new(1.0, -0.08)];
    let horizon = Horizon::new(level, 6.2).expect("a horizon");
    let clip = Clip::read("walkway-path");
    let seconds = Duration::from_secs(10)..Duration::from_millis(17_400);
    let walker = clip.frames.iter().filter(|(at, _)| seconds.contains(at)).filter_map(|(_, seen)| {
        let is_hers = |d: &&Detection| {
            let is_board = d.box_in_frame.x0 >= 0.04 && d.box_in_frame.y0 >= 0.175;
            d.score >= 0.4 && !is_board
        };
        seen.iter().find(is_hers)
    });
    let walker: Vec<&Detection> = walker.collect();
    assert!(walker.len() > 20, "{walker:?}");
    assert!(walker.iter().all(|seen| horizon.fits(seen, true)), "{walker:?}");

    let plan = CameraPlan { horizon: Some(horizon), ..path_plan() };
    let of_rule = Rule { heights: HeightLimits { min: 0.068, max: 1.0 }, ..somebody_on_the_path() };
    let published = clip.published(&plan, &of_rule);
    assert_near("came", &began(&published), &[14.0], 0.5);
    assert_near("went", &last_seen(&published), &[17.2], 0.5);
    // Were the horizon where the building stands, she would be a giant.
    let wrong = Horizon::new(vec![Point::new(0.0, 0.17), Point::new(1.0, 0.17)], 6.2);
    let published = clip.published(&CameraPlan { horizon: wrong, ..path_plan() }, &of_rule);
    assert_near("nobody", &began(&published), &[], 0.0);
}

#[test]
fn a_replay_gives_the_same_revisions_again() {
    let clip = Clip::read("people-one-by-one");
    let mut plan = plan();
    let name: Arc<str> = "table".into();
    plan.zones.insert(name.clone(), table());
    let when = Condition::Dwell(Dwell {
        zone: name,
        classes: vec![Class::PERSON],
        for_at_least: Duration::from_secs(5),
    });
    let once = clip.published(&plan, &rule(when.clone()));
    assert_eq!(began(&once).len(), 6);
    assert_eq!(once, clip.published(&plan, &rule(when)));
}
