//! Plots of the number of alerts by hour and by day, as two plots and as the numbers they show. The colours are those of the
//! levels; whoever does not see them has the table. Tests are no alerts here.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::history::{Began, Filter, History};
use super::layout::{LEVELS, level_badge, level_name};
use crate::analysis::time::Timestamp;
use crate::contract::words::Language;
use crate::text::{Joint, Sentence, Words, page_plots as say};

/// Hours of the one plot, days of the other.
const HOURS: usize = 24;
const DAYS: usize = 30;
/// One in so many bars says when it was.
const NAMED_HOURS: usize = 6;
const NAMED_DAYS: usize = 7;
/// The drawing, in units of its own; letters have 12 of them, so they can be read on a phone.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 140.0;
const LEFT: f64 = 32.0;
const RIGHT: f64 = 352.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 116.0;

/// What of a filter counts here: everything but its days and whether an alert is over.
pub(super) fn counted(filter: &Filter) -> Filter {
    Filter { from: None, until: None, is_over: None, ..filter.clone() }
}

/// The two plots.
#[derive(Debug)]
pub(super) struct Plots {
    hours: Bars,
    days: Bars,
}

impl Plots {
    /// Makes the plots of the matching alerts up to now, in the site's time zone.
    pub(super) fn of(
        history: &History,
        filter: Filter,
        now: Timestamp,
        zone: TimeZone,
    ) -> rusqlite::Result<Self> {
        let mut days = Bars::new(Unit::Days, day_starts(now, &zone), zone.clone());
        let mut hours = Bars::new(Unit::Hours, hour_starts(now, &zone), zone);
        let began = history.began(&Filter { from: days.bars.first().map(|bar| bar.from), ..filter })?;
        for one in &began {
            days.add(one);
            hours.add(one);
        }
        Ok(Plots { hours, days })
    }

    /// The section of the page.
    pub(super) fn show(&self, language: Language, is_filtered: bool) -> Markup {
        let say = |sentence: Sentence| sentence.in_language(language);
        html! {
            section.counts aria-labelledby="counts" {
                h2 #counts { (say(say::how_many())) }
                @if is_filtered { p.quiet { (say(say::as_filtered())) } }
                // Only what it shows changes by itself: who reads the table keeps it open.
                div.plots {
                    @for (bars, id) in [(&self.hours, "hours"), (&self.days, "days")] {
                        figure {
                            figcaption { (say(bars.unit.heading())) }
                            div data-live="alerts" id={ "plot-" (id) } { (bars.plot(id, language)) }
                        }
                    }
                }
                ul.legend { @for level in LEVELS { li { (level_badge(level, language)) } } }
                details {
                    summary { (say(say::as_table())) }
                    p.quiet { (say(say::only_with_alerts())) }
                    div #count-tables data-live="alerts" {
                        (self.hours.table(language))
                        (self.days.table(language))
                    }
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Hours,
    Days,
}

impl Unit {
    fn heading(self) -> Sentence {
        match self {
            Unit::Hours => say::by_hour(),
            Unit::Days => say::by_day(),
        }
    }

    /// Above the first column of the table.
    fn name(self) -> Sentence {
        match self {
            Unit::Hours => say::hour(),
            Unit::Days => say::day(),
        }
    }

    fn none(self) -> Sentence {
        match self {
            Unit::Hours => say::none_in_hours(),
            Unit::Days => say::none_in_days(),
        }
    }

    fn all(self, count: u64) -> Sentence {
        match self {
            Unit::Hours => say::alerts_in_hours(count.to_string()),
            Unit::Days => say::alerts_in_days(count.to_string()),
        }
    }
}

/// The start of each of the last hours as a clock at the site shows them, the earliest first.
fn hour_starts(now: Timestamp, zone: &TimeZone) -> Vec<Timestamp> {
    let local = now.to_zoned(zone.clone());
    let since = i64::from(local.minute()) * 60 + i64::from(local.second());
    let this = now.as_second() - since;
    (0..HOURS as i64).rev().filter_map(|before| Timestamp::from_second(this - before * 3_600).ok()).collect()
}

/// The start of each of the last days at the site, the earliest first.
fn day_starts(now: Timestamp, zone: &TimeZone) -> Vec<Timestamp> {
    let today = now.to_zoned(zone.clone()).date();
    (0..DAYS as i64)
        .rev()
        .filter_map(|before| today.checked_sub(jiff::Span::new().days(before)).ok())
        .filter_map(|day| Some(day.to_zoned(zone.clone()).ok()?.timestamp()))
        .collect()
}

/// One hour or day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bar {
    from: Timestamp,
    /// In the order of [`LEVELS`].
    counts: [u64; LEVELS.len()],
}

impl Bar {
    fn all(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// One plot: its bars, the earliest first.
#[derive(Debug)]
struct Bars {
    unit: Unit,
    zone: TimeZone,
    bars: Vec<Bar>,
}

impl Bars {
    fn new(unit: Unit, starts: Vec<Timestamp>, zone: TimeZone) -> Self {
        let bars = starts.into_iter().map(|from| Bar { from, counts: [0; LEVELS.len()] }).collect();
        Bars { unit, zone, bars }
    }

    /// Whatever began before the first bar is none of this plot.
    fn add(&mut self, began: &Began) {
        let behind = self.bars.partition_point(|bar| bar.from <= began.from);
        let bar = behind.checked_sub(1).and_then(|at| self.bars.get_mut(at));
        let level = LEVELS.iter().position(|level| *level == began.level);
        if let (Some(bar), Some(level)) = (bar, level) {
            bar.counts[level] += began.count;
        }
    }

    fn total(&self) -> u64 {
        self.bars.iter().map(Bar::all).sum()
    }

    /// When a bar was, in full.
    fn when(&self, bar: &Bar) -> String {
        let local = bar.from.to_zoned(self.zone.clone());
        match self.unit {
            Unit::Hours => local.strftime("%Y-%m-%d %H:00").to_string(),
            Unit::Days => local.strftime("%Y-%m-%d").to_string(),
        }
    }

    /// The same below the plot, for one bar in several.
    fn named(&self, at: usize, bar: &Bar) -> Option<String> {
        let local = bar.from.to_zoned(self.zone.clone());
        // Counted from the last one, which is now.
        let to_last = self.bars.len() - 1 - at;
        match self.unit {
            Unit::Hours => (to_last.is_multiple_of(NAMED_HOURS)).then(|| local.strftime("%H:00").to_string()),
            Unit::Days => (to_last.is_multiple_of(NAMED_DAYS)).then(|| local.strftime("%m-%d").to_string()),
        }
    }

    fn plot(&self, id: &str, language: Language) -> Markup {
        let say = |sentence: Sentence| sentence.in_language(language);
        let Some(most) = self.bars.iter().max_by_key(|bar| bar.all()).filter(|bar| bar.all() > 0) else {
            return html! { p.empty { (say(self.unit.none())) } };
        };
        let top = round_top(most.all());
        let step = (RIGHT - LEFT) / self.bars.len() as f64;
        let (title, more) = (format!("plot-{id}-title"), format!("plot-{id}-more"));
        let number = |value: f64| format!("{value:.1}");
        html! {
            svg.plot viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby={ (title) " " (more) } {
                title id=(title) { (say(self.unit.all(self.total()))) }
                desc id=(more) { (say(say::most_at_once(most.all().to_string(), self.when(most)))) }
                @for (value, y) in [(top, TOP), (0, BOTTOM)] {
                    line.rule x1=(LEFT) x2=(RIGHT) y1=(y) y2=(y) {}
                    text x=(LEFT - 6.0) y=(y + 4.0) text-anchor="end" { (value) }
                }
                @for (at, bar) in self.bars.iter().enumerate() {
                    @let x = LEFT + step * at as f64;
                    @if bar.all() > 0 {
                        g {
                            title { (say(self.spoken(bar, language))) }
                            @for (class, low, high) in stacked(bar, top) {
                                rect class=(class) x=(number(x + step * 0.1)) width=(number(step * 0.8))
                                    y=(number(high)) height=(number(low - high)) {}
                            }
                        }
                    }
                    @if let Some(name) = self.named(at, bar) {
                        // The last one would stand out of the drawing.
                        @let (x, anchor) = if at + 1 == self.bars.len() { (RIGHT, "end") } else { (x + step / 2.0, "middle") };
                        text x=(number(x)) y=(HEIGHT - 6.0) text-anchor=(anchor) { (name) }
                    }
                }
            }
            p.quiet { (say(self.unit.all(self.total()))) }
        }
    }

    /// What a bar says, in words.
    fn spoken(&self, bar: &Bar, language: Language) -> Sentence {
        let parts = LEVELS.into_iter().zip(bar.counts).filter(|(_, count)| *count > 0);
        let parts = parts.map(|(level, count)| {
            let name = level_name(level).in_language(language);
            Words::from(say::of_level(count.to_string(), name))
        });
        say::bar(self.when(bar), Words::List(parts.collect(), Joint::Clauses))
    }

    /// The latest first, as the alerts above.
    fn table(&self, language: Language) -> Markup {
        let say = |sentence: Sentence| sentence.in_language(language);
        let with_alerts = || self.bars.iter().rev().filter(|bar| bar.all() > 0);
        html! {
            @if self.total() > 0 {
                table.numbers {
                    caption { (say(self.unit.heading())) }
                    thead {
                        tr {
                            th scope="col" { (say(self.unit.name())) }
                            @for level in LEVELS { th scope="col" { (say(level_name(level))) } }
                            th scope="col" { (say(say::all())) }
                        }
                    }
                    tbody {
                        @for bar in with_alerts() {
                            tr {
                                th scope="row" { (self.when(bar)) }
                                @for count in bar.counts { td { (count) } }
                                td { (bar.all()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The parts of a bar from the bottom up, the most urgent first: class, lower and upper edge.
fn stacked(bar: &Bar, top: u64) -> Vec<(&'static str, f64, f64)> {
    let mut low = BOTTOM;
    let mut parts = Vec::new();
    for (level, count) in LEVELS.into_iter().zip(bar.counts).filter(|(_, count)| *count > 0) {
        let high = low - (BOTTOM - TOP) * count as f64 / top.max(1) as f64;
        parts.push((level.name(), low, high));
        low = high;
    }
    parts
}

/// The next of 1, 2, 5, 10, 20, 50, ...: what stands at the top of a plot.
fn round_top(most: u64) -> u64 {
    let mut ten: u64 = 1;
    loop {
        for times in [1, 2, 5] {
            let top = ten.saturating_mul(times);
            if top >= most || top == u64::MAX {
                return top;
            }
        }
        ten = ten.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::level::Level;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn began(from: &str, level: Level, count: u64) -> Began {
        Began { from: at(from), level, count }
    }

    #[test]
    fn hours_and_days_begin_where_the_site_is() {
        let kolkata = TimeZone::get("Asia/Kolkata").unwrap();
        let now = at("2026-11-30T18:40:12Z");
        // 00:10 on the first of December there.
        let hours = hour_starts(now, &kolkata);
        assert_eq!((hours.len(), hours[HOURS - 1]), (HOURS, at("2026-11-30T18:30:00Z")));
        assert_eq!(hours[0], at("2026-11-29T19:30:00Z"));
        let days = day_starts(now, &kolkata);
        assert_eq!((days.len(), days[DAYS - 1]), (DAYS, at("2026-11-30T18:30:00Z")));
        assert_eq!(days[DAYS - 2], at("2026-11-29T18:30:00Z"));
    }

    #[test]
    fn a_day_of_25_hours_is_one_day() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let days = day_starts(at("2026-10-26T12:00:00Z"), &berlin);
        let [.., before, today] = days[..] else { panic!("{days:?}") };
        assert_eq!((before, today), (at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z")));
    }

    #[test]
    fn each_alert_is_in_the_bar_in_which_it_began_and_earlier_ones_in_none() {
        let now = at("2026-11-30T10:20:00Z");
        let mut hours = Bars::new(Unit::Hours, hour_starts(now, &TimeZone::UTC), TimeZone::UTC);
        for one in [
            began("2026-11-30T10:15:00Z", Level::Red, 2),
            began("2026-11-30T10:00:00Z", Level::Blue, 1),
            began("2026-11-30T09:45:00Z", Level::Yellow, 4),
            began("2026-11-29T10:45:00Z", Level::Red, 9),
        ] {
            hours.add(&one);
        }
        assert_eq!(hours.bars[HOURS - 1].counts, [2, 0, 0, 1]);
        assert_eq!(hours.bars[HOURS - 2].counts, [0, 0, 4, 0]);
        assert_eq!(hours.total(), 7);
        let spoken = hours.spoken(&hours.bars[HOURS - 1], Language::English).to_string();
        assert_eq!(spoken, "2026-11-30 10:00: 2 Red, 1 Blue");
        let plot = hours.plot("hours", Language::English).into_string();
        assert!(
            plot.contains("x=\"352.0\" y=\"134\" text-anchor=\"end\">10:00<"),
            "it ends within the drawing: {plot}"
        );
        let table = hours.table(Language::English).into_string();
        assert!(table.contains("2026-11-30 09:00") && !table.contains("2026-11-30 08:00"), "{table}");
    }

    #[test]
    fn a_bar_is_as_high_as_its_count_and_the_most_urgent_is_below() {
        let bar = Bar { from: at("2026-11-30T10:00:00Z"), counts: [1, 0, 3, 0] };
        let parts = stacked(&bar, 5);
        assert_eq!(parts.iter().map(|part| part.0).collect::<Vec<_>>(), ["red", "yellow"]);
        let height = |from: f64, to: f64| ((from - to) / (BOTTOM - TOP) * 100.0).round();
        assert_eq!(height(parts[0].1, parts[0].2), 20.0);
        assert_eq!(height(BOTTOM, parts[1].2), 80.0);
    }

    #[test]
    fn the_top_of_a_plot_is_a_round_number() {
        let tops = [1, 2, 3, 5, 6, 11, 21, 99, 101].map(round_top);
        assert_eq!(tops, [1, 2, 5, 5, 10, 20, 50, 100, 200]);
        assert_eq!(round_top(u64::MAX), u64::MAX);
    }

    #[test]
    fn where_there_was_no_alert_it_says_so() {
        let now = at("2026-11-30T10:20:00Z");
        let days = Bars::new(Unit::Days, day_starts(now, &TimeZone::UTC), TimeZone::UTC);
        let plot = days.plot("days", Language::English).into_string();
        assert!(plot.contains("No alert in the last 30 days") && !plot.contains("<svg"), "{plot}");
    }
}
