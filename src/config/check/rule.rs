//! Rules: the frame of each. Its cameras are [`super::watched`]'s, the condition is [`super::condition`]'s.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::watched::Watched;
use super::{Checker, quoted, text_of, value_of};
use crate::analysis::rules::{Condition, Rule};
use crate::analysis::schedule::Schedule;
use crate::config::document::{self, At, Document, RuleDocument};
use crate::config::suggest;
use crate::contract::kinds;
use crate::types::at::secs_or;
use crate::types::level::Level;

/// What schedules look like.
const SCHEDULES: &str = "for example \"workdays 07:00-20:00\" or \"daily 22:00-06:00\"";

/// Most pairs of a rule and a camera that it watches: a thousand rules on two thousand cameras. Whoever names cameras one
/// by one does not get there before the file is too large; a pattern must not either.
const MOST_PAIRS: usize = 2_000_000;

/// Rules, and what else they say.
#[derive(Default)]
pub(super) struct Rules {
    pub(super) rules: Vec<Rule>,
    /// The titles that they give.
    pub(super) titles: BTreeMap<Arc<str>, String>,
    /// The cameras that they watch, those of broken rules included.
    pub(super) watched: BTreeSet<String>,
}

impl Checker<'_, '_> {
    pub(super) fn rules(&mut self, document: &Document, time_zone: Option<TimeZone>) -> Rules {
        let there = self.there(document);
        let mut taken = BTreeMap::new();
        let mut all = Rules::default();
        let mut pairs = 0;
        for section in &document.rule {
            let owner = owner(&section.value);
            let watched = self.watched(&section.value, &section.span, &there, &owner);
            let cameras = watched.iter().flat_map(|watched| &watched.cameras);
            all.watched.extend(cameras.map(|camera| camera.id.to_owned()));
            pairs += watched.as_ref().map_or(0, |watched| watched.cameras.len());
            if pairs > MOST_PAIRS {
                self.report
                    .error(&(section.span.start..section.span.start), format!("{owner}: the rules watch too many cameras"))
                    .hint(format!("all rules and their cameras together make at most {MOST_PAIRS} pairs: let fewer rules watch all cameras"));
                break;
            }
            let rule = self.rule(section, watched, time_zone.as_ref(), &mut taken);
            let title = text_of(&section.value.title);
            if let (Some(rule), Some(title)) = (&rule, title) {
                all.titles.insert(Arc::clone(&rule.id), title);
            }
            all.rules.extend(rule);
        }
        all
    }

    fn rule(
        &mut self,
        section: &At<RuleDocument>,
        watched: Option<Watched<'_, '_>>,
        time_zone: Option<&TimeZone>,
        taken: &mut BTreeMap<String, Range<usize>>,
    ) -> Option<Rule> {
        let At { value: rule, span } = section;
        let owner = owner(rule);
        let id = self.id(&rule.id, "rule", taken);
        let schedule = match (&rule.schedule, time_zone) {
            (None, _) => Some(Schedule::always()),
            (Some(field), Some(zone)) => self.schedule(field, zone, &owner),
            // The time zone is wrong and reported; any other one tells as well whether the text is a schedule.
            (Some(field), None) => self.schedule(field, &TimeZone::UTC, &owner),
        };
        let when = self.condition(rule, span, watched.as_ref().unwrap_or(&Watched::default()), &owner);
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
            cameras: watched.cameras.iter().map(|camera| Arc::from(camera.id)).collect(),
            level: value_of(&rule.level).unwrap_or(usual),
            signal,
            schedule: schedule?,
            hold: secs_or(&rule.hold_secs, document::DEFAULT_HOLD_SECS),
            cooldown: secs_or(&rule.cooldown_secs, document::DEFAULT_COOLDOWN_SECS),
            heights: heights?,
            when,
        })
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
    pub(super) fn things_without_use(&mut self, document: &Document, watched: &BTreeSet<String>) {
        for camera in &document.camera {
            let Some(id) = camera.value.id.as_ref().filter(|id| super::is_id(&id.value)) else { continue };
            if !watched.contains(&id.value) {
                self.report
                    .warning(&id.span, format!("camera `{}` is watched by no rule", id.value))
                    .hint("only its own faults are told, nothing of what it sees: add a `[[rule]]`")
                    .consequence();
            }
        }
    }
}

/// How people call a rule.
fn owner(rule: &RuleDocument) -> String {
    match &rule.id {
        Some(id) if super::is_id(&id.value) => format!("rule `{}`", id.value),
        _ => "rule".to_owned(),
    }
}

/// Whether a text may name a kind of alert.
pub(super) fn is_kind(text: &str) -> bool {
    text.len() <= 64
        && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
