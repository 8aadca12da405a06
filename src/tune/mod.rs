//! Precision by verdicts: what people said of the last days' alerts, and what each threshold, duration, size and belief would
//! have made of them.
//!
//! ```text
//! journal ─► reader ─► judge of what ran ──────────► live alerts ◄── latest verdict on each
//!               │                                        │
//!               ├────► judge of the configuration ───────┤
//!               └────► judges of single values, many ────┴─► points ─► curves ─► suggestion
//!                      at once (`slots`, `pass`)                  └──► search for a budget (`budget`)
//! ```
//!
//! The judges are those of [`crate::retune`]: the whole analysis, not a model of it. What is judged is the text that would be
//! written, read again. A value is judged alone, all else as it is; values that cannot meet share a judge (`slots`). Rules that
//! told nothing are left out: there is nothing to turn. Values only rise, because what is below the one that ran need not be in
//! the journal.
//!
//! Must never change a running configuration, guess a verdict, nor say a precision of fewer verdicts than
//! [`curve::FEWEST_VERDICTS`]. What fits last week best is no promise for the next: the steps are coarse, and a suggestion is a text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::analysis::Plan;
use crate::analysis::detection::Class;
use crate::analysis::rules::Rule;
use crate::analysis::time::Timestamp;
use crate::comparison::{AlertLife, Note, Pairing, of_lives};
use crate::config::Config;
use crate::config::edit::Edit;
use crate::journal::{self, Published, Session};
use crate::retune::judge::{Judge, config_of};
use crate::retune::scope::Scope;
use crate::retune::{self, Unjudged, WARM_UP};
use crate::text::Sentence;
use crate::types::phase::Phase;

pub(crate) mod budget;
mod curve;
mod made;
mod notes;
mod parameter;
mod pass;
mod report;
mod slots;
mod suggestion;
#[cfg(test)]
mod tests;

pub(crate) use curve::{Curve, Fate, Point, Precision};
pub(crate) use parameter::Parameter;
pub(crate) use suggestion::Suggestion;

use curve::Live;
use made::Made;
use parameter::{Teller, Typed};
use slots::Setting;

/// What is asked.
#[derive(Debug)]
pub(crate) struct Question {
    /// The folder of the journal.
    pub(crate) journal: PathBuf,
    /// The configuration that is to be tuned: its file.
    pub(crate) config: Config,
    /// From when.
    pub(crate) from: Timestamp,
    /// Until when.
    pub(crate) to: Timestamp,
    /// The rules that are asked about; all if empty.
    pub(crate) rules: Vec<String>,
    /// The cameras that are asked about; all if empty.
    pub(crate) cameras: Vec<String>,
}

/// Why nothing can be said.
#[derive(Debug)]
pub(crate) enum Untuned {
    /// What keeps a journal from being judged.
    Unjudged(Unjudged),
    /// The configuration has no such rule; those that there are.
    UnknownRule { rule: String, known: Vec<Arc<str>> },
    /// The rule does not watch the cameras that are asked about; those that it watches.
    Elsewhere { rule: Arc<str>, cameras: Vec<Arc<str>> },
    /// The rule has no such parameter; those that it has.
    UnknownParameter { name: String, known: Vec<String> },
    /// What was judged is shorter than the time that the budget is of.
    ShorterThanBudget,
    /// The file cannot be changed in this way.
    Unchangeable(Sentence),
}

impl From<Unjudged> for Untuned {
    fn from(why: Unjudged) -> Self {
        Untuned::Unjudged(why)
    }
}

/// The thresholds that a model recommends where the configuration has none.
pub(crate) type Recommended = BTreeMap<Class, f32>;

/// How far the work is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// Which pass through the journal, from 1.
    pub(crate) pass: usize,
    /// How many are known to come; of a search more may follow.
    pub(crate) passes: usize,
    /// How far the pass is.
    pub(crate) at: Timestamp,
    /// Alerts of all values of the pass, which are in memory.
    #[cfg_attr(not(feature = "web"), allow(dead_code, reason = "only the page bounds a search"))]
    pub(crate) alerts: usize,
}

/// A rule at a camera, or a signal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Subject {
    /// The rule and its camera.
    pub(crate) rule: Option<(Arc<str>, Arc<str>)>,
    /// The signal, where it is one.
    pub(crate) signal: Option<Arc<str>>,
    tellers: BTreeSet<Teller>,
}

impl Subject {
    fn raised(&self, life: &AlertLife) -> bool {
        self.tellers.iter().any(|teller| teller.raised(life))
    }

    fn is_about(&self, life: &AlertLife) -> bool {
        self.raised(life) && self.is_part(life)
    }

    /// Of an alert of a signal that the rule feeds: whether its camera is part of it.
    fn is_part(&self, life: &AlertLife) -> bool {
        self.rule.as_ref().is_none_or(|(_, camera)| life.origin.cameras.contains(camera))
    }
}

/// What is known of a rule at a camera, or of a signal.
#[derive(Debug)]
pub(crate) struct Tuned {
    /// Which.
    pub(crate) subject: Subject,
    /// What its live alerts were.
    pub(crate) precision: Precision,
    /// A curve of each parameter.
    pub(crate) curves: Vec<Curve>,
    /// What might be better, if anything.
    pub(crate) suggestion: Option<Suggestion>,
}

/// The answer.
#[derive(Debug)]
pub(crate) struct Tuning {
    /// The file of the configuration.
    pub(crate) config: PathBuf,
    /// When what was judged begins, and when it ends.
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// The site's, in which times are shown.
    pub(crate) zone: TimeZone,
    /// What is to be known before anybody trusts it.
    pub(crate) notes: Vec<Note>,
    /// What the live alerts of each rule were, and of each signal.
    pub(crate) rules: Vec<(Arc<str>, Precision)>,
    /// Everything that told something, the loudest first.
    pub(crate) tuned: Vec<Tuned>,
    /// Rules that told nothing.
    pub(crate) silent: Vec<Arc<str>>,
}

/// The precision of every rule that is asked about, and what each value of its parameters would have made.
///
/// # Errors
/// There is no journal of that time, no such rule or camera, or a configuration that cannot be used.
pub(crate) fn tune(question: &Question, progress: &mut dyn FnMut(Step)) -> Result<Tuning, Untuned> {
    let mut bench = Bench::new(question, progress)?;
    let plan = bench.plan(&question.config);
    let asked = Asked::of(question, &plan)?;
    let past = bench.past(&asked)?;
    let subjects = asked.subjects(&plan);
    let base = past.base.as_slice();
    let (telling, silent): (Vec<Subject>, Vec<Subject>) =
        subjects.into_iter().partition(|subject| tells(subject, &past.live, base));
    let measured = bench.measured(&question.config, &past.live, base, &telling, |_, _| true)?;
    let mut tuned: Vec<Tuned> = telling
        .into_iter()
        .zip(measured.curves)
        .map(|(subject, curves)| {
            let precision = past.live.precision(|life| subject.is_about(life));
            let suggestion = Suggestion::of(&precision, &curves);
            Tuned { subject, precision, curves, suggestion }
        })
        .collect();
    tuned.sort_by_key(|one| std::cmp::Reverse(one.precision.alerts()));
    let mut silent: Vec<Arc<str>> = silent.into_iter().filter_map(|subject| Some(subject.rule?.0)).collect();
    silent.dedup();
    silent.retain(|rule| tuned.iter().all(|one| one.subject.rule.as_ref().is_none_or(|(id, _)| id != rule)));
    Ok(Tuning {
        config: question.config.path().to_owned(),
        from: past.live.from,
        to: past.live.to,
        zone: question.config.site.time_zone.clone(),
        notes: notes::of(&bench, &past),
        rules: asked.precisions(&plan, &past.live),
        tuned,
        silent,
    })
}

/// One curve: of the rule at the camera that the question names, by a name as [`Parameter::name`] gives it; and the thresholds
/// that the model recommended with which it was measured. Costs two passes through the journal.
///
/// # Errors
/// As [`tune`], and there is no such parameter.
pub(crate) fn curve(
    question: &Question,
    parameter: &str,
    progress: &mut dyn FnMut(Step),
) -> Result<(Curve, Recommended), Untuned> {
    let mut bench = Bench::new(question, progress)?;
    let plan = bench.plan(&question.config);
    let asked = Asked::of(question, &plan)?;
    let typed = Typed::new(question.config.text(), &plan);
    let mut known = Vec::new();
    let mut subjects = asked.subjects(&plan);
    subjects.retain(|subject| {
        let names: Vec<String> = subject.parameters(&typed).iter().map(Parameter::name).collect();
        let has_it = names.iter().any(|name| name == parameter);
        known.extend(names);
        has_it
    });
    subjects.truncate(1);
    if subjects.is_empty() {
        known.dedup();
        return Err(Untuned::UnknownParameter { name: parameter.to_owned(), known });
    }
    let past = bench.past(&asked)?;
    let is_it = |one: &Parameter, _| one.name() == parameter;
    let measured = bench.measured(&question.config, &past.live, &past.base, &subjects, is_it)?;
    let found = measured.curves.into_iter().flatten().next();
    let found = found.ok_or_else(|| Untuned::UnknownParameter { name: parameter.to_owned(), known })?;
    Ok((found, bench.first.configuration.recommended.clone()))
}

/// The changes of the file that give a parameter of that name, of a rule at a camera, that value, where the model recommends these
/// thresholds; and the cameras whose alerts that may change. None where there is no such parameter.
pub(crate) fn edits(
    config: &Config,
    recommended: &Recommended,
    (rule, camera): (&str, &str),
    parameter: &str,
    value: f64,
) -> (Vec<Edit>, Vec<String>) {
    let plan = config.plan_with(recommended);
    let typed = Typed::new(config.text(), &plan);
    let rule = plan.rules.iter().find(|one| *one.id == *rule);
    let camera = rule.and_then(|rule| rule.cameras.iter().find(|id| ***id == *camera));
    let of_rule = rule.zip(camera).map(|(rule, camera)| Parameter::of_rule(&typed, rule, camera));
    let found = of_rule.into_iter().flatten().find(|one| one.name() == parameter);
    let Some(found) = found else { return (Vec::new(), Vec::new()) };
    let touched: BTreeSet<Arc<str>> =
        found.touches(&plan).iter().flat_map(|teller| teller.cameras(&plan)).collect();
    let is_there = |id: &Arc<str>| plan.cameras.iter().any(|camera| camera.id == *id);
    let cameras = touched.into_iter().filter(is_there).map(|id| id.to_string()).collect();
    (found.edits(&typed, value), cameras)
}

/// What can be turned of a rule at a camera; nothing where there is no such rule, or where it does not watch that camera.
#[cfg_attr(not(feature = "web"), allow(dead_code, reason = "only the page offers it"))]
pub(crate) fn parameters(config: &Config, rule: &str, camera: &str) -> Vec<Parameter> {
    let plan = config.plan_with(&BTreeMap::new());
    let rule = plan.rules.iter().find(|one| *one.id == *rule);
    let camera = rule.and_then(|rule| rule.cameras.iter().find(|id| ***id == *camera));
    let Some((rule, camera)) = rule.zip(camera) else { return Vec::new() };
    Parameter::of_rule(&Typed::new(config.text(), &plan), rule, camera)
}

/// The configuration that ran last in the journal, as it stood in its file.
///
/// # Errors
/// There is no journal, or its configuration cannot be read any more.
pub(crate) fn config_that_ran(journal: &Path) -> Result<Config, Unjudged> {
    let latest = journal::last_configuration(journal).map_err(Unjudged::Unreadable)?;
    let mut latest = latest.ok_or(Unjudged::NoJournal { broken: Vec::new() })?;
    // What the command centre set stands in no file that could be changed.
    Arc::make_mut(&mut latest).settings = None;
    config_of(&latest)
}

/// Whether anything was told of it, live or by the configuration.
fn tells(subject: &Subject, live: &Live, base: &[Arc<AlertLife>]) -> bool {
    let mut all = live.lives.iter().chain(base);
    all.any(|life| live.is_within(life) && subject.is_about(life))
}

impl Subject {
    /// What can be turned of it.
    fn parameters(&self, typed: &Typed<'_>) -> Vec<Parameter> {
        if let Some(kind) = &self.signal {
            return vec![Parameter::Level { kind: kind.clone() }];
        }
        let of = |(id, camera): &(Arc<str>, Arc<str>)| {
            let rule = typed.plan.rules.iter().find(|rule| rule.id == *id)?;
            Some(Parameter::of_rule(typed, rule, camera))
        };
        self.rule.as_ref().and_then(of).unwrap_or_default()
    }
}

/// Which alerts are asked about.
struct Asked {
    scope: Scope,
    /// Of which rules; all if empty.
    rules: Vec<Arc<str>>,
    /// Who tells of those.
    tellers: BTreeSet<Teller>,
}

impl Asked {
    fn of(question: &Question, plan: &Plan) -> Result<Self, Untuned> {
        let known = || plan.rules.iter().map(|rule| rule.id.clone()).collect();
        let scope = Scope::new(&question.cameras, [plan, plan])?;
        let (mut rules, mut tellers) = (Vec::new(), BTreeSet::new());
        for id in &question.rules {
            let rule = plan.rules.iter().find(|rule| *rule.id == **id);
            let rule = rule.ok_or_else(|| Untuned::UnknownRule { rule: id.clone(), known: known() })?;
            let mut asked = rule.cameras.iter().filter(|camera| is_asked(&scope, camera)).peekable();
            if asked.peek().is_none() {
                let (rule, cameras) = (rule.id.clone(), rule.cameras.clone());
                return Err(Untuned::Elsewhere { rule, cameras });
            }
            tellers.extend(asked.flat_map(|camera| Teller::of(plan, rule, camera)));
            rules.push(rule.id.clone());
        }
        Ok(Asked { scope, rules, tellers })
    }

    /// Whether an alert is asked about.
    fn holds(&self, life: &AlertLife) -> bool {
        self.scope.is_asked_about(&life.origin.cameras)
            && (self.rules.is_empty() || self.tellers.iter().any(|teller| teller.raised(life)))
    }

    /// Whether what was published is of an alert that is asked about.
    fn holds_published(&self, one: &Published) -> bool {
        self.scope.is_asked_about(one.camera.as_slice())
            && (self.rules.is_empty() || self.tellers.iter().any(|teller| teller.published(one)))
    }

    fn rules<'p>(&'p self, plan: &'p Plan) -> impl Iterator<Item = &'p Rule> {
        plan.rules.iter().filter(|rule| self.rules.is_empty() || self.rules.contains(&rule.id))
    }

    /// Every rule at every camera, then the signals that they, or sensors, feed.
    fn subjects(&self, plan: &Plan) -> Vec<Subject> {
        let mut subjects = Vec::new();
        for rule in self.rules(plan) {
            let is_there = |id: &&Arc<str>| plan.cameras.iter().any(|camera| camera.id == **id);
            for camera in rule.cameras.iter().filter(is_there).filter(|id| is_asked(&self.scope, id)) {
                let tellers = Teller::of(plan, rule, camera);
                let rule = Some((rule.id.clone(), camera.clone()));
                subjects.push(Subject { rule, signal: None, tellers });
            }
        }
        for signal in &plan.signals {
            let teller = Teller::Signal { kind: signal.kind.clone() };
            let of_cameras = teller.cameras(plan);
            let is_asked = self.rules.is_empty() || self.tellers.contains(&teller);
            let is_of_them = of_cameras.is_empty() || of_cameras.iter().any(|id| is_asked_camera(self, id));
            if is_asked && is_of_them {
                let signal = Some(signal.kind.clone());
                subjects.push(Subject { rule: None, signal, tellers: BTreeSet::from([teller]) });
            }
        }
        subjects
    }

    /// What the live alerts of each rule were, then of each signal; those that told nothing are left out.
    fn precisions(&self, plan: &Plan, live: &Live) -> Vec<(Arc<str>, Precision)> {
        let mut found: Vec<(Arc<str>, Precision)> = Vec::new();
        for rule in self.rules(plan) {
            let of_rule = |life: &AlertLife| life.rule.as_ref() == Some(&rule.id) && self.holds(life);
            found.push((rule.id.clone(), live.precision(of_rule)));
        }
        for signal in &plan.signals {
            let of_signal =
                |life: &AlertLife| life.rule.is_none() && life.kind == signal.kind && self.holds(life);
            found.push((signal.kind.clone(), live.precision(of_signal)));
        }
        found.retain(|(_, precision)| precision.alerts() > 0);
        found
    }
}

fn is_asked(scope: &Scope, camera: &Arc<str>) -> bool {
    scope.is_asked_about(std::slice::from_ref(camera))
}

fn is_asked_camera(asked: &Asked, camera: &Arc<str>) -> bool {
    is_asked(&asked.scope, camera)
}

/// What was told live, and what the configuration makes of the same time.
struct Past {
    live: Live,
    base: Vec<Arc<AlertLife>>,
    seen: retune::Seen,
    /// Alerts that were published and that what ran does not give again from the journal.
    not_given_again: usize,
}

/// What came of the values that were tried.
struct Measured {
    /// Of each subject.
    curves: Vec<Vec<Curve>>,
    /// Of each value, in the order of parameters and values.
    tried: Vec<Tried>,
}

/// What a value makes of all that it touches, with the value in force first.
struct Tried {
    setting: Setting,
    touches: BTreeSet<Teller>,
    /// Of what is asked about.
    asked: (Point, Point),
    /// Of all of it: what is not asked about must not be missed either.
    all: (Point, Point),
}

/// The journal of one question, and the passes that are made through it.
struct Bench<'q> {
    question: &'q Question,
    /// The run in which it begins.
    first: Box<Session>,
    /// What ran first.
    ran: Config,
    progress: &'q mut dyn FnMut(Step),
    pass: usize,
    passes: usize,
}

/// What was set, and the alerts that came of it.
type Variation = (Vec<Setting>, Vec<Arc<AlertLife>>);
/// What is different in the plan of a judge.
type BoxedChange<'c> = dyn Fn(&mut Plan) + Sync + 'c;

impl<'q> Bench<'q> {
    fn new(question: &'q Question, progress: &'q mut dyn FnMut(Step)) -> Result<Self, Untuned> {
        let (first, nothing_then) = retune::first_session(&question.journal, begin(question)..question.to)?;
        if let Some(nothing_then) = nothing_then {
            return Err(nothing_then.into());
        }
        if question.from.max(retune::known_from(&first)) >= question.to {
            return Err(retune::too_short(&question.journal, &first, Vec::new())?.into());
        }
        question.config.check_classes(&first.configuration.classes).map_err(Unjudged::New)?;
        let ran = config_of(&first.configuration)?;
        Ok(Bench { question, first, ran, progress, pass: 0, passes: 1 })
    }

    /// The plan of a configuration with what the model that ran recommends.
    fn plan(&self, config: &Config) -> Plan {
        config.plan_with(&self.first.configuration.recommended)
    }

    fn ran_plan(&self) -> Plan {
        self.plan(&self.ran)
    }

    /// One pass through the journal.
    fn judged(&mut self, judges: Vec<Judge<'_>>) -> Result<(retune::Seen, Vec<pass::Gathered>), Untuned> {
        self.pass += 1;
        let (pass, passes) = (self.pass, self.passes.max(self.pass));
        let range = begin(self.question)..retune::look_past(self.question.to);
        let entries = journal::read(&self.question.journal, range).map_err(Unjudged::Unreadable)?;
        let progress = &mut *self.progress;
        Ok(pass::pass(entries, self.question.to, judges, &mut |at, alerts| {
            progress(Step { pass, passes, at, alerts })
        })?)
    }

    /// What was told live and what the configuration makes of it: the first pass.
    fn past(&mut self, asked: &Asked) -> Result<Past, Untuned> {
        let question = self.question;
        let (ran, plan) = (self.ran_plan(), self.plan(&question.config));
        let scope = self.scope(&[&ran, &plan])?;
        let judges =
            vec![Judge::of_the_journal(&scope), Judge::of_changed(&scope, &question.config, &|_| {})];
        let (mut seen, gathered) = self.judged(judges)?;
        let [live, base]: [pass::Gathered; 2] = match gathered.try_into() {
            Ok(two) => two,
            Err(_) => return Err(Unjudged::NoJournal { broken: Vec::new() }.into()),
        };
        let from = question.from.max(retune::known_from(&self.first));
        let to = question.to.min(seen.last.unwrap_or(question.to));
        if from >= to {
            return Err(retune::too_short(&question.journal, &self.first, Vec::new())?.into());
        }
        let later = journal::read(&question.journal, question.to..Timestamp::MAX);
        seen.verdicts.extend(retune::verdicts(later.map_err(Unjudged::Unreadable)?));
        // Verdicts are of the alerts as they were called live.
        let live_of: BTreeMap<_, _> = live.judged.ids.iter().map(|(live, own)| (own, live)).collect();
        let mut lives = live.lives;
        for life in &mut lives {
            if let Some(called) = live_of.get(&life.alert) {
                Arc::make_mut(life).alert = (*called).clone();
            }
        }
        // What was not published nobody could judge.
        lives.retain(|life| live.published.contains_key(&life.alert));
        let missing = live.published.values().filter(|one| {
            let is_made = live.made.contains(&one.alert) || live.judged.ids.contains_key(&one.alert);
            let is_new = one.phase == Phase::New && (from..to).contains(&one.at.utc);
            is_new && !is_made && asked.holds_published(one)
        });
        let not_given_again = missing.count();
        let told = of_lives(&lives, &base.lives).into_iter().filter_map(|difference| {
            let is_told = !matches!(difference.pairing, Pairing::Disappeared(_));
            let before = difference.before().filter(|_| is_told)?;
            Some((before.alert.clone(), difference.changes().begins_by))
        });
        let (in_force, off) = (told.collect(), seen.off_within(from, to));
        let live = Live { lives, verdicts: seen.verdicts.clone(), from, to, off, in_force };
        Ok(Past { live, base: base.lives, seen, not_given_again })
    }

    /// The cameras that are judged: what is asked about, and every camera of the rules there, because a value of a rule is for all
    /// of its cameras.
    fn scope(&self, plans: &[&Plan; 2]) -> Result<Scope, Untuned> {
        let Question { cameras, rules, .. } = self.question;
        let asked = Scope::new(cameras, *plans)?;
        if cameras.is_empty() && rules.is_empty() {
            return Ok(asked);
        }
        let is_meant = |rule: &&Rule| {
            (rules.is_empty() || rules.iter().any(|id| **id == *rule.id))
                && rule.cameras.iter().any(|camera| is_asked(&asked, camera))
        };
        let of_rules =
            plans.iter().flat_map(|plan| &plan.rules).filter(is_meant).flat_map(|rule| &rule.cameras);
        let is_there =
            |id: &&Arc<str>| plans.iter().flat_map(|plan| &plan.cameras).any(|camera| camera.id == **id);
        let of_rules = of_rules.filter(is_there).map(ToString::to_string);
        Ok(Scope::new(&of_rules.chain(cameras.iter().cloned()).collect::<Vec<_>>(), *plans)?)
    }

    /// Tries every value of the parameters of these subjects that `is_wanted`.
    fn measured(
        &mut self,
        config: &Config,
        live: &Live,
        base: &[Arc<AlertLife>],
        subjects: &[Subject],
        is_wanted: impl Fn(&Parameter, f64) -> bool,
    ) -> Result<Measured, Untuned> {
        let (plan, ran) = (self.plan(config), self.ran_plan());
        let typed = Typed::new(config.text(), &plan);
        let asked = Asked::of(self.question, &plan)?;
        let mut curves: Vec<Vec<Curve>> = Vec::new();
        let mut settings: Vec<Setting> = Vec::new();
        for subject in subjects {
            let (of_subject, values) = subject.begun(&typed, &ran, live, base, &is_wanted);
            curves.push(of_subject);
            // Rules of one camera share its thresholds.
            for value in values {
                if !settings.contains(&value) {
                    settings.push(value);
                }
            }
        }
        let slots = slots::shared(settings, &plan);
        self.passes = self.pass + slots.len().div_ceil(pass::MOST_JUDGES);
        let mut tried = Vec::new();
        for some in slots.chunks(pass::MOST_JUDGES) {
            let variants = slots::variants(some, config, &typed)?;
            for (settings, lives) in self.of_variants(&variants, &plan)? {
                for setting in settings {
                    let made = Made::of(setting, &plan, live, base, &lives);
                    for (subject, of_subject) in subjects.iter().zip(&mut curves) {
                        let of_it = of_subject.iter_mut().find(|one| one.parameter == made.setting.parameter);
                        let Some(curve) = of_it else { continue };
                        curve.points.push(made.point(subject, live, &lives));
                    }
                    tried.push(made.tried(live, &asked));
                }
            }
        }
        for curve in curves.iter_mut().flatten() {
            curve.points.sort_by(|a, b| a.value.total_cmp(&b.value));
        }
        tried.sort_by(|a, b| {
            let by_value = || a.setting.value.total_cmp(&b.setting.value);
            a.setting.parameter.cmp(&b.setting.parameter).then_with(by_value)
        });
        Ok(Measured { curves, tried })
    }

    /// One pass with a judge of each.
    fn of_variants(&mut self, variants: &[slots::Variant], plan: &Plan) -> Result<Vec<Variation>, Untuned> {
        if variants.is_empty() {
            return Ok(Vec::new());
        }
        let scopes: Vec<Scope> =
            variants.iter().map(|one| one.scope(plan)).collect::<Result<_, Unjudged>>()?;
        let changes: Vec<Box<BoxedChange<'_>>> = variants
            .iter()
            .map(|one| {
                let change = |plan: &mut Plan| {
                    one.settings.iter().for_each(|setting| setting.parameter.change(plan, setting.value));
                };
                Box::new(change) as Box<BoxedChange>
            })
            .collect();
        let judges = variants
            .iter()
            .zip(&scopes)
            .zip(&changes)
            .map(|((one, scope), change)| Judge::of_changed(scope, &one.config, &**change))
            .collect();
        let (_, gathered) = self.judged(judges)?;
        Ok(variants
            .iter()
            .map(|one| one.settings.clone())
            .zip(gathered.into_iter().map(|one| one.lives))
            .collect())
    }
}

impl Subject {
    /// A curve of each parameter with the point of the value in force, and the values that are to be tried.
    fn begun(
        &self,
        typed: &Typed<'_>,
        ran: &Plan,
        live: &Live,
        base: &[Arc<AlertLife>],
        is_wanted: &impl Fn(&Parameter, f64) -> bool,
    ) -> (Vec<Curve>, Vec<Setting>) {
        let (mut curves, mut settings) = (Vec::new(), Vec::new());
        for parameter in self.parameters(typed) {
            let in_force = parameter.in_force(typed).filter(|value| is_wanted(&parameter, *value));
            let Some(in_force) = in_force else { continue };
            let values = parameter.tried(typed, ran).into_iter();
            let values = values.filter(|value| is_wanted(&parameter, *value));
            settings.extend(values.map(|value| Setting { parameter: parameter.clone(), value }));
            let first = point(self, live, in_force, base);
            curves.push(self.curve(parameter, in_force, first));
        }
        (curves, settings)
    }

    fn curve(&self, parameter: Parameter, in_force: f64, first: Point) -> Curve {
        Curve {
            rule: self.rule.as_ref().map(|(rule, _)| rule.to_string()),
            camera: self.rule.as_ref().map(|(_, camera)| camera.to_string()),
            signal: self.signal.as_ref().map(ToString::to_string),
            parameter,
            in_force,
            points: vec![first],
        }
    }
}

fn point(subject: &Subject, live: &Live, value: f64, after: &[Arc<AlertLife>]) -> Point {
    let of_subject = live.differences(after, |life| subject.raised(life));
    live.point(value, &of_subject, |life| subject.is_part(life))
}

/// What was followed before the time matters.
fn begin(question: &Question) -> Timestamp {
    question.from.checked_sub(WARM_UP).unwrap_or(Timestamp::MIN)
}
