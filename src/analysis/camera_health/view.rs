//! The view that a camera has when all is well: where its edges run and how much detail lies where.
//!
//! Edges are kept as directions without sign (twice the angle, as in the structure tensor: Bigün and Granlund
//! 1987), weighed by how clear they are against the picture's other edges. Brightness, contrast, a lamp that
//! turns dark things bright, colour and infrared change signs and strengths; where an edge runs they leave
//! alone. What moves has no steady direction and averages itself out.
//!
//! Learnt slowly; what is learnt is only ever read and fed by [`super::CameraHealth`], which must not feed
//! it pictures that look wrong.

use std::time::Duration;

use super::image_stats::{CELLS, COLUMNS, ImageStats, PATCH_COLUMNS, PATCHES, ROWS};

/// How long the view takes to follow: ten minutes. Dusk takes half an hour, a bus twenty seconds.
const LEARN: f32 = 600.0;
/// Time constant of the present, against which the view is held: what passes is averaged out.
const PRESENT: f32 = 1.5;
/// Darkest grey levels are noise: added before the logarithm, so that they weigh little.
const DARK_NOISE: f32 = 16.0;
/// Minimum step between neighbouring cells that counts as an edge, as logarithm: 3 % of brightness.
const EDGE: f32 = 0.03;
/// The same in parts of the picture's typical step (root mean square).
const EDGE_OF_TYPICAL: f32 = 0.5;
/// A direction as steady as this (1: the same in every picture) belongs to the scene.
const STEADY: f32 = 0.25;
/// Minimum steady cells for a view that can be recognised: 2 % of the picture.
const LEAST_STEADY: usize = 46;
/// Detail of a patch that can be missed when it goes: grey levels beyond that of the picture's flattest
/// patches. An even wall has 0, a face or a kerb 4 and more.
const MISSED: f32 = 1.5;
/// A patch with less than this part of its usual detail has lost it.
const LOST: f32 = 0.35;
/// A patch with more than so many times its usual detail and [`MISSED`] has gained some.
const GAINED: f32 = 2.0;
/// A patch whose luma changes by more than this part, and by so many levels, is lit anew ...
const STEP: f32 = 0.05;
const LEAST_STEP: f32 = 3.0;
/// ... and the whole picture is where so many patches are, all in one direction.
const STEPPED: f32 = 0.85;
/// Patches with less contrast between their cells, in grey levels, do not say how much of it is left.
const LEAST_CONTRAST: f32 = 6.0;
/// Fit of the edges below which less contrast excuses nothing: what hides a scene takes its edges, haze leaves them.
const SOFT_FIT: f32 = 0.4;
/// Blur takes less of the contrast between coarse cells than this leaves (a guess).
const LESS_CONTRAST: f32 = 0.6;
/// Patches darker or brighter than this say nothing about being covered: a lamp went out, or blinds.
const TOO_DARK: f32 = 30.0;
const TOO_BRIGHT: f32 = 245.0;

/// An edge in one cell: (cos 2a, sin 2a) times its clearness 0..1.
pub(super) type Edge = [f32; 2];

/// Edges and detail of one picture, or of the last two seconds.
#[derive(Debug, Clone)]
pub(super) struct Present {
    edges: Vec<Edge>,
    /// The detail beyond that of the flattest patches.
    detail: Vec<f32>,
    /// Detail of the flattest patches: noise.
    floor: f32,
    luma: Vec<f32>,
    /// Between the coarse cells of each patch.
    contrast: Vec<f32>,
    /// The edges of the latest picture, before averaging.
    fresh: Vec<Edge>,
    logs: Vec<f32>,
    is_empty: bool,
}

/// What was learnt.
#[derive(Debug, Clone)]
pub(super) struct View {
    edges: Vec<Edge>,
    detail: Vec<f32>,
    floor: f32,
    luma: Vec<f32>,
    contrast: Vec<f32>,
    learnt: Duration,
}

/// How the present compares with the view. Fits are 1 for the same scene, about 0 for another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Comparison {
    /// Fit of the steady edges; `None` where the view has too few of them.
    pub fit: Option<f32>,
    /// Fit of those in patches that lost their detail.
    pub fit_lost: Option<f32>,
    /// Fit of the others.
    pub fit_rest: Option<f32>,
    /// Fit of the part of the picture that fits best, of eight; 0 where none has edges.
    pub best_part: f32,
    /// Part of the patches with detail that lost it (dark and blinding ones do not count as lost).
    pub lost: f32,
    /// Patches that have far more detail than usual, in parts of all.
    pub gained: f32,
    /// Usual part of its detail that a patch still has (median), capped at 2.
    pub sharpness: f32,
    /// Patches with detail that the view knows, in parts of all.
    pub known: f32,
}

impl Present {
    pub(super) fn new() -> Self {
        Present {
            edges: vec![[0.0; 2]; CELLS],
            detail: vec![0.0; PATCHES],
            floor: 0.0,
            luma: vec![0.0; PATCHES],
            contrast: vec![0.0; PATCHES],
            fresh: vec![[0.0; 2]; CELLS],
            logs: vec![0.0; CELLS],
            is_empty: true,
        }
    }

    /// Takes in a picture that came `dt` after the last one; after a gap the present begins anew.
    pub(super) fn look(&mut self, stats: &ImageStats, dt: Duration) {
        for (log, luma) in self.logs.iter_mut().zip(&stats.luma) {
            *log = (f32::from(*luma) + DARK_NOISE).ln();
        }
        let steps = |at: usize| {
            (self.logs[at + 1] - self.logs[at - 1], self.logs[at + COLUMNS] - self.logs[at - COLUMNS])
        };
        let inner =
            || (1..ROWS - 1).flat_map(|row| (1..COLUMNS - 1).map(move |column| row * COLUMNS + column));
        let mut energy = 0.0;
        for at in inner() {
            let (x, y) = steps(at);
            energy += x * x + y * y;
        }
        let typical = energy / ((ROWS - 2) * (COLUMNS - 2)) as f32;
        let floor = (EDGE * EDGE).max(EDGE_OF_TYPICAL * EDGE_OF_TYPICAL * typical);
        for at in inner() {
            let (x, y) = steps(at);
            let clear = 1.0 / (x * x + y * y + floor);
            self.fresh[at] = [(x * x - y * y) * clear, 2.0 * x * y * clear];
        }
        let gain = if self.is_empty { 1.0 } else { part(dt, PRESENT) };
        self.is_empty = false;
        for (kept, new) in self.edges.iter_mut().zip(&self.fresh) {
            kept[0] += gain * (new[0] - kept[0]);
            kept[1] += gain * (new[1] - kept[1]);
        }
        let flattest = flattest(stats);
        self.floor += gain * (flattest - self.floor);
        for patch in 0..PATCHES {
            let detail = (f32::from(stats.detail[patch]) / 16.0 - flattest).max(0.0);
            self.detail[patch] += gain * (detail - self.detail[patch]);
            self.luma[patch] += gain * (stats.patch_luma(patch) - self.luma[patch]);
            self.contrast[patch] += gain * (stats.patch_contrast(patch) - self.contrast[patch]);
        }
    }

    pub(super) fn forget(&mut self) {
        self.is_empty = true;
    }

    /// Whether nearly the whole picture is brighter, or nearly the whole darker, than it was until now. What comes
    /// before the lens darkens some of it and brightens other parts.
    pub(crate) fn is_lit_anew_by(&self, stats: &ImageStats) -> bool {
        if self.is_empty {
            return false;
        }
        let (mut brighter, mut darker) = (0usize, 0usize);
        for (patch, was) in self.luma.iter().enumerate() {
            let is = stats.patch_luma(patch);
            let step = (STEP * was).max(LEAST_STEP);
            brighter += usize::from(is - was > step || (is > TOO_BRIGHT && *was > TOO_BRIGHT));
            darker += usize::from(was - is > step || (is < TOO_DARK && *was < TOO_DARK));
        }
        brighter.max(darker) as f32 >= STEPPED * PATCHES as f32
    }

    /// Mean luma.
    pub(super) fn luma(&self) -> f32 {
        self.luma.iter().sum::<f32>() / PATCHES as f32
    }

    /// Part of all patches that have detail at all.
    pub(crate) fn detailed(&self) -> f32 {
        self.detail.iter().filter(|detail| **detail >= MISSED).count() as f32 / PATCHES as f32
    }
}

/// Detail of the flattest tenth of the patches: what noise alone makes.
fn flattest(stats: &ImageStats) -> f32 {
    let mut all = stats.detail;
    let (_, tenth, _) = all.select_nth_unstable(PATCHES / 10);
    f32::from(*tenth) / 16.0
}

fn part(dt: Duration, constant: f32) -> f32 {
    1.0 - (-dt.as_secs_f32() / constant).exp()
}

impl View {
    pub(super) fn new() -> Self {
        View {
            edges: vec![[0.0; 2]; CELLS],
            detail: vec![0.0; PATCHES],
            floor: 0.0,
            luma: vec![0.0; PATCHES],
            contrast: vec![0.0; PATCHES],
            learnt: Duration::ZERO,
        }
    }

    /// How long it was learnt.
    pub(super) fn learnt(&self) -> Duration {
        self.learnt
    }

    /// Learns from a picture that looks well: the mean of what was seen at first, a running one later; a
    /// running one at once from a `doubtful` picture.
    pub(super) fn learn(&mut self, present: &Present, dt: Duration, doubtful: bool) {
        let mut gain = part(dt, LEARN);
        if !doubtful {
            let so_far = self.learnt.as_secs_f32();
            gain = gain.max(dt.as_secs_f32() / (so_far + dt.as_secs_f32()).max(0.01));
            self.learnt = self.learnt.saturating_add(dt);
        }
        for (kept, new) in self.edges.iter_mut().zip(&present.fresh) {
            kept[0] += gain * (new[0] - kept[0]);
            kept[1] += gain * (new[1] - kept[1]);
        }
        for (kept, new) in self.detail.iter_mut().zip(&present.detail) {
            *kept += gain * (new - *kept);
        }
        self.floor += gain * (present.floor - self.floor);
        for (kept, new) in self.luma.iter_mut().zip(&present.luma) {
            *kept += gain * (new - *kept);
        }
        for (kept, new) in self.contrast.iter_mut().zip(&present.contrast) {
            *kept += gain * (new - *kept);
        }
    }

    /// Takes over how much detail lies where in a new light; the edges stay what they were.
    pub(crate) fn take_detail_of(&mut self, present: &Present) {
        self.detail.copy_from_slice(&present.detail);
        self.luma.copy_from_slice(&present.luma);
        self.contrast.copy_from_slice(&present.contrast);
        self.floor = present.floor;
    }

    /// Which part of its usual contrast the picture has as a whole (median): less in haze or after a step of the
    /// camera's settings. 1 where it is not clearly less, as it is not in a blurred picture, nor in one of which less
    /// than half is hidden.
    fn contrast_left(&self, present: &Present) -> f32 {
        let mut parts = [0.0f32; PATCHES];
        let mut count = 0;
        for (usual, now) in self.contrast.iter().zip(&present.contrast) {
            if *usual >= LEAST_CONTRAST {
                parts[count] = now / usual;
                count += 1;
            }
        }
        if count < LEAST_STEADY {
            return 1.0;
        }
        let left = *parts[..count].select_nth_unstable_by(count / 2, f32::total_cmp).1;
        if left < LESS_CONTRAST { left } else { 1.0 }
    }

    /// Cell, squared length and agreement of each edge that belongs to the scene.
    fn steady_edges<'a>(&'a self, present: &'a Present) -> impl Iterator<Item = (usize, f32, f32)> + 'a {
        self.edges.iter().zip(&present.edges).enumerate().filter_map(|(at, (view, now))| {
            let strength = view[0] * view[0] + view[1] * view[1];
            (strength >= STEADY * STEADY).then(|| (at, strength, view[0] * now[0] + view[1] * now[1]))
        })
    }

    fn fit(&self, present: &Present) -> Option<f32> {
        let mut all = Tally::default();
        self.steady_edges(present).for_each(|(_, strength, agree)| all.add(strength, agree));
        all.fit(LEAST_STEADY)
    }

    pub(super) fn compare(&self, present: &Present) -> Comparison {
        let mut is_lost = [false; PATCHES];
        let (mut known, mut lost, mut gained) = (0usize, 0usize, 0usize);
        // An even thing in the picture makes its flattest patches flatter, which is no gain of the others.
        let fallen = (self.floor - present.floor).max(0.0);
        let mut ratios = [0.0f32; PATCHES];
        let fit = self.fit(present);
        // Edges that are gone were hidden, not made softer.
        let contrast = if fit.is_none_or(|fit| fit >= SOFT_FIT) { self.contrast_left(present) } else { 1.0 };
        for (patch, lost_here) in is_lost.iter_mut().enumerate() {
            let (usual, now) = (self.detail[patch], present.detail[patch]);
            if now - fallen > GAINED * usual + MISSED {
                gained += 1;
            }
            if usual < MISSED {
                continue;
            }
            // Less light or contrast makes less of the same detail; that much is excused.
            let light = (present.luma[patch] / self.luma[patch].max(1.0)).min(contrast).clamp(0.1, 1.0);
            let ratio = now / (usual * light);
            ratios[known] = ratio.min(2.0);
            known += 1;
            if ratio < LOST && (TOO_DARK..TOO_BRIGHT).contains(&present.luma[patch]) {
                *lost_here = true;
                lost += 1;
            }
        }
        let sharpness = match known {
            0 => 1.0,
            known => *ratios[..known].select_nth_unstable_by(known / 2, f32::total_cmp).1,
        };
        let (mut in_lost, mut in_rest) = (Tally::default(), Tally::default());
        let mut parts: [Tally; 8] = Default::default();
        for (at, strength, agree) in self.steady_edges(present) {
            parts[at % COLUMNS * 4 / COLUMNS + at / COLUMNS * 2 / ROWS * 4].add(strength, agree);
            let patch = at / COLUMNS / 2 * PATCH_COLUMNS + at % COLUMNS / 2;
            if is_lost[patch] { in_lost.add(strength, agree) } else { in_rest.add(strength, agree) }
        }
        Comparison {
            fit,
            fit_lost: in_lost.fit(LEAST_STEADY / 4),
            best_part: parts.iter().filter_map(|part| part.fit(LEAST_STEADY / 2)).fold(0.0, f32::max),
            fit_rest: in_rest.fit(LEAST_STEADY / 4),
            lost: lost as f32 / known.max(1) as f32,
            gained: gained as f32 / PATCHES as f32,
            sharpness,
            known: known as f32 / PATCHES as f32,
        }
    }

    /// The best fit of the present with the view turned and shifted, and how it is turned and shifted. Costs a
    /// millisecond: for pictures that fit badly.
    pub(crate) fn align(&self, present: &Present) -> Option<Aligned> {
        let mut strong: Vec<(f32, usize)> = self
            .edges
            .iter()
            .enumerate()
            .map(|(at, edge)| (edge[0] * edge[0] + edge[1] * edge[1], at))
            .filter(|(strength, _)| *strength >= STEADY * STEADY)
            .collect();
        if strong.len() < LEAST_STEADY {
            return None;
        }
        if strong.len() > TRIED {
            strong.select_nth_unstable_by(TRIED, |a, b| b.0.total_cmp(&a.0));
            strong.truncate(TRIED);
        }
        let try_one = |degrees, right, down| self.fit_turned(present, &strong, degrees, right, down);
        let unmoved = try_one(0.0, 0.0, 0.0)?;
        let mut best = Aligned { fit: unmoved, unmoved, degrees: 0.0, right: 0.0, down: 0.0 };
        let mut consider = |degrees: f32, right: f32, down: f32| {
            if let Some(fit) = try_one(degrees, right, down)
                && fit > best.fit
            {
                best = Aligned { fit, unmoved, degrees, right, down };
            }
            best
        };
        for turn in -3i8..=3 {
            for right in (-FURTHEST_RIGHT..=FURTHEST_RIGHT).step_by(3) {
                for down in (-FURTHEST_DOWN..=FURTHEST_DOWN).step_by(3) {
                    consider(f32::from(turn) * 5.0, f32::from(right), f32::from(down));
                }
            }
        }
        let coarse = consider(0.0, 0.0, 0.0);
        for turn in -1i8..=1 {
            for right in -1i8..=1 {
                for down in -1i8..=1 {
                    let degrees = coarse.degrees + f32::from(turn) * 2.5;
                    consider(degrees, coarse.right + f32::from(right), coarse.down + f32::from(down));
                }
            }
        }
        Some(consider(0.0, 0.0, 0.0))
    }

    /// How the strong edges fit the present, turned and shifted; `None` where too few of them still lie in the picture.
    fn fit_turned(
        &self,
        present: &Present,
        strong: &[(f32, usize)],
        degrees: f32,
        right: f32,
        down: f32,
    ) -> Option<f32> {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (sin2, cos2) = (2.0 * degrees.to_radians()).sin_cos();
        let (mut whole, mut seen, mut tally) = (0.0, 0.0, Tally::default());
        for (strength, at) in strong {
            whole += strength;
            let x = (at % COLUMNS) as f32 + 0.5 - COLUMNS as f32 / 2.0;
            let y = (at / COLUMNS) as f32 + 0.5 - ROWS as f32 / 2.0;
            let nx = cos * x - sin * y + COLUMNS as f32 / 2.0 + right;
            let ny = sin * x + cos * y + ROWS as f32 / 2.0 + down;
            if nx < 1.0 || ny < 1.0 || nx >= (COLUMNS - 1) as f32 || ny >= (ROWS - 1) as f32 {
                continue;
            }
            let now = present.edges[ny as usize * COLUMNS + nx as usize];
            let edge = self.edges[*at];
            let turned = [cos2 * edge[0] - sin2 * edge[1], sin2 * edge[0] + cos2 * edge[1]];
            seen += strength;
            tally.add(*strength, turned[0] * now[0] + turned[1] * now[1]);
        }
        if seen < LEAST_SEEN * whole { None } else { tally.fit(LEAST_STEADY / 2) }
    }
}

/// Edges that are tried when the view is looked for elsewhere: enough to be sure, few enough to be quick.
const TRIED: usize = 250;
/// Minimum part of the view's edges that must still lie in the picture; a larger turn does not fit.
const LEAST_SEEN: f32 = 0.4;
/// How far the view is looked for, in cells: 28 % of the width, a third of the height.
const FURTHEST_RIGHT: i8 = 18;
const FURTHEST_DOWN: i8 = 12;

/// The view found again, turned clockwise about the middle and shifted, in cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Aligned {
    pub fit: f32,
    /// Fit of the same edges where they were.
    pub unmoved: f32,
    pub degrees: f32,
    pub right: f32,
    pub down: f32,
}

impl Aligned {
    /// How far it moved, in cells, at a quarter of the width from the middle.
    pub(super) fn moved(&self) -> f32 {
        self.right.hypot(self.down) + self.degrees.to_radians().abs() * (COLUMNS / 4) as f32
    }
}

#[derive(Debug, Default)]
struct Tally {
    cells: usize,
    usual: f32,
    agreed: f32,
}

impl Tally {
    /// `strength` is the squared length of the view's edge, `agree` its product with the present's.
    fn add(&mut self, strength: f32, agree: f32) {
        self.cells += 1;
        // The view's own length counts twice: an edge that is half as steady weighs a quarter.
        self.usual += strength;
        self.agreed += agree;
    }

    fn fit(&self, least: usize) -> Option<f32> {
        (self.cells >= least && self.usual > 0.0).then(|| (self.agreed / self.usual).clamp(-1.0, 1.0))
    }
}
