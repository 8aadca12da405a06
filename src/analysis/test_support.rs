//! For tests: a stage on which things move as a script says, looked at by a perfect detector.

use std::sync::Arc;
use std::time::Duration;

use super::alert::Revision;
use super::detection::{Class, Detection};
use super::geometry::{BBox, Line, Point, Polygon};
use super::heights::HeightLimits;
use super::plausible::ASPECT;
use super::rules::{CameraPlan, Condition, Crowd, Dwell, FLICKER, Parked, Present, Rule, Scene};
use super::schedule::Schedule;
use super::time::{Moment, Timestamp};
use super::tracker::{Track, TrackNumber, Tracker};
use super::{Analysis, Event, Plan};
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};

/// Monday, 16 November 2026, midnight UTC.
pub(crate) const MONDAY_MS: i64 = 1_794_787_200_000;

pub(super) fn moment(secs: f64) -> Moment {
    let origin = Timestamp::from_millisecond(MONDAY_MS).expect("a day in 2026");
    Moment::after_origin(origin, Duration::from_secs_f64(secs))
}

pub(super) fn secs(secs: f64) -> Duration {
    Duration::from_secs_f64(secs)
}

/// Somebody 0.1 wide and 0.3 high whose feet are there.
pub(super) fn person(x: f64, y: f64) -> Detection {
    let (x, y) = (x as f32, y as f32);
    let box_in_frame = BBox::new(x - 0.05, y - 0.3, x + 0.05, y);
    Detection { class: Class::PERSON, score: 0.8, box_in_frame }
}

/// A car 0.3 wide and 0.2 high whose wheels are there.
pub(super) fn car(x: f64, y: f64) -> Detection {
    let (x, y) = (x as f32, y as f32);
    let box_in_frame = BBox::new(x - 0.15, y - 0.2, x + 0.15, y);
    Detection { class: Class::CAR, score: 0.8, box_in_frame }
}

pub(crate) fn scored(detection: Detection, score: f32) -> Detection {
    Detection { score, ..detection }
}

/// The same with a detector's jitter: each edge is off by up to a fiftieth of the thing's size, differently at each look.
pub(crate) fn trembling(detection: Detection, t: f64) -> Detection {
    let b = detection.box_in_frame;
    let off = |edge: f64| 0.02 * b.size() * (t * (37.0 + 11.0 * edge)).sin() as f32;
    let box_in_frame = BBox::new(b.x0 + off(0.0), b.y0 + off(1.0), b.x1 + off(2.0), b.y1 + off(3.0));
    Detection { box_in_frame, ..detection }
}

pub(crate) fn rectangle(x0: f32, y0: f32, x1: f32, y1: f32) -> Polygon {
    Polygon::new(vec![Point::new(x0, y0), Point::new(x1, y0), Point::new(x1, y1), Point::new(x0, y1)])
        .expect("a polygon")
}

/// Camera `cam` at 5 looks a second, with the zone `right` (its right half), the zone `all`, and the line
/// `middle`, drawn upwards: who walks to the right crosses it from left to right.
pub(super) fn plan() -> CameraPlan {
    let mut plan = CameraPlan::new("cam", 5.0);
    plan.zones.insert("right".into(), rectangle(0.5, 0.0, 1.0, 1.0));
    plan.zones.insert("all".into(), Polygon::whole_picture());
    plan.lines.insert("middle".into(), Line { from: Point::new(0.5, 1.0), to: Point::new(0.5, 0.2) });
    plan
}

/// Rule `rule` on `cam`: hold 5 s, cooldown 20 s, always in force.
pub(super) fn rule(when: Condition) -> Rule {
    Rule {
        id: "rule".into(),
        cameras: vec!["cam".into()],
        signal: "signal".into(),
        level: Level::Yellow,
        schedule: Schedule::always(),
        hold: secs(5.0),
        cooldown: secs(20.0),
        heights: HeightLimits::default(),
        when,
    }
}

pub(super) fn present(zone: &str, for_secs: f64) -> Condition {
    Condition::Present(Present {
        zone: zone.into(),
        classes: vec![Class::PERSON],
        for_at_least: secs(for_secs),
    })
}

pub(super) fn dwell(zone: &str, for_secs: f64) -> Condition {
    Condition::Dwell(Dwell { zone: zone.into(), classes: vec![Class::PERSON], for_at_least: secs(for_secs) })
}

pub(super) fn crowd(zone: &str, at_least: usize, for_secs: f64) -> Condition {
    let classes = vec![Class::PERSON];
    Condition::Crowd(Crowd {
        zone: zone.into(),
        classes,
        at_least,
        density: None,
        for_at_least: secs(for_secs),
    })
}

pub(super) fn parked(zone: &str, for_secs: f64) -> Condition {
    let classes = vec![Class::CAR, Class::TRUCK, Class::BUS];
    Condition::Parked(Parked { zone: zone.into(), classes, for_at_least: secs(for_secs) })
}

/// The track of a thing that is seen in one place for so long, five times a second.
pub(crate) fn standing_track(number: u64, from: f64, until: f64, detection: Detection) -> Track {
    let mut tracker = Tracker::new(5.0, &[]);
    for look in 0..=((until - from) * 5.0).round() as u32 {
        tracker.update(moment(from + 0.2 * f64::from(look)), &[detection]);
    }
    let mut track = tracker.tracks()[0].clone();
    track.number = TrackNumber(number);
    track
}

/// What a rule is shown of one frame of such tracks.
pub(super) fn scene(at: f64, tracks: &[Track]) -> Scene<'_> {
    Scene {
        at: moment(at),
        watched: secs(0.2),
        flicker: FLICKER,
        aspect: ASPECT,
        tracks,
        all_tracks: tracks,
        found: &[],
        flow: None,
        changes: None,
    }
}

/// An analysis with its camera, and every revision so far.
pub(super) struct Stage {
    pub analysis: Analysis,
    pub now: f64,
    pub looks_per_second: f64,
    pub published: Vec<Revision>,
}

impl Stage {
    pub(super) fn of(rules: Vec<Rule>) -> Stage {
        Stage::with(plan(), rules)
    }

    pub(super) fn with(plan: CameraPlan, rules: Vec<Rule>) -> Stage {
        let looks_per_second = f64::from(plan.analysis_hz);
        let analysis =
            Analysis::new("box-7f3a", Plan::of(vec![plan], rules)).expect("zones and lines are drawn");
        Stage { analysis, now: 0.0, looks_per_second, published: Vec::new() }
    }

    /// Looks for so many seconds at what the script shows; it is given the seconds since it began.
    pub(super) fn look(&mut self, for_secs: f64, script: impl Fn(f64) -> Vec<Detection>) -> &mut Stage {
        let looks = (for_secs * self.looks_per_second).round() as usize;
        let began = self.now;
        for _ in 0..looks {
            self.now += 1.0 / self.looks_per_second;
            let at = moment(self.now);
            let detections = script(self.now - began);
            self.apply(&Event::Detections { camera: Arc::from("cam"), at, detections });
            self.apply(&Event::Tick { at });
        }
        self
    }

    /// Time passes and no frame comes.
    pub(super) fn silence(&mut self, for_secs: f64) -> &mut Stage {
        let until = self.now + for_secs;
        while self.now < until {
            self.now += 1.0;
            self.apply(&Event::Tick { at: moment(self.now) });
        }
        self
    }

    pub(super) fn apply(&mut self, event: &Event) {
        self.published.extend(self.analysis.apply(event));
    }

    /// Takes the phases and reasons of the revisions so far.
    pub(super) fn published(&mut self) -> Vec<(Phase, PhaseReason)> {
        self.published.drain(..).map(|revision| (revision.phase, revision.reason)).collect()
    }
}
