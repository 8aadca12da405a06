//! [`Reproduction`]: whether the old configuration makes of the journal what was published live, byte for byte; and of what it
//! does not, what is known about why.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::WARM_UP;
use super::judge::Judged;
use crate::analysis::alert::{AlertId, Revision};
use crate::analysis::time::Timestamp;
use crate::journal::{Published, digest};
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
    /// Alerts with a revision that is not made again, by why.
    pub(crate) because: BTreeMap<Because, usize>,
    /// Alerts that are made and were not published, by why.
    pub(crate) not_published: BTreeMap<Because, usize>,
}

/// Why an alert is not made again as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Because {
    /// It had begun before the journal that was read.
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
    pub(crate) fn of(judged: Judged, from: Timestamp, to: Timestamp) -> (Vec<Revision>, Reproduction) {
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
        let published: Vec<&Published> =
            judged.published.iter().filter(|published| is_within(published.at.utc)).collect();
        for one in &published {
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
        let because = |alert: &AlertId, at: Timestamp| {
            let is_near =
                |broke: Timestamp| at >= broke && at.duration_since(broke).unsigned_abs() <= WARM_UP;
            if judged.began_before.contains(alert) {
                Because::BeganBefore
            } else if judged.breaks.iter().any(|broke| is_near(broke.utc)) {
                Because::NearABreak
            } else {
                Because::Unknown
            }
        };
        for (alert, at) in differing {
            *found.because.entry(because(alert, at)).or_default() += 1;
        }
        let known: BTreeSet<&AlertId> = judged.published.iter().map(|published| &published.alert).collect();
        let mut others: BTreeMap<&AlertId, Timestamp> = BTreeMap::new();
        for revision in made.iter().filter(|revision| is_within(revision.at.utc)) {
            if !known.contains(&revision.alert) {
                others.entry(&revision.alert).or_insert(revision.at.utc);
            }
        }
        for (alert, at) in others {
            *found.not_published.entry(because(alert, at)).or_default() += 1;
        }
        (made, found)
    }
}
