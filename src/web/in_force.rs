//! The running configuration for the page: the configuration, where it came from, and until when it is on trial. The
//! daemon says it after every change.

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::contract::box_status::ConfigSource;
use crate::control::overrides::TrialEnd;
use crate::text::{Words, page_changes};

/// What runs.
#[derive(Debug, Clone)]
pub struct InForce {
    /// The configuration.
    pub config: Arc<Config>,
    /// Its source.
    pub source: ConfigSource,
    /// The digest of the file's bytes as they were taken up last.
    pub file: String,
    /// Whether it is on trial.
    pub trial: Option<OnTrial>,
    /// How the last trial at the page ended that nobody ended there; `None` once another one begins.
    pub(crate) ended: Option<TrialEnd>,
}

/// What runs falls unless somebody keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnTrial {
    /// When, on the monotonic clock.
    pub ends: Duration,
    /// Whether somebody at the page tries it, and not the command centre.
    pub from_page: bool,
    /// Who at the page; `None`: nobody there, or that is not known.
    pub by: Option<String>,
    /// The digest of what comes back when it falls, where that is known.
    pub before: Option<String>,
}

impl InForce {
    /// What somebody other than that person tries at the page.
    pub(super) fn tried_by_others(&self, person: &str) -> Option<&OnTrial> {
        self.trial.as_ref().filter(|trial| trial.from_page && !trial.is_of(person))
    }
}

impl OnTrial {
    /// Who tries it, in words.
    pub(super) fn who(&self) -> Words {
        self.by.as_deref().map_or_else(|| page_changes::somebody().into(), Words::from)
    }

    /// Whether that person tries it.
    pub(super) fn is_of(&self, person: &str) -> bool {
        self.from_page && self.by.as_deref() == Some(person)
    }
}
