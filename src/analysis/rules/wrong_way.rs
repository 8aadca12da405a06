//! `wrong_way`: something moves through the zone against the permitted direction.
//!
//! The direction is that of the way over the latest three seconds, and only a way counts: at least half an own
//! size long, and gone in both halves of the time. Who stands, sways or is half hidden by a passing bus moves
//! nowhere.

use super::evaluator::Span;
use super::path::{Motion, Paths, size_of};
use super::prelude::*;

sentences! {
    rule {
        wrong_way(classes, degrees, zone):
            "{classes} moves against {degrees} degrees in {zone}",
            "{classes} 在 {zone} 内逆着 {degrees} 度方向移动";
    }
    kind {
        wrong_way():
            "Moving against the permitted direction",
            "逆行";
    }
}

fields! {
    "Something moves against the permitted direction.":
        "有目标逆着允许的方向移动。";
    "The permitted direction as it looks in the picture, in degrees: 0 to the right, 90 up, 180 to the left, 270 down (towards the camera).":
        "允许的方向，以画面上所见为准，单位度：0 向右，90 向上，180 向左，270 向下（朝着摄像机）。";
    "For how many seconds it moves so. Who stands never counts, however they turn.":
        "这样移动多少秒。站着不动的，无论怎样转身都不算。";
    "How far a movement may be from exactly opposite and still count, in degrees. 90: all that does not move the permitted way.":
        "移动方向与正好相反的方向相差多少度以内仍算逆行。90：凡是没有朝允许的方向移动的都算。";
}

/// Something moves against the permitted direction for that long.
#[derive(Debug, Clone, PartialEq)]
pub struct WrongWay {
    /// Zone name.
    pub zone: Arc<str>,
    /// Classes that count.
    pub classes: Vec<Class>,
    /// The permitted direction in the picture, degrees: 0 to the right, 90 up, 180 to the left, 270 down.
    pub heading_deg: f32,
    /// How far a movement may be from exactly opposite and still count, degrees, 0..90.
    pub tolerance_deg: f32,
    /// How long.
    pub for_at_least: Duration,
}

/// Something moves against the permitted direction.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrongWayDocument {
    /// The zone; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// The permitted direction as it looks in the picture, in degrees: 0 to the right, 90 up, 180 to the left,
    /// 270 down (towards the camera).
    #[schemars(required, range(min = 0.0, max = 360.0))]
    pub heading_deg: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(required, extend("examples" = [["two_wheeler", "car"]]))]
    pub classes: Option<Names>,
    /// For how many seconds it moves so. Who stands never counts, however they turn.
    #[schemars(required, range(min = 0.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// How far a movement may be from exactly opposite and still count, in degrees. 90: all that does not move
    /// the permitted way.
    #[schemars(range(min = 1.0, max = 90.0), extend("default" = WrongWay::DEFAULT_TOLERANCE_DEG))]
    pub tolerance_deg: Option<At<f64>>,
}

impl WrongWay {
    pub(super) const ALERT: Alert = (Level::Yellow, kind::wrong_way);
    /// A third of all directions is the wrong one; who crosses the way is not meant.
    const DEFAULT_TOLERANCE_DEG: f64 = 60.0;
}

impl Typed for WrongWayDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes(&self.classes);
        let heading_deg = value_of(&self.heading_deg).map(|degrees| degrees as f32);
        let tolerance_deg = value_of(&self.tolerance_deg).unwrap_or(WrongWay::DEFAULT_TOLERANCE_DEG) as f32;
        let for_at_least = secs(&self.for_secs);
        Some(
            WrongWay {
                zone: zone?,
                classes: classes?,
                heading_deg: heading_deg?,
                tolerance_deg,
                for_at_least: for_at_least?,
            }
            .into(),
        )
    }
}

impl RuleKind for WrongWay {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Zone(&self.zone), classes: &self.classes, lasting: self.for_at_least }
    }

    fn is_fast(&self) -> bool {
        true
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        view.any_moves().then(|| view.usual())
    }

    fn sentence(&self) -> Sentence {
        rule::wrong_way(any_of(&self.classes), self.heading_deg.to_string(), self.zone.as_ref())
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        let (heading, tolerance) = (self.heading_deg, self.tolerance_deg);
        Some(Box::new(WrongWayState::new(zone, self.classes.clone(), heading, tolerance, self.for_at_least)))
    }
}

/// The way is taken over so long: a walker does about three own sizes in it, a creeping car half a size.
const WINDOW: Duration = Duration::from_secs(3);
/// Shorter ways are jitter, in own sizes: ten times that of a detector's box (`motion`).
const SHORTEST: f32 = 0.5;

#[derive(Debug, Clone)]
struct WrongWayState {
    zone: Polygon,
    classes: Vec<Class>,
    lasting: Duration,
    /// Unit vector of the permitted direction, y upwards.
    permitted: (f32, f32),
    /// Cosine of the tolerance.
    at_least_against: f32,
    paths: Paths,
    /// Each track's way against the direction.
    wrong: Vec<Span>,
}

impl WrongWayState {
    fn new(
        zone: Polygon,
        classes: Vec<Class>,
        heading_deg: f32,
        tolerance_deg: f32,
        lasting: Duration,
    ) -> Self {
        let heading = heading_deg.to_radians();
        WrongWayState {
            zone,
            classes,
            lasting,
            permitted: (heading.cos(), heading.sin()),
            at_least_against: tolerance_deg.clamp(0.0, 90.0).to_radians().cos(),
            paths: Paths::new(WINDOW),
            wrong: Vec::new(),
        }
    }

    fn is_against(&self, motion: &Motion) -> bool {
        let (x, y) = self.permitted;
        let length = motion.length();
        length > 0.0 && -(motion.dx * x + motion.dy * y) / length >= self.at_least_against - 1e-4
    }
}

impl Evaluate for WrongWayState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.paths.look(scene, &self.classes);
        for track in scene.seen_now(&self.classes) {
            let b = track.full_box();
            let Some(motion) = self.paths.of(track.number).and_then(|path| path.steady(WINDOW)) else {
                continue;
            };
            let is_way = motion.length() >= SHORTEST * size_of(b);
            if !is_way || !self.is_against(&motion) || !self.zone.contains(b.standing_point()) {
                continue;
            }
            let is_sure = track.is_confirmed();
            match self.wrong.iter_mut().find(|span| span.number == track.number) {
                Some(span) => (span.last, span.is_sure) = (scene.at, is_sure),
                None => {
                    let (number, since, last) = (track.number, motion.since, scene.at);
                    self.wrong.push(Span { number, since, last, is_sure });
                }
            }
        }
        self.wrong
            .retain(|span| scene.track(span.number).is_some() && scene.at.since(span.last) <= scene.flicker);
        observation.report_spans(scene, &self.classes, self.lasting, self.wrong.iter().copied());
    }

    fn forget(&mut self) {
        self.paths.forget();
        self.wrong.clear();
    }
}
