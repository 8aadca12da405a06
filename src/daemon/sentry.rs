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
/// What came to rest is looked at closely for so long after its movement,
const RESTLESS_FOR: Duration = Duration::from_secs(1);
/// and at least so many times: on patrol a look comes every second or two.
const LOOKS_AFTER: u32 = 1;

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
    moved_at: Option<Moment>,
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
            (self.looks_left, self.moved_at) = (LOOKS_AFTER, Some(frame.at));
            return None;
        }
        let rested = if self.found.is_empty() { EMPTY_FOR } else { FOUND_FOR };
        let is_fresh = self.looked_at.is_some_and(|at| frame.at.since(at) < rested);
        let is_restless = self.moved_at.is_some_and(|at| frame.at.since(at) <= RESTLESS_FOR);
        if !is_fresh || is_restless || self.looks_left > 0 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::detection::Class;
    use crate::analysis::geometry::BBox;
    use crate::analysis::time::Timestamp;
    use crate::frame::{Layout, Matrix, Picture, Range, Taken};

    /// A grey street, with a dark box from column `thing` on.
    fn frame(at_secs: f64, width: usize, thing: Option<usize>) -> Frame {
        let height = width * 9 / 16;
        let format = PictureFormat {
            width,
            height,
            layout: Layout::Gray,
            strides: [width, 0, 0],
            range: Range::Full,
            matrix: Matrix::Bt601,
        };
        let mut plane = vec![120u8; width * height];
        if let Some(left) = thing {
            for row in plane.chunks_exact_mut(width).skip(height / 2).take(height / 4) {
                row[left..left + width / 20].fill(40);
            }
        }
        let picture = Picture::new(format, Box::new(vec![plane])).expect("a whole picture");
        let at = Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_secs_f64(at_secs));
        Frame { camera: "cam".into(), number: 0, at, taken: Taken::InTurn, picture: Arc::new(picture) }
    }

    fn somebody() -> Vec<Detection> {
        vec![Detection { class: Class::PERSON, score: 0.8, box_in_frame: BBox::new(0.2, 0.5, 0.25, 0.75) }]
    }

    /// At which of the given seconds the frame had to be looked at closely.
    fn looks(sentry: &mut Sentry, seconds: &[f64], thing: Option<usize>, found: &[Detection]) -> Vec<f64> {
        let mut closely = Vec::new();
        for at in seconds {
            let frame = frame(*at, 640, thing);
            match sentry.nothing_moved(&frame).map(<[Detection]>::to_vec) {
                Some(told) => assert_eq!(told, found, "what was found is told again"),
                None => {
                    sentry.looked(&frame, found);
                    closely.push(*at);
                }
            }
        }
        closely
    }

    #[test]
    fn a_still_picture_is_looked_at_closely_now_and_then() {
        let seconds: Vec<f64> = (0..30).map(f64::from).collect();
        let empty = looks(&mut Sentry::default(), &seconds, None, &[]);
        assert_eq!(empty, [0.0, 1.0, 11.0, 21.0], "once more after the first movement, then every 10 s");
        let found = looks(&mut Sentry::default(), &seconds, Some(200), &somebody());
        assert_eq!(found, [0.0, 1.0, 6.0, 11.0, 16.0, 21.0, 26.0]);
        let patrol: Vec<f64> = (0..15).map(|n| 2.0 * f64::from(n)).collect();
        let seldom = looks(&mut Sentry::default(), &patrol, None, &[]);
        assert_eq!(seldom, [0.0, 2.0, 12.0, 22.0]);
    }

    #[test]
    fn what_moves_is_looked_at_each_time_and_a_little_longer() {
        let mut sentry = Sentry::default();
        looks(&mut sentry, &[0.0, 0.2, 0.4, 0.6], None, &[]);
        for step in 0..10 {
            let at = 1.0 + f64::from(step) * 0.2;
            let moving = frame(at, 640, Some(100 + 12 * step as usize));
            assert!(sentry.nothing_moved(&moving).is_none(), "at {at}");
            sentry.looked(&moving, &somebody());
        }
        let rests = looks(&mut sentry, &[3.0, 3.4, 3.8, 4.2, 4.6], Some(208), &somebody());
        assert_eq!(rests, [3.0, 3.4, 3.8], "for a second after the last movement, at 2.8 s");
    }

    #[test]
    fn a_picture_of_another_size_is_another_picture() {
        let mut sentry = Sentry::default();
        looks(&mut sentry, &[0.0, 0.5, 1.0, 1.5], None, &[]);
        assert!(sentry.nothing_moved(&frame(2.0, 640, None)).is_some());
        assert!(sentry.nothing_moved(&frame(2.5, 320, None)).is_none());
    }
}
