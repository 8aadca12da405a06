//! The inference workers: threads that take a frame from the scheduler, run the detector and pass on the result.
//!
//! As many as the machine has cores, or as configured. A panic in one of them loses one frame: it is
//! counted, logged and the thread goes on. Must never hold a frame longer than it looks at it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::clock::{Clock, thread_cpu_time};
use crate::detector::Detector;
use crate::frame::flow::{Estimator, Thumbnail};
use crate::frame::{Frame, Taken};
use crate::lifeline;
use crate::text::{Sentence, language_of_log, log_error, log_warn, runtime as say};

use super::camera_slot::{CameraSlots, Look};
use super::frame_gate::Looked;
use super::scheduler::Scheduler;

/// How long a worker waits for a frame before it asks again; bounds nothing, only wakes.
const WAIT: Duration = Duration::from_secs(5);

/// After how many failures in a row a worker says so again.
const REPORT_EVERY: u64 = 100;

/// Figures of all workers together.
#[derive(Debug, Default)]
pub(crate) struct InferenceCounts {
    /// Frames looked at.
    pub looked: AtomicU64,
    /// Frames in which nothing had moved, so that what was found before was reported again.
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
pub(crate) const PROMPT: Duration = Duration::from_millis(500);

/// Takes the results; `false` once no more are wanted.
pub(crate) type LookSink = Arc<dyn Fn(Frame, Look) -> bool + Send + Sync>;

/// The running threads.
pub(crate) struct InferenceWorkers {
    threads: Vec<JoinHandle<()>>,
    looking: Looking,
}

impl InferenceWorkers {
    /// Starts one thread per detector.
    pub(crate) fn start(
        detectors: Vec<Box<dyn Detector>>,
        scheduler: &Arc<Scheduler>,
        slots: &Arc<CameraSlots>,
        sink: LookSink,
        counts: &Arc<InferenceCounts>,
        clock: Clock,
    ) -> std::io::Result<Self> {
        let looking = Looking {
            scheduler: scheduler.clone(),
            slots: slots.clone(),
            sink,
            counts: counts.clone(),
            clock,
            generation: 0,
            is_over: Arc::default(),
        };
        let mut inference_workers =
            InferenceWorkers { threads: Vec::with_capacity(detectors.len()), looking };
        inference_workers.spawn(detectors)?;
        Ok(inference_workers)
    }

    /// From the next frame on it is these that look. The threads of those before end with the frame that they have.
    pub(crate) fn renew(&mut self, detectors: Vec<Box<dyn Detector>>) -> std::io::Result<()> {
        self.looking.is_over.store(true, Ordering::SeqCst);
        self.looking.is_over = Arc::default();
        // What was found by other models is not reported again as still there.
        self.looking.generation += 1;
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
    pub(crate) fn join(self) {
        for thread in self.threads {
            if thread.join().is_err() {
                log_error!(say::worker_panicked());
            }
        }
    }
}

#[derive(Clone)]
struct Looking {
    scheduler: Arc<Scheduler>,
    slots: Arc<CameraSlots>,
    sink: LookSink,
    counts: Arc<InferenceCounts>,
    clock: Clock,
    /// Counts the changes of models.
    generation: u64,
    /// Other workers have taken over.
    is_over: Arc<AtomicBool>,
}

impl Looking {
    fn work(&self, detector: &mut dyn Detector) {
        let mut estimator = Estimator::default();
        while !self.scheduler.is_closed() && !self.is_over.load(Ordering::SeqCst) {
            let Some(mut turn) = self.scheduler.take(Instant::now() + WAIT) else { continue };
            let frame = turn.frame.clone();
            let moment_before = turn.moment_before.take();
            let began = Instant::now();
            let result = self.look(detector, &mut estimator, &frame, moment_before);
            turn.took(began.elapsed());
            match result {
                Some(Ok(look)) => {
                    turn.want_moment_before_next(look.wants_moment_before);
                    let waited = self.clock.now().mono.saturating_sub(frame.at.mono);
                    self.counts.waited(frame.taken, waited);
                    if !(self.sink)(frame, look) {
                        return; // the daemon is stopping
                    }
                }
                Some(Err(error)) => {
                    let failed = self.counts.failed.fetch_add(1, Ordering::Relaxed);
                    if failed.is_multiple_of(REPORT_EVERY) {
                        let error = error.in_language(language_of_log());
                        log_warn!(say::frame_not_looked_at(); camera = %frame.camera, %error, failed);
                    }
                }
                None => {}
            }
        }
    }

    /// Looks at a frame and counts it; `None` where its camera was taken away in between.
    fn look(
        &self,
        detector: &mut dyn Detector,
        estimator: &mut Estimator,
        frame: &Frame,
        moment_before: Option<Thumbnail>,
    ) -> Option<Result<Look, Sentence>> {
        let slot = self.slots.of(&frame.camera)?;
        let (began, cpu_before) = (Instant::now(), thread_cpu_time());
        let picture = (&*frame.picture, frame.at);
        let result = slot.look(detector, estimator, picture, moment_before, self.generation);
        if let Ok(Look { looked, .. }) = &result {
            let count = |counter: &AtomicU64, how: bool| counter.fetch_add(u64::from(how), Ordering::Relaxed);
            count(&self.counts.still, *looked == Looked::NotAtAll);
            count(&self.counts.looked, *looked != Looked::NotAtAll);
            count(&self.counts.closer, *looked == Looked::Twice);
        }
        self.counts.busy_us.fetch_add(began.elapsed().as_micros() as u64, Ordering::Relaxed);
        let used = thread_cpu_time().saturating_sub(cpu_before);
        self.counts.used_us.fetch_add(used.as_micros() as u64, Ordering::Relaxed);
        Some(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
