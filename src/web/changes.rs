//! Changes of the configuration at the page: proposed, shown as a difference of the file with all that is wrong with them, tried
//! for ten minutes, kept or given up.
//!
//! ```text
//! rules, shapes, wizard ─ edits ─► propose: text of the file + edits ─► /changes ─ try ─► `config`, on trial, comes back by itself
//!                                                                                      ├─ keep ─► `confirm`: control writes the file
//!                                                                                      └─ back ─► `revert`
//! ```
//!
//! A proposal is its session's own, in memory, and changes nothing; what takes a restart is not tried but written (`site_page`).
//! What somebody else tries is none of it: while that goes on a proposal begins with the file, and waits. Must never judge a
//! configuration by other rules than `check`, take up a text that was edited by somebody else meanwhile, or put one person's
//! trial in the place of another's.

mod banner;
mod judged;
mod proposals;
mod removal;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, Redirect};
use maud::{Markup, html};
use serde_json::json;
use similar::ChangeTag;

use super::in_force::{InForce, OnTrial};
use super::layout::{Shell, coded, token};
use super::login::is_own_path;
use super::past;
use super::past::backtest::Change;
use super::request::{Fields, OwnForm, Reader, Refused, Visitor, installers_only};
use super::rules::words::change_in_words;
use super::sessions::SessionKey;
use super::{PageCommand, Site, site_page, wizard};
use crate::config::edit::{self, Edit};
use crate::config::rule_fields::sections_in;
use crate::config::{Config, Problem, text_of};
use crate::contract::box_status::ConfigSource;
use crate::contract::command::Outcome;
use crate::control::Answer;
use crate::text::{Sentence, Words, page as say_page, page_changes as say};
use judged::Judged;
use proposals::{NotPut, Proposal, Tried, digest};

pub(super) use banner::Banner;
pub(super) use proposals::Proposals;
pub(super) use removal::{removal, remove_camera, remove_rule};

/// How long something is tried.
const TRIAL: Duration = Duration::from_secs(600);
/// A first camera makes the box load its models, so its answer may take long; what was asked for happens all the same.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);
/// The path of the page.
pub(super) const PATH: &str = "/changes";

/// The field that says what somebody saw when they pressed a button.
pub(super) const SHOWN: &str = "shown";

/// Why there is no proposal.
enum NotProposed {
    /// The file cannot be read.
    Unreadable(Sentence),
    /// It was changed by somebody else since the proposal began.
    Edited,
    /// The box has not taken up what stands in it.
    NotTakenUp,
    /// The changes cannot be made.
    Refused(Sentence),
    /// All of it is so already.
    Nothing,
    /// Too many proposals are open.
    TooMany,
}

impl Site {
    /// What runs.
    pub(super) fn config(&self) -> Arc<Config> {
        self.parts.in_force.borrow().config.clone()
    }

    /// The same, with where it came from and whether it is on trial.
    pub(super) fn in_force(&self) -> InForce {
        self.parts.in_force.borrow().clone()
    }

    /// Adds changes to what this session proposes, and leads to the page that shows it. `why` says in words what would
    /// change; `back_to` is where somebody goes on afterwards.
    pub(super) async fn propose(
        self: &Arc<Self>,
        visitor: &Visitor,
        reader: Reader,
        edits: Vec<Edit>,
        why: Sentence,
        back_to: String,
    ) -> Result<Redirect, Refused> {
        self.propose_for(visitor, reader, edits, vec![why], back_to).await
    }

    /// The same, where more than one sentence says what would change, or none, as the page of changes does that by itself.
    pub(super) async fn propose_for(
        self: &Arc<Self>,
        visitor: &Visitor,
        reader: Reader,
        edits: Vec<Edit>,
        whys: Vec<Sentence>,
        back_to: String,
    ) -> Result<Redirect, Refused> {
        installers_only(visitor, reader)?;
        if self.in_force().trial.is_some_and(|trial| !trial.from_page) {
            return Err(Refused::new(StatusCode::CONFLICT, say::centre_tries(), reader));
        }
        let (of, to) = (visitor.clone(), back_to.clone());
        let proposed = self.blocking(move |site| site.add(&of, &edits, &whys, &to), reader).await?;
        let refused = |status, why| Err(Refused::new(status, why, reader));
        match proposed {
            Ok(()) => Ok(Redirect::to(PATH)),
            Err(NotProposed::Nothing) => {
                self.sessions.lock().say_next(visitor.key, say::nothing_would_change());
                Ok(Redirect::to(&back_to))
            }
            Err(NotProposed::Unreadable(why)) => refused(StatusCode::INTERNAL_SERVER_ERROR, why),
            Err(NotProposed::Edited) => {
                refused(StatusCode::CONFLICT, say::file_was_edited(self.parts.config_file.display()))
            }
            Err(NotProposed::NotTakenUp) => {
                refused(StatusCode::CONFLICT, say::file_does_not_run(self.parts.config_file.display()))
            }
            Err(NotProposed::Refused(why)) => refused(StatusCode::BAD_REQUEST, say::cannot_change(why)),
            Err(NotProposed::TooMany) => refused(StatusCode::TOO_MANY_REQUESTS, say_page::too_many_at_once()),
        }
    }

    fn add(
        &self,
        visitor: &Visitor,
        edits: &[Edit],
        whys: &[Sentence],
        back_to: &str,
    ) -> Result<(), NotProposed> {
        let (key, person) = (visitor.key, &visitor.person.name);
        loop {
            let file = self.file_text().map_err(NotProposed::Unreadable)?;
            self.forget_done(key, Some(&file));
            let (now, running) = (digest(&file), self.runs_besides_trials(person));
            let before = self.proposals.lock().get(key).cloned();
            let runs = self.runs_besides_others(person);
            if before.as_ref().is_some_and(|before| before.is_outdated(&now, runs.as_deref())) {
                return Err(NotProposed::Edited);
            }
            // Else the trial would fall a moment later, when the box notices.
            if self.in_force().file != now {
                return Err(NotProposed::NotTakenUp);
            }
            let tried = self.tried_by(person);
            let from = match (&before, &tried) {
                (Some(before), _) => before.text.as_str(),
                (None, Some(tried)) => tried.text(),
                (None, None) => file.as_str(),
            };
            let text = edit::apply(from, edits).map_err(NotProposed::Refused)?;
            if text == from {
                return Err(NotProposed::Nothing);
            }
            let is_so = text == tried.as_deref().map_or(file.as_str(), Config::text);
            let goes_on_from = match &before {
                Some(before) => before.tried.clone(),
                None => tried.as_deref().map(Tried::of),
            };
            let after = (!is_so).then(|| Proposal {
                person: person.clone(),
                file: now,
                // What ran when it began, where that is not known by now, as somebody else tries something.
                running: running.or_else(|| before.as_ref()?.running.clone()),
                tried: goes_on_from,
                text,
                whys: self.whys_with(before.as_ref(), tried.as_deref(), whys),
                back_to: back_to.to_owned(),
            });
            match self.put(key, before.as_ref(), after) {
                Ok(()) if is_so => return Err(NotProposed::Nothing),
                Ok(()) => return Ok(()),
                // Made anew in what that tab proposed.
                Err(NotPut::Another) => {}
                Err(NotPut::TooMany) => return Err(NotProposed::TooMany),
            }
        }
    }

    /// The reasons of what is proposed already, and these. What is tried is part of the difference to the file, also once the
    /// trial fell.
    fn whys_with(
        &self,
        before: Option<&Proposal>,
        tried: Option<&Config>,
        whys: &[Sentence],
    ) -> Vec<Sentence> {
        let mut known = match (before, tried) {
            (Some(before), _) => before.whys.clone(),
            (None, Some(tried)) => self.proposals.lock().whys_of_trial(&Tried::of(tried)),
            (None, None) => Vec::new(),
        };
        for why in whys {
            // A reason comes again with every further change to the same drawing.
            if !known.contains(why) {
                known.push(why.clone());
            }
        }
        known
    }

    fn put(&self, key: SessionKey, before: Option<&Proposal>, after: Option<Proposal>) -> Result<(), NotPut> {
        let now = self.now().mono;
        let (mut proposals, mut sessions) = (self.proposals.lock(), self.sessions.lock());
        proposals.forget(|key| sessions.find(key, false, now).is_some());
        proposals.put(key, before, after)
    }

    /// The text that the next change of this session is made in: what it proposes already, else what its person tries at the
    /// page, else the file. What somebody else tries is theirs. Waits for the disk.
    pub(super) fn text_to_change(&self, visitor: &Visitor) -> Result<String, Sentence> {
        let proposed = self.proposals.lock().get(visitor.key).map(|proposal| proposal.text.clone());
        let tried = || self.tried_by(&visitor.person.name).map(|tried| tried.text().to_owned());
        match proposed.or_else(tried) {
            Some(text) => Ok(text),
            None => self.file_text(),
        }
    }

    /// Whether the next change of this session goes on from others of its person, which do not stand in the file.
    pub(super) fn has_begun_changes(&self, visitor: &Visitor) -> bool {
        self.proposals.lock().has(visitor.key) || self.tried_by(&visitor.person.name).is_some()
    }

    /// Whether somebody else was faster than what this session proposes. Waits for the disk.
    pub(super) fn is_outdated(&self, visitor: &Visitor) -> bool {
        let Some(proposal) = self.proposals.lock().get(visitor.key).cloned() else { return false };
        let runs = self.runs_besides_others(&proposal.person);
        self.file_digest().is_some_and(|file| proposal.is_outdated(&file, runs.as_deref()))
    }

    /// What somebody at the page tries now.
    fn on_trial_here(&self) -> Option<Arc<Config>> {
        let InForce { config, trial, .. } = self.in_force();
        trial.filter(|trial| trial.from_page).map(|_| config)
    }

    /// What that person tries at the page now.
    fn tried_by(&self, person: &str) -> Option<Arc<Config>> {
        let InForce { config, trial, .. } = self.in_force();
        trial.filter(|trial| trial.is_of(person)).map(|_| config)
    }

    /// What somebody else tries at the page now.
    fn tried_by_others(&self, person: &str) -> Option<OnTrial> {
        self.in_force().trial.filter(|trial| trial.from_page && !trial.is_of(person))
    }

    /// What is said of something that is not in the text that would be changed: perhaps somebody else tries it.
    pub(super) fn not_there(&self, visitor: &Visitor, reader: Reader) -> Refused {
        match self.tried_by_others(&visitor.person.name) {
            Some(others) => {
                let why = say::perhaps_tried(banner::who(others.by.as_deref()));
                Refused::new(StatusCode::NOT_FOUND, why, reader)
            }
            None => Refused::not_found(reader),
        }
    }

    /// The digest of what runs; `None` while somebody else tries something at the page, which falls or becomes the file.
    fn runs_besides_others(&self, person: &str) -> Option<String> {
        let InForce { config, trial, .. } = self.in_force();
        let is_others = trial.is_some_and(|trial| trial.from_page && !trial.is_of(person));
        (!is_others).then(|| config.sha256.clone())
    }

    /// The digest of what runs, or comes back after what that person tries; `None` where that is not known, and while somebody else
    /// tries something.
    fn runs_besides_trials(&self, person: &str) -> Option<String> {
        match self.in_force().trial.filter(|trial| trial.is_of(person)) {
            Some(own) => own.before,
            None => self.runs_besides_others(person),
        }
    }

    /// Forgets what a session proposes where it runs by now, or stands in the `file` while nothing is on trial.
    fn forget_done(&self, key: SessionKey, file: Option<&str>) {
        let InForce { config, trial, .. } = self.in_force();
        let file = file.filter(|_| trial.is_none());
        self.proposals.lock().forget_done(key, config.text(), file);
    }

    /// The stream of a camera that a session proposes and that does not run yet, as it is typed.
    pub(super) fn proposed_stream(&self, key: SessionKey, camera: &str) -> Option<String> {
        if self.config().camera(camera).is_some() {
            return None;
        }
        let text = self.proposals.lock().get(key)?.text.clone();
        let cameras = sections_in(&text, "camera");
        let typed = cameras.iter().find(|typed| typed.id.as_deref() == Some(camera))?;
        Some(typed.value(&["url"])?.as_str()?.to_owned())
    }

    /// What a session proposes, and what is known of that, or else of what is tried at the page. Waits for the disk.
    fn look_at(&self, key: SessionKey) -> Result<(Option<Proposal>, Option<Judged>), Sentence> {
        // The answer to a trial may have come late.
        self.forget_done(key, self.file_text().ok().as_deref());
        let proposal = self.proposals.lock().get(key).cloned();
        let tried = self.on_trial_here();
        let text = proposal.as_ref().map(|proposal| proposal.text.as_str());
        let text = text.or_else(|| tried.as_deref().map(Config::text));
        let judged = text.map(|text| self.judge(text, proposal.as_ref())).transpose()?;
        Ok((proposal, judged))
    }

    /// What a session proposes, in words.
    pub(super) fn proposed_in_words(&self, key: SessionKey) -> Vec<Sentence> {
        self.proposals.lock().get(key).map(|proposal| proposal.whys.clone()).unwrap_or_default()
    }

    /// What a session proposes is proposed no more.
    pub(super) fn forget_proposal(&self, key: SessionKey) {
        self.proposals.lock().end(key);
    }

    /// Whether what stands in the file is what the daemon has taken up. Waits for the disk.
    pub(super) fn runs_the_file(&self) -> bool {
        self.file_digest().is_some_and(|sha256| sha256 == self.in_force().file)
    }

    /// The digest of what stands in the file. Waits for the disk.
    pub(super) fn file_digest(&self) -> Option<String> {
        self.file_text().ok().map(|text| digest(&text))
    }

    fn file_text(&self) -> Result<String, Sentence> {
        let file = &self.parts.config_file;
        text_of(file).map_err(|problems| {
            let first = problems.list.into_iter().next().map(|problem| problem.what);
            say::file_unreadable(file.display(), first.unwrap_or_else(|| Words::from(String::new())))
        })
    }
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    request: Request,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, request.headers());
    installers_only(&visitor, reader)?;
    let key = visitor.key;
    let (proposal, judged) = site
        .blocking(move |site| site.look_at(key), reader)
        .await?
        .map_err(|why| Refused::new(StatusCode::INTERNAL_SERVER_ERROR, why, reader))?;
    let source = site.in_force().source;
    let shell = site.shell(reader, say::title(), PATH.to_owned(), request.headers(), &visitor).await?;
    let view = View { shell: &shell, visitor: &visitor, file: &site.parts.config_file };
    let body = html! {
        h1 { (shell.say(say::title())) }
        @match (&proposal, &judged) {
            (Some(proposal), Some(judged)) => (view.proposed(proposal, judged, source)),
            (None, Some(judged)) => (view.difference(judged)),
            (_, None) => p.empty { (shell.say(say::nothing_is_proposed())) },
        }
    };
    Ok(Html(shell.page(body).into_string()))
}

struct View<'a> {
    shell: &'a Shell<'a>,
    visitor: &'a Visitor,
    file: &'a Path,
}

impl View<'_> {
    fn say(&self, sentence: Sentence) -> String {
        self.shell.say(sentence)
    }

    fn proposed(&self, proposal: &Proposal, judged: &Judged, source: ConfigSource) -> Markup {
        let is_the_centres = match source {
            ConfigSource::Remote => true,
            ConfigSource::File | ConfigSource::Page => false,
        };
        html! {
            ul.proposal {
                @for why in &proposal.whys { li { (coded(&self.say(change_in_words(why, self.shell.language)))) } }
                @for why in &judged.site { li { (coded(&self.say(why.clone()))) } }
            }
            @if judged.is_edited {
                p.fault role="alert" { (self.say(say::file_was_edited(self.file.display()))) }
            }
            @if let Some((what, hint)) = &judged.unwritable {
                div.fault role="alert" {
                    p { (coded(&self.say(say::could_not_keep(what.clone())))) }
                    @if let Some(hint) = hint { p { (coded(&self.say(say_page::try_this(hint.clone())))) } }
                }
            }
            @if is_the_centres { p.notice { (self.say(say::centre_runs())) } }
            @if let Some(others) = &judged.others {
                p.notice { (self.say(say::not_with_others(banner::who(others.by.as_deref())))) }
            }
            (self.problems(judged))
            @if !judged.restart.is_empty() {
                @let shown = judged.may_be_written().then(|| digest(&proposal.text));
                @let about = [judged.restart.as_slice(), judged.key.as_slice()].concat();
                (site_page::restart_form(self.shell, self.visitor, &about, shown.as_deref(), judged.is_on_trial))
            }
            div.buttons {
                @if judged.may_be_tried() { (self.form("try", say::try_it(), false, proposal)) }
                (self.form("discard", say::discard(), true, proposal))
                a.button.second href=(proposal.back_to) { (self.say(say::go_on_changing())) }
            }
            @if judged.may_be_tried() { p.hint { (self.say(say::about_trying())) } }
            @if judged.errors.is_empty() { (self.past_form(proposal)) }
            (self.difference(judged))
        }
    }

    fn form(&self, action: &str, name: Sentence, is_second: bool, shown: &Proposal) -> Markup {
        html! {
            form method="post" action={ (PATH) "/" (action) } {
                (token(self.visitor.form_token()))
                input type="hidden" name=(SHOWN) value=(digest(&shown.text));
                button.second[is_second] type="submit" { (self.say(name)) }
            }
        }
    }

    /// What it would have made of the last days.
    fn past_form(&self, shown: &Proposal) -> Markup {
        let action = format!("{PATH}/past");
        html! {
            form #past-form method="post" action=(action) {
                (token(self.visitor.form_token()))
                input type="hidden" name=(SHOWN) value=(digest(&shown.text));
                (past::button(self.shell, &action, true))
            }
        }
    }

    fn problems(&self, judged: &Judged) -> Markup {
        let list = |problems: &[Problem]| {
            html! {
                ul.lines {
                    @for problem in problems {
                        li {
                            p { b { (self.say(say::line(problem.line))) } " " (coded(&problem.what.in_language(self.shell.language))) }
                            @if let Some(hint) = &problem.hint {
                                p.hint { (coded(&hint.in_language(self.shell.language))) }
                            }
                        }
                    }
                }
            }
        };
        html! {
            @if !judged.errors.is_empty() {
                section aria-labelledby="wrong" {
                    h2 #wrong { (self.say(say::what_is_wrong())) }
                    (list(&judged.errors))
                }
            }
            @if !judged.warnings.is_empty() {
                details #warnings {
                    summary { (self.say(say::warnings(judged.warnings.len()))) }
                    (list(&judged.warnings))
                }
            }
        }
    }

    fn difference(&self, judged: &Judged) -> Markup {
        html! {
            section aria-labelledby="difference" {
                h2 #difference { (self.say(say::difference_of(self.file.display()))) }
                @for part in &judged.difference {
                    p.hint { (self.say(say::from_line(part.line))) }
                    pre.difference {
                        @for (tag, line) in &part.lines {
                            @match tag {
                                ChangeTag::Equal => span { "  " (line) "\n" },
                                ChangeTag::Delete => del { "- " (line) "\n" },
                                ChangeTag::Insert => ins { "+ " (line) "\n" },
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A proposal that takes a restart, as it is to be written.
pub(super) struct ToWrite {
    /// The whole file.
    pub(super) text: String,
    /// Its digest.
    pub(super) sha256: String,
    /// The digest of the file that it takes the place of.
    pub(super) before: String,
}

/// What a session proposes and takes a restart; `None`: nothing, or not as it is. Waits for the disk.
pub(super) fn to_write(site: &Site, key: SessionKey) -> Option<ToWrite> {
    let proposal = site.proposals.lock().get(key).cloned()?;
    let judged = site.judge(&proposal.text, Some(&proposal)).ok()?;
    let may = judged.may_be_written() && !judged.restart.is_empty();
    may.then(|| ToWrite { sha256: digest(&proposal.text), before: judged.file, text: proposal.text })
}

/// Asks the box on behalf of an installer and waits for its answer.
async fn ask(
    site: &Arc<Site>,
    visitor: &Visitor,
    command: &'static str,
    data: serde_json::Value,
    reader: Reader,
) -> Result<Option<Answer>, Refused> {
    let Some(role) = visitor.person.role.of_commands() else {
        return Err(Refused::forbidden(say::installers_only(), reader));
    };
    let asked = PageCommand { person: visitor.person.name.clone(), role, command, data, at: site.now().utc };
    Ok(match site.parts.desk.ask(asked) {
        Ok(mut answer) => tokio::time::timeout(ANSWER_WITHIN, answer.recv()).await.ok().flatten(),
        Err(refused) => Some(*refused),
    })
}

/// What to say of an answer; `Err`: it was not done.
fn outcome_of(answer: Option<Answer>, done: Sentence) -> Result<Sentence, Sentence> {
    let Some(answer) = answer else { return Err(say_page::no_answer_yet()) };
    match answer.outcome {
        Outcome::Done | Outcome::Already => Ok(done),
        Outcome::Refused | Outcome::Failed => Err(match answer.message {
            Some(why) => say::not_done(why),
            None => say_page::did_not_work(),
        }),
    }
}

/// Whether more was proposed, in another tab, since the page was made whose button was pressed.
fn is_another(fields: &Fields, proposal: &Proposal) -> bool {
    fields.get(SHOWN).is_some_and(|shown| shown != digest(&proposal.text))
}

pub(super) async fn try_out(State(site): State<Arc<Site>>, form: OwnForm) -> Result<Redirect, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    installers_only(&visitor, reader)?;
    let Some(proposal) = site.proposals.lock().get(visitor.key).cloned() else {
        return Ok(Redirect::to(PATH));
    };
    if is_another(&fields, &proposal) {
        site.sessions.lock().say_next(visitor.key, say::is_another_by_now());
        return Ok(Redirect::to(PATH));
    }
    let judging = proposal.clone();
    let judged = site.blocking(move |site| site.judge(&judging.text, Some(&judging)), reader).await?;
    let Some(judged) = judged.ok().filter(Judged::may_be_tried) else {
        // The page says why.
        return Ok(Redirect::to(PATH));
    };
    let goes_on_from = |tried: Tried| site.proposals.lock().goes_on_from(visitor.key, &proposal.text, tried);
    if !judged.tried.is_some_and(goes_on_from) {
        // Something was added meanwhile, which nobody has seen here yet.
        return Ok(Redirect::to(PATH));
    }
    let data = json!({
        "version": 1,
        "toml": proposal.text,
        "expect_config": judged.running,
        "revert_after_secs": TRIAL.as_secs(),
    });
    let answer = ask(&site, &visitor, "config", data, reader).await?;
    let result = outcome_of(answer, say::trial_began());
    let is_tried = site.on_trial_here().is_some_and(|tried| proposal.text == tried.text());
    // What grew meanwhile stays.
    site.forget_done(visitor.key, None);
    let (notice, to) = match result {
        Ok(done) => (done, proposal.back_to),
        // Somebody pressed twice.
        Err(_) if is_tried => (say::trial_began(), proposal.back_to),
        Err(why) => (why, PATH.to_owned()),
    };
    site.sessions.lock().say_next(visitor.key, notice);
    Ok(Redirect::to(&to))
}

/// What is proposed, on the last days.
pub(super) async fn try_on_the_past(
    State(site): State<Arc<Site>>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    installers_only(&visitor, reader)?;
    let Some(proposal) = site.proposals.lock().get(visitor.key).cloned() else {
        return Ok(Redirect::to(PATH));
    };
    if is_another(&fields, &proposal) {
        site.sessions.lock().say_next(visitor.key, say::is_another_by_now());
        return Ok(Redirect::to(PATH));
    }
    past::not_outdated(&site, &visitor, reader).await?;
    let ran = Some(site.config().sha256.clone());
    let Proposal { text, whys, .. } = proposal;
    let change = Change { text, whys, cameras: Vec::new(), proposal: None, ran };
    past::begin(&site, &visitor, reader, &fields, change).await
}

pub(super) async fn discard(State(site): State<Arc<Site>>, form: OwnForm) -> Result<Redirect, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    installers_only(&visitor, reader)?;
    let proposal = {
        let mut proposals = site.proposals.lock();
        if proposals.get(visitor.key).is_some_and(|proposal| is_another(&fields, proposal)) {
            site.sessions.lock().say_next(visitor.key, say::is_another_by_now());
            return Ok(Redirect::to(PATH));
        }
        proposals.take(visitor.key)
    };
    site.sessions.lock().say_next(visitor.key, say::discarded());
    Ok(Redirect::to(proposal.as_ref().map_or(PATH, |proposal| &proposal.back_to)))
}

pub(super) async fn keep(State(site): State<Arc<Site>>, form: OwnForm) -> Result<Redirect, Refused> {
    let done = say::kept(site.parts.config_file.display());
    // Whoever keeps it goes on where they are.
    let to = form.fields.get("to").filter(|to| is_own_path(to)).unwrap_or(PATH).to_owned();
    decide(&site, form, "confirm", done, &to).await
}

pub(super) async fn go_back(State(site): State<Arc<Site>>, form: OwnForm) -> Result<Redirect, Refused> {
    // Where they are may be gone with it.
    decide(&site, form, "revert", say::went_back(), PATH).await
}

async fn decide(
    site: &Arc<Site>,
    form: OwnForm,
    command: &'static str,
    done: Sentence,
    to: &str,
) -> Result<Redirect, Refused> {
    let OwnForm { visitor, reader, fields } = form;
    installers_only(&visitor, reader)?;
    // The answer to a trial may have come late: afterwards it runs no more, or stands in the file.
    site.forget_done(visitor.key, None);
    let data = json!({ "config": fields.get("config") });
    let answer = ask(site, &visitor, command, data, reader).await?;
    let (notice, to) = match outcome_of(answer, done) {
        Ok(done) => (done, to),
        Err(why) => (why, PATH),
    };
    // What is kept by now may have taken a camera away, and its password with it.
    site.blocking(wizard::delete_unused_secrets, reader).await?;
    site.sessions.lock().say_next(visitor.key, notice);
    Ok(Redirect::to(to))
}
