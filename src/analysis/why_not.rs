//! Why a rule of a camera raised no alert around a moment: which stage on the way from the picture to the alert said no first,
//! and by how much.
//!
//! The stages in the order in which a thing must pass them: the rule is in force; the camera gives pictures, and they can be
//! relied on; one was looked at; something moved; what the rule waits for was found, surely enough, often enough; no filter left it
//! out; it was in the zone, of the right size, for long enough; no cool-down; belief enough; nobody muted it. Whoever stops the
//! furthest of all things that were found is the answer (`found`).
//!
//! What happened close to the moment counts; only where nothing is found there, the rest of the time that is asked about does.
//!
//! Input: what the looks around the moment found, and what the rule made of each ([`RuleState`]). Pure, and never says more than
//! the looks say: where none of the stages said no, that is the answer.

mod found;

use std::time::Duration;

use self::found::Found;
use super::detection::{Class, Detection};
use super::filters::Filter;
use super::rules::{CameraPlan, Rule};
use super::time::{Moment, Timestamp};
use crate::types::camera_condition::CameraCondition;

/// What happens within this of the moment is what is asked about; people remember a time to some seconds (a guess).
const NEAR: Duration = Duration::from_secs(10);
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
    /// The belief that the rule feeds, and from which on an alert is raised.
    pub(crate) belief: Option<(f64, f64)>,
    /// Who had muted the alert that was open.
    pub(crate) muted: Option<MutedBy>,
}

/// Somebody asked that no noise be made for an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MutedBy {
    /// Who.
    pub(crate) by: String,
    /// Why.
    pub(crate) reason: String,
    /// Until when.
    pub(crate) until: Timestamp,
}

/// What is known of the camera around the moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Around {
    /// The looks, the earliest first.
    pub(crate) sights: Vec<Sight>,
    /// The latest look up to the moment and the first one after it, also where they lie outside the time that is asked about.
    pub(crate) beside: [Option<Timestamp>; 2],
    /// Since when it gave no pictures, where it gave none at the moment.
    pub(crate) silent_since: Option<Timestamp>,
    /// What kept it from seeing at the moment.
    pub(crate) blind: Vec<CameraCondition>,
    /// Pictures that came and that nobody needed, so that they were not decoded.
    pub(crate) not_decoded: u64,
    /// Frames that had to give way because the box was overloaded.
    pub(crate) overloaded: u64,
    /// Records of this time are missing.
    pub(crate) has_hole: bool,
}

/// The stage that said no.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stage {
    /// An alert was open: nothing said no.
    Raised,
    /// An alert was open, and nobody was to be disturbed by it.
    Muted(MutedBy),
    /// The command centre had switched the rule off; since when, as far as that is known.
    SwitchedOff { since: Timestamp },
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

impl Stage {
    /// Nothing was found to which anything could have said no.
    fn is_about_nothing(&self) -> bool {
        matches!(self, Stage::NotFound { .. } | Stage::NothingMoved { .. } | Stage::Unknown)
    }
}

/// Which stage said no to that rule of that camera at that moment.
pub(crate) fn why_not(plan: &CameraPlan, rule: &Rule, around: &Around, at: Timestamp) -> Stage {
    // A thing may begin at the moment, and take its time.
    let after = NEAR.saturating_add(rule.when.lasting());
    let is_near = |sight: &Sight| match at.duration_since(sight.at.utc) {
        before if before.is_positive() => before.unsigned_abs() <= NEAR,
        later => later.unsigned_abs() <= after,
    };
    let first = around.sights.iter().position(is_near).unwrap_or(0);
    let end = around.sights.iter().rposition(is_near).map_or(first, |last| last + 1);
    let near = judged(plan, rule, (around, &around.sights[first..end]), at);
    // What is seen once at the edge of that time may go on behind it, and an alert may be open over a time without a look.
    let says_little = first == end || near.is_about_nothing() || matches!(near, Stage::SeenOnce { .. });
    match says_little && end - first < around.sights.len() {
        true => judged(plan, rule, (around, &around.sights), at),
        false => near,
    }
}

/// The same of some of the looks.
fn judged(plan: &CameraPlan, rule: &Rule, (around, sights): (&Around, &[Sight]), at: Timestamp) -> Stage {
    let is_open = |sight: &Sight| sight.rule.is_open;
    let latest = sights.iter().rposition(|sight| sight.at.utc <= at);
    let at_the_moment = latest.map(|latest| &sights[latest]).filter(|sight| is_open(sight));
    let later = sights.iter().find(|sight| sight.at.utc > at && is_open(sight));
    if let Some(open) = at_the_moment.or(later) {
        return raised(open);
    }
    // One that had ended by then says nothing of the moment, but that there is a cool-down.
    let over = sights.iter().rposition(is_open);
    let rest = over.map_or(sights, |over| &sights[over + 1..]);
    let stage = first_no(plan, rule, (around, rest), at);
    match over.filter(|_| stage.is_about_nothing()) {
        Some(over) => raised(&sights[over]),
        None => stage,
    }
}

fn raised(open: &Sight) -> Stage {
    open.muted.clone().map_or(Stage::Raised, Stage::Muted)
}

fn first_no(plan: &CameraPlan, rule: &Rule, (around, sights): (&Around, &[Sight]), at: Timestamp) -> Stage {
    if !rule.schedule.in_force(at) {
        return Stage::OutOfSchedule { next: next_in_force(rule, at) };
    }
    if let Some(stage) = unseen(rule, (around, sights), at) {
        return stage;
    }
    let found = Found::of(plan, rule, sights);
    // What waits for something to be gone has nothing to find, once it was there.
    let is_missed = |sight: &Sight| sight.rule.value > 0.0 || !sight.rule.lasted.is_zero();
    let waits = rule.when.waits_for_absence() && sights.iter().any(is_missed);
    if found.is_empty() && !waits {
        return nothing_found(plan, sights);
    }
    let holds = sights.iter().any(|sight| sight.rule.holds);
    found.stage().filter(|_| !holds).unwrap_or_else(|| insufficient(rule, sights))
}

/// When the rule is in force next, to the minute.
fn next_in_force(rule: &Rule, at: Timestamp) -> Option<Timestamp> {
    let minute = at.as_second().div_euclid(60);
    let moments =
        (1..=SCHEDULE_DAYS * 24 * 60).filter_map(|later| Timestamp::from_second((minute + later) * 60).ok());
    moments.into_iter().find(|moment| rule.schedule.in_force(*moment))
}

/// The camera gave no picture that was looked at.
fn unseen(rule: &Rule, (around, sights): (&Around, &[Sight]), at: Timestamp) -> Option<Stage> {
    if let Some(since) = around.silent_since {
        return Some(Stage::Silent { since });
    }
    if !around.blind.is_empty() {
        return Some(Stage::Blind { conditions: around.blind.clone() });
    }
    let nearest = |is_wanted: &dyn Fn(Timestamp) -> bool| {
        let times = around.sights.iter().map(|sight| sight.at.utc).chain(around.beside.into_iter().flatten());
        times.filter(|time| is_wanted(*time)).map(|time| time.duration_since(at).unsigned_abs()).min()
    };
    let (before, after) = (nearest(&|time| time <= at), nearest(&|time| time > at));
    // What lasts as long as the rule waits for cannot lie between two looks that are nearer.
    let far_apart = FAR_APART.max(rule.when.lasting());
    let is_far = match (before, after) {
        (Some(before), Some(after)) => before.saturating_add(after) > far_apart,
        (Some(one), None) | (None, Some(one)) => one > far_apart,
        (None, None) => true,
    };
    let Around { not_decoded, overloaded, .. } = *around;
    (is_far || sights.is_empty()).then(|| {
        if around.sights.is_empty() && (around.has_hole || not_decoded + overloaded == 0) {
            return Stage::NotRecorded;
        }
        let gap = before.unwrap_or(FAR_APART).saturating_add(after.unwrap_or(FAR_APART));
        Stage::NotDecoded { for_secs: gap.as_secs_f64(), not_decoded, overloaded }
    })
}

/// Nothing of the rule's classes: nothing moved, or there was something else, or the detector does not know it.
fn nothing_found(plan: &CameraPlan, sights: &[Sight]) -> Stage {
    let looks = sights.len();
    // A still picture is looked at all the same now and then.
    let unmoved = sights.iter().filter(|sight| sight.is_unmoved).count();
    if looks > 0 && unmoved * 5 >= looks * 4 {
        return Stage::NothingMoved { looks };
    }
    let all = sights.iter().flat_map(|sight| sight.detections.iter().map(move |d| (sight.at.utc, d)));
    let sure = all.filter(|(at, d)| d.score >= found::threshold(plan, d.class, *at));
    let mut others: Vec<Class> = sure.map(|(_, d)| d.class).collect();
    others.sort();
    others.dedup();
    Stage::NotFound { looks, others }
}

/// It was where it should be: for too short a time, too little of it, too soon after the last, or not believed.
fn insufficient(rule: &Rule, sights: &[Sight]) -> Stage {
    let states = || sights.iter().map(|sight| sight.rule);
    if states().any(|state| state.holds) {
        let beliefs = sights.iter().filter_map(|sight| sight.belief);
        if let Some((belief, needed)) = beliefs.max_by(|a, b| a.0.total_cmp(&b.0)) {
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
