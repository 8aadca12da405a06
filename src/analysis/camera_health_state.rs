//! A camera's health within the analysis: whether it can see, and what it reports to signals.
//!
//! A camera without image statistics and without events counts as healthy: a replay or a test may bring detections alone.
//! Must never judge pictures itself; [`super::camera_health`] does.

use std::sync::Arc;

use super::alert::Revision;
use super::alert_lifecycle::AlertIds;
use super::camera_health::image_stats::ImageStats;
use super::camera_health::{CameraHealth, NoVideoCause};
use super::derived::HealthReading;
use super::fusion::{Fusion, SourceReport};
use super::rules::CameraPlan;
use super::signals::SourceId;
use super::time::Moment;
use crate::types::camera_condition::CameraCondition;

/// One camera's health.
#[derive(Debug, Clone)]
pub(super) struct CameraHealthState {
    camera: Arc<str>,
    ignored: Vec<CameraCondition>,
    health: CameraHealth,
    /// Why it gave no pictures last, as far as the video side says.
    cause: Option<NoVideoCause>,
    /// Whether anything is known about it.
    is_known: bool,
    was_blind: bool,
}

impl CameraHealthState {
    pub(super) fn new(plan: &CameraPlan) -> Self {
        CameraHealthState {
            camera: plan.id.clone(),
            ignored: plan.ignore_conditions.clone(),
            health: CameraHealth::new(),
            cause: None,
            is_known: false,
            was_blind: false,
        }
    }

    pub(super) fn look(&mut self, at: Moment, stats: &ImageStats) {
        self.is_known = true;
        self.health.look(at, stats);
        self.forget_cause_once_back();
    }

    fn forget_cause_once_back(&mut self) {
        let is_published = self.health.conditions().any(|s| s.on && s.condition == CameraCondition::NoVideo);
        if !is_published {
            self.cause = None;
        }
    }

    /// As [`CameraHealthState::look`], with what the picture left in its place.
    pub(super) fn recall(&mut self, at: Moment, reading: &HealthReading) {
        self.is_known = true;
        self.health.recall(at, reading);
        self.forget_cause_once_back();
    }

    /// What the latest picture left.
    pub(super) fn reading(&self, aspect: f32) -> HealthReading {
        self.health.reading(aspect)
    }

    pub(super) fn fall_silent(&mut self, at: Moment, cause: Option<NoVideoCause>) {
        self.is_known = true;
        self.cause = cause.or(self.cause);
        self.health.silent(at);
    }

    pub(super) fn come_back(&mut self, at: Moment) {
        if self.is_known {
            self.health.back(at);
        }
    }

    pub(super) fn tick(&mut self, at: Moment) {
        if self.is_known {
            self.health.tick(at);
        }
    }

    /// What is wrong with it, apart from what is usual for it.
    pub(super) fn conditions(&self) -> impl Iterator<Item = CameraCondition> {
        let is_on = self.health.conditions().filter(|state| state.on).map(|state| state.condition);
        is_on.filter(|condition| !self.ignored.contains(condition))
    }

    /// Whether what its rules see can be relied on. While no video comes there are no frames to rely on, and the
    /// first one that comes again counts.
    pub(super) fn is_blind(&self) -> bool {
        self.conditions().any(|condition| condition.is_blind() && condition != CameraCondition::NoVideo)
    }

    /// Whether it has become blind since this was last asked.
    pub(super) fn became_blind(&mut self) -> bool {
        let before = self.was_blind;
        self.was_blind = self.is_blind();
        self.was_blind && !before
    }

    /// Says every condition to the signals that ask. Without video only that is known.
    pub(super) fn report(
        &self,
        ids: &mut AlertIds,
        fusion: &mut Fusion,
        at: Moment,
        published: &mut Vec<Revision>,
    ) {
        if !self.is_known {
            return;
        }
        let mut states = self.health.conditions();
        let no_video = states.any(|state| state.on && state.condition == CameraCondition::NoVideo);
        for state in self.health.conditions() {
            let condition = state.condition;
            let source = SourceId::Camera { camera: self.camera.clone(), condition: condition.name() };
            if self.ignored.contains(&condition) {
                fusion.stand_down(&source);
            } else if no_video && condition != CameraCondition::NoVideo {
                fusion.fall_silent(&source, at);
            } else {
                // At its threshold a condition counts half; once it is reported, at least that.
                let strength = if state.on { state.strength.max(0.75) } else { 0.0 };
                let cause = self.cause.filter(|_| condition == CameraCondition::NoVideo);
                let report = SourceReport { at, strength, value: state.value, zone: None, shown: &[], cause };
                fusion.report(ids, &source, report, published);
            }
        }
    }

    /// Takes over from before a change of configuration.
    pub(super) fn inherit(&mut self, before: &CameraHealthState) {
        self.health = before.health.clone();
        self.cause = before.cause;
        self.is_known = before.is_known;
        self.was_blind = before.was_blind;
    }
}
