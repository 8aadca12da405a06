//! The page *Rules*: what each rule does, where, when and how urgent it is; and for an installer the forms that change it.
//!
//! The forms are made of what the configuration says of its rules ([`form`]). What comes back becomes a change that somebody sees,
//! tries and keeps like any other (`super::changes`); whether it makes sense is asked of `config`, and the answer stands beside
//! the field. Whoever may change rules sees those of the text that the next change is made in, everybody else those that run.

mod changing;
mod form;
pub(super) mod thresholds;
pub(super) mod words;

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Html;
use maud::{Markup, html};
use serde_json::Value;

use super::Site;
use super::accounts::Role;
use super::layout::{Shell, Tab, level_badge, token};
use super::next_step::{self, NextStep};
use super::past;
use super::request::{Fields, Reader, Refused, Visitor, installers_only};
use super::timeline;
use crate::analysis::rules::{Condition, Rule};
use crate::config::rule_fields::{self, KindOfRule, TypedSection};
use crate::config::{Config, Surroundings};
use crate::contract::kinds;
use crate::contract::words::Language;
use crate::text::{
    Joint, Sentence, Words, page_changes, page_past, page_rules as say, page_shapes, page_timeline, schedule,
};

pub(super) use changing::{propose, propose_new, remove, try_on_the_past};
use form::{FieldFault, Filled, Form, begun_large};

/// The path of the page.
const PATH: &str = "/rules";
/// Cameras of a rule that are named.
const MOST_CAMERAS: usize = 40;
/// Cameras of which is said what comes next, where somebody comes from none.
const MOST_NEXT: usize = 3;

/// The rules as somebody sees them.
struct KnownRules {
    typed: Vec<TypedSection>,
    /// What is checked of them; what runs, where the text has mistakes.
    config: Arc<Config>,
    running: Arc<Config>,
    has_mistakes: bool,
}

impl KnownRules {
    /// Waits for the disk.
    fn of(site: &Site, visitor: &Visitor) -> Self {
        let running = site.config();
        let changed = visitor.may(Role::Installer).then(|| site.text_to_change(visitor).ok()).flatten();
        let Some(text) = changed.filter(|text| text != running.text()) else {
            let typed = rule_fields::sections_in(running.text(), "rule");
            return KnownRules { typed, config: running.clone(), running, has_mistakes: false };
        };
        let typed = rule_fields::sections_in(&text, "rule");
        let path = &site.parts.config_file;
        match Config::from_text(path, &text, &Surroundings::of(path)) {
            Ok(config) => KnownRules { typed, config: Arc::new(config), running, has_mistakes: false },
            Err(_) => KnownRules { typed, config: running.clone(), running, has_mistakes: true },
        }
    }

    fn typed(&self, id: &str) -> Option<&TypedSection> {
        self.typed.iter().find(|rule| rule.id.as_deref() == Some(id))
    }

    fn rule(&self, id: &str) -> Option<&Rule> {
        self.config.rules.iter().find(|rule| *rule.id == *id)
    }

    /// What is different from what runs.
    fn difference(&self, id: &str) -> Option<Sentence> {
        if self.has_mistakes {
            return None;
        }
        match self.running.rules.iter().find(|rule| *rule.id == *id) {
            None => Some(say::not_running_yet()),
            Some(running) => (Some(running) != self.rule(id)).then(say::differs_from_running),
        }
    }
}

/// The page of a rule. A rule may be called as a page is.
fn path_of(id: &str) -> String {
    let id: String = match id {
        "new" => "%6eew".to_owned(),
        id => url::form_urlencoded::byte_serialize(id.as_bytes()).collect(),
    };
    format!("{PATH}/{id}")
}

/// The page of a rule in addition: of that kind, at that camera.
fn path_of_new(kind: Option<&KindOfRule>, camera: Option<&str>) -> String {
    with_query(&format!("{PATH}/new"), &[("kind", kind.map(|kind| kind.alert.name)), ("camera", camera)])
}

/// The list, with what comes next at that camera.
fn path_of_list(camera: Option<&str>) -> String {
    with_query(PATH, &[("camera", camera)])
}

fn with_query(path: &str, query: &[(&str, Option<&str>)]) -> String {
    let query = query.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

// ---- reading

pub(super) async fn list(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    query: Fields,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, &headers);
    let (of, camera) = (visitor.clone(), query.get("camera").map(str::to_owned));
    let work = move |site: &Site| {
        let known = KnownRules::of(site, &of);
        let camera = camera.filter(|id| known.config.camera(id).is_some());
        let next = match &camera {
            Some(camera) => vec![camera.clone()],
            None => next_step::after_rules(site, &known.running, MOST_NEXT),
        };
        (known, next, path_of_list(camera.as_deref()))
    };
    let (known, next, here) = site.blocking(work, reader).await?;
    let mut shell = site.shell(reader, say::title(), here, &headers, &visitor).await?;
    shell.tab = Some(Tab::Rules);
    let view = View { known: &known, shell: &shell, visitor: &visitor };
    let next = html! {
        @for camera in &next { (next_step::after(&site, &shell, camera, NextStep::Rule)) }
    };
    Ok(Html(shell.page(view.list(&next)).into_string()))
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, &headers);
    let of = visitor.clone();
    let known = site.blocking(move |site| KnownRules::of(site, &of), reader).await?;
    let page = RulePage { site: &site, visitor: &visitor, headers: &headers, reader };
    page.of_rule(&known, &id, None).await
}

/// What is said of a form that came back.
struct Returned<'a> {
    fields: &'a Fields,
    faults: &'a [FieldFault],
}

/// A page that is to be shown, and to whom.
struct RulePage<'a> {
    site: &'a Arc<Site>,
    visitor: &'a Visitor,
    headers: &'a HeaderMap,
    reader: Reader,
}

impl RulePage<'_> {
    async fn of_rule(
        &self,
        known: &KnownRules,
        id: &str,
        returned: Option<Returned<'_>>,
    ) -> Result<Html<String>, Refused> {
        let RulePage { site, visitor, headers, reader } = *self;
        let typed = known.typed(id).ok_or_else(|| site.not_there(visitor, reader))?;
        let mut shell = site.shell(reader, say::title(), path_of(id), headers, visitor).await?;
        shell.tab = Some(Tab::Rules);
        let view = View { known, shell: &shell, visitor };
        Ok(Html(shell.page(view.one(typed, id, returned)).into_string()))
    }

    async fn of_new(
        &self,
        known: &KnownRules,
        kind: Option<&KindOfRule>,
        camera: Option<&str>,
        returned: Option<Returned<'_>>,
    ) -> Result<Html<String>, Refused> {
        let RulePage { site, visitor, headers, reader } = *self;
        let camera = camera.filter(|id| known.config.camera(id).is_some());
        let here = path_of_new(kind, camera);
        let mut shell = site.shell(reader, say::add(), here, headers, visitor).await?;
        shell.tab = Some(Tab::Rules);
        let view = View { known, shell: &shell, visitor };
        let body = match kind {
            Some(kind) => view.new_one(kind, camera, returned),
            None => view.choice_of_kinds(camera),
        };
        Ok(Html(shell.page(body).into_string()))
    }
}

pub(super) async fn show_new(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    query: Fields,
) -> Result<Html<String>, Refused> {
    let reader = Reader::of(&site, &headers);
    installers_only(&visitor, reader)?;
    let kind = query.get("kind").map(|name| known_kind(name, reader)).transpose()?;
    let of = visitor.clone();
    let known = site.blocking(move |site| KnownRules::of(site, &of), reader).await?;
    let page = RulePage { site: &site, visitor: &visitor, headers: &headers, reader };
    page.of_new(&known, kind.as_ref(), query.get("camera"), None).await
}

fn known_kind(name: &str, reader: Reader) -> Result<KindOfRule, Refused> {
    rule_fields::kind(name).ok_or_else(|| Refused::new(StatusCode::NOT_FOUND, say::no_such_kind(), reader))
}

struct View<'a> {
    known: &'a KnownRules,
    shell: &'a Shell<'a>,
    visitor: &'a Visitor,
}

impl View<'_> {
    fn say(&self, sentence: Sentence) -> String {
        self.shell.say(sentence)
    }

    fn language(&self) -> Language {
        self.shell.language
    }

    fn may_change(&self) -> bool {
        self.visitor.may(Role::Installer)
    }

    fn list(&self, next: &Markup) -> Markup {
        let rules = &self.known.typed;
        html! {
            h1 { (self.say(say::title())) " " span.quiet { (rules.len()) } }
            p.hint { (self.say(say::about())) }
            (self.mistakes())
            (next)
            @if self.may_change() { p { a.button #add-rule href={ (PATH) "/new" } { (self.say(say::add())) } } }
            @if rules.is_empty() {
                p.empty { (self.say(say::none_yet())) }
            } @else {
                ul.cards {
                    @for typed in rules {
                        li.card {
                            @match &typed.id {
                                Some(id) => (self.card(typed, id)),
                                None => p { (self.say(say::unreadable(typed.line))) },
                            }
                        }
                    }
                }
            }
        }
    }

    fn mistakes(&self) -> Markup {
        html! {
            @if self.known.has_mistakes {
                p.notice {
                    (self.say(say::what_is_proposed_has_mistakes())) " "
                    a href="/changes" { (self.say(page_changes::look_at_it())) }
                }
            }
        }
    }

    fn card(&self, typed: &TypedSection, id: &str) -> Markup {
        let rule = self.known.rule(id);
        html! {
            h2.rule-title { a href=(path_of(id)) { (self.title(typed, id)) } }
            p.state {
                @if let Some(rule) = rule { (level_badge(rule.level, self.language())) }
                span.quiet { (id) }
                @if let Some(difference) = self.known.difference(id) { span.quiet { (self.say(difference)) } }
            }
            p { (self.sentence(typed, id)) }
            @if let Some(rule) = rule {
                p.quiet { (self.cameras_in_words(rule)) " · " (self.hours(typed, Some(rule))) }
            }
        }
    }

    /// What its alerts are called.
    fn title(&self, typed: &TypedSection, id: &str) -> String {
        match (self.known.rule(id), typed.condition().and_then(kinds::known)) {
            (Some(rule), _) => {
                let own = self.known.config.titles.get(&rule.id).map(String::as_str);
                kinds::title(&rule.signal, own, self.language())
            }
            (None, Some(kind)) => self.say((kind.title)()),
            (None, None) => id.to_owned(),
        }
    }

    /// What it waits for.
    fn sentence(&self, typed: &TypedSection, id: &str) -> String {
        match (self.known.rule(id), typed.condition().and_then(rule_fields::kind)) {
            (Some(rule), _) => begun_large(&self.say(rule.when.sentence())),
            (None, Some(kind)) => kind.about(self.language()).to_owned(),
            (None, None) => self.say(say::without_condition()),
        }
    }

    fn hours(&self, typed: &TypedSection, rule: Option<&Rule>) -> String {
        match (rule, typed.value(&["schedule"]).and_then(Value::as_str)) {
            (Some(rule), _) => rule.schedule.words().in_language(self.language()),
            (None, Some(typed)) => words::hours_in_words(typed, self.language()),
            (None, None) => self.say(schedule::always()),
        }
    }

    fn camera_name<'k>(&'k self, id: &'k str) -> &'k str {
        let name = self.known.config.camera(id).and_then(|camera| camera.responsible.name.as_deref());
        name.unwrap_or(id)
    }

    fn cameras_in_words(&self, rule: &Rule) -> String {
        let mut names: Vec<Words> =
            rule.cameras.iter().take(3).map(|id| self.camera_name(id).to_owned().into()).collect();
        if rule.cameras.len() > names.len() {
            names.push(say::more_cameras(rule.cameras.len() - names.len()).into());
        }
        Words::List(names, Joint::Row).in_language(self.language())
    }

    fn one(&self, typed: &TypedSection, id: &str, returned: Option<Returned<'_>>) -> Markup {
        let rule = self.known.rule(id);
        let kind = typed.condition().and_then(rule_fields::kind);
        html! {
            p.back { a href=(PATH) { (self.say(say::back())) } }
            h1 { (self.title(typed, id)) " " span.quiet { (id) } }
            (self.mistakes())
            p.lead {
                @if let Some(rule) = rule { (level_badge(rule.level, self.language())) " " }
                (self.sentence(typed, id))
                @if let Some(difference) = self.known.difference(id) { " " span.quiet { (self.say(difference)) } }
            }
            @if let Some(kind) = &kind { p.hint { (form::marked(kind.about(self.language()))) } }
            (self.facts(typed, rule))
            @if self.may_change() {
                (self.form(typed, id, kind.as_ref(), returned))
                (self.values_form(id))
                (self.removal(id))
            } @else {
                @if self.visitor.may(Role::Operator) {
                    (self.form_for_the_past(typed, id, kind.as_ref(), returned))
                    (self.values_form(id))
                }
                section aria-labelledby="values" {
                    h2 #values { (self.say(say::values())) }
                    (self.filled(kind.as_ref(), Filled::Typed(typed), &[], false).table())
                }
            }
        }
    }

    fn facts(&self, typed: &TypedSection, rule: Option<&Rule>) -> Markup {
        html! {
            dl.wide {
                dt { (self.say(say::when())) }
                dd { (self.hours(typed, rule)) }
                @if let Some(rule) = rule {
                    dt { (self.say(say::cameras())) }
                    dd {
                        ul {
                            @for id in rule.cameras.iter().take(MOST_CAMERAS) { li { (self.place(id, &rule.when)) } }
                            @if rule.cameras.len() > MOST_CAMERAS {
                                li.quiet { (self.say(say::more_cameras(rule.cameras.len() - MOST_CAMERAS))) }
                            }
                        }
                    }
                    dt { (self.say(say::kind())) }
                    dd { a href={ "/alerts?kind=" (rule.signal) } { (self.say(say::its_alerts())) } " " code.quiet { (rule.signal) } }
                }
            }
        }
    }

    /// A camera, and what is drawn there for this rule.
    fn place(&self, camera: &str, when: &Condition) -> Markup {
        let place = match when.zone() {
            Some(zone) => say::zone(zone.as_ref()),
            None => say::line(when.place().as_ref()),
        };
        let path = format!("/cameras/{camera}");
        html! {
            @if self.known.running.camera(camera).is_some() {
                a href=(path) { (self.camera_name(camera)) }
            } @else {
                (self.camera_name(camera))
            }
            " · " a href={ (path) "/shapes" } { (self.say(place)) }
            " · " a href={ (path) "/thresholds" } { (self.say(say::thresholds())) }
            @if self.known.running.camera(camera).is_some() {
                " · " a href=(timeline::path_of(camera)) { (self.say(page_timeline::title())) }
            }
        }
    }

    fn filled<'f>(
        &'f self,
        kind: Option<&'f KindOfRule>,
        filled: Filled<'f>,
        faults: &'f [FieldFault],
        is_new: bool,
    ) -> Form<'f> {
        Form { shell: self.shell, kind, filled, faults, is_new, config: &self.known.config }
    }

    fn form(
        &self,
        typed: &TypedSection,
        id: &str,
        kind: Option<&KindOfRule>,
        returned: Option<Returned<'_>>,
    ) -> Markup {
        let (filled, faults) = match &returned {
            Some(Returned { fields, faults }) => (Filled::Posted(fields), *faults),
            None => (Filled::Typed(typed), &[][..]),
        };
        html! {
            form #rule-form.rule method="post" action=(path_of(id)) {
                (token(self.visitor.form_token()))
                (self.filled(kind, filled, faults, false).body())
                button type="submit" { (self.say(page_shapes::see_changes())) }
                (past::button(self.shell, &format!("{}/past", path_of(id)), true))
            }
        }
    }

    /// What each value of the rule that runs would have made.
    fn values_form(&self, id: &str) -> Markup {
        let running = self.known.running.rules.iter().find(|rule| *rule.id == *id);
        html! {
            @if let Some(rule) = running.filter(|rule| !rule.cameras.is_empty()) {
                (past::values::form(self.shell, self.visitor, &self.known.running, rule, &format!("{}/values", path_of(id))))
            }
        }
    }

    /// Whoever may not change a rule may ask what a change would do.
    fn form_for_the_past(
        &self,
        typed: &TypedSection,
        id: &str,
        kind: Option<&KindOfRule>,
        returned: Option<Returned<'_>>,
    ) -> Markup {
        let is_open = returned.is_some();
        let (filled, faults) = match &returned {
            Some(Returned { fields, faults }) => (Filled::Posted(fields), *faults),
            None => (Filled::Typed(typed), &[][..]),
        };
        let action = format!("{}/past", path_of(id));
        html! {
            details.action #another-value open[is_open] {
                summary { (self.say(page_past::another_value())) }
                p.hint { (self.say(page_past::about_another_value())) }
                form #past-form.rule method="post" action=(action) {
                    (token(self.visitor.form_token()))
                    (self.filled(kind, filled, faults, false).body())
                    (past::button(self.shell, &action, false))
                }
            }
        }
    }

    fn removal(&self, id: &str) -> Markup {
        html! {
            details.action #remove {
                summary { (self.say(say::remove())) }
                form method="post" action={ (path_of(id)) "/remove" } {
                    (token(self.visitor.form_token()))
                    p { (self.say(say::about_removing())) }
                    button.second type="submit" { (self.say(say::remove())) }
                }
            }
        }
    }

    fn choice_of_kinds(&self, camera: Option<&str>) -> Markup {
        html! {
            p.back { a href=(PATH) { (self.say(say::back())) } }
            h1 { (self.say(say::add())) }
            p.hint { (self.say(say::what_to_tell())) }
            ul.cards {
                @for kind in rule_fields::kinds() {
                    li.card {
                        h2.rule-title {
                            a href=(path_of_new(Some(&kind), camera)) { (self.say((kind.alert.title)())) }
                        }
                        p.state { (level_badge(kind.alert.level, self.language())) code.quiet { (kind.alert.name) } }
                        p { (form::marked(kind.about(self.language()))) }
                    }
                }
            }
        }
    }

    fn new_one(&self, kind: &KindOfRule, camera: Option<&str>, returned: Option<Returned<'_>>) -> Markup {
        let (filled, faults) = match &returned {
            Some(Returned { fields, faults }) => (Filled::Posted(fields), *faults),
            None => {
                let name = self.free_name(kind.alert.name);
                (Filled::Fresh { name, camera: camera.map(str::to_owned) }, &[][..])
            }
        };
        html! {
            p.back { a href=(path_of_new(None, camera)) { (self.say(say::other_kind())) } }
            h1 { (self.say(say::add())) }
            p.lead {
                (level_badge(kind.alert.level, self.language())) " " strong { (self.say((kind.alert.title)())) }
            }
            p { (form::marked(kind.about(self.language()))) }
            form #rule-form.rule method="post" action={ (PATH) "/new" } {
                (token(self.visitor.form_token()))
                input type="hidden" name="kind" value=(kind.alert.name);
                @if let Some(camera) = camera { input type="hidden" name="camera" value=(camera); }
                (self.filled(Some(kind), filled, faults, true).body())
                button type="submit" { (self.say(page_shapes::see_changes())) }
            }
        }
    }

    /// A name that no rule has.
    fn free_name(&self, kind: &str) -> String {
        let stem = kind.replace('_', "-");
        let name = |number: usize| if number == 1 { stem.clone() } else { format!("{stem}-{number}") };
        let is_free = |name: &String| self.known.typed(name).is_none();
        // One more than there are rules is always enough.
        (1..=self.known.typed.len() + 1).map(name).find(is_free).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_is_called_as_a_page_has_a_page_of_its_own() {
        assert_eq!(path_of("crowd-2"), "/rules/crowd-2");
        assert_eq!(path_of("new"), "/rules/%6eew");
        assert_eq!(path_of("门口"), "/rules/%E9%97%A8%E5%8F%A3");
        assert_eq!((path_of_list(None), path_of_new(None, None)), ("/rules".into(), "/rules/new".into()));
        assert_eq!(path_of_list(Some("cam-31")), "/rules?camera=cam-31");
    }
}
