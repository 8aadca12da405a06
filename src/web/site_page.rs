//! Where the box stands: its area, its own name and that of the community, as an installer says them before the first camera; and
//! the restart that such a change takes.
//!
//! ```text
//!  /site ─► proposal ─► /changes ─ write ─► file, restart of the daemon ─► /restarting ─► login ─► the first camera
//! ```
//!
//! Area and name of the box cannot be tried, as every message carries them: they are written as they stand. Must never write while
//! something is on trial, which the daemon may be keeping in the file just then, or over what somebody else wrote meanwhile.

use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use parking_lot::Mutex;
use toml_edit::{DocumentMut, Item};

use super::Site;
use super::accounts::Role;
use super::changes::{self, ToWrite};
use super::layout::{Shell, coded, token};
use super::request::{Fields, OwnForm, Reader, Refused, Visitor, installers_only};
use crate::audit::Entry;
use crate::config::edit::Edit;
use crate::config::{Config, PLACEHOLDER_AREA, write};
use crate::onvif::half_width;
use crate::text::{Sentence, page_changes, page_wizard as say};

/// Where it is.
pub(super) const PATH: &str = "/site";
/// Where somebody waits for the box to come back.
const RESTARTING: &str = "/restarting";
/// What the audit log says happened.
const WRITTEN: &str = "page_config_written";
/// As the configuration takes them.
const MOST_BOX_CHARS: usize = 32;
const MOST_NAME_CHARS: usize = 100;

/// Whoever writes is alone from judging what is to be written until it is.
static WRITING: Mutex<()> = Mutex::new(());

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Typed {
    area: String,
    box_id: String,
    name: String,
}

impl Typed {
    /// As it stands in a text of the configuration.
    fn in_text(text: &str) -> Self {
        let document = text.parse::<DocumentMut>().ok();
        let site = document.as_ref().and_then(|document| document.get("site"));
        let value = |key: &str| {
            site.and_then(|site| site.get(key)).and_then(Item::as_str).unwrap_or_default().to_owned()
        };
        let area = Some(value("area")).filter(|area| area != PLACEHOLDER_AREA).unwrap_or_default();
        Typed { area, box_id: value("box"), name: value("name") }
    }

    fn of_form(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
        let plain = |name: &str| half_width(&text(name)).to_lowercase();
        Typed { area: plain("area"), box_id: plain("box"), name: text("name") }
    }

    /// What is wrong with it.
    fn fault(&self) -> Option<Sentence> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let id = self.box_id.as_bytes();
        let is_box = id.len() <= MOST_BOX_CHARS
            && id.iter().all(|byte| is_plain(*byte) || *byte == b'-')
            && [id.first(), id.last()].into_iter().all(|end| end.copied().is_some_and(is_plain));
        let is_area = self.area.len() == 6 && self.area.bytes().all(|byte| byte.is_ascii_digit());
        if !is_area || self.area == PLACEHOLDER_AREA {
            Some(say::area_is_none())
        } else if !is_box {
            Some(say::box_name_is_none(MOST_BOX_CHARS))
        } else if self.name.chars().count() > MOST_NAME_CHARS || self.name.chars().any(char::is_control) {
            Some(say::community_is_none(MOST_NAME_CHARS))
        } else {
            None
        }
    }

    /// What becomes another one, in words.
    fn words_since(&self, before: &Typed) -> Vec<Sentence> {
        let is_elsewhere = (&self.area, &self.box_id) != (&before.area, &before.box_id);
        let place = is_elsewhere.then(|| say::site_is(self.area.as_str(), self.box_id.as_str()));
        let name = (self.name != before.name).then(|| match self.name.as_str() {
            "" => say::community_is_unnamed(),
            name => say::community_is(name),
        });
        place.into_iter().chain(name).collect()
    }

    /// What becomes another one.
    fn edits_since(&self, before: &Typed) -> Vec<Edit> {
        let values = [
            ("area", &self.area, &before.area),
            ("box", &self.box_id, &before.box_id),
            ("name", &self.name, &before.name),
        ];
        let changed = values.into_iter().filter(|(_, now, before)| now != before);
        changed
            .map(|(key, now, _)| Edit::SetIn {
                section: "site",
                key: key.to_owned(),
                value: (!now.is_empty()).then(|| now.as_str().into()),
            })
            .collect()
    }
}

/// What a text says otherwise than another of the place and the names, in words.
pub(super) fn what_changes(before: &str, after: &str) -> Vec<Sentence> {
    Typed::in_text(after).words_since(&Typed::in_text(before))
}

/// What becomes of the key to sign with where the box gets another name; `owner` is the file that says whose the key is. A box
/// that stands nowhere yet has none.
pub(super) fn key_stays_behind(running: &Config, wanted: &Config, owner: &Path) -> Option<Sentence> {
    (running.full_name() != wanted.full_name()).then(|| key_of(running, owner)).flatten()
}

fn key_of(running: &Config, owner: &Path) -> Option<Sentence> {
    (!running.site.has_no_area_yet()).then(|| say::key_of_the_old_name(running.full_name(), owner.display()))
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let reader = Reader::of(&site, &headers);
    installers_only(&visitor, reader)?;
    let of = visitor.clone();
    let text = site.blocking(move |site| site.text_to_change(&of), reader).await?;
    let text = text.map_err(|why| Refused::new(StatusCode::INTERNAL_SERVER_ERROR, why, reader))?;
    page(&site, &visitor, &headers, reader, &Typed::in_text(&text), None).await
}

async fn page(
    site: &Arc<Site>,
    visitor: &Visitor,
    headers: &HeaderMap,
    reader: Reader,
    typed: &Typed,
    fault: Option<Sentence>,
) -> Result<Response, Refused> {
    let shell = site.shell(reader, say::site(), PATH.to_owned(), headers, visitor).await?;
    let status = if fault.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let about_key = key_of(&site.config(), &site.parts.key_owner);
    let html = shell.page(form(&shell, visitor, typed, fault, about_key));
    Ok((status, Html(html.into_string())).into_response())
}

/// `about_key`: what another name of the box brings with it.
fn form(
    shell: &Shell<'_>,
    visitor: &Visitor,
    typed: &Typed,
    fault: Option<Sentence>,
    about_key: Option<Sentence>,
) -> Markup {
    html! {
        section.narrow {
            h1 { (shell.say(say::site())) }
            @if let Some(fault) = fault { p.fault role="alert" { (coded(&shell.say(fault))) } }
            p { (shell.say(say::about_site())) }
            form #site-form method="post" action=(PATH) {
                (token(visitor.form_token()))
                label for="area" { (shell.say(say::area())) }
                input #area name="area" value=(typed.area) required maxlength="6" inputmode="numeric" autocomplete="off"
                    aria-describedby="about-area";
                p.hint #about-area { (shell.say(say::about_area())) }
                label for="box-name" { (shell.say(say::box_name())) }
                input #box-name name="box" value=(typed.box_id) required maxlength=(MOST_BOX_CHARS) autocomplete="off"
                    autocapitalize="none" spellcheck="false" aria-describedby="about-box-name";
                p.hint #about-box-name { (coded(&shell.say(say::about_box_name()))) }
                @if let Some(about_key) = about_key { p.hint #about-key { (coded(&shell.say(about_key))) } }
                label for="community" { (shell.say(say::community())) }
                input #community name="name" value=(typed.name) maxlength=(MOST_NAME_CHARS) autocomplete="off"
                    aria-describedby="about-community";
                p.hint #about-community { (shell.say(say::about_community())) }
                button type="submit" { (shell.say(say::to_the_changes())) }
            }
        }
    }
}

pub(super) async fn propose(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    form: OwnForm,
) -> Result<Response, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    installers_only(&visitor, reader)?;
    let typed = Typed::of_form(&fields);
    if let Some(fault) = typed.fault() {
        return page(&site, &visitor, &headers, reader, &typed, Some(fault)).await;
    }
    let of = visitor.clone();
    let text = site.blocking(move |site| site.text_to_change(&of), reader).await?;
    let text = text.map_err(|why| Refused::new(StatusCode::INTERNAL_SERVER_ERROR, why, reader))?;
    let edits = typed.edits_since(&Typed::in_text(&text));
    // What of it is different from the file in the end is said by the page of changes.
    Ok(site.propose_for(&visitor, reader, edits, Vec::new(), PATH.to_owned()).await?.into_response())
}

/// What is said of a proposal that takes a restart, and the button. `shown` is the digest of what stands there to be read;
/// `None`: it cannot be written. While something is on trial, there is no button either.
pub(super) fn restart_form(
    shell: &Shell<'_>,
    visitor: &Visitor,
    reasons: &[Sentence],
    shown: Option<&str>,
    is_on_trial: bool,
) -> Markup {
    html! {
        section.notice aria-labelledby="restart" {
            h2 #restart { (shell.say(say::takes_a_restart())) }
            ul.lines { @for reason in reasons { li { (coded(&shell.say(reason.clone()))) } } }
            p { (shell.say(say::about_restart())) }
            @if is_on_trial {
                p { (shell.say(say::restart_after_trial())) }
            } @else if let Some(shown) = shown {
                form method="post" action="/changes/restart" {
                    (token(visitor.form_token()))
                    input type="hidden" name=(changes::SHOWN) value=(shown);
                    button #write-and-restart type="submit" { (shell.say(say::write_and_restart())) }
                }
            }
        }
    }
}

/// What became of a proposal that was to be written.
enum Written {
    /// It stands in the file now.
    Now,
    /// It stood there: somebody pressed twice.
    Before,
    /// It was not written, for a reason that is told, or one that the page of changes says.
    Not(Option<Sentence>),
}

/// Writes what a session proposes, if it is what the page showed. Waits for the disk.
///
/// # Errors
/// The audit log cannot be written; then nothing else was.
fn write_proposal(site: &Site, visitor: &Visitor, shown: Option<&str>) -> io::Result<Written> {
    let not = |why: Sentence| Ok(Written::Not(Some(why)));
    let _one_at_a_time = WRITING.lock();
    if shown.is_some() && site.file_digest().as_deref() == shown {
        return Ok(Written::Before);
    }
    if site.in_force().trial.is_some() {
        return not(say::restart_after_trial());
    }
    let Some(ToWrite { text, sha256, before }) = changes::to_write(site, visitor.key) else {
        return Ok(Written::Not(None));
    };
    // Another window may have added to it.
    if shown.is_some_and(|shown| shown != sha256) {
        return not(page_changes::is_another_by_now());
    }
    let entry = Entry { by: Some(visitor.by()), detail: Some(sha256), ..Entry::of(WRITTEN) };
    site.parts.audit.record(site.now().utc, entry)?;
    let path = &site.parts.config_file;
    match write::configuration_in_place_of(path, &before, &text) {
        Ok(true) => {
            site.forget_proposal(visitor.key);
            Ok(Written::Now)
        }
        Ok(false) => not(page_changes::file_was_edited(path.display())),
        Err(error) => not(page_changes::could_not_keep(error.sentence())),
    }
}

pub(super) async fn write_and_restart(
    State(site): State<Arc<Site>>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    installers_only(&visitor, reader)?;
    let (of, shown) = (visitor.clone(), fields.get(changes::SHOWN).map(str::to_owned));
    let written = site.blocking(move |site| write_proposal(site, &of, shown.as_deref()), reader).await?;
    match written.map_err(|error| Refused::broken(error, reader))? {
        Written::Now => (site.parts.restart)(),
        Written::Before => {}
        Written::Not(why) => {
            if let Some(why) = why {
                site.sessions.lock().say_next(visitor.key, why);
            }
            return Ok(Redirect::to(changes::PATH));
        }
    }
    Ok(Redirect::to(RESTARTING))
}

/// Where somebody waits; once the box has taken up what stands in the file, where they go on.
pub(super) async fn restarting(
    State(site): State<Arc<Site>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let reader = Reader::of(&site, &headers);
    let runs = site.blocking(|site| site.runs_the_file(), reader).await?;
    let to =
        if site.config().cameras.is_empty() && visitor.may(Role::Installer) { "/add-camera" } else { "/" };
    if runs {
        return Ok(Redirect::to(to).into_response());
    }
    let mut shell = site.shell(reader, say::restarting(), RESTARTING.to_owned(), &headers, &visitor).await?;
    // What was so before the restart says nothing any more.
    shell.banner = None;
    let body = html! {
        section.narrow {
            h1 { (shell.say(say::restarting())) }
            p { (shell.say(say::about_restarting())) }
            p { a.button #go-on href=(RESTARTING) { (shell.say(say::go_on())) } }
        }
    };
    Ok(Html(shell.page(body).into_string()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Surroundings;

    fn typed(area: &str, box_id: &str) -> Typed {
        Typed { area: area.to_owned(), box_id: box_id.to_owned(), name: String::new() }
    }

    #[test]
    fn an_area_and_a_name_of_a_box_are_those_of_the_configuration() {
        for (area, box_id) in [("530127", "box-1"), ("530127", "0")] {
            assert_eq!(typed(area, box_id).fault(), None, "{area} {box_id}");
        }
        let long = "a".repeat(33);
        for (area, box_id) in [
            ("", "box-1"),
            ("000000", "box-1"),
            ("53012", "box-1"),
            ("53012x", "box-1"),
            ("530127", ""),
            ("530127", "-box"),
            ("530127", "box-"),
            ("530127", "Box"),
            ("530127", &*long),
        ] {
            assert!(typed(area, box_id).fault().is_some(), "{area} {box_id}");
        }
        let fields = Fields::read("area=５３０１２７&box=Gate-1&name=+杨桥+".as_bytes());
        let read = Typed::of_form(&fields);
        assert_eq!(
            (read.area.as_str(), read.box_id.as_str(), read.name.as_str()),
            ("530127", "gate-1", "杨桥")
        );
        assert_eq!(read.fault(), None);
    }

    #[test]
    fn only_what_is_different_is_changed_and_the_placeholder_is_shown_as_nothing() {
        let fresh = Typed::in_text(include_str!("../../deploy/debian/fresh.toml"));
        assert_eq!((fresh.area.as_str(), fresh.box_id.as_str()), ("", "box-1"));
        let edits = typed("530127", "box-1").edits_since(&fresh);
        assert_eq!(edits.len(), 1);
        assert!(
            matches!(&edits[0], Edit::SetIn { section: "site", key, value: Some(_) } if key == "area"),
            "{edits:?}"
        );
        assert_eq!(fresh.edits_since(&fresh).len(), 0);
    }

    #[test]
    fn what_becomes_different_is_said_and_nothing_that_was_taken_back() {
        let file = "[site]\nbox = \"gate-3\"\narea = \"530127\"\n";
        let said = |after: &str| -> Vec<String> {
            what_changes(file, after).iter().map(ToString::to_string).collect()
        };
        let named = format!("{file}name = \"Yangqiao\"\n");
        assert_eq!(said(&named), ["The community is called Yangqiao."]);
        assert_eq!(said(&file.replace("gate-3", "gate-4")), ["This box is gate-4 in the area 530127."]);
        assert!(said(file).is_empty());
        let unnamed: Vec<String> = what_changes(&named, file).iter().map(ToString::to_string).collect();
        assert_eq!(unnamed, ["The community has no name any more."]);
    }

    #[test]
    fn a_box_that_is_renamed_is_told_of_its_key_and_one_that_had_no_name_is_not() {
        let path = Path::new("site.toml");
        let read = |text: &str| {
            Config::from_text(path, text, &Surroundings::elsewhere(path)).unwrap_or_else(|p| panic!("{p}"))
        };
        let minimal = include_str!("../../config/minimal.toml");
        let named = |name: &str| read(&minimal.replace("\"box-1\"", &format!("\"{name}\"")));
        let owner = Path::new("/var/lib/lookout/box-key.box");
        let said = |before: &Config, after: &Config| {
            key_stays_behind(before, after, owner).map(|sentence| sentence.to_string())
        };
        let (before, after) = (named("gate-1"), named("gate-3"));
        let told = said(&before, &after).unwrap();
        assert!(told.contains("530127.gate-1") && told.contains("`sudo rm /var/lib/lookout/box-key.box`"));
        assert_eq!(said(&before, &before), None);
        let fresh = read(include_str!("../../deploy/debian/fresh.toml"));
        assert_eq!(said(&fresh, &before), None);
    }
}
