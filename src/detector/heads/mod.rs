//! From a network's raw outputs to boxes: one file per kind of head, and the suppression of doubles.
//!
//! Pure functions over slices. What a network puts out is input from a file somebody brought: any value may
//! be NaN, infinite or absurd, and none may panic; what is no finite box of positive size is dropped.

use super::convert::ModelInput;
use crate::analysis::detection::Class;
use crate::analysis::geometry::BBox;

mod centerface;
mod fitting;
mod nanodet;
mod nms;
mod scrfd;
mod yolov8;
mod yolox;
mod yunet;

pub use fitting::{Shape, Stranger, stranger};
pub use nms::suppress_doubles;

/// What kind of head a network has, with the parameters that its outputs do not tell.
#[derive(Debug, Clone, PartialEq)]
pub enum Head {
    /// YOLOX with raw boxes (Ge et al. 2021, arXiv 2107.08430): one output `[1, cells, 5 + classes]`, each row
    /// `x, y, w, h` relative to its cell, objectness, class scores.
    Yolox {
        /// Pixels per cell of each level, finest first.
        strides: Vec<usize>,
    },
    /// NanoDet (generalised focal loss, Li et al. 2020, arXiv 2006.04388): per level class scores
    /// `[1, cells, classes]`, then per level edge distances as distributions `[1, cells, 4 * (reg_max + 1)]`.
    Nanodet {
        /// Pixels per cell of each level, finest first.
        strides: Vec<usize>,
        /// Largest distance in cells; the distribution has one bin more.
        reg_max: usize,
        /// Where in its cell a cell's reference point lies, in cells: 0.5 for NanoDet-m, 0 for NanoDet-plus.
        cell_centre: f32,
    },
    /// YOLOv8's form: one output `[1, 4 + classes, cells]`, centre and size in model pixels, then class scores.
    Yolov8 {
        /// Pixels per cell of each level, finest first; only their number of cells matters.
        strides: Vec<usize>,
    },
    /// The same with an output `[1, cells, 4 + classes]`, as some exporters turn it. Never said in a manifest: told by
    /// the shape.
    Yolov8Turned {
        /// Pixels per cell of each level, finest first; only their number of cells matters.
        strides: Vec<usize>,
    },
    /// SCRFD faces (Guo et al. 2021, arXiv 2105.04714): per level scores `[1, cells * anchors, 1]`, then per
    /// level edge distances in cells `[1, cells * anchors, 4]`. Its landmarks are deliberately not read.
    Scrfd {
        /// Pixels per cell of each level, finest first.
        strides: Vec<usize>,
        /// Boxes per cell.
        anchors: usize,
    },
    /// YuNet faces (Wu et al. 2023, doi 10.1007/s11633-023-1423-y): per level class score `[1, cells, 1]`, then
    /// objectness `[1, cells, 1]`, then boxes `[1, cells, 4]`. Its landmarks are deliberately not read.
    Yunet {
        /// Pixels per cell of each level, finest first.
        strides: Vec<usize>,
    },
    /// CenterFace faces (Xu et al. 2019, arXiv 1911.03599): one level of stride 4, a map of scores
    /// `[1, 1, rows, columns]`, then sizes and moves of the middle, `[1, 2, rows, columns]` each. Its landmarks are
    /// deliberately not read.
    CenterFace,
}

/// One output that a head needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadOutput {
    /// What it holds, for people: `scores of stride 8`.
    pub holds: String,
    /// Its shape, batch first.
    pub shape: Vec<usize>,
}

/// A class that somebody wants, and the output column that scores it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
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
    /// Where, in model pixels; finite, of positive width and height.
    pub box_in_model: BBox,
}

impl Head {
    /// Its name in a manifest.
    pub fn name(&self) -> &'static str {
        match self {
            Head::Yolox { .. } => "yolox",
            Head::Nanodet { .. } => "nanodet",
            Head::Yolov8 { .. } | Head::Yolov8Turned { .. } => "yolov8",
            Head::Scrfd { .. } => "scrfd",
            Head::Yunet { .. } => "yunet",
            Head::CenterFace => "centerface",
        }
    }

    /// The same head with its output turned, where exporters do that.
    pub fn turned(&self) -> Option<Head> {
        match self {
            Head::Yolov8 { strides } => Some(Head::Yolov8Turned { strides: strides.clone() }),
            Head::Yolov8Turned { strides } => Some(Head::Yolov8 { strides: strides.clone() }),
            Head::Yolox { .. }
            | Head::Nanodet { .. }
            | Head::Scrfd { .. }
            | Head::Yunet { .. }
            | Head::CenterFace => None,
        }
    }

    /// Pixels per cell of each level.
    pub fn strides(&self) -> &[usize] {
        match self {
            Head::Yolox { strides }
            | Head::Nanodet { strides, .. }
            | Head::Yolov8 { strides }
            | Head::Yolov8Turned { strides }
            | Head::Scrfd { strides, .. }
            | Head::Yunet { strides } => strides,
            Head::CenterFace => &centerface::STRIDES,
        }
    }

    /// Pixels per cell of the coarsest map inside the network: the input's sides are whole multiples of it.
    pub fn coarsest_stride(&self) -> usize {
        match self {
            Head::CenterFace => centerface::COARSEST,
            Head::Yolox { .. }
            | Head::Nanodet { .. }
            | Head::Yolov8 { .. }
            | Head::Yolov8Turned { .. }
            | Head::Scrfd { .. }
            | Head::Yunet { .. } => self.strides().iter().copied().max().unwrap_or(1),
        }
    }

    /// Whether such networks are nothing but convolutions, so that a file made for pictures of one size reads those of
    /// any other. Networks of the other heads have sizes written all over their graphs.
    pub fn reads_any_size(&self) -> bool {
        match self {
            Head::CenterFace => true,
            Head::Yolox { .. }
            | Head::Nanodet { .. }
            | Head::Yolov8 { .. }
            | Head::Yolov8Turned { .. }
            | Head::Scrfd { .. }
            | Head::Yunet { .. } => false,
        }
    }

    /// Whether it finds faces and nothing else.
    pub fn finds_faces_only(&self) -> bool {
        match self {
            Head::Scrfd { .. } | Head::Yunet { .. } | Head::CenterFace => true,
            Head::Yolox { .. } | Head::Nanodet { .. } | Head::Yolov8 { .. } | Head::Yolov8Turned { .. } => {
                false
            }
        }
    }

    /// The outputs it needs, in the order in which [`decode`](Head::decode) wants them. Sizes saturate
    /// instead of overflowing.
    pub fn outputs(&self, input: &ModelInput, classes: usize) -> Vec<HeadOutput> {
        let levels = || self.strides().iter().map(|&stride| (stride, Grid::new(input, stride).cells()));
        let per_level = |what: &str, per_cell: usize, columns: usize| -> Vec<HeadOutput> {
            levels()
                .map(|(stride, cells)| HeadOutput {
                    holds: format!("{what} of stride {stride}"),
                    shape: vec![1, cells.saturating_mul(per_cell), columns],
                })
                .collect()
        };
        let cells: usize = levels().map(|(_, cells)| cells).sum();
        match self {
            Head::Yolox { .. } => {
                vec![HeadOutput { holds: "boxes and scores".into(), shape: vec![1, cells, 5 + classes] }]
            }
            Head::Yolov8 { .. } => {
                vec![HeadOutput { holds: "boxes and scores".into(), shape: vec![1, 4 + classes, cells] }]
            }
            Head::Yolov8Turned { .. } => {
                vec![HeadOutput { holds: "boxes and scores".into(), shape: vec![1, cells, 4 + classes] }]
            }
            Head::Nanodet { reg_max, .. } => {
                let mut outputs = per_level("class scores", 1, classes);
                outputs.extend(per_level("distances", 1, reg_max.saturating_add(1).saturating_mul(4)));
                outputs
            }
            Head::Scrfd { anchors, .. } => {
                let mut outputs = per_level("scores", *anchors, 1);
                outputs.extend(per_level("distances", *anchors, 4));
                outputs
            }
            Head::Yunet { .. } => {
                let mut outputs = per_level("class scores", 1, 1);
                outputs.extend(per_level("objectness", 1, 1));
                outputs.extend(per_level("boxes", 1, 4));
                outputs
            }
            Head::CenterFace => {
                let grid = Grid::new(input, centerface::STRIDES[0]);
                let maps = [("scores", 1), ("sizes", 2), ("moves of the middle", 2)];
                maps.map(|(what, planes)| HeadOutput {
                    holds: what.to_owned(),
                    shape: vec![1, planes, grid.rows, grid.columns],
                })
                .into()
            }
        }
    }

    /// Adds to `found` every box whose score is high enough. `outputs` are those of
    /// [`outputs`](Head::outputs), in that order; one that is missing or too short yields no boxes.
    ///
    /// A place that scores high enough for several classes is reported once, as the one that scores highest:
    /// classes that nobody wants cannot hide one that is wanted.
    pub fn decode(
        &self,
        outputs: &[&[f32]],
        input: &ModelInput,
        wanted: &[Wanted],
        found: &mut Vec<Candidate>,
    ) {
        match self {
            Head::Yolox { strides } => yolox::decode(outputs, input, strides, wanted, found),
            Head::Nanodet { strides, reg_max, cell_centre } => {
                nanodet::decode(outputs, input, strides, *reg_max, *cell_centre, wanted, found);
            }
            Head::Yolov8 { strides } => yolov8::decode(outputs, input, strides, false, wanted, found),
            Head::Yolov8Turned { strides } => yolov8::decode(outputs, input, strides, true, wanted, found),
            Head::Scrfd { strides, anchors } => {
                scrfd::decode(outputs, input, strides, *anchors, wanted, found)
            }
            Head::Yunet { strides } => yunet::decode(outputs, input, strides, wanted, found),
            Head::CenterFace => centerface::decode(outputs, input, wanted, found),
        }
    }

    /// Whether every score in these outputs is a probability: a head described as another, or a graph whose
    /// sigmoid is missing, shows here. Gives the first value that is none.
    pub fn first_impossible_score(&self, outputs: &[&[f32]], input: &ModelInput) -> Option<f32> {
        // What rounding in a quantised or half-precision graph may add to a 1.
        const ROUNDING: f32 = 1e-3;
        let impossible = |v: &f32| !(-ROUNDING..=1.0 + ROUNDING).contains(v);
        let levels = self.strides().len();
        let cells: usize = self.strides().iter().map(|&s| Grid::new(input, s).cells()).sum();
        match self {
            Head::Yolox { .. } | Head::Yolov8Turned { .. } => {
                let output = outputs.first()?;
                let columns = output.len().checked_div(cells)?;
                output
                    .chunks_exact(columns.max(1))
                    .flat_map(|row| row.iter().skip(4))
                    .copied()
                    .find(impossible)
            }
            Head::Yolov8 { .. } => outputs.first()?.iter().skip(4 * cells).copied().find(impossible),
            Head::Nanodet { .. } | Head::Scrfd { .. } | Head::CenterFace => {
                outputs.iter().take(levels).flat_map(|o| o.iter()).copied().find(impossible)
            }
            Head::Yunet { .. } => {
                outputs.iter().take(2 * levels).flat_map(|o| o.iter()).copied().find(impossible)
            }
        }
    }
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
fn best_class(wanted: &[Wanted], score_of: impl Fn(usize) -> f32) -> Option<(Class, f32)> {
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
fn lowest(wanted: &[Wanted]) -> f32 {
    wanted.iter().map(|w| w.at_least).fold(f32::INFINITY, f32::min)
}

/// Keeps a box that is one: finite, with positive width and height.
fn keep(found: &mut Vec<Candidate>, (class, score): (Class, f32), [x0, y0, x1, y1]: [f32; 4]) {
    let finite = x0.is_finite() && y0.is_finite() && x1.is_finite() && y1.is_finite();
    if finite && x0 < x1 && y0 < y1 {
        found.push(Candidate { class, score: score.min(1.0), box_in_model: BBox { x0, y0, x1, y1 } });
    }
}

/// A box from its centre and size.
fn edges(cx: f32, cy: f32, width: f32, height: f32) -> [f32; 4] {
    [cx - width / 2.0, cy - height / 2.0, cx + width / 2.0, cy + height / 2.0]
}

#[cfg(test)]
mod tests;
