//! When a recording began: as `--start` says, else as the file says itself, else a time that is assumed.

use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::super::language;
use crate::analysis::time::Timestamp;
use crate::config::Config;
use crate::text::{Sentence, replay as say};

/// When a recording begins of which nobody says it: a Wednesday, 08:00 in China. Always the same, so that two runs print the
/// same bytes.
const ASSUMED: &str = "2026-01-07T00:00:00Z";

/// A time as people type it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum StartTime {
    /// With an offset, or `Z`.
    Exact(Timestamp),
    /// What the clock on the wall of the site shows.
    OnTheWall(DateTime),
}

impl FromStr for StartTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // In this order: a civil time would be read of an exact one, too.
        if let Ok(exact) = text.parse() {
            return Ok(StartTime::Exact(exact));
        }
        let expected = |_| say::start_expected().in_language(language::of_this_run());
        text.parse().map(StartTime::OnTheWall).map_err(expected)
    }
}

impl StartTime {
    /// The moment that is meant in that time zone.
    ///
    /// # Errors
    /// There is no such time there.
    pub(in crate::cli) fn in_zone(self, zone: &TimeZone) -> Result<Timestamp, Sentence> {
        match self {
            StartTime::Exact(at) => Ok(at),
            StartTime::OnTheWall(time) => zone
                .to_ambiguous_timestamp(time)
                .compatible()
                .map_err(|error| say::no_such_time(time.to_string(), error.to_string())),
        }
    }
}

/// The beginning of a recording, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Start {
    /// `--start`.
    Given(Timestamp),
    /// The file itself.
    OfFile(Timestamp),
    /// Nobody.
    Assumed(Timestamp),
}

impl Start {
    /// What is said counts before what the file says, and that before what is assumed.
    pub(super) fn of(given: Option<Timestamp>, of_file: Option<Timestamp>) -> Self {
        match (given, of_file) {
            (Some(at), _) => Start::Given(at),
            (None, Some(at)) => Start::OfFile(at),
            (None, None) => Start::Assumed(ASSUMED.parse().unwrap_or(Timestamp::UNIX_EPOCH)),
        }
    }

    /// The moment.
    pub(in crate::cli) fn at(self) -> Timestamp {
        match self {
            Start::Given(at) | Start::OfFile(at) | Start::Assumed(at) => at,
        }
    }

    /// What is taken for its time, and what to do where that is wrong.
    pub(in crate::cli) fn note(self, config: &Config) -> (Sentence, Option<Sentence>) {
        let zone = &config.site.time_zone_name;
        let time =
            self.at().to_zoned(config.site.time_zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        match self {
            Start::Given(_) => (say::began_as_given(time, zone), None),
            Start::OfFile(_) => (say::began_as_file_says(time, zone), Some(say::try_start_if_wrong())),
            Start::Assumed(_) => (say::began_as_assumed(time, zone), Some(say::try_any_start())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Timestamp {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        text.parse::<StartTime>().expect(text).in_zone(&zone).expect(text)
    }

    #[test]
    fn a_start_is_read_in_the_zone_of_the_site_unless_it_has_an_offset() {
        let wanted: Timestamp = "2026-11-28T10:20:00Z".parse().expect("a time");
        for text in [
            "2026-11-28 18:20",
            "2026-11-28T18:20",
            "2026-11-28 18:20:00",
            "2026-11-28T18:20:00+08:00",
            "2026-11-28T10:20:00Z",
            "2026-11-28T11:20:00+01:00",
        ] {
            assert_eq!(parsed(text), wanted, "{text}");
        }
        assert!("yesterday".parse::<StartTime>().is_err());
    }

    #[test]
    fn what_is_said_counts_before_what_the_file_says() {
        let [said, of_file] = [1, 2].map(|second| Timestamp::from_second(second).expect("a time"));
        assert_eq!(Start::of(Some(said), Some(of_file)), Start::Given(said));
        assert_eq!(Start::of(None, Some(of_file)), Start::OfFile(of_file));
        assert_eq!(Start::of(None, None).at().to_string(), ASSUMED);
    }
}
