//! [`Reproduction`]: whether the old configuration makes of the journal what was published live, byte for byte; and of what it
//! does not, what is known about why.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::WARM_UP;
use super::judge::Judged;
use crate::analysis::alert::{AlertId, Revision};
use crate::analysis::time::{Moment, Timestamp};
use crate::journal::digest;
use crate::types::hex::hex;

/// What was published live, and what the old configuration makes of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Reproduction {
    /// Alerts of which something was published live.
    pub(crate) alerts: BTreeSet<AlertId>,
    /// Revisions of them.
    pub(crate) revisions: usize,
    /// Of those, the ones that are made again byte for byte.
    pub(crate) same: usize,
    /// SHA-256 over the digests of what was published, in order; hexadecimal.
    pub(crate) digest: String,
    /// Alerts that had begun before the journal that was read: of them nothing is compared.
    pub(crate) began_before: usize,
    /// Alerts with a revision that is not made again, by why.
    pub(crate) because: BTreeMap<Because, usize>,
    /// Alerts that are made and were not published, by why.
    pub(crate) not_published: BTreeMap<Because, usize>,
}

/// Why an alert is not made again as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Because {
    /// The journal that was read begins in the middle of a run: what was open, or in its cool-down, is not known.
    BeganBefore,
    /// Records are missing around it, or the daemon was killed.
    NearABreak,
    /// It is not known.
    Unknown,
}

impl Reproduction {
    /// Whether everything is made again, and nothing else.
    pub(crate) fn is_whole(&self) -> bool {
        self.same == self.revisions && self.not_published.is_empty()
    }

    /// Compares what was published from one time to another with what was made. Returns what was made, with the ids that the
    /// alerts had live: verdicts and pictures are found by those.
    /// `in_the_middle`: the journal that was read does not begin with a start of the daemon.
    pub(crate) fn of(
        judged: Judged,
        from: Timestamp,
        to: Timestamp,
        in_the_middle: bool,
    ) -> (Vec<Revision>, Reproduction) {
        let live_of: BTreeMap<&AlertId, &AlertId> =
            judged.ids.iter().map(|(live, own)| (own, live)).collect();
        let mut made: Vec<Revision> = judged.revisions.clone();
        for revision in &mut made {
            if let Some(live) = live_of.get(&revision.alert) {
                revision.alert = (*live).clone();
            }
        }
        let is_within = |at: Timestamp| (from..to).contains(&at);
        let digests: BTreeMap<(&AlertId, u32), [u8; 16]> =
            made.iter().map(|revision| ((&revision.alert, revision.rev), digest(revision))).collect();
        let mut found = Reproduction::default();
        let mut whole = Sha256::new();
        let mut differing = BTreeMap::new();
        let mut began_before = BTreeSet::new();
        for one in judged.published.iter().filter(|published| is_within(published.at.utc)) {
            if judged.began_before.contains(&one.alert) {
                began_before.insert(&one.alert);
                continue;
            }
            whole.update(one.digest);
            found.alerts.insert(one.alert.clone());
            found.revisions += 1;
            match digests.get(&(&one.alert, one.rev)) {
                Some(digest) if *digest == one.digest => found.same += 1,
                Some(_) | None => {
                    differing.entry(&one.alert).or_insert(one.at.utc);
                }
            }
        }
        found.digest = hex(&whole.finalize());
        found.began_before = began_before.len();
        let because = |at: Timestamp| match (is_near_a_break(&judged.breaks, at), in_the_middle) {
            (true, _) => Because::NearABreak,
            (false, true) => Because::BeganBefore,
            (false, false) => Because::Unknown,
        };
        for at in differing.into_values() {
            *found.because.entry(because(at)).or_default() += 1;
        }
        let known: BTreeSet<&AlertId> = judged.published.iter().map(|published| &published.alert).collect();
        let mut others: BTreeMap<&AlertId, Timestamp> = BTreeMap::new();
        for revision in made.iter().filter(|revision| is_within(revision.at.utc)) {
            if !known.contains(&revision.alert) {
                others.entry(&revision.alert).or_insert(revision.at.utc);
            }
        }
        for at in others.into_values() {
            *found.not_published.entry(because(at)).or_default() += 1;
        }
        (made, found)
    }
}

/// Whether records are missing shortly before that time, or the daemon was killed then: what was open there is not known.
pub(super) fn is_near_a_break(breaks: &[Moment], at: Timestamp) -> bool {
    breaks.iter().any(|broke| at >= broke.utc && at.duration_since(broke.utc).unsigned_abs() <= WARM_UP)
}
