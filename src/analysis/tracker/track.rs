//! One thing that is followed: where it is, how sure that is, whether it stands still, and what it is by the votes of its
//! detections.

use std::fmt;

use super::{
    FOUND_DRIVING_OFF, FOUND_IN_PLACE, HIDDEN_LIKENESS, MOST_GROWTH, PART_OF_RESTING_LIKENESS, PIECE_SCORE,
    RESTS_AFTER, SIGHTS_TO_CONFIRM, STILL_SPEED, likeness,
};
use crate::analysis::detection::{Class, Detection};
use crate::analysis::full_box::FullBox;
use crate::analysis::geometry::BBox;
use crate::analysis::kalman::{Expected, Motion};
use crate::analysis::time::Moment;

/// A track's number: means nothing outside its camera and this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackNumber(pub u64);

impl fmt::Display for TrackNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// How sure the tracker is that a track is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackState {
    /// Seen once; may be a mistake.
    Tentative,
    /// Seen at least twice, and in the latest frame.
    Confirmed,
    /// Confirmed, but not seen in the latest frame.
    Lost,
}

/// One thing followed over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Its number.
    pub number: TrackNumber,
    /// What it is, by the vote of all its detections.
    pub class: Class,
    /// Running mean of its scores, 0..1.
    pub score: f32,
    /// How sure it is.
    pub state: TrackState,
    /// When its first detection was made.
    pub first_seen: Moment,
    /// When its latest detection was made.
    pub last_seen: Moment,
    /// The latest detected box.
    pub box_in_frame: BBox,
    /// How sure the detector is beyond what it takes to be believed, 0 (just so) to 1, as a running mean: means the same
    /// whatever the model and the threshold.
    pub certainty: f32,
    pub(super) full: FullBox,
    /// Running mean of its scores while nothing hid it.
    pub(super) score_when_whole: f32,
    /// What was last seen of it is not all of it.
    pub(super) is_hidden: bool,
    /// Start of its standstill.
    pub(super) still_since: Option<Moment>,
    /// Place of its standstill.
    pub(super) place: FullBox,
    pub(super) motion: Motion,
    pub(super) sights: u32,
    pub(super) votes: Votes,
}

impl Track {
    /// Where the whole thing is: larger than [`Track::box_in_frame`] while it stands still and something hides a part
    /// of it.
    pub(crate) fn full_box(&self) -> &BBox {
        if self.is_partly_hidden() { self.full.get() } else { &self.box_in_frame }
    }

    /// Whether something stands before it.
    pub(crate) fn is_partly_hidden(&self) -> bool {
        self.is_hidden
    }

    /// Seen in the latest frame, and not for the first time ever.
    pub fn is_confirmed(&self) -> bool {
        self.state == TrackState::Confirmed
    }

    /// Whether it has been still for a while, up to its latest sight.
    pub(crate) fn rests(&self) -> bool {
        self.still_since.is_some_and(|since| self.last_seen.since(since) >= RESTS_AFTER)
    }

    /// Speed in own sizes per second, as the motion filter believes.
    pub fn speed(&self) -> f32 {
        self.motion.speed()
    }

    /// How well a box fits it, 0..1.
    pub(super) fn likeness(&self, expected: &Expected, detection: &Detection, is_sure: bool) -> f32 {
        let seen = &detection.box_in_frame;
        if !self.is_vehicle_at_rest() {
            return likeness(expected, seen).max(self.likeness_if_hidden(seen));
        }
        // What passes before it is larger or sticks out of its place; so do pieces of that, of which nobody is sure.
        let comes_out = FullBox::first_seen(seen).is_partly_hidden_as(self.full.get());
        let is_too_large = seen.area() > MOST_GROWTH * self.full.get().area();
        let sticks_out = !is_sure && !self.full.encloses(seen);
        if (is_too_large || sticks_out) && !comes_out {
            return 0.0;
        }
        if self.state == TrackState::Confirmed && !self.is_hidden {
            return likeness(expected, seen).max(self.likeness_if_hidden(seen));
        }
        // Behind something it is looked for in its place; what is as surely seen as it was before may be driving off.
        let is_whole = detection.score >= PIECE_SCORE * self.score_when_whole;
        let enough = if is_whole { FOUND_DRIVING_OFF } else { FOUND_IN_PLACE };
        let in_place = self.full.get().iou(seen);
        if in_place >= enough { in_place } else { self.likeness_of_a_part(seen) }
    }

    /// How well a box fits the thing as it stood, in part or whole; 0 for what moves.
    pub(super) fn likeness_if_hidden(&self, seen: &BBox) -> f32 {
        if self.state == TrackState::Tentative || !self.is_still() {
            return 0.0;
        }
        let is_to_be_found = self.is_hidden || (self.state == TrackState::Lost && self.rests());
        match self.likeness_of_a_part(seen) {
            0.0 if is_to_be_found => self.full.get().iou(seen),
            part => part,
        }
    }

    /// How well a box fits a part of the thing as it stood.
    pub(super) fn likeness_of_a_part(&self, seen: &BBox) -> f32 {
        match self.shows_as(seen) {
            false => 0.0,
            true if self.is_vehicle_at_rest() => PART_OF_RESTING_LIKENESS,
            true => HIDDEN_LIKENESS,
        }
    }

    /// Whether a box is what is left to see of it.
    pub(super) fn shows_as(&self, seen: &BBox) -> bool {
        self.full.is_partly_hidden_as(seen)
            || (self.is_vehicle_at_rest() && self.full.ends_at_a_side_as(seen))
    }

    pub(super) fn is_slow(&self) -> bool {
        self.speed() < STILL_SPEED
    }

    /// Slow, or resting and not seen to leave its place: one bad box is no movement.
    pub(super) fn is_still(&self) -> bool {
        self.is_slow() || (self.rests() && self.place.encloses(&self.box_in_frame))
    }

    pub(super) fn is_vehicle_at_rest(&self) -> bool {
        group_of(self.class) == Class::CAR && self.rests()
    }

    /// Whether a detection that no track was paired with shows no more than a piece of this vehicle.
    pub(super) fn has_piece(&self, detection: &Detection) -> bool {
        self.is_vehicle_at_rest()
            && is_same_kind(self.class, detection.class)
            && detection.score < PIECE_SCORE * self.score_when_whole
            && self.full.has_piece(&detection.box_in_frame)
    }

    /// Whether a box within its own looks like something that stands before it, not like a piece of it.
    pub(super) fn stands_behind(&self, seen: &BBox) -> bool {
        let is_seen_whole = self.state == TrackState::Confirmed && !self.is_hidden;
        self.full.ends_above(seen) || (is_seen_whole && self.full.surrounds(seen))
    }

    pub(super) fn begin(number: TrackNumber, at: Moment, detection: &Detection, certainty: f32) -> Self {
        let mut votes = Votes::default();
        votes.add(detection);
        Track {
            number,
            class: detection.class,
            score: detection.score,
            state: TrackState::Tentative,
            first_seen: at,
            last_seen: at,
            box_in_frame: detection.box_in_frame,
            certainty,
            full: FullBox::first_seen(&detection.box_in_frame),
            score_when_whole: detection.score,
            is_hidden: false,
            still_since: Some(at),
            place: FullBox::first_seen(&detection.box_in_frame),
            motion: Motion::first_seen(&detection.box_in_frame),
            sights: 1,
            votes,
        }
    }

    /// Takes in a detection of it, and whether others stand before what that leaves out of it.
    pub(super) fn continue_with(
        &mut self,
        at: Moment,
        detection: &Detection,
        certainty: f32,
        is_covered: bool,
    ) {
        let dt = at.since(self.last_seen).as_secs_f32();
        let seen = &detection.box_in_frame;
        let is_still = self.is_still();
        self.is_hidden = self.full.look(dt, seen, is_still, self.shows_as(seen), is_covered);
        if self.is_hidden {
            self.motion.hidden_after(dt, seen);
        } else {
            self.motion.measured_after(dt, seen);
        }
        self.box_in_frame = *seen;
        self.look_whether_still(at);
        self.last_seen = at;
        self.sights = self.sights.saturating_add(1);
        // A mean over about the last ten sights.
        let weight = 1.0 / self.sights.min(10) as f32;
        self.score += (detection.score - self.score) * weight;
        self.certainty += (certainty - self.certainty) * weight;
        if !self.is_hidden {
            self.score_when_whole += (detection.score - self.score_when_whole) * weight;
        }
        self.votes.add(detection);
        self.class = self.votes.winner(self.class);
        if self.sights >= SIGHTS_TO_CONFIRM {
            self.state = TrackState::Confirmed;
        }
    }

    /// Takes in whether it has been still up to its latest sight, and where.
    pub(super) fn look_whether_still(&mut self, at: Moment) {
        if !self.is_still() {
            self.still_since = None;
        } else if self.still_since.is_none() || (self.is_slow() && !self.place.encloses(self.full.get())) {
            self.still_since.get_or_insert(at);
            self.place = FullBox::first_seen(self.full.get());
        }
    }
}

/// Score each class of a group has collected, older votes fading. No group is larger than four.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Votes([Option<(Class, f32)>; 4]);

impl Votes {
    /// Part of a vote that is left at the next one.
    const MEMORY: f32 = 0.95;

    pub(super) fn add(&mut self, detection: &Detection) {
        for (_, weight) in self.0.iter_mut().flatten() {
            *weight *= Self::MEMORY;
        }
        for place in &mut self.0 {
            match place {
                Some((class, weight)) if *class == detection.class => {
                    *weight += detection.score;
                    return;
                }
                Some(_) => {}
                None => {
                    *place = Some((detection.class, detection.score));
                    return;
                }
            }
        }
    }

    /// The class with the most weight; `now` stays where another is not ahead.
    pub(super) fn winner(&self, now: Class) -> Class {
        let weight_of = |wanted| {
            self.0.iter().flatten().find(|(class, _)| *class == wanted).map_or(0.0, |(_, weight)| *weight)
        };
        let mut best = (now, weight_of(now));
        for &(class, weight) in self.0.iter().flatten() {
            if weight > best.1 {
                best = (class, weight);
            }
        }
        best.0
    }
}

/// What the group of a class is called: the class itself, except that all motor vehicles are one.
pub(super) fn group_of(class: Class) -> Class {
    if class == Class::BUS || class == Class::TRUCK { Class::CAR } else { class }
}

/// Whether a detector may take one for the other.
pub(crate) fn is_same_kind(a: Class, b: Class) -> bool {
    group_of(a) == group_of(b)
}
