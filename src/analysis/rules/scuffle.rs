//! stub
use std::time::Duration;

use super::watch::{Observation, Scene};
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;

#[derive(Debug, Clone)]
pub(super) struct Scuffle {}

impl Scuffle {
    pub(super) fn new(_: Polygon, _: Vec<Class>, _: usize, _: f32, _: Duration) -> Self {
        Scuffle {}
    }
    pub(super) fn look(&mut self, _: Scene<'_>, _: &mut Observation) {}
    pub(super) fn forget(&mut self) {}
}
