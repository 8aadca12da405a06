//! Rules that could report nothing of a recording: whose schedule was never in force while it ran, or not for as long as
//! their condition must last; and cameras that no rule watches.
//!
//! A replay begins at a time that somebody gave, that the file says or that was assumed; a rule for the night sees nothing
//! of a recording that is taken for one of the morning. Input is the time of every frame; output are sentences, if any.

use std::sync::Arc;
use std::time::Duration;

use jiff::ToSpan;
use jiff::tz::TimeZone;

use crate::analysis::rules::Rule;
use crate::analysis::schedule::Schedule;
use crate::analysis::time::Timestamp;
use crate::config::{Camera, Config};
use crate::text::{Sentence, model, replay as say};

/// A schedule repeats itself every week.
const A_WEEK_OF_MINUTES: usize = 7 * 24 * 60;

/// Frames farther apart than this lie on both sides of a pause, after which every condition begins anew.
const PAUSE: Duration = Duration::from_secs(10);

/// What is to be said, and what to do.
pub(in crate::cli) type Note = (Sentence, Option<Sentence>);

/// The schedules of the rules that watch one camera.
pub(super) struct Schedules {
    rules: Vec<WatchingRule>,
    camera: Arc<str>,
    /// Rules of other cameras whose zone or line this one does not have.
    without_place: Vec<Arc<str>>,
    zone: TimeZone,
    zone_name: String,
    from_to: Option<(Timestamp, Timestamp)>,
}

struct WatchingRule {
    id: Arc<str>,
    schedule: Schedule,
    /// How long its condition must last.
    lasting: Duration,
    /// Since when it has been in force, without a pause.
    since: Option<Timestamp>,
    /// The longest it was; `None` where it never was.
    longest: Option<Duration>,
}

impl Schedules {
    pub(super) fn of(config: &Config, camera: &Camera) -> Self {
        let (watching, others): (Vec<&Rule>, Vec<&Rule>) =
            config.rules.iter().partition(|rule| rule.cameras.contains(&camera.id));
        let has = |place: &Arc<str>| camera.zones.contains_key(place) || camera.lines.contains_key(place);
        let without_place = others.into_iter().filter(|rule| !has(rule.when.place()));
        let watching = watching.into_iter().map(|rule| WatchingRule {
            id: rule.id.clone(),
            schedule: rule.schedule.clone(),
            lasting: rule.when.lasting(),
            since: None,
            longest: None,
        });
        Schedules {
            rules: watching.collect(),
            camera: camera.id.clone(),
            without_place: without_place.map(|rule| rule.id.clone()).collect(),
            zone: config.site.time_zone.clone(),
            zone_name: config.site.time_zone_name.clone(),
            from_to: None,
        }
    }

    /// A frame was taken then.
    pub(super) fn pass(&mut self, at: Timestamp) {
        let length = |from: Timestamp| Duration::try_from(at.duration_since(from)).unwrap_or_default();
        let is_after_pause = self.from_to.is_some_and(|(_, latest)| length(latest) > PAUSE);
        for rule in &mut self.rules {
            if !rule.schedule.in_force(at) {
                rule.since = None;
                continue;
            }
            let since = *rule.since.filter(|_| !is_after_pause).get_or_insert(at);
            rule.since = Some(since);
            rule.longest = rule.longest.max(Some(length(since)));
        }
        self.from_to = Some((self.from_to.map_or(at, |(from, _)| from), at));
    }

    /// What the rules could not do, and what to do about it; nothing where no frame was taken.
    pub(super) fn notes(&self) -> Vec<Note> {
        let Some((from, to)) = self.from_to else { return Vec::new() };
        if self.rules.is_empty() {
            let places = named(self.without_place.iter());
            let hint = match places.as_slice() {
                [] => say::try_rule_of_camera(&*self.camera),
                rules => say::try_places(model::listed(rules)),
            };
            return vec![(say::no_rule_watches(&*self.camera), Some(hint))];
        }
        let mut notes = Vec::new();
        notes.extend(self.never_in_force(from, to));
        for rule in &self.rules {
            if let Some(longest) = rule.longest.filter(|longest| *longest < rule.lasting) {
                let seconds = |time: Duration| ((time.as_secs_f64() * 10.0).round() / 10.0).to_string();
                let (wanted, had) = (seconds(rule.lasting), seconds(longest));
                notes.push((say::rule_could_not_decide(&*rule.id, wanted, had), None));
            }
        }
        notes
    }

    fn never_in_force(&self, from: Timestamp, to: Timestamp) -> Option<Note> {
        let never: Vec<&WatchingRule> = self.rules.iter().filter(|rule| rule.longest.is_none()).collect();
        let WatchingRule { schedule, .. } = never.first()?;
        let names = named(never.iter().map(|rule| &rule.id));
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
        Some((note, Some(hint)))
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

fn named<'a>(ids: impl Iterator<Item = &'a Arc<str>>) -> Vec<String> {
    ids.map(|id| format!("`{id}`")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Language;

    fn schedules(texts: &[(&str, &str)]) -> Schedules {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        let rules = texts.iter().map(|(id, text)| WatchingRule {
            id: (*id).into(),
            schedule: Schedule::parse(text, zone.clone()).expect("a schedule"),
            lasting: Duration::ZERO,
            since: None,
            longest: None,
        });
        Schedules {
            rules: rules.collect(),
            camera: "cam-01".into(),
            without_place: Vec::new(),
            zone_name: "Asia/Shanghai".into(),
            zone: zone.clone(),
            from_to: None,
        }
    }

    /// In English.
    fn note(schedules: &Schedules) -> Option<String> {
        let notes = schedules.notes();
        let lines = notes.iter().map(|(note, hint)| note.with_hint(hint.as_ref(), Language::English));
        (!notes.is_empty()).then(|| lines.collect::<Vec<_>>().join("\n"))
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
        assert!(note(&schedules).is_some());
        schedules.pass(at("2026-01-07T14:00:00Z"));
        assert_eq!(note(&schedules), None);
    }

    #[test]
    fn a_recording_without_a_frame_says_nothing() {
        assert_eq!(note(&schedules(&[("at-night", "daily 22:00-06:00")])), None);
    }

    #[test]
    fn a_rule_that_was_in_force_for_less_than_its_condition_must_last_is_named() {
        let mut schedules = schedules(&[("parked", "always"), ("quick", "always")]);
        schedules.rules[0].lasting = Duration::from_secs(120);
        schedules.rules[1].lasting = Duration::from_secs(60);
        let begin = at("2026-01-07T00:00:00Z");
        // A minute and a half, a pause of an hour, half a minute.
        for second in (0..=90).chain(3690..3720) {
            schedules.pass(begin + jiff::SignedDuration::from_secs(second));
        }
        assert_eq!(
            note(&schedules).expect("a note"),
            "the rule `parked` could never decide: its condition must last 120 s without a break, and it was in force for \
             90 s at most"
        );
    }

    #[test]
    fn a_camera_that_no_rule_watches_is_named_with_what_it_lacks() {
        let mut schedules = schedules(&[]);
        schedules.without_place = vec!["yard".into()];
        schedules.pass(at("2026-01-07T00:00:00Z"));
        let note = note(&schedules).expect("a note");
        assert!(note.starts_with("no rule watches the camera `cam-01`"), "{note}");
        assert!(note.contains("`yard`"), "{note}");
    }
}
