//! `works`: several trucks or people are busy where nobody may dig or build.
//!
//! Busy means that at least so many stay at their place and one of them moves there: a parked truck is not
//! busy, nor are people who pass through or wait for a bus without a step. Digging goes on and off, so what is
//! asked is the share of the recent time.

use super::duty_cycle::Share;
use super::path::{Path, Paths, distance, shape_of, size_of};
use super::prelude::*;
use crate::analysis::geometry::BBox;
use crate::analysis::plausible::ASPECT;
use crate::analysis::time::Moment;

sentences! {
    rule {
        works(count, classes, zone):
            "at least {count} of {classes} are busy in {zone}",
            "{zone} 内至少 {count} 个 {classes} 在作业";
    }
    kind {
        works():
            "Digging or building",
            "违规施工";
    }
}

fields! {
    "Several trucks or people are busy where nobody may dig or build.":
        "在不许开挖或施工的地方，有几辆卡车或几个人在作业。";
    "For how many seconds, on and off.":
        "断断续续共多少秒。";
    "How many at once stay at the place while at least one of them moves there.":
        "同时有多少留在该处，并且其中至少一个在那里移动。";
}

/// Several stay and are busy, on and off, for that long.
#[derive(Debug, Clone, PartialEq)]
pub struct Works {
    /// Zone name.
    pub zone: Arc<str>,
    /// Classes that count.
    pub classes: Vec<Class>,
    /// How many at once.
    pub at_least: usize,
    /// How long.
    pub for_at_least: Duration,
}

/// Several trucks or people are busy where nobody may dig or build.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorksDocument {
    /// The zone; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds, on and off.
    #[schemars(required, range(min = 10.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = Works::DEFAULT_CLASSES))]
    pub classes: Option<Names>,
    /// How many at once stay at the place while at least one of them moves there.
    #[schemars(range(min = 1, max = 100), extend("default" = Works::DEFAULT_AT_LEAST))]
    pub at_least: Option<At<u32>>,
}

impl Works {
    pub(super) const ALERT: Alert = (Level::Yellow, kind::works);
    /// Trucks and diggers, and who works with them.
    const DEFAULT_CLASSES: [&str; 2] = ["truck", "person"];
    /// One digs, one shovels.
    const DEFAULT_AT_LEAST: u32 = 2;
}

impl Typed for WorksDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes_or(&self.classes, &Works::DEFAULT_CLASSES, &self.zone);
        let at_least = value_of(&self.at_least).unwrap_or(Works::DEFAULT_AT_LEAST) as usize;
        let for_at_least = secs(&self.for_secs);
        Some(Works { zone: zone?, classes: classes?, at_least, for_at_least: for_at_least? }.into())
    }
}

impl RuleKind for Works {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Zone(&self.zone), classes: &self.classes, lasting: self.for_at_least }
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        view.any_moves_inside().then(|| view.to_follow())
    }

    fn sentence(&self) -> Sentence {
        rule::works(self.at_least, any_of(&self.classes), self.zone.as_ref())
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        Some(Box::new(WorksState::new(zone, self.classes.clone(), self.at_least, self.for_at_least)))
    }
}

/// Who stays was there for so long ...
const STAYS_FOR: Duration = Duration::from_secs(8);
/// ... within so many own sizes: a few steps each way.
const STAYS_WITHIN: f32 = 2.0;
/// Who moves at the place does at least this in that time, in own sizes: a step, or an arm of the digger;
/// several times the detector's jitter.
const MOVES_BY: f32 = 0.35;
/// Or changes shape by this factor: bends, swings the boom round.
const CHANGES_BY: f32 = 1.35;
/// Paths are kept for so long.
const WINDOW: Duration = Duration::from_secs(12);
/// Busy in this share of the recent time.
const BUSY_SHARE: f32 = 0.5;
/// Below that it is over.
const OVER_SHARE: f32 = 0.2;

#[derive(Debug, Clone)]
struct WorksState {
    zone: Polygon,
    classes: Vec<Class>,
    at_least: usize,
    lasting: Duration,
    paths: Paths,
    busy: Share,
    since: Option<Moment>,
    seen_at: Option<Moment>,
}

impl WorksState {
    fn new(zone: Polygon, classes: Vec<Class>, at_least: usize, lasting: Duration) -> Self {
        WorksState {
            zone,
            classes,
            at_least: at_least.max(1),
            lasting,
            paths: Paths::new(WINDOW),
            busy: Share::new(lasting / 2),
            since: None,
            seen_at: None,
        }
    }
}

impl Evaluate for WorksState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.paths.look(scene, &self.classes);
        let staying = scene.confirmed(&self.classes).filter_map(|track| {
            let is_in_zone = self.zone.contains(track.full_box().standing_point());
            let path = self.paths.of(track.number).filter(|path| is_in_zone && stays(path))?;
            Some((track, path))
        });
        let count = staying.clone().count();
        let is_busy = count >= self.at_least && staying.clone().any(|(_, path)| moves(path));
        self.busy.add(scene.watched, is_busy);
        if is_busy {
            self.since.get_or_insert(scene.at);
            self.seen_at = Some(scene.at);
            observation.shown.clear();
            observation.strength = 0.0;
            for (track, _) in staying {
                observation.show(track);
                observation.strength += track.score / count as f32;
            }
        } else if self.busy.value() < OVER_SHARE && self.since.is_some() {
            self.since = None;
            self.seen_at = None;
        }
        let (Some(since), Some(seen_at)) = (self.since, self.seen_at) else {
            observation.clear();
            return;
        };
        let lasted = seen_at.since(since);
        observation.holds = lasted >= self.lasting && self.busy.value() >= BUSY_SHARE;
        // A pause does not end it.
        observation.sustains = is_busy || self.busy.value() >= OVER_SHARE;
        observation.since = Some(since);
        observation.seen_at = Some(seen_at);
        observation.value = lasted.as_secs_f64();
        observation.count = observation.shown.len();
    }

    fn forget(&mut self) {
        self.paths.forget();
        self.busy = Share::new(self.lasting / 2);
        self.since = None;
        self.seen_at = None;
    }
}

/// From middle to middle, in heights of a picture of the usual shape.
fn apart(a: &BBox, b: &BBox) -> f32 {
    distance(a.centre(), b.centre(), ASPECT)
}

fn stays(path: &Path) -> bool {
    let now = path.now();
    let Some(first) = path.steps().next() else { return false };
    let size = size_of(&now.full_box);
    now.at.since(first.at) >= STAYS_FOR
        && path.steps().all(|step| apart(&step.full_box, &now.full_box) <= STAYS_WITHIN * size)
}

/// Moves about or changes shape, single bad boxes aside: at least a fifth of the sights are off by that much.
fn moves(path: &Path) -> bool {
    let now = path.now();
    let (size, shape) = (size_of(&now.full_box), shape_of(&now.full_box, ASPECT));
    let (mut all, mut off) = (0_usize, 0_usize);
    for step in path.steps() {
        all += 1;
        let ratio = shape_of(&step.full_box, ASPECT) / shape.max(f32::MIN_POSITIVE);
        let is_off = apart(&step.full_box, &now.full_box) >= MOVES_BY * size
            || !(1.0 / CHANGES_BY..CHANGES_BY).contains(&ratio);
        off += usize::from(is_off);
    }
    5 * off >= all
}
