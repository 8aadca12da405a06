//! `parked`: the same vehicle stays *still* in the zone for so long.

use super::prelude::*;
use super::stationary::{StationaryObject, StationaryObjects};

sentences! {
    rule {
        parked(classes, zone):
            "{classes} stays still in {zone}",
            "{classes} 停在 {zone} 内不动";
    }
    kind {
        parked():
            "Vehicle parked",
            "车辆停放";
    }
}

fields! {
    "The same vehicle stands still in the zone.":
        "同一辆车在区域里停着不动。";
}

/// The same vehicle stays *still* in the zone for that long.
#[derive(Debug, Clone, PartialEq)]
pub struct Parked {
    /// Zone name.
    pub zone: Arc<str>,
    /// Classes that count.
    pub classes: Vec<Class>,
    /// How long.
    pub for_at_least: Duration,
}

/// The same vehicle stands still in the zone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParkedDocument {
    /// The zone; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds.
    #[schemars(required, range(min = 1.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = Parked::DEFAULT_CLASSES))]
    pub classes: Option<Names>,
}

impl Parked {
    pub(super) const ALERT: Alert = (Level::Yellow, kind::parked);
    /// What blocks a lane.
    const DEFAULT_CLASSES: [&str; 3] = ["car", "truck", "bus"];
}

impl Typed for ParkedDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes_or(&self.classes, &Parked::DEFAULT_CLASSES, &self.zone);
        let for_at_least = secs(&self.for_secs);
        Some(Parked { zone: zone?, classes: classes?, for_at_least: for_at_least? }.into())
    }
}

impl RuleKind for Parked {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Zone(&self.zone), classes: &self.classes, lasting: self.for_at_least }
    }

    fn is_by_feet(&self) -> bool {
        false
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        let is_in = view.inside().next().is_some();
        (!view.holds && is_in).then(|| view.often_enough())
    }

    fn sentence(&self) -> Sentence {
        rule::parked(any_of(&self.classes), self.zone.as_ref())
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        Some(Box::new(ParkedState::new(zone, self.classes.clone(), self.for_at_least)))
    }
}

#[derive(Debug, Clone)]
struct ParkedState {
    classes: Vec<Class>,
    lasting: Duration,
    stands: StationaryObjects,
}

impl ParkedState {
    fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration) -> Self {
        ParkedState { classes, lasting, stands: StationaryObjects::new(zone) }
    }
}

impl Evaluate for ParkedState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.stands.follow(scene, &self.classes);
        let spans = self.stands.iter().map(StationaryObject::span);
        observation.report_spans(scene, &self.classes, self.lasting, spans);
    }

    fn forget(&mut self) {
        self.stands.forget();
    }
}
