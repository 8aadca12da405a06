//! What the journal says about one rule of one camera around a moment: the looks, what the rule made of each, and what kept the
//! camera from seeing; [`crate::analysis::why_not`] finds the stage that said no.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::judge::{Judge, config_of};
use super::scope::Scope;
use super::{Unjudged, WARM_UP, first_session};
use crate::analysis::Plan;
use crate::analysis::alert::Basis;
use crate::analysis::fusion::SignalState;
use crate::analysis::rules::Rule;
use crate::analysis::time::{Moment, Timestamp};
use crate::analysis::why_not::{Around, Sight, Stage, why_not};
use crate::config::Config;
use crate::journal::{self, Configuration, Entry, Input, Looked};
use crate::types::camera_condition::CameraCondition;

/// What is asked.
#[derive(Debug)]
pub(crate) struct Question {
    /// The folder of the journal.
    pub(crate) journal: PathBuf,
    /// The configuration that is asked about; the one that ran if none.
    pub(crate) config: Option<Config>,
    pub(crate) camera: String,
    /// The rule; the camera's only one if none.
    pub(crate) rule: Option<String>,
    pub(crate) at: Timestamp,
    /// How far around the moment to look.
    pub(crate) within: Duration,
}

/// The answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The rule as it was set at the moment.
    pub(crate) rule: Rule,
    pub(crate) stage: Stage,
    /// From when until when it was looked at.
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// How many looks there were.
    pub(crate) looks: usize,
}

/// Why nothing can be said.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// What keeps a journal from being judged.
    Unjudged(Unjudged),
    /// There is no such rule; those that there are.
    UnknownRule { rule: String, known: Vec<Arc<str>> },
    /// The rule does not watch the camera; those that it watches.
    Elsewhere { rule: Arc<str>, cameras: Vec<Arc<str>> },
    /// Several rules watch the camera.
    Several { rules: Vec<Arc<str>> },
    /// No rule watches the camera.
    None,
}

impl From<Unjudged> for Unanswered {
    fn from(why: Unjudged) -> Self {
        Unanswered::Unjudged(why)
    }
}

/// Answers the question.
///
/// # Errors
/// There is no journal of that time, or no such camera or rule.
pub(crate) fn answer(question: &Question) -> Result<Answer, Unanswered> {
    let Question { at, within, .. } = *question;
    let begin = at.checked_sub(within).unwrap_or(Timestamp::MIN);
    let first = first_session(&question.journal, begin, end_of(at, within, Duration::ZERO))?;
    let plan = plan_of(question, &first.configuration)?;
    let scope = Scope::new(std::slice::from_ref(&question.camera), [&plan, &plan])?;
    let lasting = chosen(question, &plan)?.when.lasting();
    let from = begin.checked_sub(WARM_UP.saturating_add(lasting)).unwrap_or(Timestamp::MIN);
    let to = end_of(at, within, lasting);
    let entries = journal::read(&question.journal, from..to).map_err(Unjudged::Unreadable)?;
    of_entries(question, plan, &scope, entries, begin..to)
}

/// A thing may begin at the moment that is asked about, and take its time.
fn end_of(at: Timestamp, within: Duration, lasting: Duration) -> Timestamp {
    at.checked_add(within.saturating_add(lasting)).unwrap_or(Timestamp::MAX)
}

fn plan_of(question: &Question, configuration: &Configuration) -> Result<Plan, Unjudged> {
    match &question.config {
        Some(config) => Ok(config.plan_with(&configuration.recommended)),
        None => Ok(config_of(configuration)?.plan_with(&configuration.recommended)),
    }
}

/// The rule that is asked about.
fn chosen<'p>(question: &Question, plan: &'p Plan) -> Result<&'p Rule, Unanswered> {
    let ids = |rules: &[&Rule]| rules.iter().map(|rule| rule.id.clone()).collect();
    let watches = |rule: &&Rule| rule.cameras.iter().any(|camera| **camera == *question.camera);
    let Some(id) = &question.rule else {
        let rules: Vec<&Rule> = plan.rules.iter().filter(watches).collect();
        return match rules[..] {
            [] => Err(Unanswered::None),
            [rule] => Ok(rule),
            _ => Err(Unanswered::Several { rules: ids(&rules) }),
        };
    };
    let all: Vec<&Rule> = plan.rules.iter().collect();
    let unknown = || Unanswered::UnknownRule { rule: id.clone(), known: ids(&all) };
    let rule = plan.rules.iter().find(|rule| *rule.id == **id).ok_or_else(unknown)?;
    match watches(&rule) {
        true => Ok(rule),
        false => Err(Unanswered::Elsewhere { rule: rule.id.clone(), cameras: rule.cameras.clone() }),
    }
}

/// The same of these entries, which begin with a run.
pub(super) fn of_entries(
    question: &Question,
    mut plan: Plan,
    scope: &Scope,
    entries: impl Iterator<Item = Entry>,
    window: std::ops::Range<Timestamp>,
) -> Result<Answer, Unanswered> {
    let mut judge = match &question.config {
        Some(config) => Judge::of(scope, config),
        None => Judge::of_the_journal(scope),
    };
    let mut watch =
        Watch { camera: &question.camera, at: question.at, around: Around::default(), silent: None };
    for entry in entries {
        let time = entry.at().map(|at| at.utc);
        if time.is_some_and(|time| time >= window.end) {
            break;
        }
        judge.take(&entry)?;
        if let Entry::Session(_) | Entry::Reload { .. } = &entry
            && time.is_some_and(|time| time <= question.at)
        {
            plan = plan_at(question, &entry, plan)?;
        }
        watch.note_silence(&entry);
        watch.note_blindness(&judge, time);
        if time.is_some_and(|time| window.contains(&time)) {
            let rule = chosen(question, &plan)?;
            watch.note(&entry, &judge, &plan, rule);
        }
    }
    let rule = chosen(question, &plan)?.clone();
    let unknown = || Unjudged::UnknownCamera { camera: question.camera.clone(), known: Vec::new() };
    let camera = plan.cameras.iter().find(|camera| *camera.id == *question.camera).ok_or_else(unknown)?;
    let stage = why_not(camera, &rule, &watch.around, question.at);
    Ok(Answer { rule, stage, from: window.start, to: window.end, looks: watch.around.sights.len() })
}

/// The plan from this entry on.
fn plan_at(question: &Question, entry: &Entry, before: Plan) -> Result<Plan, Unanswered> {
    match entry {
        Entry::Session(session) => Ok(plan_of(question, &session.configuration)?),
        Entry::Reload { configuration, .. } => Ok(plan_of(question, configuration)?),
        Entry::Input(_)
        | Entry::Published(_)
        | Entry::Unwatched(_)
        | Entry::Shadow(_)
        | Entry::Hole(_)
        | Entry::Stop { .. } => Ok(before),
    }
}

/// What is gathered about the camera.
struct Watch<'q> {
    camera: &'q str,
    at: Timestamp,
    around: Around,
    /// Since when it gives no pictures.
    silent: Option<Timestamp>,
}

impl Watch<'_> {
    fn note_silence(&mut self, entry: &Entry) {
        let Entry::Input(input) = entry else { return };
        if input.at().utc > self.at || input.camera().is_none_or(|camera| **camera != *self.camera) {
            return;
        }
        match input {
            Input::Silent { at, .. } => {
                self.silent.get_or_insert(at.utc);
            }
            Input::Look(_) | Input::Health { .. } | Input::Back { .. } => self.silent = None,
            Input::Paused { .. }
            | Input::Reading { .. }
            | Input::Tick { .. }
            | Input::Acknowledge { .. }
            | Input::Handle { .. }
            | Input::MuteChanged { .. }
            | Input::Test { .. } => {}
        }
        self.around.silent_since = self.silent;
    }

    /// What keeps it from seeing, up to the moment.
    fn note_blindness(&mut self, judge: &Judge<'_>, time: Option<Timestamp>) {
        let Some(analysis) = judge.analysis().filter(|_| time.is_some_and(|time| time <= self.at)) else {
            return;
        };
        let blinds =
            |condition: &CameraCondition| condition.is_blind() && *condition != CameraCondition::NoVideo;
        let of_it = analysis.conditions_of(self.camera).filter(blinds);
        self.around.blind.clear();
        self.around.blind.extend(of_it);
    }

    /// What an entry within the time says.
    fn note(&mut self, entry: &Entry, judge: &Judge<'_>, plan: &Plan, rule: &Rule) {
        match entry {
            Entry::Input(Input::Look(look)) if *look.camera == *self.camera => {
                let Some(analysis) = judge.analysis() else { return };
                let mut state = analysis.rule_state(self.camera, &rule.id, look.at).unwrap_or_default();
                self.note_belief(judge, plan, rule, look.at);
                // A rule that feeds a signal has no alert of its own.
                state.is_open |= analysis.open().any(|open| {
                    open.why.basis == Basis::Belief
                        && open.origin.cameras.iter().any(|camera| **camera == *self.camera)
                        && feeds(plan, rule, &open.kind)
                });
                self.around.sights.push(Sight {
                    at: look.at,
                    detections: look.detections.clone(),
                    furniture: look.verdicts.furniture.clone(),
                    is_unmoved: look.looked == Looked::NotAtAll,
                    rule: state,
                });
            }
            Entry::Unwatched(unwatched) if *unwatched.camera == *self.camera => {
                self.around.not_decoded += unwatched.not_decoded;
                self.around.overloaded += unwatched.overloaded + unwatched.given_up;
            }
            Entry::Hole(_) => self.around.has_hole = true,
            Entry::Session(_)
            | Entry::Reload { .. }
            | Entry::Input(_)
            | Entry::Published(_)
            | Entry::Unwatched(_)
            | Entry::Shadow(_)
            | Entry::Stop { .. } => {}
        }
    }

    /// The greatest belief in a signal that the rule feeds.
    fn note_belief(&mut self, judge: &Judge<'_>, plan: &Plan, rule: &Rule, at: Moment) {
        let (Some(analysis), Some(camera)) =
            (judge.analysis(), plan.cameras.iter().find(|camera| *camera.id == *self.camera))
        else {
            return;
        };
        for signal in plan.signals.iter().filter(|signal| signal.feed_of(rule).is_some()) {
            let is_of_it = |state: &&SignalState| {
                state.kind == signal.kind
                    && state.grid == camera.grid
                    && state.camera.as_deref().is_none_or(|camera| *camera == *self.camera)
            };
            let belief =
                analysis.signals(at).iter().find(is_of_it).map_or(signal.prior, |state| state.belief);
            let (most, _) = self.around.belief.unwrap_or((0.0, 0.0));
            self.around.belief = Some((most.max(belief), signal.raise()));
        }
    }
}

fn feeds(plan: &Plan, rule: &Rule, kind: &str) -> bool {
    plan.signals.iter().any(|signal| *signal.kind == *kind && signal.feed_of(rule).is_some())
}
