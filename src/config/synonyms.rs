//! Words that people know a rule's condition or a value by, where Lookout has another one. Only for hints.

/// Conditions of rules, by words in lower case.
const CONDITIONS: [(&str, &[&str]); 16] = [
    (
        "present",
        &[
            "presence",
            "intrusion",
            "intruder",
            "enter",
            "entered",
            "detect",
            "motion",
            "入侵",
            "闯入",
            "出现",
        ],
    ),
    ("dwell", &["loiter", "loitering", "linger", "lingering", "stay", "徘徊", "逗留", "滞留"]),
    ("line", &["tripwire", "crossing", "cross", "crossed", "line_crossing", "越线", "绊线", "跨线"]),
    ("crowd", &["gathering", "gather", "people_count", "density", "聚集", "人群", "拥挤", "扎堆"]),
    ("parked", &["parking", "illegal_parking", "blocked", "obstruction", "停车", "违停", "占道"]),
    ("wrong_way", &["reverse", "contraflow", "direction", "against_traffic", "逆行"]),
    (
        "left_behind",
        &["abandoned", "unattended", "litter", "garbage", "dumping", "left_object", "遗留", "遗留物", "垃圾"],
    ),
    ("gone", &["missing", "removed", "theft", "stolen", "taken", "absent", "丢失", "缺失", "搬走"]),
    ("fallen", &["fall", "fell", "falling", "falls", "lying", "跌倒", "摔倒", "倒地"]),
    ("scuffle", &["fight", "fighting", "brawl", "violence", "assault", "affray", "打架", "斗殴", "冲突"]),
    ("rush", &["run", "running", "panic", "stampede", "flee", "奔跑", "四散"]),
    ("fire", &["flame", "flames", "blaze", "burning", "火", "明火", "火焰"]),
    ("smoke", &["fumes", "haze", "烟", "烟雾"]),
    ("indoors", &["e_bike", "ebike", "e_bike_indoors", "elevator", "stairwell", "电动车", "进楼"]),
    ("vending", &["vendor", "vendors", "stall", "hawker", "peddler", "摆摊", "摊贩"]),
    ("works", &["construction", "roadworks", "digging", "excavation", "施工", "开挖"]),
];

/// Values, by the name of the field and words in lower case.
const VALUES: [(&str, &str, &[&str]); 12] = [
    ("eye", "sky", &["天眼", "public", "street", "police", "公共", "街道"]),
    ("eye", "village", &["村眼", "community", "lane", "square", "村", "社区"]),
    ("eye", "household", &["户眼", "home", "house", "private", "shop", "yard", "户", "家庭", "店铺"]),
    ("mode", "test", &["debug", "testing", "dev", "demo", "trial", "测试", "调试", "试验"]),
    ("mode", "exercise", &["drill", "training", "practice", "演练", "演习"]),
    ("mode", "actual", &["production", "prod", "live", "real", "normal", "正式", "实际", "实战"]),
    ("level", "blue", &["low", "info", "蓝", "蓝色", "低"]),
    ("level", "yellow", &["medium", "warning", "黄", "黄色", "中"]),
    ("level", "orange", &["high", "major", "橙", "橙色", "高"]),
    ("level", "red", &["critical", "highest", "urgent", "红", "红色", "紧急"]),
    ("language", "zh-CN", &["zh", "cn", "chinese", "中文", "汉语", "简体中文"]),
    ("language", "en", &["english", "en-us", "en-gb", "英文", "英语"]),
];

/// The condition that a word means.
pub(super) fn condition(typed: &str) -> Option<&'static str> {
    let typed = typed.trim().to_lowercase();
    CONDITIONS.iter().find(|(_, words)| words.contains(&typed.as_str())).map(|(name, _)| *name)
}

/// The value of a field that a word means.
pub(super) fn value(field: &str, typed: &str) -> Option<&'static str> {
    let typed = typed.trim().to_lowercase();
    let is_meant = |(of, _, words): &&(&str, &str, &[&str])| *of == field && words.contains(&typed.as_str());
    VALUES.iter().find(is_meant).map(|(_, value, _)| *value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::analysis::rules;
    use crate::contract::words::{Eye, Language, Mode};
    use crate::types::level::Level;

    #[test]
    fn every_condition_has_words_of_its_own_and_is_one() {
        let named: Vec<&str> = CONDITIONS.iter().map(|(name, _)| *name).collect();
        let kinds: Vec<&str> = rules::KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(named, kinds);
        let mut seen = BTreeSet::new();
        for word in CONDITIONS.iter().flat_map(|(_, words)| *words) {
            assert!(seen.insert(word), "{word} means two conditions");
            assert!(!kinds.contains(word), "{word} is a condition itself");
        }
        assert_eq!((condition("Fight"), condition("loiter")), (Some("scuffle"), Some("dwell")));
        assert_eq!(condition("goat"), None);
    }

    #[test]
    fn every_value_is_one_of_its_field() {
        for (field, value, words) in VALUES {
            let known: Vec<&str> = match field {
                "eye" => [Eye::Sky, Eye::Village, Eye::Household].map(Eye::name).to_vec(),
                "mode" => [Mode::Actual, Mode::Exercise, Mode::Test].map(Mode::name).to_vec(),
                "level" => [Level::Blue, Level::Yellow, Level::Orange, Level::Red].map(Level::name).to_vec(),
                _ => Language::ALL.map(Language::tag).to_vec(),
            };
            assert!(known.contains(&value), "{field}: {value}");
            assert!(!words.iter().any(|word| known.contains(word)), "{field}: {words:?}");
        }
        assert_eq!((value("eye", "村眼"), value("mode", "debug")), (Some("village"), Some("test")));
        assert_eq!((value("eye", "debug"), value("mode", "村眼")), (None, None));
    }
}
