//! Rules of a replayed camera that could report nothing, because their schedule was never in force while the recording
//! ran.
//!
//! A replay begins at a time that somebody gave or that was assumed; a rule for the night sees nothing of a recording
//! that is taken for one of the morning. Input is the time of every frame; output one sentence, if any.

use std::sync::Arc;

use jiff::ToSpan;
use jiff::tz::TimeZone;

use crate::analysis::schedule::Schedule;
use crate::analysis::time::Timestamp;
use crate::config::{Camera, Config};
use crate::text::{Sentence, model, replay as say};

/// A schedule repeats itself every week.
const A_WEEK_OF_MINUTES: usize = 7 * 24 * 60;

/// The schedules of the rules that watch one camera.
pub(super) struct Schedules {
    never: Vec<(Arc<str>, Schedule)>,
    zone: TimeZone,
    zone_name: String,
    from_to: Option<(Timestamp, Timestamp)>,
}

impl Schedules {
    pub(super) fn of(config: &Config, camera: &Camera) -> Self {
        let watching = config.rules.iter().filter(|rule| rule.cameras.contains(&camera.id));
        Schedules {
            never: watching.map(|rule| (rule.id.clone(), rule.schedule.clone())).collect(),
            zone: config.site.time_zone.clone(),
            zone_name: config.site.time_zone_name.clone(),
            from_to: None,
        }
    }

    /// A frame was taken then.
    pub(super) fn pass(&mut self, at: Timestamp) {
        self.never.retain(|(_, schedule)| !schedule.in_force(at));
        self.from_to = Some((self.from_to.map_or(at, |(from, _)| from), at));
    }

    /// Which rules were never in force, and what to do; `None` where all were.
    pub(super) fn note(&self) -> Option<(Sentence, Sentence)> {
        let (from, to) = self.from_to?;
        let (_, schedule) = self.never.first()?;
        let names: Vec<String> = self.never.iter().map(|(id, _)| format!("`{id}`")).collect();
        let on_the_wall =
            |at: Timestamp| at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let (from_there, to_there) = (on_the_wall(from), on_the_wall(to));
        let note = match names.as_slice() {
            [rule] => say::rule_never_in_force(rule, from_there, to_there, &self.zone_name),
            rules => say::rules_never_in_force(model::listed(rules), from_there, to_there, &self.zone_name),
        };
        let hint = match self.first_in_force(schedule, from) {
            Some(start) => say::try_start(start.strftime("%Y-%m-%dT%H:%M").to_string()),
            None => say::schedule_never_in_force(),
        };
        Some((note, hint))
    }

    /// The first minute from then on at which a schedule is in force.
    fn first_in_force(&self, schedule: &Schedule, from: Timestamp) -> Option<jiff::Zoned> {
        let whole_minute =
            from.to_zoned(self.zone.clone()).with().second(0).subsec_nanosecond(0).build().ok()?;
        let mut minutes = (0..=A_WEEK_OF_MINUTES)
            .map_while(|minute| whole_minute.checked_add(i64::try_from(minute).ok()?.minutes()).ok());
        minutes.find(|at| schedule.in_force(at.timestamp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedules(texts: &[(&str, &str)]) -> Schedules {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        let never = texts
            .iter()
            .map(|(id, text)| ((*id).into(), Schedule::parse(text, zone.clone()).expect("a schedule")));
        Schedules {
            never: never.collect(),
            zone_name: "Asia/Shanghai".into(),
            zone: zone.clone(),
            from_to: None,
        }
    }

    /// In English.
    fn note(schedules: &Schedules) -> Option<String> {
        let (note, hint) = schedules.note()?;
        Some(note.with_hint(Some(&hint), crate::contract::Language::English))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_rule_of_the_night_is_named_in_the_morning_with_a_time_at_which_it_works() {
        let mut schedules = schedules(&[("always-on", "always"), ("at-night", "daily 22:00-06:00")]);
        for second in 0..100 {
            schedules.pass(at("2026-01-07T00:00:00Z") + jiff::SignedDuration::from_secs(second));
        }
        assert_eq!(
            note(&schedules).expect("a note"),
            "the rule `at-night` was never in force: the recording is taken for one from 2026-01-07 08:00:00 to \
             2026-01-07 08:01:39 (Asia/Shanghai)\n  hint: say when it really began: --start 2026-01-07T22:00"
        );
    }

    #[test]
    fn all_of_them_are_named() {
        let mut schedules = schedules(&[("a", "sat-sun"), ("b", "daily 22:00-06:00")]);
        schedules.pass(at("2026-01-07T00:00:00Z"));
        let note = note(&schedules).expect("a note");
        assert!(note.contains("the rules `a`, `b` were never in force"), "{note}");
        assert!(note.ends_with("--start 2026-01-10T00:00"), "{note}");
    }

    #[test]
    fn a_rule_that_was_in_force_for_a_moment_is_not_named() {
        let mut schedules = schedules(&[("at-night", "daily 22:00-06:00")]);
        schedules.pass(at("2026-01-07T13:59:59Z"));
        assert!(schedules.note().is_some());
        schedules.pass(at("2026-01-07T14:00:00Z"));
        assert_eq!(schedules.note(), None);
    }

    #[test]
    fn a_recording_without_a_frame_says_nothing() {
        assert_eq!(schedules(&[("at-night", "daily 22:00-06:00")]).note(), None);
    }
}
