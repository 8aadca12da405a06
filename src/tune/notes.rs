//! What is to be known about verdicts and curves before anybody trusts them: what is missing in the journal, and what it cannot
//! say of the configuration.

use super::curve::Live;
use super::{Bench, Past};
use crate::comparison::Note;
use crate::retune::limits;
use crate::text::{retune, tune as say};

/// All of them, the weightiest first.
pub(super) fn of(bench: &Bench<'_>, past: &Past) -> Vec<Note> {
    let question = bench.question;
    let Live { from, to, .. } = past.live;
    let zone = &question.config.site.time_zone;
    let mut notes = past.seen.gaps(zone, bench.first.at.utc, question.from..question.to, from..to);
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
