//! The handle of a supervised camera: its figures, and its end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::{Shared, TEARDOWN_WITHIN};
use crate::video::camera_state::{CameraStats, NotStopped};
use crate::video::pipeline::AttemptEvent;

/// A supervised camera. Dropping it asks it to stop and does not wait.
#[derive(Debug)]
pub struct CameraHandle {
    pub(super) shared: Arc<Shared>,
    pub(super) thread: Option<thread::JoinHandle<()>>,
}

impl CameraHandle {
    /// The camera's id.
    pub fn camera(&self) -> &Arc<str> {
        &self.shared.source.camera
    }

    /// Figures of this moment.
    pub fn stats(&self) -> CameraStats {
        let shared = &self.shared;
        let now = shared.clock.now().mono;
        let status = shared.status.lock();
        CameraStats {
            state: status.state,
            units: shared.counters.units.load(Ordering::Relaxed),
            frames: shared.counters.frames.load(Ordering::Relaxed),
            unwanted: shared.counters.unwanted.load(Ordering::Relaxed),
            unreadable: shared.counters.unreadable.load(Ordering::Relaxed),
            reconnects: shared.reconnects.load(Ordering::Relaxed),
            beats: shared.beats.load(Ordering::Relaxed),
            last_frame_age: shared.counters.last_frame().map(|at| now.saturating_sub(at)),
            stream: status.stream.clone(),
            measure: status.context.as_ref().map(|context| context.measure()).unwrap_or_default(),
            received_by: status.context.as_ref().and_then(|context| context.received_by),
            gate: status
                .context
                .as_ref()
                .and_then(|context| context.gate())
                .map(|gate| (gate.mode, gate.counts)),
            redirected_to: status.redirected_to.clone(),
            last_error: status.last_error.clone(),
        }
    }

    /// Tries a camera that waits for its next attempt at once: somebody changed something.
    pub fn retry_now(&self) {
        self.shared.retry_now.store(true, Ordering::Relaxed);
        let _ = self.shared.send.try_send((0, AttemptEvent::Wake));
    }

    /// Stops the camera and waits for its thread, at most `within`.
    pub fn stop(mut self, within: Duration) -> Result<(), NotStopped> {
        self.shared.ask_to_stop(within);
        let (done, changed) = &self.shared.done;
        let mut is_done = done.lock();
        let deadline = Instant::now() + within;
        while !*is_done {
            if changed.wait_until(&mut is_done, deadline).timed_out() && !*is_done {
                return Err(NotStopped { camera: self.shared.source.camera.clone(), after: within });
            }
        }
        drop(is_done);
        if let Some(thread) = self.thread.take() {
            // It said that it is done; its panics were caught inside.
            let _ = thread.join();
        }
        Ok(())
    }
}

impl Drop for CameraHandle {
    fn drop(&mut self) {
        self.shared.ask_to_stop(TEARDOWN_WITHIN);
    }
}
