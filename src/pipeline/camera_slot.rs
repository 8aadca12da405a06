//! The state of one camera in the pipeline: its frame gate, the latest detections, its empty view and its decode demand.
//!
//! Only one of a slot's locks is held for as long as a frame is looked at, and only the inference workers take it: a
//! camera's frames are looked at one at a time. The thread that makes evidence, reads the demand with a compressed picture,
//! or brings other options never waits for a look. Must never know more than one camera.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use crate::analysis::camera_health::image_stats::ImageStats;
use crate::analysis::detection::Detection;
use crate::analysis::empty_view::{Coarse, EmptyView};
use crate::analysis::flow::Flow;
use crate::analysis::time::Moment;
use crate::detector::{Detector, InferError};
use crate::frame::flow::{Estimator, Thumbnail};
use crate::frame::{self, Picture};
use crate::text::{Sentence, log_error, runtime as say};

use super::decode_demand::SlotDemand;
use super::empty_view_learner::EmptyViewLearner;
use super::frame_gate::{DetectOptions, FlowLook, FrameGate, Looked};

/// Minimum time between two measurements of a camera's image statistics: enough to tell its health within 10 s.
const IMAGE_STATS_EVERY: Duration = Duration::from_millis(500);

/// The slots of all cameras.
#[derive(Default)]
pub struct CameraSlots(RwLock<BTreeMap<Arc<str>, Arc<CameraSlot>>>);

/// See the module.
pub struct CameraSlot {
    options: RwLock<Arc<DetectOptions>>,
    /// Locked for as long as a frame is looked at.
    memory: Mutex<CameraMemory>,
    view: Mutex<EmptyViewLearner>,
    /// How far it is decoded now.
    pub(super) demand: Mutex<SlotDemand>,
}

/// What is kept between two looks at a camera.
#[derive(Default)]
struct CameraMemory {
    gate: FrameGate,
    /// Which models found what the gate remembers.
    generation: u64,
    image_stats_at: Option<Moment>,
}

/// What a look at a frame gave.
pub struct Look {
    /// Everything found, unsure detections included.
    pub detections: Vec<Detection>,
    /// How it was looked at.
    pub looked: Looked,
    /// The next look should come with the moment before it.
    pub wants_moment_before: bool,
    /// What moved since the moment before, where a rule asks for it.
    pub flow: Option<Box<Flow>>,
    /// What the picture says about the camera's health, now and then.
    pub image_stats: Option<Box<ImageStats>>,
    /// What it shows, coarsely, now and then.
    pub coarse: Option<Box<Coarse>>,
}

impl CameraSlots {
    /// Slots of exactly these cameras. What is kept of those that stay is kept.
    pub fn set_cameras(&self, options: impl IntoIterator<Item = (Arc<str>, DetectOptions)>) {
        let mut slots = self.0.write();
        let mut before = std::mem::take(&mut *slots);
        for (camera, options) in options {
            let slot = match before.remove(&camera) {
                Some(slot) => {
                    *slot.options.write() = Arc::new(options);
                    slot
                }
                None => Arc::new(CameraSlot::new(options)),
            };
            slots.insert(camera, slot);
        }
    }

    /// A camera's slot; `None` where the camera was taken away.
    pub fn of(&self, camera: &str) -> Option<Arc<CameraSlot>> {
        self.0.read().get(camera).cloned()
    }

    /// A copy of what a camera sees when nobody is there; `None` where there is no such camera.
    pub fn empty_view(&self, camera: &str) -> Option<EmptyView> {
        self.of(camera).map(|slot| slot.empty_view())
    }

    /// Reads or changes what is to be decoded of a camera; `None` where there is no such camera.
    pub(super) fn with_demand<T>(
        &self,
        camera: &str,
        use_demand: impl FnOnce(&mut SlotDemand) -> T,
    ) -> Option<T> {
        self.0.read().get(camera).map(|slot| use_demand(&mut slot.demand.lock()))
    }

    /// Changes what is to be decoded of every camera.
    pub(super) fn for_each_demand(&self, mut change: impl FnMut(&Arc<str>, &mut SlotDemand)) {
        for (camera, slot) in &*self.0.read() {
            change(camera, &mut slot.demand.lock());
        }
    }
}

impl CameraSlot {
    /// The initial state.
    pub fn new(options: DetectOptions) -> Self {
        CameraSlot {
            options: RwLock::new(Arc::new(options)),
            memory: Mutex::default(),
            view: Mutex::default(),
            demand: Mutex::default(),
        }
    }

    /// Looks at a frame of the camera with models of the given generation: what older models found is not taken as still
    /// there. The daemon and a replay look in the same way. A panic loses what it happened in, and nothing else.
    ///
    /// # Errors
    /// A sentence that says why nothing was found out about this frame. The next one may well succeed.
    pub fn look(
        &self,
        detector: &mut dyn Detector,
        estimator: &mut Estimator,
        (picture, at): (&Picture, Moment),
        moment_before: Option<Thumbnail>,
        generation: u64,
    ) -> Result<Look, Sentence> {
        let options = self.options.read().clone();
        let mut memory = self.memory.lock();
        let mut detections = Vec::with_capacity(32);
        let found = catch_unwind(AssertUnwindSafe(|| {
            memory.with_gate_of(generation, |gate| {
                let looked = gate.look(detector, picture, at, &options, &mut detections)?;
                // Kept by the gate as they are: what it gives again is rounded again, to the same.
                detections.iter_mut().for_each(|found| *found = found.rounded());
                let moved = gate.flow(estimator, (picture, at), moment_before, &options, &detections);
                Ok::<_, InferError>((looked, moved))
            })
        }));
        let (looked, FlowLook { is_wanted, flow }) = match found {
            Ok(found) => found.map_err(|error| error.sentence())?,
            Err(_) => {
                memory.gate = FrameGate::default();
                return Err(say::detector_panicked());
            }
        };
        let image_stats = memory.image_stats(picture, at);
        drop(memory);
        let coarse = self.learn_view(picture, at, &detections);
        Ok(Look { detections, looked, wants_moment_before: is_wanted, flow, image_stats, coarse })
    }

    /// A copy of what the camera sees when nobody is there.
    pub fn empty_view(&self) -> EmptyView {
        self.view.lock().view().clone()
    }

    fn learn_view(&self, picture: &Picture, at: Moment, found: &[Detection]) -> Option<Box<Coarse>> {
        let mut view = self.view.lock();
        let learnt = catch_unwind(AssertUnwindSafe(|| view.learn(picture, at, found)));
        learnt.unwrap_or_else(|_| {
            // It may be half learnt.
            view.forget();
            log_error!(say::empty_view_panicked());
            None
        })
    }
}

impl CameraMemory {
    /// Looks with what models of that generation remember.
    fn with_gate_of<T>(&mut self, generation: u64, look: impl FnOnce(&mut FrameGate) -> T) -> T {
        if generation > self.generation {
            (self.gate, self.generation) = (FrameGate::default(), generation);
        }
        if generation == self.generation {
            return look(&mut self.gate);
        }
        // A thread that began before the models changed: what it finds is remembered by nobody.
        look(&mut FrameGate::default())
    }

    fn image_stats(&mut self, picture: &Picture, at: Moment) -> Option<Box<ImageStats>> {
        if self.image_stats_at.is_some_and(|latest| at.since(latest) < IMAGE_STATS_EVERY) {
            return None;
        }
        self.image_stats_at = Some(at);
        let measured = catch_unwind(AssertUnwindSafe(|| {
            let mut stats = Box::new(ImageStats::even(0));
            frame::image_stats::measure(picture, &mut stats);
            stats
        }));
        measured.inspect_err(|_| log_error!(say::measuring_panicked())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::geometry::BBox;
    use crate::analysis::time::Timestamp;
    use crate::detector::Thresholds;
    use crate::frame::{Layout, Matrix, PictureFormat, PixelAspect, Range};

    /// Counts its calls, and fails on request.
    #[derive(Default)]
    struct Counting {
        looks: u32,
        panics: bool,
    }

    impl Detector for Counting {
        fn detect(
            &mut self,
            _: &Picture,
            _: Option<BBox>,
            _: &Thresholds,
            out: &mut Vec<Detection>,
        ) -> Result<(), InferError> {
            assert!(!self.panics, "as the test demands");
            self.looks += 1;
            out.clear();
            Ok(())
        }
    }

    fn grey() -> Picture {
        let (width, height) = (320, 180);
        let format = PictureFormat {
            width,
            height,
            layout: Layout::Gray,
            strides: [width, 0, 0],
            range: Range::Full,
            matrix: Matrix::Bt601,
            pixel_aspect: PixelAspect::SQUARE,
        };
        Picture::new(format, Box::new(vec![vec![120u8; width * height]])).expect("a whole picture")
    }

    fn at(ms: u64) -> Moment {
        Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_millis(ms))
    }

    fn slots(cameras: &[&str]) -> CameraSlots {
        let slots = CameraSlots::default();
        let options = DetectOptions { skip_still: true, ..DetectOptions::default() };
        slots.set_cameras(cameras.iter().map(|camera| (Arc::from(*camera), options.clone())));
        slots
    }

    fn look(slot: &CameraSlot, detector: &mut Counting, ms: u64, generation: u64) -> Result<Look, Sentence> {
        slot.look(detector, &mut Estimator::default(), (&grey(), at(ms)), None, generation)
    }

    #[test]
    fn image_statistics_are_measured_twice_a_second_at_most() {
        let slots = slots(&["one", "other"]);
        let (one, other) = (slots.of("one").expect("there"), slots.of("other").expect("there"));
        let mut detector = Counting::default();
        let mut has_stats =
            |slot: &CameraSlot, ms| look(slot, &mut detector, ms, 0).expect("it looks").image_stats.is_some();
        let measured = (0..50).filter(|n| has_stats(&one, n * 100)).count();
        assert_eq!(measured, 10, "5 s at 10 frames a second");
        assert!(has_stats(&other, 4900));
        assert!(!has_stats(&other, 4800), "an older frame brings nothing new");
    }

    #[test]
    fn what_older_models_found_is_not_taken_as_still_there() {
        let slots = slots(&["a"]);
        let slot = slots.of("a").expect("there");
        let mut old = Counting::default();
        for ms in [0, 1000, 2000, 3000] {
            look(&slot, &mut old, ms, 1).expect("it looks");
        }
        assert_eq!(old.looks, 2, "nothing moves: the rest is known");
        let mut new = Counting::default();
        look(&slot, &mut new, 3200, 2).expect("it looks");
        assert_eq!(new.looks, 1);
        // A thread with the old models that comes late looks for itself and leaves nothing behind.
        look(&slot, &mut old, 3400, 1).expect("it looks");
        assert_eq!(old.looks, 3);
        look(&slot, &mut new, 4200, 2).expect("it looks");
        look(&slot, &mut new, 5200, 2).expect("it looks");
        assert_eq!(new.looks, 2, "its second look was its own");
    }

    #[test]
    fn a_panic_loses_one_frame() {
        let slots = slots(&["a"]);
        let slot = slots.of("a").expect("there");
        let mut detector = Counting { panics: true, ..Counting::default() };
        let error = look(&slot, &mut detector, 0, 0).err().expect("it panics");
        assert!(error.to_string().contains("panicked"), "{error}");
        detector.panics = false;
        let look = look(&slot, &mut detector, 200, 0).expect("the next frame is looked at");
        assert!(look.image_stats.is_some() && look.coarse.is_some());
    }

    #[test]
    fn nobody_but_a_worker_waits_for_a_look() {
        let slots = slots(&["a"]);
        let slot = slots.of("a").expect("there");
        let _a_look_that_takes_long = slot.memory.lock();
        slots.set_cameras([("a".into(), DetectOptions::default())]);
        assert!(slots.empty_view("a").is_some());
        assert!(slots.with_demand("a", |_| ()).is_some());
    }

    #[test]
    fn cameras_that_are_taken_away_are_forgotten_and_others_keep_what_they_know() {
        let slots = slots(&["stays", "goes"]);
        let mut detector = Counting::default();
        for ms in [0, 1000] {
            look(&slots.of("stays").expect("there"), &mut detector, ms, 0).expect("it looks");
        }
        let options = DetectOptions { skip_still: true, ..DetectOptions::default() };
        slots.set_cameras([("stays".into(), options.clone()), ("new".into(), options)]);
        assert!(slots.of("goes").is_none() && slots.empty_view("goes").is_none());
        assert!(slots.of("new").is_some());
        look(&slots.of("stays").expect("there"), &mut detector, 2000, 0).expect("it looks");
        assert_eq!(detector.looks, 2, "nothing moved since");
    }
}
