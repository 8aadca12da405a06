//! Holds the line between detecting and identifying for models that somebody brings: a class that would say who
//! somebody is, or read what is written on a number plate, is not reported. Knows words only: what a network
//! has learned cannot be seen from here.

use crate::text::{Words, model as say};

/// Parts of names that are about who somebody is. `age_20` and `is-female` are found by their parts.
const SIGNS: [&str; 48] = [
    "age",
    "ages",
    "adult",
    "baby",
    "child",
    "kid",
    "teenager",
    "elderly",
    "boy",
    "girl",
    "man",
    "men",
    "woman",
    "women",
    "male",
    "female",
    "gender",
    "sex",
    "ethnicity",
    "ethnic",
    "race",
    "nationality",
    "skin",
    "caucasian",
    "asian",
    "african",
    "hispanic",
    "latino",
    "religion",
    "disability",
    "identity",
    "identification",
    "embedding",
    "descriptor",
    "biometric",
    "fingerprint",
    "reid",
    "faceid",
    "personid",
    "watchlist",
    "blacklist",
    "passport",
    "surname",
    "birthday",
    "plate",
    "plates",
    "licenseplate",
    "numberplate",
];

/// The same in Chinese, which is written without spaces: found anywhere in a name.
const SIGNS_ZH: [&str; 13] =
    ["年龄", "性别", "民族", "种族", "肤色", "国籍", "车牌", "身份", "男", "女", "老人", "儿童", "小孩"];

/// What in a class's name would say who somebody is; `None` for one that names a thing.
pub(super) fn sign_in(name: &str) -> Option<Words> {
    let mut parts = Vec::new();
    for part in name.split(|c: char| !c.is_alphanumeric()) {
        parts.extend(camel_parts(part));
    }
    let joined = [("face", "id", "faceid"), ("person", "id", "personid")];
    let pair = joined.iter().find(|(a, b, _)| parts.windows(2).any(|two| two[0] == *a && two[1] == *b));
    // A network whose classes are letters and digits reads what is written.
    let character = name.len() == 1 && name.chars().all(|c| c.is_ascii_alphanumeric());
    SIGNS
        .into_iter()
        .find(|sign| parts.iter().any(|part| part == sign))
        .or_else(|| pair.map(|(_, _, sign)| *sign))
        .or_else(|| SIGNS_ZH.into_iter().find(|sign| name.contains(sign)))
        .map(Words::from)
        .or_else(|| character.then(|| say::letter_or_digit().into()))
}

/// `ageGroup20` becomes `age`, `group`, `20`, in small letters.
fn camel_parts(part: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for c in part.chars() {
        let begins = before.is_none_or(|b| {
            (b.is_lowercase() && c.is_uppercase()) || b.is_ascii_digit() != c.is_ascii_digit()
        });
        if begins {
            parts.push(String::new());
        }
        if let Some(last) = parts.last_mut() {
            last.extend(c.to_lowercase());
        }
        before = Some(c);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_somebody_is_is_distinguished_from_what_something_is() {
        for bad in [
            "age_20_30",
            "Female",
            "is-male",
            "woman",
            "ageGroup",
            "AGE20",
            "license_plate",
            "plate text",
            "FaceID",
            "person_id",
            "ethnicity",
            "儿童",
            "车牌号",
            "性别男",
            "A",
            "7",
        ] {
            assert!(sign_in(bad).is_some(), "{bad}");
        }
        for good in [
            "person",
            "face",
            "car",
            "two_wheeler",
            "fire hydrant",
            "stage",
            "garage",
            "human",
            "message",
            "truck",
            "traffic_light",
            "人",
            "汽车",
            "carriage",
            "template",
            "snowman",
            "manhole",
            "class-3",
            "",
        ] {
            assert_eq!(sign_in(good), None, "{good}");
        }
    }
}
