//! `parked`: the same vehicle stays *still* in the zone for so long.
//!
//! A vehicle is in the zone when enough of the lower half of its box is, as its upper half stands before
//! the ground behind it. It is still while its box stays near one place, measured in its own size; a queue
//! that creeps on is not parked.

use std::time::Duration;

use super::watch::{Observation, Scene, Span};
use crate::analysis::detection::Class;
use crate::analysis::geometry::{BBox, Polygon};
use crate::analysis::time::Moment;
use crate::analysis::tracker::{Track, TrackNumber, TrackState};

/// The part of the lower half of the box that must be in the zone (a guess, to be tuned on real lanes).
const IN_ZONE: f32 = 0.4;
/// Or the part of the zone that must be under the box, for zones smaller than a car.
const ZONE_COVERED: f32 = 0.5;
/// How far the centre may be from where it stood, in own sizes: five times the detector's jitter.
const STILL_WITHIN: f32 = 0.25;

#[derive(Debug, Clone)]
pub(super) struct Parked {
    zone: Polygon,
    zone_area: f32,
    classes: Vec<Class>,
    lasting: Duration,
    stands: Vec<Stand>,
}

/// One vehicle standing in the zone.
#[derive(Debug, Clone, Copy)]
struct Stand {
    number: TrackNumber,
    place: Place,
    last_there: Moment,
    is_sure: bool,
    /// Where it is now, if that is not where it stood: a step aside, a bad box, or it has moved on.
    elsewhere: Option<Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    box_in_frame: BBox,
    since: Moment,
}

impl Place {
    fn is_near(&self, b: &BBox) -> bool {
        let (was, is) = (self.box_in_frame.centre(), b.centre());
        let (dx, dy) = (was.x - is.x, was.y - is.y);
        let limit = STILL_WITHIN * self.box_in_frame.size();
        dx * dx + dy * dy <= limit * limit
    }
}

impl Stand {
    fn span(&self) -> Span {
        Span { number: self.number, since: self.place.since, last: self.last_there, is_sure: self.is_sure }
    }

    /// Takes in where the vehicle is in this frame.
    fn look(&mut self, scene: Scene<'_>, track: &Track) {
        let b = &track.box_in_frame;
        self.is_sure = track.is_confirmed();
        if self.place.is_near(b) {
            self.last_there = scene.at;
            self.elsewhere = None;
            return;
        }
        if !self.elsewhere.is_some_and(|place| place.is_near(b)) {
            self.elsewhere = Some(Place { box_in_frame: *b, since: scene.at });
        }
        if scene.at.since(self.last_there) > scene.flicker
            && let Some(place) = self.elsewhere.take()
        {
            self.place = place;
            self.last_there = scene.at;
        }
    }
}

impl Parked {
    pub(super) fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration) -> Self {
        Parked { zone_area: zone.area(), zone, classes, lasting, stands: Vec::new() }
    }

    pub(super) fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.follow(scene);
        let spans = self.stands.iter().map(Stand::span);
        observation.tell_spans(scene, &self.classes, self.lasting, spans);
    }

    pub(super) fn forget(&mut self) {
        self.stands.clear();
    }

    fn is_in_zone(&self, b: &BBox) -> bool {
        let ground = b.lower_half();
        let share = self.zone.share_of(&ground);
        share >= IN_ZONE || share * ground.area() >= ZONE_COVERED * self.zone_area
    }

    fn follow(&mut self, scene: Scene<'_>) {
        for track in scene.seen_now(&self.classes) {
            if !self.is_in_zone(&track.box_in_frame) {
                continue;
            }
            match self.stands.iter_mut().find(|stand| stand.number == track.number) {
                Some(stand) => stand.look(scene, track),
                None => self.stands.push(Stand {
                    number: track.number,
                    place: Place { box_in_frame: track.box_in_frame, since: scene.at },
                    last_there: scene.at,
                    is_sure: track.is_confirmed(),
                    elsewhere: None,
                }),
            }
        }
        // Covered by a passing bus, it is still there while the tracker looks for it.
        let is_covered = |track: &Track, stand: &Stand| {
            track.state == TrackState::Lost && track.last_seen.mono == stand.last_there.mono
        };
        self.stands.retain(|stand| {
            scene.track(stand.number).is_some_and(|track| {
                is_covered(track, stand) || scene.at.since(stand.last_there) <= scene.flicker
            })
        });
    }
}
