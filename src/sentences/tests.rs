use std::collections::BTreeSet;

use super::all;
use crate::text::tests::{fault_in_chinese, prose};
use crate::text::{Entry, fill};

#[test]
fn every_code_is_there_once_and_is_a_plain_name() {
    let mut codes = BTreeSet::new();
    for entry in all() {
        assert!(codes.insert(entry.code), "`{}` is there twice", entry.code);
        let (area, name) = entry.code.split_once('.').unwrap_or_default();
        for part in [area, name] {
            let is_plain = !part.is_empty() && part.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'));
            assert!(is_plain, "`{}`", entry.code);
        }
    }
    assert!(codes.len() > 200, "only {} sentences", codes.len());
}

#[test]
fn every_sentence_is_there_in_both_languages() {
    for Entry { code, english, chinese, .. } in all() {
        assert!(!english.is_empty() && !chinese.is_empty(), "{code}");
        assert!(english.is_ascii(), "{code}: {english}");
        assert!(english.trim() == *english && chinese.trim() == *chinese, "{code}: spaces around it");
        // Where both are the same there are no words in it.
        let words = prose(english).split_whitespace().filter(|word| word.len() > 2).count();
        let is_the_same = english == chinese;
        assert!(words == 0 || is_the_same == chinese.is_ascii(), "{code}: {chinese}");
        assert!(!is_the_same || words < 2, "{code}: {chinese}");
    }
}

#[test]
fn every_argument_stands_in_both_texts() {
    for entry in all() {
        for template in [entry.english, entry.chinese] {
            let filled = fill(template, |name| Some(format!("<{name}>")));
            for name in entry.arguments {
                assert!(filled.contains(&format!("<{name}>")), "{}: {filled}", entry.code);
            }
            assert!(!template.contains(":."), "{}: a number is formatted by the caller", entry.code);
        }
        let names: BTreeSet<&&str> = entry.arguments.iter().collect();
        assert_eq!(names.len(), entry.arguments.len(), "{}", entry.code);
    }
}

#[test]
fn chinese_is_set_as_chinese() {
    let faults: Vec<String> = all()
        .filter_map(|entry| Some(format!("{}: {}", entry.code, fault_in_chinese(entry.chinese)?)))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
