//! Finds things in pictures; the only place that names ONNX Runtime.
//!
//! ```text
//!  manifest ─► Model (one session, shared) ─┐
//!                                           ├─► Inference (one per worker thread)
//!  picture ─► convert ─► run ─► heads ──────┘        │ detections, in parts of the frame
//! ```
//!
//! Input: pictures of a decoder, and model files that somebody brought. Must never say who somebody is: heads
//! that offer landmarks or embeddings are read for their boxes only. Must never bring the process down over a
//! file: a model that is not what its manifest says is refused with a sentence.

use std::fmt;

use crate::analysis::detection::{Class, Detection};
use crate::analysis::geometry::BBox;
use crate::frame::Picture;
use crate::text::{Sentence, model as say};

pub mod choose;
pub mod convert;
mod denormals;
pub mod face_model;
pub mod heads;
mod inference;
pub mod manifest;
mod model;
mod network;
mod onnx_file;
mod onnx_size;
mod provider;
mod runtime;
mod tensors;

pub use inference::Inference;
pub(crate) use model::{LARGEST_FILE_BYTES, ModelError};
pub use model::{Model, Named};
pub(crate) use network::Network;
pub use network::Port;
pub use runtime::{ENVIRONMENT as RUNTIME_ENVIRONMENT, Runtime, RuntimeError};

/// Finds things in one picture after the other. One per worker thread; the real one is [`Inference`], tests
/// have one that recites.
pub trait Detector: Send {
    /// Replaces what is in `out` with what is in the part `region` of the picture (default: all of it), most
    /// certain first. Boxes are in parts of the whole frame, clipped to the region.
    ///
    /// # Errors
    /// [`InferError`]; `out` is then empty. The next picture may well succeed.
    fn detect(
        &mut self,
        picture: &Picture,
        region: Option<BBox>,
        thresholds: &Thresholds,
        out: &mut Vec<Detection>,
    ) -> Result<(), InferError>;
}

/// Why nothing was found out about a picture.
#[derive(Debug, Clone, PartialEq)]
pub enum InferError {
    /// The picture or the region cannot be fed to the model.
    Convert {
        /// Which model.
        model: String,
        /// Why.
        error: convert::ConvertError,
    },
    /// ONNX Runtime gave up.
    Run {
        /// Which model.
        model: String,
        /// Why, often in ONNX Runtime's words.
        message: Sentence,
    },
}

impl InferError {
    /// What is wrong, for people.
    pub fn sentence(&self) -> Sentence {
        match self {
            InferError::Convert { model, error } => say::of(say::called(model), error.sentence()),
            InferError::Run { model, message } => say::run_failed(say::called(model), message.clone()),
        }
    }
}

impl fmt::Display for InferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for InferError {}

/// The lowest score that counts, per class: what the manifest recommends unless a camera says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    overrides: Vec<(Class, f32)>,
    factor: f32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds { overrides: Vec::new(), factor: 1.0 }
    }
}

impl Thresholds {
    /// The same with `at_least` for one class.
    #[must_use]
    pub fn with(mut self, class: Class, at_least: f32) -> Self {
        self.overrides.retain(|(known, _)| *known != class);
        self.overrides.push((class, at_least));
        self
    }

    /// The same with every threshold, recommended ones too, multiplied: a tracker's second stage wants less
    /// certain boxes as well.
    #[must_use]
    pub fn scaled(mut self, factor: f32) -> Self {
        self.factor *= factor;
        self
    }

    /// The threshold of a class for which `recommended` is recommended.
    pub fn of(&self, class: Class, recommended: f32) -> f32 {
        let at_least =
            self.overrides.iter().find(|(known, _)| *known == class).map(|(_, at_least)| *at_least);
        at_least.unwrap_or(recommended) * self.factor
    }
}

impl FromIterator<(Class, f32)> for Thresholds {
    /// Recommended ones but for these classes; of a class that is named twice the last one counts.
    fn from_iter<I: IntoIterator<Item = (Class, f32)>>(overrides: I) -> Self {
        overrides.into_iter().fold(Thresholds::default(), |all, (class, at_least)| all.with(class, at_least))
    }
}
