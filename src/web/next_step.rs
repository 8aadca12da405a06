//! What an installer has not done yet at a camera that is watched: draw its zones, add a rule, walk before it. The page of each
//! step leads to the next one.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::Site;
use super::accounts::Role;
use super::layout::Shell;
use crate::config::{Camera, Config};
use crate::text::{Sentence, page_rules, page_wizard as say};

/// One of them, in the order in which they are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextStep {
    Zones,
    Rule,
    Walk,
}

impl NextStep {
    const ALL: [NextStep; 3] = [NextStep::Zones, NextStep::Rule, NextStep::Walk];

    /// Whether it is done, by what runs.
    fn is_done(self, site: &Site, config: &Config, camera: &Camera) -> bool {
        match self {
            NextStep::Zones => !camera.zones.is_empty() || !camera.lines.is_empty(),
            NextStep::Rule => {
                config.rules.iter().any(|rule| rule.cameras.iter().any(|id| **id == *camera.id))
            }
            NextStep::Walk => site.walks.has(&camera.id),
        }
    }

    /// Of the link to it.
    fn html_id(self) -> &'static str {
        match self {
            NextStep::Zones => "draw-zones",
            NextStep::Rule => "add-its-rule",
            NextStep::Walk => "walk-before-it",
        }
    }

    fn path(self, camera: &str) -> String {
        match self {
            NextStep::Zones => format!("/cameras/{camera}/shapes"),
            NextStep::Rule => format!("/rules/new?camera={camera}"),
            NextStep::Walk => format!("/cameras/{camera}#walk"),
        }
    }

    fn name(self) -> Sentence {
        match self {
            NextStep::Zones => say::draw_zones(),
            NextStep::Rule => page_rules::add(),
            NextStep::Walk => say::walk(),
        }
    }

    fn about(self) -> Sentence {
        match self {
            NextStep::Zones => say::about_zones(),
            NextStep::Rule => say::about_rule(),
            NextStep::Walk => say::about_walk(),
        }
    }
}

/// The first step that is not done at a camera.
fn first_not_done(site: &Site, config: &Config, camera: &Camera) -> Option<NextStep> {
    NextStep::ALL.into_iter().find(|step| !step.is_done(site, config, camera))
}

/// The cameras of rules that run at which something other than another rule comes next, in the order of their names; `most` of
/// them.
pub(super) fn after_rules(site: &Site, config: &Config, most: usize) -> Vec<String> {
    let of_rules: BTreeSet<&str> =
        config.rules.iter().flat_map(|rule| rule.cameras.iter().map(|id| &**id)).collect();
    let is_open = |id: &&str| {
        let next = config.camera(id).and_then(|camera| first_not_done(site, config, camera));
        next.is_some_and(|next| next != NextStep::Rule)
    };
    of_rules.into_iter().filter(is_open).take(most).map(str::to_owned).collect()
}

/// All steps of a camera, those that are done marked.
pub(super) fn all(site: &Site, shell: &Shell<'_>, config: &Config, camera: &Camera) -> Markup {
    html! {
        @for step in NextStep::ALL {
            @let is_done = step.is_done(site, config, camera);
            p {
                a.button.second[is_done] id=(step.html_id()) href=(step.path(&camera.id)) { (shell.say(step.name())) }
                @if is_done { " " span.sign.well aria-hidden="true" {} (shell.say(say::is_done())) }
            }
            p.hint { (shell.say(step.about())) }
        }
    }
}

/// What comes after `here` at a camera: the first step that is not done, its alerts where all are. Nothing for a visitor
/// who may do no steps, and where `here` itself is what comes next.
pub(super) fn after(site: &Site, shell: &Shell<'_>, camera: &str, here: NextStep) -> Markup {
    let config = site.config();
    let is_theirs = shell.visitor.is_some_and(|visitor| visitor.may(Role::Installer));
    let Some(camera) = config.camera(camera).filter(|_| is_theirs) else { return html! {} };
    let next = first_not_done(site, &config, camera);
    let link = |id: &str, to: String, text: Sentence| {
        let name = camera.responsible.name.as_deref().unwrap_or(&camera.id);
        html! {
            p.notice {
                (shell.say(say::next_of(name))) " " a id=(id) href=(to) { (shell.say(text)) }
            }
        }
    };
    match next {
        Some(next) if next == here => html! {},
        Some(next) => link(next.html_id(), next.path(&camera.id), next.name()),
        None if here == NextStep::Walk => {
            link("its-alerts", format!("/alerts?camera={}", camera.id), say::see_alerts())
        }
        None => html! {},
    }
}
