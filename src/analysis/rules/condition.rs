//! [`Condition`]: what a rule waits for, of whichever kind, with its parameters and the sentence it reads as.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::kind::{AlertKind, Drawn, Evaluate, RuleKind, ZoneOrLine};
use super::rule_kinds;
use crate::analysis::detection::Class;
use crate::text::{Sentence, rule as say};

macro_rules! condition {
    ($($name:ident: $Rule:ident, $Document:ident;)*) => {
        /// What must be seen. Zones and lines are names in the [`CameraPlan`](super::CameraPlan); that they exist there
        /// was checked.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Condition {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                $Rule(super::$Rule),
            )*
        }

        impl Condition {
            pub(super) fn kind(&self) -> &dyn RuleKind {
                match self {
                    $(Condition::$Rule(rule) => rule,)*
                }
            }

            /// Its name in the configuration: the kind of its alerts where the rule names none.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Condition::$Rule(_) => stringify!($name),)*
                }
            }
        }

        $(
            impl From<super::$Rule> for Condition {
                fn from(rule: super::$Rule) -> Condition {
                    Condition::$Rule(rule)
                }
            }
        )*

        /// Every kind of rule as a kind of alert, in the order in which they are listed.
        pub(crate) const KINDS: &[AlertKind] = &[$({
            let (level, title) = super::$Rule::ALERT;
            AlertKind { name: stringify!($name), level, title }
        }),*];
    };
}
rule_kinds!(condition);

impl Condition {
    /// Name of the zone or line it is about.
    pub fn place(&self) -> &Arc<str> {
        match self.kind().scope().place {
            ZoneOrLine::Zone(name) | ZoneOrLine::Line(name) => name,
        }
    }

    /// Name of the zone it is about; `None` for a line.
    pub fn zone(&self) -> Option<&Arc<str>> {
        match self.kind().scope().place {
            ZoneOrLine::Zone(name) => Some(name),
            ZoneOrLine::Line(_) => None,
        }
    }

    /// Classes that count.
    pub fn classes(&self) -> &[Class] {
        self.kind().scope().classes
    }

    /// How long it must last; zero for crossings, which are instants.
    pub fn lasting(&self) -> Duration {
        self.kind().scope().lasting
    }

    /// Whether it is over as soon as it happened, like a crossing: nothing can be seen to end.
    pub(crate) fn is_instant(&self) -> bool {
        self.kind().is_instant()
    }

    /// What must be passed, in the unit of `Observation::value`: a count for lines,
    /// crowds and rushes, a share of the zone for dense crowds, body heights per second for scuffles,
    /// seconds for everything else.
    pub fn threshold(&self) -> f64 {
        self.kind().threshold()
    }

    /// The parameter that says what must be passed.
    pub(crate) fn threshold_name(&self) -> &'static str {
        self.kind().threshold_name()
    }

    /// Whether a thing is where its feet are; of others a part of the box in the zone is enough, wherever they end.
    pub(crate) fn is_by_feet(&self) -> bool {
        self.kind().is_by_feet()
    }

    /// Whether it asks what moves where among people close together ([`Scene::flow`](super::Scene::flow)).
    pub(crate) fn wants_flow(&self) -> bool {
        self.kind().wants_flow()
    }

    /// Whether it asks where the picture changes from second to second ([`Scene::changes`](super::Scene::changes)).
    pub(crate) fn wants_changes(&self) -> bool {
        self.kind().wants_changes()
    }

    /// Whether its alert is raised because something is no longer seen.
    pub(crate) fn waits_for_absence(&self) -> bool {
        self.kind().waits_for_absence()
    }

    /// Whether it may be over between two keyframes, so that what came before its first sight must be seen as well.
    pub(crate) fn is_fast(&self) -> bool {
        self.kind().is_fast()
    }

    /// The condition in words and numbers: `car, truck or bus stays still in fire-lane for 120 s`.
    pub fn sentence(&self) -> Sentence {
        let what = self.kind().sentence();
        match self.lasting() {
            Duration::ZERO => what,
            lasting => say::lasting(what, lasting.as_secs_f64().to_string()),
        }
    }

    pub(super) fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        self.kind().evaluator(drawn)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}
