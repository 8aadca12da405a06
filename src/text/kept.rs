//! Words as a file keeps them, to be read later in any language: plain ones are a text; a sentence is its code and what
//! stands in it; several are a list and what joins them. Once written, a form is read for good.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Entry, Joint, Sentence, Words, config};

/// Sentences by their codes.
pub(crate) struct Catalogue(BTreeMap<&'static str, &'static Entry>);

impl FromIterator<&'static Entry> for Catalogue {
    fn from_iter<I: IntoIterator<Item = &'static Entry>>(entries: I) -> Self {
        Catalogue(entries.into_iter().map(|entry| (entry.code, entry)).collect())
    }
}

impl Catalogue {
    /// The sentence with that code.
    pub(super) fn entry(&self, code: &str) -> Option<&'static Entry> {
        self.0.get(code).copied()
    }
}

/// The parts of a list that are shown, and how many more there are.
pub(super) fn shown(parts: &[Words], joint: Joint) -> Vec<Words> {
    let shown = joint.shown_of(parts.len());
    let more = (shown < parts.len()).then(|| Words::from(config::more(parts.len() - shown)));
    parts[..shown].iter().cloned().chain(more).collect()
}

impl Words {
    /// As a file keeps them. Of a list that is shown in part, what is not shown is counted only.
    pub(crate) fn kept(&self) -> Value {
        match self {
            Words::Plain(text) => json!(text),
            Words::Sentence(Sentence { entry, values }) => {
                let args = entry.arguments.iter().zip(values);
                let args: Map<String, Value> =
                    args.map(|(name, value)| ((*name).to_owned(), value.kept())).collect();
                json!({ "code": entry.code, "args": args })
            }
            Words::List(parts, joint) => {
                let list: Vec<Value> = shown(parts, *joint).iter().map(Words::kept).collect();
                json!({ "list": list, "joint": joint.name() })
            }
        }
    }

    /// Reads them again; nothing where this version does not know the sentence, or not in this form.
    pub(crate) fn of_kept(kept: &Value, catalogue: &Catalogue) -> Option<Words> {
        if let Some(text) = kept.as_str() {
            return Some(Words::Plain(text.to_owned()));
        }
        if let Some(list) = kept.get("list") {
            let parts =
                list.as_array()?.iter().map(|part| Words::of_kept(part, catalogue)).collect::<Option<_>>()?;
            return Some(Words::List(parts, Joint::named(kept.get("joint")?.as_str()?)?));
        }
        let entry = catalogue.entry(kept.get("code")?.as_str()?)?;
        let args = kept.get("args")?;
        let value = |name: &&str| Words::of_kept(args.get(*name)?, catalogue);
        let values = entry.arguments.iter().map(value).collect::<Option<_>>()?;
        Some(Words::Sentence(Sentence { entry, values }))
    }
}

impl Joint {
    /// How a file names it. What is shown in part was cut before it was kept.
    pub(super) fn name(self) -> &'static str {
        match self {
            Joint::And | Joint::AndMore => "and",
            Joint::Or | Joint::OrMore => "or",
            Joint::Then => "then",
            Joint::Clauses => "clauses",
            Joint::Row => "row",
        }
    }

    pub(super) fn named(name: &str) -> Option<Joint> {
        [Joint::And, Joint::Or, Joint::Then, Joint::Clauses, Joint::Row]
            .into_iter()
            .find(|joint| joint.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MOST_SHOWN, camera, entries, foreign};
    use super::*;
    use crate::types::language::Language;

    #[test]
    fn what_was_kept_says_the_same_in_both_languages() {
        let catalogue = entries().into_iter().collect();
        let fault = camera::password_wrong("rtsp://10.0.0.31/a", "admin");
        let many: Vec<Words> = (0..15).map(|number| Words::from(format!("`{number}`"))).collect();
        for words in [
            Words::from("cam-01"),
            Words::from(camera::sent_on(fault.clone(), "rtsp://10.0.0.9/b")),
            Words::List(vec![fault.into(), foreign::hint(camera::try_spelling()).into()], Joint::Then),
            Words::List(many.clone(), Joint::OrMore),
            Words::List(many[..2].to_vec(), Joint::AndMore),
            Words::List(many[..3].to_vec(), Joint::Row),
        ] {
            let kept = words.kept().to_string();
            let again = Words::of_kept(&serde_json::from_str(&kept).unwrap(), &catalogue).unwrap();
            for language in Language::ALL {
                assert_eq!(again.in_language(language), words.in_language(language), "{kept}");
            }
        }
        let long = Words::List(many, Joint::AndMore).kept();
        assert_eq!(long["list"].as_array().map(Vec::len), Some(MOST_SHOWN + 1), "{long}");
    }

    #[test]
    fn what_this_version_does_not_know_is_nothing() {
        let catalogue = entries().into_iter().collect();
        for unknown in [
            json!(null),
            json!(7),
            json!({ "code": "audit.of_another_version", "args": {} }),
            json!({ "code": "camera.password_wrong", "args": { "url": "rtsp://10.0.0.31/a" } }),
            json!({ "code": "camera.password_wrong" }),
            json!({ "list": ["a"], "joint": "nor" }),
        ] {
            assert_eq!(Words::of_kept(&unknown, &catalogue), None, "{unknown}");
        }
    }
}
