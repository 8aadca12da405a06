//! The catalogue: every sentence that people read from the box, in English and in Chinese, with a stable code.
//!
//! One file for each area; `sentences!` lists `name(arguments): "English", "中文";` and makes a constructor of each. What
//! one rule, one command or one way by which numbers come from sensors alone says stands in its own file, in the same manner;
//! `crate::sentences` has all. A language or an argument that is forgotten, or an argument that a text does not use, does
//! not compile. `Display` is English, so that chains of errors and the log go on as they are; [`Sentence::in_language`] is
//! for people. Must never decide anything: what is said is the caller's, in which language the site's, `--language`'s or the
//! terminal's.
//!
//! Once published, a code is never renamed and never given to another sentence; wording may change.
//!
//! Why a macro and no library: Project Fluent (`fluent-bundle`, `i18n-embed`) looks texts up at run time and checks the
//! arguments of one language only (`fl!`); what it is made for, plural and gender, Chinese does not have and these sentences
//! go around. `rust-i18n` finds a missing language or argument at run time, and holds one language for the whole process,
//! while a box answers two readers at once. Both put the texts into files that the compiler does not read with the code.
//! This is no dependency, and looks nothing up. The cost: a translator edits Rust, and a number is formatted by the caller.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use crate::types::language::Language;

/// Lists the sentences of an area. Names and arguments become the code and the keys of `args` in published JSON.
///
/// A file of another module that holds its own sentences names the areas they belong to, and each becomes a module:
/// `rule { name(arguments): "English", "中文"; }`. The list that names the file hands its `SENTENCES` on
/// ([`crate::sentences`]).
macro_rules! sentences {
    ($($area:ident { $($sentences:tt)+ })+) => {
        $(mod $area {
            $crate::text::sentences! { stringify!($area); $($sentences)+ }
        })+

        /// All that this file holds.
        pub(crate) const SENTENCES: $crate::text::Sentences = &[$($area::ALL),+];
    };
    ($area:expr; $($name:ident($($arg:ident),*): $english:literal, $chinese:literal;)+) => {
        #[allow(non_upper_case_globals, reason = "each is named as its constructor")]
        mod entry {
            use $crate::text::Entry;

            $(pub(super) static $name: Entry = Entry {
                code: concat!($area, ".", stringify!($name)),
                arguments: &[$(stringify!($arg)),*],
                english: $english,
                chinese: $chinese,
            };)+
        }

        /// All of this area.
        pub(super) const ALL: &[&$crate::text::Entry] = &[$(&entry::$name),+];

        $(
            // As it stands: `[site]` in it is no link.
            #[doc = "```text"]
            #[doc = $english]
            #[doc = "```"]
            #[allow(unreachable_pub, reason = "some areas are used by tests, too")]
            #[cfg_attr(
                not(all(feature = "web", feature = "demo")),
                allow(dead_code, reason = "without the page or the demo not all of them are said")
            )]
            pub fn $name($($arg: impl Into<$crate::text::Words>),*) -> $crate::text::Sentence {
                // Never called: the compiler compares the arguments with those in both texts.
                let _ = || {
                    _ = format_args!($english, $($arg = ""),*);
                    _ = format_args!($chinese, $($arg = ""),*);
                };
                $crate::text::Sentence { entry: &entry::$name, values: vec![$($arg.into()),*] }
            }
        )+
    };
}
pub(crate) use sentences;

/// Lists `"English": "中文";`: what the reference of the configuration says of fields.
macro_rules! fields {
    ($($english:literal: $chinese:literal;)+) => {
        /// English and Chinese.
        pub(crate) const FIELDS: $crate::text::Fields = &[$(($english, $chinese)),+];
    };
}
pub(crate) use fields;

/// The sentences of a file, by their areas.
pub type Sentences = &'static [&'static [&'static Entry]];

/// What the reference says of fields: English and Chinese.
pub(crate) type Fields = &'static [(&'static str, &'static str)];

/// A warning in the log of the program: the sentence in the log's language, its code as a field, then more fields as
/// `tracing` takes them: `log_warn!(sentence; camera = %id)`.
macro_rules! log_warn {
    ($sentence:expr $(; $($fields:tt)+)?) => {{
        let sentence: $crate::text::Sentence = $sentence;
        let text = sentence.in_language($crate::text::language_of_log());
        tracing::warn!(code = sentence.code(), args = sentence.args_of_log(), $($($fields)+,)? "{text}");
    }};
}
pub(crate) use log_warn;

/// An error in the log of the program; see [`log_warn!`].
macro_rules! log_error {
    ($sentence:expr $(; $($fields:tt)+)?) => {{
        let sentence: $crate::text::Sentence = $sentence;
        let text = sentence.in_language($crate::text::language_of_log());
        tracing::error!(code = sentence.code(), args = sentence.args_of_log(), $($($fields)+,)? "{text}");
    }};
}
pub(crate) use log_error;

/// What goes as it should, in the log of the program; see [`log_warn!`].
macro_rules! log_info {
    ($sentence:expr $(; $($fields:tt)+)?) => {{
        let sentence: $crate::text::Sentence = $sentence;
        let text = sentence.in_language($crate::text::language_of_log());
        tracing::info!(code = sentence.code(), args = sentence.args_of_log(), $($($fields)+,)? "{text}");
    }};
}
pub(crate) use log_info;

/// Whether the log speaks Chinese.
static LOG_IS_CHINESE: AtomicBool = AtomicBool::new(false);

/// In which language the log speaks: English until somebody has said otherwise.
pub(crate) fn language_of_log() -> Language {
    match LOG_IS_CHINESE.load(Ordering::Relaxed) {
        true => Language::Chinese,
        false => Language::English,
    }
}

/// From now on the log speaks this language.
pub(crate) fn log_speaks(language: Language) {
    LOG_IS_CHINESE.store(language == Language::Chinese, Ordering::Relaxed);
}

/// Whether programs read the log.
static LOG_HAS_ARGS: AtomicBool = AtomicBool::new(false);

/// From now on the log has what stands in its sentences as a field of its own, too.
pub(crate) fn log_has_args() {
    LOG_HAS_ARGS.store(true, Ordering::Relaxed);
}

pub(crate) mod alert;
pub(crate) mod argument;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod box_log;
pub(crate) mod broker;
pub(crate) mod camera;
#[cfg(feature = "demo")]
pub(crate) mod capacity;
pub(crate) mod check;
pub(crate) mod command;
pub(crate) mod command_line;
pub(crate) mod compare;
pub(crate) mod comparison;
pub(crate) mod condition;
pub(crate) mod config;
pub(crate) mod config_address;
pub(crate) mod config_camera;
pub(crate) mod config_certificate;
pub(crate) mod config_check;
pub(crate) mod config_edit;
pub(crate) mod config_layers;
pub(crate) mod config_rule;
pub(crate) mod config_secret;
pub(crate) mod config_sensor;
pub(crate) mod config_signal;
pub(crate) mod config_site;
pub(crate) mod config_syntax;
pub(crate) mod config_write;
pub(crate) mod coverage;
pub(crate) mod daemon;
#[cfg(feature = "demo")]
pub(crate) mod demo;
pub(crate) mod detect;
pub(crate) mod drawing;
pub mod evidence;
pub(crate) mod explain;
mod filled;
pub(crate) mod filter;
pub(crate) mod foreign;
pub(crate) mod health;
pub(crate) mod help;
pub(crate) mod journal;
mod kept;
pub(crate) mod key;
pub(crate) mod kind;
pub(crate) mod message;
pub(crate) mod metrics;
pub(crate) mod model;
pub(crate) mod models;
pub(crate) mod mqtt;
pub(crate) mod onvif;
pub(crate) mod outbox;
pub(crate) mod outbox_step;
pub(crate) mod page;
pub(crate) mod page_backup;
pub(crate) mod page_changes;
pub(crate) mod page_coverage;
pub(crate) mod page_curve;
pub(crate) mod page_live;
pub(crate) mod page_past;
pub(crate) mod page_plots;
pub(crate) mod page_rules;
pub(crate) mod page_shapes;
pub(crate) mod page_test;
pub(crate) mod page_timeline;
pub(crate) mod page_wizard;
pub(crate) mod place;
pub(crate) mod policy;
pub(crate) mod probe;
mod published;
pub(crate) mod recording;
pub(crate) mod reference;
pub(crate) mod reference_fields;
pub(crate) mod replay;
pub(crate) mod retune;
pub(crate) mod rule;
pub(crate) mod runtime;
pub(crate) mod schedule;
pub(crate) mod schema;
pub(crate) mod secret_file;
pub(crate) mod sensor;
pub(crate) mod sensor_watch;
pub(crate) mod shadow;
pub(crate) mod source;
pub(crate) mod stream;
pub(crate) mod structure;
pub(crate) mod tail;
pub(crate) mod time;
pub(crate) mod tune;
pub(crate) mod when;
pub(crate) mod why_not;

pub(crate) use filled::fill;
pub(crate) use kept::Catalogue;

/// A sentence of the catalogue, as it is listed.
#[derive(Debug)]
pub struct Entry {
    pub(crate) code: &'static str,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) english: &'static str,
    pub(crate) chinese: &'static str,
}

/// Every sentence of this module.
pub(crate) fn entries() -> Vec<&'static Entry> {
    [
        alert::ALL,
        argument::ALL,
        audit::ALL,
        backup::ALL,
        box_log::ALL,
        broker::ALL,
        camera::ALL,
        #[cfg(feature = "demo")]
        capacity::ALL,
        check::ALL,
        command::ALL,
        command_line::ALL,
        compare::ALL,
        comparison::ALL,
        condition::ALL,
        config::ALL,
        config_address::ALL,
        config_camera::ALL,
        config_certificate::ALL,
        config_check::ALL,
        config_edit::ALL,
        config_layers::ALL,
        config_rule::ALL,
        config_secret::ALL,
        config_sensor::ALL,
        config_signal::ALL,
        config_site::ALL,
        config_syntax::ALL,
        config_write::ALL,
        coverage::ALL,
        daemon::ALL,
        #[cfg(feature = "demo")]
        demo::ALL,
        detect::ALL,
        drawing::ALL,
        evidence::ALL,
        explain::ALL,
        filter::ALL,
        foreign::ALL,
        health::ALL,
        journal::ALL,
        key::ALL,
        kind::ALL,
        message::ALL,
        metrics::ALL,
        model::ALL,
        models::ALL,
        mqtt::ALL,
        onvif::ALL,
        outbox::ALL,
        page::ALL,
        page_backup::ALL,
        page_changes::ALL,
        page_coverage::ALL,
        page_curve::ALL,
        page_live::ALL,
        page_rules::ALL,
        page_past::ALL,
        page_plots::ALL,
        page_shapes::ALL,
        page_test::ALL,
        page_timeline::ALL,
        page_wizard::ALL,
        outbox_step::ALL,
        place::ALL,
        policy::ALL,
        probe::ALL,
        recording::ALL,
        reference::ALL,
        replay::ALL,
        retune::ALL,
        rule::ALL,
        runtime::ALL,
        schedule::ALL,
        schema::ALL,
        secret_file::ALL,
        sensor::ALL,
        sensor_watch::ALL,
        shadow::ALL,
        source::ALL,
        stream::ALL,
        structure::ALL,
        tail::ALL,
        time::ALL,
        tune::ALL,
        when::ALL,
        why_not::ALL,
    ]
    .concat()
}

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
    /// As `And`; of more than twelve it is told how many more there are.
    AndMore,
    /// As `Or`; of more than twelve it is told how many more there are.
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
    fn shown_of(self, parts: usize) -> usize {
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

#[cfg(test)]
pub(crate) mod tests;
