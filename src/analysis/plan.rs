//! The plan of the analysis: everything that follows from one configuration, as plain checked types.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::acceptance::AcceptancePlan;
use super::fusion::SourcePlan;
use super::rules::{CameraPlan, Rule};
use super::sensor::SensorPlan;
use super::signals::{Selector, SignalPlan, SourceId};

/// Cameras, rules, sensors and signals of a box.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The cameras.
    pub cameras: Vec<CameraPlan>,
    /// The rules. One whose kind has no signal raises alerts by itself.
    pub rules: Vec<Rule>,
    /// The sensors.
    pub sensors: Vec<Arc<SensorPlan>>,
    /// The signals.
    pub signals: Vec<SignalPlan>,
    /// Pairs of grid codes that touch.
    pub neighbours: BTreeSet<(Arc<str>, Arc<str>)>,
    /// When alerts must have been taken on.
    pub acceptance: AcceptancePlan,
}

impl Plan {
    /// Cameras and rules alone.
    pub fn of(cameras: Vec<CameraPlan>, rules: Vec<Rule>) -> Self {
        Plan { cameras, rules, ..Plan::default() }
    }

    /// Whether a rule raises alerts by itself: one that feeds a signal does not, a hint is no alert.
    pub fn raises_alone(&self, rule: &Rule) -> bool {
        self.signals.iter().all(|signal| signal.feed_of(rule).is_none())
    }

    /// Every source of every signal, with its place.
    pub fn sources(&self) -> Vec<SourcePlan> {
        let mut sources = Vec::new();
        for signal in &self.signals {
            let source = |grid: &Arc<str>, id: SourceId, weight, only_supports| SourcePlan {
                kind: signal.kind.clone(),
                grid: grid.clone(),
                camera: id.camera().filter(|_| signal.each_camera).cloned(),
                id,
                weight,
                only_supports,
            };
            for camera in &self.cameras {
                for rule in self.rules.iter().filter(|rule| rule.cameras.contains(&camera.id)) {
                    let Some((weight, only_supports)) = signal.feed_of(rule) else { continue };
                    let id = SourceId::Rule { rule: rule.id.clone(), camera: camera.id.clone() };
                    sources.push(source(&camera.grid, id, weight, only_supports));
                }
                for feed in &signal.from {
                    let Selector::Cameras { cameras, conditions } = &feed.from else { continue };
                    if !cameras.is_empty() && !cameras.contains(&camera.id) {
                        continue;
                    }
                    for condition in conditions {
                        let id = SourceId::Camera { camera: camera.id.clone(), condition };
                        sources.push(source(&camera.grid, id, feed.weight, feed.only_supports));
                    }
                }
            }
            for sensor in &self.sensors {
                let grid = Arc::from(sensor.grid.as_str());
                for (threshold, feed) in signal.thresholds_of(sensor) {
                    let id = SourceId::of_sensor(&sensor.id, threshold);
                    sources.push(source(&grid, id, feed.weight, feed.only_supports));
                }
            }
        }
        sources
    }
}
