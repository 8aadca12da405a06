//! Greedy non-maximum suppression per class: of boxes that overlap much, the one that scores highest stays.

use super::Candidate;

/// Candidates that are compared at all, highest scores first: bounds the work where a network puts out
/// rubbish. A crowded square has some hundreds.
const MOST_CANDIDATES: usize = 1000;
/// Boxes that stay, highest scores first. COCO's evaluation takes 100; a plaza may hold more.
const MOST_BOXES: usize = 300;

/// Sorts `found` by score, highest first, and keeps of the boxes of one class that overlap by more than
/// `iou` only the first.
pub fn suppress_doubles(found: &mut Vec<Candidate>, iou: f32) {
    // Equal scores are put in order of place, so that the result does not depend on the sort.
    found.sort_unstable_by(|a, b| {
        let (p, q) = (a.box_in_model, b.box_in_model);
        b.score
            .total_cmp(&a.score)
            .then(p.y0.total_cmp(&q.y0))
            .then(p.x0.total_cmp(&q.x0))
            .then(a.class.cmp(&b.class))
    });
    found.truncate(MOST_CANDIDATES);
    let mut kept = 0;
    for next in 0..found.len() {
        let candidate = found[next];
        let double = found[..kept]
            .iter()
            .any(|k| k.class == candidate.class && k.box_in_model.iou(&candidate.box_in_model) > iou);
        if !double {
            found[kept] = candidate;
            kept += 1;
            if kept == MOST_BOXES {
                break;
            }
        }
    }
    found.truncate(kept);
}
