//! `dwell`: the *same* thing stays in the zone for so long; it may move about in there.

use std::time::Duration;

use super::watch::{Observation, Scene, Span};
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;
use crate::analysis::tracker::TrackState;

#[derive(Debug, Clone)]
pub(super) struct Dwell {
    zone: Polygon,
    classes: Vec<Class>,
    lasting: Duration,
    /// Each track's stay in the zone.
    stays: Vec<Span>,
}

impl Dwell {
    pub(super) fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration) -> Self {
        Dwell { zone, classes, lasting, stays: Vec::new() }
    }

    pub(super) fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.follow(scene);
        observation.tell_spans(scene, &self.classes, self.lasting, self.stays.iter().copied());
    }

    pub(super) fn forget(&mut self) {
        self.stays.clear();
    }

    /// Brings the stays up to this frame.
    fn follow(&mut self, scene: Scene<'_>) {
        for track in scene.seen_now(&self.classes) {
            if !self.zone.contains(track.full_box().standing_point()) {
                continue;
            }
            let is_sure = track.is_confirmed();
            match self.stays.iter_mut().find(|stay| stay.number == track.number) {
                Some(stay) => (stay.last, stay.is_sure) = (scene.at, is_sure),
                None => {
                    let (number, since, last) = (track.number, scene.at, scene.at);
                    self.stays.push(Span { number, since, last, is_sure });
                }
            }
        }
        // A stay lasts while the tracker still looks for a thing that was in the zone when last seen; one
        // who is seen outside has left once that is more than flicker.
        self.stays.retain(|stay| {
            scene.track(stay.number).is_some_and(|track| {
                let vanished_inside =
                    track.state == TrackState::Lost && track.last_seen.mono == stay.last.mono;
                vanished_inside || scene.at.since(stay.last) <= scene.flicker
            })
        });
    }
}
