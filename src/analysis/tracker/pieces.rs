//! Boxes within the full box of a resting vehicle that are vehicles of their own: a car that has stopped before a bus.
//!
//! What people who pass leave to see of a vehicle comes and goes, and ends where the vehicle does. A vehicle that stands
//! before another one is seen at every look, its wheels lower or its sides and its roof clear of those of the other, which
//! is seen whole behind it. Only what is seen so for as long as it takes to rest is one of its own.

use std::time::Duration;

use super::{FOUND_IN_PLACE, RESTS_AFTER};
use crate::analysis::geometry::BBox;
use crate::analysis::time::Moment;

/// A box that may be a vehicle of its own.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// The latest one.
    box_in_frame: BBox,
    since: Moment,
    last: Moment,
}

/// All such boxes of one camera. Keeps its room from frame to frame.
#[derive(Debug, Clone, Default)]
pub(super) struct Pieces(Vec<Piece>);

impl Pieces {
    /// Takes in a box. Returns whether one has been seen there for long enough.
    pub(super) fn look(&mut self, at: Moment, seen: &BBox) -> bool {
        match self.0.iter_mut().find(|piece| piece.box_in_frame.iou(seen) >= FOUND_IN_PLACE) {
            Some(piece) => {
                (piece.box_in_frame, piece.last) = (*seen, at);
                at.since(piece.since) >= RESTS_AFTER
            }
            None => {
                self.0.push(Piece { box_in_frame: *seen, since: at, last: at });
                false
            }
        }
    }

    /// Forgets what was not seen for longer than `patience`: it comes and goes.
    pub(super) fn forget_what_stayed_away(&mut self, at: Moment, patience: Duration) {
        self.0.retain(|piece| at.since(piece.last) <= patience);
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}
