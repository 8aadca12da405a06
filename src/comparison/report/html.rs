//! The comparison as one HTML file that needs nothing else: no script, no address, plots and pictures in it. Both languages
//! are in the file; a switch without a script shows one of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::difference::{Difference, Pairing};
use super::super::price::Price;
use super::{Comparison, Note, Picture, level_name, outcome_name, plots, reasons, verdict_name};
use crate::contract::kinds;
use crate::text::{Words, comparison as say, page};
use crate::types::language::Language;
use crate::types::level::Level;

/// The same colours as the page on the box.
pub(super) const STYLE: &str = include_str!("report.css");

/// What a browser may load: nothing from anywhere.
const POLICY: &str = concat!("default-src 'none';", " style-src 'unsafe-inline';", " img-src data:");

const LEVELS: [Level; 4] = [Level::Red, Level::Orange, Level::Yellow, Level::Blue];

/// A text in both languages, of which the reader chooses one.
pub(crate) fn both(words: &Words) -> Markup {
    let (english, chinese) = (words.in_language(Language::English), words.in_language(Language::Chinese));
    two(&english, &chinese)
}

fn two(english: &str, chinese: &str) -> Markup {
    html! {
        @if english == chinese { (english) } @else {
            span lang=(Language::English.tag()) { (coded(english)) }
            span lang=(Language::Chinese.tag()) { (coded(chinese)) }
        }
    }
}

/// The same in a drawing: what else stands in one ends it.
pub(super) fn both_in_drawing(words: &Words) -> Markup {
    let (english, chinese) = (words.in_language(Language::English), words.in_language(Language::Chinese));
    html! {
        @if english == chinese { (english) } @else {
            tspan lang=(Language::English.tag()) { (english) }
            tspan lang=(Language::Chinese.tag()) { (chinese) }
        }
    }
}

/// What stands in a file, or is typed, is between backticks.
fn coded(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A text in both languages where no choice can be made: titles of drawings.
pub(crate) fn both_in_one(words: &Words) -> String {
    let (english, chinese) = (words.in_language(Language::English), words.in_language(Language::Chinese));
    if english == chinese { english } else { format!("{chinese} · {english}") }
}

fn say_both(sentence: crate::text::Sentence) -> Markup {
    both(&sentence.into())
}

/// One HTML file that shows this language first.
pub(crate) fn page(title: &Words, language: Language, body: &Markup) -> String {
    let is_first = |tag: Language| (tag == language).then_some("checked");
    let page = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content=(concat!("light", " dark"));
                title { (both_in_one(title)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                @for (tag, name) in [(Language::Chinese, page::chinese()), (Language::English, page::english())] {
                    input.unseen type="radio" name="language" id=(tag.tag()) checked=[is_first(tag)];
                    label.language for=(tag.tag()) { (name.in_language(tag)) }
                }
                main { (body) }
            }
        }
    };
    page.into_string()
}

/// What is to be known before the rest.
pub(crate) fn notes_html(notes: &[Note]) -> Markup {
    html! {
        @for note in notes {
            div.notice {
                p { (say_both(note.what.clone())) }
                @if !note.details.is_empty() {
                    ul.details { @for detail in &note.details { li { (say_both(detail.clone())) } } }
                }
            }
        }
    }
}

impl Comparison {
    /// As one HTML file that shows this language first.
    pub(crate) fn html(&self, language: Language) -> String {
        page(&say::title().into(), language, &self.body())
    }

    pub(super) fn body(&self) -> Markup {
        let price = self.price();
        html! {
            h1 { (say_both(say::title())) }
            p { (say_both(self.heading())) }
            (notes_html(&self.notes))
            (price_html(&price))
            @if let Some(plot) = plots::over_time(self) {
                section {
                    h2 { (say_both(say::over_time())) }
                    ul.legend {
                        li { span.key.before {} (say_both(say::old_configuration())) }
                        li { span.key.after {} (say_both(say::new_configuration())) }
                    }
                    (plot)
                }
            }
            @if let Some(plot) = plots::time_lines(self) {
                section {
                    h2 { (say_both(say::time_lines())) }
                    p.quiet { (say_both(say::about_time_lines())) }
                    ul.legend { @for level in LEVELS { li { (level_html(level)) } } }
                    (plot)
                }
            }
            (self.by_rule())
            (self.changed_html())
            (self.same_html())
            p.quiet {
                @if !self.pictures.is_empty() { (say_both(say::only_redacted())) " " }
                (say_both(say::loads_nothing()))
            }
        }
    }

    /// The numbers of each rule and kind.
    fn by_rule(&self) -> Markup {
        let mut rules: BTreeMap<Arc<str>, [u64; 6]> = BTreeMap::new();
        for difference in &self.differences {
            let row = rules.entry(difference.known().decided_by().clone()).or_default();
            let by = difference.changes().begins_by;
            let counted = [
                difference.before().is_some(),
                difference.after().is_some(),
                matches!(difference.pairing, Pairing::Disappeared(_)),
                matches!(difference.pairing, Pairing::Appeared(_)),
                by.is_positive(),
                by.is_negative(),
            ];
            for (count, is_it) in row.iter_mut().zip(counted) {
                *count += u64::from(is_it);
            }
        }
        let heads = [
            say::head_before(),
            say::head_after(),
            say::head_gone(),
            say::head_new(),
            say::head_later(),
            say::head_earlier(),
        ];
        html! {
            @if !rules.is_empty() {
                section {
                    h2 { (say_both(say::by_rule())) }
                    div.wide {
                        table.numbers {
                            thead { tr {
                                th scope="col" { (say_both(say::head_rule())) }
                                @for head in &heads { th scope="col" { (say_both(head.clone())) } }
                            } }
                            tbody {
                                @for (rule, counts) in &rules {
                                    tr {
                                        th scope="row" { (rule) }
                                        @for (head, count) in heads.iter().zip(counts) {
                                            // On a phone a row is a list: each number has its name beside it, and 0 is left out.
                                            td.none[*count == 0] { span.head { (say_both(head.clone())) } (count) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn changed_html(&self) -> Markup {
        let counts: Vec<Words> = self.counts().into_iter().map(Words::from).collect();
        html! {
            section {
                h2 { (say_both(say::alert_by_alert())) }
                @if counts.is_empty() { p.empty { (say_both(say::no_alert_at_all())) } }
                @else { p { (both(&Words::List(counts, crate::text::Joint::Then))) } }
                ul.alerts { @for difference in self.changed() { (self.card(difference)) } }
            }
        }
    }

    fn card(&self, difference: &Difference) -> Markup {
        let life = difference.known();
        let before = difference.before().map(|life| &life.alert);
        let picture = before.and_then(|alert| self.pictures.get(alert));
        let verdict = before.and_then(|alert| self.verdicts.get(alert));
        html! {
            li class={ "alert " (outcome_name(&difference.pairing)) } {
                @if let Some(picture) = picture {
                    img width=(picture.size.0) height=(picture.size.1) alt=(both_in_one(&say::its_picture().into()))
                        loading="lazy" src=(source(picture));
                }
                div {
                    p.what { (both(&self.outcome(difference))) }
                    p {
                        (level_html(life.level)) " "
                        (two(&kinds::title(&life.kind, None, Language::English), &kinds::title(&life.kind, None, Language::Chinese)))
                        " · " (life.place()) " · " code { (life.decided_by()) }
                    }
                    p { time datetime=(format!("{:.0}", life.raised_at)) { (self.clock(life.raised_at)) } }
                    @if let Some(verdict) = verdict { p { strong { (say_both(verdict_name(*verdict))) } } }
                    @if let Some(reasons) = reasons(difference) { p.quiet { (both(&say::because(reasons).into())) } }
                }
            }
        }
    }

    fn same_html(&self) -> Markup {
        html! {
            @if self.same().next().is_some() {
                details {
                    summary { (say_both(say::count_same(self.same().count()))) }
                    div.wide {
                        table.numbers.in-a-row {
                            tbody {
                                @for difference in self.same() {
                                    @let life = difference.known();
                                    tr {
                                        th scope="row" { (self.clock(life.raised_at)) }
                                        td { (life.place()) }
                                        td { (life.decided_by()) }
                                        td { (level_html(life.level)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The price: two large numbers, then the sentences.
fn price_html(price: &Price) -> Markup {
    let (before, after, unit) = match price.per_day() {
        Some((before, after)) => (format!("{before:.1}"), format!("{after:.1}"), say::a_day()),
        None => (price.before.to_string(), price.after.to_string(), say::in_all()),
    };
    html! {
        section {
            h2 { (say_both(say::the_price())) }
            div.cards {
                @for (value, name) in [(before, say::old_configuration()), (after, say::new_configuration())] {
                    div.card {
                        p.quiet { (say_both(name)) }
                        p.value { (value) }
                        p.quiet { (say_both(unit.clone())) }
                    }
                }
            }
            ul.lines { @for sentence in price.sentences() { li { (say_both(sentence)) } } }
            @if price.is_judged() {
                ul.legend {
                    li { span.key.after {} (say_both(say::still_raised())) }
                    li { span.key.gone {} (say_both(say::no_longer_raised())) }
                }
                (plots::verdicts(price))
            }
        }
    }
}

/// Where the picture comes from: a page that shows it, else the file itself.
fn source(picture: &Picture) -> String {
    let inside = || format!("data:image/jpeg;base64,{}", STANDARD.encode(&picture.thumbnail));
    picture.shown_at.clone().unwrap_or_else(inside)
}

fn level_html(level: Level) -> Markup {
    html! { span class={ "level " (level.name()) } { (say_both(level_name(level))) } }
}
