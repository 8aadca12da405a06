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
use super::kind::Scope;
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
    pub(crate) fn has_restless(&self, but_not: &[Class]) -> bool {
        let at = self.at;
        self.tracks.iter().any(|track| {
            !but_not.contains(&track.class)
                && at.since(track.last_seen) <= MISSED_FOR
                && self.is_restless(track)
        })
    }
}

/// What one rule goes by when it says how often it must see its camera.
#[derive(Debug, Clone, Copy)]
pub(super) struct RuleView<'a> {
    view: View<'a>,
    /// `None` for a line.
    zone: Option<&'a Polygon>,
    classes: &'a [Class],
    lasting: Duration,
    /// Its condition is fulfilled already, with its duration.
    pub(super) holds: bool,
}

impl<'a> RuleView<'a> {
    /// The time between looks at which the camera is looked at when everything is decoded.
    pub(super) fn usual(&self) -> Duration {
        self.view.usual
    }

    /// Enough looks within the rule's duration.
    pub(super) fn often_enough(&self) -> Duration {
        (self.lasting / LOOKS_WITHIN).max(self.view.usual)
    }

    /// As [`often_enough`](Self::often_enough), and often enough to follow who walks about.
    pub(super) fn to_follow(self) -> Duration {
        self.often_enough().min(TO_FOLLOW.max(self.view.usual))
    }

    /// What is in view of its classes.
    pub(super) fn in_view(&self) -> impl Iterator<Item = &'a Track> + use<'a> {
        self.view.of(self.classes)
    }

    /// What is in its zone, or about to be.
    pub(super) fn inside(&self) -> impl Iterator<Item = &'a Track> + use<'a> {
        let zone = self.zone;
        self.in_view().filter(move |track| zone.is_none_or(|zone| is_inside(zone, track.full_box())))
    }

    /// Whether anything of its classes moves, or is new.
    pub(super) fn any_moves(&self) -> bool {
        self.in_view().any(|track| self.view.is_restless(track))
    }

    /// Whether anything in its zone moves, or is new.
    pub(super) fn any_moves_inside(&self) -> bool {
        self.inside().any(|track| self.view.is_restless(track))
    }
}

/// Whether what must last for so long may be over between two keyframes.
pub(super) fn is_short(lasting: Duration) -> bool {
    lasting / LOOKS_WITHIN < TO_FOLLOW
}

impl Condition {
    /// The longest time between looks with which it is seen as well as with more; `None` where any will do.
    ///
    /// `holds`: it is fulfilled already, with its duration.
    pub fn pace(&self, zone: Option<&Polygon>, view: View<'_>, holds: bool) -> Option<Duration> {
        let Scope { classes, lasting, .. } = self.kind().scope();
        self.kind().pace(RuleView { view, zone, classes, lasting, holds })
    }

    /// The longest time between looks at which it sees what it is for, whatever is in view. `usual`: the time between them when
    /// everything is decoded.
    pub(crate) fn needs_a_look_every(&self, usual: Duration) -> Duration {
        (self.lasting() / LOOKS_WITHIN).max(usual)
    }

    /// Whether what a frame shows differs from what was followed until then in a way that matters here: a thing came,
    /// went, or is somewhere else. Where that is so after a gap, what lies in between must be seen.
    pub(crate) fn missed_something(
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
