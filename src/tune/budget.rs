//! A search for a configuration whose alerts keep within a budget: `6/hour` is what one person can take on beside other work, by
//! the yardstick of control rooms (EEMUA 191: one alarm in ten minutes, on the average).
//!
//! The budget is of the average over the time that is judged; how many the busiest hour or day had is said beside it. What is
//! tried are the values of the curves: thresholds, durations, how many at once and least heights, each above the one in force
//! and within the steps and limits of [`super::parameter`]. Beliefs of signals are not turned: they are shared by all that feed
//! them.
//!
//! The search is greedy, in at most [`ROUNDS`] rounds, and gives the same twice. In a round every value is judged alone beside the
//! configuration as it is by then. Of those that lose no confirmed alert the cheapest is taken: the one that loses the
//! fewest unjudged alerts for each alert that it saves, then the shortest delay; if one saves all that is still too much, the
//! one that does so at the least loss. Values that touch the same alerts are not taken in the same round, so what they save adds up.
//! Then all that was taken is judged together, and the next round begins from there. Only when no value is left that loses
//! nothing confirmed, those that do are taken, the fewest for each alert first. It ends within the budget, or when nothing is
//! left to turn. A better combination may exist: this one is cheap to find and can be retraced.
//!
//! Must never write or apply anything: what comes out is a text.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use similar::TextDiff;

use super::curve::{Live, Point};
use super::parameter::{Parameter, Teller, Typed};
use super::slots::{self, Setting};
use super::{Asked, Bench, Question, Step, Tried, Untuned, notes, tells};
use crate::analysis::time::Timestamp;
use crate::comparison::{AlertLife, Note};
use crate::config::Config;
use crate::contract::stream_address::redacted;
use crate::retune::judge::Judge;

/// Rounds at most.
const ROUNDS: usize = 6;
/// Who tells most, of those that are still there.
const MOST_NAMED: usize = 5;
/// Longest search for the smallest difference.
const COMPARED_WITHIN: Duration = Duration::from_secs(2);

/// How many alerts may be told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Budget {
    /// How many.
    pub(crate) alerts: f64,
    /// In which time.
    pub(crate) per: Per,
}

impl Budget {
    /// How many may be told in the time that is judged.
    fn most(self, live: &Live) -> u64 {
        let times = live.lasting().as_secs_f64() / self.per.secs() as f64;
        (self.alerts * times).floor() as u64
    }
}

/// The time that a budget is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Per {
    /// An hour.
    Hour,
    /// A day.
    Day,
}

impl Per {
    fn secs(self) -> i64 {
        match self {
            Per::Hour => 3_600,
            Per::Day => 86_400,
        }
    }

    /// Its word in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Per::Hour => "hour",
            Per::Day => "day",
        }
    }
}

/// How many alerts are told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Load {
    /// In all.
    pub(crate) told: u64,
    /// On the average in the time that the budget is of.
    pub(crate) rate: f64,
    /// In the hour or day that had most, as a clock at the site counts them.
    pub(crate) busiest: u64,
}

/// A value that is to be changed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Turned {
    pub(crate) parameter: Parameter,
    pub(crate) was: f64,
    pub(crate) is: f64,
}

/// What the search found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) budget: Budget,
    /// The file of the configuration.
    pub(crate) config: PathBuf,
    /// When what was judged begins, and when it ends.
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) zone: TimeZone,
    /// What is to be known before anybody trusts it.
    pub(crate) notes: Vec<Note>,
    /// As the configuration is.
    pub(crate) before: Load,
    /// With the changes.
    pub(crate) after: Load,
    /// What is to be changed, in the order of parameters.
    pub(crate) turned: Vec<Turned>,
    /// What the configuration makes of all alerts that are asked about or that the changes touch, and what the changes make of them.
    pub(crate) prices: (Point, Point),
    /// Who tells most with the changes: rules and signals, and how many alerts.
    pub(crate) loudest: Vec<(Arc<str>, u64)>,
    /// The text of the changed configuration.
    pub(crate) text: String,
    /// The difference to the file, for `patch`.
    pub(crate) patch: String,
}

impl Found {
    /// Whether the budget is kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.after.rate <= self.budget.alerts
    }
}

/// Searches.
///
/// # Errors
/// As [`super::tune`], or what is judged is shorter than the time that the budget is of.
pub(crate) fn search(
    question: &Question,
    budget: Budget,
    progress: &mut dyn FnMut(Step),
) -> Result<Found, Untuned> {
    let mut bench = Bench::new(question, progress)?;
    let asked = Asked::of(question, &bench.plan(&question.config))?;
    let past = bench.past(&asked)?;
    let live = &past.live;
    if live.lasting().as_secs() < budget.per.secs() {
        return Err(Untuned::ShorterThanBudget);
    }
    let load = |lives: &[Arc<AlertLife>]| loaded(live, lives, &asked, budget.per, question);
    let before = load(&past.base);
    let mut state =
        State { config: question.config.clone(), lives: past.base.clone(), turned: BTreeMap::new() };
    let most = budget.most(live);
    for _ in 0..ROUNDS {
        let too_many = load(&state.lives).told.saturating_sub(most);
        if too_many == 0 || !state.round(&mut bench, live, &asked, too_many)? {
            break;
        }
    }
    let plan = bench.plan(&question.config);
    let touched: BTreeSet<Teller> =
        state.turned.keys().flat_map(|parameter| parameter.touches(&plan)).collect();
    let is_changed = |life: &AlertLife| touched.iter().any(|teller| teller.raised(life));
    let overall = |lives: &[Arc<AlertLife>]| {
        live.point(0.0, &live.differences(lives, |_| true), |life| asked.holds(life) || is_changed(life))
    };
    Ok(Found {
        budget,
        config: question.config.path().to_owned(),
        from: live.from,
        to: live.to,
        zone: question.config.site.time_zone.clone(),
        notes: notes::of(&bench, &past),
        before,
        after: load(&state.lives),
        turned: state.turned.into_values().collect(),
        prices: (overall(&past.base), overall(&state.lives)),
        loudest: loudest(live, &state.lives, &asked),
        patch: patch(&question.config, state.config.text()),
        text: state.config.text().to_owned(),
    })
}

/// What was found so far.
struct State {
    config: Config,
    /// What it makes of the journal.
    lives: Vec<Arc<AlertLife>>,
    turned: BTreeMap<Parameter, Turned>,
}

impl State {
    /// One round; `false`: nothing is left to turn.
    fn round(
        &mut self,
        bench: &mut Bench<'_>,
        live: &Live,
        asked: &Asked,
        too_many: u64,
    ) -> Result<bool, Untuned> {
        let plan = bench.plan(&self.config);
        let mut subjects = asked.subjects(&plan);
        subjects.retain(|subject| subject.rule.is_some() && tells(subject, live, &self.lives));
        let first_plan = bench.plan(&bench.question.config);
        let first = Typed::new(bench.question.config.text(), &first_plan);
        let (ran, at_first) = (bench.ran_plan(), &first);
        // Rounds do not add up: the limits are those of the configuration as it was.
        let is_within = |parameter: &Parameter, value: f64| {
            let most = parameter.tried(at_first, &ran).last().copied();
            most.or_else(|| parameter.in_force(at_first)).is_some_and(|most| value <= most)
        };
        let measured = bench.measured(&self.config, live, &self.lives, &subjects, is_within)?;
        let mut chosen = chosen(&measured.tried, too_many);
        let typed = Typed::new(self.config.text(), &plan);
        let next = loop {
            let settings: Vec<Setting> = chosen.iter().map(|tried| tried.setting.clone()).collect();
            if settings.is_empty() {
                return Ok(false);
            }
            match slots::with(&self.config, &settings, &typed)? {
                Ok(next) => break next,
                // Each is taken alone; what does not go with the others waits for the next round.
                Err(_) => drop(chosen.pop()),
            }
        };
        for tried in chosen {
            let Setting { parameter, value } = &tried.setting;
            let was = parameter.in_force(&typed).unwrap_or_default();
            let new = || Turned { parameter: parameter.clone(), was, is: *value };
            self.turned.entry(parameter.clone()).or_insert_with(new).is = *value;
        }
        let (ran, plan) = (bench.ran_plan(), bench.plan(&next));
        let scope = bench.scope(&[&ran, &plan])?;
        let (_, gathered) = bench.judged(vec![Judge::of_changed(&scope, &next, &|_| {})])?;
        self.lives = gathered.into_iter().next().map(|one| one.lives).unwrap_or_default();
        self.config = next;
        Ok(true)
    }
}

/// What a value loses, also of what is not asked about.
#[derive(Debug, Clone, Copy)]
struct Loss {
    confirmed: f64,
    unjudged: f64,
    delay_s: f64,
}

impl Loss {
    fn of(tried: &Tried) -> Self {
        let lost = |now: u64, then: u64| now.saturating_sub(then) as f64;
        let (now, then) = &tried.all;
        Loss {
            confirmed: lost(now.confirmed.told, then.confirmed.told),
            unjudged: lost(now.unjudged.told, then.unjudged.told),
            delay_s: (then.confirmed.delay_s - now.confirmed.delay_s).max(0.0),
        }
    }

    fn for_each_of(self, saved: u64) -> Self {
        let saved = saved as f64;
        Loss {
            confirmed: self.confirmed / saved,
            unjudged: self.unjudged / saved,
            delay_s: self.delay_s / saved,
        }
    }

    /// Confirmed ones first, then unjudged ones, then the delay.
    fn compared(&self, other: &Loss) -> Ordering {
        let by_confirmed = self.confirmed.total_cmp(&other.confirmed);
        let by_unjudged = || self.unjudged.total_cmp(&other.unjudged);
        by_confirmed.then_with(by_unjudged).then_with(|| self.delay_s.total_cmp(&other.delay_s))
    }
}

fn saved(tried: &Tried) -> u64 {
    tried.asked.0.told.saturating_sub(tried.asked.1.told)
}

/// The values that are taken in one round: first such as lose nothing confirmed, and only where there are none, others.
fn chosen(tried: &[Tried], too_many: u64) -> Vec<&Tried> {
    let lossless = taken(tried, too_many, |one| Loss::of(one).confirmed == 0.0);
    if lossless.is_empty() { taken(tried, too_many, |_| true) } else { lossless }
}

fn taken(tried: &[Tried], mut too_many: u64, may_be: impl Fn(&Tried) -> bool) -> Vec<&Tried> {
    let mut taken: Vec<&Tried> = Vec::new();
    let mut touched: BTreeSet<&Teller> = BTreeSet::new();
    while too_many > 0 {
        let is_free = |one: &&Tried| {
            saved(one) > 0 && may_be(one) && one.touches.iter().all(|teller| !touched.contains(teller))
        };
        let free: Vec<&Tried> = tried.iter().filter(is_free).collect();
        let enough = free.iter().filter(|one| saved(one) >= too_many);
        // Of equal ones the first: the smaller change of the parameter that comes first.
        let least = enough.min_by(|a, b| Loss::of(a).compared(&Loss::of(b)));
        let cheapest = free.iter().min_by(|a, b| {
            let (of_a, of_b) = (saved(a), saved(b));
            let by_price = Loss::of(a).for_each_of(of_a).compared(&Loss::of(b).for_each_of(of_b));
            by_price.then(of_b.cmp(&of_a))
        });
        let Some(mut next) = cheapest.copied() else { break };
        if let Some(least) = least.copied().filter(|_| saved(next) >= too_many) {
            next = least;
        }
        too_many = too_many.saturating_sub(saved(next));
        touched.extend(&next.touches);
        taken.push(next);
    }
    taken
}

/// Who tells most.
fn loudest(live: &Live, lives: &[Arc<AlertLife>], asked: &Asked) -> Vec<(Arc<str>, u64)> {
    let mut told: BTreeMap<Arc<str>, u64> = BTreeMap::new();
    for life in lives.iter().filter(|life| live.is_within(life) && asked.holds(life)) {
        *told.entry(life.decided_by().clone()).or_default() += 1;
    }
    let mut loudest: Vec<(Arc<str>, u64)> = told.into_iter().collect();
    loudest.sort_by_key(|(_, told)| std::cmp::Reverse(*told));
    loudest.truncate(MOST_NAMED);
    loudest
}

fn loaded(live: &Live, lives: &[Arc<AlertLife>], asked: &Asked, per: Per, question: &Question) -> Load {
    let zone = &question.config.site.time_zone;
    let mut by_time: BTreeMap<i64, u64> = BTreeMap::new();
    let mut told = 0;
    for life in lives.iter().filter(|life| live.is_within(life) && asked.holds(life)) {
        told += 1;
        let on_the_wall = life.raised_at.as_second() + i64::from(zone.to_offset(life.raised_at).seconds());
        *by_time.entry(on_the_wall.div_euclid(per.secs())).or_default() += 1;
    }
    let times = live.lasting().as_secs_f64() / per.secs() as f64;
    Load { told, rate: told as f64 / times, busiest: by_time.into_values().max().unwrap_or(0) }
}

/// The difference of a text to the file; nothing where there is none. An address may hold a camera's password.
fn patch(config: &Config, text: &str) -> String {
    let path = config.path().display().to_string();
    let diff = TextDiff::configure().timeout(COMPARED_WITHIN).diff_lines(config.text(), text);
    let whole = diff.unified_diff().context_radius(3).header(&path, &path).to_string();
    whole.lines().map(|line| redacted(line) + "\n").collect()
}

#[cfg(test)]
pub(crate) mod tests;
