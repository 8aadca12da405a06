//! The cameras' side of the daemon: which run, where their frames and events go.
//!
//! Frames go to the scheduler's mailboxes, events to the analysis thread. Must never block a camera's thread for
//! longer than a note to the analysis thread takes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::analysis::time::Moment;
use crate::clock::Clock;
use crate::frame::Frame;
use crate::frame::flow::Thumbnail;
use crate::pipeline::decode_demand::DecodeDemands;
use crate::pipeline::scheduler::Scheduler;
use crate::text::{box_log, language_of_log, log_warn};
use crate::types::decoding::DecodePolicy;
use crate::video::{self, CameraEvent, CameraHandle, CameraStats, Demand, FrameSink, Source, VideoError};

use super::analysis_thread::{AnalysisMessage, AnalysisQueue};

/// What stopping all cameras together may take.
pub(super) const STOP_WITHIN: Duration = Duration::from_secs(8);

/// The running cameras.
pub(super) struct Cameras {
    clock: Clock,
    scheduler: Arc<Scheduler>,
    decode_demands: Arc<DecodeDemands>,
    sink: Arc<dyn FrameSink>,
    running: BTreeMap<Arc<str>, Running>,
}

struct Running {
    /// When it changes, the stream is opened anew.
    source: Source,
    handle: CameraHandle,
}

/// The wanted settings of a camera.
#[derive(Debug, Clone)]
pub(super) struct CameraSpec {
    /// Where its pictures come from.
    pub source: Source,
    /// How often it is looked at, per second.
    pub analysis_hz: f32,
    /// How much it counts beside the others when there is not time for all, 0.1..10.
    pub weight: f32,
}

impl Cameras {
    /// No camera runs yet.
    pub(super) fn new(
        clock: Clock,
        scheduler: Arc<Scheduler>,
        decode_demands: Arc<DecodeDemands>,
        analysis_queue: AnalysisQueue,
    ) -> Self {
        let sink = Arc::new(Sink {
            scheduler: scheduler.clone(),
            decode_demands: decode_demands.clone(),
            analysis_queue,
        });
        Cameras { clock, scheduler, decode_demands, sink, running: BTreeMap::new() }
    }

    /// Makes the running cameras those that are wanted. A stream whose own settings did not change goes on
    /// untouched. Returns the ids that could not be started, with the reason.
    pub(crate) fn become_those(&mut self, wanted: Vec<CameraSpec>) -> Vec<(Arc<str>, VideoError)> {
        let keep: BTreeMap<&str, &Source> = wanted.iter().map(|w| (&*w.source.camera, &w.source)).collect();
        let gone: Vec<Arc<str>> = self
            .running
            .iter()
            .filter(|(id, running)| keep.get(&***id) != Some(&&running.source))
            .map(|(id, _)| id.clone())
            .collect();
        self.stop(&gone);
        let is_gated = |wanted: &&CameraSpec| wanted.source.policy == DecodePolicy::Auto;
        let gated: BTreeSet<&str> =
            wanted.iter().filter(is_gated).map(|wanted| &*wanted.source.camera).collect();
        self.decode_demands.set_gated(|camera| gated.contains(camera));
        drop(gated);
        let mut failed = Vec::new();
        for wanted in wanted {
            let id = wanted.source.camera.clone();
            self.scheduler.set_camera(&id, wanted.analysis_hz, wanted.weight);
            if self.running.contains_key(&id) {
                continue;
            }
            match video::supervise(wanted.source.clone(), self.clock, self.sink.clone()) {
                Ok(handle) => {
                    self.running.insert(id, Running { source: wanted.source, handle });
                }
                Err(error) => failed.push((id, error)),
            }
        }
        failed
    }

    /// Tries every camera at once that waits for its next attempt: somebody changed something.
    pub(super) fn retry_now(&self) {
        for running in self.running.values() {
            running.handle.retry_now();
        }
    }

    /// Figures of every camera.
    pub(super) fn stats(&self) -> Vec<(Arc<str>, CameraStats)> {
        self.running.iter().map(|(id, running)| (id.clone(), running.handle.stats())).collect()
    }

    /// Stops every camera, within a deadline.
    pub(crate) fn stop_all(&mut self) {
        let all: Vec<Arc<str>> = self.running.keys().cloned().collect();
        self.stop(&all);
    }

    fn stop(&mut self, ids: &[Arc<str>]) {
        let deadline = Instant::now() + STOP_WITHIN;
        let stopping: Vec<_> =
            ids.iter().filter_map(|id| self.running.remove(id).map(|r| (id.clone(), r))).collect();
        for (id, running) in stopping {
            self.scheduler.remove_camera(&id);
            let left = deadline.saturating_duration_since(Instant::now());
            if let Err(error) = running.handle.stop(left) {
                let error = error.sentence().in_language(language_of_log());
                log_warn!(box_log::camera_left_behind(); camera = %id, %error);
            }
        }
    }
}

/// The sink of frames and events.
struct Sink {
    scheduler: Arc<Scheduler>,
    decode_demands: Arc<DecodeDemands>,
    analysis_queue: AnalysisQueue,
}

impl FrameSink for Sink {
    fn wants(&self, camera: &str, at: Moment) -> bool {
        self.scheduler.wants(camera, at)
    }

    fn frame(&self, frame: Frame) {
        if self.scheduler.wants_as_moment_before(&frame.camera, frame.at) {
            let thumbnail = Thumbnail::of(&frame.picture, frame.at);
            return self.scheduler.offer_moment_before(&frame.camera, thumbnail);
        }
        self.scheduler.offer(frame);
    }

    fn demand(&self, camera: &str) -> Demand {
        self.decode_demands.demand(camera)
    }

    fn has_room(&self, camera: &str) -> bool {
        self.scheduler.has_room(camera)
    }

    fn event(&self, camera: &Arc<str>, event: CameraEvent) {
        let note = match event {
            CameraEvent::Connected(_) => AnalysisMessage::Back(camera.clone()),
            CameraEvent::Lost { reason, .. } => {
                AnalysisMessage::Silent(camera.clone(), Some(reason.fault.cause()))
            }
            CameraEvent::Ended => AnalysisMessage::Silent(camera.clone(), None),
            CameraEvent::Changed(_) | CameraEvent::Stopped => return,
        };
        // Fails only while the daemon is stopping.
        let _ = self.analysis_queue.send(note);
    }
}
