//! `left_behind`: a thing appears, stays where it is, and the person who brought it goes away.
//!
//! The owner is somebody who was near when it came to stand; nobody is identified, an owner is only a track
//! number of this camera and this moment. Where nobody was seen near it (the detector missed them, or it was
//! thrown) it counts as left from the start, and less surely so. Somebody who lingers beside it looks after it,
//! owner or not; who passes by does not.

use super::evaluator::Span;
use super::path::{Paths, gap};
use super::prelude::*;
use super::remembered_objects::{RememberedObject, RememberedObjects};
use crate::analysis::geometry::BBox;
use crate::analysis::time::Moment;
use crate::analysis::tracker::TrackNumber;

sentences! {
    rule {
        left_behind(classes, zone):
            "{classes} is left in {zone}",
            "{classes} 遗留在 {zone} 内";
        left_behind_alone(classes, zone):
            "{classes} is left in {zone} with nobody beside it",
            "{classes} 遗留在 {zone} 内，旁边无人";
    }
    kind {
        left_behind():
            "Something was left behind",
            "物品遗留";
    }
}

fields! {
    "A thing appears, stays, and whoever brought it goes away.":
        "出现一件东西，留在原处，带它来的人离开了。";
    "For how many seconds it lies there alone.":
        "无人看管地留在那里多少秒。";
    "The classes that count, as the model names them. Models that know bags have `backpack`, `handbag`, `suitcase`; the one that comes with Lookout does not.":
        "计入的类别，写模型所用的名称。能检测箱包的模型有 `backpack`、`handbag`、`suitcase`；随 Lookout 附带的模型没有。";
    "Whether somebody who stays beside it keeps it from counting. With `false` it counts from when it came.":
        "旁边一直有人时，是否不算遗留。`false` 表示从出现起就计时。";
}

/// A thing appears, stays still, and the person who brought it has been away for that long.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftBehind {
    /// Zone name.
    pub zone: Arc<str>,
    /// Classes that count.
    pub classes: Vec<Class>,
    /// Whether somebody who stays beside it keeps it from counting.
    pub owner_away: bool,
    /// How long.
    pub for_at_least: Duration,
}

/// A thing appears, stays, and whoever brought it goes away.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeftBehindDocument {
    /// The zone; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds it lies there alone.
    #[schemars(required, range(min = 1.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// The classes that count, as the model names them. Models that know bags have `backpack`, `handbag`,
    /// `suitcase`; the one that comes with Lookout does not.
    #[schemars(extend("default" = LeftBehind::DEFAULT_CLASSES))]
    pub classes: Option<Names>,
    /// Whether somebody who stays beside it keeps it from counting. With `false` it counts from when it came.
    #[schemars(extend("default" = LeftBehind::DEFAULT_OWNER_AWAY))]
    pub owner_away: Option<At<bool>>,
}

impl LeftBehind {
    pub(super) const ALERT: Alert = (Level::Yellow, kind::left_behind);
    /// What the model that comes with Lookout knows of things that are left in lanes and stairs.
    const DEFAULT_CLASSES: [&str; 1] = ["two_wheeler"];
    /// Beside its owner nothing is left behind.
    const DEFAULT_OWNER_AWAY: bool = true;
}

impl Typed for LeftBehindDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes_or(&self.classes, &LeftBehind::DEFAULT_CLASSES, &self.zone);
        let owner_away = value_of(&self.owner_away).unwrap_or(LeftBehind::DEFAULT_OWNER_AWAY);
        let for_at_least = secs(&self.for_secs);
        Some(LeftBehind { zone: zone?, classes: classes?, owner_away, for_at_least: for_at_least? }.into())
    }
}

impl RuleKind for LeftBehind {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Zone(&self.zone), classes: &self.classes, lasting: self.for_at_least }
    }

    fn is_by_feet(&self) -> bool {
        false
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        view.any_moves_inside().then(|| view.to_follow())
    }

    fn sentence(&self) -> Sentence {
        let (classes, zone) = (any_of(&self.classes), self.zone.as_ref());
        match self.owner_away {
            true => rule::left_behind_alone(classes, zone),
            false => rule::left_behind(classes, zone),
        }
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        Some(Box::new(LeftBehindState::new(zone, self.classes.clone(), self.owner_away, self.for_at_least)))
    }
}

/// People are taken for owners from so long before until so long after it came to stand.
const ARRIVAL: Duration = Duration::from_secs(3);
/// Near enough to have put it down, in their own heights: an arm's length and a step (a guess).
const NEAR: f32 = 0.6;
/// Near enough to look after it.
const BESIDE: f32 = 1.2;
/// Passers-by are gone after that.
const LINGERS: Duration = Duration::from_secs(6);
/// How much less sure a thing is whose owner nobody saw.
const WITHOUT_OWNER: f32 = 0.7;
/// A thing that cannot be seen for longer was taken away.
const KEPT_FOR: Duration = Duration::from_secs(20);
/// People remembered per thing.
const MOST_PEOPLE: usize = 6;
const PEOPLE: [Class; 1] = [Class::PERSON];

#[derive(Debug, Clone)]
struct LeftBehindState {
    classes: Vec<Class>,
    lasting: Duration,
    owner_away: bool,
    remembered: RememberedObjects,
    people: Paths,
    things: Vec<Thing>,
}

/// One thing that came to stand while we looked.
#[derive(Debug, Clone)]
struct Thing {
    /// The place and time it came: which spot it is.
    since: Moment,
    box_in_frame: BBox,
    company: [Option<Companion>; MOST_PEOPLE],
    had_owner: bool,
    /// Since when nobody looks after it.
    alone_since: Option<Moment>,
}

/// Somebody near a thing.
#[derive(Debug, Clone, Copy)]
struct Companion {
    number: TrackNumber,
    is_owner: bool,
    beside_since: Moment,
    beside_at: Moment,
}

impl LeftBehindState {
    fn new(zone: Polygon, classes: Vec<Class>, owner_away: bool, lasting: Duration) -> Self {
        LeftBehindState {
            classes,
            lasting,
            owner_away,
            remembered: RememberedObjects::new(zone, KEPT_FOR),
            people: Paths::new(2 * ARRIVAL),
            things: Vec::new(),
        }
    }
}

impl Evaluate for LeftBehindState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.people.look(scene, &PEOPLE);
        self.remembered.follow(scene, &self.classes);
        let remembered = &self.remembered;
        let is_thing = |spot: &RememberedObject, thing: &Thing| {
            spot.since.mono == thing.since.mono && spot.box_in_frame.iou(&thing.box_in_frame) > 0.2
        };
        self.things.retain(|thing| remembered.iter().any(|spot| !spot.has_moved && is_thing(spot, thing)));
        for spot in self.remembered.iter().filter(|spot| !spot.was_there_before && !spot.has_moved) {
            let index = match self.things.iter().position(|thing| is_thing(spot, thing)) {
                Some(index) => index,
                None => {
                    self.things.push(Thing::come(spot));
                    self.things.len() - 1
                }
            };
            self.things[index].look(scene, &self.people);
        }
        let spans = self.remembered.iter().filter(|spot| !spot.was_there_before).filter_map(|spot| {
            let thing = self.things.iter().find(|thing| is_thing(spot, thing))?;
            let since = if self.owner_away { thing.alone_since? } else { thing.since };
            // Hidden by a person before it, it is neither seen nor gone.
            let last = spot.last_there;
            (last.mono >= since.mono).then_some(Span { number: spot.number, since, last, is_sure: true })
        });
        let longest = spans.clone().max_by_key(|span| span.lasted());
        observation.report_spans(scene, &self.classes, self.lasting, spans);
        let is_owned = longest.is_some_and(|span| {
            let spot = self.remembered.iter().find(|spot| spot.number == span.number);
            spot.is_some_and(|spot| self.things.iter().any(|thing| is_thing(spot, thing) && thing.had_owner))
        });
        if !is_owned && observation.sustains {
            observation.strength *= WITHOUT_OWNER;
        }
    }

    fn forget(&mut self) {
        self.remembered.forget();
        self.people.forget();
        self.things.clear();
    }
}

impl Thing {
    fn come(spot: &RememberedObject) -> Self {
        Thing {
            since: spot.since,
            box_in_frame: spot.box_in_frame,
            company: [None; MOST_PEOPLE],
            had_owner: false,
            alone_since: None,
        }
    }

    fn look(&mut self, scene: Scene<'_>, people: &Paths) {
        let is_arriving = scene.at.since(self.since) <= ARRIVAL.max(scene.flicker + Duration::from_secs(1));
        for track in scene.seen_now(&PEOPLE) {
            let reach = |b: &BBox| gap(b, &self.box_in_frame) / b.height().max(f32::MIN_POSITIVE);
            let is_beside = reach(&track.box_in_frame) <= BESIDE;
            let brought_it = is_arriving
                && people.of(track.number).is_some_and(|path| {
                    path.steps().any(|step| {
                        let apart = step.at.mono.abs_diff(self.since.mono);
                        apart <= ARRIVAL && reach(&step.box_in_frame) <= NEAR
                    })
                });
            if is_beside || brought_it {
                self.meet(track.number, scene.at, is_beside, brought_it);
            }
        }
        let looks_after = |companion: &Companion| {
            let is_here = scene.at.since(companion.beside_at) <= scene.flicker;
            let lingers = companion.beside_at.since(companion.beside_since) >= LINGERS;
            is_here && (companion.is_owner || lingers)
        };
        if self.company.iter().flatten().any(looks_after) {
            self.alone_since = None;
        } else {
            // They left when they were last beside it, not when that was noticed.
            let left = self.company.iter().flatten().filter(|c| c.is_owner || c.lingered());
            let left = left.map(|c| c.beside_at).max_by_key(|at| at.mono);
            self.alone_since.get_or_insert(left.unwrap_or(self.since));
        }
    }

    fn meet(&mut self, number: TrackNumber, at: Moment, is_beside: bool, is_owner: bool) {
        self.had_owner |= is_owner;
        let known = self.company.iter_mut().flatten().find(|companion| companion.number == number);
        if let Some(companion) = known {
            companion.is_owner |= is_owner;
            if is_beside {
                if at.since(companion.beside_at) > LINGERS {
                    companion.beside_since = at;
                }
                companion.beside_at = at;
            }
            return;
        }
        let companion = Companion { number, is_owner, beside_since: at, beside_at: at };
        // A free place, else that of the companion who is longest away and no owner.
        let place = self.company.iter_mut().min_by_key(|place| match place {
            None => (0, Duration::ZERO),
            Some(companion) if companion.is_owner => (2, companion.beside_at.mono),
            Some(companion) => (1, companion.beside_at.mono),
        });
        if let Some(place) = place {
            *place = Some(companion);
        }
    }
}

impl Companion {
    fn lingered(&self) -> bool {
        self.beside_at.since(self.beside_since) >= LINGERS
    }
}
