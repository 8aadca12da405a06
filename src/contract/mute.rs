//! A mute that is in force: who asked that no noise be made for which alerts, and until when.
//!
//! The box keeps it on disk, and the alerts that it concerns carry it. Must never decide which those are.

use serde::{Deserialize, Serialize};

use super::words::Time;

/// Alerts of one kind, rule or camera, for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// The kind of alert.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    /// The rule.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<String>,
    /// The camera.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub camera: Option<String>,
    /// End of the mute.
    pub until: Time,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
}
