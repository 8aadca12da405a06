//! From a decoder's planes to a model's input tensor: cut, resize, colour, normalise and lay out, one
//! output row at a time, without a picture in between.
//!
//! Input: a [`Picture`] as the decoder left it (real strides, odd sizes, limited or full range). Output: the
//! values of a `1x3xHxW` f32 tensor that the caller owns. Must never allocate once the tables have grown to
//! the largest picture seen, and never read a sample outside the planes.
//!
//! # How
//!
//! For each output row, the source rows under it are added up with 8-bit weights in 16 bits (contiguous, so
//! it vectorises on SSE2 and NEON alike without naming either), then the columns are gathered with 14-bit
//! weights, and only then come colour and normalisation, on as many samples as the tensor has. Chroma goes
//! its own way from its own resolution. The weights' precision keeps each 0..255 value within a step of exact
//! arithmetic as a rule, within five on noise; the tests hold that.
//!
//! Shrinking averages everything under an output sample; enlarging is bilinear. Each source sample is read
//! once or twice, so averaging costs hardly more than picking two samples, and YOLOX-nano then finds more of
//! what it finds on tiles of the same picture: 0.67 against 0.65 in a 720p square, 0.68 against 0.64 in a
//! 1080p shop (16 frames each, 416 wide).
//!
//! Chroma is taken as lying over the middle of its luma samples (MPEG-1, JPEG); H.264's left-hand siting
//! would shift colour by a quarter of a pixel.

use crate::analysis::geometry::BBox;
use crate::frame::{Layout, Matrix, Picture, PictureFormat, Range};

/// How a picture of another shape is fitted into the model's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Keeps its proportions, lies in the top left corner, the rest is padding (YOLOX).
    LetterboxTopLeft,
    /// Keeps its proportions, lies in the middle, padding on both sides (YOLOv8).
    LetterboxCentre,
    /// Fills the input, proportions change.
    Stretch,
}

/// The order of a tensor's colour channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red (what OpenCV reads).
    Bgr,
}

/// What a model wants to be fed: a `1 x 3 x height x width` f32 tensor, each value `(x - mean) / std` of an
/// `x` in 0..255.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelInput {
    /// Columns of the tensor, at least 1.
    pub width: usize,
    /// Rows of the tensor, at least 1.
    pub height: usize,
    /// Channel order.
    pub colour: Colour,
    /// Subtracted first; in channel order.
    pub mean: [f32; 3],
    /// Divided by, never 0; in channel order.
    pub std: [f32; 3],
    /// How the picture is fitted in.
    pub fit: Fit,
    /// Value of padding before normalisation, 0..255, the same in every channel.
    pub pad: f32,
}

impl ModelInput {
    /// Number of values in the tensor.
    pub fn len(&self) -> usize {
        3 * self.width * self.height
    }

    /// Whether the tensor has no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where a tensor's pixels lie in the frame. Made by [`Converter::convert`], used on every box that the
/// model finds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameFromModel {
    /// Frame widths per model pixel, and where the model's left edge lies.
    x: (f32, f32),
    /// Frame heights per model pixel, and where the model's top edge lies.
    y: (f32, f32),
    /// The part of the frame that was looked at.
    seen: BBox,
}

impl FrameFromModel {
    /// Brings a box in model pixels to parts of the frame, clipped to what the model saw.
    pub fn box_in_frame(&self, box_in_model: BBox) -> BBox {
        let x = |v: f32| (v * self.x.0 + self.x.1).clamp(self.seen.x0, self.seen.x1);
        let y = |v: f32| (v * self.y.0 + self.y.1).clamp(self.seen.y0, self.seen.y1);
        BBox::new(x(box_in_model.x0), y(box_in_model.y0), x(box_in_model.x1), y(box_in_model.y1))
    }

    /// The other way round, not clipped: parts of the frame to model pixels.
    pub fn box_in_model(&self, box_in_frame: BBox) -> BBox {
        let x = |v: f32| (v - self.x.1) / self.x.0;
        let y = |v: f32| (v - self.y.1) / self.y.0;
        BBox::new(x(box_in_frame.x0), y(box_in_frame.y0), x(box_in_frame.x1), y(box_in_frame.y1))
    }

    /// The part of the frame that was looked at: the region, grown to whole pixels.
    pub fn seen(&self) -> BBox {
        self.seen
    }
}

/// Why a picture could not be converted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConvertError {
    /// Nothing of the picture lies in the region, or the region is not a number.
    #[error("the region {region:?} holds nothing of a {width}x{height} picture")]
    EmptyRegion {
        /// As asked for, in parts of the frame.
        region: BBox,
        /// Of the picture, in pixels.
        width: usize,
        /// Of the picture, in pixels.
        height: usize,
    },
    /// The tensor is not the model's input.
    #[error("the tensor holds {have} values where the model's input has {need}")]
    TensorSize {
        /// Values given.
        have: usize,
        /// Values needed.
        need: usize,
    },
}

/// Converts pictures for one model. One per worker; keeps its tables while pictures of one shape come in,
/// and rebuilds them in place (some microseconds) where the shape or the region changes.
#[derive(Debug)]
pub struct Converter {
    input: ModelInput,
    tables: Option<Tables>,
    /// Weighted sum of the source rows under the output row in work: 8.8 fixed point, less 128.0.
    column_sums: Vec<i16>,
    /// Y, U and V of the output row in work, 0..255.
    row: [Vec<f32>; 3],
}

impl Converter {
    /// A converter for one model's input.
    pub fn new(input: ModelInput) -> Self {
        let row = [vec![0.0; input.width], vec![0.0; input.width], vec![0.0; input.width]];
        Converter { input, tables: None, column_sums: Vec::new(), row }
    }

    /// What it converts for.
    pub fn input(&self) -> &ModelInput {
        &self.input
    }

    /// Fills `tensor` (`3 * height * width` values, channel planes one after the other) from the part
    /// `region` of the picture; all of it by default.
    ///
    /// The region is grown to whole pixels and clipped to the picture.
    ///
    /// # Errors
    /// [`ConvertError::EmptyRegion`] where nothing is left of the region, [`ConvertError::TensorSize`] where
    /// `tensor` is not of the model's size. `tensor` is then unchanged.
    pub fn convert(
        &mut self,
        picture: &Picture,
        region: Option<BBox>,
        tensor: &mut [f32],
    ) -> Result<FrameFromModel, ConvertError> {
        if tensor.len() != self.input.len() {
            return Err(ConvertError::TensorSize { have: tensor.len(), need: self.input.len() });
        }
        let format = picture.format();
        let source = Source::new(format, region)?;
        let tables = match &mut self.tables {
            Some(tables) => {
                if tables.source != source {
                    tables.rebuild(source, &self.input);
                }
                tables
            }
            none => none.insert(Tables::new(source, &self.input)),
        };

        let placed = tables.placed;
        let chroma = !matches!(format.layout, Layout::Gray);
        let rgb_from_yuv = rgb_from_yuv(format.range, format.matrix, &self.input);
        let [y_row, u_row, v_row] = &mut self.row;
        let (y_row, u_row, v_row) =
            (&mut y_row[..placed.width], &mut u_row[..placed.width], &mut v_row[..placed.width]);
        if !chroma {
            u_row.fill(128.0);
            v_row.fill(128.0);
        }
        fill_padding(tensor, &self.input, placed);
        for out_row in 0..placed.height {
            let sums = &mut self.column_sums;
            tables.luma.sum_rows(picture.plane(0), format.strides[0], out_row, sums);
            tables.luma.gather(sums, 0, y_row);
            match format.layout {
                Layout::Gray => {}
                Layout::Nv12 => {
                    tables.chroma.sum_rows(picture.plane(1), format.strides[1], out_row, sums);
                    tables.chroma.gather(sums, 0, u_row);
                    tables.chroma.gather(sums, 1, v_row);
                }
                Layout::I420 | Layout::I422 | Layout::I444 => {
                    tables.chroma.sum_rows(picture.plane(1), format.strides[1], out_row, sums);
                    tables.chroma.gather(sums, 0, u_row);
                    tables.chroma.sum_rows(picture.plane(2), format.strides[2], out_row, sums);
                    tables.chroma.gather(sums, 0, v_row);
                }
            }
            let start = (placed.top + out_row) * self.input.width + placed.left;
            for (channel, coefficients) in
                tensor.chunks_exact_mut(self.input.width * self.input.height).zip(&rgb_from_yuv)
            {
                colour_row(&mut channel[start..start + placed.width], y_row, u_row, v_row, coefficients);
            }
        }
        Ok(tables.frame_from_model)
    }
}

/// The whole pixels of a picture that are converted; with the layout, all that the tables depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Source {
    width: usize,
    height: usize,
    layout: Layout,
    x: (usize, usize),
    y: (usize, usize),
}

impl Source {
    fn new(format: &PictureFormat, region: Option<BBox>) -> Result<Self, ConvertError> {
        let whole = BBox { x0: 0.0, y0: 0.0, x1: 1.0, y1: 1.0 };
        let region = region.unwrap_or(whole);
        let x = whole_pixels(region.x0, region.x1, format.width);
        let y = whole_pixels(region.y0, region.y1, format.height);
        let (Some(x), Some(y)) = (x, y) else {
            return Err(ConvertError::EmptyRegion { region, width: format.width, height: format.height });
        };
        Ok(Source { width: format.width, height: format.height, layout: format.layout, x, y })
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
struct Placed {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Placed {
    fn new(source: &Source, input: &ModelInput) -> Self {
        let (width, height) = ((source.x.1 - source.x.0) as f64, (source.y.1 - source.y.0) as f64);
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
struct Tables {
    source: Source,
    placed: Placed,
    luma: PlaneTables,
    chroma: PlaneTables,
    frame_from_model: FrameFromModel,
}

impl Tables {
    fn new(source: Source, input: &ModelInput) -> Self {
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

    fn rebuild(&mut self, source: Source, input: &ModelInput) {
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

fn frame_from_model(source: &Source, placed: Placed) -> FrameFromModel {
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
const ROW_TOTAL: u32 = 1 << 8;
/// Weights of a gathered sample, in all. The largest that is an `i16` and a power of two.
const COLUMN_TOTAL: u32 = 1 << 14;

/// How one plane is resized: which rows and which columns go into each output sample.
#[derive(Debug, Default)]
struct PlaneTables {
    rows: Taps,
    columns: Taps,
    /// `columns` in the form that is quick to gather.
    windows: Windows,
    /// The bytes of a row that any output sample needs. `windows` count from the first.
    bytes: (usize, usize),
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
        self.windows.rebuild(&self.columns, step, columns);
        let rows = plane_length(source.height, shift.1);
        self.rows.rebuild(in_plane(source.y, shift.1), rows, placed.height, ROW_TOTAL);
        self.bytes = self.windows.count_from_the_first();
    }

    /// Adds up the source rows under output row `out_row`, with their weights, into `sums`.
    fn sum_rows(&self, plane: &[u8], stride: usize, out_row: usize, sums: &mut Vec<i16>) {
        let (low, high) = self.bytes;
        // One more than there are: windows of V begin one later than those of U.
        sums.resize(high - low + 1, 0);
        let sums = &mut sums[..high - low];
        let first = self.rows.first[out_row];
        let weights = &self.rows.weights[out_row * self.rows.per_output..][..self.rows.per_output];
        let row = |k: usize| {
            let start = (first + k) * stride;
            &plane[start + low..start + high]
        };
        for (pair, weights) in weights.chunks(2).enumerate() {
            let (k, add) = (2 * pair, pair > 0);
            match *weights {
                [a, b] => add_two_rows(sums, row(k), a, row(k + 1), b, add),
                [a] => add_two_rows(sums, row(k), a, row(k), 0, add),
                _ => {}
            }
        }
    }

    /// Gathers the output samples of a row from its column sums; `lane` chooses U or V where they lie in
    /// turns.
    fn gather(&self, sums: &[i16], lane: usize, out: &mut [f32]) {
        let sums = &sums[lane..];
        match self.windows.length {
            8 => gather::<8>(&self.windows, sums, out),
            16 => gather::<16>(&self.windows, sums, out),
            _ => gather_any(&self.windows, sums, out),
        }
    }
}

/// Column taps as windows of column sums: of a length that fills vector registers (padded with zero weights),
/// and with zeros between the weights where U and V lie in turns.
#[derive(Debug, Default)]
struct Windows {
    length: usize,
    first: Vec<usize>,
    weights: Vec<i16>,
}

impl Windows {
    fn rebuild(&mut self, taps: &Taps, step: usize, plane_length: usize) {
        let (needed, there) = (taps.per_output * step, plane_length * step);
        // Shorter ones gain nothing: LLVM makes one multiply-add instruction of eight, of SSE2 and NEON alike.
        self.length = Some(needed.next_power_of_two().max(8)).filter(|l| *l <= there).unwrap_or(needed);
        self.first.clear();
        self.weights.clear();
        for (&first, weights) in taps.first.iter().zip(taps.weights.chunks_exact(taps.per_output)) {
            let begin = (first * step).min(there - self.length);
            self.first.push(begin);
            for place in begin..begin + self.length {
                let tap = (place / step).checked_sub(first).filter(|_| place % step == 0);
                // Weights are at most COLUMN_TOTAL, which is an i16.
                self.weights.push(tap.and_then(|tap| weights.get(tap)).map_or(0, |w| *w as i16));
            }
        }
    }

    /// Makes `first` count from the first byte of a row that is needed; gives the range of those bytes.
    fn count_from_the_first(&mut self) -> (usize, usize) {
        let low = self.first.iter().copied().min().unwrap_or(0);
        let high = self.first.iter().copied().max().unwrap_or(0) + self.length;
        self.first.iter_mut().for_each(|first| *first -= low);
        (low, high)
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

/// `sums[i] = (sums[i] if add, else -128.0) + a[i] * weight_a + b[i] * weight_b`. The weights of all rows
/// together are [`ROW_TOTAL`], so the final sum is in -32768..=32512 whatever wrapped on the way.
fn add_two_rows(sums: &mut [i16], a: &[u8], weight_a: u16, b: &[u8], weight_b: u16, add: bool) {
    let pair = |a: u8, b: u8| {
        u16::from(a).wrapping_mul(weight_a).wrapping_add(u16::from(b).wrapping_mul(weight_b)) as i16
    };
    let (a, b) = (&a[..sums.len()], &b[..sums.len()]);
    if add {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum = sum.wrapping_add(pair(a, b));
        }
    } else {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum = i16::MIN.wrapping_add(pair(a, b));
        }
    }
}

/// Fixed point to 0..255, less 128.
const GATHERED: f32 = 1.0 / (ROW_TOTAL * COLUMN_TOTAL) as f32;

/// One output sample per window of `LENGTH` column sums.
fn gather<const LENGTH: usize>(windows: &Windows, sums: &[i16], out: &mut [f32]) {
    let weights = windows.weights.as_chunks::<LENGTH>().0;
    for ((out, &first), weights) in out.iter_mut().zip(&windows.first).zip(weights) {
        let Some(window) = sums.get(first..).and_then(|sums| sums.first_chunk::<LENGTH>()) else { return };
        let products: [i32; LENGTH] = std::array::from_fn(|k| i32::from(window[k]) * i32::from(weights[k]));
        *out = products.iter().sum::<i32>() as f32 * GATHERED + 128.0;
    }
}

/// As [`gather`], for windows of any length: reductions by more than sixteen, and planes shorter than a window.
fn gather_any(windows: &Windows, sums: &[i16], out: &mut [f32]) {
    let weights = windows.weights.chunks_exact(windows.length);
    for ((out, &first), weights) in out.iter_mut().zip(&windows.first).zip(weights) {
        let sum: i32 = sums[first..].iter().zip(weights).map(|(&s, &w)| i32::from(s) * i32::from(w)).sum();
        *out = sum as f32 * GATHERED + 128.0;
    }
}

/// One colour channel: `clamp(y * Y + u * U + v * V + offset, 0, 255) * gain + bias`.
#[derive(Debug, Clone, Copy)]
struct ChannelFromYuv {
    y: f32,
    u: f32,
    v: f32,
    offset: f32,
    gain: f32,
    bias: f32,
}

/// The three channels in the model's order, normalisation included (ITU-R BT.601-7, BT.709-6).
fn rgb_from_yuv(range: Range, matrix: Matrix, input: &ModelInput) -> [ChannelFromYuv; 3] {
    let (kr, kb) = match matrix {
        Matrix::Bt601 => (0.299_f32, 0.114_f32),
        Matrix::Bt709 => (0.2126, 0.0722),
    };
    let kg = 1.0 - kr - kb;
    let (luma_gain, luma_zero, chroma_gain) = match range {
        Range::Limited => (255.0 / 219.0, 16.0, 255.0 / 224.0),
        Range::Full => (1.0, 0.0, 1.0),
    };
    let red = (0.0, 2.0 * (1.0 - kr));
    let green = (-2.0 * kb * (1.0 - kb) / kg, -2.0 * kr * (1.0 - kr) / kg);
    let blue = (2.0 * (1.0 - kb), 0.0);
    let order = match input.colour {
        Colour::Rgb => [red, green, blue],
        Colour::Bgr => [blue, green, red],
    };
    std::array::from_fn(|channel| {
        let (u, v) = (order[channel].0 * chroma_gain, order[channel].1 * chroma_gain);
        let std = input.std[channel];
        ChannelFromYuv {
            y: luma_gain,
            u,
            v,
            offset: -luma_gain * luma_zero - 128.0 * (u + v),
            gain: 1.0 / std,
            bias: -input.mean[channel] / std,
        }
    })
}

fn colour_row(out: &mut [f32], y: &[f32], u: &[f32], v: &[f32], c: &ChannelFromYuv) {
    for (((out, y), u), v) in out.iter_mut().zip(y).zip(u).zip(v) {
        let value = (y * c.y + u * c.u + v * c.v + c.offset).clamp(0.0, 255.0);
        *out = value * c.gain + c.bias;
    }
}

fn fill_padding(tensor: &mut [f32], input: &ModelInput, placed: Placed) {
    if placed.width == input.width && placed.height == input.height {
        return;
    }
    for (channel, plane) in tensor.chunks_exact_mut(input.width * input.height).enumerate() {
        let padding = (input.pad - input.mean[channel]) / input.std[channel];
        for (row, values) in plane.chunks_exact_mut(input.width).enumerate() {
            if row < placed.top || row >= placed.top + placed.height {
                values.fill(padding);
            } else {
                values[..placed.left].fill(padding);
                values[placed.left + placed.width..].fill(padding);
            }
        }
    }
}

#[cfg(test)]
mod tests;
