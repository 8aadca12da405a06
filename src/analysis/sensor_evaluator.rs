//! A sensor within the analysis: its readings, and the thresholds through which it feeds signals.
//!
//! A reading that is bad or missing says nothing to a signal, neither "yes" nor "no".

use std::sync::Arc;

use super::alert::Revision;
use super::alert_lifecycle::AlertIds;
use super::fusion::{Fusion, SourceReport};
use super::plan::Plan;
use super::sensor::{Comparison, RawReading, SensorPlan, SensorReading, SensorState};
use super::signals::SourceId;
use super::time::Moment;

/// One sensor.
#[derive(Debug, Clone)]
pub(super) struct SensorEvaluator {
    state: SensorState,
    /// What signals ask of it.
    asked: Vec<(SourceId, Comparison)>,
    /// It says "yes" to one of them, however weakly.
    is_positive: bool,
}

impl SensorEvaluator {
    /// A sensor that has said nothing, with every threshold that a signal of the plan has for it.
    pub(super) fn new(sensor: &Arc<SensorPlan>, plan: &Plan) -> Self {
        let mut asked: Vec<(SourceId, Comparison)> = Vec::new();
        for (threshold, _) in plan.signals.iter().flat_map(|signal| signal.thresholds_of(sensor)) {
            let source = SourceId::of_sensor(&sensor.id, threshold);
            if asked.iter().all(|(known, _)| *known != source) {
                asked.push((source, Comparison::new(threshold.clone())));
            }
        }
        SensorEvaluator { state: SensorState::new(sensor.clone()), asked, is_positive: false }
    }

    /// Takes what it said.
    pub(super) fn take(
        &mut self,
        ids: &mut AlertIds,
        fusion: &mut Fusion,
        at: Moment,
        raw: &RawReading,
        published: &mut Vec<Revision>,
    ) {
        self.state.take(at, raw);
        self.report(ids, fusion, at, published);
    }

    /// Time passed: what it said still holds, until it is too old.
    pub(super) fn tick(
        &mut self,
        ids: &mut AlertIds,
        fusion: &mut Fusion,
        at: Moment,
        published: &mut Vec<Revision>,
    ) {
        self.state.tick(at);
        self.report(ids, fusion, at, published);
    }

    fn report(&mut self, ids: &mut AlertIds, fusion: &mut Fusion, at: Moment, published: &mut Vec<Revision>) {
        self.is_positive = false;
        let reading = self.state.reading();
        for (source, comparison) in &mut self.asked {
            match (comparison.look(at, reading), reading) {
                (Some(strength), SensorReading::Good { value, .. }) => {
                    self.is_positive |= strength > 0.0;
                    let report =
                        SourceReport { at, strength, value: *value, zone: None, shown: &[], cause: None };
                    fusion.report(ids, source, report, published);
                }
                _ => fusion.fall_silent(source, at),
            }
        }
    }

    /// The grid that it wants watched, if it reports "yes".
    pub(super) fn wants_a_look_at(&self) -> Option<&str> {
        self.is_positive.then(|| self.state.plan().grid.as_str())
    }

    /// Takes over what goes on from before a change of configuration.
    pub(super) fn inherit(&mut self, before: SensorEvaluator) {
        if **before.state.plan() != **self.state.plan() {
            return;
        }
        self.state = before.state;
        for (source, comparison) in &mut self.asked {
            if let Some((_, old)) = before.asked.iter().find(|(known, _)| known == source) {
                *comparison = old.clone();
            }
        }
    }
}
