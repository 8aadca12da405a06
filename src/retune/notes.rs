//! What is to be known about a judgement before anybody trusts it: whether the old configuration gives again what was
//! published, what is missing in the journal, and what the journal cannot say of the new configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::reproduction::{Because, Reproduction};
use super::scope::Scope;
use super::{Request, Seen, limits};
use crate::analysis::alert::AlertId;
use crate::analysis::time::Timestamp;
use crate::comparison::{Difference, Note, lasting};
use crate::config::Config;
use crate::journal::{self, Configuration};
use crate::text::{Joint, Sentence, Words, retune as say};

/// Most gaps that are listed.
const MOST_GAPS: usize = 8;
/// A shorter piece at the end is no gap, as the journal is written twice a minute, and a restart is none either.
const LONG: SignedDuration = SignedDuration::from_mins(5);
/// How much of a digest is shown: enough to compare two by eye.
const DIGEST_CHARS: usize = 16;

/// What notes are made of.
pub(super) struct Facts<'f> {
    pub(super) request: &'f Request,
    /// When what was judged begins, and when it ends.
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// When the journal that was read begins.
    pub(super) begins: Timestamp,
    pub(super) scope: &'f Scope,
    pub(super) seen: &'f Seen,
    pub(super) reproduction: &'f Reproduction,
    /// Differences that are left out, as they may come of what is missing in the journal.
    pub(super) near_a_break: usize,
    /// What is compared: alerts that began in the time that was judged.
    pub(super) differences: &'f [Difference],
    pub(super) old: &'f Config,
    /// The configuration that ran first.
    pub(super) first: &'f Configuration,
}

/// All of them, the weightiest first.
pub(super) fn of(facts: &Facts<'_>) -> Vec<Note> {
    let mut notes = vec![reproduced(facts)];
    let Facts { request, from, to, begins, seen, .. } = *facts;
    notes.extend(seen.gaps(&request.new.site.time_zone, begins, request.from..request.to, from..to));
    let is_asked = |camera: &str| facts.scope.has(camera);
    let mut details = limits::of(facts.old, &facts.request.new, facts.first, is_asked);
    details.extend(journal::not_reproduced());
    notes.push(Note { what: say::cannot_say(), details });
    let besides: Vec<Words> =
        facts.scope.besides().iter().map(|camera| format!("`{camera}`").into()).collect();
    if !besides.is_empty() {
        notes.push(say::judged_besides(Words::List(besides, Joint::AndMore)).into());
    }
    notes
}

/// Whether the old configuration gives again what was published live. Its alerts are counted as the price counts them; more
/// that have a part in it are said.
fn reproduced(facts: &Facts<'_>) -> Note {
    let Reproduction { alerts, revisions, same, digest, began_before, because, not_published } =
        facts.reproduction;
    if *revisions == 0 && *began_before == 0 && facts.reproduction.is_whole() {
        return say::nothing_was_published().into();
    }
    let compared: BTreeSet<&AlertId> =
        facts.differences.iter().filter_map(|one| one.before().map(|life| &life.alert)).collect();
    let counted = alerts.iter().filter(|alert| compared.contains(alert)).count();
    let others = alerts.len() - counted;
    let mut details: Vec<Sentence> = (others > 0).then(|| say::also_of(others)).into_iter().collect();
    if *began_before > 0 {
        details.push(say::not_compared_as_before(*began_before));
    }
    if facts.near_a_break > 0 {
        details.push(say::not_compared_near_a_break(facts.near_a_break));
    }
    if facts.reproduction.is_whole() {
        let digest: String = digest.chars().take(DIGEST_CHARS).collect();
        return Note { what: say::reproduced(counted, *revisions, digest), details };
    }
    let mut tell = |counts: &BTreeMap<Because, usize>, say: fn(usize, Sentence) -> Sentence| {
        details.extend(counts.iter().map(|(because, count)| say(*count, why(*because))));
    };
    tell(because, say::not_made_again);
    tell(not_published, say::not_published);
    let others = facts.seen.software.iter().filter(|version| *version != env!("CARGO_PKG_VERSION"));
    details.extend(others.map(|version| say::other_software(version, env!("CARGO_PKG_VERSION"))));
    Note { what: say::not_reproduced(*same, *revisions, counted), details }
}

fn why(because: Because) -> Sentence {
    match because {
        Because::BeganBefore => say::began_before(),
        Because::NearABreak => say::near_a_break(),
        Because::Unknown => say::not_known(),
    }
}

impl Seen {
    /// What is missing in a journal that begins at that time, beside what was asked for; `judged` could be.
    pub(crate) fn gaps(
        &self,
        zone: &TimeZone,
        begins: Timestamp,
        asked: Range<Timestamp>,
        judged: Range<Timestamp>,
    ) -> Vec<Note> {
        let mut notes = Vec::new();
        let clock = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        if judged.start > asked.start {
            notes.push(say::begins_later(clock(begins), clock(judged.start)).into());
        }
        if asked.end.duration_since(judged.end) > LONG {
            notes.push(say::ends_earlier(clock(judged.end)).into());
        }
        let off = self.off_within(judged.start, judged.end);
        if off > LONG {
            notes.push(say::was_off(lasting(off)).into());
        }
        let Seen { killed, holes, .. } = self;
        if !killed.is_empty() {
            let details = killed.iter().take(MOST_GAPS).map(|last| say::killed_after(clock(*last))).collect();
            notes.push(Note { what: say::killed(killed.len()), details });
        }
        if !holes.is_empty() {
            let one = |(hole, last): &(journal::Hole, Option<Timestamp>)| {
                let why = hole.why.sentence();
                match (last.map(clock), hole.at.map(|at| clock(at.utc))) {
                    (Some(last), Some(at)) if last < at => say::gap_between(last, at, why),
                    (_, Some(at)) => say::gap_at(at, why),
                    (Some(last), None) => say::gap_after(last, why),
                    (None, None) => why,
                }
            };
            let details = holes.iter().take(MOST_GAPS).map(one).collect();
            notes.push(Note { what: say::gaps(holes.len()), details });
        }
        notes
    }
}
