//! What a configuration would have made of the last days: the old one and a new one judge the detection journal of the box,
//! and what they make of it is compared.
//!
//! ```text
//! journal ─► reader ─► batches ─┬─► judge of the old configuration ─► reproduction: is it what was published?
//!                               └─► judge of the new configuration ─► comparison: differences, price, pictures
//! ```
//!
//! The judges are [`crate::analysis::Analysis`], driven by what it was driven by then. Each has a thread: fusion joins
//! cameras, so that one judge cannot be parted. Cameras that share no signal with those that are asked about are left out.
//! Must never write anything, nor say that a result holds where the journal cannot say so: what it cannot say is a note.

mod judge;
mod limits;
mod notes;
mod pictures;
mod reproduction;
mod scope;
#[cfg(test)]
mod tests;
pub(crate) mod why_not;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::analysis::alert::AlertId;
use crate::analysis::alert_lifecycle::handling::HandlingStep;
use crate::analysis::rules::UnknownName;
use crate::analysis::time::Timestamp;
use crate::comparison::{Comparison, Difference, differences, give_reasons};
use crate::config::{Config, Problems};
use crate::journal::{self, Configuration, Entry, Hole, Input};
use crate::text::retune as say;
use crate::types::verdict::Verdict;
use judge::{Judge, Judged, config_of};
use reproduction::Reproduction;
use scope::Scope;

/// What was followed and counted before a time matters for so long after it: holds, cool-downs, beliefs that fade (a guess:
/// twice the usual cool-down).
pub(crate) const WARM_UP: Duration = Duration::from_secs(600);
/// Entries that go to the judges at once.
const BATCH: usize = 1_024;
/// Batches that wait for a judge; the reader waits for the slower one.
const QUEUE: usize = 4;

/// What is to be judged.
#[derive(Debug)]
pub(crate) struct Request {
    /// The folder of the journal.
    pub(crate) journal: PathBuf,
    /// The configuration that is tried.
    pub(crate) new: Config,
    /// From when.
    pub(crate) from: Timestamp,
    /// Until when.
    pub(crate) to: Timestamp,
    /// The cameras that are asked about; all if empty.
    pub(crate) cameras: Vec<String>,
    /// Whether pictures are read as well; otherwise only where they lie is said.
    pub(crate) pictures: bool,
}

/// Why nothing can be judged.
#[derive(Debug)]
pub(crate) enum Unjudged {
    /// There is no journal in the folder.
    NoJournal,
    /// The folder cannot be read.
    Unreadable(io::Error),
    /// The journal has nothing, or too little, of the time that is asked about; what it has begins then.
    TooShort {
        /// When the journal begins.
        begins: Timestamp,
    },
    /// Neither configuration has this camera; those that there are.
    UnknownCamera {
        /// The one that is asked for.
        camera: String,
        /// Those that both configurations have.
        known: Vec<Arc<str>>,
    },
    /// The new configuration does not fit the model whose detections are in the journal.
    New(Problems),
    /// The old configuration cannot be read any more.
    Old(Box<(PathBuf, Problems)>),
    /// A rule names what a camera does not have, which the check of the configuration would have found.
    Unknown(UnknownName),
}

impl From<UnknownName> for Unjudged {
    fn from(error: UnknownName) -> Self {
        Unjudged::Unknown(error)
    }
}

/// What the entries of the journal say besides what the judges make of them.
#[derive(Debug, Default)]
struct Seen {
    /// The latest verdict on each alert.
    verdicts: BTreeMap<AlertId, Verdict>,
    holes: Vec<Hole>,
    /// When runs of the daemon began.
    sessions: u64,
    /// Configurations that were in force, by their digest.
    configurations: BTreeMap<String, Arc<Configuration>>,
    /// Versions of the program that wrote the journal.
    software: BTreeSet<String>,
    /// The latest moment that was read.
    last: Option<Timestamp>,
    /// The last records of runs that did not end as they should.
    killed: Vec<Timestamp>,
    /// A run that was read has not ended yet.
    is_running: bool,
}

impl Seen {
    fn note(&mut self, entry: &Entry) {
        match entry {
            Entry::Session(session) => {
                self.sessions += u64::from(!session.goes_on);
                if !session.goes_on && self.is_running {
                    self.killed.extend(self.last);
                }
                self.is_running = true;
                self.software.insert(session.software.clone());
                self.note_configuration(&session.configuration);
            }
            Entry::Reload { configuration, .. } => self.note_configuration(configuration),
            Entry::Hole(hole) => self.holes.push(hole.clone()),
            Entry::Stop { .. } => self.is_running = false,
            Entry::Input(Input::Handle { alert, step: HandlingStep::Judge(given), .. }) => {
                self.verdicts.insert(alert.clone(), given.verdict);
            }
            Entry::Input(_) | Entry::Mutes { .. } | Entry::Published(_) | Entry::Unwatched(_) => {}
        }
        self.last = entry.at().map(|at| at.utc).max(self.last);
    }

    fn note_configuration(&mut self, configuration: &Arc<Configuration>) {
        self.configurations.insert(configuration.sha256.clone(), configuration.clone());
    }
}

/// The first run in the journal from that time on.
///
/// # Errors
/// There is no journal, or nothing in it.
fn first_session(journal: &Path, from: Timestamp, to: Timestamp) -> Result<Box<journal::Session>, Unjudged> {
    if !journal.is_dir() {
        return Err(Unjudged::NoJournal);
    }
    let session = |from, to| -> Result<Option<Box<journal::Session>>, Unjudged> {
        let mut entries = journal::read(journal, from..to).map_err(Unjudged::Unreadable)?;
        Ok(entries.find_map(|entry| {
            let Entry::Session(session) = entry else { return None };
            Some(session)
        }))
    };
    if let Some(first) = session(from, to)? {
        return Ok(first);
    }
    // What is there at all, to say so.
    match session(Timestamp::MIN, Timestamp::MAX)? {
        Some(first) => Err(Unjudged::TooShort { begins: first.at.utc }),
        None => Err(Unjudged::NoJournal),
    }
}

/// The time zone of the site whose journal that is; nothing where there is none, or none that can be read.
pub(crate) fn zone_of(journal: &Path) -> Option<TimeZone> {
    let first = first_session(journal, Timestamp::MIN, Timestamp::MAX).ok()?;
    Some(config_of(&first.configuration).ok()?.site.time_zone)
}

/// Judges both configurations. `progress` is called with how far it is, in order of time.
///
/// # Errors
/// There is no journal of that time, a camera that nobody knows, or a configuration that cannot be used.
pub(crate) fn retune(request: &Request, progress: &mut dyn FnMut(Timestamp)) -> Result<Comparison, Unjudged> {
    let begin = request.from.checked_sub(WARM_UP).unwrap_or(Timestamp::MIN);
    let first = first_session(&request.journal, begin, request.to)?;
    let read = |range| journal::read(&request.journal, range).map_err(Unjudged::Unreadable);
    let mut comparison = of_entries(request, &first, read(begin..request.to)?, progress)?;
    comparison.verdicts.extend(verdicts(read(request.to..Timestamp::MAX)?));
    Ok(comparison)
}

/// What people said in these entries: a verdict comes later than its alert, also behind the time that is judged.
fn verdicts(entries: impl Iterator<Item = Entry>) -> impl Iterator<Item = (AlertId, Verdict)> {
    entries.filter_map(|entry| {
        let Entry::Input(Input::Handle { alert, step: HandlingStep::Judge(given), .. }) = entry else {
            return None;
        };
        Some((alert, given.verdict))
    })
}

/// The same of these entries, which begin with that run.
fn of_entries(
    request: &Request,
    first: &journal::Session,
    entries: impl Iterator<Item = Entry>,
    progress: &mut dyn FnMut(Timestamp),
) -> Result<Comparison, Unjudged> {
    // What was open and followed before the beginning of a run that goes on is not known: its first minutes differ.
    let known_from = match first.goes_on {
        true => first.at.utc.checked_add(WARM_UP).unwrap_or(Timestamp::MAX),
        false => first.at.utc,
    };
    let too_short = || Unjudged::TooShort { begins: first.at.utc };
    let from = request.from.max(known_from);
    if from >= request.to {
        return Err(too_short());
    }
    let recommended = &first.configuration.recommended;
    request.new.check_classes(&first.configuration.classes).map_err(Unjudged::New)?;
    let old = config_of(&first.configuration)?;
    let plans = [old.plan_with(recommended), request.new.plan_with(recommended)];
    let scope = Scope::new(&request.cameras, [&plans[0], &plans[1]])?;

    let (seen, old_judged, new_judged) = both(entries, request, &scope, progress)?;
    let to = request.to.min(seen.last.unwrap_or(request.to));
    if from >= to {
        return Err(too_short());
    }
    let (before, reproduction) = Reproduction::of(old_judged, from, to);
    let mut differences = differences(&before, &new_judged.revisions, to);
    differences.retain(|difference| {
        let life = difference.known();
        life.raised_at >= from && life.raised_at < to && scope.is_asked_about(&life.origin.cameras)
    });
    give_reasons(&mut differences, &plans[0], &plans[1]);
    let notes = notes::of(&notes::Facts {
        request,
        from,
        to,
        begins: first.at.utc,
        scope: &scope,
        seen: &seen,
        reproduction: &reproduction,
        old: &old,
        first: &first.configuration,
    });
    Ok(Comparison {
        before: before_name(&first.configuration, &seen),
        after: request.new.path().display().to_string().into(),
        from,
        to,
        zone: request.new.site.time_zone.clone(),
        cameras: scope.shown(&plans),
        notes,
        pictures: pictures::of(&differences, &old, request),
        differences,
        verdicts: seen.verdicts,
    })
}

/// What ran: its path, or that there were several.
fn before_name(first: &Configuration, seen: &Seen) -> crate::text::Words {
    match seen.configurations.len() {
        0 | 1 => first.path.display().to_string().into(),
        several => say::as_it_ran(first.path.display(), several).into(),
    }
}

/// Gives every entry to both judges, each on a thread of its own.
fn both(
    entries: impl Iterator<Item = Entry>,
    request: &Request,
    scope: &Scope,
    progress: &mut dyn FnMut(Timestamp),
) -> Result<(Seen, Judged, Judged), Unjudged> {
    let (to_old, old_entries) = sync_channel(QUEUE);
    let (to_new, new_entries) = sync_channel(QUEUE);
    thread::scope(|threads| {
        let old = Judge::of_the_journal(scope);
        let new = Judge::of(scope, &request.new);
        let old = thread::Builder::new()
            .name("judge-old".to_owned())
            .spawn_scoped(threads, || run(old, old_entries));
        let new = thread::Builder::new()
            .name("judge-new".to_owned())
            .spawn_scoped(threads, || run(new, new_entries));
        let (old, new) = (old.map_err(Unjudged::Unreadable)?, new.map_err(Unjudged::Unreadable)?);
        let seen = read(entries, request.to, &[to_old, to_new], progress);
        let joined = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        let (old, new): (Result<Judged, Unjudged>, Result<Judged, Unjudged>) = (joined(old), joined(new));
        Ok((seen, old?, new?))
    })
}

type Batch = Arc<Vec<Entry>>;

fn run(mut judge: Judge<'_>, batches: Receiver<Batch>) -> Result<Judged, Unjudged> {
    for batch in batches {
        for entry in batch.iter() {
            judge.take(entry)?;
        }
    }
    Ok(judge.finish())
}

/// Reads the journal up to that time; the channels are closed when it is over, or when a judge gave up.
fn read(
    entries: impl Iterator<Item = Entry>,
    to: Timestamp,
    judges: &[SyncSender<Batch>],
    progress: &mut dyn FnMut(Timestamp),
) -> Seen {
    let mut seen = Seen::default();
    let mut batch = Vec::with_capacity(BATCH);
    let send = |batch: &mut Vec<Entry>| {
        let batch: Batch = Arc::new(std::mem::replace(batch, Vec::with_capacity(BATCH)));
        judges.iter().all(|judge| judge.send(batch.clone()).is_ok())
    };
    for entry in entries {
        if entry.at().is_some_and(|at| at.utc >= to) {
            continue;
        }
        seen.note(&entry);
        batch.push(entry);
        if batch.len() == BATCH {
            if let Some(last) = seen.last {
                progress(last);
            }
            if !send(&mut batch) {
                return seen;
            }
        }
    }
    send(&mut batch);
    seen
}

/// Every alert that is not the same.
fn changed(differences: &[Difference]) -> impl Iterator<Item = &Difference> {
    differences.iter().filter(|difference| !difference.is_same())
}
