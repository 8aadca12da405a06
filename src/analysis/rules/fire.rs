//! `fire`: open flame, confirmed over some time ([`FireSmoke`]).

use super::fire_smoke::FireSmoke;
use super::prelude::*;

sentences! {
    rule {
        fire(zone):
            "flames burn in {zone}",
            "{zone} 内有明火";
    }
    kind {
        fire():
            "Fire",
            "疑似火情";
    }
}

fields! {
    "Over how many seconds it is confirmed. What was there from the start and never flickers, such as a lamp, is not reported; what appears and never changes needs three times as long. Where the picture itself stays the same nothing is reported.":
        "用多少秒来确认。一开始就有、从不闪动的（如灯）不报；后来出现、从不变化的，需要三倍的时间。画面本身没有变化的不报。";
}

/// Open flame, confirmed over that long.
#[derive(Debug, Clone, PartialEq)]
pub struct Fire {
    /// Zone name.
    pub zone: Arc<str>,
    /// The class of flames.
    pub classes: Vec<Class>,
    /// How long.
    pub for_at_least: Duration,
}

/// Open flame.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FireDocument {
    /// The zone; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// Over how many seconds it is confirmed. What was there from the start and never flickers, such as a lamp, is not
    /// reported; what appears and never changes needs three times as long. Where the picture itself stays the same nothing
    /// is reported.
    #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = Fire::DEFAULT_SECS))]
    pub for_secs: Option<At<f64>>,
}

impl Fire {
    pub(super) const ALERT: Alert = (Level::Red, kind::fire);
    /// A flame must be reported at once; most mistakes are shorter. A guess.
    pub const DEFAULT_SECS: f64 = 3.0;
}

impl Typed for FireDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes_or(&None, &[Class::FIRE.name()], &self.zone);
        let for_at_least = secs_or(&self.for_secs, Fire::DEFAULT_SECS);
        Some(Fire { zone: zone?, classes: classes?, for_at_least }.into())
    }
}

impl RuleKind for Fire {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Zone(&self.zone), classes: &self.classes, lasting: self.for_at_least }
    }

    fn is_by_feet(&self) -> bool {
        false
    }

    fn wants_changes(&self) -> bool {
        true
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        (!view.holds && view.in_view().next().is_some()).then(|| view.often_enough())
    }

    fn sentence(&self) -> Sentence {
        rule::fire(self.zone.as_ref())
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        Some(Box::new(FireSmoke::new(zone, self.classes.clone(), self.for_at_least)))
    }
}
