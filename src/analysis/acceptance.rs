//! Acceptance: escalates an alert that nobody acknowledges in time.
//!
//! "The grid blows the whistle, the department reports": an alert that nobody acknowledges within the accepted
//! time is reported again as `escalated`, one step further up the grid each time, once for every level and step.
//! An acknowledgement stops it. Pure; what was reported is in the alert itself, so it survives a restart.

use std::sync::Arc;
use std::time::Duration;

use super::alert::{Escalation, Revision};
use super::grid::GridCode;
use super::time::Moment;
use crate::types::level::Level;

/// When an alert must have been taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptancePlan {
    /// How long somebody may take; `None`: nothing escalates.
    pub within: Option<Duration>,
    /// The lowest level that escalates.
    pub from: Level,
}

impl Default for AcceptancePlan {
    fn default() -> Self {
        AcceptancePlan { within: None, from: Level::Blue }
    }
}

/// How long an open alert has waited for somebody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting {
    level: Level,
    since: Duration,
    /// What it had waited before a restart.
    before: Duration,
}

impl Waiting {
    /// From the first revision on.
    pub(crate) fn new(published: &Revision) -> Self {
        Waiting { level: published.level, since: published.at.mono, before: Duration::ZERO }
    }

    /// From a revision of before a restart: what it waited meanwhile counts, as far as the wall clock can tell.
    pub(crate) fn restored(published: &Revision, now: Moment) -> Self {
        let from = published.escalated.as_ref().map_or(published.started_at, |e| e.at);
        let before = Duration::try_from(now.utc.duration_since(from)).unwrap_or_default();
        Waiting { level: published.level, since: now.mono, before }
    }

    /// The next step, if it is due. Afterwards the wait begins anew.
    ///
    /// A higher level begins with the first step again; a lower one brings nothing new.
    pub(crate) fn due(
        &mut self,
        plan: &AcceptancePlan,
        published: &Revision,
        at: Moment,
    ) -> Option<Escalation> {
        if published.level > self.level {
            *self = Waiting { level: published.level, since: at.mono, before: Duration::ZERO };
        }
        let within = plan.within?;
        let waited = at.mono.saturating_sub(self.since).saturating_add(self.before);
        if published.acknowledged.is_some() || published.level < plan.from || waited < within {
            return None;
        }
        let (level, step) = match &published.escalated {
            Some(before) if before.level >= published.level => (before.level, before.step.checked_add(1)?),
            _ => (published.level, 1),
        };
        let to = above(&published.grid, step)?;
        *self = Waiting { level: self.level, since: at.mono, before: Duration::ZERO };
        Some(Escalation { level, step, to, at: at.utc })
    }
}

/// The code of the place `steps` above a grid; `None` above the county.
fn above(grid: &str, steps: u8) -> Option<Arc<str>> {
    let path = GridCode::parse(grid).ok()?;
    let parts = path.path();
    let kept = parts.len().checked_sub(usize::from(steps)).filter(|kept| *kept > 0)?;
    Some(parts[..kept].concat().into())
}
