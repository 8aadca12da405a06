//! [`BoxState`]: what `up/state` says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a box is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoxState {
    /// It is there.
    Online,
    /// It was stopped on purpose.
    Stopped,
    /// The connection broke; what the box sees waits in its queue.
    Offline,
}

impl BoxState {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            BoxState::Online => "online",
            BoxState::Stopped => "stopped",
            BoxState::Offline => "offline",
        }
    }
}
