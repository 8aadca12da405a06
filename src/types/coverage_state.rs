//! [`CoverageState`]: whether a rule could have raised an alert, and if not, what kept it from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::camera_condition::CameraCondition;

/// Whether a rule at its camera could have raised an alert. At any time one of them is so: the first that holds of not running,
/// unknown, not in force, no video, the picture's conditions, failing, overloaded; else watched. A picture that was not decoded because
/// no rule needed it is watched: that is a decision. So is a muted rule: its alerts are raised and published all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CoverageState {
    /// It could have.
    Watched,
    /// It was not in force: out of its schedule.
    NotInForce,
    /// The camera gave no video.
    NoVideo,
    /// The picture did not change at all.
    Frozen,
    /// Nothing in the picture was lit.
    Dark,
    /// Most of the picture was white.
    OverExposed,
    /// The lens was covered.
    Covered,
    /// The camera was turned or moved.
    Moved,
    /// The lens was sprayed, or a part of it covered.
    Sprayed,
    /// The detector failed at every picture.
    Failing,
    /// The box had too much to do, and the camera was looked at less often than the rule needs.
    Overloaded,
    /// The daemon did not run.
    NotRunning,
    /// Nobody knows: the last moments before a crash, or a time of which nothing was recorded.
    Unknown,
}

impl CoverageState {
    /// All of them, in the order in which they are reported.
    pub const ALL: [CoverageState; 13] = [
        CoverageState::Watched,
        CoverageState::NotInForce,
        CoverageState::NoVideo,
        CoverageState::Frozen,
        CoverageState::Dark,
        CoverageState::OverExposed,
        CoverageState::Covered,
        CoverageState::Moved,
        CoverageState::Sprayed,
        CoverageState::Failing,
        CoverageState::Overloaded,
        CoverageState::NotRunning,
        CoverageState::Unknown,
    ];

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            CoverageState::Watched => "watched",
            CoverageState::NotInForce => "not_in_force",
            CoverageState::NoVideo => "no_video",
            CoverageState::Frozen => "frozen",
            CoverageState::Dark => "dark",
            CoverageState::OverExposed => "over_exposed",
            CoverageState::Covered => "covered",
            CoverageState::Moved => "moved",
            CoverageState::Sprayed => "sprayed",
            CoverageState::Failing => "failing",
            CoverageState::Overloaded => "overloaded",
            CoverageState::NotRunning => "not_running",
            CoverageState::Unknown => "unknown",
        }
    }

    /// The state of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// What a condition of the camera does to its rules: nothing where they go on.
    pub(crate) const fn of(condition: CameraCondition) -> Option<Self> {
        match condition {
            CameraCondition::NoVideo => Some(CoverageState::NoVideo),
            CameraCondition::Frozen => Some(CoverageState::Frozen),
            CameraCondition::Dark => Some(CoverageState::Dark),
            CameraCondition::OverExposed => Some(CoverageState::OverExposed),
            CameraCondition::Covered => Some(CoverageState::Covered),
            CameraCondition::Moved => Some(CoverageState::Moved),
            CameraCondition::Sprayed => Some(CoverageState::Sprayed),
            CameraCondition::Blurred => None,
        }
    }

    /// Whether the rule was to watch then and did not.
    pub const fn is_gap(self) -> bool {
        match self {
            CoverageState::Watched | CoverageState::NotInForce => false,
            CoverageState::NoVideo
            | CoverageState::Frozen
            | CoverageState::Dark
            | CoverageState::OverExposed
            | CoverageState::Covered
            | CoverageState::Moved
            | CoverageState::Sprayed
            | CoverageState::Failing
            | CoverageState::Overloaded
            | CoverageState::NotRunning
            | CoverageState::Unknown => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_a_camera_blind_is_a_gap_and_nothing_else_of_it_is() {
        for condition in CameraCondition::ALL {
            assert_eq!(CoverageState::of(condition).is_some(), condition.is_blind(), "{}", condition.name());
            assert!(CoverageState::of(condition).is_none_or(CoverageState::is_gap));
        }
    }

    #[test]
    fn each_has_the_name_that_json_has_and_its_place_in_the_list() {
        for (place, state) in CoverageState::ALL.into_iter().enumerate() {
            assert_eq!(state as usize, place);
            assert_eq!(CoverageState::named(state.name()), Some(state));
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{}\"", state.name()));
        }
    }
}
