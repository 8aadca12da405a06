//! One rule at its camera: what it sees, and the alert or the signals that follow.

use std::sync::Arc;
use std::time::Duration;

use super::{Analysis, SharedState};
use crate::analysis::alert::Revision;
use crate::analysis::alert_lifecycle::AlertLifecycle;
use crate::analysis::fusion::SourceReport;
use crate::analysis::heights::Within;
use crate::analysis::rules::{RuleEvaluator, Scene};
use crate::analysis::signals::SourceId;
use crate::analysis::time::Moment;
use crate::analysis::why_not::RuleState;
use crate::types::camera_condition::CameraCondition;
use crate::types::phase::PhaseReason;

/// A shorter hold than this needs every look: with one in two seconds a condition that is gone for less would not be reported
/// from one that is gone.
const SHORT_HOLD: Duration = Duration::from_secs(6);

/// One rule at its camera: what it sees, and the alert or the signals that follow.
#[derive(Debug, Clone)]
pub(super) struct RuleInstance {
    pub(super) evaluator: RuleEvaluator,
    /// What it is shown.
    pub(super) within: Within,
    /// The place of its camera.
    pub(super) grid: Arc<str>,
    pub(super) lifecycle: AlertLifecycle,
    /// Whether it raises alerts by itself.
    pub(super) is_alone: bool,
    /// As signals know it.
    pub(super) source: SourceId,
    /// In its latest frame its condition held.
    pub(super) is_positive: bool,
}

impl RuleInstance {
    /// Whether its alert is open, its condition is gone, and how long that must be so is too short for looks that come
    /// seldom.
    pub(super) fn waits_for_its_end(&self) -> bool {
        let rule = self.evaluator.rule();
        self.lifecycle.open().is_some()
            && !self.is_positive
            && !rule.when.is_instant()
            && rule.hold < SHORT_HOLD
    }

    pub(super) fn look(&mut self, shared: &mut SharedState, scene: Scene<'_>, published: &mut Vec<Revision>) {
        let rule = self.evaluator.rule().clone();
        if !rule.schedule.in_force(scene.at.utc) {
            self.evaluator.forget();
            self.is_positive = false;
            shared.fusion.stand_down(&self.source);
            published.extend(self.lifecycle.end(
                &mut shared.ids,
                &rule,
                PhaseReason::ScheduleEnded,
                scene.at,
            ));
            return;
        }
        let (tracks, found) = self.within.look(scene.tracks, scene.found);
        let scene = Scene { tracks, found, ..scene };
        let observation = self.evaluator.look(scene);
        self.is_positive = observation.holds && observation.sustains;
        let report = SourceReport {
            at: scene.at,
            strength: if self.is_positive { hint(observation.strength) } else { 0.0 },
            value: observation.value,
            zone: Some(rule.when.place()),
            shown: &observation.shown,
            cause: None,
        };
        shared.fusion.report(&mut shared.ids, &self.source, report, published);
        if self.is_alone {
            let ids = &mut shared.ids;
            published.extend(self.lifecycle.observe(ids, &rule, &self.grid, observation, scene.watched));
        }
    }
}

impl Analysis {
    /// What is wrong with a camera, apart from what is usual for it; nothing for an unknown camera.
    pub(crate) fn conditions_of(&self, camera: &str) -> impl Iterator<Item = CameraCondition> {
        self.cameras.get(camera).into_iter().flat_map(|camera| camera.health.conditions())
    }

    /// The state of a rule at its camera after its latest look; `None` where the camera does not have it.
    pub(crate) fn rule_state(&self, camera: &str, rule: &str, at: Moment) -> Option<RuleState> {
        let camera = self.cameras.get(camera)?;
        let instance = camera.instances.iter().find(|instance| *instance.evaluator.rule().id == *rule)?;
        let observation = instance.evaluator.observation();
        let lasted = observation.since.zip(observation.seen_at).map(|(since, seen)| seen.since(since));
        Some(RuleState {
            value: observation.value,
            lasted: lasted.unwrap_or_default(),
            holds: instance.is_positive,
            is_open: instance.lifecycle.open().is_some(),
            quiet_for: instance.lifecycle.quiet_for(at),
        })
    }
}

/// How strongly a rule says "yes". A condition that held for its time is half of a sure "yes" whatever the detector's
/// score, which makes the other half. Of `fallen` that score may be below the detector's threshold.
fn hint(score: f32) -> f32 {
    0.5 + 0.5 * score.clamp(0.0, 1.0)
}
