//! `fallen`: somebody who stood or walked goes down within a moment and stays down.
//!
//! Down is told from the box: within two and a half seconds its top sinks, it loses half its height, it turns
//! from upright to lying or nearly so, while its lower edge stays where it was. Who walks behind a wall keeps the
//! top and loses the lower edge; who walks away shrinks slowly; who leaves the picture is cut by its edge; who
//! sits down or bends is higher than that, or up again before the rule's time is over. Who is down stays where they
//! went down and is found there in most looks; a low box that walks on is half of somebody who walks, and where others
//! stand before what is missing of somebody, nobody can say. Width and height are compared as people see them, in a wide
//! picture as in an upright one ([`Scene::aspect`]).
//!
//! A detector often loses somebody who falls and finds them again as somebody new. So the latest upright box of
//! everybody is remembered for a moment, and a low box that appears at its feet is the same one. Who is never
//! found lying cannot be told from who was only missed: the rule is silent then. The camera must see people
//! from the side or at a slant: from straight above nobody turns.

use super::evaluator::Span;
use super::path::{Paths, distance, shape_of};
use super::prelude::*;
use crate::analysis::geometry::BBox;
use crate::analysis::time::Moment;
use crate::analysis::tracker::{Track, TrackNumber};

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
pub struct FallenDocument {
    /// The zone; every camera of the rule must have one of this name.
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
    pub(super) const ALERT: Alert = (Level::Orange, "Somebody fell", "人员倒地");
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

    fn sentence(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} went down in {} and stays down", AnyOf(&self.classes), self.zone)
    }

    fn evaluator(&self, drawn: Drawn<'_>) -> Option<Box<dyn Evaluate>> {
        let zone = drawn.zone(&self.zone)?;
        Some(Box::new(FallenState::new(zone, self.classes.clone(), self.low, self.for_at_least)))
    }
}

/// Going down takes no longer, from the last upright box to the first low one. A fall takes about one
/// second; the rest is for looks that fail.
const FALLS_WITHIN: Duration = Duration::from_millis(2500);
/// The upright height is taken over so long.
const UPRIGHT_OVER: Duration = Duration::from_millis(1500);
/// Wider than that (width over height) is not upright: arms out, a stride.
const UPRIGHT_SHAPE: f32 = 0.75;
/// A low box is at least as wide as that, and at least [`TURNED_BY`] times as wide for its height as the upright
/// one was. Between squatting (0.7) and lying across the view (2 and more); lying along it is about 1.
const LOW_SHAPE: f32 = 0.85;
/// See [`LOW_SHAPE`].
const TURNED_BY: f32 = 1.8;
/// The top sinks by at least this part of the upright height ...
const TOP_SINKS: f32 = 0.35;
/// ... and the lower edge rises by no more than this.
const FEET_STAY: f32 = 0.25;
/// Who is this tall again, in parts of the upright height, has got up.
const UP_AGAIN: f32 = 0.75;
/// Nearer to the picture's border than this a box is cut by it: those of people who walk out of the picture end a
/// little inside.
const AT_BORDER: f32 = 0.03;
/// Others hide somebody when they cover this part of what is missing of the upright box (a guess).
const HIDDEN: f32 = 0.3;
/// Who is down lies within this distance of where they went down, in upright heights.
const STAYS_WITHIN: f32 = 0.6;
/// And is found lying in this part of the looks.
const SEEN_SHARE: f32 = 0.4;
/// Somebody down is looked for so long after they were last found.
const UNSEEN_FOR: Duration = Duration::from_secs(5);

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
}

/// The latest upright box of a track, kept a moment longer than the track is seen.
#[derive(Debug, Clone, Copy)]
struct Upright {
    number: TrackNumber,
    box_in_frame: BBox,
    height: f32,
    at: Moment,
}

/// Somebody who went down.
#[derive(Debug, Clone, Copy)]
struct Down {
    number: TrackNumber,
    box_in_frame: BBox,
    /// Where they went down.
    first_box: BBox,
    upright_height: f32,
    sights: u32,
    looks: u32,
    since: Moment,
    last: Moment,
    /// Since when a box as tall as upright stands there.
    up_since: Option<Moment>,
    is_sure: bool,
}

impl Upright {
    /// Whether that box, now, is this one gone down.
    fn became(&self, b: &BBox, low: f32, aspect: f32) -> bool {
        let upright = shape_of(&self.box_in_frame, aspect);
        let shape = shape_of(b, aspect);
        b.height() <= low * self.height
            && b.y0 >= self.box_in_frame.y0 + TOP_SINKS * self.height
            && b.y1 >= self.box_in_frame.y1 - FEET_STAY * self.height
            && shape >= LOW_SHAPE
            && shape >= TURNED_BY * upright
            && !is_at_border(b)
    }

    /// Whether others stand before what is missing of them if that box is all that is left to see.
    fn is_hidden(&self, scene: Scene<'_>, track: &Track) -> bool {
        let missing = BBox { y1: track.box_in_frame.y0, ..self.box_in_frame };
        let area = missing.area();
        scene.tracks.iter().any(|other| {
            let is_other = other.number != track.number && other.number != self.number;
            let is_there = scene.at.since(other.last_seen) <= scene.flicker;
            // A parked car beside somebody who falls stands no nearer than they lie.
            let is_parked = other.class != track.class && other.rests();
            let margin = if is_parked { 0.1 } else { -0.1 };
            let is_nearer = other.box_in_frame.y1 >= track.box_in_frame.y1 + margin * self.height;
            let common = other.box_in_frame.intersection(&missing).map_or(0.0, |common| common.area());
            is_other && is_there && is_nearer && common > HIDDEN * area
        })
    }

    /// Whether a box lies where this one's feet were: a body's length to any side.
    fn reaches(&self, b: &BBox, aspect: f32) -> bool {
        distance(self.box_in_frame.foot(), b.foot(), aspect) <= self.height
    }
}

impl Down {
    fn stays(&self, aspect: f32) -> bool {
        let moved = distance(self.first_box.centre(), self.box_in_frame.centre(), aspect);
        moved <= STAYS_WITHIN * self.upright_height
    }

    fn is_seen_enough(&self) -> bool {
        self.sights as f32 >= SEEN_SHARE * self.looks as f32
    }
}

/// Cut by the picture's border: neither size nor shape is its own.
fn is_at_border(b: &BBox) -> bool {
    b.x0 < AT_BORDER || b.y0 < AT_BORDER || b.x1 > 1.0 - AT_BORDER || b.y1 > 1.0 - AT_BORDER
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
        }
    }

    /// Takes a box as that of somebody who is down already, if it is.
    fn goes_on_lying(&mut self, scene: Scene<'_>, track: &Track) -> bool {
        let b = &track.box_in_frame;
        let limit = self.low + 0.15;
        let is_theirs = |down: &&mut Down| {
            let is_low = b.height() <= limit * down.upright_height;
            down.number == track.number || (is_low && down.box_in_frame.iou(b) >= 0.2)
        };
        let Some(down) = self.down.iter_mut().find(is_theirs) else { return false };
        if b.height() <= limit * down.upright_height {
            down.number = track.number;
            down.box_in_frame = *b;
            down.sights = down.sights.saturating_add(1);
            down.last = scene.at;
            down.up_since = None;
            down.is_sure = track.is_confirmed();
        } else if b.height() >= UP_AGAIN * down.upright_height {
            down.up_since.get_or_insert(scene.at);
        }
        true
    }

    /// The upright box that this one was a moment ago, if it has gone down since.
    fn fell(&self, scene: Scene<'_>, track: &Track) -> Option<Upright> {
        let b = &track.box_in_frame;
        if !self.zone.contains(b.standing_point()) {
            return None;
        }
        let falls_within = FALLS_WITHIN.max(scene.flicker);
        let is_new = scene.at.since(track.first_seen) <= falls_within;
        self.upright.iter().copied().find(|upright| {
            let is_same = upright.number == track.number;
            // Their own track is not seen now: two boxes in one frame are two people.
            let may_be = is_new
                && track.first_seen.mono >= upright.at.mono
                && scene.track(upright.number).is_none_or(|old| old.last_seen.mono < scene.at.mono)
                && upright.reaches(b, scene.aspect);
            (is_same || may_be)
                && upright.became(b, self.low, scene.aspect)
                && !upright.is_hidden(scene, track)
        })
    }

    fn goes_down(&mut self, scene: Scene<'_>, track: &Track, upright: &Upright) {
        self.upright.retain(|other| other.number != upright.number && other.number != track.number);
        self.down.push(Down {
            number: track.number,
            box_in_frame: track.box_in_frame,
            first_box: track.box_in_frame,
            upright_height: upright.height,
            sights: 1,
            looks: 1,
            since: scene.at,
            last: scene.at,
            up_since: None,
            is_sure: track.is_confirmed(),
        });
    }

    /// Remembers an upright box.
    fn stands(&mut self, scene: Scene<'_>, track: &Track) {
        let b = &track.box_in_frame;
        if shape_of(b, scene.aspect) > UPRIGHT_SHAPE || is_at_border(b) {
            return;
        }
        let path = self.paths.of(track.number);
        let Some(height) = path.and_then(|path| path.upright_height(scene.at, UPRIGHT_OVER)) else { return };
        if b.height() < 0.85 * height {
            return;
        }
        let upright = Upright { number: track.number, box_in_frame: *b, height, at: scene.at };
        match self.upright.iter_mut().find(|other| other.number == track.number) {
            Some(other) => *other = upright,
            None => self.upright.push(upright),
        }
    }
}

impl Evaluate for FallenState {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        self.paths.look(scene, &self.classes);
        for down in &mut self.down {
            down.looks = down.looks.saturating_add(1);
        }
        for track in scene.tracks {
            let is_seen = track.last_seen.mono == scene.at.mono && self.classes.contains(&track.class);
            if !is_seen || self.goes_on_lying(scene, track) {
                continue;
            }
            match self.fell(scene, track) {
                Some(upright) => self.goes_down(scene, track, &upright),
                None => self.stands(scene, track),
            }
        }
        let falls_within = FALLS_WITHIN.max(scene.flicker);
        self.upright.retain(|upright| scene.at.since(upright.at) <= falls_within);
        let unseen_for = UNSEEN_FOR.max(scene.flicker);
        self.down.retain(|down| {
            let is_up = down.up_since.is_some_and(|since| scene.at.since(since) > scene.flicker);
            !is_up && down.stays(scene.aspect) && scene.at.since(down.last) <= unseen_for
        });
        let spans = self.down.iter().filter(|down| down.is_seen_enough()).map(|down| Span {
            number: down.number,
            since: down.since,
            last: down.last,
            is_sure: down.is_sure,
        });
        observation.tell_spans(scene, &self.classes, self.lasting, spans);
    }

    fn forget(&mut self) {
        self.paths.forget();
        self.upright.clear();
        self.down.clear();
    }
}
