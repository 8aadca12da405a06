//! Times and lengths of time as people type them.

use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::language;
use crate::analysis::time::Timestamp;
use crate::text::{Sentence, when as say};

/// A time as people type it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum When {
    /// With an offset, or `Z`.
    Exact(Timestamp),
    /// What the clock on the wall of the site shows; a day alone begins at midnight.
    OnTheWall(DateTime),
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // In this order: a civil time would be read of an exact one, too.
        if let Ok(exact) = text.parse() {
            return Ok(When::Exact(exact));
        }
        if let Ok(time) = text.parse() {
            return Ok(When::OnTheWall(time));
        }
        let day: Result<Date, _> = text.parse();
        day.map(|day| When::OnTheWall(day.at(0, 0, 0, 0)))
            .map_err(|_| say::not_a_time().in_language(language::of_this_run()))
    }
}

impl When {
    /// The moment, at a site in that zone; `option` is what it was typed behind.
    ///
    /// # Errors
    /// There is no such time there.
    pub(super) fn in_zone(self, zone: &TimeZone, option: &str) -> Result<Timestamp, Sentence> {
        match self {
            When::Exact(at) => Ok(at),
            When::OnTheWall(time) => zone
                .to_ambiguous_timestamp(time)
                .compatible()
                .map_err(|error| say::no_such_time(option, time.to_string(), error.to_string())),
        }
    }
}

/// A length of time as people type it: `90m`, `12h`, `7d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lasting(pub(super) Duration);

impl FromStr for Lasting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || say::not_a_length().in_language(language::of_this_run());
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit: u64 = match &text[digits.len()..] {
            "s" => 1,
            "m" | "min" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(wrong()),
        };
        let count: u64 = digits.parse().map_err(|_| wrong())?;
        let secs = count.checked_mul(unit).filter(|secs| *secs > 0).ok_or_else(wrong)?;
        Ok(Lasting(Duration::from_secs(secs)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_a_unit() {
        let secs = |text: &str| text.parse::<Lasting>().map(|length| length.0.as_secs());
        assert_eq!([secs("7d"), secs("12h"), secs("90m")], [Ok(604_800), Ok(43_200), Ok(5_400)]);
        for wrong in
            ["", "7", "d", "7 days", "0d", "-7d", "7w", "99999999999999999999d", "18446744073709551615d"]
        {
            assert!(secs(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_is_the_sites_unless_it_says_otherwise() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let at = |text: &str| text.parse::<When>().unwrap().in_zone(&shanghai, "--at").unwrap().to_string();
        assert_eq!(at("2026-01-07T22:00"), "2026-01-07T14:00:00Z");
        assert_eq!(at("2026-01-07"), "2026-01-06T16:00:00Z");
        assert_eq!(at("2026-01-07T22:00:00+00:00"), "2026-01-07T22:00:00Z");
        for wanted in [
            "2026-11-28 18:20",
            "2026-11-28 18:20:00",
            "2026-11-28T18:20:00+08:00",
            "2026-11-28T11:20:00+01:00",
        ] {
            assert_eq!(at(wanted), "2026-11-28T10:20:00Z", "{wanted}");
        }
        assert!("yesterday".parse::<When>().is_err());
    }
}
