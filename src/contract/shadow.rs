//! What a second configuration that judges beside the one that runs would have told (`up/shadow`). Never an alert.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::words::Time;
use super::{Payload, halve, is_zero, patterns};
use crate::types::level::Level;
use crate::types::phase::{Phase, PhaseReason};

/// What the id of everything that a shadow would have told begins with: no alert has such a one.
pub(crate) const SHADOW_PREFIX: &str = "shadow.";

/// What a second configuration, which judges beside the one that runs, would have told: published on `up/shadow` when it
/// begins and ends, and at most once a minute while it makes something. Nothing in it is an alert and nobody has to act on
/// it. The counts are of the whole time since `since`; `revisions` are the latest ones, numbered by `n` without holes, so
/// that whoever missed a message sees how many are missing. All of them are in the journal of the box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ShadowData {
    /// SHA-256 of the configuration that judges beside the one that runs, hexadecimal.
    #[schemars(regex(pattern = patterns::DIGEST))]
    pub config_sha256: String,
    /// When it began.
    pub since: Time,
    /// When it ends by itself at the latest.
    pub until: Time,
    /// Who let it judge.
    pub by: String,
    /// That it judges no more; absent while it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended: Option<ShadowEnd>,
    /// The figures.
    pub counts: ShadowCounts,
    /// The latest revisions that it made, the oldest first.
    pub revisions: Vec<ShadowRevision>,
    /// How many of these do not fit into the message; absent when all are here.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub omitted: u32,
}

impl Payload for ShadowData {
    const TYPE: &'static str = "lookout.shadow.v1";
    const SCHEMA: &'static str = "shadow";

    fn shrink(&mut self) -> bool {
        // The latest stay.
        self.revisions.reverse();
        let is_less = halve(&mut self.revisions, &mut self.omitted);
        self.revisions.reverse();
        is_less
    }
}

/// The longest that a shadow may judge, in seconds: nobody remembers it after a month.
pub(crate) const LASTS_AT_MOST_SECS: u32 = 31 * 86_400;

/// How it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ShadowEnd {
    /// When.
    pub at: Time,
    /// Why.
    pub why: ShadowEnding,
}

/// Why a shadow judges no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ShadowEnding {
    /// Somebody ended it.
    Stopped,
    /// Its time is over.
    TimeIsOver,
    /// Its configuration is the one that runs now.
    Runs,
    /// Another one judges in its place.
    Replaced,
    /// It failed: a fault of the program, or a configuration that a later version does not take.
    Failed,
}

impl ShadowEnding {
    /// The name in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            ShadowEnding::Stopped => "stopped",
            ShadowEnding::TimeIsOver => "time_is_over",
            ShadowEnding::Runs => "runs",
            ShadowEnding::Replaced => "replaced",
            ShadowEnding::Failed => "failed",
        }
    }
}

/// What a shadow made and what was told, since it began. Alerts that were told before that count nowhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShadowCounts {
    /// Alerts that it would have raised.
    pub alerts: u64,
    /// Alerts that were told.
    pub alerts_published: u64,
    /// Alerts that both raised at the same time and with the same level.
    pub same: u64,
    /// Alerts that both raised, one of them earlier, with another level, or as a part of another alert.
    pub changed: u64,
    /// Alerts that it alone would have raised.
    pub only_shadow: u64,
    /// Alerts that were told and that it would not have raised.
    pub only_published: u64,
    /// Revisions that it made.
    pub revisions: u64,
    /// What the cameras and sensors gave and it was not given, because it was too slow.
    pub missed: u64,
}

/// A revision that would have been told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ShadowRevision {
    /// Its number since the shadow began, from 1.
    #[schemars(range(min = 1))]
    pub n: u64,
    /// `shadow.` and an id; the same in every revision of one. Not the id of an alert.
    pub shadow_id: String,
    /// Which revision.
    pub rev: u32,
    /// Its phase.
    pub phase: Phase,
    /// Why it came.
    pub phase_reason: PhaseReason,
    /// Its level then.
    pub level: Level,
    /// The kind of thing.
    pub kind: String,
    /// The rule that decided; absent where several sources did together.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<String>,
    /// The first camera.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub camera: Option<String>,
    /// Where.
    #[schemars(regex(pattern = patterns::GRID))]
    pub grid: String,
    /// When the condition began.
    pub started_at: Time,
    /// When the revision was made.
    pub at: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_written_as_it_is_named() {
        use ShadowEnding::{Failed, Replaced, Runs, Stopped, TimeIsOver};
        for ending in [Stopped, TimeIsOver, Runs, Replaced, Failed] {
            assert_eq!(serde_json::to_value(ending).unwrap(), ending.name());
        }
    }
}
