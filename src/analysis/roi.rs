//! Selects the region of interest: the part of a picture that is inferred a second time, enlarged.
//!
//! A network sees the whole picture a few hundred pixels wide, so somebody far away is a few pixels tall to it and not
//! found. Where something moved that nothing found explains, that part is looked at once more, enlarged. What only a
//! closer look shows is remembered, because the next look at the whole will not show it either.
//!
//! A network that is shown a bare wall or a bin from near sees smoke and people in them, so only people and vehicles
//! count, and only those that moved. Movement that turns out to be nothing (leaves, water) costs a closer look now and
//! then. Pure: says where to look and takes what was seen. Must never make a box larger or surer than it was seen.

use std::time::Duration;

use super::detection::{Class, Detection};
use super::geometry::BBox;
use super::motion_detector::MotionDetector;
use super::time::Moment;
use super::tracker::is_same_kind;

/// A part larger than this, in either direction, is not worth it: it would be enlarged less than twice.
const LARGEST: f32 = 0.5;
/// And none is smaller than this: what is around somebody helps to find them.
const SMALLEST: f32 = 0.25;
/// Nor has it fewer pixels than this in either direction, or nothing is there to be seen.
const FEWEST_PIXELS: f32 = 160.0;
/// A part reaches beyond what moved by this much of its size, on each side.
const MARGIN: f32 = 0.5;
/// Boxes of one kind that overlap this much are the same thing.
const SAME: f32 = 0.3;
/// And so is one that lies in the other by this much: the whole of somebody of whom the rest was found, or a part.
const INSIDE: f32 = 0.7;
/// A box this close to an edge of the part may be cut off there.
const CUT: f32 = 0.004;
/// What was seen from near and has not moved since is looked at again after this.
const AGAIN_AFTER: Duration = Duration::from_secs(5);
/// Somebody far away is less than this of the part; what fills it is its background, taken for something.
const MOST_OF_PART: f32 = 0.5;
/// After so many closer looks in a row that showed nothing new,
const FRUITLESS: u32 = 3;
/// the next one comes no sooner than this.
const PAUSE: Duration = Duration::from_secs(5);

/// What is far away in one camera's picture.
#[derive(Debug, Default)]
pub(crate) struct RoiSelector {
    far: Vec<DistantObject>,
    fruitless: u32,
    latest: Option<Moment>,
}

#[derive(Debug, Clone, Copy)]
struct DistantObject {
    detection: Detection,
    seen_at: Moment,
}

impl RoiSelector {
    /// The part of the picture to look at more closely, given what the whole shows and what was found before; what is
    /// known to be still there is added to `found`. `size` is the picture's, in pixels.
    pub(crate) fn part(
        &mut self,
        movement: &mut MotionDetector,
        size: (usize, usize),
        at: Moment,
        before: &[Detection],
        found: &mut Vec<Detection>,
    ) -> Option<BBox> {
        self.far.retain(|far| !found.iter().any(|near| is_same(&far.detection, near)));
        let mut again = None;
        let mut moved = Vec::new();
        self.far.retain(|far| {
            let has_changed = movement.has_changed_in(&far.detection.box_in_frame);
            if has_changed {
                moved.push(far.detection.box_in_frame);
            } else {
                found.push(far.detection);
                if at.since(far.seen_at) >= AGAIN_AFTER {
                    again = Some(far.detection.box_in_frame);
                }
            }
            !has_changed
        });
        let explained = found.iter().chain(before).map(|d| d.box_in_frame);
        // Where somebody far away was, the part must show where they are now.
        let explained = explained.filter(|b| !moved.iter().any(|far| far.iou(b) >= SAME));
        // Who was known and moved is looked for first, and whatever else was looked at in vain.
        let known = moved.iter().copied();
        let part = part_of(known.chain(movement.unexplained(explained)).chain(again), size)?;
        let is_tired = self.fruitless >= FRUITLESS && moved.is_empty();
        if is_tired && self.latest.is_some_and(|latest| at.since(latest) < PAUSE) {
            return None;
        }
        self.latest = Some(at);
        Some(part)
    }

    /// Adds to `found` what the closer look at a part showed that was not found before. `movement` is that of the picture
    /// for which the part was asked.
    pub(crate) fn seen(
        &mut self,
        part: &BBox,
        movement: &MotionDetector,
        at: Moment,
        near: &[Detection],
        found: &mut Vec<Detection>,
    ) {
        // A person who was there and is seen no more has gone, or was none.
        let (looked_at, others) =
            self.far.drain(..).partition::<Vec<_>, _>(|far| contains(part, &far.detection.box_in_frame));
        self.far = others;
        found.retain(|known| !looked_at.iter().any(|far| far.detection == *known));
        let mut is_fruitful = false;
        for one in near.iter().filter(|one| is_credible(part, one)) {
            let has_moved = movement.has_changed_in(&one.box_in_frame);
            let was_known = looked_at.iter().any(|far| is_same(&far.detection, one));
            if (has_moved || was_known) && !found.iter().any(|known| is_same(known, one)) {
                found.push(*one);
                self.far.push(DistantObject { detection: *one, seen_at: at });
                is_fruitful = true;
            }
        }
        self.fruitless = if is_fruitful { 0 } else { self.fruitless.saturating_add(1) };
    }

    /// Forgets what is far away, for a picture of another form.
    pub(crate) fn forget(&mut self) {
        self.far.clear();
    }
}

fn is_same(a: &Detection, b: &Detection) -> bool {
    let (a_box, b_box) = (&a.box_in_frame, &b.box_in_frame);
    let common = a_box.intersection(b_box).map_or(0.0, |common| common.area());
    is_same_kind(a.class, b.class)
        && (a_box.iou(b_box) >= SAME || common >= INSIDE * a_box.area().min(b_box.area()))
}

fn contains(part: &BBox, b: &BBox) -> bool {
    part.x0 <= b.x0 && part.y0 <= b.y0 && part.x1 >= b.x1 && part.y1 >= b.y1
}

/// Whether it can be somebody, or a vehicle, of whom the whole is seen.
fn is_credible(part: &BBox, one: &Detection) -> bool {
    let is_kind = !matches!(one.class, Class::FACE | Class::FIRE | Class::SMOKE);
    let b = &one.box_in_frame;
    is_kind && !is_cut(part, b) && b.area() <= MOST_OF_PART * part.area()
}

/// Cut off at an edge of the part that is none of the picture.
fn is_cut(part: &BBox, b: &BBox) -> bool {
    (b.x0 - part.x0 < CUT && part.x0 > CUT)
        || (b.y0 - part.y0 < CUT && part.y0 > CUT)
        || (part.x1 - b.x1 < CUT && part.x1 < 1.0 - CUT)
        || (part.y1 - b.y1 < CUT && part.y1 < 1.0 - CUT)
}

/// A part around the first place that is small enough, and around as many of the others as fit in with it.
fn part_of(places: impl Iterator<Item = BBox>, (width, height): (usize, usize)) -> Option<BBox> {
    let least = |pixels: usize| SMALLEST.max(FEWEST_PIXELS / pixels.max(1) as f32);
    let (least_w, least_h) = (least(width), least(height));
    if least_w > LARGEST || least_h > LARGEST {
        return None;
    }
    let with_margin = |place: BBox| place.grown(place.width() * MARGIN, place.height() * MARGIN);
    let fits = |part: &BBox| part.width() <= LARGEST && part.height() <= LARGEST;
    let part = places.map(with_margin).filter(fits).reduce(|part, place| {
        let both = part.hull(&place);
        if fits(&both) { both } else { part }
    })?;
    let (w, h) = (part.width().max(least_w), part.height().max(least_h));
    let centre = part.centre();
    let x0 = (centre.x - w / 2.0).clamp(0.0, 1.0 - w);
    let y0 = (centre.y - h / 2.0).clamp(0.0, 1.0 - h);
    Some(BBox::new(x0, y0, x0 + w, y0 + h))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::motion_detector::{COLUMNS, ROWS};
    use crate::analysis::time::Timestamp;

    const FULL_HD: (usize, usize) = (1920, 1080);

    fn at(secs: f64) -> Moment {
        Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_secs_f64(secs))
    }

    fn person(x: f32, y: f32) -> Detection {
        Detection { class: Class::PERSON, score: 0.6, box_in_frame: BBox::new(x, y, x + 0.02, y + 0.06) }
    }

    /// A grey street in which something dark stands at each place, after a look at it without them.
    fn movement(dark: &[(f32, f32)]) -> MotionDetector {
        let mut movement = MotionDetector::new();
        movement.grid_mut().fill(120);
        movement.has_moved();
        movement.take_as_reference();
        movement.grid_mut().fill(120);
        for (x, y) in dark {
            let (left, top) = ((x * COLUMNS as f32) as usize, (y * ROWS as f32) as usize);
            for row in top..top + 6 {
                movement.grid_mut()[row * COLUMNS + left..][..3].fill(40);
            }
        }
        movement.has_moved();
        movement
    }

    #[test]
    fn movement_that_nothing_explains_is_looked_at_from_near() {
        let mut closer = RoiSelector::default();
        let mut found = Vec::new();
        let mut moved = movement(&[(0.70, 0.30)]);
        let part = closer.part(&mut moved, FULL_HD, at(0.0), &[], &mut found).expect("a part");
        assert!(part.x0 < 0.69 && part.x1 > 0.73 && part.width() <= 0.5, "{part:?}");
        closer.seen(&part, &moved, at(0.0), &[person(0.70, 0.30)], &mut found);
        assert_eq!(found, [person(0.70, 0.30)]);
        let mut explained = vec![person(0.70, 0.30)];
        let part = RoiSelector::default().part(
            &mut movement(&[(0.70, 0.30)]),
            FULL_HD,
            at(0.0),
            &[],
            &mut explained,
        );
        assert_eq!(part, None, "the whole showed them");
    }

    #[test]
    fn who_stands_still_far_away_stays_known_and_is_looked_at_again_in_time() {
        let mut closer = RoiSelector::default();
        let mut found = Vec::new();
        let mut moved = movement(&[(0.70, 0.30)]);
        let part = closer.part(&mut moved, FULL_HD, at(0.0), &[], &mut found).expect("a part");
        closer.seen(&part, &moved, at(0.0), &[person(0.70, 0.30)], &mut found);
        // Somebody else is near, found, and keeps the picture moving.
        let near = Detection { box_in_frame: BBox::new(0.1, 0.4, 0.16, 0.52), ..person(0.0, 0.0) };
        let mut looked_again = None;
        for tenth in 2..80 {
            let now = at(f64::from(tenth) / 10.0);
            let mut found = vec![near];
            let mut moved = movement(&[(0.12, 0.42)]);
            let part = closer.part(&mut moved, FULL_HD, now, &[near], &mut found);
            assert!(found.contains(&person(0.70, 0.30)), "at {tenth}");
            if let Some(part) = part {
                looked_again = Some(tenth);
                closer.seen(&part, &moved, now, &[], &mut found);
                assert_eq!(found, [near], "they had gone without a sign");
                break;
            }
        }
        assert_eq!(looked_again, Some(50));
    }

    #[test]
    fn who_walks_far_away_is_followed_by_closer_looks() {
        let mut closer = RoiSelector::default();
        let mut before = Vec::new();
        for step in 0..10 {
            let x = 0.5 + 0.02 * step as f32;
            let mut found = Vec::new();
            let mut places = vec![(x, 0.3)];
            // Where they were has changed as well.
            places.extend((step > 0).then_some((x - 0.02, 0.3)));
            let (mut moved, now) = (movement(&places), at(f64::from(step) * 0.2));
            let part = closer.part(&mut moved, FULL_HD, now, &before, &mut found);
            let part = part.unwrap_or_else(|| panic!("step {step}"));
            assert!(contains(&part, &person(x, 0.3).box_in_frame), "step {step}: {part:?}");
            closer.seen(&part, &moved, now, &[person(x, 0.3)], &mut found);
            assert_eq!(found, [person(x, 0.3)], "step {step}");
            before = found;
        }
    }

    #[test]
    fn leaves_are_looked_at_now_and_then_only() {
        let mut closer = RoiSelector::default();
        let mut looks = 0;
        for tenth in (0..200).step_by(2) {
            let now = at(f64::from(tenth) / 10.0);
            let mut found = Vec::new();
            let mut moved = movement(&[(0.2, 0.2)]);
            if let Some(part) = closer.part(&mut moved, FULL_HD, now, &[], &mut found) {
                looks += 1;
                closer.seen(&part, &moved, now, &[], &mut found);
            }
        }
        assert_eq!(looks, 3 + 3, "three at once, then one every five of twenty seconds");
    }

    #[test]
    fn leaves_do_not_hide_somebody_who_is_known_and_starts_to_walk() {
        let mut closer = RoiSelector::default();
        let mut found = Vec::new();
        let mut moved = movement(&[(0.70, 0.30)]);
        let part = closer.part(&mut moved, FULL_HD, at(0.0), &[], &mut found).expect("a part");
        closer.seen(&part, &moved, at(0.0), &[person(0.70, 0.30)], &mut found);
        for tenth in [2, 4, 6] {
            let (mut leaves, mut found) = (movement(&[(0.1, 0.8)]), Vec::new());
            let now = at(f64::from(tenth) / 10.0);
            let part = closer.part(&mut leaves, FULL_HD, now, &[], &mut found).expect("a part");
            closer.seen(&part, &leaves, now, &[], &mut found);
        }
        let mut both = movement(&[(0.1, 0.8), (0.13, 0.8), (0.70, 0.30), (0.72, 0.30)]);
        let part = closer.part(&mut both, FULL_HD, at(0.8), &[], &mut Vec::new());
        assert!(part.is_some_and(|part| contains(&part, &person(0.70, 0.30).box_in_frame)), "{part:?}");
    }

    /// What a closer look at the middle right of a street adds, where something dark stands at (0.62, 0.30).
    fn added(known: &[Detection], near: Detection) -> Vec<Detection> {
        let mut found = known.to_vec();
        let part = BBox::new(0.5, 0.2, 0.8, 0.5);
        RoiSelector::default().seen(&part, &movement(&[(0.62, 0.30)]), at(0.0), &[near], &mut found);
        found.split_off(known.len())
    }

    #[test]
    fn only_what_moved_and_can_be_somebody_counts() {
        let like = |x0, y0, x1, y1| Detection { box_in_frame: BBox::new(x0, y0, x1, y1), ..person(0.0, 0.0) };
        let walker = like(0.62, 0.30, 0.64, 0.37);
        assert_eq!(added(&[], walker), [walker]);
        assert_eq!(added(&[], like(0.70, 0.30, 0.72, 0.37)), [], "a bin stands still");
        assert_eq!(added(&[], Detection { class: Class::SMOKE, ..walker }), [], "a bare wall");
        assert_eq!(added(&[], like(0.51, 0.21, 0.79, 0.49)), [], "the ground, which fills the part");
        assert_eq!(added(&[], like(0.50, 0.28, 0.64, 0.37)), [], "cut off");
        assert_eq!(added(&[like(0.60, 0.27, 0.66, 0.50)], walker), [], "a part of somebody who was found");
    }

    #[test]
    fn a_part_holds_as_many_places_as_fit_and_is_neither_too_large_nor_too_small() {
        let part = |places: &[BBox], size| part_of(places.iter().copied(), size);
        let (left, right) = (BBox::new(0.10, 0.3, 0.12, 0.36), BBox::new(0.40, 0.3, 0.42, 0.36));
        let both = part(&[left, right], FULL_HD).expect("a part");
        assert!(contains(&both, &left) && contains(&both, &right) && both.width() < 0.4, "{both:?}");
        let far = BBox::new(0.90, 0.3, 0.92, 0.36);
        let first = part(&[left, far, right], FULL_HD).expect("a part");
        assert_eq!(first, both, "what does not fit is left out, what fits after it is not");
        let large = BBox::new(0.1, 0.1, 0.5, 0.3);
        assert_eq!(part(&[large], FULL_HD), None);
        assert!(part(&[large, far], FULL_HD).is_some_and(|part| contains(&part, &far)));
        assert_eq!(part(&[left], (320, 240)), None, "there are no more pixels in it");
        let corner = part(&[BBox::new(0.97, 0.95, 1.0, 1.0)], FULL_HD).expect("a part");
        assert!(corner.x1 <= 1.0 && corner.y1 <= 1.0 && corner.width() >= 0.25);
    }
}
