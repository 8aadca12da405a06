//! What can be wrong with a camera's pictures, in words: for JSON, for the configuration and for people.
//!
//! Mirrors the plain type of `analysis`, which knows nothing of JSON. Once published, a word is never renamed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::words::Language;
use crate::analysis::camera_health;

/// What is wrong with a camera's pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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

impl From<camera_health::CameraCondition> for CameraCondition {
    fn from(condition: camera_health::CameraCondition) -> Self {
        match condition {
            camera_health::CameraCondition::NoVideo => CameraCondition::NoVideo,
            camera_health::CameraCondition::Frozen => CameraCondition::Frozen,
            camera_health::CameraCondition::Dark => CameraCondition::Dark,
            camera_health::CameraCondition::OverExposed => CameraCondition::OverExposed,
            camera_health::CameraCondition::Covered => CameraCondition::Covered,
            camera_health::CameraCondition::Moved => CameraCondition::Moved,
            camera_health::CameraCondition::Blurred => CameraCondition::Blurred,
            camera_health::CameraCondition::Sprayed => CameraCondition::Sprayed,
        }
    }
}

impl From<CameraCondition> for camera_health::CameraCondition {
    fn from(condition: CameraCondition) -> Self {
        match condition {
            CameraCondition::NoVideo => camera_health::CameraCondition::NoVideo,
            CameraCondition::Frozen => camera_health::CameraCondition::Frozen,
            CameraCondition::Dark => camera_health::CameraCondition::Dark,
            CameraCondition::OverExposed => camera_health::CameraCondition::OverExposed,
            CameraCondition::Covered => camera_health::CameraCondition::Covered,
            CameraCondition::Moved => camera_health::CameraCondition::Moved,
            CameraCondition::Blurred => camera_health::CameraCondition::Blurred,
            CameraCondition::Sprayed => camera_health::CameraCondition::Sprayed,
        }
    }
}

impl CameraCondition {
    /// The title of an alert about it.
    pub fn title(self, language: Language) -> &'static str {
        let (en, zh) = match self {
            CameraCondition::NoVideo => ("Camera gives no video", "摄像机无视频"),
            CameraCondition::Frozen => ("Camera picture frozen", "摄像机画面冻结"),
            CameraCondition::Dark => ("Camera picture dark", "摄像机画面过暗"),
            CameraCondition::OverExposed => ("Camera over-exposed", "摄像机画面过曝"),
            CameraCondition::Covered => ("Camera covered", "摄像机被遮挡"),
            CameraCondition::Moved => ("Camera moved or turned", "摄像机被移动或转向"),
            CameraCondition::Blurred => ("Camera picture blurred", "摄像机画面模糊"),
            CameraCondition::Sprayed => ("Lens sprayed or partly covered", "镜头被喷涂或部分遮挡"),
        };
        match language {
            Language::English => en,
            Language::Chinese => zh,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_has_the_same_name_everywhere_and_a_title_in_both_languages() {
        for condition in camera_health::CameraCondition::ALL {
            let word = CameraCondition::from(condition);
            let json = serde_json::to_value(word).expect("a word");
            assert_eq!(json, condition.name());
            assert_eq!(camera_health::CameraCondition::from(word), condition);
            assert!(word.title(Language::English).is_ascii());
            assert!(word.title(Language::Chinese).chars().all(|c| !c.is_ascii()));
        }
    }
}
