//! [`CameraCondition`]: what can be wrong with a camera's pictures. What each is measured by, and when it ends, is said in
//! `analysis::camera_health`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is wrong with a camera's pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CameraCondition {
    /// None come.
    NoVideo,
    /// They do not change at all.
    Frozen,
    /// Nothing in them is lit.
    Dark,
    /// Most of them is white.
    OverExposed,
    /// The lens is covered.
    Covered,
    /// The camera was turned or moved.
    Moved,
    /// They are out of focus.
    Blurred,
    /// The lens is sprayed, or a part of it is covered.
    Sprayed,
}

impl CameraCondition {
    /// All of them, in the order in which they are reported.
    pub const ALL: [CameraCondition; 8] = [
        CameraCondition::NoVideo,
        CameraCondition::Frozen,
        CameraCondition::Dark,
        CameraCondition::OverExposed,
        CameraCondition::Covered,
        CameraCondition::Moved,
        CameraCondition::Blurred,
        CameraCondition::Sprayed,
    ];

    /// The name in configuration and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            CameraCondition::NoVideo => "no_video",
            CameraCondition::Frozen => "frozen",
            CameraCondition::Dark => "dark",
            CameraCondition::OverExposed => "over_exposed",
            CameraCondition::Covered => "covered",
            CameraCondition::Moved => "moved",
            CameraCondition::Blurred => "blurred",
            CameraCondition::Sprayed => "sprayed",
        }
    }

    /// The condition of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|condition| condition.name() == name)
    }

    /// Whether nothing that rules say about this camera can be relied on: a zone drawn for another view, or
    /// hidden, or dark, says neither that something is there nor that nothing is. A blurred picture is the
    /// exception: detectors still find what is large, so rules go on and the camera is only reported.
    pub(crate) const fn is_blind(self) -> bool {
        !matches!(self, CameraCondition::Blurred)
    }
}
