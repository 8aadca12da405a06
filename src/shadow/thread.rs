//! The thread of a shadow: it judges every entry as it comes, keeps what it made, and compares it with what was told.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::files::{State, Stored};
use super::lives::{self, Lives, ShownDifference};
use crate::analysis::alert::Revision;
use crate::analysis::time::Moment;
use crate::config::Config;
use crate::contract::shadow::{SHADOW_PREFIX, ShadowCounts, ShadowRevision};
use crate::contract::words::Time;
use crate::journal::{Entry, HoleWhy, Input, LiveEntries, Published, Recorder, Shadow, ShadowEvent};
use crate::retune::{Judge, Scope, Unjudged};
use crate::text::{log_error, log_warn, shadow as say};
use crate::threads::{NotEnded, be_nice, join_until};

/// The latest revisions that are told of.
const LATEST: usize = 40;
/// How often it is compared, where there is something new.
const EVERY: Duration = Duration::from_secs(5);
/// How often what it needs after a restart is written down, where there is something new; a kill costs it so much.
const KEEP_EVERY: Duration = Duration::from_secs(60);

/// What a shadow found so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Found {
    /// Up to when it has judged.
    pub(crate) at: Option<Time>,
    pub(crate) counts: ShadowCounts,
    pub(crate) differences: Vec<ShownDifference>,
    pub(crate) revisions: VecDeque<ShadowRevision>,
}

/// What the thread begins with.
pub(crate) struct Start {
    pub(crate) stored: Stored,
    /// What judges.
    pub(crate) config: Config,
    /// Where its state is kept.
    pub(crate) folder: PathBuf,
    /// The journal.
    pub(crate) recorder: Recorder,
}

/// The running thread. It ends when nobody gives it entries any more, and goes down alone.
pub(crate) struct ShadowThread {
    thread: JoinHandle<()>,
    found: Arc<Mutex<Found>>,
    /// Whether nobody waits for it any more.
    is_over: Arc<AtomicBool>,
}

impl ShadowThread {
    /// Starts it. Where the same shadow judged before a restart it goes on.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn start(start: Start, entries: LiveEntries) -> std::io::Result<Self> {
        let found = Arc::new(Mutex::new(Found::default()));
        let is_over = Arc::new(AtomicBool::new(false));
        let (shared, left) = (found.clone(), is_over.clone());
        let thread = thread::Builder::new().name("shadow".to_owned()).spawn(move || {
            be_nice();
            let Start { stored, config, folder, recorder } = start;
            let mut shadow = JudgingShadow::new(stored, &config, folder, recorder, shared);
            shadow.is_over = left;
            if let Err(why) = shadow.work(entries) {
                log_error!(say::cannot_judge(format!("{why:?}")));
            }
        })?;
        Ok(ShadowThread { thread, found, is_over })
    }

    /// Whether it judges no more; while it should, that is a fault.
    pub(crate) fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Whether it has judged anything in this run of the daemon.
    pub(crate) fn has_judged(&self) -> bool {
        self.found.lock().at.is_some()
    }

    /// The figures of what it found so far.
    pub(crate) fn counts(&self) -> ShadowCounts {
        self.found.lock().counts
    }

    /// What it found so far.
    pub(crate) fn found(&self) -> Found {
        self.found.lock().clone()
    }

    /// Waits until it has judged what it was given. The listener must have been let go of. One that hangs is left behind
    /// after `within`, and writes nothing any more.
    pub(crate) fn stop(self, within: Duration) -> Found {
        let ShadowThread { thread, found, is_over } = self;
        match join_until(thread, Instant::now() + within) {
            Ok(()) | Err(NotEnded::Late) => {}
            Err(NotEnded::Panicked) => log_error!(say::cannot_judge("panic")),
        }
        is_over.store(true, Ordering::Release);
        found.lock().clone()
    }
}

/// The state of the thread.
pub(super) struct JudgingShadow<'c> {
    stored: Stored,
    judge: Judge<'c>,
    folder: PathBuf,
    recorder: Recorder,
    live: Lives,
    shadow: Lives,
    /// What was compared for good.
    settled: ShadowCounts,
    revisions: u64,
    missed: u64,
    latest: VecDeque<ShadowRevision>,
    found: Arc<Mutex<Found>>,
    /// Whether there is something new since it was last compared.
    is_news: bool,
    at: Option<Moment>,
    next: Duration,
    /// Whether there is something new since it was last written down, and when that is due.
    is_owed: bool,
    keep_at: Duration,
    said_unwritable: bool,
    /// Nobody waits for it any more: what it would write would be in the way of what came after it.
    pub(super) is_over: Arc<AtomicBool>,
}

impl<'c> JudgingShadow<'c> {
    pub(super) fn new(
        stored: Stored,
        config: &'c Config,
        folder: PathBuf,
        recorder: Recorder,
        found: Arc<Mutex<Found>>,
    ) -> Self {
        let mut judge = Judge::of(&Scope::All, config);
        let mut state = State::default();
        if let Some(mut kept) = stored.state(&folder) {
            judge.resume(std::mem::take(&mut kept.judge));
            state = kept;
        }
        let State { live, shadow, settled, revisions, missed, latest, .. } = state;
        let mut shadow = JudgingShadow {
            stored,
            judge,
            folder,
            recorder,
            live,
            shadow,
            settled,
            revisions,
            missed,
            latest: latest.into(),
            found,
            is_news: false,
            at: None,
            next: Duration::ZERO,
            is_owed: false,
            keep_at: Duration::ZERO,
            said_unwritable: false,
            is_over: Arc::default(),
        };
        shadow.compare();
        shadow
    }

    fn work(&mut self, entries: LiveEntries) -> Result<(), Unjudged> {
        for entry in entries {
            if self.is_over() {
                return Ok(());
            }
            self.take(&entry)?;
        }
        self.finish();
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    fn record(&mut self, at: Moment, event: ShadowEvent) {
        if !self.is_over() {
            self.recorder.record(Entry::Shadow(Shadow { at, event }));
        }
    }

    /// The last comparison, and what is kept.
    pub(super) fn finish(&mut self) {
        self.compare();
        self.keep();
    }

    /// Judges an entry; returns what it made of it.
    pub(super) fn take(&mut self, entry: &Entry) -> Result<Vec<Revision>, Unjudged> {
        self.at = entry.at().or(self.at);
        match entry {
            Entry::Published(published) => {
                self.live.take(published);
                self.is_news = true;
            }
            Entry::Hole(hole) => self.note_missed(&hole.why),
            Entry::Session(_)
            | Entry::Reload { .. }
            | Entry::Input(_)
            | Entry::Mutes { .. }
            | Entry::Unwatched(_)
            | Entry::Shadow(_)
            | Entry::Stop { .. } => {}
        }
        self.judge.take(entry)?;
        let made = self.judge.take_new();
        for revision in &made {
            self.made(revision);
        }
        if let Entry::Input(Input::Tick { at }) = entry
            && at.mono >= self.next
        {
            self.next = at.mono + EVERY;
            self.found.lock().at = Some(Time(at.utc));
            if std::mem::take(&mut self.is_news) {
                self.compare();
                self.is_owed = true;
            }
            if self.is_owed && at.mono >= self.keep_at {
                (self.is_owed, self.keep_at) = (false, at.mono + KEEP_EVERY);
                self.keep();
            }
        }
        Ok(made)
    }

    fn note_missed(&mut self, why: &HoleWhy) {
        let HoleWhy::Overflow { records } = why else { return };
        let records = *records;
        if self.missed == 0 {
            log_warn!(say::missed(records));
        }
        self.missed += records;
        self.is_news = true;
        if let Some(at) = self.at {
            self.record(at, ShadowEvent::Missed { records });
        }
    }

    fn made(&mut self, revision: &Revision) {
        let published = Published::of(revision);
        self.shadow.take(&published);
        self.revisions += 1;
        self.is_news = true;
        if self.latest.len() >= LATEST {
            self.latest.pop_front();
        }
        self.latest.push_back(shown(&published, self.revisions));
        self.record(revision.at, ShadowEvent::Made(Box::new(published)));
    }

    /// Compares what it made with what was told, as of now.
    fn compare(&mut self) {
        let now = self.at.map_or(self.stored.since.0, |at| at.utc);
        lives::settle(&mut self.live, &mut self.shadow, &mut self.settled, now);
        let (counts, differences) = lives::compared(&self.live, &self.shadow, self.settled, now);
        let mut found = self.found.lock();
        found.counts = ShadowCounts { revisions: self.revisions, missed: self.missed, ..counts };
        found.differences = differences;
        found.revisions = self.latest.clone();
        found.at = self.at.map(|at| Time(at.utc)).or(found.at);
    }

    /// Writes down what it needs to go on after a restart.
    fn keep(&mut self) {
        if self.is_over() {
            return;
        }
        let state = State {
            of: String::new(),
            judge: self.judge.kept(),
            live: self.live.clone(),
            shadow: self.shadow.clone(),
            settled: self.settled,
            revisions: self.revisions,
            missed: self.missed,
            latest: self.latest.iter().cloned().collect(),
        };
        match self.stored.keep_state(&self.folder, state) {
            Ok(()) => self.said_unwritable = false,
            Err(error) => {
                if !std::mem::replace(&mut self.said_unwritable, true) {
                    log_warn!(say::state_not_written(self.folder.display(), error.to_string()));
                }
            }
        }
    }
}

/// A revision as it is told of. Its id is none of an alert.
fn shown(published: &Published, n: u64) -> ShadowRevision {
    let text = |name: &Arc<str>| name.to_string();
    ShadowRevision {
        n,
        shadow_id: format!("{SHADOW_PREFIX}{}", published.alert.0),
        rev: published.rev,
        phase: published.phase,
        phase_reason: published.reason,
        level: published.level,
        kind: text(&published.kind),
        rule: published.rule.as_ref().map(text),
        camera: published.camera.as_ref().map(text),
        grid: text(&published.grid),
        started_at: Time(published.started_at),
        at: Time(published.at.utc),
    }
}
