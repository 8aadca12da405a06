//! Weekly schedules in the site's time zone, across midnight and daylight-saving changes.
//!
//! What the clock on the wall shows is what counts. So in the night when clocks go forward, a window inside
//! the hour that does not exist is never in force, and in the night when they go back, a window inside the
//! hour that comes twice is in force twice. Public holidays are not known: `workdays` are Monday to Friday.
//!
//! ```text
//! schedule = "always" | part { ";" part }
//! part     = days | windows | days windows          days alone: the whole day; windows alone: every day
//! days     = day-item { "," day-item }
//! day-item = day | day "-" day | "workdays" | "weekend" | "daily"      also 周一, 周一至周五, 工作日, 周末, 每天
//! windows  = HH:MM "-" HH:MM { "," HH:MM "-" HH:MM }
//! ```
//!
//! A window that ends before it begins runs across midnight and belongs to the day on which it begins.

use std::fmt;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[error(
    "`{text}` is no schedule: {why}\n  hint: write for example `always`, `workdays 07:00-20:00`, `sat-sun`, or `mon,tue 22:00-06:00; sun 08:00-12:00`"
)]
pub struct ScheduleError {
    text: String,
    why: String,
}

const DAY_MINUTES: u16 = 24 * 60;
const WORKDAYS: [bool; 7] = [true, true, true, true, true, false, false];
const WEEKEND: [bool; 7] = [false, false, false, false, false, true, true];
const DAILY: [bool; 7] = [true; 7];

/// Monday first, as they are written back.
const DAY_NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Other words for one day, longest first where one begins with another.
const DAY_WORDS: [(&str, usize); 24] = [
    ("monday", 0),
    ("tuesday", 1),
    ("tues", 1),
    ("wednesday", 2),
    ("thursday", 3),
    ("thurs", 3),
    ("friday", 4),
    ("saturday", 5),
    ("sunday", 6),
    ("周一", 0),
    ("周二", 1),
    ("周三", 2),
    ("周四", 3),
    ("周五", 4),
    ("周六", 5),
    ("周日", 6),
    ("周天", 6),
    ("星期一", 0),
    ("星期二", 1),
    ("星期三", 2),
    ("星期四", 3),
    ("星期五", 4),
    ("星期六", 5),
    ("星期日", 6),
];
const GROUP_WORDS: [(&str, [bool; 7]); 10] = [
    ("workdays", WORKDAYS),
    ("weekdays", WORKDAYS),
    ("工作日", WORKDAYS),
    ("weekend", WEEKEND),
    ("weekends", WEEKEND),
    ("周末", WEEKEND),
    ("daily", DAILY),
    ("every day", DAILY),
    ("每天", DAILY),
    ("每日", DAILY),
];
const ALWAYS_WORDS: [&str; 3] = ["always", "始终", "全天"];

impl Schedule {
    /// In force at all times.
    pub fn always() -> Self {
        Schedule { windows: Vec::new(), time_zone: TimeZone::UTC }
    }

    /// Reads a schedule as the module describes it; `time_zone` is the site's.
    ///
    /// # Errors
    /// Says which part is not understood, and why.
    pub fn parse(text: &str, time_zone: TimeZone) -> Result<Self, ScheduleError> {
        let plain = without_typography(text);
        let error = |why: String| ScheduleError { text: text.trim().to_owned(), why };
        let mut windows = Vec::new();
        let mut is_always = false;
        for part in plain.split(';').map(str::trim) {
            match part {
                "" if plain.contains(';') => return Err(error("a part between `;` is empty".to_owned())),
                "" => return Err(error("it is empty".to_owned())),
                word if ALWAYS_WORDS.contains(&word) => is_always = true,
                part => windows.extend(read_part(part).map_err(error)?),
            }
        }
        if is_always {
            return Ok(Schedule::always());
        }
        Ok(Schedule { windows, time_zone })
    }

    /// Whether it is in force at that time.
    pub fn in_force(&self, at: Timestamp) -> bool {
        if self.windows.is_empty() {
            return true;
        }
        let local = self.time_zone.to_datetime(at);
        let today = local.date().weekday().to_monday_zero_offset().unsigned_abs() as usize % 7;
        let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        self.windows.iter().any(|window| window.holds(today, minute))
    }
}

impl Window {
    fn holds(&self, today: usize, minute: u16) -> bool {
        let yesterday = (today + 6) % 7;
        if self.from_minute == self.to_minute {
            self.days[today]
        } else if self.from_minute < self.to_minute {
            self.days[today] && (self.from_minute..self.to_minute).contains(&minute)
        } else {
            self.days[today] && minute >= self.from_minute || self.days[yesterday] && minute < self.to_minute
        }
    }
}

/// Lower case, and the marks of Chinese and printed text as their plain ones.
fn without_typography(text: &str) -> String {
    let plain = |c: char| match c {
        '；' => ';',
        '，' | '、' => ',',
        '：' => ':',
        '－' | '–' | '—' | '～' | '~' | '至' | '到' => '-',
        '\u{3000}' => ' ',
        other => other,
    };
    text.to_lowercase().chars().map(plain).collect()
}

/// `days`, `windows` or `days windows`.
fn read_part(part: &str) -> Result<Vec<Window>, String> {
    // Windows begin with the first digit; no name of a day holds one.
    let windows_from = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
    let (days_text, windows_text) = part.split_at(windows_from);
    let days = match days_text.trim().trim_end_matches(',') {
        "" => DAILY,
        text => read_days(text)?,
    };
    if windows_text.is_empty() {
        return Ok(vec![Window { days, from_minute: 0, to_minute: DAY_MINUTES }]);
    }
    windows_text
        .split(',')
        .map(|window| {
            let (from_minute, to_minute) = read_window(window.trim())?;
            Ok(Window { days, from_minute, to_minute })
        })
        .collect()
}

fn read_days(text: &str) -> Result<[bool; 7], String> {
    let mut days = [false; 7];
    for item in text.split(',').map(str::trim) {
        if let Some((_, group)) = GROUP_WORDS.iter().find(|(word, _)| *word == item) {
            for (day, member) in days.iter_mut().zip(group) {
                *day |= member;
            }
            continue;
        }
        let (first, last) = match item.split_once('-') {
            None => (read_day(item)?, read_day(item)?),
            Some((first, last)) => (read_day(first.trim())?, read_day(last.trim())?),
        };
        // `sat-mon` runs over the end of the week.
        for step in 0..=(last + 7 - first) % 7 {
            days[(first + step) % 7] = true;
        }
    }
    Ok(days)
}

fn read_day(word: &str) -> Result<usize, String> {
    let short = DAY_NAMES.iter().position(|name| *name == word);
    let long = || DAY_WORDS.iter().find(|(name, _)| *name == word).map(|(_, day)| *day);
    short.or_else(long).ok_or_else(|| match word {
        "" => "a day is missing beside `,` or `-`".to_owned(),
        word => format!("`{word}` is no day; days are {}", DAY_NAMES.join(", ")),
    })
}

fn read_window(text: &str) -> Result<(u16, u16), String> {
    let (from, to) =
        text.split_once('-').ok_or_else(|| format!("`{text}` is no window such as 07:00-20:00"))?;
    let (from, to) = (read_minute(from.trim())?, read_minute(to.trim())?);
    if from == DAY_MINUTES {
        return Err("a window cannot begin at 24:00; write 00:00".to_owned());
    }
    Ok((from, to))
}

/// Minutes after midnight of `7:05`, `07:05` or `24:00`.
fn read_minute(text: &str) -> Result<u16, String> {
    let wrong = || format!("`{text}` is no time such as 07:00");
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let is_number = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !is_number(hours, 1..=2) || !is_number(minutes, 2..=2) {
        return Err(wrong());
    }
    let hours: u16 = hours.parse().map_err(|_| wrong())?;
    let minutes: u16 = minutes.parse().map_err(|_| wrong())?;
    match (hours, minutes) {
        (0..=23, 0..=59) | (24, 0) => Ok(hours * 60 + minutes),
        _ => Err(format!("`{text}` is no time of a day")),
    }
}

/// As it may be written in the configuration, in one fixed form.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.windows.is_empty() {
            return f.write_str("always");
        }
        for (i, window) in self.windows.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { "; " })?;
            window.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.days {
            DAILY => f.write_str("daily")?,
            WORKDAYS => f.write_str("workdays")?,
            WEEKEND => f.write_str("weekend")?,
            days => {
                let mut joint = "";
                for (name, _) in DAY_NAMES.iter().zip(days).filter(|(_, member)| *member) {
                    write!(f, "{joint}{name}")?;
                    joint = ",";
                }
            }
        }
        if (self.from_minute, self.to_minute) == (0, DAY_MINUTES) {
            return Ok(());
        }
        let (from, to) = (self.from_minute, self.to_minute);
        write!(f, " {:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("a zone of the database")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn check(schedule: &str, time_zone: &str, inside: &[&str], outside: &[&str]) {
        let schedule = Schedule::parse(schedule, zone(time_zone)).expect("a schedule");
        for moment in inside {
            assert!(schedule.in_force(at(moment)), "{schedule} should be in force at {moment}");
        }
        for moment in outside {
            assert!(!schedule.in_force(at(moment)), "{schedule} should not be in force at {moment}");
        }
    }

    #[test]
    fn working_hours_end_with_the_minute_that_is_written() {
        // 2026-11-20 is a Friday.
        check(
            "workdays 07:00-20:00",
            "Asia/Shanghai",
            &["2026-11-20T07:00:00+08:00", "2026-11-20T19:59:59+08:00"],
            &["2026-11-20T06:59:59+08:00", "2026-11-20T20:00:00+08:00", "2026-11-21T12:00:00+08:00"],
        );
    }

    #[test]
    fn a_night_belongs_to_the_evening_on_which_it_begins() {
        // 2026-11-16 is a Monday.
        check(
            "mon,tue 22:00-06:00",
            "Asia/Shanghai",
            &[
                "2026-11-16T22:00:00+08:00",
                "2026-11-17T05:59:00+08:00",
                "2026-11-17T23:00:00+08:00",
                "2026-11-18T05:59:00+08:00",
            ],
            &["2026-11-16T05:00:00+08:00", "2026-11-17T06:00:00+08:00", "2026-11-18T22:30:00+08:00"],
        );
    }

    #[test]
    fn sunday_night_runs_into_monday() {
        check(
            "sun 22:00-06:00",
            "UTC",
            &["2026-11-22T23:00:00Z", "2026-11-23T05:00:00Z"],
            &["2026-11-22T05:00:00Z", "2026-11-23T06:00:00Z"],
        );
    }

    #[test]
    fn days_without_hours_are_whole_days() {
        check(
            "sat-sun",
            "America/New_York",
            &["2026-11-21T00:00:00-05:00", "2026-11-22T23:59:59-05:00"],
            &["2026-11-20T23:59:59-05:00", "2026-11-23T00:00:00-05:00"],
        );
    }

    #[test]
    fn several_parts_are_joined_by_semicolons_and_windows_by_commas() {
        check(
            "workdays 07:00-12:00, 14:00-18:00; sat 09:00-12:00",
            "UTC",
            &["2026-11-20T11:00:00Z", "2026-11-20T14:00:00Z", "2026-11-21T09:30:00Z"],
            &["2026-11-20T13:00:00Z", "2026-11-21T14:30:00Z", "2026-11-22T09:30:00Z"],
        );
    }

    #[test]
    fn the_same_wall_clock_counts_in_summer_and_in_winter() {
        check(
            "daily 08:00-18:00",
            "Europe/Berlin",
            &["2026-07-01T06:00:00Z", "2026-12-01T07:00:00Z"],
            &["2026-07-01T05:59:00Z", "2026-12-01T06:59:00Z"],
        );
    }

    #[test]
    fn an_hour_that_does_not_exist_is_never_in_force() {
        // Berlin, 29 March 2026: 01:59:59 CET (+01) is followed by 03:00:00 CEST (+02).
        check(
            "daily 02:00-03:00",
            "Europe/Berlin",
            &["2026-03-28T01:30:00Z"],
            &["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"],
        );
        // New York, 8 March 2026: a night across the gap has one hour less and no hole.
        check(
            "sat 22:00-06:00",
            "America/New_York",
            &["2026-03-08T06:59:59Z", "2026-03-08T07:00:00Z", "2026-03-08T09:59:00Z"],
            &["2026-03-08T10:00:00Z"],
        );
    }

    #[test]
    fn an_hour_that_comes_twice_is_in_force_twice() {
        // Berlin, 25 October 2026: 02:59:59 CEST is followed by 02:00:00 CET.
        check(
            "daily 02:00-03:00",
            "Europe/Berlin",
            &["2026-10-25T00:00:00Z", "2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z", "2026-10-25T01:59:59Z"],
            &["2026-10-24T23:59:59Z", "2026-10-25T02:00:00Z"],
        );
        // New York, 1 November 2026: a window that ends inside the hour ends, comes back, and ends again.
        check(
            "daily 00:00-01:30",
            "America/New_York",
            &["2026-11-01T05:29:00Z", "2026-11-01T06:00:00Z", "2026-11-01T06:29:00Z"],
            &["2026-11-01T05:30:00Z", "2026-11-01T05:59:00Z", "2026-11-01T06:30:00Z"],
        );
    }

    #[test]
    fn chinese_words_and_marks_mean_the_same() {
        for (chinese, english) in [
            ("工作日 07：00－20：00", "workdays 07:00-20:00"),
            ("周末", "weekend"),
            ("每天 08:00至18:00", "daily 08:00-18:00"),
            ("周一至周五 9:00-17:00；星期六", "workdays 09:00-17:00; sat"),
            ("周一、周二 22:00-06:00", "mon,tue 22:00-06:00"),
            ("全天", "always"),
        ] {
            let schedule = Schedule::parse(chinese, TimeZone::UTC).expect("a schedule");
            assert_eq!(schedule.to_string(), english, "{chinese}");
        }
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_a_reason() {
        for (text, reason) in [
            ("", "it is empty"),
            ("mon 07:00-20:00;", "a part between `;` is empty"),
            ("moon 07:00-20:00", "`moon` is no day; days are mon, tue, wed, thu, fri, sat, sun"),
            ("mon- 07:00-20:00", "a day is missing beside `,` or `-`"),
            ("mon 07:00", "`07:00` is no window such as 07:00-20:00"),
            ("mon 7-20", "`7` is no time such as 07:00"),
            ("mon 07:00-25:00", "`25:00` is no time of a day"),
            ("mon 07:60-08:00", "`07:60` is no time of a day"),
            ("mon 24:00-06:00", "a window cannot begin at 24:00; write 00:00"),
            ("07:00-08:00 mon", "`08:00 mon` is no time such as 07:00"),
        ] {
            let error = Schedule::parse(text, TimeZone::UTC).expect_err("no schedule");
            assert_eq!(error.why, reason, "{text}");
        }
    }

    #[test]
    fn every_zone_the_tests_name_is_there_without_a_system_database() {
        // Boxes ship without /usr/share/zoneinfo, so the database must be inside.
        assert!(jiff::tz::TimeZoneDatabase::bundled().get("Asia/Shanghai").is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_back_reads_as_the_same_schedule(
            days in proptest::collection::vec(any::<[bool; 7]>(), 1..4),
            from in 0_u16..1440,
            to in 0_u16..=1440,
        ) {
            let windows: Vec<Window> = days
                .into_iter()
                .filter(|days| days.contains(&true))
                .map(|days| Window { days, from_minute: from, to_minute: to })
                .collect();
            prop_assume!(!windows.is_empty());
            let schedule = Schedule { windows, time_zone: TimeZone::UTC };
            let read = Schedule::parse(&schedule.to_string(), TimeZone::UTC).expect("a schedule");
            prop_assert_eq!(read, schedule);
        }

        #[test]
        fn no_text_makes_reading_panic(text in "[a-z0-9:;,\\- 周至一]{0,24}") {
            let _ = Schedule::parse(&text, TimeZone::UTC);
        }

        #[test]
        fn a_window_and_its_complement_share_out_the_day(
            seconds in 0_i64..4_000_000_000, from in 0_u16..1440, to in 0_u16..1440,
        ) {
            prop_assume!(from != to);
            let moment = Timestamp::from_second(seconds).expect("a second before 2100");
            let window = |from_minute, to_minute| Schedule {
                windows: vec![Window { days: DAILY, from_minute, to_minute }],
                time_zone: zone("Europe/Berlin"),
            };
            prop_assert_ne!(window(from, to).in_force(moment), window(to, from).in_force(moment));
        }
    }
}
