//! The plots of the report as SVG: alerts of both configurations over time, a time line for each camera, and what becomes of
//! the alerts that people judged. Each has its numbers in words for whoever does not see it.

use std::sync::Arc;

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::super::alert_life::AlertLife;
use super::super::difference::Difference;
use super::super::price::{Fate, Price};
use super::html::{both, both_in_one};
use super::{Comparison, level_name, outcome_name};
use crate::analysis::time::Timestamp;
use crate::contract::kinds;
use crate::text::{Sentence, Words, comparison as say};
use crate::types::language::Language;

/// Units of the drawings; letters have 12 of them.
const WIDTH: f64 = 720.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 710.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 144.0;
const HEIGHT: f64 = 170.0;
/// Seconds that a pair of bars may stand for, and how many pairs there are at most.
const STEPS: [i64; 5] = [60, 300, 900, 3_600, 10_800];
const MOST_BARS: i64 = 48;
/// Most names below a plot.
const MOST_NAMES: usize = 8;
/// Of the time lines: where they begin, how high one is, how high a mark.
const LANES_LEFT: f64 = 120.0;
const LANE: f64 = 30.0;
const MARK: f64 = 9.0;
const LEAST_MARK: f64 = 2.0;
/// Most letters of a name beside a time line.
const MOST_LETTERS: usize = 15;

/// The starts of the bars from one time to another, and how they are named.
struct Bars {
    starts: Vec<Timestamp>,
    format: &'static str,
}

impl Bars {
    fn new(from: Timestamp, to: Timestamp, zone: &TimeZone) -> Self {
        let secs = (to.as_second() - from.as_second()).max(1);
        match STEPS.into_iter().find(|step| secs / step < MOST_BARS) {
            Some(step) => Bars { starts: by_seconds(from, to, step, zone), format: "%H:%M" },
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
    fn named(&self) -> impl Iterator<Item = (usize, Timestamp)> + '_ {
        let every = self.starts.len().div_ceil(MOST_NAMES).max(1);
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

/// A moment, a title for whoever points at it, and a place below the drawing.
fn named_below(comparison: &Comparison, x: f64, y: f64, at: Timestamp, format: &str) -> Markup {
    let name = at.to_zoned(comparison.zone.clone()).strftime(format).to_string();
    html! { text x=(number(x)) y=(number(y)) text-anchor="middle" { (name) } }
}

/// Alerts of both, bar beside bar.
pub(super) fn over_time(comparison: &Comparison) -> Markup {
    let bars = Bars::new(comparison.from, comparison.to, &comparison.zone);
    let raised = |life: &Arc<AlertLife>| life.raised_at;
    let before = bars.counts(comparison.differences.iter().filter_map(|d| d.before().map(raised)));
    let after = bars.counts(comparison.differences.iter().filter_map(|d| d.after().map(raised)));
    let most = before.iter().chain(&after).copied().max().unwrap_or(0).max(1);
    let step = (RIGHT - LEFT) / bars.starts.len().max(1) as f64;
    let height = |count: u64| (BOTTOM - TOP) * count as f64 / most as f64;
    let price = comparison.price();
    html! {
        svg.plot viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby="over-time" {
            title #over-time { (both_in_one(&say::alerts(price.before, price.after).into())) }
            @for (value, y) in [(most, TOP), (0, BOTTOM)] {
                line.rule x1=(LEFT) x2=(RIGHT) y1=(y) y2=(y) {}
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
            @for (at, start) in bars.named() {
                (named_below(comparison, LEFT + step * (at as f64 + 0.5), HEIGHT - 8.0, start, bars.format))
            }
        }
    }
}

/// A time line for each place: above what the old configuration raised, below what the new one raises.
pub(super) fn time_lines(comparison: &Comparison) -> Markup {
    let lanes = lanes(comparison);
    let bars = Bars::new(comparison.from, comparison.to, &comparison.zone);
    let bottom = TOP + LANE * lanes.len() as f64;
    html! {
        svg.plot viewBox={ "0 0 " (WIDTH) " " (bottom + 26.0) } role="img" aria-labelledby="time-lines" {
            title #time-lines { (both_in_one(&say::time_lines().into())) }
            @for (_, start) in bars.named() {
                @let x = x_of(comparison, start);
                line.rule x1=(number(x)) x2=(number(x)) y1=(TOP) y2=(bottom) {}
                (named_below(comparison, x, bottom + 18.0, start, bars.format))
            }
            @for (at, lane) in lanes.iter().enumerate() {
                @let y = TOP + LANE * at as f64;
                g {
                    title { (lane) }
                    text x=(LANES_LEFT - 8.0) y=(y + LANE / 2.0 + 4.0) text-anchor="end" { (shortened(lane)) }
                }
                line.rule x1=(LANES_LEFT) x2=(RIGHT) y1=(y + LANE) y2=(y + LANE) {}
                (marks(comparison, lane, y))
            }
        }
    }
}

/// The marks of one time line. What looks like the one before it and lies under it is not drawn again.
fn marks(comparison: &Comparison, lane: &str, y: f64) -> Markup {
    let of_lane = comparison.differences.iter().filter(|d| &*lane_of(d.known()) == lane);
    let mut drawn: [Option<(String, f64)>; 2] = [None, None];
    let mut marks = Vec::new();
    for difference in of_lane {
        let rows = [(difference.before(), y + 4.0), (difference.after(), y + LANE - MARK - 4.0)];
        for (row, (life, y)) in rows.into_iter().enumerate() {
            let Some(life) = life else { continue };
            let x = x_of(comparison, life.raised_at);
            let width = (x_of(comparison, life.ended_at) - x).max(LEAST_MARK);
            let is_same = if difference.is_same() { " same" } else { "" };
            let class = format!("{} {}{is_same}", life.level.name(), outcome_name(&difference.pairing));
            if drawn[row].as_ref().is_some_and(|(before, end)| *before == class && x + width <= *end) {
                continue;
            }
            drawn[row] = Some((class.clone(), x + width));
            marks.push((class, x, y, width, spoken(comparison, difference, life)));
        }
    }
    html! {
        @for (class, x, y, width, spoken) in &marks {
            rect class=(class) x=(number(*x)) y=(number(*y)) width=(number(*width)) height=(MARK) { title { (spoken) } }
        }
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
fn lanes(comparison: &Comparison) -> Vec<Arc<str>> {
    let mut lanes = comparison.cameras.clone();
    for difference in &comparison.differences {
        let lane = lane_of(difference.known());
        if !lanes.contains(&lane) {
            lanes.push(lane);
        }
    }
    lanes
}

fn shortened(name: &str) -> String {
    match name.chars().count() {
        0..=MOST_LETTERS => name.to_owned(),
        _ => name.chars().take(MOST_LETTERS - 1).chain(['…']).collect(),
    }
}

fn x_of(comparison: &Comparison, at: Timestamp) -> f64 {
    let ms = |at: Timestamp| at.as_millisecond() as f64;
    let (from, to) = (ms(comparison.from), ms(comparison.to).max(ms(comparison.from) + 1.0));
    let part = ((ms(at) - from) / (to - from)).clamp(0.0, 1.0);
    LANES_LEFT + (RIGHT - LANES_LEFT) * part
}

/// What becomes of the alerts that people judged.
pub(super) fn verdicts(price: &Price) -> Markup {
    let rows: [(Sentence, Fate); 2] =
        [(say::false_alarms(), price.false_alarms), (say::confirmed_alerts(), price.confirmed)];
    let most = rows.iter().map(|(_, fate)| fate.all).max().unwrap_or(0).max(1);
    let width = |count: u64| (RIGHT - LANES_LEFT) * count as f64 / most as f64;
    html! {
        svg.plot viewBox={ "0 0 " (WIDTH) " 76" } role="img" aria-labelledby="verdicts" {
            title #verdicts { (both_in_one(&say::what_becomes_of_judged().into())) }
            @for (at, (name, fate)) in rows.iter().enumerate() {
                @let y = 10.0 + 32.0 * at as f64;
                @let words = Words::from(say::gone_of(fate.gone, fate.all));
                @let (gone, kept) = (fate.gone, fate.all - fate.gone);
                text x=(LANES_LEFT - 8.0) y=(y + 16.0) text-anchor="end" { (both(&name.clone().into())) }
                g {
                    title { (both_in_one(&words)) }
                    rect.after x=(LANES_LEFT) y=(y) width=(number(width(kept))) height="22" {}
                    rect.gone x=(number(LANES_LEFT + width(kept))) y=(y) width=(number(width(gone))) height="22" {}
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
        let of = |secs: i64| Bars::new(at(600), at(600 + secs), &zone);
        let minute = of(120);
        assert_eq!((minute.starts.len(), minute.format), (3, "%H:%M"));
        assert_eq!(of(86_400).starts.len(), 25);
        // Half past the hour in UTC is the full hour there.
        assert_eq!(of(86_400).starts[0], at(-1_800));
        let week = of(7 * 86_400);
        assert_eq!((week.starts.len(), week.format), (8, "%m-%d"));
        assert_eq!(week.starts[0], at(-19_800));
    }

    #[test]
    fn every_alert_is_in_a_bar() {
        let bars = Bars::new(at(0), at(600), &TimeZone::UTC);
        let counts = bars.counts([at(-5), at(0), at(59), at(60), at(600), at(700)].into_iter());
        assert_eq!(counts.iter().sum::<u64>(), 6);
        assert_eq!((counts[0], counts[1], counts[10]), (3, 1, 2));
    }
}
