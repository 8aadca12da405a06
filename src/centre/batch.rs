//! A batch of messages, sorted by what the database does with each. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::BoxName;
use super::inbound::{Judged, Latest, Picture, Record, Refused, Signature, Why};
use super::rows::StreamOf;

/// A batch, sorted by what is done with it.
#[derive(Default)]
pub(super) struct Batch {
    pub records: Vec<Arc<Record>>,
    pub unproven: Vec<Arc<Record>>,
    pub signatures: Vec<Signature>,
    pub pictures: Vec<Arc<Picture>>,
    pub latest: BTreeMap<(BoxName, String), Option<Arc<Latest>>>,
    pub refused: Vec<Refused>,
}

impl Batch {
    /// Of what was judged.
    pub(super) fn of(judged: &[Judged]) -> Batch {
        let mut batch = Batch::default();
        for one in judged {
            match one {
                Judged::Record(record) => batch.records.push(record.clone()),
                Judged::Unproven(record) => batch.unproven.push(record.clone()),
                Judged::Signature(signature) => batch.signatures.push(signature.clone()),
                Judged::Picture(picture) => batch.pictures.push(picture.clone()),
                Judged::Latest(latest) => {
                    let key = (latest.of.clone(), latest.suffix.clone());
                    // Of a batch the last one counts, but for a will that comes behind the next `online`.
                    let is_late = |known: &Option<Arc<Latest>>| {
                        known.as_ref().is_some_and(|k| k.session > latest.session)
                    };
                    if !batch.latest.get(&key).is_some_and(is_late) {
                        batch.latest.insert(key, Some(latest.clone()));
                    }
                }
                Judged::Cleared(of, suffix) => drop(batch.latest.insert((of.clone(), suffix.clone()), None)),
                Judged::Refused(refused) => batch.refused.push(refused.clone()),
            }
        }
        batch
    }

    /// The boxes that are believed.
    pub(super) fn boxes(&self) -> BTreeSet<BoxName> {
        let records = self.records.iter().chain(&self.unproven).map(|record| &record.of);
        let signatures = self.signatures.iter().map(|signature| &signature.of);
        let pictures = self.pictures.iter().map(|picture| &picture.of);
        let latest = self.latest.keys().map(|(of, _)| of);
        records.chain(signatures).chain(pictures).chain(latest).cloned().collect()
    }

    /// Of messages with the same number one is stored: one that is signed, else the first.
    pub(super) fn drop_repeats(&mut self) {
        let mut kept: BTreeMap<(StreamOf, i64), Arc<Record>> = BTreeMap::new();
        for record in std::mem::take(&mut self.records) {
            let key = ((record.of.clone(), record.stream.clone()), record.n);
            let Some(known) = kept.get(&key) else {
                kept.insert(key, record);
                continue;
            };
            if known.sha256 == record.sha256 {
                continue;
            }
            let loser = if record.signed && !known.signed { kept.insert(key, record) } else { Some(record) };
            self.refused.extend(loser.map(|loser| refused(&loser, Why::NumberTaken)));
        }
        self.records = kept.into_values().collect();
    }
}

/// The message as one that is refused.
pub(super) fn refused(record: &Record, why: Why) -> Refused {
    let Record { of, suffix, body, .. } = record;
    Refused { of: of.clone(), why, topic: suffix.clone(), body: body.clone() }
}
