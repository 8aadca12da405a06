//! Why an alert appears, disappears or comes at another time: what the two plans say about its rule, its camera and its
//! signal at that moment.
//!
//! A rule that is gone, or not in force then, is the reason. Otherwise all is listed that is different about what the alert
//! depends on: which of several it was, the plans do not say.

use std::sync::Arc;

use super::alert_life::AlertLife;
use super::difference::{Difference, Pairing};
use super::lasting::lasting;
use crate::analysis::Plan;
use crate::analysis::detection::Class;
use crate::analysis::rules::{CameraPlan, Rule};
use crate::analysis::signals::SignalPlan;
use crate::analysis::time::Timestamp;
use crate::analysis::tracker::DEFAULT_THRESHOLD;
use crate::text::{Sentence, comparison as say};

/// Gives each difference its reasons.
pub(crate) fn give_reasons(differences: &mut [Difference], before: &Plan, after: &Plan) {
    for difference in differences {
        difference.reasons = reasons(&difference.pairing, before, after);
    }
}

fn reasons(pairing: &Pairing, before: &Plan, after: &Plan) -> Vec<Sentence> {
    let changed = |life: &AlertLife| changed(life, before, after);
    match pairing {
        Pairing::Appeared(life) => match missing(life, before) {
            Some(missing) => vec![missing.in_the_old()],
            None => changed(life),
        },
        Pairing::Disappeared(life) => match missing(life, after) {
            Some(missing) => vec![missing.in_the_new()],
            None => changed(life),
        },
        Pairing::Joined { before: life, .. } | Pairing::Parted { after: life, .. } => changed(life),
        Pairing::Both { before: life, after: other } => {
            let is_renamed = life.rule != other.rule || life.kind != other.kind;
            let other =
                is_renamed.then(|| say::decided_by(life.decided_by().as_ref(), other.decided_by().as_ref()));
            other.into_iter().chain(changed(life)).collect()
        }
    }
}

/// What a plan lacks for an alert.
enum Missing {
    Camera(Arc<str>),
    Rule(Arc<str>),
    /// The rule is there and does not watch the camera.
    RuleOnCamera(Arc<str>, Arc<str>),
    /// The rule raises nothing by itself: it feeds a signal.
    Alone(Arc<str>),
    InForce(Arc<str>),
    Signal(Arc<str>),
}

impl Missing {
    fn in_the_new(&self) -> Sentence {
        match self {
            Missing::Camera(camera) => say::new_has_no_camera(camera.as_ref()),
            Missing::Rule(rule) => say::new_has_no_rule(rule.as_ref()),
            Missing::RuleOnCamera(rule, camera) => say::new_rule_not_on(rule.as_ref(), camera.as_ref()),
            Missing::Alone(rule) => say::new_rule_not_alone(rule.as_ref()),
            Missing::InForce(rule) => say::new_rule_not_in_force(rule.as_ref()),
            Missing::Signal(kind) => say::new_has_no_signal(kind.as_ref()),
        }
    }

    fn in_the_old(&self) -> Sentence {
        match self {
            Missing::Camera(camera) => say::old_has_no_camera(camera.as_ref()),
            Missing::Rule(rule) => say::old_has_no_rule(rule.as_ref()),
            Missing::RuleOnCamera(rule, camera) => say::old_rule_not_on(rule.as_ref(), camera.as_ref()),
            Missing::Alone(rule) => say::old_rule_not_alone(rule.as_ref()),
            Missing::InForce(rule) => say::old_rule_not_in_force(rule.as_ref()),
            Missing::Signal(kind) => say::old_has_no_signal(kind.as_ref()),
        }
    }
}

/// What a plan lacks that the alert cannot be without.
fn missing(life: &AlertLife, plan: &Plan) -> Option<Missing> {
    let camera = life.camera();
    if let Some(camera) = camera.filter(|camera| camera_of(plan, camera).is_none()) {
        return Some(Missing::Camera(camera.clone()));
    }
    let Some(id) = &life.rule else {
        return signal_of(plan, &life.kind).is_none().then(|| Missing::Signal(life.kind.clone()));
    };
    let Some(rule) = rule_of(plan, id) else { return Some(Missing::Rule(id.clone())) };
    if let Some(camera) = camera.filter(|camera| !rule.cameras.contains(camera)) {
        return Some(Missing::RuleOnCamera(id.clone(), camera.clone()));
    }
    if !plan.raises_alone(rule) {
        return Some(Missing::Alone(id.clone()));
    }
    (!rule.schedule.in_force(life.raised_at)).then(|| Missing::InForce(id.clone()))
}

/// What is different about all that the alert depends on.
fn changed(life: &AlertLife, before: &Plan, after: &Plan) -> Vec<Sentence> {
    let mut changed = Vec::new();
    let rules = |plan: &'_ Plan| -> Vec<Arc<str>> {
        let feeds =
            |rule: &&Rule| signal_of(plan, &life.kind).is_some_and(|signal| signal.feed_of(rule).is_some());
        plan.rules.iter().filter(feeds).map(|rule| rule.id.clone()).collect()
    };
    let ids = match &life.rule {
        Some(rule) => vec![rule.clone()],
        None => rules(before),
    };
    for id in ids {
        let (Some(old), Some(new)) = (rule_of(before, &id), rule_of(after, &id)) else { continue };
        changed.extend(changed_rule(old, new));
        for camera in &life.origin.cameras {
            let (Some(old_camera), Some(new_camera)) = (camera_of(before, camera), camera_of(after, camera))
            else {
                continue;
            };
            changed.extend(changed_thresholds(old, new, (old_camera, new_camera), life.raised_at));
            changed.extend(changed_camera(old, old_camera, new_camera));
        }
    }
    if life.rule.is_none()
        && let (Some(old), Some(new)) = (signal_of(before, &life.kind), signal_of(after, &life.kind))
        && old != new
    {
        changed.push(say::signal_changed(life.kind.as_ref()));
    }
    let mut once: Vec<Sentence> = Vec::new();
    for sentence in changed {
        if !once.contains(&sentence) {
            once.push(sentence);
        }
    }
    once
}

fn changed_rule(old: &Rule, new: &Rule) -> Vec<Sentence> {
    let secs =
        |duration| lasting(jiff::SignedDuration::try_from(duration).unwrap_or(jiff::SignedDuration::MAX));
    let mut changed = Vec::new();
    if old.when != new.when {
        let (was, is) = (old.when.sentence(), new.when.sentence());
        changed.push(if was == is {
            say::condition_set_otherwise(old.id.as_ref())
        } else if old.when.lasting() != new.when.lasting()
            && old.when.place() == new.when.place()
            && old.when.classes() == new.when.classes()
        {
            say::lasting_changed(secs(new.when.lasting()), secs(old.when.lasting()))
        } else {
            say::condition_changed(is, was)
        });
    }
    if old.hold != new.hold {
        changed.push(say::hold_changed(secs(new.hold), secs(old.hold)));
    }
    if old.cooldown != new.cooldown {
        changed.push(say::cooldown_changed(secs(new.cooldown), secs(old.cooldown)));
    }
    if old.heights != new.heights {
        changed.push(say::heights_changed(old.id.as_ref()));
    }
    if old.level != new.level {
        changed.push(say::level_changed(
            super::report::level_name(new.level),
            super::report::level_name(old.level),
        ));
    }
    if old.schedule != new.schedule {
        changed.push(say::schedule_changed(old.id.as_ref()));
    }
    changed
}

/// Thresholds of the rule's classes at that moment.
fn changed_thresholds(
    old: &Rule,
    new: &Rule,
    (old_camera, new_camera): (&CameraPlan, &CameraPlan),
    at: Timestamp,
) -> Vec<Sentence> {
    let mut classes: Vec<Class> = [old.when.classes(), new.when.classes()].concat();
    classes.sort();
    classes.dedup();
    let mut changed = Vec::new();
    for class in classes {
        let (was, is) = (threshold(old_camera, class, at), threshold(new_camera, class, at));
        if was != is {
            changed.push(say::threshold_changed(class.words(), shown(is), shown(was)));
        }
    }
    changed
}

/// From which score on a class counts as surely seen at that moment.
fn threshold(camera: &CameraPlan, class: Class, at: Timestamp) -> f32 {
    let is_night = camera.night.as_ref().is_some_and(|night| night.schedule.in_force(at));
    let thresholds = camera.thresholds_at(is_night);
    // Those of the night come behind.
    let own = thresholds.iter().rev().find(|(of, _)| *of == class);
    own.map_or(DEFAULT_THRESHOLD, |(_, threshold)| *threshold)
}

/// `0.45`, as it is typed.
fn shown(value: f32) -> String {
    ((f64::from(value) * 1_000.0).round() / 1_000.0).to_string()
}

/// Where and how the camera is looked at.
fn changed_camera(rule: &Rule, old: &CameraPlan, new: &CameraPlan) -> Vec<Sentence> {
    let mut changed = Vec::new();
    let place = rule.when.place();
    if old.zones.get(place) != new.zones.get(place) || old.lines.get(place) != new.lines.get(place) {
        changed.push(say::place_redrawn(place.as_ref(), old.id.as_ref()));
    }
    if old.masks != new.masks || old.class_masks != new.class_masks {
        changed.push(say::masks_changed(old.id.as_ref()));
    }
    if old.heights != new.heights || old.horizon != new.horizon || old.largest_box != new.largest_box {
        changed.push(say::sizes_changed(old.id.as_ref()));
    }
    if old.learn_furniture != new.learn_furniture {
        changed.push(say::furniture_changed(old.id.as_ref()));
    }
    if old.analysis_hz != new.analysis_hz {
        let (old_hz, new_hz) = (shown(old.analysis_hz), shown(new.analysis_hz));
        changed.push(say::rate_changed(old.id.as_ref(), new_hz, old_hz));
    }
    changed
}

fn camera_of<'p>(plan: &'p Plan, id: &str) -> Option<&'p CameraPlan> {
    plan.cameras.iter().find(|camera| &*camera.id == id)
}

fn rule_of<'p>(plan: &'p Plan, id: &str) -> Option<&'p Rule> {
    plan.rules.iter().find(|rule| &*rule.id == id)
}

fn signal_of<'p>(plan: &'p Plan, kind: &str) -> Option<&'p SignalPlan> {
    plan.signals.iter().find(|signal| &*signal.kind == kind)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::tz::TimeZone;

    use super::super::difference::differences;
    use super::super::test_alerts::{at, life};
    use super::*;
    use crate::analysis::geometry::Polygon;
    use crate::analysis::heights::HeightLimits;
    use crate::analysis::rules::Present;
    use crate::analysis::schedule::Schedule;
    use crate::types::language::Language;
    use crate::types::level::Level;

    fn plan() -> Plan {
        let mut camera = CameraPlan::new("cam-1", 5.0);
        camera.zones.insert("lane".into(), Polygon::whole_picture());
        camera.thresholds.insert(Class::PERSON, 0.3);
        let when = Present {
            zone: "lane".into(),
            classes: vec![Class::PERSON],
            for_at_least: Duration::from_secs(3),
        };
        let rule = Rule {
            id: "yard".into(),
            cameras: vec!["cam-1".into()],
            signal: "presence".into(),
            level: Level::Yellow,
            schedule: Schedule::always(),
            hold: Duration::from_secs(10),
            cooldown: Duration::ZERO,
            heights: HeightLimits::default(),
            when: when.into(),
        };
        Plan::of(vec![camera], vec![rule])
    }

    /// Why an alert that the old plan raised is gone with the new one.
    fn why_gone(old: &Plan, new: &Plan) -> Vec<String> {
        let mut differences = differences(&life("A", "yard", "cam-1", 10, 60), &[], at(1_000));
        give_reasons(&mut differences, old, new);
        differences[0].reasons.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_no_longer_configured_is_the_reason_and_the_only_one() {
        let old = plan();
        let mut new = plan();
        new.rules[0].schedule = Schedule::parse("08:00-20:00", TimeZone::UTC).unwrap();
        assert_eq!(
            why_gone(&old, &new),
            ["with the new configuration the rule `yard` is not in force at that time"]
        );
        new.rules[0].cameras = vec!["cam-2".into()];
        assert_eq!(
            why_gone(&old, &new),
            ["with the new configuration the rule `yard` does not watch camera `cam-1`"]
        );
        new.rules.clear();
        assert_eq!(why_gone(&old, &new), ["the new configuration has no rule `yard`"]);
        new.cameras.clear();
        assert_eq!(why_gone(&old, &new), ["the new configuration has no camera `cam-1`"]);
    }

    #[test]
    fn what_is_set_otherwise_is_listed_with_both_values() {
        let old = plan();
        let mut new = plan();
        new.cameras[0].thresholds.insert(Class::PERSON, 0.45);
        let longer = Present {
            zone: "lane".into(),
            classes: vec![Class::PERSON],
            for_at_least: Duration::from_secs(5),
        };
        new.rules[0].when = longer.into();
        assert_eq!(
            why_gone(&old, &new),
            ["it must last 5 s instead of 3 s", "the threshold for person is 0.45 instead of 0.3"]
        );
        assert_eq!(why_gone(&old, &old), Vec::<String>::new());
    }

    #[test]
    fn an_alert_that_appears_has_its_reason_in_the_old_plan() {
        let (mut old, new) = (plan(), plan());
        old.rules.clear();
        let mut differences = differences(&[], &life("A", "yard", "cam-1", 10, 60), at(1_000));
        give_reasons(&mut differences, &old, &new);
        let [reason] = &differences[0].reasons[..] else { panic!("{differences:?}") };
        assert_eq!(reason.to_string(), "the old configuration has no rule `yard`");
        assert_eq!(reason.in_language(Language::Chinese), "旧配置中没有规则 `yard`");
    }
}
