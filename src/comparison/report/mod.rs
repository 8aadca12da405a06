//! A comparison as people and programs read it: text for a terminal, JSON, and one HTML file that needs nothing else.
//!
//! All three say the same: what was compared over which time, what is to be known about it, the price, and every alert that
//! is not the same. The HTML file has both languages in it, its plots are SVG, its pictures are in the file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::difference::{Difference, Pairing};
use super::lasting::lasting;
use super::price::Price;
use crate::analysis::alert::AlertId;
use crate::analysis::time::Timestamp;
use crate::text::{Joint, Sentence, Words, comparison as say, page};
use crate::types::level::Level;
use crate::types::verdict::Verdict;

mod embedded;
mod html;
mod json;
mod plots;
mod text;

#[cfg(feature = "web")]
pub(crate) use embedded::style_within;
#[cfg(feature = "web")]
pub(crate) use html::{both, both_in_one, notes_html, page};
#[cfg(feature = "web")]
pub(crate) use text::shown_note;

/// What two configurations make of the same past.
#[derive(Debug)]
pub(crate) struct Comparison {
    /// The old configuration, as people know it: a path, or what it is.
    pub(crate) before: Words,
    /// The new one.
    pub(crate) after: Words,
    /// When what was judged begins.
    pub(crate) from: Timestamp,
    /// When it ends.
    pub(crate) to: Timestamp,
    /// How long of that the box was off.
    pub(crate) off: SignedDuration,
    /// The site's, in which times are shown.
    pub(crate) zone: TimeZone,
    /// The cameras that were judged, in the order in which people know them.
    pub(crate) cameras: Vec<Arc<str>>,
    /// What is to be known about it before anybody trusts it.
    pub(crate) notes: Vec<Note>,
    /// Every alert of either, in order of time.
    pub(crate) differences: Vec<Difference>,
    /// What people said of alerts of the old configuration.
    pub(crate) verdicts: BTreeMap<AlertId, Verdict>,
    /// Redacted evidence that is still kept, of alerts of the old configuration.
    pub(crate) pictures: BTreeMap<AlertId, Picture>,
}

/// Something to be known about a comparison, and the details of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Note {
    pub(crate) what: Sentence,
    pub(crate) details: Vec<Sentence>,
}

impl From<Sentence> for Note {
    fn from(what: Sentence) -> Self {
        Note { what, details: Vec::new() }
    }
}

/// A redacted picture that the box keeps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picture {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// The same, small, as JPEG.
    pub(crate) thumbnail: Vec<u8>,
    /// Width and height of the small one, in pixels.
    pub(crate) size: (u32, u32),
    /// Where a page shows the very picture that was published; in a file of its own it is in the file.
    pub(crate) shown_at: Option<String>,
}

impl Comparison {
    /// What it costs and brings.
    pub(crate) fn price(&self) -> Price {
        Price::of(&self.differences, &self.verdicts, self.to.duration_since(self.from) - self.off)
    }

    /// Every alert that is not the same in both.
    fn changed(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| !difference.is_same())
    }

    fn same(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.is_same())
    }

    /// How many there are of each outcome that there is, the gravest first.
    fn counts(&self) -> Vec<Sentence> {
        let count = |is_it: fn(&Difference) -> bool| self.differences.iter().filter(|d| is_it(d)).count();
        let zero = SignedDuration::ZERO;
        let counts = [
            (
                count(|d| matches!(d.pairing, Pairing::Disappeared(_))),
                say::count_disappear as fn(usize) -> Sentence,
            ),
            (count(|d| matches!(d.pairing, Pairing::Appeared(_))), say::count_appear),
            (count(|d| d.changes().begins_by > SignedDuration::ZERO), say::count_later),
            (count(|d| d.changes().begins_by < SignedDuration::ZERO), say::count_earlier),
            (count(|d| d.changes().level.is_some()), say::count_level),
            (count(|d| matches!(d.pairing, Pairing::Joined { .. })), say::count_joined),
            (count(|d| matches!(d.pairing, Pairing::Parted { .. })), say::count_parted),
            (self.ending_otherwise(zero), say::count_end),
            (count(Difference::is_same), say::count_same),
        ];
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, sentence)| sentence(count)).collect()
    }

    /// Those of which only the end is different.
    fn ending_otherwise(&self, zero: SignedDuration) -> usize {
        let only_ends = |difference: &&Difference| {
            let changes = difference.changes();
            changes.ends_by != zero && changes.begins_by == zero && changes.level.is_none()
        };
        self.differences.iter().filter(only_ends).count()
    }

    /// A moment as a clock at the site shows it.
    fn clock(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// What becomes of an alert.
    fn outcome(&self, difference: &Difference) -> Words {
        match &difference.pairing {
            Pairing::Appeared(_) => say::appears().into(),
            Pairing::Disappeared(_) => say::disappears().into(),
            Pairing::Joined { into, .. } => say::joined(self.clock(into.raised_at)).into(),
            Pairing::Parted { from, .. } => say::parted(self.clock(from.raised_at)).into(),
            Pairing::Both { .. } if difference.is_same() => say::same().into(),
            Pairing::Both { .. } => changes(difference),
        }
    }
}

/// What is different about an alert that both raise.
fn changes(difference: &Difference) -> Words {
    let changes = difference.changes();
    let mut parts: Vec<Words> = Vec::new();
    if changes.begins_by.is_positive() {
        parts.push(say::comes_later(lasting(changes.begins_by)).into());
    } else if changes.begins_by.is_negative() {
        parts.push(say::comes_earlier(lasting(changes.begins_by)).into());
    }
    if let Some((was, is)) = changes.level {
        parts.push(say::is_of_level(level_name(is), level_name(was)).into());
    }
    if changes.ends_by.is_positive() {
        parts.push(say::ends_later(lasting(changes.ends_by)).into());
    } else if changes.ends_by.is_negative() {
        parts.push(say::ends_earlier(lasting(changes.ends_by)).into());
    }
    Words::List(parts, Joint::Clauses)
}

/// Its word in JSON, and in the class of its mark in HTML.
fn outcome_name(pairing: &Pairing) -> &'static str {
    match pairing {
        Pairing::Appeared(_) => "appeared",
        Pairing::Disappeared(_) => "disappeared",
        Pairing::Joined { .. } => "joined",
        Pairing::Parted { .. } => "parted",
        Pairing::Both { .. } => "both",
    }
}

/// Why, as one list; `None` where nothing is known.
fn reasons(difference: &Difference) -> Option<Words> {
    let reasons: Vec<Words> = difference.reasons.iter().cloned().map(Words::from).collect();
    (!reasons.is_empty()).then_some(Words::List(reasons, Joint::Then))
}

/// What people call a level.
pub(crate) fn level_name(level: Level) -> Sentence {
    match level {
        Level::Blue => page::blue(),
        Level::Yellow => page::yellow(),
        Level::Orange => page::orange(),
        Level::Red => page::red(),
    }
}

/// What people call a verdict.
fn verdict_name(verdict: Verdict) -> Sentence {
    match verdict {
        Verdict::Confirmed => say::was_confirmed(),
        Verdict::FalseAlarm => say::was_false(),
        Verdict::Duplicate => say::was_duplicate(),
        Verdict::Exercise => say::was_exercise(),
    }
}

#[cfg(test)]
mod tests;
