//! The curves as one HTML file that needs nothing else: a plot and a table for each parameter, in both languages.

use maud::{Markup, html};

use super::{Parameter, Tuned, Tuning, cells, heads};
use crate::comparison::{both, both_in_one, notes_html, page};
use crate::text::{Sentence, tune as say};
use crate::tune::{Curve, Fate, Point};
use crate::types::language::Language;

/// Units of the drawings; letters have 12 of them.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 680.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 170.0;

fn said(sentence: Sentence) -> Markup {
    both(&sentence.into())
}

impl Tuning {
    /// As one HTML file that shows this language first.
    pub(crate) fn html(&self, language: Language) -> String {
        page(&say::title().into(), language, &self.body())
    }

    fn body(&self) -> Markup {
        html! {
            h1 { (said(say::title())) }
            p { (said(self.heading())) }
            (notes_html(&self.notes))
            section {
                h2 { (said(say::by_rule())) }
                @if self.rules.is_empty() { p.empty { (said(say::told_nothing())) } }
                ul.lines {
                    @for (rule, precision) in &self.rules {
                        li {
                            p { code { (rule) } " · " (both(&precision.counts())) }
                            p { strong { (said(precision.sentence())) } }
                        }
                    }
                }
                @if let Some(silence) = self.silence() { p.quiet { (said(silence)) } }
            }
            @if !self.tuned.is_empty() {
                p.quiet { (said(say::about_plots())) }
                ul.legend {
                    li { span.key.before {} (said(say::key_told())) }
                    li { span.key.kept {} (said(say::key_confirmed())) }
                    li { span.key.mistaken {} (said(say::key_false())) }
                }
            }
            @for tuned in &self.tuned { (tuned.section()) }
        }
    }
}

impl Tuned {
    fn section(&self) -> Markup {
        html! {
            section {
                h2 { (said(self.subject.title())) }
                p { (both(&self.precision.counts())) }
                p { strong { (said(self.precision.sentence())) } }
                @if let Some(advice) = self.advice() { div.notice { p { (said(advice)) } } }
                @for curve in &self.curves {
                    h3 { (said(curve.parameter.sentence())) }
                    (plot(curve))
                    (table(curve))
                }
            }
        }
    }
}

/// Columns for what is told with each value, and lines for which part of the judged ones is told still.
fn plot(curve: &Curve) -> Markup {
    let step = (RIGHT - LEFT) / curve.points.len().max(1) as f64;
    let most = curve.points.iter().map(|point| point.told).max().unwrap_or(0).max(1);
    let height = |told: u64| (BOTTOM - TOP) * told as f64 / most as f64;
    let x_of = |at: usize| LEFT + step * (at as f64 + 0.5);
    let lines = [
        ("kept", line(curve, x_of, |point| point.confirmed)),
        ("mistaken", line(curve, x_of, |point| point.false_alarms)),
    ];
    html! {
        svg.plot viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" {
            title { (both_in_one(&curve.parameter.sentence().into())) }
            line.rule x1=(LEFT) x2=(RIGHT) y1=(BOTTOM) y2=(BOTTOM) {}
            text x=(RIGHT + 6.0) y=(TOP + 4.0) { "100 %" }
            text x=(RIGHT + 6.0) y=(BOTTOM + 4.0) { "0 %" }
            @for (at, point) in curve.points.iter().enumerate() {
                @let class = if point.value == curve.in_force { "after" } else { "before" };
                g {
                    title { (both_in_one(&spoken(curve, point).into())) }
                    rect class=(class) x=(number(LEFT + step * at as f64 + step * 0.2)) width=(number(step * 0.6))
                        y=(number(BOTTOM - height(point.told))) height=(number(height(point.told))) {}
                }
                text x=(number(x_of(at))) y=(number(BOTTOM - height(point.told) - 5.0)) text-anchor="middle" { (point.told) }
                text x=(number(x_of(at))) y=(number(HEIGHT - 12.0)) text-anchor="middle" { (written(curve, point.value)) }
            }
            @for (class, points) in &lines {
                @if let Some(points) = points { polyline class=(class) points=(points) {} }
            }
        }
    }
}

/// Which part of the alerts of one verdict is told still, as points of a line; nothing where nobody gave it.
fn line(curve: &Curve, x_of: impl Fn(usize) -> f64, of: impl Fn(&Point) -> Fate) -> Option<String> {
    let mut points = Vec::new();
    for (at, point) in curve.points.iter().enumerate() {
        let Fate { all, told, .. } = of(point);
        if all == 0 {
            return None;
        }
        let y = BOTTOM - (BOTTOM - TOP) * told as f64 / all as f64;
        points.push(format!("{},{}", number(x_of(at)), number(y)));
    }
    Some(points.join(" "))
}

fn spoken(curve: &Curve, point: &Point) -> Sentence {
    let of = |fate: Fate| say::of_all(fate.told, fate.all);
    say::column(
        curve.parameter.shown(point.value),
        point.told,
        of(point.confirmed),
        of(point.false_alarms),
        of(point.unjudged),
    )
}

fn table(curve: &Curve) -> Markup {
    let is_by_day = curve.points.iter().any(|point| point.per_day.is_some());
    html! {
        div.wide {
            table.numbers {
                thead { tr {
                    th scope="col" { (said(say::head_value())) }
                    @for head in heads(is_by_day) { th scope="col" { (said(head)) } }
                } }
                tbody {
                    @for point in &curve.points {
                        tr {
                            th scope="row" {
                                (both(&curve.parameter.shown(point.value)))
                                @if point.value == curve.in_force { " · " (said(say::in_force())) }
                            }
                            @for cell in cells(point) { td { (both(&cell)) } }
                        }
                    }
                }
            }
        }
    }
}

/// A value as short as it goes: letters of a drawing are of no language.
fn written(curve: &Curve, value: f64) -> String {
    match curve.parameter {
        Parameter::ForSecs { .. } | Parameter::AtLeast { .. } => value.to_string(),
        Parameter::Threshold { .. } | Parameter::MinHeight { .. } | Parameter::Level { .. } => {
            format!("{value:.2}")
        }
    }
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}
