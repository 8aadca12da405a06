//! One picture of a stream that is opened for it: the first keyframe, then the stream is closed again.
//!
//! Runs the same supervised stream as the daemon's cameras. Must never decode more than keyframes, and never take longer
//! than it was given.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::camera_state::CameraEvent;
use super::error::{Fault, VideoError};
use super::source::Source;
use super::supervise::{FrameSink, Talk, supervise_as};
use crate::analysis::time::Moment;
use crate::clock::Clock;
use crate::frame::Frame;
use crate::types::decoding::DecodePolicy;

/// What closing the stream may take.
const CLOSING: Duration = Duration::from_secs(1);
/// How often the caller is asked whether it is still wanted.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// The first frame of a stream, with the moment of `clock` at which it arrived. `None` if `is_wanted` said no meanwhile.
///
/// # Errors
/// Why the stream gave none within that time.
pub(crate) fn first_frame(
    mut source: Source,
    clock: Clock,
    within: Duration,
    is_wanted: impl Fn() -> bool,
) -> Result<Option<Frame>, VideoError> {
    let deadline = Instant::now() + within;
    source.policy = DecodePolicy::Keyframes;
    // Its own timeouts know better words than "no picture came"; they must fire before this one.
    source.stall_after = source.stall_after.min(within.mul_f32(0.7));
    source.answer_within = source.answer_within.map(|answer| answer.min(within.mul_f32(0.7)));
    let camera = source.camera.clone();
    let waiting = Arc::new(Waiting::default());
    let handle = supervise_as(source, clock, waiting.clone(), Talk::Quiet)?;
    let mut outcome = waiting.outcome.lock();
    while outcome.is_none() && is_wanted() && Instant::now() < deadline {
        waiting.changed.wait_until(&mut outcome, deadline.min(Instant::now() + ASK_EVERY));
    }
    let outcome_now = outcome.take();
    // What comes later is for nobody.
    *outcome = Some(Err(VideoError::of(&camera, Fault::NoPicture { after: within, packets: false })));
    drop(outcome);
    let packets = handle.stats().measure.units > 0;
    if let Err(error) = handle.stop(CLOSING) {
        tracing::debug!(%error, "a stream that was opened for one picture is still closing");
    }
    match outcome_now {
        Some(outcome) => outcome.map(Some),
        None if is_wanted() => Err(VideoError::of(&camera, Fault::NoPicture { after: within, packets })),
        None => Ok(None),
    }
}

#[derive(Default)]
struct Waiting {
    outcome: Mutex<Option<Result<Frame, VideoError>>>,
    changed: Condvar,
}

impl Waiting {
    fn report(&self, outcome: Result<Frame, VideoError>) {
        self.outcome.lock().get_or_insert(outcome);
        self.changed.notify_all();
    }
}

impl FrameSink for Waiting {
    fn wants(&self, _camera: &str, _at: Moment) -> bool {
        self.outcome.lock().is_none()
    }

    fn frame(&self, frame: Frame) {
        self.report(Ok(frame));
    }

    fn event(&self, _camera: &Arc<str>, event: CameraEvent) {
        if let CameraEvent::Lost { reason, .. } = event {
            self.report(Err(reason));
        }
    }
}
