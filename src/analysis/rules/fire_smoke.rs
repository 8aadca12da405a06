//! `fire` and `smoke`: what the detector takes for it, confirmed over time, and alive.
//!
//! Flames flicker and grow, smoke drifts and grows; a lamp, a red sign or a white van does nothing. So each
//! place is watched for how much its box and score change. What changes most of the time is believed after the rule's
//! time; what came later but does not change needs three times as long; what was there from the first look on and
//! does not change is not reported at all until it does. Strength says the same: a lookalike weighs a third. A hand that
//! moves a bottle changes the box of a lookalike once: that is no life, and how a box settles in its first sights is no
//! growth.
//!
//! A box that jitters on a still thing passes for life all the same, so the picture is asked too: once a second it says
//! whether the cells under the box changed ([`Changes`](crate::analysis::pixel_change::Changes)). If they did not, nothing
//! is reported however much the box changes. What was reported goes on for a minute while people or vehicles stand before
//! it, or while its smoke fills the picture evenly; after that they count as any other picture that does not change, or
//! what the detector takes a parked red car for would never end. Where no pictures come, or none of half a minute could say
//! because the camera moved, the box alone decides.

use std::time::Duration;

use super::evaluator::{Observation, Scene};
use super::kind::Evaluate;
use crate::analysis::alert::Shown;
use crate::analysis::detection::Class;
use crate::analysis::geometry::{BBox, Polygon};
use crate::analysis::pixel_change::Witness;
use crate::analysis::time::Moment;
use crate::analysis::tracker::Track;

/// The part of the box that must be in the zone: flames and smoke do not stand on feet (a guess).
const IN_ZONE: f32 = 0.3;
/// Fewer sights are an accident, however long they are apart.
const LEAST_SIGHTS: u32 = 4;
/// And they must be so dense among the looks: small detectors find a flame in one look of three.
const SEEN_SHARE: f32 = 0.3;
/// After so long unseen it is over; flames behind smoke come back sooner.
const UNSEEN_FOR: Duration = Duration::from_secs(4);
/// What is on the box's first looks was there before.
const FIRST_LOOKS: Duration = Duration::from_secs(3);
/// Changes of this size are fully alive: standard deviation of the logarithm of the area, of the score, of
/// the place in own sizes, and the logarithm of growth. Twice to three times a detector's jitter on a still
/// thing (its box edges jitter by 0.05, `motion`).
const LIVELY_AREA: f32 = 0.25;
/// See [`LIVELY_AREA`].
const LIVELY_SCORE: f32 = 0.10;
/// See [`LIVELY_AREA`].
const LIVELY_PLACE: f32 = 0.12;
/// See [`LIVELY_AREA`]; half as large again.
const LIVELY_GROWTH: f32 = 0.4;
/// Below this it counts as unchanging.
const STILL: f32 = 0.5;
/// By this sight a detector has found the edges of what is there; how it got there is no life.
const SETTLED: u32 = LEAST_SIGHTS;
/// What lives does so in this part of its sights.
const LIVELY_SHARE: f32 = 0.5;
/// The picture under the box must have changed so often, a second apart: a hand that passes, or what comes to stay, changes
/// it once.
const LEAST_LIVELY_PICTURES: u32 = 2;
/// So many pictures that showed no change, and more than showed one, speak against what was reported.
const LEAST_STILL_PICTURES: u32 = 2;
/// After so many pictures in a row that could not say, what earlier ones said counts no more: the camera shows another place.
const FORGOTTEN_AFTER: u32 = 30;
/// So many pictures in which something hides it, or in which nothing could be seen to change, get the benefit of the doubt,
/// a second each (a guess: helpers do not stand there longer without a flame to be seen beside them).
const LONGEST_DOUBT: u32 = 60;
/// Means and deviations are taken over about so many sights.
const MEMORY: f32 = 20.0;

#[derive(Debug, Clone)]
pub(super) struct FireSmoke {
    zone: Polygon,
    classes: Vec<Class>,
    lasting: Duration,
    began: Option<Moment>,
    fire_smoke: Vec<Plume>,
}

/// One place that burns or smokes, perhaps.
#[derive(Debug, Clone)]
struct Plume {
    class: Class,
    box_in_frame: BBox,
    since: Moment,
    last: Moment,
    was_there_before: bool,
    score: f32,
    sights: u32,
    looks: u32,
    area: Spread,
    scores: Spread,
    x: Spread,
    y: Spread,
    /// The largest logarithm of its area in its first sights.
    first_area: f32,
    /// The liveliest it has been: a flame that stands still for a moment is one still.
    liveliest: f32,
    /// In which part of its latest sights it was lively.
    lively_share: f32,
    pictures: Pictures,
    /// It was reported, and the pictures have not spoken against it since.
    was_believed: bool,
}

/// What the latest eight pictures that said something, a second each, said of a box: a bit for each, the latest one lowest.
#[derive(Debug, Clone, Copy, Default)]
struct Pictures {
    lively: u8,
    still: u8,
    /// How many got the benefit of the doubt since they last changed; such a picture says nothing, but takes its place.
    doubted: u32,
    /// How many in a row could not say because the camera moved or the light changed.
    moving: u32,
}

impl Pictures {
    fn add(&mut self, witness: Witness, was_believed: bool) {
        let is_doubtful = match witness {
            Witness::Moving => {
                self.moving = self.moving.saturating_add(1);
                if self.moving >= FORGOTTEN_AFTER {
                    (self.lively, self.still) = (0, 0);
                }
                return;
            }
            Witness::Lively | Witness::Still => false,
            // A flame that was seen burns on behind helpers, and smoke that was seen rolling in may fill the picture evenly.
            // Where none was seen, a red coat or asphalt between passing cars may be all there is.
            Witness::Hidden | Witness::Even => was_believed,
        };
        self.moving = 0;
        self.doubted =
            if self.have_changed() { 0 } else { self.doubted.saturating_add(u32::from(is_doubtful)) };
        let is_lively = witness == Witness::Lively;
        let is_unsaid = is_doubtful && self.doubted <= LONGEST_DOUBT;
        self.lively = self.lively << 1 | u8::from(is_lively);
        self.still = self.still << 1 | u8::from(!is_lively && !is_unsaid);
    }

    fn have_changed(self) -> bool {
        self.lively.count_ones() >= LEAST_LIVELY_PICTURES
    }

    /// Whether they speak against it.
    fn deny(self, was_believed: bool) -> bool {
        let [lively, still] = [self.lively, self.still].map(u8::count_ones);
        match lively + still {
            0 => false,
            _ if was_believed => still > lively && still >= LEAST_STILL_PICTURES,
            _ => still > lively || !self.have_changed(),
        }
    }
}

/// A fading mean and mean absolute deviation: one bad box counts once, not squared.
#[derive(Debug, Clone, Copy, Default)]
struct Spread {
    count: f32,
    mean: f32,
    off: f32,
}

impl Spread {
    fn add(&mut self, value: f32) {
        self.count = (self.count + 1.0).min(MEMORY);
        let weight = 1.0 / self.count;
        let off = value - self.mean;
        self.mean += weight * off;
        self.off = (1.0 - weight) * (self.off + weight * off.abs());
    }

    fn deviation(&self) -> f32 {
        // What a normal distribution of that mean deviation has.
        1.25 * self.off
    }
}

impl Plume {
    fn begin(at: Moment, track: &Track, was_there_before: bool) -> Self {
        let (score, b) = (track.score, track.box_in_frame);
        let mut plume = Plume {
            class: track.class,
            box_in_frame: b,
            since: at,
            last: at,
            was_there_before,
            score,
            sights: 0,
            looks: 0,
            area: Spread::default(),
            scores: Spread::default(),
            x: Spread::default(),
            y: Spread::default(),
            first_area: f32::NEG_INFINITY,
            liveliest: 0.0,
            lively_share: 0.0,
            pictures: Pictures::default(),
            was_believed: false,
        };
        plume.see(at, score, b);
        plume
    }

    fn see(&mut self, at: Moment, score: f32, b: BBox) {
        self.last = at;
        self.box_in_frame = b;
        self.sights = self.sights.saturating_add(1);
        self.score += (score - self.score) / self.sights.min(10) as f32;
        let area = b.area().max(f32::MIN_POSITIVE).ln();
        self.area.add(area);
        if self.sights <= LEAST_SIGHTS {
            self.first_area = self.first_area.max(area);
        }
        if self.sights == SETTLED {
            (self.area, self.scores, self.x, self.y) = Default::default();
            self.area.add(area);
        }
        self.scores.add(score);
        let (centre, size) = (b.centre(), b.size().max(f32::MIN_POSITIVE));
        self.x.add(centre.x / size);
        self.y.add(centre.y / size);
        if self.sights >= LEAST_SIGHTS {
            let liveliness = self.liveliness();
            self.liveliest = self.liveliest.max(liveliness);
            let judged = (self.sights + 1 - LEAST_SIGHTS) as f32;
            let is_lively = if liveliness >= STILL { 1.0 } else { 0.0 };
            self.lively_share += (is_lively - self.lively_share) / judged.min(MEMORY);
        }
    }

    /// How much it changes, 0 (not at all) to 1.
    fn liveliness(&self) -> f32 {
        let growth = self.area.mean - self.first_area;
        // The centre is measured in own sizes, so a box that only grows moves in this measure too.
        let place = self.x.deviation().max(self.y.deviation());
        (self.area.deviation() / LIVELY_AREA)
            .max(self.scores.deviation() / LIVELY_SCORE)
            .max(place / LIVELY_PLACE)
            .max(growth / LIVELY_GROWTH)
            .clamp(0.0, 1.0)
    }

    fn lasted(&self) -> Duration {
        self.last.since(self.since)
    }

    /// It changes, and not just now and then.
    fn is_alive(&self) -> bool {
        self.lively_share >= LIVELY_SHARE
    }

    /// How long it must last to be reported; `None` for what never was anything but there, or is so in the picture.
    fn needs(&self, lasting: Duration) -> Option<Duration> {
        if self.pictures.deny(self.was_believed) {
            return None;
        }
        match (self.is_alive(), self.was_there_before) {
            (true, _) => Some(lasting),
            (false, false) => Some(3 * lasting),
            (false, true) => None,
        }
    }

    fn is_confirmed(&self) -> bool {
        let share = self.sights as f32 / self.looks.max(1) as f32;
        self.sights >= LEAST_SIGHTS && share >= SEEN_SHARE
    }

    fn is_believed(&self, lasting: Duration) -> bool {
        self.is_confirmed() && self.needs(lasting).is_some_and(|needs| self.lasted() >= needs)
    }

    fn strength(&self) -> f32 {
        let weight =
            if self.was_there_before && !self.is_alive() { 0.33 } else { 0.5 + 0.5 * self.liveliest };
        self.score * weight
    }
}

impl FireSmoke {
    pub(super) fn new(zone: Polygon, classes: Vec<Class>, lasting: Duration) -> Self {
        FireSmoke { zone, classes, lasting, began: None, fire_smoke: Vec::new() }
    }

    fn report(&self, scene: Scene<'_>, observation: &mut Observation) {
        let confirmed = self.fire_smoke.iter().filter(|plume| plume.is_confirmed());
        observation.clear();
        let believed = |plume: &Plume| plume.is_believed(self.lasting);
        let Some(first) = confirmed.clone().max_by_key(|plume| (believed(plume), plume.lasted())) else {
            return;
        };
        observation.since = Some(first.since);
        observation.seen_at = Some(first.last);
        observation.value = first.lasted().as_secs_f64();
        observation.strength = first.strength();
        for plume in confirmed.filter(|plume| believed(plume)) {
            observation.holds = true;
            observation.sustains |= plume.last.mono == scene.at.mono;
            observation.strength = observation.strength.max(plume.strength());
            let (class, score, box_in_frame) = (plume.class, plume.score, plume.box_in_frame);
            observation.shown.push(Shown { class, score, box_in_frame });
        }
        observation.count = observation.shown.len();
    }
}

impl Evaluate for FireSmoke {
    fn look(&mut self, scene: Scene<'_>, observation: &mut Observation) {
        let began = *self.began.get_or_insert(scene.at);
        for plume in &mut self.fire_smoke {
            plume.looks = plume.looks.saturating_add(1);
        }
        for track in scene.seen_now(&self.classes) {
            let b = track.box_in_frame;
            if self.zone.share_of(&b) < IN_ZONE {
                continue;
            }
            let touching = |plume: &&mut Plume| plume.box_in_frame.iou(&b) >= 0.1;
            match self.fire_smoke.iter_mut().find(touching) {
                // Two boxes of one fire in one look are one sight.
                Some(plume) if plume.last.mono == scene.at.mono && plume.sights > 0 => {}
                Some(plume) => plume.see(scene.at, track.score, b),
                None => {
                    let was_there_before = scene.at.since(began) <= FIRST_LOOKS;
                    let mut plume = Plume::begin(scene.at, track, was_there_before);
                    plume.looks = 1;
                    self.fire_smoke.push(plume);
                }
            }
        }
        if let Some(changes) = scene.changes {
            for plume in &mut self.fire_smoke {
                plume.pictures.add(changes.under(&plume.box_in_frame), plume.was_believed);
            }
        }
        let unseen_for = UNSEEN_FOR.max(scene.flicker);
        self.fire_smoke.retain(|plume| scene.at.since(plume.last) <= unseen_for);
        for plume in &mut self.fire_smoke {
            let is_denied = plume.pictures.deny(plume.was_believed);
            plume.was_believed = !is_denied && (plume.was_believed || plume.is_believed(self.lasting));
        }
        self.report(scene, observation);
    }

    fn forget(&mut self) {
        self.began = None;
        self.fire_smoke.clear();
    }
}
