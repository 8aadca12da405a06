//! What each value of a threshold, a duration or another parameter would have made of the last days: a drawing, the same as a table,
//! and a choice of one value. With its script the choice is a slider, without it a list. What the values make is `tune`'s to say.

use maud::{Markup, Render, html};

use super::values::VALUE_FIELD;
use crate::contract::words::Language;
use crate::text::{Joint, Sentence, Words, page_curve as say};
use crate::web::layout::coded;

/// The drawing, in units of its own; letters have 12 of them.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 174.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 354.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 128.0;
/// Most names of values below it.
const MOST_NAMES: usize = 6;

/// What people said of alerts that a value still makes, and of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::web) struct Kept {
    pub(in crate::web) told: u64,
    pub(in crate::web) all: u64,
}

impl Render for Kept {
    /// Of none that anybody judged nothing is said.
    fn render(&self) -> Markup {
        html! { @if self.all > 0 { (self.told) "/" (self.all) } @else { "–" } }
    }
}

/// What one value makes.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::web) struct Value {
    /// As it is typed.
    pub(in crate::web) typed: String,
    /// As people read it.
    pub(in crate::web) shown: Words,
    /// It is the one that runs.
    pub(in crate::web) in_force: bool,
    pub(in crate::web) told: u64,
    pub(in crate::web) per_day: Option<f64>,
    pub(in crate::web) confirmed: Kept,
    pub(in crate::web) false_alarms: Kept,
    /// Confirmed alerts of other rules or cameras, which it changes too, that it would miss.
    pub(in crate::web) missed_elsewhere: u64,
}

impl Value {
    /// Alerts of which nobody said what they were.
    fn unjudged(&self) -> u64 {
        self.told.saturating_sub(self.confirmed.told + self.false_alarms.told)
    }
}

/// The values of one parameter, rising.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::web) struct Slider {
    /// What is turned.
    pub(in crate::web) parameter: Sentence,
    pub(in crate::web) values: Vec<Value>,
}

impl Slider {
    /// What a value makes, in a sentence.
    fn sentence(value: &Value) -> Sentence {
        let mut parts: Vec<Words> = vec![match value.per_day {
            Some(per_day) => say::per_day(value.told.to_string(), format!("{per_day:.1}")).into(),
            None => say::alerts(value.told.to_string()).into(),
        }];
        if value.confirmed.all > 0 {
            parts.push(
                say::confirmed_kept(value.confirmed.told.to_string(), value.confirmed.all.to_string()).into(),
            );
        }
        if value.false_alarms.all > 0 {
            let Kept { told, all } = value.false_alarms;
            parts.push(say::false_left(told.to_string(), all.to_string()).into());
        }
        if value.missed_elsewhere > 0 {
            parts.push(say::missed_elsewhere(value.missed_elsewhere).into());
        }
        let parts = Words::List(parts, Joint::Clauses);
        match value.in_force {
            true => say::in_force(value.shown.clone(), parts),
            false => say::at_value(value.shown.clone(), parts),
        }
    }

    /// Whether every value makes the same.
    fn changes_nothing(&self) -> bool {
        let made = |value: &Value| (value.told, value.confirmed, value.false_alarms);
        self.values.windows(2).all(|two| made(&two[0]) == made(&two[1]))
    }

    /// In short: what the value in force makes.
    pub(super) fn in_short(&self) -> Option<Sentence> {
        self.values.iter().find(|value| value.in_force).map(Slider::sentence)
    }

    /// The drawing.
    pub(super) fn drawn(&self, language: Language) -> Markup {
        let names = [
            ("confirmed", say::confirmed()),
            ("unjudged", say::unjudged()),
            ("false-alarm", say::false_alarms()),
        ];
        html! {
            @if self.changes_nothing() { p.notice { (say::changes_nothing().in_language(language)) } }
            (self.drawing(language))
            ul.legend {
                @for (class, name) in names {
                    li {
                        svg.key width="16" height="16" aria-hidden="true" {
                            rect class=(class) width="16" height="16" fill=[pattern_of(class)] {}
                        }
                        (name.in_language(language))
                    }
                }
            }
        }
    }

    /// The same as a table.
    pub(super) fn table(&self, language: Language) -> Markup {
        let say = |words: Words| words.in_language(language);
        html! {
            details #curve-table {
                summary { (say(say::as_table().into())) }
                table.numbers {
                    thead {
                        tr {
                            th scope="col" { (say(say::value().into())) }
                            th scope="col" { (say(say::all().into())) }
                            th scope="col" { (say(say::confirmed().into())) }
                            th scope="col" { (say(say::false_alarms().into())) }
                        }
                    }
                    tbody {
                        @for value in &self.values {
                            tr {
                                th scope="row" {
                                    (say(value.shown.clone()))
                                    @if value.in_force { " " span.quiet { (say(say::runs_now().into())) } }
                                }
                                td { (value.told) }
                                td { (value.confirmed) }
                                td { (value.false_alarms) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The choice of a value: a list, of which the script makes a slider.
    pub(super) fn choice(&self, language: Language) -> Markup {
        let sentence = |value: &Value| Slider::sentence(value).in_language(language);
        html! {
            div.slider data-slider=(say::slide().in_language(language)) {
                label for="value" { (coded(&self.parameter.in_language(language))) }
                select #value name=(VALUE_FIELD) autocomplete="off" aria-describedby="value-makes" {
                    @for value in &self.values {
                        option value=(value.typed) data-words=(sentence(value)) selected[value.in_force] { (sentence(value)) }
                    }
                }
                p #value-makes role="status" { @if let Some(makes) = self.in_short() { (makes.in_language(language)) } }
            }
        }
    }

    fn drawing(&self, language: Language) -> Markup {
        // Several that were judged may be one alert with another value.
        let height = |value: &Value| value.told.max(value.confirmed.told + value.false_alarms.told);
        let most = self.values.iter().map(height).max().unwrap_or(0).max(1);
        let step = (RIGHT - LEFT) / self.values.len().max(1) as f64;
        let every = self.values.len().div_ceil(MOST_NAMES).max(1);
        let height = |count: u64| (BOTTOM - TOP) * count as f64 / most as f64;
        let number = |value: f64| format!("{value:.1}");
        html! {
            svg.plot.curve viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby="curve-title" {
                title #curve-title { (say::drawing().in_language(language)) }
                defs {
                    pattern id="curve-false" width="6" height="6" patternUnits="userSpaceOnUse" {
                        rect.ground width="6" height="6" {}
                        path.ink d="M-1 1 L1 -1 M0 6 L6 0 M5 7 L7 5" {}
                    }
                }
                @for (value, y) in [(most, TOP), (0, BOTTOM)] {
                    line.rule x1=(LEFT) x2=(RIGHT) y1=(y) y2=(y) {}
                    text x=(LEFT - 6.0) y=(y + 4.0) text-anchor="end" { (value) }
                }
                @for (at, value) in self.values.iter().enumerate() {
                    @let x = LEFT + step * at as f64;
                    g.bar.chosen[value.in_force] data-at=(at) {
                        title { (Slider::sentence(value).in_language(language)) }
                        @for (class, low, high) in stacked(value, height) {
                            rect class=(class) fill=[pattern_of(class)] x=(number(x + step * 0.15)) width=(number(step * 0.7))
                                y=(number(high)) height=(number(low - high)) {}
                        }
                        rect.mark x=(number(x + step * 0.15)) width=(number(step * 0.7)) y=(BOTTOM + 3.0) height="4" {}
                    }
                    @if at % every == 0 {
                        text x=(number(x + step / 2.0)) y=(BOTTOM + 22.0) text-anchor="middle" { (value.typed) }
                    }
                }
                text x=(LEFT) y=(HEIGHT - 4.0) { (say::runs_below().in_language(language)) }
            }
        }
    }
}

fn pattern_of(class: &str) -> Option<&'static str> {
    (class == "false-alarm").then_some("url(#curve-false)")
}

/// The parts of a bar from the bottom up, what must not be lost first: class, lower and upper edge.
fn stacked(value: &Value, height: impl Fn(u64) -> f64) -> Vec<(&'static str, f64, f64)> {
    let parts = [
        ("confirmed", value.confirmed.told),
        ("unjudged", value.unjudged()),
        ("false-alarm", value.false_alarms.told),
    ];
    let mut low = BOTTOM;
    let mut stacked = Vec::new();
    for (class, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
        let high = low - height(count);
        stacked.push((class, low, high));
        low = high;
    }
    stacked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(typed: &str, told: u64, confirmed: (u64, u64), false_alarms: (u64, u64)) -> Value {
        let kept = |(told, all)| Kept { told, all };
        Value {
            typed: typed.to_owned(),
            shown: typed.into(),
            in_force: false,
            told,
            per_day: Some(told as f64 / 7.0),
            confirmed: kept(confirmed),
            false_alarms: kept(false_alarms),
            missed_elsewhere: 0,
        }
    }

    fn example() -> Slider {
        Slider {
            parameter: crate::text::tune::level(),
            values: vec![
                Value { in_force: true, ..value("0.3", 21, (4, 4), (12, 12)) },
                value("0.36", 14, (4, 4), (6, 12)),
                value("0.42", 7, (4, 4), (1, 12)),
                value("0.5", 4, (3, 4), (0, 12)),
            ],
        }
    }

    #[test]
    fn each_value_says_what_it_makes_and_the_one_in_force_says_so() {
        let mut slider = example();
        slider.values[3].missed_elsewhere = 2;
        let words = |at: usize| Slider::sentence(&slider.values[at]).to_string();
        assert_eq!(words(0), "0.3 (runs now): alerts 21, 3.0 a day, confirmed 4 of 4, false alarms 12 of 12");
        assert_eq!(words(2), "0.42: alerts 7, 1.0 a day, confirmed 4 of 4, false alarms 1 of 12");
        assert!(words(3).ends_with("of other rules or cameras that it changes too, 2 confirmed missed"));
    }

    #[test]
    fn values_that_make_the_same_say_so_and_none_at_all_are_shown_without_a_fault() {
        let told = "Each of these values would have made as many alerts as the one that runs now.";
        let drawn = |slider: &Slider| slider.drawn(Language::English).into_string();
        assert!(!drawn(&example()).contains(told));
        let mut same = example();
        same.values.iter_mut().for_each(|value| value.told = 4);
        same.values.drain(..2);
        same.values[0] = Value { typed: "0.3".to_owned(), ..same.values[1].clone() };
        assert!(drawn(&same).contains(told));
        let none = Slider { values: Vec::new(), ..example() };
        assert!(
            drawn(&none).contains("<svg") && none.choice(Language::English).into_string().contains("<select")
        );
    }

    #[test]
    fn the_value_in_force_is_chosen_wherever_it_stands() {
        let mut slider = example();
        (slider.values[0].in_force, slider.values[2].in_force) = (false, true);
        let choice = slider.choice(Language::English).into_string();
        assert!(choice.contains("selected>0.42 (runs now): alerts 7"), "{choice}");
        assert_eq!(
            (choice.matches(" selected").count(), choice.matches("(runs now)").count()),
            (1, 3),
            "{choice}"
        );
    }

    #[test]
    fn no_bar_stands_out_of_the_drawing_where_alerts_that_were_judged_became_one() {
        let mut slider = example();
        slider.values = vec![value("3", 2, (3, 3), (4, 4)), value("5", 1, (3, 3), (4, 4))];
        let drawn = slider.drawn(Language::English).into_string();
        assert!(!drawn.contains("y=\"-"), "{drawn}");
    }

    #[test]
    fn a_bar_is_as_high_as_its_alerts_and_those_that_must_not_be_lost_are_below() {
        let slider = example();
        let parts = stacked(&slider.values[0], |count| count as f64);
        assert_eq!(
            parts.iter().map(|part| part.0).collect::<Vec<_>>(),
            ["confirmed", "unjudged", "false-alarm"]
        );
        assert_eq!((parts[0].1, parts[2].2), (BOTTOM, BOTTOM - 21.0));
    }

    #[test]
    fn without_its_script_there_is_a_list_and_a_table() {
        for language in Language::ALL {
            let slider = example();
            let choice = slider.choice(language).into_string();
            assert_eq!(choice.matches("<option").count(), 4);
            assert!(
                choice.contains("<option value=\"0.42\"") && !choice.contains("type=\"range\""),
                "{choice}"
            );
            let table = slider.table(language).into_string();
            assert!(table.contains("<td>1/12</td>"), "{table}");
            let nobody_judged = Slider { values: vec![value("0.3", 2, (0, 0), (0, 0))], ..example() };
            assert!(nobody_judged.table(language).into_string().contains("<td>2</td><td>–</td><td>–</td>"));
            let shell = crate::web::layout::Shell::bare(language, say::title());
            let body = html! { h1 { (shell.say(say::title())) } (slider.drawn(language)) (slider.choice(language)) (slider.table(language)) };
            shell.page_to_look_at("slider", body);
            let drawn = slider.drawn(language).into_string();
            assert!(drawn.matches("class=\"bar").count() == 4 && !drawn.contains(" style="), "{drawn}");
        }
    }
}
