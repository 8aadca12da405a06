//! What the journal cannot say of a new configuration: it holds what was looked at, and found, with the old one.

use std::collections::BTreeMap;

use crate::analysis::Plan;
use crate::analysis::detection::Class;
use crate::analysis::rules::CameraPlan;
use crate::analysis::tracker::DEFAULT_THRESHOLD;
use crate::config::Config;
use crate::journal::Configuration;
use crate::text::{Joint, Sentence, Words, retune as say};

/// A sentence for each thing that the journal cannot say.
pub(crate) fn of(
    old: &Config,
    new: &Config,
    first: &Configuration,
    is_asked: impl Fn(&str) -> bool,
) -> Vec<Sentence> {
    let (old_plan, new_plan) = (old.plan_with(&first.recommended), new.plan_with(&first.recommended));
    let mut limits = Vec::new();
    let never_looked_at = |camera: &&CameraPlan| camera_of(&old_plan, &camera.id).is_none();
    let asked = || new_plan.cameras.iter().filter(|camera| is_asked(&camera.id));
    let unknown: Vec<Words> = asked().filter(never_looked_at).map(quoted).collect();
    if !unknown.is_empty() {
        limits.push(say::never_looked_at(Words::List(unknown, Joint::AndMore)));
    }
    let faster = |camera: &&CameraPlan| {
        camera_of(&old_plan, &camera.id).is_some_and(|old| camera.analysis_hz > old.analysis_hz)
    };
    let faster: Vec<Words> = asked().filter(faster).map(quoted).collect();
    if !faster.is_empty() {
        limits.push(say::looked_at_more_seldom(Words::List(faster, Joint::AndMore)));
    }
    for (class, cameras) in lower_thresholds(&old_plan, &new_plan, &is_asked) {
        limits.push(say::lower_threshold(class.words(), Words::List(cameras, Joint::AndMore)));
    }
    if new.detector.model != old.detector.model {
        limits.push(say::other_model(&first.model.name, &new.detector.model));
    }
    limits
}

fn quoted(camera: &CameraPlan) -> Words {
    format!("`{}`", camera.id).into()
}

fn camera_of<'p>(plan: &'p Plan, id: &str) -> Option<&'p CameraPlan> {
    plan.cameras.iter().find(|camera| *camera.id == *id)
}

/// The cameras on which the new configuration is content with less than the old one was, by class: what is less sure than the
/// detector was asked for then is not in the journal.
fn lower_thresholds(old: &Plan, new: &Plan, is_asked: impl Fn(&str) -> bool) -> BTreeMap<Class, Vec<Words>> {
    let mut lower: BTreeMap<Class, Vec<Words>> = BTreeMap::new();
    for camera in new.cameras.iter().filter(|camera| is_asked(&camera.id)) {
        let Some(before) = camera_of(old, &camera.id) else { continue };
        for class in classes(new, camera) {
            if least(camera, class) < least(before, class) {
                lower.entry(class).or_default().push(quoted(camera));
            }
        }
    }
    lower
}

/// The classes that the rules of a camera are about.
fn classes(plan: &Plan, camera: &CameraPlan) -> Vec<Class> {
    let rules = plan.rules.iter().filter(|rule| rule.cameras.contains(&camera.id));
    let mut classes: Vec<Class> = rules.flat_map(|rule| rule.when.classes().iter().copied()).collect();
    classes.sort();
    classes.dedup();
    classes
}

/// The lowest threshold of a class, by day or by night.
pub(crate) fn least(camera: &CameraPlan, class: Class) -> f32 {
    let of = |is_night| {
        let thresholds = camera.thresholds_at(is_night);
        let own = thresholds.iter().rev().find(|(of, _)| *of == class);
        own.map_or(DEFAULT_THRESHOLD, |(_, threshold)| *threshold)
    };
    of(false).min(of(true))
}
