//! Weekly schedules in the site's time zone, across midnight and daylight-saving changes.
//!
//! What the clock on the wall shows is what counts. So in the night when clocks go forward, a window inside
//! the hour that does not exist is never in force, and in the night when they go back, a window inside the
//! hour that comes twice is in force twice. Public holidays are not known: `workdays` are Monday to Friday.
//!
//! ```text
//! schedule = "always" | part { ";" part }           "," will do where days follow
//! part     = days | windows | days windows          days alone: the whole day; windows alone: every day
//! days     = day-item { "," day-item }
//! day-item = day | day "-" day | "workdays" | "weekend" | "daily"
//! windows  = HH:MM "-" HH:MM { "," HH:MM "-" HH:MM }
//! ```
//!
//! A window that ends before it begins runs across midnight and belongs to the day on which it begins. The same in
//! Chinese, with full-width characters or without: 周一至周五, 周六周日, 工作日, 周末, 每天, 8点至20点, 22:00至次日6:00.

use std::fmt;

use jiff::tz::TimeZone;

use super::time::Timestamp;
use crate::text::{Joint, Sentence, Words, schedule as say};
use crate::types::language::Language;

mod typed;

use typed::{
    ALWAYS_WORDS, EIGHT_IN_THE_EVENING, GROUP_WORDS, HALF_PAST, NEXT_DAY, ON_THE_HOUR, PARTS_OF_THE_DAY,
    WEEKEND_WORD, WHOLE_DAY_WORDS,
};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleError {
    text: String,
    why: Sentence,
}

impl ScheduleError {
    /// What is wrong, for people.
    pub fn sentence(&self) -> Sentence {
        say::wrong(&self.text, self.why.clone())
    }

    /// What to try.
    pub fn hint(&self) -> Sentence {
        say::try_like_this()
    }
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence().with_hint(Some(&self.hint()), Language::English))
    }
}

impl std::error::Error for ScheduleError {}

const DAY_MINUTES: u16 = 24 * 60;
const WORKDAYS: [bool; 7] = [true, true, true, true, true, false, false];
const WEEKEND: [bool; 7] = [false, false, false, false, false, true, true];
const DAILY: [bool; 7] = [true; 7];

/// Monday first, as they are written back.
const DAY_NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Other words for one day.
const DAY_WORDS: [(&str, usize); 9] = [
    ("monday", 0),
    ("tuesday", 1),
    ("tues", 1),
    ("wednesday", 2),
    ("thursday", 3),
    ("thurs", 3),
    ("friday", 4),
    ("saturday", 5),
    ("sunday", 6),
];

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
        let plain = typed::plainly(text);
        let error = |why: Sentence| ScheduleError { text: text.trim().to_owned(), why };
        let mut windows = Vec::new();
        let mut is_always = false;
        for part in plain.split(';').map(str::trim) {
            match part {
                "" if plain.contains(';') => return Err(error(say::empty_part())),
                "" => return Err(error(say::empty())),
                word if ALWAYS_WORDS.contains(&word) => is_always = true,
                part => windows.extend(read_part(part).map_err(error)?),
            }
        }
        if is_always {
            return Ok(Schedule::always());
        }
        Ok(Schedule { windows, time_zone })
    }

    /// Whether it is in force at all hours of all days.
    pub(crate) fn is_always(&self) -> bool {
        let is_held =
            |today: usize, minute: u16| self.windows.iter().any(|window| window.holds(today, minute));
        self.windows.is_empty() || (0..7).all(|today| (0..DAY_MINUTES).all(|minute| is_held(today, minute)))
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

/// `days`, `windows` or `days windows`; after a comma, days begin another part.
fn read_part(part: &str) -> Result<Vec<Window>, Sentence> {
    let whole_day = WHOLE_DAY_WORDS.iter().find_map(|word| part.strip_suffix(word));
    let part = whole_day.filter(|days| !days.trim().is_empty()).unwrap_or(part);
    // Windows begin with the first digit; no name of a day holds one.
    let windows_from = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
    let (days_text, windows_text) = part.split_at(windows_from);
    let days = match days_text.trim().trim_end_matches([',', ':']).trim_end() {
        "" => DAILY,
        text => read_days(text)?,
    };
    if windows_text.is_empty() {
        return Ok(vec![Window { days, from_minute: 0, to_minute: DAY_MINUTES }]);
    }
    let mut windows = Vec::new();
    let mut rest = Some(windows_text);
    while let Some(text) = rest {
        if !windows.is_empty() && begins_with_a_day(text.trim_start()) {
            windows.extend(read_part(text.trim())?);
            break;
        }
        let (window, after) =
            text.split_once(',').map_or((text, None), |(window, after)| (window, Some(after)));
        let (from_minute, to_minute) = read_window(window.trim())?;
        windows.push(Window { days, from_minute, to_minute });
        rest = after;
    }
    Ok(windows)
}

fn begins_with_a_day(text: &str) -> bool {
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    DAY_NAMES.contains(&word.as_str())
        || DAY_WORDS.iter().any(|(name, _)| *name == word)
        || GROUP_WORDS.iter().any(|(name, _)| *name == word)
}

fn read_days(text: &str) -> Result<[bool; 7], Sentence> {
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

fn read_day(word: &str) -> Result<usize, Sentence> {
    let short = DAY_NAMES.iter().position(|name| *name == word);
    let long = || DAY_WORDS.iter().find(|(name, _)| *name == word).map(|(_, day)| *day);
    short.or_else(long).ok_or_else(|| match word {
        "" => say::missing_day(),
        word if word.contains(['节', '假']) || word.contains("holiday") => {
            say::public_holiday(word, WEEKEND_WORD)
        }
        word if part_of_the_day(word).is_some() => twelve_hours(word),
        word => say::unknown_day(word, DAY_NAMES.join(", ")),
    })
}

fn part_of_the_day(text: &str) -> Option<&'static str> {
    PARTS_OF_THE_DAY.into_iter().find(|word| text.contains(word))
}

fn twelve_hours(text: &str) -> Sentence {
    say::twelve_hours(text, EIGHT_IN_THE_EVENING)
}

fn read_window(text: &str) -> Result<(u16, u16), Sentence> {
    let (from, to) = text.split_once('-').ok_or_else(|| say::no_window(text))?;
    let to = to.trim();
    let next_day = NEXT_DAY.iter().find_map(|word| to.strip_prefix(word));
    let (from, to) = (read_minute(from.trim())?, read_minute(next_day.unwrap_or(to).trim())?);
    if from == DAY_MINUTES {
        return Err(say::begins_at_the_end());
    }
    if next_day.is_some() && from < to {
        return Err(say::too_long(text));
    }
    Ok((from, to))
}

/// Minutes after midnight of `7:05`, `07:05`, `24:00`, 7点, 7点05分 or 7点半.
fn read_minute(text: &str) -> Result<u16, Sentence> {
    let wrong = || match part_of_the_day(text) {
        Some(_) => twelve_hours(text),
        None => say::no_time(text),
    };
    let (hours, minutes) = match text.split_once(['点', '點', '时', '時']) {
        Some((hours, minutes)) => match minutes.trim_end_matches('分') {
            "" => (hours, "00"),
            minutes if ON_THE_HOUR.contains(&minutes) => (hours, "00"),
            HALF_PAST => (hours, "30"),
            minutes => (hours, minutes),
        },
        None => text.split_once(':').ok_or_else(wrong)?,
    };
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
        _ => Err(say::no_time_of_a_day(text)),
    }
}

impl Schedule {
    /// As people read it.
    #[cfg_attr(not(feature = "web"), allow(dead_code, reason = "only the page says it so"))]
    pub(crate) fn words(&self) -> Words {
        if self.windows.is_empty() {
            return say::always().into();
        }
        Words::List(self.windows.iter().map(Window::words).collect(), Joint::Then)
    }
}

impl Window {
    #[cfg_attr(not(feature = "web"), allow(dead_code, reason = "as above"))]
    fn words(&self) -> Words {
        let names =
            [say::mon(), say::tue(), say::wed(), say::thu(), say::fri(), say::sat(), say::sun()].into_iter();
        let days: Words = match self.days {
            DAILY => say::daily().into(),
            WORKDAYS => say::workdays().into(),
            WEEKEND => say::weekend().into(),
            days => {
                let members = names.zip(days).filter(|(_, member)| *member);
                Words::List(members.map(|(name, _)| name.into()).collect(), Joint::Row)
            }
        };
        if (self.from_minute, self.to_minute) == (0, DAY_MINUTES) {
            return days;
        }
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        say::window(days, time(self.from_minute), time(self.to_minute)).into()
    }
}

/// The schedule as the configuration may write it, in one fixed form.
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
mod tests;
