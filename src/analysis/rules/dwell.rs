//! `dwell`: the *same* thing stays in the zone for so long; it may move about in there. Who stood still, was lost behind
//! something and is found again under another number has stayed all the while ([`Place::is_taken_over_by`]).

use std::time::Duration;

use super::stands::Place;
use super::watch::{Observation, Scene, Span};
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;
use crate::analysis::tracker::{Track, TrackState};

#[derive(Debug, Clone)]
pub(super) struct Dwell {
    zone: Polygon,
    classes: Vec<Class>,
    lasting: Duration,
    /// Each track's stay in the zone.
    stays: Vec<Stay>,
}

/// One track's stay.
#[derive(Debug, Clone, Copy)]
struct Stay {
    span: Span,
    /// Where it stands at the moment.
    place: Place,
    /// Its track began where it stands: nobody saw it come.
    began_here: bool,
}

impl Stay {
    fn begin(scene: Scene<'_>, track: &Track) -> Self {
        let (number, since, is_sure) = (track.number, scene.at, track.is_confirmed());
        Stay {
            span: Span { number, since, last: scene.at, is_sure },
            place: Place { box_in_frame: *track.full_box(), since },
            began_here: since.since(track.first_seen) <= scene.flicker,
        }
    }

    fn look(&mut self, scene: Scene<'_>, track: &Track) {
        (self.span.last, self.span.is_sure) = (scene.at, track.is_confirmed());
        let b = track.full_box();
        if self.place.is_part_of(b) {
            self.place.box_in_frame = *b;
        } else if !self.place.is_near(b) {
            self.place = Place { box_in_frame: *b, since: scene.at };
            self.began_here = false;
        }
    }
}

impl Dwell {
    pub(super) fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration) -> Self {
        Dwell { zone, classes, lasting, stays: Vec::new() }
    }

    pub(super) fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.follow(scene);
        observation.tell_spans(scene, &self.classes, self.lasting, self.stays.iter().map(|stay| stay.span));
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
            match self.stays.iter_mut().find(|stay| stay.span.number == track.number) {
                Some(stay) => stay.look(scene, track),
                None => self.stays.push(Stay::begin(scene, track)),
            }
        }
        self.take_over(scene);
        // A stay lasts while the tracker still looks for a thing that was in the zone when last seen, or of which a piece
        // was seen last where it stood: a head over the bus that hides the rest. One who is seen outside has left once
        // that is more than flicker.
        self.stays.retain(|Stay { span: stay, place, .. }| {
            scene.track(stay.number).is_some_and(|track| {
                let vanished_inside = track.state == TrackState::Lost
                    && (track.last_seen.mono == stay.last.mono || place.holds(&track.box_in_frame));
                vanished_inside || scene.at.since(stay.last) <= scene.flicker
            })
        });
    }

    /// Gives the time of whoever stood and is lost to whoever is seen in their place now.
    fn take_over(&mut self, scene: Scene<'_>) {
        for heir in 0..self.stays.len() {
            let Stay { span, place, began_here } = self.stays[heir];
            if !began_here || span.last.mono != scene.at.mono {
                continue;
            }
            let lost = self.stays.iter().filter(|old| {
                old.span.number != span.number
                    && old.span.last.mono < scene.at.mono
                    && old.place.is_taken_over_by(old.span.last, &place)
            });
            if let Some(since) = lost.map(|old| old.span.since).min_by_key(|since| since.mono) {
                self.stays[heir].span.since = since;
                self.stays[heir].began_here = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::geometry::BBox;
    use crate::analysis::rules::FLICKER;
    use crate::analysis::staging::{moment, person, rectangle, secs, standing_track};
    use crate::analysis::tracker::TrackNumber;

    /// For how long the second track has stayed at second 22, where the first stood from second 0 to 20 and is lost.
    fn stayed(second: Track) -> f64 {
        let mut dwell = Dwell::new(rectangle(0.0, 0.0, 1.0, 1.0), vec![Class::PERSON], secs(60.0));
        let mut look = |at: f64, tracks: &[Track]| {
            dwell.follow(Scene { at: moment(at), watched: secs(0.2), flicker: FLICKER, tracks, flow: None });
            dwell.stays.clone()
        };
        look(0.0, &[standing_track(1, 0.0, 0.0, person(0.5, 0.8))]);
        let mut first = standing_track(1, 0.0, 20.0, person(0.5, 0.8));
        look(20.0, &[first.clone()]);
        first.state = TrackState::Lost;
        let stays = look(22.0, &[first, second]);
        let stay = stays.iter().find(|stay| stay.span.number == TrackNumber(2));
        stay.expect("they stay").span.lasted().as_secs_f64()
    }

    #[test]
    fn who_shows_a_head_over_what_hides_the_rest_stays_and_who_is_seen_to_leave_does_not() {
        let zone = rectangle(0.0, 0.6, 1.0, 1.0);
        let head = |d: crate::analysis::detection::Detection| {
            let mut head = d;
            let b = &mut head.box_in_frame;
            *b = BBox { x0: b.x0 + 0.01, x1: b.x1 - 0.01, y1: b.y0 + 0.3 * b.height(), ..*b };
            head
        };
        for (what, last_seen_as, since) in [
            ("a head", head(person(0.5, 0.8)), 0.0),
            ("somebody who walks up out of the zone", person(0.5, 0.55), 24.0),
        ] {
            let mut dwell = Dwell::new(zone.clone(), vec![Class::PERSON], secs(60.0));
            let mut look = |at: f64, track: &Track| {
                let tracks = std::slice::from_ref(track);
                dwell.follow(Scene {
                    at: moment(at),
                    watched: secs(0.2),
                    flicker: FLICKER,
                    tracks,
                    flow: None,
                });
                dwell.stays.clone()
            };
            look(0.0, &standing_track(1, 0.0, 0.0, person(0.5, 0.8)));
            look(20.0, &standing_track(1, 0.0, 20.0, person(0.5, 0.8)));
            let mut hidden = standing_track(1, 0.0, 20.2, last_seen_as);
            look(20.2, &hidden);
            hidden.state = TrackState::Lost;
            look(23.8, &hidden);
            let stays = look(24.0, &standing_track(1, 0.0, 24.0, person(0.5, 0.8)));
            assert_eq!(stays[0].span.since, moment(since), "{what}");
        }
    }

    #[test]
    fn who_is_found_again_under_another_number_has_stayed_and_who_came_by_has_not() {
        assert_eq!(stayed(standing_track(2, 21.6, 22.0, person(0.5, 0.8))), 22.0);
        assert_eq!(stayed(standing_track(2, 21.6, 22.0, person(0.6, 0.8))), 0.0, "beside them");
        assert_eq!(stayed(standing_track(2, 12.0, 22.0, person(0.5, 0.8))), 0.0, "seen before");
    }
}
