//! The page *Past*: changes that were tried on the last days of the box, with their reports.
//!
//! ```text
//! rule, thresholds, /changes ─ a change that is not made ─► backtest (one at a time, held back) ─► report ─► /past/{id}
//! rule ─ a parameter ─────────────────────────────────────────┘                                  └► slider ─ a value ─┐
//!                                                          ▲──────────────────────────────────────────────────────────┘
//! coverage ledger ─► ledger ─► calendar        a report's change ─► shadow: it judges beside what runs, what it found
//! ```
//!
//! Everybody may read reports; operators and installers try changes. Must never change anything, nor keep a request waiting
//! until something is judged.

pub(super) mod backtest;
pub(super) mod calendar;
pub(super) mod ledger;
pub(super) mod shadow;
mod slider;
mod trying;
pub(super) mod values;

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, Redirect};
use maud::{Markup, PreEscaped, html};

use super::Site;
use super::accounts::Role;
use super::layout::{Shell, Tab, clock, coded, lasting, token};
use super::request::{Fields, OwnForm, Reader, Refused, Visitor, installers_only};
use super::rules::words::change_in_words;
use super::worker::Progress;
use crate::shadow::summary_in;
use crate::text::{
    Joint, Sentence, Words, page as say_page, page_coverage, page_curve, page_past as say, page_timeline,
};
use backtest::{Backtest, MOST, Made, Report, State as Of, ToPropose};
use slider::Slider;
use trying::operators_only;
pub(super) use trying::{Aim, begin, button, not_outdated};

/// The path of the page.
pub(super) const PATH: &str = "/past";
/// Sentences of a report that stand in the list.
const MOST_SUMMARY: usize = 3;

fn path_of(id: u64) -> String {
    format!("{PATH}/{id}")
}

// ---- reading

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, &headers);
    let mut shell = site.shell(reader, say::title(), PATH.to_owned(), &headers, &visitor).await?;
    shell.tab = Some(Tab::Past);
    let all = site.backtests.all();
    let folder = site.parts.control_folder.clone();
    let summary = site.blocking(move |_| summary_in(&folder), reader).await?;
    let view = View { site: &site, shell: &shell, visitor: &visitor };
    let body = html! {
        h1 { (shell.say(say::title())) }
        p.hint { (shell.say(say::about())) }
        p { a #to-calendar.button.second href=(calendar::PATH) { (shell.say(page_coverage::link())) } }
        div #tried data-live="past" { (view.list(&all)) }
        div #beside data-live="status" { (view.shadow(summary.as_ref())) }
    };
    Ok(Html(shell.page(body).into_string()))
}

pub(super) async fn show_one(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, &headers);
    let gone = || Refused::new(StatusCode::NOT_FOUND, say::is_gone(), reader);
    let one = id.parse().ok().and_then(|id| site.backtests.get(id)).ok_or_else(gone)?;
    let mut shell = site.shell(reader, say::report(), path_of(one.id), &headers, &visitor).await?;
    shell.tab = Some(Tab::Past);
    let view = View { site: &site, shell: &shell, visitor: &visitor };
    Ok(Html(shell.page(view.one(&one)).into_string()))
}

struct View<'a> {
    site: &'a Site,
    shell: &'a Shell<'a>,
    visitor: &'a Visitor,
}

impl View<'_> {
    fn say(&self, words: impl Into<Words>) -> String {
        words.into().in_language(self.shell.language)
    }

    fn list(&self, all: &[Backtest]) -> Markup {
        html! {
            section aria-labelledby="reports" {
                h2 #reports { (self.say(say::reports())) " " span.quiet { (all.len()) } }
                @if all.is_empty() {
                    div.empty {
                        p { (self.say(say::none_yet())) }
                        p { a href="/rules" { (self.say(say::to_rules())) } }
                    }
                } @else {
                    ul.cards { @for one in all { li.card { (self.card(one)) } } }
                    p.quiet { (self.say(say::kept_in_memory(MOST))) }
                }
            }
        }
    }

    fn card(&self, one: &Backtest) -> Markup {
        html! {
            h3 { a href=(path_of(one.id)) { (self.what(one)) } }
            p.quiet { (self.about(one)) }
            @match &one.state {
                Of::Running(progress) => (self.progress(*progress)),
                Of::Done(made) => {
                    @match &**made {
                        Made::Report(report) => {
                            @if report.changes_nothing { p { (self.say(say::no_alert_changes())) } }
                            ul.lines { @for sentence in report.summary.iter().take(MOST_SUMMARY) { li { (self.say(sentence.clone())) } } }
                        },
                        Made::Slider(slider, _) => {
                            @if let Some(makes) = slider.in_short() { p { (self.say(makes)) } }
                        },
                    }
                },
                Of::Failed(why, _) => p { (coded(&self.say(why.clone()))) },
                Of::Cancelled => p { (self.say(say::cancelled())) },
            }
        }
    }

    /// What would change, in the words of the form.
    fn what(&self, one: &Backtest) -> Markup {
        let language = self.shell.language;
        let whys = one.whys.iter().map(|why| Words::from(change_in_words(why, language)));
        coded(&self.say(Words::List(whys.collect(), Joint::Then)))
    }

    fn about(&self, one: &Backtest) -> Markup {
        let days = match one.days {
            1 => say::over_one_day(),
            days => say::over_days(days),
        };
        html! {
            (one.by) " · " (clock(one.at, &self.site.time_zone())) " · " (self.say(days))
            @if !one.cameras.is_empty() {
                @let names = one.cameras.iter().map(|id| Words::from(id.as_str())).collect();
                " · " (self.say(say::of_cameras(Words::List(names, Joint::AndMore))))
            }
        }
    }

    fn progress(&self, progress: Progress) -> Markup {
        let percent = progress.percent();
        let words = match progress.left() {
            Some(left) => say::is_left(percent, lasting(left)),
            None => say::is_running(percent),
        };
        html! {
            progress.past max="100" value=(percent) aria-label=(self.say(words.clone())) {}
            p { (self.say(words)) }
        }
    }

    fn one(&self, one: &Backtest) -> Markup {
        let body = match &one.state {
            Of::Done(made) => match &**made {
                Made::Report(report) => self.report(one, report),
                Made::Slider(slider, _) => self.slider(one, slider),
            },
            Of::Running(_) | Of::Failed(..) | Of::Cancelled => html! {
                h1 { (self.say(self.title(one))) }
                p.lead { (self.what(one)) }
                p.quiet { (self.about(one)) }
                (self.state(one))
            },
        };
        // Once it is done it changes no more.
        let is_done = matches!(one.state, Of::Done(_));
        html! {
            p.back { a href=(PATH) { (self.say(say::back())) } }
            div #backtest data-live=[(!is_done).then_some("past")] { (body) }
            // Outside of what is replaced, as nothing runs that comes with it.
            @if one.turned.is_some() { script src="/assets/past.js" defer {} }
        }
    }

    fn title(&self, one: &Backtest) -> Sentence {
        match one.turned {
            Some(_) => page_curve::title(),
            None => say::report(),
        }
    }

    fn report(&self, one: &Backtest, report: &Report) -> Markup {
        html! {
            link rel="stylesheet" href="/assets/report.css";
            p.lead { (self.what(one)) }
            p.quiet { (self.about(one)) }
            @if report.changes_nothing { p.notice { (self.say(say::no_alert_changes())) } }
            // Made by `comparison` of its own markup, with what others wrote escaped in it.
            (PreEscaped(report.html.as_str()))
            @if one.proposal.is_some() && self.visitor.may(Role::Installer) {
                (self.form(one, "propose", say::propose()))
                p.hint { (self.say(say::about_proposing())) }
            }
            @if self.visitor.may(Role::Operator) { (self.shadow_form(one.id)) }
            (self.removal(one))
        }
    }

    fn slider(&self, one: &Backtest, slider: &Slider) -> Markup {
        let language = self.shell.language;
        html! {
            h1 { (self.say(page_curve::title())) }
            p.lead { (self.what(one)) }
            p.quiet { (self.about(one)) }
            (slider.drawn(language))
            @if self.visitor.may(Role::Operator) {
                form #value-form method="post" action={ (path_of(one.id)) "/value" } {
                    (token(self.visitor.form_token()))
                    (slider.choice(language))
                    button #try-value type="submit" { (self.say(page_curve::try_value())) }
                }
            }
            (slider.table(language))
            p.hint { (self.say(page_curve::made_by())) }
            (self.removal(one))
        }
    }

    fn removal(&self, one: &Backtest) -> Markup {
        html! { @if self.visitor.may(Role::Operator) { (self.form(one, "remove", say::throw_away())) } }
    }

    fn state(&self, one: &Backtest) -> Markup {
        match &one.state {
            Of::Running(progress) => html! {
                (self.progress(*progress))
                p.hint { (self.say(say::goes_on_alone())) " " a href=(path_of(one.id)) { (self.say(page_timeline::look_again())) } }
                @if self.visitor.may(Role::Operator) { (self.form(one, "cancel", say::cancel())) }
            },
            Of::Failed(why, hint) => html! {
                div.fault role="alert" {
                    p { (coded(&self.say(why.clone()))) }
                    @if let Some(hint) = hint { p.hint { (coded(&self.say(say_page::try_this(hint.clone())))) } }
                }
            },
            Of::Cancelled => html! { p.notice { (self.say(say::was_cancelled())) } },
            Of::Done(_) => html! {},
        }
    }

    fn form(&self, one: &Backtest, action: &str, name: Sentence) -> Markup {
        html! {
            form method="post" action={ (path_of(one.id)) "/" (action) } {
                (token(self.visitor.form_token()))
                button.second[action != "propose"] id=(action) type="submit" { (self.say(name)) }
            }
        }
    }
}

// ---- acting

/// The one that a form is about.
fn named(site: &Site, id: &str, reader: Reader) -> Result<Backtest, Refused> {
    let found = id.parse().ok().and_then(|id| site.backtests.get(id));
    found.ok_or_else(|| Refused::new(StatusCode::NOT_FOUND, say::is_gone(), reader))
}

/// A form about one of them, of somebody who may send it.
struct Asked {
    visitor: Visitor,
    fields: Fields,
    reader: Reader,
    one: Backtest,
}

impl Asked {
    fn of(
        site: &Site,
        id: &str,
        form: OwnForm,
        may: fn(&Visitor, Reader) -> Result<(), Refused>,
    ) -> Result<Self, Refused> {
        let OwnForm { visitor, fields, reader } = form;
        may(&visitor, reader)?;
        let one = named(site, id, reader)?;
        Ok(Asked { visitor, fields, reader, one })
    }
}

pub(super) async fn cancel(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let Asked { one, .. } = Asked::of(&site, &id, form, operators_only)?;
    site.backtests.cancel(one.id);
    Ok(Redirect::to(&path_of(one.id)))
}

pub(super) async fn remove(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let Asked { visitor, one, .. } = Asked::of(&site, &id, form, operators_only)?;
    site.backtests.remove(one.id);
    site.sessions.lock().say_next(visitor.key, say::thrown_away());
    Ok(Redirect::to(PATH))
}

/// The change of a report becomes a proposal like any other.
pub(super) async fn propose(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let Asked { visitor, reader, one, .. } = Asked::of(&site, &id, form, installers_only)?;
    let Some(ToPropose { edits, why, back_to }) = one.proposal else {
        return Ok(Redirect::to(super::changes::PATH));
    };
    site.propose(&visitor, reader, edits, why, back_to).await
}
