//! The kinds of alert that are known by name: their titles in both languages and their usual level.
//!
//! A kind is a rule's `signal`. Any well-formed name may be used; a name that is not in this table gets
//! its words from the name itself, so that nothing is ever reported without a title.

use super::words::Language;
use crate::analysis::rules::{self, AlertKind};
use crate::text::{Sentence, kind as say};
use crate::types::level::Level;

/// The kind of alerts about cameras themselves; their titles say what is wrong.
pub(crate) const CAMERA_TROUBLE: &str = "camera_trouble";
/// The kind of alerts that tell of nothing; no rule may have it.
pub(crate) const TEST_ALERT: &str = crate::analysis::test_alert::KIND;

const fn kind(name: &'static str, level: Level, title: fn() -> Sentence) -> AlertKind {
    AlertKind { name, level, title }
}

/// Kinds that are no rule's own, for a rule with a `signal` and for what signals believe.
const OTHERS: [AlertKind; 21] = [
    kind("fire_lane_blocked", Level::Orange, say::fire_lane_blocked),
    kind("exit_blocked", Level::Orange, say::exit_blocked),
    kind("illegal_parking", Level::Yellow, say::illegal_parking),
    kind("presence", Level::Blue, say::presence),
    kind("person_present", Level::Blue, say::person_present),
    kind("intrusion", Level::Orange, say::intrusion),
    kind("loitering", Level::Yellow, say::loitering),
    kind("after_hours", Level::Yellow, say::after_hours),
    kind("vehicle_present", Level::Blue, say::vehicle_present),
    kind("line_crossed", Level::Blue, say::line_crossed),
    kind("e_bike_indoors", Level::Orange, say::e_bike_indoors),
    kind("flooding", Level::Orange, say::flooding),
    kind("drain_blocked", Level::Yellow, say::drain_blocked),
    kind("dumping", Level::Yellow, say::dumping),
    kind("digging", Level::Yellow, say::digging),
    kind("dust", Level::Yellow, say::dust),
    kind("noise", Level::Blue, say::noise),
    kind("door_open", Level::Blue, say::door_open),
    kind("night_presence", Level::Yellow, say::night_presence),
    kind(CAMERA_TROUBLE, Level::Yellow, say::camera_trouble),
    kind("camera_silent", Level::Yellow, say::camera_silent),
];

/// Everything known by name: those of the kinds of rules, for a rule without a `signal`, and the others.
pub(crate) fn all() -> impl Iterator<Item = &'static AlertKind> {
    rules::KINDS.iter().chain(&OTHERS)
}

/// The kind of that name, if it is known by name.
pub(crate) fn known(name: &str) -> Option<&'static AlertKind> {
    all().find(|kind| kind.name == name)
}

/// The title that people read: the rule's own if it has one, else the kind's, else the kind's name in words.
pub(crate) fn title(name: &str, own: Option<&str>, language: Language) -> String {
    if let Some(own) = own {
        return own.to_owned();
    }
    if let Some(kind) = known(name) {
        return (kind.title)().in_language(language);
    }
    if name == TEST_ALERT {
        return say::test_alert().in_language(language);
    }
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    match (letters.next(), language) {
        (None, _) => say::alert().in_language(language),
        (Some(first), Language::English) => first.to_uppercase().chain(letters).collect(),
        (Some(_), Language::Chinese) => say::named(words).in_language(language),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_name_and_a_title_in_both_languages() {
        for (i, kind) in all().enumerate() {
            let title = (kind.title)();
            assert_eq!(title.code(), format!("kind.{}", kind.name));
            let chinese = title.in_language(Language::Chinese);
            assert!(chinese.chars().all(|c| !c.is_ascii()), "{chinese} is not in Chinese");
            assert!(all().take(i).all(|other| other.name != kind.name), "{} is there twice", kind.name);
        }
    }

    #[test]
    fn a_title_is_the_rules_own_then_the_kinds_then_the_name_in_words() {
        assert_eq!(title("fire_lane_blocked", None, Language::Chinese), "消防通道被占用");
        assert_eq!(title("fire_lane_blocked", None, Language::English), "Fire lane blocked");
        assert_eq!(title("fire_lane_blocked", Some("Gate 3"), Language::Chinese), "Gate 3");
        assert_eq!(title(TEST_ALERT, None, Language::Chinese), "测试预警");
        assert_eq!(title("goat_on_road", None, Language::English), "Goat on road");
        assert_eq!(title("goat_on_road", None, Language::Chinese), "预警：goat on road");
    }
}
