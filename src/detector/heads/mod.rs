//! Heads: decode a network's raw outputs to boxes, one file per kind of head, and the suppression of doubles.
//!
//! A head's file says everything about it: its name, what its makers feed it, its parameters, the shapes of its outputs,
//! how boxes are read out of them, and its tests. `heads!` lists them: a new one is its file, its `mod` and its line there.
//! Its key in the manifest for a parameter of its own, if it has one, stands in `with_own_parameters`.
//!
//! Pure functions over slices. What a network puts out is input from a file somebody brought: any value may
//! be NaN, infinite or absurd, and none may panic; what is no finite box of positive size is dropped.

use std::collections::BTreeMap;
use std::fmt;

use super::convert::ModelInput;
use crate::analysis::detection::Class;
use crate::analysis::geometry::BBox;
use crate::text::{Sentence, model as say};

mod centerface;
mod fitting;
mod nanodet;
mod nms;
mod scrfd;
mod yolov8;
mod yolox;
mod yunet;

pub use fitting::stranger;
pub(crate) use fitting::{Shape, Stranger};
pub use nms::suppress_doubles;

/// Lists the kinds of heads: the enum, each one's layout, and what is said of each.
macro_rules! heads {
    ($($file:ident::$Name:ident),+ $(,)?) => {
        /// What kind of head a network has, with the parameters that its outputs do not tell.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Head {
            $(
                #[doc = concat!("See `heads/", stringify!($file), ".rs`.")]
                $Name($file::$Name),
            )+
        }

        impl Head {
            fn layout(&self) -> &dyn Layout {
                match self {
                    $(Head::$Name(head) => head,)+
                }
            }
        }

        /// All kinds of heads, in the order in which messages list them.
        pub(crate) const KINDS: &[&Kind] = &[$(&$file::KIND),+];
    };
}

heads! {
    yolox::Yolox,
    nanodet::Nanodet,
    yolov8::Yolov8,
    scrfd::Scrfd,
    yunet::Yunet,
    centerface::CenterFace,
}

/// Hands the parameters that one head alone has to a macro: key in the manifest and type of the value. What they mean
/// stands in the head's file ([`Kind::own`]); a test holds the two together.
macro_rules! with_own_parameters {
    ($macro:ident) => {
        $macro! { reg_max: i64, cell_centre: f64, anchors: i64 }
    };
}
pub(crate) use with_own_parameters;

/// Pixels per cell of each level where nobody says: those of nearly every detector since FPN.
pub(crate) const USUAL_STRIDES: [usize; 3] = [8, 16, 32];

/// What is known of a kind of head before there is a network.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its name in a manifest.
    pub name: &'static str,
    /// What its makers feed it, and how they read its boxes.
    pub usual: Usual,
    /// Parameters that no other head has.
    pub own: &'static [Parameter],
    /// The only stride that such networks have.
    pub only_stride: Option<usize>,
    /// Whether it finds faces and nothing else.
    pub finds_faces_only: bool,
    /// Whether such networks are nothing but convolutions, so that a file made for pictures of one size reads those of
    /// any other. Networks of the other heads have sizes written all over their graphs.
    pub reads_any_size: bool,
    /// What is added to a hint where a network has more classes than were named: what else the values may be.
    pub not_classes: Option<fn() -> Sentence>,
    /// The head with these strides and parameters.
    pub head: fn(Vec<usize>, &Own) -> Head,
}

/// What a kind of head is usually fed, and how its boxes are usually read, as its makers' own demonstration does it; what
/// a file was really trained with, only its maker knows.
#[derive(Debug)]
pub(crate) struct Usual {
    /// Order of the channels, as a manifest names it.
    pub colour: &'static str,
    /// How a picture is fitted in, as a manifest names it.
    pub fit: &'static str,
    /// Value of padding, 0..255.
    pub pad: f64,
    /// Subtracted, in channel order.
    pub mean: [f64; 3],
    /// Divided by, in channel order.
    pub std: [f64; 3],
    /// The lowest score that counts.
    pub threshold: f64,
    /// Boxes of one class that overlap more are one thing.
    pub nms_iou: f64,
}

/// A parameter that one head alone has.
#[derive(Debug)]
pub(crate) struct Parameter {
    /// Its key in a manifest.
    pub key: &'static str,
    /// Its option on the command line.
    pub option: &'static str,
    /// What the command line's help calls its value.
    pub value: &'static str,
    /// What it is, for the command line's help.
    pub help: fn() -> Sentence,
    /// Whether it is a whole number.
    pub is_whole: bool,
    /// Minimum value.
    pub least: f64,
    /// Greatest value.
    pub most: f64,
    /// What it is where nobody says.
    pub usual: f64,
}

/// Values of parameters that one head alone has, by key.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Own(BTreeMap<&'static str, f64>);

impl Own {
    /// The value that was given.
    pub(crate) fn get(&self, key: &str) -> Option<f64> {
        self.0.get(key).copied()
    }

    /// The value of a parameter; the usual one where none was given.
    fn of(&self, parameter: &Parameter) -> f64 {
        self.get(parameter.key).unwrap_or(parameter.usual)
    }

    /// The same of one that is a whole number; 0 for one below.
    fn whole(&self, parameter: &Parameter) -> usize {
        self.of(parameter) as usize
    }
}

impl FromIterator<(&'static str, f64)> for Own {
    fn from_iter<I: IntoIterator<Item = (&'static str, f64)>>(values: I) -> Self {
        Own(values.into_iter().collect())
    }
}

/// How a head's outputs lie, and what they mean. One for each head's file.
trait Layout: fmt::Debug {
    fn kind(&self) -> &'static Kind;

    fn strides(&self) -> &[usize];

    /// See [`Head::coarsest_stride`].
    fn coarsest_stride(&self) -> usize {
        self.strides().iter().copied().max().unwrap_or(1)
    }

    /// See [`Head::outputs`].
    fn outputs(&self, input: &ModelInput, classes: usize) -> Vec<HeadOutput>;

    /// Numbers of classes that outputs of these shapes may have; whether they fit is checked afterwards.
    fn possible_classes(&self, shapes: &[Shape]) -> Vec<usize>;

    /// See [`Head::decode`].
    fn decode(
        &self,
        outputs: &[&[f32]],
        input: &ModelInput,
        wanted: &[SelectedClass],
        found: &mut Vec<Candidate>,
    );

    /// The values that must be probabilities.
    fn scores<'o>(&self, outputs: &'o [&'o [f32]], input: &ModelInput) -> Box<dyn Iterator<Item = f32> + 'o>;

    /// See [`Head::turned`].
    fn turned(&self) -> Option<Head> {
        None
    }
}

/// The kind of head of that name.
pub(crate) fn kind_named(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}

/// Every parameter that one head alone has, with that head.
pub(crate) fn own_parameters() -> impl Iterator<Item = (&'static Kind, &'static Parameter)> {
    KINDS.iter().flat_map(|kind| kind.own.iter().map(move |parameter| (*kind, parameter)))
}

/// One output that a head needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadOutput {
    /// What it holds, for people: `scores of stride 8`.
    pub holds: Sentence,
    /// Its shape, batch first.
    pub shape: Vec<usize>,
}

/// A class that somebody wants, and the output column that scores it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SelectedClass {
    /// Number of the class among the network's classes, from 0.
    pub column: usize,
    /// Our word for it.
    pub class: Class,
    /// The lowest score that counts.
    pub at_least: f32,
}

/// A box that a head found, before doubles are suppressed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// What it is.
    pub class: Class,
    /// How sure the network is, 0..1.
    pub score: f32,
    /// Its box, in model pixels; finite, of positive width and height.
    pub box_in_model: BBox,
    /// Something else scores higher there and has the same box: a rider, or what is ridden.
    pub is_second: bool,
}

impl Head {
    /// The head of that name with the usual parameters.
    pub fn usual(name: &str) -> Option<Head> {
        let kind = kind_named(name)?;
        let strides = kind.only_stride.map_or_else(|| USUAL_STRIDES.to_vec(), |stride| vec![stride]);
        Some((kind.head)(strides, &Own::default()))
    }

    /// What is known of its kind.
    pub(crate) fn kind(&self) -> &'static Kind {
        self.layout().kind()
    }

    /// Its name in a manifest.
    pub fn name(&self) -> &'static str {
        self.kind().name
    }

    /// The same head with its output turned, where exporters do that.
    pub fn turned(&self) -> Option<Head> {
        self.layout().turned()
    }

    /// Pixels per cell of each level, finest first.
    pub fn strides(&self) -> &[usize] {
        self.layout().strides()
    }

    /// Pixels per cell of the coarsest map inside the network: the input's sides are whole multiples of it.
    pub(crate) fn coarsest_stride(&self) -> usize {
        self.layout().coarsest_stride()
    }

    /// The outputs it needs, in the order in which [`decode`](Head::decode) wants them. Sizes saturate
    /// instead of overflowing.
    pub fn outputs(&self, input: &ModelInput, classes: usize) -> Vec<HeadOutput> {
        self.layout().outputs(input, classes)
    }

    /// Adds to `found` every box whose score is high enough. `outputs` are those of
    /// [`outputs`](Head::outputs), in that order; one that is missing or too short yields no boxes.
    ///
    /// A place that scores high enough for several classes is reported once, as the one that scores highest, but for a
    /// rider and the machine, who are two: classes that nobody wants cannot hide one that is wanted.
    pub fn decode(
        &self,
        outputs: &[&[f32]],
        input: &ModelInput,
        wanted: &[SelectedClass],
        found: &mut Vec<Candidate>,
    ) {
        self.layout().decode(outputs, input, wanted, found);
    }

    /// Whether every score in these outputs is a probability: a head described as another, or a graph whose
    /// sigmoid is missing, shows here. Gives the first value that is none.
    pub(crate) fn first_impossible_score(&self, outputs: &[&[f32]], input: &ModelInput) -> Option<f32> {
        // What rounding in a quantised or half-precision graph may add to a 1.
        const ROUNDING: f32 = 1e-3;
        self.layout().scores(outputs, input).find(|score| !(-ROUNDING..=1.0 + ROUNDING).contains(score))
    }
}

/// One output for each level, of which each cell has so many rows of so many columns.
fn per_level(
    what: fn() -> Sentence,
    strides: &[usize],
    input: &ModelInput,
    per_cell: usize,
    columns: usize,
) -> Vec<HeadOutput> {
    strides
        .iter()
        .map(|&stride| HeadOutput {
            holds: say::of_stride(what(), stride),
            shape: vec![1, Grid::new(input, stride).cells().saturating_mul(per_cell), columns],
        })
        .collect()
}

/// One output for all levels.
fn one_output(shape: [usize; 3]) -> Vec<HeadOutput> {
    vec![HeadOutput { holds: say::boxes_and_scores(), shape: shape.to_vec() }]
}

/// Cells of all levels together.
fn all_cells(strides: &[usize], input: &ModelInput) -> usize {
    strides.iter().map(|&stride| Grid::new(input, stride).cells()).sum()
}

/// All values of the first so many outputs.
fn values_of<'o>(outputs: &'o [&'o [f32]], first: usize) -> Box<dyn Iterator<Item = f32> + 'o> {
    Box::new(outputs.iter().take(first).flat_map(|output| output.iter()).copied())
}

/// The values behind the first four of each row, where a cell is a row.
fn behind_the_box<'o>(outputs: &'o [&'o [f32]], cells: usize) -> Box<dyn Iterator<Item = f32> + 'o> {
    let output: &[f32] = outputs.first().copied().unwrap_or_default();
    let columns = output.len().checked_div(cells).unwrap_or(0).max(1);
    Box::new(output.chunks_exact(columns).flat_map(|row| row.iter().skip(4)).copied())
}

/// The size of one axis of the first output, where it is known and greater than `others`: what is left is classes.
fn classes_behind(shapes: &[Shape], axis: usize, others: usize) -> Vec<usize> {
    let size = shapes.first().and_then(|shape| shape.get(axis).copied().flatten());
    size.and_then(|size| size.checked_sub(others)).filter(|classes| *classes > 0).into_iter().collect()
}

/// The cells of one level over the model's input, row by row.
#[derive(Debug, Clone, Copy)]
struct Grid {
    columns: usize,
    rows: usize,
    stride: f32,
}

impl Grid {
    fn new(input: &ModelInput, stride: usize) -> Self {
        let stride_px = stride.max(1);
        Grid {
            columns: input.width.div_ceil(stride_px),
            rows: input.height.div_ceil(stride_px),
            stride: stride_px as f32,
        }
    }

    fn cells(self) -> usize {
        self.columns * self.rows
    }

    /// Column and row of a cell.
    fn place(self, cell: usize) -> (f32, f32) {
        ((cell % self.columns) as f32, (cell / self.columns) as f32)
    }
}

/// The class that scores highest among those that score high enough; NaN never does.
fn best_class(wanted: &[SelectedClass], score_of: impl Fn(usize) -> f32) -> Option<(Class, f32)> {
    best_of(wanted.iter(), score_of)
}

/// Keeps what is at a place that scores several classes for one box: the best class, and of a rider and the machine also
/// the other. Vehicles are one kind or another, but who rides fills the same box as what is ridden. A machine without a
/// rider is common, so the person must be at least half as sure as it.
fn keep_all_at(
    found: &mut Vec<Candidate>,
    wanted: &[SelectedClass],
    score_of: impl Fn(usize) -> f32 + Copy,
    box_at: impl FnOnce() -> [f32; 4],
) {
    let Some((class, score)) = best_class(wanted, score_of) else { return };
    let edges = box_at();
    keep(found, (class, score), edges);
    let (other, at_least) = match class {
        Class::PERSON => (Class::TWO_WHEELER, 0.0),
        Class::TWO_WHEELER => (Class::PERSON, 0.5 * score),
        _ => return,
    };
    let beside = best_of(wanted.iter().filter(|w| w.class == other), score_of);
    if let Some(beside) = beside.filter(|(_, sure)| *sure >= at_least) {
        let first = found.len();
        keep(found, beside, edges);
        found[first..].iter_mut().for_each(|candidate| candidate.is_second = true);
    }
}

fn best_of<'w>(
    wanted: impl Iterator<Item = &'w SelectedClass>,
    score_of: impl Fn(usize) -> f32,
) -> Option<(Class, f32)> {
    let mut best: Option<(Class, f32)> = None;
    for w in wanted {
        let score = score_of(w.column);
        if score >= w.at_least && best.is_none_or(|(_, highest)| score > highest) {
            best = Some((w.class, score));
        }
    }
    best
}

/// The lowest score that counts for any class; infinite where none is wanted.
fn lowest(wanted: &[SelectedClass]) -> f32 {
    wanted.iter().map(|w| w.at_least).fold(f32::INFINITY, f32::min)
}

/// Keeps a box that is one: finite, with positive width and height.
fn keep(found: &mut Vec<Candidate>, (class, score): (Class, f32), [x0, y0, x1, y1]: [f32; 4]) {
    let finite = x0.is_finite() && y0.is_finite() && x1.is_finite() && y1.is_finite();
    if finite && x0 < x1 && y0 < y1 {
        let box_in_model = BBox { x0, y0, x1, y1 };
        found.push(Candidate { class, score: score.min(1.0), box_in_model, is_second: false });
    }
}

/// A box from its centre and size.
fn edges(cx: f32, cy: f32, width: f32, height: f32) -> [f32; 4] {
    [cx - width / 2.0, cy - height / 2.0, cx + width / 2.0, cy + height / 2.0]
}

#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;
