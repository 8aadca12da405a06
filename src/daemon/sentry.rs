//! Whether a frame must be looked at closely: where nothing moved since the last close look, what was found then is
//! still there, and is told again.
//!
//! One memory per camera. Must never trust a still picture for long: after a while it is looked at all the same.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::analysis::detection::Detection;
use crate::analysis::movement::{COLUMNS, Movement, ROWS};
use crate::analysis::time::Moment;
use crate::frame::{Frame, PictureFormat, luma};

/// A still picture in which nothing was found is looked at again after this: what stands there and was missed once
/// gets another chance.
const EMPTY_FOR: Duration = Duration::from_secs(10);
/// The same where something was found: a mistake of the detector should not stand for long.
const FOUND_FOR: Duration = Duration::from_secs(5);
/// Looks that follow a movement: what came to rest is looked at more than once.
const LOOKS_AFTER: u32 = 2;

/// All cameras' memories.
#[derive(Default)]
pub struct Sentries(Mutex<BTreeMap<Arc<str>, Arc<Mutex<Sentry>>>>);

impl Sentries {
    /// The memory of one camera.
    pub fn of(&self, camera: &Arc<str>) -> Arc<Mutex<Sentry>> {
        self.0.lock().entry(camera.clone()).or_default().clone()
    }
}

/// The memory of one camera.
#[derive(Default)]
pub struct Sentry {
    movement: Movement,
    format: Option<PictureFormat>,
    found: Vec<Detection>,
    looked_at: Option<Moment>,
    looks_left: u32,
}

impl Sentry {
    /// What is in the frame, if that can be said without looking closely.
    pub fn nothing_moved(&mut self, frame: &Frame) -> Option<&[Detection]> {
        let format = *frame.picture.format();
        if self.format.replace(format).is_some_and(|before| !is_same_form(&before, &format)) {
            self.movement.forget();
        }
        luma::reduce(&frame.picture, COLUMNS, ROWS, self.movement.grid_mut());
        if self.movement.has_moved() {
            self.looks_left = LOOKS_AFTER;
            return None;
        }
        let rested = if self.found.is_empty() { EMPTY_FOR } else { FOUND_FOR };
        let is_fresh = self.looked_at.is_some_and(|at| frame.at.since(at) < rested);
        if !is_fresh || self.looks_left > 0 {
            self.looks_left = self.looks_left.saturating_sub(1);
            return None;
        }
        Some(&self.found)
    }

    /// What a close look at the frame that was just asked about found.
    pub fn looked(&mut self, frame: &Frame, found: &[Detection]) {
        self.movement.take_as_reference();
        self.looked_at = Some(frame.at);
        self.found.clear();
        self.found.extend_from_slice(found);
    }
}

fn is_same_form(a: &PictureFormat, b: &PictureFormat) -> bool {
    (a.width, a.height, a.layout, a.range) == (b.width, b.height, b.layout, b.range)
}
