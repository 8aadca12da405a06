//! `vending`: a stall: a vehicle or two-wheeler that stands where nobody may sell, with people round it.
//!
//! The thing stands for the rule's time, and in at least half of the recent time somebody was beside it: a
//! parked car has nobody round it, somebody who unloads is gone before the time is over. A rider who waits is
//! no company of the two-wheeler below; everybody else who stands where a rider sits is, as those who sell stand behind the
//! stall. It is the place that counts, as customers hide a stall longer than a track lives.

use super::duty_cycle::Share;
use super::evaluator::Span;
use super::path::gap;
use super::prelude::*;
use super::remembered_objects::{RememberedObject, RememberedObjects};
use crate::analysis::geometry::BBox;
use crate::analysis::time::Moment;
use crate::analysis::tracker::{Track, TrackNumber};

sentences! {
    rule {
        vending(things, zone):
            "{things} stands in {zone}",
            "{things} 停放在 {zone} 内";
        vending_attended(things, zone):
            "{things} stands in {zone} with people round it",
            "{things} 停放在 {zone} 内，周围有人";
        vending_of_people():
            "`vending` names people only",
            "`vending` 只写了人";
        try_things():
            "name what a stall is made of as well: [\"person\", \"two_wheeler\", \"truck\"]; for people who only stay there is `dwell`",
            "请同时写出摊位由什么组成：[\"person\", \"two_wheeler\", \"truck\"]；只是有人停留请用 `dwell`";
    }
    kind {
        vending():
            "Street vending",
            "占道经营";
    }
}

fields! {
    "A stall: something stands for long, with people round it.":
        "摊位：有东西长时间停放，周围有人。";
    "For how many seconds it stands.":
        "停放多少秒。";
    "What a stall is made of, as the model names it. With `person` among them somebody must be beside it at least half of the recent time; without, this is `parked`.":
        "摊位由什么组成，写模型所用的名称。其中有 `person` 时，最近至少一半的时间旁边须有人；没有时，等同于 `parked`。";
}

/// A vehicle stands for that long with people round it.
#[derive(Debug, Clone, PartialEq)]
pub struct Vending {
    /// Zone name.
    pub zone: Arc<str>,
    /// What a stall is made of; with `person` among them somebody must be beside it.
    pub classes: Vec<Class>,
    /// How long.
    pub for_at_least: Duration,
}

/// A stall: something stands for long, with people round it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VendingDocument {
    /// The zone; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds it stands.
    #[schemars(required, range(min = 10.0, max = 86_400.0))]
    pub for_secs: Option<At<f64>>,
    /// What a stall is made of, as the model names it. With `person` among them somebody must be beside it at least half
    /// of the recent time; without, this is `parked`.
    #[schemars(extend("default" = Vending::DEFAULT_CLASSES))]
    pub classes: Option<Names>,
}

impl Vending {
    pub(super) const ALERT: Alert = (Level::Blue, kind::vending);
    /// Carts, tricycles and vans, with somebody who sells.
    const DEFAULT_CLASSES: [&str; 4] = ["person", "two_wheeler", "truck", "car"];
}

impl Typed for VendingDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes_or(&self.classes, &Vending::DEFAULT_CLASSES, &self.zone);
        if let (Some(names), Some(classes)) = (&self.classes, &classes)
            && !names.value.is_empty()
            && classes.iter().all(|class| *class == Class::PERSON)
        {
            check.error(&names.span, rule::vending_of_people(), rule::try_things());
            return None;
        }
        let for_at_least = secs(&self.for_secs);
        Some(Vending { zone: zone?, classes: classes?, for_at_least: for_at_least? }.into())
    }
}

impl RuleKind for Vending {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Zone(&self.zone), classes: &self.classes, lasting: self.for_at_least }
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        view.any_moves_inside().then(|| view.to_follow())
    }

    fn sentence(&self) -> Sentence {
        let (people, things): (Vec<Class>, Vec<Class>) =
            self.classes.iter().partition(|class| **class == Class::PERSON);
        let (things, zone) = (any_of(&things), self.zone.as_ref());
        match people.is_empty() {
            true => rule::vending(things, zone),
            false => rule::vending_attended(things, zone),
        }
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        Some(Box::new(VendingState::new(zone, &self.classes, self.for_at_least)))
    }
}

/// Beside it, in the person's own heights: at arm's length and a step (a guess).
const BESIDE: f32 = 0.6;
/// How far a rider's feet are above the lower edge of the two-wheeler, in parts of its height; who waits has a foot on the
/// ground (a guess).
const RIDERS_FEET: std::ops::RangeInclusive<f32> = -0.15..=0.35;
/// Whose box overlaps the rider's so much, as IoU, sits behind the rider (a guess).
const PILLION: f32 = 0.4;
/// Somebody was beside it in this share of the recent time.
const ATTENDED: f32 = 0.5;
/// The recent time, as a part of the rule's: at constant company the share is reached after a third of it.
const RECENT: f32 = 0.5;
/// A stall that cannot be seen for longer has gone.
const KEPT_FOR: Duration = Duration::from_secs(30);
const PEOPLE: [Class; 1] = [Class::PERSON];
const TWO_WHEELERS: [Class; 1] = [Class::TWO_WHEELER];

#[derive(Debug, Clone)]
struct VendingState {
    /// What a stall is made of: the rule's classes without people.
    things: Vec<Class>,
    wants_people: bool,
    lasting: Duration,
    remembered: RememberedObjects,
    stalls: Vec<Stall>,
}

/// How much company a standing thing has.
#[derive(Debug, Clone, Copy)]
struct Stall {
    since: Moment,
    box_in_frame: BBox,
    company: Share,
}

impl Stall {
    fn is_at(&self, spot: &RememberedObject) -> bool {
        self.since.mono == spot.since.mono && self.box_in_frame.iou(&spot.box_in_frame) > 0.2
    }
}

impl VendingState {
    fn new(zone: Polygon, classes: &[Class], lasting: Duration) -> Self {
        VendingState {
            things: classes.iter().copied().filter(|class| *class != Class::PERSON).collect(),
            wants_people: classes.contains(&Class::PERSON),
            lasting,
            remembered: RememberedObjects::new(zone, KEPT_FOR),
            stalls: Vec::new(),
        }
    }
}

impl Evaluate for VendingState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.remembered.follow(scene, &self.things);
        let remembered = &self.remembered;
        self.stalls.retain(|stall| remembered.iter().any(|spot| !spot.has_moved && stall.is_at(spot)));
        for spot in self.remembered.iter().filter(|spot| !spot.has_moved) {
            let index = match self.stalls.iter().position(|stall| stall.is_at(spot)) {
                Some(index) => index,
                None => {
                    let company = Share::new(self.lasting.mul_f32(RECENT));
                    self.stalls.push(Stall { since: spot.since, box_in_frame: spot.box_in_frame, company });
                    self.stalls.len() - 1
                }
            };
            let is_attended = people_beside(scene, spot).next().is_some();
            self.stalls[index].company.add(scene.watched, is_attended);
        }
        let company_of = |spot: &RememberedObject| {
            let stall = self.stalls.iter().find(|stall| stall.is_at(spot))?;
            Some(stall.company.value())
        };
        let is_stall = |spot: &&RememberedObject| {
            !spot.has_moved && (!self.wants_people || company_of(spot).is_some_and(|c| c >= ATTENDED))
        };
        let stalls = self.remembered.iter().filter(is_stall);
        let spans = stalls.clone().map(|spot| Span {
            number: spot.number,
            since: spot.since,
            last: spot.last_there,
            is_sure: true,
        });
        observation.report_spans(scene, &self.things, self.lasting, spans);
        let lasting = stalls.filter(|spot| spot.stood_for() >= self.lasting);
        for spot in lasting {
            // Hidden behind its customers it is still there.
            observation.sustains |= spot.is_covered;
            if spot.is_seen(scene) && self.wants_people {
                for track in people_beside(scene, spot) {
                    observation.show(track);
                }
                observation.strength *= company_of(spot).unwrap_or(0.0).clamp(0.5, 1.0);
            }
        }
        observation.count = observation.shown.len();
    }

    fn forget(&mut self) {
        self.remembered.forget();
        self.stalls.clear();
    }
}

fn people_beside<'s>(scene: Scene<'s>, spot: &RememberedObject) -> impl Iterator<Item = &'s Track> + use<'s> {
    let (thing, number) = (spot.box_in_frame, spot.number);
    let is_ridden = spot.class == Class::TWO_WHEELER;
    let is_on_it = move |track: &&Track| is_ridden && rides(&track.box_in_frame, &thing);
    let people = scene.confirmed(&PEOPLE);
    let rider = people.clone().filter(is_on_it).map(|track| track.box_in_frame).max_by(|a, b| {
        let overlap = |b: &BBox| b.iou(&thing);
        overlap(a).total_cmp(&overlap(b))
    });
    people.filter(move |track| {
        let b = track.box_in_frame;
        let is_rider = |rider: BBox| rider.iou(&b) >= PILLION || rides_another(scene, &b, &thing, number);
        gap(&b, &thing) <= BESIDE * b.height() && !(is_on_it(track) && rider.is_some_and(is_rider))
    })
}

/// Whether somebody sits on another two-wheeler rather than on this one: riders who wait side by side.
fn rides_another(scene: Scene<'_>, person: &BBox, thing: &BBox, number: TrackNumber) -> bool {
    scene.confirmed(&TWO_WHEELERS).any(|other| {
        let b = other.box_in_frame;
        other.number != number && rides(person, &b) && b.iou(person) > thing.iou(person)
    })
}

/// Whether somebody's feet are where a rider has them. Who stands before a stall has them lower, who stands behind it is
/// seen down to its upper edge.
fn rides(person: &BBox, thing: &BBox) -> bool {
    let foot = person.foot();
    let above = (thing.y1 - foot.y) / thing.height().max(f32::MIN_POSITIVE);
    (thing.x0..=thing.x1).contains(&foot.x) && RIDERS_FEET.contains(&above)
}
