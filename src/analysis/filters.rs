//! Filters of a camera's detections before tracking, with the reason of each; the same for the daemon and a replay.
//!
//! In this order, the cheap ones first: boxes that cannot be a thing (`super::plausible`), masks, heights
//! ([`super::heights`]), the horizon ([`super::ground`]); last what never moves (`super::furniture`). Evidence is redacted from all boxes: that something is left out
//! here must never uncover anybody.

use std::fmt;

use super::detection::{Class, Detection};
use super::geometry::{BBox, Polygon};
use super::heights::is_whole;
use super::plausible::is_plausible;
use super::rules::CameraPlan;
use crate::text::{Joint, Sentence, Words, filter as say};

/// Where things of some classes are left out: a poster, a shop window. It is no mask of the picture: other classes are
/// looked for there, and evidence shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassMask {
    /// Where.
    pub polygon: Polygon,
    /// Which.
    pub classes: Vec<Class>,
}

/// Why a detection is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// It cannot be a thing: too large, a thread or a speck.
    Implausible,
    /// It stands in a mask, or a mask covers half of it.
    Mask,
    /// Its box is smaller or larger than its class may be.
    Height,
    /// It is too small or too large for where it stands.
    Horizon,
    /// It is taken for a person and has not moved for days.
    Furniture,
}

/// How many detections were left out, by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut([u64; 5]);

impl LeftOut {
    /// One more.
    pub fn count(&mut self, filter: Filter) {
        self.0[filter as usize] += 1;
    }

    /// By that one.
    pub fn by(&self, filter: Filter) -> u64 {
        self.0[filter as usize]
    }

    /// `12 in masks, 3 by the horizon`; nothing where nothing was left out.
    pub fn words(&self) -> Words {
        let reasons = [
            (self.by(Filter::Implausible), say::implausible as fn(u64) -> Sentence),
            (self.by(Filter::Mask), say::mask),
            (self.by(Filter::Height), say::heights),
            (self.by(Filter::Horizon), say::horizon),
            (self.by(Filter::Furniture), say::furniture),
        ];
        let reasons =
            reasons.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| words(count).into());
        Words::List(reasons.collect(), Joint::Clauses)
    }

    /// No detection was filtered out.
    pub fn is_empty(&self) -> bool {
        *self == LeftOut::default()
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words().fmt(f)
    }
}

impl CameraPlan {
    /// What leaves a detection out, if anything does. `frame` is everything that was found in the frame with it.
    pub(crate) fn left_out_by(&self, detection: &Detection, frame: &[Detection]) -> Option<Filter> {
        if !is_plausible(detection, self.largest_box) {
            return Some(Filter::Implausible);
        }
        let (class, b) = (detection.class, &detection.box_in_frame);
        let own = self.class_masks.iter().filter(|mask| mask.classes.contains(&class));
        if self.masks.iter().chain(own.map(|mask| &mask.polygon)).any(|mask| covers(mask, b)) {
            return Some(Filter::Mask);
        }
        let limits = self.heights.get(&class);
        if limits.is_none() && self.horizon.is_none() {
            return None;
        }
        let whole = is_whole(b, frame.iter().map(|other| &other.box_in_frame));
        if limits.is_some_and(|limits| !limits.admit(b, whole)) {
            return Some(Filter::Height);
        }
        let fits = self.horizon.as_ref().is_none_or(|horizon| horizon.fits(detection, whole));
        (!fits).then_some(Filter::Horizon)
    }
}

fn covers(mask: &Polygon, b: &BBox) -> bool {
    mask.contains(b.standing_point()) || mask.share_of(b) >= 0.5
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::geometry::Point;
    use crate::analysis::ground::Horizon;
    use crate::analysis::heights::HeightLimits;
    use crate::analysis::test_support::{car, person, plan, rectangle};

    #[test]
    fn each_filter_says_that_it_was_the_one() {
        let mut plan = plan();
        plan.masks.push(rectangle(0.8, 0.0, 1.0, 1.0));
        plan.class_masks
            .push(ClassMask { polygon: rectangle(0.0, 0.0, 0.2, 1.0), classes: vec![Class::PERSON] });
        plan.heights.insert(Class::CAR, HeightLimits { min: 0.25, max: 1.0 });
        let level = vec![Point::new(0.0, 0.5), Point::new(1.0, 0.5)];
        plan.horizon = Horizon::new(level, 3.0);
        let by = |detection: Detection| plan.left_out_by(&detection, &[detection]);
        // 3 m * 0.3 / 0.4.
        assert_eq!(by(person(0.5, 0.9)), None);
        assert_eq!(by(person(0.9, 0.9)), Some(Filter::Mask));
        assert_eq!(by(person(0.1, 0.9)), Some(Filter::Mask));
        assert_eq!(by(car(0.5, 0.9)), Some(Filter::Height), "0.2 of the picture");
        assert_eq!(by(person(0.5, 0.6)), Some(Filter::Horizon), "9 m tall");
        let speck = Detection { box_in_frame: BBox::new(0.5, 0.7, 0.501, 0.72), ..person(0.5, 0.5) };
        assert_eq!(by(speck), Some(Filter::Implausible));
    }

    #[test]
    fn a_mask_of_some_classes_hides_no_others() {
        let mut plan = plan();
        let everywhere = rectangle(0.0, 0.0, 1.0, 1.0);
        plan.class_masks.push(ClassMask { polygon: everywhere, classes: vec![Class::PERSON] });
        assert_eq!(plan.left_out_by(&person(0.5, 0.9), &[]), Some(Filter::Mask));
        assert_eq!(plan.left_out_by(&car(0.5, 0.9), &[]), None);
    }

    #[test]
    fn who_stands_behind_a_car_is_not_too_small() {
        let mut plan = plan();
        plan.heights.insert(Class::PERSON, HeightLimits { min: 0.25, max: 1.0 });
        let head = Detection { box_in_frame: BBox::new(0.45, 0.45, 0.55, 0.62), ..person(0.0, 0.0) };
        assert_eq!(plan.left_out_by(&head, &[head]), Some(Filter::Height));
        assert_eq!(plan.left_out_by(&head, &[head, car(0.5, 0.8)]), None);
    }

    #[test]
    fn counts_read_as_a_list() {
        let mut counts = LeftOut::default();
        assert!(counts.is_empty() && counts.to_string().is_empty());
        for filter in [Filter::Mask, Filter::Horizon, Filter::Mask, Filter::Furniture] {
            counts.count(filter);
        }
        assert_eq!(counts.to_string(), "2 in masks, 1 by the horizon, 1 as furniture");
        assert_eq!((counts.by(Filter::Mask), counts.by(Filter::Height)), (2, 0));
    }
}
