//! Which cameras a rule watches: those it names, all of a type, all of an eye, all there are.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Checker, quoted};
use crate::config::document::{At, CameraDocument, Document, Names, RuleDocument};
use crate::config::pattern::Pattern;
use crate::config::suggest;
use crate::contract::words::Eye;
use crate::types::at::value_of;

/// What may stand in `cameras`.
const WHAT_MAY_STAND: &str =
    "a camera's id, `TYPE/*` for all cameras of a type (`like = \"TYPE\"`), or `*` for all there are";

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
        owner: &str,
    ) -> Option<Watched<'o, 'd>> {
        match (&rule.cameras, &rule.eye) {
            (Some(names), None) => Some(self.named(names, there, owner)),
            (None, Some(eye)) => Some(self.of_eye(eye, there, owner)),
            (Some(names), Some(eye)) => {
                self.report
                    .error(&eye.span, format!("{owner}: has both `cameras` and `eye`"))
                    .hint("leave one of them out: `cameras` names some, `eye` takes all of an owner");
                Some(self.named(names, there, owner))
            }
            (None, None) => {
                let lost = ["cameras", "eye"].iter().any(|name| self.taken_out.resembles(span.start, name));
                if !lost {
                    self.report
                        .error(&(span.start..span.start), format!("{owner}: says not which cameras it watches"))
                        .hint(
                            "for example cameras = [\"cam-03\"], cameras = [\"lane/*\"] for all of a type, or eye = \"village\" for all of an owner",
                        )
                        .consequence();
                }
                None
            }
        }
    }

    fn of_eye<'o, 'd>(&mut self, eye: &At<Eye>, there: &'o There<'d>, owner: &str) -> Watched<'o, 'd> {
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
                [] => "there is no camera in this file".to_owned(),
                others => format!("the cameras here are {}", suggest::listed(others)),
            };
            self.report
                .error(span, format!("{owner}: no camera has `eye = \"{}\"`", value.name()))
                .hint(hint)
                .consequence();
        }
        Watched { cameras, in_common: true }
    }

    fn named<'o, 'd>(&mut self, names: &Names, there: &'o There<'d>, owner: &str) -> Watched<'o, 'd> {
        let mut watched = Watched { cameras: Vec::with_capacity(names.value.len()), in_common: false };
        if names.value.is_empty() {
            self.report
                .error(&names.span, format!("{owner}: `cameras` is empty"))
                .hint("a rule watches at least one camera: cameras = [\"cam-03\"]");
        }
        let mut before: BTreeSet<&str> = BTreeSet::new();
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for At { value, span } in &names.value {
            let is_there_twice = !before.insert(value);
            // What a broken id names was reported at the camera.
            let is_an_id = there.cameras.iter().any(|camera| camera.id == value);
            let pattern = if is_an_id { Some(Pattern::One(value)) } else { Pattern::read(value) };
            let Some(pattern) = pattern else {
                self.report
                    .error(span, format!("{owner}: this is no camera and no pattern{}", told(value)))
                    .hint(WHAT_MAY_STAND);
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
            let (what, in_common) = match pattern {
                Pattern::One(_) => ("the camera ", false),
                Pattern::OfType(_) | Pattern::All => ("", true),
            };
            watched.in_common |= in_common;
            if is_there_twice {
                self.report
                    .error(span, format!("{owner}: names {what}`{value}` twice"))
                    .hint("leave one out");
            } else if new.is_empty() {
                self.report
                    .warning(span, format!("{owner}: `{value}` adds no camera to those named before it"))
                    .hint("leave it out");
            } else {
                watched.cameras.extend(new);
            }
        }
        watched
    }

    fn unknown_camera(&mut self, value: &str, span: &Range<usize>, there: &There<'_>, owner: &str) {
        // A camera that cannot be read may be the one that is meant.
        if there.cameras_incomplete {
            return;
        }
        let hint = if there.types.contains(&value) {
            Some(format!("`{value}` is a camera type: write \"{value}/*\" for all of its cameras"))
        } else {
            suggest::hint(value, there.cameras.iter().map(|camera| camera.id), "there are")
        };
        self.report
            .error(span, format!("{owner} names an unknown camera{}", quoted(value)))
            .maybe_hint(hint)
            .consequence();
    }

    fn nothing_of_type(&mut self, name: &str, span: &Range<usize>, there: &There<'_>, owner: &str) {
        let example = if super::is_id(name) { name } else { "lane" };
        if !there.types.contains(&name) {
            if there.types_incomplete {
                return;
            }
            let patterns: Vec<String> = there.types.iter().map(|name| format!("{name}/*")).collect();
            let hint = match suggest::nearest(name, there.types.iter().copied()) {
                Some(near) => format!("did you mean `{near}/*`?"),
                None if patterns.is_empty() => format!(
                    "this file has no camera type: add a section `[[camera_type]]` with id = \"{example}\", and like = \"{example}\" to its cameras"
                ),
                None => {
                    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
                    format!("there are {}", suggest::listed(&patterns))
                }
            };
            self.report
                .error(span, format!("{owner} names an unknown camera type{}", quoted(name)))
                .hint(hint)
                .consequence();
            return;
        }
        let may_be_one =
            there.cameras_incomplete || there.cameras.iter().any(|camera| camera.type_is_unclear);
        if !may_be_one {
            self.report
                .error(span, format!("{owner}: `{example}/*` names no camera: none is of this type"))
                .hint(format!("write like = \"{example}\" in those that are, or leave the pattern out"))
                .consequence();
        }
    }

    fn no_camera_at_all(&mut self, span: &Range<usize>, there: &There<'_>, owner: &str) {
        if !there.cameras_incomplete {
            self.report
                .error(span, format!("{owner}: `*` names no camera: there is none in this file"))
                .hint("add a section `[[camera]]`, or leave the rule out")
                .consequence();
        }
    }
}

/// As [`quoted`], for what may hold a star.
fn told(typed: &str) -> String {
    let without_stars = typed.replace('*', "");
    if quoted(&without_stars).is_empty() { String::new() } else { format!(": `{typed}`") }
}
