//! Words of rules as people read them, where the file has its own: levels, owners, directions, hours, classes; and what a field
//! is called.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::super::layout::{LEVELS, level_name};
use super::form::{EVERY_CAMERA, parted, shown, texts};
use crate::analysis::detection::class_words;
use crate::analysis::schedule::Schedule;
use crate::config::rule_fields::{common, kind};
use crate::contract::words::Language;
use crate::text::{Joint, Sentence, Words, page as say_page, page_rules as say};

/// A word of the configuration as people read it; `None`: it is a name, or anybody's own words.
pub(super) fn word_of(field: &str, word: &str) -> Option<Sentence> {
    Some(match (field, word) {
        ("level", word) => level_name(LEVELS.into_iter().find(|level| level.name() == word)?),
        ("eye", "sky") => say_page::eye_sky(),
        ("eye", "village") => say_page::eye_village(),
        ("eye", "household") => say_page::eye_household(),
        ("direction", "left_to_right") => say::left_to_right(),
        ("direction", "right_to_left") => say::right_to_left(),
        ("direction", "both") => say::both_ways(),
        ("cameras", EVERY_CAMERA) => say::every_camera(),
        _ => return None,
    })
}

/// The hours of a schedule as people read them; as it is typed, where it is none.
pub(super) fn hours_in_words(typed: &str, language: Language) -> String {
    Schedule::parse(typed, TimeZone::UTC)
        .map_or_else(|_| typed.to_owned(), |schedule| schedule.words().in_language(language))
}

/// A value as people read it.
pub(super) fn value_in_words(field: &str, value: &Value, language: Language) -> String {
    let word = |word: &str| match word_of(field, word) {
        Some(sentence) => sentence.into(),
        None if field == "classes" => class_words(word),
        None => Words::from(word),
    };
    match value {
        Value::String(text) if field == "schedule" => hours_in_words(text, language),
        Value::String(text) => word(text).in_language(language),
        Value::Array(_) => {
            Words::List(texts(Some(value)).into_iter().map(word).collect(), Joint::Row).in_language(language)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => shown(value, language),
    }
}

/// What a field is called, by its key: `level`, `parked.for_secs`.
fn title_of(key: &str, language: Language) -> String {
    let field = match key.split_once('.') {
        Some((of, name)) => kind(of).and_then(|kind| kind.fields.into_iter().find(|one| one.name == name)),
        None => common().into_iter().find(|one| one.name == key),
    };
    field.map_or_else(|| format!("`{key}`"), |field| parted(field.about(language)).0.to_owned())
}

/// What would change of a rule: the keys in it by what they are called in that language.
pub(in crate::web) fn change_in_words(why: &Sentence, language: Language) -> Sentence {
    let (Some(id), Some(Words::List(keys, joint))) = (why.value("id"), why.value("names")) else {
        return why.clone();
    };
    let names = keys.iter().map(|key| title_of(&key.to_string(), language).into()).collect();
    say::changed(id, Words::List(names, *joint))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::rule_fields::{Takes, kinds};
    use crate::text::is_han;

    #[test]
    fn every_word_that_a_rule_takes_is_reported_in_both_languages() {
        let fields = kinds().into_iter().flat_map(|kind| kind.fields).chain(common());
        let mut words = 0;
        for field in fields {
            let Takes::Word(known) = &field.takes else { continue };
            for word in known {
                let value_in_words =
                    word_of(field.name, word).unwrap_or_else(|| panic!("{}: {word}", field.name));
                assert!(
                    value_in_words.in_language(Language::Chinese).contains(is_han),
                    "{}: {word}",
                    field.name
                );
                words += 1;
            }
        }
        assert!(words >= 10, "{words}");
        let value = json!(["person", "two_wheeler", "goat_cart"]);
        assert_eq!(value_in_words("classes", &value, Language::Chinese), "人员、两轮车、goat cart");
        assert_eq!(value_in_words("classes", &value, Language::English), "person, two-wheeler, goat cart");
        let hours = |typed: &str, language| value_in_words("schedule", &json!(typed), language);
        assert_eq!(hours("always", Language::Chinese), "全天");
        assert_eq!(hours("workdays 07:00-20:00; sat,sun", Language::Chinese), "工作日 07:00 至 20:00；周末");
        assert_eq!(hours("mon,wed 22:00-06:00", Language::English), "Mon, Wed 22:00-06:00");
        assert_eq!(hours("whenever", Language::Chinese), "whenever");
    }

    #[test]
    fn what_would_change_is_reported_by_what_the_fields_are_called() {
        let keys = ["level", "crowd.for_secs", "crowd.none"].map(Words::from).to_vec();
        let why = say::changed("r", Words::List(keys, Joint::Row));
        let value_in_words = |language| change_in_words(&why, language).in_language(language);
        for language in Language::ALL {
            let value_in_words = value_in_words(language);
            assert!(
                !value_in_words.contains("for_secs") && value_in_words.contains("`crowd.none`"),
                "{value_in_words}"
            );
        }
        assert!(
            value_in_words(Language::Chinese).contains(is_han)
                && value_in_words(Language::English).is_ascii()
        );
        let other = say::removed("r");
        assert_eq!(change_in_words(&other, Language::English), other);
    }
}
