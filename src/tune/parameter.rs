//! [`Parameter`]: what can be turned, where it stands in the configuration, which values are tried, and whose alerts it may
//! change.
//!
//! Values rise from the one in force: a higher threshold, a longer duration, more at once, a taller box. What lies below it the
//! journal need not hold. The steps are coarse on purpose: a value that fits last week to the hundredth fits nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::analysis::Plan;
use crate::analysis::detection::Class;
use crate::analysis::rules::{CameraPlan, Rule};
use crate::analysis::tracker::DEFAULT_THRESHOLD;
use crate::comparison::AlertLife;
use crate::config::edit::{self, Edit};
use crate::config::rule_fields::{self, TypedSection};
use crate::journal::Published;
use crate::retune::limits;
use crate::text::{Sentence, tune as say};

/// How much higher than in force a threshold or a belief is tried.
const HIGHER: [f64; 9] = [0.04, 0.08, 0.12, 0.16, 0.20, 0.25, 0.30, 0.40, 0.50];
/// The highest threshold that is tried: hardly any detector is surer of anything that is small.
const MOST_SURE: f64 = 0.95;
/// The highest belief that is tried; certainty no signal reaches.
const MOST_BELIEVED: f64 = 0.98;
/// How many times as long a duration is tried, and for how many seconds where none is asked for.
const LONGER: [f64; 7] = [1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0];
const FROM_NOTHING: [f64; 6] = [1.0, 2.0, 3.0, 5.0, 8.0, 12.0];
/// The longest duration that the configuration takes.
const LONGEST_SECS: f64 = 86_400.0;
/// How many more at once are tried, and the most that the configuration takes.
const MORE: [f64; 7] = [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0];
const MOST_AT_ONCE: f64 = 1_000.0;
/// Least heights that are tried, in parts of the picture's height: half of a picture is somebody at arm's length.
const HEIGHTS: [f64; 10] = [0.03, 0.05, 0.07, 0.10, 0.13, 0.16, 0.20, 0.25, 0.30, 0.40];

/// Something that can be turned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Parameter {
    /// How sure the detector must be of a class on a camera, by day and by night.
    Threshold {
        /// The camera.
        camera: Arc<str>,
        /// The class.
        class: Class,
    },
    /// For how long a rule's condition must last.
    ForSecs {
        /// The rule.
        rule: Arc<str>,
    },
    /// How many a rule wants at once.
    AtLeast {
        /// The rule.
        rule: Arc<str>,
    },
    /// The least height of what a rule looks at.
    MinHeight {
        /// The rule.
        rule: Arc<str>,
    },
    /// The belief from which a signal raises alerts.
    Level {
        /// The signal.
        kind: Arc<str>,
    },
}

/// Whose alerts may change: one that a rule raises by itself at a camera, or all of a signal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Teller {
    /// A rule that raises alerts by itself, at one of its cameras.
    Rule {
        /// The rule.
        rule: Arc<str>,
        /// The camera.
        camera: Arc<str>,
    },
    /// A signal.
    Signal {
        /// The kind of its alerts.
        kind: Arc<str>,
    },
}

impl Teller {
    /// Those through which a rule at a camera comes to an alert.
    pub(super) fn of(plan: &Plan, rule: &Rule, camera: &Arc<str>) -> BTreeSet<Teller> {
        let fed = plan.signals.iter().filter(|signal| signal.feed_of(rule).is_some());
        let fed: BTreeSet<Teller> = fed.map(|signal| Teller::Signal { kind: signal.kind.clone() }).collect();
        if fed.is_empty() {
            return BTreeSet::from([Teller::Rule { rule: rule.id.clone(), camera: camera.clone() }]);
        }
        fed
    }

    /// Whether an alert is one of its.
    pub(super) fn raised(&self, life: &AlertLife) -> bool {
        match self {
            Teller::Rule { rule, camera } => {
                life.rule.as_ref() == Some(rule) && life.camera() == Some(camera)
            }
            Teller::Signal { kind } => life.rule.is_none() && life.kind == *kind,
        }
    }

    /// Whether what was published is of one of its alerts.
    pub(super) fn published(&self, one: &Published) -> bool {
        match self {
            Teller::Rule { rule, camera } => {
                one.rule.as_ref() == Some(rule) && one.camera.as_ref() == Some(camera)
            }
            Teller::Signal { kind } => one.rule.is_none() && one.kind == *kind,
        }
    }

    /// The cameras that decide.
    pub(super) fn cameras(&self, plan: &Plan) -> Vec<Arc<str>> {
        match self {
            Teller::Rule { camera, .. } => vec![camera.clone()],
            Teller::Signal { kind } => {
                let sources = plan.sources().into_iter().filter(|source| source.kind == *kind);
                sources.filter_map(|source| source.id.camera().cloned()).collect()
            }
        }
    }
}

/// A configuration as it is read and as it is typed.
pub(super) struct Typed<'c> {
    pub(super) plan: &'c Plan,
    rules: Vec<TypedSection>,
}

impl<'c> Typed<'c> {
    pub(super) fn new(text: &str, plan: &'c Plan) -> Self {
        Typed { plan, rules: rule_fields::sections_in(text, "rule") }
    }

    fn rule(&self, id: &str) -> Option<&'c Rule> {
        self.plan.rules.iter().find(|rule| *rule.id == *id)
    }

    fn camera(&self, id: &str) -> Option<&'c CameraPlan> {
        self.plan.cameras.iter().find(|camera| *camera.id == *id)
    }

    fn number(&self, rule: &Rule, field: &str) -> Option<f64> {
        let typed = self.rules.iter().find(|section| section.id.as_deref() == Some(&*rule.id))?;
        typed.value(&[rule.when.name(), field]).and_then(Value::as_f64)
    }
}

/// The rules that have a parameter of that name.
fn has_field(rule: &Rule, name: &str) -> bool {
    rule_fields::kind(rule.when.name()).is_some_and(|kind| kind.fields.iter().any(|field| field.name == name))
}

impl Parameter {
    /// What can be turned of a rule at a camera.
    pub(super) fn of_rule(typed: &Typed<'_>, rule: &Rule, camera: &Arc<str>) -> Vec<Parameter> {
        let mut all: Vec<Parameter> = Vec::new();
        for class in rule.when.classes() {
            let threshold = Parameter::Threshold { camera: camera.clone(), class: *class };
            if !all.contains(&threshold) {
                all.push(threshold);
            }
        }
        let rule = rule.id.clone();
        all.extend([
            Parameter::ForSecs { rule: rule.clone() },
            Parameter::AtLeast { rule: rule.clone() },
            Parameter::MinHeight { rule },
        ]);
        all.retain(|parameter| parameter.in_force(typed).is_some());
        all
    }

    /// Its name for programs, within a rule at a camera or a signal.
    pub(crate) fn name(&self) -> String {
        match self {
            Parameter::Threshold { class, .. } => format!("thresholds.{}", class.name()),
            Parameter::ForSecs { .. } => "for_secs".to_owned(),
            Parameter::AtLeast { .. } => "at_least".to_owned(),
            Parameter::MinHeight { .. } => "min_height".to_owned(),
            Parameter::Level { .. } => "level".to_owned(),
        }
    }

    /// What it is, for people.
    pub(crate) fn sentence(&self) -> Sentence {
        match self {
            Parameter::Threshold { class, .. } => say::threshold(class.words()),
            Parameter::ForSecs { .. } => say::for_secs(),
            Parameter::AtLeast { .. } => say::at_least(),
            Parameter::MinHeight { .. } => say::min_height(),
            Parameter::Level { .. } => say::level(),
        }
    }

    /// The value in force; `None` where there is no such thing to turn.
    pub(super) fn in_force(&self, typed: &Typed<'_>) -> Option<f64> {
        match self {
            Parameter::Threshold { camera, class } => {
                Some(rounded(f64::from(limits::least(typed.camera(camera)?, *class))))
            }
            Parameter::ForSecs { rule } => {
                let rule = typed.rule(rule).filter(|rule| has_field(rule, "for_secs"))?;
                Some(rule.when.lasting().as_secs_f64())
            }
            Parameter::AtLeast { rule } => typed.number(typed.rule(rule)?, "at_least"),
            Parameter::MinHeight { rule } => Some(rounded(f64::from(typed.rule(rule)?.heights.min))),
            Parameter::Level { kind } => {
                typed.plan.signals.iter().find(|signal| signal.kind == *kind).map(|signal| signal.raise())
            }
        }
    }

    /// The values that are tried, rising, without the one in force. `ran`: the plan that ran when the journal was written.
    pub(super) fn tried(&self, typed: &Typed<'_>, ran: &Plan) -> Vec<f64> {
        let Some(now) = self.in_force(typed) else { return Vec::new() };
        let added = |steps: &[f64], most: f64| -> Vec<f64> {
            steps.iter().map(|step| rounded(now + step)).filter(|value| *value <= most).collect()
        };
        let mut values = match self {
            Parameter::Threshold { camera, class } => {
                let then = ran.cameras.iter().find(|plan| plan.id == *camera);
                let least = then.map_or(now, |plan| rounded(f64::from(limits::least(plan, *class))));
                let mut values = added(&HIGHER, MOST_SURE);
                values.retain(|value| *value >= least);
                values
            }
            Parameter::ForSecs { .. } if now == 0.0 => FROM_NOTHING.to_vec(),
            Parameter::ForSecs { .. } => {
                let longer = LONGER.iter().map(|times| (now * times * 2.0).ceil() / 2.0);
                longer.filter(|value| *value <= LONGEST_SECS).collect()
            }
            Parameter::AtLeast { .. } => added(&MORE, MOST_AT_ONCE),
            Parameter::MinHeight { rule } => {
                let most = typed.rule(rule).map_or(1.0, |rule| f64::from(rule.heights.max));
                HEIGHTS.iter().copied().filter(|value| *value < most).collect()
            }
            Parameter::Level { .. } => added(&HIGHER, MOST_BELIEVED),
        };
        values.retain(|value| *value > now);
        values.dedup();
        values
    }

    /// Whose alerts it may change.
    pub(super) fn touches(&self, plan: &Plan) -> BTreeSet<Teller> {
        let at = |camera: Option<&Arc<str>>, rule: Option<&Arc<str>>| -> BTreeSet<Teller> {
            let rules = plan.rules.iter().filter(|one| rule.is_none_or(|id| one.id == *id));
            rules
                .flat_map(|rule| rule.cameras.iter().map(move |camera| (rule, camera)))
                .filter(|(_, of_rule)| camera.is_none_or(|id| *of_rule == id))
                .flat_map(|(rule, camera)| Teller::of(plan, rule, camera))
                .collect()
        };
        match self {
            // Boxes of several classes are followed together, so all rules of the camera may see a difference.
            Parameter::Threshold { camera, .. } => at(Some(camera), None),
            Parameter::ForSecs { rule } | Parameter::AtLeast { rule } | Parameter::MinHeight { rule } => {
                at(None, Some(rule))
            }
            Parameter::Level { kind } => BTreeSet::from([Teller::Signal { kind: kind.clone() }]),
        }
    }

    /// The changes of the file that give it that value; none for a signal, whose entry may stand in the catalogue.
    pub(super) fn edits(&self, typed: &Typed<'_>, value: f64) -> Vec<Edit> {
        let set_rule = |rule: &Arc<str>, key: &[&str]| Edit::SetRule {
            id: rule.to_string(),
            key: edit::path(key),
            value: Some(edit::number_value(value)),
        };
        match self {
            Parameter::Threshold { camera, class } => {
                let Some(plan) = typed.camera(camera) else { return Vec::new() };
                let set = |key: &[&str]| Edit::SetCamera {
                    id: camera.to_string(),
                    key: edit::path(key),
                    value: Some(edit::number_value(value)),
                };
                let is_lower = |of: Option<&f32>| of.is_some_and(|of| rounded(f64::from(*of)) < value);
                let mut edits = Vec::new();
                // Where no threshold is set, the tracker's own is in force.
                if is_lower(plan.thresholds.get(class).or(Some(&DEFAULT_THRESHOLD))) {
                    edits.push(set(&["thresholds", class.name()]));
                }
                if is_lower(plan.night.as_ref().and_then(|night| night.thresholds.get(class))) {
                    edits.push(set(&["night", "thresholds", class.name()]));
                }
                edits
            }
            Parameter::ForSecs { rule } | Parameter::AtLeast { rule } => {
                let field = self.name();
                typed.rule(rule).map(|one| set_rule(rule, &[one.when.name(), &field])).into_iter().collect()
            }
            Parameter::MinHeight { rule } => vec![set_rule(rule, &["min_height"])],
            Parameter::Level { .. } => Vec::new(),
        }
    }

    /// Puts a value into a plan where no change of the file does.
    pub(super) fn change(&self, plan: &mut Plan, value: f64) {
        let Parameter::Level { kind } = self else { return };
        for signal in plan.signals.iter_mut().filter(|signal| signal.kind == *kind) {
            // Nothing is raised below the value; the level that was in force there begins with it.
            let below = signal.levels.iter().take_while(|level| level.belief < value).count();
            signal.levels.drain(..below.saturating_sub(1));
            if let Some(first) = signal.levels.first_mut() {
                first.belief = first.belief.max(value);
            }
        }
    }
}

/// As fine as anybody types it, and without what 32 bits cannot hold.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
