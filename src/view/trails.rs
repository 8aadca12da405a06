//! Where everything that is followed was of late: the trail behind a box. Time is an argument.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Seen;

/// Points of a trail.
const POINTS: usize = 40;
/// The trail of what was not seen for so long is forgotten.
const KEPT: Duration = Duration::from_secs(10);

/// The trails of one camera, by number of the track.
#[derive(Debug, Default)]
pub(crate) struct Trails(BTreeMap<u64, Trail>);

#[derive(Debug)]
struct Trail {
    points: Vec<[f32; 2]>,
    seen_at: Duration,
}

impl Trails {
    /// Adds where everything is now, and gives each box its trail.
    pub(crate) fn follow(&mut self, seen: &mut Seen, now: Duration) {
        for one in &mut seen.boxes {
            let Some(track) = one.track else { continue };
            let [x0, _, x1, y1] = one.box_in_frame;
            let trail = self.0.entry(track).or_insert(Trail { points: Vec::new(), seen_at: now });
            trail.seen_at = now;
            if trail.points.len() == POINTS {
                trail.points.remove(0);
            }
            trail.points.push([f32::midpoint(x0, x1), y1]);
            one.trail.clone_from(&trail.points);
        }
        self.0.retain(|_, trail| now.saturating_sub(trail.seen_at) < KEPT);
    }

    /// Begins anew.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}
