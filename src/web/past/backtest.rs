//! Changes that are tried on the last days of the box, and the values of a parameter: one at a time, on a thread of its own
//! (`worker`), with bounds on its time, its memory and its report; the latest results are kept in memory.
//!
//! What judges is `retune`, what it writes is `comparison`'s report, as on the command line; what the values of a parameter would
//! have made is `tune`'s. Must never change anything, and never hold a picture: the report names where the page shows what
//! was published.

mod work;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::slider::Slider;
use crate::analysis::time::Timestamp;
use crate::config::edit::{self, Edit};
use crate::config::{Config, Problems, Surroundings};
use crate::control::overrides::Settings;
use crate::control::settings;
use crate::retune::Request;
use crate::text::{Sentence, Words, page as say_page, page_changes, page_curve, page_past as say};
use crate::tune::{Parameter, Question, Recommended};
use crate::web::worker::{NotBegun, Progress, Worker};
use work::Work;

/// Results that are kept.
pub(super) const MOST: usize = 8;
/// All reports together.
const ALL_BYTES: usize = 8 << 20;
/// What is in memory at most while it is judged: some twenty megabytes (a guess).
const MOST_HELD: Held = Held { revisions: 20_000, alerts: 40_000 };
/// Days that may be tried, the usual one second.
pub(super) const DAYS: [u16; 3] = [1, 3, 7];
pub(super) const USUAL_DAYS: u16 = DAYS[1];
/// What was cancelled ends within this.
const ENDS_WITHIN: Duration = Duration::from_secs(2);
const DAY: Duration = Duration::from_secs(86_400);

/// A change that is to be tried.
#[derive(Debug)]
pub(in crate::web) struct Change {
    /// The configuration as it would be.
    pub(in crate::web) text: String,
    /// What would change, in words.
    pub(in crate::web) whys: Vec<Sentence>,
    /// The cameras that it is about; all if empty.
    pub(in crate::web) cameras: Vec<String>,
    /// How it is proposed afterwards; `None`: it is proposed already.
    pub(in crate::web) proposal: Option<ToPropose>,
    /// Where it goes on from other changes of its maker, so that its edits are not all of it: the digest of what ran when it was
    /// made.
    pub(in crate::web) ran: Option<String>,
}

/// A change that may be proposed.
#[derive(Debug, Clone)]
pub(in crate::web) struct ToPropose {
    pub(in crate::web) edits: Vec<Edit>,
    /// What would change, in words.
    pub(in crate::web) why: Sentence,
    /// Where somebody goes on afterwards.
    pub(in crate::web) back_to: String,
}

/// A parameter of a rule at a camera, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turned {
    pub(super) rule: String,
    pub(super) camera: String,
    pub(super) parameter: Parameter,
}

/// What the box is while it is tried.
pub(super) struct Here {
    pub(super) file: PathBuf,
    pub(super) journal: PathBuf,
    /// Values from the command centre, which count beside the file's.
    pub(super) set_values: Option<String>,
    pub(super) now: Timestamp,
}

/// One that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Backtest {
    pub(super) id: u64,
    /// Who asked.
    pub(super) by: String,
    pub(super) at: Timestamp,
    pub(super) days: u16,
    pub(super) cameras: Vec<String>,
    pub(super) whys: Vec<Sentence>,
    /// The configuration that is tried.
    pub(super) text: Arc<str>,
    pub(super) proposal: Option<ToPropose>,
    /// As in [`Change`].
    pub(super) ran: Option<String>,
    /// The parameter whose values are tried; `None`: one change is.
    pub(super) turned: Option<Turned>,
    pub(super) state: State,
}

impl Backtest {
    /// The configuration that is to judge beside the one that runs by now: that one with this change. What others changed since it was
    /// tried stays.
    pub(super) fn beside(&self, running: &Config) -> Result<String, Sentence> {
        match &self.ran {
            Some(ran) if *ran == running.sha256 => return Ok(self.text.to_string()),
            Some(_) => return Err(say::changed_since()),
            None => {}
        }
        let edits = self.proposal.as_ref().map_or(&[][..], |proposal| &proposal.edits);
        let text = edit::apply(running.text(), edits).map_err(page_changes::cannot_change)?;
        if text == running.text() { Err(page_changes::nothing_would_change()) } else { Ok(text) }
    }
}

#[derive(Debug, Clone)]
pub(super) enum State {
    Running(Progress),
    Done(Arc<Made>),
    /// Why there is no result, and what to try.
    Failed(Sentence, Option<Sentence>),
    Cancelled,
}

#[derive(Debug)]
pub(super) enum Made {
    /// What one change makes.
    Report(Report),
    /// What each value of a parameter makes.
    Slider(Slider, Recommended),
}

impl Made {
    fn bytes(&self) -> usize {
        match self {
            Made::Report(report) => report.html.len(),
            // A score of values.
            Made::Slider(..) => 0,
        }
    }
}

#[derive(Debug)]
pub(super) struct Report {
    /// What it comes to.
    pub(super) summary: Vec<Sentence>,
    /// No alert would be another one.
    pub(super) changes_nothing: bool,
    pub(super) html: String,
}

/// How much is in memory while it is judged.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// Revisions that both configurations make, of about a kilobyte each.
    revisions: usize,
    /// Alerts that all values of a parameter make, of about half of that each.
    alerts: usize,
}

/// All of them, the latest first.
#[derive(Debug)]
pub(in crate::web) struct Backtests {
    worker: Worker,
    most: Held,
    list: Arc<Mutex<VecDeque<Backtest>>>,
    /// A new number whenever one is further.
    changed: watch::Sender<u64>,
}

impl Backtests {
    pub(in crate::web) fn new(changed: watch::Sender<u64>) -> Self {
        let worker = Worker::new("page-past");
        Backtests { worker, most: MOST_HELD, list: Arc::default(), changed }
    }

    /// Begins one for that person; its id. Reads the configuration, so it is for a thread that may wait.
    pub(super) fn begin(&self, by: &str, days: u16, change: Change, here: Here) -> Result<u64, Sentence> {
        let Change { text, whys, cameras, proposal, ran } = change;
        let (days, from) = since(days, here.now);
        let request = Request {
            new: config_of(&here, &text)?,
            journal: here.journal,
            from,
            to: here.now,
            cameras: cameras.clone(),
            pictures: false,
        };
        let (by, at, state) = (by.to_owned(), here.now, State::Running(Progress::BEGUN));
        let (text, turned) = (text.into(), None);
        let one = Backtest { id: 0, by, at, days, cameras, whys, text, proposal, ran, turned, state };
        self.go(one, Asked::Change(Box::new(request)))
    }

    /// The same of the values of a parameter, in that text.
    pub(super) fn begin_values(
        &self,
        by: &str,
        days: u16,
        text: &str,
        turned: Turned,
        here: Here,
    ) -> Result<u64, Sentence> {
        let (days, from) = since(days, here.now);
        let question = Question {
            config: config_of(&here, text)?,
            journal: here.journal,
            from,
            to: here.now,
            rules: vec![turned.rule.clone()],
            cameras: vec![turned.camera.clone()],
        };
        let Turned { rule, camera, parameter } = turned.clone();
        let one = Backtest {
            id: 0,
            by: by.to_owned(),
            at: here.now,
            days,
            whys: vec![page_curve::of_rule(rule, camera.as_str(), parameter.sentence())],
            cameras: vec![camera],
            text: text.into(),
            proposal: None,
            ran: None,
            turned: Some(turned),
            state: State::Running(Progress::BEGUN),
        };
        self.go(one, Asked::Values(Box::new(question), parameter.name()))
    }

    fn go(&self, one: Backtest, asked: Asked) -> Result<u64, Sentence> {
        self.is_free()?;
        // One that was cancelled, or has just been done, is about to end.
        self.worker.is_free_within(ENDS_WITHIN);
        let mut list = self.list.lock();
        let id = free_id(&list, one.at);
        let (list_of_work, changed) = (self.list.clone(), self.changed.clone());
        let work = Work { id, asked, most: self.most, list: list_of_work, changed };
        match self.worker.begin(move |brake| work.go_on(brake)) {
            Ok(()) => {}
            // Somebody else was faster.
            Err(NotBegun::Busy) => return Err(say_page::too_many_at_once()),
            Err(NotBegun::NoThread(error)) => return Err(say_page::no_thread(error.to_string())),
        }
        list.push_front(Backtest { id, ..one });
        list.truncate(MOST);
        drop(list);
        self.changed.send_modify(|number| *number += 1);
        Ok(id)
    }

    /// Says whose is being judged, while one is.
    fn is_free(&self) -> Result<(), Sentence> {
        let list = self.list.lock();
        let running = list.iter().find(|one| matches!(one.state, State::Running(_)));
        running.map_or(Ok(()), |running| Err(say::is_busy(running.by.as_str())))
    }

    pub(super) fn get(&self, id: u64) -> Option<Backtest> {
        self.list.lock().iter().find(|one| one.id == id).cloned()
    }

    pub(super) fn all(&self) -> Vec<Backtest> {
        self.list.lock().iter().cloned().collect()
    }

    /// It is judged no further. One that is done stays as it is.
    pub(super) fn cancel(&self, id: u64) {
        let mut list = self.list.lock();
        let running = list.iter_mut().find(|one| one.id == id && matches!(one.state, State::Running(_)));
        if let Some(running) = running {
            running.state = State::Cancelled;
            self.worker.cancel();
        }
        drop(list);
        self.changed.send_modify(|number| *number += 1);
    }

    /// Forgets a result.
    pub(super) fn remove(&self, id: u64) {
        self.cancel(id);
        self.list.lock().retain(|one| one.id != id);
    }

    pub(in crate::web) fn stop(&self, within: Duration) {
        self.worker.stop(within);
    }
}

/// An old address never shows something else: ids are times.
fn free_id(list: &VecDeque<Backtest>, now: Timestamp) -> u64 {
    let now = now.as_millisecond().max(0).unsigned_abs();
    list.iter().map(|one| one.id + 1).fold(now, u64::max)
}

/// The days that may be tried, and when they begin.
fn since(days: u16, now: Timestamp) -> (u16, Timestamp) {
    let days = if DAYS.contains(&days) { days } else { USUAL_DAYS };
    (days, now.checked_sub(DAY * u32::from(days)).unwrap_or(Timestamp::MIN))
}

/// The configuration as it would run: with what the command centre set.
fn config_of(here: &Here, text: &str) -> Result<Config, Sentence> {
    let path = &here.file;
    let config = Config::from_text(path, text, &Surroundings::of(path)).map_err(|why| first_of(&why))?;
    let set = here.set_values.as_deref().and_then(|text| serde_json::from_str::<Settings>(text).ok());
    Ok(match set {
        Some(set) => settings::apply(config, &set),
        None => config,
    })
}

fn first_of(problems: &Problems) -> Sentence {
    let first = problems.list.first().map(|problem| problem.what.clone());
    say::does_not_fit(first.unwrap_or_else(|| Words::from(String::new())))
}

/// What is judged.
enum Asked {
    Change(Box<Request>),
    /// The values of the parameter of that name.
    Values(Box<Question>, String),
}

/// Of reports that are too large together the oldest go.
fn forget_the_oldest(list: &mut VecDeque<Backtest>) {
    let mut bytes = 0;
    list.retain(|one| {
        if let State::Done(made) = &one.state {
            bytes += made.bytes();
        }
        bytes <= ALL_BYTES
    });
}

#[cfg(test)]
mod tests;
