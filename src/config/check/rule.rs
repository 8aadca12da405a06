//! Rules: the frame of each. Its cameras are [`super::watched`]'s, the condition is [`super::condition`]'s.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::watched::Watched;
use super::{Checker, known_id, quoted, text_of, value_of};
use crate::analysis::detection::Class;
use crate::analysis::rules::Rule;
use crate::analysis::schedule::Schedule;
use crate::config::document::{self, At, Document, RuleDocument};
use crate::config::{class_words, suggest};
use crate::contract::kinds;
use crate::text::config::of;
use crate::text::{Words, config, config_check, config_rule as text};
use crate::types::at::secs_or;
use crate::types::level::Level;

/// Maximum number of pairs of a rule and a camera that it watches: a thousand rules on two thousand cameras. A file that
/// names cameras one by one does not get there before the file is too large; a pattern must not either.
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
                    .error(&(section.span.start..section.span.start), of(&owner, text::too_many_pairs()))
                    .hint(text::most_pairs(MOST_PAIRS));
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
        let id = self.id(&rule.id, config_check::a_rule(), taken);
        let schedule = match (&rule.schedule, time_zone) {
            (None, _) => Some(Schedule::always()),
            (Some(field), Some(zone)) => self.schedule(field, zone, &owner),
            // A wrong time zone is reported; whether the text is a schedule can be checked in any.
            (Some(field), None) => self.schedule(field, &TimeZone::UTC, &owner),
        };
        let when = self.condition(rule, span, watched.as_ref().unwrap_or(&Watched::default()), &owner);
        let names = ["min_height", "max_height"];
        let heights = self.height_limits(&rule.min_height, &rule.max_height, names, &owner);
        let kind = when.as_ref().map(|(when, _)| when.name());
        let signal = match (&rule.signal, kind) {
            (Some(field), _) => self.signal(field, &owner),
            (None, kind) => kind.map(Arc::from),
        };
        let (id, watched, (when, left_out), signal) = (id?, watched?, when?, signal?);
        let usual = kinds::known(&signal)
            .or_else(|| kinds::known(when.name()))
            .map_or(Level::Yellow, |kind| kind.level);
        Some(Rule {
            id,
            cameras: watched
                .cameras
                .iter()
                .filter(|camera| !left_out.contains(camera.id))
                .map(|camera| Arc::from(camera.id))
                .collect(),
            level: value_of(&rule.level).unwrap_or(usual),
            signal,
            schedule: schedule?,
            hold: secs_or(&rule.hold_secs, document::DEFAULT_HOLD_SECS),
            cooldown: secs_or(&rule.cooldown_secs, document::DEFAULT_COOLDOWN_SECS),
            heights: heights?,
            when,
        })
    }

    pub(super) fn schedule(
        &mut self,
        field: &At<String>,
        zone: &TimeZone,
        owner: &Words,
    ) -> Option<Schedule> {
        match Schedule::parse(&field.value, zone.clone()) {
            Ok(schedule) => Some(schedule),
            Err(error) => {
                self.report.error(&field.span, of(owner, error.sentence())).hint(error.hint());
                None
            }
        }
    }

    fn signal(&mut self, field: &At<String>, owner: &Words) -> Option<Arc<str>> {
        let At { value, span } = field;
        if !is_kind(value) {
            self.report
                .error(span, of(owner, text::no_kind(quoted(value))))
                .hint(text::kind_names("fire_lane_blocked"));
            return None;
        }
        if value == kinds::TEST_ALERT {
            self.report
                .error(span, of(owner, text::kind_of_tests(value)))
                .hint(text::kind_names("fire_lane_blocked"));
            return None;
        }
        if let Some(near) = nearest_kind(value).filter(|_| kinds::known(value).is_none()) {
            self.report.warning(span, of(owner, text::without_title(value))).hint(text::any_name_works(near));
        }
        Some(value.as_str().into())
    }

    /// What is there and used by nothing: allowed, but probably not meant.
    pub(super) fn things_without_use(&mut self, document: &Document, watched: &BTreeSet<String>) {
        for camera in &document.camera {
            let Some(id) = camera.value.id.as_ref().filter(|id| super::is_id(&id.value)) else { continue };
            if !watched.contains(&id.value) {
                self.report
                    .warning(&id.span, text::watched_by_none(config::camera(&id.value)))
                    .hint(text::only_faults_are_told())
                    .consequence();
            }
        }
    }
}

/// How people call a rule.
fn owner(rule: &RuleDocument) -> Words {
    known_id(&rule.id).map_or_else(config_check::a_rule, config::rule).into()
}

/// The kind with a title that a name resembles, also by another word for a class: `people` for `person_present`.
fn nearest_kind(typed: &str) -> Option<&'static str> {
    let names = || kinds::all().map(|kind| kind.name);
    suggest::nearest(typed, names()).or_else(|| {
        let meant = class_words::meant(typed, &Class::STREET);
        meant.iter().find_map(|class| suggest::nearest(class.name(), names()))
    })
}

/// Whether a text may name a kind of alert.
pub(super) fn is_kind(text: &str) -> bool {
    text.len() <= 64
        && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_named_by_another_word_for_a_class_is_known() {
        for (typed, kind) in [
            ("people", Some("person_present")),
            ("person", Some("person_present")),
            ("vehicle", Some("vehicle_present")),
            ("crowds", Some("crowd")),
            ("bike", Some("e_bike_indoors")),
            ("motorcycle", None),
            ("goat_on_road", None),
        ] {
            assert_eq!(nearest_kind(typed), kind, "{typed}");
        }
    }
}
