//! `crowd`: at least so many at once in the zone, for so long.
//!
//! Detectors blink, more so in a crowd: of ten people each found in four of five frames, eight are found in
//! a frame. So a track that was missed for a moment still counts, and what is compared is the median over
//! the latest two seconds, which neither one frame too many nor one too few can move.

use std::collections::VecDeque;
use std::time::Duration;

use super::watch::{Observation, Scene, Spell};
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;
use crate::analysis::tracker::{Track, TrackState};

/// A lost track counts for as long as it was seen before, but at most for so long (a guess: three looks of
/// five a second are missed rarely).
const COUNTS_UNSEEN_FOR: Duration = Duration::from_secs(1);
/// A lost track whose place is taken by a seen one, to this overlap, is the same thing with a new number.
const TAKEN_PLACE: f32 = 0.3;
/// The median is taken over so long.
const WINDOW: Duration = Duration::from_secs(2);
/// And over so many looks at most: two seconds at 15 a second.
const WINDOW_LOOKS: usize = 31;

#[derive(Debug, Clone)]
pub(super) struct Crowd {
    zone: Polygon,
    classes: Vec<Class>,
    at_least: usize,
    lasting: Duration,
    /// Time of the look and count, oldest first.
    counts: VecDeque<(Duration, usize)>,
    sorted: Vec<usize>,
    scores: Vec<f32>,
    spell: Spell,
}

impl Crowd {
    pub(super) fn new(zone: Polygon, classes: Vec<Class>, at_least: usize, lasting: Duration) -> Self {
        Crowd {
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

    pub(super) fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        let count = self.count(scene);
        let median = self.median_with(scene.at.mono, count);
        let is_crowd = median >= self.at_least;
        self.spell.look(scene, is_crowd);
        if is_crowd {
            observation.shown.clear();
            for track in scene.confirmed(&self.classes) {
                if self.zone.contains(track.box_in_frame.standing_point()) {
                    observation.show(track);
                }
            }
            observation.strength = self.score_of_the_least_sure_needed();
        }
        self.spell.tell(self.lasting, observation);
        observation.count = median;
        observation.value = median as f64;
    }

    pub(super) fn forget(&mut self) {
        self.spell.forget();
        self.counts.clear();
    }

    /// How many are in the zone in this frame; their scores are kept.
    fn count(&mut self, scene: Scene<'_>) -> usize {
        self.scores.clear();
        for track in scene.tracks {
            let counts = match track.state {
                TrackState::Tentative => false,
                TrackState::Confirmed => true,
                TrackState::Lost => self.is_only_missed(track, scene),
            };
            if counts
                && self.classes.contains(&track.class)
                && self.zone.contains(track.box_in_frame.standing_point())
            {
                self.scores.push(track.score);
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

    fn median_with(&mut self, at: Duration, count: usize) -> usize {
        self.counts.push_back((at, count));
        while self.counts.len() > WINDOW_LOOKS
            || self.counts.front().is_some_and(|(then, _)| at.saturating_sub(*then) > WINDOW)
        {
            self.counts.pop_front();
        }
        self.sorted.clear();
        self.sorted.extend(self.counts.iter().map(|(_, count)| *count));
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
