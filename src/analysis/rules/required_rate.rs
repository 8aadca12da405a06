//! How often a rule must see its camera, given what is in view.
//!
//! Slow rules (parked, dwell, fire) live on a look every second or two; fast ones (a line crossed, a fall) need
//! every look there is, but only while something is in view that could trigger them. What decodes a camera asks for
//! the least that serves all of its rules.
//!
//! Must never ask for less because an alert would be inconvenient: what is said here is what a rule needs to see the
//! same as if everything were decoded.

use std::time::Duration;

use super::Condition;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::geometry::{BBox, Polygon};
use crate::analysis::time::Moment;
use crate::analysis::tracker::{Track, TrackState, is_same_kind};

/// Of a time that must pass, so many looks must fall into it: one at its beginning, one at its end, and one to spare.
const LOOKS_WITHIN: u32 = 3;
/// To follow a walker one look a second is enough: the doubt of the motion filter covers a second's way.
const TO_FOLLOW: Duration = Duration::from_secs(1);
/// Somebody who appeared less than this ago may yet move.
const NEW_FOR: Duration = Duration::from_secs(2);
/// A lost thing is still in view for so long.
const MISSED_FOR: Duration = Duration::from_millis(1500);
/// Slower than that is standing still, in own sizes per second; the tracker's own limit.
const STILL_SPEED: f32 = 0.25;
/// A box that overlaps a track less than this has moved.
const SAME_PLACE: f32 = 0.5;
/// A track that no box overlaps by this much is not there any more.
const STILL_THERE: f32 = 0.3;

/// What is in view of one camera.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The moment of its latest frame.
    pub at: Moment,
    /// Everything that is followed.
    pub tracks: &'a [Track],
    /// The time between looks at which the camera is looked at when everything is decoded.
    pub usual: Duration,
}

impl<'a> View<'a> {
    fn of<'b>(&self, classes: &'b [Class]) -> impl Iterator<Item = &'a Track> + use<'a, 'b> {
        let at = self.at;
        self.tracks
            .iter()
            .filter(move |track| classes.contains(&track.class) && at.since(track.last_seen) <= MISSED_FOR)
    }

    fn is_restless(&self, track: &Track) -> bool {
        track.state == TrackState::Tentative
            || track.speed() >= STILL_SPEED
            || self.at.since(track.first_seen) < NEW_FOR
    }

    /// Whether anything moves, or is new.
    pub fn has_restless(&self, but_not: &[Class]) -> bool {
        let at = self.at;
        self.tracks.iter().any(|track| {
            !but_not.contains(&track.class)
                && at.since(track.last_seen) <= MISSED_FOR
                && self.is_restless(track)
        })
    }
}

impl Condition {
    /// Whether it may be over between two keyframes, so that what came before its first sight must be seen as well.
    pub fn is_fast(&self) -> bool {
        match self {
            Condition::Line { .. }
            | Condition::WrongWay { .. }
            | Condition::Rush { .. }
            | Condition::Scuffle { .. }
            | Condition::Fallen { .. } => true,
            _ => self.lasting() / LOOKS_WITHIN < TO_FOLLOW,
        }
    }

    /// The longest time between looks with which it is seen as well as with more; `None` where any will do.
    ///
    /// `holds`: it is fulfilled already, with its duration.
    pub fn pace(&self, zone: Option<&Polygon>, view: View<'_>, holds: bool) -> Option<Duration> {
        let inside = |track: &&Track| zone.is_none_or(|zone| is_inside(zone, track.full_box()));
        let restless = |track: &&Track| view.is_restless(track);
        let classes = self.classes();
        let often_enough = (self.lasting() / LOOKS_WITHIN).max(view.usual);
        match self {
            Condition::Line { .. } | Condition::WrongWay { .. } => {
                view.of(classes).any(|track| restless(&track)).then_some(view.usual)
            }
            Condition::Fallen { .. } => {
                view.of(classes).filter(inside).any(|track| restless(&track)).then_some(view.usual)
            }
            Condition::Scuffle { people, .. } => {
                let there = view.of(classes).filter(inside).count() >= *people;
                (there && view.of(classes).any(|track| restless(&track))).then_some(view.usual)
            }
            Condition::Rush { at_least, .. } => {
                let there = view.of(classes).count() >= at_least.div_ceil(2);
                (there && view.of(classes).any(|track| restless(&track))).then_some(view.usual)
            }
            Condition::Crowd { at_least, .. } => {
                let there = view.of(classes).filter(inside).count() >= at_least.div_ceil(2);
                there.then(|| often_enough.min(TO_FOLLOW.max(view.usual)))
            }
            // Who stays must be followed while they walk about.
            Condition::Dwell { .. }
            | Condition::LeftBehind { .. }
            | Condition::Vending { .. }
            | Condition::Works { .. } => {
                let walks = view.of(classes).filter(inside).any(|track| restless(&track));
                walks.then(|| often_enough.min(TO_FOLLOW.max(view.usual)))
            }
            Condition::Present { .. } | Condition::Indoors { .. } => {
                // Somebody outside may be inside, and gone, before the next keyframe.
                let may_enter = self.is_fast() && view.of(classes).any(|track| restless(&track));
                let is_in = view.of(classes).find(inside).is_some();
                (!holds && (is_in || may_enter)).then_some(often_enough)
            }
            Condition::Parked { .. } | Condition::Gone { .. } => {
                let is_in = view.of(classes).find(inside).is_some();
                (!holds && is_in).then_some(often_enough)
            }
            Condition::Fire { .. } | Condition::Smoke { .. } => {
                (!holds && view.of(classes).next().is_some()).then_some(often_enough)
            }
        }
    }

    /// Whether what a frame shows differs from what was followed until then in a way that matters here: a thing came,
    /// went, or is somewhere else. Where that is so after a gap, what lies in between must be seen.
    pub fn missed_something(
        &self,
        tracks: &[Track],
        detections: &[Detection],
        is_sure: impl Fn(&Detection) -> bool,
    ) -> bool {
        let classes = self.classes();
        let came = detections.iter().filter(|d| classes.contains(&d.class) && is_sure(d)).any(|d| {
            !tracks
                .iter()
                .any(|t| is_same_kind(t.class, d.class) && t.box_in_frame.iou(&d.box_in_frame) >= SAME_PLACE)
        });
        let went = tracks.iter().filter(|t| t.is_confirmed() && classes.contains(&t.class)).any(|t| {
            !detections
                .iter()
                .any(|d| is_same_kind(t.class, d.class) && t.box_in_frame.iou(&d.box_in_frame) >= STILL_THERE)
        });
        came || went
    }
}

/// Standing in it, or partly over it: about to be.
fn is_inside(zone: &Polygon, b: &BBox) -> bool {
    zone.contains(b.standing_point()) || zone.share_of(b) > 0.0
}
