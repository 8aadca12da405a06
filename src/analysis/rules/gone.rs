//! `gone`: a thing that should be there is not.
//!
//! What stood in the zone steadily is what should be there. It is missing while the camera looks at its
//! place, nothing stands in front, and nothing of the classes is found there. A camera that was away has
//! not seen it vanish: what should be there is learnt anew then.

use super::prelude::*;
use super::remembered_objects::{RememberedObject, RememberedObjects};
use crate::analysis::alert::Shown;

sentences! {
    rule {
        gone(classes, zone):
            "{classes} that stood in {zone} is missing",
            "原在 {zone} 内的 {classes} 不见了";
    }
    kind {
        gone():
            "Something is gone",
            "物品缺失";
    }
}

fields! {
    "A thing that stood there steadily is missing.":
        "一直稳定停放在那里的东西不见了。";
    "For how many seconds it is missing while nothing stands in front of its place. It must have stood there for as long before (10 seconds to 2 minutes).":
        "不见了多少秒，其间它的位置前面没有遮挡。此前它须在那里停留同样长的时间（10 秒到 2 分钟）。";
}

/// A thing that stood there steadily has been missing for that long.
#[derive(Debug, Clone, PartialEq)]
pub struct Gone {
    /// Zone name.
    pub zone: Arc<str>,
    /// Classes that count.
    pub classes: Vec<Class>,
    /// How long.
    pub for_at_least: Duration,
}

/// A thing that stood there steadily is missing.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GoneDocument {
    /// The zone; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// The classes that count, as the model names them.
    #[schemars(required, extend("examples" = [["car"]]))]
    pub classes: Option<Names>,
    /// For how many seconds it is missing while nothing stands in front of its place. It must have stood there for as
    /// long before (10 seconds to 2 minutes).
    #[schemars(required, range(min = 1.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
}

impl Gone {
    pub(super) const ALERT: Alert = (Level::Yellow, kind::gone);
}

impl Typed for GoneDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes(&self.classes);
        let for_at_least = secs(&self.for_secs);
        Some(Gone { zone: zone?, classes: classes?, for_at_least: for_at_least? }.into())
    }
}

impl RuleKind for Gone {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Zone(&self.zone), classes: &self.classes, lasting: self.for_at_least }
    }

    fn waits_for_absence(&self) -> bool {
        true
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        let is_in = view.inside().next().is_some();
        (!view.holds && is_in).then(|| view.often_enough())
    }

    fn sentence(&self) -> Sentence {
        rule::gone(any_of(&self.classes), self.zone.as_ref())
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        Some(Box::new(GoneState::new(zone, self.classes.clone(), self.for_at_least)))
    }
}

/// It must have stood for as long as it must then be missing, but at least and at most so long.
const STEADY_AT_LEAST: Duration = Duration::from_secs(10);
/// See [`STEADY_AT_LEAST`].
const STEADY_AT_MOST: Duration = Duration::from_secs(120);
/// And seen in this part of the looks: what the detector finds now and then is no landmark.
const SEEN_SHARE: f32 = 0.5;
/// After a day nobody waits for it any more.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Clone)]
struct GoneState {
    classes: Vec<Class>,
    lasting: Duration,
    remembered: RememberedObjects,
}

impl GoneState {
    fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration) -> Self {
        GoneState { classes, lasting, remembered: RememberedObjects::new(zone, KEPT_FOR) }
    }
}

impl Evaluate for GoneState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.remembered.follow(scene, &self.classes);
        let steady = self.lasting.clamp(STEADY_AT_LEAST, STEADY_AT_MOST);
        let is_missing = |spot: &&RememberedObject| {
            let was_steady = spot.stood_for() >= steady && spot.seen_share() >= SEEN_SHARE;
            was_steady && spot.missing_for > scene.flicker
        };
        let missing = self.remembered.iter().filter(is_missing);
        observation.clear();
        let Some(longest) = missing.clone().max_by_key(|spot| spot.missing_for) else { return };
        observation.since = Some(longest.last_there);
        observation.seen_at = Some(scene.at);
        observation.value = longest.missing_for.as_secs_f64();
        observation.holds = longest.missing_for >= self.lasting;
        // While something stands before the empty place nothing speaks against it either.
        observation.sustains = observation.holds;
        for spot in missing.filter(|spot| spot.missing_for >= self.lasting) {
            let (class, score, box_in_frame) = (spot.class, spot.score, spot.box_in_frame);
            observation.shown.push(Shown { class, score, box_in_frame });
            observation.strength = observation.strength.max(score * spot.seen_share());
        }
        observation.count = observation.shown.len();
    }

    fn forget(&mut self) {
        self.remembered.forget();
    }
}
