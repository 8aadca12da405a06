//! [`Level`]: how urgent an alert is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How urgent an alert is. Always a suggestion: an official warning is the government's to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing.
    Blue,
    /// Somebody should look when they can.
    Yellow,
    /// Somebody should go.
    Orange,
    /// Somebody should go now.
    Red,
}

impl Level {
    /// All of them, the least urgent first.
    pub const ALL: [Level; 4] = [Level::Blue, Level::Yellow, Level::Orange, Level::Red];

    /// The name in configuration and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Blue => "blue",
            Level::Yellow => "yellow",
            Level::Orange => "orange",
            Level::Red => "red",
        }
    }

    /// The same as a number: 1 for blue, 2 for yellow, 3 for orange, 4 for red. The greater it is, the more urgent.
    pub fn severity(self) -> u8 {
        match self {
            Level::Blue => 1,
            Level::Yellow => 2,
            Level::Orange => 3,
            Level::Red => 4,
        }
    }
}
