//! The thread of the coverage ledger: divides time, writes what is over and hands it to the queue of the command centre.
//!
//! It waits for the disk; nobody waits for it. Its queue holds ten minutes of readings. What comes while it is full is left out,
//! and that time is unknown. Hours are published from the lines of the ledger, whose numbers are in the ids, and it is written
//! down how far that got: what a stop or a kill left over follows at the next start. Where no ledger is kept they are published as
//! well, and what is left over is lost. Must never keep anybody from anything.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::analysis::time::{Moment, Timestamp};
use crate::contract::alert::SeqData;
use crate::contract::coverage::{CoverageData, RuleCoverage, StateSecs};
use crate::contract::messages::COVERAGE;
use crate::contract::{Mode, Sender};
use crate::coverage::{
    self, Accumulator, CHECKPOINT_EVERY, Checkpoint, ClockState, CoverageState, Ending, KEPT_HOURS, Keeper,
    Record, Stretch, Times, Watch,
};
use crate::outbox::{self, Kind, Outbox};
use crate::text::{coverage as say, language_of_log, log_error, log_warn};
use crate::threads::join_until;

/// Ten minutes of a disk that hangs.
pub(super) const QUEUE: usize = 600;
/// Messages that are stored each second: an hour of many cameras is no burst.
const SENT_EACH_SECOND: usize = 4;

/// What is to be watched, and where that is written.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// Where the ledger is; `None` where there is no place for one.
    pub(super) folder: Option<PathBuf>,
    /// How many days are kept; 0: none.
    pub(super) days: u16,
    pub(super) mode: Mode,
    pub(super) sender: Sender,
    /// Each rule at each camera.
    pub(super) watches: Vec<Watch>,
    /// Where the cameras are.
    pub(super) grids: BTreeMap<Arc<str>, Arc<str>>,
}

/// How everything is at a moment.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) at: Moment,
    pub(super) clock: ClockState,
    /// What counts from this reading on.
    pub(super) settings: Arc<Settings>,
    /// The state of each of its watches.
    pub(super) states: Vec<CoverageState>,
}

#[derive(Debug)]
pub(super) enum Message {
    Reading(Reading),
    /// The last one: write and publish what is left, until then.
    Stop(Instant),
}

/// The running thread.
pub(super) struct LedgerThread {
    queue: SyncSender<Message>,
    thread: JoinHandle<()>,
}

impl LedgerThread {
    /// Starts it; the ledger is opened on it.
    ///
    /// # Errors
    /// No thread can be started.
    pub(super) fn start(mut work: Work) -> std::io::Result<Self> {
        let (queue, messages) = sync_channel(QUEUE);
        let thread = thread::Builder::new().name("coverage".to_owned()).spawn(move || {
            work.begin();
            work.run(&messages);
        })?;
        Ok(LedgerThread { queue, thread })
    }

    /// Whether there is room for the reading. Never waits.
    pub(super) fn take(&self, reading: Reading) -> bool {
        self.queue.try_send(Message::Reading(reading)).is_ok()
    }

    /// Lets it write what is left. A disk that hangs is left behind after `within`.
    pub(super) fn stop(self, within: Duration) {
        let deadline = Instant::now() + within;
        let mut message = Message::Stop(deadline);
        while let Err(TrySendError::Full(back)) = self.queue.try_send(message) {
            if Instant::now() >= deadline {
                return;
            }
            message = back;
            thread::park_timeout(Duration::from_millis(20));
        }
        // Left behind it loses nothing but what a kill loses.
        let _ = join_until(self.thread, deadline);
    }
}

/// What the thread has.
pub(super) struct Work {
    settings: Arc<Settings>,
    outbox: Outbox,
    keeper: Option<Keeper>,
    accumulator: Accumulator,
    /// There was a reading.
    is_watching: bool,
    latest: (Moment, ClockState),
    /// When the hour that goes on is written next.
    due: Duration,
    /// Hours that are in no ledger and were not published yet.
    loose: VecDeque<Record>,
    /// The messages of the hour that is being published, and the number of its line.
    messages: VecDeque<CoverageData>,
    line: Option<u64>,
    /// The queue of the command centre takes nothing.
    is_refused: bool,
    /// How long each state lasted since the start, for whoever asks.
    lasted: Arc<Mutex<Times>>,
}

impl Work {
    pub(super) fn new(
        settings: Arc<Settings>,
        outbox: Outbox,
        (at, clock): (Moment, ClockState),
        lasted: Arc<Mutex<Times>>,
    ) -> Self {
        let accumulator = Accumulator::new(at, settings.watches.clone());
        Work {
            settings,
            outbox,
            keeper: None,
            accumulator,
            is_watching: false,
            latest: (at, clock),
            // At once: a run that is over soon is one, too.
            due: at.mono,
            loose: VecDeque::new(),
            messages: VecDeque::new(),
            line: None,
            is_refused: false,
            lasted,
        }
    }

    /// Opens the ledger. One that was switched off while nothing ran is told so.
    pub(super) fn begin(&mut self) {
        let was_kept = || self.settings.folder.as_deref().is_some_and(coverage::is_kept);
        if self.settings.days > 0 {
            self.keep();
        } else if was_kept() {
            self.keep();
            self.finish(Ending::NotKept, None);
        }
    }

    fn run(&mut self, messages: &Receiver<Message>) {
        while let Ok(message) = messages.recv() {
            match message {
                Message::Reading(reading) => self.read(reading),
                Message::Stop(deadline) => return self.finish(Ending::Stopped, Some(deadline)),
            }
        }
    }

    /// Divides the time since, writes what is over and publishes some of it.
    pub(super) fn read(&mut self, reading: Reading) {
        let Reading { at, clock, settings, states } = reading;
        if !Arc::ptr_eq(&settings, &self.settings) {
            self.set(settings);
        }
        self.latest = (at, clock);
        let finished = match std::mem::replace(&mut self.is_watching, true) {
            true => {
                let state = |place: usize| states.get(place).copied().unwrap_or(CoverageState::Unknown);
                self.accumulator.look(at, state)
            }
            false => self.accumulator.begin_watching(at),
        };
        *self.lasted.lock() = self.accumulator.all();
        if self.keeper.is_none() {
            self.let_go(finished);
        } else if !finished.is_empty() || at.mono >= self.due {
            self.due = at.mono + CHECKPOINT_EVERY;
            self.write(finished, Ending::GoesOn);
        }
        self.publish(SENT_EACH_SECOND, None);
    }

    /// From the last reading on these count.
    fn set(&mut self, settings: Arc<Settings>) {
        self.settings = settings;
        match &mut self.keeper {
            Some(keeper) if self.settings.days > 0 => keeper.set_days(self.settings.days),
            Some(_) => self.finish(Ending::NotKept, None),
            None if self.settings.days > 0 => self.keep(),
            None => {}
        }
        self.accumulator.set_watches(self.settings.watches.clone());
    }

    /// Keeps a ledger from the last reading on, which goes on where an earlier run ended.
    fn keep(&mut self) {
        let Some(folder) = self.settings.folder.clone() else { return };
        let Settings { days, watches, .. } = &*self.settings;
        let now = (self.latest.0, &self.latest.1);
        match Keeper::open(&folder, *days, now, watches.clone(), self.is_watching) {
            Ok((keeper, mut accumulator)) => {
                accumulator.add_to_all(self.accumulator.all());
                // What was counted without a ledger ends here.
                let part = self.accumulator.end_part();
                self.let_go(part);
                (self.keeper, self.accumulator) = (Some(keeper), accumulator);
                self.write(Vec::new(), Ending::GoesOn);
            }
            Err(error) => log_warn!(say::not_kept(folder.display(), error.to_string())),
        }
    }

    /// Writes the hour so far, publishes what is left, and lets go of the ledger.
    fn finish(&mut self, ending: Ending, deadline: Option<Instant>) {
        let part = match ending {
            Ending::NotKept => self.accumulator.end_part(),
            Ending::GoesOn | Ending::Stopped => None,
        };
        self.write(part.into_iter().collect(), ending);
        self.publish(usize::MAX, deadline);
        self.write(Vec::new(), ending);
        self.keeper = None;
        // They follow when the ledger is kept again.
        if self.line.take().is_some() {
            self.messages.clear();
        }
    }

    fn write(&mut self, finished: Vec<Record>, ending: Ending) {
        let (at, clock) = &self.latest;
        if let Some(keeper) = &mut self.keeper {
            keeper.write(finished, Checkpoint::new(self.accumulator.hour(), ending, clock), at.utc);
        }
    }

    /// These are in no ledger.
    fn let_go(&mut self, finished: impl IntoIterator<Item = Record>) {
        self.loose.extend(finished);
        let too_many = self.loose.len().saturating_sub(KEPT_HOURS);
        if too_many > 0 {
            log_warn!(say::counts_lost(); hours = too_many);
            self.loose.drain(..too_many);
        }
    }

    /// Hands so many messages to the queue of the command centre, the oldest first. What it does not take is tried again.
    fn publish(&mut self, most: usize, until: Option<Instant>) {
        let mut left = most;
        while left > 0 && until.is_none_or(|until| Instant::now() < until) {
            let Some(data) = self.messages.front() else {
                if !self.next_hour() {
                    return;
                }
                continue;
            };
            let stored =
                store(data.clone(), self.line, &self.outbox, &self.settings.sender, self.latest.0.utc);
            match stored {
                Ok(()) => self.is_refused = false,
                Err(error) if error.is_about_the_message() => {
                    let (camera, error) = (data.camera.as_str(), error.in_language(language_of_log()));
                    log_error!(say::counts_lost(); camera, %error);
                }
                Err(error) => {
                    if !std::mem::replace(&mut self.is_refused, true) {
                        let error = error.in_language(language_of_log());
                        log_warn!(say::counts_wait(); %error);
                    }
                    return;
                }
            }
            self.messages.pop_front();
            left -= 1;
            if self.messages.is_empty() {
                self.hour_is_published();
            }
        }
    }

    /// Makes the messages of the next hour; `false` where none is left.
    fn next_hour(&mut self) -> bool {
        if let Some((line, record)) = self.keeper.as_ref().and_then(Keeper::unpublished) {
            (self.line, self.messages) = (Some(*line), messages(record, &self.settings).into());
        } else if let Some(record) = self.loose.pop_front() {
            (self.line, self.messages) = (None, messages(&record, &self.settings).into());
        } else {
            return false;
        }
        if self.messages.is_empty() {
            self.hour_is_published();
        }
        true
    }

    fn hour_is_published(&mut self) {
        if self.line.take().is_some()
            && let Some(keeper) = &mut self.keeper
        {
            keeper.set_published();
            // At the next reading: a kill until then publishes it twice, under the same ids.
            self.due = Duration::ZERO;
        }
    }
}

/// Stores a message. Its id has the number of its line, which is given once, whatever the clock says.
fn store(
    data: CoverageData,
    line: Option<u64>,
    outbox: &Outbox,
    sender: &Sender,
    at: Timestamp,
) -> Result<(), outbox::OutboxError> {
    let record = outbox::Record {
        kind: Kind::Count,
        alert_id: None,
        rev: 0,
        level: None,
        phase_end: false,
        topic_suffix: COVERAGE.topic.to_owned(),
        at: data.from.0,
        state: None,
    };
    let sender = sender.clone();
    let stored = outbox.append(record, move |seq| {
        let (from, until) = (data.from.0.as_second(), data.until.0.as_second());
        let number = line.map_or_else(|| format!("{}-{}", seq.stream, seq.n), |line| line.to_string());
        let id = format!("coverage.{}.{from}.{until}.{number}", data.camera);
        let seq = SeqData { stream: seq.stream.to_string(), n: seq.n };
        sender.event(id, None, at, CoverageData { seq, ..data })
    });
    stored.map(|_| ())
}

/// An hour as the centre gets it: a message for each camera.
pub(super) fn messages(record: &Record, settings: &Settings) -> Vec<CoverageData> {
    let mut cameras: BTreeMap<&str, Vec<RuleCoverage>> = BTreeMap::new();
    for stretch in record.rules.iter().filter(|stretch| stretch.ms.total_ms() > 0) {
        for (camera, rules) in &stretch.of {
            let of_camera = cameras.entry(camera).or_default();
            of_camera.extend(rules.iter().map(|rule| published(rule, stretch)));
        }
    }
    let messages = cameras.into_iter().filter_map(|(id, mut rules)| {
        // One that is no longer configured has no place any more.
        let grid = settings.grids.get(id)?;
        rules.sort_by(|a, b| a.rule.cmp(&b.rule));
        Some(CoverageData {
            // Given when it is stored.
            seq: SeqData { stream: String::new(), n: 0 },
            mode: settings.mode,
            camera: id.to_owned(),
            grid: grid.to_string(),
            from: record.from,
            until: record.until,
            rules,
            omitted: 0,
        })
    });
    messages.collect()
}

pub(super) fn published(rule: &str, stretch: &Stretch) -> RuleCoverage {
    let secs = |ms: u64| ms as f64 / 1_000.0;
    let not = stretch.ms.lasting().filter(|(state, _)| *state != CoverageState::Watched);
    RuleCoverage {
        rule: rule.to_owned(),
        from: stretch.from,
        until: stretch.until,
        clock_set_secs: (stretch.shift_ms != 0).then_some(stretch.shift_ms as f64 / 1_000.0),
        watched_secs: secs(stretch.ms.ms(CoverageState::Watched)),
        not: not.map(|(state, ms)| StateSecs { state, secs: secs(ms) }).collect(),
    }
}

#[cfg(test)]
mod tests;
