//! Follows things from frame to frame in one camera's view: detections in, tracks out.
//!
//! ByteTrack (Zhang et al., ECCV 2022): first the detections that are sure are paired with the tracks, then
//! the unsure ones with the tracks that are left, because a box that sinks below the threshold where a
//! track expects one is an occluded thing far more often than a mistake. Unsure boxes never begin a track.
//! Three things differ from the paper, because boxes look 1 to 15 times a second and frames go missing:
//!
//! - all limits are times, none is a number of frames;
//! - before boxes are compared they grow by the doubt of the motion filter (compare C-BIoU, Yang et al.
//!   2023): a walker seen once a second does not overlap with themselves, but stays within the doubt;
//! - classes are paired within groups only. Car, bus and truck are one group, as detectors flip between
//!   them; a track's class is what most of its score spoke for.
//!
//! A thing that stood still and is hidden in part keeps its full box (`Track::full_box`): what is left to see of it is
//! taken for it, and so is what comes out on the other side. Once it has been still for a while it *rests*: then what
//! shows no more than a piece of a vehicle, less surely than the whole, is no other vehicle until it proves to be one
//! (`pieces`).
//!
//! Pure, and indifferent to the order of detections within a frame. Numbers are never used twice in a run.
//! Once its buffers have grown to the busiest frame it allocates nothing.

use std::time::Duration;

use super::assignment::Assignment;
use super::detection::{Class, Detection};
use super::geometry::BBox;
use super::kalman::Expected;
use super::time::Moment;
use pieces::Pieces;
use track::group_of;

mod pieces;
mod track;

pub(crate) use track::is_same_kind;
pub use track::{Track, TrackNumber, TrackState};

/// Scores below this are noise: not even an occluded thing is kept alive by them. ByteTrack's 0.1.
pub(crate) const SCORE_FLOOR: f32 = 0.1;
/// What counts as sure where a camera sets no threshold of its own. ByteTrack takes 0.6 with a large
/// network; nano networks score lower.
pub(crate) const DEFAULT_THRESHOLD: f32 = 0.45;
/// A track is looked for so long after it was last seen. ByteTrack's 30 frames at 30 Hz, made three times
/// longer for detectors that blink.
const LOST_FOR: Duration = Duration::from_secs(3);
/// The same for a thing that stood still, if it was seen for as long: what was covered by a passing bus is
/// still there.
const LOST_WHILE_STILL_FOR: Duration = Duration::from_secs(10);
/// Slower than that is standing still, in own sizes per second: a fifth of a walk, over a detector's jitter.
const STILL_SPEED: f32 = 0.25;
/// What has been still for so long rests: longer than anybody waits to cross a lane.
const RESTS_AFTER: Duration = Duration::from_secs(3);
/// A box within the full box of a resting vehicle that is less sure than this part of the whole is a piece of it; what
/// stands before it and is seen whole scores as the vehicle does.
const PIECE_SCORE: f32 = 0.7;
/// How far from its place a thing that stood still may be found again after a long time, in own sizes:
/// a detector's jitter.
const STILL_DOUBT: f32 = 0.05;
/// A thing seen once must be seen again within this time, or it was a mistake.
const TENTATIVE_FOR: Duration = Duration::from_secs(1);
/// Unsure detections may only continue tracks that were seen this recently.
const UNSURE_CONTINUES_FOR: Duration = Duration::from_secs(2);
/// Whatever the limits above, so many looks may fail before they apply: slow cameras are looked at once in
/// several seconds.
const MISSED_LOOKS: f32 = 2.5;
/// Longer than that is no interval between looks but an absence.
const LONGEST_INTERVAL_SECS: f32 = 60.0;
/// Sights that make a track.
const SIGHTS_TO_CONFIRM: u32 = 2;

/// Pairs need at least this overlap of the grown boxes, per stage. ByteTrack's 0.2 and 0.5; 0.3 for its
/// unconfirmed tracks.
const GATE_SURE: f32 = 0.2;
const GATE_UNSURE: f32 = 0.4;
const GATE_TENTATIVE: f32 = 0.3;
/// Likeness of what is left to see of a hidden thing, whatever its overlap: enough for each stage, less than that of a
/// box that fits.
const HIDDEN_LIKENESS: f32 = 0.45;
/// The same for a vehicle that rests: more than that of a thing that passes by and fits badly.
const PART_OF_RESTING_LIKENESS: f32 = 0.6;
/// A vehicle that rests is not suddenly larger than so many times what it was: that is something that passes before it.
const MOST_GROWTH: f32 = 2.0;
/// Once out of sight it is found again with this overlap with its full box, or as what is left to see of it.
const FOUND_IN_PLACE: f32 = 0.5;
/// The same for what scores as the whole did.
const FOUND_DRIVING_OFF: f32 = 0.3;
/// Two boxes of one group that overlap so much are one thing named twice (`car` and `truck`).
const SAME_THING: f32 = 0.7;

/// Follows the things of one camera.
#[derive(Debug, Clone)]
pub struct Tracker {
    thresholds: Vec<(Class, f32)>,
    /// Seconds between looks as configured.
    wanted_interval: f32,
    /// Seconds between the latest looks, as they really came: an overloaded box looks less often.
    intervals: [f32; 3],
    next_number: u64,
    latest: Option<Moment>,
    /// In order of number.
    tracks: Vec<Track>,
    pieces: Pieces,
    scratch: Scratch,
}

/// Buffers that keep their room from frame to frame.
#[derive(Debug, Clone, Default)]
struct Scratch {
    /// Sound detections in an order that depends on nothing but themselves, groups together.
    detections: Vec<Detection>,
    detection_is_taken: Vec<bool>,
    /// One entry for each track of before this frame.
    expected: Vec<Expected>,
    track_is_matched: Vec<bool>,
    rows: Vec<usize>,
    columns: Vec<usize>,
    assignment: Assignment,
}

/// Which detections and tracks a stage pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    SureWithConfirmed,
    UnsureWithConfirmed,
    SureWithTentative,
}

impl Tracker {
    /// A tracker for a camera that is looked at `analysis_hz` times a second, with the score from which on a
    /// class counts as sure (`DEFAULT_THRESHOLD` where none is given).
    pub fn new(analysis_hz: f32, thresholds: &[(Class, f32)]) -> Self {
        let mut tracker = Tracker {
            thresholds: Vec::new(),
            wanted_interval: 0.0,
            intervals: [0.0; 3],
            next_number: 1,
            latest: None,
            tracks: Vec::new(),
            pieces: Pieces::default(),
            scratch: Scratch::default(),
        };
        tracker.configure(analysis_hz, thresholds);
        tracker
    }

    /// Takes new settings and keeps the tracks.
    pub(crate) fn configure(&mut self, analysis_hz: f32, thresholds: &[(Class, f32)]) {
        self.thresholds = thresholds.to_vec();
        // A rate that is no rate counts as once a second.
        self.wanted_interval = if analysis_hz > 0.01 { 1.0 / analysis_hz } else { 1.0 };
    }

    /// The shortest time after which something missing is really missing: `MISSED_LOOKS` looks at the
    /// configured rate, or at the rate at which looks really come where that is lower.
    pub fn patience(&self) -> Duration {
        // The middle one: a single long gap is no rhythm.
        let [a, b, c] = self.intervals;
        let usual_interval = a.max(b).min(a.min(b).max(c));
        Duration::from_secs_f32(MISSED_LOOKS * usual_interval.max(self.wanted_interval))
    }

    /// Takes in one frame's detections. Boxes that are not sound and scores that are no number are left out.
    ///
    /// Returns `false`, and changes nothing, for a frame older than the latest one: workers may finish
    /// frames of one camera out of order.
    pub fn update(&mut self, at: Moment, detections: &[Detection]) -> bool {
        if self.latest.is_some_and(|latest| at.mono < latest.mono) {
            return false;
        }
        let look_before = self.latest;
        if let Some(latest) = self.latest {
            self.intervals.rotate_left(1);
            self.intervals[2] = at.since(latest).as_secs_f32().min(LONGEST_INTERVAL_SECS);
        }
        self.latest = Some(at);
        self.forget_what_stayed_away(at, look_before);
        self.take_in(detections);
        self.expect(at);
        let mut from = 0;
        while from < self.scratch.detections.len() {
            let group = group_of(self.scratch.detections[from].class);
            let same = |d: &&Detection| group_of(d.class) == group;
            let to = from + self.scratch.detections[from..].iter().take_while(same).count();
            for stage in [Stage::SureWithConfirmed, Stage::UnsureWithConfirmed, Stage::SureWithTentative] {
                self.pair(at, group, from..to, stage);
            }
            from = to;
        }
        self.mark_the_unseen();
        self.leave_out_fragments(at);
        self.begin_new_tracks(at);
        true
    }

    /// All tracks, in order of number; lost ones are still looked for.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Forgets all tracks, for instance after the camera was away. Numbers go on.
    pub fn forget(&mut self) {
        self.tracks.clear();
        self.pieces.forget();
    }

    /// Whether a detection shows no more than a piece of a vehicle that rests.
    pub(crate) fn is_fragment(&self, detection: &Detection) -> bool {
        self.tracks.iter().any(|track| track.has_piece(detection))
    }

    /// Whether a detection is good enough to begin a track.
    pub fn is_sure(&self, detection: &Detection) -> bool {
        detection.score >= self.threshold(detection.class)
    }

    fn threshold(&self, class: Class) -> f32 {
        let own = self.thresholds.iter().find(|(of, _)| *of == class);
        own.map_or(DEFAULT_THRESHOLD, |(_, threshold)| *threshold)
    }

    fn certainty(&self, detection: &Detection) -> f32 {
        let threshold = self.threshold(detection.class);
        ((detection.score - threshold) / (1.0 - threshold).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0)
    }

    fn forget_what_stayed_away(&mut self, at: Moment, look_before: Option<Moment>) {
        let patience = self.patience();
        self.tracks.retain(|track| {
            // What was there at the last look has not been missed at any yet, however long ago that was.
            if look_before.is_some_and(|before| track.last_seen.mono == before.mono) {
                return at.since(track.last_seen) <= LOST_WHILE_STILL_FOR.max(patience);
            }
            let limit = match track.state {
                TrackState::Tentative => TENTATIVE_FOR,
                TrackState::Confirmed | TrackState::Lost if track.is_still() => {
                    let seen_for = track.last_seen.since(track.first_seen);
                    seen_for.clamp(LOST_FOR, LOST_WHILE_STILL_FOR)
                }
                TrackState::Confirmed | TrackState::Lost => LOST_FOR,
            };
            at.since(track.last_seen) <= limit.max(patience)
        });
    }

    /// Keeps the sound detections, once each, in an order of their own.
    fn take_in(&mut self, detections: &[Detection]) {
        let kept = &mut self.scratch.detections;
        kept.clear();
        kept.extend(detections.iter().filter_map(|d| {
            let (score, box_in_frame) = (d.score.min(1.0), d.box_in_frame.clipped());
            let is_sound = box_in_frame.is_sound() && d.score.is_finite() && score >= SCORE_FLOOR;
            is_sound.then_some(Detection { score, box_in_frame, ..*d })
        }));
        kept.sort_unstable_by(|a, b| {
            let edges = |d: &Detection| {
                let b = d.box_in_frame;
                [b.x0, b.y0, b.x1, b.y1].map(|edge| edge.to_bits())
            };
            (group_of(a.class).cmp(&group_of(b.class)))
                .then(b.score.total_cmp(&a.score))
                .then_with(|| edges(a).cmp(&edges(b)))
                .then(a.class.cmp(&b.class))
        });
        // The surer of two names for one thing comes first and stays.
        let mut count = 0;
        for i in 0..kept.len() {
            let candidate = kept[i];
            let named_before = kept[..count].iter().any(|d| {
                group_of(d.class) == group_of(candidate.class)
                    && d.box_in_frame.iou(&candidate.box_in_frame) > SAME_THING
            });
            if !named_before {
                kept[count] = candidate;
                count += 1;
            }
        }
        kept.truncate(count);
        self.scratch.detection_is_taken.clear();
        self.scratch.detection_is_taken.resize(count, false);
    }

    fn expect(&mut self, at: Moment) {
        let long = LOST_FOR.max(self.patience());
        self.scratch.expected.clear();
        self.scratch.expected.extend(self.tracks.iter().map(|track| {
            let away = at.since(track.last_seen);
            let expected = track.motion.expected_after(away.as_secs_f32());
            // So long only a thing that stood still is looked for, and so at its own place.
            if away > long {
                expected.with_doubt_up_to(STILL_DOUBT * track.box_in_frame.size())
            } else {
                expected
            }
        }));
        self.scratch.track_is_matched.clear();
        self.scratch.track_is_matched.resize(self.tracks.len(), false);
    }

    /// Pairs the detections of one group in `among` that the stage is about with its tracks.
    fn pair(&mut self, at: Moment, group: Class, among: std::ops::Range<usize>, stage: Stage) {
        let mut scratch = std::mem::take(&mut self.scratch);
        let wants_sure = stage != Stage::UnsureWithConfirmed;
        let unsure_limit = UNSURE_CONTINUES_FOR.max(self.patience());
        scratch.columns.clear();
        scratch.columns.extend(among.filter(|&d| {
            !scratch.detection_is_taken[d] && self.is_sure(&scratch.detections[d]) == wants_sure
        }));
        scratch.rows.clear();
        scratch.rows.extend((0..self.tracks.len()).filter(|&t| {
            let track = &self.tracks[t];
            let fits_stage = match stage {
                Stage::SureWithConfirmed => track.state != TrackState::Tentative,
                Stage::SureWithTentative => track.state == TrackState::Tentative,
                Stage::UnsureWithConfirmed => {
                    track.state != TrackState::Tentative && at.since(track.last_seen) <= unsure_limit
                }
            };
            fits_stage && !scratch.track_is_matched[t] && group_of(track.class) == group
        }));
        let gate = match stage {
            Stage::SureWithConfirmed => GATE_SURE,
            Stage::UnsureWithConfirmed => GATE_UNSURE,
            Stage::SureWithTentative => GATE_TENTATIVE,
        };
        scratch.assignment.start(scratch.rows.len(), scratch.columns.len());
        for (row, &t) in scratch.rows.iter().enumerate() {
            for (column, &d) in scratch.columns.iter().enumerate() {
                let detection = &scratch.detections[d];
                let likeness = self.tracks[t].likeness(&scratch.expected[t], detection, wants_sure);
                scratch.assignment.set(row, column, likeness - gate);
            }
        }
        for &(row, column) in scratch.assignment.solve() {
            let (t, d) = (scratch.rows[row], scratch.columns[column]);
            let detection = &scratch.detections[d];
            let certainty = self.certainty(detection);
            let is_covered = self.is_rest_covered(t, &detection.box_in_frame);
            self.tracks[t].continue_with(at, detection, certainty, is_covered);
            scratch.track_is_matched[t] = true;
            scratch.detection_is_taken[d] = true;
        }
        self.scratch = scratch;
    }

    /// Whether other things stand before what a box leaves out of a track's full box.
    fn is_rest_covered(&self, t: usize, seen: &BBox) -> bool {
        let full = &self.tracks[t].full;
        let others = self
            .tracks
            .iter()
            .enumerate()
            .filter(|(other, track)| *other != t && track.state != TrackState::Tentative);
        full.has_piece(seen) && full.is_rest_behind(seen, others.map(|(_, track)| &track.box_in_frame))
    }

    fn mark_the_unseen(&mut self) {
        for (track, matched) in self.tracks.iter_mut().zip(&self.scratch.track_is_matched) {
            if !matched && track.state == TrackState::Confirmed {
                track.state = TrackState::Lost;
            }
        }
    }

    /// What walkers leave to see of a vehicle that rests begins no track beside the vehicle's own; what stands before it
    /// does after a while.
    fn leave_out_fragments(&mut self, at: Moment) {
        let patience = self.patience();
        self.pieces.forget_what_stayed_away(at, patience);
        for d in 0..self.scratch.detections.len() {
            let detection = self.scratch.detections[d];
            let mut wholes = self.tracks.iter().filter(|track| track.has_piece(&detection)).peekable();
            if self.scratch.detection_is_taken[d] || wholes.peek().is_none() {
                continue;
            }
            let is_before_all = wholes.all(|whole| whole.stands_behind(&detection.box_in_frame));
            let is_own =
                is_before_all && self.is_sure(&detection) && self.pieces.look(at, &detection.box_in_frame);
            self.scratch.detection_is_taken[d] = !is_own;
        }
    }

    fn begin_new_tracks(&mut self, at: Moment) {
        for d in 0..self.scratch.detections.len() {
            let detection = self.scratch.detections[d];
            if self.scratch.detection_is_taken[d] || !self.is_sure(&detection) {
                continue;
            }
            let certainty = self.certainty(&detection);
            self.tracks.push(Track::begin(TrackNumber(self.next_number), at, &detection, certainty));
            self.next_number += 1;
        }
    }
}

/// Overlap of what is expected with what was seen, both grown by the doubt, 0..1.
fn likeness(expected: &Expected, seen: &BBox) -> f32 {
    let (dx, dy) = (expected.doubt_x, expected.doubt_y);
    expected.box_in_frame.grown(dx, dy).iou(&seen.grown(dx, dy))
}

#[cfg(test)]
mod tests;
