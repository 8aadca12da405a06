//! Detections that are hidden from a camera's rules because they never move, and the memory of them.

use std::sync::Arc;
use std::time::Duration;

use super::rule_instance::RuleInstance;
use super::{ABSENCE, Analysis, Camera};
use crate::analysis::derived::LookVerdicts;
use crate::analysis::detection::{Class, Detection};
use crate::analysis::filters::Filter;
use crate::analysis::furniture::Furniture;
use crate::analysis::rules::CameraPlan;
use crate::analysis::time::Moment;
use crate::types::camera_condition::CameraCondition;

/// What a picture showed is true of the frames that follow so soon; the next one is due after a second.
const JUDGED_FOR: Duration = Duration::from_secs(2);

/// Where it is to be learnt: not at a camera that is steered, nor where a rule waits for somebody to be gone.
pub(super) fn furniture_of(plan: &CameraPlan, instances: &[RuleInstance]) -> Option<Furniture> {
    let is_steered = plan.ignore_conditions.contains(&CameraCondition::Moved);
    let misses_people = instances.iter().any(|instance| {
        let when = &instance.evaluator.rule().when;
        when.waits_for_absence() && when.classes().contains(&Class::PERSON)
    });
    (plan.learn_furniture && !is_steered && !misses_people).then(Furniture::default)
}

impl Analysis {
    /// What was remembered of a camera before a restart; called before the first event.
    pub(crate) fn recall_furniture(&mut self, camera: &str, remembered: Furniture) {
        if let Some(furniture) = self.cameras.get_mut(camera).and_then(|camera| camera.furniture.as_mut()) {
            *furniture = remembered;
        }
    }

    /// What is remembered of each camera that learns it.
    pub(crate) fn furniture(&self) -> impl Iterator<Item = (&Arc<str>, &Furniture)> {
        self.cameras.iter().filter_map(|(id, camera)| Some((id, camera.furniture.as_ref()?)))
    }
}

impl Camera {
    /// Takes what never moves out of what was found in a frame, and notes which of its detections that are.
    pub(super) fn leave_out_furniture(&mut self, at: Moment, detections: &[Detection]) {
        let Camera { furniture: Some(furniture), tracker, unmasked, left_out, verdicts, .. } = self else {
            return;
        };
        furniture.judge(at, unmasked, tracker.tracks());
        let judged_for = if furniture.is_behind(at) { ABSENCE } else { JUDGED_FOR };
        unmasked.retain(|detection| {
            let is_furniture = furniture.explains(at, judged_for, detection);
            if is_furniture && tracker.is_sure(detection) {
                left_out.count(Filter::Furniture);
            }
            !is_furniture
        });
        // Also of those that a mask hides, as another configuration may have none there.
        let explained = (0..).zip(detections).filter(|(_, d)| furniture.explains(at, judged_for, d));
        verdicts.furniture.extend(explained.map(|(index, _)| index));
    }

    /// The same where the picture is gone and what it said of the detections is known.
    pub(super) fn leave_out(&mut self, verdicts: &LookVerdicts, detections: &[Detection]) {
        let Camera { furniture: Some(_), tracker, unmasked, left_out, .. } = self else { return };
        unmasked.retain(|detection| {
            let is_same = |index: &u16| detections.get(usize::from(*index)) == Some(detection);
            let is_furniture = verdicts.furniture.iter().any(is_same);
            if is_furniture && tracker.is_sure(detection) {
                left_out.count(Filter::Furniture);
            }
            !is_furniture
        });
    }

    /// Whether a detection was furniture a moment ago: of a frame that was not taken in yet nobody knows better.
    pub(super) fn was_furniture(&self, at: Moment, detection: &Detection) -> bool {
        self.furniture.as_ref().is_some_and(|furniture| furniture.explains(at, ABSENCE, detection))
    }

    /// What stood in another view says nothing of this one.
    pub(super) fn forget_furniture_if_turned(&mut self) {
        let is_turned = self.health.conditions().any(|condition| condition == CameraCondition::Moved);
        if let Some(furniture) = self.furniture.as_mut().filter(|_| is_turned) {
            furniture.forget();
        }
    }

    /// Takes over from before a change of configuration.
    pub(super) fn inherit_furniture(&mut self, old: &mut Camera) {
        if let (Some(furniture), Some(before)) = (&mut self.furniture, old.furniture.take()) {
            *furniture = before;
        }
    }
}
