//! How a camera's stream is decoded: with which decoder, and how much of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which decoder is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decoder {
    /// A hardware decoder where there is one.
    #[default]
    Auto,
    /// Never a hardware decoder.
    Software,
}

/// How much of a stream is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecodePolicy {
    /// As much as the camera's rules need at the moment.
    Auto,
    /// Everything, always.
    Full,
    /// Keyframes only.
    Keyframes,
}
