//! `parked`: the same vehicle stays *still* in the zone for so long.

use std::time::Duration;

use super::stands::{Stand, Stands};
use super::watch::{Observation, Scene};
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;

#[derive(Debug, Clone)]
pub(super) struct Parked {
    classes: Vec<Class>,
    lasting: Duration,
    stands: Stands,
}

impl Parked {
    pub(super) fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration) -> Self {
        Parked { classes, lasting, stands: Stands::new(zone) }
    }

    pub(super) fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.stands.follow(scene, &self.classes);
        let spans = self.stands.iter().map(Stand::span);
        observation.tell_spans(scene, &self.classes, self.lasting, spans);
    }

    pub(super) fn forget(&mut self) {
        self.stands.forget();
    }
}
