//! Spots: places in a zone where a thing came to stand, remembered also while it cannot be seen. Shared by
//! `left_behind`, `gone` and `vending`.
//!
//! A track lives ten seconds at most without being seen; a stall behind its customers or a bag behind a parked
//! van is still there after that. So what stands is remembered by its place. Time in which something stands
//! in front of the spot is neither time there nor time missing: nobody could look.

use std::time::Duration;

use super::evaluator::Scene;
use super::stationary::{Place, StationaryObjects};
use crate::analysis::detection::Class;
use crate::analysis::geometry::{BBox, Polygon};
use crate::analysis::time::Moment;
use crate::analysis::tracker::{Track, TrackNumber};

/// A thing seen with this overlap is the one of the spot: half of what a detector's jitter leaves.
const SAME_PLACE: f32 = 0.35;
/// A spot is covered when so much of it lies behind something nearer to the camera (a guess).
const COVERED: f32 = 0.3;
/// What the detector only just believes is remembered at no place ([`Track::certainty`]): a box of lowest scores comes and
/// goes with the light, and so would what is left and what is missing.
const WELL_SEEN: f32 = 0.1;
/// Not more spots than that in a zone; then the one unseen for longest goes.
const MOST_SPOTS: usize = 64;

/// One place where something stands or stood.
#[derive(Debug, Clone)]
pub(super) struct RememberedObject {
    /// The track that was last there.
    pub(super) number: TrackNumber,
    pub(super) class: Class,
    pub(super) score: f32,
    pub(super) box_in_frame: BBox,
    /// When the thing came to stand.
    pub(super) since: Moment,
    pub(super) last_there: Moment,
    /// It was there already when the looking began, so nobody saw it come.
    pub(super) was_there_before: bool,
    /// Watched time since it was last there in which nothing stood in front.
    pub(super) missing_for: Duration,
    /// Something stands in front of it in this frame.
    pub(super) is_covered: bool,
    /// Its track was seen to go elsewhere.
    pub(super) has_moved: bool,
    sights: u32,
    looks: u32,
    /// Looks in vain since the last sight.
    unseen: u32,
}

impl RememberedObject {
    /// Seen there in this very frame.
    pub(super) fn is_seen(&self, scene: Scene<'_>) -> bool {
        self.last_there.mono == scene.at.mono
    }

    pub(super) fn stood_for(&self) -> Duration {
        self.last_there.since(self.since)
    }

    /// In which part of the looks up to its last sight it was seen, those left out in which something stood in
    /// front, 0..1.
    pub(super) fn seen_share(&self) -> f32 {
        if self.looks == 0 { 0.0 } else { self.sights as f32 / self.looks as f32 }
    }

    fn look(&mut self, scene: Scene<'_>, classes: &[Class]) {
        let there = scene
            .seen_now(classes)
            .filter(|track| self.is_like(track) || self.shows_in_part(track))
            .max_by(|a, b| {
                let near = |t: &Track| t.full_box().iou(&self.box_in_frame);
                near(a).total_cmp(&near(b)).then(b.number.cmp(&a.number))
            });
        self.is_covered = false;
        if let Some(track) = there {
            self.sights = self.sights.saturating_add(1);
            self.looks = self.looks.saturating_add(self.unseen).saturating_add(1);
            self.unseen = 0;
            (self.number, self.class, self.score) = (track.number, track.class, track.score);
            self.last_there = scene.at;
            self.missing_for = Duration::ZERO;
            self.has_moved = false;
            if self.is_like(track) {
                self.drift_towards(track.full_box());
            }
            return;
        }
        self.is_covered = scene.tracks.iter().any(|track| self.is_behind(track, scene));
        if self.is_covered {
            return;
        }
        self.unseen = self.unseen.saturating_add(1);
        self.missing_for += scene.watched;
        let track = scene.track(self.number).filter(|track| track.last_seen.mono == scene.at.mono);
        if track.is_some_and(|track| track.box_in_frame.iou(&self.box_in_frame) < 0.1) {
            self.has_moved = true;
        }
    }

    fn is_like(&self, track: &Track) -> bool {
        track.full_box().iou(&self.box_in_frame) >= SAME_PLACE
    }

    /// Whether its own track shows less of it than was seen before.
    fn shows_in_part(&self, track: &Track) -> bool {
        let place = Place { box_in_frame: self.box_in_frame, since: self.since };
        track.number == self.number && place.shows_in_part(track)
    }

    /// Shadows and light shift a box over the day.
    fn drift_towards(&mut self, b: &BBox) {
        const STEP: f32 = 0.05;
        let mix = |was: f32, is: f32| was + STEP * (is - was);
        let was = self.box_in_frame;
        self.box_in_frame = BBox {
            x0: mix(was.x0, b.x0),
            y0: mix(was.y0, b.y0),
            x1: mix(was.x1, b.x1),
            y1: mix(was.y1, b.y1),
        };
    }

    /// Whether that track, seen a moment ago, stands between the spot and the camera.
    fn is_behind(&self, track: &Track, scene: Scene<'_>) -> bool {
        // Its own track, lost, hides nothing.
        let is_itself = track.number == self.number && track.last_seen.mono < scene.at.mono;
        if is_itself || scene.at.since(track.last_seen) > scene.flicker {
            return false;
        }
        let common = track.box_in_frame.intersection(&self.box_in_frame).map_or(0.0, |b| b.area());
        let is_nearer = track.box_in_frame.y1 >= self.box_in_frame.y1 - 0.1 * self.box_in_frame.height();
        is_nearer && common >= COVERED * self.box_in_frame.area()
    }
}

/// All spots of a zone.
#[derive(Debug, Clone)]
pub(super) struct RememberedObjects {
    stands: StationaryObjects,
    remembered: Vec<RememberedObject>,
    began: Option<Moment>,
    /// A spot is kept until its thing was missing for so long.
    kept_for: Duration,
}

impl RememberedObjects {
    pub(super) fn new(zone: Polygon, kept_for: Duration) -> Self {
        RememberedObjects {
            stands: StationaryObjects::new(zone),
            remembered: Vec::new(),
            began: None,
            kept_for,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &RememberedObject> + Clone {
        self.remembered.iter()
    }

    pub(super) fn forget(&mut self) {
        self.stands.forget();
        self.remembered.clear();
        self.began = None;
    }

    /// Takes in one frame.
    pub(super) fn follow(&mut self, scene: Scene<'_>, classes: &[Class]) {
        let began = *self.began.get_or_insert(scene.at);
        self.stands.follow(scene, classes);
        for spot in &mut self.remembered {
            spot.look(scene, classes);
        }
        let kept_for = self.kept_for.max(scene.flicker);
        self.remembered.retain(|spot| spot.missing_for <= kept_for);
        for stand in self.stands.iter() {
            let is_well_seen = scene.track(stand.number).is_some_and(|track| track.certainty >= WELL_SEEN);
            let is_new = stand.is_sure
                && is_well_seen
                && stand.last_there.mono == scene.at.mono
                && stand.span().lasted() >= scene.flicker
                && !self.remembered.iter().any(|spot| {
                    spot.is_seen(scene) && spot.number == stand.number
                        || spot.box_in_frame.iou(&stand.place.box_in_frame) >= SAME_PLACE
                });
            let Some(track) = scene.track(stand.number).filter(|_| is_new) else { continue };
            if self.remembered.len() == MOST_SPOTS
                && let Some(oldest) = (0..MOST_SPOTS).min_by_key(|i| self.remembered[*i].last_there.mono)
            {
                self.remembered.swap_remove(oldest);
            }
            self.remembered.push(RememberedObject {
                number: stand.number,
                class: track.class,
                score: track.score,
                box_in_frame: stand.place.box_in_frame,
                since: stand.place.since,
                last_there: scene.at,
                // The first looks may miss it; what comes later came.
                was_there_before: stand.place.since.since(began) <= scene.flicker,
                missing_for: Duration::ZERO,
                is_covered: false,
                has_moved: false,
                sights: 1,
                looks: 1,
                unseen: 0,
            });
        }
    }
}
