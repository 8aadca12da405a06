//! Height limits of boxes, in parts of the picture's height: per class of a camera, and per rule.
//!
//! For places where things are always about equally far away: a doorway, a narrow lane. Where they come near and go far,
//! a horizon says more ([`super::ground`]). Must never drop somebody of whom only a part is seen as too small.

use super::detection::Detection;
use super::geometry::BBox;
use super::plausible::AT_BORDER;
use super::tracker::Track;

/// A box hides another one's foot if it reaches lower by this part of its own height: two boxes of one thing end at about
/// the same place (a guess).
const NEARER: f32 = 0.1;

/// From how tall to how tall, both included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeightLimits {
    /// Least, 0..1.
    pub min: f32,
    /// Most, 0..1.
    pub max: f32,
}

impl Default for HeightLimits {
    fn default() -> Self {
        HeightLimits { min: 0.0, max: 1.0 }
    }
}

impl HeightLimits {
    /// Whether they leave anything out.
    pub(crate) fn is_limit(&self) -> bool {
        *self != HeightLimits::default()
    }

    /// Whether a box is neither too tall nor, if the whole thing is seen, too small.
    pub(crate) fn admit(&self, b: &BBox, whole: bool) -> bool {
        let height = b.clipped().height();
        height <= self.max && (height >= self.min || !whole)
    }
}

/// Whether all of a thing is seen, from top to bottom: no border of the picture cuts it there, and its foot lies in no
/// box of something nearer, which reaches lower. `others` may hold the box itself.
pub fn is_whole<'b>(b: &BBox, others: impl IntoIterator<Item = &'b BBox>) -> bool {
    let foot = b.foot();
    let hides_the_foot = |nearer: &BBox| {
        let beside = (nearer.x0..=nearer.x1).contains(&foot.x) && (nearer.y0..=nearer.y1).contains(&foot.y);
        beside && nearer.y1 - b.y1 > NEARER * nearer.height()
    };
    let is_cut = b.y0 <= AT_BORDER || b.y1 >= 1.0 - AT_BORDER;
    !is_cut && !others.into_iter().any(hides_the_foot)
}

/// The tracks and detections that are within the limits of one rule. The buffers keep their room from frame to frame.
#[derive(Debug, Clone, Default)]
pub(super) struct Within {
    limits: HeightLimits,
    tracks: Vec<Track>,
    found: Vec<Detection>,
}

impl Within {
    pub(super) fn new(limits: HeightLimits) -> Self {
        Within { limits, tracks: Vec::new(), found: Vec::new() }
    }

    /// Takes in the tracks and detections of a frame and gives those within the limits, in the same order.
    pub(super) fn look<'t>(
        &'t mut self,
        tracks: &'t [Track],
        found: &'t [Detection],
    ) -> (&'t [Track], &'t [Detection]) {
        if !self.limits.is_limit() {
            return (tracks, found);
        }
        // What is half believed hides nobody.
        let whole = |b: &BBox| is_whole(b, tracks.iter().map(|other| &other.box_in_frame));
        let limits = self.limits;
        self.tracks.clear();
        let admitted =
            tracks.iter().filter(|track| limits.admit(track.full_box(), whole(&track.box_in_frame)));
        self.tracks.extend(admitted.cloned());
        self.found.clear();
        let admitted = found.iter().filter(|d| limits.admit(&d.box_in_frame, whole(&d.box_in_frame)));
        self.found.extend(admitted.copied());
        (&self.tracks, &self.found)
    }

    /// The tracks of the frame that was taken in last, of which these are all.
    pub(super) fn tracks<'t>(&'t self, all: &'t [Track]) -> &'t [Track] {
        if self.limits.is_limit() { &self.tracks } else { all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_measured_where_it_is_in_the_picture() {
        let limits = HeightLimits { min: 0.1, max: 0.5 };
        for (y0, y1, admitted) in [
            (0.30, 0.39, false),
            (0.30, 0.41, true),
            (0.30, 0.79, true),
            (0.30, 0.81, false),
            (-0.5, 0.4, true),
        ] {
            assert_eq!(limits.admit(&BBox::new(0.4, y0, 0.5, y1), true), admitted, "{y0} {y1}");
        }
        assert!(limits.admit(&BBox::new(0.4, 0.3, 0.5, 0.31), false), "more of it may be there");
        assert!(!limits.admit(&BBox::new(0.4, 0.3, 0.5, 0.9), false));
        assert!(!HeightLimits::default().is_limit());
        assert!(HeightLimits::default().admit(&BBox::new(0.0, 0.0, 1.0, 1.0), true));
    }

    #[test]
    fn who_is_cut_above_or_below_or_stands_behind_something_is_not_whole() {
        let walker = BBox::new(0.4, 0.3, 0.5, 0.6);
        assert!(is_whole(&walker, [&walker]), "nothing hides itself");
        assert!(!is_whole(&BBox { y1: 0.99, ..walker }, []) && !is_whole(&BBox { y0: 0.01, ..walker }, []));
        assert!(is_whole(&BBox { x0: 0.0, ..walker }, []), "what a side cuts is as tall as ever");
        let car_before = BBox::new(0.3, 0.5, 0.7, 0.75);
        let car_behind = BBox::new(0.3, 0.4, 0.7, 0.58);
        let car_beside = BBox::new(0.5, 0.5, 0.9, 0.75);
        assert!(!is_whole(&walker, [&car_before]));
        assert!(is_whole(&walker, [&car_behind, &car_beside]));
        let named_twice = BBox { y1: 0.61, ..walker };
        assert!(is_whole(&walker, [&named_twice]), "one thing with two names");
    }
}
