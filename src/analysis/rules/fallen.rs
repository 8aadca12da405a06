//! `fallen`: somebody who stood or walked goes down within a moment and stays down.
//!
//! The box of a detection shows who is down: within two and a half seconds its top sinks, it loses half its height (a
//! third, if it becomes much wider than high) and turns from upright to lying or nearly so, while its lower edge stays
//! where it was. Other movements look different. Somebody who walks behind a wall keeps the top and loses the lower edge.
//! Somebody who walks away shrinks slowly. Somebody who leaves the picture below is cut by its edge. Somebody who sits down
//! or bends stays higher than that, or is up again before the rule's time is over. A person who is down stays in that place
//! and is found there in most looks; a low box that moves on is half of somebody who walks. Width and height are compared
//! as people see them, in a wide picture as in an upright one ([`Scene::aspect`]).
//!
//! Three things are not taken for a fall. Where others stand before the low box, or before the part of the upright box that
//! is missing, nothing is reported: in a crowd boxes merge, split and change from person to person. A box that was found in
//! its place while the person still stood is a thing: a track that loses its walker often goes on with a kerb or a bag that
//! the detector half believes in. And a person whose own track is upright again has got up, whatever lies beside them.
//!
//! Detectors have seen few people who lie. So the latest upright box of everybody is remembered for a moment, and a low box
//! that appears at its feet counts as the same person, even if the detector is so unsure of it that no track begins. If a
//! person is never found lying, the rule is silent. The camera must see people from the side or at a slant, because from
//! straight above the box of somebody who falls does not turn.

use super::evaluator::Span;
use super::path::{Path, Paths, distance, shape_of};
use super::prelude::*;
use crate::analysis::alert::Shown;
use crate::analysis::detection::Detection;
use crate::analysis::geometry::BBox;
use crate::analysis::time::Moment;
use crate::analysis::tracker::{Track, TrackNumber};

sentences! {
    rule {
        fallen(classes, zone):
            "{classes} went down in {zone} and stays down",
            "{classes} 在 {zone} 内倒地不起";
    }
    kind {
        fallen():
            "Somebody fell",
            "人员倒地";
    }
}

fields! {
    "Somebody goes down within a moment and stays down.":
        "有人片刻间倒下，并且没有起来。";
    "For how many seconds they are down. Who ties a shoe or picks something up is up again after two or three.":
        "倒下多少秒。系鞋带、捡东西的人，两三秒就起来了。";
    "How low, in parts of their upright height. Higher finds more falls and more people who squat. The camera must see people from the side or at a slant, and be looked at at least twice a second.":
        "多低算倒下，按站立时高度的比例。调大能发现更多倒地，也会误报更多蹲下的人。摄像机须从侧面或斜着看到人，并且每秒至少分析两帧。";
}

/// Somebody upright went down within a moment and has been down for that long.
#[derive(Debug, Clone, PartialEq)]
pub struct Fallen {
    /// Zone name.
    pub zone: Arc<str>,
    /// Classes that count.
    pub classes: Vec<Class>,
    /// How low they must be, in parts of their upright height.
    pub low: f32,
    /// How long.
    pub for_at_least: Duration,
}

/// Somebody goes down within a moment and stays down.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FallenDocument {
    /// The zone; every camera that the rule names by its id must have one of this name.
    #[schemars(required)]
    pub zone: Option<At<String>>,
    /// For how many seconds they are down. Who ties a shoe or picks something up is up again after two or three.
    #[schemars(range(min = 0.0, max = 86_400.0), extend("default" = Fallen::DEFAULT_SECS))]
    pub for_secs: Option<At<f64>>,
    /// How low, in parts of their upright height. Higher finds more falls and more people who squat. The camera must
    /// see people from the side or at a slant, and be looked at at least twice a second.
    #[schemars(range(min = 0.2, max = 0.8), extend("default" = Fallen::DEFAULT_LOW))]
    pub low: Option<At<f64>>,
    /// The classes that count, as the model names them.
    #[schemars(extend("default" = DEFAULT_PEOPLE))]
    pub classes: Option<Names>,
}

impl Fallen {
    pub(super) const ALERT: Alert = (Level::Orange, kind::fallen);
    /// Twice as long as somebody bends to pick something up (about two seconds on a real clip).
    pub const DEFAULT_SECS: f64 = 5.0;
    /// Bending goes to 0.5 of the upright height (measured on a real clip), lying to 0.2 to 0.5.
    pub const DEFAULT_LOW: f64 = 0.55;
}

impl Typed for FallenDocument {
    fn checked(&self, check: &mut dyn Check) -> Option<Condition> {
        let zone = check.zone(&self.zone);
        let classes = check.classes_or(&self.classes, &DEFAULT_PEOPLE, &self.zone);
        let low = value_of(&self.low).unwrap_or(Fallen::DEFAULT_LOW) as f32;
        let for_at_least = secs_or(&self.for_secs, Fallen::DEFAULT_SECS);
        Some(Fallen { zone: zone?, classes: classes?, low, for_at_least }.into())
    }
}

impl RuleKind for Fallen {
    fn scope(&self) -> Scope<'_> {
        Scope { place: ZoneOrLine::Zone(&self.zone), classes: &self.classes, lasting: self.for_at_least }
    }

    fn is_fast(&self) -> bool {
        true
    }

    fn pace(&self, view: RuleView<'_>) -> Option<Duration> {
        view.any_moves_inside().then(|| view.usual())
    }

    fn sentence(&self) -> Sentence {
        rule::fallen(any_of(&self.classes), self.zone.as_ref())
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        Some(Box::new(FallenState::new(zone, self.classes.clone(), self.low, self.for_at_least)))
    }
}

/// Going down takes no longer, from the last upright box to the first low one. A fall takes about one
/// second; the rest is for looks that fail.
const FALLS_WITHIN: Duration = Duration::from_millis(2500);
/// The upright height and shape are taken over so long.
const UPRIGHT_OVER: Duration = Duration::from_millis(1500);
/// Wider than that (width over height) is not upright: arms out, a stride.
const UPRIGHT_SHAPE: f32 = 0.75;
/// A box of at least this part of the upright height is upright.
const UPRIGHT_HEIGHT: f32 = 0.85;
/// What the box of somebody who is as low as the rule says must be. Its width for its height is between those of squatting
/// (0.7) and of lying across the view (2 and more); lying along the view gives about 1.
const LOW: Lying = Lying { shape: 0.85, turned_by: 1.8, top_sinks: 0.35 };
/// The same for somebody who lies slantwise, whose box may be higher by [`SLANT_IS_HIGHER`].
const SLANTWISE: Lying = Lying { shape: 1.1, turned_by: 2.5, top_sinks: 0.2 };
/// In parts of the upright height. Boxes of who is down tremble by as much.
const SLANT_IS_HIGHER: f32 = 0.2;
/// The head sinks by at least this part of the upright height. Somebody who sits with the legs out is as wide as somebody who
/// lies slantwise, but sinks by a quarter only.
const LOWER_THAN_SEATED: f32 = 0.28;
/// The lower edge rises by no more than this part of the upright height ...
const FEET_STAY: f32 = 0.25;
/// ... and sinks by no more than this: who falls towards the camera.
const HEAD_BELOW_FEET: f32 = 0.6;
/// A low box whose foot is farther off than this many upright heights is somebody else's.
const REACH: f32 = 1.0;
/// A box of this part of the upright height means that the person has got up.
const UP_AGAIN: f32 = 0.75;
/// A box that is taller, or wider than upright and tall, holds two people.
const TALLER: f32 = 1.2;
/// A person whose own track is upright again in so many looks stands, whatever lies beside them.
const LOOKS_UPRIGHT: u32 = 2;
/// A track that was not seen for longer may be somebody else.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(1);
/// Boxes of somebody down overlap at least so much from look to look.
const SAME_PLACE: f32 = 0.3;
/// Nearer to the picture's lower border than this a box is cut by it: those of people who walk out of the picture end a
/// little inside.
const AT_BORDER: f32 = 0.03;
/// The same at its sides.
const AT_SIDE: f32 = 0.005;
/// Somebody who lies at the lower border is so many times as wide as they were upright ...
const WIDER_AT_BORDER: f32 = 1.6;
/// ... and was upright so recently: somebody who walks up to the camera becomes as wide within some seconds.
const FALLS_AT_BORDER_WITHIN: Duration = Duration::from_secs(1);
/// Others hide somebody when they cover this part of what is missing of the upright box, or of the low one (a guess).
const HIDDEN: f32 = 0.3;
/// Somebody who covered a box so recently may still do so.
const COVERS_FOR: Duration = Duration::from_secs(1);
/// Somebody who is down lies within this distance of where they went down, in upright heights.
const STAYS_WITHIN: f32 = 0.6;
/// And is found lying in this part of the looks.
const SEEN_SHARE: f32 = 0.4;
/// Somebody down is looked for so long after they were last found.
const UNSEEN_FOR: Duration = Duration::from_secs(5);
/// What was found so often in its place is a thing that lies there ...
const SIGHTS_OF_A_THING: u32 = 3;
/// ... and is remembered for so long after it was last found, or after somebody stood before it.
const THING_FOR: Duration = Duration::from_secs(30);
/// Things that are remembered at once.
const MOST_THINGS: usize = 64;

#[derive(Debug, Clone)]
struct FallenState {
    zone: Polygon,
    classes: Vec<Class>,
    lasting: Duration,
    /// How low, in parts of the upright height.
    low: f32,
    paths: Paths,
    upright: Vec<Upright>,
    down: Vec<Down>,
    things: Vec<Thing>,
}

/// What a low box must be.
#[derive(Debug, Clone, Copy)]
struct Lying {
    /// At least as wide for its height.
    shape: f32,
    /// At least so many times as wide for its height as the upright one.
    turned_by: f32,
    /// The top sinks by at least this part of the upright height.
    top_sinks: f32,
}

/// The latest upright box of a track, kept a moment longer than the track is seen.
#[derive(Debug, Clone, Copy)]
struct Upright {
    number: TrackNumber,
    box_in_frame: BBox,
    height: f32,
    shape: f32,
    at: Moment,
}

/// Somebody who went down.
#[derive(Debug, Clone, Copy)]
struct Down {
    number: TrackNumber,
    latest: Detection,
    /// The track that stood; `None` once it may be somebody else.
    stood: Option<Followed>,
    /// Looks in which that track was upright again.
    looks_upright: u32,
    /// When they were upright last, and where.
    upright_at: Moment,
    upright_box: BBox,
    /// Where they went down.
    first_box: BBox,
    upright_height: f32,
    sights: u32,
    looks: u32,
    since: Moment,
    last: Moment,
    /// Since when a box as tall as upright stands there.
    up_since: Option<Moment>,
}

/// Where a track was found last.
#[derive(Debug, Clone, Copy)]
struct Followed {
    number: TrackNumber,
    box_in_frame: BBox,
    at: Moment,
}

/// A wide box that stays in its place.
#[derive(Debug, Clone, Copy)]
struct Thing {
    box_in_frame: BBox,
    sights: u32,
    since: Moment,
    last: Moment,
}

impl Upright {
    /// Whether that box, now, is this one gone down.
    fn became(&self, b: &BBox, low: f32, scene: Scene<'_>) -> bool {
        let (shape, height) = (shape_of(b, scene.aspect), b.height() / self.height);
        let sinks = (b.y0 - self.box_in_frame.y0) / self.height;
        let sank = (b.y0 - (self.box_in_frame.y1 - self.height)) / self.height;
        let lies = |as_low: f32, lying: Lying| {
            height <= as_low
                && shape >= lying.shape.max(lying.turned_by * self.shape)
                && sinks >= lying.top_sinks
        };
        let feet = (b.y1 - self.box_in_frame.y1) / self.height;
        let falls_there = scene.at.since(self.at) <= FALLS_AT_BORDER_WITHIN
            && shape * height >= WIDER_AT_BORDER * self.shape;
        sank >= LOWER_THAN_SEATED
            && (lies(low, LOW) || lies(highest(low), SLANTWISE))
            && (-FEET_STAY..=HEAD_BELOW_FEET).contains(&feet)
            && (b.y1 <= 1.0 - AT_BORDER || falls_there)
            && distance(self.box_in_frame.foot(), b.foot(), scene.aspect) <= REACH * self.height
    }

    /// Whether a low box that is now of the given track, or of none, can be of the same person: nobody is in two
    /// places at once, and a person who was followed before is somebody else.
    fn may_be_of(&self, of: Option<&Track>, scene: Scene<'_>) -> bool {
        let is_gone = scene.any_track(self.number).is_none_or(|own| own.last_seen.mono < scene.at.mono);
        of.map_or(is_gone, |track| {
            track.number == self.number || (is_gone && track.first_seen.mono >= self.at.mono)
        })
    }

    /// Whether others stand before that low box, or before what is missing of this one if it is all that is left to see.
    fn is_hidden(&self, b: &BBox, of: Option<&Track>, scene: Scene<'_>) -> bool {
        let missing = BBox { y1: b.y0, ..self.box_in_frame };
        let covers = |other: &Track, what: &BBox| {
            let common = other.box_in_frame.intersection(what).map_or(0.0, |common| common.area());
            common > HIDDEN * what.area()
        };
        let is_other = |other: &&Track| {
            other.number != self.number && of.is_none_or(|track| track.number != other.number)
        };
        scene.all_tracks.iter().filter(is_other).any(|other| {
            let away = scene.at.since(other.last_seen);
            // A parked car beside somebody who falls stands no nearer than they lie.
            let is_parked = other.class != Class::PERSON && other.rests();
            let margin = if is_parked { 0.1 } else { -0.1 };
            let is_nearer = other.box_in_frame.y1 >= b.y1 + margin * self.height;
            let hides_the_rest = away <= scene.flicker && is_nearer && covers(other, &missing);
            // Who appears only now may be the same person, found twice as they lie.
            let stood_there = other.class == Class::PERSON && other.first_seen.mono < self.at.mono;
            hides_the_rest || (stood_there && away <= COVERS_FOR && covers(other, b))
        })
    }
}

impl Down {
    fn stays(&self, aspect: f32) -> bool {
        let moved = distance(self.first_box.centre(), self.latest.box_in_frame.centre(), aspect);
        moved <= STAYS_WITHIN * self.upright_height
    }

    fn is_seen_enough(&self) -> bool {
        self.sights as f32 >= SEEN_SHARE * self.looks as f32
    }

    /// How well what is found fits them as they lie; `None` if it does not.
    fn fit(&self, d: &Detection, scene: Scene<'_>, low: f32, things: &[Thing]) -> Option<f32> {
        let b = &d.box_in_frame;
        let overlap = self.latest.box_in_frame.iou(b);
        let moved = distance(self.latest.box_in_frame.centre(), b.centre(), scene.aspect);
        let is_near = overlap >= SAME_PLACE || moved <= 0.5 * self.upright_height;
        let is_low =
            b.height() <= highest(low) * self.upright_height && shape_of(b, scene.aspect) >= UPRIGHT_SHAPE;
        if !is_low || !is_near || things.iter().any(|thing| thing.was_there(b, self.upright_at)) {
            return None;
        }
        let is_followed = || track_of(scene, d).is_some_and(|track| track.number == self.number);
        (overlap >= SAME_PLACE || is_followed()).then_some(overlap)
    }

    /// Whether the track that stood is upright in this look, wherever it is. A track that was away, or that stands up
    /// where it did not lie, or together with somebody else, may have gone over to who came to help: it says no more.
    fn stands_again(&mut self, scene: Scene<'_>) -> bool {
        let Some(stood) = &mut self.stood else { return false };
        let seen = scene.any_track(stood.number).filter(|track| track.last_seen.mono == scene.at.mono);
        let Some(b) = seen.map(|track| track.box_in_frame) else { return false };
        let is_tall = |b: &BBox| b.height() >= UP_AGAIN * self.upright_height;
        let holds_two =
            b.height() > TALLER * self.upright_height || shape_of(&b, scene.aspect) > UPRIGHT_SHAPE;
        let is_the_same = scene.at.since(stood.at) <= FOLLOWED_WITHIN
            && (is_tall(&stood.box_in_frame) || stood.box_in_frame.iou(&b) >= SAME_PLACE)
            && !(is_tall(&b) && holds_two);
        if !is_the_same {
            self.stood = None;
            return false;
        }
        (stood.box_in_frame, stood.at) = (b, scene.at);
        is_tall(&b)
    }

    fn look(&mut self, scene: Scene<'_>, classes: &[Class], low: f32, things: &[Thing]) {
        self.looks = self.looks.saturating_add(1);
        if self.stands_again(scene) {
            self.looks_upright = self.looks_upright.saturating_add(1);
            return;
        }
        let fits = found(scene, classes).filter_map(|d| Some((d, self.fit(d, scene, low, things)?)));
        if let Some((detection, _)) = fits.max_by(|a, b| a.1.total_cmp(&b.1)) {
            if let Some(track) = track_of(scene, detection) {
                self.number = track.number;
            }
            self.latest = *detection;
            self.sights = self.sights.saturating_add(1);
            self.last = scene.at;
            self.up_since = None;
            return;
        }
        let is_up = found(scene, classes).any(|d| {
            let b = &d.box_in_frame;
            b.height() >= UP_AGAIN * self.upright_height
                && (self.upright_box.iou(b) >= 0.5
                    || track_of(scene, d).is_some_and(|track| track.number == self.number))
        });
        if is_up {
            self.up_since.get_or_insert(scene.at);
        }
    }

    /// Whether they got up, or never went down.
    fn is_up(&self, scene: Scene<'_>) -> bool {
        self.looks_upright >= LOOKS_UPRIGHT
            || self.up_since.is_some_and(|since| scene.at.since(since) > scene.flicker)
    }
}

impl Thing {
    fn is_at(&self, b: &BBox) -> bool {
        self.box_in_frame.iou(b) >= 0.5
    }

    /// Whether somebody or something that is followed is before it now.
    fn is_covered(&self, scene: Scene<'_>) -> bool {
        let own = &self.box_in_frame;
        scene.all_tracks.iter().filter(|track| track.last_seen.mono == scene.at.mono).any(|track| {
            track.box_in_frame.intersection(own).is_some_and(|common| common.area() > HIDDEN * own.area())
        })
    }

    /// Whether it lay there before that moment.
    fn was_there(&self, b: &BBox, before: Moment) -> bool {
        self.sights >= SIGHTS_OF_A_THING && self.since.mono < before.mono && self.is_at(b)
    }
}

/// How high somebody who is down may be at most, in parts of the upright height.
fn highest(low: f32) -> f32 {
    (low + SLANT_IS_HIGHER).min(UP_AGAIN)
}

/// Everything found of these classes.
fn found<'a>(scene: Scene<'a>, classes: &[Class]) -> impl Iterator<Item = &'a Detection> + Clone {
    scene.found.iter().filter(|d| classes.contains(&d.class))
}

/// The track that was continued with a detection.
fn track_of<'a>(scene: Scene<'a>, detection: &Detection) -> Option<&'a Track> {
    const SAME_BOX: f32 = 0.9;
    scene.tracks.iter().find(|track| {
        track.last_seen.mono == scene.at.mono && track.box_in_frame.iou(&detection.box_in_frame) >= SAME_BOX
    })
}

/// Remembers something wide. Where there are too many, the one that was found in one or two looks longest ago gives way.
fn learn(things: &mut Vec<Thing>, thing: Thing) {
    if things.len() < MOST_THINGS {
        things.push(thing);
        return;
    }
    let unproven = things.iter_mut().filter(|thing| thing.sights < SIGHTS_OF_A_THING);
    if let Some(oldest) = unproven.min_by_key(|thing| thing.last.mono) {
        *oldest = thing;
    }
}

impl FallenState {
    fn new(zone: Polygon, classes: Vec<Class>, low: f32, lasting: Duration) -> Self {
        FallenState {
            zone,
            classes,
            lasting,
            low,
            paths: Paths::new(UPRIGHT_OVER),
            upright: Vec::new(),
            down: Vec::new(),
            things: Vec::with_capacity(MOST_THINGS),
        }
    }

    /// What is found now of somebody who was upright a moment ago, if they have gone down since.
    fn fell<'a>(&self, scene: Scene<'a>, upright: &Upright) -> Option<&'a Detection> {
        let is_it = |d: &&Detection| {
            let b = &d.box_in_frame;
            if !upright.became(b, self.low, scene) || !self.zone.contains(b.standing_point()) {
                return false;
            }
            let track = track_of(scene, d);
            upright.may_be_of(track, scene)
                && !upright.is_hidden(b, track, scene)
                && !self.things.iter().any(|thing| thing.was_there(b, upright.at))
                && !self.down.iter().any(|down| down.latest.box_in_frame.iou(b) >= SAME_PLACE)
        };
        found(scene, &self.classes).filter(is_it).max_by(|a, b| a.score.total_cmp(&b.score))
    }

    fn goes_down(&mut self, scene: Scene<'_>, detection: &Detection, upright: &Upright) {
        let number = track_of(scene, detection).map_or(upright.number, |track| track.number);
        let seen = scene.any_track(upright.number).filter(|track| track.last_seen.mono == scene.at.mono);
        let (box_in_frame, at) =
            seen.map_or((upright.box_in_frame, upright.at), |track| (track.box_in_frame, scene.at));
        let stood = Followed { number: upright.number, box_in_frame, at };
        self.down.push(Down {
            number,
            latest: *detection,
            stood: Some(stood),
            looks_upright: 0,
            upright_at: upright.at,
            upright_box: upright.box_in_frame,
            first_box: detection.box_in_frame,
            upright_height: upright.height,
            sights: 1,
            looks: 1,
            since: scene.at,
            last: scene.at,
            up_since: None,
        });
    }

    /// Takes in what is wide and stays where it is, but for who is down and for parts of who stands.
    fn remember_things(&mut self, scene: Scene<'_>) {
        for d in found(scene, &self.classes) {
            let b = &d.box_in_frame;
            let is_part = |other: &Detection| {
                let other = &other.box_in_frame;
                let common = other.intersection(b).map_or(0.0, |common| common.area());
                let stands = shape_of(other, scene.aspect) <= UPRIGHT_SHAPE;
                stands && other.height() > 1.6 * b.height() && common > 0.7 * b.area()
            };
            if shape_of(b, scene.aspect) < UPRIGHT_SHAPE
                || found(scene, &self.classes).any(is_part)
                || self.down.iter().any(|down| down.latest.box_in_frame.iou(b) >= SAME_PLACE)
            {
                continue;
            }
            match self.things.iter_mut().find(|thing| thing.is_at(b)) {
                Some(thing) => {
                    thing.box_in_frame = *b;
                    thing.sights = thing.sights.saturating_add(1);
                    thing.last = scene.at;
                }
                None => {
                    let thing = Thing { box_in_frame: *b, sights: 1, since: scene.at, last: scene.at };
                    learn(&mut self.things, thing);
                }
            }
        }
        for thing in self.things.iter_mut().filter(|thing| thing.sights >= SIGHTS_OF_A_THING) {
            if thing.is_covered(scene) {
                thing.last = scene.at;
            }
        }
        self.things.retain(|thing| {
            let kept_for = if thing.sights >= SIGHTS_OF_A_THING { THING_FOR } else { scene.flicker };
            scene.at.since(thing.last) <= kept_for.max(scene.flicker)
        });
    }

    /// Remembers an upright box.
    fn stands(&mut self, scene: Scene<'_>, track: &Track) {
        let b = &track.box_in_frame;
        let is_cut = b.y1 > 1.0 - AT_BORDER || b.x0 < AT_SIDE || b.x1 > 1.0 - AT_SIDE;
        if shape_of(b, scene.aspect) > UPRIGHT_SHAPE || is_cut {
            return;
        }
        let Some(path) = self.paths.of(track.number) else { return };
        let Some(height) = path.upright_height(scene.at, UPRIGHT_OVER) else { return };
        if b.height() < UPRIGHT_HEIGHT * height {
            return;
        }
        let shape = upright_shape(path, scene.aspect);
        let upright = Upright { number: track.number, box_in_frame: *b, height, shape, at: scene.at };
        match self.upright.iter_mut().find(|other| other.number == track.number) {
            Some(other) => *other = upright,
            None => self.upright.push(upright),
        }
    }

    fn report(&self, scene: Scene<'_>, observation: &mut Observation) {
        let lying = self.down.iter().filter(|down| down.is_seen_enough());
        let spans = lying.clone().map(|down| Span {
            number: down.number,
            since: down.since,
            last: down.last,
            is_sure: down.sights >= 2,
        });
        observation.report_spans(scene, &self.classes, self.lasting, spans);
        if !observation.holds {
            return;
        }
        // Not all of them are tracks.
        let lasts = |down: &&Down| down.last.since(down.since) >= self.lasting && down.sights >= 2;
        observation.shown.clear();
        observation.strength = 0.0;
        for Down { latest, .. } in lying.filter(lasts) {
            let Detection { class, score, box_in_frame } = *latest;
            observation.shown.push(Shown { class, score, box_in_frame });
            observation.strength = observation.strength.max(score);
        }
        observation.count = observation.shown.len();
    }
}

/// How wide for its height somebody upright is: the third narrowest of the boxes seen within [`UPRIGHT_OVER`], as who
/// begins to fall is wide already.
fn upright_shape(path: &Path, aspect: f32) -> f32 {
    let mut narrowest = [UPRIGHT_SHAPE; 3];
    for step in path.latest(UPRIGHT_OVER) {
        let mut shape = shape_of(&step.box_in_frame, aspect);
        for place in &mut narrowest {
            if shape < *place {
                std::mem::swap(&mut shape, place);
            }
        }
    }
    narrowest[2]
}

impl Evaluate for FallenState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.paths.look(scene, &self.classes);
        for down in &mut self.down {
            down.look(scene, &self.classes, self.low, &self.things);
        }
        let falls_within = FALLS_WITHIN.max(scene.flicker);
        self.upright.retain(|upright| scene.at.since(upright.at) <= falls_within);
        for i in (0..self.upright.len()).rev() {
            let upright = self.upright[i];
            if let Some(detection) = self.fell(scene, &upright) {
                self.upright.swap_remove(i);
                self.goes_down(scene, detection, &upright);
            }
        }
        self.remember_things(scene);
        for track in scene.tracks {
            if track.last_seen.mono == scene.at.mono && self.classes.contains(&track.class) {
                self.stands(scene, track);
            }
        }
        let unseen_for = UNSEEN_FOR.max(scene.flicker);
        self.down.retain(|down| {
            !down.is_up(scene) && down.stays(scene.aspect) && scene.at.since(down.last) <= unseen_for
        });
        self.report(scene, observation);
    }

    fn forget(&mut self) {
        self.paths.forget();
        self.upright.clear();
        self.down.clear();
        self.things.clear();
    }
}
