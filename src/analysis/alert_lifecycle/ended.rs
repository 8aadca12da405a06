//! Alerts that have ended, for as long as people may still say something about them.
//!
//! An investigation takes longer than what a camera sees: the verdict often comes when the alert is over. So the last
//! revision of each is kept, at most [`KEPT`] of them and none longer than [`KEPT_DAYS`] days after its end.

use std::collections::VecDeque;

use super::handling::{self, HandlingStep, NotHandled};
use crate::analysis::alert::{AlertId, Revision};
use crate::analysis::time::{Moment, Timestamp};
use crate::types::phase::PhaseReason;

/// Maximum number kept: four days of ten alerts an hour. A guess; each takes a few kilobytes.
pub(crate) const KEPT: usize = 1024;
/// For so many days at most: a week's shifts and those who come back to them (a guess).
pub(crate) const KEPT_DAYS: i64 = 7;

const SECS_A_DAY: i64 = 24 * 60 * 60;

/// Before this, an alert ended too long ago to be kept.
pub(crate) fn kept_since(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second().saturating_sub(KEPT_DAYS * SECS_A_DAY)).unwrap_or(Timestamp::MIN)
}

/// The ended alerts of a box, the earliest end first.
#[derive(Debug, Clone, Default)]
pub(super) struct EndedAlerts(VecDeque<Revision>);

impl EndedAlerts {
    /// The last revision of an alert that is over.
    pub(super) fn add(&mut self, last: Revision) {
        self.0.push_back(last);
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
    }

    pub(super) fn contains(&self, alert: &AlertId) -> bool {
        self.0.iter().any(|last| last.alert == *alert)
    }

    /// The next revision of an alert that has ended; `None` where it is not kept.
    pub(super) fn handle(
        &mut self,
        alert: &AlertId,
        step: &HandlingStep,
        at: Moment,
    ) -> Option<Result<Revision, NotHandled>> {
        let since = kept_since(at.utc);
        self.0.retain(|last| last.ended_at.is_none_or(|ended| ended >= since));
        let published = self.0.iter_mut().find(|last| last.alert == *alert)?;
        Some(handling::take(published, step).map(|()| {
            published.rev += 1;
            published.reason = PhaseReason::Handled;
            published.at = at;
            published.clone()
        }))
    }
}
