//! The worker threads that look at frames: take a turn from the scheduler, detect, tell the analyst.
//!
//! As many as the machine has cores, or as configured. A panic in one of them loses one frame: it is
//! counted, logged and the thread goes on. Must never hold a frame longer than it looks at it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::RwLock;
use tracing::{error, warn};

use crate::analysis::detection::Detection;
use crate::detector::{Detector, Thresholds};
use crate::frame::Frame;
use crate::scheduler::Scheduler;

use super::analyst::{AnalystQueue, Note};

/// How long a worker waits for a frame before it asks again; bounds nothing, only wakes.
const WAIT: Duration = Duration::from_secs(5);

/// After how many failures in a row a worker says so again.
const TELL_EVERY: u64 = 100;

/// Figures of all workers together.
#[derive(Debug, Default)]
pub struct LookerCounts {
    /// Frames looked at.
    pub looked: AtomicU64,
    /// Frames at which looking failed.
    pub failed: AtomicU64,
    /// Time spent looking, microseconds.
    pub busy_us: AtomicU64,
}

/// What each camera's detections must reach; shared, because a reload may change it.
pub type ThresholdsByCamera = Arc<RwLock<BTreeMap<Arc<str>, Arc<Thresholds>>>>;

/// The running threads.
pub struct Lookers {
    threads: Vec<JoinHandle<()>>,
}

impl Lookers {
    /// Starts one thread per detector.
    pub fn start(
        detectors: Vec<Box<dyn Detector>>,
        scheduler: &Arc<Scheduler>,
        thresholds: &ThresholdsByCamera,
        analyst: &AnalystQueue,
        counts: &Arc<LookerCounts>,
    ) -> std::io::Result<Self> {
        let mut threads = Vec::with_capacity(detectors.len());
        for (number, mut detector) in (0..).zip(detectors) {
            let looking = Looking {
                scheduler: scheduler.clone(),
                thresholds: thresholds.clone(),
                analyst: analyst.clone(),
                counts: counts.clone(),
            };
            let thread = thread::Builder::new()
                .name(format!("look-{number}"))
                .spawn(move || looking.work(&mut *detector))?;
            threads.push(thread);
        }
        Ok(Lookers { threads })
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

struct Looking {
    scheduler: Arc<Scheduler>,
    thresholds: ThresholdsByCamera,
    analyst: AnalystQueue,
    counts: Arc<LookerCounts>,
}

impl Looking {
    fn work(&self, detector: &mut dyn Detector) {
        while !self.scheduler.is_closed() {
            let Some(turn) = self.scheduler.take(Instant::now() + WAIT) else { continue };
            let frame = turn.frame.clone();
            match self.look(detector, &frame) {
                Ok(detections) => {
                    self.counts.looked.fetch_add(1, Ordering::Relaxed);
                    if self.analyst.send(Note::Looked { frame, detections }).is_err() {
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

    fn look(&self, detector: &mut dyn Detector, frame: &Frame) -> Result<Vec<Detection>, String> {
        let thresholds = self.thresholds.read().get(&frame.camera).cloned().unwrap_or_default();
        let mut detections = Vec::with_capacity(32);
        let began = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| {
            detector.detect(&frame.picture, None, &thresholds, &mut detections)
        }));
        self.counts.busy_us.fetch_add(began.elapsed().as_micros() as u64, Ordering::Relaxed);
        match result {
            Ok(Ok(())) => Ok(detections),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("the detector panicked (our bug, please report it)".to_owned()),
        }
    }
}
