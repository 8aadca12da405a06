//! The decode demand of each camera: set by the analysis, read by the GOP gates and the scheduler.
//!
//! Written by the analysis thread before and after each look, read with every compressed picture of every camera. Must
//! never decide what a rule needs, which the analysis says, and never wait.

use std::sync::Arc;
use std::time::Duration;

use crate::analysis::detection::Detection;
use crate::analysis::{Analysis, RequiredRate};
use crate::frame::{Frame, Taken};
use crate::video::Demand;

use super::camera_slot::CameraSlots;
use super::scheduler::Scheduler;

/// How often a camera is looked at that needs no more than its keyframes. Less than a second, so that a keyframe a
/// second is looked at each time whatever its jitter.
const ON_PATROL: Duration = Duration::from_millis(700);

/// See the module.
pub struct DecodeDemands {
    scheduler: Arc<Scheduler>,
    slots: Arc<CameraSlots>,
}

/// How far one camera is decoded.
#[derive(Debug)]
pub(super) struct SlotDemand {
    demand: Demand,
    /// Whether it is decoded as it is needed.
    is_gated: bool,
    /// It looks back, up to then.
    looks_back_until: Option<Duration>,
    /// No frame has come since it was asked to.
    was_asked: bool,
}

impl Default for SlotDemand {
    fn default() -> Self {
        SlotDemand { demand: Demand::Keyframes, is_gated: false, looks_back_until: None, was_asked: false }
    }
}

impl SlotDemand {
    /// Whether what the camera was asked to look back at is not all seen yet.
    fn is_looking_back(&mut self, seen_to: Option<Duration>) -> bool {
        let Some(until) = self.looks_back_until else { return false };
        // A camera that was away has nothing to look back at any more.
        let goes_on = seen_to.is_some_and(|seen_to| seen_to < until);
        if !goes_on {
            self.looks_back_until = None;
        }
        goes_on
    }
}

impl DecodeDemands {
    /// No demand yet.
    pub fn new(scheduler: Arc<Scheduler>, slots: Arc<CameraSlots>) -> Self {
        DecodeDemands { scheduler, slots }
    }

    /// Which cameras are decoded as it is needed.
    pub fn set_gated(&self, is_gated: impl Fn(&str) -> bool) {
        self.slots.for_each_demand(|camera, slot| {
            slot.is_gated = is_gated(camera);
            if !slot.is_gated {
                *slot = SlotDemand::default();
            }
        });
    }

    /// What a camera needs now.
    pub fn demand(&self, camera: &str) -> Demand {
        self.slots.with_demand(camera, |slot| slot.demand).unwrap_or(Demand::Keyframes)
    }

    /// Whether a camera's decoding follows what it needs.
    pub(crate) fn is_gated(&self, camera: &str) -> bool {
        self.slots.with_demand(camera, |slot| slot.is_gated).unwrap_or(false)
    }

    /// What the analysis needs of a camera from now on.
    pub fn set(&self, camera: &str, pace: RequiredRate) {
        let is_set = self.slots.with_demand(camera, |slot| {
            if !slot.is_gated || slot.is_looking_back(pace.seen_to) {
                return false;
            }
            slot.demand = match pace {
                RequiredRate { every: Some(every), seen_to: Some(after) } => Demand::Often { every, after },
                _ => Demand::Keyframes,
            };
            true
        });
        if is_set == Some(true) {
            self.scheduler.set_pace(camera, pace.every.unwrap_or(ON_PATROL));
        }
    }

    /// Whether the frames before this one, in which `detections` were found, must be seen before it. They are asked for
    /// then, and it comes again after them.
    pub fn must_look_back(&self, analysis: &mut Analysis, frame: &Frame, detections: &[Detection]) -> bool {
        let camera = &frame.camera;
        // Asked for already, and on patrol again: there were none.
        let was_asked = self.was_asked(camera);
        if was_asked || frame.taken != Taken::OnPatrol || !self.is_gated(camera) {
            return false;
        }
        let Some(seen_to) = analysis.pace(camera).and_then(|pace| pace.seen_to) else { return false };
        if !analysis.missed_something(camera, frame.at, detections) {
            return false;
        }
        self.look_back(camera, seen_to, frame.at.mono);
        true
    }

    /// Whether this frame is the first one since its camera was asked to look back.
    fn was_asked(&self, camera: &str) -> bool {
        self.slots.with_demand(camera, |slot| std::mem::take(&mut slot.was_asked)).unwrap_or(false)
    }

    /// What came after `after` must be seen, with every look there is, up to `until`: what the first of these looks
    /// show may need nothing, and what asked for them comes at their end.
    fn look_back(&self, camera: &str, after: Duration, until: Duration) {
        self.scheduler.set_pace(camera, Duration::ZERO);
        self.scheduler.rewind(camera, after);
        self.slots.with_demand(camera, |slot| {
            slot.demand = Demand::Often { every: Duration::ZERO, after };
            slot.looks_back_until = Some(until);
            slot.was_asked = true;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::frame_gate::DetectOptions;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn decode_demands() -> (DecodeDemands, Arc<str>, Arc<str>) {
        let scheduler = Arc::new(Scheduler::new());
        let (gated, full): (Arc<str>, Arc<str>) = ("gated".into(), "full".into());
        scheduler.set_camera(&gated, 5.0, 1.0);
        scheduler.set_camera(&full, 5.0, 1.0);
        let slots = Arc::new(CameraSlots::default());
        slots.set_cameras([&gated, &full].map(|camera| (camera.clone(), DetectOptions::default())));
        let decode_demands = DecodeDemands::new(scheduler, slots);
        decode_demands.set_gated(|camera| camera == "gated");
        (decode_demands, gated, full)
    }

    #[test]
    fn what_the_analysis_needs_is_what_the_gate_is_asked_for() {
        let (decode_demands, gated, full) = decode_demands();
        assert_eq!(decode_demands.demand(&gated), Demand::Keyframes, "nothing is known yet");
        decode_demands.set(&gated, RequiredRate { every: Some(MS(500)), seen_to: Some(MS(7000)) });
        assert_eq!(decode_demands.demand(&gated), Demand::Often { every: MS(500), after: MS(7000) });
        decode_demands.set(&gated, RequiredRate { every: None, seen_to: Some(MS(8000)) });
        assert_eq!(decode_demands.demand(&gated), Demand::Keyframes);
        decode_demands.look_back(&gated, MS(6000), MS(8000));
        assert_eq!(decode_demands.demand(&gated), Demand::Often { every: Duration::ZERO, after: MS(6000) });
        decode_demands.set(&full, RequiredRate { every: Some(MS(500)), seen_to: Some(MS(7000)) });
        assert_eq!(decode_demands.demand(&full), Demand::Keyframes, "of it everything is decoded anyway");
    }

    #[test]
    fn a_look_back_goes_on_to_its_end_whatever_its_first_looks_show() {
        let (decode_demands, gated, _) = decode_demands();
        let everything = Demand::Often { every: Duration::ZERO, after: MS(6000) };
        decode_demands.look_back(&gated, MS(6000), MS(8000));
        // The street is still empty in these.
        for seen_to in [6200, 6400, 7800] {
            decode_demands.set(&gated, RequiredRate { every: None, seen_to: Some(MS(seen_to)) });
            assert_eq!(decode_demands.demand(&gated), everything, "at {seen_to}");
        }
        decode_demands.set(&gated, RequiredRate { every: None, seen_to: Some(MS(8000)) });
        assert_eq!(decode_demands.demand(&gated), Demand::Keyframes);
        decode_demands.look_back(&gated, MS(8000), MS(10_000));
        decode_demands.set(&gated, RequiredRate { every: None, seen_to: None });
        assert_eq!(decode_demands.demand(&gated), Demand::Keyframes, "the camera was away");
    }

    #[test]
    fn a_camera_that_is_taken_away_leaves_no_demand_behind() {
        let (decode_demands, gated, full) = decode_demands();
        let often = RequiredRate { every: Some(MS(200)), seen_to: Some(MS(1)) };
        decode_demands.set(&gated, often);
        decode_demands.slots.set_cameras([(full, DetectOptions::default())]);
        decode_demands.slots.set_cameras([(gated.clone(), DetectOptions::default())]);
        assert_eq!(decode_demands.demand(&gated), Demand::Keyframes, "it begins anew");
        assert!(!decode_demands.is_gated(&gated));
    }
}
