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

pub(crate) mod judge;
pub(crate) mod limits;
mod notes;
mod pictures;
mod reproduction;
pub(crate) mod scope;
#[cfg(test)]
pub(crate) mod test_box;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod why_not;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use std::{fs, io};

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use crate::analysis::alert::AlertId;
use crate::analysis::alert_lifecycle::handling::HandlingStep;
use crate::analysis::rules::UnknownName;
use crate::analysis::time::{Moment, Timestamp};
use crate::clock::thread_cpu_time;
use crate::comparison::{Comparison, Difference, Note, differences, give_reasons};
use crate::config::{Config, Problems};
use crate::journal::{self, Configuration, Entry, Hole, HoleWhy, Input};
use crate::text::{Joint, Sentence, Words, journal as of_journal, retune as say};
use crate::types::verdict::Verdict;
use judge::{Judged, config_of};
use reproduction::{Reproduction, is_near_a_break};

pub(crate) use judge::{Judge, Kept};
pub(crate) use scope::Scope;

/// What was followed and counted before a time matters for so long after it: holds, cool-downs, beliefs that fade (a guess:
/// twice the usual cool-down).
pub(crate) const WARM_UP: Duration = Duration::from_secs(600);
/// So far behind the end both configurations go on judging: an alert that one of them raises before the end and the other
/// behind it comes later, and is not gone (a guess: as long as the warm-up).
const LOOK_PAST: Duration = WARM_UP;
/// So far back a start of the daemon is looked for, with which reading begins.
const WARM_UP_FROM_A_START: Duration = Duration::from_secs(3_600);
/// Entries that go to the judges at once.
const BATCH: usize = 1_024;
/// Batches that wait for a judge; the reader waits for the slower one.
pub(crate) const QUEUE: usize = 4;

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
    /// There is no journal in the folder: no file of it, or none of which anything can be read.
    NoJournal {
        /// What is wrong with those that there are.
        broken: Vec<HoleWhy>,
    },
    /// The folder cannot be read.
    Unreadable(io::Error),
    /// The journal has nothing, or too little, of the time that is asked about.
    TooShort {
        /// When the journal begins.
        begins: Timestamp,
        /// When it ends.
        ends: Timestamp,
        /// What is wrong with files of that time.
        broken: Vec<HoleWhy>,
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
    /// Whoever looked on stopped it.
    Stopped,
    /// Several of them at once.
    Several(Vec<Unjudged>),
}

impl Unjudged {
    /// All of them; there is at least one.
    fn all(mut all: Vec<Unjudged>) -> Unjudged {
        match all.len() {
            1 => all.remove(0),
            _ => Unjudged::Several(all),
        }
    }
}

impl From<UnknownName> for Unjudged {
    fn from(error: UnknownName) -> Self {
        Unjudged::Unknown(error)
    }
}

/// How far a judgement is, and what it has taken so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SoFar {
    /// What was read last.
    pub(crate) at: Timestamp,
    /// Processor time of all of its threads.
    #[cfg_attr(not(feature = "web"), allow(dead_code, reason = "only the page holds a judgement back"))]
    pub(crate) cpu: Duration,
    /// Revisions that both configurations made of it, which are in memory.
    #[cfg_attr(not(feature = "web"), allow(dead_code, reason = "only the page bounds a judgement"))]
    pub(crate) revisions: usize,
}

/// What the judges have taken so far.
#[derive(Debug, Default)]
struct Meter {
    cpu_ns: AtomicU64,
    revisions: AtomicUsize,
}

impl Meter {
    fn so_far(&self, at: Timestamp, own_cpu: Duration) -> SoFar {
        let judges = Duration::from_nanos(self.cpu_ns.load(Ordering::Relaxed));
        SoFar { at, cpu: own_cpu + judges, revisions: self.revisions.load(Ordering::Relaxed) }
    }
}

/// What the entries of the journal say besides what the judges make of them.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The latest verdict on each alert.
    pub(crate) verdicts: BTreeMap<AlertId, Verdict>,
    /// Places where records are missing, and the latest moment before each.
    pub(crate) holes: Vec<(Hole, Option<Timestamp>)>,
    /// When runs of the daemon began.
    sessions: u64,
    /// Configurations that were in force, by their digest.
    pub(crate) configurations: BTreeMap<String, Arc<Configuration>>,
    /// Versions of the program that wrote the journal.
    software: BTreeSet<String>,
    /// The latest moment that was read.
    pub(crate) last: Option<Timestamp>,
    /// The last records of runs that did not end as they should.
    killed: Vec<Timestamp>,
    /// A run that was read has not ended yet.
    is_running: bool,
    /// When the latest run ended, if no other one began since.
    stopped: Option<Timestamp>,
    /// When the box was off: from the end of a run, or the last record of one that was killed, to the beginning of the next.
    off: Vec<(Timestamp, Timestamp)>,
}

impl Seen {
    fn note(&mut self, entry: &Entry) {
        match entry {
            Entry::Session(session) => {
                self.sessions += u64::from(!session.goes_on);
                if !session.goes_on && self.is_running {
                    self.killed.extend(self.last);
                }
                self.note_off(session);
                self.is_running = true;
                self.software.insert(session.software.clone());
                self.note_configuration(&session.configuration);
            }
            Entry::Reload { configuration, .. } => self.note_configuration(configuration),
            Entry::Hole(hole) => self.holes.push((hole.clone(), self.last)),
            Entry::Stop { at } => (self.is_running, self.stopped) = (false, Some(at.utc)),
            Entry::Input(Input::Handle { alert, step: HandlingStep::Judge(given), .. }) => {
                self.verdicts.insert(alert.clone(), given.verdict);
            }
            Entry::Input(_)
            | Entry::Mutes { .. }
            | Entry::Published(_)
            | Entry::Unwatched(_)
            | Entry::Shadow(_) => {}
        }
        self.last = entry.at().map(|at| at.utc).max(self.last);
    }

    /// One behind the time that is judged: the box may have been off until then.
    fn note_behind(&mut self, entry: &Entry) {
        if let Entry::Session(session) = entry {
            self.note_off(session);
        }
        self.last = entry.at().map(|at| at.utc).max(self.last);
    }

    fn note_off(&mut self, session: &journal::Session) {
        let ended = self.stopped.take();
        let ended = ended.or(self.last.filter(|_| self.is_running && !session.goes_on));
        self.off.extend(ended.map(|ended| (ended, session.at.utc)));
    }

    /// How long the box was off from one time to another, as far as the journal says so.
    pub(crate) fn off_within(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        let still_off = self.stopped.map(|since| (since, to));
        let within = |(since, until): &(Timestamp, Timestamp)| {
            until.min(&to).duration_since(*since.max(&from)).max(SignedDuration::ZERO)
        };
        self.off.iter().chain(&still_off).map(within).sum()
    }

    fn note_configuration(&mut self, configuration: &Arc<Configuration>) {
        self.configurations.insert(configuration.sha256.clone(), configuration.clone());
    }
}

/// The first run in the journal from that time on, and what keeps files of that time from being read.
///
/// # Errors
/// The folder cannot be read.
fn look_for_session(
    journal: &Path,
    range: Range<Timestamp>,
) -> Result<(Option<Box<journal::Session>>, Vec<HoleWhy>), Unjudged> {
    let mut broken = Vec::new();
    for entry in journal::read(journal, range).map_err(Unjudged::Unreadable)? {
        match entry {
            Entry::Session(session) => return Ok((Some(session), broken)),
            Entry::Hole(hole) => broken.push(hole.why),
            Entry::Reload { .. }
            | Entry::Mutes { .. }
            | Entry::Input(_)
            | Entry::Published(_)
            | Entry::Unwatched(_)
            | Entry::Shadow(_)
            | Entry::Stop { .. } => {}
        }
    }
    Ok((None, broken))
}

/// The run that a judgement of that time begins with. Where nothing can be judged of that time, why not, and the first run that there
/// is at all: what else is asked for can be checked with it.
///
/// # Errors
/// There is no journal, or nothing in it.
pub(crate) fn first_session(
    journal: &Path,
    range: Range<Timestamp>,
) -> Result<(Box<journal::Session>, Option<Unjudged>), Unjudged> {
    match fs::metadata(journal) {
        Ok(about) if about.is_dir() => {}
        Ok(_) => return Err(Unjudged::NoJournal { broken: Vec::new() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Unjudged::NoJournal { broken: Vec::new() });
        }
        Err(error) => return Err(Unjudged::Unreadable(error)),
    }
    let (found, broken) = look_for_session(journal, range)?;
    if let Some(found) = found {
        return Ok((found, None));
    }
    let (first, all_broken) = look_for_session(journal, Timestamp::MIN..Timestamp::MAX)?;
    let first = first.ok_or(Unjudged::NoJournal { broken: all_broken })?;
    let why = too_short(journal, &first, broken)?;
    Ok((first, Some(why)))
}

/// That a journal, which begins with that run, has too little of the time that is asked about.
pub(crate) fn too_short(
    journal: &Path,
    first: &journal::Session,
    broken: Vec<HoleWhy>,
) -> Result<Unjudged, Unjudged> {
    let span = journal::span(journal).map_err(Unjudged::Unreadable)?;
    let (begins, ends) = span.unwrap_or((first.at.utc, first.at.utc));
    Ok(Unjudged::TooShort { begins, ends, broken })
}

/// The time zone of the site whose journal that is; nothing where there is none, or none that can be read.
pub(crate) fn zone_of(journal: &Path) -> Option<TimeZone> {
    let (first, _) = first_session(journal, Timestamp::MIN..Timestamp::MAX).ok()?;
    Some(config_of(&first.configuration).ok()?.site.time_zone)
}

/// Judges both configurations. `progress` is called with how far it is, in order of time.
///
/// # Errors
/// There is no journal of that time, a camera that nobody knows, or a configuration that cannot be used.
pub(crate) fn retune(request: &Request, progress: &mut dyn FnMut(Timestamp)) -> Result<Comparison, Unjudged> {
    retune_while(request, &mut |so_far| {
        progress(so_far.at);
        true
    })
}

/// The same for as long as `goes_on` says so, which may also wait and so hold it back.
///
/// # Errors
/// As [`retune`], and where it was stopped.
pub(crate) fn retune_while(
    request: &Request,
    goes_on: &mut dyn FnMut(SoFar) -> bool,
) -> Result<Comparison, Unjudged> {
    let begin = begin_of(&request.journal, request.from);
    let (first, nothing_then) = first_session(&request.journal, begin..request.to)?;
    let wrong = wrong_names(request, &first)?;
    let wrong: Vec<Unjudged> = wrong.into_iter().chain(nothing_then).collect();
    if !wrong.is_empty() {
        return Err(Unjudged::all(wrong));
    }
    let read = |range| journal::read(&request.journal, range).map_err(Unjudged::Unreadable);
    let entries = read(begin..look_past(request.to))?;
    let copies = copies(&entries);
    let judged = of_entries(request, &first, entries, goes_on);
    let mut comparison = judged.or_else(|why| match why {
        // There is more of it than was read.
        Unjudged::TooShort { broken, .. } => {
            let (first, _) = first_session(&request.journal, Timestamp::MIN..Timestamp::MAX)?;
            Err(too_short(&request.journal, &first, broken)?)
        }
        other => Err(other),
    })?;
    comparison.notes.extend(copies.map(Note::from));
    comparison.verdicts.extend(verdicts(read(request.to..Timestamp::MAX)?));
    Ok(comparison)
}

/// Where to begin to read for a judgement from then on: at a start of the daemon within the hour before, where everything is
/// known, else so early that most of it is.
fn begin_of(journal: &Path, from: Timestamp) -> Timestamp {
    let early = |by: Duration| from.checked_sub(by).unwrap_or(Timestamp::MIN);
    let start = look_for_session(journal, early(WARM_UP_FROM_A_START)..early(WARM_UP));
    match start {
        Ok((Some(session), _)) if !session.goes_on => session.at.utc,
        Ok(_) | Err(_) => early(WARM_UP),
    }
}

/// The end of what is read for a judgement until then.
pub(crate) fn look_past(to: Timestamp) -> Timestamp {
    to.checked_add(LOOK_PAST).unwrap_or(Timestamp::MAX)
}

/// The cameras that are asked for and that neither configuration has.
///
/// # Errors
/// The old configuration cannot be read any more.
fn wrong_names(request: &Request, first: &journal::Session) -> Result<Vec<Unjudged>, Unjudged> {
    if request.cameras.is_empty() {
        return Ok(Vec::new());
    }
    let recommended = &first.configuration.recommended;
    let old = config_of(&first.configuration)?;
    Ok(scope::unknown(&request.cameras, [&old.plan_with(recommended), &request.new.plan_with(recommended)]))
}

/// That files of the journal are copies of others, where some are.
fn copies(entries: &journal::Entries) -> Option<Sentence> {
    let copies: Vec<Words> = entries.copies().iter().map(|path| path.display().to_string().into()).collect();
    (!copies.is_empty()).then(|| of_journal::copies(Words::List(copies, Joint::AndMore)))
}

/// What people said in these entries: a verdict comes later than its alert, also behind the time that is judged.
pub(crate) fn verdicts(entries: impl Iterator<Item = Entry>) -> impl Iterator<Item = (AlertId, Verdict)> {
    entries.filter_map(|entry| {
        let Entry::Input(Input::Handle { alert, step: HandlingStep::Judge(given), .. }) = entry else {
            return None;
        };
        Some((alert, given.verdict))
    })
}

/// From when on it is known what was open and followed: the first minutes of a run that goes on differ.
pub(crate) fn known_from(first: &journal::Session) -> Timestamp {
    match first.goes_on {
        true => first.at.utc.checked_add(WARM_UP).unwrap_or(Timestamp::MAX),
        false => first.at.utc,
    }
}

/// The same of these entries, which begin with that run.
fn of_entries(
    request: &Request,
    first: &journal::Session,
    entries: impl Iterator<Item = Entry>,
    goes_on: &mut dyn FnMut(SoFar) -> bool,
) -> Result<Comparison, Unjudged> {
    let too_short = |ends, holes: Vec<(Hole, _)>| {
        let broken = holes.into_iter().map(|(hole, _)| hole.why).collect();
        Unjudged::TooShort { begins: first.at.utc, ends, broken }
    };
    let from = request.from.max(known_from(first));
    if from >= request.to {
        return Err(too_short(request.to, Vec::new()));
    }
    let recommended = &first.configuration.recommended;
    request.new.check_classes(&first.configuration.classes).map_err(Unjudged::New)?;
    let old = config_of(&first.configuration)?;
    let plans = [old.plan_with(recommended), request.new.plan_with(recommended)];
    let scope = Scope::new(&request.cameras, [&plans[0], &plans[1]])?;

    let (seen, old_judged, new_judged) = both(entries, request, &scope, goes_on)?;
    let judged_to = seen.last.unwrap_or(request.to);
    let to = request.to.min(judged_to);
    if from >= to {
        return Err(too_short(judged_to, seen.holes));
    }
    let breaks = old_judged.breaks.clone();
    let (before, reproduction) = Reproduction::of(old_judged, from, to, first.goes_on);
    let mut differences = differences(&before, &new_judged.revisions, judged_to);
    differences.retain(|difference| is_asked_about(difference, from..to, &scope));
    let near_a_break = leave_out_near_a_break(&mut differences, &breaks);
    give_reasons(&mut differences, &plans[0], &plans[1]);
    let notes = notes::of(&notes::Facts {
        request,
        from,
        to,
        begins: first.at.utc,
        scope: &scope,
        seen: &seen,
        reproduction: &reproduction,
        near_a_break,
        differences: &differences,
        old: &old,
        first: &first.configuration,
    });
    Ok(Comparison {
        before: before_name(&first.configuration, &seen),
        after: request.new.path().display().to_string().into(),
        from,
        to,
        off: seen.off_within(from, to),
        zone: request.new.site.time_zone.clone(),
        cameras: scope.shown(&plans),
        notes,
        pictures: pictures::of(&differences, &old, request),
        differences,
        verdicts: seen.verdicts,
    })
}

fn is_asked_about(difference: &Difference, span: Range<Timestamp>, scope: &Scope) -> bool {
    let life = difference.known();
    span.contains(&life.raised_at) && scope.is_asked_about(&life.origin.cameras)
}

/// Leaves out alerts near a break that are not the same: nobody knows whether the new configuration makes them so. Returns how
/// many they were.
fn leave_out_near_a_break(differences: &mut Vec<Difference>, breaks: &[Moment]) -> usize {
    let all = differences.len();
    differences.retain(|difference| {
        let lives = [difference.before(), difference.after()].into_iter().flatten();
        let mut times = lives.flat_map(|life| [life.raised_at, life.ended_at]);
        difference.is_same() || !times.any(|at| is_near_a_break(breaks, at))
    });
    all - differences.len()
}

/// What ran: its path, or that there were several.
fn before_name(first: &Configuration, seen: &Seen) -> Words {
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
    goes_on: &mut dyn FnMut(SoFar) -> bool,
) -> Result<(Seen, Judged, Judged), Unjudged> {
    let meter = Meter::default();
    let (to_old, old_entries) = sync_channel(QUEUE);
    let (to_new, new_entries) = sync_channel(QUEUE);
    thread::scope(|threads| {
        let old = Judge::of_the_journal(scope);
        let new = Judge::of(scope, &request.new);
        let old = thread::Builder::new()
            .name("judge-old".to_owned())
            .spawn_scoped(threads, || run(old, old_entries, &meter));
        let new = thread::Builder::new()
            .name("judge-new".to_owned())
            .spawn_scoped(threads, || run(new, new_entries, &meter));
        let (old, new) = (old.map_err(Unjudged::Unreadable)?, new.map_err(Unjudged::Unreadable)?);
        let (own_before, is_stopped) = (thread_cpu_time(), Cell::new(false));
        let mut progress = |at| {
            let own = thread_cpu_time().saturating_sub(own_before);
            is_stopped.set(is_stopped.get() || !goes_on(meter.so_far(at, own)));
        };
        let entries = entries.take_while(|_| !is_stopped.get());
        let seen = read(entries, request.to, &[to_old, to_new], &mut progress);
        let joined = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        let (old, new): (Result<Judged, Unjudged>, Result<Judged, Unjudged>) = (joined(old), joined(new));
        let (old, new) = (old?, new?);
        if is_stopped.get() { Err(Unjudged::Stopped) } else { Ok((seen, old, new)) }
    })
}

pub(crate) type Batch = Arc<Vec<Entry>>;

fn run(mut judge: Judge<'_>, batches: Receiver<Batch>, meter: &Meter) -> Result<Judged, Unjudged> {
    let (mut cpu, mut made) = (thread_cpu_time(), 0);
    for batch in batches {
        for entry in batch.iter() {
            judge.take(entry)?;
        }
        let (cpu_now, made_now) = (thread_cpu_time(), judge.made_so_far());
        let nanos = cpu_now.saturating_sub(cpu).as_nanos();
        meter.cpu_ns.fetch_add(u64::try_from(nanos).unwrap_or(u64::MAX), Ordering::Relaxed);
        meter.revisions.fetch_add(made_now - made, Ordering::Relaxed);
        (cpu, made) = (cpu_now, made_now);
    }
    Ok(judge.finish())
}

/// Reads the journal up to that time, and a little past it for the judges; the channels are closed when it is over, or when a judge gave up.
pub(crate) fn read(
    entries: impl Iterator<Item = Entry>,
    to: Timestamp,
    judges: &[SyncSender<Batch>],
    progress: &mut dyn FnMut(Timestamp),
) -> Seen {
    let end = look_past(to);
    let mut seen = Seen::default();
    let mut batch = Vec::with_capacity(BATCH);
    let send = |batch: &mut Vec<Entry>| {
        let batch: Batch = Arc::new(std::mem::replace(batch, Vec::with_capacity(BATCH)));
        judges.iter().all(|judge| judge.send(batch.clone()).is_ok())
    };
    for entry in entries {
        if entry.at().is_some_and(|at| at.utc >= end) {
            continue;
        }
        match entry.at() {
            // Only what an alert becomes matters here.
            Some(at) if at.utc >= to => seen.note_behind(&entry),
            Some(_) | None => seen.note(&entry),
        }
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
