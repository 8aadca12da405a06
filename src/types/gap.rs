//! [`GapReason`]: why numbers of a stream are missing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why numbers are missing. Red and orange alerts and the ends of alerts are never given up for lack of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The queue held as many messages as it may.
    RowLimit,
    /// The queue was as large as it may be.
    SizeLimit,
    /// The disk was nearly full.
    DiskFull,
    /// The stored messages could not be read any more.
    Damaged,
}
