//! `dwell`: the *same* thing stays in the zone for so long; it may move about in there.

use std::time::Duration;

use super::watch::{Observation, Scene};
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;
use crate::analysis::time::Moment;
use crate::analysis::tracker::{TrackNumber, TrackState};

#[derive(Debug, Clone)]
pub(super) struct Dwell {
    zone: Polygon,
    classes: Vec<Class>,
    lasting: Duration,
    stays: Vec<Stay>,
}

/// One track's stay in the zone.
#[derive(Debug, Clone, Copy)]
struct Stay {
    number: TrackNumber,
    since: Moment,
    last_in: Moment,
}

impl Stay {
    fn lasted(&self) -> Duration {
        self.last_in.since(self.since)
    }
}

impl Dwell {
    pub(super) fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration) -> Self {
        Dwell { zone, classes, lasting, stays: Vec::new() }
    }

    pub(super) fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.follow(scene);
        let longest = self.stays.iter().max_by_key(|stay| (stay.lasted(), std::cmp::Reverse(stay.number)));
        let Some(&longest) = longest else {
            observation.clear();
            return;
        };
        let mut count = 0;
        let mut strength: Option<f32> = None;
        for track in scene.confirmed(&self.classes) {
            let dwells = |stay: &Stay| stay.number == track.number && stay.lasted() >= self.lasting;
            if !self.stays.iter().any(dwells) {
                continue;
            }
            if count == 0 {
                observation.shown.clear();
            }
            observation.show(track);
            strength = Some(track.score.max(strength.unwrap_or(0.0)));
            count += 1;
        }
        observation.holds = longest.lasted() >= self.lasting;
        observation.since = Some(longest.since);
        observation.seen_at = Some(longest.last_in);
        observation.value = longest.lasted().as_secs_f64();
        // While the one that dwells is not seen, what was last seen of it stays shown.
        if let Some(strength) = strength {
            observation.strength = strength;
            observation.count = count;
        } else if !observation.holds {
            observation.strength = 0.0;
            observation.count = 0;
            observation.shown.clear();
        }
    }

    pub(super) fn forget(&mut self) {
        self.stays.clear();
    }

    /// Brings the stays up to this frame.
    fn follow(&mut self, scene: Scene<'_>) {
        for track in scene.seen_now(&self.classes) {
            if !self.zone.contains(track.box_in_frame.standing_point()) {
                continue;
            }
            match self.stays.iter_mut().find(|stay| stay.number == track.number) {
                Some(stay) => stay.last_in = scene.at,
                None => self.stays.push(Stay { number: track.number, since: scene.at, last_in: scene.at }),
            }
        }
        // A stay lasts while the tracker still looks for a thing that was in the zone when last seen; one
        // who is seen outside has left once that is more than flicker.
        self.stays.retain(|stay| {
            scene.tracks.iter().find(|track| track.number == stay.number).is_some_and(|track| {
                let vanished_inside =
                    track.state == TrackState::Lost && track.last_seen.mono == stay.last_in.mono;
                vanished_inside || scene.at.since(stay.last_in) <= scene.flicker
            })
        });
    }
}
