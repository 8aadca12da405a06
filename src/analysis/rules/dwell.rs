//! `dwell`: the *same* thing stays in the zone for so long; it may move about in there. Who stood still, was lost behind
//! something and is found again under another number has stayed all the while ([`Place::is_taken_over_by`]).

use super::evaluator::Span;
use super::prelude::*;
use super::stationary::Place;
use crate::analysis::tracker::{Track, TrackState};

sentences! {
    rule {
        dwell(classes, zone):
            "the same {classes} stays in {zone}",
            "同一 {classes} 停留在 {zone} 内";
    }
    kind {
        dwell():
            "Something stays too long",
            "目标滞留";
    }
}

fields! {
    "The same thing stays in the zone.":
        "同一个目标一直待在区域里。";
}

/// The *same* thing stays in the zone for that long.
#[derive(Debug, Clone, PartialEq)]
pub struct Dwell {
    /// Zone name.
    pub zone: Arc<str>,
    /// Classes that count.
    pub classes: Vec<Class>,
    /// How long.
    pub for_at_least: Duration,
}

/// The same thing stays in the zone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DwellDocument {
    /// The zone; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// The classes that count, as the model names them.
    #[schemars(required, extend("examples" = [["person"]]))]
    pub classes: Option<Names>,
    /// For how many seconds.
    #[schemars(required, range(min = 1.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
}

impl Dwell {
    pub(super) const ALERT: Alert = (Level::Yellow, kind::dwell);
}

impl Typed for DwellDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes(&self.classes);
        let for_at_least = secs(&self.for_secs);
        Some(Dwell { zone: zone?, classes: classes?, for_at_least: for_at_least? }.into())
    }
}

impl RuleKind for Dwell {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Zone(&self.zone), classes: &self.classes, lasting: self.for_at_least }
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        // Who stays must be followed while they walk about.
        view.any_moves_inside().then(|| view.to_follow())
    }

    fn sentence(&self) -> Sentence {
        rule::dwell(any_of(&self.classes), self.zone.as_ref())
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        Some(Box::new(DwellState::new(zone, self.classes.clone(), self.for_at_least)))
    }
}

#[derive(Debug, Clone)]
struct DwellState {
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
        } else if !self.place.is_near(b) && !self.place.shows_in_part(track) {
            self.place = Place { box_in_frame: *b, since: scene.at };
            self.began_here = false;
        }
    }

    /// Whether the tracker still looks for a thing that was in the zone when last seen, or of which a piece was seen last
    /// where it stood: a head over the bus that hides the rest.
    fn vanished_inside(&self, track: &Track) -> bool {
        track.state == TrackState::Lost
            && (track.last_seen.mono == self.span.last.mono || self.place.holds(&track.box_in_frame))
    }
}

impl DwellState {
    fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration) -> Self {
        DwellState { zone, classes, lasting, stays: Vec::new() }
    }

    /// Brings the stays up to this frame.
    fn follow(&mut self, scene: Scene<'_>) {
        for track in scene.seen_now(&self.classes) {
            let is_in_zone = self.zone.contains(track.full_box().standing_point());
            match self.stays.iter_mut().find(|stay| stay.span.number == track.number) {
                // A person who has long been seen only over a hedge has feet in the zone all the same.
                Some(stay) if is_in_zone || stay.place.shows_in_part(track) => stay.look(scene, track),
                None if is_in_zone => self.stays.push(Stay::begin(scene, track)),
                _ => {}
            }
        }
        self.take_over(scene);
        // One who is seen outside has left once that is more than flicker.
        self.stays.retain(|stay| {
            scene.track(stay.span.number).is_some_and(|track| {
                stay.vanished_inside(track) || scene.at.since(stay.span.last) <= scene.flicker
            })
        });
    }

    /// Gives the time of a stay that is lost to the track that is seen in its place now.
    fn take_over(&mut self, scene: Scene<'_>) {
        for heir in 0..self.stays.len() {
            let Stay { span, place, began_here } = self.stays[heir];
            if !began_here || span.last.mono != scene.at.mono {
                continue;
            }
            let lost = self.stays.iter().filter(|old| {
                old.span.number != span.number
                    && old.span.last.mono < scene.at.mono
                    && scene.track(old.span.number).is_none_or(|track| old.vanished_inside(track))
                    && old.place.is_taken_over_by(old.span.last, &place)
            });
            if let Some(since) = lost.map(|old| old.span.since).min_by_key(|since| since.mono) {
                self.stays[heir].span.since = since;
                self.stays[heir].began_here = false;
            }
        }
    }
}

impl Evaluate for DwellState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.follow(scene);
        observation.report_spans(scene, &self.classes, self.lasting, self.stays.iter().map(|stay| stay.span));
    }

    fn forget(&mut self) {
        self.stays.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::geometry::BBox;
    use crate::analysis::test_support::{moment, person, rectangle, scene, secs, standing_track};
    use crate::analysis::tracker::TrackNumber;

    /// For how long the second track has stayed at second 22, where the first stood from second 0 to 20 and is lost.
    fn stayed(second: Track) -> f64 {
        let mut dwell = DwellState::new(rectangle(0.0, 0.0, 1.0, 1.0), vec![Class::PERSON], secs(60.0));
        let mut look = |at: f64, tracks: &[Track]| {
            dwell.follow(scene(at, tracks));
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
            let mut dwell = DwellState::new(zone.clone(), vec![Class::PERSON], secs(60.0));
            let mut look = |at: f64, track: &Track| {
                let tracks = std::slice::from_ref(track);
                dwell.follow(scene(at, tracks));
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

    #[test]
    fn nobody_takes_over_the_time_of_a_person_who_was_seen_to_leave() {
        let zone = rectangle(0.0, 0.6, 1.0, 1.0);
        for (what, left_as, is_lost, lasted) in [
            ("is seen outside", person(0.7, 0.5), false, 0.0),
            ("was seen outside a moment ago", person(0.7, 0.5), true, 0.0),
            ("was seen where they stood", person(0.5, 0.8), true, 22.0),
        ] {
            let mut dwell = DwellState::new(zone.clone(), vec![Class::PERSON], secs(60.0));
            let mut look = |at: f64, tracks: &[Track]| {
                dwell.follow(scene(at, tracks));
                dwell.stays.clone()
            };
            look(0.0, &[standing_track(1, 0.0, 0.0, person(0.5, 0.8))]);
            look(20.6, &[standing_track(1, 0.0, 20.6, person(0.5, 0.8))]);
            let last_seen = if is_lost { 21.4 } else { 22.0 };
            let mut first = standing_track(1, 0.0, last_seen, left_as);
            look(21.4, &[first.clone()]);
            if is_lost {
                first.state = TrackState::Lost;
            }
            let stays = look(22.0, &[first, standing_track(2, 21.6, 22.0, person(0.5, 0.8))]);
            let heir = stays.iter().find(|stay| stay.span.number == TrackNumber(2)).expect("they stay");
            assert_eq!(heir.span.lasted().as_secs_f64(), lasted, "{what}");
        }
    }

    #[test]
    fn who_is_seen_over_a_hedge_in_the_end_has_feet_in_the_zone_all_the_same() {
        let zone = rectangle(0.0, 0.6, 1.0, 1.0);
        let over = BBox { y1: 0.58, ..person(0.5, 0.8).box_in_frame };
        let upper = crate::analysis::detection::Detection { box_in_frame: over, ..person(0.5, 0.8) };
        let mut dwell = DwellState::new(zone, vec![Class::PERSON], secs(60.0));
        let mut look = |at: f64, track: Track| {
            let tracks = std::slice::from_ref(&track);
            dwell.follow(scene(at, tracks));
            dwell.stays.iter().map(|stay| stay.span.lasted().as_secs_f64()).collect::<Vec<_>>()
        };
        look(0.0, standing_track(1, 0.0, 0.0, person(0.5, 0.8)));
        // The tracker takes what is seen for all of them by now.
        for at in [20.0, 30.0, 40.0] {
            assert_eq!(look(at, standing_track(1, 0.0, at, upper)), [at]);
        }
        // And somebody who comes to stand behind it was never in the zone.
        let mut fresh = DwellState::new(rectangle(0.0, 0.6, 1.0, 1.0), vec![Class::PERSON], secs(60.0));
        let behind = [standing_track(1, 0.0, 20.0, upper)];
        fresh.follow(scene(20.0, &behind));
        assert!(fresh.stays.is_empty());
    }
}
