//! One pass through the journal for many judges at once: read and unpacked once, judged by as many threads as there are
//! processors. What a judge makes becomes alerts at once, so that its memory grows with alerts and not with the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use crate::analysis::alert::{AlertId, Revision};
use crate::analysis::time::Timestamp;
use crate::comparison::{AlertLife, Lives};
use crate::journal::{Entry, Published};
use crate::retune::judge::{Judge, Judged};
use crate::retune::{Batch, QUEUE, Seen, Unjudged, read};

/// Judges of one pass. Each follows every camera of its scope; with sixteen that is some tens of MiB for 64 cameras.
pub(super) const MOST_JUDGES: usize = 16;
/// Threads at most: the reader feeds no more.
const MOST_THREADS: usize = 8;

/// A judge, and what is kept of what it makes.
struct Gathering<'c> {
    judge: Judge<'c>,
    alerts: Alerts,
    published: BTreeMap<AlertId, Published>,
}

/// What comes of the revisions that a judge makes.
#[derive(Default)]
struct Alerts {
    lives: Lives,
    ids: BTreeSet<AlertId>,
}

impl Alerts {
    fn take(&mut self, revision: &Revision) {
        self.lives.take(revision);
        if !self.ids.contains(&revision.alert) {
            self.ids.insert(revision.alert.clone());
        }
    }
}

/// What a judge made.
pub(super) struct Gathered {
    /// The alerts, in the order in which they were told.
    pub(super) lives: Vec<Arc<AlertLife>>,
    /// The ids of all that it made, tests of the delivery as well.
    pub(super) made: BTreeSet<AlertId>,
    /// What was told live first of each alert of the judge's cameras.
    pub(super) published: BTreeMap<AlertId, Published>,
    /// Which alert of the judge each live one is.
    pub(super) judged: Judged,
}

impl<'c> Gathering<'c> {
    /// Alerts that it holds.
    fn held(&self) -> usize {
        self.alerts.lives.count() + self.published.len()
    }

    fn take(&mut self, batch: &[Entry]) -> Result<(), Unjudged> {
        for entry in batch {
            self.judge.take(entry)?;
        }
        let (made, published) = self.judge.take_made();
        made.iter().for_each(|revision| self.alerts.take(revision));
        for one in published {
            self.published.entry(one.alert.clone()).or_insert(one);
        }
        Ok(())
    }

    fn finish(self, until: Timestamp) -> Gathered {
        let Gathering { judge, mut alerts, published } = self;
        let judged = judge.finish();
        judged.revisions.iter().for_each(|revision| alerts.take(revision));
        let Alerts { lives, ids } = alerts;
        Gathered { lives: lives.finish(until), made: ids, published, judged }
    }
}

/// Gives every entry up to that time, and a little past it, to every judge. What comes back is in the order of the judges.
/// `progress` is called with how far it is and with the alerts that all judges hold by then.
///
/// # Errors
/// A configuration of the journal cannot be used, or no thread can be had.
pub(super) fn pass(
    entries: impl Iterator<Item = Entry>,
    to: Timestamp,
    judges: Vec<Judge<'_>>,
    progress: &mut dyn FnMut(Timestamp, usize),
) -> Result<(Seen, Vec<Gathered>), Unjudged> {
    let held = AtomicUsize::new(0);
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = processors.min(MOST_THREADS).min(judges.len()).max(1);
    let mut groups: Vec<Vec<(usize, Gathering<'_>)>> = (0..threads).map(|_| Vec::new()).collect();
    for (at, judge) in judges.into_iter().enumerate() {
        let gathering = Gathering { judge, alerts: Alerts::default(), published: BTreeMap::new() };
        groups[at % threads].push((at, gathering));
    }
    thread::scope(|scope| {
        let (mut senders, mut running) = (Vec::new(), Vec::new());
        for (number, group) in groups.into_iter().enumerate() {
            let (sender, batches) = sync_channel(QUEUE);
            let thread = thread::Builder::new()
                .name(format!("judges-{number}"))
                .spawn_scoped(scope, || run(group, batches, &held))
                .map_err(Unjudged::Unreadable)?;
            senders.push(sender);
            running.push(thread);
        }
        let seen = read(entries, to, &senders, &mut |at| progress(at, held.load(Ordering::Relaxed)));
        drop(senders);
        let until = seen.last.unwrap_or(to);
        let mut gathered = Vec::new();
        let joined: Vec<_> = running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect();
        for group in joined {
            gathered.extend(group?);
        }
        gathered.sort_by_key(|(at, _)| *at);
        Ok((seen, gathered.into_iter().map(|(_, one)| one.finish(until)).collect()))
    })
}

type Group<'c> = Vec<(usize, Gathering<'c>)>;

fn run<'c>(
    mut group: Group<'c>,
    batches: Receiver<Batch>,
    held: &AtomicUsize,
) -> Result<Group<'c>, Unjudged> {
    for batch in batches {
        for (_, gathering) in &mut group {
            let before = gathering.held();
            gathering.take(&batch)?;
            held.fetch_add(gathering.held() - before, Ordering::Relaxed);
        }
    }
    Ok(group)
}
