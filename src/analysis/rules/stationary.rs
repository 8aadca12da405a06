//! What stands still in a zone, and since when: shared by `parked`, `left_behind`, `gone` and `vending`.
//!
//! A thing is still while its box stays near one place, measured in its own size; a queue that creeps on does
//! not stand. What hides a part of it moves nothing: the full box counts, one that comes out from behind something has
//! stood there before, and one of which only a part has been seen for long stands there all the same. Things are in the
//! zone when enough of the lower half of their box is, as the upper half stands before the ground behind it.
//!
//! The tracker may lose what stood behind a crowd and find it again under another number: what began to be followed
//! where something stood that is no longer seen takes over its time.

use std::time::Duration;

use super::evaluator::{Scene, Span};
use crate::analysis::detection::Class;
use crate::analysis::full_box::FullBox;
use crate::analysis::geometry::{BBox, Polygon};
use crate::analysis::time::Moment;
use crate::analysis::tracker::{Track, TrackNumber, TrackState};

/// The part of the lower half of the box that must be in the zone (a guess, to be tuned on real lanes).
const IN_ZONE: f32 = 0.4;
/// Or the part of the zone that must be under the box, for zones smaller than a car.
const ZONE_COVERED: f32 = 0.5;
/// How far the centre may be from where it stood, in own sizes: five times the detector's jitter.
const STILL_WITHIN: f32 = 0.25;
/// What stood for so long is taken to stand there still when its place shows the same: nothing leaves and is replaced
/// without being seen in between.
const STOOD: Duration = Duration::from_secs(3);
/// And with at least this overlap of the full boxes.
const SAME_BOX: f32 = 0.5;

/// Everything that stands in one zone.
#[derive(Debug, Clone)]
pub(super) struct StationaryObjects {
    zone: Polygon,
    zone_area: f32,
    stands: Vec<StationaryObject>,
}

/// One thing standing in the zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct StationaryObject {
    pub(super) number: TrackNumber,
    pub(super) place: Place,
    pub(super) last_there: Moment,
    pub(super) is_sure: bool,
    /// Its track began where it stands: nobody saw it come.
    began_here: bool,
    /// Where it is now, if that is not where it stood: a step aside, a bad box, or it has moved on.
    elsewhere: Option<Place>,
}

/// Where a thing stands, and since when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) box_in_frame: BBox,
    pub(super) since: Moment,
}

impl Place {
    pub(super) fn is_near(&self, b: &BBox) -> bool {
        let (was, is) = (self.box_in_frame.centre(), b.centre());
        let (dx, dy) = (was.x - is.x, was.y - is.y);
        let limit = STILL_WITHIN * self.box_in_frame.size();
        dx * dx + dy * dy <= limit * limit
    }

    /// Whether something that began to be followed at `heir` is what stood here until `last_there`.
    pub(super) fn is_taken_over_by(&self, last_there: Moment, heir: &Place) -> bool {
        last_there.since(self.since) >= STOOD
            && heir.since.since(self.since) >= STOOD
            && self.is_near(&heir.box_in_frame)
            && self.box_in_frame.iou(&heir.box_in_frame) >= SAME_BOX
    }

    /// Whether a box lies where it stood: all of it, or a piece.
    pub(super) fn holds(&self, b: &BBox) -> bool {
        FullBox::first_seen(&self.box_in_frame).encloses(b)
    }

    /// Whether a box shows more of what was seen there: something had hidden the rest of it.
    pub(super) fn is_part_of(&self, b: &BBox) -> bool {
        FullBox::first_seen(b).is_partly_hidden_as(&self.box_in_frame)
    }

    /// Whether a thing at rest shows a part of what was seen there: whatever hides the rest, it has not moved. The tracker
    /// takes what it has seen for a minute for all of it.
    pub(super) fn shows_in_part(&self, track: &Track) -> bool {
        track.rests() && FullBox::first_seen(&self.box_in_frame).is_partly_hidden_as(track.full_box())
    }
}

impl StationaryObject {
    pub(super) fn span(&self) -> Span {
        Span { number: self.number, since: self.place.since, last: self.last_there, is_sure: self.is_sure }
    }

    /// Takes in where the thing is in this frame.
    fn look(&mut self, scene: Scene<'_>, track: &Track) {
        let b = track.full_box();
        self.is_sure = track.is_confirmed();
        let shows_more = self.place.is_part_of(b);
        if shows_more || self.place.is_near(b) || self.place.shows_in_part(track) {
            if shows_more {
                self.place.box_in_frame = *b;
            }
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
            self.began_here = false;
        }
    }
}

impl StationaryObjects {
    pub(super) fn new(zone: Polygon) -> Self {
        StationaryObjects { zone_area: zone.area(), zone, stands: Vec::new() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &StationaryObject> + Clone {
        self.stands.iter()
    }

    pub(super) fn forget(&mut self) {
        self.stands.clear();
    }

    /// Whether a thing with that box stands in the zone.
    pub(super) fn is_in_zone(&self, b: &BBox) -> bool {
        let ground = b.lower_half();
        let share = self.zone.share_of(&ground);
        share >= IN_ZONE || share * ground.area() >= ZONE_COVERED * self.zone_area
    }

    /// Gives the time of what stood and is lost to what is seen in its place now.
    fn take_over(&mut self, scene: Scene<'_>) {
        for heir in 0..self.stands.len() {
            let StationaryObject { number, place, last_there, began_here, .. } = self.stands[heir];
            if !began_here || last_there.mono != scene.at.mono {
                continue;
            }
            let lost = self.stands.iter().filter(|old| {
                old.number != number
                    && old.last_there.mono < scene.at.mono
                    // What was seen elsewhere only just now was a bad box; later it has moved on.
                    && (old.elsewhere.is_none() || scene.at.since(old.last_there) <= scene.flicker)
                    && old.place.is_taken_over_by(old.last_there, &place)
            });
            if let Some(since) = lost.map(|old| old.place.since).min_by_key(|since| since.mono) {
                self.stands[heir].place.since = since;
                self.stands[heir].began_here = false;
            }
        }
    }

    /// Takes in one frame.
    pub(super) fn follow(&mut self, scene: Scene<'_>, classes: &[Class]) {
        for track in scene.seen_now(classes) {
            let is_in_zone = self.is_in_zone(track.full_box());
            match self.stands.iter_mut().find(|stand| stand.number == track.number) {
                // Its wheels may be hidden for so long that what is seen of it counts as all there is.
                Some(stand) if is_in_zone || stand.place.shows_in_part(track) => stand.look(scene, track),
                None if is_in_zone => self.stands.push(StationaryObject {
                    number: track.number,
                    place: Place { box_in_frame: *track.full_box(), since: scene.at },
                    last_there: scene.at,
                    is_sure: track.is_confirmed(),
                    began_here: scene.at.since(track.first_seen) <= scene.flicker,
                    elsewhere: None,
                }),
                _ => {}
            }
        }
        self.take_over(scene);
        // Covered by a passing bus, it is still there while the tracker looks for it.
        let is_covered = |track: &Track, stand: &StationaryObject| {
            track.state == TrackState::Lost && track.last_seen.mono == stand.last_there.mono
        };
        self.stands.retain(|stand| {
            scene.track(stand.number).is_some_and(|track| {
                is_covered(track, stand) || scene.at.since(stand.last_there) <= scene.flicker
            })
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::test_support::{car, moment, rectangle, scene, standing_track};

    /// Since when the second track stands, in seconds, where the first stood from second 0 on, is lost at `lost`, and the
    /// second is seen at second 22.
    fn stands_since(lost: f64, second: Track) -> f64 {
        let mut stands = StationaryObjects::new(rectangle(0.0, 0.0, 1.0, 1.0));
        let mut first = standing_track(1, 0.0, 0.0, car(0.5, 0.8));
        stands.follow(scene(0.0, &[first.clone()]), &[Class::CAR]);
        first = standing_track(1, 0.0, lost, car(0.5, 0.8));
        stands.follow(scene(lost, &[first.clone()]), &[Class::CAR]);
        first.state = TrackState::Lost;
        stands.follow(scene(22.0, &[first, second]), &[Class::CAR]);
        let of = |number| stands.iter().find(|stand| stand.number == TrackNumber(number));
        assert_eq!(of(1).expect("it is looked for").place.since, moment(0.0));
        of(2).expect("it stands").place.since.since(moment(0.0)).as_secs_f64()
    }

    #[test]
    fn what_is_found_in_the_place_of_something_lost_takes_over_its_time() {
        assert_eq!(stands_since(20.0, standing_track(2, 21.6, 22.0, car(0.5, 0.8))), 0.0);
        assert_eq!(stands_since(3.0, standing_track(2, 21.6, 22.0, car(0.51, 0.805))), 0.0);
    }

    #[test]
    fn a_bad_box_just_before_it_was_lost_is_no_leaving_and_one_long_before_is() {
        for (last_there, since) in [(20.8, 0.0), (19.0, 22.0)] {
            let mut stands = StationaryObjects::new(rectangle(0.0, 0.0, 1.0, 1.0));
            let mut look = |at: f64, tracks: &[Track]| {
                stands.follow(scene(at, tracks), &[Class::CAR]);
                stands.iter().copied().collect::<Vec<_>>()
            };
            look(0.0, &[standing_track(1, 0.0, 0.0, car(0.5, 0.8))]);
            look(last_there, &[standing_track(1, 0.0, last_there, car(0.5, 0.8))]);
            let mut elsewhere = standing_track(1, 0.0, last_there + 0.2, car(0.8, 0.8));
            look(last_there + 0.2, &[elsewhere.clone()]);
            elsewhere.state = TrackState::Lost;
            let now = look(22.0, &[elsewhere, standing_track(2, 21.6, 22.0, car(0.5, 0.8))]);
            let heir = now.iter().find(|stand| stand.number == TrackNumber(2)).expect("it stands");
            assert_eq!(heir.place.since, moment(since), "last there at {last_there}");
        }
    }

    #[test]
    fn a_part_of_it_that_is_seen_for_long_stands_where_the_whole_stood() {
        let whole = car(0.5, 0.8);
        let mut part = whole;
        part.box_in_frame.x0 += 0.55 * whole.box_in_frame.width();
        let mut stands = StationaryObjects::new(rectangle(0.0, 0.0, 1.0, 1.0));
        for (at, seen) in [(0.0, whole), (20.0, whole), (90.0, part), (93.0, part), (100.0, whole)] {
            // Its full box is what is seen of it: the tracker has forgotten the rest.
            let track = standing_track(1, 0.0, at, seen);
            assert_eq!(*track.full_box(), seen.box_in_frame);
            stands.follow(scene(at, &[track]), &[Class::CAR]);
            let stand = stands.iter().next().expect("it stands");
            assert_eq!((stand.place.since, stand.last_there), (moment(0.0), moment(at)), "at {at}");
        }
    }

    #[test]
    fn another_thing_stands_anew() {
        let half = |d: crate::analysis::detection::Detection| {
            let mut half = d;
            half.box_in_frame.x1 -= 0.16;
            half
        };
        for (what, lost, second) in [
            ("beside it", 20.0, standing_track(2, 21.6, 22.0, car(0.6, 0.8))),
            ("of another size", 20.0, standing_track(2, 21.6, 22.0, half(car(0.58, 0.8)))),
            ("known from before it was lost", 20.0, standing_track(2, 10.0, 22.0, car(0.5, 0.8))),
            ("where something had just come", 2.0, standing_track(2, 21.6, 22.0, car(0.5, 0.8))),
        ] {
            assert_eq!(stands_since(lost, second), 22.0, "{what}");
        }
    }
}
