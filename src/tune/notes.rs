//! What is to be known about verdicts and curves before anybody trusts them: what is missing in the journal, and what it cannot
//! say of the configuration.

use super::{Bench, Past};
use crate::analysis::time::Timestamp;
use crate::comparison::Note;
use crate::retune::limits;
use crate::text::{retune, tune as say};

/// A shorter piece at the end is no gap: the journal is written twice a minute.
const MISSING_AT_THE_END: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// All of them, the weightiest first.
pub(super) fn of(bench: &Bench<'_>, past: &Past) -> Vec<Note> {
    let question = bench.question;
    let zone = &question.config.site.time_zone;
    let clock = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut notes: Vec<Note> = Vec::new();
    if past.live.from > question.from {
        notes.push(retune::begins_later(clock(bench.first.at.utc), clock(past.live.from)).into());
    }
    if question.to.duration_since(past.live.to) > MISSING_AT_THE_END {
        notes.push(retune::ends_earlier(clock(past.live.to)).into());
    }
    if !past.seen.holes.is_empty() {
        notes.push(retune::gaps(past.seen.holes.len()).into());
    }
    if past.not_given_again > 0 {
        notes.push(say::not_given_again(past.not_given_again).into());
    }
    if past.seen.configurations.values().any(|configuration| configuration.settings.is_some()) {
        notes.push(say::settings_are_not_in_the_file().into());
    }
    let is_asked =
        |camera: &str| question.cameras.is_empty() || question.cameras.iter().any(|id| id == camera);
    let details = limits::of(&bench.ran, &question.config, &bench.first.configuration, is_asked);
    if !details.is_empty() {
        notes.push(Note { what: retune::cannot_say(), details });
    }
    notes
}
