//! The page *Past*: changes that were tried on the last days of the box, with their reports.
//!
//! ```text
//! rule, thresholds, /changes ─ a change that is not made ─► backtest (one at a time, held back) ─► report ─► /past/{id}
//! rule ─ a parameter ─────────────────────────────────────────┘                                  └► slider ─ a value ─┐
//!                                                          ▲──────────────────────────────────────────────────────────┘
//! coverage ledger ─► calendar        a report's change ─► shadow: it judges beside what runs, what it found
//! ```
//!
//! Everybody may read reports; operators and installers try changes. Must never change anything, nor keep a request waiting
//! until something is judged.

pub(super) mod backtest;
pub(super) mod calendar;
pub(super) mod shadow;
mod slider;

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
use crate::analysis::rules::Rule;
use crate::config::{Config, Surroundings};
use crate::config::{edit, rule_fields};
use crate::shadow::summary_in;
use crate::text::{
    Joint, Sentence, Words, page as say_page, page_changes, page_coverage, page_curve, page_past as say,
    page_timeline,
};
use crate::tune;
use backtest::{
    Backtest, Change, DAYS, Here, MOST, Made, Report, State as Of, THRESHOLD, ToPropose, Turned, USUAL_DAYS,
};
use slider::Slider;

/// The path of the page.
pub(super) const PATH: &str = "/past";
/// The field with the days that are tried.
const DAYS_FIELD: &str = "past-days";
/// The fields with the camera and the parameter of which the values are tried, and with a value of it.
const CAMERA_FIELD: &str = "curve-camera";
const PARAMETER_FIELD: &str = "curve-parameter";
const VALUE_FIELD: &str = "value";
/// Parameters of rules besides thresholds.
const PARAMETERS: [&str; 3] = ["for_secs", "at_least", "min_height"];
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
    let (here, days) = (here(site, reader)?, days_of(fields));
    let by = visitor.person.name.clone();
    let begun = site.blocking(move |site| site.backtests.begin(&by, days, change, here), reader).await?;
    begun.map(|id| Redirect::to(&path_of(id))).map_err(|why| refused(why, reader))
}

fn refused(why: Sentence, reader: Reader) -> Refused {
    Refused::new(StatusCode::CONFLICT, why, reader)
}

fn days_of(fields: &Fields) -> u16 {
    fields.get(DAYS_FIELD).and_then(|days| days.parse().ok()).unwrap_or(USUAL_DAYS)
}

/// What is needed of the box; nothing is tried where no journal is kept.
fn here(site: &Site, reader: Reader) -> Result<Here, Refused> {
    let config = site.config();
    if config.journal.keep.is_zero() {
        return Err(refused(page_timeline::no_journal(), reader));
    }
    Ok(Here {
        file: site.parts.config_file.clone(),
        journal: config.journal.dir.clone(),
        set_values: config.set_values.clone(),
        now: site.now().utc,
    })
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
            (days_choice(shell, DAYS_FIELD))
            button #try-on-past.second[is_second] type="submit" formaction=(action) { (shell.say(say::try_it())) }
        }
        p.hint { (shell.say(say::about_trying())) }
    }
}

fn days_choice(shell: &Shell<'_>, id: &str) -> Markup {
    html! {
        div {
            label for=(id) { (shell.say(say::how_long())) }
            select id=(id) name=(DAYS_FIELD) autocomplete="off" {
                @for days in DAYS {
                    option value=(days) selected[days == USUAL_DAYS] { (shell.say(days_in_words(days))) }
                }
            }
        }
    }
}

/// The form that asks what each value of a parameter of a rule would have made.
pub(super) fn values_form(shell: &Shell<'_>, visitor: &Visitor, rule: &Rule, action: &str) -> Markup {
    let thresholds = rule.when.classes().iter().map(|class| format!("{THRESHOLD}{}", class.name()));
    let has_field = |name: &str| {
        let kind = rule_fields::kind(rule.when.name());
        name == "min_height" || kind.is_some_and(|kind| kind.fields.iter().any(|field| field.name == name))
    };
    let others = PARAMETERS.into_iter().filter(|name| has_field(name)).map(str::to_owned);
    let parameters: Vec<String> = thresholds.chain(others).collect();
    let select = |name: &str, title: Sentence, all: &[(String, String)]| {
        html! {
            div {
                label for=(name) { (shell.say(title)) }
                select id=(name) name=(name) autocomplete="off" {
                    @for (value, name) in all { option value=(value) { (name) } }
                }
            }
        }
    };
    let cameras: Vec<_> = rule.cameras.iter().map(|id| (id.to_string(), id.to_string())).collect();
    let shown = |name: &String| backtest::name_of(name).in_language(shell.language);
    let parameters: Vec<_> = parameters.iter().map(|name| (name.clone(), shown(name))).collect();
    html! {
        section aria-labelledby="each-value" {
            h2 #each-value { (shell.say(page_curve::title())) }
            p.hint { (shell.say(page_curve::about())) }
            form #values-form method="post" action=(action) {
                (token(visitor.form_token()))
                div.past-days {
                    (select(PARAMETER_FIELD, page_curve::which(), &parameters))
                    @if let [(only, _)] = &cameras[..] {
                        input type="hidden" name=(CAMERA_FIELD) value=(only);
                    } @else {
                        (select(CAMERA_FIELD, page_coverage::camera(), &cameras))
                    }
                    (days_choice(shell, "curve-days"))
                    button.second type="submit" { (shell.say(page_curve::ask())) }
                }
            }
        }
    }
}

/// Tries the values of a parameter of a rule, as it runs.
pub(super) async fn begin_values(
    State(site): State<Arc<Site>>,
    Path(rule): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    operators_only(&visitor, reader)?;
    let config = site.config();
    let known = config.rules.iter().find(|one| *one.id == *rule);
    let known = known.ok_or_else(|| site.not_there(&visitor, reader))?;
    let camera = fields.get(CAMERA_FIELD).unwrap_or_default().to_owned();
    let parameter = fields.get(PARAMETER_FIELD).unwrap_or_default().to_owned();
    if !known.cameras.iter().any(|id| **id == *camera) || parameter.is_empty() {
        return Err(Refused::new(StatusCode::BAD_REQUEST, page_curve::no_such(), reader));
    }
    let (here, days) = (here(&site, reader)?, days_of(&fields));
    let (by, turned) = (visitor.person.name.clone(), Turned { rule, camera, parameter });
    let text = config.text().to_owned();
    let begin = move |site: &Site| site.backtests.begin_values(&by, days, &text, turned, here);
    let begun = site.blocking(begin, reader).await?;
    begun.map(|id| Redirect::to(&path_of(id))).map_err(|why| refused(why, reader))
}

/// One of the values of a slider becomes a change that is tried.
pub(super) async fn try_value(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    operators_only(&visitor, reader)?;
    let one = named(&site, &id, reader)?;
    let no_such = || Refused::new(StatusCode::BAD_REQUEST, page_curve::no_such(), reader);
    let Turned { rule, camera, parameter } = one.turned.clone().ok_or_else(no_such)?;
    let typed = fields.get(VALUE_FIELD).unwrap_or_default();
    let made = match &one.state {
        Of::Done(made) => match &**made {
            Made::Slider(slider, recommended) => Some((slider, recommended)),
            Made::Report(_) => None,
        },
        Of::Running(_) | Of::Failed(..) | Of::Cancelled => None,
    };
    let (slider, recommended) = made.ok_or_else(no_such)?;
    let value = slider.values.iter().find(|value| value.typed == typed);
    let value = value.and_then(|value| Some((value.shown.clone(), value.typed.parse().ok()?)));
    let (shown, value): (Words, f64) = value.ok_or_else(no_such)?;
    let of_rule = (rule.as_str(), camera.as_str());
    let (edits, cameras) = tune::edits(&site.config(), recommended, of_rule, &parameter, value);
    let name = page_curve::of_rule(rule.as_str(), camera.as_str(), backtest::name_of(&parameter));
    let proposal = ToPropose { edits, why: page_curve::is_set(name, shown), back_to: path_of(one.id) };
    let cameras = move |_: &Config| cameras.clone();
    let days = format!("{DAYS_FIELD}={}", one.days);
    begin_edits(&site, &visitor, reader, &Fields::read(days.as_bytes()), proposal, cameras).await
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
                    @if let Made::Report(report) = &**made {
                        ul.lines { @for sentence in report.summary.iter().take(MOST_SUMMARY) { li { (self.say(sentence.clone())) } } }
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
