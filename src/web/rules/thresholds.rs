//! The thresholds of a camera, class by class: how sure the detector must be, usually and at other hours.
//!
//! What stands in the camera itself is changed here; what comes from its type or from all cameras is shown beside it. Whether
//! a value makes sense is asked of `config`, as with rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use serde_json::Value;

use super::super::Site;
use super::super::accounts::Role;
use super::super::layout::{Shell, Tab, colon, token};
use super::super::past::backtest::ToPropose;
use super::super::past::{self, Aim};
use super::super::request::{Fields, OwnForm, Reader, Refused, Visitor};
use super::changing::{again, with};
use super::form::{FieldFault, begun_large, html_id, marked, toml};
use super::words::hours_in_words;
use crate::analysis::detection::{Class, class_words};
use crate::config::edit::{self, Edit};
use crate::config::rule_fields::{self, TypedSection, about_camera};
use crate::config::{Config, Explained, Origin};
use crate::contract::words::Language;
use crate::onvif::half_width;
use crate::text::{Sentence, page_past, page_rules as say, page_shapes};

/// The two columns: where in the camera each stands.
const USUALLY: &[&str] = &["thresholds"];
const AT_OTHER_HOURS: &[&str] = &["night", "thresholds"];
const OTHER_HOURS: &[&str] = &["night", "schedule"];

/// A camera's thresholds as they stand in the text that would be changed.
struct CameraThresholds {
    camera: String,
    /// What people call it.
    name: String,
    typed: TypedSection,
    /// What its type or all cameras have, by the path of the value, in words.
    layers: BTreeMap<String, Sentence>,
    /// Each class that may have one, and whether a rule asks about it.
    classes: Vec<(String, bool)>,
}

impl CameraThresholds {
    /// `None`: there is no such camera. Waits for the disk.
    fn of(site: &Site, visitor: &Visitor, camera: &str) -> Option<Self> {
        let running = site.config();
        let changed = visitor.may(Role::Installer).then(|| site.text_to_change(visitor).ok()).flatten();
        let text = changed.as_deref().unwrap_or(running.text());
        let mut sections = rule_fields::sections_in(text, "camera").into_iter();
        let typed = sections.find(|section| section.id.as_deref() == Some(camera))?;
        let explained = Explained::of(&site.parts.config_file, text, camera).ok()?;
        let mut layers = BTreeMap::new();
        for value in explained.values {
            let origin = match value.from {
                Origin::Own { .. } | Origin::BuiltIn => continue,
                Origin::Type { id, .. } => say::from_type(value.value, id),
                Origin::Defaults { .. } => say::from_all_cameras(value.value),
            };
            layers.insert(value.name, origin);
        }
        let watching = running.rules.iter().filter(|rule| rule.cameras.iter().any(|id| **id == *camera));
        let asked: Vec<&str> =
            watching.flat_map(|rule| rule.when.classes()).map(|class| class.name()).collect();
        let known = Class::STREET.iter().map(|class| class.name());
        let named = [USUALLY, AT_OTHER_HOURS].into_iter().filter_map(|key| typed.value(key)?.as_object());
        let named = named.flat_map(|table| table.keys().map(String::as_str));
        let mut classes: Vec<(String, bool)> = Vec::new();
        for class in asked.iter().copied().chain(known).chain(named) {
            if classes.iter().all(|(there, _)| there != class) {
                classes.push((class.to_owned(), asked.contains(&class)));
            }
        }
        let name = running.camera(camera).and_then(|camera| camera.responsible.name.clone());
        let name = name.unwrap_or_else(|| camera.to_owned());
        Some(CameraThresholds { camera: camera.to_owned(), name, typed, layers, classes })
    }

    /// The path of every value of the form.
    fn paths(&self) -> Vec<Vec<&str>> {
        let of_class = |key: &[&'static str]| {
            let key = key.to_vec();
            self.classes.iter().map(move |(class, _)| [&key[..], &[class.as_str()]].concat())
        };
        of_class(USUALLY).chain(of_class(AT_OTHER_HOURS)).chain([OTHER_HOURS.to_vec()]).collect()
    }
}

pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(camera): Path<String>,
    headers: HeaderMap,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, &headers);
    let of = visitor.clone();
    let known = site.blocking(move |site| CameraThresholds::of(site, &of, &camera), reader).await?;
    let known = known.ok_or_else(|| site.not_there(&visitor, reader))?;
    page(&site, &visitor, &headers, reader, &known, None).await
}

async fn page(
    site: &Arc<Site>,
    visitor: &Visitor,
    headers: &HeaderMap,
    reader: Reader,
    known: &CameraThresholds,
    returned: Option<(&Fields, &[FieldFault])>,
) -> Result<Html<String>, Refused> {
    let title = say::thresholds_of(known.name.as_str());
    let mut shell = site.shell(reader, title, path_of(&known.camera), headers, visitor).await?;
    shell.tab = Some(Tab::Rules);
    let view = View { known, shell: &shell, visitor, returned };
    Ok(Html(shell.page(view.body()).into_string()))
}

fn path_of(camera: &str) -> String {
    format!("/cameras/{camera}/thresholds")
}

/// What stands in a field is different, or cannot be read.
fn changes(known: &CameraThresholds, fields: &Fields, language: Language) -> (Vec<Edit>, Vec<FieldFault>) {
    let (mut edits, mut faults) = (Vec::new(), Vec::new());
    for path in known.paths() {
        let key = path.join(".");
        let before = known.typed.value(&path);
        let value = match fields.get(&key) {
            None => None,
            Some(text) if path == OTHER_HOURS => Some(Value::from(text)),
            Some(text) => match half_width(text).parse::<f64>().ok().filter(|number| number.is_finite()) {
                Some(number) => Some(Value::from(number)),
                None => {
                    let what = say::no_number(text).in_language(language);
                    faults.push(FieldFault { key, what, hint: None });
                    continue;
                }
            },
        };
        if value.as_ref() != before {
            let key = edit::path(&path);
            edits.push(Edit::SetCamera { id: known.camera.clone(), key, value: value.as_ref().map(toml) });
        }
    }
    (edits, faults)
}

/// What the check says of them; of what else is wrong with the camera the page of changes tells.
fn judged(
    site: &Site,
    visitor: &Visitor,
    camera: &str,
    edits: &[Edit],
    language: Language,
) -> Vec<FieldFault> {
    let text = site.text_to_change(visitor).and_then(|text| edit::apply(&text, edits));
    let Ok(text) = text else { return Vec::new() };
    let faults = rule_fields::faults(&site.parts.config_file, &text, "camera", camera).into_iter();
    let about_these =
        faults.filter(|fault| matches!(fault.key.first().map(String::as_str), Some("thresholds" | "night")));
    let field_fault = |fault: rule_fields::Fault| FieldFault {
        key: fault.key.join("."),
        what: begun_large(&fault.what.in_language(language)),
        hint: fault.hint.map(|hint| begun_large(&hint.in_language(language))),
    };
    about_these.map(field_fault).collect()
}

pub(in crate::web) async fn propose(
    State(site): State<Arc<Site>>,
    Path(camera): Path<String>,
    headers: HeaderMap,
    form: OwnForm,
) -> Result<Response, Refused> {
    answer((site, headers), camera, form, Aim::Propose).await
}

/// The same on the last days, without being proposed.
pub(in crate::web) async fn try_on_the_past(
    State(site): State<Arc<Site>>,
    Path(camera): Path<String>,
    headers: HeaderMap,
    form: OwnForm,
) -> Result<Response, Refused> {
    answer((site, headers), camera, form, Aim::Try).await
}

async fn answer(
    (site, headers): (Arc<Site>, HeaderMap),
    camera: String,
    form: OwnForm,
    aim: Aim,
) -> Result<Response, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    aim.may(&visitor, reader)?;
    let of = visitor.clone();
    let work = move |site: &Site| {
        let known = CameraThresholds::of(site, &of, &camera)?;
        let (edits, unreadable) = changes(&known, &fields, reader.0);
        let faults = with(unreadable, judged(site, &of, &camera, &edits, reader.0));
        Some((known, edits, faults, fields))
    };
    let (known, edits, faults, fields) =
        site.blocking(work, reader).await?.ok_or_else(|| site.not_there(&visitor, reader))?;
    if !faults.is_empty() {
        let returned = Some((&fields, &faults[..]));
        return Ok(again(page(&site, &visitor, &headers, reader, &known, returned).await?));
    }
    let camera = known.camera;
    let (why, back_to) = (say::thresholds_changed(camera.as_str()), path_of(&camera));
    let cameras = move |_: &Config| vec![camera.clone()];
    let change = ToPropose { edits, why, back_to };
    Ok(aim.pursue(&site, &visitor, reader, &fields, change, cameras).await?.into_response())
}

struct View<'a> {
    known: &'a CameraThresholds,
    shell: &'a Shell<'a>,
    visitor: &'a Visitor,
    /// A form that came back, and what is wrong with it.
    returned: Option<(&'a Fields, &'a [FieldFault])>,
}

impl View<'_> {
    fn say(&self, sentence: Sentence) -> String {
        self.shell.say(sentence)
    }

    fn body(&self) -> Markup {
        let language = self.shell.language;
        html! {
            p.back { a href={ "/cameras/" (self.known.camera) } { (self.say(say::back_to_camera())) } }
            h1 { (self.say(self.shell.title.clone())) }
            p { (marked(about_camera(USUALLY, language))) }
            @if self.visitor.may(Role::Installer) {
                form #threshold-form.rule method="post" action=(path_of(&self.known.camera)) {
                    (token(self.visitor.form_token()))
                    @if let Some((_, faults)) = self.returned {
                        p.fault role="alert" { (self.say(say::faults(faults.len()))) }
                    }
                    (self.table(true))
                    p.hint { (self.say(say::about_empty())) }
                    (self.hours())
                    (self.others())
                    button type="submit" { (self.say(page_shapes::see_changes())) }
                    (past::button(self.shell, &format!("{}/past", path_of(&self.known.camera)), true))
                }
            } @else if self.visitor.may(Role::Operator) {
                @let action = format!("{}/past", path_of(&self.known.camera));
                form #past-form.rule method="post" action=(action) {
                    (token(self.visitor.form_token()))
                    @if let Some((_, faults)) = self.returned {
                        p.fault role="alert" { (self.say(say::faults(faults.len()))) }
                    }
                    p.hint { (self.say(page_past::about_another_value())) }
                    (self.table(true))
                    p.hint { (self.say(say::about_empty())) }
                    (self.hours())
                    (self.others())
                    (past::button(self.shell, &action, false))
                }
            } @else {
                (self.table(false))
                p { (self.say(say::other_hours())) (colon(language)) (hours_in_words(&self.text(OTHER_HOURS), language)) }
            }
        }
    }

    fn table(&self, may_change: bool) -> Markup {
        let language = self.shell.language;
        html! {
            table.thresholds {
                thead {
                    tr {
                        th scope="col" { (self.say(say::class())) }
                        th scope="col" { (self.say(say::usually())) }
                        th scope="col" { (self.say(say::at_other_hours())) }
                    }
                }
                tbody {
                    @for (class, is_asked) in &self.known.classes {
                        tr {
                            th scope="row" {
                                @let name = class_words(class).in_language(language);
                                (name) @if name != *class { " " code.quiet { (class) } }
                                @if *is_asked { span.quiet { (self.say(say::asked_about())) } }
                            }
                            @for (key, when) in [(USUALLY, say::usually()), (AT_OTHER_HOURS, say::at_other_hours())] {
                                td { (self.cell(key, class, &when, may_change)) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn cell(&self, key: &[&str], class: &str, when: &Sentence, may_change: bool) -> Markup {
        let path = [key, &[class]].concat();
        let name = path.join(".");
        let id = html_id(&name);
        let label = say::field_of(class_words(class), when.clone());
        let otherwise = match self.known.layers.get(&name) {
            Some(origin) => origin.clone(),
            None if key == USUALLY => say::models_own(),
            None => say::as_usually(),
        };
        let (text, faults) = (self.text(&path), self.faults(&name));
        html! {
            @if may_change {
                input id=(id) name=(name) value=(text) inputmode="decimal" autocomplete="off" aria-label=(self.say(label))
                    aria-describedby={ (id) "-about" } aria-invalid=[(!faults.is_empty()).then_some("true")];
            } @else if !text.is_empty() {
                (text)
            }
            div id={ (id) "-about" } {
                @for fault in faults { (fault_text(fault)) }
                @if may_change || text.is_empty() { span.quiet { (marked(&self.say(otherwise))) } }
            }
        }
    }

    fn hours(&self) -> Markup {
        let name = OTHER_HOURS.join(".");
        let id = html_id(&name);
        let faults = self.faults(&name);
        html! {
            div.field {
                label for=(id) { (self.say(say::other_hours())) " " code.quiet { (name) } }
                input id=(id) name=(name) value=(self.text(OTHER_HOURS)) autocomplete="off" autocapitalize="none" spellcheck="false"
                    aria-describedby={ (id) "-about" } aria-invalid=[(!faults.is_empty()).then_some("true")];
                div id={ (id) "-about" } {
                    @for fault in faults { (fault_text(fault)) }
                    p.hint { (marked(about_camera(OTHER_HOURS, self.shell.language))) }
                    @if let Some(origin) = self.known.layers.get(&name) { p.hint { (marked(&self.say(origin.clone()))) } }
                }
            }
        }
    }

    /// What is wrong with none of the fields.
    fn others(&self) -> Markup {
        let faults = self.returned.map_or(&[][..], |(_, faults)| faults);
        let keys: Vec<String> = self.known.paths().iter().map(|path| path.join(".")).collect();
        html! { @for fault in faults.iter().filter(|fault| !keys.contains(&fault.key)) { (fault_text(fault)) } }
    }

    fn faults(&self, key: &str) -> Vec<&FieldFault> {
        let faults = self.returned.map_or(&[][..], |(_, faults)| faults);
        faults.iter().filter(|fault| fault.key == key).collect()
    }

    /// What was typed, else what stands in the camera itself.
    fn text(&self, path: &[&str]) -> String {
        if let Some((fields, _)) = self.returned {
            return fields.exact(&path.join(".")).to_owned();
        }
        match self.known.typed.value(path) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => {
                number.as_f64().map_or_else(String::new, |number| number.to_string())
            }
            Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => String::new(),
        }
    }
}

fn fault_text(fault: &FieldFault) -> Markup {
    html! {
        div.fault {
            p { (marked(&fault.what)) }
            @if let Some(hint) = &fault.hint { p.hint { (marked(hint)) } }
        }
    }
}
