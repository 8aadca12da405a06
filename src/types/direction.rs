//! [`Direction`]: which way a line is crossed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which crossings of a line count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Only left to right.
    LeftToRight,
    /// Only right to left.
    RightToLeft,
    /// Both ways.
    Both,
}
