//! `present`: anything of the classes is in the zone for so long, the same or others.

use super::evaluator::Spell;
use super::prelude::*;
use crate::analysis::geometry::BBox;

sentences! {
    rule {
        present(classes, zone):
            "{classes} is in {zone}",
            "{zone} 内有 {classes}";
    }
    kind {
        present():
            "Something is where it is watched for",
            "发现目标";
    }
}

fields! {
    "Something of these classes is in the zone for some time; not necessarily the same thing.":
        "区域里持续一段时间有这些类别的目标；不必是同一个。";
}

/// Anything of these classes in the zone, without a gap longer than flicker, for that long.
#[derive(Debug, Clone, PartialEq)]
pub struct Present {
    /// Zone name.
    pub zone: Arc<str>,
    /// Classes that count.
    pub classes: Vec<Class>,
    /// How long.
    pub for_at_least: Duration,
}

/// Something of these classes is in the zone for some time; not necessarily the same thing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresentDocument {
    /// The zone; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// The classes that count, as the model names them.
    #[schemars(required, extend("examples" = [["person"]]))]
    pub classes: Option<Names>,
    /// For how many seconds.
    #[schemars(required, range(min = 0.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
}

impl Present {
    pub(super) const ALERT: Alert = (Level::Blue, kind::present);
}

impl Typed for PresentDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes(&self.classes);
        let for_at_least = secs(&self.for_secs);
        Some(Present { zone: zone?, classes: classes?, for_at_least: for_at_least? }.into())
    }
}

impl RuleKind for Present {
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
        rule::present(any_of(&self.classes), self.zone.as_ref())
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        Some(Box::new(PresentState::new(zone, self.classes.clone(), self.for_at_least, Inside::Foot)))
    }
}

#[derive(Debug, Clone)]
pub(super) struct PresentState {
    zone: Polygon,
    classes: Vec<Class>,
    lasting: Duration,
    inside: Inside,
    spell: Spell,
}

/// What of a thing must be in the zone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Inside {
    /// The point on which it stands.
    Foot,
    /// So much of the lower half of its box.
    LowerHalf(f32),
}

impl Inside {
    fn holds(self, zone: &Polygon, b: &BBox) -> bool {
        match self {
            Inside::Foot => zone.contains(b.standing_point()),
            Inside::LowerHalf(part) => zone.share_of(&b.lower_half()) >= part,
        }
    }
}

impl PresentState {
    pub(super) fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration, inside: Inside) -> Self {
        PresentState { zone, classes, lasting, inside, spell: Spell::default() }
    }
}

impl Evaluate for PresentState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        let mut strength = None;
        for track in scene.confirmed(&self.classes) {
            if !self.inside.holds(&self.zone, track.full_box()) {
                continue;
            }
            if strength.is_none() {
                observation.shown.clear();
            }
            observation.show(track);
            strength = Some(track.score.max(strength.unwrap_or(0.0)));
        }
        self.spell.look(scene, strength.is_some());
        if let Some(strength) = strength {
            observation.strength = strength;
            observation.count = observation.shown.len();
        }
        self.spell.report(self.lasting, observation);
        observation.value = self.spell.lasted().unwrap_or_default().as_secs_f64();
    }

    fn forget(&mut self) {
        self.spell.forget();
    }
}
