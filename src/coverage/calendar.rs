//! The ledger as a calendar: hour by hour on the clock of the site, with sums and the longest gaps. For whoever reads it, on the
//! command line, on the page or in a program. Must never say more than the ledger does: of an hour it has only sums.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::Path;

use jiff::tz::TimeZone;
use serde::Serialize;

use super::ledger::{files_of, lines, read_checkpoint};
use super::{CoverageState, HOUR_MS, Record, Times, hour_of, time_of};
use crate::analysis::time::Timestamp;
use crate::contract::words::Time;
use crate::text::{Sentence, coverage as say};

/// A gap is made of hours that are full of it but for this, milliseconds, between the first and the last: a reading or two.
const ALMOST_MS: u64 = 5_000;
/// What is shorter is no gap.
const LEAST_GAP_MS: u64 = 60_000;
/// So many gaps of each rule are given.
const MOST_GAPS: usize = 3;

/// What is asked of the ledger.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Only these cameras; all where none is named.
    pub cameras: &'a [String],
    /// Only these rules; all where none is named.
    pub rules: &'a [String],
    /// From when; the whole hour counts.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// The zone of the site, whose days and hours these are.
    pub zone: &'a TimeZone,
}

/// What the ledger says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calendar {
    /// From the beginning of which hour.
    pub from: Time,
    /// Until when.
    pub until: Time,
    /// When the first hour began that is recorded of that time; absent where none is.
    pub recorded_from: Option<Time>,
    /// Where time goes on elsewhere, in the order of the ledger.
    pub breaks: Vec<Break>,
    /// Each rule at each camera, by camera.
    pub rows: Vec<Row>,
    /// Every camera of which something is recorded in that time.
    pub cameras: Vec<String>,
    /// Every rule of which something is recorded in that time.
    pub rules: Vec<String>,
    /// Lines of that time that cannot be read; what they said is missing here.
    pub damaged_lines: u64,
}

/// Where the ledger goes on at another time: it claims nothing of what lies between.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Break {
    /// Where it ends.
    pub from: Time,
    /// Where it goes on: earlier where the clock was set back.
    pub until: Time,
    /// Why.
    pub why: BreakReason,
}

/// Why the ledger goes on at another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakReason {
    /// The clock was set, or it is not known how long the box was off.
    ClockSet,
    /// No ledger was kept.
    NotKept,
}

impl Break {
    fn of(record: &Record) -> Option<Self> {
        let set_to = record.set_to.map(|until| (until, BreakReason::ClockSet));
        let (until, why) = set_to.or(record.not_kept_until.map(|until| (until, BreakReason::NotKept)))?;
        Some(Break { from: record.until, until, why })
    }

    /// Whether some of it is within that time.
    fn touches(&self, span: &Range<i64>) -> bool {
        let (one, other) = (self.from.0.as_millisecond(), self.until.0.as_millisecond());
        one.min(other) < span.end && span.start <= one.max(other)
    }

    /// For people, with the times of the zone.
    pub(crate) fn sentence(&self, zone: &TimeZone) -> Sentence {
        let clock = |at: Time| at.0.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
        let (from, until) = (clock(self.from), clock(self.until));
        match self.why {
            BreakReason::NotKept => say::was_not_kept(from, until),
            BreakReason::ClockSet if self.until < self.from => say::went_back(from, until),
            BreakReason::ClockSet => say::went_forward(from, until),
        }
    }
}

/// One rule at one camera.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The camera.
    pub camera: String,
    /// The rule.
    pub rule: String,
    /// The sum of all days.
    pub ms: Times,
    /// Its days, the first one first; those of which nothing is recorded are left out.
    pub days: Vec<Day>,
    /// The longest times without a watch, the longest first.
    pub gaps: Vec<Gap>,
}

/// A day at the site.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Day {
    /// `2026-11-30`
    pub date: String,
    /// The sum of its hours.
    pub ms: Times,
    /// Its hours, the first one first; those of which nothing is recorded are left out. A day on which clocks change has one
    /// more or less, and one number twice or not at all.
    pub hours: Vec<Hour>,
}

/// An hour.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hour {
    /// 0 to 23 on the clock of the site.
    pub hour: i8,
    /// When it began.
    pub from: Time,
    /// How long each state lasted. Less than an hour together where the rule came or went in it, or the hour goes on.
    pub ms: Times,
    /// By how much the clock was set forward in it, milliseconds; below zero where back. It was so much shorter or longer.
    #[serde(skip_serializing_if = "super::is_none")]
    pub clock_set_ms: i64,
}

/// A time in which a rule was to watch and did not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// What kept it from it.
    pub state: CoverageState,
    /// When the hour began in which it began.
    pub from: Time,
    /// When the hour ended in which it ended.
    pub until: Time,
    /// How long it was.
    pub ms: u64,
}

/// One hour of one rule, as it is summed up.
#[derive(Debug, Default)]
struct Sum {
    times: Times,
    shift_ms: i64,
}

/// By camera and rule, then by the beginning of the hour.
type Sums = BTreeMap<(String, String), BTreeMap<i64, Sum>>;

/// Reads the ledger in `folder`, also the hour that goes on, as it was a minute ago at most. What is torn or damaged is left
/// out; [`verify`](super::verify) says whether something is.
///
/// ```no_run
/// use std::path::Path;
///
/// use jiff::Timestamp;
/// use jiff::tz::TimeZone;
/// use lookout::coverage::{Asked, CoverageState, calendar};
///
/// let zone = TimeZone::get("Asia/Shanghai").unwrap();
/// let until = Timestamp::now();
/// let from = until - jiff::SignedDuration::from_hours(7 * 24);
/// let asked = Asked { cameras: &["cam-03".to_owned()], rules: &[], from, until, zone: &zone };
/// let calendar = calendar(Path::new("/var/lib/lookout/outbox/coverage"), &asked).unwrap();
/// for row in &calendar.rows {
///     println!("{} {}: {} of {} ms", row.camera, row.rule, row.ms.ms(CoverageState::Watched), row.ms.wanted_ms());
/// }
/// ```
///
/// # Errors
/// There is no such folder, or it cannot be read.
pub fn calendar(folder: &Path, asked: &Asked<'_>) -> io::Result<Calendar> {
    std::fs::read_dir(folder)?;
    let span = hour_of(asked.from.as_millisecond())..asked.until.as_millisecond();
    let mut sums = Sums::new();
    let (mut cameras, mut rules) = (BTreeSet::new(), BTreeSet::new());
    let going_on = read_checkpoint(folder);
    let written = files_of(folder, time_of(span.start), asked.until);
    let (mut last, mut breaks) = (0, Vec::new());
    let mut take = |record: &Record| {
        breaks.extend(Break::of(record).filter(|one| one.touches(&span)));
        let ends_before = record.until.0.as_millisecond() <= span.start;
        if ends_before || record.from.0.as_millisecond() >= span.end {
            return;
        }
        for (camera, of) in record.rules.iter().flat_map(|stretch| &stretch.of) {
            cameras.insert(camera.clone());
            rules.extend(of.iter().cloned());
        }
        add(&mut sums, record, asked, &span);
    };
    let mut damaged_lines = 0;
    for (at, path) in written.iter().enumerate() {
        let lines = lines(path);
        // Only the file that is written to may end in the middle of a line.
        let torn = u64::from(lines.is_torn && at + 1 < written.len());
        (last, damaged_lines) = (last.max(lines.last), damaged_lines + lines.damaged + torn);
        lines.records.iter().for_each(|(_, record)| take(record));
    }
    // One that was kept from before its line was written says nothing new.
    if let Some(checkpoint) = going_on.filter(|checkpoint| checkpoint.after >= last) {
        take(&checkpoint.hour);
    }
    sums.retain(|_, hours| !hours.is_empty());
    let recorded_from = sums.values().filter_map(|hours| hours.keys().next()).min();
    let recorded_from = recorded_from.map(|ms| Time(time_of(*ms)));
    Ok(Calendar {
        from: Time(time_of(span.start)),
        until: Time(asked.until),
        recorded_from,
        breaks,
        rows: sums.iter().map(|((camera, rule), hours)| row(camera, rule, hours, asked.zone)).collect(),
        cameras: cameras.into_iter().collect(),
        rules: rules.into_iter().collect(),
        damaged_lines,
    })
}

/// A record of several hours is divided evenly: only one thing was so in them.
fn add(sums: &mut Sums, record: &Record, asked: &Asked<'_>, span: &Range<i64>) {
    let is_asked = |names: &[String], name: &String| names.is_empty() || names.contains(name);
    let (from, until) = (record.from.0.as_millisecond(), record.until.0.as_millisecond());
    let hours = ((until - hour_of(from)) / HOUR_MS).max(1);
    for stretch in &record.rules {
        let mut times = Times::default();
        stretch.ms.lasting().for_each(|(state, ms)| times.add(state, ms / hours.unsigned_abs()));
        for (camera, rules) in stretch.of.iter().filter(|(camera, _)| is_asked(asked.cameras, camera)) {
            for rule in rules.iter().filter(|rule| is_asked(asked.rules, rule)) {
                let of_rule = sums.entry((camera.clone(), rule.clone())).or_default();
                for hour in (0..hours).map(|hour| hour_of(from) + hour * HOUR_MS) {
                    if span.contains(&hour) {
                        let sum = of_rule.entry(hour).or_default();
                        sum.times.add_all(&times);
                        sum.shift_ms += stretch.shift_ms;
                    }
                }
            }
        }
    }
}

fn row(camera: &str, rule: &str, hours: &BTreeMap<i64, Sum>, zone: &TimeZone) -> Row {
    let mut days: Vec<Day> = Vec::new();
    let mut ms = Times::default();
    for (from, sum) in hours {
        ms.add_all(&sum.times);
        let at_site = zone.to_datetime(time_of(*from));
        let date = at_site.date().to_string();
        let hour = Hour {
            hour: at_site.hour(),
            from: Time(time_of(*from)),
            ms: sum.times,
            clock_set_ms: sum.shift_ms,
        };
        match days.last_mut().filter(|day| day.date == date) {
            Some(day) => {
                day.ms.add_all(&hour.ms);
                day.hours.push(hour);
            }
            None => days.push(Day { date, ms: hour.ms, hours: vec![hour] }),
        }
    }
    Row { camera: camera.to_owned(), rule: rule.to_owned(), ms, days, gaps: gaps(hours) }
}

/// The longest gaps, the longest first. In its first hour a gap may begin late and in its last one end early; those between
/// are full of it.
fn gaps(hours: &BTreeMap<i64, Sum>) -> Vec<Gap> {
    let mut all = Vec::new();
    for state in CoverageState::ALL.into_iter().filter(|state| state.is_gap()) {
        let mut gaps: Vec<Gap> = Vec::new();
        let mut goes_on = false;
        for (from, sum) in hours {
            let ms = sum.times.ms(state);
            if ms == 0 {
                goes_on = false;
                continue;
            }
            let is_full = ms + ALMOST_MS >= sum.times.total_ms();
            let (from, until) = (Time(time_of(*from)), Time(time_of(from + HOUR_MS)));
            match gaps.last_mut().filter(|gap| goes_on && gap.until == from) {
                Some(gap) => {
                    (gap.until, gap.ms) = (until, gap.ms + ms);
                    goes_on = is_full;
                }
                None => {
                    gaps.push(Gap { state, from, until, ms });
                    goes_on = true;
                }
            }
        }
        all.extend(gaps.into_iter().filter(|gap| gap.ms >= LEAST_GAP_MS));
    }
    all.sort_by(|a, b| b.ms.cmp(&a.ms).then(a.from.cmp(&b.from)));
    all.truncate(MOST_GAPS);
    all
}

#[cfg(test)]
mod tests;
