//! The plots of the report as SVG: alerts of both configurations over time, a time line for each camera, and what becomes of
//! the alerts that people judged. Each has its numbers in words for whoever does not see it.

use std::sync::Arc;

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::super::alert_life::AlertLife;
use super::super::difference::Difference;
use super::super::price::{Fate, Price};
use super::html::{both_in_drawing, both_in_one};
use super::{Comparison, level_name, outcome_name};
use crate::analysis::time::Timestamp;
use crate::contract::kinds;
use crate::text::{Sentence, Words, comparison as say};
use crate::types::language::Language;

/// What a plot is drawn for. Its units are about pixels there, and letters have 12 of them: one that is drawn for a page and
/// shown on a phone has letters that nobody can read, so each plot is in the file for both, and the page shows one of them.
#[derive(Debug, Clone, Copy)]
struct Sheet {
    /// Class of the drawing, and the end of its ids.
    name: &'static str,
    width: f64,
    /// Most pairs of bars.
    most_bars: i64,
    /// Most names below a plot.
    most_names: usize,
    /// Most letters of the name of a time line.
    most_letters: usize,
}

const SHEETS: [Sheet; 2] = [
    Sheet { name: "on-page", width: 720.0, most_bars: 48, most_names: 8, most_letters: 90 },
    Sheet { name: "on-phone", width: 340.0, most_bars: 24, most_names: 4, most_letters: 40 },
];

impl Sheet {
    fn right(&self) -> f64 {
        self.width - MARGIN
    }
}

/// Left and right of what is drawn.
const MARGIN: f64 = 10.0;
/// Of the bars: the numbers stand at their left.
const LEFT: f64 = 40.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 144.0;
const HEIGHT: f64 = 170.0;
/// Half of the room that the name of a moment takes.
const HALF_A_NAME: f64 = 28.0;
/// Seconds that a pair of bars may stand for, and the names of moments.
const STEPS: [i64; 8] = [1, 5, 15, 60, 300, 900, 3_600, 10_800];
/// Of less than this, seconds, bars say nothing that the time lines do not say better.
const SHORTEST_WITH_BARS: i64 = 600;
/// Of the time lines: the name above one, a mark, the room that it takes, and what is between the old and the new and below them.
const NAME: f64 = 18.0;
const MARK: f64 = 9.0;
const ROW: f64 = 12.0;
const BETWEEN: f64 = 4.0;
const LEAST_MARK: f64 = 3.0;
/// Alerts at the same time are drawn one below the other, in so many rows; more are drawn as one.
const MOST_ROWS: usize = 4;
/// Where names stand at the left of bars.
const NAMES_LEFT: f64 = 110.0;

/// The same drawing for both sheets.
fn on_both(draw: impl Fn(Sheet) -> Markup) -> Markup {
    html! { @for sheet in SHEETS { (draw(sheet)) } }
}

/// The starts of the bars from one time to another, and how they are named.
struct Bars {
    starts: Vec<Timestamp>,
    format: &'static str,
}

impl Bars {
    /// At most so many, of the shortest length with which they are no more.
    fn new(from: Timestamp, to: Timestamp, zone: &TimeZone, most: i64) -> Self {
        let secs = (to.as_second() - from.as_second()).max(1);
        match STEPS.into_iter().find(|step| secs / step < most) {
            Some(step) => {
                let format = if step < 60 { "%H:%M:%S" } else { "%H:%M" };
                Bars { starts: by_seconds(from, to, step, zone), format }
            }
            None => Bars { starts: by_days(from, to, zone), format: "%m-%d" },
        }
    }

    /// How many of these moments are in each bar.
    fn counts(&self, moments: impl Iterator<Item = Timestamp>) -> Vec<u64> {
        let mut counts = vec![0; self.starts.len()];
        for moment in moments {
            let behind = self.starts.partition_point(|start| *start <= moment);
            if let Some(count) = counts.get_mut(behind.max(1) - 1) {
                *count += 1;
            }
        }
        counts
    }

    /// The starts that are named: one in so many that not too many are.
    fn named(&self, most: usize) -> impl Iterator<Item = (usize, Timestamp)> + '_ {
        let every = self.starts.len().div_ceil(most).max(1);
        self.starts.iter().copied().enumerate().step_by(every)
    }
}

/// As a clock at the site shows them: a bar of an hour begins at the full hour.
fn by_seconds(from: Timestamp, to: Timestamp, step: i64, zone: &TimeZone) -> Vec<Timestamp> {
    let offset = i64::from(zone.to_offset(from).seconds());
    let first = (from.as_second() + offset).div_euclid(step) * step - offset;
    let count = (to.as_second() - first).max(0) / step + 1;
    (0..count).filter_map(|bar| Timestamp::from_second(first + bar * step).ok()).collect()
}

fn by_days(from: Timestamp, to: Timestamp, zone: &TimeZone) -> Vec<Timestamp> {
    let mut date = from.to_zoned(zone.clone()).date();
    let mut starts = Vec::new();
    while let Ok(start) = date.to_zoned(zone.clone()).map(|day| day.timestamp())
        && start <= to
    {
        starts.push(start);
        let Ok(next) = date.tomorrow() else { break };
        date = next;
    }
    starts
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

/// The name of a moment below the drawing; at its edges beside the moment.
fn named_below(
    comparison: &Comparison,
    sheet: Sheet,
    (x, y): (f64, f64),
    at: Timestamp,
    format: &str,
) -> Markup {
    let name = at.to_zoned(comparison.zone.clone()).strftime(format).to_string();
    let anchor = match x {
        x if x < HALF_A_NAME => "start",
        x if x > sheet.width - HALF_A_NAME => "end",
        _ => "middle",
    };
    html! { text x=(number(x)) y=(number(y)) text-anchor=(anchor) { (name) } }
}

/// Alerts of both, bar beside bar; nothing where there is none, or the time is so short that the time lines say more.
pub(super) fn over_time(comparison: &Comparison) -> Option<Markup> {
    let secs = comparison.to.as_second() - comparison.from.as_second();
    let says_something = secs >= SHORTEST_WITH_BARS && !comparison.differences.is_empty();
    says_something.then(|| on_both(|sheet| bars_of(comparison, sheet)))
}

fn bars_of(comparison: &Comparison, sheet: Sheet) -> Markup {
    let bars = Bars::new(comparison.from, comparison.to, &comparison.zone, sheet.most_bars);
    let raised = |life: &Arc<AlertLife>| life.raised_at;
    let before = bars.counts(comparison.differences.iter().filter_map(|d| d.before().map(raised)));
    let after = bars.counts(comparison.differences.iter().filter_map(|d| d.after().map(raised)));
    let most = before.iter().chain(&after).copied().max().unwrap_or(0).max(1);
    let step = (sheet.right() - LEFT) / bars.starts.len().max(1) as f64;
    let height = |count: u64| (BOTTOM - TOP) * count as f64 / most as f64;
    let price = comparison.price();
    let id = format!("over-time-{}", sheet.name);
    html! {
        svg class={ "plot " (sheet.name) } viewBox={ "0 0 " (sheet.width) " " (HEIGHT) } role="img" aria-labelledby=(id) {
            title id=(id) { (both_in_one(&say::alerts(price.before, price.after).into())) }
            @for (value, y) in [(most, TOP), (0, BOTTOM)] {
                line.rule x1=(LEFT) x2=(sheet.right()) y1=(y) y2=(y) {}
                text x=(LEFT - 6.0) y=(y + 4.0) text-anchor="end" { (value) }
            }
            @for (at, (was, is)) in before.iter().zip(&after).enumerate() {
                @if was + is > 0 {
                    @let x = LEFT + step * at as f64;
                    g {
                        title { (both_in_one(&say::bar(comparison.clock(bars.starts[at]), *was, *is).into())) }
                        @for (class, count, x) in [("before", *was, x + step * 0.1), ("after", *is, x + step * 0.5)] {
                            rect class=(class) x=(number(x)) width=(number(step * 0.4))
                                y=(number(BOTTOM - height(count))) height=(number(height(count))) {}
                        }
                    }
                }
            }
            @for (at, start) in bars.named(sheet.most_names) {
                @let place = (LEFT + step * (at as f64 + 0.5), HEIGHT - 8.0);
                (named_below(comparison, sheet, place, start, bars.format))
            }
        }
    }
}

/// A time line for each place: above what the old configuration raised, below what the new one raises. Nothing where neither
/// raised anything.
pub(super) fn time_lines(comparison: &Comparison) -> Option<Markup> {
    (!comparison.differences.is_empty()).then(|| on_both(|sheet| lanes_of(comparison, sheet)))
}

fn lanes_of(comparison: &Comparison, sheet: Sheet) -> Markup {
    let bars = Bars::new(comparison.from, comparison.to, &comparison.zone, sheet.most_bars);
    let mut lanes = Vec::new();
    let mut bottom = MARGIN;
    for name in lanes_named(comparison) {
        let rows = [Difference::before, Difference::after].map(|side| rows(comparison, sheet, &name, side));
        let lane = Lane { top: bottom, name, rows };
        bottom = lane.bottom();
        lanes.push(lane);
    }
    let id = format!("time-lines-{}", sheet.name);
    html! {
        svg class={ "plot " (sheet.name) } viewBox={ "0 0 " (sheet.width) " " (bottom + 26.0) } role="img" aria-labelledby=(id) {
            title id=(id) { (both_in_one(&say::time_lines().into())) }
            @for lane in &lanes { (lane.ground(sheet)) }
            @for (_, start) in bars.named(sheet.most_names) {
                @let x = x_of(comparison, sheet, start);
                line.rule x1=(number(x)) x2=(number(x)) y1=(MARGIN) y2=(bottom) {}
                (named_below(comparison, sheet, (x, bottom + 18.0), start, bars.format))
            }
            @for lane in &lanes { (lane.marks(sheet)) }
        }
    }
}

/// One time line: its name, then the rows of what the old configuration raised, then those of the new one.
struct Lane {
    top: f64,
    name: Arc<str>,
    rows: [Vec<Vec<Mark>>; 2],
}

impl Lane {
    /// Where the rows of the new configuration begin.
    fn middle(&self) -> f64 {
        self.top + NAME + ROW * self.rows[0].len() as f64 + BETWEEN
    }

    fn bottom(&self) -> f64 {
        self.middle() + ROW * self.rows[1].len() as f64 + BETWEEN
    }

    /// What lies behind the marks: where the new configuration is drawn is told by its ground.
    fn ground(&self, sheet: Sheet) -> Markup {
        let (middle, bottom) = (self.middle(), self.bottom());
        html! {
            rect.ground x=(MARGIN) y=(number(middle - BETWEEN / 2.0)) width=(number(sheet.right() - MARGIN))
                height=(number(bottom - middle)) {}
        }
    }

    fn marks(&self, sheet: Sheet) -> Markup {
        let bottom = self.bottom();
        html! {
            text x=(MARGIN) y=(number(self.top + NAME - 6.0)) { (shortened(&self.name, sheet.most_letters)) }
            line.rule x1=(MARGIN) x2=(sheet.right()) y1=(number(bottom)) y2=(number(bottom)) {}
            @for (rows, top) in self.rows.iter().zip([self.top + NAME, self.middle()]) {
                @for (number_of, row) in rows.iter().enumerate() {
                    @let y = top + ROW * number_of as f64;
                    @for mark in row { (mark.drawn(y)) }
                }
            }
        }
    }
}

/// An alert on a time line, or several that lie so close that they cannot be told apart there.
#[derive(Debug, Clone, PartialEq)]
struct Mark {
    class: String,
    from: f64,
    to: f64,
    spoken: String,
    /// How many others it stands for.
    others: usize,
}

impl Mark {
    fn join(&mut self, other: Mark) {
        self.to = self.to.max(other.to);
        self.others += 1 + other.others;
    }

    fn drawn(&self, y: f64) -> Markup {
        let Mark { class, from, to, spoken, others } = self;
        html! {
            rect class=(class) x=(number(*from)) y=(number(y)) width=(number(to - from)) height=(MARK) {
                title {
                    (spoken)
                    @if *others > 0 { " " (both_in_one(&say::and_others(*others).into())) }
                }
            }
        }
    }
}

/// The marks of one configuration on one time line, so that none covers another one.
fn rows(
    comparison: &Comparison,
    sheet: Sheet,
    lane: &str,
    side: fn(&Difference) -> Option<&Arc<AlertLife>>,
) -> Vec<Vec<Mark>> {
    let of_lane = comparison.differences.iter().filter(|d| &*lane_of(d.known()) == lane);
    let mut marks: Vec<Mark> = of_lane
        .filter_map(|difference| {
            let life = side(difference)?;
            let from = x_of(comparison, sheet, life.raised_at).min(sheet.right() - LEAST_MARK);
            let to = x_of(comparison, sheet, life.ended_at).max(from + LEAST_MARK);
            let same = if difference.is_same() { " same" } else { "" };
            let class = format!("{} {}{same}", life.level.name(), outcome_name(&difference.pairing));
            Some(Mark { class, from, to, spoken: spoken(comparison, difference, life), others: 0 })
        })
        .collect();
    marks.sort_by(|a, b| a.from.total_cmp(&b.from));
    stacked(marks)
}

/// Marks in order of their beginnings, each in the first row that has room for it. There is at least one row.
fn stacked(marks: Vec<Mark>) -> Vec<Vec<Mark>> {
    let mut rows: Vec<Vec<Mark>> = vec![Vec::new()];
    for mark in marks {
        let is_point = |mark: &Mark| mark.to - mark.from <= 2.0 * LEAST_MARK;
        let room = rows.iter().position(|row| row.last().is_none_or(|last| last.to <= mark.from));
        let twin = rows.iter().position(|row| {
            let is_twin = |last: &Mark| last.class == mark.class && is_point(last) && is_point(&mark);
            row.last().is_some_and(|last| last.to > mark.from && is_twin(last))
        });
        match (twin, room) {
            (Some(row), _) => join_last(&mut rows[row], mark),
            (None, Some(row)) => rows[row].push(mark),
            (None, None) if rows.len() < MOST_ROWS => rows.push(vec![mark]),
            (None, None) => join_last(&mut rows[MOST_ROWS - 1], mark),
        }
    }
    rows
}

fn join_last(row: &mut Vec<Mark>, mark: Mark) {
    match row.last_mut() {
        Some(last) => last.join(mark),
        None => row.push(mark),
    }
}

fn spoken(comparison: &Comparison, difference: &Difference, life: &AlertLife) -> String {
    let title = |language| kinds::title(&life.kind, None, language);
    let outcome = comparison.outcome(difference);
    let line = |language: Language| {
        let level = level_name(life.level).in_language(language);
        let when = comparison.clock(life.raised_at);
        say::mark(when, title(language), level, &outcome).in_language(language)
    };
    format!("{} · {}", line(Language::Chinese), line(Language::English))
}

/// Where an alert is drawn: at its first camera, else where it is.
fn lane_of(life: &AlertLife) -> Arc<str> {
    life.camera().cloned().unwrap_or_else(|| life.place().into())
}

/// The time lines that there are: of every camera that was judged, then of other places with alerts.
fn lanes_named(comparison: &Comparison) -> Vec<Arc<str>> {
    let mut lanes = comparison.cameras.clone();
    for difference in &comparison.differences {
        let lane = lane_of(difference.known());
        if !lanes.contains(&lane) {
            lanes.push(lane);
        }
    }
    lanes
}

fn shortened(name: &str, most_letters: usize) -> String {
    match name.chars().count() > most_letters {
        false => name.to_owned(),
        true => name.chars().take(most_letters - 1).chain(['…']).collect(),
    }
}

fn x_of(comparison: &Comparison, sheet: Sheet, at: Timestamp) -> f64 {
    let ms = |at: Timestamp| at.as_millisecond() as f64;
    let (from, to) = (ms(comparison.from), ms(comparison.to).max(ms(comparison.from) + 1.0));
    let part = ((ms(at) - from) / (to - from)).clamp(0.0, 1.0);
    MARGIN + (sheet.right() - MARGIN) * part
}

/// What becomes of the alerts that people judged.
pub(super) fn verdicts(price: &Price) -> Markup {
    on_both(|sheet| verdicts_on(price, sheet))
}

fn verdicts_on(price: &Price, sheet: Sheet) -> Markup {
    let rows: [(Sentence, Fate); 2] =
        [(say::false_alarms(), price.false_alarms), (say::confirmed_alerts(), price.confirmed)];
    let most = rows.iter().map(|(_, fate)| fate.all).max().unwrap_or(0).max(1);
    let width = |count: u64| (sheet.right() - NAMES_LEFT) * count as f64 / most as f64;
    let id = format!("verdicts-{}", sheet.name);
    html! {
        svg class={ "plot " (sheet.name) } viewBox={ "0 0 " (sheet.width) " 76" } role="img" aria-labelledby=(id) {
            title id=(id) { (both_in_one(&say::what_becomes_of_judged().into())) }
            @for (at, (name, fate)) in rows.iter().enumerate() {
                @let y = 10.0 + 32.0 * at as f64;
                @let words = Words::from(say::gone_of(fate.gone, fate.all));
                @let (gone, kept) = (fate.gone, fate.all - fate.gone);
                text x=(NAMES_LEFT - 8.0) y=(y + 16.0) text-anchor="end" { (both_in_drawing(&name.clone().into())) }
                g {
                    title { (both_in_one(&words)) }
                    rect.after x=(NAMES_LEFT) y=(y) width=(number(width(kept))) height="22" {}
                    rect.gone x=(number(NAMES_LEFT + width(kept))) y=(y) width=(number(width(gone))) height="22" {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::test_alerts::at;
    use super::*;

    #[test]
    fn the_bars_fit_the_time_that_was_judged() {
        let zone = TimeZone::get("Asia/Kolkata").unwrap();
        let of = |secs: i64| Bars::new(at(600), at(600 + secs), &zone, 48);
        let half_a_minute = of(30);
        assert_eq!((half_a_minute.starts.len(), half_a_minute.format), (31, "%H:%M:%S"));
        let hour = of(3_600);
        assert_eq!((hour.starts.len(), hour.format), (13, "%H:%M"));
        let named: Vec<_> = Bars::new(at(0), at(86_400), &zone, 24).named(4).collect();
        assert!(named.len() <= 4, "{named:?}");
        assert_eq!(of(86_400).starts.len(), 25);
        // Half past the hour in UTC is the full hour there.
        assert_eq!(of(86_400).starts[0], at(-1_800));
        let week = of(7 * 86_400);
        assert_eq!((week.starts.len(), week.format), (8, "%m-%d"));
        assert_eq!(week.starts[0], at(-19_800));
    }

    #[test]
    fn every_alert_is_in_a_bar() {
        let bars = Bars::new(at(0), at(600), &TimeZone::UTC, 11);
        let counts = bars.counts([at(-5), at(0), at(59), at(60), at(600), at(700)].into_iter());
        assert_eq!(counts.iter().sum::<u64>(), 6);
        assert_eq!((counts[0], counts[1], counts[10]), (3, 1, 2));
    }

    fn mark(class: &str, from: f64, to: f64) -> Mark {
        Mark { class: class.to_owned(), from, to, spoken: String::new(), others: 0 }
    }

    #[test]
    fn no_mark_covers_another_one() {
        let marks = vec![
            mark("red", 10.0, 90.0),
            mark("blue", 20.0, 60.0),
            mark("blue", 30.0, 33.0),
            mark("blue", 31.0, 34.0),
            mark("red", 65.0, 80.0),
            mark("red", 90.0, 95.0),
        ];
        let rows = stacked(marks);
        let ends =
            |row: &Vec<Mark>| row.iter().map(|mark| (mark.from, mark.to, mark.others)).collect::<Vec<_>>();
        assert_eq!(
            rows.iter().map(ends).collect::<Vec<_>>(),
            [
                vec![(10.0, 90.0, 0), (90.0, 95.0, 0)],
                vec![(20.0, 60.0, 0), (65.0, 80.0, 0)],
                vec![(30.0, 34.0, 1)],
            ],
            "two of the same that cannot be told apart are one"
        );
    }

    #[test]
    fn however_many_there_are_at_once_there_are_few_rows_and_none_is_lost() {
        let marks: Vec<Mark> = (0..30).map(|n| mark("red", f64::from(n), f64::from(n) + 100.0)).collect();
        let rows = stacked(marks);
        assert_eq!(rows.len(), MOST_ROWS);
        let drawn: usize = rows.iter().flatten().map(|mark| 1 + mark.others).sum();
        assert_eq!(drawn, 30);
        assert_eq!(stacked(Vec::new()), [Vec::new()]);
    }
}
