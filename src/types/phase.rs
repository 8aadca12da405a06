//! Where in its life an alert is, and why it says so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where in its life an alert is: `new`, any number of `update`s, then `end` or `retract`. What people did about it may be
/// told after the end, with `end` again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// First revision.
    New,
    /// Still going on; something worth telling changed.
    Update,
    /// Over. Only what people did about it may follow: `end` again, with a higher `rev` and the reason `handled`.
    End,
    /// Was a mistake. Nothing follows.
    Retract,
}

impl Phase {
    /// Its name in messages and in the log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Phase::New => "new",
            Phase::Update => "update",
            Phase::End => "end",
            Phase::Retract => "retract",
        }
    }

    /// Whether it is over.
    pub(crate) fn is_last(self) -> bool {
        matches!(self, Phase::End | Phase::Retract)
    }
}

/// Why a revision was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhaseReason {
    /// The rule's condition held for its time.
    Raised,
    /// Still there: told again about once a minute, so that a consumer sees that it is alive.
    StillThere,
    /// The count, level or confidence rose enough to tell.
    Grew,
    /// Somebody acknowledged it.
    Acknowledged,
    /// Evidence was added.
    EvidenceAdded,
    /// The condition stopped, for as long as the rule's hold time asks.
    Cleared,
    /// The hours in which the rule is in force ended.
    ScheduleEnded,
    /// The camera fell silent for so long that nothing can be said any more. It does not mean that all is well.
    SourceSilent,
    /// After a restart of the box the condition was not seen again.
    NotSeenSinceRestart,
    /// The rule or the camera is no longer configured.
    RuleRemoved,
    /// More belief, a longer time or a further source made it more urgent.
    LevelRose,
    /// For its hold time it has been less urgent than was told.
    LevelFell,
    /// Another camera or sensor sees it too.
    Joined,
    /// Nobody acknowledged it within the time that the site asks; `escalated` says who is told now.
    Escalated,
    /// People assigned it, gave a verdict or closed it; `handling` says who. Also after the end, with the phase `end`.
    Handled,
    /// Somebody muted it, changed for how long, or ended that; `muted` says who and until when, and is absent where it ended.
    MuteChanged,
}
