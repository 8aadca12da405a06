//! A plan becomes cameras with their rules, sensors and signals, all without a past.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::camera::Camera;
use super::rule_instance::RuleInstance;
use super::unmoved::furniture_of;
use crate::analysis::acceptance::AcceptancePlan;
use crate::analysis::alert_lifecycle::AlertLifecycle;
use crate::analysis::camera_health_state::CameraHealthState;
use crate::analysis::counts::Counts;
use crate::analysis::derived::LookVerdicts;
use crate::analysis::filters::LeftOut;
use crate::analysis::fusion::Fusion;
use crate::analysis::heights::Within;
use crate::analysis::pixel_change::PixelChange;
use crate::analysis::plan::Plan;
use crate::analysis::plausible::ASPECT;
use crate::analysis::rules::{Rule, RuleEvaluator, UnknownName};
use crate::analysis::sensor_evaluator::SensorEvaluator;
use crate::analysis::signals::SourceId;
use crate::analysis::tracker::Tracker;

pub(super) struct BuiltPlan {
    pub(super) cameras: BTreeMap<Arc<str>, Camera>,
    pub(super) sensors: BTreeMap<Arc<str>, SensorEvaluator>,
    pub(super) fusion: Fusion,
    pub(super) acceptance: AcceptancePlan,
}

/// Cameras with their rules, sensors and signals, all without a past.
pub(super) fn build(plan: Plan) -> Result<BuiltPlan, UnknownName> {
    let sources = plan.sources();
    let sensors = plan.sensors.iter().map(|s| (s.id.clone(), SensorEvaluator::new(s, &plan))).collect();
    let rules: Vec<(Arc<Rule>, bool)> =
        plan.rules.iter().map(|rule| (Arc::new(rule.clone()), plan.raises_alone(rule))).collect();
    let mut cameras = BTreeMap::new();
    for camera in plan.cameras {
        let mut instances = Vec::new();
        for (rule, is_alone) in rules.iter().filter(|(rule, _)| rule.cameras.contains(&camera.id)) {
            instances.push(RuleInstance {
                evaluator: RuleEvaluator::new(rule.clone(), &camera)?,
                within: Within::new(rule.heights),
                grid: camera.grid.clone(),
                lifecycle: AlertLifecycle::default(),
                is_alone: *is_alone,
                source: SourceId::Rule { rule: rule.id.clone(), camera: camera.id.clone() },
                is_positive: false,
            });
        }
        let camera = Camera {
            furniture: furniture_of(&camera, &instances),
            pixel_change: pixel_change_of(&instances),
            tracker: Tracker::new(camera.analysis_hz, &camera.thresholds_at(false)),
            instances,
            health: CameraHealthState::new(&camera),
            retired: Vec::new(),
            alive_at: None,
            is_paused: false,
            latest_frame: None,
            unmasked: Vec::new(),
            flow: None,
            flow_said: RefCell::default(),
            verdicts: LookVerdicts::default(),
            changes_before: Vec::new(),
            left_out: LeftOut::default(),
            is_night: false,
            counts: Counts::of(&camera),
            kept_pace: None,
            woken_until: None,
            aspect: ASPECT,
            plan: camera,
        };
        cameras.insert(camera.plan.id.clone(), camera);
    }
    let fusion = Fusion::new(plan.signals, &sources, &plan.neighbours);
    Ok(BuiltPlan { cameras, sensors, fusion, acceptance: plan.acceptance })
}

/// Where a rule of the camera asks for it.
fn pixel_change_of(instances: &[RuleInstance]) -> Option<PixelChange> {
    let asks = |instance: &RuleInstance| instance.evaluator.rule().when.wants_changes();
    instances.iter().any(asks).then(PixelChange::new)
}
