//! Everything about a conversion that stays the same while pictures of one shape come in: where the picture lies in the
//! tensor, and which source samples go into each output sample.
//!
//! Pure arithmetic over lengths; must never look at a sample, and never allocate once it has grown.

use super::{ConvertError, Fit, FrameFromModel, ModelInput};
use crate::analysis::geometry::BBox;
use crate::frame::{Layout, PictureFormat, PixelAspect};

/// The whole pixels of a picture that are converted; with the layout, all that the tables depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Source {
    pub width: usize,
    pub height: usize,
    layout: Layout,
    pixel_aspect: PixelAspect,
    pub x: (usize, usize),
    pub y: (usize, usize),
}

impl Source {
    pub(super) fn new(format: &PictureFormat, region: Option<BBox>) -> Result<Self, ConvertError> {
        let whole = BBox { x0: 0.0, y0: 0.0, x1: 1.0, y1: 1.0 };
        let region = region.unwrap_or(whole);
        let x = whole_pixels(region.x0, region.x1, format.width);
        let y = whole_pixels(region.y0, region.y1, format.height);
        let (Some(x), Some(y)) = (x, y) else {
            return Err(ConvertError::EmptyRegion { region, width: format.width, height: format.height });
        };
        let PictureFormat { width, height, layout, pixel_aspect, .. } = *format;
        Ok(Source { width, height, layout, pixel_aspect, x, y })
    }
}

/// The pixels `from..to` that the part `low..high` of `length` pixels touches.
fn whole_pixels(low: f32, high: f32, length: usize) -> Option<(usize, usize)> {
    // An edge that was a pixel's edge before it became an f32 must not touch the pixel beyond it.
    const ROUNDING: f64 = 1e-3;
    let scaled = |v: f32| (f64::from(v) * length as f64).clamp(0.0, length as f64);
    if !low.is_finite() || !high.is_finite() {
        return None;
    }
    let from = (scaled(low) + ROUNDING).floor() as usize;
    let to = (scaled(high) - ROUNDING).ceil().max(0.0) as usize;
    (from < to && to <= length).then_some((from, to))
}

/// Where the picture lies in the tensor, in model pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl Placed {
    pub(super) fn new(source: &Source, input: &ModelInput) -> Self {
        // In heights of a pixel: proportions are those that people see.
        let width = (source.x.1 - source.x.0) as f64 * source.pixel_aspect.ratio();
        let height = (source.y.1 - source.y.0) as f64;
        let ratio = (input.width as f64 / width).min(input.height as f64 / height);
        let scaled = |length: f64, most: usize| ((length * ratio).round() as usize).clamp(1, most);
        let (w, h) = match input.fit {
            Fit::Stretch => (input.width, input.height),
            Fit::LetterboxTopLeft | Fit::LetterboxCentre => {
                (scaled(width, input.width), scaled(height, input.height))
            }
        };
        let (left, top) = match input.fit {
            Fit::LetterboxCentre => ((input.width - w) / 2, (input.height - h) / 2),
            Fit::LetterboxTopLeft | Fit::Stretch => (0, 0),
        };
        Placed { left, top, width: w, height: h }
    }
}

/// Everything that stays the same while pictures of one shape come in.
#[derive(Debug)]
pub(super) struct Tables {
    pub source: Source,
    pub placed: Placed,
    pub luma: PlaneTables,
    pub chroma: PlaneTables,
    pub frame_from_model: FrameFromModel,
}

impl Tables {
    pub(super) fn new(source: Source, input: &ModelInput) -> Self {
        let placed = Placed::new(&source, input);
        let frame_from_model = frame_from_model(&source, placed);
        let mut tables = Tables {
            source,
            placed,
            luma: PlaneTables::default(),
            chroma: PlaneTables::default(),
            frame_from_model,
        };
        tables.rebuild(source, input);
        tables
    }

    pub(crate) fn rebuild(&mut self, source: Source, input: &ModelInput) {
        self.source = source;
        self.placed = Placed::new(&source, input);
        self.frame_from_model = frame_from_model(&source, self.placed);
        self.luma.rebuild(&source, (0, 0), 1, self.placed);
        if let Some(shift) = source.layout.chroma_shift() {
            let step = if source.layout == Layout::Nv12 { 2 } else { 1 };
            self.chroma.rebuild(&source, shift, step, self.placed);
        }
    }
}

pub(super) fn frame_from_model(source: &Source, placed: Placed) -> FrameFromModel {
    let axis = |(from, to): (usize, usize), length: usize, offset: usize, placed: usize| {
        let scale = (to - from) as f64 / placed as f64 / length as f64;
        (scale as f32, (from as f64 / length as f64 - offset as f64 * scale) as f32)
    };
    let part = |v: usize, length: usize| (v as f64 / length as f64) as f32;
    FrameFromModel {
        x: axis(source.x, source.width, placed.left, placed.width),
        y: axis(source.y, source.height, placed.top, placed.height),
        seen: BBox {
            x0: part(source.x.0, source.width),
            y0: part(source.y.0, source.height),
            x1: part(source.x.1, source.width),
            y1: part(source.y.1, source.height),
        },
    }
}

/// Weights of a column sum, in all. With samples up to 255 a sum just fits into 16 bits.
pub(super) const ROW_TOTAL: u32 = 1 << 8;
/// Weights of a gathered sample, in all. The largest that is an `i16` and a power of two.
pub(super) const COLUMN_TOTAL: u32 = 1 << 14;

/// How one plane is resized: which rows and which columns go into each output sample.
#[derive(Debug, Default)]
pub(super) struct PlaneTables {
    rows: Taps,
    columns: Taps,
    /// `columns` in the form that is quick to gather.
    windows: Windows,
    /// The bytes of a row that any output sample needs. `windows` count from the first.
    bytes: (usize, usize),
}

/// The source rows under one output row.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowTaps<'a> {
    /// The first byte that is needed of the first of the rows, counted from the plane's first.
    pub start: usize,
    /// Bytes that are needed of each row.
    pub bytes: usize,
    /// What each row counts, in all [`ROW_TOTAL`]; rows follow one another.
    pub weights: &'a [u16],
}

impl PlaneTables {
    fn rebuild(&mut self, source: &Source, shift: (u32, u32), step: usize, placed: Placed) {
        let in_plane = |(from, to): (usize, usize), shift: u32| {
            let samples = f64::from(1u32 << shift);
            (from as f64 / samples, to as f64 / samples)
        };
        let plane_length = |length: usize, shift: u32| (length + (1 << shift) - 1) >> shift;
        let columns = plane_length(source.width, shift.0);
        self.columns.rebuild(in_plane(source.x, shift.0), columns, placed.width, COLUMN_TOTAL);
        self.bytes = self.windows.rebuild(&self.columns, step);
        let rows = plane_length(source.height, shift.1);
        self.rows.rebuild(in_plane(source.y, shift.1), rows, placed.height, ROW_TOTAL);
    }

    /// The rows under output row `out_row` of a plane with this stride, without those that do not count.
    pub(crate) fn rows_under(&self, out_row: usize, stride: usize) -> RowTaps<'_> {
        let weights = &self.rows.weights[out_row * self.rows.per_output..][..self.rows.per_output];
        let skipped = weights.iter().take_while(|w| **w == 0).count();
        let last = weights.iter().rposition(|w| *w != 0).map_or(skipped, |last| last + 1);
        let (low, high) = self.bytes;
        let start = (self.rows.first[out_row] + skipped) * stride + low;
        RowTaps { start, bytes: high - low, weights: &weights[skipped..last] }
    }

    /// How the columns are gathered.
    #[inline]
    pub(super) fn windows(&self) -> &Windows {
        &self.windows
    }
}

/// Output samples whose weights lie together in [`Windows`].
pub(super) const GROUP: usize = 8;
/// Samples that are multiplied at once: a 128-bit register of them.
pub(super) const BLOCK: usize = 8;

/// Column taps as windows of column sums, padded with weights of zero to whole [`BLOCK`]s, and with zeros between
/// the weights where U and V lie in turns. A window may reach beyond the row: column sums have room for that.
#[derive(Debug, Default)]
pub(super) struct Windows {
    /// Blocks of a window.
    blocks: usize,
    /// Where each window begins; as many as fill whole groups, the last one repeated.
    first: Vec<u32>,
    /// See [`weights_of`](Windows::weights_of).
    weights: Vec<i16>,
    /// No window reaches so far.
    reach: usize,
}

impl Windows {
    /// Makes windows of taps; gives the bytes of a row that are needed, and lets windows count from the first of them.
    fn rebuild(&mut self, taps: &Taps, step: usize) -> (usize, usize) {
        let needed = taps.per_output * step;
        self.blocks = needed.div_ceil(BLOCK);
        let low = taps.first.iter().copied().min().unwrap_or(0) * step;
        let high = taps.first.iter().copied().max().unwrap_or(0) * step + needed;
        let groups = taps.first.len().div_ceil(GROUP);
        self.first.clear();
        self.first.extend(taps.first.iter().map(|first| (first * step - low) as u32));
        let last = self.first.last().copied().unwrap_or(0);
        self.first.resize(groups * GROUP, last);
        self.weights.clear();
        self.weights.resize(groups * GROUP * BLOCK * self.blocks, 0);
        for (output, weights) in taps.weights.chunks_exact(taps.per_output).enumerate() {
            for (tap, weight) in weights.iter().enumerate() {
                let (block, place) = (tap * step / BLOCK, tap * step % BLOCK);
                let at = self.weights_at(output, block) + place;
                // Weights are at most COLUMN_TOTAL, which is an i16.
                self.weights[at] = *weight as i16;
            }
        }
        self.reach = high - low + self.blocks * BLOCK;
        (low, high)
    }

    /// Where the weights of a block of an output's window begin. In a group, the first block of all outputs comes
    /// first, in the order 0, 4, 1, 5, 2, 6, 3, 7, then the second of all: so two loads of 128 bits from column
    /// sums meet one of 256 here, and adding neighbours twice brings the outputs into their order.
    #[inline]
    fn weights_at(&self, output: usize, block: usize) -> usize {
        let (group, place) = (output / GROUP, output % GROUP);
        (group * self.blocks + block) * GROUP * BLOCK + (place % 4 * 2 + place / 4) * BLOCK
    }

    /// The weights of a block of an output's window.
    #[inline]
    pub(crate) fn weights_of(&self, output: usize, block: usize) -> &[i16; BLOCK] {
        let at = self.weights_at(output, block);
        self.weights[at..].first_chunk().unwrap_or(&[0; BLOCK])
    }

    /// All weights, group by group.
    #[inline]
    pub(super) fn weights(&self) -> &[i16] {
        &self.weights
    }

    /// Where windows begin, one for each output and some more to fill the last group.
    #[inline]
    pub(super) fn first(&self) -> &[u32] {
        &self.first
    }

    /// Blocks of a window.
    #[inline]
    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    /// How many column sums there must be, so that no window reaches beyond them, also if all begin one later.
    #[inline]
    pub(super) fn room(&self) -> usize {
        self.reach + 1
    }
}

/// For each output sample: `per_output` weights, the first of which belongs to source sample `first`.
#[derive(Debug, Default)]
struct Taps {
    per_output: usize,
    first: Vec<usize>,
    weights: Vec<u16>,
}

impl Taps {
    /// Taps that take the part `from..to` of `plane_length` samples to `outputs` samples. The weights of
    /// each output add up to `total` exactly, so that a flat picture stays what it is.
    fn rebuild(&mut self, (from, to): (f64, f64), plane_length: usize, outputs: usize, total: u32) {
        let scale = (to - from) / outputs as f64;
        let window = |output: usize| tap_window(from, scale, plane_length, output);
        self.per_output = (0..outputs).map(|o| window(o).1).max().unwrap_or(1);
        self.first.clear();
        self.weights.clear();
        for output in 0..outputs {
            let (first, count) = window(output);
            // Every output has the same number of taps, so the window may have to begin earlier.
            let begin = first.min(plane_length - self.per_output);
            self.first.push(begin);
            let sum: f64 =
                (first..first + count).map(|s| tap_weight(from, scale, output, s, plane_length)).sum();
            let (mut so_far, mut given) = (0.0, 0);
            for sample in begin..begin + self.per_output {
                if (first..first + count).contains(&sample) {
                    so_far += tap_weight(from, scale, output, sample, plane_length) / sum;
                }
                let until_here = (so_far * f64::from(total)).round() as u32;
                self.weights.push((until_here - given) as u16);
                given = until_here;
            }
        }
    }
}

/// The first source sample under an output sample, and how many there are.
fn tap_window(from: f64, scale: f64, plane_length: usize, output: usize) -> (usize, usize) {
    let last_sample = plane_length - 1;
    let (low, high) = if scale > 1.0 {
        let low = from + output as f64 * scale;
        (low.floor(), (low + scale - 1e-9).ceil() - 1.0)
    } else {
        let centre = from + (output as f64 + 0.5) * scale - 0.5;
        (centre.floor(), centre.floor() + 1.0)
    };
    let first = (low.max(0.0) as usize).min(last_sample);
    let last = (high.max(0.0) as usize).clamp(first, last_sample);
    (first, last - first + 1)
}

/// How much source sample `sample` counts in an output sample; only ratios matter.
fn tap_weight(from: f64, scale: f64, output: usize, sample: usize, plane_length: usize) -> f64 {
    let position = sample as f64;
    if scale > 1.0 {
        let low = from + output as f64 * scale;
        return ((position + 1.0).min(low + scale) - position.max(low)).max(0.0);
    }
    // Beyond the plane's edge its outermost sample goes on.
    let centre = (from + (output as f64 + 0.5) * scale - 0.5).clamp(0.0, (plane_length - 1) as f64);
    (1.0 - (position - centre).abs()).max(0.0)
}
