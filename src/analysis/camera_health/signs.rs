//! The sign of each condition in one picture, and the thresholds that decide it.
//!
//! Pure comparison of measured values with thresholds; remembers nothing. Which pictures a number was measured
//! on is said in `tests/camera_health/README.md`.

use super::image_stats::{COLUMNS, ImageStats, ROWS};
use super::stillness::Still;
use super::view::{Aligned, Comparison, Present, View};
use super::{RAISE, RAISE_OBSTACLE};
use crate::types::camera_condition::CameraCondition;

/// What one look says about one condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sign {
    There {
        raise_after: f32,
    },
    /// It seems to be there, but the whole picture has just changed, which may be a new light: counts, raises nothing yet.
    Settling {
        raise_after: f32,
    },
    /// It is not there.
    Gone,
    /// Between both, or cannot be known now: an open condition stays, none begins.
    Unsure,
}

/// A value as a strength: 0.5 at its limit, 1 at twice that.
pub(super) fn half_at(value: f32, limit: f32) -> f32 {
    (0.5 * value / limit).clamp(0.0, 1.0)
}

/// Cells darker than this, of 255, are unlit: noise on black stays below 12, faces in lamp light are above.
const UNLIT: u8 = 26;
/// A picture in whose middle rows fewer cells than this are lit is dark.
const DARK_ABOVE: f32 = 0.99;
/// The condition ends when this part is lit again.
const DARK_BELOW: f32 = 0.98;
/// Of the whole picture, clocks and names that the camera draws included.
const DARK_ABOVE_WITH_OVERLAY: f32 = 0.94;
/// Cells brighter than this are white.
const WHITE: u8 = 243;
/// A picture with more white cells than this, in parts of all, is over-exposed.
const WHITE_ABOVE: f32 = 0.6;
/// The condition ends below this.
const WHITE_BELOW: f32 = 0.45;
/// Coarse rows at the top and the bottom where cameras draw.
const OVERLAY_ROWS: usize = ROWS / 6;

/// What the statistics of one picture say without a learnt view.
pub(super) struct Readings {
    unlit: f32,
    unlit_with_overlay: f32,
    white: f32,
    still: Still,
}

impl Readings {
    pub(super) fn of(stats: &ImageStats, still: Still) -> Self {
        let middle = &stats.luma[OVERLAY_ROWS * COLUMNS..(ROWS - OVERLAY_ROWS) * COLUMNS];
        let part = |cells: &[u8], test: fn(u8) -> bool| {
            cells.iter().filter(|luma| test(**luma)).count() as f32 / cells.len() as f32
        };
        Readings {
            unlit: part(middle, |luma| luma < UNLIT),
            unlit_with_overlay: part(&stats.luma, |luma| luma < UNLIT),
            white: part(&stats.luma, |luma| luma > WHITE),
            still,
        }
    }

    pub(super) fn light(&self, signs: &mut [Sign; 8]) {
        signs[CameraCondition::Dark as usize] =
            if self.unlit >= DARK_ABOVE && self.unlit_with_overlay >= DARK_ABOVE_WITH_OVERLAY {
                Sign::There { raise_after: RAISE }
            } else if self.unlit < DARK_BELOW {
                Sign::Gone
            } else {
                Sign::Unsure
            };
        signs[CameraCondition::OverExposed as usize] = if self.white >= WHITE_ABOVE {
            Sign::There { raise_after: RAISE }
        } else if self.white < WHITE_BELOW {
            Sign::Gone
        } else {
            Sign::Unsure
        };
    }

    /// The time of stillness is asked for by itself, so a sign is enough.
    pub(crate) fn stillness(&self, signs: &mut [Sign; 8], no_light: bool) {
        signs[CameraCondition::Frozen as usize] = if self.still.run >= self.still.limit && !no_light {
            Sign::There { raise_after: 0.0 }
        } else if self.still.run.is_zero() {
            Sign::Gone
        } else {
            Sign::Unsure
        };
    }

    /// Value, threshold and strength.
    pub(super) fn measured(&self, condition: CameraCondition) -> (f64, f64, f32) {
        match condition {
            CameraCondition::Dark => {
                (f64::from(self.unlit), f64::from(DARK_ABOVE), (self.unlit - DARK_BELOW) / (1.0 - DARK_BELOW))
            }
            CameraCondition::OverExposed => {
                (f64::from(self.white), f64::from(WHITE_ABOVE), half_at(self.white, WHITE_ABOVE))
            }
            CameraCondition::Frozen
            | CameraCondition::NoVideo
            | CameraCondition::Covered
            | CameraCondition::Moved
            | CameraCondition::Blurred
            | CameraCondition::Sprayed => {
                let (run, limit) = (self.still.run, self.still.limit);
                (run.as_secs_f64(), limit.as_secs_f64(), half_at(run.as_secs_f32(), limit.as_secs_f32()))
            }
        }
    }
}

/// Patches with detail that a view must have for its loss to mean anything, in parts of all.
const LEAST_KNOWN: f32 = 0.06;
/// A picture with fewer patches with detail than this is even: cloth, a hand, a bag.
const EVEN_BELOW: f32 = 0.01;
/// A picture whose mean luma is lower may be even because of the dusk; without a view nobody knows.
const DIM: f32 = 60.0;
/// Detail lost in so many patches (parts of those that had it): covered.
const COVERED_ABOVE: f32 = 0.85;
/// The condition ends when fewer have lost it.
const COVERED_BELOW: f32 = 0.67;
/// Detail lost in so many patches: a part is hidden.
const SPRAYED_ABOVE: f32 = 0.3;
/// The condition ends when fewer have lost it.
const SPRAYED_BELOW: f32 = 0.2;
/// Something on the lens is too near to have edges of its own: most patches that gained detail, in parts of
/// all. Measured: paint 0 to 0.03, a bus 0.05 to 0.15.
const SPRAY_GAINS: f32 = 0.05;
/// Fit of the hidden part below which its edges are gone, not just soft.
const GONE_FIT: f32 = 0.4;
/// Fit of the rest above which it is the same view, undisturbed. Measured: paint 0.57 and more, a bus 0.53 and less.
const SAME_FIT: f32 = 0.55;
/// Fit of the rest above which it is the same view, with something in it.
const REST_FIT: f32 = 0.35;
/// With so many patches gone there is too little rest to ask.
const MOSTLY_HIDDEN: f32 = 0.65;
/// A camera that was turned fits nowhere; where an eighth of the picture fits so well, something stands before
/// the rest.
const PART_FIT: f32 = 0.6;
/// Fit below which a picture shows another view.
const OTHER_FIT: f32 = 0.25;
/// Fit above which it shows its own again.
const OWN_FIT: f32 = 0.5;
/// A picture that fits less than this is looked for elsewhere.
const DOUBTFUL_FIT: f32 = 0.65;
/// The view was found elsewhere if it fits there so well, and by so much better than where it was.
const ALIGNED_FIT: f32 = 0.4;
const ALIGNED_GAIN: f32 = 0.22;
/// Minimum move in cells: a mast in the wind moves by one.
const LEAST_MOVE: f32 = 3.0;
/// Median part of usual detail below which a picture is blurred, and above which it is not.
pub(super) const BLURRED_BELOW: f32 = 0.45;
const BLURRED_ABOVE: f32 = 0.6;
/// Encoders that save bits blur, too: one clip has from a third to twice its usual detail within each ten
/// seconds. A camera is blurred below this part of what is usual for its softest pictures.
pub(super) const BLURRED_OF_SOFTEST: f32 = 0.6;
/// Fit of the edges that blur leaves.
const BLURRED_FIT: f32 = 0.4;
/// In another light so much of the view must still fit.
const OTHER_LIGHT_FIT: f32 = 0.12;

/// How the present compares with the view.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub comparison: Comparison,
    aligned: Option<Aligned>,
    detailed: f32,
    pub blurred_below: f32,
    is_dim: bool,
    has_view: bool,
}

impl Seen {
    pub(super) fn against(view: &View, present: &Present) -> Self {
        let comparison = view.compare(present);
        let is_doubtful =
            comparison.fit.is_some_and(|fit| fit < DOUBTFUL_FIT) && comparison.lost < COVERED_ABOVE;
        Seen {
            comparison,
            aligned: if is_doubtful { view.align(present) } else { None },
            detailed: present.detailed(),
            blurred_below: BLURRED_BELOW,
            is_dim: present.luma() < DIM,
            has_view: true,
        }
    }

    pub(crate) fn without_view(present: &Present) -> Self {
        let comparison = Comparison {
            fit: None,
            fit_lost: None,
            fit_rest: None,
            best_part: 0.0,
            lost: 0.0,
            gained: 0.0,
            sharpness: 1.0,
            known: 0.0,
        };
        Seen {
            comparison,
            aligned: None,
            detailed: present.detailed(),
            blurred_below: BLURRED_BELOW,
            is_dim: present.luma() < DIM,
            has_view: false,
        }
    }

    /// Whether nothing can be seen.
    pub(crate) fn is_covered(&self) -> bool {
        self.detailed < EVEN_BELOW
    }

    /// Whether edges are where they were: the same scene, in whatever light.
    pub(crate) fn is_same_scene(&self) -> bool {
        !self.is_covered() && !self.is_elsewhere() && self.comparison.fit.is_none_or(|fit| fit >= REST_FIT)
    }

    /// Whether the picture may be reported as hidden, turned or covered.
    pub(crate) fn is_wrong(&self) -> bool {
        self.comparison.lost >= SPRAYED_ABOVE || !self.may_be_learnt() || self.is_elsewhere()
    }

    /// Whether nothing hides any of it, as far as this view knows.
    pub(crate) fn is_clear(&self) -> bool {
        self.comparison.fit.is_some_and(|fit| fit >= OWN_FIT) && self.comparison.lost < SPRAYED_BELOW
    }

    pub(super) fn signs(&self, signs: &mut [Sign; 8], was_covered: bool) {
        let there = Sign::There { raise_after: RAISE };
        let Comparison { fit, fit_lost, fit_rest, best_part, lost, gained, sharpness, known } =
            self.comparison;
        let knows_detail = known >= LEAST_KNOWN;
        let is_even = self.detailed < EVEN_BELOW && if self.has_view { knows_detail } else { !self.is_dim };
        let edges_gone = fit_lost.or(fit).is_none_or(|fit| fit < GONE_FIT);
        let is_covered = (is_even || (knows_detail && lost >= COVERED_ABOVE)) && edges_gone;
        signs[CameraCondition::Covered as usize] = if is_covered {
            there
        } else if !is_even && (!knows_detail || lost < COVERED_BELOW) {
            Sign::Gone
        } else {
            Sign::Unsure
        };
        if is_covered || !self.has_view {
            let rest = if is_covered || was_covered { Sign::Unsure } else { Sign::Gone };
            for condition in [CameraCondition::Moved, CameraCondition::Blurred, CameraCondition::Sprayed] {
                signs[condition as usize] = rest;
            }
            return;
        }
        let mostly = lost >= MOSTLY_HIDDEN;
        let hides = knows_detail
            && lost >= SPRAYED_ABOVE
            && edges_gone
            && (mostly || fit_rest.is_none_or(|fit| fit >= REST_FIT));
        // A thing before the camera brings edges of its own, which spoil the rest.
        let is_on_lens = mostly || (gained <= SPRAY_GAINS && fit_rest.is_none_or(|fit| fit >= SAME_FIT));
        signs[CameraCondition::Sprayed as usize] = if hides {
            Sign::There { raise_after: if is_on_lens { RAISE } else { RAISE_OBSTACLE } }
        } else if !knows_detail || lost < SPRAYED_BELOW {
            Sign::Gone
        } else {
            Sign::Unsure
        };
        let is_elsewhere = self.is_elsewhere();
        let is_other = fit.is_some_and(|fit| fit < OTHER_FIT) && !hides;
        signs[CameraCondition::Moved as usize] = if is_elsewhere || is_other {
            let in_part = best_part >= PART_FIT && !is_elsewhere;
            Sign::There { raise_after: if in_part { RAISE_OBSTACLE } else { RAISE } }
        } else if fit.is_none_or(|fit| fit >= OWN_FIT) {
            Sign::Gone
        } else {
            Sign::Unsure
        };
        let edges_stay = fit.is_some_and(|fit| fit >= BLURRED_FIT) && !edges_gone;
        signs[CameraCondition::Blurred as usize] =
            if knows_detail && sharpness < self.blurred_below && edges_stay {
                there
            } else if !knows_detail || sharpness >= self.blurred_below * (BLURRED_ABOVE / BLURRED_BELOW) {
                Sign::Gone
            } else {
                Sign::Unsure
            };
    }

    /// The view was found, turned or shifted.
    fn is_elsewhere(&self) -> bool {
        self.aligned.is_some_and(|found| {
            found.fit >= ALIGNED_FIT
                && found.fit >= found.unmoved + ALIGNED_GAIN
                && found.moved() >= LEAST_MOVE
        })
    }

    /// Whether the picture is near enough to its view to change it.
    pub(crate) fn may_be_learnt(&self) -> bool {
        self.comparison.fit.is_none_or(|fit| fit >= OTHER_FIT)
    }

    /// Whether it differs so much that it should not change it at once.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.comparison.fit.is_some_and(|fit| fit < DOUBTFUL_FIT) || self.comparison.lost >= SPRAYED_BELOW
    }

    pub(crate) fn may_be_other_light(&self) -> bool {
        self.comparison.fit.is_none_or(|fit| fit >= OTHER_LIGHT_FIT)
            && self.comparison.lost < SPRAYED_ABOVE
            && !self.is_elsewhere()
            && self.detailed >= EVEN_BELOW
    }

    /// Value, threshold and strength.
    pub(super) fn measured(&self, condition: CameraCondition) -> (f64, f64, f32) {
        let Comparison { fit, lost, sharpness, .. } = self.comparison;
        match condition {
            CameraCondition::Covered => {
                let lost = if self.detailed < EVEN_BELOW { lost.max(1.0 - self.detailed) } else { lost };
                (f64::from(lost), f64::from(COVERED_ABOVE), lost)
            }
            CameraCondition::Moved => {
                let fit = fit.unwrap_or(1.0);
                let by_move = self.aligned.filter(|_| self.is_elsewhere()).map_or(0.0, |found| found.fit);
                let threshold = if self.is_elsewhere() { DOUBTFUL_FIT } else { OTHER_FIT };
                (f64::from(fit), f64::from(threshold), (1.0 - fit).max(by_move))
            }
            CameraCondition::Blurred => {
                (f64::from(sharpness), f64::from(self.blurred_below), 1.0 - sharpness.min(1.0))
            }
            CameraCondition::Sprayed
            | CameraCondition::NoVideo
            | CameraCondition::Frozen
            | CameraCondition::Dark
            | CameraCondition::OverExposed => (f64::from(lost), f64::from(SPRAYED_ABOVE), lost),
        }
    }
}
