//! A source of a signal at a place: what it said, and how much of that still counts.

use std::sync::Arc;
use std::time::Duration;

use super::{SourcePlan, SourceReport};
use crate::analysis::alert::Shown;
use crate::analysis::camera_health::NoVideoCause;
use crate::analysis::signals::{Charge, OriginId, SourceId};
use crate::analysis::time::Moment;

#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) id: SourceId,
    pub(super) origin: OriginId,
    pub(super) only_supports: bool,
    pub(super) charge: Charge,
    pub(super) voice: Voice,
    /// The first and the latest "yes" of what its charge stands for.
    pub(super) first_yes: Option<Moment>,
    pub(super) last_yes: Option<Moment>,
    pub(super) value: f64,
    pub(super) zone: Option<Arc<str>>,
    pub(super) shown: Vec<Shown>,
    pub(super) cause: Option<NoVideoCause>,
}

/// Whether a source has a current reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    Speaks,
    /// It should speak and does not, since then.
    Silent(Duration),
    /// Its schedule asks nothing of it.
    OffDuty,
}

/// What was said before counts as gone when less than this part of the weight is left of it.
pub(super) const FADED: f64 = 0.05;

impl Source {
    pub(super) fn new(plan: &SourcePlan, half_life: Duration) -> Self {
        Source {
            origin: plan.id.origin(),
            id: plan.id.clone(),
            only_supports: plan.only_supports,
            charge: Charge::new(plan.weight, half_life),
            // Until its first word nobody knows.
            voice: Voice::Silent(Duration::ZERO),
            first_yes: None,
            last_yes: None,
            value: 0.0,
            zone: None,
            shown: Vec::new(),
            cause: None,
        }
    }

    pub(super) fn report(&mut self, report: SourceReport<'_>) {
        self.voice = Voice::Speaks;
        if report.strength > 0.0 {
            let left = self.charge.value(report.at.mono);
            if self.first_yes.is_none() || left < FADED * self.charge.weight() {
                self.first_yes = Some(report.at);
            }
            self.last_yes = Some(report.at);
            self.value = report.value;
            self.zone = report.zone.cloned();
            self.cause = report.cause;
            self.shown.clear();
            self.shown.extend_from_slice(report.shown);
        }
        self.charge.say(report.at.mono, report.strength);
    }

    pub(super) fn inherit(&mut self, before: &Source) {
        let (charge, only_supports) = (self.charge.clone(), self.only_supports);
        *self = before.clone();
        self.charge.revalue(&charge);
        self.only_supports = only_supports;
    }
}
