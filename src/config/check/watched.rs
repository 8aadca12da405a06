//! The cameras that a rule watches: those it names, all of a type, all of an eye, all there are.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Checker, may_be_repeated, quoted};
use crate::config::document::{At, CameraDocument, Document, Names, RuleDocument};
use crate::config::pattern::Pattern;
use crate::config::suggest;
use crate::contract::words::Eye;
use crate::text::config::of;
use crate::text::{Words, config, config_check, config_rule as text};
use crate::types::at::value_of;

/// What a camera offers to rules, as typed: also what is drawn wrong counts as there.
pub(super) struct Offered<'d> {
    pub(super) id: &'d str,
    pub(super) zones: Vec<&'d str>,
    pub(super) lines: Vec<&'d str>,
    /// Whether something was taken out of it, so that a name that is not there may have been.
    pub(super) incomplete: bool,
    like: Option<&'d str>,
    eye: Option<Eye>,
    /// Whether its type may be another one than is known.
    type_is_unclear: bool,
}

/// What there is to name.
pub(super) struct There<'d> {
    pub(super) cameras: Vec<Offered<'d>>,
    types: Vec<&'d str>,
    /// Whether a camera or a type was taken out, so that a name that is not there may have been.
    cameras_incomplete: bool,
    types_incomplete: bool,
}

/// The cameras that a rule watches.
#[derive(Default)]
pub(super) struct Watched<'o, 'd> {
    pub(super) cameras: Vec<&'o Offered<'d>>,
    /// Whether they were named by what they have in common.
    pub(super) in_common: bool,
    /// Those of them that were named by their ids.
    pub(super) by_id: BTreeSet<&'d str>,
}

impl Checker<'_, '_> {
    pub(super) fn there<'d>(&self, document: &'d Document) -> There<'d> {
        let ids = document.camera_type.iter().filter_map(|section| section.value.0.id.as_ref());
        let mut cameras: Vec<Offered<'_>> = Vec::with_capacity(document.camera.len());
        let mut taken = BTreeSet::new();
        for camera in document.camera.iter().filter_map(|camera| self.offered(camera)) {
            // Of two with one id the first counts, and the other is reported.
            if taken.insert(camera.id) {
                cameras.push(camera);
            }
        }
        There {
            cameras,
            types: ids.map(|id| id.value.as_str()).collect(),
            cameras_incomplete: self.taken_out.lacks_section("camera"),
            types_incomplete: self.types_are_incomplete(document),
        }
    }

    fn offered<'d>(&self, camera: &'d At<CameraDocument>) -> Option<Offered<'d>> {
        let At { value, span } = camera;
        let id = value.id.as_ref()?.value.as_str();
        let zones: Vec<&str> =
            value.zone.iter().filter_map(|zone| Some(zone.value.id.as_ref()?.value.as_str())).collect();
        let lines: Vec<&str> =
            value.line.iter().filter_map(|line| Some(line.value.id.as_ref()?.value.as_str())).collect();
        let incomplete = self.taken_out.resembles(span.start, "zone")
            || self.taken_out.resembles(span.start, "line")
            || zones.len() < value.zone.len()
            || lines.len() < value.line.len();
        let type_is_unclear =
            self.taken_out.lacks_its_layer(span.start) || self.taken_out.resembles(span.start, "like");
        let like = value.like.as_ref().map(|like| like.value.as_str());
        Some(Offered { id, zones, lines, incomplete, like, eye: value_of(&value.eye), type_is_unclear })
    }

    /// The cameras that a rule names and that are there; `None` where it names none in either way.
    pub(super) fn watched<'o, 'd>(
        &mut self,
        rule: &RuleDocument,
        span: &Range<usize>,
        there: &'o There<'d>,
        owner: &Words,
    ) -> Option<Watched<'o, 'd>> {
        match (&rule.cameras, &rule.eye) {
            (Some(names), None) => Some(self.named(names, there, owner)),
            (None, Some(eye)) => Some(self.of_eye(eye, there, owner)),
            (Some(names), Some(eye)) => {
                let what = config_check::has_both("cameras", "eye");
                self.report.error(&eye.span, of(owner, what)).hint(text::cameras_or_eye());
                Some(self.named(names, there, owner))
            }
            (None, None) => {
                let lost = ["cameras", "eye"].iter().any(|name| self.taken_out.resembles(span.start, name));
                if !lost {
                    self.report
                        .error(&(span.start..span.start), of(owner, text::no_cameras()))
                        .hint(text::ways_to_name_cameras())
                        .consequence();
                }
                None
            }
        }
    }

    fn of_eye<'o, 'd>(&mut self, eye: &At<Eye>, there: &'o There<'d>, owner: &Words) -> Watched<'o, 'd> {
        let At { value, span } = eye;
        let cameras: Vec<&Offered<'_>> =
            there.cameras.iter().filter(|camera| camera.eye == Some(*value)).collect();
        let may_be_one = there.cameras_incomplete || there.cameras.iter().any(|camera| camera.eye.is_none());
        if cameras.is_empty() && !may_be_one {
            let mut others: Vec<&str> =
                there.cameras.iter().filter_map(|camera| Some(camera.eye?.name())).collect();
            others.sort_unstable();
            others.dedup();
            let hint = match others.as_slice() {
                [] => text::no_camera_here(),
                others => text::eyes_here(suggest::listed(others)),
            };
            self.report.error(span, of(owner, text::none_of_eye(value.name()))).hint(hint).consequence();
        }
        Watched { cameras, in_common: true, by_id: BTreeSet::new() }
    }

    fn named<'o, 'd>(&mut self, names: &Names, there: &'o There<'d>, owner: &Words) -> Watched<'o, 'd> {
        let mut watched = Watched { cameras: Vec::with_capacity(names.value.len()), ..Watched::default() };
        if names.value.is_empty() {
            self.report
                .error(&names.span, of(owner, text::cameras_empty()))
                .hint(text::at_least_one_camera());
        }
        let mut before: BTreeSet<&str> = BTreeSet::new();
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for At { value, span } in &names.value {
            let is_there_twice = !before.insert(value);
            // What a broken id names was reported at the camera.
            let is_an_id = there.cameras.iter().any(|camera| camera.id == value);
            let pattern = if is_an_id { Some(Pattern::One(value)) } else { Pattern::read(value) };
            let Some(pattern) = pattern else {
                // `lane-*` is meant as the cameras of the type `lane`.
                let stem = value.trim_end_matches(['*', '/', '-', '_', '.']);
                let is_type = value.ends_with('*') && there.types.contains(&stem);
                let hint = if is_type { text::write_pattern(stem) } else { text::what_may_stand() };
                self.report.error(span, of(owner, text::no_pattern(quoted_pattern(value)))).hint(hint);
                continue;
            };
            let found: Vec<&Offered<'_>> =
                there.cameras.iter().filter(|camera| pattern.names(camera.id, camera.like)).collect();
            if found.is_empty() {
                match pattern {
                    Pattern::One(_) => self.unknown_camera(value, span, there, owner),
                    Pattern::OfType(name) => self.nothing_of_type(name, span, there, owner),
                    Pattern::All => self.no_camera_at_all(span, there, owner),
                }
                continue;
            }
            let new: Vec<&Offered<'_>> =
                found.iter().copied().filter(|camera| known.insert(camera.id)).collect();
            let (twice, in_common) = match pattern {
                Pattern::One(_) => (text::camera_twice(value), false),
                Pattern::OfType(_) | Pattern::All => (text::pattern_twice(value), true),
            };
            watched.in_common |= in_common;
            if !in_common {
                watched.by_id.extend(found.iter().map(|camera| camera.id));
            }
            if is_there_twice {
                self.report.error(span, of(owner, twice)).hint(config_check::leave_one_out());
            } else if new.is_empty() {
                self.report.warning(span, of(owner, text::adds_none(value))).hint(config::leave_out());
            } else {
                watched.cameras.extend(new);
            }
        }
        watched
    }

    fn unknown_camera(&mut self, value: &str, span: &Range<usize>, there: &There<'_>, owner: &Words) {
        // A camera that cannot be read may be the one that is meant.
        if there.cameras_incomplete {
            return;
        }
        let hint = if there.types.contains(&value) {
            Some(text::is_a_type(value).into())
        } else {
            suggest::hint(value, there.cameras.iter().map(|camera| camera.id), config::there_are)
        };
        self.report
            .error(span, config_check::names_unknown(owner, config_check::a_camera(), quoted(value)))
            .maybe_hint(hint)
            .consequence();
    }

    fn nothing_of_type(&mut self, name: &str, span: &Range<usize>, there: &There<'_>, owner: &Words) {
        let example = if super::is_id(name) { name } else { "lane" };
        if !there.types.contains(&name) {
            if there.types_incomplete {
                return;
            }
            let patterns: Vec<String> = there.types.iter().map(|name| format!("{name}/*")).collect();
            let hint = match suggest::nearest(name, there.types.iter().copied()) {
                Some(near) => config::did_you_mean(format!("{near}/*")),
                None if patterns.is_empty() => text::no_type_here(example),
                None => {
                    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
                    config::there_are(suggest::listed(&patterns))
                }
            };
            self.report
                .error(span, config_check::names_unknown(owner, config_check::a_camera_type(), quoted(name)))
                .hint(hint)
                .consequence();
            return;
        }
        let may_be_one =
            there.cameras_incomplete || there.cameras.iter().any(|camera| camera.type_is_unclear);
        if !may_be_one {
            self.report
                .error(span, of(owner, text::none_of_type(example)))
                .hint(text::write_like(example))
                .consequence();
        }
    }

    fn no_camera_at_all(&mut self, span: &Range<usize>, there: &There<'_>, owner: &Words) {
        if !there.cameras_incomplete {
            self.report
                .error(span, of(owner, text::star_names_none()))
                .hint(text::add_camera_or_leave_out())
                .consequence();
        }
    }
}

/// As [`quoted`], for what may hold a star.
fn quoted_pattern(typed: &str) -> Words {
    let without_stars = typed.replace('*', "");
    if may_be_repeated(&without_stars) { config_check::quoted(typed).into() } else { "".into() }
}
