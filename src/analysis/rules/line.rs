//! `line`: something crosses the line, counted with its direction.
//!
//! A track is on a side only when its foot is clearly there, farther from the line than its box jitters.
//! It has crossed when it is clearly on the other side and its way between the two cut the line as drawn
//! (not its endless extension). Somebody who stands on the line is on neither side and counts for nothing.

use super::prelude::*;
use crate::analysis::geometry::{Crossing, Line, Point};
use crate::analysis::time::Moment;
use crate::analysis::tracker::{Track, TrackNumber};
use crate::types::direction::Direction;

sentences! {
    rule {
        line(classes, line):
            "{classes} crosses {line}",
            "{classes} 越过 {line}";
        line_left_to_right(classes, line):
            "{classes} crosses {line} from left to right",
            "{classes} 从左向右越过 {line}";
        line_right_to_left(classes, line):
            "{classes} crosses {line} from right to left",
            "{classes} 从右向左越过 {line}";
    }
    kind {
        line():
            "Line crossed",
            "越过警戒线";
    }
}

fields! {
    "Something crosses a line.":
        "有目标越过警戒线。";
    "The line; every camera that the rule names by its id must have one of this name.":
        "警戒线；规则按 id 指明的每路摄像机都要有这个名称的线。";
    "Which way: `left_to_right`, `right_to_left` or `both`, seen along the drawn line.":
        "方向：`left_to_right`（从左到右）、`right_to_left`（从右到左）或 `both`（双向），以画线的方向为准。";
}

/// Something crosses the line.
#[derive(Debug, Clone, PartialEq)]
pub struct LineCrossed {
    /// Line name.
    pub line: Arc<str>,
    /// Classes that count.
    pub classes: Vec<Class>,
    /// Which way.
    pub direction: Direction,
}

/// Something crosses a line.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineCrossedDocument {
    /// The line; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub line: Option<At<String>>,
    /// The classes that count, as the model names them.
    #[schemars(required, extend("examples" = [["person", "two_wheeler"]]))]
    pub classes: Option<Names>,
    /// Which way: `left_to_right`, `right_to_left` or `both`, seen along the drawn line.
    #[schemars(required)]
    pub direction: Option<At<Direction>>,
}

impl LineCrossed {
    pub(super) const ALERT: Alert = (Level::Blue, kind::line);
}

impl Typed for LineCrossedDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let line = check.line(&self.line);
        let classes = check.classes(&self.classes);
        let direction = value_of(&self.direction);
        Some(LineCrossed { line: line?, classes: classes?, direction: direction? }.into())
    }
}

impl RuleKind for LineCrossed {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Line(&self.line), classes: &self.classes, lasting: Duration::ZERO }
    }

    fn threshold(&self) -> f64 {
        1.0
    }

    fn threshold_name(&self) -> &'static str {
        "direction"
    }

    fn is_instant(&self) -> bool {
        true
    }

    fn is_fast(&self) -> bool {
        true
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        view.any_moves().then(|| view.usual())
    }

    fn sentence(&self) -> Sentence {
        let (classes, line) = (any_of(&self.classes), self.line.as_ref());
        match self.direction {
            Direction::LeftToRight => rule::line_left_to_right(classes, line),
            Direction::RightToLeft => rule::line_right_to_left(classes, line),
            Direction::Both => rule::line(classes, line),
        }
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let line = drawn.line(&self.line)?;
        Some(Box::new(LineState::new(line, self.classes.clone(), self.direction, drawn.rule.hold)))
    }
}

/// How far from the line is clearly beside it, in own sizes: twice the detector's jitter (`motion`).
const CLEAR: f32 = 0.1;

#[derive(Debug, Clone)]
struct LineState {
    line: Line,
    classes: Vec<Class>,
    direction: Direction,
    /// A burst of crossings is over after so long without one.
    hold: Duration,
    walkers: Vec<Walker>,
    burst: Option<Burst>,
}

/// Where a track was last clearly beside the line.
#[derive(Debug, Clone, Copy)]
struct Walker {
    number: TrackNumber,
    at: Point,
}

#[derive(Debug, Clone, Copy)]
struct Burst {
    since: Moment,
    latest: Moment,
    count: usize,
}

impl LineState {
    fn new(line: Line, classes: Vec<Class>, direction: Direction, hold: Duration) -> Self {
        LineState { line, classes, direction, hold, walkers: Vec::new(), burst: None }
    }

    /// Moves a track to where it is now and says whether that took it across.
    fn step(&mut self, track: &Track) -> Option<Crossing> {
        let at = track.full_box().foot();
        if self.line.distance(at).abs() <= CLEAR * track.box_in_frame.size() {
            return None;
        }
        let Some(walker) = self.walkers.iter_mut().find(|walker| walker.number == track.number) else {
            self.walkers.push(Walker { number: track.number, at });
            return None;
        };
        let before = std::mem::replace(&mut walker.at, at);
        self.line.crossed_by(before, at)
    }
}

impl Evaluate for LineState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        let quiet_for = self.burst.map(|burst| scene.at.since(burst.latest));
        if quiet_for.is_some_and(|quiet| quiet > self.hold) {
            self.burst = None;
        }
        observation.holds = false;
        observation.sustains = false;
        for track in scene.tracks.iter().filter(|track| track.last_seen.mono == scene.at.mono) {
            let crosses = self.step(track).is_some_and(|way| self.direction.counts(way));
            if !crosses || !track.is_confirmed() || !self.classes.contains(&track.class) {
                continue;
            }
            if !observation.holds {
                observation.shown.clear();
                observation.strength = 0.0;
            }
            observation.holds = true;
            observation.sustains = true;
            observation.show(track);
            observation.strength = observation.strength.max(track.score);
            let burst = self.burst.get_or_insert(Burst { since: scene.at, latest: scene.at, count: 0 });
            burst.latest = scene.at;
            burst.count += 1;
        }
        self.walkers.retain(|walker| scene.track(walker.number).is_some());
        match self.burst {
            None => observation.clear(),
            Some(burst) => {
                observation.since = Some(burst.since);
                observation.seen_at = Some(burst.latest);
                observation.count = burst.count;
                observation.value = burst.count as f64;
            }
        }
    }

    fn forget(&mut self) {
        self.walkers.clear();
        self.burst = None;
    }
}

impl Direction {
    /// Whether a crossing that way counts.
    pub fn counts(self, way: Crossing) -> bool {
        match self {
            Direction::Both => true,
            Direction::LeftToRight => way == Crossing::LeftToRight,
            Direction::RightToLeft => way == Crossing::RightToLeft,
        }
    }
}
