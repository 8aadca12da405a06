//! Alerts that were open when the box stopped, taken up again from the state that the box kept of them.

use std::collections::BTreeMap;

use tracing::{info, warn};

use super::alert_state;
use crate::analysis::alert::{AlertId, Revision};
use crate::analysis::time::Moment;
use crate::contract::alert::Evidence;
use crate::outbox::{AlertState, Outbox};

/// What was open.
#[derive(Debug, Default)]
pub struct Restored {
    /// The latest revision of each.
    pub revisions: Vec<Revision>,
    /// The pictures of each.
    pub evidence: BTreeMap<AlertId, Vec<Evidence>>,
}

/// Reads them. One that cannot be read is said aloud and left out: its alert stays open at the consumer,
/// which `up/active` corrects.
pub fn open_alerts(outbox: &Outbox, now: Moment) -> Restored {
    let open = match outbox.open_alerts() {
        Ok(open) => open,
        Err(error) => {
            warn!(%error, "the alerts that were open before the restart are unknown");
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
            Err(error) => warn!(alert = %alert.alert_id, %error, "an open alert could not be read back"),
        }
    }
    if !restored.revisions.is_empty() {
        info!(open = restored.revisions.len(), "took up the alerts that were open before the restart");
    }
    restored
}

#[cfg(test)]
pub(super) mod tests;
