//! The page of one alert: its pictures as they were published, the explanation in words, who has it, its revisions; and
//! what somebody may do about it.
//!
//! What is done here goes the way of signed commands (`control::local`). Must never show a picture but the very one that
//! was published: its digest is compared with the one that the alert names.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::accounts::Role;
use super::alert_list::{state, title};
use super::history::Revision;
use super::layout::{Shell, Tab, clock, level_badge, level_name, token};
use super::refusals::refusal;
use super::request::{Fields, OwnForm, Reader, Refused, Visitor};
use super::{PageCommand, Site};
use crate::contract::alert::{AlertData, Evidence, EvidenceState, Redaction};
use crate::contract::alert_words as words;
use crate::contract::command::Outcome;
use crate::contract::explain::{explain, in_its_life, judged, reason};
use crate::contract::kinds;
use crate::contract::words::{Language, Mode};
use crate::evidence::{Kept, Store};
use crate::text::{Sentence, page as say, page_test};
use crate::types::hex::sha256_hex;
use crate::types::verdict::{OUTCOMES, Verdict};

/// What the box gets to answer before the page goes on without it; what was asked for happens all the same.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// What was done stands in the history a moment later.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Longest note, in characters, as the commands take it.
const NOTE_CHARS: usize = 500;
/// What somebody can say an alert was.
const VERDICTS: [Verdict; 4] =
    [Verdict::Confirmed, Verdict::FalseAlarm, Verdict::Duplicate, Verdict::Exercise];

/// An id, never a path: letters and digits of a ULID.
fn is_alert_id(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(alert_id): Path<String>,
    request: Request,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, request.headers());
    if !is_alert_id(&alert_id) {
        return Err(Refused::not_found(reader));
    }
    let read = move |site: &Site| {
        let history = site.history.lock();
        Ok::<_, rusqlite::Error>((history.latest(&alert_id)?, history.revisions(&alert_id)?))
    };
    let found = site.blocking(read, reader).await?;
    let (alert, revisions) = found.map_err(|error| Refused::broken(error, reader))?;
    let Some(alert) = &alert else {
        return Err(Refused::new(StatusCode::NOT_FOUND, say::alert_is_gone(), reader));
    };
    let mut shell = site
        .shell(reader, say::one_alert(), request.uri().path().to_owned(), request.headers(), &visitor)
        .await?;
    shell.tab = Some(Tab::Alerts);
    let view = View { alert, language: reader.0, zone: site.time_zone(), shell: &shell };
    let body = html! {
        p.back { a href="/alerts" { (shell.say(say::back_to_alerts())) } }
        div.columns {
            div #alert data-live="alerts" {
                (view.head())
                (view.pictures())
            }
            // On a phone before the explanation: the picture may be enough to act.
            aside { (view.actions(&visitor)) }
            div #why data-live="alerts" { (view.explanation()) }
        }
        div #revisions data-live="alerts" { (view.revisions(&revisions)) }
    };
    Ok(Html(shell.page(body).into_string()))
}

struct View<'a> {
    alert: &'a AlertData,
    language: Language,
    zone: TimeZone,
    shell: &'a Shell<'a>,
}

impl View<'_> {
    fn say(&self, sentence: Sentence) -> String {
        sentence.in_language(self.language)
    }

    fn head(&self) -> Markup {
        let alert = self.alert;
        let mode = match alert.mode {
            _ if alert.kind == kinds::TEST_ALERT => Some(page_test::only_a_test()),
            Mode::Actual => None,
            Mode::Exercise => Some(say::mode_exercise()),
            Mode::Test => Some(say::mode_test()),
        };
        html! {
            h1 { (level_badge(alert.level, self.language)) " " (title(alert, self.language)) }
            p.lead { (state(alert, self.language)) }
            @if let Some(mode) = mode { p.notice { (self.say(mode)) } }
        }
    }

    fn pictures(&self) -> Markup {
        html! {
            section aria-labelledby="pictures" {
                h2 #pictures { (self.say(say::pictures())) }
                @if self.alert.evidence.is_empty() {
                    p.empty { (self.say(say::no_pictures())) }
                } @else {
                    div.pictures { @for picture in &self.alert.evidence { (self.picture(picture)) } }
                }
            }
        }
    }

    fn picture(&self, picture: &Evidence) -> Markup {
        let source = format!("/alerts/{}/pictures/{}", self.alert.alert_id, picture.id);
        let camera = picture.camera.as_deref().unwrap_or("");
        let redaction = match picture.redaction {
            Redaction::Pixelated => say::is_pixelated(),
            Redaction::NobodyInPicture => say::nobody_in_picture(),
            Redaction::Failed => say::not_redacted(),
        };
        let has_one = match picture.state {
            EvidenceState::Queued => !picture.sha256.is_empty(),
            EvidenceState::None | EvidenceState::Dropped => false,
        };
        html! {
            figure {
                @if has_one {
                    a href=(source) {
                        img src=(source) loading="lazy" width="640" height="360" alt=(self.say(say::picture_of(camera)));
                    }
                } @else {
                    p.empty { (self.say(say::no_picture())) }
                }
                figcaption {
                    @if !camera.is_empty() { (camera) " · " }
                    @if let Some(at) = picture.taken_at { (clock(at.0, &self.zone)) " · " }
                    (self.say(redaction))
                }
            }
        }
    }

    /// Line by line, as `lookout explain` prints it; the first one is the heading of this page.
    fn explanation(&self) -> Markup {
        let text = explain(self.alert, self.language);
        html! {
            section aria-labelledby="explanation" {
                h2 #explanation { (self.say(say::why_it_was_told())) }
                div.explanation {
                    @for line in text.lines().skip(1) {
                        @let indent = line.len() - line.trim_start().len();
                        @let (key, rest) = parts(line.trim_start(), indent);
                        p.inner[indent > 2] { @if !key.is_empty() { b { (key) } " " } (rest) }
                    }
                }
            }
        }
    }

    fn revisions(&self, revisions: &[Revision]) -> Markup {
        html! {
            section aria-labelledby="history" {
                h2 #history { (self.say(say::revisions())) }
                ol.lines.revisions {
                    @for revision in revisions {
                        li {
                            span.number { (revision.rev) } " "
                            (clock(revision.at, &self.zone)) " · "
                            (self.say(in_its_life(revision.phase))) " · " (self.say(reason(revision.reason)))
                            " · " (self.say(level_name(revision.level)))
                        }
                    }
                }
            }
        }
    }

    fn actions(&self, visitor: &Visitor) -> Markup {
        let alert = self.alert;
        if !visitor.may(Role::Operator) {
            return html! {
                section aria-labelledby="actions" {
                    h2 #actions { (self.say(say::what_to_do())) }
                    p.hint { (self.say(say::viewers_only_look())) }
                }
            };
        }
        let is_closed = alert.handling.as_ref().is_some_and(|handling| handling.closed.is_some());
        let is_open = !alert.phase.is_last();
        html! {
            section aria-labelledby="actions" {
                h2 #actions { (self.say(say::what_to_do())) }
                @if alert.acknowledged.is_none() && is_open {
                    (self.form(visitor, "ack", say::take_on(), html! {
                        p.hint { (self.say(say::about_taking_on())) }
                    }, true))
                }
                (self.form(visitor, "verdict", say::give_verdict(), self.verdict_fields(), false))
                @if is_closed {
                    p.hint { (self.say(say::is_closed())) }
                } @else {
                    (self.form(visitor, "close", say::close(), self.outcome_fields(), false))
                }
            }
        }
    }

    /// One thing to do, with a note.
    fn form(
        &self,
        visitor: &Visitor,
        action: &str,
        name: Sentence,
        fields: Markup,
        is_first: bool,
    ) -> Markup {
        let note = format!("note-{action}");
        html! {
            details.action open[is_first] id={ "do-" (action) } {
                summary { (self.say(name.clone())) }
                form method="post" action={ "/alerts/" (self.alert.alert_id) "/" (action) } {
                    (token(visitor.form_token()))
                    (fields)
                    label for=(note) { (self.say(say::note())) }
                    textarea id=(note) name="note" rows="2" maxlength=(NOTE_CHARS) {}
                    button type="submit" { (self.say(name)) }
                }
            }
        }
    }

    fn verdict_fields(&self) -> Markup {
        let given = self.alert.handling.as_ref().and_then(|handling| handling.verdict.as_ref());
        let given = given.map(|given| given.verdict);
        html! {
            fieldset {
                legend { (self.say(say::it_was())) }
                @for verdict in VERDICTS {
                    label.choice {
                        input type="radio" name="verdict" value=(verdict.name()) required checked[given == Some(verdict)];
                        (self.say(judged(verdict)))
                    }
                }
            }
            label for="cause" { (self.say(say::cause())) }
            select #cause name="cause" {
                option value="" { (self.say(say::cause_unknown())) }
                @for verdict in [Verdict::FalseAlarm, Verdict::Confirmed] {
                    optgroup label=(self.say(judged(verdict))) {
                        @for cause in verdict.causes(&self.alert.kind) {
                            option value={ (verdict.name()) "." (cause) } { (words::cause(cause).in_language(self.language)) }
                        }
                    }
                }
            }
        }
    }

    fn outcome_fields(&self) -> Markup {
        html! {
            label for="outcome" { (self.say(say::settled_how())) }
            select #outcome name="outcome" required {
                @for outcome in OUTCOMES { option value=(outcome) { (words::outcome(outcome).in_language(self.language)) } }
            }
            p.hint { (self.shell.say(say::about_closing())) }
        }
    }
}

/// What a line of the explanation is about, and what it says of that.
fn parts(line: &str, indent: usize) -> (&str, &str) {
    let parted = line.split_once(": ").or_else(|| line.split_once('：'));
    parted.filter(|_| indent <= 2).unwrap_or(("", line))
}

/// What somebody added, in one line, as the commands take it: the field has two, so people press Enter in it.
fn note(fields: &Fields) -> Option<String> {
    fields.get("note").map(|note| note.split_whitespace().collect::<Vec<_>>().join(" "))
}

pub(super) async fn acknowledge(
    State(site): State<Arc<Site>>,
    Path(alert_id): Path<String>,
    form: OwnForm,
) -> Result<Response, Refused> {
    let data = json!({ "note": note(&form.fields) });
    act(&site, form, alert_id, "ack", data).await
}

pub(super) async fn verdict(
    State(site): State<Arc<Site>>,
    Path(alert_id): Path<String>,
    form: OwnForm,
) -> Result<Response, Refused> {
    let verdict = form.fields.get("verdict");
    // A cause that belongs to another verdict was left over in the form.
    let cause = form.fields.get("cause").and_then(|cause| cause.split_once('.'));
    let cause = cause.filter(|(of, _)| Some(*of) == verdict).map(|(_, cause)| cause);
    let data = json!({ "verdict": verdict, "cause": cause, "note": note(&form.fields) });
    act(&site, form, alert_id, "verdict", data).await
}

pub(super) async fn close(
    State(site): State<Arc<Site>>,
    Path(alert_id): Path<String>,
    form: OwnForm,
) -> Result<Response, Refused> {
    let data = json!({ "outcome": form.fields.get("outcome"), "note": note(&form.fields) });
    act(&site, form, alert_id, "close", data).await
}

/// Asks the box, waits for its answer, and goes back to the alert with it.
async fn act(
    site: &Arc<Site>,
    form: OwnForm,
    alert_id: String,
    command: &'static str,
    mut data: Value,
) -> Result<Response, Refused> {
    let OwnForm { visitor, reader, .. } = form;
    if !is_alert_id(&alert_id) {
        return Err(Refused::not_found(reader));
    }
    let Some(role) = visitor.person.role.of_commands() else {
        return Err(Refused::forbidden(say::viewers_only_look(), reader));
    };
    data["alert_id"] = Value::String(alert_id.clone());
    let before = latest_rev(site, &alert_id, reader).await?;
    let asked = PageCommand { person: visitor.person.name.clone(), role, command, data, at: site.now().utc };
    let answer = match site.parts.desk.ask(asked) {
        Ok(mut answer) => tokio::time::timeout(ANSWER_WITHIN, answer.recv()).await.ok().flatten(),
        Err(refused) => Some(*refused),
    };
    let notice = match &answer {
        None => say::no_answer_yet(),
        Some(answer) => match (answer.outcome, answer.code) {
            (Outcome::Done, _) => say::done(),
            (Outcome::Already, _) => say::already_so(),
            (Outcome::Refused | Outcome::Failed, Some(code)) => refusal(code),
            (Outcome::Refused | Outcome::Failed, None) => say::did_not_work(),
        },
    };
    if answer.is_some_and(|answer| answer.outcome == Outcome::Done) {
        // The page that comes next shows what was done, and does not offer it once more.
        let until = tokio::time::Instant::now() + SHOWN_WITHIN;
        while latest_rev(site, &alert_id, reader).await? == before && tokio::time::Instant::now() < until {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
    site.sessions.lock().say_next(visitor.key, notice);
    Ok(Redirect::to(&format!("/alerts/{alert_id}")).into_response())
}

/// Number of the revision that the page would show.
async fn latest_rev(site: &Arc<Site>, alert_id: &str, reader: Reader) -> Result<Option<u32>, Refused> {
    let id = alert_id.to_owned();
    let read = move |site: &Site| site.history.lock().latest(&id);
    let latest = site.blocking(read, reader).await?.map_err(|error| Refused::broken(error, reader))?;
    Ok(latest.map(|alert| alert.rev))
}

/// A redacted picture, byte for byte as it was published.
pub(super) async fn picture(
    State(site): State<Arc<Site>>,
    Path((alert_id, number)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let reader = Reader::of(&site, &headers);
    let Ok(number) = number.parse::<u32>() else { return Err(Refused::not_found(reader)) };
    if !is_alert_id(&alert_id) {
        return Err(Refused::not_found(reader));
    }
    let kept = site.status.borrow().as_ref().and_then(|status| status.pictures.clone());
    let now = site.now().utc;
    let read = move |site: &Site| {
        let (folder, keep) = kept?;
        let alert = site.history.lock().latest(&alert_id).ok()??;
        let published = alert.evidence.iter().find(|picture| picture.id == number)?;
        if published.redaction == Redaction::Failed || published.sha256.is_empty() {
            return None;
        }
        let store = Store::open(Kept::Redacted, &folder, keep, u64::MAX).ok()?;
        if store.is_over(&alert_id, number, now) {
            return None;
        }
        let bytes = store.read(&alert_id, number).ok()??;
        (sha256_hex(&bytes) == published.sha256).then_some(bytes)
    };
    match site.blocking(read, reader).await? {
        Some(bytes) => Ok(([(header::CONTENT_TYPE, "image/jpeg")], bytes).into_response()),
        None => Err(Refused::new(StatusCode::NOT_FOUND, say::picture_is_gone(), reader)),
    }
}
