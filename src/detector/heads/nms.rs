//! Greedy non-maximum suppression per class: of boxes that overlap much, the one that scores highest stays.

use super::Candidate;
use crate::analysis::geometry::BBox;

/// Candidates that are compared at all, highest scores first: bounds the work where a network puts out
/// rubbish. A crowded square has some hundreds.
const MOST_CANDIDATES: usize = 1000;
/// Boxes that stay, highest scores first. COCO's evaluation takes 100; a plaza may hold more.
const MOST_BOXES: usize = 300;

/// A rider is found at the machine's place, too, and the machine at the rider's. Where a second class and a box of that
/// class with a place of its own overlap by this part of the smaller one, they are the same thing. A guess.
const SAME_SECOND: f32 = 0.5;
/// But not where the smaller one has less than this part of the other's area: riders far away behind somebody close to the
/// camera. The machine of a rider has about half of the rider's. A guess.
const SAME_SIZE: f32 = 1.0 / 3.0;

/// Sorts `found` by score, highest first, and keeps of the boxes of one class that overlap by more than
/// `iou` only the first. A second class of a place also goes where half of its box is covered by a box of that class
/// and of about its size that was found at a place of its own; the one that stays is as sure as the surer of the two, or a
/// rider would lose the machine to a box that nobody believes.
pub fn suppress_doubles(found: &mut Vec<Candidate>, iou: f32) {
    // Equal scores are put in order of place, so that the result does not depend on the sort.
    let by_score = |a: &Candidate, b: &Candidate| {
        let (p, q) = (a.box_in_model, b.box_in_model);
        b.score
            .total_cmp(&a.score)
            .then(p.y0.total_cmp(&q.y0))
            .then(p.x0.total_cmp(&q.x0))
            .then(a.class.cmp(&b.class))
    };
    found.sort_unstable_by(by_score);
    found.truncate(MOST_CANDIDATES);
    // What has a place of its own is looked at first.
    found.sort_unstable_by(|a, b| a.is_second.cmp(&b.is_second).then(by_score(a, b)));
    let mut kept = 0;
    for next in 0..found.len() {
        let candidate = found[next];
        let overlap = |other: &Candidate| candidate.box_in_model.iou(&other.box_in_model);
        let is_double = |other: &Candidate| {
            let (a, b) = (&candidate.box_in_model, &other.box_in_model);
            let is_same = candidate.is_second && !other.is_second && is_same_thing(a, b);
            candidate.class == other.class && (is_same || overlap(other) > iou)
        };
        let doubles = found[..kept].iter_mut().filter(|other| is_double(other));
        if let Some(double) = doubles.max_by(|a, b| overlap(a).total_cmp(&overlap(b))) {
            double.score = double.score.max(candidate.score);
            continue;
        }
        found[kept] = candidate;
        kept += 1;
        if kept == MOST_BOXES {
            break;
        }
    }
    found.truncate(kept);
    found.sort_unstable_by(by_score);
}

/// Whether two boxes are about as large, and one covers much of the other.
fn is_same_thing(a: &BBox, b: &BBox) -> bool {
    let common = a.intersection(b).map_or(0.0, |common| common.area());
    let (smaller, larger) = (a.area().min(b.area()), a.area().max(b.area()));
    smaller >= SAME_SIZE * larger && common >= SAME_SECOND * smaller
}
