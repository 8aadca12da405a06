//! `gone`: a thing that should be there is not.
//!
//! What stood in the zone steadily is what should be there. It is missing while the camera looks at its
//! place, nothing stands in front, and nothing of the classes is found there. A camera that was away has
//! not seen it vanish: what should be there is learnt anew then.

use std::time::Duration;

use super::evaluator::{Observation, Scene};
use super::remembered_objects::{RememberedObject, RememberedObjects};
use crate::analysis::alert::Shown;
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;

/// It must have stood for as long as it must then be missing, but at least and at most so long.
const STEADY_AT_LEAST: Duration = Duration::from_secs(10);
/// See [`STEADY_AT_LEAST`].
const STEADY_AT_MOST: Duration = Duration::from_secs(120);
/// And seen in this part of the looks: what the detector finds now and then is no landmark.
const SEEN_SHARE: f32 = 0.5;
/// After a day nobody waits for it any more.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Clone)]
pub(super) struct Gone {
    classes: Vec<Class>,
    lasting: Duration,
    remembered: RememberedObjects,
}

impl Gone {
    pub(super) fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration) -> Self {
        Gone { classes, lasting, remembered: RememberedObjects::new(zone, KEPT_FOR) }
    }

    pub(super) fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.remembered.follow(scene, &self.classes);
        let steady = self.lasting.clamp(STEADY_AT_LEAST, STEADY_AT_MOST);
        let is_missing = |spot: &&RememberedObject| {
            let was_steady = spot.stood_for() >= steady && spot.seen_share() >= SEEN_SHARE;
            was_steady && spot.missing_for > scene.flicker
        };
        let missing = self.remembered.iter().filter(is_missing);
        observation.clear();
        let Some(longest) = missing.clone().max_by_key(|spot| spot.missing_for) else { return };
        observation.since = Some(longest.last_there);
        observation.seen_at = Some(scene.at);
        observation.value = longest.missing_for.as_secs_f64();
        observation.holds = longest.missing_for >= self.lasting;
        // While something stands before the empty place nothing speaks against it either.
        observation.sustains = observation.holds;
        for spot in missing.filter(|spot| spot.missing_for >= self.lasting) {
            let (class, score, box_in_frame) = (spot.class, spot.score, spot.box_in_frame);
            observation.shown.push(Shown { class, score, box_in_frame });
            observation.strength = observation.strength.max(score * spot.seen_share());
        }
        observation.count = observation.shown.len();
    }

    pub(super) fn forget(&mut self) {
        self.remembered.forget();
    }
}
