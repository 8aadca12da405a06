//! `indoors`: a two-wheeler stands or is pushed inside an entrance. It is [`Present`] with another idea of inside.
//!
//! The zone is the floor behind the door. A vehicle is inside when half of the lower half of its box is: a
//! wheel over the doorstep, or one that passes outside, is not enough. Whichever it is, and however often the
//! detector loses it in the dim light, the time goes on while something is inside.

use std::time::Duration;

use super::present::{Inside, Present};
use crate::analysis::detection::Class;
use crate::analysis::geometry::Polygon;

/// The part of the lower half of the box that must be in the zone.
const INSIDE: f32 = 0.5;

pub(super) fn indoors(zone: Polygon, classes: Vec<Class>, lasting: Duration) -> Present {
    Present::new(zone, classes, lasting, Inside::LowerHalf(INSIDE))
}
