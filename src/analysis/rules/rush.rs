//! `rush`: many run at once, together or apart.
//!
//! Speed is that of the way over a second, in body heights per second, so that it means the same near and
//! far: a walk is about 0.8 (1.4 m/s by somebody of 1.7 m), a run begins at about 1.5. Who runs straight at
//! the camera moves little in the picture and is not found by this. Needs at least three looks a second.

use std::time::Duration;

use super::evaluator::{Observation, Scene, Spell};
use super::path::{Path, Paths, is_cut};
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;
use crate::analysis::time::Moment;
use crate::analysis::tracker::TrackNumber;

/// The way over so long: two steps of a runner.
const WINDOW: Duration = Duration::from_secs(1);
/// The shortest way that says anything.
const SHORTEST: Duration = Duration::from_millis(300);
/// Somebody who ran a moment ago still counts as running ...
const STILL_RUNS_FOR: Duration = Duration::from_secs(1);
/// ... but who is not seen any more not for so long: a runner who is found again has a new number soon.
const UNSEEN_FOR: Duration = Duration::from_millis(350);

#[derive(Debug, Clone)]
pub(super) struct Rush {
    zone: Polygon,
    classes: Vec<Class>,
    at_least: usize,
    /// Body heights per second.
    speed: f32,
    lasting: Duration,
    paths: Paths,
    runners: Vec<Runner>,
    scores: Vec<f32>,
    spell: Spell,
}

#[derive(Debug, Clone, Copy)]
struct Runner {
    number: TrackNumber,
    ran_at: Moment,
}

impl Rush {
    pub(super) fn new(
        zone: Polygon,
        classes: Vec<Class>,
        at_least: usize,
        speed: f32,
        lasting: Duration,
    ) -> Self {
        Rush {
            zone,
            classes,
            at_least: at_least.max(1),
            speed,
            lasting,
            paths: Paths::new(WINDOW),
            runners: Vec::new(),
            scores: Vec::new(),
            spell: Spell::default(),
        }
    }

    pub(super) fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.paths.look(scene, &self.classes);
        for track in scene.confirmed(&self.classes) {
            let runs = self.paths.of(track.number).is_some_and(|path| speed_of(path) >= self.speed);
            if !runs || !self.zone.contains(track.box_in_frame.standing_point()) {
                continue;
            }
            match self.runners.iter_mut().find(|runner| runner.number == track.number) {
                Some(runner) => runner.ran_at = scene.at,
                None => self.runners.push(Runner { number: track.number, ran_at: scene.at }),
            }
        }
        self.runners.retain(|runner| {
            let is_there =
                scene.track(runner.number).is_some_and(|track| scene.at.since(track.last_seen) <= UNSEEN_FOR);
            is_there && scene.at.since(runner.ran_at) <= STILL_RUNS_FOR
        });
        let count = self.runners.len();
        let is_rush = count >= self.at_least;
        self.spell.look(scene, is_rush);
        if is_rush {
            observation.shown.clear();
            self.scores.clear();
            for track in self.runners.iter().filter_map(|runner| scene.track(runner.number)) {
                observation.show(track);
                self.scores.push(track.score);
            }
            self.scores.sort_unstable_by(|a, b| b.total_cmp(a));
            observation.strength = self.scores.get(self.at_least - 1).copied().unwrap_or(0.0);
        }
        self.spell.tell(self.lasting, observation);
        observation.count = count;
        observation.value = count as f64;
    }

    pub(super) fn forget(&mut self) {
        self.paths.forget();
        self.runners.clear();
        self.spell.forget();
    }
}

/// Body heights per second over the latest way; 0 for who does not move steadily, or whose height the picture's
/// edge cuts.
fn speed_of(path: &Path) -> f32 {
    let now = path.now();
    let Some(motion) = path.steady(WINDOW) else { return 0.0 };
    if motion.secs < SHORTEST.as_secs_f32() || is_cut(&now.box_in_frame) {
        return 0.0;
    }
    let tallest = path.latest(WINDOW).map(|step| step.box_in_frame.height()).fold(0.0_f32, f32::max);
    if tallest > 0.0 { motion.length() / tallest / motion.secs } else { 0.0 }
}
