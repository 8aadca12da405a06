//! A time line as SVG, one drawing above the other with the same time from left to right. Times are in per cent of the width,
//! so letters and marks are as large on a phone as at a desk. What a mark says is said in words, too, and by its form:
//! colours are for levels.

use std::ops::Range;
use std::time::Duration;

use maud::{Markup, html};

use super::View;
use super::hour::{Mark, Sight};
use crate::analysis::alert::AlertId;
use crate::analysis::detection::Class;
use crate::analysis::time::Timestamp;
use crate::contract::kinds;
use crate::text::{Joint, Sentence, Words, page_timeline as say};
use crate::types::level::Level;
use crate::web::layout::{LEVELS, lasting, level_badge, level_name};

/// Heights, in pixels.
const FOUND: f64 = 40.0;
const SIGHT: f64 = 24.0;
const ALERTS: f64 = 28.0;
const AXIS: f64 = 20.0;
/// The least width of a mark, per cent: three pixels on a phone.
const LEAST: f64 = 0.9;
/// Times that are named stand so far apart, in minutes, by how long all of it is.
const TICKS: [(i64, i64); 3] = [(90, 10), (26 * 60, 180), (i64::MAX, 1_440)];

/// A name of its pattern, and of its place in the legend.
fn class_of(sight: Sight) -> &'static str {
    match sight {
        Sight::Clear => "clear",
        Sight::NotLookedAt => "unlooked",
        Sight::Overloaded => "overloaded",
        Sight::Blind => "blind",
        Sight::Silent => "silent",
        Sight::Unrecorded => "unrecorded",
    }
}

pub(super) fn name_of(sight: Sight) -> Sentence {
    match sight {
        Sight::Clear => say::clear(),
        Sight::NotLookedAt => say::not_looked_at(),
        Sight::Overloaded => say::overloaded(),
        Sight::Blind => say::blind(),
        Sight::Silent => say::silent(),
        Sight::Unrecorded => say::unrecorded(),
    }
}

fn number(value: f64) -> String {
    format!("{value:.2}")
}

fn percent(value: f64) -> String {
    format!("{value:.2}%")
}

impl View<'_> {
    /// The most of one class, bar by bar.
    pub(super) fn found(&self, class: Class, counts: &[u8]) -> Markup {
        let most = counts.iter().copied().max().unwrap_or(0);
        let at = counts.iter().position(|count| *count == most).unwrap_or(0);
        let name = class.words().in_language(self.shell.language);
        let spoken = say::most_when(name.as_str(), most.to_string(), self.clock(self.line.start(at)));
        let width = 100.0 / counts.len().max(1) as f64;
        let top = f64::from(most.max(2));
        html! {
            p.lane-name { (self.say(say::at_most(name, most.to_string()))) }
            svg.track width="100%" height=(FOUND) role="img" aria-label=(self.say(spoken)) {
                (self.rules(FOUND))
                @for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                    @let height = (FOUND - 2.0) * f64::from(*count) / top;
                    rect.found x=(percent(width * at as f64)) width=(percent(width.max(LEAST / 2.0)))
                        y=(number(FOUND - height)) height=(number(height)) {}
                }
            }
        }
    }

    /// Whether it could see: a mark wherever it could not.
    pub(super) fn sight(&self) -> Markup {
        let width = 100.0 / self.line.sight.len().max(1) as f64;
        html! {
            svg.track width="100%" height=(SIGHT) role="img" aria-label=(self.say(self.sight_in_words())) {
                (patterns())
                (self.rules(SIGHT))
                @for (from, to, sight) in runs(&self.line.sight) {
                    @let x = width * from as f64;
                    rect class={ "sight " (class_of(sight)) } fill={ "url(#" (class_of(sight)) ")" } x=(percent(x))
                        width=(percent((width * to as f64 - x).max(LEAST))) y="1" height=(SIGHT - 2.0) {
                        title { (self.say(self.run_in_words(from..to))) }
                    }
                }
            }
            (self.axis())
            ul.legend {
                @for sight in Sight::ALL.into_iter().filter(|sight| *sight != Sight::Clear && self.line.minutes.contains_key(sight)) {
                    li {
                        svg.key width="16" height="16" aria-hidden="true" {
                            rect class={ "sight " (class_of(sight)) } fill={ "url(#" (class_of(sight)) ")" } width="16" height="16" {}
                        }
                        (self.say(name_of(sight)))
                    }
                }
            }
        }
    }

    /// A mark stands for the worst in each of its steps, which need not have lasted as long.
    fn run_in_words(&self, steps: Range<usize>) -> Sentence {
        let clock = |step: usize| self.clock(self.line.start(step));
        let (from, to) = (clock(steps.start), clock(steps.end));
        say::mark_of(from, to, Words::List(self.worse(steps), Joint::Clauses))
    }

    /// For how many minutes within these steps it did not see, and why.
    pub(super) fn worse(&self, steps: Range<usize>) -> Vec<Words> {
        let minutes = self.line.minutes_within(steps).into_iter().filter(|(sight, _)| *sight != Sight::Clear);
        minutes.map(|(sight, minutes)| say::for_minutes(name_of(sight), minutes.to_string()).into()).collect()
    }

    /// How long it saw how well.
    pub(super) fn sight_in_words(&self) -> Words {
        let minutes = &self.line.minutes;
        if minutes.is_empty() {
            return say::not_known_yet().into();
        }
        if minutes.keys().all(|sight| *sight == Sight::Clear) {
            return say::saw_all_the_time().into();
        }
        let one = |(sight, minutes): (&Sight, &usize)| {
            let long = lasting(Duration::from_secs(*minutes as u64 * 60));
            Words::from(say::for_long(name_of(*sight), long))
        };
        Words::List(minutes.iter().map(one).collect(), Joint::Clauses)
    }

    /// The alerts, a drawing for each level that there is.
    pub(super) fn alerts(&self) -> Markup {
        let of = |level: Level| self.line.alerts.iter().filter(move |(_, mark)| mark.level == level);
        html! {
            @for level in LEVELS.into_iter().filter(|level| of(*level).next().is_some()) {
                p.lane-name { (level_badge(level, self.shell.language)) }
                svg.track width="100%" height=(ALERTS) role="group" aria-label=(self.say(level_name(level))) {
                    (self.rules(ALERTS))
                    @for (id, mark) in of(level) { (self.mark(id, mark)) }
                }
            }
        }
    }

    fn mark(&self, id: &AlertId, mark: &Mark) -> Markup {
        let x = self.line.percent(mark.from).min(100.0 - LEAST);
        let spoken = self.say(self.mark_in_words(mark));
        html! {
            a href={ "/alerts/" (id.0) } aria-label=(spoken) {
                title { (spoken) }
                rect class=(mark.level.name()) x=(percent(x)) width=(percent((self.line.percent(mark.to) - x).max(LEAST)))
                    y="3" height=(ALERTS - 6.0) {}
            }
        }
    }

    pub(super) fn mark_in_words(&self, mark: &Mark) -> Sentence {
        let title = kinds::title(&mark.kind, None, self.shell.language);
        say::mark(self.clock(mark.from), title, level_name(mark.level))
    }

    /// The times that are named.
    pub(super) fn axis(&self) -> Markup {
        html! {
            svg.axis width="100%" height=(AXIS) aria-hidden="true" {
                @for (number, at) in self.ticks().into_iter().enumerate() {
                    @let x = self.line.percent(at);
                    @let anchor = if x < 5.0 { "start" } else if x > 95.0 { "end" } else { "middle" };
                    // On a phone there is room for every second one.
                    text.between[number % 2 == 1] x=(percent(x)) y="14" text-anchor=(anchor) { (self.hour_and_minute(at)) }
                }
            }
        }
    }

    fn rules(&self, height: f64) -> Markup {
        html! {
            @for at in self.ticks() {
                @let x = percent(self.line.percent(at));
                line.rule x1=(x) x2=(x) y1="0" y2=(height) {}
            }
        }
    }

    /// Times at which a clock at the site shows a round time.
    fn ticks(&self) -> Vec<Timestamp> {
        let minutes = (self.line.to.as_second() - self.line.from.as_second()) / 60;
        let every = TICKS.into_iter().find(|(up_to, _)| minutes <= *up_to).map_or(60, |(_, every)| every);
        let is_round = |at: &Timestamp| {
            let local = at.to_zoned(self.zone.clone());
            (i64::from(local.hour()) * 60 + i64::from(local.minute())) % every == 0
        };
        // An hour begins with a multiple of ten minutes everywhere that people live, or with a quarter.
        let all = (0..minutes)
            .step_by(5)
            .filter_map(|minute| Timestamp::from_second(self.line.from.as_second() + minute * 60).ok());
        all.filter(is_round).collect()
    }
}

/// Runs of steps in which it saw as badly: the first one, the one behind the last, how.
fn runs(sight: &[Option<Sight>]) -> Vec<(usize, usize, Sight)> {
    let mut runs: Vec<(usize, usize, Sight)> = Vec::new();
    for (at, here) in sight.iter().enumerate() {
        let Some(here) = here.filter(|here| *here != Sight::Clear) else { continue };
        match runs.last_mut() {
            Some((_, end, before)) if *end == at && *before == here => *end = at + 1,
            Some(_) | None => runs.push((at, at + 1, here)),
        }
    }
    runs
}

/// Patterns that are told apart without colours.
fn patterns() -> Markup {
    let pattern = |sight: Sight, size: u32, inside: Markup| {
        html! {
            pattern id=(class_of(sight)) width=(size) height=(size) patternUnits="userSpaceOnUse" {
                rect.ground width=(size) height=(size) {}
                (inside)
            }
        }
    };
    html! {
        defs {
            (pattern(Sight::NotLookedAt, 6, html! { line.ink x1="0" x2="6" y1="3" y2="3" {} }))
            (pattern(Sight::Overloaded, 6, html! { circle.ink cx="3" cy="3" r="1.5" {} }))
            (pattern(Sight::Blind, 6, html! { path.ink d="M-1 1 L1 -1 M0 6 L6 0 M5 7 L7 5" {} }))
            (pattern(Sight::Silent, 4, html! { rect.ink width="4" height="4" {} }))
            (pattern(Sight::Unrecorded, 4, html! {}))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_as_bad_one_after_the_other_is_one_mark_and_what_was_well_is_none() {
        let [clear, blind, silent] = [Some(Sight::Clear), Some(Sight::Blind), Some(Sight::Silent)];
        let runs = runs(&[clear, blind, blind, silent, clear, blind, None, blind]);
        let expected =
            [(1, 3, Sight::Blind), (3, 4, Sight::Silent), (5, 6, Sight::Blind), (7, 8, Sight::Blind)];
        assert_eq!(runs, expected);
    }
}
