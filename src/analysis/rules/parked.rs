//! `parked`: the same vehicle stays *still* in the zone for so long.

use std::time::Duration;

use super::evaluator::{Observation, Scene};
use super::stationary::{StationaryObject, StationaryObjects};
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;

#[derive(Debug, Clone)]
pub(super) struct Parked {
    classes: Vec<Class>,
    lasting: Duration,
    stands: StationaryObjects,
}

impl Parked {
    pub(super) fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration) -> Self {
        Parked { classes, lasting, stands: StationaryObjects::new(zone) }
    }

    pub(super) fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.stands.follow(scene, &self.classes);
        let spans = self.stands.iter().map(StationaryObject::span);
        observation.tell_spans(scene, &self.classes, self.lasting, spans);
    }

    pub(super) fn forget(&mut self) {
        self.stands.forget();
    }
}
