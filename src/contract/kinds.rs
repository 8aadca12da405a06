//! The kinds of alert that are known by name: their titles in both languages and their usual level.
//!
//! A kind is a rule's `signal`. Any well-formed name may be used; a name that is not in this table gets
//! its words from the name itself, so that nothing is ever told without a title.

use super::words::Language;
use crate::analysis::rules::{self, AlertKind};
use crate::types::level::Level;

/// The kind of alerts about cameras themselves; their titles say what is wrong.
pub const CAMERA_TROUBLE: &str = "camera_trouble";

const fn kind(name: &'static str, level: Level, en: &'static str, zh: &'static str) -> AlertKind {
    AlertKind { name, level, en, zh }
}

/// Kinds that are no rule's own, for a rule with a `signal` and for what signals believe.
const OTHERS: [AlertKind; 21] = [
    kind("fire_lane_blocked", Level::Orange, "Fire lane blocked", "消防通道被占用"),
    kind("exit_blocked", Level::Orange, "Emergency exit blocked", "安全出口被堵"),
    kind("illegal_parking", Level::Yellow, "Illegal parking", "车辆违停"),
    kind("presence", Level::Blue, "Somebody is there", "有人出现"),
    kind("person_present", Level::Blue, "Person present", "发现人员"),
    kind("intrusion", Level::Orange, "Person in a closed area", "人员闯入禁区"),
    kind("loitering", Level::Yellow, "Person lingers", "人员徘徊"),
    kind("after_hours", Level::Yellow, "Somebody is there after hours", "非开放时间有人"),
    kind("vehicle_present", Level::Blue, "Vehicle present", "发现车辆"),
    kind("line_crossed", Level::Blue, "Line crossed", "越过警戒线"),
    kind("e_bike_indoors", Level::Orange, "E-bike indoors", "电动车进楼"),
    kind("flooding", Level::Orange, "Flooding", "积水内涝"),
    kind("drain_blocked", Level::Yellow, "Drain blocked", "排水口堵塞"),
    kind("dumping", Level::Yellow, "Illegal dumping", "违规倾倒垃圾"),
    kind("digging", Level::Yellow, "Digging", "违规开挖"),
    kind("dust", Level::Yellow, "Dust", "扬尘"),
    kind("noise", Level::Blue, "Noise", "噪声扰民"),
    kind("door_open", Level::Blue, "Door open", "门未关闭"),
    kind("night_presence", Level::Yellow, "Somebody there at night", "夜间有人"),
    kind(CAMERA_TROUBLE, Level::Yellow, "Camera trouble", "摄像机异常"),
    kind("camera_silent", Level::Yellow, "Camera silent", "摄像机失联"),
];

/// Everything known by name: those of the kinds of rules, for a rule without a `signal`, and the others.
pub fn all() -> impl Iterator<Item = &'static AlertKind> {
    rules::KINDS.iter().chain(&OTHERS)
}

/// The kind of that name, if it is known by name.
pub fn known(name: &str) -> Option<&'static AlertKind> {
    all().find(|kind| kind.name == name)
}

/// The title that people read: the rule's own if it has one, else the kind's, else the kind's name in words.
pub fn title(name: &str, own: Option<&str>, language: Language) -> String {
    if let Some(own) = own {
        return own.to_owned();
    }
    match (known(name), language) {
        (Some(kind), Language::Chinese) => kind.zh.to_owned(),
        (Some(kind), Language::English) => kind.en.to_owned(),
        (None, Language::Chinese) => format!("预警：{}", name.replace('_', " ")),
        (None, Language::English) => {
            let words = name.replace('_', " ");
            let mut letters = words.chars();
            match letters.next() {
                Some(first) => first.to_uppercase().chain(letters).collect(),
                None => "Alert".to_owned(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_name_and_a_title_in_both_languages() {
        for (i, kind) in all().enumerate() {
            assert!(!kind.en.is_empty() && !kind.zh.is_empty(), "{}", kind.name);
            assert!(kind.zh.chars().all(|c| !c.is_ascii()), "{} is not in Chinese", kind.zh);
            assert!(all().take(i).all(|other| other.name != kind.name), "{} is there twice", kind.name);
        }
    }

    #[test]
    fn a_title_is_the_rules_own_then_the_kinds_then_the_name_in_words() {
        assert_eq!(title("fire_lane_blocked", None, Language::Chinese), "消防通道被占用");
        assert_eq!(title("fire_lane_blocked", None, Language::English), "Fire lane blocked");
        assert_eq!(title("fire_lane_blocked", Some("Gate 3"), Language::Chinese), "Gate 3");
        assert_eq!(title("goat_on_road", None, Language::English), "Goat on road");
        assert_eq!(title("goat_on_road", None, Language::Chinese), "预警：goat on road");
    }
}
