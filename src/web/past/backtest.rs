//! Changes that are tried on the last days of the box: one at a time, on a thread of its own (`worker`), with bounds on its
//! time, its memory and its report; the latest reports are kept in memory.
//!
//! What judges is `retune`, what it writes is `comparison`'s report, as on the command line. Must never change anything, and
//! never hold a picture: the report names where the page shows what was published.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::analysis::time::Timestamp;
use crate::comparison::Comparison;
use crate::config::edit::Edit;
use crate::config::{Config, Problems, Surroundings};
use crate::control::overrides::Settings;
use crate::control::settings;
use crate::retune::{Request, SoFar, Unjudged, retune_while};
use crate::text::{Sentence, Words, page as say_page, page_past as say, page_timeline, retune as say_retune};
use crate::web::timeline::hours::part_of;
use crate::web::worker::{Brake, Halt, NotBegun, Progress, Worker};

/// Reports that are kept.
pub(super) const MOST: usize = 8;
/// The largest report, and all of them together.
const REPORT_BYTES: usize = 2 << 20;
const ALL_BYTES: usize = 8 << 20;
/// Revisions in memory at most while it is judged: each takes about a kilobyte.
const MOST_REVISIONS: usize = 20_000;
/// Days that may be tried, the usual one second.
pub(in crate::web) const DAYS: [u16; 3] = [1, 3, 7];
pub(in crate::web) const USUAL_DAYS: u16 = DAYS[1];
const DAY: Duration = Duration::from_secs(86_400);
/// Width and height of a small picture in the report.
const SMALL: (u32, u32) = (320, 180);

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
    pub(super) proposal: Option<ToPropose>,
    pub(super) state: State,
}

#[derive(Debug, Clone)]
pub(super) enum State {
    Running(Progress),
    Done(Arc<Report>),
    /// Why there is no report, and what to try.
    Failed(Sentence, Option<Sentence>),
    Cancelled,
}

#[derive(Debug)]
pub(super) struct Report {
    /// What it comes to.
    pub(super) summary: Vec<Sentence>,
    pub(super) html: String,
}

/// All of them, the latest first.
#[derive(Debug)]
pub(in crate::web) struct Backtests {
    worker: Worker,
    list: Arc<Mutex<VecDeque<Backtest>>>,
    /// A new number whenever one is further.
    changed: watch::Sender<u64>,
}

impl Backtests {
    pub(in crate::web) fn new(changed: watch::Sender<u64>) -> Self {
        Backtests { worker: Worker::new("page-past"), list: Arc::default(), changed }
    }

    /// Begins one for that person; its id. Reads the configuration, so it is for a thread that may wait.
    pub(super) fn begin(&self, by: &str, days: u16, change: Change, here: Here) -> Result<u64, Sentence> {
        let Change { text, whys, cameras, proposal } = change;
        let new = config_of(&here, &text)?;
        let days = if DAYS.contains(&days) { days } else { USUAL_DAYS };
        let from = here.now.checked_sub(DAY * u32::from(days)).unwrap_or(Timestamp::MIN);
        let request = Request {
            journal: here.journal,
            new,
            from,
            to: here.now,
            cameras: cameras.clone(),
            pictures: false,
        };
        let mut list = self.list.lock();
        if let Some(running) = list.iter().find(|one| matches!(one.state, State::Running(_))) {
            return Err(say::is_busy(running.by.as_str()));
        }
        let id = self.free_id(&list, here.now);
        let work = Work { id, request, list: self.list.clone(), changed: self.changed.clone() };
        match self.worker.begin(move |brake| work.go_on(brake)) {
            Ok(()) => {}
            // One that was cancelled is about to end.
            Err(NotBegun::Busy) => return Err(say_page::too_many_at_once()),
            Err(NotBegun::NoThread(error)) => return Err(say_page::no_thread(error.to_string())),
        }
        let state = State::Running(Progress::BEGUN);
        list.push_front(Backtest {
            id,
            by: by.to_owned(),
            at: here.now,
            days,
            cameras,
            whys,
            proposal,
            state,
        });
        list.truncate(MOST);
        drop(list);
        self.changed.send_modify(|number| *number += 1);
        Ok(id)
    }

    /// An old address never shows something else: ids are times.
    fn free_id(&self, list: &VecDeque<Backtest>, now: Timestamp) -> u64 {
        let now = now.as_millisecond().max(0).unsigned_abs();
        list.iter().map(|one| one.id + 1).fold(now, u64::max)
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

    /// Forgets a report.
    pub(super) fn remove(&self, id: u64) {
        self.cancel(id);
        self.list.lock().retain(|one| one.id != id);
    }

    pub(in crate::web) fn stop(&self, within: Duration) {
        self.worker.stop(within);
    }
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

/// One that is judged.
struct Work {
    id: u64,
    request: Request,
    list: Arc<Mutex<VecDeque<Backtest>>>,
    changed: watch::Sender<u64>,
}

impl Work {
    fn go_on(self, brake: &Brake) {
        let made = catch_unwind(AssertUnwindSafe(|| self.judge(brake)));
        let state = match made {
            Ok(Ok(report)) => State::Done(Arc::new(report)),
            Ok(Err(Ended::Cancelled)) => State::Cancelled,
            Ok(Err(Ended::Because(why, hint))) => State::Failed(why, hint),
            Err(_) => State::Failed(say::panicked(), None),
        };
        let mut list = self.list.lock();
        if let Some(own) = list.iter_mut().find(|one| one.id == self.id) {
            // Whoever cancelled it reads so also where it was done a moment before.
            if !matches!(own.state, State::Cancelled) {
                own.state = state;
            }
        }
        forget_the_oldest(&mut list);
        drop(list);
        self.changed.send_modify(|number| *number += 1);
    }

    fn judge(&self, brake: &Brake) -> Result<Report, Ended> {
        let (mut halt, mut percent) = (None, 0);
        let mut goes_on = |so_far: SoFar| {
            let SoFar { at, cpu, revisions } = so_far;
            let part = part_of(self.request.from, self.request.to, at);
            let progress = Progress::new(part, brake.elapsed());
            self.is_at(progress, &mut percent);
            let held = brake.hold(cpu).map_err(|halt| match halt {
                Halt::Cancelled => Ended::Cancelled,
                Halt::TooLong => Ended::Because(say::took_too_long(), Some(say::try_less())),
            });
            let is_too_much = revisions > MOST_REVISIONS;
            halt = held.err().or_else(|| {
                is_too_much.then(|| {
                    let why = say::too_many_alerts(MOST_REVISIONS.to_string());
                    Ended::Because(why, Some(say::try_less()))
                })
            });
            halt.is_none()
        };
        let judged = retune_while(&self.request, &mut goes_on);
        match (judged, halt) {
            (_, Some(ended)) => Err(ended),
            (Ok(comparison), None) => report(comparison),
            (Err(why), None) => Err(self.because(why)),
        }
    }

    fn is_at(&self, progress: Progress, percent: &mut u8) {
        let mut list = self.list.lock();
        let own = list.iter_mut().find(|one| one.id == self.id);
        if let Some(Backtest { state: State::Running(known), .. }) = own {
            *known = progress;
        }
        drop(list);
        if progress.percent() != *percent {
            *percent = progress.percent();
            self.changed.send_modify(|number| *number += 1);
        }
    }

    fn because(&self, why: Unjudged) -> Ended {
        let zone = &self.request.new.site.time_zone;
        let (why, hint) = match why {
            Unjudged::NoJournal => (page_timeline::empty_journal(), None),
            Unjudged::Unreadable(error) => (page_timeline::unreadable(error.to_string()), None),
            Unjudged::TooShort { begins } => {
                let begins = begins.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
                (say::too_little(begins), None)
            }
            Unjudged::UnknownCamera { camera, .. } => (say_retune::unknown_camera(camera), None),
            Unjudged::New(problems) => (first_of(&problems), None),
            Unjudged::Old(of) => (say::old_unreadable(of.0.display()), None),
            Unjudged::Unknown(error) => (say::does_not_fit(error.sentence()), Some(error.hint())),
            Unjudged::Stopped => return Ended::Cancelled,
        };
        Ended::Because(why, hint)
    }
}

/// Why there is no report.
#[derive(Debug)]
enum Ended {
    Cancelled,
    Because(Sentence, Option<Sentence>),
}

fn report(mut comparison: Comparison) -> Result<Report, Ended> {
    comparison.after = say::the_change().into();
    for (alert, picture) in &mut comparison.pictures {
        // The page shows it only if it is the very one that was published.
        picture.shown_at = Some(format!("/alerts/{}/pictures/1", alert.0));
        picture.size = SMALL;
    }
    let summary = comparison.price().sentences();
    let html = comparison.embedded().into_string();
    if html.len() > REPORT_BYTES {
        let why = say::is_too_long((REPORT_BYTES >> 20).to_string());
        return Err(Ended::Because(why, Some(say::try_less())));
    }
    Ok(Report { summary, html })
}

/// Of reports that are too large together the oldest go.
fn forget_the_oldest(list: &mut VecDeque<Backtest>) {
    let mut bytes = 0;
    list.retain(|one| {
        if let State::Done(report) = &one.state {
            bytes += report.html.len();
        }
        bytes <= ALL_BYTES
    });
}

#[cfg(test)]
mod tests;
