//! The frame gate decides how a frame is looked at: not at all where nothing moved since the last look, because what was
//! found then is still there; as a whole; or as a whole and then from near, where something moved that the whole does
//! not explain.
//!
//! One memory per camera; the daemon and a replay look in the same way. Must never trust a still picture for long:
//! after a while it is looked at all the same.

use std::time::Duration;

use crate::analysis::detection::Detection;
use crate::analysis::flow::Flow;
use crate::analysis::motion_detector::{COLUMNS, MotionDetector, ROWS};
use crate::analysis::roi::RoiSelector;
use crate::analysis::rules::is_worth_a_flow;
use crate::analysis::time::Moment;
use crate::detector::{Detector, InferError, Thresholds};
use crate::frame::flow::{Estimator, Thumbnail};
use crate::frame::{Picture, PictureFormat, luma};

/// A still picture in which nothing was found is looked at again after this: what stands there and was missed once
/// gets another chance.
const EMPTY_FOR: Duration = Duration::from_secs(10);
/// The same where something was found: a mistake of the detector should not stand for long.
const FOUND_FOR: Duration = Duration::from_secs(5);
/// A look after such a rest that shows the same as before doubles the next one, so many times.
const DOUBLINGS: u32 = 2;
/// Boxes of one class that overlap this much show the same.
const SAME: f32 = 0.5;
/// What came to rest is looked at closely for so long after its movement,
const RESTLESS_FOR: Duration = Duration::from_secs(1);
/// and at least so many times: on patrol a look comes every second or two.
const LOOKS_AFTER: u32 = 1;

/// The memory of one camera.
#[derive(Default)]
pub struct FrameGate {
    movement: MotionDetector,
    format: Option<PictureFormat>,
    closer: RoiSelector,
    near: Vec<Detection>,
    found: Vec<Detection>,
    looked_at: Option<Moment>,
    moved_at: Option<Moment>,
    looks_left: u32,
    /// Looks after a rest that showed the same as before.
    confirmed: u32,
    /// The latest look at which the flow was worth knowing.
    latest_worth_a_flow: Option<Thumbnail>,
}

/// What a look says about movement.
#[derive(Debug, Default)]
pub struct FlowLook {
    /// The next look should come with the moment before it.
    pub is_wanted: bool,
    /// What moved, where the moment before was known.
    pub flow: Option<Box<Flow>>,
}

/// Looks farther apart than this tell no flow.
const FLOW_OVER: Duration = Duration::from_millis(160);

/// How a camera's frames are looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DetectOptions {
    /// How certain detections must be; the less certain ones only continue a track.
    pub thresholds: Thresholds,
    /// How certain what only a closer look shows must be.
    pub near_thresholds: Thresholds,
    /// Whether what was found before is taken as still there where nothing moved.
    pub skip_still: bool,
    /// Whether what moved and was not found is looked at from near.
    pub look_closer: bool,
    /// Whether a rule asks what moves where among people close together.
    pub wants_flow: bool,
}

/// How a frame was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// Nothing had moved.
    NotAtAll,
    /// Once, as a whole.
    Once,
    /// As a whole, and a part of it from near.
    Twice,
}

impl FrameGate {
    /// Replaces what is in `out` with what is in the picture, taken at a moment.
    ///
    /// # Errors
    /// What the detector says. The next picture may well succeed.
    pub fn look(
        &mut self,
        detector: &mut dyn Detector,
        picture: &Picture,
        at: Moment,
        detect_options: &DetectOptions,
        out: &mut Vec<Detection>,
    ) -> Result<Looked, InferError> {
        let has_memory = detect_options.skip_still || detect_options.look_closer;
        let has_moved = has_memory && self.has_moved(picture, at);
        if detect_options.skip_still && !has_moved && self.is_known(at) {
            out.clear();
            out.extend_from_slice(&self.found);
            return Ok(Looked::NotAtAll);
        }
        detector.detect(picture, None, &detect_options.thresholds, out)?;
        let mut looked = Looked::Once;
        if detect_options.look_closer && self.movement.has_reference() {
            let format = picture.format();
            let size = (format.width, format.height);
            if let Some(part) = self.closer.part(&mut self.movement, size, at, &self.found, out) {
                detector.detect(picture, Some(part), &detect_options.near_thresholds, &mut self.near)?;
                self.closer.seen(&part, &self.movement, at, &self.near, out);
                looked = Looked::Twice;
            }
        }
        if has_memory {
            self.looked(at, out);
        }
        Ok(looked)
    }

    /// What moved where up to a look, if a rule asks for it, the look showed people close together, and the moment before
    /// it is known.
    pub fn flow(
        &mut self,
        estimator: &mut Estimator,
        (picture, at): (&Picture, Moment),
        moment_before: Option<Thumbnail>,
        detect_options: &DetectOptions,
        found: &[Detection],
    ) -> FlowLook {
        let latest = self.latest_worth_a_flow.take();
        if !detect_options.wants_flow || !is_worth_a_flow(found) {
            return FlowLook::default();
        }
        let now = Thumbnail::of(picture, at);
        let is_recent = |before: &Thumbnail| before.at.mono < at.mono && at.since(before.at) <= FLOW_OVER;
        let before = moment_before.or(latest).filter(is_recent);
        let flow = before.map(|before| estimator.estimate(&before, &now));
        self.latest_worth_a_flow = Some(now);
        FlowLook { is_wanted: true, flow }
    }

    /// Whether anything moved since the last look.
    fn has_moved(&mut self, picture: &Picture, at: Moment) -> bool {
        let format = *picture.format();
        if self.format.replace(format).is_some_and(|before| !is_same_form(&before, &format)) {
            self.movement.forget();
            self.closer.forget();
        }
        luma::reduce(picture, COLUMNS, ROWS, self.movement.grid_mut());
        let has_moved = self.movement.has_moved();
        if has_moved {
            (self.looks_left, self.moved_at, self.confirmed) = (LOOKS_AFTER, Some(at), 0);
        }
        has_moved
    }

    /// Whether what was found in a picture in which nothing moved since can still be relied on.
    fn is_known(&mut self, at: Moment) -> bool {
        let is_fresh = !self.has_rested(at);
        let is_restless = self.moved_at.is_some_and(|moved_at| at.since(moved_at) <= RESTLESS_FOR);
        if !is_fresh || is_restless || self.looks_left > 0 {
            self.looks_left = self.looks_left.saturating_sub(1);
            return false;
        }
        true
    }

    /// Whether the last look is so old that another one is due.
    fn has_rested(&self, at: Moment) -> bool {
        let rest = if self.found.is_empty() { EMPTY_FOR } else { FOUND_FOR };
        let rest = rest * (1 << self.confirmed.min(DOUBLINGS));
        self.looked_at.is_none_or(|looked_at| at.since(looked_at) >= rest)
    }

    fn looked(&mut self, at: Moment, found: &[Detection]) {
        if !shows_the_same(&self.found, found) {
            self.confirmed = 0;
        } else if self.looked_at.is_some() && self.has_rested(at) {
            self.confirmed += 1;
        }
        self.movement.take_as_reference();
        self.looked_at = Some(at);
        self.found.clear();
        self.found.extend_from_slice(found);
    }
}

fn shows_the_same(before: &[Detection], now: &[Detection]) -> bool {
    let is_there = |one: &Detection, others: &[Detection]| {
        others
            .iter()
            .any(|other| one.class == other.class && one.box_in_frame.iou(&other.box_in_frame) >= SAME)
    };
    before.len() == now.len() && now.iter().all(|one| is_there(one, before))
}

fn is_same_form(a: &PictureFormat, b: &PictureFormat) -> bool {
    (a.width, a.height, a.layout, a.range, a.pixel_aspect)
        == (b.width, b.height, b.layout, b.range, b.pixel_aspect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::detection::Class;
    use crate::analysis::geometry::BBox;
    use crate::analysis::time::Timestamp;
    use crate::frame::test_support::gray;

    /// Finds the given detections, in the whole and from near, and counts its calls.
    #[derive(Default)]
    struct Recites {
        whole: Vec<Detection>,
        near: Vec<Detection>,
        looks: usize,
        parts: Vec<BBox>,
    }

    impl Detector for Recites {
        fn detect(
            &mut self,
            _: &Picture,
            region: Option<BBox>,
            _: &Thresholds,
            out: &mut Vec<Detection>,
        ) -> Result<(), InferError> {
            out.clear();
            out.extend(if region.is_some() { &self.near } else { &self.whole });
            self.looks += usize::from(region.is_none());
            self.parts.extend(region);
            Ok(())
        }
    }

    /// A grey street, with a dark box from column `thing` on.
    fn street(width: usize, thing: Option<usize>) -> Picture {
        let height = width * 9 / 16;
        let rows = height / 2..height / 2 + height / 8;
        let is_thing = |x: usize, y: usize| {
            thing.is_some_and(|left| (left..left + width / 20).contains(&x)) && rows.contains(&y)
        };
        gray(width, height, width, |x, y| if is_thing(x, y) { 40 } else { 120 })
    }

    fn at(secs: f64) -> Moment {
        Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_secs_f64(secs))
    }

    fn somebody() -> Vec<Detection> {
        vec![Detection { class: Class::PERSON, score: 0.8, box_in_frame: BBox::new(0.2, 0.5, 0.25, 0.75) }]
    }

    fn only_still() -> DetectOptions {
        DetectOptions { skip_still: true, ..DetectOptions::default() }
    }

    /// At which of the given seconds the frame had to be looked at closely.
    fn looks(
        frame_gate: &mut FrameGate,
        seconds: &[f64],
        thing: Option<usize>,
        found: &[Detection],
    ) -> Vec<f64> {
        let mut detector = Recites { whole: found.to_vec(), ..Recites::default() };
        let mut closely = Vec::new();
        for secs in seconds {
            let mut found_again = Vec::new();
            let picture = street(640, thing);
            let looked = frame_gate
                .look(&mut detector, &picture, at(*secs), &only_still(), &mut found_again)
                .expect("it recites");
            assert_eq!(found_again, found, "what was found is reported again");
            if looked != Looked::NotAtAll {
                closely.push(*secs);
            }
        }
        closely
    }

    #[test]
    fn a_still_picture_is_looked_at_closely_now_and_then() {
        let seconds: Vec<f64> = (0..130).map(f64::from).collect();
        let empty = looks(&mut FrameGate::default(), &seconds, None, &[]);
        assert_eq!(
            empty,
            [0.0, 1.0, 11.0, 31.0, 71.0, 111.0],
            "once more after the first movement, then seldom"
        );
        let found = looks(&mut FrameGate::default(), &seconds[..70], Some(200), &somebody());
        assert_eq!(found, [0.0, 1.0, 6.0, 16.0, 36.0, 56.0]);
        let patrol: Vec<f64> = (0..20).map(|n| 2.0 * f64::from(n)).collect();
        let seldom = looks(&mut FrameGate::default(), &patrol, None, &[]);
        assert_eq!(seldom, [0.0, 2.0, 12.0, 32.0]);
    }

    #[test]
    fn what_a_look_shows_otherwise_than_before_is_looked_at_again_soon() {
        let mut frame_gate = FrameGate::default();
        let seconds = |from: u32, to: u32| (from..to).map(f64::from).collect::<Vec<f64>>();
        assert_eq!(looks(&mut frame_gate, &seconds(0, 30), None, &somebody()), [0.0, 1.0, 6.0, 16.0]);
        // At 36 s the detector finds nobody any more: then and ten seconds later, not twenty.
        let mut detector = Recites::default();
        let mut closely = Vec::new();
        for secs in seconds(30, 60) {
            let looked =
                frame_gate.look(&mut detector, &street(640, None), at(secs), &only_still(), &mut Vec::new());
            if looked.expect("it recites") != Looked::NotAtAll {
                closely.push(secs);
            }
        }
        assert_eq!(closely, [36.0, 46.0]);
    }

    #[test]
    fn movement_ends_a_long_rest() {
        let mut frame_gate = FrameGate::default();
        let seconds = |from: u32, to: u32| (from..to).map(f64::from).collect::<Vec<f64>>();
        looks(&mut frame_gate, &seconds(0, 72), None, &[]);
        assert_eq!(
            looks(&mut frame_gate, &seconds(72, 90), Some(200), &somebody()),
            [72.0, 73.0, 78.0, 88.0]
        );
    }

    #[test]
    fn what_moves_is_looked_at_each_time_and_a_little_longer() {
        let mut frame_gate = FrameGate::default();
        looks(&mut frame_gate, &[0.0, 0.2, 0.4, 0.6], None, &[]);
        for step in 0..10 {
            let secs = 1.0 + f64::from(step) * 0.2;
            let seen = looks(&mut frame_gate, &[secs], Some(100 + 12 * step as usize), &somebody());
            assert_eq!(seen, [secs]);
        }
        let rests = looks(&mut frame_gate, &[3.0, 3.4, 3.8, 4.2, 4.6], Some(208), &somebody());
        assert_eq!(rests, [3.0, 3.4, 3.8], "for a second after the last movement, at 2.8 s");
    }

    #[test]
    fn a_picture_of_another_size_is_another_picture() {
        let mut frame_gate = FrameGate::default();
        looks(&mut frame_gate, &[0.0, 0.5, 1.0, 1.5], None, &[]);
        let mut detector = Recites::default();
        let mut look = |secs, width| {
            let picture = street(width, None);
            frame_gate
                .look(&mut detector, &picture, at(secs), &only_still(), &mut Vec::new())
                .expect("it recites")
        };
        assert_eq!(look(2.0, 640), Looked::NotAtAll);
        assert_eq!(look(2.5, 320), Looked::Once);
    }

    #[test]
    fn flow_is_reported_of_people_close_together_with_the_moment_before() {
        let one = |x: f32| Detection {
            class: Class::PERSON,
            score: 0.8,
            box_in_frame: BBox::new(x, 0.3, x + 0.1, 0.8),
        };
        let (pair, apart) = ([one(0.4), one(0.52)], [one(0.1), one(0.8)]);
        let picture = street(640, None);
        let before = |secs: f64| Some(Thumbnail::of(&picture, at(secs)));
        let detect_options = DetectOptions { wants_flow: true, ..DetectOptions::default() };
        let mut frame_gate = FrameGate::default();
        let mut flow = |secs: f64, moment_before, detect_options: &DetectOptions, found: &[Detection]| {
            let moved = frame_gate.flow(
                &mut Estimator::default(),
                (&picture, at(secs)),
                moment_before,
                detect_options,
                found,
            );
            (moved.is_wanted, moved.flow.map(|flow| flow.over.as_millis()))
        };
        assert_eq!(flow(1.0, None, &DetectOptions::default(), &pair), (false, None), "no rule asks");
        assert_eq!(flow(1.2, before(1.1), &detect_options, &apart), (false, None));
        assert_eq!(flow(1.4, None, &detect_options, &pair), (true, None), "the first of them");
        assert_eq!(flow(1.6, before(1.5), &detect_options, &pair), (true, Some(100)));
        assert_eq!(
            flow(1.7, None, &detect_options, &pair),
            (true, Some(100)),
            "the look before is the moment before"
        );
        assert_eq!(flow(2.0, None, &detect_options, &pair), (true, None), "too long ago");
        assert_eq!(flow(2.1, None, &detect_options, &apart), (false, None));
        assert_eq!(
            flow(2.2, None, &detect_options, &pair),
            (true, None),
            "of a look at others nothing is kept"
        );
    }

    #[test]
    fn what_moved_and_was_not_found_is_looked_at_from_near() {
        let detect_options = DetectOptions { look_closer: true, ..only_still() };
        let mut frame_gate = FrameGate::default();
        let far =
            Detection { class: Class::PERSON, score: 0.5, box_in_frame: BBox::new(0.5, 0.5, 0.55, 0.625) };
        let mut detector = Recites { near: vec![far], ..Recites::default() };
        let mut look = |secs, thing| {
            let mut out = Vec::new();
            let looked =
                frame_gate.look(&mut detector, &street(1280, thing), at(secs), &detect_options, &mut out);
            (looked.expect("it recites"), out)
        };
        assert_eq!(look(0.0, None), (Looked::Once, vec![]), "there is nothing to compare it with");
        assert_eq!(look(0.2, Some(640)), (Looked::Twice, vec![far]));
        assert_eq!(look(0.4, Some(640)).1, [far], "who stands still is not forgotten");
        let part = detector.parts[0];
        assert!(part.x0 < 0.5 && part.x1 > 0.55 && part.width() <= 0.5, "{part:?}");
    }
}
