//! `wrong_way`: something moves through the zone against the permitted direction.
//!
//! The direction is that of the way over the latest three seconds, and only a way counts: at least half an own
//! size long, and gone in both halves of the time. Who stands, sways or is half hidden by a passing bus moves
//! nowhere.

use std::time::Duration;

use super::evaluator::{Observation, Scene, Span};
use super::path::{Motion, Paths, size_of};
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;

/// The way is taken over so long: a walker does about three own sizes in it, a creeping car half a size.
const WINDOW: Duration = Duration::from_secs(3);
/// Shorter ways are jitter, in own sizes: ten times that of a detector's box (`motion`).
const SHORTEST: f32 = 0.5;

#[derive(Debug, Clone)]
pub(super) struct WrongWay {
    zone: Polygon,
    classes: Vec<Class>,
    lasting: Duration,
    /// Unit vector of the permitted direction, y upwards.
    permitted: (f32, f32),
    /// Cosine of the tolerance.
    at_least_against: f32,
    paths: Paths,
    /// Each track's way against the direction.
    wrong: Vec<Span>,
}

impl WrongWay {
    pub(super) fn new(
        zone: Polygon,
        classes: Vec<Class>,
        heading_deg: f32,
        tolerance_deg: f32,
        lasting: Duration,
    ) -> Self {
        let heading = heading_deg.to_radians();
        WrongWay {
            zone,
            classes,
            lasting,
            permitted: (heading.cos(), heading.sin()),
            at_least_against: tolerance_deg.clamp(0.0, 90.0).to_radians().cos(),
            paths: Paths::new(WINDOW),
            wrong: Vec::new(),
        }
    }

    pub(super) fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.paths.look(scene, &self.classes);
        for track in scene.seen_now(&self.classes) {
            let b = track.full_box();
            let Some(motion) = self.paths.of(track.number).and_then(|path| path.steady(WINDOW)) else {
                continue;
            };
            let is_way = motion.length() >= SHORTEST * size_of(b);
            if !is_way || !self.is_against(&motion) || !self.zone.contains(b.standing_point()) {
                continue;
            }
            let is_sure = track.is_confirmed();
            match self.wrong.iter_mut().find(|span| span.number == track.number) {
                Some(span) => (span.last, span.is_sure) = (scene.at, is_sure),
                None => {
                    let (number, since, last) = (track.number, motion.since, scene.at);
                    self.wrong.push(Span { number, since, last, is_sure });
                }
            }
        }
        self.wrong
            .retain(|span| scene.track(span.number).is_some() && scene.at.since(span.last) <= scene.flicker);
        observation.tell_spans(scene, &self.classes, self.lasting, self.wrong.iter().copied());
    }

    pub(super) fn forget(&mut self) {
        self.paths.forget();
        self.wrong.clear();
    }

    fn is_against(&self, motion: &Motion) -> bool {
        let (x, y) = self.permitted;
        let length = motion.length();
        length > 0.0 && -(motion.dx * x + motion.dy * y) / length >= self.at_least_against - 1e-4
    }
}
