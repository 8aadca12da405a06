//! What became of the things that were found: which of them came how far, and in how many looks.
//!
//! Somebody in the zone who was found too unsurely, left out by a filter or too small is nearer to an alert than somebody who was
//! surely found elsewhere, unless they were seen in a look or two only: detectors blink. Must never count what is so unsure that it
//! is probably nothing.

use std::cmp::Ordering;

use super::{Sight, Stage};
use crate::analysis::detection::{Class, Detection};
use crate::analysis::filters::Filter;
use crate::analysis::geometry::{BBox, Line, Point, Polygon};
use crate::analysis::heights::is_whole;
use crate::analysis::rules::{CameraPlan, Rule};
use crate::analysis::time::Timestamp;
use crate::analysis::tracker::DEFAULT_THRESHOLD;

/// In so many looks what is seen is there, and no mistake of a look or two (a guess).
const STEADY: usize = 3;
/// What scores less than this part of its threshold, and not steadily, is nothing (a guess).
const CREDIBLE: f32 = 0.5;
/// Whoever is nearer than this to a line, in parts of the picture, may be about to cross it; between two looks people and
/// vehicles take smaller steps (a guess).
const NEAR_LINE: f32 = 0.1;
/// So many times as often as it passes, a thing must be seen to be too small or left out for that to be the answer.
const MOSTLY: usize = 3;

/// How far a thing came, the farthest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Everything was as it should be.
    Inside,
    /// In the right place, of the wrong size for the rule.
    WrongSize,
    /// In the right place, left out by a filter.
    LeftOut,
    /// In the right place, too unsure.
    Unsure,
    /// Surely found, elsewhere.
    Outside,
    /// Elsewhere, and left out or too unsure besides.
    Neither,
}

/// What is known of one fate.
#[derive(Debug, Default)]
struct Seen {
    looks: usize,
    /// The one that wanted the least, and how much.
    nearest: Option<(f32, Stage)>,
    /// The best score of an unsure one, in parts of its threshold.
    credible: f32,
}

/// What became of everything that was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    of: [Seen; 6],
    inside: Option<Class>,
}

impl Found {
    pub(super) fn of(plan: &CameraPlan, rule: &Rule, sights: &[Sight]) -> Found {
        let mut found = Found::default();
        for sight in sights {
            let mut in_this = [false; 6];
            for (position, detection) in sight.detections.iter().enumerate() {
                if rule.when.classes().contains(&detection.class) {
                    let fate = found.add(plan, rule, (sight, position), detection);
                    in_this[fate as usize] = true;
                }
            }
            for (seen, is_in_this) in found.of.iter_mut().zip(in_this) {
                seen.looks += usize::from(is_in_this);
            }
        }
        found
    }

    fn add(
        &mut self,
        plan: &CameraPlan,
        rule: &Rule,
        (sight, position): (&Sight, usize),
        d: &Detection,
    ) -> Fate {
        let threshold = threshold(plan, d.class, sight.at.utc);
        let is_furniture = sight.furniture.iter().any(|at| usize::from(*at) == position);
        let filter = plan.left_out_by(d, &sight.detections).or(is_furniture.then_some(Filter::Furniture));
        let outside = outside_by(plan, rule, &d.box_in_frame);
        let (class, short_by) = (d.class, threshold - d.score);
        let below = Stage::BelowThreshold { class, best: d.score, threshold };
        let (fate, wanting, stage) = match (short_by > 0.0, filter, outside) {
            (false, None, None) => match wrong_size(plan, rule, sight, d) {
                Some((wanting, stage)) => (Fate::WrongSize, wanting, stage),
                None => {
                    self.inside = Some(class);
                    (Fate::Inside, 0.0, Stage::SeenOnce { class })
                }
            },
            (true, None, None) => (Fate::Unsure, short_by, below),
            (false, Some(filter), None) => (Fate::LeftOut, 0.0, Stage::LeftOut { class, filter }),
            (false, None, Some(by)) => (Fate::Outside, by, Stage::Outside { class, by }),
            (false, Some(filter), Some(_)) => (Fate::Neither, 0.0, Stage::LeftOut { class, filter }),
            (true, _, _) => (Fate::Neither, 1.0 + short_by, below),
        };
        let seen = &mut self.of[fate as usize];
        seen.credible = seen.credible.max(d.score / threshold.max(f32::MIN_POSITIVE));
        if seen.nearest.as_ref().is_none_or(|(least, _)| wanting.total_cmp(least) == Ordering::Less) {
            seen.nearest = Some((wanting, stage));
        }
        fate
    }

    fn looks(&self, fate: Fate) -> usize {
        self.of[fate as usize].looks
    }

    fn nearest(&self, fate: Fate) -> Option<Stage> {
        let seen = &self.of[fate as usize];
        let is_something = seen.looks >= STEADY || seen.credible >= CREDIBLE;
        seen.nearest.clone().filter(|_| is_something).map(|(_, stage)| stage)
    }

    /// Nothing that the rule waits for.
    pub(super) fn is_empty(&self) -> bool {
        use Fate::{Inside, LeftOut, Neither, Outside, Unsure, WrongSize};
        [Inside, WrongSize, LeftOut, Unsure, Outside, Neither]
            .iter()
            .all(|fate| self.nearest(*fate).is_none())
    }

    /// What stopped the one that came the farthest; nothing where it was in the right place.
    pub(super) fn stage(&self) -> Option<Stage> {
        let inside = self.looks(Fate::Inside);
        let in_place = self.in_place();
        let is_steady =
            |fate: &Fate| self.looks(*fate) >= STEADY && self.of[*fate as usize].credible >= CREDIBLE;
        if inside >= 2 {
            // Who is tracked is followed also where the detector is unsure.
            let mostly = |fate: &Fate| *fate != Fate::Unsure && self.looks(*fate) >= MOSTLY * inside;
            return in_place.filter(is_steady).filter(mostly).and_then(|fate| self.nearest(fate));
        }
        let steady = in_place.filter(is_steady).and_then(|fate| self.nearest(fate));
        let once = || self.nearest(Fate::Inside);
        let outside = || self.nearest(Fate::Outside);
        let unsteady = || in_place.and_then(|fate| self.nearest(fate));
        steady.or_else(once).or_else(outside).or_else(unsteady).or_else(|| self.nearest(Fate::Neither))
    }

    /// What stopped most of what was in the right place.
    fn in_place(&self) -> Option<Fate> {
        let fates = [Fate::Unsure, Fate::LeftOut, Fate::WrongSize];
        fates.into_iter().filter(|fate| self.looks(*fate) > 0).max_by_key(|fate| self.looks(*fate))
    }
}

/// From which score on a class counts as surely seen at that time.
pub(super) fn threshold(plan: &CameraPlan, class: Class, at: Timestamp) -> f32 {
    let is_night = plan.night.as_ref().is_some_and(|night| night.schedule.in_force(at));
    let thresholds = plan.thresholds_at(is_night);
    // Those of the night come behind.
    let own = thresholds.iter().rev().find(|(of, _)| *of == class);
    own.map_or(DEFAULT_THRESHOLD, |(_, threshold)| *threshold)
}

/// Whether the rule takes no box of that height, and by how much. What is half believed hides nobody.
fn wrong_size(plan: &CameraPlan, rule: &Rule, sight: &Sight, d: &Detection) -> Option<(f32, Stage)> {
    let (class, b, limits) = (d.class, &d.box_in_frame, rule.heights);
    let height = b.clipped().height();
    let others = sight.detections.iter().filter(|other| {
        other.score >= threshold(plan, other.class, sight.at.utc)
            && plan.left_out_by(other, &sight.detections).is_none()
    });
    let whole = is_whole(b, others.map(|other| &other.box_in_frame));
    if limits.admit(b, whole) {
        return None;
    }
    Some(match height > limits.max {
        true => (height - limits.max, Stage::TooLarge { class, height, most: limits.max }),
        false => (limits.min - height, Stage::TooSmall { class, height, least: limits.min }),
    })
}

/// How far a box is from where the rule looks, in parts of the picture; `None` where it is there, or near its line: whether
/// that was crossed is for the rule to measure.
fn outside_by(plan: &CameraPlan, rule: &Rule, b: &BBox) -> Option<f32> {
    let foot = b.standing_point();
    let Some(zone) = rule.when.zone() else {
        let by = to_edge(plan.lines.get(rule.when.place())?, b.foot());
        return (by > NEAR_LINE).then_some(by);
    };
    let zone = plan.zones.get(zone)?;
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
