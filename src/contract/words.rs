//! Words of the published JSON that the analysis does not need: modes, languages, owners, times. Those that it shares are
//! in [`types`](crate::types).
//!
//! Once published, a word is never renamed; new ones may be added, so consumers must treat a word they do not know as data.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::text::time;
pub use crate::types::language::Language;

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
        text.parse().map(Time).map_err(|_| de::Error::custom(time::expected()))
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

/// A moment as a clock at the site shows it: RFC 3339 with milliseconds and the offset from UTC that is in force then,
/// `2026-11-21T11:04:05.678+08:00`. For people; programs take the time in UTC beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalTime(String);

impl LocalTime {
    /// The moment in that zone.
    pub fn new(at: Timestamp, zone: &TimeZone) -> Self {
        LocalTime(format!("{:.3}", at.display_with_offset(zone.to_offset(at))))
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for LocalTime {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LocalTime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "examples": ["2026-11-21T11:04:05.678+08:00"],
        })
    }
}

/// In which coordinates a place is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Crs {
    /// World Geodetic System 1984, as satellite receivers give it.
    #[serde(rename = "WGS84")]
    Wgs84,
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
    fn a_local_time_has_the_offset_that_was_in_force_then() {
        let local = |at: &str, zone: &str| {
            let at: Timestamp = at.parse().unwrap();
            LocalTime::new(at, &TimeZone::get(zone).unwrap()).to_string()
        };
        assert_eq!(local("2026-11-21T20:04:05.678Z", "Asia/Shanghai"), "2026-11-22T04:04:05.678+08:00");
        assert_eq!(local("2026-01-01T12:00:00Z", "Europe/Berlin"), "2026-01-01T13:00:00.000+01:00");
        assert_eq!(local("2026-07-01T12:00:00Z", "Europe/Berlin"), "2026-07-01T14:00:00.000+02:00");
    }

    #[test]
    fn a_time_with_another_offset_is_understood() {
        let time: Time = serde_json::from_str("\"2026-11-21T11:04:05.5+08:00\"").unwrap();
        assert_eq!(time.to_string(), "2026-11-21T03:04:05.500Z");
        assert!(serde_json::from_str::<Time>("\"yesterday\"").is_err());
        assert!(serde_json::from_str::<Time>("12").is_err());
    }
}
