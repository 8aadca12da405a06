//! The words of the published JSON: levels, phases, reasons, modes, times.
//!
//! They mirror the plain types of `analysis`, which knows nothing of JSON. Once published, a word is never
//! renamed; new ones may be added, so consumers must treat a word they do not know as data.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::analysis::alert;

/// What an alert is for. Only `actual` may move people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The real thing.
    Actual,
    /// A drill that was announced: treat it as real, but warn nobody outside.
    Exercise,
    /// Somebody is setting up or testing: do not act on it.
    Test,
}

impl Mode {
    /// What a message means that says nothing of it.
    pub(super) fn serious() -> Self {
        Mode::Actual
    }

    /// The name in configuration and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Actual => "actual",
            Mode::Exercise => "exercise",
            Mode::Test => "test",
        }
    }
}

/// Language of the texts that people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Language {
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// The tag of BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Chinese => "zh-CN",
            Language::English => "en",
        }
    }
}

/// Who owns a camera and what it may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Eye {
    /// On a street or a roof, owned by the public.
    Sky,
    /// On a lane or a square, owned by the village or community.
    Village,
    /// In a shop or a yard, owned by a household that lends it.
    Household,
}

impl Eye {
    /// The name in configuration and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Eye::Sky => "sky",
            Eye::Village => "village",
            Eye::Household => "household",
        }
    }
}

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

impl From<alert::Level> for Level {
    fn from(level: alert::Level) -> Self {
        match level {
            alert::Level::Blue => Level::Blue,
            alert::Level::Yellow => Level::Yellow,
            alert::Level::Orange => Level::Orange,
            alert::Level::Red => Level::Red,
        }
    }
}

impl From<Level> for alert::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Blue => alert::Level::Blue,
            Level::Yellow => alert::Level::Yellow,
            Level::Orange => alert::Level::Orange,
            Level::Red => alert::Level::Red,
        }
    }
}

/// Where in its life an alert is: `new`, any number of `update`s, then `end` or `retract`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// First revision.
    New,
    /// Still going on; something worth telling changed.
    Update,
    /// Over. Nothing follows.
    End,
    /// Was a mistake. Nothing follows.
    Retract,
}

impl Phase {
    /// Whether nothing follows it.
    pub fn is_last(self) -> bool {
        matches!(self, Phase::End | Phase::Retract)
    }
}

impl From<alert::Phase> for Phase {
    fn from(phase: alert::Phase) -> Self {
        match phase {
            alert::Phase::New => Phase::New,
            alert::Phase::Update => Phase::Update,
            alert::Phase::End => Phase::End,
            alert::Phase::Retract => Phase::Retract,
        }
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
}

impl From<alert::PhaseReason> for PhaseReason {
    fn from(reason: alert::PhaseReason) -> Self {
        use alert::PhaseReason as From;
        match reason {
            From::Raised => PhaseReason::Raised,
            From::StillThere => PhaseReason::StillThere,
            From::Grew => PhaseReason::Grew,
            From::Acknowledged => PhaseReason::Acknowledged,
            From::EvidenceAdded => PhaseReason::EvidenceAdded,
            From::Cleared => PhaseReason::Cleared,
            From::ScheduleEnded => PhaseReason::ScheduleEnded,
            From::SourceSilent => PhaseReason::SourceSilent,
            From::NotSeenSinceRestart => PhaseReason::NotSeenSinceRestart,
            From::RuleRemoved => PhaseReason::RuleRemoved,
            From::LevelRose => PhaseReason::LevelRose,
            From::LevelFell => PhaseReason::LevelFell,
            From::Joined => PhaseReason::Joined,
            From::Escalated => PhaseReason::Escalated,
        }
    }
}

/// A moment as RFC 3339 in UTC with milliseconds: `2026-11-21T03:04:05.678Z`. Always this form, so that
/// texts compare as times do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub Timestamp);

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Time(at)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    /// Takes any RFC 3339 time with an offset, as command centres write them differently.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Time).map_err(|_| {
            de::Error::custom("expected a time of RFC 3339 with an offset, such as 2026-11-21T03:04:05.678Z")
        })
    }
}

impl JsonSchema for Time {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "examples": ["2026-11-21T03:04:05.678Z"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_utc_with_milliseconds() {
        let at: Timestamp = "2026-11-21T11:04:05+08:00".parse().unwrap();
        assert_eq!(Time(at).to_string(), "2026-11-21T03:04:05.000Z");
        let at: Timestamp = "2026-11-21T03:04:05.678999Z".parse().unwrap();
        assert_eq!(serde_json::to_string(&Time(at)).unwrap(), "\"2026-11-21T03:04:05.678Z\"");
    }

    #[test]
    fn a_time_with_another_offset_is_understood() {
        let time: Time = serde_json::from_str("\"2026-11-21T11:04:05.5+08:00\"").unwrap();
        assert_eq!(time.to_string(), "2026-11-21T03:04:05.500Z");
        assert!(serde_json::from_str::<Time>("\"yesterday\"").is_err());
        assert!(serde_json::from_str::<Time>("12").is_err());
    }
}
