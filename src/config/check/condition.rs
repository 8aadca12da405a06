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

impl Checker<'_, '_> {
    /// Exactly one of the conditions.
    pub(super) fn condition(
        &mut self,
        rule: &RuleDocument,
        span: &Range<usize>,
        watched: &Watched<'_, '_>,
        owner: &str,
    ) -> Option<Condition> {
        let given = rule.given();
        if given.is_empty() && !self.taken_out.from(span) {
            let names: Vec<&str> = rules::KINDS.iter().map(|kind| kind.name).collect();
            self.report
                .error(&(span.start..span.start), format!("{owner}: says not what must be seen"))
                .hint(format!("add one of {}", suggest::listed(&names)))
                .consequence();
        }
        let (first, others) = given.split_first()?;
        let condition = first.table.checked(&mut Within { checker: &mut *self, watched, owner });
        if let Some(Given { name, span, .. }) = others.first() {
            self.report
                .error(span, format!("{owner}: has both `{}` and `{name}`", first.name))
                .hint("a rule has one condition: make a second rule of the other");
            return None;
        }
        condition
    }
}

/// The rule a condition stands in: its cameras, and how people call it.
struct Within<'a, 'c, 's, 'o, 'd> {
    checker: &'a mut Checker<'c, 's>,
    watched: &'a Watched<'o, 'd>,
    owner: &'a str,
}

impl Check for Within<'_, '_, '_, '_, '_> {
    fn zone(&mut self, typed: &Option<At<String>>) -> Option<Arc<str>> {
        self.drawn(typed, "zone", |camera| &camera.zones)
    }

    fn line(&mut self, typed: &Option<At<String>>) -> Option<Arc<str>> {
        self.drawn(typed, "line", |camera| &camera.lines)
    }

    fn classes(&mut self, typed: &Option<Names>) -> Option<Vec<Class>> {
        let (names, owner) = (typed.as_ref()?, self.owner);
        if names.value.is_empty() {
            self.error(
                &names.span,
                "`classes` is empty",
                "name what counts, for example classes = [\"person\"]",
            );
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

    fn error(&mut self, span: &Range<usize>, what: &str, hint: &str) {
        self.checker.report.error(span, format!("{}: {what}", self.owner)).hint(hint);
    }

    fn missing(&mut self, span: &Range<usize>, what: &str, hint: &str) {
        self.checker.report.error(span, format!("{}: {what}", self.owner)).hint(hint).consequence();
    }
}

impl<'o, 'd> Within<'_, '_, '_, 'o, 'd> {
    /// A zone or line that every camera of the rule has.
    fn drawn(
        &mut self,
        field: &Option<At<String>>,
        what: &str,
        names: impl Fn(&'o Offered<'d>) -> &'o Vec<&'d str>,
    ) -> Option<Arc<str>> {
        let field = field.as_ref()?;
        let At { value, span } = field;
        let (watched, owner) = (self.watched, self.owner);
        let lacks = |camera: &&'o Offered<'d>| !camera.incomplete && !names(camera).contains(&value.as_str());
        let lacking: Vec<&'o Offered<'d>> = watched.cameras.iter().copied().filter(lacks).collect();
        if watched.in_common && lacking.len() > 1 {
            self.lacking(field, what, &lacking, names);
            return Some(value.as_str().into());
        }
        for camera in lacking {
            let there: BTreeSet<&str> = names(camera).iter().copied().collect();
            let there: Vec<&str> = there.into_iter().collect();
            let shown = quoted(value);
            let complaint = if watched.cameras.len() == 1 {
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
            self.checker.report.error(span, complaint).hint(hint).consequence();
        }
        Some(value.as_str().into())
    }

    /// Of cameras that are named by what they have in common, all are told at once that lack a zone or line.
    fn lacking(
        &mut self,
        field: &At<String>,
        what: &str,
        lacking: &[&'o Offered<'d>],
        names: impl Fn(&'o Offered<'d>) -> &'o Vec<&'d str>,
    ) {
        let At { value, span } = field;
        let ids: Vec<&str> = lacking.iter().map(|camera| camera.id).collect();
        let there: BTreeSet<&str> = lacking.iter().copied().flat_map(names).copied().collect();
        let near = suggest::nearest(value, there).map(|near| format!("did you mean `{near}`? "));
        let complaint = format!(
            "{} names a {what} that the cameras {} do not have{}",
            self.owner,
            suggest::listed(&ids),
            quoted(value)
        );
        let hint = format!(
            "{}draw it in a section `[[camera.{what}]]` below each of them, or name only cameras that have it",
            near.unwrap_or_default()
        );
        self.checker.report.error(span, complaint).hint(hint).consequence();
    }
}
