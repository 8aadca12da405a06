//! A camera or a rule goes: which rules go with it, which go on without it, and which signals hear less, said before anything
//! happens.

use std::collections::BTreeSet;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Redirect;
use maud::{Markup, html};
use rustix::fs::Access;

use super::super::Site;
use super::super::accounts::Role;
use super::super::layout::{Shell, coded, token};
use super::super::request::{OwnForm, Reader, Refused, Visitor, installers_only};
use super::super::wizard;
use crate::analysis::rules::Rule;
use crate::analysis::signals::{Selector, SignalPlan};
use crate::config::edit::{self, Edit};
use crate::config::rule_fields::sections_in;
use crate::config::{Config, Surroundings};
use crate::contract::kinds;
use crate::text::{Joint, Sentence, Words, page_changes as say, page_rules};

/// The field by which its password goes, too.
const PASSWORD: &str = "password";

/// What becomes of the file with a camera's password.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Password {
    /// The camera has none.
    None,
    /// Nobody else names it.
    MayGo(PathBuf),
    /// Something else names it, too.
    IsShared(PathBuf),
    /// It is not the page's to delete.
    Stays(PathBuf),
}

/// The form by which a camera goes; nothing for those who may not.
pub(in super::super) async fn removal(
    site: &Arc<Site>,
    camera: &str,
    shell: &Shell<'_>,
    visitor: &Visitor,
    reader: Reader,
) -> Result<Markup, Refused> {
    if !visitor.may(Role::Installer) {
        return Ok(html! {});
    }
    let config = site.config();
    let (of, asked) = (visitor.clone(), camera.to_owned());
    let password = site.blocking(move |site| password_of(site, &of, &asked), reader).await?;
    Ok(html! {
        details.action #remove {
            summary { (shell.say(say::remove_camera())) }
            form method="post" action={ "/cameras/" (camera) "/remove" } {
                (token(visitor.form_token()))
                p { (shell.say(say::about_removing_camera())) }
                ul.lines #goes-with-it {
                    @for line in goes_with(&config, camera) { li { (shell.say(line)) } }
                    @if let Some(line) = password.stays() { li #password-stays { (coded(&shell.say(line))) } }
                }
                @if let Password::MayGo(file) = &password {
                    label.choice {
                        input type="checkbox" name=(PASSWORD) value="delete" checked autocomplete="off";
                        (coded(&shell.say(say::delete_its_password(file.display()))))
                    }
                }
                button type="submit" { (shell.say(say::remove_camera())) }
            }
        }
    })
}

impl Password {
    /// Why it stays.
    fn stays(&self) -> Option<Sentence> {
        match self {
            Password::None | Password::MayGo(_) => None,
            Password::IsShared(file) => Some(say::password_is_shared(file.display())),
            Password::Stays(file) => Some(say::password_stays(file.display())),
        }
    }
}

/// By the text that would be changed. Waits for the disk.
fn password_of(site: &Site, visitor: &Visitor, camera: &str) -> Password {
    let config = site.config();
    let credentials = config.camera(camera).and_then(|camera| camera.credentials.as_ref());
    let Some(file) = credentials.map(|credentials| credentials.file.clone()) else { return Password::None };
    let edits = [Edit::RemoveCamera(camera.to_owned())];
    let after = site.text_to_change(visitor).and_then(|text| edit::apply(&text, &edits));
    let path = &site.parts.config_file;
    let named = match after.map(|text| Config::from_text(path, &text, &Surroundings::of(path))) {
        Ok(Ok(config)) => config.secret_files,
        // What has mistakes names what could be read; it cannot be kept, and is looked at once more then.
        Ok(Err(problems)) => problems.secret_files,
        Err(_) => return Password::Stays(file),
    };
    let folder = file.parent().unwrap_or(FilePath::new(""));
    let may_delete = rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    if named.contains(&file) {
        Password::IsShared(file)
    } else if may_delete && *folder == *config.secrets_dir && file.is_file() {
        Password::MayGo(file)
    } else {
        Password::Stays(file)
    }
}

pub(in super::super) async fn remove_camera(
    State(site): State<Arc<Site>>,
    Path(camera): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let OwnForm { visitor, fields, reader } = form;
    installers_only(&visitor, reader)?;
    let wants_password_gone = fields.get(PASSWORD).is_some();
    let (of, asked) = (visitor.clone(), camera.clone());
    let found = move |site: &Site| (whys(site, &of, &asked), password_of(site, &of, &asked));
    let (mut whys, password) = site.blocking(found, reader).await?;
    let password = match password {
        Password::MayGo(file) if wants_password_gone => Some(file),
        Password::MayGo(_) | Password::None | Password::IsShared(_) | Password::Stays(_) => None,
    };
    whys.extend(password.as_ref().map(|file| say::password_goes(file.display())));
    // Its own page is gone afterwards.
    let edits = vec![Edit::RemoveCamera(camera)];
    let proposed = site.propose_for(&visitor, reader, edits, whys, "/".to_owned()).await?;
    if let Some(file) = password {
        let noted = site.blocking(move |site| wizard::delete_with_its_camera(site, file), reader).await?;
        if let Err(error) = noted {
            site.sessions.lock().say_next(visitor.key, say::password_not_noted(error.to_string()));
        }
    }
    Ok(proposed)
}

/// Proposes that a rule goes.
pub(in super::super) async fn remove_rule(
    site: &Arc<Site>,
    visitor: &Visitor,
    reader: Reader,
    rule: String,
    back_to: &str,
) -> Result<Redirect, Refused> {
    let (of, asked) = (visitor.clone(), rule.clone());
    let lose_a_source =
        site.blocking(move |site| lose_a_source(&text_changed(site, &of), &asked), reader).await?;
    let whys = [vec![page_rules::removed(rule.as_str())], lose_a_source].concat();
    site.propose_for(visitor, reader, vec![Edit::RemoveRule(rule)], whys, back_to.to_owned()).await
}

/// The configuration that would be changed; of a text with mistakes, what runs. That it has some is said where it is shown. Waits
/// for the disk.
fn text_changed(site: &Site, visitor: &Visitor) -> Config {
    let path = &site.parts.config_file;
    let read = |text: String| Config::from_text(path, &text, &Surroundings::elsewhere(path)).ok();
    let config = site.text_to_change(visitor).ok().and_then(read);
    config.unwrap_or_else(|| Config::clone(&site.config()))
}

/// What becomes different, in words, by the text that would be changed. Waits for the disk.
fn whys(site: &Site, visitor: &Visitor, camera: &str) -> Vec<Sentence> {
    let mut whys = vec![say::camera_removed(camera)];
    whys.extend(goes_with(&text_changed(site, visitor), camera));
    whys
}

/// Which signals hear less without a rule.
fn lose_a_source(config: &Config, rule: &str) -> Vec<Sentence> {
    let Some(gone) = config.rules.iter().find(|one| *one.id == *rule) else { return Vec::new() };
    let others = || config.rules.iter().filter(|one| *one.id != *rule);
    let (mut less, mut left) = (Vec::new(), Vec::new());
    for signal in config.signals.iter().filter(|signal| signal.feed_of(gone).is_some()) {
        let is_fed =
            others().any(|one| signal.feed_of(one).is_some()) || is_fed_besides_rules(signal, config, None);
        let list = if is_fed { &mut less } else { &mut left };
        list.push(signal_name(signal));
    }
    [listed(less, say::signals_hear_less), listed(left, say::signals_are_left)]
        .into_iter()
        .flatten()
        .collect()
}

/// A sentence about all of them, where there are some.
fn listed(names: Vec<Words>, say: fn(Words) -> Sentence) -> Option<Sentence> {
    (!names.is_empty()).then(|| say(Words::List(names, Joint::Row)))
}

/// Which rules go with a camera or lose it, and which signals hear less.
fn goes_with(config: &Config, camera: &str) -> Vec<Sentence> {
    let ids = |text: &str| -> BTreeSet<String> {
        sections_in(text, "rule").into_iter().filter_map(|rule| rule.id).collect()
    };
    // A camera that is not there is reported where it is proposed.
    let Ok(after) = edit::apply(config.text(), &[Edit::RemoveCamera(camera.to_owned())]) else {
        return Vec::new();
    };
    let stay = ids(&after);
    let is_its = |rule: &&Rule| rule.cameras.iter().any(|id| **id == *camera);
    let its: Vec<&Rule> = config.rules.iter().filter(is_its).collect();
    let (mut go, mut go_on) = (Vec::new(), Vec::new());
    for rule in &its {
        let list = if stay.contains(&*rule.id) { &mut go_on } else { &mut go };
        list.push(rule_name(config, rule));
    }
    let goes_on = |rule: &Rule| stay.contains(&*rule.id);
    let (mut lose_a_source, mut signals_left) = (Vec::new(), Vec::new());
    for signal in config.signals.iter().filter(|signal| is_fed_by(signal, config, &its, camera)) {
        let is_fed = config.rules.iter().any(|rule| goes_on(rule) && signal.feed_of(rule).is_some())
            || is_fed_besides_rules(signal, config, Some(camera));
        let list = if is_fed { &mut lose_a_source } else { &mut signals_left };
        list.push(signal_name(signal));
    }
    let none = its.is_empty().then(say::no_rule_goes);
    [
        none,
        listed(go, say::rules_go),
        listed(go_on, say::rules_go_on),
        listed(lose_a_source, say::signals_hear_less),
        listed(signals_left, say::signals_are_left),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether a signal learns of that camera: by a rule, or by the camera's own condition.
fn is_fed_by(signal: &SignalPlan, config: &Config, its: &[&Rule], camera: &str) -> bool {
    its.iter().any(|rule| signal.feed_of(rule).is_some())
        || signal.from.iter().any(|feed| match &feed.from {
            Selector::Cameras { cameras, .. } if cameras.is_empty() => config.camera(camera).is_some(),
            Selector::Cameras { cameras, .. } => cameras.iter().any(|id| **id == *camera),
            Selector::Rule(_)
            | Selector::RuleKind(_)
            | Selector::Sensor { .. }
            | Selector::Quantity { .. } => false,
        })
}

/// Whether a sensor, or the condition of a camera other than one that goes, feeds a signal.
fn is_fed_besides_rules(signal: &SignalPlan, config: &Config, gone: Option<&str>) -> bool {
    let sensors = &config.sensors.list;
    signal.from.iter().any(|feed| match &feed.from {
        Selector::Rule(_) | Selector::RuleKind(_) => false,
        Selector::Sensor { sensor, .. } => sensors.iter().any(|one| *one.plan.id == **sensor),
        Selector::Quantity { quantity, .. } => {
            sensors.iter().any(|one| one.plan.quantity.name() == &**quantity)
        }
        Selector::Cameras { cameras, .. } if cameras.is_empty() => {
            config.cameras.iter().any(|one| Some(&*one.id) != gone)
        }
        Selector::Cameras { cameras, .. } => cameras.iter().any(|id| Some(&**id) != gone),
    })
}

/// What its alerts are called, and its name.
fn rule_name(config: &Config, rule: &Rule) -> Words {
    let title = match config.titles.get(&rule.id) {
        Some(own) => Words::from(own),
        None => kind_name(&rule.signal),
    };
    say::named(title, &*rule.id).into()
}

fn signal_name(signal: &SignalPlan) -> Words {
    say::named(kind_name(&signal.kind), &*signal.kind).into()
}

fn kind_name(kind: &str) -> Words {
    kinds::known(kind).map_or_else(|| kind.into(), |known| (known.title)().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::words::Language;

    #[test]
    fn what_goes_with_a_camera_is_named_before_it_goes() {
        let camera = |id: &str, eye: &str| {
            format!(
                "[[camera]]\nid = \"{id}\"\neye = \"{eye}\"\nurl = \"rtsp://10.0.0.3/{id}\"\ngrid = \"53012700300102\"\n\
                 zone = [{{ id = \"gate\", polygon = [[0.1, 0.5], [0.9, 0.5], [0.9, 1.0]] }}]\n"
            )
        };
        let rule = |id: &str, cameras: &str| {
            format!(
                "[[rule]]\nid = \"{id}\"\n{cameras}\ncrowd = {{ zone = \"gate\", at_least = 3, for_secs = 5 }}\n"
            )
        };
        let text = [
            "[site]\nbox = \"box-1\"\narea = \"530127\"\n".to_owned(),
            camera("cam-1", "village"),
            camera("cam-2", "household"),
            rule("alone", "cameras = [\"cam-1\"]"),
            rule("both", "cameras = [\"cam-1\", \"cam-2\"]"),
            rule("of-its-owner", "eye = \"village\""),
            rule("other", "cameras = [\"cam-2\"]"),
            "[[signal]]\nkind = \"own_signal\"\nlevels = { yellow = 0.7 }\n\
             from = [{ rule = \"alone\", weight = 2.0 }, { rule = \"both\", weight = 1.0 }]\n"
                .to_owned(),
            "[[signal]]\nkind = \"left_alone\"\nlevels = { yellow = 0.7 }\n\
             from = [{ rule = \"alone\", weight = 2.0 }]\n"
                .to_owned(),
        ]
        .concat();
        let path = FilePath::new("site.toml");
        let config = Config::from_text(path, &text, &Surroundings::elsewhere(path)).unwrap();
        let said = |camera: &str, language| {
            let lines = goes_with(&config, camera).into_iter();
            lines.map(|line| line.in_language(language)).collect::<Vec<_>>()
        };
        let result = said("cam-1", Language::English);
        let line = |codes: &str, of: &[String]| of.iter().any(|line| line.starts_with(codes));
        assert!(
            result.iter().any(|line| line.starts_with("Rules that go with it") && line.contains("(alone)"))
        );
        assert!(result.iter().any(|line| line.starts_with("Rules that go on") && line.contains("(both)")));
        let is_said = |of: &[String], line: &str, name: &str| {
            of.iter().any(|said| said.starts_with(line) && said.contains(name))
        };
        assert!(is_said(&result, "Rules that go with it", "(of-its-owner)"), "{result:?}");
        assert!(is_said(&result, "Signals that lose one of their sources", "own_signal"), "{result:?}");
        assert!(is_said(&result, "Signals that stay and that nothing feeds", "left_alone"), "{result:?}");
        // Nothing is said that is not so.
        let after = edit::apply(&text, &[Edit::RemoveCamera("cam-1".to_owned())]).unwrap();
        let after = Config::from_text(path, &after, &Surroundings::elsewhere(path)).unwrap();
        let rules: Vec<&str> = after.rules.iter().map(|rule| &*rule.id).collect();
        assert_eq!(rules, ["both", "other"]);
        let less = |rule: &str| -> Vec<String> {
            lose_a_source(&config, rule).into_iter().map(|line| line.in_language(Language::English)).collect()
        };
        assert!(is_said(&less("alone"), "Signals that lose", "own_signal"), "{:?}", less("alone"));
        assert!(is_said(&less("alone"), "Signals that stay", "left_alone"), "{:?}", less("alone"));
        assert!(less("other").is_empty(), "{:?}", less("other"));
        assert!(result.iter().all(|line| !line.contains("(other)")), "{result:?}");
        assert!(!line("No rule watches it", &result), "{result:?}");
        let chinese = said("cam-1", Language::Chinese);
        assert_eq!(chinese.len(), result.len());
        assert!(chinese.iter().any(|line| line.contains("（alone）")), "{chinese:?}");
        assert!(said("cam-9", Language::English).is_empty(), "one that is not there");
    }
}
