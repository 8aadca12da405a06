//! Conditions of rules: exactly one each, its zone or line drawn on every camera of the rule, its classes
//! named, its numbers with their defaults. Ranges were checked with the types ([`super::super::structure`]).

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::rule::Offered;
use super::{Checker, quoted, value_of};
use crate::analysis::detection::Class;
use crate::analysis::rules::Condition;
use crate::config::conditions::{self, CrowdDocument, VendingDocument};
use crate::config::document::{At, Names, RuleDocument};
use crate::config::suggest;
use crate::types::at::seconds;

/// The conditions, by the name of their table.
const CONDITIONS: [&str; 16] = [
    "present",
    "dwell",
    "line",
    "crowd",
    "parked",
    "wrong_way",
    "left_behind",
    "gone",
    "fallen",
    "scuffle",
    "rush",
    "fire",
    "smoke",
    "indoors",
    "vending",
    "works",
];

/// The rule a condition stands in: its cameras, and how people call it.
#[derive(Clone, Copy)]
struct Within<'o, 'd> {
    watched: &'o [&'o Offered<'d>],
    owner: &'o str,
}

impl Checker<'_, '_> {
    /// Exactly one of the conditions.
    pub(super) fn condition(
        &mut self,
        rule: &RuleDocument,
        span: &Range<usize>,
        watched: &[&Offered<'_>],
        owner: &str,
    ) -> Option<Condition> {
        let within = Within { watched, owner };
        let given = given(rule);
        if given.is_empty() && !self.taken_out.from(span) {
            self.report
                .error(&(span.start..span.start), format!("{owner}: says not what must be seen"))
                .hint(format!("add one of {}", suggest::listed(&CONDITIONS)))
                .consequence();
        }
        let condition = self.watching(rule, within).or_else(|| self.moving(rule, within));
        let condition = condition.or_else(|| self.staying(rule, within));
        if let [(first, _), (second, span), ..] = given[..] {
            self.report
                .error(span, format!("{owner}: has both `{first}` and `{second}`"))
                .hint("a rule has one condition: make a second rule of the other");
            return None;
        }
        condition
    }

    /// Conditions about who is there.
    fn watching(&mut self, rule: &RuleDocument, within: Within<'_, '_>) -> Option<Condition> {
        if let Some(At { value, .. }) = &rule.present {
            let (zone, classes) = self.zone_and_classes(&value.zone, &value.classes, within);
            let for_at_least = required_secs(&value.for_secs);
            return all(zone, classes, for_at_least)
                .map(|(zone, classes, for_at_least)| Condition::Present { zone, classes, for_at_least });
        }
        if let Some(At { value, .. }) = &rule.dwell {
            let (zone, classes) = self.zone_and_classes(&value.zone, &value.classes, within);
            let for_at_least = required_secs(&value.for_secs);
            return all(zone, classes, for_at_least).map(|(zone, classes, for_at_least)| Condition::Dwell {
                zone,
                classes,
                for_at_least,
            });
        }
        if let Some(At { value, .. }) = &rule.crowd {
            return self.crowd(value, within);
        }
        if let Some(At { value, .. }) = &rule.indoors {
            let usual = &conditions::DEFAULT_INDOORS_CLASSES;
            let (zone, classes) = self.zone_and_usual(&value.zone, &value.classes, usual, within);
            let for_at_least = required_secs(&value.for_secs);
            return all(zone, classes, for_at_least)
                .map(|(zone, classes, for_at_least)| Condition::Indoors { zone, classes, for_at_least });
        }
        if let Some(At { value, .. }) = &rule.works {
            let usual = &conditions::DEFAULT_WORKS_CLASSES;
            let (zone, classes) = self.zone_and_usual(&value.zone, &value.classes, usual, within);
            let at_least = value_of(&value.at_least).unwrap_or(conditions::DEFAULT_WORKS_AT_LEAST) as usize;
            let for_at_least = required_secs(&value.for_secs);
            return all(zone, classes, for_at_least).map(|(zone, classes, for_at_least)| Condition::Works {
                zone,
                classes,
                at_least,
                for_at_least,
            });
        }
        if let Some(At { value, .. }) = &rule.fire {
            let (zone, classes) = self.zone_and_usual(&value.zone, &None, &[Class::FIRE.name()], within);
            let for_at_least = seconds(&value.for_secs, conditions::DEFAULT_FIRE_SECS);
            return zone.zip(classes).map(|(zone, classes)| Condition::Fire { zone, classes, for_at_least });
        }
        if let Some(At { value, .. }) = &rule.smoke {
            let (zone, classes) = self.zone_and_usual(&value.zone, &None, &[Class::SMOKE.name()], within);
            let for_at_least = seconds(&value.for_secs, conditions::DEFAULT_SMOKE_SECS);
            return zone.zip(classes).map(|(zone, classes)| Condition::Smoke { zone, classes, for_at_least });
        }
        None
    }

    /// Conditions about how things move.
    fn moving(&mut self, rule: &RuleDocument, within: Within<'_, '_>) -> Option<Condition> {
        if let Some(At { value, .. }) = &rule.line {
            let line = self.line(&value.line, within);
            let classes = self.required_classes(&value.classes, within.owner);
            let direction = value_of(&value.direction);
            return all(line, classes, direction).map(|(line, classes, direction)| Condition::Line {
                line,
                classes,
                direction,
            });
        }
        if let Some(At { value, .. }) = &rule.wrong_way {
            let (zone, classes) = self.zone_and_classes(&value.zone, &value.classes, within);
            let tolerance = value_of(&value.tolerance_deg).unwrap_or(conditions::DEFAULT_TOLERANCE_DEG);
            let heading = value_of(&value.heading_deg);
            let for_at_least = required_secs(&value.for_secs);
            return all(zone, classes, for_at_least.zip(heading)).map(
                |(zone, classes, (for_at_least, heading))| Condition::WrongWay {
                    zone,
                    classes,
                    heading_deg: heading as f32,
                    tolerance_deg: tolerance as f32,
                    for_at_least,
                },
            );
        }
        if let Some(At { value, .. }) = &rule.fallen {
            let people = &conditions::DEFAULT_PEOPLE;
            let (zone, classes) = self.zone_and_usual(&value.zone, &value.classes, people, within);
            let low = value_of(&value.low).unwrap_or(conditions::DEFAULT_LOW) as f32;
            let for_at_least = seconds(&value.for_secs, conditions::DEFAULT_FALLEN_SECS);
            return zone.zip(classes).map(|(zone, classes)| Condition::Fallen {
                zone,
                classes,
                low,
                for_at_least,
            });
        }
        if let Some(At { value, .. }) = &rule.scuffle {
            let usual = &conditions::DEFAULT_PEOPLE;
            let (zone, classes) = self.zone_and_usual(&value.zone, &value.classes, usual, within);
            let people = value_of(&value.people).unwrap_or(conditions::DEFAULT_SCUFFLE_PEOPLE) as usize;
            let unrest = value_of(&value.unrest).unwrap_or(conditions::DEFAULT_UNREST) as f32;
            let for_at_least = seconds(&value.for_secs, conditions::DEFAULT_SCUFFLE_SECS);
            return zone.zip(classes).map(|(zone, classes)| Condition::Scuffle {
                zone,
                classes,
                people,
                unrest,
                for_at_least,
            });
        }
        if let Some(At { value, .. }) = &rule.rush {
            let usual = &conditions::DEFAULT_PEOPLE;
            let (zone, classes) = self.zone_and_usual(&value.zone, &value.classes, usual, within);
            let at_least = value_of(&value.at_least).map(|n| n as usize);
            let speed = value_of(&value.speed).unwrap_or(conditions::DEFAULT_RUN_SPEED) as f32;
            let for_at_least = seconds(&value.for_secs, conditions::DEFAULT_RUSH_SECS);
            return all(zone, classes, at_least).map(|(zone, classes, at_least)| Condition::Rush {
                zone,
                classes,
                at_least,
                speed,
                for_at_least,
            });
        }
        None
    }

    /// Conditions about what stands, or stood.
    fn staying(&mut self, rule: &RuleDocument, within: Within<'_, '_>) -> Option<Condition> {
        if let Some(At { value, .. }) = &rule.parked {
            let usual = &conditions::DEFAULT_PARKED_CLASSES;
            let (zone, classes) = self.zone_and_usual(&value.zone, &value.classes, usual, within);
            let for_at_least = required_secs(&value.for_secs);
            return all(zone, classes, for_at_least).map(|(zone, classes, for_at_least)| Condition::Parked {
                zone,
                classes,
                for_at_least,
            });
        }
        if let Some(At { value, .. }) = &rule.left_behind {
            let usual = &conditions::DEFAULT_LEFT_CLASSES;
            let (zone, classes) = self.zone_and_usual(&value.zone, &value.classes, usual, within);
            let owner_away = value_of(&value.owner_away).unwrap_or(conditions::DEFAULT_OWNER_AWAY);
            let for_at_least = required_secs(&value.for_secs);
            return all(zone, classes, for_at_least).map(|(zone, classes, for_at_least)| {
                Condition::LeftBehind { zone, classes, owner_away, for_at_least }
            });
        }
        if let Some(At { value, .. }) = &rule.gone {
            let (zone, classes) = self.zone_and_classes(&value.zone, &value.classes, within);
            let for_at_least = required_secs(&value.for_secs);
            return all(zone, classes, for_at_least).map(|(zone, classes, for_at_least)| Condition::Gone {
                zone,
                classes,
                for_at_least,
            });
        }
        if let Some(At { value, .. }) = &rule.vending {
            return self.vending(value, within);
        }
        None
    }

    fn crowd(&mut self, value: &CrowdDocument, within: Within<'_, '_>) -> Option<Condition> {
        let usual = &conditions::DEFAULT_CROWD_CLASSES;
        let (zone, classes) = self.zone_and_usual(&value.zone, &value.classes, usual, within);
        let density = value_of(&value.density).map(|density| density as f32);
        let at_least = match value_of(&value.at_least) {
            Some(at_least) => Some(at_least as usize),
            // A dense zone with one body in it is a body close to the camera.
            None => density.map(|_| 2),
        };
        let for_at_least = required_secs(&value.for_secs);
        if at_least.is_none()
            && let Some(place) = &value.zone
        {
            self.report
                .error(&place.span, format!("{}: `crowd` says not how many", within.owner))
                .hint("add `at_least = 8` (people), `density = 0.4` (share of the zone they cover), or both")
                .consequence();
        }
        all(zone, classes, at_least.zip(for_at_least)).map(|(zone, classes, (at_least, for_at_least))| {
            Condition::Crowd { zone, classes, at_least, density, for_at_least }
        })
    }

    fn vending(&mut self, value: &VendingDocument, within: Within<'_, '_>) -> Option<Condition> {
        let usual = &conditions::DEFAULT_VENDING_CLASSES;
        let (zone, classes) = self.zone_and_usual(&value.zone, &value.classes, usual, within);
        if let (Some(names), Some(classes)) = (&value.classes, &classes)
            && !names.value.is_empty()
            && classes.iter().all(|class| *class == Class::PERSON)
        {
            self.report
                .error(&names.span, format!("{}: `vending` names people only", within.owner))
                .hint("name what a stall is made of as well: [\"person\", \"two_wheeler\", \"truck\"]; for people who only stay there is `dwell`");
            return None;
        }
        let for_at_least = required_secs(&value.for_secs);
        all(zone, classes, for_at_least).map(|(zone, classes, for_at_least)| Condition::Vending {
            zone,
            classes,
            for_at_least,
        })
    }

    fn zone_and_classes(
        &mut self,
        zone: &Option<At<String>>,
        classes: &Option<Names>,
        within: Within<'_, '_>,
    ) -> (Option<Arc<str>>, Option<Vec<Class>>) {
        (self.zone(zone, within), self.required_classes(classes, within.owner))
    }

    fn zone_and_usual(
        &mut self,
        zone: &Option<At<String>>,
        classes: &Option<Names>,
        usual: &[&str],
        within: Within<'_, '_>,
    ) -> (Option<Arc<str>>, Option<Vec<Class>>) {
        (self.zone(zone, within), self.classes_or(classes, usual, zone, within.owner))
    }

    fn zone(&mut self, field: &Option<At<String>>, within: Within<'_, '_>) -> Option<Arc<str>> {
        self.drawn(field, within.watched, within.owner, "zone", |camera| &camera.zones)
    }

    fn line(&mut self, field: &Option<At<String>>, within: Within<'_, '_>) -> Option<Arc<str>> {
        self.drawn(field, within.watched, within.owner, "line", |camera| &camera.lines)
    }

    /// A zone or line that every camera of the rule has.
    fn drawn<'o, 'd: 'o>(
        &mut self,
        field: &Option<At<String>>,
        watched: &[&'o Offered<'d>],
        owner: &str,
        what: &str,
        names: impl Fn(&'o Offered<'d>) -> &'o Vec<&'d str>,
    ) -> Option<Arc<str>> {
        let At { value, span } = field.as_ref()?;
        for &camera in watched {
            if names(camera).contains(&value.as_str()) || camera.incomplete {
                continue;
            }
            let there: BTreeSet<&str> = names(camera).iter().copied().collect();
            let there: Vec<&str> = there.into_iter().collect();
            let shown = quoted(value);
            let complaint = if watched.len() == 1 {
                format!("{owner} names an unknown {what}{shown}")
            } else {
                format!("{owner} names a {what} that camera `{}` does not have{shown}", camera.id)
            };
            let near = suggest::nearest(value, there.iter().copied())
                .map(|near| format!("did you mean `{near}`? "))
                .unwrap_or_default();
            let hint = match there.as_slice() {
                [] => format!(
                    "camera `{}` has no {what}: draw one in a section `[[camera.{what}]]` below it",
                    camera.id
                ),
                [only] => format!("{near}camera `{}` has the {what} `{only}`", camera.id),
                several => {
                    format!("{near}camera `{}` has the {what}s {}", camera.id, suggest::listed(several))
                }
            };
            self.report.error(span, complaint).hint(hint).consequence();
        }
        Some(value.as_str().into())
    }

    fn required_classes(&mut self, names: &Option<Names>, owner: &str) -> Option<Vec<Class>> {
        let names = names.as_ref()?;
        if names.value.is_empty() {
            self.report
                .error(&names.span, format!("{owner}: `classes` is empty"))
                .hint("name what counts, for example classes = [\"person\"]");
            return None;
        }
        Some(self.classes(&names.value, owner))
    }

    /// The classes named, or the usual ones; those are checked against the model as well, where the zone is named.
    fn classes_or(
        &mut self,
        names: &Option<Names>,
        usual: &[&str],
        place: &Option<At<String>>,
        owner: &str,
    ) -> Option<Vec<Class>> {
        if names.is_some() {
            return self.required_classes(names, owner);
        }
        let span = place.as_ref().map_or(0..0, |zone| zone.span.clone());
        let named: Vec<At<String>> =
            usual.iter().map(|name| At { value: (*name).to_owned(), span: span.clone() }).collect();
        Some(self.classes(&named, owner))
    }
}

/// The conditions that a rule has, by name, in the order of [`CONDITIONS`].
pub(super) fn given(rule: &RuleDocument) -> Vec<(&'static str, &Range<usize>)> {
    fn span<T>(field: &Option<At<T>>) -> Option<&Range<usize>> {
        field.as_ref().map(|at| &at.span)
    }
    let spans = [
        span(&rule.present),
        span(&rule.dwell),
        span(&rule.line),
        span(&rule.crowd),
        span(&rule.parked),
        span(&rule.wrong_way),
        span(&rule.left_behind),
        span(&rule.gone),
        span(&rule.fallen),
        span(&rule.scuffle),
        span(&rule.rush),
        span(&rule.fire),
        span(&rule.smoke),
        span(&rule.indoors),
        span(&rule.vending),
        span(&rule.works),
    ];
    CONDITIONS.into_iter().zip(spans).filter_map(|(name, span)| Some((name, span?))).collect()
}

fn required_secs(field: &Option<At<f64>>) -> Option<std::time::Duration> {
    field.as_ref().map(|_| seconds(field, 0.0))
}

fn all<A, B, C>(a: Option<A>, b: Option<B>, c: Option<C>) -> Option<(A, B, C)> {
    Some((a?, b?, c?))
}
