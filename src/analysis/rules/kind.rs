//! What every kind of rule answers for itself: [`RuleKind`] for its parameters, [`Evaluate`] for its state on one camera.
//!
//! A kind is a file: its parameters, its table in the configuration ([`super::typed`]), its state and its evaluation. The
//! list in [`super`] names it; everything else asks through these traits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::evaluator::{Observation, Scene};
use super::required_rate::{self, RuleView};
use super::{CameraPlan, Rule};
use crate::analysis::detection::Class;
use crate::analysis::geometry::{Line, Polygon};
use crate::text::{Joint, Sentence, Words};
use crate::types::level::Level;

/// A kind of alert that is known by name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AlertKind {
    /// Its name in configuration and JSON.
    pub name: &'static str,
    /// Suggested level where the rule gives none.
    pub level: Level,
    /// Title, which people read.
    pub title: fn() -> Sentence,
}

/// Level and title of a rule's alerts where it names no other kind.
pub(super) type Alert = (Level, fn() -> Sentence);

/// Where a rule looks: a name in the [`CameraPlan`].
#[derive(Debug, Clone, Copy)]
pub(super) enum ZoneOrLine<'a> {
    Zone(&'a Arc<str>),
    Line(&'a Arc<str>),
}

/// What every rule has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) place: ZoneOrLine<'a>,
    /// Classes that count.
    pub(super) classes: &'a [Class],
    /// How long it must last; zero for instants.
    pub(super) lasting: Duration,
}

/// The parameters of one kind of rule.
pub(super) trait RuleKind {
    /// Where it looks, for what, and for how long.
    fn scope(&self) -> Scope<'_>;

    /// What must be passed, in the unit of [`Observation::value`]: seconds where nothing else is said.
    fn threshold(&self) -> f64 {
        self.scope().lasting.as_secs_f64()
    }

    /// The parameter that says so in the configuration; of a line, which is crossed or not, the one that says how.
    fn threshold_name(&self) -> &'static str {
        "for_secs"
    }

    /// Whether it is over as soon as it happened: nothing can be seen to end.
    fn is_instant(&self) -> bool {
        false
    }

    /// Whether it may be over between two keyframes, so that what came before its first sight must be seen as well.
    fn is_fast(&self) -> bool {
        required_rate::is_short(self.scope().lasting)
    }

    /// The longest time between looks with which it is seen as well as with more; `None` where any will do.
    fn pace(&self, view: RuleView<'_>) -> Option<Duration>;

    /// Whether a thing is in the zone when its feet are. Where not, any part of its box in the zone is enough.
    fn is_by_feet(&self) -> bool {
        true
    }

    /// Whether it asks what moves where among people close together ([`Scene::flow`]).
    fn wants_flow(&self) -> bool {
        false
    }

    /// Whether it asks where the picture changes from second to second ([`Scene::changes`]).
    fn wants_changes(&self) -> bool {
        false
    }

    /// Whether its alert is raised because something is no longer seen.
    fn waits_for_absence(&self) -> bool {
        false
    }

    /// The condition in words and numbers, without its duration.
    fn sentence(&self) -> Sentence;

    /// Its state on a camera that has seen nothing yet; `None` if the camera lacks its place.
    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>>;
}

/// What is drawn on the camera that a rule watches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawn<'a> {
    pub(super) rule: &'a Rule,
    pub(super) plan: &'a CameraPlan,
}

impl Drawn<'_> {
    pub(super) fn zone(&self, name: &str) -> Option<Polygon> {
        self.plan.zones.get(name).cloned()
    }

    pub(super) fn line(&self, name: &str) -> Option<Line> {
        self.plan.lines.get(name).copied()
    }
}

/// The state of one rule on one camera.
pub(super) trait Evaluate: CloneEvaluator + fmt::Debug + Send + Sync {
    /// Takes in one frame.
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation);

    /// Forgets what it saw.
    fn forget(&mut self);
}

/// A copy of a state whose type is not known any more.
pub(super) trait CloneEvaluator {
    fn boxed(&self) -> Box<dyn Evaluate>;
}

impl<T: Evaluate + Clone + 'static> CloneEvaluator for T {
    fn boxed(&self) -> Box<dyn Evaluate> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Evaluate> {
    fn clone(&self) -> Self {
        (**self).boxed()
    }
}

/// One class or another, as people call them: `car, truck or bus`.
pub(super) fn any_of(classes: &[Class]) -> Words {
    Words::List(classes.iter().map(|class| class.words()).collect(), Joint::Or)
}
