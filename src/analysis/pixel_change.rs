//! Pixel change: whether the picture itself changes where something was found. Flames and smoke do from second to
//! second, asphalt, a table or a lit window do not, however much the box around them jitters.
//!
//! Two coarse pictures about a second apart are compared cell by cell, after differences of exposure and white balance are
//! taken out. A cell has changed if nothing within one cell of it looked like that before, so a trembling edge is no change;
//! if the whole picture trembles, two cells are allowed. The box changes if enough of its cells did. They must also differ
//! from the picture of another second before: a place that a hand passed looks as it did then, flames and smoke never do.
//!
//! People, vehicles and other things hide what is behind them, so their cells are left out; a vehicle or a two-wheeler that
//! covers much of the box may be what burns, and its cells count. The comparison says nothing where most of the box is
//! hidden, where the box fills much of an even picture, as in dense smoke, and where much of the rest of the picture changes
//! too, because then the camera moves or the light changed.
//!
//! Pure; allocates when the first picture comes and no more.

use std::cell::RefCell;
use std::time::Duration;

use super::derived::answer_for;
use super::detection::Class;
use super::empty_view::{CELLS, COLUMNS, Coarse, ROWS};
use super::geometry::BBox;
use super::time::Moment;
use super::tracker::{Track, TrackState};

/// Pictures further apart than this are not compared: light and people change meanwhile. Closer ones show less.
const APART: std::ops::RangeInclusive<Duration> = Duration::from_millis(500)..=Duration::from_secs(3);
/// Something hides what is behind it while it was seen so recently.
const SEEN_WITHIN: Duration = Duration::from_secs(1);

/// Differences below these are none, grey levels and parts of the luma: more than coding and exposure leave (measured:
/// tests/truth).
const LEAST_LUMA: f32 = 8.0;
const RELATIVE: f32 = 0.08;
const LEAST_CHROMA: f32 = 6.0;

/// What burns or smokes changes in this part of its box. Measured from one second to the next: flames and smoke of
/// `burning-car` put before a still scene, eight cells wide, in .22 and .26 or more of nine pairs of ten, larger ones in .42
/// and .36; asphalt, tables, rooms and wet roads in .10 at most where nobody passes.
const LIVELY: f32 = 0.15;
/// A box of so many cells is large: a hand moves a part of a table, flames and smoke of that size change in .48 and more.
const LARGE: u32 = 600;
const LIVELY_LARGE: f32 = 0.3;
/// And so many times more than the rest of the picture.
const MORE_THAN_THE_REST: f32 = 1.5;
/// Flames and smoke differ as much, or half as much, from what they were another second before; a place that a hand passed
/// does not.
const AGAINST_EARLIER: f32 = 0.5;
/// Where more of the rest changes the camera trembles, and edges are allowed to move by two cells;
const CALM: f32 = 0.03;
/// and where this much of it does, the camera turns, or the light is another. The rest of `burning-car`, whose camera turns,
/// changes in .22 and more.
const MOVING: f32 = 0.15;
/// A box in which so little changes keeps still although the rest does not: somebody comes close beside it.
const UNMOVED: f32 = 0.05;
/// A smaller rest, in cells, says nothing.
const LEAST_REST: u32 = CELLS as u32 / 20;
/// Minimum visible part of a box, in cells and as a fraction.
const LEAST_SEEN: u32 = 6;
const SEEN_SHARE: f32 = 0.25;
/// With less of the box free of people and things, that nothing changes in the rest says nothing of what they hide.
const FREE_SHARE: f32 = 0.5;
/// A vehicle that covers so much of the box may be what burns.
const VEHICLE_BURNS: f32 = 0.3;
/// A box of this part of the picture fills it,
const FILLS: f32 = 0.3;
/// and is even where this share of its cells looks as those so many cells beside and below do. Measured on labelled
/// pictures: half of the boxes of smoke that large have a share of .49 or more, a tenth .68 or more.
const EVEN_SHARE: f32 = 0.6;
const EVEN_OVER: usize = 5;

/// A person, or a thing that is no vehicle, is there.
const HIDDEN: u8 = 1;
/// A vehicle or a two-wheeler is there.
const VEHICLE: u8 = 2;
/// It shows what was not there, nor one cell beside it.
const CHANGED: u8 = 4;
/// Nor two cells beside it.
const CHANGED_FAR: u8 = 8;
/// The change against the picture another second before.
const CHANGED_EARLIER: u8 = 16;
/// The change against that picture, allowing for two cells beside.
const CHANGED_EARLIER_FAR: u8 = 32;

/// Bins of the ratio of luma, of 1/128 each.
const GAIN_BINS: usize = 512;
const GAIN_STEP: f32 = 128.0;

/// What a pair of pictures says of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witness {
    /// The picture changes there, and not everywhere.
    Lively,
    /// It does not, and most of the box can be seen.
    Still,
    /// People, things or vehicles hide most of the box, and nothing changes in the rest of it.
    Hidden,
    /// Nothing changes in a box that fills much of the picture, but there is nothing in it that could be seen to change.
    Even,
    /// The camera moves, or all the light changed.
    Moving,
}

impl Witness {
    const ALL: [Witness; 5] =
        [Witness::Lively, Witness::Still, Witness::Hidden, Witness::Even, Witness::Moving];

    /// As the journal keeps it.
    pub(crate) fn number(self) -> u8 {
        match self {
            Witness::Lively => 0,
            Witness::Still => 1,
            Witness::Hidden => 2,
            Witness::Even => 3,
            Witness::Moving => 4,
        }
    }

    /// The one of that number.
    pub(crate) fn numbered(number: u8) -> Option<Witness> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// The latest pictures of one camera and what changed from the one to the other.
#[derive(Debug, Clone)]
pub(super) struct PixelChange {
    earlier: Coarse,
    before: Coarse,
    now: Coarse,
    /// When the latest picture was taken.
    at: Option<Moment>,
    /// It is close enough to the one before for a comparison.
    is_pair: bool,
    /// And that to the one before it.
    has_earlier: bool,
    /// What was in the frame of the latest picture is known.
    is_judged: bool,
    /// The boxes found in the earlier picture and in the latest one.
    hidden: [Vec<u8>; 2],
    cells: Vec<u8>,
    /// What was said of the boxes that were asked about, since the latest comparison.
    said: RefCell<Vec<(BBox, Witness)>>,
}

impl PixelChange {
    pub(super) fn new() -> Self {
        PixelChange {
            earlier: Coarse::even(0),
            before: Coarse::even(0),
            now: Coarse::even(0),
            at: None,
            is_pair: false,
            has_earlier: false,
            is_judged: false,
            hidden: [vec![0; CELLS], vec![0; CELLS]],
            cells: vec![0; CELLS],
            said: RefCell::default(),
        }
    }

    /// What was seen so far says nothing about what is seen next.
    pub(super) fn forget(&mut self) {
        self.at = None;
        self.is_pair = false;
        self.is_judged = false;
    }

    /// Takes in a picture, before what was found in it; one that comes late, or has another size, changes nothing.
    pub(super) fn see(&mut self, at: Moment, picture: &Coarse) {
        let is_whole = picture.luma.len() == CELLS && picture.chroma.iter().all(|plane| plane.len() == CELLS);
        if !is_whole || self.at.is_some_and(|latest| at.mono <= latest.mono) {
            return;
        }
        self.has_earlier = self.is_pair;
        self.is_pair = self.is_judged && self.at.is_some_and(|latest| APART.contains(&at.since(latest)));
        self.at = Some(at);
        self.is_judged = false;
        std::mem::swap(&mut self.earlier, &mut self.before);
        std::mem::swap(&mut self.before, &mut self.now);
        self.hidden.swap(0, 1);
        self.now.luma.copy_from_slice(&picture.luma);
        for (plane, seen) in self.now.chroma.iter_mut().zip(&picture.chroma) {
            plane.copy_from_slice(seen);
        }
    }

    /// Takes in what is followed in a frame. Gives what changed up to it, where its picture was seen and that `is_asked`.
    pub(super) fn judge(&mut self, at: Moment, tracks: &[Track], is_asked: bool) -> Option<Changes<'_>> {
        if self.is_judged || self.at.is_none_or(|latest| latest.mono != at.mono) {
            return None;
        }
        self.is_judged = true;
        let [_, hidden] = &mut self.hidden;
        hidden.fill(0);
        let is_recent = |track: &&Track| {
            let is_other = ![Class::FIRE, Class::SMOKE].contains(&track.class);
            is_other && track.state != TrackState::Tentative && at.since(track.last_seen) <= SEEN_WITHIN
        };
        for track in tracks.iter().filter(is_recent) {
            let may_burn = [Class::CAR, Class::BUS, Class::TRUCK, Class::TWO_WHEELER].contains(&track.class);
            let flag = if may_burn { VEHICLE } else { HIDDEN };
            each_cell(&track.box_in_frame, |cell| hidden[cell] |= flag);
        }
        if !self.is_pair || !is_asked {
            return None;
        }
        self.compare();
        self.said.get_mut().clear();
        Some(Changes::Seen(Compared { cells: &self.cells, now: &self.now, said: &self.said }))
    }

    fn compare(&mut self) {
        let PixelChange { earlier, before, now, hidden: [hidden_before, hidden_now], cells, .. } = self;
        for ((cell, before), now) in cells.iter_mut().zip(hidden_before).zip(hidden_now) {
            *cell = *before | *now;
        }
        mark_changed(before, now, cells, [CHANGED, CHANGED_FAR]);
        if self.has_earlier {
            mark_changed(earlier, now, cells, [CHANGED_EARLIER, CHANGED_EARLIER_FAR]);
        } else {
            cells.iter_mut().for_each(|cell| *cell |= CHANGED_EARLIER | CHANGED_EARLIER_FAR);
        }
    }
}

/// Marks the cells that show what was not there before, nor one cell beside, nor two.
fn mark_changed(before: &Coarse, now: &Coarse, cells: &mut [u8], [beyond_one, beyond_two]: [u8; 2]) {
    let light = Light::between(before, now, cells);
    for (index, cell) in cells.iter_mut().enumerate() {
        let levels = light.taken_out(now, index);
        let most = [LEAST_LUMA.max(RELATIVE * f32::from(before.luma[index])), LEAST_CHROMA, LEAST_CHROMA];
        let was_there = |reach| was_within(before, index, reach, levels, most);
        if !was_there(0) && !was_there(1) {
            *cell |= if was_there(2) { beyond_one } else { beyond_one | beyond_two };
        }
    }
}

/// What changed from one picture to the next.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Changes<'a> {
    /// In the pictures themselves.
    Seen(Compared<'a>),
    /// What the pictures said of some boxes, when they were there.
    Recalled(&'a [(BBox, Witness)]),
}

/// Which cells changed from one picture to the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compared<'a> {
    cells: &'a [u8],
    now: &'a Coarse,
    said: &'a RefCell<Vec<(BBox, Witness)>>,
}

/// Cells that can be seen, and how many of them have each mark.
#[derive(Default)]
struct Counted {
    seen: u32,
    marked: [u32; 8],
}

impl Counted {
    fn add(&mut self, cell: u8) {
        self.seen += 1;
        for (bit, marked) in self.marked.iter_mut().enumerate() {
            *marked += u32::from(cell >> bit & 1);
        }
    }

    fn share(&self, mark: u8) -> f32 {
        let marked = self.marked.get(mark.trailing_zeros() as usize).copied().unwrap_or_default();
        marked as f32 / self.seen.max(1) as f32
    }
}

impl Changes<'_> {
    /// What they say of a box. Of one that nobody asked about while the pictures were there nothing can be said.
    pub(super) fn under(&self, b: &BBox) -> Witness {
        match self {
            Changes::Seen(compared) => compared.under(b),
            Changes::Recalled(said) => {
                answer_for(b, said, |(b, _)| b).map_or(Witness::Moving, |(_, said)| *said)
            }
        }
    }
}

impl Changes<'_> {
    /// Adds what was said so far to a list, in the order in which it was asked.
    pub(super) fn said_into(&self, list: &mut Vec<(BBox, Witness)>) {
        match self {
            Changes::Seen(compared) => list.extend_from_slice(&compared.said.borrow()),
            Changes::Recalled(said) => list.extend_from_slice(said),
        }
    }
}

impl Compared<'_> {
    fn under(&self, b: &BBox) -> Witness {
        let known = self.said.borrow().iter().find(|(other, _)| other == b).map(|(_, witness)| *witness);
        known.unwrap_or_else(|| {
            let witness = self.judge(b);
            self.said.borrow_mut().push((*b, witness));
            witness
        })
    }

    fn judge(&self, b: &BBox) -> Witness {
        let (mut all, mut of_vehicles, mut free) = (0_u32, 0_u32, 0_u32);
        each_cell(b, |cell| {
            all += 1;
            of_vehicles += u32::from(self.cells[cell] & VEHICLE != 0);
            free += u32::from(self.cells[cell] & (HIDDEN | VEHICLE) == 0);
        });
        let hides = if of_vehicles as f32 >= VEHICLE_BURNS * all as f32 { HIDDEN } else { HIDDEN | VEHICLE };
        let (mut within, mut around) = (Counted::default(), Counted::default());
        each_cell(b, |cell| {
            if self.cells[cell] & hides == 0 {
                within.add(self.cells[cell]);
            }
        });
        let (left, top, right, bottom) = span(b);
        for (row, line) in self.cells.chunks_exact(COLUMNS).enumerate() {
            for (column, cell) in line.iter().enumerate() {
                let is_within = (top..bottom).contains(&row) && (left..right).contains(&column);
                if !is_within && cell & (HIDDEN | VEHICLE) == 0 {
                    around.add(*cell);
                }
            }
        }
        if within.seen < LEAST_SEEN.min(all) || (within.seen as f32) < SEEN_SHARE * all as f32 {
            return Witness::Hidden;
        }
        match compared(&within, &around, all) {
            Witness::Still if (free as f32) < FREE_SHARE * all as f32 => Witness::Hidden,
            Witness::Still if all as f32 >= FILLS * CELLS as f32 && self.is_even(b, hides) => Witness::Even,
            witness => witness,
        }
    }

    /// Whether most cells of a box look as those a little beside and below them do: what drifts there would not show.
    fn is_even(&self, b: &BBox, hides: u8) -> bool {
        let (left, top, right, bottom) = span(b);
        let (mut pairs, mut even) = (0_u32, 0_u32);
        let mut compare = |cell: usize, other: usize| {
            if (self.cells[cell] | self.cells[other]) & hides == 0 {
                pairs += 1;
                let apart = self.now.luma[cell].abs_diff(self.now.luma[other]);
                even += u32::from(f32::from(apart) <= LEAST_LUMA);
            }
        };
        for row in top..bottom {
            for column in left..right {
                let cell = row * COLUMNS + column;
                if column + EVEN_OVER < right {
                    compare(cell, cell + EVEN_OVER);
                }
                if row + EVEN_OVER < bottom {
                    compare(cell, cell + EVEN_OVER * COLUMNS);
                }
            }
        }
        pairs > 0 && even as f32 >= EVEN_SHARE * pairs as f32
    }
}

/// What the cells within a box of `all` cells, and those around it, say.
fn compared(within: &Counted, around: &Counted, all: u32) -> Witness {
    let has_rest = around.seen >= LEAST_REST;
    let is_calm = has_rest && around.share(CHANGED) <= CALM;
    let (changed, earlier) =
        if is_calm { (CHANGED, CHANGED_EARLIER) } else { (CHANGED_FAR, CHANGED_EARLIER_FAR) };
    let rest = if has_rest { around.share(changed) } else { 0.0 };
    let (changed, against_earlier) = (within.share(changed), within.share(earlier));
    if rest >= MOVING {
        return if changed < UNMOVED { Witness::Still } else { Witness::Moving };
    }
    let wanted = if all >= LARGE { LIVELY_LARGE } else { LIVELY };
    let is_lively = changed >= wanted.max(MORE_THAN_THE_REST * rest);
    if is_lively && against_earlier >= AGAINST_EARLIER * wanted { Witness::Lively } else { Witness::Still }
}

/// By how much the light of two pictures differs as a whole: medians, so that what moves does not count.
struct Light {
    gain: f32,
    shift: [f32; 2],
}

impl Light {
    fn between(before: &Coarse, now: &Coarse, cells: &[u8]) -> Light {
        let is_seen = |cell: &u8| cell & (HIDDEN | VEHICLE) == 0;
        let mut ratios = [0_u32; GAIN_BINS];
        let mut shifts = [[0_u32; GAIN_BINS]; 2];
        for (cell, _) in cells.iter().enumerate().filter(|(_, cell)| is_seen(cell)) {
            let ratio = f32::from(now.luma[cell]) / f32::from(before.luma[cell].max(1));
            ratios[((ratio * GAIN_STEP) as usize).min(GAIN_BINS - 1)] += 1;
            for (shifts, (now, before)) in shifts.iter_mut().zip(now.chroma.iter().zip(&before.chroma)) {
                shifts[usize::from(now[cell]) + 255 - usize::from(before[cell])] += 1;
            }
        }
        let gain = median(&ratios).map_or(1.0, |bin| (bin as f32 + 0.5) / GAIN_STEP);
        let shift = shifts.map(|shifts| median(&shifts).map_or(0.0, |bin| bin as f32 - 255.0));
        Light { gain: gain.max(1.0 / GAIN_STEP), shift }
    }

    /// What a cell shows in the light of the picture before: luma and both chroma.
    fn taken_out(&self, now: &Coarse, cell: usize) -> [f32; 3] {
        let [u, v] = [0, 1].map(|plane: usize| f32::from(now.chroma[plane][cell]) - self.shift[plane]);
        [f32::from(now.luma[cell]) / self.gain, u, v]
    }
}

/// The bin in which half of all is reached; `None` of nothing.
fn median(bins: &[u32]) -> Option<usize> {
    let all: u32 = bins.iter().sum();
    let mut below = 0;
    bins.iter().position(|count| {
        below += count;
        all > 0 && 2 * below >= all
    })
}

/// Whether levels lie within what the cells up to `reach` away show, and a tolerance.
fn was_within(before: &Coarse, cell: usize, reach: usize, levels: [f32; 3], most: [f32; 3]) -> bool {
    let (row, column) = (cell / COLUMNS, cell % COLUMNS);
    let rows = row.saturating_sub(reach)..=(row + reach).min(ROWS - 1);
    let columns = column.saturating_sub(reach)..=(column + reach).min(COLUMNS - 1);
    let [u, v] = &before.chroma;
    [&before.luma, u, v].into_iter().zip(levels.into_iter().zip(most)).all(|(plane, (level, most))| {
        let (mut least, mut greatest) = (u8::MAX, u8::MIN);
        for row in rows.clone() {
            for level in &plane[row * COLUMNS + columns.start()..=row * COLUMNS + columns.end()] {
                (least, greatest) = (least.min(*level), greatest.max(*level));
            }
        }
        level >= f32::from(least) - most && level <= f32::from(greatest) + most
    })
}

/// The columns and rows of the cells that a box touches: left, top, and behind the right and the bottom ones.
fn span(b: &BBox) -> (usize, usize, usize, usize) {
    let from = |part: f32, cells: usize| ((part.max(0.0) * cells as f32) as usize).min(cells);
    let to = |part: f32, cells: usize| ((part.max(0.0) * cells as f32).ceil() as usize).min(cells);
    (from(b.x0, COLUMNS), from(b.y0, ROWS), to(b.x1, COLUMNS), to(b.y1, ROWS))
}

fn each_cell(b: &BBox, mut see: impl FnMut(usize)) {
    let (left, top, right, bottom) = span(b);
    for row in top..bottom {
        (left..right).for_each(|column| see(row * COLUMNS + column));
    }
}

#[cfg(test)]
mod tests;
