//! A frame sink that remembers what it was told, and lets a test wait for it with a deadline.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lookout::analysis::time::Moment;
use lookout::frame::{Frame, Taken};
use lookout::video::{CameraEvent, Demand, FrameSink, StreamInfo, VideoError};
use parking_lot::{Condvar, Mutex};

/// How long a test waits for anything before it fails: long, because the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(40);

#[derive(Default)]
pub struct FrameRecorder {
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Default)]
pub struct Seen {
    pub events: Vec<(Arc<str>, CameraEvent)>,
    pub frames: HashMap<Arc<str>, Vec<Moment>>,
    pub numbers: HashMap<Arc<str>, Vec<u64>>,
    pub taken: HashMap<Arc<str>, Vec<Taken>>,
    pub last: HashMap<Arc<str>, Frame>,
    /// Cameras whose next frame makes the sink panic.
    pub panic_for: Vec<String>,
    /// Cameras whose frames are not wanted.
    pub refuse: Vec<String>,
    /// What is needed of a camera; everything where nothing is said.
    pub demands: HashMap<String, Demand>,
}

impl FrameRecorder {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    pub fn lock(&self) -> parking_lot::MutexGuard<'_, Seen> {
        self.seen.lock()
    }

    /// Waits until `ready` finds what it looks for; panics with `what` after [`PATIENCE`].
    pub fn wait<T>(&self, what: &str, mut ready: impl FnMut(&Seen) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen.lock();
        loop {
            if let Some(found) = ready(&seen) {
                return found;
            }
            if self.changed.wait_until(&mut seen, deadline).timed_out() {
                panic!("no {what} in time; events: {:#?}", seen.events);
            }
        }
    }

    pub fn wait_connected(&self, camera: &str) -> StreamInfo {
        self.wait("connection", |seen| seen.connections(camera).last().cloned())
    }

    /// Waits for the `count`th connection of a camera.
    pub fn wait_connections(&self, camera: &str, count: usize) -> StreamInfo {
        self.wait("another connection", |seen| seen.connections(camera).get(count - 1).cloned())
    }

    pub fn wait_lost(&self, camera: &str) -> VideoError {
        self.wait("loss", |seen| seen.losses(camera).first().cloned())
    }

    pub fn wait_losses(&self, camera: &str, count: usize) -> VideoError {
        self.wait("another loss", |seen| seen.losses(camera).get(count - 1).cloned())
    }

    /// Waits until the camera has given `count` frames since its start.
    pub fn wait_frames(&self, camera: &str, count: usize) {
        self.wait("frames", |seen| (seen.count(camera) >= count).then_some(()));
    }
}

impl Seen {
    pub fn count(&self, camera: &str) -> usize {
        self.frames.get(camera).map_or(0, Vec::len)
    }

    pub fn connections(&self, camera: &str) -> Vec<StreamInfo> {
        let of_camera = self.events.iter().filter(|(of, _)| &**of == camera);
        of_camera
            .filter_map(|(_, event)| match event {
                CameraEvent::Connected(info) => Some(info.clone()),
                _ => None,
            })
            .collect()
    }

    pub fn losses(&self, camera: &str) -> Vec<VideoError> {
        let of_camera = self.events.iter().filter(|(of, _)| &**of == camera);
        of_camera
            .filter_map(|(_, event)| match event {
                CameraEvent::Lost { reason, .. } => Some(reason.clone()),
                _ => None,
            })
            .collect()
    }
}

impl FrameSink for FrameRecorder {
    fn wants(&self, camera: &str, _at: Moment) -> bool {
        !self.seen.lock().refuse.iter().any(|refused| refused == camera)
    }

    fn frame(&self, frame: Frame) {
        let mut seen = self.seen.lock();
        if let Some(at) = seen.panic_for.iter().position(|camera| **camera == *frame.camera) {
            seen.panic_for.remove(at);
            drop(seen);
            panic!("the sink has a bad day");
        }
        let camera = frame.camera.clone();
        seen.frames.entry(camera.clone()).or_default().push(frame.at);
        seen.numbers.entry(camera.clone()).or_default().push(frame.number);
        seen.taken.entry(camera.clone()).or_default().push(frame.taken);
        seen.last.insert(camera, frame);
        drop(seen);
        self.changed.notify_all();
    }

    fn demand(&self, camera: &str) -> Demand {
        let everything = Demand::Often { every: Duration::ZERO, after: Duration::ZERO };
        self.seen.lock().demands.get(camera).copied().unwrap_or(everything)
    }

    fn event(&self, camera: &Arc<str>, event: CameraEvent) {
        self.seen.lock().events.push((camera.clone(), event));
        self.changed.notify_all();
    }
}
