//! Changes that are tried on the last days of the box, and the values of a parameter: one at a time, on a thread of its own
//! (`worker`), with bounds on its time, its memory and its report; the latest results are kept in memory.
//!
//! What judges is `retune`, what it writes is `comparison`'s report, as on the command line; what the values of a parameter would
//! have made is `tune`'s. Must never change anything, and never hold a picture: the report names where the page shows what
//! was published.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::slider::{Kept, Slider, Value};
use crate::analysis::detection::class_words;
use crate::analysis::time::Timestamp;
use crate::comparison::Comparison;
use crate::config::edit::Edit;
use crate::config::{Config, Problems, Surroundings};
use crate::control::overrides::Settings;
use crate::control::settings;
use crate::retune::{Request, SoFar, Unjudged, retune_while};
use crate::text::{
    Sentence, Words, page as say_page, page_curve, page_past as say, page_timeline, retune as say_retune,
};
use crate::tune::{self, Curve, Fate, Question, Recommended, Step, Untuned};
use crate::web::timeline::hours::part_of;
use crate::web::worker::{Brake, Halt, NotBegun, Progress, Worker};

/// Results that are kept.
pub(super) const MOST: usize = 8;
/// The largest report, and all of them together.
const REPORT_BYTES: usize = 2 << 20;
const ALL_BYTES: usize = 8 << 20;
/// Revisions in memory at most while it is judged: each takes about a kilobyte.
const MOST_REVISIONS: usize = 20_000;
/// Threads that judge values at most, as `tune` has them.
const MOST_JUDGING: usize = 8;
/// Days that may be tried, the usual one second.
pub(super) const DAYS: [u16; 3] = [1, 3, 7];
pub(super) const USUAL_DAYS: u16 = DAYS[1];
/// What was cancelled ends within this.
const ENDS_WITHIN: Duration = Duration::from_secs(2);
const DAY: Duration = Duration::from_secs(86_400);
/// What the name of a threshold begins with.
pub(super) const THRESHOLD: &str = "thresholds.";
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

/// A parameter of a rule at a camera, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turned {
    pub(super) rule: String,
    pub(super) camera: String,
    pub(super) parameter: String,
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
    /// The parameter whose values are tried; `None`: one change is.
    pub(super) turned: Option<Turned>,
    pub(super) state: State,
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
    /// What each value of a parameter makes, where the model recommends these thresholds.
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
        let one = Backtest { id: 0, by, at, days, cameras, whys, text, proposal, turned, state };
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
            whys: vec![page_curve::of_rule(rule, camera.as_str(), name_of(&parameter))],
            cameras: vec![camera],
            text: text.into(),
            proposal: None,
            turned: Some(turned),
            state: State::Running(Progress::BEGUN),
        };
        self.go(one, Asked::Values(Box::new(question), parameter))
    }

    fn go(&self, one: Backtest, asked: Asked) -> Result<u64, Sentence> {
        self.is_free()?;
        // One that was cancelled, or has just been done, is about to end.
        self.worker.is_free_within(ENDS_WITHIN);
        let mut list = self.list.lock();
        let id = free_id(&list, one.at);
        let work = Work { id, asked, list: self.list.clone(), changed: self.changed.clone() };
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

/// What a parameter is called.
pub(super) fn name_of(parameter: &str) -> Words {
    match parameter.strip_prefix(THRESHOLD) {
        Some(class) => page_curve::threshold_of(class_words(class)).into(),
        None if parameter == "for_secs" => page_curve::for_secs().into(),
        None if parameter == "at_least" => page_curve::at_least().into(),
        None if parameter == "min_height" => page_curve::min_height().into(),
        None => parameter.to_owned().into(),
    }
}

/// What is judged.
enum Asked {
    Change(Box<Request>),
    /// The values of the parameter of that name.
    Values(Box<Question>, String),
}

/// One that is judged.
struct Work {
    id: u64,
    asked: Asked,
    list: Arc<Mutex<VecDeque<Backtest>>>,
    changed: watch::Sender<u64>,
}

impl Work {
    fn go_on(self, brake: &Brake) {
        let state = match catch_unwind(AssertUnwindSafe(|| self.judge(brake))) {
            Ok(Ok(made)) => State::Done(Arc::new(made)),
            Ok(Err(ended)) => ended.state(),
            Err(thrown) => match thrown.downcast_ref::<Halt>() {
                Some(halt) => Ended::from(*halt).state(),
                None => State::Failed(say::panicked(), None),
            },
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

    fn judge(&self, brake: &Brake) -> Result<Made, Ended> {
        match &self.asked {
            Asked::Change(request) => self.compare(request, brake).map(Made::Report),
            Asked::Values(question, parameter) => self.measure(question, parameter, brake),
        }
    }

    fn compare(&self, request: &Request, brake: &Brake) -> Result<Report, Ended> {
        let (mut halt, mut percent) = (None, 0);
        let mut goes_on = |so_far: SoFar| {
            let SoFar { at, cpu, revisions } = so_far;
            let part = part_of(request.from, request.to, at);
            self.is_at(Progress::new(part, brake.elapsed()), &mut percent);
            let held = brake.hold(cpu).map_err(Ended::from);
            halt = held.err().or_else(|| {
                (revisions > MOST_REVISIONS).then(|| {
                    let why = say::too_many_alerts(MOST_REVISIONS.to_string());
                    Ended::Because(why, Some(say::try_less()))
                })
            });
            halt.is_none()
        };
        let judged = retune_while(request, &mut goes_on);
        match (judged, halt) {
            (_, Some(ended)) => Err(ended),
            (Ok(comparison), None) => report(comparison),
            (Err(why), None) => Err(because(why, &request.new)),
        }
    }

    fn measure(&self, question: &Question, parameter: &str, brake: &Brake) -> Result<Made, Ended> {
        // Those that judge, and the one that reads.
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_JUDGING) + 1;
        let mut percent = 0;
        let mut progress = |step: Step| {
            let part = part_of(question.from, question.to, step.at);
            let part = (step.pass.saturating_sub(1) as f64 + part) / step.passes.max(1) as f64;
            self.is_at(Progress::new(part, brake.elapsed()), &mut percent);
            if let Err(halt) = brake.hold_all(threads as u32) {
                // There is no other way out of it; whoever began it takes this for what it is.
                resume_unwind(Box::new(halt));
            }
        };
        let curve = tune::curve(question, parameter, &mut progress);
        let (curve, recommended) = curve.map_err(|why| untuned(why, &question.config))?;
        if curve.points.iter().all(|point| point.told == 0) {
            return Err(Ended::Because(page_curve::nothing_to_turn(), None));
        }
        Ok(Made::Slider(slider(&curve, parameter), recommended))
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
}

/// Why there is no result.
#[derive(Debug)]
enum Ended {
    Cancelled,
    Because(Sentence, Option<Sentence>),
}

impl From<Halt> for Ended {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Cancelled => Ended::Cancelled,
            Halt::TooLong => Ended::Because(say::took_too_long(), Some(say::try_less())),
        }
    }
}

impl Ended {
    fn state(self) -> State {
        match self {
            Ended::Cancelled => State::Cancelled,
            Ended::Because(why, hint) => State::Failed(why, hint),
        }
    }
}

fn because(why: Unjudged, config: &Config) -> Ended {
    let (why, hint) = match why {
        Unjudged::NoJournal { .. } => (page_timeline::empty_journal(), None),
        Unjudged::Unreadable(error) => (page_timeline::unreadable(error.to_string()), None),
        Unjudged::TooShort { begins, .. } => {
            let begins = begins.to_zoned(config.site.time_zone.clone());
            (say::too_little(begins.strftime("%Y-%m-%d %H:%M").to_string()), None)
        }
        Unjudged::UnknownCamera { camera, .. } => (say_retune::unknown_camera(camera), None),
        Unjudged::New(problems) => (first_of(&problems), None),
        Unjudged::Old(of) => (say::old_unreadable(of.0.display()), None),
        Unjudged::Unknown(error) => (say::does_not_fit(error.sentence()), Some(error.hint())),
        Unjudged::Several(all) => match all.into_iter().next() {
            Some(first) => return because(first, config),
            None => (page_timeline::empty_journal(), None),
        },
        Unjudged::Stopped => return Ended::Cancelled,
    };
    Ended::Because(why, hint)
}

fn untuned(why: Untuned, config: &Config) -> Ended {
    match why {
        Untuned::Unjudged(why) => because(why, config),
        Untuned::UnknownRule { .. } | Untuned::Elsewhere { .. } | Untuned::UnknownParameter { .. } => {
            Ended::Because(page_curve::no_such(), None)
        }
        Untuned::ShorterThanBudget => Ended::Because(page_curve::nothing_to_turn(), None),
        Untuned::Unchangeable(why) => Ended::Because(say::does_not_fit(why), None),
    }
}

/// As the page shows it.
fn slider(curve: &Curve, parameter: &str) -> Slider {
    let kept = |fate: &Fate| Kept { told: fate.told, all: fate.all };
    let values = curve.points.iter().map(|point| Value {
        typed: point.value.to_string(),
        shown: curve.parameter.shown(point.value),
        told: point.told,
        per_day: point.per_day,
        confirmed: kept(&point.confirmed),
        false_alarms: kept(&point.false_alarms),
        missed_elsewhere: point.elsewhere.missed,
    });
    Slider { parameter: name_of(parameter), values: values.collect() }
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
        if let State::Done(made) = &one.state {
            bytes += made.bytes();
        }
        bytes <= ALL_BYTES
    });
}

#[cfg(test)]
mod tests;
