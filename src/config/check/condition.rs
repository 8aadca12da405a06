//! Conditions of rules: exactly one each, its zone or line drawn on every camera that the rule names by its id, its classes
//! named. Of cameras that are named by what they have in common, those without the zone or line are left out with a warning.
//! Ranges were checked with the types ([`super::super::structure`]); what only one kind asks stands with that kind
//! ([`Typed`](crate::analysis::rules::typed::Typed)).

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::watched::{Offered, Watched};
use super::{Checker, quoted};
use crate::analysis::detection::Class;
use crate::analysis::rules::typed::Check;
use crate::analysis::rules::{self, Condition};
use crate::config::document::{At, Given, Names, RuleDocument};
use crate::config::suggest;
use crate::text::config::{did_you_mean, of};
use crate::text::{Sentence, Words, config, config_check, config_rule as text};

/// What is drawn in pictures, for rules to name.
struct Drawn {
    what: fn() -> Sentence,
    /// Its section below a camera's.
    key: &'static str,
}

const ZONE: Drawn = Drawn { what: config_check::a_zone, key: "zone" };
const LINE: Drawn = Drawn { what: config_check::a_line, key: "line" };

impl Checker<'_, '_> {
    /// Exactly one of the conditions, with the cameras at which it cannot be in force.
    pub(super) fn condition(
        &mut self,
        rule: &RuleDocument,
        span: &Range<usize>,
        watched: &Watched<'_, '_>,
        owner: &Words,
    ) -> Option<(Condition, BTreeSet<String>)> {
        let given = rule.given();
        if given.is_empty() && !self.taken_out.from(span) {
            let names: Vec<&str> = rules::KINDS.iter().map(|kind| kind.name).collect();
            self.report
                .error(&(span.start..span.start), of(owner, text::no_condition()))
                .hint(text::add_one_of(suggest::one_of_all(&names)))
                .consequence();
        }
        let (first, others) = given.split_first()?;
        let mut within = Within { checker: &mut *self, watched, owner, left_out: BTreeSet::new() };
        let condition = first.table.checked(&mut within);
        let left_out = within.left_out;
        if let Some(Given { name, span, .. }) = others.first() {
            let what = config_check::has_both(first.name, *name);
            self.report.error(span, of(owner, what)).hint(text::one_condition());
            return None;
        }
        condition.map(|condition| (condition, left_out))
    }
}

/// The rule a condition stands in: its cameras, and how people call it.
struct Within<'a, 'c, 's, 'o, 'd> {
    checker: &'a mut Checker<'c, 's>,
    watched: &'a Watched<'o, 'd>,
    owner: &'a Words,
    /// Cameras without its zone or line, at which it cannot be in force.
    left_out: BTreeSet<String>,
}

impl Check for Within<'_, '_, '_, '_, '_> {
    fn zone(&mut self, typed: &Option<At<String>>) -> Option<Arc<str>> {
        self.drawn(typed, &ZONE, |camera| &camera.zones)
    }

    fn line(&mut self, typed: &Option<At<String>>) -> Option<Arc<str>> {
        self.drawn(typed, &LINE, |camera| &camera.lines)
    }

    fn classes(&mut self, typed: &Option<Names>) -> Option<Vec<Class>> {
        let (names, owner) = (typed.as_ref()?, self.owner);
        if names.value.is_empty() {
            let what = of(owner, config_check::classes_empty());
            self.checker.report.error(&names.span, what).hint(text::name_what_counts());
            return None;
        }
        Some(self.checker.classes(&names.value, owner))
    }

    fn classes_or(
        &mut self,
        typed: &Option<Names>,
        usual: &[&str],
        place: &Option<At<String>>,
    ) -> Option<Vec<Class>> {
        if typed.is_some() {
            return self.classes(typed);
        }
        let span = place.as_ref().map_or(0..0, |zone| zone.span.clone());
        let named: Vec<At<String>> =
            usual.iter().map(|name| At { value: (*name).to_owned(), span: span.clone() }).collect();
        Some(self.checker.classes(&named, self.owner))
    }

    fn error(&mut self, span: &Range<usize>, what: Sentence, hint: Sentence) {
        self.checker.report.error(span, of(self.owner, what)).hint(hint);
    }

    fn missing(&mut self, span: &Range<usize>, what: Sentence, hint: Sentence) {
        self.checker.report.error(span, of(self.owner, what)).hint(hint).consequence();
    }
}

impl<'o, 'd> Within<'_, '_, '_, 'o, 'd> {
    /// A zone or line that every camera has that the rule names by its id, and at least one of the others.
    fn drawn(
        &mut self,
        field: &Option<At<String>>,
        drawn: &Drawn,
        names: impl Fn(&'o Offered<'d>) -> &'o Vec<&'d str>,
    ) -> Option<Arc<str>> {
        let field = field.as_ref()?;
        let At { value, span } = field;
        let (watched, owner) = (self.watched, self.owner);
        let lacks = |camera: &&'o Offered<'d>| !camera.incomplete && !names(camera).contains(&value.as_str());
        let lacking: Vec<&'o Offered<'d>> = watched.cameras.iter().copied().filter(lacks).collect();
        // A name that no camera has is a slip of the pen; one that some have is missing only where it was not drawn yet.
        let (left_out, lacking): (Vec<_>, Vec<_>) = if lacking.len() < watched.cameras.len() {
            lacking.into_iter().partition(|camera| !watched.by_id.contains(camera.id))
        } else {
            (Vec::new(), lacking)
        };
        if !left_out.is_empty() {
            self.not_in_force(field, drawn, &left_out, names_of(&left_out, &names));
        }
        if watched.in_common && lacking.len() > 1 {
            self.lacking(field, drawn, &lacking, names);
            return Some(value.as_str().into());
        }
        for camera in lacking {
            let there: BTreeSet<&str> = names(camera).iter().copied().collect();
            let there: Vec<&str> = there.into_iter().collect();
            let (shown, of_camera) = (quoted(value), config::camera(camera.id));
            let complaint = if watched.cameras.len() == 1 {
                config_check::names_unknown(owner, (drawn.what)(), shown)
            } else {
                text::camera_lacks(owner, (drawn.what)(), of_camera.clone(), shown)
            };
            let near = suggest::nearest(value, there.iter().copied());
            let hint = match there.as_slice() {
                [] => text::draw_one(of_camera, (drawn.what)(), drawn.key),
                [only] => with_nearest(near, text::has_one(of_camera, (drawn.what)(), *only)),
                several => {
                    let names = suggest::listed(several);
                    with_nearest(near, text::has_several(of_camera, (drawn.what)(), names))
                }
            };
            self.checker.report.error(span, complaint).hint(hint).consequence();
        }
        Some(value.as_str().into())
    }

    /// Leaves cameras out that have no such zone or line.
    fn not_in_force(
        &mut self,
        field: &At<String>,
        drawn: &Drawn,
        left_out: &[&'o Offered<'d>],
        there: BTreeSet<&'d str>,
    ) {
        let At { value, span } = field;
        let (owner, what, shown) = (self.owner, (drawn.what)(), quoted(value));
        let complaint = match left_out {
            [camera] => text::not_in_force_at(owner, what, config::camera(camera.id), shown),
            several => {
                let ids: Vec<&str> = several.iter().map(|camera| camera.id).collect();
                text::not_in_force_at_several(owner, what, suggest::listed(&ids), shown)
            }
        };
        let hint = with_nearest(suggest::nearest(value, there), text::in_force_once_drawn(drawn.key));
        self.checker.report.warning(span, complaint).hint(hint).consequence();
        self.left_out.extend(left_out.iter().map(|camera| camera.id.to_owned()));
    }

    /// Of cameras that are named by what they have in common, all are reported at once that lack a zone or line.
    fn lacking(
        &mut self,
        field: &At<String>,
        drawn: &Drawn,
        lacking: &[&'o Offered<'d>],
        names: impl Fn(&'o Offered<'d>) -> &'o Vec<&'d str>,
    ) {
        let At { value, span } = field;
        let ids: Vec<&str> = lacking.iter().map(|camera| camera.id).collect();
        let there = names_of(lacking, names);
        let complaint = text::cameras_lack(self.owner, (drawn.what)(), suggest::listed(&ids), quoted(value));
        let hint = with_nearest(suggest::nearest(value, there), text::draw_in_each(drawn.key));
        self.checker.report.error(span, complaint).hint(hint).consequence();
    }
}

/// What is drawn on cameras.
fn names_of<'o, 'd>(
    cameras: &[&'o Offered<'d>],
    names: impl Fn(&'o Offered<'d>) -> &'o Vec<&'d str>,
) -> BTreeSet<&'d str> {
    cameras.iter().copied().flat_map(names).copied().collect()
}

/// What to try, behind the name that was probably meant.
fn with_nearest(near: Option<&str>, hint: Sentence) -> Sentence {
    match near {
        Some(near) => text::and_then(did_you_mean(near), hint),
        None => hint,
    }
}
