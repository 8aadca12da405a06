//! Why a rule of a camera raised no alert around a moment: which stage on the way from the picture to the alert said no first,
//! and by how much.
//!
//! The stages in the order in which a thing must pass them: the rule is in force; the camera gives pictures, and they can be
//! relied on; one was looked at; something moved; what the rule waits for was found, surely enough, often enough; no filter left it
//! out; it was in the zone, of the right size, for long enough; no cool-down; belief enough. Whoever stops the furthest of all
//! things that were found is the answer: of two people, one outside the zone and one in it for too short a time, the second.
//!
//! Input: what the looks around the moment found, and what the rule made of each ([`RuleState`]). Pure, and never says more than
//! the looks say: where none of the stages said no, that is the answer.

use std::time::Duration;

use super::detection::{Class, Detection};
use super::filters::Filter;
use super::geometry::{BBox, Line, Point, Polygon};
use super::heights::is_whole;
use super::rules::{CameraPlan, Rule};
use super::time::{Moment, Timestamp};
use super::tracker::DEFAULT_THRESHOLD;
use crate::types::camera_condition::CameraCondition;

/// Looks that lie further apart than this, around the moment, may have missed what is over soon (a guess: the tracker's
/// patience and a keyframe).
const FAR_APART: Duration = Duration::from_secs(5);
/// How far a schedule is looked through for its next hours.
const SCHEDULE_DAYS: i64 = 8;

/// The state of a rule at its camera after a look.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct RuleState {
    /// What was measured, in the unit of [`super::rules::Condition::threshold`].
    pub(crate) value: f64,
    /// How long the condition, without its duration, has been true.
    pub(crate) lasted: Duration,
    /// The whole condition is fulfilled.
    pub(crate) holds: bool,
    /// Its alert is open.
    pub(crate) is_open: bool,
    /// How long it raises no alert yet, after one that ended.
    pub(crate) quiet_for: Duration,
}

/// One look at the camera.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sight {
    /// When the frame was taken.
    pub(crate) at: Moment,
    /// Everything that was found in it.
    pub(crate) detections: Vec<Detection>,
    /// Positions of what never moves in that list.
    pub(crate) furniture: Vec<u16>,
    /// Nothing had moved, so what was found before was taken as still there.
    pub(crate) is_unmoved: bool,
    /// What the rule made of it.
    pub(crate) rule: RuleState,
}

/// What is known of the camera around the moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Around {
    /// The looks, the earliest first.
    pub(crate) sights: Vec<Sight>,
    /// Since when it gave no pictures, where it gave none at the moment.
    pub(crate) silent_since: Option<Timestamp>,
    /// What kept it from seeing at the moment.
    pub(crate) blind: Vec<CameraCondition>,
    /// Pictures that came and that nobody needed, so that they were not decoded.
    pub(crate) not_decoded: u64,
    /// Frames that had to give way because the box was overloaded.
    pub(crate) overloaded: u64,
    /// The belief that the rule feeds, at its greatest, and from which on an alert is raised.
    pub(crate) belief: Option<(f64, f64)>,
    /// Records of this time are missing.
    pub(crate) has_hole: bool,
}

/// The stage that said no.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stage {
    /// An alert was open: nothing said no.
    Raised,
    /// The rule was not in force; when it is next, if ever.
    OutOfSchedule { next: Option<Timestamp> },
    /// The camera gave no pictures.
    Silent { since: Timestamp },
    /// Its pictures could not be relied on.
    Blind { conditions: Vec<CameraCondition> },
    /// Nothing is recorded of that time.
    NotRecorded,
    /// No picture was looked at.
    NotDecoded { for_secs: f64, not_decoded: u64, overloaded: u64 },
    /// Nothing had moved, so no picture was looked at anew.
    NothingMoved { looks: usize },
    /// Nothing that the rule waits for was found; what was found instead.
    NotFound { looks: usize, others: Vec<Class> },
    /// It was found, never surely enough.
    BelowThreshold { class: Class, best: f32, threshold: f32 },
    /// It was found surely enough once only: one sight may be a mistake.
    SeenOnce { class: Class },
    /// A filter left it out.
    LeftOut { class: Class, filter: Filter },
    /// It was not in the zone, or did not cross the line; how far it was from it, in parts of the picture.
    Outside { class: Class, by: f32 },
    /// It was lower than the rule's limits allow.
    TooSmall { class: Class, height: f32, least: f32 },
    /// It was taller than the rule's limits allow.
    TooLarge { class: Class, height: f32, most: f32 },
    /// It did not last long enough.
    TooShort { lasted: Duration, needed: Duration },
    /// What the rule measures was not enough.
    TooLittle { value: f64, needed: f64 },
    /// An alert of the same rule had ended not long before.
    InCooldown { left: Duration },
    /// The rule said yes to its signal, and that was not enough.
    BelowLevel { belief: f64, needed: f64 },
    /// None of them.
    Unknown,
}

/// Which stage said no to that rule of that camera at that moment.
pub(crate) fn why_not(plan: &CameraPlan, rule: &Rule, around: &Around, at: Timestamp) -> Stage {
    if around.sights.iter().any(|sight| sight.rule.is_open) {
        return Stage::Raised;
    }
    if !rule.schedule.in_force(at) {
        return Stage::OutOfSchedule { next: next_in_force(rule, at) };
    }
    if let Some(stage) = unseen(around, at) {
        return stage;
    }
    if around.sights.iter().all(|sight| sight.is_unmoved) && !has_any(rule, around) {
        return Stage::NothingMoved { looks: around.sights.len() };
    }
    if let Some(stage) = unfound(plan, rule, around) {
        return stage;
    }
    if let Some(stage) = elsewhere(plan, rule, around) {
        return stage;
    }
    insufficient(rule, around)
}

/// When the rule is in force next, to the minute.
fn next_in_force(rule: &Rule, at: Timestamp) -> Option<Timestamp> {
    let minute = at.as_second().div_euclid(60);
    let moments =
        (1..=SCHEDULE_DAYS * 24 * 60).filter_map(|later| Timestamp::from_second((minute + later) * 60).ok());
    moments.into_iter().find(|moment| rule.schedule.in_force(*moment))
}

/// The camera gave no picture that was looked at.
fn unseen(around: &Around, at: Timestamp) -> Option<Stage> {
    if let Some(since) = around.silent_since {
        return Some(Stage::Silent { since });
    }
    if !around.blind.is_empty() {
        return Some(Stage::Blind { conditions: around.blind.clone() });
    }
    let nearest = |is_wanted: &dyn Fn(Timestamp) -> bool| {
        let times = around.sights.iter().map(|sight| sight.at.utc).filter(|time| is_wanted(*time));
        times.map(|time| time.duration_since(at).unsigned_abs()).min()
    };
    let (before, after) = (nearest(&|time| time <= at), nearest(&|time| time > at));
    if before.is_none() && after.is_none() && (around.has_hole || around.not_decoded + around.overloaded == 0)
    {
        return Some(Stage::NotRecorded);
    }
    let far = |distance: Option<Duration>| distance.is_none_or(|distance| distance > FAR_APART);
    (far(before) && far(after)).then(|| {
        let gap = before.unwrap_or(FAR_APART).saturating_add(after.unwrap_or(FAR_APART));
        let Around { not_decoded, overloaded, .. } = *around;
        Stage::NotDecoded { for_secs: gap.as_secs_f64(), not_decoded, overloaded }
    })
}

fn has_any(rule: &Rule, around: &Around) -> bool {
    let classes = rule.when.classes();
    around.sights.iter().flat_map(|sight| &sight.detections).any(|d| classes.contains(&d.class))
}

/// Nothing of the rule's classes was found, or not surely enough.
fn unfound(plan: &CameraPlan, rule: &Rule, around: &Around) -> Option<Stage> {
    let classes = rule.when.classes();
    let found = || {
        let all = around.sights.iter().flat_map(|sight| sight.detections.iter().map(move |d| (sight.at, d)));
        all.filter(|(_, d)| classes.contains(&d.class))
    };
    if found().next().is_none() {
        // What waits for something to be gone has nothing to find, once it was there.
        let is_missed = |sight: &Sight| sight.rule.value > 0.0 || !sight.rule.lasted.is_zero();
        if rule.when.waits_for_absence() && around.sights.iter().any(is_missed) {
            return None;
        }
        let mut others: Vec<Class> =
            around.sights.iter().flat_map(|sight| &sight.detections).map(|d| d.class).collect();
        others.sort();
        others.dedup();
        return Some(Stage::NotFound { looks: around.sights.len(), others });
    }
    let is_sure = |(at, d): &(Moment, &Detection)| d.score >= threshold(plan, d.class, at.utc);
    if found().any(|one| is_sure(&one)) {
        return None;
    }
    let short_by = |(at, d): &(Moment, &Detection)| threshold(plan, d.class, at.utc) - d.score;
    let best = found().min_by(|a, b| short_by(a).total_cmp(&short_by(b)));
    best.map(|(at, d)| Stage::BelowThreshold {
        class: d.class,
        best: d.score,
        threshold: threshold(plan, d.class, at.utc),
    })
}

/// From which score on a class counts as surely seen at that time.
fn threshold(plan: &CameraPlan, class: Class, at: Timestamp) -> f32 {
    let is_night = plan.night.as_ref().is_some_and(|night| night.schedule.in_force(at));
    let thresholds = plan.thresholds_at(is_night);
    // Those of the night come behind.
    let own = thresholds.iter().rev().find(|(of, _)| *of == class);
    own.map_or(DEFAULT_THRESHOLD, |(_, threshold)| *threshold)
}

/// How far a thing came that was surely found, the furthest last.
#[derive(Debug, Clone, PartialEq)]
enum Reached {
    LeftOut(Stage),
    Outside(Stage),
    WrongSize(Stage),
    Inside(Class),
}

impl Reached {
    fn step(&self) -> u8 {
        match self {
            Reached::LeftOut(_) => 0,
            Reached::Outside(_) => 1,
            Reached::WrongSize(_) => 2,
            Reached::Inside(_) => 3,
        }
    }

    /// What is wanting, for the nearest of several.
    fn wanting(&self) -> f32 {
        match self {
            Reached::Outside(Stage::Outside { by, .. }) => *by,
            Reached::LeftOut(_) | Reached::Outside(_) | Reached::WrongSize(_) | Reached::Inside(_) => 0.0,
        }
    }
}

/// What was surely found was left out, in the wrong place or of the wrong size.
fn elsewhere(plan: &CameraPlan, rule: &Rule, around: &Around) -> Option<Stage> {
    let mut furthest: Option<Reached> = None;
    let mut inside = 0_usize;
    for sight in &around.sights {
        for (position, detection) in sight.detections.iter().enumerate() {
            let is_sure = detection.score >= threshold(plan, detection.class, sight.at.utc);
            if !is_sure || !rule.when.classes().contains(&detection.class) {
                continue;
            }
            let reached = reached(plan, rule, sight, position, detection);
            inside += usize::from(matches!(reached, Reached::Inside(_)));
            let is_further = furthest.as_ref().is_none_or(|before| {
                (reached.step(), -reached.wanting()) > (before.step(), -before.wanting())
            });
            if is_further {
                furthest = Some(reached);
            }
        }
    }
    match furthest? {
        Reached::LeftOut(stage) | Reached::Outside(stage) | Reached::WrongSize(stage) => Some(stage),
        Reached::Inside(class) => (inside == 1).then_some(Stage::SeenOnce { class }),
    }
}

fn reached(plan: &CameraPlan, rule: &Rule, sight: &Sight, position: usize, detection: &Detection) -> Reached {
    let (class, b) = (detection.class, &detection.box_in_frame);
    let is_furniture = sight.furniture.iter().any(|at| usize::from(*at) == position);
    let filter = plan.left_out_by(detection, &sight.detections).or(is_furniture.then_some(Filter::Furniture));
    if let Some(filter) = filter {
        return Reached::LeftOut(Stage::LeftOut { class, filter });
    }
    if let Some(by) = outside_by(plan, rule, b) {
        return Reached::Outside(Stage::Outside { class, by });
    }
    let (limits, height) = (rule.heights, b.clipped().height());
    let whole = is_whole(b, sight.detections.iter().map(|other| &other.box_in_frame));
    if !limits.admit(b, whole) {
        return Reached::WrongSize(match height > limits.max {
            true => Stage::TooLarge { class, height, most: limits.max },
            false => Stage::TooSmall { class, height, least: limits.min },
        });
    }
    Reached::Inside(class)
}

/// How far a box is from where the rule looks, in parts of the picture; `None` where it is there. Of a line every side is
/// near enough: whether it was crossed is for the rule to measure.
fn outside_by(plan: &CameraPlan, rule: &Rule, b: &BBox) -> Option<f32> {
    let zone = plan.zones.get(rule.when.zone()?)?;
    let foot = b.standing_point();
    let is_in = match rule.when.is_by_feet() {
        true => zone.contains(foot),
        false => zone.share_of(b) > 0.0,
    };
    (!is_in).then(|| distance(zone, foot))
}

/// How far a point is from the edges of a polygon.
fn distance(zone: &Polygon, p: Point) -> f32 {
    let corners = zone.corners();
    let edges = corners.iter().zip(corners.iter().cycle().skip(1));
    edges.map(|(from, to)| to_edge(&Line { from: *from, to: *to }, p)).fold(f32::MAX, f32::min)
}

fn to_edge(edge: &Line, p: Point) -> f32 {
    let (dx, dy) = (edge.to.x - edge.from.x, edge.to.y - edge.from.y);
    let length = dx * dx + dy * dy;
    let along = match length > 0.0 {
        true => (((p.x - edge.from.x) * dx + (p.y - edge.from.y) * dy) / length).clamp(0.0, 1.0),
        false => 0.0,
    };
    p.distance(Point::new(edge.from.x + along * dx, edge.from.y + along * dy))
}

/// It was where it should be: for too short a time, too little of it, too soon after the last, or not believed.
fn insufficient(rule: &Rule, around: &Around) -> Stage {
    let states = || around.sights.iter().map(|sight| sight.rule);
    if states().any(|state| state.holds) {
        if let Some((belief, needed)) = around.belief {
            return match belief < needed {
                true => Stage::BelowLevel { belief, needed },
                false => Stage::Unknown,
            };
        }
        let left = states().filter(|state| state.holds).map(|state| state.quiet_for).min();
        return match left.filter(|left| !left.is_zero()) {
            Some(left) => Stage::InCooldown { left },
            None => Stage::Unknown,
        };
    }
    let lasting = rule.when.lasting();
    let lasted = states().map(|state| state.lasted).max().unwrap_or_default();
    let (value, needed) = (states().map(|state| state.value).fold(0.0, f64::max), rule.when.threshold());
    let is_measured_in_time = needed == lasting.as_secs_f64();
    if !is_measured_in_time && value < needed {
        return Stage::TooLittle { value, needed };
    }
    match lasted < lasting {
        true => Stage::TooShort { lasted, needed: lasting },
        false => Stage::Unknown,
    }
}

#[cfg(test)]
mod tests;
