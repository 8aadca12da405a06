//! What people found an alert to be, and the words for why it came and how it was settled.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an alert turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was there.
    Confirmed,
    /// It was not there, or it was something else.
    FalseAlarm,
    /// Another alert tells of the same.
    Duplicate,
    /// It was a drill, or somebody trying the box.
    Exercise,
}

impl Verdict {
    /// As in published JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Confirmed => "confirmed",
            Verdict::FalseAlarm => "false_alarm",
            Verdict::Duplicate => "duplicate",
            Verdict::Exercise => "exercise",
        }
    }

    /// The causes that a box takes with this verdict for alerts of that kind.
    pub fn causes(self, kind: &str) -> Vec<&'static str> {
        let (of_kind, of_every) = match self {
            Verdict::Confirmed => (&CONFIRMED[..], &["other"][..]),
            Verdict::FalseAlarm => (&FALSE_ALARM[..], &FALSE_ALARM_OF_EVERY_KIND[..]),
            Verdict::Duplicate | Verdict::Exercise => (&[][..], &[][..]),
        };
        let own = of_kind.iter().find(|causes| causes.kinds.contains(&kind));
        own.map_or(&[][..], |causes| causes.words).iter().chain(of_every).copied().collect()
    }
}

/// The causes of some kinds.
struct Causes {
    kinds: &'static [&'static str],
    words: &'static [&'static str],
}

/// What a false alarm of any kind may come from.
const FALSE_ALARM_OF_EVERY_KIND: [&str; 8] = [
    "allowed",
    "animal",
    "glare",
    "reflection_or_shadow",
    "weather",
    "other_object",
    "wrong_setting",
    "other",
];

/// What false alarms of some kinds come from besides.
const FALSE_ALARM: [Causes; 5] = [
    Causes { kinds: &FIRE, words: &["cooking", "steam", "dust", "lamp"] },
    Causes { kinds: &VEHICLES, words: &["loading", "stopped_briefly"] },
    Causes { kinds: &PEOPLE, words: &["resident", "staff", "play"] },
    Causes { kinds: &WATER, words: &["sensor_fault", "cleaning"] },
    Causes { kinds: &CAMERAS, words: &["maintenance", "power_cut"] },
];

/// What confirmed alerts of some kinds come from.
const CONFIRMED: [Causes; 5] = [
    Causes { kinds: &FIRE, words: &["open_burning", "electrical", "gas", "vehicle", "waste"] },
    Causes { kinds: &VEHICLES, words: &["parked", "broken_down", "delivery"] },
    Causes { kinds: &PEOPLE, words: &["trespass", "quarrel", "injury", "gathering"] },
    Causes { kinds: &WATER, words: &["rain", "blocked_drain", "burst_pipe"] },
    Causes {
        kinds: &CAMERAS,
        words: &["power_cut", "network", "wrong_password", "covered", "moved", "broken"],
    },
];

const FIRE: [&str; 2] = ["fire", "smoke"];
const VEHICLES: [&str; 7] = [
    "fire_lane_blocked",
    "exit_blocked",
    "illegal_parking",
    "vehicle_present",
    "e_bike_indoors",
    "parked",
    "wrong_way",
];
const PEOPLE: [&str; 12] = [
    "present",
    "dwell",
    "presence",
    "person_present",
    "intrusion",
    "loitering",
    "after_hours",
    "night_presence",
    "crowd",
    "scuffle",
    "fallen",
    "rush",
];
const WATER: [&str; 2] = ["flooding", "drain_blocked"];
const CAMERAS: [&str; 2] = ["camera_trouble", "camera_silent"];

/// Every cause there is, for the documentation: by verdict, what goes with every kind and what with some.
pub(crate) fn about_causes() -> String {
    let listed = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let of = |causes: &[Causes]| {
        let one = |causes: &Causes| format!("for {}: {}", listed(causes.kinds), listed(causes.words));
        causes.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    format!(
        "Why it came, where that is known. An open list: more words may come, so a reader takes any; a box takes those \
         that it knows. With `false_alarm`: {}; {}. With `confirmed`: `other`; {}. `duplicate` and `exercise` have none.",
        listed(&FALSE_ALARM_OF_EVERY_KIND),
        of(&FALSE_ALARM),
        of(&CONFIRMED)
    )
}

/// How an alert was settled, as a box takes it; an open list for its readers.
pub(crate) const OUTCOMES: [&str; 6] =
    ["resolved", "handed_over", "nothing_found", "nothing_to_do", "withdrawn", "other"];

/// The same, for the documentation.
pub(crate) fn about_outcomes() -> String {
    let words = OUTCOMES.map(|word| format!("`{word}`")).join(", ");
    format!(
        "How it was settled: {words}. An open list: more words may come, so a reader takes any; a box takes those that it \
         knows."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_has_the_causes_of_its_kind_and_those_of_every_kind() {
        let of_fire = Verdict::FalseAlarm.causes("fire");
        assert!(of_fire.contains(&"cooking") && of_fire.contains(&"glare"), "{of_fire:?}");
        assert!(!Verdict::FalseAlarm.causes("crowd").contains(&"cooking"));
        assert_eq!(Verdict::Confirmed.causes("goat_on_road"), ["other"]);
        assert!(Verdict::Duplicate.causes("fire").is_empty());
    }

    #[test]
    fn no_word_stands_twice_for_a_kind_and_each_is_the_name_that_is_published() {
        for kind in [&FIRE[..], &VEHICLES, &PEOPLE, &WATER, &CAMERAS].concat() {
            for verdict in [Verdict::Confirmed, Verdict::FalseAlarm, Verdict::Duplicate, Verdict::Exercise] {
                let mut causes = verdict.causes(kind);
                let before = causes.len();
                causes.sort_unstable();
                causes.dedup();
                assert_eq!(causes.len(), before, "{kind} {verdict:?}");
                assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.name());
            }
        }
    }
}
