//! Conditions of rules: exactly one each, its zone or line drawn on every camera of the rule, its classes
//! named. Ranges were checked with the types ([`super::super::structure`]); what only one kind asks stands with that kind
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
    /// Exactly one of the conditions.
    pub(super) fn condition(
        &mut self,
        rule: &RuleDocument,
        span: &Range<usize>,
        watched: &Watched<'_, '_>,
        owner: &Words,
    ) -> Option<Condition> {
        let given = rule.given();
        if given.is_empty() && !self.taken_out.from(span) {
            let names: Vec<&str> = rules::KINDS.iter().map(|kind| kind.name).collect();
            self.report
                .error(&(span.start..span.start), of(owner, text::no_condition()))
                .hint(text::add_one_of(suggest::one_of_all(&names)))
                .consequence();
        }
        let (first, others) = given.split_first()?;
        let condition = first.table.checked(&mut Within { checker: &mut *self, watched, owner });
        if let Some(Given { name, span, .. }) = others.first() {
            let what = config_check::has_both(first.name, *name);
            self.report.error(span, of(owner, what)).hint(text::one_condition());
            return None;
        }
        condition
    }
}

/// The rule a condition stands in: its cameras, and how people call it.
struct Within<'a, 'c, 's, 'o, 'd> {
    checker: &'a mut Checker<'c, 's>,
    watched: &'a Watched<'o, 'd>,
    owner: &'a Words,
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
    /// A zone or line that every camera of the rule has.
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
        let there: BTreeSet<&str> = lacking.iter().copied().flat_map(names).copied().collect();
        let complaint = text::cameras_lack(self.owner, (drawn.what)(), suggest::listed(&ids), quoted(value));
        let hint = with_nearest(suggest::nearest(value, there), text::draw_in_each(drawn.key));
        self.checker.report.error(span, complaint).hint(hint).consequence();
    }
}

/// What to try, behind the name that was probably meant.
fn with_nearest(near: Option<&str>, hint: Sentence) -> Sentence {
    match near {
        Some(near) => text::and_then(did_you_mean(near), hint),
        None => hint,
    }
}
