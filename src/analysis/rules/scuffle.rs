//! `scuffle`: several people, touching or nearly, move fast and irregularly.
//!
//! Irregular is what goes to and fro: of the way that the middle and the edges of a box make within a second, the
//! part that does not lead anywhere. Who walks, alone, together or past each other, goes somewhere; who stands
//! and talks hardly moves; who wrestles is pulled about, bends, reaches out. It is measured in own heights per
//! second, with the detector's jitter taken off, and of the people close together the least restless one
//! needed counts: one who waves beside somebody who stands is no scuffle.
//!
//! Boxes of an ordinary room tremble now and then, above all where people hide one another, and where many are watched
//! for long some pair always does. So besides the rule's own time the unrest must have filled a good part of the
//! recent time in which enough people were there ([`BUSY_SHARE`]): two who come in fighting are reported at once, a brawl
//! among people who have sat there quietly after about six seconds, a shudder never. Who is only just believed to be
//! somebody counts for nobody.
//!
//! Boxes know little of what happens within them. So there is a second way, by the pixels: where the picture's optical
//! flow is known ([`Movement`]), the movement within the union of two people close together goes in many directions at once
//! ([`Movement::disorder`]) for those who fight, and in one for those who walk, stand and talk. Two such looks within two
//! seconds are enough, because no trembling box takes part in it. Either way is a scuffle.
//!
//! What it cannot do: two who hold each other so tightly that the detector sees one person, people less tall than
//! a fifth (by their boxes) or a quarter (by the flow) of the picture, and fewer than five looks a second. It
//! sees restlessness, not violence: dancing and games look the same. `tests/truth/README.md` says how often it
//! is right on real clips.

use std::collections::VecDeque;

use super::evaluator::Spell;
use super::path::{Path, Paths, gap};
use super::prelude::*;
use crate::analysis::detection::Detection;
use crate::analysis::flow::Movement;
use crate::analysis::geometry::BBox;
use crate::analysis::plausible::ASPECT;
use crate::analysis::time::Moment;
use crate::analysis::tracker::{Track, TrackNumber};

sentences! {
    rule {
        scuffle(count, classes, unrest, zone):
            "at least {count} of {classes} close together move by {unrest} body heights a second to and fro in {zone}",
            "{zone} 内至少 {count} 个 {classes} 挤在一起，每秒来回移动 {unrest} 个身高";
    }
    kind {
        scuffle():
            "Scuffle",
            "人员推搡";
    }
}

fields! {
    "Several people close together move fast and irregularly.":
        "几个人靠在一起，动作快而杂乱。";
    "How many, touching or nearly.":
        "多少人，彼此接触或几乎接触。";
    "How irregularly they must move, in body heights per second: the part of their movement that goes to and fro and not along. It is taken from their boxes and, of people taller than a quarter of the picture, from what moves within them. Lower finds more scuffles and more of what only looks like one; a detector whose boxes tremble needs more. Needs at least five looks a second.":
        "动作要多杂乱，单位为每秒几个身高：只算来回晃动的部分，不算朝一个方向的移动。取自人的检测框；对高度超过画面四分之一的人，还取自框内的变化。调小能发现更多推搡，也会误报更多看似推搡的情形；检测框抖动大的检测器要调大。每秒至少须分析五帧。";
}

/// Several people close together move fast and irregularly for that long.
#[derive(Debug, Clone, PartialEq)]
pub struct Scuffle {
    /// Zone name.
    pub zone: Arc<str>,
    /// Classes that count.
    pub classes: Vec<Class>,
    /// How many.
    pub people: usize,
    /// How irregularly they must move, in body heights per second.
    pub unrest: f32,
    /// How long.
    pub for_at_least: Duration,
}

/// Several people close together move fast and irregularly.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScuffleDocument {
    /// The zone; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds.
    #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = Scuffle::DEFAULT_SECS))]
    pub for_secs: Option<At<f64>>,
    /// How many, touching or nearly.
    #[schemars(range(min = 2, max = 20), extend("default" = Scuffle::DEFAULT_PEOPLE))]
    pub people: Option<At<u32>>,
    /// How irregularly they must move, in body heights per second: the part of their movement that goes to and fro
    /// and not along. It is taken from their boxes and, of people taller than a quarter of the picture, from what moves
    /// within them. Lower finds more scuffles and more of what only looks like one; a detector whose boxes tremble
    /// needs more. Needs at least five looks a second.
    #[schemars(range(min = 0.05, max = 10.0), extend("default" = Scuffle::DEFAULT_UNREST))]
    pub unrest: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = DEFAULT_PEOPLE))]
    pub classes: Option<Names>,
}

impl Scuffle {
    pub(super) const ALERT: Alert = (Level::Orange, kind::scuffle);
    /// A blow and its return; counted from when the unrest has lasted for half a second. See
    /// `tests/truth/README.md` for what it finds.
    pub const DEFAULT_SECS: f64 = 0.5;
    /// It takes two.
    pub const DEFAULT_PEOPLE: u32 = 2;
    /// Measured on real clips, see `tests/truth/README.md`.
    pub const DEFAULT_UNREST: f64 = 0.25;
}

impl Typed for ScuffleDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes_or(&self.classes, &DEFAULT_PEOPLE, &self.zone);
        let people = value_of(&self.people).unwrap_or(Scuffle::DEFAULT_PEOPLE) as usize;
        let unrest = value_of(&self.unrest).unwrap_or(Scuffle::DEFAULT_UNREST) as f32;
        let for_at_least = secs_or(&self.for_secs, Scuffle::DEFAULT_SECS);
        Some(Scuffle { zone: zone?, classes: classes?, people, unrest, for_at_least }.into())
    }
}

impl RuleKind for Scuffle {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Zone(&self.zone), classes: &self.classes, lasting: self.for_at_least }
    }

    fn threshold(&self) -> f64 {
        f64::from(self.unrest)
    }

    fn threshold_name(&self) -> &'static str {
        "unrest"
    }

    fn is_fast(&self) -> bool {
        true
    }

    fn wants_flow(&self) -> bool {
        true
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        let there = view.inside().count() >= self.people;
        (there && view.any_moves()).then(|| view.usual())
    }

    fn sentence(&self) -> Sentence {
        let Scuffle { zone, classes, people, unrest, .. } = self;
        rule::scuffle(*people, any_of(classes), unrest.to_string(), zone.as_ref())
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        Some(Box::new(ScuffleState::new(
            zone,
            self.classes.clone(),
            self.people,
            self.unrest,
            self.for_at_least,
        )))
    }
}

/// Movement is taken over so long: a blow and its return.
const WINDOW: Duration = Duration::from_secs(1);
/// Shorter ways say nothing.
const SHORTEST: Duration = Duration::from_millis(350);
/// Sights that a way needs.
const LEAST_SIGHTS: usize = 4;
/// Who is this near (in the taller one's heights) can be reached with an arm.
const REACH: f32 = 0.4;
/// Two boxes of which one lies in the other to this part are one person found twice.
const SAME_PERSON: f32 = 0.8;
/// Two whose heights differ by more do not stand at one place.
const ALIKE: f32 = 2.0;
/// Less tall than that (in parts of the picture) a box trembles as much as people move. Of the quiet clips, this
/// alone silences the plaza and the walkway.
const SMALLEST: f32 = 0.2;
/// Boxes that the detector only just believes tremble most ([`Track::certainty`]).
const CERTAIN: f32 = 0.05;
/// Trembling adds up with the looks, about as their root: at so many a second it counts as it is.
const USUAL_LOOKS: f32 = 5.0;
/// The unrest fills this part of the recent time. With [`RECENT`] what silences office, shop, plaza and walkway with
/// both models that were tried, at five and at ten looks a second.
const BUSY_SHARE: f32 = 0.45;
/// The recent time.
const RECENT: Duration = Duration::from_secs(15);
/// Looks in that time at most.
const MOST_RECENT: usize = 256;
/// Who gets on faster than that (heights per second) walks.
const WALKS: f32 = 0.8;
/// A detector's jitter: this part of the own height, and this part of the picture, is no movement.
const JITTER: f32 = 0.05;
/// See [`JITTER`]: four pixels of a model's 416.
const JITTER_IN_PICTURE: f32 = 0.01;
/// What is compared is the median over so long, so that one bad box changes nothing.
const SMOOTHED_OVER: Duration = Duration::from_millis(400);
/// Looks in that time at most.
const MOST_LOOKS: usize = 12;
/// Disorder of the flow counts as so much unrest: a seventh of a body a second is one at the default of .25. Chosen on
/// the clips with truth.
const UNREST_PER_DISORDER: f32 = 1.7;
/// Two looks of which no other lies within this time are none.
const DISORDER_WITHIN: Duration = Duration::from_secs(2);
/// Of people less tall than this (in parts of the picture) the flow sees too few cells.
const SMALLEST_IN_FLOW: f32 = 0.25;

/// Whether there are two close together whose flow would say something: asked before it is made.
pub fn is_worth_a_flow(detections: &[Detection]) -> bool {
    let tall = |d: &&Detection| d.class == Class::PERSON && d.box_in_frame.height() >= SMALLEST_IN_FLOW;
    detections.iter().enumerate().filter(|(_, one)| tall(one)).any(|(index, one)| {
        let mut others = detections[index + 1..].iter().filter(tall);
        others.any(|other| is_near(&one.box_in_frame, &other.box_in_frame))
    })
}

#[derive(Debug, Clone)]
struct ScuffleState {
    zone: Polygon,
    classes: Vec<Class>,
    people: usize,
    unrest: f32,
    lasting: Duration,
    paths: Paths,
    restless: Vec<Restless>,
    near: Vec<f32>,
    /// When, and the unrest of the group then; oldest first.
    latest: Vec<(Duration, f32)>,
    sorted: Vec<f32>,
    /// When, and whether it was restless then, for the recent time in which enough people were there; oldest first.
    recent: VecDeque<(Duration, bool)>,
    /// Enough people are there at all.
    company: Spell,
    /// Since when every look has shown it.
    at_once_since: Option<Moment>,
    disorder: Disorder,
    spell: Spell,
}

/// The way by the pixels.
#[derive(Debug, Clone, Copy, Default)]
struct Disorder {
    /// The latest look with enough of it, and since when there was never only one within [`DISORDER_WITHIN`].
    latest: Option<Moment>,
    since: Option<Moment>,
}

impl Disorder {
    /// Takes in whether there is enough of it in this look; returns how long there has been.
    fn look(&mut self, at: Moment, is_enough: bool) -> Option<Duration> {
        let before = self.latest.filter(|latest| at.since(*latest) <= DISORDER_WITHIN);
        if before.is_none() {
            self.since = None;
        }
        if is_enough {
            self.since = self.since.or(before);
            self.latest = Some(at);
        }
        self.since.map(|since| at.since(since))
    }
}

/// Somebody and how they move, in heights per second.
#[derive(Debug, Clone, Copy)]
struct Restless {
    number: TrackNumber,
    box_in_frame: BBox,
    unrest: f32,
    /// More than just believed to be somebody.
    is_certain: bool,
}

impl ScuffleState {
    fn new(zone: Polygon, classes: Vec<Class>, people: usize, unrest: f32, lasting: Duration) -> Self {
        ScuffleState {
            zone,
            classes,
            people: people.max(2),
            unrest,
            lasting,
            paths: Paths::new(WINDOW),
            restless: Vec::new(),
            near: Vec::new(),
            latest: Vec::with_capacity(MOST_LOOKS + 1),
            sorted: Vec::with_capacity(MOST_LOOKS + 1),
            recent: VecDeque::with_capacity(MOST_RECENT + 1),
            company: Spell::default(),
            at_once_since: None,
            disorder: Disorder::default(),
            spell: Spell::default(),
        }
    }

    /// The most disorder between somebody followed and others close to them, as unrest, and who it is. The others need not
    /// be followed: of two who hold each other a detector is seldom sure of both.
    fn most_disorder(&self, scene: Scene<'_>, flow: Movement<'_>) -> (f32, Option<usize>) {
        let mut most = (0.0, None);
        for (index, one) in self.restless.iter().enumerate() {
            let here = &one.box_in_frame;
            let is_other = |d: &&Detection| {
                let b = &d.box_in_frame;
                self.classes.contains(&d.class) && b != here && is_near(here, b)
            };
            let others = || scene.found.iter().filter(is_other);
            if !one.is_certain || here.height() < SMALLEST_IN_FLOW || others().count() + 1 < self.people {
                continue;
            }
            for other in others() {
                let height = here.height().max(other.box_in_frame.height());
                let unrest = UNREST_PER_DISORDER * flow.disorder(&here.hull(&other.box_in_frame), height);
                if unrest > most.0 {
                    most = (unrest, Some(index));
                }
            }
        }
        most
    }

    /// The unrest of the least restless one needed, in the group where that is most, and somebody of it.
    fn most_restless_group(&mut self) -> (f32, Option<usize>) {
        let mut most = (0.0, None);
        for i in 0..self.restless.len() {
            self.near.clear();
            let here = self.restless[i].box_in_frame;
            let near = self.restless.iter().filter(|other| is_near(&here, &other.box_in_frame));
            self.near.extend(near.map(|other| other.unrest));
            self.near.sort_unstable_by(|a, b| b.total_cmp(a));
            if let Some(unrest) = self.near.get(self.people - 1)
                && *unrest > most.0
            {
                most = (*unrest, Some(i));
            }
        }
        most
    }

    /// Which part of the recent looks was restless.
    fn busy_share(&self) -> f32 {
        let restless = self.recent.iter().filter(|(_, is_restless)| *is_restless).count();
        restless as f32 / self.recent.len().max(1) as f32
    }

    fn smoothed(&mut self, scene: Scene<'_>, now: f32) -> f32 {
        self.latest.push((scene.at.mono, now));
        let from = scene.at.mono.saturating_sub(SMOOTHED_OVER);
        let most = self.latest.len().saturating_sub(MOST_LOOKS);
        let mut index = 0;
        self.latest.retain(|(at, _)| {
            index += 1;
            index > most && *at >= from
        });
        self.sorted.clear();
        self.sorted.extend(self.latest.iter().map(|(_, unrest)| *unrest));
        self.sorted.sort_unstable_by(f32::total_cmp);
        self.sorted[(self.sorted.len() - 1) / 2]
    }

    fn show(&self, scene: Scene<'_>, centre: usize, unrest: f32, observation: &mut Observation) {
        observation.shown.clear();
        let here = self.restless[centre].box_in_frame;
        let mut score = 0.0_f32;
        for other in self.restless.iter().filter(|other| is_near(&here, &other.box_in_frame)) {
            let track: Option<&Track> = scene.track(other.number);
            if let Some(track) = track.filter(|track| track.is_confirmed()) {
                observation.show(track);
                score += track.score;
            }
        }
        let mean = score / observation.shown.len().max(1) as f32;
        // Just restless enough is half believed, twice as restless fully as far as the boxes are.
        let margin = if self.unrest > 0.0 { unrest / (2.0 * self.unrest) } else { 1.0 };
        observation.strength = mean * margin.clamp(0.5, 1.0);
        observation.value = f64::from(unrest);
    }
}

impl Evaluate for ScuffleState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.paths.look(scene, &self.classes);
        self.restless.clear();
        let mut measured = 0;
        for track in scene.seen_now(&self.classes) {
            let b = track.box_in_frame;
            if !self.zone.contains(b.standing_point()) {
                continue;
            }
            let path = self.paths.of(track.number).filter(|_| track.certainty >= CERTAIN);
            let unrest = path.and_then(unrest_of);
            measured += usize::from(unrest.is_some());
            let unrest = unrest.unwrap_or(0.0);
            let is_certain = track.is_confirmed() && track.certainty >= CERTAIN;
            self.restless.push(Restless { number: track.number, box_in_frame: b, unrest, is_certain });
        }
        let (now, centre) = self.most_restless_group();
        let smoothed = self.smoothed(scene, now);
        let by_boxes = smoothed >= self.unrest;
        let (disorder, among) = scene.flow.map_or((0.0, None), |flow| self.most_disorder(scene, flow));
        let by_flow = self.disorder.look(scene.at, among.is_some() && disorder >= self.unrest);
        self.company.look(scene, self.restless.len() >= self.people);
        if self.company.lasted().is_none() {
            self.recent.clear();
        }
        // Nobody knows of the first moment how they moved.
        if measured >= self.people {
            self.recent.push_back((scene.at.mono, by_boxes));
        }
        let from = scene.at.mono.saturating_sub(RECENT);
        while self.recent.len() > MOST_RECENT || self.recent.front().is_some_and(|(at, _)| *at < from) {
            self.recent.pop_front();
        }
        self.spell.look(scene, by_boxes || by_flow.is_some());
        let restless = centre.filter(|_| by_boxes).map(|centre| (centre, smoothed));
        let torn = among.filter(|_| by_flow.is_some()).map(|among| (among, disorder));
        if let Some((centre, unrest)) = torn.or(restless) {
            self.show(scene, centre, unrest, observation);
        }
        self.spell.report(self.lasting, observation);
        self.at_once_since = if by_boxes { self.at_once_since.or(Some(scene.at)) } else { None };
        let at_once = self.at_once_since.map_or(Duration::ZERO, |since| scene.at.since(since));
        let holds_by_boxes = at_once >= self.lasting && self.busy_share() >= BUSY_SHARE;
        observation.holds =
            (observation.holds && holds_by_boxes) || by_flow.is_some_and(|lasted| lasted >= self.lasting);
        if self.spell.lasted().is_some() {
            observation.value = observation.value.max(f64::from(smoothed.max(disorder)));
            observation.count = observation.shown.len();
        }
    }

    fn forget(&mut self) {
        self.paths.forget();
        self.latest.clear();
        self.recent.clear();
        self.company.forget();
        self.at_once_since = None;
        self.disorder = Disorder::default();
        self.spell.forget();
    }
}

fn is_near(a: &BBox, b: &BBox) -> bool {
    let (low, tall) = (a.height().min(b.height()), a.height().max(b.height()));
    let common = a.intersection(b).map_or(0.0, |common| common.area());
    let is_one = common > SAME_PERSON * a.area().min(b.area());
    a == b || (tall <= ALIKE * low && gap(a, b) <= REACH * tall && !is_one)
}

/// How somebody moves to and fro, in own heights per second; `None` for who is too small, seen too short, or
/// on the way.
fn unrest_of(path: &Path) -> Option<f32> {
    let steps = path.latest(WINDOW);
    let count = steps.clone().count();
    let (first, now) = (steps.clone().next()?, path.now());
    let lasted = now.at.since(first.at);
    if count < LEAST_SIGHTS || lasted < SHORTEST {
        return None;
    }
    let height = steps.clone().map(|step| step.box_in_frame.height()).sum::<f32>() / count as f32;
    if height < SMALLEST {
        return None;
    }
    let secs = lasted.as_secs_f32();
    let (from, to) = (first.box_in_frame.centre(), now.box_in_frame.centre());
    if ((to.x - from.x) * ASPECT).hypot(to.y - from.y) / height / secs > WALKS {
        return None;
    }
    let measures: [fn(&BBox) -> f32; 4] =
        [|b| b.centre().x * ASPECT, |b| b.centre().y, |b| b.width() * ASPECT, |b| b.height()];
    let jitter = JITTER + JITTER_IN_PICTURE / height;
    let to_and_fro: f32 = measures
        .into_iter()
        .map(|measure| to_and_fro(steps.clone().map(|step| measure(&step.box_in_frame) / height), jitter))
        .sum();
    let looks = (count - 1) as f32 / secs;
    Some(to_and_fro / secs / (looks / USUAL_LOOKS).max(1.0).sqrt())
}

/// The way that a value makes in steps larger than `jitter`, without the part that leads from the first to the
/// last.
fn to_and_fro(values: impl Iterator<Item = f32>, jitter: f32) -> f32 {
    let mut way = 0.0;
    let mut ends: Option<(f32, f32)> = None;
    for value in values {
        match &mut ends {
            None => ends = Some((value, value)),
            Some((_, latest)) => {
                let step = (value - *latest).abs();
                if step > jitter {
                    way += step;
                    *latest = value;
                }
            }
        }
    }
    ends.map_or(0.0, |(first, last)| (way - (last - first).abs()).max(0.0))
}
