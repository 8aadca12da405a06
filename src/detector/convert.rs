//! Converts a decoder's planes to a model's input tensor: cut, resize, colour, normalise and lay out, one
//! output row at a time, without a picture in between.
//!
//! Input: a [`Picture`] as the decoder left it (real strides, odd sizes, limited or full range). Output: the
//! values of a `1x3xHxW` tensor, f32 or u8, that the caller owns. Must never allocate once the tables have grown to
//! the largest picture seen, and never read a sample outside the planes.
//!
//! # How
//!
//! For each output row, the source rows under it are added up with 8-bit weights in 16 bits, then the columns are
//! gathered with 14-bit weights, and only then come colour and normalisation, on as many samples as the tensor has.
//! Chroma goes its own way from its own resolution. The weights' precision keeps each 0..255 value within a step of
//! exact arithmetic as a rule, within five on noise; the tests hold that. The loops are in `kernel`, with the
//! processor's best instructions.
//!
//! Shrinking averages everything under an output sample; enlarging is bilinear. Each source sample is read
//! once or twice, so averaging costs hardly more than picking two samples, and YOLOX-nano then finds more of
//! what it finds on tiles of the same picture: 0.67 against 0.65 in a 720p square, 0.68 against 0.64 in a
//! 1080p shop (16 frames each, 416 wide).
//!
//! Chroma is taken as lying over the middle of its luma samples (MPEG-1, JPEG); H.264's left-hand siting
//! would shift colour by a quarter of a pixel.

use std::fmt;

use crate::analysis::geometry::BBox;
use crate::frame::{Layout, Matrix, Picture, Range};
use crate::text::{Sentence, model as say};

#[cfg(target_arch = "aarch64")]
mod arm;
mod kernel;
mod tables;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use kernel::TensorValue;
use kernel::{Channel, Path, Row};
use tables::{Placed, PlaneTables, Source, Tables, Windows};

/// How a picture of another shape is fitted into the model's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Keeps its proportions (those that people see, whatever the shape of its pixels), lies in the top left corner, the rest is padding (YOLOX).
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

/// What a model wants to be fed: a `1 x 3 x height x width` tensor, each value `(x - mean) / std` of an
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

/// The mapping from a tensor's pixels to the frame. Made by [`Converter::convert`], used on every box that the
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
    #[cfg(test)]
    fn box_in_model(&self, box_in_frame: BBox) -> BBox {
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
#[derive(Debug, Clone, PartialEq)]
pub enum ConvertError {
    /// Nothing of the picture lies in the region, or the region is not a number.
    EmptyRegion {
        /// As asked for, in parts of the frame.
        region: BBox,
        /// Size of the picture, in pixels.
        width: usize,
        /// Size of the picture, in pixels.
        height: usize,
    },
    /// The tensor is not the model's input.
    TensorSize {
        /// Values given.
        have: usize,
        /// Values needed.
        need: usize,
    },
}

impl ConvertError {
    /// What is wrong, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            ConvertError::EmptyRegion { region, width, height } => {
                say::empty_region(format!("{region:?}"), *width, *height)
            }
            ConvertError::TensorSize { have, need } => say::other_tensor(*have, *need),
        }
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for ConvertError {}

/// Converts pictures for one model. One per worker; keeps its tables while pictures of one shape come in,
/// and rebuilds them in place (some microseconds) where the shape or the region changes.
#[derive(Debug)]
pub struct Converter {
    input: ModelInput,
    path: Path,
    tables: Option<Tables>,
    /// Weighted sums of the source rows under the output row in work, of Y, U and V (or both in turns): 8.8 fixed
    /// point, less 128.0.
    sums: [Vec<i16>; 3],
}

impl Converter {
    /// A converter for one model's input, with the best instructions of this processor.
    pub fn new(input: ModelInput) -> Self {
        Converter { input, path: Path::best(), tables: None, sums: Default::default() }
    }

    /// The same with plain loops only, for comparison: every converter gives the same values.
    pub fn plain(input: ModelInput) -> Self {
        Converter { path: Path::Plain, ..Converter::new(input) }
    }

    /// What it converts for.
    pub fn input(&self) -> &ModelInput {
        &self.input
    }

    /// Fills `tensor` (`3 * height * width` values, channel planes one after the other) from the part
    /// `region` of the picture; all of it by default. What is outside the region is not read.
    ///
    /// The region is grown to whole pixels and clipped to the picture.
    ///
    /// # Errors
    /// [`ConvertError::EmptyRegion`] where nothing is left of the region, [`ConvertError::TensorSize`] where
    /// `tensor` is not of the model's size. `tensor` is then unchanged.
    pub fn convert<V: TensorValue>(
        &mut self,
        picture: &Picture,
        region: Option<BBox>,
        tensor: &mut [V],
    ) -> Result<FrameFromModel, ConvertError> {
        if tensor.len() != self.input.len() {
            return Err(ConvertError::TensorSize { have: tensor.len(), need: self.input.len() });
        }
        let format = picture.format();
        let source = Source::new(format, region)?;
        let tables = match &mut self.tables {
            Some(tables) => tables,
            none => none.insert(Tables::new(source, &self.input)),
        };
        if tables.source != source {
            tables.rebuild(source, &self.input);
        }
        let (placed, path) = (tables.placed, self.path);
        let (luma, chroma) = (tables.luma.windows(), tables.chroma.windows());
        let channels = channels(format.range, format.matrix, &self.input);
        let gray = format.layout == Layout::Gray;
        let windows = if gray { [luma; 3] } else { [luma, chroma, chroma] };
        prepare_sums(&mut self.sums, windows, gray);
        let [y_sums, u_sums, v_sums] = &mut self.sums;
        let sum = |sums: &mut [i16], tables: &PlaneTables, plane: usize, out_row: usize| {
            let stride = format.strides[plane];
            path.sum_rows(sums, picture.plane(plane), stride, tables.rows_under(out_row, stride));
        };
        fill_padding(tensor, &self.input, placed);
        let plane = self.input.width * self.input.height;
        let (first, rest) = tensor.split_at_mut(plane);
        let (second, third) = rest.split_at_mut(plane);
        for out_row in 0..placed.height {
            sum(y_sums, &tables.luma, 0, out_row);
            let (u, v): (&[i16], &[i16]) = match format.layout {
                Layout::Gray => (u_sums, v_sums),
                Layout::Nv12 => {
                    sum(u_sums, &tables.chroma, 1, out_row);
                    // Windows of V begin one later than those of U.
                    (u_sums, &u_sums[1..])
                }
                Layout::I420 | Layout::I422 | Layout::I444 => {
                    sum(u_sums, &tables.chroma, 1, out_row);
                    sum(v_sums, &tables.chroma, 2, out_row);
                    (u_sums, v_sums)
                }
            };
            let start = (placed.top + out_row) * self.input.width + placed.left;
            let out =
                [&mut *first, &mut *second, &mut *third].map(|channel| &mut channel[start..][..placed.width]);
            path.finish_row(Row { sums: [y_sums, u, v], windows, channels: &channels }, out);
        }
        Ok(tables.frame_from_model)
    }
}

/// Room for a row of each plane.
fn prepare_sums(planes: &mut [Vec<i16>; 3], windows: [&Windows; 3], gray: bool) {
    for (sums, windows) in planes.iter_mut().zip(windows) {
        sums.resize(windows.room(), 0);
    }
    if gray {
        // Nothing above or below 128: no colour.
        planes[1..].iter_mut().for_each(|sums| sums.fill(0));
    }
}

/// The three channels in the model's order, normalisation included (ITU-R BT.601-7, BT.709-6).
fn channels(range: Range, matrix: Matrix, input: &ModelInput) -> [Channel; 3] {
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
        let offset = -luma_gain * luma_zero - 128.0 * (u + v);
        Channel::of_samples((luma_gain, u, v, offset), 1.0 / std, -input.mean[channel] / std)
    })
}

fn fill_padding<V: TensorValue>(tensor: &mut [V], input: &ModelInput, placed: Placed) {
    if placed.width == input.width && placed.height == input.height {
        return;
    }
    for (channel, plane) in tensor.chunks_exact_mut(input.width * input.height).enumerate() {
        let padding = V::of((input.pad - input.mean[channel]) / input.std[channel]);
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
