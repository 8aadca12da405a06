//! What the journal says about one rule of one camera around a moment: the looks, what the rule made of each, and what kept the
//! camera from seeing; [`crate::analysis::why_not`] finds the stage that said no.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::judge::{Judge, config_as_written, config_of, values_set};
use super::scope::Scope;
use super::{Unjudged, WARM_UP, copies, first_session, scope};
use crate::alerts::alert_enricher::muted_by;
use crate::analysis::Plan;
use crate::analysis::alert::{AlertId, Basis, Revision};
use crate::analysis::fusion::SignalState;
use crate::analysis::rules::Rule;
use crate::analysis::time::{Moment, Timestamp};
use crate::analysis::why_not::{Around, MutedBy, Sight, Stage, why_not};
use crate::config::Config;
use crate::contract::mute::Mute;
use crate::journal::{self, Configuration, Entry, Input, Looked, Session};
use crate::text::Sentence;
use crate::types::camera_condition::CameraCondition;

/// What was not watched is recorded once a minute, and silence is noticed after some seconds: so much more is read.
const BEYOND: Duration = Duration::from_secs(90);

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
    /// The alert that was open, where that is the answer.
    pub(crate) raised: Option<Raised>,
    /// From when until when it was looked at, as far as the journal goes.
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// How many looks there were.
    pub(crate) looks: usize,
    /// Why records of that time are missing, where some are, and that there are copies of files.
    pub(crate) notes: Vec<Sentence>,
}

/// An alert that was open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raised {
    /// As it was published; of a configuration that did not run, as it would have been numbered.
    pub(crate) alert: AlertId,
    pub(crate) kind: Arc<str>,
    /// When its condition began.
    pub(crate) started_at: Timestamp,
    /// Whether it was published: not where another configuration is asked about.
    pub(crate) is_published: bool,
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
    /// More than one thing is wrong with what was asked.
    All(Vec<Unanswered>),
}

impl From<Unjudged> for Unanswered {
    fn from(why: Unjudged) -> Self {
        Unanswered::Unjudged(why)
    }
}

/// Answers the question.
///
/// # Errors
/// There is no journal of that time, no such camera or no such rule: all that is wrong with the question.
pub(crate) fn answer(question: &Question) -> Result<Answer, Unanswered> {
    let Question { at, within, .. } = *question;
    let begin = at.checked_sub(within).unwrap_or(Timestamp::MIN);
    let (first, nothing_then) = first_session(&question.journal, begin..end_of(at, within, Duration::ZERO))?;
    if let Some(config) = &question.config {
        config.check_classes(&first.configuration.classes).map_err(Unjudged::New)?;
    }
    let plan = plan_of(question, &first.configuration)?;
    let rule = asked(question, &plan, &first.configuration, first.at.utc);
    let mut wrong: Vec<Unanswered> = wrong_names(question, &plan, rule.is_ok());
    wrong.extend(nothing_then.map(Unanswered::from));
    if wrong.len() > 1 {
        return Err(Unanswered::All(wrong));
    }
    if let Some(wrong) = wrong.pop() {
        return Err(wrong);
    }
    let scope = Scope::new(std::slice::from_ref(&question.camera), [&plan, &plan])?;
    let lasting = rule?.rule.when.lasting();
    let from = begin.checked_sub(WARM_UP.saturating_add(lasting)).unwrap_or(Timestamp::MIN);
    let to = end_of(at, within, lasting);
    let read_to = to.checked_add(BEYOND).unwrap_or(Timestamp::MAX);
    let entries = journal::read(&question.journal, from..read_to).map_err(Unjudged::Unreadable)?;
    let copies = copies(&entries);
    let mut answer = of_entries(question, (plan, &first), &scope, entries, begin..to)?;
    answer.notes.extend(copies);
    Ok(answer)
}

/// What is wrong with the names of the question. Of a camera that is not there no rule is asked for that watches it.
fn wrong_names(question: &Question, plan: &Plan, has_rule: bool) -> Vec<Unanswered> {
    let mut wrong: Vec<Unanswered> = Vec::new();
    let unknown = scope::unknown(std::slice::from_ref(&question.camera), [plan, plan]);
    let has_camera = unknown.is_empty();
    wrong.extend(unknown.into_iter().map(Unanswered::from));
    let no_rule = chosen(question, plan).err().filter(|_| !has_rule);
    wrong.extend(no_rule.filter(|why| match why {
        Unanswered::UnknownRule { .. } => true,
        Unanswered::Elsewhere { .. }
        | Unanswered::Several { .. }
        | Unanswered::None
        | Unanswered::Unjudged(_)
        | Unanswered::All(_) => has_camera,
    }));
    wrong
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

/// The rule that is asked about, as it was set.
struct Asked {
    rule: Rule,
    /// Since when the command centre had it switched off, if it had.
    off_since: Option<Timestamp>,
}

/// The rule that is asked about under a configuration that came into force at that time.
fn asked(
    question: &Question,
    plan: &Plan,
    configuration: &Configuration,
    since: Timestamp,
) -> Result<Asked, Unanswered> {
    match chosen(question, plan) {
        Ok(rule) => Ok(Asked { rule: rule.clone(), off_since: None }),
        Err(why) => match switched_off(question, configuration) {
            Some(rule) => Ok(Asked { rule, off_since: Some(since) }),
            None => Err(why),
        },
    }
}

/// The rule, where it stands in the configuration and the command centre had switched it off.
fn switched_off(question: &Question, configuration: &Configuration) -> Option<Rule> {
    let id = question.rule.as_deref().filter(|_| question.config.is_none())?;
    let is_off = values_set(configuration)?.rules.get(id) == Some(&false);
    let config = is_off.then(|| config_as_written(configuration).ok()).flatten()?;
    let watches = |rule: &Rule| rule.cameras.iter().any(|camera| **camera == *question.camera);
    config.rules.into_iter().find(|rule| *rule.id == *id && watches(rule))
}

/// The same of these entries, which begin with a run.
pub(super) fn of_entries(
    question: &Question,
    (mut plan, first): (Plan, &Session),
    scope: &Scope,
    entries: impl Iterator<Item = Entry>,
    window: std::ops::Range<Timestamp>,
) -> Result<Answer, Unanswered> {
    let mut judge = match &question.config {
        Some(config) => Judge::of(scope, config),
        None => Judge::of_the_journal(scope),
    };
    let mut watch = Watch::new(question);
    let mut rule = asked(question, &plan, &first.configuration, first.at.utc);
    // What the journal has of it.
    let (mut earliest, mut latest) = (window.end, window.start);
    for entry in entries {
        let time = entry.at().map(|at| at.utc);
        watch.note_silence(&entry);
        watch.note_unwatched(&entry, &window);
        if time.is_some_and(|time| time >= window.end) {
            continue;
        }
        judge.take(&entry)?;
        if let Some(time) = time {
            (earliest, latest) = (earliest.min(time), latest.max(time));
        }
        if let Some(configuration) = entry.configuration()
            && let Some(time) = time.filter(|time| *time <= question.at)
        {
            plan = plan_of(question, configuration)?;
            let off_since = rule.ok().and_then(|before| before.off_since);
            rule = asked(question, &plan, configuration, off_since.map_or(time, |since| since.min(time)));
        }
        watch.note_mutes(&entry);
        watch.note_blindness(&judge, time);
        // A hole at the end of the journal has no time.
        if time.map_or(matches!(entry, Entry::Hole(_)), |time| window.contains(&time))
            && let Ok(asked) = &rule
        {
            watch.note(&entry, &judge, &plan, &asked.rule);
        }
    }
    let Asked { rule, off_since } = rule?;
    let unknown = || Unjudged::UnknownCamera { camera: question.camera.clone(), known: Vec::new() };
    let camera = plan.cameras.iter().find(|camera| *camera.id == *question.camera).ok_or_else(unknown)?;
    let Watch { around, raised, holes, .. } = watch;
    let stage = match off_since {
        // A file says what runs when its first block is written.
        Some(since) => Stage::SwitchedOff { since: since.min(question.at) },
        None => why_not(camera, &rule, &around, question.at),
    };
    let raised = raised.map(|raised| Raised {
        alert: judge.published_as(&raised.alert).clone(),
        is_published: question.config.is_none(),
        ..raised
    });
    Ok(Answer {
        rule,
        stage,
        raised,
        from: window.start.max(earliest),
        to: window.end.min(latest),
        looks: around.sights.len(),
        notes: holes,
    })
}

/// What is gathered about the camera.
struct Watch<'q> {
    camera: &'q str,
    at: Timestamp,
    around: Around,
    /// Since when it gives no pictures.
    silent: Option<Timestamp>,
    /// Its latest picture up to the moment.
    latest: Option<Timestamp>,
    /// A picture came after the moment.
    came_later: bool,
    /// Which alerts are muted.
    mutes: Vec<Mute>,
    /// The alert that was open nearest to the moment, and at which look.
    raised: Option<Raised>,
    nearest: Option<Timestamp>,
    holes: Vec<Sentence>,
}

impl<'q> Watch<'q> {
    fn new(question: &'q Question) -> Self {
        Watch {
            camera: &question.camera,
            at: question.at,
            around: Around::default(),
            silent: None,
            latest: None,
            came_later: false,
            mutes: Vec::new(),
            raised: None,
            nearest: None,
            holes: Vec::new(),
        }
    }

    fn note_silence(&mut self, entry: &Entry) {
        if let Entry::Session(session) = entry
            && session.at.utc <= self.at
        {
            self.silent = None;
        }
        let Entry::Input(input) = entry else { return };
        if input.camera().is_none_or(|camera| **camera != *self.camera) {
            return;
        }
        let is_later = input.at().utc > self.at;
        match input {
            // That it is silent is noticed some seconds later.
            Input::Silent { at, .. } if is_later && !self.came_later => {
                self.silent.get_or_insert(self.latest.unwrap_or(at.utc));
            }
            Input::Silent { .. } if is_later => {}
            Input::Silent { at, .. } => {
                self.silent.get_or_insert(at.utc);
            }
            Input::Look(_) | Input::Health { .. } | Input::Back { .. } if is_later => self.came_later = true,
            Input::Look(_) | Input::Health { .. } | Input::Back { .. } => {
                (self.silent, self.latest) = (None, Some(input.at().utc));
            }
            Input::Paused { .. }
            | Input::Reading { .. }
            | Input::Tick { .. }
            | Input::Acknowledge { .. }
            | Input::Handle { .. }
            | Input::MuteChanged { .. }
            | Input::Test { .. } => {}
        }
        if let Input::Look(look) = input {
            match is_later {
                true => self.around.beside[1] = self.around.beside[1].or(Some(look.at.utc)),
                false => self.around.beside[0] = Some(look.at.utc),
            }
        }
        self.around.silent_since = self.silent;
    }

    /// Counts of a time of which a part is asked about.
    fn note_unwatched(&mut self, entry: &Entry, window: &std::ops::Range<Timestamp>) {
        let Entry::Unwatched(unwatched) = entry else { return };
        let from = unwatched.at.utc.checked_sub(unwatched.over).unwrap_or(Timestamp::MIN);
        if *unwatched.camera == *self.camera && unwatched.at.utc >= window.start && from < window.end {
            self.around.not_decoded += unwatched.not_decoded;
            self.around.overloaded += unwatched.overloaded + unwatched.given_up;
        }
    }

    fn note_mutes(&mut self, entry: &Entry) {
        match entry {
            Entry::Session(session) => self.mutes.clone_from(&session.mutes),
            Entry::Mutes { mutes, .. } => self.mutes.clone_from(mutes),
            Entry::Reload { .. }
            | Entry::Input(_)
            | Entry::Published(_)
            | Entry::Unwatched(_)
            | Entry::Shadow(_)
            | Entry::Hole(_)
            | Entry::Stop { .. } => {}
        }
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
                let open = analysis.open().find(|open| self.is_of(plan, rule, open));
                state.is_open |= open.is_some();
                let distance = |at: Timestamp| at.duration_since(self.at).unsigned_abs();
                let is_nearer = self.nearest.is_none_or(|nearest| distance(look.at.utc) <= distance(nearest));
                if let Some(open) = open.filter(|_| is_nearer) {
                    self.nearest = Some(look.at.utc);
                    self.raised = Some(Raised {
                        alert: open.alert.clone(),
                        kind: open.kind.clone(),
                        started_at: open.started_at,
                        is_published: true,
                    });
                }
                self.around.sights.push(Sight {
                    at: look.at,
                    detections: look.detections.clone(),
                    furniture: look.verdicts.furniture.clone(),
                    is_unmoved: look.looked == Looked::NotAtAll,
                    rule: state,
                    belief: self.belief(judge, plan, rule, look.at),
                    muted: open.and_then(|open| muted(&self.mutes, open, look.at.utc)),
                });
            }
            Entry::Hole(hole) => {
                self.around.has_hole = true;
                self.holes.push(hole.why.sentence());
            }
            Entry::Session(_)
            | Entry::Reload { .. }
            | Entry::Mutes { .. }
            | Entry::Input(_)
            | Entry::Published(_)
            | Entry::Unwatched(_)
            | Entry::Shadow(_)
            | Entry::Stop { .. } => {}
        }
    }

    /// Whether an alert is of that rule of the camera. A rule that feeds a signal has none of its own.
    fn is_of(&self, plan: &Plan, rule: &Rule, open: &Revision) -> bool {
        let is_here = open.origin.cameras.iter().any(|camera| **camera == *self.camera);
        is_here
            && match &open.why.basis {
                Basis::Rule(id) => *id == rule.id,
                Basis::Belief => feeds(plan, rule, &open.kind),
                Basis::Test => false,
            }
    }

    /// The belief in the signal that the rule feeds, the greatest of several, and from which on an alert is raised.
    fn belief(&self, judge: &Judge<'_>, plan: &Plan, rule: &Rule, at: Moment) -> Option<(f64, f64)> {
        let analysis = judge.analysis()?;
        let camera = plan.cameras.iter().find(|camera| *camera.id == *self.camera)?;
        let beliefs = plan.signals.iter().filter(|signal| signal.feed_of(rule).is_some()).map(|signal| {
            let is_of_it = |state: &&SignalState| {
                state.kind == signal.kind
                    && state.grid == camera.grid
                    && state.camera.as_deref().is_none_or(|camera| *camera == *self.camera)
            };
            let belief =
                analysis.signals(at).iter().find(is_of_it).map_or(signal.prior, |state| state.belief);
            (belief, signal.raise())
        });
        beliefs.max_by(|a, b| a.0.total_cmp(&b.0))
    }
}

/// Who had muted the alert.
fn muted(mutes: &[Mute], open: &Revision, at: Timestamp) -> Option<MutedBy> {
    let muted = muted_by(mutes, open, at)?;
    Some(MutedBy { by: muted.by, reason: muted.reason, until: muted.until.0 })
}

fn feeds(plan: &Plan, rule: &Rule, kind: &str) -> bool {
    plan.signals.iter().any(|signal| *signal.kind == *kind && signal.feed_of(rule).is_some())
}
