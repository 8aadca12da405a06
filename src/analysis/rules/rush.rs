//! `rush`: many run at once, together or apart.
//!
//! Speed is that of the way over a second, in body heights per second, so that it means the same near and
//! far: a walk is about 0.8 (1.4 m/s by somebody of 1.7 m), a run begins at about 1.5. Who runs straight at
//! the camera moves little in the picture and is not found by this. Needs at least three looks a second.

use super::evaluator::Spell;
use super::path::{Path, Paths, is_cut};
use super::prelude::*;
use crate::analysis::time::Moment;
use crate::analysis::tracker::TrackNumber;

sentences! {
    rule {
        rush(count, classes, speed, zone):
            "at least {count} of {classes} run at {speed} body heights a second in {zone}",
            "{zone} 内至少 {count} 个 {classes} 以每秒 {speed} 个身高的速度奔跑";
    }
    kind {
        rush():
            "People running",
            "人员奔跑";
    }
}

fields! {
    "Many run at once, together or apart.":
        "许多人同时奔跑，同向或四散。";
    "What counts as running, in body heights per second: a walk is about 0.8. Needs at least three looks a second.":
        "多快算奔跑，单位为每秒几个身高：步行约为 0.8。每秒至少须分析三帧。";
}

/// At least so many run at once for that long.
#[derive(Debug, Clone, PartialEq)]
pub struct Rush {
    /// Zone name.
    pub zone: Arc<str>,
    /// Classes that count.
    pub classes: Vec<Class>,
    /// How many.
    pub at_least: usize,
    /// What counts as running, in body heights per second.
    pub speed: f32,
    /// How long.
    pub for_at_least: Duration,
}

/// Many run at once, together or apart.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RushDocument {
    /// The zone; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// How many at once.
    #[schemars(required, range(min = 1, max = 1000))]
    pub at_least: Option<At<u32>>,
    /// For how many seconds.
    #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = Rush::DEFAULT_SECS))]
    pub for_secs: Option<At<f64>>,
    /// What counts as running, in body heights per second: a walk is about 0.8. Needs at least three looks a second.
    #[schemars(range(min = 0.5, max = 10.0), extend("default" = Rush::DEFAULT_SPEED))]
    pub speed: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = DEFAULT_PEOPLE))]
    pub classes: Option<Names>,
}

impl Rush {
    pub(super) const ALERT: Alert = (Level::Orange, kind::rush);
    /// One look's mistake is not a rush.
    pub const DEFAULT_SECS: f64 = 1.0;
    /// Between a walk of 0.8 and a run of 2 body heights per second.
    pub const DEFAULT_SPEED: f64 = 1.5;
}

impl Typed for RushDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes_or(&self.classes, &DEFAULT_PEOPLE, &self.zone);
        let at_least = value_of(&self.at_least).map(|people| people as usize);
        let speed = value_of(&self.speed).unwrap_or(Rush::DEFAULT_SPEED) as f32;
        let for_at_least = secs_or(&self.for_secs, Rush::DEFAULT_SECS);
        Some(Rush { zone: zone?, classes: classes?, at_least: at_least?, speed, for_at_least }.into())
    }
}

impl RuleKind for Rush {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Zone(&self.zone), classes: &self.classes, lasting: self.for_at_least }
    }

    fn threshold(&self) -> f64 {
        self.at_least as f64
    }

    fn threshold_name(&self) -> &'static str {
        "at_least"
    }

    fn is_fast(&self) -> bool {
        true
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        let there = view.in_view().count() >= self.at_least.div_ceil(2);
        (there && view.any_moves()).then(|| view.usual())
    }

    fn sentence(&self) -> Sentence {
        let Rush { zone, classes, at_least, speed, .. } = self;
        rule::rush(*at_least, any_of(classes), speed.to_string(), zone.as_ref())
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        Some(Box::new(RushState::new(
            zone,
            self.classes.clone(),
            self.at_least,
            self.speed,
            self.for_at_least,
        )))
    }
}

/// The way over so long: two steps of a runner.
const WINDOW: Duration = Duration::from_secs(1);
/// The shortest way that says anything.
const SHORTEST: Duration = Duration::from_millis(300);
/// Somebody who ran a moment ago still counts as running ...
const STILL_RUNS_FOR: Duration = Duration::from_secs(1);
/// ... but who is not seen any more not for so long: a runner who is found again has a new number soon.
const UNSEEN_FOR: Duration = Duration::from_millis(350);

#[derive(Debug, Clone)]
struct RushState {
    zone: Polygon,
    classes: Vec<Class>,
    at_least: usize,
    /// Body heights per second.
    speed: f32,
    lasting: Duration,
    paths: Paths,
    runners: Vec<Runner>,
    scores: Vec<f32>,
    spell: Spell,
}

#[derive(Debug, Clone, Copy)]
struct Runner {
    number: TrackNumber,
    ran_at: Moment,
}

impl RushState {
    fn new(zone: Polygon, classes: Vec<Class>, at_least: usize, speed: f32, lasting: Duration) -> Self {
        RushState {
            zone,
            classes,
            at_least: at_least.max(1),
            speed,
            lasting,
            paths: Paths::new(WINDOW),
            runners: Vec::new(),
            scores: Vec::new(),
            spell: Spell::default(),
        }
    }
}

impl Evaluate for RushState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.paths.look(scene, &self.classes);
        for track in scene.confirmed(&self.classes) {
            let runs = self.paths.of(track.number).is_some_and(|path| speed_of(path) >= self.speed);
            if !runs || !self.zone.contains(track.box_in_frame.standing_point()) {
                continue;
            }
            match self.runners.iter_mut().find(|runner| runner.number == track.number) {
                Some(runner) => runner.ran_at = scene.at,
                None => self.runners.push(Runner { number: track.number, ran_at: scene.at }),
            }
        }
        self.runners.retain(|runner| {
            let is_there =
                scene.track(runner.number).is_some_and(|track| scene.at.since(track.last_seen) <= UNSEEN_FOR);
            is_there && scene.at.since(runner.ran_at) <= STILL_RUNS_FOR
        });
        let count = self.runners.len();
        let is_rush = count >= self.at_least;
        self.spell.look(scene, is_rush);
        if is_rush {
            observation.shown.clear();
            self.scores.clear();
            for track in self.runners.iter().filter_map(|runner| scene.track(runner.number)) {
                observation.show(track);
                self.scores.push(track.score);
            }
            self.scores.sort_unstable_by(|a, b| b.total_cmp(a));
            observation.strength = self.scores.get(self.at_least - 1).copied().unwrap_or(0.0);
        }
        self.spell.report(self.lasting, observation);
        observation.count = count;
        observation.value = count as f64;
    }

    fn forget(&mut self) {
        self.paths.forget();
        self.runners.clear();
        self.spell.forget();
    }
}

/// Body heights per second over the latest way; 0 for who does not move steadily, or whose height the picture's
/// edge cuts.
fn speed_of(path: &Path) -> f32 {
    let now = path.now();
    let Some(motion) = path.steady(WINDOW) else { return 0.0 };
    if motion.secs < SHORTEST.as_secs_f32() || is_cut(&now.box_in_frame) {
        return 0.0;
    }
    let tallest = path.latest(WINDOW).map(|step| step.box_in_frame.height()).fold(0.0_f32, f32::max);
    if tallest > 0.0 { motion.length() / tallest / motion.secs } else { 0.0 }
}
