//! Which part of the past a time line shows: the last hours as a clock at the site shows them, a day, or an hour of one.

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::analysis::time::Timestamp;
use crate::web::request::Fields;

/// In the query: the hour that begins then, or the last one.
const HOUR: &str = "hour";
const LAST: &str = "last";
/// In the query: a day at the site.
const DAY: &str = "day";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    LastDay,
    LastHour,
    Day(Date),
    /// The one that begins then.
    Hour(Timestamp),
}

impl Span {
    /// What is asked for; `Err`: what was typed and means nothing.
    pub(super) fn read(fields: &Fields) -> Result<Self, String> {
        match (fields.get(HOUR), fields.get(DAY)) {
            (Some(LAST), _) => Ok(Span::LastHour),
            (Some(typed), _) => {
                let at: Result<Timestamp, _> = typed.parse();
                at.map(|at| Span::Hour(whole_minute(at))).map_err(|_| typed.to_owned())
            }
            (None, Some(typed)) => typed.parse().map(Span::Day).map_err(|_| typed.to_owned()),
            (None, None) => Ok(Span::LastDay),
        }
    }

    pub(super) fn query(self) -> String {
        match self {
            Span::LastDay => String::new(),
            Span::LastHour => format!("?{HOUR}={LAST}"),
            Span::Day(date) => format!("?{DAY}={date}"),
            Span::Hour(at) => format!("?{HOUR}={}", at.strftime("%Y-%m-%dT%H:%MZ")),
        }
    }

    /// From when until when. The last hours begin where the clock shows a full hour, or ten minutes.
    pub(super) fn range(self, now: Timestamp, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let hours = |at: Timestamp, hours: i64| at.checked_add(hours.hours()).ok();
        let minutes = |at: Timestamp, minutes: i64| at.checked_add(minutes.minutes()).ok();
        Some(match self {
            Span::LastDay => {
                let this = beginning(now, 3_600, zone);
                (hours(this, -23)?, hours(this, 1)?)
            }
            Span::LastHour => {
                let this = beginning(now, 600, zone);
                (minutes(this, -50)?, minutes(this, 10)?)
            }
            Span::Day(date) => {
                let start = |date: Date| date.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
                (start(date)?, start(date.tomorrow().ok()?)?)
            }
            Span::Hour(at) => (at, hours(at, 1)?),
        })
    }

    /// Minutes that one mark stands for, and those that one line in words does.
    pub(super) fn steps(self) -> (usize, usize) {
        match self {
            Span::LastDay | Span::Day(_) => (10, 60),
            Span::LastHour | Span::Hour(_) => (1, 10),
        }
    }

    /// The day before and the day after what is shown.
    pub(super) fn neighbours(self, from: Timestamp, now: Timestamp, zone: &TimeZone) -> [Option<Span>; 2] {
        let date = match self {
            Span::Day(date) => date,
            Span::LastDay | Span::LastHour => now.to_zoned(zone.clone()).date(),
            Span::Hour(_) => from.to_zoned(zone.clone()).date(),
        };
        let today = now.to_zoned(zone.clone()).date();
        let after = date.tomorrow().ok().filter(|after| *after <= today);
        [date.yesterday().ok().map(Span::Day), after.map(Span::Day)]
    }
}

fn whole_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}

/// The latest time not after `at` at which a clock at the site shows a multiple of so many seconds.
pub(super) fn beginning(at: Timestamp, seconds: i64, zone: &TimeZone) -> Timestamp {
    let offset = i64::from(zone.to_offset(at).seconds());
    let local = at.as_second() + offset;
    Timestamp::from_second(local.div_euclid(seconds) * seconds - offset).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn read(query: &str) -> Result<Span, String> {
        Span::read(&Fields::read(query.as_bytes()))
    }

    #[test]
    fn what_is_chosen_is_read_again_from_its_own_link() {
        let spans = [
            Span::LastDay,
            Span::LastHour,
            Span::Day("2026-11-30".parse().unwrap()),
            Span::Hour(at("2026-11-30T01:30:00Z")),
        ];
        for span in spans {
            assert_eq!(read(span.query().trim_start_matches('?')), Ok(span), "{span:?}");
        }
        assert_eq!(read("hour=2026-11-30T01:30:59Z"), Ok(spans[3]));
        for typed in ["day=yesterday", "hour=9", "day=2026-02-30"] {
            assert_eq!(read(typed), Err(typed.split('=').nth(1).unwrap().to_owned()));
        }
    }

    #[test]
    fn the_last_hours_begin_where_the_clock_at_the_site_shows_a_full_hour() {
        let (zone, now) = (TimeZone::get("Asia/Kolkata").unwrap(), at("2026-11-30T18:47:12Z"));
        let range = |span: Span| span.range(now, &zone).unwrap();
        assert_eq!(range(Span::LastDay), (at("2026-11-29T19:30:00Z"), at("2026-11-30T19:30:00Z")));
        assert_eq!(range(Span::LastHour), (at("2026-11-30T17:50:00Z"), at("2026-11-30T18:50:00Z")));
        let today = now.to_zoned(zone.clone()).date();
        assert_eq!(range(Span::Day(today)).0, at("2026-11-30T18:30:00Z"));
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let long = Span::Day("2026-10-25".parse().unwrap()).range(now, &berlin).unwrap();
        assert_eq!(long.1.duration_since(long.0).as_hours(), 25);
    }

    #[test]
    fn nobody_is_led_into_the_future() {
        let (zone, now) = (TimeZone::UTC, at("2026-11-30T18:47:12Z"));
        let day = |text: &str| Some(Span::Day(text.parse().unwrap()));
        assert_eq!(Span::LastDay.neighbours(now, now, &zone), [day("2026-11-29"), None]);
        let before = Span::Day("2026-11-28".parse().unwrap());
        assert_eq!(before.neighbours(now, now, &zone), [day("2026-11-27"), day("2026-11-29")]);
    }
}
