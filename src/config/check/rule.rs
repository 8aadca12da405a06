//! Rules: one condition each, and whether what they name is there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::camera::seconds;
use super::{Checker, quoted, text_of, value_of};
use crate::analysis::detection::Class;
use crate::analysis::rules::{Condition, Direction, Rule};
use crate::analysis::schedule::Schedule;
use crate::config::document::{self, At, CameraDocument, DirectionDocument, Document, Names, RuleDocument};
use crate::config::suggest;
use crate::contract::kinds;
use crate::contract::words::Level;

/// The conditions, by the name of their table.
const CONDITIONS: [&str; 5] = ["present", "dwell", "line", "crowd", "parked"];

/// What schedules look like.
const SCHEDULES: &str = "for example \"workdays 07:00-20:00\" or \"daily 22:00-06:00\"";

/// Rules, and the titles that they give.
type RulesAndTitles = (Vec<Rule>, BTreeMap<Arc<str>, String>);

/// What a camera offers to rules, as typed: also what is drawn wrong counts as there.
struct Offered<'d> {
    id: &'d str,
    zones: Vec<&'d str>,
    lines: Vec<&'d str>,
    /// Whether something was taken out of it, so that a name that is not there may have been.
    incomplete: bool,
}

impl Checker<'_, '_> {
    pub(super) fn rules(&mut self, document: &Document, time_zone: Option<TimeZone>) -> RulesAndTitles {
        let cameras: Vec<Offered<'_>> =
            document.camera.iter().filter_map(|camera| self.offered(camera)).collect();
        let mut taken = BTreeMap::new();
        let mut rules = Vec::with_capacity(document.rule.len());
        let mut titles = BTreeMap::new();
        for section in &document.rule {
            let rule = self.rule(section, &cameras, time_zone.as_ref(), &mut taken);
            let title = text_of(&section.value.title);
            if let (Some(rule), Some(title)) = (&rule, title) {
                titles.insert(Arc::clone(&rule.id), title);
            }
            rules.extend(rule);
        }
        (rules, titles)
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
        Some(Offered { id, zones, lines, incomplete })
    }

    fn rule(
        &mut self,
        section: &At<RuleDocument>,
        cameras: &[Offered<'_>],
        time_zone: Option<&TimeZone>,
        taken: &mut BTreeMap<String, Range<usize>>,
    ) -> Option<Rule> {
        let At { value: rule, span } = section;
        let owner = match &rule.id {
            Some(id) if super::is_id(&id.value) => format!("rule `{}`", id.value),
            _ => "rule".to_owned(),
        };
        let id = self.id(&rule.id, "rule", taken);
        let watched = rule.cameras.as_ref().map(|names| self.watched(names, cameras, &owner));
        let schedule = match (&rule.schedule, time_zone) {
            (None, _) => Some(Schedule::always()),
            (Some(field), Some(zone)) => self.schedule(field, zone, &owner),
            // The time zone is wrong and reported; any other one tells as well whether the text is a schedule.
            (Some(field), None) => self.schedule(field, &TimeZone::UTC, &owner),
        };
        let when = self.condition(rule, span, watched.as_deref().unwrap_or(&[]), &owner);
        let kind = when.as_ref().map(kind_of);
        let signal = match (&rule.signal, kind) {
            (Some(field), _) => self.signal(field, &owner),
            (None, kind) => kind.map(Arc::from),
        };
        let (id, watched, when, signal) = (id?, watched?, when?, signal?);
        let usual = kinds::known(&signal)
            .or_else(|| kinds::known(kind_of(&when)))
            .map_or(Level::Yellow, |kind| kind.level);
        Some(Rule {
            id,
            cameras: watched.iter().map(|camera| Arc::from(camera.id)).collect(),
            level: value_of(&rule.level).unwrap_or(usual).into(),
            signal,
            schedule: schedule?,
            hold: seconds(&rule.hold_secs, document::DEFAULT_HOLD_SECS),
            cooldown: seconds(&rule.cooldown_secs, document::DEFAULT_COOLDOWN_SECS),
            when,
        })
    }

    /// The cameras that a rule names and that are there.
    fn watched<'o, 'd>(
        &mut self,
        names: &Names,
        cameras: &'o [Offered<'d>],
        owner: &str,
    ) -> Vec<&'o Offered<'d>> {
        let mut watched: Vec<&Offered<'_>> = Vec::with_capacity(names.value.len());
        if names.value.is_empty() {
            self.report
                .error(&names.span, format!("{owner}: `cameras` is empty"))
                .hint("a rule watches at least one camera: cameras = [\"cam-03\"]");
        }
        for At { value, span } in &names.value {
            if watched.iter().any(|camera| camera.id == value) {
                self.report
                    .error(span, format!("{owner}: names the camera `{value}` twice"))
                    .hint("leave one out");
                continue;
            }
            match cameras.iter().find(|camera| camera.id == value) {
                Some(camera) => watched.push(camera),
                // A camera that cannot be read may be the one that is meant.
                None if self.taken_out.resembles(0, "camera") => {}
                None => {
                    let ids = cameras.iter().map(|camera| camera.id);
                    self.report
                        .error(span, format!("{owner} names an unknown camera{}", quoted(value)))
                        .maybe_hint(suggest::hint(value, ids, "there are"))
                        .consequence();
                }
            }
        }
        watched
    }

    fn schedule(&mut self, field: &At<String>, zone: &TimeZone, owner: &str) -> Option<Schedule> {
        match Schedule::parse(&field.value, zone.clone()) {
            Ok(schedule) => Some(schedule),
            Err(error) => {
                // It brings its own hint along, on a line of its own.
                let words = error.to_string();
                let (what, hint) = words.split_once("\n  hint: ").unwrap_or((&words, SCHEDULES));
                self.report.error(&field.span, format!("{owner}: {what}")).hint(hint);
                None
            }
        }
    }

    fn signal(&mut self, field: &At<String>, owner: &str) -> Option<Arc<str>> {
        let At { value, span } = field;
        if !is_kind(value) {
            self.report
                .error(span, format!("{owner}: `signal` is no name of a kind{}", quoted(value)))
                .hint("lower-case letters, digits and `_`, for example `fire_lane_blocked`");
            return None;
        }
        let names = || kinds::KINDS.iter().map(|kind| kind.name);
        let near = suggest::nearest(value, names()).filter(|_| kinds::known(value).is_none());
        if let Some(near) = near {
            self.report
                .warning(span, format!("{owner}: `{value}` is none of the kinds with a title of their own"))
                .hint(format!("did you mean `{near}`? Any name works, but only known ones are translated"));
        }
        Some(value.as_str().into())
    }

    /// Exactly one of the conditions.
    fn condition(
        &mut self,
        rule: &RuleDocument,
        span: &Range<usize>,
        watched: &[&Offered<'_>],
        owner: &str,
    ) -> Option<Condition> {
        let mut given: Vec<(&str, &Range<usize>)> = Vec::new();
        let mut conditions: Vec<Option<Condition>> = Vec::new();
        if let Some(At { value, span }) = &rule.present {
            given.push(("present", span));
            let zone = self.zone(&value.zone, watched, owner);
            let classes = self.required_classes(&value.classes, owner);
            let for_at_least = value.for_secs.as_ref().map(|_| seconds(&value.for_secs, 0.0));
            conditions.push(
                all(zone, classes, for_at_least).map(|(zone, classes, for_at_least)| Condition::Present {
                    zone,
                    classes,
                    for_at_least,
                }),
            );
        }
        if let Some(At { value, span }) = &rule.dwell {
            given.push(("dwell", span));
            let zone = self.zone(&value.zone, watched, owner);
            let classes = self.required_classes(&value.classes, owner);
            let for_at_least = value.for_secs.as_ref().map(|_| seconds(&value.for_secs, 0.0));
            conditions.push(
                all(zone, classes, for_at_least).map(|(zone, classes, for_at_least)| Condition::Dwell {
                    zone,
                    classes,
                    for_at_least,
                }),
            );
        }
        if let Some(At { value, span }) = &rule.line {
            given.push(("line", span));
            let line = self.line(&value.line, watched, owner);
            let classes = self.required_classes(&value.classes, owner);
            let direction = value_of(&value.direction).map(direction_of);
            conditions.push(
                all(line, classes, direction).map(|(line, classes, direction)| Condition::Line {
                    line,
                    classes,
                    direction,
                }),
            );
        }
        if let Some(At { value, span }) = &rule.crowd {
            given.push(("crowd", span));
            let zone = self.zone(&value.zone, watched, owner);
            let classes =
                self.classes_or(&value.classes, &document::DEFAULT_CROWD_CLASSES, &value.zone, owner);
            let for_at_least = value.for_secs.as_ref().map(|_| seconds(&value.for_secs, 0.0));
            let at_least = value_of(&value.at_least).map(|n| n as usize);
            conditions.push(all(zone, at_least, for_at_least).zip(classes).map(
                |((zone, at_least, for_at_least), classes)| Condition::Crowd {
                    zone,
                    classes,
                    at_least,
                    for_at_least,
                },
            ));
        }
        if let Some(At { value, span }) = &rule.parked {
            given.push(("parked", span));
            let zone = self.zone(&value.zone, watched, owner);
            let classes =
                self.classes_or(&value.classes, &document::DEFAULT_PARKED_CLASSES, &value.zone, owner);
            let for_at_least = value.for_secs.as_ref().map(|_| seconds(&value.for_secs, 0.0));
            conditions.push(
                all(zone, classes, for_at_least).map(|(zone, classes, for_at_least)| Condition::Parked {
                    zone,
                    classes,
                    for_at_least,
                }),
            );
        }
        if given.is_empty() && !self.taken_out.from(span) {
            self.report
                .error(&(span.start..span.start), format!("{owner}: says not what must be seen"))
                .hint(format!("add one of {}", suggest::listed(&CONDITIONS)))
                .consequence();
        }
        if let [(first, _), (second, span), ..] = given[..] {
            self.report
                .error(span, format!("{owner}: has both `{first}` and `{second}`"))
                .hint("a rule has one condition: make a second rule of the other");
            return None;
        }
        conditions.pop().flatten()
    }

    fn zone(
        &mut self,
        field: &Option<At<String>>,
        watched: &[&Offered<'_>],
        owner: &str,
    ) -> Option<Arc<str>> {
        self.drawn(field, watched, owner, "zone", |camera| &camera.zones)
    }

    fn line(
        &mut self,
        field: &Option<At<String>>,
        watched: &[&Offered<'_>],
        owner: &str,
    ) -> Option<Arc<str>> {
        self.drawn(field, watched, owner, "line", |camera| &camera.lines)
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

    /// What is there and used by nothing: allowed, but probably not meant.
    pub(super) fn things_without_use(&mut self, document: &Document) {
        let watched: BTreeSet<&str> = document
            .rule
            .iter()
            .flat_map(|rule| rule.value.cameras.iter().flat_map(|names| &names.value))
            .map(|name| name.value.as_str())
            .collect();
        for camera in &document.camera {
            let Some(id) = camera.value.id.as_ref().filter(|id| super::is_id(&id.value)) else { continue };
            if !watched.contains(id.value.as_str()) {
                self.report
                    .warning(&id.span, format!("camera `{}` is watched by no rule", id.value))
                    .hint("it is decoded and looked at, but nothing is ever told about it: add a `[[rule]]`")
                    .consequence();
            }
        }
    }
}

/// Whether a text may name a kind of alert.
pub(super) fn is_kind(text: &str) -> bool {
    text.len() <= 64
        && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn all<A, B, C>(a: Option<A>, b: Option<B>, c: Option<C>) -> Option<(A, B, C)> {
    Some((a?, b?, c?))
}

fn direction_of(direction: DirectionDocument) -> Direction {
    match direction {
        DirectionDocument::LeftToRight => Direction::LeftToRight,
        DirectionDocument::RightToLeft => Direction::RightToLeft,
        DirectionDocument::Both => Direction::Both,
    }
}

/// The name of a condition, which is its kind where the rule names none.
fn kind_of(condition: &Condition) -> &'static str {
    match condition {
        Condition::Present { .. } => "present",
        Condition::Dwell { .. } => "dwell",
        Condition::Line { .. } => "line",
        Condition::Crowd { .. } => "crowd",
        Condition::Parked { .. } => "parked",
    }
}
