//! Alerts that were open when the box stopped, and those that had ended not long before, taken up again from the state
//! that the box kept of them.

use std::collections::BTreeMap;

use super::alert_state;
use crate::analysis::alert::{AlertId, Revision};
use crate::analysis::time::Moment;
use crate::contract::alert::Evidence;
use crate::outbox::{AlertState, Outbox};
use crate::text::{alert as say, language_of_log, log_info, log_warn};

/// What was open or had ended.
#[derive(Debug, Default)]
pub(crate) struct Restored {
    /// The latest revision of each: the open ones, then those that had ended, earliest end first.
    pub revisions: Vec<Revision>,
    /// The pictures of each that was open.
    pub evidence: BTreeMap<AlertId, Vec<Evidence>>,
    /// The pictures of each that had ended, earliest end first.
    pub ended_evidence: Vec<(AlertId, Vec<Evidence>)>,
}

/// Reads them. One that cannot be read is said aloud and left out: its alert stays open at the consumer,
/// which `up/active` corrects.
pub(crate) fn open_alerts(outbox: &Outbox, now: Moment) -> Restored {
    let open = match outbox.open_alerts() {
        Ok(open) => open,
        Err(error) => {
            log_warn!(say::open_unknown(); error = %error.in_language(language_of_log()));
            return Restored::default();
        }
    };
    let mut restored = Restored::default();
    for alert in open {
        let read = match &alert.state {
            AlertState::Own(state) => alert_state::from_bytes(state, now),
            AlertState::Published(message) => alert_state::from_published(message, now),
        };
        match read {
            Ok((revision, evidence)) => {
                restored.evidence.insert(revision.alert.clone(), evidence);
                restored.revisions.push(revision);
            }
            Err(error) => log_warn!(say::open_unread(); alert = %alert.alert_id, %error),
        }
    }
    if !restored.revisions.is_empty() {
        log_info!(say::open_taken_up(); open = restored.revisions.len());
    }
    ended_alerts(outbox, now, &mut restored);
    restored
}

/// Likewise; a verdict on one that cannot be read is refused as unknown.
fn ended_alerts(outbox: &Outbox, now: Moment, restored: &mut Restored) {
    let ended = outbox.ended_alerts().unwrap_or_else(|error| {
        log_warn!(say::ended_unknown(); error = %error.in_language(language_of_log()));
        Vec::new()
    });
    for state in ended {
        match alert_state::from_bytes(&state, now) {
            Ok((revision, evidence)) => {
                restored.ended_evidence.push((revision.alert.clone(), evidence));
                restored.revisions.push(revision);
            }
            Err(error) => log_warn!(say::ended_unread(); %error),
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
