//! The empty view: a camera's picture when nobody is there, learnt slowly and coarsely, and where a picture differs from it.
//!
//! Evidence is made unrecognisable wherever it differs from this view: that needs no model that finds people. So the view
//! must never hold somebody. Three rules see to it: where something other than a vehicle was found nothing is learnt; where
//! something changed nothing is learnt around it either; and a cell is known only once it was seen unchanged for
//! `KNOWN_AFTER`, where a moment of something else undoes four, and one beside it two. Somebody whom no model finds and
//! who keeps so still that the cells at their outline change less than a fifth of the time is taken for a part of the view:
//! ten minutes after the box began to look if they were there before it, half an hour after they came to a place that had
//! been known for as long.
//!
//! The cost: until the view is known (the first ten minutes, and again after a change of the whole light) evidence is
//! coarse everywhere; where something moves for more than a fifth of the time it stays so. 350 KB a camera.

use std::time::Duration;

use super::geometry::BBox;

/// Columns of the coarse picture: a head of a sixteenth of the picture's width covers ten.
pub const COLUMNS: usize = 160;
/// Rows of the coarse picture.
pub const ROWS: usize = 90;
/// Cells of the coarse picture.
pub const CELLS: usize = COLUMNS * ROWS;

/// How long a cell must have been seen unchanged until it counts as known (a guess: people who wait or sit move within
/// minutes).
pub(crate) const KNOWN_AFTER: Duration = Duration::from_secs(600);

/// Support is counted in tenths of a second.
const KNOWN: u16 = 10 * KNOWN_AFTER.as_secs() as u16;
/// What was known for long is given up only after twenty minutes of something else.
const MOST_SUPPORT: u16 = 3 * KNOWN;
/// How many times faster than it is gained support is lost before a cell is known, where something else is seen in it,
const DOUBT: u16 = 4;
/// and beside it.
const DOUBT_BESIDE: u16 = 2;
/// A look after a pause proves no more than this, tenths of a second.
const LONGEST_STEP: u16 = 50;
/// Time constant with which the view of a cell follows what agrees with it, seconds: daylight changes within minutes.
const FOLLOW: f32 = 60.0;
/// The picture as a whole must have differed for so long, tenths of a second, before everything is learnt anew.
const ANEW_AFTER: u16 = 300;

/// Differences below this are none, grey levels: cells are rounded to whole ones, and coding moves them by one.
const LEAST_LUMA: f32 = 3.0;
const LEAST_CHROMA: f32 = 2.5;
/// So much of the luma is none either: exposure does not change all surfaces alike (measured on `people-one-by-one`, whose
/// camera sets its exposure and white balance anew with everybody who comes).
const RELATIVE: f32 = 0.05;
/// Chroma may have moved as a whole by this much, levels: white balance.
const MOST_SHIFT: f32 = 8.0;
/// Minimum number of nine cells that must differ before their surroundings count as changed, too: fewer are noise.
const SOLID: usize = 3;
/// A difference of so many mean deviations is one (about three standard deviations).
const DEVIATIONS: f32 = 4.0;
/// Deviations are believed up to this, grey levels: what changes more is never known.
const MOST_DEVIATION: f32 = 3.5;
/// Deviation of a cell before anything is known of it, grey levels.
const FIRST_DEVIATION: f32 = 1.0;

/// Changed cells cover their neighbours up to this distance: hair and hands blur into what is behind them.
const REACH: usize = 2;
/// What lies between covered cells no further apart than twice this is covered too: dark hair before something dark shows
/// no difference of its own, what is around it does (measured on darkened clips).
const BETWEEN: usize = 4;
/// With less of the picture known there is no view; what is not known is covered in any case.
const LEAST_KNOWN: f32 = 0.3;
/// With more of the known picture changed, it is another scene or light.
const MOST_CHANGED: f32 = 0.5;
/// The light may be so many times weaker or stronger than the view's; beyond it noise and clipping differ too much.
const LEAST_GAIN: f32 = 0.7;
const MOST_GAIN: f32 = 1.4;

/// One picture, coarsely: means of cells, row by row from the top left corner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coarse {
    /// Luma, 0 black to 255 white, whatever the stream's range.
    pub luma: Vec<u8>,
    /// The two chroma planes, 128 grey; all 128 where the picture has none.
    pub chroma: [Vec<u8>; 2],
}

impl Coarse {
    /// An even grey picture, as a buffer for the next one.
    pub fn even(luma: u8) -> Self {
        Coarse { luma: vec![luma; CELLS], chroma: [vec![128; CELLS], vec![128; CELLS]] }
    }
}

/// The parts of a picture that may show a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// Anywhere: the view is unknown, or most of the picture differs from it.
    Anywhere,
    /// In these cells: those that are not known, and those that differ from the view, with what lies around them.
    Cells(Vec<bool>),
}

/// The view of one camera.
#[derive(Debug, Clone)]
pub struct EmptyView {
    luma: Vec<f32>,
    chroma: [Vec<f32>; 2],
    luma_deviation: Vec<f32>,
    chroma_deviation: Vec<f32>,
    support: Vec<u16>,
    is_blank: bool,
    odd_for: u16,
    differs: Vec<bool>,
    spread: Vec<bool>,
    solid: Vec<bool>,
    rows: Vec<bool>,
    found: Vec<bool>,
}

impl Default for EmptyView {
    fn default() -> Self {
        EmptyView::new()
    }
}

impl EmptyView {
    /// A view of which nothing is known.
    pub fn new() -> Self {
        EmptyView {
            luma: vec![0.0; CELLS],
            chroma: [vec![128.0; CELLS], vec![128.0; CELLS]],
            luma_deviation: vec![FIRST_DEVIATION; CELLS],
            chroma_deviation: vec![FIRST_DEVIATION; CELLS],
            support: vec![0; CELLS],
            is_blank: true,
            odd_for: 0,
            differs: vec![false; CELLS],
            spread: vec![false; CELLS],
            solid: vec![false; CELLS],
            rows: vec![false; CELLS],
            found: vec![false; CELLS],
        }
    }

    /// Part of the cells that are known, 0 to 1.
    pub fn known(&self) -> f32 {
        self.support.iter().filter(|support| **support >= KNOWN).count() as f32 / CELLS as f32
    }

    /// Forgets everything.
    pub fn forget(&mut self) {
        self.is_blank = true;
    }

    /// Learns from a picture that came `dt` after the last one; `found` are the boxes of what is in it and may be, hold or
    /// hide somebody. Allocates nothing.
    pub fn learn(&mut self, now: &Coarse, dt: Duration, found: impl Iterator<Item = BBox>) {
        if self.is_blank {
            self.begin_with(now);
            return;
        }
        let light = Light { gain: self.gain(now, 0).unwrap_or(1.0), shift: self.shift(now, 0) };
        self.mark_differing(now, light, 0);
        if self.is_another_scene(dt) {
            self.begin_with(now);
            return;
        }
        solid(&self.differs, &mut self.solid);
        spread(&self.solid, REACH, &mut self.rows, &mut self.spread);
        self.found.fill(false);
        for box_in_frame in found {
            fill(&mut self.found, box_in_frame);
        }
        let step = tenths(dt).min(LONGEST_STEP);
        let follow = 1.0 - (-f32::from(step) / 10.0 / FOLLOW).exp();
        for cell in 0..CELLS {
            let is_known = self.support[cell] >= KNOWN;
            if self.found[cell] {
                // Nothing is seen of what is behind.
            } else if self.differs[cell] {
                let loss = if is_known { step } else { DOUBT * step };
                self.support[cell] = self.support[cell].saturating_sub(loss);
                if self.support[cell] == 0 {
                    self.begin_cell(cell, now);
                }
            } else if self.spread[cell] {
                if !is_known {
                    self.support[cell] = self.support[cell].saturating_sub(DOUBT_BESIDE * step);
                }
            } else {
                self.support[cell] = (self.support[cell] + step).min(MOST_SUPPORT);
                self.follow_cell(cell, now, light, follow);
            }
        }
    }

    /// The cells in which a picture of the same camera, of any size, differs.
    pub fn changed(&self, now: &Coarse) -> Changed {
        let known = self.known();
        if self.is_blank || known < LEAST_KNOWN {
            return Changed::Anywhere;
        }
        let Some(gain) = self.gain(now, KNOWN).filter(|gain| (LEAST_GAIN..=MOST_GAIN).contains(gain)) else {
            return Changed::Anywhere;
        };
        let mut marked = vec![false; CELLS];
        let light = Light { gain, shift: self.shift(now, KNOWN) };
        self.mark(now, light, KNOWN, &mut marked);
        let differing = marked.iter().filter(|differs| **differs).count() as f32 / CELLS as f32;
        if differing > MOST_CHANGED * known {
            return Changed::Anywhere;
        }
        let (mut rows, mut cells, mut causes) = (vec![false; CELLS], vec![false; CELLS], vec![false; CELLS]);
        solid(&marked, &mut causes);
        for (cause, support) in causes.iter_mut().zip(&self.support) {
            *cause |= *support < KNOWN;
        }
        spread(&causes, REACH, &mut rows, &mut cells);
        for (cell, differs) in cells.iter_mut().zip(&marked) {
            *cell |= differs;
        }
        close(&mut cells, &mut rows, &mut causes);
        Changed::Cells(cells)
    }

    fn begin_with(&mut self, now: &Coarse) {
        for cell in 0..CELLS {
            self.support[cell] = 0;
            self.begin_cell(cell, now);
        }
        self.is_blank = false;
        self.odd_for = 0;
    }

    fn begin_cell(&mut self, cell: usize, now: &Coarse) {
        self.luma[cell] = f32::from(now.luma[cell]);
        for (kept, new) in self.chroma.iter_mut().zip(&now.chroma) {
            kept[cell] = f32::from(new[cell]);
        }
        self.luma_deviation[cell] = FIRST_DEVIATION;
        self.chroma_deviation[cell] = FIRST_DEVIATION;
    }

    fn follow_cell(&mut self, cell: usize, now: &Coarse, light: Light, follow: f32) {
        let off = (f32::from(now.luma[cell]) - light.gain * self.luma[cell]).abs();
        self.luma_deviation[cell] += follow * (off - self.luma_deviation[cell]);
        self.luma[cell] += follow * (f32::from(now.luma[cell]) - self.luma[cell]);
        let mut most = 0.0f32;
        for (kept, new) in self.chroma.iter_mut().zip(&now.chroma) {
            let off = f32::from(new[cell]) - kept[cell];
            kept[cell] += follow * off;
            most = most.max(off.abs());
        }
        self.chroma_deviation[cell] += follow * (most - self.chroma_deviation[cell]);
    }

    /// Whether most of what is known has differed for a while.
    fn is_another_scene(&mut self, dt: Duration) -> bool {
        let (mut known, mut changed) = (0usize, 0usize);
        for (support, differs) in self.support.iter().zip(&self.differs) {
            known += usize::from(*support >= KNOWN);
            changed += usize::from(*support >= KNOWN && *differs);
        }
        let is_odd = known > 0 && changed as f32 > MOST_CHANGED * known as f32;
        self.odd_for = if is_odd { self.odd_for.saturating_add(tenths(dt)) } else { 0 };
        self.odd_for >= ANEW_AFTER
    }

    /// How many times brighter the picture is than the view: the median over cells with enough support; `None` without
    /// such cells.
    fn gain(&self, now: &Coarse, least_support: u16) -> Option<f32> {
        const BINS: usize = 256;
        const BINS_OF_ONE: f32 = 128.0;
        let mut counts = [0u32; BINS];
        let mut all = 0u32;
        for ((view, luma), support) in self.luma.iter().zip(&now.luma).zip(&self.support) {
            // What is black in both says nothing about the light.
            if *support >= least_support && *view >= 12.0 {
                let bin = (f32::from(*luma) / view * BINS_OF_ONE) as usize;
                counts[bin.min(BINS - 1)] += 1;
                all += 1;
            }
        }
        if all < (CELLS / 20) as u32 {
            // Too dark to tell: the light is what it was, as far as anybody can see.
            return (least_support == 0 || self.known() > 0.0).then_some(1.0);
        }
        let mut below = 0;
        let median = counts.iter().position(|count| {
            below += count;
            2 * below >= all
        });
        let median = (median.unwrap_or(BINS - 1) as f32 + 0.5) / BINS_OF_ONE;
        // Within one step of the scale it is the same light.
        Some(if (median - 1.0).abs() <= 0.75 / BINS_OF_ONE { 1.0 } else { median })
    }

    /// How far the chroma planes have moved as a whole: their median differences.
    fn shift(&self, now: &Coarse, least_support: u16) -> [f32; 2] {
        const BINS: usize = 65;
        const OF_ZERO: f32 = 32.0;
        let median = |view: &[f32], now: &[u8]| {
            let mut counts = [0u32; BINS];
            let mut all = 0u32;
            for ((view, now), support) in view.iter().zip(now).zip(&self.support) {
                if *support >= least_support {
                    // Quarters of a level.
                    let bin = ((f32::from(*now) - view) * 4.0 + OF_ZERO + 0.5).clamp(0.0, BINS as f32 - 1.0);
                    counts[bin as usize] += 1;
                    all += 1;
                }
            }
            let mut below = 0;
            let median = counts.iter().position(|count| {
                below += count;
                2 * below >= all
            });
            ((median.unwrap_or(0) as f32 - OF_ZERO) / 4.0).clamp(-MOST_SHIFT, MOST_SHIFT)
        };
        [median(&self.chroma[0], &now.chroma[0]), median(&self.chroma[1], &now.chroma[1])]
    }

    fn mark_differing(&mut self, now: &Coarse, light: Light, least_support: u16) {
        let mut differs = std::mem::take(&mut self.differs);
        self.mark(now, light, least_support, &mut differs);
        self.differs = differs;
    }

    /// Marks cells with enough support that differ clearly.
    fn mark(&self, now: &Coarse, light: Light, least_support: u16, differs: &mut [bool]) {
        let tolerance = |least: f32, deviation: f32| least.max(DEVIATIONS * deviation.min(MOST_DEVIATION));
        for (cell, differs) in differs.iter_mut().enumerate() {
            let luma = (f32::from(now.luma[cell]) - light.gain * self.luma[cell]).abs();
            let least = LEAST_LUMA.max(RELATIVE * self.luma[cell]);
            let chroma = |plane: usize| {
                (f32::from(now.chroma[plane][cell]) - self.chroma[plane][cell] - light.shift[plane]).abs()
            };
            *differs = self.support[cell] >= least_support
                && (luma > tolerance(least, self.luma_deviation[cell])
                    || chroma(0).max(chroma(1)) > tolerance(LEAST_CHROMA, self.chroma_deviation[cell]));
        }
    }
}

/// How the light of a picture differs from the view's.
#[derive(Debug, Clone, Copy)]
struct Light {
    /// How many times brighter it is.
    gain: f32,
    /// How far its chroma planes have moved.
    shift: [f32; 2],
}

/// Writes into `out` which marked cells have marked neighbours.
fn solid(marked: &[bool], out: &mut [bool]) {
    for (cell, out) in out.iter_mut().enumerate() {
        *out = marked[cell] && {
            let (row, column) = (cell / COLUMNS, cell % COLUMNS);
            let columns = column.saturating_sub(1)..(column + 2).min(COLUMNS);
            let rows = row.saturating_sub(1)..(row + 2).min(ROWS);
            let near = rows.flat_map(|row| &marked[row * COLUMNS..][columns.clone()]);
            near.filter(|marked| **marked).count() >= SOLID
        };
    }
}

fn tenths(dt: Duration) -> u16 {
    u16::try_from(dt.as_millis() / 100).unwrap_or(u16::MAX)
}

/// Marks what lies between marked cells.
fn close(cells: &mut [bool], rows: &mut [bool], wide: &mut [bool]) {
    spread(cells, BETWEEN, rows, wide);
    // What is not within reach of anything free is taken.
    wide.iter_mut().for_each(|cell| *cell = !*cell);
    spread(wide, BETWEEN, rows, cells);
    cells.iter_mut().for_each(|cell| *cell = !*cell);
}

/// Writes into `out` which cells lie within `reach` of a marked one, through `rows`.
fn spread(marked: &[bool], reach: usize, rows: &mut [bool], out: &mut [bool]) {
    for (row, marked) in rows.chunks_exact_mut(COLUMNS).zip(marked.chunks_exact(COLUMNS)) {
        for (column, cell) in row.iter_mut().enumerate() {
            let (from, to) = (column.saturating_sub(reach), (column + reach + 1).min(COLUMNS));
            *cell = marked[from..to].contains(&true);
        }
    }
    for (row, out) in out.chunks_exact_mut(COLUMNS).enumerate() {
        let (from, to) = (row.saturating_sub(reach), (row + reach + 1).min(ROWS));
        out.fill(false);
        for near in rows[from * COLUMNS..to * COLUMNS].chunks_exact(COLUMNS) {
            for (cell, near) in out.iter_mut().zip(near) {
                *cell |= near;
            }
        }
    }
}

/// Marks every cell that a box touches.
pub fn fill(cells: &mut [bool], box_in_frame: BBox) {
    let b = box_in_frame.clipped();
    if !b.is_sound() {
        return;
    }
    let (left, right) = ((b.x0 * COLUMNS as f32) as usize, (b.x1 * COLUMNS as f32).ceil() as usize);
    let (top, bottom) = ((b.y0 * ROWS as f32) as usize, (b.y1 * ROWS as f32).ceil() as usize);
    for row in cells.chunks_exact_mut(COLUMNS).take(bottom).skip(top) {
        row[left.min(COLUMNS)..right.min(COLUMNS)].fill(true);
    }
}

#[cfg(test)]
mod tests;
