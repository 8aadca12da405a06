//! What becomes of the forms of rules that come back: faults beside their fields, a proposal, or a trial on the last days.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::Value;

use super::form::{self, Change, FieldFault, begun_large, toml};
use super::{KnownRules, PATH, Returned, RulePage, known_kind, path_of, path_of_list};
use crate::config::edit::{self, Edit, NewRule};
use crate::config::rule_fields::{self, KindOfRule, has_rule};
use crate::config::{self, Config};
use crate::contract::words::Language;
use crate::text::Joint;
use crate::text::{Sentence, Words, config_edit, page_rules as say};
use crate::web::Site;
use crate::web::changes;
use crate::web::past::Aim;
use crate::web::past::backtest::ToPropose;
use crate::web::request::{Fields, OwnForm, Reader, Refused, Visitor, installers_only};

/// What becomes of a form that came back.
enum FormOutcome {
    Edits(Vec<Edit>, Sentence),
    Faults(Vec<FieldFault>),
    /// Unknown rule.
    Gone,
    /// The text that would be changed cannot be read.
    Unreadable(Sentence),
}

/// The faults of a rule as it would stand in the file, in the reader's language.
fn judged(site: &Site, visitor: &Visitor, edits: &[Edit], id: &str, language: Language) -> Vec<FieldFault> {
    let text = site.text_to_change(visitor).and_then(|text| edit::apply(&text, edits));
    let Ok(text) = text else {
        // Why, is said where it is proposed.
        return Vec::new();
    };
    let field_fault = |fault: rule_fields::Fault| FieldFault {
        key: fault.key.join("."),
        what: begun_large(&fault.what.in_language(language)),
        hint: fault.hint.map(|hint| begun_large(&hint.in_language(language))),
    };
    rule_fields::faults(&site.parts.config_file, &text, "rule", id).into_iter().map(field_fault).collect()
}

/// What cannot be read goes first; the check may complain of the same field, as of one that is missing.
pub(super) fn with(mut unreadable: Vec<FieldFault>, judged: Vec<FieldFault>) -> Vec<FieldFault> {
    for fault in judged {
        if unreadable.iter().all(|known| known.key != fault.key || known.key.is_empty()) {
            unreadable.push(fault);
        }
    }
    unreadable
}

/// The change of a rule that is there.
fn of_rule(site: &Site, visitor: &Visitor, id: &str, fields: &Fields, language: Language) -> FormOutcome {
    let text = match site.text_to_change(visitor) {
        Ok(text) => text,
        Err(why) => return FormOutcome::Unreadable(why),
    };
    let rules = rule_fields::sections_in(&text, "rule");
    let Some(typed) = rules.iter().find(|rule| rule.id.as_deref() == Some(id)) else {
        return FormOutcome::Gone;
    };
    let kind = typed.condition().and_then(rule_fields::kind);
    let (changes, unreadable) = form::changes(kind.as_ref(), fields, Some(typed), language);
    // By their keys: the page of changes calls each field as its reader's language does.
    let names = changes.iter().map(|(key, _)| key.join(".").into());
    let why = say::changed(id, Words::List(names.collect(), Joint::Row));
    let edit =
        |(key, value): Change| Edit::SetRule { id: id.to_owned(), key, value: value.as_ref().map(toml) };
    let edits: Vec<Edit> = changes.into_iter().map(edit).collect();
    let faults = with(unreadable, judged(site, visitor, &edits, id, language));
    if faults.is_empty() { FormOutcome::Edits(edits, why) } else { FormOutcome::Faults(faults) }
}

/// A rule in addition.
fn of_new(
    site: &Site,
    visitor: &Visitor,
    kind: &KindOfRule,
    fields: &Fields,
    language: Language,
) -> FormOutcome {
    let text = match site.text_to_change(visitor) {
        Ok(text) => text,
        Err(why) => return FormOutcome::Unreadable(why),
    };
    let (changes, mut unreadable) = form::changes(Some(kind), fields, None, language);
    let id = fields.get("id").unwrap_or_default().to_owned();
    let is_taken = has_rule(&text, &id);
    // What is proposed stands in no file yet.
    let stands = || config::text_of(&site.parts.config_file).is_ok_and(|file| has_rule(&file, &id));
    let taken = || if stands() { config_edit::rule_is_there(&id) } else { say::rule_is_proposed(&id) };
    let no_name = id.is_empty().then(say::name_is_missing).or_else(|| is_taken.then(taken));
    if let Some(what) = no_name {
        unreadable.push(FieldFault {
            key: "id".to_owned(),
            what: begun_large(&what.in_language(language)),
            hint: None,
        });
    }
    let (mut cameras, mut values) = (Vec::new(), Vec::new());
    for (key, value) in changes {
        match (key.first().map(String::as_str), value) {
            (Some("id"), _) | (_, None) => {}
            (Some("cameras"), Some(Value::Array(names))) => {
                cameras = names.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            }
            (_, Some(value)) => values.push((key, toml(&value))),
        }
    }
    let names_none = cameras.is_empty();
    let why = say::added(id.as_str(), (kind.alert.title)());
    let new = NewRule { kind: kind.alert.name.to_owned(), id: id.clone(), cameras, values };
    let mut edits = vec![Edit::AddRule(new)];
    if names_none {
        // An empty list is another mistake than none, and none where the rule is of an owner's cameras.
        edits.push(Edit::SetRule { id: id.clone(), key: edit::path(&["cameras"]), value: None });
    }
    // A name that is taken leads to another rule.
    let judged = if is_taken { Vec::new() } else { judged(site, visitor, &edits, &id, language) };
    let faults = with(unreadable, judged);
    if faults.is_empty() { FormOutcome::Edits(edits, why) } else { FormOutcome::Faults(faults) }
}

/// The form with the typed values and their problems.
pub(super) fn again(page: Html<String>) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

fn unreadable(why: Sentence, reader: Reader) -> Refused {
    Refused::new(StatusCode::INTERNAL_SERVER_ERROR, why, reader)
}

/// Which rule a form is about.
enum About {
    Known(String),
    /// One in addition.
    New(KindOfRule),
}

/// What becomes of a form: its change is proposed or tried, or it is shown again with its faults.
async fn answer(
    (site, headers): (Arc<Site>, HeaderMap),
    about: About,
    form: OwnForm,
    aim: Aim,
) -> Result<Response, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    let of = visitor.clone();
    let work = move |site: &Site| {
        let outcome = match &about {
            About::Known(id) => of_rule(site, &of, id, &fields, reader.0),
            About::New(kind) => of_new(site, &of, kind, &fields, reader.0),
        };
        let known = matches!(outcome, FormOutcome::Faults(_)).then(|| KnownRules::of(site, &of));
        (outcome, known, fields, about)
    };
    let (outcome, known, fields, about) = site.blocking(work, reader).await?;
    match (outcome, known) {
        (FormOutcome::Edits(edits, why), _) => {
            let (id, back_to) = match about {
                About::Known(id) => (id.clone(), path_of(&id)),
                About::New(_) => {
                    // Where the list says what comes next there.
                    let camera = fields.get("camera").or_else(|| fields.ticked("cameras").first().copied());
                    (fields.get("id").unwrap_or_default().to_owned(), path_of_list(camera))
                }
            };
            let cameras = move |config: &Config| {
                let rule = config.rules.iter().find(|rule| *rule.id == *id);
                rule.map_or_else(Vec::new, |rule| rule.cameras.iter().map(ToString::to_string).collect())
            };
            let change = ToPropose { edits, why, back_to };
            Ok(aim.pursue(&site, &visitor, reader, &fields, change, cameras).await?.into_response())
        }
        (FormOutcome::Faults(faults), Some(known)) => {
            let page = RulePage { site: &site, visitor: &visitor, headers: &headers, reader };
            let returned = Some(Returned { fields: &fields, faults: &faults });
            Ok(again(match &about {
                About::Known(id) => page.of_rule(&known, id, returned).await?,
                About::New(kind) => page.of_new(&known, Some(kind), fields.get("camera"), returned).await?,
            }))
        }
        (FormOutcome::Unreadable(why), _) => Err(unreadable(why, reader)),
        (FormOutcome::Faults(_) | FormOutcome::Gone, _) => Err(site.not_there(&visitor, reader)),
    }
}

pub(in crate::web) async fn propose(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: OwnForm,
) -> Result<Response, Refused> {
    Aim::Propose.may(&form.visitor, form.reader)?;
    answer((site, headers), About::Known(id), form, Aim::Propose).await
}

pub(in crate::web) async fn propose_new(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    form: OwnForm,
) -> Result<Response, Refused> {
    Aim::Propose.may(&form.visitor, form.reader)?;
    let kind = known_kind(form.fields.get("kind").unwrap_or_default(), form.reader)?;
    answer((site, headers), About::New(kind), form, Aim::Propose).await
}

/// The change of a form that is not proposed, on the last days.
pub(in crate::web) async fn try_on_the_past(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: OwnForm,
) -> Result<Response, Refused> {
    Aim::Try.may(&form.visitor, form.reader)?;
    answer((site, headers), About::Known(id), form, Aim::Try).await
}

pub(in crate::web) async fn remove(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let OwnForm { visitor, reader, .. } = form;
    installers_only(&visitor, reader)?;
    changes::remove_rule(&site, &visitor, reader, id, PATH).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_reported_once() {
        let fault =
            |key: &str, what: &str| FieldFault { key: key.to_owned(), what: what.to_owned(), hint: None };
        let unreadable = vec![fault("crowd.for_secs", "no number")];
        let judged = vec![fault("crowd.for_secs", "missing"), fault("crowd.zone", "missing")];
        assert_eq!(with(unreadable.clone(), judged), [unreadable[0].clone(), fault("crowd.zone", "missing")]);
    }
}
