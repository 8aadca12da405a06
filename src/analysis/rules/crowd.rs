//! `crowd`: at least so many at once in the zone, or so dense, for so long.
//!
//! Dense is how much of the zone is covered by people, as the camera sees it: a full stair is 0.5 and more,
//! a loose queue 0.1. It means the same for a small zone near by and a large one far off, which a number does
//! not, and it goes on rising when people stand so close that the detector no longer finds every one.
//!
//! Detectors blink, more so in a crowd: of ten people each found in four of five frames, eight are found in
//! a frame. So a track that was missed for a moment still counts, and what is compared is the median over
//! the latest two seconds, which neither one frame too many nor one too few can move.

use std::collections::VecDeque;

use super::evaluator::Spell;
use super::prelude::*;
use crate::analysis::geometry::{BBox, Point};
use crate::analysis::tracker::{Track, TrackState};

sentences! {
    rule {
        crowd(count, classes, zone):
            "at least {count} of {classes} are in {zone}",
            "{zone} 内至少有 {count} 个 {classes}";
        crowd_dense(count, classes, zone, share):
            "at least {count} of {classes} are in {zone} and cover {share} % of it",
            "{zone} 内至少有 {count} 个 {classes}，覆盖其 {share}%";
        crowd_of_none():
            "`crowd` does not say how many",
            "`crowd` 没有写明数量";
        try_number_or_density():
            "add `at_least = 8` (people), `density = 0.4` (share of the zone they cover), or both",
            "请加上 `at_least = 8`（人数）或 `density = 0.4`（人覆盖区域的比例），也可两者都写";
    }
    kind {
        crowd():
            "Crowd gathering",
            "人员聚集";
    }
}

fields! {
    "Many at once are in the zone.":
        "区域里同时有许多目标。";
    "How many at once. Either this, or `density`, or both: then both must be met.":
        "同时至少多少个。可以只写它，也可以只写 `density`，也可以都写：都写时两者都要满足。";
    "How dense: which part of the zone the people in it cover, 0 to 1, as the camera sees it. A loose queue is about 0.1, a full stair 0.5. `lookout replay` with a recording shows what a place has on its usual days.":
        "密集程度：区域被其中的人遮住的比例，0 到 1，以摄像机所见为准。松散的队列约 0.1，挤满的楼梯约 0.5。用录像跑 `lookout replay`，可看出某处平日是多少。";
}

/// At least so many at once in the zone, and so dense where that is asked, for that long.
#[derive(Debug, Clone, PartialEq)]
pub struct Crowd {
    /// Zone name.
    pub zone: Arc<str>,
    /// Classes that count.
    pub classes: Vec<Class>,
    /// How many.
    pub at_least: usize,
    /// Which part of the zone they must cover, 0..1, as the camera sees it.
    pub density: Option<f32>,
    /// How long.
    pub for_at_least: Duration,
}

/// Many at once are in the zone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["at_least"]}, {"required": ["density"]}]))]
pub(crate) struct CrowdDocument {
    /// The zone; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// How many at once. Either this, or `density`, or both: then both must be met.
    #[schemars(range(min = 2, max = 1000))]
    pub at_least: Option<At<u32>>,
    /// How dense: which part of the zone the people in it cover, 0 to 1, as the camera sees it. A loose queue is
    /// about 0.1, a full stair 0.5. `lookout replay` with a recording shows what a place has on its usual days.
    #[schemars(range(min = 0.01, max = 1.0), extend("examples" = [0.4]))]
    pub density: Option<At<f64>>,
    /// For how many seconds.
    #[schemars(required, range(min = 0.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = Crowd::DEFAULT_CLASSES))]
    pub classes: Option<Names>,
}

impl Crowd {
    pub(super) const ALERT: Alert = (Level::Orange, kind::crowd);
    /// Crowds are people.
    const DEFAULT_CLASSES: [&str; 1] = ["person"];
    /// A dense zone with one body in it is a body close to the camera.
    const LEAST_DENSE: usize = 2;
}

impl Typed for CrowdDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes_or(&self.classes, &Crowd::DEFAULT_CLASSES, &self.zone);
        let density = value_of(&self.density).map(|density| density as f32);
        let at_least = value_of(&self.at_least).map(|people| people as usize);
        let at_least = at_least.or(density.map(|_| Crowd::LEAST_DENSE));
        let for_at_least = secs(&self.for_secs);
        if at_least.is_none()
            && let Some(place) = &self.zone
        {
            check.missing(&place.span, rule::crowd_of_none(), rule::try_number_or_density());
        }
        let (zone, classes, at_least, for_at_least) = (zone?, classes?, at_least?, for_at_least?);
        Some(Crowd { zone, classes, at_least, density, for_at_least }.into())
    }
}

impl RuleKind for Crowd {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Zone(&self.zone), classes: &self.classes, lasting: self.for_at_least }
    }

    fn threshold(&self) -> f64 {
        self.density.map_or(self.at_least as f64, f64::from)
    }

    fn threshold_name(&self) -> &'static str {
        if self.density.is_some() { "density" } else { "at_least" }
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        let there = view.inside().count() >= self.at_least.div_ceil(2);
        there.then(|| view.to_follow())
    }

    fn sentence(&self) -> Sentence {
        let (count, classes, zone) = (self.at_least, any_of(&self.classes), self.zone.as_ref());
        match self.density {
            Some(density) => {
                rule::crowd_dense(count, classes, zone, format!("{:.0}", f64::from(density) * 100.0))
            }
            None => rule::crowd(count, classes, zone),
        }
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        Some(Box::new(CrowdState::new(
            zone,
            self.classes.clone(),
            self.at_least,
            self.density,
            self.for_at_least,
        )))
    }
}

/// A lost track counts for as long as it was seen before, but at most for so long (a guess: three looks of
/// five a second are missed rarely).
const COUNTS_UNSEEN_FOR: Duration = Duration::from_secs(1);
/// A lost track whose place is taken by a seen one, to this overlap, is the same thing with a new number.
const TAKEN_PLACE: f32 = 0.3;
/// The median is taken over so long.
const WINDOW: Duration = Duration::from_secs(2);
/// And over so many looks at most: two seconds at 15 a second.
const WINDOW_LOOKS: usize = 31;
/// The zone is asked at the points of a grid of that many columns and rows over the picture: a zone of a
/// twentieth of the picture has about eighty.
const GRID: usize = 40;

#[derive(Debug, Clone)]
struct CrowdState {
    zone: Polygon,
    classes: Vec<Class>,
    at_least: usize,
    density: Option<Density>,
    lasting: Duration,
    /// Time of the look, count and density, oldest first.
    counts: VecDeque<(Duration, usize, f32)>,
    sorted: Vec<usize>,
    scores: Vec<f32>,
    spell: Spell,
}

/// How dense it must be, and the points of the zone that are asked.
#[derive(Debug, Clone)]
struct Density {
    at_least: f32,
    points: Vec<Point>,
    boxes: Vec<BBox>,
    sorted: Vec<f32>,
}

impl Density {
    fn new(zone: &Polygon, at_least: f32) -> Self {
        let at = |i: usize| (i as f32 + 0.5) / GRID as f32;
        let all = (0..GRID * GRID).map(|i| Point::new(at(i % GRID), at(i / GRID)));
        let points = all.filter(|point| zone.contains(*point)).collect();
        Density { at_least, points, boxes: Vec::new(), sorted: Vec::with_capacity(WINDOW_LOOKS + 1) }
    }

    /// The share of the zone's points under one of the boxes.
    fn covered(&self) -> f32 {
        let is_under = |p: &&Point| {
            self.boxes.iter().any(|b| (b.x0..b.x1).contains(&p.x) && (b.y0..b.y1).contains(&p.y))
        };
        let covered = self.points.iter().filter(is_under).count();
        // A zone between the grid's points is too small for a crowd.
        if self.points.is_empty() { 0.0 } else { covered as f32 / self.points.len() as f32 }
    }
}

impl CrowdState {
    fn new(
        zone: Polygon,
        classes: Vec<Class>,
        at_least: usize,
        density: Option<f32>,
        lasting: Duration,
    ) -> Self {
        CrowdState {
            density: density.map(|at_least| Density::new(&zone, at_least)),
            zone,
            classes,
            at_least: at_least.max(1),
            lasting,
            counts: VecDeque::with_capacity(WINDOW_LOOKS + 1),
            sorted: Vec::with_capacity(WINDOW_LOOKS + 1),
            scores: Vec::new(),
            spell: Spell::default(),
        }
    }

    /// How many are in the zone in this frame; their scores are kept.
    fn count(&mut self, scene: Scene<'_>) -> usize {
        self.scores.clear();
        if let Some(density) = &mut self.density {
            density.boxes.clear();
        }
        for track in scene.tracks {
            let counts = match track.state {
                TrackState::Tentative => false,
                TrackState::Confirmed => true,
                TrackState::Lost => self.is_only_missed(track, scene),
            };
            if counts
                && self.classes.contains(&track.class)
                && self.zone.contains(track.full_box().standing_point())
            {
                self.scores.push(track.score);
                if let Some(density) = &mut self.density {
                    density.boxes.push(track.box_in_frame);
                }
            }
        }
        self.scores.len()
    }

    fn is_only_missed(&self, track: &Track, scene: Scene<'_>) -> bool {
        let was_seen_for = track.last_seen.since(track.first_seen);
        scene.at.since(track.last_seen) <= was_seen_for.min(COUNTS_UNSEEN_FOR)
            && !scene
                .confirmed(&self.classes)
                .any(|seen| seen.box_in_frame.iou(&track.box_in_frame) > TAKEN_PLACE)
    }

    fn median_with(&mut self, at: Duration, count: usize, covered: f32) -> usize {
        self.counts.push_back((at, count, covered));
        while self.counts.len() > WINDOW_LOOKS
            || self.counts.front().is_some_and(|(then, ..)| at.saturating_sub(*then) > WINDOW)
        {
            self.counts.pop_front();
        }
        self.sorted.clear();
        self.sorted.extend(self.counts.iter().map(|(_, count, _)| *count));
        self.sorted.sort_unstable();
        // Of an even number the lower one, so that a first look alone counts as itself.
        self.sorted[(self.sorted.len() - 1) / 2]
    }

    fn score_of_the_least_sure_needed(&mut self) -> f32 {
        self.scores.sort_unstable_by(|a, b| b.total_cmp(a));
        let last = self.at_least.min(self.scores.len());
        if last == 0 { 0.0 } else { self.scores[last - 1] }
    }
}

impl Evaluate for CrowdState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        let count = self.count(scene);
        let covered = self.density.as_ref().map_or(0.0, Density::covered);
        let median = self.median_with(scene.at.mono, count, covered);
        let density = self.density.as_mut().map(|density| {
            density.sorted.clear();
            density.sorted.extend(self.counts.iter().map(|(_, _, covered)| *covered));
            density.sorted.sort_unstable_by(f32::total_cmp);
            (density.sorted[(density.sorted.len() - 1) / 2], density.at_least)
        });
        let is_crowd = median >= self.at_least && density.is_none_or(|(is, wanted)| is >= wanted);
        self.spell.look(scene, is_crowd);
        if is_crowd {
            observation.shown.clear();
            for track in scene.confirmed(&self.classes) {
                if self.zone.contains(track.full_box().standing_point()) {
                    observation.show(track);
                }
            }
            observation.strength = self.score_of_the_least_sure_needed();
        }
        self.spell.report(self.lasting, observation);
        observation.count = median;
        observation.value = density.map_or(median as f64, |(is, _)| f64::from(is));
    }

    fn forget(&mut self) {
        self.spell.forget();
        self.counts.clear();
    }
}
