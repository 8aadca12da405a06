//! `indoors`: a two-wheeler stands or is pushed inside an entrance.
//!
//! The zone is the floor behind the door. A vehicle is inside when half of the lower half of its box is: a
//! wheel over the doorstep, or one that passes outside, is not enough. Whichever it is, and however often the
//! detector loses it in the dim light, the time goes on while something is inside.

use std::time::Duration;

use super::watch::{Observation, Scene, Spell};
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;

/// The part of the lower half of the box that must be in the zone.
const INSIDE: f32 = 0.5;

#[derive(Debug, Clone)]
pub(super) struct Indoors {
    zone: Polygon,
    classes: Vec<Class>,
    lasting: Duration,
    spell: Spell,
}

impl Indoors {
    pub(super) fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration) -> Self {
        Indoors { zone, classes, lasting, spell: Spell::default() }
    }

    pub(super) fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        let mut strength = None;
        for track in scene.confirmed(&self.classes) {
            if self.zone.share_of(&track.box_in_frame.lower_half()) < INSIDE {
                continue;
            }
            if strength.is_none() {
                observation.shown.clear();
            }
            observation.show(track);
            strength = Some(track.score.max(strength.unwrap_or(0.0)));
        }
        self.spell.look(scene, strength.is_some());
        if let Some(strength) = strength {
            observation.strength = strength;
            observation.count = observation.shown.len();
        }
        self.spell.tell(self.lasting, observation);
        observation.value = self.spell.lasted().unwrap_or_default().as_secs_f64();
    }

    pub(super) fn forget(&mut self) {
        self.spell.forget();
    }
}
