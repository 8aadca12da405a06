//! Words that people know classes by, and what models call these: `people` are found as `person`.
//!
//! For hints only: a model may have any of these words as a class of its own.

use super::suggest;
use crate::analysis::detection::Class;
use crate::text::{Words, config, config_check};

/// Words in lower case, and the classes that may be meant, the likeliest first.
static WORDS: [(&[&str], &[Class]); 8] = [
    (
        &["people", "persons", "pedestrian", "pedestrians", "human", "humans", "man", "人", "人员", "行人"],
        &[Class::PERSON],
    ),
    (&["faces", "head", "人脸"], &[Class::FACE]),
    (
        &[
            "bike",
            "bikes",
            "bicycle",
            "bicycles",
            "e-bike",
            "e_bike",
            "ebike",
            "cyclist",
            "motorcycle",
            "motorbike",
            "moped",
            "scooter",
            "两轮车",
            "自行车",
            "电动车",
            "摩托车",
        ],
        &[Class::TWO_WHEELER],
    ),
    (&["car", "cars", "automobile", "sedan", "汽车", "轿车", "小汽车"], &[Class::CAR]),
    (
        &["vehicle", "vehicles", "motor_vehicle", "车", "车辆", "机动车"],
        &[Class::CAR, Class::TRUCK, Class::BUS, Class::TWO_WHEELER],
    ),
    (&["lorry", "van", "pickup", "卡车", "货车"], &[Class::TRUCK]),
    (&["coach", "minibus", "公交车", "客车"], &[Class::BUS]),
    (&["flame", "flames", "火", "明火", "火焰"], &[Class::FIRE]),
];

/// The classes among those `there` that a word may mean; none for a class itself.
pub(super) fn meant(typed: &str, there: &[Class]) -> Vec<Class> {
    let typed = typed.trim().to_lowercase();
    let is_word = |(words, classes): &&(&[&str], &[Class])| {
        words.contains(&typed.as_str()) || classes.first().is_some_and(|class| class.name() == typed)
    };
    let classes = WORDS.iter().find(is_word).map_or(&[][..], |(_, classes)| classes);
    let is_meant = |class: &Class| there.contains(class) && class.name() != typed;
    let known: Vec<Class> = classes.iter().copied().filter(is_meant).collect();
    if !known.is_empty() || classes.is_empty() {
        return known;
    }
    // A model with words of its own: the same thing by another of these.
    let is_alike = |class: &&Class| {
        let others = WORDS.iter().filter(|(_, meant)| meant.first() == classes.first());
        class.name() != typed && others.flat_map(|(words, _)| *words).any(|word| *word == class.name())
    };
    there.iter().filter(is_alike).copied().collect()
}

/// What to write instead of a word that is the name of no class.
pub(super) fn hint(typed: &str, there: &[Class]) -> Option<Words> {
    let meant = meant(typed, there);
    match meant.as_slice() {
        [] => None,
        [only] => Some(config::did_you_mean(only.name()).into()),
        several => {
            let names: Vec<&str> = several.iter().map(|class| class.name()).collect();
            Some(config_check::classes_for_it(suggest::listed(&names)).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggestion(typed: &str, there: &[Class]) -> String {
        hint(typed, there).map(|hint| hint.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_word_of_people_is_answered_with_the_class_that_it_means() {
        for (typed, class) in [
            ("people", "person"),
            ("People", "person"),
            ("行人", "person"),
            ("bike", "two_wheeler"),
            ("bicycle", "two_wheeler"),
            ("motorcycle", "two_wheeler"),
            ("van", "truck"),
        ] {
            assert_eq!(suggestion(typed, &Class::STREET), format!("did you mean `{class}`?"), "{typed}");
        }
        let vehicles = "the classes for it are `car`, `truck`, `bus` and `two_wheeler`";
        assert_eq!(suggestion("vehicle", &Class::STREET), vehicles);
        for typed in ["person", "car", "Car", "two_wheeler", "goat", ""] {
            assert_eq!(suggestion(typed, &Class::STREET), "", "{typed}");
        }
    }

    #[test]
    fn a_class_that_a_model_has_by_another_word_is_answered_with_that_one() {
        let theirs = ["pedestrian", "vehicle", "bicycle"].map(Class::named);
        assert_eq!(suggestion("car", &theirs), "did you mean `vehicle`?");
        assert_eq!(suggestion("people", &theirs), "did you mean `pedestrian`?");
        assert_eq!(suggestion("motorcycle", &theirs), "did you mean `bicycle`?");
        assert_eq!(suggestion("fire", &theirs), "");
    }
}
