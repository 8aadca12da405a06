//! A sentence with what stands in it, and words: a sentence, a name, or several of them. How both read in a language.
//!
//! Made only by the functions of the catalogue, so that a sentence has every argument that its texts name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use super::{Entry, LOG_HAS_ARGS, config, fill, filled, foreign, language_of_log};
use crate::types::language::Language;

/// What is said, in every language at once.
#[derive(Debug, Clone)]
pub struct Sentence {
    pub(crate) entry: &'static Entry,
    /// In the order of the entry's arguments.
    pub(crate) values: Vec<Words>,
}

/// A sentence of the catalogue, or what is the same in every language: a name, a number, an address, the words of others.
/// What stands in a sentence is one of these, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// The same in every language.
    Plain(String),
    /// Of the catalogue itself.
    Sentence(Sentence),
    /// Several, one after the other, and what stands before the last.
    List(Vec<Words>, Joint),
}

/// Most parts of a list that may have many.
pub(crate) const MOST_SHOWN: usize = 12;

/// What stands between the parts of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// All of them: `` `a`, `b` and `c` ``.
    And,
    /// One of them: `` `a`, `b` or `c` ``.
    Or,
    /// As `And`; of more than twelve, how many more there are.
    AndMore,
    /// As `Or`; of more than twelve, how many more there are.
    OrMore,
    /// Sentences: `a; b`.
    Then,
    /// Parts of a sentence: `a, b`.
    Clauses,
    /// Names, without a word before the last: `` `a`, `b` ``.
    Row,
}

impl Joint {
    /// How many of so many parts are shown.
    pub(super) fn shown_of(self, parts: usize) -> usize {
        match self {
            Joint::AndMore | Joint::OrMore => parts.min(MOST_SHOWN),
            Joint::And | Joint::Or | Joint::Then | Joint::Clauses | Joint::Row => parts,
        }
    }

    /// What stands between two of them, and before the last one.
    fn marks(self, language: Language) -> (&'static str, &'static str) {
        match (self, language) {
            (Joint::And | Joint::AndMore, Language::English) => (", ", " and "),
            (Joint::And | Joint::AndMore, Language::Chinese) => ("、", " 和 "),
            (Joint::Or | Joint::OrMore, Language::English) => (", ", " or "),
            (Joint::Or | Joint::OrMore, Language::Chinese) => ("、", " 或 "),
            (Joint::Then, Language::English) => ("; ", "; "),
            (Joint::Then, Language::Chinese) => ("；", "；"),
            (Joint::Clauses, Language::English) => (", ", ", "),
            (Joint::Clauses, Language::Chinese) => ("，", "，"),
            (Joint::Row, Language::English) => (", ", ", "),
            (Joint::Row, Language::Chinese) => ("、", "、"),
        }
    }
}

/// Whether it is a Chinese character; marks are not.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}')
}

/// A sentence as it is published: what programs go by, and what people read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// Which sentence it is.
    pub code: String,
    /// What stands in it.
    pub args: BTreeMap<String, String>,
    /// The sentence, in one language.
    pub text: String,
}

impl Sentence {
    /// Its stable name, such as `camera.password_wrong`.
    pub fn code(&self) -> &'static str {
        self.entry.code
    }

    /// What stands in it, by name. Of an argument that is a sentence itself, `NAME` is its text in that language,
    /// `NAME.code` its code and `NAME.` with the name of an argument what stands in that one.
    pub fn args(&self, language: Language) -> BTreeMap<String, String> {
        let mut args = BTreeMap::new();
        for (name, value) in self.entry.arguments.iter().zip(&self.values) {
            args.insert((*name).to_owned(), value.in_language(language));
            if let Words::Sentence(inner) = value {
                args.insert(format!("{name}.code"), inner.code().to_owned());
                let of_inner = inner.args(language).into_iter();
                args.extend(of_inner.map(|(key, value)| (format!("{name}.{key}"), value)));
            }
        }
        args
    }

    /// [`args`](Self::args) as JSON in a text, which is all that a field of the log can be; `None` where people read the log, who
    /// have them in the sentence, or where there are none.
    pub(crate) fn args_of_log(&self) -> Option<String> {
        let is_wanted = LOG_HAS_ARGS.load(Ordering::Relaxed) && !self.values.is_empty();
        let args = is_wanted.then(|| self.args(language_of_log()))?;
        serde_json::to_string(&args).ok()
    }

    /// The text.
    pub fn in_language(&self, language: Language) -> String {
        let value_of = |name: &str| self.value(name).map(|value| value.in_language(language));
        match language {
            Language::English => fill(self.entry.english, value_of),
            Language::Chinese => filled::in_chinese(self),
        }
    }

    /// What stands in it under that name.
    pub fn value(&self, name: &str) -> Option<&Words> {
        let at = self.entry.arguments.iter().position(|argument| *argument == name)?;
        self.values.get(at)
    }

    /// The text, and below it what to try.
    pub(crate) fn with_hint(&self, hint: Option<&Sentence>, language: Language) -> String {
        let text = self.in_language(language);
        match hint {
            Some(hint) => format!("{text}\n  {}", foreign::hint(hint.clone()).in_language(language)),
            None => text,
        }
    }

    /// As it is published in that language.
    pub fn rendered(&self, language: Language) -> Rendered {
        Rendered { code: self.code().to_owned(), args: self.args(language), text: self.in_language(language) }
    }
}

/// In English.
impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

/// The same sentence about the same things.
impl PartialEq for Sentence {
    fn eq(&self, other: &Self) -> bool {
        self.entry.code == other.entry.code && self.values == other.values
    }
}

impl Eq for Sentence {}

impl Words {
    /// The text.
    pub fn in_language(&self, language: Language) -> String {
        match self {
            Words::Plain(text) => text.clone(),
            Words::Sentence(sentence) => sentence.in_language(language),
            Words::List(parts, joint) => {
                let (between, before_last) = joint.marks(language);
                let shown = joint.shown_of(parts.len());
                let more = (shown < parts.len()).then(|| config::more(parts.len() - shown));
                let more = more.map(|more| more.in_language(language));
                let texts = parts[..shown].iter().map(|part| part.in_language(language)).chain(more);
                let texts: Vec<String> = texts.collect();
                let mut text = String::new();
                for (at, part) in texts.iter().enumerate() {
                    let mut mark = match at {
                        0 => "",
                        _ if at + 1 < texts.len() => between,
                        _ => before_last,
                    };
                    // In Chinese a blank stands beside a name, and none beside a word.
                    if language == Language::Chinese {
                        mark = if text.ends_with(is_han) { mark.trim_start() } else { mark };
                        mark = if part.starts_with(is_han) { mark.trim_end() } else { mark };
                    }
                    text.push_str(mark);
                    text.push_str(part);
                }
                text
            }
        }
    }

    /// With at most so many characters of each plain part: some devices answer with novels.
    #[must_use]
    pub(crate) fn shortened(self, most: usize) -> Words {
        match self {
            Words::Plain(text) => Words::Plain(text.chars().take(most).collect()),
            Words::Sentence(Sentence { entry, values }) => {
                let values = values.into_iter().map(|value| value.shortened(most)).collect();
                Words::Sentence(Sentence { entry, values })
            }
            Words::List(parts, joint) => {
                Words::List(parts.into_iter().map(|part| part.shortened(most)).collect(), joint)
            }
        }
    }

    /// The sentence, if it is one.
    pub fn sentence(&self) -> Option<&Sentence> {
        match self {
            Words::Plain(_) | Words::List(..) => None,
            Words::Sentence(sentence) => Some(sentence),
        }
    }

    /// The first sentence of that code in it, itself included.
    pub(crate) fn first_of(&self, code: &str) -> Option<&Sentence> {
        let parts = match self {
            Words::Plain(_) => return None,
            Words::Sentence(sentence) if sentence.code() == code => return Some(sentence),
            Words::Sentence(sentence) => &sentence.values,
            Words::List(parts, _) => parts,
        };
        parts.iter().find_map(|part| part.first_of(code))
    }

    /// The same with other words where the first sentence of that code stands.
    #[must_use]
    pub(crate) fn with_first_of(mut self, code: &str, instead: Words) -> Words {
        if let Some(place) = self.place_of_first(code) {
            *place = instead;
        }
        self
    }

    fn place_of_first(&mut self, code: &str) -> Option<&mut Words> {
        if self.sentence().is_some_and(|sentence| sentence.code() == code) {
            return Some(self);
        }
        let parts = match self {
            Words::Plain(_) => return None,
            Words::Sentence(sentence) => &mut sentence.values,
            Words::List(parts, _) => parts,
        };
        parts.iter_mut().find_map(|part| part.place_of_first(code))
    }
}

/// In English.
impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl From<Sentence> for Words {
    fn from(sentence: Sentence) -> Self {
        Words::Sentence(sentence)
    }
}

impl From<&Words> for Words {
    fn from(words: &Words) -> Self {
        words.clone()
    }
}

/// Plain values are taken as they print themselves.
macro_rules! plain {
    ($($kind:ty),+) => {
        $(impl From<$kind> for Words {
            fn from(value: $kind) -> Self {
                Words::Plain(value.to_string())
            }
        })+
    };
}

plain!(&str, String, &String, u8, u16, u32, u64, usize, i64, std::path::Display<'_>);
