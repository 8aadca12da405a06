//! Where each track has been for the last moments: what every rule about *movement* asks.
//!
//! Distances are body heights (or, for vehicles, own sizes): a walker far off covers fewer pixels than one
//! close by, but as many of their own heights. What is not reported the picture's shape takes it to be [`ASPECT`] wide; on a
//! 4:3 camera sideways distances then come out a third too long.
//!
//! Once the buffers have grown to the busiest moment nothing is allocated.

use std::collections::VecDeque;
use std::time::Duration;

use super::evaluator::Scene;
use crate::analysis::detection::Class;
use crate::analysis::geometry::{BBox, Point};
use crate::analysis::plausible::ASPECT;
use crate::analysis::time::Moment;
use crate::analysis::tracker::TrackNumber;

/// Most steps kept of a track. Sights that follow closer than this part of the window are one step, so that a
/// camera looked at 15 times a second fits as well.
const MOST_STEPS: usize = 64;

/// One sight of a track.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) at: Moment,
    /// What was seen of it.
    pub(super) box_in_frame: BBox,
    /// Where all of it was.
    pub(super) full_box: BBox,
}

/// The latest steps of one track, oldest first; never empty.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub(super) number: TrackNumber,
    steps: VecDeque<Step>,
}

/// A steady movement: from where to where within which time, as people see the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    /// To the right, in heights of the picture.
    pub(super) dx: f32,
    /// Upwards, in heights of the picture.
    pub(super) dy: f32,
    /// When it began.
    pub(super) since: Moment,
    pub(super) secs: f32,
}

impl Motion {
    fn between(from: &Step, to: &Step) -> Motion {
        let (was, is) = (reference(&from.full_box), reference(&to.full_box));
        Motion {
            dx: (is.x - was.x) * ASPECT,
            dy: was.y - is.y,
            since: from.at,
            secs: to.at.since(from.at).as_secs_f32(),
        }
    }

    /// In heights of the picture.
    pub(super) fn length(&self) -> f32 {
        self.dx.hypot(self.dy)
    }

    /// How far it goes that way, in heights of the picture; negative for the other way.
    fn along(&self, (x, y): (f32, f32)) -> f32 {
        self.dx * x + self.dy * y
    }
}

/// The point that is followed: the middle of the lower third. Feet swing and are hidden first, heads nod.
fn reference(b: &BBox) -> Point {
    Point::new((b.x0 + b.x1) / 2.0, b.y1 - b.height() / 3.0)
}

/// Side of a square of the same area, in heights of the picture.
pub(super) fn size_of(b: &BBox) -> f32 {
    b.size() * ASPECT.sqrt()
}

/// Width over height as people see it, in a picture `aspect` wide for its height.
pub(super) fn shape_of(b: &BBox, aspect: f32) -> f32 {
    if b.height() > 0.0 { b.width() * aspect / b.height() } else { 0.0 }
}

/// From one point to another, in heights of the picture, which is `aspect` wide.
pub(super) fn distance(a: Point, b: Point, aspect: f32) -> f32 {
    ((a.x - b.x) * aspect).hypot(a.y - b.y)
}

/// How far apart two boxes stand: between their nearest edges sideways and between their feet in depth, in
/// heights of the picture; 0 where they overlap.
pub(super) fn gap(a: &BBox, b: &BBox) -> f32 {
    let sideways = (a.x0.max(b.x0) - a.x1.min(b.x1)).max(0.0) * ASPECT;
    let in_depth = (a.y1 - b.y1).abs();
    // The ground is seen at a slant: a step in depth is fewer pixels than a step sideways (a guess: half).
    sideways.hypot(if a.intersection(b).is_some() { in_depth } else { 2.0 * in_depth })
}

/// Cut by the picture's edge: size and shape are not its own.
pub(super) fn is_cut(b: &BBox) -> bool {
    const AT_EDGE: f32 = 0.005;
    b.x0 < AT_EDGE || b.y0 < AT_EDGE || b.x1 > 1.0 - AT_EDGE || b.y1 > 1.0 - AT_EDGE
}

impl Path {
    pub(super) fn steps(&self) -> impl DoubleEndedIterator<Item = &Step> + Clone {
        self.steps.iter()
    }

    /// The steps of the latest `window`.
    pub(super) fn latest(&self, window: Duration) -> impl DoubleEndedIterator<Item = &Step> + Clone {
        let now = self.now().at;
        self.steps.iter().filter(move |step| now.since(step.at) <= window)
    }

    pub(super) fn now(&self) -> &Step {
        &self.steps[self.steps.len() - 1]
    }

    /// The movement over the latest `window` if it is one: at least three sights, and either half of the time
    /// does at least a quarter of the way. A box that jumps once and stays has not moved.
    pub(super) fn steady(&self, window: Duration) -> Option<Motion> {
        let now = self.now();
        let first = self.latest(window).next()?;
        if self.latest(window).count() < 3 {
            return None;
        }
        let half = now.at.since(first.at) / 2;
        let nearness = |step: &&Step| step.at.since(first.at).abs_diff(half);
        let middle = self.latest(window).min_by_key(nearness)?;
        let whole = Motion::between(first, now);
        let length = whole.length();
        if length <= 0.0 || whole.secs <= 0.0 {
            return None;
        }
        let way = (whole.dx / length, whole.dy / length);
        let halves = [Motion::between(first, middle), Motion::between(middle, now)];
        halves.iter().all(|half| half.along(way) >= 0.25 * length).then_some(whole)
    }

    /// How tall it is when upright: the third largest of the heights seen within `window` before `before`, so
    /// that one or two bad boxes say nothing. `None` for fewer than three sights.
    pub(super) fn upright_height(&self, before: Moment, window: Duration) -> Option<f32> {
        let mut tallest = [0.0_f32; 3];
        for step in &self.steps {
            if step.at.mono > before.mono || before.since(step.at) > window {
                continue;
            }
            let mut height = step.box_in_frame.height();
            for place in &mut tallest {
                if height > *place {
                    std::mem::swap(&mut height, place);
                }
            }
        }
        (tallest[2] > 0.0).then_some(tallest[2])
    }
}

/// The paths of all tracks of some classes.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    window: Duration,
    paths: Vec<Path>,
    spare: Vec<VecDeque<Step>>,
}

impl Paths {
    /// Keeps what happened within `window`.
    pub(super) fn new(window: Duration) -> Self {
        Paths { window, paths: Vec::new(), spare: Vec::new() }
    }

    /// Takes in where everything is in this frame. A path lasts as long as its track.
    pub(super) fn look(&mut self, scene: Scene<'_>, classes: &[Class]) {
        let mut i = 0;
        while i < self.paths.len() {
            if scene.track(self.paths[i].number).is_none() {
                let mut path = self.paths.swap_remove(i);
                path.steps.clear();
                self.spare.push(path.steps);
            } else {
                i += 1;
            }
        }
        for track in scene.seen_now(classes) {
            let step = Step { at: scene.at, box_in_frame: track.box_in_frame, full_box: *track.full_box() };
            let index = match self.paths.iter().position(|path| path.number == track.number) {
                Some(index) => index,
                None => {
                    let steps = self.spare.pop().unwrap_or_else(|| VecDeque::with_capacity(MOST_STEPS + 1));
                    self.paths.push(Path { number: track.number, steps });
                    self.paths.len() - 1
                }
            };
            let steps = &mut self.paths[index].steps;
            let window = self.window;
            // The latest sight stands last; the one before it goes where it came too soon after its own.
            let count = steps.len();
            if count >= 2 && steps[count - 1].at.since(steps[count - 2].at) < window / (MOST_STEPS as u32 - 4)
            {
                steps.pop_back();
            }
            steps.push_back(step);
            while steps.len() > MOST_STEPS
                || (steps.len() > 3 && steps.front().is_some_and(|old| scene.at.since(old.at) > window))
            {
                steps.pop_front();
            }
        }
    }

    pub(super) fn of(&self, number: TrackNumber) -> Option<&Path> {
        self.paths.iter().find(|path| path.number == number)
    }

    pub(super) fn forget(&mut self) {
        self.paths.clear();
    }
}
