//! Sentences as messages carry them, by a code and flat arguments, and how they are read again to be shown in another language
//! than the site's.
//!
//! Of an argument `NAME` that is a sentence, `NAME` is its text, `NAME.code` its code, and `NAME.` with a name what stands in that
//! one. Of a list, `NAME.joint` says what stands before its last part (`and`, `or`, `then`, `clauses`, `row`), and `NAME.1`,
//! `NAME.2`, ... are its parts. What a later version may say and this one does not know stays in the language it came in.

use std::collections::BTreeMap;

use super::kept::{Catalogue, shown};
use super::{Joint, Sentence, Words};
use crate::types::language::Language;

/// Sentences within sentences; deeper ones are no sentences of ours.
const MOST_DEEP: u32 = 6;

impl Sentence {
    /// What stands in it, by name, so that it can be said in any language.
    pub fn args_with_parts(&self, language: Language) -> BTreeMap<String, String> {
        let mut args = BTreeMap::new();
        put_all(&mut args, "", self, language);
        args
    }

    /// The sentence with that code and what stands in it; `None`: this version does not know it, or something is missing.
    pub(crate) fn of_args(
        code: &str,
        args: &BTreeMap<String, String>,
        catalogue: &Catalogue,
    ) -> Option<Sentence> {
        Reader { args, catalogue }.sentence("", code, 0)
    }
}

fn put_all(args: &mut BTreeMap<String, String>, prefix: &str, sentence: &Sentence, language: Language) {
    for (name, value) in sentence.entry.arguments.iter().zip(&sentence.values) {
        put(args, &format!("{prefix}{name}"), value, language);
    }
}

fn put(args: &mut BTreeMap<String, String>, name: &str, value: &Words, language: Language) {
    args.insert(name.to_owned(), value.in_language(language));
    match value {
        Words::Plain(_) => {}
        Words::Sentence(inner) => {
            args.insert(format!("{name}.code"), inner.code().to_owned());
            put_all(args, &format!("{name}."), inner, language);
        }
        Words::List(parts, joint) => {
            args.insert(format!("{name}.joint"), joint.name().to_owned());
            for (at, part) in shown(parts, *joint).iter().enumerate() {
                put(args, &format!("{name}.{}", at + 1), part, language);
            }
        }
    }
}

struct Reader<'a> {
    args: &'a BTreeMap<String, String>,
    catalogue: &'a Catalogue,
}

impl Reader<'_> {
    fn sentence(&self, prefix: &str, code: &str, depth: u32) -> Option<Sentence> {
        let entry = self.catalogue.entry(code).filter(|_| depth < MOST_DEEP)?;
        let names = entry.arguments.iter();
        let values =
            names.map(|name| self.words(&format!("{prefix}{name}"), depth + 1)).collect::<Option<_>>()?;
        Some(Sentence { entry, values })
    }

    fn words(&self, name: &str, depth: u32) -> Option<Words> {
        let text = self.args.get(name)?;
        let of_it = |what: &str| self.args.get(&format!("{name}.{what}"));
        if let Some(code) = of_it("code") {
            let inner = self.sentence(&format!("{name}."), code, depth);
            return Some(inner.map_or_else(|| Words::Plain(text.clone()), Words::Sentence));
        }
        let joint = of_it("joint").and_then(|joint| Joint::named(joint)).filter(|_| depth < MOST_DEEP);
        let Some(joint) = joint else { return Some(Words::Plain(text.clone())) };
        let parts = (1_usize..).map(|number| format!("{name}.{number}"));
        let parts = parts.map_while(|part| self.words(&part, depth + 1)).collect();
        Some(Words::List(parts, joint))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{alert, entries, foreign};
    use super::*;

    fn catalogue() -> Catalogue {
        entries().into_iter().collect()
    }

    fn read_again(sentence: &Sentence, language: Language) -> Option<Sentence> {
        Sentence::of_args(sentence.code(), &sentence.args_with_parts(language), &catalogue())
    }

    #[test]
    fn a_sentence_is_read_again_in_any_language_whatever_it_was_sent_in() {
        let list = Words::List(vec![alert::nothing_happened("li").into(), "b".into(), "c".into()], Joint::Or);
        for sentence in [
            alert::nothing_happened("page:li"),
            foreign::error(alert::nothing_happened("page:li")),
            foreign::error(list),
        ] {
            for sent_in in Language::ALL {
                assert_eq!(read_again(&sentence, sent_in).as_ref(), Some(&sentence));
            }
        }
    }

    #[test]
    fn its_arguments_are_those_of_every_sentence_and_the_parts_of_lists() {
        let list = Words::List(vec!["a".into(), alert::nothing_happened("li").into()], Joint::And);
        let sentence = foreign::error(list);
        let (args, more) = (sentence.args(Language::Chinese), sentence.args_with_parts(Language::Chinese));
        assert!(args.iter().all(|(name, value)| more.get(name) == Some(value)), "{more:?}");
        let name = args.keys().next().unwrap();
        assert_eq!(more[&format!("{name}.joint")], "and");
        assert_eq!(more[&format!("{name}.2.code")], "alert.nothing_happened");
        assert_eq!(more[&format!("{name}.2.by")], "li");
    }

    #[test]
    fn what_is_not_known_is_left_as_it_came() {
        let catalogue = catalogue();
        let args = |list: &[(&str, &str)]| -> BTreeMap<String, String> {
            list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        assert_eq!(Sentence::of_args("later.one", &args(&[]), &catalogue), None);
        let code = alert::nothing_happened("").code();
        assert_eq!(Sentence::of_args(code, &args(&[("other", "li")]), &catalogue), None, "by whom?");
        let read = Sentence::of_args(code, &args(&[("by", "值班员"), ("by.code", "later.one")]), &catalogue);
        assert_eq!(read, Some(alert::nothing_happened("值班员")));
        // However deep somebody nests it.
        let mut deep = BTreeMap::new();
        let mut name = "by".to_owned();
        for _ in 0..1000 {
            deep.insert(name.clone(), "li".to_owned());
            deep.insert(format!("{name}.code"), code.to_owned());
            name += ".by";
        }
        deep.insert(name, "li".to_owned());
        assert!(Sentence::of_args(code, &deep, &catalogue).is_some());
    }
}
