//! `present`: anything of the classes is in the zone, whoever it is, for so long.

use std::time::Duration;

use super::evaluator::{Observation, Scene, Spell};
use crate::analysis::detection::Class;
use crate::analysis::geometry::{BBox, Polygon};

#[derive(Debug, Clone)]
pub(super) struct Present {
    zone: Polygon,
    classes: Vec<Class>,
    lasting: Duration,
    inside: Inside,
    spell: Spell,
}

/// What of a thing must be in the zone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Inside {
    /// The point on which it stands.
    Foot,
    /// So much of the lower half of its box.
    LowerHalf(f32),
}

impl Inside {
    fn holds(self, zone: &Polygon, b: &BBox) -> bool {
        match self {
            Inside::Foot => zone.contains(b.standing_point()),
            Inside::LowerHalf(part) => zone.share_of(&b.lower_half()) >= part,
        }
    }
}

impl Present {
    pub(super) fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration, inside: Inside) -> Self {
        Present { zone, classes, lasting, inside, spell: Spell::default() }
    }

    pub(super) fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        let mut strength = None;
        for track in scene.confirmed(&self.classes) {
            if !self.inside.holds(&self.zone, track.full_box()) {
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
