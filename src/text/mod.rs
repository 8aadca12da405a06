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

use std::sync::atomic::{AtomicBool, Ordering};

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
#[cfg(feature = "centre")]
pub(crate) mod centre;
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
mod sentence;
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
pub use sentence::{Joint, Rendered, Sentence, Words};
pub(crate) use sentence::{MOST_SHOWN, is_han};

/// A sentence of the catalogue, as it is listed.
#[derive(Debug)]
pub struct Entry {
    pub(crate) code: &'static str,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) english: &'static str,
    pub(crate) chinese: &'static str,
}

impl Entry {
    /// The sentences of each file of this module.
    const FILES: &'static [&'static [&'static Entry]] = &[
        alert::ALL,
        argument::ALL,
        audit::ALL,
        backup::ALL,
        box_log::ALL,
        broker::ALL,
        camera::ALL,
        #[cfg(feature = "demo")]
        capacity::ALL,
        #[cfg(feature = "centre")]
        centre::ALL,
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
    ];
}

/// Every sentence of this module.
pub(crate) fn entries() -> Vec<&'static Entry> {
    Entry::FILES.concat()
}

#[cfg(test)]
pub(crate) mod tests;
