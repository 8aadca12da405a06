//! `indoors`: a two-wheeler stands or is pushed inside an entrance. It is `present` with another idea of inside.
//!
//! The zone is the floor behind the door. A vehicle is inside when half of the lower half of its box is: a
//! wheel over the doorstep, or one that passes outside, is not enough. Whichever it is, and however often the
//! detector loses it in the dim light, the time goes on while something is inside.

use super::prelude::*;
use super::present::{Inside, PresentState};

sentences! {
    rule {
        indoors(classes, zone):
            "{classes} is inside {zone}",
            "{classes} 在 {zone} 里面";
    }
    kind {
        indoors():
            "Vehicle indoors",
            "车辆进楼";
    }
}

fields! {
    "A two-wheeler is inside an entrance.":
        "两轮车进了楼门。";
    "The zone, the floor behind the door; every camera that the rule names by its id must have one of this name.":
        "区域，即门内的地面；规则按 id 指明的每路摄像机都要有这个名称的区域。";
}

/// A vehicle is inside an entrance for that long.
#[derive(Debug, Clone, PartialEq)]
pub struct Indoors {
    /// Zone name.
    pub zone: Arc<str>,
    /// Classes that count.
    pub classes: Vec<Class>,
    /// How long.
    pub for_at_least: Duration,
}

/// A two-wheeler is inside an entrance.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndoorsDocument {
    /// The zone, the floor behind the door; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds.
    #[schemars(required, range(min = 0.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = Indoors::DEFAULT_CLASSES))]
    pub classes: Option<Names>,
}

impl Indoors {
    pub(super) const ALERT: Alert = (Level::Orange, kind::indoors);
    /// E-bikes in stairways are what burns houses down.
    const DEFAULT_CLASSES: [&str; 1] = ["two_wheeler"];
}

impl Typed for IndoorsDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes_or(&self.classes, &Indoors::DEFAULT_CLASSES, &self.zone);
        let for_at_least = secs(&self.for_secs);
        Some(Indoors { zone: zone?, classes: classes?, for_at_least: for_at_least? }.into())
    }
}

impl RuleKind for Indoors {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Zone(&self.zone), classes: &self.classes, lasting: self.for_at_least }
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        // Somebody outside may be inside, and gone, before the next keyframe.
        let may_enter = self.is_fast() && view.any_moves();
        let is_in = view.inside().next().is_some();
        (!view.holds && (is_in || may_enter)).then(|| view.often_enough())
    }

    fn sentence(&self) -> Sentence {
        rule::indoors(any_of(&self.classes), self.zone.as_ref())
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        let inside = Inside::LowerHalf(INSIDE);
        Some(Box::new(PresentState::new(zone, self.classes.clone(), self.for_at_least, inside)))
    }
}

/// The part of the lower half of the box that must be in the zone.
const INSIDE: f32 = 0.5;
