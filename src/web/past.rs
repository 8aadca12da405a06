//! The page *Past*: changes that were tried on the last days of the box, with their reports.
//!
//! ```text
//! rule, thresholds, /changes ─ a change that is not made ─► backtest (one at a time, held back) ─► report ─► /past/{id}
//! ```
//!
//! Everybody may read reports; operators and installers try changes. Must never change anything, nor keep a request waiting
//! until something is judged.

pub(super) mod backtest;

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, Redirect};
use maud::{Markup, PreEscaped, html};

use super::Site;
use super::accounts::Role;
use super::layout::{Shell, Tab, clock, coded, lasting, token};
use super::request::{Fields, OwnForm, Reader, Refused, Visitor, at_least, installers_only};
use super::rules::words::change_in_words;
use super::worker::Progress;
use crate::config::edit;
use crate::config::{Config, Surroundings};
use crate::text::{Joint, Sentence, Words, page as say_page, page_changes, page_past as say, page_timeline};
use backtest::{Backtest, Change, DAYS, Here, MOST, Report, State as Of, ToPropose, USUAL_DAYS};

/// The path of the page.
pub(super) const PATH: &str = "/past";
/// The field with the days that are tried.
const DAYS_FIELD: &str = "past-days";
/// Sentences of a report that stand in the list.
const MOST_SUMMARY: usize = 3;

fn path_of(id: u64) -> String {
    format!("{PATH}/{id}")
}

/// Refuses whoever may not try a change on the past.
pub(super) fn operators_only(visitor: &Visitor, reader: Reader) -> Result<(), Refused> {
    at_least(Role::Operator, visitor, say::operators_only(), reader)
}

/// Tries a change on the last days, and leads to the page that says how far that is.
pub(super) async fn begin(
    site: &Arc<Site>,
    visitor: &Visitor,
    reader: Reader,
    fields: &Fields,
    change: Change,
) -> Result<Redirect, Refused> {
    operators_only(visitor, reader)?;
    let config = site.config();
    let refused = |status, why| Err(Refused::new(status, why, reader));
    if config.journal.keep.is_zero() {
        return refused(StatusCode::CONFLICT, page_timeline::no_journal());
    }
    let here = Here {
        file: site.parts.config_file.clone(),
        journal: config.journal.dir.clone(),
        set_values: config.set_values.clone(),
        now: site.now().utc,
    };
    let days = fields.get(DAYS_FIELD).and_then(|days| days.parse().ok()).unwrap_or(USUAL_DAYS);
    let by = visitor.person.name.clone();
    let begun = site.blocking(move |site| site.backtests.begin(&by, days, change, here), reader).await?;
    match begun {
        Ok(id) => Ok(Redirect::to(&path_of(id))),
        Err(why) => refused(StatusCode::CONFLICT, why),
    }
}

/// The same of a change that is not proposed, made in the text that the next change of this visitor would be made in. `cameras`
/// says which ones it is about, as it would be and as it is.
pub(super) async fn begin_edits(
    site: &Arc<Site>,
    visitor: &Visitor,
    reader: Reader,
    fields: &Fields,
    proposal: ToPropose,
    cameras: impl Fn(&Config) -> Vec<String> + Send + 'static,
) -> Result<Redirect, Refused> {
    if proposal.edits.is_empty() {
        site.sessions.lock().say_next(visitor.key, page_changes::nothing_would_change());
        return Ok(Redirect::to(&proposal.back_to));
    }
    let of = visitor.clone();
    let changed = move |site: &Site| {
        let text = site.text_to_change(&of).and_then(|text| edit::apply(&text, &proposal.edits))?;
        let path = &site.parts.config_file;
        let as_it_would_be = Config::from_text(path, &text, &Surroundings::of(path)).ok();
        let mut about = cameras(&site.config());
        about.extend(
            as_it_would_be.iter().flat_map(&cameras).filter(|id| !about.contains(id)).collect::<Vec<_>>(),
        );
        // What is proposed already is part of it.
        let mut whys = site.proposed_in_words(of.key);
        if !whys.contains(&proposal.why) {
            whys.push(proposal.why.clone());
        }
        Ok(Change { text, whys, cameras: about, proposal: Some(proposal) })
    };
    let change = site.blocking(changed, reader).await?;
    let change = change.map_err(|why: Sentence| {
        Refused::new(StatusCode::BAD_REQUEST, page_changes::cannot_change(why), reader)
    })?;
    begin(site, visitor, reader, fields, change).await
}

/// The button that tries what a form says on the last days, with how many of them; `action` is where the form goes with it.
pub(super) fn button(shell: &Shell<'_>, action: &str, is_second: bool) -> Markup {
    html! {
        div.past-days {
            div {
                label for=(DAYS_FIELD) { (shell.say(say::how_long())) }
                select id=(DAYS_FIELD) name=(DAYS_FIELD) autocomplete="off" {
                    @for days in DAYS {
                        option value=(days) selected[days == USUAL_DAYS] { (shell.say(days_in_words(days))) }
                    }
                }
            }
            button #try-on-past.second[is_second] type="submit" formaction=(action) { (shell.say(say::try_it())) }
        }
        p.hint { (shell.say(say::about_trying())) }
    }
}

fn days_in_words(days: u16) -> Sentence {
    match days {
        1 => say::one_day(),
        days => say::days(days),
    }
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
    let view = View { site: &site, shell: &shell, visitor: &visitor };
    let body = html! {
        h1 { (shell.say(say::title())) }
        p.hint { (shell.say(say::about())) }
        div #tried data-live="past" { (view.list(&all)) }
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
                Of::Done(report) => {
                    ul.lines { @for sentence in report.summary.iter().take(MOST_SUMMARY) { li { (self.say(sentence.clone())) } } }
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
        let head = html! {
            p.back { a href=(PATH) { (self.say(say::back())) } }
        };
        match &one.state {
            Of::Done(report) => html! {
                (head)
                link rel="stylesheet" href="/assets/report.css";
                p.lead { (self.what(one)) }
                p.quiet { (self.about(one)) }
                (self.report(report))
                (self.next(one))
            },
            Of::Running(_) | Of::Failed(..) | Of::Cancelled => html! {
                (head)
                // Once it is done its place is taken by the report.
                div #backtest data-live="past" {
                    h1 { (self.say(self.shell.title.clone())) }
                    p.lead { (self.what(one)) }
                    p.quiet { (self.about(one)) }
                    (self.state(one))
                }
            },
        }
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

    fn report(&self, report: &Report) -> Markup {
        // Made by `comparison` of its own markup, with what others wrote escaped in it.
        html! { (PreEscaped(report.html.as_str())) }
    }

    fn next(&self, one: &Backtest) -> Markup {
        html! {
            @if one.proposal.is_some() && self.visitor.may(Role::Installer) {
                (self.form(one, "propose", say::propose()))
                p.hint { (self.say(say::about_proposing())) }
            }
            @if self.visitor.may(Role::Operator) { (self.form(one, "remove", say::throw_away())) }
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

pub(super) async fn cancel(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let OwnForm { visitor, reader, .. } = form;
    operators_only(&visitor, reader)?;
    let one = named(&site, &id, reader)?;
    site.backtests.cancel(one.id);
    Ok(Redirect::to(&path_of(one.id)))
}

pub(super) async fn remove(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let OwnForm { visitor, reader, .. } = form;
    operators_only(&visitor, reader)?;
    site.backtests.remove(named(&site, &id, reader)?.id);
    site.sessions.lock().say_next(visitor.key, say::thrown_away());
    Ok(Redirect::to(PATH))
}

/// The change of a report becomes a proposal like any other.
pub(super) async fn propose(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let OwnForm { visitor, reader, .. } = form;
    installers_only(&visitor, reader)?;
    let one = named(&site, &id, reader)?;
    let Some(ToPropose { edits, why, back_to }) = one.proposal else {
        return Ok(Redirect::to(super::changes::PATH));
    };
    site.propose(&visitor, reader, edits, why, back_to).await
}
