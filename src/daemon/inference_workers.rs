//! The worker threads that look at frames: take a turn from the scheduler, detect, tell the analysis thread.
//!
//! As many as the machine has cores, or as configured. A panic in one of them loses one frame: it is
//! counted, logged and the thread goes on. Must never hold a frame longer than it looks at it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};
use tracing::{error, warn};

use crate::analysis::camera_health::image_stats::ImageStats;
use crate::analysis::detection::Detection;
use crate::analysis::time::Moment;
use crate::clock::{Clock, thread_cpu_time};
use crate::detector::{Detector, InferError};
use crate::frame::flow::{Estimator, Thumbnail};
use crate::frame::{self, Frame, Taken};
use crate::scheduler::Scheduler;

use super::analysis_thread::{AnalysisQueue, Note};
use super::empty_views::EmptyViews;
use super::frame_gate::{DetectOptions, FlowLook, FrameGates, Looked};
use super::lifeline;

/// How long a worker waits for a frame before it asks again; bounds nothing, only wakes.
const WAIT: Duration = Duration::from_secs(5);

/// After how many failures in a row a worker says so again.
const TELL_EVERY: u64 = 100;

/// Least time between two glances at one camera: enough to tell its health within 10 s, and a glance costs
/// little beside the detection that goes with each of them.
const GLANCE_EVERY: Duration = Duration::from_millis(500);

/// Figures of all workers together.
#[derive(Debug, Default)]
pub struct InferenceCounts {
    /// Frames looked at.
    pub looked: AtomicU64,
    /// Frames in which nothing had moved, so that what was found before was told again.
    pub still: AtomicU64,
    /// Frames of which a part was looked at from near as well.
    pub closer: AtomicU64,
    /// Frames at which looking failed.
    pub failed: AtomicU64,
    /// Time spent looking, microseconds.
    pub busy_us: AtomicU64,
    /// Processor time used for it, microseconds.
    pub used_us: AtomicU64,
    /// Frames that were to be looked at as they came, and those of them that had to wait for longer than [`PROMPT`]
    /// since they arrived.
    pub as_they_came: AtomicU64,
    /// See `as_they_came`.
    pub late: AtomicU64,
}

impl InferenceCounts {
    /// A frame was looked at, so long after it came.
    fn waited(&self, taken: Taken, waited: Duration) {
        if taken != Taken::Replayed {
            self.as_they_came.fetch_add(1, Ordering::Relaxed);
            self.late.fetch_add(u64::from(waited > PROMPT), Ordering::Relaxed);
        }
    }
}

/// A frame that is looked at within this has not waited.
pub const PROMPT: Duration = Duration::from_millis(500);

/// How each camera is looked at; shared, because a reload may change it.
pub type DetectOptionsByCamera = Arc<RwLock<BTreeMap<Arc<str>, Arc<DetectOptions>>>>;

/// The running threads.
pub struct InferenceWorkers {
    threads: Vec<JoinHandle<()>>,
    looking: Looking,
}

impl InferenceWorkers {
    /// Starts one thread per detector.
    pub fn start(
        detectors: Vec<Box<dyn Detector>>,
        scheduler: &Arc<Scheduler>,
        detect_options_by_camera: &DetectOptionsByCamera,
        analyst: &AnalysisQueue,
        counts: &Arc<InferenceCounts>,
        views: &Arc<EmptyViews>,
        clock: Clock,
    ) -> std::io::Result<Self> {
        let looking = Looking {
            scheduler: scheduler.clone(),
            detect_options_by_camera: detect_options_by_camera.clone(),
            analyst: analyst.clone(),
            counts: counts.clone(),
            views: views.clone(),
            clock,
            glances: Arc::default(),
            frame_gates: Arc::default(),
            is_over: Arc::default(),
        };
        let mut inference_workers =
            InferenceWorkers { threads: Vec::with_capacity(detectors.len()), looking };
        inference_workers.spawn(detectors)?;
        Ok(inference_workers)
    }

    /// From the next frame on it is these that look. The threads of those before end with the frame that they have.
    pub fn renew(&mut self, detectors: Vec<Box<dyn Detector>>) -> std::io::Result<()> {
        self.looking.is_over.store(true, Ordering::SeqCst);
        // What was found by other models is not told again as still there.
        self.looking =
            Looking { frame_gates: Arc::default(), is_over: Arc::default(), ..self.looking.clone() };
        self.threads.retain(|thread| !thread.is_finished());
        self.spawn(detectors)
    }

    fn spawn(&mut self, detectors: Vec<Box<dyn Detector>>) -> std::io::Result<()> {
        for (number, mut detector) in (0..).zip(detectors) {
            let looking = self.looking.clone();
            let thread = thread::Builder::new().name(format!("look-{number}")).spawn(move || {
                let _essential = lifeline::essential("look");
                looking.work(&mut *detector);
            })?;
            self.threads.push(thread);
        }
        Ok(())
    }

    /// Waits for all; [`Scheduler::close`] must have been called.
    pub fn join(self) {
        for thread in self.threads {
            if thread.join().is_err() {
                error!("a worker ended with a panic");
            }
        }
    }
}

#[derive(Clone)]
struct Looking {
    scheduler: Arc<Scheduler>,
    detect_options_by_camera: DetectOptionsByCamera,
    analyst: AnalysisQueue,
    counts: Arc<InferenceCounts>,
    views: Arc<EmptyViews>,
    clock: Clock,
    glances: Arc<Glances>,
    frame_gates: Arc<FrameGates>,
    /// Others look now.
    is_over: Arc<AtomicBool>,
}

impl Looking {
    fn work(&self, detector: &mut dyn Detector) {
        let mut estimator = Estimator::default();
        while !self.scheduler.is_closed() && !self.is_over.load(Ordering::SeqCst) {
            let Some(mut turn) = self.scheduler.take(Instant::now() + WAIT) else { continue };
            let frame = turn.frame.clone();
            let began = Instant::now();
            let moment_before = turn.moment_before.take();
            let looked = self.look(detector, &mut estimator, &frame, moment_before);
            turn.took(began.elapsed());
            match looked {
                Ok((detections, moved)) => {
                    turn.want_moment_before_next(moved.is_wanted);
                    let waited = self.clock.now().mono.saturating_sub(frame.at.mono);
                    self.counts.waited(frame.taken, waited);
                    let glance = self.glances.glance(&frame);
                    let coarse = self.views.learn(&frame.camera, &frame.picture, frame.at, &detections);
                    let note = Note::Looked { frame, detections, glance, flow: moved.flow, coarse };
                    if self.analyst.send(note).is_err() {
                        return; // the daemon is stopping
                    }
                }
                Err(error) => {
                    let failed = self.counts.failed.fetch_add(1, Ordering::Relaxed);
                    if failed.is_multiple_of(TELL_EVERY) {
                        warn!(camera = %frame.camera, %error, failed, "a frame could not be looked at");
                    }
                }
            }
        }
    }

    /// What a frame shows, and what moved in it ([`FrameGate::flow`](super::frame_gate::FrameGate::flow)).
    fn look(
        &self,
        detector: &mut dyn Detector,
        estimator: &mut Estimator,
        frame: &Frame,
        moment_before: Option<Thumbnail>,
    ) -> Result<(Vec<Detection>, FlowLook), String> {
        let detect_options = {
            let detect_options_by_camera = self.detect_options_by_camera.read();
            self.frame_gates.keep_only(&detect_options_by_camera);
            self.views.keep_only(&detect_options_by_camera);
            detect_options_by_camera.get(&frame.camera).cloned().unwrap_or_default()
        };
        let frame_gate = self.frame_gates.of(&frame.camera);
        // Its camera's frames are looked at one at a time: nobody waits for this.
        let mut frame_gate = frame_gate.lock();
        let (began, cpu_before) = (Instant::now(), thread_cpu_time());
        let mut detections = Vec::with_capacity(32);
        let result = catch_unwind(AssertUnwindSafe(|| {
            let looked =
                frame_gate.look(detector, &frame.picture, frame.at, &detect_options, &mut detections)?;
            let picture = (&*frame.picture, frame.at);
            let moved = frame_gate.flow(estimator, picture, moment_before, &detect_options, &detections);
            Ok::<_, InferError>((looked, moved))
        }));
        if let Ok(Ok((looked, _))) = &result {
            let count = |counter: &AtomicU64, how: bool| counter.fetch_add(u64::from(how), Ordering::Relaxed);
            count(&self.counts.still, *looked == Looked::NotAtAll);
            count(&self.counts.looked, *looked != Looked::NotAtAll);
            count(&self.counts.closer, *looked == Looked::Twice);
        }
        self.counts.busy_us.fetch_add(began.elapsed().as_micros() as u64, Ordering::Relaxed);
        let used = thread_cpu_time().saturating_sub(cpu_before);
        self.counts.used_us.fetch_add(used.as_micros() as u64, Ordering::Relaxed);
        match result {
            Ok(Ok((_, moved))) => Ok((detections, moved)),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the detector panicked (our bug, please report it)".to_owned()),
        }
    }
}

/// When each camera was last glanced at; one for all workers, because a camera's frames go to any of them.
#[derive(Default)]
struct Glances {
    latest: Mutex<BTreeMap<Arc<str>, Moment>>,
}

impl Glances {
    /// A glance at the frame, if its camera is due for one.
    fn glance(&self, frame: &Frame) -> Option<Box<ImageStats>> {
        if !self.is_due(&frame.camera, frame.at) {
            return None;
        }
        let seen = catch_unwind(AssertUnwindSafe(|| {
            let mut seen = Box::new(ImageStats::even(0));
            frame::image_stats::measure(&frame.picture, &mut seen);
            seen
        }));
        seen.inspect_err(|_| error!(camera = %frame.camera, "a glance panicked (our bug, please report it)"))
            .ok()
    }

    fn is_due(&self, camera: &Arc<str>, at: Moment) -> bool {
        let mut latest = self.latest.lock();
        match latest.get_mut(camera) {
            // Workers may finish two frames of one camera in the wrong order.
            Some(latest) if at.since(*latest) < GLANCE_EVERY => false,
            Some(latest) => {
                *latest = at;
                true
            }
            None => {
                latest.insert(camera.clone(), at);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::time::Timestamp;

    #[test]
    fn what_waits_is_late_unless_it_came_before_its_burst() {
        let counts = InferenceCounts::default();
        for taken in [Taken::OnPatrol, Taken::InTurn, Taken::Replayed] {
            for waited in [PROMPT, PROMPT + Duration::from_millis(1)] {
                counts.waited(taken, waited);
            }
        }
        assert_eq!(counts.as_they_came.load(Ordering::Relaxed), 4);
        assert_eq!(counts.late.load(Ordering::Relaxed), 2, "one on patrol and one in its turn");
    }

    #[test]
    fn each_camera_is_glanced_at_twice_a_second_at_most() {
        let glances = Glances::default();
        let (one, other): (Arc<str>, Arc<str>) = (Arc::from("one"), Arc::from("other"));
        let at = |ms| Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_millis(ms));
        let due = (0..50).filter(|n| glances.is_due(&one, at(n * 100))).count();
        assert_eq!(due, 10, "5 s at 10 frames a second");
        assert!(glances.is_due(&other, at(4900)));
        assert!(!glances.is_due(&other, at(4800)), "an older frame brings nothing new");
    }
}
