//! One thing that is tried, on its thread: it is judged, held back, and ended where it takes too long or too much memory.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::super::slider::{Kept, Slider, Value};
use super::{Asked, Backtest, Held, Made, Report, State, first_of, forget_the_oldest};
use crate::comparison::{Comparison, Difference};
use crate::config::Config;
use crate::retune::{Request, SoFar, Unjudged, retune_while};
use crate::text::{Sentence, page_curve, page_past as say, page_timeline, retune as say_retune};
use crate::tune::{self, Curve, Fate, Question, Step, Untuned};
use crate::web::timeline::hours::part_of;
use crate::web::worker::{Brake, Halt, Progress};

/// The largest report.
const REPORT_BYTES: usize = 2 << 20;
/// Threads that judge values at most, as `tune` has them.
const MOST_JUDGING: usize = 8;
/// Width and height of a small picture in the report.
const SMALL: (u32, u32) = (320, 180);

/// One that is judged.
pub(super) struct Work {
    pub(super) id: u64,
    pub(super) asked: Asked,
    pub(super) most: Held,
    pub(super) list: Arc<Mutex<VecDeque<Backtest>>>,
    pub(super) changed: watch::Sender<u64>,
}

impl Work {
    pub(super) fn go_on(self, brake: &Brake) {
        let state = match catch_unwind(AssertUnwindSafe(|| self.judge(brake))) {
            Ok(Ok(made)) => State::Done(Arc::new(made)),
            Ok(Err(ended)) => ended.state(),
            Err(thrown) => match thrown.downcast::<Ended>() {
                Ok(ended) => ended.state(),
                Err(_) => State::Failed(say::panicked(), None),
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
                (revisions > self.most.revisions).then(|| {
                    let why = say::too_many_alerts(self.most.revisions.to_string());
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
            let ended = brake.hold_all(threads as u32).map_err(Ended::from).err().or_else(|| {
                (step.alerts > self.most.alerts).then(|| {
                    let why = page_curve::too_many_alerts(self.most.alerts.to_string());
                    Ended::Because(why, Some(page_curve::try_fewer_days()))
                })
            });
            if let Some(ended) = ended {
                // There is no other way out of it; whoever began it takes this for what it is.
                resume_unwind(Box::new(ended));
            }
        };
        let curve = tune::curve(question, parameter, &mut progress);
        let (curve, recommended) = curve.map_err(|why| untuned(why, &question.config))?;
        if curve.points.iter().all(|point| point.told == 0) {
            return Err(Ended::Because(page_curve::nothing_to_turn(), None));
        }
        if curve.points.len() < 2 {
            return Err(Ended::Because(page_curve::no_other_value(), None));
        }
        Ok(Made::Slider(slider(&curve), recommended))
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
fn slider(curve: &Curve) -> Slider {
    let kept = |fate: &Fate| Kept { told: fate.told, all: fate.all };
    let values = curve.points.iter().map(|point| Value {
        typed: point.value.to_string(),
        shown: curve.parameter.shown(point.value),
        in_force: point.value.total_cmp(&curve.in_force).is_eq(),
        told: point.told,
        per_day: point.per_day,
        confirmed: kept(&point.confirmed),
        false_alarms: kept(&point.false_alarms),
        missed_elsewhere: point.elsewhere.missed,
    });
    Slider { parameter: curve.parameter.sentence(), values: values.collect() }
}

fn report(mut comparison: Comparison) -> Result<Report, Ended> {
    comparison.after = say::the_change().into();
    for (alert, picture) in &mut comparison.pictures {
        // The page shows it only if it is the very one that was published.
        picture.shown_at = Some(format!("/alerts/{}/pictures/1", alert.0));
        picture.size = SMALL;
    }
    let summary = comparison.price().sentences();
    let changes_nothing = comparison.differences.iter().all(Difference::is_same);
    let html = comparison.embedded().into_string();
    if html.len() > REPORT_BYTES {
        let why = say::is_too_long((REPORT_BYTES >> 20).to_string());
        return Err(Ended::Because(why, Some(say::try_less())));
    }
    Ok(Report { summary, changes_nothing, html })
}
