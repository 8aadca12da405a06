//! What tries a change on the last days: the button of a form, how many days, and the change itself, made in the text that the next
//! one of this visitor would be made in. Must never propose what is only tried.

use std::path::Path;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Redirect;
use maud::{Markup, html};

use super::backtest::{Change, DAYS, Here, ToPropose, USUAL_DAYS};
use super::path_of;
use crate::config::edit::{self, Edit};
use crate::config::{Config, Surroundings};
use crate::text::{Sentence, page_changes, page_past as say, page_timeline};
use crate::web::Site;
use crate::web::accounts::Role;
use crate::web::layout::Shell;
use crate::web::request::{Fields, Reader, Refused, Visitor, at_least, installers_only};

/// The field with the days that are tried.
pub(super) const DAYS_FIELD: &str = "past-days";

/// What becomes of the change of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Aim {
    /// It is proposed.
    Propose,
    /// It is tried on the last days, and not made.
    Try,
}

impl Aim {
    /// Refuses whoever may not do that.
    pub(in crate::web) fn may(self, visitor: &Visitor, reader: Reader) -> Result<(), Refused> {
        match self {
            Aim::Propose => installers_only(visitor, reader),
            Aim::Try => operators_only(visitor, reader),
        }
    }

    /// Does it, and leads on. `cameras` says which ones it is about, as it would be and as it is.
    pub(in crate::web) async fn pursue(
        self,
        site: &Arc<Site>,
        visitor: &Visitor,
        reader: Reader,
        fields: &Fields,
        change: ToPropose,
        cameras: impl Fn(&Config) -> Vec<String> + Send + 'static,
    ) -> Result<Redirect, Refused> {
        match self {
            Aim::Propose => {
                let ToPropose { edits, why, back_to } = change;
                site.propose(visitor, reader, edits, why, back_to).await
            }
            Aim::Try => begin_edits(site, visitor, reader, fields, change, cameras).await,
        }
    }
}

/// Refuses whoever may not try a change on the past.
pub(super) fn operators_only(visitor: &Visitor, reader: Reader) -> Result<(), Refused> {
    at_least(Role::Operator, visitor, say::operators_only(), reader)
}

/// Tries a change on the last days, and leads to the page that says how far that is.
pub(in crate::web) async fn begin(
    site: &Arc<Site>,
    visitor: &Visitor,
    reader: Reader,
    fields: &Fields,
    change: Change,
) -> Result<Redirect, Refused> {
    operators_only(visitor, reader)?;
    let (here, days, by) = (here(site, reader)?, days_of(fields), visitor.person.name.clone());
    begun(site, reader, move |site| site.backtests.begin(&by, days, change, here)).await
}

/// Begins something on a thread that may wait, and leads to the page that says how far it is.
pub(super) async fn begun(
    site: &Arc<Site>,
    reader: Reader,
    begin: impl FnOnce(&Site) -> Result<u64, Sentence> + Send + 'static,
) -> Result<Redirect, Refused> {
    let begun = site.blocking(begin, reader).await?;
    begun.map(|id| Redirect::to(&path_of(id))).map_err(|why| refused(why, reader))
}

fn refused(why: Sentence, reader: Reader) -> Refused {
    Refused::new(StatusCode::CONFLICT, why, reader)
}

pub(super) fn days_of(fields: &Fields) -> u16 {
    fields.get(DAYS_FIELD).and_then(|days| days.parse().ok()).unwrap_or(USUAL_DAYS)
}

/// What is needed of the box; nothing is tried where no journal is kept.
pub(super) fn here(site: &Site, reader: Reader) -> Result<Here, Refused> {
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
        return Ok(nothing_would_change(site, visitor, &proposal.back_to));
    }
    not_outdated(site, visitor, reader).await?;
    let (of, back_to) = (visitor.clone(), proposal.back_to.clone());
    let work = move |site: &Site| {
        let ran = site.has_begun_changes(&of).then(|| site.config().sha256.clone());
        let from = site.text_to_change(&of)?;
        let Some((text, as_it_would_be)) = changed(&site.parts.config_file, &from, &proposal.edits)? else {
            return Ok(None);
        };
        let mut about = cameras(&site.config());
        let then = as_it_would_be.iter().flat_map(&cameras);
        about.extend(then.filter(|id| !about.contains(id)).collect::<Vec<_>>());
        // What is proposed already is part of it.
        let mut whys = site.proposed_in_words(of.key);
        if !whys.contains(&proposal.why) {
            whys.push(proposal.why.clone());
        }
        Ok(Some(Change { text, whys, cameras: about, proposal: Some(proposal), ran }))
    };
    let change = site.blocking(work, reader).await?;
    let change = change.map_err(|why: Sentence| {
        Refused::new(StatusCode::BAD_REQUEST, page_changes::cannot_change(why), reader)
    })?;
    match change {
        Some(change) => begin(site, visitor, reader, fields, change).await,
        None => Ok(nothing_would_change(site, visitor, &back_to)),
    }
}

/// A text with those changes, and the configuration that it is, where it is one; `None`: it says the same as before.
fn changed(path: &Path, from: &str, edits: &[Edit]) -> Result<Option<(String, Option<Config>)>, Sentence> {
    let text = edit::apply(from, edits)?;
    if text == from {
        return Ok(None);
    }
    let read = |text: &str| Config::from_text(path, text, &Surroundings::of(path)).ok();
    let as_it_would_be = read(&text);
    let is_same = |new: &Config| read(from).is_some_and(|old| old.sha256 == new.sha256);
    Ok((!as_it_would_be.as_ref().is_some_and(is_same)).then_some((text, as_it_would_be)))
}

/// Leads back, and says so there.
pub(super) fn nothing_would_change(site: &Site, visitor: &Visitor, back_to: &str) -> Redirect {
    site.sessions.lock().say_next(visitor.key, page_changes::nothing_would_change());
    Redirect::to(back_to)
}

/// Refuses to try what was made for another file, or beside something else, than there is by now: it would take back what others
/// changed.
pub(in crate::web) async fn not_outdated(
    site: &Arc<Site>,
    visitor: &Visitor,
    reader: Reader,
) -> Result<(), Refused> {
    let of = visitor.clone();
    match site.blocking(move |site| site.is_outdated(&of), reader).await? {
        true => Err(refused(page_changes::file_was_edited(site.parts.config_file.display()), reader)),
        false => Ok(()),
    }
}

/// The button that tries what a form says on the last days, with how many of them; `action` is where the form goes with it.
pub(in crate::web) fn button(shell: &Shell<'_>, action: &str, is_second: bool) -> Markup {
    html! {
        div.past-days {
            (days_choice(shell, DAYS_FIELD))
            button #try-on-past.second[is_second] type="submit" formaction=(action) { (shell.say(say::try_it())) }
        }
        p.hint { (shell.say(say::about_trying())) }
    }
}

pub(super) fn days_choice(shell: &Shell<'_>, id: &str) -> Markup {
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

fn days_in_words(days: u16) -> Sentence {
    match days {
        1 => say::one_day(),
        days => say::days(days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[site]\nbox = \"box-1\"\narea = \"530127\"\nmode = \"test\"\n[[camera]]\nid = \"cam-1\"\n\
        eye = \"village\"\nurl = \"rtsp://10.0.0.31/1\"\ngrid = \"53012700300102\"\nthresholds = { person = 0.50 }\n";

    fn threshold(value: f64) -> [Edit; 1] {
        [Edit::SetCamera {
            id: "cam-1".to_owned(),
            key: edit::path(&["thresholds", "person"]),
            value: Some(edit::number_value(value)),
        }]
    }

    #[test]
    fn a_value_that_is_only_written_otherwise_is_no_change() {
        let path = Path::new("/etc/lookout/lookout.toml");
        let typed = edit::apply(TEXT, &threshold(0.5)).unwrap();
        assert_ne!(typed, TEXT, "0.50 is written as 0.5");
        assert!(changed(path, TEXT, &threshold(0.5)).unwrap().is_none());
        assert!(changed(path, TEXT, &[]).unwrap().is_none());
        let (text, config) = changed(path, TEXT, &threshold(0.6)).unwrap().unwrap();
        assert!(text.contains("person = 0.6") && config.is_some(), "{text}");
    }
}
