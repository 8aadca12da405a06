//! The full box of a thing, as if nothing stood before it, next to the visible one that a detector gives.
//!
//! Somebody walks past in front of a parked car, a bus stops before somebody who waits: the visible box loses an edge
//! for a second or a minute, the other edges stay where they were. That is neither a new place nor movement, and
//! a person who stands there has not left the zone because a hedge or a bonnet hides the feet. (CrowdHuman, Shao et al. 2018,
//! labels people with both boxes.)
//!
//! Only what stands still keeps a full box that is larger than what is seen of it: of something that moves, nobody
//! knows whether it is hidden or turns.

use super::geometry::BBox;
use super::kalman::common_shift;

/// A visible box with less than this part of the full one is partly hidden; what is above is a detector's jitter.
const WHOLE: f32 = 0.8;
/// Less than this part of it says nothing about which thing it is.
const SLIVER: f32 = 0.1;
/// How far an edge may be from where it was and still be there, in own sizes: three times a detector's jitter, as boxes
/// of half a thing are worse.
const EDGE_STAYS: f32 = 0.15;
/// So many seconds after a thing became smaller for good, with nothing before the rest of it, this is its size: longer
/// than a bus stands at a stop.
const FORGOTTEN_AFTER_SECS: f32 = 60.0;
/// What is not seen of a thing is behind others that cover this part of it: people have gaps between them (a guess).
const COVERED: f32 = 0.3;
/// A side that is not hidden is there within a detector's jitter, in own sizes.
const SIDE_STAYS: f32 = 0.06;
/// What stands before a vehicle and within its box is smaller than this part of it; what is larger may be the same vehicle
/// named twice.
const SMALLER: f32 = 0.5;
/// Less than this part of a vehicle may be any window of what passes before it.
const GOOD_PART: f32 = 0.15;
/// Smaller all round: the side that lost less lost at least this part of what the other lost.
const ALL_ROUND: f32 = 0.5;
/// So near to the picture's border an edge is where the picture cuts the thing, not where the thing ends.
const AT_BORDER: f32 = 0.005;
/// Time constant, in seconds, with which a box is followed that becomes smaller in width and height alike: somebody who
/// walks off shrinks, nobody hides them.
const SHRINKS_OVER_SECS: f32 = 1.0;
/// The same for a single edge that draws in: slower than anything comes before a thing.
const EDGE_OVER_SECS: f32 = 60.0;
/// Part of a step outwards, within a detector's jitter, that is followed at each look.
const JITTER_GAIN: f32 = 0.25;

/// Whether an edge is where the thing ends, not where the picture does.
fn is_free(edge: f32) -> bool {
    (AT_BORDER..=1.0 - AT_BORDER).contains(&edge)
}

/// The full box of one thing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FullBox {
    b: BBox,
    /// For so many seconds less than it has been seen and nothing stood before the rest, those taken off again in which
    /// something did.
    smaller_for_secs: f32,
}

impl FullBox {
    /// The full box of a thing that is seen for the first time.
    pub(super) fn first_seen(visible: &BBox) -> Self {
        FullBox { b: *visible, smaller_for_secs: 0.0 }
    }

    /// The box.
    pub(super) fn get(&self) -> &BBox {
        &self.b
    }

    /// Whether that is what is left to see of it while something stands before it: no larger anywhere, clearly
    /// smaller, and one edge at least stays in each direction.
    pub(super) fn is_partly_hidden_as(&self, visible: &BBox) -> bool {
        let (full, seen) = (&self.b, visible);
        // Most pairs that are compared end here, before anything is computed of their edges.
        let (part, whole) = (seen.area(), full.area());
        if part >= WHOLE * whole || part < SLIVER * whole {
            return false;
        }
        // Where the picture ends on a side, whatever comes in or leaves there ends as well.
        let keeps_a_side = |was: f32, is: f32| is_free(is) && self.stays(was, is);
        let keeps_an_edge = (keeps_a_side(full.x0, seen.x0) || keeps_a_side(full.x1, seen.x1))
            && (self.stays(full.y0, seen.y0) || self.stays(full.y1, seen.y1));
        keeps_an_edge
            && self.has_piece(visible)
            && (!self.shrank_all_round(visible) || self.stands_at_the_same_corner(visible))
    }

    /// Whether a box lies within it, a detector's jitter aside.
    pub(super) fn encloses(&self, other: &BBox) -> bool {
        let slack = self.slack();
        let BBox { x0, y0, x1, y1 } = self.b.grown(slack, slack);
        other.x0 >= x0 && other.y0 >= y0 && other.x1 <= x1 && other.y1 <= y1
    }

    /// Whether a box shows a piece of it: within it and clearly smaller.
    pub(super) fn has_piece(&self, other: &BBox) -> bool {
        self.encloses(other) && other.area() < WHOLE * self.b.area()
    }

    /// How far an edge may be from where it was and still be there.
    fn slack(&self) -> f32 {
        EDGE_STAYS * self.b.size()
    }

    fn stays(&self, was: f32, is: f32) -> bool {
        (was - is).abs() <= self.slack()
    }

    /// Whether it ends below and on one side where it did. What goes away takes its foot with it, as the horizon lies
    /// above the ground: what keeps it is hidden, down to a corner. What ends at the picture's border may be leaving
    /// there.
    fn stands_at_the_same_corner(&self, visible: &BBox) -> bool {
        let stays = |was: f32, is: f32| is_free(is) && self.stays(was, is);
        let (full, seen) = (&self.b, visible);
        stays(full.y1, seen.y1) && (stays(full.x0, seen.x0) || stays(full.x1, seen.x1))
    }

    /// Whether width and height have both become smaller, neither much less than the other: farther away, not hidden.
    fn shrank_all_round(&self, visible: &BBox) -> bool {
        let width = visible.width() / self.b.width().max(f32::MIN_POSITIVE);
        let height = visible.height() / self.b.height().max(f32::MIN_POSITIVE);
        1.0 - width.max(height) >= ALL_ROUND * (1.0 - width.min(height))
    }

    /// Whether a box ends on one side just where it does and shows a good part of it: a part of a vehicle that is seen
    /// from a corner, behind somebody who stands before its middle. What drives off takes both sides with it.
    pub(super) fn ends_at_a_side_as(&self, visible: &BBox) -> bool {
        let jitter = SIDE_STAYS * self.b.size();
        let stays = |was: f32, is: f32| is_free(is) && (was - is).abs() <= jitter;
        self.has_piece(visible)
            && visible.area() >= GOOD_PART * self.b.area()
            && (stays(self.b.x0, visible.x0) || stays(self.b.x1, visible.x1))
    }

    /// Whether others stand before what a box leaves out of it. What is nearer to the camera stands lower in the picture:
    /// lower than the middle is enough, as the tail of a car that is seen from a corner stands higher than its front.
    pub(super) fn is_rest_behind<'a>(&self, visible: &BBox, others: impl Iterator<Item = &'a BBox>) -> bool {
        let area = |b: Option<BBox>| b.map_or(0.0, |b| b.area());
        let rest = self.b.area() - area(self.b.intersection(visible));
        let middle = self.b.centre().y;
        let covered: f32 = others
            .filter(|other| other.y1 >= middle)
            .filter_map(|other| other.intersection(&self.b))
            .map(|common| common.area() - area(common.intersection(visible)))
            .sum();
        rest > 0.0 && covered >= COVERED * rest
    }

    /// Whether a box reaches clearly lower than it: what stands there stands nearer to the camera.
    pub(super) fn ends_above(&self, other: &BBox) -> bool {
        other.y1 - self.b.y1 > SIDE_STAYS * self.b.size()
    }

    /// Whether a much smaller box lies in it clear of both sides and of the top. A part of it that others leave to see
    /// ends where it does.
    pub(super) fn surrounds(&self, other: &BBox) -> bool {
        let jitter = SIDE_STAYS * self.b.size();
        other.x0 - self.b.x0 > jitter
            && self.b.x1 - other.x1 > jitter
            && other.y0 - self.b.y0 > jitter
            && other.area() < SMALLER * self.b.area()
    }

    /// Takes in what is seen `dt` seconds later, whether that is what is left to see of it (`shows`), and whether others
    /// stand before the rest (`is_covered`). Returns whether it is hidden in part.
    pub(super) fn look(
        &mut self,
        dt: f32,
        visible: &BBox,
        is_still: bool,
        shows: bool,
        is_covered: bool,
    ) -> bool {
        let is_hidden = is_still && shows;
        self.smaller_for_secs = match is_hidden {
            false => 0.0,
            true if is_covered => (self.smaller_for_secs - dt).max(0.0),
            true => self.smaller_for_secs + dt,
        };
        if is_hidden && self.smaller_for_secs < FORGOTTEN_AFTER_SECS {
            return true;
        }
        if is_hidden || !is_still {
            *self = FullBox::first_seen(visible);
            return false;
        }
        // What moves both edges moves the thing; what is seen beyond an edge belongs to it; a single edge that draws
        // in is followed slowly, so that something that comes before the thing bit by bit hides it.
        let (dx, dy) = common_shift(&self.b, visible);
        let secs = if self.shrank_all_round(visible) { SHRINKS_OVER_SECS } else { EDGE_OVER_SECS };
        let inwards = 1.0 - (-dt / secs).exp();
        let slack = self.slack();
        let follow = |was: f32, is: f32, outwards: f32| {
            let gain = match outwards {
                out if out > slack => 1.0,
                out if out > 0.0 => JITTER_GAIN,
                _ => inwards,
            };
            was + gain * (is - was)
        };
        let low = |was: f32, is: f32| follow(was, is, was - is);
        let high = |was: f32, is: f32| follow(was, is, is - was);
        self.b = BBox {
            x0: low(self.b.x0 + dx, visible.x0),
            y0: low(self.b.y0 + dy, visible.y0),
            x1: high(self.b.x1 + dx, visible.x1),
            y1: high(self.b.y1 + dy, visible.y1),
        };
        self.is_partly_hidden_as(visible)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAR: BBox = BBox { x0: 0.4, y0: 0.5, x1: 0.7, y1: 0.7 };

    /// A fifth of a second later, standing still.
    fn look(full: &mut FullBox, visible: &BBox) -> bool {
        full.look(0.2, visible, true, full.is_partly_hidden_as(visible), false)
    }

    #[test]
    fn an_edge_that_is_hidden_bit_by_bit_belongs_to_the_thing_all_the_same() {
        let sides: [fn(f32) -> BBox; 4] = [
            |part| BBox { x0: CAR.x0 + part * CAR.width(), ..CAR },
            |part| BBox { x1: CAR.x1 - part * CAR.width(), ..CAR },
            |part| BBox { y0: CAR.y0 + part * CAR.height(), ..CAR },
            |part| BBox { y1: CAR.y1 - part * CAR.height(), ..CAR },
        ];
        for side in sides {
            let mut full = FullBox::first_seen(&CAR);
            for step in 0..=12 {
                look(&mut full, &side(0.06 * step as f32));
                assert!(full.get().iou(&CAR) > 0.9, "step {step}: {full:?}");
            }
            assert!(full.is_partly_hidden_as(&side(0.72)));
            look(&mut full, &CAR);
            assert!(full.get().iou(&CAR) > 0.9, "it is seen whole again: {full:?}");
        }
    }

    #[test]
    fn what_comes_out_from_behind_something_grows() {
        let half = BBox { x0: 0.55, ..CAR };
        let mut full = FullBox::first_seen(&half);
        look(&mut full, &CAR);
        assert_eq!(*full.get(), CAR);
    }

    #[test]
    fn what_moves_on_or_away_is_not_hidden() {
        let moved = BBox { x0: CAR.x0 + 0.1, x1: CAR.x1 + 0.1, ..CAR };
        let smaller_all_round = CAR.grown(-0.04, -0.04 * 2.0 / 3.0);
        let elsewhere = BBox { x0: 0.1, x1: 0.2, ..CAR };
        let full = FullBox::first_seen(&CAR);
        for other in [moved, smaller_all_round, elsewhere, CAR, CAR.grown(0.05, 0.05)] {
            assert!(!full.is_partly_hidden_as(&other), "{other:?}");
        }
        let mut full = FullBox::first_seen(&CAR);
        look(&mut full, &moved);
        assert!(full.get().iou(&moved) > 0.99, "{full:?}");
    }

    #[test]
    fn what_stays_small_is_as_small_as_that_in_the_end() {
        let half = BBox { x0: 0.55, ..CAR };
        let mut full = FullBox::first_seen(&CAR);
        for _ in 0..250 {
            look(&mut full, &half);
        }
        assert_eq!(*full.get(), CAR, "50 s later");
        for _ in 0..60 {
            look(&mut full, &half);
        }
        assert_eq!(*full.get(), half, "62 s later");
    }

    #[test]
    fn what_others_stand_before_is_as_large_as_before_however_long_they_do() {
        let half = BBox { x0: 0.55, ..CAR };
        let people = BBox { x0: 0.35, y0: 0.3, x1: 0.55, y1: 0.75 };
        // The detector loses them in two looks of five, or they pass every ten seconds.
        for (every, seen, stays) in [(5, 3, true), (50, 10, false)] {
            let mut full = FullBox::first_seen(&CAR);
            for step in 0..1500 {
                let shows = full.is_partly_hidden_as(&half);
                let others = (step % every < seen).then_some(people);
                let is_covered = full.is_rest_behind(&half, others.iter());
                full.look(0.2, &half, true, shows, is_covered);
            }
            assert_eq!(*full.get(), if stays { CAR } else { half }, "seen in {seen} looks of {every}");
        }
    }

    #[test]
    fn only_what_is_nearer_and_before_a_good_part_of_the_rest_hides_it() {
        let full = FullBox::first_seen(&CAR);
        let half = BBox { x0: 0.55, ..CAR };
        for (what, others, is_behind) in [
            ("nobody", vec![], false),
            ("two before it", vec![BBox::new(0.42, 0.4, 0.46, 0.72), BBox::new(0.47, 0.4, 0.51, 0.74)], true),
            ("one before its tail, higher up", vec![BBox::new(0.42, 0.35, 0.52, 0.64)], true),
            ("one behind it", vec![BBox::new(0.4, 0.35, 0.55, 0.57)], false),
            ("one before what is seen", vec![BBox::new(0.58, 0.4, 0.68, 0.75)], false),
            ("one beside it", vec![BBox::new(0.3, 0.4, 0.42, 0.75)], false),
        ] {
            assert_eq!(full.is_rest_behind(&half, others.iter()), is_behind, "{what}");
        }
        assert!(!full.is_rest_behind(&CAR, [CAR].iter()), "nothing is missing of it");
    }

    #[test]
    fn what_stands_before_it_stands_lower_or_clear_of_its_edges() {
        const BUS: BBox = BBox { x0: 0.2, y0: 0.3, x1: 0.8, y1: 0.7 };
        let full = FullBox::first_seen(&BUS);
        for (what, other, is_lower, is_clear) in [
            ("a car before it", BBox::new(0.4, 0.55, 0.6, 0.74), true, true),
            ("a car before its far end", BBox::new(0.4, 0.5, 0.6, 0.68), false, true),
            ("a car before its corner", BBox::new(0.2, 0.55, 0.4, 0.74), true, false),
            ("its front", BBox::new(0.2, 0.32, 0.4, 0.71), false, false),
            ("its tail", BBox::new(0.6, 0.4, 0.79, 0.65), false, false),
            ("its roof and windows", BBox::new(0.3, 0.31, 0.7, 0.5), false, false),
            ("itself, named twice", BBox::new(0.24, 0.34, 0.76, 0.69), false, false),
        ] {
            assert_eq!((full.ends_above(&other), full.surrounds(&other)), (is_lower, is_clear), "{what}");
        }
    }

    #[test]
    fn somebody_who_walks_off_becomes_smaller_and_is_not_hidden() {
        let at = |secs: f32| {
            BBox::from_centre(
                0.5,
                0.3 + 0.2 / (1.0 + 0.14 * secs),
                0.13 / (1.0 + 0.14 * secs),
                0.4 / (1.0 + 0.14 * secs),
            )
        };
        let mut full = FullBox::first_seen(&at(0.0));
        for step in 1..60 {
            let seen = at(0.2 * step as f32);
            look(&mut full, &seen);
            assert!(!full.is_partly_hidden_as(&seen), "step {step}: {full:?} {seen:?}");
        }
    }

    #[test]
    fn a_car_hidden_down_to_a_lower_corner_is_hidden_and_keeps_its_full_box() {
        // A car in a street of which a walker leaves the front, less of it, and the tail.
        const FULL: BBox = BBox { x0: 0.494, y0: 0.410, x1: 0.763, y1: 0.818 };
        let mut full = FullBox::first_seen(&FULL);
        for seen in [
            BBox { x0: 0.558, y0: 0.447, x1: 0.777, y1: 0.808 },
            BBox { x0: 0.590, y0: 0.459, x1: 0.774, y1: 0.812 },
            BBox { x0: 0.650, y0: 0.543, x1: 0.769, y1: 0.814 },
            BBox { x0: 0.499, y0: 0.425, x1: 0.671, y1: 0.768 },
            BBox { x0: 0.493, y0: 0.439, x1: 0.699, y1: 0.772 },
        ] {
            assert!(full.is_partly_hidden_as(&seen) && full.has_piece(&seen), "{seen:?}");
            look(&mut full, &seen);
            assert_eq!(*full.get(), FULL, "after {seen:?}");
        }
    }

    #[test]
    fn what_keeps_an_upper_corner_or_one_at_the_border_is_not_hidden() {
        // Towards a vanishing point at its upper left.
        let full = FullBox::first_seen(&CAR);
        assert!(!full.is_partly_hidden_as(&BBox { x1: 0.58, y1: 0.62, ..CAR }));
        // Out of the picture: its foot and the side on which it leaves are where the picture ends.
        for (at_border, seen) in [
            (BBox { y1: 1.0, ..CAR }, BBox { x0: 0.55, x1: 0.7, y0: 0.75, y1: 1.0 }),
            (BBox { x0: 0.0, ..CAR }, BBox { x0: 0.0, x1: 0.4, y0: 0.6, y1: 0.7 }),
            (BBox { x1: 1.0, ..CAR }, BBox { x0: 0.7, x1: 1.0, y0: 0.6, y1: 0.7 }),
            // As tall as before, so that only the border says that it may be leaving, or another one be coming in.
            (BBox { x0: 0.0, ..CAR }, BBox { x0: 0.0, x1: 0.4, ..CAR }),
            (BBox { x1: 1.0, ..CAR }, BBox { x0: 0.7, x1: 1.0, ..CAR }),
        ] {
            assert!(!FullBox::first_seen(&at_border).is_partly_hidden_as(&seen), "{seen:?}");
        }
    }

    #[test]
    fn a_part_of_a_vehicle_ends_at_a_side_of_it() {
        let full = FullBox::first_seen(&CAR);
        for (seen, is_part) in [
            // The middle is hidden: the tail, higher up in the picture than the front, and the front.
            (BBox { x0: 0.405, y0: 0.53, x1: 0.55, y1: 0.64 }, true),
            (BBox { x0: 0.55, y0: 0.55, x1: 0.695, y1: 0.69 }, true),
            // Farther away, a window, beside it, at the picture's border.
            (CAR.grown(-0.06, -0.04), false),
            (BBox { x0: 0.405, y0: 0.53, x1: 0.45, y1: 0.6 }, false),
            (BBox { x0: 0.3, x1: 0.5, ..CAR }, false),
        ] {
            assert_eq!(full.ends_at_a_side_as(&seen), is_part, "{seen:?}");
        }
        let at_border = FullBox::first_seen(&BBox { x0: 0.0, x1: 0.3, ..CAR });
        assert!(!at_border.ends_at_a_side_as(&BBox { x0: 0.0, y0: 0.53, x1: 0.15, y1: 0.64 }));
    }

    #[test]
    fn it_encloses_what_lies_within_and_a_piece_is_clearly_smaller() {
        let full = FullBox::first_seen(&CAR);
        let slack = 0.14 * CAR.size();
        for (other, is_enclosed, is_piece) in [
            (CAR, true, false),
            (CAR.grown(slack, slack), true, false),
            (CAR.grown(1.1 * EDGE_STAYS * CAR.size(), 0.0), false, false),
            (CAR.grown(-0.05, -0.04), true, true),
            (BBox { x0: 0.6, y0: 0.6, ..CAR }, true, true),
            (BBox { x0: 0.65, x1: 0.85, ..CAR }, false, false),
            (BBox { x0: 0.1, x1: 0.2, ..CAR }, false, false),
        ] {
            assert_eq!((full.encloses(&other), full.has_piece(&other)), (is_enclosed, is_piece), "{other:?}");
        }
    }

    #[test]
    fn something_that_moves_is_as_large_as_it_is_seen() {
        let mut full = FullBox::first_seen(&CAR);
        let half = BBox { x0: 0.55, ..CAR };
        full.look(0.2, &half, false, true, false);
        assert_eq!(*full.get(), half);
    }
}
