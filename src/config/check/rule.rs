//! Rules: the frame of each, and whether the cameras they name are there. The condition is [`super::condition`]'s.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{Checker, quoted, text_of, value_of};
use crate::analysis::rules::{Condition, Rule};
use crate::analysis::schedule::Schedule;
use crate::config::document::{self, At, CameraDocument, Document, Names, RuleDocument};
use crate::config::suggest;
use crate::contract::kinds;
use crate::types::at::secs_or;
use crate::types::level::Level;

/// What schedules look like.
const SCHEDULES: &str = "for example \"workdays 07:00-20:00\" or \"daily 22:00-06:00\"";

/// Rules, and the titles that they give.
type RulesAndTitles = (Vec<Rule>, BTreeMap<Arc<str>, String>);

/// What a camera offers to rules, as typed: also what is drawn wrong counts as there.
pub(super) struct Offered<'d> {
    pub(super) id: &'d str,
    pub(super) zones: Vec<&'d str>,
    pub(super) lines: Vec<&'d str>,
    /// Whether something was taken out of it, so that a name that is not there may have been.
    pub(super) incomplete: bool,
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
        let names = ["min_height", "max_height"];
        let heights = self.height_limits(&rule.min_height, &rule.max_height, names, &owner);
        let kind = when.as_ref().map(Condition::name);
        let signal = match (&rule.signal, kind) {
            (Some(field), _) => self.signal(field, &owner),
            (None, kind) => kind.map(Arc::from),
        };
        let (id, watched, when, signal) = (id?, watched?, when?, signal?);
        let usual = kinds::known(&signal)
            .or_else(|| kinds::known(when.name()))
            .map_or(Level::Yellow, |kind| kind.level);
        Some(Rule {
            id,
            cameras: watched.iter().map(|camera| Arc::from(camera.id)).collect(),
            level: value_of(&rule.level).unwrap_or(usual),
            signal,
            schedule: schedule?,
            hold: secs_or(&rule.hold_secs, document::DEFAULT_HOLD_SECS),
            cooldown: secs_or(&rule.cooldown_secs, document::DEFAULT_COOLDOWN_SECS),
            heights: heights?,
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

    pub(super) fn schedule(&mut self, field: &At<String>, zone: &TimeZone, owner: &str) -> Option<Schedule> {
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
        let names = || kinds::all().map(|kind| kind.name);
        let near = suggest::nearest(value, names()).filter(|_| kinds::known(value).is_none());
        if let Some(near) = near {
            self.report
                .warning(span, format!("{owner}: `{value}` is none of the kinds with a title of their own"))
                .hint(format!("did you mean `{near}`? Any name works, but only known ones are translated"));
        }
        Some(value.as_str().into())
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
                    .hint("only its own faults are told, nothing of what it sees: add a `[[rule]]`")
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
