//! Weekly schedules in the site's time zone, across midnight and daylight-saving changes.

use jiff::tz::TimeZone;

use super::time::Timestamp;

/// When a rule is in force. Always, unless windows are given.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    windows: Vec<Window>,
    time_zone: TimeZone,
}

/// A daily window on some days of the week. `from > to` runs across midnight and belongs to the day on
/// which it starts; `from == to` is the whole day.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Window {
    /// Monday first.
    days: [bool; 7],
    /// Minutes after midnight, local wall-clock time.
    from_minute: u16,
    /// Minutes after midnight, exclusive; 1440 is the end of the day.
    to_minute: u16,
}

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no schedule: {why}")]
pub struct ScheduleError {
    text: String,
    why: String,
}

impl Schedule {
    /// In force at all times.
    pub fn always() -> Self {
        Schedule { windows: Vec::new(), time_zone: TimeZone::UTC }
    }
}
