//! A camera goes: which rules go with it, which go on without it, and which signals hear less, said before anything happens.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Redirect;
use maud::{Markup, html};

use super::super::Site;
use super::super::accounts::Role;
use super::super::layout::{Shell, token};
use super::super::request::{OwnForm, Refused, Visitor};
use super::installers_only;
use crate::analysis::rules::Rule;
use crate::analysis::signals::{Selector, SignalPlan};
use crate::config::edit::{self, Edit};
use crate::config::rule_fields::sections_in;
use crate::config::{Config, Surroundings};
use crate::contract::kinds;
use crate::text::{Joint, Sentence, Words, page_changes as say};

/// The form by which a camera goes; nothing for those who may not.
pub(in super::super) fn removal(site: &Site, camera: &str, shell: &Shell<'_>, visitor: &Visitor) -> Markup {
    if !visitor.may(Role::Installer) {
        return html! {};
    }
    let config = site.config();
    html! {
        details.action #remove {
            summary { (shell.say(say::remove_camera())) }
            form method="post" action={ "/cameras/" (camera) "/remove" } {
                (token(visitor.form_token()))
                p { (shell.say(say::about_removing_camera())) }
                ul.lines #goes-with-it { @for line in goes_with(&config, camera) { li { (shell.say(line)) } } }
                button type="submit" { (shell.say(say::remove_camera())) }
            }
        }
    }
}

pub(in super::super) async fn remove_camera(
    State(site): State<Arc<Site>>,
    Path(camera): Path<String>,
    form: OwnForm,
) -> Result<Redirect, Refused> {
    let OwnForm { visitor, reader, .. } = form;
    installers_only(&visitor, reader)?;
    let (of, asked) = (visitor.clone(), camera.clone());
    let whys = site.blocking(move |site| whys(site, &of, &asked), reader).await?;
    // Its own page is gone afterwards.
    site.propose_for(&visitor, reader, vec![Edit::RemoveCamera(camera)], whys, "/".to_owned()).await
}

/// What becomes different, in words, by the text that would be changed. Waits for the disk.
fn whys(site: &Site, visitor: &Visitor, camera: &str) -> Vec<Sentence> {
    let path = &site.parts.config_file;
    let read = |text: String| Config::from_text(path, &text, &Surroundings::elsewhere(path)).ok();
    // Of a text with mistakes: what runs. That it has some is said where it is shown.
    let config = site.text_to_change(visitor).ok().and_then(read);
    let config = config.unwrap_or_else(|| Config::clone(&site.config()));
    let mut whys = vec![say::camera_removed(camera)];
    whys.extend(goes_with(&config, camera));
    whys
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
    let others = |rule: &Rule| rule.cameras.iter().any(|id| **id != *camera);
    let its: Vec<&Rule> = config.rules.iter().filter(is_its).collect();
    let (mut go, mut go_on, mut are_left) = (Vec::new(), Vec::new(), Vec::new());
    for rule in &its {
        let result = rule_name(config, rule);
        match (stay.contains(&*rule.id), others(rule)) {
            (false, _) => go.push(result),
            (true, true) => go_on.push(result),
            (true, false) => are_left.push(result),
        }
    }
    let goes_on = |rule: &Rule| stay.contains(&*rule.id) && others(rule);
    let (mut hear_less, mut signals_left) = (Vec::new(), Vec::new());
    for signal in config.signals.iter().filter(|signal| hears(signal, config, &its, camera)) {
        let is_fed = config.rules.iter().any(|rule| goes_on(rule) && signal.feed_of(rule).is_some())
            || is_fed_besides_rules(signal, config, camera);
        let list = if is_fed { &mut hear_less } else { &mut signals_left };
        list.push(signal_name(signal));
    }
    let list = |names: Vec<Words>, say: fn(Words) -> Sentence| {
        (!names.is_empty()).then(|| say(Words::List(names, Joint::Row)))
    };
    let none = its.is_empty().then(say::no_rule_goes);
    [
        none,
        list(go, say::rules_go),
        list(go_on, say::rules_go_on),
        list(are_left, say::rules_are_left),
        list(hear_less, say::signals_hear_less),
        list(signals_left, say::signals_are_left),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether a signal learns of that camera: by a rule, or by the camera's own condition.
fn hears(signal: &SignalPlan, config: &Config, its: &[&Rule], camera: &str) -> bool {
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

/// Whether a sensor, or the condition of another camera, feeds a signal.
fn is_fed_besides_rules(signal: &SignalPlan, config: &Config, camera: &str) -> bool {
    let sensors = &config.sensors.list;
    signal.from.iter().any(|feed| match &feed.from {
        Selector::Rule(_) | Selector::RuleKind(_) => false,
        Selector::Sensor { sensor, .. } => sensors.iter().any(|one| *one.plan.id == **sensor),
        Selector::Quantity { quantity, .. } => {
            sensors.iter().any(|one| one.plan.quantity.name() == &**quantity)
        }
        Selector::Cameras { cameras, .. } if cameras.is_empty() => {
            config.cameras.iter().any(|one| *one.id != *camera)
        }
        Selector::Cameras { cameras, .. } => cameras.iter().any(|id| **id != *camera),
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
    use std::path::Path as FilePath;

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
        assert!(
            result.iter().any(|line| line.contains("no camera any more") && line.contains("(of-its-owner)"))
        );
        assert!(result.iter().all(|line| !line.contains("(other)")), "{result:?}");
        assert!(!line("No rule watches it", &result), "{result:?}");
        let chinese = said("cam-1", Language::Chinese);
        assert_eq!(chinese.len(), result.len());
        assert!(chinese.iter().any(|line| line.contains("（alone）")), "{chinese:?}");
        assert!(said("cam-9", Language::English).is_empty(), "one that is not there");
    }
}
